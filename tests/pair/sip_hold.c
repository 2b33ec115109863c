/* Holds of ours by re-INVITE, in every crossing: theirs beside it, glare, refusals, refreshes; and
 * what 181 and 3xx become. */
#include "sip_story.h"

#include <string.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#else
#define __lsan_disable() ((void)0)
#define __lsan_enable() ((void)0)
#endif

#define SDP_IN(direction)                                                                          \
    SDP_HEAD                                                                                       \
    "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8 0\r\na=" direction "\r\n"

static void ends(Story *story)
{
    phone_request(story->phone, "BYE", NULL, "", NULL);
    phone_hear(story->phone, "SIP/2.0 200");
    story_events(story, "BYE/16");
    hall_fake_end(story_call(story));
    story_settles(story);
    story_close(story);
}

static void act(Story *story, CallAction action)
{
    g_assert_true(hall_fake_act(story_call(story), action));
}

/* The phone hears our re-INVITE with DIRECTION. */
static void hears_offer(Story *story, const char *direction)
{
    g_autofree char *line = g_strdup_printf("a=%s\r\n", direction);

    g_assert_nonnull(strstr(message_body(phone_hear(story->phone, "INVITE")), line));
}

static void answers(Story *story, const char *sdp, const char *events)
{
    phone_reply(story->phone, "INVITE", "200 OK", "", sdp);
    phone_hear(story->phone, "ACK");
    story_events(story, events);
}

static void a_hold_and_its_end(void (*talk)(Story *))
{
    Story story;

    story_open(&story);
    talk(&story);
    act(&story, ACTION_SIP_RESUME); /* nothing was said */
    act(&story, ACTION_SIP_HOLD);
    hears_offer(&story, "sendonly");
    answers(&story, SDP_IN("recvonly"), "MEDIA+media");
    g_assert_true(hall_fake_news(story.hall)->remote.send); /* music of the PBX */
    g_assert_false(hall_fake_news(story.hall)->remote.receive);
    act(&story, ACTION_SIP_HOLD); /* has been said */
    g_assert_true(phone_hears_nothing(story.phone, 20));
    act(&story, ACTION_SIP_RESUME);
    hears_offer(&story, "sendrecv");
    answers(&story, SDP_IN("sendrecv"), "MEDIA+media");
    g_assert_true(hall_fake_news(story.hall)->remote.receive);
    ends(&story);
}

static void a_phone_that_called_is_held(void)
{
    a_hold_and_its_end(story_talk);
}

static void a_phone_we_called_is_held(void)
{
    a_hold_and_its_end(story_talk_out);
}

/* The 200 has no ACK yet: the re-INVITE waits for it. */
static void a_hold_before_the_ack_waits(void)
{
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    act(&story, ACTION_SIP_ANSWER);
    phone_hear(story.phone, "SIP/2.0 200");
    act(&story, ACTION_SIP_HOLD);
    phone_ack(story.phone, NULL);
    hears_offer(&story, "sendonly");
    answers(&story, SDP_IN("inactive"), "MEDIA+media ACK MEDIA+held");
    g_assert_false(hall_fake_news(story.hall)->remote.send);
    ends(&story);
}

/* The end of the hold comes while the re-INVITE about it is open. */
static void a_hold_ends_while_it_is_being_told(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    act(&story, ACTION_SIP_HOLD);
    hears_offer(&story, "sendonly");
    act(&story, ACTION_SIP_RESUME);
    g_assert_true(phone_hears_nothing(story.phone, 20));
    phone_reply(story.phone, "INVITE", "200 OK", "", SDP_IN("recvonly"));
    phone_hear(story.phone, "ACK");
    hears_offer(&story, "sendrecv");
    answers(&story, SDP_IN("sendrecv"), "MEDIA+media MEDIA+media");
    ends(&story);
}

