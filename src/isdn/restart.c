/* RESTART of idle channels, one at a time on a D channel, and the channels that wait to be tried
 * again.
 *
 * T316 (Q.931 5.5.1) runs here. libpri's own would go on when the link falls and the channel is put
 * to other use, send its RESTART into a later call, and tell nobody when nothing answers.
 */
#include "restart.h"
#include "clock.h"
#include "service.h"
#include "trunk.h"

#define ASIDE_US (30 * G_USEC_PER_SEC) /* for a channel refused with 6, 44 or 82, or unreleased */
#define RESTART_TRIES 2                /* N316: RESTART is sent so often, T316 apart */

struct Restarter {
    DChannel *dchan;
    guint8 outstanding; /* the channel; 0: none */
    guint sent;         /* its RESTART, so often */
    LoopTimer *t316, *later;
};

static gboolean channel_waits(const BChannel *channel)
{
    return channel->exists && channel->restart_wanted && !channel->call && !channel->restarting &&
           !channel->busied;
}

static void restart_send(Restarter *restarter)
{
    DChannel *dchan = restarter->dchan;

    restarter->sent++;
    dchan_count(dchan, COUNT_RESTARTS_SENT);
    pri_reset(dchan_pri(dchan), dchan_encode(dchan, restarter->outstanding));
    dchan_rearm(dchan);
    loop_timer_start(dchan_isdn(dchan)->loop, restarter->t316, dchan_trunk(dchan)->t316_us);
}

static void restart_begin(Restarter *restarter, guint8 number, BChannel *channel)
{
    channel->restart_wanted = FALSE;
    channel->restarting = TRUE;
    restarter->outstanding = number;
    restarter->sent = 0;
    restart_send(restarter);
}

/* FALSE when no channel of its span waits. */
static gboolean restart_one(Restarter *restarter)
{
    BChannels *channels = dchan_bchans(restarter->dchan);

    if (!dchan_is_usable(restarter->dchan))
        return FALSE;
    for (guint8 i = 0; i < BCHAN_SLOTS; i++) {
        if (channel_waits(&channels->slot[i])) {
            restart_begin(restarter, i, &channels->slot[i]);
            return TRUE;
        }
    }
    return FALSE;
}

/* The spans of a group have one global call reference for it (Q.931 5.5): one goes after another.
 */
static void restart_next(Restarter *restarter)
{
    DChannel *head = dchan_head(restarter->dchan);

    for (guint i = 0; i < dchan_group_size(head); i++)
        if (dchan_restarter(dchan_group_nth(head, i))->outstanding)
            return;
    for (guint i = 0; i < dchan_group_size(head); i++)
        if (restart_one(dchan_restarter(dchan_group_nth(head, i))))
            return;
}

/* Starts the timer for the channel that is to be tried again first. */
static void later_start(Restarter *restarter)
{
    BChannels *channels = dchan_bchans(restarter->dchan);
    Loop *loop = dchan_isdn(restarter->dchan)->loop;
    gint64 first = 0;

    for (guint i = 0; i < BCHAN_SLOTS; i++) {
        gint64 at = channels->slot[i].retry_us;

        if (at && (!first || at < first))
            first = at;
    }
    if (first)
        loop_timer_start(loop, restarter->later, MAX(first - clock_now_us(), 0));
    else
        loop_timer_stop(loop, restarter->later);
}

static void later_expired(void *user)
{
    Restarter *restarter = user;
    BChannels *channels = dchan_bchans(restarter->dchan);
    gboolean restart = dchan_trunk(restarter->dchan)->restart;

    for (guint i = 0; i < BCHAN_SLOTS; i++) {
        BChannel *channel = &channels->slot[i];

        if (!channel->retry_us || channel->retry_us > clock_now_us())
            continue;
        channel->retry_us = 0;
        if (restart || channel->out_of_service)
            channel->restart_wanted = TRUE;
        else
            channel->aside = REASON_NONE;
        service_note(restarter->dchan, i);
    }
    restart_next(restarter);
    later_start(restarter);
}

