/* Keypad facility in a call that stands. */
#pragma once

#include "isdn_leg.h"

/* TEXT came in Keypad facility. FALSE when LEG's call does not stand: the digits are no DTMF then.
 */
gboolean isdn_digit_received(IsdnLeg *leg, const char *text, const FrameNews *frame);
/* The call map's isdn_digit. */
gboolean isdn_digit_send(void *room, Call *call, const CallNews *news);
