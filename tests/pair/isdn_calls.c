/* Calls between our isdn room and a true libpri far end: set-up both ways, overlap, channels,
 * clearing. */
#define _GNU_SOURCE /* memmem() */
#include "isdn_line.h"

#include "cause.h"

#include <string.h>

#define NETWORK "side = network\nrestart = no\n"
#define CPE "side = cpe\nrestart = no\n"

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
    a_phone_reaches_the_far_end(CPE "switch-type = qsig\n", FALSE, " complete");
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

/* Q.931 5.3.4.1: progress 8 keeps the PBX on the channel, where the tone is, until it has heard
 * enough; where no tone is ours DISCONNECT says nothing of it. */
static void busy_tone_of_ours_is_announced(void)
{
    Stage *stage = stage_new(NETWORK, FALSE);

    stage->far_deaf = TRUE;
    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
    stage_forget(stage);
    stage_event(stage, EVENT_SIP_FAILURE, CAUSE_USER_BUSY);
    stage_run(stage, 2000);
    stage_wire(stage, "> DISCONNECT cause 17 progress 8\n");
    g_assert_nonnull(strstr(stage->sip->str, "media_busy"));
    g_assert_null(strstr(stage->sip->str, "media_hush"));
    pri_hangup(stage->far, stage->far_call, 17);
    stage_run(stage, 10);
    g_assert_nonnull(strstr(stage->sip->str, "media_hush"));
    stage_is_quiet(stage);
    stage_free(stage);

    stage = stage_new(CPE, FALSE);
    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
    stage_forget(stage);
    stage_event(stage, EVENT_SIP_FAILURE, CAUSE_USER_BUSY);
    stage_wire(stage, "> DISCONNECT cause 17\n< RELEASE cause 17\n> RELEASE COMPLETE cause 17\n");
    stage_is_quiet(stage);
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

/* Q.931 5.1.3: the far end's caller has lifted the receiver and dialled nothing yet. */
static void dial_tone_is_heard_until_the_first_digit(void)
{
    static const char *const types[] = {"euroisdn", "qsig"};

    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autofree char *trunk = g_strdup_printf(NETWORK "switch-type = %s\n", types[i]);
        Stage *stage = stage_new(trunk, FALSE);

        stage_far_calls(stage, "", 4, TRUE, FALSE);
        stage_run(stage, 10);
        stage_stands(stage, SIP_IDLE, ISDN_AWAITING_DIGITS);
        stage_wire(stage, "< SETUP 100→ ch 4\n> SETUP ACKNOWLEDGE ch 4 progress 8\n");
        stage_sip(stage, "media_open media_dial");
        pri_information(stage->far, stage->far_call, '1');
        stage_run(stage, 10);
        stage_stands(stage, SIP_IDLE, ISDN_OVERLAP_RECEIVING);
        stage_sip(stage, "media_close");
        stage_run(stage, 14000); /* T302 has begun anew */
        pri_information(stage->far, stage->far_call, '5');
        pri_information(stage->far, stage->far_call, '0');
        stage_run(stage, 10);
        stage_stands(stage, SIP_CALLING, ISDN_INCOMING_PROCEEDING);
        stage_ends(stage);
        stage_free(stage);
    }
}

static void dial_tone_ends_without_a_digit(void)
{
    Stage *stage = stage_new(NETWORK, FALSE);

    stage_far_calls(stage, "", 4, TRUE, FALSE);
    stage_run(stage, 10);
    stage_forget(stage);
    stage_run(stage, 16000);
    stage_wire(stage, "> DISCONNECT cause 28\n< RELEASE cause 28\n> RELEASE COMPLETE cause 28\n");
    stage_sip(stage, "media_close media_hush");
    stage_is_quiet(stage);

    stage_far_calls(stage, "", 4, TRUE, FALSE);
    stage_run(stage, 10);
    stage_forget(stage);
    pri_hangup(stage->far, stage->far_call,
               CAUSE_NORMAL_CALL_CLEARING); /* the receiver is down again */
    stage_run(stage, 10);
    stage_sip(stage, "media_close");
    stage_is_quiet(stage);
    stage_free(stage);
}

