/* libpri's events, each turned into the call event it is or into the room's own business. */
#pragma once

#include "isdn_leg.h"

#define PROGRESS_IN_BAND (1u << 8) /* Q.931 4.5.23: number 8 */

/* NEWS: the frame that caused EVENT, or NULL when a timer did. */
void isdn_handle_event(DChannel *dchan, const pri_event *event, const FrameNews *news);
/* What FRAME (or NULL) says in general. */
CallNews isdn_event_news(const FrameNews *frame);
/* The same of a message of LEG's call. */
CallNews isdn_event_news_of(const IsdnLeg *leg, const FrameNews *frame);
/* Raises EVENT for LEG's call, if it has one. */
void isdn_event_raise(IsdnLeg *leg, CallEvent event, const CallNews *news);
/* A parted leg is only to be cleared. FALSE: LEG has no call to speak to. */
gboolean isdn_event_leg_speaks(IsdnLeg *leg);
