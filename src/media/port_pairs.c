/* Even and odd UDP ports in turn, so that a port just released rests longest. */
#include "port_pairs.h"
#include "log.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_BUFFER                                                                             \
    (64 * 1024) /* octets: some hundred packets, when the span's clock stands still */

struct PortPairs {
    struct sockaddr_storage address, other;
    guint dscp;
    guint first; /* even port of the first pair */
    guint count; /* pairs in the range */
    guint next;  /* the pair to try first */
    guint used;
    gboolean *busy; /* by pair */
    LogLimit log_limit;
};

PortPairs *port_pairs_new(const MediaSettings *settings)
{
    PortPairs *self = g_new0(PortPairs, 1);

    self->address = settings->address;
    self->other = settings->other;
    self->dscp = settings->dscp;
    self->first = (settings->port_first + 1u) & ~1u;
    if (settings->port_last > self->first)
        self->count = (settings->port_last + 1u - self->first) / 2;
    self->busy = g_new0(gboolean, self->count);
    return self;
}

void port_pairs_free(PortPairs *self)
{
    if (!self)
        return;
    g_free(self->busy);
    g_free(self);
}

static void socket_prepare(int fd, int family, guint dscp)
{
    int tos = (int)(dscp << 2), on = 1, buffer = RECEIVE_BUFFER;

    if (family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
    else
        setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
    /* The time of arrival: the clock the jitter and the last SR's age are reckoned by. */
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
}

static int socket_bind(const PortPairs *self, const struct sockaddr_storage *own, guint port)
{
    struct sockaddr_storage address = *own;
    int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    address_set_port(&address, (guint16)port);
    if (bind(fd, (struct sockaddr *)&address, address_length(&address)) < 0) {
        int why = errno;

        close(fd);
        errno = why;
        return -1;
    }
    socket_prepare(fd, address.ss_family, self->dscp);
    return fd;
}

/* RTP and RTCP at the address OWN, which becomes *LOCAL. */
static gboolean ends_bind(const PortPairs *self, const struct sockaddr_storage *own, guint port,
                          struct sockaddr_storage *local, int *rtp, int *rtcp)
{
    *rtp = socket_bind(self, own, port);
    if (*rtp < 0)
        return FALSE;
    *rtcp = socket_bind(self, own, port + 1);
    if (*rtcp < 0) {
        int why = errno;

        close(*rtp);
        errno = why;
        return FALSE;
    }
    *local = *own;
    address_set_port(local, (guint16)port);
    return TRUE;
}

static gboolean pair_bind(const PortPairs *self, guint port, PortPair *pair)
{
    int why;

    *pair = (PortPair){.other_rtp = -1, .other_rtcp = -1};
    if (!ends_bind(self, &self->address, port, &pair->local, &pair->rtp, &pair->rtcp))
        return FALSE;
    if (!self->other.ss_family ||
        ends_bind(self, &self->other, port, &pair->other, &pair->other_rtp, &pair->other_rtcp))
        return TRUE;
    why = errno;
    close(pair->rtp);
    close(pair->rtcp);
    errno = why;
    return FALSE;
}

static gboolean address_check(const PortPairs *self, const struct sockaddr_storage *own,
                              GError **error)
{
    char address[64];
    int fd = socket_bind(self, own, 0), why = errno;

    if (fd >= 0) {
        close(fd);
        return TRUE;
    }
    g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(why), "[media] address: %s: %s",
                address_describe((const struct sockaddr *)own, address, sizeof(address)),
                g_strerror(why));
    return FALSE;
}

gboolean port_pairs_check(const PortPairs *self, GError **error)
{
    return address_check(self, &self->address, error) &&
           (!self->other.ss_family || address_check(self, &self->other, error));
}

gboolean port_pairs_book(PortPairs *self, PortPair *pair)
{
    int why = 0;

    for (guint tried = 0; tried < self->count; tried++) {
        guint i = (self->next + tried) % self->count;

        if (self->busy[i])
            continue;
        if (pair_bind(self, self->first + 2 * i, pair)) {
            self->busy[i] = TRUE;
            self->used++;
            self->next = (i + 1) % self->count;
            return TRUE;
        }
        why = errno;
        if (why !=
            EADDRINUSE) /* someone else's port is passed over; else the next one fares no better */
            break;
    }
    if (log_limit(&self->log_limit, 5, 10 * G_USEC_PER_SEC))
        log_error("media: no RTP port pair: %s", why ? g_strerror(why) : "all in use");
    return FALSE;
}

void port_pairs_release(PortPairs *self, guint16 port)
{
    guint i = (port - self->first) / 2;

    g_return_if_fail(port >= self->first && i < self->count && self->busy[i]);
    self->busy[i] = FALSE;
    self->used--;
}

guint port_pairs_used(const PortPairs *self)
{
    return self->used;
}
