/* Who is at the other end: connected numbers in responses, changes inside a dialog, both ways. */
#include "sip_story.h"

#include <string.h>

#define ALLOWS_UPDATE "Allow: INVITE, ACK, BYE, CANCEL, UPDATE\r\n"
#define SDP_ALAW SDP_HEAD "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"
#define BERTA "\"Berta\" <sip:301@127.0.0.1;user=phone>"

static Party party_named(const char *digits, const char *name)
{
    Party party = {.number = {.screening = SCREENING_NETWORK}};

    g_strlcpy(party.number.digits, digits, sizeof(party.number.digits));
    g_strlcpy(party.name, name, sizeof(party.name));
    if (!*digits)
        party.number.presentation = PRESENTATION_UNAVAILABLE;
    return party;
}

static void names_at_isdn(Story *story, const char *digits, const char *name)
{
    Party party = party_named(digits, name);

    hall_fake_set_isdn_party(story_call(story), &party);
}

/* A phone that says EXTRA calls and is answered. */
static void talk_saying(Story *story, const char *extra)
{
    story_open(story);
    phone_request(story->phone, "INVITE", story->uri, extra, SDP_BOTH);
    story_events(story, "INVITE+media");
    hall_fake_act(story_call(story), ACTION_SIP_ANSWER);
    phone_hear(story->phone, "SIP/2.0 200");
    phone_ack(story->phone, NULL);
    story_events(story, "MEDIA+media ACK");
}

static void ends(Story *story)
{
    story_hang_up(story);
    story_close(story);
}

/* ---- responses: ie-mapping 4 ----------------------------------------------------------------- */

static void a_200_names_who_answered(void)
{
    static const struct {
        const char *digits, *name;
        Presentation presentation, name_presentation;
        gboolean trusted;
        const char *pai, *privacy;
    } cases[] = {
        {"301", "Berta", PRESENTATION_ALLOWED, PRESENTATION_ALLOWED, TRUE, BERTA, NULL},
        {"301", "Berta", PRESENTATION_ALLOWED, PRESENTATION_ALLOWED, FALSE, BERTA, NULL},
        {"301", "Berta", PRESENTATION_ALLOWED, PRESENTATION_RESTRICTED, TRUE,
         "<sip:301@127.0.0.1;user=phone>", NULL},
        {"301", "Berta", PRESENTATION_RESTRICTED, PRESENTATION_ALLOWED, TRUE,
         "<sip:301@127.0.0.1;user=phone>", "id"},
        {"301", "Berta", PRESENTATION_RESTRICTED, PRESENTATION_RESTRICTED, FALSE, NULL, "id"},
        {"", "", PRESENTATION_UNAVAILABLE, PRESENTATION_ALLOWED, TRUE, NULL, NULL},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Party party = party_named(cases[i].digits, cases[i].name);
        const char *heard;
        Story story;

        story_open(&story);
        ((PeerSettings *)g_ptr_array_index(story.settings->peers, 0))->trusted = cases[i].trusted;
        phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
        story_events(&story, "INVITE+media");
        party.number.presentation = cases[i].presentation;
        party.name_presentation = cases[i].name_presentation;
        hall_fake_set_isdn_party(story_call(&story), &party);
        hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
        heard = phone_hear(story.phone, "SIP/2.0 200");
        header_is(heard, "P-Asserted-Identity", cases[i].pai);
        header_is(heard, "Privacy", cases[i].privacy);
        phone_ack(story.phone, NULL);
        story_events(&story, "MEDIA+media ACK");
        ends(&story);
    }
}

static void nobody_named_nobody_told(void)
{
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_RING);
    header_is(phone_hear(story.phone, "SIP/2.0 180"), "P-Asserted-Identity", NULL);
    names_at_isdn(&story, "301", "Berta");
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    header_is(phone_hear(story.phone, "SIP/2.0 200"), "P-Asserted-Identity", BERTA);
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+media ACK");
    ends(&story);
}

