/* Trunk groups: hunting for a free B channel, bookings both ways, and glare. */
#include "trunk.h"
#include "clock.h"
#include "log.h"
#include "restart.h"

struct TrunkGroup {
    Isdn *isdn;
    const TrunkSettings *settings;
    guint cursor; /* HUNT_ROUND_ROBIN: one past the last place taken */
};

TrunkGroup *trunk_new(Isdn *isdn, const TrunkSettings *settings)
{
    TrunkGroup *group = g_new0(TrunkGroup, 1);

    group->isdn = isdn;
    group->settings = settings;
    return group;
}

void trunk_free(TrunkGroup *group)
{
    g_free(group);
}

const TrunkSettings *trunk_settings(const TrunkGroup *group)
{
    return group->settings;
}

void trunk_set_settings(TrunkGroup *group, const TrunkSettings *settings)
{
    group->settings = settings;
}

/* Places count through the group's spans in file order, 32 to a span. */
static BChannel *place_find(const TrunkGroup *group, guint place, Channel *channel)
{
    const SpanSettings *span = group->settings->spans->pdata[place / BCHAN_SLOTS];
    DChannel *dchan = isdn_find_dchan(group->isdn, span->index);

    *channel = (Channel){span->index, place % BCHAN_SLOTS};
    if (!dchan || !dchan_is_usable(dchan))
        return NULL;
    return bchans_find(dchan_bchans(dchan), channel->number);
}

static guint place_at(const TrunkGroup *group, guint step, guint count)
{
    switch (group->settings->hunting) {
    case HUNT_ASCENDING:
    case HUNT_LEAST_USED:
        return step;
    case HUNT_DESCENDING:
        return count - 1 - step;
    case HUNT_ROUND_ROBIN:
        return (group->cursor + step) % count;
    }
    return step;
}

gboolean trunk_seize(TrunkGroup *group, Call *call, Channel *channel, guint8 *cause)
{
    guint count = group->settings->spans->len * BCHAN_SLOTS;
    BChannel *best = NULL;

    *cause = CAUSE_NETWORK_OUT_OF_ORDER;
    for (guint step = 0; step < count; step++) {
        Channel here;
        guint place = place_at(group, step, count);
        BChannel *found = place_find(group, place, &here);

        if (!found)
            continue;
        *cause = CAUSE_NO_CIRCUIT;
        if (!bchan_is_free(found) || call_span_refused(call, here.span) ||
            call_channel_refused(call, here))
            continue;
        if (best && found->calls >= best->calls)
            continue;
        best = found;
        *channel = here;
        group->cursor = place + 1;
        if (group->settings->hunting != HUNT_LEAST_USED)
            break;
    }
    if (!best)
        return FALSE;
    best->call = call_id(call);
    best->calls++;
    return TRUE;
}

void trunk_release(Isdn *isdn, Channel channel, guint32 call)
{
    DChannel *dchan = isdn_find_dchan(isdn, channel.span);
    BChannel *found = dchan ? bchans_find(dchan_bchans(dchan), channel.number) : NULL;

    if (!found || found->call != call)
        return;
    found->call = 0;
    if (found->blamed) {
        found->blamed = FALSE;
        dchan_count(dchan, COUNT_CHANNELS_BLAMED);
        restart_put_aside(dchan_restarter(dchan), channel.number);
    } else {
        restart_channel_idle(dchan_restarter(dchan));
    }
}

void trunk_book(DChannel *dchan, guint8 number, guint32 call)
{
    BChannel *channel = bchans_find(dchan_bchans(dchan), number);

    channel->call = call;
    channel->calls++;
    /* The far end itself offers a call on it: whatever was wrong with it is over. */
    channel->aside = channel->out_of_service = channel->far_service_out = FALSE;
    channel->retry_us = 0;
    channel->restart_wanted = FALSE;
}

void trunk_proven(IsdnLeg *leg)
{
    BChannel *channel = bchans_find(dchan_bchans(leg->dchan), leg->channel.number);

    if (channel && channel->call == leg->call_id)
        channel->restart_wanted = FALSE;
}

static guint8 any_free(DChannel *dchan)
{
    for (guint8 i = 0; i < BCHAN_SLOTS; i++)
        if (bchan_is_free(&dchan_bchans(dchan)->slot[i]))
            return i;
    return 0;
}

/* Q.931 5.7: as user side our outgoing call gives way, to another channel if its SETUP allowed one.
 */
static void yield_channel(IsdnLeg *holder)
{
    DChannel *dchan = holder->dchan;
    BChannel *channel = bchans_find(dchan_bchans(dchan), holder->channel.number);
    guint8 other = holder->preferred ? any_free(dchan) : 0;

    log_info("span %s: glare on channel %u, the network side's call goes first",
             dchan_span(dchan)->name, holder->channel.number);
    if (other) {
        isdn_leg_move(holder, other);
        return;
    }
    channel->call = BCHAN_RESERVED; /* the call that yields shall not hunt it again */
    isdn_leg_abandon(holder, EVENT_ISDN_RELEASED, CAUSE_CHANNEL_NOT_AVAILABLE,
                     "glare: the network side's call goes first");
}

/* FALSE when the channel stays with the call that holds it. */
static gboolean settle_glare(DChannel *dchan, guint8 number)
{
    IsdnLeg *holder = isdn_leg_find_channel(dchan, number);

    if (!holder || !holder->ours || holder->responded || holder->hanging_up)
        return FALSE;
    dchan_count(dchan, COUNT_GLARE);
    if (dchan_trunk(dchan)->side == SIDE_NETWORK)
        return FALSE;
    yield_channel(holder);
    return TRUE;
}

static guint8 choose(DChannel *dchan, guint wanted, gboolean flexible, guint8 *cause)
{
    BChannel *channel = bchans_find(dchan_bchans(dchan), wanted);
    guint8 other;

    if (channel && !channel->call && !channel->restarting)
        return (guint8)wanted;
    if (wanted == 0 || flexible) {
        *cause = CAUSE_NO_CIRCUIT;
        if ((other = any_free(dchan)))
            return other;
        if (wanted == 0)
            return 0;
    }
    if (!channel) {
        *cause = CAUSE_CHANNEL_DOES_NOT_EXIST;
        return 0;
    }
    if (!flexible)
        *cause = CAUSE_CHANNEL_NOT_AVAILABLE;
    return settle_glare(dchan, (guint8)wanted) ? (guint8)wanted : 0;
}

guint8 trunk_choose(DChannel *dchan, guint wanted, gboolean flexible, guint8 *cause)
{
    guint8 number = choose(dchan, wanted, flexible, cause);

    if (number)
        bchans_find(dchan_bchans(dchan), number)->call = BCHAN_RESERVED;
    return number;
}

void trunk_unchoose(DChannel *dchan, guint8 number)
{
    bchans_find(dchan_bchans(dchan), number)->call = 0;
    restart_channel_idle(dchan_restarter(dchan));
}

void trunk_blame(IsdnLeg *leg)
{
    BChannel *channel = bchans_find(dchan_bchans(leg->dchan), leg->channel.number);

    if (channel && channel->call == leg->call_id)
        channel->blamed = TRUE;
}
