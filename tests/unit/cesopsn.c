/* The parts of a CESoPSN span alone: control words by hand from RFC 5086, buffer, alarms. */
#include "../../src/span/backends.h"
#include "../../src/span/cesopsn_alarms.h"
#include "../../src/span/cesopsn_buffer.h"
#include "../../src/span/cesopsn_packet.h"
#include "../../src/span/cesopsn_rtp.h"

#include <string.h>

#define PAYLOAD 248

/* RFC 5086 4.3: 0000 L R MM | FRG LEN | sequence number. */
static const struct {
    CesopsnControl control;
    gsize length;
    guint8 octets[4];
} words[] = {
    {{FALSE, FALSE, CESOPSN_M_NORMAL, 0x0000}, 252, {0x00, 0x00, 0x00, 0x00}},
    {{FALSE, FALSE, CESOPSN_M_NORMAL, 0xffff}, 252, {0x00, 0x00, 0xff, 0xff}},
    {{FALSE, FALSE, CESOPSN_M_NORMAL, 0x1234},
     63,
     {0x00, 0x3f, 0x12, 0x34}}, /* the last LEN told */
    {{FALSE, FALSE, CESOPSN_M_NORMAL, 0x1234}, 64, {0x00, 0x00, 0x12, 0x34}},
    {{FALSE, TRUE, CESOPSN_M_NORMAL, 0x0001}, 252, {0x04, 0x00, 0x00, 0x01}},
    {{FALSE, FALSE, CESOPSN_M_RDI, 0x8000}, 252, {0x02, 0x00, 0x80, 0x00}},
    {{FALSE, TRUE, CESOPSN_M_RDI, 0x00ff}, 1244, {0x06, 0x00, 0x00, 0xff}},
    {{FALSE, FALSE, CESOPSN_M_SIGNALLING, 2}, 12, {0x03, 0x0c, 0x00, 0x02}},
    {{TRUE, FALSE, CESOPSN_M_NORMAL, 0xff00}, 252, {0x08, 0x00, 0xff, 0x00}},
    {{TRUE, TRUE, CESOPSN_M_NORMAL, 0xff00}, 4, {0x0c, 0x04, 0xff, 0x00}}, /* payload left out */
};

static void test_control_write(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        guint8 got[4];

        cesopsn_control_write(&words[i].control, words[i].length, got);
        g_assert_cmpmem(got, 4, words[i].octets, 4);
    }
}

static void test_control_read(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        guint8 packet[1500] = {0};
        CesopsnControl got;
        CesopsnVerdict verdict, expected;

        memcpy(packet, words[i].octets, 4);
        verdict = cesopsn_packet_read(packet, words[i].length, words[i].length - 4, &got);
        expected =
            words[i].control.modifier == CESOPSN_M_SIGNALLING ? CESOPSN_SIGNALLING : CESOPSN_DATA;
        g_assert_cmpint(verdict, ==, expected);
        g_assert_cmpint(got.invalid, ==, words[i].control.invalid);
        g_assert_cmpint(got.losing, ==, words[i].control.losing);
        g_assert_cmpint(got.modifier, ==, words[i].control.modifier);
        g_assert_cmpuint(got.sequence, ==, words[i].control.sequence);
    }
}

/* Table 1 of RFC 5086: which of the eight combinations of L and M are data, signalling, reserved.
 */
static void test_modifiers(void)
{
    static const CesopsnVerdict verdicts[2][4] = {
        {CESOPSN_DATA, CESOPSN_MALFORMED, CESOPSN_DATA, CESOPSN_SIGNALLING},
        {CESOPSN_DATA, CESOPSN_MALFORMED, CESOPSN_MALFORMED, CESOPSN_MALFORMED},
    };

    for (guint l = 0; l < 2; l++)
        for (guint m = 0; m < 4; m++) {
            guint8 packet[4 + PAYLOAD] = {(guint8)(l * 8 + m)};
            CesopsnControl control;

            g_assert_cmpint(cesopsn_packet_read(packet, sizeof(packet), PAYLOAD, &control), ==,
                            verdicts[l][m]);
        }
}

