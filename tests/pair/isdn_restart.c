/* RESTART of channels and interfaces, both ways, between our isdn room and a true libpri far end.
 */
#include "isdn_line.h"

#include "cause.h"

#include <string.h>

#define QUIET "restart = no\n"

/* --- RESTART --- */

static void idle_channels_are_restarted_one_by_one(void)
{
    Stage *stage = stage_new_dark("side = network\n", FALSE);

    stage_run(stage, 0);
    stage_far_wakes(stage);
    stage_run(stage, 3000);
    g_assert_cmpuint(stage_counter(stage, "RESTARTs sent"), ==, 30);
    g_assert_nonnull(strstr(stage->wire->str, "> RESTART ch 1\n< RESTART ACKNOWLEDGE ch 1\n"
                                              "> RESTART ch 2\n"));
    g_assert_nonnull(strstr(stage->wire->str, "> RESTART ch 31\n"));
    g_assert_cmpint(stage_channel(stage, 31), ==, CHANNEL_IDLE);
    stage_free(stage);
}

static gboolean lose_restart(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (outward && length > 9 && !(frame[2] & 1) && frame[8] == 0x46) {
        g_string_append_printf(stage->wire, "> RESTART ch %u, lost\n", frame[13] & 0x7f);
        frame[4] = 0x09; /* layer 2 is content, layer 3 hears nothing */
    }
    return TRUE;
}

/* The far end lets go of its call on channel 31: at once it may take the channel again, and a
 * RESTART behind our RELEASE would end that call. */
static void a_channel_that_carried_a_call_is_not_restarted(void)
{
    Stage *stage = stage_new_dark("side = network\nt316 = 1s\n", FALSE);

    stage->hook = lose_restart; /* the others wait behind the first */
    stage_run(stage, 0);
    stage_far_wakes(stage);
    stage_run(stage, 600);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_RESTARTING);
    stage_far_calls(stage, "150", 31, TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_cmpint(stage_channel(stage, 31), ==, CHANNEL_BUSY);
    pri_hangup(stage->far, stage->far_call, 16);
    stage_run(stage, 10);
    stage_event(stage, EVENT_SIP_FAILURE, 0);
    stage_phone_calls(stage, "200");
    pri_proceeding(stage->far, stage->far_call, stage->far_channel & 0xff, 0);
    stage_run(stage, 10);
    g_assert_cmpint(stage_channel(stage, 2), ==, CHANNEL_BUSY);
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage_run(stage, 10);
    stage->hook = NULL;
    stage_run(stage, 3000);
    g_assert_nonnull(strstr(stage->wire->str, "> RESTART ch 3\n"));
    g_assert_nonnull(strstr(stage->wire->str, "> RESTART ch 30\n"));
    g_assert_null(strstr(stage->wire->str, "> RESTART ch 2\n"));
    g_assert_null(strstr(stage->wire->str, "> RESTART ch 31\n"));
    stage_is_quiet(stage);
    stage_free(stage);
}

static void an_unanswered_restart_takes_the_channel_out(void)
{
    Stage *stage = stage_new_dark("side = network\nt316 = 1s\nrestart-retry = 30s\n", FALSE);

    stage->hook = lose_restart;
    stage_run(stage, 0);
    stage_far_wakes(stage);
    stage_run(stage, 600);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_RESTARTING);
    stage_wire(stage, "> RESTART ch 1, lost\n");
    stage_run(stage, 890);
    stage_wire(stage, "");
    stage_run(stage, 20);
    stage_wire(stage, "> RESTART ch 1, lost\n"); /* T316 once, N316 is 2 */
    stage_run(stage, 980);
    stage_wire(stage, "");
    stage_run(stage, 310); /* and twice */
    stage_wire(stage, "> RESTART ch 2, lost\n");
    g_assert_cmpuint(stage_counter(stage, "RESTARTs sent"), ==, 3);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_OUT_OF_SERVICE);
    g_assert_cmpint(stage_channel(stage, 2), ==, CHANNEL_RESTARTING);
    g_assert_cmpuint(stage_counter(stage, "RESTARTs unanswered"), ==, 1);
    stage->hook = NULL;
    stage_run(stage, 3000);
    g_assert_cmpint(stage_channel(stage, 2), ==, CHANNEL_IDLE);
    g_assert_cmpint(stage_channel(stage, 31), ==, CHANNEL_IDLE);
    stage_phone_calls(stage, "200");
    g_assert_cmpint(call_channel(stage_call(stage)).number, ==, 2);
    stage_run(stage, 20000);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_OUT_OF_SERVICE);
    stage_run(stage, 11000);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_IDLE);
    stage_free(stage);
}

