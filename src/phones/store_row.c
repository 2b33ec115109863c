/* Rows of the store as values. */
#include "store_row.h"

StoreRow *store_row_new(const StoreTable *table)
{
    guint count = 0;
    StoreRow *row;

    while (table->columns[count].name)
        count++;
    row = g_malloc0(sizeof(StoreRow) + count * sizeof(StoreCell));
    row->table = table;
    row->count = count;
    return row;
}

void store_row_free(StoreRow *row)
{
    for (guint i = 0; row && i < row->count; i++)
        g_free(row->cells[i].text);
    g_free(row);
}

StoreRow *store_row_copy(const StoreRow *row)
{
    StoreRow *copy = store_row_new(row->table);

    for (guint i = 0; i < row->count; i++) {
        copy->cells[i].text = g_strdup(row->cells[i].text);
        copy->cells[i].number = row->cells[i].number;
    }
    return copy;
}

void store_row_set(StoreRow *row, guint column, const char *text)
{
    g_free(row->cells[column].text);
    row->cells[column].text = g_strdup(text);
}

void store_row_count(StoreRow *row, guint column, gint64 number)
{
    row->cells[column].number = number;
}

const char *store_row_text(const StoreRow *row, guint column)
{
    return row->cells[column].text ? row->cells[column].text : "";
}

gint64 store_row_number(const StoreRow *row, guint column)
{
    return row->cells[column].number;
}

char *store_row_key(const StoreRow *row)
{
    GString *key = g_string_new(row->table->name);

    for (guint i = 0; i < row->table->keys; i++) {
        if (row->table->columns[i].type == STORE_TEXT)
            g_string_append_printf(key, "\x1f%s", store_row_text(row, i));
        else
            g_string_append_printf(key, "\x1f%" G_GINT64_FORMAT, row->cells[i].number);
    }
    return g_string_free(key, FALSE);
}
