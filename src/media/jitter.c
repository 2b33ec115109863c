/* The ring of the jitter buffer: where packets are put and samples taken. */
#include "jitter.h"
#include "jitter_clock.h"

#include <string.h>

#define MASK (JITTER_RING - 1)
#define JUMP 8000                   /* a timestamp a second off begins a new stream */
#define COUNT_MAX (JITTER_RING / 4) /* samples of one packet */
#define STALE 480  /* while nothing has been played: what came before lay in a queue */
#define EARLY 1600 /* 200 ms more than aimed at is too early */
#define ASTRAY 800 /* 100 ms of packets too late or too early: the path has changed */
#define REST 2000  /* 250 ms without a packet end the stream */
#define BLEND 32   /* samples of cross-fade after a loss */
#define FADED 480  /* made-up sound is silent by then */

void jitter_init(Jitter *self, Law law, guint target)
{
    memset(self, 0, sizeof(*self));
    self->law = law;
    self->target = target;
}

void jitter_restart(Jitter *self)
{
    self->running = FALSE;
}

/* Signed distance of two timestamps, which wrap. */
static gint32 stamp_after(guint32 a, guint32 b)
{
    return (gint32)(a - b);
}

/* Takes the stream up with a packet that came WAITED samples ago. */
static void jitter_sync(Jitter *self, guint32 timestamp, guint waited)
{
    if (self->running)
        self->stats.resyncs++;
    memset(self->present, 0, sizeof(self->present));
    self->running = TRUE;
    self->play = timestamp - self->target + MIN(waited, self->target);
    self->first = timestamp;
    self->newest = timestamp;
    self->astray = JITTER_ON_TRACK;
    self->concealing = FALSE;
    self->blend = 0;
    jitter_clock_reset(self);
}

/* Before the first sample is played the distance may still be chosen: a packet that came earlier
 * than the first one shows how late that was. */
static void jitter_settle(Jitter *self, guint32 timestamp, guint waited)
{
    gint32 excess = stamp_after(timestamp, self->play) + (gint32)waited - (gint32)self->target;
    gint32 silence = stamp_after(self->first, self->play);

    if (silence <= 0)
        return;
    if (excess > STALE)
        jitter_sync(self, timestamp, waited);
    else if (excess > 0)
        self->play += (guint32)MIN(excess, silence);
    else if (stamp_after(timestamp, self->first) < 0 && stamp_after(timestamp, self->play) >= 0)
        self->first = timestamp;
}

/* TRUE when packets have been too late or too early for so long that the stream is to be taken up
 * anew. */
static gboolean jitter_is_astray(Jitter *self, gint32 ahead, gsize count)
{
    int where = ahead + (gint32)count <= 0             ? JITTER_TOO_LATE
                : ahead > (gint32)self->target + EARLY ? JITTER_TOO_EARLY
                                                       : JITTER_ON_TRACK;

    if (where != (int)self->astray) {
        self->astray = where;
        self->astray_since = self->clock;
        return FALSE;
    }
    return where != JITTER_ON_TRACK && self->clock - self->astray_since >= ASTRAY;
}

static void ring_write(Jitter *self, guint32 timestamp, const guint8 *octets, gsize count)
{
    gsize at = timestamp & MASK, part = MIN(count, JITTER_RING - at);

    memcpy(self->octets + at, octets, part);
    memset(self->present + at, 1, part);
    if (part < count) {
        memcpy(self->octets, octets + part, count - part);
        memset(self->present, 1, count - part);
    }
}

void jitter_put(Jitter *self, guint32 timestamp, const guint8 *octets, gsize count, guint waited)
{
    gint32 ahead, skip;

    self->idle = 0;
    if (count == 0 || count > COUNT_MAX)
        return;
    waited = MIN(waited, JUMP);
    if (!self->running)
        jitter_sync(self, timestamp, waited);
    jitter_settle(self, timestamp, waited);
    ahead = stamp_after(timestamp, self->play);
    if (ahead < -JUMP || ahead > JUMP || ahead + (gint32)count > (gint32)JITTER_RING ||
        jitter_is_astray(self, ahead, count)) {
        jitter_sync(self, timestamp, waited);
        ahead = stamp_after(timestamp, self->play);
    }
    jitter_clock_note(self, ahead, waited);
    if (ahead + (gint32)count <= 0) {
        self->stats.late++;
        return;
    }
    skip = MAX(-ahead, 0);
    ring_write(self, timestamp + (guint32)skip, octets + skip, count - (gsize)skip);
    if (stamp_after(timestamp + (guint32)count, self->newest) > 0)
        self->newest = timestamp + (guint32)count;
}

