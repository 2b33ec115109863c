/* Trunk groups: the bookings of their B channels, both ways. */
#pragma once

#include "isdn_leg.h"

TrunkGroup *trunk_new(Isdn *isdn, const TrunkSettings *settings);
void trunk_free(TrunkGroup *group);
const TrunkSettings *trunk_settings(const TrunkGroup *group);
void trunk_set_settings(TrunkGroup *group, const TrunkSettings *settings);

/* Books a free channel for CALL by the group's hunting rule. FALSE with *CAUSE: 34 all are busy, 38
 * no span is up. */
gboolean trunk_seize(TrunkGroup *group, Call *call, Channel *channel, guint8 *cause);

/* The next channel of the group that becomes free is booked for CALL, which CHANNEL.FREE tells; at
 * once, and FALSE, when one is free already. trunk_seize() then takes it. */
gboolean trunk_claim(TrunkGroup *group, Call *call);
/* CALL waits no longer; what was booked for it but not seized is free again. */
void trunk_unclaim(Isdn *isdn, Call *call);
/* A channel of DCHAN's span may have become free: whoever waits longest gets it. */
void trunk_offer(DChannel *dchan);

/* Ends CALL's booking of CHANNEL; nothing when it is not CALL's (any more). */
void trunk_release(Isdn *isdn, Channel channel, guint32 call);

/* What an incoming SETUP asks of its channel. */
typedef struct ChannelWish {
    guint wanted;      /* 0: any */
    gboolean flexible; /* another one will do */
    gboolean help;     /* it answers a call for help: what is reserved is for it, too */
} ChannelWish;

/* May a call be on CHANNEL of DCHAN that the far end names? On a group it speaks by another span's
 * line, even while this one's is dead or taken out. */
gboolean trunk_is_takeable(DChannel *dchan, const BChannel *channel);

/* The channel of an incoming SETUP. Settles glare. Returns its number, reserved until it is booked
 * or given up, or 0 with the *CAUSE of the refusal. */
guint8 trunk_choose(DChannel *dchan, const ChannelWish *wish, guint8 *cause);
void trunk_unchoose(DChannel *dchan, guint8 number);
void trunk_book(DChannel *dchan, guint8 number, guint32 call);

/* The far end has taken LEG's channel for the call: it needs no RESTART. */
void trunk_proven(IsdnLeg *leg);
/* LEG's channel goes aside when the call ends, for REASON. */
void trunk_blame(IsdnLeg *leg, ChannelReason reason);
