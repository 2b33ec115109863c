/* Tables for people: rows of JSON objects as aligned columns.
 *
 * Home thread: main of tielinectl.
 */
#pragma once

#include <json-glib/json-glib.h>
#include <stdio.h>

typedef enum ColumnKind {
    COLUMN_TEXT,    /* left */
    COLUMN_COUNT,   /* right */
    COLUMN_SECONDS, /* "1h 2m", right */
    COLUMN_MILLIS,  /* milliseconds as "180 s" or "500 ms", right */
    COLUMN_MICROS,  /* microseconds as "1.2 ms", right */
} ColumnKind;

typedef struct Column {
    const char *header;
    const char *member; /* of the row's object */
    ColumnKind kind;
    const char *good; /* any other text is worth a colour; NULL: none is */
} Column;

#define TABLE_COLUMNS 22

/* Prints ROWS (objects) under COLUMNS (ends with a NULL header); a column that no row has a word for is left out. COLOUR: OUT is a terminal. */
void table_print(FILE *out, const Column *columns, JsonArray *rows, gboolean colour);
/* "12 s", "3m 4s", "2h 5m", "4d 1h". Caller frees. */
char *table_seconds(gint64 seconds);
/* TEXT without anything a terminal would act on. Caller frees. */
char *table_clean(const char *text);
