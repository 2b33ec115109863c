/* The load a `rate` command makes: calls at a pace, and how they went. */
#include "pbx_load.h"

#include "pbx_report.h"

#include <math.h>

/* A call nobody answers is given up after this time and counts as failed; so are calls not made yet
 * when no line has been ready for it. */
#define PATIENCE_US (60 * G_USEC_PER_SEC)

struct PbxLoad {
    Loop *loop;
    PbxCalls *calls;
    GPtrArray *lines; /* borrowed, of PbxLine* */
    const PbxCommand *command;
    LoopFunc finished;
    void *user;
    LoopTimer *timer;
    GPtrArray *farewell; /* the one step of every call: DISCONNECT after the talk time */
    gint64 started_us, next_us;
    gboolean stalled;  /* no line is ready ... */
    gint64 stalled_us; /* ... since then */
    guint64 made, answered, failed, live, held;
    guint64 given_up;                 /* of the failed: never made */
    guint64 causes[128];              /* of calls that were not answered */
    guint64 octets_in, octets_out;    /* of the D channels when it began */
    GArray *alerting_us, *connect_us; /* of gint64 */
    guint turn;                       /* spans take turns */
};

static guint64 total(const PbxLoad *load)
{
    return (guint64)load->command->count;
}

gboolean pbx_load_is_finished(const PbxLoad *load)
{
    return load->answered + load->failed == total(load);
}

guint64 pbx_load_given_up(const PbxLoad *load)
{
    return load->given_up;
}

guint64 pbx_load_failed(const PbxLoad *load)
{
    return load->failed;
}

/* ---- report ---------------------------------------------------------------------------------- */

static gint compare_times(gconstpointer a, gconstpointer b)
{
    gint64 left = *(const gint64 *)a, right = *(const gint64 *)b;

    return (left > right) - (left < right);
}

static double percentile_ms(GArray *times, double share)
{
    guint index;

    if (!times->len)
        return 0;
    index = (guint)floor(share * (times->len - 1) + 0.5);
    return (double)g_array_index(times, gint64, index) / 1000;
}

static void times_report(const char *name, GArray *times)
{
    g_array_sort(times, compare_times);
    pbx_report_object_open(name);
    pbx_report_number("count", times->len);
    pbx_report_real("p50_ms", percentile_ms(times, 0.50));
    pbx_report_real("p90_ms", percentile_ms(times, 0.90));
    pbx_report_real("p99_ms", percentile_ms(times, 0.99));
    pbx_report_real("max_ms", percentile_ms(times, 1.0));
    pbx_report_object_close();
}

static void octets_sum(const PbxLoad *load, guint64 *in, guint64 *out)
{
    *in = *out = 0;
    for (guint i = 0; i < load->lines->len; i++) {
        const PbxLine *line = load->lines->pdata[i];

        *in += line->counters.octets_in;
        *out += line->counters.octets_out;
    }
}

