/* Inside a dialog: hold in its three spellings, changed media, refused offers, session timers. */
#include "sip_story.h"

#include <string.h>

#define SDP_AT(connection, rest)                                                                   \
    SDP_HEAD "c=IN IP4 " connection "\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 8\r\n" rest

static void the_phone_ends(Story *story)
{
    phone_request(story->phone, "BYE", NULL, "", NULL);
    phone_hear(story->phone, "SIP/2.0 200");
    story_events(story, "BYE/16");
    hall_fake_end(story_call(story));
    story_settles(story);
    story_close(story);
}

static void hold_and_resume(Story *story, const char *method)
{
    static const struct {
        const char *sdp, *answer;
    } holds[] = {{SDP_AT("127.0.0.1", "a=sendonly\r\n"), "a=recvonly\r\n"},
                 {SDP_AT("127.0.0.1", "a=inactive\r\n"), "a=inactive\r\n"},
                 {SDP_AT("0.0.0.0", ""), "a=recvonly\r\n"}};
    gboolean invite = strcmp(method, "INVITE") == 0;

    for (guint i = 0; i < G_N_ELEMENTS(holds); i++) {
        const char *heard;

        phone_request(story->phone, method, NULL, "", holds[i].sdp);
        heard = phone_hear(story->phone, "SIP/2.0 200");
        g_assert_nonnull(strstr(message_body(heard), holds[i].answer));
        if (invite)
            phone_ack(story->phone, NULL);
        story_events(story, "MEDIA+held HELD");
        phone_request(story->phone, method, NULL, "", SDP_BOTH);
        heard = phone_hear(story->phone, "SIP/2.0 200");
        g_assert_nonnull(strstr(message_body(heard), "a=sendrecv\r\n"));
        if (invite)
            phone_ack(story->phone, NULL);
        story_events(story, "MEDIA+media RETRIEVED");
    }
}

static void a_phone_that_called_holds(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    hold_and_resume(&story, "INVITE");
    hold_and_resume(&story, "UPDATE");
    the_phone_ends(&story);
}

static void a_phone_we_called_holds(void)
{
    Story story;

    story_open(&story);
    story_talk_out(&story);
    phone_request(story.phone, "INVITE", NULL, "", SDP_BOTH);
    phone_hear(story.phone, "SIP/2.0 200");
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+media"); /* the law of the trunk, now that we answer */
    hold_and_resume(&story, "INVITE");
    hold_and_resume(&story, "UPDATE");
    the_phone_ends(&story);
}

static char *sdp_version(const char *message)
{
    g_auto(GStrv) words = g_strsplit(strstr(message_body(message), "o="), " ", 4);

    return g_strdup(words[2]);
}

static void a_refresh_changes_nothing(void)
{
    Story story;
    g_autofree char *before = NULL, *after = NULL;

    story_open(&story);
    story_talk(&story);
    phone_request(story.phone, "INVITE", NULL, "", SDP_BOTH);
    before = sdp_version(phone_hear(story.phone, "SIP/2.0 200"));
    phone_ack(story.phone, NULL);
    loop_rest(story.loop, 10);
    phone_request(story.phone, "INVITE", NULL, "", SDP_BOTH);
    after = sdp_version(phone_hear(story.phone, "SIP/2.0 200"));
    g_assert_cmpstr(before, ==, after);
    phone_ack(story.phone, NULL);
    phone_request(story.phone, "UPDATE", NULL, "", NULL);
    g_assert_cmpstr(message_body(phone_hear(story.phone, "SIP/2.0 200")), ==, "");
    story_events(&story, "");
    the_phone_ends(&story);
}

static void media_moves_to_another_address(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    phone_request(story.phone, "INVITE", NULL, "",
                  SDP_HEAD "c=IN IP4 127.0.0.9\r\nt=0 0\r\nm=audio 50000 RTP/AVP 0\r\n");
    g_assert_nonnull(strstr(message_body(phone_hear(story.phone, "SIP/2.0 200")),
                            "m=audio 30000 RTP/AVP 0\r\n"));
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+media");
    g_assert_cmpuint(hall_fake_news(story.hall)->remote.payload_type, ==, 0);
    g_assert_cmpuint(address_port((const struct sockaddr *)&hall_fake_news(story.hall)->remote.rtp),
                     ==, 50000);
    the_phone_ends(&story);
}

