/* A span out of service by the operator, between our isdn room and a true libpri far end: no call,
 * no frame, and all of it back afterwards. */
#include "dchan.h"
#include "isdn_line.h"

#include <string.h>

#define QUIET "restart = no\n"

/* Counts the frames of either way. */
static gboolean count_frames(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    (void)frame;
    (void)length;
    stage->hook_count += outward;
    return TRUE;
}

static void take_out(Stage *stage)
{
    GError *error = NULL;

    g_assert_true(isdn_take_out(stage->isdn, 0, &error));
    g_assert_no_error(error);
}

static void refuses(Stage *stage, const char *words)
{
    g_autoptr(GError) error = NULL;

    g_assert_false(isdn_take_out(stage->isdn, 0, &error));
    g_assert_cmpstr(error->message, ==, words);
    g_assert_true(isdn_is_ready(stage->isdn));
}

static void calls_keep_a_span_in_service(void)
{
    Stage *stage = stage_phone_talks("side = network\n" QUIET);

    refuses(stage, "1 call stands on span line: hang it up, or drain first");
    stage_phone_calls(stage, "201");
    refuses(stage, "2 calls stand on span line: hang them up, or drain first");
    stage_event(stage, EVENT_SIP_BYE, 16);
    refuses(stage, "1 call stands on span line: hang it up, or drain first");
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage_ends(stage);
    take_out(stage);
    stage_free(stage);
}

/* The phone is gone and the far end does not answer: the channel is not free of it yet. */
static void a_call_being_cleared_counts(void)
{
    Stage *stage = stage_phone_talks("side = network\n" QUIET);

    stage->far_deaf = TRUE;
    stage_event(stage, EVENT_SIP_BYE, 16);
    refuses(stage, "1 call stands on span line: hang it up, or drain first");
    stage_run(stage, 70000);
    take_out(stage);
    stage_free(stage);
}

/* The call has gone on to another channel; the far end still holds the first. */
static void a_leg_without_a_call_counts(void)
{
    Stage *stage = stage_new("side = network\nchannel = exclusive\n" QUIET, FALSE);
    IsdnSpanStatus status;

    stage_phone_calls(stage, "200");
    stage->far_deaf = TRUE;
    pri_proceeding(stage->far, stage->far_call, 7, 0); /* not the channel it was given */
    stage_run(stage, 10);
    g_assert_nonnull(strstr(stage->wire->str, "> SETUP 100→200 ch 2 complete\n"));
    g_assert_true(isdn_span_status(stage->isdn, 0, &status));
    g_assert_cmpuint(status.busy, ==, 1);
    refuses(stage, "2 calls stand on span line: hang them up, or drain first");
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage_ends(stage);
    stage_run(stage, 70000);
    take_out(stage);
    stage_free(stage);
}

static void nothing_passes_out_of_service(void)
{
    Stage *stage = stage_new("side = network\n" QUIET, FALSE);
    IsdnSpanStatus status;

    take_out(stage);
    g_assert_false(isdn_is_ready(stage->isdn));
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_OUT_OF_SERVICE);
    g_assert_cmpint(stage_channel(stage, 31), ==, CHANNEL_OUT_OF_SERVICE);
    g_assert_true(isdn_span_status(stage->isdn, 0, &status));
    g_assert_true(status.out_of_service);
    g_assert_cmpint(status.state, ==, DCHAN_DOWN);
    g_assert_cmpuint(status.blocked, ==, 30);

    stage->hook = count_frames;
    stage_forget(stage);
    stage_far_calls(stage, "100", 3, FALSE, TRUE);
    stage_run(stage, 3000);
    g_assert_null(stage_call(stage));
    g_assert_nonnull(strstr(stage->wire->str, "< SETUP"));
    stage_phone_calls(stage, "200");
    g_assert_nonnull(strstr(stage->trace->str, "CHANNEL.NONE"));
    g_assert_nonnull(strstr(stage->trace->str, "cause=38"));
    stage_ends(stage);
    g_assert_cmpint(stage->hook_count, ==, 0); /* not one frame of ours, of any layer */
    stage_free(stage);
}

