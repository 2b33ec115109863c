/* Reads and writes the control word of a CESoPSN packet. */
#include "cesopsn_packet.h"

#define BIT_L 0x08
#define BIT_R 0x04
#define MASK_M 0x03
#define MASK_FRG 0xc0
#define MASK_LEN 0x3f
#define LEN_LIMIT 64 /* RFC 5086 4.3: LEN tells lengths below this, else it is 0 */

void cesopsn_control_write(const CesopsnControl *control, gsize length, guint8 *out)
{
    out[0] = (guint8)((control->invalid ? BIT_L : 0) | (control->losing ? BIT_R : 0) |
                      (control->modifier & MASK_M));
    out[1] = length < LEN_LIMIT ? (guint8)length : 0;
    out[2] = (guint8)(control->sequence >> 8);
    out[3] = (guint8)control->sequence;
}

/* Table 1 of RFC 5086: the combinations of L and M that are not reserved. */
static CesopsnVerdict modifier_verdict(const CesopsnControl *control)
{
    if (control->invalid)
        return control->modifier == CESOPSN_M_NORMAL ? CESOPSN_DATA : CESOPSN_MALFORMED;
    switch (control->modifier) {
    case CESOPSN_M_NORMAL:
    case CESOPSN_M_RDI:
        return CESOPSN_DATA;
    case CESOPSN_M_SIGNALLING:
        return CESOPSN_SIGNALLING;
    case CESOPSN_M_RESERVED:
        break;
    }
    return CESOPSN_MALFORMED;
}

CesopsnVerdict cesopsn_packet_read(const guint8 *packet, gsize length, gsize payload,
                                   CesopsnControl *control)
{
    return cesopsn_packet_read_behind(packet, length, 0, payload, control);
}

CesopsnVerdict cesopsn_packet_read_behind(const guint8 *packet, gsize length, gsize header,
                                          gsize payload, CesopsnControl *control)
{
    CesopsnVerdict verdict;
    gsize told;

    if (length < CESOPSN_CONTROL_BYTES || packet[0] & 0xf0 || packet[1] & MASK_FRG)
        return CESOPSN_MALFORMED;
    told = packet[1] & MASK_LEN;
    if (told != 0 && told != length + header)
        return CESOPSN_MALFORMED;
    *control = (CesopsnControl){
        .invalid = (packet[0] & BIT_L) != 0,
        .losing = (packet[0] & BIT_R) != 0,
        .modifier = (CesopsnModifier)(packet[0] & MASK_M),
        .sequence = (guint16)(packet[2] << 8 | packet[3]),
    };
    verdict = modifier_verdict(control);
    if (verdict != CESOPSN_DATA || length == CESOPSN_CONTROL_BYTES + payload)
        return verdict;
    return control->invalid && length == CESOPSN_CONTROL_BYTES ? CESOPSN_DATA : CESOPSN_MALFORMED;
}
