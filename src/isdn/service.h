/* Which channels are in service: SERVICE messages both ways, and why a channel is not used. */
#pragma once

#include "dchan.h"

/* Has the switch type SERVICE messages (as libpri has them)? */
gboolean service_is_spoken(const DChannel *dchan);
/* Logs what has changed of channel NUMBER: out of service or aside, why, and back, after how long.
 */
void service_note(DChannel *dchan, guint number);
/* Channel NUMBER is idle: the far end is told if the operator has busied it out. */
void service_channel_idle(DChannel *dchan, guint8 number);
/* The operator returns channel NUMBER. */
void service_channel_back(DChannel *dchan, guint8 number);
/* The link has settled: what the far end does not know yet is told; RENEWED: all that is out. */
void service_link_up(DChannel *dchan, gboolean renewed);
/* The far end's SERVICE for channel NUMBER: IN service or out of it. */
void service_heard(DChannel *dchan, guint number, gboolean in);
