/* Servers of peers under watch: their addresses, each asked whether it lives, and who of them is
 * down gets no calls. */
#include "health.h"

#include "log.h"

#include <string.h>

/* ---- where they are ---------------------------------------------------------------------------
 */

static HealthCheck *health_take(GPtrArray *checks, const NextHop *hop)
{
    for (guint i = 0; i < checks->len; i++) {
        if (next_hop_equal(&((HealthCheck *)g_ptr_array_index(checks, i))->hop, hop))
            return g_ptr_array_steal_index(checks, i);
    }
    return NULL;
}

/* Those that stay keep what is known of them. */
static void health_found(void *user, const GArray *hops)
{
    Health *health = user;
    GPtrArray *before = health->checks;

    health->query = NULL;
    if (!hops) /* what is known stays */
        return;
    health->checks = g_ptr_array_new_with_free_func(health_check_free);
    for (guint i = 0; i < hops->len; i++) {
        const NextHop *hop = &g_array_index(hops, NextHop, i);
        HealthCheck *kept = health_take(before, hop);

        g_ptr_array_add(health->checks, kept ? kept : health_check_new(health, hop));
    }
    g_ptr_array_unref(before);
}

static void health_seek(void *user)
{
    Health *health = user;
    ResolveQuery *query;

    if (health->query)
        return;
    query = servers_ask(health->ua, &health->server, health_found, health);
    if (query)
        health->query = query;
    if (health->named)
        loop_timer_start(health->ua->loop, health->again, health->peer->check_us);
}

static Health *health_new(Ua *ua, const PeerSettings *peer)
{
    Health *health = g_new0(Health, 1);
    struct sockaddr_storage address;

    health->ua = ua;
    health->peer = peer;
    health->uri = g_strdup(peer->server);
    health->checks = g_ptr_array_new_with_free_func(health_check_free);
    health->again = loop_timer_new(ua->loop, health_seek, health);
    if (server_read(health->uri, &health->server) && servers_can_ask(ua)) {
        health->named = !address_parse(health->server.host, &address);
        health_seek(health);
    }
    return health;
}

static void health_free(gpointer data)
{
    Health *health = data;

    resolve_cancel(health->query);
    loop_timer_free(health->ua->loop, health->again);
    g_ptr_array_unref(health->checks);
    g_free(health->uri);
    g_free(health);
}

/* ---- what is heard ----------------------------------------------------------------------------
 */