/* RFC 5086 4.3 with RFC 3550 5.1 before it, octet by octet. */
static void test_rtp_write(void)
{
    static const guint8 golden[2][16] = {
        {0x80, 0x60, 0xff, 0xff, 0x00, 0x00, 0x10, 0x00, 0x12, 0x34, 0x56, 0x78, 0x00, 0x24, 0xff,
         0xff},
        {0x80, 0x60, 0x00, 0x00, 0x00, 0x00, 0x10, 0x10, 0x12, 0x34, 0x56, 0x78, 0x00, 0x24, 0x00,
         0x00},
    };
    CesopsnRtp rtp;

    cesopsn_rtp_init(&rtp, 96, 0x12345678, 8, 16); /* 2 ms: 16 frames */
    rtp.stamp = 0x1000;
    for (guint i = 0; i < 2; i++) {
        CesopsnControl control = {.sequence = (guint16)(0xffff + i)};
        guint8 got[16];

        cesopsn_control_write(&control, 12 + 4 + 20, got + 12); /* LEN counts the RTP header, too */
        cesopsn_rtp_write(&rtp, control.sequence, got);
        g_assert_cmpmem(got, 16, golden[i], 16);
    }
    cesopsn_rtp_init(&rtp, 0, 0, 2048, 8);
    g_assert_cmpuint(rtp.step, ==, 2048); /* a millisecond of that clock */
    cesopsn_rtp_init(&rtp, 0, 0, 1544, 40);
    g_assert_cmpuint(rtp.step, ==, 7720);
}

static void test_rtp_read(void)
{
    static const guint8 good[16] = {0x80, 0xe5, 0x12, 0x34, 9,    9,    9,    9,
                                    0,    0,    0,    7,    0x02, 0x00, 0x12, 0x34};
    static const struct {
        guint at;
        guint8 octet;
        CesopsnVerdict verdict;
    } rows[] = {
        {1, 0xe5, CESOPSN_DATA},      /* the marker says nothing */
        {4, 0x77, CESOPSN_DATA},      /* any timestamp */
        {0, 0x00, CESOPSN_MALFORMED}, /* no RTP */
        {0, 0x40, CESOPSN_MALFORMED}, /* version 1 */
        {0, 0xa0, CESOPSN_MALFORMED}, /* padding */
        {0, 0x90, CESOPSN_MALFORMED}, /* extension */
        {0, 0x81, CESOPSN_MALFORMED}, /* a CSRC */
        {1, 0x64, CESOPSN_MALFORMED}, /* another payload type */
        {3, 0x35, CESOPSN_MALFORMED}, /* another number than the control word's */
        {11, 8, CESOPSN_MALFORMED},   /* another pseudowire's SSRC */
        {12, 0x12, CESOPSN_MALFORMED}, {12, 0x03, CESOPSN_SIGNALLING},
        {13, 0x1c, CESOPSN_MALFORMED}, /* LEN */
    };
    guint8 packet[16 + PAYLOAD] = {0};
    CesopsnControl control;
    CesopsnRtp rtp;

    cesopsn_rtp_init(&rtp, 101, 7, 8, 8);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        memcpy(packet, good, sizeof(good));
        packet[rows[i].at] = rows[i].octet;
        g_assert_cmpint(cesopsn_rtp_read(&rtp, packet, sizeof(packet), PAYLOAD, &control), ==,
                        rows[i].verdict);
    }
    memcpy(packet, good, sizeof(good));
    g_assert_cmpint(cesopsn_rtp_read(&rtp, packet, sizeof(packet), PAYLOAD, &control), ==,
                    CESOPSN_DATA);
    g_assert_cmpuint(control.sequence, ==, 0x1234);
    g_assert_cmpint(control.modifier, ==, CESOPSN_M_RDI);
    for (gsize length = 0; length < sizeof(packet); length++)
        g_assert_cmpint(cesopsn_rtp_read(&rtp, packet, length, PAYLOAD, &control), ==,
                        CESOPSN_MALFORMED);
    /* L without payload, LEN with the RTP header */
    packet[12] = 0x08;
    packet[13] = 16;
    g_assert_cmpint(cesopsn_rtp_read(&rtp, packet, 16, PAYLOAD, &control), ==, CESOPSN_DATA);
    g_assert_true(control.invalid);
    /* Without a wish any SSRC is heard. */
    memcpy(packet, good, sizeof(good));
    cesopsn_rtp_init(&rtp, 101, 0, 8, 8);
    g_assert_cmpint(cesopsn_rtp_read(&rtp, packet, sizeof(packet), PAYLOAD, &control), ==,
                    CESOPSN_DATA);
}

