/* tieline-pbx understands its commands, its messages and its own octets. */
#include "loop_virtual.h"
#include "pbx_audio.h"
#include "pbx_edit.h"
#include "pbx_grammar.h"
#include "pbx_load.h"
#include "pbx_news.h"
#include "pbx_options.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

/* ---- commands -------------------------------------------------------------------------------- */

typedef struct Spoken {
    const char *text;
    PbxVerb verb;
    guint steps;     /* of a behaviour */
    gboolean either; /* an action as well */
} Spoken;

static void every_line_has_its_meaning(void)
{
    static const Spoken lines[] = {
        {"", VERB_NOTHING},
        {"  # answer after 2s", VERB_NOTHING},
        {"answer after 2s", VERB_BEHAVE, 3},
        {"answer", VERB_BEHAVE, 3, TRUE},
        {"connect", VERB_BEHAVE, 1, TRUE},
        {"ring", VERB_BEHAVE, 2},
        {"busy", VERB_BEHAVE, 2},
        {"reject 21", VERB_BEHAVE, 1, TRUE},
        {"proceed only", VERB_BEHAVE, 1},
        {"silent", VERB_BEHAVE, 0},
        {"progress 8", VERB_BEHAVE, 2, TRUE},
        {"alert progress 8", VERB_BEHAVE, 1, TRUE},
        {"for 2XX answer after 1s", VERB_BEHAVE, 3},
        {"always progress 8", VERB_BEHAVE, 2},
        {"early ring.g711 then answer after 3s then disconnect 16 after 1m", VERB_BEHAVE, 5},
        {"for 9. early pattern 7", VERB_BEHAVE, 3},
        {"call 100 from 200", VERB_CALL},
        {"call 100 from 200 name \"Joe Q\" channel 7 exclusive overlap as joe on 1", VERB_CALL},
        {"call +49301234 from +441 restricted bearer unrestricted preferred", VERB_CALL},
        {"call 100 answer", VERB_ANSWER},
        {"call 2 disconnect 17 progress 8", VERB_DISCONNECT},
        {"call joe expect DISCONNECT cause 16 within 5s", VERB_EXPECT},
        {"digits 12*#", VERB_DIGITS},
        {"disconnect 16", VERB_DISCONNECT},
        {"release 16", VERB_RELEASE},
        {"release after 3s", VERB_CLEARING},
        {"release complete 31", VERB_COMPLETE},
        {"notify 121", VERB_NOTIFY},
        {"restart 5", VERB_RESTART},
        {"restart all on 1", VERB_RESTART},
        {"ignore RELEASE COMPLETE", VERB_IGNORE},
        {"late CONNECT ACKNOWLEDGE 200ms", VERB_LATE},
        {"service out 5", VERB_SERVICE},
        {"mwi 200 waiting 3", VERB_MWI},
        {"mwi 200 waiting on 0", VERB_MWI},
        {"mwi 200 none", VERB_MWI},
        {"expect mwi 200 waiting 3 within 1s", VERB_EXPECT},
        {"expect no mwi 200 none for 1s", VERB_EXPECT},
        {"service in all on 0", VERB_SERVICE},
        {"expect SERVICE ACKNOWLEDGE within 1s", VERB_EXPECT},
        {"ignore SETUP 2 times on 0", VERB_IGNORE},
        {"heed all", VERB_HEED},
        {"raw 08 02 0001 62", VERB_RAW},
        {"raw frame 00017f on 0", VERB_RAW_FRAME},
        {"line down", VERB_LINE},
        {"dchannel up", VERB_DCHANNEL},
        {"timer T305 700ms", VERB_TIMER},
        {"timer N316 1", VERB_TIMER},
        {"rate 20 for 100 calls to 100 from 200 talk 500ms at most 30 on 0", VERB_RATE},
        {"rate 20", VERB_RATE},
        {"wait 500ms", VERB_WAIT},
        {"expect ALERTING within 4s", VERB_EXPECT},
        {"expect no SETUP for 2s", VERB_EXPECT},
        {"expect up within 10s", VERB_EXPECT},
        {"expect sent RELEASE COMPLETE cause none", VERB_EXPECT},
        {"expect setup ack progress 8 location 1 channel 3 state 3 to 1. from 2XX", VERB_EXPECT},
        {"expect pattern 5 for 10s within 20s", VERB_EXPECT},
        {"expect name \"Joe Q\"", VERB_EXPECT},
        {"play tone 1000", VERB_PLAY},
        {"play \"a file\" again", VERB_PLAY},
        {"record out.g711 early", VERB_RECORD},
        {"echo", VERB_ECHO},
        {"stop", VERB_STOP},
        {"as joe", VERB_NAME},
        {"forget", VERB_FORGET},
        {"check channels idle", VERB_CHECK_IDLE},
        {"serve", VERB_SERVE},
        {"quit now", VERB_QUIT},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(PbxCommand) command = pbx_command_parse(lines[i].text, 7, &error);

        g_test_message("%s", lines[i].text);
        g_assert_no_error(error);
        g_assert_cmpint(command->verb, ==, lines[i].verb);
        g_assert_cmpuint(command->line, ==, 7);
        g_assert_cmpuint(command->steps ? command->steps->len : 0, ==, lines[i].steps);
        g_assert_cmpint(command->action != NULL, ==, lines[i].either);
    }
}

