/* Addresses of servers that are out of use for a time: see graylist.h. */
#include "graylist.h"

#include "settings.h"

typedef struct GrayEntry {
    GrayShade shade;
    gint64 until_us;
} GrayEntry;

struct Graylist {
    guint room;
    GHashTable *entries; /* char* key -> GrayEntry* */
};

Graylist *graylist_new(guint room)
{
    Graylist *list = g_new0(Graylist, 1);

    list->room = MAX(room, 1);
    list->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return list;
}

void graylist_free(Graylist *list)
{
    if (!list)
        return;
    g_hash_table_unref(list->entries);
    g_free(list);
}

char *graylist_key(const char *name, const NextHop *hop)
{
    g_autofree char *lower = g_ascii_strdown(name, -1);
    char address[64];

    return g_strdup_printf(
        "%s at %s/%s", lower,
        address_describe((const struct sockaddr *)&hop->address, address, sizeof(address)),
        hop->tcp ? "tcp" : "udp");
}

/* The entry that ends first; those that have ended are the first. */
static void graylist_make_room(Graylist *list)
{
    GHashTableIter iter;
    gpointer key, value, first = NULL;
    gint64 until = G_MAXINT64;

    g_hash_table_iter_init(&iter, list->entries);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        if (((GrayEntry *)value)->until_us < until) {
            until = ((GrayEntry *)value)->until_us;
            first = key;
        }
    }
    if (first)
        g_hash_table_remove(list->entries, first);
}

void graylist_note(Graylist *list, const char *key, GrayShade shade, gint64 until_us, gint64 now_us)
{
    GrayEntry *entry = g_hash_table_lookup(list->entries, key);

    if (until_us <= now_us || shade == GRAY_NOT)
        return;
    if (entry && entry->until_us > now_us && entry->shade > shade)
        return;
    if (!entry) {
        if (g_hash_table_size(list->entries) >= list->room)
            graylist_make_room(list);
        entry = g_new0(GrayEntry, 1);
        g_hash_table_insert(list->entries, g_strdup(key), entry);
    }
    *entry = (GrayEntry){shade, until_us};
}

void graylist_forget(Graylist *list, const char *key)
{
    g_hash_table_remove(list->entries, key);
}

GrayShade graylist_shade(const Graylist *list, const char *key, gint64 now_us, gint64 *until_us)
{
    const GrayEntry *entry = g_hash_table_lookup(list->entries, key);
    gboolean gray = entry && entry->until_us > now_us;

    if (until_us)
        *until_us = gray ? entry->until_us : 0;
    return gray ? entry->shade : GRAY_NOT;
}

guint graylist_size(const Graylist *list)
{
    return g_hash_table_size(list->entries);
}

typedef struct Ranked {
    NextHop hop;
    GrayEntry gray;
} Ranked;

static gint by_shade(gconstpointer one, gconstpointer other, gpointer unused)
{
    const GrayEntry *a = &((const Ranked *)one)->gray, *b = &((const Ranked *)other)->gray;

    (void)unused;
    if (a->shade != b->shade)
        return a->shade < b->shade ? -1 : 1;
    return (a->until_us > b->until_us) - (a->until_us < b->until_us);
}

guint graylist_order(const Graylist *list, const char *name, GArray *hops, gint64 now_us)
{
    g_autofree Ranked *ranked = g_new(Ranked, hops->len + 1);
    guint usable = 0;

    for (guint i = 0; i < hops->len; i++) {
        g_autofree char *key = NULL;

        ranked[i].hop = g_array_index(hops, NextHop, i);
        key = graylist_key(name, &ranked[i].hop);
        ranked[i].gray.shade = graylist_shade(list, key, now_us, &ranked[i].gray.until_us);
        usable += ranked[i].gray.shade != GRAY_BUSY;
    }
    g_qsort_with_data(ranked, (gint)hops->len, sizeof *ranked, by_shade, NULL); /* a stable sort */
    for (guint i = 0; i < hops->len; i++)
        g_array_index(hops, NextHop, i) = ranked[i].hop;
    return usable;
}
