/* The frame check sequence of HDLC: the 16-bit CRC of ISO/IEC 13239 and Q.921 2.7. */
#include "hdlc.h"

guint16 hdlc_fcs(guint16 fcs, const guint8 *data, gsize length)
{
    /* The remainder of each half octet: 0x8408 is x^16+x^12+x^5+1 read from the least significant
     * bit. */
    static const guint16 remainder[16] = {
        0x0000, 0x1081, 0x2102, 0x3183, 0x4204, 0x5285, 0x6306, 0x7387,
        0x8408, 0x9489, 0xa50a, 0xb58b, 0xc60c, 0xd68d, 0xe70e, 0xf78f,
    };

    for (gsize i = 0; i < length; i++) {
        fcs = (guint16)(fcs >> 4 ^ remainder[(fcs ^ data[i]) & 15]);
        fcs = (guint16)(fcs >> 4 ^ remainder[(fcs ^ data[i] >> 4) & 15]);
    }
    return fcs;
}
