/* libpri's events, each turned into the call event it is or into the room's own business.
 *
 * The frame tap's news of the very frame say what the event leaves out: progress, the location of a
 * Cause, and which message it was.
 */
#include "isdn_event.h"
#include "isdn_clearing.h"
#include "isdn_digit.h"
#include "isdn_extra.h"
#include "isdn_interface.h"
#include "isdn_offer.h"
#include "isdn_party.h"
#include "isdn_setup.h"
#include "isdn_supplement.h"
#include "mwi_sender.h"
#include "trunk.h"

#define PROGRESS_NOT_END_TO_END (1u << 1) /* Q.931 4.5.23: number 1 */
#define PROGRESS_MEDIA (PROGRESS_NOT_END_TO_END | PROGRESS_IN_BAND)

static guint8 progress_of(const FrameNews *news)
{
    if (!news || !news->progress)
        return 0;
    if (news->progress & PROGRESS_IN_BAND)
        return 8;
    return (guint8)g_bit_nth_lsf(news->progress, -1);
}

CallNews isdn_event_news(const FrameNews *frame)
{
    CallNews news = CALL_NEWS_INIT;

    news.progress = progress_of(frame);
    news.reason_trusted = TRUE;
    news.is_isdn = TRUE;
    if (frame)
        news.location = frame->location;
    return news;
}

CallNews isdn_event_news_of(const IsdnLeg *leg, const FrameNews *frame)
{
    CallNews news = isdn_event_news(frame);

    isdn_extra_news(leg, frame, &news);
    return news;
}

void isdn_event_raise(IsdnLeg *leg, CallEvent event, const CallNews *news)
{
    if (leg->call)
        call_event(leg->call, event, news);
}

gboolean isdn_event_leg_speaks(IsdnLeg *leg)
{
    if (leg->call)
        return TRUE;
    isdn_leg_clear(leg, CAUSE_NORMAL_CALL_CLEARING);
    return FALSE;
}

/* --- answers to our SETUP --- */

/* Q.931 5.1.2: the channel the first answers name; FALSE when LEG cannot go on with it. */
static gboolean leg_take_channel(IsdnLeg *leg, int from_libpri)
{
    guint number = from_libpri & 0xff;
    DChannel *there = leg->dchan;
    BChannel *channel;

    if (from_libpri != -1 && from_libpri & 1 << 16)
        there = dchan_find_interface(dchan_head(leg->dchan), from_libpri);

    leg->responded = TRUE;
    trunk_proven(leg);
    if (from_libpri == -1 || number == 0 || number == 0xff ||
        (number == leg->channel.number && there == leg->dchan))
        return TRUE;
    channel = there ? bchans_find(dchan_bchans(there), number) : NULL;
    if (leg->preferred && channel && trunk_is_takeable(there, channel)) {
        isdn_leg_move(leg, there, (guint8)number);
        leg->named = (guint8)number;
        return TRUE;
    }
    isdn_leg_disconnect(leg, CAUSE_CHANNEL_UNACCEPTABLE);
    isdn_leg_abandon(leg, EVENT_ISDN_RELEASED, CAUSE_CHANNEL_UNACCEPTABLE,
                     "the far end names a channel we cannot take");
    return FALSE;
}

/* CHANNEL is what libpri last heard of in any message; only this one's own counts. */
static void on_answer(IsdnLeg *leg, int channel, CallEvent event,
                      const struct pri_subcommands *subcommands, const FrameNews *frame)
{
    CallNews news = isdn_event_news_of(leg, frame);

    isdn_party_hear(leg->dchan, subcommands, &news);
    if (frame) {
        news.cause = frame->cause;
        if (!frame->has_channel)
            channel = -1;
        if (leg->ours && isdn_event_leg_speaks(leg) && leg_take_channel(leg, channel))
            isdn_event_raise(leg, event, &news);
    }
}

static CallEvent proceeding_event(const FrameNews *frame)
{
    return frame && frame->progress & PROGRESS_IN_BAND ? EVENT_ISDN_PROCEEDING_MEDIA
                                                       : EVENT_ISDN_PROCEEDING;
}

static CallEvent progress_event(const FrameNews *frame)
{
    if (frame && frame->cause)
        return EVENT_ISDN_PROGRESS_CAUSE;
    return frame && frame->progress & PROGRESS_MEDIA ? EVENT_ISDN_PROGRESS_MEDIA
                                                     : EVENT_ISDN_PROGRESS;
}

static CallEvent alerting_event(const FrameNews *frame)
{
    return frame && frame->progress & PROGRESS_MEDIA ? EVENT_ISDN_ALERTING_MEDIA
                                                     : EVENT_ISDN_ALERTING;
}

static void on_connect_ack(IsdnLeg *leg, const FrameNews *frame)
{
    CallNews news = isdn_event_news(frame);

    if (leg->ours)
        return;
    leg->connected = TRUE;
    if (leg->call && call_isdn_state(leg->call) == ISDN_CONNECT_REQUEST)
        isdn_event_raise(leg, EVENT_ISDN_CONNECT_ACK, &news);
}

/* --- facilities --- */

/* What libpri has understood of a FACILITY or a NOTIFY, told as subcommands. */
static void on_facility(IsdnLeg *leg, const struct pri_subcommands *subcommands,
                        const FrameNews *frame)
{
    CallNews news = isdn_event_news(frame);

    isdn_party_hear(leg->dchan, subcommands, &news);
    if (news.has_party)
        isdn_event_raise(leg, EVENT_ISDN_PARTY, &news);
}

