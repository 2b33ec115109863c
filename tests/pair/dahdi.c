/* The dahdi back end against a double of the driver: what a span without a card cannot show, and
 * every mistake of a configuration in its words. */
#include "dahdi.h"
#include "dahdi_double.h"
#include "loop_virtual.h"

#include <errno.h>
#include <string.h>

typedef struct Heard {
    GByteArray *frames; /* all D frames, one behind the other */
    guint frame_count, block_count, alarm_count;
    guint8 channel;
    guint8 block[160];
    gsize length;
} Heard;

typedef struct Line {
    SpanSettings settings;
    Loop *loop;
    Span *span;
    Heard heard;
} Line;

static void on_frame(void *user, const guint8 *frame, gsize length)
{
    Heard *heard = user;

    g_byte_array_append(heard->frames, frame, (guint)length);
    heard->frame_count++;
}

static void on_block(void *user, guint8 channel, const guint8 *rx, guint8 *tx, gsize count)
{
    Heard *heard = user;

    heard->block_count++;
    heard->channel = channel;
    heard->length = count;
    memcpy(heard->block, rx, count);
    for (gsize i = 0; i < count; i++)
        tx[i] = (guint8)~rx[i];
}

static void on_alarm(void *user, SpanAlarms alarms)
{
    (void)alarms;
    ((Heard *)user)->alarm_count++;
}

static void channels_add(GArray *list, guint first, guint last, guint but)
{
    for (guint i = first; i <= last; i++) {
        guint16 number = (guint16)i;

        if (i != but)
            g_array_append_val(list, number);
    }
}

/* An E1 as channels 32-62, whose HDLC is the card's. */
static void line_init(Line *line)
{
    *line = (Line){.settings = {.name = (char *)"e1",
                                .backend = BACKEND_DAHDI,
                                .type = SPAN_E1,
                                .law = LAW_ALAW,
                                .hardhdlc = 47,
                                .first_channel = 32,
                                .d_channel = 16,
                                .block_ms = 20,
                                .cushion_ms = 8,
                                .echo_cancel_ms = 16}};
    line->settings.bchan = g_array_new(FALSE, FALSE, sizeof(guint16));
    channels_add(line->settings.bchan, 32, 62, 47);
    line->heard.frames = g_byte_array_new();
    line->loop = loop_virtual_new();
    double_set_up(2, 32, 31, DAHDI_LAW_ALAW, 47, DAHDI_SIG_HARDHDLC);
}

static void line_open(Line *line)
{
    SpanEvents events = {&line->heard, on_frame, on_block, NULL, on_alarm};
    g_autoptr(GError) error = NULL;

    line->span = span_open(&line->settings, line->loop, &events, &error);
    g_assert_no_error(error);
    loop_virtual_advance(line->loop, 0);
}

static void line_clear(Line *line)
{
    span_close(line->span);
    loop_virtual_free(line->loop);
    g_array_unref(line->settings.bchan);
    g_byte_array_unref(line->heard.frames);
    double_tear_down();
}

static const char *complaint(const Line *line)
{
    return ((DahdiSpan *)line->span)->complaint;
}

