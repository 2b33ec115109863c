/* The UDP socket of a pseudowire: its own address, one far end, nobody else. */
#pragma once

#include "span.h"

#define CESOPSN_PACKET_MAX 1500

typedef struct CesopsnSocket CesopsnSocket;

/* NULL with ERROR ("[span e1] local: 127.0.0.1:4000: Address already in use"). */
CesopsnSocket *cesopsn_socket_open(const SpanSettings *settings, SpanCounters *counters,
                                   GError **error);
void cesopsn_socket_close(CesopsnSocket *self);
/* The descriptor, for a loop to watch. */
int cesopsn_socket_fd(const CesopsnSocket *self);
/* Takes the next datagram; FALSE when none is waiting. PACKET points to it, and LENGTH tells its
 * length, until the next call; PACKET is NULL when it was not the far end's. */
gboolean cesopsn_socket_receive(CesopsnSocket *self, const guint8 **packet, gsize *length);
/* Sends a datagram; what the network does not take is lost, as on the network. */
void cesopsn_socket_send(CesopsnSocket *self, const guint8 *packet, gsize length);
