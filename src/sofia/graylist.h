/* Addresses of servers that are out of use for a time: they failed, or asked for it by Retry-After.
 *
 * A key is a server's name with one of its addresses, so what a name's owner does with it says
 * nothing of the same address under another name. Memory is bounded: when there is no room, the
 * entry that would end first goes. Pure. Home thread: signalling.
 */
#pragma once

#include "hop_book.h"

typedef struct Graylist Graylist;

typedef enum GrayShade {
    GRAY_NOT,
    GRAY_FAILED, /* no answer, or 503: the others are tried first */
    GRAY_BUSY,   /* it said when to come again: not before (RFC 3261 21.5.4) */
} GrayShade;

/* ROOM: how many keys are remembered. */
Graylist *graylist_new(guint room);
void graylist_free(Graylist *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Graylist, graylist_free)

/* HOP of the server NAME as a key. Caller frees. */
char *graylist_key(const char *name, const NextHop *hop);

/* KEY is out of use until UNTIL_US. A failure takes nothing from a Retry-After that still runs. */
void graylist_note(Graylist *list, const char *key, GrayShade shade, gint64 until_us,
                   gint64 now_us);
/* KEY did well. */
void graylist_forget(Graylist *list, const char *key);
/* How KEY stands; UNTIL_US (may be NULL): until when, 0 where it is not gray. */
GrayShade graylist_shade(const Graylist *list, const char *key, gint64 now_us, gint64 *until_us);
/* Puts HOPS (of NextHop) of the server NAME in the order they are tried: what is not gray as it
 * stands, then what failed, then what is busy, each the one that ends first before the others.
 * Returns how many are not busy. */
guint graylist_order(const Graylist *list, const char *name, GArray *hops, gint64 now_us);
guint graylist_size(const Graylist *list);
