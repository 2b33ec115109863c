/* We call a phone: what our INVITE says, every response it can get, and CANCEL in its crossings. */
#include "sip_story.h"

#include <string.h>

static const CallSetup plain = {.calling = {.digits = "555"}, .bearer = BEARER_SPEECH};

static void the_phone_ends(Story *story)
{
    phone_request(story->phone, "BYE", NULL, "", NULL);
    phone_hear(story->phone, "SIP/2.0 200");
    story_events(story, "BYE/16");
    hall_fake_end(story_call(story));
    story_settles(story);
    story_close(story);
}

static void the_call_failed(Story *story)
{
    hall_fake_end(story_call(story));
    story_settles(story);
    story_close(story);
}

static void a_call_rings_and_is_answered(void)
{
    Story story;

    story_open(&story);
    story_call_out(&story, story.phone, &plain, NULL);
    phone_reply(story.phone, "INVITE", "100 Trying", "", NULL);
    story_events(&story, "TRYING");
    phone_reply(story.phone, "INVITE", "180 Ringing", "", NULL);
    story_events(&story, "RINGING");
    phone_reply(story.phone, "INVITE", "183 Session Progress", "", SDP_BOTH);
    story_events(&story, "PROGRESS+media");
    phone_reply(story.phone, "INVITE", "182 Queued", "", NULL);
    story_events(&story, "TRYING");
    phone_reply(story.phone, "INVITE", "200 OK", "", SDP_BOTH);
    phone_hear(story.phone, "ACK sip:100@");
    story_events(&story, "ANSWER"); /* the media are known already */
    g_assert_cmpstr(hall_fake_ladder(story.hall), ==,
                    "<INVITE 100 SDP\n>100 Trying\n>180 Ringing\n>183 Session Progress SDP\n"
                    ">182 Queued\n>200 OK SDP\n<ACK\n");
    the_phone_ends(&story);
}

static void the_invite_is_complete(void)
{
    CallSetup setup = {.calling = {.digits = "555", .ton = TON_UNKNOWN}, .bearer = BEARER_SPEECH};
    Story story;
    const char *heard;

    story_open(&story);
    g_strlcpy(setup.name, "Ann \"A\" B\\c", sizeof(setup.name));
    story_call_out(&story, story.phone, &setup, NULL);
    phone_reply(story.phone, "INVITE", "180 Ringing", "", NULL);
    story_events(&story, "RINGING");
    phone_reply(story.phone, "INVITE", "486 Busy Here", "", NULL);
    story_events(&story, "FAILURE/486");
    heard = phone_hear(story.phone, "ACK");
    header_begins(heard, "From", "\"Ann \\\"A\\\" B\\\\c\" <sip:555@127.0.0.1;user=phone>;tag=");
    the_call_failed(&story);
}

static void the_offer_has_both_laws(void)
{
    Story story;
    const char *heard;
    g_autofree char *uri = NULL;
    g_autofree char *contact = NULL;
    Call *call;

    story_open(&story);
    uri = g_strdup_printf("sip:100@127.0.0.1:%u", phone_port(story.phone));
    contact = g_strdup_printf("<sip:127.0.0.1:%u>", story.port);
    call = hall_fake_call_to(story.hall, uri, &plain, g_ptr_array_index(story.settings->trunks, 0),
                             NULL);
    g_assert_true(hall_fake_act(call, ACTION_SIP_INVITE));
    heard = phone_hear(story.phone, "INVITE sip:100@");
    g_assert_nonnull(strstr(heard, ";user=phone SIP/2.0\r\n"));
    g_assert_nonnull(strstr(message_body(heard), "m=audio 30000 RTP/AVP 8 0 101\r\n"));
    header_is(heard, "Max-Forwards", "70");
    header_is(heard, "Contact", contact);
    header_is(heard, "Supported", "timer, 100rel, replaces, norefersub, tdialog, uui, from-change");
    header_is(heard, "P-Asserted-Identity", "<sip:555@127.0.0.1;user=phone>");
    header_is(heard, "Privacy", NULL);
    header_is(heard, "Require", NULL);
    phone_reply(story.phone, "INVITE", "603 Decline", "", NULL);
    story_events(&story, "FAILURE/603");
    phone_hear(story.phone, "ACK");
    the_call_failed(&story);
}

