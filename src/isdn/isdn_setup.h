/* SETUP both ways: a call's wishes into a message, a received message into a call's wishes. */
#pragma once

#include "isdn_leg.h"

/* Sends the SETUP of LEG's call on LEG's channel. FALSE with *CAUSE when it cannot. */
gboolean isdn_setup_send(IsdnLeg *leg, guint8 *cause);
/* Sends it once more with a new call reference; raises ISDN.REFUSED when it cannot. */
void isdn_setup_repeat(IsdnLeg *leg);

/* What a received SETUP asks for. Returns 0, or the cause to refuse it with. */
guint8 isdn_setup_read(DChannel *dchan, const pri_event_ring *ring, const FrameNews *news,
                       CallSetup *setup);

/* libpri's plan and presentation octets as values. */
void isdn_setup_read_plan(int plan, Number *number);
Presentation isdn_setup_read_presentation(int octet);

/* Copies what may pass of TEXT, [0-9*#], to DIGITS, without separators. FALSE where anything else
 * stands in it, or more than SIZE holds: what was copied is then another number. */
gboolean digits_copy(const char *text, char *digits, gsize size);
