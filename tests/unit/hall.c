/* The hall tells the stories of the catalogue line by line, and survives a million random events.
 */
#include "cause.h"
#include "fake_rooms.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

#define SECOND G_USEC_PER_SEC

static void tells(Fake *fake, const char *expected)
{
    g_autofree char *told = fake_take_lines(fake);

    g_assert_cmpstr(told, ==, expected);
}

static void says(Fake *fake, guint32 id, const char *expected)
{
    g_assert_cmpstr(fake_of(fake, id)->messages->str, ==, expected);
}

/* ---- SIP to ISDN --------------------------------------------------------------------------------
 */

/* B-20 and Q-A.3.1. */
static void phone_calls_pbx_and_hangs_up(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_PROCEEDING, NULL);
    fake_raise(fake, id, EVENT_ISDN_ALERTING, NULL);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    fake_raise(fake, id, EVENT_SIP_BYE, NULL);
    fake_raise(fake, id, EVENT_ISDN_RELEASE, NULL);
    tells(fake,
          "SIP.INVITE (IDLE,NULL)->(INVITED,NULL) route_call\n"
          "ROUTE.TRUNK (INVITED,NULL)->(INVITED,INITIATED) channel_seize media_open isdn_setup\n"
          "ISDN.PROCEEDING (INVITED,INITIATED)->(INVITED,OUTGOING_PROCEEDING)\n"
          "ISDN.ALERTING (INVITED,OUTGOING_PROCEEDING)->(RINGING,DELIVERED) sip_ring\n"
          "ISDN.CONNECT (RINGING,DELIVERED)->(ANSWERED,ACTIVE) isdn_connect_ack media_through "
          "sip_answer\n"
          "SIP.ACK (ANSWERED,ACTIVE)->(UP,ACTIVE)\n"
          "SIP.BYE (UP,ACTIVE)->(IDLE,DISCONNECT_REQUEST) note_cause media_close "
          "isdn_disconnect\n"
          "ISDN.RELEASE (IDLE,DISCONNECT_REQUEST)->(IDLE,NULL) isdn_release_complete "
          "channel_free\n");
    says(fake, id,
         "channel_seize media_open isdn_setup sip_ring isdn_connect_ack media_through sip_answer "
         "media_close isdn_disconnect:16 isdn_release_complete:16 channel_free");
    fake_assert_gone(fake, id);
    g_assert_cmpuint(fake_of(fake, id)->sip_parts, ==, 1);
    g_assert_cmpuint(fake_of(fake, id)->isdn_parts, ==, 1);
    g_assert_cmpuint(fake_of(fake, id)->media_parts, ==, 1);
    g_assert_cmpuint(fake->idle, ==, 1);
    fake_free(fake);
}

static void trace_line_has_the_one_form(void *user, const CallTrace *trace)
{
    g_string_append_printf(user, "%s\n", trace->line);
}

/* The form that log readers rely on, number, cause and status included. */
static void trace_line_is_exact(void)
{
    Fake *fake = fake_new();
    g_autoptr(GString) lines = g_string_new(NULL);
    CallNews news = CALL_NEWS_INIT;
    guint32 id;

    hall_add_trace(fake->hall, trace_line_has_the_one_form, lines);
    fake_call_from_phone(fake, "200", &id);
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 17);
    fake_call_from_pbx(fake, "100", TRUE, &id);
    news.status = 486;
    news.cause = 17;
    g_string_set_size(lines, 0);
    fake_raise(fake, id, EVENT_SIP_FAILURE, &news);
    g_assert_cmpstr(lines->str, ==,
                    "C2 SIP.FAILURE (CALLING,INCOMING_PROCEEDING)->(IDLE,INCOMING_PROCEEDING) "
                    "note_cause route_next cause=17 status=486\n"
                    "C2 ROUTE.NONE (IDLE,INCOMING_PROCEEDING)->(IDLE,DISCONNECT_REQUEST) "
                    "note_cause media_close isdn_disconnect cause=17\n");
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_free(fake);
}

