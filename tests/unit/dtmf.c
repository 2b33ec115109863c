/* Digits: what packets of RFC 4733 say, in whatever order and with whatever loss, against the
 * digits that come of them; the packets that tell of a digit; and the sound of one. */
#include "dtmf_tone.h"
#include "event_reader.h"
#include "event_writer.h"

#include <spandsp.h>
#include <string.h>

/* ---- a sender with loss, and a line that listens -----------------------------------------------
 */

typedef struct Line {
    EventReader reader;
    DigitPlayer player;
    GString *heard; /* each digit as "5:100 " with its milliseconds */
    char now;       /* sounding */
    guint sounded, silence, shortest_pause;
    guint16 sequence;
    guint32 ssrc;
} Line;

static Line *line_new(void)
{
    Line *line = g_new0(Line, 1);

    line->heard = g_string_new(NULL);
    line->shortest_pause = G_MAXUINT;
    line->sequence = 65530; /* wraps */
    return line;
}

static void line_free(Line *line)
{
    g_string_free(line->heard, TRUE);
    g_free(line);
}

static void line_change(Line *line, char digit)
{
    if (line->now)
        g_string_append_printf(line->heard, "%c:%u ", line->now, line->sounded / 8);
    else if (digit && line->heard->len)
        line->shortest_pause = MIN(line->shortest_pause, line->silence);
    line->now = digit;
    line->sounded = line->silence = 0;
}

/* SAMPLES of the line's clock, in blocks of a millisecond. */
static void line_run(Line *line, guint samples)
{
    for (guint at = 0; at < samples; at += 8) {
        gsize left = 8;

        event_reader_pass(&line->reader, 8, &line->player);
        while (left > 0) {
            gsize part = left;
            gboolean busy = digit_player_is_busy(&line->player);
            char digit = busy ? digit_player_step(&line->player, &part) : 0;

            if (digit != line->now)
                line_change(line, digit);
            line->sounded += (guint)part;
            line->silence += (guint)part;
            left -= part;
        }
    }
}

static void line_end(Line *line, const char *expected)
{
    line_run(line, 80000);
    g_assert_cmpstr(line->heard->str, ==, expected);
    line_free(line);
}

/* One packet; its sequence number is the next one, NUMBER further. */
static void take(Line *line, guint number, gboolean marker, guint32 stamp, guint8 event,
                 gboolean end, guint16 duration)
{
    guint8 payload[4] = {event, (guint8)((end ? 0x80 : 0) | 10)};
    RtpPacket packet = {.marker = marker,
                        .payload_type = 101,
                        .sequence = (guint16)(line->sequence + number),
                        .timestamp = stamp,
                        .ssrc = line->ssrc,
                        .payload = payload,
                        .length = 4};

    net_write_16(payload + 2, duration);
    g_assert_true(event_reader_take(&line->reader, &packet, &line->player));
}

/* A key of MS milliseconds as a good phone tells it, in real time; LOSE's bit N is its Nth packet,
 * counted from 0. */
static void press(Line *line, guint32 stamp, char digit, guint ms, guint64 lose)
{
    guint packets = ms / 20, n = 0;
    guint8 event = (guint8)digit_event(digit);

    for (guint i = 1; i <= packets; i++, n++) {
        if (i < packets && !(lose >> n & 1))
            take(line, n, i == 1, stamp, event, FALSE, (guint16)(i * 160));
        if (i < packets)
            line_run(line, 160);
    }
    for (guint i = 0; i < 3; i++, n++) {
        if (!(lose >> n & 1))
            take(line, n, FALSE, stamp, event, TRUE, (guint16)(ms * 8));
        line_run(line, 160);
    }
    line->sequence = (guint16)(line->sequence + n);
}

static void one_key_is_one_digit(void)
{
    Line *line = line_new();

    press(line, 1000, '5', 100, 0);
    line_end(line, "5:100 ");
}

static void short_keys_are_made_long_enough(void)
{
    Line *line = line_new();

    press(line, 1000, '1', 40, 0);
    press(line, 2000, '1', 20, 0);
    line_run(line, 8000);
    g_assert_cmpuint(line->shortest_pause, >=, DIGIT_PAUSE);
    line_end(line, "1:70 1:70 ");
}

static void lost_start_changes_nothing(void)
{
    Line *line = line_new();

    press(line, 1000, '7', 200, 0x7); /* the first three */
    line_end(line, "7:200 ");
}

static void the_last_end_is_enough(void)
{
    Line *line = line_new();

    press(line, 1000, '9', 120, 0x7f); /* all but the third end packet */
    line_run(line, 4000);
    press(line, 9000, '#', 120, 0);
    line_end(line, "9:120 #:120 ");
}