static void every_mistake_is_named(void)
{
    static const char *const lines[][2] = {
        {"answr", "no command is called \"answr\""},
        {"call", "the called number is missing"},
        {"call 1O0", "the called number holds digits, * and #, not \"1O0\""},
        {"call 100 loudly", "\"loudly\" is one word too many"},
        {"call 100 channel 32", "a channel is a number from 1 to 31, not \"32\""},
        {"call 100 bearer fax", "a bearer is speech, audio, unrestricted, restricted-digital, "
                                "tones or video, not \"fax\""},
        {"expect FOO", "no message is called \"FOO\""},
        {"expect up cause 16", "only a message has conditions"},
        {"expect no idle", "\"no\" goes with a message, mwi, down, or alarm"},
        {"expect SETUP within soon", "the time is a time such as 500ms or 2s, not \"soon\""},
        {"disconnect", "a cause is missing"},
        {"disconnect 128", "a cause is a number from 1 to 127, not \"128\""},
        {"wait -1s", "the time is a time such as 500ms or 2s, not \"-1s\""},
        {"raw 0", "octets are pairs of hexadecimal digits, not \"0\""},
        {"raw", "a message has 1 to 255 octets"},
        {"line sideways", "it goes up or down, not \"sideways\""},
        {"rate fast", "a rate is calls a second, not \"fast\""},
        {"for 2XX dance", "\"dance\" is no step of an answer to a call"},
        {"for 2XY ring", "the called number holds digits and X, Z, N and '.', not \"2XY\""},
        {"as 5", "a call's name does not begin with a digit"},
        {"call 100 name \"Joe", "a quote is not closed"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(pbx_command_parse(lines[i][0], 1, &error));
        g_assert_cmpstr(error->message, ==, lines[i][1]);
    }
}

static void the_words_of_a_call_are_kept(void)
{
    g_autoptr(PbxCommand) call = pbx_command_parse(
        "call 100 from 200 name \"Joe Q\" channel 7 exclusive as joe on 1", 1, NULL);
    g_autoptr(PbxCommand) expect =
        pbx_command_parse("call joe expect DISCONNECT cause 16 progress none within 1.5s", 1, NULL);
    g_autoptr(PbxCommand) answer = pbx_command_parse("for 2XX answer after 250ms", 1, NULL);

    g_assert_cmpstr(call->called, ==, "100");
    g_assert_cmpstr(call->calling, ==, "200");
    g_assert_cmpstr(call->name, ==, "Joe Q");
    g_assert_cmpstr(call->as, ==, "joe");
    g_assert_cmpint(call->channel, ==, 7);
    g_assert_true(call->exclusive);
    g_assert_cmpint(call->span, ==, 1);
    g_assert_cmpstr(expect->call, ==, "joe");
    g_assert_cmpint(expect->expect.message, ==, MESSAGE_DISCONNECT);
    g_assert_cmpint(expect->expect.cause, ==, 16);
    g_assert_cmpint(expect->expect.progress, ==, EXPECT_ABSENT);
    g_assert_cmpint(expect->expect.location, ==, EXPECT_ANY);
    g_assert_cmpint(expect->expect.within_us, ==, 1500000);
    g_assert_cmpstr(answer->pattern, ==, "2XX");
    g_assert_cmpstr(((PbxCommand *)answer->steps->pdata[2])->text, ==, "answer after 250ms");
    g_assert_cmpuint(((PbxCommand *)answer->steps->pdata[2])->line, ==, 1);
    g_assert_cmpint(((PbxCommand *)answer->steps->pdata[1])->after_us, ==, 0);
    g_assert_cmpint(((PbxCommand *)answer->steps->pdata[2])->after_us, ==, 250000);
}

static void patterns_match_whole_numbers(void)
{
    g_assert_true(pbx_number_matches("2XX", "200"));
    g_assert_false(pbx_number_matches("2XX", "20"));
    g_assert_false(pbx_number_matches("2XX", "2000"));
    g_assert_true(pbx_number_matches("NZX.", "210"));
    g_assert_true(pbx_number_matches("NZX.", "2109"));
    g_assert_false(pbx_number_matches("NX", "10"));
    g_assert_false(pbx_number_matches("Z", "0"));
    g_assert_true(pbx_number_matches(".", ""));
    g_assert_true(pbx_number_matches("*1#", "*1#"));
}

/* ---- the manual ------------------------------------------------------------------------------ */

/* The words of the headings of a section: of each line that follows a .TP, its fonts, quotes and
 * escapes taken away. */
static GHashTable *heading_words(const char *section)
{
    GHashTable *found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(GStrv) lines = g_strsplit(section, "\n", -1);

    for (char **line = lines; *line && line[1]; line++) {
        g_autofree char *bare = NULL;
        g_auto(GStrv) words = NULL;

        if (!g_str_equal(*line, ".TP") || !g_str_has_prefix(line[1], ".B"))
            continue;
        bare = g_strdup(strchr(line[1], ' ') ? strchr(line[1], ' ') : "");
        while (strstr(bare, "\\-"))
            memmove(strstr(bare, "\\-"), strstr(bare, "\\-") + 1, strlen(strstr(bare, "\\-")));
        words = g_strsplit_set(bare, " \",|[]\\", -1);
        for (char **word = words; *word; word++)
            g_hash_table_add(found, g_strdup(*word));
    }
    return found;
}

/* Every word a command begins with heads an entry of tieline-pbx(1). */
static void every_word_is_in_the_manual(void)
{
    g_autofree char *page = NULL;
    g_autoptr(GHashTable) words = NULL;
    const PbxWordRow *row;
    char *commands, *end;

    g_assert_true(g_file_get_contents(TOP_SRCDIR "/doc/tieline-pbx.1", &page, NULL, NULL));
    commands = strstr(page, ".SH COMMANDS\n");
    g_assert_nonnull(commands);
    end = strstr(commands + 1, "\n.SH ");
    g_assert_nonnull(end);
    *end = 0;
    words = heading_words(commands);
    for (gsize i = 0; (row = pbx_grammar_row(i)); i++) {
        g_test_message("%s", row->word);
        g_assert_true(g_hash_table_contains(words, row->word));
    }
    g_assert_false(g_hash_table_contains(words, "waits"));
}

/* ---- messages, octets written by hand from Q.931 --------------------------------------------- */

static const guint8 setup_octets[] = {
    0x08, 0x02, 0x00, 0x05, 0x05,                /* SETUP, reference 5 */
    0x04, 0x03, 0x80, 0x90, 0xa3,                /* speech, 64 kbit/s, A-law */
    0x18, 0x03, 0xa9, 0x83, 0x87,                /* channel 7, exclusive */
    0x1e, 0x02, 0x81, 0x83,                      /* progress 3 */
    0x28, 0x03, 'J',  'o',  'e',                 /* Display */
    0x6c, 0x06, 0x41, 0xa1, '2',  '0', '0', '1', /* subscriber, restricted, passed */
    0x70, 0x04, 0x91, '4',  '9',  '1',           /* international, E.164 */
    0xa1,                                        /* Sending complete */
};
static const guint8 disconnect_octets[] = {0x08, 0x02, 0x80, 0x05, 0x45, 0x08, 0x02, 0x8a, 0x91};

static void a_setup_is_read_whole(void)
{
    PbxMessage message;

    g_assert_null(pbx_message_read(&message, setup_octets, sizeof setup_octets));
    g_assert_cmpint(message.type, ==, MESSAGE_SETUP);
    g_assert_cmpint(message.reference, ==, 5);
    g_assert_false(message.to_originator);
    g_assert_cmpint(message.bearer, ==, BEARER_SPEECH);
    g_assert_cmpint(message.channel, ==, 7);
    g_assert_true(message.exclusive);
    g_assert_cmpint(message.progress[0], ==, 3);
    g_assert_cmpint(message.progress[1], ==, MESSAGE_NOTHING);
    g_assert_cmpstr(message.display, ==, "Joe");
    g_assert_cmpstr(message.calling.digits, ==, "2001");
    g_assert_cmpint(message.calling.ton, ==, TON_SUBSCRIBER);
    g_assert_cmpint(message.calling.presentation, ==, PRESENTATION_RESTRICTED);
    g_assert_cmpint(message.calling.screening, ==, SCREENING_USER_PASSED);
    g_assert_cmpstr(message.called.digits, ==, "491");
    g_assert_cmpint(message.called.ton, ==, TON_INTERNATIONAL);
    g_assert_cmpint(message.called.npi, ==, NPI_E164);
    g_assert_true(message.complete);
    g_assert_cmpint(message.cause, ==, MESSAGE_NOTHING);

    g_assert_null(pbx_message_read(&message, disconnect_octets, sizeof disconnect_octets));
    g_assert_true(message.to_originator);
    g_assert_cmpint(message.cause, ==, 17);
    g_assert_cmpint(message.location, ==, 10);
}

static void malformed_messages_are_refused(void)
{
    static const struct {
        gsize length;
        guint8 octets[16];
    } rows[] = {
        {2, {0x08, 0x02}},
        {4, {0x08, 0x02, 0x00, 0x05}},
        {3, {0x08, 0x13, 0x00}},                         /* a spare bit in the length */
        {6, {0x08, 0x03, 0x00, 0x00, 0x01, 0x45}},       /* three octets of reference */
        {7, {0x08, 0x02, 0x00, 0x05, 0x45, 0x08, 0x02}}, /* the Cause runs over the end */
        {6, {0x08, 0x02, 0x00, 0x05, 0x45, 0x08}},
        {8, {0x08, 0x02, 0x00, 0x05, 0x45, 0x08, 0x01, 0x8a}},       /* a Cause of one octet */
        {9, {0x08, 0x02, 0x00, 0x05, 0x45, 0x08, 0x02, 0x0a, 0x80}}, /* octet 3a, no cause value */
        {9, {0x08, 0x02, 0x00, 0x05, 0x05, 0x70, 0x02, 0x11, 0x31}}, /* no extension bit */
        {7, {0x08, 0x02, 0x00, 0x05, 0x05, 0x6c, 0x00}},
        {8, {0x08, 0x02, 0x00, 0x05, 0x05, 0x04, 0x01, 0x80}},
        {7, {0x08, 0x02, 0x00, 0x05, 0x05, 0x18, 0x00}},
        {9, {0x08, 0x02, 0x00, 0x05, 0x05, 0x18, 0x02, 0xe1, 0x01}}, /* interface never ends */
        {9, {0x08, 0x02, 0x00, 0x05, 0x05, 0x18, 0x02, 0xa1, 0x93}}, /* half a slot map */
        {8, {0x08, 0x02, 0x00, 0x05, 0x03, 0x1e, 0x01, 0x81}},
    };
    PbxMessage message;

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("row %" G_GSIZE_FORMAT, i);
        g_assert_nonnull(pbx_message_read(&message, rows[i].octets, rows[i].length));
    }
}

