/* libpri's events, each turned into the call event it is or into the room's own business.
 *
 * The frame tap's news of the very frame say what the event leaves out: progress, the location of a
 * Cause, and which message it was.
 */
#include "isdn_event.h"
#include "isdn_leg.h"
#include "isdn_setup.h"
#include "log.h"
#include "restart.h"
#include "trunk.h"

#define PROGRESS_NOT_END_TO_END (1u << 1) /* Q.931 4.5.23: number 1 */
#define PROGRESS_IN_BAND (1u << 8)
#define PROGRESS_MEDIA (PROGRESS_NOT_END_TO_END | PROGRESS_IN_BAND)

static guint8 progress_of(const FrameNews *news)
{
    if (!news || !news->progress)
        return 0;
    if (news->progress & PROGRESS_IN_BAND)
        return 8;
    return (guint8)g_bit_nth_lsf(news->progress, -1);
}

/* Q.931 5.8.6.1: a clearing message without a Cause counts as 31, a DISCONNECT as libpri has
 * it, 96. */
static guint8 cause_of(int from_libpri, const FrameNews *news)
{
    if (news && news->cause)
        return news->cause;
    if (from_libpri >= 1 && from_libpri <= 127)
        return (guint8)from_libpri;
    return CAUSE_NORMAL_UNSPECIFIED;
}

static CallNews news_make(const FrameNews *frame)
{
    CallNews news = CALL_NEWS_INIT;

    news.progress = progress_of(frame);
    news.reason_trusted = TRUE;
    if (frame)
        news.location = frame->location;
    return news;
}

static void raise_news(IsdnLeg *leg, CallEvent event, const CallNews *news)
{
    if (leg->call)
        call_event(leg->call, event, news);
}

/* A parted leg is only to be cleared. FALSE: LEG has no call to speak to. */
static gboolean leg_speaks(IsdnLeg *leg)
{
    if (leg->call)
        return TRUE;
    isdn_leg_clear(leg, CAUSE_NORMAL_CALL_CLEARING);
    return FALSE;
}

/* --- SETUP --- */

static void setup_refuse(IsdnLeg *leg, guint8 cause)
{
    dchan_count(leg->dchan, COUNT_SETUPS_REFUSED);
    log_info("span %s: SETUP refused with cause %u, %s", dchan_span(leg->dchan)->name, cause,
             cause_name(cause));
    isdn_leg_release_complete(leg, cause);
    isdn_leg_free(leg);
}

static void setup_offer(IsdnLeg *leg, const CallSetup *setup, guint8 number, const FrameNews *frame)
{
    DChannel *dchan = leg->dchan;
    const TrunkSettings *trunk = dchan_trunk(dchan);
    CallOrigin origin = {.kind = ORIGIN_PRI, .trusted = trunk->trust_calling};
    CallNews news = news_make(frame);
    char text[160];
    Call *call;

    g_strlcpy(origin.trunk, trunk->name, sizeof origin.trunk);
    call = call_new(dchan_isdn(dchan)->hall, &origin, setup);
    if (!call) {
        trunk_unchoose(dchan, number);
        setup_refuse(leg, CAUSE_TEMPORARY_FAILURE);
        return;
    }
    leg->channel.number = number;
    isdn_leg_join(leg, call);
    trunk_book(dchan, number, leg->call_id);
    call_set_channel(call, leg->channel);
    frame_describe(frame, text, sizeof text);
    hall_note(dchan_isdn(dchan)->hall, leg->call_id, LADDER_ISDN, LADDER_IN, "%s", text);
    call_event(call, EVENT_ISDN_SETUP, &news);
}

static void on_ring(DChannel *dchan, const pri_event_ring *ring, const FrameNews *frame)
{
    IsdnLeg *leg = isdn_leg_new(dchan, FALSE);
    guint wanted = ring->channel == -1 ? 0 : ring->channel & 0xff;
    gboolean any = ring->channel == -1 || wanted == 0xff;
    CallSetup setup;
    guint8 cause, number;

    dchan_count(dchan, COUNT_SETUPS_IN);
    isdn_leg_adopt(leg, ring->call);
    cause = setup_read(dchan, ring, frame, &setup);
    if (!cause && !any && wanted == 0)
        cause = CAUSE_NO_CIRCUIT; /* call waiting, which has no channel */
    if (cause) {
        setup_refuse(leg, cause);
        return;
    }
    number = trunk_choose(dchan, any ? 0 : wanted, ring->flexible != 0, &cause);
    if (number)
        setup_offer(leg, &setup, number, frame);
    else
        setup_refuse(leg, cause);
}

static void on_information(IsdnLeg *leg, const char *text, gboolean complete,
                           const FrameNews *frame)
{
    CallNews news = news_make(frame);

    if (!leg_speaks(leg) || leg->ours || call_isdn_state(leg->call) != ISDN_OVERLAP_RECEIVING)
        return;
    digits_copy(text, news.digits, sizeof news.digits);
    news.complete = complete;
    if (news.digits[0] || complete)
        raise_news(leg, EVENT_ISDN_INFORMATION, &news);
}

