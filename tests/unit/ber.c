/* Integers of BER from octets and back, lengths that lie. */
#include "ber.h"
#include "hex_read.h"

#include <string.h>

static const struct {
    const char *octets;
    gint64 value;
} integers[] = {
    {"020100", 0},
    {"02017f", 127},
    {"02020080", 128},
    {"0201ff", -1},
    {"020180", -128},
    {"0202ff7f", -129},
    {"02027fff", 32767},
    {"0203008000", 32768},
    {"02047fffffff", G_MAXINT32},
    {"020480000000", G_MININT32},
};

static void integers_both_ways(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(integers); i++) {
        guint8 octets[16], written[16];
        gsize length = hex_read(integers[i].octets, octets);
        Ber ber = {octets, octets + length}, content;
        BerWriter writer = {written};
        gint32 value;

        g_assert_true(ber_expect(&ber, BER_INTEGER, &content));
        g_assert_true(ber_integer(&content, &value));
        g_assert_cmpint(value, ==, integers[i].value);
        g_assert_cmpuint(ber_size(&ber), ==, 0);
        ber_write_integer(&writer, BER_INTEGER, value);
        g_assert_cmpmem(written, writer.at - written, octets, length);
    }
}

static void an_unsigned_is_no_sign(void)
{
    guint8 octets[] = {0x80, 0x12}, written[8];
    const Ber content = {octets, octets + sizeof octets};
    const guint8 whole[] = {0x80, 0x05, 0x00, 0xff, 0xff, 0xff, 0xff};
    BerWriter writer = {written};
    guint32 value;

    g_assert_true(ber_unsigned(&content, &value));
    g_assert_cmpuint(value, ==, 0x8012);
    ber_write_integer(&writer, 0x80, G_MAXUINT32);
    g_assert_cmpmem(written, writer.at - written, whole, sizeof whole);
}

static void lengths_that_lie(void)
{
    /* nothing; a tag alone; more than there is; indefinite; of three octets; a tag of several
     * octets */
    static const char *const values[] = {"",           "02",           "020201",
                                         "0280010000", "0283000001ff", "1f0101ff"};

    for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
        guint8 octets[16], tag;
        Ber ber = {octets, octets + hex_read(values[i], octets)}, content;

        g_assert_false(ber_next(&ber, &tag, &content));
    }
}

static void long_lengths(void)
{
    guint8 octets[600] = {0x30, 0x82, 0x01, 0x00}, tag;
    Ber ber = {octets, octets + sizeof octets}, content;
    gint32 value;

    g_assert_true(ber_next(&ber, &tag, &content));
    g_assert_cmpuint(ber_size(&content), ==, 256);
    g_assert_true(content.at == octets + 4);
    g_assert_true(ber.at == octets + 260);
    g_assert_false(ber_integer(&content, &value));
    content.end = content.at;
    g_assert_false(ber_integer(&content, &value));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ber/integers", integers_both_ways);
    g_test_add_func("/ber/unsigned", an_unsigned_is_no_sign);
    g_test_add_func("/ber/lies", lengths_that_lie);
    g_test_add_func("/ber/long", long_lengths);
    return g_test_run();
}