static void test_hardhdlc(void)
{
    static const guint8 sent[] = {0x00, 0x01, 0x7f}, came[] = {0x02, 0x01, 0x73, 0xaa, 0xbb};
    DoubleChannel *d = &the_double.channels[47];
    Line line;

    line_init(&line);
    line_open(&line);
    g_assert_null(complaint(&line));
    g_assert_cmpint(line.span->alarms, ==, SPAN_ALARM_NONE);
    g_assert_cmpint(d->buffers.numbufs, ==, 32);
    g_assert_cmpint(d->buffers.bufsize, ==, 1024);
    g_assert_cmpint(d->buffers.txbufpolicy, ==, DAHDI_POLICY_IMMEDIATE);
    g_assert_true(span_d_send(line.span, sent, sizeof sent));
    g_assert_cmpuint(d->tx->len, ==, sizeof sent + 2); /* room for the FCS */
    g_assert_cmpmem(d->tx->data, sizeof sent, sent, sizeof sent);
    double_hear(47, came, sizeof came);
    double_hear(47, came, sizeof came);
    loop_virtual_advance(line.loop, 0);
    g_assert_cmpuint(line.heard.frame_count, ==, 2);
    g_assert_cmpmem(line.heard.frames->data, 3, came, 3);
    d->full = TRUE;
    g_assert_false(span_d_send(line.span, sent, sizeof sent));
    g_assert_cmpuint(line.span->counters.d_dropped_out, ==, 1);
    g_assert_cmpuint(line.span->counters.d_frames_out, ==, 1);
    g_assert_cmpuint(line.span->counters.d_frames_in, ==, 2);
    line_clear(&line);
}

/* Until its events are taken a channel neither reads nor writes. */
static void test_events(void)
{
    static const guint8 frame[] = {0x00, 0x01, 0x73, 0xaa, 0xbb};
    SpanCounters *counters;
    Line line;

    line_init(&line);
    line_open(&line);
    counters = &line.span->counters;
    double_raise(47, DAHDI_EVENT_ABORT);
    double_raise(47, DAHDI_EVENT_BADFCS);
    double_hear(47, frame, sizeof frame);
    double_raise(47, DAHDI_EVENT_OVERRUN);
    loop_virtual_advance(line.loop, 0);
    g_assert_cmpuint(counters->d_aborts, ==, 1);
    g_assert_cmpuint(counters->d_bad_fcs, ==, 1);
    g_assert_cmpuint(counters->d_overlong, ==, 1);
    g_assert_cmpuint(line.heard.frame_count, ==, 1);
    double_raise(47, DAHDI_EVENT_ABORT); /* in the way of a write */
    g_assert_true(span_d_send(line.span, frame, 3));
    g_assert_cmpuint(counters->d_aborts, ==, 2);
    the_double.spans[2].alarms = DAHDI_ALARM_RED;
    double_raise(47, DAHDI_EVENT_ALARM);
    loop_virtual_advance(line.loop, 0);
    g_assert_cmpint(line.span->alarms, ==, SPAN_ALARM_RED);
    the_double.spans[2].alarms = DAHDI_ALARM_NONE;
    double_raise(47, DAHDI_EVENT_NOALARM);
    loop_virtual_advance(line.loop, 0);
    g_assert_cmpint(line.span->alarms, ==, SPAN_ALARM_NONE);
    g_assert_cmpuint(line.heard.alarm_count, ==, 3); /* the first: it was born RED */
    line_clear(&line);
}

/* Events tell of any alarm and of none; what is between is asked for every second. */
static void test_alarms(void)
{
    static const struct {
        int driver;
        SpanAlarms ours;
    } rows[] = {
        {DAHDI_ALARM_RED | DAHDI_ALARM_LOS, SPAN_ALARM_RED},
        {DAHDI_ALARM_BLUE, SPAN_ALARM_BLUE},
        {DAHDI_ALARM_YELLOW, SPAN_ALARM_YELLOW},
        {DAHDI_ALARM_YELLOW | DAHDI_ALARM_RED, SPAN_ALARM_RED | SPAN_ALARM_YELLOW},
        {DAHDI_ALARM_RECOVER, SPAN_ALARM_RED},
        {DAHDI_ALARM_NOTOPEN, SPAN_ALARM_RED},
        {DAHDI_ALARM_LOOPBACK, SPAN_ALARM_NONE},
        {DAHDI_ALARM_NONE, SPAN_ALARM_NONE},
    };
    Line line;

    line_init(&line);
    line_open(&line);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        the_double.spans[2].alarms = rows[i].driver;
        loop_virtual_advance(line.loop, G_USEC_PER_SEC);
        g_assert_cmpint(line.span->alarms, ==, rows[i].ours);
    }
    line_clear(&line);
}

