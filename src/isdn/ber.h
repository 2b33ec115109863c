/* BER (ITU-T X.690) with definite lengths, as components in Facility elements are written.
 *
 * Pure functions over octets; home thread: any.
 */
#pragma once

#include <glib.h>

enum {
    BER_INTEGER = 0x02,
    BER_NULL = 0x05,
    BER_OID = 0x06,
    BER_ENUMERATED = 0x0a,
    BER_NUMERIC_STRING = 0x12,
    BER_SEQUENCE = 0x30,
    ROSE_INVOKE = 0xa1, /* ITU-T X.229 */
    ROSE_RESULT = 0xa2,
    ROSE_ERROR = 0xa3,
    ROSE_REJECT = 0xa4,
};

/* Octets still to be read; borrowed. */
typedef struct Ber {
    const guint8 *at, *end;
} Ber;

gsize ber_size(const Ber *ber);
/* Takes the next value: its tag, of one octet, and its content, of 65535 octets at most. FALSE at
 * the end, or when it is none. */
gboolean ber_next(Ber *ber, guint8 *tag, Ber *content);
/* The same, when its tag is WANTED; the value is taken either way. */
gboolean ber_expect(Ber *ber, guint8 wanted, Ber *content);
/* CONTENT as an integer of four octets at most; FALSE when it is none. */
gboolean ber_integer(const Ber *content, gint32 *value);
/* The same for one whose first bit is no sign, as call references are sent. */
gboolean ber_unsigned(const Ber *content, guint32 *value);

/* Where the next value is written. Who writes gives room enough; no value has more than 127 octets.
 */
typedef struct BerWriter {
    guint8 *at;
} BerWriter;

/* Begins a value with what is written until ber_end(), which is given what this returns. */
guint8 *ber_begin(BerWriter *writer, guint8 tag);
void ber_end(BerWriter *writer, guint8 *length);
void ber_write(BerWriter *writer, guint8 tag, const void *octets, gsize count);
/* As few octets as say VALUE (X.690 8.3.2). */
void ber_write_integer(BerWriter *writer, guint8 tag, gint64 value);
