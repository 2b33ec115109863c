/* Several addresses, and TCP: a dialog stays where it began, and what a connection can do to it. */
#include "name_server.h"
#include "sip_story.h"

#include <string.h>
#include <unistd.h>

static const CallSetup plain = {.calling = {.digits = "555"}, .bearer = BEARER_SPEECH};

/* A story whose phone speaks TCP. */
static void tcp_story_open(Story *story)
{
    story_open(story);
    phone_free(story->phone);
    story->phone = phone_new_tcp(story->loop, "127.0.0.1", story->port);
}

static Call *call_to(Story *story, const char *uri)
{
    Call *call = hall_fake_call_to(story->hall, uri, &plain,
                                   g_ptr_array_index(story->settings->trunks, 0), NULL);

    g_assert_true(hall_fake_act(call, ACTION_SIP_INVITE));
    return call;
}

/* PHONE, the last that was called, is busy; CALL ends. */
static void phone_is_busy(Story *story, Phone *phone, Call *call)
{
    phone_reply(phone, "INVITE", "486 Busy Here", "", NULL);
    story_events(story, "FAILURE/486");
    hall_fake_end(call);
}

static Call *call_over_tcp(Story *story)
{
    g_autofree char *uri =
        g_strdup_printf("sip:100@127.0.0.1:%u;transport=tcp", phone_port(story->phone));
    Call *call = call_to(story, uri);

    phone_hear(story->phone, "INVITE sip:100@");
    return call;
}

static void contact_is(Story *story, const char *message, const char *host, const char *more)
{
    g_autofree char *wanted = g_strdup_printf("<sip:%s:%u%s>", host, story->port, more);

    header_is(message, "Contact", wanted);
}

static void via_begins(Story *story, const char *message, const char *transport, const char *host)
{
    g_autofree char *wanted = g_strdup_printf("SIP/2.0/%s %s:%u", transport, host, story->port);

    header_begins(message, "Via", wanted);
}

static void we_hang_up(Story *story)
{
    hall_fake_act(story_call(story), ACTION_SIP_BYE);
    hall_fake_set_state(story_call(story), SIP_LEAVING);
    phone_hear(story->phone, "BYE sip:100@");
    phone_reply(story->phone, "BYE", "200 OK", "", NULL);
    story_events(story, "ENDED");
    hall_fake_end(story_call(story));
    story_settles(story);
}

/* ---- TCP ----------------------------------------------------------------------------------------
 */

static void a_phone_calls_by_tcp(void)
{
    Story story;

    tcp_story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_RING);
    contact_is(&story, phone_hear(story.phone, "SIP/2.0 180"), "127.0.0.1", ";transport=tcp");
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    contact_is(&story, phone_hear(story.phone, "SIP/2.0 200"), "127.0.0.1", ";transport=tcp");
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+media ACK");
    story_hang_up(&story);
    g_assert_cmpuint(phone_connections(story.phone), ==, 1);
    g_assert_cmpuint(story_counter(&story, "connections accepted"), ==, 1);
    story_close(&story);
}

/* Our BYE goes to the phone's Contact: the phone takes the connection. */
static void we_clear_a_call_by_tcp(void)
{
    Story story;

    tcp_story_open(&story);
    story_talk(&story);
    we_hang_up(&story);
    via_begins(&story, phone_last_heard(story.phone), "TCP", "127.0.0.1");
    story_close(&story);
}

static void we_call_by_tcp(void)
{
    Story story;

    tcp_story_open(&story);
    call_over_tcp(&story);
    via_begins(&story, phone_last_heard(story.phone), "TCP", "127.0.0.1");
    contact_is(&story, phone_last_heard(story.phone), "127.0.0.1", ";transport=tcp");
    phone_reply(story.phone, "INVITE", "200 OK", "", SDP_BOTH);
    story_events(&story, "ANSWER+media");
    phone_hear(story.phone, "ACK");
    story_hang_up(&story);
    g_assert_cmpuint(phone_connections(story.phone), ==, 1); /* which is ours */
    story_close(&story);
}

