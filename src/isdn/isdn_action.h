/* The call map's actions that are isdn's. */
#pragma once

#include "room.h"

CallOps isdn_actions(Isdn *isdn);
