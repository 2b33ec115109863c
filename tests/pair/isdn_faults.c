/* Faults between our isdn room and a true libpri far end: RESTART, lost links, alarms, malformed
 * frames, wrong messages. */
#include "isdn_line.h"

#include "cause.h"

#include <string.h>

#define QUIET "restart = no\n"

static Stage *phone_talks(const char *trunk)
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

/* The phone says goodbye to whatever is left of its call, and the line is quiet in the end. */
static void everything_ends(Stage *stage)
{
    for (guint i = 0; i < 4 && stage_call(stage); i++) {
        SipState sip = call_sip_state(stage_call(stage));

        if (sip == SIP_LEAVING)
            stage_event(stage, EVENT_SIP_ENDED, 0);
        else if (sip == SIP_CANCELLING || sip == SIP_ABANDONED)
            stage_event(stage, EVENT_SIP_FAILURE, 0);
        else if (sip == SIP_PARTING)
            stage_event(stage, EVENT_SIP_ACK, 0);
        else if (sip != SIP_IDLE)
            stage_event(stage, EVENT_OPERATOR_CLEAR, 16);
        stage_run(stage, 100);
    }
    stage_run(stage, 45000);
    stage_is_quiet(stage);
}

/* --- RESTART --- */

static void idle_channels_are_restarted_one_by_one(void)
{
    Stage *stage = stage_new_dark("side = network\n", FALSE);

    stage_run(stage, 0);
    stage_far_wakes(stage);
    stage_run(stage, 3000);
    g_assert_cmpuint(stage_counter(stage, "isdn_restarts_sent"), ==, 30);
    g_assert_nonnull(strstr(stage->wire->str, "> RESTART ch 1\n< RESTART ACKNOWLEDGE ch 1\n"
                                              "> RESTART ch 2\n"));
    g_assert_nonnull(strstr(stage->wire->str, "> RESTART ch 31\n"));
    g_assert_cmpint(stage_channel(stage, 31), ==, CHANNEL_IDLE);
    stage_free(stage);
}

static gboolean lose_restart(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (outward && length > 9 && !(frame[2] & 1) && frame[8] == 0x46)
        frame[4] = 0x09; /* layer 2 is content, layer 3 hears nothing */
    return TRUE;
}

static void an_unanswered_restart_takes_the_channel_out(void)
{
    Stage *stage = stage_new_dark("side = network\nt316 = 1s\n", FALSE);

    stage->hook = lose_restart;
    stage_run(stage, 0);
    stage_far_wakes(stage);
    stage_run(stage, 600);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_RESTARTING);
    stage_run(stage, 2200);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_OUT_OF_SERVICE);
    g_assert_cmpint(stage_channel(stage, 2), ==, CHANNEL_RESTARTING);
    g_assert_cmpuint(stage_counter(stage, "isdn_restarts_unanswered"), ==, 1);
    stage->hook = NULL;
    stage_run(stage, 3000);
    g_assert_cmpint(stage_channel(stage, 2), ==, CHANNEL_IDLE);
    g_assert_cmpint(stage_channel(stage, 31), ==, CHANNEL_IDLE);
    stage_phone_calls(stage, "200");
    g_assert_cmpint(call_channel(stage_call(stage)).number, ==, 2);
    stage_run(stage, 61000);
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

/* The states in which a RESTART or any other message may find a call. */
static void in_initiated(Stage *stage)
{
    stage_phone_calls(stage, "200");
    stage_stands(stage, SIP_INVITED, ISDN_INITIATED);
}

