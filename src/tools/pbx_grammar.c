/* The grammar of the command language as rows: a word, what it does, how the words after it are
 * read. */
#include "pbx_grammar.h"

#include <string.h>

static void span_read(PbxWords *words, PbxCommand *command)
{
    if (pbx_words_take(words, "on"))
        command->span = pbx_words_number(words, "a span", 0, 63);
}

/* ---- actions on a call ----------------------------------------------------------------------- */

static void with_read(PbxWords *words, PbxCommand *command)
{
    if (!command->extra && pbx_words_take(words, "with"))
        command->extra = pbx_words_elements(words);
}

static void alert_read(PbxWords *words, PbxCommand *command)
{
    if (pbx_words_take(words, "progress"))
        command->progress = pbx_words_progress(words);
    with_read(words, command);
}

static void progress_action_read(PbxWords *words, PbxCommand *command)
{
    command->progress = pbx_words_progress(words);
    if (pbx_words_take(words, "cause"))
        command->cause = pbx_words_cause(words);
}

static void disconnect_read(PbxWords *words, PbxCommand *command)
{
    command->cause = pbx_words_cause(words);
    if (pbx_words_take(words, "progress"))
        command->progress = pbx_words_progress(words);
    with_read(words, command);
}

static void cause_action_read(PbxWords *words, PbxCommand *command)
{
    command->cause = pbx_words_cause(words);
}

static void release_read(PbxWords *words, PbxCommand *command)
{
    if (pbx_words_take(words, "after")) {
        command->verb = VERB_CLEARING;
        command->time_us = pbx_words_time(words, "the delay");
        return;
    }
    if (pbx_words_take(words, "complete"))
        command->verb = VERB_COMPLETE;
    command->cause = pbx_words_cause(words);
    with_read(words, command);
}

static void digits_action_read(PbxWords *words, PbxCommand *command)
{
    command->called = pbx_words_digits(words, "the digits");
    command->on = pbx_words_take(words, "complete");
}

static void notify_read(PbxWords *words, PbxCommand *command)
{
    command->number = pbx_words_number(words, "a notification indicator", 0, 127);
}

static void retrieve_read(PbxWords *words, PbxCommand *command)
{
    if (pbx_words_take(words, "channel"))
        command->channel = pbx_words_number(words, "a channel", 1, 31);
}

static void reroute_read(PbxWords *words, PbxCommand *command)
{
    static const char *const reasons[] = {"unknown", "busy", "no-answer", "unconditional"};
    static const gint codes[] = {0, 1, 2, 15}; /* Q.952 */

    command->called = pbx_words_digits(words, "the new number");
    for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++)
        if (pbx_words_take(words, reasons[i]))
            command->number = codes[i];
}

static void charge_read(PbxWords *words, PbxCommand *command)
{
    command->on = pbx_words_take(words, "end");
    command->overlap = !command->on && pbx_words_take(words, "begin");
    if (command->overlap || !pbx_words_take(words, "units"))
        command->name = g_strdup(pbx_words_next(words, "units, or a currency"));
    command->count = pbx_words_number(words, "an amount", 0, 100000000);
}

static gboolean party_option_read(PbxWords *words, PbxCommand *command)
{
    if (!command->name && pbx_words_take(words, "name"))
        command->name = g_strdup(pbx_words_next(words, "a name"));
    else if (pbx_words_take(words, "restricted"))
        command->restricted = TRUE;
    else
        return FALSE;
    return TRUE;
}

static void party_read(PbxWords *words, PbxCommand *command)
{
    command->calling = pbx_words_digits(words, "the number");
    while (!words->fault && party_option_read(words, command))
        ;
}

static void answer_read(PbxWords *words, PbxCommand *command)
{
    if (pbx_words_take(words, "as"))
        command->calling = pbx_words_digits(words, "the connected number");
    while (!words->fault && party_option_read(words, command))
        ;
    with_read(words, command);
}

