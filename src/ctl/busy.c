/* The commands that busy spans and channels out, return them, and change D channels. All run in
 * signalling. */
#include "commands.h"

#include <string.h>

/* NAME of a span, or "NAME/N" of one of its channels where that is ASKED for. FALSE with ERROR. */
static gboolean place_find(const CtlScene *scene, const char *name, gboolean asked,
                           Channel *channel, GError **error)
{
    const char *slash = asked ? strrchr(name, '/') : NULL;
    g_autofree char *span = slash ? g_strndup(name, (gsize)(slash - name)) : g_strdup(name);
    guint64 number = 0;

    if (asked && (!slash || !g_ascii_string_to_unsigned(slash + 1, 10, 1, 31, &number, NULL))) {
        g_set_error(error, CTL_ERROR, "a channel is written SPAN/N, like e1/5, not \"%s\"", name);
        return FALSE;
    }
    if (!span_find(scene, span, &channel->span, error))
        return FALSE;
    channel->number = (guint8)number;
    return TRUE;
}

static JsonNode *place_answer(const CtlScene *scene, Channel channel, const char *what)
{
    char buffer[TAG_MAX + 8];
    g_autofree char *text = NULL;

    if (channel.number)
        text = g_strdup_printf("channel %s %s",
                               answer_channel(scene, channel, buffer, sizeof buffer), what);
    else
        text = g_strdup_printf("span %s %s", answer_span(scene, channel.span), what);
    return answer_string(text);
}

static JsonNode *busy_out(CtlScene *scene, JsonObject *arguments, gboolean alone, GError **error)
{
    const char *name = argument_text(arguments, alone ? "channel" : "span", "");
    gboolean force = g_str_equal(argument_text(arguments, "force", ""), "yes");
    Channel channel;

    if (!place_find(scene, name, alone, &channel, error) ||
        !isdn_busy_out(scene->rooms.isdn, channel.span, channel.number, force, error))
        return NULL;
    return place_answer(scene, channel, "busied out: calls there finish first");
}

static JsonNode *bring_back(CtlScene *scene, JsonObject *arguments, gboolean alone, GError **error)
{
    const char *name = argument_text(arguments, alone ? "channel" : "span", "");
    Channel channel;

    if (!place_find(scene, name, alone, &channel, error) ||
        !isdn_return(scene->rooms.isdn, channel.span, channel.number, error))
        return NULL;
    return place_answer(scene, channel, "returned");
}

COMMAND(command_busy_out_span)
{
    return busy_out(scene, arguments, FALSE, error);
}

COMMAND(command_busy_out_channel)
{
    return busy_out(scene, arguments, TRUE, error);
}

COMMAND(command_return_span)
{
    return bring_back(scene, arguments, FALSE, error);
}

COMMAND(command_return_channel)
{
    return bring_back(scene, arguments, TRUE, error);
}

COMMAND(command_switch_span)
{
    Channel channel = {0};

    if (!place_find(scene, argument_text(arguments, "span", ""), FALSE, &channel, error) ||
        !isdn_switch_d(scene->rooms.isdn, channel.span, error))
        return NULL;
    return place_answer(scene, channel, "has the active D channel");
}
