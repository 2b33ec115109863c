/* The frame tap's check: lengths and structure of Q.921 and Q.931 frames, element by element.
 *
 *      +---------+---------+------------------+------+--------+------+----+----+---------+---
 *      | address | control | discriminator 08 | 0 00 | call   | type | id | ln | content | ...
 *      | 2       | 2 or 1  |                  |  len | refer. |      |    |    |         |
 *      +---------+---------+------------------+------+--------+------+----+----+---------+---
 *
 * A malformed element is taken out (Q.931 5.8.7.2 treats it as absent). libpri then answers for a
 * mandatory one that is missing, cause 96, where one of bad content deserves 100 (5.8.6.2); so that
 * is told. A message that cannot be read at all becomes an empty I frame, because an I frame
 * withheld from libpri would be repeated until the link resets.
 */
#include "frame_walk.h"

#include <string.h>

/* Copies the sound elements from WALK to OUT; returns the octets written. */
static gsize elements_copy(ElementWalk *walk, guint8 *out, FrameNews *news)
{
    Element element;
    gsize written = 0, back = 0; /* back: before a shift that is for the next element only */

    while (frame_walk_next(walk, &element)) {
        if (!frame_element_pass(&element, news)) {
            written = back;
            continue;
        }
        memcpy(out + written, element.octets, element.length);
        if (!frame_is_passing_shift(element.id))
            back = written + element.length;
        written += element.length;
    }
    if (walk->at < walk->end) {
        frame_element_refuse(news, walk->next_codeset, *walk->at, "element longer than the frame");
        written = back;
    }
    return written;
}

/* Reads discriminator, call reference and type. Returns their length, 0 when they are unusable. */
static gsize header_read(const guint8 *message, gsize length, FrameNews *news)
{
    guint8 size;

    if (length < 3 || (message[1] & 0xf0) || message[1] > 2 || length < 3u + message[1]) {
        frame_refuse(news, length < 3 ? "message too short" : "call reference");
        return 0;
    }
    size = message[1];
    news->discriminator = message[0];
    if (size == 0)
        news->call = FRAME_CALL_DUMMY;
    else if (size == 1)
        news->call = (message[2] & 0x7f) | ((message[2] & 0x80) ? FRAME_CALL_FLAG : 0);
    else
        news->call = message[2] << 8 | message[3];
    news->message = message[2 + size];
    if (news->message & 0x80) {
        frame_refuse(news, "extended message type");
        return 0;
    }
    if (news->discriminator != 0x08 && news->discriminator != 0x03 && news->discriminator != 0x43) {
        frame_refuse(news, "protocol discriminator");
        return 0;
    }
    return 3 + (gsize)size;
}

static gsize message_check(const guint8 *frame, gsize length, guint8 *clean, FrameNews *news)
{
    const guint8 *message = frame + 4;
    gsize header, written;
    ElementWalk walk;

    memcpy(clean, frame, 4);
    news->sequence = frame[2] >> 1;
    news->kind = FRAME_HOLLOW;
    if (length > FRAME_MAX) {
        frame_refuse(news, "longer than N201");
        return 4;
    }
    header = header_read(message, length - 4, news);
    if (header == 0)
        return 4;
    memcpy(clean + 4, message, header);
    walk = (ElementWalk){.at = message + header, .end = frame + length};
    written = elements_copy(&walk, clean + 4 + header, news);
    if (news->message == MESSAGE_RESTART && news->refused_elements > 0) {
        written = 0; /* without its broken channel it would restart the whole interface */
        news->mandatory_refused = TRUE;
    }
    if (news->message == MESSAGE_RESTART && news->restarts_channels && !news->has_channel)
        written = 0; /* so it would without one (Q.931 5.5.2) */
    news->kind = FRAME_MESSAGE;
    return 4 + header + written;
}

static gsize link_check(const guint8 *frame, gsize length, guint8 *clean, FrameNews *news)
{
    guint8 control = frame[2];
    gsize least = 3, most = 3;

    if ((control & 3) == 1) {
        least = most = 4;
        if (control != 0x01 && control != 0x05 && control != 0x09)
            least = G_MAXSIZE;
    } else {
        switch (control & ~0x10) {
        case 0x0f: /* DM */
        case 0x43: /* DISC */
        case 0x63: /* UA */
        case 0x6f: /* SABME */
            news->resets = TRUE;
            news->establishes = (control & 0xef) == 0x6f;
            break;
        case 0x87: /* FRMR carries five octets of why */
            most = 8;
            break;
        default: /* UI and XID have no business on a primary rate D channel */
            least = G_MAXSIZE;
            break;
        }
    }
    if (length < least || length > most) {
        frame_refuse(news, "link control");
        return 0;
    }
    news->kind = FRAME_LINK;
    memcpy(clean, frame, length);
    return length;
}

gsize frame_check(const guint8 *frame, gsize length, guint8 *clean, FrameNews *news)
{
    *news = (FrameNews){.kind = FRAME_REFUSED, .location = -1, .call = FRAME_CALL_DUMMY};
    /* SAPI 0, TEI 0 are a primary rate link's only address (Q.921 3.3). */
    if (length < 3 || (frame[0] & 0xfd) != 0x00 || frame[1] != 0x01) {
        frame_refuse(news, length < 3 ? "frame too short" : "link address");
        return 0;
    }
    if (!(frame[2] & 1)) {
        if (length < 4) {
            frame_refuse(news, "frame too short");
            return 0;
        }
        return message_check(frame, length, clean, news);
    }
    return link_check(frame, length, clean, news);
}

void frame_read(const guint8 *frame, gsize length, FrameNews *news)
{
    guint8 unused[FRAME_MAX];

    frame_check(frame, length, unused, news);
}

gboolean frame_set_cause(guint8 *frame, gsize length, guint8 cause)
{
    FrameNews news = {.location = -1};
    gsize header = length > 4 ? header_read(frame + 4, length - 4, &news) : 0;
    ElementWalk walk = {.at = frame + 4 + header, .end = frame + length};
    Element element;

    if (header == 0)
        return FALSE;
    while (frame_walk_next(&walk, &element)) {
        guint8 *content = frame + (element.octets - frame) + 2;

        if (element.codeset != 0 || element.id != FRAME_ELEMENT_CAUSE || element.length < 4)
            continue;
        if (!(content[0] & 0x80) && element.length < 5)
            return FALSE;
        content[(content[0] & 0x80) ? 1 : 2] = 0x80 | cause;
        return TRUE;
    }
    return FALSE;
}

const guint8 *frame_find_element(const FrameNews *news, guint8 id, guint nth)
{
    ElementWalk walk;
    Element element;

    if (!news || !news->octets || news->kind != FRAME_MESSAGE || news->length < 7u)
        return NULL;
    walk =
        (ElementWalk){.at = news->octets + 7 + news->octets[5], .end = news->octets + news->length};
    while (frame_walk_next(&walk, &element))
        if (element.codeset == 0 && element.id == id && nth-- == 0)
            return element.octets;
    return NULL;
}
