/* A name that is being asked for: its SRV records, then the addresses of each server. */
#include "resolve_private.h"

#include "settings.h"

/* It is given up after so long. */
#define LOOKUP_US (8 * G_USEC_PER_SEC)
#define SERVERS_MAX 8

/* One server that a name has, and its addresses. */
typedef struct Server {
    char *name;
    guint16 priority, weight, port;
    GArray *v4, *v6; /* of struct sockaddr_storage; NULL: none yet */
} Server;

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

static void server_clear(gpointer data)
{
    Server *server = data;

    g_free(server->name);
    g_clear_pointer(&server->v4, g_array_unref);
    g_clear_pointer(&server->v6, g_array_unref);
}

void lookup_free(gpointer data)
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

void lookup_leave(Lookup *lookup)
{
    lookup->overdue = TRUE;
}

gboolean lookup_is_left(const Lookup *lookup)
{
    return lookup->overdue;
}

const char *lookup_host(const Lookup *lookup)
{
    return lookup->host;
}

static void hops_collect(const Lookup *lookup, GArray *hops)
{
    for (guint i = 0; i < lookup->servers->len; i++) {
        const Server *server = &g_array_index(lookup->servers, Server, i);
        const GArray *const families[] = {server->v4, server->v6};

        for (guint j = 0; j < G_N_ELEMENTS(families); j++) {
            for (guint k = 0; families[j] && k < families[j]->len; k++) {
                NextHop hop = {.address = g_array_index(families[j], struct sockaddr_storage, k),
                               .tcp = lookup->tcp,
                               .server = (guint8)i,
                               .priority = server->priority,
                               .weight = server->weight};

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

/* RECORD: its SRV record, or NULL. */
static void lookup_add_server(Lookup *lookup, const char *name, guint16 port,
                              const SrvServer *record)
{
    Server server = {.name = g_strdup(name),
                     .priority = record ? record->priority : 0,
                     .weight = record ? record->weight : 0,
                     .port = port};

    g_array_append_val(lookup->servers, server);
}

static void lookup_take_servers(Lookup *lookup, const AskAnswer *answer)
{
    /* Not to be told is not to be told that there is none. */
    if (answer->result == ASK_FAILED)
        return;
    srv_order((SrvServer *)(void *)answer->servers->data, answer->servers->len, resolve_draw, NULL);
    for (guint i = 0; i < MIN(answer->servers->len, SERVERS_MAX); i++) {
        const SrvServer *server = &g_array_index(answer->servers, SrvServer, i);

        lookup_add_server(lookup, server->target, server->port, server);
    }
    if (answer->result == ASK_NOTHING)
        lookup_add_server(lookup, lookup->host, PORT_SIP, NULL);
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
        lookup_add_server(lookup, host, port, NULL);
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

Lookup *lookup_get(Resolve *resolve, const char *key, const char *host, guint16 port, gboolean tcp)
{
    Lookup *lookup = g_hash_table_lookup(resolve->lookups, key);

    if (lookup || !hop_book_wants(resolve->book, key, loop_now(resolve->loop)))
        return lookup;
    return lookup_new(resolve, key, host, port, tcp);
}