/* M-7.1.5 with cause 17: busy is final, no alternative, 486 after RELEASE COMPLETE. */
static void pbx_is_busy(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_PROCEEDING, NULL);
    g_free(fake_take_lines(fake));
    fake_raise_cause(fake, id, EVENT_ISDN_DISCONNECT, 17);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    tells(fake, "ISDN.DISCONNECT (INVITED,OUTGOING_PROCEEDING)->(INVITED,RELEASE_REQUEST) "
                "note_cause media_close isdn_release cause=17\n"
                "ISDN.RELEASED (INVITED,RELEASE_REQUEST)->(INVITED,NULL) channel_free route_next\n"
                "ROUTE.NONE (INVITED,NULL)->(IDLE,NULL) note_cause sip_reject cause=17\n");
    g_assert_true(
        g_str_has_suffix(fake_of(fake, id)->messages->str, "channel_free sip_reject:486"));
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* M-7.1.7 and Q-A.5.3. */
static void phone_cancels(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_ALERTING, NULL);
    g_free(fake_take_lines(fake));
    fake_raise(fake, id, EVENT_SIP_CANCEL, NULL);
    /* D-15: CONNECT crossed our DISCONNECT. */
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_ISDN_RELEASE, NULL);
    tells(fake, "SIP.CANCEL (RINGING,DELIVERED)->(IDLE,DISCONNECT_REQUEST) note_cause media_close "
                "isdn_disconnect\n"
                "ISDN.CONNECT (IDLE,DISCONNECT_REQUEST)->(IDLE,DISCONNECT_REQUEST) log_late\n"
                "ISDN.RELEASE (IDLE,DISCONNECT_REQUEST)->(IDLE,NULL) isdn_release_complete "
                "channel_free\n");
    g_assert_nonnull(strstr(fake_of(fake, id)->messages->str, "isdn_disconnect:16"));
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* Cause 44 tries another channel of the same trunk, three times, then the spare trunk. */
static void refused_channel_is_not_tried_again(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    for (guint retry = 1; retry <= 3; retry++) {
        Call *call = hall_find_call(fake->hall, id);

        g_assert_cmpuint(call_channel(call).number, ==, retry);
        fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 44);
        g_assert_nonnull(hall_find_call(fake->hall, id));
        g_assert_true(call_channel_refused(call, (Channel){0, (guint8)retry}));
        g_assert_cmpstr(call_trunk(call)->name, ==, "pbx");
    }
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 82);
    g_assert_cmpstr(call_trunk(hall_find_call(fake->hall, id))->name, ==, "spare");
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 6);
    g_assert_true(g_str_has_suffix(fake_of(fake, id)->messages->str, "sip_reject:503"));
    fake_assert_gone(fake, id);
    fake_free(fake);
}

static void channel_retry_is_told(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    g_free(fake_take_lines(fake));
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 44);
    tells(fake,
          "ISDN.RELEASED (INVITED,INITIATED)->(INVITED,NULL) note_cause media_close channel_free "
          "route_next cause=44\n"
          "ROUTE.TRUNK (INVITED,NULL)->(INVITED,INITIATED) channel_seize media_open isdn_setup\n");
    fake_raise(fake, id, EVENT_SIP_CANCEL, NULL);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* 34 38 41 42 47 try the next target, 17 never, and after ALERTING nothing does. */
static void alternatives_follow_the_cause(void)
{
    static const struct {
        guint8 cause;
        gboolean alternative;
        guint16 status; /* when there is none */
    } rows[] = {{34, TRUE, 0},    {38, TRUE, 0},    {41, TRUE, 0},    {42, TRUE, 0},
                {47, TRUE, 0},    {17, FALSE, 486}, {1, FALSE, 404},  {27, FALSE, 502},
                {18, FALSE, 408}, {16, FALSE, 480}, {102, FALSE, 504}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fake *fake = fake_new();
        guint32 id;

        fake_call_from_phone(fake, "200", &id);
        fake_raise_cause(fake, id, EVENT_ISDN_RELEASE, rows[i].cause);
        if (rows[i].alternative) {
            g_assert_cmpstr(call_trunk(hall_find_call(fake->hall, id))->name, ==, "spare");
            fake_raise(fake, id, EVENT_ISDN_ALERTING, NULL);
            fake_raise_cause(fake, id, EVENT_ISDN_RELEASE, rows[i].cause);
        } else {
            g_autofree char *end = g_strdup_printf("sip_reject:%u", rows[i].status);

            g_assert_true(g_str_has_suffix(fake_of(fake, id)->messages->str, end));
        }
        fake_assert_gone(fake, id);
        fake_free(fake);
    }
}

