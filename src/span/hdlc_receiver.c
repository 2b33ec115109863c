/* Finds the HDLC frames in the octets of a timeslot. */
#include "hdlc.h"

/* A flag's leading zero and first five ones have been taken for data when the flag is known. */
#define FLAG_BITS_TAKEN 6
#define FRAME_BITS_MIN 32 /* less between two flags is no frame: ISO/IEC 13239 4.2.5.1 */

void hdlc_receiver_init(HdlcReceiver *self, HdlcFunc func, void *user)
{
    *self = (HdlcReceiver){.func = func, .user = user};
}

static void give_up_frame(HdlcReceiver *self, HdlcVerdict verdict)
{
    self->in_frame = FALSE;
    self->func(self->user, verdict, NULL, 0);
}

static void take_bit(HdlcReceiver *self, guint bit)
{
    if (!self->in_frame)
        return;
    self->octet |= bit << self->bits;
    if (++self->bits < 8)
        return;
    if (self->length == sizeof(self->frame)) {
        give_up_frame(self, HDLC_OVERLONG);
        return;
    }
    self->frame[self->length++] = (guint8)self->octet;
    self->octet = 0;
    self->bits = 0;
}

static void take_abort(HdlcReceiver *self)
{
    /* Ones after a flag are an idle line, not a frame given up. */
    if (self->in_frame && self->length > 0)
        give_up_frame(self, HDLC_ABORT);
    self->in_frame = FALSE;
}

static void end_frame(HdlcReceiver *self)
{
    if (self->bits != FLAG_BITS_TAKEN ||
        hdlc_fcs(HDLC_FCS_INIT, self->frame, self->length) != HDLC_FCS_GOOD)
        self->func(self->user, HDLC_BAD_FCS, NULL, 0);
    else
        self->func(self->user, HDLC_GOOD, self->frame, self->length - HDLC_FCS_BYTES);
}

static void take_flag(HdlcReceiver *self)
{
    if (self->in_frame && self->length * 8 + self->bits >= FRAME_BITS_MIN + FLAG_BITS_TAKEN)
        end_frame(self);
    self->in_frame = TRUE;
    self->length = 0;
    self->octet = 0;
    self->bits = 0;
}

static void take_line_bit(HdlcReceiver *self, guint bit)
{
    if (bit) {
        if (self->ones < 7)
            self->ones++;
        if (self->ones < 6)
            take_bit(self, 1);
        else if (self->ones == 7)
            take_abort(self);
        return;
    }
    if (self->ones == 6)
        take_flag(self);
    else if (self->ones != 5) /* the zero after five ones is stuffing */
        take_bit(self, 0);
    self->ones = 0;
}

void hdlc_receiver_take(HdlcReceiver *self, const guint8 *octets, gsize count)
{
    for (gsize i = 0; i < count; i++)
        for (int bit = 7; bit >= 0; bit--)
            take_line_bit(self, octets[i] >> bit & 1u);
}
