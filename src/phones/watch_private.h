/* What the files of the watch share: places, the primaries found there, and the requests relayed to
 * them.
 *
 * Private to src/phones/watch*.c. Home thread: signalling.
 */
#pragma once

#define NTA_OUTGOING_MAGIC_T struct Watched

#include "watch.h"

/* A configured place and what was found there. */
typedef struct Place {
    Watch *watch;
    PrimaryPlace where;
    char *text;         /* as configured */
    GPtrArray *watched; /* of Watched*, owns a reference */
    LoopTimer *timer;   /* until its name is asked for again */
    ResolveQuery *query;
} Place;

struct Watch {
    nta_agent_t *agent;
    Loop *loop;
    Resolve *resolve;
    PrimaryPolicy policy;
    char *own_host, *user_agent;
    GPtrArray *places; /* of Place*; owns */
    WatchChangedFunc changed;
    void (*admit)(void *user, const struct sockaddr *address, gboolean in);
    void *user;
    guint32 cseq;
};

struct Watched {
    gatomicrefcount references;
    Watch *watch; /* NULL: it is no primary of ours any more */
    NextHop hop;
    char *uri, *place, *target;
    Primary primary;
    LoopTimer *check_timer;   /* until the next OPTIONS */
    LoopTimer *silence_timer; /* until the OPTIONS under way counts as unanswered */
    nta_outgoing_t *options;  /* under way, or NULL */
};

Watched *watched_new(Watch *watch, const NextHop *hop, const Place *place);
Watched *watched_ref(Watched *watched);
void watched_unref(gpointer watched);
/* It is a primary no more. */
void watched_retire(Watched *watched);
/* Takes a sign of WATCHED into account and tells of a change. */
void watched_hear(Watched *watched, PrimaryWitness witness, PrimarySign sign);
/* The next OPTIONS goes in DELAY_US. */
void watched_check_in(Watched *watched, gint64 delay_us);
