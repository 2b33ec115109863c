/* Asking the daemon: one request over its control socket, one answer back. */
#include "desk_client.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>

#define PATIENCE_S 10
#define ANSWER_MAX (64 * 1024 * 1024)

static GSocketConnection *desk_connect(const char *path, GError **error)
{
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);

    g_socket_client_set_timeout(client, PATIENCE_S);
    return g_socket_client_connect(client, G_SOCKET_CONNECTABLE(address), NULL, error);
}

static gboolean request_send(GSocketConnection *connection, JsonObject *request, GError **error)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    g_autofree char *text = NULL;
    g_autofree char *line = NULL;

    json_node_set_object(node, request);
    text = json_to_string(node, FALSE);
    line = g_strconcat(text, "\n", NULL);
    return g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)), line,
                                     strlen(line), NULL, NULL, error);
}

/* One line, without its line feed. */
static GString *answer_receive(GSocketConnection *connection, GError **error)
{
    GInputStream *input = g_io_stream_get_input_stream(G_IO_STREAM(connection));
    g_autoptr(GString) line = g_string_new(NULL);
    char chunk[16384];
    gssize length;

    while ((length = g_input_stream_read(input, chunk, sizeof chunk, NULL, error)) > 0) {
        const char *feed = memchr(chunk, '\n', (gsize)length);

        g_string_append_len(line, chunk, feed ? feed - chunk : length);
        if (feed)
            return g_steal_pointer(&line);
        if (line->len > ANSWER_MAX)
            break;
    }
    if (length >= 0)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the connection ended without an answer");
    return NULL;
}

/* Takes the answer apart. */
static Asked answer_read(const GString *line, JsonNode **result, char **trouble)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonNode *root = NULL;
    JsonObject *answer;

    if (json_parser_load_from_data(parser, line->str, (gssize)line->len, NULL))
        root = json_parser_get_root(parser);
    if (!root || !JSON_NODE_HOLDS_OBJECT(root)) {
        *trouble = g_strdup("the answer is no JSON object");
        return ASKED_UNREACHABLE;
    }
    answer = json_node_get_object(root);
    if (json_object_get_boolean_member_with_default(answer, "ok", FALSE) &&
        json_object_has_member(answer, "result")) {
        *result = json_node_copy(json_object_get_member(answer, "result"));
        return ASKED_ANSWERED;
    }
    *trouble = g_strdup(
        json_object_get_string_member_with_default(answer, "error", "refused without a reason"));
    return ASKED_REFUSED;
}

Asked desk_ask(const char *path, JsonObject *request, JsonNode **result, char **trouble)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketConnection) connection = desk_connect(path, &error);
    g_autoptr(GString) line = NULL;

    if (connection && request_send(connection, request, &error))
        line = answer_receive(connection, &error);
    if (line)
        return answer_read(line, result, trouble);
    *trouble = g_strdup_printf("%s: %s", path, error->message);
    return ASKED_UNREACHABLE;
}
