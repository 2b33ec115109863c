/* Calls to a server whose name has several addresses: which is tried when, what the message says,
 * and what becomes of an address that fails. */
#include "name_server.h"
#include "sip_story.h"

#include <string.h>

#define TARGET "sip:100@pbx.example"

static const CallSetup plain = {.calling = {.digits = "555"}, .bearer = BEARER_SPEECH};

/* Two servers of pbx.example; the first is the story's phone. */
typedef struct Servers {
    Story story;
    NameServer *names;
    Phone *second;
} Servers;

static void servers_open(Servers *servers)
{
    Story *story = &servers->story;
    g_autofree char *zone = NULL;

    servers->names = name_server_new("");
    story_open_asking(story, "127.0.0.1", name_server_port(servers->names));
    servers->second = phone_new(story->loop, "127.0.0.1", story->port);
    zone = g_strdup_printf("_sip._udp.pbx.example 60 SRV 10 0 %u one.example\n"
                           "_sip._udp.pbx.example 60 SRV 20 0 %u two.example\n"
                           "one.example 60 A 127.0.0.1\n"
                           "two.example 60 A 127.0.0.1\n",
                           phone_port(story->phone), phone_port(servers->second));
    name_server_write(servers->names, zone);
    story->settings->sip.fail_over_us = 300 * 1000;
    story->settings->sip.graylist_us = 60 * G_USEC_PER_SEC;
    story->settings->sip.retry_after_us = 60 * G_USEC_PER_SEC;
}

static void servers_close(Servers *servers)
{
    phone_free(servers->second);
    story_close(&servers->story);
    name_server_free(servers->names);
}

static Call *servers_call(Servers *servers, const PeerSettings *peer)
{
    Story *story = &servers->story;
    Call *call = hall_fake_call_to(story->hall, TARGET, &plain,
                                   g_ptr_array_index(story->settings->trunks, 0), peer);

    g_assert_true(hall_fake_act(call, ACTION_SIP_INVITE));
    return call;
}

static void call_ends(Servers *servers)
{
    hall_fake_end(story_call(&servers->story));
    story_settles(&servers->story);
}

/* PHONE answers busy: the simplest end of a call. */
static void phone_is_busy(Servers *servers, Phone *phone)
{
    phone_hear(phone, "INVITE " TARGET ";user=phone SIP/2.0");
    phone_reply(phone, "INVITE", "486 Busy Here", "", NULL);
    phone_hear(phone, "ACK");
    story_events(&servers->story, "FAILURE/486");
    call_ends(servers);
}

/* The name stays in the Request-URI, nothing stands in Route, and the dialog goes to the Contact.
 */
static void the_first_server_is_called_by_its_name(void)
{
    Servers servers;
    Story *story = &servers.story;
    const char *heard;

    servers_open(&servers);
    servers_call(&servers, NULL);
    heard = phone_hear(story->phone, "INVITE " TARGET ";user=phone SIP/2.0");
    header_is(heard, "Route", NULL);
    header_begins(heard, "To", "<" TARGET);
    phone_reply(story->phone, "INVITE", "180 Ringing", "", NULL);
    story_events(story, "RINGING");
    phone_reply(story->phone, "INVITE", "200 OK", "", SDP_BOTH);
    heard = phone_hear(story->phone, "ACK sip:100@127.0.0.1:");
    header_is(heard, "Route", NULL);
    story_events(story, "ANSWER+media");
    story_hang_up(story);
    g_assert_true(phone_hears_nothing(servers.second, 10));
    servers_close(&servers);
}

static void silence_leads_to_the_next(void)
{
    Servers servers;
    Story *story = &servers.story;

    servers_open(&servers);
    servers_call(&servers, NULL);
    phone_hear(story->phone, "INVITE " TARGET);
    phone_is_busy(&servers, servers.second); /* also: no leg is left */
    g_assert_cmpuint(story_counter(story, "calls that went to a server's next address"), ==, 1);
    phone_forget(story->phone);
    servers_call(&servers, NULL); /* it is tried after the others for a while */
    phone_is_busy(&servers, servers.second);
    g_assert_true(phone_hears_nothing(story->phone, 10));
    servers_close(&servers);
}

