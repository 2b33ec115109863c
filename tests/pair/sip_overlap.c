/* Numbers that come in pieces, with the real hall and call map: several INVITEs of one call, out
 * and in. */
#include "name_server.h"
#include "sip_house.h"

#include <stdlib.h>
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

static void house_open_pieces_with(House *house, const char *more)
{
    RouteSettings *route;

    house_open_with(house, more, FALSE);
    route = g_ptr_array_index(house->settings->routes, 1); /* out, to the phone */
    g_free(route->called->pdata[0]);
    route->called->pdata[0] = g_strdup("1.");
    route->overlap = OVERLAP_SIP;
    route->min_digits = 3;
    route->max_digits = 6;
    route->t10_us = 300 * 1000;
}

static void house_open_pieces(House *house)
{
    house_open_pieces_with(house, "");
}

#define CHALLENGE "WWW-Authenticate: Digest realm=\"there\", nonce=\"n\", qop=\"auth\"\r\n"

/* The phone challenges the INVITE for NUMBER, and hears it again with an answer and CSEQ. */
static void phone_challenges(House *house, const char *number, const char *cseq)
{
    g_autofree char *start = g_strdup_printf("INVITE sip:%s@", number);
    g_autofree char *call_id = message_header(phone_hear(house->phone, start), "Call-ID");
    g_autofree char *credentials = NULL;
    const char *heard;

    phone_reply(house->phone, "INVITE", "401 Unauthorized", CHALLENGE, NULL);
    phone_hear(house->phone, "ACK");
    heard = phone_hear(house->phone, start);
    header_is(heard, "Call-ID", call_id);
    header_is(heard, "CSeq", cseq);
    credentials = message_header(heard, "Authorization");
    g_assert_nonnull(credentials);
    g_assert_nonnull(strstr(credentials, "username=\"gw\""));
    g_assert_nonnull(strstr(credentials, "qop=auth, nc=00000001"));
}

/* Each INVITE is challenged by itself; the one that is answered has the call. */
static void every_piece_may_be_challenged(void)
{
    g_autoptr(GString) first = g_string_new(NULL);
    House house;

    house_open_pieces_with(&house, "user = gw\npassword = secret\n");
    pbx_dials(&house, "100");
    phone_challenges(&house, "100", "3 INVITE");
    phone_reply(house.phone, "INVITE", "183 Session Progress", "", NULL);
    g_string_assign(first, phone_last_sent(house.phone));
    g_string_replace(first, "183 Session Progress", "484 Address Incomplete", 1);
    pbx_dials_on(&house, "1", FALSE);
    phone_challenges(&house, "1001", "13 INVITE");
    phone_send_raw(house.phone, first->str, first->len);
    header_is(phone_hear(house.phone, "ACK"), "CSeq", "3 ACK");
    phone_reply(house.phone, "INVITE", "200 OK", "", SDP);
    header_is(phone_hear(house.phone, "ACK"), "CSeq", "13 ACK");
    loop_rest(house.loop, 20);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    pbx_says(&house, EVENT_ISDN_DISCONNECT, 16);
    phone_hear(house.phone, "BYE");
    phone_reply(house.phone, "BYE", "200 OK", "", NULL);
    house_close(&house);
}

static void route_goes_to_a_name(House *house, NameServer *names)
{
    RouteSettings *route = g_ptr_array_index(house->settings->routes, 1);
    RouteTo *to = route->targets->pdata[0];
    g_autofree char *zone = g_strdup_printf("_sip._udp.pbx.example 60 SRV 10 0 %u one.example\n"
                                            "_sip._udp.pbx.example 60 SRV 20 0 %u one.example\n"
                                            "one.example 60 A 127.0.0.1\n",
                                            phone_port(house->phone), phone_port(house->second));

    g_free(to->uri);
    to->uri = g_strdup("sip:{number}@pbx.example");
    g_ptr_array_set_size(route->targets, 1);
    name_server_write(names, zone);
}

