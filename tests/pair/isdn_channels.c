/* Calls between our isdn room and a true libpri far end: set-up both ways, overlap, channels,
 * clearing. */
#include "isdn_line.h"

#include "cause.h"

#include <string.h>

#define NETWORK "side = network\nrestart = no\n"
#define CPE "side = cpe\nrestart = no\n"

/* --- channels --- */

static void a_refused_channel_is_followed_by_another(void)
{
    Stage *stage = stage_new("side = network\n", FALSE);

    stage_phone_calls(stage, "200");
    pri_hangup(stage->far, stage->far_call, 44);
    stage_run(stage, 10);
    stage_wire(stage, "> SETUP 100→200 ch 1 complete\n< RELEASE COMPLETE cause 44\n"
                      "> SETUP 100→200 ch 2 complete\n");
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_ASIDE);
    g_assert_cmpint(stage_channel(stage, 2), ==, CHANNEL_BUSY);
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage_forget(stage);
    stage_run(stage, 31000);
    stage_wire(stage, "> RESTART ch 1\n< RESTART ACKNOWLEDGE ch 1\n");
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_IDLE);
    g_assert_cmpuint(stage_counter(stage, "channels blamed"), ==, 1);
    stage_is_quiet(stage);
    stage_free(stage);
}

/* DISCONNECT says the cause wanted; RELEASE COMPLETE 08 02 81 90 becomes 7e 02 81 90, a User-user
 * and no Cause. */
static gboolean refused_by_disconnect(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (!outward && length == 13 && frame[8] == 0x45)
        frame[12] = 0x80 | (guint8)stage->hook_count;
    if (!outward && length == 13 && frame[8] == 0x5a)
        frame[9] = 0x7e;
    return TRUE;
}

/* 44 in DISCONNECT, nothing in the RELEASE COMPLETE that follows: the channel rests all the same.
 */
static void a_channel_refused_by_disconnect_is_put_aside(void)
{
    static const guint8 causes[] = {6, 44, 82};

    for (gsize i = 0; i < G_N_ELEMENTS(causes); i++) {
        Stage *stage = stage_new(NETWORK, FALSE);
        g_autofree char *disconnect = g_strdup_printf("< DISCONNECT cause %u\n", causes[i]);

        stage_phone_calls(stage, "200");
        pri_proceeding(stage->far, stage->far_call, 1, 0);
        stage_run(stage, 10);
        stage->hook = refused_by_disconnect;
        stage->hook_count = causes[i];
        pri_hangup(stage->far, stage->far_call, 16);
        stage_run(stage, 10);
        g_assert_nonnull(strstr(stage->wire->str, disconnect));
        g_assert_nonnull(strstr(stage->wire->str, "< RELEASE COMPLETE\n"));
        g_assert_nonnull(strstr(stage->wire->str, "> SETUP 100→200 ch 2 complete\n"));
        g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_ASIDE);
        g_assert_cmpint(stage_channel(stage, 2), ==, CHANNEL_BUSY);
        g_assert_cmpuint(stage_counter(stage, "channels blamed"), ==, 1);
        stage_free(stage);
    }
}

static void the_far_end_may_choose_another_channel(void)
{
    Stage *stage = stage_new(NETWORK "channel = preferred\n", FALSE);

    stage_phone_calls(stage, "200");
    pri_proceeding(stage->far, stage->far_call, 7, 0);
    stage_run(stage, 10);
    stage_stands(stage, SIP_INVITED, ISDN_OUTGOING_PROCEEDING);
    g_assert_cmpint(call_channel(stage_call(stage)).number, ==, 7);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_IDLE);
    g_assert_cmpint(stage_channel(stage, 7), ==, CHANNEL_BUSY);
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage_is_quiet(stage);
    stage_free(stage);
}

static void an_exclusive_channel_stays(void)
{
    Stage *stage = stage_new(NETWORK, FALSE);

    stage_phone_calls(stage, "200");
    pri_proceeding(stage->far, stage->far_call, 7, 0);
    stage_run(stage, 10);
    g_assert_nonnull(strstr(stage->wire->str, "> DISCONNECT cause 6\n"));
    g_assert_nonnull(strstr(stage->wire->str, "> SETUP 100→200 ch 2 complete\n"));
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage_run(stage, 100);
    stage_is_quiet(stage);
    stage_free(stage);
}

