/* RTP packets octet by octet, and what must not pass for one; sequence numbers and jitter of RFC
 * 3550 appendix A; source addresses. */
#include "rtp.h"
#include "reception.h"
#include "settings.h"
#include "source.h"

#include <string.h>

/* Version 2, PCMA with marker, sequence 0x1234, timestamp 0x01020304, SSRC 0xdecafbad, two octets.
 */
static const guint8 plain[] = {0x80, 0x88, 0x12, 0x34, 0x01, 0x02, 0x03,
                               0x04, 0xde, 0xca, 0xfb, 0xad, 0x55, 0xd5};

/* The same with padding, an extension of one word and two CSRCs, as 5.1 draws it. */
static const guint8 full[] = {0xb2, 0x08, 0x00, 0x01, 0x00, 0x00,
                              0x00, 0xa0, 0x11, 0x22, 0x33, 0x44, /* fixed header */
                              0xaa, 0xaa, 0xaa, 0xaa, 0xbb, 0xbb, /* CSRCs */
                              0xbb, 0xbb, 0xbe, 0xde, 0x00, 0x01, /* extension */
                              0x01, 0x02, 0x03, 0x04, 0x7e, 0x7f, /* its word, the payload */
                              0x00, 0x00, 0x00, 0x04};            /* padding */

static void test_read_plain(void)
{
    RtpPacket packet;

    g_assert_true(rtp_read(plain, sizeof(plain), &packet));
    g_assert_true(packet.marker);
    g_assert_cmpuint(packet.payload_type, ==, 8);
    g_assert_cmphex(packet.sequence, ==, 0x1234);
    g_assert_cmphex(packet.timestamp, ==, 0x01020304);
    g_assert_cmphex(packet.ssrc, ==, 0xdecafbad);
    g_assert_cmpmem(packet.payload, packet.length, plain + 12, 2);
}

static void test_read_full(void)
{
    RtpPacket packet;

    g_assert_true(rtp_read(full, sizeof(full), &packet));
    g_assert_false(packet.marker);
    g_assert_cmpuint(packet.payload_type, ==, 8);
    g_assert_cmpmem(packet.payload, packet.length, "\x7e\x7f", 2);
}

static void test_write(void)
{
    RtpPacket packet = {.marker = TRUE,
                        .payload_type = 8,
                        .sequence = 0x1234,
                        .timestamp = 0x01020304,
                        .ssrc = 0xdecafbad};
    guint8 data[RTP_HEADER_SIZE];

    rtp_write_header(data, &packet);
    g_assert_cmpmem(data, sizeof(data), plain, RTP_HEADER_SIZE);
}

/* Every truncation of the full packet is refused, or ends in payload that is there. */
static void test_refuse_short(void)
{
    RtpPacket packet;

    for (gsize size = 0; size < sizeof(full); size++) {
        g_autofree guint8 *copy = g_memdup2(full, MAX(size, 1)); /* so that ASan sees its end */

        if (rtp_read(copy, size, &packet))
            g_assert_true(packet.payload + packet.length <= copy + size);
        if (size < 28)
            g_assert_false(rtp_read(copy, size, &packet));
    }
}

static void test_refuse_wrong(void)
{
    guint8 data[sizeof(full)];
    RtpPacket packet;

    memcpy(data, full, sizeof(data));
    data[0] = (data[0] & 0x3f) | 1 << 6; /* version 1 */
    g_assert_false(rtp_read(data, sizeof(data), &packet));

    memcpy(data, full, sizeof(data));
    data[sizeof(data) - 1] = 0; /* padding counts itself */
    g_assert_false(rtp_read(data, sizeof(data), &packet));
    data[sizeof(data) - 1] = 7; /* more padding than there is payload */
    g_assert_false(rtp_read(data, sizeof(data), &packet));
    data[sizeof(data) - 1] = 6; /* padding only: an empty packet */
    g_assert_true(rtp_read(data, sizeof(data), &packet));
    g_assert_cmpuint(packet.length, ==, 0);

    memcpy(data, full, sizeof(data));
    data[23] = 200; /* an extension longer than the packet */
    g_assert_false(rtp_read(data, sizeof(data), &packet));

    memcpy(data, full, sizeof(data));
    data[0] |= 0x0f; /* fifteen CSRCs */
    g_assert_false(rtp_read(data, sizeof(data), &packet));
}

static void hear(Reception *reception, guint32 ssrc, guint16 sequence)
{
    RtpPacket packet = {.ssrc = ssrc, .sequence = sequence};

    reception_count(reception, &packet);
}

static void test_sequence_wraps(void)
{
    Reception reception = {0};

    for (guint32 i = 0xfff0; i < 0x10010; i++)
        hear(&reception, 1, (guint16)i);
    g_assert_cmphex(reception_highest(&reception), ==, 0x1000f);
    g_assert_cmpint(reception_lost(&reception), ==, 0);
}

static void test_loss_is_counted(void)
{
    Reception reception = {0};

    for (guint i = 0; i < 100; i++)
        if (i % 4 != 1)
            hear(&reception, 1, (guint16)(65500 + i));
    g_assert_cmpint(reception_lost(&reception), ==, 25);
    g_assert_cmpuint(reception_take_fraction(&reception), ==, 64); /* a quarter of 256 */
    for (guint i = 100; i < 200; i++)
        hear(&reception, 1, (guint16)(65500 + i));
    g_assert_cmpuint(reception_take_fraction(&reception), ==, 0);
    g_assert_cmpuint(reception_lost_total(&reception), ==, 25);
    hear(&reception, 2, 7); /* another source: its losses begin at none, the total stays */
    g_assert_cmpint(reception_lost(&reception), ==, 0);
    g_assert_cmpuint(reception_lost_total(&reception), ==, 25);
}