static void a_useless_offer_is_refused_and_the_call_stays(void)
{
    static const struct {
        const char *sdp, *response;
    } cases[] = {{SDP_G729, "SIP/2.0 488"}, {"rubbish", "SIP/2.0 400"}};
    static const char *const methods[] = {"INVITE", "UPDATE"};

    for (guint m = 0; m < G_N_ELEMENTS(methods); m++) {
        for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
            Story story;
            const char *heard;

            story_open(&story);
            story_talk(&story);
            phone_request(story.phone, methods[m], NULL, "", cases[i].sdp);
            heard = phone_hear(story.phone, cases[i].response);
            if (i == 0)
                header_is(heard, "Warning", "305 127.0.0.1 \"Incompatible media format\"");
            story_events(&story, "");
            phone_request(story.phone, "UPDATE", NULL, "", SDP_AT("127.0.0.1", "a=sendonly\r\n"));
            phone_hear(story.phone, "SIP/2.0 200");
            story_events(&story, "MEDIA+held HELD");
            the_phone_ends(&story);
        }
    }
}

static void a_reinvite_without_offer_gets_ours(void)
{
    Story story;
    const char *heard;

    story_open(&story);
    story_talk(&story);
    phone_request(story.phone, "INVITE", NULL, "", NULL);
    heard = phone_hear(story.phone, "SIP/2.0 200");
    g_assert_nonnull(strstr(message_body(heard), "m=audio 30000 RTP/AVP 8 0 101\r\n"));
    phone_request(story.phone, "UPDATE", NULL, "", SDP_BOTH); /* our offer is open */
    phone_hear(story.phone, "SIP/2.0 491");
    phone_ack(story.phone, SDP_AT("127.0.0.1", "a=sendonly\r\n"));
    story_events(&story, "MEDIA+held HELD");
    the_phone_ends(&story);
}

