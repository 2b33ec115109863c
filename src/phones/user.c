/* Where a user of ours is found: phones, where their calls are forwarded to, and else the PBX. */
#include "room.h"

#include "cause.h"
#include "emergency.h"
#include "location.h"
#include "mwi.h"
#include "number.h"
#include "route.h"

#include <string.h>

/* Forwarding that leads to forwarding. */
#define DEPTH_MAX 5
/* A redirect server that says nothing is passed by. */
#define REDIRECT_PATIENCE_US (2 * G_USEC_PER_SEC)

/* What the search for one user has come to. */
typedef struct Search {
    Inbound *in;
    const char *uri; /* the Request-URI as it came */
    GQueue *targets;
    double q; /* of the next target; lower ones come later */
    guint depth;
    gboolean lamps; /* it is for every place of the user alike: nobody answers it for another */
} Search;

/* Equal ones stay in the order in which they were named: what is there comes before what is new. */
static gint by_turn(gconstpointer one, gconstpointer other, gpointer user)
{
    const Target *first = one, *second = other;

    return first->q < second->q ? 1 : -1;
}

static void search_add(Search *search, Target *target, TargetWhen when)
{
    target->when = when;
    g_queue_insert_sorted(search->targets, target, by_turn, NULL);
}

static RouteResult number_route(const Inbound *in, const Number *called, RouteMatch *match)
{
    CallSetup setup = {.bearer = BEARER_3K1_AUDIO, .complete = TRUE, .called = *called};

    return route_match(in->phones->settings, &in->origin, &setup, 0, match);
}

/* Would a route of the house take this number to a trunk, or is it a drill? */
static gboolean number_is_routed(const Inbound *in, const char *user)
{
    Number called = {0};
    RouteMatch match;

    if (number_from_user(user, &called) != NUMBER_OK)
        return FALSE;
    if (emergency_recognize(in->phones->settings, &called, NULL) != EMERGENCY_NONE)
        return TRUE;
    return number_route(in, &called, &match) != ROUTE_NO_MATCH;
}

/* Would a route take a number that begins like this one? Whoever dials in pieces then dials on (RFC
 * 3578 4), and the gateway would say the same. */
static gboolean number_is_short(const Inbound *in, const char *user)
{
    Number called = {0};
    RouteMatch match;

    return !in->from_gateway && number_from_user(user, &called) == NUMBER_OK &&
           number_route(in, &called, &match) == ROUTE_NO_MATCH &&
           match.cause == CAUSE_INVALID_NUMBER_FORMAT;
}

/* A contact, at its own q below the search's. */
static void search_add_contact(Search *search, const char *uri, guint q, gint64 ring_us,
                               TargetWhen when)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    url_t *url;
    Target *target;
    Hop hop;

    su_home_init(home);
    url = url_make(home, uri);
    if (url && hop_of_url(url, &hop)) {
        target = target_new(TARGET_PHONE, uri, search->q + q / 1000.0);
        target->hop = hop;
        target->ring_us = ring_us;
        search_add(search, target, when);
    }
    su_home_deinit(home);
}

/* What USER has registered, the primary has accepted, or the settings name. */
static void search_add_bindings(Search *search, const char *user, gint64 ring_us, TargetWhen when)
{
    Phones *phones = search->in->phones;
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)binding_unref);

    location_find(phones->location, user, found);
    for (guint i = 0; i < found->len; i++) {
        Target *target = registration_target(phones, found->pdata[i]);

        if (!target)
            continue;
        target->q = search->lamps ? search->q : search->q + target->q;
        target->ring_us = ring_us;
        search_add(search, target, when);
    }
}

static gboolean search_user(Search *search, const char *user, const char *uri, TargetWhen when);

