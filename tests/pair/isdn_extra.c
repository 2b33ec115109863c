/* What messages carry that libpri does not know, on a line with a true libpri far end: diversions,
 * subaddresses, high layers, progress, user information. */
#define _GNU_SOURCE /* memmem() */
#include "isdn_line.h"

#include "cause.h"
#include "frame.h"

#include <string.h>

#define NETWORK "side = network\nrestart = no\n"
#define CPE "side = cpe\nrestart = no\n"

static GByteArray *left; /* the last SETUP, or other message, that left */

static gboolean hook(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    (void)stage;
    if (outward && length > 8 && !(frame[2] & 1)) {
        g_byte_array_set_size(left, 0);
        g_byte_array_append(left, frame, (guint)length);
    }
    return TRUE;
}

static GByteArray *hex_read(const char *text)
{
    GByteArray *octets = g_byte_array_new();

    for (; *text; text++) {
        guint8 octet;

        if (*text == ' ')
            continue;
        octet = (guint8)(g_ascii_xdigit_value(text[0]) << 4 | g_ascii_xdigit_value(text[1]));
        g_byte_array_append(octets, &octet, 1);
        text++;
    }
    return octets;
}

static gboolean left_has(const char *text)
{
    g_autoptr(GByteArray) wanted = hex_read(text);

    return memmem(left->data, left->len, wanted->data, wanted->len) != NULL;
}

static void number_set(Number *number, const char *digits, Presentation presentation,
                       Screening screening)
{
    *number = (Number){.presentation = presentation, .screening = screening};
    g_strlcpy(number->digits, digits, sizeof number->digits);
}

static CallSetup setup_make(void)
{
    CallSetup setup = {.bearer = BEARER_3K1_AUDIO, .complete = TRUE};

    number_set(&setup.called, "200", 0, 0);
    number_set(&setup.calling, "100", PRESENTATION_ALLOWED, SCREENING_NETWORK);
    setup.diversions.count = 2;
    number_set(&setup.diversions.first.number, "201", PRESENTATION_RESTRICTED,
               SCREENING_USER_PASSED);
    setup.diversions.first.reason = DIVERSION_BUSY;
    number_set(&setup.diversions.last.number, "202", PRESENTATION_ALLOWED,
               SCREENING_USER_NOT_SCREENED);
    setup.diversions.last.reason = DIVERSION_UNCONDITIONAL;
    setup.called_subaddress = (Subaddress){.length = 3, .octets = {0x50, '1', '2'}};
    setup.calling_subaddress = (Subaddress){.length = 3, .octets = {0x48, 0x12, 0x3f}};
    setup.user_info = (UserInfo){.length = 3, .octets = {0x00, 0x00, 0xff}};
    number_set(&setup.second_calling, "77", PRESENTATION_ALLOWED, SCREENING_USER_NOT_SCREENED);
    return setup;
}

static Stage *stage_open(const char *trunk, gboolean t1)
{
    Stage *stage = stage_new(trunk, t1);

    left = g_byte_array_new();
    stage->hook = hook;
    return stage;
}

static void stage_close(Stage *stage)
{
    stage_ends(stage);
    stage_free(stage);
    g_clear_pointer(&left, g_byte_array_unref);
}

/* SETUP goes out on TRUNK for a caller who is TRUSTED. */
static Stage *calls_out(const char *trunk, gboolean t1, const CallSetup *setup, gboolean trusted)
{
    Stage *stage = stage_open(trunk, t1);
    CallOrigin origin = {.kind = ORIGIN_SIP, .trusted = trusted};
    Call *call;

    g_assert_true(address_parse("127.0.0.1:5062", &origin.source));
    call = call_new(stage->hall, &origin, setup);
    call_event(call, EVENT_SIP_INVITE, NULL);
    g_assert_cmphex(left->data[8], ==, MESSAGE_SETUP);
    stage_run(stage, 10);
    return stage;
}

