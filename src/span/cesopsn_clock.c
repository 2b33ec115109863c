/* When a CESoPSN span takes its turns: by CLOCK_MONOTONIC as master, by arriving packets as slave.
 */
#include "cesopsn.h"

/* After a stall the turns missed are made up for this long; the far end's buffer is empty by then.
 */
#define CATCH_UP_MS 20
#define CATCH_UP_MIN 4
/* Turns made up come four times as fast as others, not all at once: a slave's answers to them are
 * heard in time, and nothing of a short stall is lost either way. */
#define CATCH_UP_PACE 4
/* A slave takes over its own clock after this silence, beyond the depth of its buffer. */
#define COAST_AFTER_US 20000
/* The fastest far clock a slave follows is 0.5 % fast (an E1's is 50 ppm): two slaves would else
 * answer each other without end, and a flood would be a clock. */
#define FASTEST_PER_MILLE 995
#define BURST_US 25000 /* arrivals delayed and delivered at once are still followed */

static gint64 coast_after_us(const Cesopsn *self)
{
    return COAST_AFTER_US + self->base.settings->buffer_packets * self->clock.period_us;
}

/* Makes a turn when one is due on our own clock. Returns the microseconds until the next. */
static gint64 turn_when_due(Cesopsn *self)
{
    CesopsnClock *clock = &self->clock;
    gint64 most = MAX(CATCH_UP_MS * 1000 / clock->period_us, CATCH_UP_MIN);
    gint64 behind = loop_now(self->loop) - clock->due_us, skip, wait;

    if (behind < 0)
        return -behind;
    /* Turns beyond MOST are never made, but the schedule stays where it was. */
    skip = MAX(behind / clock->period_us + 1 - most, 0);
    self->base.counters.late_ticks += (guint64)skip;
    clock->due_us += skip * clock->period_us;
    if (behind > clock->period_us)
        self->base.counters.late_ticks++;
    else
        cesopsn_buffer_trim(
            self->buffer); /* what a stall has piled up is first played by catching up */
    clock->due_us += clock->period_us;
    clock->allowed_us += clock->period_us;
    cesopsn_turn(self);
    wait = clock->due_us - loop_now(self->loop);
    return wait > 0 ? wait : clock->period_us / CATCH_UP_PACE;
}

static void master_tick(void *user)
{
    Cesopsn *self = user;

    cesopsn_receive(self);
    loop_timer_start(self->loop, self->clock.timer, turn_when_due(self));
}

/* Makes a turn for every packet beyond what the buffer keeps. Returns 0, or the microseconds until
 * the next one is allowed. */
static gint64 turn_when_arrived(Cesopsn *self)
{
    CesopsnClock *clock = &self->clock;
    gint64 burst = BURST_US + self->base.settings->buffer_packets * clock->period_us;

    while (cesopsn_buffer_ready(self->buffer)) {
        gint64 now = loop_now(self->loop);

        clock->allowed_us = MAX(clock->allowed_us, now);
        if (clock->allowed_us - now > burst) {
            cesopsn_buffer_trim(self->buffer);
            return clock->allowed_us - now - burst;
        }
        clock->allowed_us += clock->period_us * FASTEST_PER_MILLE / 1000;
        clock->turned_us = now;
        clock->coasting = FALSE;
        cesopsn_turn(self);
    }
    return 0;
}

static void slave_timer(void *user)
{
    Cesopsn *self = user;
    CesopsnClock *clock = &self->clock;
    gint64 wait, now;

    cesopsn_receive(self);
    wait = turn_when_arrived(self);
    now = loop_now(self->loop);
    if (wait == 0) {
        if (!clock->coasting && now - clock->turned_us >= coast_after_us(self)) {
            clock->coasting = TRUE;
            clock->due_us = now;
        }
        wait =
            clock->coasting ? turn_when_due(self) : clock->turned_us + coast_after_us(self) - now;
    }
    loop_timer_start(self->loop, clock->timer, wait);
}

static void slave_readable(void *user, int fd, LoopReady ready)
{
    Cesopsn *self = user;
    gint64 wait;

    (void)fd;
    (void)ready;
    cesopsn_receive(self);
    wait = turn_when_arrived(self);
    /* The timer runs on to see when arrivals end; starting it anew for each packet would cost more.
     */
    if (wait > 0)
        loop_timer_start(self->loop, self->clock.timer, wait);
}

void cesopsn_clock_start(Cesopsn *self)
{
    CesopsnClock *clock = &self->clock;

    clock->period_us = self->base.settings->packet_ms * 1000;
    /* On the full period, so that all spans of a loop wake it together. */
    clock->due_us = (loop_now(self->loop) / clock->period_us + 1) * clock->period_us;
    switch (self->base.settings->clock) {
    case SPAN_CLOCK_MASTER:
        clock->timer = loop_timer_new(self->loop, master_tick, self);
        break;
    case SPAN_CLOCK_SLAVE:
        /* It hears nothing yet: it runs free, or two slaves would wait for each other. */
        clock->coasting = TRUE;
        clock->timer = loop_timer_new(self->loop, slave_timer, self);
        clock->watch = loop_watch(self->loop, cesopsn_socket_fd(self->socket), LOOP_READABLE,
                                  slave_readable, self);
        break;
    }
    loop_timer_start(self->loop, clock->timer, clock->due_us - loop_now(self->loop));
}

void cesopsn_clock_stop(Cesopsn *self)
{
    loop_unwatch(self->loop, self->clock.watch);
    loop_timer_free(self->loop, self->clock.timer);
}
