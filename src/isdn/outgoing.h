/* libpri's messages put right on their way out: the causes it does not say. */
#pragma once

#include "dchan.h"

#define OUTGOING_FAULTS 8 /* as many answers as can wait behind layer 2's window, and one */

/* One D channel's. */
typedef struct Outgoing {
    GArray *overrides; /* of CauseOverride */
    int faults[OUTGOING_FAULTS];
    guint next_fault;
} Outgoing;

void outgoing_init(Outgoing *outgoing);
void outgoing_clear(Outgoing *outgoing);

/* The Cause of the next MESSAGE of CALL will be CAUSE. */
void outgoing_override(Outgoing *outgoing, int call, Q931Message message, guint8 cause);
/* The link fell: what waited to be sent is lost. */
void outgoing_forget(Outgoing *outgoing);
/* A message came that had not come before, and libpri is about to see it. */
void outgoing_heard(Outgoing *outgoing, const DChannel *dchan, const FrameNews *news);

/* Puts the Cause of the message in FRAME right, which NEWS tells of; NEWS follows. */
void outgoing_correct(Outgoing *outgoing, const DChannel *dchan, guint8 *frame, gsize length,
                      FrameNews *news);
