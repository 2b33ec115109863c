/* Routes: which one a call takes, how it rewrites the numbers, and what it does not allow. */
#include "route.h"
#include "call_private.h"
#include "cause.h"
#include "number.h"

#include <arpa/inet.h>
#include <string.h>

static gboolean pointers_hold(const GPtrArray *trunks, const char *name)
{
    for (guint i = 0; i < trunks->len; i++)
        if (g_strcmp0(((const TrunkSettings *)trunks->pdata[i])->name, name) == 0)
            return TRUE;
    return FALSE;
}

static gboolean route_serves_origin(const RouteSettings *route, const CallOrigin *origin)
{
    if (!route->from_trunks && !route->from_networks)
        return TRUE;
    if (origin->kind == ORIGIN_PRI)
        return route->from_trunks && pointers_hold(route->from_trunks, origin->trunk);
    return route->from_networks &&
           lookup_network(route->from_networks, (const struct sockaddr *)&origin->source);
}

/* The best fit of DIGITS to any of PATTERNS; none set fits everything. */
static PatternFit patterns_fit(const GPtrArray *patterns, const char *digits)
{
    PatternFit best = PATTERN_NO;

    if (!patterns)
        return PATTERN_YES;
    for (guint i = 0; i < patterns->len; i++)
        best = MAX(best, pattern_match(patterns->pdata[i], digits));
    return best;
}

/* Digits as patterns see them: with a leading '+' when the number is international. */
static void number_text(const Number *number, char *text, gsize size)
{
    g_snprintf(text, size, "%s%s", number->ton == TON_INTERNATIONAL ? "+" : "", number->digits);
}

static PatternFit route_fits(const RouteSettings *route, const CallOrigin *origin,
                             const CallSetup *setup)
{
    char called[NUMBER_MAX + 2], calling[NUMBER_MAX + 2];

    if (!route_serves_origin(route, origin))
        return PATTERN_NO;
    number_text(&setup->calling, calling, sizeof(calling));
    if (patterns_fit(route->calling, calling) != PATTERN_YES)
        return PATTERN_NO;
    if (!setup->called.digits[0] && !setup->complete)
        return PATTERN_PARTIAL;
    number_text(&setup->called, called, sizeof(called));
    return patterns_fit(route->called, called);
}

/* Would ROUTE take a longer number that begins like SETUP's, which it fits? */
static gboolean route_is_open(const RouteSettings *route, const CallSetup *setup)
{
    char called[NUMBER_MAX + 2];

    if (route->max_digits && strlen(setup->called.digits) >= route->max_digits)
        return FALSE;
    number_text(&setup->called, called, sizeof(called));
    for (guint i = 0; route->called && i < route->called->len; i++)
        if (pattern_is_open(route->called->pdata[i]) &&
            pattern_match(route->called->pdata[i], called) == PATTERN_YES)
            return TRUE;
    return !route->called;
}

/* Takes STRIP digits off the front and puts PREPEND there. What was touched loses its type: it is
 * digits as dialled, or international when PREPEND says '+'. FALSE when the result is too long. */
static gboolean number_rewrite(Number *number, guint strip, const char *prepend)
{
    gboolean plus = prepend && *prepend == '+';
    g_autofree char *digits = NULL;

    if (!strip && !(prepend && *prepend))
        return TRUE;
    digits = g_strconcat(prepend ? prepend + plus : "",
                         number->digits + MIN(strip, strlen(number->digits)), NULL);
    if (strlen(digits) > NUMBER_MAX)
        return FALSE;
    g_strlcpy(number->digits, digits, sizeof(number->digits));
    number->ton = plus ? TON_INTERNATIONAL : TON_UNKNOWN;
    number->npi = plus ? NPI_E164 : NPI_UNKNOWN;
    return TRUE;
}

static RouteResult match_fail(RouteMatch *match, RouteResult result, guint8 cause, const char *why)
{
    match->cause = cause;
    g_strlcpy(match->why, why, sizeof(match->why));
    return result;
}

