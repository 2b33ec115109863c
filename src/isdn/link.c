/* Whether a D channel can carry calls: layer 2 up or down, alarms, service, the settling time, and
 * T309.
 *
 * libpri is never told of alarms and needs seventeen idle seconds to miss a link, so T309 (Q.931
 * 5.8.9) runs here, counted from whichever comes first. A short alarm that layer 2 outlives costs
 * no call: those in set-up are cleared when layer 2 gives up, or when the alarm has lasted a while.
 *
 *            established, or
 *              no alarm left              settled, and heard
 *      DOWN ----------------> SETTLING ----------------------> UP
 *       ^  alarm or release      |  ^     established anew      |
 *       +------------------------+--+---------------------------+
 *
 * The end of an alarm says that the line is back, not that the far end is: layer 2 is asked, and a
 * frame must have come before calls are sent. Channels are RESTARTed only when layer 2 itself was
 * established anew, or the operator had the line.
 */
#include "link.h"
#include "clock.h"
#include "dchan.h"
#include "isdn_leg.h"
#include "log.h"
#include "restart.h"
#include "service.h"

#define ASK_AGAIN_US G_USEC_PER_SEC /* as Q.921's T200 */

struct Link {
    DChannel *dchan;
    gboolean up; /* layer 2, as libpri has it */
    SpanAlarms alarms;
    gboolean mute;           /* nothing passes on the line of the span whose D channel we use */
    gboolean out_of_service; /* taken out by the operator, who sees to it that there are no calls */
    DChannelState state;
    gint64 since_us;
    guint epoch;
    guint64 ups, downs;
    gboolean renewed; /* established since it was last UP */
    gboolean heard;   /* a frame came since it began to settle */
    gboolean overdue; /* it would be UP, were it heard */
    LoopTimer *settle, *t309;
    LoopTimer *hold; /* the alarm has not lasted ALARM_HOLD_US yet */
    gboolean t309_runs;
};

/* Nothing may pass, whatever layer 2 is. */
static gboolean link_is_barred(const Link *link)
{
    return (link->alarms & SPAN_ALARMS_SERVICE) != 0 || link->out_of_service || link->mute;
}

static void link_set_state(Link *link, DChannelState state)
{
    static const char *const names[] = {"down", "settling", "up"};
    char alarms[64];

    if (link->state == state)
        return;
    if (link->state == DCHAN_DOWN)
        link->ups++;
    if (state == DCHAN_DOWN)
        link->downs++;
    link->state = state;
    link->since_us = clock_now_us();
    log_notice("span %s: D channel %s (alarms %s%s)", dchan_span(link->dchan)->name, names[state],
               span_alarms_describe(link->alarms, alarms, sizeof alarms),
               link->out_of_service ? ", out of service" : "");
}

static void link_settled(void *user)
{
    Link *link = user;

    if (!link->heard) {
        link->overdue = TRUE;
        dchan_ask_link(link->dchan);
        loop_timer_start(dchan_isdn(link->dchan)->loop, link->settle, ASK_AGAIN_US);
        return;
    }
    link_set_state(link, DCHAN_UP);
    isdn_legs_repeat_setups(link->dchan);
    service_link_up(link->dchan, link->renewed);
    if (link->renewed)
        restart_link_up(dchan_restarter(link->dchan));
    else
        restart_link_back(dchan_restarter(link->dchan));
    link->renewed = FALSE;
}

static void t309_expired(void *user)
{
    Link *link = user;
    guint lost;

    link->t309_runs = FALSE;
    lost = isdn_legs_lost(link->dchan, TRUE);
    if (lost)
        log_warning("span %s: T309 expired, %u calls are lost", dchan_span(link->dchan)->name,
                    lost);
}

/* Q.931 5.8.9: active calls wait for T309, all others are cleared. */
static void link_clear_setups(void *user)
{
    Link *link = user;

    loop_timer_stop(dchan_isdn(link->dchan)->loop, link->hold);
    isdn_legs_lost(link->dchan, FALSE);
}