/* The kept cause is the last target's, not the first's. */
static void last_target_decides_the_status(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 34);
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 17);
    g_assert_true(g_str_has_suffix(fake_of(fake, id)->messages->str, "sip_reject:486"));
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* D-01: no SETUP, next trunk, then 503. */
static void no_channel_is_503(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake->refuse = G_GUINT64_CONSTANT(1) << ACTION_CHANNEL_SEIZE;
    fake->refuse_cause = 34;
    fake_call_from_phone(fake, "200", &id);
    tells(fake,
          "SIP.INVITE (IDLE,NULL)->(INVITED,NULL) route_call\n"
          "ROUTE.TRUNK (INVITED,NULL)->(INVITED,INITIATED) channel_seize media_open isdn_setup\n"
          "CHANNEL.NONE (INVITED,INITIATED)->(INVITED,NULL) note_cause route_next cause=34\n"
          "ROUTE.TRUNK (INVITED,NULL)->(INVITED,INITIATED) channel_seize media_open isdn_setup\n"
          "CHANNEL.NONE (INVITED,INITIATED)->(INVITED,NULL) note_cause route_next cause=34\n"
          "ROUTE.NONE (INVITED,NULL)->(IDLE,NULL) note_cause sip_reject cause=34\n");
    says(fake, id, "sip_reject:503");
    fake_assert_gone(fake, id);
    fake_free(fake);
}

