/* The types of values that name primary proxies, and the server that knows their names. */
#include "rows.h"

#include <string.h>

/* ---- primaries ---- */

static void primaries_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of HOST, HOST:PORT or HOST:PORT/tcp; HOST is a name or a numeric "
                         "address, IPv6 in []");
}

static void primary_clear(gpointer data)
{
    g_free(((PrimaryPlace *)data)->host);
}

/* Takes "/tcp" or "/udp" from the end of TEXT. */
static gboolean transport_take(char *text, gboolean *tcp)
{
    char *slash = strrchr(text, '/');

    *tcp = FALSE;
    if (!slash)
        return TRUE;
    *slash++ = '\0';
    *tcp = g_ascii_strcasecmp(slash, "tcp") == 0;
    return *tcp || g_ascii_strcasecmp(slash, "udp") == 0;
}

static gboolean primary_read(const char *item, PrimaryPlace *place)
{
    g_autofree char *text = g_strdup(item);
    struct sockaddr_storage address;
    char *colon;
    guint64 port = 0;

    if (!transport_take(text, &place->tcp))
        return FALSE;
    if (address_parse(text, &address)) {
        char buffer[64];

        place->port = address_port((struct sockaddr *)&address);
        address_set_port(&address, 0);
        place->host =
            g_strdup(address_describe((struct sockaddr *)&address, buffer, sizeof buffer));
        return TRUE;
    }
    colon = strchr(text, ':');
    if (colon) {
        *colon++ = '\0';
        if (!g_ascii_string_to_unsigned(colon, 10, 1, G_MAXUINT16, &port, NULL))
            return FALSE;
    }
    if (!value_host_is_good(text))
        return FALSE;
    place->port = (guint16)port;
    place->host = g_strdup(text);
    return TRUE;
}

static gboolean primaries_parse(const ValuePlace *place, const char *text, GError **error)
{
    g_autoptr(GPtrArray) items = value_split(text);
    g_autoptr(GArray) places = g_array_new(FALSE, TRUE, sizeof(PrimaryPlace));

    g_array_set_clear_func(places, primary_clear);
    for (guint i = 0; i < items->len; i++) {
        PrimaryPlace primary = {0};

        if (!primary_read(items->pdata[i], &primary))
            return value_refuse(place, items->pdata[i], error);
        g_array_append_val(places, primary);
    }
    if (places->len == 0)
        return value_refuse(place, "", error);
    *(GArray **)place->field = g_steal_pointer(&places);
    return TRUE;
}

char *primary_place_describe(const PrimaryPlace *place)
{
    gboolean v6 = strchr(place->host, ':') != NULL;

    if (!place->port)
        return g_strconcat(place->host, place->tcp ? "/tcp" : NULL, NULL);
    return g_strdup_printf(v6 ? "[%s]:%u%s" : "%s:%u%s", place->host, place->port,
                           place->tcp ? "/tcp" : "");
}

static void primaries_print(const ValuePlace *place, GString *out)
{
    const GArray *places = *(GArray *const *)place->field;

    for (guint i = 0; places && i < places->len; i++) {
        g_autofree char *text = primary_place_describe(&g_array_index(places, PrimaryPlace, i));

        g_string_append_printf(out, "%s%s", i ? ", " : "", text);
    }
}

static void primaries_clear(const ValuePlace *place)
{
    g_clear_pointer((GArray **)place->field, g_array_unref);
}

const SettingType type_primaries = {primaries_parse, primaries_print, primaries_clear,
                                    primaries_allowed};

/* ---- the name server ---- */

static void server_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a numeric address, with or without a port, like 192.0.2.53 or "
                         "127.0.0.1:5353");
}

static gboolean server_parse(const ValuePlace *place, const char *text, GError **error)
{
    if (!address_parse(text, place->field)) {
        memset(place->field, 0, place->row->size);
        return value_refuse(place, text, error);
    }
    return TRUE;
}

static void server_print(const ValuePlace *place, GString *out)
{
    const struct sockaddr *address = place->field;
    char buffer[64];

    if (address->sa_family)
        g_string_append(out, address_describe(address, buffer, sizeof buffer));
}

const SettingType type_server = {server_parse, server_print, NULL, server_allowed};

/* ---- a domain that numbers are asked for below ---- */

static void domain_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a domain name, like e164.arpa");
}

static gboolean domain_parse(const ValuePlace *place, const char *text, GError **error)
{
    struct sockaddr_storage address;

    if (!value_host_is_good(text) || address_parse(text, &address))
        return value_refuse(place, text, error);
    *(char **)place->field = g_strdup(text);
    return TRUE;
}

static void domain_print(const ValuePlace *place, GString *out)
{
    const char *text = *(char *const *)place->field;

    g_string_append(out, text ? text : "");
}

static void domain_clear(const ValuePlace *place)
{
    g_clear_pointer((char **)place->field, g_free);
}

const SettingType type_domain = {domain_parse, domain_print, domain_clear, domain_allowed};