static CesopsnBuffer *buffer_new(guint depth, gboolean refill, SpanCounters *counters)
{
    *counters = (SpanCounters){0};
    return cesopsn_buffer_new(&(CesopsnBufferSettings){
        .depth = depth, .payload = 1, .refill = refill, .counters = counters});
}

static void put(CesopsnBuffer *buffer, guint number)
{
    CesopsnControl control = {.sequence = (guint16)number};
    guint8 octet = (guint8)number;

    cesopsn_buffer_put(buffer, &control, &octet);
}

/* What the next turn plays; -1: nothing. */
static int play(CesopsnBuffer *buffer)
{
    CesopsnControl control;
    const guint8 *payload = cesopsn_buffer_play(buffer, &control);

    if (!payload)
        return -1;
    g_assert_cmphex(*payload, ==, (guint8)control.sequence);
    return control.sequence;
}

/* Begins at NUMBER in a buffer of 4: two waiting, one of them played. */
static CesopsnBuffer *buffer_begun(guint number, SpanCounters *counters)
{
    CesopsnBuffer *buffer = buffer_new(4, FALSE, counters);

    g_assert_cmpint(play(buffer), ==, -1);
    put(buffer, number);
    g_assert_cmpint(play(buffer), ==, -1); /* it fills to half first */
    put(buffer, number + 1);
    g_assert_cmpint(play(buffer), ==, (int)number);
    g_assert_cmpuint(counters->lost + counters->slips + counters->late, ==, 0);
    return buffer;
}

static void test_buffer_order(void)
{
    SpanCounters counters;
    CesopsnBuffer *buffer = buffer_begun(65533, &counters);

    put(buffer, 0); /* 65535 and 0 change places over the wrap */
    put(buffer, 65535);
    put(buffer, 65535);
    g_assert_cmpint(play(buffer), ==, 65534);
    g_assert_cmpint(play(buffer), ==, 65535);
    put(buffer, 65535);
    g_assert_cmpint(play(buffer), ==, 0);
    g_assert_cmpuint(counters.reordered, ==, 1);
    g_assert_cmpuint(counters.duplicate, ==, 2);
    g_assert_cmpuint(counters.lost + counters.late + counters.slips, ==, 0);
    cesopsn_buffer_free(buffer);
}

static void test_buffer_loss(void)
{
    SpanCounters counters;
    CesopsnBuffer *buffer = buffer_begun(10, &counters);

    put(buffer, 13); /* 12 is missing */
    g_assert_cmpint(play(buffer), ==, 11);
    g_assert_cmpint(play(buffer), ==, -1);
    g_assert_cmpuint(counters.lost, ==, 1);
    g_assert_cmpint(play(buffer), ==, 13);
    put(buffer, 12); /* it was late, not lost; a second copy of it is a duplicate */
    g_assert_cmpuint(counters.lost, ==, 0);
    g_assert_cmpuint(counters.late, ==, 1);
    put(buffer, 12);
    g_assert_cmpuint(counters.late, ==, 1);
    g_assert_cmpuint(counters.duplicate, ==, 1);
    put(buffer, 14);
    g_assert_cmpint(play(buffer), ==, 14);
    g_assert_cmpuint(counters.slips, ==, 0);
    cesopsn_buffer_free(buffer);
}

