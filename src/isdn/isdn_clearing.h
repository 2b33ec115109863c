/* The far end clears a call, or has. CAUSE is libpri's; FRAME is NULL when a timer of its did it.
 */
#pragma once

#include "isdn_leg.h"

/* DISCONNECT. */
void isdn_clearing_disconnect(IsdnLeg *leg, int cause, const FrameNews *frame);
/* RELEASE or RELEASE COMPLETE, or libpri has given the call up: it waits to be told to free it. LEG
 * may be gone afterwards. */
void isdn_clearing_hangup(IsdnLeg *leg, int cause, const FrameNews *frame);
/* libpri has freed the call. LEG may be gone afterwards. */
void isdn_clearing_freed(IsdnLeg *leg, int cause, const FrameNews *frame);
