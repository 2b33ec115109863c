/* SipHash-2-4 with 128 bits: see seal.h. */
#include "seal.h"

static guint64 rotate(guint64 word, guint bits)
{
    return word << bits | word >> (64 - bits);
}

static void rounds(guint64 v[4], guint count)
{
    while (count--) {
        v[0] += v[1];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[0] = rotate(v[0], 32);
        v[2] += v[3];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
    }
}

static void word_add(guint64 v[4], guint64 word)
{
    v[3] ^= word;
    rounds(v, 2);
    v[0] ^= word;
}

static guint64 word_read(const guint8 *octets)
{
    guint64 word = 0;

    for (guint i = 0; i < 8; i++)
        word |= (guint64)octets[i] << (8 * i);
    return word;
}

static void word_write(guint64 word, guint8 *octets)
{
    for (guint i = 0; i < 8; i++)
        octets[i] = (guint8)(word >> (8 * i));
}

void seal_begin(Seal *seal, const guint8 key[SEAL_KEY_SIZE])
{
    guint64 low = word_read(key), high = word_read(key + 8);

    *seal = (Seal){.state = {low ^ G_GUINT64_CONSTANT(0x736f6d6570736575),
                             high ^ G_GUINT64_CONSTANT(0x646f72616e646f6d) ^ 0xee,
                             low ^ G_GUINT64_CONSTANT(0x6c7967656e657261),
                             high ^ G_GUINT64_CONSTANT(0x7465646279746573)}};
}

void seal_add(Seal *seal, const void *octets, gsize size)
{
    const guint8 *at = octets;

    for (gsize i = 0; i < size; i++) {
        seal->tail |= (guint64)at[i] << (8 * (seal->size % 8));
        if (++seal->size % 8)
            continue;
        word_add(seal->state, seal->tail);
        seal->tail = 0;
    }
}

void seal_end(Seal *seal, guint8 mark[SEAL_SIZE])
{
    guint64 *v = seal->state;

    word_add(v, seal->tail | (guint64)seal->size << 56);
    v[2] ^= 0xee;
    rounds(v, 4);
    word_write(v[0] ^ v[1] ^ v[2] ^ v[3], mark);
    v[1] ^= 0xdd;
    rounds(v, 4);
    word_write(v[0] ^ v[1] ^ v[2] ^ v[3], mark + 8);
}

void seal_write(const guint8 *octets, gsize size, char *text)
{
    for (gsize i = 0; i < size; i++) {
        *text++ = "0123456789abcdef"[octets[i] >> 4];
        *text++ = "0123456789abcdef"[octets[i] & 0xf];
    }
    *text = '\0';
}