/* As after any D channel up: settled, every idle channel restarted, then calls as ever. */
static void back_it_is_as_if_it_came_up(guint out_ms)
{
    Stage *stage = stage_new("side = network\n", FALSE);
    guint64 restarts = stage_counter(stage, "RESTARTs sent");

    take_out(stage);
    take_out(stage); /* once more is nothing more */
    stage_run(stage, out_ms);
    isdn_put_back(stage->isdn, 0);
    g_assert_false(isdn_is_ready(stage->isdn)); /* it settles first */
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_IDLE);
    stage_run(stage, 5000);
    g_assert_true(isdn_is_ready(stage->isdn));
    g_assert_cmpuint(stage_counter(stage, "RESTARTs sent"), >=, restarts + 30);
    g_assert_nonnull(strstr(stage->wire->str, "< RESTART ACKNOWLEDGE ch 31\n"));
    g_assert_cmpint(stage_channel(stage, 31), ==, CHANNEL_IDLE);
    stage_phone_calls(stage, "200");
    stage_stands(stage, SIP_INVITED, ISDN_INITIATED);
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage_ends(stage);
    stage_far_calls(stage, "100", 3, FALSE, TRUE);
    stage_run(stage, 10);
    g_assert_nonnull(stage_call(stage));
    restarts = stage_counter(stage, "RESTARTs sent");
    isdn_put_back(stage->isdn, 0); /* in service already */
    stage_run(stage, 2000);
    g_assert_cmpuint(stage_counter(stage, "RESTARTs sent"), ==, restarts);
    stage_free(stage);
}

static void back_after_some_seconds(void)
{
    back_it_is_as_if_it_came_up(3500);
}

/* Layer 2 has given up on both sides meanwhile. */
static void back_after_a_minute(void)
{
    back_it_is_as_if_it_came_up(60000);
}

static void alarms_and_service_do_not_undo_each_other(void)
{
    Stage *stage = stage_new("side = network\n" QUIET, FALSE);

    take_out(stage);
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_RED);
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_NONE); /* as a card does on being looped */
    stage_run(stage, 2000);
    g_assert_false(isdn_is_ready(stage->isdn));
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_RED);
    isdn_put_back(stage->isdn, 0);
    stage_run(stage, 2000);
    g_assert_false(isdn_is_ready(stage->isdn));
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_NONE);
    stage_run(stage, 5000);
    g_assert_true(isdn_is_ready(stage->isdn));
    stage_free(stage);
}

/* New settings put nothing back. */
static void a_reload_leaves_it_out(void)
{
    Stage *stage = stage_new("side = network\n" QUIET, FALSE);

    take_out(stage);
    isdn_set_settings(stage->isdn, stage->settings);
    stage_run(stage, 2000);
    g_assert_false(isdn_is_ready(stage->isdn));
    isdn_put_back(stage->isdn, 0);
    stage_run(stage, 5000);
    g_assert_true(isdn_is_ready(stage->isdn));
    g_assert_true(isdn_take_out(stage->isdn, 7, NULL)); /* a span of no trunk has no calls */
    isdn_put_back(stage->isdn, 7);
    stage_free(stage);
}

/* --- busied out --- */

static const char *reason_of(Stage *stage, guint8 number)
{
    return channel_reason_name(
        bchans_find(dchan_bchans(isdn_find_dchan(stage->isdn, 0)), number)->reason);
}

static gboolean busy_out(Stage *stage, guint8 number, gboolean force)
{
    g_autoptr(GError) error = NULL;
    gboolean done = isdn_busy_out(stage->isdn, 0, number, force, &error);

    if (!done)
        g_assert_nonnull(error);
    stage_run(stage, 10);
    return done;
}

static void bring_back(Stage *stage, guint8 number)
{
    g_assert_true(isdn_return(stage->isdn, 0, number, NULL));
    stage_run(stage, 10);
}

