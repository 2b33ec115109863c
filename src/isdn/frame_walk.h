/* The information elements of one message, one after the other. */
#pragma once

#include "frame_element.h"

/* Where the walk stands. */
typedef struct ElementWalk {
    const guint8 *at, *end;
    guint8 codeset, next_codeset; /* locked; of the next element only */
} ElementWalk;

/* FALSE at the end, or where an element runs past it: AT is then short of END. */
gboolean frame_walk_next(ElementWalk *walk, Element *element);

/* A shift that is for the next element only. */
gboolean frame_is_passing_shift(guint8 id);
