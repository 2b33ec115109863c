/* The loop-back check of one span: every B channel sends a pattern of its own, and what comes back
 * is compared with it.
 *
 * Home thread: media.
 */
#pragma once

#include "media.h"

typedef struct Selftest Selftest;

/* The check is over; REPORT (its number, running and span are the caller's to fill) is borrowed.
 * The callee may free the test. */
typedef void (*SelftestFunc)(void *user, const SelftestReport *report);

/* Has SPAN looped by its back end, or trusts in a loop further away where that cannot, and opens
 * every B channel of it; no port may be on any. Some seconds later it closes them, ends the loop
 * and calls DONE. */
Selftest *selftest_new(Span *span, Loop *loop, SelftestFunc done, void *user);
/* Before its end: as at the end, without DONE. NULL is nothing. */
void selftest_free(Selftest *selftest);

/* A block of the span under test, as SpanEvents.b_block. */
void selftest_block(Selftest *selftest, guint8 channel, const guint8 *rx, guint8 *tx, gsize count);
