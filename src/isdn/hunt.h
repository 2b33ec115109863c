/* Which free B channel of a trunk group a call gets. */
#pragma once

#include "isdn_leg.h"

/* A free channel of TRUNK's spans by its hunting rule, for CALL; NULL with *CAUSE: 34 all are busy,
 * 38 no span is up. *CURSOR, 0 at first, is the group's: how far it has come by turns. */
BChannel *hunt_channel(Isdn *isdn, const TrunkSettings *trunk, guint *cursor, const Call *call,
                       Channel *channel, guint8 *cause);
/* How many there are. */
guint hunt_count_free(Isdn *isdn, const TrunkSettings *trunk);
