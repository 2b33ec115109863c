/* The primary proxies under watch: which there are, and which of them is used now. */
#include "watch_private.h"

#include "log.h"
#include "settings.h"

#include <string.h>

/* Names are asked for again so often; the answer's own time counts in between (hop_book.h). */
#define ASK_AGAIN_US (10 * G_USEC_PER_SEC)
#define PRIMARIES_MAX 32

static void place_free(gpointer data)
{
    Place *place = data;

    resolve_cancel(place->query);
    loop_timer_free(place->watch->loop, place->timer);
    for (guint i = 0; i < place->watched->len; i++)
        watched_retire(g_ptr_array_index(place->watched, i));
    g_ptr_array_unref(place->watched);
    g_free(place->where.host);
    g_free(place->text);
    g_free(place);
}

/* ---- what a place's name stands for ---- */

/* The primary at HOP, whichever place it was found at; NULL: none. */
static Watched *watched_at(const GPtrArray *places, const NextHop *hop, Place **owner, guint *index)
{
    for (guint i = 0; i < places->len; i++) {
        Place *place = g_ptr_array_index(places, i);

        for (guint j = 0; j < place->watched->len; j++) {
            Watched *watched = g_ptr_array_index(place->watched, j);

            if (next_hop_equal(&watched->hop, hop)) {
                *owner = place;
                *index = j;
                return watched;
            }
        }
    }
    return NULL;
}

static gboolean hops_have(const GArray *hops, const NextHop *hop)
{
    for (guint i = 0; i < hops->len; i++) {
        if (next_hop_equal(&g_array_index(hops, NextHop, i), hop))
            return TRUE;
    }
    return FALSE;
}

/* PLACE's primaries are now at HOPS, in this order: those that stay keep their state. */
static void place_settle(Place *place, const GArray *hops)
{
    Watch *watch = place->watch;
    GPtrArray *settled = g_ptr_array_new_with_free_func(watched_unref);

    for (guint i = 0; i < MIN(hops->len, PRIMARIES_MAX); i++) {
        const NextHop *hop = &g_array_index(hops, NextHop, i);
        Place *owner = NULL;
        guint index = 0;
        Watched *watched = watched_at(watch->places, hop, &owner, &index);

        if (watched && owner != place)
            continue; /* it stands in the list already */
        if (watched) {
            g_ptr_array_add(settled, watched_ref(watched));
            continue;
        }
        watched = watched_new(watch, hop, place);
        log_info("primary %s: at %s", place->text, watched->uri);
        g_ptr_array_add(settled, watched);
        watched_check_in(watched, 0);
    }
    for (guint i = 0; i < place->watched->len; i++) {
        Watched *watched = g_ptr_array_index(place->watched, i);

        if (!hops_have(hops, &watched->hop)) {
            log_info("primary %s: no longer at %s", place->text, watched->uri);
            watched_retire(watched);
        }
    }
    g_ptr_array_unref(place->watched);
    place->watched = settled;
}

static void place_found(void *user, const GArray *hops)
{
    Place *place = user;

    place->query = NULL;
    if (hops)
        place_settle(place, hops);
    loop_timer_start(place->watch->loop, place->timer,
                     place->watched->len ? ASK_AGAIN_US : place->watch->policy.check_down_us);
}

static void place_ask(void *user)
{
    Place *place = user;

    /* PLACE_FOUND may have been called already: then NULL is what it left. */
    place->query = resolve_hops(place->watch->resolve, place->where.host, place->where.port,
                                place->where.tcp, place_found, place);
}

/* HOST or HOST:PORT, as in a URI. */
static char *place_text(const PrimaryPlace *where)
{
    gboolean v6 = strchr(where->host, ':') != NULL;
    g_autofree char *host = g_strdup_printf(v6 ? "[%s]" : "%s", where->host);

    return where->port ? g_strdup_printf("%s:%u", host, where->port) : g_strdup(host);
}

static Place *place_new(Watch *watch, const PrimaryPlace *where)
{
    Place *place = g_new0(Place, 1);

    place->watch = watch;
    place->where = *where;
    place->where.host = g_strdup(where->host);
    place->text = place_text(where);
    place->watched = g_ptr_array_new_with_free_func(watched_unref);
    place->timer = loop_timer_new(watch->loop, place_ask, place);
    return place;
}

/* ---- the watch ---- */

