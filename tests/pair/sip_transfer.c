/* A phone transfers its call with the PBX by REFER, or by BYE with Also: the user agent with the
 * real hall and call map. */
#include "name_server.h"
#include "sip_house.h"

#include <stdlib.h>
#include <string.h>

#define SDP_OTHER                                                                                  \
    "v=0\r\no=- 2 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                    \
    "m=audio 40002 RTP/AVP 8 0\r\n"

/* The second phone's URI, with PARAMETERS behind it. */
static char *second_uri(House *house, const char *parameters)
{
    return g_strdup_printf("sip:bob@127.0.0.1:%u%s", phone_port(house->second), parameters);
}

static char *pbx_uri(House *house, const char *number)
{
    return g_strdup_printf("sip:%s%s", number, strchr(house->uri, '@'));
}

static guint64 count_found;
static const char *count_wanted;
static void count_match(void *user, const char *name, guint64 value)
{
    if (strcmp(name, count_wanted) == 0)
        count_found = value;
}

static guint64 ua_count(House *house, const char *name)
{
    count_wanted = name;
    count_found = G_MAXUINT64;
    ua_each_counter(house->ua, count_match, NULL);
    return count_found;
}

/* The PBX talks to the phone, which refers it to the second one. */
static void phone_refers_to_second(House *house, const char *parameters, const char *extra)
{
    g_autofree char *uri = second_uri(house, parameters);

    phone_is_talked_to(house);
    phone_refers(house, uri, extra);
}

static void phone_says_bye(Phone *phone)
{
    phone_request(phone, "BYE", NULL, "", NULL);
    phone_hear(phone, "SIP/2.0 200");
}

static void said(House *house, const char *line)
{
    g_assert_cmpstr(house->line->str, ==, line);
}

/* T-6.1, B-06: no message on the line until the new party hangs up. */
static void a_call_goes_to_another_phone(void)
{
    House house;
    const char *heard;

    house_open(&house);
    phone_refers_to_second(&house, "", "Referred-By: <sip:100@127.0.0.1>\r\n");
    phone_is_notified(house.phone, "100", FALSE);
    heard = phone_hear(house.second, "INVITE sip:bob@");
    header_is(heard, "Referred-By", "<sip:100@127.0.0.1>");
    header_begins(heard, "From", "<sip:200@");
    header_is(heard, "Replaces", NULL);
    phone_reply(house.second, "INVITE", "180 Ringing", "", NULL);
    phone_is_notified(house.phone, "180", FALSE);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    g_assert_cmpuint(call_media_port(&house, 1), ==, 40000);
    phone_reply(house.second, "INVITE", "200 OK", "", SDP_OTHER);
    phone_hear(house.second, "ACK");
    phone_is_notified(house.phone, "200", TRUE);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    g_assert_cmpuint(call_media_port(&house, 1), ==, 40002);
    phone_says_bye(house.phone);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    said(&house, "proceeding connect ");
    phone_says_bye(house.second);
    house_rests(&house);
    said(&house, "proceeding connect disconnect release-complete ");
    g_assert_cmpuint(ua_count(&house, "transfers done"), ==, 1);
    house_close(&house);
}

/* To a server with two addresses, of which the first refuses; STAYS: the transferor, until that. */
static void transfer_by_name(gboolean stays)
{
    NameServer *names = name_server_new("");
    g_autofree char *more = g_strdup_printf("[route far]\nfrom = pbx\ncalled = 9XX\n"
                                            "to = sip:{number}@pbx.example\n"
                                            "[proxy]\nname-server = 127.0.0.1:%u\n",
                                            name_server_port(names));
    g_autofree char *zone = NULL;
    House house;
    Phone *first;

    house_open_with(&house, more, FALSE);
    first = phone_new(house.loop, "127.0.0.1", (guint16)atoi(strrchr(house.uri, ':') + 1));
    zone = g_strdup_printf("_sip._udp.pbx.example 60 SRV 10 0 %u one.example\n"
                           "_sip._udp.pbx.example 60 SRV 20 0 %u one.example\n"
                           "one.example 60 A 127.0.0.1\n",
                           phone_port(first), phone_port(house.second));
    name_server_write(names, zone);
    phone_is_talked_to(&house);
    phone_refers(&house, "sip:bob@pbx.example", "");
    phone_is_notified(house.phone, "100", FALSE);
    phone_hear(first, "INVITE sip:bob@pbx.example");
    if (!stays)
        phone_says_bye(house.phone);
    phone_reply(first, "INVITE", "503 Service Unavailable", "", NULL);
    phone_hear(first, "ACK");
    phone_hear(house.second, "INVITE sip:bob@pbx.example");
    phone_reply(house.second, "INVITE", "200 OK", "", SDP_OTHER);
    phone_hear(house.second, "ACK");
    if (stays) {
        phone_is_notified(house.phone, "200", TRUE);
        phone_says_bye(house.phone);
    }
    loop_rest(house.loop, 20);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    g_assert_cmpuint(call_media_port(&house, 1), ==, 40002);
    phone_says_bye(house.second);
    house_rests(&house);
    phone_free(first);
    house_close(&house);
    name_server_free(names);
}

