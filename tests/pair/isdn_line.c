/* The stage of the isdn pair tests: a real hall, our isdn room, libpri opposite, faked time. */
#include "isdn_line.h"
#include "clock.h"
#include "dchan.h"
#include "frame.h"
#include "isdn_leg.h"
#include "loop_virtual.h"

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

/* --- the line --- */

typedef struct Passing {
    Stage *stage;
    gboolean outward;
    guint8 span;
} Passing;

static void far_run(Stage *stage);

static void note_wire(Stage *stage, gboolean outward, guint8 span, const guint8 *frame,
                      gsize length)
{
    FrameNews news;
    char text[160];

    frame_read(frame, length, &news);
    if (news.kind == FRAME_MESSAGE)
        g_string_append_printf(stage->wire, "%s%s %s\n", outward ? ">" : "<", span ? "2" : "",
                               frame_describe(&news, text, sizeof text));
}

static void pass(void *user)
{
    Passing *passing = user;
    Stage *stage = passing->stage;
    GQueue *queue = !passing->outward ? &stage->to_us
                    : passing->span   ? &stage->to_second
                                      : &stage->to_far;
    GBytes *bytes = g_queue_peek_head(queue);
    gsize length;
    const guint8 *frame;

    if (!bytes || !stage->isdn)
        return;
    if (passing->outward) {
        far_run(stage);
        return;
    }
    g_queue_pop_head(queue);
    frame = g_bytes_get_data(bytes, &length);
    isdn_frame_received(stage->isdn, passing->span, frame, length);
    g_bytes_unref(bytes);
}

/* FRAME as it goes onto the line; the test may have put another message in its place. */
static guint8 *frame_copy(Stage *stage, gboolean outward, const guint8 *frame, gsize *length)
{
    g_autoptr(GBytes) instead = NULL;
    guint8 *copy;

    if (outward || !stage->instead || (frame[2] & 1))
        return g_memdup2(frame, *length);
    instead = g_steal_pointer(&stage->instead);
    *length = 4 + g_bytes_get_size(instead);
    copy = g_malloc(*length);
    memcpy(copy, frame, 4);
    memcpy(copy + 4, g_bytes_get_data(instead, NULL), g_bytes_get_size(instead));
    return copy;
}

static void line_send(Stage *stage, gboolean outward, guint8 span, const guint8 *frame,
                      gsize length)
{
    g_autofree guint8 *copy = frame_copy(stage, outward, frame, &length);
    Passing *passing;

    if ((span ? stage->cut_second : stage->cut) ||
        (stage->hook && !stage->hook(stage, outward, copy, length)))
        return;
    note_wire(stage, outward, span, copy, length);
    g_queue_push_tail(!outward ? &stage->to_us
                      : span   ? &stage->to_second
                               : &stage->to_far,
                      g_bytes_new(copy, length));
    passing = g_new0(Passing, 1);
    *passing = (Passing){stage, outward, span};
    loop_post(stage->loop, pass, passing, g_free);
}

static void our_send(void *user, guint8 span, const guint8 *frame, gsize length)
{
    g_assert_cmpint(span, <=, 1);
    line_send(user, TRUE, span, frame, length);
}

/* --- the far end --- */

static int far_read(struct pri *pri, void *buffer, int size)
{
    Stage *stage = pri_get_userdata(pri);
    g_autoptr(GBytes) bytes =
        g_queue_pop_head(pri == stage->second ? &stage->to_second : &stage->to_far);
    gsize length;

    if (!bytes)
        return 0;
    memset(buffer, 0xff, size);
    memcpy(buffer, g_bytes_get_data(bytes, &length), g_bytes_get_size(bytes));
    return (int)g_bytes_get_size(bytes) + 2;
}

static int far_write(struct pri *pri, void *buffer, int length)
{
    Stage *stage = pri_get_userdata(pri);

    line_send(stage, FALSE, stage->opening_second || pri == stage->second, buffer, length - 2);
    return length;
}

static void far_hears_party(Stage *stage, const pri_event *event)
{
    const struct pri_subcommands *heard = event->e == PRI_EVENT_ANSWER     ? event->answer.subcmds
                                          : event->e == PRI_EVENT_FACILITY ? event->facility.subcmds
                                                                           : NULL;

    for (int i = 0; heard && i < heard->counter_subcmd; i++)
        if (heard->subcmd[i].cmd == PRI_SUBCMD_CONNECTED_LINE)
            stage->far_party = heard->subcmd[i].u.connected_line.id;
}

