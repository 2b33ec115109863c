/* The booking of RTP ports: an even port for RTP and the next one for RTCP, bound in signalling.
 *
 * A pair is booked until it is released, which must not happen before its sockets are closed.
 * Home thread: signalling.
 */
#pragma once

#include "settings.h"

typedef struct PortPairs PortPairs;

typedef struct PortPair {
    struct sockaddr_storage local; /* of RTP */
    int rtp, rtcp;                 /* bound, non-blocking; the taker closes them */
    struct sockaddr_storage other; /* the same port of the other family; ss_family 0: none */
    int other_rtp, other_rtcp;     /* -1: none */
} PortPair;

/* The range, addresses and DSCP of SETTINGS. */
PortPairs *port_pairs_new(const MediaSettings *settings);
void port_pairs_free(PortPairs *pairs);

/* FALSE with ERROR ("[media] address: ...") when the address is none of this machine. */
gboolean port_pairs_check(const PortPairs *pairs, GError **error);
/* Books the next free pair of the range in turn. FALSE when none is left or none can be bound. */
gboolean port_pairs_book(PortPairs *pairs, PortPair *pair);
/* PORT's pair may be booked again. */
void port_pairs_release(PortPairs *pairs, guint16 port);
guint port_pairs_used(const PortPairs *pairs);
