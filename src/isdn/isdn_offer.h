/* Calls the far end offers: SETUP, and the digits that follow it. */
#pragma once

#include "isdn_leg.h"

void isdn_offer_ring(DChannel *dchan, const pri_event_ring *ring, const FrameNews *frame);
void isdn_offer_information(IsdnLeg *leg, const char *text, gboolean complete,
                            const FrameNews *frame);