/* What the first one still says belongs to no call. */
static void a_late_answer_is_hung_up(void)
{
    Servers servers;
    Story *story = &servers.story;

    servers_open(&servers);
    servers_call(&servers, NULL);
    phone_hear(story->phone, "INVITE " TARGET);
    phone_hear(servers.second, "INVITE " TARGET);
    phone_reply(servers.second, "INVITE", "180 Ringing", "", NULL);
    story_events(story, "RINGING");
    phone_reply(story->phone, "INVITE", "180 Ringing", "", NULL);
    phone_hear(story->phone, "CANCEL " TARGET);
    phone_reply(story->phone, "INVITE", "200 OK", "", SDP_BOTH); /* they have crossed */
    phone_hear(story->phone, "ACK");
    phone_hear(story->phone, "BYE");
    phone_reply(story->phone, "BYE", "200 OK", "", NULL);
    story_events(story, "");
    phone_reply(servers.second, "INVITE", "486 Busy Here", "", NULL);
    phone_hear(servers.second, "ACK");
    story_events(story, "FAILURE/486");
    call_ends(&servers);
    servers_close(&servers);
}

static void who_has_rung_has_the_call(void)
{
    Servers servers;
    Story *story = &servers.story;

    servers_open(&servers);
    servers_call(&servers, NULL);
    phone_hear(story->phone, "INVITE " TARGET);
    phone_reply(story->phone, "INVITE", "180 Ringing", "", NULL);
    story_events(story, "RINGING");
    g_assert_true(phone_hears_nothing(servers.second, 400));
    phone_reply(story->phone, "INVITE", "503 Service Unavailable", "", NULL);
    phone_hear(story->phone, "ACK");
    story_events(story, "FAILURE/503");
    call_ends(&servers);
    g_assert_true(phone_hears_nothing(servers.second, 10));
    servers_close(&servers);
}

static void retry_after_keeps_a_server_out_of_use(void)
{
    Servers servers;
    Story *story = &servers.story;
    Call *call;

    servers_open(&servers);
    servers_call(&servers, NULL);
    phone_hear(story->phone, "INVITE " TARGET);
    phone_reply(story->phone, "INVITE", "100 Trying", "", NULL);
    story_events(story, "TRYING");
    phone_reply(story->phone, "INVITE", "503 Service Unavailable", "Retry-After: 30\r\n", NULL);
    phone_hear(story->phone, "ACK");
    phone_hear(servers.second, "INVITE " TARGET);
    phone_reply(servers.second, "INVITE", "503 Service Unavailable", "Retry-After: 30\r\n", NULL);
    phone_hear(servers.second, "ACK");
    story_events(story, "FAILURE/503");
    call_ends(&servers);
    call = servers_call(&servers, NULL);
    story_events(story, "FAILURE/503");
    g_assert_true(phone_hears_nothing(story->phone, 10));
    g_assert_true(phone_hears_nothing(servers.second, 10));
    call_ends(&servers);
    call = hall_fake_call_to(story->hall, TARGET, &plain,
                             g_ptr_array_index(story->settings->trunks, 0), NULL);
    ((CallOrigin *)call_origin(call))->emergency = TRUE; /* nobody is too busy for it */
    g_assert_true(hall_fake_act(call, ACTION_SIP_INVITE));
    phone_is_busy(&servers, story->phone);
    servers_call(&servers, NULL); /* it has answered */
    phone_is_busy(&servers, story->phone);
    servers_close(&servers);
}

static void retry_after_is_bounded(void)
{
    Servers servers;
    Story *story = &servers.story;

    servers_open(&servers);
    story->settings->sip.retry_after_us = 0;
    story->settings->sip.graylist_us = 100 * 1000;
    servers_call(&servers, NULL);
    phone_hear(story->phone, "INVITE " TARGET);
    phone_reply(story->phone, "INVITE", "503 Service Unavailable", "Retry-After: 3600\r\n", NULL);
    phone_hear(story->phone, "ACK");
    phone_is_busy(&servers, servers.second);
    loop_rest(story->loop, 120);
    servers_call(&servers, NULL); /* quickly back */
    phone_is_busy(&servers, story->phone);
    servers_close(&servers);
}

/* ICMP: nobody listens there. */
static void who_is_not_there_is_passed_at_once(void)
{
    Servers servers;
    Story *story = &servers.story;

    servers_open(&servers);
    story->settings->sip.fail_over_us = 30 * G_USEC_PER_SEC;
    phone_free(story->phone);
    story->phone = servers.second;
    servers_call(&servers, NULL);
    phone_is_busy(&servers, servers.second);
    servers.second = phone_new(story->loop, "127.0.0.1", story->port);
    servers_close(&servers);
}

