/* What the files of the hall share: the hall, a call, and the functions between them. */
#pragma once

#include "call.h"
#include "class.h"
#include "emergency.h"
#include "route.h"
#include "transfer.h"

/* One channel refused by the far end is not asked for again; after this many the group counts as
 * full (cause-mapping: 44, 6, 82). */
#define CALL_CHANNEL_RETRIES 3

/* What the hall counts, in the order `show counters` tells it. */
#define HALL_COUNTERS(X)                                                                           \
    X(CALLS_FROM_SIP, "calls from SIP")                                                            \
    X(CALLS_FROM_ISDN, "calls from ISDN")                                                          \
    X(CALLS_TRANSIT, "calls from trunk to trunk")                                                  \
    X(CALLS_ANSWERED, "calls answered")                                                            \
    X(CALLS_TRANSFERRED, "calls transferred")                                                      \
    X(CALLS_JOINED, "calls joined for the PBX")                                                    \
    X(CALLS_ENDED, "calls ended")                                                                  \
    X(CALLS_DRAINED, "calls refused while draining")                                               \
    X(CALLS_OVER_LIMIT, "calls refused by max-calls")                                              \
    X(CALLS_NO_ROUTE, "calls without a route")                                                     \
    X(CALLS_BARRED, "calls barred")                                                                \
    X(CALLS_EMERGENCY, "calls for emergency")                                                      \
    X(EMERGENCY_DRILLS, "emergency drills")                                                        \
    X(EMERGENCY_CALLBACKS, "emergency calls back")                                                 \
    X(EMERGENCY_TOO_MANY, "calls for emergency beyond the rate")                                   \
    X(PREEMPTED, "calls that gave way")                                                            \
    X(CHANNEL_RETRIES, "channels tried again")                                                     \
    X(SPAN_RETRIES, "spans tried again")                                                           \
    X(REDIRECTED, "redirections followed")                                                         \
    X(ALTERNATIVES, "alternatives tried")                                                          \
    X(NO_CHANNEL, "trunks found full")                                                             \
    X(EVENTS, "events")                                                                            \
    X(EVENTS_LATE, "events late")                                                                  \
    X(TIMERS, "timers expired")                                                                    \
    X(MISTAKES, "events without a rule")                                                           \
    X(FORCED, "calls ended by force")
#define HALL_COUNTER_ENUM(id, name) COUNT_##id,
typedef enum HallCounter { HALL_COUNTERS(HALL_COUNTER_ENUM) HALL_COUNTER_COUNT } HallCounter;

typedef struct LadderBook LadderBook;

struct Hall {
    Loop *loop;
    const Settings *settings;
    CallOps sip, isdn, media;
    GArray *traces;    /* of TraceUser */
    GQueue calls;      /* of Call*, oldest first */
    GHashTable *by_id; /* guint32 -> Call*, borrowed */
    guint32 last_id;
    gboolean (*peer_usable)(void *user, const PeerSettings *peer); /* NULL: all are */
    void *peer_usable_user;
    TransferCheckFunc transfer_check; /* NULL: none */
    void *transfer_check_user;
    gboolean draining;
    LoopFunc idle;
    void *idle_user;
    GString *line;
    LadderBook *ladders;
    EmergencyRate *rate;
    EmergencyFunc emergency;
    void *emergency_user;
    CallbackFinder callback;
    void *callback_user;
    guint64 counters[HALL_COUNTER_COUNT];
};

typedef struct TraceUser {
    CallTraceFunc func;
    void *user;
} TraceUser;

typedef struct CallTimer {
    Call *call;
    CallTimerId id;
    LoopTimer *timer; /* NULL: never started */
} CallTimer;

/* Why the call fails or ends; the first word stays (cause 0: none yet). */
typedef struct KeptCause {
    guint8 cause;
    gint8 location;
    guint16 status; /* of the SIP response it came with, or 0 */
    CallEvent from;
    gboolean own_timer; /* nobody answered at all: our own timer made it */
} KeptCause;

struct Call {
    Hall *hall;
    const Settings *settings; /* as they were when the call began */
    guint32 id;
    GList link; /* in Hall.calls */
    SipState sip;
    IsdnState isdn;
    gint64 began_us;

    CallOrigin origin;
    CallSetup asked, setup;
    const char *digits_fault; /* why the digits collected are no number; NULL: they are */
    gint64 digit_wait_us;     /* how long the next one is waited for; 0: T302 of the trunk */

