/* What Q.931 5.8 answers to messages that are wrong in themselves or wrong at the time, to the
 * octet: the far end says them, and each time the wire and the call are looked at. */
#include "isdn_line.h"

#include "cause.h"

#include <string.h>

#define NETWORK "side = network\nrestart = no\n"
#define CPE "side = cpe\nrestart = no\n"
#define NEW_CALL 0x0123 /* a reference of the far end's that nobody has used */

/* --- 5.8.6: mandatory elements --- */

typedef struct Answer {
    const char *message; /* type and elements */
    const char *wire;    /* both ways */
} Answer;

/* The call stands where it stood after each of ANSWERS. */
static void call_stays(Stage *stage, const Answer *answers, gsize count)
{
    SipState sip = call_sip_state(stage_call(stage));
    IsdnState isdn = call_isdn_state(stage_call(stage));

    for (gsize i = 0; i < count; i++) {
        g_test_message("%s", answers[i].message);
        stage_forget(stage);
        stage_far_says(stage, stage_reference(stage), answers[i].message);
        stage_wire(stage, answers[i].wire);
        stage_stands(stage, sip, isdn);
    }
}

static void a_setup_without_what_it_needs_is_refused(void)
{
    static const struct {
        const char *trunk;
        Answer answer;
    } rows[] = {
        {NETWORK,
         {"05 18 03 a9 83 83 70 04 80 31 35 30 a1",
          "< SETUP →150 ch 3 complete\n> RELEASE COMPLETE cause 96\n"}},
        {CPE,
         {"05 04 03 80 90 a3 70 04 80 31 35 30 a1",
          "< SETUP →150 complete\n> RELEASE COMPLETE cause 96\n"}},
        /* 5.8.6.2: there, but of no use */
        {NETWORK,
         {"05 04 02 80 10 18 03 a9 83 83 70 04 80 31 35 30 a1",
          "< SETUP →150 ch 3 complete (refused: bearer capability)\n"
          "> RELEASE COMPLETE cause 100\n"}},
        {NETWORK,
         {"05 04 03 e0 90 a3 18 03 a9 83 83 70 04 80 31 35 30 a1",
          "< SETUP →150 ch 3 complete (refused: bearer capability)\n"
          "> RELEASE COMPLETE cause 100\n"}},
        {CPE,
         {"05 04 03 80 90 a3 18 02 a9 83 70 04 80 31 35 30 a1",
          "< SETUP →150 complete (refused: channel identification)\n"
          "> RELEASE COMPLETE cause 100\n"}},
        /* 5.8.7.1: an element nobody knows, of those that must be understood */
        {NETWORK,
         {"05 04 03 80 90 a3 0a 01 80 18 03 a9 83 83 70 04 80 31 35 30 a1",
          "< SETUP →150 ch 3 complete\n> RELEASE COMPLETE cause 96\n"}},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Stage *stage = stage_new(rows[i].trunk, FALSE);

        g_test_message("%s", rows[i].answer.message);
        stage_far_says(stage, NEW_CALL, rows[i].answer.message);
        stage_wire(stage, rows[i].answer.wire);
        stage_is_quiet(stage);
        stage_free(stage);
    }
}

/* 5.8.7.1, 5.8.7.2: what need not be understood is passed over, sound or not. */
static void a_setup_with_more_than_it_needs_is_taken(void)
{
    static const char *const more[] = {
        "05 04 03 80 90 a3 18 03 a9 83 83 35 01 80 70 04 80 31 35 30 a1", /* unknown */
        "05 04 03 80 90 a3 18 03 a9 83 83 28 00 70 04 80 31 35 30 a1",    /* display, empty */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(more); i++) {
        Stage *stage = stage_new(NETWORK, FALSE);

        stage_far_says(stage, NEW_CALL, more[i]);
        g_assert_nonnull(strstr(stage->wire->str, "\n> CALL PROCEEDING ch 3\n"));
        stage_free(stage);
    }
}

