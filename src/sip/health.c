/* Servers of peers under watch: OPTIONS ask each whether it lives, and who is down gets no calls.
 */
#include "sip_room.h"

#include "log.h"
#include "primary.h"

#include <string.h>

/* Failures in a row that take a server out, answers in a row that bring it back. */
#define DOWN_AFTER 3
#define UP_AFTER 2
/* One that is not up is asked so many times as often, and has so long to answer. */
#define HASTE 4
#define PATIENCE_US (2 * G_USEC_PER_SEC)

struct Health {
    Ua *ua;
    const PeerSettings *peer; /* of the ua's present settings */
    char *server;
    Primary primary;
    nua_handle_t *nh; /* of the OPTIONS under way; owned */
    LoopTimer *check, *silence;
};

static PrimaryPolicy health_policy(const Health *health)
{
    gint64 check_us = health->peer->check_us;

    return (PrimaryPolicy){.check_us = check_us,
                           .check_down_us = check_us / HASTE,
                           .patience_us = MIN(check_us, PATIENCE_US),
                           .down_after = DOWN_AFTER,
                           .up_after = UP_AFTER,
                           .up_time_us = check_us / HASTE};
}

static void health_end_options(Health *health)
{
    loop_timer_stop(health->ua->loop, health->silence);
    g_clear_pointer(&health->nh, nua_handle_destroy);
}

static void health_heard(Health *health, PrimarySign sign, int status)
{
    PrimaryPolicy policy = health_policy(health);
    PrimaryState before = health->primary.state;

    health_end_options(health);
    if (primary_hear(&health->primary, &policy, PRIMARY_BY_CHECK, sign,
                     loop_now(health->ua->loop))) {
        gboolean down = health->primary.state == PRIMARY_DOWN;

        log_line(down                     ? LEVEL_WARNING
                 : before == PRIMARY_DOWN ? LEVEL_NOTICE
                                          : LEVEL_INFO,
                 "peer %s: server %s: %s -> %s (%s)", health->peer->name, health->server,
                 primary_state_name(before), primary_state_name(health->primary.state),
                 sign == PRIMARY_SILENT ? "silent"
                 : status == 503        ? "503"
                                        : "answers");
        if (down)
            health->ua->counters.servers_down++;
    }
    loop_timer_start(health->ua->loop, health->check,
                     primary_interval_us(&health->primary, &policy));
}

static void health_is_silent(void *user)
{
    health_heard(user, PRIMARY_SILENT, 0);
}

static void health_check(void *user)
{
    Health *health = user;
    Ua *ua = health->ua;
    g_autofree char *to = g_strdup_printf("<%s>", health->server);
    gboolean tcp;
    UaPort *port = ports_toward(ua, health->server, &tcp);
    g_autofree char *from = g_strdup_printf("<sip:%s>", port->host);

    health_end_options(health);
    health->nh = nua_handle(port->nua, NULL, NUTAG_URL(health->server), SIPTAG_TO_STR(to),
                            SIPTAG_FROM_STR(from), TAG_END());
    if (health->nh)
        nua_options(health->nh, TAG_END());
    loop_timer_start(ua->loop, health->silence, health_policy(health).patience_us);
}

static Health *health_new(Ua *ua, const PeerSettings *peer)
{
    Health *health = g_new0(Health, 1);

    health->ua = ua;
    health->peer = peer;
    health->server = g_strdup(peer->server);
    health->primary.since_us = loop_now(ua->loop);
    health->check = loop_timer_new(ua->loop, health_check, health);
    health->silence = loop_timer_new(ua->loop, health_is_silent, health);
    loop_timer_start(ua->loop, health->check, 0);
    return health;
}

static void health_free(gpointer data)
{
    Health *health = data;

    health_end_options(health);
    loop_timer_free(health->ua->loop, health->check);
    loop_timer_free(health->ua->loop, health->silence);
    g_free(health->server);
    g_free(health);
}

gboolean health_hears(Ua *ua, nua_handle_t *nh, nua_event_t event, int status)
{
    struct sockaddr_storage source;

    for (guint i = 0; i < ua->health->len; i++) {
        Health *health = g_ptr_array_index(ua->health, i);

        if (health->nh != nh)
            continue;
        if (event != nua_r_options || status < 200)
            return TRUE;
        origin_source(ua->nua, &source);
        health_heard(health, source.ss_family ? primary_sign_of((guint)status) : PRIMARY_SILENT,
                     status);
        return TRUE;
    }
    return FALSE;
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
            if (strcmp(((Health *)g_ptr_array_index(before, j))->server, peer->server) == 0)
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

        if (strcmp(health->server, peer->server) == 0)
            return health;
    }
    return NULL;
}

gboolean ua_peer_is_usable(const Ua *ua, const PeerSettings *peer)
{
    const Health *health = health_of(ua, peer);

    return !health || health->primary.state != PRIMARY_DOWN;
}

void health_tell(const Ua *ua, const PeerSettings *settings, UaPeer *peer)
{
    const Health *health = health_of(ua, settings);

    if (!health)
        return;
    peer->state = primary_state_name(health->primary.state);
    peer->state_since_us = health->primary.since_us;
    peer->answered = health->primary.answered;
    peer->unanswered = health->primary.silent;
    peer->refused = health->primary.refused;
}
