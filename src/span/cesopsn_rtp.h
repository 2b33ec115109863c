/* The RTP header that may stand before a CESoPSN control word (RFC 5086 4.1, 4.3; RFC 3550 5.1).
 *
 * It tells nothing that the control word does not, but its timestamp: boxes that recover their
 * clock from timestamps ask for it. Its sequence number is the control word's.
 */
#pragma once

#include "cesopsn_packet.h"

typedef struct CesopsnRtp {
    guint8 type;   /* payload type */
    guint32 ssrc;  /* that we send */
    guint32 far;   /* that the far end has to send; 0: any */
    guint32 stamp; /* of the next packet out */
    guint32 step;  /* from packet to packet */
} CesopsnRtp;

/* KHZ: of the timestamp's clock, a multiple of 8; FRAMES: of a packet. SSRC 0: a random one, and
 * any is heard. */
void cesopsn_rtp_init(CesopsnRtp *rtp, guint8 type, guint32 ssrc, guint khz, guint frames);
/* Writes the header of the packet SEQUENCE, CESOPSN_RTP_BYTES octets, and counts its time. */
void cesopsn_rtp_write(CesopsnRtp *rtp, guint16 sequence, guint8 *out);
/* Reads a packet of LENGTH octets from its RTP header on, as cesopsn_packet_read(). */
CesopsnVerdict cesopsn_rtp_read(const CesopsnRtp *rtp, const guint8 *packet, gsize length,
                                gsize payload, CesopsnControl *control);
