/* Changes to the messages libpri writes: what a PBX may send and libpri cannot.
 *
 * libpri numbers the frames, so a message of our own rides in the place of one of its messages; the
 * change is remembered by N(S), so that layer 2's repetitions are the same octets.
 * Home thread: the loop's.
 */
#pragma once

#include "pbx_message.h"

typedef struct PbxEdit {
    gint reference; /* the message it waits for: call reference, flag and type */
    gboolean to_originator;
    guint8 type;
    guint8 new_type; /* 0: stays */
    gint cause;      /* 0: stays; else put in the place of the Cause, or added */
    gint progress;   /* 0: stays; else the one Progress indicator */
    char *display;   /* NULL: stays; else added when there is none */
    GBytes *
        extra; /* NULL, or whole elements in ascending order, in the place of those of their kind */
    GBytes *replace; /* NULL, or the whole message instead */
} PbxEdit;

/* The changes that wait for one line's messages, and what was sent under each N(S).
 * Zero-initialised. */
typedef struct PbxEdits {
    GQueue waiting;    /* of PbxEdit* */
    GBytes *sent[128]; /* the changed message under N(S); NULL: libpri's own */
    guint8 next;       /* V(S) */
} PbxEdits;

/* Takes EDIT's contents (DISPLAY, EXTRA and REPLACE are taken over). */
void pbx_edits_add(PbxEdits *edits, const PbxEdit *edit);
/* Forgets what waits for a call that is over. */
void pbx_edits_forget(PbxEdits *edits, gint reference, gboolean to_originator);
/* The link starts anew: N(S) counts from 0. */
void pbx_edits_reset(PbxEdits *edits);
void pbx_edits_clear(PbxEdits *edits);

/* What is to be sent for the message of LENGTH OCTETS under N(S) NUMBER: a borrowed GBytes, or NULL
 * for the message as it is. AGAIN tells whether layer 2 repeats it. */
GBytes *pbx_edits_take(PbxEdits *edits, guint8 number, const guint8 *octets, gsize length,
                       gboolean *again);

/* OCTETS with EDIT done. Caller owns. */
GBytes *pbx_edit_apply(const PbxEdit *edit, const guint8 *octets, gsize length);
