/* One line of the PBX: a span, its D channel on libpri, and the tap between them. */
#include "pbx_line.h"

#include "log.h"

#include <string.h>
#include <sys/time.h>

/* What libpri adds to every length: room for the FCS it never sees. */
#define FCS_OCTETS 2
/* Closing flag of a frame; the opening one is shared. */
#define FLAG_OCTETS 1
/* Q.921 5.9.3: N201 is 260; anything much longer is no frame of this channel. */
#define FRAME_MAX 512

#define CONTROL_SABME 0x6f
#define CONTROL_UA 0x63
#define CONTROL_UI 0x03
#define CONTROL_POLL 0x10

static void line_run(PbxLine *line, pri_event *event)
{
    if (!event)
        return;
    if (event->e == PRI_EVENT_DCHAN_UP)
        line->up = TRUE;
    else if (event->e == PRI_EVENT_DCHAN_DOWN)
        line->up = FALSE;
    line->events.event(line->events.user, line, event);
}

/* ---- outward -----------------------------------------------------------------------------------
 */

static void line_transmit(PbxLine *line, const guint8 *frame, gsize length)
{
    line->counters.frames_out++;
    line->counters.octets_out += length + FCS_OCTETS + FLAG_OCTETS;
    if (line->span && !line->d_cut)
        span_d_send(line->span, frame, length);
}

static void line_transmit_information(PbxLine *line, const guint8 *frame, gsize length)
{
    PbxSeen seen = {.octets = frame + 4, .length = length - 4, .sent = TRUE};
    GBytes *changed =
        pbx_edits_take(&line->edits, frame[2] >> 1, seen.octets, seen.length, &seen.again);
    guint8 whole[FRAME_MAX];

    line->expected = frame[3] >> 1;
    if (changed) {
        seen.octets = g_bytes_get_data(changed, &seen.length);
        seen.length = MIN(seen.length, sizeof whole - 4);
        memcpy(whole, frame, 4);
        memcpy(whole + 4, seen.octets, seen.length);
        frame = whole;
        seen.octets = whole + 4;
        length = seen.length + 4;
    }
    line_transmit(line, frame, length);
    seen.fault = pbx_message_read(&seen.message, seen.octets, seen.length);
    line->events.message(line->events.user, line, &seen);
}

static int line_write(struct pri *isdn, void *buffer, int length)
{
    PbxLine *line = pri_get_userdata(isdn);
    const guint8 *frame = buffer;
    gsize octets = length > FCS_OCTETS ? (gsize)(length - FCS_OCTETS) : 0;

    if (octets < 3)
        return length;
    if (octets >= 4 && octets <= FRAME_MAX && !(frame[2] & 1)) {
        line_transmit_information(line, frame, octets);
        return length;
    }
    if (octets >= 4 && (frame[2] & 3) == 1)
        line->expected = frame[3] >> 1;
    if ((frame[2] & ~CONTROL_POLL) == CONTROL_SABME)
        line->calling_up = TRUE;
    if ((frame[2] & ~CONTROL_POLL) == CONTROL_UA) {
        pbx_edits_reset(&line->edits);
        line->expected = line->acknowledged = 0;
    }
    line_transmit(line, frame, octets);
    return length;
}

/* ---- inward ------------------------------------------------------------------------------------
 */

/* Hands libpri the frame at hand; octets >= 0x80 after its end stop the loops that libpri runs over
 * extension bits (facts of libpri: they read past the end of a malformed frame). */
static int line_read(struct pri *isdn, void *buffer, int size)
{
    PbxLine *line = pri_get_userdata(isdn);
    gsize length = line->fed_length;

    if (!line->fed || size < 0 || length + FCS_OCTETS > (gsize)size)
        return 0;
    memcpy(buffer, line->fed, length);
    memset((guint8 *)buffer + length, 0xff, (gsize)size - length);
    line->fed = NULL;
    return (int)length + FCS_OCTETS;
}

