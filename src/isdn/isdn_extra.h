/* What messages of a call carry that libpri does not know, or not whole. */
#pragma once

#include "isdn_leg.h"

/* What LEG's SETUP, about to be asked for, carries beside libpri's elements; RECORD gets what
 * libpri says itself. */
void isdn_extra_send(IsdnLeg *leg, const CallSetup *setup, struct pri_sr *record);
/* The same of a received SETUP, into SETUP. */
void isdn_extra_read(const DChannel *dchan, const pri_event_ring *ring, const FrameNews *news,
                     CallSetup *setup);

/* NEWS' user information, from SIP, goes into MESSAGE of LEG's call, which libpri is about to be
 * asked for. */
void isdn_extra_user_info(IsdnLeg *leg, Q931Message message, const CallNews *news);
/* The user information of FRAME (or NULL), a message of LEG's call, into NEWS. */
void isdn_extra_news(const IsdnLeg *leg, const FrameNews *frame, CallNews *news);
