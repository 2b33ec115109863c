/* ISDN: D channels on libpri, trunk groups, and the Q.931 leg of every call.
 *
 * libpri is spoken here and nowhere else in the daemon. Home thread of everything here: signalling.
 */
#pragma once

#include "call.h"
#include "span.h"

typedef struct Isdn Isdn;

/* How isdn reaches the line; all called in signalling. */
typedef struct IsdnLine {
    void *user;
    /* Sends a D-channel frame (without FCS) on SPAN. Never blocks. */
    void (*d_send)(void *user, guint8 span, const guint8 *frame, gsize length);
} IsdnLine;

/* One libpri controller per span of each trunk; Q.921 starts with the first turn of the loop. NULL with ERROR. */
Isdn *isdn_new(const Settings *settings, Loop *loop, Hall *hall, const IsdnLine *line, GError **error);
/* libpri has no destructor: its controllers stay until the process ends. */
void isdn_free(Isdn *isdn);

/* New settings for new calls, and T309 and T316 at once; what a span or trunk is takes a restart. SETTINGS must outlive the
 * next call to this. */
void isdn_set_settings(Isdn *isdn, const Settings *settings);

/* The call-map actions that are isdn's, to be handed to hall_set_isdn(). */
CallOps isdn_call_ops(Isdn *isdn);

/* News from the line: a received frame (without FCS), a changed set of alarms. */
void isdn_frame_received(Isdn *isdn, guint8 span, const guint8 *frame, gsize length);
void isdn_alarm_changed(Isdn *isdn, guint8 span, SpanAlarms alarms);

/* Takes SPAN out of service: its channels are CHANNEL_OUT_OF_SERVICE, no call is placed or accepted
 * on it, and no D-channel frame passes either way. FALSE with ERROR ("3 calls stand on span e1: ...")
 * while calls stand on it, those still being cleared included. A span of no trunk has none. */
gboolean isdn_take_out(Isdn *isdn, guint8 span, GError **error);
/* Puts SPAN back: it settles, and its channels are RESTARTed, as when its D channel comes up.
 * Nothing when it is in service. */
void isdn_put_back(Isdn *isdn, guint8 span);

/* TRUE when at least one span could carry a call now (D channel up and settled, no alarm): for OPTIONS. */
gboolean isdn_is_ready(const Isdn *isdn);

typedef enum DChannelState { DCHAN_DOWN, DCHAN_SETTLING, DCHAN_UP } DChannelState;

/* What `show spans` tells of a D channel. */
typedef struct IsdnSpanStatus {
    guint8 span;
    const char *trunk;
    DChannelState state;
    gboolean out_of_service; /* isdn_take_out(); state is DOWN */
    SpanAlarms alarms;
    gint64 since_us;        /* of the present state, clock_now_us() */
    guint channels, busy, blocked; /* B channels; in use; out of service or put aside */
    guint64 frames_in, frames_out, frames_refused; /* refused: malformed, stopped before libpri */
    guint64 ups, downs;     /* D channel came up, went down */
} IsdnSpanStatus;
gboolean isdn_span_status(const Isdn *isdn, guint8 span, IsdnSpanStatus *status);

/* What `show channels` tells of a B channel. */
typedef enum ChannelState {
    CHANNEL_IDLE,
    CHANNEL_BUSY,
    CHANNEL_RESTARTING,   /* our RESTART is unanswered yet */
    CHANNEL_ASIDE,        /* refused with 44 a while ago */
    CHANNEL_OUT_OF_SERVICE, /* RESTART unanswered twice (T316), or by the operator */
} ChannelState;
typedef struct ChannelStatus {
    Channel channel;
    const char *trunk;
    ChannelState state;
    guint32 call;    /* 0: none */
    guint64 calls;   /* carried since the start */
} ChannelStatus;
typedef void (*ChannelFunc)(void *user, const ChannelStatus *status);
void isdn_each_channel(const Isdn *isdn, ChannelFunc func, void *user);
void isdn_each_counter(const Isdn *isdn, CounterFunc func, void *user);
