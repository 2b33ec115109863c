/* Hops: where a message came from, where one goes to, and our own name on the way. */
#include "port.h"
#include "room.h"
#include "seal.h"

#include "uri.h"

#include <sofia-sip/hostdomain.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_SEAL 10 /* octets of a token's seal */
#define FLOW_MAX 19

static const char *const transport_names[] = {
    [TRANSPORT_UDP] = "udp", [TRANSPORT_TCP] = "tcp", [TRANSPORT_TLS] = "tls"};

static gboolean transport_read(const char *name, Transport *transport)
{
    for (guint i = 0; name && i < G_N_ELEMENTS(transport_names); i++) {
        if (g_ascii_strcasecmp(name, transport_names[i]) == 0) {
            *transport = (Transport)i;
            return TRUE;
        }
    }
    return FALSE;
}

void hop_of_message(Phones *phones, msg_t *msg, Hop *hop)
{
    const struct sockaddr *source = &msg_addr(msg)->su_sa;
    tport_t *tport = tport_delivered_by(nta_agent_tports(phones->agent), msg);

    memset(hop, 0, sizeof(*hop));
    if (tport)
        transport_read(tport_name(tport)->tpn_proto, &hop->transport);
    if (source->sa_family == AF_INET || source->sa_family == AF_INET6)
        memcpy(&hop->address, source,
               source->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                             : sizeof(struct sockaddr_in));
}

/* "192.0.2.7", "[2001:db8::7]" with PORT. FALSE when HOST is a name. */
static gboolean host_read(const char *host, guint16 port, struct sockaddr_storage *address)
{
    g_autofree char *bare = NULL;

    if (!host || !host_is_ip_address(host))
        return FALSE;
    bare = *host == '[' ? g_strndup(host + 1, strcspn(host + 1, "]")) : g_strdup(host);
    if (!address_parse(bare, address))
        return FALSE;
    address_set_port(address, port);
    return TRUE;
}

static guint16 url_port_number(const url_t *url, Transport transport)
{
    unsigned long port = url->url_port && *url->url_port ? strtoul(url->url_port, NULL, 10) : 0;

    if (port > 0 && port <= G_MAXUINT16)
        return (guint16)port;
    return transport == TRANSPORT_TLS ? 5061 : 5060;
}

gboolean hop_of_url(const url_t *url, Hop *hop)
{
    char transport[16] = "", maddr[128] = "";

    memset(hop, 0, sizeof(*hop));
    if ((url->url_type != url_sip && url->url_type != url_sips) || !url->url_host ||
        !*url->url_host)
        return FALSE;
    if (url->url_params) {
        url_param(url->url_params, "transport", transport, sizeof(transport));
        url_param(url->url_params, "maddr", maddr, sizeof(maddr));
    }
    if (*transport && !transport_read(transport, &hop->transport))
        return FALSE;
    if (url->url_type == url_sips)
        hop->transport = TRANSPORT_TLS;
    host_read(*maddr ? maddr : url->url_host, url_port_number(url, hop->transport), &hop->address);
    return TRUE;
}

gboolean hop_equal(const Hop *one, const Hop *other)
{
    return one->transport == other->transport &&
           address_equal((const struct sockaddr *)&one->address,
                         (const struct sockaddr *)&other->address);
}

const char *hop_url(su_home_t *home, const Hop *hop)
{
    char text[64];

    if (!hop->address.ss_family)
        return NULL;
    address_describe((const struct sockaddr *)&hop->address, text, sizeof(text));
    return su_sprintf(home, "sip:%s;transport=%s", text, transport_names[hop->transport]);
}

static guint16 listen_port(const Phones *phones)
{
    return address_port((const struct sockaddr *)&phones->settings->sip.listen);
}

/* Does HOST, written as in a URI, with PORT name an address we listen at? */
static gboolean host_is_address(const Phones *phones, const char *host, guint16 port)
{
    struct sockaddr_storage read;

    if (!host_read(host, port, &read))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(transport_names); i++) {
        if (proxyport_is_own(phones->port, transport_names[i], (struct sockaddr *)&read))
            return TRUE;
    }
    return FALSE;
}

gboolean url_is_ours(const Phones *phones, const url_t *url)
{
    const ProxySettings *proxy = &phones->settings->proxy;
    const char *host = url->url_host;
    gboolean same_port;
    Hop hop;

    if (!host || (url->url_type != url_sip && url->url_type != url_sips))
        return FALSE;
    same_port =
        hop_of_url(url, &hop) && phones_has_port(phones, url_port_number(url, hop.transport));
    if (same_port && (g_ascii_strcasecmp(host, phones->host) == 0 ||
                      host_is_address(phones, host, url_port_number(url, hop.transport))))
        return TRUE;
    for (guint i = 0; proxy->domains && i < proxy->domains->len; i++) {
        if (g_ascii_strcasecmp(host, proxy->domains->pdata[i]) == 0)
            return same_port || !url->url_port || !*url->url_port;
    }
    return FALSE;
}

gboolean phones_has_port(const Phones *phones, guint16 port)
{
    return proxyport_has_number(phones->port, port);
}

const char *url_user_text(su_home_t *home, const url_t *url)
{
    const char *user = url->url_user;
    char *plain;

    if (url->url_type == url_tel && !user)
        user = url->url_host;
    if (!user || strstr(user, "%00"))
        return "";
    plain = su_strdup(home, user);
    uri_cut_user(plain);
    return url_unescape(plain, plain);
}

