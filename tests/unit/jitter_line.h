/* A simulated far end, the way from it and our TDM clock, for the tests of the jitter buffer. */
#pragma once

#include "jitter.h"

#define SECOND 8000
#define POLL 80
#define WINDOW_PACKETS 64 /* how far packets may overtake each other */

/* A far end, the way from it, and our TDM clock. Times are samples of our clock. */
typedef struct Line {
    guint target, ptime, block;                       /* samples */
    double ppm;                                       /* how much faster the far end's clock is */
    guint32 first;                                    /* its first timestamp */
    double (*delay)(struct Line *line, guint packet); /* on the way; negative: lost */
    double (*stall)(struct Line *line, guint32 now);  /* how late we handle a block */
    guint seconds;
    GRand *random;

    Jitter jitter;
    guint sent; /* packets whose arrival is settled */
    double arrival[WINDOW_PACKETS];
    gboolean read[WINDOW_PACKETS];
    guint unread; /* the oldest packet not read */
    guint since_poll;
    guint32 now;
    guint8 *heard; /* everything played */
} Line;

/* The far end's sample of TIMESTAMP. */
guint8 sound(guint32 timestamp);

Line *line_new(guint target_ms, guint ptime_ms, guint block);
void line_free(Line *line);
/* Runs SECONDS more, as port_block() does. */
void line_run(Line *line, guint seconds);
/* The constant distance between our clock and the far end's timestamps at START; asserts that there
 * is one. */
guint32 line_offset(const Line *line, guint32 start);
/* From START on every sample is the far end's, in order. Returns the delay in samples. */
guint assert_exact(const Line *line, guint32 start);
