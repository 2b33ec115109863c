/* The clock of a CESoPSN span on a loop that comes late: it catches up a little, and never drifts.
 */
#include "cesopsn_end.h"
#include "loop_virtual.h"

#define MS 1000
#define SECOND (1000 * MS)

/* A virtual loop whose timers fire LAG_US after their time, and the next one STALL_US more. */
typedef struct LateLoop {
    Loop base;
    Loop *inner;
    gint64 lag_us, stall_us;
} LateLoop;

static gint64 late_now(Loop *loop)
{
    return loop_now(((LateLoop *)loop)->inner);
}

static LoopWatch *late_watch(Loop *loop, int fd, LoopReady events, LoopFdFunc func, void *user)
{
    return loop_watch(((LateLoop *)loop)->inner, fd, events, func, user);
}

static void late_unwatch(Loop *loop, LoopWatch *watch)
{
    loop_unwatch(((LateLoop *)loop)->inner, watch);
}

static LoopTimer *late_timer_new(Loop *loop, LoopFunc func, void *user)
{
    return loop_timer_new(((LateLoop *)loop)->inner, func, user);
}

static void late_timer_start(Loop *loop, LoopTimer *timer, gint64 delay_us)
{
    LateLoop *self = (LateLoop *)loop;

    loop_timer_start(self->inner, timer, MAX(delay_us, 0) + self->lag_us + self->stall_us);
    self->stall_us = 0;
}

static void late_timer_stop(Loop *loop, LoopTimer *timer)
{
    loop_timer_stop(((LateLoop *)loop)->inner, timer);
}

static void late_timer_free(Loop *loop, LoopTimer *timer)
{
    loop_timer_free(((LateLoop *)loop)->inner, timer);
}

static void late_post(Loop *loop, LoopFunc func, void *data, GDestroyNotify destroy)
{
    loop_post(((LateLoop *)loop)->inner, func, data, destroy);
}

static const LoopOps late_ops = {late_now,         late_watch,      late_unwatch,    late_timer_new,
                                 late_timer_start, late_timer_stop, late_timer_free, late_post};

/* A master span on a late loop, nobody far. */
typedef struct Bench {
    LateLoop loop;
    End end;
} Bench;

static void bench_init(Bench *self, guint packet_ms)
{
    self->loop = (LateLoop){.base.ops = &late_ops, .inner = loop_virtual_new()};
    end_init(&self->end, "late", end_free_port(), end_free_port());
    self->end.settings.packet_ms = packet_ms;
    end_open(&self->end, &self->loop.base);
}

static void bench_clear(Bench *self)
{
    end_clear(&self->end);
    loop_virtual_free(self->loop.inner);
}

/* Every timer 700 us late, for a minute: the packets are 700 us late, not 700 us slower. */
static void test_lag(void)
{
    Bench bench;

    bench_init(&bench, 1);
    bench.loop.lag_us = 700;
    loop_virtual_advance(bench.loop.inner, 60 * SECOND);
    g_assert_cmpuint(bench.end.span->counters.packets_out, >=, 59999);
    g_assert_cmpuint(bench.end.span->counters.packets_out, <=, 60000);
    g_assert_cmpuint(bench.end.span->counters.late_ticks, ==, 0);
    bench_clear(&bench);
}

/* One stall of STALL_MS in ten seconds costs LOST packets, and late ticks are counted. */
static void stall_once(guint packet_ms, guint stall_ms, guint lost)
{
    guint64 expected = 10000 / packet_ms, late;
    Bench bench;

    bench_init(&bench, packet_ms);
    loop_virtual_advance(bench.loop.inner, SECOND / 2);
    bench.loop.stall_us = stall_ms * MS;
    loop_virtual_advance(bench.loop.inner, SECOND / 2);
    late = bench.end.span->counters.late_ticks;
    g_assert_cmpuint(late, >=, stall_ms / packet_ms);
    g_assert_cmpuint(late, <=, stall_ms / packet_ms * 3 / 2);
    loop_virtual_advance(bench.loop.inner, 9 * SECOND);
    g_assert_cmpuint(bench.end.span->counters.packets_out, ==, expected - lost);
    g_assert_cmpuint(bench.end.ticks, ==, (expected - lost) * packet_ms * 8);
    g_assert_cmpuint(bench.end.span->counters.late_ticks, ==, late);
    bench_clear(&bench);
}

