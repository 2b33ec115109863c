/* One branch of a fork: the copy sent to one target, its timers, and its CANCEL. */
#include "names.h"
#include "port.h"
#include "primaries.h"
#include "watch.h"

#include <sofia-sip/sip_extra.h>
#include <string.h>

static gint64 wait_after_cancel_us(const Branch *branch)
{
    return (gint64)branch->fork->settings->sip.t1_ms * 64 * 1000;
}

static void branch_stop_timer(Branch *branch)
{
    loop_timer_stop(branch->fork->phones->loop, branch->timer);
}

/* Patience, ring time and Timer C, whichever is due first. */
static void branch_start_timer(Branch *branch)
{
    Loop *loop = branch->fork->phones->loop;
    gint64 now = loop_now(loop), left = branch->timer_c_us - now;

    if (branch->ring_us)
        left = MIN(left, branch->ring_us - now);
    if (branch->patience_us && !branch->provisional && !branch->given_up)
        left = MIN(left, branch->patience_us - now);
    loop_timer_start(loop, branch->timer, MAX(left, 0));
}

/* The branch is over, with STATUS or with RESPONSE's. */
static void branch_end(Branch *branch, int status, msg_t *response)
{
    branch_stop_timer(branch);
    branch->done = TRUE;
    primaries_ended(branch, status);
    names_note(branch, status, response != NULL);
    if (branch->orq)
        nta_outgoing_destroy(g_steal_pointer(&branch->orq));
    fork_final(branch->fork, branch, status, response);
}

void branch_give_up(Branch *branch)
{
    branch->given_up = TRUE;
    branch_cancel(branch, NULL); /* should it wake up */
    if (branch->fork->invite)
        branch_start_timer(branch);
    fork_pass_by(branch->fork, branch);
}

static void branch_due(void *user)
{
    Branch *branch = user;

    gint64 now = loop_now(branch->fork->phones->loop);

    if (branch->patience_us && !branch->provisional && !branch->given_up &&
        branch->patience_us <= now) {
        branch_give_up(branch);
        return;
    }
    if (branch->cancel_sent || !branch->provisional) {
        /* No final response came to the CANCEL within 64*T1 (RFC 3261 9.1), or none at all. */
        branch_end(branch, branch->timed_out ? 480 : branch->cancel_wanted ? 487 : 408, NULL);
        return;
    }
    branch->timed_out = TRUE;
    branch->fork->phones->counters.ring_timeouts++;
    branch_cancel(branch, NULL);
}

static int branch_responded(Branch *branch, nta_outgoing_t *orq, sip_t const *sip)
{
    int status = nta_outgoing_status(orq);
    msg_t *response = sip ? nta_outgoing_getresponse(orq) : NULL;

    if (branch->done) {
        if (response)
            msg_destroy(response);
        return 0;
    }
    primaries_heard(branch, status, !response || !msg_addr(response)->su_family);
    branch->rang |= status > 100 && status < 200;
    if (status >= 200) {
        /* One that NTA made up (Timer B or F, no transport) is no message to pass on. */
        if (response && !msg_addr(response)->su_family) {
            msg_destroy(response);
            response = NULL;
        }
        branch_end(branch, status, response);
        return 0;
    }
    branch->provisional = TRUE;
    if (branch->cancel_wanted && !branch->cancel_sent) {
        branch->cancel_wanted = FALSE;
        branch_cancel(branch, branch->cancel_reason);
    } else if (status > 100 && !branch->cancel_sent) {
        /* RFC 3261 16.7 step 2: Timer C begins anew. */
        branch->timer_c_us =
            loop_now(branch->fork->phones->loop) + branch->fork->settings->proxy.timer_c_us;
        branch_start_timer(branch);
    }
    if (response && status > 100 && !branch->cancel_sent)
        fork_provisional(branch->fork, branch, response, sip);
    else if (response)
        msg_destroy(response);
    return 0;
}

/* ---- the CANCEL -------------------------------------------------------------------------------
 */

/* Answers to a CANCEL say nothing that the INVITE's own final response does not. */
static int cancel_responded(Branch *nobody, nta_outgoing_t *orq, sip_t const *sip)
{
    if (nta_outgoing_status(orq) >= 200)
        nta_outgoing_destroy(orq);
    return 0;
}

/* By hand, as NTA's own ends the INVITE's transaction on a stream and leaves its 487
 * unacknowledged. */