/* Our link is up while the far end still waits for its own: it drops what we send, then establishes
 * anew. */
static void a_restart_lost_with_the_link_is_sent_again(void)
{
    Stage *stage = stage_new_dark("side = network\n", FALSE);

    stage->cut = TRUE;
    stage_far_wakes(stage);
    stage->cut = FALSE;
    stage_run(stage, 900);
    stage_wire(stage, "> RESTART ch 1\n");
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_RESTARTING);
    stage_run(stage, 1000);
    g_assert_nonnull(strstr(stage->wire->str, "> RESTART ch 1\n< RESTART ACKNOWLEDGE ch 1\n"));
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_IDLE);
    stage_free(stage);
}

/* T316 must not outlive the link: the far end may have taken the channel meanwhile. */
static void a_lost_restart_does_not_come_back_under_a_call(void)
{
    Stage *stage = stage_new("side = cpe\nt316 = 5s\n", FALSE);

    stage_phone_calls(stage, "200");
    pri_hangup(stage->far, stage->far_call, 44); /* channel 1 goes aside, to be restarted */
    stage_run(stage, 10);
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage->hook = lose_restart;
    stage_forget(stage);
    stage_run(stage, 31000);
    stage_wire(stage, "> RESTART ch 1, lost\n");
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_RED);
    stage_run(stage, 100);
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_NONE);
    stage_far_calls(stage, "150", 1, TRUE, TRUE);
    stage_run(stage, 20000);
    g_assert_null(strstr(stage->wire->str, "RESTART ch 1,"));
    stage_stands(stage, SIP_CALLING, ISDN_INCOMING_PROCEEDING);
    stage->hook = NULL;
    pri_hangup(stage->far, stage->far_call, 16);
    stage_run(stage, 10);
    /* Nor after it: the far end has offered a call on the channel, so both know it to be idle. */
    g_assert_null(strstr(stage->wire->str, "RESTART ch 1\n"));
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_IDLE);
    stage_free(stage);
}

/* 18 03 a9 83 81 79 01 80 becomes 7e 03 a9 83 81 79 01 87: all interfaces instead of channel 1. */
static gboolean restart_all(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (!outward && length == 17 && frame[8] == 0x46) {
        frame[9] = 0x7e;
        frame[16] = 0x87;
    }
    return TRUE;
}

static void restart_in(const StateRow *state, gboolean whole)
{
    Stage *stage = stage_new("side = cpe\ndisconnect-tones = yes\n" QUIET, FALSE);

    g_test_message("RESTART of %s in %s", whole ? "the interface" : "the channel", state->name);
    state->enter(stage);
    stage->hook = whole ? restart_all : NULL;
    stage_forget(stage);
    pri_destroycall(stage->far, stage->far_call);
    pri_reset(stage->far, 1);
    stage_run(stage, 10);
    g_assert_nonnull(strstr(stage->wire->str, "> RESTART ACKNOWLEDGE"));
    g_assert_nonnull(strstr(stage->trace->str, "ISDN.RESTART "));
    g_assert_nonnull(strstr(stage->trace->str, "cause=41"));
    if (stage_call(stage))
        g_assert_cmpint(call_isdn_state(stage_call(stage)), ==, ISDN_NULL);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_IDLE);
    stage_ends(stage);
    stage_free(stage);
}

static void a_restart_ends_calls_in_every_state(void)
{
    for (const StateRow *state = stage_states; state->name; state++)
        restart_in(state, FALSE);
}

static void a_restart_of_the_interface_ends_them_too(void)
{
    for (const StateRow *state = stage_states; state->name; state++)
        restart_in(state, TRUE);
}

