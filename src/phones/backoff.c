/* Blocking after failures: see backoff.h. */
#include "backoff.h"

struct Backoff {
    guint room;
    GHashTable *failures; /* char* (its own key) -> Failure* */
    GQueue order;         /* of Failure*, the longest unheard of first */
};

typedef struct Failure {
    GList link; /* in order */
    char *key;
    guint count;          /* in the window */
    gint64 window_us;     /* when the window began */
    gint64 last_us;       /* the last failure */
    gint64 until_us;      /* end of the last block */
    gint64 next_block_us; /* 0: the rule's first */
} Failure;

static void failure_free(gpointer data)
{
    Failure *failure = data;

    g_free(failure->key);
    g_free(failure);
}

Backoff *backoff_new(guint room)
{
    Backoff *backoff = g_new0(Backoff, 1);

    backoff->room = MAX(room, 1);
    backoff->failures = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, failure_free);
    g_queue_init(&backoff->order);
    return backoff;
}

void backoff_free(Backoff *backoff)
{
    if (!backoff)
        return;
    g_hash_table_destroy(backoff->failures);
    g_free(backoff);
}

guint backoff_size(const Backoff *backoff)
{
    return g_hash_table_size(backoff->failures);
}

gboolean backoff_blocks(const Backoff *backoff, const char *key, gint64 now_us)
{
    const Failure *failure = g_hash_table_lookup(backoff->failures, key);

    return failure && now_us < failure->until_us;
}

static void failure_remove(Backoff *backoff, Failure *failure)
{
    g_queue_unlink(&backoff->order, &failure->link);
    g_hash_table_remove(backoff->failures, failure->key);
}

void backoff_forget(Backoff *backoff, const char *key)
{
    Failure *failure = g_hash_table_lookup(backoff->failures, key);

    if (failure)
        failure_remove(backoff, failure);
}

static Failure *failure_find(Backoff *backoff, const char *key)
{
    Failure *failure = g_hash_table_lookup(backoff->failures, key);

    if (failure) {
        g_queue_unlink(&backoff->order, &failure->link);
    } else {
        if (backoff_size(backoff) >= backoff->room)
            failure_remove(backoff, g_queue_peek_head(&backoff->order));
        failure = g_new0(Failure, 1);
        failure->link.data = failure;
        failure->key = g_strdup(key);
        g_hash_table_insert(backoff->failures, failure->key, failure);
    }
    g_queue_push_tail_link(&backoff->order, &failure->link);
    return failure;
}

static gboolean block_begin(Failure *failure, const BackoffRule *rule, gint64 now_us)
{
    gint64 block_us = failure->next_block_us ? failure->next_block_us : rule->block_us;

    failure->count = 0;
    failure->until_us = now_us + MIN(block_us, rule->longest_us);
    failure->next_block_us = MIN(2 * block_us, rule->longest_us);
    return TRUE;
}

gboolean backoff_note(Backoff *backoff, const char *key, const BackoffRule *rule, gint64 now_us)
{
    Failure *failure;

    if (rule->limit == 0)
        return FALSE;
    failure = failure_find(backoff, key);
    if (now_us - MAX(failure->last_us, failure->until_us) >= rule->longest_us)
        failure->next_block_us = 0;
    if (failure->count == 0 || now_us - failure->window_us >= rule->window_us) {
        failure->count = 0;
        failure->window_us = now_us;
    }
    failure->last_us = now_us;
    if (++failure->count < rule->limit)
        return FALSE;
    return block_begin(failure, rule, now_us);
}
