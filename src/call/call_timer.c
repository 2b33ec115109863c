/* The call map's timers of one call: entering their states starts them, leaving stops them. */
#include "call_private.h"

void call_timers_init(Call *call)
{
    for (guint id = 0; id < CALL_TIMER_COUNT; id++)
        call->timers[id] = (CallTimer){call, id, NULL};
}

/* Timers B, F and H in a row, and once more. */
static gint64 guard_length(const Settings *settings)
{
    gint64 stack_us = (gint64)settings->sip.t1_ms * 1000 * 64 * 4;

    return MAX(stack_us, callmap_timer(CALL_TIMER_GUARD)->default_us);
}

/* The setting of the timer's name; 0 when there is none. */
static gint64 timer_setting(const Settings *settings, const TrunkSettings *trunk, CallTimerId id)
{
    switch (id) {
    case CALL_TIMER_T301:
        return trunk ? trunk->t301_us : 0;
    case CALL_TIMER_T302:
        return trunk ? trunk->t302_us : 0;
    case CALL_TIMER_T304:
        return trunk ? trunk->t304_us : 0;
    case CALL_TIMER_T306:
        return trunk ? trunk->t306_us : 0;
    case CALL_TIMER_T310:
        return trunk ? trunk->t310_us : 0;
    case CALL_TIMER_PROGRESS:
        return trunk ? trunk->progress_us : 0;
    case CALL_TIMER_NO_ANSWER:
        return settings->sip.no_answer_us;
    case CALL_TIMER_NAME:
        return trunk ? trunk->name_wait_us : 0;
    case CALL_TIMER_PREEMPT:
        return settings->emergency.preempt_wait_us;
    case CALL_TIMER_GUARD:
        return guard_length(settings);
    case CALL_TIMER_INTERWORK:
        return trunk ? trunk->interwork_us : 0;
    case CALL_TIMER_COUNT:
        break;
    }
    return 0;
}

gint64 call_timer_length(const Settings *settings, const TrunkSettings *trunk, CallTimerId id)
{
    gint64 length = timer_setting(settings, trunk, id);

    return length > 0 ? length : callmap_timer(id)->default_us;
}

static void timer_expired(void *user)
{
    CallTimer *timer = user;
    const CallTimerRule *rule = callmap_timer(timer->id);
    CallNews news = CALL_NEWS_INIT;

    news.cause = rule->cause;
    /* T302: no digit will come any more. */
    news.complete = timer->id == CALL_TIMER_T302;
    call_event(timer->call, rule->event, &news);
}

static void timer_start(CallTimer *timer)
{
    Loop *loop = timer->call->hall->loop;
    gint64 delay = call_timer_length(timer->call->settings, timer->call->trunk, timer->id);

    if (timer->id == CALL_TIMER_T302 && timer->call->digit_wait_us)
        delay = timer->call->digit_wait_us;
    if (!timer->timer)
        timer->timer = loop_timer_new(loop, timer_expired, timer);
    loop_timer_start(loop, timer->timer, delay);
}

static gboolean timer_runs_at(const CallTimerRule *rule, SipState sip, IsdnState isdn)
{
    return (!rule->sip || rule->sip & 1u << sip) && (!rule->isdn || rule->isdn & 1u << isdn);
}

void call_timers_move(Call *call, SipState sip, IsdnState isdn, const CallRule *rule)
{
    for (guint id = 0; id < CALL_TIMER_COUNT; id++) {
        const CallTimerRule *timer = callmap_timer(id);
        gboolean before = timer_runs_at(timer, sip, isdn);
        gboolean after = timer_runs_at(timer, call->sip, call->isdn);
        /* A rule that names the state in which the leg stands enters it anew. */
        gboolean anew =
            (timer->sip && rule->sip_next == sip) || (timer->isdn && rule->isdn_next == isdn);

        if (after && (!before || anew))
            timer_start(&call->timers[id]);
        else if (before && !after && call->timers[id].timer)
            loop_timer_stop(call->hall->loop, call->timers[id].timer);
    }
}

void call_timers_free(Call *call)
{
    for (guint id = 0; id < CALL_TIMER_COUNT; id++)
        loop_timer_free(call->hall->loop, call->timers[id].timer);
}