static void identity_follows_the_table(void)
{
    static const struct {
        const char *digits;
        Presentation presentation;
        Screening screening;
        gboolean trusted, trust_calling;
        const char *from, *pai, *privacy;
    } cases[] = {
        {"", PRESENTATION_ALLOWED, 0, FALSE, TRUE, "<sip:127.0.0.1>", NULL, NULL},
        {"", PRESENTATION_UNAVAILABLE, 0, TRUE, TRUE, "<sip:127.0.0.1>", NULL, NULL},
        {"", PRESENTATION_RESTRICTED, 0, TRUE, TRUE, "\"Anonymous\" <sip:anonymous@anonymous.inv",
         NULL, "id"},
        {"555", PRESENTATION_RESTRICTED, 0, TRUE, TRUE,
         "\"Anonymous\" <sip:anonymous@anonymous.invalid>", "<sip:555@127.0.0.1;user=phone>", "id"},
        {"555", PRESENTATION_RESTRICTED, 0, FALSE, TRUE,
         "\"Anonymous\" <sip:anonymous@anonymous.invalid>", NULL, "id"},
        {"555", PRESENTATION_ALLOWED, 0, FALSE, TRUE, "\"Ann\" <sip:555@127.0.0.1;user=phone>",
         "\"Ann\" <sip:555@127.0.0.1;user=phone>", NULL},
        {"555", PRESENTATION_ALLOWED, SCREENING_USER_NOT_SCREENED, FALSE, FALSE,
         "\"Ann\" <sip:555@127.0.0.1;user=phone>", NULL, NULL},
        {"555", PRESENTATION_ALLOWED, SCREENING_NETWORK, FALSE, FALSE,
         "\"Ann\" <sip:555@127.0.0.1;user=phone>", "\"Ann\" <sip:555@127.0.0.1;user=phone>", NULL},
        {"555", PRESENTATION_ALLOWED, SCREENING_USER_FAILED, FALSE, TRUE,
         "\"Ann\" <sip:555@127.0.0.1;user=phone>", NULL, NULL},
        {"555", 3, 0, FALSE, TRUE, "\"Anonymous\" <sip:anonymous@anonymous.invalid>", NULL,
         "id"}, /* reserved in Q.931 */
        {"5#5", PRESENTATION_ALLOWED, 0, FALSE, TRUE, "\"Ann\" <sip:5%235@127.0.0.1;user=phone>",
         "\"Ann\" <sip:5%235@127.0.0.1;user=phone>", NULL},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        CallSetup setup = {.bearer = BEARER_SPEECH};
        PeerSettings peer = {.trusted = cases[i].trusted};
        g_autofree char *uri = NULL;
        TrunkSettings *trunk;
        Story story;
        const char *heard;

        story_open(&story);
        g_strlcpy(setup.calling.digits, cases[i].digits, sizeof(setup.calling.digits));
        setup.calling.presentation = cases[i].presentation;
        setup.calling.screening = cases[i].screening;
        if (*cases[i].digits)
            g_strlcpy(setup.name, "Ann", sizeof(setup.name));
        trunk = g_ptr_array_index(story.settings->trunks, 0);
        trunk->trust_calling = cases[i].trust_calling;
        uri = g_strdup_printf("sip:100@127.0.0.1:%u", phone_port(story.phone));
        hall_fake_act(hall_fake_call_to(story.hall, uri, &setup, trunk, &peer), ACTION_SIP_INVITE);
        heard = phone_hear(story.phone, "INVITE");
        header_begins(heard, "From", cases[i].from);
        header_is(heard, "P-Asserted-Identity", cases[i].pai);
        header_is(heard, "Privacy", cases[i].privacy);
        phone_reply(story.phone, "INVITE", "404 Not Found", "", NULL);
        story_events(&story, "FAILURE/404");
        the_call_failed(&story);
    }
}