/* PLACE is a user part of ours or a sip: URI. */
static void search_forward(Search *search, const char *place, TargetWhen when)
{
    Phones *phones = search->in->phones;
    su_home_t home[1] = {SU_HOME_INIT(home)};
    g_autofree char *uri = NULL;
    url_t *url;

    if (search->depth >= DEPTH_MAX)
        return;
    search->depth++;
    su_home_init(home);
    if (g_ascii_strncasecmp(place, "sip:", 4) != 0) {
        g_autofree char *user = g_uri_escape_string(place, "+*!~'()&=$,;?/", FALSE);

        uri = g_strdup_printf("sip:%s@%s:%u", user, phones->host,
                              address_port((const struct sockaddr *)&phones->settings->sip.listen));
        search_user(search, place, uri, when);
    } else if ((url = url_make(home, place)) && url_is_ours(phones, url)) {
        search_user(search, url_user_text(home, url), place, when);
    } else {
        search_add_contact(search, place, 1000, phones->settings->proxy.ring_us, when);
    }
    su_home_deinit(home);
    search->depth--;
}

static gboolean search_phone(Search *search, const PhoneSettings *phone, TargetWhen when)
{
    guint before = search->targets->length;
    gboolean reachable;

    if (phone->always && !search->lamps) {
        search_forward(search, phone->always, when);
        return search->targets->length > before;
    }
    search_add_bindings(search, phone->name, phone->ring_time_us, when);
    if (search->lamps)
        return search->targets->length > before;
    reachable = search->targets->length > before;
    search->q -= 2;
    /* Nobody's turn before it: what is for no answer is for nobody there as well. */
    if (phone->no_answer)
        search_forward(search, phone->no_answer, reachable ? WHEN_NO_ANSWER : when);
    search->q -= 2;
    if (phone->busy && reachable)
        search_forward(search, phone->busy, WHEN_BUSY);
    return search->targets->length > before;
}

/* TRUE when USER is known here, or by a route. */
static gboolean search_user(Search *search, const char *user, const char *uri, TargetWhen when)
{
    Phones *phones = search->in->phones;
    const PhoneSettings *phone = settings_find_phone(phones->settings, user);
    guint before = search->targets->length;
    Target *target;

    if (phone && search_phone(search, phone, when))
        return TRUE;
    if (!phone)
        search_add_bindings(search, user, phones->settings->proxy.ring_us, when);
    if (search->targets->length > before)
        return TRUE;
    /* A call of the PBX does not go back there by itself. */
    if (search->in->from_gateway || !number_is_routed(search->in, user))
        return phone != NULL;
    target = where_gateway(phones, uri);
    target->q = search->q;
    search_add(search, target, when);
    return TRUE;
}

static void search_ask_redirect_server(Search *search)
{
    const char *server = search->in->phones->settings->proxy.redirect;
    su_home_t home[1] = {SU_HOME_INIT(home)};
    url_t *url;
    Target *target;
    Hop hop;

    if (!server || search->in->sip->sip_request->rq_method != sip_method_invite)
        return;
    su_home_init(home);
    url = url_make(home, server);
    if (url && hop_of_url(url, &hop) && !hop_equal(&hop, &search->in->from)) {
        target = target_new(TARGET_REDIRECT, search->uri, 1000);
        target->hop = hop;
        target->patience_us = REDIRECT_PATIENCE_US;
        search_add(search, target, WHEN_EVER);
    }
    su_home_deinit(home);
}

int where_user(Inbound *in, const char *user, const char *uri, gboolean redirect, GQueue *targets)
{
    Search search = {.in = in,
                     .uri = uri,
                     .targets = targets,
                     .q = 0,
                     .lamps = in->from_gateway &&
                              in->sip->sip_request->rq_method == sip_method_notify &&
                              message_is_of_event(in->sip, MWI_EVENT)};

    if (redirect)
        search_ask_redirect_server(&search);
    if (!search_user(&search, user, uri, WHEN_EVER) && !targets->length)
        return number_is_short(in, user) ? 484 : 404;
    return targets->length ? 0 : 480;
}
