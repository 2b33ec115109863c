/* Numbers that come in pieces, with the real hall and call map: several INVITEs of one call, out
 * and in. */
#include "sip_house.h"

#include <string.h>

static void pbx_dials(House *house, const char *digits)
{
    CallOrigin origin = {.kind = ORIGIN_PRI};
    CallSetup setup = {.bearer = BEARER_SPEECH};
    Call *call;

    g_strlcpy(origin.trunk, "pbx", sizeof(origin.trunk));
    g_strlcpy(setup.called.digits, digits, sizeof(setup.called.digits));
    call = call_new(house->hall, &origin, &setup);
    g_assert_nonnull(call);
    call_set_channel(call, (Channel){0, 3});
    call_event(call, EVENT_ISDN_SETUP, NULL);
}

static void pbx_dials_on(House *house, const char *digits, gboolean complete)
{
    CallNews news = CALL_NEWS_INIT;

    g_strlcpy(news.digits, digits, sizeof(news.digits));
    news.complete = complete;
    call_event(house_call(house), EVENT_ISDN_INFORMATION, &news);
}

static void house_open_pieces(House *house)
{
    RouteSettings *route;

    house_open_with(house, "", FALSE);
    route = g_ptr_array_index(house->settings->routes, 1); /* out, to the phone */
    g_free(route->called->pdata[0]);
    route->called->pdata[0] = g_strdup("1.");
    route->overlap = OVERLAP_SIP;
    route->min_digits = 3;
    route->max_digits = 6;
    route->t10_us = 300 * 1000;
}

/* O-3.2: two failures end nothing; T10 does, by the better one. */
static void failures_wait_for_the_whole_number(void)
{
    House house;

    house_open_pieces(&house);
    pbx_dials(&house, "10");
    g_assert_true(phone_hears_nothing(house.phone, 10));
    pbx_dials_on(&house, "0", FALSE);
    phone_hear(house.phone, "INVITE sip:100@");
    phone_reply(house.phone, "INVITE", "404 Not Found", "", NULL);
    phone_hear(house.phone, "ACK");
    pbx_dials_on(&house, "1", FALSE);
    header_is(phone_hear(house.phone, "INVITE sip:1001@"), "CSeq", "12 INVITE");
    phone_reply(house.phone, "INVITE", "484 Address Incomplete", "", NULL);
    phone_hear(house.phone, "ACK");
    g_assert_cmpint(hall_call_count(house.hall), ==, 1);
    loop_rest(house.loop, 350);
    house_rests(&house);
    g_assert_nonnull(strstr(house.line->str, "proceeding disconnect"));
    house_close(&house);
}

/* O-3.4: nothing is cancelled for a longer number, but for a 200. */
static void an_answer_cancels_the_rest(void)
{
    g_autoptr(GString) first = g_string_new(NULL);
    House house;

    house_open_pieces(&house);
    pbx_dials(&house, "100");
    phone_hear(house.phone, "INVITE sip:100@");
    phone_reply(house.phone, "INVITE", "183 Session Progress", "", SDP);
    g_string_assign(first, phone_last_sent(house.phone));
    g_string_replace(first, "183 Session Progress", "487 Request Terminated", 1);
    loop_rest(house.loop, 10);
    g_assert_cmpuint(call_media_port(&house, 1), ==, 40000);
    pbx_dials_on(&house, "1", FALSE);
    phone_hear(house.phone, "INVITE sip:1001@");
    phone_reply(house.phone, "INVITE", "200 OK", "", SDP);
    phone_hear(house.phone, "ACK");
    header_is(phone_hear(house.phone, "CANCEL"), "CSeq", "2 CANCEL");
    phone_reply(house.phone, "CANCEL", "200 OK", "", NULL);
    phone_send_raw(house.phone, first->str, first->len);
    header_is(phone_hear(house.phone, "ACK"), "CSeq", "2 ACK");
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    pbx_says(&house, EVENT_ISDN_DISCONNECT, 16);
    phone_hear(house.phone, "BYE");
    phone_reply(house.phone, "BYE", "200 OK", "", NULL);
    house_close(&house);
}

/* The PBX gives up while one INVITE has had a response and the other none. */
static void giving_up_waits_for_a_response_to_each(void)
{
    House house;

    house_open_pieces(&house);
    pbx_dials(&house, "100");
    phone_hear(house.phone, "INVITE sip:100@");
    phone_reply(house.phone, "INVITE", "484 Address Incomplete", "", NULL);
    phone_hear(house.phone, "ACK");
    pbx_dials_on(&house, "1", FALSE);
    phone_hear(house.phone, "INVITE sip:1001@");
    pbx_says(&house, EVENT_ISDN_DISCONNECT, 16);
    phone_reply(house.phone, "INVITE", "100 Trying", "", NULL);
    phone_hear(house.phone, "CANCEL");
    phone_reply(house.phone, "CANCEL", "200 OK", "", NULL);
    phone_reply(house.phone, "INVITE", "487 Request Terminated", "", NULL);
    phone_hear(house.phone, "ACK");
    house_close(&house);
}

/* All that was sent has failed; the PBX hangs up before it dials on. */
static void giving_up_between_two_digits_ends_at_once(void)
{
    House house;

    house_open_pieces(&house);
    pbx_dials(&house, "100");
    phone_hear(house.phone, "INVITE sip:100@");
    phone_reply(house.phone, "INVITE", "484 Address Incomplete", "", NULL);
    phone_hear(house.phone, "ACK");
    pbx_says(&house, EVENT_ISDN_DISCONNECT, 16);
    house_close(&house);
}

void overlap_stories(void)
{
    g_test_add_func("/sip-hall/overlap/failures-wait-for-the-whole-number",
                    failures_wait_for_the_whole_number);
    g_test_add_func("/sip-hall/overlap/an-answer-cancels-the-rest", an_answer_cancels_the_rest);
    g_test_add_func("/sip-hall/overlap/giving-up-waits-for-a-response-to-each",
                    giving_up_waits_for_a_response_to_each);
    g_test_add_func("/sip-hall/overlap/giving-up-between-two-digits-ends-at-once",
                    giving_up_between_two_digits_ends_at_once);
}
