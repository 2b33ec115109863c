/* The jitter buffer against a simulated far end: sample exact on one clock whatever the jitter
 * within the target, single slips on two. */
#include "jitter.h"

#include <math.h>
#include <string.h>

#define SECOND 8000
#define POLL 80
#define WINDOW_PACKETS 64 /* how far packets may overtake each other */

/* A far end, the way from it, and our TDM clock. Times are samples of our clock. */
typedef struct Line {
    guint target, ptime, block;                       /* samples */
    double ppm;                                       /* how much faster the far end's clock is */
    guint32 first;                                    /* its first timestamp */
    double (*delay)(struct Line *line, guint packet); /* on the way; negative: lost */
    double (*stall)(struct Line *line, guint32 now);  /* how late we handle a block */
    guint seconds;
    GRand *random;

    Jitter jitter;
    guint sent; /* packets whose arrival is settled */
    double arrival[WINDOW_PACKETS];
    gboolean read[WINDOW_PACKETS];
    guint unread; /* the oldest packet not read */
    guint since_poll;
    guint32 now;
    guint8 *heard; /* everything played */
} Line;

static guint8 sound(guint32 timestamp)
{
    guint32 x = timestamp * 2654435761u;

    return (guint8)((x ^ x >> 15) >> 8);
}

static double emission(const Line *line, guint packet)
{
    return (packet + 1.0) * line->ptime / (1 + line->ppm * 1e-6);
}

static void line_put(Line *line, guint packet, double handled)
{
    guint8 octets[240];
    guint32 timestamp = line->first + packet * line->ptime;
    double waited = handled - line->arrival[packet % WINDOW_PACKETS];

    for (guint i = 0; i < line->ptime; i++)
        octets[i] = sound(timestamp + i);
    jitter_put(&line->jitter, timestamp, octets, line->ptime, (guint)MAX(waited, 0));
}

/* Reads what has arrived by HANDLED, in order of arrival. */
static void line_poll(Line *line, double handled)
{
    line->since_poll = 0;
    while (line->sent < line->unread + WINDOW_PACKETS - 1 &&
           emission(line, line->sent) <= handled) {
        double delay = line->delay ? line->delay(line, line->sent) : 0;

        line->arrival[line->sent % WINDOW_PACKETS] = emission(line, line->sent) + delay;
        line->read[line->sent % WINDOW_PACKETS] = delay < 0;
        line->sent++;
    }
    for (;;) {
        guint best = line->sent;

        for (guint i = line->unread; i < line->sent; i++)
            if (!line->read[i % WINDOW_PACKETS] && line->arrival[i % WINDOW_PACKETS] <= handled &&
                (best == line->sent ||
                 line->arrival[i % WINDOW_PACKETS] < line->arrival[best % WINDOW_PACKETS]))
                best = i;
        if (best == line->sent)
            break;
        line->read[best % WINDOW_PACKETS] = TRUE;
        line_put(line, best, handled);
    }
    while (line->unread < line->sent && line->read[line->unread % WINDOW_PACKETS])
        line->unread++;
}

static Line *line_new(guint target_ms, guint ptime_ms, guint block)
{
    Line *line = g_new0(Line, 1);

    line->target = target_ms * 8;
    line->ptime = ptime_ms * 8;
    line->block = block;
    line->first = 0xfffff000; /* the timestamp wraps within the first second */
    line->random = g_rand_new_with_seed(3550);
    jitter_init(&line->jitter, LAW_ALAW, line->target);
    return line;
}

static void line_free(Line *line)
{
    g_rand_free(line->random);
    g_free(line->heard);
    g_free(line);
}

/* Runs SECONDS more, as port_block() does. */
static void line_run(Line *line, guint seconds)
{
    line->seconds += seconds;
    line->heard = g_realloc(line->heard, line->seconds * SECOND + line->block);
    while (line->now < line->seconds * SECOND) {
        double handled = line->now + (line->stall ? line->stall(line, line->now) : 0);

        line->since_poll += line->block;
        if (line->since_poll >= POLL ||
            (line->jitter.running && !jitter_is_ready(&line->jitter, line->block)))
            line_poll(line, handled);
        jitter_play(&line->jitter, line->heard + line->now, line->block);
        line->now += line->block;
    }
}

/* The constant distance between our clock and the far end's timestamps at START; asserts that there
 * is one. */
static guint32 line_offset(const Line *line, guint32 start)
{
    for (guint32 back = 0; back < SECOND; back++) {
        guint32 offset = line->first - back;
        guint i = 0;

        while (i < 64 && line->heard[start + i] == sound(start + i + offset))
            i++;
        if (i == 64)
            return offset;
    }
    g_test_message("nothing of the far end is heard at %u (target %u, ptime %u, block %u)", start,
                   line->target, line->ptime, line->block);
    g_assert_not_reached();
}