static void no_port_is_told_and_frees_the_channel(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake->refuse = G_GUINT64_CONSTANT(1) << ACTION_MEDIA_OPEN;
    fake->refuse_cause = CAUSE_BEARER_NOT_IMPLEMENTED;
    fake_call_from_phone(fake, "200", &id);
    says(fake, id, "channel_seize channel_free sip_reject:488");
    fake_call_from_pbx(fake, "100", TRUE, &id);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    says(fake, id, "isdn_proceeding isdn_disconnect:65 channel_free");
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* M-7.1.6: the announcement is heard, then the status by its cause; T301 does not interfere. */
static void announcement_ends_the_call(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_PROCEEDING, NULL);
    fake_raise_cause(fake, id, EVENT_ISDN_PROGRESS_CAUSE, 1);
    loop_virtual_advance(fake->loop, 19 * SECOND);
    g_assert_cmpint(call_sip_state(hall_find_call(fake->hall, id)), ==, SIP_TREATED);
    loop_virtual_advance(fake->loop, 2 * SECOND);
    g_assert_true(g_str_has_suffix(fake_of(fake, id)->messages->str,
                                   "media_listen sip_progress media_close sip_reject:404 "
                                   "isdn_disconnect:1"));
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* An announcement that was not the end: its cause says nothing about how the call ends later. */
static void announcement_is_forgotten_by_connect(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise_cause(fake, id, EVENT_ISDN_PROGRESS_CAUSE, 1);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    loop_virtual_advance(fake->loop, 400 * SECOND);
    fake_raise(fake, id, EVENT_SIP_BYE, NULL);
    g_assert_nonnull(strstr(fake_of(fake, id)->messages->str, "isdn_disconnect:16"));
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* Tones after DISCONNECT: heard until T306, then the final response and RELEASE. */
static void tones_after_disconnect_are_heard(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_PROCEEDING, NULL);
    g_free(fake_take_lines(fake));
    fake_raise_cause(fake, id, EVENT_ISDN_DISCONNECT_MEDIA, 17);
    loop_virtual_advance(fake->loop, 31 * SECOND);
    tells(fake, "ISDN.DISCONNECT_MEDIA (INVITED,OUTGOING_PROCEEDING)->"
                "(TREATED,DISCONNECT_INDICATION) note_cause media_listen sip_progress cause=17\n"
                "TIMER.T306 (TREATED,DISCONNECT_INDICATION)->(IDLE,RELEASE_REQUEST) media_close "
                "sip_reject isdn_release cause=31\n");
    g_assert_nonnull(strstr(fake_of(fake, id)->messages->str, "sip_reject:486"));
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* isdn asks before it lets a tone be heard: congestion tries on, busy does not. */
static void call_knows_whether_it_may_continue(void)
{
    Fake *fake = fake_new();
    guint32 id;
    Call *call = fake_call_from_phone(fake, "200", &id);

    g_assert_true(call_may_continue(call, 34));
    g_assert_true(call_may_continue(call, 44));
    g_assert_false(call_may_continue(call, 17));
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 34);
    g_assert_false(call_may_continue(call, 34));
    fake_raise(fake, id, EVENT_ISDN_ALERTING, NULL);
    g_assert_false(call_may_continue(call, 44));
    fake_raise(fake, id, EVENT_SIP_CANCEL, NULL);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_free(fake);
}

/* RFC 4497 8.4.1 (2): the PBX clears between our 200 and its ACK. */
static void bye_waits_for_ack(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    g_free(fake_take_lines(fake));
    fake_raise_cause(fake, id, EVENT_ISDN_DISCONNECT, 16);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    fake_raise(fake, id, EVENT_SIP_ENDED, NULL);
    tells(fake, "ISDN.DISCONNECT (ANSWERED,ACTIVE)->(PARTING,RELEASE_REQUEST) note_cause "
                "media_close isdn_release cause=16\n"
                "ISDN.RELEASED (PARTING,RELEASE_REQUEST)->(PARTING,NULL) channel_free\n"
                "SIP.ACK (PARTING,NULL)->(LEAVING,NULL) sip_bye\n"
                "SIP.ENDED (LEAVING,NULL)->(IDLE,NULL)\n");
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* M-7.1.4. */
static void missing_ack_clears_with_102(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_NO_ACK, NULL);
    g_assert_true(g_str_has_suffix(fake_of(fake, id)->messages->str,
                                   "media_close sip_bye:102 isdn_disconnect:102"));
    fake_raise(fake, id, EVENT_ISDN_RELEASE, NULL);
    fake_raise(fake, id, EVENT_SIP_ENDED, NULL);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

static void expired_invite_is_487(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_SIP_EXPIRED, NULL);
    g_assert_true(
        g_str_has_suffix(fake_of(fake, id)->messages->str, "sip_reject:487 isdn_disconnect:102"));
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* ---- ISDN to SIP --------------------------------------------------------------------------------
 */

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
          "sip_invite\n"
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
         "isdn_proceeding media_open sip_invite media_close isdn_disconnect:17 "
         "isdn_release_complete:17 channel_free");
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

static void failures_of_phones_try_on_or_not(void)
{
    static const struct {
        guint16 status;
        gboolean ringing;     /* a provisional response came before */
        gboolean alternative; /* the second phone is called */
        guint8 cause;         /* when not */
    } rows[] = {
        {500, TRUE, TRUE, 0},   {502, TRUE, TRUE, 0},   {503, TRUE, TRUE, 0},
        {504, TRUE, TRUE, 0},   {408, FALSE, TRUE, 0},  {408, TRUE, FALSE, 102},
        {400, TRUE, FALSE, 41}, {481, TRUE, FALSE, 41}, {486, TRUE, FALSE, 17},
        {600, TRUE, FALSE, 17}, {603, TRUE, FALSE, 21}, {404, TRUE, FALSE, 1},
        {302, TRUE, FALSE, 23}, {487, TRUE, FALSE, 31}, {480, TRUE, FALSE, 18},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Fake *fake = fake_new();
        g_autofree char *end = g_strdup_printf("isdn_disconnect:%u", rows[i].cause);
        guint32 id;

        fake_call_from_pbx(fake, "100", TRUE, &id);
        if (rows[i].ringing)
            fake_raise(fake, id, EVENT_SIP_TRYING, NULL);
        fake_raise_status(fake, id, rows[i].status);
        g_test_message("%u", rows[i].status);
        g_assert_cmpint(call_isdn_state(hall_find_call(fake->hall, id)) == ISDN_INCOMING_PROCEEDING,
                        ==, rows[i].alternative);
        if (!rows[i].alternative)
            g_assert_true(g_str_has_suffix(fake_of(fake, id)->messages->str, end));
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
        g_autofree char *end = g_strdup_printf("isdn_disconnect:%u", rows[i].expected);
        guint32 id;

        fake_call_from_pbx(fake, "100", TRUE, &id);
        news.status = 480;
        news.cause = rows[i].cause <= 127 ? rows[i].cause : 0;
        news.reason_trusted = rows[i].trusted;
        fake_raise(fake, id, EVENT_SIP_FAILURE, &news);
        g_assert_true(g_str_has_suffix(fake_of(fake, id)->messages->str, end));
        fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
        fake_free(fake);
    }
}

/* nothing was heard from the phone, so nothing is sent before it speaks. */
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
    g_assert_true(g_str_has_suffix(fake_of(fake, id)->messages->str,
                                   "media_close sip_cancel:19 isdn_disconnect:19"));
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
    raise_digits(fake, id, "5x", FALSE);
    g_assert_cmpstr(call_uri(call), ==, "sip:105@192.0.2.1");
    tells(fake,
          "ISDN.SETUP (IDLE,NULL)->(IDLE,PRESENT) route_call\n"
          "ROUTE.MORE (IDLE,PRESENT)->(IDLE,OVERLAP_RECEIVING) isdn_setup_ack\n"
          "ISDN.INFORMATION (IDLE,OVERLAP_RECEIVING)->(IDLE,OVERLAP_RECEIVING) collect_digits "
          "route_call\n"
          "ROUTE.MORE (IDLE,OVERLAP_RECEIVING)->(IDLE,OVERLAP_RECEIVING)\n"
          "ISDN.INFORMATION (IDLE,OVERLAP_RECEIVING)->(IDLE,OVERLAP_RECEIVING) collect_digits "
          "route_call\n"
          "ROUTE.MORE (IDLE,OVERLAP_RECEIVING)->(IDLE,OVERLAP_RECEIVING)\n"
          "ISDN.INFORMATION (IDLE,OVERLAP_RECEIVING)->(IDLE,OVERLAP_RECEIVING) collect_digits "
          "route_call\n"
          "ROUTE.PEER (IDLE,OVERLAP_RECEIVING)->(CALLING,INCOMING_PROCEEDING) isdn_proceeding "
          "media_open sip_invite\n");
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
    says(fake, id, "isdn_setup_ack isdn_disconnect:28");
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);

    fake_call_from_pbx(fake, "", FALSE, &id);
    raise_digits(fake, id, "12345678901234567890123456789012", FALSE);
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

