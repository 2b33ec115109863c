/* The source filter: a request from a network that may not call us is dropped before anything
 * answers it.
 *
 * NUA and NTA answer many requests on their own (400, 405, 420, 481 ...), so the filter stands
 * before them, in the parser: our message class has a request line of its own, whose parser first
 * looks where the packet came from. A request line that fails to parse makes the message garbage,
 * and garbage is not answered. Responses pass: they match a transaction of ours or are dropped by
 * NTA. The room behind the port may hear somebody else inside a call of its: the request line
 * passes, and when the headers are known the rest becomes garbage like a stranger's.
 */
#include "filter.h"

#include "log.h"
#include "reply.h"
#include "settings.h"

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_buffer.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_plugins.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_LINES_MAX 1000 /* Sofia's parser walks to the end of a list with each of them */
#define WHAT_MAX 32
#define LOG_BURST 1
#define LOG_PER_US (10 * G_USEC_PER_SEC)

struct SourceFilter {
    struct msg_hclass_s
        request; /* the request line's class; first, so that a header finds its filter */
    struct msg_hclass_s status;
    const FilterOps *ops;
    void *user;
    msg_mclass_t *mclass;
    issize_t (*extract_body)(msg_t *, msg_pub_t *, char *, isize_t, int);
    LogLimit limit;
};

/* Of all agents of the process, the newest first: the extract_body call-back finds its own by
 * class. */
static GSList *filters;

char *filter_host_key(const struct sockaddr *address)
{
    struct sockaddr_storage host = {0};
    char text[INET6_ADDRSTRLEN + 8];

    memcpy(&host, address,
           address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in));
    address_set_port(&host, 0);
    return g_strdup(address_describe((struct sockaddr *)&host, text, sizeof(text)));
}

static gboolean filter_allows(SourceFilter *filter, const struct sockaddr *source)
{
    return filter->ops->allows(filter->user, source);
}

/* Is it worth reading on? */
static gboolean filter_reads(SourceFilter *filter, const struct sockaddr *source)
{
    return filter->ops->reads && filter->ops->reads(filter->user, source);
}

static gboolean filter_hears(SourceFilter *filter, sip_t const *sip, const struct sockaddr *source)
{
    return filter->ops->hears && filter->ops->hears(filter->user, sip, source);
}

static void filter_drop(SourceFilter *filter, const struct sockaddr *source, const char *what)
{
    char text[64] = "unknown";

    filter->ops->dropped(filter->user);
    if (!log_limit(&filter->limit, LOG_BURST, LOG_PER_US))
        return;
    address_describe(source, text, sizeof(text));
    log_warning("%s: %.*s from %s dropped: not in [sip] allow (%" G_GUINT64_FORMAT
                " such lines suppressed)",
                filter->ops->room, WHAT_MAX, what, text, filter->limit.suppressed);
}

/* One line for a message from SOURCE that is not as it should be. */
static void filter_tell_malformed(SourceFilter *filter, const struct sockaddr *source,
                                  const char *what, const char *why)
{
    char text[64], begin[WHAT_MAX + 1];
    g_autofree char *told = g_strdup_printf("%.*s, from %s", WHAT_MAX, why,
                                            address_describe(source, text, sizeof(text)));

    g_strlcpy(begin, what, sizeof(begin));
    filter->ops->malformed(filter->user, begin, told);
}

static gboolean is_stream(msg_t *msg)
{
    return msg_addrinfo(msg)->ai_socktype == SOCK_STREAM;
}

/* Do the headers of MSG, whose first line is TEXT, end in an empty line, with no NUL among them?
 * Otherwise the parser never comes to body_extract(), and NTA would go by what it has. On a stream
 * the rest of them may still come: there the parser waits, and what has come so far is judged.
 * NULL: they do, and are not too many. */
static const char *message_fault(msg_t *msg, const char *text, gsize size)
{
    const char *start = msg_buf_committed_data(msg);
    const char *end = start ? start + msg_buf_committed(msg) : NULL;
    const char *at = start;

    if (start && text >= start && text + size < end)
        at = text + size + 1; /* its end has become a NUL */
    for (guint lines = 0; start && at + 1 < end && *at; at++) {
        if ((*at == '\n' && (at[1] == '\n' || at[1] == '\r')) || (*at == '\r' && at[1] == '\r'))
            return NULL;
        if ((*at == '\n' || *at == '\r') && ++lines > 2 * HEADER_LINES_MAX)
            return "too many header lines";
    }
    return is_stream(msg) ? NULL : "its headers do not end";
}

/* LINE as Sofia's own parser does not read it: with a method of any letters that RFC 3261 25.1
 * allows, or a URI that is none, so that NTA has something to answer 400 to. FALSE: it is no
 * request line. */
