/* The PBX wants two of its calls joined, and to leave both: explicit call transfer (EN 300 369-1),
 * two B channel transfer, release link trunk. */
#pragma once

#include "isdn_leg.h"

/* libpri's word of it, which came with FRAME in LEG's call. */
void isdn_join_asked(IsdnLeg *leg, const struct pri_subcmd_transfer *transfer,
                     const FrameNews *frame);
/* What the message says that libpri tells nobody. */
void isdn_join_read(DChannel *dchan, const FrameNews *frame);
/* LEG's CONNECT is about to be asked for. */
void isdn_join_tell(IsdnLeg *leg);
