/* What the files of the resolver share: who waits, and for what. */
#pragma once

#include "log.h"
#include "resolve.h"
#include "resolve_ask.h"

/* After a miss, or silence, a name or number is not begun again for so long. */
#define PAUSE_US (5 * G_USEC_PER_SEC)
#define PORT_SIP 5060

typedef struct Lookup Lookup;

struct Resolve {
    Loop *loop;
    Asker *asker;
    ResolveSettings settings;
    HopBook *book;
    GHashTable *lookups;     /* key -> Lookup*; owns */
    GHashTable *waiting;     /* of ResolveQuery*; a set; owns */
    gint64 numbers_after_us; /* before this no number is asked for: the name server is silent */
    ResolveCounters counters;
    LogLimit limit;
};

/* Somebody who waits for a lookup or a number. */
struct ResolveQuery {
    Resolve *resolve;
    LoopTimer *timer;
    void *user;
    /* of a lookup */
    Lookup *lookup;
    ResolveHopsFunc hops_func;
    /* of a number */
    ResolveUriFunc uri_func;
    char *number;
    Ask *ask;
    guint onward;
};

/* resolve.c: USER waits for what the caller fills in; it has its answer. */
ResolveQuery *query_new(Resolve *resolve, void *user);
void query_answer(ResolveQuery *query, const GArray *hops, const char *uri);
/* A number of 0 to LIMIT. */
guint32 resolve_draw(void *nobody, guint32 limit);
/* Everybody who waits for LOOKUP is told; they may cancel one another meanwhile. */
void waiting_answer(Resolve *resolve, const Lookup *lookup, const GArray *hops);

/* resolve_lookup.c: the lookup of KEY that is under way or begins now; NULL: nothing is asked. */
Lookup *lookup_get(Resolve *resolve, const char *key, const char *host, guint16 port, gboolean tcp);
void lookup_free(gpointer lookup);
/* Nobody waits for it any more: who asks meanwhile is answered at once. */
void lookup_leave(Lookup *lookup);
gboolean lookup_is_left(const Lookup *lookup);
const char *lookup_host(const Lookup *lookup);