static void far_hears(Stage *stage, struct pri *pri, const pri_event *event)
{
    far_hears_party(stage, event);
    switch (event->e) {
    case PRI_EVENT_RING:
        stage->far_call = event->ring.call;
        stage->far_channel = event->ring.channel;
        g_string_append_printf(stage->far_told, "RING %s→%s ch %d '%s'\n", event->ring.callingnum,
                               event->ring.callednum, event->ring.channel & 0xff,
                               event->ring.callingname);
        break;
    case PRI_EVENT_HANGUP_REQ:
        g_string_append_printf(stage->far_told, "HANGUP_REQ %d\n", event->hangup.cause);
        if (!stage->far_deaf)
            pri_hangup(pri, event->hangup.call, event->hangup.cause);
        break;
    case PRI_EVENT_HANGUP:
        g_string_append_printf(stage->far_told, "HANGUP %d\n", event->hangup.cause);
        if (!stage->far_deaf)
            pri_hangup(pri, event->hangup.call, event->hangup.cause);
        break;
    default:
        g_string_append_printf(stage->far_told, "%s\n", pri_event2str(event->e) + 10);
        break;
    }
}

static gint64 far_wait(struct pri *pri)
{
    struct timeval now, *next = pri ? pri_schedule_next(pri) : NULL;

    if (!next)
        return G_MAXINT64;
    gettimeofday(&now, NULL);
    return MAX(0, (next->tv_sec - now.tv_sec) * G_USEC_PER_SEC + next->tv_usec - now.tv_usec);
}

static void far_rearm(Stage *stage)
{
    gint64 wait = MIN(far_wait(stage->far), far_wait(stage->second));

    if (wait != G_MAXINT64)
        loop_timer_start(stage->loop, stage->far_timer, wait);
}

static void far_turn(Stage *stage, struct pri *pri, GQueue *queue)
{
    pri_event *event;

    if (!pri)
        return;
    while (!g_queue_is_empty(queue))
        if ((event = pri_check_event(pri))) {
            pri_event copy = *event;

            far_hears(stage, pri, &copy);
        }
    while ((event = pri_schedule_run(pri))) {
        pri_event copy = *event;

        far_hears(stage, pri, &copy);
    }
}

static void far_run(Stage *stage)
{
    if (!stage->far)
        return;
    far_turn(stage, stage->far, &stage->to_far);
    far_turn(stage, stage->second, &stage->to_second);
    far_rearm(stage);
}

static void far_timer(void *user)
{
    far_run(user);
}

/* A controller is for ever, and LeakSanitizer shall know it. */
static struct pri *far_keep(struct pri *pri)
{
    static GSList *all;

    all = g_slist_prepend(all, pri);
    return pri;
}

void stage_far_wakes(Stage *stage)
{
    const TrunkSettings *trunk = stage->settings->trunks->pdata[0];
    static const int types[] = {PRI_SWITCH_EUROISDN_E1, PRI_SWITCH_NI2,     PRI_SWITCH_DMS100,
                                PRI_SWITCH_LUCENT5E,    PRI_SWITCH_ATT4ESS, PRI_SWITCH_QSIG};

    stage->far_timer = loop_timer_new(stage->loop, far_timer, stage);
    stage->far = far_keep(pri_new_cb(-1, trunk->side == SIDE_NETWORK ? PRI_CPE : PRI_NETWORK,
                                     types[trunk->switch_type], far_read, far_write, stage));
    pri_hangup_fix_enable(stage->far, 1);
    pri_facility_enable(stage->far);
    pri_set_timer(stage->far, PRI_TIMER_T309, 60000); /* ours shall be the first to run out */
    if (((const SpanSettings *)trunk->spans->pdata[trunk->spans->len - 1])->d_role == D_BACKUP) {
        stage->opening_second = TRUE;
        stage->second = far_keep(pri_new_cb(-1, trunk->side == SIDE_NETWORK ? PRI_CPE : PRI_NETWORK,
                                            types[trunk->switch_type], far_read, far_write, stage));
        stage->opening_second = FALSE;
        pri_hangup_fix_enable(stage->second, 1);
        pri_set_service_message_support(stage->far, 1);
        pri_set_service_message_support(stage->second, 1);
        pri_enslave(stage->far, stage->second);
    }
    far_rearm(stage);
}