/* ---- tokens: this dialog is known here, and what way back one side has ------------------------
 */

/* The flow's octets; none where HOP is no flow. */
static gsize flow_octets(const Hop *hop, guint8 octets[FLOW_MAX])
{
    const struct sockaddr *address = (const struct sockaddr *)&hop->address;
    guint16 port = address_port(address);
    gboolean v6 = address->sa_family == AF_INET6;

    if (!hop->flow)
        return 0;
    octets[0] = (guint8)((guint)hop->transport << 1 | (v6 ? 1 : 0));
    octets[1] = (guint8)(port >> 8);
    octets[2] = (guint8)port;
    if (v6)
        memcpy(octets + 3, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
    else
        memcpy(octets + 3, &((const struct sockaddr_in *)address)->sin_addr, 4);
    return v6 ? 19 : 7;
}

static gboolean flow_read(const guint8 *octets, gsize size, Hop *hop)
{
    memset(hop, 0, sizeof(*hop));
    if (!size)
        return TRUE;
    if ((size != 7 && size != 19) || octets[0] >> 1 > TRANSPORT_TLS ||
        (octets[0] & 1) != (size == 19))
        return FALSE;
    hop->transport = (Transport)(octets[0] >> 1);
    hop->flow = TRUE;
    if (size == 19) {
        hop->address.ss_family = AF_INET6;
        memcpy(&((struct sockaddr_in6 *)&hop->address)->sin6_addr, octets + 3, 16);
    } else {
        hop->address.ss_family = AF_INET;
        memcpy(&((struct sockaddr_in *)&hop->address)->sin_addr, octets + 3, 4);
    }
    address_set_port(&hop->address, (guint16)(octets[1] << 8 | octets[2]));
    return TRUE;
}

/* Of the flow in the dialog, TOKEN_SEAL octets that count. The other half of the secret than
 * loop.c's. */
static void token_seal(const Phones *phones, const guint8 *octets, gsize size, const char *call_id,
                       guint8 mark[SEAL_SIZE])
{
    Seal seal;

    seal_begin(&seal, phones->secret.octets + SEAL_KEY_SIZE);
    seal_add(&seal, call_id, strlen(call_id) + 1);
    seal_add(&seal, octets, size);
    seal_end(&seal, mark);
}

static char *hop_token(const Phones *phones, const Hop *hop, const char *call_id)
{
    guint8 octets[FLOW_MAX + SEAL_SIZE];
    gsize size = flow_octets(hop, octets);
    char *text = g_malloc(2 * (size + TOKEN_SEAL) + 1);

    token_seal(phones, octets, size, call_id, octets + size);
    seal_write(octets, size + TOKEN_SEAL, text);
    return text;
}

gboolean hop_of_token(const Phones *phones, const char *token, const char *call_id, Hop *hop)
{
    guint8 octets[FLOW_MAX + TOKEN_SEAL], seal[SEAL_SIZE];
    gsize length = token ? strlen(token) : 0, size;
    guint8 differ = 0;

    memset(hop, 0, sizeof(*hop));
    if (length % 2 || length < 2 * TOKEN_SEAL || length > 2 * sizeof(octets))
        return FALSE;
    for (gsize i = 0; i < length / 2; i++) {
        int high = g_ascii_xdigit_value(token[2 * i]), low = g_ascii_xdigit_value(token[2 * i + 1]);

        if (high < 0 || low < 0)
            return FALSE;
        octets[i] = (guint8)(high << 4 | low);
    }
    size = length / 2 - TOKEN_SEAL;
    token_seal(phones, octets, size, call_id, seal);
    for (gsize i = 0; i < TOKEN_SEAL; i++)
        differ |= (guint8)(seal[i] ^ octets[size + i]);
    return !differ && flow_read(octets, size, hop);
}

/* Our host, and *port, as HOP can reach us: where it speaks another protocol of the Internet than
 * [sip] listen, or by TLS, that is another place. */
static const char *hop_own_host(const Phones *phones, su_home_t *home, const Hop *hop,
                                guint16 *port)
{
    int main_family = phones->settings->sip.listen.ss_family;
    int family = hop->address.ss_family ? hop->address.ss_family : main_family;
    struct sockaddr_storage place;
    char text[64];

    if (!proxyport_place(phones->port, transport_names[hop->transport], family, &place))
        return phones->host;
    *port = address_port((struct sockaddr *)&place);
    if (family == main_family)
        return phones->host;
    address_set_port(&place, 0);
    address_describe((struct sockaddr *)&place, text, sizeof(text));
    return su_sprintf(home, family == AF_INET6 && *text != '[' ? "[%s]" : "%s", text);
}

sip_record_route_t *hop_record_route(Phones *phones, su_home_t *home, const Hop *hop,
                                     const char *call_id)
{
    g_autofree char *token = hop_token(phones, hop, call_id);
    gboolean udp = hop->transport == TRANSPORT_UDP;
    guint16 port = listen_port(phones);
    const char *host = hop_own_host(phones, home, hop, &port);

    return sip_record_route_format(
        home, "<sip:%s@%s:%u%s%s;lr>", token, host, port,
        udp ? "" : ";transport=", udp ? "" : transport_names[hop->transport]);
}
