/* One CESoPSN span against a far end that the test scripts octet by octet. */
#include "cesopsn_end.h"
#include "loop_virtual.h"

#include <string.h>

#define MS 1000
#define SECOND (1000 * MS)
#define E1_PAYLOAD 248 /* 31 timeslots, 8 frames */

/* A span and its scripted far end, which sends a packet each PERIOD_US while told to. */
typedef struct Solo {
    Loop *loop;
    End end;
    Far far;
    LoopTimer *timer;
    gint64 period_us, due_us;
    CesopsnControl control; /* of the packets the far end sends */
    gsize length;           /* of their payload */
} Solo;

static void solo_send(void *user)
{
    Solo *self = user;

    far_send(&self->far, self->control, 0x7e, self->length);
    self->due_us += self->period_us;
    loop_timer_start(self->loop, self->timer, self->due_us - loop_now(self->loop));
}

static void solo_init(Solo *self, SpanClock clock)
{
    guint16 here = end_free_port(), there = end_free_port();

    *self = (Solo){.loop = loop_virtual_new(), .period_us = 1000, .length = E1_PAYLOAD};
    end_init(&self->end, "solo", here, there);
    self->end.settings.clock = clock;
    far_open(&self->far, there, here, E1_PAYLOAD);
    self->timer = loop_timer_new(self->loop, solo_send, self);
}

static void solo_start(Solo *self)
{
    self->due_us = loop_now(self->loop) + self->period_us / 2; /* between the span's own ticks */
    loop_timer_start(self->loop, self->timer, self->period_us / 2);
}

static void solo_up(Solo *self)
{
    end_open(&self->end, self->loop);
    solo_start(self);
    g_assert_true(loop_virtual_wait(self->loop, 400 * MS, end_is_quiet, &self->end));
}

static void solo_clear(Solo *self)
{
    end_clear(&self->end);
    loop_timer_free(self->loop, self->timer);
    far_close(&self->far);
    loop_virtual_advance(self->loop, 0);
    loop_virtual_free(self->loop);
}

/* The last packet the span sent, all before it thrown away. */
static gsize solo_last(Solo *self, guint8 *packet, gsize size)
{
    gsize length = 0, got;
    guint8 next[1500];

    while ((got = far_take(&self->far, next, sizeof(next)))) {
        g_assert_cmpuint(got, <=, size);
        memcpy(packet, next, got);
        length = got;
    }
    return length;
}

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

static void test_foreign(void)
{
    guint64 in;
    Far stranger;
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_SLAVE);
    solo_up(&solo);
    far_open(&stranger, end_free_port(), ntohs(solo.far.span.sin_port), E1_PAYLOAD);
    stranger.sequence = (guint16)(solo.far.sequence + 3);
    in = solo.end.span->counters.packets_in;
    for (guint i = 0; i < 300; i++)
        far_send(&stranger, (CesopsnControl){.invalid = TRUE}, 0, 0);
    loop_virtual_advance(solo.loop, 100 * MS);
    g_assert_cmpuint(solo.end.span->counters.foreign, ==, 300);
    g_assert_cmpuint(solo.end.span->counters.packets_in - in, ==, 100);
    g_assert_cmpuint(solo.end.span->alarms, ==, SPAN_ALARM_NONE);
    g_assert_cmpuint(solo.end.span->counters.duplicate, ==, 0);
    far_close(&stranger);
    solo_clear(&solo);
}

/* One stray number from the far end does not move the sequence. */
static void test_stray(void)
{
    guint16 sequence;
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_MASTER);
    solo_up(&solo);
    for (guint i = 0; i < 10; i++) {
        sequence = solo.far.sequence;
        solo.far.sequence = (guint16)(sequence + 20000 + i * 1000);
        far_send(&solo.far, solo.control, 0, E1_PAYLOAD);
        solo.far.sequence = sequence;
        loop_virtual_advance(solo.loop, 100 * MS);
    }
    g_assert_cmpuint(solo.end.span->counters.late, ==, 10);
    g_assert_cmpuint(solo.end.span->counters.lost, ==, 0);
    g_assert_cmpuint(solo.end.span->counters.slips, ==, 0);
    solo_clear(&solo);
}

