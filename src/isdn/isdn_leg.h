/* The Q.931 leg of one call: what libpri and the hall each know of it, and how it is cleared. */
#pragma once

#include "cause.h"
#include "dchan.h"

/* ENQUIRY_LOST: the answer was that the far end has the call no more. */
typedef enum LegEnquiry { ENQUIRY_NONE, ENQUIRY_WANTED, ENQUIRY_SENT, ENQUIRY_LOST } LegEnquiry;

struct IsdnLeg {
    DChannel *dchan;
    guint32 id;      /* of no other leg, ever: an address may be another leg's after an event */
    q931_call *q931; /* NULL: libpri has let it go, or not begun */
    int ref;         /* libpri's call reference */
    Call *call;      /* NULL once parted: the leg finishes alone */
    guint32 call_id;
    Channel channel;
    guint8 dialled;        /* as many digits of the called number have gone out */
    guint8 named;          /* the channel the far end knows of: our SETUP's, or its answer's */
    gboolean ours;         /* we sent the SETUP */
    gboolean preferred;    /* our SETUP left the far end another channel */
    gboolean responded;    /* a message has answered the SETUP */
    gboolean acknowledged; /* SETUP ACKNOWLEDGE was one */
    gboolean proceeding;   /* so was CALL PROCEEDING, ALERTING or CONNECT */
    gboolean connected;    /* Q.931 U10 or N10 was reached */
    gboolean disconnected; /* DISCONNECT came and was reported */
    gboolean hanging_up;   /* libpri was asked to clear */
    gboolean answer_due;   /* RELEASE came: RELEASE COMPLETE is owed */
    gboolean repeat_waits; /* the SETUP is to be sent anew once the link has settled */
    gboolean repeated;     /* it was sent anew */
    LegEnquiry enquiry;    /* the audit's STATUS ENQUIRY */
    guint enquiry_epoch;   /* of the link when it was asked for, or sent */
    gint64 enquired_us;    /* when it was sent */
    guint8 enquiries;      /* sent in the present audit */
    gboolean expired;      /* libpri has sent DISCONNECT by itself: no CONNECT ACKNOWLEDGE (T313) */
    gboolean asks_ability; /* DMS-100: its SETUP asks whether it can be transferred */
    gint32 ability_invoke; /* by this invocation */
    gboolean suspended;    /* NOTIFY of a hold has had the phone told */
    gboolean silenced;     /* it has stopped what the phone hears */
    gboolean told_held;    /* NOTIFY remote hold went out */
    guint8 release_cause;  /* of our RELEASE, whatever libpri has; 0: as libpri has it */
    guint8 answer_cause;   /* of the RELEASE COMPLETE that is owed; 0: the call's */
    guint releases;        /* RELEASE sent so often */
    guint epoch;           /* of the link when the SETUP went out */
};

/* The leg of CALL while libpri still knows its call; NULL otherwise. */
static inline IsdnLeg *isdn_leg_live(Call *call)
{
    IsdnLeg *leg = call_isdn_leg(call);

    return leg && leg->q931 ? leg : NULL;
}

/* A leg without a call yet, in its D channel's list. */
IsdnLeg *isdn_leg_new(DChannel *dchan, gboolean ours);
/* libpri's Q931 becomes LEG's; with its call reference. */
void isdn_leg_adopt(IsdnLeg *leg, q931_call *q931);
void isdn_leg_join(IsdnLeg *leg, Call *call);
/* Takes LEG out of its list and frees it; libpri's call must be gone or destroyed. */
void isdn_leg_free(IsdnLeg *leg);

IsdnLeg *isdn_leg_find(DChannel *dchan, const q931_call *q931);
IsdnLeg *isdn_leg_find_call(const DChannel *dchan, int ref);
/* The attached leg that holds channel NUMBER of the span. */
IsdnLeg *isdn_leg_find_channel(DChannel *dchan, guint8 number);
/* The leg of that id; NULL when what an event set off has freed it. */
IsdnLeg *isdn_leg_find_id(const DChannel *dchan, guint32 id);
/* The ids of all legs as they are now, each to be looked up again before use. Caller unrefs. */
GArray *isdn_leg_ids(const DChannel *dchan);

/* DISCONNECT with CAUSE. */
void isdn_leg_disconnect(IsdnLeg *leg, guint8 cause);
/* RELEASE, the answer to DISCONNECT. */
void isdn_leg_release(IsdnLeg *leg, guint8 cause);
/* RELEASE COMPLETE, a refusal of SETUP or the answer to RELEASE; libpri's call is gone then. */
void isdn_leg_release_complete(IsdnLeg *leg, guint8 cause);
/* Drops libpri's call without a message. */
void isdn_leg_destroy(IsdnLeg *leg);
/* The same after an event, for the leg of that id if it is still there: one without a call goes. */
void isdn_leg_drop(DChannel *dchan, guint32 id);
/* Clears by whatever message the leg's state asks for. */
void isdn_leg_clear(IsdnLeg *leg, guint8 cause);

/* Parts LEG from its call; it finishes alone and frees itself. */
void isdn_leg_part(IsdnLeg *leg);
/* Parts LEG after raising EVENT with CAUSE, for a call that goes on without it. */
void isdn_leg_abandon(IsdnLeg *leg, CallEvent event, guint8 cause, const char *detail);

/* Moves LEG's booking to channel NUMBER of DCHAN's span, its own or another of the group. */
void isdn_leg_move(IsdnLeg *leg, DChannel *dchan, guint8 number);
/* Gives up a channel that glare moved LEG to before the far end knew, which speaks of the one it
 * was asked for: that one may be another call's by now. */
void isdn_leg_move_back(IsdnLeg *leg);

/* libpri's T313 has run out where the message NEWS tells of, about to leave, is a DISCONNECT that
 * nobody asked for: it and what follows it shall say cause 102 (Q.931 5.2.8), and the call is told
 * by the next isdn_legs_sweep(). */
void isdn_leg_note_expiry(IsdnLeg *leg, const FrameNews *news);
/* A message passed: a line for the ladder of its call. */
void isdn_leg_note_message(DChannel *dchan, LadderWay way, const FrameNews *news);
/* After the frame NEWS tells of: libpri may have dropped the call without an event. */
void isdn_leg_check_call(DChannel *dchan, const FrameNews *news);
/* The same for all legs, after libpri's timers ran. */
void isdn_legs_sweep(DChannel *dchan);
/* The link or the line is gone: ISDN.LOST to calls in set-up and clearing, and to active ones if
 * ACTIVE_TOO. How many there were. */
guint isdn_legs_lost(DChannel *dchan, gboolean active_too);
/* The link has settled: sends SETUPs again that were lost to it. */
void isdn_legs_repeat_setups(DChannel *dchan);
void isdn_legs_free(DChannel *dchan);