static void in_overlap_sending(Stage *stage)
{
    in_initiated(stage);
    pri_need_more_info(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_stands(stage, SIP_INVITED, ISDN_OVERLAP_SENDING);
}

static void in_outgoing_proceeding(Stage *stage)
{
    in_initiated(stage);
    pri_proceeding(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_stands(stage, SIP_INVITED, ISDN_OUTGOING_PROCEEDING);
}

static void in_delivered(Stage *stage)
{
    in_outgoing_proceeding(stage);
    pri_acknowledge(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_stands(stage, SIP_RINGING, ISDN_DELIVERED);
}

static void in_active_outgoing(Stage *stage)
{
    in_delivered(stage);
    pri_answer(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_event(stage, EVENT_SIP_ACK, 0);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
}

static gboolean lose_disconnect(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (outward && length > 9 && !(frame[2] & 1) && frame[8] == 0x45)
        frame[4] = 0x09;
    return TRUE;
}

static void in_disconnect_request(Stage *stage)
{
    in_active_outgoing(stage);
    stage->hook = lose_disconnect;
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage->hook = NULL;
    stage_stands(stage, SIP_IDLE, ISDN_DISCONNECT_REQUEST);
}

static void in_overlap_receiving(Stage *stage)
{
    stage_far_calls(stage, "1", 1, TRUE, FALSE);
    stage_run(stage, 10);
    stage_stands(stage, SIP_IDLE, ISDN_OVERLAP_RECEIVING);
}

static void in_incoming_proceeding(Stage *stage)
{
    stage_far_calls(stage, "150", 1, TRUE, TRUE);
    stage_run(stage, 10);
    stage_stands(stage, SIP_CALLING, ISDN_INCOMING_PROCEEDING);
}

static void in_received(Stage *stage)
{
    in_incoming_proceeding(stage);
    stage_event(stage, EVENT_SIP_RINGING, 0);
    stage_stands(stage, SIP_ALERTED, ISDN_RECEIVED);
}

static gboolean lose_connect(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (outward && length >= 9 && !(frame[2] & 1) && frame[8] == 0x07)
        frame[4] = 0x09;
    return TRUE;
}

static void in_connect_request(Stage *stage)
{
    in_received(stage);
    stage->hook = lose_connect;
    stage_event(stage, EVENT_SIP_ANSWER, 0);
    stage->hook = NULL;
    stage_stands(stage, SIP_UP, ISDN_CONNECT_REQUEST);
}

static void in_active_incoming(Stage *stage)
{
    in_received(stage);
    stage_event(stage, EVENT_SIP_ANSWER, 0);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
}

typedef struct StateRow {
    const char *name;
    void (*enter)(Stage *stage);
} StateRow;

static const StateRow states[] = {
    {"INITIATED", in_initiated},
    {"OVERLAP_SENDING", in_overlap_sending},
    {"OUTGOING_PROCEEDING", in_outgoing_proceeding},
    {"DELIVERED", in_delivered},
    {"ACTIVE outgoing", in_active_outgoing},
    {"DISCONNECT_REQUEST", in_disconnect_request},
    {"OVERLAP_RECEIVING", in_overlap_receiving},
    {"INCOMING_PROCEEDING", in_incoming_proceeding},
    {"RECEIVED", in_received},
    {"CONNECT_REQUEST", in_connect_request},
    {"ACTIVE incoming", in_active_incoming},
};

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
    Stage *stage = stage_new("side = cpe\n" QUIET, FALSE);

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
    everything_ends(stage);
    stage_free(stage);
}

static void a_restart_ends_calls_in_every_state(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++)
        restart_in(&states[i], FALSE);
}

static void a_restart_of_the_interface_ends_them_too(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++)
        restart_in(&states[i], TRUE);
}

static void a_restart_of_another_channel_disturbs_nobody(void)
{
    Stage *stage = phone_talks("side = network\n" QUIET);

    pri_reset(stage->far, 2);
    stage_run(stage, 10);
    stage_wire(stage, "< RESTART ch 2\n> RESTART ACKNOWLEDGE ch 2\n");
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_free(stage);
}

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
    Stage *stage = phone_talks("side = network\n");

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
    Stage *stage = phone_talks("side = network\n");

    alarm_for(stage, 7000);
    g_assert_nonnull(strstr(stage->trace->str, "ISDN.LOST (UP,ACTIVE)->(LEAVING,NULL)"));
    g_assert_nonnull(strstr(stage->trace->str, "cause=27"));
    everything_ends(stage);
    g_assert_cmpuint(stage_counter(stage, "isdn_calls_lost"), ==, 1);
    g_assert_true(isdn_is_ready(stage->isdn));
    stage_free(stage);
}

static void t309_counts_from_the_alarm(void)
{
    Stage *stage = phone_talks("side = network\nt309 = 2s\n");

    alarm_for(stage, 1900);
    stage_run(stage, 100);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    alarm_for(stage, 2100);
    stage_stands(stage, SIP_LEAVING, ISDN_NULL);
    everything_ends(stage);
    stage_free(stage);
}

static void calls_in_set_up_are_lost_at_once(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) {
        Stage *stage = stage_new("side = cpe\n", FALSE);

        states[i].enter(stage);
        if (call_isdn_state(stage_call(stage)) == ISDN_ACTIVE) {
            stage_free(stage);
            continue;
        }
        g_test_message("alarm in %s", states[i].name);
        alarm_for(stage, 10);
        g_assert_nonnull(strstr(stage->trace->str, "ISDN.LOST "));
        everything_ends(stage);
        stage_free(stage);
    }
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

