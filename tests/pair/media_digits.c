/* Digits between a phone that speaks RFC 4733 and a PBX that speaks DTMF, both ways, and what of
 * them is heard where they are not to be heard. In real time. */
#include "dtmf_tone.h"
#include "event_writer.h"
#include "g711.h"
#include "media_bench.h"
#include "real_time.h"

#include <spandsp.h>
#include <string.h>
#include <unistd.h>

static char ear_heard[64];

/* The digits in what RECORDING heard from sample FROM on, by spandsp's ear. */
static const char *digits_in(const Recording *recording, guint from)
{
    dtmf_rx_state_t *ear = dtmf_rx_init(NULL, NULL, NULL);

    for (guint i = from; i < recording->count; i++) {
        gint16 sample = law_decode(LAW_ALAW, recording->octets[i]);

        dtmf_rx(ear, &sample, 1);
    }
    ear_heard[dtmf_rx_get(ear, ear_heard, sizeof(ear_heard) - 1)] = '\0';
    dtmf_rx_free(ear);
    return ear_heard;
}

/* The phone presses DIGIT for MS, and loses the packets whose bits are set in LOSE. */
static void press(Bench *bench, Phone *phone, char digit, guint ms, guint lose)
{
    EventWriter writer = {0};
    guint32 now = phone->timestamp;
    guint n = 0;
    gboolean more;
    EventPacket event;

    event_writer_begin(&writer, digit, 10, now);
    for (guint left = ms / 20 + 3; left > 0; left--, n++) {
        now += 160;
        if (left == 3)
            event_writer_end(&writer, now);
        if (event_writer_next(&writer, now, &event, &more) && !(lose >> n & 1)) {
            RtpPacket packet = {.marker = event.marker,
                                .payload_type = 101,
                                .sequence = phone->sequence,
                                .timestamp = event.stamp,
                                .ssrc = phone->ssrc,
                                .payload = event.payload,
                                .length = EVENT_PAYLOAD};

            send_packet(phone->rtp, &phone->to, &packet);
        }
        phone->sequence++;
        run_ms(bench, 20);
    }
}

static Phone *begin(Bench *bench)
{
    Phone *phone;

    bench_open(bench);
    phone = bench_add_phone(bench, 0, "127.0.0.1");
    bench_open_port(bench, 0);
    return phone;
}

static void end(Bench *bench)
{
    act(bench, 0, ACTION_MEDIA_CLOSE);
    RUN_UNTIL(bench, media_ports_used(bench->media) == 0);
    bench_free(bench);
}

static void events_sound_on_the_channel(void)
{
    Bench *bench = bench_new();
    Phone *phone = begin(bench);
    Recording *pbx = &bench->heard[1];
    guint from;

    bench_answer(bench, 0);
    run_ms(bench, 300);
    from = pbx->count;
    press(bench, phone, '1', 60, 0);
    press(bench, phone, '1', 60, 0x3);   /* without its beginning */
    press(bench, phone, 'D', 100, 0x70); /* without most of its ends */
    press(bench, phone, '#', 60, 0xe);   /* its first packet alone */
    run_ms(bench, 400);
    g_assert_cmpstr(digits_in(pbx, from), ==, "11D#");
    g_assert_true(is_sound_of(pbx, pbx->count - 1000, pbx->count - 200, 1, NULL));
    run_ms(bench, 600);
    g_assert_cmpuint(stats_of(bench, 0).digits_in, ==, 4);
    end(bench);
}

/* Before the channel hears the phone, while it holds, and on a data channel there are no digits;
 * nor do they come later. */
static void digits_are_dropped_where_nobody_hears(void)
{
    for (guint way = 0; way < 3; way++) {
        Bench *bench = bench_new();
        Phone *phone;
        guint from;

        if (way == 2)
            calls[0].setup.bearer = BEARER_UNRESTRICTED;
        phone = begin(bench);
        if (way == 2) {
            calls[0].setup.bearer = BEARER_UNRESTRICTED;
            act(bench, 0, ACTION_MEDIA_UPDATE);
        }
        bench_answer(bench, 0);
        calls[0].remote.receive = way != 1;
        act(bench, 0, way == 0 ? ACTION_MEDIA_LISTEN : ACTION_MEDIA_UPDATE);
        phone->sends = FALSE;
        run_ms(bench, 200);
        from = bench->heard[1].count;
        press(bench, phone, '5', 100, 0);
        calls[0].remote.receive = TRUE;
        act(bench, 0, ACTION_MEDIA_THROUGH);
        run_ms(bench, 300);
        g_assert_cmpstr(digits_in(&bench->heard[1], from), ==, "");
        calls[0].setup.bearer = BEARER_SPEECH;
        end(bench);
    }
}

static void events_become_keypad(void)
{
    Bench *bench = bench_new();
    Phone *phone = begin(bench);
    guint from;

    calls[0].takes_keypad = TRUE;
    bench_answer(bench, 0);
    run_ms(bench, 200);
    from = bench->heard[1].count;
    press(bench, phone, '4', 60, 0);
    press(bench, phone, '2', 60, 0);
    run_ms(bench, 100);
    g_assert_cmpstr(calls[0].told, ==, "42");
    g_assert_cmpstr(digits_in(&bench->heard[1], from), ==, "");
    end(bench);
}

