/* Our registrations with the servers of peers (RFC 3261 10): NUA refreshes them, here they are
 * begun again after they have failed. */
#include "servers.h"

#include "log.h"

#include <string.h>

/* After a failure: so long, each time twice as long, up to the longest; who refuses our credentials
 * does not change his mind in seconds. */
#define AGAIN_US (2 * G_USEC_PER_SEC)
#define AGAIN_REFUSED_US (30 * G_USEC_PER_SEC)
#define AGAIN_LONGEST_US (300 * G_USEC_PER_SEC)
#define ADDRESSES_MAX 8

struct Registration {
    Ua *ua;
    const PeerSettings *peer; /* of the ua's present settings */
    char *server, *user;      /* as they were when it began */
    Server at;                /* where server says it is */
    gboolean named;           /* it is a name */
    GArray *hops;             /* of NextHop: its addresses that may be tried now; NULL: not known */
    guint hop;                /* which of them it is at */
    ResolveQuery *query;
    nua_handle_t *nh; /* owned; NULL between tries */
    Answered answered;
    LoopTimer *again;
    UaRegistrationState state;
    guint failures; /* in a row */
    int status;     /* of the last failure */
    guint expires_s;
    gint64 since_us;
    struct sockaddr_storage server_address; /* family 0: nothing was heard from it yet */
};

static void registration_become(Registration *registration, UaRegistrationState state)
{
    if (registration->state == state)
        return;
    registration->state = state;
    registration->since_us = loop_now(registration->ua->loop);
}

static const NextHop *registration_hop(const Registration *registration)
{
    return registration->hops && registration->hop < registration->hops->len
               ? &g_array_index(registration->hops, NextHop, registration->hop)
               : NULL;
}

static void registration_send(Registration *registration)
{
    Ua *ua = registration->ua;
    const PeerSettings *peer = registration->peer;
    const NextHop *at = registration->named ? registration_hop(registration) : NULL;
    const char *host = strchr(registration->server, ':') + 1;
    g_autofree char *bare = g_strndup(host, strcspn(host, ";?"));
    g_autofree char *aor = g_strdup_printf("<sip:%s@%s>", peer->user, bare);
    gboolean tcp;
    UaPort *usual = ports_toward(ua, registration->server, &tcp);
    UaPort *port = at ? ports_toward_address(ua, &at->address) : usual;
    g_autofree char *contact = g_strdup_printf(
        "<sip:%s@%s", peer->user,
        port_contact(port, tcp, ports_are_public_to_uri(ua->settings, registration->server)) +
            strlen("<sip:"));
    g_autofree char *expires = g_strdup_printf("%u", peer->register_expires_s);
    g_autofree char *hop = at ? server_hop_uri(at) : NULL;

    g_clear_pointer(&registration->nh, nua_handle_destroy);
    challenge_forget(&registration->answered);
    registration->nh = nua_handle(port->nua, NULL, NUTAG_REGISTRAR(registration->server),
                                  SIPTAG_TO_STR(aor), SIPTAG_FROM_STR(aor), TAG_END());
    if (!registration->nh)
        return;
    if (registration->state != UA_REGISTERED)
        registration_become(registration, UA_REGISTERING);
    nua_register(registration->nh,
                 NUTAG_OUTBOUND("no-outbound no-natify no-validate no-options-keepalive"),
                 NUTAG_KEEPALIVE(0), SIPTAG_CONTACT_STR(contact), SIPTAG_EXPIRES_STR(expires),
                 TAG_IF(hop, NUTAG_PROXY(hop)), TAG_END());
}

static void registration_failed(Registration *registration, int status, const char *phrase,
                                sip_t const *sip);

static void registration_found(void *user, const GArray *hops)
{
    Registration *registration = user;
    guint usable;

    registration->query = NULL;
    g_clear_pointer(&registration->hops, g_array_unref);
    registration->hop = 0;
    if (!hops) {
        registration_failed(registration, 503, "No address is known", NULL);
        return;
    }
    registration->hops = g_array_sized_new(FALSE, TRUE, sizeof(NextHop), hops->len);
    g_array_append_vals(registration->hops, hops->data, hops->len);
    usable = servers_order(registration->ua, &registration->at, registration->hops);
    /* Not to be registered is worse than to ask once more who is busy. */
    g_array_set_size(registration->hops, MAX(usable, 1));
    registration_send(registration);
}

