/* The call map's actions that are isdn's, each one message or one booking. */
#include "isdn_action.h"
#include "isdn_dial.h"
#include "isdn_digit.h"
#include "isdn_extra.h"
#include "isdn_hold.h"
#include "isdn_join.h"
#include "isdn_leg.h"
#include "isdn_party.h"
#include "isdn_setup.h"
#include "trunk.h"

static void raise_cause(Call *call, CallEvent event, guint8 cause)
{
    CallNews news = CALL_NEWS_INIT;

    news.cause = cause;
    call_event(call, event, &news);
}

/* The same for an action that speaks; refused when there is none. */
static IsdnLeg *leg_speaking(Call *call)
{
    IsdnLeg *leg = isdn_leg_live(call);

    if (!leg)
        raise_cause(call, EVENT_ISDN_REFUSED, CAUSE_TEMPORARY_FAILURE);
    return leg;
}

/* After a message libpri was asked to send; it refuses only what it does not know any more. */
static gboolean leg_sent(IsdnLeg *leg, Call *call, int result)
{
    dchan_rearm(leg->dchan);
    leg->responded = TRUE;
    if (result == 0)
        return TRUE;
    raise_cause(call, EVENT_ISDN_REFUSED, CAUSE_TEMPORARY_FAILURE);
    return FALSE;
}

static gboolean act_channel_seize(void *room, Call *call, const CallNews *news)
{
    Isdn *isdn = room;
    TrunkGroup *group = isdn_find_group(isdn, call_trunk(call) ? call_trunk(call)->name : "");
    guint8 cause = CAUSE_NETWORK_OUT_OF_ORDER;
    Channel channel;

    (void)news;
    if (group && trunk_seize(group, call, &channel, &cause)) {
        call_set_channel(call, channel);
        return TRUE;
    }
    raise_cause(call, EVENT_CHANNEL_NONE, cause);
    return FALSE;
}

static gboolean act_channel_free(void *room, Call *call, const CallNews *news)
{
    (void)news;
    trunk_release(room, call_channel(call), call_id(call));
    call_set_channel(call, (Channel){0});
    return TRUE;
}

static gboolean act_channel_claim(void *room, Call *call, const CallNews *news)
{
    TrunkGroup *group = isdn_find_group(room, call_trunk(call) ? call_trunk(call)->name : "");

    (void)news;
    return !group || trunk_claim(group, call);
}

static gboolean act_channel_unclaim(void *room, Call *call, const CallNews *news)
{
    (void)news;
    trunk_unclaim(room, call);
    return TRUE;
}

static gboolean act_setup(void *room, Call *call, const CallNews *news)
{
    Channel channel = call_channel(call);
    DChannel *dchan = isdn_find_dchan(room, channel.span);
    guint8 cause = CAUSE_TEMPORARY_FAILURE;
    IsdnLeg *leg = call_isdn_leg(call);

    (void)news;
    if (leg)
        isdn_leg_part(leg); /* of an attempt on another channel */
    if (dchan && channel.number) {
        leg = isdn_leg_new(dchan, TRUE);
        leg->channel = channel;
        isdn_leg_join(leg, call);
        if (isdn_setup_send(leg, &cause))
            return TRUE;
        call_set_isdn_leg(call, NULL);
        isdn_leg_free(leg);
    }
    raise_cause(call, EVENT_ISDN_REFUSED, cause);
    return FALSE;
}

static gboolean ask_digits(Call *call, gboolean inband)
{
    IsdnLeg *leg = leg_speaking(call);

    return leg && leg_sent(leg, call,
                           pri_setup_ack(dchan_pri(leg->dchan), leg->q931,
                                         dchan_encode(leg->dchan, leg->channel.number), 0, inband));
}

static gboolean act_setup_ack(void *room, Call *call, const CallNews *news)
{
    (void)room;
    (void)news;
    return ask_digits(call, FALSE);
}

static gboolean act_setup_ack_tone(void *room, Call *call, const CallNews *news)
{
    (void)room;
    (void)news;
    return ask_digits(call, TRUE);
}

static gboolean act_proceeding(void *room, Call *call, const CallNews *news)
{
    IsdnLeg *leg = leg_speaking(call);

    (void)room;
    (void)news;
    return leg && leg_sent(leg, call,
                           pri_proceeding(dchan_pri(leg->dchan), leg->q931,
                                          dchan_encode(leg->dchan, leg->channel.number), 0));
}

