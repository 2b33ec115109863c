/* What the files of a run share: its state, and doors between pbx_run, pbx_expect and
 * pbx_news_room.
 *
 * Home thread: the loop's.
 */
#pragma once

#include "pbx_load.h"
#include "pbx_news.h"
#include "pbx_run.h"

#define PBX_RUN_ERROR g_quark_from_static_string("tieline-pbx")

typedef enum RunResult { RUN_DONE, RUN_WAITING, RUN_FAILED } RunResult;

struct PbxRun {
    Loop *loop;
    char *name; /* of the script */
    gboolean keep_going;
    GPtrArray *lines; /* of PbxLine* */
    PbxCalls *calls;
    PbxNewsList news;
    PbxLoad *load;      /* the rate command at hand */
    GQueue commands;    /* of PbxCommand*; the head is at work */
    gboolean begun;     /* the head has begun to wait */
    gint64 deadline_us; /* until when it waits */
    LoopTimer *poke;    /* something happened: look again */
    LoopTimer *deadline;
    guint current;     /* the call that actions mean */
    GHashTable *names; /* of calls: char* to id */
    guint turn;        /* spans take turns */
    gboolean ended;    /* no more input */
    gboolean stopped;
    gboolean was_up;
    PbxVerdict verdict;
    char *why; /* the first failure */
};

/* Has the command at hand looked at again at the next turn of the loop. */
void pbx_run_soon(PbxRun *run);
/* Sets ERROR, answers FALSE. */
gboolean pbx_run_fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The line of this number; NULL with ERROR. */
PbxLine *pbx_run_find_line(PbxRun *run, gint span, GError **error);
/* The call COMMAND means; NULL with ERROR. */
PbxCall *pbx_run_find_call(PbxRun *run, const PbxCommand *command, GError **error);

/* Any command; what it is waiting for is looked at again at every turn. */
RunResult pbx_run_command(PbxRun *run, const PbxCommand *command, GError **error);
/* `expect`. */
RunResult pbx_run_expect(PbxRun *run, const PbxCommand *command, GError **error);
/* Commands for a line, or all. */
RunResult pbx_run_lines(PbxRun *run, const PbxCommand *command, GError **error);

/* Opens what brings the run its news. */
void pbx_run_open_calls(PbxRun *run);
PbxLine *pbx_run_open_line(PbxRun *run, const PbxLineSettings *settings, GError **error);
