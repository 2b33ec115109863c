/* Rooms of paper for the tests of ctl: two calls, one span, and a note of what was asked of them.
 */
#include "ctl_rooms.h"
#include "joined.h"

#include "cause.h"
#include "clock.h"
#include "number.h"
#include "route.h"

#include <string.h>

struct Call {
    guint32 id;
    CallOrigin origin;
    CallSetup setup;
    const char *uri;
    SipState sip;
};

PaperNotes paper;
guint paper_calls = 2;

static const TrunkSettings paper_trunk = {.name = (char *)"pbx"};

static Call *paper_call(guint32 id)
{
    static Call calls[2];
    Call *call = &calls[id % 2];

    call->id = id;
    if (id % 2) {
        call->origin.kind = ORIGIN_SIP;
        g_strlcpy(call->origin.peer, "proxy", TAG_MAX);
        address_parse("192.0.2.7:5060", &call->origin.source);
        call->uri = "";
        call->sip = SIP_UP;
        /* A hostile name: control characters and octets that are not UTF-8. */
        g_strlcpy(call->setup.name, "Eve\033[2J\xff", sizeof call->setup.name);
        g_strlcpy(call->setup.called.digits, "200", NUMBER_MAX);
    } else {
        call->origin.kind = ORIGIN_PRI;
        g_strlcpy(call->origin.trunk, "pbx", TAG_MAX);
        call->uri = "sip:100@192.0.2.9";
        call->sip = SIP_CALLING;
        g_strlcpy(call->setup.called.digits, "100", NUMBER_MAX);
        g_strlcpy(call->setup.calling.digits, "201", NUMBER_MAX);
    }
    return call;
}

/* ---- the hall ---- */

Call *hall_find_call(Hall *hall, guint32 id)
{
    return id >= 41 && id < 41 + paper_calls ? paper_call(id) : NULL;
}

void hall_each_call(Hall *hall, CallFunc func, void *user)
{
    for (guint i = 0; i < paper_calls; i++)
        func(user, paper_call(41 + i));
}

guint hall_call_count(const Hall *hall)
{
    return paper_calls;
}

void hall_each_counter(const Hall *hall, CounterFunc func, void *user)
{
    func(user, "calls live", paper_calls);
    func(user, "calls refused", G_MAXUINT64);
}

void hall_set_draining(Hall *hall, gboolean draining)
{
    paper.draining = draining;
}

char *hall_ladder(Hall *hall, guint32 call)
{
    return call == 0 || call == 41 ? g_strdup("INVITE -->\n          SETUP -->\n") : NULL;
}

void call_event(Call *call, CallEvent event, const CallNews *news)
{
    g_assert_cmpint(event, ==, EVENT_OPERATOR_CLEAR);
    paper.cleared = call->id;
    paper.cause = news->cause;
    paper.thread = g_thread_self();
}

guint32 call_id(const Call *call)
{
    return call->id;
}

SipState call_sip_state(const Call *call)
{
    return call->sip;
}

const char *call_rates(const Call *call)
{
    return "";
}

const CallCharge *call_charge(const Call *call)
{
    static const CallCharge charge = {.kind = CHARGE_NONE};

    (void)call;
    return &charge;
}

IsdnState call_isdn_state(const Call *call)
{
    return ISDN_ACTIVE;
}

const CallOrigin *call_origin(const Call *call)
{
    return &call->origin;
}

const CallSetup *call_asked(const Call *call)
{
    return &call->setup;
}

const TrunkSettings *call_trunk(const Call *call)
{
    return &paper_trunk;
}

const char *call_uri(const Call *call)
{
    return call->uri;
}

const TrunkSettings *call_through(const Call *call)
{
    return NULL;
}

guint32 call_joined(const Call *call)
{
    (void)call;
    return 0;
}

guint32 call_twin(const Call *call)
{
    return 0;
}

gboolean call_is_sheltered(const Call *call)
{
    return paper.sheltered == call->id;
}

Channel call_channel(const Call *call)
{
    return (Channel){.span = 0, .number = call->id % 2 ? 5 : 0};
}

guint8 call_cause(const Call *call)
{
    return call->id % 2 ? 0 : 17;
}

gint64 call_age_us(const Call *call)
{
    return 65 * G_USEC_PER_SEC;
}

