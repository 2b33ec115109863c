/* The types of values of emergency calls: numbers under names, trunks in order, callers, the hook's
 * program. */
#include "rows.h"

#include "route.h"

#include <string.h>

static void text_print(const ValuePlace *place, GString *out)
{
    const char *text = *(char *const *)place->field;

    g_string_append(out, text ? text : "");
}

static void text_clear(const ValuePlace *place)
{
    g_clear_pointer((char **)place->field, g_free);
}

static void pointers_clear(const ValuePlace *place)
{
    g_clear_pointer((GPtrArray **)place->field, g_ptr_array_unref);
}

/* ---- numbers under names ---- */

static void named_number_free(gpointer data)
{
    NamedNumber *one = data;

    g_free(one->name);
    g_free(one->number);
    g_free(one);
}

static gboolean digits_are_dialled(const char *text)
{
    return *text && strlen(text) <= NUMBER_MAX && strspn(text, "0123456789*#") == strlen(text);
}

static gboolean number_is_dialable(const char *text)
{
    return digits_are_dialled(*text == '+' ? text + 1 : text) &&
           (*text != '+' || strspn(text + 1, "0123456789") == strlen(text + 1));
}

/* "NAME:NUMBER"; FALSE when one of both cannot be what KIND says. */
typedef gboolean (*NamedNumberRead)(const ValuePlace *place, const char *item, NamedNumber *one,
                                    GError **error);

static gboolean named_parse(const ValuePlace *place, const char *text, NamedNumberRead read,
                            GError **error)
{
    g_autoptr(GPtrArray) items = value_split(text);
    g_autoptr(GPtrArray) numbers = g_ptr_array_new_with_free_func(named_number_free);

    for (guint i = 0; i < items->len; i++) {
        NamedNumber *one = g_new0(NamedNumber, 1);

        g_ptr_array_add(numbers, one);
        if (!read(place, g_ptr_array_index(items, i), one, error))
            return FALSE;
    }
    if (numbers->len == 0)
        return value_refuse(place, "", error);
    *(GPtrArray **)place->field = g_steal_pointer(&numbers);
    return TRUE;
}

static void named_print(const ValuePlace *place, GString *out)
{
    const GPtrArray *numbers = *(GPtrArray *const *)place->field;

    for (guint i = 0; numbers && i < numbers->len; i++) {
        const NamedNumber *one = g_ptr_array_index(numbers, i);

        g_string_append_printf(out, "%s%s%s%s", i ? ", " : "", one->name ? one->name : "",
                               one->name && one->number ? ":" : "", one->number ? one->number : "");
    }
}

/* The parts around the first colon; *NUMBER NULL without one. Caller frees both. */
static void item_cut(const char *item, char **name, char **number)
{
    const char *colon = strchr(item, ':');

    *name = g_strstrip(g_strndup(item, colon ? (gsize)(colon - item) : strlen(item)));
    *number = colon ? g_strstrip(g_strdup(colon + 1)) : NULL;
}

static void emergency_numbers_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of patterns or PATTERN:NUMBER, like 112, 110, 0112:112");
}

static gboolean emergency_number_read(const ValuePlace *place, const char *item, NamedNumber *one,
                                      GError **error)
{
    item_cut(item, &one->name, &one->number);
    if (!pattern_check(one->name, error))
        return FALSE;
    return !one->number || digits_are_dialled(one->number) || value_refuse(place, item, error);
}

static gboolean emergency_numbers_parse(const ValuePlace *place, const char *text, GError **error)
{
    return named_parse(place, text, emergency_number_read, error);
}

const SettingType type_emergency_numbers = {emergency_numbers_parse, named_print, pointers_clear,
                                            emergency_numbers_allowed};

static void emergency_services_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of SERVICE:NUMBER, SERVICE being sos or sos.NAME");
}

/* RFC 5031 3: labels of letters, digits and hyphens. */
static gboolean service_is_valid(const char *service)
{
    return (g_ascii_strcasecmp(service, "sos") == 0 ||
            g_ascii_strncasecmp(service, "sos.", 4) == 0) &&
           service[strlen(service) - 1] != '.' && !strstr(service, "..") &&
           strspn(service, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") ==
               strlen(service);
}

static gboolean emergency_service_read(const ValuePlace *place, const char *item, NamedNumber *one,
                                       GError **error)
{
    item_cut(item, &one->name, &one->number);
    return (service_is_valid(one->name) && one->number && digits_are_dialled(one->number)) ||
           value_refuse(place, item, error);
}

static gboolean emergency_services_parse(const ValuePlace *place, const char *text, GError **error)
{
    return named_parse(place, text, emergency_service_read, error);
}

const SettingType type_emergency_services = {emergency_services_parse, named_print, pointers_clear,
                                             emergency_services_allowed};

static void callback_numbers_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of TRUNK:NUMBER, and of one NUMBER for the rest");
}

