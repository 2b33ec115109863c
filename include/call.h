/* The hall: every live call, and the one door through which both legs speak to it.
 *
 * A call joins one SIP leg and one ISDN leg. Rooms raise events with call_event(); the hall looks the
 * rule up, writes one trace line, writes both states, runs the rule's actions through the rooms'
 * CallOps, drains the events queued meanwhile, and lets the call go when both legs rest.
 * Home thread of everything here: signalling.
 */
#pragma once

#include "callmap.h"
#include "loop.h"
#include "settings.h"
#include "values.h"

typedef struct Hall Hall;
typedef struct Call Call;

/* Does one action for CALL; NEWS is the event's news, never NULL. FALSE when it could not do its
 * work: it has then raised the refusal event, with a cause. When the action's row of CALL_ACTIONS names that
 * event the rest of the rule's actions is skipped. */
typedef gboolean (*CallActionFunc)(void *room, Call *call, const CallNews *news);

/* What a room does for calls: the actions of CALL_ACTIONS that are its own (the rest NULL). */
typedef struct CallOps {
    void *room;
    CallActionFunc action[CALL_ACTION_COUNT];
    /* The room's leg of CALL has come to rest (SIP_IDLE or ISDN_NULL) after having been elsewhere, or
     * the call ends: the room parts its leg object from CALL and never touches CALL again; what the
     * stack still has to finish it finishes alone. Called exactly once per leg that ever left rest;
     * for media when the call ends. May be NULL. */
    void (*part)(void *room, Call *call);
} CallOps;

/* One call event, as the trace tells it. Valid during the call-back only. */
typedef struct CallTrace {
    guint32 call;
    gint64 at_us; /* clock_now_us() */
    CallEvent event;
    SipState sip_from, sip_to;
    IsdnState isdn_from, isdn_to;
    const CallRule *rule;
    const CallNews *news;
    const char *line; /* "C42 ISDN.CONNECT (PROGRESSING,DELIVERED)->(UP,ACTIVE) isdn_connect_ack ..." */
} CallTrace;
typedef void (*CallTraceFunc)(void *user, const CallTrace *trace);

/* Owns nothing it is handed but copies nothing either: LOOP must outlive the hall, SETTINGS every call made under it. */
Hall *hall_new(Loop *loop, const Settings *settings);
/* Ends every live call without a message: its rooms are told by part() and must still stand. No call is new after it. Rooms
 * that close may still write hall_note(). */
void hall_drop_calls(Hall *hall);
/* Drops what calls are left, then frees the hall: the last to go. */
void hall_free(Hall *hall);
/* New settings (routes, causes, timers) for new calls; SETTINGS must outlive every call made under it. */
void hall_set_settings(Hall *hall, const Settings *settings);

/* Hand in the rooms. OPS is copied. */
void hall_set_sip(Hall *hall, const CallOps *ops);
void hall_set_isdn(Hall *hall, const CallOps *ops);
void hall_set_media(Hall *hall, const CallOps *ops);
/* Adds an observer of every call event (log, ladder, golden tests). */
void hall_add_trace(Hall *hall, CallTraceFunc func, void *user);

/* A call in (IDLE, NULL). The next thing its room does is call_event(call, EVENT_SIP_INVITE or
 * EVENT_ISDN_SETUP). NULL when the hall takes no new calls (draining, [sip] max-calls, or too many
 * calls for help by one source): the room then refuses by itself with 503 / cause 41. */
Call *call_new(Hall *hall, const CallOrigin *origin, const CallSetup *setup);

/* The one door. NEWS may be NULL; it is copied. May be called from inside an action: the event is then
 * queued and handled after the running rule. After the outermost call_event() returns, CALL may be
 * gone: a room touches it again only while its leg has not been parted. */
void call_event(Call *call, CallEvent event, const CallNews *news);

guint32 call_id(const Call *call);
SipState call_sip_state(const Call *call);
IsdnState call_isdn_state(const Call *call);
const CallOrigin *call_origin(const Call *call);
/* What the outgoing leg shall ask for: the incoming setup as the matched route rewrote it. */
const CallSetup *call_setup(const Call *call);
/* What the incoming leg asked for, untouched. */
const CallSetup *call_asked(const Call *call);
/* The trunk group the ISDN leg uses or shall use; NULL before ROUTE.TRUNK of a call from SIP. */
const TrunkSettings *call_trunk(const Call *call);
/* From a trunk to a trunk: the trunk the call leaves by, and the number of the call that is its other half (0: none);
 * NULL for all other calls. */
