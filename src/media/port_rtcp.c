/* RTCP of a port: a report about every five seconds, reports heard, BYE at the end. */
#include "clock.h"
#include "port_private.h"

#include <sys/socket.h>

#define POLL_SAMPLES 800 /* 100 ms; the kernel notes when a report came */

static void port_rtcp_schedule(Port *self, gboolean first)
{
    self->rtcp.report_left = rtcp_interval_us(first, random_word()) / 125;
}

void port_rtcp_open(Port *self)
{
    /* RFC 7022: a name of 96 random bits for each session. */
    g_snprintf(self->rtcp.cname, sizeof(self->rtcp.cname), "%06x%08x%08x", random_word() & 0xffffff,
               random_word(), random_word());
    self->rtcp.poll_left = POLL_SAMPLES;
    port_rtcp_schedule(self, TRUE);
}

/* Have we sent RTP since the last report but one (RFC 3550 6.4)? A report speaks of what was heard
 * since the last one. */
static gboolean port_is_sender(const Port *self)
{
    return self->stats.sent > self->rtcp.sent_before[1];
}

static RtcpBlock port_rtcp_block(Port *self, gint64 now_us)
{
    RtcpBlock block = {
        .ssrc = self->reception.ssrc,
        .fraction = reception_take_fraction(&self->reception),
        .lost = reception_lost(&self->reception),
        .highest = reception_highest(&self->reception),
        .jitter = reception_jitter(&self->reception),
        .lsr = self->rtcp.lsr,
    };

    if (block.lsr)
        block.dlsr =
            (guint32)(MAX(now_us - self->rtcp.lsr_at_us, 0) * 65536 / (gint64)G_USEC_PER_SEC);
    return block;
}

static void port_rtcp_send(Port *self, gboolean bye)
{
    const struct sockaddr_storage *to = source_target(&self->rtcp_source);
    gint64 now_us = clock_wall_us();
    guint8 data[RTCP_SIZE_MAX];
    RtcpReport report = {
        .ssrc = self->out.ssrc,
        .sender = port_is_sender(self),
        .ntp = rtcp_ntp_time(now_us),
        .timestamp = self->out.timestamp + self->out.filled,
        .packets = (guint32)self->stats.sent,
        .octets = (guint32)self->octets_sent,
        .has_block = self->stats.received > self->rtcp.received_before,
        .bye = bye,
    };

    if (!to)
        return;
    if (report.has_block)
        report.block = port_rtcp_block(self, now_us);
    g_strlcpy(report.cname, self->rtcp.cname, sizeof(report.cname));
    self->rtcp.sent_before[1] = self->rtcp.sent_before[0];
    self->rtcp.sent_before[0] = self->stats.sent;
    self->rtcp.received_before = self->stats.received;
    /* A report that does not go out is a report lost on the way. */
    (void)!sendto(port_rtcp_socket(self), data, rtcp_write(&report, data), 0,
                  (const struct sockaddr *)to, address_length(to));
    self->rtcp.spoke = TRUE;
}

static void port_take_report(Port *self, const PortDatagram *datagram)
{
    RtcpReport report;

    if (source_is_foreign(&self->rtcp_source, datagram->from)) {
        self->stats.foreign++;
        return;
    }
    if (!rtcp_read(datagram->data, datagram->size, self->out.ssrc, &report)) {
        self->stats.malformed++;
        return;
    }
    source_hear(&self->rtcp_source, datagram->from);
    if (report.sender) {
        self->rtcp.lsr = (guint32)(report.ntp >> 16);
        self->rtcp.lsr_at_us = datagram->arrival_us;
    }
    if (report.has_block)
        self->stats.remote_loss_permille = report.block.fraction * 1000u / 256u;
}

void port_rtcp_tick(Port *self, gsize count)
{
    self->rtcp.poll_left -= (gint64)count;
    if (self->rtcp.poll_left <= 0) {
        self->rtcp.poll_left = POLL_SAMPLES;
        port_read_socket(self, port_rtcp_socket(self), port_take_report);
    }
    /* Until media goes either way there is no session: the far end knows no port of ours yet. */
    if (!self->orders.to_phone && !self->orders.to_channel && !self->rtcp.spoke)
        return;
    self->rtcp.report_left -= (gint64)count;
    if (self->rtcp.report_left <= 0) {
        port_rtcp_send(self, FALSE);
        port_rtcp_schedule(self, FALSE);
    }
}

void port_rtcp_bye(Port *self)
{
    /* RFC 3550 6.3.7: who never spoke says no BYE. */
    if (self->stats.sent > 0 || self->rtcp.spoke)
        port_rtcp_send(self, TRUE);
}
