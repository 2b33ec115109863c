/* Two of our isdn rooms joined by two spans: a trunk group is hunted as one, and settings change
 * under it. */
#include "call.h"
#include "isdn.h"
#include "loop_virtual.h"

#include <string.h>

typedef struct Side Side;

typedef struct Pair {
    Loop *loop;
    Side *network, *cpe;
    gboolean cut[2], refuses[2]; /* by span: its frames are lost; its far end takes no calls (41) */
} Pair;

struct Side {
    Pair *pair;
    Settings *settings;
    Hall *hall;
    Isdn *isdn;
};

typedef struct Passing {
    Side *to;
    guint8 span;
    guint8 frame[300];
    gsize length;
} Passing;

static void pass(void *user)
{
    Passing *passing = user;
    Side *to = passing->to;

    if (to == to->pair->cpe)
        hall_set_draining(to->hall, to->pair->refuses[passing->span]);
    isdn_frame_received(passing->to->isdn, passing->span, passing->frame, passing->length);
}

static void line_send(void *user, guint8 span, const guint8 *frame, gsize length)
{
    Side *side = user;
    Pair *pair = side->pair;
    Passing *passing;

    if (pair->cut[span])
        return;
    passing = g_new0(Passing, 1);
    passing->to = side == pair->network ? pair->cpe : pair->network;
    passing->span = span;
    passing->length = length;
    memcpy(passing->frame, frame, length);
    loop_post(pair->loop, pass, passing, g_free);
}

static gboolean do_nothing(void *room, Call *call, const CallNews *news)
{
    return TRUE;
}

static Settings *settings_make(const char *trunk)
{
    g_autofree char *text = g_strdup_printf("[span a]\nbackend = pair\n"
                                            "[span b]\nbackend = pair\ntype = t1\n"
                                            "[trunk pbx]\nspan = a, b\nrestart = no\n%s"
                                            "[route out]\nfrom = 127.0.0.0/8\nto = trunk pbx\n"
                                            "[route in]\nfrom = pbx\nto = sip:{number}@127.0.0.1\n",
                                            trunk);
    GError *error = NULL;
    Settings *settings = settings_parse("test", text, &error);

    g_assert_no_error(error);
    return settings;
}

static Side *side_new(Pair *pair, const char *trunk)
{
    Side *side = g_new0(Side, 1);
    IsdnLine line = {side, line_send};
    CallOps quiet = {.room = side}, isdn;
    GError *error = NULL;

    side->pair = pair;
    side->settings = settings_make(trunk);
    side->hall = hall_new(pair->loop, side->settings);
    side->isdn = isdn_new(side->settings, pair->loop, side->hall, &line, &error);
    g_assert_no_error(error);
    for (guint i = 1; i < CALL_ACTION_COUNT; i++)
        if (g_str_has_prefix(call_action_name(i), "sip_") ||
            g_str_has_prefix(call_action_name(i), "media_"))
            quiet.action[i] = do_nothing;
    hall_set_sip(side->hall, &quiet);
    hall_set_media(side->hall, &quiet);
    isdn = isdn_call_ops(side->isdn);
    hall_set_isdn(side->hall, &isdn);
    return side;
}

static void side_free(Side *side)
{
    hall_free(side->hall);
    isdn_free(side->isdn);
    settings_free(side->settings);
    g_free(side);
}

static Pair *pair_new(const char *hunting)
{
    g_autofree char *network = g_strdup_printf("side = network\nhunting = %s\n", hunting);
    Pair *pair = g_new0(Pair, 1);
    GError *error = NULL;

    g_assert_true(callmap_open(&error));
    pair->loop = loop_virtual_new();
    pair->network = side_new(pair, network);
    pair->cpe = side_new(pair, "side = cpe\n");
    loop_virtual_advance(pair->loop, 3 * G_USEC_PER_SEC);
    return pair;
}

static void pair_free(Pair *pair)
{
    side_free(pair->network);
    side_free(pair->cpe);
    loop_virtual_free(pair->loop);
    g_free(pair);
}

