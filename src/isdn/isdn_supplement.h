/* Supplementary services the far end tells of or asks for: NOTIFY, HOLD, RETRIEVE, and what libpri
 * reads out of Facility elements. */
#pragma once

#include "isdn_leg.h"

/* NOTIFY with notification INFO, of those libpri tells. */
void isdn_supplement_notify(IsdnLeg *leg, int info, const FrameNews *frame);
/* What the message says that libpri tells nobody: a diversion, in NOTIFY. */
void isdn_supplement_read(DChannel *dchan, const FrameNews *frame);
void isdn_supplement_hold(IsdnLeg *leg, const FrameNews *frame);
void isdn_supplement_retrieve(IsdnLeg *leg, const struct pri_event_retrieve *retrieve,
                              const FrameNews *frame);
/* COMMANDS came with an event, by FRAME, of the leg of that ID, which each of them may end. */
void isdn_supplement_subcommands(DChannel *dchan, guint32 id,
                                 const struct pri_subcommands *commands, const FrameNews *frame);