static void a_trusted_phone_asserts_who_answered(void)
{
    static const struct {
        gboolean trusted, told;
        const char *headers, *digits, *name;
        Presentation presentation;
    } cases[] = {
        {TRUE, TRUE, "P-Asserted-Identity: \"Ann B\" <sip:+49201@x>\r\n", "49201", "Ann B",
         PRESENTATION_ALLOWED},
        {TRUE, TRUE, "P-Asserted-Identity: <tel:201>\r\nPrivacy: id\r\n", "201", "",
         PRESENTATION_RESTRICTED},
        {TRUE, TRUE, "P-Asserted-Identity: \"Ann\" <sip:ann@x>\r\n", "", "Ann",
         PRESENTATION_UNAVAILABLE},
        {TRUE, FALSE, "Privacy: id\r\n", "", "", 0},
        {FALSE, FALSE, "P-Asserted-Identity: \"Ann\" <sip:+49201@x>\r\n", "", "", 0},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        CallSetup setup = {.bearer = BEARER_SPEECH};
        PeerSettings peer = {.trusted = cases[i].trusted};
        const CallNews *news;
        Story story;

        story_open(&story);
        story_call_out(&story, story.phone, &setup, &peer);
        phone_reply(story.phone, "INVITE", "200 OK", cases[i].headers, SDP_BOTH);
        story_events(&story, "ANSWER+media");
        news = hall_fake_news(story.hall);
        g_assert_cmpint(news->has_party, ==, cases[i].told);
        g_assert_cmpstr(news->party.number.digits, ==, cases[i].digits);
        g_assert_cmpstr(news->party.name, ==, cases[i].name);
        g_assert_cmpint(news->party.number.presentation, ==, cases[i].presentation);
        phone_hear(story.phone, "ACK");
        ends(&story);
    }
}

/* ---- we tell inside the dialog --------------------------------------------------------------- */

static void a_change_is_told_by_update(void)
{
    const char *heard;
    Story story;

    talk_saying(&story, ALLOWS_UPDATE);
    names_at_isdn(&story, "301", "Berta");
    hall_fake_act(story_call(&story), ACTION_SIP_PARTY);
    heard = phone_hear(story.phone, "UPDATE");
    header_is(heard, "P-Asserted-Identity", BERTA);
    g_assert_cmpstr(message_body(heard), ==, "");
    /* While that is out the next change waits, and of two only the last is told. */
    names_at_isdn(&story, "302", "");
    hall_fake_act(story_call(&story), ACTION_SIP_PARTY);
    names_at_isdn(&story, "303", "");
    hall_fake_act(story_call(&story), ACTION_SIP_PARTY);
    g_assert_true(phone_hears_nothing(story.phone, 10));
    phone_reply(story.phone, "UPDATE", "200 OK", "", NULL);
    heard = phone_hear(story.phone, "UPDATE");
    header_is(heard, "P-Asserted-Identity", "<sip:303@127.0.0.1;user=phone>");
    phone_reply(story.phone, "UPDATE", "200 OK", "", NULL);
    g_assert_true(phone_hears_nothing(story.phone, 50));
    ends(&story);
}

static void without_update_the_settings_decide(void)
{
    for (guint way = IDENTITY_UPDATE_ONLY; way <= IDENTITY_UPDATE_NO; way++) {
        const char *heard;
        Story story;

        talk_saying(&story, "Allow: INVITE, ACK, BYE, CANCEL\r\n");
        story.settings->sip.identity_update = way;
        names_at_isdn(&story, "301", "Berta");
        hall_fake_act(story_call(&story), ACTION_SIP_PARTY);
        if (way == IDENTITY_UPDATE_INVITE) {
            heard = phone_hear(story.phone, "INVITE");
            header_is(heard, "P-Asserted-Identity", BERTA);
            g_assert_nonnull(strstr(message_body(heard), "a=sendrecv"));
            phone_reply(story.phone, "INVITE", "200 OK", "", SDP_ALAW);
            phone_hear(story.phone, "ACK");
        }
        g_assert_true(phone_hears_nothing(story.phone, 50));
        ends(&story);
    }
}

static void from_changes_for_those_who_know(void)
{
    static const char *const supported[] = {"", "Supported: from-change\r\n"};

    for (guint i = 0; i < G_N_ELEMENTS(supported); i++) {
        g_autofree char *extra = g_strconcat(ALLOWS_UPDATE, supported[i], NULL), *from = NULL;
        const char *heard;
        Story story;

        talk_saying(&story, extra);
        names_at_isdn(&story, "301", "Berta");
        hall_fake_act(story_call(&story), ACTION_SIP_PARTY);
        heard = phone_hear(story.phone, "UPDATE");
        from = message_header(heard, "From");
        g_assert_cmpint(g_str_has_prefix(from, BERTA ";tag="), ==, i == 1);
        g_assert_nonnull(strstr(from, ";tag="));
        phone_reply(story.phone, "UPDATE", "200 OK", "", NULL);
        loop_rest(story.loop, 10);
        ends(&story);
    }
}

