/* The call map's rows for who is at the ends of a call: told before, with and after the answer, and
 * the caller's name that follows SETUP.
 *
 * What is told before the leg that shall hear it can be spoken to is kept by the hall (call_isdn_party(), call_sip_party())
 * and goes out with the answer. After it each end's news is a message to the other one, or none where that one has no
 * words for it: the rooms know. No leg's state depends on any of it.
 */
#include "callmap_rows.h"

/* clang-format off */

/* SETUP says that the caller's name follows. An NI-2 network sends it in a FACILITY when CALL PROCEEDING has told it that the call
 * reference is known here; until then, or until the trunk's name-wait is over, the call waits in U9 for its routing. */
static const CallRule late_name[] = {
    LIVE(ISDN_SETUP_UNNAMED, S(IDLE), Q(NULL), SAME, AWAITING_NAME,
         "RFC 3398 12.1; Q.931 5.2.5.1: T303 of the PBX is stopped", ISDN_PROCEEDING),
    LIVE(ISDN_PARTY, S(IDLE), Q(AWAITING_NAME), SAME, SAME,
         "RFC 3398 12.1; RFC 4497 8.2.1.1", COLLECT_NAME, ROUTE_CALL),
    LIVE(TIMER_NAME, S(IDLE), Q(AWAITING_NAME), SAME, SAME,
         "RFC 4497 8.2.1.1; RFC 3311 5.1: the name will be told by UPDATE", ROUTE_CALL),
    LIVE(ROUTE_PEER, S(IDLE), Q(AWAITING_NAME), CALLING, INCOMING_PROCEEDING,
         "RFC 4497 8.2.1.1; RFC 3398 8.2.3: RTP before any 18x is heard", MEDIA_OPEN, MEDIA_PLAY, SIP_INVITE),
    LIVE(ROUTE_NONE, S(IDLE), Q(AWAITING_NAME), SAME, DISCONNECT_REQUEST,
         "Q.931 5.3.3; RFC 4497 8.2.1.1", NOTE_CAUSE, ISDN_DISCONNECT),
    LIVE(ISDN_PARTY, S(IDLE), Q(OVERLAP_RECEIVING) | Q(AWAITING_DIGITS), SAME, SAME,
         "RFC 3398 12.1: the INVITE is still to come", COLLECT_NAME),
};

static const CallRule told[] = {
    STEP(SIP_IDENTITY, HEARD, REACHING, SAME, SAME,
         "RFC 4497 9.2.3: CONNECT will tell it"),
    STEP(SIP_IDENTITY, HEARD, TALKING, SAME, SAME,
         "RFC 4916 4: of one who has not answered yet"),
    LIVE(SIP_IDENTITY, UNANSWERED, OUTGOING, SAME, SAME,
         "RFC 4916 4; RFC 3311 5.1: the caller is another one before the answer", ISDN_PARTY),
    LIVE(SIP_IDENTITY, S(ANSWERED) | S(UP), TALKING, SAME, SAME,
         "RFC 4916 4; RFC 3311 5.1", ISDN_PARTY),

    STEP(ISDN_PARTY, UNANSWERED, OUTGOING, SAME, SAME,
         "RFC 4497 9.1.3: the 200 will tell it"),
    STEP(ISDN_PARTY, S(IDLE), OFFERED, SAME, SAME,
         "RFC 3666 3.6: the caller hears busy tone, nobody is left to be told"),
    LIVE(ISDN_PARTY, CALLED, REACHING, SAME, SAME,
         "RFC 3398 12.1; RFC 3311 5.1: a name that was late", SIP_PARTY),
    LIVE(ISDN_PARTY, CALLED, TALKING, SAME, SAME,
         "RFC 4916 4; RFC 3311 5.1", SIP_PARTY),
    LIVE(ISDN_PARTY, S(ANSWERED) | S(UP), TALKING, SAME, SAME,
         "RFC 4916 4; RFC 3311 5.1", SIP_PARTY),
};

const CallRuleGroup callmap_groups_party[] = {
    GROUP("The caller's name follows SETUP", late_name),
    GROUP("Who is at the other end", told),
    {NULL},
};