/* Every cut and every flipped octet of good messages is read without a step outside (the sanitizer
 * watches). */
static void broken_messages_are_survived(void)
{
    guint32 refused = 0;

    for (gsize length = 0; length <= sizeof setup_octets; length++) {
        g_autofree guint8 *cut = g_memdup2(setup_octets, length);
        PbxMessage message;

        refused += pbx_message_read(&message, cut, length) != NULL;
    }
    for (gsize at = 0; at < sizeof setup_octets; at++)
        for (guint value = 0; value < 256; value++) {
            g_autofree guint8 *copy = g_memdup2(setup_octets, sizeof setup_octets);
            PbxMessage message;

            copy[at] = (guint8)value;
            refused += pbx_message_read(&message, copy, sizeof setup_octets) != NULL;
        }
    g_assert_cmpuint(refused, >, 100);
}

/* ---- edits ----------------------------------------------------------------------------------- */

static void assert_octets(GBytes *bytes, const guint8 *wanted, gsize length)
{
    gsize size;
    const guint8 *octets = g_bytes_get_data(bytes, &size);

    g_assert_cmpmem(octets, size, wanted, length);
}

static void elements_are_added_in_order(void)
{
    static const guint8 with_progress[] = {0x08, 0x02, 0x80, 0x05, 0x45, 0x08, 0x02,
                                           0x8a, 0x91, 0x1e, 0x02, 0x81, 0x88};
    static const guint8 released[] = {0x08, 0x02, 0x80, 0x05, 0x4d, 0x08, 0x02, 0x81, 0x9f};
    static const guint8 alerting[] = {0x08, 0x02, 0x80, 0x05, 0x01, 0x18, 0x03, 0xa9, 0x83,
                                      0x87, 0x1e, 0x02, 0x81, 0x88, 0x34, 0x01, 0x40};
    static const guint8 alerting_one[] = {0x08, 0x02, 0x80, 0x05, 0x01, 0x08, 0x02, 0x81, 0x9f,
                                          0x18, 0x03, 0xa9, 0x83, 0x87, 0x1e, 0x02, 0x81, 0x81,
                                          0x28, 0x02, 'A',  'B',  0x34, 0x01, 0x40};
    PbxEdit progress = {.progress = 8};
    PbxEdit release = {.new_type = MESSAGE_RELEASE, .cause = 31};
    PbxEdit all = {.cause = 31, .progress = 1, .display = (char *)"AB"};
    static const guint8 more[] = {0x1e, 0x02, 0x81, 0x82, 0x7e, 0x02, 0x00, 0xff};
    static const guint8 alerting_more[] = {0x08, 0x02, 0x80, 0x05, 0x01, 0x18, 0x03,
                                           0xa9, 0x83, 0x87, 0x1e, 0x02, 0x81, 0x82,
                                           0x34, 0x01, 0x40, 0x7e, 0x02, 0x00, 0xff};
    g_autoptr(GBytes) extra = g_bytes_new_static(more, sizeof more);
    PbxEdit with = {.extra = extra};
    g_autoptr(GBytes) four = pbx_edit_apply(&with, alerting, sizeof alerting);
    g_autoptr(GBytes) one = pbx_edit_apply(&progress, disconnect_octets, sizeof disconnect_octets);
    g_autoptr(GBytes) two = pbx_edit_apply(&release, disconnect_octets, sizeof disconnect_octets);
    g_autoptr(GBytes) three = pbx_edit_apply(&all, alerting, sizeof alerting);

    assert_octets(one, with_progress, sizeof with_progress);
    assert_octets(two, released, sizeof released);
    assert_octets(three, alerting_one, sizeof alerting_one);
    assert_octets(four, alerting_more, sizeof alerting_more);
}

