/* INFO with digits, both ways: what is understood, what is refused, one at a time. */
#include "sip_story.h"

#include <string.h>

#define RELAY "Content-Type: application/dtmf-relay\r\n"
#define PLAIN "Content-Type: application/dtmf\r\n"

static void info_is_understood(void)
{
    static const struct {
        const char *type, *body, *answer, *digits;
        guint ms;
    } rows[] = {
        {RELAY, "Signal=5\r\nDuration=250\r\n", "SIP/2.0 200", "5", 250},
        {RELAY, "signal = *\nduration = 99999\n", "SIP/2.0 200", "*", 0},
        {RELAY, "Signal=11\r\n", "SIP/2.0 200", "#", 0},
        {RELAY, "Signal=d\r\nDuration=-1", "SIP/2.0 200", "D", 0},
        {RELAY, "Signal=16\r\nDuration=160\r\n", "SIP/2.0 200", NULL, 0}, /* a hook flash */
        {RELAY, "Signal=\r\n", "SIP/2.0 400", NULL, 0},
        {RELAY, "Signal=55x\r\n", "SIP/2.0 400", NULL, 0},
        {RELAY, "Duration=160\r\n", "SIP/2.0 400", NULL, 0},
        {PLAIN, "7", "SIP/2.0 200", "7", 0},
        {PLAIN, " 10\r\n", "SIP/2.0 200", "*", 0},
        {PLAIN, "123#", "SIP/2.0 200", "123#", 0},
        {PLAIN, "hello", "SIP/2.0 400", NULL, 0},
        {PLAIN, "0123456789012345678901234567890123456789", "SIP/2.0 400", NULL, 0},
        {"Content-Type: text/plain\r\n", "5", "SIP/2.0 415", NULL, 0},
        {"", NULL, "SIP/2.0 200", NULL, 0},
    };
    Story story;

    story_open(&story);
    story_talk(&story);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *heard;

        phone_request(story.phone, "INFO", NULL, rows[i].type, rows[i].body);
        heard = phone_hear(story.phone, rows[i].answer);
        if (g_str_has_suffix(rows[i].answer, "415"))
            header_is(heard, "Accept", "application/dtmf-relay, application/dtmf");
        story_events(&story, rows[i].digits ? "DIGIT" : "");
        if (!rows[i].digits)
            continue;
        g_assert_cmpstr(hall_fake_news(story.hall)->digits, ==, rows[i].digits);
        g_assert_cmpuint(hall_fake_news(story.hall)->digit_ms, ==, rows[i].ms);
    }
    /* The ladder, which people read, does not say which digits. */
    g_assert_null(strstr(hall_fake_ladder(story.hall), "Signal"));
    story_hang_up(&story);
    story_close(&story);
}

/* A peer that takes digits WAY, called by us. */
static Call *talk_with(Story *story, PeerSettings *peer, PeerDigits way)
{
    CallSetup setup = {.bearer = BEARER_SPEECH};
    const char *heard;

    peer->dtmf = way;
    story_call_out(story, story->phone, &setup, peer);
    heard = phone_last_heard(story->phone);
    g_assert_cmpint(strstr(message_body(heard), "telephone-event") != NULL, ==,
                    way == PEER_DIGITS_AUTO || way == PEER_DIGITS_EVENT);
    phone_reply(story->phone, "INVITE", "200 OK", "",
                SDP_HEAD "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 101\r\n"
                         "a=rtpmap:101 telephone-event/8000\r\n");
    story_events(story, "ANSWER+media");
    phone_hear(story->phone, "ACK");
    g_assert_cmpint(hall_fake_news(story->hall)->remote.event_payload_type, ==,
                    way == PEER_DIGITS_AUTO || way == PEER_DIGITS_EVENT ? 101 : -1);
    return story_call(story);
}

static void info_is_listened_to_by_setting(void)
{
    for (guint way = PEER_DIGITS_AUTO; way <= PEER_DIGITS_INBAND; way++) {
        PeerSettings peer = {0};
        Story story;

        story_open(&story);
        talk_with(&story, &peer, way);
        phone_request(story.phone, "INFO", NULL, RELAY, "Signal=5\r\n");
        phone_hear(story.phone, "SIP/2.0 200");
        story_events(&story, way == PEER_DIGITS_EVENT || way == PEER_DIGITS_INBAND ? "" : "DIGIT");
        story_hang_up(&story);
        story_close(&story);
    }
}

