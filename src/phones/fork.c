/* A request and its branches: forking and hunting, from its beginning to its end (RFC 3261 16.6 to
 * 16.10). */
#include "names.h"
#include "port.h"
#include "primaries.h"

#include "guard_message.h"

#include <string.h>

#define SAME_Q 0.0005

static int fork_cancelled(Fork *fork, nta_incoming_t *irq, sip_t const *sip);

static void fork_free(Fork *fork)
{
    g_queue_unlink(&fork->phones->forks, &fork->link);
    names_forget(fork);
    g_ptr_array_unref(fork->branches);
    g_ptr_array_unref(fork->tried);
    g_queue_clear_full(&fork->waiting, (GDestroyNotify)target_free);
    if (fork->best)
        msg_destroy(fork->best);
    if (fork->irq)
        nta_incoming_destroy(fork->irq);
    if (fork->msg)
        msg_destroy(fork->msg);
    if (fork->way_back)
        msg_destroy(fork->way_back);
    g_free(fork->reason);
    g_free(fork->barred);
    g_free(fork);
}

/* Branches that may still bring an answer; those given up count only when ALL do. */
static guint fork_live_branches(const Fork *fork, gboolean all)
{
    guint live = 0;

    for (guint i = 0; i < fork->branches->len; i++) {
        const Branch *branch = fork->branches->pdata[i];

        live += !branch->done && (all || !branch->given_up);
    }
    return live;
}

/* Nobody who waits is tried. */
void fork_drop_waiting(Fork *fork)
{
    names_forget(fork);
    g_queue_clear_full(&fork->waiting, (GDestroyNotify)target_free);
}

void fork_cancel_all(Fork *fork, const char *reason)
{
    fork_drop_waiting(fork);
    for (guint i = 0; i < fork->branches->len; i++)
        branch_cancel(fork->branches->pdata[i], reason);
}

/* ---- on and on --------------------------------------------------------------------------------
 */

/* Has TARGET's turn come, by what became of those before it? */
static gboolean target_applies(const Fork *fork, const Target *target)
{
    switch (target->when) {
    case WHEN_EVER:
        return TRUE;
    case WHEN_BUSY:
        return fork->was_busy;
    case WHEN_NO_ANSWER:
        return fork->was_silent;
    }
    return FALSE;
}

static void fork_drop_unfit(Fork *fork)
{
    const Target *first;

    while ((first = g_queue_peek_head(&fork->waiting)) && !target_applies(fork, first))
        target_free(g_queue_pop_head(&fork->waiting));
}

/* The group of equal q at the head of those that wait. */
static guint fork_group(Fork *fork)
{
    const Target *first = g_queue_peek_head(&fork->waiting);
    guint count = 0;

    for (GList *at = fork->waiting.head; at; at = at->next) {
        const Target *target = at->data;

        if (target->q < first->q - SAME_Q || target->when != first->when)
            break;
        count++;
    }
    return count;
}

/* Is there anybody who would be tried after a target that did not answer? */
static gboolean fork_has_next(const Fork *fork, guint behind)
{
    for (GList *at = g_queue_peek_nth_link((GQueue *)&fork->waiting, behind); at; at = at->next) {
        if (((const Target *)at->data)->when != WHEN_BUSY)
            return TRUE;
    }
    return FALSE;
}

static void fork_try(Fork *fork, Target *target, guint breadth)
{
    int status;
    Branch *branch;
    gboolean called = target_is_called(target);

    if (target->kind != TARGET_REDIRECT) /* it was asked about whom it may name */
        g_ptr_array_add(fork->tried, g_strdup(target->uri));
    fork->depth = MAX(fork->depth, target->depth);
    branch = branch_new(fork, target, breadth, &status);
    if (branch) {
        g_ptr_array_add(fork->branches, branch);
        return;
    }
    fork->was_silent |= called;
    if (status == 480)
        fork_keep_unreached(fork);
    else
        fork_keep_best(fork, fork_make_response(fork, status));
}

