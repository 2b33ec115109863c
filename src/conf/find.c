/* Finding things in the settings: trunks, peers and phones by name, peers by address. */
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

static gboolean phone_is(const PhoneSettings *phone, const char *user)
{
    if (strcmp(phone->name, user) == 0)
        return TRUE;
    for (guint i = 0; phone->aliases && i < phone->aliases->len; i++) {
        if (strcmp(g_ptr_array_index(phone->aliases, i), user) == 0)
            return TRUE;
    }
    return FALSE;
}

const PhoneSettings *settings_find_phone(const Settings *settings, const char *user)
{
    for (guint i = 0; i < settings->phones->len; i++) {
        const PhoneSettings *phone = g_ptr_array_index(settings->phones, i);

        if (phone_is(phone, user))
            return phone;
    }
    return NULL;
}