static void a_setup_carries_all_of_it(void)
{
    CallSetup setup = setup_make();
    Stage *stage = calls_out(NETWORK "second-calling = yes\nsend-hlc = telephony\n"
                                     "send-origin-progress = yes\n",
                             FALSE, &setup, TRUE);

    g_assert_true(left_has("1e 02 81 83"));
    g_assert_true(left_has("6c 05 00 83 31 30 30 6c 04 00 80 37 37 6d 04 80 48 12 3f "
                           "70 04 80 32 30 30 71 04 80 50 31 32 "
                           "74 06 00 21 81 32 30 31 74 06 00 00 8f 32 30 32 "
                           "7d 02 91 81 7e 03 00 00 ff"));
    g_assert_cmpuint(stage_counter(stage, "elements left out"), ==, 0);
    stage_close(stage);
}

static void a_cpe_claims_nothing(void)
{
    CallSetup setup = setup_make();
    Stage *stage = calls_out(CPE, FALSE, &setup, TRUE);

    g_assert_true(left_has("74 06 00 20 81 32 30 31 74 06 00 00 8f 32 30 32"));
    g_assert_false(left_has("6c 04 00 80 37 37")); /* second-calling = no */
    g_assert_false(left_has("7d 02"));
    stage_close(stage);
}

