/* Servers of peers under watch, shared by health.c and health_check.c. Home thread: signalling. */
#pragma once

#include "servers.h"

#include "primary.h"

/* The server of a peer. */
typedef struct Health {
    Ua *ua;
    const PeerSettings *peer; /* of the ua's present settings */
    char *uri;
    Server server;
    gboolean named;
    GPtrArray *checks;   /* of HealthCheck*, owned: its addresses */
    ResolveQuery *query; /* where they are */
    LoopTimer *again;    /* that is to be asked; NULL: it is an address itself */
} Health;

/* One of its addresses. */
typedef struct HealthCheck {
    const Health *health;
    NextHop hop;
    Primary primary;
    nua_handle_t *nh; /* of the OPTIONS under way; owned */
    LoopTimer *due, *silence;
} HealthCheck;

HealthCheck *health_check_new(const Health *health, const NextHop *hop);
void health_check_free(gpointer check);
/* What OPTIONS, or a call, came to at CHECK's address. STATUS is for the log. */
void health_check_heard(HealthCheck *check, PrimaryWitness witness, PrimarySign sign, int status);
