/* FACILITY messages of ours: libpri sends one for its own services alone. */
#pragma once

#include "isdn_leg.h"

/* FACILITY with ELEMENT in LEG's call. */
void facility_send(IsdnLeg *leg, const guint8 *element);

/* The message NEWS tells of, in FRAME of LENGTH octets, is about to leave: an INFORMATION that
 * facility_send() asked libpri for becomes the FACILITY it stands for. Returns the length there is
 * to send. */
gsize facility_compose(guint8 *frame, gsize length, FrameNews *news);
