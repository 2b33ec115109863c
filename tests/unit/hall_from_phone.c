/* A phone calls the PBX: the catalogue's stories, line by line. */
#include "cause.h"
#include "fake_rooms.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

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
          "ISDN.RELEASE (IDLE,DISCONNECT_REQUEST)->(IDLE,NULL) media_hush isdn_release_complete "
          "channel_free\n");
    says(fake, id,
         "channel_seize media_open isdn_setup sip_ring isdn_connect_ack media_through sip_answer "
         "media_close isdn_disconnect:16 media_hush isdn_release_complete:16 channel_free");
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
                    "note_cause media_busy isdn_disconnect_tone cause=17\n");
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
    says_last(fake, id, "channel_free sip_reject:486");
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
    tells(fake,
          "SIP.CANCEL (RINGING,DELIVERED)->(IDLE,DISCONNECT_REQUEST) note_cause media_close "
          "isdn_disconnect\n"
          "ISDN.CONNECT (IDLE,DISCONNECT_REQUEST)->(IDLE,DISCONNECT_REQUEST) log_late\n"
          "ISDN.RELEASE (IDLE,DISCONNECT_REQUEST)->(IDLE,NULL) media_hush isdn_release_complete "
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
    says_last(fake, id, "sip_reject:503");
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

            says_last(fake, id, end);
        }
        fake_assert_gone(fake, id);
        fake_free(fake);
    }
}

/* COUNT spans for the trunk "pbx", to be freed by the test. */
static GPtrArray *pbx_gets_spans(Fake *fake, guint count)
{
    GPtrArray *spans = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < count; i++) {
        SpanSettings *span = g_new0(SpanSettings, 1);

        span->index = (guint8)i;
        g_ptr_array_add(spans, span);
    }
    return fake_trunk(fake->settings, "pbx")->spans = spans;
}

/* 34 38 41 42 47: each other span of the group once, then the next target; the rest as ever. */
static void other_spans_come_before_other_trunks(void)
{
    static const guint8 causes[] = {34, 38, 41, 42, 47};

    for (gsize i = 0; i < G_N_ELEMENTS(causes); i++) {
        Fake *fake = fake_new();
        g_autoptr(GPtrArray) spans = pbx_gets_spans(fake, 3);
        guint32 id;
        Call *call = fake_call_from_phone(fake, "200", &id);

        for (guint8 span = 0; span < 3; span++) {
            g_assert_cmpstr(call_trunk(call)->name, ==, "pbx");
            g_assert_cmpint(call_channel(call).span, ==, span);
            g_assert_true(call_may_continue(call, causes[i]));
            fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, causes[i]);
            g_assert_true(call_span_refused(call, span) == (span < 2));
        }
        g_assert_cmpstr(call_trunk(call)->name, ==, "spare");
        fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, causes[i]);
        says_last(fake, id, "sip_reject:503");
        fake_assert_gone(fake, id);
        fake_free(fake);
    }
}

/* tries: three ways in all, whatever spans and trunks are left; a call for help goes them all. */
static void a_call_tries_so_many_ways(void)
{
    for (gint for_help = 0; for_help <= 1; for_help++) {
        Fake *fake = fake_new();
        g_autoptr(GPtrArray) spans = pbx_gets_spans(fake, 4);
        guint32 id;
        Call *call;

        fake_route(fake->settings, "to-pbx")->tries = 3;
        fake_route(fake->settings, "to-pbx")->emergency = for_help;
        call = fake_call_from_phone(fake, "200", &id);
        for (gint way = 1; way <= 5; way++) {
            g_assert_nonnull(hall_find_call(fake->hall, id));
            g_assert_true(call_may_continue(call, 34) == (way < (for_help ? 5 : 3)));
            fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 34);
            if (way == (for_help ? 5 : 3))
                break;
        }
        says_last(fake, id, "sip_reject:503");
        fake_assert_gone(fake, id);
        fake_free(fake);
    }
}