static gboolean act_progress(void *room, Call *call, const CallNews *news)
{
    IsdnLeg *leg = leg_speaking(call);

    (void)room;
    (void)news;
    return leg && leg_sent(leg, call,
                           pri_progress(dchan_pri(leg->dchan), leg->q931,
                                        dchan_encode(leg->dchan, leg->channel.number), 1));
}

static gboolean alert(Call *call, gboolean inband, const CallNews *news)
{
    IsdnLeg *leg = leg_speaking(call);

    if (!leg)
        return FALSE;
    isdn_extra_user_info(leg, MESSAGE_ALERTING, news);
    return leg_sent(leg, call,
                    pri_acknowledge(dchan_pri(leg->dchan), leg->q931,
                                    dchan_encode(leg->dchan, leg->channel.number), inband));
}

static gboolean act_alerting(void *room, Call *call, const CallNews *news)
{
    (void)room;
    return alert(call, call_ringback_wanted(call), news);
}

static gboolean act_alerting_media(void *room, Call *call, const CallNews *news)
{
    (void)room;
    return alert(call, TRUE, news);
}

/* Q.931 5.2.8: the network side is in N10 as soon as CONNECT has left; the user side waits in U8
 * for CONNECT ACKNOWLEDGE, and so does QSIG for our part of the map, though libpri does not. */
static gboolean act_connect(void *room, Call *call, const CallNews *news)
{
    IsdnLeg *leg = leg_speaking(call);
    CallNews done = CALL_NEWS_INIT;
    const TrunkSettings *trunk;

    (void)room;
    if (!leg)
        return FALSE;
    trunk = dchan_trunk(leg->dchan);
    isdn_party_settle(leg);
    isdn_join_tell(leg);
    isdn_extra_user_info(leg, MESSAGE_CONNECT, news);
    if (!leg_sent(leg, call,
                  pri_answer(dchan_pri(leg->dchan), leg->q931,
                             dchan_encode(leg->dchan, leg->channel.number), 0)))
        return FALSE;
    if (trunk->side == SIDE_NETWORK || trunk->switch_type == SWITCH_QSIG) {
        leg->connected = TRUE;
        g_strlcpy(done.detail, "not awaited on this side", sizeof done.detail);
        call_event(call, EVENT_ISDN_CONNECT_ACK, &done);
    }
    return TRUE;
}

static gboolean act_connect_ack(void *room, Call *call, const CallNews *news)
{
    IsdnLeg *leg = leg_speaking(call);

    (void)room;
    (void)news;
    if (!leg)
        return FALSE;
    leg->connected = TRUE;
    return leg_sent(leg, call, pri_connect_ack(dchan_pri(leg->dchan), leg->q931, 0));
}

/* Nothing is refused: a call does not end for want of a name. */
static gboolean act_party(void *room, Call *call, const CallNews *news)
{
    IsdnLeg *leg = isdn_leg_live(call);

    (void)room;
    (void)news;
    if (leg)
        isdn_party_tell(leg);
    return TRUE;
}

/* On its own span: that is where its call reference lives. */
static gboolean act_channel_retake(void *room, Call *call, const CallNews *news)
{
    ChannelWish wish = {.wanted = news->channel, .flexible = news->flexible};
    guint8 cause = CAUSE_NO_CIRCUIT;
    IsdnLeg *leg = isdn_leg_live(call);
    guint8 number;

    (void)room;
    wish.help = call_is_sheltered(call);
    number = leg ? trunk_choose(leg->dchan, &wish, &cause) : 0;
    if (!number) {
        raise_cause(call, EVENT_CHANNEL_NONE, cause);
        return FALSE;
    }
    trunk_book(leg->dchan, number, leg->call_id);
    leg->channel.number = leg->named = number;
    call_set_channel(call, leg->channel);
    return TRUE;
}

static guint8 clearing_cause(const Call *call)
{
    guint8 cause = call_cause(call);

    return cause ? cause : CAUSE_NORMAL_CALL_CLEARING;
}

/* What clears a call that libpri has already let go: nothing is left to wait for. */
static gboolean already_gone(Call *call)
{
    raise_cause(call, EVENT_ISDN_RELEASED, clearing_cause(call));
    return TRUE;
}

static gboolean act_disconnect(void *room, Call *call, const CallNews *news)
{
    IsdnLeg *leg = isdn_leg_live(call);

    (void)room;
    if (!leg)
        return already_gone(call);
    isdn_extra_user_info(leg, MESSAGE_DISCONNECT, news);
    isdn_leg_disconnect(leg, clearing_cause(call));
    return TRUE;
}

