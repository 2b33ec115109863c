/* Redirections followed here (RFC 3261 8.1.3.4): the Contacts of a 3xx, each judged as a transfer
 * there would be, then called one after the other.
 *
 * A 3xx is followed where the [peer] that was called has follow = yes, for a call from the PBX that
 * is no call for help. No place is called twice in one call, and no more than REDIRECT_HOPS 3xx
 * lead from one to the next.
 */
#include "call_private.h"
#include "cause.h"
#include "log.h"

#include <string.h>

#define REDIRECT_HOPS 5
#define REDIRECT_PLACES 16 /* of one call, whether tried already or not */

/* A place that may be called, or was. */
typedef struct Place {
    TransferPlan plan;
    gboolean tried;
} Place;

static gboolean place_known(const Call *call, const TransferPlan *plan)
{
    const GArray *places = call->redirects;

    if (plan->way == TRANSFER_TO_URI && strcmp(call->uri, plan->uri) == 0)
        return TRUE;
    for (guint i = 0; places && i < places->len; i++) {
        const TransferPlan *known = &g_array_index(places, Place, i).plan;

        if (known->way == plan->way && strcmp(known->uri, plan->uri) == 0 &&
            known->trunk == plan->trunk &&
            strcmp(known->setup.called.digits, plan->setup.called.digits) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean call_follows(const Call *call)
{
    return call->peer && call->peer->follow && call->origin.kind == ORIGIN_PRI && !call->transit &&
           !call->callback && !call->origin.emergency && call->redirect_hops < REDIRECT_HOPS;
}

static gboolean contact_take(Call *call, const CallOrigin *by, const CallContact *contact)
{
    static LogLimit limit;
    Place place = {.tried = FALSE};

    if (!redirect_plan(call, by, contact->number, contact->uri, &place.plan)) {
        if (log_limit(&limit, 10, 10 * G_USEC_PER_SEC))
            log_notice("C%u 3xx to %s is not followed: %s", call->id, contact->uri, place.plan.why);
        return FALSE;
    }
    if (place_known(call, &place.plan))
        return FALSE;
    if (!call->redirects)
        call->redirects = g_array_new(FALSE, FALSE, sizeof(Place));
    if (call->redirects->len >= REDIRECT_PLACES)
        return FALSE;
    g_array_append_val(call->redirects, place);
    return TRUE;
}

gboolean call_offer_redirects(Call *call, const CallOrigin *by, const CallContact *contacts,
                              guint count)
{
    guint taken = 0;

    if (!call_follows(call))
        return FALSE;
    call->redirect_hops++;
    for (guint i = 0; call->redirects && i < call->redirects->len; i++)
        g_array_index(call->redirects, Place, i).tried = TRUE; /* the newest word counts */
    for (guint i = 0; i < count; i++)
        taken += contact_take(call, by, &contacts[i]);
    return taken > 0;
}

static Place *place_next(const Call *call)
{
    for (guint i = 0; call->redirects && i < call->redirects->len; i++) {
        Place *place = &g_array_index(call->redirects, Place, i);

        if (!place->tried)
            return place;
    }
    return NULL;
}

gboolean call_redirect_waits(const Call *call)
{
    return place_next(call) != NULL;
}

gboolean call_redirect_next(Call *call)
{
    Place *place = place_next(call);

    if (!place)
        return FALSE;
    place->tried = TRUE;
    hall_count(call->hall, COUNT_REDIRECTED);
    call_forget_target(call);
    call_take_way(call, place->plan.way == TRANSFER_TO_TRUNK);
    if (call->transit) {
        call->through = place->plan.trunk;
        call->setup.called = place->plan.setup.called;
        call->uri[0] = '\0';
    } else {
        call->peer = place->plan.peer;
        call->has_remote = FALSE;
        g_strlcpy(call->uri, place->plan.uri, sizeof(call->uri));
    }
    log_info("C%u is redirected to %s", call->id,
             call->transit ? call->setup.called.digits : call->uri);
    call_event(call, EVENT_ROUTE_PEER, NULL);
    return TRUE;
}

void call_redirect(Call *call)
{
    if (!call_redirect_next(call))
        call_route_next(call);
}

void call_end_redirects(Call *call)
{
    g_clear_pointer(&call->redirects, g_array_unref);
}