/* The [peer] that URI leads to: by its name as host, or by a numeric address. */
static const PeerSettings *uri_peer(const Settings *settings, const char *uri)
{
    const char *host = strchr(uri, '@');
    struct sockaddr_storage address = {0};
    g_autofree char *name = NULL;
    const PeerSettings *peer;

    host = host ? host + 1 : strchr(uri, ':') ? strchr(uri, ':') + 1 : uri;
    name = *host == '[' ? g_strndup(host + 1, strcspn(host + 1, "]"))
                        : g_strndup(host, strcspn(host, ":;?>"));
    if ((peer = lookup_peer(settings, name)))
        return peer;
    if (inet_pton(AF_INET, name, &((struct sockaddr_in *)&address)->sin_addr) == 1)
        address.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, name, &((struct sockaddr_in6 *)&address)->sin6_addr) == 1)
        address.ss_family = AF_INET6;
    return lookup_peer_of(settings, (const struct sockaddr *)&address);
}

gboolean uri_at_server(char *uri, const PeerSettings *peer)
{
    const char *at = strchr(uri, '@') ? strchr(uri, '@') : strchr(uri, ':');
    g_autofree char *host = g_strndup(at ? at + 1 : "", at ? strcspn(at + 1, ":;?>") : 0);
    g_autofree char *text = NULL;

    if (!peer || !peer->server || strcmp(host, peer->name) != 0)
        return TRUE;
    text = g_strdup_printf("%.*s%s%s", (int)(at + 1 - uri), uri, strchr(peer->server, ':') + 1,
                           at + 1 + strcspn(at + 1, ";?>"));
    return g_strlcpy(uri, text, URI_MAX) < URI_MAX;
}

/* {number} becomes the called number's user part, '#' escaped (RFC 3261 25.1). FALSE when it does
 * not fit. */
static gboolean uri_fill(const char *pattern, const TrunkSettings *trunk, const Number *called,
                         char *uri)
{
    g_autofree char *user = number_to_user(trunk, called);
    g_autoptr(GString) text = g_string_new(pattern);
    g_autoptr(GString) escaped = g_string_new(user);

    g_string_replace(escaped, "#", "%23", 0);
    g_string_replace(text, "{number}", escaped->str, 0);
    return g_strlcpy(uri, text->str, URI_MAX) < URI_MAX;
}

/* Does the call leave the country by TRUNK? Both what was dialled and what the route makes of it
 * count. */
static gboolean call_leaves_country(const TrunkSettings *trunk, const CallSetup *asked,
                                    const CallSetup *rewritten, guint strip)
{
    if (number_is_international(trunk, &rewritten->called))
        return TRUE;
    return asked->called.ton == TON_INTERNATIONAL && strip < strlen(asked->called.digits) &&
           number_is_international(trunk, &asked->called);
}

/* The same for a call from TRUNK to a SIP URI: what the PBX dialled counts, and what the route
 * makes of it. */
static gboolean call_comes_for_abroad(const TrunkSettings *trunk, const CallSetup *asked,
                                      const CallSetup *rewritten, guint strip)
{
    return number_came_international(trunk, &rewritten->called) ||
           (strip < strlen(asked->called.digits) &&
            number_came_international(trunk, &asked->called));
}

static RouteResult match_bar_country(RouteMatch *match, const TrunkSettings *trunk)
{
    g_snprintf(match->why, sizeof(match->why),
               "route %s: the number leaves the country of trunk %s, without international = yes",
               match->route->name, trunk->name);
    match->cause = CAUSE_CALL_REJECTED;
    return ROUTE_BARRED;
}

