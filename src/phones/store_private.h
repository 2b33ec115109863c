/* What the files of the store share: the store itself, its thread, its records.
 */
#pragma once

#include "store.h"
#include "store_file.h"

#include <pthread.h>

#define BATCH_MAX 256 /* values that are committed without waiting for more */

/* What the thread tells the home loop. */
typedef struct StoreTally {
    guint64 written; /* every value up to this serial is on the disk, or given up waiting for */
    gboolean stored;
    guint64 commits, failures, set_aside;
    guint unsaved; /* values that wait for the file */
} StoreTally;

/* What both threads touch, under its lock. */
typedef struct StoreDesk {
    pthread_mutex_t lock; /* not a GMutex, which ThreadSanitizer cannot see into */
    pthread_cond_t work, read;
    GQueue queue;    /* of StoreChange* */
    GPtrArray *rows; /* of StoreRow*: what the file had, until the home loop has taken it */
    gboolean tried;  /* the first attempt to open is over */
    gboolean renew;  /* readers shall put everything again */
    gboolean closing;
    StoreTally tally;
} StoreDesk;

/* Posted news find it when the store is gone. Home thread only, but for its references. */
typedef struct StoreHandle {
    gint references;
    Store *store; /* NULL: freed */
} StoreHandle;

struct Store {
    Loop *home;
    StoreHandle *handle;
    GArray *readers; /* of StoreReader */
    GPtrArray *tables;
    StoreDesk desk;
    StoreFile *file; /* the thread's alone while it runs */
    GThread *thread; /* NULL: memory only */
    guint64 serial;  /* of the last value put */
    guint64 written; /* the thread is done with every value up to it, as far as we have heard */
    GQueue waiters;  /* of StoreWaiter*, in order */
    LoopTimer *patience;
    guint64 puts, late;
    GHashTable *records; /* char* -> StoreRow*: all there are */
};

/* store_thread.c. Home thread: the store's own. */
gpointer store_thread_main(gpointer store);
/* store.c: the thread has news on the desk. Any thread. */
void store_tell_home(Store *store);

/* store_record.c */
void store_records_open(Store *store);
