/* Requests that come twice by different ways: one of them is enough (RFC 3261 8.2.2.2). */
#include "merge.h"

#include <string.h>

struct MergeRequest {
    char *key;
    char *branch;
    gpointer owner;
    gint64 until_us; /* when it may be forgotten; 0: it has not ended */
};

struct Merge {
    GHashTable *requests; /* by key; owns */
    GQueue ended;         /* of MergeRequest*, in the order they are forgotten */
    gint64 keep_us;
};

static void request_free(gpointer data)
{
    MergeRequest *request = data;

    g_free(request->key);
    g_free(request->branch);
    g_free(request);
}

Merge *merge_new(gint64 keep_us)
{
    Merge *merge = g_new0(Merge, 1);

    merge->requests = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, request_free);
    g_queue_init(&merge->ended);
    merge->keep_us = keep_us;
    return merge;
}

void merge_free(Merge *merge)
{
    if (!merge)
        return;
    g_queue_clear(&merge->ended);
    g_hash_table_unref(merge->requests);
    g_free(merge);
}

/* Line feeds part the fields: no field can hold one. */
static char *key_new(const MergeIdentity *identity)
{
    return g_strdup_printf("%s\n%s\n%u %s\n%s", identity->call_id, identity->from_tag,
                           identity->cseq, identity->method, identity->target);
}

static void merge_forget(Merge *merge, gint64 now_us)
{
    MergeRequest *oldest;

    while ((oldest = g_queue_peek_head(&merge->ended)) && oldest->until_us <= now_us) {
        g_queue_pop_head(&merge->ended);
        g_hash_table_remove(merge->requests, oldest->key);
    }
}

MergeRequest *merge_meet(Merge *merge, const MergeIdentity *identity, const char *branch,
                         gpointer owner, gint64 now_us, gboolean *copy)
{
    g_autofree char *key = key_new(identity);
    MergeRequest *request;

    merge_forget(merge, now_us);
    request = g_hash_table_lookup(merge->requests, key);
    *copy = request && strcmp(request->branch, branch) != 0;
    if (request)
        return request;
    request = g_new0(MergeRequest, 1);
    request->key = g_steal_pointer(&key);
    request->branch = g_strdup(branch);
    request->owner = owner;
    g_hash_table_insert(merge->requests, request->key, request);
    return request;
}

gpointer merge_owner(const MergeRequest *request)
{
    return request->owner;
}

void merge_end(Merge *merge, MergeRequest *request, gboolean keep, gint64 now_us)
{
    if (!request || request->until_us)
        return;
    if (!keep) {
        g_hash_table_remove(merge->requests, request->key);
        return;
    }
    request->owner = NULL;
    request->until_us = now_us + merge->keep_us;
    g_queue_push_tail(&merge->ended, request);
}

guint merge_count(const Merge *merge)
{
    return g_hash_table_size(merge->requests);
}
