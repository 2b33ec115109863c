/* The class of service of whoever calls us: what it refuses, and how long it lets a call last. */
#include "sip_room.h"

#include "cause.h"

gboolean service_judge(Ua *ua, nua_handle_t *nh, const CallOrigin *origin, const CallSetup *setup,
                       gboolean instead, gint64 *max_us)
{
    ClassAsk ask = {instead ? CLASS_FOR_DIGITS : CLASS_FOR_CALL, origin, &setup->called, FALSE};
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

/* The call is counted already. */
gboolean service_judge_digits(Ua *ua, nua_handle_t *nh, const CallOrigin *origin,
                              const CallSetup *setup)
{
    ClassAsk ask = {CLASS_FOR_DIGITS, origin, &setup->called, FALSE};
    ClassAnswer answer;

    if (!ua->classes || class_judge(ua->classes, &ask, &answer) == CLASS_ALLOWED)
        return TRUE;
    ua_refuse(ua, nh, answer.status, answer.phrase, answer.why);
    return FALSE;
}
