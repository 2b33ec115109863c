/* The Reason header as text: written from a cause and its location, read into the same. */
#include "reason.h"

#include "cause.h"

#include <string.h>

/* RFC 4411 3.1: what a gateway says of a call that gave way beyond SIP. */
#define PREEMPTED "preemption;cause=4;text=\"Non-IP Preemption\", "

static gboolean cause_is_preemption(guint8 cause)
{
    return cause == CAUSE_PREEMPTION || cause == CAUSE_PREEMPTION_REUSED;
}

void reason_write(guint8 cause, gint8 location, ReasonText *text)
{
    const char *token = cause_location_token(location);

    text->text[0] = '\0';
    if (!cause || cause > 127)
        return;
    g_snprintf(text->text, sizeof(text->text), "%sQ.850;cause=%u;text=\"%s\"%s%s",
               cause_is_preemption(cause) ? PREEMPTED : "", cause, cause_name(cause),
               token ? ";location=" : "", token ? token : "");
}

gint8 reason_location(const char *token)
{
    if (!token)
        return CAUSE_LOCATION_NONE;
    for (gint8 location = 0; location < 16; location++) {
        const char *known = cause_location_token(location);

        if (known && g_ascii_strcasecmp(known, token) == 0)
            return location;
    }
    return CAUSE_LOCATION_NONE;
}

guint8 reason_cause(const char *value)
{
    guint64 cause = 0;

    if (!value || !g_ascii_string_to_unsigned(value, 10, 1, 127, &cause, NULL))
        return 0;
    return (guint8)cause;
}
