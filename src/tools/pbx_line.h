/* One line of the PBX: a span, its D channel on libpri, and the tap between them.
 *
 * Home thread: the loop's.
 */
#pragma once

#include "pbx_edit.h"
#include "span.h"

#include <libpri.h>

typedef struct PbxLine PbxLine;
struct PbxCall;
struct PbxGroup;

/* How a line is made. The caller keeps it alive as long as the line. */
typedef struct PbxLineSettings {
    SpanSettings span;
    SwitchType switch_type;
    LineSide side;
} PbxLineSettings;

/* A layer 3 message on its way. */
typedef struct PbxSeen {
    PbxMessage message;
    const guint8 *octets; /* from the protocol discriminator on; borrowed */
    gsize length;
    gboolean sent;
    gboolean again;    /* layer 2 repeats it */
    gboolean ignored;  /* hidden from libpri because a command says so */
    const char *fault; /* hidden from libpri because it is malformed; NULL: it is well */
} PbxSeen;

typedef struct PbxLineEvents {
    void *user;
    void (*message)(void *user, PbxLine *line, const PbxSeen *seen);
    /* An unnumbered frame of Q.921: "SABME", "UA", "DISC", "DM", "FRMR" or "XID". */
    void (*link)(void *user, PbxLine *line, const char *frame, gboolean sent);
    /* libpri reports; EVENT is libpri's own, valid until the next call into it. */
    void (*event)(void *user, PbxLine *line, pri_event *event);
    /* libpri has seen the message last reported and told all it had to tell. */
    void (*settled)(void *user, PbxLine *line);
    void (*block)(void *user, PbxLine *line, guint8 channel, const guint8 *rx, guint8 *tx,
                  gsize count);
    void (*alarm)(void *user, PbxLine *line);
    /* Of two D channels that speak for the same channels, LINE's is the active one now. */
    void (*active)(void *user, PbxLine *line);
} PbxLineEvents;

typedef struct PbxLineCounters {
    guint64 frames_in, frames_out;
    guint64 octets_in, octets_out; /* of D-channel frames: with FCS and one flag each */
    guint64 refused;               /* malformed, hidden from libpri */
} PbxLineCounters;

struct PbxLine {
    guint8 index;
    const PbxLineSettings *settings;
    Loop *loop;
    PbxLineEvents events;
    Span *span; /* NULL while the line is down */
    struct pri *isdn; /* NULL: another line's D channel speaks for it */
    gboolean up;    /* the D channel, as libpri says */
    gboolean d_cut; /* D-channel frames are dropped both ways */
    SpanAlarms alarms;
    PbxLineCounters counters;
    struct PbxGroup *group; /* NULL: its own D channel speaks for it alone */
    struct PbxCall *channels[32]; /* the call on each B channel; NULL: idle */
    guint8 opened[32];            /* B channels that want their octets */
    /* private */
    LoopTimer *timer;
    PbxEdits edits;
    gboolean calling_up; /* our SABME is unanswered */
    guint8 expected;     /* V(R) */
    guint8 acknowledged; /* V(A) */
    gboolean spoken;     /* the peer has sent a numbered frame since the link started */
    int t203_ms;         /* the timer as it is to be */
    gint ignore[128];    /* by message type: how often still; -1 always */
    gint late;           /* the next message of this type begins a delay; -1: none */
    gint64 late_us;      /* how long it is */
    gboolean hears_late; /* now */
    GQueue unheard;      /* of GBytes*: frames that came and libpri is to hear later */
    LoopTimer *hearing;  /* the delay is over */
    gboolean fed_message; /* it carries one */
    const guint8 *fed;   /* the frame libpri is about to read */
    gsize fed_length;
};

/* NULL with ERROR when the span cannot be opened. Q.921 starts at once. */
PbxLine *pbx_line_open(const PbxLineSettings *settings, Loop *loop, const PbxLineEvents *events,
                       GError **error);
/* libpri has no destructor: its controller stays until the process ends. */
void pbx_line_close(PbxLine *line);

/* To be called after calling libpri for LINE: its timers may have changed. */
void pbx_line_settle(PbxLine *line);

/* Up, spoken to by the peer, and without alarm: ready for calls. */
gboolean pbx_line_is_ready(const PbxLine *line);

/* TRUE when the peer has acknowledged all we sent, or cannot. */
gboolean pbx_line_is_quiet(const PbxLine *line);

/* B channels of this type of line; is NUMBER one of them? */
guint pbx_line_channels(const PbxLine *line);
gboolean pbx_line_has_channel(const PbxLine *line, gint number);

void pbx_line_b_open(PbxLine *line, guint8 channel);
void pbx_line_b_close(PbxLine *line, guint8 channel);

/* Sets a timer (ms) or counter of libpri by its name, "T305". FALSE when there is none. */
gboolean pbx_line_set_timer(PbxLine *line, const char *name, gint value);
/* Messages of TYPE are hidden from libpri COUNT times (-1: always, 0: no more). */
void pbx_line_ignore(PbxLine *line, guint8 type, gint count);
/* TRUE where the switch type has SERVICE messages. */
gboolean pbx_line_has_service(const PbxLine *line);
/* The next message of TYPE, and what comes behind it, is reported as it comes, but libpri hears it
 * only DELAY_US later: what is sent meanwhile has crossed it. */
void pbx_line_delay(PbxLine *line, guint8 type, gint64 delay_us);
/* Stops and restarts the span as if its cable were pulled. FALSE with ERROR when it cannot be
 * opened again. */
gboolean pbx_line_connect(PbxLine *line, gboolean on, GError **error);
/* Sends OCTETS, a whole message, in an I frame. CALL carries it (TO_ORIGINATOR: the peer made it);
 * NULL: none is there. */
gboolean pbx_line_send_message(PbxLine *line, q931_call *call, gboolean to_originator,
                               GBytes *octets);
/* Sends OCTETS as a frame of the D channel, around libpri. */
gboolean pbx_line_send_frame(PbxLine *line, GBytes *octets);
/* The call reference libpri gave CALL. */
gint pbx_line_reference(PbxLine *line, q931_call *call);
