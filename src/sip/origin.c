/* Where a SIP request came from: the transport's source, or what the proxy says of it. */
#include "sip_room.h"

#include <string.h>

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

const char *origin_describe(const Ua *ua, sip_t const *sip, const struct sockaddr *source,
                            char *text, gsize size)
{
    sip_via_t const *via = sip->sip_via ? sip->sip_via->v_next : NULL;
    const char *host = !via ? NULL : via->v_received ? via->v_received : via->v_host;
    const char *port = !via ? NULL : via->v_rport && *via->v_rport ? via->v_rport : via->v_port;
    struct sockaddr_storage seen;
    CallOrigin origin;
    guint64 number;

    if (!ua->is_behind)
        return address_describe(source, text, size);
    if (origin_of_request(ua, sip, source, &origin))
        return address_describe((struct sockaddr *)&origin.source, text, size);
    if (!host || !address_parse(host, &seen))
        return address_describe(source, text, size);
    if (port && g_ascii_string_to_unsigned(port, 10, 1, G_MAXUINT16, &number, NULL))
        address_set_port(&seen, (guint16)number);
    return address_describe((struct sockaddr *)&seen, text, size);
}

gboolean origin_of_request(const Ua *ua, sip_t const *sip, const struct sockaddr *source,
                           CallOrigin *origin)
{
    if (!ua->is_behind) {
        origin_read(ua->settings, source, origin);
        return TRUE;
    }
    for (sip_unknown_t const *at = sip->sip_unknown; at; at = at->un_next) {
        if (at->un_name && at->un_value && g_ascii_strcasecmp(at->un_name, ORIGIN_HEADER) == 0)
            return origin_unseal(ua->behind.key, at->un_value, sip->sip_call_id->i_id, origin);
    }
    return FALSE;
}
