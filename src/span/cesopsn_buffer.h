/* The packet jitter buffer of a pseudowire: puts packets back in order, and tells lost from late.
 *
 * Packets are played in the order of their sequence numbers, one a turn. A number that is missing
 * while a later one is here is lost and played as all ones. When nothing is here at all, the place
 * in the sequence is kept and all ones are inserted; the next packet then tells whether its
 * forerunners were lost (its number has moved on) or the far clock is slow (it has not: a slip).
 */
#pragma once

#include "cesopsn_packet.h"
#include "span.h"

#define CESOPSN_BUFFER_SLOTS 128 /* a power of two */
#define CESOPSN_BUFFER_REACH                                                                       \
    (CESOPSN_BUFFER_SLOTS / 2) /* numbers further off are another sequence */

typedef struct CesopsnBuffer CesopsnBuffer;

typedef struct CesopsnBufferSettings {
    guint depth;     /* packets held at most; filled to half of it before playing */
    gsize payload;   /* octets of a packet */
    gboolean refill; /* once run dry, fill to half again: for a clock made by arriving packets */
    SpanCounters *counters; /* borrowed */
} CesopsnBufferSettings;

CesopsnBuffer *cesopsn_buffer_new(const CesopsnBufferSettings *settings);
void cesopsn_buffer_free(CesopsnBuffer *self);

/* Takes a packet; PAYLOAD is copied, NULL when it was left out. */
void cesopsn_buffer_put(CesopsnBuffer *self, const CesopsnControl *control, const guint8 *payload);
/* TRUE when so much is here that one can be played and half the depth, less one, still waits. */
gboolean cesopsn_buffer_ready(const CesopsnBuffer *self);
/* Plays the next packet: CONTROL is filled and its payload returned, all ones when it is invalid;
 * NULL when there is none. The payload is good until the next put. */
const guint8 *cesopsn_buffer_play(CesopsnBuffer *self, CesopsnControl *control);
/* Drops what stands beyond the depth: the far clock is fast, or we were held up. */
void cesopsn_buffer_trim(CesopsnBuffer *self);
