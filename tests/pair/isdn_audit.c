/* The audit of calls and channels, against a true libpri far end that answers as it should,
 * otherwise or not at all. */
#include "dchan.h"
#include "frame.h"
#include "isdn_digit.h"
#include "isdn_line.h"

#include <string.h>

#define QUIET "restart = no\n"

static void a_call_that_both_have_is_left_alone(void)
{
    Stage *stage = stage_phone_talks("side = network\n" QUIET "audit = 1m\n");

    stage_run(stage, 60010);
    stage_wire(stage, "> STATUS ENQUIRY\n< STATUS cause 30 state 10\n");
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_run(stage, 60000);
    stage_wire(stage, "> STATUS ENQUIRY\n< STATUS cause 30 state 10\n");
    g_assert_cmpuint(stage_counter(stage, "STATUS ENQUIRYs sent"), ==, 2);
    g_assert_cmpuint(stage_counter(stage, "STATUS ENQUIRYs unanswered"), ==, 0);
    stage_free(stage);
}

/* Its processor was restarted, or it has a mistake. */
static void a_call_that_the_far_end_has_lost_ends(void)
{
    Stage *stage = stage_phone_talks("side = network\n" QUIET "audit = 1m\n");

    pri_destroycall(stage->far, stage->far_call);
    stage_run(stage, 60010);
    stage_wire(stage, "> STATUS ENQUIRY\n< RELEASE COMPLETE cause 81\n");
    stage_stands(stage, SIP_LEAVING, ISDN_NULL);
    g_assert_cmpuint(stage_counter(stage, "calls astray"), ==, 1);
    g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_IDLE);
    stage_event(stage, EVENT_SIP_ENDED, 0);
    stage_is_quiet(stage);
    stage_free(stage);
}

/* STATUS, cause 30, state 10 becomes state 0. */
static gboolean state_null(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (!outward && length > 15 && !(frame[2] & 1) && frame[8] == 0x7d)
        frame[15] = 0;
    return TRUE;
}

/* And with cause 81. */
static gboolean state_null_81(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (!outward && length > 15 && !(frame[2] & 1) && frame[8] == 0x7d)
        frame[12] = 0x80 | 81;
    return state_null(stage, outward, frame, length);
}

