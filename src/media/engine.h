/* The media thread's half of media: its spans, and which port serves which channel.
 *
 * Home thread of everything here: media.
 */
#pragma once

#include "board.h"
#include "port.h"

typedef struct Engine Engine;

/* News for signalling; called in the media thread. */
typedef struct EngineEvents {
    void *user;
    void (*d_frame)(void *user, guint8 span, const guint8 *frame, gsize length);
    void (*alarm)(void *user, guint8 span, SpanAlarms alarms);
    void (*selftested)(void *user, const SelftestReport *report);
} EngineEvents;

/* Opens every span of SETTINGS on LOOP; NULL with the span's ERROR. BOARD is borrowed. */
Engine *engine_new(const Settings *settings, Loop *loop, Board *board, const EngineEvents *events,
                   GError **error);
/* Frees what ports are left, closes the spans. */
void engine_free(Engine *engine);

/* Takes PORT over. */
void engine_add_port(Engine *engine, Port *port);
/* Has the port of ORDERS->call obey them; nothing when there is none. */
void engine_order_port(Engine *engine, const PortOrders *orders);
/* port_play_digits() for CALL's port; nothing when there is none. */
void engine_play_digits(Engine *engine, guint32 call, const char *digits, guint ms,
                        gboolean to_phone);
/* Ends CALL's port with its sockets. FALSE when there is none; else its last STATS. */
gboolean engine_remove_port(Engine *engine, guint32 call, MediaStats *stats);

/* Begins a loop-back check of SPAN, whose end is events.selftested. */
void engine_selftest(Engine *engine, guint8 span);

void engine_d_send(Engine *engine, guint8 span, const guint8 *frame, gsize length);
