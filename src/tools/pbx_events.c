/* What happens on the lines and to the calls, told as JSON lines and to the run's expectations. */
#include "pbx_group.h"
#include "pbx_mwi.h"
#include "pbx_report.h"
#include "pbx_run_private.h"

/* Octets heard wake a waiting `expect` this often, in blocks. */
#define BLOCKS_PER_LOOK 400

static void mwi_tell(PbxRun *run, PbxLine *line, const PbxNews *news)
{
    pbx_report_open("mwi", FALSE);
    pbx_report_number("span", line->index);
    pbx_report_string("mailbox", news->name);
    pbx_report_close();
    pbx_news_add(&run->news, news);
}

static void line_message(void *user, PbxLine *line, const PbxSeen *seen)
{
    PbxRun *run = user;
    PbxNews mwi = {.is_mwi = TRUE};
    /* A connection that brings message waiting is no call. */
    gboolean waiting = pbx_mwi_hear(line, seen, mwi.name, sizeof mwi.name);
    PbxCall *call = waiting ? NULL : pbx_calls_message(run->calls, line, seen);

    pbx_report_open("q931", FALSE);
    pbx_report_number("span", line->index);
    pbx_report_string("direction", seen->sent ? "out" : "in");
    if (call)
        pbx_report_number("call", call->id);
    pbx_report_message(&seen->message);
    pbx_report_flag("again", seen->again);
    pbx_report_flag("ignored", seen->ignored);
    pbx_report_string("fault", seen->fault);
    pbx_report_hex("hex", seen->octets, seen->length);
    pbx_report_close();
    if (waiting)
        mwi_tell(run, line, &mwi);
    if (seen->again || seen->fault || (call && call->load))
        return;
    pbx_news_add(
        &run->news,
        &(PbxNews){.call = call ? call->id : 0, .sent = seen->sent, .message = seen->message});
    if (call && !seen->sent && seen->message.type == MESSAGE_SETUP)
        run->current = call->id;
    pbx_run_soon(run);
}

static void line_link(void *user, PbxLine *line, const char *frame, gboolean sent)
{
    pbx_report_open("q921", FALSE);
    pbx_report_number("span", line->index);
    pbx_report_string("direction", sent ? "out" : "in");
    pbx_report_string("frame", frame);
    pbx_report_close();
}

static void line_event(void *user, PbxLine *line, pri_event *event)
{
    PbxRun *run = user;

    if (event->e == PRI_EVENT_DCHAN_UP || event->e == PRI_EVENT_DCHAN_DOWN) {
        pbx_report_open(line->up ? "up" : "down", FALSE);
        pbx_report_number("span", line->index);
        pbx_report_close();
        run->was_up = run->was_up || line->up;
    } else if (event->e == PRI_EVENT_CONFIG_ERR) {
        pbx_report_open("trouble", TRUE);
        pbx_report_number("span", line->index);
        pbx_report_string("why", event->err.err);
        pbx_report_close();
    }
    if (event->e == PRI_EVENT_SERVICE)
        pbx_group_service(line, event->service.channel, event->service.changestatus == 0);
    pbx_calls_event(run->calls, line, event);
    pbx_run_soon(run);
}

static void line_settled(void *user, PbxLine *line)
{
    PbxRun *run = user;

    pbx_calls_settled(run->calls, line);
    if (run->commands.head && run->begun)
        pbx_run_soon(
            run); /* what waits may wait for an acknowledgement, or for a line to be ready */
}

static void line_block(void *user, PbxLine *line, guint8 channel, const guint8 *rx, guint8 *tx,
                       gsize count)
{
    PbxRun *run = user;
    static guint blocks;

    pbx_calls_block(line, channel, rx, tx, count);
    if (++blocks % BLOCKS_PER_LOOK == 0)
        pbx_run_soon(run);
}

static void line_alarm(void *user, PbxLine *line)
{
    PbxRun *run = user;
    char text[64];

    pbx_report_open("alarm", FALSE);
    pbx_report_number("span", line->index);
    pbx_report_string("alarms", span_alarms_describe(line->alarms, text, sizeof text));
    pbx_report_close();
    pbx_run_soon(run);
}

static void line_active(void *user, PbxLine *line)
{
    PbxRun *run = user;

    pbx_report_open("active", FALSE);
    pbx_report_number("span", line->index);
    pbx_report_close();
    pbx_calls_follow(run->calls, line);
    pbx_run_soon(run);
}

PbxLine *pbx_run_open_line(PbxRun *run, const PbxLineSettings *settings, GError **error)
{
    PbxLineEvents events = {
        .user = run,
        .message = line_message,
        .link = line_link,
        .event = line_event,
        .settled = line_settled,
        .block = line_block,
        .alarm = line_alarm,
        .active = line_active,
    };

    return pbx_line_open(settings, run->loop, &events, error);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void call_named(void *user, PbxCall *call, const char *name)
{
    PbxRun *run = user;
    PbxNews news = {.call = call->id, .is_name = TRUE};

    pbx_report_open("name", FALSE);
    pbx_report_number("call", call->id);
    pbx_report_string("name", name);
    pbx_report_close();
    if (call->load)
        return;
    g_strlcpy(news.name, name, sizeof news.name);
    pbx_news_add(&run->news, &news);
    pbx_run_soon(run);
}

static void call_connected(void *user, PbxCall *call)
{
    PbxRun *run = user;

    pbx_report_open("connected", FALSE);
    pbx_report_number("call", call->id);
    pbx_report_number("span", call->line->index);
    pbx_report_number("channel", call->channel);
    pbx_report_real("after_ms", (double)(call->connect_us - call->setup_us) / 1000);
    pbx_report_close();
    if (call->load && run->load)
        pbx_load_connected(run->load, call);
    pbx_run_soon(run);
}

static void call_gone(void *user, PbxCall *call)
{
    PbxRun *run = user;

    if (call->load && run->load)
        pbx_load_gone(run->load, call);
    pbx_run_soon(run);
}

/* The run goes on, for its other calls; its verdict is spoken. */
static void call_step_failed(void *user, PbxCall *call, const PbxCommand *step, const char *why)
{
    PbxRun *run = user;
    g_autofree char *text =
        g_strdup_printf("%s:%u: %s: call %u: %s", run->name, step->line, step->text, call->id, why);

    pbx_report_open("trouble", TRUE);
    pbx_report_number("call", call->id);
    pbx_report_number("line", step->line);
    pbx_report_string("text", step->text);
    pbx_report_string("why", why);
    pbx_report_close();
    pbx_run_judge(run, VERDICT_FAILED, text);
}

static void call_record_failed(void *user, PbxCall *call, const char *why)
{
    PbxRun *run = user;
    g_autofree char *text = g_strdup_printf("%s: record: call %u: %s", run->name, call->id, why);

    pbx_report_open("trouble", TRUE);
    pbx_report_number("call", call->id);
    pbx_report_string("why", why);
    pbx_report_close();
    pbx_run_judge(run, VERDICT_FAILED, text);
}

void pbx_run_open_calls(PbxRun *run)
{
    PbxCallsEvents events = {
        .user = run,
        .named = call_named,
        .gone = call_gone,
        .connected = call_connected,
        .step_failed = call_step_failed,
        .record_failed = call_record_failed,
    };

    run->calls = pbx_calls_new(run->loop, &events);
}