static void the_new_party_may_have_two_servers(void)
{
    transfer_by_name(TRUE);
    transfer_by_name(FALSE);
}

/* B-06 12: the transferor hangs up as soon as it has its 202; its phone knows of no subscription
 * any more. */
static void the_transferor_leaves_at_once(void)
{
    House house;

    house_open(&house);
    phone_refers_to_second(&house, "", "");
    phone_hear(house.phone, "NOTIFY");
    phone_request(house.phone, "BYE", NULL, "", NULL);
    phone_hear(house.phone, "SIP/2.0 200");
    phone_reply(house.phone, "NOTIFY", "481 No Subscription", "", NULL);
    call_stands(&house, 1, SIP_CALLING, ISDN_ACTIVE);
    phone_hear(house.second, "INVITE sip:bob@");
    phone_reply(house.second, "INVITE", "180 Ringing", "", NULL);
    call_stands(&house, 1, SIP_ALERTED, ISDN_ACTIVE);
    g_assert_false(call_remote(hall_find_call(house.hall, 1))->receive);
    phone_reply(house.second, "INVITE", "200 OK", "", SDP_OTHER);
    phone_hear(house.second, "ACK");
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    g_assert_cmpuint(call_media_port(&house, 1), ==, 40002);
    g_assert_true(phone_hears_nothing(house.phone, 20));
    said(&house, "proceeding connect ");
    phone_says_bye(house.second);
    house_close(&house);
}

/* The same after 180: what was heard before counts. And its subscription lives on without the call.
 */
static void the_transferor_leaves_while_it_rings(void)
{
    House house;

    house_open(&house);
    phone_refers_to_second(&house, "", "");
    phone_is_notified(house.phone, "100", FALSE);
    phone_hear(house.second, "INVITE sip:bob@");
    phone_reply(house.second, "INVITE", "180 Ringing", "", NULL);
    phone_is_notified(house.phone, "180", FALSE);
    phone_says_bye(house.phone);
    call_stands(&house, 1, SIP_ALERTED, ISDN_ACTIVE);
    phone_reply(house.second, "INVITE", "200 OK", "", SDP_OTHER);
    phone_hear(house.second, "ACK");
    phone_is_notified(house.phone, "200", TRUE);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    said(&house, "proceeding connect ");
    phone_says_bye(house.second);
    house_close(&house);
}

/* Nobody is left to return to: the PBX hears why. */
static void the_transferor_has_left_and_the_target_is_busy(void)
{
    House house;

    house_open(&house);
    phone_refers_to_second(&house, "", "");
    phone_is_notified(house.phone, "100", FALSE);
    phone_says_bye(house.phone);
    phone_hear(house.second, "INVITE sip:bob@");
    phone_reply(house.second, "INVITE", "486 Busy Here", "", NULL);
    phone_hear(house.second, "ACK");
    phone_is_notified(house.phone, "486", TRUE);
    house_rests(&house);
    said(&house, "proceeding connect disconnect release-complete ");
    house_close(&house);
}

/* T-6.3.1, D-10: and it may be tried again. */
static void the_target_is_busy(void)
{
    House house;
    g_autofree char *uri = NULL;

    house_open(&house);
    phone_refers_to_second(&house, "", "");
    phone_is_notified(house.phone, "100", FALSE);
    phone_hear(house.second, "INVITE sip:bob@");
    phone_reply(house.second, "INVITE", "486 Busy Here", "", NULL);
    phone_hear(house.second, "ACK");
    phone_is_notified(house.phone, "486", TRUE);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    g_assert_cmpuint(call_media_port(&house, 1), ==, 40000);
    uri = second_uri(&house, "");
    phone_refers(&house, uri, "");
    phone_is_notified(house.phone, "100", FALSE);
    phone_hear(house.second, "INVITE sip:bob@");
    phone_reply(house.second, "INVITE", "404 Not Found", "", NULL);
    phone_hear(house.second, "ACK");
    phone_is_notified(house.phone, "404", TRUE);
    said(&house, "proceeding connect ");
    phone_says_bye(house.phone);
    house_close(&house);
}