static void a_phone_updates_before_the_answer(void)
{
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_RING);
    phone_hear(story.phone, "SIP/2.0 180");
    phone_request(story.phone, "UPDATE", NULL, "", SDP_BOTH); /* its offer is still open */
    header_is(phone_hear(story.phone, "SIP/2.0 500"), "CSeq", "2 UPDATE");
    phone_cancel(story.phone, "");
    story_events(&story, "CANCEL/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

/* NUA sends a BYE by itself then; the hall must not wait for a word from the phone. */
static void a_reinvite_is_never_acknowledged(void (*talk)(Story *story))
{
    Story story;

    story_open(&story);
    talk(&story);
    phone_request(story.phone, "INVITE", NULL, "", SDP_AT("127.0.0.1", "a=sendonly\r\n"));
    phone_hear(story.phone, "SIP/2.0 200");
    story_events(&story, "MEDIA+held HELD LOST/102");
    hall_fake_end(story_call(&story));
    phone_hear(story.phone, "BYE");
    phone_reply(story.phone, "BYE", "200 OK", "", NULL);
    story_settles(&story);
    g_assert_nonnull(strstr(hall_fake_ladder(story.hall), "<BYE\n>200 OK (BYE)\n"));
    story_close(&story);
}

static void a_phone_that_called_never_acknowledges(void)
{
    a_reinvite_is_never_acknowledged(story_talk);
}

static void a_phone_we_called_never_acknowledges(void)
{
    a_reinvite_is_never_acknowledged(story_talk_out);
}

/* RFC 3261 9.2: what a CANCEL ends is the offer, not the call. */
static void a_reinvite_is_cancelled_and_the_call_stays(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    phone_request(story.phone, "INVITE", NULL, "", NULL);
    phone_cancel(story.phone, ""); /* both are in our socket before either is read */
    loop_rest(story.loop, 50);
    story_events(&story, "");
    phone_forget(story.phone);
    story_hang_up(&story);
    story_close(&story);
}

static void nobody_refreshes_and_the_dialog_ends(void)
{
    Story story;
    const char *heard;

    loop_begin_leaps();
    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri,
                  "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    heard = phone_hear(story.phone, "SIP/2.0 200");
    header_is(heard, "Session-Expires", "90;refresher=uac");
    header_is(heard, "Require", "timer");
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+media ACK");
    loop_leap(story.loop, 55);
    phone_request(story.phone, "UPDATE", NULL, "Supported: timer\r\nSession-Expires: 90\r\n", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    loop_leap(story.loop, 55); /* the refresh counted: 90 s less a third are not over */
    story_events(&story, "");
    loop_leap(story.loop, 6);
    story_events(&story, "LOST/102");
    hall_fake_end(story_call(&story));
    phone_hear(story.phone, "BYE");
    phone_reply(story.phone, "BYE", "200 OK", "", NULL);
    story_settles(&story);
    story_close(&story);
    loop_end_leaps();
}

static void we_refresh(const char *allow, const char *method)
{
    CallSetup setup = {.bearer = BEARER_SPEECH};
    g_autofree char *headers =
        g_strdup_printf("Require: timer\r\nSession-Expires: 90;refresher=uac\r\n%s", allow);
    gboolean invite = strcmp(method, "INVITE") == 0;
    Story story;

    loop_begin_leaps();
    story_open(&story);
    story.settings->sip.session_expires_s = 1800;
    ua_set_settings(story.ua, story.settings);
    story_call_out(&story, story.phone, &setup, NULL);
    header_is(phone_last_heard(story.phone), "Session-Expires", "1800");
    phone_reply(story.phone, "INVITE", "200 OK", headers, SDP_BOTH);
    story_events(&story, "ANSWER+media");
    phone_hear(story.phone, "ACK");
    for (int i = 0; i < 2; i++) {
        loop_leap(story.loop, 37);
        phone_hear(story.phone, method);
        phone_reply(story.phone, method, "200 OK", headers, invite ? SDP_BOTH : NULL);
        if (invite)
            phone_hear(story.phone, "ACK");
    }
    loop_leap(story.loop, 37);
    phone_hear(story.phone, method); /* and now it is gone */
    phone_reply(story.phone, method, "481 Gone", "", NULL);
    story_events(&story, "LOST/102");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
    loop_end_leaps();
}

static void we_refresh_by_update(void)
{
    we_refresh("Allow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n", "UPDATE");
}

static void we_refresh_by_invite(void)
{
    we_refresh("Allow: INVITE, ACK, BYE, CANCEL\r\n", "INVITE");
}

/* A challenge is never met, and must not keep the BYE at the session's end from the phone. */
static void a_challenged_refresh_lets_the_bye_pass(void)
{
    static const struct {
        const char *method, *allow;
    } cases[] = {{"UPDATE", "Allow: INVITE, ACK, BYE, UPDATE\r\n"},
                 {"INVITE", "Allow: INVITE, ACK, BYE\r\n"}};

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *headers = g_strdup_printf(
            "Require: timer\r\nSession-Expires: 90;refresher=uac\r\n%s", cases[i].allow);
        CallSetup setup = {.bearer = BEARER_SPEECH};
        Story story;

        loop_begin_leaps();
        story_open(&story);
        story_call_out(&story, story.phone, &setup, NULL);
        phone_reply(story.phone, "INVITE", "200 OK", headers, SDP_BOTH);
        story_events(&story, "ANSWER+media");
        phone_hear(story.phone, "ACK");
        loop_leap(story.loop, 37);
        phone_hear(story.phone, cases[i].method);
        phone_reply(story.phone, cases[i].method, "407 Proxy Authentication Required",
                    "Proxy-Authenticate: Digest realm=\"x\", nonce=\"1\"\r\n", NULL);
        story_events(&story, "");
        loop_leap(story.loop, 24);
        story_events(&story, "LOST/102");
        hall_fake_end(story_call(&story));
        while (!g_str_has_prefix(phone_hear(story.phone, ""), "BYE")) {
            if (g_str_has_prefix(phone_last_heard(story.phone), "UPDATE")) /* NUA's, at one half */
                phone_reply(story.phone, "UPDATE", "407 Proxy Authentication Required",
                            "Proxy-Authenticate: Digest realm=\"x\", nonce=\"1\"\r\n", NULL);
        }
        phone_reply(story.phone, "BYE", "200 OK", "", NULL);
        story_settles(&story);
        story_close(&story);
        loop_end_leaps();
    }
}

/* OPTIONS, and now and then an UPDATE without a body, as NUA asks. */
static void hear_the_question(Story *story)
{
    while (g_str_has_prefix(phone_hear(story->phone, ""), "UPDATE")) {
        g_assert_cmpstr(message_body(phone_last_heard(story->phone)), ==, "");
        phone_reply(story->phone, "UPDATE", "405 Method Not Allowed", "", NULL);
    }
    g_assert_true(g_str_has_prefix(phone_last_heard(story->phone), "OPTIONS"));
}

/* RFC 4028 7.2: what a peer has not agreed to does not expire. It is asked whether it is there, and
 * any answer says so. */
static void a_peer_without_timers_is_only_asked(void)
{
    static const char *const answers[] = {"488 Not Acceptable Here", "500 Server Internal Error",
                                          "401 Unauthorized", "403 Forbidden", "603 Decline"};
    CallSetup setup = {.bearer = BEARER_SPEECH};
    Story story;

    loop_begin_leaps();
    story_open(&story);
    story.settings->sip.session_expires_s = 1800;
    ua_set_settings(story.ua, story.settings);
    story_call_out(&story, story.phone, &setup, NULL);
    phone_reply(story.phone, "INVITE", "200 OK", "Allow: INVITE, ACK, BYE\r\n", SDP_BOTH);
    story_events(&story, "ANSWER+media");
    phone_hear(story.phone, "ACK");
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) { /* 3,605 s in all */
        g_test_message("%s", answers[i]);
        loop_leap(story.loop, 721);
        hear_the_question(&story);
        phone_reply(story.phone, "OPTIONS", answers[i],
                    g_str_has_prefix(answers[i], "401")
                        ? "WWW-Authenticate: Digest realm=\"x\", nonce=\"1\"\r\n"
                        : "",
                    NULL);
    }
    story_events(&story, "");
    loop_leap(story.loop, 721);
    hear_the_question(&story);
    phone_reply(story.phone, "OPTIONS", "481 Gone", "", NULL);
    story_events(&story, "LOST/102");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
    loop_end_leaps();
}

