/* A call from a trunk to a trunk: two calls of the map, each the other's SIP side, without SIP. */
#pragma once

#include "call_private.h"

/* In place of the SIP room for a call whose transit is set. */
extern const CallOps transit_ops;
