/* The user agent with the real hall and call map: how calls begin and end. */
#include "sip_house.h"

#include <string.h>

static void a_phone_calls_the_pbx(void)
{
    House house;
    g_autofree char *ladder = NULL;

    house_open(&house);
    phone_calls(&house);
    pbx_says(&house, EVENT_ISDN_PROCEEDING, 0);
    pbx_says(&house, EVENT_ISDN_ALERTING, 0);
    phone_hear(house.phone, "SIP/2.0 180");
    pbx_says(&house, EVENT_ISDN_CONNECT, 0);
    g_assert_nonnull(strstr(phone_hear(house.phone, "SIP/2.0 200"), "RTP/AVP 8\r\n"));
    phone_ack(house.phone, NULL);
    loop_rest(house.loop, 10);
    g_assert_cmpint(call_sip_state(house_call(&house)), ==, SIP_UP);
    phone_request(house.phone, "BYE", NULL, "", NULL);
    phone_hear(house.phone, "SIP/2.0 200");
    house_rests(&house);
    g_assert_cmpstr(house.line->str, ==, "setup connect-ack disconnect release-complete ");
    ladder = hall_ladder(house.hall, 0);
    g_assert_nonnull(strstr(ladder, "INVITE 200 SDP"));
    g_assert_nonnull(strstr(ladder, "180 Ringing"));
    g_assert_nonnull(strstr(ladder, "BYE"));
    house_close(&house);
}

/* RFC 3264 6.1: what is sent is named in the answer, from the first packet on: the law is decided
 * before media goes through. */
static void the_channel_decides_the_law_at_once(void)
{
    House house;
    SpanSettings *span;

    house_open(&house);
    span = g_ptr_array_index(house.settings->spans, 0);
    span->law = LAW_ULAW;
    phone_calls(&house);
    g_assert_cmpint(call_remote(house_call(&house))->payload_type, ==, 0);
    pbx_says(&house, EVENT_ISDN_CONNECT, 0);
    g_assert_nonnull(strstr(phone_hear(house.phone, "SIP/2.0 200"), "RTP/AVP 0\r\n"));
    phone_ack(house.phone, NULL);
    phone_request(house.phone, "BYE", NULL, "", NULL);
    phone_hear(house.phone, "SIP/2.0 200");
    house_rests(&house);
    house_close(&house);
}

static void the_pbx_calls_a_phone(void)
{
    House house;

    house_open(&house);
    pbx_calls(&house);
    phone_hear(house.phone, "INVITE sip:100@");
    phone_reply(house.phone, "INVITE", "180 Ringing", "", NULL);
    phone_reply(house.phone, "INVITE", "200 OK", "", SDP);
    phone_hear(house.phone, "ACK");
    loop_rest(house.loop, 10);
    g_assert_cmpstr(house.line->str, ==, "proceeding alerting connect ");
    pbx_says(&house, EVENT_ISDN_DISCONNECT, 16);
    header_is(phone_hear(house.phone, "BYE"), "Reason",
              "Q.850;cause=16;text=\"Normal call clearing\"");
    phone_reply(house.phone, "BYE", "200 OK", "", NULL);
    house_close(&house);
}

static void busy_goes_both_ways(void)
{
    House house;

    house_open(&house);
    phone_calls(&house);
    pbx_says(&house, EVENT_ISDN_PROCEEDING, 0);
    pbx_says(&house, EVENT_ISDN_DISCONNECT, 17);
    header_is(phone_hear(house.phone, "SIP/2.0 486 Busy Here"), "Reason",
              "Q.850;cause=17;text=\"User busy\"");
    house_rests(&house);
    g_string_truncate(house.line, 0);
    pbx_calls(&house);
    phone_hear(house.phone, "INVITE");
    phone_reply(house.phone, "INVITE", "486 Busy Here", "", NULL);
    house_rests(&house);
    g_assert_cmpstr(house.line->str, ==, "proceeding disconnect release-complete ");
    house_close(&house);
}

static void the_pbx_gives_up_before_a_response(void)
{
    House house;

    house_open(&house);
    pbx_calls(&house);
    phone_hear(house.phone, "INVITE");
    pbx_says(&house, EVENT_ISDN_DISCONNECT, 16);
    g_assert_true(phone_hears_nothing(house.phone, 15)); /* but the INVITE again */
    phone_reply(house.phone, "INVITE", "100 Trying", "", NULL);
    header_is(phone_hear(house.phone, "CANCEL"), "Reason",
              "Q.850;cause=16;text=\"Normal call clearing\"");
    phone_reply(house.phone, "CANCEL", "200 OK", "", NULL);
    phone_reply(house.phone, "INVITE", "487 Request Terminated", "", NULL);
    phone_hear(house.phone, "ACK");
    house_close(&house);
}