static void a_silent_link_is_noticed_and_forgiven(void)
{
    Stage *stage = phone_talks("side = network\nt309 = 15s\n");
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
    everything_ends(stage);
    stage_free(stage);
}

static void a_dead_link_ends_calls_with_27(void)
{
    Stage *stage = phone_talks("side = network\n");

    stage->cut = TRUE;
    stage_run(stage, 30000);
    g_assert_nonnull(strstr(stage->trace->str, "ISDN.LOST (UP,ACTIVE)->(LEAVING,NULL)"));
    stage->cut = FALSE;
    everything_ends(stage);
    stage_free(stage);
}

static void a_hundred_flaps_leave_nothing_behind(void)
{
    Stage *stage = phone_talks("side = network\n");

    for (guint i = 0; i < 100; i++) {
        alarm_for(stage, 50);
        stage_run(stage, 150);
    }
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_run(stage, 5000);
    stage_event(stage, EVENT_SIP_BYE, 16);
    everything_ends(stage);
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
    g_assert_cmpuint(stage_counter(stage, "isdn_setups_repeated"), ==, 1);
    stage_stands(stage, SIP_INVITED, ISDN_INITIATED);
    g_assert_nonnull(strstr(stage->far_told->str, "RING 100→200 ch 1"));
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    everything_ends(stage);
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

/* --- malformed and misplaced --- */

static void garbage_is_counted_and_forgotten(void)
{
    static const guint8 garbage[][12] = {
        {0},          {0xff, 0xff, 0xff},       {0x00, 0x01, 0x03, 0x08, 0x02},
        {0x00, 0x01}, {0x00, 0x01, 0x0d, 0x00},
    };
    Stage *stage = phone_talks("side = network\n" QUIET);
    IsdnSpanStatus status;

    for (gsize i = 0; i < G_N_ELEMENTS(garbage); i++)
        isdn_frame_received(stage->isdn, 0, garbage[i], sizeof garbage[i]);
    isdn_frame_received(stage->isdn, 0, garbage[0], 0);
    isdn_frame_received(stage->isdn, 7, garbage[0], 3); /* no such span */
    isdn_span_status(stage->isdn, 0, &status);
    g_assert_cmpuint(status.frames_refused, ==, G_N_ELEMENTS(garbage) + 1);
    g_assert_cmpuint(stage_counter(stage, "isdn_frames_refused"), ==, G_N_ELEMENTS(garbage));
    g_assert_cmpuint(stage_counter(stage, "isdn_messages_refused"), ==, 1); /* the I frame */
    stage_run(stage, 15000);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_event(stage, EVENT_SIP_BYE, 16);
    everything_ends(stage);
    stage_free(stage);
}

static gboolean break_setup(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (!outward && length > 20 && frame[8] == 0x05)
        frame[stage->hook_count] ^= 0xff;
    return TRUE;
}

/* One octet of a SETUP wrong, each in turn: some answer comes or the call goes on, and all ends
 * well. */
static void a_broken_setup_breaks_nothing(void)
{
    for (int at = 4; at < 40; at++) {
        Stage *stage = stage_new("side = cpe\n" QUIET, FALSE);

        stage->hook = break_setup;
        stage->hook_count = at;
        stage_far_calls(stage, "150", 3, TRUE, TRUE);
        stage_run(stage, 20);
        pri_hangup(stage->far, stage->far_call, 16);
        stage->hook = NULL;
        everything_ends(stage);
        g_assert_true(isdn_is_ready(stage->isdn)); /* layer 2 stayed in step */
        stage_free(stage);
    }
}

static gboolean change_type(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (!outward && length > 9 && !(frame[2] & 1) && frame[8] == 0x6e)
        frame[8] = (guint8)stage->hook_count;
    return TRUE;
}

static void say_everything(const StateRow *state, int message)
{
    Stage *stage = stage_new("side = cpe\n" QUIET, FALSE);

    state->enter(stage);
    stage->hook = change_type;
    stage->hook_count = message;
    pri_notify(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 50);
    stage->hook = NULL;
    pri_hangup(stage->far, stage->far_call, 16);
    stage_run(stage, 50);
    everything_ends(stage);
    stage_free(stage);
}

static void every_message_in_every_state(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++)
        for (int message = 0; message < 0x80; message++)
            say_everything(&states[i], message);
}

static gboolean change_reference(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (!outward && length > 9 && !(frame[2] & 1) && frame[8] == 0x6e) {
        frame[7] ^= 0x55;
        frame[8] = (guint8)stage->hook_count;
    }
    return TRUE;
}

