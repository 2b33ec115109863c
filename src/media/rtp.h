/* The RTP packet of RFC 3550 5.1: built, and read with every length checked. */
#pragma once

#include <glib.h>

#define RTP_VERSION 2
#define RTP_HEADER_SIZE 12 /* without CSRCs and extension, as we send it */

typedef struct RtpPacket {
    gboolean marker;
    guint8 payload_type;
    guint16 sequence;
    guint32 timestamp;
    guint32 ssrc;
    const guint8 *payload; /* reading: points into the datagram */
    gsize length;          /* octets of payload, padding taken off */
} RtpPacket;

/* Reads a datagram of SIZE octets. FALSE when it is no RTP of version 2, or when its CSRC list,
 * extension or padding says more than is there. */
gboolean rtp_read(const guint8 *data, gsize size, RtpPacket *packet);

/* Writes the fixed header to DATA (RTP_HEADER_SIZE octets); payload and length are not looked at.
 */
void rtp_write_header(guint8 *data, const RtpPacket *packet);

/* Big-endian words, for RTP and RTCP. */
guint16 net_read_16(const guint8 *data);
guint32 net_read_32(const guint8 *data);
void net_write_16(guint8 *data, guint16 value);
void net_write_32(guint8 *data, guint32 value);
