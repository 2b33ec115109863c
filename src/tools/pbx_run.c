/* The run of a script: commands one after another, expectations, and the verdict. */
#include "pbx_run.h"

#include "pbx_group.h"
#include "pbx_load.h"
#include "pbx_report.h"
#include "pbx_run_private.h"

#include <stdio.h>

static void run_poke(void *user);

void pbx_run_soon(PbxRun *run)
{
    loop_timer_start(run->loop, run->poke, 0);
}

/* ---- verdict --------------------------------------------------------------------------------- */

static void lines_report(PbxRun *run)
{
    for (guint i = 0; i < run->lines->len; i++) {
        const PbxLine *line = run->lines->pdata[i];

        pbx_report_open("span", TRUE);
        pbx_report_number("span", line->index);
        if (line->isdn)
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

void pbx_run_judge(PbxRun *run, PbxVerdict verdict, const char *why)
{
    fprintf(stderr, "tieline-pbx: %s\n", why);
    if (run->verdict)
        return;
    run->verdict = verdict;
    run->why = g_strdup(why);
}

void pbx_run_stop(PbxRun *run, PbxVerdict verdict, const char *why)
{
    if (run->stopped)
        return;
    run->stopped = TRUE;
    pbx_calls_end_recordings(run->calls);
    if (why)
        pbx_run_judge(run, verdict, why);
    lines_report(run);
    pbx_report_open("verdict", TRUE);
    pbx_report_number("status", run->verdict);
    pbx_report_string("why", run->why);
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

static void command_judge(PbxRun *run, const PbxCommand *command, PbxVerdict verdict,
                          const char *why)
{
    g_autofree char *text =
        g_strdup_printf("%s:%u: %s: %s", run->name, command->line, command->text, why);

    command_report(run, command, FALSE, why);
    pbx_run_judge(run, verdict, text);
}

static void command_failed(PbxRun *run, const PbxCommand *command, PbxVerdict verdict,
                           const char *why)
{
    command_judge(run, command, verdict, why);
    if (!run->keep_going)
        pbx_run_quit(run);
}

/* ---- the turn -------------------------------------------------------------------------------- */

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
        RunResult result = pbx_run_command(run, run->commands.head->data, &error);

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

    g_clear_pointer(&run->load, pbx_load_free); /* it borrows its command */
    g_queue_clear_full(&run->commands, (GDestroyNotify)pbx_command_free);
    run->begun = FALSE;
    pbx_run_add(run, quit);
}

void pbx_run_interrupt(PbxRun *run)
{
    const PbxCommand *command = g_queue_peek_head(&run->commands);

    if (command && command->verb != VERB_SERVE && command->verb != VERB_QUIT)
        command_judge(run, command, VERDICT_FAILED, "ended by a signal");
    pbx_run_quit(run);
}

/* ---- opening --------------------------------------------------------------------------------- */

PbxRun *pbx_run_new(Loop *loop, GPtrArray *settings, const char *name, gboolean keep_going,
                    GError **error)
{
    PbxRun *run = g_new0(PbxRun, 1);
    PbxLine *head = NULL;

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
        if (line->settings->span.d_role == D_OWN)
            head = line;
        else
            pbx_group_join(head, line);
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
    g_free(run->why);
    g_free(run);
}
