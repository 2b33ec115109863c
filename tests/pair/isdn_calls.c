/* Calls between our isdn room and a true libpri far end: set-up both ways, overlap, channels,
 * clearing. */
#include "isdn_line.h"

#include "cause.h"

#include <string.h>

#define NETWORK "side = network\nrestart = no\n"
#define CPE "side = cpe\nrestart = no\n"

static int far_channel(Stage *stage)
{
    return stage->far_channel & 0xff;
}

/* A call from a phone that the far end has answered. */
static Stage *phone_talks(const char *trunk, gboolean t1)
{
    Stage *stage = stage_new(trunk, t1);

    stage_phone_calls(stage, "200");
    pri_answer(stage->far, stage->far_call, far_channel(stage), 0);
    stage_run(stage, 10);
    stage_event(stage, EVENT_SIP_ACK, 0);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_forget(stage);
    return stage;
}

/* A call from the far end that the phone has answered. */
static Stage *far_talks(const char *trunk, gboolean t1)
{
    Stage *stage = stage_new(trunk, t1);

    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
    stage_event(stage, EVENT_SIP_RINGING, 0);
    stage_event(stage, EVENT_SIP_ANSWER, 0);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_forget(stage);
    return stage;
}

static void a_phone_reaches_the_far_end(const char *trunk, gboolean t1, const char *setup)
{
    Stage *stage = stage_new(trunk, t1);
    g_autofree char *first = g_strconcat("> SETUP 100→200 ch 1", setup, "\n", NULL);

    stage_phone_calls(stage, "200");
    stage_wire(stage, first);
    stage_stands(stage, SIP_INVITED, ISDN_INITIATED);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_BUSY);
    pri_proceeding(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_stands(stage, SIP_INVITED, ISDN_OUTGOING_PROCEEDING);
    pri_acknowledge(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_stands(stage, SIP_RINGING, ISDN_DELIVERED);
    pri_answer(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_stands(stage, SIP_ANSWERED, ISDN_ACTIVE);
    stage_wire(stage, "< CALL PROCEEDING ch 1\n< ALERTING\n< CONNECT ch 1\n"
                      "> CONNECT ACKNOWLEDGE\n");
    stage_event(stage, EVENT_SIP_ACK, 0);
    stage_event(stage, EVENT_SIP_BYE, CAUSE_NORMAL_CALL_CLEARING);
    stage_wire(stage, "> DISCONNECT cause 16\n< RELEASE cause 16\n> RELEASE COMPLETE cause 16\n");
    stage_is_quiet(stage);
    stage_free(stage);
}

static void euroisdn_network_to_far_end(void)
{
    a_phone_reaches_the_far_end(NETWORK, FALSE, " complete");
}

static void euroisdn_cpe_to_far_end(void)
{
    a_phone_reaches_the_far_end(CPE, FALSE, " complete");
}

static void ni2_network_to_far_end(void)
{
    /* With a name there would be a FACILITY after CALL PROCEEDING, as NI-2 has it. */
    a_phone_reaches_the_far_end(NETWORK "switch-type = ni2\nsend-display = no\n", TRUE, "");
}

static void ni2_cpe_to_far_end(void)
{
    a_phone_reaches_the_far_end(CPE "switch-type = ni2\n", TRUE, "");
}

static void qsig_to_far_end(void)
{
    a_phone_reaches_the_far_end(CPE "switch-type = qsig\n", FALSE, "");
}

static void the_far_end_reaches_a_phone(const char *trunk, gboolean t1)
{
    Stage *stage = stage_new(trunk, t1);

    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
    stage_stands(stage, SIP_CALLING, ISDN_INCOMING_PROCEEDING);
    g_assert_cmpint(call_channel(stage_call(stage)).number, ==, 3);
    g_assert_cmpstr(call_asked(stage_call(stage))->calling.digits, ==, "100");
    g_assert_cmpstr(call_origin(stage_call(stage))->trunk, ==, "pbx");
    stage_event(stage, EVENT_SIP_RINGING, 0);
    stage_stands(stage, SIP_ALERTED, ISDN_RECEIVED);
    stage_event(stage, EVENT_SIP_ANSWER, 0);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    g_assert_nonnull(strstr(stage->wire->str, "> CALL PROCEEDING ch 3\n"));
    g_assert_nonnull(strstr(stage->wire->str, "> ALERTING"));
    g_assert_nonnull(strstr(stage->wire->str, "> CONNECT ch 3\n< CONNECT ACKNOWLEDGE\n"));
    stage_forget(stage);
    pri_hangup(stage->far, stage->far_call, 16);
    stage_run(stage, 10);
    stage_wire(stage, "< DISCONNECT cause 16\n> RELEASE cause 16\n< RELEASE COMPLETE cause 16\n");
    stage_event(stage, EVENT_SIP_ENDED, 0);
    stage_is_quiet(stage);
    stage_free(stage);
}

static void euroisdn_network_from_far_end(void)
{
    the_far_end_reaches_a_phone(NETWORK, FALSE);
}

static void euroisdn_cpe_from_far_end(void)
{
    the_far_end_reaches_a_phone(CPE, FALSE);
}

static void ni2_network_from_far_end(void)
{
    the_far_end_reaches_a_phone(NETWORK "switch-type = ni2\n", TRUE);
}

static void ni2_cpe_from_far_end(void)
{
    the_far_end_reaches_a_phone(CPE "switch-type = ni2\n", TRUE);
}

static void other_switch_types_from_far_end(void)
{
    static const char *const types[] = {"dms100", "5ess", "4ess", "qsig"};

    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autofree char *trunk = g_strdup_printf(CPE "switch-type = %s\n", types[i]);

        the_far_end_reaches_a_phone(trunk, TRUE);
    }
}

static void ringback_of_ours_is_announced(void)
{
    Stage *stage = stage_new(NETWORK, FALSE);

    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
    stage_event(stage, EVENT_SIP_RINGING, 0);
    g_assert_nonnull(strstr(stage->wire->str, "> ALERTING progress 8\n"));
    g_assert_nonnull(strstr(stage->sip->str, "media_ringback"));
    stage_free(stage);
}

static void early_media_is_announced(void)
{
    Stage *stage = stage_new(CPE, FALSE);

    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
    stage_event(stage, EVENT_SIP_PROGRESS, 0);
    stage_event(stage, EVENT_SIP_RINGING, 0);
    stage_wire(stage, "< SETUP 100→150 ch 3 complete\n> CALL PROCEEDING ch 3\n"
                      "> PROGRESS progress 8\n> ALERTING progress 8\n");
    stage_free(stage);
}

static void early_media_of_the_far_end_is_heard(void)
{
    Stage *stage = stage_new(NETWORK, FALSE);

    stage_phone_calls(stage, "200");
    pri_proceeding(stage->far, stage->far_call, 1, 0);
    pri_progress(stage->far, stage->far_call, 1, 1);
    stage_run(stage, 10);
    stage_stands(stage, SIP_PROGRESSING, ISDN_OUTGOING_PROCEEDING);
    pri_acknowledge(stage->far, stage->far_call, 1, 1);
    stage_run(stage, 10);
    stage_stands(stage, SIP_PROGRESSING, ISDN_DELIVERED);
    g_assert_nonnull(strstr(stage->trace->str, "ISDN.PROGRESS_MEDIA "));
    g_assert_nonnull(strstr(stage->trace->str, "ISDN.ALERTING_MEDIA "));
    stage_free(stage);
}

static void progress_with_a_cause_is_an_announcement(void)
{
    Stage *stage = stage_new(NETWORK, FALSE);

    stage_phone_calls(stage, "200");
    pri_proceeding(stage->far, stage->far_call, 1, 1);
    stage_run(stage, 10);
    g_assert_nonnull(strstr(stage->trace->str, "ISDN.PROCEEDING_MEDIA "));
    pri_progress_with_cause(stage->far, stage->far_call, 1, 1, 1);
    stage_run(stage, 10);
    stage_stands(stage, SIP_TREATED, ISDN_OUTGOING_PROCEEDING);
    stage_free(stage);
}

/* --- overlap --- */

static void digits_are_collected_one_by_one(void)
{
    Stage *stage = stage_new(NETWORK, FALSE);

    stage_far_calls(stage, "1", 4, TRUE, FALSE);
    stage_run(stage, 10);
    stage_stands(stage, SIP_IDLE, ISDN_OVERLAP_RECEIVING);
    pri_information(stage->far, stage->far_call, '5');
    stage_run(stage, 10);
    stage_stands(stage, SIP_IDLE, ISDN_OVERLAP_RECEIVING);
    pri_information(stage->far, stage->far_call, '0');
    stage_run(stage, 10);
    stage_stands(stage, SIP_CALLING, ISDN_INCOMING_PROCEEDING);
    g_assert_cmpstr(call_setup(stage_call(stage))->called.digits, ==, "150");
    stage_wire(stage, "< SETUP 100→1 ch 4\n> SETUP ACKNOWLEDGE ch 4\n< INFORMATION '5'\n"
                      "< INFORMATION '0'\n> CALL PROCEEDING ch 4\n");
    pri_information(stage->far, stage->far_call, '7'); /* too late */
    stage_run(stage, 10);
    stage_stands(stage, SIP_CALLING, ISDN_INCOMING_PROCEEDING);
    stage_free(stage);
}

static void t302_ends_a_number_that_stays_short(void)
{
    Stage *stage = stage_new(NETWORK, FALSE);

    stage_far_calls(stage, "1", 4, TRUE, FALSE);
    stage_run(stage, 10);
    stage_run(stage, 16000);
    g_assert_nonnull(strstr(stage->wire->str, "> DISCONNECT cause 28\n"));
    stage_is_quiet(stage);
    stage_free(stage);
}

static void setup_ack_of_the_far_end_is_taken(void)
{
    Stage *stage = stage_new(NETWORK, FALSE);

    stage_phone_calls(stage, "200");
    pri_need_more_info(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_stands(stage, SIP_INVITED, ISDN_OVERLAP_SENDING);
    pri_proceeding(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_stands(stage, SIP_INVITED, ISDN_OUTGOING_PROCEEDING);
    stage_free(stage);
}

/* --- names and numbers --- */

static void the_network_side_sends_the_name(void)
{
    Stage *stage = stage_new(NETWORK, FALSE);

    stage_phone_calls(stage, "200");
    stage_far(stage, "RING 100→200 ch 1 'Anna'\n");
    stage_free(stage);
    stage = stage_new(NETWORK "send-display = no\n", FALSE);
    stage_phone_calls(stage, "200");
    stage_far(stage, "RING 100→200 ch 1 ''\n");
    stage_free(stage);
}

static void the_far_ends_name_is_read(void)
{
    Stage *stage = stage_new(CPE, FALSE);

    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_cmpstr(call_asked(stage_call(stage))->name, ==, "Berta");
    stage_free(stage);
    stage = stage_new(CPE "switch-type = qsig\n", FALSE);
    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_cmpstr(call_asked(stage_call(stage))->name, ==, "Berta");
    stage_free(stage);
}

static void only_digits_leave_and_enter(void)
{
    Stage *stage = stage_new(CPE, FALSE);

    stage_far_calls(stage, "1a5\x1b-0", 3, TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_cmpstr(call_asked(stage_call(stage))->called.digits, ==, "150");
    stage_free(stage);
}

/* --- refusals --- */

/* Each cause must come as RELEASE COMPLETE: libpri by itself sends nothing for most of them. */
static void a_setup_is_refused_with_release_complete(void)
{
    Stage *stage = stage_new(NETWORK, FALSE);
    struct pri_sr *record = pri_sr_new();
    char called[] = "150";

    stage_far_calls(stage, "999", 3, TRUE, TRUE); /* no route */
    stage_run(stage, 10);
    stage_wire(stage, "< SETUP 100→999 ch 3 complete\n> RELEASE COMPLETE cause 3\n");
    stage_is_quiet(stage);
    pri_sr_set_channel(record, 3, 1, 0);
    pri_sr_set_bearer(record, PRI_TRANS_CAP_DIGITAL, 0);
    pri_sr_set_called(record, called, PRI_UNKNOWN, 1);
    pri_setup(stage->far, pri_new_call(stage->far), record);
    pri_sr_free(record);
    stage_run(stage, 10);
    stage_wire(stage, "< SETUP →150 ch 3 complete\n> RELEASE COMPLETE cause 65\n");
    stage_is_quiet(stage);
    g_assert_cmpuint(stage_counter(stage, "isdn_setups_refused"), ==, 1);
    hall_set_draining(stage->hall, TRUE);
    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
    stage_wire(stage, "< SETUP 100→150 ch 3 complete\n> RELEASE COMPLETE cause 41\n");
    stage_is_quiet(stage);
    stage_free(stage);
}

static void the_far_end_is_busy(void)
{
    Stage *stage = stage_new(NETWORK, FALSE);

    stage_phone_calls(stage, "200");
    pri_proceeding(stage->far, stage->far_call, 1, 0);
    pri_hangup(stage->far, stage->far_call, 17);
    stage_run(stage, 10);
    g_assert_nonnull(strstr(stage->wire->str, "< DISCONNECT cause 17\n> RELEASE cause 17\n"
                                              "< RELEASE COMPLETE cause 17\n"));
    g_assert_nonnull(strstr(stage->sip->str, "sip_reject"));
    stage_is_quiet(stage);
    stage_free(stage);
}

/* The phone's refusal must reach the far end with its very cause, whatever libpri makes of it. */
static void every_cause_leaves_in_a_disconnect(void)
{
    static const guint8 causes[] = {1, 3, 7, 16, 17, 26, 34, 58, 65, 81, 88, 127};

    for (gsize i = 0; i < G_N_ELEMENTS(causes); i++) {
        Stage *stage = stage_new(NETWORK, FALSE);
        g_autofree char *message = g_strdup_printf("> DISCONNECT cause %u\n", causes[i]);

        stage_phone_calls(stage, "200");
        stage_event(stage, EVENT_SIP_CANCEL, causes[i]);
        g_assert_nonnull(strstr(stage->wire->str, message));
        stage_is_quiet(stage);
        stage_free(stage);
    }
}

static void the_location_of_a_cause_is_told(void)
{
    Stage *stage = stage_new(NETWORK, FALSE);

    stage_phone_calls(stage, "200");
    pri_proceeding(stage->far, stage->far_call, 1, 0);
    pri_hangup(stage->far, stage->far_call, 21);
    stage_run(stage, 1);
    /* libpri sends location 1, private network serving the local user: 403, not 603. */
    g_assert_nonnull(strstr(stage->trace->str, "cause=21"));
    stage_is_quiet(stage);
    stage_free(stage);
}

/* --- clearing --- */

static void a_disconnect_of_the_far_end_ends_the_call(void)
{
    Stage *stage = phone_talks(NETWORK, FALSE);

    pri_hangup(stage->far, stage->far_call, 16);
    stage_run(stage, 10);
    stage_wire(stage, "< DISCONNECT cause 16\n> RELEASE cause 16\n< RELEASE COMPLETE cause 16\n");
    stage_stands(stage, SIP_LEAVING, ISDN_NULL);
    stage_event(stage, EVENT_SIP_ENDED, 0);
    stage_is_quiet(stage);
    stage_free(stage);
}

static void disconnect_crosses_disconnect(void)
{
    Stage *stage = phone_talks(NETWORK, FALSE);

    pri_hangup(stage->far, stage->far_call, 16);
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_run(stage, 100);
    g_assert_nonnull(strstr(stage->wire->str, "< DISCONNECT cause 16\n> DISCONNECT cause 16\n"));
    g_assert_nonnull(strstr(stage->trace->str, "ISDN.DISCONNECT (IDLE,DISCONNECT_REQUEST)->"
                                               "(IDLE,RELEASE_REQUEST) isdn_release"));
    stage_is_quiet(stage);
    stage_free(stage);
}

/* The far end goes straight to RELEASE: cause 6, 7 and 26 make libpri do it before the answer. */
static void a_release_of_the_far_end_is_answered(void)
{
    Stage *stage = stage_new(NETWORK, FALSE);

    stage_phone_calls(stage, "200");
    pri_proceeding(stage->far, stage->far_call, 1, 0);
    pri_hangup(stage->far, stage->far_call, 26);
    stage_run(stage, 10);
    g_assert_nonnull(strstr(stage->wire->str, "< RELEASE cause 26\n> RELEASE COMPLETE cause 26\n"));
    g_assert_nonnull(strstr(stage->trace->str, "ISDN.RELEASE "));
    stage_is_quiet(stage);
    stage_free(stage);
}

static gboolean lose_disconnect(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    /* Our DISCONNECT becomes an empty I frame: layer 2 is content, layer 3 hears nothing. */
    if (outward && length > 9 && !(frame[2] & 1) && frame[8] == 0x45)
        frame[4] = 0x09;
    return TRUE;
}

static void t305_releases(void)
{
    Stage *stage = phone_talks(NETWORK, FALSE);

    stage->hook = lose_disconnect;
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_run(stage, 29000);
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 1);
    stage_run(stage, 2000);
    g_assert_nonnull(strstr(stage->wire->str, "> RELEASE cause 16\n< RELEASE COMPLETE"));
    stage_is_quiet(stage);
    stage_free(stage);
}

static gboolean lose_clearing(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (outward && length > 9 && !(frame[2] & 1) && (frame[8] == 0x45 || frame[8] == 0x4d))
        frame[4] = 0x09;
    return TRUE;
}

/* Q.931 5.3.3: nobody answers RELEASE; the channel rests before it is used again. */
static void t308_twice_puts_the_channel_aside(void)
{
    Stage *stage = phone_talks("side = network\nt316 = 10s\n", FALSE);

    stage->hook = lose_clearing;
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_run(stage, 39000);
    stage_is_quiet(stage);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_ASIDE);
    stage->hook = NULL;
    stage_forget(stage);
    stage_run(stage, 31000);
    stage_wire(stage, "> RESTART ch 1\n< RESTART ACKNOWLEDGE ch 1\n");
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_IDLE);
    stage_free(stage);
}

static void a_crossing_connect_is_cleared(void)
{
    Stage *stage = stage_new(NETWORK, FALSE);

    stage_phone_calls(stage, "200");
    pri_proceeding(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    pri_answer(stage->far, stage->far_call, 1, 0);
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage_run(stage, 100);
    stage_is_quiet(stage);
    stage_free(stage);
}

/* T313: our CONNECT as user side stays without acknowledgement. */
static gboolean lose_connect(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (outward && length >= 9 && !(frame[2] & 1) && frame[8] == 0x07)
        frame[4] = 0x09;
    return TRUE;
}

static void t313_clears(void)
{
    Stage *stage = stage_new(CPE, FALSE);

    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
    stage->hook = lose_connect;
    stage_event(stage, EVENT_SIP_RINGING, 0);
    stage_event(stage, EVENT_SIP_ANSWER, 0);
    stage_stands(stage, SIP_UP, ISDN_CONNECT_REQUEST);
    stage_run(stage, 5000);
    g_assert_nonnull(strstr(stage->wire->str, "> DISCONNECT cause 16\n"));
    stage_stands(stage, SIP_LEAVING, ISDN_NULL);
    stage_event(stage, EVENT_SIP_ENDED, 0);
    stage_is_quiet(stage);
    stage_free(stage);
}

static gboolean lose_setup(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (outward && length > 9 && !(frame[2] & 1) && frame[8] == 0x05)
        frame[4] = 0x09;
    return TRUE;
}

static void t303_gives_up_with_18(void)
{
    Stage *stage = stage_new(NETWORK, FALSE);

    stage->hook = lose_setup;
    stage_phone_calls(stage, "200");
    stage_run(stage, 8100);
    g_assert_nonnull(strstr(stage->trace->str, "cause=18"));
    stage_is_quiet(stage);
    stage_free(stage);
}

static gboolean tones_in_disconnect(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    /* 08 02 81 91 becomes 1e 02 81 88: DISCONNECT with progress 8 and no Cause. */
    if (!outward && length == 13 && frame[8] == 0x45) {
        frame[9] = 0x1e;
        frame[12] = 0x88;
    }
    return TRUE;
}

static void tones_after_disconnect_are_heard_if_wanted(void)
{
    Stage *stage = stage_new(NETWORK "disconnect-tones = yes\n", FALSE);

    stage->hook = tones_in_disconnect;
    stage_phone_calls(stage, "200");
    pri_proceeding(stage->far, stage->far_call, 1, 0);
    pri_hangup(stage->far, stage->far_call, 17);
    stage_run(stage, 10);
    stage_stands(stage, SIP_TREATED, ISDN_DISCONNECT_INDICATION);
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage_is_quiet(stage);
    stage_free(stage);
    stage = stage_new(NETWORK, FALSE);
    stage->hook = tones_in_disconnect;
    stage_phone_calls(stage, "200");
    pri_proceeding(stage->far, stage->far_call, 1, 0);
    pri_hangup(stage->far, stage->far_call, 17);
    stage_run(stage, 10);
    stage_is_quiet(stage);
    stage_free(stage);
}

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
    g_assert_cmpuint(stage_counter(stage, "isdn_channels_blamed"), ==, 1);
    stage_is_quiet(stage);
    stage_free(stage);
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
    Stage *stage = phone_talks(NETWORK, FALSE); /* on channel 1 */

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

static void channels_are_hunted_by_the_rule(void)
{
    static const struct {
        const char *rule;
        guint8 first, second;
    } hunts[] = {
        {"ascending", 1, 1}, {"descending", 31, 31}, {"round-robin", 1, 2}, {"least-used", 1, 2}};

    for (gsize i = 0; i < G_N_ELEMENTS(hunts); i++) {
        g_autofree char *trunk = g_strdup_printf(NETWORK "hunting = %s\n", hunts[i].rule);
        Stage *stage = stage_new(trunk, FALSE);

        g_assert_cmpint(next_channel(stage), ==, hunts[i].first);
        g_assert_cmpint(next_channel(stage), ==, hunts[i].second);
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
    g_assert_cmpuint(stage_counter(stage, "isdn_glare"), ==, 1);
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

/* Each row: the room's life with one caller. */
static void a_phone_that_yields_with_preferred_keeps_its_setup(void)
{
    Stage *stage = glare(CPE "channel = preferred\n", TRUE);

    g_assert_null(strstr(stage->wire->str, "SETUP 100→200 ch 2"));
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 2);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_BUSY);
    g_assert_cmpint(stage_channel(stage, 2), ==, CHANNEL_BUSY);
    stage_free(stage);
}

static void the_ladder_names_messages(void)
{
    Stage *stage = phone_talks(NETWORK, FALSE);
    g_autofree char *ladder = hall_ladder(stage->hall, 0);

    g_assert_nonnull(strstr(ladder, "SETUP 100→200 ch 1"));
    g_assert_nonnull(strstr(ladder, "CONNECT ACKNOWLEDGE"));
    stage_free(stage);
    stage = far_talks(CPE, FALSE);
    g_free(g_steal_pointer(&ladder));
    ladder = hall_ladder(stage->hall, 0);
    g_assert_nonnull(strstr(ladder, "SETUP 100→150 ch 3"));
    stage_free(stage);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/isdn/out/euroisdn-network", euroisdn_network_to_far_end);
    g_test_add_func("/isdn/out/euroisdn-cpe", euroisdn_cpe_to_far_end);
    g_test_add_func("/isdn/out/ni2-network", ni2_network_to_far_end);
    g_test_add_func("/isdn/out/ni2-cpe", ni2_cpe_to_far_end);
    g_test_add_func("/isdn/out/qsig", qsig_to_far_end);
    g_test_add_func("/isdn/in/euroisdn-network", euroisdn_network_from_far_end);
    g_test_add_func("/isdn/in/euroisdn-cpe", euroisdn_cpe_from_far_end);
    g_test_add_func("/isdn/in/ni2-network", ni2_network_from_far_end);
    g_test_add_func("/isdn/in/ni2-cpe", ni2_cpe_from_far_end);
    g_test_add_func("/isdn/in/other-types", other_switch_types_from_far_end);
    g_test_add_func("/isdn/media/ringback", ringback_of_ours_is_announced);
    g_test_add_func("/isdn/media/early-from-phone", early_media_is_announced);
    g_test_add_func("/isdn/media/early-from-far-end", early_media_of_the_far_end_is_heard);
    g_test_add_func("/isdn/media/announcement", progress_with_a_cause_is_an_announcement);
    g_test_add_func("/isdn/overlap/digits", digits_are_collected_one_by_one);
    g_test_add_func("/isdn/overlap/t302", t302_ends_a_number_that_stays_short);
    g_test_add_func("/isdn/overlap/sending", setup_ack_of_the_far_end_is_taken);
    g_test_add_func("/isdn/identity/name-out", the_network_side_sends_the_name);
    g_test_add_func("/isdn/identity/name-in", the_far_ends_name_is_read);
    g_test_add_func("/isdn/identity/digits", only_digits_leave_and_enter);
    g_test_add_func("/isdn/refusal/setup", a_setup_is_refused_with_release_complete);
    g_test_add_func("/isdn/refusal/busy", the_far_end_is_busy);
    g_test_add_func("/isdn/refusal/causes", every_cause_leaves_in_a_disconnect);
    g_test_add_func("/isdn/refusal/location", the_location_of_a_cause_is_told);
    g_test_add_func("/isdn/clearing/far-end", a_disconnect_of_the_far_end_ends_the_call);
    g_test_add_func("/isdn/clearing/crossing", disconnect_crosses_disconnect);
    g_test_add_func("/isdn/clearing/release", a_release_of_the_far_end_is_answered);
    g_test_add_func("/isdn/clearing/t305", t305_releases);
    g_test_add_func("/isdn/clearing/t308", t308_twice_puts_the_channel_aside);
    g_test_add_func("/isdn/clearing/t313", t313_clears);
    g_test_add_func("/isdn/clearing/t303", t303_gives_up_with_18);
    g_test_add_func("/isdn/clearing/connect-crosses", a_crossing_connect_is_cleared);
    g_test_add_func("/isdn/clearing/tones", tones_after_disconnect_are_heard_if_wanted);
    g_test_add_func("/isdn/channel/retry", a_refused_channel_is_followed_by_another);
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
    g_test_add_func("/isdn/ladder", the_ladder_names_messages);
    return g_test_run();
}