/* NUA takes this peer for one without timers, and would refresh by itself at one half, with the
 * description of our INVITE: the call on hold would be on hold no more. */
static void no_refresh_of_nuas_ends_a_hold(void)
{
    static const char timers[] = "Require: timer\r\nSession-Expires: 90;refresher=uas\r\n"
                                 "Allow: INVITE, ACK, BYE, UPDATE\r\n";
    CallSetup setup = {.bearer = BEARER_SPEECH};
    Story story;
    const char *heard;

    loop_begin_leaps();
    story_open(&story);
    story.settings->sip.session_expires_s = 90;
    ua_set_settings(story.ua, story.settings);
    story_call_out(&story, story.phone, &setup, NULL);
    phone_reply(story.phone, "INVITE", "200 OK", timers, SDP_BOTH);
    story_events(&story, "ANSWER+media");
    phone_hear(story.phone, "ACK");
    phone_request(story.phone, "UPDATE", NULL, "", SDP_AT("127.0.0.1", "a=sendonly\r\n"));
    g_assert_nonnull(strstr(phone_hear(story.phone, "SIP/2.0 200"), "a=recvonly\r\n"));
    story_events(&story, "MEDIA+held HELD");
    loop_leap(story.loop, 52);
    heard = phone_hear(story.phone, "UPDATE");
    g_assert_cmpstr(message_body(heard), ==, "");
    phone_reply(story.phone, "UPDATE", "200 OK", timers, NULL);
    story_events(&story, "");
    loop_end_leaps();
    the_phone_ends(&story);
}

void dialog_stories(void)
{
    g_test_add_func("/sip/dialog/a-phone-that-called-holds", a_phone_that_called_holds);
    g_test_add_func("/sip/dialog/a-phone-we-called-holds", a_phone_we_called_holds);
    g_test_add_func("/sip/dialog/a-refresh-changes-nothing", a_refresh_changes_nothing);
    g_test_add_func("/sip/dialog/media-moves-to-another-address", media_moves_to_another_address);
    g_test_add_func("/sip/dialog/a-useless-offer-is-refused-and-the-call-stays",
                    a_useless_offer_is_refused_and_the_call_stays);
    g_test_add_func("/sip/dialog/a-reinvite-without-offer-gets-ours",
                    a_reinvite_without_offer_gets_ours);
    g_test_add_func("/sip/dialog/a-phone-updates-before-the-answer",
                    a_phone_updates_before_the_answer);
    g_test_add_func("/sip/dialog/a-phone-that-called-never-acknowledges",
                    a_phone_that_called_never_acknowledges);
    g_test_add_func("/sip/dialog/a-phone-we-called-never-acknowledges",
                    a_phone_we_called_never_acknowledges);
    g_test_add_func("/sip/dialog/a-reinvite-is-cancelled-and-the-call-stays",
                    a_reinvite_is_cancelled_and_the_call_stays);
    g_test_add_func("/sip/dialog/nobody-refreshes-and-the-dialog-ends",
                    nobody_refreshes_and_the_dialog_ends);
    g_test_add_func("/sip/dialog/we-refresh-by-update", we_refresh_by_update);
    g_test_add_func("/sip/dialog/we-refresh-by-invite", we_refresh_by_invite);
    g_test_add_func("/sip/dialog/a-challenged-refresh-lets-the-bye-pass",
                    a_challenged_refresh_lets_the_bye_pass);
    g_test_add_func("/sip/dialog/a-peer-without-timers-is-only-asked",
                    a_peer_without_timers_is_only_asked);
    g_test_add_func("/sip/dialog/no-refresh-of-nuas-ends-a-hold", no_refresh_of_nuas_ends_a_hold);
}
