/* The user agent with the real hall and call map: what dialogs bring, from 100rel to session
 * timers. */
#include "sip_house.h"

#include <string.h>

static void phone_pracks(House *house, const char *response, const char *body)
{
    g_autofree char *rseq = message_header(response, "RSeq");
    g_autofree char *rack = NULL;

    g_assert_nonnull(rseq);
    header_is(response, "Require", "100rel");
    rack = g_strdup_printf("RAck: %s 1 INVITE\r\n", rseq);
    phone_request(house->phone, "PRACK", NULL, rack, body);
}

static void phone_calls_with(House *house, const char *headers, const char *body)
{
    phone_hang_up(house->phone);
    phone_request(house->phone, "INVITE", house->uri, headers, body);
    house_call(house);
}

static void first_phone_talks(House *house)
{
    phone_talks(house, house->phone);
}

static void phone_hangs_up(House *house)
{
    phone_request(house->phone, "BYE", NULL, "", NULL);
    phone_hear(house->phone, "SIP/2.0 200");
    house_close(house);
}

/* NUA ends the dialog with a BYE of its own, and the PBX hears of it. */
static void a_reinvite_is_never_acknowledged(void)
{
    void (*const talks[])(House *) = {first_phone_talks, phone_is_talked_to};

    for (guint i = 0; i < G_N_ELEMENTS(talks); i++) {
        House house;

        house_open(&house);
        talks[i](&house);
        phone_request(house.phone, "INVITE", NULL, "", SDP);
        phone_hear(house.phone, "SIP/2.0 200");
        phone_hear(house.phone, "BYE");
        g_assert_cmpuint(hall_call_count(house.hall), ==, 0); /* whatever the phone says to it */
        phone_reply(house.phone, "BYE", "200 OK", "", NULL);
        house_rests(&house);
        g_assert_true(g_str_has_suffix(house.line->str, "disconnect release-complete "));
        house_close(&house);
    }
}

static void early_media_is_told_reliably(void)
{
    House house;
    const char *heard;

    house_open(&house);
    phone_calls_with(&house, "Supported: 100rel\r\n", SDP);
    pbx_says(&house, EVENT_ISDN_PROGRESS_MEDIA, 0);
    heard = phone_hear(house.phone, "SIP/2.0 183");
    g_assert_nonnull(strstr(message_body(heard), "RTP/AVP 8\r\n"));
    phone_pracks(&house, heard, NULL);
    phone_hear(house.phone, "SIP/2.0 200");
    phone_request(house.phone, "UPDATE", NULL, "", SDP "a=sendonly\r\n");
    g_assert_nonnull(
        strstr(message_body(phone_hear(house.phone, "SIP/2.0 200")), "a=recvonly\r\n"));
    pbx_says(&house, EVENT_ISDN_ALERTING, 0); /* the path stays; the answer was given */
    heard = phone_hear(house.phone, "SIP/2.0 180");
    g_assert_cmpstr(message_body(heard), ==, "");
    pbx_says(&house, EVENT_ISDN_CONNECT, 0);
    g_assert_true(phone_hears_nothing(house.phone, 5)); /* but the 180 again */
    phone_pracks(&house, heard, NULL);
    header_is(phone_hear(house.phone, "SIP/2.0 200"), "CSeq", "4 PRACK");
    header_is(phone_hear(house.phone, "SIP/2.0 200"), "CSeq", "1 INVITE");
    phone_ack(house.phone, NULL);
    loop_rest(house.loop, 10);
    g_assert_cmpint(call_sip_state(house_call(&house)), ==, SIP_UP);
    phone_hangs_up(&house);
}

/* RFC 3262 3: no 200 before its PRACK; and none at all when the PBX clears meanwhile. */
static void the_pbx_clears_while_the_200_waits(void)
{
    House house;

    house_open(&house);
    phone_calls_with(&house, "Supported: 100rel\r\n", SDP);
    pbx_says(&house, EVENT_ISDN_ALERTING, 0);
    pbx_says(&house, EVENT_ISDN_CONNECT, 0);
    phone_hear(house.phone, "SIP/2.0 180");
    pbx_says(&house, EVENT_ISDN_DISCONNECT, 16);
    header_is(phone_hear(house.phone, "SIP/2.0 480"), "Reason",
              "Q.850;cause=16;text=\"Normal call clearing\"");
    house_rests(&house);
    g_assert_cmpstr(house.line->str, ==, "setup connect-ack release ");
    house_close(&house);
}

/* And where the PRACK never comes, either. */
static void no_prack_comes_for_the_200_that_waits(void)
{
    House house;

    house_open(&house);
    phone_calls_with(&house, "Supported: 100rel\r\n", SDP);
    pbx_says(&house, EVENT_ISDN_ALERTING, 0);
    pbx_says(&house, EVENT_ISDN_CONNECT, 0);
    phone_hear(house.phone, "SIP/2.0 180");
    phone_hear(house.phone, "SIP/2.0 504");
    house_rests(&house);
    g_assert_cmpstr(house.line->str, ==, "setup connect-ack disconnect release-complete ");
    house_close(&house);
}

static void a_late_offer_goes_out_with_the_ringing(void)
{
    House house;
    const char *heard;

    house_open(&house);
    phone_calls_with(&house, "Supported: 100rel\r\n", NULL);
    pbx_says(&house, EVENT_ISDN_ALERTING_MEDIA, 0);
    heard = phone_hear(house.phone, "SIP/2.0 180");
    g_assert_nonnull(strstr(message_body(heard), "RTP/AVP 8 0 101\r\n"));
    phone_pracks(&house, heard, SDP);
    phone_hear(house.phone, "SIP/2.0 200");
    pbx_says(&house, EVENT_ISDN_CONNECT, 0);
    g_assert_cmpstr(message_body(phone_hear(house.phone, "SIP/2.0 200")), ==, "");
    phone_ack(house.phone, NULL);
    loop_rest(house.loop, 10);
    g_assert_nonnull(call_remote(house_call(&house)));
    phone_hangs_up(&house);
}