/* Each holds for itself (RFC 3264 8.4). */
static void both_hold(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    phone_request(story.phone, "INVITE", NULL, "", SDP_IN("sendonly"));
    phone_hear(story.phone, "SIP/2.0 200");
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+held HELD");
    act(&story, ACTION_SIP_HOLD);
    hears_offer(&story, "inactive");
    answers(&story, SDP_IN("inactive"), "MEDIA+held");
    phone_request(story.phone, "INVITE", NULL, "", SDP_IN("sendrecv"));
    g_assert_nonnull(
        strstr(message_body(phone_hear(story.phone, "SIP/2.0 200")), "a=sendonly\r\n"));
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+media RETRIEVED");
    g_assert_false(hall_fake_news(story.hall)->has_remote); /* RETRIEVED has none */
    act(&story, ACTION_SIP_RESUME);
    hears_offer(&story, "sendrecv");
    answers(&story, SDP_IN("sendrecv"), "MEDIA+media");
    ends(&story);
}

/* Theirs and ours cross: both are refused with 491, theirs comes first, our answer holds. */
static void two_offers_cross(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    act(&story, ACTION_SIP_HOLD);
    hears_offer(&story, "sendonly");
    phone_request(story.phone, "UPDATE", NULL, "", SDP_IN("sendrecv"));
    phone_hear(story.phone, "SIP/2.0 491");
    phone_reply(story.phone, "INVITE", "491 Request Pending", "", NULL);
    phone_hear(story.phone, "ACK");
    phone_request(story.phone, "INVITE", NULL, "", SDP_IN("sendrecv"));
    g_assert_nonnull(
        strstr(message_body(phone_hear(story.phone, "SIP/2.0 200")), "a=sendonly\r\n"));
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+media");
    loop_rest(story.loop, 2100); /* it has been said by that answer */
    g_assert_true(phone_hears_nothing(story.phone, 20));
    ends(&story);
}

static void a_491_is_followed_by_another_try(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    act(&story, ACTION_SIP_HOLD);
    hears_offer(&story, "sendonly");
    phone_reply(story.phone, "INVITE", "491 Request Pending", "", NULL);
    phone_hear(story.phone, "ACK");
    hears_offer(&story, "sendonly"); /* within 2 s: the Call-ID is the phone's */
    answers(&story, SDP_IN("recvonly"), "MEDIA+media");
    ends(&story);
}

/* Not for ever: then it counts as refused, and the next change begins anew. */
static void a_hold_is_tried_so_often(void)
{
    Story story;

    g_random_set_seed(491); /* a delay that ends just before a leap would make it a long silence */
    loop_begin_leaps();
    story_open(&story);
    story_talk(&story);
    act(&story, ACTION_SIP_HOLD);
    for (guint i = 0; i < 5; i++) {
        hears_offer(&story, "sendonly");
        phone_reply(story.phone, "INVITE", "491 Request Pending", "", NULL);
        phone_hear(story.phone, "ACK");
        if (phone_hears_nothing(story.phone, 30))
            loop_leap(story.loop, 3);
    }
    g_assert_true(phone_hears_nothing(story.phone, 50));
    act(&story, ACTION_SIP_RESUME);
    hears_offer(&story, "sendrecv");
    answers(&story, SDP_BOTH, "MEDIA+media");
    loop_end_leaps();
    ends(&story);
}

/* RFC 3261 14.2: 500 with Retry-After is no refusal. */
static void retry_after_is_waited_for(void)
{
    Story story;

    loop_begin_leaps();
    story_open(&story);
    story_talk(&story);
    act(&story, ACTION_SIP_HOLD);
    hears_offer(&story, "sendonly");
    phone_reply(story.phone, "INVITE", "500 Busy", "Retry-After: 20\r\n", NULL);
    phone_hear(story.phone, "ACK");
    loop_leap(story.loop, 15);
    g_assert_true(phone_hears_nothing(story.phone, 50));
    loop_leap(story.loop, 6);
    hears_offer(&story, "sendonly");
    answers(&story, SDP_IN("recvonly"), "MEDIA+media");
    loop_end_leaps();
    ends(&story);
}

/* Whoever does not want to be held is not; the call stays as it was, and goes on. */
static void a_refused_hold_changes_nothing(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    act(&story, ACTION_SIP_HOLD);
    hears_offer(&story, "sendonly");
    phone_reply(story.phone, "INVITE", "488 Not Acceptable Here", "", NULL);
    phone_hear(story.phone, "ACK");
    story_events(&story, "");
    act(&story, ACTION_SIP_RESUME);
    hears_offer(&story, "sendrecv");
    answers(&story, SDP_IN("sendrecv"), "");
    ends(&story);
}

