/* The call map's rows for a call that ends: cleared by the phone, the PBX, a timer, a loss or the
 * operator. */
#include "callmap_rows.h"

/* clang-format off */

/* A caller's SIP leg ends by itself; EVENT's own answer is sent already. */
#define CALLER_LEAVES(event, why)                                                                  \
    LIVE(event, UNANSWERED & ~S(TREATED), OUTGOING, IDLE, DISCONNECT_REQUEST,                      \
         why, NOTE_CAUSE, MEDIA_CLOSE, ISDN_DISCONNECT),                                           \
    LIVE(event, S(TREATED), OUTGOING, IDLE, DISCONNECT_REQUEST,                                    \
         why "; RFC 3666 2.5: whoever has heard enough, not the announcement, ends the call",      \
         FORGET_CAUSE, NOTE_CAUSE, MEDIA_CLOSE, ISDN_DISCONNECT),                                  \
    STEP(event, WAITING, Q(RELEASE_REQUEST), IDLE, SAME, why),                                     \
    LIVE(event, S(TREATED), Q(DISCONNECT_INDICATION), IDLE, RELEASE_REQUEST,                       \
         why "; Q.931 5.3.4.1", MEDIA_CLOSE, ISDN_RELEASE)

static const CallRule clearing_from_sip[] = {
    CALLER_LEAVES(SIP_CANCEL, "RFC 4497 8.4.3; RFC 3398 7.2.3: cause 16 or Reason"),
    CALLER_LEAVES(SIP_BYE, "RFC 4497 8.4.2; RFC 3398 7.2.3: cause 16 or Reason"),
    CALLER_LEAVES(SIP_LOST, "RFC 4497 8.4.5; RFC 5057 5.1"),
    LIVE(SIP_EXPIRED, UNANSWERED, OUTGOING, IDLE, DISCONNECT_REQUEST,
         "RFC 3261 13.3.1: 487, whatever an announcement was for",
         FORGET_CAUSE, NOTE_CAUSE, MEDIA_CLOSE, SIP_REJECT, ISDN_DISCONNECT),
    LIVE(SIP_EXPIRED, S(TREATED), Q(DISCONNECT_INDICATION), IDLE, RELEASE_REQUEST,
         "RFC 3261 13.3.1: 487, whatever the tones were for; Q.931 5.3.4.1",
         FORGET_CAUSE, NOTE_CAUSE, MEDIA_CLOSE, SIP_REJECT, ISDN_RELEASE),
    LIVE(SIP_EXPIRED, WAITING, Q(RELEASE_REQUEST), IDLE, SAME,
         "RFC 3261 13.3.1: 487, whatever the PBX has cleared with",
         FORGET_CAUSE, NOTE_CAUSE, SIP_REJECT),
    CALLER_REFUSED(SIP_REFUSED, UNANSWERED & ~S(INVITED), OUTGOING & ~Q(INITIATED), "RFC 4497 8.4.5"),

    LIVE(SIP_BYE, S(ANSWERED) | S(UP), TALKING, IDLE, DISCONNECT_REQUEST,
         "RFC 4497 8.4.2; RFC 3398 10.1", NOTE_CAUSE, MEDIA_CLOSE, ISDN_DISCONNECT),
    LIVE(SIP_LOST, S(ANSWERED) | S(UP), TALKING, IDLE, DISCONNECT_REQUEST,
         "RFC 4497 8.4.5; RFC 4028 10: cause 102", NOTE_CAUSE, MEDIA_CLOSE, ISDN_DISCONNECT),
    LIVE(SIP_ENDED, S(ANSWERED) | S(UP), TALKING, IDLE, DISCONNECT_REQUEST,
         "RFC 3261 15.1.1; RFC 4497 8.4.5: a BYE that the stack sent by itself",
         NOTE_CAUSE, MEDIA_CLOSE, ISDN_DISCONNECT),
    LIVE(SIP_REFUSED, S(ANSWERED), Q(ACTIVE), IDLE, DISCONNECT_REQUEST,
         "RFC 4497 8.4.5: 200 could not be sent", NOTE_CAUSE, MEDIA_CLOSE, ISDN_DISCONNECT),
    LIVE(SIP_NO_ACK, S(ANSWERED), Q(ACTIVE), LEAVING, DISCONNECT_REQUEST,
         "RFC 3398 7.1.4; RFC 3261 13.3.1.4: cause 102",
         NOTE_CAUSE, MEDIA_CLOSE, SIP_BYE, ISDN_DISCONNECT),

    LIVE(SIP_BYE, HEARD, REACHING, CANCELLING, DISCONNECT_REQUEST,
         "RFC 3261 15: no BYE in an early dialog of ours; cleared all the same",
         NOTE_CAUSE, MEDIA_CLOSE, SIP_CANCEL, ISDN_DISCONNECT),
    LIVE(SIP_BYE, S(CALLING), REACHING, ABANDONED, DISCONNECT_REQUEST,
         "RFC 3261 15, 9.1: the same, overtaking its provisional response",
         NOTE_CAUSE, MEDIA_CLOSE, ISDN_DISCONNECT),
    LIVE(SIP_LOST, CALLED, REACHING, IDLE, DISCONNECT_REQUEST,
         "RFC 4497 8.4.5; RFC 5057 5.1", NOTE_CAUSE, MEDIA_CLOSE, ISDN_DISCONNECT),
};

