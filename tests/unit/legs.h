/* A phone and a PBX as the stacks show them: what each may raise, and which actions make sense to
 * it.
 *
 * Written from RFC 3261, Q.931 and what NUA and libpri do, never from the rules of the call map.
 */
#pragma once

#include "callmap.h"

typedef enum Phone {
    PHONE_NONE,
    PHONE_CALLS,     /* its INVITE awaits a response */
    PHONE_HEARS,     /* 18x was sent to it */
    PHONE_ANSWERED,  /* 200 was sent to it, ACK awaited */
    PHONE_CALLED,    /* INVITE sent to it */
    PHONE_RINGS,     /* it sent a provisional response */
    PHONE_CANCELLED, /* CANCEL sent to it */
    PHONE_UP,
    PHONE_BYE, /* BYE sent to it */
    PHONE_COUNT,
} Phone;

typedef enum Pbx {
    PBX_NONE,
    PBX_SENT, /* SETUP sent to it */
    PBX_OVERLAP,
    PBX_PROCEEDING,
    PBX_ALERTING,
    PBX_CONNECTS,     /* its CONNECT awaits CONNECT ACKNOWLEDGE */
    PBX_CALLS,        /* its SETUP came */
    PBX_DIALS,        /* SETUP ACKNOWLEDGE was sent to it */
    PBX_TOLD,         /* CALL PROCEEDING was sent to it */
    PBX_TOLD_RINGING, /* ALERTING was sent to it */
    PBX_CONNECTED,    /* CONNECT was sent to it */
    PBX_UP,
    PBX_HOLDS,        /* the call is held, it has no channel */
    PBX_DISCONNECTED, /* DISCONNECT was sent to it */
    PBX_DISCONNECTS,  /* it sent DISCONNECT */
    PBX_RELEASES,     /* it sent RELEASE */
    PBX_RELEASED,     /* RELEASE was sent to it */
    PBX_CROSSED,      /* both sent RELEASE */
    PBX_DEAD,         /* RESTART, or the link is gone */
    PBX_COUNT,
} Pbx;

/* Both ends and what they hold; all octets, so that worlds compare as memory. */
typedef struct Legs {
    guint8 phone, pbx;
    guint8 channel, media; /* booked */
    guint8 given_up;       /* the channel, by HOLD */
    guint8 claim;          /* the next free channel is for this call */
    guint8 tone;   /* the port plays busy tone to the channel alone, until the PBX releases */
    guint8 was_up; /* media went both ways */
    guint8 joined; /* the PBX has left, another call's phone is there in its place */
} Legs;

typedef enum Fit {
    FIT_NO,   /* cannot be raised now */
    FIT_ANY,  /* can be raised now */
    FIT_LIVE, /* can, and must not be thought late */
} Fit;

/* May EVENT be raised while the legs stand like this and the map's timers at SIP x ISDN? */
Fit legs_can(const Legs *legs, SipState sip, IsdnState isdn, CallEvent event);
/* The stack raises EVENT. */
void legs_raise(Legs *legs, CallEvent event);
/* An action is done to the legs. NULL, or what is wrong with it. */
const char *legs_act(Legs *legs, CallAction action);
/* The map's leg has come to rest with EVENT: NULL, or what is left behind. */
const char *legs_part_sip(Legs *legs, CallEvent event);
const char *legs_part_isdn(Legs *legs);
/* Do the states of the map and of the legs say the same? NULL, or what differs. */
/* The PBX alone: the other side of a call from trunk to trunk is no phone. */
const char *legs_agree_isdn(const Legs *legs, IsdnState isdn);
const char *legs_agree(const Legs *legs, SipState sip, IsdnState isdn);

/* The event ACTION raises when it cannot do its work; CALL_EVENT_COUNT when it always can. */
CallEvent legs_refusal(const Legs *legs, CallAction action);
/* Does that end the row? */
gboolean legs_refusal_stops(CallAction action);
/* Does EVENT come by mere waiting while they stand like this: does a timer run, of ours or of a
 * stack, that raises it? */
gboolean legs_event_is_patience(const Legs *legs, SipState sip, IsdnState isdn, CallEvent event);
/* A timer of the call map that shall not run, so that the walk can be seen to miss it;
 * CALL_TIMER_COUNT: none. */
extern CallTimerId legs_stopped_timer;
