/* The command that tells the timers: those of the call map, with the length each trunk gives them.
 */
#include "commands.h"

#include <stddef.h>

/* A timer and the setting that holds its length. */
typedef struct TimerSetting {
    CallTimerId id;
    gsize offset; /* in TrunkSettings; 0: not a trunk's */
} TimerSetting;

static const TimerSetting trunk_timers[] = {
    {CALL_TIMER_T301, offsetof(TrunkSettings, t301_us)},
    {CALL_TIMER_T302, offsetof(TrunkSettings, t302_us)},
    {CALL_TIMER_T304, offsetof(TrunkSettings, t304_us)},
    {CALL_TIMER_T306, offsetof(TrunkSettings, t306_us)},
    {CALL_TIMER_T310, offsetof(TrunkSettings, t310_us)},
    {CALL_TIMER_PROGRESS, offsetof(TrunkSettings, progress_us)},
    {CALL_TIMER_INTERWORK, offsetof(TrunkSettings, interwork_us)},
};

/* Timers of Q.931 that isdn runs, or libpri for it. */
static const struct {
    const char *name;
    gsize offset;
    const char *event;
} line_timers[] = {
    {"T303", offsetof(TrunkSettings, t303_us), "SETUP again, then ISDN.RELEASED"},
    {"T305", offsetof(TrunkSettings, t305_us), "RELEASE"},
    {"T308", offsetof(TrunkSettings, t308_us), "RELEASE again, then ISDN.RELEASED"},
    {"T309", offsetof(TrunkSettings, t309_us), "ISDN.LOST"},
    {"T313", offsetof(TrunkSettings, t313_us), "ISDN.UNACKNOWLEDGED"},
    {"T316", offsetof(TrunkSettings, t316_us), "RESTART again, then out of service"},
};

static JsonObject *timer_tell(JsonArray *rows, const char *name, const char *trunk, gint64 value_us)
{
    JsonObject *row = answer_row(rows);

    answer_text(row, "timer", name);
    answer_text(row, "trunk", trunk);
    answer_count(row, "value_ms", (guint64)value_us / 1000);
    return row;
}

static void rule_tell(JsonObject *row, const CallTimerRule *rule)
{
    answer_text(row, "event", call_event_name(rule->event));
    answer_count(row, "cause", rule->cause);
    answer_text(row, "why", rule->why);
}

static void trunk_tell(JsonArray *rows, const TrunkSettings *trunk)
{
    for (gsize i = 0; i < G_N_ELEMENTS(trunk_timers); i++) {
        const CallTimerRule *rule = callmap_timer(trunk_timers[i].id);

        rule_tell(timer_tell(rows, rule->name, trunk->name,
                             G_STRUCT_MEMBER(gint64, trunk, trunk_timers[i].offset)),
                  rule);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(line_timers); i++)
        answer_text(timer_tell(rows, line_timers[i].name, trunk->name,
                               G_STRUCT_MEMBER(gint64, trunk, line_timers[i].offset)),
                    "event", line_timers[i].event);
}

COMMAND(command_show_timers)
{
    const Settings *settings = scene->rooms.settings;
    const CallTimerRule *no_answer = callmap_timer(CALL_TIMER_NO_ANSWER);
    const CallTimerRule *preempt = callmap_timer(CALL_TIMER_PREEMPT);
    const CallTimerRule *guard = callmap_timer(CALL_TIMER_GUARD);
    JsonArray *rows = json_array_new();

    for (guint i = 0; i < settings->trunks->len; i++)
        trunk_tell(rows, g_ptr_array_index(settings->trunks, i));
    rule_tell(timer_tell(rows, no_answer->name, NULL, settings->sip.no_answer_us), no_answer);
    rule_tell(timer_tell(rows, preempt->name, NULL,
                         call_timer_length(settings, NULL, CALL_TIMER_PREEMPT)),
              preempt);
    rule_tell(
        timer_tell(rows, guard->name, NULL, call_timer_length(settings, NULL, CALL_TIMER_GUARD)),
        guard);
    return answer_array(rows);
}