void pbx_grammar_source(PbxWords *words, PbxCommand *command)
{
    if (pbx_words_take(words, "pattern")) {
        command->source.kind = SOURCE_PATTERN;
        command->source.value = (guint32)pbx_words_number(words, "a seed", 0, G_MAXINT);
    } else if (pbx_words_take(words, "tone")) {
        command->source.kind = SOURCE_TONE;
        command->source.value = (guint32)pbx_words_number(words, "a frequency", 50, 3900);
    } else {
        command->source.kind = SOURCE_FILE;
        command->file = g_strdup(pbx_words_next(words, "a file"));
        command->source.again = pbx_words_take(words, "again");
    }
}

static void record_read(PbxWords *words, PbxCommand *command)
{
    command->file = g_strdup(pbx_words_next(words, "a file"));
    command->on = pbx_words_take(words, "early");
}

static void join_read(PbxWords *words, PbxCommand *command)
{
    command->name = g_strdup(pbx_words_next(words, "the other call"));
}

static void as_read(PbxWords *words, PbxCommand *command)
{
    command->as = g_strdup(pbx_words_next(words, "a name"));
    if (!words->fault && g_ascii_isdigit(command->as[0]))
        pbx_words_fault(words, "a call's name does not begin with a digit");
}

static void raw_read(PbxWords *words, PbxCommand *command)
{
    if (pbx_words_take(words, "frame"))
        command->verb = VERB_RAW_FRAME;
    command->octets = pbx_words_octets(words);
    span_read(words, command);
}

/* ---- calls, load, the line ------------------------------------------------------------------- */

static const char *const bearer_words[] = {"speech", "audio", "unrestricted", "restricted-digital",
                                           "tones",  "video"};
static const gint bearer_codes[] = {BEARER_SPEECH,     BEARER_3K1_AUDIO, BEARER_UNRESTRICTED,
                                    BEARER_RESTRICTED, BEARER_7K_AUDIO,  BEARER_VIDEO};

static gint bearer_read(PbxWords *words)
{
    const char *word = pbx_words_next(words, "a bearer");

    for (gsize i = 0; i < G_N_ELEMENTS(bearer_words); i++)
        if (g_ascii_strcasecmp(word, bearer_words[i]) == 0)
            return bearer_codes[i];
    pbx_words_fault(
        words,
        "a bearer is speech, audio, unrestricted, restricted-digital, tones or video, not \"%s\"",
        word);
    return -1;
}

static gboolean call_option_read(PbxWords *words, PbxCommand *command)
{
    if (!command->calling && pbx_words_take(words, "from"))
        command->calling = pbx_words_digits(words, "the calling number");
    else if (!command->name && pbx_words_take(words, "name"))
        command->name = g_strdup(pbx_words_next(words, "a name"));
    else if (!command->as && pbx_words_take(words, "as"))
        as_read(words, command);
    else if (pbx_words_take(words, "channel"))
        command->channel = pbx_words_number(words, "a channel", 1, 31);
    else if (pbx_words_take(words, "exclusive"))
        command->exclusive = TRUE;
    else if (pbx_words_take(words, "preferred"))
        command->exclusive = FALSE;
    else if (pbx_words_take(words, "overlap"))
        command->overlap = TRUE;
    else if (pbx_words_take(words, "restricted"))
        command->restricted = TRUE;
    else if (!command->extra && g_strcmp0(pbx_words_peek(words), "with") == 0)
        with_read(words, command);
    else if (pbx_words_take(words, "follows"))
        command->follows = TRUE;
    else if (pbx_words_take(words, "bearer"))
        command->bearer = bearer_read(words);
    else if (g_strcmp0(pbx_words_peek(words), "on") == 0)
        span_read(words, command);
    else
        return FALSE;
    return TRUE;
}

static void call_read(PbxWords *words, PbxCommand *command)
{
    command->called = pbx_words_digits(words, "the called number");
    while (!words->fault && call_option_read(words, command))
        ;
}