static gboolean line_ignores(PbxLine *line, guint8 type)
{
    gint *left = &line->ignore[type & 127];

    if (!*left || (type & 0x80))
        return FALSE;
    if (*left > 0)
        --*left;
    return TRUE;
}

/* Reports the layer 3 message at FRAME + SKIP, and hides it from libpri when it must not see it:
 * layer 2 still has to acknowledge the frame, so only the protocol discriminator is spoiled. */
static void line_look(PbxLine *line, guint8 *frame, gsize length, gsize skip, gboolean again)
{
    PbxSeen seen = {.octets = frame + skip, .length = length - skip, .again = again};

    seen.fault = pbx_message_read(&seen.message, seen.octets, seen.length);
    if (seen.fault)
        line->counters.refused++;
    else if (!again && seen.message.protocol == MESSAGE_PROTOCOL_Q931)
        seen.ignored = line_ignores(line, seen.message.type);
    line->events.message(line->events.user, line, &seen);
    if ((seen.fault || seen.ignored) && seen.length)
        frame[skip] = MESSAGE_PROTOCOL_NONE;
}

static void line_feed(PbxLine *line, const guint8 *frame, gsize length)
{
    line->fed = frame;
    line->fed_length = length;
    line_run(line, pri_check_event(line->isdn));
    line->fed = NULL;
    line->events.settled(line->events.user, line);
    pbx_line_settle(line);
}

static void line_d_frame(void *user, const guint8 *frame, gsize length)
{
    PbxLine *line = user;
    guint8 copy[FRAME_MAX];

    line->counters.frames_in++;
    line->counters.octets_in += length + FCS_OCTETS + FLAG_OCTETS;
    if (line->d_cut || !line->isdn)
        return;
    /* Unnumbered frames have one control octet, the others two. */
    if (length < 3 || length > sizeof copy || ((frame[2] & 3) != 3 && length < 4)) {
        line->counters.refused++;
        return;
    }
    memcpy(copy, frame, length);
    if ((frame[2] & 3) != 3)
        line->acknowledged = frame[3] >> 1;
    if (!(frame[2] & 1)) {
        gboolean again = frame[2] >> 1 != line->expected;

        if (length == 4) { /* an I frame without information */
            line->counters.refused++;
            return;
        }
        if (!again)
            line->expected = (line->expected + 1) & 127;
        line_look(line, copy, length, 4, again);
    } else if ((frame[2] & ~CONTROL_POLL) == CONTROL_UI) {
        line_look(line, copy, length, 3, FALSE);
    } else if ((frame[2] & ~CONTROL_POLL) == CONTROL_UA && line->calling_up) {
        line->calling_up = FALSE;
        pbx_edits_reset(&line->edits);
        line->expected = line->acknowledged = 0;
    }
    line_feed(line, copy, length);
}

/* ---- the span ----------------------------------------------------------------------------------
 */

static void line_block(void *user, guint8 channel, const guint8 *rx, guint8 *tx, gsize count)
{
    PbxLine *line = user;

    line->events.block(line->events.user, line, channel, rx, tx, count);
}

static void line_alarm(void *user, SpanAlarms alarms)
{
    PbxLine *line = user;

    line->alarms = alarms;
    line->events.alarm(line->events.user, line);
}

gboolean pbx_line_connect(PbxLine *line, gboolean on, GError **error)
{
    SpanEvents events = {
        .user = line, .d_frame = line_d_frame, .b_block = line_block, .alarm = line_alarm};

    if (!on) {
        g_clear_pointer(&line->span, span_close);
        return TRUE;
    }
    if (line->span)
        return TRUE;
    line->span = span_open(&line->settings->span, line->loop, &events, error);
    if (!line->span)
        return FALSE;
    line->alarms = line->span->alarms;
    for (guint8 channel = 1; channel < G_N_ELEMENTS(line->opened); channel++)
        if (line->opened[channel])
            span_b_open(line->span, channel);
    return TRUE;
}