/* Whatever the cause of the answer: it is about our question, not about the call. */
static void a_call_of_state_0_ends_with_41(void)
{
    static const struct {
        gboolean (*hook)(Stage *, gboolean, guint8 *, gsize);
        const char *told;
    } answers[] = {
        {state_null, "> STATUS ENQUIRY\n< STATUS cause 30 state 0\n"},
        {state_null_81, "> STATUS ENQUIRY\n< STATUS cause 81 state 0\n"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        Stage *stage = stage_phone_talks("side = network\n" QUIET "audit = 1m\n");

        stage->hook = answers[i].hook;
        stage_run(stage, 60010);
        g_assert_nonnull(strstr(stage->wire->str, answers[i].told));
        g_assert_nonnull(strstr(stage->trace->str, "cause=41"));
        g_assert_cmpuint(stage_counter(stage, "calls astray"), ==, 1);
        g_assert_cmpuint(stage_counter(stage, "STATUS ENQUIRYs unanswered"), ==, 0);
        stage_stands(stage, SIP_LEAVING, ISDN_NULL);
        stage_event(stage, EVENT_SIP_ENDED, 0);
        stage_is_quiet(stage);
        stage_free(stage);
    }
}

static gboolean lose_enquiry(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (outward && length >= 9 && !(frame[2] & 1) && frame[8] == 0x75)
        frame[4] = 0x09;
    return TRUE;
}

static void no_more_is_asked(Stage *stage)
{
    stage_forget(stage);
    stage_run(stage, 180000);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_wire(stage, "");
}

/* T322 three times, and again with the next audit. */
static void who_does_not_answer_keeps_the_call(void)
{
    Stage *stage = stage_phone_talks("side = network\n" QUIET "audit = 1m\n");

    stage->hook = lose_enquiry;
    stage_run(stage, 57000);
    for (guint sent = 1; sent <= 3; sent++) {
        g_assert_cmpuint(stage_counter(stage, "STATUS ENQUIRYs sent"), ==, sent);
        g_assert_cmpuint(stage_counter(stage, "STATUS ENQUIRYs unanswered"), ==, 0);
        stage_run(stage, 4000);
    }
    stage_run(stage, 40000);
    g_assert_cmpuint(stage_counter(stage, "STATUS ENQUIRYs sent"), ==, 3);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    g_assert_cmpuint(stage_counter(stage, "STATUS ENQUIRYs unanswered"), ==, 1);
    stage->hook = NULL;
    stage_forget(stage);
    stage_run(stage, 12000);
    stage_wire(stage, "> STATUS ENQUIRY\n< STATUS cause 30 state 10\n");
    stage_free(stage);
}

/* One that was lost costs nothing. */
static void an_answer_to_the_second_enquiry_will_do(void)
{
    Stage *stage = stage_phone_talks("side = network\n" QUIET "audit = 1m\n");

    stage->hook = lose_enquiry;
    stage_run(stage, 57000);
    stage->hook = NULL;
    stage_run(stage, 20000);
    stage_wire(stage, "> STATUS ENQUIRY\n< STATUS cause 30 state 10\n");
    g_assert_cmpuint(stage_counter(stage, "STATUS ENQUIRYs sent"), ==, 2);
    g_assert_cmpuint(stage_counter(stage, "STATUS ENQUIRYs unanswered"), ==, 0);
    stage_free(stage);
}

/* Who does not understand is asked again a day later, or once the settings are read anew: its
 * software may be newer, too. */
static void who_misunderstands_has_a_day_of_rest(void)
{
    Stage *stage = stage_phone_talks("side = network\n" QUIET "audit = 1h\n");

    for (guint i = 0; i < 2; i++) {
        stage->hook = lose_enquiry;
        stage_run(stage, 3600 * 1000 + 10);
        stage_far_says(stage, stage_reference(stage), "7d 08 02 81 e1 14 01 0a");
        stage->hook = NULL;
        stage_run(stage, 10);
        stage_forget(stage);
        stage_run(stage, 10 * 3600 * 1000);
        stage_wire(stage, "");
        if (i == 0)
            isdn_set_settings(stage->isdn, stage->settings);
    }
    stage_run(stage, 15 * 3600 * 1000);
    stage_wire(stage, "> STATUS ENQUIRY\n< STATUS cause 30 state 10\n");
    stage_free(stage);
}

/* Its answer says that the question was not understood, or that it stands elsewhere: neither is a
 * reason to end a call that talks. */
static void no_other_answer_ends_a_call(void)
{
    static const char *const answers[] = {
        "7d 08 02 81 e1 14 01 00", /* STATUS, cause 97, state 0 */
        "7d 08 02 81 e2 14 01 00", /* 98 */
        "7d 08 02 81 e3 14 01 00", /* 99 */
        "7d 08 02 81 e4 14 01 00", /* 100 */
        "7d 08 02 81 e5 14 01 00", /* 101 */
        "7d 08 02 81 df 14 01 00", /* 95 */
        "7d 08 02 81 e1 14 01 0a", /* 97, and it has the call */
        "7d 08 02 81 9e 14 01 07", /* 30, state 7 */
        "5a 08 02 81 e1",          /* RELEASE COMPLETE, cause 97 */
        "5a 08 02 81 e2",          /* 98 */
        "5a 08 02 81 e5",          /* 101 */
    };

    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        Stage *stage = stage_phone_talks("side = network\n" QUIET "audit = 1m\n");

        g_test_message("answer %s", answers[i]);
        stage->hook = lose_enquiry;
        stage_run(stage, 60010);
        stage_far_says(stage, stage_reference(stage), answers[i]);
        stage_run(stage, 10);
        stage->hook = NULL;
        stage_stands(stage, SIP_UP, ISDN_ACTIVE);
        g_assert_cmpuint(stage_counter(stage, "STATUS ENQUIRYs sent"), ==, 1);
        g_assert_cmpuint(stage_counter(stage, "STATUS ENQUIRYs unanswered"), ==, 0);
        g_assert_cmpuint(stage_counter(stage, "calls astray"), ==, 0);
        no_more_is_asked(stage);
        stage_event(stage, EVENT_SIP_BYE, 16);
        stage_run(stage, 10);
        stage_wire(stage, "> DISCONNECT cause 16\n< RELEASE cause 16\n"
                          "> RELEASE COMPLETE cause 16\n");
        stage_is_quiet(stage);
        stage_free(stage);
    }
}

