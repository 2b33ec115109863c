/* The types of values that say who may pass: realms, the users' file, methods, sets of words. */
#include "rows.h"

#include <string.h>

#define REALM_MAX 255
#define FILE_NAME_MAX 1023

static void text_print(const ValuePlace *place, GString *out)
{
    const char *text = *(char *const *)place->field;

    g_string_append(out, text ? text : "");
}

static void text_clear(const ValuePlace *place)
{
    g_clear_pointer((char **)place->field, g_free);
}

/* ---- realms ---- */

static void realm_allowed(const SettingRow *row, GString *out)
{
    g_string_append_printf(out,
                           "1-%d printable ASCII characters, but no quote and no backslash, and a "
                           "colon only in a numeric IPv6 address in brackets",
                           REALM_MAX);
}

static gboolean realm_parse(const ValuePlace *place, const char *text, GError **error)
{
    gsize length = strlen(text);
    struct sockaddr_storage address;

    if (strchr(text, ':') &&
        !(*text == '[' && text[length - 1] == ']' && address_parse(text, &address)))
        return value_refuse(place, text, error);
    for (const char *at = text; *at; at++) {
        if (!g_ascii_isprint(*at) || strchr("\"\\", *at))
            return value_refuse(place, text, error);
    }
    if (length == 0 || length > REALM_MAX)
        return value_refuse(place, text, error);
    *(char **)place->field = g_strdup(text);
    return TRUE;
}

const SettingType type_realm = {realm_parse, text_print, text_clear, realm_allowed};

/* ---- the users' file ---- */

static void users_allowed(const SettingRow *row, GString *out)
{
    g_string_append_printf(out, "an absolute path of at most %d octets", FILE_NAME_MAX);
}

static gboolean users_parse(const ValuePlace *place, const char *text, GError **error)
{
    if (!g_path_is_absolute(text) || strlen(text) > FILE_NAME_MAX || g_str_has_suffix(text, "/"))
        return value_refuse(place, text, error);
    *(char **)place->field = g_strdup(text);
    return TRUE;
}

const SettingType type_users = {users_parse, text_print, text_clear, users_allowed};

/* ---- methods ---- */

static void methods_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of SIP methods in capitals, but not ACK and CANCEL");
}

/* ACK and CANCEL belong to an INVITE: they are never judged. */
static gboolean method_is_judged(const char *method)
{
    for (const char *at = method; *at; at++) {
        if (!g_ascii_isupper(*at))
            return FALSE;
    }
    return strcmp(method, "ACK") != 0 && strcmp(method, "CANCEL") != 0;
}

static gboolean methods_parse(const ValuePlace *place, const char *text, GError **error)
{
    g_autoptr(GPtrArray) items = value_split(text);

    for (guint i = 0; i < items->len; i++) {
        if (!method_is_judged(g_ptr_array_index(items, i)))
            return value_refuse(place, g_ptr_array_index(items, i), error);
    }
    if (items->len == 0)
        return value_refuse(place, "", error);
    *(GPtrArray **)place->field = g_steal_pointer(&items);
    return TRUE;
}

static void methods_print(const ValuePlace *place, GString *out)
{
    const GPtrArray *methods = *(GPtrArray *const *)place->field;

    for (guint i = 0; methods && i < methods->len; i++)
        g_string_append_printf(out, "%s%s", i ? ", " : "",
                               (const char *)g_ptr_array_index(methods, i));
}

static void methods_clear(const ValuePlace *place)
{
    g_clear_pointer((GPtrArray **)place->field, g_ptr_array_unref);
}

const SettingType type_methods = {methods_parse, methods_print, methods_clear, methods_allowed};

/* ---- sets of words: a guint of the row's choices, each a bit or several ---- */

static void set_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of ");
    for (const SettingChoice *choice = row->choices; choice->name; choice++)
        g_string_append_printf(out, "%s%s", choice == row->choices ? "" : ", ", choice->name);
}

static gboolean set_parse(const ValuePlace *place, const char *text, GError **error)
{
    g_autoptr(GPtrArray) items = value_split(text);
    guint bits = 0;

    for (guint i = 0; i < items->len; i++) {
        const char *item = g_ptr_array_index(items, i);
        const SettingChoice *choice = place->row->choices;

        while (choice->name && g_ascii_strcasecmp(choice->name, item) != 0)
            choice++;
        if (!choice->name)
            return value_refuse(place, item, error);
        bits |= (guint)choice->value;
    }
    if (!bits)
        return value_refuse(place, "", error);
    *(guint *)place->field = bits;
    return TRUE;
}

/* In the choices' order; a word that stands for all the bits that are left comes first. */
static void set_print(const ValuePlace *place, GString *out)
{
    guint bits = *(const guint *)place->field;
    gsize start = out->len;

    for (const SettingChoice *choice = place->row->choices; choice->name && bits; choice++) {
        if ((bits & (guint)choice->value) != (guint)choice->value)
            continue;
        g_string_append_printf(out, "%s%s", out->len > start ? ", " : "", choice->name);
        bits &= ~(guint)choice->value;
    }
}

const SettingType type_set = {set_parse, set_print, NULL, set_allowed};