static void other_causes_try_no_other_span(void)
{
    static const guint8 causes[] = {1, 16, 17, 18, 21, 27, 31, 102};

    for (gsize i = 0; i < G_N_ELEMENTS(causes); i++) {
        Fake *fake = fake_new();
        g_autoptr(GPtrArray) spans = pbx_gets_spans(fake, 3);
        guint32 id;
        Call *call = fake_call_from_phone(fake, "200", &id);

        g_assert_false(call_may_continue(call, causes[i]));
        fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, causes[i]);
        fake_assert_gone(fake, id);
        fake_free(fake);
    }
}

/* The span that is left has no channel: the PBX's own word decides, not our 34. */
static void a_group_without_another_channel_keeps_the_cause(void)
{
    Fake *fake = fake_new();
    g_autoptr(GPtrArray) spans = pbx_gets_spans(fake, 2);
    guint32 id;

    g_ptr_array_set_size(fake_route(fake->settings, "to-pbx")->targets, 1);
    fake_trunk(fake->settings, "pbx")->cause_status[42] = 480;
    fake_call_from_phone(fake, "200", &id);
    g_free(fake_take_lines(fake));
    fake->refuse = G_GUINT64_CONSTANT(1) << ACTION_CHANNEL_SEIZE;
    fake->refuse_cause = 34;
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 42);
    tells(fake,
          "ISDN.RELEASED (INVITED,INITIATED)->(INVITED,NULL) note_cause media_close channel_free "
          "route_next cause=42\n"
          "ROUTE.TRUNK (INVITED,NULL)->(INVITED,INITIATED) channel_seize media_open isdn_setup\n"
          "CHANNEL.NONE (INVITED,INITIATED)->(INVITED,NULL) note_cause route_next cause=34\n"
          "ROUTE.NONE (INVITED,NULL)->(IDLE,NULL) note_cause sip_reject cause=42\n");
    says_last(fake, id, "sip_reject:480");
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* The kept cause is the last target's, not the first's. */
static void last_target_decides_the_status(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 34);
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 17);
    says_last(fake, id, "sip_reject:486");
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
    says(fake, id, "isdn_proceeding isdn_disconnect:65 media_hush channel_free");
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* A plan that the route states is the one the PBX is told, whatever the type becomes. */
static void route_decides_the_numbering_plan(void)
{
    Fake *fake = fake_new();
    guint32 id;
    Call *call;

    fake_trunk(fake->settings, "pbx")->called_ton = TON_NATIONAL;
    fake_route(fake->settings, "to-pbx")->npi = NPI_PRIVATE;
    call = fake_call_from_phone(fake, "200", &id);
    g_assert_cmpint(call_setup(call)->called.ton, ==, TON_NATIONAL);
    g_assert_cmpint(call_setup(call)->called.npi, ==, NPI_PRIVATE);
    fake_free(fake);
}