/* T-6.3.2. */
static void the_target_does_not_answer(void)
{
    House house;

    house_open(&house);
    house.settings->sip.no_answer_us = G_USEC_PER_SEC / 10;
    phone_refers_to_second(&house, "", "");
    phone_is_notified(house.phone, "100", FALSE);
    phone_hear(house.second, "INVITE sip:bob@");
    phone_reply(house.second, "INVITE", "180 Ringing", "", NULL);
    phone_is_notified(house.phone, "180", FALSE);
    phone_hear(house.second, "CANCEL");
    phone_reply(house.second, "CANCEL", "200 OK", "", NULL);
    phone_reply(house.second, "INVITE", "487 Request Terminated", "", NULL);
    phone_hear(house.second, "ACK");
    phone_is_notified(house.phone, "487", TRUE);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    said(&house, "proceeding connect ");
    phone_says_bye(house.phone);
    house_close(&house);
}

/* RFC 5589 6.1: BYE is the transferor's to send; who forgets it gets ours. */
static void the_transferor_never_hangs_up(void)
{
    House house;

    house_open(&house);
    phone_refers_to_second(&house, "", "");
    phone_is_notified(house.phone, "100", FALSE);
    phone_hear(house.second, "INVITE sip:bob@");
    phone_reply(house.second, "INVITE", "200 OK", "", SDP_OTHER);
    phone_hear(house.second, "ACK");
    phone_is_notified(house.phone, "200", TRUE);
    phone_hear(house.phone, "BYE");
    phone_reply(house.phone, "BYE", "200 OK", "", NULL);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    phone_says_bye(house.second);
    house_close(&house);
}

/* The transferee was on hold: media flows again to whom it was transferred to. */
static void a_call_on_hold_is_transferred(void)
{
    House house;
    g_autofree char *uri = NULL;

    house_open(&house);
    phone_is_talked_to(&house);
    phone_request(house.phone, "INVITE", NULL, "", SDP "a=sendonly\r\n");
    phone_hear(house.phone, "SIP/2.0 200");
    phone_ack(house.phone, NULL);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    g_assert_false(call_remote(hall_find_call(house.hall, 1))->send);
    uri = second_uri(&house, "");
    phone_refers(&house, uri, "");
    phone_is_notified(house.phone, "100", FALSE);
    phone_hear(house.second, "INVITE sip:bob@");
    phone_reply(house.second, "INVITE", "200 OK", "", SDP_OTHER);
    phone_hear(house.second, "ACK");
    phone_is_notified(house.phone, "200", TRUE);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    g_assert_true(call_remote(hall_find_call(house.hall, 1))->send);
    phone_says_bye(house.phone);
    phone_says_bye(house.second);
    house_close(&house);
}

/* The party hangs up: the target's phone stops ringing, the transferor hears the end of both. */
static void the_party_hangs_up_meanwhile(void)
{
    House house;

    house_open(&house);
    phone_refers_to_second(&house, "", "");
    phone_is_notified(house.phone, "100", FALSE);
    phone_hear(house.second, "INVITE sip:bob@");
    phone_reply(house.second, "INVITE", "180 Ringing", "", NULL);
    phone_is_notified(house.phone, "180", FALSE);
    pbx_says(&house, EVENT_ISDN_DISCONNECT, 16);
    phone_hear(house.second, "CANCEL");
    phone_is_notified(house.phone, "487", TRUE);
    phone_hear(house.phone, "BYE");
    phone_reply(house.phone, "BYE", "200 OK", "", NULL);
    phone_reply(house.second, "CANCEL", "200 OK", "", NULL);
    phone_reply(house.second, "INVITE", "487 Request Terminated", "", NULL);
    phone_hear(house.second, "ACK");
    house_close(&house);
}

/* The same as the target answers. */
static void the_party_hangs_up_as_the_target_answers(void)
{
    for (guint left = FALSE; left <= TRUE; left++) {
        House house;

        house_open(&house);
        phone_refers_to_second(&house, "", "Refer-Sub: false\r\n");
        phone_hear(house.second, "INVITE sip:bob@");
        phone_reply(house.second, "INVITE", "180 Ringing", "", NULL);
        loop_rest(house.loop, 10);
        if (left)
            phone_says_bye(house.phone);
        pbx_says(&house, EVENT_ISDN_DISCONNECT, 16);
        phone_hear(house.second, "CANCEL");
        phone_reply(house.second, "INVITE", "200 OK", "", SDP_OTHER);
        phone_hear(house.second, "ACK");
        phone_hear(house.second, "BYE");
        phone_reply(house.second, "CANCEL", "481 No Transaction", "", NULL);
        phone_reply(house.second, "BYE", "200 OK", "", NULL);
        if (!left) {
            phone_hear(house.phone, "BYE");
            phone_reply(house.phone, "BYE", "200 OK", "", NULL);
        }
        house_close(&house);
    }
}

