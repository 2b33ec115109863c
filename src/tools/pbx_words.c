/* The words of one command line, taken one by one: what the command parser is built on. */
#include "pbx_words.h"

#include "pbx_script.h"

#include <stdarg.h>
#include <string.h>

void pbx_words_open(PbxWords *words, const char *text)
{
    *words = (PbxWords){.words = g_ptr_array_new_with_free_func(g_free)};
    while (*text) {
        const char *end;

        if (g_ascii_isspace(*text)) {
            text++;
            continue;
        }
        if (*text == '"') {
            end = ++text;
            while (*end && *end != '"')
                end++;
            if (!*end)
                pbx_words_fault(words, "a quote is not closed");
            g_ptr_array_add(words->words, g_strndup(text, (gsize)(end - text)));
            text = *end ? end + 1 : end;
            continue;
        }
        end = text;
        while (*end && !g_ascii_isspace(*end))
            end++;
        g_ptr_array_add(words->words, g_strndup(text, (gsize)(end - text)));
        text = end;
    }
}

void pbx_words_close(PbxWords *words)
{
    g_clear_pointer(&words->words, g_ptr_array_unref);
    g_clear_pointer(&words->fault, g_free);
}

const char *pbx_words_peek(const PbxWords *words)
{
    return words->at < words->words->len ? words->words->pdata[words->at] : NULL;
}

gboolean pbx_words_take(PbxWords *words, const char *word)
{
    const char *here = pbx_words_peek(words);

    if (!here || g_ascii_strcasecmp(here, word) != 0)
        return FALSE;
    words->at++;
    return TRUE;
}

const char *pbx_words_next(PbxWords *words, const char *what)
{
    const char *here = pbx_words_peek(words);

    if (!here) {
        pbx_words_fault(words, "%s is missing", what);
        return "";
    }
    words->at++;
    return here;
}

gint pbx_words_number(PbxWords *words, const char *what, gint least, gint most)
{
    const char *word = pbx_words_next(words, what);
    gint64 value;

    if (words->fault)
        return least;
    if (!g_ascii_string_to_signed(word, 10, least, most, &value, NULL)) {
        pbx_words_fault(words, "%s is a number from %d to %d, not \"%s\"", what, least, most, word);
        return least;
    }
    return (gint)value;
}

gint64 pbx_words_time(PbxWords *words, const char *what)
{
    const char *word = pbx_words_next(words, what);
    gint64 time_us = 0;

    if (!words->fault && !pbx_time_parse(word, &time_us))
        pbx_words_fault(words, "%s is a time such as 500ms or 2s, not \"%s\"", what, word);
    return time_us;
}

void pbx_words_fault(PbxWords *words, const char *format, ...)
{
    va_list arguments;

    if (words->fault)
        return;
    va_start(arguments, format);
    words->fault = g_strdup_vprintf(format, arguments);
    va_end(arguments);
}

gboolean pbx_time_parse(const char *text, gint64 *time_us)
{
    char *end;
    double value = g_ascii_strtod(text, &end);
    double unit;

    if (end == text || !(value >= 0) || value > 1e6)
        return FALSE;
    if (!*end || g_str_equal(end, "s"))
        unit = 1e6;
    else if (g_str_equal(end, "ms"))
        unit = 1e3;
    else if (g_str_equal(end, "m"))
        unit = 6e7;
    else
        return FALSE;
    *time_us = (gint64)(value * unit + 0.5);
    return TRUE;
}

/* ---- values of the language ------------------------------------------------------------------ */

gint pbx_words_cause(PbxWords *words)
{
    return pbx_words_number(words, "a cause", 1, 127);
}

gint pbx_words_progress(PbxWords *words)
{
    return pbx_words_number(words, "a progress description", 1, 127);
}

char *pbx_words_digits(PbxWords *words, const char *what)
{
    const char *digits = pbx_words_next(words, what);

    if (!words->fault && strspn(digits, "0123456789*#+") != strlen(digits))
        pbx_words_fault(words, "%s holds digits, * and #, not \"%s\"", what, digits);
    return g_strdup(digits);
}

char *pbx_words_pattern(PbxWords *words, const char *what)
{
    const char *pattern = pbx_words_next(words, what);

    if (!words->fault && strspn(pattern, "0123456789*#XZN.") != strlen(pattern))
        pbx_words_fault(words, "%s holds digits and X, Z, N and '.', not \"%s\"", what, pattern);
    return g_strdup(pattern);
}

gint pbx_words_message(PbxWords *words)
{
    const char *first = pbx_words_next(words, "a message");
    const char *second = pbx_words_peek(words);
    gint type;

    if (words->fault)
        return -1;
    if (second) {
        g_autofree char *both = g_strdup_printf("%s %s", first, second);

        type = pbx_message_type(both);
        if (type >= 0) {
            words->at++;
            return type;
        }
    }
    type = pbx_message_type(first);
    if (type < 0)
        pbx_words_fault(words, "no message is called \"%s\"", first);
    return type;
}

static gboolean octets_append(PbxWords *words, const char *word, GByteArray *octets)
{
    gsize length = strlen(word);

    for (gsize i = 0; i < length; i += 2) {
        guint8 octet;

        if (!g_ascii_isxdigit(word[i]) || i + 1 >= length || !g_ascii_isxdigit(word[i + 1])) {
            pbx_words_fault(words, "octets are pairs of hexadecimal digits, not \"%s\"", word);
            return FALSE;
        }
        octet = (guint8)(g_ascii_xdigit_value(word[i]) << 4 | g_ascii_xdigit_value(word[i + 1]));
        g_byte_array_append(octets, &octet, 1);
    }
    return TRUE;
}

GBytes *pbx_words_octets(PbxWords *words)
{
    g_autoptr(GByteArray) octets = g_byte_array_new();
    const char *word;

    while ((word = pbx_words_peek(words)) && g_ascii_strcasecmp(word, "on") != 0) {
        if (!octets_append(words, word, octets))
            return NULL;
        words->at++;
    }
    if (!octets->len || octets->len > 255)
        pbx_words_fault(words, "a message has 1 to 255 octets");
    return g_byte_array_free_to_bytes(g_steal_pointer(&octets));
}

GBytes *pbx_words_elements(PbxWords *words)
{
    g_autoptr(GByteArray) octets = g_byte_array_new();
    gsize at = 0;

    octets_append(words, pbx_words_next(words, "elements"), octets);
    while (at + 1 < octets->len && !(octets->data[at] & 0x80))
        at += 2u + octets->data[at + 1];
    if (!words->fault && (at != octets->len || at > 240))
        pbx_words_fault(words, "elements are identifier, length and content, 240 octets at most");
    return words->fault ? NULL : g_byte_array_free_to_bytes(g_steal_pointer(&octets));
}
