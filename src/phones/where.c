/* Where a request goes: along its route, to a phone, to the gateway, or abroad. */
#include "room.h"

#include "number.h"
#include "route.h"

#include <string.h>

static char *url_text(su_home_t *home, const url_t *url)
{
    return url_as_string(home, url);
}

static Target *target_direct(const char *uri, const url_t *hop_at)
{
    Hop hop;
    Target *target;

    if (!hop_of_url(hop_at, &hop))
        return NULL;
    target = target_new(TARGET_DIRECT, uri, 1.0);
    target->hop = hop;
    return target;
}

static Target *target_gateway(const Phones *phones, const char *uri)
{
    Target *target = target_new(TARGET_GATEWAY, uri, 1.0);

    target->hop.address = phones->gateway.address;
    return target;
}

static gboolean url_is_gateway(const Phones *phones, const url_t *url)
{
    return url->url_user && strcmp(url->url_user, PHONES_GATEWAY_USER) == 0 &&
           url_is_ours(phones, url);
}

/* Inside a dialog the request says where it goes: a flow, the next Route, or the Request-URI. */
static Target *where_in_dialog(const Inbound *in, const char *uri)
{
    const url_t *url = in->sip->sip_request->rq_url;
    sip_route_t const *route = in->sip->sip_route;
    Target *target = NULL;

    if (in->forced) {
        target = target_new(TARGET_DIRECT, uri, 1.0);
        target->hop = in->forced_hop;
    } else if (route) {
        target = target_direct(uri, route->r_url);
    } else if (url_is_gateway(in->phones, url)) {
        target = target_gateway(in->phones, uri);
    } else if (!url_is_ours(in->phones, url)) {
        target = target_direct(uri, url);
    }
    return target;
}

/* Would a route of the house take this number to a trunk? */
static gboolean number_is_routed(const Inbound *in, const char *user)
{
    CallSetup setup = {.bearer = BEARER_3K1_AUDIO, .complete = TRUE};
    RouteMatch match;

    if (number_from_user(user, &setup.called) != NUMBER_OK)
        return FALSE;
    return route_match(in->phones->settings, &in->origin, &setup, 0, &match) != ROUTE_NO_MATCH;
}

/* A user of ours. */
static int where_user(Inbound *in, const char *user, const char *uri, GQueue *targets)
{
    if (in->from_gateway || !number_is_routed(in, user))
        return 404;
    g_queue_push_tail(targets, target_gateway(in->phones, uri));
    return 0;
}

int where_to(Inbound *in, GQueue *targets, const char **phrase)
{
    Phones *phones = in->phones;
    su_home_t *home = msg_home(in->msg);
    const url_t *url = in->sip->sip_request->rq_url;
    const char *uri = url_text(home, url), *user = url_user_text(home, url);
    Target *target = in->in_dialog ? where_in_dialog(in, uri) : NULL;

    if (!target && url_is_gateway(phones, url))
        target = target_gateway(phones, uri);
    if (!target && !url_is_ours(phones, url) && url->url_type != url_tel) {
        if (!in->from_gateway && !in->in_dialog && !phones->settings->proxy.foreign) {
            *phrase = "Foreign Domain";
            return 403;
        }
        target = target_direct(uri, in->sip->sip_route ? in->sip->sip_route->r_url : url);
        if (!target)
            return 416;
    }
    if (!target)
        return *user ? where_user(in, user, uri, targets) : 404;
    g_queue_push_tail(targets, target);
    return 0;
}

Target *where_redirected(const Fork *fork, const url_t *url, const char *uri)
{
    if (url->url_type != url_sip && url->url_type != url_sips)
        return NULL;
    return target_direct(uri, url);
}