static void other_messages_without_what_they_need_change_nothing(void)
{
    static const Answer answers[] = {
        /* PROGRESS without its indicator, and with a broken one */
        {"03", "< PROGRESS\n> STATUS cause 96 state 3\n"},
        {"03 1e 01 80", "< PROGRESS (refused: progress indicator)\n> STATUS cause 100 state 3\n"},
        /* ALERTING with an unknown element that must be understood */
        {"01 0a 01 80", "< ALERTING\n> STATUS cause 96 state 3\n"},
        /* STATUS without its Call state, with a broken one, with a broken Cause */
        {"7d 08 02 81 9f", "< STATUS cause 31\n> STATUS cause 96 state 3\n"},
        {"7d 08 02 81 9f 14 00", "< STATUS cause 31\n> STATUS cause 96 state 3\n"},
        {"7d 08 02 81 9f 14 02 03 03",
         "< STATUS cause 31 (refused: call state)\n> STATUS cause 100 state 3\n"},
        /* what libpri would act on: NOTIFY of nothing, and what must be understood */
        {"6e", "< NOTIFY\n> STATUS cause 96 state 3\n"},
        {"75 0a 01 80", "< STATUS ENQUIRY\n"
                        "> STATUS cause 96 state 3\n"},
        {"7d 08 01 81 14 01 03", "< STATUS state 3 (refused: cause)\n> STATUS cause 100 state 3\n"},
    };
    Stage *stage = stage_new(NETWORK, FALSE);

    stage_phone_calls(stage, "200");
    pri_proceeding(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    call_stays(stage, answers, G_N_ELEMENTS(answers));
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage_is_quiet(stage);
    stage_free(stage);
}

/* The user side's first answer names the channel. */
static void the_first_answer_names_the_channel(void)
{
    static const Answer answers[] = {
        {"02", "< CALL PROCEEDING\n> STATUS cause 96 state 1\n"},
        {"02 18 02 a9 83",
         "< CALL PROCEEDING (refused: channel identification)\n> STATUS cause 100 state 1\n"},
    };
    Stage *stage = stage_new(CPE "channel = preferred\n", FALSE);

    stage_phone_calls(stage, "200");
    call_stays(stage, answers, G_N_ELEMENTS(answers));
    stage_free(stage);
}

/* 5.1.2: a channel that another message names is none the call goes on. */
static void a_channel_elsewhere_moves_no_call(void)
{
    static const char *const others[] = {"7b 18 03 a9 83 85 70 02 80 35", "31 18 03 a9 83 85",
                                         "6e 18 03 a9 83 85 27 01 f1"};

    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        Stage *stage = stage_new(NETWORK "channel = preferred\n", FALSE);

        stage_phone_calls(stage, "200");
        stage_far_says(stage, stage_reference(stage), others[i]);
        stage_far_says(stage, stage_reference(stage), "01");
        stage_stands(stage, SIP_RINGING, ISDN_DELIVERED);
        g_assert_cmpint(call_channel(stage_call(stage)).number, ==, 1);
        g_assert_cmpint(stage_channel(stage, 5), ==, CHANNEL_IDLE);
        stage_far_ends(stage);
        stage_free(stage);
    }
}

/* --- 5.8.6: the messages that clear --- */