const char *sip_state_name(SipState state)
{
    return state == SIP_UP ? "UP" : "CALLING";
}

const char *isdn_state_name(IsdnState state)
{
    return "ACTIVE";
}

const char *call_event_name(CallEvent event)
{
    return "TIMER.T301";
}

const CallTimerRule *callmap_timer(CallTimerId id)
{
    static const CallTimerRule rule = {
        .name = "T301", .default_us = 20000000, .cause = 19, .why = "Q.931 9.2"};

    return &rule;
}

/* ---- causes, numbers, routes ---- */

char *cause_explain(const TrunkSettings *trunk, guint8 cause)
{
    return g_strdup_printf("cause %u at %s\nsecond line\n", cause, trunk ? trunk->name : "any");
}

char *status_explain(const TrunkSettings *trunk, guint16 status)
{
    return g_strdup_printf("status %u at %s", status, trunk ? trunk->name : "any");
}

NumberResult number_from_user(const char *user, Number *number)
{
    if (strspn(user, "0123456789") != strlen(user) || !*user)
        return NUMBER_NOT_A_NUMBER;
    g_strlcpy(number->digits, user, sizeof number->digits);
    return NUMBER_OK;
}

char *route_explain(const Settings *settings, const CallOrigin *origin, const CallSetup *setup)
{
    return g_strdup_printf("%s %s%s to %s from %s", origin->kind == ORIGIN_PRI ? "PRI" : "SIP",
                           origin->trunk, origin->peer, setup->called.digits,
                           setup->calling.digits);
}

/* ---- isdn, media, sip ---- */

gboolean isdn_span_status(const Isdn *isdn, guint8 span, IsdnSpanStatus *status)
{
    *status = (IsdnSpanStatus){.trunk = "pbx",
                               .state = paper.taken_out ? DCHAN_DOWN : DCHAN_UP,
                               .out_of_service = paper.taken_out > 0,
                               .since_us = clock_now_us(),
                               .channels = 30,
                               .busy = 1,
                               .frames_in = 7};
    return span == 0;
}

void isdn_each_channel(const Isdn *isdn, ChannelFunc func, void *user)
{
    const ChannelStatus rows[] = {
        {.channel = {0, 5}, .trunk = "pbx", .state = CHANNEL_BUSY, .call = 41, .calls = 3},
        {.channel = {0, 6},
         .trunk = "pbx",
         .state = CHANNEL_OUT_OF_SERVICE,
         .reason = REASON_BUSIED_OUT,
         .since_us = clock_now_us() - 65 * G_USEC_PER_SEC},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
        func(user, &rows[i]);
}

void isdn_each_counter(const Isdn *isdn, CounterFunc func, void *user)
{
    func(user, "restarts", 2);
}

const char *channel_reason_name(ChannelReason reason)
{
    return reason == REASON_BUSIED_OUT ? "busied out" : "";
}

gboolean isdn_busy_out(Isdn *isdn, guint8 span, guint8 number, gboolean force, GError **error)
{
    if (number == 16) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "span e1 has no B channel 16");
        return FALSE;
    }
    paper.busied = 1000 * (span + 1) + number + (force ? 100 : 0);
    return TRUE;
}

gboolean isdn_return(Isdn *isdn, guint8 span, guint8 number, GError **error)
{
    paper.busied = number;
    return TRUE;
}

gboolean isdn_switch_d(Isdn *isdn, guint8 span, GError **error)
{
    paper.busied = 7;
    return TRUE;
}

gboolean isdn_take_out(Isdn *isdn, guint8 span, GError **error)
{
    if (paper.standing)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN, "%u calls stand on span e1",
                    paper.standing);
    else
        paper.taken_out++;
    return paper.standing == 0;
}

guint32 media_selftest(Media *media, guint8 span)
{
    paper.selftest = (SelftestReport){
        .number = paper.selftest.number + 1, .span = span, .running = TRUE, .slips = 2};
    paper.selftest_asks = 2;
    return paper.selftest.number;
}