/* The network side's next call; its channel, number 0 when it got none. */
static Channel place_call(Pair *pair)
{
    CallOrigin origin = {.kind = ORIGIN_SIP};
    CallSetup setup = {.bearer = BEARER_3K1_AUDIO, .complete = TRUE};
    Channel channel = {0};
    Call *call;

    g_assert_true(address_parse("127.0.0.1", &origin.source));
    g_strlcpy(setup.called.digits, "200", sizeof setup.called.digits);
    call = call_new(pair->network->hall, &origin, &setup);
    call_event(call, EVENT_SIP_INVITE, NULL);
    call = hall_find_call(pair->network->hall, hall_last_call(pair->network->hall));
    if (call)
        channel = call_channel(call);
    loop_virtual_advance(pair->loop, 10000);
    return channel;
}

static Channel last_channel(Pair *pair)
{
    Hall *hall = pair->network->hall;

    return call_channel(hall_find_call(hall, hall_last_call(hall)));
}

typedef struct CounterSearch {
    const char *name;
    guint64 value;
} CounterSearch;

static void counter_see(void *user, const char *name, guint64 value)
{
    CounterSearch *search = user;

    if (g_str_equal(name, search->name))
        search->value = value;
}

static guint64 counter(Isdn *isdn, const char *name)
{
    CounterSearch search = {.name = name};

    isdn_each_counter(isdn, counter_see, &search);
    return search.value;
}

static void lands_on(Pair *pair, guint8 span, guint8 number)
{
    Channel channel = place_call(pair);

    g_assert_cmpint(channel.span, ==, span);
    g_assert_cmpint(channel.number, ==, number);
}

static void ascending_fills_the_first_span_first(void)
{
    Pair *pair = pair_new("ascending");

    for (guint8 i = 1; i <= 31; i++)
        if (i != 16)
            lands_on(pair, 0, i);
    for (guint8 i = 1; i <= 23; i++)
        lands_on(pair, 1, i);
    lands_on(pair, 0, 0); /* full: 53 calls */
    g_assert_cmpuint(hall_call_count(pair->network->hall), ==, 53);
    g_assert_cmpuint(hall_call_count(pair->cpe->hall), ==, 53);
    pair_free(pair);
}

static void descending_begins_at_the_last(void)
{
    Pair *pair = pair_new("descending");

    lands_on(pair, 1, 23);
    lands_on(pair, 1, 22);
    pair_free(pair);
}

static void a_span_in_alarm_is_passed_over(void)
{
    Pair *pair = pair_new("ascending");
    IsdnSpanStatus status;

    isdn_alarm_changed(pair->network->isdn, 0, SPAN_ALARM_RED);
    lands_on(pair, 1, 1);
    g_assert_true(isdn_is_ready(pair->network->isdn));
    isdn_alarm_changed(pair->network->isdn, 1, SPAN_ALARM_BLUE);
    g_assert_false(isdn_is_ready(pair->network->isdn));
    lands_on(pair, 0, 0);
    isdn_alarm_changed(pair->network->isdn, 0, SPAN_ALARM_NONE);
    lands_on(pair, 0, 0); /* not settled yet */
    loop_virtual_advance(pair->loop, G_USEC_PER_SEC);
    lands_on(pair, 0, 1);
    g_assert_true(isdn_span_status(pair->network->isdn, 1, &status));
    g_assert_cmpint(status.state, ==, DCHAN_DOWN);
    g_assert_cmpint(status.alarms, ==, SPAN_ALARM_BLUE);
    g_assert_false(isdn_span_status(pair->network->isdn, 2, &status));
    pair_free(pair);
}

