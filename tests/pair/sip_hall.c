/* The user agent with the real hall and call map: a phone on one side, a PBX of a few lines on the
 * other. */
#include "phone.h"

#include "call.h"
#include "ua.h"

#include <string.h>
#include <unistd.h>

#define SDP                                                                                        \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                    \
    "m=audio 40000 RTP/AVP 8 0\r\n"

typedef struct House {
    Settings *settings;
    Loop *loop;
    Hall *hall;
    Ua *ua;
    Phone *phone, *second;
    char uri[64];
    GString *line;   /* what the PBX and media were asked: "setup proceeding connect ..." */
    GString *errors; /* trace lines of rules that should not be */
    guint ports;     /* media_open less media_close */
} House;

static gboolean line_tells(House *house, const char *what)
{
    g_string_append_printf(house->line, "%s ", what);
    return TRUE;
}

static gboolean pbx_seize(void *room, Call *call, const CallNews *news)
{
    call_set_channel(call, (Channel){0, 7});
    return TRUE;
}

static gboolean pbx_nothing(void *room, Call *call, const CallNews *news)
{
    return TRUE;
}

#define PBX_HEARS(name, text, answer)                                                              \
    static gboolean pbx_##name(void *room, Call *call, const CallNews *news)                       \
    {                                                                                              \
        line_tells(room, text);                                                                    \
        if ((answer) != CALL_EVENT_COUNT)                                                          \
            call_event(call, answer, NULL);                                                        \
        return TRUE;                                                                               \
    }
PBX_HEARS(setup, "setup", CALL_EVENT_COUNT)
PBX_HEARS(proceeding, "proceeding", CALL_EVENT_COUNT)
PBX_HEARS(progress, "progress", CALL_EVENT_COUNT)
PBX_HEARS(alerting, "alerting", CALL_EVENT_COUNT)
PBX_HEARS(connect, "connect", EVENT_ISDN_CONNECT_ACK)
PBX_HEARS(connect_ack, "connect-ack", CALL_EVENT_COUNT)
PBX_HEARS(disconnect, "disconnect", EVENT_ISDN_RELEASE)
PBX_HEARS(release, "release", EVENT_ISDN_RELEASED)
PBX_HEARS(release_complete, "release-complete", CALL_EVENT_COUNT)

static gboolean media_open(void *room, Call *call, const CallNews *news)
{
    House *house = room;
    struct sockaddr_storage rtp = house->settings->media.address;

    house->ports++;
    address_set_port(&rtp, 30000);
    call_set_local_rtp(call, &rtp);
    return TRUE;
}

static gboolean media_close(void *room, Call *call, const CallNews *news)
{
    const struct sockaddr_storage none = {.ss_family = AF_UNSPEC};

    if (call_local_rtp(call)->ss_family == AF_UNSPEC)
        return TRUE;
    ((House *)room)->ports--;
    call_set_local_rtp(call, &none);
    return TRUE;
}

static CallOps pbx_ops(House *house)
{
    CallOps ops = {.room = house};

    for (guint i = ACTION_CHANNEL_SEIZE; i <= ACTION_ISDN_FORGET; i++)
        ops.action[i] = pbx_nothing;
    ops.action[ACTION_CHANNEL_SEIZE] = pbx_seize;
    ops.action[ACTION_ISDN_SETUP] = pbx_setup;
    ops.action[ACTION_ISDN_PROCEEDING] = pbx_proceeding;
    ops.action[ACTION_ISDN_PROGRESS] = pbx_progress;
    ops.action[ACTION_ISDN_ALERTING] = pbx_alerting;
    ops.action[ACTION_ISDN_ALERTING_MEDIA] = pbx_alerting;
    ops.action[ACTION_ISDN_CONNECT] = pbx_connect;
    ops.action[ACTION_ISDN_CONNECT_ACK] = pbx_connect_ack;
    ops.action[ACTION_ISDN_DISCONNECT] = pbx_disconnect;
    ops.action[ACTION_ISDN_DISCONNECT_TONE] = pbx_disconnect;
    ops.action[ACTION_ISDN_RELEASE] = pbx_release;
    ops.action[ACTION_ISDN_RELEASE_COMPLETE] = pbx_release_complete;
    return ops;
}

static CallOps media_ops(House *house)
{
    CallOps ops = {.room = house};

    for (guint i = ACTION_MEDIA_OPEN; i <= ACTION_MEDIA_CLOSE; i++)
        ops.action[i] = pbx_nothing;
    ops.action[ACTION_MEDIA_OPEN] = media_open;
    ops.action[ACTION_MEDIA_HUSH] = media_close;
    ops.action[ACTION_MEDIA_CLOSE] = media_close;
    return ops;
}

static void house_trace(void *user, const CallTrace *trace)
{
    if (trace->rule->kind > RULE_LATE)
        g_string_append_printf(((House *)user)->errors, "%s\n", trace->line);
}

static guint16 free_port(void)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(own);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(bind(fd, (struct sockaddr *)&own, sizeof(own)), ==, 0);
    getsockname(fd, (struct sockaddr *)&own, &size);
    close(fd);
    return ntohs(own.sin_port);
}

