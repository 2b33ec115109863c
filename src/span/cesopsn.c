/* A span over UDP: the CESoPSN pseudowire of RFC 5086, its D channel an ordinary timeslot. */
#include "cesopsn.h"
#include "log.h"

#include <string.h>

#define RECEIVE_AT_ONCE 256 /* a flood waits for the next turn of the loop */
#define COMPLAIN_PER_US (60 * G_USEC_PER_SEC)

static guint8 *out_payload(Cesopsn *self)
{
    return self->out + CESOPSN_RTP_BYTES + CESOPSN_CONTROL_BYTES;
}

/* One timeslot's octets stand SLOTS apart: frame by frame, each with all timeslots in order (RFC
 * 5086 5). */
static void slot_read(const Cesopsn *self, const guint8 *payload, guint channel, guint8 *octets)
{
    const guint8 *from = payload + channel - 1;

    for (guint i = 0; i < self->frames; i++, from += self->slots)
        octets[i] = *from;
}

static void slot_write(Cesopsn *self, guint channel, const guint8 *octets)
{
    guint8 *to = out_payload(self) + channel - 1;

    for (guint i = 0; i < self->frames; i++, to += self->slots)
        *to = octets[i];
}

static void slot_write_idle(Cesopsn *self, guint channel)
{
    guint8 idle[CESOPSN_FRAMES_MAX];

    memset(idle, span_idle_octet(self->base.settings), sizeof(idle));
    slot_write(self, channel, idle);
}

/* The octets before the payload. */
static gsize header_bytes(const Cesopsn *self)
{
    return CESOPSN_CONTROL_BYTES + (self->base.settings->rtp_header ? CESOPSN_RTP_BYTES : 0);
}

/* The commonest mistake of two ends is that they do not agree on the packet. */
static void note_malformed(Cesopsn *self, gsize length)
{
    self->base.counters.malformed++;
    if (log_limit(&self->malformed_limit, 1, COMPLAIN_PER_US))
        log_warning("span %s: a packet of %" G_GSIZE_FORMAT
                    " octets is not of this pseudowire, which has %" G_GSIZE_FORMAT
                    ": do both ends have the same packet, type and header?",
                    self->base.settings->name, length, header_bytes(self) + self->payload);
}

static CesopsnVerdict read_packet(const Cesopsn *self, const guint8 *packet, gsize length,
                                  CesopsnControl *control)
{
    if (self->base.settings->rtp_header)
        return cesopsn_rtp_read(&self->rtp, packet, length, self->payload, control);
    return cesopsn_packet_read(packet, length, self->payload, control);
}

static void take_packet(Cesopsn *self, const guint8 *packet, gsize length)
{
    gsize header = header_bytes(self);
    const guint8 *payload = length > header ? packet + header : NULL;
    CesopsnControl control;

    self->base.counters.packets_in++;
    switch (read_packet(self, packet, length, &control)) {
    case CESOPSN_DATA:
        cesopsn_buffer_put(self->buffer, &control, payload);
        break;
    case CESOPSN_SIGNALLING:
        break;
    case CESOPSN_MALFORMED:
        note_malformed(self, length);
        break;
    }
}

void cesopsn_receive(Cesopsn *self)
{
    const guint8 *packet;
    gsize length;

    for (guint i = 0; i < RECEIVE_AT_ONCE; i++) {
        if (!cesopsn_socket_receive(self->socket, &packet, &length))
            return;
        if (packet)
            take_packet(self, packet, length);
    }
}

static void exchange_b_channels(Cesopsn *self, const guint8 *payload)
{
    const SpanEvents *events = &self->base.events;
    guint8 idle = span_idle_octet(self->base.settings);

    for (guint channel = 1; channel <= self->slots; channel++) {
        guint8 rx[CESOPSN_FRAMES_MAX], tx[CESOPSN_FRAMES_MAX];

        if (!(self->b_open >> channel & 1))
            continue;
        slot_read(self, payload, channel, rx);
        memset(tx, idle, self->frames);
        events->b_block(events->user, (guint8)channel, rx, tx, self->frames);
        if (self->b_open >> channel & 1) /* it may have closed itself, and is idle then */
            slot_write(self, channel, tx);
    }
}

static void exchange_d_channel(Cesopsn *self, const guint8 *payload)
{
    guint channel = self->base.settings->d_channel;
    guint8 octets[CESOPSN_FRAMES_MAX];

    if (!channel)
        return; /* another span's carries the messages */
    slot_read(self, payload, channel, octets);
    hdlc_receiver_take(&self->d_receiver, octets, self->frames);
    self->base.counters.d_frames_out += hdlc_sender_fill(self->d_sender, octets, self->frames);
    slot_write(self, channel, octets);
}

static void send_packet(Cesopsn *self)
{
    guint8 *word = self->out + CESOPSN_RTP_BYTES;
    gsize length = header_bytes(self) + self->payload;
    guint8 *packet = out_payload(self) - header_bytes(self);
    /* Our framer and our pseudowire are one: hearing nothing good is RDI to the far framer, and
     * losing packets is R to the far pseudowire. What we send is always valid, so L is never set.
     */
    CesopsnControl control = {
        .losing = self->alarms.losing,
        .modifier = self->base.alarms & (SPAN_ALARM_RED | SPAN_ALARM_BLUE) ? CESOPSN_M_RDI
                                                                           : CESOPSN_M_NORMAL,
        .sequence = self->sequence++,
    };

    cesopsn_control_write(&control, length, word);
    if (self->base.settings->rtp_header)
        cesopsn_rtp_write(&self->rtp, control.sequence, packet);
    cesopsn_socket_send(self->socket, packet, length);
}