static void test_reordered_and_duplicate(void)
{
    static const guint16 order[] = {10, 12, 11, 13, 13, 14};
    Reception reception = {0};

    for (gsize i = 0; i < G_N_ELEMENTS(order); i++)
        hear(&reception, 1, order[i]);
    g_assert_cmpuint(reception_highest(&reception), ==, 14);
    g_assert_cmpint(reception_lost(&reception), ==,
                    -1); /* RFC 3550 A.3: a duplicate makes it negative */
    g_assert_cmpuint(reception_lost_total(&reception), ==, 0);
    g_assert_cmpuint(reception_take_fraction(&reception), ==, 0);
}

static void test_restarted_sequence(void)
{
    Reception reception = {0};

    for (guint i = 0; i < 10; i++)
        hear(&reception, 1, (guint16)(100 + i));
    hear(&reception, 1, 40000); /* one far packet is not believed */
    g_assert_cmpuint(reception_highest(&reception), ==, 109);
    hear(&reception, 1, 40001); /* two in a row are */
    g_assert_cmpuint(reception_highest(&reception), ==, 40001);
    g_assert_cmpint(reception_lost(&reception), ==, 0);
}

/* A.8 by hand: transit steps of 0, 16, -16 ... give J += (16 - J)/16, which comes near 16. */
static void test_jitter(void)
{
    Reception reception = {0};
    guint32 expected = 0; /* times 16 */

    for (guint i = 0; i < 200; i++) {
        RtpPacket packet = {.ssrc = 1, .sequence = (guint16)i, .timestamp = i * 160};

        reception_count(&reception, &packet);
        reception_time(&reception, &packet, 5000 + i * 160 + (i % 2) * 16);
        if (i > 0)
            expected += 16 - ((expected + 8) >> 4);
        g_assert_cmpuint(reception_jitter(&reception), ==, expected >> 4);
    }
    g_assert_cmpuint(reception_jitter(&reception), >=, 15);
    g_assert_cmpuint(reception_jitter(&reception), <=, 16);
}

static struct sockaddr_storage address(const char *text)
{
    struct sockaddr_storage read;

    g_assert_true(address_parse(text, &read));
    return read;
}

static void test_source_agreed(void)
{
    struct sockaddr_storage phone = address("192.0.2.1:4000"), other = address("192.0.2.2:4000");
    Source source = {0};

    source_agree(&source, &phone);
    g_assert_false(source_is_foreign(&source, &phone));
    source_hear(&source, &phone);
    g_assert_true(source_is_foreign(&source, &other));
    g_assert_true(source_target(&source) == &source.agreed);
    /* A new agreement, and the old address is another's once the new one has spoken. */
    source_agree(&source, &other);
    g_assert_false(source_is_foreign(&source, &other));
    source_hear(&source, &other);
    g_assert_true(source_is_foreign(&source, &phone));
}

static void test_source_learnt_once(void)
{
    struct sockaddr_storage said = address("10.0.0.5:4000"), nat = address("192.0.2.9:31000");
    struct sockaddr_storage thief = address("192.0.2.66:31000");
    Source source = {0};

    source_agree(&source, &said);
    g_assert_false(source_is_foreign(&source, &nat));
    source_hear(&source, &nat);
    g_assert_true(source_is_foreign(&source, &thief));
    g_assert_true(source_target(&source) == &source.learnt); /* another host: symmetric RTP */
    source_agree(&source, &said);                            /* a refresh changes nothing */
    g_assert_true(source_is_foreign(&source, &thief));
    /* The agreed address outranks the learnt one. */
    source_hear(&source, &said);
    g_assert_true(source_is_foreign(&source, &nat));
    g_assert_true(source_target(&source) == &source.agreed);
}

static void test_source_other_port(void)
{
    struct sockaddr_storage said = address("[2001:db8::1]:4000");
    struct sockaddr_storage speaks = address("[2001:db8::1]:5000");
    Source source = {0};

    g_assert_null(source_target(&source));
    source_hear(&source, &speaks); /* before anything was agreed */
    g_assert_null(source_target(&source));
    source_agree(&source, &said);
    source_hear(&source, &speaks);
    /* The same host: it listens where it said. */
    g_assert_true(source_target(&source) == &source.agreed);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/rtp/a-plain-packet-is-read", test_read_plain);
    g_test_add_func("/rtp/csrcs-extension-and-padding-are-taken-off", test_read_full);
    g_test_add_func("/rtp/a-header-is-written", test_write);
    g_test_add_func("/rtp/truncated-packets-are-refused", test_refuse_short);
    g_test_add_func("/rtp/lengths-that-lie-are-refused", test_refuse_wrong);
    g_test_add_func("/reception/the-sequence-number-wraps", test_sequence_wraps);
    g_test_add_func("/reception/losses-are-counted", test_loss_is_counted);
    g_test_add_func("/reception/reordered-and-duplicate", test_reordered_and_duplicate);
    g_test_add_func("/reception/a-restarted-sequence", test_restarted_sequence);
    g_test_add_func("/reception/jitter-as-in-a8", test_jitter);
    g_test_add_func("/source/only-the-agreed-address", test_source_agreed);
    g_test_add_func("/source/behind-a-nat-it-is-learnt-once", test_source_learnt_once);
    g_test_add_func("/source/another-port-of-the-same-host", test_source_other_port);
    return g_test_run();
}