const TrunkSettings *call_through(const Call *call);
guint32 call_twin(const Call *call);
/* The Request-URI the SIP leg shall call; "" before ROUTE.PEER. */
const char *call_uri(const Call *call);
/* The settings of the peer that the SIP leg came from or goes to; NULL when it is none. */
/* Targets of routes whose peer is not USABLE are passed over, but for calls for help. NULL, as at first: all are usable. */
void hall_set_peer_check(Hall *hall, gboolean (*usable)(void *user, const PeerSettings *peer), void *user);
const PeerSettings *call_peer(const Call *call);

/* The B channel: written by isdn (channel_seize, or before ISDN.SETUP), number 0 when none. */
Channel call_channel(const Call *call);
void call_set_channel(Call *call, Channel channel);
/* TRUE when CHANNEL was refused by the far end earlier in this call (44, 6, 82) and must not be chosen again. */
gboolean call_channel_refused(const Call *call, Channel channel);
/* TRUE when the far end of SPAN refused the call itself for want of room or a way on (34, 38, 41, 42, 47): the other spans of
 * the group are tried, each once, before the route's next target. SPAN counts as in Channel. */
gboolean call_span_refused(const Call *call, guint8 span);

/* What the PBX has last said that CALL costs; kind CHARGE_NONE: nothing. */
void call_note_charge(Call *call, const CallCharge *charge);
const CallCharge *call_charge(const Call *call);
/* What the PBX has said at the set-up that CALL will cost, in words ("communication 0.120 EUR per min"); "": nothing. At most
 * CHARGE_RATES_MAX - 1 octets are kept. */
#define CHARGE_RATES_MAX 240
void call_note_rates(Call *call, const char *rates);
const char *call_rates(const Call *call);
/* "12 units so far", "1.200 EUR", "free", or "" for nothing; points to BUFFER, or is constant. */
const char *charge_describe(const CallCharge *charge, char *buffer, gsize size);

/* A Contact of a 3xx: its URI, and the number where it leads to this gateway (NULL: elsewhere). */
typedef struct CallContact {
    const char *uri;
    const Number *number;
} CallContact;
/* BY has answered CALL's INVITE with a 3xx to CONTACTS, best first. TRUE when one of them may be called: SIP.REDIRECTED is to be
 * raised. FALSE: it is a failure like others (cause 23, RFC 3398 8.2.5). */
gboolean call_offer_redirects(Call *call, const CallOrigin *by, const CallContact *contacts, guint count);

/* If nobody answered CALL's INVITE (SIP.FAILURE by a timer of our own), would another target be called? */
gboolean call_has_next_target(const Call *call);

/* The leg objects, borrowed by the call from their room; NULL when there is none. */
void *call_sip_leg(const Call *call);
void call_set_sip_leg(Call *call, void *leg);
void *call_isdn_leg(const Call *call);
void call_set_isdn_leg(Call *call, void *leg);

/* The local RTP address, written by media_open: ss_family 0 when no port is booked. The RTCP port is the next one. */
const struct sockaddr_storage *call_local_rtp(const Call *call);
void call_set_local_rtp(Call *call, const struct sockaddr_storage *address);
/* The far end's media as the last event with has_remote told; NULL before. */
const MediaRemote *call_remote(const Call *call);
/* Who is at the SIP end, at the ISDN end, as that end itself said last in an event with has_party (a connected or a late calling
 * party); NULL: it has said nothing since it took its place. A caller's first word is call_asked(). */
const Party *call_sip_party(const Call *call);
const Party *call_isdn_party(const Call *call);
/* Who is at the ISDN end by all that is known: what it said, where it left that out its SETUP's caller, or whom we called there. */
void call_find_isdn_party(const Call *call, Party *party);
/* Digits in the call go to the SIP side by INFO; to the ISDN side as Keypad facility. */
gboolean call_takes_info(const Call *call);
gboolean call_takes_keypad(const Call *call);
gboolean call_ringback_wanted(const Call *call); /* the trunk asks us to play ringback and busy tone */

/* What becomes of a call from SIP when its caller's next INVITE brings CALLED (RFC 4497 8.3.9, RFC 3578 4). */
typedef enum CallGrowth {
    GROWTH_NONE,   /* it does not go on from the number so far, or the PBX wants no more: 485 */
    GROWTH_DIGITS, /* the digits it adds are for the PBX: SIP.DIALLED with them */
    GROWTH_ANEW,   /* the PBX takes numbers whole: this call is to be cleared, and another one begins */
} CallGrowth;
CallGrowth call_growth(const Call *call, const Number *called);
/* May further digits of the number follow, so that it is told the PBX, or SIP, as far as it goes? */
gboolean call_may_grow(const Call *call);

/* The clearing cause kept by note_cause (0: none yet), its location, and where it came from. */
guint8 call_cause(const Call *call);
gint8 call_cause_location(const Call *call);
/* TRUE when a failure with CAUSE now would not end the call: another channel, another span or an alternative of the route
 * would be tried.
 * isdn asks it before it raises ISDN.DISCONNECT_MEDIA, which lets a tone be heard instead of trying on. */
