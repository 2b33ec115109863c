/* Message waiting to the far end: one trunk's mailboxes that are to be told, one after the other.
 *
 * Home thread: signalling.
 */
#pragma once

#include "dchan.h"
#include "mwi_component.h"

/* How many mailboxes of a trunk may wait to be told. */
#define MWI_WAITING_MAX 10000

void mwi_sender_free(MwiSender *sender);

/* Is CALL, of DCHAN's controller, a connection of ours for message waiting? Then KNOWN says so. */
void mwi_sender_know_call(const DChannel *dchan, int call, FrameCall *known);
/* The far end has answered COMPONENT on CALL (FRAME_CALL_DUMMY: on none). */
void mwi_sender_answered(DChannel *dchan, int call, const MwiComponent *component);
/* libpri's event E of Q931, which is no leg's; FRAME: the frame it belongs to, or NULL. */
void mwi_sender_event(DChannel *dchan, q931_call *q931, int e, const FrameNews *frame);
/* libpri may have dropped a connection without an event. */
void mwi_sender_sweep(DChannel *dchan);
