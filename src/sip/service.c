/* The class of service of whoever calls us: what it refuses, what it counts, how long it lets a
 * call last. */
#include "sip_room.h"

#include "cause.h"

gboolean service_judge(Ua *ua, nua_handle_t *nh, const CallOrigin *origin, const CallSetup *setup,
                       gint64 *max_us)
{
    ClassAsk ask = {CLASS_FOR_CALL, origin, &setup->called, FALSE};
    ClassAnswer answer;
    char text[64];
    g_autofree char *why = NULL;

    *max_us = 0;
    if (!ua->classes)
        return TRUE;
    if (class_judge(ua->classes, &ask, &answer) == CLASS_ALLOWED) {
        *max_us = answer.max_duration_us;
        return TRUE;
    }
    why = g_strdup_printf(
        "%s, from %s", answer.why,
        address_describe((const struct sockaddr *)&origin->source, text, sizeof(text)));
    ua_refuse(ua, nh, answer.status, answer.phrase, why);
    return FALSE;
}

void service_begin(UaLeg *leg, const CallOrigin *origin, gint64 max_us)
{
    if (!leg->ua->classes)
        return;
    leg->counted = class_call_begin(leg->ua->classes, origin);
    leg->max_us = max_us;
}

static void service_expired(void *user)
{
    UaLeg *leg = user;

    if (leg->call)
        leg_lost(leg, "[class] max-duration", CAUSE_NORMAL_CALL_CLEARING, TRUE);
}

void service_answer(UaLeg *leg)
{
    if (!leg->counted)
        return;
    class_call_answer(leg->counted);
    if (!leg->max_us || leg->max)
        return;
    leg->max = loop_timer_new(leg->ua->loop, service_expired, leg);
    loop_timer_start(leg->ua->loop, leg->max, leg->max_us);
}

void service_end(UaLeg *leg)
{
    loop_timer_free(leg->ua->loop, g_steal_pointer(&leg->max));
    class_call_end(g_steal_pointer(&leg->counted));
}
