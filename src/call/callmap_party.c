/* The call map's rows for who is at the ends of a call: told before, with and after the answer, and
 * the caller's name that follows SETUP.
 *
 * What is told before the leg that shall hear it can be spoken to is kept by the hall (call_party_isdn(), call_party_sip())
 * and goes out with the answer. After it each end's news is a message to the other one, or none where that one has no
 * words for it: the rooms know. No leg's state depends on any of it.
 */
#include "callmap_rows.h"

/* clang-format off */

/* SETUP says that the caller's name follows: until it has come, or the trunk's name-wait is over, the call waits as it came,
 * in U6. Nothing has been said to the PBX yet, so that a refusal is still RELEASE COMPLETE; name-wait is far below the T303 that
 * runs there. */
static const CallRule late_name[] = {
    STEP(ISDN_SETUP_UNNAMED, S(IDLE), Q(NULL), SAME, AWAITING_NAME,
         "RFC 3398 12.1; Q.931 5.2.5.1: T303 of the PBX runs"),
    LIVE(ISDN_PARTY, S(IDLE), Q(AWAITING_NAME), SAME, PRESENT,
         "RFC 3398 12.1; RFC 4497 8.2.1.1; Q.931 5.2.1", COLLECT_NAME, ROUTE_CALL),
    LIVE(TIMER_NAME, S(IDLE), Q(AWAITING_NAME), SAME, PRESENT,
         "RFC 4497 8.2.1.1; RFC 3311 5.1: the name will be told by UPDATE", ROUTE_CALL),
    LIVE(ISDN_PARTY, S(IDLE), Q(OVERLAP_RECEIVING), SAME, SAME,
         "RFC 3398 12.1: the INVITE is still to come", COLLECT_NAME),

    LIVE(ISDN_DISCONNECT, S(IDLE), Q(AWAITING_NAME), SAME, RELEASE_REQUEST,
         "Q.931 5.3.3", NOTE_CAUSE, ISDN_RELEASE),
    LIVE(ISDN_DISCONNECT_MEDIA, S(IDLE), Q(AWAITING_NAME), SAME, RELEASE_REQUEST,
         "Q.931 5.3.3", NOTE_CAUSE, ISDN_RELEASE),
    LIVE(ISDN_RELEASE, S(IDLE), Q(AWAITING_NAME), SAME, NULL,
         "Q.931 5.3.4", NOTE_CAUSE, ISDN_RELEASE_COMPLETE, CHANNEL_FREE),
    LIVE(ISDN_RELEASED, S(IDLE), Q(AWAITING_NAME), SAME, NULL,
         "Q.931 5.3.2, 5.8.3.2", NOTE_CAUSE, CHANNEL_FREE),
    LIVE(ISDN_RESTART, S(IDLE), Q(AWAITING_NAME), SAME, NULL,
         "Q.931 5.5", NOTE_CAUSE, ISDN_FORGET, CHANNEL_FREE),
    LIVE(ISDN_LOST, S(IDLE), Q(AWAITING_NAME), SAME, NULL,
         "Q.931 5.8.9", NOTE_CAUSE, ISDN_FORGET, CHANNEL_FREE),
    LIVE(OPERATOR_CLEAR, S(IDLE), Q(AWAITING_NAME), SAME, NULL,
         "Q.931 5.3.2 (a)", NOTE_CAUSE, ISDN_RELEASE_COMPLETE, CHANNEL_FREE),
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