/* RFC 4497 8.3.1: no trunk is told a number shorter than it dials, the second one neither. */
static void short_numbers_pass_by_an_alternative(void)
{
    Fake *fake = fake_new();
    guint32 id;

    fake_trunk(fake->settings, "spare")->min_digits = 4;
    fake_call_from_phone(fake, "200", &id);
    fake_raise_cause(fake, id, EVENT_ISDN_RELEASED, 34);
    says_last(fake, id, "channel_free sip_reject:503");
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* A queue or an announcement before ALERTING holds its channel as long as the trunk lets it, and no
 * longer: a caller that vanishes says nothing. */
static void early_media_has_an_end(void)
{
    static const CallEvent events[] = {EVENT_ISDN_PROCEEDING_MEDIA, EVENT_ISDN_PROGRESS_MEDIA,
                                       EVENT_ISDN_PROGRESS};

    for (gsize i = 0; i < G_N_ELEMENTS(events); i++) {
        Fake *fake = fake_new();
        guint32 id;

        fake_trunk(fake->settings, "pbx")->progress_us = 100 * SECOND;
        fake_call_from_phone(fake, "200", &id);
        fake_raise(fake, id, events[i], NULL);
        loop_virtual_advance(fake->loop, 99 * SECOND);
        g_assert_cmpint(call_isdn_state(hall_find_call(fake->hall, id)), ==,
                        ISDN_OUTGOING_PROCEEDING);
        loop_virtual_advance(fake->loop, 2 * SECOND);
        says_last(fake, id, "media_close sip_reject:408 isdn_disconnect:102");
        fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
        fake_assert_gone(fake, id);
        fake_free(fake);
    }
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
    says_last(fake, id,
              "media_listen sip_progress media_close sip_reject:404 "
              "isdn_disconnect:1");
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* a caller who has heard enough clears with 16, whatever the announcement was for. */
static void announcement_is_cut_off_by_the_caller(void)
{
    static const CallEvent ends[] = {EVENT_SIP_CANCEL, EVENT_SIP_BYE};

    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
        Fake *fake = fake_new();
        guint32 id;

        fake_call_from_phone(fake, "200", &id);
        fake_raise(fake, id, EVENT_ISDN_PROCEEDING, NULL);
        fake_raise_cause(fake, id, EVENT_ISDN_PROGRESS_CAUSE, 1);
        fake_raise(fake, id, ends[i], NULL);
        says_last(fake, id, "media_listen sip_progress media_close isdn_disconnect:16");
        fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
        fake_assert_gone(fake, id);
        fake_free(fake);
    }
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
                "media_close sip_withdraw isdn_release cause=16\n"
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
    says_last(fake, id, "media_close sip_bye:102 isdn_disconnect:102");
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
    says_last(fake, id, "sip_reject:487 isdn_disconnect:102");
    fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_assert_gone(fake, id);
    fake_free(fake);
}

/* What the PBX was saying meanwhile has not ended the call. */
static void expired_invite_is_487_whatever_is_heard(void)
{
    static const struct {
        CallEvent event;
        guint8 cause;
        const char *messages;
    } cases[] = {
        {EVENT_ISDN_PROGRESS_CAUSE, 1,
         "media_listen sip_progress media_close sip_reject:487 isdn_disconnect:102"},
        {EVENT_ISDN_DISCONNECT_MEDIA, 17,
         "media_listen sip_progress media_close sip_reject:487 isdn_release"},
        {EVENT_ISDN_DISCONNECT, 34, "media_close isdn_release sip_reject:487"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fake *fake = fake_new();
        guint32 id;

        fake_call_from_phone(fake, "200", &id);
        fake_raise(fake, id, EVENT_ISDN_PROCEEDING, NULL);
        fake_raise_cause(fake, id, cases[i].event, cases[i].cause);
        fake_raise(fake, id, EVENT_SIP_EXPIRED, NULL);
        says_last(fake, id, cases[i].messages);
        fake_raise(fake, id, EVENT_ISDN_RELEASED, NULL);
        fake_assert_gone(fake, id);
        fake_free(fake);
    }
}

#define STORY(name) g_test_add_func("/from-phone/" #name, name)

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
    STORY(other_spans_come_before_other_trunks);
    STORY(a_call_tries_so_many_ways);
    STORY(other_causes_try_no_other_span);
    STORY(a_group_without_another_channel_keeps_the_cause);
    STORY(last_target_decides_the_status);
    STORY(no_channel_is_503);
    STORY(no_port_is_told_and_frees_the_channel);
    STORY(route_decides_the_numbering_plan);
    STORY(short_numbers_pass_by_an_alternative);
    STORY(early_media_has_an_end);
    STORY(announcement_ends_the_call);
    STORY(announcement_is_cut_off_by_the_caller);
    STORY(announcement_is_forgotten_by_connect);
    STORY(tones_after_disconnect_are_heard);
    STORY(call_knows_whether_it_may_continue);
    STORY(bye_waits_for_ack);
    STORY(missing_ack_clears_with_102);
    STORY(expired_invite_is_487);
    STORY(expired_invite_is_487_whatever_is_heard);
    return g_test_run();
}
