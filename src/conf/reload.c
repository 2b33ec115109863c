/* A reload: the file read anew, while what needs a restart stays as it was opened. */
#include "rows.h"

#include <string.h>

/* What was opened, what the file says now, and the names of what differs and needs a restart. */
typedef struct Reload {
    Settings *opened, *fresh;
    GString *waiting;
} Reload;

static gboolean group_is_opened_at_start(SettingGroup group)
{
    return group == GROUP_SPAN || group == GROUP_TRUNK; /* routes and peers come and go freely */
}

/* Adds "[span e1] local" or "[span e2] added". */
static void reload_note(Reload *reload, SettingGroup group, const char *name, const char *what)
{
    g_string_append_printf(reload->waiting, "%s[%s%s%s] %s", reload->waiting->len ? ", " : "",
                           setting_groups[group].name, name ? " " : "", name ? name : "", what);
}

static void value_copy(const ValuePlace *from, const ValuePlace *to)
{
    g_autoptr(GString) text = g_string_new(NULL);

    from->row->type->print(from, text);
    if (to->row->type->clear)
        to->row->type->clear(to);
    memset(to->field, 0, to->row->size);
    if (row_is_family(to->row) && g_str_equal(text->str, "0"))
        return; /* not given */
    if (text->len && !to->row->type->parse(to, text->str, NULL))
        g_error("%s = %s cannot be read back", from->row->key,
                text->str); /* ours, not the file's */
}

static gboolean value_equal(const ValuePlace *a, const ValuePlace *b)
{
    g_autoptr(GString) one = g_string_new(NULL), other = g_string_new(NULL);

    a->row->type->print(a, one);
    b->row->type->print(b, other);
    return g_string_equal(one, other);
}

/* The rows of GROUP that need a restart keep the values of OLD in NEW; a changed one is noted. */
static void instance_keep(Reload *reload, SettingGroup group, void *old, void *new)
{
    for (guint i = 0; i < setting_row_count; i++) {
        const SettingRow *row = &setting_rows[i];
        ValuePlace was, is;

        if (row->group != group || row->applies != APPLIES_RESTART)
            continue;
        was = value_place(row, reload->opened, old, 0);
        is = value_place(row, reload->fresh, new, 0);
        if (value_equal(&was, &is))
            continue;
        reload_note(reload, group, group_instance_name(group, old), row->key);
        value_copy(&was, &is);
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

/* A copy of OLD, a group that the file has no longer. */
static void *instance_copy(Reload *reload, SettingGroup group, void *old)
{
    void *copy = g_malloc0(setting_groups[group].size);

    *(char **)copy = g_strdup(group_instance_name(group, old));
    for (guint i = 0; i < setting_row_count; i++) {
        const SettingRow *row = &setting_rows[i];

        for (guint number = row->first; row->group == group && number <= row->last; number++) {
            ValuePlace was = value_place(row, reload->opened, old, number);
            ValuePlace is = value_place(row, reload->fresh, copy, number);

            value_copy(&was, &is);
        }
    }
    return copy;
}

/* The groups that were opened first, in their old order, then those that the file has added: rooms
 * know a span by its place. */
static void array_keep(Reload *reload, SettingGroup group)
{
    const GPtrArray *old = group_array(reload->opened, group);
    GPtrArray *new = group_array(reload->fresh, group);

    for (guint i = 0; i < old->len; i++) {
        void *instance = g_ptr_array_index(old, i);
        const char *name = group_instance_name(group, instance);
        int at = array_find(new, group, name);

        if (at < 0) {
            reload_note(reload, group, name, "removed");
            g_ptr_array_insert(new, (int)i, instance_copy(reload, group, instance));
            continue;
        }
        g_ptr_array_insert(new, (int)i, g_ptr_array_steal_index(new, (guint)at));
    }
    for (guint i = old->len; i < new->len; i++)
        reload_note(reload, group, group_instance_name(group, g_ptr_array_index(new, i)), "added");
}

static void spans_count(const Settings *settings)
{
    for (guint i = 0; i < settings->spans->len; i++)
        ((SpanSettings *)g_ptr_array_index(settings->spans, i))->index = (guint8)i;
}

static void settings_keep(Reload *reload)
{
    for (SettingGroup group = 0; group < GROUP_COUNT; group++) {
        const GPtrArray *old = group_array(reload->opened, group);

        if (!old) {
            instance_keep(reload, group, group_single(reload->opened, group),
                          group_single(reload->fresh, group));
            continue;
        }
        if (!group_is_opened_at_start(group))
            continue;
        array_keep(reload, group);
        for (guint i = 0; i < old->len; i++)
            instance_keep(reload, group, g_ptr_array_index(old, i),
                          g_ptr_array_index(group_array(reload->fresh, group), i));
    }
    spans_count(reload->fresh);
}

Settings *settings_reload(const Settings *opened, char **waiting, GError **error)
{
    Reload reload = {.opened = (Settings *)opened}; /* printing only reads it */

    reload.fresh = settings_load(opened->file, error);
    if (!reload.fresh)
        return NULL;
    reload.waiting = g_string_new(NULL);
    settings_keep(&reload);
    *waiting = g_string_free(reload.waiting, reload.waiting->len == 0);
    return reload.fresh;
}
