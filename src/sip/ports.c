/* The user agent's ports, each with a NUA of its own: one NUA speaks from the first address it has,
 * whatever its dialog came by.
 */
#include "sip_room.h"

#include "log.h"
#include "place.h"

#include <sofia-sip/nta_tag.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/tport_tag.h>
#include <sofia-sip/url.h>
#include <string.h>
#include <unistd.h>

#define SHUTDOWN_LIMIT_US (1 * G_USEC_PER_SEC)
#define SOCKET_BUFFER (1 << 20)
/* A subscription outlives the longest ringing: what it is to tell ends it. */
#define REFERRAL_EXPIRES_S (2 * 3600)

/* ---- opened and closed --------------------------------------------------------------------------
 */

/* The proxy as NUA's outbound proxy; NULL where there is none. Caller frees. */
static char *port_proxy(const Ua *ua)
{
    g_autofree char *host = ua->is_behind ? place_host(&ua->behind.proxy) : NULL;

    return host ? g_strdup_printf("sip:%s:%u;transport=udp", host,
                                  address_port((const struct sockaddr *)&ua->behind.proxy))
                : NULL;
}

/* TCP: the URL that TCP is bound to; NULL: none. NUA binds whatever URL it takes for that of SIPS.
 */
static nua_t *port_create_nua(UaPort *port, const char *udp, const char *tcp)
{
    Ua *ua = port->ua;
    const SipSettings *sip = &ua->settings->sip;
    g_autofree char *proxy = port_proxy(ua);

    return nua_create(
        sofia_loop_root(ua->loop), ua_event, ua, NUTAG_URL(udp), TAG_IF(tcp, NUTAG_SIPS_URL(tcp)),
        TAG_IF(proxy, NUTAG_PROXY(proxy)), NTATAG_MCLASS(filter_mclass(port->filter)),
        /* Everything that decides something is ours: no automatic answers, no soa, no redirection.
         */
        NUTAG_MEDIA_ENABLE(0), NUTAG_AUTOANSWER(0), NUTAG_AUTOALERT(0), NUTAG_AUTO302(0),
        NUTAG_AUTO305(0), NUTAG_MAX_RETRY_AFTER(0), NUTAG_ENABLEINVITE(1), NUTAG_AUTOACK(1),
        NUTAG_EARLY_MEDIA(1), NUTAG_DETECT_NETWORK_UPDATES(0), NUTAG_ENABLEMESSAGE(0),
        NUTAG_APPL_METHOD("INVITE, OPTIONS, PRACK, UPDATE, REFER, INFO"),
        SIPTAG_ALLOW_STR("INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, REFER, NOTIFY, INFO"),
        SIPTAG_SUPPORTED_STR("timer, 100rel, replaces, norefersub, tdialog, uui, from-change"),
        NUTAG_REFER_EXPIRES(REFERRAL_EXPIRES_S), SIPTAG_USER_AGENT_STR(sip->user_agent),
        NUTAG_SESSION_TIMER(sip->session_expires_s), NUTAG_MIN_SE(sip->min_se_s),
        NUTAG_UPDATE_REFRESH(1), NTATAG_SIP_T1(sip->t1_ms), NTATAG_SIP_T2(sip->t2_ms),
        NTATAG_SIP_T1X64(64 * sip->t1_ms), NTATAG_UDP_MTU(65535), NTATAG_SERVER_RPORT(1),
        NTATAG_MAXSIZE(PLACE_MESSAGE_MAX), NTATAG_USE_NAPTR(0), NTATAG_GRAYLIST(0),
        TPTAG_TOS((int)(sip->dscp << 2)), TPTAG_UDP_RMEM(SOCKET_BUFFER),
        TPTAG_UDP_WMEM(SOCKET_BUFFER), TPTAG_STUN_SERVER(1), TPTAG_PONG2PING(1),
        TPTAG_QUEUESIZE(sip->queue), TPTAG_TIMEOUT(PLACE_RECEIVE_TIMEOUT_MS),
        /* of the connections that we make: connections.c sees to the others */
        TPTAG_IDLE((unsigned)(sip->idle_us / 1000)), TAG_END());
}