/* The server's next address has the series from there on. */
static void a_series_goes_on_at_the_next_address(void)
{
    NameServer *names = name_server_new("");
    g_autofree char *more =
        g_strdup_printf("[proxy]\nname-server = 127.0.0.1:%u\n", name_server_port(names));
    g_autofree char *call_id = NULL;
    const char *heard;
    House house;

    house_open_pieces_with(&house, more);
    route_goes_to_a_name(&house, names);
    pbx_dials(&house, "100");
    call_id = message_header(phone_hear(house.phone, "INVITE sip:100@pbx.example"), "Call-ID");
    phone_reply(house.phone, "INVITE", "503 Service Unavailable", "", NULL);
    phone_hear(house.phone, "ACK");
    heard = phone_hear(house.second, "INVITE sip:100@pbx.example");
    header_is(heard, "Call-ID", call_id);
    header_is(heard, "CSeq", "12 INVITE");
    phone_reply(house.second, "INVITE", "484 Address Incomplete", "", NULL);
    phone_hear(house.second, "ACK");
    pbx_dials_on(&house, "1", FALSE);
    header_is(phone_hear(house.second, "INVITE sip:1001@pbx.example"), "CSeq", "22 INVITE");
    phone_reply(house.second, "INVITE", "200 OK", "", SDP);
    header_is(phone_hear(house.second, "ACK"), "CSeq", "22 ACK");
    loop_rest(house.loop, 20);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    g_assert_true(phone_hears_nothing(house.phone, 10));
    pbx_says(&house, EVENT_ISDN_DISCONNECT, 16);
    phone_hear(house.second, "BYE");
    phone_reply(house.second, "BYE", "200 OK", "", NULL);
    house_close(&house);
    name_server_free(names);
}

/* Without credentials a challenge is a failure like others: it waits for the whole number, and the
 * next piece is called all the same. */
