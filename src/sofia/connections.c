/* The process's accept(): who may connect, and how many.
 *
 * Sofia takes whatever connects and forgets a connection that never says anything. As in
 * resolver.c, a symbol of the executable goes before libc's: on the sockets that are guarded, in
 * the thread that guards them, strangers and those above the limits are closed before Sofia sees
 * them. What was let through is known by its descriptor and inode until it is closed. A silent one
 * is shut down; Sofia then closes it as if the far end had.
 */
#include "connections.h"

#include "log.h"
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SWEEP_MAX_US (10 * G_USEC_PER_SEC)
#define SWEEP_MIN_US (100 * 1000)
/* A far end that has vanished is found out within about two minutes, and one that does not take
 * what it is sent within half a minute. */
#define KEEPALIVE_IDLE_S 60
#define KEEPALIVE_INTERVAL_S 15
#define KEEPALIVE_COUNT 4
#define UNACKNOWLEDGED_MS 30000

typedef struct Connection {
    int fd;
    ino_t inode; /* of its socket: another one with the same number is another's */
    gint64 since_us;
    char *source;
    gboolean stuck; /* at the last sweep there was something to read that nobody had read */
} Connection;

/* Where a guarded socket listens. */
typedef struct Guarded {
    struct sockaddr_storage address;
    void (*accepted)(void);
} Guarded;

struct Connections {
    Loop *loop;
    LoopTimer *sweep;
    ConnectionLimits limits;
    gboolean (*may_connect)(void *user, const struct sockaddr *source);
    void *user;
    GArray *guarded;     /* of Guarded */
    GPtrArray *live;     /* of Connection*, owned */
    GHashTable *sources; /* char* -> how many of live */
    ConnectionCounts counts;
    LogLimit limit;
    int reserve; /* a descriptor given up to take a connection when there are no more */
};

static _Thread_local GSList *guards; /* of Connections* */

static void connection_free(gpointer data)
{
    Connection *connection = data;

    g_free(connection->source);
    g_free(connection);
}

static char *source_key(const struct sockaddr *source)
{
    struct sockaddr_storage bare = {0};
    char text[64];

    memcpy(&bare, source,
           source->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                         : sizeof(struct sockaddr_in));
    address_set_port(&bare, 0);
    return g_strdup(address_describe((struct sockaddr *)&bare, text, sizeof(text)));
}

static guint source_count(const Connections *connections, const char *source)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(connections->sources, source));
}

static void source_add(Connections *connections, const char *source, int change)
{
    guint count = source_count(connections, source) + (guint)change;

    if (count)
        g_hash_table_insert(connections->sources, g_strdup(source), GUINT_TO_POINTER(count));
    else
        g_hash_table_remove(connections->sources, source);
}

static gboolean connection_lives(const Connection *connection)
{
    struct stat is;

    return fstat(connection->fd, &is) == 0 && S_ISSOCK(is.st_mode) &&
           is.st_ino == connection->inode;
}

/* Has it been silent for so long, or is it full of what nobody reads? Sofia reads no more of a
 * stream that has stopped being SIP. */
