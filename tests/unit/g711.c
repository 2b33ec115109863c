/* G.711 (11/88): its tables' rows written by hand, and the transparency its notes promise. */
#include "g711.h"

/* Character signals of decoder output value numbers, by Tables 1a and 2a: positive values. */
static guint8 alaw_signal(guint number)
{
    return (guint8)((number - 1) ^ 0xd5);
}

static guint8 ulaw_signal(guint number)
{
    return (guint8)(number ^ 0xff);
}

typedef struct NumberPair {
    guint ulaw, alaw;
} NumberPair;

/* Rows of Table 3/G.711 (mu to A) where its step changes, and the amended one (mu-80). */
static const NumberPair table_3[] = {
    {0, 1},   {1, 1},   {2, 2},   {14, 8},  {15, 8},  {16, 9},  {31, 24},   {32, 25},   {33, 27},
    {34, 29}, {35, 31}, {36, 33}, {47, 44}, {48, 46}, {49, 48}, {63, 62},   {64, 64},   {65, 65},
    {78, 78}, {79, 79}, {80, 81}, {81, 82}, {95, 96}, {96, 97}, {112, 113}, {127, 128},
};

/* Rows of Table 4/G.711 (A to mu), and the amended one. */
static const NumberPair table_4[] = {
    {1, 1},   {3, 2},   {15, 8},  {16, 9},  {31, 24}, {32, 25}, {32, 26}, {33, 27},   {33, 28},
    {34, 29}, {35, 32}, {36, 33}, {47, 44}, {48, 45}, {48, 46}, {49, 47}, {49, 48},   {50, 49},
    {63, 62}, {64, 63}, {64, 64}, {65, 65}, {79, 79}, {79, 80}, {80, 81}, {127, 128},
};

static void test_conversion_rows(void)
{
    const guint8 *to_alaw = law_table(LAW_ULAW, LAW_ALAW);
    const guint8 *to_ulaw = law_table(LAW_ALAW, LAW_ULAW);

    for (gsize i = 0; i < G_N_ELEMENTS(table_3); i++)
        g_assert_cmphex(to_alaw[ulaw_signal(table_3[i].ulaw)], ==, alaw_signal(table_3[i].alaw));
    for (gsize i = 0; i < G_N_ELEMENTS(table_4); i++)
        g_assert_cmphex(to_ulaw[alaw_signal(table_4[i].alaw)], ==, ulaw_signal(table_4[i].ulaw));
}

static void test_sign_is_kept(void)
{
    const guint8 *to_alaw = law_table(LAW_ULAW, LAW_ALAW);
    const guint8 *to_ulaw = law_table(LAW_ALAW, LAW_ULAW);

    for (guint octet = 0; octet < 256; octet++) {
        g_assert_cmphex(to_alaw[octet] ^ 0x80, ==, to_alaw[octet ^ 0x80]);
        g_assert_cmphex(to_ulaw[octet] ^ 0x80, ==, to_ulaw[octet ^ 0x80]);
        g_assert_cmphex(to_alaw[octet] & 0x80, ==, octet & 0x80);
    }
}

/* Notes to Tables 3 and 4: of mu-A-mu only mu-0, 2 ... 14 change, of A-mu-A only A-26, 28, 30, 32,
 * 45, 47, 63 and 80, and then bit 8 only. */
static void test_tandem(void)
{
    const guint8 *to_alaw = law_table(LAW_ULAW, LAW_ALAW);
    const guint8 *to_ulaw = law_table(LAW_ALAW, LAW_ULAW);

    for (guint number = 0; number < 128; number++) {
        guint8 there = ulaw_signal(number), back = to_ulaw[to_alaw[there]];

        g_assert_cmphex(back, ==, number < 16 && number % 2 == 0 ? there ^ 1 : there);
    }
    for (guint number = 1; number <= 128; number++) {
        guint8 there = alaw_signal(number), back = to_alaw[to_ulaw[there]];
        gboolean changes = number == 26 || number == 28 || number == 30 || number == 32 ||
                           number == 45 || number == 47 || number == 63 || number == 80;

        g_assert_cmphex(back, ==, changes ? there ^ 1 : there);
    }
}

/* The decoder output values of Tables 1a and 2a, scaled to 16 bits: A-law's are of 13 bits (4096 is
 * overload), mu-law's of 14. */
static void test_linear_values(void)
{
    g_assert_cmpint(law_decode(LAW_ALAW, alaw_signal(1)), ==, 1 * 8);
    g_assert_cmpint(law_decode(LAW_ALAW, alaw_signal(17)), ==, 33 * 8);
    g_assert_cmpint(law_decode(LAW_ALAW, alaw_signal(128)), ==, 4032 * 8);
    g_assert_cmpint(law_decode(LAW_ALAW, 0x2a), ==, -4032 * 8);
    g_assert_cmpint(law_decode(LAW_ULAW, ulaw_signal(0)), ==, 0);
    g_assert_cmpint(law_decode(LAW_ULAW, ulaw_signal(1)), ==, 2 * 4);
    g_assert_cmpint(law_decode(LAW_ULAW, ulaw_signal(127)), ==, 8031 * 4);
    g_assert_cmpint(law_decode(LAW_ULAW, 0x00), ==, -8031 * 4);
    g_assert_cmphex(law_silence(LAW_ALAW), ==, law_encode(LAW_ALAW, 0));
    g_assert_cmphex(law_silence(LAW_ULAW), ==, law_encode(LAW_ULAW, 0));
    for (guint octet = 0; octet < 256; octet++) {
        g_assert_cmphex(law_encode(LAW_ALAW, law_decode(LAW_ALAW, (guint8)octet)), ==, octet);
        if (octet != 0x7f) /* minus zero */
            g_assert_cmphex(law_encode(LAW_ULAW, law_decode(LAW_ULAW, (guint8)octet)), ==, octet);
    }
}

static void test_convert(void)
{
    const guint8 in[4] = {0xff, 0x80, 0x7f, 0x00}, alaw[4] = {0xd5, 0xaa, 0x55, 0x2a};
    guint8 out[4];

    law_convert(law_table(LAW_ULAW, LAW_ALAW), out, in, 4);
    g_assert_cmpmem(out, 4, alaw, 4);
    law_convert(law_table(LAW_ULAW, LAW_ULAW), out, in, 4);
    g_assert_cmpmem(out, 4, in, 4);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/g711/rows-of-the-conversion-tables", test_conversion_rows);
    g_test_add_func("/g711/the-sign-is-kept", test_sign_is_kept);
    g_test_add_func("/g711/there-and-back-as-the-notes-say", test_tandem);
    g_test_add_func("/g711/decoder-output-values", test_linear_values);
    g_test_add_func("/g711/a-block-is-converted", test_convert);
    return g_test_run();
}