/* Cause 41 of the far end: the other span of the group, once, and then it is over. */
static void a_refusing_span_is_passed_over(void)
{
    Pair *pair = pair_new("ascending");

    pair->refuses[0] = TRUE;
    place_call(pair);
    g_assert_cmpuint(hall_call_count(pair->network->hall), ==, 1);
    g_assert_cmpint(last_channel(pair).span, ==, 1);
    g_assert_cmpuint(counter(pair->network->isdn, "SETUPs out"), ==, 2);
    pair->refuses[1] = TRUE;
    place_call(pair);
    g_assert_cmpuint(hall_call_count(pair->network->hall), ==, 1);
    g_assert_cmpuint(counter(pair->network->isdn, "SETUPs out"), ==, 4);
    pair->refuses[0] = pair->refuses[1] = FALSE;
    lands_on(pair, 0, 1); /* the next call begins with the first span again */
    pair_free(pair);
}

static void round_robin_goes_on_across_spans(void)
{
    Pair *pair = pair_new("round-robin");

    for (guint8 i = 1; i <= 31; i++)
        if (i != 16)
            lands_on(pair, 0, i);
    lands_on(pair, 1, 1);
    pair_free(pair);
}

static void note_on_channel_7(void *user, const Call *call)
{
    if (call_channel(call).span == 1 && call_channel(call).number == 7)
        *(guint32 *)user = call_id(call);
}

/* Two spans by turns, one channel after the other on each; the longer span goes on alone when the
 * other is full, or down. */
static void spans_take_turns(void)
{
    Pair *pair = pair_new("round-robin-spans");
    guint32 taken = 0;

    for (guint8 i = 1; i <= 23; i++) {
        lands_on(pair, 0, i + (i > 15)); /* timeslot 16 is the D channel */
        lands_on(pair, 1, i);
    }
    lands_on(pair, 0, 25);
    lands_on(pair, 0, 26);
    hall_each_call(pair->network->hall, note_on_channel_7, &taken);
    call_event(hall_find_call(pair->network->hall, taken), EVENT_OPERATOR_CLEAR, NULL);
    loop_virtual_advance(pair->loop, G_USEC_PER_SEC);
    lands_on(pair, 1, 7); /* the only free one there */
    lands_on(pair, 0, 27);
    pair_free(pair);
}

static void only_on_the_second_span(void *user, const Call *call)
{
    g_assert_cmpint(call_channel(call).span, ==, 1);
}

/* Cause 27 tries nothing else: the span's calls in set-up end when its alarm has lasted, those of
 * the other span go on. */
static void a_dead_span_takes_only_its_own_calls(void)
{
    Pair *pair = pair_new("round-robin");

    for (guint i = 0; i < 31; i++)
        place_call(pair);
    g_assert_cmpuint(hall_call_count(pair->network->hall), ==, 31);
    pair->cut[0] = TRUE;
    isdn_alarm_changed(pair->network->isdn, 0, SPAN_ALARM_RED);
    isdn_alarm_changed(pair->cpe->isdn, 0, SPAN_ALARM_RED);
    loop_virtual_advance(pair->loop, 490 * 1000);
    g_assert_cmpuint(hall_call_count(pair->network->hall), ==, 31);
    loop_virtual_advance(pair->loop, 20 * 1000);
    g_assert_cmpuint(hall_call_count(pair->network->hall), ==, 1);
    hall_each_call(pair->network->hall, only_on_the_second_span, NULL);
    g_assert_cmpuint(counter(pair->network->isdn, "calls lost"), ==, 30);
    pair_free(pair);
}

static void new_settings_hunt_the_new_way(void)
{
    Pair *pair = pair_new("ascending");
    Settings *old = pair->network->settings,
             *new = settings_make("side = network\nhunting = descending\n");

    lands_on(pair, 0, 1);
    hall_set_settings(pair->network->hall, new);
    isdn_set_settings(pair->network->isdn, new);
    lands_on(pair, 1, 23);
    pair->network->settings = new;
    hall_clear_all(pair->network->hall, 16);
    loop_virtual_advance(pair->loop, G_USEC_PER_SEC);
    g_assert_cmpuint(hall_call_count(pair->network->hall), ==, 0);
    settings_free(old);
    pair_free(pair);
}

/* A reload with a span written in front of the others: what is open keeps its number, the new one
 * gets the next, and waits for a restart. */
