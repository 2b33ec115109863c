/* One CESoPSN span against a scripted far end: every octet, bit and alarm. */
#include "cesopsn_solo.h"

#include <string.h>

/* Every octet of a packet: control word, then frame by frame timeslots 1 to 31. */
static void test_packet_octets(void)
{
    guint8 packet[1500];
    const guint8 *sent;
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_MASTER);
    end_open(&solo.end, solo.loop);
    end_b_open(&solo.end, 1);
    end_b_open(&solo.end, 31);
    loop_virtual_advance(solo.loop, 1 * MS);
    /* hearing nothing from the start: R, and RDI (M 10); LEN 0 as 252 is not below 64 */
    g_assert_cmpuint(solo_last(&solo, packet, sizeof(packet)), ==, 4 + E1_PAYLOAD);
    g_assert_cmphex(packet[0], ==, 0x06);
    g_assert_cmphex(packet[1], ==, 0x00);
    for (guint frame = 0; frame < 8; frame++) {
        for (guint slot = 1; slot <= 31; slot++) {
            guint8 octet = packet[4 + frame * 31 + slot - 1];

            if (slot == 1 || slot == 31) {
                sent = solo.end.sent[slot]->data;
                g_assert_cmphex(octet, ==, sent[frame]);
            } else {
                g_assert_cmphex(octet, ==, slot == 16 ? 0x7e : 0xd5);
            }
        }
    }
    solo_start(&solo);
    g_assert_true(loop_virtual_wait(solo.loop, 400 * MS, end_is_quiet, &solo.end));
    loop_virtual_advance(solo.loop, 20 * MS);
    g_assert_cmpuint(solo_last(&solo, packet, sizeof(packet)), ==, 4 + E1_PAYLOAD);
    g_assert_cmphex(packet[0], ==, 0x00);
    solo_clear(&solo);
}

/* A T1's packet of 5 ms: 40 frames of 24 timeslots, the law's own idle octet. */
static void test_t1_packet(void)
{
    guint8 packet[1500];
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_MASTER);
    solo.end.settings.type = SPAN_T1;
    solo.end.settings.law = LAW_ULAW;
    solo.end.settings.d_channel = 24;
    solo.end.settings.packet_ms = 5;
    end_open(&solo.end, solo.loop);
    loop_virtual_advance(solo.loop, 5 * MS);
    g_assert_cmpuint(solo_last(&solo, packet, sizeof(packet)), ==, 4 + 40 * 24);
    for (guint i = 0; i < 40 * 24; i++)
        g_assert_cmphex(packet[4 + i], ==, i % 24 == 23 ? 0x7e : 0xff);
    solo_clear(&solo);
}

/* The sequence number counts every packet and goes from 65535 to 0. */
static void test_sequence(void)
{
    gboolean wrapped = FALSE;
    guint16 last = 0;
    guint8 packet[1500];
    guint count = 0;
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_MASTER);
    end_open(&solo.end, solo.loop);
    for (guint ms = 0; ms < 66000; ms += 100) {
        loop_virtual_advance(solo.loop, 100 * MS);
        while (far_take(&solo.far, packet, sizeof(packet))) {
            guint16 sequence = (guint16)(packet[2] << 8 | packet[3]);

            if (count++)
                g_assert_cmpuint(sequence, ==, (guint16)(last + 1));
            wrapped = wrapped || (count > 1 && sequence == 0);
            last = sequence;
        }
    }
    g_assert_cmpuint(count, ==, 66000);
    g_assert_true(wrapped);
    solo_clear(&solo);
}

/* The far end's number may wrap as well. */
static void test_far_wraps(void)
{
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_SLAVE);
    solo.far.sequence = 65000;
    solo_up(&solo);
    loop_virtual_advance(solo.loop, 2 * SECOND);
    g_assert_cmpuint(solo.far.sequence, <, 65000);
    g_assert_cmpuint(solo.end.span->counters.lost, ==, 0);
    g_assert_cmpuint(solo.end.span->counters.slips, ==, 0);
    g_assert_cmpuint(solo.end.span->counters.late, ==, 0);
    solo_clear(&solo);
}

