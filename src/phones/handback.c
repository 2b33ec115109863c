/* How fast registrations go back to a primary that has returned: so many a second, no herd. */
#include "handback.h"

/* Turns of this time may be taken at once: phones come in bunches. */
#define BURST_US G_USEC_PER_SEC
#define LIFE_MIN_S 15

gboolean handback_admits(Handback *handback, guint rate, gint64 now_us)
{
    gint64 interval, next;

    if (rate == 0) {
        handback->handed++;
        return TRUE;
    }
    interval = G_USEC_PER_SEC / (gint64)rate;
    next = MAX(handback->next_us, now_us);
    if (next - now_us > BURST_US - interval) {
        handback->held++;
        return FALSE;
    }
    handback->next_us = next + interval;
    handback->handed++;
    return TRUE;
}

guint handback_life_s(const Handback *handback, guint rate, guint waiting, guint asked_s)
{
    /* Spread over the time that all of them need: a fixed life would bring the herd again. */
    guint spread = rate ? waiting / rate : 0;
    guint life = LIFE_MIN_S + (spread ? (guint)(handback->held * 7919u % (spread + 1)) : 0);

    return MIN(life, MAX(asked_s, 1));
}
