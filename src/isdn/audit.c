/* The audit: now and then, do both sides of the line see channels and calls alike?
 *
 * A channel that is busy without a call, which only a mistake of ours could leave behind, is put
 * aside and RESTARTed like one that the far end refused. A call that the far end has lost, as when
 * its processor was restarted and said nothing, would stand until the phone hangs up: so the far
 * end is asked for each answered call by STATUS ENQUIRY (Q.931 5.8.10), which changes nothing where
 * all is well. RESTART would end the call, and waiting for its RTP to fall silent says nothing of
 * the line. A far end that has not the call answers RELEASE COMPLETE or STATUS with state 0, and
 * libpri ends the call by it. One that does not answer at all within T322 is counted and asked
 * again the next time: some never do, and a call that talks is not cleared for that.
 *
 * libpri never sends a STATUS ENQUIRY. It is asked for an INFORMATION, which changes no state of
 * its own, and the tap makes the message of it.
 */
#include "audit.h"
#include "log.h"
#include "restart.h"

#define T322_US (4 * G_USEC_PER_SEC)

struct Audit {
    DChannel *dchan;
    LoopTimer *next, *t322;
};

static void audit_start(Audit *audit)
{
    Loop *loop = dchan_isdn(audit->dchan)->loop;
    gint64 period_us = dchan_trunk(audit->dchan)->audit_us;

    if (period_us)
        loop_timer_start(loop, audit->next, period_us);
    else
        loop_timer_stop(loop, audit->next);
}

/* No event is in hand here, so a channel that is only reserved is nobody's either. */
static void audit_channels(DChannel *dchan)
{
    for (guint8 i = 0; i < BCHAN_SLOTS; i++) {
        BChannel *channel = &dchan_bchans(dchan)->slot[i];

        if (!channel->call || hall_find_call(dchan_isdn(dchan)->hall, channel->call))
            continue;
        dchan_count(dchan, COUNT_CHANNELS_ASTRAY);
        channel->call = 0;
        restart_put_aside(dchan_restarter(dchan), i, REASON_AUDITED);
    }
}

static void leg_enquire(IsdnLeg *leg)
{
    leg->enquiry = ENQUIRY_WANTED;
    if (pri_keypad_facility(dchan_pri(leg->dchan), leg->q931, "0") != 0)
        leg->enquiry = ENQUIRY_NONE;
    dchan_rearm(leg->dchan);
}

/* Answered both ways, and not being cleared. */
static gboolean leg_is_enquired(const DChannel *dchan, const IsdnLeg *leg)
{
    return leg->dchan == dchan && leg->q931 && leg->call && leg->connected && !leg->hanging_up &&
           !leg->disconnected && call_isdn_state(leg->call) == ISDN_ACTIVE;
}

static void audit_due(void *user)
{
    Audit *audit = user;
    DChannel *dchan = audit->dchan;
    g_autoptr(GArray) ids = isdn_leg_ids(dchan);
    gboolean asked = FALSE;

    audit_channels(dchan);
    for (guint i = 0; i < ids->len && dchan_is_usable(dchan); i++) {
        IsdnLeg *leg = isdn_leg_find_id(dchan, g_array_index(ids, guint32, i));

        if (!leg || !leg_is_enquired(dchan, leg))
            continue;
        leg_enquire(leg);
        asked = TRUE;
    }
    if (asked)
        loop_timer_start(dchan_isdn(dchan)->loop, audit->t322, T322_US);
    audit_start(audit);
}

static void t322_expired(void *user)
{
    Audit *audit = user;
    const GPtrArray *legs = dchan_legs(audit->dchan);

    for (guint i = 0; i < legs->len; i++) {
        IsdnLeg *leg = legs->pdata[i];

        if (leg->dchan != audit->dchan || leg->enquiry == ENQUIRY_NONE ||
            leg->enquiry == ENQUIRY_LOST)
            continue;
        leg->enquiry = ENQUIRY_NONE;
        dchan_count(audit->dchan, COUNT_ENQUIRIES_UNANSWERED);
        log_info("span %s: C%u: no answer to STATUS ENQUIRY (T322)", dchan_span(audit->dchan)->name,
                 leg->call_id);
    }
}

Audit *audit_new(DChannel *dchan)
{
    Audit *audit = g_new0(Audit, 1);
    Loop *loop = dchan_isdn(dchan)->loop;

    audit->dchan = dchan;
    audit->next = loop_timer_new(loop, audit_due, audit);
    audit->t322 = loop_timer_new(loop, t322_expired, audit);
    audit_start(audit);
    return audit;
}

void audit_free(Audit *audit)
{
    Loop *loop = dchan_isdn(audit->dchan)->loop;

    loop_timer_free(loop, audit->next);
    loop_timer_free(loop, audit->t322);
    g_free(audit);
}

void audit_settings_changed(Audit *audit)
{
    audit_start(audit);
}

gsize audit_compose(IsdnLeg *leg, guint8 *frame, gsize length, FrameNews *news)
{
    gsize header = 4 + 3 + (gsize)frame[5];

    if (leg && leg->enquiry == ENQUIRY_WANTED && news->message == MESSAGE_INFORMATION) {
        leg->enquiry = ENQUIRY_SENT;
        dchan_count(leg->dchan, COUNT_ENQUIRIES_SENT);
        frame[header - 1] = MESSAGE_STATUS_ENQUIRY; /* in libpri's buffer: layer 2 repeats it */
        frame_read(frame, header, news);
        return header;
    }
    /* Repeated by layer 2: what libpri wrote behind its header is still there. */
    return news->message == MESSAGE_STATUS_ENQUIRY ? header : length;
}

void audit_heard(IsdnLeg *leg, const FrameNews *news)
{
    gboolean state_null =
        news->message == MESSAGE_STATUS && news->has_call_state && news->call_state == 0;

    if (leg->enquiry != ENQUIRY_SENT ||
        (news->message != MESSAGE_STATUS && news->message != MESSAGE_RELEASE_COMPLETE))
        return;
    leg->enquiry = ENQUIRY_NONE;
    if (!state_null && news->message != MESSAGE_RELEASE_COMPLETE)
        return;
    leg->enquiry = ENQUIRY_LOST;
    dchan_count(leg->dchan, COUNT_CALLS_ASTRAY);
    log_notice("span %s: C%u: the far end has it no more, says its answer to STATUS ENQUIRY",
               dchan_span(leg->dchan)->name, leg->call_id);
}
