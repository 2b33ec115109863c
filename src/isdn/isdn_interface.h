/* What the far end says of the interface and its channels: RESTART, SERVICE. */
#pragma once

#include "dchan.h"

/* FALSE when EVENT is one call's. */
gboolean isdn_interface_handle_event(DChannel *dchan, const pri_event *event,
                                     const FrameNews *news);
/* A SERVICE message, as NEWS tells, took the whole interface out of service or back. Its answer says
 * nothing of the far end. */
void isdn_interface_service(DChannel *dchan, const FrameNews *news, gboolean in_service);
