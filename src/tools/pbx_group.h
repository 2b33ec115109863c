/* Lines that share a D channel (NFAS): whose D channel speaks for which B channels, and the change
 * from one D channel to the other.
 *
 * Home thread: the loop's.
 */
#pragma once

#include "pbx_line.h"

typedef struct PbxGroup PbxGroup;

/* Calls on LINE's channels are told by HEAD's D channel from now on; where LINE has the backup, by
 * either. Before anything is done on LINE. HEAD keeps the group. */
void pbx_group_join(PbxLine *head, PbxLine *line);
void pbx_group_free(PbxGroup *group);

/* The line whose D channel speaks for LINE's channels now: itself as a rule. */
PbxLine *pbx_line_speaker(const PbxLine *line);
/* TRUE when one D channel, or one pair of them, speaks for both. */
gboolean pbx_line_is_kin(const PbxLine *line, const PbxLine *other);
/* The line of libpri's ENCODED channel, which came by the D channel of BY: "channel | interface <<
 * 8 | explicit << 16". NULL when nobody has that interface. */
PbxLine *pbx_line_meant(PbxLine *by, int encoded);
/* Channel NUMBER of LINE as libpri wants it, the interface identifier said. */
int pbx_line_encode(const PbxLine *line, gint number);
/* "channel | interface << 8" with an interface identifier: TRUE when LINE is one of several. */
gboolean pbx_line_is_grouped(const PbxLine *line);

/* LINE's D channel came up or went, or its line's alarms changed: the other one may become active,
 * at the next turn of the loop. */
void pbx_group_look(PbxLine *line);
/* SERVICE came by the D channel of BY for ENCODED: TRUE when that is one of the D channels. IN:
 * it is the active one now. */
gboolean pbx_group_service(PbxLine *by, int encoded, gboolean in);
/* LINE's D channel is to be the active one, and the far end is told. FALSE with ERROR when it is
 * none, or down. */
gboolean pbx_group_switch(PbxLine *line, GError **error);
