/* Two CESoPSN spans over a network that loses, delays, repeats and is cut. */
#define _GNU_SOURCE /* memmem */
#include "cesopsn_line.h"

#include <string.h>

static RelayFate drop_some(void *user, guint way, guint64 number)
{
    (void)user;
    return way == 0 && number % 100 == 50 ? RELAY_DROP : RELAY_PASS;
}

/* Every hundredth packet lost: counted, its octets all ones, every other octet in its place, and
 * the slave keeps the master's pace. */
static void test_loss(void)
{
    const guint8 *sent, *heard, *found;
    gsize wrong = 0, count;
    guint64 before;
    Line line;

    line_init(&line, TRUE);
    line_up(&line);
    end_b_open(&line.a, 1);
    end_b_open(&line.b, 1);
    before = line.relay.count[0];
    line.relay.fate = drop_some;
    loop_virtual_advance(line.loop, 10 * SECOND);
    g_assert_cmpuint(line.relay.count[0] - before, ==, 10000);
    g_assert_cmpuint(line.b.span->counters.lost, ==, 100);
    g_assert_cmpuint(line.b.span->counters.late, ==, 0);
    g_assert_cmpuint(line.b.span->counters.slips, ==, 0);
    assert_undisturbed(&line.a);
    end_assert_exact(&line.b, &line.a, 1, 4000);
    sent = line.a.sent[1]->data;
    heard = line.b.heard[1]->data + 160;
    found = memmem(sent, line.a.sent[1]->len, heard, 64);
    g_assert_nonnull(found);
    count = MIN(line.b.heard[1]->len - 160, line.a.sent[1]->len - (gsize)(found - sent));
    g_assert_cmpuint(count, >, 79000);
    for (gsize i = 0; i < count; i++) {
        if (heard[i] == found[i])
            continue;
        g_assert_cmphex(heard[i], ==, 0xff);
        wrong++;
    }
    g_assert_cmpuint(wrong, >, 700);
    g_assert_cmpuint(wrong, <=, 800);
    g_assert_cmpuint(line.b.span->alarms, ==, SPAN_ALARM_NONE);
    line_clear(&line);
}

static RelayFate cross_some(void *user, guint way, guint64 number)
{
    (void)user;
    return (number + way) % 10 == 5 ? RELAY_HOLD : number % 10 == 8 ? RELAY_TWICE : RELAY_PASS;
}

/* Each tenth packet changes place with the next, another comes twice, both ways: nothing is heard
 * of it. */
static void test_reorder_and_duplicates(void)
{
    Line line;

    line_init(&line, TRUE);
    line.a.settings.buffer_packets = line.b.settings.buffer_packets = 8;
    line_up(&line);
    end_b_open(&line.a, 30);
    end_b_open(&line.b, 30);
    line.relay.fate = cross_some;
    line.relay.hold_for = 1;
    loop_virtual_advance(line.loop, 10 * SECOND);
    for (guint i = 0; i < 2; i++) {
        const SpanCounters *counters = &(i ? &line.b : &line.a)->span->counters;

        g_assert_cmpuint(counters->lost, ==, 0);
        g_assert_cmpuint(counters->late, ==, 0);
        g_assert_cmpuint(counters->slips, ==, 0);
        g_assert_cmpuint(counters->reordered, >=, 999);
        g_assert_cmpuint(counters->reordered, <=, 1001);
        g_assert_cmpuint(counters->duplicate, >=, 999);
        g_assert_cmpuint(counters->duplicate, <=, 1001);
    }
    end_assert_exact(&line.a, &line.b, 30, 160);
    end_assert_exact(&line.b, &line.a, 30, 160);
    line_clear(&line);
}

static RelayFate delay_some(void *user, guint way, guint64 number)
{
    (void)user;
    return way == 0 && number % 50 == 20 ? RELAY_HOLD : RELAY_PASS;
}

/* A packet that comes ten packets after its place is late, not lost. */
static void test_late(void)
{
    Line line;

    line_init(&line, TRUE);
    line_up(&line);
    line.relay.fate = delay_some;
    line.relay.hold_for = 10;
    loop_virtual_advance(line.loop, 10 * SECOND);
    g_assert_cmpuint(line.b.span->counters.late, ==, 200);
    g_assert_cmpuint(line.b.span->counters.lost, <=, 1);
    g_assert_cmpuint(line.b.span->counters.slips, ==, 0);
    g_assert_cmpuint(line.b.span->counters.duplicate, ==, 0);
    assert_undisturbed(&line.a);
    line_clear(&line);
}

static RelayFate drop_ways(void *user, guint way, guint64 number)
{
    (void)number;
    return *(guint *)user >> way & 1 ? RELAY_DROP : RELAY_PASS;
}

/* A line cut in one direction: RED at the deaf end, YELLOW and remote loss at the other; all
 * clears. */