static void test_card_counters(void)
{
    struct dahdi_spaninfo *card = &the_double.spans[2];
    SpanCounters *counters;
    Line line;

    line_init(&line);
    line_open(&line);
    counters = &line.span->counters;
    card->bpvcount = 3;
    card->crc4count = 5;
    card->ebitcount = 7;
    card->fascount = 11;
    card->irqmisses = 13;
    card->syncsrc = 2;
    loop_virtual_advance(line.loop, G_USEC_PER_SEC);
    g_assert_cmpuint(counters->bpv, ==, 3);
    g_assert_cmpuint(counters->crc4, ==, 5);
    g_assert_cmpuint(counters->ebit, ==, 7);
    g_assert_cmpuint(counters->fas, ==, 11);
    g_assert_cmpuint(counters->irq_misses, ==, 13);
    g_assert_cmpint(counters->timing, ==, 2);
    line_clear(&line);
}

static void assert_silence(const DoubleChannel *channel, guint from, guint count)
{
    for (guint i = from; i < from + count; i++)
        g_assert_cmphex(channel->tx->data[i], ==, 0xd5);
}

static void test_speech(void)
{
    DoubleChannel *b = &the_double.channels[34]; /* timeslot 3 */
    guint8 block[160];
    Line line;

    memset(block, 0x2a, sizeof block);
    line_init(&line);
    line_open(&line);
    g_assert_cmpint(b->fd, >=, 0); /* held, so that nobody else takes it */
    double_hear(34, block, sizeof block);
    loop_virtual_advance(line.loop, 0);
    g_assert_cmpuint(line.heard.block_count, ==, 0); /* nobody listens yet */
    (void)g_bytes_unref(g_queue_pop_head(b->rx));
    span_b_open(line.span, 3, SPAN_USE_SPEECH);
    g_assert_cmpint(b->audio, ==, 1);
    g_assert_cmpint(b->taps, ==, 128);
    g_assert_cmpint(b->buffers.numbufs, ==, 4);
    g_assert_cmpint(b->buffers.bufsize, ==, 160);
    g_assert_cmpint(b->buffers.txbufpolicy, ==, DAHDI_POLICY_IMMEDIATE);
    g_assert_cmpuint(b->writes->len, ==, 1); /* the cushion: 8 ms */
    g_assert_cmpuint(g_array_index(b->writes, guint, 0), ==, 64);
    assert_silence(b, 0, 64);
    double_hear(34, block, sizeof block);
    loop_virtual_advance(line.loop, 0);
    g_assert_cmpuint(line.heard.block_count, ==, 1);
    g_assert_cmpuint(line.heard.channel, ==, 3);
    g_assert_cmpmem(line.heard.block, line.heard.length, block, sizeof block);
    g_assert_cmpuint(g_array_index(b->writes, guint, 1), ==, 160);
    g_assert_cmphex(b->tx->data[64], ==, 0xd5); /* 0x2a inverted */

    double_raise(34, DAHDI_EVENT_RX_CED_DETECTED); /* a fax answers: off for the rest of the call */
    double_hear(34, block, sizeof block);
    loop_virtual_advance(line.loop, 0);
    g_assert_cmpint(b->taps, ==, 0);
    g_assert_cmpuint(line.heard.block_count, ==, 2);
    g_assert_cmpuint(line.span->counters.slips, ==, 0);
    b->full = TRUE;
    double_hear(34, block, sizeof block);
    loop_virtual_advance(line.loop, 0);
    g_assert_cmpuint(line.span->counters.slips, ==, 1);
    b->full = FALSE;

    span_b_close(line.span, 3);
    double_hear(34, block, sizeof block);
    loop_virtual_advance(line.loop, 0);
    g_assert_cmpuint(line.heard.block_count, ==, 3);
    line_clear(&line);
}

