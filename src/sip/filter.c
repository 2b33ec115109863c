/* The source filter: a request from a network that may not call us is dropped before anything
 * answers it.
 *
 * NUA and NTA answer many requests on their own (400, 405, 420, 481 ...), so the filter stands
 * before them, in the parser: our message class has a request line of its own, whose parser first
 * looks where the packet came from. A request line that fails to parse makes the message garbage,
 * and garbage is not answered. Responses pass: they match a transaction of ours or are dropped by
 * NTA.
 */
#include "sip_room.h"

#include "log.h"

#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_plugins.h>
#include <stdlib.h>
#include <string.h>

#define LOG_BURST 1
#define LOG_PER_US (10 * G_USEC_PER_SEC)

struct SourceFilter {
    struct msg_hclass_s
        request; /* the request line's class; first, so that a header finds its filter */
    Ua *ua;
    msg_mclass_t *mclass;
    issize_t (*extract_body)(msg_t *, msg_pub_t *, char *, isize_t, int);
    GHashTable *far; /* char* address -> uses: far ends of calls we made */
    LogLimit limit;
};

/* Of all user agents of the process (tests run several): the extract_body call-back finds its own
 * by class. */
static GSList *filters;

static gboolean filter_lets(SourceFilter *filter, const struct sockaddr *source)
{
    char text[INET6_ADDRSTRLEN + 8];

    if (network_contains(filter->ua->settings->sip.allow, source))
        return TRUE;
    if (g_hash_table_size(filter->far) == 0)
        return FALSE;
    struct sockaddr_storage host = {0};

    memcpy(&host, source,
           source->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                         : sizeof(struct sockaddr_in));
    address_set_port(&host, 0);
    address_describe((struct sockaddr *)&host, text, sizeof(text));
    return g_hash_table_contains(filter->far, text);
}

static void filter_drop(SourceFilter *filter, const struct sockaddr *source, const char *what)
{
    char text[64] = "unknown";

    filter->ua->counters.dropped++;
    if (!log_limit(&filter->limit, LOG_BURST, LOG_PER_US))
        return;
    address_describe(source, text, sizeof(text));
    log_warning("sip: %s from %s dropped: not in [sip] allow (%" G_GUINT64_FORMAT
                " such lines suppressed)",
                what, text, filter->limit.suppressed);
}

/* The home of a header being parsed is its message (msg_home()). */
static issize_t request_line_parse(su_home_t *home, msg_header_t *header, char *text, isize_t size)
{
    SourceFilter *filter = (SourceFilter *)header->sh_class;
    const su_sockaddr_t *source = msg_addr((msg_t *)home);

    if (!filter_lets(filter, &source->su_sa)) {
        char method[16] = "";

        g_strlcpy(method, text, MIN(sizeof(method), (gsize)size + 1));
        method[strcspn(method, " \t\r\n")] = '\0';
        filter_drop(filter, &source->su_sa, method);
        return -1;
    }
    return sip_request_class->hc_parse(home, header, text, size);
}

/* Two messages about calls of ours that NUA does not handle without a leak: 100, which it tells of
 * but never frees, and a BYE in an early dialog, which the called side must not send (RFC 3261 15).
 * The first passes, the second is made garbage. */
static void filter_tell(SourceFilter *filter, msg_t *msg, msg_pub_t *pub)
{
    sip_t *sip = (sip_t *)pub;
    const char *call_id = sip->sip_call_id->i_id;

    if (sip->sip_status && sip->sip_status->st_status == 100 &&
        sip->sip_cseq->cs_method == sip_method_invite)
        uac_note_heard(filter->ua, call_id, FALSE);
    else if (sip->sip_request && sip->sip_request->rq_method == sip_method_bye &&
             uac_note_heard(filter->ua, call_id, TRUE))
        msg_header_remove(msg, pub, (msg_header_t *)sip->sip_request);
}

/* Two things Sofia keeps to itself: it answers a message with bad headers, and it has heard a 100.
 */
