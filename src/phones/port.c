/* The proxy's port: every address and transport that the settings name, opened for one agent of
 * NTA's.
 */
#include "port_private.h"

#include <errno.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/su_tag.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>
#include <string.h>

#define SOCKET_BUFFER (1 << 22)

/* ---- the agent ---------------------------------------------------------------------------------
 */

static int port_received(nta_agent_magic_t *magic, nta_agent_t *agent, msg_t *msg, sip_t *sip)
{
    ProxyPort *port = magic;

    if (sip)
        port->room.received(port->room.user, agent, msg, sip);
    else
        msg_destroy(msg);
    return 0;
}

static GArray *port_places(const Settings *settings)
{
    GArray *places = places_of(&settings->sip);
    const GArray *tls = settings->proxy.port.tls_listen;

    for (guint i = 0; tls && i < tls->len; i++) {
        Place place = {PLACE_TLS, g_array_index(tls, struct sockaddr_storage, i),
                       "[proxy] tls-listen"};

        g_array_append_val(places, place);
    }
    return places;
}

static gboolean port_open_place(ProxyPort *port, const Place *place, GError **error)
{
    const SipSettings *sip = &port->settings->sip;
    g_autofree char *url = place_url(place, sip->public_host);
    char text[64], name[64];
    int failed, why;

    if (!place_is_free(place, error))
        return FALSE;
    if (place->transport != PLACE_UDP)
        connections_guard(port->connections, &place->address,
                          place->transport == PLACE_TLS ? certificate_expect : NULL);
    if (place->transport == PLACE_TLS)
        certificate_begin(port->certificate);
    /* By its name Sofia finds it again: it looks for a place to speak from by the protocol alone.
     */
    address_describe((const struct sockaddr *)&place->address, name, sizeof(name));
    failed = nta_agent_add_tport(
        port->agent, URL_STRING_MAKE(url), TPTAG_IDENT(name), TPTAG_TOS((int)(sip->dscp << 2)),
        TPTAG_UDP_RMEM(SOCKET_BUFFER), TPTAG_UDP_WMEM(SOCKET_BUFFER), TPTAG_STUN_SERVER(1),
        TPTAG_PONG2PING(1), TPTAG_QUEUESIZE(sip->queue), TPTAG_TIMEOUT(PLACE_RECEIVE_TIMEOUT_MS),
        TPTAG_IDLE(UINT_MAX), /* connections.c knows better */
        /* The files of this folder that is none are replaced before anybody connects. */
        TPTAG_TLS_VERSION(0), TPTAG_CERTIFICATE("/nonexistent"), TAG_END());
    why = errno;
    if (place->transport == PLACE_TLS)
        certificate_end(port->certificate);
    if (failed) {
        place_refuse(place, why ? why : EINVAL, error);
        return FALSE;
    }
    log_notice("phones: listening at %s (%s)",
               address_describe((const struct sockaddr *)&place->address, text, sizeof(text)),
               place_transport_name(place->transport));
    return TRUE;
}

/* Sofia writes a place's name into the Via as a comment, which RFC 3261 no longer knows. */
static void port_clear_comments(ProxyPort *port)
{
    for (tport_t *at = tport_primaries(nta_agent_tports(port->agent)); at; at = tport_next(at)) {
        for (sip_via_t *via = (sip_via_t *)tport_magic(at); via; via = via->v_next)
            via->v_comment = NULL;
    }
}

static gboolean port_open_agent(ProxyPort *port, GError **error)
{
    const SipSettings *sip = &port->settings->sip;

    port->agent = nta_agent_create(
        sofia_loop_root(port->loop), (url_string_t *)-1, port_received, port, NTATAG_UA(0),
        NTATAG_CANCEL_487(0), NTATAG_EXTRA_100(0), NTATAG_SERVER_RPORT(1), NTATAG_CLIENT_RPORT(1),
        NTATAG_TIMER_C(0), NTATAG_UDP_MTU(65535), NTATAG_MAXSIZE(PLACE_MESSAGE_MAX),
        NTATAG_USE_SRV(0), NTATAG_USE_NAPTR(0), NTATAG_SIP_T1(sip->t1_ms),
        NTATAG_SIP_T2(sip->t2_ms), NTATAG_SIP_T1X64(64 * sip->t1_ms),
        NTATAG_MCLASS(filter_mclass(port->filter)), TAG_END());
    if (!port->agent)
        g_error("phones: Sofia gives no agent"); /* out of memory: as g_new() does */
    for (guint i = 0; i < port->places->len; i++) {
        if (!port_open_place(port, &g_array_index(port->places, Place, i), error))
            return FALSE;
    }
    port_clear_comments(port);
    if (port->certificate)
        log_notice("phones: outgoing TLS needs a newer Sofia-SIP: phones on TLS are reached by the "
                   "connections they have opened");
    return TRUE;
}

static ConnectionLimits port_limits(const Settings *settings)
{
    const SipSettings *sip = &settings->sip;

    return (ConnectionLimits){"phones", sip->max_connections, sip->max_per_source, sip->idle_us,
                              MIN(PLACE_MUTE_US, sip->idle_us)};
}