/* We call, and the caller's name comes later. */
static void a_late_name_is_told_in_the_early_dialog(void)
{
    static const char *const extras[] = {"Record-Route: <sip:127.0.0.1:5999;lr>\r\n",
                                         "Require: 100rel\r\nRSeq: 1\r\n"};

    for (guint i = 0; i < G_N_ELEMENTS(extras); i++) {
        g_autofree char *headers = g_strconcat(ALLOWS_UPDATE, extras[i], NULL);
        CallSetup setup = {.bearer = BEARER_SPEECH};
        g_autofree char *to = NULL, *target = NULL;
        const char *heard;
        Story story;

        story_open(&story);
        story_call_out(&story, story.phone, &setup, NULL);
        names_at_isdn(&story, "301", "Berta");
        hall_fake_act(story_call(&story), ACTION_SIP_PARTY);
        g_assert_true(phone_hears_nothing(story.phone, 20)); /* no dialog yet */
        phone_reply(story.phone, "INVITE", "180 Ringing", i ? headers : ALLOWS_UPDATE, NULL);
        story_events(&story, "RINGING");
        if (i) {
            phone_hear(story.phone, "PRACK");
            phone_reply(story.phone, "PRACK", "200 OK", "", NULL);
        }
        heard = phone_hear(story.phone, "UPDATE");
        to = message_header(heard, "To");
        g_assert_nonnull(strstr(to, ";tag=phone1"));
        target = g_strdup_printf("UPDATE sip:100@127.0.0.1:%u SIP", phone_port(story.phone));
        g_assert_true(g_str_has_prefix(heard, target));
        header_is(heard, "P-Asserted-Identity", BERTA);
        g_assert_cmpstr(message_body(heard), ==, "");
        phone_reply(story.phone, "UPDATE", "200 OK", "", NULL);
        loop_rest(story.loop, 10);
        phone_reply(story.phone, "INVITE", "200 OK", "", SDP_BOTH);
        story_events(&story, "ANSWER+media");
        phone_hear(story.phone, "ACK");
        g_assert_true(phone_hears_nothing(story.phone, 20));
        ends(&story);
    }
}

/* Whom the 180 passed the UPDATE passes too, the other way round. */
static void an_early_update_takes_the_whole_route(void)
{
    g_autofree char *headers = NULL, *first = NULL, *second = NULL;
    CallSetup setup = {.bearer = BEARER_SPEECH};
    const char *heard, *place;
    Story story;

    story_open(&story);
    story_call_out(&story, story.phone, &setup, NULL);
    names_at_isdn(&story, "301", "Berta");
    hall_fake_act(story_call(&story), ACTION_SIP_PARTY);
    first = g_strdup_printf("<sip:127.0.0.1:%u;lr;far=1>", phone_port(story.phone));
    second = g_strdup_printf("<sip:127.0.0.1:%u;lr;far=0>", phone_port(story.phone));
    headers = g_strdup_printf(ALLOWS_UPDATE "Record-Route: %s, %s\r\n", first, second);
    phone_reply(story.phone, "INVITE", "180 Ringing", headers, NULL);
    story_events(&story, "RINGING");
    heard = phone_hear(story.phone, "UPDATE");
    place = strstr(heard, second);
    g_assert_nonnull(place);
    g_assert_nonnull(strstr(place, first));
    phone_reply(story.phone, "UPDATE", "200 OK", "", NULL);
    loop_rest(story.loop, 10);
    phone_reply(story.phone, "INVITE", "200 OK", headers, SDP_BOTH);
    story_events(&story, "ANSWER+media");
    phone_hear(story.phone, "ACK");
    ends(&story);
}

