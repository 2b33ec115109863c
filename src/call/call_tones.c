/* The tones of ours that a call's trunk wants heard by its PBX. */
#include "call_private.h"

gboolean call_ringback_wanted(const Call *call)
{
    if (!call->trunk)
        return FALSE;
    switch (call->trunk->ringback) {
    case CHOICE_YES:
        return TRUE;
    case CHOICE_NO:
        return FALSE;
    case CHOICE_AUTO:
        return call->trunk->side == SIDE_NETWORK;
    }
    return FALSE;
}

gboolean call_hears_busy_tone(const Call *call)
{
    return call->origin.kind == ORIGIN_PRI && !call->transit && !call->origin.emergency &&
           (call->isdn == ISDN_INCOMING_PROCEEDING || call->isdn == ISDN_RECEIVED) &&
           call->asked.progress && call_ringback_wanted(call);
}

static gboolean bearer_is_heard(Bearer bearer)
{
    return bearer == BEARER_SPEECH || bearer == BEARER_3K1_AUDIO || bearer == BEARER_7K_AUDIO;
}

/* Whether CALL, whose SETUP lacks digits, is asked for them with dial tone. */
static gboolean call_hears_dial_tone(const Call *call)
{
    gboolean none = !call->asked.called.digits[0];

    if (call->isdn != ISDN_PRESENT || !call->trunk || !bearer_is_heard(call->asked.bearer))
        return FALSE;
    switch (call->trunk->dial_tone) {
    case DIAL_TONE_AUTO:
        return none && call_ringback_wanted(call);
    case DIAL_TONE_YES:
        return none;
    case DIAL_TONE_ALWAYS:
        return TRUE;
    case DIAL_TONE_NO:
        return FALSE;
    }
    return FALSE;
}

void call_ask_digits(Call *call)
{
    call_event(call, call_hears_dial_tone(call) ? EVENT_ROUTE_PROMPT : EVENT_ROUTE_MORE, NULL);
}