static void repetitions_are_the_same_octets(void)
{
    static const guint8 released[] = {0x08, 0x02, 0x80, 0x05, 0x4d, 0x08, 0x02, 0x81, 0x9f};
    PbxEdits edits = {0};
    PbxEdit edit = {.reference = 5,
                    .to_originator = TRUE,
                    .type = MESSAGE_DISCONNECT,
                    .new_type = MESSAGE_RELEASE,
                    .cause = 31};
    gboolean again;

    pbx_edits_add(&edits, &edit);
    g_assert_null(pbx_edits_take(&edits, 0, setup_octets, sizeof setup_octets, &again));
    g_assert_false(again);
    assert_octets(pbx_edits_take(&edits, 1, disconnect_octets, sizeof disconnect_octets, &again),
                  released, sizeof released);
    g_assert_false(again);
    assert_octets(pbx_edits_take(&edits, 1, disconnect_octets, sizeof disconnect_octets, &again),
                  released, sizeof released);
    g_assert_true(again);
    g_assert_null(pbx_edits_take(&edits, 2, disconnect_octets, sizeof disconnect_octets, &again));
    pbx_edits_reset(&edits);
    g_assert_null(pbx_edits_take(&edits, 0, disconnect_octets, sizeof disconnect_octets, &again));
    g_assert_false(again);
    pbx_edits_clear(&edits);
}

