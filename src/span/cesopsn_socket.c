/* The UDP socket of a pseudowire. */
#include "cesopsn_socket.h"
#include "log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_BUFFER_BYTES                                                                       \
    (512 * 1024) /* a second of an E1's 1 ms packets, with the kernel's overhead half of it */
#define COMPLAIN_PER_US (60 * G_USEC_PER_SEC)
#define ADDRESS_TEXT (INET6_ADDRSTRLEN + 16)

struct CesopsnSocket {
    int fd;
    const SpanSettings *settings;
    SpanCounters *counters;
    socklen_t remote_length;
    LogLimit foreign_limit, send_limit;
    guint8 packet[CESOPSN_PACKET_MAX];
};

static socklen_t length_of(const struct sockaddr_storage *address)
{
    return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in);
}

static guint16 port_of(const struct sockaddr_storage *address)
{
    return ntohs(address->ss_family == AF_INET6 ? ((const struct sockaddr_in6 *)address)->sin6_port
                                                : ((const struct sockaddr_in *)address)->sin_port);
}

static const char *describe(const struct sockaddr_storage *address, char text[ADDRESS_TEXT])
{
    char host[INET6_ADDRSTRLEN] = "?";

    if (address->ss_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, host, sizeof(host));
    else
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, host, sizeof(host));
    g_snprintf(text, ADDRESS_TEXT, address->ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u", host,
               port_of(address));
    return text;
}

static gboolean is_wildcard(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET6)
        return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)address)->sin6_addr);
    return ((const struct sockaddr_in *)address)->sin_addr.s_addr == htonl(INADDR_ANY);
}

static gboolean same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family || port_of(a) != port_of(b))
        return FALSE;
    if (a->ss_family == AF_INET6)
        return IN6_ARE_ADDR_EQUAL(&((const struct sockaddr_in6 *)a)->sin6_addr,
                                  &((const struct sockaddr_in6 *)b)->sin6_addr);
    return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
           ((const struct sockaddr_in *)b)->sin_addr.s_addr;
}

static gboolean refuse(GError **error, const SpanSettings *settings, const char *key,
                       const char *why)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "[span %s] %s: %s", settings->name, key,
                why);
    return FALSE;
}

static gboolean check_addresses(const SpanSettings *settings, GError **error)
{
    const struct sockaddr_storage *local = &settings->local, *remote = &settings->remote;

    if (local->ss_family != AF_INET && local->ss_family != AF_INET6)
        return refuse(error, settings, "local", "an address and port are needed");
    if (port_of(local) == 0)
        return refuse(error, settings, "local", "a port is needed");
    if (remote->ss_family != AF_INET && remote->ss_family != AF_INET6)
        return refuse(error, settings, "remote", "an address and port are needed");
    if (port_of(remote) == 0)
        return refuse(error, settings, "remote", "a port is needed");
    if (is_wildcard(remote))
        return refuse(error, settings, "remote", "the far end's own address is needed");
    if (local->ss_family != remote->ss_family)
        return refuse(error, settings, "remote", "not of the same family as local");
    return TRUE;
}

static void set_options(int fd, const SpanSettings *settings)
{
    gboolean v6 = settings->local.ss_family == AF_INET6;
    int dscp = (int)settings->dscp << 2, buffer = RECEIVE_BUFFER_BYTES;

    /* A network may ignore the marking and the kernel may grant less: neither stops the span. */
    if (setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_TCLASS : IP_TOS, &dscp,
                   sizeof(dscp)) < 0)
        log_warning("span %s: dscp %u: %s", settings->name, settings->dscp, g_strerror(errno));
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer)) < 0)
        log_warning("span %s: receive buffer: %s", settings->name, g_strerror(errno));
}

CesopsnSocket *cesopsn_socket_open(const SpanSettings *settings, SpanCounters *counters,
                                   GError **error)
{
    const struct sockaddr_storage *local = &settings->local;
    char text[ADDRESS_TEXT];
    CesopsnSocket *self;
    int fd, only_v6 = 1;

    if (!check_addresses(settings, error))
        return NULL;
    fd = socket(local->ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && local->ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof(only_v6));
    if (fd < 0 || bind(fd, (const struct sockaddr *)local, length_of(local)) < 0) {
        int saved = errno;

        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(saved),
                    "[span %s] local: %s: %s", settings->name, describe(local, text),
                    g_strerror(saved));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    set_options(fd, settings);
    self = g_new0(CesopsnSocket, 1);
    self->fd = fd;
    self->settings = settings;
    self->counters = counters;
    self->remote_length = length_of(&settings->remote);
    return self;
}

void cesopsn_socket_close(CesopsnSocket *self)
{
    if (!self)
        return;
    close(self->fd);
    g_free(self);
}

int cesopsn_socket_fd(const CesopsnSocket *self)
{
    return self->fd;
}

static void note_foreign(CesopsnSocket *self, const struct sockaddr_storage *source)
{
    char text[ADDRESS_TEXT];

    self->counters->foreign++;
    if (log_limit(&self->foreign_limit, 1, COMPLAIN_PER_US))
        log_warning("span %s: packets from %s, not the far end, are dropped", self->settings->name,
                    describe(source, text));
}

gboolean cesopsn_socket_receive(CesopsnSocket *self, const guint8 **packet, gsize *length)
{
    struct sockaddr_storage source;
    socklen_t source_length = sizeof(source);
    /* An unconnected socket hears no ICMP errors, and tells foreign packets apart. */
    ssize_t got = recvfrom(self->fd, self->packet, sizeof(self->packet), MSG_TRUNC,
                           (struct sockaddr *)&source, &source_length);

    if (got < 0)
        return FALSE;
    /* MSG_TRUNC tells the true length: an over-long datagram fails its reader's length check. */
    *length = (gsize)got;
    *packet = self->packet;
    if (!same_address(&source, &self->settings->remote)) {
        note_foreign(self, &source);
        *packet = NULL;
    }
    return TRUE;
}

void cesopsn_socket_send(CesopsnSocket *self, const guint8 *packet, gsize length)
{
    if (sendto(self->fd, packet, length, MSG_DONTWAIT,
               (const struct sockaddr *)&self->settings->remote, self->remote_length) >= 0) {
        self->counters->packets_out++;
        return;
    }
    if (log_limit(&self->send_limit, 1, COMPLAIN_PER_US))
        log_warning("span %s: cannot send: %s", self->settings->name, g_strerror(errno));
}
