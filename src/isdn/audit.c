/* The audit: now and then, do both sides of the line see channels and calls alike?
 *
 * A channel that is busy without a call, which only a mistake of ours could leave behind, is put
 * aside and RESTARTed like one that the far end refused. A call that the far end has lost, as when
 * its processor was restarted and said nothing, would stand until the phone hangs up: so the far
 * end is asked for each answered call by STATUS ENQUIRY (Q.931 5.8.10), which changes nothing where
 * all is well. RESTART would end the call, and waiting for its RTP to fall silent says nothing of
 * the line. A far end that has not the call answers RELEASE COMPLETE, cause 81, or STATUS with
 * state 0 and cause 30 or 81, and libpri ends the call by it.
 *
 * No other answer may cost a call that talks. There are switches that know no STATUS ENQUIRY and
 * say so with state 0, some that never answer, and some that are in another state for reasons of
 * their own: what libpri would end the call by is kept from it, and the trunk's calls are not
 * enquired again for a day, or until its settings are read anew. Where no answer comes within T322
 * the enquiry is sent again, twice; the next audit asks anew.
 *
 * libpri never sends a STATUS ENQUIRY. It is asked for an INFORMATION, which changes no state of
 * its own, and the tap makes the message of it, known by a keypad string that no digit can be: it
 * may wait behind layer 2's window for long, among the call's own digits.
 */
#include "audit.h"
#include "clock.h"
#include "log.h"
#include "restart.h"
#include "room.h"

#include <string.h>

#define T322_US (4 * G_USEC_PER_SEC)
#define ENQUIRIES 3 /* of one call in one audit; Q.931 5.8.10 leaves the number to us */
#define REST_US (24 * 3600 * (gint64)G_USEC_PER_SEC)
#define Q931_STATE_ACTIVE 10
#define PLACEHOLDER "?"

