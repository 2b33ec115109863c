/* A called number that the far end gets in pieces: INFORMATION with what its SETUP lacked
 * (Q.931 5.1.3).
 *
 * libpri sends one digit in each and never says that it is the last; the frame tap puts all of a
 * piece into one, and Sending complete with it.
 */
#include "isdn_dial.h"

#include <string.h>

#define ELEMENT_CALLED 0x70
#define ELEMENT_SENDING_COMPLETE 0xa1

static void piece_add(IsdnLeg *leg, const Number *called, const char *digits)
{
    guint8 element[3 + NUMBER_MAX] = {ELEMENT_CALLED};
    gsize length = strlen(digits);

    element[1] = (guint8)(1 + length);
    element[2] = (guint8)(0x80 | called->ton << 4 | called->npi);
    memcpy(element + 3, digits, length);
    dchan_add_element(leg->dchan, leg->ref, MESSAGE_INFORMATION, FRAME_INSTEAD, element);
}

/* Where the call is gone at the far end the room says so, or has. */
gboolean isdn_dial_on(void *room, Call *call, const CallNews *news)
{
    static const guint8 complete[] = {ELEMENT_SENDING_COMPLETE};
    IsdnLeg *leg = call_isdn_leg(call);
    const CallSetup *setup = call_setup(call);
    gsize length = strlen(setup->called.digits);
    const char *rest = leg ? setup->called.digits + leg->dialled : NULL;

    (void)room;
    (void)news;
    if (!leg || !leg->q931 || length <= leg->dialled)
        return TRUE;
    piece_add(leg, &setup->called, rest);
    if (setup->complete)
        dchan_add_element(leg->dchan, leg->ref, MESSAGE_INFORMATION, FRAME_AFTER_SAME, complete);
    pri_information(dchan_pri(leg->dchan), leg->q931, *rest);
    leg->dialled = (guint8)length;
    dchan_rearm(leg->dchan);
    return TRUE;
}
