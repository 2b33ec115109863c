/* Waiting for the end of a loop-back check, which the daemon runs on its own. */
#include "selftest_wait.h"

#include <string.h>

#define ASK_EVERY_US (200 * 1000)
#define PATIENCE_US (30 * G_USEC_PER_SEC)

static gint64 number_of(JsonNode *result)
{
    return JSON_NODE_HOLDS_OBJECT(result)
               ? json_object_get_int_member_with_default(json_node_get_object(result), "number", 0)
               : 0;
}

static gboolean is_running(JsonNode *result)
{
    return JSON_NODE_HOLDS_OBJECT(result) && strcmp(json_object_get_string_member_with_default(
                                                        json_node_get_object(result), "state", ""),
                                                    "running") == 0;
}

Asked selftest_wait(const char *path, JsonNode **result, char **trouble)
{
    gint64 number = number_of(*result), patience = g_get_monotonic_time() + PATIENCE_US;

    while (is_running(*result)) {
        g_autoptr(JsonObject) request = json_object_new();
        Asked asked;

        if (g_get_monotonic_time() > patience) {
            *trouble = g_strdup("the selftest does not end");
            return ASKED_REFUSED;
        }
        g_usleep(ASK_EVERY_US);
        g_clear_pointer(result, json_node_unref);
        json_object_set_string_member(request, "command", "selftest result");
        asked = desk_ask(path, request, result, trouble);
        if (asked != ASKED_ANSWERED)
            return asked;
        if (number_of(*result) != number) {
            *trouble = g_strdup("another selftest was begun before this one was asked for");
            return ASKED_REFUSED;
        }
    }
    return ASKED_ANSWERED;
}

gboolean selftest_passed(JsonNode *result)
{
    JsonObject *answer;
    JsonNode *channels;

    if (!JSON_NODE_HOLDS_OBJECT(result) || is_running(result))
        return FALSE;
    answer = json_node_get_object(result);
    channels = json_object_get_member(answer, "channels");
    return channels && JSON_NODE_HOLDS_ARRAY(channels) &&
           json_object_get_int_member_with_default(answer, "good", 0) > 0 &&
           json_object_get_int_member_with_default(answer, "good", 0) ==
               json_array_get_length(json_node_get_array(channels));
}
