/* A request of the control socket: one JSON object, checked against the table of commands. */
#include "request.h"

#include <gio/gio.h>
#include <string.h>

void request_free(Request *request)
{
    g_clear_pointer(&request->arguments, json_object_unref);
    g_free(request);
}

static const Command *command_find(const CommandTable *table, const char *name)
{
    for (gsize i = 0; i < table->count; i++) {
        if (strcmp(table->rows[i].name, name) == 0)
            return &table->rows[i];
    }
    return NULL;
}

static const CommandArgument *argument_find(const Command *command, const char *name)
{
    for (gsize i = 0; i < COMMAND_ARGUMENTS && command->arguments[i].name; i++) {
        if (strcmp(command->arguments[i].name, name) == 0)
            return &command->arguments[i];
    }
    return NULL;
}

static gboolean argument_check(const CommandArgument *argument, JsonNode *node, GError **error)
{
    gboolean number = argument->kind == ARGUMENT_NUMBER;

    if (!JSON_NODE_HOLDS_VALUE(node) ||
        json_node_get_value_type(node) != (number ? G_TYPE_INT64 : G_TYPE_STRING)) {
        g_set_error(error, CTL_ERROR, "%s has to be a %s", argument->name,
                    number ? "whole number" : "string");
        return FALSE;
    }
    if (number) {
        gint64 value = json_node_get_int(node);

        if (value >= argument->min && value <= argument->max)
            return TRUE;
        g_set_error(error, CTL_ERROR,
                    "%s is %" G_GINT64_FORMAT "; allowed: %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT,
                    argument->name, value, argument->min, argument->max);
        return FALSE;
    }
    if (strlen(json_node_get_string(node)) <= (gsize)argument->max)
        return TRUE;
    g_set_error(error, CTL_ERROR, "%s is longer than %" G_GINT64_FORMAT " octets", argument->name,
                argument->max);
    return FALSE;
}

static gboolean arguments_check(const Command *command, JsonObject *object, GError **error)
{
    g_autoptr(GList) members = json_object_get_members(object);

    for (GList *member = members; member; member = member->next) {
        const CommandArgument *argument = argument_find(command, member->data);

        if (strcmp(member->data, "command") == 0)
            continue;
        if (!argument) {
            g_set_error(error, CTL_ERROR, "%s: unknown argument \"%s\"", command->name,
                        (const char *)member->data);
            return FALSE;
        }
        if (!argument_check(argument, json_object_get_member(object, member->data), error)) {
            g_prefix_error(error, "%s: ", command->name);
            return FALSE;
        }
    }
    for (gsize i = 0; i < COMMAND_ARGUMENTS && command->arguments[i].name; i++) {
        const CommandArgument *argument = &command->arguments[i];

        if (argument->required && !json_object_has_member(object, argument->name)) {
            g_set_error(error, CTL_ERROR, "%s: %s is missing", command->name, argument->name);
            return FALSE;
        }
    }
    return TRUE;
}

/* The object LINE holds; NULL with ERROR. Caller unrefs. */
static JsonObject *object_parse(const char *line, gsize length, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonNode *root;

    if (memchr(line, '\0', length) || !g_utf8_validate(line, (gssize)length, NULL)) {
        g_set_error(error, CTL_ERROR, "the request is not UTF-8 text");
        return NULL;
    }
    if (!json_parser_load_from_data(parser, line, (gssize)length, error)) {
        g_prefix_error(error, "the request is no JSON: ");
        return NULL;
    }
    root = json_parser_get_root(parser);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        g_set_error(error, CTL_ERROR, "the request is no JSON object");
        return NULL;
    }
    return json_node_dup_object(root);
}

Request *request_parse(const CommandTable *table, const char *line, gsize length, GError **error)
{
    g_autoptr(Request) request = g_new0(Request, 1);
    JsonNode *name;

    request->arguments = object_parse(line, length, error);
    if (!request->arguments)
        return NULL;
    name = json_object_get_member(request->arguments, "command");
    if (!name || !JSON_NODE_HOLDS_VALUE(name) || json_node_get_value_type(name) != G_TYPE_STRING) {
        g_set_error(error, CTL_ERROR, "\"command\" is missing, or no string");
        return NULL;
    }
    request->command = command_find(table, json_node_get_string(name));
    if (!request->command) {
        g_set_error(error, CTL_ERROR, "unknown command \"%.64s\"", json_node_get_string(name));
        return NULL;
    }
    if (!arguments_check(request->command, request->arguments, error))
        return NULL;
    return g_steal_pointer(&request);
}

char *request_describe(const Request *request)
{
    GString *text = g_string_new(request->command->name);

    for (gsize i = 0; i < COMMAND_ARGUMENTS && request->command->arguments[i].name; i++) {
        const char *name = request->command->arguments[i].name;

        if (!json_object_has_member(request->arguments, name))
            continue;
        if (request->command->arguments[i].kind == ARGUMENT_NUMBER)
            g_string_append_printf(text, " %s=%" G_GINT64_FORMAT, name,
                                   json_object_get_int_member(request->arguments, name));
        else
            g_string_append_printf(text, " %s=%s", name,
                                   json_object_get_string_member(request->arguments, name));
    }
    return g_string_free(text, FALSE);
}

GBytes *reply_new(JsonNode *result, const GError *error)
{
    g_autoptr(JsonObject) object = json_object_new();
    g_autoptr(JsonNode) root = json_node_new(JSON_NODE_OBJECT);
    GString *line = g_string_new(NULL);
    g_autofree char *text = NULL;
    gsize length;

    json_object_set_boolean_member(object, "ok", result != NULL);
    if (result) {
        json_object_set_member(object, "result", result);
    } else {
        g_autofree char *words = g_utf8_make_valid(error->message, -1);

        json_object_set_string_member(object, "error", words);
    }
    json_node_set_object(root, object);
    text = json_to_string(root, FALSE);
    length = strlen(text);
    g_string_append_len(line, text, (gssize)length);
    g_string_append_c(line, '\n');
    return g_string_free_to_bytes(line);
}

gint64 argument_number(JsonObject *arguments, const char *name, gint64 otherwise)
{
    return json_object_has_member(arguments, name) ? json_object_get_int_member(arguments, name)
                                                   : otherwise;
}

const char *argument_text(JsonObject *arguments, const char *name, const char *otherwise)
{
    return json_object_has_member(arguments, name) ? json_object_get_string_member(arguments, name)
                                                   : otherwise;
}
