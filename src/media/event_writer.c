/* The sender of RFC 4733 2.5.1. */
#include "event_writer.h"
#include "digit_player.h"
#include "rtp.h"

#define EVENT_END 0x80
#define EVENT_SEGMENT 0xffffu
#define VOLUME_MAX 63

void event_writer_begin(EventWriter *self, char digit, guint volume, guint32 stamp)
{
    int event = digit_event(digit);

    g_return_if_fail(event >= 0);
    *self = (EventWriter){
        .active = TRUE,
        .first = TRUE,
        .event = (guint8)event,
        .volume = (guint8)MIN(volume, VOLUME_MAX),
        .stamp = stamp,
    };
}

void event_writer_end(EventWriter *self, guint32 stamp)
{
    if (!self->active)
        return;
    self->active = FALSE;
    self->ends = EVENT_ENDS;
    self->duration = (guint16)MIN(stamp - self->stamp, EVENT_SEGMENT);
}

static void writer_write(EventWriter *self, gboolean end, EventPacket *packet)
{
    packet->marker = self->first;
    packet->stamp = self->stamp;
    packet->payload[0] = self->event;
    packet->payload[1] = (guint8)((end ? EVENT_END : 0) | self->volume);
    net_write_16(packet->payload + 2, self->duration);
    self->first = FALSE;
}

gboolean event_writer_next(EventWriter *self, guint32 now, EventPacket *packet, gboolean *more)
{
    guint32 lasted = now - self->stamp;

    *more = FALSE;
    if (!self->active) {
        if (self->ends == 0)
            return FALSE;
        self->ends--;
        writer_write(self, TRUE, packet);
        return TRUE;
    }
    self->duration = (guint16)MIN(lasted, EVENT_SEGMENT);
    writer_write(self, FALSE, packet);
    if (lasted >= EVENT_SEGMENT) {
        self->stamp += EVENT_SEGMENT;
        *more = lasted > EVENT_SEGMENT;
    }
    return TRUE;
}
