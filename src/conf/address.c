/* Numeric addresses and networks as text and back, and whether one lies in the other. */
#include "settings.h"

#include <arpa/inet.h>
#include <string.h>

/* Reads HOST (an IPv4 or IPv6 address without brackets) with PORT. */
static gboolean host_parse(const char *host, guint16 port, struct sockaddr_storage *address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = g_htons(port);
        return TRUE;
    }
    if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = g_htons(port);
        return TRUE;
    }
    return FALSE;
}

static gboolean port_parse(const char *text, guint16 *port)
{
    guint64 value;

    if (!g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT16, &value, NULL))
        return FALSE;
    *port = (guint16)value;
    return TRUE;
}

gboolean address_parse(const char *text, struct sockaddr_storage *address)
{
    struct sockaddr_storage read;
    char host[INET6_ADDRSTRLEN + 1];
    const char *from = text, *end, *rest;
    guint16 port = 0;

    if (*text == '[') {
        from = text + 1;
        end = strchr(from, ']');
        rest = end ? end + 1 : NULL;
    } else {
        const char *colon = strchr(text, ':');

        /* Two colons: an IPv6 address without brackets, and so without a port. */
        end = colon && !strchr(colon + 1, ':') ? colon : text + strlen(text);
        rest = end;
    }
    if (!end || (gsize)(end - from) >= sizeof host)
        return FALSE;
    memcpy(host, from, (gsize)(end - from));
    host[end - from] = '\0';
    if (*rest && (*rest != ':' || !port_parse(rest + 1, &port)))
        return FALSE;
    if (!host_parse(host, port, &read) || (*text == '[' && read.ss_family != AF_INET6))
        return FALSE;
    *address = read;
    return TRUE;
}

const char *address_describe(const struct sockaddr *address, char *buffer, gsize size)
{
    char host[INET6_ADDRSTRLEN] = "?";
    guint16 port = address_port(address);

    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, host, sizeof host);
    else if (address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, host, sizeof host);
    if (!port)
        g_snprintf(buffer, size, "%s", host);
    else if (address->sa_family == AF_INET6)
        g_snprintf(buffer, size, "[%s]:%u", host, port);
    else
        g_snprintf(buffer, size, "%s:%u", host, port);
    return buffer;
}

gboolean address_same_host(const struct sockaddr *one, const struct sockaddr *other)
{
    if (one->sa_family != other->sa_family)
        return FALSE;
    if (one->sa_family == AF_INET)
        return ((const struct sockaddr_in *)one)->sin_addr.s_addr ==
               ((const struct sockaddr_in *)other)->sin_addr.s_addr;
    return one->sa_family == AF_INET6 &&
           IN6_ARE_ADDR_EQUAL(&((const struct sockaddr_in6 *)one)->sin6_addr,
                              &((const struct sockaddr_in6 *)other)->sin6_addr);
}

gboolean address_equal(const struct sockaddr *one, const struct sockaddr *other)
{
    return address_same_host(one, other) && address_port(one) == address_port(other);
}

guint16 address_port(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return g_ntohs(((const struct sockaddr_in *)address)->sin_port);
    if (address->sa_family == AF_INET6)
        return g_ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
    return 0;
}

void address_set_port(struct sockaddr_storage *address, guint16 port)
{
    if (address->ss_family == AF_INET)
        ((struct sockaddr_in *)address)->sin_port = g_htons(port);
    else if (address->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)address)->sin6_port = g_htons(port);
}

socklen_t address_length(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return sizeof(struct sockaddr_in);
    if (address->ss_family == AF_INET6)
        return sizeof(struct sockaddr_in6);
    return 0;
}

/* The octets of an address, in network order, and their number of bits. */
static const guint8 *address_bits(const struct sockaddr *address, guint *bits)
{
    if (address->sa_family == AF_INET) {
        *bits = 32;
        return (const guint8 *)&((const struct sockaddr_in *)address)->sin_addr;
    }
    if (address->sa_family == AF_INET6) {
        const guint8 *octets = (const guint8 *)&((const struct sockaddr_in6 *)address)->sin6_addr;
        static const guint8 mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

        /* ::ffff:192.0.2.7 is how a dual-stack socket shows an IPv4 source. */
        *bits = memcmp(octets, mapped, sizeof mapped) == 0 ? 32 : 128;
        return *bits == 32 ? octets + 12 : octets;
    }
    *bits = 0;
    return NULL;
}

/* Do the first PREFIX bits of A and B agree? */
static gboolean bits_agree(const guint8 *a, const guint8 *b, guint prefix)
{
    guint whole = prefix / 8, rest = prefix % 8;
    guint8 mask = (guint8)(0xff00 >> rest);

    return memcmp(a, b, whole) == 0 && (!rest || ((a[whole] ^ b[whole]) & mask) == 0);
}

gboolean network_parse(const char *text, Network *network)
{
    g_auto(GStrv) parts = g_strsplit(text, "/", 2);
    struct sockaddr_storage address;
    guint64 prefix;
    guint bits;
    const guint8 *octets;

    if (!parts[0] || !host_parse(parts[0], 0, &address))
        return FALSE;
    octets = address_bits((const struct sockaddr *)&address, &bits);
    prefix = bits;
    if (parts[1] && !g_ascii_string_to_unsigned(parts[1], 10, 0, bits, &prefix, NULL))
        return FALSE;
    /* Bits beyond the prefix would be a slip of the pen: 10.1.0.0/8. */
    for (guint bit = (guint)prefix; bit < bits; bit++) {
        if (octets[bit / 8] & (0x80 >> (bit % 8)))
            return FALSE;
    }
    memset(network, 0, sizeof *network); /* padding too: networks are compared whole */
    network->address = address;
    network->prefix = (guint)prefix;
    return TRUE;
}

gboolean address_is_wildcard(const struct sockaddr_storage *address)
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;

    return address->ss_family == AF_INET ? v4->sin_addr.s_addr == INADDR_ANY
                                         : IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
}

gboolean network_contains(const GArray *networks, const struct sockaddr *address)
{
    guint bits, network_bits;
    const guint8 *octets = address_bits(address, &bits);

    for (guint i = 0; octets && networks && i < networks->len; i++) {
        const Network *network = &g_array_index(networks, Network, i);
        const guint8 *base =
            address_bits((const struct sockaddr *)&network->address, &network_bits);

        if (base && bits == network_bits && bits_agree(octets, base, network->prefix))
            return TRUE;
    }
    return FALSE;
}
