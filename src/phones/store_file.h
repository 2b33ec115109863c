/* The store's file: SQLite, spoken here and nowhere else in the store.
 *
 * Home thread: the store's own; every function may wait for the disk.
 */
#pragma once

#include "store_row.h"

typedef struct StoreFile StoreFile;

/* How an attempt at the file went. */
typedef enum FileResult {
    FILE_GOOD,
    FILE_TROUBLED, /* full, locked, unreadable: it may work later */
    FILE_BROKEN,   /* it is no database of ours: to be moved aside */
} FileResult;

/* One change: a row that comes, or goes by its key. */
typedef struct StoreChange {
    StoreRow *row;
    gboolean erase;
    guint64 serial;
} StoreChange;

void store_change_free(gpointer change);

/* TABLES (of const StoreTable*) must outlive the file. */
StoreFile *store_file_new(const char *path, GPtrArray *tables);
/* Closes and frees. */
void store_file_free(StoreFile *file);
gboolean store_file_is_open(const StoreFile *file);

/* Opens the file and checks it; ERROR says what is wrong with it. */
FileResult store_file_open(StoreFile *file, GError **error);
void store_file_close(StoreFile *file);
/* Renames the closed file and what belongs to it; TO: the new name, caller frees. FALSE with ERROR
 * when it cannot. */
gboolean store_file_set_aside(StoreFile *file, char **to, GError **error);
/* The path leads to another file than the one that is open, or to none. */
gboolean store_file_is_lost(const StoreFile *file);
/* Appends every row of every table to ROWS (of StoreRow*). */
FileResult store_file_read(StoreFile *file, GPtrArray *rows, GError **error);
/* Commits the values of CHANGES (of StoreChange*) all, or none of them. ANEW: every table is
 * emptied before. */
FileResult store_file_write(StoreFile *file, GHashTable *changes, gboolean anew, GError **error);