/* Challenged without credentials of ours: the end of that request, of which NUA tells later, is not
 * the next one's. */
static void a_challenged_hold_is_a_refused_one(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    act(&story, ACTION_SIP_HOLD);
    hears_offer(&story, "sendonly");
    act(&story, ACTION_SIP_RESUME);
    phone_reply(story.phone, "INVITE", "401 Unauthorized",
                "WWW-Authenticate: Digest realm=\"there\", nonce=\"n\"\r\n", NULL);
    phone_hear(story.phone, "ACK");
    hears_offer(&story, "sendrecv");
    story_events(&story, "");
    answers(&story, SDP_IN("sendrecv"), "");
    ends(&story);
}

/* What NUA allocates for a re-INVITE that their BYE will meet it never gives back: while it removes
 * the session, nua_session_usage_remove() takes a reference of the INVITE that is still open and
 * passes on without leaving it, so that the request, its message and its signal stay (2.7 kB), once
 * for each BYE that does this. That is Sofia's; nothing that a user of NUA can call ends it. */
static void story_holds_and_loses(Story *story)
{
    __lsan_disable();
    act(story, ACTION_SIP_HOLD);
    hears_offer(story, "sendonly");
    __lsan_enable();
}

typedef struct Crossing {
    const char *answer; /* to the re-INVITE; NULL: none */
    gboolean late;      /* nothing is left of the call when it comes */
} Crossing;

/* Their BYE meets our re-INVITE: the phone answers that by 487 (RFC 3261 15.1.2), or 481, or not at
 * all, at once or when we know nothing of the call any more. */