static void link_lose(Link *link)
{
    Loop *loop = dchan_isdn(link->dchan)->loop;

    loop_timer_stop(loop, link->settle);
    link_set_state(link, DCHAN_DOWN);
    restart_link_down(dchan_restarter(link->dchan));
    if (!link->t309_runs) {
        link->t309_runs = TRUE;
        loop_timer_start(loop, link->t309, dchan_trunk(link->dchan)->t309_us);
    }
}

static void link_gain(Link *link)
{
    Loop *loop = dchan_isdn(link->dchan)->loop;

    loop_timer_stop(loop, link->t309);
    loop_timer_stop(loop, link->hold);
    link->t309_runs = FALSE;
    link->overdue = FALSE;
    link_set_state(link, DCHAN_SETTLING);
    loop_timer_start(loop, link->settle, dchan_trunk(link->dchan)->settle_us);
}

Link *link_new(DChannel *dchan)
{
    Link *link = g_new0(Link, 1);
    Loop *loop = dchan_isdn(dchan)->loop;

    link->dchan = dchan;
    link->since_us = clock_now_us();
    link->settle = loop_timer_new(loop, link_settled, link);
    link->t309 = loop_timer_new(loop, t309_expired, link);
    link->hold = loop_timer_new(loop, link_clear_setups, link);
    return link;
}

void link_free(Link *link)
{
    Loop *loop = dchan_isdn(link->dchan)->loop;

    loop_timer_free(loop, link->settle);
    loop_timer_free(loop, link->t309);
    loop_timer_free(loop, link->hold);
    g_free(link);
}

void link_established(Link *link)
{
    link->up = link->renewed = link->heard = TRUE;
    link->epoch++;
    restart_link_down(dchan_restarter(link->dchan)); /* what was on its way is lost */
    if (!link_is_barred(link))
        link_gain(link);
}

void link_released(Link *link)
{
    if (!link->up)
        return;
    link->up = FALSE;
    link_lose(link);
    link_clear_setups(link);
}

void link_heard(Link *link)
{
    if (link->heard || link_is_barred(link))
        return;
    link->heard = TRUE;
    if (link->overdue)
        loop_timer_start(dchan_isdn(link->dchan)->loop, link->settle, 0);
}

/* Alarms or service have changed; BEFORE: the link was barred until now. */
static void link_judge(Link *link, gboolean before)
{
    if (link_is_barred(link) == before)
        return;
    if (!before) {
        link->heard = FALSE;
        link_lose(link);
        loop_timer_start(dchan_isdn(link->dchan)->loop, link->hold, ALARM_HOLD_US);
    } else if (link->up) {
        link_gain(link);
        dchan_ask_link(link->dchan);
    }
}

void link_set_alarms(Link *link, SpanAlarms alarms)
{
    gboolean before = link_is_barred(link);

    link->alarms = alarms;
    link_judge(link, before);
}

void link_set_mute(Link *link, gboolean mute)
{
    gboolean before = link_is_barred(link);

    link->mute = mute;
    link_judge(link, before);
}

void link_set_service(Link *link, gboolean in)
{
    gboolean before = link_is_barred(link);

    link->out_of_service = !in;
    link->renewed |= in; /* the channels are RESTARTed: who knows what was on them meanwhile */
    link_judge(link, before);
}

DChannelState link_state(const Link *link)
{
    return link->state;
}

gboolean link_carries(const Link *link)
{
    return link->up && !link_is_barred(link);
}

guint link_epoch(const Link *link)
{
    return link->epoch;
}

void link_status(const Link *link, IsdnSpanStatus *status)
{
    status->state = link->state;
    status->alarms = link->alarms;
    status->since_us = link->since_us;
    status->ups = link->ups;
    status->downs = link->downs;
}