/* D-07, B-06 with the target behind the PBX: one SETUP, nothing on the first call. */
static void a_call_goes_to_the_pbx(void)
{
    for (guint left = FALSE; left <= TRUE; left++) {
        House house;
        g_autofree char *uri = NULL;

        house_open(&house);
        phone_is_talked_to(&house);
        uri = pbx_uri(&house, "222");
        phone_refers(&house, uri, "");
        phone_is_notified(house.phone, "100", FALSE);
        call_stands(&house, 2, SIP_INVITED, ISDN_INITIATED);
        g_assert_cmpstr(call_setup(hall_find_call(house.hall, 2))->called.digits, ==, "222");
        pbx_says_of(&house, 2, EVENT_ISDN_ALERTING, 0);
        phone_is_notified(house.phone, "180", FALSE);
        if (left)
            phone_says_bye(house.phone);
        pbx_says_of(&house, 2, EVENT_ISDN_CONNECT, 0);
        phone_is_notified(house.phone, "200", TRUE);
        call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
        call_stands(&house, 2, SIP_UP, ISDN_ACTIVE);
        g_assert_cmpuint(call_twin(hall_find_call(house.hall, 1)), ==, 2);
        g_assert_cmpuint(call_media_port(&house, 1), ==, 30000);
        g_assert_cmpuint(call_media_port(&house, 2), ==, 30000);
        if (!left)
            phone_says_bye(house.phone);
        said(&house, "proceeding connect setup connect-ack ");
        pbx_says_of(&house, 2, EVENT_ISDN_DISCONNECT, 16);
        house_rests(&house);
        said(&house, "proceeding connect setup connect-ack disconnect release-complete release ");
        house_close(&house);
    }
}

static void the_pbx_refuses_the_target(void)
{
    House house;
    g_autofree char *uri = NULL;

    house_open(&house);
    phone_is_talked_to(&house);
    uri = pbx_uri(&house, "222");
    phone_refers(&house, uri, "");
    phone_is_notified(house.phone, "100", FALSE);
    pbx_says_of(&house, 2, EVENT_ISDN_DISCONNECT, 17);
    phone_is_notified(house.phone, "486", TRUE);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    phone_says_bye(house.phone);
    house_close(&house);
}

/* The phone talks to the PBX twice; its second call is the second phone's dialog, as far as SIP can
 * tell. */
static void phone_consults(House *house)
{
    phone_is_talked_to(house);
    phone_talks(house, house->second);
}

static void phone_refers_to_consulted(House *house, const char *more)
{
    g_autofree char *replaces = phone_dialog(house->second, "%3Bto-tag%3D", "%3Bfrom-tag%3D");
    g_autofree char *target = g_strdup_printf("%s?Replaces=%s%s", house->uri, replaces, more);

    phone_refers(house, target, "");
}

/* D-07, B-08: no message on the line at all, and no INVITE. */
static void two_calls_of_a_phone_are_joined(void)
{
    House house;

    house_open(&house);
    phone_consults(&house);
    g_string_truncate(house.line, 0);
    phone_refers_to_consulted(&house, "&Require=replaces");
    phone_hear(house.second, "BYE");
    phone_reply(house.second, "BYE", "200 OK", "", NULL);
    phone_is_notified(house.phone, "200", TRUE);
    phone_says_bye(house.phone);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    call_stands(&house, 2, SIP_UP, ISDN_ACTIVE);
    g_assert_cmpuint(call_twin(hall_find_call(house.hall, 2)), ==, 1);
    said(&house, "");
    pbx_says_of(&house, 1, EVENT_ISDN_DISCONNECT, 16);
    house_rests(&house);
    said(&house, "disconnect release-complete release ");
    house_close(&house);
}

/* T-7.6, Y-12. */
static void a_consultation_that_rings_is_transferred(void)
{
    House house;

    house_open(&house);
    phone_is_talked_to(&house);
    phone_request(house.second, "INVITE", house.uri, "", SDP);
    loop_rest(house.loop, 20);
    pbx_says_of(&house, 2, EVENT_ISDN_ALERTING, 0);
    phone_hear(house.second, "SIP/2.0 180");
    phone_refers_to_consulted(&house, "");
    phone_hear(house.second, "SIP/2.0 487");
    phone_ack(house.second, NULL);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    pbx_says_of(&house, 2, EVENT_ISDN_CONNECT, 0);
    phone_is_notified(house.phone, "200", TRUE);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    call_stands(&house, 2, SIP_UP, ISDN_ACTIVE);
    phone_says_bye(house.phone);
    pbx_says_of(&house, 2, EVENT_ISDN_DISCONNECT, 16);
    house_close(&house);
}

