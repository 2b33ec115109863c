/* Transfers, the hall's part: may this call go on there, and how two calls from the PBX become one.
 *
 * A call is transferred while its ISDN leg stands. Where it goes to a SIP URI, src/sip tries an INVITE beside the call
 * and raises SIP.REPLACED or SIP.MOVED. Where it goes to a trunk, the hall makes a second call of the map, its SIP side
 * a half as in a call from trunk to trunk; when that is answered the two are each other's SIP side.
 * Home thread of everything here: signalling.
 */
#pragma once

#include "call.h"

typedef enum TransferWay {
    TRANSFER_BARRED,   /* status and why say it */
    TRANSFER_TO_URI,   /* an INVITE to uri */
    TRANSFER_TO_TRUNK, /* a call to trunk: transfer_seek() */
    TRANSFER_JOIN,     /* two calls on the PBX become one: transfer_join() */
    TRANSFER_TAKE_OVER, /* BY itself takes the call over by INVITE with Replaces */
} TransferWay;

typedef struct TransferPlan {
    TransferWay way;
    guint16 status; /* of the refusal */
    char why[160];  /* for people */
    Number dialled;  /* the number the transferor named; empty: none */
    CallSetup setup; /* what the new leg asks for: called to a trunk, calling the party on the PBX */
    const TrunkSettings *trunk;
    const PeerSettings *peer; /* of uri; NULL when it is none */
    gboolean emergency;
    gboolean redirected; /* by a 3xx, not by REFER */
    char uri[URI_MAX];
} TransferPlan;

/* Asked of every transfer that the settings allow: may BY do to CALL what PLAN says? FALSE with status and why written. */
typedef gboolean (*TransferCheckFunc)(void *user, const Call *call, const CallOrigin *by, TransferPlan *plan);
void hall_set_transfer_check(Hall *hall, TransferCheckFunc func, void *user);
/* The same question for TRANSFER_JOIN and TRANSFER_TAKE_OVER, which need no plan. FALSE with status and why. */
gboolean transfer_allowed(const Call *call, const CallOrigin *by, TransferWay way, TransferPlan *plan);

/* Where CALL's party on the PBX goes when BY, the transferor, names CALLED (a number at this gateway; NULL: none) or URI (a
 * SIP URI elsewhere). A number goes where BY's own call to it would go, or else where the party's own would;
 * a URI must lead to a host the settings name: a [peer], [sip] allow, a route's target. FALSE with PLAN->status
 * 403 (barred, or [sip] transfer = no: 603), 404, 484 or 500. */
gboolean transfer_plan(const Call *call, const CallOrigin *by, const Number *called, const char *uri,
                       TransferPlan *plan);

/* The same for a 3xx from BY to CALL's INVITE: the place is judged as the party's own call to it would be. */
gboolean redirect_plan(const Call *call, const CallOrigin *by, const Number *called, const char *uri,
                       TransferPlan *plan);

/* How a call sought beside another one gets on: 180, 183, then once 200 or a failure with its cause in NEWS. At 200
 * the transferor's leg must have left CALL when it returns: call_set_sip_leg(call, NULL). */
typedef void (*TransferFunc)(void *user, guint16 status, const CallNews *news);

/* Seeks PLAN's trunk for CALL, which stays with the transferor. FUNC may be called before it returns, and no more after
 * the final word or transfer_forsake(). FALSE when the hall takes no new calls: FUNC was not called. */
gboolean transfer_seek(Call *call, const TransferPlan *plan, TransferFunc func, void *user);
/* The same with CONSULTED, a call of the transferor's to the PBX that is not answered yet (RFC 5589 7.6): its SIP leg has
 * left it, its INVITE is refused by who held it. */
void transfer_adopt(Call *call, Call *consulted, TransferFunc func, void *user);
/* The transferor has left: the call sought becomes CALL's SIP side before it is answered. FUNC is told on. */
void transfer_move(Call *call);
/* Nobody waits for the call sought any more. Nothing when none is. */
void transfer_forsake(Call *call);
/* Nobody listens any more; the transfer goes on. */
void transfer_hush(Call *call);
/* Joins two answered calls, both on the PBX; their SIP legs must have left them. FALSE when one of them is not up, or
 * is joined already. */
gboolean transfer_joinable(const Call *one, const Call *other);
void transfer_join(Call *one, Call *other);
/* CALL has gone on to PLAN's URI: who its far end is now. */
void transfer_settle(Call *call, const TransferPlan *plan);
/* Whether CALL has a call sought beside it. */
gboolean transfer_is_seeking(const Call *call);
