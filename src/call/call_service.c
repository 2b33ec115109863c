/* A call in its caller's class of service: counted while it stands, ended when it has lasted long
 * enough. Whoever carries its SIP side by then, another phone or the other half of a transfer, it
 * stays the caller's. */
#include "call_private.h"
#include "cause.h"
#include "log.h"

static void service_expired(void *user)
{
    Call *call = user;
    CallNews news = CALL_NEWS_INIT;

    news.cause = CAUSE_NORMAL_CALL_CLEARING;
    g_strlcpy(news.detail, "[class] max-duration", sizeof(news.detail));
    log_notice("C%u has lasted for its caller's [class] max-duration", call->id);
    call_event(call, EVENT_OPERATOR_CLEAR, &news); /* the call may be gone now */
}

void call_serve(Call *call, ClassBook *classes, gint64 max_us)
{
    g_return_if_fail(!call->counted);
    call->counted = class_call_begin(classes, &call->origin);
    call->max_us = max_us;
}

void call_service_answered(Call *call)
{
    if (!call->counted)
        return;
    class_call_answer(call->counted);
    if (!call->max_us || call->max)
        return;
    call->max = loop_timer_new(call->hall->loop, service_expired, call);
    loop_timer_start(call->hall->loop, call->max, call->max_us);
}

void call_end_service(Call *call)
{
    loop_timer_free(call->hall->loop, g_steal_pointer(&call->max));
    class_call_end(g_steal_pointer(&call->counted));
}