static void failures_tell_their_reason(void)
{
    static const struct {
        const char *status, *headers, *events;
        gboolean warning;
    } cases[] = {
        {"486 Busy Here", "", "FAILURE/486", FALSE},
        {"486 Busy Here", "Reason: Q.850;cause=34;location=LN\r\n", "FAILURE/34/486", FALSE},
        {"503 Service Unavailable", "Retry-After: 1\r\n", "FAILURE/503", FALSE},
        {"488 Not Acceptable Here", "Warning: 305 x \"no\"\r\n", "FAILURE/488", TRUE},
        {"488 Not Acceptable Here", "Warning: 399 x \"no\"\r\n", "FAILURE/488", FALSE},
        {"302 Moved Temporarily", "", "FAILURE/302", FALSE},
        {"408 Request Timeout", "", "FAILURE/408", FALSE},
        {"401 Unauthorized",
         "WWW-Authenticate: Digest realm=\"x\", nonce=\"1\", algorithm=MD5, qop=\"auth\"\r\n",
         "FAILURE/401", FALSE},
        {"407 Proxy Authentication Required",
         "Proxy-Authenticate: Digest realm=\"x\", nonce=\"1\"\r\n", "FAILURE/407", FALSE},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        PeerSettings peer = {.trusted = TRUE};
        Story story;

        story_open(&story);
        story_call_out(&story, story.phone, &plain, &peer);
        phone_reply(story.phone, "INVITE", cases[i].status, cases[i].headers, NULL);
        story_events(&story, cases[i].events);
        g_assert_cmpint(hall_fake_news(story.hall)->warning_bearer, ==, cases[i].warning);
        g_assert_false(hall_fake_news(story.hall)->own_timer); /* the phone said it */
        phone_hear(story.phone, "ACK");
        the_call_failed(&story);
    }
}

static void nobody_answers_the_invite(void)
{
    g_autoptr(GError) error = NULL;
    Story story;
    CallOps ops;

    story_open(&story);
    ua_free(story.ua);
    story.settings->sip.t1_ms = 40; /* between the last INVITE and Timer B, on a busy machine too */
    story.ua = ua_new(story.settings, story.loop, story.hall, NULL, NULL, &error);
    g_assert_no_error(error);
    ops = ua_call_ops(story.ua);
    hall_set_sip(story.hall, &ops);
    story_call_out(&story, story.phone, &plain, NULL);
    story_events(&story, "FAILURE/408");
    g_assert_true(hall_fake_news(story.hall)->own_timer);
    g_assert_cmpuint(phone_heard_count(story.phone), ==, 7);
    g_assert_null(strstr(hall_fake_ladder(story.hall), "408")); /* no such message came */
    g_assert_null(strstr(hall_fake_ladder(story.hall), "ACK"));
    the_call_failed(&story);
}

static void nobody_is_there(void)
{
    Story story;
    Phone *gone;
    g_autofree char *uri = NULL;

    story_open(&story);
    gone = phone_new(story.loop, "127.0.0.1", story.port);
    uri = g_strdup_printf("sip:100@127.0.0.1:%u", phone_port(gone));
    phone_free(gone); /* ICMP port unreachable */
    hall_fake_act(hall_fake_call_to(story.hall, uri, &plain,
                                    g_ptr_array_index(story.settings->trunks, 0), NULL),
                  ACTION_SIP_INVITE);
    story_events(&story, "FAILURE/503");
    the_call_failed(&story);
}

static void a_ringing_call_is_cancelled(void)
{
    Story story;

    story_open(&story);
    story_call_out(&story, story.phone, &plain, NULL);
    phone_reply(story.phone, "INVITE", "180 Ringing", "", NULL);
    story_events(&story, "RINGING");
    hall_fake_set_cause(story_call(&story), 16, CAUSE_LOCATION_NONE, 0);
    hall_fake_act(story_call(&story), ACTION_SIP_CANCEL);
    header_is(phone_hear(story.phone, "CANCEL sip:100@"), "Reason",
              "Q.850;cause=16;text=\"Normal call clearing\"");
    phone_reply(story.phone, "CANCEL", "200 OK", "", NULL);
    phone_reply(story.phone, "INVITE", "487 Request Terminated", "", NULL);
    story_events(&story, "FAILURE/487");
    phone_hear(story.phone, "ACK");
    the_call_failed(&story);
}

static void a_cancel_waits_for_a_response(void)
{
    Story story;

    story_open(&story);
    story_call_out(&story, story.phone, &plain, NULL);
    hall_fake_act(story_call(&story), ACTION_SIP_CANCEL);
    g_assert_true(phone_hears_nothing(story.phone, 15)); /* RFC 3261 9.1 */
    phone_reply(story.phone, "INVITE", "100 Trying", "", NULL);
    phone_hear(story.phone, "CANCEL");
    phone_reply(story.phone, "CANCEL", "200 OK", "", NULL);
    phone_reply(story.phone, "INVITE", "487 Request Terminated", "", NULL);
    story_events(&story, "TRYING FAILURE/487");
    the_call_failed(&story);
}

