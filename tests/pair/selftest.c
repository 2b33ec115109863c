/* The loop-back check of a span against a far end that echoes, and echoes wrongly. */
#include "selftest.h"
#include "loop_virtual.h"
#include "pattern.h"

#include <string.h>

#define MS 1000
#define CHANNELS 32
#define BLOCK 8 /* of a pair span */

/* What the far end does with a channel, instead of sending what it heard there one block before. */
typedef enum Fault {
    ECHOES,
    SPOILS,  /* now and then turns a bit */
    SILENCE, /* sends the idle octet */
    CROSSES, /* sends what its partner heard */
    BABBLES, /* sends something of its own */
    STARTS_LATE,
    LINGERS, /* one block more */
} Fault;

typedef struct Line {
    Loop *loop;
    SpanSettings settings;
    Span *ours, *far;
    Selftest *selftest;
    Fault faults[CHANNELS];
    guint8 heard[CHANNELS][BLOCK], before[CHANNELS][BLOCK];
    guint blocks[CHANNELS], b_blocks;
    guint reports;
    SelftestReport report;
} Line;

static guint8 partner(guint8 channel)
{
    return channel ^ 1;
}

static void fault_send(Line *line, guint8 channel, guint8 *tx)
{
    guint at = line->blocks[channel];

    switch (line->faults[channel]) {
    case SPOILS:
        memcpy(tx, line->heard[channel], BLOCK);
        if (at % 100 == 99)
            tx[3] ^= 0x10;
        break;
    case SILENCE:
        break;
    case CROSSES:
        memcpy(tx, line->heard[partner(channel)], BLOCK);
        break;
    case BABBLES:
        for (guint i = 0; i < BLOCK; i++)
            tx[i] = pattern_octet(4711, channel, at * BLOCK + i);
        break;
    case STARTS_LATE:
        if (at > 2000)
            memcpy(tx, line->heard[channel], BLOCK);
        break;
    case LINGERS:
        memcpy(tx, line->before[channel], BLOCK);
        break;
    case ECHOES:
        memcpy(tx, line->heard[channel], BLOCK);
        break;
    }
}

static void far_block(void *user, guint8 channel, const guint8 *rx, guint8 *tx, gsize count)
{
    Line *line = user;

    g_assert_cmpuint(count, ==, BLOCK);
    fault_send(line, channel, tx);
    memcpy(line->before[channel], line->heard[channel], BLOCK);
    memcpy(line->heard[channel], rx, BLOCK);
    line->blocks[channel]++;
}

static void our_block(void *user, guint8 channel, const guint8 *rx, guint8 *tx, gsize count)
{
    Line *line = user;

    line->b_blocks++;
    if (line->selftest)
        selftest_block(line->selftest, channel, rx, tx, count);
}

static void on_done(void *user, const SelftestReport *report)
{
    Line *line = user;

    line->report = *report;
    line->reports++;
    g_clear_pointer(&line->selftest, selftest_free);
}

static void line_init(Line *line)
{
    SpanEvents our_events = {.user = line, .b_block = our_block};
    SpanEvents far_events = {.user = line, .b_block = far_block};

    *line = (Line){.loop = loop_virtual_new(),
                   .settings = {.name = (char *)"e1",
                                .backend = BACKEND_PAIR,
                                .type = SPAN_E1,
                                .law = LAW_ALAW,
                                .d_channel = 16}};
    line->ours = span_open(&line->settings, line->loop, &our_events, NULL);
    line->far = span_open(&line->settings, line->loop, &far_events, NULL);
    span_pair_join(line->ours, line->far);
    for (guint8 i = 1; i < CHANNELS; i++)
        if (i != 16)
            span_b_open(line->far, i, SPAN_USE_DATA);
}

static void line_clear(Line *line)
{
    selftest_free(line->selftest);
    span_close(line->ours);
    span_close(line->far);
    loop_virtual_free(line->loop);
}

static void line_test(Line *line)
{
    line->selftest = selftest_new(line->ours, line->loop, on_done, line);
    loop_virtual_advance(line->loop, 3100 * MS);
    g_assert_cmpuint(line->reports, ==, 1);
    g_assert_cmpuint(line->report.count, ==, 30);
    g_assert_false(line->report.looped);
}

static const SelftestChannel *result(const Line *line, guint8 number)
{
    for (guint i = 0; i < line->report.count; i++)
        if (line->report.channels[i].number == number)
            return &line->report.channels[i];
    g_assert_not_reached();
}

static void assert_good(const Line *line, guint8 number)
{
    const SelftestChannel *channel = result(line, number);

    g_assert_cmpint(channel->verdict, ==, SELFTEST_GOOD);
    g_assert_cmpuint(channel->heard, ==, number);
    g_assert_cmpuint(channel->errors, ==, 0);
    g_assert_cmpuint(channel->compared, >, 23000);
}

static void every_channel_comes_back(void)
{
    Line line;

    line_init(&line);
    line_test(&line);
    for (guint8 i = 1; i < CHANNELS; i++)
        if (i != 16)
            assert_good(&line, i);
    g_assert_cmpuint(selftest_good_count(&line.report), ==, 30);
    line_clear(&line);
}

