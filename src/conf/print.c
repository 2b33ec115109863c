/* Settings written back in the file's own syntax. */
#include "rows.h"
#include "scan.h"

#include <string.h>

/* The value of PLACE as the file would say it. Caller frees. */
static char *value_text(const ValuePlace *place)
{
    g_autoptr(GString) value = g_string_new(NULL);
    GString *out = g_string_new(NULL);

    place->row->type->print(place, value);
    scan_escape(value->str, out);
    return g_string_free(out, FALSE);
}

/* The members of a family of keys that have a value: "cause.34 = 480". */
static void family_print(const SettingRow *row, Settings *settings, void *instance, GString *out)
{
    for (guint number = row->first; number <= row->last; number++) {
        ValuePlace place = value_place(row, settings, instance, number);
        g_autofree char *text = value_text(&place);

        /* No range of a family holds 0, so 0 is "not given". */
        if (g_strcmp0(text, "0") != 0)
            g_string_append_printf(out, "%.*s%u = %s\n", (int)strlen(row->key) - 1, row->key,
                                   number, text);
    }
}

static void row_print(const SettingRow *row, Settings *settings, void *instance, GString *out)
{
    ValuePlace place = value_place(row, settings, instance, 0);
    g_autofree char *text = NULL;

    if (row_is_family(row)) {
        family_print(row, settings, instance, out);
        return;
    }
    text = value_text(&place);
    g_string_append_printf(out, "%s =%s%s\n", row->key, *text ? " " : "", text);
}

static void instance_print(SettingGroup group, Settings *settings, void *instance, GString *out)
{
    const char *name = group_instance_name(group, instance);

    g_string_append_printf(out, "\n[%s%s%s]\n", setting_groups[group].name, name ? " " : "",
                           name ? name : "");
    for (guint i = 0; i < setting_row_count; i++) {
        if (setting_rows[i].group == group)
            row_print(&setting_rows[i], settings, instance, out);
    }
}

void settings_print(const Settings *settings, FILE *out)
{
    Settings *all = (Settings *)settings; /* printing only reads, but a place is writable */
    g_autoptr(GString) text = g_string_new("# Every setting of tieline with its value in force.\n");

    for (SettingGroup group = 0; group < GROUP_COUNT; group++) {
        const GPtrArray *array = group_array(all, group);

        if (!array)
            instance_print(group, all, group_single(all, group), text);
        for (guint i = 0; array && i < array->len; i++)
            instance_print(group, all, g_ptr_array_index(array, i), text);
    }
    fputs(text->str, out);
}
