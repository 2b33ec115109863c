/* Whom a call back is for: the phones that have called for help, by the number each is called by.
 */
#include "emergency.h"

#include "call_private.h"
#include "number.h"

#include <string.h>

#define ENTRIES_MAX 1000
#define TAIL_MIN 3 /* digits: a shorter end could be anybody's */

struct ElinBook {
    GHashTable *entries; /* number -> ElinEntry* */
    ElinSaveFunc save;
    void *user;
};

ElinBook *elin_book_new(void)
{
    ElinBook *book = g_new0(ElinBook, 1);

    book->entries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    return book;
}

void elin_book_free(ElinBook *book)
{
    if (!book)
        return;
    g_hash_table_unref(book->entries);
    g_free(book);
}

void elin_book_set_saver(ElinBook *book, ElinSaveFunc func, void *user)
{
    book->save = func;
    book->user = user;
}

guint elin_book_count(const ElinBook *book)
{
    return g_hash_table_size(book->entries);
}

/* ---- as text ------------------------------------------------------------------------------------
 */

static char *entry_write(const ElinEntry *entry)
{
    g_autofree char *user = g_uri_escape_string(entry->user, NULL, FALSE);
    g_autofree char *contact = g_uri_escape_string(entry->contact, NULL, FALSE);
    g_autofree char *source = g_uri_escape_string(entry->source, NULL, FALSE);

    return g_strjoin(" ", entry->trunk, user, contact, source, NULL);
}

static gboolean field_read(const char *text, char *field, gsize size)
{
    g_autofree char *plain = g_uri_unescape_string(text, NULL);

    return plain && g_strlcpy(field, plain, size) < size;
}

static gboolean entry_read(const char *key, const char *value, ElinEntry *entry)
{
    g_auto(GStrv) fields = g_strsplit(value, " ", -1);

    *entry = (ElinEntry){0};
    return g_strv_length(fields) == 4 && *key &&
           g_strlcpy(entry->number, key, sizeof(entry->number)) < sizeof(entry->number) &&
           g_strlcpy(entry->trunk, fields[0], sizeof(entry->trunk)) < sizeof(entry->trunk) &&
           field_read(fields[1], entry->user, sizeof(entry->user)) &&
           field_read(fields[2], entry->contact, sizeof(entry->contact)) &&
           field_read(fields[3], entry->source, sizeof(entry->source));
}

/* ---- entries ------------------------------------------------------------------------------------
 */

static void book_tell(ElinBook *book, const ElinEntry *entry, gboolean kept)
{
    g_autofree char *value = kept ? entry_write(entry) : NULL;

    if (book->save)
        book->save(book->user, entry->number, value, kept ? entry->until_us : 0);
}

/* Takes out what is over and, with the book full, what will be first. */
static void book_make_room(ElinBook *book, gint64 now_us)
{
    GHashTableIter iter;
    gpointer value;
    ElinEntry *first = NULL;

    g_hash_table_iter_init(&iter, book->entries);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        ElinEntry *entry = value;

        if (entry->until_us > now_us) {
            if (!first || entry->until_us < first->until_us)
                first = entry;
            continue;
        }
        book_tell(book, entry, FALSE);
        g_hash_table_iter_remove(&iter);
    }
    if (g_hash_table_size(book->entries) >= ENTRIES_MAX) {
        book_tell(book, first, FALSE);
        g_hash_table_remove(book->entries, first->number);
    }
}

static void book_insert(ElinBook *book, const ElinEntry *entry)
{
    ElinEntry *copy = g_memdup2(entry, sizeof(*entry));

    g_hash_table_replace(book->entries, copy->number, copy);
}

gboolean elin_book_load(ElinBook *book, const char *key, const char *value, gint64 until_us,
                        gint64 now_us)
{
    ElinEntry entry;

    if (until_us <= now_us || !entry_read(key, value, &entry))
        return FALSE;
    book_make_room(book, now_us);
    entry.until_us = until_us;
    book_insert(book, &entry);
    return TRUE;
}

void elin_book_note(ElinBook *book, const ElinEntry *entry, gint64 now_us)
{
    g_return_if_fail(*entry->number);
    book_make_room(book, now_us);
    if (entry->until_us <= now_us)
        return;
    book_insert(book, entry);
    book_tell(book, entry, TRUE);
}

/* ---- the call back ------------------------------------------------------------------------------
 */

