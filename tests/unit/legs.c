/* The phone and the PBX of legs.h. */
#include "legs.h"

#define P(state) (1u << PHONE_##state)
#define B(state) (1u << PBX_##state)

#define PHONE_ASKS (P(CALLS) | P(HEARS))                  /* wants a final response */
#define PHONE_ASKED (P(CALLED) | P(RINGS) | P(CANCELLED)) /* owes one */
#define PHONE_ALIVE (PHONE_ASKS | P(ANSWERED) | PHONE_ASKED | P(UP) | P(BYE))
#define PBX_ASKED (B(SENT) | B(OVERLAP) | B(PROCEEDING) | B(ALERTING))
#define PBX_ASKS (B(CALLS) | B(DIALS) | B(TOLD) | B(TOLD_RINGING))
#define PBX_TALKS (B(CONNECTED) | B(UP) | B(HOLDS))
#define PBX_ALIVE (~B(NONE) & ~B(DEAD))
#define PBX_OPEN (PBX_ASKED | PBX_ASKS | PBX_TALKS | B(CONNECTS))

/* clang-format off */

/* What the stacks raise: by EVENT, in which states of the leg at all, and in which it must not be thought late. */
typedef struct Voice {
    CallEvent event;
    guint32 any;
    guint32 live;
} Voice;

static const Voice phone_voices[] = {
    {EVENT_SIP_TRYING, PHONE_ASKED | P(UP) | P(BYE), P(CALLED) | P(RINGS)},
    {EVENT_SIP_FORWARDED, PHONE_ASKED | P(UP) | P(BYE), P(CALLED) | P(RINGS)},
    {EVENT_SIP_RINGING, PHONE_ASKED | P(UP) | P(BYE), P(CALLED) | P(RINGS)},
    {EVENT_SIP_RINGING_MEDIA, PHONE_ASKED | P(UP) | P(BYE), P(CALLED) | P(RINGS)},
    {EVENT_SIP_PROGRESS, PHONE_ASKED | P(UP) | P(BYE), P(CALLED) | P(RINGS)},
    {EVENT_SIP_ANSWER, PHONE_ASKED | P(UP) | P(BYE), PHONE_ASKED},
    {EVENT_SIP_FAILURE, PHONE_ASKED, PHONE_ASKED},
    {EVENT_SIP_REDIRECTED, PHONE_ASKED, PHONE_ASKED},
    {EVENT_SIP_ACK, P(ANSWERED) | P(UP) | P(BYE), P(ANSWERED)},
    {EVENT_SIP_NO_ACK, P(ANSWERED), P(ANSWERED)},
    {EVENT_SIP_CANCEL, PHONE_ASKS | P(ANSWERED) | P(UP) | P(BYE), PHONE_ASKS},
    {EVENT_SIP_EXPIRED, PHONE_ASKS, PHONE_ASKS},
    /* From a phone we called also before it answers: NUA's news of its 180 may come after the BYE. */
    {EVENT_SIP_BYE, PHONE_ALIVE, PHONE_ASKS | P(ANSWERED) | P(RINGS) | P(UP)},
    /* INFO, in a dialog of any kind. */
    {EVENT_SIP_DIGIT, PHONE_ALIVE, 0},
    {EVENT_SIP_MEDIA, PHONE_ASKS | P(ANSWERED) | P(RINGS) | P(CANCELLED) | P(UP) | P(BYE), P(RINGS) | P(UP)},
    /* UPDATE or re-INVITE, in an early dialog as well; from trunk to trunk without one. */
    {EVENT_SIP_IDENTITY, PHONE_ASKS | P(ANSWERED) | P(RINGS) | P(CANCELLED) | P(UP) | P(BYE), P(RINGS) | P(UP)},
    {EVENT_SIP_HELD, P(ANSWERED) | P(UP) | P(BYE), P(UP)},
    {EVENT_SIP_RETRIEVED, P(ANSWERED) | P(UP) | P(BYE), P(UP)},
    /* A transfer succeeds, or a phone of theirs takes over what rings or talks; and a transferor leaves. */
    {EVENT_SIP_REPLACED, P(RINGS) | P(UP), P(RINGS) | P(UP)},
    {EVENT_SIP_MOVED, P(UP), P(UP)},
    /* NUA sends a BYE by itself too: when no ACK comes, when nobody refreshes the session. */
    {EVENT_SIP_ENDED, P(ANSWERED) | P(UP) | P(BYE), P(ANSWERED) | P(UP) | P(BYE)},
    /* NUA may let go of whatever it holds: no PRACK, no refresh, a handle that is gone. */
    {EVENT_SIP_LOST, PHONE_ALIVE, PHONE_ALIVE},
    /* A 200 that waited for its PRACK, long after the row that asked for it. */
    {EVENT_SIP_REFUSED, P(ANSWERED), P(ANSWERED)},
};

