/* What each command of a script does: calls, loads, waits, checks; actions go to the call they
 * mean. */
#include "pbx_run_private.h"

/* A command that makes calls waits this long for the D channel. */
#define UP_WITHIN_US (10 * G_USEC_PER_SEC)
/* How long `quit` waits for its calls to be released. */
#define QUIT_WITHIN_US (2 * G_USEC_PER_SEC)

gboolean pbx_run_fail(GError **error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_propagate_error(error, g_error_new_valist(PBX_RUN_ERROR, VERDICT_FAILED, format, arguments));
    va_end(arguments);
    return FALSE;
}

PbxCall *pbx_run_find_call(PbxRun *run, const PbxCommand *command, GError **error)
{
    PbxCall *call;
    guint id = run->current;

    if (command->call) {
        id = g_ascii_isdigit(command->call[0])
                 ? (guint)g_ascii_strtoull(command->call, NULL, 10)
                 : GPOINTER_TO_UINT(g_hash_table_lookup(run->names, command->call));
        if (!id) {
            pbx_run_fail(error, "no call is called %s", command->call);
            return NULL;
        }
    }
    call = pbx_calls_find(run->calls, id);
    if (!call && !command->call)
        call = pbx_calls_newest(run->calls);
    if (!call)
        pbx_run_fail(error, command->call ? "that call is over" : "there is no call");
    return call;
}

PbxLine *pbx_run_find_line(PbxRun *run, gint span, GError **error)
{
    for (guint i = 0; i < run->lines->len; i++) {
        PbxLine *line = run->lines->pdata[i];

        if (line->index == span)
            return line;
    }
    pbx_run_fail(error, "there is no span %d", span);
    return NULL;
}

/* Until a call can be made: RUN_WAITING, and after a while a line that does not come up is trouble.
 */
static RunResult wait_for_up(PbxRun *run, const PbxCommand *command, GError **error)
{
    if (command->span >= 0 && !pbx_run_find_line(run, command->span, error))
        return RUN_FAILED;
    if (!run->begun) {
        run->begun = TRUE;
        run->deadline_us = loop_now(run->loop) + UP_WITHIN_US;
    }
    for (guint i = 0; i < run->lines->len; i++) {
        const PbxLine *line = run->lines->pdata[i];

        if (pbx_line_is_ready(line) && (command->span < 0 || command->span == line->index))
            return RUN_DONE;
    }
    if (loop_now(run->loop) < run->deadline_us)
        return RUN_WAITING;
    if (command->span < 0)
        g_set_error_literal(error, PBX_RUN_ERROR, VERDICT_LINE, "the D channel does not come up");
    else
        g_set_error(error, PBX_RUN_ERROR, VERDICT_LINE,
                    "span %d is down: its D channel does not come up", command->span);
    return RUN_FAILED;
}

/* The next line, by turns, that is up and has a channel free; NULL with ERROR when there is none.
 */
static PbxLine *line_for_call(PbxRun *run, const PbxCommand *command, GError **error)
{
    for (guint i = 0; i < run->lines->len; i++) {
        PbxLine *line = run->lines->pdata[run->turn++ % run->lines->len];

        if (pbx_line_is_ready(line) && (command->span < 0 || command->span == line->index) &&
            (command->channel || pbx_line_free_channel(line)))
            return line;
    }
    if (command->span < 0)
        pbx_run_fail(error, "all channels are busy");
    else
        pbx_run_fail(error, "all channels of span %d are busy", command->span);
    return NULL;
}

static RunResult run_call(PbxRun *run, const PbxCommand *command, GError **error)
{
    RunResult result = wait_for_up(run, command, error);
    PbxLine *line;
    PbxCall *call;

    if (result != RUN_DONE)
        return result;
    line = line_for_call(run, command, error);
    call = line ? pbx_call_make(run->calls, line, command, error) : NULL;
    if (!call)
        return RUN_FAILED;
    run->current = call->id;
    if (command->as)
        g_hash_table_replace(run->names, g_strdup(command->as), GUINT_TO_POINTER(call->id));
    return RUN_DONE;
}

static void load_finished(void *user)
{
    pbx_run_soon(user);
}

