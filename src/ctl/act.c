/* The commands that change something, and those that tell who we are. */
#include "cause.h"
#include "clock.h"
#include "commands.h"

#include "config.h"

COMMAND(command_hangup)
{
    guint32 id = (guint32)argument_number(arguments, "call", 0);
    Call *call = hall_find_call(scene->rooms.hall, id);
    CallNews news = CALL_NEWS_INIT;
    JsonObject *answer;

    if (!call) {
        g_set_error(error, CTL_ERROR, "there is no call %u", id);
        return NULL;
    }
    if (call_is_sheltered(call) && !g_str_equal(argument_text(arguments, "force", ""), "yes")) {
        g_set_error(error, CTL_ERROR,
                    "call %u is an emergency call: it is cleared with the word force alone", id);
        return NULL;
    }
    news.cause = (guint8)argument_number(arguments, "cause", CAUSE_NORMAL_CALL_CLEARING);
    g_strlcpy(news.detail, "hung up by the operator", sizeof news.detail);
    call_event(call, EVENT_OPERATOR_CLEAR, &news); /* the call may be gone now */
    answer = json_object_new();
    answer_count(answer, "call", id);
    answer_count(answer, "cause", news.cause);
    return answer_object(answer);
}

COMMAND(command_drain)
{
    g_atomic_int_set(scene->draining, TRUE);
    scene->rooms.drain(scene->rooms.user);
    return answer_string("draining: no new calls are taken");
}

COMMAND(command_undrain)
{
    if (!scene->rooms.undrain(scene->rooms.user, error))
        return NULL;
    g_atomic_int_set(scene->draining, FALSE);
    return answer_string("new calls are taken");
}

COMMAND(command_reload)
{
    g_autofree char *waiting = NULL;
    g_autoptr(GString) text = g_string_new("settings read");

    if (!scene->rooms.reload(scene->rooms.user, &waiting, error))
        return NULL;
    if (waiting)
        g_string_append_printf(text, "; these wait for a restart: %s", waiting);
    return answer_string(text->str);
}

COMMAND(command_version)
{
    JsonObject *answer = json_object_new();

    answer_text(answer, "version", PACKAGE_VERSION);
    answer_text(answer, "settings", scene->rooms.settings->file);
    answer_count(answer, "uptime_s",
                 (guint64)(clock_now_us() - scene->started_us) / G_USEC_PER_SEC);
    json_object_set_boolean_member(answer, "draining", g_atomic_int_get(scene->draining));
    return answer_object(answer);
}

COMMAND(command_ping)
{
    return answer_string("pong");
}