static void a_challenge_without_an_answer_waits(void)
{
    House house;

    house_open_pieces(&house);
    pbx_dials(&house, "100");
    phone_hear(house.phone, "INVITE sip:100@");
    phone_reply(house.phone, "INVITE", "401 Unauthorized", CHALLENGE, NULL);
    phone_hear(house.phone, "ACK");
    loop_rest(house.loop, 20);
    g_assert_cmpint(hall_call_count(house.hall), ==, 1);
    pbx_dials_on(&house, "1", FALSE);
    header_is(phone_hear(house.phone, "INVITE sip:1001@"), "CSeq", "12 INVITE");
    phone_reply(house.phone, "INVITE", "401 Unauthorized", CHALLENGE, NULL);
    phone_hear(house.phone, "ACK");
    loop_rest(house.loop, 350);
    house_rests(&house);
    g_assert_nonnull(strstr(house.line->str, "proceeding disconnect"));
    house_close(&house);
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

/* The CSeq of the dialog that carries the call comes into those of the INVITE after it. */
static void a_long_call_keeps_its_place(void)
{
    g_autoptr(GString) first = g_string_new(NULL);
    House house;

    house_open_pieces(&house);
    pbx_dials(&house, "100");
    phone_hear(house.phone, "INVITE sip:100@");
    phone_reply(house.phone, "INVITE", "183 Session Progress", "", SDP);
    g_string_assign(first, phone_last_sent(house.phone));
    g_string_replace(first, "183 Session Progress", "200 OK", 1);
    pbx_dials_on(&house, "1", FALSE);
    phone_hear(house.phone, "INVITE sip:1001@");
    phone_reply(house.phone, "INVITE", "404 Not Found", "", NULL);
    phone_hear(house.phone, "ACK");
    phone_send_raw(house.phone, first->str, first->len);
    header_is(phone_hear(house.phone, "ACK"), "CSeq", "2 ACK");
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    for (guint i = 0; i < 12; i++) {
        pbx_says(&house, i % 2 ? EVENT_ISDN_RESUMED : EVENT_ISDN_SUSPENDED, 0);
        phone_hear(house.phone, "INVITE");
        phone_reply(house.phone, "INVITE", "200 OK", "", SDP);
        phone_hear(house.phone, "ACK");
    }
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

/* The INVITE of whom TRYING answers, if he dialled on, as 2001, but from another address. */
static void stranger_dials_on(House *house, Phone *stranger, const char *trying, const char *cseq)
{
    g_autofree char *call_id = message_header(trying, "Call-ID");
    g_autofree char *whose = message_header(trying, "From");
    g_autofree char *text = g_strdup_printf(
        "INVITE sip:2001%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2:%u;branch=z9hG4bK-s%s;rport\r\n"
        "Max-Forwards: 70\r\nFrom: %s\r\nTo: <sip:2001@127.0.0.1>\r\n"
        "Call-ID: %s\r\nCSeq: %s INVITE\r\nContact: <sip:100@127.0.0.2:%u>\r\n"
        "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
        strchr(house->uri, '@'), phone_port(stranger), cseq, whose, call_id, cseq,
        phone_port(stranger), strlen(SDP), SDP);

    phone_send_raw(stranger, text, strlen(text));
}

static void house_open_long(House *house)
{
    RouteSettings *route;
    Network all;

    house_open(house);
    route = g_ptr_array_index(house->settings->routes, 0); /* in, to the PBX */
    g_free(route->called->pdata[0]);
    route->called->pdata[0] = g_strdup("2.");
    g_assert_true(network_parse("127.0.0.0/8", &all));
    g_array_append_val(house->settings->sip.allow, all);
}

/* RFC 3578 4 is about one caller: who has overheard a Call-ID and a tag is none. */
static void nobody_else_dials_on(void)
{
    House house;
    Phone *stranger;
    g_autofree char *longer = NULL, *trying = NULL;

    house_open_long(&house);
    stranger = phone_new(house.loop, "127.0.0.2", (guint16)atoi(strrchr(house.uri, ':') + 1));
    phone_calls(&house);
    trying = g_strdup(phone_hear(house.phone, "SIP/2.0 100"));
    for (guint i = 0; i < 12; i++) {
        g_autofree char *cseq = g_strdup_printf("%u", i ? 2147483000 + i : 2);

        stranger_dials_on(&house, stranger, trying, cseq);
        phone_hear(stranger, "SIP/2.0 403");
    }
    call_stands(&house, 1, SIP_INVITED, ISDN_INITIATED);
    g_assert_cmpint(hall_call_count(house.hall), ==, 1);
    /* The phone itself may, with another CSeq. */
    phone_request(house.phone, "OPTIONS", house.uri, "", NULL);
    phone_hear(house.phone, "SIP/2.0 200");
    longer = g_strdup_printf("sip:2001%s", strchr(house.uri, '@'));
    phone_request(house.phone, "INVITE", longer, "To: <sip:2001@127.0.0.1>\r\n", SDP);
    phone_hear(house.phone, "SIP/2.0 484");
    loop_rest(house.loop, 20);
    call_stands(&house, 2, SIP_INVITED, ISDN_INITIATED);
    phone_cancel(house.phone, "");
    phone_hear(house.phone, "SIP/2.0 200");
    phone_hear(house.phone, "SIP/2.0 487");
    phone_free(stranger);
    house_close(&house);
}

/* Nor does he take the dialog over that stands: its BYE still finds it. */
static void nobody_else_takes_the_dialog(void)
{
    House house;
    Phone *stranger;
    g_autofree char *trying = NULL;

    house_open_long(&house);
    stranger = phone_new(house.loop, "127.0.0.2", (guint16)atoi(strrchr(house.uri, ':') + 1));
    phone_calls(&house);
    trying = g_strdup(phone_hear(house.phone, "SIP/2.0 100"));
    pbx_says(&house, EVENT_ISDN_CONNECT, 0);
    phone_hear(house.phone, "SIP/2.0 200");
    phone_ack(house.phone, NULL);
    loop_rest(house.loop, 20);
    stranger_dials_on(&house, stranger, trying, "77");
    phone_hear(stranger, "SIP/2.0 403");
    phone_request(house.phone, "BYE", NULL, "", NULL);
    phone_hear(house.phone, "SIP/2.0 200");
    phone_free(stranger);
    house_close(&house);
}

void overlap_stories(void)
{
    g_test_add_func("/sip-hall/overlap/nobody-else-takes-the-dialog", nobody_else_takes_the_dialog);
    g_test_add_func("/sip-hall/overlap/nobody-else-dials-on", nobody_else_dials_on);
    g_test_add_func("/sip-hall/overlap/failures-wait-for-the-whole-number",
                    failures_wait_for_the_whole_number);
    g_test_add_func("/sip-hall/overlap/a-series-goes-on-at-the-next-address",
                    a_series_goes_on_at_the_next_address);
    g_test_add_func("/sip-hall/overlap/every-piece-may-be-challenged",
                    every_piece_may_be_challenged);
    g_test_add_func("/sip-hall/overlap/a-challenge-without-an-answer-waits",
                    a_challenge_without_an_answer_waits);
    g_test_add_func("/sip-hall/overlap/an-answer-cancels-the-rest", an_answer_cancels_the_rest);
    g_test_add_func("/sip-hall/overlap/a-long-call-keeps-its-place", a_long_call_keeps_its_place);
    g_test_add_func("/sip-hall/overlap/giving-up-waits-for-a-response-to-each",
                    giving_up_waits_for_a_response_to_each);
    g_test_add_func("/sip-hall/overlap/giving-up-between-two-digits-ends-at-once",
                    giving_up_between_two_digits_ends_at_once);
}
