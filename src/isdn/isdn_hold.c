/* The call map's actions of hold and notification. None changes a state of libpri's call, so there
 * is nothing to go back to when one fails. */
#include "isdn_hold.h"

gboolean isdn_hold_ack(void *room, Call *call, const CallNews *news)
{
    IsdnLeg *leg = isdn_leg_live(call);

    (void)room;
    (void)news;
    if (!leg)
        return TRUE;
    pri_hold_ack(dchan_pri(leg->dchan), leg->q931);
    leg->channel.number = 0;
    dchan_rearm(leg->dchan);
    return TRUE;
}

gboolean isdn_hold_reject(void *room, Call *call, const CallNews *news)
{
    IsdnLeg *leg = isdn_leg_live(call);

    (void)room;
    (void)news;
    if (leg)
        pri_hold_rej(dchan_pri(leg->dchan), leg->q931, CAUSE_WRONG_CALL_STATE);
    return TRUE;
}

gboolean isdn_retrieve_ack(void *room, Call *call, const CallNews *news)
{
    IsdnLeg *leg = isdn_leg_live(call);

    (void)room;
    (void)news;
    if (leg)
        pri_retrieve_ack(dchan_pri(leg->dchan), leg->q931,
                         dchan_encode(leg->dchan, leg->channel.number));
    return TRUE;
}

gboolean isdn_retrieve_reject(void *room, Call *call, const CallNews *news)
{
    IsdnLeg *leg = isdn_leg_live(call);

    (void)room;
    if (leg)
        pri_retrieve_rej(dchan_pri(leg->dchan), leg->q931,
                         news->cause ? news->cause : CAUSE_WRONG_CALL_STATE);
    return TRUE;
}

/* libpri refuses these values for all other dialects. */
static void notify(IsdnLeg *leg, int info)
{
    if (dchan_trunk(leg->dchan)->switch_type != SWITCH_EUROISDN)
        return;
    pri_notify(dchan_pri(leg->dchan), leg->q931, dchan_encode(leg->dchan, leg->channel.number),
               info);
    dchan_rearm(leg->dchan);
}

gboolean isdn_notify_held(void *room, Call *call, const CallNews *news)
{
    IsdnLeg *leg = isdn_leg_live(call);

    (void)room;
    (void)news;
    if (!leg || leg->told_held || !dchan_trunk(leg->dchan)->tell_hold)
        return TRUE;
    leg->told_held = TRUE;
    notify(leg, PRI_NOTIFY_REMOTE_HOLD);
    return TRUE;
}

gboolean isdn_notify_retrieved(void *room, Call *call, const CallNews *news)
{
    IsdnLeg *leg = isdn_leg_live(call);

    (void)room;
    (void)news;
    if (!leg || !leg->told_held)
        return TRUE;
    leg->told_held = FALSE;
    notify(leg, PRI_NOTIFY_REMOTE_RETRIEVAL);
    return TRUE;
}

gboolean isdn_notify_diverting(void *room, Call *call, const CallNews *news)
{
    IsdnLeg *leg = isdn_leg_live(call);

    (void)room;
    (void)news;
    if (leg && dchan_trunk(leg->dchan)->tell_diverting)
        notify(leg, PRI_NOTIFY_CALL_DIVERTING);
    return TRUE;
}