/* More than a buffer is written buffer by buffer: the driver cuts what is longer. */
static void test_deep_cushion(void)
{
    DoubleChannel *b = &the_double.channels[34];
    Line line;

    line_init(&line);
    line.settings.block_ms = 10;
    line.settings.cushion_ms = 25;
    line_open(&line);
    span_b_open(line.span, 3, SPAN_USE_SPEECH);
    g_assert_cmpint(b->buffers.bufsize, ==, 80);
    g_assert_cmpint(b->buffers.numbufs, ==, 6);
    g_assert_cmpuint(b->tx->len, ==, 200);
    g_assert_cmpuint(b->writes->len, ==, 3);
    g_assert_cmpuint(g_array_index(b->writes, guint, 2), ==, 40);
    line_clear(&line);
}

/* AUDIOMODE 0 drops canceller, gains and conference at once. */
static void test_data(void)
{
    DoubleChannel *b = &the_double.channels[62];
    Line line;

    line_init(&line);
    line_open(&line);
    span_b_open(line.span, 31, SPAN_USE_DATA);
    g_assert_cmpint(b->audio, ==, 0);
    g_assert_cmpint(b->taps, <=, 0);
    span_b_close(line.span, 31);
    line.settings.echo_cancel_ms = 0;
    span_b_open(line.span, 31, SPAN_USE_SPEECH);
    g_assert_cmpint(b->audio, ==, 1);
    g_assert_cmpint(b->taps, <=, 0);
    line_clear(&line);
}

/* A call that enters and leaves here: the driver joins the channels, until one of them closes. */
static void test_bridge(void)
{
    DoubleChannel *a = &the_double.channels[34], *b = &the_double.channels[35];
    Line line;
    int taps;

    line_init(&line);
    line_open(&line);
    span_b_open(line.span, 3, SPAN_USE_SPEECH);
    g_assert_false(span_b_bridge(line.span, 3, line.span, 4)); /* the other one is closed */
    g_assert_cmpint(a->peer, ==, 0);
    span_b_open(line.span, 4, SPAN_USE_SPEECH);
    taps = a->taps;
    g_assert_cmpint(taps, >, 0);
    g_assert_true(span_b_bridge(line.span, 3, line.span, 4));
    g_assert_cmpint(a->peer, ==, 35);
    g_assert_cmpint(b->peer, ==, 34);
    g_assert_cmpint(a->taps, ==, 0); /* bit by bit: no canceller may change it */
    g_assert_cmpint(b->taps, ==, 0);
    span_b_part(line.span, 3, line.span, 4);
    g_assert_cmpint(a->peer + b->peer, ==, 0);
    g_assert_cmpint(a->taps, ==, taps);
    g_assert_cmpint(b->taps, ==, taps);
    g_assert_true(span_b_bridge(line.span, 3, line.span, 4));
    span_b_close(line.span, 3);
    g_assert_cmpint(a->peer, ==, 0);
    line_clear(&line);
}

/* A card that is pulled and put back: RED, then all is as it was, the open channel too. */
static void test_surprise_removal(void)
{
    DoubleChannel *b = &the_double.channels[34];
    guint8 block[160] = {0};
    Line line;

    line_init(&line);
    line_open(&line);
    span_b_open(line.span, 3, SPAN_USE_SPEECH);
    the_double.gone = TRUE;
    double_hear(34, block, sizeof block);
    loop_virtual_advance(line.loop, 0);
    g_assert_cmpint(line.span->alarms, ==, SPAN_ALARM_RED);
    g_assert_cmpint(b->fd, ==, -1);
    g_assert_cmpint(the_double.channels[47].fd, ==, -1);
    g_assert_false(span_d_send(line.span, block, 5));
    the_double.gone = FALSE;
    the_double.open_errno = ENOENT;
    loop_virtual_advance(line.loop, 3 * G_USEC_PER_SEC);
    g_assert_cmpint(line.span->alarms, ==, SPAN_ALARM_RED);
    the_double.open_errno = 0;
    loop_virtual_advance(line.loop, G_USEC_PER_SEC);
    g_assert_cmpint(line.span->alarms, ==, SPAN_ALARM_NONE);
    g_assert_null(complaint(&line));
    g_assert_cmpint(b->taps, ==, 128);
    line.heard.block_count = 0;
    g_queue_clear_full(b->rx, (GDestroyNotify)g_bytes_unref);
    double_hear(34, block, sizeof block);
    loop_virtual_advance(line.loop, 0);
    g_assert_cmpuint(line.heard.block_count, ==, 1);
    double_raise(47, DAHDI_EVENT_REMOVED); /* told as an event, too */
    loop_virtual_advance(line.loop, 0);
    g_assert_cmpint(line.span->alarms, ==, SPAN_ALARM_RED);
    line_clear(&line);
}

