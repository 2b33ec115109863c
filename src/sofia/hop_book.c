/* The numeric addresses of names, kept beyond their time for as long as no newer ones are to be
 * had. */
#include "hop_book.h"

#include "srv.h"

#include <string.h>

/* Names that calls bring along must not fill the memory. */
#define NAMES_MAX 4096
/* A name server's idea of time is bounded on both sides. */
#define TTL_MIN_S 5
#define TTL_MAX_S 86400

typedef struct HopEntry {
    GArray *hops; /* of NextHop; NULL: none known */
    gint64 fresh_until_us;
    gint64 ask_after_us;
} HopEntry;

struct HopBook {
    GHashTable *entries; /* char* name in lower case -> HopEntry* */
    guint64 misses, stale_uses;
};

static void entry_free(gpointer data)
{
    HopEntry *entry = data;

    if (entry->hops)
        g_array_unref(entry->hops);
    g_free(entry);
}

HopBook *hop_book_new(void)
{
    HopBook *book = g_new0(HopBook, 1);

    book->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free);
    return book;
}

void hop_book_free(HopBook *book)
{
    if (!book)
        return;
    g_hash_table_unref(book->entries);
    g_free(book);
}

static HopEntry *entry_find(const HopBook *book, const char *name)
{
    g_autofree char *key = g_ascii_strdown(name, -1);

    return g_hash_table_lookup(book->entries, key);
}

static HopEntry *entry_get(HopBook *book, const char *name)
{
    HopEntry *entry = entry_find(book, name);

    if (entry)
        return entry;
    if (g_hash_table_size(book->entries) >= NAMES_MAX)
        g_hash_table_remove_all(book->entries);
    entry = g_new0(HopEntry, 1);
    g_hash_table_insert(book->entries, g_ascii_strdown(name, -1), entry);
    return entry;
}

void hop_book_put(HopBook *book, const char *name, const GArray *hops, guint ttl_s, gint64 now_us)
{
    HopEntry *entry;

    g_return_if_fail(hops->len > 0);
    entry = entry_get(book, name);
    if (entry->hops)
        g_array_unref(entry->hops);
    entry->hops = g_array_sized_new(FALSE, TRUE, sizeof(NextHop), hops->len);
    g_array_append_vals(entry->hops, hops->data, hops->len);
    entry->fresh_until_us = now_us + (gint64)CLAMP(ttl_s, TTL_MIN_S, TTL_MAX_S) * G_USEC_PER_SEC;
    entry->ask_after_us = entry->fresh_until_us;
}

void hop_book_miss(HopBook *book, const char *name, gint64 pause_us, gint64 now_us)
{
    entry_get(book, name)->ask_after_us = now_us + pause_us;
    book->misses++;
}

const GArray *hop_book_get(HopBook *book, const char *name, gint64 now_us, HopAge *age)
{
    const HopEntry *entry = entry_find(book, name);
    HopAge found = !entry || !entry->hops           ? HOPS_UNKNOWN
                   : entry->fresh_until_us > now_us ? HOPS_FRESH
                                                    : HOPS_STALE;

    if (found == HOPS_STALE)
        book->stale_uses++;
    if (age)
        *age = found;
    return found == HOPS_UNKNOWN ? NULL : entry->hops;
}

gboolean hop_book_wants(const HopBook *book, const char *name, gint64 now_us)
{
    const HopEntry *entry = entry_find(book, name);

    return !entry || entry->ask_after_us <= now_us;
}

guint64 hop_book_misses(const HopBook *book)
{
    return book->misses;
}

guint64 hop_book_stale_uses(const HopBook *book)
{
    return book->stale_uses;
}

void hops_draw(GArray *hops, guint32 (*draw)(void *user, guint32 limit), void *user)
{
    g_autoptr(GArray) before = g_array_copy(hops);
    g_autoptr(GArray) servers = g_array_new(FALSE, TRUE, sizeof(SrvServer));

    for (guint i = 0; i < before->len; i++) {
        const NextHop *hop = &g_array_index(before, NextHop, i);
        SrvServer server = {hop->priority, hop->weight, hop->server, NULL};

        if (i == 0 || hop->server != g_array_index(before, NextHop, i - 1).server)
            g_array_append_val(servers, server);
    }
    srv_order((SrvServer *)(void *)servers->data, servers->len, draw, user);
    g_array_set_size(hops, 0);
    for (guint i = 0; i < servers->len; i++) {
        for (guint j = 0; j < before->len; j++) {
            const NextHop *hop = &g_array_index(before, NextHop, j);

            if (hop->server == g_array_index(servers, SrvServer, i).port)
                g_array_append_vals(hops, hop, 1);
        }
    }
}

gboolean next_hop_equal(const NextHop *a, const NextHop *b)
{
    if (a->tcp != b->tcp || a->address.ss_family != b->address.ss_family)
        return FALSE;
    if (a->address.ss_family == AF_INET) {
        const struct sockaddr_in *one = (const struct sockaddr_in *)&a->address;
        const struct sockaddr_in *other = (const struct sockaddr_in *)&b->address;

        return one->sin_port == other->sin_port && one->sin_addr.s_addr == other->sin_addr.s_addr;
    }
    if (a->address.ss_family == AF_INET6) {
        const struct sockaddr_in6 *one = (const struct sockaddr_in6 *)&a->address;
        const struct sockaddr_in6 *other = (const struct sockaddr_in6 *)&b->address;

        return one->sin6_port == other->sin6_port &&
               memcmp(&one->sin6_addr, &other->sin6_addr, sizeof one->sin6_addr) == 0;
    }
    return FALSE;
}