static gboolean rate_option_read(PbxWords *words, PbxCommand *command)
{
    if (!command->called && pbx_words_take(words, "to")) {
        command->called = pbx_words_digits(words, "the called number");
    } else if (!command->calling && pbx_words_take(words, "from")) {
        command->calling = pbx_words_digits(words, "the calling number");
    } else if (pbx_words_take(words, "talk")) {
        command->time_us = pbx_words_time(words, "the talk time");
    } else if (pbx_words_take(words, "at")) {
        if (!pbx_words_take(words, "most"))
            pbx_words_fault(words, "\"at most N\" limits simultaneous calls");
        command->at_most = (guint)pbx_words_number(words, "simultaneous calls", 1, 10000);
    } else if (g_strcmp0(pbx_words_peek(words), "on") == 0) {
        span_read(words, command);
    } else {
        return FALSE;
    }
    return TRUE;
}

static void rate_read(PbxWords *words, PbxCommand *command)
{
    const char *word = pbx_words_next(words, "a rate");
    char *end;

    command->rate = g_ascii_strtod(word, &end);
    if (!words->fault && (*end || !(command->rate > 0) || command->rate > 10000))
        pbx_words_fault(words, "a rate is calls a second, not \"%s\"", word);
    command->count = 100;
    command->time_us = G_USEC_PER_SEC;
    if (pbx_words_take(words, "for")) {
        command->count = pbx_words_number(words, "a number of calls", 1, 100000000);
        pbx_words_take(words, "calls");
    }
    while (!words->fault && rate_option_read(words, command))
        ;
    if (!command->called)
        command->called = g_strdup("100");
}

static void restart_read(PbxWords *words, PbxCommand *command)
{
    command->channel =
        pbx_words_take(words, "all") ? -1 : pbx_words_number(words, "a channel", 1, 31);
    span_read(words, command);
}

static void service_read(PbxWords *words, PbxCommand *command)
{
    command->on = pbx_words_take(words, "in");
    if (!command->on && !pbx_words_take(words, "out"))
        pbx_words_fault(words, "SERVICE takes a channel out or in");
    command->channel =
        pbx_words_take(words, "all") ? -1 : pbx_words_number(words, "a channel", 1, 31);
    span_read(words, command);
}

static void mwi_read(PbxWords *words, PbxCommand *command)
{
    const char *count;

    command->called = pbx_words_digits(words, "the user's number");
    command->on = pbx_words_take(words, "waiting");
    if (!command->on && !pbx_words_take(words, "none"))
        pbx_words_fault(words, "a mailbox is waiting or none");
    count = pbx_words_peek(words);
    if (command->on && count && g_ascii_isdigit(count[0]))
        command->count = pbx_words_number(words, "messages", 1, 127);
    span_read(words, command);
}

static void ignore_read(PbxWords *words, PbxCommand *command)
{
    command->number = pbx_words_message(words);
    command->count = -1;
    if (pbx_words_take(words, "once")) {
        command->count = 1;
    } else if (pbx_words_peek(words) && g_ascii_isdigit(pbx_words_peek(words)[0])) {
        command->count = pbx_words_number(words, "how often", 1, 10000);
        pbx_words_take(words, "times");
    }
    span_read(words, command);
}

static void late_read(PbxWords *words, PbxCommand *command)
{
    command->number = pbx_words_message(words);
    command->time_us = pbx_words_time(words, "the delay");
    span_read(words, command);
}

static void heed_read(PbxWords *words, PbxCommand *command)
{
    command->number = pbx_words_take(words, "all") ? -1 : pbx_words_message(words);
    span_read(words, command);
}

static void switch_read(PbxWords *words, PbxCommand *command)
{
    const char *word = pbx_words_next(words, "up or down");

    command->on = g_ascii_strcasecmp(word, "up") == 0;
    if (!words->fault && !command->on && g_ascii_strcasecmp(word, "down") != 0)
        pbx_words_fault(words, "it goes up or down, not \"%s\"", word);
    span_read(words, command);
}

static void switch_to_read(PbxWords *words, PbxCommand *command)
{
    span_read(words, command);
    if (!words->fault && command->span < 0)
        pbx_words_fault(words, "which span's D channel: switch on SPAN");
}

