/* The type of channel lists as DAHDI writes them: 1-15,17-31. */
#include "rows.h"

#include <string.h>

#define CHANNEL_MAX 1023

static void channels_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of channels and ranges, like 1-15, 17-31");
}

/* "7" or "17-31". */
static gboolean range_parse(const char *text, guint64 *first, guint64 *last)
{
    g_auto(GStrv) parts = g_strsplit(text, "-", 2);

    if (!g_ascii_string_to_unsigned(g_strstrip(parts[0]), 10, 1, CHANNEL_MAX, first, NULL))
        return FALSE;
    *last = *first;
    return !parts[1] ||
           (g_ascii_string_to_unsigned(g_strstrip(parts[1]), 10, 1, CHANNEL_MAX, last, NULL) &&
            *last >= *first);
}

static gint channel_order(gconstpointer a, gconstpointer b)
{
    return *(const guint16 *)a - *(const guint16 *)b;
}

static gboolean channels_parse(const ValuePlace *place, const char *text, GError **error)
{
    g_autoptr(GPtrArray) items = value_split(text);
    g_autoptr(GArray) channels = g_array_new(FALSE, FALSE, sizeof(guint16));

    for (guint i = 0; i < items->len; i++) {
        guint64 first, last;

        if (!range_parse(g_ptr_array_index(items, i), &first, &last))
            return value_refuse(place, g_ptr_array_index(items, i), error);
        for (guint64 number = first; number <= last; number++) {
            guint16 channel = (guint16)number;

            g_array_append_val(channels, channel);
        }
    }
    if (channels->len == 0)
        return value_refuse(place, "", error);
    g_array_sort(channels, channel_order);
    for (guint i = 1; i < channels->len; i++) {
        guint16 channel = g_array_index(channels, guint16, i);

        if (channel == g_array_index(channels, guint16, i - 1)) {
            g_set_error(error, VALUE_ERROR, "%u is named twice", channel);
            return FALSE;
        }
    }
    *(GArray **)place->field = g_steal_pointer(&channels);
    return TRUE;
}

static void channels_print(const ValuePlace *place, GString *out)
{
    const GArray *channels = *(GArray *const *)place->field;

    for (guint i = 0; channels && i < channels->len; i++) {
        guint first = g_array_index(channels, guint16, i), last = first;

        while (i + 1 < channels->len && g_array_index(channels, guint16, i + 1) == last + 1) {
            last++;
            i++;
        }
        g_string_append_printf(out, "%s%u", out->len ? ", " : "", first);
        if (last > first)
            g_string_append_printf(out, "-%u", last);
    }
}

static void channels_clear(const ValuePlace *place)
{
    g_clear_pointer((GArray **)place->field, g_array_unref);
}

const SettingType type_channels = {channels_parse, channels_print, channels_clear,
                                   channels_allowed};