static void the_delay_is_that_of_the_line(void)
{
    guint32 delay;
    Line line;

    line_init(&line);
    line.faults[9] = LINGERS;
    line_test(&line);
    delay = result(&line, 1)->delay_us;
    g_assert_cmpuint(delay, >=, 2 * MS);
    g_assert_cmpuint(delay, <=, 5 * MS);
    for (guint i = 0; i < line.report.count; i++)
        g_assert_cmpuint(line.report.channels[i].delay_us, ==,
                         line.report.channels[i].number == 9 ? delay + MS : delay);
    assert_good(&line, 9); /* a delay is no error */
    line_clear(&line);
}

static void faults_are_named(void)
{
    const SelftestChannel *channel;
    Line line;

    line_init(&line);
    line.faults[3] = SPOILS;
    line.faults[7] = SILENCE;
    line.faults[20] = line.faults[21] = CROSSES;
    line.faults[25] = BABBLES;
    line.faults[30] = STARTS_LATE;
    line_test(&line);
    g_assert_cmpuint(selftest_good_count(&line.report), ==, 24);
    assert_good(&line, 2);
    assert_good(&line, 6); /* its partner's silence is not its own */
    channel = result(&line, 3);
    g_assert_cmpint(channel->verdict, ==, SELFTEST_ERRORS);
    g_assert_cmpuint(channel->heard, ==, 3);
    g_assert_cmpuint(channel->errors, >=, 28);
    g_assert_cmpuint(channel->errors, <=, 30);
    channel = result(&line, 7);
    g_assert_cmpint(channel->verdict, ==, SELFTEST_SILENT);
    g_assert_cmpuint(channel->heard + channel->compared + channel->errors, ==, 0);
    g_assert_cmpint(result(&line, 20)->verdict, ==, SELFTEST_CROSSED);
    g_assert_cmpuint(result(&line, 20)->heard, ==, 21);
    g_assert_cmpint(result(&line, 21)->verdict, ==, SELFTEST_CROSSED);
    g_assert_cmpuint(result(&line, 21)->heard, ==, 20);
    g_assert_cmpint(result(&line, 25)->verdict, ==, SELFTEST_STRANGE);
    channel = result(&line, 30);
    g_assert_cmpint(channel->verdict, ==, SELFTEST_SHORT);
    g_assert_cmpuint(channel->errors, ==, 0);
    line_clear(&line);
}

/* A span that slips says so; what slipped while the channels were opened is no matter. */
static void slips_are_told(void)
{
    Line line;

    line_init(&line);
    line.selftest = selftest_new(line.ours, line.loop, on_done, &line);
    line.ours->counters.slips += 30;
    loop_virtual_advance(line.loop, 1000 * MS);
    line.ours->counters.slips += 2;
    loop_virtual_advance(line.loop, 2100 * MS);
    g_assert_cmpuint(line.report.slips, ==, 2);
    line_clear(&line);
}

/* A cut line says all ones; a far end that stands says nothing new. */
static void a_dead_line_is_silent(void)
{
    Line line;

    line_init(&line);
    span_pair_break(line.far, TRUE, SPAN_ALARM_NONE);
    line_test(&line);
    for (guint i = 0; i < line.report.count; i++)
        g_assert_cmpint(line.report.channels[i].verdict, ==, SELFTEST_SILENT);
    line_clear(&line);
}

/* The line breaks off in the middle: those octets did not come back. */
static void a_line_that_breaks_off_has_errors(void)
{
    Line line;

    line_init(&line);
    line.selftest = selftest_new(line.ours, line.loop, on_done, &line);
    loop_virtual_advance(line.loop, 2900 * MS);
    span_pair_break(line.far, TRUE, SPAN_ALARM_NONE);
    loop_virtual_advance(line.loop, 200 * MS);
    g_assert_cmpuint(line.reports, ==, 1);
    for (guint i = 0; i < line.report.count; i++) {
        g_assert_cmpint(line.report.channels[i].verdict, ==, SELFTEST_ERRORS);
        g_assert_cmpuint(line.report.channels[i].errors, >, 700);
    }
    line_clear(&line);
}

/* Afterwards, or when it is given up, the channels are closed: no block comes any more. */
static void it_leaves_the_span_as_it_was(void)
{
    Line line;

    line_init(&line);
    line_test(&line);
    line.b_blocks = 0;
    loop_virtual_advance(line.loop, 100 * MS);
    g_assert_cmpuint(line.b_blocks, ==, 0);
    line.selftest = selftest_new(line.ours, line.loop, on_done, &line);
    loop_virtual_advance(line.loop, 100 * MS);
    g_assert_cmpuint(line.b_blocks, >, 0);
    g_clear_pointer(&line.selftest, selftest_free);
    line.b_blocks = 0;
    loop_virtual_advance(line.loop, 4000 * MS);
    g_assert_cmpuint(line.b_blocks, ==, 0);
    g_assert_cmpuint(line.reports, ==, 1);
    line_clear(&line);
}