static const Voice pbx_voices[] = {
    {EVENT_ISDN_PARTY, PBX_ALIVE, PBX_ASKED | PBX_ASKS | PBX_TALKS},
    {EVENT_ISDN_INFORMATION, PBX_ALIVE, B(DIALS)},
    {EVENT_ISDN_SETUP_ACK, PBX_ALIVE, B(SENT)},
    {EVENT_ISDN_PROCEEDING, PBX_ALIVE, B(SENT) | B(OVERLAP)},
    {EVENT_ISDN_PROCEEDING_MEDIA, PBX_ALIVE, B(SENT) | B(OVERLAP)},
    {EVENT_ISDN_PROGRESS, PBX_ALIVE, PBX_ASKED},
    {EVENT_ISDN_PROGRESS_MEDIA, PBX_ALIVE, PBX_ASKED},
    {EVENT_ISDN_PROGRESS_CAUSE, PBX_ALIVE, PBX_ASKED},
    {EVENT_ISDN_ALERTING, PBX_ALIVE, B(SENT) | B(OVERLAP) | B(PROCEEDING)},
    {EVENT_ISDN_ALERTING_MEDIA, PBX_ALIVE, B(SENT) | B(OVERLAP) | B(PROCEEDING)},
    {EVENT_ISDN_CONNECT, PBX_ALIVE, PBX_ASKED},
    {EVENT_ISDN_DIGIT, PBX_ALIVE, 0},
    {EVENT_ISDN_CONNECT_ACK, PBX_ALIVE, B(CONNECTED)},
    {EVENT_ISDN_DIVERTING, PBX_ALIVE, PBX_ASKED},
    {EVENT_ISDN_REROUTED, PBX_ALIVE, PBX_ASKED},
    {EVENT_ISDN_SUSPENDED, PBX_ALIVE, 0},
    {EVENT_ISDN_RESUMED, PBX_ALIVE, 0},
    {EVENT_ISDN_SILENCED, PBX_ALIVE, 0},
    {EVENT_ISDN_SOUNDED, PBX_ALIVE, 0},
    {EVENT_ISDN_CHARGED, PBX_ALIVE, 0},
    /* libpri answers them itself where they do not fit its own state; what it passes on wants an answer. */
    {EVENT_ISDN_HOLD, PBX_ALIVE, PBX_ALIVE},
    {EVENT_ISDN_RETRIEVE, PBX_ALIVE, PBX_ALIVE},
    {EVENT_ISDN_DISCONNECT, PBX_ALIVE, PBX_OPEN | B(DISCONNECTED) | B(DISCONNECTS)},
    {EVENT_ISDN_DISCONNECT_MEDIA, PBX_ALIVE, PBX_OPEN | B(DISCONNECTED)},
    {EVENT_ISDN_RELEASE, PBX_ALIVE, PBX_ALIVE},
    {EVENT_ISDN_RELEASED, PBX_ALIVE, PBX_ALIVE},
    {EVENT_ISDN_UNACKNOWLEDGED, B(CONNECTED), B(CONNECTED)},
    {EVENT_ISDN_RESTART, PBX_ALIVE, PBX_ALIVE},
    {EVENT_ISDN_LOST, PBX_ALIVE, PBX_ALIVE},
    {EVENT_ISDN_STRANDED, PBX_ASKS | PBX_TALKS, PBX_ASKS | PBX_TALKS},
};

/* An action on a leg: from which of its states it makes sense, and where it takes the leg (COUNT: it stays). */
typedef struct Move {
    CallAction action;
    guint32 from;
    guint8 to;
    const char *wrong;
} Move;

