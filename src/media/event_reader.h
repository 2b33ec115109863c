/* RFC 4733 received: telephone-event packets, whatever of them comes and in whatever order, become
 * one digit for each key that was pressed. */
#pragma once

#include "digit_player.h"
#include "rtp.h"

typedef struct EventReader {
    gboolean started;
    guint32 ssrc;
    guint32 stamp;    /* where the event, or its present segment, begins */
    guint32 before;   /* samples of its segments before that */
    guint32 known;    /* samples it has lasted in all */
    guint16 sequence; /* of its newest packet */
    guint8 event;
    gboolean over;   /* its end was told */
    gboolean open;   /* it sounds as long as packets come */
    guint interval;  /* samples from packet to packet */
    guint quiet;     /* samples since its last packet */
    guint64 ignored; /* packets that repeat what is known, or tell of no digit */
} EventReader;

/* What PACKET tells goes to PLAYER. FALSE when it is malformed. */
gboolean event_reader_take(EventReader *reader, const RtpPacket *packet, DigitPlayer *player);
/* COUNT samples have passed: after three packet times without a packet the key counts as released.
 */
void event_reader_pass(EventReader *reader, gsize count, DigitPlayer *player);