/* The far end sends CONTROL: the span tells ALARMS, and tells none when it is over. ANSWER is octet
 * 0 of what the span sends meanwhile. */
static void far_tells(CesopsnControl control, gsize length, SpanAlarms alarms, guint8 answer)
{
    guint8 packet[1500];
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_MASTER);
    solo_up(&solo);
    solo.control = control;
    solo.length = length;
    loop_virtual_advance(solo.loop, 5 * MS);
    g_assert_cmpuint(solo.end.span->alarms, ==, SPAN_ALARM_NONE);
    loop_virtual_advance(solo.loop, 20 * MS);
    g_assert_cmpuint(solo.end.span->alarms, ==, alarms);
    g_assert_cmpuint(end_last_alarms(&solo.end), ==, alarms);
    solo_last(&solo, packet, sizeof(packet));
    g_assert_cmphex(packet[0], ==, answer);
    loop_virtual_advance(solo.loop, SECOND);
    g_assert_cmpuint(end_last_alarms(&solo.end), ==, alarms);
    solo.control = (CesopsnControl){0};
    solo.length = E1_PAYLOAD;
    loop_virtual_advance(solo.loop, 25 * MS);
    g_assert_cmpuint(end_last_alarms(&solo.end), ==, SPAN_ALARM_NONE);
    g_assert_cmpuint(solo.end.span->counters.lost, ==, 0);
    g_assert_cmpuint(solo.end.span->counters.malformed, ==, 0);
    solo_clear(&solo);
}

static void test_blue(void)
{
    far_tells((CesopsnControl){.invalid = TRUE}, E1_PAYLOAD, SPAN_ALARM_BLUE, 0x02);
    far_tells((CesopsnControl){.invalid = TRUE}, 0, SPAN_ALARM_BLUE, 0x02);
}

static void test_yellow(void)
{
    far_tells((CesopsnControl){.modifier = CESOPSN_M_RDI}, E1_PAYLOAD, SPAN_ALARM_YELLOW, 0x00);
}

static void test_remote_loss(void)
{
    far_tells((CesopsnControl){.losing = TRUE}, E1_PAYLOAD, SPAN_ALARM_REMOTE_LOSS, 0x00);
}

/* An invalid payload is not heard: all ones take its place. */
static void test_blue_octets(void)
{
    const GByteArray *heard;
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_SLAVE);
    solo_up(&solo);
    end_b_open(&solo.end, 5);
    heard = solo.end.heard[5];
    loop_virtual_advance(solo.loop, 20 * MS);
    g_assert_cmphex(heard->data[heard->len - 1], ==, 0x7e);
    solo.control.invalid = TRUE;
    loop_virtual_advance(solo.loop, 20 * MS);
    g_assert_cmphex(heard->data[heard->len - 1], ==, 0xff);
    solo_clear(&solo);
}

