/* Octets as tests write them, "02 01 6f". */
#pragma once

#include <glib.h>

/* Reads TEXT into OCTETS, which has room for it; how many there were. */
static inline gsize hex_read(const char *text, guint8 *octets)
{
    gsize count = 0;

    for (; *text; text++) {
        if (*text == ' ')
            continue;
        octets[count++] =
            (guint8)(g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]));
        text++;
    }
    return count;
}
