/* In-process spans joined back to back: whole D frames, B octets by the millisecond; for tests. */
#include "backends.h"
#include "hdlc.h"

#include <string.h>

#define BLOCK_OCTETS 8 /* one millisecond */
#define BLOCK_US 1000
#define BLOCKS_WAITING 64
#define FRAMES_WAITING 64 /* as span.h says of span_d_send() */
#define CATCH_UP 20

typedef struct PairSpan PairSpan;

/* What one end has sent and the other not yet heard. */
typedef struct PairWay {
    guint frames; /* D frames under way */
    guint first, count;
    guint8 blocks[BLOCKS_WAITING][SPAN_SLOTS_MAX + 1][BLOCK_OCTETS];
} PairWay;

/* The line between two ends. It outlives both while frames are under way on another thread's loop.
 */
typedef struct PairLine {
    gatomicrefcount references;
    GMutex lock; /* guards all below */
    PairSpan *ends[2];
    PairWay ways[2]; /* ways[I]: what end I sends */
    gboolean cut;
} PairLine;

struct PairSpan {
    Span base;
    Loop *loop;
    PairLine *line; /* NULL: not joined */
    guint side;
    LoopTimer *timer;
    gint64 due_us;
    gboolean running;
    guint32 b_open;
};

typedef struct PairFrame {
    PairLine *line;
    guint to;
    gsize length;
    guint8 octets[];
} PairFrame;

static void line_unref(PairLine *line)
{
    if (!g_atomic_ref_count_dec(&line->references))
        return;
    g_mutex_clear(&line->lock);
    g_free(line);
}

static void frame_free(gpointer data)
{
    PairFrame *frame = data;

    line_unref(frame->line);
    g_free(frame);
}

static void frame_arrive(void *data)
{
    PairFrame *frame = data;
    PairLine *line = frame->line;
    PairSpan *self;
    gboolean cut;

    g_mutex_lock(&line->lock);
    self = line->ends[frame->to]; /* parts in this thread only */
    cut = line->cut;
    line->ways[!frame->to].frames--;
    g_mutex_unlock(&line->lock);
    if (!self || cut)
        return;
    self->base.counters.d_frames_in++;
    if (self->base.events.d_frame)
        self->base.events.d_frame(self->base.events.user, frame->octets, frame->length);
}

static PairFrame *frame_new(PairLine *line, guint to, const guint8 *octets, gsize length)
{
    PairFrame *frame = g_malloc(sizeof(*frame) + length);

    g_atomic_ref_count_inc(&line->references);
    *frame = (PairFrame){.line = line, .to = to, .length = length};
    memcpy(frame->octets, octets, length);
    return frame;
}

/* FALSE when the far end has not yet taken what it was sent before. */
static gboolean line_send(PairLine *line, guint from, const guint8 *octets, gsize length)
{
    gboolean room;

    g_mutex_lock(&line->lock);
    room = line->ways[from].frames < FRAMES_WAITING;
    if (room && !line->cut && line->ends[!from]) {
        line->ways[from].frames++;
        /* Under the lock, so that the far end and its loop are still there. */
        loop_post(line->ends[!from]->loop, frame_arrive, frame_new(line, !from, octets, length),
                  frame_free);
    }
    g_mutex_unlock(&line->lock);
    return room;
}

static gboolean pair_d_send(Span *span, const guint8 *octets, gsize length)
{
    PairSpan *self = (PairSpan *)span;

    if (length == 0 || length > HDLC_FRAME_MAX ||
        (self->line && !line_send(self->line, self->side, octets, length))) {
        span->counters.d_dropped_out++;
        return FALSE;
    }
    span->counters.d_frames_out++;
    return TRUE;
}

/* One end's millisecond: hears what the far end sent, idle octets when its clock stands, all ones
 * from a cut line. */
static void line_hear(PairSpan *self, guint8 (*in)[BLOCK_OCTETS], gsize size)
{
    PairLine *line = self->line;
    PairWay *way;

    memset(in, 0xff, size);
    if (!line)
        return;
    g_mutex_lock(&line->lock);
    way = &line->ways[!self->side];
    if (!line->cut && way->count > 0)
        memcpy(in, way->blocks[way->first], size);
    else if (!line->cut)
        memset(in, span_idle_octet(self->base.settings), size);
    if (way->count > 0) {
        way->first = (way->first + 1) % BLOCKS_WAITING;
        way->count--;
    }
    g_mutex_unlock(&line->lock);
}

static void line_speak(PairSpan *self, guint8 (*out)[BLOCK_OCTETS], gsize size)
{
    PairLine *line = self->line;
    PairWay *way;

    if (!line)
        return;
    g_mutex_lock(&line->lock);
    way = &line->ways[self->side];
    if (way->count < BLOCKS_WAITING)
        memcpy(way->blocks[(way->first + way->count++) % BLOCKS_WAITING], out, size);
    g_mutex_unlock(&line->lock);
}