gboolean health_hears(Ua *ua, nua_handle_t *nh, nua_event_t event, int status)
{
    struct sockaddr_storage source;

    for (guint i = 0; i < ua->health->len; i++) {
        const Health *health = g_ptr_array_index(ua->health, i);

        for (guint j = 0; j < health->checks->len; j++) {
            HealthCheck *check = g_ptr_array_index(health->checks, j);

            if (check->nh != nh)
                continue;
            if (event != nua_r_options || status < 200)
                return TRUE;
            origin_source(ua->nua, &source);
            health_check_heard(check, PRIMARY_BY_CHECK,
                               source.ss_family ? primary_sign_of((guint)status) : PRIMARY_SILENT,
                               status);
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean server_equal(const Server *one, const Server *other)
{
    return g_ascii_strcasecmp(one->host, other->host) == 0 && one->port == other->port &&
           one->tcp == other->tcp;
}

/* The check of HOP, an address of SERVER; NULL: it is not watched. */
static HealthCheck *check_find(const Ua *ua, const Server *server, const NextHop *hop)
{
    for (guint i = 0; ua->health && i < ua->health->len; i++) {
        const Health *health = g_ptr_array_index(ua->health, i);

        for (guint j = 0; server_equal(&health->server, server) && j < health->checks->len; j++) {
            HealthCheck *check = g_ptr_array_index(health->checks, j);

            if (next_hop_equal(&check->hop, hop))
                return check;
        }
    }
    return NULL;
}

void health_note_call(Ua *ua, const Server *server, const NextHop *hop, int status)
{
    HealthCheck *check = check_find(ua, server, hop);

    if (check)
        health_check_heard(check, PRIMARY_BY_TRAFFIC,
                           status ? primary_sign_of((guint)status) : PRIMARY_SILENT, status);
}

gboolean health_is_down(const Ua *ua, const Server *server, const NextHop *hop)
{
    const HealthCheck *check = check_find(ua, server, hop);

    return check && check->primary.state == PRIMARY_DOWN;
}

gboolean health_admits(const Ua *ua, const struct sockaddr *source)
{
    for (guint i = 0; ua->health && i < ua->health->len; i++) {
        const Health *health = g_ptr_array_index(ua->health, i);

        if (network_contains(health->peer->networks, source))
            return TRUE;
    }
    return FALSE;
}

gboolean health_reads(const Ua *ua, const struct sockaddr *source, sip_t const *sip)
{
    return sip->sip_status && health_admits(ua, source);
}

/* ---- which there are --------------------------------------------------------------------------
 */

void health_use_settings(Ua *ua)
{
    GPtrArray *before = ua->health;

    ua->health = g_ptr_array_new_with_free_func(health_free);
    for (guint i = 0; ua->settings->peers && i < ua->settings->peers->len; i++) {
        const PeerSettings *peer = g_ptr_array_index(ua->settings->peers, i);
        Health *kept = NULL;

        if (!peer->check_us || !peer->server)
            continue;
        for (guint j = 0; before && j < before->len && !kept; j++) {
            if (strcmp(((Health *)g_ptr_array_index(before, j))->uri, peer->server) == 0)
                kept = g_ptr_array_steal_index(before, j);
        }
        if (kept)
            kept->peer = peer;
        g_ptr_array_add(ua->health, kept ? kept : health_new(ua, peer));
    }
    if (before)
        g_ptr_array_unref(before);
}

void health_close(Ua *ua)
{
    if (ua->health)
        g_ptr_array_set_size(ua->health, 0);
}

/* The peer's settings may be older than ours. */
static const Health *health_of(const Ua *ua, const PeerSettings *peer)
{
    for (guint i = 0; peer->server && i < ua->health->len; i++) {
        const Health *health = g_ptr_array_index(ua->health, i);

        if (strcmp(health->uri, peer->server) == 0)
            return health;
    }
    return NULL;
}

/* The server is as well as the best of its addresses: up, not known, suspect, down. */
static const HealthCheck *health_best(const Health *health)
{
    static const guint8 rank[] = {
        [PRIMARY_UP] = 0, [PRIMARY_UNKNOWN] = 1, [PRIMARY_SUSPECT] = 2, [PRIMARY_DOWN] = 3};
    const HealthCheck *best = NULL;

    for (guint i = 0; i < health->checks->len; i++) {
        const HealthCheck *check = g_ptr_array_index(health->checks, i);

        if (!best || rank[check->primary.state] < rank[best->primary.state])
            best = check;
    }
    return best;
}

gboolean ua_peer_is_usable(const Ua *ua, const PeerSettings *peer)
{
    const Health *health = health_of(ua, peer);
    const HealthCheck *best = health ? health_best(health) : NULL;

    return !best || best->primary.state != PRIMARY_DOWN;
}

void health_tell(const Ua *ua, const PeerSettings *settings, UaPeer *peer)
{
    const Health *health = health_of(ua, settings);
    const HealthCheck *best = health ? health_best(health) : NULL;

    if (!health)
        return;
    peer->state = primary_state_name(best ? best->primary.state : PRIMARY_UNKNOWN);
    peer->state_since_us = best ? best->primary.since_us : 0;
    for (guint i = 0; i < health->checks->len; i++) {
        const HealthCheck *check = g_ptr_array_index(health->checks, i);

        peer->answered += check->primary.answered;
        peer->unanswered += check->primary.silent;
        peer->refused += check->primary.refused;
    }
}

const char *health_state(const Ua *ua, const Server *server, const NextHop *hop)
{
    const HealthCheck *check = check_find(ua, server, hop);

    return check ? primary_state_name(check->primary.state) : NULL;
}
