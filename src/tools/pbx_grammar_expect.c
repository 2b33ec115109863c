/* What comes after `expect`: a message with its conditions, a state of the line, what the audio
 * says. */
#include "pbx_grammar.h"

#define EXPECT_WITHIN_US (5 * G_USEC_PER_SEC)
#define EXPECT_FOR_US (2 * G_USEC_PER_SEC)

static gint or_none(PbxWords *words, gint (*read)(PbxWords *))
{
    return pbx_words_take(words, "none") ? EXPECT_ABSENT : read(words);
}

/* "200 waiting 3", "200 waiting", "200 none": as pbx_mwi_hear() says it. */
static void mwi_read(PbxWords *words, PbxExpectation *expect)
{
    g_autofree char *number = pbx_words_digits(words, "the user's number");
    const char *count;

    if (pbx_words_take(words, "none")) {
        expect->name = g_strdup_printf("%s none", number);
        return;
    }
    if (!pbx_words_take(words, "waiting"))
        pbx_words_fault(words, "a mailbox is waiting or none");
    count = pbx_words_peek(words);
    if (count && g_ascii_isdigit(count[0]))
        expect->name =
            g_strdup_printf("%s waiting %d", number, pbx_words_number(words, "messages", 1, 65535));
    else
        expect->name = g_strdup_printf("%s waiting", number);
}

static void expect_what_read(PbxWords *words, PbxExpectation *expect)
{
    if (pbx_words_take(words, "up")) {
        expect->kind = EXPECT_UP;
    } else if (pbx_words_take(words, "down")) {
        expect->kind = EXPECT_DOWN;
    } else if (pbx_words_take(words, "alarm")) {
        expect->kind = EXPECT_ALARM;
    } else if (pbx_words_take(words, "clear")) {
        expect->kind = EXPECT_NO_ALARM;
    } else if (pbx_words_take(words, "idle")) {
        expect->kind = EXPECT_IDLE;
    } else if (pbx_words_take(words, "played")) {
        expect->kind = EXPECT_PLAYED;
    } else if (pbx_words_take(words, "name")) {
        expect->kind = EXPECT_NAME;
        expect->name = g_strdup(pbx_words_next(words, "a name"));
    } else if (pbx_words_take(words, "mwi")) {
        expect->kind = EXPECT_MWI;
        mwi_read(words, expect);
    } else if (pbx_words_take(words, "octets")) {
        expect->kind = EXPECT_OCTETS;
        expect->amount = (guint64)pbx_words_number(words, "octets", 1, G_MAXINT);
    } else if (pbx_words_take(words, "pattern")) {
        expect->kind = EXPECT_PATTERN;
        expect->amount = (guint64)pbx_words_number(words, "a seed", 0, G_MAXINT);
    } else {
        expect->kind = EXPECT_MESSAGE;
        expect->message = pbx_words_message(words);
    }
}

static gboolean expect_condition_read(PbxWords *words, PbxExpectation *expect)
{
    if (pbx_words_take(words, "cause"))
        expect->cause = or_none(words, pbx_words_cause);
    else if (pbx_words_take(words, "progress"))
        expect->progress = or_none(words, pbx_words_progress);
    else if (pbx_words_take(words, "location"))
        expect->location = pbx_words_number(words, "a location", 0, 15);
    else if (pbx_words_take(words, "channel"))
        expect->channel = pbx_words_number(words, "a channel", 0, 31);
    else if (pbx_words_take(words, "interface"))
        expect->interface = pbx_words_number(words, "an interface identifier", 0, 126);
    else if (pbx_words_take(words, "state"))
        expect->state = pbx_words_number(words, "a call state", 0, 63);
    else if (pbx_words_take(words, "notify"))
        expect->notify = pbx_words_number(words, "a notification indicator", 0, 127);
    else if (!expect->called && pbx_words_take(words, "to"))
        expect->called = pbx_words_pattern(words, "the called number");
    else if (!expect->calling && pbx_words_take(words, "from"))
        expect->calling = pbx_words_pattern(words, "the calling number");
    else if (!expect->connected && pbx_words_take(words, "connected"))
        expect->connected = pbx_words_pattern(words, "the connected number");
    else if (!expect->name && pbx_words_take(words, "name"))
        expect->name = g_strdup(pbx_words_next(words, "a name"));
    else
        return FALSE;
    if (expect->kind != EXPECT_MESSAGE)
        pbx_words_fault(words, "only a message has conditions");
    return TRUE;
}

static gboolean expect_is_of_a_line(const PbxExpectation *expect)
{
    return expect->kind == EXPECT_UP || expect->kind == EXPECT_DOWN ||
           expect->kind == EXPECT_ALARM || expect->kind == EXPECT_NO_ALARM;
}

void pbx_grammar_expect(PbxWords *words, PbxCommand *command)
{
    PbxExpectation *expect = &command->expect;

    expect->cause = expect->location = expect->progress = expect->channel = EXPECT_ANY;
    expect->interface = expect->state = expect->notify = EXPECT_ANY;
    expect->none = pbx_words_take(words, "no");
    expect->sent = pbx_words_take(words, "sent");
    expect_what_read(words, expect);
    while (!words->fault && expect_condition_read(words, expect))
        ;
    if (expect_is_of_a_line(expect) && pbx_words_take(words, "on"))
        command->span = pbx_words_number(words, "a span", 0, 63);
    expect->within_us = EXPECT_WITHIN_US;
    expect->for_us = EXPECT_FOR_US;
    if ((expect->none || expect->kind == EXPECT_PATTERN) && pbx_words_take(words, "for"))
        expect->for_us = pbx_words_time(words, "the time");
    if (!expect->none) {
        if (expect->kind == EXPECT_PATTERN)
            expect->within_us += expect->for_us;
        if (pbx_words_take(words, "within"))
            expect->within_us = pbx_words_time(words, "the time");
    }
    if (expect->sent && expect->kind != EXPECT_MESSAGE)
        pbx_words_fault(words, "only a message is sent");
    if (expect->none && expect->kind != EXPECT_MESSAGE && expect->kind != EXPECT_MWI &&
        expect->kind != EXPECT_DOWN && expect->kind != EXPECT_ALARM)
        pbx_words_fault(words, "\"no\" goes with a message, mwi, down, or alarm");
}