static void fork_try_group(Fork *fork)
{
    guint count, breadth;
    gboolean next;

    fork_drop_unfit(fork);
    if (!fork->waiting.length)
        return;
    count = fork_group(fork);
    breadth = fork->breadth / count;
    next = fork_has_next(fork, count);
    if (fork->branches->len)
        fork->phones->counters.hunted++;
    if (!breadth) { /* RFC 5393 5.3.3.2: as many at once as may be */
        count = CLAMP(fork->breadth, 1, count);
        breadth = 1;
    }
    while (count-- && !fork->stop) { /* a copy may have taken its place: fork_move() */
        Target *target = g_queue_pop_head(&fork->waiting);

        if (!next)
            target->ring_us = 0;
        fork_try(fork, target, breadth);
    }
}

/* The primary said nothing to this REGISTER: it is ours. */
static void fork_serve_here(Fork *fork)
{
    Inbound in = {.phones = fork->phones,
                  .msg = fork->msg,
                  .sip = fork->sip,
                  .from = fork->from,
                  .origin = fork->origin,
                  .irq = g_steal_pointer(&fork->irq),
                  .at_most_s = primaries_life_s(fork->phones)};

    nta_incoming_bind(in.irq, NULL, NULL);
    entry_serve_box(&in);
}

/* For the called number, or the addresses of those whose turn it is. */
static gboolean fork_has_to_wait(Fork *fork)
{
    fork_drop_unfit(fork);
    return fork->waiting.length && names_ask(fork, fork_group(fork));
}

void fork_is_unreachable(Fork *fork)
{
    fork->was_silent = TRUE; /* when nobody else has an answer, it is 480 */
}

void fork_go_on(Fork *fork)
{
    if (fork->busy)
        return;
    fork->busy = TRUE;
    while (!fork_live_branches(fork, FALSE) && fork->waiting.length && !fork->stop &&
           !fork->cancelled && !fork_has_to_wait(fork))
        fork_try_group(fork);
    fork->busy = FALSE;
    if (fork_live_branches(fork, FALSE) || (fork->names && fork->names->len))
        return;
    if (fork->irq && fork->serve_here && !fork->cancelled) {
        fork_serve_here(fork);
    } else if (fork->irq) {
        msg_t *best = g_steal_pointer(&fork->best);

        if (fork->barred && !fork->cancelled) {
            if (best)
                msg_destroy(best);
            best = guard_response(fork->irq, fork->barred);
        }
        if (!best)
            best = fork_make_response(fork, fork->cancelled ? 487 : 480);
        fork_answer(fork, best);
    }
    if (!fork_live_branches(fork, TRUE))
        fork_free(fork);
}

void fork_pass_by(Fork *fork, Branch *branch)
{
    fork->was_silent |= target_is_called(branch->target);
    fork_keep_best(fork, fork_make_response(fork, 408));
    fork_go_on(fork);
}

void fork_move(Fork *fork, Fork *copy)
{
    nta_incoming_treply(fork->irq, SIP_482_LOOP_DETECTED, TAG_END());
    nta_incoming_destroy(fork->irq);
    fork->irq = g_steal_pointer(&copy->irq);
    nta_incoming_bind(fork->irq, fork_cancelled, fork);
    if (fork->way_back)
        msg_destroy(fork->way_back);
    fork->way_back = msg_ref_create(copy->msg);
    fork->from = copy->from;
    copy->stop = TRUE;
    if (!fork_requires_100rel(fork))
        way_back_tell_ringing(fork);
}

/* The caller's CANCEL: NTA has answered it. */
static int fork_cancelled(Fork *fork, nta_incoming_t *irq, sip_t const *sip)
{
    char text[256] = "";

    if (!sip || sip->sip_request->rq_method != sip_method_cancel || fork->cancelled)
        return 0;
    fork->cancelled = TRUE;
    fork->phones->counters.cancelled++;
    if (sip->sip_reason &&
        msg_header_field_e(text, sizeof(text), (msg_header_t *)sip->sip_reason, 0) > 0 &&
        strlen(text) + 1 < sizeof(text))
        fork->reason = g_strdup(text);
    fork_cancel_all(fork, fork->reason);
    if (!fork_live_branches(fork, TRUE))
        fork_go_on(fork);
    return 0;
}