static const Move phone_moves[] = {
    {ACTION_SIP_INVITE, P(NONE), PHONE_CALLED, "INVITE on a leg in use"},
    {ACTION_SIP_DIAL, P(CALLED) | P(RINGS), PHONE_COUNT, "another INVITE without a first"},
    {ACTION_SIP_DIALLED_ALL, P(CALLED) | P(RINGS), PHONE_COUNT, "the end of a number that nobody was told"},
    {ACTION_SIP_RING, PHONE_ASKS, PHONE_HEARS, "180 to nobody who asks"},
    {ACTION_SIP_RING_MEDIA, PHONE_ASKS, PHONE_HEARS, "180 to nobody who asks"},
    {ACTION_SIP_PROGRESS, PHONE_ASKS, PHONE_HEARS, "183 to nobody who asks"},
    {ACTION_SIP_PROGRESS_PLAIN, PHONE_ASKS, PHONE_HEARS, "183 to nobody who asks"},
    {ACTION_SIP_FORWARDED, PHONE_ASKS, PHONE_COUNT, "181 to nobody who asks"},
    {ACTION_SIP_ANSWER, PHONE_ASKS, PHONE_ANSWERED, "200 to nobody who asks"},
    {ACTION_SIP_REJECT, PHONE_ASKS, PHONE_NONE, "a final response to nobody who asks"},
    {ACTION_SIP_REDIRECT, PHONE_ASKS, PHONE_NONE, "a final response to nobody who asks"},
    {ACTION_SIP_HOLD, P(ANSWERED) | P(UP), PHONE_COUNT, "a hold outside an answered dialog"},
    {ACTION_SIP_CHARGE, P(UP), PHONE_COUNT, "a charge told outside a dialog"},
    {ACTION_SIP_RESUME, P(ANSWERED) | P(UP) | P(CALLED) | P(RINGS), PHONE_COUNT, "a hold ended outside a call"},
    {ACTION_SIP_WITHDRAW, PHONE_ASKS | P(ANSWERED), PHONE_COUNT, "a 200 withdrawn that nobody was to hear"},
    {ACTION_SIP_CANCEL, P(RINGS), PHONE_CANCELLED, "CANCEL before a provisional response, or after the final one"},
    {ACTION_SIP_PARTY, P(CALLED) | P(RINGS) | P(ANSWERED) | P(UP), PHONE_COUNT, "somebody named to nobody"},
    {ACTION_SIP_BYE, P(UP), PHONE_BYE, "BYE before ACK, or without a dialog"},
};

static const Move pbx_moves[] = {
    {ACTION_ISDN_SETUP, B(NONE), PBX_SENT, "SETUP on a leg in use"},
    {ACTION_ISDN_INFORMATION, B(OVERLAP), PBX_COUNT, "INFORMATION outside overlap sending"},
    {ACTION_ISDN_SETUP_ACK, B(CALLS), PBX_DIALS, "SETUP ACKNOWLEDGE twice or too late"},
    {ACTION_ISDN_SETUP_ACK_TONE, B(CALLS), PBX_DIALS, "SETUP ACKNOWLEDGE twice or too late"},
    {ACTION_ISDN_PROCEEDING, B(CALLS) | B(DIALS), PBX_TOLD, "CALL PROCEEDING twice or too late"},
    {ACTION_ISDN_PROGRESS, B(TOLD) | B(TOLD_RINGING), PBX_COUNT, "PROGRESS outside set-up"},
    {ACTION_ISDN_ALERTING, B(TOLD), PBX_TOLD_RINGING, "ALERTING twice or too late"},
    {ACTION_ISDN_ALERTING_MEDIA, B(TOLD), PBX_TOLD_RINGING, "ALERTING twice or too late"},
    {ACTION_ISDN_CONNECT, B(DIALS) | B(TOLD) | B(TOLD_RINGING), PBX_CONNECTED, "CONNECT outside set-up"},
    {ACTION_ISDN_CONNECT_ACK, B(CONNECTS), PBX_UP, "CONNECT ACKNOWLEDGE without CONNECT"},
    {ACTION_ISDN_PARTY, PBX_ASKED | PBX_TALKS, PBX_COUNT, "somebody named to nobody"},
    {ACTION_ISDN_HOLD_ACK, B(UP), PBX_HOLDS, "HOLD ACKNOWLEDGE outside U10"},
    {ACTION_ISDN_HOLD_REJECT, PBX_ALIVE, PBX_COUNT, "HOLD REJECT to nobody"},
    {ACTION_ISDN_RETRIEVE_ACK, B(HOLDS), PBX_UP, "RETRIEVE ACKNOWLEDGE of what is not held"},
    {ACTION_ISDN_RETRIEVE_REJECT, PBX_ALIVE, PBX_COUNT, "RETRIEVE REJECT to nobody"},
    {ACTION_ISDN_NOTIFY_HELD, PBX_TALKS, PBX_COUNT, "NOTIFY outside a call"},
    {ACTION_ISDN_NOTIFY_RETRIEVED, PBX_TALKS, PBX_COUNT, "NOTIFY outside a call"},
    {ACTION_ISDN_NOTIFY_DIVERTING, B(TOLD) | B(TOLD_RINGING), PBX_COUNT, "NOTIFY of a diversion outside set-up"},
    {ACTION_ISDN_DISCONNECT, PBX_OPEN & ~B(CALLS), PBX_DISCONNECTED, "DISCONNECT in a state for another message"},
    {ACTION_ISDN_DISCONNECT_TONE, PBX_OPEN & ~B(CALLS), PBX_DISCONNECTED, "DISCONNECT in a state for another message"},
    {ACTION_ISDN_RELEASE, B(DISCONNECTS), PBX_RELEASED, "RELEASE without DISCONNECT"},
    {ACTION_ISDN_RELEASE_COMPLETE, B(CALLS) | B(RELEASES), PBX_NONE, "RELEASE COMPLETE without RELEASE or SETUP"},
    {ACTION_ISDN_FORGET, B(DEAD) | B(CROSSED), PBX_NONE, "a live call forgotten without a message"},
};