/* The far end hears of it when the channel is idle, and acknowledges. */
static void a_busy_channel_finishes_before_it_is_out(const char *switch_type)
{
    g_autofree char *trunk =
        g_strdup_printf("side = network\nrestart = no\nswitch-type = %s\n", switch_type);
    Stage *stage = stage_phone_talks(trunk);

    pri_set_service_message_support(stage->far, 1);
    g_assert_true(busy_out(stage, 1, FALSE));
    stage_wire(stage, "");
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_BUSY);
    g_assert_cmpstr(reason_of(stage, 1), ==, "busied out");
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_run(stage, 10);
    stage_wire(stage, "> DISCONNECT cause 16\n< RELEASE cause 16\n> RELEASE COMPLETE cause 16\n"
                      "> SERVICE ch 1\n< SERVICE ACKNOWLEDGE ch 1\n");
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_OUT_OF_SERVICE);
    stage_phone_calls(stage, "200");
    g_assert_cmpint(call_channel(stage_call(stage)).number, ==, 2);
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage_forget(stage);
    bring_back(stage, 1);
    stage_wire(stage, "> SERVICE ch 1\n< SERVICE ACKNOWLEDGE ch 1\n");
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_IDLE);
    g_assert_cmpstr(reason_of(stage, 1), ==, "");
    g_assert_cmpuint(stage_counter(stage, "SERVICEs sent"), ==, 2);
    stage_is_quiet(stage);
    stage_free(stage);
}

static void every_north_american_switch_is_told(void)
{
    static const char *const types[] = {"ni2", "dms100", "5ess", "4ess"};

    for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
        a_busy_channel_finishes_before_it_is_out(types[i]);
}

/* EuroISDN has no SERVICE: the far end's SETUP there is refused or moved. */
static void a_far_end_without_service_is_refused_the_channel(void)
{
    Stage *stage = stage_new("side = network\n", FALSE);

    g_assert_true(busy_out(stage, 1, FALSE));
    stage_wire(stage, "");
    stage_far_calls(stage, "150", 1, TRUE, TRUE);
    stage_run(stage, 10);
    stage_wire(stage, "< SETUP 100→150 ch 1 complete\n> RELEASE COMPLETE cause 44\n");
    stage_far_calls(stage, "150", 1, FALSE, TRUE);
    stage_run(stage, 10);
    stage_wire(stage, "< SETUP 100→150 ch 1 complete\n> CALL PROCEEDING ch 2\n");
    pri_hangup(stage->far, stage->far_call, 16);
    stage_run(stage, 10);
    stage_event(stage, EVENT_SIP_FAILURE, 0);
    /* Nor does the far end's RESTART bring it back. */
    pri_reset(stage->far, 1);
    stage_run(stage, 10);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_OUT_OF_SERVICE);
    stage_forget(stage);
    bring_back(stage, 1);
    stage_wire(stage, "> RESTART ch 1\n< RESTART ACKNOWLEDGE ch 1\n");
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_IDLE);
    stage_free(stage);
}

static void a_span_is_busied_out_and_returned(void)
{
    Stage *stage = stage_phone_talks("side = network\nrestart = no\n");
    IsdnSpanStatus status;

    g_assert_true(busy_out(stage, 3, FALSE));
    g_assert_true(busy_out(stage, 0, FALSE));
    g_assert_false(busy_out(stage, 16, FALSE));
    g_assert_true(isdn_span_status(stage->isdn, 0, &status));
    g_assert_true(status.busied_out);
    g_assert_cmpuint(status.blocked, ==, 29);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    isdn_set_settings(stage->isdn, stage->settings); /* as a reload does */
    g_assert_cmpint(stage_channel(stage, 2), ==, CHANNEL_OUT_OF_SERVICE);
    g_assert_true(busy_out(stage, 0, TRUE));
    g_assert_nonnull(strstr(stage->wire->str, "> DISCONNECT cause 41\n"));
    stage_event(stage, EVENT_SIP_ENDED, 0);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_OUT_OF_SERVICE);
    bring_back(stage, 0);
    for (guint8 i = 1; i < 4; i++)
        g_assert_cmpint(stage_channel(stage, i), ==, CHANNEL_IDLE);
    stage_is_quiet(stage);
    stage_free(stage);
}

/* Who was away hears again what is out; and what was returned meanwhile. */
static void a_link_that_comes_back_is_told_anew(void)
{
    Stage *stage = stage_new("side = network\nrestart = no\nswitch-type = ni2\n", FALSE);

    pri_set_service_message_support(stage->far, 1);
    g_assert_true(busy_out(stage, 1, FALSE));
    g_assert_true(busy_out(stage, 2, FALSE));
    stage->cut = TRUE;
    stage_run(stage, 30000);
    g_assert_true(isdn_return(stage->isdn, 0, 2, NULL));
    stage->cut = FALSE;
    stage_forget(stage);
    stage_run(stage, 8000);
    g_assert_nonnull(strstr(stage->wire->str, "> SERVICE ch 1\n> SERVICE ch 2\n"));
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_OUT_OF_SERVICE);
    g_assert_cmpint(stage_channel(stage, 2), ==, CHANNEL_IDLE);
    stage_free(stage);
}

