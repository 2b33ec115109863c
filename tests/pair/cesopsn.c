/* Two CESoPSN spans over true loopback UDP, in faked time where nothing else is said. */
#define _GNU_SOURCE /* memmem */
#include "cesopsn_end.h"
#include "loop_virtual.h"

#include <string.h>

#define MS 1000
#define SECOND (1000 * MS)

/* Two ends that face each other, perhaps through a relay. */
typedef struct Line {
    Loop *loop;
    End a, b; /* a: master unless the test says else; b: slave */
    Relay relay;
    gboolean relayed;
} Line;

static void line_init(Line *self, gboolean relayed)
{
    guint16 ends[2] = {end_free_port(), end_free_port()};
    guint16 ports[2] = {ends[1], ends[0]};

    *self = (Line){.loop = loop_virtual_new(), .relayed = relayed};
    if (relayed) {
        ports[0] = end_free_port();
        ports[1] = end_free_port();
        relay_open(&self->relay, self->loop, ends, ports);
    }
    end_init(&self->a, "a", ends[0], ports[0]);
    end_init(&self->b, "b", ends[1], ports[1]);
    self->b.settings.clock = SPAN_CLOCK_SLAVE;
}

static void line_open(Line *self)
{
    end_open(&self->a, self->loop);
    end_open(&self->b, self->loop);
}

/* Opens both ends and lets their alarms clear. */
static void line_up(Line *self)
{
    line_open(self);
    g_assert_true(loop_virtual_wait(self->loop, 400 * MS, end_is_quiet, &self->a));
    g_assert_true(loop_virtual_wait(self->loop, 400 * MS, end_is_quiet, &self->b));
}

static void line_clear(Line *self)
{
    end_clear(&self->a);
    end_clear(&self->b);
    if (self->relayed)
        relay_close(&self->relay);
    loop_virtual_advance(self->loop, 0);
    loop_virtual_free(self->loop);
}

static void assert_undisturbed(const End *end)
{
    const SpanCounters *counters = &end->span->counters;

    g_assert_cmpuint(counters->lost, ==, 0);
    g_assert_cmpuint(counters->late, ==, 0);
    g_assert_cmpuint(counters->duplicate, ==, 0);
    g_assert_cmpuint(counters->reordered, ==, 0);
    g_assert_cmpuint(counters->malformed, ==, 0);
    g_assert_cmpuint(counters->foreign, ==, 0);
    g_assert_cmpuint(counters->slips, ==, 0);
    g_assert_cmpuint(counters->late_ticks, ==, 0);
}

static void test_start_up(void)
{
    Line line;

    line_init(&line, FALSE);
    line_open(&line);
    loop_virtual_advance(line.loop, 50 * MS);
    g_assert_cmpuint(end_last_alarms(&line.a), ==, SPAN_ALARM_RED);
    g_assert_cmpuint(end_last_alarms(&line.b), ==, SPAN_ALARM_RED);
    loop_virtual_advance(line.loop, 100 * MS);
    g_assert_cmpuint(line.a.span->alarms, ==, SPAN_ALARM_NONE);
    g_assert_cmpuint(line.b.span->alarms, ==, SPAN_ALARM_NONE);
    assert_undisturbed(&line.a);
    assert_undisturbed(&line.b);
    line_clear(&line);
}

/* Ten seconds of different random octets both ways at once on the first, the last and a middle
 * channel. */
static void exact_both_ways(SpanType type, guint packet_ms, guint depth, SpanClock a, SpanClock b)
{
    guint8 last = type == SPAN_E1 ? 31 : 23;
    guint64 before_a, before_b;
    Line line;

    line_init(&line, FALSE);
    line.a.settings.clock = a;
    line.b.settings.clock = b;
    for (guint i = 0; i < 2; i++) {
        SpanSettings *settings = i ? &line.b.settings : &line.a.settings;

        settings->type = type;
        settings->d_channel = type == SPAN_E1 ? 16 : 24;
        settings->law = type == SPAN_E1 ? LAW_ALAW : LAW_ULAW;
        settings->packet_ms = packet_ms;
        settings->buffer_packets = depth;
    }
    line_up(&line);
    for (guint i = 0; i < 2; i++) {
        End *end = i ? &line.b : &line.a;

        end_b_open(end, 1);
        end_b_open(end, 15);
        end_b_open(end, last);
    }
    loop_virtual_advance(line.loop, SECOND / 2);
    before_a = line.a.ticks;
    before_b = line.b.ticks;
    loop_virtual_advance(line.loop, 10 * SECOND);
    g_assert_cmpuint(line.a.ticks - before_a, ==, 80000);
    g_assert_cmpuint(line.b.ticks - before_b, ==, 80000);
    for (guint8 channel = 1; channel <= last; channel++) {
        if (!line.a.sent[channel])
            continue;
        end_assert_exact(&line.a, &line.b, channel, 4000);
        end_assert_exact(&line.b, &line.a, channel, 4000);
    }
    assert_undisturbed(&line.a);
    assert_undisturbed(&line.b);
    line_clear(&line);
}

static void test_exact_e1(void)
{
    exact_both_ways(SPAN_E1, 1, 4, SPAN_CLOCK_MASTER, SPAN_CLOCK_SLAVE);
}

static void test_exact_e1_5ms(void)
{
    exact_both_ways(SPAN_E1, 5, 2, SPAN_CLOCK_SLAVE, SPAN_CLOCK_MASTER);
}

