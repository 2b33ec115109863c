/* The lines of a configuration file in GKeyFile's syntax: groups and keys, each with its line. */
#include "scan.h"

#include <string.h>

/* Where a scan stands. */
typedef struct Scan {
    Mistakes *mistakes;
    GPtrArray *groups;
    ScanGroup *group; /* the one the keys go to; NULL before the first */
    gboolean skip;    /* the group's header was refused: its keys are not looked at */
    guint line;
} Scan;

static void key_free(gpointer data)
{
    ScanKey *key = data;

    g_free(key->key);
    g_free(key->value);
    g_free(key);
}

static void group_free(gpointer data)
{
    ScanGroup *group = data;

    g_free(group->header);
    g_ptr_array_unref(group->keys);
    g_free(group);
}

/* "trunk   pbx" to "trunk pbx". */
static char *header_collapse(const char *text)
{
    g_auto(GStrv) words = g_strsplit_set(text, " \t", -1);
    GString *header = g_string_new(NULL);

    for (char **word = words; *word; word++) {
        if (**word)
            g_string_append_printf(header, "%s%s", header->len ? " " : "", *word);
    }
    return g_string_free(header, FALSE);
}

static void group_begin(Scan *scan, const char *text)
{
    gsize length = strlen(text);
    g_autofree char *inside = NULL;
    g_autofree char *header = NULL;

    scan->skip = TRUE;
    if (text[length - 1] != ']' || strpbrk(text + 1, "[]") != text + length - 1) {
        mistakes_add(scan->mistakes, scan->line, "\"%s\": a group's line is [name]", text);
        return;
    }
    inside = g_strndup(text + 1, length - 2);
    header = header_collapse(inside);
    for (guint i = 0; i < scan->groups->len; i++) {
        const ScanGroup *group = g_ptr_array_index(scan->groups, i);

        if (strcmp(group->header, header) == 0) {
            mistakes_add(scan->mistakes, scan->line, "[%s]: this group stands in line %u already",
                         header, group->line);
            return;
        }
    }
    scan->skip = FALSE;
    scan->group = g_new0(ScanGroup, 1);
    scan->group->line = scan->line;
    scan->group->header = g_steal_pointer(&header);
    scan->group->keys = g_ptr_array_new_with_free_func(key_free);
    g_ptr_array_add(scan->groups, scan->group);
}

/* Resolves \s \t \\; NULL when VALUE holds another escape. */
static char *value_unescape(const char *value)
{
    GString *out = g_string_new(NULL);

    for (const char *at = value; *at; at++) {
        if (*at != '\\') {
            g_string_append_c(out, *at);
            continue;
        }
        at++;
        if (*at != 's' && *at != 't' && *at != '\\') {
            g_string_free(out, TRUE);
            return NULL;
        }
        g_string_append_c(out, *at == 's' ? ' ' : *at == 't' ? '\t' : '\\');
    }
    return g_string_free(out, FALSE);
}

void scan_escape(const char *value, GString *out)
{
    gsize length = strlen(value);

    for (gsize i = 0; i < length; i++) {
        gboolean edge = i == 0 || i == length - 1;

        if (value[i] == '\\')
            g_string_append(out, "\\\\");
        else if (value[i] == '\t')
            g_string_append(out, "\\t");
        else if (value[i] == ' ' && edge)
            g_string_append(out, "\\s");
        else
            g_string_append_c(out, value[i]);
    }
}

static void key_add(Scan *scan, const char *text)
{
    const char *equals = strchr(text, '=');
    g_autofree char *key = NULL;
    g_autofree char *value = NULL;
    g_autofree char *plain = NULL;
    ScanKey *added;

    if (!equals || equals == text) {
        mistakes_add(scan->mistakes, scan->line,
                     "\"%s\": neither \"key = value\" nor a [group] nor a # comment", text);
        return;
    }
    key = g_strstrip(g_strndup(text, (gsize)(equals - text)));
    value = g_strstrip(g_strdup(equals + 1));
    if (!scan->group) {
        mistakes_add(scan->mistakes, scan->line, "%s: stands before the first [group]", key);
        return;
    }
    for (guint i = 0; i < scan->group->keys->len; i++) {
        const ScanKey *other = g_ptr_array_index(scan->group->keys, i);

        if (strcmp(other->key, key) == 0) {
            mistakes_add(scan->mistakes, scan->line, "[%s] %s: stands in line %u already",
                         scan->group->header, key, other->line);
            return;
        }
    }
    plain = value_unescape(value);
    if (!plain) {
        mistakes_add(scan->mistakes, scan->line,
                     "[%s] %s: \"%s\" holds an unknown escape; allowed: \\\\, \\s, \\t",
                     scan->group->header, key, value);
        return;
    }
    added = g_new0(ScanKey, 1);
    added->line = scan->line;
    added->key = g_steal_pointer(&key);
    added->value = g_steal_pointer(&plain);
    g_ptr_array_add(scan->group->keys, added);
}

/* TEXT holds something a terminal or a log would stumble over. */
static gboolean has_controls(const char *text)
{
    for (const guchar *at = (const guchar *)text; *at; at++) {
        if ((*at < ' ' && *at != '\t') || *at == 0x7f)
            return TRUE;
    }
    return FALSE;
}

static void line_read(Scan *scan, const char *from, gsize length)
{
    g_autofree char *text = NULL;

    if (memchr(from, '\0', length) || !g_utf8_validate(from, (gssize)length, NULL)) {
        mistakes_add(scan->mistakes, scan->line, "the line is not UTF-8 text");
        return;
    }
    text = g_strstrip(g_strndup(from, length));
    if (!*text || *text == '#')
        return;
    if (has_controls(text))
        mistakes_add(scan->mistakes, scan->line, "the line holds a control character");
    else if (*text == '[')
        group_begin(scan, text);
    else if (!scan->skip)
        key_add(scan, text);
}

GPtrArray *scan_text(const char *text, gsize length, Mistakes *mistakes)
{
    Scan scan = {.mistakes = mistakes, .groups = g_ptr_array_new_with_free_func(group_free)};
    gsize at = 0;

    if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) /* an editor's byte order mark */
        at = 3;
    while (at < length) {
        const char *feed = memchr(text + at, '\n', length - at);
        gsize end = feed ? (gsize)(feed - text) : length;

        scan.line++;
        line_read(&scan, text + at, end - at);
        at = end + 1;
    }
    return scan.groups;
}
