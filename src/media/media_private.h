/* The signalling half of media, shared by media.c (thread and post) and media_calls.c (the call
 * map's actions). */
#pragma once

#include "engine.h"
#include "port_pairs.h"

#include <pthread.h>

/* What the news carry to find the way back: outlives a freed Media, whose news then find nobody. */
typedef struct MediaLink {
    gint references;
    Media *media; /* NULL once it is gone; signalling only */
} MediaLink;

struct Media {
    const Settings *settings;
    Loop *signalling;
    Hall *hall;
    MediaSpanEvents events;
    MediaLink *link;
    Board *board;

    PortPairs *pairs;
    GHashTable *bookings; /* of PortOrders, by call */
    ToneScript dial, ringback, busy;
    SelftestReport selftest; /* the last one begun; number 0: none */

    GThread *thread;
    Loop *loop;     /* the media thread's */
    Engine *engine; /* the media thread's */

    pthread_mutex_t lock; /* guards the three below, while the thread starts */
    pthread_cond_t started;
    gboolean answered;
    GError *trouble;
};

/* Commands to the media thread, values all of them. */
typedef enum MediaCommandKind {
    COMMAND_OPEN,     /* port */
    COMMAND_ORDER,    /* orders */
    COMMAND_CLOSE,    /* orders.call, pair_port */
    COMMAND_D_SEND,   /* span, frame, length */
    COMMAND_SELFTEST, /* span */
    COMMAND_DIGITS,   /* orders.call, digits, ms, to_phone */
    COMMAND_STOP,
} MediaCommandKind;

typedef struct MediaCommand {
    Media *media;
    MediaCommandKind kind;
    PortOrders orders;
    Port *port; /* owned until it is handed over */
    guint16 pair_port;
    guint8 span;
    char digits[NUMBER_MAX + 1];
    guint ms;
    gboolean to_phone;
    gsize length;
    guint8 frame[];
} MediaCommand;

void media_command(Media *media, const MediaCommand *command);
/* The port's events of these names; in the media thread. USER is the Media. */
void media_on_silent(void *user, guint32 call);
void media_on_digit(void *user, guint32 call, char digit, guint ms, gboolean heard);