/* clang-format on */

CallTimerId legs_stopped_timer = CALL_TIMER_COUNT;

static Fit voice_fit(const Voice *voices, gsize count, guint state, CallEvent event)
{
    for (gsize i = 0; i < count; i++)
        if (voices[i].event == event)
            return voices[i].live & 1u << state  ? FIT_LIVE
                   : voices[i].any & 1u << state ? FIT_ANY
                                                 : FIT_NO;
    return FIT_NO;
}

/* The hall runs the timers, by its own table: what a timer's event must find in every state in
 * which it runs is the walk's business. */
static gboolean timer_runs(CallTimerId id, SipState sip, IsdnState isdn)
{
    const CallTimerRule *timer = callmap_timer(id);

    return id != legs_stopped_timer && (!timer->sip || timer->sip & 1u << sip) &&
           (!timer->isdn || timer->isdn & 1u << isdn);
}

static Fit clock_fit(SipState sip, IsdnState isdn, CallEvent event)
{
    for (guint id = 0; id < CALL_TIMER_COUNT; id++)
        if (callmap_timer(id)->event == event && timer_runs(id, sip, isdn))
            return FIT_LIVE;
    return FIT_NO;
}

/* Who has a channel and is not being cleared can be asked to give it up, also while the tones of a
 * DISCONNECT are heard out. */
static gboolean legs_may_give_way(const Legs *legs, IsdnState isdn)
{
    guint32 now = 1u << legs->pbx;

    return (now & PBX_OPEN & ~B(CALLS)) ||
           (now & B(DISCONNECTS) && isdn == ISDN_DISCONNECT_INDICATION);
}

/* Digits of the one for the other, who must be there; those that media tells of may come at any
 * time, for they are told by value. */
static Fit digit_fit(const Legs *legs, CallEvent event, Fit by_voice)
{
    gboolean told = event == EVENT_MEDIA_HEARD || event == EVENT_MEDIA_TOLD;
    gboolean both = (1u << legs->phone & (P(ANSWERED) | P(UP))) &&
                    ((1u << legs->pbx & PBX_TALKS) || legs->joined);

    if (!told && by_voice == FIT_NO)
        return FIT_NO;
    if (legs->joined && (event == EVENT_ISDN_DIGIT || event == EVENT_MEDIA_TOLD))
        return FIT_ANY; /* for the PBX, which has left */
    return both && legs->media ? FIT_LIVE : FIT_ANY;
}

Fit legs_can(const Legs *legs, SipState sip, IsdnState isdn, CallEvent event)
{
    gboolean alive = legs->phone != PHONE_NONE || legs->pbx != PBX_NONE;
    Fit fit = voice_fit(phone_voices, G_N_ELEMENTS(phone_voices), legs->phone, event);

    if (fit == FIT_NO)
        fit = voice_fit(pbx_voices, G_N_ELEMENTS(pbx_voices), legs->pbx, event);
    if (fit == FIT_NO)
        fit = clock_fit(sip, isdn, event);
    if (event == EVENT_SIP_DIGIT || event == EVENT_ISDN_DIGIT ||
        ((event == EVENT_MEDIA_HEARD || event == EVENT_MEDIA_TOLD) && alive))
        fit = digit_fit(legs, event, fit);
    if (event == EVENT_OPERATOR_CLEAR && alive)
        fit = FIT_ANY;
    if (event == EVENT_CHANNEL_FREE && legs->claim)
        fit = FIT_LIVE;
    if ((event == EVENT_ISDN_SUSPENDED || event == EVENT_ISDN_RESUMED ||
         event == EVENT_ISDN_SILENCED || event == EVENT_ISDN_SOUNDED) &&
        1u << legs->pbx & PBX_TALKS && 1u << legs->phone & (P(ANSWERED) | P(UP)))
        fit = FIT_LIVE; /* there is somebody to be told */
    /* The caller dials on, and the hall has been asked whether the PBX wants more. */
    if (event == EVENT_SIP_DIALLED && 1u << legs->phone & PHONE_ASKS &&
        1u << legs->pbx & (B(SENT) | B(OVERLAP)) && sip != SIP_TREATED)
        fit = FIT_LIVE;
    if (event == EVENT_ISDN_CHARGED && 1u << legs->pbx & PBX_TALKS && legs->phone == PHONE_UP)
        fit = FIT_LIVE;
    if (event == EVENT_SIP_MOVED && legs->joined)
        fit = FIT_NO; /* nobody is let transfer it */
    if (event == EVENT_CALL_JOINED && legs->phone == PHONE_UP && 1u << legs->pbx & PBX_TALKS)
        fit = FIT_LIVE; /* the hall asks the map */
    if ((event == EVENT_CALL_LEFT || event == EVENT_CALL_PARTY) && legs->joined)
        fit = FIT_LIVE;
    if (event == EVENT_CALL_PREEMPTED && legs_may_give_way(legs, isdn))
        fit = FIT_LIVE;
    if (event == EVENT_MEDIA_SILENT && alive && legs->was_up)
        /* told by value: may come after media_close, or of one who has left */
        fit = legs->media && !(1u << legs->phone & PHONE_ASKED) ? FIT_LIVE : FIT_ANY;
    return fit;
}

