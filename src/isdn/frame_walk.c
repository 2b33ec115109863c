/* The walk over a message's information elements, through shifts of codeset (Q.931 4.5.2-4.5.4). */
#include "frame_walk.h"

static gboolean is_locking_shift(guint8 id)
{
    return (id & 0xf8) == 0x90;
}

gboolean frame_is_passing_shift(guint8 id)
{
    return (id & 0xf8) == 0x98;
}

gboolean frame_walk_next(ElementWalk *walk, Element *element)
{
    guint8 id;

    if (walk->at >= walk->end)
        return FALSE;
    id = *walk->at;
    *element = (Element){walk->next_codeset, id, walk->at, 1};
    if (id & 0x80) {
        if (is_locking_shift(id) && (id & 7) > 0) /* to any codeset but 0, as libpri has it */
            walk->codeset = walk->next_codeset = id & 7;
        else if (frame_is_passing_shift(id))
            walk->next_codeset = id & 7;
        else if (!is_locking_shift(id))
            walk->next_codeset = walk->codeset;
    } else {
        if (walk->end - walk->at < 2 || walk->end - walk->at < 2 + walk->at[1])
            return FALSE;
        element->length = 2 + (gsize)walk->at[1];
        walk->next_codeset = walk->codeset;
    }
    walk->at += element->length;
    return TRUE;
}
