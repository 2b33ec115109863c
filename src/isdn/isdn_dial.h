/* A called number that the far end gets in pieces. */
#pragma once

#include "isdn_leg.h"

/* The call map's isdn_information. */
gboolean isdn_dial_on(void *room, Call *call, const CallNews *news);
