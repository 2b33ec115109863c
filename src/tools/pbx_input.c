/* Where commands come from: a script read whole and checked first, or standard input line by line.
 */
#include "pbx_input.h"

#include "pbx_run_private.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct PbxInput {
    GQueue script; /* of PbxCommand* */
    PbxRun *run;
    LoopWatch *watch;
    gboolean from_file;
    GString *text; /* what came and is no whole line yet */
    guint line;
};

/* A script with mistakes names them all. */
static gboolean script_read(PbxInput *input, const char *file, GError **error)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    g_autoptr(GString) faults = g_string_new(NULL);

    if (!g_file_get_contents(file, &text, NULL, error))
        return FALSE;
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        g_autoptr(GError) fault = NULL;
        PbxCommand *command = pbx_command_parse(lines[i], i + 1, &fault);

        if (!command)
            g_string_append_printf(faults, "%s%s:%u: %s", faults->len ? "\n" : "", file, i + 1,
                                   fault->message);
        else if (command->verb == VERB_NOTHING)
            pbx_command_free(command);
        else
            g_queue_push_tail(&input->script, command);
    }
    if (faults->len)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s", faults->str);
    return !faults->len;
}

PbxInput *pbx_input_new(const char *file, GError **error)
{
    PbxInput *input = g_new0(PbxInput, 1);

    input->text = g_string_new(NULL);
    if (file && !script_read(input, file, error)) {
        pbx_input_free(input);
        return NULL;
    }
    input->from_file = file != NULL;
    return input;
}

static void line_take(PbxInput *input, const char *text)
{
    g_autoptr(GError) error = NULL;
    PbxCommand *command = pbx_command_parse(text, ++input->line, &error);

    if (!command) {
        g_autofree char *why = g_strdup_printf("stdin:%u: %s", input->line, error->message);

        pbx_run_judge(input->run, VERDICT_USAGE, why);
        if (!input->run->keep_going)
            pbx_run_quit(input->run);
    } else if (command->verb == VERB_NOTHING) {
        pbx_command_free(command);
    } else {
        pbx_run_add(input->run, command);
    }
}

static void lines_take(PbxInput *input, gboolean last)
{
    char *end;

    while ((end = memchr(input->text->str, '\n', input->text->len))) {
        *end = 0;
        line_take(input, input->text->str);
        g_string_erase(input->text, 0, end - input->text->str + 1);
    }
    if (last) {
        if (input->text->len)
            line_take(input, input->text->str);
        pbx_run_end_of_input(input->run);
    }
}

/* Reads what is there; FALSE at the end. */
static gboolean input_read(PbxInput *input)
{
    char block[4096];
    ssize_t got = read(STDIN_FILENO, block, sizeof block);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return TRUE;
    if (got > 0)
        g_string_append_len(input->text, block, got);
    lines_take(input, got <= 0);
    return got > 0;
}

static void input_ready(void *user, int fd, LoopReady ready)
{
    PbxInput *input = user;

    if (!input_read(input)) {
        loop_unwatch(input->run->loop, input->watch);
        input->watch = NULL;
    }
}

void pbx_input_start(PbxInput *input, PbxRun *run)
{
    struct stat kind;

    input->run = run;
    if (input->from_file) {
        PbxCommand *command;

        while ((command = g_queue_pop_head(&input->script)))
            pbx_run_add(run, command);
        pbx_run_end_of_input(run);
        return;
    }
    /* epoll takes pipes, sockets and terminals only; the rest is read at once. */
    if (fstat(STDIN_FILENO, &kind) ||
        !(S_ISFIFO(kind.st_mode) || S_ISSOCK(kind.st_mode) || isatty(STDIN_FILENO))) {
        while (input_read(input))
            ;
        return;
    }
    input->watch = loop_watch(run->loop, STDIN_FILENO, LOOP_READABLE, input_ready, input);
}

void pbx_input_stop(PbxInput *input)
{
    if (!input->watch)
        return;
    loop_unwatch(input->run->loop, input->watch);
    input->watch = NULL;
}

void pbx_input_free(PbxInput *input)
{
    g_queue_clear_full(&input->script, (GDestroyNotify)pbx_command_free);
    g_string_free(input->text, TRUE);
    g_free(input);
}
