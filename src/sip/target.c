/* Where requests of ours in a dialog go: to an address, never to what cannot be sent to or has to
 * be asked for.
 *
 * A request that NUA cannot send, it answers to itself, and where that was a BYE it tries again at
 * once: an INVITE with Contact <foo:x> that is never acknowledged would exhaust the stack, one with
 * the name of a host would hang the thread while no name server can be reached.
 */
#include "sip_room.h"

#include <sofia-sip/hostdomain.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/su_string.h>
#include <sofia-sip/url.h>
#include <string.h>

static gboolean port_is_good(const char *text)
{
    guint64 port;

    return !text || !*text || g_ascii_string_to_unsigned(text, 10, 1, 65535, &port, NULL);
}

static gboolean host_is_good(const char *text)
{
    return text && *text && host_is_valid(text);
}

/* Can a request be sent there from PORT, as far as one can see? */
static gboolean target_is_good(const UaPort *port, const url_t *url)
{
    const Ua *ua = port->ua;
    struct sockaddr_storage address;
    char value[64];

    if (url->url_type != url_sip || !host_is_good(url->url_host) || !port_is_good(url->url_port))
        return FALSE;
    if (url_param(url->url_params, "transport", value, sizeof(value)) &&
        g_ascii_strcasecmp(value, "udp") != 0 &&
        (ua->is_behind || !ua->settings->sip.tcp || g_ascii_strcasecmp(value, "tcp") != 0))
        return FALSE;
    if (url_param(url->url_params, "maddr", value, sizeof(value)))
        return host_is_good(value) &&
               (!address_parse(value, &address) || address.ss_family == port->listen.ss_family);
    return !address_parse(url->url_host, &address) || address.ss_family == port->listen.ss_family;
}

/* Where our next request of the dialog would go first; NULL without a Contact. */
static url_t *next_hop(const sip_t *sip)
{
    sip_record_route_t *route = sip->sip_record_route;

    if (!sip->sip_contact)
        return NULL;
    /* RFC 3261 12.1.1, 12.1.2: the callee takes the route set as it stands, the caller from its
     * end. */
    while (route && sip->sip_status && route->r_next)
        route = route->r_next;
    return route ? route->r_url : sip->sip_contact->m_url;
}

/* Methods whose Contact is where the dialog goes on. */
static gboolean message_sets_target(const sip_t *sip)
{
    sip_method_t method = sip->sip_request ? sip->sip_request->rq_method : sip->sip_cseq->cs_method;

    return (method == sip_method_invite || method == sip_method_update ||
            method == sip_method_refer || method == sip_method_subscribe) &&
           (sip->sip_request || sip->sip_status->st_status < 300);
}

static gboolean url_is_numeric(const url_t *url)
{
    char maddr[64];

    if (url_param(url->url_params, "maddr", maddr, sizeof(maddr)))
        return host_is_ip_address(maddr);
    return host_is_ip_address(url->url_host);
}

/* "maddr=127.0.0.1" of where MSG came from, owned by it. */
static const char *source_maddr(msg_t *msg)
{
    struct sockaddr_storage bare = {0};
    const struct sockaddr *source = &msg_addr(msg)->su_sa;
    gboolean v6 = source->sa_family == AF_INET6;
    char text[INET6_ADDRSTRLEN + 8];

    memcpy(&bare, source, v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
    address_set_port(&bare, 0);
    address_describe((struct sockaddr *)&bare, text, sizeof(text));
    return su_sprintf(msg_home(msg), v6 && *text != '[' ? "maddr=[%s]" : "maddr=%s", text);
}

static void remove_all(msg_t *msg, sip_t *sip, void *header)
{
    if (header)
        msg_header_remove_all(msg, (msg_pub_t *)sip, header);
}

const char *target_settle(const UaPort *port, msg_t *msg, sip_t *sip)
{
    gboolean known = (sip->sip_request || sip->sip_status) && sip->sip_cseq;
    url_t *url = known && message_sets_target(sip) ? next_hop(sip) : NULL;
    gboolean routed = sip->sip_record_route != NULL;

    if (!url)
        return NULL;
    if (!target_is_good(port, url)) {
        /* A response's Contact may still do without the route; a request without Contact begins
         * no dialog, and moves none. */
        if (!routed || sip->sip_request)
            remove_all(msg, sip, sip->sip_contact);
        remove_all(msg, sip, sip->sip_record_route);
        /* What is left of a response may be no better. */
        if (routed && (url = next_hop(sip)) && !target_is_good(port, url))
            remove_all(msg, sip, sip->sip_contact);
        url = next_hop(sip);
    }
    if (url && !url_is_numeric(url))
        url->url_params =
            url->url_params && *url->url_params
                ? su_sprintf(msg_home(msg), "%s;%s", url->url_params, source_maddr(msg))
                : source_maddr(msg);
    if (routed)
        return sip->sip_record_route ? NULL : "Record-Route";
    return sip->sip_contact ? NULL : "Contact";
}