/* Q.931 5.8.3.2: messages of a call nobody knows are answered, never kept. */
static void messages_of_unknown_calls(void)
{
    Stage *stage = phone_talks("side = network\n" QUIET);

    stage->hook = change_reference;
    for (int message = 0; message < 0x80; message++) {
        stage->hook_count = message;
        pri_notify(stage->far, stage->far_call, 1, 0);
        stage_run(stage, 20);
    }
    g_assert_nonnull(strstr(stage->wire->str, "< NOTIFY\n> RELEASE COMPLETE cause 81\n"));
    stage->hook = NULL;
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_event(stage, EVENT_SIP_BYE, 16);
    everything_ends(stage);
    stage_free(stage);
}

/* --- loss, and a flood --- */

static gboolean lose_some(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    stage->hook_count = (int)((stage->hook_count * 1103515245u + 12345u) & 0x7fffffff);
    return stage->hook_count % 100 >= 20;
}

static void calls_survive_a_lossy_line(void)
{
    Stage *stage = stage_new("side = network\n" QUIET, FALSE);

    stage->hook = lose_some;
    stage->hook_count = 4711;
    for (guint i = 0; i < 20; i++) {
        stage_phone_calls(stage, "200");
        stage_run(stage, 3000);
        if (stage_call(stage))
            stage_event(stage, EVENT_SIP_CANCEL, 16);
        stage_run(stage, 3000);
    }
    stage->hook = NULL;
    everything_ends(stage);
    g_assert_true(isdn_is_ready(stage->isdn));
    stage_free(stage);
}

static void a_flood_of_setups_fills_the_line_and_no_more(void)
{
    Stage *stage = stage_new("side = network\n" QUIET, FALSE);
    q931_call *calls[60];

    for (guint i = 0; i < G_N_ELEMENTS(calls); i++) {
        stage_far_calls(stage, "150", 0, FALSE, TRUE);
        calls[i] = stage->far_call;
    }
    stage_run(stage, 2000);
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 30);
    g_assert_cmpuint(stage_counter(stage, "isdn_setups_refused"), ==, 30);
    for (guint i = 0; i < 30; i++)
        pri_hangup(stage->far, calls[i], 16);
    stage_run(stage, 1000);
    while (stage_call(stage))
        stage_event(stage, EVENT_SIP_FAILURE, 0);
    everything_ends(stage);
    stage_free(stage);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/isdn/restart/idle", idle_channels_are_restarted_one_by_one);
    g_test_add_func("/isdn/restart/lost", a_restart_lost_with_the_link_is_sent_again);
    g_test_add_func("/isdn/restart/t316", an_unanswered_restart_takes_the_channel_out);
    g_test_add_func("/isdn/restart/channel", a_restart_ends_calls_in_every_state);
    g_test_add_func("/isdn/restart/interface", a_restart_of_the_interface_ends_them_too);
    g_test_add_func("/isdn/restart/other-channel", a_restart_of_another_channel_disturbs_nobody);
    g_test_add_func("/isdn/alarm/short", a_short_alarm_leaves_calls_up);
    g_test_add_func("/isdn/alarm/long", a_long_alarm_ends_calls_with_27);
    g_test_add_func("/isdn/alarm/t309", t309_counts_from_the_alarm);
    g_test_add_func("/isdn/alarm/set-up", calls_in_set_up_are_lost_at_once);
    g_test_add_func("/isdn/alarm/no-calls", nobody_calls_during_an_alarm);
    g_test_add_func("/isdn/alarm/flaps", a_hundred_flaps_leave_nothing_behind);
    g_test_add_func("/isdn/link/short", a_silent_link_is_noticed_and_forgiven);
    g_test_add_func("/isdn/link/long", a_dead_link_ends_calls_with_27);
    g_test_add_func("/isdn/link/lost-setup", a_setup_lost_with_the_link_is_sent_again);
    g_test_add_func("/isdn/service", the_far_end_takes_channels_out_of_service);
    g_test_add_func("/isdn/fault/garbage", garbage_is_counted_and_forgotten);
    g_test_add_func("/isdn/fault/broken-setup", a_broken_setup_breaks_nothing);
    g_test_add_func("/isdn/fault/every-message", every_message_in_every_state);
    g_test_add_func("/isdn/fault/unknown-call", messages_of_unknown_calls);
    g_test_add_func("/isdn/fault/loss", calls_survive_a_lossy_line);
    g_test_add_func("/isdn/fault/flood", a_flood_of_setups_fills_the_line_and_no_more);
    return g_test_run();
}