static msg_t *cancel_message(Branch *branch, const char *reason)
{
    sip_t const *sent = sip_object(branch->request);
    msg_t *msg = nta_msg_create(branch->fork->phones->agent, 0);
    sip_t *sip = sip_object(msg);
    su_home_t *home = msg_home(msg);
    sip_request_t *request = sip_request_create(
        home, SIP_METHOD_CANCEL, (url_string_t const *)sent->sip_request->rq_url, NULL);
    sip_cseq_t *cseq = sip_cseq_create(home, sent->sip_cseq->cs_seq, SIP_METHOD_CANCEL);

    if (!request || !cseq ||
        msg_header_insert(msg, (msg_pub_t *)sip, (msg_header_t *)request) < 0 ||
        msg_header_insert(msg, (msg_pub_t *)sip, (msg_header_t *)cseq) < 0 ||
        sip_add_tl(msg, sip, SIPTAG_FROM(sent->sip_from), SIPTAG_TO(sent->sip_to),
                   SIPTAG_CALL_ID(sent->sip_call_id), SIPTAG_MAX_FORWARDS_STR("70"),
                   TAG_IF(sent->sip_route, SIPTAG_ROUTE(sent->sip_route)),
                   TAG_IF(reason, SIPTAG_REASON_STR(reason)), TAG_END()) < 0) {
        msg_destroy(msg);
        return NULL;
    }
    return msg;
}

static void cancel_send(Branch *branch, const char *reason)
{
    Phones *phones = branch->fork->phones;
    msg_t *msg = cancel_message(branch, reason);
    tport_t *tport = nta_outgoing_transport(branch->orq);
    su_home_t *home = msg ? msg_home(msg) : NULL;
    const char *route = msg ? target_next_url(home, branch->target, sip_object(msg)) : NULL;

    branch->cancel_sent = TRUE;
    if (msg && !nta_outgoing_mcreate(phones->agent, cancel_responded, NULL, URL_STRING_MAKE(route),
                                     msg, NTATAG_BRANCH_KEY(nta_outgoing_branch(branch->orq)),
                                     TAG_IF(tport, NTATAG_TPORT(tport)), TAG_END()))
        msg_destroy(msg);
    if (tport)
        tport_unref(tport);
    loop_timer_start(phones->loop, branch->timer, wait_after_cancel_us(branch));
}

void branch_cancel(Branch *branch, const char *reason)
{
    if (branch->done || branch->cancel_sent || branch->cancel_wanted || !branch->fork->invite)
        return;
    if (branch->provisional) {
        cancel_send(branch, reason);
        return;
    }
    /* RFC 3261 9.1: it waits for a provisional response. */
    branch->cancel_wanted = TRUE;
    branch->cancel_reason = reason;
}

/* ---- the copy that is sent --------------------------------------------------------------------
 */

static gboolean copy_set_uri(msg_t *msg, sip_t *sip, const char *uri)
{
    su_home_t *home = msg_home(msg);
    sip_request_t *request =
        sip_request_create(home, sip->sip_request->rq_method, sip->sip_request->rq_method_name,
                           URL_STRING_MAKE(uri), NULL);

    return request && msg_header_insert(msg, (msg_pub_t *)sip, (msg_header_t *)request) >= 0;
}

/* Where the later requests of the dialog that begins here may go on the target's side. The settings
 * and the far ends that they trust know of hosts that we do not serve. */
static Leave leave_onward(const Fork *fork, const Target *target)
{
    const struct sockaddr *address = (const struct sockaddr *)&target->hop.address;

    if (fork->in_dialog)
        return LEAVE_NONE;
    if (target->kind == TARGET_PRIMARY || !address->sa_family)
        return LEAVE_OPEN;
    return proxyport_allows(fork->phones->port, address) ? LEAVE_NONE : LEAVE_HOST;
}

static Leave leave_back(const Fork *fork)
{
    const struct sockaddr *address = (const struct sockaddr *)&fork->from.address;

    if (fork->in_dialog)
        return LEAVE_NONE;
    if (fork->origin.trusted || primaries_know(fork->phones, address))
        return LEAVE_OPEN;
    return proxyport_allows(fork->phones->port, address) ? LEAVE_NONE : LEAVE_HOST;
}

/* What the dialog's later requests come back by. Where the two sides are reached in different ways,
 * two of our own: each side sees its own first (RFC 5658). */
static gboolean copy_record_route(const Fork *fork, const Target *target, msg_t *msg, sip_t *sip)
{
    su_home_t *home = msg_home(msg);
    const char *call_id = sip->sip_call_id->i_id;
    Leave back = leave_back(fork), onward = leave_onward(fork, target);
    sip_record_route_t *one, *other;

    /* An open leave is the dialog's: one Record-Route says it. */
    if (back == LEAVE_OPEN || onward == LEAVE_OPEN)
        back = onward = LEAVE_OPEN;
    one = hop_record_route(fork->phones, home, &fork->from, back, call_id);
    other = hop_record_route(fork->phones, home, &target->hop, onward, call_id);
    if (!one || !other || msg_header_insert(msg, (msg_pub_t *)sip, (msg_header_t *)one) < 0)
        return FALSE;
    return url_cmp_all(one->r_url, other->r_url) == 0 ||
           msg_header_insert(msg, (msg_pub_t *)sip, (msg_header_t *)other) >= 0;
}

