/* Waiting for the end of a loop-back check, which the daemon runs on its own.
 *
 * Home thread: main of tielinectl.
 */
#pragma once

#include "desk_client.h"

/* *RESULT is the answer to `selftest span`; asks the daemon at PATH until that check is over, and
 * puts what it found in *RESULT's place. Otherwise *TROUBLE is the caller's. */
Asked selftest_wait(const char *path, JsonNode **result, char **trouble);
/* The check of RESULT, an answer to `selftest result`, is over and found every channel good. */
gboolean selftest_passed(JsonNode *result);