/* At the address that is next, or from the first of them on. */
static void registration_begin(void *user)
{
    Registration *registration = user;
    ResolveQuery *query;

    if (registration->query)
        return;
    if (!servers_can_ask(registration->ua) || registration_hop(registration)) {
        registration_send(registration);
        return;
    }
    query = servers_ask(registration->ua, &registration->at, registration_found, registration);
    if (query)
        registration->query = query;
}

static Registration *registration_new(Ua *ua, const PeerSettings *peer)
{
    Registration *registration = g_new0(Registration, 1);
    struct sockaddr_storage address;

    registration->ua = ua;
    registration->peer = peer;
    registration->named = server_read(peer->server, &registration->at) &&
                          !address_parse(registration->at.host, &address);
    registration->server = g_strdup(peer->server);
    registration->user = g_strdup(peer->user);
    registration->since_us = loop_now(ua->loop);
    registration->again = loop_timer_new(ua->loop, registration_begin, registration);
    loop_timer_start(ua->loop, registration->again, 0);
    return registration;
}

/* NUA takes the registration back when its handle goes. */
static void registration_free(gpointer data)
{
    Registration *registration = data;

    loop_timer_free(registration->ua->loop, registration->again);
    resolve_cancel(registration->query);
    if (registration->hops)
        g_array_unref(registration->hops);
    g_clear_pointer(&registration->nh, nua_handle_destroy);
    challenge_forget(&registration->answered);
    g_free(registration->server);
    g_free(registration->user);
    g_free(registration);
}

static gint64 registration_pause(const Registration *registration, int status, sip_t const *sip)
{
    gboolean refused = status >= 400 && status < 500 && status != 408 && sip;
    gint64 pause = refused ? AGAIN_REFUSED_US : AGAIN_US;

    if (sip && sip->sip_retry_after)
        return CLAMP((gint64)sip->sip_retry_after->af_delta, 1, 3600) * G_USEC_PER_SEC;
    pause <<= MIN(registration->failures - 1, 10);
    return MIN(pause, AGAIN_LONGEST_US);
}

/* Is there another address to be tried at once? */
static gboolean registration_goes_on(Registration *registration, int status, sip_t const *sip)
{
    const NextHop *hop = registration_hop(registration);

    if (!hop)
        return FALSE;
    if (sip && status != 503) {
        servers_answered(registration->ua, &registration->at, hop);
        g_clear_pointer(&registration->hops, g_array_unref);
        return FALSE;
    }
    servers_failed(registration->ua, &registration->at, hop, sip);
    registration->hop++;
    return registration_hop(registration) != NULL;
}

static void registration_failed(Registration *registration, int status, const char *phrase,
                                sip_t const *sip)
{
    Ua *ua = registration->ua;
    gint64 pause;

    if (registration_goes_on(registration, status, sip)) {
        loop_timer_start(ua->loop, registration->again, 0);
        return;
    }
    registration->failures++;
    registration->status = status;
    ua->counters.registrations_failed++;
    pause = registration_pause(registration, status, sip);
    if (registration->failures == 1 || registration->state == UA_REGISTERED)
        log_warning("peer %s: registration at %s failed: %d %s, again in %" G_GINT64_FORMAT " s",
                    registration->peer->name, registration->server, status, phrase,
                    pause / G_USEC_PER_SEC);
    registration_become(registration, UA_REGISTER_FAILED);
    loop_timer_start(ua->loop, registration->again, pause);
}

static guint granted(sip_t const *sip, guint asked)
{
    sip_contact_t const *contact = sip->sip_contact;

    if (contact && contact->m_expires)
        return (guint)MIN(g_ascii_strtoull(contact->m_expires, NULL, 10), G_MAXUINT32);
    return sip->sip_expires ? (guint)sip->sip_expires->ex_delta : asked;
}