/* Without any end a key is released three packet times after its last packet. */
static void lost_ends_end_after_three_packet_times(void)
{
    Line *line = line_new();

    for (guint i = 1; i <= 10; i++) {
        take(line, i, i == 1, 500, 3, FALSE, (guint16)(i * 160));
        line_run(line, 160);
    }
    line_run(line, 4000);
    g_assert_cmpstr(line->heard->str, ==,
                    "3:239 "); /* 180 ms and 60 of patience, less the block that notices */
    take(line, 11, FALSE, 500, 3, FALSE, 11 * 160); /* too late: it is not begun anew */
    take(line, 12, FALSE, 500, 3, TRUE, 12 * 160);
    line_end(line, "3:239 ");
}

static void a_new_key_ends_the_one_before(void)
{
    Line *line = line_new();

    take(line, 0, TRUE, 500, 1, FALSE, 160);
    line_run(line, 160);
    take(line, 1, FALSE, 500, 1, FALSE, 320);
    line_run(line, 160);
    take(line, 2, TRUE, 900, 2, FALSE, 160);
    line_run(line, 160);
    take(line, 3, FALSE, 900, 2, TRUE, 800);
    line_end(line, "1:70 2:100 ");
}

static void repeats_and_late_packets_are_no_digits(void)
{
    Line *line = line_new();

    for (guint again = 0; again < 2; again++) { /* every packet twice */
        take(line, 0, TRUE, 500, 1, FALSE, 160);
        take(line, 1, FALSE, 500, 1, FALSE, 320);
        take(line, 2, FALSE, 500, 1, TRUE, 800);
    }
    take(line, 1, FALSE, 500, 1, FALSE, 320); /* and one out of order */
    line_run(line, 1000);
    take(line, 5, TRUE, 2000, 1, FALSE, 160);
    take(line, 3, FALSE, 500, 1, TRUE, 800); /* an end of the key before */
    take(line, 6, FALSE, 2000, 1, TRUE, 800);
    g_assert_cmpuint(line->reader.ignored, ==, 5);
    line_end(line, "1:100 1:100 ");
}

/* RFC 4733 2.5.1.3: 10 s are a segment of 0xFFFF and one of what is left. */
static void a_long_key_is_one_digit(void)
{
    Line *line = line_new();
    guint32 stamp = 0xffff0000u; /* wraps */
    guint n = 0;

    for (guint32 lasted = 160; lasted <= 79840; lasted += 160, n++) {
        guint32 segment = lasted > 0xffff ? stamp + 0xffff : stamp;

        if (n % 5 != 3) /* and some are lost */
            take(line, n, n == 0, segment, 8, FALSE,
                 (guint16)(lasted > 0xffff ? lasted - 0xffff : lasted));
        line_run(line, 160);
    }
    take(line, n, FALSE, stamp + 0xffff, 8, TRUE, (guint16)(80000 - 0xffff));
    line_end(line, "8:10000 ");
}

static void same_timestamps_are_told_apart_by_the_marker(void)
{
    Line *line = line_new();

    take(line, 0, TRUE, 0, 4, FALSE, 160);
    take(line, 1, FALSE, 0, 4, TRUE, 800);
    take(line, 2, FALSE, 0, 4, TRUE, 800);
    take(line, 3, TRUE, 0, 4, FALSE, 160); /* another key of a phone that counts no time */
    take(line, 4, FALSE, 0, 4, TRUE, 800);
    take(line, 0, TRUE, 0, 4, FALSE, 160); /* the first packet, again */
    line_end(line, "4:100 4:100 ");
}

static void another_source_begins_anew(void)
{
    Line *line = line_new();

    press(line, 100000, '1', 100, 0);
    line->ssrc = 7;
    press(line, 50, '1', 100, 0);
    line_end(line, "1:100 1:100 ");
}

static void sixteen_fast_keys_are_sixteen_digits(void)
{
    Line *line = line_new();
    guint32 stamp = 0;

    for (guint i = 0; i < 16; i++, stamp += 800) { /* 50 ms and 50 of pause */
        take(line, 0, TRUE, stamp, (guint8)i, FALSE, 160);
        line_run(line, 160);
        take(line, 1, FALSE, stamp, (guint8)i, FALSE, 320);
        line_run(line, 80);
        for (guint end = 2; end < 5; end++)
            take(line, end, FALSE, stamp, (guint8)i, TRUE, 400);
        line_run(line, 560);
        line->sequence = (guint16)(line->sequence + 5);
    }
    line_run(line, 8000);
    g_assert_cmpuint(line->shortest_pause, >=, DIGIT_PAUSE);
    line_end(line,
             "0:70 1:70 2:70 3:70 4:70 5:70 6:70 7:70 8:70 9:70 *:70 #:70 A:70 B:70 C:70 D:70 ");
}

