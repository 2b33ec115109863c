/* Moving about in the settings: the struct of a group, the place of a row's value, the names that
 * values refer to. */
#include "rows.h"

#include <string.h>

void *group_single(const Settings *settings, SettingGroup group)
{
    return setting_groups[group].named ? NULL
                                       : G_STRUCT_MEMBER_P(settings, setting_groups[group].offset);
}

GPtrArray *group_array(const Settings *settings, SettingGroup group)
{
    if (!setting_groups[group].named)
        return NULL;
    return G_STRUCT_MEMBER(GPtrArray *, settings, setting_groups[group].offset);
}

const char *group_instance_name(SettingGroup group, const void *instance)
{
    return setting_groups[group].named ? *(char *const *)instance : NULL;
}

gboolean row_is_family(const SettingRow *row)
{
    return row->last > 0;
}

ValuePlace value_place(const SettingRow *row, Settings *settings, void *group, guint number)
{
    ValuePlace place = {.row = row, .group = group, .settings = settings};

    place.field = (guint8 *)group + row->offset + number * row->size;
    return place;
}

GPtrArray *value_split(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    GPtrArray *items = g_ptr_array_new_with_free_func(g_free);

    for (char **part = parts; *part; part++) {
        if (*g_strstrip(*part))
            g_ptr_array_add(items, g_strdup(*part));
    }
    return items;
}

gboolean value_name_refuse(const ValuePlace *place, SettingGroup group, const char *name,
                           GError **error)
{
    const GPtrArray *known = group_array(place->settings, group);
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < known->len; i++)
        g_string_append_printf(names, "%s%s", i ? ", " : "",
                               group_instance_name(group, g_ptr_array_index(known, i)));
    g_set_error(error, VALUE_ERROR, "no [%s %s] is configured; there %s: %s",
                setting_groups[group].name, name, known->len == 1 ? "is" : "are",
                known->len ? names->str : "none");
    return FALSE;
}

void *value_name_find(const ValuePlace *place, SettingGroup group, const char *name)
{
    const GPtrArray *known = group_array(place->settings, group);

    for (guint i = 0; i < known->len; i++) {
        void *instance = g_ptr_array_index(known, i);

        if (strcmp(group_instance_name(group, instance), name) == 0)
            return instance;
    }
    return NULL;
}