static void house_settings(House *house, guint16 port)
{
    g_autofree char *text = g_strdup_printf(
        "[sip]\nlisten = 127.0.0.1:%u\nallow = 127.0.0.1\n"
        "[span e1]\nlocal = 127.0.0.1:2142\nremote = 127.0.0.1:2143\n[trunk pbx]\nspan = e1\n"
        "[route in]\nfrom = 127.0.0.1\ncalled = 2XX\nto = trunk pbx\n"
        "[route out]\nfrom = pbx\ncalled = 1XX\n"
        "to = sip:{number}@127.0.0.1:%u, sip:{number}@127.0.0.1:%u\n"
        "[peer phones]\nnetwork = 127.0.0.1\ntrusted = yes\n",
        port, phone_port(house->phone), phone_port(house->second));
    g_autoptr(GError) error = NULL;

    house->settings = settings_parse("house", text, &error);
    g_assert_no_error(error);
    house->settings->sip.t1_ms = 20;
    house->settings->sip.t2_ms = 160;
}

static void house_open(House *house)
{
    guint16 port = free_port();
    g_autoptr(GError) error = NULL;
    CallOps ops;

    *house = (House){.line = g_string_new(NULL), .errors = g_string_new(NULL)};
    callmap_open(&error);
    g_assert_no_error(error);
    house->loop = sofia_loop_new(&error);
    g_assert_no_error(error);
    house->phone = phone_new(house->loop, "127.0.0.1", port);
    house->second = phone_new(house->loop, "127.0.0.1", port);
    house_settings(house, port);
    g_snprintf(house->uri, sizeof(house->uri), "sip:200@127.0.0.1:%u", port);
    house->hall = hall_new(house->loop, house->settings);
    hall_add_trace(house->hall, house_trace, house);
    house->ua = ua_new(house->settings, house->loop, house->hall, NULL, NULL, &error);
    g_assert_no_error(error);
    ops = ua_call_ops(house->ua);
    hall_set_sip(house->hall, &ops);
    ops = pbx_ops(house);
    hall_set_isdn(house->hall, &ops);
    ops = media_ops(house);
    hall_set_media(house->hall, &ops);
}

/* The call is over on every side, and no rule was missing. */
static void house_rests(House *house)
{
    gint64 end = loop_now(house->loop) + 3 * G_USEC_PER_SEC;

    while ((hall_call_count(house->hall) || ua_leg_count(house->ua)) && loop_now(house->loop) < end)
        loop_rest(house->loop, 5);
    g_assert_cmpuint(hall_call_count(house->hall), ==, 0);
    g_assert_cmpuint(ua_leg_count(house->ua), ==, 0);
    g_assert_cmpuint(house->ports, ==, 0);
    g_assert_cmpstr(house->errors->str, ==, "");
}

static void house_close(House *house)
{
    house_rests(house);
    phone_free(house->phone);
    phone_free(house->second);
    ua_free(house->ua);
    hall_free(house->hall);
    sofia_loop_free(house->loop);
    settings_free(house->settings);
    g_string_free(house->line, TRUE);
    g_string_free(house->errors, TRUE);
}

static Call *house_call(House *house)
{
    gint64 end = loop_now(house->loop) + G_USEC_PER_SEC;

    while (!hall_call_count(house->hall) && loop_now(house->loop) < end)
        loop_rest(house->loop, 5);
    Call *call = hall_find_call(house->hall, hall_last_call(house->hall));
    g_assert_nonnull(call);
    return call;
}

static void pbx_says(House *house, CallEvent event, guint8 cause)
{
    CallNews news = CALL_NEWS_INIT;

    news.cause = cause;
    news.reason_trusted = cause != 0;
    call_event(house_call(house), event, &news);
}

static void pbx_calls(House *house)
{
    CallOrigin origin = {.kind = ORIGIN_PRI};
    CallSetup setup = {.called.digits = "100",
                       .calling = {.digits = "200", .screening = SCREENING_NETWORK},
                       .bearer = BEARER_SPEECH,
                       .complete = TRUE};
    Call *call;

    g_strlcpy(origin.trunk, "pbx", sizeof(origin.trunk));
    call = call_new(house->hall, &origin, &setup);
    g_assert_nonnull(call);
    call_set_channel(call, (Channel){0, 3});
    call_event(call, EVENT_ISDN_SETUP, NULL);
}

static void phone_calls(House *house)
{
    phone_hang_up(house->phone);
    phone_request(house->phone, "INVITE", house->uri, "", SDP);
    house_call(house);
}

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

static void phone_talks(House *house)
{
    phone_calls(house);
    pbx_says(house, EVENT_ISDN_CONNECT, 0);
    phone_hear(house->phone, "SIP/2.0 200");
    phone_ack(house->phone, NULL);
    loop_rest(house->loop, 10);
    g_assert_cmpint(call_sip_state(house_call(house)), ==, SIP_UP);
}

static void phone_is_talked_to(House *house)
{
    pbx_calls(house);
    phone_hear(house->phone, "INVITE sip:100@");
    phone_reply(house->phone, "INVITE", "200 OK", "", SDP);
    phone_hear(house->phone, "ACK");
    loop_rest(house->loop, 10);
    g_assert_cmpint(call_sip_state(house_call(house)), ==, SIP_UP);
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
    void (*const talks[])(House *) = {phone_talks, phone_is_talked_to};

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
    g_assert_nonnull(strstr(message_body(heard), "RTP/AVP 8 0\r\n"));
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
        strstr(message_body(phone_hear(house.phone, "SIP/2.0 200")), "RTP/AVP 8 0\r\n"));
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
    g_test_add_func("/sip-hall/the-pbx-clears-before-the-ack", the_pbx_clears_before_the_ack);
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
    g_test_add_func("/sip-hall/an-answer-meets-a-cancel", an_answer_meets_a_cancel);
    g_test_add_func("/sip-hall/a-refused-route-is-told", a_refused_route_is_told);
    g_test_add_func("/sip-hall/hundreds-of-calls-leave-nothing", hundreds_of_calls_leave_nothing);
    result = g_test_run();
    sofia_close();
    return result;
}
