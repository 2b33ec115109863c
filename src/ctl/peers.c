/* The command about the SIP peers: their servers, and our registrations there. In signalling. */
#include "clock.h"
#include "commands.h"

static const char *registration_name(UaRegistrationState state)
{
    switch (state) {
    case UA_UNREGISTERED:
        return NULL;
    case UA_REGISTERING:
        return "registering";
    case UA_REGISTERED:
        return "registered";
    case UA_REGISTER_FAILED:
        return "failed";
    }
    return NULL;
}

static void peer_tell(void *user, const UaPeer *peer)
{
    JsonObject *row = answer_row(user);

    answer_text(row, "peer", peer->name);
    answer_text(row, "server", peer->server);
    answer_text(row, "registration", registration_name(peer->registration));
    if (peer->since_us)
        answer_count(row, "since_s",
                     (guint64)MAX(clock_now_us() - peer->since_us, 0) / G_USEC_PER_SEC);
    if (peer->registration == UA_REGISTERED)
        answer_count(row, "expires_s", peer->expires_s);
    if (peer->status)
        answer_count(row, "status", (guint64)peer->status);
    if (peer->addresses)
        answer_text(row, "addresses", peer->addresses);
    if (!peer->state)
        return;
    answer_text(row, "state", peer->state);
    answer_count(row, "state_s",
                 (guint64)MAX(clock_now_us() - peer->state_since_us, 0) / G_USEC_PER_SEC);
    answer_count(row, "answered", peer->answered);
    answer_count(row, "refused", peer->refused);
    answer_count(row, "silent", peer->unanswered);
}

COMMAND(command_show_peers)
{
    JsonArray *rows = json_array_new();

    ua_each_peer(scene->rooms.ua, peer_tell, rows);
    return answer_array(rows);
}