/* A master against a far clock PPM fast: one slip a packet of drift, nothing lost or late. */
static void drift(gint64 period_us, guint slips)
{
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_MASTER);
    solo.period_us = period_us;
    solo_up(&solo);
    loop_virtual_advance(solo.loop, 100 * SECOND);
    g_test_message("period %d us: %d slips in 100 s", (int)period_us,
                   (int)solo.end.span->counters.slips);
    g_assert_cmpuint(solo.end.span->counters.slips, >=, slips - 3);
    g_assert_cmpuint(solo.end.span->counters.slips, <=, slips + 1);
    g_assert_cmpuint(solo.end.span->counters.lost, ==, 0);
    g_assert_cmpuint(solo.end.span->counters.late, ==, 0);
    g_assert_cmpuint(solo.end.span->alarms, ==, SPAN_ALARM_NONE);
    solo_clear(&solo);
}

static void test_drift_fast(void)
{
    drift(999, 100);
}

static void test_drift_slow(void)
{
    drift(1001, 100);
}

/* A slave follows the same far clocks, packet for packet, without a slip. */
static void slave_follows(gint64 period_us)
{
    guint64 in, out;
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_SLAVE);
    solo.period_us = period_us;
    solo_up(&solo);
    in = solo.end.span->counters.packets_in;
    out = solo.end.span->counters.packets_out;
    loop_virtual_advance(solo.loop, 100 * SECOND);
    in = solo.end.span->counters.packets_in - in;
    out = solo.end.span->counters.packets_out - out;
    g_assert_cmpuint(in, ==, out);
    g_assert_cmpuint(in, >, 99000);
    g_assert_cmpuint(solo.end.span->counters.slips, ==, 0);
    g_assert_cmpuint(solo.end.span->counters.lost, ==, 0);
    g_assert_cmpuint(solo.end.span->alarms, ==, SPAN_ALARM_NONE);
    solo_clear(&solo);
}

static void test_slave_fast(void)
{
    slave_follows(999);
}

static void test_slave_slow(void)
{
    slave_follows(1001);
}

/* A flood is no clock: the slave's own packets stay within their bound. */
static void test_slave_flooded(void)
{
    guint64 before;
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_SLAVE);
    solo.period_us = 50;
    solo_up(&solo);
    before = solo.end.ticks;
    loop_virtual_advance(solo.loop, SECOND);
    g_assert_cmpuint(solo.end.ticks - before, <=, 8 * (1005 + 30));
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

static void assert_refused(const SpanSettings *settings, Loop *loop, const char *message)
{
    g_autoptr(GError) error = NULL;
    SpanEvents events = {0};

    g_assert_null(span_open(settings, loop, &events, &error));
    g_assert_nonnull(error);
    g_assert_cmpstr(error->message, ==, message);
}

static void test_refusals(void)
{
    g_autofree char *in_use = NULL;
    SpanSettings settings;
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_MASTER);
    end_open(&solo.end, solo.loop);
    settings = solo.end.settings;
    settings.name = (char *)"e1";
    in_use = g_strdup_printf("[span e1] local: 127.0.0.1:%u: Address already in use",
                             ntohs(((struct sockaddr_in *)&settings.local)->sin_port));
    assert_refused(&settings, solo.loop, in_use);
    end_close(&solo.end);
    settings.packet_ms = 2;
    assert_refused(&settings, solo.loop, "[span e1] packet-ms: 2; 1 or 5");
    settings.packet_ms = 1;
    settings.buffer_packets = 1;
    assert_refused(&settings, solo.loop, "[span e1] buffer-packets: 1; 2-32");
    settings.buffer_packets = 4;
    settings.d_channel = 32;
    assert_refused(&settings, solo.loop, "[span e1] d-channel: 32 is no timeslot of it; 1-31");
    settings.d_channel = 16;
    ((struct sockaddr_in *)&settings.remote)->sin_port = 0;
    assert_refused(&settings, solo.loop, "[span e1] remote: a port is needed");
    settings.remote.ss_family = AF_UNSPEC;
    assert_refused(&settings, solo.loop, "[span e1] remote: an address and port are needed");
    settings.backend = BACKEND_DAHDI;
    assert_refused(&settings, solo.loop, "[span e1] backend: dahdi is not built into this tieline");
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
    g_test_add_func("/cesopsn-far/foreign", test_foreign);
    g_test_add_func("/cesopsn-far/stray", test_stray);
    g_test_add_func("/cesopsn-far/drift/fast", test_drift_fast);
    g_test_add_func("/cesopsn-far/drift/slow", test_drift_slow);
    g_test_add_func("/cesopsn-far/slave/fast", test_slave_fast);
    g_test_add_func("/cesopsn-far/slave/slow", test_slave_slow);
    g_test_add_func("/cesopsn-far/slave/flooded", test_slave_flooded);
    g_test_add_func("/cesopsn-far/noise", test_noise);
    g_test_add_func("/cesopsn-far/refusals", test_refusals);
    return g_test_run();
}
