/* The PBX calls a phone: the catalogue's stories, line by line. */
#include "cause.h"
#include "fake_rooms.h"
#include "log.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* B-01 and Q-A.2.1. */
static void pbx_calls_phone_and_hangs_up(void)
{
    Fake *fake = fake_new();
    guint32 id;
    Call *call = fake_call_from_pbx(fake, "100", TRUE, &id);

    g_assert_cmpstr(call_uri(call), ==, "sip:100@192.0.2.1");
    fake_raise(fake, id, EVENT_SIP_TRYING, NULL);
    fake_raise(fake, id, EVENT_SIP_RINGING, NULL);
    fake_raise(fake, id, EVENT_SIP_RINGING, NULL);
    fake_raise(fake, id, EVENT_SIP_ANSWER, NULL);
    fake_raise(fake, id, EVENT_ISDN_CONNECT_ACK, NULL);
    fake_raise_cause(fake, id, EVENT_ISDN_DISCONNECT, 16);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_raise(fake, id, EVENT_SIP_ENDED, NULL);
    tells(fake,
          "ISDN.SETUP (IDLE,NULL)->(IDLE,PRESENT) route_call\n"
          "ROUTE.PEER (IDLE,PRESENT)->(CALLING,INCOMING_PROCEEDING) isdn_proceeding media_open "
          "media_play sip_invite\n"
          "SIP.TRYING (CALLING,INCOMING_PROCEEDING)->(PROCEEDING,INCOMING_PROCEEDING)\n"
          "SIP.RINGING (PROCEEDING,INCOMING_PROCEEDING)->(ALERTED,RECEIVED) isdn_alerting "
          "media_ringback\n"
          "SIP.RINGING (ALERTED,RECEIVED)->(ALERTED,RECEIVED)\n"
          "SIP.ANSWER (ALERTED,RECEIVED)->(UP,CONNECT_REQUEST) isdn_connect media_through\n"
          "ISDN.CONNECT_ACK (UP,CONNECT_REQUEST)->(UP,ACTIVE)\n"
          "ISDN.DISCONNECT (UP,ACTIVE)->(LEAVING,RELEASE_REQUEST) note_cause media_close sip_bye "
          "isdn_release cause=16\n"
          "ISDN.RELEASED (LEAVING,RELEASE_REQUEST)->(LEAVING,NULL) channel_free\n"
          "SIP.ENDED (LEAVING,NULL)->(IDLE,NULL)\n");
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* B-14. */
static void phone_is_busy(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_pbx(fake, "100", TRUE, &id);
    fake_raise_status(fake, id, 486);
    fake_raise(fake, id, EVENT_ISDN_RELEASE, NULL);
    says(fake, id,
         "isdn_proceeding media_open media_play sip_invite media_busy isdn_disconnect_tone:17 "
         "media_hush isdn_release_complete:17 channel_free");
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* R-3.6: a caller who is not end-to-end ISDN hears why, and the PBX ends the call. */
static void phone_is_busy_for_one_beyond_the_isdn(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake->progress = 3;
    fake_call_from_pbx(fake, "100", TRUE, &id);
    fake_raise(fake, id, EVENT_SIP_RINGING, NULL);
    g_free(fake_take_lines(fake));
    fake_raise_status(fake, id, 600);
    fake_raise_cause(fake, id, EVENT_ISDN_DISCONNECT, 16);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    tells(fake, "SIP.FAILURE (ALERTED,RECEIVED)->(IDLE,RECEIVED) note_cause route_next status=600\n"
                "ROUTE.TREATED (IDLE,RECEIVED)->(IDLE,RECEIVED) note_cause media_busy "
                "isdn_progress cause=17\n"
                "ISDN.DISCONNECT (IDLE,RECEIVED)->(IDLE,RELEASE_REQUEST) forget_cause note_cause "
                "media_hush isdn_release cause=16\n"
                "ISDN.RELEASED (IDLE,RELEASE_REQUEST)->(IDLE,NULL) channel_free\n");
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* 5xx tries the next target, 4xx is definite, silence of the first one is not; ALERTING goes out
 * once. */
static void next_phone_rings_without_second_alerting(void)
{
    Fake *fake = fake_new();
    guint32 id;
    Call *call = fake_call_from_pbx(fake, "100", TRUE, &id);

    fake_raise(fake, id, EVENT_SIP_RINGING, NULL);
    g_free(fake_take_lines(fake));
    fake_raise_status(fake, id, 503);
    g_assert_cmpstr(call_uri(call), ==, "sip:100@192.0.2.2");
    fake_raise(fake, id, EVENT_SIP_RINGING, NULL);
    fake_raise(fake, id, EVENT_SIP_ANSWER, NULL);
    tells(fake, "SIP.FAILURE (ALERTED,RECEIVED)->(IDLE,RECEIVED) note_cause route_next status=503\n"
                "ROUTE.PEER (IDLE,RECEIVED)->(CALLING,RECEIVED) sip_invite\n"
                "SIP.RINGING (CALLING,RECEIVED)->(ALERTED,RECEIVED) media_ringback\n"
                "SIP.ANSWER (ALERTED,RECEIVED)->(UP,CONNECT_REQUEST) isdn_connect media_through\n");
    fake_raise(fake, id, EVENT_SIP_BYE, NULL);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

static gboolean peer_lives(void *user, const PeerSettings *peer)
{
    return !strstr(user, peer->name);
}

/* Servers found down: the next target at once, and 38 when none is left. */
static void servers_that_are_down_are_passed_over(void)
{
    static const struct {
        const char *down, *uri;
    } rows[] = {{"", "sip:100@192.0.2.1"}, {"one", "sip:100@192.0.2.2"}, {"one two", NULL}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fake *fake = fake_new();
        PeerSettings peers[2] = {{.name = (char *)"one"}, {.name = (char *)"two"}};
        guint32 id;
        Call *call;

        for (gsize j = 0; j < G_N_ELEMENTS(peers); j++) {
            g_autofree char *address = g_strdup_printf("192.0.2.%u", (guint)j + 1);
            Network network = {.address.ss_family = AF_INET, .prefix = 32};

            g_assert_cmpint(
                inet_pton(AF_INET, address, &((struct sockaddr_in *)&network.address)->sin_addr), ==, 1);
            peers[j].networks = g_array_new(FALSE, TRUE, sizeof(Network));
            g_array_append_val(peers[j].networks, network);
            g_ptr_array_add(fake->settings->peers, &peers[j]);
        }
        hall_set_peer_check(fake->hall, peer_lives, (void *)rows[i].down);
        call = fake_call_from_pbx(fake, "100", TRUE, &id);
        if (rows[i].uri)
            g_assert_cmpstr(call_uri(call), ==, rows[i].uri);
        else
            says(fake, id, "isdn_release_complete:38 channel_free");
        fake_free(fake);
        for (gsize j = 0; j < G_N_ELEMENTS(peers); j++)
            g_array_unref(peers[j].networks);
    }
}

static void failures_of_phones_try_on_or_not(void)
{
    static const struct {
        guint16 status;
        gboolean own_timer;   /* no response, of our own making */
        gboolean alternative; /* the second phone is called */
        guint8 cause;         /* when not */
    } rows[] = {
        {500, FALSE, TRUE, 0},   {502, FALSE, TRUE, 0},   {503, FALSE, TRUE, 0},
        {504, FALSE, TRUE, 0},   {408, TRUE, TRUE, 0},    {408, FALSE, FALSE, 102},
        {400, FALSE, FALSE, 41}, {481, FALSE, FALSE, 41}, {486, FALSE, FALSE, 17},
        {600, FALSE, FALSE, 17}, {603, FALSE, FALSE, 21}, {404, FALSE, FALSE, 1},
        {302, FALSE, FALSE, 23}, {487, FALSE, FALSE, 31}, {480, FALSE, FALSE, 18},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fake *fake = fake_new();
        g_autofree char *end = g_strdup_printf("isdn_disconnect_tone:%u", rows[i].cause);
        CallNews news = CALL_NEWS_INIT;
        guint32 id;

        fake_call_from_pbx(fake, "100", TRUE, &id);
        news.status = rows[i].status;
        news.own_timer = rows[i].own_timer;
        fake_raise(fake, id, EVENT_SIP_FAILURE, &news);
        g_test_message("%u", rows[i].status);
        g_assert_cmpint(call_isdn_state(hall_find_call(fake->hall, id)) == ISDN_INCOMING_PROCEEDING,
                        ==, rows[i].alternative);
        if (!rows[i].alternative)
            says_last(fake, id, end);
        fake_free(fake);
    }
}

/* A Reason of a trusted hop outranks the status, that of a stranger does not; nobody's 44 blames a
 * channel of ours. */
static void reason_outranks_the_table_when_trusted(void)
{
    static const struct {
        guint8 cause;
        gboolean trusted;
        guint8 expected;
    } rows[] = {{28, TRUE, 28}, {28, FALSE, 18}, {44, TRUE, 34}, {0, TRUE, 18}, {200, TRUE, 18}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fake *fake = fake_new();
        CallNews news = CALL_NEWS_INIT;
        g_autofree char *end = g_strdup_printf("isdn_disconnect_tone:%u", rows[i].expected);
        guint32 id;

        fake_call_from_pbx(fake, "100", TRUE, &id);
        news.status = 480;
        news.cause = rows[i].cause <= 127 ? rows[i].cause : 0;
        news.reason_trusted = rows[i].trusted;
        fake_raise(fake, id, EVENT_SIP_FAILURE, &news);
        says_last(fake, id, end);
        fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
        fake_free(fake);
    }
}

/* R-3.8: nothing was heard from the phone, so nothing is sent before it speaks. */
static void cancel_waits_for_a_provisional(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_pbx(fake, "100", TRUE, &id);
    g_free(fake_take_lines(fake));
    fake_raise_cause(fake, id, EVENT_ISDN_DISCONNECT, 102);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_raise(fake, id, EVENT_SIP_TRYING, NULL);
    fake_raise(fake, id, EVENT_SIP_RINGING, NULL);
    /* D-15: 200 crossed CANCEL. */
    fake_raise(fake, id, EVENT_SIP_ANSWER, NULL);
    fake_raise(fake, id, EVENT_SIP_ENDED, NULL);
    tells(fake, "ISDN.DISCONNECT (CALLING,INCOMING_PROCEEDING)->(ABANDONED,RELEASE_REQUEST) "
                "note_cause media_close isdn_release cause=102\n"
                "ISDN.RELEASED (ABANDONED,RELEASE_REQUEST)->(ABANDONED,NULL) channel_free\n"
                "SIP.TRYING (ABANDONED,NULL)->(CANCELLING,NULL) sip_cancel\n"
                "SIP.RINGING (CANCELLING,NULL)->(CANCELLING,NULL) log_late\n"
                "SIP.ANSWER (CANCELLING,NULL)->(LEAVING,NULL) sip_bye\n"
                "SIP.ENDED (LEAVING,NULL)->(IDLE,NULL)\n");
    g_assert_nonnull(strstr(fake_of(fake, id)->messages->str, "sip_cancel:102"));
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* B-15. */
static void phone_rings_too_long(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_pbx(fake, "100", TRUE, &id);
    fake_raise(fake, id, EVENT_SIP_RINGING, NULL);
    loop_virtual_advance(fake->loop, 119 * SECOND);
    g_assert_cmpint(call_sip_state(hall_find_call(fake->hall, id)), ==, SIP_ALERTED);
    loop_virtual_advance(fake->loop, 2 * SECOND);
    says_last(fake, id, "media_close sip_cancel:19 isdn_disconnect:19");
    fake_raise_status(fake, id, 487);
    fake_raise(fake, id, EVENT_ISDN_RELEASE, NULL);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

static void raise_digits(Fake *fake, guint32 id, const char *digits, gboolean complete)
{
    CallNews news = CALL_NEWS_INIT;

    g_strlcpy(news.digits, digits, sizeof(news.digits));
    news.complete = complete;
    fake_raise(fake, id, EVENT_ISDN_INFORMATION, &news);
}

/* Q-A.2.2: SETUP ACKNOWLEDGE once, each INFORMATION starts T302 again, the last digit routes. */
static void overlap_collects_digits(void)
{
    Fake *fake = fake_new();
    guint32 id;
    Call *call = fake_call_from_pbx(fake, "", FALSE, &id);

    raise_digits(fake, id, "1", FALSE);
    loop_virtual_advance(fake->loop, 14 * SECOND);
    raise_digits(fake, id, "0", FALSE);
    loop_virtual_advance(fake->loop, 14 * SECOND);
    raise_digits(fake, id, "5", FALSE);
    g_assert_cmpstr(call_uri(call), ==, "sip:105@192.0.2.1");
    tells(fake,
          "ISDN.SETUP (IDLE,NULL)->(IDLE,PRESENT) route_call\n"
          "ROUTE.PROMPT (IDLE,PRESENT)->(IDLE,AWAITING_DIGITS) media_open isdn_setup_ack_tone "
          "media_dial\n"
          "ISDN.INFORMATION (IDLE,AWAITING_DIGITS)->(IDLE,OVERLAP_RECEIVING) media_close "
          "collect_digits route_call\n"
          "ROUTE.MORE (IDLE,OVERLAP_RECEIVING)->(IDLE,OVERLAP_RECEIVING)\n"
          "ISDN.INFORMATION (IDLE,OVERLAP_RECEIVING)->(IDLE,OVERLAP_RECEIVING) collect_digits "
          "route_call\n"
          "ROUTE.MORE (IDLE,OVERLAP_RECEIVING)->(IDLE,OVERLAP_RECEIVING)\n"
          "ISDN.INFORMATION (IDLE,OVERLAP_RECEIVING)->(IDLE,OVERLAP_RECEIVING) collect_digits "
          "route_call\n"
          "ROUTE.PEER (IDLE,OVERLAP_RECEIVING)->(CALLING,INCOMING_PROCEEDING) isdn_proceeding "
          "media_open media_play sip_invite\n");
    fake_raise_status(fake, id, 404);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* O-2.1: digits are missing when T302 runs out, when the PBX says it is all, or when there are too
 * many. */
static void incomplete_number_is_cause_28(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_pbx(fake, "1", FALSE, &id);
    loop_virtual_advance(fake->loop, 16 * SECOND);
    says(fake, id, "isdn_setup_ack isdn_disconnect:28");
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(fake, id);

    fake_call_from_pbx(fake, "1", TRUE, &id);
    says(fake, id, "isdn_release_complete:28 channel_free");
    fake_assert_gone(fake, id);

    fake_call_from_pbx(fake, "", FALSE, &id);
    raise_digits(fake, id, "1", TRUE);
    says(fake, id, "media_open isdn_setup_ack_tone media_dial media_close isdn_disconnect:28");
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);

    fake_call_from_pbx(fake, "", FALSE, &id);
    raise_digits(fake, id, "12345678901234567890123456789012", FALSE);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(fake, id);

    /* Without the letter it would be another number, and a route fits that. */
    fake_call_from_pbx(fake, "10", FALSE, &id);
    raise_digits(fake, id, "x5", FALSE);
    says(fake, id, "isdn_setup_ack isdn_disconnect:28");
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* A route that takes any number with 1 first, of at least three digits. */
static RouteSettings *collect(Fake *fake, const char *pattern)
{
    RouteSettings *route = fake_route(fake->settings, "to-phones");

    g_free(route->called->pdata[0]);
    route->called->pdata[0] = g_strdup(pattern);
    route->overlap = OVERLAP_COLLECT;
    route->min_digits = 3;
    return route;
}

/* O-2.2: what may be whole goes out T10 after its last digit, in one INVITE; later digits are
 * ignored. */
static void open_number_goes_on_after_t10(void)
{
    Fake *fake = fake_new();
    guint32 id;
    Call *call;

    collect(fake, "1.");
    call = fake_call_from_pbx(fake, "10", FALSE, &id);
    loop_virtual_advance(fake->loop, 14 * SECOND); /* too short: T302 */
    raise_digits(fake, id, "5", FALSE);
    loop_virtual_advance(fake->loop, 4 * SECOND);
    raise_digits(fake, id, "7", FALSE);
    loop_virtual_advance(fake->loop, 4 * SECOND);
    says(fake, id, "isdn_setup_ack");
    loop_virtual_advance(fake->loop, 2 * SECOND);
    says(fake, id, "isdn_setup_ack isdn_proceeding media_open media_play sip_invite");
    g_assert_cmpstr(call_uri(call), ==, "sip:1057@192.0.2.1");
    raise_digits(fake, id, "8", FALSE);
    g_assert_cmpstr(call_uri(call), ==, "sip:1057@192.0.2.1");
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_raise_status(fake, id, 487);
    fake_free(fake);
}

static void number_is_whole_by_its_own_word(void)
{
    static const struct {
        const char *setup, *digits;
        gboolean complete;
        guint max;
        int stop;
        const char *uri; /* NULL: cause 28 */
    } rows[] = {
        {"105", "7", TRUE, 0, 0, "sip:1057@192.0.2.1"},    /* Sending complete */
        {"105", "", TRUE, 0, 0, "sip:105@192.0.2.1"},      /* ... alone */
        {"10", "57", FALSE, 4, 0, "sip:1057@192.0.2.1"},   /* max-digits */
        {"1057", NULL, FALSE, 4, 0, "sip:1057@192.0.2.1"}, /* ... in SETUP */
        {"1057#", NULL, FALSE, 0, '#', "sip:1057@192.0.2.1"},
        {"105", "#", FALSE, 0, '#', "sip:105@192.0.2.1"},
        {"10", "#", FALSE, 0, '#', NULL},
        {"10", "", TRUE, 0, 0, NULL},
        {"1#5", "7#", FALSE, 0, '#', "sip:1%2357@192.0.2.1"},
        {"10*", "5", TRUE, 0, '#', "sip:10*5@192.0.2.1"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fake *fake = fake_new();
        RouteSettings *route = collect(fake, "1.");
        Call *call;
        guint32 id;

        route->max_digits = rows[i].max;
        route->stop_digit = rows[i].stop;
        call = fake_call_from_pbx(fake, rows[i].setup, FALSE, &id);
        if (rows[i].digits)
            raise_digits(fake, id, rows[i].digits, rows[i].complete);
        if (rows[i].uri)
            g_assert_cmpstr(call_uri(call), ==, rows[i].uri);
        else
            says_last(fake, id, "isdn_disconnect:28");
        fake_free(fake);
    }
}

/* Where no piece is waited for, what came is the number; t302 of the route is its own. */
static void route_may_wait_for_nothing_or_less(void)
{
    Fake *fake = fake_new();
    guint32 id;

    collect(fake, "1XX")->overlap = OVERLAP_NO;
    fake_call_from_pbx(fake, "1", FALSE, &id);
    says(fake, id, "isdn_release_complete:28 channel_free");
    fake_assert_gone(fake, id);
    fake_route(fake->settings, "to-phones")->overlap = OVERLAP_AUTO;
    fake_route(fake->settings, "to-phones")->t302_us = 3 * SECOND;
    fake_call_from_pbx(fake, "1", FALSE, &id);
    loop_virtual_advance(fake->loop, 4 * SECOND);
    says(fake, id, "isdn_setup_ack isdn_disconnect:28");
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

static void unrouted_numbers_are_refused(void)
{
    static const struct {
        gboolean from_phone;
        const char *called;
        const char *expected;
    } rows[] = {
        {TRUE, "555", "sip_reject:404"},      /* no route */
        {TRUE, "20", "sip_reject:484"},       /* digits are missing */
        {TRUE, "00331234", "sip_reject:403"}, /* abroad is barred */
        {TRUE, "100", "sip_reject:403"},      /* SIP to SIP without transit */
        {FALSE, "555", "isdn_release_complete:3 channel_free"},
        {FALSE, "200", "isdn_release_complete:57 channel_free"}, /* PRI to PRI without transit */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fake *fake = fake_new();
        guint32 id = 0;

        if (rows[i].from_phone)
            fake_call_from_phone(fake, rows[i].called, &id);
        else
            fake_call_from_pbx(fake, rows[i].called, TRUE, &id);
        says(fake, id, rows[i].expected);
        fake_assert_gone(fake, id);
        fake_free(fake);
    }
}

/* From SIP to SIP is allowed by the route, but a proxy's work: said as not implemented. */
static void sip_to_sip_is_not_ours(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_route(fake->settings, "to-phones")->transit = TRUE;
    fake_call_from_phone(fake, "100", &id);
    says(fake, id, "sip_reject:501");
    fake_free(fake);
}

#define STORY(name) g_test_add_func("/from-pbx/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_open(LEVEL_ERROR, FALSE);
    STORY(pbx_calls_phone_and_hangs_up);
    STORY(phone_is_busy);
    STORY(phone_is_busy_for_one_beyond_the_isdn);
    STORY(next_phone_rings_without_second_alerting);
    STORY(servers_that_are_down_are_passed_over);
    STORY(failures_of_phones_try_on_or_not);
    STORY(reason_outranks_the_table_when_trusted);
    STORY(cancel_waits_for_a_provisional);
    STORY(phone_rings_too_long);
    STORY(overlap_collects_digits);
    STORY(incomplete_number_is_cause_28);
    STORY(open_number_goes_on_after_t10);
    STORY(number_is_whole_by_its_own_word);
    STORY(route_may_wait_for_nothing_or_less);
    STORY(unrouted_numbers_are_refused);
    STORY(sip_to_sip_is_not_ours);
    return g_test_run();
}
