/* The steady clock: CLOCK_MONOTONIC in microseconds, replaceable in tests. */
#include "clock.h"

#include <time.h>

static gint64 clock_read(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static gint64 clock_monotonic(void)
{
    return clock_read(CLOCK_MONOTONIC);
}

static gint64 (*clock_source)(void) = clock_monotonic;

gint64 clock_now_us(void)
{
    return clock_source();
}

gint64 clock_wall_us(void)
{
    return clock_read(CLOCK_REALTIME);
}

void clock_set_source(gint64 (*now_us)(void))
{
    clock_source = now_us ? now_us : clock_monotonic;
}