static void the_pbx_gives_up_as_the_phone_answers(void)
{
    House house;

    house_open(&house);
    pbx_calls(&house);
    phone_hear(house.phone, "INVITE");
    phone_reply(house.phone, "INVITE", "180 Ringing", "", NULL);
    loop_rest(house.loop, 10);
    phone_reply(house.phone, "INVITE", "200 OK", "", SDP);
    pbx_says(&house, EVENT_ISDN_DISCONNECT, 16);
    loop_rest(house.loop, 10);
    phone_hear(house.phone, "CANCEL");
    phone_reply(house.phone, "CANCEL", "200 OK", "", NULL);
    phone_hear(house.phone, "BYE");
    phone_reply(house.phone, "BYE", "200 OK", "", NULL);
    house_close(&house);
}

static void a_failed_target_gives_way_to_the_next(void)
{
    House house;

    house_open(&house);
    pbx_calls(&house);
    phone_hear(house.phone, "INVITE");
    phone_reply(house.phone, "INVITE", "503 Service Unavailable", "Retry-After: 1\r\n", NULL);
    phone_hear(house.phone, "ACK");
    phone_hear(house.second, "INVITE");
    phone_reply(house.second, "INVITE", "200 OK", "", SDP);
    phone_hear(house.second, "ACK");
    phone_request(house.second, "BYE", NULL, "", NULL);
    phone_hear(house.second, "SIP/2.0 200");
    house_rests(&house);
    g_assert_cmpstr(house.line->str, ==, "proceeding connect disconnect release-complete ");
    house_close(&house);
}

/* What the first one still says belongs to no call. */
static void a_silent_target_gives_way_to_the_next(void)
{
    House house;

    house_open(&house);
    house.settings->sip.fail_over_us = 200 * 1000;
    pbx_calls(&house);
    phone_hear(house.phone, "INVITE");
    phone_hear(house.second, "INVITE");
    phone_reply(house.second, "INVITE", "180 Ringing", "", NULL);
    loop_rest(house.loop, 10);
    phone_reply(house.phone, "INVITE", "180 Ringing", "", NULL);
    phone_hear(house.phone, "CANCEL");
    phone_reply(house.phone, "INVITE", "200 OK", "", SDP); /* they have crossed */
    phone_hear(house.phone, "ACK");
    phone_hear(house.phone, "BYE");
    phone_reply(house.phone, "BYE", "200 OK", "", NULL);
    phone_reply(house.second, "INVITE", "200 OK", "", SDP);
    phone_hear(house.second, "ACK");
    phone_request(house.second, "BYE", NULL, "", NULL);
    phone_hear(house.second, "SIP/2.0 200");
    house_rests(&house);
    g_assert_cmpstr(house.line->str, ==,
                    "proceeding alerting connect disconnect release-complete ");
    house_close(&house);
}

static void the_last_target_may_be_silent_for_longer(void)
{
    House house;

    house_open(&house);
    house.settings->sip.fail_over_us = 150 * 1000;
    pbx_calls(&house);
    phone_hear(house.second, "INVITE");
    loop_rest(house.loop, 400);
    phone_forget(house.second);
    phone_reply(house.second, "INVITE", "180 Ringing", "", NULL);
    loop_rest(house.loop, 10);
    phone_reply(house.second, "INVITE", "486 Busy Here", "", NULL);
    phone_hear(house.second, "ACK");
    house_rests(&house);
    g_assert_cmpstr(house.line->str, ==, "proceeding alerting disconnect release-complete ");
    house_close(&house);
}

static void nobody_is_called_for_who_has_left(void)
{
    House house;

    house_open(&house);
    house.settings->sip.fail_over_us = 150 * 1000;
    pbx_calls(&house);
    phone_hear(house.phone, "INVITE");
    pbx_says(&house, EVENT_ISDN_DISCONNECT, 16);
    g_assert_true(phone_hears_nothing(house.second, 250));
    phone_reply(house.phone, "INVITE", "100 Trying", "", NULL);
    phone_hear(house.phone, "CANCEL");
    phone_reply(house.phone, "CANCEL", "200 OK", "", NULL);
    phone_reply(house.phone, "INVITE", "487 Request Terminated", "", NULL);
    phone_hear(house.phone, "ACK");
    house_close(&house);
}

static void the_pbx_clears_before_the_ack(void)
{
    House house;

    house_open(&house);
    phone_calls(&house);
    pbx_says(&house, EVENT_ISDN_CONNECT, 0);
    phone_hear(house.phone, "SIP/2.0 200");
    pbx_says(&house, EVENT_ISDN_DISCONNECT, 16);
    g_assert_true(phone_hears_nothing(house.phone, 15)); /* RFC 4497 8.4.1 (2) */
    phone_ack(house.phone, NULL);
    phone_hear(house.phone, "BYE");
    phone_reply(house.phone, "BYE", "200 OK", "", NULL);
    house_close(&house);
}

static void an_answer_meets_a_cancel(void)
{
    House house;

    house_open(&house);
    phone_calls(&house);
    pbx_says(&house, EVENT_ISDN_ALERTING, 0);
    phone_hear(house.phone, "SIP/2.0 180");
    phone_cancel(house.phone, "");
    pbx_says(&house, EVENT_ISDN_CONNECT, 0); /* before the CANCEL is read */
    loop_rest(house.loop, 20);
    phone_ack(house.phone, NULL);
    phone_request(house.phone, "BYE", NULL, "", NULL);
    house_close(&house);
}

