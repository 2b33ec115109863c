/* The entry: what a request from outside must pass before it goes anywhere (RFC 3261 16.3, 16.4).
 */
#include "allowance.h"
#include "names.h"
#include "primaries.h"

#include <string.h>

static void entry_take_leave(Inbound *in, const Hop *hop, Leave leave)
{
    in->leave = MAX(in->leave, leave);
    if (leave == LEAVE_HOST && in->leave_count < LEAVES_MAX)
        in->leave_hop[in->leave_count++] = *hop;
}

/* Takes our own Route headers off: one for each side, and as many again where the call came by us
 * once more. The last one is the far side's: its flow says where to, unless the request has come
 * that way. Any other may be the sender's own, of a connection that it has no more. */
static void entry_take_routes(Inbound *in)
{
    const char *call_id = in->sip->sip_call_id->i_id;

    while (in->sip->sip_route) {
        const url_t *url = in->sip->sip_route->r_url;
        Hop hop;
        Leave leave;
        gboolean known;

        if (!url_is_ours(in->phones, url))
            break;
        known = hop_of_token(in->phones, url->url_user, call_id, &hop, &leave);
        /* A domain of ours may be the primary's name for itself. */
        if (!known && primaries_has_host(in->phones, url))
            break;
        if (known) {
            in->in_dialog = in->sip->sip_to->a_tag != NULL;
            entry_take_leave(in, &hop, leave);
            in->forced = hop.flow && !hop_equal(&hop, &in->from);
            in->forced_hop = hop;
        }
        sip_route_remove(in->msg, in->sip);
    }
}

/* From a strict router: our Route stands in the Request-URI, and the target comes last (16.4). */
static void entry_undo_strict_route(Inbound *in)
{
    const url_t *url = in->sip->sip_request->rq_url;
    sip_route_t *last = in->sip->sip_route;
    su_home_t *home = msg_home(in->msg);
    sip_request_t *request;
    Leave leave;
    Hop hop;

    if (!last || !url->url_params || !url_has_param(url, "lr") || !url_is_ours(in->phones, url))
        return;
    in->in_dialog =
        hop_of_token(in->phones, url->url_user, in->sip->sip_call_id->i_id, &hop, &leave) &&
        in->sip->sip_to->a_tag;
    if (in->in_dialog)
        entry_take_leave(in, &hop, leave);
    while (last->r_next)
        last = last->r_next;
    request = sip_request_create(home, in->sip->sip_request->rq_method,
                                 in->sip->sip_request->rq_method_name,
                                 (url_string_t const *)last->r_url, NULL);
    msg_header_remove(in->msg, (msg_pub_t *)in->sip, (msg_header_t *)last);
    if (request)
        msg_header_insert(in->msg, (msg_pub_t *)in->sip, (msg_header_t *)request);
}

/* The next place is a strict router: it wants itself in the Request-URI, and the target last (16.6
 * step 6). Without a Route it is an ordinary target. */
static void entry_serve_strict_router(Inbound *in)
{
    sip_route_t const *next = in->sip->sip_route;
    su_home_t *home = msg_home(in->msg);
    sip_request_t *request, *was = in->sip->sip_request;
    sip_route_t *last;

    if (!in->in_dialog || !next || url_has_param(next->r_url, "lr"))
        return;
    last = sip_route_create(home, was->rq_url, NULL);
    request = sip_request_create(home, was->rq_method, was->rq_method_name,
                                 (url_string_t const *)next->r_url, NULL);
    if (!last || !request)
        return;
    sip_route_remove(in->msg, in->sip);
    msg_header_insert(in->msg, (msg_pub_t *)in->sip, (msg_header_t *)last);
    msg_header_insert(in->msg, (msg_pub_t *)in->sip, (msg_header_t *)request);
    in->strict = TRUE;
}

static void entry_know_origin(Inbound *in)
{
    const struct sockaddr *source = (const struct sockaddr *)&in->from.address;
    const struct sockaddr *gateway = (const struct sockaddr *)&in->phones->gateway.address;
    Hop here = {.address = in->phones->gateway.address};

    in->from_gateway = gateway->sa_family && hop_equal(&here, &in->from);
    origin_read(in->phones->settings, source, &in->origin);
    message_remove_header(in->msg, in->sip, ORIGIN_HEADER);
}

/* A phone behind a NAT or on a stream is reached the way it came, whatever its Contact says. */
static void entry_mark_flow(Inbound *in)
{
    sip_contact_t const *contact = in->sip->sip_contact;
    Hop told;

    if (in->from_gateway || !contact || !in->sip->sip_via || in->sip->sip_via->v_next)
        return;
    in->from.flow = in->from.transport != TRANSPORT_UDP || !hop_of_url(contact->m_url, &told) ||
                    !hop_equal(&told, &in->from);
}

