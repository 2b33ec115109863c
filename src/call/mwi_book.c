/* The book of mailboxes: what each side has said of them last. */
#include "mwi.h"

#include <stdlib.h>
#include <string.h>

struct MwiBook {
    GHashTable *entries; /* key -> MwiEntry* */
    guint limit;
    MwiSaveFunc save;
    void *user;
};

/* "pbx/200": what the PBX says of 200 is another thing than what is said to it. */
static char *key_of(MwiSide side, const char *mailbox)
{
    g_autofree char *plain = g_uri_escape_string(mailbox, NULL, FALSE);

    return g_strdup_printf("%s/%s", side == MWI_BY_PBX ? "pbx" : "sip", plain);
}

MwiBook *mwi_book_new(guint limit)
{
    MwiBook *book = g_new0(MwiBook, 1);

    book->entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    book->limit = limit;
    return book;
}

void mwi_book_free(MwiBook *book)
{
    if (!book)
        return;
    g_hash_table_unref(book->entries);
    g_free(book);
}

void mwi_book_set_limit(MwiBook *book, guint limit)
{
    book->limit = limit;
}

void mwi_book_set_saver(MwiBook *book, MwiSaveFunc func, void *user)
{
    book->save = func;
    book->user = user;
}

/* ---- as text ------------------------------------------------------------------------------------
 */

static char *entry_write(const MwiEntry *entry)
{
    const MwiState *state = &entry->state;
    g_autofree char *trunk = g_uri_escape_string(entry->trunk, NULL, FALSE);

    return g_strdup_printf("%s %d %d %u %u %u %u %" G_GINT64_FORMAT, trunk, state->waiting,
                           state->counted, state->fresh, state->old, state->urgent_fresh,
                           state->urgent_old, entry->since_us);
}

static gboolean name_read(const char *text, char *name)
{
    g_autofree char *plain = g_uri_unescape_string(text, NULL);

    return plain && g_strlcpy(name, plain, TAG_MAX) < TAG_MAX;
}

static gboolean count_read(const char *text, guint64 most, guint64 *count)
{
    return g_ascii_string_to_unsigned(text, 10, 0, most, count, NULL);
}

static gboolean entry_read(const char *key, const char *value, MwiEntry *entry)
{
    g_auto(GStrv) fields = g_strsplit(value, " ", -1);
    guint64 number[7];

    *entry = (MwiEntry){.side = g_str_has_prefix(key, "pbx/") ? MWI_BY_PBX : MWI_BY_SIP};
    if (strlen(key) < 5 || g_strv_length(fields) != 8 || !name_read(key + 4, entry->mailbox) ||
        !*entry->mailbox || !name_read(fields[0], entry->trunk))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(number); i++)
        if (!count_read(fields[i + 1], i < 2 ? 1 : i < 6 ? G_MAXUINT32 : G_MAXINT64, &number[i]))
            return FALSE;
    entry->state = (MwiState){number[0] != 0,     number[1] != 0,     (guint32)number[2],
                              (guint32)number[3], (guint32)number[4], (guint32)number[5]};
    entry->since_us = (gint64)number[6];
    return TRUE;
}

/* ---- entries ------------------------------------------------------------------------------------
 */

static void book_take_out(MwiBook *book, const char *key)
{
    if (book->save)
        book->save(book->user, key, NULL);
    g_hash_table_remove(book->entries, key);
}

/* The mailbox without messages that has been so for the longest time goes. FALSE: there is none. */
static gboolean book_make_room(MwiBook *book)
{
    const char *oldest = NULL;
    gint64 since_us = G_MAXINT64;
    GHashTableIter iter;
    gpointer key, value;

    if (g_hash_table_size(book->entries) < book->limit)
        return TRUE;
    g_hash_table_iter_init(&iter, book->entries);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const MwiEntry *entry = value;

        if (!entry->state.waiting && entry->since_us < since_us) {
            oldest = key;
            since_us = entry->since_us;
        }
    }
    if (!oldest)
        return FALSE;
    book_take_out(book, oldest);
    return TRUE;
}

gboolean mwi_book_load(MwiBook *book, const char *key, const char *value)
{
    MwiEntry entry;

    if (!entry_read(key, value, &entry) || !book_make_room(book))
        return FALSE;
    g_hash_table_replace(book->entries, key_of(entry.side, entry.mailbox),
                         g_memdup2(&entry, sizeof entry));
    return TRUE;
}

MwiChange mwi_book_note(MwiBook *book, const MwiEntry *entry)
{
    g_autofree char *key = key_of(entry->side, entry->mailbox);
    const MwiEntry *known = g_hash_table_lookup(book->entries, key);
    g_autofree char *value = NULL;

    g_return_val_if_fail(*entry->mailbox, MWI_SAME);
    if (known && mwi_state_equal(&known->state, &entry->state) &&
        strcmp(known->trunk, entry->trunk) == 0)
        return MWI_SAME;
    if (!known && !book_make_room(book))
        return MWI_FULL;
    value = entry_write(entry);
    if (book->save)
        book->save(book->user, key, value);
    g_hash_table_replace(book->entries, g_steal_pointer(&key), g_memdup2(entry, sizeof *entry));
    return MWI_CHANGED;
}

void mwi_book_forget(MwiBook *book, MwiSide side, const char *mailbox)
{
    g_autofree char *key = key_of(side, mailbox);

    if (g_hash_table_contains(book->entries, key))
        book_take_out(book, key);
}

const MwiEntry *mwi_book_find(const MwiBook *book, MwiSide side, const char *mailbox)
{
    g_autofree char *key = key_of(side, mailbox);

    return g_hash_table_lookup(book->entries, key);
}

static gint by_key(gconstpointer one, gconstpointer other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

void mwi_book_each(const MwiBook *book, MwiEntryFunc func, void *user)
{
    guint count = 0;
    g_autofree gpointer *keys = g_hash_table_get_keys_as_array(book->entries, &count);

    qsort(keys, count, sizeof *keys, by_key);
    for (guint i = 0; i < count; i++)
        func(user, g_hash_table_lookup(book->entries, keys[i]));
}