static issize_t body_extract(msg_t *msg, msg_pub_t *pub, char *body, isize_t size, int end)
{
    SourceFilter *filter = NULL;
    sip_t *sip = (sip_t *)pub;
    char text[64] = "";

    for (GSList *at = filters; at && !filter; at = at->next) {
        if (((SourceFilter *)at->data)->mclass == msg_mclass(msg))
            filter = at->data;
    }
    if (!filter)
        return -1;
    if (sip->sip_error && sip->sip_request && !(sip->sip_flags & MSG_FLG_BODY)) {
        address_describe(&msg_addr(msg)->su_sa, text, sizeof(text));
        ua_log_malformed(filter->ua, sip->sip_request->rq_method_name, text);
    }
    if (sip->sip_call_id && sip->sip_cseq && !(sip->sip_flags & MSG_FLG_BODY)) {
        const char *bad = target_settle(msg, sip);

        if (bad)
            ua_log_malformed(filter->ua, bad,
                             address_describe(&msg_addr(msg)->su_sa, text, sizeof(text)));
        filter_tell(filter, msg, pub);
    }
    return filter->extract_body(msg, pub, body, size, end);
}

/* STUN on the SIP port: Sofia's own servers answer anybody; this one answers nobody. */
static tport_stun_server_t *stun_create(su_root_t *root, tagi_t const *tags)
{
    static char server;

    return (tport_stun_server_t *)&server;
}

static void stun_destroy(tport_stun_server_t *server)
{
}

static int stun_socket(tport_stun_server_t *server, su_socket_t socket)
{
    return 0;
}

static void stun_request(tport_stun_server_t *server, su_socket_t socket, void *request,
                         ssize_t size, void *source, socklen_t source_size)
{
    for (GSList *at = filters; at; at = at->next)
        filter_drop(at->data, source, "STUN");
}

static const tport_stun_server_vtable_t stun_vtable = {
    .vst_size = sizeof(stun_vtable) + 1, /* tport_plug_in_stun_server() wants more than the size */
    .vst_create = stun_create,
    .vst_destroy = stun_destroy,
    .vst_add_socket = stun_socket,
    .vst_remove_socket = stun_socket,
    .vst_request = stun_request,
};

SourceFilter *filter_new(Ua *ua)
{
    SourceFilter *filter = g_new0(SourceFilter, 1);

    filter->ua = ua;
    filter->request = *sip_request_class;
    filter->request.hc_parse = request_line_parse;
    filter->mclass = sip_extend_mclass(NULL);
    if (!filter->mclass)
        g_error("sip: Sofia gives no message class"); /* out of memory: as g_new() does */
    filter->extract_body = filter->mclass->mc_extract_body;
    filter->mclass->mc_extract_body = body_extract;
    filter->mclass->mc_request[0].hr_class = &filter->request;
    filter->far = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    filters = g_slist_prepend(filters, filter);
    tport_plug_in_stun_server(&stun_vtable);
    return filter;
}

void filter_free(SourceFilter *filter)
{
    if (!filter)
        return;
    filters = g_slist_remove(filters, filter);
    g_hash_table_destroy(filter->far);
    free(filter->mclass);
    g_free(filter);
}

msg_mclass_t *filter_mclass(SourceFilter *filter)
{
    return filter->mclass;
}

static char *far_key(const struct sockaddr_storage *address)
{
    struct sockaddr_storage host = *address;
    char text[INET6_ADDRSTRLEN + 8];

    address_set_port(&host, 0);
    return g_strdup(address_describe((struct sockaddr *)&host, text, sizeof(text)));
}

void filter_admit(SourceFilter *filter, const struct sockaddr_storage *address)
{
    char *key = far_key(address);
    guint uses = GPOINTER_TO_UINT(g_hash_table_lookup(filter->far, key));

    g_hash_table_insert(filter->far, key, GUINT_TO_POINTER(uses + 1));
}

void filter_forget(SourceFilter *filter, const struct sockaddr_storage *address)
{
    g_autofree char *key = far_key(address);
    guint uses = GPOINTER_TO_UINT(g_hash_table_lookup(filter->far, key));

    if (uses > 1)
        g_hash_table_insert(filter->far, g_steal_pointer(&key), GUINT_TO_POINTER(uses - 1));
    else
        g_hash_table_remove(filter->far, key);
}
