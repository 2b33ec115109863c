/* How the answer to each command looks to people. */
#include "views.h"

#include <string.h>

typedef struct View {
    const char *command;
    const char *none; /* what an empty list says */
    Column columns[TABLE_COLUMNS + 1];
} View;

static const View views[] = {
    {"show spans",
     "no spans",
     {
         {"SPAN", "span"},
         {"TRUNK", "trunk"},
         {"ALARMS", "alarms", COLUMN_TEXT, "none"},
         {"D CHANNEL", "d_channel", COLUMN_TEXT, "up"},
         {"ROLE", "d_role"},
         {"FOR", "since_s", COLUMN_SECONDS},
         {"CHANNELS", "channels", COLUMN_COUNT},
         {"BUSY", "busy", COLUMN_COUNT},
         {"BLOCKED", "blocked", COLUMN_COUNT},
         {"BUSIED OUT", "busied_out"},
         {"D IN", "frames_in", COLUMN_COUNT},
         {"D OUT", "frames_out", COLUMN_COUNT},
         {"REFUSED", "frames_refused", COLUMN_COUNT},
         {"PACKETS IN", "packets_in", COLUMN_COUNT},
         {"LOST", "lost", COLUMN_COUNT},
         {"LATE", "late", COLUMN_COUNT},
         {"SLIPS", "slips", COLUMN_COUNT},
         {"BPV", "bpv", COLUMN_COUNT},
         {"CRC", "crc4", COLUMN_COUNT},
         {"EBIT", "ebit", COLUMN_COUNT},
         {"TIMING", "timing"},
     }},
    {"show channels",
     "no channels",
     {
         {"CHANNEL", "channel"},
         {"TRUNK", "trunk"},
         {"STATE", "state"},
         {"WHY", "reason"},
         {"FOR", "since_s", COLUMN_SECONDS},
         {"CALL", "call", COLUMN_COUNT},
         {"CALLS", "calls", COLUMN_COUNT},
         {"SENT", "sent", COLUMN_COUNT},
         {"RECEIVED", "received", COLUMN_COUNT},
         {"LOST", "lost", COLUMN_COUNT},
         {"LATE", "late", COLUMN_COUNT},
         {"CONCEALED", "concealed", COLUMN_COUNT},
         {"SLIPPED", "slipped", COLUMN_COUNT},
         {"JITTER", "jitter_us", COLUMN_MICROS},
         {"DEPTH", "depth_ms", COLUMN_MILLIS},
     }},
    {"show calls",
     "no calls",
     {
         {"CALL", "call", COLUMN_COUNT},
         {"AGE", "age_s", COLUMN_SECONDS},
         {"SIP", "sip"},
         {"ISDN", "isdn"},
         {"CHANNEL", "channel"},
         {"CALLING", "calling"},
         {"CALLED", "called"},
         {"FROM", "from"},
         {"TO", "to"},
         {"CHARGE", "charge"},
     }},
    {"show routes",
     "no routes",
     {
         {"ROUTE", "route"},
         {"FROM", "from"},
         {"CALLED", "called"},
         {"TO", "to"},
     }},
    {"show timers",
     "no timers",
     {
         {"TIMER", "timer"},
         {"TRUNK", "trunk"},
         {"LENGTH", "value_ms", COLUMN_MILLIS},
         {"EVENT", "event"},
         {"CAUSE", "cause", COLUMN_COUNT},
         {"WHY", "why"},
     }},
    {"show registrations",
     "no registrations",
     {
         {"AOR", "aor"},
         {"CONTACT", "contact"},
         {"Q", "q", COLUMN_COUNT},
         {"EXPIRES", "expires_s", COLUMN_SECONDS},
         {"ORIGIN", "origin"},
         {"SOURCE", "source"},
         {"BY", "transport"},
         {"USER", "user"},
         {"AGENT", "agent"},
     }},
    {"show primary",
     "no primary",
     {
         {"PRIMARY", "primary"},
         {"ADDRESS", "address"},
         {"BY", "transport"},
         {"STATE", "state", COLUMN_TEXT, "up"},
         {"FOR", "since_s", COLUMN_SECONDS},
         {"ANSWER", "answered_s", COLUMN_SECONDS},
         {"MISSED", "missed_s", COLUMN_SECONDS},
         {"ANSWERED", "answered", COLUMN_COUNT},
         {"REFUSED", "refused", COLUMN_COUNT},
         {"SILENT", "silent", COLUMN_COUNT},
         {"OUTAGES", "outages", COLUMN_COUNT},
     }},
    {"show mwi",
     "no mailboxes",
     {
         {"MAILBOX", "mailbox"},
         {"TOLD BY", "told_by"},
         {"TRUNK", "trunk"},
         {"MESSAGES", "messages", COLUMN_TEXT, "none"},
         {"FOR", "since_s", COLUMN_SECONDS},
     }},
    {"show peers",
     "no peers",
     {
         {"PEER", "peer"},
         {"SERVER", "server"},
         {"REGISTRATION", "registration"},
         {"FOR", "since_s", COLUMN_SECONDS},
         {"EXPIRES", "expires_s", COLUMN_SECONDS},
         {"STATUS", "status", COLUMN_COUNT},
         {"STATE", "state", COLUMN_TEXT, "up"},
         {"FOR", "state_s", COLUMN_SECONDS},
         {"ANSWERED", "answered", COLUMN_COUNT},
         {"REFUSED", "refused", COLUMN_COUNT},
         {"SILENT", "silent", COLUMN_COUNT},
         {"ADDRESSES", "addresses"},
     }},
    {"show counters",
     "no counters",
     {
         {"ROOM", "room"},
         {"COUNTER", "counter"},
         {"VALUE", "value", COLUMN_COUNT},
     }},
};

