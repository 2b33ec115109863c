/* The vocabulary of the call map: states of both legs, events, actions, and the shape of a rule.
 *
 * When EVENT arrives while the legs stand at SIP x Q.931, do ACTIONS in order and stand at the next
 * pair. The rules are data (src/call/callmap_rules.c); the interpreter is call_event() of call.h.
 * Home thread of everything here: signalling; the tables are constant after callmap_open().
 */
#pragma once

#include "names.h"

#include <stdio.h>

/* SIP leg. UAS: the phone called us; UAC: we called the phone. */
#define SIP_STATES(X)                                                                              \
    X(IDLE, "no dialog")                                                                           \
    X(INVITED, "UAS: INVITE received, only 100 sent")                                              \
    X(RINGING, "UAS: 180 or 183 without SDP sent")                                                 \
    X(PROGRESSING, "UAS: 18x with SDP sent, early media")                                          \
    X(TREATED, "UAS: 183 with SDP sent, an announcement ends the call")                            \
    X(ANSWERED, "UAS: 200 sent, ACK awaited")                                                      \
    X(PARTING, "UAS: 200 sent, ACK awaited, BYE follows it")                                       \
    X(CALLING, "UAC: INVITE sent, no response yet")                                                \
    X(PROCEEDING, "UAC: a provisional response without media came")                                \
    X(ALERTED, "UAC: 180 without SDP came")                                                        \
    X(EARLY, "UAC: 18x with SDP came, early media")                                                \
    X(ABANDONED, "UAC: to be cancelled, no provisional response yet")                              \
    X(CANCELLING, "UAC: CANCEL sent, final response awaited")                                      \
    X(UP, "dialog confirmed")                                                                      \
    X(LEAVING, "BYE sent, response awaited")

/* ISDN leg, Q.931 2.1 names and U-numbers, seen from our side of the line. */
#define ISDN_STATES(X)                                                                             \
    X(NULL, "U0: no call")                                                                         \
    X(INITIATED, "U1: SETUP sent")                                                                 \
    X(OVERLAP_SENDING, "U2: SETUP ACKNOWLEDGE received")                                           \
    X(OUTGOING_PROCEEDING, "U3: CALL PROCEEDING received")                                         \
    X(DELIVERED, "U4: ALERTING received")                                                          \
    X(PRESENT, "U6: SETUP received")                                                               \
    X(RECEIVED, "U7: ALERTING sent")                                                               \
    X(CONNECT_REQUEST, "U8: CONNECT sent, CONNECT ACKNOWLEDGE awaited")                            \
    X(INCOMING_PROCEEDING, "U9: CALL PROCEEDING sent")                                             \
    X(ACTIVE, "U10: connected")                                                                    \
    X(HELD, "U10, and held by the PBX (Q.932 6.2): it has no channel")                             \
    X(DISCONNECT_REQUEST, "U11: DISCONNECT sent")                                                  \
    X(DISCONNECT_INDICATION, "U12: DISCONNECT with tones received, RELEASE held back")             \
    X(RELEASE_REQUEST, "U19: RELEASE sent")                                                        \
    X(OVERLAP_RECEIVING, "U25: SETUP ACKNOWLEDGE sent")                                            \
    X(AWAITING_DIGITS, "U25: SETUP ACKNOWLEDGE sent, the caller hears dial tone and has dialled nothing since") \
    X(AWAITING_NAME, "U9: CALL PROCEEDING sent, the caller's name is to follow in a message of its own") \
    X(AWAITING_CHANNEL, "U0: no call yet, another one gives up its channel for it")

