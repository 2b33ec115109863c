/* Where a request goes: along its route, to a user of ours, to the gateway, or abroad. */
#include "port.h"
#include "primaries.h"

#include "mwi.h"
#include "number.h"
#include "route.h"

#include <string.h>

static Target *target_direct(const char *uri, const url_t *hop_at)
{
    Hop hop;
    Target *target;

    if (!hop_of_url(hop_at, &hop))
        return NULL;
    target = target_new(TARGET_DIRECT, uri, 1.0);
    target->hop = hop;
    if (!hop.address.ss_family) {
        su_home_t home[1] = {SU_HOME_INIT(home)};

        su_home_init(home);
        target->next = g_strdup(url_as_string(home, hop_at));
        su_home_deinit(home);
    }
    return target;
}

Target *where_gateway(const Phones *phones, const char *uri)
{
    Target *target = target_new(TARGET_GATEWAY, uri, 1.0);

    target->hop.address = phones->gateway.address;
    return target;
}

gboolean url_is_gateway(const Phones *phones, const url_t *url)
{
    return url->url_user && strcmp(url->url_user, PHONES_GATEWAY_USER) == 0 &&
           url_is_ours(phones, url);
}

/* May IN, of a dialog, go to HOP, where URL says? Its token alone would make us relay to whomever
 * its Request-URI names. */
static gboolean dialog_may_reach(const Inbound *in, const url_t *url, const Hop *hop)
{
    const Phones *phones = in->phones;
    const struct sockaddr *address = (const struct sockaddr *)&hop->address;

    if (in->from_gateway || in->leave == LEAVE_OPEN || phones->settings->proxy.foreign ||
        primaries_has_host(phones, url))
        return TRUE;
    if (!address->sa_family)
        return FALSE;
    for (guint i = 0; i < in->leave_count; i++) {
        if (address_same_host(address, (const struct sockaddr *)&in->leave_hop[i].address))
            return TRUE;
    }
    return proxyport_allows(phones->port, address) || primaries_know(phones, address);
}

static Target *target_of_dialog(const Inbound *in, const char *uri, const url_t *hop_at,
                                gboolean *barred)
{
    Target *target = target_direct(uri, hop_at);

    if (!target || dialog_may_reach(in, hop_at, &target->hop))
        return target;
    *barred = TRUE;
    target_free(target);
    return NULL;
}

/* Inside a dialog the request says where it goes: a flow, the next Route, or the Request-URI.
 * *barred: not there. */
static Target *where_in_dialog(const Inbound *in, const char *uri, gboolean *barred)
{
    const url_t *url = in->sip->sip_request->rq_url;
    sip_route_t const *route = in->sip->sip_route;
    Target *target = NULL;

    if (in->forced) {
        target = target_new(TARGET_DIRECT, uri, 1.0);
        target->hop = in->forced_hop;
        if (!phones_can_reach(in->phones, &target->hop))
            registration_find_flow(in->phones, uri, &target->hop);
    } else if (route && !in->strict) {
        target = target_of_dialog(in, uri, route->r_url, barred);
    } else if (url_is_gateway(in->phones, url)) {
        target = where_gateway(in->phones, uri);
    } else if (!url_is_ours(in->phones, url)) {
        target = target_of_dialog(in, uri, url, barred);
    }
    return target;
}

/* Is IN a subscription to messages that wait for a user of ours? The gateway knows of them from the
 * PBX. */
static gboolean is_for_mailbox(const Inbound *in)
{
    const Settings *settings = in->phones->settings;

    if (in->in_dialog || in->from_gateway ||
        in->sip->sip_request->rq_method != sip_method_subscribe ||
        !message_is_of_event(in->sip, MWI_EVENT) ||
        !url_is_ours(in->phones, in->sip->sip_request->rq_url))
        return FALSE;
    for (guint i = 0; i < settings->trunks->len; i++)
        if (((const TrunkSettings *)settings->trunks->pdata[i])->mwi != TRUNK_MWI_NO)
            return TRUE;
    return FALSE;
}

int where_to(Inbound *in, GQueue *targets, const char **phrase)
{
    Phones *phones = in->phones;
    su_home_t *home = msg_home(in->msg);
    const url_t *url = in->sip->sip_request->rq_url;
    const char *uri = url_as_string(home, url), *user = url_user_text(home, url);
    gboolean barred = FALSE;
    Target *target = in->in_dialog ? where_in_dialog(in, uri, &barred) : NULL;

    if (barred) {
        *phrase = "Foreign Domain";
        return 403;
    }
    if (!target && (in->origin.emergency || url_is_gateway(phones, url) || is_for_mailbox(in)))
        target = where_gateway(phones, uri);
    if (!target && url->url_scheme && g_ascii_strcasecmp(url->url_scheme, "urn") == 0)
        return 404; /* a service that leads nowhere (RFC 5031 4.2) */
    /* By our Path: to a phone that registered with the primary through us. */
    if (!target && !in->in_dialog && !url_is_ours(phones, url) && primaries_sent(in))
        target = registers_target(in, uri);
    if (!target && !url_is_ours(phones, url) && !primaries_has_host(phones, url) &&
        url->url_type != url_tel) {
        if (!in->from_gateway && (in->in_dialog || !primaries_sent(in)) &&
            !phones->settings->proxy.foreign) {
            *phrase = "Foreign Domain";
            return 403;
        }
        target = target_direct(uri, in->sip->sip_route ? in->sip->sip_route->r_url : url);
        if (!target)
            return 416;
    }
    if (!target)
        return *user ? where_user(in, user, uri, TRUE, targets) : 404;
    g_queue_push_tail(targets, target);
    return 0;
}

void where_redirected(Fork *fork, const url_t *url, const char *uri, GQueue *targets)
{
    Phones *phones = fork->phones;
    su_home_t *home = msg_home(fork->msg);
    Target *target;

    if (url_is_ours(phones, url) && !url_is_gateway(phones, url)) {
        Inbound in = {.phones = phones,
                      .msg = fork->msg,
                      .sip = fork->sip,
                      .from = fork->from,
                      .origin = fork->origin,
                      .from_gateway = fork->from_gateway};

        where_user(&in, url_user_text(home, url), uri, FALSE, targets);
        return;
    }
    target = url_is_gateway(phones, url) ? where_gateway(phones, uri) : target_direct(uri, url);
    if (!target)
        return;
    target->ring_us = fork->settings->proxy.ring_us;
    g_queue_push_tail(targets, target);
}
