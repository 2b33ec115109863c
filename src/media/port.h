/* One call's RTP port: samples of its channel out as packets, packets in as samples of its channel.
 *
 * Made in signalling, then handed to the media thread, which is its home from there on; nothing is
 * allocated after that.
 */
#pragma once

#include "media.h"
#include "port_pairs.h"
#include "tones.h"

typedef struct Port Port;

/* What the port is born with. */
typedef struct PortSetup {
    guint32 call;
    PortPair pair;           /* the port closes the sockets */
    guint jitter_samples;    /* target of the jitter buffer */
    guint64 timeout_samples; /* of silence; 0: never told */
    ToneScript dial, ringback, busy;
    void *user;
    void (*silent)(void *user, guint32 call); /* no RTP for the time-out; media thread */
    /* A digit for signalling to pass on, which lasted MS: HEARD on the channel, or told by the
     * phone; media thread. */
    void (*digit)(void *user, guint32 call, char digit, guint ms, gboolean heard);
} PortSetup;

/* What the call wants of it: whole each time. */
typedef struct PortOrders {
    guint32 call;
    Channel channel; /* number 0: none yet */
    SpanUse use;     /* of the channel */
    guint32 partner; /* there is no channel but the port of this call in its place; 0: none */
    gboolean has_remote;
    MediaRemote remote;
    gboolean to_phone;       /* the channel is heard by the phone */
    gboolean to_channel;     /* the phone is heard by the channel, unless TONE plays */
    Tone tone;               /* toward the channel */
    gboolean digits_by_info; /* digits of the channel go to signalling, for INFO */
    gboolean keypad;         /* digits of the phone go to signalling, for Keypad facility */
} PortOrders;

Port *port_new(const PortSetup *setup);
/* Says BYE to whom it has sent to, closes the sockets, frees. */
void port_free(Port *port);

/* LAW is that of the channel in ORDERS. */
void port_obey(Port *port, const PortOrders *orders, Law law);
const PortOrders *port_orders(const Port *port);
/* As it was told last. */
Law port_law(const Port *port);
/* Do channel and far end hear each other, without hold and tone? */
gboolean port_is_through(const Port *port);
/* Is OTHER's socket the far end of PORT? */
gboolean port_speaks_with(const Port *port, const Port *other);

/* The channel's clock has passed COUNT samples: RX was heard, TX is to be sent and holds the idle
 * octet. */
void port_block(Port *port, const guint8 *rx, guint8 *tx, gsize count);
/* Throws away what lies in the sockets: nobody listened while there was no channel. */
void port_drain(Port *port);

/* Has TEXT's digits sounded on the channel, or told the phone, each for MS at least. */
void port_play_digits(Port *port, const char *text, guint ms, gboolean to_phone);

void port_stats(const Port *port, MediaStats *stats);
guint16 port_number(const Port *port);
