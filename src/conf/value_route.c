/* The types of values that refer to other groups or decide about calls: spans, origins, patterns,
 * causes. */
#include "rows.h"

#include "route.h"

#include <string.h>

static void pointers_clear(const ValuePlace *place)
{
    g_clear_pointer((GPtrArray **)place->field, g_ptr_array_unref);
}

/* ---- spans of a trunk ---- */

static void spans_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of names of spans");
}

static gboolean spans_parse(const ValuePlace *place, const char *text, GError **error)
{
    g_autoptr(GPtrArray) items = value_split(text);
    g_autoptr(GPtrArray) spans = g_ptr_array_new();

    for (guint i = 0; i < items->len; i++) {
        const char *name = g_ptr_array_index(items, i);
        void *span = value_name_find(place, GROUP_SPAN, name);

        if (!span)
            return value_name_refuse(place, GROUP_SPAN, name, error);
        if (g_ptr_array_find(spans, span, NULL)) {
            g_set_error(error, VALUE_ERROR, "%s is named twice", name);
            return FALSE;
        }
        g_ptr_array_add(spans, span);
    }
    if (spans->len == 0)
        return value_refuse(place, "", error);
    *(GPtrArray **)place->field = g_steal_pointer(&spans);
    return TRUE;
}

static void spans_print(const ValuePlace *place, GString *out)
{
    const GPtrArray *spans = *(GPtrArray *const *)place->field;

    for (guint i = 0; spans && i < spans->len; i++)
        g_string_append_printf(out, "%s%s", i ? ", " : "",
                               ((const SpanSettings *)g_ptr_array_index(spans, i))->name);
}

const SettingType type_spans = {spans_parse, spans_print, pointers_clear, spans_allowed};

/* ---- where a route's calls come from: from_trunks and from_networks of RouteSettings ---- */

static void from_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of names of trunks, addresses and networks");
}

static gboolean from_parse(const ValuePlace *place, const char *text, GError **error)
{
    RouteSettings *route = place->group;
    g_autoptr(GPtrArray) items = value_split(text);
    g_autoptr(GPtrArray) trunks = g_ptr_array_new();
    g_autoptr(GArray) networks = g_array_new(FALSE, TRUE, sizeof(Network));

    for (guint i = 0; i < items->len; i++) {
        const char *name = g_ptr_array_index(items, i);
        void *trunk = value_name_find(place, GROUP_TRUNK, name);
        Network network;

        if (trunk)
            g_ptr_array_add(trunks, trunk);
        else if (network_parse(name, &network))
            g_array_append_val(networks, network);
        else if (strpbrk(name, "/:") || strspn(name, "0123456789.") == strlen(name))
            return value_refuse(place, name, error);
        else
            return value_name_refuse(place, GROUP_TRUNK, name, error);
    }
    if (trunks->len)
        route->from_trunks = g_steal_pointer(&trunks);
    if (networks->len)
        route->from_networks = g_steal_pointer(&networks);
    return route->from_trunks || route->from_networks || value_refuse(place, "", error);
}

static void from_print(const ValuePlace *place, GString *out)
{
    const RouteSettings *route = place->group;
    ValuePlace networks = *place;

    for (guint i = 0; route->from_trunks && i < route->from_trunks->len; i++)
        g_string_append_printf(
            out, "%s%s", i ? ", " : "",
            ((const TrunkSettings *)g_ptr_array_index(route->from_trunks, i))->name);
    if (route->from_trunks && route->from_networks)
        g_string_append(out, ", ");
    networks.field = (void *)&route->from_networks;
    type_networks.print(&networks, out);
}

static void from_clear(const ValuePlace *place)
{
    RouteSettings *route = place->group;

    g_clear_pointer(&route->from_trunks, g_ptr_array_unref);
    g_clear_pointer(&route->from_networks, g_array_unref);
}

const SettingType type_from = {from_parse, from_print, from_clear, from_allowed};

/* ---- patterns ---- */

static void patterns_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of patterns, like 2XX, 0., +49!");
}

static gboolean patterns_parse(const ValuePlace *place, const char *text, GError **error)
{
    g_autoptr(GPtrArray) items = value_split(text);

    for (guint i = 0; i < items->len; i++) {
        if (!pattern_check(g_ptr_array_index(items, i), error))
            return FALSE;
    }
    if (items->len == 0)
        return value_refuse(place, "", error);
    *(GPtrArray **)place->field = g_steal_pointer(&items);
    return TRUE;
}

static void patterns_print(const ValuePlace *place, GString *out)
{
    const GPtrArray *patterns = *(GPtrArray *const *)place->field;

    for (guint i = 0; patterns && i < patterns->len; i++)
        g_string_append_printf(out, "%s%s", i ? ", " : "",
                               (const char *)g_ptr_array_index(patterns, i));
}

const SettingType type_patterns = {patterns_parse, patterns_print, pointers_clear,
                                   patterns_allowed};

/* ---- causes that try the next target ---- */

static void causes_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of Q.850 causes 1-127, but not 17");
}

static gboolean causes_parse(const ValuePlace *place, const char *text, GError **error)
{
    g_autoptr(GPtrArray) items = value_split(text);
    g_autoptr(GArray) causes = g_array_new(FALSE, TRUE, sizeof(guint8));

    for (guint i = 0; i < items->len; i++) {
        const char *item = g_ptr_array_index(items, i);
        guint64 value;
        guint8 cause;

        if (!g_ascii_string_to_unsigned(item, 10, 1, 127, &value, NULL) || value == 17)
            return value_refuse(place, item, error);
        cause = (guint8)value;
        g_array_append_val(causes, cause);
    }
    if (causes->len == 0)
        return value_refuse(place, "", error);
    *(GArray **)place->field = g_steal_pointer(&causes);
    return TRUE;
}

static void causes_print(const ValuePlace *place, GString *out)
{
    const GArray *causes = *(GArray *const *)place->field;

    for (guint i = 0; causes && i < causes->len; i++)
        g_string_append_printf(out, "%s%u", i ? ", " : "", g_array_index(causes, guint8, i));
}

static void causes_clear(const ValuePlace *place)
{
    g_clear_pointer((GArray **)place->field, g_array_unref);
}

const SettingType type_causes = {causes_parse, causes_print, causes_clear, causes_allowed};
