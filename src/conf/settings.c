/* Loading: from the text of tieline.conf to Settings, or to the list of its mistakes. */
#include "reading.h"

#include <gio/gio.h>
#include <string.h>

#define FILE_MAX (1024 * 1024)

static Settings *settings_new(const char *file)
{
    Settings *settings = g_new0(Settings, 1);

    settings->file = g_strdup(file);
    settings->spans = g_ptr_array_new();
    settings->trunks = g_ptr_array_new();
    settings->routes = g_ptr_array_new();
    settings->peers = g_ptr_array_new();
    settings->phones = g_ptr_array_new();
    settings->policies = g_ptr_array_new();
    settings->classes = g_ptr_array_new();
    settings->elins = g_ptr_array_new();
    return settings;
}

static void instance_clear(Settings *settings, SettingGroup group, void *instance)
{
    for (guint i = 0; i < setting_row_count; i++) {
        if (setting_rows[i].group == group && setting_rows[i].type->clear) {
            ValuePlace place = value_place(&setting_rows[i], settings, instance, 0);

            setting_rows[i].type->clear(&place);
        }
    }
}

void settings_free(Settings *settings)
{
    if (!settings)
        return;
    for (SettingGroup group = 0; group < GROUP_COUNT; group++) {
        GPtrArray *array = group_array(settings, group);

        if (!array) {
            instance_clear(settings, group, group_single(settings, group));
            continue;
        }
        for (guint i = 0; i < array->len; i++) {
            void *instance = g_ptr_array_index(array, i);

            instance_clear(settings, group, instance);
            g_free(*(char **)instance); /* its name, the first member of every named group */
            g_free(instance);
        }
        g_ptr_array_unref(array);
    }
    g_free(settings->file);
    g_free(settings);
}

static void section_free(gpointer data)
{
    Section *section = data;

    g_free(section->keys);
    g_free(section);
}

static Section *section_add(Reading *reading, SettingGroup group, void *instance,
                            const ScanGroup *scan)
{
    Section *section = g_new0(Section, 1);

    section->group = group;
    section->instance = instance;
    section->scan = scan;
    section->keys = g_new0(SectionKey, setting_row_count);
    g_ptr_array_add(reading->sections, section);
    return section;
}

/* What is wrong with NAME as the name of a group; NULL: nothing. */
static const char *name_fault(SettingGroup group, const char *name)
{
    Network network;

    for (const char *at = name; *at; at++) {
        if (!g_ascii_isalnum(*at) && !strchr("-_.", *at))
            return "a name is one word of letters, digits, and - _ .";
    }
    if (strlen(name) >= TAG_MAX)
        return "a name has at most 63 characters";
    if (group == GROUP_TRUNK && network_parse(name, &network))
        return "a trunk's name must not be an address";
    return NULL;
}

static void header_refuse(Reading *reading, const ScanGroup *scan)
{
    g_autoptr(GString) known = g_string_new(NULL);

    for (SettingGroup group = 0; group < GROUP_COUNT; group++)
        g_string_append_printf(known, "%s[%s%s]", group ? " " : "", setting_groups[group].name,
                               setting_groups[group].named ? " NAME" : "");
    mistakes_add(reading->mistakes, scan->line, "[%s]: unknown group; allowed: %s", scan->header,
                 known->str);
}

static void named_add(Reading *reading, SettingGroup group, const char *name, const ScanGroup *scan)
{
    GPtrArray *array = group_array(reading->settings, group);
    const char *fault = name_fault(group, name);
    void *instance;

    if (fault || (group == GROUP_SPAN && array->len > G_MAXUINT8)) {
        mistakes_add(reading->mistakes, scan->line, "[%s]: %s", scan->header,
                     fault ? fault : "there are 256 spans already");
        return;
    }
    instance = g_malloc0(setting_groups[group].size);
    *(char **)instance = g_strdup(name);
    if (group == GROUP_SPAN)
        ((SpanSettings *)instance)->index = (guint8)array->len;
    g_ptr_array_add(array, instance);
    section_add(reading, group, instance, scan);
}

/* Finds or makes the struct that the group's header speaks of. */
static void header_read(Reading *reading, const ScanGroup *scan)
{
    g_auto(GStrv) words = g_strsplit(scan->header, " ", 2);

    for (SettingGroup group = 0; group < GROUP_COUNT; group++) {
        const GroupRow *row = &setting_groups[group];

        if (!words[0] || strcmp(words[0], row->name) != 0)
            continue;
        if (row->named && !words[1])
            mistakes_add(reading->mistakes, scan->line, "[%s]: a name is missing: [%s NAME]",
                         row->name, row->name);
        else if (!row->named && words[1])
            mistakes_add(reading->mistakes, scan->line, "[%s]: [%s] takes no name", scan->header,
                         row->name);
        else if (row->named)
            named_add(reading, group, words[1], scan);
        else
            section_add(reading, group, group_single(reading->settings, group), scan);
        return;
    }
    header_refuse(reading, scan);
}

/* Groups that exist once do so even if the file does not mention them. */
static void singles_complete(Reading *reading)
{
    for (SettingGroup group = 0; group < GROUP_COUNT; group++) {
        void *instance = group_single(reading->settings, group);

        if (instance && !reading_section(reading, instance))
            section_add(reading, group, instance, NULL);
    }
}

static Settings *text_read(const char *name, const char *text, gsize length, GError **error)
{
    g_autoptr(Settings) settings = settings_new(name);
    g_autoptr(Mistakes) mistakes = mistakes_new(name);
    g_autoptr(GPtrArray) sections = g_ptr_array_new_with_free_func(section_free);
    g_autoptr(GPtrArray) groups = scan_text(text, length, mistakes);
    Reading reading = {settings, mistakes, sections};

    for (guint i = 0; i < groups->len; i++)
        header_read(&reading, g_ptr_array_index(groups, i));
    singles_complete(&reading);
    reading_fill(&reading);
    reading_check(&reading);
    return mistakes_tell(mistakes, error) ? g_steal_pointer(&settings) : NULL;
}

Settings *settings_parse(const char *name, const char *text, GError **error)
{
    return text_read(name, text, strlen(text), error);
}

Settings *settings_load(const char *file, GError **error)
{
    g_autoptr(GFile) handle = g_file_new_for_path(file);
    g_autoptr(GFileInputStream) stream = g_file_read(handle, NULL, error);
    g_autofree char *text = g_malloc(FILE_MAX + 1);
    gsize length;

    if (!stream) {
        g_prefix_error(error, "%s: ", file);
        return NULL;
    }
    if (!g_input_stream_read_all(G_INPUT_STREAM(stream), text, FILE_MAX + 1, &length, NULL,
                                 error)) {
        g_prefix_error(error, "%s: ", file);
        return NULL;
    }
    if (length > FILE_MAX) {
        g_set_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE, "%s: larger than 1 MiB", file);
        return NULL;
    }
    return text_read(file, text, length, error);
}