/* What can happen. Room, name, meaning. */
#define CALL_EVENTS(X)                                                                             \
    X(SIP_INVITE, "SIP.INVITE", "initial INVITE, its offer (if any) usable")                       \
    X(SIP_DIALLED, "SIP.DIALLED", "the caller's next INVITE, whose number goes on; the one before has had 484") \
    X(SIP_TRYING, "SIP.TRYING", "1xx other than 180, without SDP")                                 \
    X(SIP_RINGING, "SIP.RINGING", "180 without SDP")                                               \
    X(SIP_RINGING_MEDIA, "SIP.RINGING_MEDIA", "180 with SDP")                                      \
    X(SIP_PROGRESS, "SIP.PROGRESS", "183 (or other 1xx but 180) with SDP")                         \
    X(SIP_ANSWER, "SIP.ANSWER", "2xx to our INVITE, ACK sent")                                     \
    X(SIP_FAILURE, "SIP.FAILURE", "3xx-6xx to our INVITE, or Timer B, or no transport")            \
    X(SIP_FORWARDED, "SIP.FORWARDED", "181 without SDP: the call is being forwarded")              \
    X(SIP_REDIRECTED, "SIP.REDIRECTED", "3xx to our INVITE, and a Contact of it may be called")    \
    X(SIP_ACK, "SIP.ACK", "ACK to our 2xx")                                                        \
    X(SIP_NO_ACK, "SIP.NO_ACK", "no ACK within 64*T1")                                             \
    X(SIP_CANCEL, "SIP.CANCEL", "CANCEL of the INVITE; 200 and 487 sent")                          \
    X(SIP_EXPIRED, "SIP.EXPIRED", "the received INVITE's Expires ran out")                         \
    X(SIP_BYE, "SIP.BYE", "BYE; 200 sent (487 to an unanswered INVITE)")                           \
    X(SIP_MEDIA, "SIP.MEDIA", "offer/answer changed the far end's media (re-INVITE, UPDATE, PRACK, ACK)") \
    X(SIP_IDENTITY, "SIP.IDENTITY", "who is at the SIP end has changed, or is told before the answer: UPDATE or re-INVITE with another identity") \
    X(SIP_HELD, "SIP.HELD", "the far end holds the call, by its offer or answer")                  \
    X(SIP_RETRIEVED, "SIP.RETRIEVED", "the far end holds it no longer")                           \
    X(SIP_REPLACED, "SIP.REPLACED", "another dialog, answered, has taken the leg's place: a transfer, or INVITE with Replaces") \
    X(SIP_MOVED, "SIP.MOVED", "BYE of one who has told where the call goes on (REFER, Also): our INVITE there is the leg now") \
    X(SIP_ENDED, "SIP.ENDED", "our BYE was answered or timed out; the dialog is gone")             \
    X(SIP_LOST, "SIP.LOST", "the dialog died: session timer, 481 or 408 to a request in it")       \
    X(SIP_REFUSED, "SIP.REFUSED", "a SIP action could not do its work")                            \
    X(ISDN_SETUP, "ISDN.SETUP", "SETUP received, its channel seized")                              \
    X(ISDN_SETUP_UNNAMED, "ISDN.SETUP_UNNAMED", "SETUP received, its channel seized; it says that the caller's name follows, and the trunk waits for that") \
    X(ISDN_PARTY, "ISDN.PARTY", "who is at the PBX's end is told outside SETUP and CONNECT: a late name, or another party after a transfer") \
    X(ISDN_INFORMATION, "ISDN.INFORMATION", "more called digits")                                  \
    X(ISDN_SETUP_ACK, "ISDN.SETUP_ACK", "SETUP ACKNOWLEDGE")                                       \
    X(ISDN_PROCEEDING, "ISDN.PROCEEDING", "CALL PROCEEDING")                                       \
    X(ISDN_PROCEEDING_MEDIA, "ISDN.PROCEEDING_MEDIA", "CALL PROCEEDING, progress 8")               \
    X(ISDN_PROGRESS, "ISDN.PROGRESS", "PROGRESS without in-band information")                      \
    X(ISDN_PROGRESS_MEDIA, "ISDN.PROGRESS_MEDIA", "PROGRESS, progress 1 or 8")                     \
    X(ISDN_PROGRESS_CAUSE, "ISDN.PROGRESS_CAUSE", "PROGRESS with Cause: an announcement plays")    \
    X(ISDN_ALERTING, "ISDN.ALERTING", "ALERTING without in-band information")                      \
    X(ISDN_ALERTING_MEDIA, "ISDN.ALERTING_MEDIA", "ALERTING, progress 1 or 8")                     \
    X(ISDN_CONNECT, "ISDN.CONNECT", "CONNECT")                                                     \
    X(ISDN_CONNECT_ACK, "ISDN.CONNECT_ACK", "CONNECT ACKNOWLEDGE")                                 \
    X(ISDN_DIVERTING, "ISDN.DIVERTING", "NOTIFY: call is diverting, or diversion activated")       \
    X(ISDN_REROUTED, "ISDN.REROUTED", "the PBX asks for the call to be made to another number")    \
    X(ISDN_SUSPENDED, "ISDN.SUSPENDED", "NOTIFY: user suspended, or remote hold")                  \
    X(ISDN_SILENCED, "ISDN.SILENCED", "the same, and the trunk has the phone hear nothing for it") \
    X(ISDN_RESUMED, "ISDN.RESUMED", "NOTIFY: user resumed, or remote retrieval")                   \
    X(ISDN_SOUNDED, "ISDN.SOUNDED", "NOTIFY: user resumed, or remote retrieval, after that")       \
    X(ISDN_CHARGED, "ISDN.CHARGED", "the PBX says what the call costs, or has cost so far")        \
    X(ISDN_HOLD, "ISDN.HOLD", "HOLD, and the trunk serves it: it wants its answer")                \
    X(ISDN_RETRIEVE, "ISDN.RETRIEVE", "RETRIEVE of a held call: it wants its answer")              \
    X(ISDN_DISCONNECT, "ISDN.DISCONNECT", "DISCONNECT")                                            \
    X(ISDN_DISCONNECT_MEDIA, "ISDN.DISCONNECT_MEDIA", "DISCONNECT, progress 8, and the trunk wants its tones heard") \
    X(ISDN_RELEASE, "ISDN.RELEASE", "RELEASE received, RELEASE COMPLETE is due")                   \
    X(ISDN_RELEASED, "ISDN.RELEASED", "RELEASE COMPLETE received, or libpri gave the call up: it is gone") \
    X(ISDN_UNACKNOWLEDGED, "ISDN.UNACKNOWLEDGED", "no CONNECT ACKNOWLEDGE (T313): libpri has sent DISCONNECT by itself") \
    X(ISDN_RESTART, "ISDN.RESTART", "RESTART of the channel received")                             \
    X(ISDN_LOST, "ISDN.LOST", "the data link or the span is gone (T309, or at once before answer)") \
    X(ISDN_STRANDED, "ISDN.STRANDED", "the span of a call of the PBX, or of an answered one, is gone, and the D channel, on another span, stands") \
    X(ISDN_REFUSED, "ISDN.REFUSED", "an ISDN action could not do its work; nothing was sent")      \
    X(ROUTE_TRUNK, "ROUTE.TRUNK", "the call goes to a trunk group")                                \
    X(ROUTE_PEER, "ROUTE.PEER", "the call goes to a SIP URI")                                      \
    X(ROUTE_MORE, "ROUTE.MORE", "more digits may decide")                                          \
    X(ROUTE_PROMPT, "ROUTE.PROMPT", "more digits may decide, and the trunk wants dial tone heard until they come") \
    X(ROUTE_OVERLAP, "ROUTE.OVERLAP", "the call goes to a SIP URI, and its number may go on")      \
    X(ROUTE_NONE, "ROUTE.NONE", "no route, barred, or no alternative left")                        \
    X(ROUTE_TREATED, "ROUTE.TREATED", "no alternative left, and the caller, who is not end-to-end ISDN, is to hear so in-band") \
    X(ROUTE_PREEMPT, "ROUTE.PREEMPT", "a call for help goes to a full trunk group")                \
    X(CHANNEL_NONE, "CHANNEL.NONE", "no free channel in the trunk group, nor a call to clear for one") \
    X(CHANNEL_FREE, "CHANNEL.FREE", "a channel has become free, and is kept for the call that waits for it") \
    X(MEDIA_NONE, "MEDIA.NONE", "no RTP port pair, or the codec cannot be served")                 \
    X(SIP_DIGIT, "SIP.DIGIT", "INFO with digits of DTMF")                                          \
    X(ISDN_DIGIT, "ISDN.DIGIT", "INFORMATION with Keypad facility in a call that stands")          \
    X(MEDIA_HEARD, "MEDIA.HEARD", "a digit was heard on the channel, for a peer that takes INFO")  \
    X(MEDIA_TOLD, "MEDIA.TOLD", "a telephone-event of the phone's, for a trunk that takes Keypad facility") \
    X(MEDIA_SILENT, "MEDIA.SILENT", "no RTP for the time-out while the call is up and not held")   \
    X(TIMER_T301, "TIMER.T301", "alerting too long (Q.931 9.2)")                                   \
    X(TIMER_T302, "TIMER.T302", "no more digits (Q.931 9.2)")                                      \
    X(TIMER_T304, "TIMER.T304", "overlap sending, no answer from the PBX (Q.931 9.2)")             \
    X(TIMER_T306, "TIMER.T306", "tones after DISCONNECT long enough (Q.931 9.1)")                  \
    X(TIMER_T310, "TIMER.T310", "call proceeding too long (Q.931 9.2)")                            \
    X(TIMER_PROGRESS, "TIMER.PROGRESS", "an announcement or a queue after CALL PROCEEDING or PROGRESS too long") \
    X(TIMER_NO_ANSWER, "TIMER.NO_ANSWER", "the phone rings too long")                              \
    X(TIMER_INTERWORK, "TIMER.INTERWORK", "the announcement after PROGRESS with Cause has played, or our busy tone after PROGRESS") \
    X(TIMER_NAME, "TIMER.NAME", "the caller's name that was to follow SETUP has not come in time") \
    X(TIMER_PREEMPT, "TIMER.PREEMPT", "the call that was cleared gave up no channel in time")      \
    X(TIMER_GUARD, "TIMER.GUARD", "the SIP leg's stack said nothing of its end for longer than any of its timers") \
    X(CALL_PREEMPTED, "CALL.PREEMPTED", "the channel is wanted for a call for help")               \
    X(CALL_JOINED, "CALL.JOINED", "the PBX wants this call joined to another one of its own and leaves both: the far end is that one's SIP end now") \
    X(CALL_PARTY, "CALL.PARTY", "who is at the SIP end of the call that this one is joined to has changed") \
    X(CALL_LEFT, "CALL.LEFT", "the call that this one is joined to has lost its SIP end")          \
    X(OPERATOR_CLEAR, "OPERATOR.CLEAR", "hang-up by the operator, or shutdown")