static void test_short_stall(void)
{
    stall_once(1, 10, 0);
    stall_once(5, 10, 0);
}

static void test_long_stall(void)
{
    stall_once(1, 60, 41); /* 61 ticks are due at once, 20 of them are made up */
    stall_once(5, 60, 9);  /* 13 due, 4 made up */
}

/* A stall of the master that it can make up loses no octet either way, with a slave far end. */
static void test_stall_exact(void)
{
    guint16 ports[2] = {end_free_port(), end_free_port()};
    LateLoop late = {.base.ops = &late_ops, .inner = loop_virtual_new()};
    End master, slave;

    end_init(&master, "master", ports[0], ports[1]);
    end_init(&slave, "slave", ports[1], ports[0]);
    slave.settings.clock = SPAN_CLOCK_SLAVE;
    end_open(&master, &late.base);
    end_open(&slave, late.inner);
    loop_virtual_advance(late.inner, SECOND / 2);
    end_b_open(&master, 1);
    end_b_open(&slave, 1);
    for (guint i = 0; i < 10; i++) {
        loop_virtual_advance(late.inner, SECOND);
        late.stall_us = 15 * MS;
    }
    loop_virtual_advance(late.inner, SECOND);
    g_assert_cmpuint(master.span->counters.late_ticks, >=, 150);
    g_assert_cmpuint(master.span->counters.slips + slave.span->counters.slips, ==, 0);
    g_assert_cmpuint(master.span->counters.lost + slave.span->counters.lost, ==, 0);
    end_assert_exact(&master, &slave, 1, 160);
    end_assert_exact(&slave, &master, 1, 160);
    end_clear(&master);
    end_clear(&slave);
    loop_virtual_free(late.inner);
}

/* The same on the true loop and clock: a second's packets, whatever the machine does meanwhile. */
static void stop_loop(void *user)
{
    loop_epoll_quit(user);
}

static void test_true_time(void)
{
    g_autoptr(GError) error = NULL;
    Loop *loop = loop_epoll_new(&error);
    LoopTimer *stop;
    gint64 began;
    guint64 due;
    End a, b;

    g_assert_no_error(error);
    end_init(&a, "a", end_free_port(), end_free_port());
    end_init(&b, "b", 1, 1);
    b.settings.local = a.settings.remote;
    b.settings.remote = a.settings.local;
    b.settings.clock = SPAN_CLOCK_SLAVE;
    end_open(&a, loop);
    end_open(&b, loop);
    began = loop_now(loop);
    stop = loop_timer_new(loop, stop_loop, loop);
    loop_timer_start(loop, stop, SECOND);
    loop_epoll_run(loop);
    due = (guint64)(loop_now(loop) - began) / 1000;
    g_test_message("%d packets in %d ms, %d late ticks", (int)a.span->counters.packets_out,
                   (int)due, (int)a.span->counters.late_ticks);
    g_assert_cmpuint(a.span->counters.packets_out, <=, due + 1);
    g_assert_cmpuint(a.span->counters.packets_out + a.span->counters.late_ticks + 2, >=, due);
    g_assert_cmpuint(b.span->counters.packets_in, >, 0);
    loop_timer_free(loop, stop);
    end_clear(&a);
    end_clear(&b);
    loop_epoll_free(loop);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cesopsn-clock/lag", test_lag);
    g_test_add_func("/cesopsn-clock/stall/short", test_short_stall);
    g_test_add_func("/cesopsn-clock/stall/long", test_long_stall);
    g_test_add_func("/cesopsn-clock/stall/exact", test_stall_exact);
    g_test_add_func("/cesopsn-clock/true-time", test_true_time);
    return g_test_run();
}