static void digits_are_told_one_at_a_time(void)
{
    static const char *const bodies[] = {"Signal=1\r\nDuration=90\r\n",
                                         "Signal=#\r\nDuration=90\r\n",
                                         "Signal=D\r\nDuration=90\r\n"};
    CallNews news = CALL_NEWS_INIT;
    PeerSettings peer = {0};
    Story story;

    story_open(&story);
    talk_with(&story, &peer, PEER_DIGITS_INFO);
    g_strlcpy(news.digits, "1#D", sizeof(news.digits));
    news.digit_ms = 90;
    hall_fake_act_news(story_call(&story), ACTION_SIP_DIGIT, &news);
    for (guint i = 0; i < G_N_ELEMENTS(bodies); i++) {
        const char *heard = phone_hear(story.phone, "INFO ");

        header_is(heard, "Content-Type", "application/dtmf-relay");
        g_assert_cmpstr(message_body(heard), ==, bodies[i]);
        g_assert_true(phone_hears_nothing(story.phone, 10));
        /* What one refuses the next may take. */
        phone_reply(story.phone, "INFO", i == 1 ? "415 Unsupported Media Type" : "200 OK", "",
                    NULL);
    }
    g_assert_true(phone_hears_nothing(story.phone, 20));
    story_hang_up(&story);
    story_close(&story);
}

static void the_other_body_says_the_digit_alone(void)
{
    CallNews news = CALL_NEWS_INIT;
    PeerSettings peer = {0};
    const char *heard;
    Story story;

    story_open(&story);
    talk_with(&story, &peer, PEER_DIGITS_INFO_DTMF);
    g_strlcpy(news.digits, "7", sizeof(news.digits));
    hall_fake_act_news(story_call(&story), ACTION_SIP_DIGIT, &news);
    heard = phone_hear(story.phone, "INFO ");
    header_is(heard, "Content-Type", "application/dtmf");
    g_assert_cmpstr(message_body(heard), ==, "7");
    /* The call ends with an INFO unanswered. */
    story_hang_up(&story);
    phone_reply(story.phone, "INFO", "200 OK", "", NULL);
    story_close(&story);
}

/* More digits than can wait for an answer are lost, and nothing grows. */
static void digits_that_wait_are_bounded(void)
{
    CallNews news = CALL_NEWS_INIT;
    PeerSettings peer = {0};
    Story story;
    guint told = 0;

    story_open(&story);
    talk_with(&story, &peer, PEER_DIGITS_INFO);
    g_strlcpy(news.digits, "0123456789", sizeof(news.digits));
    for (guint i = 0; i < 20; i++)
        hall_fake_act_news(story_call(&story), ACTION_SIP_DIGIT, &news);
    while (!phone_hears_nothing(story.phone, 300)) {
        phone_hear(story.phone, "INFO ");
        phone_reply(story.phone, "INFO", "200 OK", "", NULL);
        told++;
    }
    g_assert_cmpuint(told, >=, 60);
    g_assert_cmpuint(told, <=, 75);
    story_hang_up(&story);
    story_close(&story);
}

/* NUA waits for credentials of a challenged INFO, and lets nothing pass it. */
static void a_challenged_info_is_given_up(void)
{
    CallNews news = CALL_NEWS_INIT;
    PeerSettings peer = {0};
    Story story;

    story_open(&story);
    talk_with(&story, &peer, PEER_DIGITS_INFO_DTMF);
    g_strlcpy(news.digits, "12", sizeof(news.digits));
    hall_fake_act_news(story_call(&story), ACTION_SIP_DIGIT, &news);
    phone_hear(story.phone, "INFO ");
    phone_reply(story.phone, "INFO", "401 Unauthorized",
                "WWW-Authenticate: Digest realm=\"there\", nonce=\"n\"\r\n", NULL);
    g_assert_cmpstr(message_body(phone_hear(story.phone, "INFO ")), ==, "2");
    g_assert_true(phone_hears_nothing(story.phone, 20));
    phone_reply(story.phone, "INFO", "407 Proxy Authentication Required",
                "Proxy-Authenticate: Digest realm=\"there\", nonce=\"n\"\r\n", NULL);
    loop_rest(story.loop, 10);
    hall_fake_act(story_call(&story), ACTION_SIP_BYE);
    phone_hear(story.phone, "BYE ");
    phone_reply(story.phone, "BYE", "200 OK", "", NULL);
    story_events(&story, "ENDED");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

void digits_stories(void)
{
    g_test_add_func("/sip/digits/a-challenged-info-is-given-up", a_challenged_info_is_given_up);
    g_test_add_func("/sip/digits/info-is-understood", info_is_understood);
    g_test_add_func("/sip/digits/info-is-listened-to-by-setting", info_is_listened_to_by_setting);
    g_test_add_func("/sip/digits/digits-are-told-one-at-a-time", digits_are_told_one_at_a_time);
    g_test_add_func("/sip/digits/the-other-body-says-the-digit-alone",
                    the_other_body_says_the_digit_alone);
    g_test_add_func("/sip/digits/digits-that-wait-are-bounded", digits_that_wait_are_bounded);
}
