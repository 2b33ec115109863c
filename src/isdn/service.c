/* Which channels are in service: SERVICE messages both ways, and why a channel is not used.
 *
 * SERVICE belongs to the dialects of North America (NI-2, DMS-100, 5ESS, 4ESS); a switch of another
 * type learns from cause 44 alone. A channel under a call is told when it is idle: the call
 * finishes first. The far end's word for a channel holds until its next word, or a RESTART.
 */
#include "service.h"
#include "dialect.h"
#include "clock.h"
#include "log.h"
#include "restart.h"
#include "trunk.h"

/* Change status, octet 3 (as libpri: AT&T TR 41449, Bellcore TR-NWT-001268). */
#define STATUS_IN_SERVICE 0
#define STATUS_OUT_OF_SERVICE 2

gboolean service_is_spoken(const DChannel *dchan)
{
    return dialect_is_american(dchan_trunk(dchan)->switch_type);
}

void service_note(DChannel *dchan, guint number)
{
    BChannel *channel = bchans_find(dchan_bchans(dchan), number);
    const char *span = dchan_span(dchan)->name;
    ChannelReason reason;

    if (!channel || (reason = bchan_reason(channel)) == channel->reason)
        return;
    if (reason == REASON_NONE)
        log_notice("channel %s/%u in service again, after %" G_GINT64_FORMAT " s (%s)", span,
                   number, (clock_now_us() - channel->since_us) / G_USEC_PER_SEC,
                   channel_reason_name(channel->reason));
    else
        log_notice("channel %s/%u %s: %s", span, number,
                   channel->call              ? "out of service after its call"
                   : reason == channel->aside ? "put aside"
                                              : "out of service",
                   channel_reason_name(reason));
    channel->reason = reason;
    channel->since_us = clock_now_us();
}

static void service_tell(DChannel *dchan, guint8 number, BChannel *channel, gboolean in)
{
    channel->told_out = !in;
    dchan_count(dchan, COUNT_SERVICES_SENT);
    pri_maintenance_service(dchan_pri(dchan), dchan_encode(dchan, number) >> 8 & 0xff, number,
                            in ? STATUS_IN_SERVICE : STATUS_OUT_OF_SERVICE);
    dchan_rearm(dchan);
}

void service_channel_idle(DChannel *dchan, guint8 number)
{
    BChannel *channel = bchans_find(dchan_bchans(dchan), number);

    service_note(dchan, number);
    if (channel && channel->busied && !channel->call && !channel->told_out &&
        service_is_spoken(dchan) && dchan_is_usable(dchan))
        service_tell(dchan, number, channel, FALSE);
}

/* Where no SERVICE brings it back at the far end, a RESTART does. */
void service_channel_back(DChannel *dchan, guint8 number)
{
    BChannel *channel = bchans_find(dchan_bchans(dchan), number);

    service_note(dchan, number);
    if (channel->told_out && service_is_spoken(dchan)) {
        if (dchan_is_usable(dchan)) /* or the link tells, once it has settled */
            service_tell(dchan, number, channel, TRUE);
    } else if (!channel->call && dchan_trunk(dchan)->restart)
        channel->restart_wanted = TRUE;
    restart_channel_idle(dchan_restarter(dchan));
    trunk_offer(dchan);
}

void service_link_up(DChannel *dchan, gboolean renewed)
{
    BChannels *channels = dchan_bchans(dchan);

    if (!service_is_spoken(dchan))
        return;
    for (guint8 i = 0; i < BCHAN_SLOTS; i++) {
        BChannel *channel = &channels->slot[i];

        if (!channel->exists || channel->call)
            continue;
        if (channel->busied && (renewed || !channel->told_out))
            service_tell(dchan, i, channel, FALSE);
        else if (!channel->busied && channel->told_out) /* returned while the link was down */
            service_tell(dchan, i, channel, TRUE);
    }
}

void service_heard(DChannel *dchan, guint number, gboolean in)
{
    BChannel *channel = bchans_find(dchan_bchans(dchan), number);

    if (!channel)
        return;
    channel->far_service_out = !in;
    service_note(dchan, number);
    if (in) {
        restart_channel_idle(dchan_restarter(dchan));
        trunk_offer(dchan);
    }
}
