/* A place to listen at: an address with its port, and a transport. */
#pragma once

#include "settings.h"

typedef enum PlaceTransport { PLACE_UDP, PLACE_TCP, PLACE_TLS } PlaceTransport;

typedef struct Place {
    PlaceTransport transport;
    struct sockaddr_storage address;
    const char *setting; /* that names it: "[sip] listen" */
} Place;

/* Messages on a stream are no longer than this; a datagram is no larger. */
#define PLACE_MESSAGE_MAX 65536
/* A message that has begun on a stream comes to its end in this time. */
#define PLACE_RECEIVE_TIMEOUT_MS 10000
/* Who connects says something in this time. */
#define PLACE_MUTE_US (10 * G_USEC_PER_SEC)

/* "udp", "tcp", "tls" */
const char *place_transport_name(PlaceTransport transport);
/* [sip] listen and also-listen, UDP before TCP, as Place; caller owns. */
GArray *places_of(const SipSettings *sip);
/* The ERROR of PLACE, which could not be opened by the errno WHY. */
void place_refuse(const Place *place, int why, GError **error);
/* Could PLACE be opened? Sofia would not say why not. */
gboolean place_is_free(const Place *place, GError **error);
/* ADDRESS without its port as a URI's host, [] around IPv6. Caller frees. */
char *place_host(const struct sockaddr_storage *address);
/* "sip:HOST:PORT;transport=tcp;maddr=ADDRESS": what Sofia binds for PLACE, with PUBLIC_HOST (NULL:
 * none) as what the Via says. Caller frees. */
char *place_url(const Place *place, const char *public_host);
