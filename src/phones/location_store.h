/* The location service's journal in the store: bindings and devices as rows, there and back.
 *
 * Home thread: signalling.
 */
#pragma once

#include "location.h"
#include "store.h"

/* Joins both, before store_open(): LOCATION's changes are put in STORE, STORE's rows restore
 * LOCATION. Close the store, free LOCATION, free the store. */
void location_keep(Location *location, Store *store);
