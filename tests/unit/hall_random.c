/* A million random events leave no call, channel or port behind. */
#include "cause.h"
#include "fake_rooms.h"
#include "joined.h"
#include "log.h"

#include <stdlib.h>
#include <string.h>

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
                                          "1",   "",    "03",  "2",   "555", "0049",
                                          "112", "112"};
    const char *called = numbers[g_rand_int_range(fake->dice, 0, G_N_ELEMENTS(numbers))];
    guint32 id = 0;
    Call *call;

    fake->progress = g_rand_boolean(fake->dice) ? 3 : 0;
    call = g_rand_boolean(fake->dice)
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

/* The PBX wants CALL and any other one joined: what the hall lets it. */
static gboolean random_join(Fake *fake, GArray *live, Call *call)
{
    guint32 id = g_array_index(live, guint32, g_rand_int_range(fake->dice, 0, (gint)live->len));
    Call *other = hall_find_call(fake->hall, id);
    const char *why;

    if (!other || !call_may_join(call, other, &why))
        return FALSE;
    call_join(call, other);
    return TRUE;
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

        if ((event >= EVENT_TIMER_T301 && event <= EVENT_TIMER_GUARD) ||
            legs_can(&mine->legs, call_sip_state(call), call_isdn_state(call), event) == FIT_NO)
            continue;
        if (event == EVENT_CALL_JOINED && random_join(fake, live, call))
            return TRUE;
        if (event == EVENT_CALL_JOINED || event == EVENT_CALL_LEFT || event == EVENT_CALL_PARTY)
            continue; /* the hall's own, between two calls */
        news = random_news(fake->dice);
        fake_raise(fake, id, event, &news);
        return TRUE;
    }
    return FALSE;
}

/* With and without [emergency] trunks, on a line of so many channels at most and on one without an
 * end. */
static void million_random_events_leave_nothing(gconstpointer data)
{
    gint most = GPOINTER_TO_INT(data);
    Fake *fake = fake_new();
    g_autoptr(GArray) live = g_array_new(FALSE, FALSE, sizeof(guint32));
    guint budget = event_budget(), raised = 0;
    const char *seed = g_getenv("TIELINE_TEST_SEED");

    fake->quiet = TRUE;
    g_rand_set_seed(fake->dice,
                    seed ? (guint32)strtoul(seed, NULL, 10) : (guint32)g_test_rand_int());
    if (most) {
        fake->capacity = (guint)g_rand_int_range(fake->dice, 1, most + 1);
        fake->settings->emergency.trunks = g_ptr_array_new();
        g_ptr_array_add(fake->settings->emergency.trunks, fake_trunk(fake->settings, "spare"));
        g_ptr_array_add(fake->settings->emergency.trunks, fake_trunk(fake->settings, "pbx"));
    }
    fake->refuse_permille = 30;
    fake->refuse_cause = 41;
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


int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_open(LEVEL_ERROR, FALSE);
    g_test_add_data_func("/random/million_random_events_leave_nothing", GINT_TO_POINTER(0),
                         million_random_events_leave_nothing);
    /* Few calls stand at once: a line of more channels is hardly ever full. */
    g_test_add_data_func("/random/million_random_events_on_a_full_line", GINT_TO_POINTER(3),
                         million_random_events_leave_nothing);
    return g_test_run();
}