static void handle_answers(IsdnLeg *leg, const pri_event *event, const FrameNews *news)
{
    switch (event->e) {
    case PRI_EVENT_SETUP_ACK:
        leg->acknowledged = TRUE;
        on_answer(leg, event->setup_ack.channel, EVENT_ISDN_SETUP_ACK, event->setup_ack.subcmds,
                  news);
        break;
    case PRI_EVENT_PROCEEDING:
        leg->proceeding = TRUE;
        on_answer(leg, event->proceeding.channel, proceeding_event(news), event->proceeding.subcmds,
                  news);
        break;
    case PRI_EVENT_PROGRESS:
        on_answer(leg, event->proceeding.channel, progress_event(news), event->proceeding.subcmds,
                  news);
        break;
    case PRI_EVENT_RINGING:
        leg->proceeding = TRUE;
        on_answer(leg, event->ringing.channel, alerting_event(news), event->ringing.subcmds, news);
        break;
    case PRI_EVENT_ANSWER:
        leg->proceeding = TRUE;
        on_answer(leg, event->answer.channel, EVENT_ISDN_CONNECT, event->answer.subcmds, news);
        break;
    case PRI_EVENT_CONNECT_ACK:
        on_connect_ack(leg, news);
        break;
    case PRI_EVENT_FACILITY:
        on_facility(leg, event->facility.subcmds, news);
        break;
    case PRI_EVENT_NOTIFY:
        isdn_supplement_notify(leg, event->notify.info, news);
        break;
    case PRI_EVENT_HOLD:
        isdn_supplement_hold(leg, news);
        break;
    case PRI_EVENT_RETRIEVE:
        isdn_supplement_retrieve(leg, &event->retrieve, news);
        break;
    default: /* FACILITY is what its subcommands are */
        break;
    }
}

static q931_call *event_call(const pri_event *event)
{
    switch (event->e) {
    case PRI_EVENT_INFO_RECEIVED:
        return event->ring.call;
    case PRI_EVENT_KEYPAD_DIGIT:
        return event->digit.call;
    case PRI_EVENT_HANGUP:
    case PRI_EVENT_HANGUP_REQ:
    case PRI_EVENT_HANGUP_ACK:
        return event->hangup.call;
    case PRI_EVENT_SETUP_ACK:
        return event->setup_ack.call;
    case PRI_EVENT_PROCEEDING:
    case PRI_EVENT_PROGRESS:
        return event->proceeding.call;
    case PRI_EVENT_RINGING:
        return event->ringing.call;
    case PRI_EVENT_ANSWER:
        return event->answer.call;
    case PRI_EVENT_CONNECT_ACK:
        return event->connect_ack.call;
    case PRI_EVENT_NOTIFY:
        return event->notify.call;
    case PRI_EVENT_FACILITY:
        return event->facility.call;
    case PRI_EVENT_HOLD:
        return event->hold.call;
    case PRI_EVENT_RETRIEVE:
        return event->retrieve.call;
    default:
        return NULL;
    }
}

/* What came in Facility elements beside the event itself. */
static const struct pri_subcommands *event_subcommands(const pri_event *event)
{
    switch (event->e) {
    case PRI_EVENT_SETUP_ACK:
        return event->setup_ack.subcmds;
    case PRI_EVENT_FACILITY:
        return event->facility.subcmds;
    case PRI_EVENT_PROCEEDING:
    case PRI_EVENT_PROGRESS:
        return event->proceeding.subcmds;
    case PRI_EVENT_RINGING:
        return event->ringing.subcmds;
    case PRI_EVENT_ANSWER:
        return event->answer.subcmds;
    case PRI_EVENT_NOTIFY:
        return event->notify.subcmds;
    case PRI_EVENT_HANGUP:
    case PRI_EVENT_HANGUP_REQ:
    case PRI_EVENT_HANGUP_ACK:
        return event->hangup.subcmds;
    default:
        return NULL;
    }
}

static void handle_call(IsdnLeg *leg, const pri_event *event, const FrameNews *news)
{
    switch (event->e) {
    case PRI_EVENT_INFO_RECEIVED:
        isdn_offer_information(leg, event->ring.callednum, event->ring.complete != 0, news);
        break;
    case PRI_EVENT_KEYPAD_DIGIT:
        if (!isdn_digit_received(leg, event->digit.digits, news))
            isdn_offer_information(leg, event->digit.digits, news && news->sending_complete, news);
        break;
    case PRI_EVENT_HANGUP_REQ:
        isdn_clearing_disconnect(leg, event->hangup.cause, news);
        break;
    case PRI_EVENT_HANGUP:
        isdn_clearing_hangup(leg, event->hangup.cause, news);
        break;
    case PRI_EVENT_HANGUP_ACK:
        isdn_clearing_freed(leg, event->hangup.cause, news);
        break;
    default:
        handle_answers(leg, event, news);
        break;
    }
}

void isdn_handle_event(DChannel *dchan, const pri_event *event, const FrameNews *news)
{
    IsdnLeg *leg;

    if (isdn_interface_handle_event(dchan, event, news))
        return;
    if (event->e == PRI_EVENT_RING) {
        isdn_offer_ring(dchan, &event->ring, news);
        return;
    }
    leg = isdn_leg_find(dchan, event_call(event));
    if (!leg) {
        mwi_sender_event(dchan, event_call(event), event->e, news);
        return;
    }
    isdn_supplement_subcommands(dchan, leg->id, event_subcommands(event), news);
    leg = isdn_leg_find(dchan, event_call(event));
    if (leg)
        handle_call(leg, event, news);
}
