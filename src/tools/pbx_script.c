/* The command language of tieline-pbx: one line of text into one command value. */
#include "pbx_script.h"

#include "pbx_words.h"

#include <gio/gio.h>
#include <string.h>

#define EXPECT_WITHIN_US (5 * G_USEC_PER_SEC)
#define EXPECT_FOR_US (2 * G_USEC_PER_SEC)

typedef void (*WordFunc)(PbxWords *words, PbxCommand *command);

typedef struct WordRow {
    const char *word;
    PbxVerb verb;
    WordFunc read; /* reads the words after it; NULL: there are none */
} WordRow;

static PbxCommand *command_new(PbxVerb verb)
{
    PbxCommand *command = g_new0(PbxCommand, 1);

    *command = (PbxCommand){.verb = verb, .span = -1, .bearer = -1};
    return command;
}

void pbx_command_free(PbxCommand *command)
{
    if (!command)
        return;
    g_clear_pointer(&command->steps, g_ptr_array_unref);
    g_clear_pointer(&command->octets, g_bytes_unref);
    pbx_command_free(command->action);
    g_free(command->text);
    g_free(command->call);
    g_free(command->pattern);
    g_free(command->called);
    g_free(command->calling);
    g_free(command->name);
    g_free(command->as);
    g_free(command->file);
    g_free(command->expect.called);
    g_free(command->expect.calling);
    g_free(command->expect.name);
    g_free(command);
}

static gint cause_read(PbxWords *words)
{
    return pbx_words_number(words, "a cause", 1, 127);
}

static gint progress_read(PbxWords *words)
{
    return pbx_words_number(words, "a progress description", 1, 127);
}

static char *digits_read(PbxWords *words, const char *what)
{
    const char *digits = pbx_words_next(words, what);

    if (!words->fault && strspn(digits, "0123456789*#+") != strlen(digits))
        pbx_words_fault(words, "%s holds digits, * and #, not \"%s\"", what, digits);
    return g_strdup(digits);
}

static char *pattern_read(PbxWords *words, const char *what)
{
    const char *pattern = pbx_words_next(words, what);

    if (!words->fault && strspn(pattern, "0123456789*#XZN.") != strlen(pattern))
        pbx_words_fault(words, "%s holds digits and X, Z, N and '.', not \"%s\"", what, pattern);
    return g_strdup(pattern);
}

/* A message's name of one or two words. */
static gint message_read(PbxWords *words)
{
    const char *first = pbx_words_next(words, "a message");
    const char *second = pbx_words_peek(words);
    gint type;

    if (words->fault)
        return -1;
    if (second) {
        g_autofree char *both = g_strdup_printf("%s %s", first, second);

        type = pbx_message_type(both);
        if (type >= 0) {
            words->at++;
            return type;
        }
    }
    type = pbx_message_type(first);
    if (type < 0)
        pbx_words_fault(words, "no message is called \"%s\"", first);
    return type;
}

static GBytes *octets_read(PbxWords *words)
{
    g_autoptr(GByteArray) octets = g_byte_array_new();
    const char *word;

    while ((word = pbx_words_peek(words)) && g_ascii_strcasecmp(word, "on") != 0) {
        gsize length = strlen(word);

        for (gsize i = 0; i < length; i += 2) {
            guint8 octet;

            if (!g_ascii_isxdigit(word[i]) || i + 1 >= length || !g_ascii_isxdigit(word[i + 1])) {
                pbx_words_fault(words, "octets are pairs of hexadecimal digits, not \"%s\"", word);
                break;
            }
            octet =
                (guint8)(g_ascii_xdigit_value(word[i]) << 4 | g_ascii_xdigit_value(word[i + 1]));
            g_byte_array_append(octets, &octet, 1);
        }
        if (words->fault)
            return NULL;
        words->at++;
    }
    if (!octets->len || octets->len > 255)
        pbx_words_fault(words, "a message has 1 to 255 octets");
    return g_byte_array_free_to_bytes(g_steal_pointer(&octets));
}