static void test_exact_t1(void)
{
    exact_both_ways(SPAN_T1, 1, 2, SPAN_CLOCK_MASTER, SPAN_CLOCK_SLAVE);
}

static void test_exact_t1_5ms(void)
{
    exact_both_ways(SPAN_T1, 5, 32, SPAN_CLOCK_MASTER, SPAN_CLOCK_SLAVE);
}

/* Two masters on one true clock do as well. */
static void test_exact_masters(void)
{
    exact_both_ways(SPAN_E1, 1, 4, SPAN_CLOCK_MASTER, SPAN_CLOCK_MASTER);
}

/* A closed channel sends and hears nothing; its timeslot is idle at once. */
static void test_b_close(void)
{
    Line line;
    gsize heard;

    line_init(&line, FALSE);
    line_up(&line);
    end_b_open(&line.a, 7);
    end_b_open(&line.b, 7);
    loop_virtual_advance(line.loop, 100 * MS);
    span_b_close(line.a.span, 7);
    heard = line.a.heard[7]->len;
    loop_virtual_advance(line.loop, 100 * MS);
    g_assert_cmpuint(line.a.heard[7]->len, ==, heard);
    for (guint i = 1; i <= 400; i++)
        g_assert_cmphex(line.b.heard[7]->data[line.b.heard[7]->len - i], ==, 0xd5);
    line_clear(&line);
}

static void keep_queue_full(void *user)
{
    static const guint8 frame[260] = {0x00, 0x01, 0x00, 0x00, 0x08, 0x01, 0x01, 0x05};

    while (span_d_send(user, frame, sizeof(frame)))
        ;
}

static void test_d_full_rate(void)
{
    Line line;
    gsize octets = 0;

    line_init(&line, FALSE);
    line_up(&line);
    line.a.on_tick = line.b.on_tick = keep_queue_full;
    line.a.on_tick_user = line.a.span;
    line.b.on_tick_user = line.b.span;
    loop_virtual_advance(line.loop, 10 * SECOND);
    for (guint i = 0; i < 2; i++) {
        End *end = i ? &line.b : &line.a;

        octets = 0;
        for (guint frame = 0; frame < end->frames->len; frame++)
            octets += g_bytes_get_size(end->frames->pdata[frame]);
        g_test_message("%s heard %u frames, %.1f %% of 64 kbit/s", end->settings.name,
                       end->frames->len, (double)octets / 800.0);
        g_assert_cmpfloat((double)octets, >=, 0.95 * 80000);
        g_assert_cmpuint(end->span->counters.d_bad_fcs, ==, 0);
        g_assert_cmpuint(end->span->counters.d_aborts, ==, 0);
        g_assert_cmpuint(end->span->counters.d_frames_in, ==, end->frames->len);
        g_assert_cmpuint(end->span->counters.d_dropped_out, >, 0);
    }
    line_clear(&line);
}

/* The frames come whole, in order, between all other traffic. */
static void test_d_frames(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(921);
    g_autoptr(GPtrArray) sent = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    Line line;

    line_init(&line, FALSE);
    line_up(&line);
    for (guint i = 0; i < 300; i++) {
        guint8 frame[260];
        gsize length = (gsize)g_rand_int_range(random, 2, 261);

        for (gsize at = 0; at < length; at++)
            frame[at] = (guint8)g_rand_int(random);
        g_assert_true(span_d_send(line.b.span, frame, length));
        g_ptr_array_add(sent, g_bytes_new(frame, length));
        loop_virtual_advance(line.loop, g_rand_int_range(random, 30, 60) * MS);
    }
    loop_virtual_advance(line.loop, SECOND);
    g_assert_cmpuint(line.a.frames->len, ==, sent->len);
    for (guint i = 0; i < sent->len; i++)
        g_assert_true(g_bytes_equal(sent->pdata[i], line.a.frames->pdata[i]));
    g_assert_cmpuint(line.b.span->counters.d_frames_out, ==, sent->len);
    line_clear(&line);
}

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
    g_test_add_func("/cesopsn/start-up", test_start_up);
    g_test_add_func("/cesopsn/exact/e1-1ms", test_exact_e1);
    g_test_add_func("/cesopsn/exact/e1-5ms-slave-first", test_exact_e1_5ms);
    g_test_add_func("/cesopsn/exact/t1-1ms", test_exact_t1);
    g_test_add_func("/cesopsn/exact/t1-5ms", test_exact_t1_5ms);
    g_test_add_func("/cesopsn/exact/two-masters", test_exact_masters);
    g_test_add_func("/cesopsn/b-close", test_b_close);
    g_test_add_func("/cesopsn/d/full-rate", test_d_full_rate);
    g_test_add_func("/cesopsn/d/frames", test_d_frames);
    g_test_add_func("/cesopsn/loss", test_loss);
    g_test_add_func("/cesopsn/reorder-and-duplicates", test_reorder_and_duplicates);
    g_test_add_func("/cesopsn/late", test_late);
    g_test_add_func("/cesopsn/cut/to-slave", test_cut_to_slave);
    g_test_add_func("/cesopsn/cut/to-master", test_cut_to_master);
    g_test_add_func("/cesopsn/cut/both", test_cut_both);
    g_test_add_func("/cesopsn/cut/short", test_short_cut);
    g_test_add_func("/cesopsn/restart", test_restart);
    g_test_add_func("/cesopsn/two-slaves", test_two_slaves);
    return g_test_run();
}
