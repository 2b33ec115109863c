/* The run of a script: commands one after another, expectations, and the verdict. */
#include "pbx_run.h"

#include "log.h"
#include "pbx_load.h"
#include "pbx_report.h"
#include "pbx_run_private.h"

#include <stdio.h>

/* A command that makes calls waits this long for the D channel. */
#define UP_WITHIN_US (10 * G_USEC_PER_SEC)
/* How long `quit` waits for its calls to be released. */
#define QUIT_WITHIN_US (2 * G_USEC_PER_SEC)

static void run_poke(void *user);

void pbx_run_soon(PbxRun *run)
{
    loop_timer_start(run->loop, run->poke, 0);
}

/* ---- verdict -----------------------------------------------------------------------------------
 */

static void lines_report(PbxRun *run)
{
    for (guint i = 0; i < run->lines->len; i++) {
        const PbxLine *line = run->lines->pdata[i];

        pbx_report_open("span", TRUE);
        pbx_report_number("span", line->index);
        pbx_report_verdict("up", line->up);
        pbx_report_number("d_frames_in", (gint64)line->counters.frames_in);
        pbx_report_number("d_frames_out", (gint64)line->counters.frames_out);
        pbx_report_number("d_octets_in", (gint64)line->counters.octets_in);
        pbx_report_number("d_octets_out", (gint64)line->counters.octets_out);
        pbx_report_number("refused", (gint64)line->counters.refused);
        if (line->span) {
            const SpanCounters *counters = &line->span->counters;

            pbx_report_number("packets_in", (gint64)counters->packets_in);
            pbx_report_number("packets_out", (gint64)counters->packets_out);
            pbx_report_number("lost", (gint64)counters->lost);
            pbx_report_number("late", (gint64)counters->late);
            pbx_report_number("slips", (gint64)counters->slips);
            pbx_report_number("late_ticks", (gint64)counters->late_ticks);
        }
        pbx_report_close();
    }
}

void pbx_run_stop(PbxRun *run, PbxVerdict verdict, const char *why)
{
    if (run->stopped)
        return;
    run->stopped = TRUE;
    if (why)
        fprintf(stderr, "tieline-pbx: %s\n", why);
    if (!run->verdict)
        run->verdict = verdict;
    lines_report(run);
    pbx_report_open("verdict", TRUE);
    pbx_report_number("status", run->verdict);
    pbx_report_string("why", why);
    pbx_report_close();
    loop_epoll_quit(run->loop);
}

PbxVerdict pbx_run_verdict(const PbxRun *run)
{
    return run->verdict;
}

gboolean pbx_run_was_up(const PbxRun *run)
{
    return run->was_up;
}

static void command_report(PbxRun *run, const PbxCommand *command, gboolean good, const char *why)
{
    pbx_report_open("command", !good);
    pbx_report_number("line", command->line);
    pbx_report_string("text", command->text);
    pbx_report_verdict("ok", good);
    pbx_report_string("why", why);
    pbx_report_close();
}

static void command_failed(PbxRun *run, const PbxCommand *command, PbxVerdict verdict,
                           const char *why)
{
    g_autofree char *text =
        g_strdup_printf("%s:%u: %s: %s", run->name, command->line, command->text, why);

    command_report(run, command, FALSE, why);
    if (!run->keep_going) {
        pbx_run_stop(run, verdict, text);
        return;
    }
    fprintf(stderr, "tieline-pbx: %s\n", text);
    if (!run->verdict)
        run->verdict = verdict;
}

/* ---- commands ----------------------------------------------------------------------------------
 */

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

/* Until a call can be made: RUN_WAITING, and after a while a line that does not come up is trouble.
 */
static RunResult wait_for_up(PbxRun *run, const PbxCommand *command, GError **error)
{
    if (!run->begun) {
        run->begun = TRUE;
        run->deadline_us = loop_now(run->loop) + UP_WITHIN_US;
    }
    for (guint i = 0; i < run->lines->len; i++) {
        const PbxLine *line = run->lines->pdata[i];

        if (line->up && (command->span < 0 || command->span == line->index))
            return RUN_DONE;
    }
    if (loop_now(run->loop) < run->deadline_us)
        return RUN_WAITING;
    g_set_error_literal(error, PBX_RUN_ERROR, VERDICT_LINE, "the D channel does not come up");
    return RUN_FAILED;
}

/* The next line, by turns, that is up and has a channel free. */
static PbxLine *line_for_call(PbxRun *run, const PbxCommand *command)
{
    PbxLine *line = NULL;

    for (guint i = 0; i < run->lines->len; i++) {
        line = run->lines->pdata[run->turn++ % run->lines->len];
        if (line->up && (command->span < 0 || command->span == line->index) &&
            (command->channel || pbx_line_free_channel(line)))
            return line;
    }
    return line;
}