static void assert_ordered(guint orders, int command)
{
    g_assert_cmpuint(the_double.maintenances, ==, orders);
    g_assert_cmpint(the_double.maintenance.spanno, ==, 2);
    g_assert_cmpint(the_double.maintenance.command, ==, command);
}

/* A loop is ordered once, and ends with its order, with the device, or with the span. */
static void test_maintenance(void)
{
    Line line;

    line_init(&line);
    line_open(&line);
    g_assert_false(span_loop(line.span, FALSE));
    g_assert_cmpuint(the_double.maintenances, ==, 0);
    g_assert_true(span_loop(line.span, TRUE));
    g_assert_true(span_loop(line.span, TRUE));
    assert_ordered(1, DAHDI_MAINT_LOCALLOOP);
    g_assert_false(span_loop(line.span, FALSE));
    assert_ordered(2, DAHDI_MAINT_NONE);

    the_double.maintenance_errno = ENOSYS; /* a card that cannot */
    g_assert_false(span_loop(line.span, TRUE));
    the_double.maintenance_errno = 0;
    g_assert_true(span_loop(line.span, TRUE));
    double_raise(47, DAHDI_EVENT_REMOVED);
    loop_virtual_advance(line.loop, 0);
    assert_ordered(4, DAHDI_MAINT_NONE);
    g_assert_false(span_loop(line.span, TRUE)); /* nothing is there to be looped */
    loop_virtual_advance(line.loop, G_USEC_PER_SEC);
    assert_ordered(4, DAHDI_MAINT_NONE); /* the device is back, the loop is not */
    g_assert_true(span_loop(line.span, TRUE));
    span_close(line.span);
    assert_ordered(6, DAHDI_MAINT_NONE);
    line.span = NULL;
    line_clear(&line);
}

/* ---- mistakes -----------------------------------------------------------------------------------
 */

static void no_driver(Line *line)
{
    the_double.open_errno = ENOENT;
}

static void not_permitted(Line *line)
{
    the_double.open_errno = EACCES;
}

static void busy_b(Line *line)
{
    the_double.channels[40].open_errno = EBUSY;
}

static void busy_d(Line *line)
{
    the_double.channels[47].open_errno = EBUSY;
}

static void no_such_channel(Line *line)
{
    the_double.channels[62].open_errno = EINVAL;
}

static void not_configured(Line *line)
{
    the_double.channels[47].open_errno = ENXIO;
}

static void soft_d(Line *line)
{
    the_double.channels[47].params.sigtype = DAHDI_SIG_HDLCFCS;
}

static void analog_b(Line *line)
{
    the_double.channels[32].params.sigtype = DAHDI_SIG_FXOKS;
}

static void other_span(Line *line)
{
    the_double.channels[50].params.spanno = 3;
}

static void later_timeslots(Line *line)
{
    for (guint i = 32; i < 63; i++)
        the_double.channels[i].params.chanpos++;
}

static void mulaw(Line *line)
{
    for (guint i = 32; i < 63; i++)
        the_double.channels[i].params.curlaw = DAHDI_LAW_MULAW;
}

