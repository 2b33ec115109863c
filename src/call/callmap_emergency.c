/* The call map's rows for a call for help that finds its trunk full, and for the call that gives
 * way to it. */
#include "callmap_rows.h"

/* clang-format off */

/* The SIP leg of the caller who waits has ended by itself. */
#define WAITER_LEAVES(event, why)                                                                  \
    LIVE(event, WAITING, Q(AWAITING_CHANNEL), IDLE, NULL, why, CHANNEL_UNCLAIM)
/* The same where it still wants its final response. */
#define WAITER_REFUSED(event, why)                                                                 \
    LIVE(event, WAITING, Q(AWAITING_CHANNEL), IDLE, NULL,                                          \
         why, NOTE_CAUSE, CHANNEL_UNCLAIM, SIP_REJECT)

static const CallRule waits_for_a_channel[] = {
    LIVE(ROUTE_PREEMPT, WAITING, Q(NULL), SAME, AWAITING_CHANNEL,
         "RFC 4411 3; Q.850 cause 8: the caller holds 100 meanwhile", CHANNEL_CLAIM, PREEMPT),
    LIVE(CHANNEL_FREE, WAITING, Q(AWAITING_CHANNEL), SAME, INITIATED,
         "RFC 4497 8.3.1; Q.931 5.1.1: on the channel that was given up",
         CHANNEL_SEIZE, MEDIA_OPEN, ISDN_SETUP),
    LIVE(TIMER_PREEMPT, WAITING, Q(AWAITING_CHANNEL), SAME, AWAITING_CHANNEL,
         "Q.931 5.3.3: RELEASE does not come, T305 is too long for this caller: the next one", PREEMPT),
    LIVE(CHANNEL_NONE, WAITING, Q(AWAITING_CHANNEL), SAME, NULL,
         "RFC 4497 8.3.1; RFC 3398 7.2.4.1: nobody is left to give way",
         NOTE_CAUSE, CHANNEL_UNCLAIM, ROUTE_NEXT),

    WAITER_LEAVES(SIP_CANCEL, "RFC 3261 9.2; RFC 4497 8.4.3: nothing was sent to the PBX"),
    WAITER_LEAVES(SIP_BYE, "RFC 3261 15.1.2: nothing was sent to the PBX"),
    WAITER_LEAVES(SIP_LOST, "RFC 4497 8.4.5; RFC 5057 5.1"),
    WAITER_REFUSED(SIP_EXPIRED, "RFC 3261 13.3.1: 487"),
    WAITER_REFUSED(OPERATOR_CLEAR, "RFC 4497 8.4.5"),
};

static const CallRule gives_way[] = {
    CLEARED_FROM_HERE(CALL_PREEMPTED, "Q.850 cause 8; RFC 4411 3", "RFC 4497 8.4.5",
                      "RFC 4497 8.4.1"),
};

const CallRuleGroup callmap_groups_emergency[] = {
    GROUP("A call for help waits for a channel", waits_for_a_channel),
    GROUP("A call gives way to it", gives_way),
    {NULL},
};