/* What was sent while our clock stood has passed us by. */
static void line_forget(PairLine *line, guint side)
{
    g_mutex_lock(&line->lock);
    line->ways[!side].count = 0;
    g_mutex_unlock(&line->lock);
}

static void pair_block(PairSpan *self)
{
    guint8 in[SPAN_SLOTS_MAX + 1][BLOCK_OCTETS], out[SPAN_SLOTS_MAX + 1][BLOCK_OCTETS];
    const SpanEvents *events = &self->base.events;

    line_hear(self, in, sizeof(in));
    memset(out, span_idle_octet(self->base.settings), sizeof(out));
    for (guint channel = 1; channel <= SPAN_SLOTS_MAX; channel++)
        if (self->b_open >> channel & 1)
            events->b_block(events->user, (guint8)channel, in[channel], out[channel], BLOCK_OCTETS);
    line_speak(self, out, sizeof(out));
    if (events->tick)
        events->tick(events->user, BLOCK_OCTETS);
}

static void pair_tick(void *user)
{
    PairSpan *self = user;
    gint64 now = loop_now(self->loop);

    for (guint i = 0; self->due_us <= now && i < CATCH_UP; i++, self->due_us += BLOCK_US)
        pair_block(self);
    self->due_us = MAX(self->due_us, now + 1);
    if (self->running) /* a b_block may have closed the last channel */
        loop_timer_start(self->loop, self->timer, self->due_us - now);
}

/* The clock runs for who listens to it: faked hours of D channel alone then cost nothing. */
static void pair_run(PairSpan *self)
{
    if (self->running)
        return;
    self->running = TRUE;
    if (self->line)
        line_forget(self->line, self->side);
    self->due_us = loop_now(self->loop) + BLOCK_US;
    loop_timer_start(self->loop, self->timer, BLOCK_US);
}

static void pair_b_open(Span *span, guint8 channel, SpanUse use)
{
    (void)use;
    ((PairSpan *)span)->b_open |= 1u << channel;
    pair_run((PairSpan *)span);
}

static void pair_b_close(Span *span, guint8 channel)
{
    PairSpan *self = (PairSpan *)span;

    self->b_open &= ~(1u << channel);
    if (self->b_open || span->events.tick)
        return;
    loop_timer_stop(self->loop, self->timer);
    self->running = FALSE;
}

static void pair_part(PairSpan *self)
{
    PairLine *line = g_steal_pointer(&self->line);

    if (!line)
        return;
    g_mutex_lock(&line->lock);
    line->ends[self->side] = NULL;
    g_mutex_unlock(&line->lock);
    line_unref(line);
}

static void pair_close(Span *span)
{
    PairSpan *self = (PairSpan *)span;

    pair_part(self);
    loop_timer_free(self->loop, self->timer);
    g_free(self);
}

static Span *pair_open(const SpanSettings *settings, Loop *loop, const SpanEvents *events,
                       GError **error)
{
    PairSpan *self = g_new0(PairSpan, 1);

    (void)error;
    self->base = (Span){.ops = &span_pair_ops, .settings = settings, .events = *events};
    self->loop = loop;
    self->timer = loop_timer_new(loop, pair_tick, self);
    if (events->tick)
        pair_run(self);
    return &self->base;
}

const SpanOps span_pair_ops = {
    .name = "pair",
    .open = pair_open,
    .close = pair_close,
    .d_send = pair_d_send,
    .b_open = pair_b_open,
    .b_close = pair_b_close,
};

void span_pair_join(Span *a, Span *b)
{
    PairSpan *ends[2] = {(PairSpan *)a, (PairSpan *)b};
    PairLine *line;

    g_return_if_fail(a && b && a != b && a->ops == &span_pair_ops && b->ops == &span_pair_ops);
    line = g_new0(PairLine, 1);
    g_mutex_init(&line->lock);
    g_atomic_ref_count_init(&line->references);
    g_atomic_ref_count_inc(&line->references); /* one reference an end */
    for (guint side = 0; side < 2; side++) {
        pair_part(ends[side]);
        line->ends[side] = ends[side];
        ends[side]->line = line;
        ends[side]->side = side;
    }
}

void span_pair_break(Span *span, gboolean cut, SpanAlarms alarms)
{
    PairSpan *self = (PairSpan *)span;

    g_return_if_fail(span && span->ops == &span_pair_ops);
    if (self->line) {
        g_mutex_lock(&self->line->lock);
        self->line->cut = cut;
        g_mutex_unlock(&self->line->lock);
    }
    span_set_alarms(span, alarms);
}
