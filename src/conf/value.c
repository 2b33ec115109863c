/* The plain types of values: numbers, durations, choices, yes or no, digits. */
#include "rows.h"

#include <string.h>

/* Fields of numbers and choices have the width their struct gives them. */
static void field_write(const ValuePlace *place, gint64 value)
{
    switch (place->row->size) {
    case 1:
        *(guint8 *)place->field = (guint8)value;
        break;
    case 2:
        *(guint16 *)place->field = (guint16)value;
        break;
    case 4:
        *(gint32 *)place->field = (gint32)value;
        break;
    default:
        *(gint64 *)place->field = value;
        break;
    }
}

static gint64 field_read(const ValuePlace *place)
{
    switch (place->row->size) {
    case 1:
        return *(const guint8 *)place->field;
    case 2:
        return *(const guint16 *)place->field;
    case 4:
        return *(const gint32 *)place->field;
    default:
        return *(const gint64 *)place->field;
    }
}

gboolean value_refuse(const ValuePlace *place, const char *text, GError **error)
{
    g_autoptr(GString) allowed = g_string_new(NULL);

    place->row->type->allowed(place->row, allowed);
    if (*text)
        g_set_error(error, VALUE_ERROR, "\"%s\" is not allowed; allowed: %s", text, allowed->str);
    else
        g_set_error(error, VALUE_ERROR, "a value is missing; allowed: %s", allowed->str);
    return FALSE;
}

/* ---- numbers ---- */

static void number_allowed(const SettingRow *row, GString *out)
{
    g_string_append_printf(out, "%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, row->min, row->max);
    if (row->unit)
        g_string_append_printf(out, " %s", row->unit);
}

static gboolean number_parse(const ValuePlace *place, const char *text, GError **error)
{
    guint64 value;

    if (!g_ascii_string_to_unsigned(text, 10, (guint64)place->row->min, (guint64)place->row->max,
                                    &value, NULL))
        return value_refuse(place, text, error);
    field_write(place, (gint64)value);
    return TRUE;
}

static void number_print(const ValuePlace *place, GString *out)
{
    g_string_append_printf(out, "%" G_GINT64_FORMAT, field_read(place));
}

const SettingType type_number = {number_parse, number_print, NULL, number_allowed};

/* ---- durations ---- */

typedef struct DurationUnit {
    const char *name;
    gint64 us;
} DurationUnit;

/* From the longest, as printing wants it. */
static const DurationUnit duration_units[] = {
    {"h", G_GINT64_CONSTANT(3600000000)},
    {"m", 60000000},
    {"s", 1000000},
    {"ms", 1000},
};

static gboolean duration_read(const char *text, gint64 *us)
{
    char *end = NULL;
    guint64 count;

    if (!g_ascii_isdigit(*text))
        return FALSE;
    count = g_ascii_strtoull(text, &end, 10);
    if (count > 100000000) /* three years in seconds; keeps the product in range */
        return FALSE;
    if (count == 0 && !*end) {
        *us = 0;
        return TRUE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(duration_units); i++) {
        if (strcmp(end, duration_units[i].name) == 0) {
            *us = (gint64)count * duration_units[i].us;
            return TRUE;
        }
    }
    return FALSE;
}

static void duration_write(gint64 us, GString *out)
{
    for (gsize i = 0; i < G_N_ELEMENTS(duration_units); i++) {
        if (us && us % duration_units[i].us == 0) {
            g_string_append_printf(out, "%" G_GINT64_FORMAT "%s", us / duration_units[i].us,
                                   duration_units[i].name);
            return;
        }
    }
    g_string_append(out, "0");
}

static void duration_allowed(const SettingRow *row, GString *out)
{
    if (row->min == 0)
        g_string_append(out, "0");
    else
        duration_write(row->min, out);
    g_string_append(out, " to ");
    duration_write(row->max, out);
    g_string_append(out, row->scale == 1000000 ? ", in whole s, m or h" : ", in ms, s, m or h");
}

static gboolean duration_parse(const ValuePlace *place, const char *text, GError **error)
{
    gint64 us;

    if (!duration_read(text, &us) || us < place->row->min || us > place->row->max ||
        us % place->row->scale)
        return value_refuse(place, text, error);
    field_write(place, us / place->row->scale);
    return TRUE;
}

static void duration_print(const ValuePlace *place, GString *out)
{
    duration_write(field_read(place) * place->row->scale, out);
}

const SettingType type_duration = {duration_parse, duration_print, NULL, duration_allowed};

/* ---- choices ---- */

static void choice_allowed(const SettingRow *row, GString *out)
{
    for (const SettingChoice *choice = row->choices; choice->name; choice++)
        g_string_append_printf(out, "%s%s", choice == row->choices ? "" : ", ", choice->name);
}

static gboolean choice_parse(const ValuePlace *place, const char *text, GError **error)
{
    for (const SettingChoice *choice = place->row->choices; choice->name; choice++) {
        if (g_ascii_strcasecmp(choice->name, text) == 0) {
            field_write(place, choice->value);
            return TRUE;
        }
    }
    return value_refuse(place, text, error);
}

static void choice_print(const ValuePlace *place, GString *out)
{
    gint64 value = field_read(place);

    for (const SettingChoice *choice = place->row->choices; choice->name; choice++) {
        if (choice->value == value) {
            g_string_append(out, choice->name);
            return;
        }
    }
}

const SettingType type_choice = {choice_parse, choice_print, NULL, choice_allowed};

/* ---- yes or no ---- */

static void flag_allowed(const SettingRow *row, GString *out)
{
    g_string_append(out, "yes, no");
}

static gboolean flag_parse(const ValuePlace *place, const char *text, GError **error)
{
    static const char *const yes[] = {"yes", "true", "on", "1"};
    static const char *const no[] = {"no", "false", "off", "0"};

    for (gsize i = 0; i < G_N_ELEMENTS(yes); i++) {
        if (g_ascii_strcasecmp(text, yes[i]) == 0 || g_ascii_strcasecmp(text, no[i]) == 0) {
            *(gboolean *)place->field = g_ascii_strcasecmp(text, yes[i]) == 0;
            return TRUE;
        }
    }
    return value_refuse(place, text, error);
}

static void flag_print(const ValuePlace *place, GString *out)
{
    g_string_append(out, *(const gboolean *)place->field ? "yes" : "no");
}

const SettingType type_flag = {flag_parse, flag_print, NULL, flag_allowed};

/* ---- digits ---- */

static void digits_allowed(const SettingRow *row, GString *out)
{
    g_string_append_printf(out, "at most %" G_GINT64_FORMAT " of 0-9%s", row->max,
                           row->max == NUMBER_MAX ? "*#" : "");
}

static gboolean digits_parse(const ValuePlace *place, const char *text, GError **error)
{
    /* A whole number may hold * and #; a country code or a prefix is digits alone. */
    const char *alphabet = place->row->max == NUMBER_MAX ? "0123456789*#" : "0123456789";

    if (!*text || strspn(text, alphabet) != strlen(text) || strlen(text) > (gsize)place->row->max)
        return value_refuse(place, text, error);
    *(char **)place->field = g_strdup(text);
    return TRUE;
}

static void digits_print(const ValuePlace *place, GString *out)
{
    const char *text = *(char *const *)place->field;

    g_string_append(out, text ? text : "");
}

static void digits_clear(const ValuePlace *place)
{
    g_clear_pointer((char **)place->field, g_free);
}

const SettingType type_digits = {digits_parse, digits_print, digits_clear, digits_allowed};