static void replaces_names_nobody(void)
{
    House house;
    g_autofree char *target = NULL;

    house_open(&house);
    phone_is_talked_to(&house);
    target = g_strdup_printf("%s?Replaces=none%%3Bto-tag%%3D1%%3Bfrom-tag%%3D2", house.uri);
    phone_refers(&house, target, "");
    phone_is_notified(house.phone, "481", TRUE);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    phone_says_bye(house.phone);
    house_close(&house);
}

/* T-7.3: the consultation is between phones; ours is the INVITE that replaces it. */
static void a_dialog_between_phones_is_replaced(void)
{
    House house;
    const char *heard;

    house_open(&house);
    phone_refers_to_second(
        &house, ";method=INVITE?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2&Require=replaces", "");
    phone_is_notified(house.phone, "100", FALSE);
    heard = phone_hear(house.second, "INVITE sip:bob@");
    g_assert_null(strstr(strchr(heard, ' '), "method="));
    header_is(heard, "Replaces", "a@b;to-tag=1;from-tag=2");
    header_is(heard, "Require", "replaces");
    phone_reply(house.second, "INVITE", "200 OK", "", SDP_OTHER);
    phone_hear(house.second, "ACK");
    phone_is_notified(house.phone, "200", TRUE);
    phone_says_bye(house.phone);
    phone_says_bye(house.second);
    house_close(&house);
}

static void no_subscription_is_wanted(void)
{
    House house;
    g_autofree char *uri = NULL;

    house_open(&house);
    phone_is_talked_to(&house);
    uri = second_uri(&house, "");
    phone_refers(&house, uri, "Refer-Sub: false\r\nSupported: norefersub\r\n");
    header_is(phone_last_heard(house.phone), "Refer-Sub", "false");
    phone_hear(house.second, "INVITE sip:bob@");
    phone_reply(house.second, "INVITE", "200 OK", "", SDP_OTHER);
    phone_hear(house.second, "ACK");
    g_assert_true(phone_hears_nothing(house.phone, 50));
    phone_says_bye(house.phone);
    phone_says_bye(house.second);
    house_close(&house);
}

/* RFC 5589 6.1: REFER outside the call's dialog, which Target-Dialog names. */
static void refer_comes_in_a_dialog_of_its_own(void)
{
    House house;
    Phone *third;
    g_autofree char *uri = NULL, *dialog = NULL, *headers = NULL;

    house_open(&house);
    phone_is_talked_to(&house);
    third = phone_new(house.loop, "127.0.0.1",
                      address_port((struct sockaddr *)&house.settings->sip.listen));
    uri = second_uri(&house, "");
    dialog = phone_dialog(house.phone, ";remote-tag=", ";local-tag=");
    headers =
        g_strdup_printf("Refer-To: <%s>\r\nTarget-Dialog: %s\r\nRequire: tdialog\r\n", uri, dialog);
    phone_request(third, "REFER", house.uri, headers, NULL);
    header_begins(phone_hear(third, "NOTIFY"), "Subscription-State", "pending"); /* NUA's own */
    phone_hear(third, "SIP/2.0 202");
    phone_reply(third, "NOTIFY", "200 OK", "", NULL);
    phone_is_notified(third, "100", FALSE); /* NUA's own again, now that it is accepted */
    phone_hear(house.second, "INVITE sip:bob@");
    phone_reply(house.second, "INVITE", "200 OK", "", SDP_OTHER);
    phone_hear(house.second, "ACK");
    phone_is_notified(third, "200", TRUE);
    phone_says_bye(house.phone);
    phone_says_bye(house.second);
    house_rests(&house);
    phone_free(third);
    house_close(&house);
}

typedef struct Refusal {
    const char *headers, *status;
} Refusal;

