/* Names at the border: UTF-8 in SIP, ISO 8859-1 or IA5 in a Display element. */
#include "number.h"

#include <string.h>

/* Letters whose plain form Unicode does not decompose to, or that want two letters. */
typedef struct Transliteration {
    gunichar letter;
    const char *plain;
} Transliteration;

static const Transliteration transliterations[] = {
    {0x00C4, "Ae"}, {0x00D6, "Oe"}, {0x00DC, "Ue"}, {0x00E4, "ae"},  {0x00F6, "oe"},
    {0x00FC, "ue"}, {0x00DF, "ss"}, {0x1E9E, "SS"}, {0x00C5, "Aa"},  {0x00E5, "aa"},
    {0x00C6, "Ae"}, {0x00E6, "ae"}, {0x00D8, "Oe"}, {0x00F8, "oe"},  {0x0152, "Oe"},
    {0x0153, "oe"}, {0x00D0, "D"},  {0x00F0, "d"},  {0x00DE, "Th"},  {0x00FE, "th"},
    {0x0110, "D"},  {0x0111, "d"},  {0x0141, "L"},  {0x0142, "l"},   {0x0131, "i"},
    {0x0130, "I"},  {0x2018, "'"},  {0x2019, "'"},  {0x201C, "\""},  {0x201D, "\""},
    {0x201E, "\""}, {0x2013, "-"},  {0x2014, "-"},  {0x2026, "..."}, {0x20AC, "EUR"},
    {0x00A0, " "},
};

static gboolean is_printable_octet(gunichar c, NameCharset charset)
{
    if (c >= 0x20 && c < 0x7F)
        return TRUE;
    return charset == CHARSET_LATIN1 && c >= 0xA0 && c <= 0xFF;
}

/* The plain spelling of LETTER for CHARSET; BUFFER (at least 8) may hold it. */
static const char *letter_plain(gunichar letter, NameCharset charset, char *buffer)
{
    gunichar parts[4];

    for (gsize i = 0; i < G_N_ELEMENTS(transliterations); i++)
        if (transliterations[i].letter == letter)
            return transliterations[i].plain;
    if (g_unichar_fully_decompose(letter, FALSE, parts, G_N_ELEMENTS(parts)) > 1 &&
        is_printable_octet(parts[0], CHARSET_IA5)) {
        buffer[0] = (char)parts[0];
        buffer[1] = '\0';
        return buffer;
    }
    return "?";
}

void name_clean(const char *text, char *name, gsize size)
{
    gsize used = 0;

    g_return_if_fail(size > 0);
    while (text && *text) {
        gunichar c = g_utf8_get_char_validated(text, -1);
        char octets[6];
        gsize count;

        if (c == (gunichar)-1 || c == (gunichar)-2) {
            text++; /* not UTF-8: this octet says nothing */
            continue;
        }
        text = g_utf8_next_char(text);
        if (g_unichar_iscntrl(c) || c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) ||
            (c >= 0x2066 && c <= 0x2069))
            continue; /* nothing that moves a cursor or turns the writing round */
        count = g_unichar_to_utf8(c, octets);
        if (used + count >= size)
            break;
        memcpy(name + used, octets, count);
        used += count;
    }
    name[used] = '\0';
}

gsize name_to_display(const char *name, NameCharset charset, guint8 *out, gsize max)
{
    gsize used = 0;

    for (; *name; name = g_utf8_next_char(name)) {
        gunichar c = g_utf8_get_char_validated(name, -1);
        char buffer[8];
        const char *plain = buffer;

        if (c == (gunichar)-1 || c == (gunichar)-2)
            break;
        if (g_unichar_ismark(c))
            continue; /* a letter's loose accent */
        if (is_printable_octet(c, charset)) {
            buffer[0] = (char)c;
            buffer[1] = '\0';
        } else {
            plain = letter_plain(c, charset, buffer);
        }
        if (used + strlen(plain) > max)
            break;
        memcpy(out + used, plain, strlen(plain));
        used += strlen(plain);
    }
    return used;
}

void name_from_display(const guint8 *octets, gsize count, NameCharset charset, char *name,
                       gsize size)
{
    g_autoptr(GString) text = g_string_sized_new(count * 2);

    for (gsize i = 0; i < count; i++) {
        /* IA5 has no octet beyond 7 bits; whoever sends one means ISO 8859-1. */
        if (is_printable_octet(octets[i], CHARSET_LATIN1))
            g_string_append_unichar(text, octets[i]);
    }
    name_clean(text->str, name, size);
}
