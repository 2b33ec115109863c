/* G.711 octets: one law in place of the other, and to and from linear for what has to be computed.
 */
#pragma once

#include "values.h"

#include <glib.h>

/* The 256 octets of law TO for those of law FROM; NULL when both are one. Any thread. */
const guint8 *law_table(Law from, Law to);

/* Writes COUNT octets of IN to OUT through TABLE (NULL: as they are). IN and OUT do not overlap. */
void law_convert(const guint8 *table, guint8 *out, const guint8 *in, gsize count);

/* 16-bit linear, 0 dBm0 at the level spandsp means by it. */
gint16 law_decode(Law law, guint8 octet);
guint8 law_encode(Law law, gint16 sample);

/* The octet of silence: 0xD5 in A-law, 0xFF in mu-law. */
guint8 law_silence(Law law);