static void a_late_offer_is_answered_in_the_ack(void)
{
    House house;

    house_open(&house);
    phone_calls_with(&house, "", NULL);
    pbx_says(&house, EVENT_ISDN_ALERTING, 0);
    g_assert_cmpstr(message_body(phone_hear(house.phone, "SIP/2.0 180")), ==, "");
    pbx_says(&house, EVENT_ISDN_CONNECT, 0);
    g_assert_nonnull(
        strstr(message_body(phone_hear(house.phone, "SIP/2.0 200")), "RTP/AVP 8 0 101\r\n"));
    phone_ack(house.phone, SDP);
    loop_rest(house.loop, 10);
    g_assert_cmpint(call_sip_state(house_call(&house)), ==, SIP_UP);
    g_assert_nonnull(call_remote(house_call(&house)));
    phone_hangs_up(&house);
}

/* The phone's early media, told reliably, changed by UPDATE before it answers. */
static void a_phone_changes_its_early_media(void)
{
    House house;

    house_open(&house);
    pbx_calls(&house);
    phone_hear(house.phone, "INVITE sip:100@");
    phone_reply(house.phone, "INVITE", "183 Session Progress", "Require: 100rel\r\nRSeq: 5\r\n",
                SDP);
    phone_hear(house.phone, "PRACK");
    phone_reply(house.phone, "PRACK", "200 OK", "", NULL);
    phone_request(house.phone, "UPDATE", NULL, "",
                  "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                  "m=audio 40006 RTP/AVP 0\r\n");
    g_assert_nonnull(strstr(message_body(phone_hear(house.phone, "SIP/2.0 200")), "RTP/AVP 0\r\n"));
    loop_rest(house.loop, 10);
    g_assert_cmpint(call_sip_state(house_call(&house)), ==, SIP_EARLY);
    g_assert_cmpuint(address_port((const struct sockaddr *)&call_remote(house_call(&house))->rtp),
                     ==, 40006);
    phone_reply(house.phone, "INVITE", "200 OK", "", NULL);
    phone_hear(house.phone, "ACK");
    loop_rest(house.loop, 10);
    g_assert_cmpstr(house.line->str, ==, "proceeding progress connect ");
    phone_hangs_up(&house);
}

static void a_session_that_nobody_refreshes_ends(void)
{
    House house;

    loop_begin_leaps();
    house_open(&house);
    phone_calls_with(&house, "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n", SDP);
    pbx_says(&house, EVENT_ISDN_CONNECT, 0);
    phone_hear(house.phone, "SIP/2.0 200");
    phone_ack(house.phone, NULL);
    loop_leap(house.loop, 58);
    g_assert_cmpint(call_sip_state(house_call(&house)), ==, SIP_UP);
    loop_leap(house.loop, 3);
    header_begins(phone_hear(house.phone, "BYE"), "Reason", "SIP;cause=408");
    phone_reply(house.phone, "BYE", "200 OK", "", NULL);
    house_rests(&house);
    g_assert_cmpstr(house.line->str, ==, "setup connect-ack disconnect release-complete ");
    house_close(&house);
    loop_end_leaps();
}

static void a_session_of_ours_is_refreshed(void)
{
    static const char timers[] = "Require: timer\r\nSession-Expires: 90;refresher=uac\r\n"
                                 "Allow: INVITE, ACK, BYE, UPDATE\r\n";
    House house;

    loop_begin_leaps();
    house_open(&house);
    pbx_calls(&house);
    phone_hear(house.phone, "INVITE sip:100@");
    phone_reply(house.phone, "INVITE", "200 OK", timers, SDP);
    phone_hear(house.phone, "ACK");
    for (int i = 0; i < 4; i++) {
        loop_leap(house.loop, 37);
        phone_hear(house.phone, "UPDATE");
        phone_reply(house.phone, "UPDATE", "200 OK", timers, NULL);
    }
    loop_rest(house.loop, 10);
    g_assert_cmpint(call_sip_state(house_call(&house)), ==, SIP_UP);
    loop_end_leaps();
    phone_hangs_up(&house);
}

void dialog_stories(void)
{
    g_test_add_func("/sip-hall/a-reinvite-is-never-acknowledged", a_reinvite_is_never_acknowledged);
    g_test_add_func("/sip-hall/early-media-is-told-reliably", early_media_is_told_reliably);
    g_test_add_func("/sip-hall/the-pbx-clears-while-the-200-waits",
                    the_pbx_clears_while_the_200_waits);
    g_test_add_func("/sip-hall/no-prack-comes-for-the-200-that-waits",
                    no_prack_comes_for_the_200_that_waits);
    g_test_add_func("/sip-hall/a-late-offer-goes-out-with-the-ringing",
                    a_late_offer_goes_out_with_the_ringing);
    g_test_add_func("/sip-hall/a-late-offer-is-answered-in-the-ack",
                    a_late_offer_is_answered_in_the_ack);
    g_test_add_func("/sip-hall/a-phone-changes-its-early-media", a_phone_changes_its_early_media);
    g_test_add_func("/sip-hall/a-session-that-nobody-refreshes-ends",
                    a_session_that_nobody_refreshes_ends);
    g_test_add_func("/sip-hall/a-session-of-ours-is-refreshed", a_session_of_ours_is_refreshed);
}
