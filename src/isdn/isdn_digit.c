/* Digits dialled in a call that stands: INFORMATION with Keypad facility (Q.931 4.5.18). */
#include "isdn_digit.h"
#include "isdn_event.h"

#include <string.h>

#define DTMF_DIGITS "0123456789*#ABCD"

gboolean isdn_digit_received(IsdnLeg *leg, const char *text, const FrameNews *frame)
{
    CallNews news = isdn_event_news(frame);
    IsdnState state = leg->call ? call_isdn_state(leg->call) : ISDN_NULL;
    gsize count = 0;

    if (state != ISDN_ACTIVE && state != ISDN_CONNECT_REQUEST)
        return FALSE;
    for (; *text && count < NUMBER_MAX; text++)
        if (strchr(DTMF_DIGITS, g_ascii_toupper(*text)))
            news.digits[count++] = g_ascii_toupper(*text);
    if (count > 0)
        isdn_event_raise(leg, EVENT_ISDN_DIGIT, &news);
    return TRUE;
}

/* What cannot be sent is lost like a sound on a line that is gone: the call goes its way. */
gboolean isdn_digit_send(void *room, Call *call, const CallNews *news)
{
    IsdnLeg *leg = call_isdn_leg(call);

    (void)room;
    if (!leg || !leg->q931 || !leg->connected || !call_takes_keypad(call))
        return TRUE;
    pri_keypad_facility(dchan_pri(leg->dchan), leg->q931, news->digits);
    dchan_rearm(leg->dchan);
    return TRUE;
}
