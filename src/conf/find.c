/* Finding things in the settings: trunks and peers by name, peers by address. */
#include "settings.h"

#include <string.h>

const TrunkSettings *settings_find_trunk(const Settings *settings, const char *name)
{
    for (guint i = 0; i < settings->trunks->len; i++) {
        const TrunkSettings *trunk = g_ptr_array_index(settings->trunks, i);

        if (strcmp(trunk->name, name) == 0)
            return trunk;
    }
    return NULL;
}

const PeerSettings *settings_find_peer(const Settings *settings, const char *name)
{
    for (guint i = 0; i < settings->peers->len; i++) {
        const PeerSettings *peer = g_ptr_array_index(settings->peers, i);

        if (strcmp(peer->name, name) == 0)
            return peer;
    }
    return NULL;
}

const PeerSettings *settings_peer_of(const Settings *settings, const struct sockaddr *address)
{
    for (guint i = 0; i < settings->peers->len; i++) {
        const PeerSettings *peer = g_ptr_array_index(settings->peers, i);

        if (network_contains(peer->networks, address))
            return peer;
    }
    return NULL;
}
