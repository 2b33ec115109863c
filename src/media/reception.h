/* What we know of the stream that one source sends us: losses and jitter as RFC 3550 A.1, A.3 and
 * A.8 reckon them. */
#pragma once

#include "rtp.h"

typedef struct Reception {
    gboolean started;
    guint32 ssrc;
    guint16 max_sequence;
    guint32 cycles;       /* of the sequence number, shifted by 16 */
    guint32 base;         /* first sequence number */
    guint32 bad_sequence; /* the next one after a jump, or RECEPTION_NO_SEQUENCE */
    guint32 received;
    guint32 expected_prior, received_prior; /* as of the last report */
    gboolean timed; /* transit is that of the packet before, in timestamp units */
    guint32 transit;
    guint32 jitter;      /* times 16 */
    guint64 lost_before; /* by sources before this one */
} Reception;

/* Counts PACKET. A new SSRC starts anew. */
void reception_count(Reception *reception, const RtpPacket *packet);
/* PACKET, just counted, came at ARRIVAL (8 kHz units of any steady clock); not for packets whose
 * timestamp is not that of their sending (telephone-event). */
void reception_time(Reception *reception, const RtpPacket *packet, guint32 arrival);

/* Extended highest sequence number. */
guint32 reception_highest(const Reception *reception);
/* Packets expected less packets received of this source; negative with duplicates. */
gint32 reception_lost(const Reception *reception);
/* Packets lost by every source so far, never negative. */
guint64 reception_lost_total(const Reception *reception);
/* Interarrival jitter in timestamp units. */
guint32 reception_jitter(const Reception *reception);
/* Packets lost per 256 expected since the last call (A.3). */
guint8 reception_take_fraction(Reception *reception);
