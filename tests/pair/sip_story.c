/* The common beginning and end of the sip room's stories. */
#include "sip_story.h"

#include "free_port.h"

#include <string.h>

static gboolean story_is_ready(void *user)
{
    return ((Story *)user)->ready;
}

static Settings *story_settings(const char *host, const char *address, guint16 port,
                                const char *more)
{
    g_autofree char *text = g_strdup_printf("[sip]\nlisten = %s:%u\nallow = %s%s\n%s"
                                            "[media]\naddress = %s\n"
                                            "[span e1]\nlocal = 127.0.0.1:2142\n"
                                            "remote = 127.0.0.1:2143\n"
                                            "[trunk pbx]\nspan = e1\n"
                                            "[peer friend]\nnetwork = %s\ntrusted = yes\n"
                                            "[emergency]\nservices = sos:112, sos.police:110\n",
                                            host, port, address, *more ? ", 127.0.0.5, ::1" : "",
                                            more, address, address);
    g_autoptr(GError) error = NULL;
    Settings *settings = settings_parse("story", text, &error);

    g_assert_no_error(error);
    settings->sip.t1_ms = 20; /* 64*T1 is 1.28 s */
    settings->sip.t2_ms = 160;
    settings->sip.session_expires_s = 0;
    return settings;
}

void story_open(Story *story)
{
    story_open_at(story, "127.0.0.1");
}

void story_open_at(Story *story, const char *address)
{
    story_open_with(story, address, "", 0);
}

void story_open_asking(Story *story, const char *address, guint16 name_server)
{
    story_open_with(story, address, "", name_server);
}

void story_open_with(Story *story, const char *address, const char *more, guint16 name_server)
{
    g_autoptr(GString) keys = g_string_new(more);
    g_autofree char *port = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *host =
        strchr(address, ':') ? g_strdup_printf("[%s]", address) : g_strdup(address);
    CallOps ops;

    *story = (Story){.port = free_port(), .ready = TRUE};
    g_snprintf(story->uri, sizeof(story->uri), "sip:200@%s:%u", host, story->port);
    port = g_strdup_printf("%u", story->port);
    g_string_replace(keys, "$P", port, 0);
    story->settings = story_settings(host, address, story->port, keys->str);
    if (name_server) {
        g_assert_true(address_parse("127.0.0.1", &story->settings->proxy.name_server));
        address_set_port(&story->settings->proxy.name_server, name_server);
        story->settings->proxy.dns_wait_us = 400 * 1000;
    }
    story->loop = sofia_loop_new(&error);
    g_assert_no_error(error);
    story->hall = hall_new(story->loop, story->settings);
    story->ua = ua_new(story->settings, story->loop, story->hall, story_is_ready, story, &error);
    g_assert_no_error(error);
    ops = ua_call_ops(story->ua);
    hall_set_sip(story->hall, &ops);
    story->phone = phone_new(story->loop, address, story->port);
}

void story_close(Story *story)
{
    story_events(story, ""); /* none that the story has not told */
    g_assert_cmpuint(ua_leg_count(story->ua), ==, 0);
    phone_free(story->phone);
    ua_free(story->ua);
    hall_free(story->hall);
    sofia_loop_free(story->loop);
    settings_free(story->settings);
}

void story_events(Story *story, const char *wanted)
{
    gint64 end = loop_now(story->loop) + 3 * G_USEC_PER_SEC;
    g_autoptr(GString) events = g_string_new(NULL);

    if (!*wanted)
        loop_rest(story->loop, 15); /* what is on its way arrives */
    for (;;) {
        g_autofree char *news = hall_fake_events(story->hall);

        g_string_append_printf(events, "%s%s", events->len && *news ? " " : "", news);
        if (strlen(events->str) >= strlen(wanted) || loop_now(story->loop) > end)
            break;
        loop_rest(story->loop, 5);
    }
    g_assert_cmpstr(events->str, ==, wanted);
}

void story_settles(Story *story)
{
    gint64 end = loop_now(story->loop) + 3 * G_USEC_PER_SEC;

    while (ua_leg_count(story->ua) && loop_now(story->loop) < end)
        loop_rest(story->loop, 5);
    g_assert_cmpuint(ua_leg_count(story->ua), ==, 0);
}

typedef struct CounterWanted {
    const char *name;
    guint64 value;
} CounterWanted;

static void counter_match(void *user, const char *name, guint64 value)
{
    CounterWanted *wanted = user;

    if (strcmp(name, wanted->name) == 0)
        wanted->value = value;
}

guint64 story_counter(Story *story, const char *name)
{
    CounterWanted wanted = {name, G_MAXUINT64};

    ua_each_counter(story->ua, counter_match, &wanted);
    g_assert_cmpuint(wanted.value, !=, G_MAXUINT64);
    return wanted.value;
}

Call *story_call(Story *story)
{
    Call *call = hall_fake_last(story->hall);

    g_assert_nonnull(call);
    return call;
}

void story_talk(Story *story)
{
    phone_request(story->phone, "INVITE", story->uri, "", SDP_BOTH);
    story_events(story, "INVITE+media");
    hall_fake_act(story_call(story), ACTION_SIP_ANSWER);
    phone_hear(story->phone, "SIP/2.0 200");
    phone_ack(story->phone, NULL);
    story_events(story, "MEDIA+media ACK"); /* the law of the trunk was chosen */
}

Call *story_call_out(Story *story, Phone *phone, const CallSetup *setup, const PeerSettings *peer)
{
    g_autofree char *uri = g_strdup_printf(
        "sip:100@%s:%u", phone == story->phone ? "127.0.0.1" : "127.0.0.3", phone_port(phone));
    Call *call = hall_fake_call_to(story->hall, uri, setup,
                                   g_ptr_array_index(story->settings->trunks, 0), peer);

    g_assert_true(hall_fake_act(call, ACTION_SIP_INVITE));
    phone_hear(phone, "INVITE sip:100@");
    return call;
}

void story_hang_up(Story *story)
{
    phone_request(story->phone, "BYE", NULL, "", NULL);
    story_events(story, "BYE/16");
    hall_fake_end(story_call(story));
    story_settles(story);
}

void story_talk_out(Story *story)
{
    CallSetup setup = {.bearer = BEARER_SPEECH};

    story_call_out(story, story->phone, &setup, NULL);
    phone_reply(story->phone, "INVITE", "200 OK", "", SDP_BOTH);
    story_events(story, "ANSWER+media");
    phone_hear(story->phone, "ACK");
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    sofia_open();
    uas_stories();
    offer_stories();
    uac_stories();
    dialog_stories();
    hold_stories();
    guard_stories();
    emergency_stories();
    ports_stories();
    nonsense_stories();
    mwi_stories();
    digits_stories();
    extra_stories();
    challenge_stories();
    health_stories();
    server_stories();
    party_stories();
    result = g_test_run();
    sofia_close();
    return result;
}
