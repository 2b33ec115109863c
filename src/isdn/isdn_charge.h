/* Advice of charge, EN 300 182-1: what a call will cost, costs, has cost, as the PBX says. */
#pragma once

#include "isdn_leg.h"

/* TRUE when COMMAND of LEG's call is one of these, and is dealt with. LEG may be gone afterwards. */
gboolean isdn_charge_told(IsdnLeg *leg, const struct pri_subcommand *command);
