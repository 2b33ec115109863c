/* Questions to the name server: where a name's SIP servers are, and which URI a telephone number
 * has.
 *
 * No call waits longer than a set time for an answer, none waits for a name server that is known to
 * be silent, and what was once known about a name stays known in an outage (hop_book.h). Home
 * thread: signalling. LOOP must be a sofia_loop.
 */
#pragma once

#include "hop_book.h"
#include "loop.h"

typedef struct Resolve Resolve;
typedef struct ResolveQuery ResolveQuery;

typedef struct ResolveSettings {
    struct sockaddr_storage name_server; /* ss_family 0: those of /etc/resolv.conf */
    gint64 wait_us;                      /* how long a call waits for an answer */
    gboolean v4, v6;                     /* the families of addresses we can send to */
} ResolveSettings;

/* HOPS (of NextHop, borrowed), in the order they are to be tried, or NULL. */
typedef void (*ResolveHopsFunc)(void *user, const GArray *hops);
/* The sip: or sips: URI of a number, or NULL. */
typedef void (*ResolveUriFunc)(void *user, const char *uri);

Resolve *resolve_new(Loop *loop, const ResolveSettings *settings, GError **error);
/* Queries that still wait are forgotten, their functions not called. */
void resolve_free(Resolve *resolve);

/* Asks for the hops of HOST (a name, or a numeric address with or without brackets) at PORT; PORT
 * 0: as SRV says, else 5060 (RFC 3263). FUNC is called once; where the answer is known, before this
 * returns, which then gives NULL. */
ResolveQuery *resolve_hops(Resolve *resolve, const char *host, guint16 port, gboolean tcp,
                           ResolveHopsFunc func, void *user);
/* The hops of HOST as far as they are known, by priority; nobody is asked. NULL: they are not. The
 * caller's. */
GArray *resolve_known(Resolve *resolve, const char *host, guint16 port, gboolean tcp);
/* Asks for the URI of NUMBER, with its +, in the tree SUFFIX; otherwise as resolve_hops(). */
ResolveQuery *resolve_number(Resolve *resolve, const char *number, const char *suffix,
                             ResolveUriFunc func, void *user);
/* FUNC will not be called. NULL is nothing. */
void resolve_cancel(ResolveQuery *query);

typedef struct ResolveCounters {
    guint64 lookups; /* names asked for */
    guint64 misses;  /* of which nobody knew anything, or not in time */
    guint64 stale;   /* uses of addresses beyond their time */
    guint64 hurried; /* calls that went on without an answer */
    guint64 numbers, number_hits;
} ResolveCounters;

void resolve_count(const Resolve *resolve, ResolveCounters *counters);
