/* Building the JSON of answers. */
#include "commands.h"

void answer_text(JsonObject *object, const char *member, const char *text)
{
    g_autofree char *clean = NULL;

    if (!text || !*text)
        return;
    clean = g_utf8_make_valid(text, -1);
    for (char *at = clean; *at; at++) {
        if ((guchar)*at < ' ' || *at == 0x7f)
            *at = '?';
    }
    json_object_set_string_member(object, member, clean);
}

void answer_count(JsonObject *object, const char *member, guint64 value)
{
    json_object_set_int_member(object, member, (gint64)MIN(value, (guint64)G_MAXINT64));
}

JsonObject *answer_row(JsonArray *array)
{
    JsonObject *object = json_object_new();

    json_array_add_object_element(array, object);
    return object;
}

JsonNode *answer_array(JsonArray *array)
{
    JsonNode *node = json_node_new(JSON_NODE_ARRAY);

    json_node_take_array(node, array);
    return node;
}

JsonNode *answer_object(JsonObject *object)
{
    JsonNode *node = json_node_new(JSON_NODE_OBJECT);

    json_node_take_object(node, object);
    return node;
}

JsonNode *answer_string(const char *text)
{
    g_autofree char *clean = g_utf8_make_valid(text, -1);
    JsonNode *node = json_node_new(JSON_NODE_VALUE);

    json_node_set_string(node, clean);
    return node;
}

const char *answer_span(const CtlScene *scene, guint index)
{
    const GPtrArray *spans = scene->opened->spans;

    return index < spans->len ? ((const SpanSettings *)g_ptr_array_index(spans, index))->name : "?";
}

const char *answer_channel(const CtlScene *scene, Channel channel, char *buffer, gsize size)
{
    if (channel.number)
        g_snprintf(buffer, size, "%s/%u", answer_span(scene, channel.span), channel.number);
    else
        g_strlcpy(buffer, "", size);
    return buffer;
}
