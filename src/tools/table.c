/* Tables for people: rows of JSON objects as aligned columns. */
#include "table.h"

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

/* Prints TEXT in a column of WIDTH. */
static void cell_put(FILE *out, const char *text, int width, const Column *column)
{
    int blanks = width - text_width(text);
    gboolean last = !column[1].header;

    if (column->kind == COLUMN_TEXT)
        fprintf(out, "%s%*s", text, last ? 0 : blanks, "");
    else
        fprintf(out, "%*s%s", blanks, "", text);
    fputs(last ? "\n" : "  ", out);
}

static void head_put(FILE *out, const Column *columns, const int *widths, gboolean colour)
{
    fputs(colour ? BOLD : "", out);
    for (gsize i = 0; columns[i].header; i++)
        cell_put(out, columns[i].header, widths[i], &columns[i]);
    fputs(colour ? PLAIN : "", out);
}

void table_print(FILE *out, const Column *columns, JsonArray *rows, gboolean colour)
{
    int widths[TABLE_COLUMNS] = {0};
    guint count = json_array_get_length(rows);

    for (gsize i = 0; columns[i].header && i < TABLE_COLUMNS; i++) {
        widths[i] = text_width(columns[i].header);
        for (guint j = 0; j < count; j++) {
            g_autofree char *text = cell_text(&columns[i], json_array_get_object_element(rows, j));

            widths[i] = MAX(widths[i], text_width(text));
        }
    }
    head_put(out, columns, widths, colour);
    for (guint j = 0; j < count; j++) {
        for (gsize i = 0; columns[i].header; i++) {
            g_autofree char *text = cell_text(&columns[i], json_array_get_object_element(rows, j));
            gboolean bad =
                colour && columns[i].good && *text && g_strcmp0(text, columns[i].good) != 0;

            fputs(bad ? RED : "", out);
            cell_put(out, text, widths[i], &columns[i]);
            fputs(bad ? PLAIN : "", out);
        }
    }
}
