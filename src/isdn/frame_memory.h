/* Which frames passed lately: layer 2 repeats, and only the first time makes a line of the ladder.
 */
#pragma once

#include "frame.h"

#define FRAME_MEMORY_SIZE 8 /* a window of 7 (Q.921 k) and one */

/* One direction's; zero-initialised. */
typedef struct FrameMemory {
    struct {
        guint8 sequence;
        guint hash; /* of the message; 0: none */
    } seen[FRAME_MEMORY_SIZE];
    guint next;
} FrameMemory;

/* TRUE when FRAME carries no message, or one that passed before; remembers it otherwise. */
gboolean frame_is_repeated(FrameMemory *memory, const FrameNews *news, const guint8 *frame,
                           gsize length);