static void phone_raise(Legs *legs, CallEvent event)
{
    guint32 now = 1u << legs->phone;

    switch ((guint)event) {
    case EVENT_SIP_INVITE:
    case EVENT_SIP_DIALLED: /* nothing was said to this INVITE */
        legs->phone = PHONE_CALLS;
        break;
    case EVENT_SIP_TRYING:
    case EVENT_SIP_FORWARDED:
    case EVENT_SIP_RINGING:
    case EVENT_SIP_RINGING_MEDIA:
    case EVENT_SIP_PROGRESS:
        if (now & P(CALLED))
            legs->phone = PHONE_RINGS;
        break;
    case EVENT_SIP_ANSWER:
        if (now & PHONE_ASKED)
            legs->phone = PHONE_UP;
        break;
    case EVENT_SIP_REPLACED:
        legs->phone = PHONE_UP;
        break;
    case EVENT_SIP_MOVED:
        legs->phone = PHONE_CALLED; /* another one */
        break;
    case EVENT_SIP_ACK:
    case EVENT_SIP_NO_ACK:
        if (now & P(ANSWERED))
            legs->phone = PHONE_UP;
        break;
    case EVENT_SIP_CANCEL:
        if (now & PHONE_ASKS)
            legs->phone = PHONE_NONE;
        break;
    case EVENT_SIP_BYE:
        if (now & (PHONE_ASKS | P(ANSWERED) | P(UP)))
            legs->phone = PHONE_NONE;
        break;
    case EVENT_SIP_FAILURE:
    case EVENT_SIP_REDIRECTED:
    case EVENT_SIP_ENDED:
    case EVENT_SIP_LOST:
        legs->phone = PHONE_NONE;
        break;
    }
}

static void pbx_raise(Legs *legs, CallEvent event)
{
    guint32 now = 1u << legs->pbx;
    gboolean early = (now & (B(SENT) | B(OVERLAP) | B(PROCEEDING))) != 0;

    switch ((guint)event) {
    case EVENT_ISDN_SETUP:
    case EVENT_ISDN_SETUP_UNNAMED:
        legs->pbx = PBX_CALLS;
        legs->channel = TRUE;
        break;
    case EVENT_ISDN_SETUP_ACK:
        if (now & B(SENT))
            legs->pbx = PBX_OVERLAP;
        break;
    case EVENT_ISDN_PROCEEDING:
    case EVENT_ISDN_PROCEEDING_MEDIA:
        if (early)
            legs->pbx = PBX_PROCEEDING;
        break;
    case EVENT_ISDN_PROGRESS:
    case EVENT_ISDN_PROGRESS_MEDIA:
    case EVENT_ISDN_PROGRESS_CAUSE:
        if (now & B(SENT)) /* nothing else will tell that the PBX has the call */
            legs->pbx = PBX_PROCEEDING;
        break;
    case EVENT_ISDN_ALERTING:
    case EVENT_ISDN_ALERTING_MEDIA:
        if (early)
            legs->pbx = PBX_ALERTING;
        break;
    case EVENT_ISDN_CONNECT:
        if (now & PBX_ASKED)
            legs->pbx = PBX_CONNECTS;
        break;
    case EVENT_ISDN_CONNECT_ACK:
        if (now & B(CONNECTED))
            legs->pbx = PBX_UP;
        break;
    case EVENT_ISDN_DISCONNECT:
    case EVENT_ISDN_DISCONNECT_MEDIA:
        if (now & (PBX_OPEN | B(DISCONNECTED)))
            legs->pbx = PBX_DISCONNECTS;
        break;
    case EVENT_ISDN_RELEASE:
        legs->pbx = now & B(RELEASED) ? PBX_CROSSED : PBX_RELEASES;
        break;
    case EVENT_ISDN_RELEASED:
        legs->pbx = PBX_NONE;
        break;
    case EVENT_ISDN_UNACKNOWLEDGED:
        legs->pbx = PBX_DISCONNECTED;
        break;
    case EVENT_ISDN_RESTART:
    case EVENT_ISDN_LOST:
    case EVENT_ISDN_REFUSED:
        legs->pbx = PBX_DEAD;
        break;
    }
}

