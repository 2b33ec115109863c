/* Ports without a channel, two and two, each in the channel's place for the other: calls that the PBX has joined and left.
 *
 * Home thread of everything here: media.
 */
#pragma once

#include "port.h"

typedef struct Pairs Pairs;

/* The clock is LOOP's. */
Pairs *pairs_new(Loop *loop);
/* The ports stay their owner's. */
void pairs_free(Pairs *pairs);

/* What one hears the other says from now on. Nothing when they are a pair already. */
void pairs_join(Pairs *pairs, Port *one, Port *other);
/* PORT is in no pair any more. */
void pairs_part(Pairs *pairs, Port *port);
