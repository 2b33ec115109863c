/* Message waiting between our isdn room and a true libpri far end: what each hears of the other's
 * mailboxes, and what a line that fails makes of it.
 *
 * libpri keeps to itself what a connection of ours brings and clears it with 69; so where the far
 * end is to take it, its answer is put in the place of libpri's.
 */
#include "isdn_line.h"

#include "frame.h"
#include "mwi_component.h"

#include <string.h>

#define QSIG "side = network\nrestart = no\nswitch-type = qsig\nmwi = yes\n"
#define ETSI "side = network\nrestart = no\nmwi = yes\n"
#define INDICATE "side = cpe\nrestart = no\nmwi = indicate\n"

#define RESULT_TAKEN                                                                               \
    "07 18 01 ac 1c 15 9f aa 06 80 01 00 82 01 00 a2 0a 02 01 01 30 05 02 01 50 05 00"
#define ERROR_TAKEN "07 18 01 ac 1c 11 9f aa 06 80 01 00 82 01 00 a3 06 02 01 01 02 01 06"

static GString *heard;     /* "pbx 200 (0/0): 2 new, 0 old\n" */
static MwiVerdict verdict; /* of what comes */
static GString *left;      /* the messages that left, and what is of interest in them */

static MwiVerdict hears(void *user, const char *trunk, const Number *served, const MwiState *state)
{
    char text[64];

    (void)user;
    g_string_append_printf(heard, "%s %s (%d/%d): %s\n", trunk, served->digits, served->ton,
                           served->npi, mwi_state_describe(state, text, sizeof text));
    return verdict;
}

/* A message that brings message waiting, as octets from its type on. */
static gboolean note_left(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    (void)stage;
    if (!outward || length < 8 || (frame[2] & 1) || !memchr(frame + 4, 0x1c, length - 4))
        return TRUE;
    for (gsize i = 6u + frame[5]; i < length; i++)
        g_string_append_printf(left, "%s%02x", i == 6u + frame[5] ? "" : " ", frame[i]);
    g_string_append_c(left, '\n');
    return TRUE;
}

static Stage *stage_open(const char *trunk)
{
    Stage *stage = stage_new(trunk, FALSE);

    heard = g_string_new(NULL);
    left = g_string_new(NULL);
    verdict = MWI_ACCEPTED;
    stage->hook = note_left;
    isdn_set_mwi(stage->isdn, hears, stage);
    return stage;
}

static void stage_close(Stage *stage)
{
    stage_run(stage, 60000);
    stage_is_quiet(stage);
    g_assert_cmpuint(stage_kept(stage), ==, 0);
    stage_free(stage);
    g_string_free(heard, TRUE);
    g_string_free(left, TRUE);
}

static void text_is(GString *text, const char *expected)
{
    g_assert_cmpstr(text->str, ==, expected);
    g_string_truncate(text, 0);
}

static gboolean tells(Stage *stage, const char *digits, guint fresh)
{
    Number served = {.digits = ""};
    MwiState state = {.waiting = fresh > 0, .counted = TRUE, .fresh = fresh};

    g_strlcpy(served.digits, digits, sizeof served.digits);
    return isdn_tell_mwi(stage->isdn, "pbx", &served, &state);
}

/* The far end's next message is "08 02 REF" and TEXT instead. */
static void far_will_say(Stage *stage, guint reference, const char *text)
{
    guint8 octets[260] = {0x08, 2, (guint8)(0x80 | reference >> 8), (guint8)reference};
    gsize length = 4;

    for (const char *at = text; *at; at += at[2] ? 3 : 2)
        octets[length++] = (guint8)(g_ascii_xdigit_value(at[0]) << 4 | g_ascii_xdigit_value(at[1]));
    g_clear_pointer(&stage->instead, g_bytes_unref);
    stage->instead = g_bytes_new(octets, length);
}

/* ---- from the PBX -------------------------------------------------------------------------------
 */