static void span_read(PbxWords *words, PbxCommand *command)
{
    if (pbx_words_take(words, "on"))
        command->span = pbx_words_number(words, "a span", 0, 63);
}

/* ---- actions on a call -------------------------------------------------------------------------
 */

static void alert_read(PbxWords *words, PbxCommand *command)
{
    if (pbx_words_take(words, "progress"))
        command->progress = progress_read(words);
}

static void progress_action_read(PbxWords *words, PbxCommand *command)
{
    command->progress = progress_read(words);
    if (pbx_words_take(words, "cause"))
        command->cause = cause_read(words);
}

static void disconnect_read(PbxWords *words, PbxCommand *command)
{
    command->cause = cause_read(words);
    if (pbx_words_take(words, "progress"))
        command->progress = progress_read(words);
}

static void cause_action_read(PbxWords *words, PbxCommand *command)
{
    command->cause = cause_read(words);
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
    command->cause = cause_read(words);
}

static void digits_action_read(PbxWords *words, PbxCommand *command)
{
    command->called = digits_read(words, "the digits");
}

static void notify_read(PbxWords *words, PbxCommand *command)
{
    command->number = pbx_words_number(words, "a notification indicator", 0, 127);
}

static void source_read(PbxWords *words, PbxCommand *command)
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
    command->octets = octets_read(words);
    span_read(words, command);
}

/* ---- expect ------------------------------------------------------------------------------------
 */

static gint or_none(PbxWords *words, gint (*read)(PbxWords *))
{
    return pbx_words_take(words, "none") ? EXPECT_ABSENT : read(words);
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
    } else if (pbx_words_take(words, "octets")) {
        expect->kind = EXPECT_OCTETS;
        expect->amount = (guint64)pbx_words_number(words, "octets", 1, G_MAXINT);
    } else if (pbx_words_take(words, "pattern")) {
        expect->kind = EXPECT_PATTERN;
        expect->amount = (guint64)pbx_words_number(words, "a seed", 0, G_MAXINT);
    } else {
        expect->kind = EXPECT_MESSAGE;
        expect->message = message_read(words);
    }
}

static gboolean expect_condition_read(PbxWords *words, PbxExpectation *expect)
{
    if (pbx_words_take(words, "cause"))
        expect->cause = or_none(words, cause_read);
    else if (pbx_words_take(words, "progress"))
        expect->progress = or_none(words, progress_read);
    else if (pbx_words_take(words, "location"))
        expect->location = pbx_words_number(words, "a location", 0, 15);
    else if (pbx_words_take(words, "channel"))
        expect->channel = pbx_words_number(words, "a channel", 0, 31);
    else if (pbx_words_take(words, "state"))
        expect->state = pbx_words_number(words, "a call state", 0, 63);
    else if (pbx_words_take(words, "notify"))
        expect->notify = pbx_words_number(words, "a notification indicator", 0, 127);
    else if (!expect->called && pbx_words_take(words, "to"))
        expect->called = pattern_read(words, "the called number");
    else if (!expect->calling && pbx_words_take(words, "from"))
        expect->calling = pattern_read(words, "the calling number");
    else if (!expect->name && pbx_words_take(words, "name"))
        expect->name = g_strdup(pbx_words_next(words, "a name"));
    else
        return FALSE;
    if (expect->kind != EXPECT_MESSAGE)
        pbx_words_fault(words, "only a message has conditions");
    return TRUE;
}