gboolean media_selftest_report(const Media *media, SelftestReport *report)
{
    SelftestReport *selftest = &paper.selftest;

    *report = *selftest;
    if (!selftest->running || --paper.selftest_asks > 0)
        return selftest->number > 0;
    selftest->running = FALSE;
    selftest->looped = !paper.selftest_bad;
    selftest->number += paper.selftest_overtaken;
    selftest->count = 2;
    selftest->channels[0] =
        (SelftestChannel){.number = 1, .heard = 1, .compared = 23000, .delay_us = 20125};
    selftest->channels[1] = selftest->channels[0];
    selftest->channels[1].number = selftest->channels[1].heard = 2;
    if (paper.selftest_bad) {
        selftest->channels[0] = (SelftestChannel){.number = 1, .verdict = SELFTEST_SILENT};
        selftest->channels[1].verdict = SELFTEST_CROSSED;
        selftest->channels[1].heard = 3;
        selftest->channels[1].errors = 7;
    }
    return TRUE;
}

const char *span_alarms_describe(SpanAlarms alarms, char *buffer, gsize size)
{
    g_strlcpy(buffer, alarms & SPAN_ALARM_YELLOW ? "YELLOW" : "none", size);
    return buffer;
}

SpanAlarms media_span_status(Media *media, guint8 span, SpanCounters *counters)
{
    counters->packets_in = 1000;
    counters->lost = 3;
    return SPAN_ALARM_YELLOW;
}

gboolean media_port_stats(Media *media, guint32 call, MediaStats *stats)
{
    *stats =
        (MediaStats){.call = call, .port = 16384, .sent = 50, .jitter_us = 1250, .depth_ms = 20};
    return call == 41;
}

guint media_ports_used(const Media *media)
{
    return 1;
}

guint ua_leg_count(const Ua *ua)
{
    return 2;
}

void phones_each_counter(const Phones *phones, CounterFunc func, void *user)
{
    func(user, "proxy requests in", 3);
}

void phones_each_primary(const Phones *phones, PhonesPrimaryFunc func, void *user)
{
    PhonesPrimary primary = {.place = "pbx.example",
                             .state = "up",
                             .used = TRUE,
                             .since_us = clock_now_us() - 65 * G_USEC_PER_SEC,
                             .heard_us = clock_now_us() - 3 * G_USEC_PER_SEC,
                             .answered = 7,
                             .refused = 1,
                             .silent = 2,
                             .outages = 1};
    (void)phones;
    g_assert_true(address_parse("192.0.2.5:5060", &primary.address));
    func(user, &primary);
}

void phones_each_registration(const Phones *phones, const char *user, PhonesRegistrationFunc func,
                              void *func_user)
{
    PhonesRegistration rows[] = {
        {.aor = "201",
         .contact = "sip:201@192.0.2.31:5060;x=\"\033\"",
         .origin = "registered",
         .transport = "tcp",
         .agent = "Phone/1.0",
         .user = "ann",
         .q = 500,
         .flow = TRUE,
         .expires_s = 65},
        {.aor = "202",
         .contact = "sip:202@192.0.2.32",
         .origin = "static",
         .transport = "udp",
         .q = 1000,
         .expires_s = -1},
    };

    address_parse("192.0.2.7:40000", &rows[0].source);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (!user || g_str_equal(user, rows[i].aor))
            func(func_user, &rows[i]);
    }
}

guint phones_drop_registration(Phones *phones, const char *user, const char *contact)
{
    paper.thread = g_thread_self();
    return !g_str_equal(user, "201") ? 0 : contact ? 1 : 2;
}

void ua_each_peer(const Ua *ua, UaPeerFunc func, void *user)
{
    const UaPeer peers[] = {
        {.name = "phones"},
        {.name = "carrier",
         .server = "sip:192.0.2.20",
         .registration = UA_REGISTERED,
         .since_us = clock_now_us() - 65 * G_USEC_PER_SEC,
         .expires_s = 1800,
         .state = "up",
         .state_since_us = clock_now_us() - 61 * G_USEC_PER_SEC,
         .answered = 7,
         .refused = 2,
         .unanswered = 1,
         .addresses = "192.0.2.20:5060 up"},
        {.name = "other",
         .server = "sip:192.0.2.21",
         .registration = UA_REGISTER_FAILED,
         .since_us = clock_now_us() - 3 * G_USEC_PER_SEC,
         .status = 403},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(peers); i++)
        func(user, &peers[i]);
}

void ua_each_counter(const Ua *ua, CounterFunc func, void *user)
{
    func(user, "invites", 9);
}