static RunResult load_judge(const PbxLoad *load, GError **error)
{
    if (!pbx_load_failed(load))
        return RUN_DONE;
    if (pbx_load_given_up(load))
        g_set_error(error, PBX_RUN_ERROR, VERDICT_LINE,
                    "the D channel does not come up again: %" G_GUINT64_FORMAT
                    " calls were not made",
                    pbx_load_given_up(load));
    else
        pbx_run_fail(error, "%" G_GUINT64_FORMAT " calls were not answered", pbx_load_failed(load));
    return RUN_FAILED;
}

static RunResult run_rate(PbxRun *run, const PbxCommand *command, GError **error)
{
    RunResult result;

    if (!run->load) {
        result = wait_for_up(run, command, error);
        if (result != RUN_DONE)
            return result;
        run->load = pbx_load_new(run->loop, run->calls, run->lines, command, load_finished, run);
    }
    run->deadline_us = G_MAXINT64;
    if (!pbx_load_is_finished(run->load))
        return RUN_WAITING;
    result = load_judge(run->load, error);
    g_clear_pointer(&run->load, pbx_load_free);
    return result;
}

/* Calls over, and the last message heard by the far end? */
static gboolean all_quiet(const PbxRun *run)
{
    for (guint i = 0; i < run->lines->len; i++)
        if (!pbx_line_is_quiet(run->lines->pdata[i]))
            return FALSE;
    return pbx_calls_count(run->calls) == 0;
}

static RunResult run_quit(PbxRun *run, const PbxCommand *command)
{
    if (!command->on && !run->begun) {
        run->begun = TRUE;
        run->deadline_us = loop_now(run->loop) + QUIT_WITHIN_US;
        for (guint i = pbx_calls_count(run->calls); i > 0; i--)
            pbx_call_clear(pbx_calls_nth(run->calls, i - 1), 16);
    }
    if (!command->on && !all_quiet(run) && loop_now(run->loop) < run->deadline_us)
        return RUN_WAITING;
    pbx_run_stop(run, VERDICT_GOOD, NULL);
    return RUN_DONE;
}

static RunResult run_wait(PbxRun *run, const PbxCommand *command)
{
    if (!run->begun) {
        run->begun = TRUE;
        run->deadline_us = loop_now(run->loop) + command->time_us;
    }
    return loop_now(run->loop) < run->deadline_us ? RUN_WAITING : RUN_DONE;
}

static RunResult run_check_idle(PbxRun *run, GError **error)
{
    if (pbx_calls_count(run->calls)) {
        pbx_run_fail(error, "%u calls are alive", pbx_calls_count(run->calls));
        return RUN_FAILED;
    }
    for (guint i = 0; i < run->lines->len; i++) {
        const PbxLine *line = run->lines->pdata[i];

        for (guint channel = 1; channel < G_N_ELEMENTS(line->channels); channel++)
            if (line->channels[channel] || line->opened[channel]) {
                pbx_run_fail(error, "channel %u of span %u is busy", channel, line->index);
                return RUN_FAILED;
            }
    }
    return RUN_DONE;
}

static RunResult run_name(PbxRun *run, const PbxCommand *command, GError **error)
{
    PbxCall *call = pbx_run_find_call(run, command, error);

    if (!call)
        return RUN_FAILED;
    g_hash_table_replace(run->names, g_strdup(command->as), GUINT_TO_POINTER(call->id));
    return RUN_DONE;
}

static gboolean is_clearing(PbxVerb verb)
{
    return verb == VERB_DISCONNECT || verb == VERB_RELEASE || verb == VERB_COMPLETE ||
           verb == VERB_REJECT;
}

static RunResult run_action(PbxRun *run, const PbxCommand *command, GError **error)
{
    PbxCall *call = pbx_run_find_call(run, command, error);

    if (!call)
        return RUN_FAILED;
    run->current = call->id;
    if (is_clearing(command->verb))
        pbx_call_end_steps(call);
    return pbx_call_act(call, command, error) ? RUN_DONE : RUN_FAILED;
}

/* By the words of the switch type: two B channel transfer, release link trunk, explicit call
 * transfer, on QSIG call transfer complete for either call. */
