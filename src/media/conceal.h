/* A stretch of sound made up from what was heard before it, fading to silence in 50 ms. */
#pragma once

#include <glib.h>
#include <spandsp.h>

#define CONCEAL_HISTORY PLC_HISTORY_LEN /* samples needed of what was heard */
#define CONCEAL_CHUNK 80                /* spandsp makes it in whole chunks; its overlap needs 30 */

typedef struct Conceal {
    plc_state_t plc;
    gint16 made[CONCEAL_CHUNK];
    guint used; /* of made */
} Conceal;

/* Begins a loss after HISTORY (CONCEAL_HISTORY linear samples). */
void conceal_begin(Conceal *conceal, const gint16 *history);
/* The next made-up sample. */
gint16 conceal_next(Conceal *conceal);