static void far_activates(Stage *stage, const char *to, gboolean on)
{
    char caller[] = "999", name[] = "", number[32];
    q931_call *call = pri_new_call(stage->far);

    g_strlcpy(number, to, sizeof number);
    g_assert_cmpint((on ? pri_mwi_activate : pri_mwi_deactivate)(
                        stage->far, call, caller, PRI_UNKNOWN, name, 0, number, PRI_UNKNOWN),
                    ==, 0);
    stage_run(stage, 100);
}

#define TAKEN                                                                                      \
    "< SETUP 999→101\n> CONNECT\n< CONNECT ACKNOWLEDGE\n< RELEASE cause 16\n"                    \
    "> RELEASE COMPLETE cause 16\n"

static void a_pbx_activates_and_deactivates(void)
{
    Stage *stage = stage_open(QSIG);

    far_activates(stage, "101", TRUE);
    text_is(heard, "pbx 101 (0/0): waiting\n");
    stage_wire(stage, TAKEN);
    far_activates(stage, "101", FALSE);
    text_is(heard, "pbx 101 (0/0): none\n");
    stage_wire(stage, TAKEN);
    stage_far(stage, "HANGUP_ACK\nHANGUP_ACK\n");
    g_assert_cmpuint(stage_counter(stage, "mailboxes heard of"), ==, 2);
    g_assert_cmpuint(stage_counter(stage, "messages misplaced"), ==, 0);
    stage_close(stage);
}

static void its_answer_is_a_result_or_an_error(void)
{
    Stage *stage = stage_open(QSIG);

    far_activates(stage, "101", TRUE);
    g_assert_true(strstr(left->str, "07 18 01 ac 1c 15 9f aa 06 80 01 00 82 01 00 a2 0a 02 01 "));
    g_assert_true(strstr(left->str, " 30 05 02 01 50 05 00\n"));
    g_string_truncate(left, 0);
    far_activates(stage, "101", FALSE);
    g_assert_true(strstr(left->str, " 30 05 02 01 51 05 00\n"));
    g_string_truncate(left, 0);
    verdict = MWI_NO_SUCH_USER;
    far_activates(stage, "102", TRUE);
    g_assert_true(strstr(left->str, "07 18 01 ac 1c 11 9f aa 06 80 01 00 82 01 00 a3 06 02 01 "));
    g_assert_true(g_str_has_suffix(left->str, " 02 01 06\n"));
    g_string_truncate(left, 0);
    verdict = MWI_NO_ROOM;
    far_activates(stage, "102", TRUE);
    g_assert_true(g_str_has_suffix(left->str, " 02 01 03\n"));
    stage_close(stage);
}

/* Faxes light no lamp. */
static void what_is_no_voice_is_refused(void)
{
    Stage *stage = stage_open(QSIG);

    stage_far_says_octets(
        stage, "08 02 00 44 05 04 02 a8 80 18 01 ac 1c 1b 9f aa 06 80 01 00 82 01 00 "
               "a1 10 02 01 01 02 01 50 30 08 80 03 31 30 31 0a 01 22 70 04 80 31 30 31");
    stage_run(stage, 100);
    text_is(heard, "");
    g_assert_true(strstr(left->str, " a3 06 02 01 01 02 01 08\n"));
    stage_close(stage);
}

/* Without the setting, and from who is no caller, a connection ends as it always has. */
static void a_trunk_without_it_hears_nothing(void)
{
    Stage *stage = stage_open("side = network\nrestart = no\nswitch-type = qsig\n");

    far_activates(stage, "101", TRUE);
    text_is(heard, "");
    stage_wire(stage, "< SETUP 999→101\n> RELEASE COMPLETE cause 69\n");
    g_assert_false(tells(stage, "200", 1));
    stage_close(stage);
}

