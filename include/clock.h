/* Time: the steady clock everything runs on, and the wall clock that only people read.
 *
 * Home thread: any.
 */
#pragma once

#include <glib.h>

/* Microseconds of CLOCK_MONOTONIC. Every timer, age and delay in tieline is measured with it. */
gint64 clock_now_us(void);

/* Microseconds since 1970 of the wall clock, for log lines and records only; it may step. */
gint64 clock_wall_us(void);

/* The process-wide gettimeofday() is ours (base/gettimeofday.c): the wall clock at start plus
 * CLOCK_MONOTONIC since, so that a step of the system clock moves no libpri timer. This hook
 * replaces the monotonic source in tests; NULL restores it. Never used by the daemon. */
void clock_set_source(gint64 (*now_us)(void));