static void cut_one_way(guint way)
{
    guint cut = 0;
    End *deaf, *other;
    Line line;

    line_init(&line, TRUE);
    line_up(&line);
    deaf = way ? &line.a : &line.b;
    other = way ? &line.b : &line.a;
    line.relay.fate = drop_ways;
    line.relay.user = &cut;
    cut = 1u << way;
    loop_virtual_advance(line.loop, 80 * MS);
    /* R comes first and stops nothing */
    g_assert_cmpuint(deaf->span->alarms, ==, SPAN_ALARM_NONE);
    g_assert_cmpuint(other->span->alarms, ==, SPAN_ALARM_REMOTE_LOSS);
    loop_virtual_advance(line.loop, 120 * MS);
    g_assert_cmpuint(deaf->span->alarms, ==, SPAN_ALARM_RED);
    g_assert_cmpuint(other->span->alarms, ==, SPAN_ALARM_YELLOW | SPAN_ALARM_REMOTE_LOSS);
    loop_virtual_advance(line.loop, 10 * SECOND);
    cut = 0;
    loop_virtual_advance(line.loop, 50 * MS);
    g_assert_cmpuint(deaf->span->alarms, ==, SPAN_ALARM_RED);
    loop_virtual_advance(line.loop, 150 * MS);
    g_assert_cmpuint(deaf->span->alarms, ==, SPAN_ALARM_NONE);
    g_assert_cmpuint(other->span->alarms, ==, SPAN_ALARM_NONE);
    /* the outage is counted once, roughly as long as it was, and leaves no slips behind */
    g_assert_cmpuint(deaf->span->counters.lost, >, 10000);
    g_assert_cmpuint(deaf->span->counters.lost, <, 10300);
    g_assert_cmpuint(deaf->span->counters.slips, ==, 0);
    end_b_open(deaf, 3);
    end_b_open(other, 3);
    loop_virtual_advance(line.loop, SECOND);
    end_assert_exact(other, deaf, 3, 160);
    line_clear(&line);
}

static void test_cut_to_slave(void)
{
    cut_one_way(0);
}

static void test_cut_to_master(void)
{
    cut_one_way(1);
}

static void test_cut_both(void)
{
    guint cut = 3;
    Line line;

    line_init(&line, TRUE);
    line_up(&line);
    line.relay.fate = drop_ways;
    line.relay.user = &cut;
    loop_virtual_advance(line.loop, SECOND);
    g_assert_cmpuint(line.a.span->alarms, ==, SPAN_ALARM_RED);
    g_assert_cmpuint(line.b.span->alarms, ==, SPAN_ALARM_RED);
    cut = 0;
    g_assert_true(loop_virtual_wait(line.loop, 200 * MS, end_is_quiet, &line.a));
    g_assert_true(loop_virtual_wait(line.loop, 200 * MS, end_is_quiet, &line.b));
    line_clear(&line);
}

/* A short outage is no alarm. */
static void test_short_cut(void)
{
    guint cut = 3, told;
    Line line;

    line_init(&line, TRUE);
    line_up(&line);
    told = line.a.alarms->len;
    line.relay.fate = drop_ways;
    line.relay.user = &cut;
    loop_virtual_advance(line.loop, 8 * MS);
    cut = 0;
    loop_virtual_advance(line.loop, SECOND);
    g_assert_cmpuint(line.a.alarms->len, ==, told);
    g_assert_cmpuint(line.a.span->counters.lost + line.a.span->counters.slips, >=, 7);
    g_assert_cmpuint(line.b.span->counters.lost, >=, 7);
    line_clear(&line);
}

/* A restarted far end begins with another sequence number. */
static void test_restart(void)
{
    Line line;

    line_init(&line, FALSE);
    line_up(&line);
    for (guint i = 0; i < 2; i++) {
        End *end = i ? &line.b : &line.a;

        end_close(end);
        loop_virtual_advance(line.loop, i * SECOND);
        g_array_set_size(end->alarms, 0);
        end_open(end, line.loop);
        g_assert_true(loop_virtual_wait(line.loop, 300 * MS, end_is_quiet, &line.a));
        g_assert_true(loop_virtual_wait(line.loop, 300 * MS, end_is_quiet, &line.b));
    }
    end_b_open(&line.a, 9);
    end_b_open(&line.b, 9);
    loop_virtual_advance(line.loop, SECOND);
    end_assert_exact(&line.a, &line.b, 9, 160);
    end_assert_exact(&line.b, &line.a, 9, 160);
    line_clear(&line);
}

/* Two slaves are a mistake, but they start, talk, and do not run away. */
static void test_two_slaves(void)
{
    static const guint8 frame[3] = {0x00, 0x01, 0x7f};
    guint64 before;
    Line line;

    line_init(&line, FALSE);
    line.a.settings.clock = SPAN_CLOCK_SLAVE;
    line_up(&line);
    before = line.a.ticks;
    loop_virtual_advance(line.loop, 10 * SECOND);
    g_test_message("%" G_GUINT64_FORMAT " octets in 10 s", line.a.ticks - before);
    g_assert_cmpuint(line.a.ticks - before, >=, 80000);
    g_assert_cmpuint(line.a.ticks - before, <=, 81000);
    g_assert_true(span_d_send(line.a.span, frame, sizeof(frame)));
    g_assert_true(span_d_send(line.b.span, frame, sizeof(frame)));
    loop_virtual_advance(line.loop, 100 * MS);
    g_assert_cmpuint(line.a.frames->len, ==, 1);
    g_assert_cmpuint(line.b.frames->len, ==, 1);
    line_clear(&line);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cesopsn-trouble/loss", test_loss);
    g_test_add_func("/cesopsn-trouble/reorder-and-duplicates", test_reorder_and_duplicates);
    g_test_add_func("/cesopsn-trouble/late", test_late);
    g_test_add_func("/cesopsn-trouble/cut/to-slave", test_cut_to_slave);
    g_test_add_func("/cesopsn-trouble/cut/to-master", test_cut_to_master);
    g_test_add_func("/cesopsn-trouble/cut/both", test_cut_both);
    g_test_add_func("/cesopsn-trouble/cut/short", test_short_cut);
    g_test_add_func("/cesopsn-trouble/restart", test_restart);
    g_test_add_func("/cesopsn-trouble/two-slaves", test_two_slaves);
    return g_test_run();
}
