/* A pattern of octets for each channel, and an ear that finds its own, or another's, in what is
 * heard.
 *
 * Pure functions over octets; home thread: any.
 */
#pragma once

#include <glib.h>

#define PATTERN_CHANNELS 32
#define PATTERN_DELAY_MAX 4000 /* octets: half a second */
#define PATTERN_WINDOW 16      /* octets that are enough to know a pattern by */

/* Octet N of CHANNEL's pattern; two channels, or two seeds, have nothing in common. */
guint8 pattern_octet(guint32 seed, guint channel, guint32 n);

/* Listens on one channel. It hears an octet for each one that is sent, so the place of a pattern is
 * its delay. */
typedef struct PatternEar {
    guint32 seed;
    guint own;     /* the channel it listens on */
    guint32 among; /* set of channels whose patterns may be heard */
    guint32 count; /* octets heard */
    guint8 window[PATTERN_WINDOW];
    guint8 last;
    guint32 changes;          /* octets unlike the one before */
    guint tries;              /* searches without result */
    guint heard;              /* the channel whose pattern was found; 0: none yet */
    guint32 delay;            /* of that pattern, in octets */
    guint32 compared, errors; /* octets since then, and those unlike the pattern */
} PatternEar;

void pattern_ear_init(PatternEar *ear, guint32 seed, guint own, guint32 among);
void pattern_ear_hear(PatternEar *ear, const guint8 *octets, gsize count);
/* Nothing but one octet has been heard, but for moments of change. */
gboolean pattern_ear_is_silent(const PatternEar *ear);
