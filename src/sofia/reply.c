/* A response without a transaction: to a request that NUA shall not see, each repetition alike. */
#include "reply.h"

#include "settings.h"

#include <linux/sockios.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_string.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static GArray *sockets; /* of int: what the agents of the process listen on; NULL: none */

void reply_add_socket(int socket)
{
    if (!sockets)
        sockets = g_array_new(FALSE, FALSE, sizeof(int));
    g_array_append_val(sockets, socket);
}

void reply_remove_socket(int socket)
{
    for (guint i = 0; sockets && i < sockets->len; i++) {
        if (g_array_index(sockets, int, i) == socket)
            g_array_remove_index_fast(sockets, i--);
    }
    if (sockets && !sockets->len)
        g_clear_pointer(&sockets, g_array_unref);
}

/* The socket of the port LISTEN. */
static int reply_socket(const struct sockaddr *listen)
{
    for (guint i = 0; sockets && i < sockets->len; i++) {
        int fd = g_array_index(sockets, int, i);
        struct sockaddr_storage own = {0};
        socklen_t size = sizeof(own);

        if (getsockname(fd, (struct sockaddr *)&own, &size) == 0 &&
            address_equal((struct sockaddr *)&own, listen))
            return fd;
    }
    return -1;
}

/* Room for all that a connection has not yet acknowledged when Sofia has nothing more to write. */
#define UNSENT_MAX 4096

/* Can a whole message be put in between what Sofia writes to FD? */
static gboolean connection_is_clear(int fd)
{
    int unsent = 0;

    return ioctl(fd, SIOCOUTQ, &unsent) == 0 && unsent < UNSENT_MAX;
}

/* Is FD a connection of ours, TCP, with SOURCE? */
static gboolean connection_is_with(int fd, const struct sockaddr *source)
{
    struct sockaddr_storage far = {0};
    socklen_t size = sizeof(far), type_size = sizeof(int);
    int type = 0;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) == 0 && type == SOCK_STREAM &&
           getpeername(fd, (struct sockaddr *)&far, &size) == 0 &&
           far.ss_family == source->sa_family && address_equal((struct sockaddr *)&far, source);
}

/* The connection with SOURCE, which the parser is not told: Sofia keeps its connections to itself.
 */
static int reply_connection(const struct sockaddr *source)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    const char *name;

    while (dir && (name = g_dir_read_name(dir))) {
        int fd = atoi(name);

        if (connection_is_with(fd, source))
            return connection_is_clear(fd) ? fd : -1;
    }
    return -1;
}

/* RFC 3261 18.2.2, RFC 3581 4: where the answer to a request from SOURCE goes, and what VIA tells.
 */
static void reply_route(su_home_t *home, sip_via_t *via, struct sockaddr_storage *to)
{
    struct sockaddr_storage bare = *to;
    char text[INET6_ADDRSTRLEN + 8];
    guint16 port = address_port((struct sockaddr *)to);

    address_set_port(&bare, 0);
    address_describe((struct sockaddr *)&bare, text, sizeof(text));
    msg_header_replace_param(home, via->v_common, su_sprintf(home, "received=%s", text));
    if (msg_params_find(via->v_params, "rport"))
        msg_header_replace_param(home, via->v_common, su_sprintf(home, "rport=%u", port));
    else
        address_set_port(to, (guint16)(via->v_port ? atoi(via->v_port) : 5060));
}

/* RFC 3261 8.2.6.2, 8.2.7: a tag that each repetition of the request gets alike, unless it has one.
 */
static void reply_tag(su_home_t *home, sip_t const *sip, sip_t *out)
{
    g_autofree char *text = NULL, *sum = NULL;

    if (!out->sip_to || out->sip_to->a_tag || !sip->sip_call_id)
        return;
    text = g_strdup_printf("%s %u", sip->sip_call_id->i_id,
                           sip->sip_cseq ? (guint)sip->sip_cseq->cs_seq : 0);
    sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    sum[16] = '\0';
    sip_to_tag(home, out->sip_to, sum);
}

void reply_send(const struct sockaddr *listen, msg_t *msg, sip_t const *sip, int status)
{
    reply_send_with(listen, msg, sip, status, NULL);
}

void reply_send_with(const struct sockaddr *listen, msg_t *msg, sip_t const *sip, int status,
                     const char *header)
{
    const struct sockaddr *source = &msg_addr(msg)->su_sa;
    struct sockaddr_storage to = {0};
    msg_t *reply = msg_create(sip_default_mclass(), 0);
    sip_t *out = sip_object(reply);
    gboolean stream = msg_addrinfo(msg)->ai_socktype == SOCK_STREAM;
    int fd = stream ? reply_connection(source) : reply_socket(listen);
    size_t size = 0;
    char *text;

    memcpy(&to, source,
           source->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                         : sizeof(struct sockaddr_in));
    msg_header_insert(
        reply, (msg_pub_t *)out,
        (msg_header_t *)sip_status_create(msg_home(reply), (unsigned)status, NULL, NULL));
    sip_add_tl(reply, out, SIPTAG_VIA(sip->sip_via), SIPTAG_FROM(sip->sip_from),
               SIPTAG_TO(sip->sip_to), SIPTAG_CALL_ID(sip->sip_call_id), SIPTAG_CSEQ(sip->sip_cseq),
               TAG_IF(header, SIPTAG_HEADER_STR(header)), SIPTAG_CONTENT_LENGTH_STR("0"),
               SIPTAG_SEPARATOR_STR("\r\n"), TAG_END());
    reply_tag(msg_home(reply), sip, out);
    if (out->sip_via) {
        reply_route(msg_home(reply), out->sip_via, &to);
        msg_serialize(reply, (msg_pub_t *)out);
        text = msg_as_string(msg_home(reply), reply, (msg_pub_t *)out, 0, &size);
        if (fd >= 0 && text && stream)
            (void)!send(fd, text, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        else if (fd >= 0 && text)
            (void)!sendto(fd, text, size, MSG_DONTWAIT, (struct sockaddr *)&to,
                          address_length(&to));
    }
    msg_destroy(reply);
}
