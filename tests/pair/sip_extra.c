/* What messages carry beside numbers and media: diversions, subaddresses, user information, read
 * from a phone and told to it. */
#include "sip_story.h"

#include <string.h>

static const UserInfo asked = {.length = 2, .octets = {0x00, 0xff}};

static void the_call_fails(Story *story)
{
    phone_reply(story->phone, "INVITE", "486 Busy Here", "", NULL);
    story_events(story, "FAILURE/486");
    phone_hear(story->phone, "ACK");
    hall_fake_end(story_call(story));
    story_settles(story);
    story_close(story);
}

static void an_invite_is_read(void)
{
    g_autofree char *uri = NULL;
    const CallSetup *setup;
    Story story;

    story_open(&story);
    uri = g_strdup_printf("sip:200;isub=12;isub-encoding=nsap-bcd@127.0.0.1:%u", story.port);
    phone_request(story.phone, "INVITE", uri,
                  "Diversion: <sip:202@a>;reason=unconditional\r\n"
                  "diversion: <sip:201@a>;reason=user-busy\r\n"
                  "User-to-User: 00ff;encoding=hex\r\n"
                  "P-Asserted-Identity: <sip:300;isub=7@a>\r\n",
                  SDP_BOTH);
    phone_hear(story.phone, "SIP/2.0 100");
    story_events(&story, "INVITE+media");
    setup = call_setup(story_call(&story));
    g_assert_cmpstr(setup->called.digits, ==, "200");
    g_assert_cmpmem(setup->called_subaddress.octets, setup->called_subaddress.length, "H\x12", 2);
    g_assert_cmpmem(setup->calling_subaddress.octets, setup->calling_subaddress.length, "P7", 2);
    g_assert_cmpstr(setup->calling.digits, ==, "300");
    g_assert_cmpstr(setup->second_calling.digits, ==, "100"); /* From's */
    g_assert_cmpuint(setup->diversions.count, ==, 2);
    g_assert_cmpstr(setup->diversions.first.number.digits, ==, "201");
    g_assert_cmpstr(setup->diversions.last.number.digits, ==, "202");
    g_assert_cmpmem(setup->user_info.octets, setup->user_info.length, asked.octets, 2);
    hall_fake_set_cause(story_call(&story), 17, 0, 486);
    hall_fake_act(story_call(&story), ACTION_SIP_REJECT);
    header_is(phone_hear(story.phone, "SIP/2.0 486"), "User-to-User", NULL);
    phone_ack(story.phone, NULL);
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

static void an_invite_tells(int field, const char *diversion, const char *history)
{
    PeerSettings peer = {.trusted = TRUE, .diversion = field};
    CallSetup setup = {.calling = {.digits = "555"}, .user_info = asked};
    g_autofree char *uri = NULL;
    Story story;
    const char *heard;

    story_open(&story);
    setup.diversions =
        (Diversions){.count = 1, .last = {.number = {.digits = "202"}, DIVERSION_NO_REPLY}};
    setup.called_subaddress = (Subaddress){.length = 3, .octets = "P42"};
    setup.calling_subaddress = (Subaddress){.length = 2, .octets = "P7"};
    uri = g_strdup_printf("sip:100@127.0.0.1:%u", phone_port(story.phone));
    hall_fake_act(hall_fake_call_to(story.hall, uri, &setup,
                                    g_ptr_array_index(story.settings->trunks, 0), &peer),
                  ACTION_SIP_INVITE);
    heard = phone_hear(story.phone, "INVITE sip:100;isub=42@127.0.0.1");
    header_begins(heard, "From", "<sip:555;isub=7@127.0.0.1;user=phone>");
    header_is(heard, "User-to-User", "00ff;purpose=isdn-uui;content=isdn-uui;encoding=hex");
    if (diversion)
        header_is(heard, "Diversion", diversion);
    else
        header_is(heard, "Diversion", NULL);
    if (history)
        header_begins(heard, "History-Info", history);
    else
        header_is(heard, "History-Info", NULL);
    the_call_fails(&story);
}

static void each_peer_hears_of_diversions_its_way(void)
{
    an_invite_tells(DIVERSION_FIELD_NONE, NULL, NULL);
    an_invite_tells(
        DIVERSION_FIELD_DIVERSION,
        "<sip:202@127.0.0.1;user=phone>;reason=no-answer;privacy=off;screen=no;counter=1", NULL);
    an_invite_tells(DIVERSION_FIELD_HISTORY, NULL,
                    "<sip:202@127.0.0.1;user=phone>;index=1, <sip:100;isub=42@127.0.0.1:");
}

/* 180, 200 and BYE of a call that the phone answers; WITH: the set-up had user information. */
static void the_phone_tells(gboolean with)
{
    CallSetup setup = {.calling = {.digits = "555"}};
    Story story;

    story_open(&story);
    if (with)
        setup.user_info = asked;
    story_call_out(&story, story.phone, &setup, NULL);
    phone_reply(story.phone, "INVITE", "180 Ringing", "User-to-User: 0001\r\n", NULL);
    story_events(&story, "RINGING");
    g_assert_cmpuint(hall_fake_news(story.hall)->user_info.length, ==, with ? 2 : 0);
    phone_reply(story.phone, "INVITE", "200 OK", "User-to-User: 000203\r\n", SDP_BOTH);
    phone_hear(story.phone, "ACK");
    story_events(&story, "ANSWER+media");
    g_assert_cmpuint(hall_fake_news(story.hall)->user_info.length, ==, with ? 3 : 0);
    phone_request(story.phone, "BYE", NULL, "User-to-User: 04\r\n", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    story_events(&story, "BYE/16");
    g_assert_cmpuint(hall_fake_news(story.hall)->user_info.length, ==, with ? 1 : 0);
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

static void a_phone_tells_where_it_was_asked(void)
{
    the_phone_tells(TRUE);
    the_phone_tells(FALSE);
}

static void the_phone_is_told(gboolean with)
{
    CallNews news = CALL_NEWS_INIT;
    const char *wanted = with ? "0001;purpose=isdn-uui;content=isdn-uui;encoding=hex" : NULL;
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, with ? "User-to-User: 00\r\n" : "", SDP_BOTH);
    phone_hear(story.phone, "SIP/2.0 100");
    story_events(&story, "INVITE+media");
    news.is_isdn = TRUE;
    news.user_info = (UserInfo){.length = 2, .octets = {0, 1}};
    hall_fake_act_news(story_call(&story), ACTION_SIP_RING, &news);
    header_is(phone_hear(story.phone, "SIP/2.0 180"), "User-to-User", wanted);
    hall_fake_act_news(story_call(&story), ACTION_SIP_ANSWER, &news);
    header_is(phone_hear(story.phone, "SIP/2.0 200 OK"), "User-to-User", wanted);
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+media ACK");
    hall_fake_set_cause(story_call(&story), 16, 0, 0);
    hall_fake_act_news(story_call(&story), ACTION_SIP_BYE, &news);
    hall_fake_set_state(story_call(&story), SIP_LEAVING);
    header_is(phone_hear(story.phone, "BYE sip:100@"), "User-to-User", wanted);
    phone_reply(story.phone, "BYE", "200 OK", "", NULL);
    story_events(&story, "ENDED");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

static void a_phone_is_told_where_it_asked(void)
{
    the_phone_is_told(TRUE);
    the_phone_is_told(FALSE);
}

/* RFC 3261 20.43: what cannot be had is the type of media, or the format. */
static void an_offer_is_refused(const char *media, const char *warning)
{
    g_autofree char *sdp = g_strconcat(SDP_HEAD "c=IN IP4 127.0.0.1\r\nt=0 0\r\n", media, NULL);
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", sdp);
    header_is(phone_hear(story.phone, "SIP/2.0 488"), "Warning", warning);
    phone_ack(story.phone, NULL);
    story_settles(&story);
    story_close(&story);
}

static void a_refused_offer_hears_why(void)
{
    an_offer_is_refused("m=audio 40000 RTP/AVP 97\r\na=rtpmap:97 CLEARMODE/8000\r\n",
                        "305 127.0.0.1 \"Incompatible media format\"");
    an_offer_is_refused("m=video 40000 RTP/AVP 31\r\n",
                        "304 127.0.0.1 \"Media type not available\"");
}

void extra_stories(void)
{
    g_test_add_func("/sip/extra/refused-offer", a_refused_offer_hears_why);
    g_test_add_func("/sip/extra/invite-in", an_invite_is_read);
    g_test_add_func("/sip/extra/invite-out", each_peer_hears_of_diversions_its_way);
    g_test_add_func("/sip/extra/phone-tells", a_phone_tells_where_it_was_asked);
    g_test_add_func("/sip/extra/phone-is-told", a_phone_is_told_where_it_asked);
}
