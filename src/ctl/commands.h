/* The commands of the control socket, as functions from a scene and arguments to JSON.
 *
 * Private to src/ctl. Each one's home thread stands in its row of commands.c.
 */
#pragma once

#include "request.h"

#define COMMAND(name) JsonNode *name(CtlScene *scene, JsonObject *arguments, GError **error)

COMMAND(command_show_spans);
COMMAND(command_show_channels);
COMMAND(command_show_calls);
COMMAND(command_show_routes);
COMMAND(command_show_timers);
COMMAND(command_show_counters);
COMMAND(command_show_registrations);
COMMAND(command_show_primary);
COMMAND(command_show_peers);
COMMAND(command_show_mwi);
COMMAND(command_drop_registration);
COMMAND(command_ladder);
COMMAND(command_hangup);
COMMAND(command_busy_out_span);
COMMAND(command_busy_out_channel);
COMMAND(command_return_span);
COMMAND(command_return_channel);
COMMAND(command_switch_span);
COMMAND(command_selftest_span);
COMMAND(command_selftest_result);
COMMAND(command_drain);
COMMAND(command_undrain);
COMMAND(command_reload);
COMMAND(command_explain_cause);
COMMAND(command_explain_status);
COMMAND(command_explain_route);
COMMAND(command_version);
COMMAND(command_ping);

/* The span called NAME, or at that place in `show spans` from 1 (selftest.c). FALSE with ERROR. */
gboolean span_find(const CtlScene *scene, const char *name, guint8 *index, GError **error);

/* Every command there is. */
extern const CommandTable commands;

/* ---- building answers (answer.c) ---- */

/* Sets MEMBER to TEXT made valid UTF-8 without control characters; NULL or "" is left out. */
void answer_text(JsonObject *object, const char *member, const char *text);
void answer_count(JsonObject *object, const char *member, guint64 value);
/* A new object at the end of ARRAY, borrowed. */
JsonObject *answer_row(JsonArray *array);
/* Nodes that take ownership of what they hold. */
JsonNode *answer_array(JsonArray *array);
JsonNode *answer_object(JsonObject *object);
JsonNode *answer_string(const char *text);
/* "e1/5", or "" for no channel; points to BUFFER. */
const char *answer_channel(const CtlScene *scene, Channel channel, char *buffer, gsize size);
/* The name of span INDEX as opened. */
const char *answer_span(const CtlScene *scene, guint index);