static void what_cannot_be_is_refused(void)
{
    static const Refusal refusals[] = {
        {"", "SIP/2.0 400"},
        {"Refer-To: <sip:1@127.0.0.1>\r\nRefer-To: <sip:2@127.0.0.1>\r\n", "SIP/2.0 400"},
        {"Refer-To: <sip:1@127.0.0.1>, <sip:2@127.0.0.1>\r\n", "SIP/2.0 400"},
        {"Refer-To: <sip:1@127.0.0.1;method=BYE>\r\n", "SIP/2.0 603"},
        {"Refer-To: <http://127.0.0.1/>\r\n", "SIP/2.0 603"},
        {"Refer-To: <sip:1@203.0.113.9>\r\n", "SIP/2.0 403"},
    };
    House house;
    g_autofree char *own = NULL, *itself = NULL;

    house_open(&house);
    phone_is_talked_to(&house);
    for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
        phone_request(house.phone, "REFER", NULL, refusals[i].headers, NULL);
        phone_hear(house.phone, refusals[i].status);
    }
    /* RFC 5057 5.1: a 404 to the REFER would end the dialog; the NOTIFY says it. */
    phone_refers(&house, "tel:0900123456", "");
    phone_is_notified(house.phone, "404", TRUE);
    own = phone_dialog(house.phone, "%3Bto-tag%3D", "%3Bfrom-tag%3D");
    itself = g_strdup_printf("Refer-To: <%s?Replaces=%s>\r\n", house.uri, own);
    phone_request(house.phone, "REFER", NULL, itself, NULL);
    phone_hear(house.phone, "SIP/2.0 400");
    house.settings->sip.transfer = FALSE;
    phone_request(house.phone, "REFER", NULL, "Refer-To: <sip:1@127.0.0.1>\r\n", NULL);
    phone_hear(house.phone, "SIP/2.0 603");
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    said(&house, "proceeding connect ");
    phone_says_bye(house.phone);
    house_close(&house);
}

static void only_who_talks_may_transfer(void)
{
    House house;

    house_open(&house);
    phone_hang_up(house.phone);
    phone_request(house.phone, "REFER", house.uri, "Refer-To: <sip:1@127.0.0.1>\r\n", NULL);
    phone_hear(house.phone, "SIP/2.0 403");
    g_assert_cmpuint(ua_count(&house, "transfers refused"), ==, 1);
    /* A dialog that is none. */
    phone_is_talked_to(&house);
    phone_says_bye(house.phone);
    house_rests(&house);
    phone_request(house.phone, "REFER", NULL, "Refer-To: <sip:1@127.0.0.1>\r\n", NULL);
    phone_hear(house.phone, "SIP/2.0 481");
    g_assert_cmpuint(ua_count(&house, "transfers refused"), ==, 2);
    house_close(&house);
}

static void one_transfer_at_a_time(void)
{
    House house;

    house_open(&house);
    phone_refers_to_second(&house, "", "");
    phone_is_notified(house.phone, "100", FALSE);
    phone_request(house.phone, "REFER", NULL, "Refer-To: <sip:1@127.0.0.1>\r\n", NULL);
    phone_hear(house.phone, "SIP/2.0 491");
    phone_hear(house.second, "INVITE sip:bob@");
    phone_reply(house.second, "INVITE", "503 Service Unavailable", "", NULL);
    phone_hear(house.second, "ACK");
    phone_is_notified(house.phone, "503", TRUE);
    phone_says_bye(house.phone);
    house_close(&house);
}

/* The phone dies: its NOTIFYs are never answered, the call goes on. */
static void the_transferor_vanishes(void)
{
    House house;

    house_open(&house);
    phone_refers_to_second(&house, "", "");
    phone_hear(house.second, "INVITE sip:bob@");
    phone_reply(house.second, "INVITE", "200 OK", "", SDP_OTHER);
    phone_hear(house.second, "ACK");
    loop_rest(house.loop, 3500); /* 64*T1 is 1.28 s, for two NOTIFYs and a BYE */
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    phone_says_bye(house.second);
    phone_forget(house.phone);
    house_close(&house);
}

/* The house closes while a transfer is under way: everybody hears the end, or nobody is there any
 * more. */
static void the_house_closes_meanwhile(void)
{
    for (guint told = FALSE; told <= TRUE; told++) {
        House house;

        house_open(&house);
        phone_refers_to_second(&house, "", "");
        phone_is_notified(house.phone, "100", FALSE);
        phone_hear(house.second, "INVITE sip:bob@");
        phone_reply(house.second, "INVITE", "180 Ringing", "", NULL);
        phone_is_notified(house.phone, "180", FALSE);
        if (told)
            hall_drop_calls(house.hall);
        ua_free(house.ua);
        house.ua = NULL;
        phone_hear(house.second, "CANCEL");
        house_abandon(&house);
    }
}

/* ---- BYE with Also ------------------------------------------------------------------------------
 */

static void phone_says_bye_also(House *house, const char *uri, const char *extra)
{
    g_autofree char *headers = g_strdup_printf("Also: <%s>\r\n%s", uri, extra);

    phone_request(house->phone, "BYE", NULL, headers, NULL);
    phone_hear(house->phone, "SIP/2.0 200");
}

