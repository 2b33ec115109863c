/* Transfers to the PBX: a call sought beside the one that is transferred, and the joining of the
 * two. */
#include "transfer.h"
#include "cause.h"
#include "log.h"
#include "transit.h"

/* ---- one hears how the call sought gets on ------------------------------------------------------
 */

static guint16 status_of(CallEvent event, const CallNews *news)
{
    switch ((int)event) { /* what is not here is no progress */
    case EVENT_SIP_RINGING:
    case EVENT_SIP_RINGING_MEDIA:
        return 180;
    case EVENT_SIP_FORWARDED:
        return 181;
    case EVENT_SIP_PROGRESS:
        return 183;
    case EVENT_SIP_ANSWER:
        return 200;
    case EVENT_SIP_FAILURE:
        return news->status;
    default:
        return 0;
    }
}

static void say(Call *call, guint16 status, const CallNews *news)
{
    static const CallNews none = CALL_NEWS_INIT;
    TransferFunc told = call->told;

    if (!told || !status)
        return;
    if (status >= 200)
        call->told = NULL;
    told(call->told_user, status, news ? news : &none);
}

void transfer_told(Call *call, CallEvent event, const CallNews *news)
{
    say(call, status_of(event, news), news);
}

void transfer_parted(Call *call)
{
    say(call, 500, NULL);
}

/* ---- two become one -----------------------------------------------------------------------------
 */

static gboolean call_is_up(const Call *call)
{
    return call->sip == SIP_UP && (call->isdn == ISDN_ACTIVE || call->isdn == ISDN_CONNECT_REQUEST);
}

/* OTHER is CALL's SIP side from now on. */
static void call_take_twin(Call *call, Call *other)
{
    call->transit = TRUE;
    call->through = other->trunk ? other->trunk : other->through;
    call->twin = other;
}

static void tell_replaced(Call *call)
{
    CallNews news = CALL_NEWS_INIT;

    transit_news_media(call->twin, &news);
    news.has_party = TRUE;
    call_find_isdn_party(call->twin, &news.party);
    hall_note(call->hall, call->id, LADDER_SIP, LADDER_IN, "joined with C%u", call->twin->id);
    call_event(call, EVENT_SIP_REPLACED, &news);
}

/* The call sought is answered while the transferor still holds the other one. */
gboolean transfer_answered(Call *call)
{
    Call *other = call->twin;
    CallNews ended = CALL_NEWS_INIT;

    if (!call_is_up(other)) { /* it is being cleared, and so will this one be */
        other->twin = call->twin = NULL;
        ended.cause = CAUSE_NORMAL_CALL_CLEARING;
        say(call, 487, &ended);
        call_event(call, EVENT_SIP_BYE, &ended);
        return FALSE;
    }
    say(call, 200, NULL);
    call_take_twin(other, call);
    hall_count(call->hall, COUNT_CALLS_TRANSFERRED);
    log_info("C%u goes on as C%u", other->id, call->id);
    tell_replaced(other);
    return TRUE;
}

gboolean transfer_joinable(const Call *one, const Call *other)
{
    return one != other && call_is_up(one) && call_is_up(other) && !one->transit && !other->transit;
}

void transfer_join(Call *one, Call *other)
{
    g_return_if_fail(transfer_joinable(one, other));
    transfer_forsake(one);
    transfer_forsake(other);
    call_take_twin(one, other);
    call_take_twin(other, one);
    hall_count(one->hall, COUNT_CALLS_TRANSFERRED);
    log_info("C%u and C%u are joined", one->id, other->id);
    tell_replaced(one);
    if (one->twin)
        tell_replaced(other);
}

/* ---- a call beside another ----------------------------------------------------------------------
 */

/* The call sought beside CALL, which is not yet its other half. */
static Call *sought_by(const Call *call)
{
    return !call->transit && call->twin && call->twin->transit ? call->twin : NULL;
}

gboolean transfer_is_seeking(const Call *call)
{
    return sought_by(call) != NULL;
}

gboolean transfer_seek(Call *call, const TransferPlan *plan, TransferFunc func, void *user)
{
    CallOrigin origin = {.kind = ORIGIN_TRANSIT, .trusted = TRUE, .emergency = plan->emergency};
    CallNews media = CALL_NEWS_INIT;
    Call *other;

    g_return_val_if_fail(plan->way == TRANSFER_TO_TRUNK && !call->transit && !call->twin, FALSE);
    if (call->trunk)
        g_strlcpy(origin.trunk, call->trunk->name, sizeof(origin.trunk));
    other = call_new(call->hall, &origin, &plan->setup);
    if (!other)
        return FALSE;
    other->transit = TRUE;
    other->through = plan->trunk;
    other->twin = call;
    other->told = func;
    other->told_user = user;
    call->twin = other;
    log_info("C%u is transferred: C%u to trunk %s", call->id, other->id, plan->trunk->name);
    transit_news_media(call, &media);
    call_event(other, EVENT_SIP_INVITE, &media); /* OTHER may be gone now */
    return TRUE;
}

void transfer_adopt(Call *call, Call *consulted, TransferFunc func, void *user)
{
    CallNews media = CALL_NEWS_INIT;

    consulted->transit = TRUE;
    consulted->through = consulted->trunk;
    consulted->twin = call;
    consulted->told = func;
    consulted->told_user = user;
    call->twin = consulted;
    log_info("C%u is transferred to C%u, which rings", call->id, consulted->id);
    transit_news_media(call, &media);
    call_event(consulted, EVENT_SIP_MEDIA, &media);
}

void transfer_move(Call *call)
{
    Call *sought = sought_by(call);
    CallNews nobody = CALL_NEWS_INIT;
    SipState stands;

    g_return_if_fail(sought);
    stands = sought->sip;
    call_take_twin(call, sought);
    hall_count(call->hall, COUNT_CALLS_TRANSFERRED);
    nobody.has_remote = TRUE;
    nobody.remote.event_payload_type = -1;
    call_event(call, EVENT_SIP_MOVED, &nobody);
    if (stands == SIP_INVITED)
        call_event(call, EVENT_SIP_TRYING, NULL);
    else
        call_event(call, EVENT_SIP_RINGING, NULL);
}

void transfer_forsake(Call *call)
{
    Call *sought = sought_by(call);

    if (!sought)
        return;
    call->twin = sought->twin = NULL;
    sought->told = NULL;
    call_event(sought, EVENT_SIP_CANCEL, NULL);
}

void transfer_settle(Call *call, const TransferPlan *plan)
{
    call->peer = plan->peer;
    g_strlcpy(call->uri, plan->uri, sizeof(call->uri));
    hall_count(call->hall, COUNT_CALLS_TRANSFERRED);
}

void transfer_hush(Call *call)
{
    if (call->twin)
        call->twin->told = NULL;
}
