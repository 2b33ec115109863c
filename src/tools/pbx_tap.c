/* The tap between libpri and the span: every frame is looked at, told, and sometimes changed or
 * hidden. */
#include "pbx_group.h"
#include "pbx_line_private.h"

#include <string.h>

/* What libpri adds to every length: room for the FCS it never sees. */
#define FCS_OCTETS 2
/* Closing flag of a frame; the opening one is shared. */
#define FLAG_OCTETS 1
/* Q.921 5.9.3: N201 is 260; anything much longer is no frame of this channel. */
#define FRAME_MAX 512

/* T203 until the peer has spoken. */
#define ASK_AFTER_MS 50

#define CONTROL_SABME 0x6f
#define CONTROL_UA 0x63
#define CONTROL_UI 0x03
#define CONTROL_POLL 0x10

void pbx_tap_event(PbxLine *line, pri_event *event)
{
    if (!event)
        return;
    /* SERVICE of the whole interface, or its answer, looks the same and is no news of the link. */
    if (line->fed_message && (event->e == PRI_EVENT_DCHAN_UP || event->e == PRI_EVENT_DCHAN_DOWN))
        return;
    if (event->e == PRI_EVENT_DCHAN_UP)
        line->up = TRUE;
    else if (event->e == PRI_EVENT_DCHAN_DOWN)
        line->up = line->spoken = FALSE;
    if (event->e == PRI_EVENT_DCHAN_UP || event->e == PRI_EVENT_DCHAN_DOWN)
        pbx_group_look(line);
    line->events.event(line->events.user, line, event);
}

typedef struct FrameName {
    guint8 control; /* of an unnumbered frame, the P/F bit zero */
    const char *name;
} FrameName;

static const FrameName frame_names[] = {
    {CONTROL_SABME, "SABME"}, {CONTROL_UA, "UA"}, {0x43, "DISC"}, {0x0f, "DM"},
    {0x87, "FRMR"},           {0xaf, "XID"},
};

/* The link is set up and cleared by unnumbered frames: who looks at a line that will not come up
 * wants them. */
static void tap_tell(PbxLine *line, const guint8 *frame, gboolean sent)
{
    for (gsize i = 0; i < G_N_ELEMENTS(frame_names); i++)
        if ((frame[2] & ~CONTROL_POLL) == frame_names[i].control)
            line->events.link(line->events.user, line, frame_names[i].name, sent);
}

/* The link starts anew. Where both sides send SABME ours may be answered long before the peer has
 * heard our UA, and the link starts once more when it repeats its own: until the peer sends a
 * numbered frame nothing should be trusted to the link, and T203 is short, so that libpri soon asks
 * for one. */
static void tap_restart(PbxLine *line)
{
    pbx_edits_reset(&line->edits);
    line->expected = line->acknowledged = 0;
    line->spoken = FALSE;
    if (line->isdn)
        pri_set_timer(line->isdn, PRI_TIMER_T203, ASK_AFTER_MS);
}

static void tap_spoken(PbxLine *line, guint8 acknowledged)
{
    line->acknowledged = acknowledged;
    if (line->spoken)
        return;
    line->spoken = TRUE;
    pri_set_timer(line->isdn, PRI_TIMER_T203, line->t203_ms);
}

/* ---- outward --------------------------------------------------------------------------------- */

static void line_transmit(PbxLine *line, const guint8 *frame, gsize length)
{
    line->counters.frames_out++;
    line->counters.octets_out += length + FCS_OCTETS + FLAG_OCTETS;
    if (line->span && !line->d_cut)
        span_d_send(line->span, frame, length);
}

/* libpri's V(R), which is behind what came while it hears late. */
static void tap_expects(PbxLine *line, guint8 number)
{
    if (!line->hears_late)
        line->expected = number;
}

static void line_transmit_information(PbxLine *line, const guint8 *frame, gsize length)
{
    PbxSeen seen = {.octets = frame + 4, .length = length - 4, .sent = TRUE};
    GBytes *changed =
        pbx_edits_take(&line->edits, frame[2] >> 1, seen.octets, seen.length, &seen.again);
    guint8 whole[FRAME_MAX];

    tap_expects(line, frame[3] >> 1);
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

int pbx_tap_write(struct pri *isdn, void *buffer, int length)
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
        tap_expects(line, frame[3] >> 1);
    tap_tell(line, frame, TRUE);
    if ((frame[2] & ~CONTROL_POLL) == CONTROL_SABME)
        line->calling_up = TRUE;
    if ((frame[2] & ~CONTROL_POLL) == CONTROL_UA) {
        tap_restart(line);
    }
    line_transmit(line, frame, octets);
    return length;
}

/* ---- inward ---------------------------------------------------------------------------------- */

/* Hands libpri the frame at hand; octets >= 0x80 after its end stop the loops that libpri runs over
 * extension bits (facts of libpri: they read past the end of a malformed frame). */
int pbx_tap_read(struct pri *isdn, void *buffer, int size)
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
    if (!seen.fault && !again && seen.message.type == line->late) {
        line->late = -1;
        loop_timer_start(line->loop, line->hearing, line->late_us);
        line->hears_late = TRUE;
    }
    line->events.message(line->events.user, line, &seen);
    if ((seen.fault || seen.ignored) && seen.length)
        frame[skip] = MESSAGE_PROTOCOL_NONE;
}

static void line_feed(PbxLine *line, const guint8 *frame, gsize length)
{
    line->fed = frame;
    line->fed_length = length;
    line->fed_message = !(frame[2] & 1);
    pbx_tap_event(line, pri_check_event(line->isdn));
    line->fed = NULL;
    line->fed_message = FALSE;
    line->events.settled(line->events.user, line);
    pbx_line_settle(line);
}

void pbx_tap_hear(void *user)
{
    PbxLine *line = user;
    GBytes *frame;

    line->hears_late = FALSE;
    while ((frame = g_queue_pop_head(&line->unheard))) {
        gsize length;
        const guint8 *octets = g_bytes_get_data(frame, &length);

        line_feed(line, octets, length);
        g_bytes_unref(frame);
    }
}

void pbx_tap_frame(void *user, const guint8 *frame, gsize length)
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
    tap_tell(line, frame, FALSE);
    if ((frame[2] & 3) != 3)
        tap_spoken(line, frame[3] >> 1);
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
        tap_restart(line);
    }
    if (line->hears_late)
        g_queue_push_tail(&line->unheard, g_bytes_new(copy, length));
    else
        line_feed(line, copy, length);
}

/* What libpri hears is in no frame of the line: a message without effect, in an unnumbered frame
 * that touches no sequence. */
void pbx_tap_attach(PbxLine *line, gint reference, gboolean to_originator)
{
    gboolean we_are_network = line->settings->side == SIDE_NETWORK;
    guint8 frame[] = {we_are_network ? 0x00 : 0x02, /* a command of the far end */
                      0x01,
                      CONTROL_UI,
                      MESSAGE_PROTOCOL_Q931,
                      2,
                      (guint8)((reference >> 8 & 0x7f) | (to_originator ? 0x80 : 0)),
                      (guint8)reference,
                      MESSAGE_CONNECT_ACKNOWLEDGE};

    line_feed(line, frame, sizeof frame);
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
