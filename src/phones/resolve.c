/* Questions to the name server: where a name's SIP servers are, and which URI a telephone number
 * has. */
#include "resolve.h"

#include "e164.h"
#include "log.h"
#include "resolve_ask.h"
#include "settings.h"

#include <string.h>

#define PORT_SIP 5060
/* A lookup is given up after so long, and after a miss not begun again for so long. */
#define LOOKUP_US (8 * G_USEC_PER_SEC)
#define PAUSE_US (5 * G_USEC_PER_SEC)
#define SERVERS_MAX 8
/* RFC 6116 5.2.1: five non-terminal records, then it is a loop. */
#define ONWARD_MAX 5

typedef struct Lookup Lookup;

struct Resolve {
    Loop *loop;
    Asker *asker;
    ResolveSettings settings;
    HopBook *book;
    GHashTable *lookups;     /* key -> Lookup*; owns */
    GHashTable *waiting;     /* of ResolveQuery*; a set; owns */
    gint64 numbers_after_us; /* before this no number is asked for: the name server is silent */
    ResolveCounters counters;
    LogLimit limit;
};

/* Somebody who waits for a lookup or a number. */
struct ResolveQuery {
    Resolve *resolve;
    LoopTimer *timer;
    void *user;
    /* of a lookup */
    Lookup *lookup;
    ResolveHopsFunc hops_func;
    /* of a number */
    ResolveUriFunc uri_func;
    char *number;
    Ask *ask;
    guint onward;
};

/* One server that a name has, and its addresses. */
typedef struct Server {
    char *name;
    guint16 port;
    GArray *v4, *v6; /* of struct sockaddr_storage; NULL: none yet */
} Server;

/* A name that is being asked for. */
struct Lookup {
    Resolve *resolve;
    char *key, *host;
    gboolean tcp;
    GArray *servers;  /* of Server */
    GHashTable *asks; /* of Ask*; a set */
    LoopTimer *timer;
    gboolean overdue; /* nobody waits for it any more */
    guint ttl_s;
};

static void query_free(gpointer data)
{
    ResolveQuery *query = data;

    loop_timer_free(query->resolve->loop, query->timer);
    ask_cancel(query->ask);
    g_free(query->number);
    g_free(query);
}

static void server_clear(gpointer data)
{
    Server *server = data;

    g_free(server->name);
    g_clear_pointer(&server->v4, g_array_unref);
    g_clear_pointer(&server->v6, g_array_unref);
}

static void lookup_free(gpointer data)
{
    Lookup *lookup = data;
    GHashTableIter iter;
    gpointer ask;

    g_hash_table_iter_init(&iter, lookup->asks);
    while (g_hash_table_iter_next(&iter, &ask, NULL))
        ask_cancel(ask);
    g_hash_table_unref(lookup->asks);
    loop_timer_free(lookup->resolve->loop, lookup->timer);
    g_array_unref(lookup->servers);
    g_free(lookup->key);
    g_free(lookup->host);
    g_free(lookup);
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

static void query_answer(ResolveQuery *query, const GArray *hops, const char *uri)
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
        query->lookup->overdue = TRUE;
    if (log_limit(&resolve->limit, 1, 60 * G_USEC_PER_SEC))
        log_warning("resolve: %s: no answer of a name server, going on without",
                    query->uri_func ? query->number : query->lookup->host);
    query_answer(query, NULL, NULL);
}

static ResolveQuery *query_new(Resolve *resolve, void *user)
{
    ResolveQuery *query = g_new0(ResolveQuery, 1);

    query->resolve = resolve;
    query->user = user;
    query->timer = loop_timer_new(resolve->loop, query_overdue, query);
    loop_timer_start(resolve->loop, query->timer, resolve->settings.wait_us);
    g_hash_table_add(resolve->waiting, query);
    return query;
}

/* Everybody who waits for LOOKUP is told; they may cancel one another meanwhile. */
static void waiting_answer(Resolve *resolve, const Lookup *lookup, const GArray *hops)
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

/* ---- lookups ---- */

