/* The D channel of a DAHDI span: whole frames, their FCS made and checked below us. */
#include "dahdi.h"

#include "hdlc.h"

#include <errno.h>
#include <string.h>

#define FRAMES_AT_ONCE 32 /* as many as the driver keeps */

/* Until events are taken, neither read nor write does anything. */
static void d_take_events(DahdiSpan *self)
{
    DahdiEvent event;

    while (self->attached && (event = dahdi_next_event(self->d_fd)) != DAHDI_NO_EVENT)
        dahdi_take_event(self, event);
}

static gboolean d_read(DahdiSpan *self)
{
    guint8 frame[HDLC_FRAME_MAX + HDLC_FCS_BYTES];
    ssize_t size = dahdi_calls()->read(self->d_fd, frame, sizeof frame);
    gboolean event = size < 0 && errno == DAHDI_EVENT_WAITS;

    if (size > HDLC_FCS_BYTES) {
        self->base.counters.d_frames_in++;
        if (self->base.events.d_frame)
            self->base.events.d_frame(self->base.events.user, frame, (gsize)size - HDLC_FCS_BYTES);
        return TRUE;
    }
    if (size < 0 && errno == ENODEV)
        dahdi_lose(self, "the device was taken away");
    if (event)
        d_take_events(self);
    return size > 0 || event;
}

void dahdi_d_readable(void *user, int fd, LoopReady ready)
{
    DahdiSpan *self = user;

    (void)fd;
    d_take_events(self);
    for (guint i = 0; i < FRAMES_AT_ONCE && self->attached && d_read(self); i++)
        ;
    if (self->attached && (ready & LOOP_BROKEN) && !(ready & (LOOP_READABLE | LOOP_URGENT)))
        dahdi_lose(self, "the device was taken away");
}

gboolean dahdi_d_send(Span *span, const guint8 *frame, gsize length)
{
    DahdiSpan *self = (DahdiSpan *)span;
    guint8 padded[HDLC_FRAME_MAX + HDLC_FCS_BYTES] = {0};
    ssize_t sent = -1;

    if (self->attached && length > 0 && length <= HDLC_FRAME_MAX) {
        memcpy(padded, frame, length);
        sent = dahdi_calls()->write(self->d_fd, padded, length + HDLC_FCS_BYTES);
        if (sent < 0 && errno == DAHDI_EVENT_WAITS) {
            d_take_events(self);
            sent = self->attached
                       ? dahdi_calls()->write(self->d_fd, padded, length + HDLC_FCS_BYTES)
                       : -1;
        }
    }
    if (sent < 0) {
        span->counters.d_dropped_out++;
        return FALSE;
    }
    span->counters.d_frames_out++;
    return TRUE;
}