static void port_free(gpointer data)
{
    UaPort *port = data;

    hearing_close(port);
    g_free(port->host);
    g_free(port->contact[0]);
    g_free(port->contact[1]);
    g_free(port->local_host);
    g_free(port->local_contact[0]);
    g_free(port->local_contact[1]);
    g_free(port);
}

/* host and Contact of our URIs. */
static void port_take_name(UaPort *port)
{
    const Ua *ua = port->ua;
    const SipSettings *sip = &ua->settings->sip;
    const struct sockaddr_storage *told = ua->is_behind ? &sip->listen : &port->listen;
    guint16 number = address_port((const struct sockaddr *)told);

    port->host = sip->public_host ? g_strdup(sip->public_host) : place_host(told);
    if (ua->is_behind) {
        port->contact[0] = g_strdup_printf("<sip:%s@%s:%u>", UA_PUBLIC_USER, port->host, number);
        return;
    }
    port->contact[0] = g_strdup_printf("<sip:%s:%u>", port->host, number);
    port->contact[1] = g_strdup_printf("<sip:%s:%u;transport=tcp>", port->host, number);
    port->local_host = place_host(told);
    port->local_contact[0] = g_strdup_printf("<sip:%s:%u>", port->local_host, number);
    port->local_contact[1] = g_strdup_printf("<sip:%s:%u;transport=tcp>", port->local_host, number);
}

/* PLACE by UDP, and by TCP where TCP is spoken. */
static gboolean port_open(Ua *ua, const Place *place, gboolean tcp, GError **error)
{
    /* A wildcard needs a public host: ua_new() has seen to it. */
    const char *public_host = ua->is_behind ? NULL : ua->settings->sip.public_host;
    Place stream = {PLACE_TCP, place->address, place->setting};
    g_autofree char *udp_url = place_url(place, public_host);
    g_autofree char *tcp_url = tcp ? place_url(&stream, public_host) : NULL;
    UaPort *port = g_new0(UaPort, 1);

    port->ua = ua;
    port->listen = place->address;
    g_ptr_array_add(ua->ports, port);
    port_take_name(port);
    hearing_open(port);
    if (tcp)
        connections_guard(ua->connections, &place->address, NULL);
    port->nua = port_create_nua(port, udp_url, tcp_url);
    if (!port->nua)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s: Sofia cannot open it",
                    place->setting, udp_url);
    return port->nua != NULL;
}

static GArray *ua_places(const Ua *ua)
{
    Place inside = {PLACE_UDP, ua->behind.listen, "the gateway behind the proxy"};
    GArray *places;

    if (!ua->is_behind)
        return places_of(&ua->settings->sip);
    places = g_array_new(FALSE, TRUE, sizeof(Place));
    g_array_append_val(places, inside);
    return places;
}

static ConnectionLimits port_limits(const SipSettings *sip)
{
    return (ConnectionLimits){"sip", sip->max_connections, sip->max_per_source, sip->idle_us,
                              MIN(PLACE_MUTE_US, sip->idle_us)};
}

gboolean ports_open(Ua *ua, GError **error)
{
    g_autoptr(GArray) places = ua_places(ua);
    ConnectionLimits limits = port_limits(&ua->settings->sip);
    gboolean tcp = !ua->is_behind && ua->settings->sip.tcp;

    ua->ports = g_ptr_array_new_with_free_func(port_free);
    if (!ua->is_behind)
        ua->connections = connections_new(ua->loop, &limits, hearing_connects, ua);
    for (guint i = 0; i < places->len; i++)
        if (!place_is_free(&g_array_index(places, Place, i), error))
            return FALSE;
    for (guint i = 0; i < places->len; i++) {
        const Place *place = &g_array_index(places, Place, i);

        if (place->transport == PLACE_UDP && !port_open(ua, place, tcp, error))
            return FALSE;
    }
    ua->port = g_ptr_array_index(ua->ports, 0);
    ua->nua = ua->port->nua;
    ua->host = ua->port->host;
    return TRUE;
}

