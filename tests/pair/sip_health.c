/* A server under watch: how often it is asked, when no call goes there any more, and when again. */
#include "sip_story.h"

#include <string.h>

static PeerSettings *watched(Story *story)
{
    PeerSettings *peer = g_ptr_array_index(story->settings->peers, 0);

    if (!peer->server)
        peer->server = g_strdup_printf("sip:127.0.0.1:%u", phone_port(story->phone));
    peer->check_us = 200 * 1000;
    ua_set_settings(story->ua, story->settings);
    return peer;
}

static void answer(Story *story, const char *status)
{
    phone_hear(story->phone, "OPTIONS sip:127.0.0.1");
    phone_reply(story->phone, "OPTIONS", status, "", NULL);
    loop_rest(story->loop, 10);
}

static void peer_told(void *user, const UaPeer *peer)
{
    *(UaPeer *)user = *peer;
}

static void state_is(Story *story, const char *state)
{
    UaPeer peer;

    ua_each_peer(story->ua, peer_told, &peer);
    g_assert_cmpstr(peer.state, ==, state);
}

static void who_refuses_is_down_and_comes_back(void)
{
    Story story;
    PeerSettings *peer;

    story_open(&story);
    state_is(&story, NULL);
    peer = watched(&story);
    state_is(&story, "unknown");
    answer(&story, "404 Not Found"); /* somebody is there */
    state_is(&story, "up");
    for (guint i = 0; i < 3; i++) {
        g_assert_true(ua_peer_is_usable(story.ua, peer));
        answer(&story, "503 Service Unavailable");
    }
    state_is(&story, "down");
    g_assert_false(ua_peer_is_usable(story.ua, peer));
    g_assert_cmpuint(story_counter(&story, "servers found down"), ==, 1);
    answer(&story, "200 OK");
    g_assert_false(ua_peer_is_usable(story.ua, peer)); /* one swallow */
    answer(&story, "200 OK");
    answer(&story, "200 OK");
    state_is(&story, "up");
    g_assert_true(ua_peer_is_usable(story.ua, peer));
    peer->check_us = 0;
    ua_set_settings(story.ua, story.settings);
    state_is(&story, NULL);
    story_close(&story);
}

static void who_is_silent_is_down(void)
{
    Story story;
    PeerSettings *peer;
    gint64 end;

    story_open(&story);
    peer = watched(&story);
    end = loop_now(story.loop) + 3 * G_USEC_PER_SEC;
    while (ua_peer_is_usable(story.ua, peer) && loop_now(story.loop) < end)
        loop_rest(story.loop, 10);
    state_is(&story, "down");
    g_assert_cmpuint(phone_heard_count(story.phone), >=, 3);
    story_close(&story);
}

/* Its answers are heard though it may not call us. */
static void a_stranger_may_be_watched(void)
{
    Story story;
    Network nowhere;

    story_open(&story);
    g_assert_true(network_parse("192.0.2.0/24", &nowhere));
    g_array_set_size(story.settings->sip.allow, 0);
    g_array_append_val(story.settings->sip.allow, nowhere);
    watched(&story);
    answer(&story, "200 OK");
    state_is(&story, "up");
    phone_hang_up(story.phone);
    phone_forget(story.phone);
    phone_request(story.phone, "MESSAGE", story.uri, "", NULL);
    loop_rest(story.loop, 50);
    g_assert_cmpuint(story_counter(&story, "requests dropped"), ==, 1);
    story_close(&story);
}

void health_stories(void)
{
    g_test_add_func("/sip/health/refuses", who_refuses_is_down_and_comes_back);
    g_test_add_func("/sip/health/silent", who_is_silent_is_down);
    g_test_add_func("/sip/health/stranger", a_stranger_may_be_watched);
}