static void registration_accepted(Registration *registration, sip_t const *sip)
{
    Ua *ua = registration->ua;
    const NextHop *hop = registration_hop(registration);

    if (hop)
        servers_answered(ua, &registration->at, hop);
    if (registration->state != UA_REGISTERED)
        log_notice("peer %s: registered as %s at %s", registration->peer->name, registration->user,
                   registration->server);
    ua->counters.registered++;
    registration->failures = 0;
    registration->status = 0;
    registration->expires_s = granted(sip, registration->peer->register_expires_s);
    origin_source(ua->nua, &registration->server_address);
    registration_become(registration, UA_REGISTERED);
}

gboolean register_hears(Ua *ua, nua_handle_t *nh, nua_event_t event, int status, const char *phrase,
                        sip_t const *sip)
{
    struct sockaddr_storage source;

    for (guint i = 0; i < ua->registrations->len; i++) {
        Registration *registration = g_ptr_array_index(ua->registrations, i);

        if (registration->nh != nh)
            continue;
        origin_source(ua->nua, &source);
        if (!source.ss_family)
            sip = NULL; /* made up here */
        if (event != nua_r_register || status < 200)
            return TRUE;
        if ((status == 401 || status == 407) && sip &&
            challenge_answer(ua, nh, registration->peer, &registration->answered, sip))
            return TRUE;
        if (status < 300 && sip)
            registration_accepted(registration, sip);
        else
            registration_failed(registration, status, phrase, sip);
        return TRUE;
    }
    return FALSE;
}

gboolean register_admits(const Ua *ua, const struct sockaddr *source)
{
    for (guint i = 0; ua->registrations && i < ua->registrations->len; i++) {
        const Registration *registration = g_ptr_array_index(ua->registrations, i);

        /* What is heard must be its answers, too, before there is a registration. */
        if (network_contains(registration->peer->networks, source))
            return TRUE;
    }
    return FALSE;
}

/* ---- which there are ---- */

static gboolean registration_is(const Registration *registration, const PeerSettings *peer)
{
    return strcmp(registration->server, peer->server) == 0 &&
           strcmp(registration->user, peer->user) == 0;
}

void register_use_settings(Ua *ua)
{
    GPtrArray *before = ua->registrations;

    ua->registrations = g_ptr_array_new_with_free_func(registration_free);
    for (guint i = 0; ua->settings->peers && i < ua->settings->peers->len; i++) {
        const PeerSettings *peer = g_ptr_array_index(ua->settings->peers, i);
        Registration *kept = NULL;

        if (!peer->registers)
            continue;
        for (guint j = 0; j < before->len && !kept; j++) {
            if (registration_is(g_ptr_array_index(before, j), peer))
                kept = g_ptr_array_steal_index(before, j);
        }
        if (kept)
            kept->peer = peer;
        g_ptr_array_add(ua->registrations, kept ? kept : registration_new(ua, peer));
    }
    g_ptr_array_unref(before);
}

void register_open(Ua *ua)
{
    ua->registrations = g_ptr_array_new_with_free_func(registration_free);
    register_use_settings(ua);
}

/* NUA would wait for the answers; the servers shall know that we leave. */
void register_close(Ua *ua)
{
    g_ptr_array_set_size(ua->registrations, 0);
}

static void registration_tell(const Registration *registration, UaPeer *peer)
{
    peer->registration = registration->state;
    peer->expires_s = registration->expires_s;
    peer->status = registration->status;
    peer->since_us = registration->since_us;
}

void ua_each_peer(const Ua *ua, UaPeerFunc func, void *user)
{
    for (guint i = 0; ua->settings->peers && i < ua->settings->peers->len; i++) {
        const PeerSettings *settings = g_ptr_array_index(ua->settings->peers, i);
        UaPeer peer = {.name = settings->name, .server = settings->server};
        g_autofree char *addresses = NULL;

        for (guint j = 0; j < ua->registrations->len; j++) {
            const Registration *registration = g_ptr_array_index(ua->registrations, j);

            if (registration->peer == settings)
                registration_tell(registration, &peer);
        }
        health_tell(ua, settings, &peer);
        peer.addresses = addresses = servers_describe(ua, settings->server);
        func(user, &peer);
    }
}
