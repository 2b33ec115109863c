/* A FACILITY in the place of an INFORMATION that libpri is asked for. */
#include "facility.h"

#include <string.h>

#define PLACEHOLDER "F" /* no digit that anybody dials */

void facility_send(IsdnLeg *leg, const guint8 *element)
{
    dchan_add_element(leg->dchan, leg->ref, MESSAGE_FACILITY, FRAME_AFTER_SAME, element);
    pri_keypad_facility(dchan_pri(leg->dchan), leg->q931, PLACEHOLDER);
    dchan_rearm(leg->dchan);
}

gsize facility_compose(guint8 *frame, gsize length, FrameNews *news)
{
    static const guint8 element[] = {0x2c, sizeof PLACEHOLDER - 1, PLACEHOLDER[0]};
    gsize header = 4 + 3 + (gsize)frame[5];

    if (length != header + sizeof element || memcmp(frame + header, element, sizeof element) != 0)
        return length;
    /* Repeated by layer 2: what libpri wrote behind its header is still there. */
    if (news->message != MESSAGE_INFORMATION && news->message != MESSAGE_FACILITY)
        return length;
    frame[header - 1] = MESSAGE_FACILITY; /* in libpri's buffer */
    frame_read(frame, header, news);
    return header;
}