static void a_bye_meets_our_reinvite(gconstpointer data)
{
    const Crossing *crossing = data;
    Story story;

    story_open(&story);
    story_talk(&story);
    story_holds_and_loses(&story);
    phone_request(story.phone, "BYE", NULL, "", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    if (crossing->answer && !crossing->late) {
        phone_reply(story.phone, "INVITE", crossing->answer, "", NULL);
        phone_hear(story.phone, "ACK");
    }
    story_events(&story, "BYE/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    if (crossing->late) {
        phone_reply(story.phone, "INVITE", crossing->answer, "", NULL);
        phone_hear(story.phone, "ACK");
    }
    story_close(&story);
}

static void the_phone_is_gone_when_it_shall_be_held(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    act(&story, ACTION_SIP_HOLD);
    hears_offer(&story, "sendonly");
    phone_reply(story.phone, "INVITE", "481 Gone", "", NULL);
    story_events(&story, "LOST/102");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

/* RFC 4028: we refresh by re-INVITE, every 45 s. */
static const char timers[] =
    "Require: timer\r\nSession-Expires: 90;refresher=uac\r\nAllow: INVITE, ACK, BYE\r\n";

/* A call of ours with these timers, whose far end hears our hold. */
static void holds_with_timers(Story *story)
{
    CallSetup setup = {.bearer = BEARER_SPEECH};

    story_open(story);
    story->settings->sip.session_expires_s = 1800;
    ua_set_settings(story->ua, story->settings);
    story_call_out(story, story->phone, &setup, NULL);
    phone_reply(story->phone, "INVITE", "200 OK", timers, SDP_BOTH);
    story_events(story, "ANSWER+media");
    phone_hear(story->phone, "ACK");
    act(story, ACTION_SIP_HOLD);
    hears_offer(story, "sendonly");
}

/* RFC 3261 14.1: the Call-ID is ours, so it is 2.1 s at least. */
static void whose_call_id_it_is_waits_longer(void)
{
    Story story;

    loop_begin_leaps();
    holds_with_timers(&story);
    phone_reply(story.phone, "INVITE", "491 Request Pending", "", NULL);
    phone_hear(story.phone, "ACK");
    g_assert_true(phone_hears_nothing(story.phone, 30));
    loop_leap(story.loop, 2);
    g_assert_true(phone_hears_nothing(story.phone, 30));
    loop_leap(story.loop, 2);
    hears_offer(&story, "sendonly");
    answers(&story, SDP_IN("recvonly"), "MEDIA+media");
    loop_end_leaps();
    ends(&story);
}

/* A refresh by re-INVITE says the same as the hold did. */
static void a_refresh_keeps_the_hold(void)
{
    Story story;

    loop_begin_leaps();
    holds_with_timers(&story);
    phone_reply(story.phone, "INVITE", "200 OK", timers, SDP_IN("recvonly"));
    phone_hear(story.phone, "ACK");
    story_events(&story, "MEDIA+media");
    loop_leap(story.loop, 37);
    hears_offer(&story, "sendonly");
    phone_reply(story.phone, "INVITE", "200 OK", timers, SDP_IN("recvonly"));
    phone_hear(story.phone, "ACK");
    story_events(&story, "");
    loop_end_leaps();
    ends(&story);
}

/* A re-INVITE that is open when the refresh is due delays that, no more. */
static void an_open_hold_delays_the_refresh(void)
{
    Story story;

    loop_begin_leaps();
    holds_with_timers(&story);
    phone_reply(story.phone, "INVITE", "100 Trying", "", NULL);
    loop_leap(story.loop, 37);
    g_assert_true(phone_hears_nothing(story.phone, 20));
    phone_reply(story.phone, "INVITE", "488 Not Acceptable Here", "", NULL);
    phone_hear(story.phone, "ACK");
    loop_leap(story.loop, 3);
    hears_offer(&story, "sendrecv");
    phone_reply(story.phone, "INVITE", "200 OK", timers, SDP_BOTH);
    phone_hear(story.phone, "ACK");
    story_events(&story, "MEDIA+media"); /* the PBX's party holds all the same */
    loop_end_leaps();
    ends(&story);
}

/* NUA would give the credentials to the INFO. */
static void no_info_goes_beside_a_reinvite(void)
{
    CallNews news = CALL_NEWS_INIT;
    PeerSettings peer = {.name = (char *)"server",
                         .user = (char *)"gw",
                         .password = (char *)"secret",
                         .dtmf = PEER_DIGITS_INFO_DTMF};
    CallSetup setup = {.bearer = BEARER_SPEECH};
    Story story;

    story_open(&story);
    story_call_out(&story, story.phone, &setup, &peer);
    phone_reply(story.phone, "INVITE", "200 OK", "", SDP_BOTH);
    story_events(&story, "ANSWER+media");
    phone_hear(story.phone, "ACK");
    act(&story, ACTION_SIP_HOLD);
    hears_offer(&story, "sendonly");
    g_strlcpy(news.digits, "5", sizeof(news.digits));
    hall_fake_act_news(story_call(&story), ACTION_SIP_DIGIT, &news);
    loop_rest(story.loop, 20);
    phone_reply(story.phone, "INVITE", "401 Unauthorized",
                "WWW-Authenticate: Digest realm=\"there\", nonce=\"n\"\r\n", NULL);
    phone_hear(story.phone, "ACK");
    header_begins(phone_hear(story.phone, "INVITE"), "Authorization", "Digest ");
    answers(&story, SDP_IN("recvonly"), "MEDIA+media");
    phone_hear(story.phone, "INFO");
    act(&story, ACTION_SIP_RESUME); /* and the other way round */
    g_assert_true(phone_hears_nothing(story.phone, 10));
    phone_reply(story.phone, "INFO", "200 OK", "", NULL);
    hears_offer(&story, "sendrecv");
    answers(&story, SDP_IN("sendrecv"), "MEDIA+media");
    ends(&story);
}

/* Its own offer in the answer to an empty re-INVITE holds, too. */
static void an_empty_reinvite_gets_an_offer_that_holds(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    act(&story, ACTION_SIP_HOLD);
    hears_offer(&story, "sendonly");
    answers(&story, SDP_IN("recvonly"), "MEDIA+media");
    phone_request(story.phone, "INVITE", NULL, "", NULL);
    g_assert_nonnull(
        strstr(message_body(phone_hear(story.phone, "SIP/2.0 200")), "a=sendonly\r\n"));
    phone_ack(story.phone, SDP_IN("recvonly"));
    story_events(&story, "");
    ends(&story);
}

/* ---- 181, 3xx ---------------------------------------------------------------------------------
 */

static void a_call_is_forwarded(void)
{
    CallSetup setup = {.bearer = BEARER_SPEECH};
    Story story;

    story_open(&story);
    story_call_out(&story, story.phone, &setup, NULL);
    phone_reply(story.phone, "INVITE", "181 Call Is Being Forwarded", "", NULL);
    story_events(&story, "FORWARDED");
    phone_reply(story.phone, "INVITE", "200 OK", "", SDP_BOTH);
    story_events(&story, "ANSWER+media");
    phone_hear(story.phone, "ACK");
    ends(&story);

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    act(&story, ACTION_SIP_FORWARDED);
    g_assert_cmpstr(message_body(phone_hear(story.phone, "SIP/2.0 181")), ==, "");
    act(&story, ACTION_SIP_ANSWER);
    phone_hear(story.phone, "SIP/2.0 200");
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+media ACK");
    ends(&story);
}

static void a_call_is_redirected(void)
{
    static const struct {
        const char *status, *contacts, *offered, *events;
        gboolean follow;
    } cases[] = {
        {"302 Moved", "Contact: <sip:300@127.0.0.9:5080>\r\n", "sip:300@127.0.0.9:5080",
         "REDIRECTED/23", TRUE},
        {"300 Choices",
         "Contact: <sip:low@127.0.0.9>;q=0.1, <mailto:a@b>, <sip:high@127.0.0.9>;q=0.9, "
         "<sip:mid@127.0.0.9;method=BYE>;q=0.5\r\n",
         "sip:high@127.0.0.9 sip:low@127.0.0.9", "REDIRECTED/23", TRUE},
        {"302 Moved", "Contact: <sip:300@127.0.0.9:5080>\r\n", "sip:300@127.0.0.9:5080",
         "FAILURE/302", FALSE},
        {"380 Alternative", "Contact: <sip:300@127.0.0.9:5080>\r\n", "", "FAILURE/380", TRUE},
        {"404 Not Found", "Contact: <sip:300@127.0.0.9:5080>\r\n", "", "FAILURE/404", TRUE},
    };
    CallSetup setup = {.bearer = BEARER_SPEECH};

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        PeerSettings peer = {.name = (char *)"server", .follow = cases[i].follow};
        Story story;

        story_open(&story);
        story_call_out(&story, story.phone, &setup, &peer);
        phone_reply(story.phone, "INVITE", cases[i].status, cases[i].contacts, NULL);
        story_events(&story, cases[i].events);
        phone_hear(story.phone, "ACK");
        g_assert_cmpstr(hall_fake_offered(story.hall), ==, cases[i].offered);
        hall_fake_end(story_call(&story));
        story_settles(&story);
        story_close(&story);
    }
}

/* ---- charges ----------------------------------------------------------------------------------
 */

static void a_peer_hears_what_the_call_costs(void)
{
    CallCharge charge = {.kind = CHARGE_CURRENCY, .amount = 1200, .currency = "EUR"};
    PeerSettings peer = {.name = (char *)"server", .charge = TRUE};
    CallSetup setup = {.bearer = BEARER_SPEECH};
    Story story;
    const char *heard;

    story_open(&story);
    story_call_out(&story, story.phone, &setup, &peer);
    phone_reply(story.phone, "INVITE", "200 OK", "", SDP_BOTH);
    story_events(&story, "ANSWER+media");
    phone_hear(story.phone, "ACK");
    hall_fake_set_charge(story_call(&story), &charge);
    act(&story, ACTION_SIP_CHARGE);
    heard = phone_hear(story.phone, "INFO");
    header_is(heard, "Content-Type", "application/vnd.etsi.aoc+xml");
    g_assert_nonnull(strstr(message_body(heard), "<aoc-d><charging-info>total</charging-info>"));
    g_assert_nonnull(strstr(message_body(heard), "<currency-amount>1.200</currency-amount>"));
    charge.amount = 2400;
    hall_fake_set_charge(story_call(&story), &charge);
    act(&story, ACTION_SIP_CHARGE); /* waits for the answer to the first */
    g_assert_true(phone_hears_nothing(story.phone, 20));
    phone_reply(story.phone, "INFO", "200 OK", "", NULL);
    g_assert_nonnull(strstr(message_body(phone_hear(story.phone, "INFO")), "2.400"));
    phone_reply(story.phone, "INFO", "415 What", "", NULL);
    charge = (CallCharge){.kind = CHARGE_UNITS, .amount = 7, .final = TRUE};
    hall_fake_set_charge(story_call(&story), &charge);
    act(&story, ACTION_SIP_BYE);
    heard = phone_hear(story.phone, "BYE");
    g_assert_nonnull(strstr(message_body(heard), "<aoc-e><recorded-charges>"));
    g_assert_nonnull(strstr(message_body(heard), "<currency-amount>7</currency-amount>"));
    phone_reply(story.phone, "BYE", "200 OK", "", NULL);
    story_events(&story, "ENDED");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

void hold_stories(void)
{
    static const Crossing crossings[] = {{"487 Request Terminated", FALSE},
                                         {"481 Gone", FALSE},
                                         {"487 Request Terminated", TRUE},
                                         {NULL, FALSE}};

    g_test_add_func("/sip/hold/a-peer-hears-what-the-call-costs", a_peer_hears_what_the_call_costs);
    g_test_add_func("/sip/hold/a-phone-that-called-is-held", a_phone_that_called_is_held);
    g_test_add_func("/sip/hold/a-phone-we-called-is-held", a_phone_we_called_is_held);
    g_test_add_func("/sip/hold/a-hold-before-the-ack-waits", a_hold_before_the_ack_waits);
    g_test_add_func("/sip/hold/a-hold-ends-while-it-is-being-told",
                    a_hold_ends_while_it_is_being_told);
    g_test_add_func("/sip/hold/both-hold", both_hold);
    g_test_add_func("/sip/hold/two-offers-cross", two_offers_cross);
    g_test_add_func("/sip/hold/a-491-is-followed-by-another-try", a_491_is_followed_by_another_try);
    g_test_add_func("/sip/hold/a-hold-is-tried-so-often", a_hold_is_tried_so_often);
    g_test_add_func("/sip/hold/whose-call-id-it-is-waits-longer", whose_call_id_it_is_waits_longer);
    g_test_add_func("/sip/hold/retry-after-is-waited-for", retry_after_is_waited_for);
    g_test_add_func("/sip/hold/a-refused-hold-changes-nothing", a_refused_hold_changes_nothing);
    g_test_add_func("/sip/hold/a-challenged-hold-is-a-refused-one",
                    a_challenged_hold_is_a_refused_one);
    g_test_add_func("/sip/hold/the-phone-is-gone", the_phone_is_gone_when_it_shall_be_held);
    g_test_add_data_func("/sip/hold/a-bye-meets-our-reinvite-487", &crossings[0],
                         a_bye_meets_our_reinvite);
    g_test_add_data_func("/sip/hold/a-bye-meets-our-reinvite-481", &crossings[1],
                         a_bye_meets_our_reinvite);
    g_test_add_data_func("/sip/hold/a-bye-meets-our-reinvite-late", &crossings[2],
                         a_bye_meets_our_reinvite);
    g_test_add_data_func("/sip/hold/a-bye-meets-our-reinvite-unanswered", &crossings[3],
                         a_bye_meets_our_reinvite);
    g_test_add_func("/sip/hold/a-refresh-keeps-the-hold", a_refresh_keeps_the_hold);
    g_test_add_func("/sip/hold/an-open-hold-delays-the-refresh", an_open_hold_delays_the_refresh);
    g_test_add_func("/sip/hold/no-info-goes-beside-a-reinvite", no_info_goes_beside_a_reinvite);
    g_test_add_func("/sip/hold/an-empty-reinvite-gets-an-offer-that-holds",
                    an_empty_reinvite_gets_an_offer_that_holds);
    g_test_add_func("/sip/hold/a-call-is-forwarded", a_call_is_forwarded);
    g_test_add_func("/sip/hold/a-call-is-redirected", a_call_is_redirected);
}