/* Transit is allowed by the route, but a call joins one leg of each kind: said as not implemented.
 */
static void transit_cannot_be_bridged(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_route(fake->settings, "to-phones")->transit = TRUE;
    fake_route(fake->settings, "to-pbx")->transit = TRUE;
    fake_call_from_phone(fake, "100", &id);
    says(fake, id, "sip_reject:501");
    fake_call_from_pbx(fake, "200", TRUE, &id);
    says(fake, id, "isdn_release_complete:79 channel_free");
    fake_free(fake);
}

/* ---- timers, restart, loss, collisions ----------------------------------------------------------
 */

static void timers_tell_their_status(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_PROCEEDING, NULL);
    loop_virtual_advance(fake->loop, 61 * SECOND);
    g_assert_true(
        g_str_has_suffix(fake_of(fake, id)->messages->str, "sip_reject:408 isdn_disconnect:102"));
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_SETUP_ACK, NULL);
    loop_virtual_advance(fake->loop, 21 * SECOND);
    g_assert_true(
        g_str_has_suffix(fake_of(fake, id)->messages->str, "sip_reject:408 isdn_disconnect:102"));
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_PROCEEDING, NULL);
    fake_raise(fake, id, EVENT_ISDN_ALERTING, NULL);
    loop_virtual_advance(fake->loop, 179 * SECOND);
    g_assert_cmpint(call_sip_state(hall_find_call(fake->hall, id)), ==, SIP_RINGING);
    loop_virtual_advance(fake->loop, 2 * SECOND);
    g_assert_true(
        g_str_has_suffix(fake_of(fake, id)->messages->str, "sip_reject:480 isdn_disconnect:19"));
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);

    /* T303 is libpri's; it says 18. */
    fake_call_from_phone(fake, "200", &id);
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 18);
    g_assert_true(g_str_has_suffix(fake_of(fake, id)->messages->str, "sip_reject:408"));
    fake_free(fake);
}

/* D-13 and D-12: the cause toward SIP, and no message toward the PBX. */
static void restart_and_loss_clear_by_state(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    fake_raise(fake, id, EVENT_ISDN_RESTART, NULL);
    g_assert_true(g_str_has_suffix(fake_of(fake, id)->messages->str,
                                   "media_close sip_bye:41 isdn_forget channel_free"));
    fake_raise(fake, id, EVENT_SIP_ENDED, NULL);

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_ALERTING, NULL);
    fake_raise(fake, id, EVENT_ISDN_LOST, NULL);
    g_assert_true(g_str_has_suffix(fake_of(fake, id)->messages->str,
                                   "media_close sip_reject:502 isdn_forget channel_free"));

    fake_call_from_pbx(fake, "100", TRUE, &id);
    fake_raise(fake, id, EVENT_SIP_RINGING, NULL);
    fake_raise(fake, id, EVENT_ISDN_LOST, NULL);
    g_assert_true(g_str_has_suffix(fake_of(fake, id)->messages->str,
                                   "media_close sip_cancel:27 isdn_forget channel_free"));
    fake_raise_status(fake, id, 487);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* D-15. */
