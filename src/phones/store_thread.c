/* The store's thread: takes values in batches, commits them, and holds out when the file does not.
 */
#include "store_private.h"

#include "clock.h"
#include "log.h"

#include <time.h>

#define BATCH_US 20000                      /* from the first value of a batch to its commit */
#define RETRY_FIRST_US (1 * G_USEC_PER_SEC) /* a file in trouble is tried again */
#define RETRY_LONGEST_US (15 * G_USEC_PER_SEC)
#define UNSAVED_MAX 50000 /* values that wait; beyond it all is put anew when the file is well */

/* The thread's own things. */
typedef struct Worker {
    Store *store;
    GHashTable *unsaved; /* char* key -> StoreChange*: the newest of each */
    gboolean anew;       /* what the file has is not to be relied upon: empty its tables first */
    gboolean was_read;   /* the home loop has got what the file had */
    gint64 retry_at_us;  /* 0: the file is well */
    gint64 retry_us;
    guint64 taken; /* the serial of the last value in unsaved */
    guint64 commits, failures, set_aside;
} Worker;

static gint64 monotonic_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* ---- the desk ---- */

static void desk_wait_until(StoreDesk *desk, gint64 us)
{
    struct timespec until = {.tv_sec = us / G_USEC_PER_SEC, .tv_nsec = us % G_USEC_PER_SEC * 1000};

    pthread_cond_timedwait(&desk->work, &desk->lock, &until);
}

/* Waits until a batch is full or old enough, the file is to be tried again, or the end has come. */
static void desk_wait(Worker *worker)
{
    StoreDesk *desk = &worker->store->desk;
    gint64 batch_at = 0;

    for (;;) {
        guint queued = g_queue_get_length(&desk->queue);
        gint64 now = monotonic_us(), until;

        if (queued && !batch_at)
            batch_at = now + BATCH_US;
        if (desk->closing || queued >= BATCH_MAX || (queued && now >= batch_at) ||
            (worker->retry_at_us && now >= worker->retry_at_us))
            return;
        until = queued ? batch_at : worker->retry_at_us;
        if (queued && worker->retry_at_us)
            until = MIN(until, worker->retry_at_us);
        if (until)
            desk_wait_until(desk, until);
        else
            pthread_cond_wait(&desk->work, &desk->lock);
    }
}

/* The queue's values become the newest of their keys. */
static void batch_take(Worker *worker, GQueue *queue)
{
    StoreChange *change;

    while ((change = g_queue_pop_head(queue))) {
        worker->taken = change->serial;
        g_hash_table_replace(worker->unsaved, store_row_key(change->row), change);
    }
    if (g_hash_table_size(worker->unsaved) <= UNSAVED_MAX)
        return;
    log_warning("store: more than %d values wait for the file: all is put again when it is well",
                UNSAVED_MAX);
    g_hash_table_remove_all(worker->unsaved);
    worker->anew = TRUE;
}

/* ---- the file ---- */

/* FALSE: it stays broken and in its place. */
static gboolean file_set_aside(Worker *worker, const GError *why)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *to = NULL;

    store_file_close(worker->store->file);
    if (!store_file_set_aside(worker->store->file, &to, &error)) {
        log_error("store: %s; %s: nothing is kept", why->message, error->message);
        return FALSE;
    }
    log_error("store: %s: moved to %s, a new file is begun", why->message, to);
    worker->anew = worker->was_read; /* else there is nothing but what was put since */
    worker->was_read = TRUE;
    worker->set_aside++;
    return TRUE;
}

static FileResult file_try(Worker *worker, GPtrArray *rows, GError **error)
{
    StoreFile *file = worker->store->file;
    FileResult result = FILE_GOOD;

    if (store_file_is_open(file) && store_file_is_lost(file)) {
        log_error("store: the file is gone: a new one is begun");
        store_file_close(file);
        worker->anew = TRUE;
    }
    if (!store_file_is_open(file))
        result = store_file_open(file, error);
    /* What is new goes first, so that what is old cannot be taken for it. */
    if (result == FILE_GOOD && (worker->anew || g_hash_table_size(worker->unsaved)))
        result = store_file_write(file, worker->unsaved, worker->anew, error);
    if (result == FILE_GOOD && !worker->was_read)
        result = store_file_read(file, rows, error);
    return result;
}