/* From START on every sample is the far end's, in order. Returns the delay in samples. */
static guint assert_exact(const Line *line, guint32 start)
{
    guint32 offset = line_offset(line, start);

    for (guint32 i = start; i < line->now; i++)
        if (line->heard[i] != sound(i + offset)) {
            g_test_message("differs after %u samples (target %u, ptime %u, block %u)", i,
                           line->target, line->ptime, line->block);
            g_assert_cmphex(line->heard[i], ==, sound(i + offset));
        }
    g_assert_cmpuint(line->jitter.stats.late, ==, 0);
    g_assert_cmpuint(line->jitter.stats.concealed, ==, 0);
    g_assert_cmpuint(line->jitter.stats.slipped, ==, 0);
    return line->first - offset;
}

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

static double delay_lost_percent(Line *line, guint packet)
{
    return g_rand_int_range(line->random, 0, 100) == 0 ? -1 : 0;
}

static void test_loss_is_concealed(void)
{
    Line *line = line_new(20, 20, 40);
    guint32 offset, wrong = 0;

    line->delay = delay_lost_percent;
    line_run(line, 60);
    offset = line_offset(line, SECOND / 2);
    for (guint32 i = SECOND / 2; i < line->now; i++)
        wrong += line->heard[i] != sound(i + offset);
    g_assert_cmpuint(line->jitter.stats.concealed, >, 60 * SECOND / 200);
    g_assert_cmpuint(line->jitter.stats.concealed, <, 60 * SECOND * 3 / 200);
    g_assert_cmpuint(line->jitter.stats.concealed % 160, ==, 0);
    /* Made up and cross-faded samples, and no others. */
    g_assert_cmpuint(wrong, <=, line->jitter.stats.concealed * (160 + 32) / 160);
    g_assert_cmpuint(line->jitter.stats.slipped, ==, 0);
    line_free(line);
}

/* Puts COUNT samples of a 400 Hz sine of 8000 from TIMESTAMP on. */
static void put_sine(Jitter *jitter, guint32 timestamp, guint count)
{
    guint8 octets[240];

    for (guint i = 0; i < count; i++)
        octets[i] = law_encode(LAW_ALAW, (gint16)(8000 * sin((timestamp + i) * 2 * G_PI / 20)));
    jitter_put(jitter, timestamp, octets, count, 0);
}

static double loudness(const guint8 *octets, guint count)
{
    double sum = 0;

    for (guint i = 0; i < count; i++)
        sum += pow(law_decode(LAW_ALAW, octets[i]), 2);
    return sqrt(sum / count);
}

static void test_concealment_fades(void)
{
    g_autofree Jitter *jitter = g_new(Jitter, 1);
    guint8 out[8000];
    gint step = 0;

    jitter_init(jitter, LAW_ALAW, 160);
    for (guint32 i = 0; i < 10; i++) {
        put_sine(jitter, i * 160, 160);
        jitter_play(jitter, out, 160);
    }
    jitter_play(jitter, out, 160); /* the last packet */
    jitter_play(jitter, out, 800); /* and then nothing */
    for (guint i = 1; i < 800; i++)
        step = MAX(step, ABS(law_decode(LAW_ALAW, out[i]) - law_decode(LAW_ALAW, out[i - 1])));
    g_assert_cmpint(step, <, 4000);                /* the sine's own is 2500: no click */
    g_assert_cmpfloat(loudness(out, 80), >, 3500); /* 5657 is the sine's */
    g_assert_cmpfloat(loudness(out + 320, 80), <, 2000);
    for (guint i = 480; i < 800; i++)
        g_assert_cmphex(out[i], ==, 0xd5);
    /* The stream has ended: silence, and nothing of it counts as made up. */
    jitter_play(jitter, out, 8000);
    g_assert_false(jitter->running);
    g_assert_cmpuint(jitter->stats.concealed, ==, 0);
    for (guint i = 0; i < 8000; i++)
        g_assert_cmphex(out[i], ==, 0xd5);
}

static void put_sound(Jitter *jitter, guint32 timestamp)
{
    guint8 octets[160];

    for (guint i = 0; i < 160; i++)
        octets[i] = sound(timestamp + i);
    jitter_put(jitter, timestamp, octets, 160, 0);
}

static void assert_sound(const guint8 *out, guint32 timestamp, guint count)
{
    for (guint i = 0; i < count; i++)
        g_assert_cmphex(out[i], ==, sound(timestamp + i));
}

