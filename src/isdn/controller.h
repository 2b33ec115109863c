/* A libpri controller as this room wants it: its options, timers and log. */
#pragma once

#include "settings.h"

#include <libpri.h>

/* Sends SABME through WRITE before it returns. NULL when there is no memory. USER is
 * pri_get_userdata(). */
struct pri *controller_new(const SpanSettings *span, const TrunkSettings *trunk, pri_io_cb read,
                           pri_io_cb write, void *user);
void controller_set_timers(struct pri *pri, const TrunkSettings *trunk);
/* The services of the far end that are served, which may change at any time. */
void controller_set_services(struct pri *pri, const TrunkSettings *trunk);
/* libpri has no destructor: a controller that is not needed any more rests for ever. */
void controller_retire(struct pri *pri);
