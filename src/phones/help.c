/* Calls for help: a request that asks for it is known before anything could stop it. */
#include "room.h"

#include "emergency.h"
#include "number.h"
#include "route.h"

/* By [emergency] numbers, or by a route that says so. */
static gboolean number_is_for_help(const Inbound *in, const char *user)
{
    const Settings *settings = in->phones->settings;
    CallSetup setup = {.bearer = BEARER_3K1_AUDIO, .complete = TRUE};
    RouteMatch match;

    if (number_from_user(user, &setup.called) != NUMBER_OK)
        return FALSE;
    if (emergency_recognize(settings, &setup.called, NULL) == EMERGENCY_CALL)
        return TRUE;
    return route_match(settings, &in->origin, &setup, 0, &match) == ROUTE_FOUND &&
           match.route->emergency;
}

/* A service's URN becomes the SIP URI of its number (RFC 5031). */
static void service_to_number(Inbound *in, const char *number)
{
    su_home_t *home = msg_home(in->msg);
    g_autofree char *user = g_uri_escape_string(number, "*", FALSE);
    const char *uri =
        su_sprintf(home, "sip:%s@%s:%u;user=phone", user, in->phones->host,
                   address_port((const struct sockaddr *)&in->phones->settings->sip.listen));
    sip_request_t *request =
        sip_request_create(home, in->sip->sip_request->rq_method,
                           in->sip->sip_request->rq_method_name, URL_STRING_MAKE(uri), NULL);

    if (request)
        msg_header_insert(in->msg, (msg_pub_t *)in->sip, (msg_header_t *)request);
}

/* Only who dials asks for help: who takes a call over by its INVITE, or speaks in another method,
 * shows credentials like anybody. */
static gboolean dials(sip_t const *sip)
{
    return sip->sip_request->rq_method == sip_method_invite && !sip->sip_replaces &&
           !message_find_header(sip, "Replaces") && !message_find_header(sip, "Join");
}

void help_recognize(Inbound *in)
{
    const url_t *url = in->sip->sip_request->rq_url;
    su_home_t *home = msg_home(in->msg);
    const char *uri = url_as_string(home, url), *number;

    if (in->from_gateway || in->in_dialog || !dials(in->sip))
        return;
    if (uri && emergency_is_urn(uri)) {
        if (!(number = emergency_service_number(in->phones->settings, uri)))
            return;
        service_to_number(in, number);
        in->origin.emergency = TRUE;
        return;
    }
    /* In whatever domain the phone believes itself to be. */
    in->origin.emergency = number_is_for_help(in, url_user_text(home, url));
}
