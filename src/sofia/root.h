/* Sofia's root, for the rooms that give it to Sofia's agents. */
#pragma once

#ifndef SU_ROOT_MAGIC_T
#define SU_ROOT_MAGIC_T void
#endif

#include "sofia.h"

#include <sofia-sip/su_wait.h>

/* Sofia's root of a sofia_loop, NULL for another loop; and one turn of it, at most MS long. */
su_root_t *sofia_loop_root(Loop *loop);
void sofia_loop_step(Loop *loop, guint ms);
