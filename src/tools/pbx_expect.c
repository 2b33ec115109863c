/* The `expect` command: what must come, or must not, and by when. */
#include "pbx_run_private.h"

static gboolean every_line(const PbxRun *run, const PbxCommand *command,
                           gboolean (*holds)(const PbxLine *line))
{
    for (guint i = 0; i < run->lines->len; i++) {
        const PbxLine *line = run->lines->pdata[i];

        if ((command->span < 0 || command->span == line->index) && !holds(line))
            return FALSE;
    }
    return TRUE;
}

static gboolean line_is_up(const PbxLine *line)
{
    return pbx_line_is_ready(line) && (!line->isdn || (line->up && line->spoken));
}

static gboolean line_is_down(const PbxLine *line)
{
    return !line->up;
}

static gboolean line_is_alarmed(const PbxLine *line)
{
    return (line->alarms & SPAN_ALARMS_SERVICE) != 0;
}

static gboolean line_is_clear(const PbxLine *line)
{
    return !line_is_alarmed(line);
}

/* What the audio of the call at hand says; a call that is over has nothing to say. */
static gboolean audio_meets(PbxRun *run, const PbxCommand *command, char **why, GError **error)
{
    const PbxExpectation *expect = &command->expect;
    PbxCall *call = pbx_run_find_call(run, command, error);

    if (!call)
        return FALSE;
    if (expect->kind == EXPECT_PLAYED) {
        *why = g_strdup("it is still being played");
        return !pbx_audio_is_playing(call->audio);
    }
    if (expect->kind == EXPECT_OCTETS) {
        guint64 heard = pbx_audio_heard(call->audio);

        *why = g_strdup_printf("only %" G_GUINT64_FORMAT " octets were heard", heard);
        return heard >= expect->amount;
    }
    if (!run->begun) {
        if (call->channel)
            pbx_line_b_open(call->line, call->channel);
        pbx_audio_compare(call->audio, (guint32)expect->amount);
    }
    switch (pbx_audio_compared(call->audio, (gsize)(expect->for_us / 125), why)) {
    case COMPARE_SAME:
        return TRUE;
    case COMPARE_WAITING:
        return FALSE;
    case COMPARE_DIFFERENT:
        pbx_run_fail(error, "%s", *why);
        return FALSE;
    }
    return FALSE;
}

static gboolean news_meet(PbxRun *run, const PbxCommand *command, guint call)
{
    const PbxNews *news = pbx_news_match(&run->news, &command->expect, call, !command->expect.none);

    if (news && !command->expect.none && news->call && pbx_calls_find(run->calls, news->call))
        run->current = news->call;
    return news != NULL;
}

/* Does it hold now? WHY (caller frees) says what is missing; ERROR that it can no more. */
static gboolean expect_meets(PbxRun *run, const PbxCommand *command, guint call, char **why,
                             GError **error)
{
    switch (command->expect.kind) {
    case EXPECT_MESSAGE:
    case EXPECT_NAME:
    case EXPECT_MWI:
        return news_meet(run, command, call);
    case EXPECT_UP:
        return every_line(run, command, line_is_up);
    case EXPECT_DOWN:
        return every_line(run, command, line_is_down);
    case EXPECT_ALARM:
        return every_line(run, command, line_is_alarmed);
    case EXPECT_NO_ALARM:
        return every_line(run, command, line_is_clear);
    case EXPECT_IDLE:
        *why = g_strdup_printf("%u calls are alive", pbx_calls_count(run->calls));
        return pbx_calls_count(run->calls) == 0;
    case EXPECT_OCTETS:
    case EXPECT_PLAYED:
    case EXPECT_PATTERN:
        return audio_meets(run, command, why, error);
    }
    return FALSE;
}

/* The id behind "call 2 expect ..."; a call that is over still has news. 0: any call. */
static gboolean expect_call(PbxRun *run, const PbxCommand *command, guint *call, GError **error)
{
    *call = 0;
    if (!command->call)
        return TRUE;
    if (g_ascii_isdigit(command->call[0]))
        *call = (guint)g_ascii_strtoull(command->call, NULL, 10);
    else
        *call = GPOINTER_TO_UINT(g_hash_table_lookup(run->names, command->call));
    return *call ? TRUE : pbx_run_fail(error, "no call is called %s", command->call);
}

static void expect_missed(PbxRun *run, const PbxCommand *command, guint call, const char *why,
                          GError **error)
{
    const PbxExpectation *expect = &command->expect;

    if (expect->kind == EXPECT_MESSAGE) {
        g_autofree char *instead = pbx_news_describe(&run->news, call, expect->sent);

        pbx_run_fail(error, "it did not come; what came: %s", instead);
    } else if (expect->kind == EXPECT_UP) {
        g_set_error_literal(error, PBX_RUN_ERROR, VERDICT_LINE, "the D channel is not up");
    } else {
        pbx_run_fail(error, "%s", why ? why : "it did not come");
    }
}

RunResult pbx_run_expect(PbxRun *run, const PbxCommand *command, GError **error)
{
    const PbxExpectation *expect = &command->expect;
    g_autofree char *why = NULL;
    guint call;
    gboolean meets;

    if (!expect_call(run, command, &call, error))
        return RUN_FAILED;
    meets = expect_meets(run, command, call, &why, error);
    if (*error)
        return RUN_FAILED;
    if (!run->begun) {
        run->begun = TRUE;
        run->deadline_us =
            loop_now(run->loop) + (expect->none ? expect->for_us : expect->within_us);
    }
    if (meets && expect->none) {
        pbx_run_fail(error, "it came");
        return RUN_FAILED;
    }
    if (meets)
        return RUN_DONE;
    if (loop_now(run->loop) < run->deadline_us)
        return RUN_WAITING;
    if (expect->none)
        return RUN_DONE;
    expect_missed(run, command, call, why, error);
    return RUN_FAILED;
}
