/* What the back ends of span.h share with span.c and with nobody else. */
#pragma once

#include "span.h"

#define SPAN_SLOTS_MAX 31 /* timeslots 1-31 of an E1; a T1 has 1-24 */

extern const SpanOps span_cesopsn_ops;
extern const SpanOps span_pair_ops;

/* Timeslots that carry traffic: 31 or 24. */
guint span_slot_count(const SpanSettings *settings);
/* TRUE when CHANNEL is a timeslot of the span other than its D channel. */
gboolean span_has_b_channel(const SpanSettings *settings, guint8 channel);
/* Writes the new set of alarms, logs it and tells events.alarm; nothing when it is the old set. */
void span_set_alarms(Span *span, SpanAlarms alarms);
