/* Writes and checks the RTP header of a pseudowire's packets. */
#include "cesopsn_rtp.h"

#define FIRST_OCTET 0x80 /* version 2, no padding, no extension, no CSRC */
#define MASK_TYPE 0x7f   /* the marker is not used */

static guint32 word(const guint8 *data)
{
    return (guint32)data[0] << 24 | (guint32)data[1] << 16 | (guint32)data[2] << 8 | data[3];
}

static void word_write(guint8 *data, guint32 value)
{
    for (guint i = 0; i < 4; i++)
        data[i] = (guint8)(value >> (24 - 8 * i));
}

void cesopsn_rtp_init(CesopsnRtp *self, guint8 type, guint32 ssrc, guint khz, guint frames)
{
    *self = (CesopsnRtp){
        .type = type,
        .ssrc = ssrc ? ssrc : g_random_int(),
        .far = ssrc,
        .stamp = g_random_int(), /* RFC 3550 5.1: not to be guessed */
        .step = frames * (khz / 8),
    };
}

void cesopsn_rtp_write(CesopsnRtp *self, guint16 sequence, guint8 *out)
{
    out[0] = FIRST_OCTET;
    out[1] = self->type;
    out[2] = (guint8)(sequence >> 8);
    out[3] = (guint8)sequence;
    word_write(out + 4, self->stamp);
    word_write(out + 8, self->ssrc);
    self->stamp += self->step;
}

CesopsnVerdict cesopsn_rtp_read(const CesopsnRtp *self, const guint8 *packet, gsize length,
                                gsize payload, CesopsnControl *control)
{
    CesopsnVerdict verdict;

    if (length < CESOPSN_RTP_BYTES + CESOPSN_CONTROL_BYTES || packet[0] != FIRST_OCTET ||
        (packet[1] & MASK_TYPE) != self->type)
        return CESOPSN_MALFORMED;
    if (self->far && word(packet + 8) != self->far) /* another pseudowire's, led astray */
        return CESOPSN_MALFORMED;
    verdict = cesopsn_packet_read_behind(packet + CESOPSN_RTP_BYTES, length - CESOPSN_RTP_BYTES,
                                         CESOPSN_RTP_BYTES, payload, control);
    if (verdict == CESOPSN_DATA && control->sequence != (packet[2] << 8 | packet[3]))
        return CESOPSN_MALFORMED;
    return verdict;
}