void cesopsn_turn(Cesopsn *self)
{
    static const guint8 nothing[SPAN_SLOTS_MAX * CESOPSN_FRAMES_MAX] = {
        [0 ... SPAN_SLOTS_MAX * CESOPSN_FRAMES_MAX - 1] = 0xff};
    CesopsnControl control;
    const guint8 *payload = cesopsn_buffer_play(self->buffer, &control);

    span_set_alarms(&self->base, cesopsn_alarms_note(&self->alarms, payload ? &control : NULL));
    exchange_b_channels(self, payload ? payload : nothing);
    exchange_d_channel(self, payload ? payload : nothing);
    send_packet(self);
    if (self->base.events.tick)
        self->base.events.tick(self->base.events.user, self->frames);
}

static void take_d_frame(void *user, HdlcVerdict verdict, const guint8 *frame, gsize length)
{
    Cesopsn *self = user;
    SpanCounters *counters = &self->base.counters;

    switch (verdict) {
    case HDLC_GOOD:
        counters->d_frames_in++;
        if (self->base.events.d_frame)
            self->base.events.d_frame(self->base.events.user, frame, length);
        break;
    case HDLC_BAD_FCS:
        counters->d_bad_fcs++;
        break;
    case HDLC_ABORT:
        counters->d_aborts++;
        break;
    case HDLC_OVERLONG:
        counters->d_overlong++;
        break;
    }
}

static gboolean cesopsn_d_send(Span *span, const guint8 *frame, gsize length)
{
    Cesopsn *self = (Cesopsn *)span;

    if (hdlc_sender_queue(self->d_sender, frame, length))
        return TRUE;
    span->counters.d_dropped_out++;
    return FALSE;
}

static void cesopsn_b_open(Span *span, guint8 channel, SpanUse use)
{
    (void)use; /* we change nothing in any case */
    ((Cesopsn *)span)->b_open |= 1u << channel;
}

static void cesopsn_b_close(Span *span, guint8 channel)
{
    Cesopsn *self = (Cesopsn *)span;

    self->b_open &= ~(1u << channel);
    slot_write_idle(self, channel);
}

static void cesopsn_close(Span *span)
{
    Cesopsn *self = (Cesopsn *)span;

    cesopsn_clock_stop(self);
    cesopsn_socket_close(self->socket);
    cesopsn_buffer_free(self->buffer);
    hdlc_sender_free(self->d_sender);
    g_free(self);
}

static gboolean check_settings(const SpanSettings *settings, GError **error)
{
    if (settings->packet_ms != 1 && settings->packet_ms != 2 && settings->packet_ms != 5)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "[span %s] packet: %u; 1, 2 or 5",
                    settings->name, settings->packet_ms);
    else if (settings->buffer_packets < 2 || settings->buffer_packets > 32)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "[span %s] buffer-packets: %u; 2-32",
                    settings->name, settings->buffer_packets);
    else
        return TRUE;
    return FALSE;
}

static Span *cesopsn_open(const SpanSettings *settings, Loop *loop, const SpanEvents *events,
                          GError **error)
{
    g_autofree Cesopsn *self = g_new0(Cesopsn, 1);

    if (!check_settings(settings, error))
        return NULL;
    self->base = (Span){.ops = &span_cesopsn_ops, .settings = settings, .events = *events};
    self->socket = cesopsn_socket_open(settings, &self->base.counters, error);
    if (!self->socket)
        return NULL;
    self->loop = loop;
    self->slots = span_slot_count(settings);
    self->frames = settings->packet_ms * 8;
    self->payload = self->slots * self->frames;
    self->buffer = cesopsn_buffer_new(&(CesopsnBufferSettings){
        .depth = settings->buffer_packets,
        .payload = self->payload,
        .refill = settings->clock == SPAN_CLOCK_SLAVE,
        .counters = &self->base.counters,
    });
    cesopsn_alarms_init(&self->alarms, settings->packet_ms);
    cesopsn_rtp_init(&self->rtp, (guint8)settings->rtp_type, settings->rtp_ssrc, settings->rtp_khz,
                     self->frames);
    self->sequence = (guint16)g_random_int(); /* RFC 5086 4.3: not to be guessed */
    self->d_sender = hdlc_sender_new();
    hdlc_receiver_init(&self->d_receiver, take_d_frame, self);
    memset(out_payload(self), span_idle_octet(settings), self->payload);
    cesopsn_clock_start(self);
    return &g_steal_pointer(&self)->base;
}

const SpanOps span_cesopsn_ops = {
    .name = "cesopsn",
    .open = cesopsn_open,
    .close = cesopsn_close,
    .d_send = cesopsn_d_send,
    .b_open = cesopsn_b_open,
    .b_close = cesopsn_b_close,
};
