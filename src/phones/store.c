/* The store toward its home loop: the queue of values, those who wait for commits, the rows of the
 * start. */
#include "store_private.h"

#include "log.h"

#include <string.h>
#include <time.h>

#define OPEN_PATIENCE_S 2
#define WAIT_PATIENCE_US (1 * G_USEC_PER_SEC) /* no answer waits longer for the disk */

typedef struct StoreWaiter {
    guint64 serial;
    gint64 until_us;
    StoreDoneFunc done;
    void *user;
} StoreWaiter;

static void store_patience(void *user);

/* ---- make and free ---- */

static void handle_unref(void *data)
{
    StoreHandle *handle = data;

    if (g_atomic_int_dec_and_test(&handle->references))
        g_free(handle);
}

static void desk_open(StoreDesk *desk)
{
    pthread_condattr_t steady;

    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_mutex_init(&desk->lock, NULL);
    pthread_cond_init(&desk->work, &steady);
    pthread_cond_init(&desk->read, &steady);
    pthread_condattr_destroy(&steady);
    g_queue_init(&desk->queue);
}

Store *store_new(Loop *home)
{
    Store *store = g_new0(Store, 1);

    store->home = home;
    store->handle = g_new0(StoreHandle, 1);
    *store->handle = (StoreHandle){1, store};
    store->readers = g_array_new(FALSE, TRUE, sizeof(StoreReader));
    store->tables = g_ptr_array_new();
    desk_open(&store->desk);
    g_queue_init(&store->waiters);
    store->patience = loop_timer_new(home, store_patience, store);
    store_records_open(store);
    return store;
}

void store_free(Store *store)
{
    if (!store)
        return;
    store_close(store);
    store->handle->store = NULL;
    handle_unref(store->handle);
    loop_timer_free(store->home, store->patience);
    g_clear_pointer(&store->desk.rows, g_ptr_array_unref);
    pthread_cond_destroy(&store->desk.work);
    pthread_cond_destroy(&store->desk.read);
    pthread_mutex_destroy(&store->desk.lock);
    g_array_unref(store->readers);
    g_ptr_array_unref(store->tables);
    g_hash_table_unref(store->records);
    g_free(store);
}

/* ---- waiters ---- */

static void waiters_start_patience(Store *store)
{
    const StoreWaiter *first = g_queue_peek_head(&store->waiters);

    if (first)
        loop_timer_start(store->home, store->patience, first->until_us - loop_now(store->home));
    else
        loop_timer_stop(store->home, store->patience);
}

/* Tells the first who waits. */
static void waiter_tell(Store *store, gboolean stored)
{
    StoreWaiter *waiter = g_queue_pop_head(&store->waiters);

    waiter->done(waiter->user, stored);
    g_free(waiter);
}

static void waiters_tell(Store *store, guint64 written, gboolean stored)
{
    const StoreWaiter *first;

    while ((first = g_queue_peek_head(&store->waiters)) && first->serial <= written)
        waiter_tell(store, stored);
    waiters_start_patience(store);
}

static void store_patience(void *user)
{
    static LogLimit limit;
    Store *store = user;
    const StoreWaiter *first;

    while ((first = g_queue_peek_head(&store->waiters)) &&
           first->until_us <= loop_now(store->home)) {
        store->late++;
        waiter_tell(store, FALSE);
    }
    if (log_limit(&limit, 1, 10 * G_USEC_PER_SEC))
        log_warning("store: the disk takes longer than a second: registrations are answered "
                    "before they are kept");
    waiters_start_patience(store);
}

void store_wait(Store *store, StoreDoneFunc done, void *user)
{
    StoreWaiter *waiter = g_new0(StoreWaiter, 1);

    *waiter = (StoreWaiter){store->serial, loop_now(store->home) + WAIT_PATIENCE_US, done, user};
    g_queue_push_tail(&store->waiters, waiter);
    if (!store->thread || store->serial <= store->written)
        store_tell_home(store); /* there is nothing to wait for */
    else if (g_queue_get_length(&store->waiters) == 1)
        waiters_start_patience(store);
}

void store_forget(Store *store, void *user)
{
    for (GList *at = store->waiters.head, *next; at; at = next) {
        StoreWaiter *waiter = at->data;

        next = at->next;
        if (waiter->user != user)
            continue;
        g_queue_delete_link(&store->waiters, at);
        g_free(waiter);
    }
    waiters_start_patience(store);
}

/* ---- news from the thread ---- */

static const StoreReader *reader_of(const Store *store, const StoreTable *table)
{
    for (guint i = 0; i < store->readers->len; i++) {
        const StoreReader *reader = &g_array_index(store->readers, StoreReader, i);

        if (reader->table == table)
            return reader;
    }
    return NULL;
}

