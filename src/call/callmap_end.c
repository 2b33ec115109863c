/* The call map's rows that change nothing: late and crossed events, and cells that cannot be. */
#include "callmap_rows.h"

/* clang-format off */

/* A PBX may say anything at any time; libpri passes on what it understands. What no live row takes was crossed on the line
 * or does not fit the state, and Q.931 keeps the state then. */
#define STRAY(event) LATE(event, ANY_SIP, ALIVE, "Q.931 5.8.4: unexpected in this state, no change")
/* Posted by the media thread: the call may have gone on meanwhile. */
#define TOLD(event)                                                                                \
    LATE(event, ANY_SIP & ~S(IDLE), ANY_ISDN, "RFC 4733 2.5: told while the call was moving on"),  \
    LATE(event, S(IDLE), ALIVE, "RFC 4733 2.5: told while the call was moving on")
/* The phone's messages that crossed ours. */
#define CROSSED_CANCEL(event)                                                                      \
    LATE(event, S(CANCELLING), CLEARED, "RFC 3261 9.1: crossed our CANCEL")
#define FORKED(event)                                                                              \
    LATE(event, S(UP), TALKING | CLEARED, "RFC 3261 13.2.2.4; RFC 4497 8.2.1.4: another branch of a fork"), \
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
    STRAY(ISDN_DIVERTING),
    STRAY(ISDN_REROUTED),
    STRAY(ISDN_SUSPENDED),
    STRAY(ISDN_RESUMED),
    STRAY(ISDN_SILENCED),
    STRAY(ISDN_SOUNDED),
    STRAY(ISDN_CHARGED),
    STRAY(ISDN_INFORMATION),
    STRAY(ISDN_PARTY),
    STRAY(ISDN_DISCONNECT),
    STRAY(ISDN_DISCONNECT_MEDIA),

    STRAY(ISDN_DIGIT),
    LATE(SIP_DIGIT, ANY_SIP & ~S(IDLE), ANY_ISDN, "RFC 6086 4.2: nobody is there to hear digits"),
    TOLD(MEDIA_HEARD), TOLD(MEDIA_TOLD),

    CROSSED_CANCEL(SIP_TRYING), CROSSED_CANCEL(SIP_FORWARDED), CROSSED_CANCEL(SIP_RINGING),
    CROSSED_CANCEL(SIP_RINGING_MEDIA), CROSSED_CANCEL(SIP_PROGRESS),
    FORKED(SIP_TRYING), FORKED(SIP_FORWARDED), FORKED(SIP_RINGING), FORKED(SIP_RINGING_MEDIA),
    FORKED(SIP_PROGRESS), FORKED(SIP_ANSWER),
    LATE(SIP_MEDIA, WAITING, Q(RELEASE_REQUEST) | Q(AWAITING_CHANNEL), "RFC 3311 5.2: nothing to connect any more"),
    LATE(SIP_MEDIA, S(PARTING) | S(CANCELLING) | S(LEAVING), CLEARED,
         "RFC 3261 14.2, 15: crossed our clearing"),
    LATE(SIP_IDENTITY, UNANSWERED, Q(RELEASE_REQUEST) | Q(AWAITING_CHANNEL) | Q(DISCONNECT_INDICATION),
         "RFC 3311 5.2: nobody to be told any more, or not yet"),
    LATE(SIP_IDENTITY, S(PARTING) | S(CANCELLING) | S(LEAVING), CLEARED,
         "RFC 3261 14.2, 15: crossed our clearing"),
    LATE(SIP_HELD, S(PARTING) | S(LEAVING), CLEARED, "RFC 3261 14.2, 15: crossed our clearing"),
    LATE(SIP_RETRIEVED, S(PARTING) | S(LEAVING), CLEARED, "RFC 3261 14.2, 15: crossed our clearing"),
    LATE(SIP_BYE, GIVEN_UP | S(LEAVING), CLEARED,
         "RFC 3261 15.1.2: BYE crossed our clearing"),
    LATE(SIP_CANCEL, S(ANSWERED), TALKING, "RFC 3261 9.2: no effect after a final response"),
    LATE(SIP_CANCEL, S(UP), TALKING | CLEARED, "RFC 3261 9.2: no effect after a final response"),
    LATE(SIP_CANCEL, S(PARTING) | S(LEAVING), CLEARED,
         "RFC 3261 9.2: no effect after a final response"),
    LATE(SIP_ACK, S(UP), TALKING | CLEARED, "RFC 3261 13.3.1.4: ACK again"),
    LATE(SIP_ACK, S(LEAVING), CLEARED, "RFC 3261 13.3.1.4: ACK crossed our BYE"),

    LATE(MEDIA_SILENT, DEPARTED, CLEARED, "RFC 3550 6.3.5: told while the call was being cleared"),
    LATE(OPERATOR_CLEAR, DEPARTED, CLEARING, "Q.931 5.3.3: is being cleared"),
    LATE(OPERATOR_CLEAR, DEPARTED & ~S(IDLE), Q(NULL), "RFC 3261 15: is being cleared"),
};

