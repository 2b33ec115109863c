/* Media: the RTP side of every call, clocked by the TDM side, and the home of every packet span.
 *
 * Two halves. The signalling half (this file's functions unless said otherwise) books ports, answers the call
 * map's media actions and hands values to the media thread; the media thread owns sockets, jitter
 * buffers, tones and spans, and answers with values that carry a call id, so that news for a
 * finished call finds nobody.
 */
#pragma once

#include "call.h"
#include "span.h"

typedef struct Media Media;

/* Called in signalling, with values copied from the media thread. */
typedef struct MediaSpanEvents {
    void *user;
    void (*d_frame)(void *user, guint8 span, const guint8 *frame, gsize length);
    void (*alarm)(void *user, guint8 span, SpanAlarms alarms);
    void (*selftested)(void *user, guint8 span); /* media_selftest() is over; may be NULL */
} MediaSpanEvents;

/* Starts the media thread with its own loop, and opens every packet span of SETTINGS on it. NULL with ERROR when a span cannot
 * open or [media] address is none of this machine. SIGNALLING is the loop that gets the news. Home thread: signalling (or main before it runs). */
Media *media_new(const Settings *settings, Loop *signalling, Hall *hall, const MediaSpanEvents *events,
                 GError **error);
/* Ends all ports and spans, stops the thread, frees. Home thread: as media_new(). */
void media_free(Media *media);
/* [media] jitter, rtp-timeout and tones for new calls; address, ports and spans wait for a restart. SETTINGS must outlive the
 * next call to this. Home thread: signalling. */
void media_set_settings(Media *media, const Settings *settings);

/* The call-map actions that are media's, to be handed to hall_set_media(). */
CallOps media_call_ops(Media *media);

/* Queues a D-channel frame on SPAN. Never blocks; a full queue is counted in the span's counters. */
void media_d_send(Media *media, guint8 span, const guint8 *frame, gsize length);

/* A copy of SPAN's alarms and counters, at most a second old. Any thread. */
SpanAlarms media_span_status(Media *media, guint8 span, SpanCounters *counters);

/* What one port has seen: for `show channels`, the ladder and records. */
typedef struct MediaStats {
    guint32 call;
    guint16 port;
    guint64 sent, received;          /* RTP packets */
    guint64 lost, late;              /* packets lost on the way; packets come after their turn */
    guint64 concealed;               /* samples played from nothing inside the stream */
    guint64 slipped;                 /* samples inserted or dropped to follow the far end's clock */
    guint64 foreign;                 /* packets from another source than negotiated or learnt */
    guint64 malformed;               /* not RTP, or of a payload type that was not agreed */
    guint64 events;                  /* telephone-event packets */
    guint64 digits_in, digits_out;   /* digits of the phone for the channel, and of the channel told the phone */
    guint jitter_us;                 /* RFC 3550 6.4.1 interarrival jitter */
    guint depth_ms;                  /* of the jitter buffer, now */
    guint remote_loss_permille;      /* the far end's report of our stream */
} MediaStats;

/* A copy of CALL's stats, at most a second old; FALSE when it has no port. */
gboolean media_port_stats(Media *media, guint32 call, MediaStats *stats);
/* Port pairs in use now. For counters and leak checks. */
guint media_ports_used(const Media *media);

/* What a loop-back check found on a B channel. */
#define SELFTEST_VERDICTS(X)                                                                       \
    X(GOOD, "good")                          /* every octet came back as it was sent */            \
    X(ERRORS, "errors")                      /* not every one */                                   \
    X(SILENT, "nothing came back")           /* one octet for ever, or none */                     \
    X(CROSSED, "another channel came back")  /* what `heard` was sent */                           \
    X(STRANGE, "something else came back")   /* no channel's pattern */                            \
    X(SHORT, "too little came back")         /* without an error, but not for long enough */
#define SELFTEST_VERDICT_ENUM(id, name) SELFTEST_##id,
typedef enum SelftestVerdict { SELFTEST_VERDICTS(SELFTEST_VERDICT_ENUM) } SelftestVerdict;

typedef struct SelftestChannel {
    guint8 number;
    SelftestVerdict verdict;
    guint8 heard;             /* the channel whose pattern came back; 0: none's */
    guint32 compared, errors; /* octets, from when that pattern was found */
    guint32 delay_us;         /* from sending to hearing; constant from then on */
} SelftestChannel;

#define SELFTEST_CHANNELS 31
typedef struct SelftestReport {
    guint32 number; /* of checks since the start, from 1 */
    guint8 span;
    gboolean running; /* the rest is not filled yet */
    gboolean looped;  /* by the back end; FALSE: a plug or the far end was to do that */
    guint64 slips;    /* of the span since a first pattern was found: after one, all octets are errors */
    guint count;
    SelftestChannel channels[SELFTEST_CHANNELS];
} SelftestReport;

/* Begins a loop-back check of SPAN, which has to be out of service; some seconds later `selftested`
 * tells its end, and the span is as before. Returns its number. One at a time: ask
 * media_selftest_report() first. Home thread: signalling. */
guint32 media_selftest(Media *media, guint8 span);
/* Copies what the check found that was begun last; FALSE when none was. Home thread: signalling. */
gboolean media_selftest_report(const Media *media, SelftestReport *report);
/* How many channels are good. */
static inline guint selftest_good_count(const SelftestReport *report)
{
    guint good = 0;

    for (guint i = 0; i < report->count; i++)
        good += report->channels[i].verdict == SELFTEST_GOOD;
    return good;
}

typedef enum Tone { TONE_NONE, TONE_DIAL, TONE_RINGBACK, TONE_BUSY } Tone;
/* Is COUNTRY a tone zone we know? For settings. */
gboolean tone_country_known(const char *country);
