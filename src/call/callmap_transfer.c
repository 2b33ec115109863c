/* The call map's rows for a call whose SIP side changes hands while the ISDN leg stands: transfers.
 *
 * A transfer is tried beside the call, by a dialog the map knows nothing of. When that is answered it takes the leg's
 * place (SIP.REPLACED). When the far end leaves before (SIP.MOVED) the INVITE under way is the call's SIP leg, and
 * it stands where an INVITE of ours stands, but with an ISDN leg that is connected.
 */
#include "callmap_rows.h"

/* clang-format off */

static const CallRule replaced[] = {
    LIVE(SIP_REPLACED, S(UP), TALKING, UP, SAME,
         "RFC 3891 3; RFC 3515 2.4.4; RFC 5589 6.1, 7.1; RFC 4497 9.2.3", MEDIA_THROUGH, ISDN_NOTIFY_RETRIEVED, ISDN_PARTY),
    LIVE(SIP_REPLACED, HEARD, OFFERED, UP, CONNECT_REQUEST,
         "RFC 3891 3: an early dialog of ours is picked up; RFC 4497 8.2.1.4", ISDN_CONNECT, MEDIA_THROUGH),
    LIVE(SIP_REPLACED, HEARD, TALKING, UP, SAME,
         "RFC 3891 3: the same, of one who was transferred", MEDIA_THROUGH, ISDN_PARTY),
    LIVE(SIP_MOVED, S(UP), TALKING, CALLING, SAME,
         "RFC 5589 6.1, 6.2; RFC 3515 2.4.6: no Q.931 message", MEDIA_UPDATE),
};

/* Both legs, for a reason of ours. */
#define CLEARED_MEANWHILE(event, cite)                                                             \
    LIVE(event, S(CALLING), TALKING, ABANDONED, DISCONNECT_REQUEST,                                \
         cite "; RFC 4497 8.4.1 (4)", NOTE_CAUSE, MEDIA_CLOSE, ISDN_DISCONNECT),                   \
    LIVE(event, HEARD, TALKING, CANCELLING, DISCONNECT_REQUEST,                                    \
         cite "; RFC 4497 8.4.1", NOTE_CAUSE, MEDIA_CLOSE, SIP_CANCEL, ISDN_DISCONNECT)