static void a_busy_channel_is_refused_or_exchanged(void)
{
    Stage *stage = stage_phone_talks(NETWORK); /* on channel 1 */

    stage_far_calls(stage, "150", 1, TRUE, TRUE);
    stage_run(stage, 10);
    stage_wire(stage, "< SETUP 100→150 ch 1 complete\n> RELEASE COMPLETE cause 44\n");
    stage_far_calls(stage, "150", 1, FALSE, TRUE);
    stage_run(stage, 10);
    stage_wire(stage, "< SETUP 100→150 ch 1 complete\n> CALL PROCEEDING ch 2\n");
    stage_far_calls(stage, "150", 16, TRUE, TRUE);
    stage_run(stage, 10);
    stage_wire(stage, "< SETUP 100→150 ch 16 complete\n> RELEASE COMPLETE cause 82\n");
    stage_far_calls(stage, "150", 0, FALSE, TRUE);
    stage_run(stage, 10);
    stage_wire(stage, "< SETUP 100→150 complete\n> CALL PROCEEDING ch 3\n");
    stage_free(stage);
}

static void a_full_group_has_no_channel(void)
{
    Stage *stage = stage_new(NETWORK, TRUE);

    for (guint i = 0; i < 23; i++)
        stage_phone_calls(stage, "200");
    stage_forget(stage);
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 23);
    stage_phone_calls(stage, "200");
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 23);
    g_assert_nonnull(strstr(stage->trace->str, "CHANNEL.NONE"));
    g_assert_nonnull(strstr(stage->trace->str, "cause=34"));
    stage_far_calls(stage, "150", 5, FALSE, TRUE);
    stage_run(stage, 10);
    stage_wire(stage, "< SETUP 100→150 ch 5 complete\n> RELEASE COMPLETE cause 34\n");
    stage_free(stage);
}

static guint8 next_channel(Stage *stage)
{
    guint8 number;

    stage_phone_calls(stage, "200");
    number = call_channel(stage_call(stage)).number;
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage_run(stage, 10);
    return number;
}

/* Channel 2 has carried a call of the far end's before: round robin does not mind, least used does.
 */
static void channels_are_hunted_by_the_rule(void)
{
    static const struct {
        const char *rule;
        guint8 channels[3];
    } hunts[] = {{"ascending", {1, 1, 1}},
                 {"descending", {31, 31, 31}},
                 {"round-robin", {1, 2, 3}},
                 {"round-robin-spans", {1, 3, 4}},
                 {"least-used", {1, 3, 4}}};

    for (gsize i = 0; i < G_N_ELEMENTS(hunts); i++) {
        g_autofree char *trunk = g_strdup_printf(NETWORK "hunting = %s\n", hunts[i].rule);
        Stage *stage = stage_new(trunk, FALSE);

        stage_far_calls(stage, "999", 2, TRUE, TRUE); /* no route: it is over at once */
        stage_run(stage, 10);
        for (gsize j = 0; j < G_N_ELEMENTS(hunts[i].channels); j++)
            g_assert_cmpint(next_channel(stage), ==, hunts[i].channels[j]);
        stage_free(stage);
    }
}

/* --- glare: both sides take channel 1 at once --- */

static Stage *glare(const char *trunk, gboolean exclusive)
{
    Stage *stage = stage_new(trunk, FALSE);

    stage_far_calls(stage, "150", 1, exclusive, TRUE); /* on its way */
    stage_phone_calls(stage, "200");
    return stage;
}

static void the_network_side_keeps_its_channel(void)
{
    Stage *stage = glare(NETWORK, TRUE);

    g_assert_nonnull(strstr(stage->wire->str, "> RELEASE COMPLETE cause 44\n"));
    stage_stands(stage, SIP_INVITED, ISDN_INITIATED);
    g_assert_cmpint(call_channel(stage_call(stage)).number, ==, 1);
    g_assert_cmpuint(stage_counter(stage, "channels in glare"), ==, 1);
    stage_free(stage);
}

static void the_network_side_gives_another_channel(void)
{
    Stage *stage = glare(NETWORK, FALSE);

    g_assert_nonnull(strstr(stage->wire->str, "> CALL PROCEEDING ch 2\n"));
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 2);
    stage_free(stage);
}

static void the_user_side_yields_its_channel(void)
{
    Stage *stage = glare(CPE, TRUE);

    g_assert_nonnull(strstr(stage->wire->str, "> CALL PROCEEDING ch 1\n"));
    g_assert_nonnull(strstr(stage->wire->str, "> SETUP 100→200 ch 2 complete\n"));
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 2);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_BUSY);
    g_assert_cmpint(stage_channel(stage, 2), ==, CHANNEL_BUSY);
    stage_free(stage);
}