/* What becomes of it ends no ringing call: refused, or unanswered for as long as Timer F. */
static void an_early_update_harms_no_call(void)
{
    static const char *const refusals[] = {
        "404 Not Found",
        "408 Request Timeout",
        "410 Gone",
        "416 Unsupported URI Scheme",
        "481 Call/Transaction Does Not Exist",
        "500 Server Internal Error",
        "503 Service Unavailable",
        "604 Does Not Exist Anywhere",
        "401 Unauthorized",
        NULL,
    };

    for (guint i = 0; i < 2 * G_N_ELEMENTS(refusals); i++) {
        const char *refusal = refusals[i / 2];
        g_autofree char *headers =
            g_strconcat(ALLOWS_UPDATE, i % 2 ? "Require: 100rel\r\nRSeq: 1\r\n" : "", NULL);
        CallSetup setup = {.bearer = BEARER_SPEECH};
        Story story;

        g_test_message("%s %u", refusal ? refusal : "no answer", i % 2);
        story_open(&story);
        story_call_out(&story, story.phone, &setup, NULL);
        names_at_isdn(&story, "301", "Berta");
        hall_fake_act(story_call(&story), ACTION_SIP_PARTY);
        phone_reply(story.phone, "INVITE", "180 Ringing", headers, NULL);
        story_events(&story, "RINGING");
        if (i % 2) {
            phone_hear(story.phone, "PRACK");
            phone_reply(story.phone, "PRACK", "200 OK", "", NULL);
        }
        phone_hear(story.phone, "UPDATE");
        if (refusal)
            phone_reply(story.phone, "UPDATE", refusal, "", NULL);
        loop_rest(story.loop, refusal ? 20 : 1500);
        story_events(&story, "");
        phone_forget(story.phone);
        phone_reply(story.phone, "INVITE", "200 OK", "", SDP_BOTH);
        story_events(&story, "ANSWER+media");
        phone_hear(story.phone, "ACK");
        g_assert_true(phone_hears_nothing(story.phone, 20));
        ends(&story);
    }
}

static void a_late_name_waits_for_the_answer(void)
{
    CallSetup setup = {.bearer = BEARER_SPEECH};
    const char *heard;
    Story story;

    story_open(&story);
    story_call_out(&story, story.phone, &setup, NULL);
    names_at_isdn(&story, "301", "Berta");
    hall_fake_act(story_call(&story), ACTION_SIP_PARTY);
    phone_reply(story.phone, "INVITE", "180 Ringing", "", NULL); /* allows nothing yet */
    story_events(&story, "RINGING");
    g_assert_true(phone_hears_nothing(story.phone, 20));
    phone_reply(story.phone, "INVITE", "200 OK", ALLOWS_UPDATE, SDP_BOTH);
    story_events(&story, "ANSWER+media");
    phone_hear(story.phone, "ACK");
    heard = phone_hear(story.phone, "UPDATE");
    header_is(heard, "P-Asserted-Identity", BERTA);
    phone_reply(story.phone, "UPDATE", "200 OK", "", NULL);
    loop_rest(story.loop, 10);
    ends(&story);
}

static void an_open_offer_is_waited_for(void)
{
    Story story;

    talk_saying(&story, ALLOWS_UPDATE);
    phone_request(story.phone, "INVITE", NULL, "", NULL); /* our offer, until the ACK */
    phone_hear(story.phone, "SIP/2.0 200");
    names_at_isdn(&story, "301", "Berta");
    hall_fake_act(story_call(&story), ACTION_SIP_PARTY);
    g_assert_true(phone_hears_nothing(story.phone, 10));
    phone_ack(story.phone, SDP_ALAW);
    header_is(phone_hear(story.phone, "UPDATE"), "P-Asserted-Identity", BERTA);
    phone_reply(story.phone, "UPDATE", "200 OK", "", NULL);
    loop_rest(story.loop, 10);
    ends(&story);
}

static void crossed_requests_are_tried_again(void)
{
    const char *heard;
    Story story;

    g_random_set_seed(4916); /* a delay that ends just before a leap would make it a long silence */
    loop_begin_leaps();
    talk_saying(&story, ALLOWS_UPDATE);
    names_at_isdn(&story, "301", "Berta");
    hall_fake_act(story_call(&story), ACTION_SIP_PARTY);
    for (guint i = 0; i < 5; i++) {
        heard = phone_hear(story.phone, "UPDATE");
        header_is(heard, "P-Asserted-Identity", BERTA);
        phone_reply(story.phone, "UPDATE", "491 Request Pending", "", NULL);
        if (phone_hears_nothing(story.phone, 30))
            loop_leap(story.loop, 3);
    }
    g_assert_true(phone_hears_nothing(story.phone, 50)); /* enough */
    /* Another change begins anew. */
    names_at_isdn(&story, "302", "");
    hall_fake_act(story_call(&story), ACTION_SIP_PARTY);
    phone_hear(story.phone, "UPDATE");
    phone_reply(story.phone, "UPDATE", "200 OK", "", NULL);
    loop_rest(story.loop, 5);
    loop_end_leaps();
    ends(&story);
}

static void a_refused_update_harms_no_call(void)
{
    static const char *const refusals[] = {
        "500 Server Internal Error",
        "488 Not Acceptable Here",
        "403 Forbidden",
        "405 Method Not Allowed",
        "603 Decline",
    };

    for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
        Story story;

        talk_saying(&story, ALLOWS_UPDATE);
        names_at_isdn(&story, "301", "Berta");
        hall_fake_act(story_call(&story), ACTION_SIP_PARTY);
        phone_hear(story.phone, "UPDATE");
        phone_reply(story.phone, "UPDATE", refusals[i], "", NULL);
        g_assert_true(phone_hears_nothing(story.phone, 50));
        story_events(&story, "");
        ends(&story);
    }
}