static void rows_deliver(const Store *store, const GPtrArray *rows)
{
    for (guint i = 0; rows && i < rows->len; i++) {
        const StoreRow *row = g_ptr_array_index(rows, i);
        const StoreReader *reader = reader_of(store, row->table);

        if (reader)
            reader->read(reader->user, row);
    }
}

static void readers_renew(const Store *store)
{
    for (guint i = 0; i < store->readers->len; i++) {
        const StoreReader *reader = &g_array_index(store->readers, StoreReader, i);

        if (reader->renew)
            reader->renew(reader->user);
    }
}

static void store_hear(void *data)
{
    const StoreHandle *handle = data;
    Store *store = handle->store;
    g_autoptr(GPtrArray) rows = NULL;
    StoreTally tally;
    gboolean renew;

    if (!store)
        return;
    pthread_mutex_lock(&store->desk.lock);
    rows = g_steal_pointer(&store->desk.rows);
    renew = store->desk.renew;
    store->desk.renew = FALSE;
    tally = store->desk.tally;
    pthread_mutex_unlock(&store->desk.lock);
    store->written = store->thread ? tally.written : store->serial;
    rows_deliver(store, rows);
    if (renew)
        readers_renew(store);
    waiters_tell(store, store->written, tally.stored);
}

void store_tell_home(Store *store)
{
    g_atomic_int_inc(&store->handle->references);
    loop_post(store->home, store_hear, store->handle, handle_unref);
}

/* ---- open and close ---- */

void store_add_reader(Store *store, const StoreReader *reader)
{
    g_array_append_val(store->readers, *reader);
    g_ptr_array_add(store->tables, (gpointer)reader->table);
}

void store_open(Store *store, const char *path)
{
    struct timespec until;
    StoreHandle handle = {1, store};
    gboolean tried;

    if (!path)
        return;
    store->file = store_file_new(path, store->tables);
    store->thread = g_thread_new("store", store_thread_main, store);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += OPEN_PATIENCE_S;
    pthread_mutex_lock(&store->desk.lock);
    while (!store->desk.tried &&
           pthread_cond_timedwait(&store->desk.read, &store->desk.lock, &until) == 0)
        ;
    tried = store->desk.tried;
    pthread_mutex_unlock(&store->desk.lock);
    if (tried)
        store_hear(&handle);
    else
        log_warning("store: %s takes longer than %d s to open: we go on without it", path,
                    OPEN_PATIENCE_S);
}

void store_close(Store *store)
{
    if (store->thread) {
        pthread_mutex_lock(&store->desk.lock);
        store->desk.closing = TRUE;
        pthread_cond_signal(&store->desk.work);
        pthread_mutex_unlock(&store->desk.lock);
        g_thread_join(g_steal_pointer(&store->thread));
        g_clear_pointer(&store->file, store_file_free);
    }
    g_clear_pointer(&store->desk.rows, g_ptr_array_unref); /* readers may go now */
    store->desk.renew = FALSE;
    waiters_tell(store, G_MAXUINT64, store->desk.tally.stored);
    g_queue_clear_full(&store->desk.queue, store_change_free);
}

/* ---- values ---- */

static void store_change(Store *store, StoreRow *row, gboolean erase)
{
    StoreChange *change;
    guint queued;

    store->serial++;
    store->puts++;
    if (!store->thread) {
        store_row_free(row);
        return;
    }
    change = g_new0(StoreChange, 1);
    *change = (StoreChange){row, erase, store->serial};
    pthread_mutex_lock(&store->desk.lock);
    g_queue_push_tail(&store->desk.queue, change);
    queued = g_queue_get_length(&store->desk.queue);
    if (queued == 1 || queued >= BATCH_MAX)
        pthread_cond_signal(&store->desk.work);
    pthread_mutex_unlock(&store->desk.lock);
}

void store_write(Store *store, StoreRow *row)
{
    store_change(store, row, FALSE);
}

void store_erase(Store *store, StoreRow *row)
{
    store_change(store, row, TRUE);
}

void store_each_counter(const Store *store, CounterFunc func, void *user)
{
    StoreDesk *desk = (StoreDesk *)&store->desk;
    StoreTally tally;

    pthread_mutex_lock(&desk->lock);
    tally = desk->tally;
    pthread_mutex_unlock(&desk->lock);
    func(user, "store values", store->puts);
    func(user, "store commits", tally.commits);
    func(user, "store commits failed", tally.failures);
    func(user, "store values waiting for the file", tally.unsaved);
    func(user, "store answers before the disk", store->late);
    func(user, "store files moved aside", tally.set_aside);
}
