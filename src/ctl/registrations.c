/* The commands about registered phones: who is reached where, and dropping it. Both run in
 * signalling. */
#include "commands.h"

static Phones *phones_of(const CtlScene *scene, GError **error)
{
    if (!scene->rooms.phones)
        g_set_error(error, CTL_ERROR, "phones do not register here: [proxy] mode is off");
    return scene->rooms.phones;
}

static void registration_tell(void *user, const PhonesRegistration *registration)
{
    JsonObject *row = answer_row(user);
    char buffer[64];

    answer_text(row, "aor", registration->aor);
    answer_text(row, "contact", registration->contact);
    json_object_set_double_member(row, "q", registration->q / 1000.0);
    if (registration->expires_s >= 0)
        answer_count(row, "expires_s", (guint64)registration->expires_s);
    answer_text(row, "origin", registration->origin);
    if (registration->source.ss_family) {
        answer_text(row, "source",
                    address_describe((const struct sockaddr *)&registration->source, buffer,
                                     sizeof buffer));
        answer_text(row, "transport", registration->transport);
        json_object_set_boolean_member(row, "flow", registration->flow);
    }
    answer_text(row, "user", registration->user);
    answer_text(row, "instance", registration->instance);
    answer_text(row, "agent", registration->agent);
}

COMMAND(command_show_registrations)
{
    Phones *phones = phones_of(scene, error);
    JsonArray *rows;

    if (!phones)
        return NULL;
    rows = json_array_new();
    phones_each_registration(phones, argument_text(arguments, "aor", NULL), registration_tell,
                             rows);
    return answer_array(rows);
}

COMMAND(command_drop_registration)
{
    Phones *phones = phones_of(scene, error);
    const char *aor = argument_text(arguments, "aor", "");
    const char *contact = argument_text(arguments, "contact", NULL);
    JsonObject *answer;
    guint count;

    if (!phones)
        return NULL;
    count = phones_drop_registration(phones, aor, contact);
    if (!count) {
        g_set_error(error, CTL_ERROR, "%s has not registered%s%s", aor, contact ? " " : "",
                    contact ? contact : "");
        return NULL;
    }
    answer = json_object_new();
    answer_text(answer, "aor", aor);
    answer_count(answer, "dropped", count);
    return answer_object(answer);
}
