/* Calls between our isdn room and a true libpri far end: set-up both ways, overlap, channels,
 * clearing. */
#include "isdn_line.h"

#include "cause.h"

#include <string.h>

#define NETWORK "side = network\nrestart = no\n"
#define CPE "side = cpe\nrestart = no\n"

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
    g_assert_cmpuint(stage_counter(stage, "SETUPs refused"), ==, 1);
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

static gboolean cause_from_location(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (!outward && length == 13 && frame[8] == 0x45)
        frame[11] = 0x80 | (guint8)stage->hook_count;
    return TRUE;
}

/* RFC 4497 Table 1: a user who rejects is 603, a network that does is 403. */
static void the_location_of_a_cause_is_told(void)
{
    static const guint16 statuses[] = {603, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403};

    for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++) {
        Stage *stage = stage_new(NETWORK, FALSE);

        stage_phone_calls(stage, "200");
        pri_proceeding(stage->far, stage->far_call, 1, 0);
        stage->hook = cause_from_location;
        stage->hook_count = (int)i;
        pri_hangup(stage->far, stage->far_call, 21);
        stage_run(stage, 10);
        g_assert_cmpint(stage->reject_cause, ==, 21);
        g_assert_cmpint(stage->reject_location, ==, (int)i);
        g_assert_cmpint(stage->reject_status, ==, statuses[i]);
        stage_is_quiet(stage);
        stage_free(stage);
    }
}

/* --- clearing --- */

static void a_disconnect_of_the_far_end_ends_the_call(void)
{
    Stage *stage = stage_phone_talks(NETWORK);

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
    Stage *stage = stage_phone_talks(NETWORK);

    pri_hangup(stage->far, stage->far_call, 16);
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_run(stage, 100);
    g_assert_nonnull(strstr(stage->wire->str, "< DISCONNECT cause 16\n> DISCONNECT cause 16\n"));
    g_assert_nonnull(strstr(stage->trace->str, "ISDN.DISCONNECT (IDLE,DISCONNECT_REQUEST)->"
                                               "(IDLE,RELEASE_REQUEST) media_hush isdn_release"));
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
    Stage *stage = stage_phone_talks(NETWORK);

    stage->hook = lose_disconnect;
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_run(stage, 29000);
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 1);
    stage_run(stage, 2000);
    g_assert_nonnull(strstr(stage->wire->str, "> RELEASE cause 16\n< RELEASE COMPLETE"));
    stage_is_quiet(stage);
    stage_free(stage);
}

/* Q.931 5.3.3: with the cause of the DISCONNECT that nobody answered. */
static void t305_releases_with_the_cause_of_the_disconnect(void)
{
    static const guint8 causes[] = {102, 34, 81};

    for (gsize i = 0; i < G_N_ELEMENTS(causes); i++) {
        Stage *stage = stage_phone_talks(NETWORK);
        g_autofree char *release =
            g_strdup_printf("> RELEASE cause %u\n< RELEASE COMPLETE", causes[i]);

        stage->hook = lose_disconnect;
        stage_event(stage, EVENT_SIP_BYE, causes[i]);
        stage_run(stage, 31000);
        g_assert_nonnull(strstr(stage->wire->str, release));
        stage_is_quiet(stage);
        stage_free(stage);
    }
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
    Stage *stage = stage_phone_talks("side = network\nt316 = 10s\n");

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
    stage_run(stage, 3900);
    stage_forget(stage);
    stage_run(stage, 1100);
    stage_wire(stage, "> DISCONNECT cause 102\n< RELEASE cause 102\n"
                      "> RELEASE COMPLETE cause 102\n");
    g_assert_nonnull(strstr(stage->trace->str, "ISDN.UNACKNOWLEDGED (UP,CONNECT_REQUEST)->"));
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

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/isdn/refusal/setup", a_setup_is_refused_with_release_complete);
    g_test_add_func("/isdn/refusal/busy", the_far_end_is_busy);
    g_test_add_func("/isdn/refusal/causes", every_cause_leaves_in_a_disconnect);
    g_test_add_func("/isdn/refusal/location", the_location_of_a_cause_is_told);
    g_test_add_func("/isdn/clearing/far-end", a_disconnect_of_the_far_end_ends_the_call);
    g_test_add_func("/isdn/clearing/crossing", disconnect_crosses_disconnect);
    g_test_add_func("/isdn/clearing/release", a_release_of_the_far_end_is_answered);
    g_test_add_func("/isdn/clearing/t305", t305_releases);
    g_test_add_func("/isdn/clearing/t305-cause", t305_releases_with_the_cause_of_the_disconnect);
    g_test_add_func("/isdn/clearing/t308", t308_twice_puts_the_channel_aside);
    g_test_add_func("/isdn/clearing/t313", t313_clears);
    g_test_add_func("/isdn/clearing/t303", t303_gives_up_with_18);
    g_test_add_func("/isdn/clearing/connect-crosses", a_crossing_connect_is_cleared);
    g_test_add_func("/isdn/clearing/tones", tones_after_disconnect_are_heard_if_wanted);
    return g_test_run();
}