/* Its leg may lie where the first one lay. */
static void a_restart_spares_the_attempt_that_follows(void)
{
    Stage *stage =
        stage_new("side = network\n" QUIET "[route twice]\nfrom = 127.0.0.0/8\ncalled = 300\n"
                  "to = trunk pbx, trunk pbx\n",
                  FALSE);

    stage_phone_calls(stage, "300");
    stage_stands(stage, SIP_INVITED, ISDN_INITIATED);
    pri_destroycall(stage->far, stage->far_call);
    pri_reset(stage->far, 1);
    stage_run(stage, 10);
    stage_stands(stage, SIP_INVITED, ISDN_INITIATED);
    stage_forget(stage);
    pri_proceeding(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_wire(stage, "< CALL PROCEEDING ch 1\n");
    stage_stands(stage, SIP_INVITED, ISDN_OUTGOING_PROCEEDING);
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage_is_quiet(stage);
    stage_free(stage);
}

static void a_restart_of_another_channel_disturbs_nobody(void)
{
    Stage *stage = stage_phone_talks("side = network\n" QUIET);

    pri_reset(stage->far, 2);
    stage_run(stage, 10);
    stage_wire(stage, "< RESTART ch 2\n> RESTART ACKNOWLEDGE ch 2\n");
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_free(stage);
}

/* --- SERVICE --- */

static void the_far_end_takes_channels_out_of_service(void)
{
    Stage *stage = stage_new("side = cpe\nswitch-type = ni2\n" QUIET, FALSE);

    pri_set_service_message_support(stage->far, 1);
    stage_phone_calls(stage, "200");
    pri_maintenance_service(stage->far, 0, 1, 2);
    pri_maintenance_service(stage->far, 0, 2, 2);
    stage_run(stage, 10);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_BUSY); /* the call finishes first */
    g_assert_cmpint(stage_channel(stage, 2), ==, CHANNEL_OUT_OF_SERVICE);
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_OUT_OF_SERVICE);
    stage_phone_calls(stage, "200");
    g_assert_cmpint(call_channel(stage_call(stage)).number, ==, 3);
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    pri_maintenance_service(stage->far, 0, 1, 0);
    stage_run(stage, 10);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_IDLE);
    pri_maintenance_service(stage->far, 0, -1, 2);
    stage_run(stage, 10);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_OUT_OF_SERVICE);
    pri_maintenance_service(stage->far, 0, -1, 0);
    stage_run(stage, 10);
    g_assert_cmpint(stage_channel(stage, 31), ==, CHANNEL_IDLE);
    g_assert_true(isdn_is_ready(stage->isdn)); /* layer 2 never went down */
    stage_free(stage);
}

/* Q.931 5.5: RESTART returns a channel to idle, from whichever side, whatever SERVICE said. */
static void a_restart_brings_channels_back_into_service(void)
{
    Stage *stage = stage_new("side = cpe\nswitch-type = ni2\nt316 = 5s\n", FALSE);

    pri_set_service_message_support(stage->far, 1);
    pri_maintenance_service(stage->far, 0, 5, 2);
    stage_run(stage, 10);
    g_assert_cmpint(stage_channel(stage, 5), ==, CHANNEL_OUT_OF_SERVICE);
    pri_reset(stage->far, 5);
    stage_run(stage, 10);
    g_assert_cmpint(stage_channel(stage, 5), ==, CHANNEL_IDLE);

    /* Ours, which a link that comes up again sends. */
    pri_maintenance_service(stage->far, 0, 5, 2);
    stage_run(stage, 10);
    g_assert_cmpint(stage_channel(stage, 5), ==, CHANNEL_OUT_OF_SERVICE);
    stage->cut = TRUE;
    stage_run(stage, 30000);
    stage->cut = FALSE;
    stage_run(stage, 5000);
    g_assert_cmpint(stage_channel(stage, 5), ==, CHANNEL_IDLE);
    stage_free(stage);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/isdn/restart/idle", idle_channels_are_restarted_one_by_one);
    g_test_add_func("/isdn/restart/used", a_channel_that_carried_a_call_is_not_restarted);
    g_test_add_func("/isdn/restart/lost", a_restart_lost_with_the_link_is_sent_again);
    g_test_add_func("/isdn/restart/t316", an_unanswered_restart_takes_the_channel_out);
    g_test_add_func("/isdn/restart/outlived", a_lost_restart_does_not_come_back_under_a_call);
    g_test_add_func("/isdn/restart/service", a_restart_brings_channels_back_into_service);
    g_test_add_func("/isdn/restart/channel", a_restart_ends_calls_in_every_state);
    g_test_add_func("/isdn/restart/interface", a_restart_of_the_interface_ends_them_too);
    g_test_add_func("/isdn/restart/attempt", a_restart_spares_the_attempt_that_follows);
    g_test_add_func("/isdn/restart/other-channel", a_restart_of_another_channel_disturbs_nobody);
    g_test_add_func("/isdn/service", the_far_end_takes_channels_out_of_service);
    return g_test_run();
}