/* Layer 2 outlives the alarm: nothing is told twice, and what has changed meanwhile is told. */
static void what_changes_during_an_alarm_is_told_after_it(void)
{
    Stage *stage = stage_new("side = network\nrestart = no\nswitch-type = ni2\n", FALSE);

    pri_set_service_message_support(stage->far, 1);
    for (guint8 i = 1; i < 3; i++)
        g_assert_true(busy_out(stage, i, FALSE));
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_RED);
    g_assert_true(busy_out(stage, 3, FALSE));
    bring_back(stage, 2);
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_NONE);
    stage_forget(stage);
    stage_run(stage, 5000);
    g_assert_nonnull(strstr(stage->wire->str, "> SERVICE ch 2\n> SERVICE ch 3\n"));
    g_assert_null(strstr(stage->wire->str, "> SERVICE ch 1\n"));
    g_assert_cmpuint(stage_counter(stage, "SERVICEs sent"), ==, 4);
    g_assert_cmpint(stage_channel(stage, 2), ==, CHANNEL_IDLE);
    g_assert_cmpint(stage_channel(stage, 3), ==, CHANNEL_OUT_OF_SERVICE);
    stage_free(stage);
}

/* Its RESTART has brought the channel back into service there. */
static void a_restart_of_a_busied_out_channel_is_told_anew(void)
{
    Stage *stage = stage_new("side = network\nrestart = no\nswitch-type = ni2\n", FALSE);

    pri_set_service_message_support(stage->far, 1);
    g_assert_true(busy_out(stage, 1, FALSE));
    stage_forget(stage);
    pri_reset(stage->far, 1);
    stage_run(stage, 10);
    stage_wire(stage, "< RESTART ch 1\n> RESTART ACKNOWLEDGE ch 1\n"
                      "> SERVICE ch 1\n< SERVICE ACKNOWLEDGE ch 1\n");
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_OUT_OF_SERVICE);
    bring_back(stage, 1);
    stage_wire(stage, "> SERVICE ch 1\n< SERVICE ACKNOWLEDGE ch 1\n");
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_IDLE);
    stage_free(stage);
}

/* A dialect without SERVICE ignores one (Q.931 5.8.1): it would take channels out for ever. */
static void a_service_of_no_such_dialect_is_ignored(void)
{
    Stage *stage = stage_new("side = network\nrestart = no\n", FALSE);

    pri_set_service_message_support(stage->far, 1);
    pri_maintenance_service(stage->far, 0, 1, 2);
    stage_run(stage, 10);
    stage_wire(stage, "< SERVICE ch 1\n");
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_IDLE);
    g_assert_cmpuint(stage_counter(stage, "messages misplaced"), ==, 1);
    stage_free(stage);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/isdn/service/calls", calls_keep_a_span_in_service);
    g_test_add_func("/isdn/service/clearing", a_call_being_cleared_counts);
    g_test_add_func("/isdn/service/leg", a_leg_without_a_call_counts);
    g_test_add_func("/isdn/service/out", nothing_passes_out_of_service);
    g_test_add_func("/isdn/service/back", back_after_some_seconds);
    g_test_add_func("/isdn/service/back-late", back_after_a_minute);
    g_test_add_func("/isdn/service/alarms", alarms_and_service_do_not_undo_each_other);
    g_test_add_func("/isdn/service/reload", a_reload_leaves_it_out);
    g_test_add_func("/isdn/busy-out/service", every_north_american_switch_is_told);
    g_test_add_func("/isdn/busy-out/refused", a_far_end_without_service_is_refused_the_channel);
    g_test_add_func("/isdn/busy-out/span", a_span_is_busied_out_and_returned);
    g_test_add_func("/isdn/busy-out/link", a_link_that_comes_back_is_told_anew);
    g_test_add_func("/isdn/busy-out/alarm", what_changes_during_an_alarm_is_told_after_it);
    g_test_add_func("/isdn/busy-out/restart", a_restart_of_a_busied_out_channel_is_told_anew);
    g_test_add_func("/isdn/busy-out/dialect", a_service_of_no_such_dialect_is_ignored);
    return g_test_run();
}