static RunResult run_join(PbxRun *run, const PbxCommand *command, GError **error)
{
    PbxCommand second = {.call = command->name};
    PbxCall *call = pbx_run_find_call(run, command, error);
    PbxCall *other = call ? pbx_run_find_call(run, &second, error) : NULL;

    if (!other)
        return RUN_FAILED;
    if (call->line != other->line || pri_channel_bridge(call->isdn, other->isdn) != 0) {
        pbx_run_fail(error, "libpri cannot join these two calls");
        return RUN_FAILED;
    }
    pbx_line_settle(call->line);
    return RUN_DONE;
}

/* Raw octets go out without a call too: when there is none, or none on the span that is said. */
static RunResult run_raw(PbxRun *run, const PbxCommand *command, GError **error)
{
    PbxLine *line = pbx_run_find_line(run, MAX(command->span, 0), error);
    PbxCall *call = NULL;

    if (!line)
        return RUN_FAILED;
    if (command->call || pbx_calls_newest(run->calls)) {
        call = pbx_run_find_call(run, command, error);
        if (!call)
            return RUN_FAILED;
    }
    if (call && (command->span < 0 || call->line == line))
        return run_action(run, command, error);
    if (command->call) {
        pbx_run_fail(error, "that call is on span %u", call->line->index);
        return RUN_FAILED;
    }
    return pbx_line_send_message(line, NULL, FALSE, command->octets) ? RUN_DONE : RUN_FAILED;
}

/* Words that can mean both: before the first coming call they say how calls will be answered. */
static RunResult run_behave(PbxRun *run, const PbxCommand *command, GError **error)
{
    if (command->action && pbx_calls_had_incoming(run->calls))
        return run_action(run, command->action, error);
    pbx_calls_behave(run->calls, command);
    return RUN_DONE;
}

RunResult pbx_run_command(PbxRun *run, const PbxCommand *command, GError **error)
{
    switch (command->verb) {
    case VERB_NOTHING:
        return RUN_DONE;
    case VERB_EXPECT:
        return pbx_run_expect(run, command, error);
    case VERB_BEHAVE:
        return run_behave(run, command, error);
    case VERB_CALL:
        return run_call(run, command, error);
    case VERB_RATE:
        return run_rate(run, command, error);
    case VERB_WAIT:
        return run_wait(run, command);
    case VERB_SERVE:
        run->deadline_us = G_MAXINT64;
        return RUN_WAITING;
    case VERB_QUIT:
        return run_quit(run, command);
    case VERB_CHECK_IDLE:
        return run_check_idle(run, error);
    case VERB_RAW:
        return run_raw(run, command, error);
    case VERB_JOIN:
        return run_join(run, command, error);
    case VERB_NAME:
        return run_name(run, command, error);
    case VERB_FORGET:
        pbx_news_forget(&run->news);
        return RUN_DONE;
    case VERB_CLEARING:
        pbx_calls_set_clearing(run->calls, command->time_us);
        return RUN_DONE;
    case VERB_RESTART:
    case VERB_MWI:
    case VERB_SERVICE:
    case VERB_RAW_FRAME:
    case VERB_IGNORE:
    case VERB_HEED:
    case VERB_LATE:
    case VERB_LINE:
    case VERB_DCHANNEL:
    case VERB_SWITCH:
    case VERB_TIMER:
        return pbx_run_lines(run, command, error);
    case VERB_PROCEED:
    case VERB_SETUP_ACK:
    case VERB_ALERT:
    case VERB_PROGRESS:
    case VERB_ANSWER:
    case VERB_DISCONNECT:
    case VERB_RELEASE:
    case VERB_COMPLETE:
    case VERB_REJECT:
    case VERB_DIGITS:
    case VERB_NOTIFY:
    case VERB_HOLD:
    case VERB_RETRIEVE:
    case VERB_REROUTE:
    case VERB_CHARGE:
    case VERB_MCID:
    case VERB_PARTY:
    case VERB_PLAY:
    case VERB_RECORD:
    case VERB_ECHO:
    case VERB_STOP:
        return run_action(run, command, error);
    }
    return RUN_FAILED;
}