static void collisions_clear_once(void)
{
    Fake *fake = fake_new();
    guint32 id;

    /* DISCONNECT crosses DISCONNECT, then RELEASE crosses RELEASE. */
    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    fake_raise(fake, id, EVENT_SIP_BYE, NULL);
    fake_raise_cause(fake, id, EVENT_ISDN_DISCONNECT, 16);
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASE, 16);
    g_assert_true(g_str_has_suffix(fake_of(fake, id)->messages->str,
                                   "isdn_disconnect:16 isdn_release isdn_forget channel_free"));
    fake_assert_gone(fake, id);

    /* BYE crosses our BYE after DISCONNECT. */
    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    fake_raise_cause(fake, id, EVENT_ISDN_DISCONNECT, 16);
    fake_raise(fake, id, EVENT_SIP_BYE, NULL);
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_raise(fake, id, EVENT_SIP_ENDED, NULL);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

static void silence_clears_both_ends(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    fake_raise(fake, id, EVENT_MEDIA_SILENT, NULL);
    g_assert_true(g_str_has_suffix(fake_of(fake, id)->messages->str,
                                   "media_close sip_bye:102 isdn_disconnect:102"));
    fake_free(fake);
}

/* ---- the hall itself ----------------------------------------------------------------------------
 */

static void draining_and_clearing(void)
{
    Fake *fake = fake_new();
    guint32 one, two, none = 0;

    fake_call_from_phone(fake, "200", &one);
    fake_call_from_pbx(fake, "100", TRUE, &two);
    hall_set_draining(fake->hall, TRUE);
    g_assert_null(fake_call_from_phone(fake, "201", &none));
    g_assert_cmpuint(none, ==, 0);
    hall_clear_all(fake->hall, 41);
    g_assert_true(
        g_str_has_suffix(fake_of(fake, one)->messages->str, "sip_reject:503 isdn_disconnect:41"));
    g_assert_cmpuint(hall_call_count(fake->hall), ==, 2);
    fake_raise(fake, one, EVENT_ISDN_RELEASED, NULL);
    g_assert_cmpuint(fake->idle, ==, 0);
    fake_raise(fake, two, EVENT_ISDN_RELEASED, NULL);
    fake_raise_status(fake, two, 408);
    g_assert_cmpuint(fake->idle, ==, 1);
    fake_free(fake);
}

static void max_calls_bars_all_but_emergencies(void)
{
    Fake *fake = fake_new();
    CallOrigin emergency = {.kind = ORIGIN_SIP, .emergency = TRUE};
    CallSetup setup = {0};
    guint32 id;

    fake->settings->sip.max_calls = 1;
    g_assert_nonnull(fake_call_from_phone(fake, "200", &id));
    g_assert_null(fake_call_from_phone(fake, "201", &id));
    g_assert_nonnull(call_new(fake->hall, &emergency, &setup));
    fake_free(fake);
}

static void count_named(void *user, const char *name, guint64 value)
{
    g_hash_table_insert(user, (gpointer)name, GUINT_TO_POINTER((guint)value));
}

static void counters_count(void)
{
    Fake *fake = fake_new();
    g_autoptr(GHashTable) counters = g_hash_table_new(g_str_hash, g_str_equal);
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 44);
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 34);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    fake_raise(fake, id, EVENT_SIP_ACK, NULL);
    fake_raise(fake, id, EVENT_ISDN_CONNECT, NULL);
    hall_each_counter(fake->hall, count_named, counters);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(counters, "calls.live")), ==, 1);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(counters, "calls.from_sip")), ==, 1);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(counters, "calls.answered")), ==, 1);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(counters, "routes.channel_retries")), ==,
                     1);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(counters, "routes.alternatives")), ==, 1);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(counters, "events.late")), ==, 1);
    g_assert_cmpuint(GPOINTER_TO_UINT(g_hash_table_lookup(counters, "events.mistakes")), ==, 0);
    fake_free(fake);
}

static void count_part(void *room, Call *call)
{
    (*(guint *)room)++;
}

/* Live calls at the end are parted from rooms that still stand, without a message. */
static void hall_ends_with_live_calls(void)
{
    Fake *fake = fake_new();
    guint sip = 0, isdn = 0, media = 0;
    CallOps parts[] = {
        {&sip, {0}, count_part}, {&isdn, {0}, count_part}, {&media, {0}, count_part}};
    guint32 one, two;

    fake_call_from_phone(fake, "200", &one);
    fake_call_from_pbx(fake, "10", FALSE, &two); /* still dialling: no SIP leg, no port */
    hall_set_sip(fake->hall, &parts[0]);
    hall_set_isdn(fake->hall, &parts[1]);
    hall_set_media(fake->hall, &parts[2]);
    hall_free(g_steal_pointer(&fake->hall));
    g_assert_cmpuint(sip, ==, 1);
    g_assert_cmpuint(isdn, ==, 2);
    g_assert_cmpuint(media, ==, 1);
    fake_free(fake);
}

