/* A phone calls: when its offer is answered, or ours made, with 100rel and without. */
#include "sip_story.h"

#include <string.h>

static void without_100rel_every_response_repeats_the_answer(void)
{
    Story story;
    g_autofree char *first = NULL;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_PROGRESS);
    first = g_strdup(message_body(phone_hear(story.phone, "SIP/2.0 183 Session Progress")));
    g_assert_cmpstr(first, !=, "");
    hall_fake_act(story_call(&story), ACTION_SIP_RING_MEDIA);
    g_assert_cmpstr(message_body(phone_hear(story.phone, "SIP/2.0 180")), ==, first);
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    g_assert_cmpstr(message_body(phone_hear(story.phone, "SIP/2.0 200")), ==, first);
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+media ACK");
    story_hang_up(&story);
    story_close(&story);
}

static void prack_rseq(Story *story, const char *response, const char *body)
{
    g_autofree char *rseq = message_header(response, "RSeq");
    g_autofree char *rack = NULL;

    g_assert_nonnull(rseq);
    header_is(response, "Require", "100rel");
    rack = g_strdup_printf("RAck: %s 1 INVITE\r\n", rseq);
    phone_request(story->phone, "PRACK", NULL, rack, body);
}

static void with_100rel_the_answer_goes_once_and_the_200_waits(void)
{
    Story story;
    const char *heard;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "Supported: 100rel\r\n", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_PROGRESS);
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    heard = phone_hear(story.phone, "SIP/2.0 183");
    g_assert_cmpstr(message_body(heard), !=, "");
    g_assert_true(phone_hears_nothing(story.phone, 5)); /* but retransmissions */
    prack_rseq(&story, heard, NULL);
    header_is(phone_hear(story.phone, "SIP/2.0 200"), "CSeq", "2 PRACK");
    heard = phone_hear(story.phone, "SIP/2.0 200");
    header_is(heard, "CSeq", "1 INVITE");
    g_assert_cmpstr(message_body(heard), ==, "");
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+media ACK");
    story_hang_up(&story);
    story_close(&story);
}

static void a_cancel_meets_the_200_that_waits(void)
{
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "Supported: 100rel\r\n", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_RING);
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    phone_hear(story.phone, "SIP/2.0 180");
    phone_cancel(story.phone, "");
    phone_hear(story.phone, "SIP/2.0 200");
    phone_hear(story.phone, "SIP/2.0 487");
    story_events(&story, "BYE/16"); /* the hall stands at ANSWERED */
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

/* The PBX clears what the phone does not know to be answered: it hears the final response of the
 * cause, not a 200 that ends at once. */
