/* What must not become a call: strangers, methods and bodies we do not take; and OPTIONS. */
#include "sip_story.h"

#include <string.h>

static void refusals_have_their_status(void)
{
    static const struct {
        const char *user, *headers, *body, *status;
    } cases[] = {
        {"sip:ann@", "", SDP_BOTH, "SIP/2.0 404"},
        {"sip:2%0000@", "", SDP_BOTH, "SIP/2.0 404"},
        {"sip:", "", SDP_BOTH, "SIP/2.0 404"},
        {"sip:+@", "", SDP_BOTH, "SIP/2.0 484"},
        {"sip:123456789012345678901234567890123@", "", SDP_BOTH, "SIP/2.0 484"},
        {"sip:200@", "", "v=0\r\nnonsense\r\n", "SIP/2.0 400 Bad Session Description"},
        {"sip:200@", "", SDP_G729, "SIP/2.0 488"},
        {"sip:200@", "", SDP_HEAD "c=IN IP4 127.0.0.1\r\nm=audio 0 RTP/AVP 0\r\n", "SIP/2.0 488"},
        {"sip:200@", "Content-Type: text/plain\r\n", "hello", "SIP/2.0 415"},
        {"sip:200@", "Content-Encoding: gzip\r\n", SDP_BOTH, "SIP/2.0 415"},
        {"sip:200@", "Accept: text/plain\r\n", SDP_BOTH, "SIP/2.0 406"},
        {"sip:200@", "Require: teleport\r\n", SDP_BOTH, "SIP/2.0 420"},
        {"mailto:200@", "", SDP_BOTH, "SIP/2.0 416"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *uri = NULL;
        Story story;
        const char *heard;

        story_open(&story);
        uri = g_strdup_printf("%s127.0.0.1:%u", cases[i].user, story.port);
        g_test_message("%s %s %s", cases[i].user, cases[i].headers, cases[i].status);
        phone_request(story.phone, "INVITE", uri, cases[i].headers, cases[i].body);
        heard = phone_hear(story.phone, cases[i].status);
        header_is(heard, "Retry-After", NULL);
        if (strstr(cases[i].status, "415"))
            header_is(heard, "Accept", "application/sdp");
        if (strstr(cases[i].status, "420"))
            header_is(heard, "Unsupported", "teleport");
        story_events(&story, "");
        story_close(&story);
    }
}

static void tel_uris_are_taken(void)
{
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", "tel:+49-7131-555;phone-context=x", "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    g_assert_cmpstr(call_setup(story_call(&story))->called.digits, ==, "497131555");
    g_assert_cmpint(call_setup(story_call(&story))->called.ton, ==, TON_INTERNATIONAL);
    phone_cancel(story.phone, "");
    story_events(&story, "CANCEL/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

static void draining_answers_503_without_retry_after(void)
{
    Story story;

    story_open(&story);
    hall_set_draining(story.hall, TRUE);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    header_is(phone_hear(story.phone, "SIP/2.0 503"), "Retry-After", NULL);
    story_close(&story);
}

static void other_methods_are_refused(void)
{
    static const struct {
        const char *method, *status;
    } cases[] = {{"REGISTER", "SIP/2.0 405"}, {"SUBSCRIBE", "SIP/2.0 405"},
                 {"MESSAGE", "SIP/2.0 405"},  {"REFER", "SIP/2.0 403"},
                 {"INFO", "SIP/2.0 481"},     {"DANCE", "SIP/2.0 501"},
                 {"BYE", "SIP/2.0 481"},      {"UPDATE", "SIP/2.0 481"},
                 {"PRACK", "SIP/2.0 481"},    {"CANCEL", "SIP/2.0 481"}};
    Story story;

    story_open(&story);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].method);
        phone_hang_up(story.phone);
        phone_request(story.phone, cases[i].method, story.uri, "", NULL);
        phone_hear(story.phone, cases[i].status);
    }
    story_close(&story);
}