void pbx_line_b_open(PbxLine *line, guint8 channel)
{
    if (line->opened[channel])
        return;
    line->opened[channel] = TRUE;
    if (line->span)
        span_b_open(line->span, channel);
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
    gint most = line->settings->span.type == SPAN_E1 ? 31 : 24;

    return number >= 1 && number <= most && number != line->settings->span.d_channel;
}

guint pbx_line_channels(const PbxLine *line)
{
    return line->settings->span.type == SPAN_E1 ? 30 : 23;
}

/* ---- libpri ------------------------------------------------------------------------------------
 */

static int switch_of(const PbxLineSettings *settings)
{
    switch (settings->switch_type) {
    case SWITCH_EUROISDN:
        return settings->span.type == SPAN_E1 ? PRI_SWITCH_EUROISDN_E1 : PRI_SWITCH_EUROISDN_T1;
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

static void isdn_says(struct pri *isdn, char *text)
{
    PbxLine *line = isdn ? pri_get_userdata(isdn) : NULL;

    g_strchomp(text);
    log_debug("span %d: libpri: %s", line ? line->index : -1, text);
}

void pbx_line_settle(PbxLine *line)
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

static void line_timer(void *user)
{
    PbxLine *line = user;
    pri_event *event;

    while ((event = pri_schedule_run(line->isdn)))
        line_run(line, event);
    line->events.settled(line->events.user, line);
    pbx_line_settle(line);
}

/* libpri has no destructor: what it made lives as long as the process, and this list says where it
 * is. */
static GPtrArray *controllers;

static void line_isdn_open(PbxLine *line)
{
    gboolean european = line->settings->switch_type == SWITCH_EUROISDN;

    pri_set_message(isdn_says);
    pri_set_error(isdn_says);
    line->isdn = pri_new_cb(-1, line->settings->side == SIDE_NETWORK ? PRI_NETWORK : PRI_CPE,
                            switch_of(line->settings), line_read, line_write, line);
    if (!controllers)
        controllers = g_ptr_array_new();
    g_ptr_array_add(controllers, line->isdn);
    pri_hangup_fix_enable(line->isdn, 1);
    pri_set_inbanddisconnect(line->isdn, 0);
    pri_facility_enable(line->isdn);
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
    if (!pbx_line_connect(line, TRUE, error)) {
        g_free(line);
        return NULL;
    }
    line->timer = loop_timer_new(loop, line_timer, line);
    line_isdn_open(line);
    return line;
}

void pbx_line_close(PbxLine *line)
{
    if (!line)
        return;
    g_clear_pointer(&line->span, span_close);
    loop_timer_free(line->loop, line->timer);
    pbx_edits_clear(&line->edits);
    g_free(line);
}

gboolean pbx_line_is_quiet(const PbxLine *line)
{
    return !line->up || !line->span || line->d_cut || line->acknowledged == line->edits.next;
}

void pbx_line_ignore(PbxLine *line, guint8 type, gint count)
{
    line->ignore[type & 127] = count;
}

/* libpri keeps the first 12 bits of a reference here, the last 3 there. */
gint pbx_line_reference(PbxLine *line, q931_call *call)
{
    int mode = 0;
    int value = pri_get_crv(line->isdn, call, &mode);

    return value < 0 ? -1 : value << 3 | mode;
}

gboolean pbx_line_send_message(PbxLine *line, q931_call *call, gboolean to_originator,
                               GBytes *octets)
{
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

gboolean pbx_line_send_frame(PbxLine *line, GBytes *octets)
{
    gsize length;
    const guint8 *frame = g_bytes_get_data(octets, &length);

    if (!line->span)
        return FALSE;
    line->counters.frames_out++;
    line->counters.octets_out += length + FCS_OCTETS + FLAG_OCTETS;
    return span_d_send(line->span, frame, length);
}