/* Puts ROUTES behind the Route headers of MSG, in their order. */
static gboolean copy_append_routes(msg_t *msg, sip_t *sip, sip_route_t *routes)
{
    for (sip_route_t *next; routes; routes = next) {
        next = routes->r_next;
        routes->r_next = NULL;
        if (msg_header_insert(msg, (msg_pub_t *)sip, (msg_header_t *)routes) < 0)
            return FALSE;
    }
    return TRUE;
}

/* TARGET's route comes before what is there. */
static gboolean copy_put_route(const Target *target, msg_t *msg, sip_t *sip)
{
    su_home_t *home = msg_home(msg);
    sip_route_t *route = target->route ? sip_route_make(home, target->route) : NULL;
    sip_route_t *rest = sip->sip_route ? sip_route_dup(home, sip->sip_route) : NULL;

    if (!target->route)
        return TRUE;
    if (!route || (sip->sip_route && !rest))
        return FALSE;
    while (sip->sip_route)
        sip_route_remove(msg, sip);
    return copy_append_routes(msg, sip, route) && copy_append_routes(msg, sip, rest);
}

/* The gateway is told where the request came from. */
static gboolean copy_seal_origin(const Fork *fork, msg_t *msg, sip_t *sip)
{
    char text[ORIGIN_TEXT_MAX];

    origin_seal(fork->phones->gateway.key, &fork->origin, sip->sip_call_id->i_id, text);
    return message_add_header(msg, sip, ORIGIN_HEADER, text);
}

static gboolean copy_tell_breadth(guint breadth, msg_t *msg, sip_t *sip)
{
    char text[16];

    g_snprintf(text, sizeof(text), "%u", breadth);
    message_remove_header(msg, sip, "Max-Breadth");
    return message_add_header(msg, sip, "Max-Breadth", text);
}

static msg_t *branch_copy(const Fork *fork, const Target *target, guint breadth)
{
    msg_t *msg = msg_copy(fork->msg);
    sip_t *sip = msg ? sip_object(msg) : NULL;

    if (msg && copy_set_uri(msg, sip, target->uri) && message_count_down(msg, sip) &&
        copy_put_route(target, msg, sip) &&
        (!fork->record_route || copy_record_route(fork, target, msg, sip)) &&
        (target->kind != TARGET_PRIMARY || primaries_add_path(fork, msg, sip)) &&
        (target->kind != TARGET_GATEWAY || copy_seal_origin(fork, msg, sip)) &&
        (!breadth || copy_tell_breadth(breadth, msg, sip)))
        return msg;
    if (msg)
        msg_destroy(msg);
    return NULL;
}

static void branch_plan(Branch *branch)
{
    Phones *phones = branch->fork->phones;
    gint64 now = loop_now(phones->loop);

    branch->timer = loop_timer_new(phones->loop, branch_due, branch);
    branch->timer_c_us = now + branch->fork->settings->proxy.timer_c_us;
    branch->ring_us = branch->target->ring_us ? now + branch->target->ring_us : 0;
    branch->patience_us = branch->target->patience_us ? now + branch->target->patience_us : 0;
    if (branch->fork->invite || branch->patience_us)
        branch_start_timer(branch);
}

Branch *branch_new(Fork *fork, Target *target, guint breadth, int *status)
{
    Phones *phones = fork->phones;
    Branch *branch = g_new0(Branch, 1);
    su_home_t home[1] = {SU_HOME_INIT(home)};
    const char *route = NULL, *branch_key;

    su_home_init(home);
    branch->fork = fork;
    branch->target = target;
    branch_plan(branch);
    *status = 480;
    if (!primaries_first(branch))
        *status = 482;
    else if ((target->kind != TARGET_PRIMARY || primaries_aim(branch)) &&
             phones_can_reach(phones, &target->hop)) {
        msg_t *msg = branch_copy(fork, target, breadth);
        tport_t *tport = phones_connection(phones, &target->hop);

        route = msg ? target_next_url(home, target, sip_object(msg)) : NULL;
        *status = 500;
        branch_key = loop_branch(phones, home, fork->mark, fork->sip);
        branch->request = msg ? msg_ref_create(msg) : NULL;
        branch->orq = msg ? nta_outgoing_mcreate(
                                phones->agent, branch_responded, branch, URL_STRING_MAKE(route),
                                msg, NTATAG_BRANCH_KEY(branch_key),
                                TAG_IF(tport, NTATAG_TPORT(tport)), NTATAG_PASS_100(1), TAG_END())
                          : NULL;
        if (msg && !branch->orq)
            msg_destroy(msg);
    }
    su_home_deinit(home);
    if (!branch->orq) {
        branch_free(branch);
        return NULL;
    }
    phones->counters.branches++;
    if (target->kind == TARGET_GATEWAY)
        phones->counters.to_gateway++;
    return branch;
}

void branch_free(Branch *branch)
{
    loop_timer_free(branch->fork->phones->loop, branch->timer);
    watch_end(branch->ticket);
    primaries_ended(branch, 0);
    if (branch->orq)
        nta_outgoing_destroy(branch->orq);
    if (branch->request)
        msg_destroy(branch->request);
    target_free(branch->target);
    g_free(branch);
}