static void when_all_are_silent_the_call_fails(void)
{
    Servers servers;
    Story *story = &servers.story;

    servers_open(&servers);
    servers_call(&servers, NULL);
    story_events(story, "FAILURE/408"); /* the last one has its Timer B */
    call_ends(&servers);
    phone_forget(story->phone);
    servers_call(&servers, NULL); /* all are gray: all are tried */
    phone_is_busy(&servers, story->phone);
    servers_close(&servers);
}

static void a_challenge_is_answered_where_it_was_asked(void)
{
    static const PeerSettings carrier = {
        .name = (char *)"carrier", .user = (char *)"gw", .password = (char *)"secret"};
    Servers servers;
    Story *story = &servers.story;
    const char *heard;

    servers_open(&servers);
    servers_call(&servers, &carrier);
    phone_hear(story->phone, "INVITE " TARGET);
    phone_hear(servers.second, "INVITE " TARGET);
    phone_forget(story->phone);
    phone_reply(servers.second, "INVITE", "401 Unauthorized",
                "WWW-Authenticate: Digest realm=\"there\", nonce=\"n\", qop=\"auth\"\r\n", NULL);
    phone_hear(servers.second, "ACK");
    heard = phone_hear(servers.second, "INVITE " TARGET);
    header_begins(heard, "Authorization", "Digest username=\"gw\"");
    phone_reply(servers.second, "INVITE", "486 Busy Here", "", NULL);
    phone_hear(servers.second, "ACK");
    story_events(story, "FAILURE/486");
    call_ends(&servers);
    servers_close(&servers);
}

static void a_name_without_addresses_fails(void)
{
    Servers servers;
    Story *story = &servers.story;

    servers_open(&servers);
    name_server_write(servers.names, "");
    servers_call(&servers, NULL);
    story_events(story, "FAILURE/503");
    call_ends(&servers);
    servers_close(&servers);
}

/* The call ends while the name server is still silent. */
static void a_call_may_end_before_it_goes_out(void)
{
    Servers servers;
    Story *story = &servers.story;

    servers_open(&servers);
    name_server_write(servers.names, "_sip._udp.pbx.example 0 SILENT\n");
    servers_call(&servers, NULL);
    loop_rest(story->loop, 20);
    call_ends(&servers);
    servers_call(&servers, NULL);
    g_assert_true(hall_fake_act(story_call(story), ACTION_SIP_CANCEL));
    story_events(story, "FAILURE/487");
    loop_rest(story->loop, 450);
    call_ends(&servers);
    servers_close(&servers);
}

/* ---- watched, and registered with ---- */

static void peer_told(void *user, const UaPeer *peer)
{
    UaPeer *told = user;

    *told = *peer;
    told->addresses = g_intern_string(peer->addresses);
}

static UaPeer peer_now(Servers *servers)
{
    UaPeer peer = {0};

    ua_each_peer(servers->story.ua, peer_told, &peer);
    return peer;
}

static void state_becomes(Servers *servers, const char *state)
{
    gint64 end = loop_now(servers->story.loop) + 3 * G_USEC_PER_SEC;

    while (g_strcmp0(peer_now(servers).state, state) != 0 && loop_now(servers->story.loop) < end)
        loop_rest(servers->story.loop, 5);
    g_assert_cmpstr(peer_now(servers).state, ==, state);
}

static PeerSettings *peer_with_server(Servers *servers, gint64 check_us)
{
    PeerSettings *peer = g_ptr_array_index(servers->story.settings->peers, 0);

    peer->server = g_strdup("sip:pbx.example");
    peer->check_us = check_us;
    ua_set_settings(servers->story.ua, servers->story.settings);
    return peer;
}

static void options_answered(Servers *servers, Phone *phone, const char *status)
{
    const char *heard = phone_hear(phone, "OPTIONS sip:pbx.example SIP/2.0");

    header_is(heard, "Route", NULL);
    phone_reply(phone, "OPTIONS", status, "", NULL);
    loop_rest(servers->story.loop, 10);
}

/* A name is as well as the best of its addresses, and who is down is tried last. */
static void every_address_is_watched(void)
{
    Servers servers;
    Story *story = &servers.story;
    g_autofree char *addresses = NULL;
    PeerSettings *peer;

    servers_open(&servers);
    peer = peer_with_server(&servers, 200 * 1000);
    g_assert_cmpstr(peer_now(&servers).state, ==, "unknown");
    for (guint i = 0; i < 3; i++) {
        options_answered(&servers, story->phone, "503 Service Unavailable");
        options_answered(&servers, servers.second, "200 OK");
        phone_forget(servers.second);
    }
    state_becomes(&servers, "up");
    addresses = g_strdup_printf("127.0.0.1:%u down, 127.0.0.1:%u up", phone_port(story->phone),
                                phone_port(servers.second));
    g_assert_cmpstr(peer_now(&servers).addresses, ==, addresses);
    g_assert_true(ua_peer_is_usable(story->ua, peer));
    phone_forget(story->phone);
    servers_call(&servers, peer);
    phone_is_busy(&servers, servers.second);
    for (guint i = 0; i < 3; i++)
        options_answered(&servers, servers.second, "503 Service Unavailable");
    state_becomes(&servers, "down");
    g_assert_false(ua_peer_is_usable(story->ua, peer));
    servers_close(&servers);
}