/* Run dry: what comes next tells whether packets were lost or are slow. */
static void test_buffer_starved(void)
{
    SpanCounters counters;
    CesopsnBuffer *buffer = buffer_begun(20, &counters);

    g_assert_cmpint(play(buffer), ==, 21);
    g_assert_cmpint(play(buffer), ==, -1);
    g_assert_cmpint(play(buffer), ==, -1);
    put(buffer, 24); /* 22 and 23 were the two turns */
    g_assert_cmpint(play(buffer), ==, 24);
    g_assert_cmpuint(counters.lost, ==, 2);
    g_assert_cmpuint(counters.slips, ==, 0);
    g_assert_cmpint(play(buffer), ==, -1);
    put(buffer, 25); /* only slow */
    g_assert_cmpint(play(buffer), ==, 25);
    g_assert_cmpuint(counters.lost, ==, 2);
    g_assert_cmpuint(counters.slips, ==, 1);
    cesopsn_buffer_free(buffer);
}

static void test_buffer_refill(void)
{
    SpanCounters counters;
    CesopsnBuffer *buffer = buffer_new(4, TRUE, &counters);

    put(buffer, 1);
    g_assert_false(cesopsn_buffer_ready(buffer));
    put(buffer, 2);
    g_assert_true(cesopsn_buffer_ready(buffer));
    g_assert_cmpint(play(buffer), ==, 1);
    g_assert_cmpint(play(buffer), ==, 2);
    g_assert_cmpint(play(buffer), ==, -1);
    put(buffer, 4);
    g_assert_cmpint(play(buffer), ==, -1); /* fills again */
    put(buffer, 5);
    g_assert_cmpint(play(buffer), ==, 4);
    g_assert_cmpuint(counters.lost, ==, 1);
    g_assert_cmpuint(counters.slips, ==, 1);
    cesopsn_buffer_free(buffer);
}

static void test_buffer_trim(void)
{
    SpanCounters counters;
    CesopsnBuffer *buffer = buffer_begun(100, &counters); /* 101 waits */

    for (guint i = 102; i <= 104; i++)
        put(buffer, i);
    cesopsn_buffer_trim(buffer); /* four are within the depth */
    g_assert_cmpuint(counters.slips, ==, 0);
    put(buffer, 105);
    cesopsn_buffer_trim(buffer); /* one too many: drift */
    g_assert_cmpuint(counters.slips, ==, 1);
    g_assert_cmpint(play(buffer), ==, 102);
    for (guint i = 106; i <= 120; i++)
        put(buffer, i);
    cesopsn_buffer_trim(buffer); /* a stall: back to the middle */
    g_assert_cmpint(play(buffer), ==, 119);
    g_assert_cmpint(play(buffer), ==, 120);
    g_assert_cmpuint(counters.lost, ==, 0);
    cesopsn_buffer_free(buffer);
}

static void test_buffer_jump(void)
{
    SpanCounters counters;
    CesopsnBuffer *buffer = buffer_begun(1000, &counters);

    put(buffer, 40000); /* stray */
    g_assert_cmpint(play(buffer), ==, 1001);
    put(buffer, 1002);
    put(buffer, 40001); /* does not follow it directly: stray again */
    g_assert_cmpint(play(buffer), ==, 1002);
    g_assert_cmpuint(counters.late, ==, 2);
    put(buffer, 40002); /* two in a row: a restarted far end */
    put(buffer, 40003);
    g_assert_cmpint(play(buffer), ==, 40002);
    g_assert_cmpint(play(buffer), ==, 40003);
    /* run dry, the first will do; it is a restart, so nothing was lost */
    g_assert_cmpint(play(buffer), ==, -1);
    put(buffer, 7);
    put(buffer, 8);
    g_assert_cmpint(play(buffer), ==, 7);
    g_assert_cmpuint(counters.lost, ==, 0);
    cesopsn_buffer_free(buffer);
}

