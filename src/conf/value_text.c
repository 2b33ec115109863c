/* The types of values that are words of the world outside: paths, hosts, product names, tone zones.
 */
#include "rows.h"

#include <limits.h>
#include <string.h>
#include <sys/un.h>

static gboolean text_keep(const ValuePlace *place, const char *text)
{
    *(char **)place->field = g_strdup(text);
    return TRUE;
}

static void text_print(const ValuePlace *place, GString *out)
{
    const char *text = *(char *const *)place->field;

    g_string_append(out, text ? text : "");
}

static void text_clear(const ValuePlace *place)
{
    g_clear_pointer((char **)place->field, g_free);
}

/* ---- paths of Unix sockets ---- */

#define PATH_MAX_UNIX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

static void path_allowed(const SettingRow *row, GString *out)
{
    g_string_append_printf(out, "an absolute path of at most %d octets", (int)PATH_MAX_UNIX);
}

static gboolean path_parse(const ValuePlace *place, const char *text, GError **error)
{
    if (g_path_is_absolute(text) && strlen(text) <= PATH_MAX_UNIX && text[strlen(text) - 1] != '/')
        return text_keep(place, text);
    return value_refuse(place, text, error);
}

const SettingType type_path = {path_parse, text_print, text_clear, path_allowed};

/* ---- paths of files ---- */

static void file_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "an absolute path of a file");
}

static gboolean file_parse(const ValuePlace *place, const char *text, GError **error)
{
    if (g_path_is_absolute(text) && strlen(text) < PATH_MAX && text[strlen(text) - 1] != '/')
        return text_keep(place, text);
    return value_refuse(place, text, error);
}

/* ---- names and passwords elsewhere ---- */

#define SECRET_MAX 128

static void secret_allowed(const SettingRow *row, GString *out)
{
    g_string_append_printf(out, "1-%d printable ASCII characters", SECRET_MAX);
}

static gboolean secret_parse(const ValuePlace *place, const char *text, GError **error)
{
    gsize length = 0;

    while (g_ascii_isprint(text[length]))
        length++;
    if (text[length] || length == 0 || length > SECRET_MAX) {
        g_set_error(error, VALUE_ERROR, "it has other characters, or too many; allowed: 1-%d "
                    "printable ASCII characters", SECRET_MAX);
        return FALSE;
    }
    return text_keep(place, text);
}

const SettingType type_secret = {secret_parse, text_print, text_clear, secret_allowed};

const SettingType type_file = {file_parse, text_print, text_clear, file_allowed};

/* ---- hosts ---- */

static void host_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a host name or a numeric address, without a port");
}

/* A host name of RFC 3261 25.1, or an address; an IPv6 one stands in brackets, as in a URI. */
gboolean value_host_is_good(const char *text)
{
    gsize length = strlen(text);
    struct sockaddr_storage address;

    if (*text == '[')
        return text[length - 1] == ']' && address_parse(text, &address);
    if (length == 0 || length > 253 || !g_ascii_isalnum(text[0]) || strstr(text, "..") ||
        !(g_ascii_isalnum(text[length - 1]) || text[length - 1] == '.'))
        return FALSE;
    for (const char *at = text; *at; at++) {
        if (!g_ascii_isalnum(*at) && *at != '-' && *at != '.')
            return FALSE;
    }
    return strspn(text, "0123456789.") != length || address_parse(text, &address);
}

static gboolean host_parse(const ValuePlace *place, const char *text, GError **error)
{
    return value_host_is_good(text) ? text_keep(place, text) : value_refuse(place, text, error);
}

const SettingType type_host = {host_parse, text_print, text_clear, host_allowed};

static void hosts_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of host names and numeric addresses, without ports");
}

static gboolean hosts_parse(const ValuePlace *place, const char *text, GError **error)
{
    g_autoptr(GPtrArray) items = value_split(text);

    for (guint i = 0; i < items->len; i++) {
        if (!value_host_is_good(items->pdata[i]))
            return value_refuse(place, items->pdata[i], error);
    }
    if (items->len == 0)
        return value_refuse(place, "", error);
    *(GPtrArray **)place->field = g_steal_pointer(&items);
    return TRUE;
}

static void hosts_print(const ValuePlace *place, GString *out)
{
    const GPtrArray *hosts = *(GPtrArray *const *)place->field;

    for (guint i = 0; hosts && i < hosts->len; i++)
        g_string_append_printf(out, "%s%s", i ? ", " : "", (char *)hosts->pdata[i]);
}

static void hosts_clear(const ValuePlace *place)
{
    g_clear_pointer((GPtrArray **)place->field, g_ptr_array_unref);
}

const SettingType type_hosts = {hosts_parse, hosts_print, hosts_clear, hosts_allowed};

/* ---- product names: what a SIP header may carry ---- */

static void product_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "1-64 letters, digits, blanks and -.!%*_+`'~/()");
}

static gboolean product_parse(const ValuePlace *place, const char *text, GError **error)
{
    gsize length = strlen(text);

    for (const char *at = text; *at; at++) {
        if (!g_ascii_isalnum(*at) && !strchr(" -.!%*_+`'~/()", *at))
            return value_refuse(place, text, error);
    }
    if (length == 0 || length > 64)
        return value_refuse(place, text, error);
    return text_keep(place, text);
}

const SettingType type_product = {product_parse, text_print, text_clear, product_allowed};

/* ---- tone zones ---- */

/* Of libtonezone, whose header does not compile on Debian 12; whether a zone is there is all we
 * ask. */
struct tone_zone;
struct tone_zone *tone_zone_find(char *country);

static void tones_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a country of libtonezone, like us, uk, de, fr");
}

static gboolean tones_parse(const ValuePlace *place, const char *text, GError **error)
{
    g_autofree char *country = g_ascii_strdown(text, -1);

    return tone_zone_find(country) ? text_keep(place, country) : value_refuse(place, text, error);
}

const SettingType type_tones = {tones_parse, text_print, text_clear, tones_allowed};
