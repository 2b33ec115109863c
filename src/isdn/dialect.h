/* What is common to families of switch types. */
#pragma once

#include "settings.h"

/* The dialects of North America: no digits after SETUP, no Sending complete, SERVICE messages. */
gboolean dialect_is_american(SwitchType type);