/* What a rule may ask of the hall and the rooms; no action chooses a state. channel_seize, channel_claim, channel_retake,
 * media_open, isdn_setup, isdn_setup_ack, isdn_setup_ack_tone and sip_invite may refuse: they raise the event named and end their row's actions. Any other action that cannot do its work
 * raises SIP.REFUSED or ISDN.REFUSED, and the rest of its row runs all the same; the clearing ones (reject, cancel, bye,
 * disconnect, release, release_complete, forget, free, close) and those that only tell (party) always count as done. */
#define CALL_ACTIONS(X)                                                                            \
    X(ROUTE_CALL, "route_call", "hall: match the routes; raises ROUTE.*")                          \
    X(ROUTE_NEXT, "route_next", "hall: another channel or alternative if the cause allows; raises ROUTE.*") \
    X(CHANNEL_SEIZE, "channel_seize", "isdn: book a free channel of the trunk; or CHANNEL.NONE")   \
    X(CHANNEL_CLAIM, "channel_claim", "isdn: the next channel of the trunk that becomes free is the call's; or CHANNEL.FREE at once") \
    X(CHANNEL_UNCLAIM, "channel_unclaim", "isdn: it is not")                                       \
    X(CHANNEL_RETAKE, "channel_retake", "isdn: book the channel that RETRIEVE asks for, or another; or CHANNEL.NONE") \
    X(PREEMPT, "preempt", "hall: CALL.PREEMPTED for the least valuable call of the trunk; or CHANNEL.NONE") \
    X(CHANNEL_FREE, "channel_free", "isdn: the channel is free again (or put aside, by cause)")    \
    X(ISDN_SETUP, "isdn_setup", "isdn: SETUP; or ISDN.REFUSED")                                    \
    X(ISDN_SETUP_ACK, "isdn_setup_ack", "isdn: SETUP ACKNOWLEDGE")                                 \
    X(ISDN_SETUP_ACK_TONE, "isdn_setup_ack_tone", "isdn: the same with progress 8, for dial tone")            \
    X(ISDN_INFORMATION, "isdn_information", "isdn: INFORMATION with the called digits that have not gone out; nothing where there are none") \
    X(ISDN_PROCEEDING, "isdn_proceeding", "isdn: CALL PROCEEDING")                                 \
    X(ISDN_PROGRESS, "isdn_progress", "isdn: PROGRESS with progress 8")                            \
    X(ISDN_ALERTING, "isdn_alerting", "isdn: ALERTING, progress 8 when we play ringback")          \
    X(ISDN_ALERTING_MEDIA, "isdn_alerting_media", "isdn: ALERTING with progress 8")                \
    X(ISDN_CONNECT, "isdn_connect", "isdn: CONNECT")                                               \
    X(ISDN_CONNECT_ACK, "isdn_connect_ack", "isdn: CONNECT ACKNOWLEDGE")                           \
    X(ISDN_PARTY, "isdn_party", "isdn: who is at the SIP end now, by FACILITY or NOTIFY; nothing where trunk or switch type has no words for it") \
    X(ISDN_HOLD_ACK, "isdn_hold_ack", "isdn: HOLD ACKNOWLEDGE")                                    \
    X(ISDN_HOLD_REJECT, "isdn_hold_reject", "isdn: HOLD REJECT, cause 101")                        \
    X(ISDN_RETRIEVE_ACK, "isdn_retrieve_ack", "isdn: RETRIEVE ACKNOWLEDGE with the call's channel") \
    X(ISDN_RETRIEVE_REJECT, "isdn_retrieve_reject", "isdn: RETRIEVE REJECT with the event's cause") \
    X(ISDN_NOTIFY_HELD, "isdn_notify_held", "isdn: NOTIFY remote hold where the trunk wants it")   \
    X(ISDN_NOTIFY_RETRIEVED, "isdn_notify_retrieved", "isdn: NOTIFY remote retrieval where remote hold was told") \
    X(ISDN_NOTIFY_DIVERTING, "isdn_notify_diverting", "isdn: NOTIFY call is diverting where the trunk wants it") \
    X(ISDN_DISCONNECT, "isdn_disconnect", "isdn: DISCONNECT with the call's clearing cause")       \
    X(ISDN_DISCONNECT_TONE, "isdn_disconnect_tone", "isdn: the same, with progress 8 when we play busy tone") \
    X(ISDN_RELEASE, "isdn_release", "isdn: RELEASE, the answer to DISCONNECT")                     \
    X(ISDN_RELEASE_COMPLETE, "isdn_release_complete", "isdn: RELEASE COMPLETE, a refusal of SETUP or the answer to RELEASE") \
    X(ISDN_FORGET, "isdn_forget", "isdn: drop the call without a message")                         \
    X(SIP_INVITE, "sip_invite", "sip: INVITE to the route's URI; or SIP.REFUSED")                  \
    X(SIP_DIAL, "sip_dial", "sip: another INVITE beside those that are out, where the number has become longer") \
    X(SIP_DIALLED_ALL, "sip_dialled_all", "sip: the number is whole: when no INVITE is left, SIP.FAILURE with the best of their answers") \
    X(SIP_RING, "sip_ring", "sip: 180 without SDP")                                                \
    X(SIP_RING_MEDIA, "sip_ring_media", "sip: 180 with SDP")                                       \
    X(SIP_PROGRESS, "sip_progress", "sip: 183 with SDP")                                           \
    X(SIP_PROGRESS_PLAIN, "sip_progress_plain", "sip: 183 without SDP")                            \
    X(SIP_FORWARDED, "sip_forwarded", "sip: 181")                                                  \
    X(SIP_ANSWER, "sip_answer", "sip: 200 with SDP")                                               \
    X(SIP_PARTY, "sip_party", "sip: who is at the ISDN end now, by UPDATE or re-INVITE as soon as the dialog allows it; nothing where the far end would not hear it") \
    X(SIP_REJECT, "sip_reject", "sip: the final response of the call's clearing cause")            \
    X(SIP_REDIRECT, "sip_redirect", "sip: 302 to the number that the event names")                 \
    X(SIP_WITHDRAW, "sip_withdraw", "sip: where the 200 still waits for a PRACK, that final response instead, and SIP.REFUSED; else nothing") \
    X(SIP_CANCEL, "sip_cancel", "sip: CANCEL with Reason")                                         \
    X(SIP_HOLD, "sip_hold", "sip: re-INVITE that holds, as soon as no other offer is open; again after 491") \
    X(SIP_CHARGE, "sip_charge", "sip: INFO with what the call costs, where the peer wants it")     \
    X(SIP_RESUME, "sip_resume", "sip: re-INVITE that ends our hold; nothing when none was said")   \
    X(SIP_BYE, "sip_bye", "sip: BYE with Reason")                                                  \
    X(MEDIA_OPEN, "media_open", "media: book an RTP port pair for the channel; or MEDIA.NONE")     \
    X(MEDIA_UPDATE, "media_update", "media: send to and accept from the call's far end as last agreed") \
    X(MEDIA_LISTEN, "media_listen", "media: connect the channel toward the phone only (early media of the PBX)") \
    X(MEDIA_PLAY, "media_play", "media: connect the phone toward the channel only (early media of the phone)") \
    X(MEDIA_THROUGH, "media_through", "media: connect both ways, stop tones")                      \
    X(MEDIA_DIAL, "media_dial", "media: dial tone toward the channel")                              \
    X(MEDIA_JOIN, "media_join", "media: the port speaks with that of the call this one is joined to, and with no channel any more") \
    X(MEDIA_RINGBACK, "media_ringback", "media: ringback toward the channel where the trunk asks us for it") \
    X(MEDIA_BUSY, "media_busy", "media: busy tone toward the channel where the trunk asks us for it; else as media_close") \
    X(MEDIA_HUSH, "media_hush", "media: end the busy tone and release its port pair; nothing when none plays") \
    X(MEDIA_CLOSE, "media_close", "media: release the port pair")                                  \
    X(MEDIA_DIGIT, "media_digit", "media: the digits as DTMF toward the channel, unless the trunk takes Keypad facility") \
    X(MEDIA_SIGNAL, "media_signal", "media: the digits as telephone-events toward the phone, or as DTMF where it has none, unless the peer takes INFO") \
    X(ISDN_DIGIT, "isdn_digit", "isdn: INFORMATION with Keypad facility, where the trunk takes that") \
    X(SIP_DIGIT, "sip_digit", "sip: INFO, where the peer takes that")                              \
    X(COLLECT_DIGITS, "collect_digits", "hall: add the digits received to the called number")      \
    X(COLLECT_NAME, "collect_name", "hall: the name that has come becomes the caller's")            \
    X(TELL_LEFT, "tell_left", "hall: CALL.LEFT for the call that this one is joined to; nothing when that has left") \
    X(TELL_PARTY, "tell_party", "hall: CALL.PARTY for it, where it is known who is at the SIP end of this one") \
    X(REDIRECT, "redirect", "hall: the next Contact of the 3xx, or another target as route_next; raises ROUTE.*") \
    X(NOTE_CAUSE, "note_cause", "hall: the event's cause becomes the call's clearing cause (the first one stays)") \
    X(FORGET_CAUSE, "forget_cause", "hall: the call goes on after all; the cause noted so far says nothing more") \
    X(LOG_LATE, "log_late", "hall: a late or crossed event, logged and counted")

