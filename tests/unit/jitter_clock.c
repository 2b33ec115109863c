/* The jitter buffer in the long run: sample exact on one clock whatever the jitter within the
 * target, single slips on two. */
#include "jitter_line.h"

#include <math.h>

static const guint targets[] = {10, 20, 60}, ptimes[] = {10, 20, 30}, blocks[] = {8, 40, 160};

static void test_steady(void)
{
    for (guint t = 0; t < 3; t++)
        for (guint p = 0; p < 3; p++)
            for (guint b = 0; b < 3; b++) {
                Line *line = line_new(targets[t], ptimes[p], blocks[b]);
                guint delay;

                line_run(line, 12);
                delay = assert_exact(line, SECOND / 2);
                /* What a sample waits: its packet, the target, and at most a block for being read.
                 */
                g_assert_cmpuint(delay, >=, line->ptime);
                g_assert_cmpuint(delay, <=, line->ptime + line->target + line->block);
                g_assert_cmpuint(line->jitter.stats.resyncs, ==, 0);
                line_free(line);
            }
}

static double delay_uniform(Line *line, guint packet)
{
    return g_rand_double_range(line->random, 0, line->target);
}

/* The far end is held up now and then, and sends what it owes at once. */
static double delay_bursts(Line *line, guint packet)
{
    guint burst = MAX(line->target / line->ptime, 1) + 1;

    return MIN((burst - 1 - packet % burst) * line->ptime, line->target);
}

/* Calm for ten seconds, then the worst there is, then calm, ... */
static double delay_phases(Line *line, guint packet)
{
    return packet * line->ptime / (10 * SECOND) % 2 ? delay_uniform(line, packet) : 0;
}

static double delay_phases_reversed(Line *line, guint packet)
{
    return packet * line->ptime / (10 * SECOND) % 2 ? 0 : delay_bursts(line, packet);
}

/* Only the first packet is late: the least helpful one to go by. */
static double delay_first(Line *line, guint packet)
{
    return packet == 0 ? line->target : 0;
}

static void test_jitter_on_one_clock(void)
{
    static double (*const delays[])(Line *, guint) = {
        delay_uniform, delay_bursts, delay_phases, delay_phases_reversed, delay_first,
    };

    for (guint d = 0; d < G_N_ELEMENTS(delays); d++)
        for (guint t = 0; t < 3; t++)
            for (guint p = 0; p < 3; p++)
                for (guint b = 0; b < 2; b++) {
                    Line *line = line_new(targets[t], ptimes[p], blocks[b]);

                    line->delay = delays[d];
                    line_run(line, 50);
                    g_assert_cmpuint(assert_exact(line, SECOND / 2), <=,
                                     line->ptime + 2 * line->target + line->block);
                    line_free(line);
                }
}

/* A queue on the way lets the first packets out at once: the last of them shows how late the first
 * was. */
static double delay_held_start(Line *line, guint packet)
{
    return MAX((double)line->target - packet * line->ptime, 0);
}

static void test_held_start(void)
{
    for (guint t = 0; t < 3; t++)
        for (guint p = 0; p < 3; p++) {
            Line *line = line_new(targets[t], ptimes[p], 8);

            line->delay = delay_held_start;
            line_run(line, 6);
            g_assert_cmpuint(assert_exact(line, SECOND / 2), <=,
                             line->ptime + line->target + line->target % line->ptime + POLL);
            line_free(line);
        }
}

/* Our own thread is held up by up to the target, a quarter of the time, from the tenth second on.
 */
static double stall_often(Line *line, guint32 now)
{
    guint32 phase = now % (SECOND / 4);

    if (now / (10 * SECOND) % 2 == 0)
        return 0;
    return phase < SECOND / 16 ? MAX(line->target - (double)(phase % line->target), 0) : 0;
}

static void test_own_stalls(void)
{
    for (guint t = 0; t < 3; t++)
        for (guint p = 0; p < 3; p++) {
            Line *line = line_new(targets[t], ptimes[p], 8);

            line->stall = stall_often;
            line_run(line, 40);
            assert_exact(line, SECOND / 2);
            line_free(line);
        }
}

/* Steps between neighbours where the far end's sound is a staircase: 1 is exact, 0 and 2 are slips.
 */
static guint count_slips(const Line *line, guint32 start, guint *breaks)
{
    guint slips = 0;

    *breaks = 0;
    for (guint32 i = start, at = line_offset(line, start) + start; i < line->now; i++, at++) {
        if (line->heard[i] == sound(at))
            continue;
        if (line->heard[i] == sound(at + 1))
            at++;
        else if (line->heard[i] == sound(at - 1))
            at--;
        else
            (*breaks)++;
        slips++;
    }
    return slips;
}

