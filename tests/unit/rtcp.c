/* RTCP compounds octet by octet, and what RFC 3550 A.2 refuses. */
#include "rtcp.h"

#include <string.h>

/* SR with one block, SDES CNAME "ab", BYE, drawn from 6.4.1, 6.5 and 6.6. */
static const guint8 compound[] = {
    0x81, 200,  0x00, 0x0c,                         /* SR, one block, 13 words */
    0x01, 0x02, 0x03, 0x04,                         /* SSRC of sender */
    0xe0, 0x00, 0x00, 0x01, 0x80, 0x00, 0x00, 0x00, /* NTP: half a second */
    0x00, 0x00, 0x1f, 0x40,                         /* RTP timestamp 8000 */
    0x00, 0x00, 0x00, 0x32, 0x00, 0x00, 0x1f, 0x40, /* 50 packets, 8000 octets */
    0x0a, 0x0b, 0x0c, 0x0d,                         /* block about SSRC */
    0x40, 0xff, 0xff, 0xfe,                         /* a quarter lost, cumulative -2 */
    0x00, 0x01, 0x00, 0x05,                         /* highest: one cycle, 5 */
    0x00, 0x00, 0x00, 0x10,                         /* jitter 16 */
    0x12, 0x34, 0x56, 0x78, 0x00, 0x00, 0x80, 0x00, /* LSR; DLSR half a second */
    0x81, 202,  0x00, 0x03, 0x01, 0x02, 0x03, 0x04, /* SDES, one chunk, 4 words */
    0x01, 0x02, 'a',  'b',  0x00, 0x00, 0x00, 0x00, /* CNAME "ab", end */
    0x81, 203,  0x00, 0x01, 0x01, 0x02, 0x03, 0x04, /* BYE */
};

static RtcpReport report_of_compound(void)
{
    return (RtcpReport){
        .ssrc = 0x01020304,
        .sender = TRUE,
        .ntp = G_GUINT64_CONSTANT(0xe000000180000000),
        .timestamp = 8000,
        .packets = 50,
        .octets = 8000,
        .has_block = TRUE,
        .block = {.ssrc = 0x0a0b0c0d,
                  .fraction = 64,
                  .lost = -2,
                  .highest = 0x10005,
                  .jitter = 16,
                  .lsr = 0x12345678,
                  .dlsr = 32768},
        .cname = "ab",
        .bye = TRUE,
    };
}

static void test_write(void)
{
    RtcpReport report = report_of_compound();
    guint8 data[RTCP_SIZE_MAX];

    g_assert_cmpmem(data, rtcp_write(&report, data), compound, sizeof(compound));
}

static void test_read(void)
{
    RtcpReport report, expected = report_of_compound();

    g_assert_true(rtcp_read(compound, sizeof(compound), 0x0a0b0c0d, &report));
    g_assert_cmphex(report.ssrc, ==, expected.ssrc);
    g_assert_true(report.sender);
    g_assert_cmphex(report.ntp, ==, expected.ntp);
    g_assert_cmpuint(report.timestamp, ==, 8000);
    g_assert_cmpuint(report.packets, ==, 50);
    g_assert_cmpuint(report.octets, ==, 8000);
    g_assert_true(report.has_block);
    g_assert_cmphex(report.block.ssrc, ==, expected.block.ssrc);
    g_assert_cmpuint(report.block.fraction, ==, 64);
    g_assert_cmpint(report.block.lost, ==, -2);
    g_assert_cmphex(report.block.highest, ==, 0x10005);
    g_assert_cmpuint(report.block.jitter, ==, 16);
    g_assert_cmphex(report.block.lsr, ==, 0x12345678);
    g_assert_cmpuint(report.block.dlsr, ==, 32768);
    g_assert_true(report.bye);
    /* A block about someone else is none of ours. */
    g_assert_true(rtcp_read(compound, sizeof(compound), 1, &report));
    g_assert_false(report.has_block);
}

static void test_receiver_report(void)
{
    RtcpReport report = {.ssrc = 7, .cname = "0123456789abcdef012345"}, read;
    guint8 data[RTCP_SIZE_MAX];
    gsize size = rtcp_write(&report, data);

    g_assert_cmpmem(data, 8, "\x80\xc9\x00\x01\x00\x00\x00\x07", 8);
    g_assert_cmpuint(size % 4, ==, 0);
    g_assert_cmpuint(size, ==, 8 + 36); /* 8 + 2 + 22 octets and a whole word of nulls */
    g_assert_true(rtcp_read(data, size, 1, &read));
    g_assert_false(read.sender);
    g_assert_false(read.bye);
    g_assert_cmpuint(read.ssrc, ==, 7);
}

