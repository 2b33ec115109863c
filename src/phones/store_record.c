/* Records: small values by kind and key, all of them in memory, each in the file too. */
#include "store_private.h"

#include "clock.h"

#include <string.h>

#define KIND_META "meta"

enum { RECORD_KIND, RECORD_KEY, RECORD_VALUE, RECORD_EXPIRES };

static const StoreTable record_table = {
    .name = "records",
    .keys = 2,
    .columns = {{"kind", STORE_TEXT},
                {"key", STORE_TEXT},
                {"value", STORE_TEXT},
                {"expires_us", STORE_NUMBER}},
};

static StoreRow *record_row(const char *kind, const char *key)
{
    StoreRow *row = store_row_new(&record_table);

    store_row_set(row, RECORD_KIND, kind);
    store_row_set(row, RECORD_KEY, key);
    return row;
}

static gboolean record_is_over(const StoreRow *row)
{
    gint64 expires = store_row_number(row, RECORD_EXPIRES);

    return expires && expires <= clock_wall_us();
}

static void record_read(void *user, const StoreRow *row)
{
    Store *store = user;
    g_autofree char *key = store_row_key(row);

    if (g_hash_table_contains(store->records, key))
        return;
    if (record_is_over(row))
        store_erase(store, store_row_copy(row));
    else
        g_hash_table_insert(store->records, g_steal_pointer(&key), store_row_copy(row));
}

static void records_renew(void *user)
{
    Store *store = user;
    GHashTableIter at;
    gpointer row;

    g_hash_table_iter_init(&at, store->records);
    while (g_hash_table_iter_next(&at, NULL, &row))
        store_write(store, store_row_copy(row));
}

void store_records_open(Store *store)
{
    StoreReader reader = {&record_table, record_read, records_renew, store};

    store->records =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)store_row_free);
    store_add_reader(store, &reader);
}

void store_put(Store *store, const char *kind, const char *key, const char *value,
               gint64 expires_us)
{
    StoreRow *row = record_row(kind, key);

    store_row_set(row, RECORD_VALUE, value);
    store_row_count(row, RECORD_EXPIRES, expires_us);
    store_write(store, store_row_copy(row));
    g_hash_table_replace(store->records, store_row_key(row), row);
}

void store_drop(Store *store, const char *kind, const char *key)
{
    g_autoptr(StoreRow) row = record_row(kind, key);
    g_autofree char *hash = store_row_key(row);

    if (g_hash_table_remove(store->records, hash))
        store_erase(store, g_steal_pointer(&row));
}

const char *store_get(Store *store, const char *kind, const char *key)
{
    g_autoptr(StoreRow) asked = record_row(kind, key);
    g_autofree char *hash = store_row_key(asked);
    const StoreRow *row = g_hash_table_lookup(store->records, hash);

    return row && !record_is_over(row) ? store_row_text(row, RECORD_VALUE) : NULL;
}

void store_each(Store *store, const char *kind, StoreRecordFunc func, void *user)
{
    GHashTableIter at;
    gpointer value;

    g_hash_table_iter_init(&at, store->records);
    while (g_hash_table_iter_next(&at, NULL, &value)) {
        const StoreRow *row = value;

        if (strcmp(store_row_text(row, RECORD_KIND), kind) != 0)
            continue;
        if (record_is_over(row)) {
            store_erase(store, store_row_copy(row));
            g_hash_table_iter_remove(&at);
            continue;
        }
        func(user, store_row_text(row, RECORD_KEY), store_row_text(row, RECORD_VALUE),
             store_row_number(row, RECORD_EXPIRES));
    }
}

const char *store_meta_get(Store *store, const char *key)
{
    return store_get(store, KIND_META, key);
}

void store_meta_put(Store *store, const char *key, const char *value)
{
    store_put(store, KIND_META, key, value, 0);
}