gboolean call_may_continue(const Call *call, guint8 cause);
/* The status sip_reject shall send now: by the cause tables, overrides and origin of the cause. */
guint16 call_reject_status(const Call *call);

/* Adds a message to the call's ladder. Also legal for a call id whose call has ended. */
typedef enum LadderSide { LADDER_SIP, LADDER_ISDN } LadderSide;
typedef enum LadderWay { LADDER_IN, LADDER_OUT } LadderWay;
void hall_note(Hall *hall, guint32 call, LadderSide side, LadderWay way, const char *format, ...)
    G_GNUC_PRINTF(5, 6);

/* Prints the ladder of a call (0: the last one that began) to a string: SIP on the left, Q.931 on the right, the
 * call-map row between. NULL when the call is unknown or its ladder has been forgotten (the last 200 calls are kept). Caller frees. */
char *hall_ladder(Hall *hall, guint32 call);

/* Calls in order of age. FUNC must not raise events. */
typedef void (*CallFunc)(void *user, const Call *call);
void hall_each_call(Hall *hall, CallFunc func, void *user);
Call *hall_find_call(Hall *hall, guint32 id);
gint64 call_age_us(const Call *call);
/* How long timer ID of the call map runs by SETTINGS, for a call on TRUNK (NULL: not known yet). */
gint64 call_timer_length(const Settings *settings, const TrunkSettings *trunk, CallTimerId id);
guint hall_call_count(const Hall *hall);
guint32 hall_last_call(const Hall *hall);

/* The named counters of the hall, in a fixed order, for `tielinectl show counters`. */
typedef void (*CounterFunc)(void *user, const char *name, guint64 value);
void hall_each_counter(const Hall *hall, CounterFunc func, void *user);

/* ---- calls for help ---- */

/* TRUE for a call for help, a drill included: it may take reserved channels. */
gboolean call_is_emergency(const Call *call);
/* It only tries the way: [emergency] drill was dialled. */
gboolean call_is_drill(const Call *call);
/* The answering point calls back, to the phone it was called from. */
gboolean call_is_callback(const Call *call);
/* A call for help that is no drill, or one that answers it: neither gives way, nor is it cleared by hall_clear_ordinary(). */
gboolean call_is_sheltered(const Call *call);

typedef enum EmergencyStage {
    EMERGENCY_BEGINS, /* it is known, and about to go */
    EMERGENCY_SENT,   /* SETUP is about to go to trunk */
    EMERGENCY_ENDS,
} EmergencyStage;

/* What is told of a call for help. Valid during the call-back only; no text is NULL but hook. */
typedef struct EmergencyNews {
    EmergencyStage stage;
    guint32 call;
    const CallOrigin *origin;
    const char *dialled;  /* by the caller */
    const char *told;     /* to the trunk */
    const char *callback; /* the number it is called back by, "" */
    const char *trunk;    /* "" */
    gint64 keep_us;       /* [emergency] callback-time */
    const char *hook;     /* [emergency] hook, or NULL */
    gboolean drill;
    gboolean answered;    /* ENDS: it was */
    guint8 cause;         /* ENDS: why it ended; 0: unknown */
} EmergencyNews;
typedef void (*EmergencyFunc)(void *user, const EmergencyNews *news);
/* FUNC is told of every call for help; it must not raise events and not wait. */
void hall_set_emergency_func(Hall *hall, EmergencyFunc func, void *user);

/* Does a call from TRUNK for SETUP's number answer a call for help? Then URI (of SIZE) is whom it rings, and TRUE; the routes
 * are asked only when nobody is there. SETUP's number may yet grow unless it is complete. */
typedef gboolean (*CallbackFinder)(void *user, const char *trunk, const CallSetup *setup, char *uri,
                                   gsize size);
void hall_set_callback_finder(Hall *hall, CallbackFinder func, void *user);
/* The same question, for who chooses a channel before there is a call. */
gboolean hall_expects_callback(Hall *hall, const char *trunk, const CallSetup *setup);

/* Is NUMBER one of those for help? */
gboolean hall_calls_for_help(const Hall *hall, const Number *number);

/* How many sheltered calls there are that nothing clears yet. */
guint hall_sheltered_count(const Hall *hall);
/* hall_clear_all() for all calls but the sheltered ones. */
void hall_clear_ordinary(Hall *hall, guint8 cause);

/* Draining: call_new() refuses, but calls for help and those that answer them. hall_clear_all() raises OPERATOR.CLEAR with CAUSE for every call. */
void hall_set_draining(Hall *hall, gboolean draining);
gboolean hall_is_draining(const Hall *hall);
void hall_clear_all(Hall *hall, guint8 cause);
/* Called once each time the last call has ended. */
void hall_set_idle_func(Hall *hall, LoopFunc func, void *user);
