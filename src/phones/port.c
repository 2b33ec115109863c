/* The proxy's port: opens each address and transport, guards them, keeps the certificate. */
#define NTA_AGENT_MAGIC_T struct ProxyPort

#include "port.h"

#include "certificate.h"
#include "clock.h"
#include "connections.h"
#include "filter.h"
#include "log.h"

#include <errno.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/su_tag.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SOCKET_BUFFER (1 << 22)
#define MESSAGE_MAX 65536 /* of a stream; a datagram is no larger */
#define RECEIVE_TIMEOUT_MS 10000
#define MUTE_US (10 * G_USEC_PER_SEC)
#define DAY_US (G_GINT64_CONSTANT(86400) * G_USEC_PER_SEC)
#define EXPIRY_WARNING_S (30 * 86400)

typedef enum PortTransport { PORT_UDP, PORT_TCP, PORT_TLS } PortTransport;
static const char *const transport_names[] = {"udp", "tcp", "tls"};

/* One address that is listened on. */
typedef struct Place {
    PortTransport transport;
    struct sockaddr_storage address;
    const char *setting; /* "[sip] listen" */
} Place;

/* X-list of the port's counters: field, name. */
#define PORT_COUNTERS(X)                                                                           \
    X(dropped, "proxy requests dropped")                                                           \
    X(malformed, "proxy messages malformed")
#define PORT_COUNTER_FIELD(field, name) guint64 field;
typedef struct PortCounters {
    PORT_COUNTERS(PORT_COUNTER_FIELD)
} PortCounters;

struct ProxyPort {
    const Settings *settings; /* borrowed, swapped by proxyport_set_settings() */
    Loop *loop;
    ProxyPortRoom room;
    GArray *places; /* of Place */
    SourceFilter *filter;
    GHashTable *admitted; /* char* host key -> uses */
    Connections *connections;
    Certificate *certificate; /* NULL: no TLS */
    LoopTimer *daily;         /* looks at its expiry */
    nta_agent_t *agent;
    PortCounters counters;
    LogLimit malformed_limit;
};

/* ---- who is heard ------------------------------------------------------------------------------
 */

gboolean proxyport_allows(const ProxyPort *port, const struct sockaddr *address)
{
    g_autofree char *key = NULL;

    if (network_contains(port->settings->sip.allow, address))
        return TRUE;
    key = filter_host_key(address);
    return g_hash_table_contains(port->admitted, key);
}

static gboolean port_filter_allows(void *user, const struct sockaddr *source)
{
    return proxyport_allows(user, source);
}

static gboolean port_filter_reads(void *user, const struct sockaddr *source)
{
    return ((ProxyPort *)user)->room.hears != NULL;
}

static gboolean port_filter_hears(void *user, sip_t const *sip, const struct sockaddr *source)
{
    const ProxyPort *port = user;

    return port->room.hears && port->room.hears(port->room.user, sip, source);
}

static void port_filter_dropped(void *user)
{
    ((ProxyPort *)user)->counters.dropped++;
}

static void port_filter_malformed(void *user, const char *what, const char *why)
{
    ProxyPort *port = user;

    port->counters.malformed++;
    if (log_limit(&port->malformed_limit, 1, 10 * G_USEC_PER_SEC))
        log_warning("phones: malformed %s: %s (%" G_GUINT64_FORMAT " such lines suppressed)", what,
                    why, port->malformed_limit.suppressed);
}

static const FilterOps filter_ops = {
    .room = "phones",
    .allows = port_filter_allows,
    .reads = port_filter_reads,
    .hears = port_filter_hears,
    .dropped = port_filter_dropped,
    .malformed = port_filter_malformed,
};

void proxyport_admit(ProxyPort *port, const struct sockaddr *address)
{
    char *key = filter_host_key(address);
    guint uses = GPOINTER_TO_UINT(g_hash_table_lookup(port->admitted, key));

    g_hash_table_insert(port->admitted, key, GUINT_TO_POINTER(uses + 1));
}

void proxyport_forget(ProxyPort *port, const struct sockaddr *address)
{
    g_autofree char *key = filter_host_key(address);
    guint uses = GPOINTER_TO_UINT(g_hash_table_lookup(port->admitted, key));

    if (uses > 1)
        g_hash_table_insert(port->admitted, g_steal_pointer(&key), GUINT_TO_POINTER(uses - 1));
    else
        g_hash_table_remove(port->admitted, key);
}

/* ---- the certificate ---------------------------------------------------------------------------
 */

static CertificateFiles port_certificate_files(const Settings *settings)
{
    const PortSettings *ports = &settings->proxy.port;

    return (CertificateFiles){ports->tls_certificate, ports->tls_key,
                              ports->tls_min == TLS_MIN_1_3};
}

