/* The types of values that say where a call goes: a route's targets, and a single SIP URI. */
#include "rows.h"

#include <string.h>

#define NUMBER_MARK "{number}"

static void targets_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out,
                    "a list of \"trunk NAME\" and sip: URIs, like sip:{number}@192.0.2.7:5060");
}

static void route_to_free(gpointer data)
{
    RouteTo *to = data;

    g_free(to->uri);
    g_free(to);
}

/* What is wrong with URI (without NUMBER_MARK, which stood at MARK or nowhere if NULL); NULL:
 * nothing. */
const char *value_uri_fault(const char *uri, const char *mark)
{
    const char *at, *end, *host;
    g_autofree char *host_port = NULL;
    struct sockaddr_storage address;

    if (g_ascii_strncasecmp(uri, "sip:", 4) != 0)
        return "only sip: URIs can be called";
    for (const char *c = uri; *c; c++) {
        if ((guchar)*c <= ' ' || (guchar)*c >= 0x7f || strchr("<>\"{}|\\^`?#", *c))
            return "it holds a character that has no place there";
    }
    end = uri + 4 + strcspn(uri + 4, ";");
    at = memchr(uri + 4, '@', (gsize)(end - uri - 4));
    if (mark && (!at || mark > at))
        return NUMBER_MARK " belongs before the @";
    host = at ? at + 1 : uri + 4;
    host_port = g_strndup(host, (gsize)(end - host));
    if (!*host_port || *host_port == ':' || strspn(host_port, "0123456789") == strlen(host_port))
        return "it names no host";
    if (*host_port == '[' || strspn(host_port, "0123456789.:") == strlen(host_port))
        return address_parse(host_port, &address) ? NULL : "its address is none";
    if (strspn(host_port, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:") !=
        strlen(host_port))
        return "its host is none";
    if (strchr(host_port, ':') &&
        !g_ascii_string_to_unsigned(strchr(host_port, ':') + 1, 10, 1, 65535, NULL, NULL))
        return "its port is none";
    return NULL;
}

static gboolean uri_parse(const char *text, RouteTo *to, GError **error)
{
    g_autofree char *plain = g_strdup(text);
    char *mark = strstr(plain, NUMBER_MARK);
    const char *fault;

    if (mark)
        memmove(mark, mark + strlen(NUMBER_MARK), strlen(mark + strlen(NUMBER_MARK)) + 1);
    fault = value_uri_fault(plain, mark);
    if (!fault && strlen(plain) + NUMBER_MAX + 1 >= URI_MAX)
        fault = "it is too long";
    if (fault) {
        g_set_error(error, VALUE_ERROR, "\"%s\": %s", text, fault);
        return FALSE;
    }
    to->uri = g_strdup(text);
    return TRUE;
}

static gboolean target_parse(const ValuePlace *place, const char *text, RouteTo *to, GError **error)
{
    if (g_str_has_prefix(text, "trunk ") || g_str_has_prefix(text, "trunk\t")) {
        const char *name = text + strlen("trunk ");

        name += strspn(name, " \t");
        to->trunk = value_name_find(place, GROUP_TRUNK, name);
        return to->trunk || value_name_refuse(place, GROUP_TRUNK, name, error);
    }
    if (!strchr(text, ':'))
        return value_refuse(place, text, error);
    return uri_parse(text, to, error);
}

static gboolean targets_parse(const ValuePlace *place, const char *text, GError **error)
{
    g_autoptr(GPtrArray) items = value_split(text);
    g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func(route_to_free);

    for (guint i = 0; i < items->len; i++) {
        RouteTo *to = g_new0(RouteTo, 1);

        g_ptr_array_add(targets, to);
        if (!target_parse(place, g_ptr_array_index(items, i), to, error))
            return FALSE;
    }
    if (targets->len == 0)
        return value_refuse(place, "", error);
    *(GPtrArray **)place->field = g_steal_pointer(&targets);
    return TRUE;
}

static void targets_print(const ValuePlace *place, GString *out)
{
    const GPtrArray *targets = *(GPtrArray *const *)place->field;

    for (guint i = 0; targets && i < targets->len; i++) {
        const RouteTo *to = g_ptr_array_index(targets, i);

        g_string_append_printf(out, "%s%s%s", i ? ", " : "", to->trunk ? "trunk " : "",
                               to->trunk ? to->trunk->name : to->uri);
    }
}

static void targets_clear(const ValuePlace *place)
{
    g_clear_pointer((GPtrArray **)place->field, g_ptr_array_unref);
}

const SettingType type_targets = {targets_parse, targets_print, targets_clear, targets_allowed};

/* ---- one URI ---- */

static void uri_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a sip: URI, like sip:192.0.2.7:5060");
}

static gboolean uri_read(const ValuePlace *place, const char *text, GError **error)
{
    const char *fault = strlen(text) < URI_MAX ? value_uri_fault(text, NULL) : "it is too long";

    if (fault) {
        g_set_error(error, VALUE_ERROR, "\"%s\": %s", text, fault);
        return FALSE;
    }
    *(char **)place->field = g_strdup(text);
    return TRUE;
}

static void uri_print(const ValuePlace *place, GString *out)
{
    const char *uri = *(char *const *)place->field;

    g_string_append(out, uri ? uri : "");
}

static void uri_clear(const ValuePlace *place)
{
    g_clear_pointer((char **)place->field, g_free);
}

const SettingType type_uri = {uri_read, uri_print, uri_clear, uri_allowed};