/* ---- expectations ---------------------------------------------------------------------------- */

static void heard(PbxNewsList *list, guint call, guint8 type, gint cause)
{
    PbxNews news = {.call = call};
    guint8 octets[9] = {0x08, 0x02, 0x00, (guint8)call,          type,
                        0x08, 0x02, 0x81, (guint8)(0x80 | cause)};

    g_assert_null(pbx_message_read(&news.message, octets, cause ? 9 : 5));
    pbx_news_add(list, &news);
}

static gboolean expected(PbxNewsList *list, const char *text, guint call)
{
    g_autoptr(PbxCommand) command = pbx_command_parse(text, 1, NULL);

    return pbx_news_match(list, &command->expect, call, TRUE) != NULL;
}

static void what_was_expected_is_behind_us(void)
{
    PbxNewsList list = {0};
    g_autofree char *left = NULL;

    heard(&list, 1, MESSAGE_CALL_PROCEEDING, 0);
    heard(&list, 2, MESSAGE_ALERTING, 0);
    heard(&list, 1, MESSAGE_ALERTING, 0);
    heard(&list, 1, MESSAGE_DISCONNECT, 17);
    g_assert_false(expected(&list, "expect DISCONNECT cause 16", 0));
    g_assert_false(expected(&list, "expect DISCONNECT cause none", 0));
    g_assert_true(expected(&list, "expect ALERTING", 1));
    g_assert_false(expected(&list, "expect PROCEEDING", 1)); /* it came before: order counts */
    left = pbx_news_describe(&list, 0, FALSE);
    g_assert_cmpstr(left, ==, "ALERTING, DISCONNECT cause 17");
    g_assert_true(expected(&list, "expect DISCONNECT cause 17 location 1", 1));
    g_assert_true(expected(&list, "expect ALERTING", 0)); /* another call's order is its own */
    g_assert_cmpuint(list.queue.length, ==, 0);
    pbx_news_forget(&list);
}

/* ---- audio ----------------------------------------------------------------------------------- */

static void feed(PbxAudio *audio, PbxPattern *pattern, gsize count, guint8 *sent)
{
    for (gsize at = 0; at < count; at += 40) {
        guint8 rx[40], tx[40];

        for (gsize i = 0; i < sizeof rx; i++) {
            rx[i] = pattern ? pbx_pattern_next(pattern) : 0xd5;
            tx[i] = 0xd5;
        }
        g_assert_true(pbx_audio_block(audio, rx, tx, sizeof rx, NULL));
        if (sent)
            memcpy(sent + at, tx, sizeof tx);
    }
}