/* Whatever single packets are lost, and pairs and triples of them: as long as one comes, the digit
 * does, once. */
static void any_loss_leaves_one_digit(void)
{
    for (guint64 lose = 0; lose < 0x7f; lose++) {
        Line *line = line_new();

        press(line, 1000, '2', 100, lose);
        line_run(line, 4000);
        press(line, 9000, '2', 100, 0);
        line_run(line, 80000);
        g_assert_cmpuint(line->reader.started, ==, TRUE);
        g_assert_cmpuint(line->player.taken, ==, 2);
        g_assert_true(g_str_has_prefix(line->heard->str, "2:"));
        g_assert_true(g_str_has_suffix(line->heard->str, "2:100 "));
        line_free(line);
    }
}

static void two_events_in_one_packet_are_two_digits(void)
{
    static const guint8 payload[] = {1, 0x8a, 0x03, 0x20, 2, 0x8a, 0x03, 0x20};
    Line *line = line_new();
    RtpPacket packet = {.timestamp = 100, .payload = payload, .length = sizeof(payload)};

    g_assert_true(event_reader_take(&line->reader, &packet, &line->player));
    g_assert_true(event_reader_take(&line->reader, &packet, &line->player));
    line_end(line, "1:100 2:100 ");
}

static void nonsense_is_refused(void)
{
    static const guint8 payload[80] = {16, 0x80, 0xff, 0xff};
    Line *line = line_new();
    RtpPacket packet = {.payload = payload};
    static const gsize bad[] = {0, 1, 3, 5, 68, 80};

    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        packet.length = bad[i];
        g_assert_false(event_reader_take(&line->reader, &packet, &line->player));
    }
    packet.length = 4; /* a hook flash is well-formed, and no digit */
    g_assert_true(event_reader_take(&line->reader, &packet, &line->player));
    g_assert_cmpuint(line->reader.ignored, ==, 1);
    line_end(line, "");
}

static void a_flood_is_bounded(void)
{
    Line *line = line_new();

    for (guint i = 0; i < 1000; i++)
        take(line, i, TRUE, i * 8, (guint8)(i % 16), TRUE, 8);
    g_assert_cmpuint(line->player.count, ==, DIGIT_QUEUE);
    g_assert_cmpuint(line->player.lost, ==, 1000 - DIGIT_QUEUE);
    digit_player_clear(&line->player);
    line_end(line, "");
}

/* Whatever the network sends: bounded, and silent three packet times after its last word. */
static void noise_does_no_harm(void)
{
    GRand *dice = g_rand_new_with_seed(4733);
    Line *line = line_new();

    for (guint round = 0; round < 50000; round++) {
        guint8 payload[70];
        RtpPacket packet = {
            .marker = g_rand_boolean(dice),
            .sequence = (guint16)g_rand_int(dice),
            .timestamp = g_rand_boolean(dice) ? g_rand_int(dice)
                                              : (guint32)g_rand_int_range(dice, 0, 4) * 0xffff,
            .ssrc = (guint32)g_rand_int_range(dice, 0, 3),
            .payload = payload,
            .length = (gsize)g_rand_int_range(dice, 0, 70),
        };

        for (guint i = 0; i < sizeof(payload); i++)
            payload[i] = (guint8)g_rand_int_range(dice, 0, i % 4 ? 256 : 20);
        event_reader_take(&line->reader, &packet, &line->player);
        line_run(line, 80);
        g_assert_cmpuint(line->player.count, <=, DIGIT_QUEUE);
        g_string_truncate(line->heard, 0);
    }
    line_run(line, (DIGIT_QUEUE + 1) * DIGIT_LONGEST);
    g_assert_false(digit_player_is_busy(&line->player));
    line_free(line);
    g_rand_free(dice);
}

/* ---- the packets of a digit --------------------------------------------------------------------
 */

/* "4000 7 M 160": where it begins, the event, marker or end, the duration. */
static void tell(GString *told, EventWriter *writer, guint32 now)
{
    EventPacket packet;
    gboolean more = TRUE;

    while (more && event_writer_next(writer, now, &packet, &more))
        g_string_append_printf(told, "%u %u%s%s %u, ", packet.stamp, packet.payload[0],
                               packet.marker ? " M" : "", packet.payload[1] & 0x80 ? " E" : "",
                               net_read_16(packet.payload + 2));
}