/* ---- a mistake of ours --------------------------------------------------------------------------
 */

static void keep_line(void *user, const CallTrace *trace)
{
    g_string_append_printf(user, "%s\n", trace->line);
}

/* Rooms that only nod: the legs of paper would not let a mistake be made. */
static gboolean nod(void *room, Call *call, const CallNews *news)
{
    if (call_channel(call).number == 0)
        call_set_channel(call, (Channel){0, 1});
    return TRUE;
}

static void hand_in_nods(Hall *hall)
{
    CallOps ops = {0};

    for (guint action = 1; action < CALL_ACTION_COUNT; action++)
        ops.action[action] = nod;
    hall_set_sip(hall, &ops);
    hall_set_isdn(hall, &ops);
    hall_set_media(hall, &ops);
}

static void mistake_clears_both_legs(void)
{
    Loop *loop = loop_virtual_new();
    Settings *settings = fake_settings_new();
    Hall *hall = hall_new(loop, settings);
    g_autoptr(GString) lines = g_string_new(NULL);
    CallOrigin origin = {.kind = ORIGIN_SIP};
    CallSetup setup = {.called = {.digits = "200"}};
    Call *call;

    callmap_open(NULL);
    hand_in_nods(hall);
    hall_add_trace(hall, keep_line, lines);
    call = call_new(hall, &origin, &setup);
    call_event(call, EVENT_SIP_INVITE, NULL);
    call_event(call, EVENT_ISDN_CONNECT, NULL);
    g_string_set_size(lines, 0);
    call_event(call, EVENT_ROUTE_MORE, NULL);
    g_assert_cmpstr(lines->str, ==,
                    "C1 ROUTE.MORE (ANSWERED,ACTIVE)->(PARTING,DISCONNECT_REQUEST) note_cause "
                    "media_close isdn_disconnect error\n");
    /* And one that comes while the call is being cleared changes nothing. */
    g_string_set_size(lines, 0);
    call_event(call, EVENT_ROUTE_MORE, NULL);
    g_assert_cmpstr(lines->str, ==,
                    "C1 ROUTE.MORE (PARTING,DISCONNECT_REQUEST)->(PARTING,DISCONNECT_REQUEST) "
                    "error\n");
    call_event(call, EVENT_ISDN_RELEASED, NULL);
    call_event(call, EVENT_SIP_BYE, NULL);
    g_assert_cmpuint(hall_call_count(hall), ==, 0);
    /* A call that begins with something else than an offer is over at once. */
    call = call_new(hall, &origin, &setup);
    call_event(call, EVENT_SIP_BYE, NULL);
    g_assert_cmpuint(hall_call_count(hall), ==, 0);
    hall_free(hall);
    fake_settings_free(settings);
    loop_virtual_free(loop);
}

/* ---- a million events ---------------------------------------------------------------------------
 */

static guint event_budget(void)
{
    const char *text = g_getenv("TIELINE_TEST_EVENTS");

    return text ? (guint)strtoul(text, NULL, 10) : 1000000;
}

static CallNews random_news(GRand *dice)
{
    CallNews news = CALL_NEWS_INIT;

    news.cause = (guint8)g_rand_int_range(dice, 0, 256);
    news.location = (gint8)g_rand_int_range(dice, -1, 16);
    news.status = (guint16)(g_rand_boolean(dice) ? 0 : g_rand_int_range(dice, 100, 800));
    news.reason_trusted = g_rand_boolean(dice);
    news.complete = g_rand_int_range(dice, 0, 8) == 0;
    news.has_remote = g_rand_boolean(dice);
    for (gint i = g_rand_int_range(dice, 0, 6); i > 0; i--)
        news.digits[i - 1] = "0123456789*#+a"[g_rand_int_range(dice, 0, 14)];
    return news;
}

static void random_call(Fake *fake, GArray *live)
{
    static const char *const numbers[] = {"200", "100", "105", "205", "201", "101",
                                          "1",   "",    "03",  "2",   "555", "0049"};
    const char *called = numbers[g_rand_int_range(fake->dice, 0, G_N_ELEMENTS(numbers))];
    guint32 id = 0;
    Call *call = g_rand_boolean(fake->dice)
                     ? fake_call_from_phone(fake, called, &id)
                     : fake_call_from_pbx(fake, called, g_rand_boolean(fake->dice), &id);

    if (call)
        g_array_append_val(live, id);
    else if (id)
        fake_assert_gone(fake, id);
}

