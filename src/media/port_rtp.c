/* RTP of a port: datagrams in to the jitter buffer, the channel's samples out as packets. */
#define _GNU_SOURCE /* recvmmsg() */
#include "clock.h"
#include "port_private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 4
#define BATCHES_MAX 16 /* of one look: a flood must not hold up the other calls */
#define DATAGRAM_MAX 1500
#define PAYLOAD_MAX 1280 /* samples: 160 ms */
#define PT_PCMU 0
#define PT_PCMA 8

typedef union Control {
    struct cmsghdr align;
    char space[CMSG_SPACE(sizeof(struct timespec))];
} Control;

static gint64 timespec_us(const struct timespec *time)
{
    return (gint64)time->tv_sec * G_USEC_PER_SEC + time->tv_nsec / 1000;
}

/* When the kernel took MESSAGE in; NOW_US when it did not say. */
static gint64 message_arrival_us(struct msghdr *message, gint64 now_us)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        struct timespec stamp;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
        return timespec_us(&stamp);
    }
    return now_us;
}

static void port_give(Port *self, struct mmsghdr *message, gint64 now_us, PortDatagramFunc func)
{
    struct msghdr *header = &message->msg_hdr;
    gint64 arrival_us = message_arrival_us(header, now_us);
    PortDatagram datagram = {
        .data = header->msg_iov->iov_base,
        .size = header->msg_flags & MSG_TRUNC ? 0 : message->msg_len,
        .from = header->msg_name,
        .arrival_us = arrival_us,
        .waited_us = MAX(now_us - arrival_us, 0),
    };

    func(self, &datagram);
}

void port_read_socket(Port *self, int fd, PortDatagramFunc func)
{
    guint8 data[BATCH][DATAGRAM_MAX];
    struct sockaddr_storage from[BATCH];
    Control control[BATCH];
    struct iovec parts[BATCH];
    struct mmsghdr messages[BATCH];
    int count = BATCH;

    for (guint batches = 0; count == BATCH && batches < BATCHES_MAX; batches++) {
        gint64 now_us;

        for (guint i = 0; i < BATCH; i++) {
            parts[i] = (struct iovec){data[i], DATAGRAM_MAX};
            messages[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &from[i],
                                                       .msg_namelen = sizeof(from[i]),
                                                       .msg_iov = &parts[i],
                                                       .msg_iovlen = 1,
                                                       .msg_control = &control[i],
                                                       .msg_controllen = sizeof(control[i])}};
        }
        count = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
        if (count <= 0)
            return; /* nothing there, or a passing error of the socket: the next look tells */
        now_us = clock_wall_us();
        for (int i = 0; i < count; i++)
            port_give(self, &messages[i], now_us, func);
    }
}

static gboolean payload_type_wanted(const Port *self, guint8 type)
{
    return type == PT_PCMU || type == PT_PCMA ||
           (self->orders.has_remote && self->orders.remote.event_payload_type == (gint8)type);
}

static void port_take_audio(Port *self, const RtpPacket *packet, const PortDatagram *datagram)
{
    Law law = packet->payload_type == PT_PCMU ? LAW_ULAW : LAW_ALAW;
    const guint8 *table = law_table(law, self->law), *octets = packet->payload;
    guint8 converted[PAYLOAD_MAX];

    reception_time(&self->reception, packet, (guint32)(datagram->arrival_us / 125));
    if (table) {
        law_convert(table, converted, octets, packet->length);
        octets = converted;
    }
    jitter_put(&self->jitter, packet->timestamp, octets, packet->length,
               (guint)MIN(datagram->waited_us / 125, G_MAXINT16));
}

static void port_take_datagram(Port *self, const PortDatagram *datagram)
{
    RtpPacket packet;

    if (source_is_foreign(&self->rtp_source, datagram->from)) {
        self->stats.foreign++;
        return;
    }
    if (!rtp_read(datagram->data, datagram->size, &packet) ||
        !payload_type_wanted(self, packet.payload_type) || packet.length > PAYLOAD_MAX) {
        self->stats.malformed++;
        return;
    }
    source_hear(&self->rtp_source, datagram->from);
    self->stats.received++;
    self->quiet = 0;
    self->told_silent = FALSE;
    if (self->reception.started && self->reception.ssrc != packet.ssrc)
        jitter_restart(&self->jitter);
    reception_count(&self->reception, &packet);
    if (packet.payload_type == PT_PCMU || packet.payload_type == PT_PCMA)
        port_take_audio(self, &packet, datagram);
    else if (!port_take_event(self, &packet))
        self->stats.malformed++;
}

