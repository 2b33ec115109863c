/* The clearing cause a call keeps, and the final response it becomes. */
#include "call_private.h"
#include "cause.h"

#include <string.h>

/* What an event means when its news does not say. Events that are not here carry a cause of their
 * own, or say 31. */
static const guint8 default_causes[CALL_EVENT_COUNT] = {
    [EVENT_SIP_FAILURE] = CAUSE_TEMPORARY_FAILURE,   /* no response and no status: transport */
    [EVENT_SIP_NO_ACK] = CAUSE_TIMER_EXPIRY,         /* RFC 3398 7.1.4 */
    [EVENT_SIP_CANCEL] = CAUSE_NORMAL_CALL_CLEARING, /* RFC 4497 8.4.3 */
    [EVENT_SIP_EXPIRED] = CAUSE_TIMER_EXPIRY,        /* RFC 3261 13.3.1 */
    [EVENT_SIP_BYE] = CAUSE_NORMAL_CALL_CLEARING,    /* RFC 4497 8.4.2 */
    [EVENT_SIP_ENDED] = CAUSE_TIMER_EXPIRY,          /* what the stack ends by itself has expired */
    [EVENT_SIP_LOST] = CAUSE_TIMER_EXPIRY,           /* RFC 4028 10 */
    [EVENT_SIP_REFUSED] = CAUSE_TEMPORARY_FAILURE,
    [EVENT_ISDN_UNACKNOWLEDGED] = CAUSE_TIMER_EXPIRY, /* Q.931 5.2.8 */
    [EVENT_ISDN_RESTART] = CAUSE_TEMPORARY_FAILURE,     /* RFC 4497 8.4.5 */
    [EVENT_ISDN_LOST] = CAUSE_DESTINATION_OUT_OF_ORDER, /* Q.931 5.8.9 */
    [EVENT_ISDN_STRANDED] = CAUSE_DESTINATION_OUT_OF_ORDER,
    [EVENT_ISDN_REFUSED] = CAUSE_TEMPORARY_FAILURE,
    [EVENT_ROUTE_NONE] = CAUSE_NO_ROUTE_TO_DESTINATION,
    [EVENT_ROUTE_TREATED] = CAUSE_NO_ROUTE_TO_DESTINATION,
    [EVENT_CHANNEL_NONE] = CAUSE_NO_CIRCUIT, /* RFC 4497 8.3.1 */
    [EVENT_MEDIA_NONE] = CAUSE_RESOURCE_UNAVAILABLE,
    [EVENT_MEDIA_SILENT] = CAUSE_TIMER_EXPIRY, /* as a session that expires */
    [EVENT_CALL_PREEMPTED] = CAUSE_PREEMPTION,
    [EVENT_OPERATOR_CLEAR] = CAUSE_TEMPORARY_FAILURE,
};

static gboolean event_is_sip(CallEvent event)
{
    return event <= EVENT_SIP_REFUSED;
}

G_STATIC_ASSERT(EVENT_SIP_INVITE == 0);
G_STATIC_ASSERT(EVENT_ISDN_SETUP == EVENT_SIP_REFUSED + 1);
G_STATIC_ASSERT(EVENT_ROUTE_TRUNK == EVENT_ISDN_REFUSED + 1);

/* A Reason's 6, 44 or 82 speaks of a channel on another line; on ours it would put a good one
 * aside. */
static guint8 cause_from_afar(guint8 cause)
{
    return cause_blames_channel(cause) ? CAUSE_NO_CIRCUIT : cause;
}

static guint8 failure_cause(const Call *call, const CallNews *news)
{
    if (news->status < 300 || (news->cause && news->reason_trusted))
        return news->cause;
    return status_to_cause(call->trunk, news->status, news->warning_bearer);
}

static guint8 event_cause(const Call *call, CallEvent event, const CallNews *news)
{
    guint8 cause = event == EVENT_SIP_FAILURE ? failure_cause(call, news) : news->cause;

    if (cause < 1 || cause > 127)
        cause = default_causes[event];
    if (!cause)
        cause = CAUSE_NORMAL_UNSPECIFIED;
    return event_is_sip(event) ? cause_from_afar(cause) : cause;
}

static void call_refuse_channel(Call *call)
{
    if (call->channel.number && call->refused_count < G_N_ELEMENTS(call->refused) &&
        !call_channel_refused(call, call->channel))
        call->refused[call->refused_count++] = call->channel;
}

static void call_refuse_span(Call *call)
{
    guint8 span = call->channel.span;

    if (call->channel.number)
        call->refused_spans[span / 64] |= G_GUINT64_CONSTANT(1) << span % 64;
}

/* No other span of the group has a channel: what the PBX said of the one that had says more. */
static void call_keep_span_cause(Call *call)
{
    call->kept = call->span_kept;
    memset(call->refused_spans, 0xff, sizeof(call->refused_spans));
}

void call_note_cause(Call *call, CallEvent event, const CallNews *news)
{
    guint8 cause = event_cause(call, event, news);

    if (call->kept.cause)
        return;
    if (event == EVENT_CHANNEL_NONE)
        call_note_full(call, cause);
    if (event == EVENT_CHANNEL_NONE && call->span_kept.cause) {
        call_keep_span_cause(call);
        return;
    }
    call->kept.cause = cause;
    call->kept.location = news->location;
    call->kept.status = news->status;
    call->kept.from = event;
    call->kept.own_timer = event == EVENT_SIP_FAILURE && news->own_timer;
    if (event_is_isdn(event) && cause_blames_channel(cause))
        call_refuse_channel(call);
    if (event_is_isdn(event) &&
        (cause_blames_span(cause) || (call->listed && !cause_blames_channel(cause))))
        call_refuse_span(call);
}

void call_forget_cause(Call *call)
{
    call->kept = (KeptCause){.location = CAUSE_LOCATION_NONE};
}

guint8 call_cause(const Call *call)
{
    return call->kept.cause;
}

gint8 call_cause_location(const Call *call)
{
    return call->kept.location;
}

/* Our own timers toward the PBX, on a call it never said was alerting. */
static gboolean event_is_line_timer(CallEvent event)
{
    return event == EVENT_TIMER_T304 || event == EVENT_TIMER_T310 || event == EVENT_TIMER_PROGRESS;
}

/* RFC 4497 8.4.5: our own timer toward the PBX is 408, whatever cause it told the PBX. RFC
 * 3261 13.3.1: an INVITE that expired is 487. */
guint16 call_reject_status(const Call *call)
{
    guint8 cause = call->kept.cause ? call->kept.cause : CAUSE_NORMAL_UNSPECIFIED;
    gboolean overridden = call->trunk && call->trunk->cause_status[cause] != CAUSE_OVERRIDE_NONE;

    if (call->kept.from == EVENT_SIP_EXPIRED)
        return 487;
    if (!overridden && event_is_line_timer(call->kept.from))
        return 408;
    return cause_to_status(call->trunk, cause, call->kept.location);
}
