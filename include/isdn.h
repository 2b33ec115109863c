/* ISDN: D channels on libpri, trunk groups, and the Q.931 leg of every call.
 *
 * libpri is spoken here and nowhere else in the daemon. Home thread of everything here: signalling.
 */
#pragma once

#include "call.h"
#include "mwi.h"
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

/* Busies SPAN out, or its B channel NUMBER alone (0: the span): no new call is placed or accepted
 * there, and a call that stands there goes on to its end, unless FORCE, which clears all but calls
 * for help with cause 41. Where the switch type has SERVICE the far end is told of each channel when
 * it is idle. Kept until isdn_return(), over new settings and a lost D channel. FALSE with ERROR
 * ("span e1 has no B channel 16"). */
gboolean isdn_busy_out(Isdn *isdn, guint8 span, guint8 number, gboolean force, GError **error);
/* The reverse; a channel that was busied out alone is returned alone, and NUMBER 0 returns them all.
 * FALSE with ERROR. */
gboolean isdn_return(Isdn *isdn, guint8 span, guint8 number, GError **error);

/* Makes the D channel of SPAN the active one of the two that its trunk has. FALSE with ERROR. */
gboolean isdn_switch_d(Isdn *isdn, guint8 span, GError **error);

/* What the PBX is answered that told of a mailbox. */
typedef enum MwiVerdict {
    MWI_ACCEPTED,
    MWI_NO_SUCH_USER,
    MWI_NO_ROOM, /* for more mailboxes */
} MwiVerdict;
/* The PBX on TRUNK says STATE of the mailbox of SERVED. */
typedef MwiVerdict (*IsdnMwiFunc)(void *user, const char *trunk, const Number *served,
                                  const MwiState *state);
/* FUNC hears what the PBXs say whose trunk's mwi is set. NULL, as at first: nobody does, and nothing
 * is understood. */
void isdn_set_mwi(Isdn *isdn, IsdnMwiFunc func, void *user);
/* Tells the PBX on TRUNK that STATE is the mailbox's of SERVED, as the trunk's mwi says: when a D
 * channel of the trunk is usable, one mailbox after the other, and of several states of one mailbox
 * the last. FALSE: TRUNK has no mwi, SERVED no digits, or too many mailboxes wait. */
gboolean isdn_tell_mwi(Isdn *isdn, const char *trunk, const Number *served, const MwiState *state);

/* TRUE when at least one span could carry a call now (D channel up and settled, no alarm): for OPTIONS. */
gboolean isdn_is_ready(const Isdn *isdn);

typedef enum DChannelState { DCHAN_DOWN, DCHAN_SETTLING, DCHAN_UP } DChannelState;

/* What `show spans` tells of a D channel. */
typedef struct IsdnSpanStatus {
    guint8 span;
    const char *trunk;
    DChannelState state;
    gboolean out_of_service; /* isdn_take_out(); state is DOWN */
    const char *d_role; /* spans that share a D channel: "active", "standby" or "down" where there are two, else "none" or NULL */
    SpanAlarms alarms;
    gint64 since_us;        /* of the present state, clock_now_us() */
    gboolean busied_out;    /* isdn_busy_out() of the whole span */
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
/* Why a channel is not to be used, the gravest first. */
#define CHANNEL_REASONS(X)                                                                         \
    X(NONE, "")                                                                                    \
    X(BUSIED_OUT, "busied out")             /* by the operator: isdn_busy_out() */                 \
    X(TAKEN_OUT, "span taken out")          /* isdn_take_out() */                                  \
    X(FAR_END, "by the far end")            /* its SERVICE */                                      \
    X(UNRESTARTED, "RESTART unanswered")    /* T316 */                                             \
    X(REFUSED, "refused by the far end")    /* with cause 6, 44 or 82 */                           \
    X(UNRELEASED, "RELEASE unanswered")     /* T308 twice */                                       \
    X(AUDITED, "busy without a call")       /* found by the audit */
#define CHANNEL_REASON_ENUM(id, text) REASON_##id,
typedef enum ChannelReason { CHANNEL_REASONS(CHANNEL_REASON_ENUM) CHANNEL_REASON_COUNT } ChannelReason;
/* "busied out"; "" for REASON_NONE. */
const char *channel_reason_name(ChannelReason reason);

typedef struct ChannelStatus {
    Channel channel;
    const char *trunk;
    ChannelState state;
    ChannelReason reason; /* why it is not to be used, or will not be when its call has ended */
    gint64 since_us;      /* of the reason, clock_now_us() */
    guint32 call;    /* 0: none */
    guint64 calls;   /* carried since the start */
} ChannelStatus;
typedef void (*ChannelFunc)(void *user, const ChannelStatus *status);
void isdn_each_channel(const Isdn *isdn, ChannelFunc func, void *user);
void isdn_each_counter(const Isdn *isdn, CounterFunc func, void *user);