static void the_pattern_is_found_or_missed_by_one_octet(void)
{
    PbxAudio *audio = pbx_audio_new(LAW_ALAW);
    PbxPattern pattern;
    g_autofree char *same = NULL;
    g_autofree char *other = NULL;
    g_autofree char *changed = NULL;
    guint8 wrong[40], tx[40];

    pbx_pattern_start(&pattern, 3);
    pbx_audio_connected(audio);
    pbx_audio_compare(audio, 3);
    feed(audio, NULL, 1200, NULL);
    feed(audio, &pattern, 16000, NULL);
    g_assert_cmpint(pbx_audio_compared(audio, 8000, &same), ==, COMPARE_SAME);

    pbx_pattern_start(&pattern, 4);
    pbx_audio_compare(audio, 3);
    feed(audio, &pattern, 16000, NULL);
    g_assert_cmpint(pbx_audio_compared(audio, 8000, &other), ==, COMPARE_DIFFERENT);

    pbx_pattern_start(&pattern, 3);
    pbx_audio_compare(audio, 3);
    feed(audio, &pattern, 8000, NULL);
    for (gsize i = 0; i < sizeof wrong; i++)
        wrong[i] = pbx_pattern_next(&pattern);
    wrong[11] ^= 1;
    g_assert_true(pbx_audio_block(audio, wrong, tx, sizeof wrong, NULL));
    feed(audio, &pattern, 8000, NULL);
    g_assert_cmpint(pbx_audio_compared(audio, 8000, &changed), ==, COMPARE_DIFFERENT);
    g_assert_cmpstr(changed, ==, "1 of 8000 octets differ, the first is number 4011");
    pbx_audio_free(audio);
}

static void a_late_recording_has_every_octet(void)
{
    g_autofree char *file = g_build_filename(g_get_tmp_dir(), "tieline-pbx-recording", NULL);
    PbxAudio *audio = pbx_audio_new(LAW_ALAW);
    PbxPattern pattern;
    g_autofree char *octets = NULL;
    gsize length;

    feed(audio, NULL, 400, NULL); /* before the connection */
    pbx_audio_connected(audio);
    pbx_pattern_start(&pattern, 9);
    feed(audio, &pattern, 800, NULL);
    g_assert_true(pbx_audio_record(audio, file, FALSE, NULL));
    feed(audio, &pattern, 800, NULL);
    g_assert_cmpuint(pbx_audio_recorded(audio), ==, 1600);
    pbx_audio_free(audio);
    g_assert_true(g_file_get_contents(file, &octets, &length, NULL));
    g_assert_cmpuint(length, ==, 1600);
    pbx_pattern_start(&pattern, 9);
    for (gsize i = 0; i < length; i++)
        g_assert_cmpint((guint8)octets[i], ==, pbx_pattern_next(&pattern));
    g_unlink(file);
}

static void assert_full(const GError *error)
{
    g_autofree char *wanted = g_strdup_printf("/dev/full: %s", g_strerror(ENOSPC));

    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
    g_assert_cmpstr(error->message, ==, wanted);
}

/* Whether the disk is full when it begins, in its middle, at its end, or as the next one begins. */
static void a_recording_on_a_full_disk_fails(void)
{
    PbxAudio *audio = pbx_audio_new(LAW_ALAW);
    g_autoptr(GError) begin = NULL;
    g_autoptr(GError) middle = NULL;
    g_autoptr(GError) end = NULL;
    g_autoptr(GError) next = NULL;
    guint8 rx[40] = {0}, tx[40];

    if (!g_file_test("/dev/full", G_FILE_TEST_EXISTS)) {
        g_test_skip("no /dev/full");
        pbx_audio_free(audio);
        return;
    }
    pbx_audio_connected(audio);
    feed(audio, NULL, 12000, NULL);
    g_assert_false(pbx_audio_record(audio, "/dev/full", FALSE, &begin));
    assert_full(begin);
    feed(audio, NULL, 400, NULL); /* it has ended */

    g_assert_true(pbx_audio_record(audio, "/dev/full", FALSE, NULL));
    for (guint i = 0; i < 1000 && !middle; i++)
        pbx_audio_block(audio, rx, tx, sizeof rx, &middle);
    assert_full(middle);
    g_assert_true(pbx_audio_record_end(audio, NULL));

    g_assert_true(pbx_audio_record(audio, "/dev/full", FALSE, NULL));
    feed(audio, NULL, 40, NULL);
    g_assert_false(pbx_audio_record_end(audio, &end));
    assert_full(end);

    g_assert_true(pbx_audio_record(audio, "/dev/full", FALSE, NULL));
    feed(audio, NULL, 40, NULL);
    g_assert_false(pbx_audio_record(audio, "/dev/null", FALSE, &next));
    assert_full(next);
    pbx_audio_free(audio);
}

/* Eight samples a turn: the first is 0, the second 8000 * sin 45 degrees = 5657. G.711 table 1a, in
 * steps of 1/4096: 5657 / 8 = 707 lies in 512-1024, segment 101, interval (707 - 512) / 32 = 6;
 * even bits inverted: 0x83. Table 2a, in steps of 1/8192: 5657 / 4 + 33 = 1447 lies in 1024-2048,
 * segment 101, interval 6; all bits inverted: 0xA9. */