/* A SETUP of a call brings none, nor does a FACILITY of one. */
static void a_call_brings_none(void)
{
    Stage *stage = stage_open(QSIG);

    stage_far_says_octets(
        stage, "08 02 00 45 05 04 03 80 90 a3 18 03 a9 83 81 1c 1b 9f aa 06 80 01 00 82 01 "
               "00 a1 10 02 01 01 02 01 50 30 08 80 03 31 30 31 0a 01 01 70 04 80 31 30 31");
    stage_run(stage, 10);
    text_is(heard, "");
    g_assert_nonnull(strstr(stage->trace->str, "ISDN.SETUP"));
    stage_event(stage, EVENT_SIP_FAILURE, 16); /* the far end never meant it */
    stage_ends(stage);
    stage_close(stage);
}

static void malformed_components_are_read_over(void)
{
    static const char *const components[] = {
        "1c 05 9f a1 7f 02 01", /* longer than the element */
        "1c 13 9f a1 10 02 01 01 02 01 50 30 08 80 03 31 61 31 0a 01 01", /* no digits */
        "1c 0d 9f a1 0a 02 01 01 02 01 50 30 02 80 00",                   /* none at all */
        "1c 0b 9f a1 08 02 01 01 02 01 50 05 00",                         /* no argument */
        "1c 13 9f a1 10 02 01 01 02 01 60 30 08 80 03 31 30 31 0a 01 01", /* another operation */
    };

    for (guint i = 0; i < G_N_ELEMENTS(components); i++) {
        Stage *stage = stage_open(QSIG);
        g_autofree char *message = g_strdup_printf(
            "08 02 00 46 05 04 02 a8 80 18 01 ac %s 70 04 80 31 30 31", components[i]);

        stage_far_says_octets(stage, message);
        stage_run(stage, 100);
        text_is(heard, "");
        text_is(left, "");
        stage_close(stage);
    }
}

/* ---- EuroISDN -----------------------------------------------------------------------------------
 */

static void euroisdn_is_heard_without_a_call(void)
{
    Stage *stage = stage_open(ETSI);

    /* MWIActivate, 3 messages, for 101 */
    stage_far_says_octets(
        stage, "08 00 62 1c 1d 91 a1 1a 02 01 07 06 06 04 00 85 69 01 01 30 0d 80 03 31 30 31 "
               "0a 01 01 a2 03 02 01 03");
    stage_run(stage, 10);
    text_is(heard, "pbx 101 (0/0): 3 new, 0 old\n");
    text_is(left, "62 1c 06 91 a2 03 02 01 07\n");
    /* MWIDeactivate of a public number */
    stage_far_says_octets(
        stage, "08 00 62 1c 1e 91 a1 1b 02 01 08 06 06 04 00 85 69 01 02 30 0e a1 09 0a 01 02 "
               "12 04 37 31 33 31 0a 01 01");
    stage_run(stage, 10);
    text_is(heard, "pbx 7131 (2/1): none\n");
    /* MWIIndicate: whom it is for stands beside it, and there is no answer */
    g_string_truncate(left, 0);
    stage_far_says_octets(
        stage, "08 00 62 1c 18 91 a1 15 02 01 09 06 06 04 00 85 69 01 03 30 08 a2 06 0a 01 01 "
               "70 04 80 31 30 31");
    stage_far_says_octets(
        stage, "08 00 62 1c 16 91 a1 13 02 01 0a 06 06 04 00 85 69 01 03 30 06 a3 04 02 02 01 00 "
               "70 04 80 31 30 31");
    stage_run(stage, 10);
    text_is(left, "");
    stage_close(stage);
}

static void euroisdn_is_heard_by_register(void)
{
    Stage *stage = stage_open(ETSI);

    stage_far_says_octets(
        stage,
        "08 02 00 51 64 1c 1d 91 a1 1a 02 01 07 06 06 04 00 85 69 01 01 30 0d 80 03 31 30 31 "
        "0a 01 01 a2 03 02 01 03");
    stage_run(stage, 10);
    text_is(heard, "pbx 101 (0/0): 3 new, 0 old\n");
    text_is(left, "5a 08 02 81 90 1c 06 91 a2 03 02 01 07\n");
    stage_close(stage);
}

