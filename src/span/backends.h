/* What the back ends of span.h share with span.c and with nobody else. */
#pragma once

#include "span.h"

#include "config.h"

#define SPAN_SLOTS_MAX 31 /* timeslots 1-31 of an E1; a T1 has 1-24 */

extern const SpanOps span_cesopsn_ops;
extern const SpanOps span_pair_ops;
#ifdef HAVE_DAHDI
extern const SpanOps span_dahdi_ops;
#endif

/* Writes the new set of alarms, logs it and tells events.alarm; nothing when it is the old set. */
void span_set_alarms(Span *span, SpanAlarms alarms);