/* Every CNAME length keeps to whole words with a null at the end. */
static void test_cname_lengths(void)
{
    for (guint length = 0; length < RTCP_CNAME_SIZE; length++) {
        RtcpReport report = {.ssrc = 7}, read;
        guint8 data[RTCP_SIZE_MAX];
        gsize size;

        memset(report.cname, 'x', length);
        size = rtcp_write(&report, data);
        g_assert_cmpuint(data[size - 1], ==, 0);
        g_assert_true(rtcp_read(data, size, 1, &read));
    }
}

static void test_refuse_wrong(void)
{
    guint8 data[sizeof(compound)];
    RtcpReport report;

#define REFUSED_WITH(at, value)                                                                    \
    memcpy(data, compound, sizeof(data));                                                          \
    data[at] = (value);                                                                            \
    g_assert_false(rtcp_read(data, sizeof(data), 1, &report))

    REFUSED_WITH(0, 0x41);  /* version 1 */
    REFUSED_WITH(0, 0xa1);  /* padding in the first of several */
    REFUSED_WITH(0, 0x82);  /* two blocks where one is */
    REFUSED_WITH(1, 202);   /* SDES first */
    REFUSED_WITH(3, 0x0d);  /* the second packet begins in the middle of one */
    REFUSED_WITH(3, 0xff);  /* longer than the datagram */
    REFUSED_WITH(52, 0x01); /* version 0 in the second */
    REFUSED_WITH(68, 0x9f); /* BYE of 31 sources in two words */
    REFUSED_WITH(71, 0x02); /* the last is longer than the rest */
    for (gsize size = 0; size < sizeof(compound); size++) {
        g_autofree guint8 *copy = g_memdup2(compound, MAX(size, 1));

        if (size != 52 && size != 68) /* whole packets: SR alone, SR and SDES */
            g_assert_false(rtcp_read(copy, size, 1, &report));
    }
#undef REFUSED_WITH
}

static void test_random_octets(void)
{
    GRand *random = g_rand_new_with_seed(3550);

    for (guint i = 0; i < 20000; i++) {
        gsize size = (gsize)g_rand_int_range(random, 1, 200);
        g_autofree guint8 *data = g_malloc(size);
        RtcpReport report;

        for (gsize k = 0; k < size; k++)
            data[k] = (guint8)g_rand_int(random);
        data[0] = (guint8)(0x80 | (data[0] & 0x1f));
        if (size > 3) { /* often a length that fits */
            data[1] = i % 2 ? 200 : 201;
            data[2] = 0;
            data[3] = (guint8)(size / 4 - 1);
        }
        rtcp_read(data, size, 1, &report); /* ASan judges */
    }
    g_rand_free(random);
}

static void test_ntp(void)
{
    /* 1970 began 2208988800 s after 1900 (RFC 868). */
    g_assert_cmphex(rtcp_ntp_time(0), ==, (guint64)2208988800u << 32);
    g_assert_cmphex(rtcp_ntp_time(1500000), ==, (guint64)2208988801u << 32 | 0x80000000u);
}

/* 5 s x 0.5 to 1.5 / 1.21828; half of it the first time. */
static void test_interval(void)
{
    g_assert_cmpint(rtcp_interval_us(FALSE, 0), ==, 2052073);
    g_assert_cmpint(rtcp_interval_us(FALSE, 0x80000000), ==, 4104146);
    g_assert_cmpint(rtcp_interval_us(FALSE, 0xffffffff), <=, 6156220);
    g_assert_cmpint(rtcp_interval_us(FALSE, 0xffffffff), >=, 6156210);
    g_assert_cmpint(rtcp_interval_us(TRUE, 0x80000000), ==, 2052073);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rtcp/a-compound-is-written", test_write);
    g_test_add_func("/rtcp/a-compound-is-read", test_read);
    g_test_add_func("/rtcp/a-receiver-report", test_receiver_report);
    g_test_add_func("/rtcp/every-length-of-cname", test_cname_lengths);
    g_test_add_func("/rtcp/what-a2-refuses", test_refuse_wrong);
    g_test_add_func("/rtcp/random-octets-do-no-harm", test_random_octets);
    g_test_add_func("/rtcp/ntp-time", test_ntp);
    g_test_add_func("/rtcp/the-interval-between-reports", test_interval);
    return g_test_run();
}
