/* Tables for people: rows of JSON objects as aligned columns. */
#include "table.h"

#include <string.h>

#define BOLD "\033[1m"
#define RED "\033[31m"
#define PLAIN "\033[0m"

char *table_clean(const char *text)
{
    GString *clean = g_string_new(NULL);
    g_autofree char *valid = g_utf8_make_valid(text, -1);

    for (const char *at = valid; *at; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);

        g_string_append_unichar(clean, g_unichar_isprint(c) ? c : '?');
    }
    return g_string_free(clean, FALSE);
}

char *table_seconds(gint64 seconds)
{
    if (seconds < 60)
        return g_strdup_printf("%d s", (int)seconds);
    if (seconds < 3600)
        return g_strdup_printf("%dm %ds", (int)(seconds / 60), (int)(seconds % 60));
    if (seconds < 86400)
        return g_strdup_printf("%dh %dm", (int)(seconds / 3600), (int)(seconds / 60 % 60));
    return g_strdup_printf("%dd %dh", (int)(seconds / 86400), (int)(seconds / 3600 % 24));
}

static char *count_text(ColumnKind kind, gint64 count)
{
    switch (kind) {
    case COLUMN_TEXT:
    case COLUMN_COUNT:
        break;
    case COLUMN_SECONDS:
        return table_seconds(count);
    case COLUMN_MILLIS:
        return count % 1000 ? g_strdup_printf("%" G_GINT64_FORMAT " ms", count)
                            : g_strdup_printf("%" G_GINT64_FORMAT " s", count / 1000);
    case COLUMN_MICROS:
        return g_strdup_printf("%" G_GINT64_FORMAT ".%d ms", count / 1000,
                               (int)(count % 1000 / 100));
    }
    return g_strdup_printf("%" G_GINT64_FORMAT, count);
}

/* What stands in ROW's cell under COLUMN; "" when the object has no such member. Caller frees. */
static char *cell_text(const Column *column, JsonObject *row)
{
    JsonNode *node = json_object_get_member(row, column->member);

    if (!node || !JSON_NODE_HOLDS_VALUE(node))
        return g_strdup("");
    switch (json_node_get_value_type(node)) {
    case G_TYPE_INT64:
        return count_text(column->kind, json_node_get_int(node));
    case G_TYPE_DOUBLE:
        return g_strdup_printf("%g", json_node_get_double(node));
    case G_TYPE_STRING:
        return table_clean(json_node_get_string(node));
    case G_TYPE_BOOLEAN:
        return g_strdup(json_node_get_boolean(node) ? "yes" : "no");
    default:
        return g_strdup("");
    }
}

/* The columns of a terminal that TEXT takes. */
static int text_width(const char *text)
{
    int width = 0;

    for (; *text; text = g_utf8_next_char(text)) {
        gunichar c = g_utf8_get_char(text);

        if (!g_unichar_iszerowidth(c))
            width += g_unichar_iswide(c) ? 2 : 1;
    }
    return width;
}

/* A line being printed: blanks wait until something follows them. */
typedef struct Line {
    FILE *out;
    int blanks;
} Line;

/* Prints TEXT in a column of WIDTH, in COLOUR when that is not NULL. */
static void cell_put(Line *line, const char *text, const Column *column, int width,
                     const char *colour)
{
    int rest = width - text_width(text);

    line->blanks += column->kind == COLUMN_TEXT ? 0 : rest;
    if (*text) {
        fprintf(line->out, "%*s%s%s%s", line->blanks, "", colour ? colour : "", text,
                colour ? PLAIN : "");
        line->blanks = 0;
    }
    line->blanks += (column->kind == COLUMN_TEXT ? rest : 0) + 2;
}

static void row_put(FILE *out, const Column *columns, const int *widths, JsonObject *row,
                    gboolean colour)
{
    Line line = {out, 0};

    for (gsize i = 0; columns[i].header; i++) {
        if (widths[i] == 0)
            continue;
        g_autofree char *text = row ? cell_text(&columns[i], row) : g_strdup(columns[i].header);
        gboolean bad = row && columns[i].good && strcmp(text, columns[i].good) != 0;

        cell_put(&line, text, &columns[i], widths[i],
                 !colour ? NULL
                 : !row  ? BOLD
                 : bad   ? RED
                         : NULL);
    }
    fputc('\n', out);
}

void table_print(FILE *out, const Column *columns, JsonArray *rows, gboolean colour)
{
    int widths[TABLE_COLUMNS] = {0};
    guint count = json_array_get_length(rows);

    for (gsize i = 0; columns[i].header && i < TABLE_COLUMNS; i++) {
        for (guint j = 0; j < count; j++) {
            g_autofree char *text = cell_text(&columns[i], json_array_get_object_element(rows, j));

            widths[i] = MAX(widths[i], text_width(text));
        }
        if (widths[i] > 0)
            widths[i] = MAX(widths[i], text_width(columns[i].header));
    }
    row_put(out, columns, widths, NULL, colour); /* the headers */
    for (guint j = 0; j < count; j++)
        row_put(out, columns, widths, json_array_get_object_element(rows, j), colour);
}
