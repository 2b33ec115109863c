/* Information elements that wait for a message of libpri's to carry them.
 *
 * A message may wait behind layer 2's window, long after what asked for it; so elements are kept by
 * call reference and message type until it leaves. Layer 2 repeats from libpri's buffer, which
 * knows nothing of them: what a message left with it is given again. Home thread: signalling.
 */
#pragma once

#include "frame_compose.h"

#define ADDITIONS_MAX 512 /* that wait, on one D channel; more push out the oldest */
#define ADDITIONS_SENT 8  /* a window of 7 (Q.921 k) and one */

/* One D channel's. */
typedef struct Additions {
    GArray *waiting; /* of Addition */
    guint breath;    /* what was added in one goes with one message */
    struct {
        guint8 sequence;
        guint hash;    /* of libpri's message; 0: none */
        GArray *added; /* of Addition; or NULL */
    } sent[ADDITIONS_SENT];
    guint next_sent;
} Additions;

void additions_init(Additions *additions);
void additions_clear(Additions *additions);

/* ELEMENT (whole, copied) goes into the next MESSAGE of CALL, libpri's call reference. A SETUP or
 * RELEASE that libpri repeats carries it again, unless the place was FRAME_WHOLE. */
void additions_add(Additions *additions, int call, Q931Message message, FramePlace place,
                   const guint8 *element);
/* libpri has been asked for the message: what is added from now on is another one's. Needed where a
 * call sends several of a kind, as FACILITY. */
void additions_end_breath(Additions *additions);
/* CALL's reference is free for another call; a RELEASE COMPLETE may yet wait. */
void additions_forget_call(Additions *additions, int call);
/* The link fell: what waited to be sent is lost. */
void additions_forget(Additions *additions);

/* Puts what waits for the message in FRAME (which has room for FRAME_MAX octets) into it, in the
 * order it was added; NEWS, of the frame as it came from libpri, is read anew then. *LEFT_OUT
 * counts the elements that found no room. Returns the new length. */
gsize additions_compose(Additions *additions, guint8 *frame, gsize length, FrameNews *news,
                        guint *left_out);
