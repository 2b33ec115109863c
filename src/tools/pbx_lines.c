/* Commands for a line: RESTART, raw frames, what is ignored, the cable, timers. */
#include "pbx_group.h"
#include "pbx_mwi.h"
#include "pbx_run_private.h"

/* Q.931 4.5.25: restart indicator, all interfaces. */
static const guint8 restart_all[] = {0x08, 0x02, 0x00, 0x00, 0x46, 0x79, 0x01, 0x87};

/* Of a group it is this interface alone. */
static gboolean line_restart_interface(PbxLine *line)
{
    const guint8 one[] = {
        0x08, 0x02, 0x00, 0x00, 0x46, 0x18, 2, 0xe0, 0x80 | line->settings->span.interface,
        0x79, 0x01, 0x86};
    g_autoptr(GBytes) octets = pbx_line_is_grouped(line)
                                   ? g_bytes_new(one, sizeof one)
                                   : g_bytes_new_static(restart_all, sizeof restart_all);

    return pbx_line_send_message(line, NULL, FALSE, octets);
}

static gboolean line_restart(PbxRun *run, PbxLine *line, const PbxCommand *command, GError **error)
{
    gboolean sent;

    if (command->channel < 0) {
        pbx_calls_restart(run->calls, line, 0);
        return line_restart_interface(line);
    }
    if (!pbx_line_has_channel(line, command->channel))
        return pbx_run_fail(error, "the span has no B channel %d", command->channel);
    pbx_calls_restart(run->calls, line, (guint8)command->channel);
    sent = pri_reset(pbx_line_speaker(line)->isdn, pbx_line_encode(line, command->channel)) == 0;
    pbx_line_settle(line);
    return sent;
}

/* libpri says no identifier of interface 0, and may say this one by another interface's D channel.
 */
static gboolean line_service_explicit(PbxLine *line, gint channel, guint8 status)
{
    gboolean national = line->settings->switch_type == SWITCH_NI2;
    const guint8 octets[] = {national ? 0x43 : 0x03,
                             2,
                             0,
                             0,
                             national ? 0x07 : 0x0f,
                             0x01,
                             1,
                             0xc0 | status,
                             0x18,
                             4,
                             0xe9,
                             (guint8)(0x80 | line->settings->span.interface),
                             0x83,
                             (guint8)(0x80 | channel)};
    g_autoptr(GBytes) bytes = g_bytes_new(octets, sizeof octets);

    return pbx_line_send_message(line, NULL, FALSE, bytes);
}

static gboolean line_service(PbxLine *line, const PbxCommand *command, GError **error)
{
    gboolean sent;

    if (!pbx_line_has_service(line))
        return pbx_run_fail(error, "the switch type has no SERVICE");
    if (command->channel > 0 && !pbx_line_has_channel(line, command->channel))
        return pbx_run_fail(error, "the span has no B channel %d", command->channel);
    if (command->channel > 0 && pbx_line_is_grouped(line))
        return line_service_explicit(line, command->channel, command->on ? 0 : 2);
    sent = pri_maintenance_service(pbx_line_speaker(line)->isdn, line->settings->span.interface,
                                   command->channel, command->on ? 0 : 2) == 0;
    pbx_line_settle(line);
    return sent;
}

static void line_heed(PbxLine *line, gint type)
{
    for (gint i = 0; i < 128; i++)
        if (type < 0 || i == type)
            pbx_line_ignore(line, (guint8)i, 0);
}

static gboolean line_do(PbxRun *run, PbxLine *line, const PbxCommand *command, GError **error)
{
    switch ((int)command->verb) {
    case VERB_RESTART:
        return line_restart(run, line, command, error);
    case VERB_SERVICE:
        return line_service(line, command, error);
    case VERB_MWI:
        return pbx_mwi_send(line, command->called, command->on, (guint)MAX(command->count, 0)) ||
               pbx_run_fail(error, "the switch type has no message waiting");
    case VERB_RAW_FRAME:
        return pbx_line_send_frame(line, command->octets);
    case VERB_IGNORE:
        pbx_line_ignore(line, (guint8)command->number, command->count);
        return TRUE;
    case VERB_HEED:
        line_heed(line, command->number);
        return TRUE;
    case VERB_LATE:
        pbx_line_delay(line, (guint8)command->number, command->time_us);
        return TRUE;
    case VERB_LINE:
        return pbx_line_connect(line, command->on, error);
    case VERB_DCHANNEL:
        line->d_cut = !command->on;
        return TRUE;
    case VERB_SWITCH:
        return pbx_group_switch(line, error);
    case VERB_TIMER:
        return pbx_line_set_timer(line, command->name, command->number) ||
               pbx_run_fail(error, "libpri has no timer %s", command->name);
    }
    return FALSE;
}

RunResult pbx_run_lines(PbxRun *run, const PbxCommand *command, GError **error)
{
    if (command->span >= 0 && !pbx_run_find_line(run, command->span, error))
        return RUN_FAILED;
    for (guint i = 0; i < run->lines->len; i++) {
        PbxLine *line = run->lines->pdata[i];

        if (command->span >= 0 && command->span != line->index)
            continue;
        if (!line_do(run, line, command, error))
            return RUN_FAILED;
    }
    return RUN_DONE;
}