ProxyPort *proxyport_new(const Settings *settings, Loop *loop, const ProxyPortRoom *room,
                         GError **error)
{
    ConnectionLimits limits = port_limits(settings);
    ProxyPort *port;

    g_return_val_if_fail(sofia_loop_root(loop), NULL);
    port = g_new0(ProxyPort, 1);
    port->settings = settings;
    port->loop = loop;
    port->room = *room;
    port->places = port_places(settings);
    port->admitted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    port->filter = filter_new(&port_filter_ops, port);
    port->connections = connections_new(loop, &limits, port_filter_allows, port);
    if (port_open_certificate(port, error) && port_open_agent(port, error))
        return port;
    proxyport_free(port);
    return NULL;
}

void proxyport_free(ProxyPort *port)
{
    if (!port)
        return;
    if (port->agent)
        nta_agent_destroy(port->agent);
    if (port->daily)
        loop_timer_free(port->loop, port->daily);
    certificate_free(port->certificate);
    connections_free(port->connections);
    filter_free(port->filter);
    g_hash_table_destroy(port->admitted);
    g_array_unref(port->places);
    g_free(port);
}

nta_agent_t *proxyport_agent(const ProxyPort *port)
{
    return port->agent;
}

void proxyport_set_settings(ProxyPort *port, const Settings *settings)
{
    ConnectionLimits limits = port_limits(settings);

    port->settings = settings;
    connections_set_limits(port->connections, &limits);
    port_reload_certificate(port);
}

/* ---- connections -------------------------------------------------------------------------------
 */

tport_t *proxyport_connection(nta_agent_t *agent, const char *transport,
                              const struct sockaddr *address)
{
    struct sockaddr_storage bare = {0};
    char host[64], number[8];
    tp_name_t name = {
        .tpn_proto = transport, .tpn_host = host, .tpn_canon = host, .tpn_port = number};

    memcpy(&bare, address,
           address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                          : sizeof(struct sockaddr_in));
    address_set_port(&bare, 0);
    address_describe((struct sockaddr *)&bare, host, sizeof(host));
    g_snprintf(number, sizeof(number), "%u", address_port(address));
    for (tport_t *at = tport_primaries(nta_agent_tports(agent)); at; at = tport_next(at)) {
        const su_addrinfo_t *own = tport_get_address(at);
        tport_t *found;

        if (!own || own->ai_family != address->sa_family ||
            g_ascii_strcasecmp(tport_name(at)->tpn_proto, transport) != 0)
            continue;
        found = tport_by_name(at, &name);
        if (found && tport_is_secondary(found) && tport_is_connected(found) &&
            !tport_is_closed(found))
            return found;
    }
    return NULL;
}

tport_t *proxyport_speaker(nta_agent_t *agent, const char *transport,
                           const struct sockaddr *address, const struct sockaddr_storage *local)
{
    tport_t *first = NULL;

    for (tport_t *at = tport_primaries(nta_agent_tports(agent)); at; at = tport_next(at)) {
        const su_addrinfo_t *own = tport_get_address(at);

        if (!own || own->ai_family != address->sa_family ||
            g_ascii_strcasecmp(tport_name(at)->tpn_proto, transport) != 0)
            continue;
        if (!local || local->ss_family != own->ai_family ||
            (address_port(own->ai_addr) == address_port((const struct sockaddr *)local) &&
             address_same_host(own->ai_addr, (const struct sockaddr *)local)))
            return at;
        if (!first)
            first = at;
    }
    return first;
}

gboolean proxyport_is_own(const ProxyPort *port, const char *transport,
                          const struct sockaddr *address)
{
    for (guint i = 0; i < port->places->len; i++) {
        const Place *place = &g_array_index(port->places, Place, i);

        if (g_ascii_strcasecmp(place_transport_name(place->transport), transport) == 0 &&
            address_equal((const struct sockaddr *)&place->address, address))
            return TRUE;
    }
    return FALSE;
}

gboolean proxyport_has_number(const ProxyPort *port, guint16 number)
{
    for (guint i = 0; i < port->places->len; i++) {
        const Place *place = &g_array_index(port->places, Place, i);

        if (address_port((const struct sockaddr *)&place->address) == number)
            return TRUE;
    }
    return FALSE;
}

gboolean proxyport_place(const ProxyPort *port, const char *transport, int family,
                         struct sockaddr_storage *place)
{
    for (guint i = 0; i < port->places->len; i++) {
        const Place *one = &g_array_index(port->places, Place, i);

        if (one->address.ss_family == family && !address_is_wildcard(&one->address) &&
            g_ascii_strcasecmp(place_transport_name(one->transport), transport) == 0) {
            *place = one->address;
            return TRUE;
        }
    }
    return FALSE;
}

void proxyport_each_counter(ProxyPort *port, CounterFunc func, void *user)
{
    ConnectionCounts counts;

    connections_count(port->connections, &counts);
#define PORT_COUNTER_TELL(field, name) func(user, name, port->counters.field);
    PORT_COUNTERS(PORT_COUNTER_TELL)
    func(user, "proxy connections open", counts.live);
    func(user, "proxy connections accepted", counts.accepted);
    func(user, "proxy connections of strangers", counts.strangers);
    func(user, "proxy connections over the limit", counts.over_all + counts.over_source);
    func(user, "proxy connections closed as silent", counts.silent);
    func(user, "proxy keep-alives on TLS", certificate_pongs());
}
