/* A double of the DAHDI driver: answers the system calls of the dahdi back end as the driver's
 * source and a real guest showed it to, for what no guest can show.
 *
 * Channels are numbered as in system.conf. A channel's descriptor is a real one, so that loops can
 * poll it.
 */
#pragma once

#include "dahdi_driver.h"

#include <dahdi/user.h>

#define DOUBLE_CHANNELS 70

typedef struct DoubleChannel {
    struct dahdi_params params; /* answers GET_PARAMS */
    int open_errno;             /* 0: SPECIFY succeeds */
    int fd;                     /* -1: not open */
    GQueue *rx;                 /* of GBytes*: what read() gives, one a call */
    GQueue *events; /* of GINT: what GETEVENT gives; any makes read and write fail with ELAST */
    GByteArray *tx; /* all that was written */
    GArray *writes; /* of guint: the length of each write */
    gboolean full;  /* write() says EAGAIN */
    struct dahdi_bufferinfo buffers;
    int audio; /* -1: never set */
    int taps;  /* of the echo canceller; -1: never set */
    int peer;  /* DIGITALMON of this channel; 0: none */
    guint flushes;
    gboolean no_canceller;
} DoubleChannel;

typedef struct Double {
    int open_errno; /* of the device node; 0: it opens */
    gboolean gone;  /* everything says ENODEV */
    DoubleChannel channels[DOUBLE_CHANNELS];
    struct dahdi_spaninfo spans[4];     /* answer SPANSTAT, by number */
    struct dahdi_maintinfo maintenance; /* the last order */
    guint maintenances;                 /* orders taken */
    int maintenance_errno;              /* 0: they are taken */
} Double;

extern Double the_double;

/* A span NUMBER of COUNT channels from FIRST on, LAW, the D channel's SIGTYPE at D (number);
 * installs the double. */
void double_set_up(guint number, guint first, guint count, int law, guint d, int sigtype);
void double_tear_down(void);
/* What the line brings. */
void double_hear(guint channel, const void *octets, gsize count);
void double_raise(guint channel, int event);