static void a_refused_route_is_told(void)
{
    House house;
    g_autofree char *uri = NULL;

    house_open(&house);
    uri = g_strdup(house.uri);
    memcpy(strstr(uri, "200@"), "900@", 4);
    phone_request(house.phone, "INVITE", uri, "", SDP);
    phone_hear(house.phone, "SIP/2.0 404");
    house_close(&house);
}

static void hundreds_of_calls_leave_nothing(void)
{
    House house;

    house_open(&house);
    for (int i = 0; i < 200; i++) {
        phone_calls(&house);
        pbx_says(&house, i % 3 ? EVENT_ISDN_CONNECT : EVENT_ISDN_DISCONNECT, i % 3 ? 0 : 17);
        phone_hear(house.phone, i % 3 ? "SIP/2.0 200" : "SIP/2.0 486");
        if (i % 3) {
            loop_rest(house.loop, 1);
            phone_ack(house.phone, NULL);
            phone_request(house.phone, "BYE", NULL, "", NULL);
        }
        house_rests(&house);
        phone_forget(house.phone);
    }
    house_close(&house);
}

/* One call at once, no longer than its time; and some numbers not at all. */
static void a_class_refuses_counts_and_ends(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Settings) classes = settings_parse(
        "classes", "[class default]\ndeny = 299\ncalls = 1\nmax-duration = 500ms\n", &error);
    g_autofree char *denied = NULL;
    ClassBook *book;
    House house;

    g_assert_no_error(error);
    house_open(&house);
    book = class_book_new(house.loop, classes);
    ua_set_classes(house.ua, book);
    denied = g_strdup(house.uri);
    memcpy(strstr(denied, "200"), "299", 3);
    phone_request(house.phone, "INVITE", denied, "", SDP);
    phone_hear(house.phone, "SIP/2.0 403 Number Not Allowed");
    phone_hang_up(house.phone);
    phone_calls(&house);
    pbx_says(&house, EVENT_ISDN_CONNECT, 0);
    phone_hear(house.phone, "SIP/2.0 200");
    phone_ack(house.phone, NULL);
    phone_request(house.second, "INVITE", house.uri, "", SDP);
    phone_hear(house.second, "SIP/2.0 403 Too Many Calls");
    g_assert_cmpuint(class_live_group(book, "default"), ==, 1);
    phone_hear(house.phone, "BYE");
    phone_reply(house.phone, "BYE", "200 OK", "", NULL);
    house_rests(&house);
    g_assert_nonnull(strstr(house.line->str, "disconnect"));
    g_assert_cmpuint(class_live_group(book, "default"), ==, 0);
    phone_hang_up(house.second);
    phone_request(house.second, "INVITE", house.uri, "", SDP);
    phone_hear(house.second, "SIP/2.0 100");
    g_assert_cmpuint(class_live_group(book, "default"), ==, 1);
    phone_cancel(house.second, "");
    phone_hear(house.second, "SIP/2.0 200");
    phone_hear(house.second, "SIP/2.0 487");
    house_rests(&house);
    house_close(&house);
    class_book_free(book);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    sofia_open();
    g_test_add_func("/sip-hall/a-phone-calls-the-pbx", a_phone_calls_the_pbx);
    g_test_add_func("/sip-hall/the-channel-decides-the-law-at-once",
                    the_channel_decides_the_law_at_once);
    g_test_add_func("/sip-hall/the-pbx-calls-a-phone", the_pbx_calls_a_phone);
    g_test_add_func("/sip-hall/busy-goes-both-ways", busy_goes_both_ways);
    g_test_add_func("/sip-hall/the-pbx-gives-up-before-a-response",
                    the_pbx_gives_up_before_a_response);
    g_test_add_func("/sip-hall/the-pbx-gives-up-as-the-phone-answers",
                    the_pbx_gives_up_as_the_phone_answers);
    g_test_add_func("/sip-hall/a-failed-target-gives-way-to-the-next",
                    a_failed_target_gives_way_to_the_next);
    g_test_add_func("/sip-hall/a-silent-target-gives-way-to-the-next",
                    a_silent_target_gives_way_to_the_next);
    g_test_add_func("/sip-hall/the-last-target-may-be-silent-for-longer",
                    the_last_target_may_be_silent_for_longer);
    g_test_add_func("/sip-hall/nobody-is-called-for-who-has-left",
                    nobody_is_called_for_who_has_left);
    g_test_add_func("/sip-hall/the-pbx-clears-before-the-ack", the_pbx_clears_before_the_ack);
    g_test_add_func("/sip-hall/an-answer-meets-a-cancel", an_answer_meets_a_cancel);
    g_test_add_func("/sip-hall/a-refused-route-is-told", a_refused_route_is_told);
    g_test_add_func("/sip-hall/hundreds-of-calls-leave-nothing", hundreds_of_calls_leave_nothing);
    dialog_stories();
    overlap_stories();
    g_test_add_func("/sip-hall/a-class-refuses-counts-and-ends", a_class_refuses_counts_and_ends);
    result = g_test_run();
    sofia_close();
    return result;
}
