/* The one door: an event, its rule, one trace line, the new states, the actions. */
#include "call_private.h"
#include "cause.h"
#include "clock.h"
#include "log.h"

/* The actions that may end their row: those that raise a refusal when they cannot do their work. */
static gboolean action_may_refuse(CallAction action)
{
    return action == ACTION_CHANNEL_SEIZE || action == ACTION_CHANNEL_CLAIM ||
           action == ACTION_CHANNEL_RETAKE || action == ACTION_MEDIA_OPEN ||
           action == ACTION_ISDN_SETUP || action == ACTION_ISDN_SETUP_ACK ||
           action == ACTION_ISDN_SETUP_ACK_TONE || action == ACTION_SIP_INVITE;
}

/* ---- one action ---------------------------------------------------------------------------------
 */

static void call_log_late(Call *call, const CallNews *news)
{
    hall_count(call->hall, COUNT_EVENTS_LATE);
    log_debug("C%u %s is late at (%s,%s)%s%s", call->id, call_event_name(call->event),
              sip_state_name(call->sip), isdn_state_name(call->isdn), *news->detail ? ": " : "",
              news->detail);
}

/* TRUE when ACTION was one of the hall's own. */
static gboolean hall_act(Call *call, CallAction action, const CallNews *news)
{
    if (action == ACTION_ROUTE_CALL)
        call_route(call, news);
    else if (action == ACTION_ROUTE_NEXT)
        call_route_next(call);
    else if (action == ACTION_REDIRECT)
        call_redirect(call);
    else if (action == ACTION_TELL_LEFT)
        call_tell_left(call, news);
    else if (action == ACTION_TELL_PARTY)
        call_tell_party(call);
    else if (action == ACTION_PREEMPT)
        call_preempt(call);
    else if (action == ACTION_COLLECT_DIGITS)
        call_collect_digits(call, news);
    else if (action == ACTION_COLLECT_NAME)
        call_collect_name(call, news);
    else if (action == ACTION_NOTE_CAUSE)
        call_note_cause(call, call->event, news);
    else if (action == ACTION_FORGET_CAUSE)
        call_forget_cause(call);
    else if (action == ACTION_LOG_LATE)
        call_log_late(call, news);
    else
        return FALSE;
    return TRUE;
}

/* FALSE when the row must stop here. */
static gboolean call_act(Call *call, CallAction action, const CallNews *news)
{
    const CallOps *rooms[] = {hall_sip_of(call), &call->hall->isdn, &call->hall->media};

    if (hall_act(call, action, news))
        return TRUE;
    if (action == ACTION_MEDIA_OPEN)
        call->media_touched = TRUE;
    for (guint i = 0; i < G_N_ELEMENTS(rooms); i++) {
        CallActionFunc act = rooms[i]->action[action];

        if (act) {
            gboolean done = act(rooms[i]->room, call, news);

            if (done && action == ACTION_ISDN_SETUP)
                call_sent_emergency(call);
            return done || !action_may_refuse(action);
        }
    }
    log_warning("C%u no room does %s", call->id, call_action_name(action));
    return TRUE;
}

static void call_run_actions(Call *call, const CallRule *rule, const CallNews *news)
{
    for (guint i = 0; i < CALL_RULE_ACTIONS && rule->actions[i] != ACTION_END; i++)
        if (!call_act(call, rule->actions[i], news))
            return;
}

/* ---- legs that come to rest ---------------------------------------------------------------------
 */

static void call_part_legs(Call *call, SipState sip, IsdnState isdn)
{
    if (sip != SIP_IDLE && call->sip == SIP_IDLE) {
        hall_part_sip(call);
    }
    if (isdn != ISDN_NULL && call->isdn == ISDN_NULL) {
        room_part(&call->hall->isdn, call);
        call->isdn_leg = NULL;
        call->channel = (Channel){0};
    }
}

/* ---- where the map has no rule ------------------------------------------------------------------
 */

static CallAction sip_farewell(SipState sip)
{
    switch (sip) {
    case SIP_INVITED:
    case SIP_RINGING:
    case SIP_PROGRESSING:
    case SIP_TREATED:
        return ACTION_SIP_REJECT;
    case SIP_ANSWERED:
    case SIP_PARTING:
    case SIP_UP:
        return ACTION_SIP_BYE;
    case SIP_PROCEEDING:
    case SIP_ALERTED:
    case SIP_EARLY:
        return ACTION_SIP_CANCEL;
    case SIP_IDLE:
    case SIP_CALLING:
    case SIP_ABANDONED:
    case SIP_CANCELLING:
    case SIP_LEAVING:
    case SIP_STATE_COUNT:
        break;
    }
    return ACTION_END;
}

static void rule_append(CallRule *rule, guint *count, CallAction action)
{
    if (action != ACTION_END)
        rule->actions[(*count)++] = action;
}

/* Ends the call at once, each leg by its last word; what the stacks still have to finish they
 * finish alone. */
static const CallRule *call_force_rule(Call *call)
{
    guint count = 0;

    call->rescue = (CallRule){.kind = RULE_ERROR, .sip_next = SIP_IDLE, .isdn_next = ISDN_NULL};
    rule_append(&call->rescue, &count, ACTION_NOTE_CAUSE);
    rule_append(&call->rescue, &count, call->media_touched ? ACTION_MEDIA_CLOSE : ACTION_END);
    rule_append(&call->rescue, &count, sip_farewell(call->sip));
    if (call->isdn != ISDN_NULL) {
        rule_append(&call->rescue, &count, ACTION_ISDN_FORGET);
        rule_append(&call->rescue, &count, call->channel.number ? ACTION_CHANNEL_FREE : ACTION_END);
    }
    hall_count(call->hall, COUNT_FORCED);
    return &call->rescue;
}

