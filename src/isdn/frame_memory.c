/* Which frames passed lately: layer 2 repeats, and only the first time makes a line of the ladder.
 */
#include "frame_memory.h"

#include <string.h>

gboolean frame_is_repeated(FrameMemory *memory, const FrameNews *news, const guint8 *frame,
                           gsize length)
{
    guint hash = 5381, place;

    if (news->resets)
        memset(memory, 0, sizeof *memory);
    if (news->kind != FRAME_MESSAGE)
        return TRUE;
    for (gsize i = 4; i < length; i++)
        hash = hash * 33 + frame[i];
    for (guint i = 0; i < FRAME_MEMORY_SIZE; i++)
        if (memory->seen[i].hash == hash && memory->seen[i].sequence == news->sequence)
            return TRUE;
    place = memory->next++ % FRAME_MEMORY_SIZE;
    memory->seen[place].sequence = news->sequence;
    memory->seen[place].hash = hash;
    return FALSE;
}
