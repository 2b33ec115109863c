/* The process's connect(): keeps Sofia's DNS resolver from turning in circles.
 *
 * Where a name server cannot even be connected, as without a route to it, sres_query() of Sofia
 * 1.12.11 tries it again and again and never returns: one phone whose Contact has a host name would
 * stop all signalling. A symbol of the executable goes before libc's for every library linked, so
 * the resolver connects here. Such a server becomes a port of this machine where nobody listens,
 * and the query ends with the error it deserves.
 */
#include "settings.h"
#include "sofia.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PORT_DNS 53
#define PORT_DISCARD 9

static gint unreachable;
static gint own_port; /* 0: none */

void resolver_set_port(guint16 port)
{
    g_atomic_int_set(&own_port, port);
}

guint64 resolver_unreachable(void)
{
    return (guint64)g_atomic_int_get(&unreachable);
}

static gboolean is_query_socket(int fd, const struct sockaddr *address)
{
    int type = 0;
    socklen_t size = sizeof(type);

    guint16 port;

    if (address->sa_family != AF_INET && address->sa_family != AF_INET6)
        return FALSE;
    port = address_port(address);
    return port && (port == PORT_DNS || port == g_atomic_int_get(&own_port)) &&
           getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
}

static int connect_to_nobody(int fd, int family)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = htons(PORT_DISCARD),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons(PORT_DISCARD),
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};

    if (family == AF_INET)
        return (int)syscall(SYS_connect, fd, &v4, sizeof(v4));
    return (int)syscall(SYS_connect, fd, &v6, sizeof(v6));
}

/* Home thread: any. */
int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    int result = (int)syscall(SYS_connect, fd, address, length);
    int why = errno;

    if (result == 0 || !is_query_socket(fd, address)) {
        errno = why;
        return result;
    }
    g_atomic_int_inc(&unreachable);
    result = connect_to_nobody(fd, address->sa_family);
    if (result != 0)
        errno = why;
    return result;
}