#define UAS_SENT_200 (S(ANSWERED) | S(PARTING))
#define UAS_ONLY (UNANSWERED | UAS_SENT_200)
#define UAC_ONLY (CALLED | GIVEN_UP)
#define ESTABLISHED (S(UP) | S(LEAVING)) /* of either kind */

/* EVENT has a source only while the SIP leg, the ISDN leg, stands in one of these states. */
#define ONLY_SIP(event, sip, why) NEVER(EVENT_##event, ANY_SIP & ~(sip), ANY_ISDN, why)
#define ONLY_ISDN(event, isdn, why) NEVER(EVENT_##event, ANY_SIP, ANY_ISDN & ~(isdn), why)
#define NO_REFERENCE(event)                                                                        \
    NEVER(EVENT_##event, ANY_SIP, ANY_ISDN & ~ALIVE, "isdn: no call reference, nothing to raise events for")

static const CallRule impossible[] = {
    NEVER(CALL_EVENT_ANY, S(IDLE), Q(NULL),
          "hall: a call begins with SIP.INVITE or ISDN.SETUP and is over when both legs rest"),

    NEVER(CALL_EVENT_ANY, UAS_ONLY, INCOMING | Q(CONNECT_REQUEST),
          "hall: a caller's INVITE is joined to an outgoing ISDN leg only"),
    NEVER(CALL_EVENT_ANY, UAC_ONLY, OUTGOING | Q(PRESENT) | Q(AWAITING_NAME) | Q(AWAITING_DIGITS) |
          Q(DISCONNECT_INDICATION),
          "hall: an INVITE of ours goes out for an incoming ISDN leg only"),
    NEVER(CALL_EVENT_ANY, UNANSWERED, TALKING,
          "map: both legs answer in one step"),
    NEVER(CALL_EVENT_ANY, S(ANSWERED), Q(HELD), "map: a call is held once both legs are up"),
    NEVER(CALL_EVENT_ANY, S(ANSWERED), ALIVE & ~TALKING,
          "map: an answered call leaves its ISDN states together with its SIP state"),
    NEVER(CALL_EVENT_ANY, S(UP), ALIVE & ~TALKING & ~CLEARING,
          "map: an answered call leaves its ISDN states together with its SIP state, or is joined to another"),
    NEVER(CALL_EVENT_ANY, S(ANSWERED) | COMMITTED | CALLED, Q(NULL),
          "map: a leg that carries a call is never without the other"),
    NEVER(CALL_EVENT_ANY, DEPARTED, OUTGOING | TALKING | Q(DISCONNECT_INDICATION),
          "map: when the SIP leg departs the ISDN leg is cleared in the same step"),
    NEVER(CALL_EVENT_ANY, S(LEAVING), INCOMING,
          "map: when the SIP leg departs the ISDN leg is cleared in the same step"),
    NEVER(CALL_EVENT_ANY, UAC_ONLY & ~GIVEN_UP, CLEARING,
          "map: when the ISDN leg is cleared the INVITE is given up in the same step"),
    NEVER(CALL_EVENT_ANY, GIVEN_UP, REACHING,
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
    NEVER(CALL_EVENT_ANY, S(ALERTED), Q(INCOMING_PROCEEDING) | Q(OVERLAP_RECEIVING),
          "map: 180 is told as ALERTING in the same step"),
    NEVER(CALL_EVENT_ANY, ANY_SIP & ~WAITING, Q(AWAITING_CHANNEL),
          "map: a channel is awaited for a caller whose INVITE is open, and given up with him"),
    NEVER(EVENT_MEDIA_SILENT, S(IDLE), Q(AWAITING_NAME), "media: silence counts only while a call is up"),
    NEVER(CALL_EVENT_ANY, WAITING, Q(NULL), "hall: routing ends within the event that began it"),
    NEVER(CALL_EVENT_ANY, S(IDLE), Q(PRESENT),
          "hall: routing ends within the event that began it"),

    /* Where both legs may stand as they do, but the event has no source: each names the states in
     * which it has one, and every cell of these needs a row of its own. */
    NEVER(EVENT_SIP_INVITE, ANY_SIP, ANY_ISDN, "ua: an INVITE outside a dialog begins a call of its own"),
    ONLY_SIP(SIP_DIALLED, WAITING | S(PROGRESSING), "ua: no INVITE of theirs whose number could go on"),
    ONLY_ISDN(SIP_DIALLED, Q(INITIATED) | Q(OVERLAP_SENDING), "hall: the PBX wants no more digits"),
    ONLY_SIP(SIP_TRYING, UAC_ONLY | ESTABLISHED, "ua: no INVITE of ours awaits a response"),
    ONLY_SIP(SIP_FORWARDED, UAC_ONLY | ESTABLISHED, "ua: no INVITE of ours awaits a response"),
    ONLY_SIP(SIP_REDIRECTED, UAC_ONLY, "ua: no INVITE of ours awaits a final response"),
    ONLY_SIP(SIP_HELD, UAS_SENT_200 | ESTABLISHED, "ua: no answered dialog in which to hold"),
    ONLY_SIP(SIP_RETRIEVED, UAS_SENT_200 | ESTABLISHED, "ua: no answered dialog in which to hold"),
    ONLY_SIP(SIP_RINGING, UAC_ONLY | ESTABLISHED, "ua: no INVITE of ours awaits a response"),
    ONLY_SIP(SIP_RINGING_MEDIA, UAC_ONLY | ESTABLISHED, "ua: no INVITE of ours awaits a response"),
    ONLY_SIP(SIP_PROGRESS, UAC_ONLY | ESTABLISHED, "ua: no INVITE of ours awaits a response"),
    ONLY_SIP(SIP_ANSWER, UAC_ONLY | ESTABLISHED, "ua: no INVITE of ours awaits a response"),
    ONLY_SIP(SIP_FAILURE, UAC_ONLY, "ua: no INVITE of ours awaits a final response"),
    ONLY_SIP(SIP_ACK, UAS_SENT_200 | ESTABLISHED, "ua: no 2xx of ours awaits its ACK"),
    ONLY_SIP(SIP_NO_ACK, UAS_SENT_200, "ua: no 2xx of ours awaits its ACK"),
    ONLY_SIP(SIP_CANCEL, UAS_ONLY | ESTABLISHED, "ua: no INVITE of theirs, the stack answers 481"),
    ONLY_SIP(SIP_EXPIRED, UNANSWERED, "ua: Expires counts only until our final response"),
    ONLY_SIP(SIP_BYE, ANY_SIP & ~S(IDLE), "ua: no dialog, the stack answers 481"),
    ONLY_SIP(SIP_MEDIA, (UAS_ONLY & ~S(INVITED)) | HEARD | S(CANCELLING) | ESTABLISHED,
             "ua: no dialog in which to offer"),
    ONLY_SIP(SIP_IDENTITY, UAS_ONLY | HEARD | S(CANCELLING) | ESTABLISHED,
             "ua: no dialog in which somebody could be named"),
    ONLY_SIP(SIP_DIGIT, ANY_SIP & ~S(IDLE), "ua: no dialog, the stack answers 481"),
    ONLY_SIP(SIP_REPLACED, HEARD | S(UP), "ua: no dialog that another one could replace"),
    ONLY_SIP(SIP_MOVED, S(UP), "ua: nobody tells before the answer where the call goes on"),
    ONLY_ISDN(SIP_MOVED, TALKING, "ua: a call that the PBX has left is transferred nowhere"),
    ONLY_SIP(SIP_ENDED, UAS_SENT_200 | ESTABLISHED, "ua: nobody sends a BYE before an answer"),
    ONLY_SIP(SIP_LOST, ANY_SIP & ~S(IDLE), "ua: no dialog that could die"),
    ONLY_SIP(SIP_REFUSED, (UAS_ONLY & ~S(INVITED)) | S(CALLING),
             "ua: no SIP action of this state can be refused"),
    NEVER(EVENT_SIP_REFUSED, S(CALLING), TALKING, "ua: the INVITE was out before the far end left"),
    NEVER(EVENT_SIP_REFUSED, S(RINGING), Q(INITIATED) | Q(RELEASE_REQUEST) | Q(AWAITING_CHANNEL),
          "ua: between two SETUPs nothing is said to the phone"),

    NEVER(EVENT_ISDN_SETUP, ANY_SIP, ANY_ISDN, "isdn: SETUP begins a call of its own"),
    NEVER(EVENT_ISDN_SETUP_UNNAMED, ANY_SIP, ANY_ISDN, "isdn: SETUP begins a call of its own"),
    NO_REFERENCE(ISDN_PARTY), NO_REFERENCE(ISDN_INFORMATION), NO_REFERENCE(ISDN_SETUP_ACK), NO_REFERENCE(ISDN_PROCEEDING),
    NO_REFERENCE(ISDN_PROCEEDING_MEDIA), NO_REFERENCE(ISDN_PROGRESS), NO_REFERENCE(ISDN_PROGRESS_MEDIA),
    NO_REFERENCE(ISDN_PROGRESS_CAUSE), NO_REFERENCE(ISDN_ALERTING), NO_REFERENCE(ISDN_ALERTING_MEDIA),
    NO_REFERENCE(ISDN_CONNECT), NO_REFERENCE(ISDN_CONNECT_ACK), NO_REFERENCE(ISDN_DISCONNECT),
    NO_REFERENCE(ISDN_DIVERTING), NO_REFERENCE(ISDN_REROUTED), NO_REFERENCE(ISDN_SUSPENDED),
    NO_REFERENCE(ISDN_RESUMED), NO_REFERENCE(ISDN_SILENCED), NO_REFERENCE(ISDN_SOUNDED), NO_REFERENCE(ISDN_CHARGED), NO_REFERENCE(ISDN_HOLD), NO_REFERENCE(ISDN_RETRIEVE),
    NO_REFERENCE(ISDN_DISCONNECT_MEDIA), NO_REFERENCE(ISDN_RELEASE), NO_REFERENCE(ISDN_RELEASED),
    NO_REFERENCE(ISDN_DIGIT), NO_REFERENCE(ISDN_RESTART), NO_REFERENCE(ISDN_LOST),
    ONLY_ISDN(ISDN_UNACKNOWLEDGED, Q(CONNECT_REQUEST), "isdn: T313 runs after our CONNECT alone"),
    ONLY_ISDN(ISDN_STRANDED, Q(AWAITING_NAME) | Q(AWAITING_DIGITS) | Q(OVERLAP_RECEIVING) | OFFERED | TALKING,
              "isdn: what the PBX has not answered is lost, and tried elsewhere"),
    ONLY_ISDN(ISDN_REFUSED, Q(INITIATED) | Q(OVERLAP_RECEIVING) | Q(AWAITING_DIGITS) | OFFERED | TALKING,
              "isdn: no ISDN action of this state can be refused"),
    NEVER(EVENT_ISDN_REFUSED, CALLED, Q(OVERLAP_RECEIVING), "isdn: no ISDN action of this state can be refused"),
    NEVER(EVENT_ISDN_REFUSED, S(CALLING) | S(PROCEEDING), OFFERED,
          "isdn: CALL PROCEEDING goes out within the event that brought the digits"),
    NEVER(EVENT_ISDN_REFUSED, CALLED, TALKING, "isdn: no ISDN action of this state can be refused"),
    NEVER(EVENT_ISDN_REFUSED, S(UP), Q(ACTIVE) | Q(HELD), "isdn: no ISDN action of this state can be refused"),
    ONLY_SIP(CHANNEL_NONE, WAITING | S(UP) | CALLED,
             "isdn: only channel_seize and channel_retake raise it, and their rows await it"),
    ONLY_ISDN(CHANNEL_NONE, Q(INITIATED) | Q(AWAITING_CHANNEL) | Q(ACTIVE),
              "hall: only channel_seize, channel_retake and preempt raise it, and their rows await it"),
    ONLY_SIP(CHANNEL_FREE, WAITING, "isdn: only for a call that has claimed one"),
    ONLY_ISDN(CHANNEL_FREE, Q(AWAITING_CHANNEL), "isdn: only for a call that has claimed one"),
    ONLY_ISDN(CALL_PREEMPTED, OUTGOING | Q(AWAITING_NAME) | Q(AWAITING_DIGITS) | Q(OVERLAP_RECEIVING) | OFFERED | TALKING |
              Q(DISCONNECT_INDICATION),
              "hall: only a call gives way that holds a channel and is not being cleared"),
    ONLY_SIP(CALL_JOINED, S(UP), "hall: only answered calls are joined"),
    ONLY_ISDN(CALL_JOINED, TALKING, "hall: only answered calls are joined, and only once"),
    ONLY_SIP(CALL_PARTY, S(UP), "hall: only of a call that is joined to another"),
    ONLY_ISDN(CALL_PARTY, CLEARED, "hall: only of a call that is joined to another"),
    ONLY_SIP(CALL_LEFT, S(UP), "hall: only of a call that is joined to another"),
    ONLY_ISDN(CALL_LEFT, CLEARED, "hall: only of a call that is joined to another"),
    ONLY_SIP(MEDIA_NONE, WAITING | S(CALLING) | S(IDLE), "media: only media_open raises it, and its row awaits it"),
    ONLY_ISDN(MEDIA_NONE, Q(INITIATED) | Q(AWAITING_DIGITS) | Q(INCOMING_PROCEEDING),
              "media: only media_open raises it, and its row awaits it"),
    NEVER(EVENT_MEDIA_NONE, S(CALLING), Q(RECEIVED), "media: an alternative keeps the port"),
    NEVER(EVENT_MEDIA_NONE, S(IDLE), Q(INCOMING_PROCEEDING), "media: only media_open raises it, and its row awaits it"),
    ONLY_SIP(MEDIA_SILENT, DEPARTED | S(ANSWERED) | S(UP), "media: silence counts only while a call is up"),
    NEVER(EVENT_MEDIA_SILENT, S(IDLE), Q(OVERLAP_RECEIVING) | Q(AWAITING_DIGITS) | OFFERED, "media: silence counts only while a call is up"),

    ONLY_SIP(ROUTE_TRUNK, WAITING, "hall: no routing is under way"),
    ONLY_ISDN(ROUTE_TRUNK, Q(NULL), "hall: no routing is under way"),
    ONLY_SIP(ROUTE_PREEMPT, WAITING, "hall: no routing is under way"),
    ONLY_ISDN(ROUTE_PREEMPT, Q(NULL), "hall: no routing is under way"),
    ONLY_SIP(ROUTE_PEER, S(IDLE) | CALLED, "hall: no routing is under way"),
    NEVER(EVENT_ROUTE_PEER, CALLED, OFFERED | TALKING, "hall: no routing is under way"),
    ONLY_SIP(ROUTE_OVERLAP, S(IDLE) | CALLED, "hall: no routing is under way"),
    ONLY_ISDN(ROUTE_OVERLAP, Q(PRESENT) | Q(OVERLAP_RECEIVING), "hall: no routing is under way"),
    ONLY_ISDN(ROUTE_PEER, INCOMING & ~Q(AWAITING_DIGITS), "hall: no routing is under way"),
    ONLY_SIP(ROUTE_MORE, S(IDLE) | CALLED, "hall: no routing is under way"),
    ONLY_ISDN(ROUTE_MORE, Q(PRESENT) | Q(OVERLAP_RECEIVING), "hall: no routing is under way"),
    ONLY_SIP(ROUTE_PROMPT, S(IDLE), "hall: no routing is under way"),
    ONLY_ISDN(ROUTE_PROMPT, Q(PRESENT), "hall: only the digits of a SETUP are asked for with dial tone"),
    ONLY_SIP(ROUTE_TREATED, S(IDLE), "hall: no routing is under way"),
    ONLY_ISDN(ROUTE_TREATED, OFFERED, "hall: no routing is under way"),
    ONLY_SIP(ROUTE_NONE, WAITING | S(IDLE) | CALLED, "hall: no routing is under way"),
    NEVER(EVENT_ROUTE_NONE, CALLED, OFFERED | TALKING, "hall: no routing is under way"),
    ONLY_ISDN(ROUTE_NONE, Q(NULL) | (INCOMING & ~Q(AWAITING_DIGITS)), "hall: no routing is under way"),

    ONLY_SIP(TIMER_T301, S(RINGING) | S(PROGRESSING), "hall: the timer runs in its own states only"),
    ONLY_ISDN(TIMER_T301, Q(DELIVERED), "hall: the timer runs in its own states only"),
    ONLY_ISDN(TIMER_T302, Q(OVERLAP_RECEIVING) | Q(AWAITING_DIGITS), "hall: the timer runs in its own states only"),
    ONLY_SIP(TIMER_T304, WAITING | S(PROGRESSING), "hall: the timer runs in its own states only"),
    ONLY_ISDN(TIMER_T304, Q(OVERLAP_SENDING), "hall: the timer runs in its own states only"),
    ONLY_ISDN(TIMER_T306, Q(DISCONNECT_INDICATION), "hall: the timer runs in its own states only"),
    ONLY_SIP(TIMER_T310, S(INVITED), "hall: the timer runs in its own states only"),
    ONLY_ISDN(TIMER_T310, Q(OUTGOING_PROCEEDING), "hall: the timer runs in its own states only"),
    ONLY_SIP(TIMER_PROGRESS, S(RINGING) | S(PROGRESSING), "hall: the timer runs in its own states only"),
    ONLY_ISDN(TIMER_PROGRESS, Q(OUTGOING_PROCEEDING), "hall: the timer runs in its own states only"),
    ONLY_SIP(TIMER_NO_ANSWER, HEARD, "hall: the timer runs in its own states only"),
    ONLY_ISDN(TIMER_NO_ANSWER, OFFERED | TALKING, "hall: the timer runs in its own states only"),
    ONLY_SIP(TIMER_INTERWORK, S(TREATED) | S(IDLE), "hall: the timer runs in its own states only"),
    ONLY_ISDN(TIMER_INTERWORK, OUTGOING | OFFERED, "hall: the timer runs in its own states only"),
    ONLY_SIP(TIMER_NAME, S(IDLE), "hall: the timer runs in its own states only"),
    ONLY_ISDN(TIMER_NAME, Q(AWAITING_NAME), "hall: the timer runs in its own states only"),
    ONLY_SIP(TIMER_PREEMPT, WAITING, "hall: the timer runs in its own states only"),
    ONLY_ISDN(TIMER_PREEMPT, Q(AWAITING_CHANNEL), "hall: the timer runs in its own states only"),
    ONLY_SIP(TIMER_GUARD, S(PARTING) | GIVEN_UP | S(LEAVING), "hall: the timer runs in its own states only"),
    ONLY_ISDN(TIMER_GUARD, CLEARED, "hall: the timer runs in its own states only"),
};

const CallRuleGroup callmap_groups_end[] = {
    GROUP("Late and crossed", late),
    GROUP("Impossible", impossible),
    {NULL},
};