static void dial_tone_is_as_the_trunk_says(void)
{
    static const struct {
        const char *trunk, *number;
        gboolean heard;
    } rows[] = {
        {CPE, "", FALSE},
        {NETWORK "ringback = no\n", "", FALSE},
        {CPE "ringback = yes\n", "", TRUE},
        {CPE "dial-tone = yes\n", "", TRUE},
        {NETWORK "dial-tone = no\n", "", FALSE},
        {NETWORK "dial-tone = yes\n", "1", FALSE},
        {NETWORK "dial-tone = always\n", "1", TRUE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Stage *stage = stage_new(rows[i].trunk, FALSE);

        stage_far_calls(stage, rows[i].number, 3, TRUE, FALSE);
        stage_run(stage, 10);
        stage_stands(stage, SIP_IDLE,
                     rows[i].heard ? ISDN_AWAITING_DIGITS : ISDN_OVERLAP_RECEIVING);
        g_assert_true(rows[i].heard == (strstr(stage->wire->str, "progress 8\n") != NULL));
        stage_far_ends(stage);
        stage_free(stage);
    }
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

/* No dialect of these ever says that a number is complete: it always is. */
static void en_bloc_dialects_wait_for_no_digit(void)
{
    static const char *const types[] = {"ni2", "dms100", "5ess", "4ess"};

    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autofree char *trunk = g_strdup_printf(NETWORK "switch-type = %s\n", types[i]);
        Stage *stage = stage_new(trunk, TRUE);

        stage_far_calls(stage, "1", 4, TRUE, TRUE);
        stage_run(stage, 10);
        g_assert_nonnull(strstr(stage->wire->str, "\n> RELEASE COMPLETE cause 28\n"));
        stage_is_quiet(stage);
        stage_free(stage);
    }
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

static void the_number_leaves_as_the_trunk_says(void)
{
    static const struct {
        const char *trunk;
        Screening screening;
        const char *told;
    } cases[] = {
        {NETWORK, SCREENING_NETWORK, "RING 100→200 ch 1 "},
        {NETWORK, SCREENING_USER_NOT_SCREENED, "RING →200 ch 1 "},
        {NETWORK "identity = pai\n", SCREENING_USER_NOT_SCREENED, "RING →200 ch 1 "},
        {NETWORK "identity = from\n", SCREENING_USER_NOT_SCREENED, "RING 100→200 ch 1 "},
        {NETWORK "identity = from\n", SCREENING_NETWORK, "RING 100→200 ch 1 "},
        {NETWORK "identity = none\n", SCREENING_NETWORK, "RING →200 ch 1 "},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Stage *stage = stage_new(cases[i].trunk, FALSE);

        stage->screening = cases[i].screening;
        stage_phone_calls(stage, "200");
        g_assert_true(g_str_has_prefix(stage->far_told->str, cases[i].told));
        stage_free(stage);
    }
}

/* The called number swallows Sending complete, one octet after it. */
static gboolean called_number_grows(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    guint8 *number = outward ? NULL : memmem(frame, length, "\x70\x20\x80", 3);

    if (number)
        number[1]++;
    return TRUE;
}

static void the_longest_number_and_one_digit_more(void)
{
    static const char digits[] = "1234567890123456789012345678901";
    Stage *stage = stage_new(CPE, FALSE);

    g_assert_cmpuint(strlen(digits), ==, NUMBER_MAX);
    stage_phone_calls(stage, digits);
    stage_far(stage, "RING 100→1234567890123456789012345678901 ch 1 ''\n");
    stage_free(stage);

    stage = stage_new(CPE, FALSE);
    stage_far_calls(stage, digits, 3, TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_cmpstr(call_asked(stage_call(stage))->called.digits, ==, digits);
    stage_free(stage);

    stage = stage_new(CPE, FALSE);
    stage->hook = called_number_grows;
    stage_far_calls(stage, digits, 3, TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_nonnull(strstr(stage->wire->str, "> RELEASE COMPLETE cause 28\n"));
    stage_is_quiet(stage);
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

/* Q.931 4.5.10: what is restricted, and what nobody has given a meaning, is not shown. */
static void presentation_is_read_with_care(void)
{
    static const struct {
        int told;
        Presentation presentation;
    } rows[] = {{0x00, PRESENTATION_ALLOWED},
                {0x20, PRESENTATION_RESTRICTED},
                {0x60, PRESENTATION_RESTRICTED}};

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Stage *stage = stage_new(CPE, FALSE);

        stage->far_presentation = rows[i].told;
        stage_far_calls(stage, "150", 3, TRUE, TRUE);
        stage_run(stage, 10);
        g_assert_cmpint(call_asked(stage_call(stage))->calling.presentation, ==,
                        rows[i].presentation);
        stage_free(stage);
    }
}

/* Left out, a letter would make another number of it. Separators say nothing. */
static void only_digits_enter(void)
{
    static const char *const bad[] = {"1a5-0", "150\x1b", "A", "1A50"};

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        Stage *stage = stage_new(CPE, FALSE);

        stage_far_calls(stage, bad[i], 3, TRUE, TRUE);
        stage_run(stage, 10);
        g_assert_nonnull(strstr(stage->wire->str, "\n> RELEASE COMPLETE cause 28\n"));
        stage_is_quiet(stage);
        stage_free(stage);
    }
    Stage *stage = stage_new(CPE, FALSE);

    stage_far_calls(stage, "1-5 (0)", 3, TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_cmpstr(call_asked(stage_call(stage))->called.digits, ==, "150");
    stage_free(stage);
}

/* Nor one by one. */
static void only_digits_follow(void)
{
    Stage *stage = stage_new(NETWORK, FALSE);

    stage_far_calls(stage, "1", 4, TRUE, FALSE);
    stage_run(stage, 10);
    stage_stands(stage, SIP_IDLE, ISDN_OVERLAP_RECEIVING);
    pri_information(stage->far, stage->far_call, 'b');
    stage_run(stage, 10);
    g_assert_nonnull(strstr(stage->wire->str, "< INFORMATION 'b'\n> DISCONNECT cause 28\n"));
    stage_is_quiet(stage);
    stage_free(stage);
}

static void the_ladder_names_messages(void)
{
    Stage *stage = stage_phone_talks(NETWORK);
    g_autofree char *ladder = hall_ladder(stage->hall, 0);

    g_assert_nonnull(strstr(ladder, "SETUP 100→200 ch 1"));
    g_assert_nonnull(strstr(ladder, "CONNECT ACKNOWLEDGE"));
    stage_free(stage);
    stage = stage_new(CPE, FALSE);
    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
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
    g_test_add_func("/isdn/media/busy-tone", busy_tone_of_ours_is_announced);
    g_test_add_func("/isdn/media/early-from-phone", early_media_is_announced);
    g_test_add_func("/isdn/media/early-from-far-end", early_media_of_the_far_end_is_heard);
    g_test_add_func("/isdn/media/announcement", progress_with_a_cause_is_an_announcement);
    g_test_add_func("/isdn/overlap/digits", digits_are_collected_one_by_one);
    g_test_add_func("/isdn/overlap/dial-tone", dial_tone_is_heard_until_the_first_digit);
    g_test_add_func("/isdn/overlap/dial-tone-ends", dial_tone_ends_without_a_digit);
    g_test_add_func("/isdn/overlap/dial-tone-setting", dial_tone_is_as_the_trunk_says);
    g_test_add_func("/isdn/overlap/t302", t302_ends_a_number_that_stays_short);
    g_test_add_func("/isdn/overlap/none", en_bloc_dialects_wait_for_no_digit);
    g_test_add_func("/isdn/overlap/sending", setup_ack_of_the_far_end_is_taken);
    g_test_add_func("/isdn/identity/name-out", the_network_side_sends_the_name);
    g_test_add_func("/isdn/identity/number-out", the_number_leaves_as_the_trunk_says);
    g_test_add_func("/isdn/identity/longest-number", the_longest_number_and_one_digit_more);
    g_test_add_func("/isdn/identity/name-in", the_far_ends_name_is_read);
    g_test_add_func("/isdn/in/presentation-is-read-with-care", presentation_is_read_with_care);
    g_test_add_func("/isdn/identity/digits", only_digits_enter);
    g_test_add_func("/isdn/identity/digits-follow", only_digits_follow);
    g_test_add_func("/isdn/ladder", the_ladder_names_messages);
    return g_test_run();
}
