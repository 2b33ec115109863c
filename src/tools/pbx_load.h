/* The load a `rate` command makes: calls at a pace, and how they went.
 *
 * Home thread: the loop's.
 */
#pragma once

#include "pbx_call.h"

typedef struct PbxLoad PbxLoad;

/* Begins to make calls on LINES (of PbxLine*) as COMMAND says; all outlive the load. FINISHED is
 * called when the last call is over. */
PbxLoad *pbx_load_new(Loop *loop, PbxCalls *calls, GPtrArray *lines, const PbxCommand *command,
                      LoopFunc finished, void *user);
void pbx_load_free(PbxLoad *load);

/* One of its calls is connected; is over. */
void pbx_load_connected(PbxLoad *load, PbxCall *call);
void pbx_load_gone(PbxLoad *load, const PbxCall *call);

gboolean pbx_load_is_finished(const PbxLoad *load);
/* Calls that were not answered; those of them that were never made, as no line was ready. */
guint64 pbx_load_failed(const PbxLoad *load);
guint64 pbx_load_given_up(const PbxLoad *load);