    const RouteSettings *route;
    guint alternative;
    const TrunkSettings *trunk;
    const PeerSettings *peer;
    char uri[URI_MAX];

    /* From a trunk to a trunk (transit.c): where to, and the other half. */
    gboolean transit;
    const TrunkSettings *through;
    Call *twin; /* NULL: not there yet, or parted */
    Call *joined; /* the PBX has left: whose SIP end is our far end (join.c); NULL: it has not */
    /* Of a call sought for a transfer: who hears how it gets on (transfer.c). */
    TransferFunc told;
    void *told_user;

    /* A call for help (call_emergency.c). */
    Number dialled;        /* by the caller */
    Number help;           /* what the trunk is told */
    const char *elin;      /* the number it is called back by; NULL: none */
    gboolean listed;       /* goes by [emergency] trunks, not by the routes */
    gboolean second_round; /* others give way to it */
    guint64 full;          /* alternatives that were full in the first round, a bit each */
    gboolean drill;
    gboolean emergency_told; /* its beginning was told */
    gboolean answered;
    /* The answering point calls back. */
    gboolean callback, callback_tried;

    /* In its caller's class (call_service.c). */
    ClassCall *counted; /* NULL: in none */
    gint64 max_us;      /* how long it may last once answered; 0: no limit */
    LoopTimer *max;

    Channel channel;
    Channel refused[CALL_CHANNEL_RETRIES + 1]; /* on the present trunk */
    guint refused_count, channel_retries;
    guint64 refused_spans[4]; /* of the present trunk, a bit a span */
    guint span_retries;
    guint tries; /* ways it has taken so far */

    char rates[CHARGE_RATES_MAX];
    CallCharge charge; /* as the PBX has told last */
    GArray *redirects; /* places that a 3xx named (call_redirect.c); NULL: none */
    guint redirect_hops;

    void *sip_leg, *isdn_leg;
    struct sockaddr_storage local_rtp;
    MediaRemote remote;
    gboolean has_remote;
    /* Who is at each end, as that end said last (call_party.c). */
    Party sip_party, isdn_party;
    gboolean has_sip_party, has_isdn_party;
    gboolean media_touched; /* media_open ran: media gets its part() at the end */

    KeptCause kept;
    KeptCause span_kept; /* of the span that refused before the present one; cause 0: none */
    CallTimer timers[CALL_TIMER_COUNT];

    /* The event being handled, and those that wait behind it. */
    GQueue events; /* of PendingEvent */
    gboolean running;
    CallEvent event;
    SipState sip_from;
    CallRule rescue; /* made up where the map has no rule */
};

typedef struct PendingEvent {
    CallEvent event;
    CallNews news;
} PendingEvent;

static inline void hall_count(Hall *hall, HallCounter counter)
{
    hall->counters[counter]++;
}

static inline gboolean event_is_isdn(CallEvent event)
{
    return event >= EVENT_ISDN_SETUP && event <= EVENT_ISDN_REFUSED;
}

/* CALL is over for the room of OPS. */
static inline void room_part(const CallOps *ops, Call *call)
{
    if (ops->part)
        ops->part(ops->room, call);
}

/* hall.c */
void hall_drop_call(Call *call);
/* The room of CALL's SIP leg. */
const CallOps *hall_sip_of(const Call *call);

/* CALL's SIP leg comes to rest: its room lets go of it, and so does a call sought beside it. */
void hall_part_sip(Call *call);

/* call_service.c: CALL's SIP side is up; CALL is over. */
void call_service_answered(Call *call);
void call_end_service(Call *call);

/* join.c: the two are no more each other's far end; the actions tell_left, with what came in NEWS, and tell_party */
void call_unjoin(Call *call);
void call_tell_left(Call *call, const CallNews *news);
void call_tell_party(Call *call);

/* call_cause.c: the actions note_cause and forget_cause */
void call_note_cause(Call *call, CallEvent event, const CallNews *news);
void call_forget_cause(Call *call);

/* call_party.c: what NEWS of EVENT says of who is at the end it comes from; the action collect_name */
void call_note_party(Call *call, CallEvent event, const CallNews *news);
void call_collect_name(Call *call, const CallNews *news);

/* call_route.c: the actions route_call and route_next */
void call_route(Call *call, const CallNews *news);
void call_route_next(Call *call);

