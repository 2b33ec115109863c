/* Tells an operator which route a call would take, and why not another. */
#include "call_private.h"
#include "number.h"

static void explain_numbers(GString *text, const char *what, const CallSetup *setup)
{
    char called[96], calling[96];

    g_string_append_printf(text, "%s: called %s, calling %s\n", what,
                           number_describe(&setup->called, called, sizeof(called)),
                           number_describe(&setup->calling, calling, sizeof(calling)));
}

static const char *result_text(RouteResult result)
{
    switch (result) {
    case ROUTE_FOUND:
        return "found";
    case ROUTE_INCOMPLETE:
        return "more digits may decide";
    case ROUTE_NO_MATCH:
        return "no route";
    case ROUTE_BARRED:
        return "barred";
    }
    return "";
}

static void explain_target(GString *text, const Settings *settings, const CallOrigin *origin,
                           guint alternative, RouteResult result, const RouteMatch *match)
{
    g_string_append_printf(text, "target %u: ", alternative + 1);
    if (result == ROUTE_BARRED) {
        g_string_append_printf(text, "barred with cause %u: %s\n", match->cause, match->why);
        return;
    }
    if (match->target.trunk)
        g_string_append_printf(text, "trunk %s", match->target.trunk->name);
    else
        g_string_append_printf(text, "%s%s%s", match->target.uri,
                               match->target.peer ? ", peer " : "",
                               match->target.peer ? match->target.peer->name : "");
    if ((origin->kind == ORIGIN_PRI) == (match->target.trunk != NULL))
        g_string_append(text, " (left out: a call joins one SIP and one ISDN leg)");
    g_string_append_c(text, '\n');
    if (match->target.trunk) {
        CallSetup dialled = match->setup;

        route_dial(match, &dialled.called);
        explain_numbers(text, "  the PBX is told", &dialled);
    }
}

char *route_explain(const Settings *settings, const CallOrigin *origin, const CallSetup *setup)
{
    g_autoptr(GString) text = g_string_new(NULL);
    RouteMatch match;
    RouteResult result = route_match(settings, origin, setup, 0, &match);

    explain_numbers(text, "asked", setup);
    if (result == ROUTE_INCOMPLETE || !match.route) {
        g_string_append_printf(text, "%s", result_text(result));
        if (result == ROUTE_NO_MATCH)
            g_string_append_printf(text, ", cause %u: %s", match.cause, match.why);
        g_string_append_c(text, '\n');
        return g_string_free(g_steal_pointer(&text), FALSE);
    }
    g_string_append_printf(text, "route: %s%s%s%s\n", match.route->name,
                           match.route->emergency ? ", emergency" : "",
                           match.route->international ? ", international" : "",
                           match.route->transit ? ", transit" : "");
    explain_numbers(text, "after rewriting", &match.setup);
    for (guint alternative = 0; alternative < match.route->targets->len; alternative++) {
        result = route_match(settings, origin, setup, alternative, &match);
        if (result == ROUTE_NO_MATCH) {
            g_string_append_printf(text, "no route, cause %u: %s\n", match.cause, match.why);
            break;
        }
        explain_target(text, settings, origin, alternative, result, &match);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}