static void is_t1(Line *line)
{
    the_double.spans[2].totalchans = 24;
}

typedef struct Mistake {
    const char *name;
    void (*make)(Line *line);
    const char *words;
} Mistake;

static const Mistake mistakes[] = {
    {"no-driver", no_driver,
     "[span e1] backend: there is no /dev/dahdi/channel: is the dahdi module loaded?"},
    {"not-permitted", not_permitted,
     "[span e1] backend: /dev/dahdi/channel: permission denied: is our udev rule installed, and "
     "are we in the group tieline?"},
    {"busy-b", busy_b, "[span e1] bchan: channel 40 is held by another program"},
    {"busy-d", busy_d, "[span e1] hardhdlc: channel 47 is held by another program"},
    {"no-such-channel", no_such_channel,
     "[span e1] bchan: the driver has no channel 62: see /proc/dahdi for those it has"},
    {"not-configured", not_configured,
     "[span e1] hardhdlc: channel 47 is not configured: is it in /etc/dahdi/system.conf, and has "
     "dahdi_cfg run?"},
    {"soft-d", soft_d,
     "[span e1] hardhdlc: channel 47 is dchan in /etc/dahdi/system.conf, not hardhdlc"},
    {"analog-b", analog_b,
     "[span e1] bchan: channel 32 is something else in /etc/dahdi/system.conf, not bchan"},
    {"other-span", other_span,
     "[span e1] bchan: channel 50 is of the driver's span 3, hardhdlc 47 of span 2"},
    {"timeslot", later_timeslots,
     "[span e1] first-channel: channel 47 is timeslot 17 of the driver's span 2, not 16; "
     "first-channel would be 31"},
    {"law", mulaw,
     "[span e1] law: the driver has channel 32 as mulaw: put alaw=32 into /etc/dahdi/system.conf, "
     "or set law = ulaw"},
    {"t1", is_t1,
     "[span e1] type: e1 has 31 channels, the driver's span 2 (Wildcard TE133 Card 0) has 24: it "
     "is "
     "t1"},
};

/* One line that names the setting; and once the mistake is mended, the span comes up by itself. */
static void test_mistake(gconstpointer data)
{
    const Mistake *mistake = data;
    Line line;

    line_init(&line);
    mistake->make(&line);
    line_open(&line);
    g_assert_cmpstr(complaint(&line), ==, mistake->words);
    g_assert_cmpint(line.span->alarms, ==, SPAN_ALARM_RED);
    for (guint i = 32; i < 63; i++)
        g_assert_cmpint(the_double.channels[i].fd, ==, -1);
    double_tear_down();
    double_set_up(2, 32, 31, DAHDI_LAW_ALAW, 47, DAHDI_SIG_HARDHDLC);
    loop_virtual_advance(line.loop, G_USEC_PER_SEC);
    g_assert_null(complaint(&line));
    g_assert_cmpint(line.span->alarms, ==, SPAN_ALARM_NONE);
    line_clear(&line);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/dahdi/hardhdlc", test_hardhdlc);
    g_test_add_func("/dahdi/events-before-all-else", test_events);
    g_test_add_func("/dahdi/alarms", test_alarms);
    g_test_add_func("/dahdi/what-the-card-counts", test_card_counters);
    g_test_add_func("/dahdi/speech", test_speech);
    g_test_add_func("/dahdi/deep-cushion", test_deep_cushion);
    g_test_add_func("/dahdi/data", test_data);
    g_test_add_func("/dahdi/bridge", test_bridge);
    g_test_add_func("/dahdi/surprise-removal", test_surprise_removal);
    g_test_add_func("/dahdi/maintenance-loop", test_maintenance);
    for (gsize i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        g_autofree char *path = g_strdup_printf("/dahdi/mistake/%s", mistakes[i].name);

        g_test_add_data_func(path, &mistakes[i], test_mistake);
    }
    return g_test_run();
}