/* --- answers to our SETUP --- */

/* Q.931 5.1.2: the channel the first answers name; FALSE when LEG cannot go on with it. */
static gboolean leg_take_channel(IsdnLeg *leg, int from_libpri)
{
    guint number = from_libpri & 0xff;
    BChannel *channel;

    leg->responded = TRUE;
    if (from_libpri == -1 || number == 0 || number == 0xff || number == leg->channel.number)
        return TRUE;
    channel = bchans_find(dchan_bchans(leg->dchan), number);
    if (leg->preferred && channel && !channel->call && !channel->restarting) {
        isdn_leg_move(leg, (guint8)number);
        return TRUE;
    }
    isdn_leg_disconnect(leg, CAUSE_CHANNEL_UNACCEPTABLE);
    isdn_leg_abandon(leg, EVENT_ISDN_RELEASED, CAUSE_CHANNEL_UNACCEPTABLE,
                     "the far end names a channel we cannot take");
    return FALSE;
}

static void on_answer(IsdnLeg *leg, int channel, CallEvent event, const FrameNews *frame)
{
    CallNews news = news_make(frame);

    if (frame) {
        news.cause = frame->cause;
        if (leg->ours && leg_speaks(leg) && leg_take_channel(leg, channel))
            raise_news(leg, event, &news);
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
    CallNews news = news_make(frame);

    if (leg->ours)
        return;
    leg->connected = TRUE;
    if (leg->call && call_isdn_state(leg->call) == ISDN_CONNECT_REQUEST)
        raise_news(leg, EVENT_ISDN_CONNECT_ACK, &news);
}

/* --- clearing --- */

static gboolean wants_tones(const IsdnLeg *leg, guint8 cause, const FrameNews *frame)
{
    return dchan_trunk(leg->dchan)->disconnect_tones && leg->ours && !leg->connected && frame &&
           frame->progress & PROGRESS_IN_BAND && !call_may_continue(leg->call, cause);
}

static void on_disconnect(IsdnLeg *leg, int cause, const FrameNews *frame)
{
    CallNews news = news_make(frame);

    if (leg->disconnected)
        return; /* repeated */
    leg->responded = TRUE;
    leg->disconnected = TRUE;
    if (!leg_speaks(leg))
        return;
    news.cause = cause_of(cause, frame);
    raise_news(leg,
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
    CallNews news = news_make(frame);
    gboolean unanswered = !frame && leg->releases >= 2;

    if (freed)
        leg->q931 = NULL;
    else
        isdn_leg_destroy(leg);
    if (setup_was_lost(leg, cause)) {
        leg->repeat_waits = TRUE;
        if (dchan_is_usable(dchan))
            setup_repeat(leg);
        return;
    }
    if (!leg->call) {
        isdn_leg_free(leg);
        return;
    }
    /* Q.931 5.3.3: T308 twice, and a channel refused for its own sake, need a rest. */
    if (unanswered || (leg->ours && cause_blames_channel(cause)))
        trunk_blame(leg);
    news.cause = cause;
    if (!frame && !dchan_is_linked(dchan))
        raise_news(leg, EVENT_ISDN_LOST, &news);
    else
        raise_news(leg, EVENT_ISDN_RELEASED, &news);
}

static void on_hangup(IsdnLeg *leg, int from_libpri, const FrameNews *frame)
{
    DChannel *dchan = leg->dchan;
    guint8 cause = cause_of(from_libpri, frame);
    CallNews news = news_make(frame);

    if (!frame || frame->message != MESSAGE_RELEASE) {
        on_released(leg, cause, frame, FALSE);
        return;
    }
    leg->answer_due = TRUE; /* libpri keeps silent where RELEASE crossed ours (Q.931 5.3.5) */
    if (leg->call && leg->ours && !leg->responded && cause_blames_channel(cause))
        trunk_blame(leg);
    news.cause = cause;
    raise_news(leg, EVENT_ISDN_RELEASE, &news);
    if (isdn_leg_exists(dchan, leg) && leg->answer_due)
        isdn_leg_release_complete(leg, CAUSE_NORMAL_CALL_CLEARING);
    if (isdn_leg_exists(dchan, leg) && !leg->call)
        isdn_leg_free(leg);
}

/* --- the interface --- */

static void restart_calls(DChannel *dchan, guint8 number)
{
    g_autoptr(GPtrArray) legs = g_ptr_array_copy(dchan_legs(dchan), NULL, NULL);

    for (guint i = 0; i < legs->len; i++) {
        IsdnLeg *leg = legs->pdata[i];
        CallNews news = CALL_NEWS_INIT;

        if (!isdn_leg_exists(dchan, leg) || leg->channel.number != number)
            continue;
        news.cause = CAUSE_TEMPORARY_FAILURE;
        raise_news(leg, EVENT_ISDN_RESTART, &news);
        if (!isdn_leg_exists(dchan, leg))
            continue;
        isdn_leg_destroy(leg);
        if (!leg->call)
            isdn_leg_free(leg);
    }
    restart_by_far_end(dchan_restarter(dchan), number);
}

static void on_restart(DChannel *dchan, int channel)
{
    guint number = channel & 0xff;

    dchan_count(dchan, COUNT_RESTARTS_RECEIVED);
    if (channel != -1 && number != 0 && number != 0xff) {
        log_notice("span %s: the far end restarts channel %u", dchan_span(dchan)->name, number);
        restart_calls(dchan, (guint8)number);
        return;
    }
    log_notice("span %s: the far end restarts the interface", dchan_span(dchan)->name);
    for (guint8 i = 0; i < BCHAN_SLOTS; i++)
        if (bchans_find(dchan_bchans(dchan), i))
            restart_calls(dchan, i);
}

static void set_service(DChannel *dchan, guint number, gboolean in_service)
{
    BChannel *channel = bchans_find(dchan_bchans(dchan), number);

    if (!channel || channel->far_service_out == !in_service)
        return;
    channel->far_service_out = !in_service;
    log_notice("span %s: the far end takes channel %u %s", dchan_span(dchan)->name, number,
               in_service ? "into service" : "out of service");
}

void isdn_interface_service(DChannel *dchan, gboolean in_service)
{
    for (guint i = 0; i < BCHAN_SLOTS; i++)
        set_service(dchan, i, in_service);
}

/* Everything that is not one call's. FALSE when it is. */
static gboolean handle_interface(DChannel *dchan, const pri_event *event)
{
    switch (event->e) {
    case PRI_EVENT_RESTART:
        on_restart(dchan, event->restart.channel);
        return TRUE;
    case PRI_EVENT_RESTART_ACK:
        restart_answered(dchan_restarter(dchan), event->restartack.channel & 0xff);
        return TRUE;
    case PRI_EVENT_SERVICE:
        set_service(dchan, event->service.channel & 0xff, event->service.changestatus == 0);
        return TRUE;
    case PRI_EVENT_SERVICE_ACK:
        return TRUE;
    case PRI_EVENT_CONFIG_ERR:
        log_warning("span %s: %s", dchan_span(dchan)->name, event->err.err);
        return TRUE;
    default:
        return FALSE;
    }
}

static void handle_answers(IsdnLeg *leg, const pri_event *event, const FrameNews *news)
{
    switch (event->e) {
    case PRI_EVENT_SETUP_ACK:
        on_answer(leg, event->setup_ack.channel, EVENT_ISDN_SETUP_ACK, news);
        break;
    case PRI_EVENT_PROCEEDING:
        on_answer(leg, event->proceeding.channel, proceeding_event(news), news);
        break;
    case PRI_EVENT_PROGRESS:
        on_answer(leg, event->proceeding.channel, progress_event(news), news);
        break;
    case PRI_EVENT_RINGING:
        on_answer(leg, event->ringing.channel, alerting_event(news), news);
        break;
    case PRI_EVENT_ANSWER:
        on_answer(leg, event->answer.channel, EVENT_ISDN_CONNECT, news);
        break;
    case PRI_EVENT_CONNECT_ACK:
        on_connect_ack(leg, news);
        break;
    default: /* NOTIFY, FACILITY, HOLD and the like change no state of a call */
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
    default:
        return NULL;
    }
}

static void handle_call(IsdnLeg *leg, const pri_event *event, const FrameNews *news)
{
    switch (event->e) {
    case PRI_EVENT_INFO_RECEIVED:
        on_information(leg, event->ring.callednum, event->ring.complete != 0, news);
        break;
    case PRI_EVENT_KEYPAD_DIGIT:
        on_information(leg, event->digit.digits, news && news->sending_complete, news);
        break;
    case PRI_EVENT_HANGUP_REQ:
        on_disconnect(leg, event->hangup.cause, news);
        break;
    case PRI_EVENT_HANGUP:
        on_hangup(leg, event->hangup.cause, news);
        break;
    case PRI_EVENT_HANGUP_ACK:
        on_released(leg, cause_of(event->hangup.cause, news), news, TRUE);
        break;
    default:
        handle_answers(leg, event, news);
        break;
    }
}

void isdn_handle_event(DChannel *dchan, const pri_event *event, const FrameNews *news)
{
    IsdnLeg *leg;

    if (handle_interface(dchan, event))
        return;
    if (event->e == PRI_EVENT_RING) {
        on_ring(dchan, &event->ring, news);
        return;
    }
    leg = isdn_leg_find(dchan, event_call(event));
    if (leg)
        handle_call(leg, event, news);
}