static void port_tell_expiry(void *user)
{
    ProxyPort *port = user;
    gint64 expires = certificate_expires(port->certificate);
    gint64 left = expires - clock_wall_us() / G_USEC_PER_SEC;
    const char *file = port->settings->proxy.port.tls_certificate;
    char day[32] = "";
    time_t when = (time_t)expires;
    struct tm broken;

    loop_timer_start(port->loop, port->daily, DAY_US);
    if (left >= EXPIRY_WARNING_S || !file)
        return;
    if (gmtime_r(&when, &broken))
        strftime(day, sizeof(day), "%F %T UTC", &broken);
    if (left <= 0)
        log_error("[proxy] tls-certificate: %s: has expired on %s", file, day);
    else
        log_warning("[proxy] tls-certificate: %s: expires on %s, in %" G_GINT64_FORMAT " days",
                    file, day, left / 86400);
}

static void port_check_key_mode(const Settings *settings)
{
    const PortSettings *ports = &settings->proxy.port;
    const char *file = ports->tls_key ? ports->tls_key : ports->tls_certificate;
    struct stat is;

    if (stat(file, &is) == 0 && is.st_mode & (S_IROTH | S_IWOTH))
        log_warning("[proxy] %s: %s: everybody may read the key",
                    ports->tls_key ? "tls-key" : "tls-certificate", file);
}

/* The setting that ERROR, of certificate.c, is about. */
static const char *certificate_setting(const Settings *settings, const GError *error)
{
    const char *key = settings->proxy.port.tls_key;

    return key && g_str_has_prefix(error->message, key) ? "tls-key" : "tls-certificate";
}

static gboolean port_open_certificate(ProxyPort *port, GError **error)
{
    CertificateFiles files = port_certificate_files(port->settings);
    GError *why = NULL;

    if (!port->settings->proxy.port.tls_listen)
        return TRUE;
    if (!(port->certificate = certificate_new(&files, &why))) {
        g_propagate_prefixed_error(error, why,
                                   "[proxy] %s: ", certificate_setting(port->settings, why));
        return FALSE;
    }
    port_check_key_mode(port->settings);
    port->daily = loop_timer_new(port->loop, port_tell_expiry, port);
    port_tell_expiry(port);
    return TRUE;
}

static void port_reload_certificate(ProxyPort *port)
{
    CertificateFiles files = port_certificate_files(port->settings);
    g_autoptr(GError) error = NULL;

    if (!port->certificate)
        return;
    if (!files.chain) {
        log_error("[proxy] tls-certificate: is missing; the old certificate stays");
        return;
    }
    if (!certificate_load(port->certificate, &files, &error)) {
        log_error("[proxy] %s: %s; the old certificate stays",
                  certificate_setting(port->settings, error), error->message);
        return;
    }
    port_check_key_mode(port->settings);
    port_tell_expiry(port);
}

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

static void places_add(GArray *places, PortTransport transport,
                       const struct sockaddr_storage *address, const char *setting)
{
    Place place = {transport, *address, setting};

    g_array_append_val(places, place);
}

static void places_fill(GArray *places, const Settings *settings)
{
    const PortSettings *ports = &settings->proxy.port;
    const GArray *also = ports->also_listen, *tls = ports->tls_listen;

    places_add(places, PORT_UDP, &settings->sip.listen, "[sip] listen");
    if (ports->tcp)
        places_add(places, PORT_TCP, &settings->sip.listen, "[sip] listen");
    for (guint i = 0; also && i < also->len; i++) {
        const struct sockaddr_storage *one = &g_array_index(also, struct sockaddr_storage, i);

        places_add(places, PORT_UDP, one, "[proxy] also-listen");
        if (ports->tcp)
            places_add(places, PORT_TCP, one, "[proxy] also-listen");
    }
    for (guint i = 0; tls && i < tls->len; i++)
        places_add(places, PORT_TLS, &g_array_index(tls, struct sockaddr_storage, i),
                   "[proxy] tls-listen");
}

static void place_refuse(const Place *place, int why, GError **error)
{
    char text[64];

    g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(why), "%s: %s (%s): %s",
                place->setting,
                address_describe((const struct sockaddr *)&place->address, text, sizeof(text)),
                transport_names[place->transport], g_strerror(why));
}

/* Could PLACE be opened? Sofia would not say why not. */
static gboolean place_is_free(const Place *place, GError **error)
{
    int type = place->transport == PORT_UDP ? SOCK_DGRAM : SOCK_STREAM, on = 1, why;
    int fd = socket(place->address.ss_family, type | SOCK_CLOEXEC, 0);

    if (fd >= 0 && type == SOCK_STREAM)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (fd >= 0 &&
        bind(fd, (const struct sockaddr *)&place->address, address_length(&place->address)) == 0) {
        close(fd);
        return TRUE;
    }
    why = errno;
    if (fd >= 0)
        close(fd);
    place_refuse(place, why, error);
    return FALSE;
}