static void tones_are_coded_by_the_law(void)
{
    PbxAudio *audio = pbx_audio_new(LAW_ALAW);
    PbxAudio *other = pbx_audio_new(LAW_ULAW);
    PbxSource tone = {.kind = SOURCE_TONE, .value = 1000};
    guint8 sent[40];

    g_assert_true(pbx_audio_play(audio, &tone, NULL, NULL));
    feed(audio, NULL, 40, sent);
    g_assert_cmphex(sent[0], ==, 0xd5);
    g_assert_cmphex(sent[1], ==, 0x83);
    g_assert_true(pbx_audio_play(other, &tone, NULL, NULL));
    feed(other, NULL, 40, sent);
    g_assert_cmphex(sent[0], ==, 0xff);
    g_assert_cmphex(sent[1], ==, 0xa9);
    pbx_audio_free(audio);
    pbx_audio_free(other);
}

/* ---- load ------------------------------------------------------------------------------------ */

static void load_is_over(void *user)
{
    ++*(guint *)user;
}

static gboolean is_over(void *user)
{
    return *(guint *)user > 0;
}

/* No line is ready: after a minute nobody waits for one any more. A line that shows itself in
 * between, though all its channels are busy, begins the minute anew. */
static void a_load_without_a_line_ends(void)
{
    static const PbxLineSettings settings = {.span = {.type = SPAN_T1, .d_channel = 24}};
    Loop *loop = loop_virtual_new();
    PbxCallsEvents nobody = {0};
    PbxCalls *calls = pbx_calls_new(loop, &nobody);
    g_autoptr(GPtrArray) lines = g_ptr_array_new();
    g_autoptr(PbxCommand) command = pbx_command_parse("rate 10 for 5 calls", 1, NULL);
    PbxLine line = {.settings = &settings, .loop = loop};
    guint over = 0;
    PbxLoad *load;

    for (guint i = 0; i < G_N_ELEMENTS(line.channels); i++)
        line.channels[i] = (struct PbxCall *)&line;
    g_ptr_array_add(lines, &line);
    load = pbx_load_new(loop, calls, lines, command, load_is_over, &over);
    loop_virtual_advance(loop, 50 * G_USEC_PER_SEC);
    line.up = line.spoken = TRUE;
    loop_virtual_advance(loop, 5 * G_USEC_PER_SEC);
    line.up = FALSE;
    g_assert_false(loop_virtual_wait(loop, 59 * G_USEC_PER_SEC, is_over, &over));
    g_assert_true(loop_virtual_wait(loop, 2 * G_USEC_PER_SEC, is_over, &over));
    g_assert_true(pbx_load_is_finished(load));
    g_assert_cmpuint(pbx_load_failed(load), ==, 5);
    g_assert_cmpuint(pbx_load_given_up(load), ==, 5);
    loop_virtual_advance(loop, 90 * G_USEC_PER_SEC);
    g_assert_cmpuint(over, ==, 1);
    pbx_load_free(load);
    pbx_calls_free(calls);
    loop_virtual_free(loop);
}

/* ---- options --------------------------------------------------------------------------------- */

static gboolean options(PbxOptions *read, GError **error, const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    int count = (int)g_strv_length(words);
    g_autofree char **copy = g_memdup2(words, sizeof(char *) * ((gsize)count + 1));
    char **argv = copy;

    return pbx_options_read(read, &count, &argv, error);
}

static void spans_come_in_groups(void)
{
    PbxOptions read;
    const PbxLineSettings *line;

    g_assert_true(options(&read, NULL, "pbx"));
    g_assert_cmpuint(read.lines->len, ==, 1);
    line = read.lines->pdata[0];
    g_assert_cmpint(line->side, ==, SIDE_CPE);
    g_assert_cmpint(line->span.clock, ==, SPAN_CLOCK_SLAVE);
    g_assert_cmpint(line->span.d_channel, ==, 16);
    g_assert_cmpint(line->span.law, ==, LAW_ALAW);
    pbx_options_clear(&read);

    g_assert_true(options(&read, NULL,
                          "pbx --side network --span local=127.0.0.1:5,type=t1 --span "
                          "remote=[::1]:7,law=ulaw,switchtype=ni2"));
    g_assert_cmpuint(read.lines->len, ==, 2);
    line = read.lines->pdata[0];
    g_assert_cmpint(line->side, ==, SIDE_NETWORK);
    g_assert_cmpint(line->span.d_channel, ==, 24);
    g_assert_cmpint(line->span.law, ==, LAW_ULAW);
    line = read.lines->pdata[1];
    g_assert_cmpint(line->span.type, ==, SPAN_E1);
    g_assert_cmpint(line->span.index, ==, 1);
    g_assert_cmpint(line->span.remote.ss_family, ==, AF_INET6);
    g_assert_cmpint(line->switch_type, ==, SWITCH_NI2);
    pbx_options_clear(&read);
}

