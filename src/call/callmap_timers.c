/* The timers of the call map: those that neither libpri nor Sofia runs. */
#include "callmap_rows.h"
#include "cause.h"

#define SECONDS(s) ((gint64)(s)*G_USEC_PER_SEC)

/* clang-format off */
static const CallTimerRule timers[CALL_TIMER_COUNT] = {
    [CALL_TIMER_T301] = {"T301", S(RINGING) | S(PROGRESSING), Q(DELIVERED),
        SECONDS(180), SECONDS(1), SECONDS(3600), EVENT_TIMER_T301, CAUSE_NO_ANSWER,
        "Q.931 9.2: 3 min or more; RFC 3398 7.2.8"},
    [CALL_TIMER_T302] = {"T302", 0, Q(OVERLAP_RECEIVING),
        SECONDS(15), SECONDS(1), SECONDS(60), EVENT_TIMER_T302, CAUSE_INVALID_NUMBER_FORMAT,
        "Q.931 9.2: 10 to 15 s; starts again with each INFORMATION"},
    [CALL_TIMER_T304] = {"T304", WAITING | S(PROGRESSING), Q(OVERLAP_SENDING),
        SECONDS(20), SECONDS(1), SECONDS(120), EVENT_TIMER_T304, CAUSE_TIMER_EXPIRY,
        "Q.931 9.2: 30 s, network 20 s; RFC 4497 8.4.5"},
    [CALL_TIMER_T306] = {"T306", S(TREATED), Q(DISCONNECT_INDICATION),
        SECONDS(30), SECONDS(1), SECONDS(120), EVENT_TIMER_T306, CAUSE_NORMAL_UNSPECIFIED,
        "Q.931 9.1: 30 s; RFC 4497 8.3.3"},
    [CALL_TIMER_T310] = {"T310", S(INVITED), Q(OUTGOING_PROCEEDING),
        SECONDS(60), SECONDS(1), SECONDS(600), EVENT_TIMER_T310, CAUSE_TIMER_EXPIRY,
        "Q.931 9.2: 30 to 120 s; RFC 4497 8.4.5"},
    [CALL_TIMER_NO_ANSWER] = {"NO_ANSWER", HEARD, OFFERED,
        SECONDS(180), SECONDS(1), SECONDS(3600), EVENT_TIMER_NO_ANSWER, CAUSE_NO_ANSWER,
        "RFC 3261 16.8 Timer C; RFC 3398 7.2.8"},
    [CALL_TIMER_INTERWORK] = {"INTERWORK", S(TREATED), OUTGOING,
        SECONDS(20), SECONDS(1), SECONDS(120), EVENT_TIMER_INTERWORK, CAUSE_NORMAL_UNSPECIFIED,
        "RFC 3398 7.1.6; RFC 4497 8.3.3"},
};
/* clang-format on */

const CallTimerRule *callmap_timer(CallTimerId id)
{
    return &timers[id];
}
