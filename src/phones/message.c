/* Headers that Sofia has no class for: found and taken out by name. */
#include "room.h"

static gboolean header_is(sip_unknown_t const *header, const char *name)
{
    return header->un_name && g_ascii_strcasecmp(header->un_name, name) == 0;
}

const char *message_find_header(sip_t const *sip, const char *name)
{
    for (sip_unknown_t const *at = sip->sip_unknown; at; at = at->un_next) {
        if (header_is(at, name))
            return at->un_value;
    }
    return NULL;
}

void message_remove_header(msg_t *msg, sip_t *sip, const char *name)
{
    sip_unknown_t *at = sip->sip_unknown, *next;

    for (; at; at = next) {
        next = at->un_next;
        if (header_is(at, name))
            msg_header_remove(msg, (msg_pub_t *)sip, (msg_header_t *)at);
    }
}