static gboolean is_array_of_objects(JsonNode *node)
{
    JsonArray *array;

    if (!JSON_NODE_HOLDS_ARRAY(node))
        return FALSE;
    array = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        if (!JSON_NODE_HOLDS_OBJECT(json_array_get_element(array, i)))
            return FALSE;
    }
    return TRUE;
}

/* Text of several lines, each cleaned. */
static void lines_print(FILE *out, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (char **line = lines; *line; line++) {
        g_autofree char *clean = table_clean(*line);

        if (*clean || line[1])
            fprintf(out, "%s\n", clean);
    }
}

static void version_print(FILE *out, JsonObject *answer)
{
    g_autofree char *uptime =
        table_seconds(json_object_get_int_member_with_default(answer, "uptime_s", 0));
    g_autofree char *file =
        table_clean(json_object_get_string_member_with_default(answer, "settings", "?"));

    fprintf(out, "tielined %s, up %s, settings from %s%s\n",
            json_object_get_string_member_with_default(answer, "version", "?"), uptime, file,
            json_object_get_boolean_member_with_default(answer, "draining", FALSE) ? ", draining"
                                                                                   : "");
}

static void hangup_print(FILE *out, JsonObject *answer)
{
    fprintf(out, "call %d is being cleared with cause %d\n",
            (int)json_object_get_int_member_with_default(answer, "call", 0),
            (int)json_object_get_int_member_with_default(answer, "cause", 0));
}

static void dropped_print(FILE *out, JsonObject *answer)
{
    g_autofree char *aor =
        table_clean(json_object_get_string_member_with_default(answer, "aor", "?"));

    fprintf(out, "%d registration(s) of %s dropped\n",
            (int)json_object_get_int_member_with_default(answer, "dropped", 0), aor);
}

static const Column selftest_columns[] = {
    {"CHANNEL", "channel"},
    {"RESULT", "result", COLUMN_TEXT, "good"},
    {"HEARD", "heard"},
    {"OCTETS", "octets", COLUMN_COUNT},
    {"ERRORS", "errors", COLUMN_COUNT},
    {"DELAY", "delay_us", COLUMN_MICROS},
    {NULL},
};

static gboolean selftest_print(FILE *out, JsonObject *answer, gboolean colour)
{
    JsonNode *channels = json_object_get_member(answer, "channels");
    g_autofree char *span =
        table_clean(json_object_get_string_member_with_default(answer, "span", "?"));
    const char *loop = json_object_get_string_member_with_default(answer, "loop", "");

    if (!channels) {
        fprintf(out, "span %s: the selftest is running\n", span);
        return TRUE;
    }
    if (!is_array_of_objects(channels))
        return FALSE;
    fprintf(out, "span %s: %d of %u channels good, %d slips, %s\n", span,
            (int)json_object_get_int_member_with_default(answer, "good", 0),
            json_array_get_length(json_node_get_array(channels)),
            (int)json_object_get_int_member_with_default(answer, "slips", 0),
            strcmp(loop, "card") == 0 ? "looped by the card"
                                      : "loop expected from outside: a plug, or the far end's");
    table_print(out, selftest_columns, json_node_get_array(channels), colour);
    return TRUE;
}

static gboolean object_print(FILE *out, const char *command, JsonObject *answer, gboolean colour)
{
    if (g_str_has_prefix(command, "selftest "))
        return selftest_print(out, answer, colour);
    if (strcmp(command, "version") == 0)
        version_print(out, answer);
    else if (strcmp(command, "hangup") == 0)
        hangup_print(out, answer);
    else if (strcmp(command, "drop registration") == 0)
        dropped_print(out, answer);
    else
        return FALSE;
    return TRUE;
}

gboolean view_print(FILE *out, const char *command, JsonNode *result, gboolean colour)
{
    for (gsize i = 0; i < G_N_ELEMENTS(views); i++) {
        if (strcmp(views[i].command, command) != 0)
            continue;
        if (!is_array_of_objects(result))
            return FALSE;
        if (json_array_get_length(json_node_get_array(result)) == 0)
            fprintf(out, "%s\n", views[i].none);
        else
            table_print(out, views[i].columns, json_node_get_array(result), colour);
        return TRUE;
    }
    if (JSON_NODE_HOLDS_OBJECT(result))
        return object_print(out, command, json_node_get_object(result), colour);
    if (!JSON_NODE_HOLDS_VALUE(result) || json_node_get_value_type(result) != G_TYPE_STRING)
        return FALSE;
    lines_print(out, json_node_get_string(result));
    return TRUE;
}