static void trouble_note(Worker *worker, const GError *why)
{
    gint64 now = monotonic_us();

    if (!worker->retry_at_us) {
        log_error("store: %s: registrations are in memory only until it works again", why->message);
        worker->retry_us = RETRY_FIRST_US;
    } else if (now >= worker->retry_at_us) {
        worker->retry_us = MIN(worker->retry_us * 2, RETRY_LONGEST_US);
    } else {
        return; /* a batch meanwhile: the old date stands */
    }
    worker->retry_at_us = now + worker->retry_us;
}

/* Writes what there is. ROWS gets what the file had, the first time. */
static gboolean file_serve(Worker *worker, GPtrArray *rows)
{
    g_autoptr(GError) error = NULL;
    FileResult result = file_try(worker, rows, &error);

    if (result == FILE_BROKEN && file_set_aside(worker, error)) {
        g_clear_error(&error);
        g_ptr_array_set_size(rows, 0);
        result = file_try(worker, rows, &error);
    }
    if (result != FILE_GOOD) {
        g_ptr_array_set_size(rows, 0);
        trouble_note(worker, error);
        store_file_close(worker->store->file); /* the next attempt begins from the path */
        return FALSE;
    }
    if (worker->retry_at_us)
        log_notice("store: the file works again, %u value(s) written",
                   g_hash_table_size(worker->unsaved));
    worker->retry_at_us = 0;
    worker->was_read = TRUE;
    g_hash_table_remove_all(worker->unsaved);
    return TRUE;
}

/* One turn: QUEUE holds the values of a batch. The desk is unlocked. */
static StoreTally batch_serve(Worker *worker, GQueue *queue, gboolean *renew, GPtrArray *rows)
{
    gboolean wrote, hold;

    batch_take(worker, queue);
    /* In trouble nobody waits for the disk: the next attempt has its time. */
    hold = worker->retry_at_us && monotonic_us() < worker->retry_at_us;
    wrote = !hold && file_serve(worker, rows);
    *renew = wrote && worker->anew;
    if (wrote)
        worker->anew = FALSE;
    worker->commits += wrote;
    worker->failures += !wrote;
    return (StoreTally){.written = worker->taken,
                        .stored = wrote,
                        .commits = worker->commits,
                        .failures = worker->failures,
                        .set_aside = worker->set_aside,
                        .unsaved = g_hash_table_size(worker->unsaved)};
}

gpointer store_thread_main(gpointer data)
{
    Store *store = data;
    StoreDesk *desk = &store->desk;
    Worker worker = {.store = store};
    gboolean closing = FALSE;

    worker.unsaved = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, store_change_free);
    for (gboolean first = TRUE; !closing; first = FALSE) {
        g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)store_row_free);
        GQueue queue;
        StoreTally tally;
        gboolean renew = FALSE;

        pthread_mutex_lock(&desk->lock);
        if (!first)
            desk_wait(&worker);
        closing = desk->closing;
        queue = desk->queue;
        g_queue_init(&desk->queue);
        pthread_mutex_unlock(&desk->lock);

        if (closing)
            worker.retry_at_us = worker.retry_at_us ? 1 : 0; /* one last attempt */
        tally = batch_serve(&worker, &queue, &renew, rows);

        pthread_mutex_lock(&desk->lock);
        desk->tally = tally;
        desk->tried = TRUE;
        desk->renew |= renew;
        if (rows->len && !desk->rows)
            desk->rows = g_steal_pointer(&rows);
        pthread_cond_signal(&desk->read);
        pthread_mutex_unlock(&desk->lock);
        store_tell_home(store);
    }
    if (g_hash_table_size(worker.unsaved))
        log_error("store: %u value(s) are lost: the file could not be written to the end",
                  g_hash_table_size(worker.unsaved));
    g_hash_table_unref(worker.unsaved);
    store_file_close(store->file);
    return NULL;
}
