/* A span of the DAHDI driver: what its files share.
 *
 * Private to src/span. Home thread: that of the span.
 */
#pragma once

#include "backends.h"
#include "dahdi_driver.h"
#include "log.h"

typedef struct DahdiSpan DahdiSpan;

/* A B channel: held from the moment the span is attached, listened to while a call has it. */
typedef struct DahdiChannel {
    DahdiSpan *span;
    guint8 timeslot;
    int fd; /* -1: not held */
    LoopWatch *watch;
    gboolean wanted; /* span_b_open() */
    SpanUse use;
    gboolean cancelling;
} DahdiChannel;

struct DahdiSpan {
    Span base;
    Loop *loop;
    LoopTimer *timer; /* every second: alarms, and a lost device again */
    gboolean attached;
    gboolean looped; /* by span_loop() */
    guint number;    /* the driver's, of the span */
    int d_fd;
    LoopWatch *d_watch;
    DahdiChannel channels[SPAN_SLOTS_MAX + 1]; /* by timeslot */
    char *complaint;                           /* the last one, so that it is told once */
    LogLimit echo_limit;
};

/* dahdi.c: the device has gone, or answers no more: everything is closed, the alarm is RED, and the
 * timer tries to have it back. */
void dahdi_lose(DahdiSpan *self, const char *why);
/* The driver's alarms and counters, now. */
void dahdi_look(DahdiSpan *self);
/* An event that any channel of the span may report. */
void dahdi_take_event(DahdiSpan *self, DahdiEvent event);

/* dahdi_attach.c: opens the D channel and all B channels, and checks that they are what the
 * settings say. FALSE with ERROR that names the setting to change. */
gboolean dahdi_attach(DahdiSpan *self, GError **error);

/* dahdi_d.c */
void dahdi_d_readable(void *user, int fd, LoopReady ready);
gboolean dahdi_d_send(Span *span, const guint8 *frame, gsize length);

/* dahdi_b.c: begins and ends listening; nothing while the device is lost. */
void dahdi_b_start(DahdiChannel *channel);
void dahdi_b_stop(DahdiChannel *channel);
/* Has CHANNEL, which is listened to, say what the driver's channel NUMBER hears, bit by bit, and so
 * without a canceller, as what is behind the other span has its own; NUMBER 0: no longer. */
gboolean dahdi_b_join(DahdiChannel *channel, guint number);
