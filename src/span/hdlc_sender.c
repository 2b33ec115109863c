/* Turns queued frames into the HDLC octets of a timeslot. */
#include "hdlc.h"

#include <string.h>

typedef struct QueuedFrame {
    gsize length; /* with FCS */
    guint8 octets[HDLC_FRAME_MAX + HDLC_FCS_BYTES];
} QueuedFrame;

struct HdlcSender {
    guint32 bits;     /* line bits not yet sent, the next one on top of bit_count */
    guint bit_count;  /* 17 at most: 7 left over and a stuffed octet of 10 */
    guint ones;       /* consecutive ones sent in the frame */
    gboolean opened;  /* a frame is being sent */
    gboolean flagged; /* the last thing sent was a flag, good to open a frame */
    gsize position;   /* next octet of the first frame */
    guint first, count;
    QueuedFrame queue[HDLC_QUEUE_FRAMES]; /* the frame being sent stays the first until its end */
};

HdlcSender *hdlc_sender_new(void)
{
    return g_new0(HdlcSender, 1);
}

void hdlc_sender_free(HdlcSender *self)
{
    g_free(self);
}

gboolean hdlc_sender_queue(HdlcSender *self, const guint8 *frame, gsize length)
{
    QueuedFrame *queued;
    guint16 fcs;

    if (length == 0 || length > HDLC_FRAME_MAX || self->count == HDLC_QUEUE_FRAMES)
        return FALSE;
    queued = &self->queue[(self->first + self->count++) % HDLC_QUEUE_FRAMES];
    memcpy(queued->octets, frame, length);
    fcs = (guint16)~hdlc_fcs(HDLC_FCS_INIT, frame, length);
    queued->octets[length] = (guint8)fcs;
    queued->octets[length + 1] = (guint8)(fcs >> 8);
    queued->length = length + HDLC_FCS_BYTES;
    return TRUE;
}

static void put_flag(HdlcSender *self)
{
    self->bits = self->bits << 8 | HDLC_FLAG;
    self->bit_count += 8;
    self->ones = 0;
    self->flagged = TRUE;
}

static void put_octet(HdlcSender *self, guint8 octet)
{
    self->flagged = FALSE;
    for (guint i = 0; i < 8; i++) {
        guint bit = octet >> i & 1u;

        self->bits = self->bits << 1 | bit;
        self->bit_count++;
        self->ones = bit ? self->ones + 1 : 0;
        if (self->ones == 5) {
            self->bits <<= 1;
            self->bit_count++;
            self->ones = 0;
        }
    }
}

/* Puts the next flag or octet on the line. Returns 1 when a frame has ended. */
static guint put_next(HdlcSender *self)
{
    const QueuedFrame *frame = &self->queue[self->first];

    if (!self->opened) {
        if (self->count == 0 || !self->flagged) {
            put_flag(self);
            return 0;
        }
        self->opened = TRUE;
        self->position = 0;
    }
    if (self->position < frame->length) {
        put_octet(self, frame->octets[self->position++]);
        return 0;
    }
    put_flag(self); /* closes this frame and opens the next */
    self->opened = FALSE;
    self->first = (self->first + 1) % HDLC_QUEUE_FRAMES;
    self->count--;
    return 1;
}

guint hdlc_sender_fill(HdlcSender *self, guint8 *octets, gsize count)
{
    guint ended = 0;

    for (gsize i = 0; i < count; i++) {
        while (self->bit_count < 8)
            ended += put_next(self);
        self->bit_count -= 8;
        octets[i] = (guint8)(self->bits >> self->bit_count);
    }
    return ended;
}
