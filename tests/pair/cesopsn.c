/* Two CESoPSN spans over true loopback UDP in faked time: what one says the other hears, to the
 * octet. */
#include "cesopsn_line.h"

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
static gboolean with_rtp;

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
        settings->rtp_header = with_rtp;
        settings->rtp_type = 96;
        settings->rtp_khz = 8;
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

static void test_exact_rtp_2ms(void)
{
    with_rtp = TRUE;
    exact_both_ways(SPAN_E1, 2, 4, SPAN_CLOCK_MASTER, SPAN_CLOCK_SLAVE);
    with_rtp = FALSE;
    exact_both_ways(SPAN_T1, 2, 4, SPAN_CLOCK_SLAVE, SPAN_CLOCK_MASTER);
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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cesopsn/exact-rtp-2ms", test_exact_rtp_2ms);
    g_test_add_func("/cesopsn/start-up", test_start_up);
    g_test_add_func("/cesopsn/exact/e1-1ms", test_exact_e1);
    g_test_add_func("/cesopsn/exact/e1-5ms-slave-first", test_exact_e1_5ms);
    g_test_add_func("/cesopsn/exact/t1-1ms", test_exact_t1);
    g_test_add_func("/cesopsn/exact/t1-5ms", test_exact_t1_5ms);
    g_test_add_func("/cesopsn/exact/two-masters", test_exact_masters);
    g_test_add_func("/cesopsn/b-close", test_b_close);
    g_test_add_func("/cesopsn/d/full-rate", test_d_full_rate);
    g_test_add_func("/cesopsn/d/frames", test_d_frames);
    return g_test_run();
}
