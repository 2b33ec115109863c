/* The notation of the call map's rows: sets of states by name, one macro a row, groups in order of
 * story. */
#pragma once

#include "callmap.h"

/* One state as a set. ISDN's U0 is spelled Q(NULL). */
#define S(state) (1u << SIP_##state)
#define Q(state) (1u << ISDN_##state)

#define ANY_SIP ((1u << SIP_STATE_COUNT) - 1)
#define ANY_ISDN ((1u << ISDN_STATE_COUNT) - 1)

/* SIP leg, the phone called us. */
#define WAITING (S(INVITED) | S(RINGING))       /* no SDP sent: all is still open */
#define COMMITTED (S(PROGRESSING) | S(TREATED)) /* SDP sent */
#define UNANSWERED (WAITING | COMMITTED)        /* a final response is due */
/* SIP leg, we called the phone. */
#define HEARD (S(PROCEEDING) | S(ALERTED) | S(EARLY)) /* a provisional response came */
#define CALLED (S(CALLING) | HEARD)                   /* a final response is awaited */
#define GIVEN_UP (S(ABANDONED) | S(CANCELLING))       /* and is no longer wanted */
/* SIP leg that no longer carries the call. */
/* (One that is up and whose ISDN leg is cleared carries a call that the PBX has left.) */
#define DEPARTED (S(IDLE) | S(PARTING) | GIVEN_UP | S(LEAVING))

/* ISDN leg, we called the PBX. */
#define SEEKING (Q(INITIATED) | Q(OVERLAP_SENDING) | Q(OUTGOING_PROCEEDING)) /* before ALERTING */
#define OUTGOING (SEEKING | Q(DELIVERED))
/* ISDN leg, the PBX called us. */
#define OFFERED (Q(INCOMING_PROCEEDING) | Q(RECEIVED)) /* the phone is being called */
#define REACHING (OFFERED | Q(OVERLAP_RECEIVING)) /* the same, or it is, by what was dialled so far */
#define INCOMING (Q(PRESENT) | Q(AWAITING_NAME) | Q(AWAITING_DIGITS) | Q(OVERLAP_RECEIVING) | OFFERED)
/* ISDN leg, either way. */
#define TALKING (Q(CONNECT_REQUEST) | Q(ACTIVE) | Q(HELD))
#define CLEARING (Q(DISCONNECT_REQUEST) | Q(RELEASE_REQUEST))
#define CLEARED (Q(NULL) | CLEARING)
#define ALIVE (ANY_ISDN & ~Q(NULL) & ~Q(AWAITING_CHANNEL)) /* there is a call reference */

/* Actions by the tail of their name, eight at most: DO(NOTE_CAUSE, SIP_REJECT). */
#define DO_1(a) ACTION_##a
#define DO_2(a, b) ACTION_##a, ACTION_##b
#define DO_3(a, ...) ACTION_##a, DO_2(__VA_ARGS__)
#define DO_4(a, ...) ACTION_##a, DO_3(__VA_ARGS__)
#define DO_5(a, ...) ACTION_##a, DO_4(__VA_ARGS__)
#define DO_6(a, ...) ACTION_##a, DO_5(__VA_ARGS__)
#define DO_PICK(a, b, c, d, e, f, pick, ...) pick
#define DO(...) DO_PICK(__VA_ARGS__, DO_6, DO_5, DO_4, DO_3, DO_2, DO_1, )(__VA_ARGS__)

/* EVENT while the legs stand in SIP x ISDN: the legs go to SIP_NEXT, ISDN_NEXT, then the actions
 * run. */
#define LIVE(event, sip, isdn, sip_next, isdn_next, why, ...)                                      \
    {                                                                                              \
        RULE_LIVE, EVENT_##event, sip, isdn, {DO(__VA_ARGS__)}, SIP_##sip_next, ISDN_##isdn_next,  \
            why                                                                                    \
    }
/* The same without actions. */
#define STEP(event, sip, isdn, sip_next, isdn_next, why)                                           \
    {                                                                                              \
        RULE_LIVE, EVENT_##event, sip, isdn, {ACTION_END}, SIP_##sip_next, ISDN_##isdn_next, why   \
    }
/* Nothing of the call's business any more. */
#define LATE(event, sip, isdn, why)                                                                \
    {                                                                                              \
        RULE_LATE, EVENT_##event, sip, isdn, {ACTION_LOG_LATE}, SIP_SAME, ISDN_SAME, why           \
    }
