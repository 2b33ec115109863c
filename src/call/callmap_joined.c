/* The call map's rows for a call that the PBX has joined to another one of its own: it leaves both, and their SIP ends talk
 * to each other.
 *
 * The SIP leg stays up while the ISDN leg is cleared like any other (callmap_clear.c), and after that. What the PBX would have
 * heard of the phone the other call hears.
 */
#include "callmap_rows.h"

/* clang-format off */

static const CallRule joined[] = {
    LIVE(CALL_JOINED, S(UP), TALKING, SAME, DISCONNECT_REQUEST,
         "EN 300 369-1 9.2; Q.931 5.3.3: the PBX's legs are cleared, its hold with them",
         MEDIA_JOIN, ISDN_DISCONNECT, SIP_RESUME, SIP_PARTY),
    LIVE(CALL_PARTY, S(UP), CLEARED, SAME, SAME,
         "RFC 4916 4; RFC 3311 5.1", SIP_PARTY),
    LIVE(CALL_LEFT, S(UP), CLEARED, LEAVING, SAME,
         "RFC 3261 15: the far end is gone", NOTE_CAUSE, MEDIA_CLOSE, SIP_BYE),

    LIVE(SIP_MEDIA, S(UP), CLEARED, SAME, SAME,
         "RFC 3264 8: the other end hears it as sound alone", MEDIA_UPDATE),
    STEP(SIP_HELD, S(UP), CLEARED, SAME, SAME,
         "RFC 3264 8.4: the other end hears nothing, or what is played to it"),
    STEP(SIP_RETRIEVED, S(UP), CLEARED, SAME, SAME,
         "RFC 3264 8.4: the other end hears nothing, or what is played to it"),
    LIVE(SIP_IDENTITY, S(UP), CLEARED, SAME, SAME,
         "RFC 4916 4; RFC 3311 5.1", TELL_PARTY),
    LIVE(SIP_REPLACED, S(UP), CLEARED, SAME, SAME,
         "RFC 3891 3", MEDIA_THROUGH, TELL_PARTY),
    LIVE(SIP_DIGIT, S(UP), CLEARED, SAME, SAME,
         "RFC 6086 4.2: for the other end, as DTMF", MEDIA_DIGIT),
    LIVE(MEDIA_HEARD, S(UP), CLEARED, SAME, SAME,
         "RFC 6086 4.2: of the other end", SIP_DIGIT),
};

/* The SIP leg has ended with EVENT. */
#define ENDS(event, cite)                                                                          \
    LIVE(event, S(UP), CLEARED, IDLE, SAME, cite, NOTE_CAUSE, MEDIA_CLOSE, TELL_LEFT)
/* It is ended for a reason of ours. */
#define ENDED(event, cite)                                                                         \
    LIVE(event, S(UP), CLEARED, LEAVING, SAME, cite, NOTE_CAUSE, MEDIA_CLOSE, SIP_BYE, TELL_LEFT)

static const CallRule joined_ends[] = {
    ENDS(SIP_BYE, "RFC 3261 15.1.2: the other end is told by BYE"),
    ENDS(SIP_LOST, "RFC 5057 5.1; RFC 4028 10: the other end is told by BYE"),
    ENDS(SIP_ENDED, "RFC 3261 15.1.1: a BYE that the stack sent by itself"),
    ENDED(MEDIA_SILENT, "Q.850 cause 102; RFC 4028 10 by analogy"),
    ENDED(OPERATOR_CLEAR, "RFC 3261 15"),
};

const CallRuleGroup callmap_groups_joined[] = {
    GROUP("Joined by the PBX, which leaves", joined),
    GROUP("Joined by the PBX: one end hangs up", joined_ends),
    {NULL},
};
