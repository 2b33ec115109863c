/* Where an information element goes in a message, and what makes room for it. */
#include "frame_compose.h"
#include "frame_walk.h"

#include <string.h>

#define HEADER_END(frame) (4u + 3u + (frame)[5])

gsize frame_element_size(const guint8 *element)
{
    return element[0] & 0x80 ? 1 : 2 + (gsize)element[1];
}

static ElementWalk walk_start(const guint8 *frame, gsize length)
{
    return (ElementWalk){.at = frame + HEADER_END(frame), .end = frame + length};
}

/* Q.931 4.5.1: elements of several octets stand in the order of their identifiers; those of one
 * octet may stand anywhere, and ours go behind all others. */
static gboolean stands_before(const Element *there, const guint8 *element, FramePlace place)
{
    if (there->id & 0x80)
        return FALSE;
    if (element[0] & 0x80)
        return TRUE;
    return there->id < element[0] || (there->id == element[0] && place == FRAME_AFTER_SAME);
}

/* The offset where ELEMENT goes: the end of the last one that stands before it. So it is never torn
 * from a shift, nor reached by one that locks. */
static gsize place_find(const guint8 *frame, gsize length, const guint8 *element, FramePlace place)
{
    ElementWalk walk = walk_start(frame, length);
    gsize at = HEADER_END(frame);
    Element there;

    while (frame_walk_next(&walk, &there) && walk.codeset == 0)
        if (there.codeset == 0 && stands_before(&there, element, place))
            at = (gsize)(walk.at - frame);
    return at;
}

/* Takes out all elements ID of codeset 0 that no shift precedes; returns the new length. */
static gsize elements_remove(guint8 *frame, gsize length, guint8 id)
{
    ElementWalk walk = walk_start(frame, length);
    Element there;

    while (frame_walk_next(&walk, &there) && walk.codeset == 0) {
        gsize at = (gsize)(there.octets - frame);

        if (there.codeset != 0 || there.id != id)
            continue;
        memmove(frame + at, frame + at + there.length, length - at - there.length);
        length -= there.length;
        walk.at = frame + at;
        walk.end = frame + length;
    }
    return length;
}

gboolean frame_compose(guint8 *frame, gsize *length, const guint8 *element, FramePlace place)
{
    gsize size = frame_element_size(element), kept = *length, at;
    guint8 old[FRAME_MAX];

    if (kept < 7 || kept > FRAME_MAX || (frame[2] & 1) || kept < HEADER_END(frame))
        return FALSE;
    if (place == FRAME_WHOLE) { /* no message fills N201 */
        memcpy(frame + 4, element + 2, element[1]);
        *length = 4u + element[1];
        return TRUE;
    }
    memcpy(old, frame, kept);
    if (place == FRAME_INSTEAD)
        kept = elements_remove(frame, kept, element[0]);
    if (kept + size > FRAME_MAX) {
        memcpy(frame, old, *length);
        return FALSE;
    }
    at = place_find(frame, kept, element, place);
    memmove(frame + at + size, frame + at, kept - at);
    memcpy(frame + at, element, size);
    *length = kept + size;
    return TRUE;
}