/* ---- a back end that loops by itself -----------------------------------------------------------
 */

static GString *deeds;

static gboolean loop_note(Span *span, gboolean on)
{
    (void)span;
    g_string_append(deeds, on ? "loop " : "unloop ");
    return on;
}

static void b_open_note(Span *span, guint8 channel, SpanUse use)
{
    (void)span;
    g_assert_cmpint(use, ==, SPAN_USE_DATA);
    if (channel == 1)
        g_string_append(deeds, "open ");
}

static void b_close_note(Span *span, guint8 channel)
{
    (void)span;
    if (channel == 1)
        g_string_append(deeds, "close ");
}

/* Looped first, with some time to find its frame again. Its clock stands here: the end comes all
 * the same. */
static void a_card_is_looped_around_it(void)
{
    static const SpanOps ops = {
        .name = "card", .b_open = b_open_note, .b_close = b_close_note, .loop = loop_note};
    Span card = {.ops = &ops};
    Line line;

    line_init(&line);
    card.settings = &line.settings;
    deeds = g_string_new(NULL);
    line.selftest = selftest_new(&card, line.loop, on_done, &line);
    g_assert_cmpstr(deeds->str, ==, "loop ");
    loop_virtual_advance(line.loop, 450 * MS);
    g_assert_cmpstr(deeds->str, ==, "loop ");
    loop_virtual_advance(line.loop, 100 * MS);
    g_assert_cmpstr(deeds->str, ==, "loop open ");
    loop_virtual_advance(line.loop, 3000 * MS);
    g_assert_cmpstr(deeds->str, ==, "loop open close unloop ");
    g_assert_cmpuint(line.reports, ==, 1);
    g_assert_true(line.report.looped);
    g_assert_cmpuint(selftest_good_count(&line.report), ==, 0);

    g_string_truncate(deeds, 0); /* given up before it listens */
    selftest_free(selftest_new(&card, line.loop, on_done, &line));
    g_assert_cmpstr(deeds->str, ==, "loop unloop ");
    g_string_free(deeds, TRUE);
    line_clear(&line);
}

/* ---- the ear -----------------------------------------------------------------------------------
 */

/* Whatever the blocks and the delay are. */
static void the_ear_finds_any_delay(void)
{
    static const guint32 delays[] = {1, 7, 160, 799, PATTERN_DELAY_MAX};
    static const gsize blocks[] = {1, 8, 40, 160};

    for (guint d = 0; d < G_N_ELEMENTS(delays); d++) {
        gsize block = blocks[d % G_N_ELEMENTS(blocks)];
        guint8 octets[160];
        PatternEar ear;

        pattern_ear_init(&ear, 99, 5, 1u << 5);
        for (guint32 n = 0; n < 9600; n += (guint32)block) {
            for (gsize i = 0; i < block; i++)
                octets[i] =
                    n + i < delays[d] ? 0xd5 : pattern_octet(99, 5, n + (guint32)i - delays[d]);
            pattern_ear_hear(&ear, octets, block);
        }
        g_assert_cmpuint(ear.heard, ==, 5);
        g_assert_cmpuint(ear.delay, ==, delays[d]);
        g_assert_cmpuint(ear.errors, ==, 0);
        g_assert_cmpuint(ear.compared, >, 9600 - delays[d] - 400);
    }
}

/* One octet, then another, as of a line that is cut; but no speech. */
static void the_ear_knows_silence(void)
{
    guint8 octets[160];
    PatternEar ear;

    pattern_ear_init(&ear, 99, 5, 1u << 5);
    g_assert_true(pattern_ear_is_silent(&ear)); /* not even a clock */
    for (guint i = 0; i < 50; i++) {
        memset(octets, i < 25 ? 0xd5 : 0xff, sizeof octets);
        octets[7] = i == 40 ? 0x2a : octets[7];
        pattern_ear_hear(&ear, octets, sizeof octets);
    }
    g_assert_true(pattern_ear_is_silent(&ear));
    for (guint i = 0; i < sizeof octets; i++)
        octets[i] = (guint8)(i / 4); /* quiet, but alive */
    for (guint i = 0; i < 5; i++)
        pattern_ear_hear(&ear, octets, sizeof octets);
    g_assert_false(pattern_ear_is_silent(&ear));
    g_assert_cmpuint(ear.heard, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/selftest/good", every_channel_comes_back);
    g_test_add_func("/selftest/delay", the_delay_is_that_of_the_line);
    g_test_add_func("/selftest/faults", faults_are_named);
    g_test_add_func("/selftest/slips", slips_are_told);
    g_test_add_func("/selftest/dead-line", a_dead_line_is_silent);
    g_test_add_func("/selftest/breaks-off", a_line_that_breaks_off_has_errors);
    g_test_add_func("/selftest/leaves-no-trace", it_leaves_the_span_as_it_was);
    g_test_add_func("/selftest/card", a_card_is_looped_around_it);
    g_test_add_func("/selftest/ear/delay", the_ear_finds_any_delay);
    g_test_add_func("/selftest/ear/silence", the_ear_knows_silence);
    return g_test_run();
}