static void hops_collect(const Lookup *lookup, GArray *hops)
{
    for (guint i = 0; i < lookup->servers->len; i++) {
        const Server *server = &g_array_index(lookup->servers, Server, i);
        const GArray *const families[] = {server->v4, server->v6};

        for (guint j = 0; j < G_N_ELEMENTS(families); j++) {
            for (guint k = 0; families[j] && k < families[j]->len; k++) {
                NextHop hop = {.address = g_array_index(families[j], struct sockaddr_storage, k),
                               .tcp = lookup->tcp};

                address_set_port(&hop.address, server->port);
                g_array_append_val(hops, hop);
            }
        }
    }
}

/* Every question has its answer, or none will come. */
static void lookup_end(Lookup *lookup)
{
    Resolve *resolve = lookup->resolve;
    gint64 now = loop_now(resolve->loop);
    g_autoptr(GArray) hops = g_array_new(FALSE, TRUE, sizeof(NextHop));
    g_autoptr(GArray) known = NULL;

    hops_collect(lookup, hops);
    if (hops->len)
        hop_book_put(resolve->book, lookup->key, hops, lookup->ttl_s, now);
    else
        hop_book_miss(resolve->book, lookup->key, PAUSE_US, now);
    g_hash_table_steal(resolve->lookups, lookup->key);
    known = hops->len ? g_array_ref(hops) : NULL;
    waiting_answer(resolve, lookup, known);
    lookup_free(lookup);
}

static void lookup_overdue(void *user)
{
    lookup_end(user);
}

static void lookup_answered(void *user, guint tag, const AskAnswer *answer);

static gboolean lookup_ask(Lookup *lookup, AskType type, const char *name, guint tag)
{
    Ask *ask = ask_new(lookup->resolve->asker, type, name, lookup_answered, lookup, tag);

    if (!ask)
        return FALSE;
    g_hash_table_add(lookup->asks, ask);
    return TRUE;
}

static void lookup_ask_addresses(Lookup *lookup)
{
    const ResolveSettings *settings = &lookup->resolve->settings;

    for (guint i = 0; i < lookup->servers->len; i++) {
        const Server *server = &g_array_index(lookup->servers, Server, i);

        if (settings->v4)
            lookup_ask(lookup, ASK_A, server->name, i);
        if (settings->v6)
            lookup_ask(lookup, ASK_AAAA, server->name, i);
    }
}

static void lookup_add_server(Lookup *lookup, const char *name, guint16 port)
{
    Server server = {.name = g_strdup(name), .port = port};

    g_array_append_val(lookup->servers, server);
}

static guint32 draw_server(void *user, guint32 limit)
{
    (void)user;
    return (guint32)g_random_double_range(0, (double)limit + 1);
}

static void lookup_take_servers(Lookup *lookup, const AskAnswer *answer)
{
    /* Not to be told is not to be told that there is none. */
    if (answer->result == ASK_FAILED)
        return;
    srv_order((SrvServer *)(void *)answer->servers->data, answer->servers->len, draw_server, NULL);
    for (guint i = 0; i < MIN(answer->servers->len, SERVERS_MAX); i++) {
        const SrvServer *server = &g_array_index(answer->servers, SrvServer, i);

        lookup_add_server(lookup, server->target, server->port);
    }
    if (answer->result == ASK_NOTHING)
        lookup_add_server(lookup, lookup->host, PORT_SIP);
    lookup_ask_addresses(lookup);
}

static void lookup_answered(void *user, guint tag, const AskAnswer *answer)
{
    Lookup *lookup = user;
    Server *server =
        tag < lookup->servers->len ? &g_array_index(lookup->servers, Server, tag) : NULL;

    g_hash_table_remove(lookup->asks, answer->ask);
    if (answer->result == ASK_FOUND)
        lookup->ttl_s = MIN(lookup->ttl_s, answer->ttl_s);
    switch (answer->type) {
    case ASK_SRV:
        lookup_take_servers(lookup, answer);
        break;
    case ASK_A:
        if (server && answer->addresses->len)
            server->v4 = g_array_ref(answer->addresses);
        break;
    case ASK_AAAA:
        if (server && answer->addresses->len)
            server->v6 = g_array_ref(answer->addresses);
        break;
    case ASK_NAPTR:
        break;
    }
    if (g_hash_table_size(lookup->asks) == 0)
        lookup_end(lookup);
}

