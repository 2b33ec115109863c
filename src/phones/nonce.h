/* Nonces that need no memory to be known again, and the memory that lets each be used once per
 * count.
 *
 * A nonce is hex of: the time it was made, a serial number, and an HMAC-SHA256 over these, the
 * realm, the algorithm and the place it was given to. A nonce leaves a trace here only after
 * credentials with it were found right, so that a flood of challenges costs nothing. When there is
 * no room for one more trace, the oldest is forgotten, and with it every nonce as old as it: it is
 * stale, never good a second time.
 *
 * Pure; private to src/phones. Home thread: one, the signalling thread.
 */
#pragma once

#include "digest.h"

#define NONCE_KEY_SIZE 32
#define NONCE_SIZE (2 * (8 + 4 + 16) + 1)
#define NONCE_WINDOW 64 /* how far a nonce count may lag behind the highest seen */

typedef struct Nonces Nonces;

/* What a nonce is made for; one given to another place, realm or algorithm is FOREIGN. */
typedef struct NonceUse {
    const char *realm;
    DigestAlgorithm algorithm;
    const char *place; /* the host it is sent to, as text */
} NonceUse;

/* A nonce of ours. */
typedef struct NonceId {
    gint64 made_us;
    guint32 serial;
} NonceId;

typedef enum NonceState {
    NONCE_GOOD,
    NONCE_FOREIGN,  /* not made here since the start, or for another use */
    NONCE_STALE,    /* ours, and too old */
    NONCE_REPLAYED, /* this count was seen, or lies below the window */
} NonceState;

/* LIMIT: of how many nonces the counts are remembered, each about 100 octets. */
Nonces *nonces_new(const guint8 key[NONCE_KEY_SIZE], gint64 lifetime_us, guint limit);
void nonces_free(Nonces *nonces);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Nonces, nonces_free)
/* Counts for nonces already given, too. */
void nonces_set_lifetime(Nonces *nonces, gint64 lifetime_us);
/* How many nonces are remembered. */
guint nonces_size(const Nonces *nonces);

/* NOW_US: of the steady clock, in microseconds. */
void nonce_make(Nonces *nonces, const NonceUse *use, gint64 now_us, char text[NONCE_SIZE]);
/* GOOD with ID, FOREIGN or STALE. */
NonceState nonce_check(Nonces *nonces, const char *text, const NonceUse *use, gint64 now_us,
                       NonceId *id);
/* Uses count NC of a nonce that was just found GOOD, once the response was found right: GOOD, STALE
 * or REPLAYED. A count that others have overtaken is good while it is new and at most NONCE_WINDOW
 * behind. 0 is no count. */
NonceState nonce_count(Nonces *nonces, const NonceId *id, guint32 nc, gint64 now_us);