static void methods_in_a_dialog_leave_it_alone(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    phone_request(story.phone, "INFO", NULL, "", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    phone_request(story.phone, "OPTIONS", NULL, "", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    phone_request(story.phone, "REFER", NULL, "Refer-To: <sip:1@x>\r\n", NULL);
    phone_hear(story.phone, "SIP/2.0 603"); /* to this hall the call is not up */
    story_events(&story, "");
    story_hang_up(&story);
    story_close(&story);
}

static void options_tell_readiness(void)
{
    Story story;
    const char *heard;

    story_open(&story);
    phone_request(story.phone, "OPTIONS", story.uri, "", NULL);
    heard = phone_hear(story.phone, "SIP/2.0 200");
    header_is(heard, "Accept", "application/sdp");
    header_is(heard, "Allow",
              "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, REFER, NOTIFY, INFO");
    story.ready = FALSE;
    phone_hang_up(story.phone);
    phone_request(story.phone, "OPTIONS", story.uri, "", NULL);
    header_is(phone_hear(story.phone, "SIP/2.0 503"), "Retry-After", NULL);
    story.ready = TRUE;
    hall_set_draining(story.hall, TRUE);
    phone_hang_up(story.phone);
    phone_request(story.phone, "OPTIONS", story.uri, "", NULL);
    header_is(phone_hear(story.phone, "SIP/2.0 503"), "Retry-After", NULL);
    story_close(&story);
}

/* Inside a dialog it asks for the dialog, which lives on while we drain. */
static void options_in_a_dialog_tell_that_it_lives(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    story.ready = FALSE;
    hall_set_draining(story.hall, TRUE);
    phone_request(story.phone, "OPTIONS", NULL, "", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    phone_request(story.phone, "BYE", NULL, "", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    story_events(&story, "BYE/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

/* 127.0.0.2 is not in [sip] allow: nothing leaves, whatever it sends. */
static void a_stranger_gets_nothing(void)
{
    static const char stun[] = "\0\1\0\0\x21\x12\xa4\x42"
                               "abcdefghijkl";
    static const char *const texts[] = {
        "INVITE sip:200@127.0.0.1 SIP/2.0\r\n", /* not even whole */
        "INVITE sip:200@127.0.0.1 SIP/9.0\r\nVia: x\r\n\r\n",
        "nonsense\r\n\r\n",
        "\r\n\r\n",
    };
    Story story;
    Phone *stranger;

    story_open(&story);
    stranger = phone_new(story.loop, "127.0.0.2", story.port);
    phone_request(stranger, "INVITE", story.uri, "", SDP_BOTH);
    phone_request(stranger, "INVITE", story.uri, "Require: teleport\r\n", SDP_BOTH);
    phone_request(stranger, "OPTIONS", story.uri, "", NULL);
    phone_request(stranger, "DANCE", story.uri, "", NULL);
    phone_request(stranger, "BYE", story.uri, "", NULL);
    phone_request(stranger, "OPTIONS", story.uri, "CSeq: broken\r\n", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        phone_send_raw(stranger, texts[i], strlen(texts[i]));
    phone_send_raw(stranger, stun, sizeof(stun) - 1);
    g_assert_true(phone_hears_nothing(stranger, 100));
    g_assert_cmpuint(phone_heard_count(stranger), ==, 0);
    g_assert_cmpuint(story_counter(&story, "requests dropped"), >=, 9);
    story_events(&story, "");
    phone_send_raw(story.phone, stun, sizeof(stun) - 1); /* STUN is not for friends either */
    g_assert_true(phone_hears_nothing(story.phone, 20));
    phone_free(stranger);
    story_close(&story);
}

/* 127.0.0.3 may not call us; but we call it, and then it may speak in that call, and of nothing
 * else. */
static void the_far_end_of_our_call_is_heard(void)
{
    static const char cut[] = "INVITE sip:200@127.0.0.1 SIP/2.0\r\n"
                              "Via: SIP/2.0/UDP 127.0.0.3;branch=z9hG4bKcut\r\n"
                              "From: <sip:1@x>;tag=1\r\nTo: <sip:200@x>\r\nCall-ID: cut\r\n"
                              "CSeq: 1 INVITE\r\nContact: <sip:1@127.0.0.3>\r\n";
    CallSetup setup = {.bearer = BEARER_SPEECH};
    g_autofree char *own = NULL, *borrowed = NULL;
    Story story;
    Phone *far, *other;
    guint64 dropped;

    story_open(&story);
    far = phone_new(story.loop, "127.0.0.3", story.port);
    phone_request(far, "OPTIONS", story.uri, "", NULL);
    g_assert_true(phone_hears_nothing(far, 20));
    phone_hang_up(far);
    story_call_out(&story, far, &setup, NULL);
    phone_reply(far, "INVITE", "200 OK", "", SDP_BOTH);
    story_events(&story, "ANSWER+media");
    phone_hear(far, "ACK");
    dropped = story_counter(&story, "requests dropped");
    other = phone_new(story.loop, "127.0.0.3", story.port); /* the same host, other calls */
    phone_request(other, "INVITE", story.uri, "", SDP_BOTH);
    phone_hang_up(other);
    phone_request(other, "OPTIONS", story.uri, "", NULL);
    phone_request(other, "OPTIONS", story.uri, "CSeq: broken\r\n", NULL);
    phone_request(other, "DANCE", story.uri, "", NULL);
    phone_send_raw(other, cut, sizeof(cut) - 1); /* its headers do not end */
    own = message_header(phone_last_heard(far), "Call-ID");
    borrowed = g_strdup_printf(
        "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.3:%u;branch=z9hG4bKb\r\n"
        "From: <sip:1@x>;tag=1\r\nTo: <sip:200@x>\r\nCall-ID: %s\r\nCSeq: 9 INVITE\r\n"
        "Contact: <sip:1@127.0.0.3>\r\nContent-Length: 0\r\n\r\n",
        story.uri, phone_port(other), own);
    phone_send_raw(other, borrowed, strlen(borrowed)); /* a new call by our call's name */
    g_assert_true(phone_hears_nothing(other, 50));
    g_assert_cmpuint(phone_heard_count(other), ==, 0);
    g_assert_cmpuint(story_counter(&story, "requests dropped") - dropped, ==, 6);
    story_events(&story, "");
    phone_free(other);
    phone_request(far, "OPTIONS", NULL, "", NULL);
    phone_hear(far, "SIP/2.0 200");
    phone_request(far, "BYE", NULL, "", NULL);
    phone_hear(far, "SIP/2.0 200");
    story_events(&story, "BYE/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    phone_hang_up(far);
    phone_request(far, "OPTIONS", story.uri, "", NULL);
    g_assert_true(phone_hears_nothing(far, 20));
    phone_free(far);
    story_close(&story);
}

static void settings_are_followed_live(void)
{
    Story story;
    Phone *late;

    story_open(&story);
    late = phone_new(story.loop, "127.0.0.2", story.port);
    phone_request(late, "OPTIONS", story.uri, "", NULL);
    g_assert_true(phone_hears_nothing(late, 20));
    Network network;
    g_assert_true(network_parse("127.0.0.0/8", &network));
    g_array_append_val(story.settings->sip.allow, network);
    ua_set_settings(story.ua, story.settings);
    phone_request(late, "OPTIONS", story.uri, "", NULL);
    phone_hear(late, "SIP/2.0 200");
    phone_free(late);
    story_close(&story);
}

#define SDP_V6 SDP_HEAD "c=IN IP6 ::1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"

static void ipv6_is_spoken(void)
{
    g_autofree char *contact = NULL;
    Story story;
    const char *heard;

    story_open_at(&story, "::1");
    contact = g_strdup_printf("<sip:[::1]:%u>", story.port);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_V6);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    heard = phone_hear(story.phone, "SIP/2.0 200");
    header_is(heard, "Contact", contact);
    g_assert_nonnull(strstr(message_body(heard), "c=IN IP6 ::1\r\n"));
    phone_ack(story.phone, NULL);
    phone_request(story.phone, "BYE", NULL, "", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    story_events(&story, "ACK BYE/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    g_array_set_size(story.settings->sip.allow, 0);
    phone_hang_up(story.phone);
    phone_request(story.phone, "OPTIONS", story.uri, "", NULL);
    g_assert_true(phone_hears_nothing(story.phone, 20));
    story_close(&story);
}

static void a_wildcard_needs_a_public_host(void)
{
    g_autoptr(GError) error = NULL;
    Story story;

    story_open(&story);
    ua_free(story.ua);
    g_assert_true(address_parse("0.0.0.0", &story.settings->sip.listen));
    address_set_port(&story.settings->sip.listen, story.port);
    story.ua = ua_new(story.settings, story.loop, story.hall, NULL, NULL, &error);
    g_assert_null(story.ua);
    g_assert_nonnull(strstr(error->message, "public-host"));
    g_clear_error(&error);
    g_free(story.settings->sip.public_host);
    story.settings->sip.public_host = g_strdup("127.0.0.1");
    story.ua = ua_new(story.settings, story.loop, story.hall, NULL, NULL, &error);
    g_assert_no_error(error);
    phone_request(story.phone, "OPTIONS", story.uri, "", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    story_close(&story);
}

static void a_taken_port_is_named(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *wanted = NULL;
    Story story;
    Ua *second;

    story_open(&story);
    wanted =
        g_strdup_printf("[sip] listen: 127.0.0.1:%u (udp): Address already in use", story.port);
    second = ua_new(story.settings, story.loop, story.hall, NULL, NULL, &error);
    g_assert_null(second);
    g_assert_cmpstr(error->message, ==, wanted);
    story_close(&story);
}

static void closing_ends_the_calls(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    ua_free(story.ua);
    phone_hear(story.phone, "BYE");
    hall_fake_end(story_call(&story));
    phone_free(story.phone);
    hall_free(story.hall);
    sofia_loop_free(story.loop);
    settings_free(story.settings);
}

static void the_public_host_is_what_phones_see(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *wanted = NULL;
    CallSetup setup = {.calling = {.digits = "555"}, .bearer = BEARER_SPEECH};
    Story story;
    CallOps ops;
    const char *heard;

    story_open(&story);
    ua_free(story.ua);
    g_free(story.settings->sip.public_host);
    story.settings->sip.public_host = g_strdup("gw.example.com");
    story.ua = ua_new(story.settings, story.loop, story.hall, NULL, NULL, &error);
    g_assert_no_error(error);
    ops = ua_call_ops(story.ua);
    hall_set_sip(story.hall, &ops);
    wanted = g_strdup_printf("<sip:gw.example.com:%u>", story.port);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_RING);
    heard = phone_hear(story.phone, "SIP/2.0 180");
    header_is(heard, "Contact", wanted);
    phone_cancel(story.phone, "");
    story_events(&story, "CANCEL/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    phone_hear(story.phone, "SIP/2.0 200");
    phone_hear(story.phone, "SIP/2.0 487");
    story_call_out(&story, story.phone, &setup, NULL);
    heard = phone_last_heard(story.phone);
    header_is(heard, "Contact", wanted);
    header_begins(heard, "Via", "SIP/2.0/UDP gw.example.com:");
    header_begins(heard, "From", "<sip:555@gw.example.com;user=phone>");
    phone_reply(story.phone, "INVITE", "486 Busy Here", "", NULL);
    story_events(&story, "FAILURE/486");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

void guard_stories(void)
{
    g_test_add_func("/sip/guard/refusals-have-their-status", refusals_have_their_status);
    g_test_add_func("/sip/guard/tel-uris-are-taken", tel_uris_are_taken);
    g_test_add_func("/sip/guard/draining-answers-503-without-retry-after",
                    draining_answers_503_without_retry_after);
    g_test_add_func("/sip/guard/other-methods-are-refused", other_methods_are_refused);
    g_test_add_func("/sip/guard/methods-in-a-dialog-leave-it-alone",
                    methods_in_a_dialog_leave_it_alone);
    g_test_add_func("/sip/guard/options-tell-readiness", options_tell_readiness);
    g_test_add_func("/sip/guard/options-in-a-dialog-tell-that-it-lives",
                    options_in_a_dialog_tell_that_it_lives);
    g_test_add_func("/sip/guard/a-stranger-gets-nothing", a_stranger_gets_nothing);
    g_test_add_func("/sip/guard/the-far-end-of-our-call-is-heard",
                    the_far_end_of_our_call_is_heard);
    g_test_add_func("/sip/guard/settings-are-followed-live", settings_are_followed_live);
    g_test_add_func("/sip/guard/ipv6-is-spoken", ipv6_is_spoken);
    g_test_add_func("/sip/guard/a-wildcard-needs-a-public-host", a_wildcard_needs_a_public_host);
    g_test_add_func("/sip/guard/a-taken-port-is-named", a_taken_port_is_named);
    g_test_add_func("/sip/guard/closing-ends-the-calls", closing_ends_the_calls);
    g_test_add_func("/sip/guard/the-public-host-is-what-phones-see",
                    the_public_host_is_what_phones_see);
}
