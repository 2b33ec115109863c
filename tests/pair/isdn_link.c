/* Faults between our isdn room and a true libpri far end: RESTART, lost links, alarms, malformed
 * frames, wrong messages. */
#include "isdn_line.h"

#include "cause.h"

#include <string.h>

#define QUIET "restart = no\n"

/* --- alarms and links --- */

static void alarm_for(Stage *stage, guint ms)
{
    stage->cut = TRUE;
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_RED);
    stage_run(stage, ms);
    stage->cut = FALSE;
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_NONE);
}

static void a_short_alarm_leaves_calls_up(void)
{
    Stage *stage = stage_phone_talks("side = network\n");

    alarm_for(stage, 5000);
    g_assert_false(isdn_is_ready(stage->isdn));
    stage_run(stage, 10000);
    g_assert_true(isdn_is_ready(stage->isdn));
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_run(stage, 5000);
    stage_is_quiet(stage);
    stage_free(stage);
}

static void a_long_alarm_ends_calls_with_27(void)
{
    Stage *stage = stage_phone_talks("side = network\n");

    alarm_for(stage, 7000);
    g_assert_nonnull(strstr(stage->trace->str, "ISDN.LOST (UP,ACTIVE)->(LEAVING,NULL)"));
    g_assert_nonnull(strstr(stage->trace->str, "cause=27"));
    stage_ends(stage);
    g_assert_cmpuint(stage_counter(stage, "calls lost"), ==, 1);
    g_assert_true(isdn_is_ready(stage->isdn));
    stage_free(stage);
}

static void t309_counts_from_the_alarm(void)
{
    Stage *stage = stage_phone_talks("side = network\nt309 = 2s\n");

    alarm_for(stage, 1900);
    stage_run(stage, 100);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    alarm_for(stage, 2100);
    stage_stands(stage, SIP_LEAVING, ISDN_NULL);
    stage_ends(stage);
    stage_free(stage);
}

/* In each state of set-up: an alarm of MS loses the call, or leaves it. */
static void alarm_in_set_up(guint ms, gboolean lost)
{
    for (const StateRow *state = stage_states; state->name; state++) {
        Stage *stage = stage_new("side = cpe\ndisconnect-tones = yes\n", FALSE);

        state->enter(stage);
        if (call_isdn_state(stage_call(stage)) == ISDN_ACTIVE) {
            stage_free(stage);
            continue;
        }
        g_test_message("alarm in %s", state->name);
        alarm_for(stage, ms);
        g_assert_true((strstr(stage->trace->str, "ISDN.LOST ") != NULL) == lost);
        if (lost)
            stage_ends(stage);
        stage_free(stage);
    }
}

static void a_lasting_alarm_ends_set_ups(void)
{
    alarm_in_set_up(510, TRUE);
}

static void a_moment_of_alarm_costs_no_call(void)
{
    alarm_in_set_up(490, FALSE);
}

static void nobody_calls_during_an_alarm(void)
{
    Stage *stage = stage_new("side = network\n" QUIET, FALSE);

    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_YELLOW);
    stage_phone_calls(stage, "200");
    g_assert_nonnull(strstr(stage->trace->str, "CHANNEL.NONE"));
    g_assert_nonnull(strstr(stage->trace->str, "cause=38"));
    stage_wire(stage, "");
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_REMOTE_LOSS); /* traffic goes on with this one */
    stage_run(stage, 600);
    stage_phone_calls(stage, "200");
    stage_stands(stage, SIP_INVITED, ISDN_INITIATED);
    stage_free(stage);
}

/* The line is back, the far end is not: no call is risked on it. */
static void the_end_of_an_alarm_is_not_enough(void)
{
    Stage *stage = stage_new("side = network\n" QUIET, FALSE);
    IsdnSpanStatus status;

    stage->cut = TRUE;
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_RED);
    stage_run(stage, 100);
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_NONE);
    stage_run(stage, 2900);
    isdn_span_status(stage->isdn, 0, &status);
    g_assert_cmpint(status.state, ==, DCHAN_SETTLING);
    g_assert_false(isdn_is_ready(stage->isdn));
    stage_phone_calls(stage, "200");
    stage_wire(stage, "");
    stage->cut = FALSE; /* it is asked once a second */
    stage_run(stage, 1100);
    g_assert_true(isdn_is_ready(stage->isdn));
    stage_phone_calls(stage, "200");
    stage_wire(stage, "> SETUP 100→200 ch 1 complete\n");
    stage_free(stage);
}

/* Both sides; layer 2 keeps its step, and libpri on either side sees no answer it has not asked
 * for.
 */