void legs_raise(Legs *legs, CallEvent event)
{
    phone_raise(legs, event);
    pbx_raise(legs, event);
    if (event == EVENT_CALL_JOINED)
        legs->joined = TRUE;
    if (event == EVENT_CALL_LEFT)
        legs->joined = FALSE;
    if (event == EVENT_CHANNEL_FREE)
        legs->claim = FALSE; /* what is kept for it is there to be seized */
}

static const Move *move_find(const Move *moves, gsize count, CallAction action)
{
    for (gsize i = 0; i < count; i++)
        if (moves[i].action == action)
            return &moves[i];
    return NULL;
}

static const char *move_leg(const Move *move, guint8 *state, guint8 stays)
{
    if (!(move->from & 1u << *state))
        return move->wrong;
    if (move->to != stays)
        *state = move->to;
    return NULL;
}

static const char *book(guint8 *booked, gboolean wanted, const char *wrong)
{
    if (*booked == wanted)
        return wrong;
    *booked = wanted;
    return NULL;
}

const char *legs_act(Legs *legs, CallAction action)
{
    const Move *phone = move_find(phone_moves, G_N_ELEMENTS(phone_moves), action);
    const Move *pbx = move_find(pbx_moves, G_N_ELEMENTS(pbx_moves), action);

    if (action == ACTION_ISDN_SETUP && (!legs->channel || !legs->media))
        return "SETUP without a channel or a port";
    if (action == ACTION_SIP_INVITE && (!legs->channel || !legs->media))
        return "INVITE without a channel or a port";
    if (phone)
        return move_leg(phone, &legs->phone, PHONE_COUNT);
    if (pbx)
        return move_leg(pbx, &legs->pbx, PBX_COUNT);
    switch ((guint)action) {
    case ACTION_CHANNEL_CLAIM:
        return legs->channel ? "a claim beside a channel"
                             : book(&legs->claim, TRUE, "a second claim");
    case ACTION_CHANNEL_UNCLAIM:
        return book(&legs->claim, FALSE, "a claim given up that is none");
    case ACTION_PREEMPT:
        return legs->claim ? NULL : "others cleared for a call that waits for nothing";
    case ACTION_CHANNEL_SEIZE:
        if (legs->claim)
            return "a channel seized beside a claim";
        return book(&legs->channel, TRUE, "a second channel");
    case ACTION_CHANNEL_RETAKE:
        legs->given_up = FALSE;
        return book(&legs->channel, TRUE, "a second channel");
    case ACTION_CHANNEL_FREE:
        if (legs->given_up && legs->pbx == PBX_NONE) { /* nothing is booked any more */
            legs->given_up = FALSE;
            return NULL;
        }
        if (legs->pbx == PBX_HOLDS) {
            legs->given_up = TRUE;
            return book(&legs->channel, FALSE, "a channel given up twice");
        }
        if (legs->pbx != PBX_NONE)
            return "a channel freed under a live call";
        return book(&legs->channel, FALSE, "a channel freed twice");
    case ACTION_MEDIA_OPEN:
        return legs->channel ? book(&legs->media, TRUE, "a second port") : "a port without channel";
    case ACTION_MEDIA_CLOSE:
        return book(&legs->media, FALSE, "a port closed twice");
    case ACTION_MEDIA_BUSY:
        if (!legs->media)
            return "media without a port";
        legs->media = FALSE;
        legs->tone = TRUE;
        return NULL;
    case ACTION_MEDIA_HUSH:
        legs->tone = FALSE;
        return NULL;
    case ACTION_MEDIA_THROUGH:
        legs->was_up = TRUE;
        return legs->media ? NULL : "media without a port";
    case ACTION_TELL_LEFT:
        return book(&legs->joined, FALSE, "CALL.LEFT for nobody");
    case ACTION_TELL_PARTY:
        return legs->joined ? NULL : "somebody named to no other call";
    case ACTION_MEDIA_JOIN:
        if (!legs->joined)
            return "a port joined to none";
        return legs->media ? NULL : "media without a port";
    case ACTION_MEDIA_UPDATE:
    case ACTION_MEDIA_LISTEN:
    case ACTION_MEDIA_PLAY:
    case ACTION_MEDIA_DIAL:
    case ACTION_MEDIA_RINGBACK:
        return legs->media ? NULL : "media without a port";
    }
    return NULL;
}