static void restart_gives_up(Restarter *restarter)
{
    guint8 number = restarter->outstanding;
    BChannel *channel = bchans_find(dchan_bchans(restarter->dchan), number);

    restarter->outstanding = 0;
    channel->restarting = FALSE;
    channel->aside = REASON_NONE;
    channel->out_of_service = TRUE;
    channel->retry_us = clock_now_us() + dchan_trunk(restarter->dchan)->restart_retry_us;
    dchan_count(restarter->dchan, COUNT_RESTARTS_UNANSWERED);
    service_note(restarter->dchan, number);
    later_start(restarter);
    restart_next(restarter);
}

static void t316_expired(void *user)
{
    Restarter *restarter = user;

    if (restarter->sent < RESTART_TRIES)
        restart_send(restarter);
    else
        restart_gives_up(restarter);
}

Restarter *restarter_new(DChannel *dchan)
{
    Restarter *restarter = g_new0(Restarter, 1);
    Loop *loop = dchan_isdn(dchan)->loop;

    restarter->dchan = dchan;
    restarter->t316 = loop_timer_new(loop, t316_expired, restarter);
    restarter->later = loop_timer_new(loop, later_expired, restarter);
    return restarter;
}

void restarter_free(Restarter *restarter)
{
    Loop *loop = dchan_isdn(restarter->dchan)->loop;

    loop_timer_free(loop, restarter->t316);
    loop_timer_free(loop, restarter->later);
    g_free(restarter);
}

void restart_link_up(Restarter *restarter)
{
    BChannels *channels = dchan_bchans(restarter->dchan);

    if (dchan_trunk(restarter->dchan)->restart)
        for (guint i = 0; i < BCHAN_SLOTS; i++)
            if (channels->slot[i].exists && !channels->slot[i].call)
                channels->slot[i].restart_wanted = TRUE;
    restart_next(restarter);
}

void restart_link_back(Restarter *restarter)
{
    restart_next(restarter);
}

void restart_link_down(Restarter *restarter)
{
    BChannel *channel = bchans_find(dchan_bchans(restarter->dchan), restarter->outstanding);

    loop_timer_stop(dchan_isdn(restarter->dchan)->loop, restarter->t316);
    restarter->outstanding = 0;
    if (!channel)
        return;
    channel->restarting = FALSE;
    channel->restart_wanted = TRUE;
    /* The other spans' turn, once they have heard whether it is their link, too. */
    loop_timer_start(dchan_isdn(restarter->dchan)->loop, restarter->later, 0);
}

void restart_channel_idle(Restarter *restarter)
{
    restart_next(restarter);
}

void restart_put_aside(Restarter *restarter, guint8 number, ChannelReason reason)
{
    BChannel *channel = bchans_find(dchan_bchans(restarter->dchan), number);

    channel->aside = reason;
    channel->retry_us = clock_now_us() + ASIDE_US;
    service_note(restarter->dchan, number);
    later_start(restarter);
}

/* Q.931 5.5: RESTART brings a channel back to idle, whatever was said of it before. One that is
 * still busied out is told anew. */
static void channel_restarted(Restarter *restarter, BChannel *channel)
{
    guint8 number = (guint8)(channel - dchan_bchans(restarter->dchan)->slot);

    channel->restarting = channel->restart_wanted = FALSE;
    channel->aside = REASON_NONE;
    channel->out_of_service = channel->far_service_out = channel->told_out = FALSE;
    channel->retry_us = 0;
    service_channel_idle(restarter->dchan, number);
    later_start(restarter);
}

void restart_answered(Restarter *restarter, guint number)
{
    BChannel *channel = bchans_find(dchan_bchans(restarter->dchan), number);

    if (!channel || number != restarter->outstanding)
        return;
    loop_timer_stop(dchan_isdn(restarter->dchan)->loop, restarter->t316);
    restarter->outstanding = 0;
    channel_restarted(restarter, channel);
    trunk_offer(restarter->dchan);
    restart_next(restarter);
}

void restart_by_far_end(Restarter *restarter, guint8 number)
{
    BChannel *channel = bchans_find(dchan_bchans(restarter->dchan), number);

    if (!channel)
        return;
    channel->far_service_out = FALSE;
    service_note(restarter->dchan, number);
    /* An outstanding RESTART of ours waits for its own answer all the same. */
    if (!channel->restarting)
        channel_restarted(restarter, channel);
}
