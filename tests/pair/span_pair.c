/* Two in-process spans: what one sends the other hears, in its own loop's time. */
#include "loop_virtual.h"
#include "span.h"

#include <string.h>

#define MS 1000

typedef struct PairEnd {
    Span *span;
    SpanSettings settings;
    GPtrArray *frames;
    GByteArray *sent, *heard;
    SpanAlarms alarms;
    guint alarms_told;
    guint64 ticks;
    guint8 next;
    gboolean close_next; /* its channel closes itself from inside */
} PairEnd;

static void take_frame(void *user, const guint8 *frame, gsize length)
{
    g_ptr_array_add(((PairEnd *)user)->frames, g_bytes_new(frame, length));
}

static void block(void *user, guint8 channel, const guint8 *rx, guint8 *tx, gsize count)
{
    PairEnd *self = user;

    g_assert_cmpuint(channel, ==, 3);
    for (gsize i = 0; i < count; i++) {
        g_assert_cmphex(tx[i], ==, 0xd5);
        tx[i] = self->next;
        self->next += 7;
    }
    g_byte_array_append(self->heard, rx, (guint)count);
    g_byte_array_append(self->sent, tx, (guint)count);
    if (self->close_next)
        span_b_close(self->span, channel);
}

static void tick(void *user, gsize count)
{
    ((PairEnd *)user)->ticks += count;
}

static void alarm_told(void *user, SpanAlarms alarms)
{
    ((PairEnd *)user)->alarms = alarms;
    ((PairEnd *)user)->alarms_told++;
}

static void pair_end_open(PairEnd *self, Loop *loop, guint8 next, gboolean ticking)
{
    SpanEvents events = {self, take_frame, block, ticking ? tick : NULL, alarm_told};

    *self = (PairEnd){
        .settings = {.name = (char *)"pair",
                     .backend = BACKEND_PAIR,
                     .type = SPAN_E1,
                     .law = LAW_ALAW,
                     .d_channel = 16},
        .frames = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref),
        .sent = g_byte_array_new(),
        .heard = g_byte_array_new(),
        .next = next,
    };
    self->span = span_open(&self->settings, loop, &events, NULL);
    g_assert_nonnull(self->span);
}

static void pair_end_clear(PairEnd *self)
{
    span_close(self->span);
    g_ptr_array_unref(self->frames);
    g_byte_array_unref(self->sent);
    g_byte_array_unref(self->heard);
}

static void test_frames(void)
{
    const guint8 frame[4] = {2, 1, 0x7f, 9};
    Loop *loop = loop_virtual_new();
    PairEnd a, b;

    pair_end_open(&a, loop, 0, FALSE);
    pair_end_open(&b, loop, 0, FALSE);
    g_assert_true(span_d_send(a.span, frame, 4)); /* nobody hears it */
    span_pair_join(a.span, b.span);
    for (guint i = 0; i < 64; i++)
        g_assert_true(span_d_send(a.span, frame, 1 + i % 4));
    g_assert_false(span_d_send(a.span, frame, 4));
    g_assert_cmpuint(a.span->counters.d_dropped_out, ==, 1);
    g_assert_cmpuint(b.frames->len, ==, 0); /* never from inside span_d_send() */
    loop_virtual_advance(loop, 0);
    g_assert_cmpuint(b.frames->len, ==, 64);
    for (guint i = 0; i < 64; i++)
        g_assert_cmpuint(g_bytes_get_size(b.frames->pdata[i]), ==, 1 + i % 4);
    g_assert_true(span_d_send(b.span, frame, 4));
    /* a frame under way when an end closes finds nobody */
    g_assert_true(span_d_send(a.span, frame, 4));
    pair_end_clear(&b);
    loop_virtual_advance(loop, 0);
    g_assert_cmpuint(a.frames->len, ==, 1);
    g_assert_true(span_d_send(a.span, frame, 4));
    pair_end_clear(&a);
    loop_virtual_free(loop);
}

static void test_blocks(void)
{
    Loop *loop = loop_virtual_new();
    PairEnd a, b;
    const guint8 *found;

    pair_end_open(&a, loop, 10, TRUE);
    pair_end_open(&b, loop, 200, TRUE);
    span_pair_join(a.span, b.span);
    span_b_open(a.span, 3, SPAN_USE_SPEECH);
    loop_virtual_advance(loop, 20 * MS);
    span_b_open(b.span, 3, SPAN_USE_SPEECH);
    loop_virtual_advance(loop, 1000 * MS);
    g_assert_cmpuint(a.ticks, ==, 8160);
    g_assert_cmpuint(b.ticks, ==, 8160);
    /* a hears idle while b's channel is closed, then all b says */
    g_assert_cmphex(a.heard->data[100], ==, 0xd5);
    g_assert_cmpmem(b.heard->data, 4000, a.sent->data + 160, 4000);
    found = memchr(a.heard->data + 8 * 19, 200, 24);
    g_assert_nonnull(found);
    g_assert_cmpmem(found, 4000, b.sent->data, 4000);
    /* a channel may close itself from inside */
    a.close_next = TRUE;
    loop_virtual_advance(loop, 10 * MS);
    g_assert_cmpuint(a.heard->len, ==, 8168);
    pair_end_clear(&a);
    pair_end_clear(&b);
    loop_virtual_free(loop);
}

static void test_break(void)
{
    const guint8 frame[4] = {2, 1, 0x7f, 9};
    Loop *loop = loop_virtual_new();
    PairEnd a, b;

    pair_end_open(&a, loop, 10, FALSE);
    pair_end_open(&b, loop, 200, FALSE);
    span_pair_join(a.span, b.span);
    span_b_open(a.span, 3, SPAN_USE_SPEECH);
    span_pair_break(a.span, TRUE, SPAN_ALARM_RED);
    span_pair_break(b.span, TRUE, SPAN_ALARM_YELLOW);
    g_assert_cmpuint(a.alarms, ==, SPAN_ALARM_RED);
    g_assert_cmpuint(b.alarms, ==, SPAN_ALARM_YELLOW);
    g_assert_cmpuint(b.span->alarms, ==, SPAN_ALARM_YELLOW);
    g_assert_true(span_d_send(a.span, frame, 4));
    loop_virtual_advance(loop, 10 * MS);
    g_assert_cmpuint(b.frames->len, ==, 0);
    g_assert_cmphex(a.heard->data[a.heard->len - 1], ==, 0xff);
    span_pair_break(a.span, FALSE, SPAN_ALARM_NONE);
    g_assert_cmpuint(a.alarms_told, ==, 2);
    g_assert_true(span_d_send(a.span, frame, 4));
    loop_virtual_advance(loop, 10 * MS);
    g_assert_cmpuint(b.frames->len, ==, 1);
    g_assert_cmphex(a.heard->data[a.heard->len - 1], ==, 0xd5);
    pair_end_clear(&a);
    pair_end_clear(&b);
    loop_virtual_free(loop);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/span-pair/frames", test_frames);
    g_test_add_func("/span-pair/blocks", test_blocks);
    g_test_add_func("/span-pair/break", test_break);
    return g_test_run();
}