const char *legs_part_sip(Legs *legs, CallEvent event)
{
    /* After these two the room itself says the last word. */
    if (legs->phone != PHONE_NONE && event != EVENT_SIP_REFUSED && event != EVENT_TIMER_GUARD)
        return "the phone is left without a last word";
    legs->phone = PHONE_NONE;
    return NULL;
}

const char *legs_part_isdn(Legs *legs)
{
    if (legs->pbx != PBX_NONE)
        return "the PBX is left without a last word";
    if (legs->claim)
        return "a claim is left behind";
    return legs->channel ? "a channel is left behind" : NULL;
}

static const SipStates phone_states[PHONE_COUNT] = {
    [PHONE_NONE] = 1u << SIP_IDLE,
    [PHONE_CALLS] = 1u << SIP_INVITED,
    [PHONE_HEARS] = 1u << SIP_RINGING | 1u << SIP_PROGRESSING | 1u << SIP_TREATED,
    [PHONE_ANSWERED] = 1u << SIP_ANSWERED | 1u << SIP_PARTING,
    [PHONE_CALLED] = 1u << SIP_CALLING | 1u << SIP_ABANDONED,
    [PHONE_RINGS] = 1u << SIP_PROCEEDING | 1u << SIP_ALERTED | 1u << SIP_EARLY,
    [PHONE_CANCELLED] = 1u << SIP_CANCELLING,
    [PHONE_UP] = 1u << SIP_UP,
    [PHONE_BYE] = 1u << SIP_LEAVING,
};

static const IsdnStates pbx_states[PBX_COUNT] = {
    [PBX_NONE] = 1u << ISDN_NULL | 1u << ISDN_AWAITING_CHANNEL,
    [PBX_SENT] = 1u << ISDN_INITIATED,
    [PBX_OVERLAP] = 1u << ISDN_OVERLAP_SENDING,
    [PBX_PROCEEDING] = 1u << ISDN_OUTGOING_PROCEEDING,
    [PBX_ALERTING] = 1u << ISDN_DELIVERED,
    [PBX_DIALS] = 1u << ISDN_OVERLAP_RECEIVING | 1u << ISDN_AWAITING_DIGITS,
    [PBX_TOLD] = 1u << ISDN_INCOMING_PROCEEDING | 1u << ISDN_AWAITING_NAME,
    [PBX_TOLD_RINGING] = 1u << ISDN_RECEIVED,
    [PBX_CONNECTED] = 1u << ISDN_CONNECT_REQUEST,
    [PBX_UP] = 1u << ISDN_ACTIVE,
    [PBX_HOLDS] = 1u << ISDN_HELD,
    [PBX_DISCONNECTED] = 1u << ISDN_DISCONNECT_REQUEST,
    [PBX_DISCONNECTS] = 1u << ISDN_DISCONNECT_INDICATION,
    [PBX_RELEASED] = 1u << ISDN_RELEASE_REQUEST,
};

/* The caller hears the phone, or tones of ours, before the answer. */
static gboolean isdn_listens(IsdnState isdn)
{
    return isdn == ISDN_INCOMING_PROCEEDING || isdn == ISDN_RECEIVED;
}

const char *legs_agree_isdn(const Legs *legs, IsdnState isdn)
{
    if (!(pbx_states[legs->pbx] & 1u << isdn))
        return "map and PBX stand elsewhere";
    if (legs->given_up && legs->channel)
        return "a held call with a channel";
    if (legs->given_up && legs->pbx == PBX_NONE)
        return "what HOLD gave up is still remembered";
    if (legs->pbx != PBX_NONE && !legs->channel && !legs->given_up)
        return "an ISDN leg without a channel";
    if (legs->pbx == PBX_NONE && legs->channel)
        return "a channel without an ISDN leg";
    if (legs->claim != (isdn == ISDN_AWAITING_CHANNEL))
        return legs->claim ? "a claim left behind" : "waiting for a channel without a claim";
    if (legs->tone && isdn != ISDN_DISCONNECT_REQUEST && !isdn_listens(isdn))
        return "a busy tone without a DISCONNECT or PROGRESS of ours";
    return NULL;
}