static void load_report(PbxLoad *load)
{
    double seconds = (double)(loop_now(load->loop) - load->started_us) / 1e6;
    guint64 in, out;

    octets_sum(load, &in, &out);
    pbx_report_open("load", TRUE);
    pbx_report_number("calls", (gint64)load->made);
    pbx_report_number("answered", (gint64)load->answered);
    pbx_report_number("failed", (gint64)load->failed);
    pbx_report_number("given_up", (gint64)load->given_up);
    pbx_report_number("held", (gint64)load->held);
    pbx_report_real("seconds", seconds);
    pbx_report_real("calls_per_second", seconds > 0 ? (double)load->answered / seconds : 0);
    times_report("alerting", load->alerting_us);
    times_report("connect", load->connect_us);
    pbx_report_object_open("causes");
    for (guint cause = 0; cause < G_N_ELEMENTS(load->causes); cause++) {
        char name[8];

        g_snprintf(name, sizeof name, "%u", cause);
        if (load->causes[cause])
            pbx_report_number(name, (gint64)load->causes[cause]);
    }
    pbx_report_object_close();
    pbx_report_number("d_octets_in", (gint64)(in - load->octets_in));
    pbx_report_number("d_octets_out", (gint64)(out - load->octets_out));
    pbx_report_close();
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void load_look(PbxLoad *load)
{
    if (!pbx_load_is_finished(load))
        return;
    loop_timer_stop(load->loop, load->timer);
    load_report(load);
    load->finished(load->user);
}

static void load_count(PbxLoad *load, gboolean answered, gint cause)
{
    if (answered) {
        load->answered++;
    } else {
        load->failed++;
        load->causes[cause & 127]++;
    }
    load_look(load);
}

/* Hangs the call up when DELAY_US have passed. */
static void load_hang_up_after(PbxLoad *load, PbxCall *call, gint64 delay_us)
{
    pbx_call_end_steps(call);
    call->steps = g_ptr_array_ref(load->farewell);
    call->step = 0;
    loop_timer_start(load->loop, call->timer, delay_us);
}

void pbx_load_connected(PbxLoad *load, PbxCall *call)
{
    gint64 connect = call->connect_us - call->setup_us;
    gint64 alerting = call->alerting_us - call->setup_us;

    g_array_append_val(load->connect_us, connect);
    if (call->alerting_us)
        g_array_append_val(load->alerting_us, alerting);
    load_hang_up_after(load, call, load->command->time_us);
}

void pbx_load_gone(PbxLoad *load, const PbxCall *call)
{
    load->live--;
    load_count(load, call->connect_us != 0, call->cause);
}

static gboolean line_serves(const PbxLoad *load, const PbxLine *line)
{
    return (load->command->span < 0 || load->command->span == line->index) &&
           pbx_line_is_ready(line);
}

/* The next span, by turns, that could carry a call now; NULL: none. */
static PbxLine *line_choose(PbxLoad *load)
{
    for (guint i = 0; i < load->lines->len; i++) {
        PbxLine *line = load->lines->pdata[load->turn++ % load->lines->len];

        if (line_serves(load, line) && pbx_line_free_channel(line))
            return line;
    }
    return NULL;
}

/* TRUE when no line has been ready for too long. */
static gboolean load_is_stranded(PbxLoad *load, gint64 now)
{
    for (guint i = 0; i < load->lines->len; i++)
        if (line_serves(load, load->lines->pdata[i])) {
            load->stalled = FALSE;
            return FALSE;
        }
    if (!load->stalled)
        load->stalled_us = now;
    load->stalled = TRUE;
    return now - load->stalled_us >= PATIENCE_US;
}

/* The rest is never made; calls that live may still end well. */
static void load_give_up(PbxLoad *load)
{
    load->given_up = total(load) - load->made;
    load->failed += load->given_up;
    load_look(load);
}

static gboolean load_call(PbxLoad *load)
{
    PbxLine *line;
    PbxCall *call;

    if (load->command->at_most && load->live >= load->command->at_most)
        return FALSE;
    line = line_choose(load);
    if (!line)
        return FALSE;
    load->made++;
    load->live++;
    call = pbx_call_make(load->calls, line, load->command, NULL);
    if (call) /* else its end was told and counted, as any call's */
        load_hang_up_after(load, call, PATIENCE_US);
    return TRUE;
}

static void load_tick(void *user)
{
    PbxLoad *load = user;
    gint64 interval = (gint64)(1e6 / load->command->rate);
    gint64 now = loop_now(load->loop);

    while (load->made < total(load) && load->next_us <= now) {
        if (!load_call(load)) { /* no channel: the pace slips */
            load->held++;
            load->next_us = now + 1000;
            if (load_is_stranded(load, now)) {
                load_give_up(load);
                return;
            }
            break;
        }
        load->stalled = FALSE;
        load->next_us += MAX(interval, 1);
    }
    if (load->made < total(load))
        loop_timer_start(load->loop, load->timer, MAX(load->next_us - now, 0));
}

PbxLoad *pbx_load_new(Loop *loop, PbxCalls *calls, GPtrArray *lines, const PbxCommand *command,
                      LoopFunc finished, void *user)
{
    PbxLoad *load = g_new0(PbxLoad, 1);
    PbxCommand *farewell = g_new0(PbxCommand, 1);

    *load = (PbxLoad){
        .loop = loop,
        .calls = calls,
        .lines = lines,
        .command = command,
        .finished = finished,
        .user = user,
        .farewell = g_ptr_array_new_with_free_func((GDestroyNotify)pbx_command_free),
        .alerting_us = g_array_new(FALSE, FALSE, sizeof(gint64)),
        .connect_us = g_array_new(FALSE, FALSE, sizeof(gint64)),
        .started_us = loop_now(loop),
    };
    *farewell = (PbxCommand){.verb = VERB_DISCONNECT,
                             .line = command->line,
                             .text = g_strdup("disconnect 16"),
                             .cause = 16,
                             .after_us = command->time_us};
    g_ptr_array_add(load->farewell, farewell);
    octets_sum(load, &load->octets_in, &load->octets_out);
    load->next_us = load->started_us;
    load->timer = loop_timer_new(loop, load_tick, load);
    loop_timer_start(loop, load->timer, 0);
    return load;
}

void pbx_load_free(PbxLoad *load)
{
    if (!load)
        return;
    loop_timer_free(load->loop, load->timer);
    g_ptr_array_unref(load->farewell);
    g_array_unref(load->alerting_us);
    g_array_unref(load->connect_us);
    g_free(load);
}
