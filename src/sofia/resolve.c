/* Questions to the name server, and those who wait for the answers. */
#include "resolve_private.h"

#include "settings.h"

#include <string.h>

static void query_free(gpointer data)
{
    ResolveQuery *query = data;

    loop_timer_free(query->resolve->loop, query->timer);
    ask_cancel(query->ask);
    g_free(query->number);
    g_free(query);
}

Resolve *resolve_new(Loop *loop, const ResolveSettings *settings, GError **error)
{
    Asker *asker =
        asker_new(loop, settings->name_server.ss_family ? &settings->name_server : NULL, error);
    Resolve *resolve;

    if (!asker)
        return NULL;
    resolve = g_new0(Resolve, 1);
    resolve->loop = loop;
    resolve->asker = asker;
    resolve->settings = *settings;
    resolve->book = hop_book_new();
    resolve->lookups = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, lookup_free);
    resolve->waiting = g_hash_table_new_full(NULL, NULL, query_free, NULL);
    return resolve;
}

void resolve_free(Resolve *resolve)
{
    if (!resolve)
        return;
    g_hash_table_unref(resolve->waiting);
    g_hash_table_unref(resolve->lookups);
    asker_free(resolve->asker);
    hop_book_free(resolve->book);
    g_free(resolve);
}

void resolve_cancel(ResolveQuery *query)
{
    if (query)
        g_hash_table_remove(query->resolve->waiting, query);
}

void resolve_count(const Resolve *resolve, ResolveCounters *counters)
{
    *counters = resolve->counters;
    counters->misses = hop_book_misses(resolve->book);
    counters->stale = hop_book_stale_uses(resolve->book);
}

/* ---- those who wait ---- */

void query_answer(ResolveQuery *query, const GArray *hops, const char *uri)
{
    ResolveHopsFunc hops_func = query->hops_func;
    ResolveUriFunc uri_func = query->uri_func;
    void *user = query->user;

    g_hash_table_remove(query->resolve->waiting, query);
    if (hops_func)
        hops_func(user, hops);
    else
        uri_func(user, uri);
}

static void query_overdue(void *user)
{
    ResolveQuery *query = user;
    Resolve *resolve = query->resolve;

    resolve->counters.hurried++;
    if (query->uri_func)
        resolve->numbers_after_us = loop_now(resolve->loop) + PAUSE_US;
    else
        lookup_leave(query->lookup);
    if (log_limit(&resolve->limit, 1, 60 * G_USEC_PER_SEC))
        log_warning("resolve: %s: no answer of a name server, going on without",
                    query->uri_func ? query->number : lookup_host(query->lookup));
    query_answer(query, NULL, NULL);
}

ResolveQuery *query_new(Resolve *resolve, void *user)
{
    ResolveQuery *query = g_new0(ResolveQuery, 1);

    query->resolve = resolve;
    query->user = user;
    query->timer = loop_timer_new(resolve->loop, query_overdue, query);
    loop_timer_start(resolve->loop, query->timer, resolve->settings.wait_us);
    g_hash_table_add(resolve->waiting, query);
    return query;
}

void waiting_answer(Resolve *resolve, const Lookup *lookup, const GArray *hops)
{
    GHashTableIter iter;
    gpointer query;

    for (;;) {
        ResolveQuery *next = NULL;

        g_hash_table_iter_init(&iter, resolve->waiting);
        while (!next && g_hash_table_iter_next(&iter, &query, NULL)) {
            if (((ResolveQuery *)query)->lookup == lookup)
                next = query;
        }
        if (!next)
            return;
        query_answer(next, hops, NULL);
    }
}

guint32 resolve_draw(void *nobody, guint32 limit)
{
    (void)nobody;
    return (guint32)g_random_double_range(0, (double)limit + 1);
}

/* HOST itself is an address. */
static gboolean hops_numeric(const char *host, guint16 port, gboolean tcp, GArray *hops)
{
    NextHop hop = {.tcp = tcp};

    if (!address_parse(host, &hop.address) || address_port((struct sockaddr *)&hop.address))
        return FALSE;
    address_set_port(&hop.address, port ? port : PORT_SIP);
    g_array_append_val(hops, hop);
    return TRUE;
}

static char *hops_key(const char *host, guint16 port, gboolean tcp)
{
    return g_strdup_printf("%s:%u/%s", host, port, tcp ? "tcp" : "udp");
}

GArray *resolve_known(Resolve *resolve, const char *host, guint16 port, gboolean tcp)
{
    g_autofree char *key = hops_key(host, port, tcp);
    g_autoptr(GArray) hops = g_array_new(FALSE, TRUE, sizeof(NextHop));
    const GArray *known = NULL;

    if (!hops_numeric(host, port, tcp, hops)) {
        known = hop_book_get(resolve->book, key, loop_now(resolve->loop), NULL);
        if (known)
            g_array_append_vals(hops, known->data, known->len);
    }
    return hops->len ? g_steal_pointer(&hops) : NULL;
}

ResolveQuery *resolve_hops(Resolve *resolve, const char *host, guint16 port, gboolean tcp,
                           ResolveHopsFunc func, void *user)
{
    g_autofree char *key = hops_key(host, port, tcp);
    g_autoptr(GArray) hops = g_array_new(FALSE, TRUE, sizeof(NextHop));
    gint64 now = loop_now(resolve->loop);
    const GArray *known;
    ResolveQuery *query;
    HopAge age;
    Lookup *lookup;

    if (hops_numeric(host, port, tcp, hops)) {
        func(user, hops);
        return NULL;
    }
    known = hop_book_get(resolve->book, key, now, &age);
    lookup = age == HOPS_FRESH ? NULL : lookup_get(resolve, key, host, port, tcp);
    if (known) {
        g_array_append_vals(hops, known->data, known->len);
        hops_draw(hops, resolve_draw, NULL);
        func(user, hops);
        return NULL;
    }
    if (!lookup || lookup_is_left(lookup)) {
        resolve->counters.hurried++;
        func(user, NULL);
        return NULL;
    }
    query = query_new(resolve, user);
    query->lookup = lookup;
    query->hops_func = func;
    return query;
}
