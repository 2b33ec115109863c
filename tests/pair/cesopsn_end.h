/* What the CESoPSN tests share: a span with B channels that speak and record, a scripted far end, a
 * relay. */
#pragma once

#include "span.h"

#include "../../src/span/cesopsn_packet.h"

/* A span under test. Every open B channel speaks its own random octets; all is recorded. */
typedef struct End {
    Span *span;
    SpanSettings settings;
    GByteArray *sent[32], *heard[32]; /* by timeslot; NULL while never open */
    GRand *random;
    GPtrArray *frames; /* of GBytes: D frames heard */
    GArray *alarms;    /* of SpanAlarms: as told, in order */
    guint64 ticks;     /* octets per timeslot that have passed */
    void (*on_tick)(void *user);
    void *on_tick_user;
} End;

/* Settings of a span on 127.0.0.1; ports from end_free_port(). */
void end_init(End *self, const char *name, guint16 local, guint16 remote);
void end_open(End *self, Loop *loop);
void end_close(End *self); /* the span; the record stays */
void end_clear(End *self);
void end_b_open(End *self, guint8 channel);
SpanAlarms end_last_alarms(const End *self);
/* TRUE as a loop_virtual_wait() condition when END (as user) has no alarm. */
gboolean end_is_quiet(void *end);
guint16 end_free_port(void);

/* What CHANNEL of LISTENER heard from octet FROM on, as octets of SPEAKER; asserts one constant
 * offset and not one octet wrong. */
void end_assert_exact(const End *speaker, const End *listener, guint8 channel, gsize from);

/* A far end that sends what the test says, and keeps what it hears. */
typedef struct Far {
    int fd;
    struct sockaddr_in span; /* where the span under test listens */
    gsize payload;
    guint16 sequence;
} Far;

void far_open(Far *self, guint16 local, guint16 span_port, gsize payload);
void far_close(Far *self);
/* Sends a packet with the next sequence number, filled with OCTET; LENGTH of payload or 0. */
void far_send(Far *self, CesopsnControl control, guint8 octet, gsize length);
void far_send_raw(Far *self, const guint8 *packet, gsize length);
/* Takes one packet; its length, or 0 when there is none. */
gsize far_take(Far *self, guint8 *packet, gsize size);

typedef enum RelayFate { RELAY_PASS, RELAY_DROP, RELAY_TWICE, RELAY_HOLD } RelayFate;

/* Sits between two spans on the loop, and decides each packet's fate. WAY 0: from the first to the
 * second. */
typedef struct Relay {
    Loop *loop;
    int fds[2]; /* fds[I] faces end I */
    struct sockaddr_in ends[2];
    LoopWatch *watches[2];
    guint64 count[2];
    RelayFate (*fate)(void *user, guint way, guint64 number); /* NULL: all pass */
    void *user;
    guint hold_for; /* a held packet leaves after so many later ones of its way */
    guint8 held[2][1500];
    gsize held_length[2];
    guint64 held_until[2];
} Relay;

/* Opens the relay between the ports FIRST and SECOND the ends listen on; PORTS are those the ends
 * must take for their far end's. */
void relay_open(Relay *self, Loop *loop, const guint16 ends[2], const guint16 ports[2]);
void relay_close(Relay *self);