/* What is no packet of this pseudowire changes nothing but its counter. */
static void test_malformed(void)
{
    static const struct {
        guint8 head[4];
        gsize length;
    } packets[] = {
        {{0x00, 0x00, 0, 0}, 0},           /* empty */
        {{0x00, 0x03, 0, 0}, 3},           /* no whole control word */
        {{0x00, 0x04, 0, 0}, 4},           /* valid, without a payload */
        {{0x00, 0x00, 0, 0}, 4 + 247},     /* an octet short */
        {{0x00, 0x00, 0, 0}, 4 + 249},     /* an octet long */
        {{0x00, 0x00, 0, 0}, 4 + 31 * 40}, /* of another packet time */
        {{0x00, 0x14, 0, 0}, 4 + 248},     /* LEN told where it must be 0 */
        {{0x10, 0x00, 0, 0}, 4 + 248},     /* bits 0-3: an associated channel */
        {{0x00, 0x40, 0, 0}, 4 + 248},     /* a fragment */
        {{0x01, 0x00, 0, 0}, 4 + 248},     /* L 0 M 01: reserved */
        {{0x0a, 0x00, 0, 0}, 4 + 248},     /* L 1 M 10: reserved */
        {{0x80, 0x00, 0, 0}, 4 + 248 + 8}, /* an RTP header, which is not agreed */
    };
    guint8 packet[1500];
    guint told;
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_SLAVE);
    solo_up(&solo);
    told = solo.end.alarms->len;
    for (gsize i = 0; i < G_N_ELEMENTS(packets); i++) {
        memset(packet, 0, sizeof(packet));
        memcpy(packet, packets[i].head, 4);
        far_send_raw(&solo.far, packet, packets[i].length);
        loop_virtual_advance(solo.loop, 10 * MS);
        g_assert_cmpuint(solo.end.span->counters.malformed, ==, i + 1);
    }
    /* CE application signalling is numbered apart and discarded without a count */
    solo.control.modifier = CESOPSN_M_SIGNALLING;
    far_send(&solo.far, solo.control, 0, 8);
    solo.far.sequence--;
    solo.control.modifier = CESOPSN_M_NORMAL;
    loop_virtual_advance(solo.loop, SECOND);
    g_assert_cmpuint(solo.end.span->counters.malformed, ==, G_N_ELEMENTS(packets));
    g_assert_cmpuint(solo.end.span->counters.lost, ==, 0);
    g_assert_cmpuint(solo.end.span->counters.late, ==, 0);
    g_assert_cmpuint(solo.end.span->counters.slips, ==, 0);
    g_assert_cmpuint(solo.end.alarms->len, ==, told);
    solo_clear(&solo);
}

/* Whatever a datagram holds, the span stands. */
static void test_noise(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(5086);
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_SLAVE);
    end_open(&solo.end, solo.loop);
    for (guint i = 0; i < 20000; i++) {
        guint8 packet[E1_PAYLOAD + 4];
        gsize length = g_rand_boolean(random) ? sizeof(packet)
                                              : (gsize)g_rand_int_range(random, 0, sizeof(packet));

        for (gsize at = 0; at < length; at++)
            packet[at] = (guint8)g_rand_int(random);
        packet[0] &= 0x0f;
        packet[1] = g_rand_boolean(random) ? 0 : packet[1];
        far_send_raw(&solo.far, packet, length);
        loop_virtual_advance(solo.loop, g_rand_int_range(random, 0, 2000));
    }
    g_assert_cmpuint(solo.end.span->counters.packets_in, ==, 20000);
    g_assert_cmpuint(solo.end.span->counters.malformed, >, 1000);
    /* and the line comes up afterwards */
    solo_start(&solo);
    loop_virtual_advance(solo.loop, 500 * MS);
    g_assert_cmpuint(solo.end.span->alarms, ==, SPAN_ALARM_NONE);
    solo_clear(&solo);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cesopsn-far/packet-octets", test_packet_octets);
    g_test_add_func("/cesopsn-far/t1-packet", test_t1_packet);
    g_test_add_func("/cesopsn-far/sequence", test_sequence);
    g_test_add_func("/cesopsn-far/far-wraps", test_far_wraps);
    g_test_add_func("/cesopsn-far/blue", test_blue);
    g_test_add_func("/cesopsn-far/blue-octets", test_blue_octets);
    g_test_add_func("/cesopsn-far/yellow", test_yellow);
    g_test_add_func("/cesopsn-far/remote-loss", test_remote_loss);
    g_test_add_func("/cesopsn-far/malformed", test_malformed);
    g_test_add_func("/cesopsn-far/noise", test_noise);
    return g_test_run();
}
