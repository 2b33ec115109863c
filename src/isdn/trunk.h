/* Trunk groups: hunting for a free B channel, bookings both ways, and glare. */
#pragma once

#include "isdn_leg.h"

TrunkGroup *trunk_new(Isdn *isdn, const TrunkSettings *settings);
void trunk_free(TrunkGroup *group);
const TrunkSettings *trunk_settings(const TrunkGroup *group);
void trunk_set_settings(TrunkGroup *group, const TrunkSettings *settings);

/* Books a free channel for CALL by the group's hunting rule. FALSE with *CAUSE: 34 all are busy, 38
 * no span is up. */
gboolean trunk_seize(TrunkGroup *group, Call *call, Channel *channel, guint8 *cause);

/* Ends CALL's booking of CHANNEL; nothing when it is not CALL's (any more). */
void trunk_release(Isdn *isdn, Channel channel, guint32 call);

/* The channel of an incoming SETUP that asks for WANTED (0: any), or may take another one when
 * FLEXIBLE. Settles glare. Returns its number, reserved until it is booked or given up, or 0 with
 * the *CAUSE of the refusal. */
guint8 trunk_choose(DChannel *dchan, guint wanted, gboolean flexible, guint8 *cause);
void trunk_unchoose(DChannel *dchan, guint8 number);
void trunk_book(DChannel *dchan, guint8 number, guint32 call);

/* The far end has taken LEG's channel for the call: it needs no RESTART. */
void trunk_proven(IsdnLeg *leg);
/* The channel LEG's SETUP asked for was refused for its own sake: it goes aside when the call ends.
 */
void trunk_blame(IsdnLeg *leg);
