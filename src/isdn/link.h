/* Whether a D channel can carry calls: layer 2 up or down, alarms, the settling time, and T309. */
#pragma once

#include "room.h"

/* Longer than a packet network needs to find another way round a fault, shorter than a caller's
 * patience. */
#define ALARM_HOLD_US (500 * G_TIME_SPAN_MILLISECOND)

typedef struct Link Link;

Link *link_new(DChannel *dchan);
void link_free(Link *link);

/* Layer 2 came up, or was established anew by the far end while up. */
void link_established(Link *link);
void link_released(Link *link);
/* A sound frame came from the line. */
void link_heard(Link *link);
void link_set_alarms(Link *link, SpanAlarms alarms);
/* The span that speaks for this one is MUTE: no message comes or goes. */
void link_set_mute(Link *link, gboolean mute);
/* Out of service it is DOWN, whatever layer 2 is. */
void link_set_service(Link *link, gboolean in);

DChannelState link_state(const Link *link);
/* Layer 2 is up, no alarm stops traffic, and the link is in service. */
gboolean link_carries(const Link *link);
guint link_epoch(const Link *link);
/* Fills state, alarms, since_us, ups, downs. */
void link_status(const Link *link, IsdnSpanStatus *status);