static void expect_read(PbxWords *words, PbxCommand *command)
{
    PbxExpectation *expect = &command->expect;

    expect->cause = expect->location = expect->progress = expect->channel = EXPECT_ANY;
    expect->state = expect->notify = EXPECT_ANY;
    expect->none = pbx_words_take(words, "no");
    expect->sent = pbx_words_take(words, "sent");
    expect_what_read(words, expect);
    while (!words->fault && expect_condition_read(words, expect))
        ;
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
    if (expect->none && expect->kind != EXPECT_MESSAGE && expect->kind != EXPECT_DOWN &&
        expect->kind != EXPECT_ALARM)
        pbx_words_fault(words, "\"no\" goes with a message, down, or alarm");
}

/* ---- calls, load, the line ---------------------------------------------------------------------
 */

static const char *const bearer_words[] = {"speech", "audio", "unrestricted", "video"};
static const gint bearer_codes[] = {BEARER_SPEECH, BEARER_3K1_AUDIO, BEARER_UNRESTRICTED,
                                    BEARER_VIDEO};

static gint bearer_read(PbxWords *words)
{
    const char *word = pbx_words_next(words, "a bearer");

    for (gsize i = 0; i < G_N_ELEMENTS(bearer_words); i++)
        if (g_ascii_strcasecmp(word, bearer_words[i]) == 0)
            return bearer_codes[i];
    pbx_words_fault(words, "a bearer is speech, audio, unrestricted or video, not \"%s\"", word);
    return -1;
}

static gboolean call_option_read(PbxWords *words, PbxCommand *command)
{
    if (!command->calling && pbx_words_take(words, "from"))
        command->calling = digits_read(words, "the calling number");
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
    command->called = digits_read(words, "the called number");
    while (!words->fault && call_option_read(words, command))
        ;
}