static void an_idle_link_is_asked_and_answers(void)
{
    static const char *const sides[] = {"side = network\n", "side = cpe\n"};

    for (gsize i = 0; i < G_N_ELEMENTS(sides); i++) {
        Stage *stage = stage_new(sides[i], FALSE);
        IsdnSpanStatus before, after;

        stage_phone_calls(stage, "200"); /* so that N(R) is not 0 */
        stage_event(stage, EVENT_SIP_CANCEL, 16);
        stage_forget(stage);
        isdn_span_status(stage->isdn, 0, &before);
        for (guint blip = 0; blip < 5; blip++) {
            isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_RED);
            stage_run(stage, 10);
            isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_NONE);
            stage_run(stage, 490);
            g_assert_false(isdn_is_ready(stage->isdn)); /* settles as ever */
            stage_run(stage, 20);
            g_assert_true(isdn_is_ready(stage->isdn));
        }
        stage_wire(stage, ""); /* nor is any channel restarted, as layer 2 never fell */
        isdn_span_status(stage->isdn, 0, &after);
        g_assert_cmpuint(after.frames_out - before.frames_out, ==, 5);
        g_assert_cmpuint(after.frames_in - before.frames_in, ==, 5);
        stage_run(stage, 30000);
        g_assert_true(isdn_is_ready(stage->isdn));
        stage_far(stage, "");
        stage_free(stage);
    }
}

static void a_silent_link_is_noticed_and_forgiven(void)
{
    Stage *stage = stage_phone_talks("side = network\nt309 = 15s\n");
    IsdnSpanStatus status;

    stage->cut = TRUE;
    for (guint i = 0; i < 300; i++) {
        stage_run(stage, 100);
        isdn_span_status(stage->isdn, 0, &status);
        if (status.state == DCHAN_DOWN)
            break;
    }
    g_assert_cmpint(status.state, ==, DCHAN_DOWN);
    stage_run(stage, 8000); /* until libpri gives the link up, too */
    stage->cut = FALSE;
    stage_run(stage, 4000);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    g_assert_nonnull(strstr(stage->wire->str, "STATUS cause 31 state 10"));
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_ends(stage);
    stage_free(stage);
}

static void a_dead_link_ends_calls_with_27(void)
{
    Stage *stage = stage_phone_talks("side = network\n");

    stage->cut = TRUE;
    stage_run(stage, 30000);
    g_assert_nonnull(strstr(stage->trace->str, "ISDN.LOST (UP,ACTIVE)->(LEAVING,NULL)"));
    stage->cut = FALSE;
    stage_ends(stage);
    stage_free(stage);
}

static void a_hundred_flaps_leave_nothing_behind(void)
{
    Stage *stage = stage_phone_talks("side = network\n");

    for (guint i = 0; i < 100; i++) {
        alarm_for(stage, 50);
        stage_run(stage, 150);
    }
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_run(stage, 5000);
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_ends(stage);
    stage_free(stage);
}

static gboolean lose_messages(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (!outward && length == 3 && (frame[2] & 0xef) == 0x6f)
        stage->hook = NULL; /* SABME came: from now on the line is good */
    return !outward || (frame[2] & 1);
}

/* A link that the far end establishes anew swallows a SETUP on its way. */
static void a_setup_lost_with_the_link_is_sent_again(void)
{
    static const guint8 dm[] = {0x02, 0x01, 0x0f};
    Stage *stage = stage_new("side = network\n" QUIET, FALSE);

    stage->hook = lose_messages;
    stage_phone_calls(stage, "200");
    stage_far(stage, "");
    g_queue_push_tail(&stage->to_far, g_bytes_new(dm, sizeof dm));
    stage_run(stage, 1500);
    g_assert_null(stage->hook);
    g_assert_cmpuint(stage_counter(stage, "SETUPs repeated"), ==, 1);
    stage_stands(stage, SIP_INVITED, ISDN_INITIATED);
    g_assert_nonnull(strstr(stage->far_told->str, "RING 100→200 ch 1"));
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage_ends(stage);
    stage_free(stage);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/isdn/alarm/short", a_short_alarm_leaves_calls_up);
    g_test_add_func("/isdn/alarm/long", a_long_alarm_ends_calls_with_27);
    g_test_add_func("/isdn/alarm/t309", t309_counts_from_the_alarm);
    g_test_add_func("/isdn/alarm/set-up", a_lasting_alarm_ends_set_ups);
    g_test_add_func("/isdn/alarm/moment", a_moment_of_alarm_costs_no_call);
    g_test_add_func("/isdn/alarm/no-calls", nobody_calls_during_an_alarm);
    g_test_add_func("/isdn/alarm/flaps", a_hundred_flaps_leave_nothing_behind);
    g_test_add_func("/isdn/alarm/not-enough", the_end_of_an_alarm_is_not_enough);
    g_test_add_func("/isdn/alarm/asked", an_idle_link_is_asked_and_answers);
    g_test_add_func("/isdn/link/short", a_silent_link_is_noticed_and_forgiven);
    g_test_add_func("/isdn/link/long", a_dead_link_ends_calls_with_27);
    g_test_add_func("/isdn/link/lost-setup", a_setup_lost_with_the_link_is_sent_again);
    return g_test_run();
}
