/* A keyed mark of a few octets that nobody makes without the key: SipHash-2-4 with 128 bits
 * (Aumasson and Bernstein, 2012; its name has nothing to do with SIP).
 *
 * For what only we read again: a proxy seals every request several times, and an HMAC of SHA-256
 * costs as much as the parser. Pure. Private to src/phones.
 */
#pragma once

#include <glib.h>

#define SEAL_KEY_SIZE 16
#define SEAL_SIZE 16

typedef struct Seal {
    guint64 state[4];
    guint64 tail; /* octets that do not yet make a word, the first lowest */
    gsize size;   /* so far */
} Seal;

void seal_begin(Seal *seal, const guint8 key[SEAL_KEY_SIZE]);
void seal_add(Seal *seal, const void *octets, gsize size);
void seal_end(Seal *seal, guint8 mark[SEAL_SIZE]);
/* OCTETS as hexadecimal digits; TEXT has room for two for each and a NUL. */
void seal_write(const guint8 *octets, gsize size, char *text);