static void an_unknown_dialog_ends(void)
{
    Story story;

    talk_saying(&story, ALLOWS_UPDATE);
    names_at_isdn(&story, "301", "Berta");
    hall_fake_act(story_call(&story), ACTION_SIP_PARTY);
    phone_hear(story.phone, "UPDATE");
    phone_reply(story.phone, "UPDATE", "481 Call/Transaction Does Not Exist", "", NULL);
    story_events(&story, "LOST/102");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

/* ---- they tell inside the dialog ------------------------------------------------------------- */

static void a_phone_names_another_party(void)
{
    static const char ann[] = "P-Asserted-Identity: \"Ann\" <sip:+49202@x>\r\n";
    static const char *const methods[] = {"UPDATE", "INVITE"};

    for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
        Story story;

        talk_saying(&story, "P-Asserted-Identity: <sip:+49201@x>\r\n");
        phone_request(story.phone, methods[i], NULL, ann, i ? SDP_BOTH : NULL);
        phone_hear(story.phone, "SIP/2.0 200");
        if (i)
            phone_ack(story.phone, NULL);
        story_events(&story, "IDENTITY");
        g_assert_cmpstr(hall_fake_news(story.hall)->party.number.digits, ==, "49202");
        g_assert_cmpstr(hall_fake_news(story.hall)->party.name, ==, "Ann");
        g_assert_cmpint(hall_fake_news(story.hall)->party.number.screening, ==, SCREENING_NETWORK);
        phone_request(story.phone, methods[i], NULL, ann, i ? SDP_BOTH : NULL); /* says it again */
        phone_hear(story.phone, "SIP/2.0 200");
        if (i)
            phone_ack(story.phone, NULL);
        phone_request(story.phone, "UPDATE", NULL, "", NULL); /* says nothing */
        phone_hear(story.phone, "SIP/2.0 200");
        story_events(&story, "");
        ends(&story);
    }
}

static void a_stranger_names_nobody(void)
{
    Story story;

    story_open(&story);
    ((PeerSettings *)g_ptr_array_index(story.settings->peers, 0))->trusted = FALSE;
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    phone_hear(story.phone, "SIP/2.0 200");
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+media ACK");
    phone_request(story.phone, "UPDATE", NULL, "P-Asserted-Identity: <sip:202@x>\r\n", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    story_events(&story, "");
    ends(&story);
}

void party_stories(void)
{
    g_test_add_func("/sip/party/a-200-names-who-answered", a_200_names_who_answered);
    g_test_add_func("/sip/party/nobody-named-nobody-told", nobody_named_nobody_told);
    g_test_add_func("/sip/party/a-trusted-phone-asserts-who-answered",
                    a_trusted_phone_asserts_who_answered);
    g_test_add_func("/sip/party/a-change-is-told-by-update", a_change_is_told_by_update);
    g_test_add_func("/sip/party/without-update-the-settings-decide",
                    without_update_the_settings_decide);
    g_test_add_func("/sip/party/from-changes-for-those-who-know", from_changes_for_those_who_know);
    g_test_add_func("/sip/party/a-late-name-is-told-in-the-early-dialog",
                    a_late_name_is_told_in_the_early_dialog);
    g_test_add_func("/sip/party/an-early-update-takes-the-whole-route",
                    an_early_update_takes_the_whole_route);
    g_test_add_func("/sip/party/an-early-update-harms-no-call", an_early_update_harms_no_call);
    g_test_add_func("/sip/party/a-late-name-waits-for-the-answer",
                    a_late_name_waits_for_the_answer);
    g_test_add_func("/sip/party/an-open-offer-is-waited-for", an_open_offer_is_waited_for);
    g_test_add_func("/sip/party/crossed-requests-are-tried-again",
                    crossed_requests_are_tried_again);
    g_test_add_func("/sip/party/a-refused-update-harms-no-call", a_refused_update_harms_no_call);
    g_test_add_func("/sip/party/an-unknown-dialog-ends", an_unknown_dialog_ends);
    g_test_add_func("/sip/party/a-phone-names-another-party", a_phone_names_another_party);
    g_test_add_func("/sip/party/a-stranger-names-nobody", a_stranger_names_nobody);
}
