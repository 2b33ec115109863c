/* How fast registrations go back to a primary that has returned: so many a second, no herd.
 *
 * Pure. A value, to be zero-initialised. Home thread: signalling.
 */
#pragma once

#include <glib.h>

typedef struct Handback {
    gint64 next_us;       /* before this nobody is handed back */
    guint64 handed, held; /* counters */
} Handback;

/* May one registration go back now, at RATE a second? FALSE: it is served here once more, briefly.
 * RATE 0: all at once. */
gboolean handback_admits(Handback *handback, guint rate, gint64 now_us);
/* For how long a registration that may not go back yet is granted: such that WAITING of them come
 * again about as fast as RATE lets them through, at least 15 s and at most ASKED_S. */
guint handback_life_s(const Handback *handback, guint rate, guint waiting, guint asked_s);