/* The SIP leg goes home alone: the ISDN leg is cleared or being cleared. */
static const CallRule sip_goes_home[] = {
    LIVE(SIP_ACK, S(PARTING), CLEARED, LEAVING, SAME,
         "RFC 4497 8.4.1 (2): BYE after ACK", SIP_BYE),
    LIVE(SIP_NO_ACK, S(PARTING), CLEARED, LEAVING, SAME,
         "RFC 3261 13.3.1.4: BYE though no ACK came", SIP_BYE),
    STEP(SIP_BYE, S(PARTING), CLEARED, IDLE, SAME,
         "RFC 3261 15.1.2"),
    STEP(SIP_LOST, S(PARTING) | GIVEN_UP | S(LEAVING), CLEARED, IDLE, SAME,
         "RFC 5057 5.1"),
    STEP(SIP_REFUSED, S(PARTING), CLEARED, IDLE, SAME,
         "RFC 3262 3; RFC 4497 8.4.1: the 200 waited for a PRACK and was not sent"),
    STEP(SIP_ENDED, S(PARTING) | S(LEAVING), CLEARED, IDLE, SAME,
         "RFC 3261 15.1.1"),
    STEP(TIMER_GUARD, S(PARTING) | GIVEN_UP | S(LEAVING), CLEARED, IDLE, SAME,
         "RFC 3261 17.1, 17.2: every timer of the stack has run out"),
    LIVE(SIP_TRYING, S(ABANDONED), CLEARED, CANCELLING, SAME,
         "RFC 4497 8.4.1 (4); RFC 3261 9.1: CANCEL after a provisional", SIP_CANCEL),
    LIVE(SIP_RINGING, S(ABANDONED), CLEARED, CANCELLING, SAME,
         "RFC 4497 8.4.1 (4); RFC 3261 9.1: CANCEL after a provisional", SIP_CANCEL),
    LIVE(SIP_RINGING_MEDIA, S(ABANDONED), CLEARED, CANCELLING, SAME,
         "RFC 4497 8.4.1 (4); RFC 3261 9.1: CANCEL after a provisional", SIP_CANCEL),
    LIVE(SIP_PROGRESS, S(ABANDONED), CLEARED, CANCELLING, SAME,
         "RFC 4497 8.4.1 (4); RFC 3261 9.1: CANCEL after a provisional", SIP_CANCEL),
    LIVE(SIP_ANSWER, GIVEN_UP, CLEARED, LEAVING, SAME,
         "RFC 3398 8.2.7; RFC 4497 8.4.1: 200 crossed CANCEL, ACK and BYE", SIP_BYE),
    STEP(SIP_FAILURE, GIVEN_UP, CLEARED, IDLE, SAME,
         "RFC 3261 9.1; RFC 4497 8.4.4: 487 or another final"),
};

