/* Subaddresses: isub and isub-encoding of a URI, and the NSAP they stand for (RFC 4715 6). */
#include "fields.h"

#include <string.h>

/* ITU-T X.213 A.5.2.1, Q.931 4.5.8: local, in IA5 characters or in decimal digits. */
#define AFI_LOCAL_IA5 0x50
#define AFI_LOCAL_BCD 0x48

static gboolean octets_from_text(const char *isub, Subaddress *subaddress)
{
    gsize length = strlen(isub);

    if (length == 0 || length > SUBADDRESS_MAX - 1)
        return FALSE;
    subaddress->octets[0] = AFI_LOCAL_IA5;
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isprint(isub[i]))
            return FALSE;
        subaddress->octets[1 + i] = (guint8)isub[i];
    }
    subaddress->length = (guint8)(1 + length);
    return TRUE;
}

/* Two digits an octet, the first one in the upper half; an odd one is filled up with 0xf (X.213
 * A.5.3). */
static gboolean octets_from_digits(const char *isub, Subaddress *subaddress)
{
    gsize length = strlen(isub);

    if (length == 0 || length > 2 * (SUBADDRESS_MAX - 1))
        return FALSE;
    subaddress->octets[0] = AFI_LOCAL_BCD;
    for (gsize i = 0; i < length; i++) {
        guint8 *octet = &subaddress->octets[1 + i / 2];

        if (!g_ascii_isdigit(isub[i]))
            return FALSE;
        *octet = i % 2 ? (guint8)((*octet & 0xf0) | (isub[i] - '0'))
                       : (guint8)((isub[i] - '0') << 4 | 0x0f);
    }
    subaddress->length = (guint8)(1 + (length + 1) / 2);
    return TRUE;
}

/* A whole NSAP in hex. */
static gboolean octets_from_hex(const char *isub, Subaddress *subaddress)
{
    gsize length = strlen(isub);

    if (length == 0 || length % 2 || length / 2 > SUBADDRESS_MAX)
        return FALSE;
    for (gsize i = 0; i < length; i += 2) {
        int high = g_ascii_xdigit_value(isub[i]), low = g_ascii_xdigit_value(isub[i + 1]);

        if (high < 0 || low < 0)
            return FALSE;
        subaddress->octets[i / 2] = (guint8)(high << 4 | low);
    }
    subaddress->length = (guint8)(length / 2);
    return TRUE;
}

gboolean subaddress_from_isub(const char *isub, const char *encoding, Subaddress *subaddress)
{
    gboolean done = FALSE;

    *subaddress = (Subaddress){.type = SUBADDRESS_NSAP};
    if (!isub)
        return FALSE;
    if (!encoding || g_ascii_strcasecmp(encoding, "nsap-ia5") == 0)
        done = octets_from_text(isub, subaddress);
    else if (g_ascii_strcasecmp(encoding, "nsap-bcd") == 0)
        done = octets_from_digits(isub, subaddress);
    else if (g_ascii_strcasecmp(encoding, "nsap") == 0)
        done = octets_from_hex(isub, subaddress);
    if (!done)
        *subaddress = (Subaddress){0};
    return done;
}

/* FALSE when they are no IA5 text that isub can hold. */
static gboolean text_from_octets(const Subaddress *subaddress, GString *text)
{
    for (guint i = 1; i < subaddress->length; i++) {
        guint8 octet = subaddress->octets[i] & 0x7f;
        char plain[] = {(char)octet, '\0'};
        g_autofree char *escaped = NULL;

        if (octet != subaddress->octets[i] || !g_ascii_isprint(plain[0]))
            return FALSE;
        escaped = g_uri_escape_string(plain, NULL, FALSE);
        g_string_append(text, escaped);
    }
    return subaddress->length > 1;
}

static gboolean digits_from_octets(const Subaddress *subaddress, GString *text)
{
    for (guint i = 2; i < 2u * subaddress->length; i++) {
        guint8 octet = subaddress->octets[i / 2], digit = i % 2 ? octet & 0x0f : octet >> 4;

        if (digit == 0x0f && i + 1 == 2u * subaddress->length && i > 2)
            break;
        if (digit > 9)
            return FALSE;
        g_string_append_c(text, (char)('0' + digit));
    }
    return subaddress->length > 1;
}

char *subaddress_to_isub(const Subaddress *subaddress)
{
    g_autoptr(GString) text = g_string_new(";isub=");

    if (subaddress->length == 0 || subaddress->type != SUBADDRESS_NSAP)
        return g_strdup("");
    if (subaddress->octets[0] == AFI_LOCAL_IA5 && text_from_octets(subaddress, text))
        return g_string_free(g_steal_pointer(&text), FALSE);
    g_string_assign(text, ";isub=");
    if (subaddress->octets[0] == AFI_LOCAL_BCD && digits_from_octets(subaddress, text)) {
        g_string_append(text, ";isub-encoding=nsap-bcd");
        return g_string_free(g_steal_pointer(&text), FALSE);
    }
    g_string_assign(text, ";isub=");
    for (guint i = 0; i < subaddress->length; i++)
        g_string_append_printf(text, "%02x", subaddress->octets[i]);
    g_string_append(text, ";isub-encoding=nsap");
    return g_string_free(g_steal_pointer(&text), FALSE);
}
