/* Who failed how often of late: after too many failures a key is blocked for a time, each time
 * twice as long.
 *
 * A key is text of any kind. Memory is bounded: when there is no room, the key that was heard of
 * longest ago is forgotten. Pure; private to src/phones. Home thread: one, the signalling thread.
 */
#pragma once

#include <glib.h>

typedef struct Backoff Backoff;

typedef struct BackoffRule {
    guint limit; /* failures within the window that begin a block; 0: never */
    gint64 window_us;
    gint64 block_us;   /* the first block */
    gint64 longest_us; /* no block is longer; after as long without a failure all is forgotten */
} BackoffRule;

/* ROOM: how many keys are remembered. */
Backoff *backoff_new(guint room);
void backoff_free(Backoff *backoff);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Backoff, backoff_free)

/* Is KEY blocked now? */
gboolean backoff_blocks(const Backoff *backoff, const char *key, gint64 now_us);
/* One more failure of KEY. TRUE when it begins a block. */
gboolean backoff_note(Backoff *backoff, const char *key, const BackoffRule *rule, gint64 now_us);
/* KEY did well: its failures are forgotten. */
void backoff_forget(Backoff *backoff, const char *key);
guint backoff_size(const Backoff *backoff);