const char *legs_agree(const Legs *legs, SipState sip, IsdnState isdn)
{
    const char *wrong = legs_agree_isdn(legs, isdn);

    if (!(phone_states[legs->phone] & 1u << sip))
        return "map and phone stand elsewhere";
    if (wrong)
        return wrong;
    if (legs->phone == PHONE_NONE && isdn_listens(isdn) && !legs->tone)
        return "a caller who hears nothing of a call that has failed";
    if (legs->phone != PHONE_NONE && legs->tone)
        return "a busy tone for a call that goes on";
    if (isdn == ISDN_AWAITING_DIGITS)
        return legs->media ? NULL : "dial tone without a port";
    if (legs->joined && legs->phone != PHONE_UP)
        return "another call joined to nobody";
    if (sip == SIP_UP && !legs->joined && !(1u << legs->pbx & PBX_TALKS))
        return "a phone that talks to nobody";
    if (legs->media && (legs->phone == PHONE_NONE || (legs->pbx == PBX_NONE && !legs->joined)))
        return "a port with nobody at one end";
    if (!legs->media && (legs->phone == PHONE_UP || legs->pbx == PBX_UP))
        return "an answered call without media";
    return NULL;
}

CallEvent legs_refusal(const Legs *legs, CallAction action)
{
    switch ((guint)action) {
    case ACTION_CHANNEL_RETAKE:
        return EVENT_CHANNEL_NONE;
    case ACTION_SIP_WITHDRAW: /* the 200 is still held back */
        return legs->phone == PHONE_ANSWERED ? EVENT_SIP_REFUSED : CALL_EVENT_COUNT;
    case ACTION_CHANNEL_SEIZE:
    case ACTION_PREEMPT:
        return EVENT_CHANNEL_NONE;
    case ACTION_CHANNEL_CLAIM: /* one is free already */
        return EVENT_CHANNEL_FREE;
    case ACTION_MEDIA_OPEN:
        return EVENT_MEDIA_NONE;
    case ACTION_ISDN_SETUP:
    case ACTION_ISDN_SETUP_ACK:
    case ACTION_ISDN_SETUP_ACK_TONE:
    case ACTION_ISDN_PROGRESS:
    case ACTION_ISDN_ALERTING:
    case ACTION_ISDN_ALERTING_MEDIA:
    case ACTION_ISDN_CONNECT:
    case ACTION_ISDN_CONNECT_ACK:
        return EVENT_ISDN_REFUSED;
    case ACTION_SIP_DIALLED_ALL: /* all INVITEs have failed before */
        return EVENT_SIP_FAILURE;
    case ACTION_SIP_INVITE:
    case ACTION_SIP_RING:
    case ACTION_SIP_RING_MEDIA:
    case ACTION_SIP_PROGRESS:
    case ACTION_SIP_PROGRESS_PLAIN:
    case ACTION_SIP_ANSWER:
        return EVENT_SIP_REFUSED;
    }
    return CALL_EVENT_COUNT;
}

gboolean legs_refusal_stops(CallAction action)
{
    return action == ACTION_CHANNEL_SEIZE || action == ACTION_CHANNEL_CLAIM ||
           action == ACTION_MEDIA_OPEN || action == ACTION_ISDN_SETUP ||
           action == ACTION_ISDN_SETUP_ACK || action == ACTION_ISDN_SETUP_ACK_TONE ||
           action == ACTION_SIP_INVITE || action == ACTION_CHANNEL_RETAKE;
}

/* A timer that a stack runs, and the states of its leg in which it does. */
typedef struct StackTimer {
    CallEvent event;
    guint32 runs;
} StackTimer;

static const StackTimer phone_timers[] = {
    {EVENT_SIP_FAILURE, P(CALLED) | P(CANCELLED)}, /* Timer B; RFC 3261 9.1 after CANCEL */
    {EVENT_SIP_NO_ACK, P(ANSWERED)},               /* Timer H */
    {EVENT_SIP_ENDED, P(BYE)},                     /* Timer F */
    {EVENT_SIP_LOST, P(UP)},                       /* RFC 4028 10 */
};

static const StackTimer pbx_timers[] = {
    /* T303, T313, T305 and then T308, T308 */
    {EVENT_ISDN_RELEASED, B(SENT) | B(CONNECTED) | B(DISCONNECTED) | B(RELEASED)},
};

static gboolean stack_timer_runs(const StackTimer *timers, gsize count, guint state,
                                 CallEvent event)
{
    for (gsize i = 0; i < count; i++)
        if (timers[i].event == event && timers[i].runs & 1u << state)
            return TRUE;
    return FALSE;
}

gboolean legs_event_is_patience(const Legs *legs, SipState sip, IsdnState isdn, CallEvent event)
{
    if (stack_timer_runs(phone_timers, G_N_ELEMENTS(phone_timers), legs->phone, event) ||
        stack_timer_runs(pbx_timers, G_N_ELEMENTS(pbx_timers), legs->pbx, event))
        return TRUE;
    if (event == EVENT_MEDIA_SILENT) /* rtp-timeout */
        return sip == SIP_UP && legs->media;
    /* The guard is for mistakes: no call may need it. */
    return event != EVENT_TIMER_GUARD && clock_fit(sip, isdn, event) != FIT_NO;
}
