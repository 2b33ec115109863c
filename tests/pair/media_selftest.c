/* The loop-back check in the media thread, beside a call on another span; in real time, over
 * CESoPSN. */
#include "media_bench.h"
#include "real_time.h"

#include <string.h>

/* A second span of the gateway, whose far end echoes. */
typedef struct Second {
    SpanSettings gateway, pbx;
    Span *far;
} Second;

static void echo(void *user, guint8 channel, const guint8 *rx, guint8 *tx, gsize count)
{
    (void)user;
    if (channel != 7) /* this one is not connected through */
        memcpy(tx, rx, count);
}

static void port_shift(SpanSettings *settings)
{
    address_set_port(&settings->local,
                     (guint16)(address_port((struct sockaddr *)&settings->local) + 30));
    address_set_port(&settings->remote,
                     (guint16)(address_port((struct sockaddr *)&settings->remote) + 30));
}

static void second_open(Second *second, Bench *bench)
{
    SpanEvents events = {.b_block = echo};

    second->gateway = bench->gateway_span;
    second->pbx = bench->pbx_span;
    second->gateway.name = (char *)"e2";
    second->pbx.name = (char *)"far";
    port_shift(&second->gateway);
    port_shift(&second->pbx);
    g_ptr_array_add(bench->settings.spans, &second->gateway);
    second->far = span_open(&second->pbx, bench->loop, &events, NULL);
    g_assert_nonnull(second->far);
    for (guint8 i = 1; i < 32; i++)
        if (i != 16)
            span_b_open(second->far, i, SPAN_USE_DATA);
}

static gboolean second_was_good(Bench *bench, const Second *second)
{
    SpanCounters ours;

    media_span_status(bench->media, 1, &ours);
    return ours.lost + ours.late + ours.slips + second->far->counters.lost +
               second->far->counters.late + second->far->counters.slips ==
           0;
}

static void assert_report(Bench *bench)
{
    SelftestReport report;

    g_assert_true(media_selftest_report(bench->media, &report));
    g_assert_false(report.running);
    g_assert_cmpuint(report.number, ==, 1);
    g_assert_cmpuint(report.span, ==, 1);
    g_assert_cmpuint(report.count, ==, 30);
    g_assert_cmpuint(report.slips, ==, 0);
    g_assert_false(report.looped);
    g_assert_cmpuint(selftest_good_count(&report), ==, 29);
    g_assert_cmpuint(report.channels[6].number, ==, 7);
    g_assert_cmpint(report.channels[6].verdict, ==, SELFTEST_SILENT);
    g_assert_cmpuint(report.channels[0].delay_us, >=, 10000); /* packets and buffers each way */
    g_assert_cmpuint(report.channels[0].delay_us, <=, 400000);
}

/* FALSE: the machine spoilt it. */
static gboolean try_beside_a_call(void)
{
    Bench *bench = bench_new();
    SelftestReport report;
    Second second;
    Phone *phone;
    guint from;
    gboolean good;

    second_open(&second, bench);
    bench_open(bench);
    g_assert_false(media_selftest_report(bench->media, &report));
    phone = bench_add_phone(bench, 0, "127.0.0.1");
    bench_open_port(bench, 0);
    bench_answer(bench, 0);
    RUN_UNTIL(bench, second.far->alarms == 0 && media_span_status(bench->media, 1, NULL) == 0);
    run_ms(bench, 500);

    from = phone->heard.count;
    g_assert_cmpuint(media_selftest(bench->media, 1), ==, 1);
    g_assert_true(media_selftest_report(bench->media, &report));
    g_assert_true(report.running);
    RUN_UNTIL(bench, bench->selftests > 0);
    g_assert_cmpuint(bench->selftested, ==, 1);
    good = line_was_good(bench) && second_was_good(bench, &second);
    if (good) {
        assert_report(bench);
        g_assert_true(is_sound_of(&phone->heard, from, from + 8000 * 3, 101, NULL));
    }

    bench_add_phone(bench, 1, "127.0.0.1");
    calls[1].channel = (Channel){1, 5}; /* calls have the span's channels again */
    bench_open_port(bench, 1);
    bench_answer(bench, 1);
    run_ms(bench, 600);
    g_assert_true(is_sound_of(&bench->phones[1].heard, bench->phones[1].heard.count - 800,
                              bench->phones[1].heard.count, 2, NULL) ||
                  !good); /* its own sound, echoed */
    act(bench, 0, ACTION_MEDIA_CLOSE);
    act(bench, 1, ACTION_MEDIA_CLOSE);
    span_close(second.far);
    bench_free(bench);
    return good;
}

static void test_beside_a_call(void)
{
    for (guint tries = 0; tries < 4; tries++)
        if (try_beside_a_call())
            return;
    g_test_skip("this machine stalls for too long to judge samples");
}

/* The daemon ends in the middle: nothing is left open, and nobody is told. */
static void test_ends_in_the_middle(void)
{
    Bench *bench = bench_new();

    bench_open(bench);
    media_selftest(bench->media, 0);
    run_ms(bench, 300);
    g_clear_pointer(&bench->media, media_free);
    run_ms(bench, 3000);
    g_assert_cmpuint(bench->selftests, ==, 0);
    bench_free(bench);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    real_time_ask();
    g_test_add_func("/media/selftest/beside-a-call", test_beside_a_call);
    g_test_add_func("/media/selftest/ends-in-the-middle", test_ends_in_the_middle);
    return g_test_run();
}