static void timer_read(PbxWords *words, PbxCommand *command)
{
    command->name = g_ascii_strup(pbx_words_next(words, "a timer"), -1);
    if (command->name[0] == 'T')
        command->number = (gint)(pbx_words_time(words, "the timer's value") / 1000);
    else
        command->number = pbx_words_number(words, "the counter's value", 0, 100000);
    span_read(words, command);
}

static void wait_read(PbxWords *words, PbxCommand *command)
{
    command->time_us = pbx_words_time(words, "the time");
}

static void check_read(PbxWords *words, PbxCommand *command)
{
    pbx_words_take(words, "channels");
    if (!pbx_words_take(words, "idle"))
        pbx_words_fault(words, "what can be checked is \"channels idle\"");
}

static void quit_read(PbxWords *words, PbxCommand *command)
{
    command->on = pbx_words_take(words, "now");
}

static const PbxWordRow action_words[] = {
    {"proceed", VERB_PROCEED, NULL},
    {"setup-ack", VERB_SETUP_ACK, NULL},
    {"alert", VERB_ALERT, alert_read},
    {"progress", VERB_PROGRESS, progress_action_read},
    {"answer", VERB_ANSWER, answer_read},
    {"connect", VERB_ANSWER, answer_read},
    {"party", VERB_PARTY, party_read},
    {"disconnect", VERB_DISCONNECT, disconnect_read},
    {"release", VERB_RELEASE, release_read},
    {"reject", VERB_REJECT, cause_action_read},
    {"digits", VERB_DIGITS, digits_action_read},
    {"notify", VERB_NOTIFY, notify_read},
    {"hold", VERB_HOLD, NULL},
    {"retrieve", VERB_RETRIEVE, retrieve_read},
    {"reroute", VERB_REROUTE, reroute_read},
    {"charge", VERB_CHARGE, charge_read},
    {"mcid", VERB_MCID, NULL},
    {"join", VERB_JOIN, join_read},
    {"play", VERB_PLAY, pbx_grammar_source},
    {"record", VERB_RECORD, record_read},
    {"echo", VERB_ECHO, NULL},
    {"stop", VERB_STOP, NULL},
    {"raw", VERB_RAW, raw_read},
    {"expect", VERB_EXPECT, pbx_grammar_expect},
};

static const PbxWordRow other_words[] = {
    {"as", VERB_NAME, as_read},
    {"call", VERB_CALL, call_read},
    {"rate", VERB_RATE, rate_read},
    {"restart", VERB_RESTART, restart_read},
    {"ignore", VERB_IGNORE, ignore_read},
    {"heed", VERB_HEED, heed_read},
    {"line", VERB_LINE, switch_read},
    {"dchannel", VERB_DCHANNEL, switch_read},
    {"switch", VERB_SWITCH, switch_to_read},
    {"timer", VERB_TIMER, timer_read},
    {"wait", VERB_WAIT, wait_read},
    {"mwi", VERB_MWI, mwi_read},
    {"service", VERB_SERVICE, service_read},
    {"late", VERB_LATE, late_read},
    {"forget", VERB_FORGET, NULL},
    {"check", VERB_CHECK_IDLE, check_read},
    {"serve", VERB_SERVE, NULL},
    {"quit", VERB_QUIT, quit_read},
};

static const PbxWordRow *row_find(const PbxWordRow *rows, gsize count, const char *word)
{
    for (gsize i = 0; word && i < count; i++)
        if (g_ascii_strcasecmp(rows[i].word, word) == 0)
            return &rows[i];
    return NULL;
}

const PbxWordRow *pbx_grammar_action(const char *word)
{
    return row_find(action_words, G_N_ELEMENTS(action_words), word);
}

const PbxWordRow *pbx_grammar_other(const char *word)
{
    return row_find(other_words, G_N_ELEMENTS(other_words), word);
}

const PbxWordRow *pbx_grammar_row(gsize index)
{
    if (index < G_N_ELEMENTS(action_words))
        return &action_words[index];
    index -= G_N_ELEMENTS(action_words);
    return index < G_N_ELEMENTS(other_words) ? &other_words[index] : NULL;
}
