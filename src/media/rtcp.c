/* SR, RR, SDES and BYE of RFC 3550 6.4 to 6.6. */
#include "rtcp.h"
#include "rtp.h"

#include <string.h>

#define RTCP_SR 200
#define RTCP_RR 201
#define RTCP_SDES 202
#define RTCP_BYE 203
#define SDES_CNAME 1
#define SENDER_INFO_SIZE 20
#define BLOCK_SIZE 24
#define NTP_OF_1970 2208988800u

#define INTERVAL_MIN_US (5 * G_USEC_PER_SEC)
#define INTERVAL_COMPENSATION 1.21828 /* e - 3/2, RFC 3550 6.3.1 */

/* The header of a packet of SIZE octets, header included. */
static void rtcp_write_header(guint8 *data, guint count, guint8 type, gsize size)
{
    data[0] = (guint8)(RTP_VERSION << 6 | count);
    data[1] = type;
    net_write_16(data + 2, (guint16)(size / 4 - 1));
}

static void rtcp_write_block(guint8 *data, const RtcpBlock *block)
{
    gint32 lost = CLAMP(block->lost, -0x800000, 0x7fffff);

    net_write_32(data, block->ssrc);
    net_write_32(data + 4, (guint32)block->fraction << 24 | ((guint32)lost & 0xffffff));
    net_write_32(data + 8, block->highest);
    net_write_32(data + 12, block->jitter);
    net_write_32(data + 16, block->lsr);
    net_write_32(data + 20, block->dlsr);
}

static gsize rtcp_write_report(guint8 *data, const RtcpReport *report)
{
    gsize size = 8;

    net_write_32(data + 4, report->ssrc);
    if (report->sender) {
        net_write_32(data + 8, (guint32)(report->ntp >> 32));
        net_write_32(data + 12, (guint32)report->ntp);
        net_write_32(data + 16, report->timestamp);
        net_write_32(data + 20, report->packets);
        net_write_32(data + 24, report->octets);
        size += SENDER_INFO_SIZE;
    }
    if (report->has_block) {
        rtcp_write_block(data + size, &report->block);
        size += BLOCK_SIZE;
    }
    rtcp_write_header(data, report->has_block ? 1 : 0, report->sender ? RTCP_SR : RTCP_RR, size);
    return size;
}

static gsize rtcp_write_cname(guint8 *data, const RtcpReport *report)
{
    gsize length = strnlen(report->cname, RTCP_CNAME_SIZE);
    /* Header, SSRC, type, length, text, then at least one null octet up to a whole word. */
    gsize size = (8 + 2 + length) / 4 * 4 + 4;

    memset(data, 0, size);
    rtcp_write_header(data, 1, RTCP_SDES, size);
    net_write_32(data + 4, report->ssrc);
    data[8] = SDES_CNAME;
    data[9] = (guint8)length;
    memcpy(data + 10, report->cname, length);
    return size;
}

gsize rtcp_write(const RtcpReport *report, guint8 *data)
{
    gsize size = rtcp_write_report(data, report);

    size += rtcp_write_cname(data + size, report);
    if (report->bye) {
        rtcp_write_header(data + size, 1, RTCP_BYE, 8);
        net_write_32(data + size + 4, report->ssrc);
        size += 8;
    }
    return size;
}

/* A.2: versions, lengths that end exactly with the datagram, a report first, padding at the end
 * only. */
static gboolean rtcp_compound_valid(const guint8 *data, gsize size)
{
    gsize at = 0;

    if (size < 8 || size % 4 != 0 || (data[1] != RTCP_SR && data[1] != RTCP_RR))
        return FALSE;
    while (at < size) {
        gsize length;

        if (size - at < 4 || data[at] >> 6 != RTP_VERSION)
            return FALSE;
        length = (net_read_16(data + at + 2) + 1u) * 4u;
        if (length > size - at)
            return FALSE;
        if (data[at] & 0x20 && (at == 0 || at + length != size))
            return FALSE;
        at += length;
    }
    return TRUE;
}

static void rtcp_read_block(const guint8 *data, RtcpBlock *block)
{
    guint32 lost = net_read_32(data + 4) & 0xffffff;

    *block = (RtcpBlock){
        .ssrc = net_read_32(data),
        .fraction = data[4],
        .lost = (gint32)lost - (lost & 0x800000 ? 0x1000000 : 0),
        .highest = net_read_32(data + 8),
        .jitter = net_read_32(data + 12),
        .lsr = net_read_32(data + 16),
        .dlsr = net_read_32(data + 20),
    };
}

/* LENGTH octets of one SR or RR. */
static gboolean rtcp_read_report(const guint8 *data, gsize length, guint32 our_ssrc,
                                 RtcpReport *report)
{
    gboolean sender = data[1] == RTCP_SR;
    gsize blocks = data[0] & 0x1f, at = sender ? 8 + SENDER_INFO_SIZE : 8;

    if (length < at + blocks * BLOCK_SIZE)
        return FALSE;
    report->ssrc = net_read_32(data + 4);
    if (sender) {
        report->sender = TRUE;
        report->ntp = (guint64)net_read_32(data + 8) << 32 | net_read_32(data + 12);
        report->timestamp = net_read_32(data + 16);
        report->packets = net_read_32(data + 20);
        report->octets = net_read_32(data + 24);
    }
    for (; blocks > 0 && !report->has_block; blocks--, at += BLOCK_SIZE) {
        if (net_read_32(data + at) != our_ssrc)
            continue;
        rtcp_read_block(data + at, &report->block);
        report->has_block = TRUE;
    }
    return TRUE;
}

static gboolean rtcp_read_bye(const guint8 *data, gsize length, RtcpReport *report)
{
    gsize count = data[0] & 0x1f;

    if (length < 4 + count * 4)
        return FALSE;
    for (gsize i = 0; i < count; i++)
        if (net_read_32(data + 4 + i * 4) == report->ssrc)
            report->bye = TRUE;
    return TRUE;
}

gboolean rtcp_read(const guint8 *data, gsize size, guint32 our_ssrc, RtcpReport *report)
{
    gboolean good = TRUE;

    *report = (RtcpReport){0};
    if (!rtcp_compound_valid(data, size))
        return FALSE;
    for (gsize at = 0, length; good && at < size; at += length) {
        length = (net_read_16(data + at + 2) + 1u) * 4u;
        if (data[at + 1] == RTCP_SR || data[at + 1] == RTCP_RR)
            good = rtcp_read_report(data + at, length, our_ssrc, report);
        else if (data[at + 1] == RTCP_BYE)
            good = rtcp_read_bye(data + at, length, report);
    }
    return good;
}

guint64 rtcp_ntp_time(gint64 wall_us)
{
    guint64 seconds = (guint64)(wall_us / G_USEC_PER_SEC) + NTP_OF_1970;
    guint64 us = (guint64)(wall_us % G_USEC_PER_SEC);

    return seconds << 32 | ((us << 32) / G_USEC_PER_SEC);
}

gint64 rtcp_interval_us(gboolean first, guint32 random)
{
    double factor = 0.5 + random / 4294967296.0;
    double interval = (double)INTERVAL_MIN_US * (first ? 0.5 : 1.0);

    return (gint64)(interval * factor / INTERVAL_COMPENSATION);
}