static Lookup *lookup_new(Resolve *resolve, const char *key, const char *host, guint16 port,
                          gboolean tcp)
{
    Lookup *lookup = g_new0(Lookup, 1);
    g_autofree char *service = g_strdup_printf("%s.%s", tcp ? "_sip._tcp" : "_sip._udp", host);

    *lookup = (Lookup){.resolve = resolve,
                       .key = g_strdup(key),
                       .host = g_strdup(host),
                       .tcp = tcp,
                       .ttl_s = G_MAXUINT};
    lookup->servers = g_array_new(FALSE, TRUE, sizeof(Server));
    g_array_set_clear_func(lookup->servers, server_clear);
    lookup->asks = g_hash_table_new(NULL, NULL);
    lookup->timer = loop_timer_new(resolve->loop, lookup_overdue, lookup);
    resolve->counters.lookups++;
    if (port) {
        lookup_add_server(lookup, host, port);
        lookup_ask_addresses(lookup);
    } else if (*host) {
        lookup_ask(lookup, ASK_SRV, service, 0);
    }
    if (g_hash_table_size(lookup->asks) == 0) {
        hop_book_miss(resolve->book, key, PAUSE_US, loop_now(resolve->loop));
        lookup_free(lookup);
        return NULL;
    }
    loop_timer_start(resolve->loop, lookup->timer, LOOKUP_US);
    g_hash_table_insert(resolve->lookups, lookup->key, lookup);
    return lookup;
}

static Lookup *lookup_get(Resolve *resolve, const char *key, const char *host, guint16 port,
                          gboolean tcp)
{
    Lookup *lookup = g_hash_table_lookup(resolve->lookups, key);

    if (lookup || !hop_book_wants(resolve->book, key, loop_now(resolve->loop)))
        return lookup;
    return lookup_new(resolve, key, host, port, tcp);
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

ResolveQuery *resolve_hops(Resolve *resolve, const char *host, guint16 port, gboolean tcp,
                           ResolveHopsFunc func, void *user)
{
    g_autofree char *key = g_strdup_printf("%s:%u/%s", host, port, tcp ? "tcp" : "udp");
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
        func(user, hops);
        return NULL;
    }
    if (!lookup || lookup->overdue) {
        resolve->counters.hurried++;
        func(user, NULL);
        return NULL;
    }
    query = query_new(resolve, user);
    query->lookup = lookup;
    query->hops_func = func;
    return query;
}

/* ---- numbers ---- */

static void number_answered(void *user, guint tag, const AskAnswer *answer)
{
    ResolveQuery *query = user;
    g_autofree char *result = NULL;
    EnumOutcome outcome;

    (void)tag;
    query->ask = NULL;
    outcome = e164_choose((const EnumRecord *)(const void *)answer->records->data,
                          answer->records->len, query->number, &result);
    switch (outcome) {
    case ENUM_URI:
        query->resolve->counters.number_hits++;
        query_answer(query, NULL, result);
        return;
    case ENUM_DOMAIN:
        if (query->onward++ < ONWARD_MAX)
            query->ask =
                ask_new(query->resolve->asker, ASK_NAPTR, result, number_answered, query, 0);
        break;
    case ENUM_NOTHING:
        break;
    }
    if (!query->ask)
        query_answer(query, NULL, NULL);
}

ResolveQuery *resolve_number(Resolve *resolve, const char *number, const char *suffix,
                             ResolveUriFunc func, void *user)
{
    g_autofree char *domain = e164_domain(number, suffix);
    ResolveQuery *query;

    if (!domain || resolve->numbers_after_us > loop_now(resolve->loop)) {
        resolve->counters.hurried += domain != NULL;
        func(user, NULL);
        return NULL;
    }
    resolve->counters.numbers++;
    query = query_new(resolve, user);
    query->uri_func = func;
    query->number = g_strdup(number);
    query->ask = ask_new(resolve->asker, ASK_NAPTR, domain, number_answered, query, 0);
    if (query->ask)
        return query;
    query_answer(query, NULL, NULL);
    return NULL;
}
