/* The History-Info header field (RFC 7044) as a call's diversions (RFC 7544, RFC 4458). */
#include "diversion_list.h"
#include "field_list.h"

#include <string.h>

#define GAP_MAX 10 /* entries for diversions nobody told of */

/* RFC 7544 5, 6. The first cause of a reason is the one that is written. */
static const struct {
    guint cause;
    DiversionReason reason;
} causes[] = {
    {404, DIVERSION_UNKNOWN},    {486, DIVERSION_BUSY},         {408, DIVERSION_NO_REPLY},
    {480, DIVERSION_DEFLECTION}, {503, DIVERSION_OUT_OF_ORDER}, {302, DIVERSION_UNCONDITIONAL},
    {487, DIVERSION_DEFLECTION},
};

static DiversionReason reason_read(const char *text)
{
    guint64 cause = 0;

    g_ascii_string_to_unsigned(text, 10, 0, 999, &cause, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(causes); i++)
        if (causes[i].cause == cause)
            return causes[i].reason;
    return DIVERSION_UNKNOWN;
}

static guint cause_of(DiversionReason reason)
{
    for (gsize i = 0; i < G_N_ELEMENTS(causes); i++)
        if (causes[i].reason == reason)
            return causes[i].cause;
    return 404; /* as received */
}

/* One hi-entry: a URI the call was for. */
typedef struct Entry {
    char *index, *from; /* its own; of the entry it was diverted from (mp), or NULL */
    char *cause;        /* why it came here; NULL: not by a diversion */
    Number number;
    gboolean is_party; /* it has a number, or is withheld */
} Entry;

static void entry_clear(gpointer data)
{
    Entry *entry = data;

    g_free(entry->index);
    g_free(entry->from);
    g_free(entry->cause);
}

/* "?Privacy=history", escaped as a URI's headers are. */
static gboolean headers_want_privacy(const char *headers)
{
    g_auto(GStrv) parts = g_strsplit(headers, "&", -1);

    for (char **part = parts; *part; part++) {
        g_autofree char *plain = g_uri_unescape_string(*part, NULL);

        if (!plain || g_ascii_strncasecmp(plain, "privacy=", 8) != 0)
            continue;
        if (g_ascii_strcasecmp(plain + 8, "none") != 0)
            return TRUE;
    }
    return FALSE;
}

static GArray *entries_read(const char *const *values)
{
    GArray *entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    g_autoptr(GPtrArray) items = field_split(values);

    g_array_set_clear_func(entries, entry_clear);
    for (guint i = 0; i < items->len; i++) {
        FieldAddress address;
        Entry entry = {0};

        if (field_address_read(items->pdata[i], &address)) {
            entry.index = field_param(address.params, "index");
            entry.from = field_param(address.params, "mp");
            entry.cause = field_param(address.uri, "cause");
            entry.is_party = diversion_number_read(address.user, address.host, &entry.number);
            if (headers_want_privacy(address.headers))
                entry.number.presentation = PRESENTATION_RESTRICTED;
            g_array_append_val(entries, entry);
        }
        field_address_clear(&address);
    }
    return entries;
}

/* The entry that entry I was diverted from; NULL: the first has none. */
static const Entry *entry_before(const GArray *entries, guint i)
{
    const Entry *entry = &g_array_index(entries, Entry, i);

    for (guint j = 0; entry->from && j < i; j++) {
        const Entry *other = &g_array_index(entries, Entry, j);

        if (other->index && strcmp(other->index, entry->from) == 0)
            return other;
    }
    return i ? &g_array_index(entries, Entry, i - 1) : NULL;
}

void diversion_list_from_history(const char *const *values, DiversionList *list, Number *now)
{
    g_autoptr(GArray) entries = entries_read(values);

    list->count = 0;
    *now = (Number){0};
    for (guint i = 0; i < entries->len; i++) {
        const Entry *entry = &g_array_index(entries, Entry, i), *before = entry_before(entries, i);

        *now = entry->number;
        if (entry->cause && before && before->is_party) {
            Diversion diversion = {.number = before->number, .reason = reason_read(entry->cause)};

            diversion_list_add(list, &diversion, 1);
        }
    }
}

/* --- writing --- */

/* Entry AT (from 1) of a chain in which each is the child of the one before: 1, 1.1, 1.1.1 ... */
static void index_append(GString *line, const char *name, guint at)
{
    g_string_append_printf(line, ";%s=1", name);
    for (guint i = 1; i < at; i++)
        g_string_append(line, ".1");
}

/* CAUSE 0: the first entry, which nobody diverted. */
static void entry_append(GString *line, const char *uri, guint cause, gboolean withheld, guint at)
{
    g_string_append_printf(line, "%s<%s", at > 1 ? ", " : "", uri);
    if (cause)
        g_string_append_printf(line, ";cause=%u", cause);
    g_string_append_printf(line, "%s>", withheld ? "?Privacy=history" : "");
    index_append(line, "index", at);
    if (cause)
        index_append(line, "mp", at - 1);
}

char *diversions_to_history(const Diversions *diversions, const DiversionText *text)
{
    g_autoptr(GString) line = g_string_new("History-Info: ");
    guint gap = diversions->count > 2 ? MIN(diversions->count - 2, GAP_MAX) : 0, at = 1, cause = 0;
    gboolean withheld;

    if (diversions->count == 0)
        return NULL;
    if (diversions->count > 1) {
        g_autofree char *uri = diversion_uri(&diversions->first, text, &withheld);

        entry_append(line, uri, 0, withheld, at++);
        cause = cause_of(diversions->first.reason);
    }
    for (; gap > 0; gap--) {
        entry_append(line, "sip:unknown@unknown.invalid", cause, FALSE, at++);
        cause = cause_of(DIVERSION_UNKNOWN);
    }
    g_autofree char *uri = diversion_uri(&diversions->last, text, &withheld);

    entry_append(line, uri, cause, withheld, at++);
    entry_append(line, text->called, cause_of(diversions->last.reason), FALSE, at);
    return g_string_free(g_steal_pointer(&line), FALSE);
}
