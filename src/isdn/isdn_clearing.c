/* The far end clears a call, or has: DISCONNECT, RELEASE, RELEASE COMPLETE, and what stands for
 * them. */
#include "isdn_clearing.h"
#include "isdn_event.h"
#include "isdn_setup.h"
#include "trunk.h"

/* Q.931 5.8.11: state 0 ends the call. STATUS of itself says why, by what it found wrong; one that
 * answers STATUS ENQUIRY says only that it does (5.8.10: 30), and the call is lost to a failure. */
static guint8 cause_of_status(const IsdnLeg *leg, guint8 cause)
{
    if (!cause || cause == CAUSE_STATUS_ENQUIRY_RESPONSE || leg->enquiry == ENQUIRY_LOST)
        return CAUSE_TEMPORARY_FAILURE;
    return cause;
}

/* Q.931 5.8.6.1, 5.8.6.2: a clearing message without a Cause that can be used counts as 31; the 96
 * or 100 that answers it is for the line alone. */
static guint8 cause_of(const IsdnLeg *leg, int from_libpri, const FrameNews *news)
{
    if (news && news->kind == FRAME_MESSAGE && news->message == MESSAGE_STATUS)
        return cause_of_status(leg, news->cause);
    if (news && news->kind == FRAME_MESSAGE)
        return news->cause ? news->cause : CAUSE_NORMAL_UNSPECIFIED;
    if (from_libpri >= 1 && from_libpri <= 127)
        return (guint8)from_libpri;
    return CAUSE_NORMAL_UNSPECIFIED;
}

static gboolean wants_tones(const IsdnLeg *leg, guint8 cause, const FrameNews *frame)
{
    return dchan_trunk(leg->dchan)->disconnect_tones && leg->ours && !leg->connected && frame &&
           frame->progress & PROGRESS_IN_BAND && !call_may_continue(leg->call, cause);
}

/* The far end refuses the channel for its own sake, which only an answer to a SETUP can. What it
 * says last may leave that cause out, so its first word counts as well. */
static void blame_channel(IsdnLeg *leg, guint8 cause)
{
    if (!leg->call || !leg->ours || leg->connected || !cause_blames_channel(cause))
        return;
    if (leg->named != leg->channel.number)
        isdn_leg_move_back(leg);
    trunk_blame(leg, REASON_REFUSED);
}

void isdn_clearing_disconnect(IsdnLeg *leg, int cause, const FrameNews *frame)
{
    CallNews news = isdn_event_news_of(leg, frame);

    if (leg->disconnected)
        return; /* repeated */
    leg->responded = TRUE;
    leg->disconnected = TRUE;
    if (!isdn_event_leg_speaks(leg))
        return;
    news.cause = cause_of(leg, cause, frame);
    blame_channel(leg, news.cause);
    isdn_event_raise(leg,
                     wants_tones(leg, news.cause, frame) ? EVENT_ISDN_DISCONNECT_MEDIA
                                                         : EVENT_ISDN_DISCONNECT,
                     &news);
}

/* A SETUP sent before the link came up again never arrived: the far end knows nothing of the call.
 */
static gboolean setup_was_lost(const IsdnLeg *leg, guint8 cause)
{
    return leg->call && leg->ours && !leg->responded && !leg->repeated && !leg->hanging_up &&
           leg->epoch != dchan_epoch(leg->dchan) && (cause == 81 || cause == 101 || cause == 98);
}

/* The call is gone at the far end, and libpri only waits to be told to free it, or has FREED it. */
static void on_released(IsdnLeg *leg, guint8 cause, const FrameNews *frame, gboolean freed)
{
    DChannel *dchan = leg->dchan;
    CallNews news = isdn_event_news_of(leg, frame);
    gboolean unanswered = !frame && leg->releases >= 2;

    if (freed)
        leg->q931 = NULL;
    else
        isdn_leg_destroy(leg);
    if (setup_was_lost(leg, cause)) {
        leg->repeat_waits = TRUE;
        if (dchan_is_usable(dchan))
            isdn_setup_repeat(leg);
        return;
    }
    if (!leg->call) {
        isdn_leg_free(leg);
        return;
    }
    if (unanswered) /* Q.931 5.3.3: after T308 twice the channel needs a rest */
        trunk_blame(leg, REASON_UNRELEASED);
    blame_channel(leg, cause);
    news.cause = cause;
    if (!frame && !dchan_is_linked(dchan))
        isdn_event_raise(leg, EVENT_ISDN_LOST, &news);
    else
        isdn_event_raise(leg, EVENT_ISDN_RELEASED, &news);
}

/* What is wrong with the first message of a clearing; 0: nothing. */
static guint8 fault_of(const FrameNews *frame)
{
    if (frame->cause)
        return 0;
    return frame->mandatory_refused ? CAUSE_IE_CONTENTS : CAUSE_MANDATORY_IE_MISSING;
}

void isdn_clearing_hangup(IsdnLeg *leg, int from_libpri, const FrameNews *frame)
{
    DChannel *dchan = leg->dchan;
    guint8 cause = cause_of(leg, from_libpri, frame);
    CallNews news = isdn_event_news_of(leg, frame);
    guint32 id = leg->id;

    if (!frame || frame->message != MESSAGE_RELEASE) {
        on_released(leg, cause, frame, FALSE);
        return;
    }
    if (!leg->hanging_up && !leg->disconnected)
        leg->answer_cause = fault_of(frame);
    leg->answer_due = TRUE; /* libpri keeps silent where RELEASE crossed ours (Q.931 5.3.5) */
    blame_channel(leg, cause);
    news.cause = cause;
    isdn_event_raise(leg, EVENT_ISDN_RELEASE, &news);
    leg = isdn_leg_find_id(dchan, id);
    if (leg && leg->answer_due)
        isdn_leg_release_complete(leg, CAUSE_NORMAL_CALL_CLEARING);
    if (leg && !leg->call)
        isdn_leg_free(leg);
}

void isdn_clearing_freed(IsdnLeg *leg, int cause, const FrameNews *frame)
{
    on_released(leg, cause_of(leg, cause, frame), frame, TRUE);
}