static gboolean request_line_repair(sip_request_t *request, char *line)
{
    gsize method = strcspn(line, " \t\"(),/:;<=>?@[\\]{}");
    char *uri = line + method, *version = strrchr(line, ' ');

    if (!method || *uri != ' ' || version <= uri ||
        g_ascii_strncasecmp(version + 1, "SIP/", 4) != 0)
        return FALSE;
    *uri++ = '\0';
    *version++ = '\0';
    request->rq_method_name = line;
    request->rq_method = MAX(sip_method_code(line), sip_method_unknown);
    request->rq_version = version;
    if (version <= uri || strpbrk(uri, " \t") || url_d(request->rq_url, uri) < 0) {
        memset(request->rq_url, 0, sizeof(*request->rq_url));
        request->rq_url->url_type = url_invalid;
    }
    return TRUE;
}

static gboolean request_line_read(su_home_t *home, msg_header_t *header, char *text, isize_t size)
{
    char *line = su_strndup(home, text, size); /* the parser cuts up what it reads */

    if (sip_request_class->hc_parse(home, header, text, size) >= 0) {
        su_free(home, line);
        return TRUE;
    }
    return line && request_line_repair((sip_request_t *)header, line);
}

/* The home of a header being parsed is its message (msg_home()). */
static issize_t request_line_parse(su_home_t *home, msg_header_t *header, char *text, isize_t size)
{
    SourceFilter *filter = (SourceFilter *)header->sh_class;
    const struct sockaddr *source = &msg_addr((msg_t *)home)->su_sa;
    gboolean allowed = filter_allows(filter, source);
    char method[16] = "";
    const char *why = NULL;

    g_strlcpy(method, text, MIN(sizeof(method), (gsize)size + 1));
    method[strcspn(method, " \t\r\n")] = '\0';
    if (!allowed && !filter_reads(filter, source)) {
        filter_drop(filter, source, method);
        return -1;
    }
    why = message_fault((msg_t *)home, text, size);
    if (!why && !request_line_read(home, header, text, size))
        why = "the request line";
    if (why && allowed)
        filter_tell_malformed(filter, source, *method ? method : "request", why);
    else if (why)
        filter_drop(filter, source, method);
    return why ? -1 : 0;
}

static issize_t status_line_parse(su_home_t *home, msg_header_t *header, char *text, isize_t size)
{
    if (message_fault((msg_t *)home, text, size))
        return -1;
    return sip_status_class->hc_parse(home, header, text, size);
}

/* The parser keeps a header it cannot read as such, or as one of its class that came once too
 * often. */
static const char *bad_header(const sip_error_t *error)
{
    const msg_header_t *header = (const msg_header_t *)error;
    const char *name =
        header->sh_class == sip_error_class ? error->er_name : header->sh_class->hc_name;

    return name ? name : "a header";
}

/* What is wrong with a request that NTA answers by itself (400, 505); NULL: nothing. */
static const char *request_fault(const sip_t *sip)
{
    if (sip->sip_error)
        return bad_header(sip->sip_error);
    if (!sip->sip_via || !sip->sip_from || !sip->sip_to || !sip->sip_call_id || !sip->sip_cseq)
        return "a mandatory header is missing";
    if (sip_sanity_check(sip) < 0)
        return "its URI, or the method in CSeq";
    if (sip->sip_request->rq_method == sip_method_invite && !sip->sip_contact &&
        !sip->sip_to->a_tag)
        return "Contact is missing";
    return g_ascii_strcasecmp(sip->sip_request->rq_version, sip_version_2_0) != 0 ? "its version"
                                                                                  : NULL;
}

static void via_point_back(msg_t *msg, sip_via_t *via)
{
    struct sockaddr_storage host = {0};
    const struct sockaddr *source = &msg_addr(msg)->su_sa;
    su_home_t *home = msg_home(msg);
    char text[INET6_ADDRSTRLEN + 8];

    memcpy(&host, source,
           source->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                         : sizeof(struct sockaddr_in));
    address_set_port(&host, 0);
    address_describe((struct sockaddr *)&host, text, sizeof(text));
    msg_header_replace_param(home, via->v_common, su_sprintf(home, "received=%s", text));
}

/* The headers of a message are known: what is wrong with it is told here and nowhere else, and
 * what a stranger may not say becomes garbage. TRUE when all is well. */