static RouteResult target_settle(const Settings *settings, const CallOrigin *origin,
                                 const CallSetup *asked, const RouteTo *to, RouteMatch *match)
{
    const RouteSettings *route = match->route;
    gboolean to_pri = to->trunk != NULL;
    const TrunkSettings *came =
        origin->kind == ORIGIN_PRI ? lookup_trunk(settings, origin->trunk) : NULL;

    if ((origin->kind == ORIGIN_PRI) == to_pri && !route->transit) {
        g_snprintf(match->why, sizeof(match->why), "route %s: %s without transit = yes",
                   route->name, to_pri ? "PRI to PRI" : "SIP to SIP");
        match->cause = CAUSE_BEARER_NOT_AUTHORIZED;
        return ROUTE_BARRED;
    }
    match->target.trunk = to->trunk;
    if (to_pri) {
        if (route->international ||
            !call_leaves_country(to->trunk, asked, &match->setup, route->strip))
            return ROUTE_FOUND;
        return match_bar_country(match, to->trunk);
    }
    if (came && !route->international &&
        call_comes_for_abroad(came, asked, &match->setup, route->strip))
        return match_bar_country(match, came);
    if (!uri_fill(to->uri, lookup_trunk(settings, origin->trunk), &match->setup.called,
                  match->target.uri))
        return match_fail(match, ROUTE_NO_MATCH, CAUSE_INVALID_NUMBER_FORMAT,
                          "the target URI becomes too long");
    match->target.peer = uri_peer(settings, match->target.uri);
    if (!uri_at_server(match->target.uri, match->target.peer))
        return match_fail(match, ROUTE_NO_MATCH, CAUSE_INVALID_NUMBER_FORMAT,
                          "the target URI becomes too long");
    return ROUTE_FOUND;
}

static RouteResult route_apply(const Settings *settings, const CallOrigin *origin,
                               const CallSetup *setup, guint alternative, RouteMatch *match)
{
    const RouteSettings *route = match->route;

    match->setup = *setup;
    if (alternative >= route->targets->len)
        return match_fail(match, ROUTE_NO_MATCH, CAUSE_NO_ROUTE_TO_DESTINATION,
                          "no alternative left");
    if (!number_rewrite(&match->setup.called, route->strip, route->prepend) ||
        (setup->calling.digits[0] &&
         !number_rewrite(&match->setup.calling, route->calling_strip, route->calling_prepend)))
        return match_fail(match, ROUTE_NO_MATCH, CAUSE_INVALID_NUMBER_FORMAT,
                          "the rewritten number is too long");
    if (!match->setup.called.digits[0])
        return match_fail(match, ROUTE_NO_MATCH, CAUSE_INVALID_NUMBER_FORMAT,
                          "no digits are left to dial");
    if (route->ton >= 0)
        match->setup.called.ton = (TypeOfNumber)route->ton;
    if (route->npi >= 0)
        match->setup.called.npi = (NumberingPlan)route->npi;
    return target_settle(settings, origin, setup, route->targets->pdata[alternative], match);
}

void route_dial(const RouteMatch *match, Number *called)
{
    if (match->route->ton >= 0)
        return;
    number_to_trunk(match->target.trunk, called);
    if (match->route->npi >= 0)
        called->npi = (NumberingPlan)match->route->npi;
}

RouteResult route_match(const Settings *settings, const CallOrigin *origin, const CallSetup *setup,
                        guint alternative, RouteMatch *match)
{
    const RouteSettings *waits = NULL;
    gboolean partial = FALSE;

    memset(match, 0, sizeof(*match));
    match->setup = *setup;
    for (guint i = 0; settings->routes && i < settings->routes->len; i++) {
        PatternFit fit;

        match->route = settings->routes->pdata[i];
        fit = route_fits(match->route, origin, setup);
        partial |= fit == PATTERN_PARTIAL;
        if (fit == PATTERN_PARTIAL && !waits && match->route->overlap != OVERLAP_NO)
            waits = match->route;
        if (waits && !setup->complete) {
            match->route = waits;
            return ROUTE_INCOMPLETE;
        }
        if (fit == PATTERN_YES) {
            match->open = route_is_open(match->route, setup);
            return route_apply(settings, origin, setup, alternative, match);
        }
    }
    match->route = NULL;
    return partial
               ? match_fail(match, ROUTE_NO_MATCH, CAUSE_INVALID_NUMBER_FORMAT,
                            "digits are missing: routes only fit a longer number")
               : match_fail(match, ROUTE_NO_MATCH, CAUSE_NO_ROUTE_TO_DESTINATION, "no route fits");
}