static void check_drift(double ppm, guint target_ms, guint ptime_ms)
{
    const guint seconds = 900;
    Line *line = line_new(target_ms, ptime_ms, 8);
    double expected = fabs(ppm) * 1e-6 * seconds * SECOND;
    guint breaks;

    line->ppm = ppm;
    line_run(line, seconds);
    g_assert_cmpuint(count_slips(line, SECOND / 2, &breaks), ==, line->jitter.stats.slipped);
    g_assert_cmpuint(breaks, ==, 0);
    g_assert_cmpuint(line->jitter.stats.late, ==, 0);
    g_assert_cmpuint(line->jitter.stats.concealed, ==, 0);
    g_assert_cmpuint(line->jitter.stats.resyncs, ==, 0);
    /* All but what the tolerated change of distance takes. */
    g_assert_cmpfloat((double)line->jitter.stats.slipped, <=, expected + line->target / 4.0);
    g_assert_cmpfloat((double)line->jitter.stats.slipped, >=, expected - line->target - 160);
    g_assert_cmpuint(jitter_depth(&line->jitter), <=, 2 * line->target + line->ptime + 80);
    line_free(line);
}

static void test_drift(void)
{
    check_drift(+50, 20, 20);
    check_drift(-50, 20, 20);
    check_drift(+100, 20, 10);
    check_drift(-100, 20, 30);
    check_drift(+100, 40, 20);
    check_drift(-200, 40, 20);
}

static void test_drift_with_jitter(void)
{
    for (int sign = -1; sign <= 1; sign += 2) {
        Line *line = line_new(40, 20, 40);

        line->ppm = sign * 100;
        line->delay = delay_uniform;
        line->target = 240; /* jitter of 30 ms for a buffer of 40 */
        line_run(line, 600);
        /* One packet in two hundred may be late before drift is certain. */
        g_assert_cmpuint(line->jitter.stats.late, <=, 600 * 50 / 200);
        g_assert_cmpuint(line->jitter.stats.resyncs, ==, 0);
        line_free(line);
    }
}

static double delay_longer_way(Line *line, guint packet)
{
    return packet < 500 ? 0 : 60 * 8; /* 60 ms more from the tenth second on */
}

static double delay_shorter_way(Line *line, guint packet)
{
    return packet < 500 ? 400 * 8 : 0;
}

static void test_path_changes(void)
{
    Line *line = line_new(20, 20, 40);
    guint32 offset;

    line->delay = delay_longer_way;
    line_run(line, 20);
    offset = line_offset(line, 11 * SECOND); /* found again within a second */
    for (guint32 i = 11 * SECOND; i < 13 * SECOND; i++)
        g_assert_cmphex(line->heard[i], ==, sound(i + offset));
    g_assert_cmpuint(line->jitter.stats.resyncs, ==, 1);
    line_free(line);

    line = line_new(20, 20, 40);
    line->delay = delay_shorter_way;
    line_run(line, 20);
    offset = line_offset(line, 11 * SECOND);
    g_assert_cmpuint(line->first - offset, <, 160 + 2 * 160 + 40); /* no delay left over */
    g_assert_cmpuint(line->jitter.stats.resyncs, ==, 1);
    line_free(line);
}

/* Our thread stood still for 300 ms in mid-call, as did everything that lay in the socket. */
static double stall_long(Line *line, guint32 now)
{
    return now >= 5 * SECOND && now < 5 * SECOND + 2400 ? 5 * SECOND + 2400 - now : 0;
}

static void test_long_stall(void)
{
    Line *line = line_new(20, 20, 8);

    line->stall = stall_long;
    line_run(line, 15);
    g_assert_cmpuint(line_offset(line, SECOND), ==, line_offset(line, 7 * SECOND));
    g_assert_cmpuint(jitter_depth(&line->jitter), <=, 320 + 40);
    line_free(line);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/jitter-clock/steady-is-exact", test_steady);
    g_test_add_func("/jitter-clock/jitter-within-the-target-is-exact", test_jitter_on_one_clock);
    g_test_add_func("/jitter-clock/a-held-up-start-leaves-no-delay", test_held_start);
    g_test_add_func("/jitter-clock/our-own-stalls-within-the-target-are-exact", test_own_stalls);
    g_test_add_func("/jitter-clock/drift-is-followed-by-single-samples", test_drift);
    g_test_add_func("/jitter-clock/drift-under-jitter", test_drift_with_jitter);
    g_test_add_func("/jitter-clock/the-path-becomes-longer-or-shorter", test_path_changes);
    g_test_add_func("/jitter-clock/a-long-stall-leaves-no-delay", test_long_stall);
    return g_test_run();
}
