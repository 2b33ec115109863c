/* Walks the call map from (IDLE, NULL) through everything the two stacks can raise, and judges
 * every step. */
#pragma once

#include "callmap.h"

typedef struct Walk {
    char *wrong;   /* the first thing that is wrong, with the way that leads there; NULL: nothing */
    guint settled; /* different standings seen between events */
    guint steps;   /* rules followed */
    GHashTable *used; /* of const CallRule*: rules that were followed */
    guint8 taken[SIP_STATE_COUNT][ISDN_STATE_COUNT]
                [CALL_EVENT_COUNT];                  /* cells that were looked up */
    guint8 stood[SIP_STATE_COUNT][ISDN_STATE_COUNT]; /* pairs that were stood at */
} Walk;

/* Walks the map as it is open now. */
Walk *walk_new(void);
void walk_free(Walk *walk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Walk, walk_free)