/* ---- the beginning ----------------------------------------------------------------------------
 */

/* A dialog's first request needs our Record-Route, and a later INVITE may repair its route set. */
static gboolean method_begins_dialog(sip_t const *sip)
{
    switch (sip->sip_request->rq_method) {
    case sip_method_invite:
    case sip_method_subscribe:
    case sip_method_notify:
    case sip_method_refer:
        return TRUE;
    default:
        return FALSE;
    }
}

/* A flood that nobody answers may cost others their calls, but not the box its memory. */
static gboolean fork_is_one_too_many(const Inbound *in)
{
    const Phones *phones = in->phones;
    guint most = phones->settings->proxy.max_transactions;

    if (in->origin.emergency)
        return FALSE;
    return phones->forks.length >= (in->in_dialog || in->from_gateway ? 2 * most : most);
}

static void fork_turn_away(Inbound *in, GQueue *targets)
{
    Phones *phones = in->phones;

    phones->counters.turned_away++;
    if (log_limit(&phones->full_limit, 1, 10 * G_USEC_PER_SEC))
        log_warning(
            "phones: %u requests wait for their answers, [proxy] max-transactions: more are "
            "refused",
            phones->forks.length);
    g_queue_clear_full(targets, (GDestroyNotify)target_free);
    g_clear_pointer(&in->barred, g_free);
    nta_msg_treply(phones->agent, in->msg, SIP_503_SERVICE_UNAVAILABLE, TAG_END());
}

void fork_begin(Inbound *in, GQueue *targets)
{
    Phones *phones = in->phones;
    Fork *fork;

    if (fork_is_one_too_many(in)) {
        fork_turn_away(in, targets);
        return;
    }
    fork = g_new0(Fork, 1);
    *fork = (Fork){.phones = phones,
                   .settings = phones->settings,
                   .from = in->from,
                   .origin = in->origin,
                   .from_gateway = in->from_gateway,
                   .barred = g_steal_pointer(&in->barred),
                   .serve_here = in->serve_here,
                   .in_dialog = in->in_dialog,
                   .invite = in->sip->sip_request->rq_method == sip_method_invite,
                   .record_route = method_begins_dialog(in->sip),
                   .breadth = message_breadth(in->sip)};
    fork->link.data = fork;
    fork->branches = g_ptr_array_new_with_free_func((GDestroyNotify)branch_free);
    fork->tried = g_ptr_array_new_with_free_func(g_free);
    memcpy(fork->mark, in->mark, sizeof(fork->mark));
    g_queue_push_tail_link(&phones->forks, &fork->link);
    fork->waiting = *targets;
    g_queue_init(targets);
    fork->irq = nta_incoming_create(phones->agent, NULL, in->msg, in->sip, TAG_END());
    if (!fork->irq) { /* out of memory: as g_new() does, but for one request */
        fork_free(fork);
        return;
    }
    fork->msg = nta_incoming_getrequest(fork->irq);
    fork->sip = sip_object(fork->msg);
    nta_incoming_bind(fork->irq, fork_cancelled, fork);
    if (fork->invite)
        nta_incoming_treply(fork->irq, SIP_100_TRYING, TAG_END());
    if (in->want_number && !fork->waiting.length) /* unless the name server knows better */
        fork_keep_best(fork, fork_make_response(fork, 404));
    if (!in->want_number || !names_ask_number(fork))
        fork_go_on(fork);
}

void fork_drop_all(Phones *phones)
{
    while (phones->forks.head) {
        Fork *fork = phones->forks.head->data;

        /* The agent's, which goes with it silently: destroyed alone, it would answer 500, where the
         * phone's 200 may yet pass the next start of ours. */
        if (fork->irq)
            nta_incoming_bind(g_steal_pointer(&fork->irq), NULL, NULL);
        fork_free(fork);
    }
    way_back_drop_all(phones);
}
