/* Faults between our isdn room and a true libpri far end: RESTART, lost links, alarms, malformed
 * frames, wrong messages. */
#include "isdn_line.h"

#include "cause.h"

#include <string.h>

#define QUIET "restart = no\n"

/* --- malformed and misplaced --- */

static void garbage_is_counted_and_forgotten(void)
{
    static const guint8 garbage[][12] = {
        {0},          {0xff, 0xff, 0xff},       {0x00, 0x01, 0x03, 0x08, 0x02},
        {0x00, 0x01}, {0x00, 0x01, 0x0d, 0x00},
    };
    Stage *stage = stage_phone_talks("side = network\n" QUIET);
    IsdnSpanStatus status;

    for (gsize i = 0; i < G_N_ELEMENTS(garbage); i++)
        isdn_frame_received(stage->isdn, 0, garbage[i], sizeof garbage[i]);
    isdn_frame_received(stage->isdn, 0, garbage[0], 0);
    isdn_frame_received(stage->isdn, 7, garbage[0], 3); /* no such span */
    isdn_span_status(stage->isdn, 0, &status);
    g_assert_cmpuint(status.frames_refused, ==, G_N_ELEMENTS(garbage) + 1);
    g_assert_cmpuint(stage_counter(stage, "frames refused"), ==, G_N_ELEMENTS(garbage));
    g_assert_cmpuint(stage_counter(stage, "messages refused"), ==, 1); /* the I frame */
    stage_run(stage, 15000);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_ends(stage);
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
        stage_ends(stage);
        g_assert_true(isdn_is_ready(stage->isdn)); /* layer 2 stayed in step */
        stage_free(stage);
    }
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
    Stage *stage = stage_phone_talks("side = network\n" QUIET);

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
    stage_ends(stage);
    stage_free(stage);
}

static guint8 kept[64];
static gsize kept_length;

static gboolean keep_setup(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (!outward && length > 20 && length <= sizeof kept && frame[8] == 0x05) {
        memcpy(kept, frame, length);
        kept_length = length;
    }
    return TRUE;
}

/* What is sound is not malformed: neither a message that layer 2 sends twice nor one too late. */
static void sound_messages_are_not_called_malformed(void)
{
    Stage *stage = stage_new("side = network\n" QUIET, FALSE);
    IsdnSpanStatus status;

    stage->hook = keep_setup;
    kept_length = 0;
    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_cmpuint(kept_length, >, 0);
    isdn_frame_received(stage->isdn, 0, kept, kept_length);
    stage_run(stage, 10);
    g_assert_cmpuint(stage_counter(stage, "messages repeated"), ==, 1);
    g_assert_cmpuint(stage_counter(stage, "messages misplaced"), ==, 0);
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 1);
    stage_far_says(stage, 0x0123, "5a 08 02 81 90");
    g_assert_cmpuint(stage_counter(stage, "messages misplaced"), ==, 1);
    g_assert_cmpuint(stage_counter(stage, "messages refused"), ==, 0);
    isdn_span_status(stage->isdn, 0, &status);
    g_assert_cmpuint(status.frames_refused, ==, 0);
    stage_free(stage);
}

/* A far end that is network side as well says so with every frame; the log need not. */
static void a_wrong_side_is_told_a_few_times(void)
{
    static const guint8 sabme[] = {0x02, 0x01, 0x7f};

    if (g_test_subprocess()) {
        Stage *stage = stage_new("side = network\n" QUIET, FALSE);

        for (guint i = 0; i < 50; i++)
            isdn_frame_received(stage->isdn, 0, sabme, sizeof sabme);
        stage_free(stage);
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed();
    g_test_trap_assert_stderr("*they think*");
    g_test_trap_assert_stderr_unmatched(
        "*they think*they think*they think*they think*they think*they think*");
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
    stage_ends(stage);
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
    g_assert_cmpuint(stage_counter(stage, "SETUPs refused"), ==, 30);
    for (guint i = 0; i < 30; i++)
        pri_hangup(stage->far, calls[i], 16);
    stage_run(stage, 1000);
    while (stage_call(stage))
        stage_event(stage, EVENT_SIP_FAILURE, 0);
    stage_ends(stage);
    stage_free(stage);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/isdn/fault/garbage", garbage_is_counted_and_forgotten);
    g_test_add_func("/isdn/fault/broken-setup", a_broken_setup_breaks_nothing);
    g_test_add_func("/isdn/fault/unknown-call", messages_of_unknown_calls);
    g_test_add_func("/isdn/fault/sound", sound_messages_are_not_called_malformed);
    g_test_add_func("/isdn/fault/wrong-side", a_wrong_side_is_told_a_few_times);
    g_test_add_func("/isdn/fault/loss", calls_survive_a_lossy_line);
    g_test_add_func("/isdn/fault/flood", a_flood_of_setups_fills_the_line_and_no_more);
    return g_test_run();
}