static gboolean callback_number_read(const ValuePlace *place, const char *item, NamedNumber *one,
                                     GError **error)
{
    item_cut(item, &one->name, &one->number);
    if (!one->number)
        one->number = g_steal_pointer(&one->name);
    if (!number_is_dialable(one->number))
        return value_refuse(place, item, error);
    return !one->name || value_name_find(place, GROUP_TRUNK, one->name) ||
           value_name_refuse(place, GROUP_TRUNK, one->name, error);
}

static gboolean callback_numbers_parse(const ValuePlace *place, const char *text, GError **error)
{
    return named_parse(place, text, callback_number_read, error);
}

const SettingType type_callback_numbers = {callback_numbers_parse, named_print, pointers_clear,
                                           callback_numbers_allowed};

/* ---- one number that can be called ---- */

static void dialable_allowed(const SettingRow *row, GString *out)
{
    g_string_append_printf(out, "at most %d of 0-9, perhaps with a leading +", NUMBER_MAX);
}

static gboolean dialable_parse(const ValuePlace *place, const char *text, GError **error)
{
    if (!number_is_dialable(text) || strpbrk(text, "*#"))
        return value_refuse(place, text, error);
    *(char **)place->field = g_strdup(text);
    return TRUE;
}

const SettingType type_dialable = {dialable_parse, text_print, text_clear, dialable_allowed};

/* ---- trunks in order ---- */

static void trunks_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of at most 64 names of trunks");
}

static gboolean trunks_parse(const ValuePlace *place, const char *text, GError **error)
{
    g_autoptr(GPtrArray) items = value_split(text);
    g_autoptr(GPtrArray) trunks = g_ptr_array_new();

    for (guint i = 0; i < items->len; i++) {
        const char *name = g_ptr_array_index(items, i);
        void *trunk = value_name_find(place, GROUP_TRUNK, name);

        if (!trunk)
            return value_name_refuse(place, GROUP_TRUNK, name, error);
        if (g_ptr_array_find(trunks, trunk, NULL)) {
            g_set_error(error, VALUE_ERROR, "%s is named twice", name);
            return FALSE;
        }
        g_ptr_array_add(trunks, trunk);
    }
    if (trunks->len == 0 || trunks->len > 64)
        return value_refuse(place, trunks->len ? text : "", error);
    *(GPtrArray **)place->field = g_steal_pointer(&trunks);
    return TRUE;
}

static void trunks_print(const ValuePlace *place, GString *out)
{
    const GPtrArray *trunks = *(GPtrArray *const *)place->field;

    for (guint i = 0; trunks && i < trunks->len; i++)
        g_string_append_printf(out, "%s%s", i ? ", " : "",
                               ((const TrunkSettings *)g_ptr_array_index(trunks, i))->name);
}

const SettingType type_trunks = {trunks_parse, trunks_print, pointers_clear, trunks_allowed};

/* ---- callers ---- */

static void extensions_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "a list of patterns and names, like 2XX, reception");
}

static gboolean extensions_parse(const ValuePlace *place, const char *text, GError **error)
{
    g_autoptr(GPtrArray) items = value_split(text);

    for (guint i = 0; i < items->len; i++) {
        const char *item = g_ptr_array_index(items, i);

        /* What is no pattern is a user's name; a blank or a quote is in none. */
        if (strlen(item) >= TAG_MAX || strpbrk(item, " \t\"<>@:;\\"))
            return value_refuse(place, item, error);
        if (strpbrk(item, "[]") && !pattern_check(item, error))
            return FALSE;
    }
    if (items->len == 0)
        return value_refuse(place, "", error);
    *(GPtrArray **)place->field = g_steal_pointer(&items);
    return TRUE;
}

static void extensions_print(const ValuePlace *place, GString *out)
{
    const GPtrArray *items = *(GPtrArray *const *)place->field;

    for (guint i = 0; items && i < items->len; i++)
        g_string_append_printf(out, "%s%s", i ? ", " : "",
                               (const char *)g_ptr_array_index(items, i));
}

const SettingType type_extensions = {extensions_parse, extensions_print, pointers_clear,
                                     extensions_allowed};

/* ---- programs ---- */

static void program_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "the absolute path of a program");
}

static gboolean program_parse(const ValuePlace *place, const char *text, GError **error)
{
    if (!g_path_is_absolute(text) || text[strlen(text) - 1] == '/')
        return value_refuse(place, text, error);
    *(char **)place->field = g_strdup(text);
    return TRUE;
}

const SettingType type_program = {program_parse, text_print, text_clear, program_allowed};