static void test_order_and_copies(void)
{
    /* What comes before each 20 ms; -1: nothing more. */
    static const gint coming[][3] = {{1, 0, -1}, {2, 2, -1}, {3, -1}, {5, -1}, {4, 4, 6}, {-1}};
    g_autofree Jitter *jitter = g_new(Jitter, 1);
    guint8 out[10 * 160];

    jitter_init(jitter, LAW_ULAW, 480);
    for (guint i = 0; i < 10; i++) {
        const gint *packets = coming[MIN(i, G_N_ELEMENTS(coming) - 1)];

        for (guint k = 0; k < 3 && packets[k] >= 0; k++)
            put_sound(jitter, 7000 + (guint32)packets[k] * 160);
        jitter_play(jitter, out + i * 160, 160);
    }
    /* The first that came was the second sent: it is played after the target, the one before it
     * sooner. */
    for (guint i = 0; i < 320; i++)
        g_assert_cmphex(out[i], ==, 0xff);
    assert_sound(out + 320, 7000, 7 * 160);
    g_assert_cmpuint(jitter->stats.late, ==, 0);
    g_assert_cmpuint(jitter->stats.concealed, ==, 0);
    put_sound(jitter, 7000); /* long played */
    g_assert_cmpuint(jitter->stats.late, ==, 1);
}

static void test_jump_and_restart(void)
{
    g_autofree Jitter *jitter = g_new(Jitter, 1);
    guint8 out[160];

    jitter_init(jitter, LAW_ALAW, 160);
    for (guint32 i = 0; i < 50; i++) {
        put_sound(jitter, i * 160);
        jitter_play(jitter, out, 160);
    }
    /* A jump of more than a second, ahead and back: taken up after the target, nothing counts as
     * lost. */
    for (guint32 i = 0; i < 50; i++) {
        put_sound(jitter, 0x40000000 + i * 160);
        jitter_play(jitter, out, 160);
        if (i >= 1)
            assert_sound(out, 0x40000000 + (i - 1) * 160, 160);
    }
    for (guint32 i = 0; i < 50; i++) {
        put_sound(jitter, 77 + i * 160);
        jitter_play(jitter, out, 160);
        if (i >= 1)
            assert_sound(out, 77 + (i - 1) * 160, 160);
    }
    g_assert_cmpuint(jitter->stats.resyncs, ==, 2);
    /* Another SSRC near the old timestamps. */
    jitter_restart(jitter);
    for (guint32 i = 0; i < 50; i++) {
        put_sound(jitter, 8000 + i * 160);
        jitter_play(jitter, out, 160);
        if (i >= 1)
            assert_sound(out, 8000 + (i - 1) * 160, 160);
    }
    g_assert_cmpuint(jitter->stats.late + jitter->stats.concealed + jitter->stats.slipped, ==, 0);
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

/* Random timestamps and lengths: whatever comes, octets come out (ASan and UBSan judge). */
static void test_random_packets(void)
{
    g_autofree Jitter *jitter = g_new(Jitter, 1);
    GRand *random = g_rand_new_with_seed(711);
    guint8 octets[1280] = {0}, out[160];
    guint32 timestamp = 0;

    jitter_init(jitter, LAW_ULAW, 160);
    for (guint i = 0; i < 100000; i++) {
        guint kind = (guint)g_rand_int_range(random, 0, 20);

        timestamp += kind == 0   ? g_rand_int(random)
                     : kind == 1 ? (guint32)g_rand_int_range(random, -9000, 9000)
                                 : 160;
        jitter_put(jitter, timestamp, octets, (gsize)g_rand_int_range(random, 0, 1281),
                   (guint)g_rand_int_range(random, 0, 40000));
        jitter_play(jitter, out, (gsize)g_rand_int_range(random, 0, 161));
    }
    g_rand_free(random);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/jitter/steady-is-exact", test_steady);
    g_test_add_func("/jitter/jitter-within-the-target-is-exact", test_jitter_on_one_clock);
    g_test_add_func("/jitter/a-held-up-start-leaves-no-delay", test_held_start);
    g_test_add_func("/jitter/our-own-stalls-within-the-target-are-exact", test_own_stalls);
    g_test_add_func("/jitter/drift-is-followed-by-single-samples", test_drift);
    g_test_add_func("/jitter/drift-under-jitter", test_drift_with_jitter);
    g_test_add_func("/jitter/losses-are-concealed", test_loss_is_concealed);
    g_test_add_func("/jitter/concealment-fades-in-50-ms", test_concealment_fades);
    g_test_add_func("/jitter/out-of-order-and-twice", test_order_and_copies);
    g_test_add_func("/jitter/jumps-and-a-new-source", test_jump_and_restart);
    g_test_add_func("/jitter/the-path-becomes-longer-or-shorter", test_path_changes);
    g_test_add_func("/jitter/a-long-stall-leaves-no-delay", test_long_stall);
    g_test_add_func("/jitter/random-packets-do-no-harm", test_random_packets);
    return g_test_run();
}
