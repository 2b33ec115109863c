/* A data link of Q.921 between two points: sequence, acknowledgement and repetition of the messages
 * of one D channel.
 *
 * libpri has its own, tied to its D channel. Where a group of spans has two of them (NFAS), libpri
 * speaks with one of these, and these with the line. SAPI 0, TEI 0, modulo 128, k = 7.
 */
#pragma once

#include "lapd_frame.h"
#include "loop.h"

typedef struct Lapd Lapd;

typedef struct LapdOps {
    void *user;
    /* A frame without FCS leaves. */
    void (*send)(void *user, const guint8 *frame, gsize length);
    /* The information of an I frame, in its order. */
    void (*deliver)(void *user, const guint8 *information, gsize length);
    /* The link was established, perhaps anew; or is gone. */
    void (*changed)(void *user, gboolean up);
} LapdOps;

/* Ours is the NETWORK side of the link, or the user's. It is closed: it answers SABME with DM. */
Lapd *lapd_new(Loop *loop, const LapdOps *ops, gboolean network);
void lapd_free(Lapd *lapd);

/* Establishes the link, and again whenever it is lost, until lapd_close(). */
void lapd_open(Lapd *lapd);
/* Ends the link by DISC when it is up, and takes no new one. Tells nobody. */
void lapd_close(Lapd *lapd);
/* A link that is up is established anew by us: the far end learns that something was lost. Nothing
 * passes until it answers. */
void lapd_renew(Lapd *lapd);
/* The line is dead: down at once, without waiting for a timer; then established anew as it can be.
 */
void lapd_drop(Lapd *lapd);
gboolean lapd_is_up(const Lapd *lapd);

/* A frame came; what is none of this link is ignored. */
void lapd_receive(Lapd *lapd, const guint8 *frame, gsize length);
/* Sends INFORMATION as soon as the window allows. FALSE when the link is not up, or was, and so
 * much waits for a far end that takes nothing that it is given up now. */
gboolean lapd_send(Lapd *lapd, const guint8 *information, gsize length);
/* Moves what the far end had not acknowledged when the link ended, or was established anew, to OUT
 * (of GBytes*, the caller's), in order. To be called from inside ops.changed. */
void lapd_take_unsent(Lapd *lapd, GQueue *out);