static void clearing_meets_the_200_that_waits(void)
{
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "Supported: 100rel\r\n", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_RING);
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    phone_hear(story.phone, "SIP/2.0 180");
    hall_fake_set_cause(story_call(&story), 16, CAUSE_LOCATION_NONE, 480);
    hall_fake_act(story_call(&story), ACTION_SIP_WITHDRAW);
    header_is(phone_hear(story.phone, "SIP/2.0 480"), "Reason",
              "Q.850;cause=16;text=\"Normal call clearing\"");
    story_events(&story, "REFUSED/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

/* A 200 that was sent is past recall: the BYE waits for its ACK. */
static void a_200_that_was_sent_is_not_withdrawn(void)
{
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    phone_hear(story.phone, "SIP/2.0 200");
    hall_fake_act(story_call(&story), ACTION_SIP_WITHDRAW);
    g_assert_true(phone_hears_nothing(story.phone, 10)); /* but the 200 again */
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+media ACK");
    story_hang_up(&story);
    story_close(&story);
}

/* A proxy's Timer C cuts what it hears nothing of for three minutes (RFC 3261 16.8). */
static void a_long_ring_is_told_again(void)
{
    Story story;
    const char *heard;

    loop_begin_leaps();
    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_RING_MEDIA);
    phone_hear(story.phone, "SIP/2.0 180");
    for (int minute = 0; minute < 3; minute++) {
        guint before = phone_heard_count(story.phone);

        loop_leap(story.loop, 58);
        g_assert_cmpuint(phone_heard_count(story.phone), ==, before);
        loop_leap(story.loop, 3);
        loop_rest(story.loop, 20);
        g_assert_cmpuint(phone_heard_count(story.phone), ==, before + 1); /* by NTA */
    }
    phone_forget(story.phone);
    hall_fake_set_cause(story_call(&story), 19, CAUSE_LOCATION_NONE, 480);
    hall_fake_act(story_call(&story), ACTION_SIP_REJECT);
    hall_fake_end(story_call(&story));
    phone_hear(story.phone, "SIP/2.0 480");
    story_events(&story, "MEDIA+media");
    story_settles(&story);
    phone_hang_up(story.phone);
    /* Reliable ones need it every two and a half minutes (RFC 3262 3), and each its PRACK. */
    phone_request(story.phone, "INVITE", story.uri, "Supported: 100rel\r\n", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_RING);
    for (int time = 0; time < 2; time++) {
        heard = phone_hear(story.phone, "SIP/2.0 180");
        prack_rseq(&story, heard, NULL);
        phone_hear(story.phone, "SIP/2.0 200");
        loop_leap(story.loop, 148);
        g_assert_true(phone_hears_nothing(story.phone, 10));
        loop_leap(story.loop, 3);
    }
    prack_rseq(&story, phone_hear(story.phone, "SIP/2.0 180"), NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    phone_cancel(story.phone, "");
    story_events(&story, "CANCEL/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
    loop_end_leaps();
}

static void a_prack_may_carry_an_offer(void)
{
    Story story;
    const char *heard;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "Require: 100rel\r\n", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_RING_MEDIA);
    heard = phone_hear(story.phone, "SIP/2.0 180");
    prack_rseq(&story, heard,
               SDP_HEAD "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40002 RTP/AVP 8\r\n");
    heard = phone_hear(story.phone, "SIP/2.0 200");
    g_assert_nonnull(strstr(message_body(heard), "m=audio 30000 RTP/AVP 8"));
    story_events(&story, "MEDIA+media MEDIA+media");
    g_assert_cmpuint(address_port((const struct sockaddr *)&hall_fake_news(story.hall)->remote.rtp),
                     ==, 40002);
    phone_cancel(story.phone, "");
    story_events(&story, "CANCEL/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

static void no_prack_ends_the_call(void)
{
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "Require: 100rel\r\n", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_RING);
    phone_hear(story.phone, "SIP/2.0 180");
    story_events(&story, "LOST/102");
    hall_fake_end(story_call(&story));
    phone_hear(story.phone, "SIP/2.0 504");
    story_settles(&story);
    story_close(&story);
}

static void a_late_offer_is_made_in_the_200(void)
{
    Story story;
    const char *heard;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "Supported: 100rel\r\n", NULL);
    story_events(&story, "INVITE");
    hall_fake_act(story_call(&story), ACTION_SIP_RING);
    header_is(phone_hear(story.phone, "SIP/2.0 180"), "RSeq", NULL);
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    heard = phone_hear(story.phone, "SIP/2.0 200");
    g_assert_nonnull(strstr(message_body(heard), "m=audio 30000 RTP/AVP 8 0 101\r\n"));
    phone_ack(story.phone, SDP_BOTH);
    story_events(&story, "ACK MEDIA+media");
    g_assert_cmpuint(hall_fake_news(story.hall)->remote.payload_type, ==, 0); /* as it answered */
    story_hang_up(&story);
    story_close(&story);
}

static void a_late_offer_is_made_in_a_reliable_183(void)
{
    Story story;
    const char *heard;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "Supported: 100rel\r\n", NULL);
    story_events(&story, "INVITE");
    hall_fake_act(story_call(&story), ACTION_SIP_PROGRESS);
    heard = phone_hear(story.phone, "SIP/2.0 183");
    g_assert_nonnull(strstr(message_body(heard), "RTP/AVP 8 0"));
    prack_rseq(&story, heard, SDP_BOTH);
    phone_hear(story.phone, "SIP/2.0 200");
    story_events(&story, "MEDIA+media");
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    g_assert_cmpstr(message_body(phone_hear(story.phone, "SIP/2.0 200")), ==, "");
    phone_ack(story.phone, NULL);
    story_events(&story, "ACK");
    story_hang_up(&story);
    story_close(&story);
}