static Settings *settings_with_a_span_in_front(void)
{
    Settings *settings;
    GError *error = NULL;

    settings = settings_parse("test",
                              "[span new]\nbackend = pair\n"
                              "[span a]\nbackend = pair\n"
                              "[span b]\nbackend = pair\ntype = t1\n"
                              "[trunk pbx]\nspan = new, a, b\nrestart = no\nside = network\n"
                              "[route out]\nfrom = 127.0.0.0/8\nto = trunk pbx\n"
                              "[route in]\nfrom = pbx\nto = sip:{number}@127.0.0.1\n",
                              &error);
    g_assert_no_error(error);
    for (guint i = 0; i < 3; i++)
        ((SpanSettings *)settings->spans->pdata[i])->index = (guint8)((i + 2) % 3);
    return settings;
}

static guint busy_on(Pair *pair, guint8 span)
{
    IsdnSpanStatus status;

    g_assert_true(isdn_span_status(pair->network->isdn, span, &status));
    g_assert_cmpstr(status.trunk, ==, "pbx");
    return status.busy;
}

static void clear_last(Pair *pair)
{
    Hall *hall = pair->network->hall;
    CallNews news = CALL_NEWS_INIT;

    news.cause = 16;
    call_event(hall_find_call(hall, hall_last_call(hall)), EVENT_OPERATOR_CLEAR, &news);
    loop_virtual_advance(pair->loop, 100 * 1000);
}

static void a_span_written_in_front_moves_no_call(void)
{
    Pair *pair = pair_new("ascending");
    Settings *old = pair->network->settings, *new = settings_with_a_span_in_front();
    guint32 first;

    lands_on(pair, 0, 1);
    first = hall_last_call(pair->network->hall);
    hall_set_settings(pair->network->hall, new);
    isdn_set_settings(pair->network->isdn, new);
    pair->network->settings = new;
    g_assert_cmpuint(hall_call_count(pair->network->hall), ==, 1);
    g_assert_cmpuint(busy_on(pair, 0), ==, 1);
    g_assert_cmpuint(busy_on(pair, 1), ==, 0);
    lands_on(pair, 0, 2); /* the span that is not open yet is passed over */
    g_assert_cmpuint(hall_call_count(pair->cpe->hall), ==, 2);
    g_assert_cmpuint(busy_on(pair, 0), ==, 2);
    clear_last(pair);
    g_assert_cmpuint(busy_on(pair, 0), ==, 1);
    g_assert_cmpuint(hall_call_count(pair->network->hall), ==, 1);
    g_assert_nonnull(hall_find_call(pair->network->hall, first));
    g_assert_cmpint(call_channel(hall_find_call(pair->network->hall, first)).number, ==, 1);
    hall_clear_all(pair->network->hall, 16);
    loop_virtual_advance(pair->loop, G_USEC_PER_SEC);
    g_assert_cmpuint(hall_call_count(pair->network->hall), ==, 0);
    g_assert_cmpuint(busy_on(pair, 0), ==, 0);
    settings_free(old);
    lands_on(pair, 0, 1);
    isdn_alarm_changed(pair->network->isdn, 0, SPAN_ALARM_RED); /* the alarm is of span a still */
    lands_on(pair, 1, 1);
    pair_free(pair);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/isdn/group/ascending", ascending_fills_the_first_span_first);
    g_test_add_func("/isdn/group/descending", descending_begins_at_the_last);
    g_test_add_func("/isdn/group/round-robin", round_robin_goes_on_across_spans);
    g_test_add_func("/isdn/group/round-robin-spans", spans_take_turns);
    g_test_add_func("/isdn/group/alarm", a_span_in_alarm_is_passed_over);
    g_test_add_func("/isdn/group/refusing-span", a_refusing_span_is_passed_over);
    g_test_add_func("/isdn/group/dead-span", a_dead_span_takes_only_its_own_calls);
    g_test_add_func("/isdn/group/settings", new_settings_hunt_the_new_way);
    g_test_add_func("/isdn/group/span-in-front", a_span_written_in_front_moves_no_call);
    return g_test_run();
}
