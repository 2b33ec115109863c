/* The connections that were made to TCP and TLS ports of ours: from whom, how many, how long silent. */
#pragma once

#include "loop.h"

#include <sys/socket.h>

typedef struct Connections Connections;

typedef struct ConnectionLimits {
    const char *room; /* begins the log's lines */
    guint all, per_source;
    gint64 idle_us; /* without a word either way */
    gint64 mute_us; /* new, and not one octet received */
} ConnectionLimits;

/* MAY_CONNECT (with USER): is a connection from SOURCE wanted at all? Home thread of everything
 * here: that of LOOP. */
Connections *connections_new(Loop *loop, const ConnectionLimits *limits,
                             gboolean (*may_connect)(void *user, const struct sockaddr *source),
                             void *user);
/* Those that stand stay, and are no longer watched. */
void connections_free(Connections *connections);
void connections_set_limits(Connections *connections, const ConnectionLimits *limits);
/* Whoever accepts on a socket that listens at ADDRESS, in this thread, is given only whom we let
 * pass, after ACCEPTED (may be NULL) was called. */
void connections_guard(Connections *connections, const struct sockaddr_storage *address,
                       void (*accepted)(void));

typedef struct ConnectionCounts {
    guint live;
    guint64 accepted, strangers, over_all, over_source, silent;
} ConnectionCounts;
void connections_count(Connections *connections, ConnectionCounts *counts);
