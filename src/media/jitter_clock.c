/* Following the far end's clock with single samples.
 *
 * Each packet shows how early it came: target plus what the first packet was late, less its own
 * delay, plus any stall of ours. The tenth part that came earliest is hardly delayed at all, so
 * the level that a tenth of the packets exceed (over a window of 4 s) moves with the clocks and
 * little with jitter. What the first window shows is the reference. A level that leaves the
 * reference by more than jitter of the size of the target can explain is drift, or another path:
 * then samples are slipped, four a second, until the reference is reached again. Slips are left out
 * of the levels, so a correction under way does not disturb the measurement.
 */
#include "jitter_clock.h"

#include <string.h>

#define WINDOW 32000     /* 4 s */
#define PACKETS_LEAST 50 /* in a window that says something */
#define LEVEL_STEP 8     /* samples: 1 ms */
#define SLIP_EVERY 2000  /* 4 a second: 500 ppm */
#define SLIP_HASTE 400   /* 20 a second, when more than this many samples are to go */
#define SLIP_FAR 400
#define LATE_SLACK 16 /* when packets come late, drift is believed sooner */

void jitter_clock_reset(Jitter *self)
{
    memset(self->levels, 0, sizeof(self->levels));
    self->level_count = 0;
    self->late_count = 0;
    self->window_start = self->clock;
    self->window_slips = 0;
    self->has_reference = FALSE;
    self->reference = 0;
    self->slips = 0;
    self->slips_wanted = 0;
    self->slip_due = self->clock;
}

void jitter_clock_note(Jitter *self, gint32 ahead, guint waited)
{
    gint level = ahead + (gint)waited - (gint)self->target + self->slips - self->window_slips;
    gint step = level + LEVEL_STEP * (gint)JITTER_LEVELS / 2;

    self->levels[CLAMP(step / LEVEL_STEP, 0, (gint)JITTER_LEVELS - 1)]++;
    self->level_count++;
    if (ahead < 0)
        self->late_count++;
}

/* The level that a tenth of this window's packets exceed, net of all slips so far. */
static gint jitter_clock_level(const Jitter *self)
{
    guint above = 0, step = JITTER_LEVELS - 1;

    while (step > 0 && (above += self->levels[step]) * 10 < self->level_count)
        step--;
    return ((gint)step - (gint)JITTER_LEVELS / 2) * LEVEL_STEP + LEVEL_STEP / 2 +
           self->window_slips;
}

static void jitter_clock_correct(Jitter *self, gint level)
{
    gint target = (gint)self->target, error;

    if (!self->has_reference) {
        self->reference = CLAMP(level, 0, target);
        self->has_reference = TRUE;
        return;
    }
    error = level - self->reference - self->slips;
    if (error > target || error < -target / 2 ||
        (error < -LATE_SLACK && self->late_count * 100 > self->level_count))
        self->slips_wanted = self->slips + error;
}

void jitter_clock_judge(Jitter *self)
{
    if (self->clock - self->window_start < WINDOW)
        return;
    if (self->level_count >= PACKETS_LEAST)
        jitter_clock_correct(self, jitter_clock_level(self));
    memset(self->levels, 0, sizeof(self->levels));
    self->level_count = 0;
    self->late_count = 0;
    self->window_start = self->clock;
    self->window_slips = self->slips;
}

gint jitter_clock_take_slip(Jitter *self)
{
    gint left = self->slips_wanted - self->slips, way = left > 0 ? 1 : -1;

    if (left == 0 || (gint32)(self->clock - self->slip_due) < 0)
        return 0;
    self->slip_due = self->clock + (ABS(left) > SLIP_FAR ? SLIP_HASTE : SLIP_EVERY);
    self->slips += way;
    self->stats.slipped++;
    return way;
}