/* Our own mistake: both legs are cleared the way the operator would do it. */
static const CallRule *call_rescue_rule(Call *call, const CallRule *missing, const CallNews *news)
{
    const CallRule *operator_rule = callmap_find(call->sip, call->isdn, EVENT_OPERATOR_CLEAR);

    hall_count(call->hall, COUNT_MISTAKES);
    log_error("C%u %s at (%s,%s) has no rule (%s)%s%s: the call is cleared", call->id,
              call_event_name(call->event), sip_state_name(call->sip), isdn_state_name(call->isdn),
              missing->why, *news->detail ? ": " : "", news->detail);
    if (operator_rule->kind == RULE_LIVE)
        return operator_rule;
    return operator_rule->kind == RULE_LATE ? missing : call_force_rule(call);
}

/* ---- the trace ----------------------------------------------------------------------------------
 */

static void line_build(GString *line, const CallTrace *trace, const CallRule *done)
{
    g_string_printf(line, "C%u %s (%s,%s)->(%s,%s)", trace->call, call_event_name(trace->event),
                    sip_state_name(trace->sip_from), isdn_state_name(trace->isdn_from),
                    sip_state_name(trace->sip_to), isdn_state_name(trace->isdn_to));
    for (guint i = 0; i < CALL_RULE_ACTIONS && done->actions[i] != ACTION_END; i++)
        g_string_append_printf(line, " %s", call_action_name(done->actions[i]));
    if (trace->news->cause)
        g_string_append_printf(line, " cause=%u", trace->news->cause);
    if (trace->news->status)
        g_string_append_printf(line, " status=%u", trace->news->status);
    if (trace->rule->kind > RULE_LATE)
        g_string_append(line, " error");
}

static void call_trace(Call *call, CallTrace *trace, const CallRule *done)
{
    Hall *hall = call->hall;

    line_build(hall->line, trace, done);
    trace->line = hall->line->str;
    ladder_trace(hall->ladders, trace, done);
    for (guint i = 0; i < hall->traces->len; i++) {
        const TraceUser *user = &g_array_index(hall->traces, TraceUser, i);

        user->func(user->user, trace);
    }
}

/* ---- the door -----------------------------------------------------------------------------------
 */

static void call_count_event(Call *call, CallEvent event)
{
    hall_count(call->hall, COUNT_EVENTS);
    if (event == EVENT_CHANNEL_NONE)
        hall_count(call->hall, COUNT_NO_CHANNEL);
    if (call->sip_from != SIP_UP && call->sip == SIP_UP)
        hall_count(call->hall, COUNT_CALLS_ANSWERED);
    if (call->sip == SIP_ANSWERED || call->sip == SIP_UP)
        call_service_answered(call);
    if (event == EVENT_ISDN_CONNECT && call->isdn == ISDN_ACTIVE)
        call->answered = TRUE;
    for (guint id = 0; id < CALL_TIMER_COUNT; id++)
        if (callmap_timer(id)->event == event)
            hall_count(call->hall, COUNT_TIMERS);
}

static void call_handle(Call *call, CallEvent event, const CallNews *news)
{
    const CallRule *rule = callmap_find(call->sip, call->isdn, event);
    const CallRule *done = rule;
    CallTrace trace = {
        .call = call->id,
        .at_us = clock_now_us(),
        .event = event,
        .sip_from = call->sip,
        .isdn_from = call->isdn,
        .rule = rule,
        .news = news,
    };

    call->event = event;
    call->sip_from = call->sip;
    if (news->has_remote) {
        call->remote = news->remote;
        call->has_remote = TRUE;
    }
    call_note_party(call, event, news);
    if (rule->kind > RULE_LATE)
        done = call_rescue_rule(call, rule, news);
    trace.sip_to = done->sip_next == SIP_SAME ? call->sip : done->sip_next;
    trace.isdn_to = done->isdn_next == ISDN_SAME ? call->isdn : done->isdn_next;
    call_trace(call, &trace, done);

    call->sip = trace.sip_to;
    call->isdn = trace.isdn_to;
    call_count_event(call, event);
    call_timers_move(call, trace.sip_from, trace.isdn_from, done);
    call_run_actions(call, done, news);
    call_part_legs(call, trace.sip_from, trace.isdn_from);
}

void call_event(Call *call, CallEvent event, const CallNews *news)
{
    PendingEvent *pending;

    g_return_if_fail(call && event < CALL_EVENT_COUNT);
    pending = g_new0(PendingEvent, 1);
    pending->event = event;
    pending->news = news ? *news : (CallNews)CALL_NEWS_INIT;
    g_queue_push_tail(&call->events, pending);
    if (call->running)
        return;
    call->running = TRUE;
    while ((pending = g_queue_pop_head(&call->events))) {
        call_handle(call, pending->event, &pending->news);
        g_free(pending);
    }
    call->running = FALSE;
    if (call->sip == SIP_IDLE && call->isdn == ISDN_NULL)
        hall_drop_call(call);
}