static gboolean ports_are_shut(const Ua *ua)
{
    for (guint i = 0; i < ua->ports->len; i++) {
        const UaPort *port = g_ptr_array_index(ua->ports, i);

        if (port->nua && !port->shut)
            return FALSE;
    }
    return TRUE;
}

void ports_close(Ua *ua)
{
    gint64 end = loop_now(ua->loop) + SHUTDOWN_LIMIT_US;

    for (guint i = 0; i < ua->ports->len; i++) {
        UaPort *port = g_ptr_array_index(ua->ports, i);

        if (port->nua)
            nua_shutdown(port->nua);
    }
    while (!ports_are_shut(ua) && loop_now(ua->loop) < end)
        sofia_loop_step(ua->loop, 10);
    for (guint i = 0; i < ua->ports->len; i++) {
        UaPort *port = g_ptr_array_index(ua->ports, i);

        if (port->shut)
            nua_destroy(port->nua);
        else if (port->nua) /* it would assert; the process is ending */
            log_warning("sip: NUA did not shut down in time");
    }
    g_ptr_array_unref(ua->ports);
    connections_free(ua->connections);
}

void ports_use_settings(Ua *ua)
{
    const SipSettings *sip = &ua->settings->sip;
    ConnectionLimits limits = port_limits(sip);

    for (guint i = 0; i < ua->ports->len; i++)
        nua_set_params(((UaPort *)g_ptr_array_index(ua->ports, i))->nua,
                       SIPTAG_USER_AGENT_STR(sip->user_agent),
                       NUTAG_SESSION_TIMER(sip->session_expires_s), NUTAG_MIN_SE(sip->min_se_s),
                       TAG_END());
    if (ua->connections)
        connections_set_limits(ua->connections, &limits);
}

/* ---- which of them ------------------------------------------------------------------------------
 */

UaPort *ports_present(Ua *ua, nua_t *nua, sip_t const *sip)
{
    for (guint i = 0; i < ua->ports->len; i++) {
        UaPort *port = g_ptr_array_index(ua->ports, i);

        if (port->nua != nua)
            continue;
        ua->port = port;
        ua->nua = nua;
        ua->tcp = sip && sip->sip_request && sip->sip_via &&
                  g_ascii_strcasecmp(sip_via_transport(sip->sip_via), "tcp") == 0;
        return port;
    }
    return NULL;
}

/* The address of this host that speaks to TO. FALSE: nothing leads there. */
static gboolean address_toward(const struct sockaddr_storage *to, struct sockaddr_storage *from)
{
    int fd = socket(to->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = sizeof(*from);
    gboolean found = fd >= 0 && connect(fd, (const struct sockaddr *)to, address_length(to)) == 0 &&
                     getsockname(fd, (struct sockaddr *)from, &size) == 0;

    if (fd >= 0)
        close(fd);
    return found;
}

/* The numeric host, and the transport, that URI names. FALSE: its host is a name. */
static gboolean uri_read(const char *uri, struct sockaddr_storage *address, gboolean *tcp)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    char maddr[64] = "", transport[16] = "";
    const char *host;
    gboolean numeric;
    url_t *url;

    su_home_init(home);
    url = url_make(home, uri);
    if (url && url->url_params) {
        url_param(url->url_params, "maddr", maddr, sizeof(maddr));
        url_param(url->url_params, "transport", transport, sizeof(transport));
    }
    host = *maddr ? maddr : url ? url->url_host : NULL;
    *tcp = g_ascii_strcasecmp(transport, "tcp") == 0;
    numeric = host && address_parse(host, address);
    if (numeric)
        address_set_port(address, 5060);
    su_home_deinit(home);
    return numeric;
}