/* "sip:HOST:PORT;transport=tcp;maddr=ADDRESS": HOST is what the Via says. */
static char *place_url(const Place *place, const char *public_host)
{
    struct sockaddr_storage bare = place->address;
    guint16 number = address_port((const struct sockaddr *)&place->address);
    const char *scheme = place->transport == PORT_TLS ? "sips" : "sip";
    char text[64];
    g_autofree char *host = NULL;

    address_set_port(&bare, 0);
    address_describe((struct sockaddr *)&bare, text, sizeof(text));
    host =
        bare.ss_family == AF_INET6 && *text != '[' ? g_strdup_printf("[%s]", text) : g_strdup(text);
    if (public_host)
        return g_strdup_printf("%s:%s:%u;transport=%s;maddr=%s", scheme, public_host, number,
                               transport_names[place->transport], host);
    return g_strdup_printf("%s:%s:%u;transport=%s", scheme, host, number,
                           transport_names[place->transport]);
}

static gboolean port_open_place(ProxyPort *port, const Place *place, GError **error)
{
    const PortSettings *ports = &port->settings->proxy.port;
    g_autofree char *url = place_url(place, port->settings->sip.public_host);
    char text[64], name[64];
    int failed, why;

    if (!place_is_free(place, error))
        return FALSE;
    if (place->transport != PORT_UDP)
        connections_guard(port->connections, &place->address,
                          place->transport == PORT_TLS ? certificate_expect : NULL);
    if (place->transport == PORT_TLS)
        certificate_begin(port->certificate);
    /* By its name Sofia finds it again: it looks for a place to speak from by the protocol alone.
     */
    address_describe((const struct sockaddr *)&place->address, name, sizeof(name));
    failed = nta_agent_add_tport(
        port->agent, URL_STRING_MAKE(url), TPTAG_IDENT(name),
        TPTAG_TOS((int)(port->settings->sip.dscp << 2)), TPTAG_UDP_RMEM(SOCKET_BUFFER),
        TPTAG_UDP_WMEM(SOCKET_BUFFER), TPTAG_STUN_SERVER(1), TPTAG_PONG2PING(1),
        TPTAG_QUEUESIZE(ports->queue), TPTAG_TIMEOUT(RECEIVE_TIMEOUT_MS),
        TPTAG_IDLE(UINT_MAX), /* connections.c knows better */
        /* The files of this folder that is none are replaced before anybody connects. */
        TPTAG_TLS_VERSION(0), TPTAG_CERTIFICATE("/nonexistent"), TAG_END());
    why = errno;
    if (place->transport == PORT_TLS)
        certificate_end(port->certificate);
    if (failed) {
        place_refuse(place, why ? why : EINVAL, error);
        return FALSE;
    }
    log_notice("phones: listening at %s (%s)",
               address_describe((const struct sockaddr *)&place->address, text, sizeof(text)),
               transport_names[place->transport]);
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
        NTATAG_TIMER_C(0), NTATAG_UDP_MTU(65535), NTATAG_MAXSIZE(MESSAGE_MAX), NTATAG_USE_SRV(0),
        NTATAG_USE_NAPTR(0), NTATAG_SIP_T1(sip->t1_ms), NTATAG_SIP_T2(sip->t2_ms),
        NTATAG_SIP_T1X64(64 * sip->t1_ms), NTATAG_MCLASS(filter_mclass(port->filter)), TAG_END());
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
    const PortSettings *ports = &settings->proxy.port;

    return (ConnectionLimits){ports->max_connections, ports->max_per_source, ports->idle_us,
                              MIN(MUTE_US, ports->idle_us)};
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
    port->places = g_array_new(FALSE, TRUE, sizeof(Place));
    places_fill(port->places, settings);
    port->admitted = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    port->filter = filter_new(&filter_ops, port);
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

static gboolean address_is_any(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET6)
        return IN6_IS_ADDR_UNSPECIFIED(&((const struct sockaddr_in6 *)address)->sin6_addr);
    return ((const struct sockaddr_in *)address)->sin_addr.s_addr == INADDR_ANY;
}

gboolean proxyport_is_own(const ProxyPort *port, const char *transport,
                          const struct sockaddr *address)
{
    for (guint i = 0; i < port->places->len; i++) {
        const Place *place = &g_array_index(port->places, Place, i);

        if (g_ascii_strcasecmp(transport_names[place->transport], transport) == 0 &&
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

        if (one->address.ss_family == family && !address_is_any(&one->address) &&
            g_ascii_strcasecmp(transport_names[one->transport], transport) == 0) {
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
