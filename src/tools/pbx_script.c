/* The command language of tieline-pbx: one line of text into one command value. */
#include "pbx_script.h"

#include "pbx_grammar.h"

#include <gio/gio.h>
#include <string.h>

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
    g_clear_pointer(&command->extra, g_bytes_unref);
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
    g_free(command->expect.connected);
    g_free(command->expect.name);
    g_free(command);
}

static PbxCommand *row_read(const PbxWordRow *row, PbxWords *words)
{
    PbxCommand *command = command_new(row->verb);

    words->at++;
    if (row->read)
        row->read(words, command);
    return command;
}

/* ---- behaviour for coming calls -------------------------------------------------------------- */

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
        pbx_grammar_source(words, step_add(behaviour, VERB_PLAY));
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
        const PbxWordRow *row = pbx_grammar_action(word);

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

/* Steps from FROM on are made of the words from START on: their text, for reports. */
static void steps_name(const PbxWords *words, guint start, PbxCommand *behaviour, guint from)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = start; i < words->at; i++)
        g_string_append_printf(text, "%s%s", i > start ? " " : "",
                               (const char *)words->words->pdata[i]);
    for (guint i = from; i < behaviour->steps->len; i++)
        ((PbxCommand *)behaviour->steps->pdata[i])->text = g_strdup(text->str);
}

static PbxCommand *behaviour_read(PbxWords *words)
{
    PbxCommand *behaviour = command_new(VERB_BEHAVE);
    gboolean first = TRUE;

    behaviour->steps = g_ptr_array_new_with_free_func((GDestroyNotify)pbx_command_free);
    do {
        guint start = words->at, from = behaviour->steps->len;

        step_read(words, behaviour, first);
        steps_name(words, start, behaviour, from);
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

static PbxCommand *action_or_behaviour(PbxWords *words, const PbxWordRow *row)
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
    const PbxWordRow *row;

    if (!word || word[0] == '#')
        return command_new(VERB_NOTHING);
    if (pbx_words_take(words, "for") || pbx_words_take(words, "always")) {
        gboolean some = g_ascii_strcasecmp(word, "for") == 0;
        g_autofree char *pattern = some ? pbx_words_pattern(words, "the called number") : NULL;
        PbxCommand *behaviour = behaviour_read(words);

        behaviour->pattern = g_steal_pointer(&pattern);
        return behaviour;
    }
    if (g_ascii_strcasecmp(word, "call") == 0 && words->words->len > words->at + 2) {
        row = pbx_grammar_action(words->words->pdata[words->at + 2]);
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
    row = pbx_grammar_action(word);
    if (row)
        return action_or_behaviour(words, row);
    row = pbx_grammar_other(word);
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
        for (guint i = 0; command->steps && i < command->steps->len; i++)
            ((PbxCommand *)command->steps->pdata[i])->line = line;
    }
    pbx_words_close(&words);
    return g_steal_pointer(&command);
}