/* A call that fails has the server asked at once; its busy says nothing. */
static void calls_tell_of_the_server(void)
{
    Servers servers;
    Story *story = &servers.story;
    PeerSettings *peer;

    servers_open(&servers);
    peer = peer_with_server(&servers, 3600 * (gint64)G_USEC_PER_SEC);
    options_answered(&servers, story->phone, "200 OK");
    options_answered(&servers, servers.second, "200 OK");
    state_becomes(&servers, "up");
    servers_call(&servers, peer);
    phone_is_busy(&servers, story->phone);
    g_assert_true(phone_hears_nothing(story->phone, 20));
    servers_call(&servers, peer);
    phone_hear(story->phone, "INVITE " TARGET);
    phone_reply(story->phone, "INVITE", "503 Service Unavailable", "", NULL);
    phone_hear(story->phone, "ACK");
    phone_is_busy(&servers, servers.second);
    g_assert_nonnull(strstr(peer_now(&servers).addresses, " suspect tried last for "));
    options_answered(&servers, story->phone, "200 OK"); /* an hour early */
    g_assert_true(phone_hears_nothing(servers.second, 20));
    servers_close(&servers);
}

static void registration_goes_to_the_next_server(void)
{
    Servers servers;
    Story *story = &servers.story;
    PeerSettings *peer;
    const char *heard;

    servers_open(&servers);
    peer = g_ptr_array_index(story->settings->peers, 0);
    peer->user = g_strdup("gw");
    peer->password = g_strdup("secret");
    peer->registers = TRUE;
    peer->register_expires_s = 3600;
    peer_with_server(&servers, 0);
    heard = phone_hear(story->phone, "REGISTER sip:pbx.example SIP/2.0");
    header_is(heard, "Route", NULL);
    phone_reply(story->phone, "REGISTER", "503 Service Unavailable", "Retry-After: 30\r\n", NULL);
    phone_hear(servers.second, "REGISTER sip:pbx.example SIP/2.0");
    phone_reply(servers.second, "REGISTER", "401 Unauthorized",
                "WWW-Authenticate: Digest realm=\"there\", nonce=\"n\", qop=\"auth\"\r\n", NULL);
    heard = phone_hear(servers.second, "REGISTER sip:pbx.example SIP/2.0");
    header_begins(heard, "Authorization", "Digest username=\"gw\"");
    phone_reply(servers.second, "REGISTER", "200 OK", "Expires: 3600\r\n", NULL);
    loop_rest(story->loop, 20);
    g_assert_cmpint(peer_now(&servers).registration, ==, UA_REGISTERED);
    g_assert_true(phone_hears_nothing(story->phone, 20));
    servers_close(&servers);
}

void server_stories(void)
{
    g_test_add_func("/sip/servers/by-name", the_first_server_is_called_by_its_name);
    g_test_add_func("/sip/servers/silent", silence_leads_to_the_next);
    g_test_add_func("/sip/servers/late", a_late_answer_is_hung_up);
    g_test_add_func("/sip/servers/rung", who_has_rung_has_the_call);
    g_test_add_func("/sip/servers/retry-after", retry_after_keeps_a_server_out_of_use);
    g_test_add_func("/sip/servers/bounded", retry_after_is_bounded);
    g_test_add_func("/sip/servers/not-there", who_is_not_there_is_passed_at_once);
    g_test_add_func("/sip/servers/all-silent", when_all_are_silent_the_call_fails);
    g_test_add_func("/sip/servers/challenge", a_challenge_is_answered_where_it_was_asked);
    g_test_add_func("/sip/servers/no-address", a_name_without_addresses_fails);
    g_test_add_func("/sip/servers/unsent", a_call_may_end_before_it_goes_out);
    g_test_add_func("/sip/servers/watched", every_address_is_watched);
    g_test_add_func("/sip/servers/calls-tell", calls_tell_of_the_server);
    g_test_add_func("/sip/servers/registers", registration_goes_to_the_next_server);
}
