/* The jitter buffer packet by packet: losses, order, jumps, and whatever else may come. */
#include "jitter_line.h"

#include <math.h>

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

/* Timestamps wrap after six days; half of them lie "before" a beginning that stays behind, so it
 * does not. */
static void test_stream_of_days(void)
{
    g_autofree Jitter *jitter = g_new(Jitter, 1);
    guint8 out[160];

    jitter_init(jitter, LAW_ALAW, 160);
    for (guint32 i = 0; i < 200; i++) {
        put_sound(jitter, 0xffff0000 + i * 160);
        jitter_play(jitter, out, 160);
        g_assert_cmpint((gint32)(jitter->play - jitter->first), <=, (gint32)JITTER_RING);
        if (i >= 1)
            assert_sound(out, 0xffff0000 + (i - 1) * 160, 160);
    }
    g_assert_cmpint((gint32)(jitter->play - jitter->first), >, 0);
    g_assert_cmpuint(jitter->stats.resyncs + jitter->stats.concealed, ==, 0);
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
    g_test_add_func("/jitter/losses-are-concealed", test_loss_is_concealed);
    g_test_add_func("/jitter/concealment-fades-in-50-ms", test_concealment_fades);
    g_test_add_func("/jitter/out-of-order-and-twice", test_order_and_copies);
    g_test_add_func("/jitter/jumps-and-a-new-source", test_jump_and_restart);
    g_test_add_func("/jitter/a-stream-of-days", test_stream_of_days);
    g_test_add_func("/jitter/random-packets-do-no-harm", test_random_packets);
    return g_test_run();
}