#define CALLMAP_SIP_ENUM(id, text) SIP_##id,
#define CALLMAP_ISDN_ENUM(id, text) ISDN_##id,
#define CALLMAP_EVENT_ENUM(id, name, text) EVENT_##id,
#define CALLMAP_ACTION_ENUM(id, name, text) ACTION_##id,

typedef enum SipState { SIP_STATES(CALLMAP_SIP_ENUM) SIP_STATE_COUNT } SipState;
typedef enum IsdnState { ISDN_STATES(CALLMAP_ISDN_ENUM) ISDN_STATE_COUNT } IsdnState;
typedef enum CallEvent { CALL_EVENTS(CALLMAP_EVENT_ENUM) CALL_EVENT_COUNT } CallEvent;
typedef enum CallAction {
    ACTION_END, /* fills the rest of a rule's row */
    CALL_ACTIONS(CALLMAP_ACTION_ENUM) CALL_ACTION_COUNT
} CallAction;

/* A rule for every event: only rows of RULE_IMPOSSIBLE say it. */
#define CALL_EVENT_ANY CALL_EVENT_COUNT

typedef guint32 SipStates;  /* a set: 1u << SIP_IDLE | ... */
typedef guint32 IsdnStates; /* a set: 1u << ISDN_NULL | ... */