static gboolean url_is_sip(const url_t *url)
{
    return url->url_type == url_sip || url->url_type == url_sips;
}

static gboolean scheme_is_known(const url_t *url)
{
    return url_is_sip(url) || url->url_type == url_tel ||
           (url->url_scheme && g_ascii_strcasecmp(url->url_scheme, "urn") == 0);
}

/* 420 for REQUIRED, what Proxy-Require asks, or Require of the box itself: we have no extensions
 * that need one. */
static void entry_refuse_extension(const Inbound *in, const sip_require_t *required)
{
    sip_unsupported_t *unsupported =
        sip_unsupported_dup(msg_home(in->msg), (const sip_unsupported_t *)required);

    in->phones->counters.refused++;
    nta_msg_treply(in->phones->agent, in->msg, SIP_420_BAD_EXTENSION,
                   SIPTAG_UNSUPPORTED(unsupported), TAG_END());
}

/* A request to the box itself: nobody's phone. */
static gboolean is_for_the_box(const Inbound *in)
{
    const url_t *url = in->sip->sip_request->rq_url;

    /* Some phones put their own user into a REGISTER's Request-URI. */
    return (!url->url_user || !*url->url_user ||
            in->sip->sip_request->rq_method == sip_method_register) &&
           (url_is_ours(in->phones, url) ||
            (in->sip->sip_request->rq_method == sip_method_register &&
             primaries_has_host(in->phones, url))) &&
           !in->sip->sip_route;
}

/* Where the trunks are all that we are for, they decide; elsewhere phones keep us for each other's
 * calls, too, whatever the line does. */
static gboolean entry_is_ready(const Phones *phones)
{
    const PhonesGateway *gateway = &phones->gateway;

    if (gateway->draining && gateway->draining(gateway->user))
        return FALSE;
    return phones->settings->proxy.mode != PROXY_EMERGENCY_ONLY || !gateway->ready ||
           gateway->ready(gateway->user);
}

static void entry_answer_options(const Inbound *in)
{
    Phones *phones = in->phones;
    gboolean ready = entry_is_ready(phones);

    /* Without a transaction: a repetition is answered as well. */
    nta_msg_treply(phones->agent, in->msg, ready ? 200 : 503,
                   ready ? sip_200_OK : sip_503_Service_unavailable,
                   SIPTAG_ALLOW_STR(PHONES_METHODS), SIPTAG_ACCEPT_STR("application/sdp"),
                   SIPTAG_SUPPORTED_STR("path, outbound"), TAG_END());
}

void entry_serve_box(Inbound *in)
{
    if (!door_passes(in, POLICY_TO_HERE))
        return;
    switch (in->sip->sip_request->rq_method) {
    case sip_method_options:
        if (in->sip->sip_require) /* RFC 3261 11.2, 8.2.2.3 */
            entry_refuse_extension(in, in->sip->sip_require);
        else
            entry_answer_options(in);
        return;
    case sip_method_register:
        registration_take(in);
        return;
    default:
        entry_refuse(in, SIP_404_NOT_FOUND, "for the box itself");
    }
}

/* RFC 3261 16.3, of IN without our own Route headers. 0: it may go on. */
static int entry_judge(const Inbound *in, const char **phrase, const char **why)
{
    sip_t const *sip = in->sip;

    if (!scheme_is_known(sip->sip_request->rq_url)) {
        *why = "an unknown URI scheme";
        return 416;
    }
    if (sip->sip_max_forwards && sip->sip_max_forwards->mf_count == 0 && !is_for_the_box(in)) {
        *why = "Max-Forwards";
        return 483;
    }
    if (loop_found(in->phones, sip, in->mark)) {
        in->phones->counters.loops++;
        *why = "a loop";
        return 482;
    }
    if (!message_breadth(sip) && !is_for_the_box(in)) { /* RFC 5393 5.3.3.1 */
        *phrase = "Max-Breadth Exceeded";
        *why = "Max-Breadth";
        return 440;
    }
    return 0;
}