/* BX-01, B-07. */
static void bye_names_another_phone(void)
{
    for (guint by = FALSE; by <= TRUE; by++) {
        House house;
        g_autofree char *uri = NULL;
        const char *heard;

        house_open(&house);
        phone_is_talked_to(&house);
        uri = second_uri(&house, "");
        phone_says_bye_also(&house, uri, by ? "Requested-By: <sip:100@127.0.0.1>\r\n" : "");
        heard = phone_hear(house.second, "INVITE sip:bob@");
        header_is(heard, "Requested-By", by ? "<sip:100@127.0.0.1>" : NULL);
        header_is(heard, "Referred-By", NULL);
        phone_reply(house.second, "INVITE", "180 Ringing", "", NULL);
        call_stands(&house, 1, SIP_ALERTED, ISDN_ACTIVE);
        phone_reply(house.second, "INVITE", "200 OK", "", SDP_OTHER);
        phone_hear(house.second, "ACK");
        call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
        g_assert_cmpuint(call_media_port(&house, 1), ==, 40002);
        said(&house, "proceeding connect ");
        phone_says_bye(house.second);
        house_close(&house);
    }
}

static void bye_names_one_on_the_pbx(void)
{
    House house;
    g_autofree char *uri = NULL;

    house_open(&house);
    phone_is_talked_to(&house);
    uri = pbx_uri(&house, "222");
    phone_says_bye_also(&house, uri, "");
    call_stands(&house, 1, SIP_PROCEEDING, ISDN_ACTIVE);
    pbx_says_of(&house, 2, EVENT_ISDN_CONNECT, 0);
    call_stands(&house, 1, SIP_UP, ISDN_ACTIVE);
    said(&house, "proceeding connect setup connect-ack ");
    pbx_says_of(&house, 1, EVENT_ISDN_DISCONNECT, 16);
    house_close(&house);
}

static guint8 last_cause;
static void note_cause_of(void *user, const CallTrace *trace)
{
    if (trace->news->cause)
        last_cause = trace->news->cause;
}

/* What cannot be followed ends the call, with its cause. */
static void also_leads_nowhere(void)
{
    static const char *const targets[] = {"sip:1@203.0.113.9", "http://127.0.0.1/",
                                          "tel:0900123456"};
    static const guint8 causes[] = {21, 21, 1};

    for (guint i = 0; i < G_N_ELEMENTS(targets); i++) {
        House house;

        house_open(&house);
        hall_add_trace(house.hall, note_cause_of, NULL);
        phone_is_talked_to(&house);
        phone_says_bye_also(&house, targets[i], "");
        house_rests(&house);
        said(&house, "proceeding connect disconnect release-complete ");
        g_assert_cmpuint(last_cause, ==, causes[i]);
        g_assert_cmpuint(ua_count(&house, "transfers refused"), ==, 1);
        house_close(&house);
    }
}

static void who_is_named_in_the_bye_is_busy(void)
{
    House house;
    g_autofree char *uri = NULL;

    house_open(&house);
    hall_add_trace(house.hall, note_cause_of, NULL);
    phone_is_talked_to(&house);
    uri = second_uri(&house, "");
    phone_says_bye_also(&house, uri, "");
    phone_hear(house.second, "INVITE sip:bob@");
    phone_reply(house.second, "INVITE", "486 Busy Here", "", NULL);
    phone_hear(house.second, "ACK");
    house_rests(&house);
    said(&house, "proceeding connect disconnect release-complete ");
    house_close(&house);
}

/* ---- leaks --------------------------------------------------------------------------------------
 */

static void hundreds_of_transfers_leave_nothing(void)
{
    House house;

    house_open(&house);
    for (guint i = 0; i < 100; i++) {
        g_autofree char *uri = second_uri(&house, "");
        gboolean answered = i % 3 != 0;

        phone_is_talked_to(&house);
        phone_refers(&house, uri, i % 2 ? "" : "Refer-Sub: false\r\n");
        if (i % 2)
            phone_is_notified(house.phone, "100", FALSE);
        phone_hear(house.second, "INVITE sip:bob@");
        phone_reply(house.second, "INVITE", answered ? "200 OK" : "486 Busy Here", "",
                    answered ? SDP_OTHER : NULL);
        phone_hear(house.second, "ACK");
        if (i % 2)
            phone_is_notified(house.phone, answered ? "200" : "486", TRUE);
        phone_says_bye(house.phone);
        if (answered)
            phone_says_bye(house.second);
        house_rests(&house);
    }
    house_close(&house);
}

