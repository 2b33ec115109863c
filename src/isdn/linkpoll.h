/* A question of our own to layer 2: is the far end there? libpri asks only after ten idle seconds.
 */
#pragma once

#include <glib.h>

#define LINKPOLL_LENGTH 4

/* One link's; zero-initialised. */
typedef struct LinkPoll {
    guint8 expects;   /* N(R) as our side last told it */
    guint unanswered; /* polls of ours */
    gboolean libpri;  /* a poll of libpri's is unanswered */
} LinkPoll;

/* Writes RR with the poll bit (Q.921 5.6.1 of the network or the user side) to FRAME. */
void linkpoll_ask(LinkPoll *poll, gboolean network, guint8 *frame);
/* A frame of libpri's leaves. */
void linkpoll_sent(LinkPoll *poll, gboolean network, const guint8 *frame, gsize length);
/* A sound FRAME came. The final bit of an answer to a poll of ours is taken out of it: libpri has
 * not asked, and would take it for an error (Q.921 5.8.5). */
void linkpoll_received(LinkPoll *poll, gboolean network, guint8 *frame, gsize length);