struct Audit {
    DChannel *dchan;
    LoopTimer *next, *t322;
    gint64 rests_until_us; /* the far end does not understand STATUS ENQUIRY as we do */
    gboolean told_silent;  /* it is in the log that the far end does not answer */
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

static gboolean audit_rests(const Audit *audit)
{
    return clock_now_us() < audit->rests_until_us;
}

/* The trunk's other spans end at the same far end. */
static void audit_rest(IsdnLeg *leg, const char *why)
{
    const TrunkSettings *trunk = dchan_trunk(leg->dchan);
    const GPtrArray *dchans = dchan_isdn(leg->dchan)->dchans;

    if (!audit_rests(dchan_audit(leg->dchan)))
        log_notice("trunk %s: C%u: %s; calls are not audited for a day", trunk->name, leg->call_id,
                   why);
    for (guint i = 0; i < dchans->len; i++)
        if (dchan_trunk(dchans->pdata[i]) == trunk)
            dchan_audit(dchans->pdata[i])->rests_until_us = clock_now_us() + REST_US;
}

static void leg_enquire(IsdnLeg *leg)
{
    leg->enquiry = ENQUIRY_WANTED;
    leg->enquiries++;
    leg->enquiry_epoch = dchan_epoch(leg->dchan);
    if (pri_keypad_facility(dchan_pri(leg->dchan), leg->q931, PLACEHOLDER) != 0)
        leg->enquiry = ENQUIRY_NONE;
    dchan_rearm(leg->dchan);
}

static gboolean leg_is_clearing(const IsdnLeg *leg)
{
    return leg->hanging_up || leg->disconnected;
}

/* Layer 2 has the enquiry and has not sent it yet; of a link that fell since, nothing is left. */
static gboolean leg_enquiry_waits(const IsdnLeg *leg)
{
    return leg->enquiry == ENQUIRY_WANTED && leg->enquiry_epoch == dchan_epoch(leg->dchan);
}

/* Answered both ways, and not being cleared. */
static gboolean leg_is_enquired(const DChannel *dchan, const IsdnLeg *leg)
{
    return leg->dchan == dchan && leg->q931 && leg->call && leg->connected &&
           !leg_is_clearing(leg) && !leg_enquiry_waits(leg) &&
           call_isdn_state(leg->call) == ISDN_ACTIVE;
}

static void audit_due(void *user)
{
    Audit *audit = user;
    DChannel *dchan = audit->dchan;
    g_autoptr(GArray) ids = isdn_leg_ids(dchan);
    gboolean asked = FALSE;

    audit_channels(dchan);
    for (guint i = 0; i < ids->len && dchan_is_usable(dchan) && !audit_rests(audit); i++) {
        IsdnLeg *leg = isdn_leg_find_id(dchan, g_array_index(ids, guint32, i));

        if (!leg || !leg_is_enquired(dchan, leg))
            continue;
        leg->enquiries = 0;
        leg_enquire(leg);
        asked = TRUE;
    }
    if (asked)
        loop_timer_start(dchan_isdn(dchan)->loop, audit->t322, T322_US);
    audit_start(audit);
}

static void audit_tell_silent(Audit *audit, const IsdnLeg *leg)
{
    dchan_count(leg->dchan, COUNT_ENQUIRIES_UNANSWERED);
    if (!audit->told_silent)
        log_notice("trunk %s: C%u: no answer to STATUS ENQUIRY", dchan_trunk(leg->dchan)->name,
                   leg->call_id);
    audit->told_silent = TRUE;
}

/* The enquiry of LEG was sent T322 ago. A link that fell meanwhile may have lost it. TRUE when it
 * is sent again (Q.931 5.8.10). */
static gboolean leg_unanswered(IsdnLeg *leg)
{
    Audit *audit = dchan_audit(leg->dchan);

    leg->enquiry = ENQUIRY_NONE;
    if (!leg_is_enquired(leg->dchan, leg) || audit_rests(audit) || !dchan_is_usable(leg->dchan) ||
        leg->enquiry_epoch != dchan_epoch(leg->dchan))
        return FALSE;
    if (leg->enquiries == ENQUIRIES) {
        audit_tell_silent(audit, leg);
        return FALSE;
    }
    leg_enquire(leg);
    return TRUE;
}

/* Runs again for enquiries that left later, or have not left yet. */
static void t322_expired(void *user)
{
    Audit *audit = user;
    g_autoptr(GArray) ids = isdn_leg_ids(audit->dchan);
    gint64 now = clock_now_us(), wait_us = 0;

    for (guint i = 0; i < ids->len; i++) {
        IsdnLeg *leg = isdn_leg_find_id(audit->dchan, g_array_index(ids, guint32, i));
        gint64 left_us = T322_US;

        if (!leg || leg->dchan != audit->dchan)
            continue;
        if (leg->enquiry == ENQUIRY_SENT)
            left_us = leg->enquired_us + T322_US - now;
        else if (!leg_enquiry_waits(leg))
            continue;
        if (left_us <= 0)
            left_us = leg_unanswered(leg) ? T322_US : 0;
        if (left_us > 0)
            wait_us = wait_us ? MIN(wait_us, left_us) : left_us;
    }
    if (wait_us)
        loop_timer_start(dchan_isdn(audit->dchan)->loop, audit->t322, wait_us);
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
    audit->rests_until_us = 0;
    audit->told_silent = FALSE;
    audit_start(audit);
}

/* An INFORMATION with PLACEHOLDER and nothing else. */
static gboolean is_placeholder(const guint8 *frame, gsize header, gsize length)
{
    static const guint8 element[] = {0x2c, sizeof PLACEHOLDER - 1, PLACEHOLDER[0]};

    return length == header + sizeof element && !memcmp(frame + header, element, sizeof element);
}

gsize audit_compose(IsdnLeg *leg, guint8 *frame, gsize length, FrameNews *news)
{
    gsize header = 4 + 3 + (gsize)frame[5];

    /* Repeated by layer 2: what libpri wrote behind its header is still there. */
    if (news->message == MESSAGE_STATUS_ENQUIRY)
        return header;
    if (news->message != MESSAGE_INFORMATION || !is_placeholder(frame, header, length))
        return length;
    if (leg) {
        leg->enquiry = ENQUIRY_SENT;
        leg->enquiry_epoch = dchan_epoch(leg->dchan);
        leg->enquired_us = clock_now_us();
        dchan_count(leg->dchan, COUNT_ENQUIRIES_SENT);
    }
    frame[header - 1] = MESSAGE_STATUS_ENQUIRY; /* in libpri's buffer: layer 2 repeats it */
    frame_read(frame, header, news);
    return header;
}

/* Q.850 97 to 101: it is the message that is wrong, not the call. */
static gboolean cause_is_of_message(guint8 cause)
{
    return cause >= 97 && cause <= CAUSE_WRONG_CALL_STATE;
}

static void leg_lost(IsdnLeg *leg)
{
    leg->enquiry = ENQUIRY_LOST;
    dchan_count(leg->dchan, COUNT_CALLS_ASTRAY);
    log_notice("span %s: C%u: the far end has it no more, says its answer to STATUS ENQUIRY",
               dchan_span(leg->dchan)->name, leg->call_id);
}

static gboolean status_heard(IsdnLeg *leg, const FrameNews *news)
{
    gboolean ends = news->call_state == 0;

    if (ends && (news->cause == CAUSE_STATUS_ENQUIRY_RESPONSE ||
                 news->cause == CAUSE_INVALID_CALL_REFERENCE))
        leg_lost(leg);
    else if (ends || cause_is_of_message(news->cause))
        audit_rest(leg, "STATUS ENQUIRY was not understood");
    else if (news->call_state != Q931_STATE_ACTIVE)
        audit_rest(leg, "STATUS ENQUIRY was answered with another state");
    return ends && leg->enquiry != ENQUIRY_LOST;
}

gboolean audit_heard(IsdnLeg *leg, const FrameNews *news)
{
    if (!leg || leg->enquiry != ENQUIRY_SENT || leg_is_clearing(leg))
        return FALSE;
    if (news->message == MESSAGE_STATUS && news->has_call_state) {
        leg->enquiry = ENQUIRY_NONE;
        dchan_audit(leg->dchan)->told_silent = FALSE;
        return status_heard(leg, news);
    }
    if (news->message != MESSAGE_RELEASE_COMPLETE)
        return FALSE;
    leg->enquiry = ENQUIRY_NONE;
    if (cause_is_of_message(news->cause)) {
        audit_rest(leg, "STATUS ENQUIRY was not understood");
        return TRUE;
    }
    if (news->cause == CAUSE_STATUS_ENQUIRY_RESPONSE || news->cause == CAUSE_INVALID_CALL_REFERENCE)
        leg_lost(leg);
    return FALSE;
}
