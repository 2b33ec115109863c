/* One line of the PBX: a span, its D channel on libpri, and the tap between them. */
#include "pbx_line_private.h"

#include "log.h"
#include "pbx_group.h"

#include <sys/time.h>

/* ---- the span -------------------------------------------------------------------------------- */

static void line_block(void *user, guint8 channel, const guint8 *rx, guint8 *tx, gsize count)
{
    PbxLine *line = user;

    line->events.block(line->events.user, line, channel, rx, tx, count);
}

static void line_alarm(void *user, SpanAlarms alarms)
{
    PbxLine *line = user;

    line->alarms = alarms;
    pbx_group_look(line);
    line->events.alarm(line->events.user, line);
}

gboolean pbx_line_connect(PbxLine *line, gboolean on, GError **error)
{
    SpanEvents events = {
        .user = line, .d_frame = pbx_tap_frame, .b_block = line_block, .alarm = line_alarm};

    if (!on) {
        g_clear_pointer(&line->span, span_close);
        line->alarms = SPAN_ALARM_RED;
        pbx_group_look(line);
        return TRUE;
    }
    if (line->span)
        return TRUE;
    line->span = span_open(&line->settings->span, line->loop, &events, error);
    if (!line->span)
        return FALSE;
    line->alarms = line->span->alarms;
    if (line->settings->span.backend == BACKEND_CESOPSN)
        line->alarms |= SPAN_ALARM_RED; /* nothing is heard yet; the span tells when that changes */
    for (guint8 channel = 1; channel < G_N_ELEMENTS(line->opened); channel++)
        if (line->opened[channel])
            span_b_open(line->span, channel, SPAN_USE_DATA);
    return TRUE;
}

void pbx_line_b_open(PbxLine *line, guint8 channel)
{
    if (line->opened[channel])
        return;
    line->opened[channel] = TRUE;
    if (line->span)
        span_b_open(line->span, channel, SPAN_USE_DATA);
}

void pbx_line_b_close(PbxLine *line, guint8 channel)
{
    if (!line->opened[channel])
        return;
    line->opened[channel] = FALSE;
    if (line->span)
        span_b_close(line->span, channel);
}

gboolean pbx_line_has_channel(const PbxLine *line, gint number)
{
    return number >= 1 && number <= 31 && span_has_b_channel(&line->settings->span, (guint8)number);
}

guint pbx_line_channels(const PbxLine *line)
{
    guint count = 0;

    for (guint8 number = 1; number <= 31; number++)
        count += span_has_b_channel(&line->settings->span, number);
    return count;
}

/* ---- libpri ---------------------------------------------------------------------------------- */

static int switch_of(const PbxLineSettings *settings)
{
    switch (settings->switch_type) {
    case SWITCH_EUROISDN:
        return settings->span.type == SPAN_T1 ? PRI_SWITCH_EUROISDN_T1 : PRI_SWITCH_EUROISDN_E1;
    case SWITCH_NI2:
        return PRI_SWITCH_NI2;
    case SWITCH_DMS100:
        return PRI_SWITCH_DMS100;
    case SWITCH_5ESS:
        return PRI_SWITCH_LUCENT5E;
    case SWITCH_4ESS:
        return PRI_SWITCH_ATT4ESS;
    case SWITCH_QSIG:
        return PRI_SWITCH_QSIG;
    }
    return PRI_SWITCH_UNKNOWN;
}

gboolean pbx_line_has_service(const PbxLine *line)
{
    SwitchType type = line->settings->switch_type;

    return type != SWITCH_EUROISDN && type != SWITCH_QSIG;
}

static void isdn_says(struct pri *isdn, char *text)
{
    PbxLine *line = isdn ? pri_get_userdata(isdn) : NULL;

    g_strchomp(text);
    log_debug("span %d: libpri: %s", line ? line->index : -1, text);
}

static void timer_settle(PbxLine *line)
{
    struct timeval *next = pri_schedule_next(line->isdn);
    struct timeval now;
    gint64 delay;

    if (!next) {
        loop_timer_stop(line->loop, line->timer);
        return;
    }
    gettimeofday(&now, NULL);
    delay = (gint64)(next->tv_sec - now.tv_sec) * G_USEC_PER_SEC + (next->tv_usec - now.tv_usec);
    loop_timer_start(line->loop, line->timer, MAX(delay, 0));
}

/* The calls of two D channels are in one pool, and so either's timers may have changed. */
void pbx_line_settle(PbxLine *line)
{
    PbxLine *const lines[] = {line, pbx_line_speaker(line)};

    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
        if (lines[i]->isdn && (i == 0 || lines[i] != line))
            timer_settle(lines[i]);
}

static void line_timer(void *user)
{
    PbxLine *line = user;
    pri_event *event;

    while ((event = pri_schedule_run(line->isdn)))
        pbx_tap_event(line, event);
    line->events.settled(line->events.user, line);
    pbx_line_settle(line);
}

/* libpri has no destructor: what it made lives as long as the process, and this list says where it
 * is. */
static GPtrArray *controllers;