/* The longest run of samples from `play` on, at most COUNT, that all are THERE or all are not. */
static gsize jitter_run(const Jitter *self, gsize count, gboolean *there)
{
    gsize at = self->play & MASK, most = MIN(count, JITTER_RING - at), run = 1;
    guint8 state = self->present[at];

    while (run < most && self->present[at + run] == state)
        run++;
    *there = state != 0;
    return run;
}

static void jitter_begin_concealing(Jitter *self)
{
    gint16 heard[CONCEAL_HISTORY];

    for (guint i = 0; i < CONCEAL_HISTORY; i++)
        heard[i] = law_decode(self->law, self->octets[(self->play - CONCEAL_HISTORY + i) & MASK]);
    conceal_begin(&self->conceal, heard);
    self->concealing = TRUE;
    self->gap = 0;
}

/* COUNT samples of which none came; returns how many of them it made. */
static gsize jitter_play_gap(Jitter *self, guint8 *out, gsize count)
{
    gint32 silence = stamp_after(self->first, self->play);
    guint8 *ring = self->octets + (self->play & MASK);

    if (silence > 0) {
        count = MIN(count, (gsize)silence);
        memset(ring, law_silence(self->law), count);
        memcpy(out, ring, count);
        return count;
    }
    if (!self->concealing)
        jitter_begin_concealing(self);
    for (gsize i = 0; i < count; i++)
        ring[i] = self->gap + i < FADED ? law_encode(self->law, conceal_next(&self->conceal))
                                        : law_silence(self->law);
    self->gap += (guint32)count;
    memcpy(out, ring, count);
    return count;
}

/* COUNT samples that came, the first ones cross-faded with what a loss before them was filled with.
 */
static void jitter_play_heard(Jitter *self, guint8 *out, gsize count)
{
    gsize at = self->play & MASK;

    if (self->concealing) {
        self->stats.concealed += self->gap;
        self->blend = self->gap < FADED ? BLEND : 0;
        self->concealing = FALSE;
    }
    memcpy(out, self->octets + at, count);
    memset(self->present + at, 0, count);
    for (gsize i = 0; i < count && self->blend > 0; i++, self->blend--) {
        gint heard = law_decode(self->law, out[i]) * (gint)(BLEND - self->blend);
        gint made = conceal_next(&self->conceal) * (gint)self->blend;

        out[i] = law_encode(self->law, (gint16)((heard + made) / BLEND));
    }
}

/* Drops or repeats one sample when the clocks ask for it. Returns the samples written to OUT. */
static gsize jitter_slip(Jitter *self, guint8 *out)
{
    gint way = jitter_clock_take_slip(self);

    if (way > 0) {
        self->present[self->play & MASK] = 0;
        self->play++;
    } else if (way < 0) {
        out[0] = self->octets[(self->play - 1) & MASK];
        return 1;
    }
    return 0;
}

void jitter_play(Jitter *self, guint8 *out, gsize count)
{
    gsize done = 0;

    self->clock += (guint32)count;
    if (!self->running) {
        memset(out, law_silence(self->law), count);
        return;
    }
    self->idle += (guint32)count;
    if (count > 0 && stamp_after(self->play, self->first) > 0)
        done = jitter_slip(self, out);
    while (done < count) {
        gboolean there;
        gsize run = jitter_run(self, count - done, &there);

        if (there)
            jitter_play_heard(self, out + done, run);
        else
            run = jitter_play_gap(self, out + done, run);
        self->play += (guint32)run;
        done += run;
    }
    /* The beginning follows at a distance, for half the timestamps there are lie ahead of it. */
    if (stamp_after(self->play, self->first) > (gint32)JITTER_RING)
        self->first = self->play - JITTER_RING;
    jitter_clock_judge(self);
    if (self->idle >= REST && stamp_after(self->newest, self->play) <= 0)
        self->running = FALSE;
}

gboolean jitter_is_ready(const Jitter *self, gsize count)
{
    for (gsize i = 0; i < count; i++)
        if (!self->present[(self->play + i) & MASK])
            return FALSE;
    return self->running;
}

guint jitter_depth(const Jitter *self)
{
    return self->running ? (guint)MAX(stamp_after(self->newest, self->play), 0) : 0;
}
