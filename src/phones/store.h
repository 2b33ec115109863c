/* The store: rows that outlive the daemon, in one SQLite file that a thread of its own writes.
 *
 * What is put is queued and committed at most 20 ms after the first of a batch. A file that cannot
 * be written (full, locked, broken) costs no caller anything: what was put waits in memory, one
 * value for a key, and is written when the file allows it. Home thread of every function: that of
 * the loop the store was made with.
 */
#pragma once

#include "call.h" /* CounterFunc */
#include "store_row.h"

typedef struct Store Store;

/* Who hears of a table's rows. */
typedef struct StoreReader {
    const StoreTable *table; /* constant for ever */
    /* A row the file had when it was opened. Newer news about its key, put meanwhile, counts. */
    void (*read)(void *user, const StoreRow *row);
    /* The file is a new and empty one: put everything again. May be NULL. */
    void (*renew)(void *user);
    void *user;
} StoreReader;

/* A store without a file yet; it remembers for as long as it lives. */
Store *store_new(Loop *home);
/* Before store_open(). */
void store_add_reader(Store *store, const StoreReader *reader);
/* Opens the file at PATH (NULL: none, all stays in memory), making it and its folder when they are
 * missing, and starts the thread. Readers hear its rows before this returns; where the file takes
 * longer than two seconds, or does not open at all, they hear them when it does: that is logged and
 * tried again. A file that is no database is moved aside. */
void store_open(Store *store, const char *path);
/* Writes what is still queued, and tells every waiter, then ends the thread. Nothing is kept that
 * is put later. */
void store_close(Store *store);
/* Closes and frees. */
void store_free(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_free)

/* Puts ROW, which the store takes, in place of one with its key. */
void store_write(Store *store, StoreRow *row);
/* Takes away the row whose key is ROW's, which the store takes. */
void store_erase(Store *store, StoreRow *row);

/* STORED: it is on the disk. FALSE: it is in memory only, for the file failed or took longer than a
 * second. */
typedef void (*StoreDoneFunc)(void *user, gboolean stored);
/* Calls DONE once, from the loop, when all that was put until now is committed, or given up waiting
 * for. Waiters are called in the order they came. */
void store_wait(Store *store, StoreDoneFunc done, void *user);
/* USER's waits end without a call. */
void store_forget(Store *store, void *user);

/* ---- records: small values by kind and key, of whatever room (store_record.c) ---- */

/* EXPIRES_US: of the wall clock (clock_wall_us()), when the record is forgotten; 0: never. */
void store_put(Store *store, const char *kind, const char *key, const char *value,
               gint64 expires_us);
void store_drop(Store *store, const char *kind, const char *key);
/* Borrowed until the next put or drop; NULL when there is none. */
const char *store_get(Store *store, const char *kind, const char *key);
typedef void (*StoreRecordFunc)(void *user, const char *key, const char *value, gint64 expires_us);
/* Every record of KIND, in no order. FUNC must not put or drop. */
void store_each(Store *store, const char *kind, StoreRecordFunc func, void *user);
/* Values of the house itself, like keys that must survive a restart: records of kind "meta". */
const char *store_meta_get(Store *store, const char *key);
void store_meta_put(Store *store, const char *key, const char *value);

void store_each_counter(const Store *store, CounterFunc func, void *user);
