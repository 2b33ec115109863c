/* Small things done to a Sofia message: headers by name, Max-Forwards, Via, a response of ours. */
#include "room.h"

#define MAX_FORWARDS_DEFAULT 70
/* RFC 5393 5.3.3.1 */
#define BREADTH_MAX 60

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

gboolean message_add_header(msg_t *msg, sip_t *sip, const char *name, const char *value)
{
    sip_unknown_t *header = sip_unknown_format(msg_home(msg), "%s: %s", name, value);

    return header && msg_header_insert(msg, (msg_pub_t *)sip, (msg_header_t *)header) >= 0;
}

gboolean message_count_down(msg_t *msg, sip_t *sip)
{
    unsigned long left =
        sip->sip_max_forwards ? sip->sip_max_forwards->mf_count : MAX_FORWARDS_DEFAULT + 1;
    sip_max_forwards_t *count;

    if (!left)
        return FALSE;
    count = sip_max_forwards_format(msg_home(msg), "%lu", MIN(left, 256) - 1);
    return count && msg_header_insert(msg, (msg_pub_t *)sip, (msg_header_t *)count) >= 0;
}

guint message_breadth(sip_t const *sip)
{
    const char *text = message_find_header(sip, "Max-Breadth");
    guint64 value = BREADTH_MAX;

    if (text && !g_ascii_string_to_unsigned(text, 10, 0, BREADTH_MAX, &value, NULL))
        value = BREADTH_MAX;
    return (guint)value;
}

gboolean message_leave_via(msg_t *msg, sip_t *sip)
{
    if (!sip->sip_via || !sip->sip_via->v_next)
        return FALSE;
    sip_via_remove(msg, sip);
    return TRUE;
}

msg_t *message_response(nta_incoming_t *irq, int status, const char *phrase)
{
    msg_t *msg = nta_incoming_create_response(irq, status, phrase);

    /* The tag in To is what a mere creation leaves out. */
    if (msg && nta_incoming_complete_response(irq, msg, status, phrase, TAG_END()) < 0) {
        msg_destroy(msg);
        return NULL;
    }
    return msg;
}

gboolean message_is_of_event(sip_t const *sip, const char *event)
{
    return sip->sip_event && sip->sip_event->o_type && strcmp(sip->sip_event->o_type, event) == 0;
}