static gboolean headers_judge(SourceFilter *filter, msg_t *msg, msg_pub_t *pub)
{
    const struct sockaddr *source = &msg_addr(msg)->su_sa;
    sip_t *sip = (sip_t *)pub;
    const char *what = sip->sip_request ? sip->sip_request->rq_method_name : "response";
    const char *why;

    if (sip->sip_request && !filter_allows(filter, source) && !filter_hears(filter, sip, source)) {
        filter_drop(filter, source, what);
        msg_header_remove(msg, pub, (msg_header_t *)sip->sip_request);
        return FALSE;
    }
    why = sip->sip_request ? request_fault(sip) : NULL;
    if (why && sip->sip_via) /* NTA answers other versions by a Via that it has not looked at */
        via_point_back(msg, sip->sip_via);
    if (filter->ops->met && sip->sip_call_id && sip->sip_cseq) {
        const char *bad = filter->ops->met(filter->user, msg, sip, why);

        why = why ? why : bad;
    }
    if (why)
        filter_tell_malformed(filter, source, what, why);
    return !why;
}

static issize_t body_extract(msg_t *msg, msg_pub_t *pub, char *body, isize_t size, int end)
{
    SourceFilter *filter = NULL;
    sip_t *sip = (sip_t *)pub;
    gboolean first = !(sip->sip_flags & MSG_FLG_BODY), well;
    issize_t result;

    for (GSList *at = filters; at && !filter; at = at->next) {
        if (((SourceFilter *)at->data)->mclass == msg_mclass(msg))
            filter = at->data;
    }
    if (!filter)
        return -1;
    if (first && msg_addrinfo(msg)->ai_socktype != SOCK_STREAM && sip->sip_content_length &&
        sip->sip_content_length->l_length > (guint32)size)
        sip->sip_flags |=
            MSG_FLG_TRUNC; /* RFC 3261 18.3; the parser asks only where there is one */
    /* Called a second time where there is a body. */
    well = first ? headers_judge(filter, msg, pub) : sip->sip_request && !request_fault(sip);
    result = filter->extract_body(msg, pub, body, size, end);
    if (well && sip->sip_request && sip->sip_flags & MSG_FLG_TRUNC)
        filter_tell_malformed(filter, &msg_addr(msg)->su_sa, sip->sip_request->rq_method_name,
                              "its body is shorter than Content-Length");
    else if (well && sip->sip_request && filter->ops->whole && result >= 0 &&
             sip->sip_flags & MSG_FLG_COMPLETE)
        filter->ops->whole(filter->user, msg, sip);
    return result;
}

/* STUN on the SIP port: Sofia's own servers answer anybody; this one answers nobody. The agent
 * being made is the newest filter's. */
static tport_stun_server_t *stun_create(su_root_t *root, tagi_t const *tags)
{
    return filters ? filters->data : NULL;
}

static void stun_destroy(tport_stun_server_t *server)
{
}

/* The same who tells a STUN server of our sockets tells where replies go out. */
static int stun_add_socket(tport_stun_server_t *server, su_socket_t socket)
{
    reply_add_socket(socket);
    return 0;
}

static int stun_remove_socket(tport_stun_server_t *server, su_socket_t socket)
{
    reply_remove_socket(socket);
    return 0;
}

static void stun_request(tport_stun_server_t *server, su_socket_t socket, void *request,
                         ssize_t size, void *source, socklen_t source_size)
{
    if (g_slist_find(filters, server))
        filter_drop((SourceFilter *)server, source, "STUN");
}

static const tport_stun_server_vtable_t stun_vtable = {
    .vst_size = sizeof(stun_vtable) + 1, /* tport_plug_in_stun_server() wants more than the size */
    .vst_create = stun_create,
    .vst_destroy = stun_destroy,
    .vst_add_socket = stun_add_socket,
    .vst_remove_socket = stun_remove_socket,
    .vst_request = stun_request,
};

SourceFilter *filter_new(const FilterOps *ops, void *user)
{
    SourceFilter *filter = g_new0(SourceFilter, 1);

    filter->ops = ops;
    filter->user = user;
    filter->request = *sip_request_class;
    filter->request.hc_parse = request_line_parse;
    filter->mclass = sip_extend_mclass(NULL);
    if (!filter->mclass)
        g_error("sofia: Sofia gives no message class"); /* out of memory: as g_new() does */
    filter->extract_body = filter->mclass->mc_extract_body;
    filter->mclass->mc_extract_body = body_extract;
    filter->mclass->mc_request[0].hr_class = &filter->request;
    filter->status = *sip_status_class;
    filter->status.hc_parse = status_line_parse;
    filter->mclass->mc_status[0].hr_class = &filter->status;
    filters = g_slist_prepend(filters, filter);
    tport_plug_in_stun_server(&stun_vtable);
    return filter;
}

void filter_free(SourceFilter *filter)
{
    if (!filter)
        return;
    filters = g_slist_remove(filters, filter);
    free(filter->mclass);
    g_free(filter);
}

msg_mclass_t *filter_mclass(SourceFilter *filter)
{
    return filter->mclass;
}