static void euroisdn_is_told(void)
{
    Stage *stage = stage_open(ETSI);

    g_assert_true(tells(stage, "200", 2));
    g_assert_true(tells(stage, "201", 0));
    stage_run(stage, 1);
    text_is(left,
            "62 1c 1d 91 a1 1a 02 01 01 06 06 04 00 85 69 01 01 30 0d 80 03 32 30 30 0a 01 01 "
            "a2 03 02 01 02\n");
    stage_run(stage, 48);
    text_is(left, ""); /* the D channel is for calls, too */
    stage_run(stage, 10);
    text_is(left,
            "62 1c 18 91 a1 15 02 01 02 06 06 04 00 85 69 01 02 30 08 80 03 32 30 31 0a 01 01\n");
    stage_close(stage);
}

static void euroisdn_is_indicated(void)
{
    Stage *stage = stage_open(INDICATE);

    g_assert_true(tells(stage, "200", 300));
    stage_run(stage, 60);
    text_is(
        left,
        "62 1c 1b 91 a1 18 02 01 01 06 06 04 00 85 69 01 03 30 0b a2 03 0a 01 01 a3 04 02 02 01 2c "
        "70 04 80 32 30 30\n");
    g_assert_true(tells(stage, "200", 0));
    stage_run(stage, 60);
    text_is(
        left,
        "62 1c 1a 91 a1 17 02 01 02 06 06 04 00 85 69 01 03 30 0a a2 03 0a 01 01 a3 03 02 01 00 "
        "70 04 80 32 30 30\n");
    stage_close(stage);
}

/* ---- to the PBX, on QSIG ------------------------------------------------------------------------
 */

static void a_pbx_is_told(void)
{
    Stage *stage = stage_open(QSIG);

    far_will_say(stage, 1, RESULT_TAKEN);
    g_assert_true(tells(stage, "200", 2));
    stage_run(stage, 10);
    text_is(
        left,
        "05 04 02 a8 80 18 01 ac 1c 21 9f aa 06 80 01 00 82 01 00 8b 01 00 a1 13 02 01 01 02 01 50 "
        "30 0b 80 03 32 30 30 0a 01 01 83 01 02 70 04 80 32 30 30 a1\n");
    stage_wire(stage,
               "> SETUP →200 complete\n< CONNECT\n> CONNECT ACKNOWLEDGE\n> RELEASE cause 16\n"
               "< RELEASE COMPLETE cause 81\n< RELEASE COMPLETE cause 81\n");
    g_assert_cmpuint(stage_counter(stage, "mailboxes told"), ==, 1);
    g_assert_cmpuint(stage_counter(stage, "mailboxes refused"), ==, 0);
    stage_close(stage);
}

static void a_pbx_refuses(void)
{
    Stage *stage = stage_open(QSIG);

    far_will_say(stage, 1, ERROR_TAKEN);
    g_assert_true(tells(stage, "200", 0));
    stage_run(stage, 10);
    g_assert_cmpuint(stage_counter(stage, "mailboxes refused"), ==, 1);
    stage_forget(stage);
    /* One that knows nothing of it clears; it is not asked again. */
    g_assert_true(tells(stage, "200", 1));
    stage_run(stage, 60000);
    stage_wire(stage, "> SETUP →200 complete\n< RELEASE COMPLETE cause 69\n");
    g_assert_cmpuint(stage_counter(stage, "mailboxes refused"), ==, 2);
    stage_close(stage);
}

static guint setups(Stage *stage)
{
    guint count = 0;

    for (const char *at = stage->wire->str; (at = strstr(at, "> SETUP")); at++)
        count++;
    return count;
}

