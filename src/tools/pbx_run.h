/* The run of a script: commands one after another, expectations, and the verdict.
 *
 * Home thread: the loop's.
 */
#pragma once

#include "pbx_line.h"
#include "pbx_script.h"

typedef struct PbxRun PbxRun;

/* The exit status. */
typedef enum PbxVerdict {
    VERDICT_GOOD = 0,
    VERDICT_FAILED = 1, /* an expectation was not met, or a command could not be done */
    VERDICT_USAGE = 2,
    VERDICT_LINE = 3, /* a span cannot be opened, or its D channel does not come up */
} PbxVerdict;

/* Commands of NAME (a file, or "stdin") for lines made of SETTINGS (of PbxLineSettings*, borrowed).
 * KEEP_GOING: a failed expectation does not end the run. NULL with ERROR when a span cannot be
 * opened. */
PbxRun *pbx_run_new(Loop *loop, GPtrArray *settings, const char *name, gboolean keep_going,
                    GError **error);
void pbx_run_free(PbxRun *run);

/* Appends COMMAND (taken over). */
void pbx_run_add(PbxRun *run, PbxCommand *command);
/* No more commands will come: after the last one, quit. */
void pbx_run_end_of_input(PbxRun *run);
/* Ends the run as `quit` does. */
void pbx_run_quit(PbxRun *run);
/* Ends the run as `quit` does, because a signal says so: a command that is cut off has failed,
 * unless it is `serve` or `quit`. */
void pbx_run_interrupt(PbxRun *run);
/* Says WHY on standard error; the first time it becomes the verdict. The run goes on. */
void pbx_run_judge(PbxRun *run, PbxVerdict verdict, const char *why);
/* Ends the run at once; WHY may be NULL. */
void pbx_run_stop(PbxRun *run, PbxVerdict verdict, const char *why);
PbxVerdict pbx_run_verdict(const PbxRun *run);
/* TRUE when a D channel has ever been up. */
gboolean pbx_run_was_up(const PbxRun *run);
