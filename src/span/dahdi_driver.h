/* The DAHDI driver as the back end sees it: system calls behind a table, the driver's structures as
 * values of ours.
 *
 * dahdi/user.h is spoken in dahdi_driver.c and nowhere else. A test hands in a table of its own
 * with recorded answers. Home thread: that of the span.
 */
#pragma once

#include "span.h"

#include <sys/types.h>

/* errno of read and write while an event waits (ELAST of dahdi/user.h). */
#define DAHDI_EVENT_WAITS 500
#define DAHDI_DEVICE "/dev/dahdi/channel"
#define DAHDI_CONTROL "/dev/dahdi/ctl"

typedef struct DahdiCalls {
    int (*open)(const char *path, int flags);
    int (*close)(int fd);
    ssize_t (*read)(int fd, void *data, size_t size);
    ssize_t (*write)(int fd, const void *data, size_t size);
    int (*ioctl)(int fd, unsigned long request, void *argument);
} DahdiCalls;

/* Has the back end call CALLS instead of the kernel; NULL: the kernel again. For tests, before
 * anything is open. */
void dahdi_use_calls(const DahdiCalls *calls);
const DahdiCalls *dahdi_calls(void);

typedef enum DahdiSignalling {
    DAHDI_FOR_B,       /* bchan=: a clear channel */
    DAHDI_FOR_D,       /* dchan=: HDLC in the driver */
    DAHDI_FOR_HARD_D,  /* hardhdlc=: HDLC on the card */
    DAHDI_FOR_OTHER,   /* FXO, FXS, E&M, CAS ... */
    DAHDI_FOR_NOTHING, /* not configured: dahdi_cfg has not run */
} DahdiSignalling;

/* What the driver says of a channel. */
typedef struct DahdiChannelInfo {
    guint span;     /* the driver's number of its span */
    guint timeslot; /* its place in the span, from 1 */
    DahdiSignalling signalling;
    Law law;
} DahdiChannelInfo;

/* What the driver says of a span. */
typedef struct DahdiSpanInfo {
    guint channels; /* 31: E1; 24: T1; 3: BRI */
    SpanAlarms alarms;
    gboolean looped;
    guint bpv, crc4, ebit, fas, irq_misses; /* counted by the card since it started */
    int timing; /* number of the span that gives the clock; 0: none does */
    char description[41];
} DahdiSpanInfo;

typedef enum DahdiEvent {
    DAHDI_NO_EVENT,
    DAHDI_ALARM_ON,
    DAHDI_ALARM_OFF,
    DAHDI_HDLC_ABORT,
    DAHDI_HDLC_OVERRUN,
    DAHDI_HDLC_BAD_FCS,
    DAHDI_GONE,       /* the device was taken away */
    DAHDI_FAX_TONE,   /* 2100 Hz, either way: the echo canceller is off now */
    DAHDI_READ_LATE,  /* we read too late: samples were lost */
    DAHDI_WRITE_LATE, /* we wrote too late: the line heard a gap */
    DAHDI_OTHER_EVENT,
} DahdiEvent;

/* Opens channel NUMBER (as system.conf counts) without blocking; -1 with errno: ENOENT no driver,
 * EBUSY held by another program, EINVAL no such channel, ENXIO one that dahdi_cfg has not set up.
 */
int dahdi_channel_open(guint number);
/* FALSE with errno when the device is gone. */
gboolean dahdi_channel_info(int fd, DahdiChannelInfo *info);
gboolean dahdi_span_info(int fd, guint span, DahdiSpanInfo *info);
/* The next event of a channel; DAHDI_NO_EVENT when there is none. */
DahdiEvent dahdi_next_event(int fd);

/* BUFFERS of SIZE octets each way, written ones sent at once; what was queued is dropped. */
gboolean dahdi_set_buffers(int fd, guint buffers, guint size);
/* Says when we come too late, as events. Old drivers cannot: no matter. */
void dahdi_report_buffers(int fd);
/* Drops what is queued both ways, and events. */
void dahdi_flush(int fd);
/* ON: the driver may change samples (echo, gain). OFF: a clear channel, bit by bit. */
gboolean dahdi_set_audio(int fd, gboolean on);
/* TAPS of 125 us; 0: off. FALSE when no canceller is attached to the channel. */
gboolean dahdi_cancel_echo(int fd, guint taps);
/* Joins what two channels say within the driver, bit by bit; NUMBER 0: no longer. */
gboolean dahdi_bridge(int fd, guint number);
/* Loops the whole SPAN (the driver's number), locally, on cards that can; FALSE with errno ENOSYS
 * where they cannot. The driver takes this order on its control device only. */
gboolean dahdi_loop_locally(guint span, gboolean on);