static void a_phone_that_yields_with_preferred_keeps_its_setup(void)
{
    Stage *stage = glare(CPE "channel = preferred\n", TRUE);

    g_assert_null(strstr(stage->wire->str, "SETUP 100→200 ch 2"));
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 2);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_BUSY);
    g_assert_cmpint(stage_channel(stage, 2), ==, CHANNEL_BUSY);
    stage_free(stage);
}

/* The far end knows nothing of the channel our call moved to: its 44 is for the one in glare. */
static void a_refusal_after_glare_blames_no_other_channel(void)
{
    Stage *stage = stage_new(CPE "channel = preferred\n", FALSE);
    q931_call *theirs;

    stage_far_calls(stage, "150", 1, TRUE, TRUE);
    theirs = stage->far_call;
    stage_phone_calls(stage, "200");
    g_assert_true(stage->far_call != theirs);
    g_assert_cmpint(stage_channel(stage, 2), ==, CHANNEL_BUSY);
    stage_forget(stage);
    pri_hangup(stage->far, stage->far_call, 44);
    stage_run(stage, 10);
    stage_wire(stage, "< RELEASE COMPLETE cause 44\n> SETUP 100→200 ch 2 complete\n");
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_BUSY); /* the far end's call */
    g_assert_cmpint(stage_channel(stage, 2), ==, CHANNEL_BUSY);
    g_assert_cmpint(stage_channel(stage, 3), ==, CHANNEL_IDLE);
    g_assert_cmpuint(stage_counter(stage, "channels blamed"), ==, 0);
    stage_free(stage);
}

/* --- limits --- */

static void a_trunk_takes_no_more_calls_than_its_limits(void)
{
    Stage *stage = stage_new(NETWORK "max-calls = 3\nmax-calls-in = 1\nmax-calls-out = 2\n", FALSE);

    stage_phone_calls(stage, "200");
    stage_phone_calls(stage, "200");
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 2);
    stage_forget(stage);
    stage_phone_calls(stage, "200");
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 2);
    g_assert_nonnull(strstr(stage->trace->str, "CHANNEL.NONE"));
    g_assert_cmpint(stage->reject_status, ==, 503);
    g_assert_cmpint(stage->reject_cause, ==, 34);
    stage_far_calls(stage, "150", 5, TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 3);
    stage_forget(stage);
    stage_far_calls(stage, "150", 6, TRUE, TRUE);
    stage_run(stage, 10);
    stage_wire(stage, "< SETUP 100→150 ch 6 complete\n> RELEASE COMPLETE cause 34\n");
    g_assert_cmpuint(stage_counter(stage, "calls over limit"), ==, 2);
    stage_free(stage);
}

static void both_ways_together_have_a_limit(void)
{
    Stage *stage =
        stage_new(NETWORK "max-calls = 1\n[emergency]\nnumbers = 112\ntrunks = pbx\n", FALSE);

    stage_phone_calls(stage, "200");
    stage_forget(stage);
    stage_far_calls(stage, "150", 5, TRUE, TRUE);
    stage_run(stage, 10);
    stage_wire(stage, "< SETUP 100→150 ch 5 complete\n> RELEASE COMPLETE cause 34\n");
    stage_phone_calls(stage, "112"); /* whatever the limit */
    stage_wire(stage, "> SETUP 100→112 ch 2 complete\n");
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 2);
    stage_free(stage);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/isdn/channel/retry", a_refused_channel_is_followed_by_another);
    g_test_add_func("/isdn/channel/disconnect", a_channel_refused_by_disconnect_is_put_aside);
    g_test_add_func("/isdn/channel/preferred", the_far_end_may_choose_another_channel);
    g_test_add_func("/isdn/channel/exclusive", an_exclusive_channel_stays);
    g_test_add_func("/isdn/channel/busy", a_busy_channel_is_refused_or_exchanged);
    g_test_add_func("/isdn/channel/full", a_full_group_has_no_channel);
    g_test_add_func("/isdn/channel/hunting", channels_are_hunted_by_the_rule);
    g_test_add_func("/isdn/glare/network-exclusive", the_network_side_keeps_its_channel);
    g_test_add_func("/isdn/glare/network-preferred", the_network_side_gives_another_channel);
    g_test_add_func("/isdn/glare/cpe-exclusive", the_user_side_yields_its_channel);
    g_test_add_func("/isdn/glare/cpe-preferred",
                    a_phone_that_yields_with_preferred_keeps_its_setup);
    g_test_add_func("/isdn/glare/cpe-refused", a_refusal_after_glare_blames_no_other_channel);
    g_test_add_func("/isdn/limit/ways", a_trunk_takes_no_more_calls_than_its_limits);
    g_test_add_func("/isdn/limit/together", both_ways_together_have_a_limit);
    return g_test_run();
}
