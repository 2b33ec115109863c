/* The alarms of a pseudowire: what each played packet says, made steady.
 *
 * Loss of packets is told twice, as RFC 5086 does: the R bit goes out after few missing packets
 * (the defaults of RFC 5604: in after 10, out after 2), while RED, which ends service, takes 100
 * ms.
 */
#pragma once

#include "cesopsn_packet.h"
#include "span.h"

/* A condition that counts up while it is seen and down while it is not, raised at the top and
 * cleared at the bottom. */
typedef struct SteadyAlarm {
    guint level, top;
    gboolean raised;
} SteadyAlarm;

typedef struct CesopsnAlarms {
    SteadyAlarm red, yellow, blue, remote;
    guint missing, heard; /* in a row */
    gboolean losing;
} CesopsnAlarms;

/* Nothing has been heard: RED, and losing. */
void cesopsn_alarms_init(CesopsnAlarms *self, guint packet_ms);
/* A packet was played; NULL: none was there. Returns the alarms now. */
SpanAlarms cesopsn_alarms_note(CesopsnAlarms *self, const CesopsnControl *control);