static gboolean rate_option_read(PbxWords *words, PbxCommand *command)
{
    if (!command->called && pbx_words_take(words, "to")) {
        command->called = digits_read(words, "the called number");
    } else if (!command->calling && pbx_words_take(words, "from")) {
        command->calling = digits_read(words, "the calling number");
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

static void ignore_read(PbxWords *words, PbxCommand *command)
{
    command->number = message_read(words);
    command->count = -1;
    if (pbx_words_take(words, "once")) {
        command->count = 1;
    } else if (pbx_words_peek(words) && g_ascii_isdigit(pbx_words_peek(words)[0])) {
        command->count = pbx_words_number(words, "how often", 1, 10000);
        pbx_words_take(words, "times");
    }
    span_read(words, command);
}

static void heed_read(PbxWords *words, PbxCommand *command)
{
    command->number = pbx_words_take(words, "all") ? -1 : message_read(words);
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

static const WordRow action_words[] = {
    {"proceed", VERB_PROCEED, NULL},
    {"setup-ack", VERB_SETUP_ACK, NULL},
    {"alert", VERB_ALERT, alert_read},
    {"progress", VERB_PROGRESS, progress_action_read},
    {"answer", VERB_ANSWER, NULL},
    {"connect", VERB_ANSWER, NULL},
    {"disconnect", VERB_DISCONNECT, disconnect_read},
    {"release", VERB_RELEASE, release_read},
    {"reject", VERB_REJECT, cause_action_read},
    {"digits", VERB_DIGITS, digits_action_read},
    {"notify", VERB_NOTIFY, notify_read},
    {"play", VERB_PLAY, source_read},
    {"record", VERB_RECORD, record_read},
    {"echo", VERB_ECHO, NULL},
    {"stop", VERB_STOP, NULL},
    {"raw", VERB_RAW, raw_read},
    {"expect", VERB_EXPECT, expect_read},
};

static const WordRow other_words[] = {
    {"as", VERB_NAME, as_read},           {"call", VERB_CALL, call_read},
    {"rate", VERB_RATE, rate_read},       {"restart", VERB_RESTART, restart_read},
    {"ignore", VERB_IGNORE, ignore_read}, {"heed", VERB_HEED, heed_read},
    {"line", VERB_LINE, switch_read},     {"dchannel", VERB_DCHANNEL, switch_read},
    {"timer", VERB_TIMER, timer_read},    {"wait", VERB_WAIT, wait_read},
    {"forget", VERB_FORGET, NULL},        {"check", VERB_CHECK_IDLE, check_read},
    {"serve", VERB_SERVE, NULL},          {"quit", VERB_QUIT, quit_read},
};

static const WordRow *row_find(const WordRow *rows, gsize count, const char *word)
{
    for (gsize i = 0; word && i < count; i++)
        if (g_ascii_strcasecmp(rows[i].word, word) == 0)
            return &rows[i];
    return NULL;
}

static PbxCommand *row_read(const WordRow *row, PbxWords *words)
{
    PbxCommand *command = command_new(row->verb);

    words->at++;
    if (row->read)
        row->read(words, command);
    return command;
}

/* ---- behaviour for coming calls ----------------------------------------------------------------
 */

static PbxCommand *step_add(PbxCommand *behaviour, PbxVerb verb)
{
    PbxCommand *step = command_new(verb);

    g_ptr_array_add(behaviour->steps, step);
    return step;
}

/* Words that are short for several steps; FALSE when the word at hand is none of them. */
static gboolean composite_read(PbxWords *words, PbxCommand *behaviour)
{
    if (pbx_words_take(words, "silent"))
        return TRUE;
    if (pbx_words_take(words, "ring")) {
        step_add(behaviour, VERB_PROCEED);
        step_add(behaviour, VERB_ALERT);
    } else if (pbx_words_take(words, "busy")) {
        step_add(behaviour, VERB_PROCEED);
        step_add(behaviour, VERB_DISCONNECT)->cause = 17;
    } else if (pbx_words_take(words, "answer")) {
        step_add(behaviour, VERB_PROCEED);
        step_add(behaviour, VERB_ALERT);
        step_add(behaviour, VERB_ANSWER);
    } else if (pbx_words_take(words, "early")) {
        step_add(behaviour, VERB_PROCEED);
        step_add(behaviour, VERB_PROGRESS)->progress = 8;
        source_read(words, step_add(behaviour, VERB_PLAY));
    } else if (pbx_words_take(words, "proceed")) {
        step_add(behaviour, VERB_PROCEED);
        pbx_words_take(words, "only");
    } else if (g_strcmp0(pbx_words_peek(words), "progress") == 0) {
        step_add(behaviour, VERB_PROCEED);
        return FALSE;
    } else {
        return FALSE;
    }
    return TRUE;
}

static void step_read(PbxWords *words, PbxCommand *behaviour, gboolean first)
{
    if (!first || !composite_read(words, behaviour)) {
        const char *word = pbx_words_peek(words);
        const WordRow *row = row_find(action_words, G_N_ELEMENTS(action_words), word);

        if (!row || row->verb == VERB_EXPECT) {
            pbx_words_fault(words, "\"%s\" is no step of an answer to a call", word ? word : "");
            return;
        }
        g_ptr_array_add(behaviour->steps, row_read(row, words));
    }
    if (pbx_words_take(words, "after")) {
        gint64 delay = pbx_words_time(words, "the delay");

        if (behaviour->steps->len)
            ((PbxCommand *)g_ptr_array_index(behaviour->steps, behaviour->steps->len - 1))
                ->after_us = delay;
    }
}

static PbxCommand *behaviour_read(PbxWords *words)
{
    PbxCommand *behaviour = command_new(VERB_BEHAVE);
    gboolean first = TRUE;

    behaviour->steps = g_ptr_array_new_with_free_func((GDestroyNotify)pbx_command_free);
    do {
        step_read(words, behaviour, first);
        first = FALSE;
    } while (!words->fault && pbx_words_take(words, "then"));
    return behaviour;
}

/* TRUE when a line that begins with an action's word can only mean coming calls. */
static gboolean behaviour_only(const PbxWords *words)
{
    static const char *const first[] = {"silent", "ring", "busy", "early"};
    const char *here = pbx_words_peek(words);

    for (gsize i = 0; i < G_N_ELEMENTS(first); i++)
        if (g_ascii_strcasecmp(here, first[i]) == 0)
            return TRUE;
    if (g_ascii_strcasecmp(here, "release") == 0) /* "release after 2s" is a setting of its own */
        return FALSE;
    for (guint i = words->at + 1; i < words->words->len; i++) {
        const char *word = words->words->pdata[i];

        if (g_ascii_strcasecmp(word, "then") == 0 || g_ascii_strcasecmp(word, "after") == 0 ||
            (g_ascii_strcasecmp(word, "only") == 0 && i == words->at + 1))
            return TRUE;
    }
    return FALSE;
}

/* Actions that at the start of a script, before any call, say how calls will be answered. */
static gboolean may_behave(PbxVerb verb)
{
    return verb == VERB_PROCEED || verb == VERB_ALERT || verb == VERB_PROGRESS ||
           verb == VERB_ANSWER || verb == VERB_REJECT || verb == VERB_SETUP_ACK;
}

static PbxCommand *action_or_behaviour(PbxWords *words, const WordRow *row)
{
    guint start = words->at;
    PbxCommand *action = row_read(row, words);
    PbxCommand *behaviour;

    if (words->fault || !may_behave(row->verb))
        return action;
    words->at = start;
    behaviour = behaviour_read(words);
    behaviour->action = action;
    return behaviour;
}

static PbxCommand *line_read(PbxWords *words)
{
    const char *word = pbx_words_peek(words);
    const WordRow *row;

    if (!word || word[0] == '#')
        return command_new(VERB_NOTHING);
    if (pbx_words_take(words, "for") || pbx_words_take(words, "always")) {
        gboolean some = g_ascii_strcasecmp(word, "for") == 0;
        g_autofree char *pattern = some ? pattern_read(words, "the called number") : NULL;
        PbxCommand *behaviour = behaviour_read(words);

        behaviour->pattern = g_steal_pointer(&pattern);
        return behaviour;
    }
    if (g_ascii_strcasecmp(word, "call") == 0 && words->words->len > words->at + 2) {
        row =
            row_find(action_words, G_N_ELEMENTS(action_words), words->words->pdata[words->at + 2]);
        if (row) {
            const char *call = words->words->pdata[words->at + 1];
            PbxCommand *command;

            words->at += 2;
            command = row_read(row, words);
            command->call = g_strdup(call);
            return command;
        }
    }
    if (behaviour_only(words))
        return behaviour_read(words);
    row = row_find(action_words, G_N_ELEMENTS(action_words), word);
    if (row)
        return action_or_behaviour(words, row);
    row = row_find(other_words, G_N_ELEMENTS(other_words), word);
    if (row)
        return row_read(row, words);
    pbx_words_fault(words, "no command is called \"%s\"", word);
    return command_new(VERB_NOTHING);
}

PbxCommand *pbx_command_parse(const char *text, guint line, GError **error)
{
    PbxWords words;
    g_autoptr(PbxCommand) command = NULL;

    pbx_words_open(&words, text);
    command = words.fault && text[strspn(text, " \t")] == '#' ? command_new(VERB_NOTHING)
                                                              : line_read(&words);
    if (command->verb == VERB_NOTHING && text[strspn(text, " \t")] == '#')
        g_clear_pointer(&words.fault, g_free);
    else if (command->verb != VERB_NOTHING && pbx_words_peek(&words))
        pbx_words_fault(&words, "\"%s\" is one word too many", pbx_words_peek(&words));
    if (words.fault) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s", words.fault);
        g_clear_pointer(&command, pbx_command_free);
    } else {
        command->line = line;
        command->text = g_strstrip(g_strdup(text));
        if (command->action) {
            command->action->line = line;
            command->action->text = g_strdup(command->text);
        }
    }
    pbx_words_close(&words);
    return g_steal_pointer(&command);
}