static void line_isdn_open(PbxLine *line)
{
    gboolean european = line->settings->switch_type == SWITCH_EUROISDN;
    int node = line->settings->side == SIDE_NETWORK ? PRI_NETWORK : PRI_CPE;

    pri_set_message(isdn_says);
    pri_set_error(isdn_says);
    line->isdn =
        line->settings->span.type == SPAN_BRI
            ? pri_new_bri_cb(-1, TRUE, node, switch_of(line->settings), pbx_tap_read, pbx_tap_write,
                             line)
            : pri_new_cb(-1, node, switch_of(line->settings), pbx_tap_read, pbx_tap_write, line);
    if (!controllers)
        controllers = g_ptr_array_new();
    g_ptr_array_add(controllers, line->isdn);
    line->t203_ms = pri_get_timer(line->isdn, PRI_TIMER_T203);
    pri_hangup_fix_enable(line->isdn, 1);
    pri_set_inbanddisconnect(line->isdn, 0);
    /* On DMS-100 all that libpri would send is the offer to transfer, in a form that tshark cannot
     * read. */
    if (line->settings->switch_type != SWITCH_DMS100)
        pri_facility_enable(line->isdn);
    pri_set_service_message_support(line->isdn, pbx_line_has_service(line));
    if (european) {
        pri_display_options_send(line->isdn, PRI_DISPLAY_OPTION_NAME_INITIAL);
        pri_display_options_receive(line->isdn, PRI_DISPLAY_OPTION_NAME_INITIAL);
    }
    /* With it Sending complete is ours to say; without, European lines always carry it. */
    pri_set_overlapdial(line->isdn, european || line->settings->switch_type == SWITCH_QSIG);
    pri_persistent_layer2_option(line->isdn, PRI_L2_PERSISTENCE_KEEP_UP);
    pbx_line_settle(line);
}

PbxLine *pbx_line_open(const PbxLineSettings *settings, Loop *loop, const PbxLineEvents *events,
                       GError **error)
{
    PbxLine *line = g_new0(PbxLine, 1);

    *line = (PbxLine){
        .index = settings->span.index, .settings = settings, .loop = loop, .events = *events};
    line->late = -1;
    g_queue_init(&line->unheard);
    if (!pbx_line_connect(line, TRUE, error)) {
        g_free(line);
        return NULL;
    }
    line->timer = loop_timer_new(loop, line_timer, line);
    line->hearing = loop_timer_new(loop, pbx_tap_hear, line);
    if (settings->span.d_role != D_NONE)
        line_isdn_open(line);
    return line;
}

void pbx_line_close(PbxLine *line)
{
    if (!line)
        return;
    g_clear_pointer(&line->span, span_close);
    if (line->group && line->settings->span.d_role == D_OWN)
        pbx_group_free(line->group);
    loop_timer_free(line->loop, line->timer);
    loop_timer_free(line->loop, line->hearing);
    g_queue_clear_full(&line->unheard, (GDestroyNotify)g_bytes_unref);
    pbx_edits_clear(&line->edits);
    g_free(line);
}

gboolean pbx_line_is_ready(const PbxLine *line)
{
    const PbxLine *speaker = pbx_line_speaker(line);

    return speaker->up && speaker->spoken &&
           !((speaker->alarms | line->alarms) & SPAN_ALARMS_SERVICE);
}

gboolean pbx_line_set_timer(PbxLine *line, const char *name, gint value)
{
    int index = pri_timer2idx(name);

    if (index >= 0 && !line->isdn)
        return TRUE;
    if (index < 0 || pri_set_timer(line->isdn, index, value) < 0)
        return FALSE;
    if (index == PRI_TIMER_T203)
        line->t203_ms = value;
    return TRUE;
}

gboolean pbx_line_is_quiet(const PbxLine *line)
{
    return !line->up || !line->span || line->d_cut || line->acknowledged == line->edits.next;
}

void pbx_line_ignore(PbxLine *line, guint8 type, gint count)
{
    line->ignore[type & 127] = count;
}

void pbx_line_delay(PbxLine *line, guint8 type, gint64 delay_us)
{
    line->late = type;
    line->late_us = delay_us;
}

/* libpri keeps the first 12 bits of a reference here, the last 3 there. */
gint pbx_line_reference(PbxLine *line, q931_call *call)
{
    int mode = 0;
    int value = pri_get_crv(pbx_line_speaker(line)->isdn, call, &mode);

    return value < 0 ? -1 : value << 3 | mode;
}

gboolean pbx_line_send_message(PbxLine *member, q931_call *call, gboolean to_originator,
                               GBytes *octets)
{
    PbxLine *line = pbx_line_speaker(member);
    q931_call *carrier = call ? call : pri_new_call(line->isdn);
    PbxEdit edit = {.type = MESSAGE_INFORMATION, .replace = g_bytes_ref(octets)};
    gboolean sent;

    edit.reference = carrier ? pbx_line_reference(line, carrier) : -1;
    if (edit.reference < 0) {
        g_bytes_unref(edit.replace);
        return FALSE;
    }
    edit.to_originator = call && to_originator;
    pbx_edits_add(&line->edits, &edit);
    sent = pri_keypad_facility(line->isdn, carrier, "0") == 0;
    if (carrier != call)
        pri_destroycall(line->isdn, carrier);
    pbx_line_settle(line);
    return sent;
}
