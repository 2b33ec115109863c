/* The loop-back check of one span: every B channel sends a pattern of its own, and what comes back
 * is compared with it.
 *
 *      looped by the card      listening: channels open      over
 *      |------ SETTLE -------->|--------- LISTEN ----------->| channels closed, loop ended, DONE
 *
 * Both times are the loop's, not the line's: a span whose clock stands ends its check as well.
 */
#include "selftest.h"
#include "log.h"
#include "pattern.h"

/* A framer that is looped loses its alignment, and finds it again in less. */
#define SETTLE_US (500 * G_TIME_SPAN_MILLISECOND)
#define LISTEN_US (3 * G_USEC_PER_SEC)
#define COMPARED_MIN 12000 /* octets: half of what LISTEN_US brings */
#define TOLD_MAX 5         /* bad channels named in the log */

struct Selftest {
    Span *span;
    Loop *loop;
    LoopTimer *timer;
    SelftestFunc done;
    void *user;
    gboolean looped; /* by the back end */
    gboolean listening, over;
    guint32 seed;
    gboolean aligned;                  /* a first pattern has been found */
    guint64 slips;                     /* of the span then, or when the listening began */
    guint32 channels;                  /* set of those under test */
    PatternEar ears[PATTERN_CHANNELS]; /* by channel */
};

static void selftest_stop(Selftest *self)
{
    if (self->over)
        return;
    self->over = TRUE;
    for (guint8 i = 0; self->listening && i < PATTERN_CHANNELS; i++)
        if (self->channels >> i & 1)
            span_b_close(self->span, i);
    self->listening = FALSE;
    span_loop(self->span, FALSE);
    loop_timer_stop(self->loop, self->timer);
}

static SelftestVerdict judge(const PatternEar *ear)
{
    if (!ear->heard)
        return pattern_ear_is_silent(ear) ? SELFTEST_SILENT : SELFTEST_STRANGE;
    if (ear->heard != ear->own)
        return SELFTEST_CROSSED;
    if (ear->errors > 0)
        return SELFTEST_ERRORS;
    return ear->compared < COMPARED_MIN ? SELFTEST_SHORT : SELFTEST_GOOD;
}

static void selftest_report(const Selftest *self, SelftestReport *report)
{
    *report = (SelftestReport){
        .looped = self->looped,
        .slips = self->span->counters.slips - self->slips,
    };
    for (guint8 i = 0; i < PATTERN_CHANNELS; i++) {
        const PatternEar *ear = &self->ears[i];

        if (!(self->channels >> i & 1))
            continue;
        report->channels[report->count++] = (SelftestChannel){
            .number = i,
            .verdict = judge(ear),
            .heard = (guint8)ear->heard,
            .compared = ear->compared,
            .errors = ear->errors,
            .delay_us = ear->delay * 125,
        };
    }
}

static void selftest_log(const Selftest *self, const SelftestReport *report)
{
#define VERDICT_NAME(id, name) name,
    static const char *const names[] = {SELFTEST_VERDICTS(VERDICT_NAME)};
    const char *where = report->looped ? "looped by the card" : "loop expected from outside";
    guint good = selftest_good_count(report), told = 0;
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < report->count; i++) {
        const SelftestChannel *channel = &report->channels[i];

        if (channel->verdict == SELFTEST_GOOD || ++told > TOLD_MAX)
            continue;
        g_string_append_printf(text, "; channel %u: %s", channel->number, names[channel->verdict]);
    }
    log_line(good == report->count ? LEVEL_NOTICE : LEVEL_WARNING,
             "span %s: selftest over, %u of %u channels good, %" G_GUINT64_FORMAT " slips, %s%s%s",
             self->span->settings->name, good, report->count, report->slips, where, text->str,
             told > TOLD_MAX ? "; and more" : "");
}

/* Channels that are opened may slip once: what counts is from the first pattern on. */
static void note_alignment(Selftest *self)
{
    self->aligned = TRUE;
    self->slips = self->span->counters.slips;
}

static void selftest_listen(Selftest *self)
{
    self->listening = TRUE;
    self->slips = self->span->counters.slips;
    loop_timer_start(self->loop, self->timer, LISTEN_US);
    for (guint8 i = 0; i < PATTERN_CHANNELS; i++)
        if (self->channels >> i & 1)
            span_b_open(self->span, i, SPAN_USE_DATA);
}

static void selftest_timer(void *user)
{
    Selftest *self = user;
    SelftestReport report;

    if (!self->listening) {
        selftest_listen(self);
        return;
    }
    selftest_stop(self);
    selftest_report(self, &report);
    selftest_log(self, &report);
    self->done(self->user, &report); /* it may be gone now */
}

Selftest *selftest_new(Span *span, Loop *loop, SelftestFunc done, void *user)
{
    Selftest *self = g_new0(Selftest, 1);

    self->span = span;
    self->loop = loop;
    self->done = done;
    self->user = user;
    self->timer = loop_timer_new(loop, selftest_timer, self);
    self->seed = g_random_int(); /* what an earlier check has sent is never taken for ours */
    for (guint8 i = 1; i < PATTERN_CHANNELS; i++)
        if (span_has_b_channel(span->settings, i))
            self->channels |= 1u << i;
    for (guint8 i = 1; i < PATTERN_CHANNELS; i++)
        pattern_ear_init(&self->ears[i], self->seed, i, self->channels);
    self->looped = span_loop(span, TRUE);
    log_notice("span %s: selftest begins, %s", span->settings->name,
               self->looped ? "looped by the card" : "loop expected from outside");
    if (self->looped)
        loop_timer_start(loop, self->timer, SETTLE_US);
    else
        selftest_listen(self);
    return self;
}

void selftest_free(Selftest *self)
{
    if (!self)
        return;
    selftest_stop(self);
    loop_timer_free(self->loop, self->timer);
    g_free(self);
}

void selftest_block(Selftest *self, guint8 channel, const guint8 *rx, guint8 *tx, gsize count)
{
    if (!self->listening || channel >= PATTERN_CHANNELS || !(self->channels >> channel & 1))
        return;
    for (gsize i = 0; i < count; i++)
        tx[i] = pattern_octet(self->seed, channel, self->ears[channel].count + (guint32)i);
    pattern_ear_hear(&self->ears[channel], rx, count);
    if (!self->aligned && self->ears[channel].heard)
        note_alignment(self);
}