#define CALL_RULE_ACTIONS 8

/* What a cell of the index is. */
typedef enum CallRuleKind {
    RULE_LIVE,       /* a step of some call */
    RULE_LATE,       /* can happen by crossing or retransmission: logged and answered, states stay */
    RULE_IMPOSSIBLE, /* neither stack can raise it there; why says the reason */
    RULE_ERROR,      /* no rule: a mistake of ours, logged as such, the call is cleared */
} CallRuleKind;

/* sip_next / isdn_next of a rule that leaves that leg where it stands. A rule that instead names the very state in which the leg
 * stands enters it anew: the timers of that state start again. */
#define SIP_SAME SIP_STATE_COUNT
#define ISDN_SAME ISDN_STATE_COUNT

typedef struct CallRule {
    CallRuleKind kind;
    CallEvent event;
    SipStates sip;
    IsdnStates isdn;
    CallAction actions[CALL_RULE_ACTIONS];
    SipState sip_next;
    IsdnState isdn_next;
    const char *why; /* the clause of the standard that asks for it */
} CallRule;

/* A timer that neither libpri nor Sofia runs: it runs while the legs stand in SIP x ISDN (0: any state of that leg); entering
 * that set starts it, leaving it stops it. Its length is the setting of its name, DEFAULT_US where there is none. */