void port_receive(Port *self)
{
    self->since_poll = 0;
    port_read_socket(self, port_rtp_socket(self), port_take_datagram);
}

/* What is agreed for RTP toward the far end. */
static guint8 port_payload_type(const Port *self)
{
    return self->orders.has_remote ? self->orders.remote.payload_type : PT_PCMU;
}

/* A packet's length, law and payload type are those agreed when its first sample comes. */
static void port_begin_packet(Port *self)
{
    const MediaRemote *remote = &self->orders.remote;
    guint ptime = self->orders.has_remote ? remote->ptime_ms : 0;

    self->out.size = (ptime == 10 || ptime == 30 ? ptime : 20) * SAMPLES_PER_MS;
    self->out.payload_type = port_payload_type(self);
    self->out.table = law_table(self->law, self->out.payload_type == PT_PCMA ? LAW_ALAW : LAW_ULAW);
}

/* DATA has room for the header before its SIZE octets of payload. */
static void port_transmit(Port *self, const struct sockaddr_storage *to, RtpPacket packet,
                          guint8 *data, gsize size)
{
    packet.sequence = self->out.sequence++;
    packet.ssrc = self->out.ssrc;
    rtp_write_header(data, &packet);
    if (sendto(port_rtp_socket(self), data, RTP_HEADER_SIZE + size, 0, (const struct sockaddr *)to,
               address_length(to)) >= 0) {
        self->stats.sent++;
        self->octets_sent += size;
    } else if (log_limit(&self->send_limit, 1, 10 * G_USEC_PER_SEC)) {
        log_warning("C%u media: cannot send RTP: %s", self->setup.call, g_strerror(errno));
    }
}

static void port_transmit_audio(Port *self, const struct sockaddr_storage *to)
{
    PacketOut *out = &self->out;
    RtpPacket packet = {
        .marker = out->talkspurt,
        .payload_type = out->payload_type,
        .timestamp = out->timestamp,
    };

    out->talkspurt = FALSE;
    port_transmit(self, to, packet, out->data, out->size);
}

void port_send_event(Port *self)
{
    const struct sockaddr_storage *to = port_target(self);
    gint8 type = self->orders.has_remote ? self->orders.remote.event_payload_type : -1;
    guint32 now = self->out.timestamp + self->out.filled;
    gboolean more = TRUE;
    EventPacket event;

    while (more && event_writer_next(&self->digits.writer, now, &event, &more)) {
        RtpPacket packet = {
            .marker = event.marker, .payload_type = (guint8)type, .timestamp = event.stamp};
        guint8 data[RTP_HEADER_SIZE + EVENT_PAYLOAD];

        memcpy(data + RTP_HEADER_SIZE, event.payload, EVENT_PAYLOAD);
        if (to && type >= 0)
            port_transmit(self, to, packet, data, EVENT_PAYLOAD);
    }
}

void port_hush_packet(Port *self, guint count)
{
    PacketOut *out = &self->out;
    Law law = out->payload_type == PT_PCMA ? LAW_ALAW : LAW_ULAW;
    guint part = MIN(count, out->filled);

    memset(out->data + RTP_HEADER_SIZE + out->filled - part, law_silence(law), part);
}

/* The packet is full. While a digit is told, events go out in place of audio. */
static void port_finish_packet(Port *self)
{
    PacketOut *out = &self->out;
    const struct sockaddr_storage *to = port_target(self);

    port_send_event(self);
    /* One that was begun before the far end named its law is of a law that it may not know. */
    if (to && out->payload_type == port_payload_type(self) && !self->digits.writer.active)
        port_transmit_audio(self, to);
    else
        out->talkspurt = TRUE;
    out->timestamp += out->size;
    out->filled = 0;
}

void port_send(Port *self, const guint8 *rx, gsize count)
{
    PacketOut *out = &self->out;

    while (count > 0) {
        gsize part;

        if (out->filled == 0)
            port_begin_packet(self);
        part = MIN(count, out->size - out->filled);
        law_convert(out->table, out->data + RTP_HEADER_SIZE + out->filled, rx, part);
        out->filled += (guint)part;
        rx += part;
        count -= part;
        if (out->filled < out->size)
            return;
        port_finish_packet(self);
    }
}
