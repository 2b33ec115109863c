/* One CESoPSN span against a far end whose clock or numbers wander. */
#include "cesopsn_solo.h"

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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cesopsn-drift/stray", test_stray);
    g_test_add_func("/cesopsn-drift/drift/fast", test_drift_fast);
    g_test_add_func("/cesopsn-drift/drift/slow", test_drift_slow);
    g_test_add_func("/cesopsn-drift/slave/fast", test_slave_fast);
    g_test_add_func("/cesopsn-drift/slave/slow", test_slave_slow);
    g_test_add_func("/cesopsn-drift/slave/flooded", test_slave_flooded);
    return g_test_run();
}
