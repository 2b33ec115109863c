/* The commands that tell why: ladders, causes, statuses, routes, timers. */
#include "cause.h"
#include "commands.h"
#include "number.h"
#include "route.h"

#include <string.h>

COMMAND(command_ladder)
{
    guint32 id = (guint32)argument_number(arguments, "call", 0);
    g_autofree char *ladder = hall_ladder(scene->rooms.hall, id);

    if (ladder)
        return answer_string(ladder);
    if (id)
        g_set_error(error, CTL_ERROR, "call %u is unknown, or its ladder is forgotten", id);
    else
        g_set_error(error, CTL_ERROR, "there was no call yet");
    return NULL;
}

/* ---- causes and statuses ---- */

/* The trunk ARGUMENTS name, NULL when they name none; FALSE with ERROR when there is no such trunk.
 */
static gboolean trunk_argument(const CtlScene *scene, JsonObject *arguments,
                               const TrunkSettings **trunk, GError **error)
{
    const char *name = argument_text(arguments, "trunk", NULL);

    *trunk = name ? settings_find_trunk(scene->rooms.settings, name) : NULL;
    if (name && !*trunk)
        g_set_error(error, CTL_ERROR, "no [trunk %s] is configured", name);
    return !name || *trunk;
}

COMMAND(command_explain_cause)
{
    const TrunkSettings *trunk;
    g_autofree char *text = NULL;

    if (!trunk_argument(scene, arguments, &trunk, error))
        return NULL;
    text = cause_explain(trunk, (guint8)argument_number(arguments, "cause", 0));
    return answer_string(text);
}

COMMAND(command_explain_status)
{
    const TrunkSettings *trunk;
    g_autofree char *text = NULL;

    if (!trunk_argument(scene, arguments, &trunk, error))
        return NULL;
    text = status_explain(trunk, (guint16)argument_number(arguments, "status", 0));
    return answer_string(text);
}

/* ---- routes ---- */

/* Reads "trunk NAME", "NAME" of a trunk, or an address into ORIGIN. */
static gboolean origin_asked(const Settings *settings, const char *from, CallOrigin *origin,
                            GError **error)
{
    const char *name = g_str_has_prefix(from, "trunk ") ? from + strlen("trunk ") : from;
    const TrunkSettings *trunk = settings_find_trunk(settings, name);
    const PeerSettings *peer;

    if (trunk) {
        origin->kind = ORIGIN_PRI;
        origin->trusted = trunk->trust_calling;
        g_strlcpy(origin->trunk, name, sizeof origin->trunk);
        return TRUE;
    }
    if (name != from) {
        g_set_error(error, CTL_ERROR, "no [trunk %s] is configured", name);
        return FALSE;
    }
    origin->kind = ORIGIN_SIP;
    if (!address_parse(from, &origin->source)) {
        g_set_error(error, CTL_ERROR, "\"%s\" is neither \"trunk NAME\" nor a numeric address",
                    from);
        return FALSE;
    }
    peer = settings_peer_of(settings, (const struct sockaddr *)&origin->source);
    if (peer) {
        origin->trusted = peer->trusted;
        g_strlcpy(origin->peer, peer->name, sizeof origin->peer);
    }
    return TRUE;
}

static gboolean number_read(const char *text, Number *number, GError **error)
{
    if (number_from_user(text, number) == NUMBER_OK)
        return TRUE;
    g_set_error(error, CTL_ERROR, "\"%s\" is not a number", text);
    return FALSE;
}

COMMAND(command_explain_route)
{
    const Settings *settings = scene->rooms.settings;
    const char *calling = argument_text(arguments, "calling", NULL);
    CallOrigin origin = {0};
    CallSetup setup = {.bearer = BEARER_SPEECH, .complete = TRUE};
    g_autofree char *explained = NULL, *text = NULL;
    const char *heard = "";

    if (!origin_asked(settings, argument_text(arguments, "from", ""), &origin, error) ||
        !number_read(argument_text(arguments, "to", ""), &setup.called, error) ||
        (calling && !number_read(calling, &setup.calling, error)))
        return NULL;
    if (origin.kind == ORIGIN_SIP &&
        !network_contains(settings->sip.allow, (const struct sockaddr *)&origin.source))
        heard = "nobody hears it: [sip] allow does not name this source; if it did:\n";
    explained = route_explain(settings, &origin, &setup);
    text = g_strconcat(heard, explained, NULL);
    return answer_string(text);
}

/* The values of ROUTE's keys in the file's own words are what settings_print() writes: here only
 * the gist. */
static void route_tell(const RouteSettings *route, JsonObject *row)
{
    g_autoptr(GString) from = g_string_new(NULL);
    g_autoptr(GString) called = g_string_new(NULL);
    g_autoptr(GString) to = g_string_new(NULL);
    char buffer[64];

    for (guint i = 0; route->from_trunks && i < route->from_trunks->len; i++)
        g_string_append_printf(
            from, "%strunk %s", from->len ? ", " : "",
            ((const TrunkSettings *)g_ptr_array_index(route->from_trunks, i))->name);
    for (guint i = 0; route->from_networks && i < route->from_networks->len; i++) {
        const Network *network = &g_array_index(route->from_networks, Network, i);

        g_string_append_printf(
            from, "%s%s/%u", from->len ? ", " : "",
            address_describe((const struct sockaddr *)&network->address, buffer, sizeof buffer),
            network->prefix);
    }
    for (guint i = 0; route->called && i < route->called->len; i++)
        g_string_append_printf(called, "%s%s", i ? ", " : "",
                               (const char *)g_ptr_array_index(route->called, i));
    for (guint i = 0; i < route->targets->len; i++) {
        const RouteTo *target = g_ptr_array_index(route->targets, i);

        g_string_append_printf(to, "%s%s%s", i ? ", " : "", target->trunk ? "trunk " : "",
                               target->trunk ? target->trunk->name : target->uri);
    }
    answer_text(row, "route", route->name);
    answer_text(row, "from", from->len ? from->str : "anywhere");
    answer_text(row, "called", called->len ? called->str : "any");
    answer_text(row, "to", to->str);
}

COMMAND(command_show_routes)
{
    const GPtrArray *routes = scene->rooms.settings->routes;
    JsonArray *rows = json_array_new();

    for (guint i = 0; i < routes->len; i++)
        route_tell(g_ptr_array_index(routes, i), answer_row(rows));
    return answer_array(rows);
}
