/* A phone calls: every response the call map can ask for, and every way the phone ends it. */
#include "sip_story.h"

#include <string.h>

static void a_call_is_rung_answered_and_ended(void)
{
    Story story;
    const char *heard;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    phone_hear(story.phone, "SIP/2.0 100");
    story_events(&story, "INVITE+media");
    g_assert_cmpstr(call_setup(story_call(&story))->called.digits, ==, "200");
    g_assert_cmpstr(call_setup(story_call(&story))->calling.digits, ==, "100");
    g_assert_cmpstr(call_setup(story_call(&story))->name, ==, "Phone");
    g_assert_cmpstr(call_origin(story_call(&story))->peer, ==, "friend");
    hall_fake_act(story_call(&story), ACTION_SIP_RING);
    heard = phone_hear(story.phone, "SIP/2.0 180 Ringing");
    g_assert_cmpstr(message_body(heard), ==, "");
    header_is(heard, "RSeq", NULL);
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    heard = phone_hear(story.phone, "SIP/2.0 200 OK");
    g_assert_nonnull(strstr(message_body(heard), "m=audio 30000 RTP/AVP 8\r\n"));
    g_assert_nonnull(strstr(message_body(heard), "a=ptime:20\r\n"));
    header_is(heard, "Content-Type", "application/sdp");
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+media ACK");
    phone_request(story.phone, "BYE", NULL, "Reason: Q.850;cause=31\r\n", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    story_events(&story, "BYE/31");
    g_assert_true(hall_fake_news(story.hall)->reason_trusted);
    hall_fake_end(story_call(&story));
    story_settles(&story);
    g_assert_cmpstr(hall_fake_ladder(story.hall), ==,
                    ">INVITE 200 SDP\n<100 Trying\n<180 Ringing\n<200 OK SDP\n>ACK\n>BYE cause 31\n"
                    "<200 OK (BYE)\n");
    story_close(&story);
}

static void we_end_an_answered_call(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    hall_fake_set_cause(story_call(&story), 16, 0, 0);
    hall_fake_act(story_call(&story), ACTION_SIP_BYE);
    hall_fake_set_state(story_call(&story), SIP_LEAVING);
    header_is(phone_hear(story.phone, "BYE sip:100@"), "Reason",
              "Q.850;cause=16;text=\"Normal call clearing\";location=U");
    phone_reply(story.phone, "BYE", "200 OK", "", NULL);
    story_events(&story, "ENDED");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

/* No name server is asked where the dialog goes: back to where its messages come from. */
static void names_of_hosts_are_not_asked_for(void)
{
    Story story;
    g_autofree char *proxy = NULL;

    story_open(&story);
    proxy = g_strdup_printf("Contact: <sip:100@192.0.2.1;transport=tcp>\r\n"
                            "Record-Route: <sip:no.such.invalid:%u;lr>, <sip:192.0.2.2;lr>\r\n",
                            phone_port(story.phone));
    phone_request(story.phone, "INVITE", story.uri, proxy, SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    phone_hear(story.phone, "SIP/2.0 200");
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+media ACK");
    hall_fake_set_cause(story_call(&story), 16, 0, 0);
    hall_fake_act(story_call(&story), ACTION_SIP_BYE);
    hall_fake_set_state(story_call(&story), SIP_LEAVING);
    phone_hear(story.phone, "BYE sip:100@");
    phone_reply(story.phone, "BYE", "200 OK", "", NULL);
    story_events(&story, "ENDED");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

static void a_rejection_carries_the_cause(void)
{
    Story story;
    const char *heard;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_set_cause(story_call(&story), 17, CAUSE_LOCATION_NONE, 486);
    hall_fake_act(story_call(&story), ACTION_SIP_REJECT);
    hall_fake_end(story_call(&story));
    heard = phone_hear(story.phone, "SIP/2.0 486 Busy Here");
    header_is(heard, "Reason", "Q.850;cause=17;text=\"User busy\"");
    header_is(heard, "Retry-After", NULL);
    story_settles(&story);
    story_close(&story);
}

static void the_phone_cancels(void)
{
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_RING);
    phone_hear(story.phone, "SIP/2.0 180");
    phone_cancel(story.phone, "Reason: SIP;cause=200\r\n");
    phone_hear(story.phone, "SIP/2.0 200");
    phone_hear(story.phone, "SIP/2.0 487");
    story_events(&story, "CANCEL/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

static void a_cancel_crosses_our_200(void)
{
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    phone_cancel(story.phone, "");
    phone_hear(story.phone, "SIP/2.0 200 OK"); /* INVITE */
    phone_hear(story.phone, "SIP/2.0 481");    /* CANCEL: a 2xx has ended its transaction */
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+media ACK");
    phone_request(story.phone, "BYE", NULL, "", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    story_events(&story, "BYE/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

static void a_bye_before_the_answer(void)
{
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_RING);
    phone_hear(story.phone, "SIP/2.0 180");
    phone_request(story.phone, "BYE", NULL, "", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    phone_hear(story.phone, "SIP/2.0 487");
    story_events(&story, "BYE/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

static void a_missing_ack_is_told(void)
{
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    phone_hear(story.phone, "SIP/2.0 200");
    story_events(&story, "MEDIA+media NO_ACK/102");
    hall_fake_act(story_call(&story), ACTION_SIP_BYE);
    hall_fake_set_state(story_call(&story), SIP_LEAVING);
    phone_hear(story.phone, "BYE");
    phone_reply(story.phone, "BYE", "200 OK", "", NULL);
    story_events(&story, "ENDED");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

static void the_invite_expires(void)
{
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "Expires: 1\r\n", SDP_BOTH);
    story_events(&story, "INVITE+media");
    story_events(&story, "EXPIRED/102");
    hall_fake_set_cause(story_call(&story), 102, CAUSE_LOCATION_NONE, 504);
    hall_fake_act(story_call(&story), ACTION_SIP_REJECT);
    hall_fake_end(story_call(&story));
    phone_hear(story.phone, "SIP/2.0 487");
    story_settles(&story);
    story_close(&story);
}

static void identity_comes_from_a_trusted_peer_only(void)
{
    static const struct {
        const char *headers, *digits, *name;
        Presentation presentation;
        Screening screening;
        gboolean trusted;
    } cases[] = {
        {"P-Asserted-Identity: \"Ann\" <sip:+4971@x>\r\n", "4971", "Ann", PRESENTATION_ALLOWED,
         SCREENING_NETWORK, TRUE},
        {"P-Asserted-Identity: <sip:555@x>, <tel:+49711>\r\n", "49711", "Phone",
         PRESENTATION_ALLOWED, SCREENING_NETWORK, TRUE},
        {"P-Asserted-Identity: <sip:+4971@x>\r\nPrivacy: id\r\n", "4971", "Phone",
         PRESENTATION_RESTRICTED, SCREENING_NETWORK, TRUE},
        {"P-Asserted-Identity: <sip:+4971@x>\r\nPrivacy: none\r\n", "4971", "Phone",
         PRESENTATION_ALLOWED, SCREENING_NETWORK, TRUE},
        {"P-Asserted-Identity: <sip:+4971@x>\r\n", "100", "Phone", PRESENTATION_ALLOWED,
         SCREENING_USER_NOT_SCREENED, FALSE},
        {"From: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=phone1\r\n", "", "",
         PRESENTATION_RESTRICTED, SCREENING_USER_NOT_SCREENED, FALSE},
        {"From: <sip:ann@example.com>;tag=phone1\r\n", "", "", PRESENTATION_UNAVAILABLE,
         SCREENING_USER_NOT_SCREENED, FALSE},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const CallSetup *setup;
        Story story;

        story_open(&story);
        ((PeerSettings *)g_ptr_array_index(story.settings->peers, 0))->trusted = cases[i].trusted;
        phone_request(story.phone, "INVITE", story.uri, cases[i].headers, SDP_BOTH);
        story_events(&story, "INVITE+media");
        setup = call_setup(story_call(&story));
        g_assert_cmpstr(setup->calling.digits, ==, cases[i].digits);
        g_assert_cmpstr(setup->name, ==, cases[i].name);
        g_assert_cmpint(setup->calling.presentation, ==, cases[i].presentation);
        g_assert_cmpint(setup->calling.screening, ==, cases[i].screening);
        hall_fake_set_cause(story_call(&story), 31, CAUSE_LOCATION_NONE, 480);
        hall_fake_act(story_call(&story), ACTION_SIP_REJECT);
        hall_fake_end(story_call(&story));
        story_settles(&story);
        story_close(&story);
    }
}

static void a_reason_counts_only_from_a_trusted_peer(void)
{
    Story story;

    story_open(&story);
    ((PeerSettings *)g_ptr_array_index(story.settings->peers, 0))->trusted = FALSE;
    story_talk(&story);
    phone_request(story.phone, "BYE", NULL, "Reason: Q.850;cause=31\r\n", NULL);
    story_events(&story, "BYE/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

void uas_stories(void)
{
    g_test_add_func("/sip/uas/a-call-is-rung-answered-and-ended",
                    a_call_is_rung_answered_and_ended);
    g_test_add_func("/sip/uas/we-end-an-answered-call", we_end_an_answered_call);
    g_test_add_func("/sip/uas/names-of-hosts-are-not-asked-for", names_of_hosts_are_not_asked_for);
    g_test_add_func("/sip/uas/a-rejection-carries-the-cause", a_rejection_carries_the_cause);
    g_test_add_func("/sip/uas/the-phone-cancels", the_phone_cancels);
    g_test_add_func("/sip/uas/a-cancel-crosses-our-200", a_cancel_crosses_our_200);
    g_test_add_func("/sip/uas/a-bye-before-the-answer", a_bye_before_the_answer);
    g_test_add_func("/sip/uas/a-missing-ack-is-told", a_missing_ack_is_told);
    g_test_add_func("/sip/uas/the-invite-expires", the_invite_expires);
    g_test_add_func("/sip/uas/identity-comes-from-a-trusted-peer-only",
                    identity_comes_from_a_trusted_peer_only);
    g_test_add_func("/sip/uas/a-reason-counts-only-from-a-trusted-peer",
                    a_reason_counts_only_from_a_trusted_peer);
}