static void a_caller_cancels_by_tcp(void)
{
    Story story;

    tcp_story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_RING);
    phone_hear(story.phone, "SIP/2.0 180");
    phone_cancel(story.phone, "");
    phone_hear(story.phone, "SIP/2.0 200");
    phone_hear(story.phone, "SIP/2.0 487");
    story_events(&story, "CANCEL/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

/* The INVITE's transaction lives on until 487 comes, which is acknowledged. */
static void we_cancel_by_tcp(void)
{
    Story story;

    tcp_story_open(&story);
    call_over_tcp(&story);
    phone_reply(story.phone, "INVITE", "180 Ringing", "", NULL);
    story_events(&story, "RINGING");
    hall_fake_act(story_call(&story), ACTION_SIP_CANCEL);
    via_begins(&story, phone_hear(story.phone, "CANCEL sip:100@"), "TCP", "127.0.0.1");
    phone_reply(story.phone, "CANCEL", "200 OK", "", NULL);
    phone_reply(story.phone, "INVITE", "487 Request Terminated", "", NULL);
    story_events(&story, "FAILURE/487");
    phone_hear(story.phone, "ACK sip:100@");
    g_assert_cmpuint(phone_connections(story.phone), ==, 1);
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

static void a_cancel_by_tcp_waits_for_a_response(void)
{
    Story story;

    tcp_story_open(&story);
    call_over_tcp(&story);
    hall_fake_act(story_call(&story), ACTION_SIP_CANCEL);
    g_assert_true(phone_hears_nothing(story.phone, 15));
    phone_reply(story.phone, "INVITE", "180 Ringing", "", NULL);
    phone_hear(story.phone, "CANCEL");
    phone_reply(story.phone, "CANCEL", "200 OK", "", NULL);
    phone_reply(story.phone, "INVITE", "487 Request Terminated", "", NULL);
    story_events(&story, "RINGING FAILURE/487");
    phone_hear(story.phone, "ACK");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

/* RFC 3261 9.1: the call is given up after 64*T1, for which NTA takes 32 s. */
static void nobody_answers_our_cancel_by_tcp(void)
{
    Story story;

    tcp_story_open(&story);
    call_over_tcp(&story);
    phone_reply(story.phone, "INVITE", "180 Ringing", "", NULL);
    story_events(&story, "RINGING");
    hall_fake_act(story_call(&story), ACTION_SIP_CANCEL);
    phone_hear(story.phone, "CANCEL");
    loop_begin_leaps();
    loop_leap(story.loop, 33);
    story_events(&story, "FAILURE/408");
    loop_end_leaps();
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

static void a_connection_is_refused(void)
{
    Story story;
    g_autofree char *uri = NULL;

    tcp_story_open(&story);
    uri = g_strdup_printf("sip:100@127.0.0.1:%u;transport=tcp", phone_port(story.phone));
    phone_close_door(story.phone);
    hall_fake_act(hall_fake_call_to(story.hall, uri, &plain,
                                    g_ptr_array_index(story.settings->trunks, 0), NULL),
                  ACTION_SIP_INVITE);
    story_events(&story, "FAILURE/503"); /* as that of a UDP port that nobody has */
    g_assert_true(hall_fake_news(story.hall)->own_timer);
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

/* Whoever has something to say makes another connection. */
static void a_connection_is_lost_in_a_call(void)
{
    Story story;

    tcp_story_open(&story);
    call_over_tcp(&story);
    phone_reply(story.phone, "INVITE", "200 OK", "", SDP_BOTH);
    story_events(&story, "ANSWER+media");
    phone_hear(story.phone, "ACK");
    phone_break(story.phone);
    loop_rest(story.loop, 20);
    we_hang_up(&story);
    g_assert_cmpuint(phone_connections(story.phone), ==, 2);
    story_close(&story);
}

static void the_far_end_comes_again_by_another_connection(void)
{
    Story story;

    tcp_story_open(&story);
    story_talk(&story);
    phone_break(story.phone);
    loop_rest(story.loop, 20);
    story_hang_up(&story);
    g_assert_cmpuint(phone_connections(story.phone), ==, 2);
    story_close(&story);
}

/* What NUA does not see is answered by hand, on the connection that it came by. */
static void a_bye_in_an_early_dialog_is_answered_by_tcp(void)
{
    Story story;

    tcp_story_open(&story);
    call_over_tcp(&story);
    phone_reply(story.phone, "INVITE", "180 Ringing", "", NULL);
    story_events(&story, "RINGING");
    phone_request(story.phone, "BYE", NULL, "", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    story_events(&story, "BYE/16");
    hall_fake_act(story_call(&story), ACTION_SIP_CANCEL);
    phone_hear(story.phone, "CANCEL");
    phone_reply(story.phone, "CANCEL", "200 OK", "", NULL);
    phone_reply(story.phone, "INVITE", "487 Request Terminated", "", NULL);
    story_events(&story, "FAILURE/487");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

/* ---- who may connect ----------------------------------------------------------------------------
 */

static void connect_from(Phone *phone, const char *start)
{
    phone_request(phone, "OPTIONS", "sip:127.0.0.1", "", NULL);
    if (start)
        phone_hear(phone, start);
}

static void strangers_are_not_let_in(void)
{
    Story story;
    Phone *stranger;

    story_open(&story);
    stranger = phone_new_tcp(story.loop, "127.0.0.9", story.port);
    connect_from(stranger, NULL);
    g_assert_true(phone_hears_nothing(stranger, 30));
    g_assert_cmpuint(story_counter(&story, "connections of strangers"), ==, 1);
    g_assert_cmpuint(story_counter(&story, "connections open"), ==, 0);
    phone_free(stranger);
    story_close(&story);
}

static void one_source_has_so_many_connections(void)
{
    Story story;
    Phone *phones[4];

    story_open_with(&story, "127.0.0.1", "max-connections-per-source = 2\nmax-connections = 3\n",
                    0);
    for (guint i = 0; i < G_N_ELEMENTS(phones); i++) {
        phones[i] = phone_new_tcp(story.loop, i == 3 ? "127.0.0.5" : "127.0.0.1", story.port);
        connect_from(phones[i], i == 2 ? NULL : "SIP/2.0 200");
        g_assert_true(phone_hears_nothing(phones[i], 10));
    }
    g_assert_cmpuint(story_counter(&story, "connections over the limit"), ==, 1);
    g_assert_cmpuint(story_counter(&story, "connections open"), ==, 3);
    for (guint i = 0; i < G_N_ELEMENTS(phones); i++)
        phone_free(phones[i]);
    story_close(&story);
}

static void silent_connections_are_closed(void)
{
    Story story;
    Phone *phone, *slow;

    story_open_with(&story, "127.0.0.1", "idle = 1s\n", 0);
    phone = phone_new_tcp(story.loop, "127.0.0.1", story.port);
    slow = phone_new_tcp(story.loop, "127.0.0.1", story.port);
    connect_from(phone, "SIP/2.0 200");
    phone_send_raw(slow, "OPT", 3);
    loop_rest(story.loop, 2000);
    g_assert_cmpuint(story_counter(&story, "connections open"), ==, 0);
    g_assert_cmpuint(story_counter(&story, "connections closed as silent"), >=, 1);
    phone_free(phone);
    phone_free(slow);
    story_close(&story);
}

static void too_many_header_lines_are_not_read(void)
{
    g_autoptr(GString) text = g_string_new("OPTIONS sip:127.0.0.1 SIP/2.0\r\n");
    Story story;

    tcp_story_open(&story);
    for (guint i = 0; i < 10000; i++)
        g_string_append(text, "a:b\r\n");
    g_string_append(text, "\r\n");
    phone_send_raw(story.phone, text->str, text->len);
    g_assert_true(phone_hears_nothing(story.phone, 50));
    g_assert_cmpuint(story_counter(&story, "messages malformed"), ==, 1);
    story_close(&story);
}

static void there_is_no_tcp_where_it_is_off(void)
{
    Story story;
    struct sockaddr_storage to;
    int fd;

    story_open_with(&story, "127.0.0.1", "tcp = no\n", 0);
    g_assert_true(address_parse("127.0.0.1", &to));
    address_set_port(&to, story.port);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&to, address_length(&to)), ==, -1);
    close(fd);
    phone_request(story.phone, "INVITE", story.uri, "Contact: <sip:a@127.0.0.1;transport=tcp>\r\n",
                  SDP_BOTH);
    phone_hear(story.phone, "SIP/2.0 400"); /* it could not be spoken to */
    story_close(&story);
}

/* ---- several addresses --------------------------------------------------------------------------
 */

static void came_from(Story *story, const char *address)
{
    struct sockaddr_storage wanted;

    g_assert_true(address_parse(address, &wanted));
    address_set_port(&wanted, story->port);
    g_assert_true(address_equal(phone_heard_from(story->phone), (struct sockaddr *)&wanted));
}

static void a_dialog_stays_at_the_second_address(void)
{
    Story story;
    const char *heard;

    story_open_with(&story, "127.0.0.1", "also-listen = 127.0.0.2:$P\n", 0);
    phone_turn_to(story.phone, "127.0.0.2");
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    contact_is(&story, phone_hear(story.phone, "SIP/2.0 200"), "127.0.0.2", "");
    came_from(&story, "127.0.0.2");
    phone_ack(story.phone, NULL);
    story_events(&story, "MEDIA+media ACK");
    hall_fake_act(story_call(&story), ACTION_SIP_BYE);
    hall_fake_set_state(story_call(&story), SIP_LEAVING);
    heard = phone_hear(story.phone, "BYE sip:100@");
    via_begins(&story, heard, "UDP", "127.0.0.2");
    came_from(&story, "127.0.0.2");
    phone_reply(story.phone, "BYE", "200 OK", "", NULL);
    story_events(&story, "ENDED");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

/* What is answered by hand is answered from where it was asked. */
static void a_service_that_is_none_is_refused_at_the_second_address(void)
{
    Story story;

    story_open_with(&story, "127.0.0.1", "also-listen = 127.0.0.2:$P\n", 0);
    phone_turn_to(story.phone, "127.0.0.2");
    story.settings->emergency.services = NULL;
    phone_request(story.phone, "INVITE", "urn:service:sos", "", SDP_BOTH);
    phone_hear(story.phone, "SIP/2.0 404");
    came_from(&story, "127.0.0.2");
    story_close(&story);
}

/* The address that the far end is spoken to from, and its family. */
static void our_calls_leave_where_their_way_begins(void)
{
    Story story;
    g_autofree char *uri = NULL;
    Phone *six;
    Call *call;

    story_open_with(&story, "127.0.0.2", "also-listen = 127.0.0.1:$P, [::1]:$P\n", 0);
    phone_free(story.phone);
    story.phone = phone_new(story.loop, "127.0.0.1", story.port);
    story_call_out(&story, story.phone, &plain, NULL);
    via_begins(&story, phone_last_heard(story.phone), "UDP", "127.0.0.1");
    contact_is(&story, phone_last_heard(story.phone), "127.0.0.1", "");
    came_from(&story, "127.0.0.1");
    phone_is_busy(&story, story.phone, story_call(&story));
    six = phone_new(story.loop, "::1", story.port);
    uri = g_strdup_printf("sip:100@[::1]:%u", phone_port(six));
    call = call_to(&story, uri);
    phone_hear(six, "INVITE sip:100@[::1]");
    via_begins(&story, phone_last_heard(six), "UDP", "[::1]");
    contact_is(&story, phone_last_heard(six), "[::1]", "");
    header_begins(phone_last_heard(six), "From", "<sip:555@[::1];user=phone>");
    phone_is_busy(&story, six, call);
    story_settles(&story);
    phone_free(six);
    story_close(&story);
}

#define SDP_SIX                                                                                    \
    "v=0\r\no=- 1 1 IN IP6 ::1\r\ns=-\r\nc=IN IP6 ::1\r\nt=0 0\r\n"                                \
    "m=audio 40000 RTP/AVP 0 8\r\na=sendrecv\r\n"

static void has_line(const char *message, const char *line)
{
    if (!strstr(message_body(message), line))
        g_error("'%s' has no '%s'", message, line);
}

/* Media go by the family of the far end's description; ours, when it has said none, by that of its
 * signalling. */
static void media_are_of_the_far_ends_family(void)
{
    Story story;
    Phone *six;
    g_autofree char *uri = NULL;
    const char *heard;
    Call *call;

    story_open_with(&story, "127.0.0.1", "also-listen = [::1]:$P\n", 0);
    g_assert_true(address_parse("::1", &story.settings->media.other));
    six = phone_new(story.loop, "::1", story.port);
    phone_request(six, "INVITE", story.uri, "", SDP_SIX);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    heard = phone_hear(six, "SIP/2.0 200");
    has_line(heard, "\r\nc=IN IP6 ::1\r\n");
    has_line(heard, " IN IP6 ::1\r\n");
    phone_ack(six, NULL);
    story_events(&story, "MEDIA+media ACK");
    phone_request(six, "INVITE", NULL, "", SDP_BOTH); /* its media have moved to IPv4 */
    has_line(phone_hear(six, "SIP/2.0 200"), "\r\nc=IN IP4 127.0.0.1\r\n");
    phone_ack(six, NULL);
    story_events(&story, "MEDIA+media");
    phone_request(six, "BYE", NULL, "", NULL);
    story_events(&story, "BYE/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    uri = g_strdup_printf("sip:100@[::1]:%u", phone_port(six));
    call = call_to(&story, uri);
    phone_hear(six, "SIP/2.0 200"); /* of its BYE */
    has_line(phone_hear(six, "INVITE"), "\r\nc=IN IP6 ::1\r\n");
    phone_is_busy(&story, six, call);
    story_settles(&story);
    phone_free(six);
    story_close(&story);
}

static void an_offer_of_another_family_is_refused(void)
{
    Story story;
    const char *heard;

    story_open(&story);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_SIX);
    heard = phone_hear(story.phone, "SIP/2.0 488");
    header_is(heard, "Warning", "301 127.0.0.1 \"Incompatible network address formats\"");
    phone_hang_up(story.phone);
    story_talk(&story);
    phone_request(story.phone, "INVITE", NULL, "", SDP_SIX);
    heard = phone_hear(story.phone, "SIP/2.0 488");
    header_is(heard, "Warning", "301 127.0.0.1 \"Incompatible network address formats\"");
    story_hang_up(&story);
    story_close(&story);
}

#define BEHIND_NAT "public-host = gateway.example\nlocal-networks = 127.0.0.5\n"

static void nat_story_open(Story *story)
{
    story_open_with(story, "127.0.0.1", BEHIND_NAT, 0);
    g_assert_true(address_parse("203.0.113.9", &story->settings->media.public_address));
}

/* The phone calls: the answer's Contact is at HOST, its media at ADDRESS. */
static void is_told(Story *story, Phone *phone, const char *host, const char *address)
{
    g_autofree char *line = g_strdup_printf("\r\nc=IN IP4 %s\r\n", address);
    const char *heard;

    phone_request(phone, "INVITE", story->uri, "", SDP_BOTH);
    story_events(story, "INVITE+media");
    hall_fake_act(story_call(story), ACTION_SIP_ANSWER);
    heard = phone_hear(phone, "SIP/2.0 200");
    contact_is(story, heard, host, "");
    has_line(heard, line);
    phone_ack(phone, NULL);
    story_events(story, "MEDIA+media ACK");
    phone_request(phone, "BYE", story->uri, "", NULL);
    story_events(story, "BYE/16");
    hall_fake_end(story_call(story));
    story_settles(story);
    phone_forget(phone);
}

/* We call PHONE at AT. */
static void hears_of(Story *story, Phone *phone, const char *at, const char *host,
                     const char *address)
{
    g_autofree char *uri = g_strdup_printf("sip:100@%s:%u", at, phone_port(phone));
    g_autofree char *line = g_strdup_printf("\r\nc=IN IP4 %s\r\n", address);
    g_autofree char *from = g_strdup_printf("<sip:555@%s;", host);
    Call *call = hall_fake_call_to(story->hall, uri, &plain,
                                   g_ptr_array_index(story->settings->trunks, 0), NULL);
    const char *heard;

    g_assert_true(hall_fake_act(call, ACTION_SIP_INVITE));
    heard = phone_hear(phone, "INVITE");
    contact_is(story, heard, host, "");
    header_begins(heard, "From", from);
    has_line(heard, line);
    phone_reply(phone, "INVITE", "486 Busy Here", "", NULL);
    story_events(story, "FAILURE/486");
    hall_fake_end(call);
    story_settles(story);
    phone_forget(phone);
}

static void who_is_outside_is_told_public_addresses(void)
{
    Story story;
    Phone *inside;

    nat_story_open(&story);
    inside = phone_new(story.loop, "127.0.0.5", story.port);
    is_told(&story, story.phone, "gateway.example", "203.0.113.9");
    is_told(&story, inside, "127.0.0.1", "127.0.0.1");
    hears_of(&story, story.phone, "127.0.0.1", "gateway.example", "203.0.113.9");
    hears_of(&story, inside, "127.0.0.5", "127.0.0.1", "127.0.0.1");
    phone_free(inside);
    story_close(&story);
}

/* A name is outside or not by the address that it is called at. */
static void a_name_is_inside_by_its_address(void)
{
    NameServer *names = name_server_new("");
    g_autofree char *zone = NULL;
    const char *heard;
    Phone *inside;
    Story story;
    Call *call;

    story_open_with(&story, "127.0.0.1", BEHIND_NAT, name_server_port(names));
    g_assert_true(address_parse("203.0.113.9", &story.settings->media.public_address));
    inside = phone_new(story.loop, "127.0.0.5", story.port);
    zone = g_strdup_printf("_sip._udp.in.example 60 SRV 10 0 %u host.example\n"
                           "host.example 60 A 127.0.0.5\n",
                           phone_port(inside));
    name_server_write(names, zone);
    call = call_to(&story, "sip:100@in.example");
    heard = phone_hear(inside, "INVITE");
    contact_is(&story, heard, "127.0.0.1", "");
    has_line(heard, "\r\nc=IN IP4 127.0.0.1\r\n");
    phone_is_busy(&story, inside, call);
    story_settles(&story);
    phone_free(inside);
    story_close(&story);
    name_server_free(names);
}

/* The server's name has an address of the other family alone: what is known of it decides. */
static void a_name_leads_to_the_other_family(void)
{
    NameServer *names = name_server_new("");
    g_autofree char *zone = NULL;
    const char *heard;
    Phone *six;
    Story story;
    Call *call;

    story_open_with(&story, "127.0.0.1", "also-listen = [::1]:$P\n", name_server_port(names));
    g_assert_true(address_parse("::1", &story.settings->media.other));
    six = phone_new(story.loop, "::1", story.port);
    zone = g_strdup_printf("_sip._udp.six.example 60 SRV 10 0 %u host.example\n"
                           "host.example 60 AAAA ::1\n",
                           phone_port(six));
    name_server_write(names, zone);
    call = call_to(&story, "sip:100@six.example");
    heard = phone_hear(six, "INVITE sip:100@six.example");
    via_begins(&story, heard, "UDP", "[::1]");
    contact_is(&story, heard, "[::1]", "");
    has_line(heard, "\r\nc=IN IP6 ::1\r\n");
    phone_reply(six, "INVITE", "486 Busy Here", "", NULL);
    story_events(&story, "FAILURE/486");
    phone_hear(six, "ACK");
    hall_fake_end(call);
    story_settles(&story);
    phone_free(six);
    story_close(&story);
    name_server_free(names);
}

/* A URI that wants TCP: _sip._tcp is asked for, and the dialog stays there. */
static void a_name_is_called_by_tcp(void)
{
    NameServer *names = name_server_new("");
    g_autofree char *zone = NULL;
    const char *heard;
    Story story;
    Call *call;

    story_open_with(&story, "127.0.0.1", "", name_server_port(names));
    phone_free(story.phone);
    story.phone = phone_new_tcp(story.loop, "127.0.0.1", story.port);
    zone = g_strdup_printf("_sip._tcp.tcp.example 60 SRV 10 0 %u host.example\n"
                           "host.example 60 A 127.0.0.1\n",
                           phone_port(story.phone));
    name_server_write(names, zone);
    call = call_to(&story, "sip:100@tcp.example;transport=tcp");
    heard = phone_hear(story.phone, "INVITE sip:100@tcp.example");
    via_begins(&story, heard, "TCP", "127.0.0.1");
    contact_is(&story, heard, "127.0.0.1", ";transport=tcp");
    phone_is_busy(&story, story.phone, call);
    story_settles(&story);
    story_close(&story);
    name_server_free(names);
}

/* The offer is of the family of the address that it goes to. */
static void the_next_address_has_an_offer_of_its_family(void)
{
    NameServer *names = name_server_new("");
    g_autofree char *zone = NULL;
    const char *heard;
    Phone *six;
    Story story;
    Call *call;

    story_open_with(&story, "127.0.0.1", "also-listen = [::1]:$P\n", name_server_port(names));
    g_assert_true(address_parse("::1", &story.settings->media.other));
    story.settings->sip.fail_over_us = 200 * 1000;
    six = phone_new(story.loop, "::1", story.port);
    zone = g_strdup_printf("_sip._udp.both.example 60 SRV 10 0 %u four.example\n"
                           "_sip._udp.both.example 60 SRV 20 0 %u six.example\n"
                           "four.example 60 A 127.0.0.1\nsix.example 60 AAAA ::1\n",
                           phone_port(story.phone), phone_port(six));
    name_server_write(names, zone);
    call = call_to(&story, "sip:100@both.example");
    has_line(phone_hear(story.phone, "INVITE"), "\r\nc=IN IP4 127.0.0.1\r\n");
    heard = phone_hear(six, "INVITE");
    contact_is(&story, heard, "[::1]", "");
    has_line(heard, "\r\nc=IN IP6 ::1\r\n");
    phone_is_busy(&story, six, call);
    story_settles(&story);
    phone_free(six);
    story_close(&story);
    name_server_free(names);
}

static void another_public_address_is_told(void)
{
    Story story;

    story_open_with(&story, "127.0.0.1",
                    "also-listen = 127.0.0.2:$P\npublic-host = gateway.example\n", 0);
    phone_turn_to(story.phone, "127.0.0.2");
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_RING);
    contact_is(&story, phone_hear(story.phone, "SIP/2.0 180"), "gateway.example", "");
    phone_cancel(story.phone, "");
    phone_hear(story.phone, "SIP/2.0 200");
    phone_hear(story.phone, "SIP/2.0 487");
    story_events(&story, "CANCEL/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

static void an_address_that_is_taken_is_named(void)
{
    Story story;
    Ua *second;
    g_autofree char *wanted = NULL;
    g_autoptr(GError) error = NULL;
    struct sockaddr_storage other;

    story_open(&story);
    g_assert_true(address_parse("127.0.0.2", &other));
    address_set_port(&other, story.port);
    story.settings->sip.also_listen = g_array_new(FALSE, TRUE, sizeof(other));
    g_array_append_val(story.settings->sip.also_listen, story.settings->sip.listen);
    story.settings->sip.listen = other;
    wanted = g_strdup_printf("[sip] also-listen: 127.0.0.1:%u (udp): Address already in use",
                             story.port);
    second = ua_new(story.settings, story.loop, story.hall, NULL, NULL, &error);
    g_assert_null(second);
    g_assert_cmpstr(error->message, ==, wanted);
    story_close(&story);
}

void ports_stories(void)
{
    g_test_add_func("/sip/tcp/a-phone-calls", a_phone_calls_by_tcp);
    g_test_add_func("/sip/tcp/we-clear", we_clear_a_call_by_tcp);
    g_test_add_func("/sip/tcp/we-call", we_call_by_tcp);
    g_test_add_func("/sip/tcp/a-caller-cancels", a_caller_cancels_by_tcp);
    g_test_add_func("/sip/tcp/we-cancel", we_cancel_by_tcp);
    g_test_add_func("/sip/tcp/a-cancel-waits-for-a-response", a_cancel_by_tcp_waits_for_a_response);
    g_test_add_func("/sip/tcp/nobody-answers-our-cancel", nobody_answers_our_cancel_by_tcp);
    g_test_add_func("/sip/tcp/a-connection-is-refused", a_connection_is_refused);
    g_test_add_func("/sip/tcp/a-connection-is-lost", a_connection_is_lost_in_a_call);
    g_test_add_func("/sip/tcp/another-connection", the_far_end_comes_again_by_another_connection);
    g_test_add_func("/sip/tcp/a-bye-in-an-early-dialog",
                    a_bye_in_an_early_dialog_is_answered_by_tcp);
    g_test_add_func("/sip/tcp/strangers-are-not-let-in", strangers_are_not_let_in);
    g_test_add_func("/sip/tcp/so-many-connections", one_source_has_so_many_connections);
    g_test_add_func("/sip/tcp/silent-connections-are-closed", silent_connections_are_closed);
    g_test_add_func("/sip/tcp/header-lines", too_many_header_lines_are_not_read);
    g_test_add_func("/sip/tcp/off", there_is_no_tcp_where_it_is_off);
    g_test_add_func("/sip/ports/a-dialog-stays", a_dialog_stays_at_the_second_address);
    g_test_add_func("/sip/ports/answered-by-hand",
                    a_service_that_is_none_is_refused_at_the_second_address);
    g_test_add_func("/sip/ports/our-calls-leave", our_calls_leave_where_their_way_begins);
    g_test_add_func("/sip/ports/a-name", a_name_leads_to_the_other_family);
    g_test_add_func("/sip/ports/a-name-by-tcp", a_name_is_called_by_tcp);
    g_test_add_func("/sip/ports/next-family", the_next_address_has_an_offer_of_its_family);
    g_test_add_func("/sip/ports/media", media_are_of_the_far_ends_family);
    g_test_add_func("/sip/ports/no-such-family", an_offer_of_another_family_is_refused);
    g_test_add_func("/sip/ports/nat", who_is_outside_is_told_public_addresses);
    g_test_add_func("/sip/ports/nat-name", a_name_is_inside_by_its_address);
    g_test_add_func("/sip/ports/public-host", another_public_address_is_told);
    g_test_add_func("/sip/ports/taken", an_address_that_is_taken_is_named);
}
