/* The compound RTCP packet of RFC 3550 6: one report, one CNAME, and BYE; built, and read with
 * every length checked. */
#pragma once

#include <glib.h>

#define RTCP_SIZE_MAX 160  /* of what we build */
#define RTCP_CNAME_SIZE 24 /* with the final NUL */

/* RFC 3550 6.4.1, a report block. */
typedef struct RtcpBlock {
    guint32 ssrc;
    guint8 fraction; /* lost per 256 */
    gint32 lost;     /* cumulative, clamped to 24 bits */
    guint32 highest; /* extended sequence number */
    guint32 jitter;  /* timestamp units */
    guint32 lsr;     /* middle 32 bits of the last SR's NTP time; 0: none */
    guint32 dlsr;    /* since then, in 1/65536 s */
} RtcpBlock;

typedef struct RtcpReport {
    guint32 ssrc;    /* of who reports */
    gboolean sender; /* SR with the five fields that follow, else RR */
    guint64 ntp;
    guint32 timestamp;
    guint32 packets;
    guint32 octets;
    gboolean has_block;
    RtcpBlock block;
    char cname[RTCP_CNAME_SIZE]; /* building only */
    gboolean bye;
} RtcpReport;

/* Writes REPORT to DATA (RTCP_SIZE_MAX octets): SR or RR, SDES CNAME, BYE. Returns the octets
 * written. */
gsize rtcp_write(const RtcpReport *report, guint8 *data);

/* Reads a datagram. FALSE when the compound is not valid by RFC 3550 A.2. block is the first one
 * about OUR_SSRC; bye when the reporting source says BYE. */
gboolean rtcp_read(const guint8 *data, gsize size, guint32 our_ssrc, RtcpReport *report);

/* NTP time (RFC 3550 4) of WALL_US, microseconds since 1970. */
guint64 rtcp_ntp_time(gint64 wall_us);

/* Microseconds until the next report for two members (RFC 3550 6.2, 6.3.1): 5 s, halved for the
 * FIRST, times a random factor of 0.5 to 1.5, divided by 1.21828. */
gint64 rtcp_interval_us(gboolean first, guint32 random);