/* One after the other, and the last word counts. */
static void the_last_state_is_told(void)
{
    Stage *stage = stage_open(QSIG);

    g_assert_true(tells(stage, "200", 1));
    stage_run(stage, 0);
    for (guint i = 0; i < 50; i++)
        g_assert_true(tells(stage, "201", i));
    g_assert_true(tells(stage, "201", 7));
    stage_run(stage, 1000);
    g_assert_cmpuint(setups(stage), ==, 2);
    g_assert_nonnull(strstr(left->str, "80 03 32 30 31 0a 01 01 83 01 07"));
    stage_close(stage);
}

static void it_waits_for_the_line(void)
{
    Stage *stage = stage_open(QSIG);

    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_RED);
    stage_run(stage, 1000);
    g_assert_true(tells(stage, "200", 1));
    g_assert_true(tells(stage, "200", 4));
    stage_run(stage, 20000);
    text_is(left, "");
    isdn_alarm_changed(stage->isdn, 0, 0);
    stage_run(stage, 20000);
    g_assert_nonnull(strstr(left->str, "83 01 04"));
    g_assert_cmpuint(setups(stage), ==, 1);
    stage_close(stage);
}

static gboolean lose_setups(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    (void)stage;
    return !(outward && length > 8 && !(frame[2] & 1) && frame[8] == 0x05);
}

/* The line fails while it is being told: it is told again when the line is back. */
static void it_is_told_again(void)
{
    Stage *stage = stage_open(QSIG);

    stage->hook = lose_setups;
    g_assert_true(tells(stage, "200", 1));
    stage_run(stage, 10);
    stage->hook = note_left;
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_RED);
    stage_run(stage, 30000);
    isdn_alarm_changed(stage->isdn, 0, 0);
    far_will_say(stage, 2, RESULT_TAKEN);
    g_clear_pointer(&stage->instead, g_bytes_unref);
    stage_run(stage, 30000);
    g_assert_nonnull(strstr(left->str, "83 01 01"));
    stage_close(stage);
}

/* A PBX that never answers does not keep the next mailbox for ever. */
static void a_silent_pbx_is_given_up(void)
{
    Stage *stage = stage_open(QSIG);

    stage->far_deaf = TRUE;
    far_will_say(stage, 1, "02 18 01 ac"); /* CALL PROCEEDING, and nothing else */
    g_assert_true(tells(stage, "200", 1));
    stage_run(stage, 10);
    g_assert_true(tells(stage, "201", 1));
    stage_run(stage, 60000);
    g_assert_nonnull(strstr(left->str, "80 03 32 30 31"));
    g_assert_cmpuint(stage_counter(stage, "mailboxes refused"), >=, 1);
    stage_close(stage);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/isdn-mwi/qsig/heard", a_pbx_activates_and_deactivates);
    g_test_add_func("/isdn-mwi/qsig/answered", its_answer_is_a_result_or_an_error);
    g_test_add_func("/isdn-mwi/qsig/fax", what_is_no_voice_is_refused);
    g_test_add_func("/isdn-mwi/qsig/off", a_trunk_without_it_hears_nothing);
    g_test_add_func("/isdn-mwi/qsig/call", a_call_brings_none);
    g_test_add_func("/isdn-mwi/qsig/malformed", malformed_components_are_read_over);
    g_test_add_func("/isdn-mwi/qsig/told", a_pbx_is_told);
    g_test_add_func("/isdn-mwi/qsig/refused", a_pbx_refuses);
    g_test_add_func("/isdn-mwi/qsig/last", the_last_state_is_told);
    g_test_add_func("/isdn-mwi/qsig/waits", it_waits_for_the_line);
    g_test_add_func("/isdn-mwi/qsig/again", it_is_told_again);
    g_test_add_func("/isdn-mwi/qsig/silent", a_silent_pbx_is_given_up);
    g_test_add_func("/isdn-mwi/etsi/heard", euroisdn_is_heard_without_a_call);
    g_test_add_func("/isdn-mwi/etsi/register", euroisdn_is_heard_by_register);
    g_test_add_func("/isdn-mwi/etsi/told", euroisdn_is_told);
    g_test_add_func("/isdn-mwi/etsi/indicated", euroisdn_is_indicated);
    return g_test_run();
}