typedef struct CallTimerRule {
    const char *name; /* "T301" */
    SipStates sip;
    IsdnStates isdn;
    gint64 default_us;
    gint64 min_us;
    gint64 max_us;
    CallEvent event;
    guint8 cause; /* the cause its event carries */
    const char *why;
} CallTimerRule;

#define CALL_TIMERS(X) X(T301) X(T302) X(T304) X(T306) X(T310) X(PROGRESS) X(NO_ANSWER) X(INTERWORK) X(NAME) X(PREEMPT) X(GUARD)
#define CALLMAP_TIMER_ENUM(id) CALL_TIMER_##id,
typedef enum CallTimerId { CALL_TIMERS(CALLMAP_TIMER_ENUM) CALL_TIMER_COUNT } CallTimerId;

const char *sip_state_name(SipState state);   /* "PROGRESSING" */
const char *isdn_state_name(IsdnState state); /* "DELIVERED" */
const char *call_event_name(CallEvent event); /* "ISDN.CONNECT" */
const char *call_action_name(CallAction action); /* "isdn_connect_ack" */

/* Expands the rules into the dense index. FALSE with ERROR naming both rules when two live rules
 * claim one cell; the daemon does not start then. */
gboolean callmap_open(GError **error);

/* The rule of a cell; never NULL (a cell without a rule gets the one RULE_ERROR rule). */
const CallRule *callmap_find(SipState sip, IsdnState isdn, CallEvent event);

/* The rules and timers as they stand in the table. */
const CallRule *callmap_rules(gsize *count);
const CallTimerRule *callmap_timer(CallTimerId id);

typedef enum CallMapFormat { CALLMAP_TEXT, CALLMAP_DOT, CALLMAP_JSON, CALLMAP_MAN } CallMapFormat;

/* Writes rules and timers to OUT: a table for people, a graph, JSON, or the body of
 * tieline-callmap(7). */
void callmap_print(FILE *out, CallMapFormat format);
