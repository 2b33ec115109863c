/* Values of BER from octets and back. */
#include "ber.h"

#include <string.h>

gsize ber_size(const Ber *ber)
{
    return (gsize)(ber->end - ber->at);
}

gboolean ber_next(Ber *ber, guint8 *tag, Ber *content)
{
    gsize length, octets = 0;

    if (ber_size(ber) < 2 || (ber->at[0] & 0x1f) == 0x1f)
        return FALSE;
    *tag = *ber->at++;
    length = *ber->at++;
    if (length & 0x80) {
        octets = length & 0x7f;
        if (octets < 1 || octets > 2 || ber_size(ber) < octets)
            return FALSE;
        for (length = 0; octets; octets--)
            length = length << 8 | *ber->at++;
    }
    if (ber_size(ber) < length)
        return FALSE;
    *content = (Ber){ber->at, ber->at + length};
    ber->at += length;
    return TRUE;
}

gboolean ber_expect(Ber *ber, guint8 wanted, Ber *content)
{
    guint8 tag;

    return ber_next(ber, &tag, content) && tag == wanted;
}

gboolean ber_unsigned(const Ber *content, guint32 *value)
{
    gsize length = ber_size(content);

    if (length < 1 || length > 4)
        return FALSE;
    *value = 0;
    for (gsize i = 0; i < length; i++)
        *value = *value << 8 | content->at[i];
    return TRUE;
}

gboolean ber_integer(const Ber *content, gint32 *value)
{
    guint32 bits, unused;

    if (!ber_unsigned(content, &bits))
        return FALSE;
    unused = (guint32)(8 * (4 - ber_size(content)));
    *value = (gint32)(bits << unused) >> unused;
    return TRUE;
}

guint8 *ber_begin(BerWriter *writer, guint8 tag)
{
    writer->at[0] = tag;
    writer->at += 2;
    return writer->at - 1;
}

void ber_end(BerWriter *writer, guint8 *length)
{
    *length = (guint8)(writer->at - length - 1);
}

void ber_write(BerWriter *writer, guint8 tag, const void *octets, gsize count)
{
    guint8 *length = ber_begin(writer, tag);

    memcpy(writer->at, octets, count);
    writer->at += count;
    ber_end(writer, length);
}

void ber_write_integer(BerWriter *writer, guint8 tag, gint64 value)
{
    guint8 octets[8];
    guint count = 1;

    while (count < sizeof octets && value >> (8 * count - 1) != 0 && value >> (8 * count - 1) != -1)
        count++;
    for (guint i = 0; i < count; i++)
        octets[i] = (guint8)(value >> (8 * (count - 1 - i)));
    ber_write(writer, tag, octets, count);
}
