/* Finds trunks and peers in the settings: by name, or by the network an address is in. */
#include "call_private.h"

#include <string.h>

const TrunkSettings *lookup_trunk(const Settings *settings, const char *name)
{
    for (guint i = 0; settings->trunks && i < settings->trunks->len; i++) {
        const TrunkSettings *trunk = settings->trunks->pdata[i];

        if (g_strcmp0(trunk->name, name) == 0)
            return trunk;
    }
    return NULL;
}

const PeerSettings *lookup_peer(const Settings *settings, const char *name)
{
    for (guint i = 0; settings->peers && i < settings->peers->len; i++) {
        const PeerSettings *peer = settings->peers->pdata[i];

        if (g_strcmp0(peer->name, name) == 0)
            return peer;
    }
    return NULL;
}

/* The octets of an address, an IPv4-mapped IPv6 one as IPv4. NULL for another family. */
static const guint8 *address_octets(const struct sockaddr *address, gsize *count)
{
    const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;

    if (address->sa_family == AF_INET) {
        *count = 4;
        return (const guint8 *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;
    }
    if (address->sa_family != AF_INET6)
        return NULL;
    *count = IN6_IS_ADDR_V4MAPPED(six) ? 4 : 16;
    return six->s6_addr + 16 - *count;
}

static gboolean octets_share_prefix(const guint8 *one, const guint8 *other, guint bits)
{
    guint whole = bits / 8, rest = bits % 8;

    if (memcmp(one, other, whole) != 0)
        return FALSE;
    return rest == 0 || ((one[whole] ^ other[whole]) >> (8 - rest)) == 0;
}

gboolean lookup_network(const GArray *networks, const struct sockaddr *address)
{
    gsize length = 0, network_length = 0;
    const guint8 *octets = address_octets(address, &length);

    for (guint i = 0; octets && networks && i < networks->len; i++) {
        const Network *network = &g_array_index(networks, Network, i);
        const guint8 *base =
            address_octets((const struct sockaddr *)&network->address, &network_length);

        if (base && network_length == length && network->prefix <= length * 8 &&
            octets_share_prefix(octets, base, network->prefix))
            return TRUE;
    }
    return FALSE;
}

const PeerSettings *lookup_peer_of(const Settings *settings, const struct sockaddr *address)
{
    for (guint i = 0; settings->peers && i < settings->peers->len; i++) {
        const PeerSettings *peer = settings->peers->pdata[i];

        if (lookup_network(peer->networks, address))
            return peer;
    }
    return NULL;
}
