/* The conversion tables of G.711 (11/88). */
#include "g711.h"

#include <pthread.h>
#include <spandsp.h>
#include <string.h>

/* Table 3/G.711: the A-law decoder output value number (1-128) for each of mu-law (0-127).
 * spandsp's tables are those before the amendment that turned mu-80 to to mu-79 so
 * that A-mu-A changes bit 8 only; ours are the ones in force. */
static const guint8 alaw_number_of_ulaw[128] = {
    1,   1,   2,   2,   3,   3,   4,   4,   5,   5,   6,   6,   7,   7,   8,   8,   /* 0 */
    9,   10,  11,  12,  13,  14,  15,  16,  17,  18,  19,  20,  21,  22,  23,  24,  /* 16 */
    25,  27,  29,  31,  33,  34,  35,  36,  37,  38,  39,  40,  41,  42,  43,  44,  /* 32 */
    46,  48,  49,  50,  51,  52,  53,  54,  55,  56,  57,  58,  59,  60,  61,  62,  /* 48 */
    64,  65,  66,  67,  68,  69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,  /* 64 */
    81,  82,  83,  84,  85,  86,  87,  88,  89,  90,  91,  92,  93,  94,  95,  96,  /* 80 */
    97,  98,  99,  100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, /* 96 */
    113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, /* 112 */
};

/* Table 4/G.711: the mu-law decoder output value number (0-127) for each of A-law (1-128). */
static const guint8 ulaw_number_of_alaw[128] = {
    1,   3,   5,   7,   9,   11,  13,  15,  16,  17,  18,  19,  20,  21,  22,  23,  /* 1 */
    24,  25,  26,  27,  28,  29,  30,  31,  32,  32,  33,  33,  34,  34,  35,  35,  /* 17 */
    36,  37,  38,  39,  40,  41,  42,  43,  44,  45,  46,  47,  48,  48,  49,  49,  /* 33 */
    50,  51,  52,  53,  54,  55,  56,  57,  58,  59,  60,  61,  62,  63,  64,  64,  /* 49 */
    65,  66,  67,  68,  69,  70,  71,  72,  73,  74,  75,  76,  77,  78,  79,  79,  /* 65 */
    80,  81,  82,  83,  84,  85,  86,  87,  88,  89,  90,  91,  92,  93,  94,  95,  /* 81 */
    96,  97,  98,  99,  100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, /* 97 */
    112, 113, 114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127, /* 113 */
};

static guint8 alaw_of_ulaw[256], ulaw_of_alaw[256];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

/* A mu-law character signal is the value number with every bit inverted (Table 2), an A-law one is
 * the value number less one with the even bits inverted (Table 1, note 2); bit 1 is the sign. */
static void law_tables_build(void)
{
    for (guint number = 0; number < 128; number++) {
        guint8 alaw = (guint8)(alaw_number_of_ulaw[number] - 1), ulaw = ulaw_number_of_alaw[number];

        alaw_of_ulaw[number ^ 0xff] = alaw ^ 0xd5;
        alaw_of_ulaw[number ^ 0x7f] = alaw ^ 0x55;
        ulaw_of_alaw[number ^ 0xd5] = ulaw ^ 0xff;
        ulaw_of_alaw[number ^ 0x55] = ulaw ^ 0x7f;
    }
}

const guint8 *law_table(Law from, Law to)
{
    if (from == to)
        return NULL;
    pthread_once(&tables_once, law_tables_build);
    return from == LAW_ULAW ? alaw_of_ulaw : ulaw_of_alaw;
}

void law_convert(const guint8 *table, guint8 *out, const guint8 *in, gsize count)
{
    if (!table) {
        memcpy(out, in, count);
        return;
    }
    for (gsize i = 0; i < count; i++)
        out[i] = table[in[i]];
}

gint16 law_decode(Law law, guint8 octet)
{
    return law == LAW_ALAW ? alaw_to_linear(octet) : ulaw_to_linear(octet);
}

guint8 law_encode(Law law, gint16 sample)
{
    return law == LAW_ALAW ? linear_to_alaw(sample) : linear_to_ulaw(sample);
}

guint8 law_silence(Law law)
{
    return law == LAW_ALAW ? 0xd5 : 0xff;
}