/* One class for all, with LINES. */
static ClassBook *classes_open(House *house, Settings **classes, const char *lines)
{
    g_autofree char *text = g_strdup_printf("[class default]\n%s", lines);
    g_autoptr(GError) error = NULL;
    ClassBook *book;

    *classes = settings_parse("classes", text, &error);
    g_assert_no_error(error);
    book = class_book_new(house->loop, *classes);
    ua_set_classes(house->ua, book);
    return book;
}

/* The caller's class goes with its call to whomever it is transferred to. */
static void a_transferred_call_counts_and_ends(void)
{
    g_autofree char *uri = NULL;
    g_autoptr(Settings) classes = NULL;
    ClassBook *book;
    House house;

    house_open(&house);
    book = classes_open(&house, &classes, "calls = 1\nmax-duration = 700ms\n");
    uri = second_uri(&house, "");
    phone_talks(&house, house.phone);
    phone_refers(&house, uri, "");
    phone_is_notified(house.phone, "100", FALSE);
    phone_hear(house.second, "INVITE sip:bob@");
    phone_reply(house.second, "INVITE", "200 OK", "", SDP_OTHER);
    phone_hear(house.second, "ACK");
    phone_is_notified(house.phone, "200", TRUE);
    phone_says_bye(house.phone);
    loop_rest(house.loop, 20);
    g_assert_cmpuint(class_live_group(book, "default"), ==, 1);
    phone_hear(house.second, "BYE");
    phone_reply(house.second, "BYE", "200 OK", "", NULL);
    house_rests(&house);
    g_assert_cmpuint(class_live_group(book, "default"), ==, 0);
    house_close(&house);
    class_book_free(book);
}

/* Two calls joined on the PBX are still the phone's that made them. */
static void joined_calls_count_and_end(void)
{
    g_autofree char *dialog = NULL, *escaped = NULL, *target = NULL;
    g_autoptr(Settings) classes = NULL;
    ClassBook *book;
    House house;

    house_open(&house);
    book = classes_open(&house, &classes, "max-duration = 700ms\n");
    phone_talks(&house, house.second);
    dialog = phone_dialog(house.second, ";to-tag=", ";from-tag=");
    phone_talks(&house, house.phone);
    escaped = g_uri_escape_string(dialog, NULL, FALSE);
    target = g_strdup_printf("%s?Replaces=%s", house.uri, escaped);
    phone_refers(&house, target, "");
    phone_hear(house.second, "BYE");
    phone_reply(house.second, "BYE", "200 OK", "", NULL);
    phone_is_notified(house.phone, "200", TRUE);
    phone_says_bye(house.phone);
    loop_rest(house.loop, 50);
    g_assert_cmpuint(class_live_group(book, "default"), ==, 2);
    house_rests(&house); /* nobody but the class ends them */
    g_assert_cmpuint(class_live_group(book, "default"), ==, 0);
    house_close(&house);
    class_book_free(book);
}

#define STORY(name) g_test_add_func("/sip-transfer/" #name, name)

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    sofia_open();
    STORY(a_call_goes_to_another_phone);
    STORY(the_new_party_may_have_two_servers);
    STORY(the_transferor_leaves_at_once);
    STORY(the_transferor_leaves_while_it_rings);
    STORY(the_transferor_has_left_and_the_target_is_busy);
    STORY(the_target_is_busy);
    STORY(the_target_does_not_answer);
    STORY(the_transferor_never_hangs_up);
    STORY(a_call_on_hold_is_transferred);
    STORY(the_party_hangs_up_meanwhile);
    STORY(the_party_hangs_up_as_the_target_answers);
    STORY(a_call_goes_to_the_pbx);
    STORY(the_pbx_refuses_the_target);
    STORY(two_calls_of_a_phone_are_joined);
    STORY(a_consultation_that_rings_is_transferred);
    STORY(replaces_names_nobody);
    STORY(a_dialog_between_phones_is_replaced);
    STORY(no_subscription_is_wanted);
    STORY(refer_comes_in_a_dialog_of_its_own);
    STORY(what_cannot_be_is_refused);
    STORY(only_who_talks_may_transfer);
    STORY(one_transfer_at_a_time);
    STORY(the_transferor_vanishes);
    STORY(the_house_closes_meanwhile);
    STORY(bye_names_another_phone);
    STORY(bye_names_one_on_the_pbx);
    STORY(also_leads_nowhere);
    STORY(who_is_named_in_the_bye_is_busy);
    STORY(hundreds_of_transfers_leave_nothing);
    STORY(a_transferred_call_counts_and_ends);
    STORY(joined_calls_count_and_end);
    replaces_stories();
    behind_stories();
    help_stories();
    result = g_test_run();
    sofia_close();
    return result;
}