/* The RELEASE COMPLETE that ends it is no answer to the enquiry before. */
static void a_call_that_ends_meanwhile_is_not_astray(void)
{
    Stage *stage = stage_phone_talks("side = network\n" QUIET "audit = 1m\n");

    stage->hook = lose_enquiry;
    stage_run(stage, 60010);
    stage->hook = NULL;
    stage_forget(stage);
    pri_hangup(stage->far, stage->far_call, 16);
    stage_run(stage, 10);
    stage_wire(stage, "< DISCONNECT cause 16\n> RELEASE cause 16\n"
                      "< RELEASE COMPLETE cause 16\n");
    stage_event(stage, EVENT_SIP_ENDED, 0);
    stage_run(stage, 10000);
    g_assert_cmpuint(stage_counter(stage, "calls astray"), ==, 0);
    g_assert_cmpuint(stage_counter(stage, "STATUS ENQUIRYs unanswered"), ==, 0);
    stage_is_quiet(stage);
    stage_free(stage);
}

/* The far end's receiver is busy (RNR for RR). What digits it is sent is written down. */
static gboolean be_busy(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (!outward && length == 4 && frame[2] == 0x01 && stage->hook_count)
        frame[2] = 0x05;
    if (outward && length == 12 && !(frame[2] & 1) && frame[8] == MESSAGE_INFORMATION)
        g_string_append_printf(stage->wire, "> digit %c\n", frame[11]);
    return TRUE;
}

static void dial(Stage *stage, char digit)
{
    CallNews news = CALL_NEWS_INIT;

    news.digits[0] = digit;
    g_assert_true(isdn_digit_send(NULL, stage_call(stage), &news));
    stage_run(stage, 10);
}

/* Enquiry and digits wait together behind layer 2's window, for longer than T322. */
static void the_audit_takes_no_digit_and_adds_none(void)
{
    Stage *stage = stage_phone_talks("side = network\ndtmf = keypad\n" QUIET "audit = 1m\n");

    stage->hook = be_busy;
    stage->hook_count = 1;
    stage_run(stage, 50000);
    dial(stage, '5');
    stage_run(stage, 10000);
    dial(stage, '0');
    stage_run(stage, 15000);
    stage_wire(stage, "");
    stage->hook_count = 0;
    stage_run(stage, 2000);
    stage_wire(stage, "> digit 5\n> INFORMATION\n> STATUS ENQUIRY\n> digit 0\n> INFORMATION\n"
                      "< STATUS cause 30 state 10\n");
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    g_assert_cmpuint(stage_counter(stage, "STATUS ENQUIRYs sent"), ==, 1);
    g_assert_cmpuint(stage_counter(stage, "STATUS ENQUIRYs unanswered"), ==, 0);
    stage_run(stage, 45000);
    stage_wire(stage, "> STATUS ENQUIRY\n< STATUS cause 30 state 10\n");
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_run(stage, 10);
    stage_is_quiet(stage);
    stage_free(stage);
}

/* What no code of ours should do. */
static void a_channel_without_a_call_is_found(void)
{
    Stage *stage = stage_new("side = network\naudit = 1m\n", FALSE);

    bchans_find(dchan_bchans(isdn_find_dchan(stage->isdn, 0)), 7)->call = 4711;
    stage_run(stage, 60000);
    g_assert_cmpint(stage_channel(stage, 7), ==, CHANNEL_ASIDE);
    g_assert_cmpuint(stage_counter(stage, "channels astray"), ==, 1);
    stage_forget(stage);
    stage_run(stage, 31000);
    stage_wire(stage, "> RESTART ch 7\n< RESTART ACKNOWLEDGE ch 7\n");
    g_assert_cmpint(stage_channel(stage, 7), ==, CHANNEL_IDLE);
    stage_free(stage);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/isdn/audit/call", a_call_that_both_have_is_left_alone);
    g_test_add_func("/isdn/audit/lost", a_call_that_the_far_end_has_lost_ends);
    g_test_add_func("/isdn/audit/state", a_call_of_state_0_ends_with_41);
    g_test_add_func("/isdn/audit/silent", who_does_not_answer_keeps_the_call);
    g_test_add_func("/isdn/audit/second", an_answer_to_the_second_enquiry_will_do);
    g_test_add_func("/isdn/audit/rest", who_misunderstands_has_a_day_of_rest);
    g_test_add_func("/isdn/audit/misunderstood", no_other_answer_ends_a_call);
    g_test_add_func("/isdn/audit/meanwhile", a_call_that_ends_meanwhile_is_not_astray);
    g_test_add_func("/isdn/audit/digits", the_audit_takes_no_digit_and_adds_none);
    g_test_add_func("/isdn/audit/channel", a_channel_without_a_call_is_found);
    return g_test_run();
}
