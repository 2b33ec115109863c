/* One CESoPSN span on faked time and a far end that the test scripts octet by octet. */
#pragma once

#include "cesopsn_end.h"
#include "loop_virtual.h"

#define MS 1000
#define SECOND (1000 * MS)
#define E1_PAYLOAD 248 /* 31 timeslots, 8 frames */

/* A span and its scripted far end, which sends a packet each PERIOD_US while told to. */
typedef struct Solo {
    Loop *loop;
    End end;
    Far far;
    LoopTimer *timer;
    gint64 period_us, due_us;
    CesopsnControl control; /* of the packets the far end sends */
    gsize length;           /* of their payload */
} Solo;

void solo_init(Solo *self, SpanClock clock);
/* The far end begins to send. */
void solo_start(Solo *self);
/* Opens the span, begins to send, and lets the alarms clear. */
void solo_up(Solo *self);
void solo_clear(Solo *self);
/* The length of the last packet the span sent, all before it thrown away; 0 when there is none. */
gsize solo_last(Solo *self, guint8 *packet, gsize size);
