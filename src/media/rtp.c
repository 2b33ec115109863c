/* The fixed header of RFC 3550 5.1, its CSRC list (5.1), extension (5.3.1) and padding (5.1). */
#include "rtp.h"

#include <string.h>

guint16 net_read_16(const guint8 *data)
{
    return (guint16)(data[0] << 8 | data[1]);
}

guint32 net_read_32(const guint8 *data)
{
    return (guint32)data[0] << 24 | (guint32)data[1] << 16 | (guint32)data[2] << 8 | data[3];
}

void net_write_16(guint8 *data, guint16 value)
{
    data[0] = (guint8)(value >> 8);
    data[1] = (guint8)value;
}

void net_write_32(guint8 *data, guint32 value)
{
    net_write_16(data, (guint16)(value >> 16));
    net_write_16(data + 2, (guint16)value);
}

gboolean rtp_read(const guint8 *data, gsize size, RtpPacket *packet)
{
    gsize start, padding = 0;

    if (size < RTP_HEADER_SIZE || data[0] >> 6 != RTP_VERSION)
        return FALSE;
    start = RTP_HEADER_SIZE + (data[0] & 0x0fu) * 4u;
    if (data[0] & 0x10) {
        if (size < start + 4)
            return FALSE;
        start += 4 + net_read_16(data + start + 2) * 4u;
    }
    if (size < start)
        return FALSE;
    if (data[0] & 0x20) {
        padding = data[size - 1];
        if (padding == 0 || padding > size - start)
            return FALSE;
    }
    *packet = (RtpPacket){
        .marker = data[1] >> 7,
        .payload_type = data[1] & 0x7f,
        .sequence = net_read_16(data + 2),
        .timestamp = net_read_32(data + 4),
        .ssrc = net_read_32(data + 8),
        .payload = data + start,
        .length = size - start - padding,
    };
    return TRUE;
}

void rtp_write_header(guint8 *data, const RtpPacket *packet)
{
    data[0] = RTP_VERSION << 6;
    data[1] = (guint8)((packet->marker ? 0x80 : 0) | (packet->payload_type & 0x7f));
    net_write_16(data + 2, packet->sequence);
    net_write_32(data + 4, packet->timestamp);
    net_write_32(data + 8, packet->ssrc);
}