static void spans_share_a_d_channel(void)
{
    PbxOptions read;
    const PbxLineSettings *line;

    g_assert_true(options(&read, NULL,
                          "pbx --type t1 --switchtype ni2 --span side=cpe --span "
                          "d-role=backup,interface=1 --span d-role=none,interface=2 --span "
                          "side=network --span side=network,d-role=none,interface=1"));
    g_assert_cmpuint(read.lines->len, ==, 5);
    line = read.lines->pdata[1];
    g_assert_cmpint(line->span.d_role, ==, D_BACKUP);
    g_assert_cmpint(line->span.d_channel, ==, 24);
    g_assert_cmpint(line->span.interface, ==, 1);
    line = read.lines->pdata[2];
    g_assert_cmpint(line->span.d_role, ==, D_NONE);
    g_assert_cmpint(line->span.d_channel, ==, 0);
    pbx_options_clear(&read);
}

static void bad_options_are_named(void)
{
    static const char *const lines[][2] = {
        {"pbx --side middle", "--side: network, cpe, not \"middle\""},
        {"pbx --local here", "--local: ADDRESS:PORT, not \"here\""},
        {"pbx --local 127.0.0.1:0", "--local: ADDRESS:PORT, not \"127.0.0.1:0\""},
        {"pbx --packet 3", "--packet: 1, 2 or 5, not \"3\""},
        {"pbx --buffer 99", "--buffer: 2 to 32, not \"99\""},
        {"pbx --d-role some", "--d-role: own, backup, none, not \"some\""},
        {"pbx --type t1 --span d-role=none", "--d-role: own, of the first span, not \"none\""},
        {"pbx --type t1 --span type=t1 --span d-role=none",
         "--d-role: of spans with different interfaces, not \"none\""},
        {"pbx --type t1 --span type=t1 --span d-role=backup,interface=1 --span "
         "d-role=backup,interface=2",
         "--d-role: backup, once behind a span with its own, not \"backup\""},
        {"pbx --type t1 --switchtype ni2 --span side=cpe --span "
         "d-role=none,interface=1,switchtype=4ess",
         "--d-role: of spans with one switchtype and side, not \"none\""},
        {"pbx --switchtype qsig --span side=cpe --span d-role=none,interface=1",
         "--d-role: own, on QSIG and BRI, not \"none\""},
        {"pbx --interface 127", "--interface: 0 to 126, not \"127\""},
        {"pbx --timeout later", "--timeout: a time such as 30s, not \"later\""},
        {"pbx what", "\"what\" is no option"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GError) error = NULL;
        PbxOptions read;

        g_assert_false(options(&read, &error, lines[i][0]));
        g_assert_cmpstr(error->message, ==, lines[i][1]);
        pbx_options_clear(&read);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pbx/script/every-line-has-its-meaning", every_line_has_its_meaning);
    g_test_add_func("/pbx/script/every-mistake-is-named", every_mistake_is_named);
    g_test_add_func("/pbx/script/words-of-a-call-are-kept", the_words_of_a_call_are_kept);
    g_test_add_func("/pbx/script/patterns-match-whole-numbers", patterns_match_whole_numbers);
    g_test_add_func("/pbx/manual/every-word-is-there", every_word_is_in_the_manual);
    g_test_add_func("/pbx/message/setup-is-read-whole", a_setup_is_read_whole);
    g_test_add_func("/pbx/message/malformed-is-refused", malformed_messages_are_refused);
    g_test_add_func("/pbx/message/broken-is-survived", broken_messages_are_survived);
    g_test_add_func("/pbx/edit/elements-are-added-in-order", elements_are_added_in_order);
    g_test_add_func("/pbx/edit/repetitions-are-the-same", repetitions_are_the_same_octets);
    g_test_add_func("/pbx/expect/what-was-expected-is-behind-us", what_was_expected_is_behind_us);
    g_test_add_func("/pbx/audio/pattern-is-found-or-missed-by-one-octet",
                    the_pattern_is_found_or_missed_by_one_octet);
    g_test_add_func("/pbx/audio/late-recording-has-every-octet", a_late_recording_has_every_octet);
    g_test_add_func("/pbx/audio/recording-on-a-full-disk-fails", a_recording_on_a_full_disk_fails);
    g_test_add_func("/pbx/audio/tones-are-coded-by-the-law", tones_are_coded_by_the_law);
    g_test_add_func("/pbx/load/without-a-line-ends", a_load_without_a_line_ends);
    g_test_add_func("/pbx/options/spans-come-in-groups", spans_come_in_groups);
    g_test_add_func("/pbx/options/spans-share-a-d-channel", spans_share_a_d_channel);
    g_test_add_func("/pbx/options/bad-ones-are-named", bad_options_are_named);
    return g_test_run();
}