static RunResult run_call(PbxRun *run, const PbxCommand *command, GError **error)
{
    RunResult result = wait_for_up(run, command, error);
    PbxCall *call;

    if (result != RUN_DONE)
        return result;
    call = pbx_call_make(run->calls, line_for_call(run, command), command, error);
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
    result = RUN_DONE;
    if (pbx_load_failed(run->load)) {
        pbx_run_fail(error, "%" G_GUINT64_FORMAT " calls were not answered",
                     pbx_load_failed(run->load));
        result = RUN_FAILED;
    }
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

static RunResult run_action(PbxRun *run, const PbxCommand *command, GError **error)
{
    PbxCall *call;

    /* Raw octets go out without a call too. */
    if (command->verb == VERB_RAW && !command->call && !pbx_calls_newest(run->calls)) {
        PbxLine *line = run->lines->pdata[MAX(command->span, 0)];

        return pbx_line_send_message(line, NULL, FALSE, command->octets) ? RUN_DONE : RUN_FAILED;
    }
    call = pbx_run_find_call(run, command, error);
    if (!call)
        return RUN_FAILED;
    run->current = call->id;
    return pbx_call_act(call, command, error) ? RUN_DONE : RUN_FAILED;
}

/* Words that can mean both: before the first coming call they say how calls will be answered. */
static RunResult run_behave(PbxRun *run, const PbxCommand *command, GError **error)
{
    if (command->action && pbx_calls_had_incoming(run->calls))
        return run_action(run, command->action, error);
    pbx_calls_behave(run->calls, command);
    return RUN_DONE;
}

static RunResult run_command(PbxRun *run, const PbxCommand *command, GError **error)
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
    case VERB_NAME:
        return run_name(run, command, error);
    case VERB_FORGET:
        pbx_news_forget(&run->news);
        return RUN_DONE;
    case VERB_CLEARING:
        pbx_calls_set_clearing(run->calls, command->time_us);
        return RUN_DONE;
    case VERB_RESTART:
    case VERB_RAW_FRAME:
    case VERB_IGNORE:
    case VERB_HEED:
    case VERB_LINE:
    case VERB_DCHANNEL:
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
    case VERB_PLAY:
    case VERB_RECORD:
    case VERB_ECHO:
    case VERB_STOP:
    case VERB_RAW:
        return run_action(run, command, error);
    }
    return RUN_FAILED;
}

/* ---- the turn ----------------------------------------------------------------------------------
 */

static void command_over(PbxRun *run, RunResult result, const GError *error)
{
    PbxCommand *command = g_queue_pop_head(&run->commands);

    run->begun = FALSE;
    loop_timer_stop(run->loop, run->deadline);
    if (result == RUN_DONE)
        command_report(run, command, TRUE, NULL);
    else
        command_failed(run, command,
                       g_error_matches(error, PBX_RUN_ERROR, VERDICT_LINE) ? VERDICT_LINE
                                                                           : VERDICT_FAILED,
                       error ? error->message : "the line refuses it");
    pbx_command_free(command);
}

static void run_poke(void *user)
{
    PbxRun *run = user;

    while (!run->stopped && run->commands.head) {
        g_autoptr(GError) error = NULL;
        RunResult result = run_command(run, run->commands.head->data, &error);

        if (result == RUN_WAITING) {
            if (run->deadline_us != G_MAXINT64)
                loop_timer_start(run->loop, run->deadline,
                                 MAX(run->deadline_us - loop_now(run->loop), 0));
            return;
        }
        command_over(run, result, error);
    }
    if (!run->stopped && run->ended)
        pbx_run_quit(run);
}

void pbx_run_add(PbxRun *run, PbxCommand *command)
{
    g_queue_push_tail(&run->commands, command);
    pbx_run_soon(run);
}

void pbx_run_end_of_input(PbxRun *run)
{
    run->ended = TRUE;
    pbx_run_soon(run);
}

void pbx_run_quit(PbxRun *run)
{
    PbxCommand *quit = pbx_command_parse("quit", 0, NULL);

    g_queue_clear_full(&run->commands, (GDestroyNotify)pbx_command_free);
    run->begun = FALSE;
    pbx_run_add(run, quit);
}

/* ---- opening -----------------------------------------------------------------------------------
 */

PbxRun *pbx_run_new(Loop *loop, GPtrArray *settings, const char *name, gboolean keep_going,
                    GError **error)
{
    PbxRun *run = g_new0(PbxRun, 1);

    *run = (PbxRun){
        .loop = loop,
        .name = g_strdup(name),
        .keep_going = keep_going,
        .lines = g_ptr_array_new_with_free_func((GDestroyNotify)pbx_line_close),
        .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
    run->poke = loop_timer_new(loop, run_poke, run);
    run->deadline = loop_timer_new(loop, run_poke, run);
    pbx_run_open_calls(run);
    for (guint i = 0; i < settings->len; i++) {
        PbxLine *line = pbx_run_open_line(run, settings->pdata[i], error);

        if (!line) {
            pbx_run_free(run);
            return NULL;
        }
        g_ptr_array_add(run->lines, line);
    }
    return run;
}

void pbx_run_free(PbxRun *run)
{
    if (!run)
        return;
    g_clear_pointer(&run->load, pbx_load_free);
    pbx_calls_free(run->calls);
    g_ptr_array_unref(run->lines);
    pbx_news_forget(&run->news);
    g_queue_clear_full(&run->commands, (GDestroyNotify)pbx_command_free);
    g_hash_table_unref(run->names);
    loop_timer_free(run->loop, run->poke);
    loop_timer_free(run->loop, run->deadline);
    g_free(run->name);
    g_free(run);
}
