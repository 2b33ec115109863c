/* Where a transferred call may go: the routes, asked as if the transferor had dialled, then as if
 * the party had. */
#include "cause.h"
#include "number.h"
#include "transfer.h"
#include "transit.h"

#include <arpa/inet.h>
#include <string.h>

static gboolean plan_bar(TransferPlan *plan, guint16 status, const char *why)
{
    plan->way = TRANSFER_BARRED;
    plan->status = status;
    g_strlcpy(plan->why, why, sizeof(plan->why));
    return FALSE;
}

/* CALL's party on the PBX, as somebody new would hear of it: who called by SIP dialled its number.
 */
static void party_read(const Call *call, CallSetup *setup)
{
    gboolean from_pbx = call->origin.kind == ORIGIN_PRI;

    memset(setup, 0, sizeof(*setup));
    setup->bearer = call->setup.bearer;
    setup->complete = TRUE;
    if (from_pbx) {
        setup->calling = call->setup.calling;
        g_strlcpy(setup->name, call->setup.name, sizeof(setup->name));
        setup->name_presentation = call->setup.name_presentation;
        transit_setup_settle(call, setup);
        return;
    }
    setup->calling = call->asked.called;
    setup->calling.presentation =
        *setup->calling.digits ? PRESENTATION_ALLOWED : PRESENTATION_UNAVAILABLE;
    setup->calling.screening = SCREENING_NETWORK; /* the PBX has answered to it */
}

/* The transferor's own number. */
static Number transferor_number(const Call *call)
{
    return call->origin.kind == ORIGIN_PRI ? call->asked.called : call->asked.calling;
}

static gboolean plan_take_trunk(TransferPlan *plan, const RouteMatch *match)
{
    if (!match->route->emergency &&
        strlen(match->setup.called.digits) < match->target.trunk->min_digits)
        return plan_bar(plan, 484, "the number is shorter than the trunk's min-digits");
    plan->way = TRANSFER_TO_TRUNK;
    plan->trunk = match->target.trunk;
    plan->emergency = match->route->emergency;
    plan->setup.called = match->setup.called;
    route_dial(match, &plan->setup.called);
    if (plan->setup.calling.ton == TON_INTERNATIONAL)
        number_to_trunk(plan->trunk, &plan->setup.calling);
    return TRUE;
}

static gboolean plan_number(const Call *call, const CallOrigin *by, const Number *called,
                            TransferPlan *plan)
{
    CallSetup asked = plan->setup;
    CallOrigin party = {.kind = ORIGIN_PRI};
    RouteResult result;
    RouteMatch match;

    asked.called = *called;
    asked.calling = transferor_number(call);
    result = plan->redirected ? ROUTE_NO_MATCH : route_match(call->settings, by, &asked, 0, &match);
    if (result == ROUTE_FOUND && match.target.trunk)
        return plan_take_trunk(plan, &match);
    if (result == ROUTE_BARRED && !plan->redirected &&
        match.cause == CAUSE_CALL_REJECTED) /* international: the party may not lend its right */
        return plan_bar(plan, 403, match.why);
    if (call->trunk)
        g_strlcpy(party.trunk, call->trunk->name, sizeof(party.trunk));
    asked.calling = plan->setup.calling;
    switch (route_match(call->settings, &party, &asked, 0, &match)) {
    case ROUTE_FOUND:
        if (match.target.trunk)
            return plan_take_trunk(plan, &match);
        plan->way = TRANSFER_TO_URI;
        plan->peer = match.target.peer;
        g_strlcpy(plan->uri, match.target.uri, sizeof(plan->uri));
        return TRUE;
    case ROUTE_BARRED:
        return plan_bar(plan, 403, match.why);
    case ROUTE_INCOMPLETE:
    case ROUTE_NO_MATCH:
        break;
    }
    return plan_bar(plan, match.cause == CAUSE_INVALID_NUMBER_FORMAT ? 484 : 404, match.why);
}

/* ---- a URI elsewhere ----------------------------------------------------------------------------
 */

static char *uri_host(const char *uri)
{
    const char *host = strchr(uri, '@');

    host = host ? host + 1 : strchr(uri, ':') ? strchr(uri, ':') + 1 : uri;
    return *host == '[' ? g_strndup(host + 1, strcspn(host + 1, "]"))
                        : g_strndup(host, strcspn(host, ":;?>"));
}

/* The number in URI's user part, however it is written: a class may bar it wherever it leads. */
static void uri_number(const char *uri, Number *number)
{
    const char *user = strchr(uri, ':'), *host = strchr(uri, '@');
    g_autofree char *raw =
        user && host > user ? g_strndup(user + 1, (gsize)(host - user - 1)) : NULL;
    g_autofree char *plain = raw ? g_uri_unescape_string(raw, NULL) : NULL;

    if (plain)
        plain[strcspn(plain, ";:")] = '\0';
    if (!plain || number_from_user(plain, number) != NUMBER_OK)
        memset(number, 0, sizeof(*number));
}

static gboolean host_is_of(const char *host, const char *uri)
{
    g_autofree char *other = uri_host(uri);

    return *host && g_ascii_strcasecmp(host, other) == 0;
}

/* Some route leads to HOST. */
static gboolean host_is_routed(const Settings *settings, const char *host)
{
    for (guint i = 0; settings->routes && i < settings->routes->len; i++) {
        const RouteSettings *route = settings->routes->pdata[i];

        for (guint k = 0; k < route->targets->len; k++) {
            const RouteTo *to = route->targets->pdata[k];

            if (to->uri && host_is_of(host, to->uri))
                return TRUE;
        }
    }
    return FALSE;
}

