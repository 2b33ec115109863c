/* The board on which the media thread writes what the others may read: alarms, counters, port
 * statistics.
 *
 * Any thread; one lock, held for a copy.
 */
#pragma once

#include "media.h"

typedef struct Board Board;

Board *board_new(guint spans);
void board_free(Board *board);

void board_write_span(Board *board, guint span, SpanAlarms alarms, const SpanCounters *counters);
/* No alarms and zeroes for a span that is not there. */
SpanAlarms board_read_span(Board *board, guint span, SpanCounters *counters);

/* A line for the port of STATS->call, which lasts until it is wiped. */
void board_add_port(Board *board, const MediaStats *stats);
/* Replaces the line; nothing when it has been wiped meanwhile. */
void board_write_port(Board *board, const MediaStats *stats);
void board_wipe_port(Board *board, guint32 call);
gboolean board_read_port(Board *board, guint32 call, MediaStats *stats);
