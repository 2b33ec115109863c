/* Filling the settings: each key of the file through its row, then the defaults of the rest. */
#include "reading.h"

#include <string.h>

Section *reading_section(const Reading *reading, const void *instance)
{
    for (guint i = 0; i < reading->sections->len; i++) {
        Section *section = g_ptr_array_index(reading->sections, i);

        if (section->instance == instance)
            return section;
    }
    return NULL;
}

static const SettingRow *row_find(SettingGroup group, const char *key)
{
    for (guint i = 0; i < setting_row_count; i++) {
        if (setting_rows[i].group == group && strcmp(setting_rows[i].key, key) == 0)
            return &setting_rows[i];
    }
    return NULL;
}

static SectionKey *section_key(const Section *section, const SettingRow *row)
{
    return &section->keys[row - setting_rows];
}

void reading_complain(Reading *reading, Section *section, const char *key, const char *format, ...)
{
    const SettingRow *row = row_find(section->group, key);
    SectionKey *state = section_key(section, row);
    const char *name = group_instance_name(section->group, section->instance);
    g_autofree char *text = NULL;
    va_list arguments;

    if (state->bad)
        return;
    state->bad = TRUE;
    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    mistakes_add(reading->mistakes,
                 state->line     ? state->line
                 : section->scan ? section->scan->line
                                 : 0,
                 "[%s%s%s] %s: %s", setting_groups[section->group].name, name ? " " : "",
                 name ? name : "", key, text);
}

gboolean reading_is_sound(const Section *section, ...)
{
    gboolean sound = TRUE;
    const char *key;
    va_list keys;

    va_start(keys, section);
    while ((key = va_arg(keys, const char *)))
        sound = sound && !section_key(section, row_find(section->group, key))->bad;
    va_end(keys);
    return sound;
}

/* How many letters must change to make A of B; enough for a "did you mean". */
static guint letters_apart(const char *a, const char *b)
{
    gsize width = strlen(b) + 1;
    g_autofree guint *row = g_new(guint, width);

    for (guint j = 0; j < width; j++)
        row[j] = j;
    for (guint i = 1; i <= strlen(a); i++) {
        guint diagonal = row[0];

        row[0] = i;
        for (guint j = 1; j < width; j++) {
            guint change = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            row[j] = MIN(change, MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[width - 1];
}

/* The group that KEY belongs to now; NULL: it never moved. */
static const char *key_moved_to(SettingGroup group, const char *key)
{
    for (const KeyMove *move = key_moves; move->key; move++)
        if (move->group == group && strcmp(move->key, key) == 0)
            return move->to;
    return NULL;
}

static void key_refuse(Reading *reading, const Section *section, const ScanKey *key)
{
    const char *moved = key_moved_to(section->group, key->key);
    const SettingRow *nearest = NULL;
    g_autoptr(GString) known = g_string_new(NULL);
    guint distance = 3; /* nothing as far off as this was meant */

    for (guint i = 0; i < setting_row_count; i++) {
        const SettingRow *row = &setting_rows[i];

        if (row->group != section->group)
            continue;
        g_string_append_printf(known, "%s%s", known->len ? ", " : "", row->key);
        if (!row_is_family(row) && letters_apart(key->key, row->key) < distance) {
            nearest = row;
            distance = letters_apart(key->key, row->key);
        }
    }
    if (moved)
        mistakes_add(reading->mistakes, key->line, "[%s] %s: belongs to [%s] now",
                     section->scan->header, key->key, moved);
    else if (nearest)
        mistakes_add(reading->mistakes, key->line, "[%s] %s: unknown key; did you mean %s?",
                     section->scan->header, key->key, nearest->key);
    else
        mistakes_add(reading->mistakes, key->line, "[%s] %s: unknown key; allowed: %s",
                     section->scan->header, key->key, known->str);
}

/* The row KEY belongs to, and which of a family of keys it is; NULL: none. */
static const SettingRow *key_row(SettingGroup group, const char *key, guint *number)
{
    *number = 0;
    for (guint i = 0; i < setting_row_count; i++) {
        const SettingRow *row = &setting_rows[i];
        gsize stem = strlen(row->key) - 1; /* of "cause.N" without the N */
        guint64 value;

        if (row->group != group)
            continue;
        if (!row_is_family(row)) {
            if (strcmp(row->key, key) == 0)
                return row;
        } else if (strncmp(key, row->key, stem) == 0 && key[stem] != '0' &&
                   g_ascii_string_to_unsigned(key + stem, 10, row->first, row->last, &value,
                                              NULL)) {
            *number = (guint)value;
            return row;
        }
    }
    return NULL;
}

static void key_read(Reading *reading, Section *section, const ScanKey *key)
{
    guint number;
    const SettingRow *row = key_row(section->group, key->key, &number);
    g_autoptr(GError) why = NULL;
    ValuePlace place;

    if (!row) {
        key_refuse(reading, section, key);
        return;
    }
    section_key(section, row)->line = key->line;
    /* An empty value where empty is the default says just that. */
    if (!*key->value && row->standard && !*row->standard)
        return;
    place = value_place(row, reading->settings, section->instance, number);
    if (!row->type->parse(&place, key->value, &why)) {
        mistakes_add(reading->mistakes, key->line, "[%s] %s: %s", section->scan->header, key->key,
                     why->message);
        section_key(section, row)->bad = TRUE;
    }
}

/* Gives ROW its default, unless the file gave it a value. */
static void default_fill(Reading *reading, Section *section, const SettingRow *row)
{
    const SectionKey *state = section_key(section, row);
    ValuePlace place = value_place(row, reading->settings, section->instance, 0);
    const char *text = row->standard;
    char buffer[64];

    if (state->line && !state->bad)
        return;
    if (!text) {
        g_autoptr(GString) allowed = g_string_new(NULL);

        row->type->allowed(row, allowed);
        reading_complain(reading, section, row->key, "is missing; allowed: %s", allowed->str);
        return;
    }
    if (row->derive)
        text = row->derive(reading->settings, section->instance, buffer, sizeof buffer);
    if (*text && !row->type->parse(&place, text, NULL))
        g_error("default of %s is not allowed", row->key); /* the table itself is wrong */
}

void reading_fill(Reading *reading)
{
    for (guint i = 0; i < reading->sections->len; i++) {
        Section *section = g_ptr_array_index(reading->sections, i);

        for (guint j = 0; section->scan && j < section->scan->keys->len; j++)
            key_read(reading, section, g_ptr_array_index(section->scan->keys, j));
    }
    /* By rows, so that a derived default finds what it derives from, in whatever order the groups
     * stand. */
    for (guint i = 0; i < setting_row_count; i++) {
        for (guint j = 0; j < reading->sections->len; j++) {
            Section *section = g_ptr_array_index(reading->sections, j);

            if (section->group == setting_rows[i].group)
                default_fill(reading, section, &setting_rows[i]);
        }
    }
}