/* The wire has its own words; the caller hears of a normal end, unspecified (31). */
static void clearing_without_a_cause_is_31(void)
{
    static const Answer answers[] = {
        {"45", "< DISCONNECT\n> RELEASE cause 96\n"},
        {"45 08 01 81", "< DISCONNECT (refused: cause)\n> RELEASE cause 100\n"},
        {"45 08 02 81 11", "< DISCONNECT cause 17\n> RELEASE cause 17\n"},
        {"4d", "< RELEASE\n> RELEASE COMPLETE cause 96\n"},
        {"4d 08 02 00 90", "< RELEASE (refused: cause)\n> RELEASE COMPLETE cause 100\n"},
        {"4d 08 02 81 91", "< RELEASE cause 17\n> RELEASE COMPLETE cause 17\n"},
        {"5a", "< RELEASE COMPLETE\n"},
        {"5a 08 01 81", "< RELEASE COMPLETE (refused: cause)\n"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
        Stage *stage = stage_new(NETWORK, FALSE);
        gboolean busy = strstr(answers[i].wire, "cause 17") != NULL;

        g_test_message("%s", answers[i].message);
        stage_phone_calls(stage, "200");
        pri_proceeding(stage->far, stage->far_call, 1, 0);
        stage_run(stage, 10);
        stage_forget(stage);
        stage_far_says(stage, stage_reference(stage), answers[i].message);
        g_assert_true(g_str_has_prefix(stage->wire->str, answers[i].wire));
        g_assert_cmpint(stage->reject_cause, ==, busy ? 17 : 31);
        g_assert_cmpint(stage->reject_status, ==, busy ? 486 : 480);
        stage_is_quiet(stage);
        stage_free(stage);
    }
}

/* The tones of a DISCONNECT with a broken Cause may be heard out: RELEASE says why later on. */
static void a_late_release_remembers_the_broken_cause(void)
{
    Stage *stage = stage_new(NETWORK "disconnect-tones = yes\n", FALSE);

    stage_phone_calls(stage, "200");
    pri_proceeding(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_far_says(stage, stage_reference(stage), "45 08 01 81 1e 02 81 88");
    stage_stands(stage, SIP_TREATED, ISDN_DISCONNECT_INDICATION);
    stage_forget(stage);
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    g_assert_true(g_str_has_prefix(stage->wire->str, "> RELEASE cause 100\n"));
    stage_free(stage);
}

/* --- 5.8.4: messages in the wrong state, and of no known type --- */

static void unexpected_messages_are_answered_with_status(void)
{
    static const Answer answers[] = {
        {"3f", "< message 0x3f\n> STATUS cause 97 state 10\n"},
        {"60", "< SEGMENT\n> STATUS cause 97 state 10\n"},
        {"20", "< USER INFORMATION\n> STATUS cause 97 state 10\n"},
        {"01 18 03 a9 83 81", "< ALERTING ch 1\n> STATUS cause 101 state 10\n"},
        {"0d 18 03 a9 83 81", "< SETUP ACKNOWLEDGE ch 1\n> STATUS cause 101 state 10\n"},
        {"07 18 03 a9 83 81", "< CONNECT ch 1\n> STATUS cause 101 state 10\n"},
        {"02 18 03 a9 83 81", "< CALL PROCEEDING ch 1\n> STATUS cause 101 state 10\n"},
        {"03 1e 02 81 88", "< PROGRESS progress 8\n> STATUS cause 98 state 10\n"},
        {"75", "< STATUS ENQUIRY\n> STATUS cause 30 state 10\n"},
    };
    Stage *stage = stage_phone_talks(NETWORK);

    call_stays(stage, answers, G_N_ELEMENTS(answers));
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_is_quiet(stage);
    stage_free(stage);
}

/* The calling side cannot answer its own call. */
static void a_caller_cannot_answer(void)
{
    static const Answer answers[] = {
        {"07", "< CONNECT\n> STATUS cause 101 state 9\n"},
        {"01", "< ALERTING\n> STATUS cause 101 state 9\n"},
        {"02", "< CALL PROCEEDING\n> STATUS cause 98 state 9\n"},
    };
    Stage *stage = stage_new(CPE, FALSE);

    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
    stage_stands(stage, SIP_CALLING, ISDN_INCOMING_PROCEEDING);
    call_stays(stage, answers, G_N_ELEMENTS(answers));
    stage_free(stage);
}

/* 5.8.3.2 a-f: a call reference nobody knows. */
static void unknown_calls_are_answered(void)
{
    static const Answer answers[] = {
        {"01", "< ALERTING\n> RELEASE COMPLETE cause 81\n"},
        {"45 08 02 81 90", "< DISCONNECT cause 16\n> RELEASE COMPLETE cause 81\n"},
        {"4d 08 02 81 90", "< RELEASE cause 16\n> RELEASE COMPLETE cause 81\n"},
        {"3f", "< message 0x3f\n> RELEASE COMPLETE cause 81\n"},
        {"7d 08 02 81 9f 14 01 0a", "< STATUS cause 31 state 10\n> RELEASE COMPLETE cause 101\n"},
        {"7d 08 02 81 9f 14 01 00", "< STATUS cause 31 state 0\n"},
        {"5a 08 02 81 90", "< RELEASE COMPLETE cause 16\n"},
    };
    Stage *stage = stage_new(NETWORK, FALSE);

    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_test_message("%s", answers[i].message);
        stage_far_says(stage, NEW_CALL, answers[i].message);
        stage_wire(stage, answers[i].wire);
        stage_is_quiet(stage);
    }
    stage_free(stage);
}

/* --- 5.8.11: STATUS --- */

/* State 0: the far end knows nothing of the call, so nothing is left to say. Its cause is what it
 * found wrong; 30, the answer to a STATUS ENQUIRY whose T322 is over, is no reason. */
static void a_status_of_null_ends_the_call(void)
{
    Stage *stage = stage_phone_talks(NETWORK);

    stage_far_says(stage, stage_reference(stage), "7d 08 02 81 e5 14 01 00");
    stage_wire(stage, "< STATUS cause 101 state 0\n");
    stage_stands(stage, SIP_LEAVING, ISDN_NULL);
    g_assert_cmpint(call_cause(stage_call(stage)), ==, 101);
    stage_event(stage, EVENT_SIP_ENDED, 0);
    stage_is_quiet(stage);
    stage_free(stage);

    stage = stage_phone_talks(NETWORK);
    stage_far_says(stage, stage_reference(stage), "7d 08 02 81 9e 14 01 00");
    stage_wire(stage, "< STATUS cause 30 state 0\n");
    stage_stands(stage, SIP_LEAVING, ISDN_NULL);
    g_assert_cmpint(call_cause(stage_call(stage)), ==, 41);
    stage_event(stage, EVENT_SIP_ENDED, 0);
    stage_is_quiet(stage);
    stage_free(stage);

    stage = stage_new(NETWORK, FALSE);
    stage_phone_calls(stage, "200");
    pri_proceeding(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_forget(stage);
    stage_far_says(stage, stage_reference(stage), "7d 08 02 81 e5 14 01 00");
    stage_wire(stage, "< STATUS cause 101 state 0\n");
    g_assert_cmpint(stage->reject_cause, ==, 101);
    stage_is_quiet(stage);
    stage_free(stage);
}

/* 5.8.11 b: another state than it should be is left alone; the call's own timers see to it. */
static void a_status_of_another_state_changes_nothing(void)
{
    static const Answer answers[] = {
        {"7d 08 02 81 9e 14 01 0a", "< STATUS cause 30 state 10\n"},
        {"7d 08 02 81 e5 14 01 01", "< STATUS cause 101 state 1\n"},
        {"7d 08 02 81 e1 14 01 0b", "< STATUS cause 97 state 11\n"},
        {"7d 08 02 81 e4 14 01 3f", "< STATUS cause 100 state 63\n"},
    };
    Stage *stage = stage_phone_talks(NETWORK);

    call_stays(stage, answers, G_N_ELEMENTS(answers));
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_is_quiet(stage);
    stage_free(stage);
}

/* A RESTART that names no channel soundly restarts none. */
static void a_broken_restart_is_answered_with_100(void)
{
    Stage *stage = stage_phone_talks(NETWORK);

    stage_far_says(stage, 0, "46 18 02 a9 83 79 01 80");
    stage_wire(stage, "< RESTART (refused: channel identification)\n> STATUS cause 100 state 0\n");
    stage_far_says(stage, 0, "46 79 01 80"); /* libpri would restart the whole interface */
    stage_wire(stage, "< RESTART\n> STATUS cause 96 state 0\n");
    stage_far_says(stage, 0, "46 18 03 a9 83 81");
    stage_wire(stage, "< RESTART ch 1\n> STATUS cause 96 state 0\n");
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_free(stage);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/isdn/answer/setup", a_setup_without_what_it_needs_is_refused);
    g_test_add_func("/isdn/answer/setup-more", a_setup_with_more_than_it_needs_is_taken);
    g_test_add_func("/isdn/answer/mandatory", other_messages_without_what_they_need_change_nothing);
    g_test_add_func("/isdn/answer/channel", the_first_answer_names_the_channel);
    g_test_add_func("/isdn/answer/channel-elsewhere", a_channel_elsewhere_moves_no_call);
    g_test_add_func("/isdn/answer/clearing", clearing_without_a_cause_is_31);
    g_test_add_func("/isdn/answer/late-release", a_late_release_remembers_the_broken_cause);
    g_test_add_func("/isdn/answer/unexpected", unexpected_messages_are_answered_with_status);
    g_test_add_func("/isdn/answer/caller", a_caller_cannot_answer);
    g_test_add_func("/isdn/answer/unknown-call", unknown_calls_are_answered);
    g_test_add_func("/isdn/answer/status-null", a_status_of_null_ends_the_call);
    g_test_add_func("/isdn/answer/status", a_status_of_another_state_changes_nothing);
    g_test_add_func("/isdn/answer/restart", a_broken_restart_is_answered_with_100);
    return g_test_run();
}