UaPort *ports_toward_address(const Ua *ua, const struct sockaddr_storage *to)
{
    UaPort *first = g_ptr_array_index(ua->ports, 0), *same = NULL;
    struct sockaddr_storage from;
    gboolean routed = ua->ports->len > 1 && address_toward(to, &from);

    for (guint i = 0; i < ua->ports->len; i++) {
        UaPort *port = g_ptr_array_index(ua->ports, i);

        if (port->listen.ss_family != to->ss_family)
            continue;
        if (routed && (address_is_wildcard(&port->listen) ||
                       address_same_host((const struct sockaddr *)&port->listen,
                                         (const struct sockaddr *)&from)))
            return port;
        same = same ? same : port;
    }
    return same ? same : first; /* which says that it cannot */
}

UaPort *ports_toward(const Ua *ua, const char *uri, gboolean *tcp)
{
    struct sockaddr_storage to;
    gboolean numeric = uri_read(uri, &to, tcp);

    *tcp = *tcp && !ua->is_behind;
    return numeric ? ports_toward_address(ua, &to) : g_ptr_array_index(ua->ports, 0);
}

nua_handle_t *ports_handle_by_call_id(const Ua *ua, const char *call_id)
{
    nua_handle_t *nh = NULL;

    for (guint i = 0; i < ua->ports->len && !nh; i++)
        nh = nua_handle_by_call_id(((UaPort *)g_ptr_array_index(ua->ports, i))->nua, call_id);
    return nh;
}

nua_handle_t *ports_handle_by_replaces(const Ua *ua, sip_replaces_t const *replaces)
{
    nua_handle_t *nh = NULL;

    for (guint i = 0; i < ua->ports->len && !nh; i++)
        nh = nua_handle_by_replaces(((UaPort *)g_ptr_array_index(ua->ports, i))->nua, replaces);
    return nh;
}

gboolean ports_are_at(const Ua *ua, const char *host, guint16 number)
{
    for (guint i = 0; i < ua->ports->len; i++) {
        const UaPort *port = g_ptr_array_index(ua->ports, i);
        /* Behind the proxy the proxy's address is ours. */
        const struct sockaddr_storage *own =
            ua->is_behind ? &ua->settings->sip.listen : &port->listen;
        g_autofree char *address = place_host(own);
        gsize size = strlen(address);

        if (number != address_port((const struct sockaddr *)own))
            continue;
        if (g_ascii_strcasecmp(host, port->host) == 0 || g_ascii_strcasecmp(host, address) == 0)
            return TRUE;
        if (*address == '[' && strlen(host) == size - 2 &&
            g_ascii_strncasecmp(host, address + 1, size - 2) == 0)
            return TRUE;
    }
    return FALSE;
}

gboolean ports_are_public_to(const Settings *settings, const struct sockaddr_storage *address)
{
    const GArray *local = settings->sip.local_networks;

    return !local || !network_contains(local, (const struct sockaddr *)address);
}

gboolean ports_are_public_to_uri(const Settings *settings, const char *uri)
{
    struct sockaddr_storage address;
    gboolean tcp;

    return !uri_read(uri, &address, &tcp) || ports_are_public_to(settings, &address);
}

const char *port_host(const UaPort *port, gboolean outside)
{
    return outside || port->ua->is_behind ? port->host : port->local_host;
}

const char *port_contact(const UaPort *port, gboolean tcp, gboolean outside)
{
    return outside || port->ua->is_behind ? port->contact[tcp] : port->local_contact[tcp];
}

const char *leg_contact(const UaLeg *leg)
{
    return port_contact(leg->port, leg->tcp, leg->outside);
}

const char *leg_host(const UaLeg *leg)
{
    return port_host(leg->port, leg->outside);
}