/* ALERTING with in-band information: the phone shall hear it, so it needs our offer now. */
static void a_late_offer_is_made_in_a_180_with_media(void)
{
    static const char *const hundred[] = {"Supported: 100rel\r\n", "Require: 100rel\r\n"};

    for (guint i = 0; i < G_N_ELEMENTS(hundred); i++) {
        Story story;
        const char *heard;

        story_open(&story);
        phone_request(story.phone, "INVITE", story.uri, hundred[i], NULL);
        story_events(&story, "INVITE");
        hall_fake_act(story_call(&story), ACTION_SIP_RING_MEDIA);
        heard = phone_hear(story.phone, "SIP/2.0 180");
        g_assert_nonnull(strstr(message_body(heard), "RTP/AVP 8 0"));
        prack_rseq(&story, heard, SDP_BOTH);
        phone_hear(story.phone, "SIP/2.0 200");
        story_events(&story, "MEDIA+media");
        hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
        g_assert_cmpstr(message_body(phone_hear(story.phone, "SIP/2.0 200")), ==, "");
        phone_ack(story.phone, NULL);
        story_events(&story, "ACK");
        story_hang_up(&story);
        story_close(&story);
    }
}

static void a_late_offer_without_answer_is_lost(void)
{
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", NULL);
    story_events(&story, "INVITE");
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    phone_hear(story.phone, "SIP/2.0 200");
    phone_ack(story.phone, NULL);
    story_events(&story, "ACK LOST/65");
    hall_fake_end(story_call(&story));
    phone_hear(story.phone, "BYE");
    phone_reply(story.phone, "BYE", "200 OK", "", NULL);
    story_settles(&story);
    story_close(&story);
}

void offer_stories(void)
{
    g_test_add_func("/sip/offer/without-100rel-every-response-repeats-the-answer",
                    without_100rel_every_response_repeats_the_answer);
    g_test_add_func("/sip/offer/with-100rel-the-answer-goes-once-and-the-200-waits",
                    with_100rel_the_answer_goes_once_and_the_200_waits);
    g_test_add_func("/sip/offer/a-cancel-meets-the-200-that-waits",
                    a_cancel_meets_the_200_that_waits);
    g_test_add_func("/sip/offer/clearing-meets-the-200-that-waits",
                    clearing_meets_the_200_that_waits);
    g_test_add_func("/sip/offer/a-200-that-was-sent-is-not-withdrawn",
                    a_200_that_was_sent_is_not_withdrawn);
    g_test_add_func("/sip/offer/a-long-ring-is-told-again", a_long_ring_is_told_again);
    g_test_add_func("/sip/offer/a-prack-may-carry-an-offer", a_prack_may_carry_an_offer);
    g_test_add_func("/sip/offer/no-prack-ends-the-call", no_prack_ends_the_call);
    g_test_add_func("/sip/offer/a-late-offer-is-made-in-the-200", a_late_offer_is_made_in_the_200);
    g_test_add_func("/sip/offer/a-late-offer-is-made-in-a-reliable-183",
                    a_late_offer_is_made_in_a_reliable_183);
    g_test_add_func("/sip/offer/a-late-offer-is-made-in-a-180-with-media",
                    a_late_offer_is_made_in_a_180_with_media);
    g_test_add_func("/sip/offer/a-late-offer-without-answer-is-lost",
                    a_late_offer_without_answer_is_lost);
}