/* DISCONNECT is answered by RELEASE at once, whatever SIP still has to do. */
#define DISCONNECTED(event)                                                                        \
    LIVE(event, S(IDLE), Q(OVERLAP_RECEIVING) | Q(AWAITING_NAME), SAME, RELEASE_REQUEST,                              \
         "Q.931 5.3.3", NOTE_CAUSE, ISDN_RELEASE),                                                 \
    LIVE(event, S(IDLE), Q(AWAITING_DIGITS), SAME, RELEASE_REQUEST,                                \
         "Q.931 5.3.3: the dial tone is over", NOTE_CAUSE, MEDIA_CLOSE, ISDN_RELEASE),             \
    LIVE(event, S(IDLE), OFFERED, SAME, RELEASE_REQUEST,                                           \
         "RFC 3666 3.6; Q.931 5.3.3: the caller has heard the busy tone",                          \
         FORGET_CAUSE, NOTE_CAUSE, MEDIA_HUSH, ISDN_RELEASE),                                      \
    LIVE(event, S(CALLING), REACHING, ABANDONED, RELEASE_REQUEST,                                  \
         "RFC 4497 8.4.1 (4): no response yet, nothing sent", NOTE_CAUSE, MEDIA_CLOSE,             \
         ISDN_RELEASE),                                                                            \
    LIVE(event, HEARD, REACHING, CANCELLING, RELEASE_REQUEST,                                      \
         "RFC 4497 8.4.1; RFC 3398 8.2.7", NOTE_CAUSE, MEDIA_CLOSE, SIP_CANCEL, ISDN_RELEASE), \
    LIVE(event, S(ANSWERED), Q(ACTIVE), PARTING, RELEASE_REQUEST,                                  \
         "RFC 4497 8.4.1 (2): wait for ACK", NOTE_CAUSE, MEDIA_CLOSE, SIP_WITHDRAW, ISDN_RELEASE), \
    LIVE(event, S(UP), TALKING, LEAVING, RELEASE_REQUEST,                                          \
         "RFC 4497 8.4.1; RFC 3398 10.2", NOTE_CAUSE, MEDIA_CLOSE, SIP_BYE, ISDN_RELEASE),     \
    LIVE(event, S(IDLE), Q(DISCONNECT_REQUEST), SAME, RELEASE_REQUEST,                             \
         "Q.931 5.3.5: DISCONNECT crossed DISCONNECT", MEDIA_HUSH, ISDN_RELEASE),                  \
    LIVE(event, (DEPARTED & ~S(IDLE)) | S(UP), Q(DISCONNECT_REQUEST), SAME, RELEASE_REQUEST,       \
         "Q.931 5.3.5: DISCONNECT crossed DISCONNECT", ISDN_RELEASE)