/* call_overlap.c: numbers that come in pieces; the action collect_digits */
void call_collect_digits(Call *call, const CallNews *news);
/* May the number of CALL, which MATCH fits, go on after its target has been called? */
gboolean call_is_open(const Call *call, const RouteMatch *match);
/* Is the number told SIP as far as it goes, with INVITEs to follow? */
gboolean call_goes_in_pieces(const Call *call, const RouteMatch *match);
/* INVITEs with the beginning of the number are out. */
gboolean call_is_out(const Call *call);
/* Shall the PBX's caller hear busy tone from us, as he may never be shown the cause? RFC 3666 3.6: he calls from beyond the
 * ISDN. A call for help and one from trunk to trunk keep the plain word. */
gboolean call_hears_busy_tone(const Call *call);
/* Raises ROUTE.MORE, or ROUTE.PROMPT where the trunk wants the caller to hear dial tone first. */
void call_ask_digits(Call *call);
/* A stop digit at the number's end is no part of it: it makes it whole. */
void call_take_stop_digit(Call *call);
/* Shall more digits be waited for, though MATCH, of RESULT, may be what the call wants? */
gboolean call_awaits_digits(Call *call, RouteResult result, const RouteMatch *match);

/* The call goes on by a trunk, or by SIP: who held its SIP side on the other way lets go of it. */
void call_take_way(Call *call, gboolean transit);

/* call_redirect.c: the action redirect */
void call_redirect(Call *call);
/* The next place of a 3xx, if one is left: raises ROUTE.PEER. */
gboolean call_redirect_next(Call *call);
/* Is one left? */
gboolean call_redirect_waits(const Call *call);
void call_end_redirects(Call *call);

/* The target at hand is a new one: no cause, span or channel of the one before counts. */
void call_forget_target(Call *call);
/* Takes alternative I of the call's route again. */
gboolean call_retake_route(Call *call, guint i);
/* An own country's calling number goes out as a national one, as the called number does. */
void number_to_trunk_calling(const TrunkSettings *trunk, Number *calling);

/* call_emergency.c */
/* Is ORIGIN's source within its rate, or at least without another call for help? */
gboolean hall_rate_lets(Hall *hall, const CallOrigin *origin);
/* It is known what the call is and where it goes: one line, and the news. Once. */
void call_begin_emergency(Call *call);
void call_sent_emergency(Call *call);
void call_end_emergency(Call *call);
/* The caller's place takes the place of its number in what TRUNK is told. */
void call_identify_emergency(Call *call, const TrunkSettings *trunk);
/* Routing by [emergency] trunks, by the book of calls back; FALSE: the routes decide. */
gboolean call_route_emergency(Call *call);
gboolean call_route_callback(Call *call);
/* No channel for the target at hand. */
void call_note_full(Call *call, guint8 cause);
/* The next trunk, or one where a call gives way; FALSE: nothing is left. */
gboolean call_next_emergency(Call *call);
/* The action preempt. */
void call_preempt(Call *call);
/* Would call_next_emergency() find something? */
gboolean call_emergency_may_continue(const Call *call);

/* route.c: URI's host is PEER's name and becomes its server, port and parameters with it; another
 * host stays. FALSE when it does not fit. */
gboolean uri_at_server(char *uri, const PeerSettings *peer);

/* call_timer.c */
void call_timers_init(Call *call);
/* The legs moved by RULE from SIP x ISDN to where they stand now. */
void call_timers_move(Call *call, SipState sip, IsdnState isdn, const CallRule *rule);
void call_timers_free(Call *call);

/* ladder.c */
LadderBook *ladder_book_new(void);
void ladder_book_free(LadderBook *book);
void ladder_begin(LadderBook *book, const Call *call);
/* DONE is the rule whose actions run. */
void ladder_trace(LadderBook *book, const CallTrace *trace, const CallRule *done);

/* lookup.c: what the hall needs to find in the settings */
const TrunkSettings *lookup_trunk(const Settings *settings, const char *name);
const PeerSettings *lookup_peer(const Settings *settings, const char *name);
/* The first peer that holds ADDRESS; NULL when none does. */
const PeerSettings *lookup_peer_of(const Settings *settings, const struct sockaddr *address);
gboolean lookup_network(const GArray *networks, const struct sockaddr *address);
