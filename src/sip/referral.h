/* What the files of transfers share: a transfer under way. */
#pragma once

#include "sip_room.h"
#include "transfers.h"

struct Referral {
    Ua *ua;
    UaLeg *told;     /* owns it: NOTIFYs go in its dialog */
    UaLeg *referrer; /* whose call it is; NULL when it is over, or the call has left it */
    UaLeg *tried;    /* our INVITE, while it is unanswered */
    TransferPlan plan;
    gboolean seeking; /* the hall seeks a call to a trunk */
    gboolean
        moved;     /* the transferor has hung up: what is sought is the call's other side already */
    gboolean over; /* its outcome is known */
    gboolean notifies; /* a subscription stands */
    gboolean held;     /* somebody still looks at it */
    char *event;       /* "refer;id=2" */
    CallEvent heard;   /* the last of the leg tried */
    CallNews news;     /* of that, or of the outcome */
    guint16 status;    /* the outcome */
    LoopTimer *patience;
};

/* A transfer of REFERRER's call; its NOTIFYs go in TOLD's dialog, which owns it. */
Referral *referral_new(UaLeg *told, UaLeg *referrer);
/* Frees REFERRAL when nobody is to hear of it any more. */
void referral_settle(Referral *referral);
void referral_notify(Referral *referral, guint16 status);
/* The outcome is STATUS. REFERRAL may be gone afterwards. */
void referral_end(Referral *referral, guint16 status);
/* Tries what the plan says; SIP, a REFER or a BYE, and EXTRA, a header line or NULL, are handed on.
 * REFERRAL may be over, and gone, afterwards. */
void referral_try(Referral *referral, const ReferTo *to, sip_t const *sip, const char *extra);
/* The hall's news of the call it seeks; USER is the Referral. */
void referral_told(void *user, guint16 status, const CallNews *news);
/* LEG's far end hangs up while REFERRAL of its call is pending: the call's SIP side is what is
 * tried, and hears what that has heard so far. */
void referral_move(Referral *referral, UaLeg *leg);

/* The phrase of STATUS, never NULL. */
const char *referral_phrase(guint16 status);
/* The value of a header Sofia does not know; NULL: there is none. */
const char *referral_header(sip_t const *sip, const char *name);
/* Who asks by SIP, which came from SOURCE, for a transfer of LEG's call (NULL: of none): FALSE for
 * a far end that we called and that may not call us. */
gboolean referral_source(Ua *ua, const UaLeg *leg, sip_t const *sip, const struct sockaddr *source,
                         CallOrigin *by);
/* Behind the proxy: BY has the address that LEG's far end, which we called, has for us; it becomes
 * who it was called as. */
void referral_know_called(const UaLeg *leg, CallOrigin *by);
/* Where LEG's call goes when BY names TO. FALSE with PLAN's status and why. */
gboolean referral_plan(const UaLeg *leg, const CallOrigin *by, const ReferTo *to,
                       TransferPlan *plan);
gboolean referral_leg_is_up(const UaLeg *leg);
/* LEG's call is one for help, a drill of one, or answers one: nobody moves it, takes it over or
 * lends its right to another number. WHY tells so. */
gboolean referral_is_barred(const UaLeg *leg, const char **why);
/* As referral_tell_refused(), of what came from SOURCE. */
void referral_tell_refused_from(Ua *ua, sip_t const *sip, const struct sockaddr *source,
                                const char *method, int status, const char *why);
