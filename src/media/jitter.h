/* The jitter buffer: RTP packets in by their timestamps, samples out by the TDM clock.
 *
 * A ring indexed by RTP timestamp. `play` is the timestamp of the sample the TDM side takes next;
 * it runs with the TDM clock, and a packet that comes before its samples are due is played to the
 * sample. The first packet of a stream is played `target` samples after it came. After that the
 * distance is left alone as long as jitter of up to the target explains what is seen, because with
 * one clock at both ends every correction would be a click for nothing; when it does not, the
 * clocks differ, and single samples are dropped or repeated until the first distance is back.
 */
#pragma once

#include "conceal.h"
#include "g711.h"

#define JITTER_RING 8192u  /* samples; a power of two, so that timestamps wrap with it */
#define JITTER_LEVELS 256u /* of the histogram of one window */

typedef struct JitterStats {
    guint64 late;      /* packets whose every sample was due before */
    guint64 concealed; /* samples made up inside the stream */
    guint64 slipped;   /* samples dropped or repeated to follow the far end's clock */
    guint64 resyncs;   /* times the stream was taken up anew */
} JitterStats;

typedef struct Jitter {
    Law law;      /* of the octets */
    guint target; /* samples between the coming and the playing of the first packet */
    gboolean running;
    guint32 clock;  /* samples played since the start, heard or not */
    guint32 play;   /* timestamp of the next sample to play */
    guint32 first;  /* timestamp where the stream began: before it nothing is missing */
    guint32 newest; /* timestamp behind the last sample that came */
    guint32 idle;   /* samples played since the last packet */

    /* A packet that is far off its turn; when that lasts, the stream is taken up where it now is.
     */
    enum { JITTER_ON_TRACK, JITTER_TOO_LATE, JITTER_TOO_EARLY } astray;
    guint32 astray_since; /* clock */

    /* Following the far end's clock: how early packets came in this window, net of slips. */
    guint16 levels[JITTER_LEVELS];
    guint level_count, late_count;
    guint32 window_start; /* clock */
    gint window_slips;    /* slips as the window began */
    gboolean has_reference;
    gint reference; /* the earliness the first window showed, relative to the target */
    gint slips;     /* samples dropped less samples repeated since the stream began */
    gint slips_wanted;
    guint32 slip_due; /* clock */

    gboolean concealing;
    guint32 gap; /* samples made up since the stream broke off */
    guint blend; /* samples left in which made-up sound gives way to the heard one */
    Conceal conceal;

    JitterStats stats;
    guint8 octets[JITTER_RING];  /* what was, or will be, played */
    guint8 present[JITTER_RING]; /* 1: came, and not yet played */
} Jitter;

/* TARGET in samples of 8 kHz. */
void jitter_init(Jitter *jitter, Law law, guint target);
/* The next packet begins a stream of its own. */
void jitter_restart(Jitter *jitter);

/* Takes COUNT octets of the buffer's law that begin at TIMESTAMP and lay WAITED samples long
 * in the socket before they were read. */
void jitter_put(Jitter *jitter, guint32 timestamp, const guint8 *octets, gsize count, guint waited);

/* The next COUNT samples by the TDM clock. */
void jitter_play(Jitter *jitter, guint8 *out, gsize count);

/* Have the next COUNT samples come? FALSE also when no stream runs. */
gboolean jitter_is_ready(const Jitter *jitter, gsize count);
/* Samples between what is played and the newest that came. */
guint jitter_depth(const Jitter *jitter);
