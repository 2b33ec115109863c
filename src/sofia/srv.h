/* The order in which the servers of an SRV answer are tried (RFC 2782).
 *
 * Pure. Home thread: signalling.
 */
#pragma once

#include <glib.h>

typedef struct SrvServer {
    guint16 priority, weight, port;
    char *target; /* owned by the array's clear function, or borrowed: not touched here */
} SrvServer;

/* Orders SERVERS: by priority, among equals drawn by weight. DRAW gives a number of 0 to LIMIT,
 * both included. */
void srv_order(SrvServer *servers, gsize count, guint32 (*draw)(void *user, guint32 limit),
               void *user);
