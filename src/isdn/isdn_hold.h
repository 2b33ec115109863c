/* The call map's actions of hold and notification: isdn_hold_ack to isdn_notify_diverting. */
#pragma once

#include "isdn_leg.h"

gboolean isdn_hold_ack(void *room, Call *call, const CallNews *news);
gboolean isdn_hold_reject(void *room, Call *call, const CallNews *news);
gboolean isdn_retrieve_ack(void *room, Call *call, const CallNews *news);
gboolean isdn_retrieve_reject(void *room, Call *call, const CallNews *news);
gboolean isdn_notify_held(void *room, Call *call, const CallNews *news);
gboolean isdn_notify_retrieved(void *room, Call *call, const CallNews *news);
gboolean isdn_notify_diverting(void *room, Call *call, const CallNews *news);
