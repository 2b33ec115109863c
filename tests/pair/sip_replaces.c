/* A phone takes a call over by INVITE with Replaces: the user agent with the real hall and call
 * map. */
#include "sip_house.h"

#include <string.h>

#define SDP_OTHER                                                                                  \
    "v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                    \
    "m=audio 40002 RTP/AVP 8 0\r\n"

/* The second phone's INVITE for the first one's dialog, with MORE behind its Replaces. */
static void second_replaces(House *house, const char *more, const char *body)
{
    g_autofree char *dialog = phone_dialog(house->phone, ";to-tag=", ";from-tag=");
    g_autofree char *headers = g_strdup_printf(
        "Replaces: %s%s\r\nRequire: replaces\r\nSupported: replaces\r\n", dialog, more);

    phone_hang_up(house->second);
    phone_request(house->second, "INVITE", house->uri, headers, body);
}

static void is_refused(House *house, const char *more, const char *status)
{
    second_replaces(house, more, SDP_OTHER);
    phone_hear(house->second, status);
    phone_ack(house->second, NULL);
}

/* RFC 3891 3; nothing on the line. */
static void a_call_is_taken_over(void)
{
    static const char *const offers[] = {SDP_OTHER, NULL};

    for (guint i = 0; i < G_N_ELEMENTS(offers); i++) {
        House house;

        house_open(&house);
        phone_talks(&house, house.phone);
        second_replaces(&house, "", offers[i]);
        phone_hear(house.second, "SIP/2.0 200");
        g_assert_nonnull(strstr(phone_last_heard(house.second), "m=audio 30000"));
        phone_ack(house.second, offers[i] ? NULL : SDP_OTHER);
        phone_hear(house.phone, "BYE");
        phone_reply(house.phone, "BYE", "200 OK", "", NULL);
        call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
        g_assert_cmpuint(call_media_port(&house, 1), ==, 40002);
        g_assert_cmpstr(house.line->str, ==, "setup connect-ack ");
        phone_request(house.second, "BYE", NULL, "", NULL);
        phone_hear(house.second, "SIP/2.0 200");
        house_close(&house);
    }
}

/* A phone that rings for a call of the PBX's: another one picks it up. */
static void a_ringing_call_is_picked_up(void)
{
    House house;

    house_open(&house);
    pbx_calls(&house);
    phone_hear(house.phone, "INVITE sip:100@");
    phone_reply(house.phone, "INVITE", "180 Ringing", "", NULL);
    call_stands(&house, 1, SIP_ALERTED, ISDN_RECEIVED);
    second_replaces(&house, ";early-only", SDP_OTHER);
    phone_hear(house.second, "SIP/2.0 200");
    phone_ack(house.second, NULL);
    phone_hear(house.phone, "CANCEL");
    phone_reply(house.phone, "CANCEL", "200 OK", "", NULL);
    phone_reply(house.phone, "INVITE", "487 Request Terminated", "", NULL);
    phone_hear(house.phone, "ACK");
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    g_assert_cmpstr(house.line->str, ==, "proceeding alerting connect ");
    g_assert_cmpuint(call_media_port(&house, 1), ==, 40002);
    phone_request(house.second, "BYE", NULL, "", NULL);
    phone_hear(house.second, "SIP/2.0 200");
    house_close(&house);
}

/* The phone that rang answers at the same time: it is let go. */
static void the_phone_answers_as_it_is_picked_up(void)
{
    House house;

    house_open(&house);
    pbx_calls(&house);
    phone_hear(house.phone, "INVITE sip:100@");
    phone_reply(house.phone, "INVITE", "180 Ringing", "", NULL);
    call_stands(&house, 1, SIP_ALERTED, ISDN_RECEIVED);
    second_replaces(&house, "", SDP_OTHER);
    phone_hear(house.second, "SIP/2.0 200");
    phone_ack(house.second, NULL);
    phone_hear(house.phone, "CANCEL");
    phone_reply(house.phone, "INVITE", "200 OK", "", SDP);
    phone_hear(house.phone, "ACK");
    phone_hear(house.phone, "BYE");
    phone_reply(house.phone, "CANCEL", "481 No Transaction", "", NULL);
    phone_reply(house.phone, "BYE", "200 OK", "", NULL);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    g_assert_cmpuint(call_media_port(&house, 1), ==, 40002);
    phone_request(house.second, "BYE", NULL, "", NULL);
    phone_hear(house.second, "SIP/2.0 200");
    house_close(&house);
}

