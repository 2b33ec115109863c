/* The commands that check a span: one begins the loop-back check and answers at once, the other
 * tells what it found. Both run in signalling. */
#include "commands.h"

gboolean span_find(const CtlScene *scene, const char *name, guint8 *index, GError **error)
{
    const GPtrArray *spans = scene->opened->spans;
    guint64 place;

    for (guint i = 0; i < spans->len; i++) {
        if (g_strcmp0(answer_span(scene, i), name) == 0) {
            *index = (guint8)i;
            return TRUE;
        }
    }
    if (g_ascii_string_to_unsigned(name, 10, 1, spans->len, &place, NULL)) {
        *index = (guint8)(place - 1);
        return TRUE;
    }
    g_set_error(error, CTL_ERROR, "there is no span %s", name);
    return FALSE;
}

static JsonObject *state_answer(const CtlScene *scene, guint8 span, guint32 number,
                                gboolean running)
{
    JsonObject *answer = json_object_new();

    answer_count(answer, "number", number);
    answer_text(answer, "span", answer_span(scene, span));
    answer_text(answer, "state", running ? "running" : "over");
    return answer;
}

COMMAND(command_selftest_span)
{
    const char *name = argument_text(arguments, "span", "");
    SelftestReport last;
    guint8 span;

    if (!span_find(scene, name, &span, error))
        return NULL;
    if (media_selftest_report(scene->rooms.media, &last) && last.running) {
        g_set_error(error, CTL_ERROR, "a selftest of span %s is running",
                    answer_span(scene, last.span));
        return NULL;
    }
    if (!isdn_take_out(scene->rooms.isdn, span, error))
        return NULL;
    return answer_object(state_answer(scene, span, media_selftest(scene->rooms.media, span), TRUE));
}

static void channel_tell(const CtlScene *scene, guint8 span, const SelftestChannel *channel,
                         JsonObject *row)
{
#define VERDICT_NAME(id, name) name,
    static const char *const names[] = {SELFTEST_VERDICTS(VERDICT_NAME)};
    char buffer[TAG_MAX + 8];

    answer_text(row, "channel",
                answer_channel(scene, (Channel){span, channel->number}, buffer, sizeof buffer));
    answer_text(row, "result", names[channel->verdict]);
    if (channel->verdict == SELFTEST_CROSSED)
        answer_text(row, "heard",
                    answer_channel(scene, (Channel){span, channel->heard}, buffer, sizeof buffer));
    answer_count(row, "octets", channel->compared);
    answer_count(row, "errors", channel->errors);
    if (channel->heard)
        answer_count(row, "delay_us", channel->delay_us);
}

COMMAND(command_selftest_result)
{
    SelftestReport report;
    JsonObject *answer;
    JsonArray *rows;

    if (!media_selftest_report(scene->rooms.media, &report)) {
        g_set_error(error, CTL_ERROR, "no selftest has run since the start");
        return NULL;
    }
    answer = state_answer(scene, report.span, report.number, report.running);
    if (report.running)
        return answer_object(answer);
    answer_text(answer, "loop", report.looped ? "card" : "outside");
    answer_count(answer, "good", selftest_good_count(&report));
    answer_count(answer, "slips", report.slips);
    rows = json_array_new();
    for (guint i = 0; i < report.count; i++)
        channel_tell(scene, report.span, &report.channels[i], answer_row(rows));
    json_object_set_array_member(answer, "channels", rows);
    return answer_object(answer);
}