/* NUA sends the INVITE anew by itself: it is cancelled, too. */
static void a_longer_interval_is_asked_for_as_we_cancel(void)
{
    Story story;

    story_open(&story);
    story_call_out(&story, story.phone, &plain, NULL);
    phone_reply(story.phone, "INVITE", "100 Trying", "", NULL);
    story_events(&story, "TRYING");
    hall_fake_act(story_call(&story), ACTION_SIP_CANCEL);
    phone_hear(story.phone, "CANCEL");
    phone_reply(story.phone, "INVITE", "422 Session Interval Too Small", "Min-SE: 3600\r\n", NULL);
    phone_reply(story.phone, "CANCEL", "200 OK", "", NULL);
    phone_hear(story.phone, "INVITE");
    phone_reply(story.phone, "INVITE", "180 Ringing", "", NULL);
    phone_hear(story.phone, "CANCEL");
    phone_reply(story.phone, "CANCEL", "200 OK", "", NULL);
    phone_reply(story.phone, "INVITE", "487 Request Terminated", "", NULL);
    story_events(&story, "RINGING FAILURE/487");
    the_call_failed(&story);
}

static void an_answer_crosses_our_cancel(void)
{
    Story story;

    story_open(&story);
    story_call_out(&story, story.phone, &plain, NULL);
    phone_reply(story.phone, "INVITE", "180 Ringing", "", NULL);
    story_events(&story, "RINGING");
    hall_fake_act(story_call(&story), ACTION_SIP_CANCEL);
    phone_hear(story.phone, "CANCEL");
    phone_reply(story.phone, "INVITE", "200 OK", "", SDP_BOTH);
    phone_reply(story.phone, "CANCEL", "200 OK", "", NULL);
    story_events(&story, "ANSWER+media");
    phone_hear(story.phone, "ACK");
    hall_fake_act(story_call(&story), ACTION_SIP_BYE);
    hall_fake_set_state(story_call(&story), SIP_LEAVING);
    phone_hear(story.phone, "BYE");
    phone_reply(story.phone, "BYE", "200 OK", "", NULL);
    story_events(&story, "ENDED");
    the_call_failed(&story);
}

static void a_cancel_meets_the_answer_at_once(void)
{
    Story story;

    story_open(&story);
    story_call_out(&story, story.phone, &plain, NULL);
    phone_reply(story.phone, "INVITE", "180 Ringing", "", NULL);
    story_events(&story, "RINGING");
    phone_reply(story.phone, "INVITE", "200 OK", "", SDP_BOTH);
    hall_fake_act(story_call(&story), ACTION_SIP_CANCEL);
    story_events(&story, "ANSWER+media");
    hall_fake_act(story_call(&story), ACTION_SIP_BYE);
    hall_fake_set_state(story_call(&story), SIP_LEAVING);
    story_events(&story, "");
    loop_rest(story.loop, 20);
    phone_hear(story.phone, "CANCEL");
    phone_reply(story.phone, "CANCEL", "200 OK", "", NULL);
    phone_hear(story.phone, "BYE");
    phone_reply(story.phone, "BYE", "200 OK", "", NULL);
    story_events(&story, "ENDED");
    the_call_failed(&story);
}

/* RFC 3261 15 forbids it, phones do it: it counts as hanging up, and our CANCEL brings the final
 * response. */
static void the_phone_ends_what_it_has_not_answered(void)
{
    Story story;

    story_open(&story);
    story_call_out(&story, story.phone, &plain, NULL);
    phone_reply(story.phone, "INVITE", "180 Ringing", "", NULL);
    story_events(&story, "RINGING");
    phone_request(story.phone, "BYE", NULL, "From: <sip:100@x>;tag=stranger\r\n", NULL);
    header_is(phone_hear(story.phone, "SIP/2.0 481"), "CSeq", "1 BYE");
    story_events(&story, "");
    phone_request(story.phone, "BYE", NULL, "", NULL);
    header_is(phone_hear(story.phone, "SIP/2.0 200"), "CSeq", "2 BYE");
    story_events(&story, "BYE/16");
    hall_fake_act(story_call(&story), ACTION_SIP_CANCEL);
    phone_hear(story.phone, "CANCEL");
    phone_reply(story.phone, "CANCEL", "200 OK", "", NULL);
    phone_reply(story.phone, "INVITE", "487 Request Terminated", "", NULL);
    phone_hear(story.phone, "ACK");
    story_events(&story, "FAILURE/487");
    the_call_failed(&story);
}

