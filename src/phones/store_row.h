/* Rows of the store as values: a table's description, and what one row says.
 *
 * Home thread: any; a row belongs to who holds it.
 */
#pragma once

#include <glib.h>

#define STORE_COLUMNS 24

typedef enum StoreType { STORE_TEXT, STORE_NUMBER } StoreType;

typedef struct StoreColumn {
    const char *name;
    StoreType type;
} StoreColumn;

/* A table; its first KEYS columns are its key. */
typedef struct StoreTable {
    const char *name;
    guint keys;
    StoreColumn columns[STORE_COLUMNS + 1]; /* ends with a NULL name */
} StoreTable;

typedef struct StoreCell {
    char *text; /* NULL: "" */
    gint64 number;
} StoreCell;

typedef struct StoreRow {
    const StoreTable *table;
    guint count;
    StoreCell cells[];
} StoreRow;

StoreRow *store_row_new(const StoreTable *table);
void store_row_free(StoreRow *row);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreRow, store_row_free)
StoreRow *store_row_copy(const StoreRow *row);

void store_row_set(StoreRow *row, guint column, const char *text);
void store_row_count(StoreRow *row, guint column, gint64 number);
/* Never NULL. */
const char *store_row_text(const StoreRow *row, guint column);
gint64 store_row_number(const StoreRow *row, guint column);
/* The table's name and the cells of the key as one text. Caller frees. */
char *store_row_key(const StoreRow *row);
