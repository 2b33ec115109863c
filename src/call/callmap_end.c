/* The call map's rows that change nothing: late and crossed events, and cells that cannot be. */
#include "callmap_rows.h"

/* clang-format off */

/* A PBX may say anything at any time; libpri passes on what it understands. What no live row takes was crossed on the line
 * or does not fit the state, and Q.931 keeps the state then. */
#define STRAY(event) LATE(event, ANY_SIP, ALIVE, "Q.931 5.8.4: unexpected in this state, no change")
/* The phone's messages that crossed ours. */
#define CROSSED_CANCEL(event)                                                                      \
    LATE(event, S(CANCELLING), CLEARED, "RFC 3261 9.1: crossed our CANCEL")
#define FORKED(event)                                                                              \
    LATE(event, S(UP), TALKING, "RFC 3261 13.2.2.4; RFC 4497 8.2.1.4: another branch of a fork"),  \
    LATE(event, S(LEAVING), CLEARED, "RFC 3261 13.2.2.4; RFC 4497 8.2.1.4: another branch of a fork")

static const CallRule late[] = {
    STRAY(ISDN_SETUP_ACK),
    STRAY(ISDN_PROCEEDING),
    STRAY(ISDN_PROCEEDING_MEDIA),
    STRAY(ISDN_PROGRESS),
    STRAY(ISDN_PROGRESS_MEDIA),
    STRAY(ISDN_PROGRESS_CAUSE),
    STRAY(ISDN_ALERTING),
    STRAY(ISDN_ALERTING_MEDIA),
    STRAY(ISDN_CONNECT),
    STRAY(ISDN_CONNECT_ACK),
    STRAY(ISDN_INFORMATION),
    STRAY(ISDN_DISCONNECT),
    STRAY(ISDN_DISCONNECT_MEDIA),

    CROSSED_CANCEL(SIP_TRYING), CROSSED_CANCEL(SIP_RINGING),
    CROSSED_CANCEL(SIP_RINGING_MEDIA), CROSSED_CANCEL(SIP_PROGRESS),
    FORKED(SIP_TRYING), FORKED(SIP_RINGING), FORKED(SIP_RINGING_MEDIA),
    FORKED(SIP_PROGRESS), FORKED(SIP_ANSWER),
    LATE(SIP_MEDIA, WAITING, Q(RELEASE_REQUEST), "RFC 3311 5.2: nothing to connect any more"),
    LATE(SIP_MEDIA, S(PARTING) | S(CANCELLING) | S(LEAVING), CLEARED,
         "RFC 3261 14.2, 15: crossed our clearing"),
    LATE(SIP_BYE, S(CANCELLING) | S(LEAVING), CLEARED,
         "RFC 3261 15.1.2: BYE crossed our clearing"),
    LATE(SIP_CANCEL, S(ANSWERED) | S(UP), TALKING, "RFC 3261 9.2: no effect after a final response"),
    LATE(SIP_CANCEL, S(PARTING) | S(LEAVING), CLEARED,
         "RFC 3261 9.2: no effect after a final response"),
    LATE(SIP_ACK, S(UP), TALKING, "RFC 3261 13.3.1.4: ACK again"),
    LATE(SIP_ACK, S(LEAVING), CLEARED, "RFC 3261 13.3.1.4: ACK crossed our BYE"),

    LATE(MEDIA_SILENT, DEPARTED, CLEARED, "RFC 3550 6.3.5: told while the call was being cleared"),
    LATE(OPERATOR_CLEAR, DEPARTED, CLEARING, "Q.931 5.3.3: is being cleared"),
    LATE(OPERATOR_CLEAR, DEPARTED & ~S(IDLE), Q(NULL), "RFC 3261 15: is being cleared"),
};

#define UAS_ONLY (UNANSWERED | S(ANSWERED) | S(PARTING))
#define UAC_ONLY (CALLED | GIVEN_UP)

