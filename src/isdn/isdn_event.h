/* libpri's events, each turned into the call event it is or into the room's own business. */
#pragma once

#include "dchan.h"

/* NEWS: the frame that caused EVENT, or NULL when a timer did. */
void isdn_handle_event(DChannel *dchan, const pri_event *event, const FrameNews *news);
/* A SERVICE message took the whole interface out of service or back. */
void isdn_interface_service(DChannel *dchan, gboolean in_service);