/* The ISDN leg is connected, and the one it talks to is being called. */
static const CallRule moving[] = {
    STEP(SIP_TRYING, S(CALLING), TALKING, PROCEEDING, SAME, "RFC 5589 6.1: no message"),
    STEP(SIP_TRYING, HEARD, TALKING, SAME, SAME, "RFC 5589 6.1: no message"),
    LIVE(SIP_RINGING, S(CALLING) | S(PROCEEDING), TALKING, ALERTED, SAME,
         "RFC 3960 3.2: ringback without a message", MEDIA_RINGBACK),
    STEP(SIP_RINGING, S(ALERTED) | S(EARLY), TALKING, SAME, SAME, "RFC 3960 3.2: rings already"),
    LIVE(SIP_RINGING_MEDIA, CALLED & ~S(EARLY), TALKING, EARLY, SAME,
         "RFC 3960 3.2: the far end's own tones are heard", MEDIA_THROUGH),
    LIVE(SIP_RINGING_MEDIA, S(EARLY), TALKING, SAME, SAME,
         "RFC 3960 3.2: the last SDP is heard", MEDIA_THROUGH),
    LIVE(SIP_PROGRESS, CALLED & ~S(EARLY), TALKING, EARLY, SAME,
         "RFC 3960 3.2: the far end's own tones are heard", MEDIA_THROUGH),
    LIVE(SIP_PROGRESS, S(EARLY), TALKING, SAME, SAME,
         "RFC 3960 3.2: the last SDP is heard", MEDIA_THROUGH),
    LIVE(SIP_MEDIA, HEARD, TALKING, SAME, SAME, "RFC 3262 5; RFC 3311 5", MEDIA_UPDATE),
    LIVE(SIP_ANSWER, CALLED, TALKING, UP, SAME,
         "RFC 5589 6.1: the call was connected all the time; RFC 4497 9.2.3", MEDIA_THROUGH,
         ISDN_NOTIFY_RETRIEVED, ISDN_PARTY),
    STEP(ISDN_CONNECT_ACK, CALLED, Q(CONNECT_REQUEST), SAME, ACTIVE, "Q.931 5.2.8"),

    LIVE(SIP_FAILURE, CALLED, TALKING, IDLE, DISCONNECT_REQUEST,
         "RFC 5589 6.3; RFC 3398 8.2.6.1: nobody is left to return to",
         NOTE_CAUSE, MEDIA_CLOSE, ISDN_DISCONNECT),
    LIVE(SIP_LOST, CALLED, TALKING, IDLE, DISCONNECT_REQUEST,
         "RFC 4497 8.4.5; RFC 5057 5.1", NOTE_CAUSE, MEDIA_CLOSE, ISDN_DISCONNECT),
    LIVE(SIP_BYE, S(CALLING), TALKING, ABANDONED, DISCONNECT_REQUEST,
         "RFC 3261 15, 9.1: overtaking its provisional response", NOTE_CAUSE, MEDIA_CLOSE, ISDN_DISCONNECT),
    LIVE(SIP_BYE, HEARD, TALKING, CANCELLING, DISCONNECT_REQUEST,
         "RFC 3261 15: no BYE in an early dialog of ours; cleared all the same",
         NOTE_CAUSE, MEDIA_CLOSE, SIP_CANCEL, ISDN_DISCONNECT),
    LIVE(TIMER_NO_ANSWER, HEARD, TALKING, CANCELLING, DISCONNECT_REQUEST,
         "RFC 5589 6.3.2; RFC 3398 7.2.8: cause 19", NOTE_CAUSE, MEDIA_CLOSE, SIP_CANCEL, ISDN_DISCONNECT),
    LIVE(ISDN_UNACKNOWLEDGED, S(CALLING), Q(CONNECT_REQUEST), ABANDONED, DISCONNECT_REQUEST,
         "Q.931 5.2.8, 9.2 T313; RFC 4497 8.4.1 (4)", NOTE_CAUSE, MEDIA_CLOSE),
    LIVE(ISDN_UNACKNOWLEDGED, HEARD, Q(CONNECT_REQUEST), CANCELLING, DISCONNECT_REQUEST,
         "Q.931 5.2.8, 9.2 T313; RFC 4497 8.4.1", NOTE_CAUSE, MEDIA_CLOSE, SIP_CANCEL),
    CLEARED_MEANWHILE(OPERATOR_CLEAR, "Q.931 5.3.3"),
    CLEARED_MEANWHILE(ISDN_STRANDED, "Q.931 5.8.9, 5.3.3"),
    CLEARED_MEANWHILE(CALL_PREEMPTED, "Q.850 cause 8; RFC 4411 3"),
    LATE(MEDIA_SILENT, CALLED, TALKING, "RFC 3550 6.3.5: told of the one who has left"),
};

/* The PBX's party hangs up while the next one is being called. */
#define HANGS_UP(event)                                                                            \
    LIVE(event, S(CALLING), TALKING, ABANDONED, RELEASE_REQUEST,                                   \
         "RFC 4497 8.4.1 (4); Q.931 5.3.3", NOTE_CAUSE, MEDIA_CLOSE, ISDN_RELEASE),                \
    LIVE(event, HEARD, TALKING, CANCELLING, RELEASE_REQUEST,                                       \
         "RFC 4497 8.4.1; Q.931 5.3.3", NOTE_CAUSE, MEDIA_CLOSE, SIP_CANCEL, ISDN_RELEASE)

#define IS_GONE(event, cite, ...)                                                                  \
    LIVE(event, S(CALLING), TALKING, ABANDONED, NULL,                                              \
         cite "; RFC 4497 8.4.1 (4)", NOTE_CAUSE, MEDIA_CLOSE, ##__VA_ARGS__, CHANNEL_FREE),       \
    LIVE(event, HEARD, TALKING, CANCELLING, NULL,                                                  \
         cite "; RFC 4497 8.4.1", NOTE_CAUSE, MEDIA_CLOSE, SIP_CANCEL, ##__VA_ARGS__, CHANNEL_FREE)

static const CallRule moving_cleared[] = {
    HANGS_UP(ISDN_DISCONNECT),
    HANGS_UP(ISDN_DISCONNECT_MEDIA),
    IS_GONE(ISDN_RELEASE, "Q.931 5.3.4", ISDN_RELEASE_COMPLETE),
    IS_GONE(ISDN_RELEASED, "Q.931 5.3.2, 5.8.3.2"),
    IS_GONE(ISDN_RESTART, "Q.931 5.5", ISDN_FORGET),
    IS_GONE(ISDN_LOST, "Q.931 5.8.9", ISDN_FORGET),
};

const CallRuleGroup callmap_groups_transfer[] = {
    GROUP("Transfer: the leg is replaced", replaced),
    GROUP("Transfer: the far end has left", moving),
    GROUP("Transfer: the PBX clears meanwhile", moving_cleared),
    {NULL},
};
