/* The command about the primary proxies: which there are, whether they live, what they have
 * answered. In signalling. */
#include "clock.h"
#include "commands.h"

static void ago_tell(JsonObject *row, const char *member, gint64 when_us)
{
    if (when_us)
        answer_count(row, member, (guint64)MAX(clock_now_us() - when_us, 0) / G_USEC_PER_SEC);
}

static void primary_tell(void *user, const PhonesPrimary *primary)
{
    JsonObject *row = answer_row(user);
    char buffer[64];

    answer_text(row, "primary", primary->place);
    answer_text(
        row, "address",
        address_describe((const struct sockaddr *)&primary->address, buffer, sizeof buffer));
    answer_text(row, "transport", primary->tcp ? "tcp" : "udp");
    answer_text(row, "state", primary->state);
    json_object_set_boolean_member(row, "used", primary->used);
    ago_tell(row, "since_s", primary->since_us);
    ago_tell(row, "answered_s", primary->heard_us);
    ago_tell(row, "missed_s", primary->missed_us);
    answer_count(row, "answered", primary->answered);
    answer_count(row, "refused", primary->refused);
    answer_count(row, "silent", primary->silent);
    answer_count(row, "outages", primary->outages);
}

COMMAND(command_show_primary)
{
    JsonArray *rows;

    if (!scene->rooms.phones) {
        g_set_error(error, CTL_ERROR, "no primary is watched: [proxy] mode is off");
        return NULL;
    }
    rows = json_array_new();
    phones_each_primary(scene->rooms.phones, primary_tell, rows);
    return answer_array(rows);
}