/* The ISDN leg is gone with this event; the actions in ... are its last words on the line, if any. */
#define GONE(event, cite, ...)                                                                     \
    LIVE(event, WAITING, SEEKING, SAME, NULL,                                                      \
         cite "; RFC 4497 8.4.1, Table 1 note 2; RFC 3398 7.2.4.1",                            \
         NOTE_CAUSE, MEDIA_CLOSE, ##__VA_ARGS__, CHANNEL_FREE, ROUTE_NEXT),                        \
    LIVE(event, WAITING, Q(DELIVERED), IDLE, NULL,                                                 \
         cite "; RFC 4497 8.4.1; RFC 3398 7.2.4",                                              \
         NOTE_CAUSE, MEDIA_CLOSE, SIP_REJECT, ##__VA_ARGS__, CHANNEL_FREE),                        \
    LIVE(event, COMMITTED, OUTGOING | Q(DISCONNECT_INDICATION), IDLE, NULL,                        \
         cite "; RFC 4497 8.4.1; RFC 3398 7.2.4",                                              \
         NOTE_CAUSE, MEDIA_CLOSE, SIP_REJECT, ##__VA_ARGS__, CHANNEL_FREE),                        \
    LIVE(event, S(IDLE), Q(OVERLAP_RECEIVING) | Q(AWAITING_NAME), SAME, NULL,                                         \
         cite, NOTE_CAUSE, ##__VA_ARGS__, CHANNEL_FREE),                                           \
    LIVE(event, S(IDLE), Q(AWAITING_DIGITS), SAME, NULL,                                           \
         cite, NOTE_CAUSE, MEDIA_CLOSE, ##__VA_ARGS__, CHANNEL_FREE),                              \
    LIVE(event, S(CALLING), REACHING, ABANDONED, NULL,                                             \
         cite "; RFC 4497 8.4.1 (4)", NOTE_CAUSE, MEDIA_CLOSE, ##__VA_ARGS__, CHANNEL_FREE),       \
    LIVE(event, HEARD, REACHING, CANCELLING, NULL,                                                 \
         cite "; RFC 4497 8.4.1; RFC 3398 8.2.7",                                              \
         NOTE_CAUSE, MEDIA_CLOSE, SIP_CANCEL, ##__VA_ARGS__, CHANNEL_FREE),                        \
    LIVE(event, S(ANSWERED), Q(ACTIVE), PARTING, NULL,                                             \
         cite "; RFC 4497 8.4.1 (2)",                                                          \
         NOTE_CAUSE, MEDIA_CLOSE, SIP_WITHDRAW, ##__VA_ARGS__, CHANNEL_FREE),                      \
    LIVE(event, S(UP), TALKING, LEAVING, NULL,                                                     \
         cite "; RFC 4497 8.4.1; RFC 3398 10.2",                                               \
         NOTE_CAUSE, MEDIA_CLOSE, SIP_BYE, ##__VA_ARGS__, CHANNEL_FREE)

/* The same while the leg is being cleared and SIP goes its own way, or stays up without the PBX. */
#define CLEARED_BY(event, isdn, cite, ...)                                                         \
    LIVE(event, DEPARTED | S(UP), isdn, SAME, NULL, cite, ##__VA_ARGS__, CHANNEL_FREE)

/* The same after our DISCONNECT, or PROGRESS in its place, to which the PBX may have heard busy tone. */
#define CLEARED_TONE(event, cite, ...)                                                             \
    LIVE(event, S(IDLE), Q(DISCONNECT_REQUEST) | OFFERED, SAME, NULL,                              \
         cite, MEDIA_HUSH, ##__VA_ARGS__, CHANNEL_FREE),                                           \
    LIVE(event, (DEPARTED & ~S(IDLE)) | S(UP), Q(DISCONNECT_REQUEST), SAME, NULL,                  \
         cite, ##__VA_ARGS__, CHANNEL_FREE)

/* The same after our RELEASE, with a caller who was kept for an alternative. */
#define ROUTED_BY(event, cite, ...)                                                                \
    LIVE(event, WAITING, Q(RELEASE_REQUEST), SAME, NULL,                                           \
         cite "; RFC 4497 8.4.1, Table 1 note 2", ##__VA_ARGS__, CHANNEL_FREE, ROUTE_NEXT)

static const CallRule clearing_from_isdn[] = {
    LIVE(ISDN_DISCONNECT, WAITING, SEEKING, SAME, RELEASE_REQUEST,
         "Q.931 5.3.3; RFC 3398 7.2.4.1: an alternative may follow",
         NOTE_CAUSE, MEDIA_CLOSE, ISDN_RELEASE),
    LIVE(ISDN_DISCONNECT, WAITING, Q(DELIVERED), IDLE, RELEASE_REQUEST,
         "RFC 4497 8.4.1; Q.931 5.3.3", NOTE_CAUSE, MEDIA_CLOSE, SIP_REJECT, ISDN_RELEASE),
    LIVE(ISDN_DISCONNECT, COMMITTED, OUTGOING, IDLE, RELEASE_REQUEST,
         "RFC 4497 8.4.1; Q.931 5.3.3", NOTE_CAUSE, MEDIA_CLOSE, SIP_REJECT, ISDN_RELEASE),
    LIVE(ISDN_DISCONNECT, S(TREATED), Q(DISCONNECT_INDICATION), IDLE, RELEASE_REQUEST,
         "Q.931 5.3.4.1: the tones are over", MEDIA_CLOSE, SIP_REJECT, ISDN_RELEASE),
    DISCONNECTED(ISDN_DISCONNECT),
    LIVE(ISDN_DISCONNECT_MEDIA, WAITING, OUTGOING, TREATED, DISCONNECT_INDICATION,
         "RFC 4497 8.3.3; Q.931 5.3.4.1", NOTE_CAUSE, MEDIA_LISTEN, SIP_PROGRESS),
    LIVE(ISDN_DISCONNECT_MEDIA, COMMITTED, OUTGOING, TREATED, DISCONNECT_INDICATION,
         "RFC 4497 8.3.3; Q.931 5.3.4.1", NOTE_CAUSE),
    DISCONNECTED(ISDN_DISCONNECT_MEDIA),

    GONE(ISDN_RELEASE, "Q.931 5.3.4", ISDN_RELEASE_COMPLETE),
    CLEARED_TONE(ISDN_RELEASE, "Q.931 5.3.4", ISDN_RELEASE_COMPLETE),
    CLEARED_BY(ISDN_RELEASE, Q(RELEASE_REQUEST), "Q.931 5.3.5: RELEASE crossed RELEASE",
               ISDN_FORGET),
    ROUTED_BY(ISDN_RELEASE, "Q.931 5.3.5: RELEASE crossed RELEASE", ISDN_FORGET),
    GONE(ISDN_RELEASED, "Q.931 5.3.2, 5.8.3.2"),
    CLEARED_TONE(ISDN_RELEASED, "Q.931 5.3.4"),
    CLEARED_BY(ISDN_RELEASED, Q(RELEASE_REQUEST), "Q.931 5.3.4"),
    ROUTED_BY(ISDN_RELEASED, "Q.931 5.3.4"),
};

static const CallRule restart_and_loss[] = {
    GONE(ISDN_RESTART, "Q.931 5.5; RFC 4497 8.4.5; RFC 3398 11.1", ISDN_FORGET),
    CLEARED_TONE(ISDN_RESTART, "Q.931 5.5", ISDN_FORGET),
    CLEARED_BY(ISDN_RESTART, Q(RELEASE_REQUEST), "Q.931 5.5", ISDN_FORGET),
    ROUTED_BY(ISDN_RESTART, "Q.931 5.5", ISDN_FORGET),
    GONE(ISDN_LOST, "Q.931 5.8.9; RFC 4497 8.4.5", ISDN_FORGET),
    CLEARED_TONE(ISDN_LOST, "Q.931 5.8.9", ISDN_FORGET),
    CLEARED_BY(ISDN_LOST, Q(RELEASE_REQUEST), "Q.931 5.8.9", ISDN_FORGET),
    ROUTED_BY(ISDN_LOST, "Q.931 5.8.9", ISDN_FORGET),
    TAKEN_CALL_CLEARED(ISDN_STRANDED, "Q.931 5.8.9, 5.3.3: cause 27, while the PBX can be told", "RFC 4497 8.4.1"),

    LIVE(ISDN_REFUSED, WAITING, Q(INITIATED), SAME, NULL,
         "RFC 4497 8.3.1; RFC 3398 7.2.4.1: SETUP could not be sent",
         NOTE_CAUSE, MEDIA_CLOSE, ISDN_FORGET, CHANNEL_FREE, ROUTE_NEXT),
    LIVE(ISDN_REFUSED, S(IDLE), Q(OVERLAP_RECEIVING), SAME, NULL,
         "RFC 4497 8.4.5", NOTE_CAUSE, ISDN_FORGET, CHANNEL_FREE),
    LIVE(ISDN_REFUSED, S(IDLE), Q(AWAITING_DIGITS), SAME, NULL,
         "RFC 4497 8.4.5", NOTE_CAUSE, MEDIA_CLOSE, ISDN_FORGET, CHANNEL_FREE),
    LIVE(ISDN_REFUSED, S(IDLE), OFFERED, SAME, NULL,
         "RFC 4497 8.4.5: PROGRESS could not be sent", MEDIA_HUSH, ISDN_FORGET, CHANNEL_FREE),
    LIVE(ISDN_REFUSED, S(ALERTED) | S(EARLY), OFFERED, CANCELLING, NULL,
         "RFC 4497 8.4.5", NOTE_CAUSE, MEDIA_CLOSE, SIP_CANCEL, ISDN_FORGET, CHANNEL_FREE),
    LIVE(ISDN_REFUSED, S(ANSWERED), Q(ACTIVE), PARTING, NULL,
         "RFC 4497 8.4.5, 8.4.1 (2)",
         NOTE_CAUSE, MEDIA_CLOSE, SIP_WITHDRAW, ISDN_FORGET, CHANNEL_FREE),
    LIVE(ISDN_REFUSED, S(UP), Q(CONNECT_REQUEST), LEAVING, NULL,
         "RFC 4497 8.4.5", NOTE_CAUSE, MEDIA_CLOSE, SIP_BYE, ISDN_FORGET, CHANNEL_FREE),
};

static const CallRule timers[] = {
    LIVE(ISDN_UNACKNOWLEDGED, S(UP), Q(CONNECT_REQUEST), LEAVING, DISCONNECT_REQUEST,
         "Q.931 5.2.8, 9.2 T313; RFC 4497 8.4.5: cause 102",
         NOTE_CAUSE, MEDIA_CLOSE, SIP_BYE),
    LIVE(TIMER_T301, WAITING | S(PROGRESSING), Q(DELIVERED), IDLE, DISCONNECT_REQUEST,
         "Q.931 9.2; RFC 3398 7.2.8; RFC 4497 8.4.5: cause 19, 480",
         NOTE_CAUSE, MEDIA_CLOSE, SIP_REJECT, ISDN_DISCONNECT),
    LIVE(TIMER_T302, S(IDLE), Q(OVERLAP_RECEIVING), SAME, SAME,
         "Q.931 5.2.4; RFC 4497 8.2.2: the number is complete, or cause 28",
         COLLECT_DIGITS, ROUTE_CALL),
    LIVE(TIMER_T304, WAITING | S(PROGRESSING), Q(OVERLAP_SENDING), IDLE, DISCONNECT_REQUEST,
         "Q.931 9.2; RFC 4497 8.4.5: cause 102, 408",
         NOTE_CAUSE, MEDIA_CLOSE, SIP_REJECT, ISDN_DISCONNECT),
    LIVE(TIMER_T306, S(TREATED), Q(DISCONNECT_INDICATION), IDLE, RELEASE_REQUEST,
         "Q.931 5.3.4.1, 9.1", MEDIA_CLOSE, SIP_REJECT, ISDN_RELEASE),
    LIVE(TIMER_T310, S(INVITED), Q(OUTGOING_PROCEEDING), IDLE, DISCONNECT_REQUEST,
         "Q.931 9.2; RFC 4497 8.4.5: cause 102, 408",
         NOTE_CAUSE, MEDIA_CLOSE, SIP_REJECT, ISDN_DISCONNECT),
    LIVE(TIMER_PROGRESS, S(RINGING) | S(PROGRESSING), Q(OUTGOING_PROCEEDING), IDLE, DISCONNECT_REQUEST,
         "Q.931 9.2; RFC 4497 8.4.5: cause 102, 408",
         NOTE_CAUSE, MEDIA_CLOSE, SIP_REJECT, ISDN_DISCONNECT),
    LIVE(TIMER_NO_ANSWER, HEARD, OFFERED, CANCELLING, DISCONNECT_REQUEST,
         "RFC 3261 16.8; RFC 3398 7.2.8: cause 19",
         NOTE_CAUSE, MEDIA_CLOSE, SIP_CANCEL, ISDN_DISCONNECT),
    LIVE(TIMER_INTERWORK, S(TREATED), OUTGOING, IDLE, DISCONNECT_REQUEST,
         "RFC 3398 7.1.6; RFC 4497 8.3.3: the cause that PROGRESS told",
         NOTE_CAUSE, MEDIA_CLOSE, SIP_REJECT, ISDN_DISCONNECT),
    LIVE(TIMER_INTERWORK, S(IDLE), OFFERED, SAME, DISCONNECT_REQUEST,
         "RFC 3666 3.6; Q.931 5.3.3: the cause for which busy tone was played",
         MEDIA_HUSH, ISDN_DISCONNECT),
    BOTH_TALKING(MEDIA_SILENT, "Q.850 cause 102; RFC 4028 10 by analogy"),
};

static const CallRule operator_clears[] = {
    CLEARED_FROM_HERE(OPERATOR_CLEAR, "Q.931 5.3.3", "RFC 4497 8.4.5", "RFC 4497 8.4.1"),
    LIVE(OPERATOR_CLEAR, WAITING, Q(RELEASE_REQUEST), IDLE, SAME,
         "RFC 4497 8.4.5: no alternative any more", NOTE_CAUSE, SIP_REJECT),
};

const CallRuleGroup callmap_groups_clear[] = {
    GROUP("Clearing from SIP", clearing_from_sip),
    GROUP("The SIP leg goes home", sip_goes_home),
    GROUP("Clearing from ISDN", clearing_from_isdn),
    GROUP("Restart and loss", restart_and_loss),
    GROUP("Timers", timers),
    GROUP("Operator", operator_clears),
    {NULL},
};
