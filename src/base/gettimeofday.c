/* The process's gettimeofday(): wall-clock time as it was at start, advanced by the steady clock.
 *
 * libpri schedules every timer at an absolute gettimeofday() time, so a step of the system clock
 * would fire or freeze them all. A symbol of the executable goes before libc's for every library
 * linked, so libpri reads this one. Log lines and records take the wall clock from clock.h.
 */
#include "clock.h"

#include <sys/time.h>

/* Read once, before main() and so before any thread. */
static gint64 wall_at_start;
static gint64 steady_at_start;

static __attribute__((constructor)) void gettimeofday_open(void)
{
    wall_at_start = clock_wall_us();
    steady_at_start = clock_now_us();
}

/* Home thread: any. The zone is never filled: it is obsolete, and libpri passes NULL. */
int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    gint64 us = wall_at_start + clock_now_us() - steady_at_start;

    (void)zone;
    now->tv_sec = us / G_USEC_PER_SEC;
    now->tv_usec = us % G_USEC_PER_SEC;
    return 0;
}
