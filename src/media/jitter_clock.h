/* How the jitter buffer tells drifting clocks from jitter, and what it does about them. */
#pragma once

#include "jitter.h"

/* A stream begins. */
void jitter_clock_reset(Jitter *jitter);
/* A packet came AHEAD samples before its turn, having WAITED in the socket. */
void jitter_clock_note(Jitter *jitter, gint32 ahead, guint waited);
/* At the end of a window: do the clocks differ? */
void jitter_clock_judge(Jitter *jitter);
/* 1: drop a sample now; -1: repeat one; 0: neither. */
gint jitter_clock_take_slip(Jitter *jitter);
