/* RFC 4733 sent: a digit becomes the packets that tell of its beginning, its length and its end. */
#pragma once

#include <glib.h>

#define EVENT_PAYLOAD 4 /* octets */
#define EVENT_ENDS 3    /* packets that tell of the end, RFC 4733 2.5.1.4 */

typedef struct EventPacket {
    gboolean marker;
    guint32 stamp;
    guint8 payload[EVENT_PAYLOAD];
} EventPacket;

typedef struct EventWriter {
    gboolean active; /* the digit is there */
    gboolean first;  /* nothing was told of it yet */
    guint ends;      /* packets that still tell of its end */
    guint8 event, volume;
    guint32 stamp; /* where it begins, or its present segment */
    guint16 duration;
} EventWriter;

/* DIGIT (of digit_names) at VOLUME, in dBm0 without its sign, begins at STAMP. What still tells of
 * the end of the one before is to be fetched first. */
void event_writer_begin(EventWriter *writer, char digit, guint volume, guint32 stamp);
/* It ends at STAMP. */
void event_writer_end(EventWriter *writer, guint32 stamp);
/* The packet that is due at NOW, once in each packet time; again until FALSE where *more: a segment
 * has become full. */
gboolean event_writer_next(EventWriter *writer, guint32 now, EventPacket *packet, gboolean *more);