/* Exchanges leave out what they know, or put the country before it: the digits are compared from
 * behind. */
static gboolean tails_agree(const char *one, const char *other)
{
    gsize a = strlen(one), b = strlen(other), least = MIN(a, b);

    /* A national prefix stands before one of them only. */
    return least >= TAIL_MIN && memcmp(one + a - least, other + b - least, least) == 0;
}

/* The digits of NUMBER without + and a national prefix: what every form of it ends with. */
static const char *number_core(const char *number)
{
    if (*number == '+')
        return number + 1;
    return number + strspn(number, "0");
}

static gboolean entry_fits(const ElinEntry *entry, const TrunkSettings *trunk, const Number *called,
                           gboolean complete)
{
    g_autofree char *user = number_to_user(trunk, called);

    if (strcmp(user, entry->number) == 0 || strcmp(called->digits, entry->number) == 0)
        return TRUE;
    return complete && tails_agree(number_core(called->digits), number_core(entry->number));
}

static gboolean trunk_may_call_back(const Settings *settings, const ElinEntry *entry,
                                    const char *trunk)
{
    const GPtrArray *trunks = settings->emergency.trunks;

    if (strcmp(entry->trunk, trunk) == 0)
        return TRUE;
    for (guint i = 0; trunks && i < trunks->len; i++)
        if (strcmp(((const TrunkSettings *)trunks->pdata[i])->name, trunk) == 0)
            return TRUE;
    return FALSE;
}

const ElinEntry *elin_book_find(ElinBook *book, const Settings *settings, const char *trunk,
                                const Number *called, gboolean complete, gint64 now_us)
{
    const TrunkSettings *line = lookup_trunk(settings, trunk);
    const ElinEntry *best = NULL;
    GHashTableIter iter;
    gpointer value;

    if (!called->digits[0])
        return NULL;
    g_hash_table_iter_init(&iter, book->entries);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const ElinEntry *entry = value;

        /* Of several that a short number fits, the one that called last. */
        if (entry->until_us > now_us && trunk_may_call_back(settings, entry, trunk) &&
            entry_fits(entry, line, called, complete) &&
            (!best || entry->until_us > best->until_us))
            best = entry;
    }
    return best;
}

/* "201" and "192.0.2.7:5060" of "<sip:201@192.0.2.7:5060;line=2>", as they are written; *USER NULL:
 * there is none. Caller frees both. */
static void contact_read(const char *contact, char **user, char **address)
{
    const char *begin = strstr(contact, "sip");
    const char *at;

    *user = *address = NULL;
    begin = begin ? strchr(begin, ':') : NULL;
    if (!begin++)
        return;
    at = memchr(begin, '@', strcspn(begin, ">"));
    if (at > begin)
        *user = g_strndup(begin, (gsize)(at - begin));
    begin = at ? at + 1 : begin;
    *address = g_strndup(begin, strcspn(begin, ";?>"));
}

/* The length of the host in "192.0.2.7:5060" or "[::1]:5060". */
static gsize host_length(const char *address)
{
    return *address == '[' ? strcspn(address, "]") : strcspn(address, ":");
}

/* A phone is heard where its Contact says, whichever port it speaks from; what another box or an
 * address translator stands before is reached where it came from. */
static const char *entry_address(const ElinEntry *entry, const char *contact)
{
    gsize length = host_length(entry->source);

    return contact && host_length(contact) == length && memcmp(contact, entry->source, length) == 0
               ? contact
               : entry->source;
}

gboolean elin_entry_uri(const ElinEntry *entry, char *uri, gsize size)
{
    g_autofree char *user = NULL, *contact = NULL;

    if (!*entry->source)
        return FALSE;
    contact_read(entry->contact, &user, &contact);
    if (!user && *entry->user)
        user = g_uri_escape_string(entry->user, "&=+$,;?/", FALSE);
    return (gsize)g_snprintf(uri, size, "sip:%s%s%s", user ? user : "", user ? "@" : "",
                             entry_address(entry, contact)) < size;
}

gboolean elin_contact_is_at(const char *contact, const struct sockaddr_storage *source)
{
    g_autofree char *user = NULL, *address = NULL;
    char text[64];
    gsize length;

    contact_read(contact, &user, &address);
    address_describe((const struct sockaddr *)source, text, sizeof(text));
    length = host_length(text);
    return address && host_length(address) == length && strncmp(address, text, length) == 0;
}