/* Two phones ring; one hangs up, and then the other one does. */
static void one_branch_of_a_fork_hangs_up(void)
{
    Story story;
    g_autofree char *second = NULL;
    char *tag;

    story_open(&story);
    story_call_out(&story, story.phone, &plain, NULL);
    phone_reply(story.phone, "INVITE", "180 Ringing", "", NULL);
    story_events(&story, "RINGING");
    second = g_strdup(phone_last_sent(story.phone));
    tag = strstr(second, ";tag=phone");
    g_assert_nonnull(tag);
    memcpy(tag, ";tag=other", strlen(";tag=other"));
    phone_send_raw(story.phone, second, strlen(second));
    story_events(&story, "RINGING");
    phone_request(story.phone, "BYE", NULL, "", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    story_events(&story, "");
    /* the tag as it is, but for its first letters: "phone1" and "other1" */
    phone_request(story.phone, "BYE", NULL, "From: <sip:100@127.0.0.1>;tag=other1\r\n", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    story_events(&story, "BYE/16");
    hall_fake_act(story_call(&story), ACTION_SIP_CANCEL);
    phone_hear(story.phone, "CANCEL");
    phone_reply(story.phone, "CANCEL", "200 OK", "", NULL);
    phone_reply(story.phone, "INVITE", "487 Request Terminated", "", NULL);
    phone_hear(story.phone, "ACK");
    story_events(&story, "FAILURE/487");
    the_call_failed(&story);
}

static void a_reliable_response_is_acknowledged(void)
{
    g_autofree char *cseq = NULL, *first = NULL, *second = NULL;
    Story story;

    story_open(&story);
    story.settings->sip.require_100rel = TRUE;
    story_call_out(&story, story.phone, &plain, NULL);
    cseq = message_header(phone_last_heard(story.phone), "CSeq");
    first = g_strdup_printf("77 %s", cseq);
    second = g_strdup_printf("78 %s", cseq);
    header_is(phone_last_heard(story.phone), "Require", "100rel");
    phone_reply(story.phone, "INVITE", "183 Session Progress", "Require: 100rel\r\nRSeq: 77\r\n",
                SDP_BOTH);
    story_events(&story, "PROGRESS+media");
    header_is(phone_hear(story.phone, "PRACK sip:100@"), "RAck", first);
    phone_reply(story.phone, "PRACK", "200 OK", "", NULL);
    phone_reply(story.phone, "INVITE", "180 Ringing", "Require: 100rel\r\nRSeq: 78\r\n", NULL);
    story_events(&story, "RINGING");
    header_is(phone_hear(story.phone, "PRACK"), "RAck", second);
    phone_reply(story.phone, "PRACK", "200 OK", "", NULL);
    phone_reply(story.phone, "INVITE", "200 OK", "", NULL); /* the answer was given */
    story_events(&story, "ANSWER");
    phone_hear(story.phone, "ACK");
    the_phone_ends(&story);
}

static void an_answer_without_description_fails(void)
{
    static const char *const bodies[] = {NULL, SDP_G729, "v=0\r\nrubbish\r\n"};

    for (guint i = 0; i < G_N_ELEMENTS(bodies); i++) {
        Story story;

        story_open(&story);
        story_call_out(&story, story.phone, &plain, NULL);
        phone_reply(story.phone, "INVITE", "200 OK", "", bodies[i]);
        story_events(&story, "FAILURE/488");
        hall_fake_end(story_call(&story));
        phone_hear(story.phone, "ACK");
        phone_hear(story.phone, "BYE");
        phone_reply(story.phone, "BYE", "200 OK", "", NULL);
        story_settles(&story);
        story_close(&story);
    }
}

/* The ACK, which NUA sends by itself, goes back to where the 200 came from. */
static void names_of_hosts_are_not_asked_for(void)
{
    Story story;
    g_autofree char *proxy = NULL;

    story_open(&story);
    proxy =
        g_strdup_printf("Record-Route: <sip:no.such.invalid:%u;lr>\r\n", phone_port(story.phone));
    story_call_out(&story, story.phone, &plain, NULL);
    phone_reply(story.phone, "INVITE", "200 OK", proxy, SDP_BOTH);
    story_events(&story, "ANSWER+media");
    phone_hear(story.phone, "ACK sip:100@");
    story_hang_up(&story);
    story_close(&story);
}

/* A fork: two phones answer. The second one gets ACK and BYE from us, and the call does not notice.
 */
static void a_second_answer_is_ended(void)
{
    Story story;
    g_autofree char *second = NULL;
    g_autofree char *invite = NULL;
    char *tag;

    story_open(&story);
    invite = g_strdup_printf("sip:100@127.0.0.1:%u", phone_port(story.phone));
    hall_fake_act(hall_fake_call_to(story.hall, invite, &plain,
                                    g_ptr_array_index(story.settings->trunks, 0), NULL),
                  ACTION_SIP_INVITE);
    phone_hear(story.phone, "INVITE");
    phone_reply(story.phone, "INVITE", "200 OK", "", SDP_BOTH);
    story_events(&story, "ANSWER+media");
    phone_hear(story.phone, "ACK");
    second = g_strdup(phone_last_sent(story.phone));
    tag = strstr(second, ";tag=phone");
    g_assert_nonnull(tag);
    memcpy(tag, ";tag=other", strlen(";tag=other"));
    phone_send_raw(story.phone, second, strlen(second));
    phone_hear(story.phone, "ACK");
    g_assert_nonnull(strstr(phone_hear(story.phone, "BYE"), ";tag=other"));
    phone_reply(story.phone, "BYE", "200 OK", "", NULL);
    story_events(&story, "");
    phone_free(story.phone); /* the first phone's dialog goes on: we end it */
    story.phone = phone_new(story.loop, "127.0.0.1", story.port);
    hall_fake_act(story_call(&story), ACTION_SIP_BYE);
    hall_fake_set_state(story_call(&story), SIP_LEAVING);
    story_events(&story, "ENDED");
    the_call_failed(&story);
}

static void a_call_without_port_or_uri_is_refused(void)
{
    struct sockaddr_storage none = {0};
    Story story;
    Call *call;

    story_open(&story);
    call = hall_fake_call_to(story.hall, "sip:100@127.0.0.1:9", &plain, NULL, NULL);
    call_set_local_rtp(call, &none);
    g_assert_false(hall_fake_act(call, ACTION_SIP_INVITE));
    story_events(&story, "REFUSED/47");
    call = hall_fake_call_to(story.hall, "\001", &plain, NULL, NULL);
    g_assert_false(hall_fake_act(call, ACTION_SIP_INVITE));
    story_events(&story, "REFUSED/3");
    story_close(&story);
}

void uac_stories(void)
{
    g_test_add_func("/sip/uac/a-call-rings-and-is-answered", a_call_rings_and_is_answered);
    g_test_add_func("/sip/uac/the-invite-is-complete", the_invite_is_complete);
    g_test_add_func("/sip/uac/the-offer-has-both-laws", the_offer_has_both_laws);
    g_test_add_func("/sip/uac/identity-follows-the-table", identity_follows_the_table);
    g_test_add_func("/sip/uac/failures-tell-their-reason", failures_tell_their_reason);
    g_test_add_func("/sip/uac/nobody-answers-the-invite", nobody_answers_the_invite);
    g_test_add_func("/sip/uac/nobody-is-there", nobody_is_there);
    g_test_add_func("/sip/uac/a-ringing-call-is-cancelled", a_ringing_call_is_cancelled);
    g_test_add_func("/sip/uac/a-cancel-waits-for-a-response", a_cancel_waits_for_a_response);
    g_test_add_func("/sip/uac/longer-interval-as-we-cancel",
                    a_longer_interval_is_asked_for_as_we_cancel);
    g_test_add_func("/sip/uac/an-answer-crosses-our-cancel", an_answer_crosses_our_cancel);
    g_test_add_func("/sip/uac/a-cancel-meets-the-answer-at-once",
                    a_cancel_meets_the_answer_at_once);
    g_test_add_func("/sip/uac/the-phone-ends-what-it-has-not-answered",
                    the_phone_ends_what_it_has_not_answered);
    g_test_add_func("/sip/uac/one-branch-of-a-fork-hangs-up", one_branch_of_a_fork_hangs_up);
    g_test_add_func("/sip/uac/a-reliable-response-is-acknowledged",
                    a_reliable_response_is_acknowledged);
    g_test_add_func("/sip/uac/an-answer-without-description-fails",
                    an_answer_without_description_fails);
    g_test_add_func("/sip/uac/names-of-hosts-are-not-asked-for", names_of_hosts_are_not_asked_for);
    g_test_add_func("/sip/uac/a-second-answer-is-ended", a_second_answer_is_ended);
    g_test_add_func("/sip/uac/a-call-without-port-or-uri-is-refused",
                    a_call_without_port_or_uri_is_refused);
}
