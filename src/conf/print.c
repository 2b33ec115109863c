/* Settings written back in the file's own syntax, and compared in it. */
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

/* ---- what a change of settings needs ---- */

/* Two settings side by side, and the names of what differs and needs a restart. */
typedef struct Change {
    Settings *before, *after;
    GString *names;
} Change;

/* Adds "[span e1] local" or "[span e2] added". */
static void change_note(Change *change, SettingGroup group, const char *name, const char *what)
{
    g_string_append_printf(change->names, "%s[%s%s%s] %s", change->names->len ? ", " : "",
                           setting_groups[group].name, name ? " " : "", name ? name : "", what);
}

static void instance_compare(Change *change, SettingGroup group, void *old, void *new)
{
    for (guint i = 0; i < setting_row_count; i++) {
        const SettingRow *row = &setting_rows[i];
        g_autoptr(GString) was = g_string_new(NULL);
        g_autoptr(GString) is = g_string_new(NULL);

        if (row->group != group || row->applies != APPLIES_RESTART)
            continue;
        row_print(row, change->before, old, was);
        row_print(row, change->after, new, is);
        if (!g_string_equal(was, is))
            change_note(change, group, group_instance_name(group, old), row->key);
    }
}

/* Where the group NAME stands in ARRAY; -1 when it does not. */
static int array_find(const GPtrArray *array, SettingGroup group, const char *name)
{
    for (guint i = 0; i < array->len; i++) {
        if (strcmp(group_instance_name(group, g_ptr_array_index(array, i)), name) == 0)
            return (int)i;
    }
    return -1;
}

static void arrays_compare(Change *change, SettingGroup group)
{
    const GPtrArray *old = group_array(change->before, group);
    const GPtrArray *new = group_array(change->after, group);

    for (guint i = 0; i < old->len; i++) {
        void *instance = g_ptr_array_index(old, i);
        const char *name = group_instance_name(group, instance);
        int at = array_find(new, group, name);

        if (at < 0)
            change_note(change, group, name, "removed");
        else
            instance_compare(change, group, instance, g_ptr_array_index(new, at));
        /* Spans are known by their place in the file. */
        if (at >= 0 && at != (int)i && group == GROUP_SPAN)
            change_note(change, group, name, "moved");
    }
    for (guint i = 0; i < new->len; i++) {
        const char *name = group_instance_name(group, g_ptr_array_index(new, i));

        if (array_find(old, group, name) < 0)
            change_note(change, group, name, "added");
    }
}

char *settings_restart_needed(const Settings *old_settings, const Settings *new_settings)
{
    Change change = {(Settings *)old_settings, (Settings *)new_settings, g_string_new(NULL)};

    for (SettingGroup group = 0; group < GROUP_COUNT; group++) {
        if (!setting_groups[group].named)
            instance_compare(&change, group, group_single(change.before, group),
                             group_single(change.after, group));
        else if (group == GROUP_SPAN || group == GROUP_TRUNK)
            arrays_compare(&change,
                           group); /* opened at start; routes and peers come and go freely */
    }
    return g_string_free(change.names, change.names->len == 0);
}
