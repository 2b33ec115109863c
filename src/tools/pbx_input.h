/* Where commands come from: a script read whole and checked first, or standard input line by line.
 *
 * Home thread: the loop's.
 */
#pragma once

#include "pbx_run.h"

typedef struct PbxInput PbxInput;

/* Reads FILE whole; NULL: standard input, while the run lasts. NULL with ERROR: "FILE:7: expect:
 * ...", every mistake a line. */
PbxInput *pbx_input_new(const char *file, GError **error);
/* Hands RUN its commands, now or as they come. */
void pbx_input_start(PbxInput *input, PbxRun *run);
/* Lets the loop go; before it is freed. */
void pbx_input_stop(PbxInput *input);
void pbx_input_free(PbxInput *input);
