/* A loop whose time passes only when the test says so; descriptors are polled between timers. */
#pragma once

#include "loop.h"

/* Also installs its time as clock.h's source, so that clock_now_us() and gettimeofday() follow it.
 * One at a time. */
Loop *loop_virtual_new(void);
void loop_virtual_free(Loop *loop);

/* Passes US microseconds: fires due timers in order of time, runs posted calls and ready
 * descriptors before each and after the last. 0 only drains what is ready now. */
void loop_virtual_advance(Loop *loop, gint64 us);

/* Advances by at most LIMIT_US, in steps of 1 ms, until UNTIL(USER) is TRUE. Returns whether it
 * came true. */
gboolean loop_virtual_wait(Loop *loop, gint64 limit_us, gboolean (*until)(void *user), void *user);