/* A call that has ended must have left nothing, and is forgotten. */
static void random_bury(Fake *fake, GArray *live)
{
    for (guint i = 0; i < live->len;) {
        guint32 id = g_array_index(live, guint32, i);

        if (hall_find_call(fake->hall, id)) {
            i++;
            continue;
        }
        fake_assert_gone(fake, id);
        g_hash_table_remove(fake->calls, GUINT_TO_POINTER(id));
        g_array_remove_index_fast(live, i);
    }
}

/* One event that the legs of one call can raise; FALSE when the dice found none. */
static gboolean random_event(Fake *fake, GArray *live)
{
    guint32 id = g_array_index(live, guint32, g_rand_int_range(fake->dice, 0, (gint)live->len));
    Call *call = hall_find_call(fake->hall, id);
    FakeCall *mine = fake_of(fake, id);

    for (guint tries = 0; tries < 40; tries++) {
        CallEvent event = (CallEvent)g_rand_int_range(fake->dice, 0, CALL_EVENT_COUNT);
        CallNews news;

        if ((event >= EVENT_TIMER_T301 && event <= EVENT_TIMER_INTERWORK) ||
            legs_can(&mine->legs, call_sip_state(call), call_isdn_state(call), event) == FIT_NO)
            continue;
        news = random_news(fake->dice);
        fake_raise(fake, id, event, &news);
        return TRUE;
    }
    return FALSE;
}

static void million_random_events_leave_nothing(void)
{
    Fake *fake = fake_new();
    g_autoptr(GArray) live = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint budget = event_budget(), raised = 0;
    const char *seed = g_getenv("TIELINE_TEST_SEED");

    fake->quiet = TRUE;
    fake->refuse_permille = 30;
    fake->refuse_cause = 41;
    g_rand_set_seed(fake->dice,
                    seed ? (guint32)strtoul(seed, NULL, 10) : (guint32)g_test_rand_int());
    while (raised < budget) {
        if (live->len == 0 || (live->len < 30 && g_rand_int_range(fake->dice, 0, 12) == 0))
            random_call(fake, live);
        if (live->len)
            raised += random_event(fake, live);
        if (g_rand_int_range(fake->dice, 0, 50) == 0)
            loop_virtual_advance(fake->loop, g_rand_int_range(fake->dice, 0, 40) * SECOND);
        random_bury(fake, live);
    }
    g_test_message("%u events, %u calls", raised, hall_last_call(fake->hall));
    /* With a little patience every call ends. */
    for (guint round = 0; live->len && round < 10000; round++) {
        random_event(fake, live);
        random_bury(fake, live);
    }
    g_assert_cmpuint(live->len, ==, 0);
    g_assert_cmpuint(hall_call_count(fake->hall), ==, 0);
    fake_free(fake);
}

#define STORY(name) g_test_add_func("/hall/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_open(LEVEL_ERROR, FALSE);
    STORY(phone_calls_pbx_and_hangs_up);
    STORY(trace_line_is_exact);
    STORY(pbx_is_busy);
    STORY(phone_cancels);
    STORY(refused_channel_is_not_tried_again);
    STORY(channel_retry_is_told);
    STORY(alternatives_follow_the_cause);
    STORY(last_target_decides_the_status);
    STORY(no_channel_is_503);
    STORY(no_port_is_told_and_frees_the_channel);
    STORY(announcement_ends_the_call);
    STORY(announcement_is_forgotten_by_connect);
    STORY(tones_after_disconnect_are_heard);
    STORY(call_knows_whether_it_may_continue);
    STORY(bye_waits_for_ack);
    STORY(missing_ack_clears_with_102);
    STORY(expired_invite_is_487);
    STORY(pbx_calls_phone_and_hangs_up);
    STORY(phone_is_busy);
    STORY(next_phone_rings_without_second_alerting);
    STORY(failures_of_phones_try_on_or_not);
    STORY(reason_outranks_the_table_when_trusted);
    STORY(cancel_waits_for_a_provisional);
    STORY(phone_rings_too_long);
    STORY(overlap_collects_digits);
    STORY(incomplete_number_is_cause_28);
    STORY(unrouted_numbers_are_refused);
    STORY(transit_cannot_be_bridged);
    STORY(timers_tell_their_status);
    STORY(restart_and_loss_clear_by_state);
    STORY(collisions_clear_once);
    STORY(silence_clears_both_ends);
    STORY(draining_and_clearing);
    STORY(max_calls_bars_all_but_emergencies);
    STORY(counters_count);
    STORY(hall_ends_with_live_calls);
    STORY(mistake_clears_both_legs);
    STORY(million_random_events_leave_nothing);
    return g_test_run();
}