/* The phone that was called is a [peer] with a password, who takes over is none. */
static void who_takes_over_hears_no_foreign_password(void)
{
    House house;
    PeerSettings *peer;
    Network nowhere;

    house_open_with(&house, "server = sip:192.0.2.1\nuser = gw\npassword = secret\n", FALSE);
    pbx_calls(&house);
    phone_hear(house.phone, "INVITE sip:100@");
    phone_reply(house.phone, "INVITE", "200 OK", "", SDP);
    phone_hear(house.phone, "ACK");
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    peer = g_ptr_array_index(house.settings->peers, 0);
    g_assert_true(network_parse("192.0.2.0/24", &nowhere));
    g_array_index(peer->networks, Network, 0) = nowhere;
    second_replaces(&house, "", SDP_OTHER);
    phone_hear(house.second, "SIP/2.0 200");
    phone_ack(house.second, NULL);
    phone_hear(house.phone, "BYE");
    phone_reply(house.phone, "BYE", "200 OK", "", NULL);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    pbx_says(&house, EVENT_ISDN_DISCONNECT, 16);
    phone_hear(house.second, "BYE");
    phone_reply(house.second, "BYE", "401 Unauthorized",
                "WWW-Authenticate: Digest realm=\"there\", nonce=\"n\", qop=\"auth\"\r\n", NULL);
    g_assert_true(phone_hears_nothing(house.second, 50));
    house_close(&house);
}

static void what_may_not_be_replaced(void)
{
    House house;

    house_open(&house);
    /* Early, and begun by the phone. */
    phone_calls(&house);
    pbx_says(&house, EVENT_ISDN_ALERTING, 0);
    phone_hear(house.phone, "SIP/2.0 180");
    is_refused(&house, "", "SIP/2.0 481");
    pbx_says(&house, EVENT_ISDN_CONNECT, 0);
    phone_hear(house.phone, "SIP/2.0 200");
    /* Its ACK is on the way. */
    is_refused(&house, "", "SIP/2.0 500");
    phone_ack(house.phone, NULL);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    is_refused(&house, ";early-only", "SIP/2.0 486");
    is_refused(&house, "x", "SIP/2.0 481"); /* another tag */
    is_refused(&house, "\r\nReplaces: a;to-tag=1;from-tag=2", "SIP/2.0 400");
    house.settings->sip.transfer = FALSE;
    is_refused(&house, "", "SIP/2.0 603");
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    g_assert_true(phone_hears_nothing(house.phone, 20));
    /* Over, but its BYE is not answered yet. */
    house.settings->sip.transfer = TRUE;
    pbx_says(&house, EVENT_ISDN_DISCONNECT, 16);
    phone_hear(house.phone, "BYE");
    is_refused(&house, "", "SIP/2.0 603");
    phone_reply(house.phone, "BYE", "200 OK", "", NULL);
    house_close(&house);
}

static void an_offer_that_cannot_be_taken(void)
{
    House house;

    house_open(&house);
    phone_talks(&house, house.phone);
    second_replaces(&house, "",
                    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                    "m=audio 40000 RTP/AVP 18\r\n");
    phone_hear(house.second, "SIP/2.0 488");
    phone_ack(house.second, NULL);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    phone_request(house.phone, "BYE", NULL, "", NULL);
    phone_hear(house.phone, "SIP/2.0 200");
    house_close(&house);
}

/* RFC 3261 15: no BYE before the ACK, and one when it never comes. */
static void the_pbx_clears_before_the_ack(void)
{
    for (guint acked = FALSE; acked <= TRUE; acked++) {
        House house;

        house_open(&house);
        phone_talks(&house, house.phone);
        second_replaces(&house, "", SDP_OTHER);
        phone_hear(house.second, "SIP/2.0 200");
        phone_hear(house.phone, "BYE");
        phone_reply(house.phone, "BYE", "200 OK", "", NULL);
        pbx_says(&house, EVENT_ISDN_DISCONNECT, 16);
        g_assert_true(phone_hears_nothing(house.second, 5));
        if (acked)
            phone_ack(house.second, NULL);
        phone_hear(house.second, "BYE");
        phone_reply(house.second, "BYE", "200 OK", "", NULL);
        house_close(&house);
    }
}

static void no_ack_comes_at_all(void)
{
    House house;

    house_open(&house);
    phone_talks(&house, house.phone);
    second_replaces(&house, "", SDP_OTHER);
    phone_hear(house.second, "SIP/2.0 200");
    phone_hear(house.phone, "BYE");
    phone_reply(house.phone, "BYE", "200 OK", "", NULL);
    phone_hear(house.second, "BYE");
    phone_reply(house.second, "BYE", "200 OK", "", NULL);
    house_rests(&house);
    g_assert_cmpstr(house.line->str, ==, "setup connect-ack disconnect release-complete ");
    house_close(&house);
}

#define STORY(name) g_test_add_func("/sip-replaces/" #name, name)

void replaces_stories(void)
{
    STORY(a_call_is_taken_over);
    STORY(a_ringing_call_is_picked_up);
    STORY(the_phone_answers_as_it_is_picked_up);
    STORY(who_takes_over_hears_no_foreign_password);
    STORY(what_may_not_be_replaced);
    STORY(an_offer_that_cannot_be_taken);
    STORY(the_pbx_clears_before_the_ack);
    STORY(no_ack_comes_at_all);
}
