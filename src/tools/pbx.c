/* tieline-pbx: a PBX far end on libpri over a span, driven by one command a line. */
#include "config.h"
#include "log.h"
#include "pbx_audio.h"
#include "pbx_input.h"
#include "pbx_options.h"
#include "pbx_report.h"
#include "pbx_run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

typedef struct Watch {
    PbxRun *run;
    PbxInput *input;
    gboolean asked; /* to end, once */
} Watch;

static int complain(const GError *error)
{
    fprintf(stderr, "tieline-pbx: %s\n", error->message);
    return VERDICT_USAGE;
}

/* The first signal ends the run as `quit` does, the second at once. */
static void signal_arrived(void *user, int fd, LoopReady ready)
{
    Watch *watch = user;
    struct signalfd_siginfo info;

    if (read(fd, &info, sizeof info) != sizeof info)
        return;
    if (watch->asked)
        pbx_run_stop(watch->run, VERDICT_GOOD, "ended by a signal");
    else
        pbx_run_interrupt(watch->run);
    watch->asked = TRUE;
}

static int signals_open(void)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void time_is_over(void *user)
{
    Watch *watch = user;

    pbx_run_stop(watch->run, pbx_run_was_up(watch->run) ? VERDICT_FAILED : VERDICT_LINE,
                 "--timeout: the run lasts too long");
}

static PbxVerdict run_lines(const PbxOptions *options, Loop *loop, Watch *watch)
{
    int signals = signals_open();
    LoopWatch *signal_watch = loop_watch(loop, signals, LOOP_READABLE, signal_arrived, watch);
    LoopTimer *timeout = loop_timer_new(loop, time_is_over, watch);
    PbxVerdict verdict;

    if (options->timeout_us)
        loop_timer_start(loop, timeout, options->timeout_us);
    pbx_input_start(watch->input, watch->run);
    loop_epoll_run(loop);
    verdict = pbx_run_verdict(watch->run);
    pbx_input_stop(watch->input);
    loop_timer_free(loop, timeout);
    loop_unwatch(loop, signal_watch);
    close(signals);
    return verdict;
}

static PbxVerdict run(const PbxOptions *options)
{
    g_autoptr(GError) error = NULL;
    Watch watch = {.input = pbx_input_new(options->script, &error)};
    PbxVerdict verdict = VERDICT_GOOD;
    Loop *loop;

    if (!watch.input)
        return (PbxVerdict)complain(error);
    if (options->check) {
        pbx_input_free(watch.input);
        return VERDICT_GOOD;
    }
    loop = loop_epoll_new(&error);
    if (loop)
        watch.run =
            pbx_run_new(loop, options->lines, options->script ? options->script : "stdin",
                        options->keep_going || (!options->script && isatty(STDIN_FILENO)), &error);
    if (watch.run) {
        verdict = run_lines(options, loop, &watch);
    } else {
        complain(error);
        verdict = VERDICT_LINE;
    }
    pbx_run_free(watch.run);
    pbx_input_free(watch.input);
    if (loop)
        loop_epoll_free(loop);
    return verdict;
}

static int pattern_write(const PbxOptions *options)
{
    PbxPattern pattern;

    pbx_pattern_start(&pattern, options->pattern_seed);
    for (gint64 i = 0; i < options->pattern_octets; i++)
        if (putchar(pbx_pattern_next(&pattern)) == EOF)
            return VERDICT_FAILED;
    return fflush(stdout) ? VERDICT_FAILED : VERDICT_GOOD;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    PbxOptions options;
    int status;

    if (!pbx_options_read(&options, &argc, &argv, &error)) {
        status = complain(error);
    } else if (options.version) {
        puts("tieline-pbx " PACKAGE_VERSION);
        status = VERDICT_GOOD;
    } else if (options.pattern_octets >= 0) {
        status = pattern_write(&options);
    } else {
        log_open((LogLevel)options.log_level, FALSE);
        pbx_report_verbose(!options.quiet);
        status = (int)run(&options);
    }
    pbx_options_clear(&options);
    return status;
}