/* What signalling has digits sounded for: INFO in, Keypad facility in. */
static void digits_of_signalling_sound(void)
{
    Bench *bench = bench_new();
    CallNews news = CALL_NEWS_INIT;
    guint from;

    begin(bench);
    bench_answer(bench, 0);
    run_ms(bench, 200);
    from = bench->heard[1].count;
    g_strlcpy(news.digits, "0*9", sizeof(news.digits));
    bench->ops.action[ACTION_MEDIA_DIGIT](bench->ops.room, &calls[0], &news);
    run_ms(bench, 800);
    g_assert_cmpstr(digits_in(&bench->heard[1], from), ==, "0*9");
    /* A far end without telephone-event hears them; one with it is told. */
    calls[0].remote.event_payload_type = -1;
    act(bench, 0, ACTION_MEDIA_UPDATE);
    run_ms(bench, 100);
    from = bench->phones[0].heard.count;
    bench->ops.action[ACTION_MEDIA_SIGNAL](bench->ops.room, &calls[0], &news);
    run_ms(bench, 800);
    g_assert_cmpstr(digits_in(&bench->phones[0].heard, from), ==, "0*9");
    g_assert_cmpuint(bench->phones[0].wrong, ==, 0);
    calls[0].remote.event_payload_type = 101;
    act(bench, 0, ACTION_MEDIA_UPDATE);
    bench->ops.action[ACTION_MEDIA_SIGNAL](bench->ops.room, &calls[0], &news);
    run_ms(bench, 800);
    g_assert_cmpstr(bench->phones[0].keys, ==, "0*9");
    end(bench);
}

/* The PBX's DTMF becomes events, and nearly nothing of it is heard. */
static void channel_digits_become_events(void)
{
    Bench *bench = bench_new();
    Phone *phone = begin(bench);
    guint from;

    bench_answer(bench, 0);
    run_ms(bench, 200);
    from = phone->heard.count;
    for (const char *digit = "1234567890*#ABCD"; *digit; digit++) {
        bench->keys[1] = *digit;
        run_ms(bench, 50);
        bench->keys[1] = ' ';
        run_ms(bench, 50);
    }
    bench->keys[1] = 0;
    run_ms(bench, 200);
    g_assert_cmpstr(phone->keys, ==, "1234567890*#ABCD");
    g_assert_cmpuint(phone->ends, ==, 3 * 16);
    g_assert_cmpuint(phone->wrong, ==, 0);
    g_assert_cmpstr(digits_in(&phone->heard, from), ==, "");
    run_ms(bench, 600);
    g_assert_cmpuint(stats_of(bench, 0).digits_out, ==, 16);
    end(bench);
}

static void channel_digits_pass_in_band_without_events(void)
{
    for (guint info = FALSE; info <= TRUE; info++) {
        Bench *bench = bench_new();
        Phone *phone = begin(bench);
        guint from;

        calls[0].remote.event_payload_type = -1;
        calls[0].takes_info = info;
        bench_answer(bench, 0);
        run_ms(bench, 200);
        from = phone->heard.count;
        for (const char *digit = "159D"; *digit; digit++) {
            bench->keys[1] = *digit;
            run_ms(bench, 100);
            bench->keys[1] = ' ';
            run_ms(bench, 100);
        }
        run_ms(bench, 100);
        g_assert_cmpstr(phone->keys, ==, "");
        g_assert_cmpstr(calls[0].heard, ==, info ? "159D" : "");
        g_assert_cmpstr(digits_in(&phone->heard, from), ==, info ? "" : "159D");
        end(bench);
    }
}

/* A digit that begins before a hold and ends during it is told once; what is pressed on hold,
 * never. */
static void hold_cuts_a_digit_off(void)
{
    Bench *bench = bench_new();
    Phone *phone = begin(bench);

    bench_answer(bench, 0);
    run_ms(bench, 200);
    bench->keys[1] = '5';
    run_ms(bench, 100);
    calls[0].remote.send = FALSE;
    act(bench, 0, ACTION_MEDIA_UPDATE);
    run_ms(bench, 60);
    bench->keys[1] = ' ';
    run_ms(bench, 100);
    bench->keys[1] = '6';
    run_ms(bench, 100);
    bench->keys[1] = ' ';
    run_ms(bench, 60);
    calls[0].remote.send = TRUE;
    act(bench, 0, ACTION_MEDIA_UPDATE);
    run_ms(bench, 200);
    g_assert_cmpstr(phone->keys, ==, "5");
    bench->keys[1] = '7';
    run_ms(bench, 100);
    bench->keys[1] = ' ';
    run_ms(bench, 150);
    g_assert_cmpstr(phone->keys, ==, "57");
    end(bench);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    real_time_ask();
#define TEST(name) g_test_add_func("/media-digits/" #name, name)
    TEST(events_sound_on_the_channel);
    TEST(digits_are_dropped_where_nobody_hears);
    TEST(events_become_keypad);
    TEST(digits_of_signalling_sound);
    TEST(channel_digits_become_events);
    TEST(channel_digits_pass_in_band_without_events);
    TEST(hold_cuts_a_digit_off);
    return g_test_run();
}