static void strangers_have_no_say_in_diversions(void)
{
    static const struct {
        const char *trunk;
        gboolean trusted, told;
    } rows[] = {
        {NETWORK, FALSE, FALSE},
        {NETWORK, TRUE, TRUE},
        {NETWORK "identity = from\n", FALSE, TRUE},
        {NETWORK "identity = none\n", TRUE, FALSE},
        {NETWORK "redirecting = no\n", TRUE, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        CallSetup setup = setup_make();
        Stage *stage = calls_out(rows[i].trunk, FALSE, &setup, rows[i].trusted);

        g_assert_cmpint(left_has("8f 32 30 32"), ==, rows[i].told);
        stage_close(stage);
    }
}

/* T303: libpri makes the SETUP anew, and it is the same. */
static void a_repeated_setup_is_the_same(void)
{
    CallSetup setup = setup_make();
    Stage *stage = stage_open(NETWORK, FALSE);
    CallOrigin origin = {.kind = ORIGIN_SIP, .trusted = TRUE};
    g_autoptr(GByteArray) first = NULL;

    g_assert_true(address_parse("127.0.0.1:5062", &origin.source));
    call_event(call_new(stage->hall, &origin, &setup), EVENT_SIP_INVITE, NULL);
    first = g_byte_array_new_take(g_memdup2(left->data, left->len), left->len);
    g_byte_array_set_size(left, 0);
    stage_run(stage, 4500); /* the far end says nothing: nobody told it to */
    g_assert_cmpuint(left->len, ==, first->len);
    g_assert_cmpmem(left->data + 4, left->len - 4, first->data + 4, first->len - 4);
    g_assert_cmphex(left->data[2], !=, first->data[2]);
    stage_close(stage);
}

/* ECMA-174: QSIG has no Redirecting number, but divertingLegInformation2 (operation 21). */
static void qsig_tells_diversions_by_facility(void)
{
    CallSetup setup = setup_make();
    Stage *stage = calls_out(CPE "switch-type = qsig\n", FALSE, &setup, TRUE);

    g_assert_false(left_has("74 06 00"));
    g_assert_true(left_has("02 01 15"));
    g_assert_true(left_has("32 30 31"));
    g_assert_true(left_has("32 30 32"));
    stage_close(stage);
}

static void qsig_hears_diversions_by_facility(void)
{
    Stage *stage = stage_open(CPE "switch-type = qsig\n", FALSE);
    struct pri_party_redirecting redirecting = {
        .count = 4, .reason = PRI_REDIR_UNCONDITIONAL, .orig_reason = PRI_REDIR_FORWARD_ON_BUSY};
    struct pri_sr *record = pri_sr_new();
    char called[] = "150", caller[] = "100";
    const Diversions *diversions;

    redirecting.from.number = (struct pri_party_number){.valid = 1, .str = "202"};
    redirecting.orig_called.number =
        (struct pri_party_number){.valid = 1, .presentation = PRI_PRES_RESTRICTED, .str = "201"};
    pri_facility_enable(stage->far);
    stage->far_call = pri_new_call(stage->far);
    pri_sr_set_channel(record, 3, 1, 0);
    pri_sr_set_bearer(record, PRI_TRANS_CAP_3_1K_AUDIO, PRI_LAYER_1_ALAW);
    pri_sr_set_called(record, called, PRI_UNKNOWN, 1);
    pri_sr_set_caller(record, caller, NULL, PRI_UNKNOWN, 0);
    pri_sr_set_redirecting_parties(record, &redirecting);
    g_assert_cmpint(pri_setup(stage->far, stage->far_call, record), ==, 0);
    pri_sr_free(record);
    stage_run(stage, 10);
    diversions = &call_asked(stage_call(stage))->diversions;
    g_assert_cmpuint(diversions->count, ==, 4);
    g_assert_cmpstr(diversions->last.number.digits, ==, "202");
    g_assert_cmpint(diversions->last.reason, ==, DIVERSION_UNCONDITIONAL);
    g_assert_cmpint(diversions->first.reason, ==, DIVERSION_BUSY);
    g_assert_cmpint(diversions->first.number.presentation, ==, PRESENTATION_RESTRICTED);
    stage_close(stage);
}

#define SETUP_IN "08 02 00 01 05 04 03 90 90 a3 18 03 a9 83 83 "

/* A SETUP of the far end's, its first call, with more elements than libpri knows. */
static const CallSetup *hears(Stage *stage, const char *elements)
{
    g_autofree char *text = g_strconcat(SETUP_IN, elements, " a1", NULL);

    stage->instead = g_byte_array_free_to_bytes(hex_read(text));
    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_null(stage->instead);
    stage_stands(stage, SIP_CALLING, ISDN_INCOMING_PROCEEDING);
    return call_asked(stage_call(stage));
}

static void a_setup_is_read_whole(void)
{
    Stage *stage = stage_open(NETWORK, FALSE);
    const CallSetup *setup = hears(
        stage, "1e 02 81 83 6c 04 00 80 31 30 6d 03 80 50 37 70 04 80 31 35 30 71 03 80 48 12 "
               "74 06 00 20 81 32 30 31 74 06 21 03 82 32 30 32 7c 03 90 90 a3 7d 02 91 84 "
               "7e 03 40 00 ff");

    g_assert_cmpuint(setup->progress, ==, 3);
    g_assert_cmpuint(setup->hlc, ==, HLC_FACSIMILE);
    g_assert_cmpmem(setup->calling_subaddress.octets, setup->calling_subaddress.length, "P7", 2);
    g_assert_cmpmem(setup->called_subaddress.octets, setup->called_subaddress.length, "H\x12", 2);
    g_assert_cmpuint(setup->diversions.count, ==, 2);
    g_assert_cmpstr(setup->diversions.first.number.digits, ==, "201");
    g_assert_cmpint(setup->diversions.first.number.presentation, ==, PRESENTATION_RESTRICTED);
    g_assert_cmpstr(setup->diversions.last.number.digits, ==, "202");
    g_assert_cmpint(setup->diversions.last.number.ton, ==, TON_NATIONAL);
    g_assert_cmpint(setup->diversions.last.reason, ==, DIVERSION_NO_REPLY);
    g_assert_cmpmem(setup->user_info.octets, setup->user_info.length, "\x40\0\xff", 3);
    stage_close(stage);
}

static void user_info_can_be_turned_off(void)
{
    Stage *stage = stage_open(NETWORK "user-info = no\n", FALSE);

    g_assert_cmpuint(hears(stage, "70 04 80 31 35 30 7e 03 40 00 ff")->user_info.length, ==, 0);
    stage_close(stage);
}

static void later_messages_carry_what_the_set_up_had(void)
{
    for (guint asked = 0; asked < 2; asked++) {
        Stage *stage = stage_open(NETWORK, FALSE);
        CallNews news = CALL_NEWS_INIT;
        Call *call;

        hears(stage, asked ? "70 04 80 31 35 30 7e 01 00" : "70 04 80 31 35 30");
        call = stage_call(stage);
        news.user_info = (UserInfo){.length = 2, .octets = {0x00, 0x01}};
        call_event(call, EVENT_SIP_RINGING, &news);
        g_assert_cmphex(left->data[8], ==, MESSAGE_ALERTING);
        g_assert_cmpint(left_has("7e 02 00 01"), ==, asked);
        news.user_info.octets[1] = 2;
        call_event(call, EVENT_SIP_ANSWER, &news);
        g_assert_cmphex(left->data[8], ==, MESSAGE_CONNECT);
        g_assert_cmpint(left_has("7e 02 00 02"), ==, asked);
        stage_run(stage, 10);
        news.user_info.octets[1] = 3;
        news.cause = CAUSE_NORMAL_CALL_CLEARING;
        call_event(call, EVENT_SIP_BYE, &news);
        g_assert_cmphex(left->data[8], ==, MESSAGE_DISCONNECT);
        g_assert_cmpint(left_has("7e 02 00 03"), ==, asked);
        stage_close(stage);
    }
}

/* What the PBX told is not sent back to it. */
static void nothing_is_echoed(void)
{
    Stage *stage = stage_open(NETWORK, FALSE);
    CallNews news = CALL_NEWS_INIT;

    hears(stage, "70 04 80 31 35 30 7e 01 00");
    news.user_info = (UserInfo){.length = 2, .octets = {0x00, 0x01}};
    news.is_isdn = TRUE;
    call_event(stage_call(stage), EVENT_SIP_RINGING, &news);
    g_assert_cmphex(left->data[8], ==, MESSAGE_ALERTING);
    g_assert_false(left_has("7e 02 00 01"));
    stage_close(stage);
}

/* The bearers of number_vectors.tsv: 65 by RELEASE COMPLETE, or a call. */
static void bearer_is_served_or_refused(const char *octets, const char *wanted)
{
    Stage *stage = stage_open(NETWORK, FALSE);
    g_autofree char *text =
        g_strconcat("08 02 00 01 05 ", octets, " 18 03 a9 83 83 70 04 80 31 35 30 a1", NULL);

    stage->instead = g_byte_array_free_to_bytes(hex_read(text));
    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
    g_test_message("%s", stage->wire->str);
    if (strcmp(wanted, "offer") == 0) {
        stage_stands(stage, SIP_CALLING, ISDN_INCOMING_PROCEEDING);
        g_assert_cmpint(call_asked(stage_call(stage))->bearer, ==,
                        g_ascii_xdigit_value(octets[6]) << 4 & 0x10);
    } else {
        g_autofree char *refusal = g_strdup_printf("> RELEASE COMPLETE cause %s\n", wanted);

        g_assert_nonnull(strstr(stage->wire->str, refusal));
    }
    stage_close(stage);
}

static void bearers_are_served_or_refused(void)
{
    g_autofree char *path = g_build_filename(TOP_SRCDIR, "tests/unit/number_vectors.tsv", NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    guint count = 0;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        g_auto(GStrv) row = g_strsplit(*line, "\t", -1);

        if (!row[0] || strcmp(row[0], "bearer") != 0)
            continue;
        bearer_is_served_or_refused(row[2], row[3]);
        count++;
    }
    g_assert_cmpuint(count, ==, 10);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/isdn/extra/setup-out", a_setup_carries_all_of_it);
    g_test_add_func("/isdn/extra/cpe", a_cpe_claims_nothing);
    g_test_add_func("/isdn/extra/strangers", strangers_have_no_say_in_diversions);
    g_test_add_func("/isdn/extra/t303", a_repeated_setup_is_the_same);
    g_test_add_func("/isdn/extra/qsig-out", qsig_tells_diversions_by_facility);
    g_test_add_func("/isdn/extra/qsig-in", qsig_hears_diversions_by_facility);
    g_test_add_func("/isdn/extra/setup-in", a_setup_is_read_whole);
    g_test_add_func("/isdn/extra/user-info-off", user_info_can_be_turned_off);
    g_test_add_func("/isdn/extra/later", later_messages_carry_what_the_set_up_had);
    g_test_add_func("/isdn/extra/bearers", bearers_are_served_or_refused);
    g_test_add_func("/isdn/extra/echo", nothing_is_echoed);
    return g_test_run();
}