/* To the primary first; TARGETS are for when it is silent, or does not know whom IN is for. */
static void entry_pass_on(Inbound *in, GQueue *targets)
{
    GuardAnswer answer;
    ClassAnswer allowance;

    if (!door_passes(in, POLICY_TO_PRIMARY)) {
        g_queue_clear_full(targets, (GDestroyNotify)target_free);
        return;
    }
    in->instead = TRUE;
    if (targets->length && !door_peeks(in, door_target(targets), &answer)) {
        if (answer.verdict == GUARD_DROP) {
            answer.status = 403;
            answer.phrase = sip_status_phrase(403);
        }
        in->barred = g_memdup2(&answer, sizeof(answer));
        g_queue_clear_full(targets, (GDestroyNotify)target_free);
    } else if (targets->length && !allowance_permits(in, &allowance)) {
        answer = (GuardAnswer){
            .verdict = GUARD_REFUSE, .status = allowance.status, .phrase = allowance.phrase};
        in->barred = g_memdup2(&answer, sizeof(answer));
        g_queue_clear_full(targets, (GDestroyNotify)target_free);
    }
    primaries_put_first(in, targets);
    fork_begin(in, targets);
}

static void entry_route(Inbound *in)
{
    GQueue targets = G_QUEUE_INIT;
    const char *phrase = NULL;
    ClassAnswer allowance;
    ModeVerdict verdict = primaries_judge(in);
    int status = where_to(in, &targets, &phrase);

    if (verdict == VERDICT_RELAY) {
        entry_pass_on(in, &targets);
        return;
    }
    if (verdict == VERDICT_REFUSE) {
        g_queue_clear_full(&targets, (GDestroyNotify)target_free);
        entry_refuse(in, 503, NULL, "not in this mode");
        return;
    }
    in->want_number = names_want_number(in);
    if (!door_passes(in, targets.length || !in->want_number ? door_target(&targets)
                                                            : POLICY_TO_OUTSIDE)) {
        g_queue_clear_full(&targets, (GDestroyNotify)target_free);
        return;
    }
    if (status && !in->want_number) {
        entry_refuse(in, status, phrase, "no way there");
        return;
    }
    if (!allowance_permits(in, &allowance)) {
        g_queue_clear_full(&targets, (GDestroyNotify)target_free);
        entry_refuse(in, allowance.status, allowance.phrase, allowance.why);
        return;
    }
    fork_begin(in, &targets);
}

void entry_request(Phones *phones, msg_t *msg, sip_t *sip)
{
    Inbound in = {.phones = phones, .msg = msg, .sip = sip};
    const char *phrase = NULL, *why = NULL;
    int status;

    phones->counters.requests++;
    hop_of_message(phones, msg, &in.from);
    entry_know_origin(&in);
    entry_mark_flow(&in);
    if (sip->sip_request->rq_method == sip_method_cancel) {
        /* Its INVITE would have taken it. */
        phones->counters.stray++;
        nta_msg_treply(phones->agent, msg, SIP_481_NO_TRANSACTION, TAG_END());
        return;
    }
    if (sip->sip_request->rq_method == sip_method_invite)
        phones->counters.invites++;
    loop_mark(phones, sip, in.mark); /* of what came, before anything is changed */
    entry_undo_strict_route(&in);
    entry_take_routes(&in);
    entry_serve_strict_router(&in);
    status = sip->sip_request->rq_method == sip_method_ack ? 0 : entry_judge(&in, &phrase, &why);
    /* The gateway knows its own dialogs. */
    if (sip->sip_to->a_tag && (in.from_gateway || url_is_gateway(phones, sip->sip_request->rq_url)))
        in.in_dialog = TRUE;
    /* A user of ours is no far end of a dialog: who asks for one there is asked like anybody. */
    if (in.in_dialog && !in.from_gateway && !in.forced && !sip->sip_route &&
        (url_is_ours(phones, sip->sip_request->rq_url) || !url_is_sip(sip->sip_request->rq_url)) &&
        !url_is_gateway(phones, sip->sip_request->rq_url))
        in.in_dialog = FALSE;
    /* Whatever its To and Route make of it: a REGISTER is a question to us, at the door each time.
     */
    if (sip->sip_request->rq_method == sip_method_register)
        in.in_dialog = FALSE;
    else
        help_recognize(&in);
    if (in.origin.emergency) /* nobody is turned away for an extension */
        while (sip->sip_proxy_require)
            msg_header_remove(msg, (msg_pub_t *)sip, (msg_header_t *)sip->sip_proxy_require);
    if (sip->sip_request->rq_method == sip_method_ack)
        relay_ack(&in);
    else if (status)
        entry_refuse(&in, status, phrase, why);
    else if (sip->sip_proxy_require)
        entry_refuse_extension(&in, in.sip->sip_proxy_require);
    else if (is_for_the_box(&in)) {
        if (sip->sip_request->rq_method != sip_method_register || !registers_take(&in))
            entry_serve_box(&in);
    } else
        entry_route(&in);
}
