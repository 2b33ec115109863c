/* RESTART of idle channels, one at a time, and the channels that wait to be tried again. */
#pragma once

#include "dchan.h"

Restarter *restarter_new(DChannel *dchan);
void restarter_free(Restarter *restarter);

/* The link has settled: every idle channel wants a RESTART, if the trunk's settings say so. */
void restart_link_up(Restarter *restarter);
/* The link carries again and layer 2 never fell: what was outstanding goes on. */
void restart_link_back(Restarter *restarter);
/* The link is down, or was established anew: what was outstanding is void, and wanted again. */
void restart_link_down(Restarter *restarter);
/* A call has left its channel, which may have waited for that. */
void restart_channel_idle(Restarter *restarter);
/* Channel NUMBER is not hunted for a while, for REASON, then restarted. */
void restart_put_aside(Restarter *restarter, guint8 number, ChannelReason reason);
/* RESTART ACKNOWLEDGE for channel NUMBER. */
void restart_answered(Restarter *restarter, guint number);
/* The far end restarted channel NUMBER: it is idle on both sides. */
void restart_by_far_end(Restarter *restarter, guint8 number);
