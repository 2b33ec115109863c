/* How the answer to each command looks to people.
 *
 * Home thread: main of tielinectl.
 */
#pragma once

#include "table.h"

/* Prints RESULT, the answer to COMMAND ("show calls"). FALSE when it has not the shape that
 * command's answers have. */
gboolean view_print(FILE *out, const char *command, JsonNode *result, gboolean colour);