/* Any order of any numbers: never out of bounds, and what is played is what was put (play()
 * asserts). */
static void test_buffer_noise(void)
{
    for (guint depth = 2; depth <= 32; depth += 10) {
        g_autoptr(GRand) random = g_rand_new_with_seed(depth);
        SpanCounters counters;
        CesopsnBuffer *buffer = buffer_new(depth, depth % 4 == 0, &counters);
        guint16 number = 0;
        guint played = 0;

        for (guint i = 0; i < 100000; i++) {
            switch (g_rand_int_range(random, 0, 10)) {
            case 0:
                put(buffer, g_rand_int(random));
                break;
            case 1:
                put(buffer, (guint)(number + g_rand_int_range(random, -80, 80)));
                break;
            case 2:
                cesopsn_buffer_trim(buffer);
                break;
            case 3:
            case 4:
            case 5:
                played += play(buffer) >= 0;
                break;
            case 6:
                number += (guint16)g_rand_int_range(random, 0, 3);
                break;
            default:
                put(buffer, number++);
            }
        }
        g_assert_cmpuint(played, >, 1000);
        cesopsn_buffer_free(buffer);
    }
}

static SpanAlarms note_for(CesopsnAlarms *alarms, const CesopsnControl *control, guint packets)
{
    SpanAlarms last = SPAN_ALARM_NONE;

    for (guint i = 0; i < packets; i++)
        last = cesopsn_alarms_note(alarms, control);
    return last;
}

static void test_alarms_red(void)
{
    const CesopsnControl good = {0};

    for (guint packet_ms = 1; packet_ms <= 5; packet_ms += 4) {
        guint red = 100 / packet_ms;
        CesopsnAlarms alarms;

        cesopsn_alarms_init(&alarms, packet_ms);
        g_assert_cmpuint(note_for(&alarms, NULL, 5), ==, SPAN_ALARM_RED);
        g_assert_true(alarms.losing);
        g_assert_cmpuint(note_for(&alarms, &good, 1), ==, SPAN_ALARM_RED);
        g_assert_true(alarms.losing);
        g_assert_cmpuint(note_for(&alarms, &good, red - 2), ==, SPAN_ALARM_RED);
        g_assert_false(alarms.losing);
        g_assert_cmpuint(note_for(&alarms, &good, 1), ==, SPAN_ALARM_NONE);
        g_assert_cmpuint(note_for(&alarms, NULL, 9), ==, SPAN_ALARM_NONE);
        g_assert_false(alarms.losing);
        g_assert_cmpuint(note_for(&alarms, NULL, 1), ==, SPAN_ALARM_NONE);
        g_assert_true(alarms.losing);
        g_assert_cmpuint(note_for(&alarms, NULL, red - 11), ==, SPAN_ALARM_NONE);
        g_assert_cmpuint(note_for(&alarms, NULL, 1), ==, SPAN_ALARM_RED);
    }
}

/* One packet in ten lost clears RED, though slowly; one in two does not. */
static void test_alarms_red_under_loss(void)
{
    const CesopsnControl good = {0};
    CesopsnAlarms alarms;
    SpanAlarms last = SPAN_ALARM_NONE;

    cesopsn_alarms_init(&alarms, 1);
    for (guint i = 0; i < 1000; i++)
        last = cesopsn_alarms_note(&alarms, i % 2 ? &good : NULL);
    g_assert_cmpuint(last, ==, SPAN_ALARM_RED);
    for (guint i = 0; i < 150; i++)
        last = cesopsn_alarms_note(&alarms, i % 10 ? &good : NULL);
    g_assert_cmpuint(last, ==, SPAN_ALARM_NONE);
}

