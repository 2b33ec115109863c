/* HDLC of a D channel (ISO/IEC 13239, Q.921 2): frames on one side, timeslot octets on the other.
 *
 * The line carries a timeslot's octet most significant bit first (G.704, RFC 5086 5) and HDLC sends
 * an octet's least significant bit first (Q.921 2.8.2), so the first bit of a frame is the 0x80 of
 * a timeslot octet. Frames are not aligned to timeslot octets. spandsp's HDLC stops at 400 octets.
 */
#pragma once

#include <glib.h>

#define HDLC_FRAME_MAX 1024 /* octets of a frame without its FCS */
#define HDLC_FCS_BYTES 2
#define HDLC_FLAG 0x7e
#define HDLC_QUEUE_FRAMES 64
#define HDLC_FCS_INIT 0xffff
#define HDLC_FCS_GOOD 0xf0b8 /* the remainder of a frame with its FCS */

/* Runs the 16-bit frame check sequence x^16+x^12+x^5+1 over DATA; start with HDLC_FCS_INIT. Sent is
 * the complement, low octet first. */
guint16 hdlc_fcs(guint16 fcs, const guint8 *data, gsize length);

/* What came between two flags. */
typedef enum HdlcVerdict {
    HDLC_GOOD,     /* a frame, handed over without its FCS */
    HDLC_BAD_FCS,  /* wrong FCS, or not whole octets */
    HDLC_ABORT,    /* seven ones inside a frame */
    HDLC_OVERLONG, /* more than HDLC_FRAME_MAX octets */
} HdlcVerdict;

/* FRAME is NULL and LENGTH 0 unless VERDICT is HDLC_GOOD. */
typedef void (*HdlcFunc)(void *user, HdlcVerdict verdict, const guint8 *frame, gsize length);

typedef struct HdlcReceiver {
    HdlcFunc func;
    void *user;
    gboolean in_frame; /* a flag has been seen, no abort since */
    guint ones;        /* consecutive ones, at most 7 */
    guint octet;       /* bits of the octet under way, the first in bit 0 */
    guint bits;        /* how many */
    gsize length;      /* whole octets in frame */
    guint8 frame[HDLC_FRAME_MAX + HDLC_FCS_BYTES];
} HdlcReceiver;

void hdlc_receiver_init(HdlcReceiver *self, HdlcFunc func, void *user);
/* Takes COUNT timeslot octets in the order of the line; FUNC is called from inside. */
void hdlc_receiver_take(HdlcReceiver *self, const guint8 *octets, gsize count);

typedef struct HdlcSender HdlcSender;

HdlcSender *hdlc_sender_new(void);
void hdlc_sender_free(HdlcSender *self);
/* Queues a frame; FALSE when the queue is full, FRAME is empty or longer than HDLC_FRAME_MAX. */
gboolean hdlc_sender_queue(HdlcSender *self, const guint8 *frame, gsize length);
/* Writes the next COUNT timeslot octets: frames one flag apart, flags when there is none. Returns
 * how many frames ended in them. */
guint hdlc_sender_fill(HdlcSender *self, guint8 *octets, gsize count);