/* Q.931 5.3.4.1: with progress 8 the PBX stays on the channel to hear our tone. */
static gboolean act_disconnect_tone(void *room, Call *call, const CallNews *news)
{
    /* Q.931 4.5.23, with the location libpri's Cause has. */
    static const guint8 in_band[] = {0x1e, 2, 0x81, 0x88};
    IsdnLeg *leg = isdn_leg_live(call);

    if (leg && call_ringback_wanted(call))
        dchan_add_element(leg->dchan, leg->ref, MESSAGE_DISCONNECT, FRAME_AFTER_SAME, in_band);
    return act_disconnect(room, call, news);
}

static gboolean act_release(void *room, Call *call, const CallNews *news)
{
    IsdnLeg *leg = isdn_leg_live(call);

    (void)room;
    (void)news;
    if (!leg)
        return already_gone(call);
    isdn_leg_release(leg, clearing_cause(call));
    return TRUE;
}

static gboolean act_release_complete(void *room, Call *call, const CallNews *news)
{
    IsdnLeg *leg = isdn_leg_live(call);

    (void)room;
    (void)news;
    if (leg)
        isdn_leg_release_complete(leg, clearing_cause(call));
    return TRUE;
}

static gboolean act_forget(void *room, Call *call, const CallNews *news)
{
    IsdnLeg *leg = isdn_leg_live(call);

    (void)room;
    (void)news;
    if (leg)
        isdn_leg_destroy(leg);
    return TRUE;
}

static void part(void *room, Call *call)
{
    IsdnLeg *leg = call_isdn_leg(call);

    (void)room;
    if (!leg)
        return;
    call_set_isdn_leg(call, NULL);
    isdn_leg_part(leg);
}

CallOps isdn_actions(Isdn *isdn)
{
    CallOps ops = {.room = isdn, .part = part};

    ops.action[ACTION_CHANNEL_SEIZE] = act_channel_seize;
    ops.action[ACTION_CHANNEL_FREE] = act_channel_free;
    ops.action[ACTION_CHANNEL_CLAIM] = act_channel_claim;
    ops.action[ACTION_CHANNEL_UNCLAIM] = act_channel_unclaim;
    ops.action[ACTION_ISDN_SETUP] = act_setup;
    ops.action[ACTION_ISDN_SETUP_ACK] = act_setup_ack;
    ops.action[ACTION_ISDN_SETUP_ACK_TONE] = act_setup_ack_tone;
    ops.action[ACTION_ISDN_INFORMATION] = isdn_dial_on;
    ops.action[ACTION_ISDN_PROCEEDING] = act_proceeding;
    ops.action[ACTION_ISDN_PROGRESS] = act_progress;
    ops.action[ACTION_ISDN_ALERTING] = act_alerting;
    ops.action[ACTION_ISDN_ALERTING_MEDIA] = act_alerting_media;
    ops.action[ACTION_ISDN_CONNECT] = act_connect;
    ops.action[ACTION_ISDN_CONNECT_ACK] = act_connect_ack;
    ops.action[ACTION_ISDN_PARTY] = act_party;
    ops.action[ACTION_CHANNEL_RETAKE] = act_channel_retake;
    ops.action[ACTION_ISDN_HOLD_ACK] = isdn_hold_ack;
    ops.action[ACTION_ISDN_HOLD_REJECT] = isdn_hold_reject;
    ops.action[ACTION_ISDN_RETRIEVE_ACK] = isdn_retrieve_ack;
    ops.action[ACTION_ISDN_RETRIEVE_REJECT] = isdn_retrieve_reject;
    ops.action[ACTION_ISDN_NOTIFY_HELD] = isdn_notify_held;
    ops.action[ACTION_ISDN_NOTIFY_RETRIEVED] = isdn_notify_retrieved;
    ops.action[ACTION_ISDN_NOTIFY_DIVERTING] = isdn_notify_diverting;
    ops.action[ACTION_ISDN_DISCONNECT] = act_disconnect;
    ops.action[ACTION_ISDN_DISCONNECT_TONE] = act_disconnect_tone;
    ops.action[ACTION_ISDN_RELEASE] = act_release;
    ops.action[ACTION_ISDN_RELEASE_COMPLETE] = act_release_complete;
    ops.action[ACTION_ISDN_FORGET] = act_forget;
    ops.action[ACTION_ISDN_DIGIT] = isdn_digit_send;
    return ops;
}