static void test_alarms_far(void)
{
    const CesopsnControl good = {0}, rdi = {.modifier = CESOPSN_M_RDI, .losing = TRUE},
                         invalid = {.invalid = TRUE};
    const SpanAlarms both = SPAN_ALARM_YELLOW | SPAN_ALARM_REMOTE_LOSS;
    CesopsnAlarms alarms;

    cesopsn_alarms_init(&alarms, 1);
    /* while deaf the far end's alarms are not believed */
    g_assert_cmpuint(note_for(&alarms, &rdi, 99), ==, SPAN_ALARM_RED);
    g_assert_cmpuint(note_for(&alarms, &rdi, 1), ==, both);
    g_assert_cmpuint(note_for(&alarms, NULL, 5), ==, both);
    g_assert_cmpuint(note_for(&alarms, &good, 9), ==, both);
    g_assert_cmpuint(note_for(&alarms, &good, 1), ==, SPAN_ALARM_NONE);
    g_assert_cmpuint(note_for(&alarms, &invalid, 9), ==, SPAN_ALARM_NONE);
    g_assert_cmpuint(note_for(&alarms, &invalid, 1), ==, SPAN_ALARM_BLUE);
    g_assert_cmpuint(note_for(&alarms, &good, 10), ==, SPAN_ALARM_NONE);
}

static void test_describe(void)
{
    char text[64];
    SpanSettings e1 = {.type = SPAN_E1, .law = LAW_ALAW, .d_channel = 16};
    SpanSettings t1 = {.type = SPAN_T1, .law = LAW_ULAW, .d_channel = 24};

    g_assert_cmpstr(span_alarms_describe(SPAN_ALARM_NONE, text, sizeof(text)), ==, "none");
    g_assert_cmpstr(span_alarms_describe(SPAN_ALARM_RED, text, sizeof(text)), ==, "RED");
    g_assert_cmpstr(span_alarms_describe(SPAN_ALARM_RED | SPAN_ALARM_YELLOW | SPAN_ALARM_BLUE |
                                             SPAN_ALARM_REMOTE_LOSS,
                                         text, sizeof(text)),
                    ==, "RED YELLOW BLUE REMOTE_LOSS");
    g_assert_cmpstr(span_alarms_describe(SPAN_ALARM_YELLOW, text, 4), ==, "YEL");
    g_assert_cmphex(span_idle_octet(&e1), ==, 0xd5);
    g_assert_cmphex(span_idle_octet(&t1), ==, 0xff);
    g_assert_cmpuint(span_slot_count(&e1), ==, 31);
    g_assert_cmpuint(span_slot_count(&t1), ==, 24);
    g_assert_true(span_has_b_channel(&e1, 31));
    g_assert_false(span_has_b_channel(&e1, 16));
    g_assert_false(span_has_b_channel(&e1, 0));
    g_assert_true(span_has_b_channel(&t1, 16));
    g_assert_false(span_has_b_channel(&t1, 25));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cesopsn/rtp-write", test_rtp_write);
    g_test_add_func("/cesopsn/rtp-read", test_rtp_read);
    g_test_add_func("/cesopsn/control/write", test_control_write);
    g_test_add_func("/cesopsn/control/read", test_control_read);
    g_test_add_func("/cesopsn/control/modifiers", test_modifiers);
    g_test_add_func("/cesopsn/buffer/order", test_buffer_order);
    g_test_add_func("/cesopsn/buffer/loss", test_buffer_loss);
    g_test_add_func("/cesopsn/buffer/starved", test_buffer_starved);
    g_test_add_func("/cesopsn/buffer/refill", test_buffer_refill);
    g_test_add_func("/cesopsn/buffer/trim", test_buffer_trim);
    g_test_add_func("/cesopsn/buffer/jump", test_buffer_jump);
    g_test_add_func("/cesopsn/buffer/noise", test_buffer_noise);
    g_test_add_func("/cesopsn/alarms/red", test_alarms_red);
    g_test_add_func("/cesopsn/alarms/red-under-loss", test_alarms_red_under_loss);
    g_test_add_func("/cesopsn/alarms/far", test_alarms_far);
    g_test_add_func("/cesopsn/describe", test_describe);
    return g_test_run();
}
