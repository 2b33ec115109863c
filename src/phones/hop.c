/* Hops: where a message came from, where one goes to, and our own name on the way. */
#include "port.h"
#include "room.h"
#include "seal.h"

#include "uri.h"

#include <sofia-sip/hostdomain.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_SEAL 10 /* octets of a token's seal */
#define FLOW_MAX 37
#define OCTET_HOST 0x10 /* above those of the transports */
#define OCTET_OPEN 0x20

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

static void hop_set_address(struct sockaddr_storage *address, const struct sockaddr *from)
{
    if (from->sa_family == AF_INET || from->sa_family == AF_INET6)
        memcpy(address, from,
               from->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                           : sizeof(struct sockaddr_in));
}

void hop_of_message(Phones *phones, msg_t *msg, Hop *hop)
{
    const struct sockaddr *source = &msg_addr(msg)->su_sa;
    tport_t *tport = tport_delivered_by(nta_agent_tports(phones->agent), msg);

    memset(hop, 0, sizeof(*hop));
    if (tport)
        transport_read(tport_name(tport)->tpn_proto, &hop->transport);
    hop_set_address(&hop->address, source);
    if (tport && tport_get_address(tport_parent(tport)))
        hop_set_address(&hop->local, tport_get_address(tport_parent(tport))->ai_addr);
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

static gsize octets_put_address(guint8 *octets, const struct sockaddr_storage *storage)
{
    const struct sockaddr *address = (const struct sockaddr *)storage;
    guint16 port = address_port(address);

    octets[0] = (guint8)(port >> 8);
    octets[1] = (guint8)port;
    if (address->sa_family == AF_INET6)
        memcpy(octets + 2, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
    else
        memcpy(octets + 2, &((const struct sockaddr_in *)address)->sin_addr, 4);
    return address->sa_family == AF_INET6 ? 18 : 6;
}

static void octets_read_address(const guint8 *octets, gboolean v6, struct sockaddr_storage *storage)
{
    storage->ss_family = v6 ? AF_INET6 : AF_INET;
    if (v6)
        memcpy(&((struct sockaddr_in6 *)storage)->sin6_addr, octets + 2, 16);
    else
        memcpy(&((struct sockaddr_in *)storage)->sin_addr, octets + 2, 4);
    address_set_port(storage, (guint16)(octets[0] << 8 | octets[1]));
}

/* The flow's octets, its far end's and our own place; or those of a leave. */
static gsize flow_octets(const Hop *hop, Leave leave, guint8 octets[FLOW_MAX])
{
    gboolean v6 = hop->address.ss_family == AF_INET6;
    gsize size = 1;

    if (!hop->flow && leave == LEAVE_OPEN) {
        octets[0] = OCTET_OPEN;
        return 1;
    }
    if (!hop->flow && leave == LEAVE_HOST && hop->address.ss_family) {
        octets[0] = (guint8)(OCTET_HOST | (v6 ? 1 : 0));
        return 1 + octets_put_address(octets + 1, &hop->address);
    }
    if (!hop->flow)
        return 0;
    octets[0] = (guint8)((guint)hop->transport << 1 | (v6 ? 1 : 0));
    size += octets_put_address(octets + size, &hop->address);
    if (hop->local.ss_family == hop->address.ss_family)
        size += octets_put_address(octets + size, &hop->local);
    return size;
}

static gboolean flow_read(const guint8 *octets, gsize size, Hop *hop, Leave *leave)
{
    gsize one;

    memset(hop, 0, sizeof(*hop));
    *leave = LEAVE_NONE;
    if (!size)
        return TRUE;
    if (octets[0] == OCTET_OPEN) {
        *leave = LEAVE_OPEN;
        return size == 1;
    }
    one = octets[0] & 1 ? 18 : 6;
    if ((octets[0] & ~1) == OCTET_HOST && size == 1 + one) {
        *leave = LEAVE_HOST;
        octets_read_address(octets + 1, octets[0] & 1, &hop->address);
        return TRUE;
    }
    if ((size != 1 + one && size != 1 + 2 * one) || octets[0] >> 1 > TRANSPORT_TLS)
        return FALSE;
    hop->transport = (Transport)(octets[0] >> 1);
    hop->flow = TRUE;
    octets_read_address(octets + 1, octets[0] & 1, &hop->address);
    if (size > 1 + one)
        octets_read_address(octets + 1 + one, octets[0] & 1, &hop->local);
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

static char *hop_token(const Phones *phones, const Hop *hop, Leave leave, const char *call_id)
{
    guint8 octets[FLOW_MAX + SEAL_SIZE];
    gsize size = flow_octets(hop, leave, octets);
    char *text = g_malloc(2 * (size + TOKEN_SEAL) + 1);

    token_seal(phones, octets, size, call_id, octets + size);
    seal_write(octets, size + TOKEN_SEAL, text);
    return text;
}

gboolean hop_of_token(const Phones *phones, const char *token, const char *call_id, Hop *hop,
                      Leave *leave)
{
    guint8 octets[FLOW_MAX + TOKEN_SEAL], seal[SEAL_SIZE];
    gsize length = token ? strlen(token) : 0, size;
    guint8 differ = 0;

    memset(hop, 0, sizeof(*hop));
    *leave = LEAVE_NONE;
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
    return !differ && flow_read(octets, size, hop, leave);
}

/* Is HOP spoken to from a place of ours that is an address, and another than [sip] listen's? */
static gboolean hop_place_is_second(const Phones *phones, const Hop *hop)
{
    const struct sockaddr *local = (const struct sockaddr *)&hop->local;
    const struct sockaddr *first = (const struct sockaddr *)&phones->settings->sip.listen;

    return local->sa_family && local->sa_family == hop->address.ss_family &&
           proxyport_is_own(phones->port, transport_names[hop->transport], local) &&
           !(local->sa_family == first->sa_family && address_same_host(local, first));
}

/* Our host, and *port, as HOP can reach us: where it speaks to another place than [sip] listen, by
 * another protocol of the Internet, or by TLS, that is another place. */
static const char *hop_own_host(const Phones *phones, su_home_t *home, const Hop *hop,
                                guint16 *port)
{
    int main_family = phones->settings->sip.listen.ss_family;
    int family = hop->address.ss_family ? hop->address.ss_family : main_family;
    struct sockaddr_storage place;
    char text[64];

    if (hop_place_is_second(phones, hop))
        place = hop->local;
    else if (!proxyport_place(phones->port, transport_names[hop->transport], family, &place))
        return phones->host;
    *port = address_port((struct sockaddr *)&place);
    if (family == main_family && !hop_place_is_second(phones, hop))
        return phones->host;
    address_set_port(&place, 0);
    address_describe((struct sockaddr *)&place, text, sizeof(text));
    return su_sprintf(home, family == AF_INET6 && *text != '[' ? "[%s]" : "%s", text);
}

sip_record_route_t *hop_record_route(Phones *phones, su_home_t *home, const Hop *hop, Leave leave,
                                     const char *call_id)
{
    g_autofree char *token = hop_token(phones, hop, leave, call_id);
    gboolean udp = hop->transport == TRANSPORT_UDP;
    guint16 port = listen_port(phones);
    const char *host = hop_own_host(phones, home, hop, &port);

    return sip_record_route_format(
        home, "<sip:%s@%s:%u%s%s;lr>", token, host, port,
        udp ? "" : ";transport=", udp ? "" : transport_names[hop->transport]);
}
