/* Where a SIP request came from: the transport's source, the peer it belongs to, how far it is
 * believed. */
#include "sip_room.h"

#include <string.h>

void origin_read(const Settings *settings, const struct sockaddr *source, CallOrigin *origin)
{
    const PeerSettings *peer = settings_peer_of(settings, source);

    memset(origin, 0, sizeof(*origin));
    origin->kind = ORIGIN_SIP;
    memcpy(&origin->source, source,
           source->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                         : sizeof(struct sockaddr_in));
    if (!peer)
        return;
    g_strlcpy(origin->peer, peer->name, sizeof(origin->peer));
    origin->trusted = peer->trusted;
}

void origin_source(nua_t *nua, struct sockaddr_storage *source)
{
    msg_t *msg = nua_current_request(nua);
    su_sockaddr_t const *address = msg ? msg_addr(msg) : NULL;

    memset(source, 0, sizeof(*source));
    if (!address)
        return;
    if (address->su_family == AF_INET)
        memcpy(source, &address->su_sin, sizeof(struct sockaddr_in));
    else if (address->su_family == AF_INET6)
        memcpy(source, &address->su_sin6, sizeof(struct sockaddr_in6));
}