/* --- our side --- */

static gboolean room_does(void *room, Call *call, const CallNews *news, CallAction action)
{
    Stage *stage = room;

    (void)news;
    if (action == ACTION_SIP_REJECT) {
        stage->reject_cause = call_cause(call);
        stage->reject_location = call_cause_location(call);
        stage->reject_status = call_reject_status(call);
    }
    g_string_append_printf(stage->sip, "%s%s", stage->sip->len ? " " : "",
                           call_action_name(action));
    return TRUE;
}

#define ROOM_ACTION(id, name, text)                                                                \
    static gboolean does_##id(void *room, Call *call, const CallNews *news)                        \
    {                                                                                              \
        return room_does(room, call, news, ACTION_##id);                                           \
    }
CALL_ACTIONS(ROOM_ACTION)

/* The actions of SIP and media are only written down. */
static void rooms_set(Stage *stage)
{
    CallOps sip = {.room = stage}, media = {.room = stage};
#define ROOM_ROW(id, name, text) does_##id,
    static const CallActionFunc all[] = {NULL, CALL_ACTIONS(ROOM_ROW)};

    for (guint i = 1; i < CALL_ACTION_COUNT; i++) {
        if (g_str_has_prefix(call_action_name(i), "sip_"))
            sip.action[i] = all[i];
        else if (g_str_has_prefix(call_action_name(i), "media_"))
            media.action[i] = all[i];
    }
    hall_set_sip(stage->hall, &sip);
    hall_set_media(stage->hall, &media);
}

static void write_trace(void *user, const CallTrace *trace)
{
    Stage *stage = user;

    g_assert_cmpint(trace->rule->kind, !=, RULE_ERROR);
    g_assert_cmpint(trace->rule->kind, !=, RULE_IMPOSSIBLE);
    g_string_append_printf(stage->trace, "%s\n", strchr(trace->line, ' ') + 1);
}

/* The second span of a trunk whose spans share a D channel; perhaps the first of the trunk. */
static const char *second_span(const char *trunk)
{
    if (g_str_has_prefix(trunk, "#nfas backup"))
        return "[span second]\nbackend = pair\ntype = t1\ninterface = 1\nd-role = backup\n";
    if (g_str_has_prefix(trunk, "#nfas none"))
        return "[span second]\nbackend = pair\ntype = t1\ninterface = 1\nd-role = none\n";
    return "";
}

static Settings *settings_make(const char *trunk, gboolean t1)
{
    const char *second = second_span(trunk);
    gboolean first = g_str_has_prefix(trunk, "#nfas none, first");
    g_autofree char *text = g_strdup_printf(
        "[sip]\nlisten = 127.0.0.1:5060\n"
        "[span line]\nbackend = pair\ntype = %s\n%s"
        "[trunk pbx]\nspan = %sline%s\n%s"
        "[route out]\nfrom = 127.0.0.0/8\ncalled = XXX, 1234567.\nto = trunk pbx\n"
        "[route in]\nfrom = pbx\ncalled = 1XX, 1234567.\nto = sip:{number}@127.0.0.1:5080\n",
        t1 ? "t1" : "e1", second, first ? "second, " : "", *second && !first ? ", second" : "",
        trunk);
    GError *error = NULL;
    Settings *settings = settings_parse("test", text, &error);

    g_assert_no_error(error);
    return settings;
}

Stage *stage_new_dark(const char *trunk, gboolean t1)
{
    Stage *stage = g_new0(Stage, 1);
    IsdnLine line = {stage, our_send};
    GError *error = NULL;
    CallOps ops;

    stage->screening = SCREENING_NETWORK;
    stage->loop = loop_virtual_new();
    stage->settings = settings_make(trunk, t1);
    stage->wire = g_string_new(NULL);
    stage->trace = g_string_new(NULL);
    stage->sip = g_string_new(NULL);
    stage->far_told = g_string_new(NULL);
    g_assert_true(callmap_open(&error));
    stage->hall = hall_new(stage->loop, stage->settings);
    hall_add_trace(stage->hall, write_trace, stage);
    rooms_set(stage);
    stage->isdn = isdn_new(stage->settings, stage->loop, stage->hall, &line, &error);
    g_assert_no_error(error);
    ops = isdn_call_ops(stage->isdn);
    hall_set_isdn(stage->hall, &ops);
    return stage;
}

Stage *stage_new(const char *trunk, gboolean t1)
{
    Stage *stage = stage_new_dark(trunk, t1);

    stage_run(stage, 0);
    stage_far_wakes(stage);
    stage_run(stage, 3000);
    g_assert_true(isdn_is_ready(stage->isdn));
    stage_forget(stage);
    return stage;
}

void stage_free(Stage *stage)
{
    Isdn *isdn = g_steal_pointer(&stage->isdn);

    hall_free(stage->hall);
    isdn_free(isdn);
    loop_timer_free(stage->loop, stage->far_timer);
    stage->far_timer = NULL;
    g_queue_clear_full(&stage->to_far, (GDestroyNotify)g_bytes_unref);
    g_queue_clear_full(&stage->to_second, (GDestroyNotify)g_bytes_unref);
    g_queue_clear_full(&stage->to_us, (GDestroyNotify)g_bytes_unref);
    g_clear_pointer(&stage->instead, g_bytes_unref);
    loop_virtual_free(stage->loop);
    settings_free(stage->settings);
    g_string_free(stage->wire, TRUE);
    g_string_free(stage->trace, TRUE);
    g_string_free(stage->sip, TRUE);
    g_string_free(stage->far_told, TRUE);
    g_free(stage);
}

void stage_run(Stage *stage, guint ms)
{
    loop_virtual_advance(stage->loop, (gint64)ms * 1000);
}

Call *stage_phone_calls(Stage *stage, const char *number)
{
    CallOrigin origin = {.kind = ORIGIN_SIP};
    CallSetup setup = {.bearer = BEARER_3K1_AUDIO, .complete = TRUE};
    Call *call;

    g_assert_true(address_parse("127.0.0.1:5062", &origin.source));
    g_strlcpy(setup.called.digits, number, sizeof setup.called.digits);
    g_strlcpy(setup.calling.digits, "100", sizeof setup.calling.digits);
    setup.calling.screening = stage->screening;
    g_strlcpy(setup.name, "Anna", sizeof setup.name);
    call = call_new(stage->hall, &origin, &setup);
    g_assert_nonnull(call);
    call_event(call, EVENT_SIP_INVITE, NULL);
    stage_run(stage, 10);
    return stage_call(stage);
}

void stage_far_calls(Stage *stage, const char *number, int channel, gboolean exclusive,
                     gboolean complete)
{
    struct pri_sr *record = pri_sr_new();
    g_autofree char *called = g_strdup(number);
    char caller[] = "100", name[] = "Berta";

    stage->far_call = pri_new_call(stage->far);
    pri_sr_set_channel(record, channel ? channel : 0xff, exclusive, 0);
    pri_sr_set_bearer(record, PRI_TRANS_CAP_3_1K_AUDIO, PRI_LAYER_1_ALAW);
    pri_set_overlapdial(stage->far, !complete);
    pri_sr_set_called(record, called, PRI_UNKNOWN, complete);
    pri_sr_set_caller(record, caller, name, PRI_UNKNOWN, stage->far_presentation);
    g_assert_cmpint(pri_setup(stage->far, stage->far_call, record), ==, 0);
    pri_sr_free(record);
    far_rearm(stage);
}

int stage_reference(Stage *stage)
{
    GPtrArray *legs = dchan_legs(isdn_find_dchan(stage->isdn, 0));

    g_assert_cmpuint(legs->len, >, 0);
    return ((const IsdnLeg *)legs->pdata[0])->ref;
}

/* A RESTART of libpri's carries it: that frame needs no call at the far end. */
void stage_far_says_octets(Stage *stage, const char *message)
{
    GByteArray *octets = g_byte_array_new();

    for (const char *c = message; *c; c += 2) {
        guint8 octet;

        c += *c == ' ';
        octet = (guint8)(g_ascii_xdigit_value(c[0]) << 4 | g_ascii_xdigit_value(c[1]));
        g_byte_array_append(octets, &octet, 1);
    }
    stage->instead = g_byte_array_free_to_bytes(octets);
    pri_reset(stage->far, 1);
    stage_run(stage, 10);
    g_assert_null(stage->instead);
}

void stage_far_says(Stage *stage, int reference, const char *message)
{
    g_autofree char *octets =
        g_strdup_printf("08 02 %02x %02x %s", reference >> 8 & 0xff, reference & 0xff, message);

    stage_far_says_octets(stage, octets);
}

void stage_compare(GString *text, const char *expected, const char *where)
{
    if (!g_str_equal(text->str, expected))
        g_test_message("at %s", where);
    g_assert_cmpstr(text->str, ==, expected);
    g_string_truncate(text, 0);
}

void stage_forget(Stage *stage)
{
    g_string_truncate(stage->wire, 0);
    g_string_truncate(stage->trace, 0);
    g_string_truncate(stage->sip, 0);
    g_string_truncate(stage->far_told, 0);
}

static void first_call(void *user, const Call *call)
{
    const Call **found = user;

    if (!*found)
        *found = call;
}

Call *stage_call(Stage *stage)
{
    Call *found = NULL;

    hall_each_call(stage->hall, first_call, &found);
    return found;
}

void stage_event(Stage *stage, CallEvent event, guint8 cause)
{
    CallNews news = CALL_NEWS_INIT;

    news.cause = cause;
    call_event(stage_call(stage), event, &news);
    stage_run(stage, 10);
}

void stage_stands(Stage *stage, SipState sip, IsdnState isdn)
{
    Call *call = stage_call(stage);

    g_assert_nonnull(call);
    g_assert_cmpstr(sip_state_name(call_sip_state(call)), ==, sip_state_name(sip));
    g_assert_cmpstr(isdn_state_name(call_isdn_state(call)), ==, isdn_state_name(isdn));
}

void stage_is_quiet(Stage *stage)
{
    DChannel *dchan = isdn_find_dchan(stage->isdn, 0);
    IsdnSpanStatus status;

    g_assert_cmpuint(hall_call_count(stage->hall), ==, 0);
    g_assert_true(isdn_span_status(stage->isdn, 0, &status));
    g_assert_cmpuint(status.busy, ==, 0);
    g_assert_cmpuint(dchan_legs(dchan)->len, ==, 0);
}

guint stage_kept(Stage *stage)
{
    struct pri *pri = dchan_pri(isdn_find_dchan(stage->isdn, 0));
    char *text = pri_dump_info_str(pri); /* libpri's malloc() */
    const char *at = strstr(text, "Total active-calls:");
    guint kept;

    g_assert_nonnull(at);
    kept = (guint)g_ascii_strtoull(at + strlen("Total active-calls:"), NULL, 10);
    free(text);
    return kept;
}

typedef struct CounterSearch {
    const char *name;
    guint64 value;
    gboolean found;
} CounterSearch;

static void counter_see(void *user, const char *name, guint64 value)
{
    CounterSearch *search = user;

    if (!g_str_equal(name, search->name))
        return;
    search->value = value;
    search->found = TRUE;
}

guint64 stage_counter(Stage *stage, const char *name)
{
    CounterSearch search = {.name = name};

    isdn_each_counter(stage->isdn, counter_see, &search);
    g_assert_true(search.found);
    return search.value;
}

typedef struct ChannelSearch {
    guint8 number;
    ChannelState state;
} ChannelSearch;

static void channel_see(void *user, const ChannelStatus *status)
{
    ChannelSearch *search = user;

    if (status->channel.number == search->number)
        search->state = status->state;
}

ChannelState stage_channel(Stage *stage, guint8 number)
{
    ChannelSearch search = {.number = number};

    isdn_each_channel(stage->isdn, channel_see, &search);
    return search.state;
}

Stage *stage_phone_talks(const char *trunk)
{
    Stage *stage = stage_new(trunk, FALSE);

    stage_phone_calls(stage, "200");
    pri_answer(stage->far, stage->far_call, stage->far_channel & 0xff, 0);
    stage_run(stage, 10);
    stage_event(stage, EVENT_SIP_ACK, 0);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_forget(stage);
    return stage;
}