static void watch_take_settings(Watch *watch, const WatchSettings *settings)
{
    watch->policy = settings->policy;
    watch->admit = settings->admit;
    g_free(watch->own_host);
    watch->own_host = g_strdup(settings->own_host);
    g_free(watch->user_agent);
    watch->user_agent = g_strdup(settings->user_agent);
}

static gboolean place_is(const Place *place, const PrimaryPlace *where)
{
    return g_ascii_strcasecmp(place->where.host, where->host) == 0 &&
           place->where.port == where->port && place->where.tcp == where->tcp;
}

void watch_set_settings(Watch *watch, const WatchSettings *settings)
{
    GPtrArray *before = watch->places;

    watch_take_settings(watch, settings);
    watch->places = g_ptr_array_new_with_free_func(place_free);
    for (guint i = 0; i < settings->places->len; i++) {
        const PrimaryPlace *where = &g_array_index(settings->places, PrimaryPlace, i);
        Place *place = NULL;

        for (guint j = 0; j < before->len && !place; j++) {
            if (place_is(g_ptr_array_index(before, j), where))
                place = g_ptr_array_steal_index(before, j);
        }
        g_ptr_array_add(watch->places, place ? place : place_new(watch, where));
    }
    g_ptr_array_unref(before);
    for (guint i = 0; i < watch->places->len; i++) {
        Place *place = g_ptr_array_index(watch->places, i);

        if (!place->query)
            place_ask(place);
    }
}

Watch *watch_new(nta_agent_t *agent, Loop *loop, Resolve *resolve, const WatchSettings *settings,
                 WatchChangedFunc changed, void *user)
{
    Watch *watch = g_new0(Watch, 1);

    watch->agent = agent;
    watch->loop = loop;
    watch->resolve = resolve;
    watch->changed = changed;
    watch->user = user;
    watch->places = g_ptr_array_new_with_free_func(place_free);
    watch_set_settings(watch, settings);
    return watch;
}

void watch_free(Watch *watch)
{
    if (!watch)
        return;
    g_ptr_array_unref(watch->places);
    g_free(watch->own_host);
    g_free(watch->user_agent);
    g_free(watch);
}

/* ---- which one is used ---- */

void watch_each(const Watch *watch, void (*func)(void *user, const Watched *watched), void *user)
{
    for (guint i = 0; i < watch->places->len; i++) {
        const Place *place = g_ptr_array_index(watch->places, i);

        for (guint j = 0; j < place->watched->len; j++)
            func(user, g_ptr_array_index(place->watched, j));
    }
}

typedef struct Choice {
    const Watched *after;
    gboolean passed; /* AFTER, or there is none */
    const Watched *up, *usable;
} Choice;

static void choice_consider(void *user, const Watched *watched)
{
    Choice *choice = user;
    PrimaryState state = watched->primary.state;

    if (watched == choice->after) {
        choice->passed = TRUE;
        return;
    }
    if (!choice->passed || !primary_is_usable(&watched->primary))
        return;
    if (!choice->up && state == PRIMARY_UP)
        choice->up = watched;
    if (!choice->usable)
        choice->usable = watched;
}

Watched *watch_choose_after(const Watch *watch, const Watched *after)
{
    Choice choice = {.after = after, .passed = after == NULL};

    watch_each(watch, choice_consider, &choice);
    return (Watched *)(choice.up ? choice.up : choice.usable);
}

Watched *watch_choose(const Watch *watch)
{
    return watch_choose_after(watch, NULL);
}

typedef struct Search {
    struct sockaddr_storage address;
    gboolean found;
} Search;

static void search_compare(void *user, const Watched *watched)
{
    Search *search = user;
    NextHop bare = {.address = watched->hop.address}, wanted = {.address = search->address};

    address_set_port(&bare.address, 0);
    search->found |= next_hop_equal(&bare, &wanted);
}

gboolean watch_knows(const Watch *watch, const struct sockaddr *address)
{
    Search search = {0};

    memcpy(&search.address, address,
           address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in));
    address_set_port(&search.address, 0);
    watch_each(watch, search_compare, &search);
    return search.found;
}

guint watch_unresolved(const Watch *watch)
{
    guint unresolved = 0;

    for (guint i = 0; i < watch->places->len; i++)
        unresolved += ((const Place *)g_ptr_array_index(watch->places, i))->watched->len == 0;
    return unresolved;
}
