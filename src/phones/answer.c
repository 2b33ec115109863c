/* What the branches of a fork answer, and what of it goes back to the caller (RFC 3261 16.7). */
#include "allowance.h"

/* An answer of our own making. */
msg_t *fork_make_response(Fork *fork, int status)
{
    const char *phrase = status == 480 ? "Temporarily Unavailable" : sip_status_phrase(status);

    return fork->irq ? message_response(fork->irq, status, phrase) : NULL;
}

void fork_keep_best(Fork *fork, msg_t *response)
{
    if (fork->weak)
        msg_destroy(g_steal_pointer(&fork->best));
    fork->weak = FALSE;
    fork->best = best_of(fork->best, response);
}

/* Somebody could not be reached: a word of ours, where nobody else has said one. */
void fork_keep_unreached(Fork *fork)
{
    if (fork->best)
        return;
    fork->best = fork_make_response(fork, 480);
    fork->weak = fork->best != NULL;
}

/* The way back is a single message: who waits need not be told when to try again by a place that we
 * may pass by next time (RFC 3261 16.7 step 6: 503). */
static void response_settle(msg_t *response)
{
    sip_t *sip = sip_object(response);

    if (sip->sip_status->st_status == 503 && sip->sip_retry_after)
        msg_header_remove(response, (msg_pub_t *)sip, (msg_header_t *)sip->sip_retry_after);
}

/* Sends RESPONSE as the final one. */
void fork_answer(Fork *fork, msg_t *response)
{
    nta_incoming_t *irq = g_steal_pointer(&fork->irq);

    response_settle(response);
    nta_incoming_mreply(irq, response);
    nta_incoming_destroy(irq);
}

/* Is what TARGET says a word of the one who is called, not of who was asked for the way? */
gboolean target_is_called(const Target *target)
{
    switch (target->kind) {
    case TARGET_DIRECT:
    case TARGET_PHONE:
    case TARGET_GATEWAY:
        return TRUE;
    case TARGET_REDIRECT:
    case TARGET_PRIMARY:
        return FALSE;
    }
    return FALSE;
}

/* After fork_move() the answer's way is the other one's. */
void fork_lead_back(Fork *fork, msg_t *response)
{
    if (fork->way_back)
        way_back_lead(fork->phones, fork->way_back, &fork->from, response);
}

/* NTA would make what it sends with this a reliable one of its own, and of its own PRACK the callee
 * knows nothing. */
gboolean fork_requires_100rel(const Fork *fork)
{
    sip_t const *sip = fork->way_back ? sip_object(fork->way_back) : fork->sip;

    return sip_has_feature(sip->sip_require, "100rel");
}

void fork_provisional(Fork *fork, Branch *branch, msg_t *response, sip_t const *sip)
{
    /* RFC 4320 4.1: only an INVITE has provisional responses. */
    if (!fork->invite || !fork->irq || fork->answered ||
        (fork_requires_100rel(fork) && !sip->sip_rseq) ||
        !message_leave_via(response, sip_object(response))) {
        msg_destroy(response);
        return;
    }
    fork_lead_back(fork, response);
    nta_incoming_mreply(fork->irq, response);
}

static void fork_take_success(Fork *fork, msg_t *response)
{
    fork->stop = TRUE;
    if (fork->invite)
        way_back_note(fork, sip_object(response));
    if (fork->irq) {
        fork->answered = TRUE;
        message_leave_via(response, sip_object(response));
        fork_lead_back(fork, response);
        fork_answer(fork, response);
    } else if (fork->invite && loop_made_branch(fork->phones, sip_object(response))) {
        /* Another one: the caller's transaction is over (16.7 step 5), the Via says where to. */
        way_back_turn(fork->phones, response);
        relay_send_back(fork->phones, response, sip_object(response));
    } else {
        msg_destroy(response);
    }
    fork_cancel_all(fork, "SIP;cause=200;text=\"Call completed elsewhere\"");
}

