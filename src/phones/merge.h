/* Requests that come twice by different ways: one of them is enough (RFC 3261 8.2.2.2).
 *
 * A phone that gave up its primary sends us the INVITE that the slow primary still forwards, too:
 * both have the Call-ID, From tag and CSeq of one request, and differ in Via. The PBX shall see one
 * SETUP. Pure. Home thread: signalling.
 */
#pragma once

#include <glib.h>

typedef struct Merge Merge;
/* A request that is remembered, from merge_meet() to a while after merge_end(). */
typedef struct MergeRequest MergeRequest;

/* What makes two requests one. */
typedef struct MergeIdentity {
    const char *call_id;
    const char *from_tag;
    guint32 cseq;
    const char *method;
    const char *target; /* whom it is for: the same request may rightly reach two of our phones */
} MergeIdentity;

/* Requests are remembered for KEEP_US after their end: as long as a copy may still be under way, 64
 * times T1. */
Merge *merge_new(gint64 keep_us);
void merge_free(Merge *merge);

/* Meets a request without a To tag whose topmost Via has BRANCH. The request itself, remembered,
 * with *COPY FALSE when nobody was there before it or it is the same transaction again; with *COPY
 * TRUE the one that came before it by another way. OWNER is what merge_owner() says of a new one.
 */
MergeRequest *merge_meet(Merge *merge, const MergeIdentity *identity, const char *branch,
                         gpointer owner, gint64 now_us, gboolean *copy);
/* Its owner; NULL when it has ended. */
gpointer merge_owner(const MergeRequest *request);
/* REQUEST has its final response, and may not be used any more by its owner. KEEP: a copy may still
 * come, and is none too: it was answered or taken back; else the same request may rightly be tried
 * again. NULL is nothing. */
void merge_end(Merge *merge, MergeRequest *request, gboolean keep, gint64 now_us);
/* Requests that are remembered. */
guint merge_count(const Merge *merge);
