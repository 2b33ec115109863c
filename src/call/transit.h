/* A call from a trunk to a trunk: two calls of the map, each the other's SIP side, without SIP. */
#pragma once

#include "call_private.h"

/* In place of the SIP room for a call whose transit is set. */
extern const CallOps transit_ops;
/* CALL's port as the far end of its other half. */
void transit_news_media(const Call *call, CallNews *news);

/* Whether the calling number in SETUP, of CALL's, is believed. */
void transit_setup_settle(const Call *call, CallSetup *setup);

/* transfer.c: what a call sought for a transfer does on its SIP side, before it is anybody's other
 * half and after: EVENT of it; it is answered; it parts. */
void transfer_told(Call *call, CallEvent event, const CallNews *news);
gboolean transfer_answered(Call *call); /* FALSE: there is nobody to talk to, BYE was raised */
void transfer_parted(Call *call);