static gboolean host_is_address(const char *host, const struct sockaddr_storage *address)
{
    char text[INET6_ADDRSTRLEN];

    if (address->ss_family == AF_INET)
        inet_ntop(AF_INET, &((struct sockaddr_in *)address)->sin_addr, text, sizeof(text));
    else if (address->ss_family == AF_INET6)
        inet_ntop(AF_INET6, &((struct sockaddr_in6 *)address)->sin6_addr, text, sizeof(text));
    else
        return FALSE;
    return strcmp(host, text) == 0;
}

/* Our own public name, domain or address: the phones' proxy, which stands before the user agent. */
static gboolean host_is_ours(const Settings *settings, const char *host)
{
    const SipSettings *sip = &settings->sip;

    if (g_strcmp0(host, sip->public_host) == 0)
        return TRUE;
    for (guint i = 0; settings->proxy.domains && i < settings->proxy.domains->len; i++)
        if (g_ascii_strcasecmp(settings->proxy.domains->pdata[i], host) == 0)
            return TRUE;
    for (guint i = 0; sip->also_listen && i < sip->also_listen->len; i++)
        if (host_is_address(host, &g_array_index(sip->also_listen, struct sockaddr_storage, i)))
            return TRUE;
    return host_is_address(host, &sip->listen);
}

/* RFC 3261 19.1.1: a request for URI would be sent to its maddr, whatever its host is. Escaped is
 * the same. */
static gboolean uri_leads_past_host(const char *uri)
{
    const char *host = strchr(uri, '@');
    g_autofree char *plain = g_uri_unescape_string(host ? host : uri, NULL);
    g_auto(GStrv) params = g_strsplit_set(plain ? plain : "", ";?", -1);

    for (guint i = 1; plain && params[i]; i++)
        if (g_ascii_strncasecmp(params[i], "maddr", strlen("maddr")) == 0)
            return TRUE;
    return !plain;
}

static gboolean plan_uri(const Call *call, const char *uri, TransferPlan *plan)
{
    const Settings *settings = call->settings;
    g_autofree char *host = uri_host(uri);
    struct sockaddr_storage address = {0};

    if (inet_pton(AF_INET, host, &((struct sockaddr_in *)&address)->sin_addr) == 1)
        address.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, host, &((struct sockaddr_in6 *)&address)->sin6_addr) == 1)
        address.ss_family = AF_INET6;
    if (uri_leads_past_host(uri))
        return plan_bar(plan, 403, "its maddr leads past its host");
    if (!(plan->peer = lookup_peer(settings, host)) && address.ss_family)
        plan->peer = lookup_peer_of(settings, (const struct sockaddr *)&address);
    if (!plan->peer && !host_is_ours(settings, host) &&
        !(address.ss_family && lookup_network(settings->sip.allow, (struct sockaddr *)&address)) &&
        !host_is_routed(settings, host))
        return plan_bar(plan, 403,
                        "its host is none of ours: no [peer], [sip] allow or route names it");
    if (plan->peer && !plan->peer->server && !address.ss_family && !host_is_routed(settings, host))
        return plan_bar(plan, 403, "its host is the name of a [peer] without server");
    if (g_strlcpy(plan->uri, uri, sizeof(plan->uri)) >= sizeof(plan->uri) ||
        !uri_at_server(plan->uri, plan->peer))
        return plan_bar(plan, 414, "its URI is too long");
    plan->way = TRANSFER_TO_URI;
    return TRUE;
}

/* ---- may it -------------------------------------------------------------------------------------
 */

void hall_set_transfer_check(Hall *hall, TransferCheckFunc func, void *user)
{
    hall->transfer_check = func;
    hall->transfer_check_user = user;
}

static gboolean plan_check(const Call *call, const CallOrigin *by, TransferPlan *plan)
{
    const Hall *hall = call->hall;

    if (!hall->transfer_check || hall->transfer_check(hall->transfer_check_user, call, by, plan))
        return TRUE;
    plan->way = TRANSFER_BARRED;
    if (plan->status < 300)
        plan->status = 403;
    return FALSE;
}

gboolean transfer_allowed(const Call *call, const CallOrigin *by, TransferWay way,
                          TransferPlan *plan)
{
    memset(plan, 0, sizeof(*plan));
    if (!call->settings->sip.transfer)
        return plan_bar(plan, 603, "[sip] transfer = no");
    plan->way = way;
    return plan_check(call, by, plan);
}

/* Where it leads: to the number CALLED, or where there is none to URI. */
static gboolean plan_target(const Call *call, const CallOrigin *by, const Number *called,
                            const char *uri, TransferPlan *plan)
{
    if (called)
        plan->dialled = *called;
    else
        uri_number(uri, &plan->dialled);
    party_read(call, &plan->setup);
    return called ? plan_number(call, by, called, plan) : plan_uri(call, uri, plan);
}

gboolean redirect_plan(const Call *call, const CallOrigin *by, const Number *called,
                       const char *uri, TransferPlan *plan)
{
    memset(plan, 0, sizeof(*plan));
    plan->redirected = TRUE;
    if (!plan_target(call, by, called, uri, plan))
        return FALSE;
    if (plan->emergency) /* what a 3xx says opens no door */
        return plan_bar(plan, 403, "its route is one for help");
    return plan_check(call, by, plan);
}

gboolean transfer_plan(const Call *call, const CallOrigin *by, const Number *called,
                       const char *uri, TransferPlan *plan)
{
    memset(plan, 0, sizeof(*plan));
    if (!call->settings->sip.transfer)
        return plan_bar(plan, 603, "[sip] transfer = no");
    if (!plan_target(call, by, called, uri, plan))
        return FALSE;
    return plan_check(call, by, plan);
}