static gboolean connection_is_spent(Connections *connections, Connection *connection)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);
    const ConnectionLimits *limits = &connections->limits;
    gint64 silent_us;
    int unread = 0;
    gboolean stuck = ioctl(connection->fd, FIONREAD, &unread) == 0 && unread > 0;

    if (stuck && connection->stuck)
        return TRUE;
    connection->stuck = stuck;
    if (getsockopt(connection->fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return FALSE;
    silent_us = (gint64)MIN(info.tcpi_last_data_recv, info.tcpi_last_data_sent) * 1000;
    if (silent_us >= limits->idle_us)
        return TRUE;
    return info.tcpi_bytes_received == 0 &&
           loop_now(connections->loop) - connection->since_us >= limits->mute_us;
}

/* Forgets what has been closed. */
static void connections_prune(Connections *connections)
{
    for (guint i = connections->live->len; i-- > 0;) {
        Connection *connection = connections->live->pdata[i];

        if (connection_lives(connection))
            continue;
        source_add(connections, connection->source, -1);
        g_ptr_array_remove_index_fast(connections->live, i);
    }
}

static gint64 sweep_interval(const Connections *connections)
{
    gint64 least = MIN(connections->limits.idle_us, connections->limits.mute_us) / 4;

    return CLAMP(least, SWEEP_MIN_US, SWEEP_MAX_US);
}

static void connections_sweep(void *user)
{
    Connections *connections = user;

    connections_prune(connections);
    for (guint i = 0; i < connections->live->len; i++) {
        Connection *connection = connections->live->pdata[i];

        if (!connection_is_spent(connections, connection))
            continue;
        connections->counts.silent++;
        shutdown(connection->fd, SHUT_RDWR);
    }
    loop_timer_start(connections->loop, connections->sweep, sweep_interval(connections));
}

Connections *connections_new(Loop *loop, const ConnectionLimits *limits,
                             gboolean (*may_connect)(void *user, const struct sockaddr *source),
                             void *user)
{
    Connections *connections = g_new0(Connections, 1);

    connections->loop = loop;
    connections->limits = *limits;
    connections->may_connect = may_connect;
    connections->user = user;
    connections->guarded = g_array_new(FALSE, TRUE, sizeof(Guarded));
    connections->live = g_ptr_array_new_with_free_func(connection_free);
    connections->sources = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    connections->sweep = loop_timer_new(loop, connections_sweep, connections);
    loop_timer_start(loop, connections->sweep, sweep_interval(connections));
    connections->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    guards = g_slist_prepend(guards, connections);
    return connections;
}

void connections_free(Connections *connections)
{
    if (!connections)
        return;
    guards = g_slist_remove(guards, connections);
    loop_timer_free(connections->loop, connections->sweep);
    g_hash_table_destroy(connections->sources);
    g_ptr_array_unref(connections->live);
    g_array_unref(connections->guarded);
    if (connections->reserve >= 0)
        close(connections->reserve);
    g_free(connections);
}

void connections_set_limits(Connections *connections, const ConnectionLimits *limits)
{
    connections->limits = *limits;
    loop_timer_start(connections->loop, connections->sweep, sweep_interval(connections));
}

void connections_guard(Connections *connections, const struct sockaddr_storage *address,
                       void (*accepted)(void))
{
    Guarded guarded = {*address, accepted};

    g_array_append_val(connections->guarded, guarded);
}

void connections_count(Connections *connections, ConnectionCounts *counts)
{
    connections_prune(connections);
    *counts = connections->counts;
    counts->live = connections->live->len;
}

/* Who guards the listening socket FD; NULL: nobody. */
static Connections *guard_of(int fd, const Guarded **guarded)
{
    struct sockaddr_storage own = {0};
    socklen_t size = sizeof(own);

    if (!guards || getsockname(fd, (struct sockaddr *)&own, &size) != 0 ||
        (own.ss_family != AF_INET && own.ss_family != AF_INET6))
        return NULL;
    for (GSList *at = guards; at; at = at->next) {
        Connections *connections = at->data;

        for (guint i = 0; i < connections->guarded->len; i++) {
            *guarded = &g_array_index(connections->guarded, Guarded, i);
            if (address_equal((const struct sockaddr *)&own,
                              (const struct sockaddr *)&(*guarded)->address))
                return connections;
        }
    }
    return NULL;
}

static gboolean guard_refuse(Connections *connections, const char *source, const char *why,
                             guint64 *counter)
{
    (*counter)++;
    if (log_limit(&connections->limit, 1, 10 * G_USEC_PER_SEC))
        log_warning("%s: connection from %s closed: %s (%" G_GUINT64_FORMAT " such lines suppressed)",
                    connections->limits.room, source, why, connections->limit.suppressed);
    return FALSE;
}

static gboolean guard_admits(Connections *connections, const struct sockaddr *address,
                             const char *source)
{
    const ConnectionLimits *limits = &connections->limits;
    ConnectionCounts *counts = &connections->counts;

    if (!connections->may_connect(connections->user, address))
        return guard_refuse(connections, source, "not in [sip] allow", &counts->strangers);
    if (connections->live->len >= limits->all ||
        source_count(connections, source) >= limits->per_source)
        connections_prune(connections);
    if (connections->live->len >= limits->all)
        return guard_refuse(connections, source, "[sip] max-connections are open",
                            &counts->over_all);
    if (source_count(connections, source) >= limits->per_source)
        return guard_refuse(connections, source, "its [sip] max-connections-per-source are open",
                            &counts->over_source);
    return TRUE;
}

static void socket_keep_alive(int fd)
{
    int on = 1, idle = KEEPALIVE_IDLE_S, interval = KEEPALIVE_INTERVAL_S, count = KEEPALIVE_COUNT;
    unsigned timeout = UNACKNOWLEDGED_MS;

    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout));
}

static void guard_remember(Connections *connections, int fd, const char *source)
{
    Connection *connection;
    struct stat is;

    if (fstat(fd, &is) != 0)
        return;
    connection = g_new0(Connection, 1);
    *connection = (Connection){fd, is.st_ino, loop_now(connections->loop), g_strdup(source), FALSE};
    g_ptr_array_add(connections->live, connection);
    source_add(connections, source, 1);
    connections->counts.accepted++;
    socket_keep_alive(fd);
}

/* Without descriptors a connection would wait at the door, and the door report it for ever. */
static void guard_turn_away(Connections *connections, int fd)
{
    int taken;

    close(connections->reserve);
    taken = (int)syscall(SYS_accept4, fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (taken >= 0)
        close(taken);
    connections->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
    guard_refuse(connections, "somebody", "no descriptors are left", &connections->counts.over_all);
}

static int guard_accept(Connections *connections, const Guarded *guarded, int fd,
                        struct sockaddr *address, socklen_t *length)
{
    struct linger at_once = {.l_onoff = 1};
    g_autofree char *source = NULL;
    int taken;

    (void)fcntl(fd, F_SETFL, O_NONBLOCK); /* who has left by now would be waited for */
    taken = (int)syscall(SYS_accept4, fd, address, length, SOCK_CLOEXEC);
    if (taken < 0) {
        if ((errno == EMFILE || errno == ENFILE) && connections->reserve >= 0) {
            guard_turn_away(connections, fd);
            errno = ECONNABORTED;
        }
        return -1;
    }
    source = source_key(address);
    if (guard_admits(connections, address, source)) {
        guard_remember(connections, taken, source);
        if (guarded->accepted)
            guarded->accepted();
        return taken;
    }
    (void)setsockopt(taken, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(taken);
    errno = ECONNABORTED;
    return -1;
}

/* Home thread: any; guarded sockets are asked about in the guard's. */
int accept(int fd, struct sockaddr *address, socklen_t *length)
{
    const Guarded *guarded = NULL;
    Connections *connections = address ? guard_of(fd, &guarded) : NULL;

    if (!connections)
        return (int)syscall(SYS_accept, fd, address, length);
    return guard_accept(connections, guarded, fd, address, length);
}