static gboolean fork_follow(Fork *fork, Branch *branch, sip_t const *sip)
{
    GQueue targets = G_QUEUE_INIT;

    if (!redirect_is_followed(fork, branch->target))
        return FALSE;
    redirect_targets(fork, branch->target, sip, &targets);
    if (!targets.length)
        return FALSE;
    fork->phones->counters.redirected++;
    if (branch->target->kind == TARGET_REDIRECT) /* it knows better than we where the call goes */
        fork_drop_waiting(fork);
    /* They stand for the one that named them: before all that wait behind it. */
    while (targets.length)
        g_queue_push_head(&fork->waiting, g_queue_pop_tail(&targets));
    return TRUE;
}

/* A 3xx: whose contacts may not be called is told of once, by redirect_strip(). TRUE when RESPONSE
 * is taken. */
static gboolean fork_redirect(Fork *fork, Branch *branch, msg_t *response)
{
    gboolean permitted = redirect_strip(fork, branch->target, response);
    gboolean followed = permitted && fork_follow(fork, branch, sip_object(response));

    if (followed || (branch->target->kind == TARGET_REDIRECT && fork->waiting.length)) {
        msg_destroy(response); /* without an answer of the server's, those behind it have one */
        return TRUE;
    }
    if (permitted)
        return FALSE;
    msg_destroy(response);
    fork_keep_best(fork, fork_make_response(fork, 403));
    return TRUE;
}

/* What the forwardings that wait would like to know. */
static void fork_note_end(Fork *fork, const Branch *branch, int status, gboolean answered)
{
    if (status == 486)
        fork->was_busy = TRUE;
    else if (branch->timed_out || status == 480 || status == 408 || status == 503 || !answered)
        fork->was_silent = TRUE;
}

void fork_final(Fork *fork, Branch *branch, int status, msg_t *response)
{
    gboolean cancelled = branch->cancel_sent && status == 487;

    if (response && !sip_object(response)->sip_via->v_next) { /* it dropped the caller's Via */
        msg_destroy(response);
        response = NULL;
        status = 502;
    }
    if (target_is_called(branch->target))
        fork_note_end(fork, branch, status, response != NULL);
    if (branch->target->kind == TARGET_PRIMARY && status >= 300 &&
        primaries_decided(fork, branch, status, !response)) {
        fork_drop_waiting(fork);
        g_clear_pointer(&fork->barred, g_free);
        fork->serve_here = FALSE;
    }
    if (response && status < 300) {
        if (branch->target->kind == TARGET_PRIMARY &&
            fork->sip->sip_request->rq_method == sip_method_register)
            registers_learn(fork, sip_object(response));
        fork->serve_here = FALSE;
        fork_take_success(fork, response);
    } else if (branch->target->kind == TARGET_PRIMARY && (fork->waiting.length || fork->barred)) {
        /* Those who wait behind it say what the caller hears. */
        if (response)
            msg_destroy(response);
    } else if (branch->timed_out && (cancelled || !response)) {
        /* Nobody answered there: to the caller that is no 487, which would be its own CANCEL. */
        if (response)
            msg_destroy(response);
        fork_keep_best(fork, fork_make_response(fork, 480));
    } else if (response && status < 400 && fork_redirect(fork, branch, response)) {
        /* taken */
    } else if (branch->target->kind == TARGET_REDIRECT && status < 600 && fork->waiting.length) {
        /* It has no answer: those whom it was asked about have. */
        if (response)
            msg_destroy(response);
    } else if (response) {
        message_leave_via(response, sip_object(response));
        fork_lead_back(fork, response);
        fork_keep_best(fork, response);
    } else if (status == 503 && branch->target->kind == TARGET_PHONE && !fork->cancelled) {
        /* A phone that cannot be reached is not there; 503 would be about us (RFC 3261 16.7 6). */
        fork_keep_unreached(fork);
    } else {
        /* To who has taken the call back, silence is its end (RFC 3261 9.1). */
        fork_keep_best(fork, fork_make_response(fork, fork->cancelled ? 487 : status));
    }
    if (status >= 600) {
        fork->stop = TRUE;
        fork_cancel_all(fork, NULL);
    }
    fork_go_on(fork);
}
