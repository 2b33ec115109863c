/* The types of values that name places in the network: addresses, networks, port ranges. */
#include "rows.h"

#include <string.h>

/* ---- addresses ---- */

static void address_print(const ValuePlace *place, GString *out)
{
    const struct sockaddr *address = place->field;
    char buffer[64];

    if (address->sa_family)
        g_string_append(out, address_describe(address, buffer, sizeof buffer));
}

/* ---- an address of each family: ADDRESS and OTHER of MediaSettings, one behind the other ---- */

static void both_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a numeric address, or one IPv4 and one IPv6 address");
}

static gboolean both_parse(const ValuePlace *place, const char *text, GError **error)
{
    g_autoptr(GPtrArray) items = value_split(text);
    struct sockaddr_storage *address = place->field, found[2] = {{0}};

    if (items->len < 1 || items->len > 2)
        return value_refuse(place, text, error);
    for (guint i = 0; i < items->len; i++)
        if (!address_parse(g_ptr_array_index(items, i), &found[i]) ||
            address_port((struct sockaddr *)&found[i]) != 0)
            return value_refuse(place, g_ptr_array_index(items, i), error);
    if (found[0].ss_family == found[1].ss_family)
        return value_refuse(place, text, error);
    address[0] = found[0];
    address[1] = found[1];
    return TRUE;
}

static void both_print(const ValuePlace *place, GString *out)
{
    const struct sockaddr_storage *address = place->field;
    char buffer[64];

    for (guint i = 0; i < 2 && address[i].ss_family; i++)
        g_string_append_printf(
            out, "%s%s", i ? ", " : "",
            address_describe((const struct sockaddr *)&address[i], buffer, sizeof buffer));
}

const SettingType type_both = {both_parse, both_print, NULL, both_allowed};

static void endpoint_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a numeric address and port, like 192.0.2.7:5060 or [2001:db8::7]:5060");
}

static gboolean endpoint_read(const ValuePlace *place, const char *text, GError **error)
{
    if (!address_parse(text, place->field) || address_port(place->field) == 0) {
        memset(place->field, 0, place->row->size);
        return value_refuse(place, text, error);
    }
    return TRUE;
}

const SettingType type_endpoint = {endpoint_read, address_print, NULL, endpoint_allowed};

/* ---- several of them ---- */

static void endpoints_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of numeric addresses with ports, like 192.0.2.7:5060, "
                         "[2001:db8::7]:5060");
}

static gboolean endpoints_parse(const ValuePlace *place, const char *text, GError **error)
{
    g_autoptr(GPtrArray) items = value_split(text);
    g_autoptr(GArray) endpoints = g_array_new(FALSE, TRUE, sizeof(struct sockaddr_storage));

    for (guint i = 0; i < items->len; i++) {
        struct sockaddr_storage address = {0};

        if (!address_parse(g_ptr_array_index(items, i), &address) ||
            address_port((struct sockaddr *)&address) == 0)
            return value_refuse(place, g_ptr_array_index(items, i), error);
        g_array_append_val(endpoints, address);
    }
    if (endpoints->len == 0)
        return value_refuse(place, "", error);
    *(GArray **)place->field = g_steal_pointer(&endpoints);
    return TRUE;
}

static void endpoints_print(const ValuePlace *place, GString *out)
{
    const GArray *endpoints = *(GArray *const *)place->field;
    char buffer[64];

    for (guint i = 0; endpoints && i < endpoints->len; i++)
        g_string_append_printf(out, "%s%s", i ? ", " : "",
                               address_describe((const struct sockaddr *)&g_array_index(
                                                    endpoints, struct sockaddr_storage, i),
                                                buffer, sizeof buffer));
}

static void endpoints_clear(const ValuePlace *place)
{
    g_clear_pointer((GArray **)place->field, g_array_unref);
}

const SettingType type_endpoints = {endpoints_parse, endpoints_print, endpoints_clear,
                                    endpoints_allowed};

/* ---- networks ---- */

static void networks_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of addresses and networks, like 192.0.2.7, 10.0.0.0/8");
}

static gboolean networks_parse(const ValuePlace *place, const char *text, GError **error)
{
    g_autoptr(GPtrArray) items = value_split(text);
    g_autoptr(GArray) networks = g_array_new(FALSE, TRUE, sizeof(Network));

    for (guint i = 0; i < items->len; i++) {
        Network network;

        if (!network_parse(g_ptr_array_index(items, i), &network))
            return value_refuse(place, g_ptr_array_index(items, i), error);
        g_array_append_val(networks, network);
    }
    if (networks->len == 0)
        return value_refuse(place, "", error);
    *(GArray **)place->field = g_steal_pointer(&networks);
    return TRUE;
}

static void networks_print(const ValuePlace *place, GString *out)
{
    const GArray *networks = *(GArray *const *)place->field;
    char buffer[64];

    for (guint i = 0; networks && i < networks->len; i++) {
        const Network *network = &g_array_index(networks, Network, i);
        guint bits = network->address.ss_family == AF_INET ? 32 : 128;

        g_string_append_printf(
            out, "%s%s", i ? ", " : "",
            address_describe((const struct sockaddr *)&network->address, buffer, sizeof buffer));
        if (network->prefix < bits)
            g_string_append_printf(out, "/%u", network->prefix);
    }
}

static void networks_clear(const ValuePlace *place)
{
    g_clear_pointer((GArray **)place->field, g_array_unref);
}

const SettingType type_networks = {networks_parse, networks_print, networks_clear,
                                   networks_allowed};

/* ---- the RTP port range: port_first and port_last of MediaSettings ---- */

static void ports_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "FIRST-LAST of 1024-65535, FIRST even, at least one pair");
}

static gboolean ports_parse(const ValuePlace *place, const char *text, GError **error)
{
    MediaSettings *media = place->group;
    g_auto(GStrv) parts = g_strsplit(text, "-", 2);
    guint64 first, last;

    if (g_strv_length(parts) != 2 ||
        !g_ascii_string_to_unsigned(g_strstrip(parts[0]), 10, 1024, 65535, &first, NULL) ||
        !g_ascii_string_to_unsigned(g_strstrip(parts[1]), 10, 1024, 65535, &last, NULL) ||
        first % 2 || last < first + 1)
        return value_refuse(place, text, error);
    media->port_first = (guint16)first;
    media->port_last = (guint16)last;
    return TRUE;
}

static void ports_print(const ValuePlace *place, GString *out)
{
    const MediaSettings *media = place->group;

    g_string_append_printf(out, "%u-%u", media->port_first, media->port_last);
}

const SettingType type_ports = {ports_parse, ports_print, NULL, ports_allowed};