static const CallRule impossible[] = {
    NEVER(CALL_EVENT_ANY, S(IDLE), Q(NULL),
          "hall: a call begins with SIP.INVITE or ISDN.SETUP and is over when both legs rest"),

    NEVER(CALL_EVENT_ANY, UAS_ONLY, INCOMING | Q(CONNECT_REQUEST),
          "hall: a caller's INVITE is joined to an outgoing ISDN leg only"),
    NEVER(CALL_EVENT_ANY, UAC_ONLY, OUTGOING | Q(PRESENT) | Q(OVERLAP_RECEIVING) |
          Q(DISCONNECT_INDICATION),
          "hall: an INVITE of ours goes out for an incoming ISDN leg only"),
    NEVER(CALL_EVENT_ANY, UNANSWERED | CALLED, TALKING,
          "map: both legs answer in one step"),
    NEVER(CALL_EVENT_ANY, S(ANSWERED) | S(UP), ALIVE & ~TALKING,
          "map: an answered call leaves its ISDN states together with its SIP state"),
    NEVER(CALL_EVENT_ANY, S(ANSWERED) | S(UP) | COMMITTED | CALLED, Q(NULL),
          "map: a leg that carries a call is never without the other"),
    NEVER(CALL_EVENT_ANY, DEPARTED, OUTGOING | TALKING | Q(DISCONNECT_INDICATION),
          "map: when the SIP leg departs the ISDN leg is cleared in the same step"),
    NEVER(CALL_EVENT_ANY, S(LEAVING), INCOMING,
          "map: when the SIP leg departs the ISDN leg is cleared in the same step"),
    NEVER(CALL_EVENT_ANY, UAC_ONLY & ~GIVEN_UP, CLEARING,
          "map: when the ISDN leg is cleared the INVITE is given up in the same step"),
    NEVER(CALL_EVENT_ANY, GIVEN_UP, OFFERED,
          "map: when the INVITE is given up the ISDN leg is cleared in the same step"),
    NEVER(CALL_EVENT_ANY, WAITING, Q(DISCONNECT_REQUEST) | Q(DISCONNECT_INDICATION),
          "map: we send DISCONNECT or hear its tones only with the caller's answer on its way"),
    NEVER(CALL_EVENT_ANY, COMMITTED, CLEARING,
          "map: a caller who has heard an announcement is answered in the same step"),
    NEVER(CALL_EVENT_ANY, S(PROGRESSING), Q(DISCONNECT_INDICATION),
          "map: tones after DISCONNECT make the caller's leg TREATED"),
    NEVER(CALL_EVENT_ANY, S(INVITED), Q(DELIVERED), "map: ALERTING is told as 180 in the same step"),
    NEVER(CALL_EVENT_ANY, COMMITTED, Q(INITIATED),
          "map: the first message of the PBX takes the ISDN leg out of INITIATED"),
    NEVER(CALL_EVENT_ANY, S(ALERTED), Q(INCOMING_PROCEEDING),
          "map: 180 is told as ALERTING in the same step"),
    NEVER(CALL_EVENT_ANY, WAITING, Q(NULL), "hall: routing ends within the event that began it"),
    NEVER(CALL_EVENT_ANY, S(IDLE), Q(PRESENT) | OFFERED,
          "hall: routing ends within the event that began it"),

    NEVER(EVENT_SIP_INVITE, ANY_SIP, ANY_ISDN, "ua: an INVITE outside a dialog begins a call of its own"),
    NEVER(EVENT_SIP_TRYING, ANY_SIP, ANY_ISDN, "ua: no INVITE of ours awaits a response"),
    NEVER(EVENT_SIP_RINGING, ANY_SIP, ANY_ISDN, "ua: no INVITE of ours awaits a response"),
    NEVER(EVENT_SIP_RINGING_MEDIA, ANY_SIP, ANY_ISDN, "ua: no INVITE of ours awaits a response"),
    NEVER(EVENT_SIP_PROGRESS, ANY_SIP, ANY_ISDN, "ua: no INVITE of ours awaits a response"),
    NEVER(EVENT_SIP_ANSWER, ANY_SIP, ANY_ISDN, "ua: no INVITE of ours awaits a response"),
    NEVER(EVENT_SIP_FAILURE, ANY_SIP, ANY_ISDN, "ua: no INVITE of ours awaits a final response"),
    NEVER(EVENT_SIP_ACK, ANY_SIP, ANY_ISDN, "ua: no 2xx of ours awaits its ACK"),
    NEVER(EVENT_SIP_NO_ACK, ANY_SIP, ANY_ISDN, "ua: no 2xx of ours awaits its ACK"),
    NEVER(EVENT_SIP_CANCEL, ANY_SIP, ANY_ISDN, "ua: no INVITE of theirs, the stack answers 481"),
    NEVER(EVENT_SIP_EXPIRED, ANY_SIP, ANY_ISDN, "ua: Expires counts only until our final response"),
    NEVER(EVENT_SIP_BYE, ANY_SIP, ANY_ISDN, "ua: no dialog, the stack answers 481"),
    NEVER(EVENT_SIP_MEDIA, ANY_SIP, ANY_ISDN, "ua: no dialog in which to offer"),
    NEVER(EVENT_SIP_ENDED, ANY_SIP, ANY_ISDN, "ua: no BYE of ours awaits a response"),
    NEVER(EVENT_SIP_LOST, ANY_SIP, ANY_ISDN, "ua: no dialog that could die"),
    NEVER(EVENT_SIP_REFUSED, ANY_SIP, ANY_ISDN, "ua: no SIP action of this state can be refused"),

    NEVER(EVENT_ISDN_SETUP, ANY_SIP, ANY_ISDN, "isdn: SETUP begins a call of its own"),
    NEVER(EVENT_ISDN_REFUSED, ANY_SIP, ANY_ISDN, "isdn: no ISDN action of this state can be refused"),
    NEVER(EVENT_CHANNEL_NONE, ANY_SIP, ANY_ISDN, "isdn: only channel_seize raises it, and its row awaits it"),
    NEVER(EVENT_MEDIA_NONE, ANY_SIP, ANY_ISDN, "media: only media_open raises it, and its row awaits it"),
    NEVER(EVENT_MEDIA_SILENT, ANY_SIP, ANY_ISDN, "media: silence counts only while a call is up"),

    NEVER(EVENT_ROUTE_TRUNK, ANY_SIP, ANY_ISDN, "hall: no routing is under way"),
    NEVER(EVENT_ROUTE_PEER, ANY_SIP, ANY_ISDN, "hall: no routing is under way"),
    NEVER(EVENT_ROUTE_MORE, ANY_SIP, ANY_ISDN, "hall: no routing is under way"),
    NEVER(EVENT_ROUTE_NONE, ANY_SIP, ANY_ISDN, "hall: no routing is under way"),
    NEVER(EVENT_TIMER_T301, ANY_SIP, ANY_ISDN, "hall: the timer runs in its own states only"),
    NEVER(EVENT_TIMER_T302, ANY_SIP, ANY_ISDN, "hall: the timer runs in its own states only"),
    NEVER(EVENT_TIMER_T304, ANY_SIP, ANY_ISDN, "hall: the timer runs in its own states only"),
    NEVER(EVENT_TIMER_T306, ANY_SIP, ANY_ISDN, "hall: the timer runs in its own states only"),
    NEVER(EVENT_TIMER_T310, ANY_SIP, ANY_ISDN, "hall: the timer runs in its own states only"),
    NEVER(EVENT_TIMER_NO_ANSWER, ANY_SIP, ANY_ISDN, "hall: the timer runs in its own states only"),
    NEVER(EVENT_TIMER_INTERWORK, ANY_SIP, ANY_ISDN, "hall: the timer runs in its own states only"),

    NEVER(CALL_EVENT_ANY, ANY_SIP, Q(NULL), "isdn: no call reference, nothing to raise events for"),
};

const CallRuleGroup callmap_groups_end[] = {
    GROUP("Late and crossed", late),
    GROUP("Impossible", impossible),
    {NULL},
};