/* Cannot be; yields to every live and late row, and to an earlier row of its kind. */
#define NEVER(event, sip, isdn, why)                                                               \
    {                                                                                              \
        RULE_IMPOSSIBLE, event, sip, isdn, {ACTION_END}, SIP_SAME, ISDN_SAME, why                  \
    }

/* clang-format off */
/* A caller's SIP leg that still wants its final response. */
#define CALLER_REFUSED(event, sip, isdn, why)                                                      \
    LIVE(event, sip, isdn, IDLE, DISCONNECT_REQUEST,                                    \
         why, NOTE_CAUSE, MEDIA_CLOSE, SIP_REJECT, ISDN_DISCONNECT),                               \
    LIVE(event, S(TREATED), Q(DISCONNECT_INDICATION), IDLE, RELEASE_REQUEST,                       \
         why "; Q.931 5.3.4.1", NOTE_CAUSE, MEDIA_CLOSE, SIP_REJECT, ISDN_RELEASE)

/* Both legs at once, each by the message that fits where it stands. */
#define BOTH_TALKING(event, why)                                                                   \
    LIVE(event, S(ANSWERED), Q(ACTIVE), PARTING, DISCONNECT_REQUEST,                               \
         why "; RFC 4497 8.4.1 (2)", NOTE_CAUSE, MEDIA_CLOSE, SIP_WITHDRAW, ISDN_DISCONNECT),      \
    LIVE(event, S(UP), TALKING, LEAVING, DISCONNECT_REQUEST,                                       \
         why "; RFC 4497 8.4.1", NOTE_CAUSE, MEDIA_CLOSE, SIP_BYE, ISDN_DISCONNECT)

/* Both legs of a call that the PBX offers, or that is answered, for a reason of ours. */
#define TAKEN_CALL_CLEARED(event, isdn_why, sip_why)                                               \
    LIVE(event, S(IDLE), Q(OVERLAP_RECEIVING) | Q(AWAITING_NAME), SAME, DISCONNECT_REQUEST,        \
         isdn_why, NOTE_CAUSE, ISDN_DISCONNECT),                                                   \
    LIVE(event, S(IDLE), Q(AWAITING_DIGITS), SAME, DISCONNECT_REQUEST,                             \
         isdn_why, NOTE_CAUSE, MEDIA_CLOSE, ISDN_DISCONNECT),                                      \
    LIVE(event, S(IDLE), OFFERED, SAME, DISCONNECT_REQUEST,                                        \
         isdn_why "; RFC 3666 3.6: in the busy tone",                                              \
         FORGET_CAUSE, NOTE_CAUSE, MEDIA_HUSH, ISDN_DISCONNECT),                                   \
    LIVE(event, S(CALLING), REACHING, ABANDONED, DISCONNECT_REQUEST,                               \
         sip_why " (4); " isdn_why, NOTE_CAUSE, MEDIA_CLOSE, ISDN_DISCONNECT),                     \
    LIVE(event, HEARD, REACHING, CANCELLING, DISCONNECT_REQUEST,                                   \
         sip_why "; " isdn_why, NOTE_CAUSE, MEDIA_CLOSE, SIP_CANCEL, ISDN_DISCONNECT),             \
    BOTH_TALKING(event, isdn_why)

/* Both legs of a call that holds a channel, in whatever state, for a reason of ours. */
#define CLEARED_FROM_HERE(event, isdn_why, caller_why, sip_why)                                    \
    CALLER_REFUSED(event, UNANSWERED, OUTGOING, isdn_why "; " caller_why),                         \
    TAKEN_CALL_CLEARED(event, isdn_why, sip_why)
/* clang-format on */

typedef struct CallRuleGroup {
    const char *title;
    const CallRule *rules;
    gsize count;
} CallRuleGroup;

#define GROUP(title, rules)                                                                        \
    {                                                                                              \
        title, rules, G_N_ELEMENTS(rules)                                                          \
    }

/* The groups of each file, ended by a title of NULL. */
extern const CallRuleGroup callmap_groups_overlap[];
extern const CallRuleGroup callmap_groups_setup[];
extern const CallRuleGroup callmap_groups_clear[];
extern const CallRuleGroup callmap_groups_service[];
extern const CallRuleGroup callmap_groups_transfer[];
extern const CallRuleGroup callmap_groups_joined[];
extern const CallRuleGroup callmap_groups_party[];
extern const CallRuleGroup callmap_groups_emergency[];
extern const CallRuleGroup callmap_groups_end[];
