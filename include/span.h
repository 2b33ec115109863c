/* The treaty of a span: D-channel frames in and out, B-channel blocks in and out, a clock, alarms.
 *
 * Back ends: cesopsn (RFC 5086 over UDP), dahdi (cards), pair (in-process, for tests).
 * Home thread of a Span: the thread of the loop it was opened on (media in tielined).
 */
#pragma once

#include "loop.h"
#include "settings.h"
#include "values.h"

typedef struct Span Span;

typedef enum SpanAlarms {
    SPAN_ALARM_NONE = 0,
    SPAN_ALARM_RED = 1 << 0,      /* we hear nothing: loss of signal or of packets */
    SPAN_ALARM_YELLOW = 1 << 1,   /* RDI: the far end's framer hears nothing */
    SPAN_ALARM_BLUE = 1 << 2,     /* AIS: the far end has nothing to send */
    SPAN_ALARM_REMOTE_LOSS = 1 << 3, /* R bit: the far end is losing our packets; traffic goes on */
} SpanAlarms;
/* The alarms that stop traffic. */
#define SPAN_ALARMS_SERVICE (SPAN_ALARM_RED | SPAN_ALARM_BLUE | SPAN_ALARM_YELLOW)

typedef struct SpanCounters {
    guint64 packets_in, packets_out;
    guint64 lost;       /* packets that never came, filled with all ones */
    guint64 late;       /* came after their turn */
    guint64 duplicate;
    guint64 reordered;  /* came out of order and were used */
    guint64 malformed;  /* not a packet of this pseudowire */
    guint64 foreign;    /* from another source address */
    guint64 slips;      /* a frame group inserted or dropped to hold the buffer's depth */
    guint64 d_frames_in, d_frames_out, d_bad_fcs, d_aborts, d_overlong, d_dropped_out;
    guint64 late_ticks; /* clock ticks handled more than one period late */
    /* dahdi: as the card counts them; bipolar violations, CRC-4 errors, E bits, frame alignment errors */
    guint64 bpv, crc4, ebit, fas, irq_misses;
    int timing; /* dahdi: number of the driver's span whose clock the system follows, 0: none's */
} SpanCounters;

/* What a B channel carries. */
typedef enum SpanUse {
    SPAN_USE_SPEECH, /* speech or 3.1 kHz audio: the back end may cancel echo */
    SPAN_USE_DATA,   /* octets that nobody may touch */
} SpanUse;

/* Called in the span's home thread. None of them may close the span; b_open, b_close and d_send are legal. */
typedef struct SpanEvents {
    void *user;
    /* A D-channel frame with a good FCS, without it. Borrowed during the call. */
    void (*d_frame)(void *user, const guint8 *frame, gsize length);
    /* COUNT octets heard on an open B channel, as the line's law carries them; TX is to be filled with
     * COUNT octets to send (it holds the idle octet). Called once per channel and packet (cesopsn) or block (dahdi). */
    void (*b_block)(void *user, guint8 channel, const guint8 *rx, guint8 *tx, gsize count);
    /* The span's clock: COUNT sample periods (8 kHz) have passed; after the b_blocks of one packet. May be NULL. */
    void (*tick)(void *user, gsize count);
    /* The set of alarms changed. */
    void (*alarm)(void *user, SpanAlarms alarms);
} SpanEvents;

/* A back end. Each function's comment stands at the span_ function of the same name. */
typedef struct SpanOps {
    const char *name;
    Span *(*open)(const SpanSettings *settings, Loop *loop, const SpanEvents *events, GError **error);
    void (*close)(Span *span);
    gboolean (*d_send)(Span *span, const guint8 *frame, gsize length);
    void (*b_open)(Span *span, guint8 channel, SpanUse use);
    void (*b_close)(Span *span, guint8 channel);
    /* Half of span_b_bridge(): CHANNEL says what OTHER's hears; OTHER NULL: no longer. NULL: cannot. */
    gboolean (*b_monitor)(Span *span, guint8 channel, Span *other, guint8 other_channel);
    gboolean (*loop)(Span *span, gboolean on); /* NULL: it cannot */
} SpanOps;

/* Every back end's first member. */
struct Span {
    const SpanOps *ops;
    const SpanSettings *settings; /* borrowed; outlives the span */
    SpanEvents events;
    SpanAlarms alarms;
    SpanCounters counters;
};

/* Opens SETTINGS' back end; NULL with ERROR ("[span e1] local: ..."). SETTINGS and LOOP outlive the span.
 * A cesopsn span tells RED with its first packet's turn, and keeps it until it has heard the far end
 * for 100 ms; a pair has no alarms but those of span_pair_break(). A dahdi span opens always: when its
 * device is missing, or not as SETTINGS say, it logs one line that names the setting to change, shows
 * RED, and looks for the device every second. */
Span *span_open(const SpanSettings *settings, Loop *loop, const SpanEvents *events, GError **error);
/* Closes and frees; NULL is nothing. */
void span_close(Span *span);

/* Queues a D-channel frame (without FCS); FALSE when the queue is full (64 frames): the frame is dropped and counted, layer 2 repeats it. */
gboolean span_d_send(Span *span, const guint8 *frame, gsize length);

/* From now on b_block is called for CHANNEL, which is put to USE; a closed channel sends the idle octet. */
void span_b_open(Span *span, guint8 channel, SpanUse use);
void span_b_close(Span *span, guint8 channel);

/* Joins two open B channels below us, bit by bit: each sends what the other hears. b_block goes on being called, what it gives
 * to send is not heard. FALSE when that cannot be: other back ends than dahdi, different laws, a lost device. */
gboolean span_b_bridge(Span *a, guint8 channel_a, Span *b, guint8 channel_b);
/* Parts them; closing a channel parts it, too, but not the other one. */
void span_b_part(Span *a, guint8 channel_a, Span *b, guint8 channel_b);

/* ON: the back end itself turns what we send round to us, D channel and all, until OFF, the loss of
 * its device or span_close(). Returns whether the span is looped now: never where the back end or
 * the card cannot. */
gboolean span_loop(Span *span, gboolean on);

/* Timeslots that carry traffic: 31, 24 or 3. */
guint span_slot_count(const SpanSettings *settings);
/* TRUE when CHANNEL is a B channel of the span. */
gboolean span_has_b_channel(const SpanSettings *settings, guint8 channel);
/* The octet an idle B channel carries: 0xD5 in A-law, 0xFF in mu-law (G.711 silence). */
guint8 span_idle_octet(const SpanSettings *settings);
/* "RED YELLOW" or "none"; points to BUFFER. */
const char *span_alarms_describe(SpanAlarms alarms, char *buffer, gsize size);

/* Two `pair` spans joined back to back, each on its own loop's clock: what one sends the other hears. For tests only. */
void span_pair_join(Span *a, Span *b);
/* Lets a `pair` span see ALARMS, and cuts (CUT) or joins its line. */
void span_pair_break(Span *span, gboolean cut, SpanAlarms alarms);
