/* Message waiting on the PBX's line: told as a PBX or its voice-mail system tells it, and heard.
 *
 * libpri writes it without a count, on QSIG alone, and tells nobody what it hears. Home thread: the
 * loop's.
 */
#pragma once

#include "pbx_line.h"

/* Says that NUMBER's messages WAIT, COUNT of them (0: it is not said), or that it has none: by a
 * connection of its own on QSIG, else in FACILITY. FALSE: the switch type has none, or libpri will
 * not. */
gboolean pbx_mwi_send(PbxLine *line, const char *number, gboolean wait, guint count);

/* Does SEEN, which came, bring message waiting? Then TEXT is "200 waiting 3", "200 waiting" or "200
 * none", and the answer that takes it is on its way. */
gboolean pbx_mwi_hear(PbxLine *line, const PbxSeen *seen, char *text, gsize size);