static void a_digit_is_told_from_marker_to_third_end(void)
{
    g_autoptr(GString) told = g_string_new(NULL);
    EventWriter writer = {0};
    EventPacket packet;
    gboolean more;

    tell(told, &writer, 3840); /* nothing yet */
    event_writer_begin(&writer, '7', 10, 4000);
    tell(told, &writer, 4160);
    tell(told, &writer, 4320);
    event_writer_end(&writer, 4400);
    g_assert_true(event_writer_next(&writer, 4480, &packet, &more));
    g_assert_cmpuint(packet.payload[1], ==, 0x80 | 10);
    tell(told, &writer, 4640);
    tell(told, &writer, 4800);
    tell(told, &writer, 4960); /* no more */
    g_assert_cmpstr(told->str, ==, "4000 7 M 160, 4000 7 320, 4000 7 E 400, 4000 7 E 400, ");
}

static void a_digit_within_one_packet_is_told_by_its_ends(void)
{
    g_autoptr(GString) told = g_string_new(NULL);
    EventWriter writer = {0};

    event_writer_begin(&writer, '#', 200, 0);
    g_assert_cmpuint(writer.volume, ==, 63);
    event_writer_end(&writer, 100);
    for (guint i = 1; i < 6; i++)
        tell(told, &writer, i * 160);
    g_assert_cmpstr(told->str, ==, "0 11 M E 100, 0 11 E 100, 0 11 E 100, ");
}

/* What the writer tells the reader understands, also of 20 s. */
static void long_digits_are_cut_in_segments(void)
{
    Line *line = line_new();
    EventWriter writer = {0};
    gboolean more;
    EventPacket event;

    event_writer_begin(&writer, 'D', 5, 100);
    for (guint32 now = 260; now <= 100 + 20000 * 8; now += 160) {
        more = TRUE;
        while (more && event_writer_next(&writer, now, &event, &more)) {
            take(line, 0, event.marker, event.stamp, event.payload[0], FALSE,
                 net_read_16(event.payload + 2));
            line->sequence++;
        }
        line_run(line, 160);
        if (now >= 100 + 9000 * 8)
            break;
    }
    g_assert_cmpuint(writer.stamp, ==, 100 + 0xffff);
    g_assert_cmpuint(line->player.taken, ==, 1);
    g_assert_cmpint(line->now, ==, 'D');
    line_free(line);
}

/* ---- the sound ---------------------------------------------------------------------------------
 */

static void every_digit_sounds_as_spandsp_hears_it(void)
{
    for (guint law = LAW_ALAW; law <= LAW_ULAW; law++) {
        dtmf_rx_state_t *ear = dtmf_rx_init(NULL, NULL, NULL);
        DtmfTone tone = {0};
        char heard[32] = "";

        for (const char *digit = digit_names; *digit; digit++) {
            guint8 octets[DIGIT_SHORTEST + DIGIT_PAUSE];
            gint16 linear[G_N_ELEMENTS(octets)];

            dtmf_tone_play(&tone, *digit, law, octets, DIGIT_SHORTEST);
            dtmf_tone_play(&tone, 0, law, octets + DIGIT_SHORTEST, DIGIT_PAUSE);
            for (guint i = 0; i < G_N_ELEMENTS(octets); i++)
                linear[i] = law_decode(law, octets[i]);
            dtmf_rx(ear, linear, G_N_ELEMENTS(linear));
        }
        dtmf_rx_get(ear, heard, 31);
        g_assert_cmpstr(heard, ==, digit_names);
        dtmf_rx_free(ear);
    }
}

static void only_sixteen_are_digits(void)
{
    g_assert_cmpint(digit_event('0'), ==, 0);
    g_assert_cmpint(digit_event('*'), ==, 10);
    g_assert_cmpint(digit_event('d'), ==, 15);
    g_assert_cmpint(digit_event('E'), ==, -1);
    g_assert_cmpint(digit_event(0), ==, -1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define TEST(name) g_test_add_func("/dtmf/" #name, name)
    TEST(one_key_is_one_digit);
    TEST(short_keys_are_made_long_enough);
    TEST(lost_start_changes_nothing);
    TEST(the_last_end_is_enough);
    TEST(lost_ends_end_after_three_packet_times);
    TEST(a_new_key_ends_the_one_before);
    TEST(repeats_and_late_packets_are_no_digits);
    TEST(a_long_key_is_one_digit);
    TEST(same_timestamps_are_told_apart_by_the_marker);
    TEST(another_source_begins_anew);
    TEST(sixteen_fast_keys_are_sixteen_digits);
    TEST(any_loss_leaves_one_digit);
    TEST(two_events_in_one_packet_are_two_digits);
    TEST(nonsense_is_refused);
    TEST(a_flood_is_bounded);
    TEST(noise_does_no_harm);
    TEST(a_digit_is_told_from_marker_to_third_end);
    TEST(a_digit_within_one_packet_is_told_by_its_ends);
    TEST(long_digits_are_cut_in_segments);
    TEST(every_digit_sounds_as_spandsp_hears_it);
    TEST(only_sixteen_are_digits);
    return g_test_run();
}
