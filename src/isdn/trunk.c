/* Trunk groups: the bookings of their B channels, both ways. */
#include "trunk.h"
#include "hunt.h"
#include "log.h"
#include "restart.h"
#include "service.h"

struct TrunkGroup {
    Isdn *isdn;
    const TrunkSettings *settings;
    guint cursor;   /* hunt_channel()'s: one past the last place taken */
    GArray *claims; /* of guint32: the calls that wait for a channel, in order */
};

TrunkGroup *trunk_new(Isdn *isdn, const TrunkSettings *settings)
{
    TrunkGroup *group = g_new0(TrunkGroup, 1);

    group->isdn = isdn;
    group->settings = settings;
    group->claims = g_array_new(FALSE, FALSE, sizeof(guint32));
    return group;
}

void trunk_free(TrunkGroup *group)
{
    g_array_unref(group->claims);
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

/* ---- reserved channels, for calls for help ------------------------------------------------------
 */

static guint reserved_of(const TrunkGroup *group)
{
    const EmergencySettings *emergency = &group->isdn->settings->emergency;

    if (!emergency->reserved || !emergency->trunks)
        return emergency->reserved;
    for (guint i = 0; i < emergency->trunks->len; i++)
        if (g_str_equal(((const TrunkSettings *)emergency->trunks->pdata[i])->name,
                        group->settings->name))
            return emergency->reserved;
    return 0;
}

/* Are the free channels only those that ordinary calls leave alone? */
static gboolean only_reserved_left(const TrunkGroup *group)
{
    guint reserved = reserved_of(group);

    return reserved && hunt_count_free(group->isdn, group->settings) <= reserved;
}

static gboolean only_reserved_left_at(DChannel *dchan)
{
    const TrunkGroup *group = isdn_find_group(dchan_isdn(dchan), dchan_trunk(dchan)->name);

    return group && only_reserved_left(group);
}

/* ---- limits -------------------------------------------------------------------------------------
 */

static gboolean is_over(guint most, guint count)
{
    return most && count >= most;
}

/* Would one more call, INCOMING or not, be too many? */
static gboolean limit_is_reached(const TrunkGroup *group, gboolean incoming)
{
    const TrunkSettings *trunk = group->settings;
    guint count[2] = {0, 0}; /* by direction */

    for (guint i = 0; i < trunk->spans->len; i++) {
        const SpanSettings *span = trunk->spans->pdata[i];
        DChannel *dchan = isdn_find_dchan(group->isdn, span->index);

        for (guint j = 0; dchan && j < BCHAN_SLOTS; j++) {
            const BChannel *channel = &dchan_bchans(dchan)->slot[j];

            if (channel->call)
                count[channel->incoming != FALSE]++;
        }
    }
    if (!is_over(trunk->max_calls, count[0] + count[1]) &&
        !is_over(incoming ? trunk->max_in : trunk->max_out, count[incoming]))
        return FALSE;
    group->isdn->counters[COUNT_CALLS_OVER_LIMIT]++;
    return TRUE;
}

/* ---- our calls ----------------------------------------------------------------------------------
 */

static BChannel *hunt(TrunkGroup *group, const Call *call, Channel *channel, guint8 *cause)
{
    return hunt_channel(group->isdn, group->settings, &group->cursor, call, channel, cause);
}

/* The channel of CALL is booked already: it waited for it. */
static gboolean holds_channel(const TrunkGroup *group, const Call *call, Channel channel)
{
    DChannel *dchan = isdn_find_dchan(group->isdn, channel.span);
    const BChannel *found =
        channel.number && dchan ? bchans_find(dchan_bchans(dchan), channel.number) : NULL;

    return found && found->call == call_id(call);
}

gboolean trunk_seize(TrunkGroup *group, Call *call, Channel *channel, guint8 *cause)
{
    BChannel *best;

    *channel = call_channel(call);
    if (holds_channel(group, call, *channel))
        return TRUE;
    if (!call_is_emergency(call) && (only_reserved_left(group) || limit_is_reached(group, FALSE))) {
        *cause = CAUSE_NO_CIRCUIT;
        return FALSE;
    }
    best = hunt(group, call, channel, cause);
    if (!best)
        return FALSE;
    best->call = call_id(call);
    best->incoming = FALSE;
    best->calls++;
    return TRUE;
}

/* ---- calls that wait for a channel --------------------------------------------------------------
 */

static void claim_drop(TrunkGroup *group, guint32 id)
{
    for (guint i = 0; i < group->claims->len; i++)
        if (g_array_index(group->claims, guint32, i) == id)
            g_array_remove_index(group->claims, i--);
}

/* A free channel for CALL, if there is one: booked before anybody else can see it. */
static gboolean claim_serve(TrunkGroup *group, Call *call)
{
    Channel channel;
    guint8 cause;
    BChannel *found = hunt(group, call, &channel, &cause);

    if (!found)
        return FALSE;
    claim_drop(group, call_id(call));
    found->call = call_id(call);
    found->incoming = FALSE;
    found->calls++;
    call_set_channel(call, channel);
    call_event(call, EVENT_CHANNEL_FREE, NULL);
    return TRUE;
}

gboolean trunk_claim(TrunkGroup *group, Call *call)
{
    guint32 id = call_id(call);

    if (claim_serve(group, call))
        return FALSE;
    g_array_append_val(group->claims, id);
    return TRUE;
}

void trunk_unclaim(Isdn *isdn, Call *call)
{
    for (guint i = 0; i < isdn->groups->len; i++)
        claim_drop(isdn->groups->pdata[i], call_id(call));
    if (call_channel(call).number) {
        trunk_release(isdn, call_channel(call), call_id(call));
        call_set_channel(call, (Channel){0});
    }
}

void trunk_offer(DChannel *dchan)
{
    Isdn *isdn = dchan_isdn(dchan);
    TrunkGroup *group = isdn_find_group(isdn, dchan_trunk(dchan)->name);

    for (guint i = 0; group && i < group->claims->len;) {
        Call *call = hall_find_call(isdn->hall, g_array_index(group->claims, guint32, i));

        if (!call)
            g_array_remove_index(group->claims, i);
        else if (claim_serve(group, call))
            return; /* one channel, one call; what its event set off may have changed the list */
        else
            i++;
    }
}

/* ---- the end of a booking -----------------------------------------------------------------------
 */

void trunk_release(Isdn *isdn, Channel channel, guint32 call)
{
    DChannel *dchan = isdn_find_dchan(isdn, channel.span);
    BChannel *found = dchan ? bchans_find(dchan_bchans(dchan), channel.number) : NULL;

    if (!found || found->call != call)
        return;
    found->call = 0;
    service_channel_idle(dchan, channel.number);
    if (found->blamed) {
        dchan_count(dchan, COUNT_CHANNELS_BLAMED);
        restart_put_aside(dchan_restarter(dchan), channel.number, found->blamed);
        found->blamed = REASON_NONE;
    } else {
        trunk_offer(dchan);
        restart_channel_idle(dchan_restarter(dchan));
    }
}

void trunk_book(DChannel *dchan, guint8 number, guint32 call)
{
    BChannel *channel = bchans_find(dchan_bchans(dchan), number);

    channel->call = call;
    channel->incoming = TRUE;
    channel->calls++;
    /* The far end itself offers a call on it: whatever was wrong with it is over. */
    channel->aside = REASON_NONE;
    channel->out_of_service = channel->far_service_out = FALSE;
    channel->retry_us = 0;
    channel->restart_wanted = FALSE;
    service_note(dchan, number);
}

void trunk_proven(IsdnLeg *leg)
{
    BChannel *channel = bchans_find(dchan_bchans(leg->dchan), leg->channel.number);

    if (channel && channel->call == leg->call_id)
        channel->restart_wanted = FALSE;
}

/* HELP: for a call for help, or one that answers it. */
static guint8 any_free(DChannel *dchan, gboolean help)
{
    if (!dchan_is_linked(dchan) || (!help && only_reserved_left_at(dchan)))
        return 0;
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
    gboolean help = holder->call && call_is_emergency(holder->call);
    guint8 other = holder->preferred ? any_free(dchan, help) : 0;

    log_info("span %s: glare on channel %u, the network side's call goes first",
             dchan_span(dchan)->name, holder->channel.number);
    if (other) {
        isdn_leg_move(holder, dchan, other);
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

static gboolean is_open(DChannel *dchan, const BChannel *channel)
{
    return dchan_is_linked(dchan) && !channel->operator_out && !channel->busied;
}

gboolean trunk_is_takeable(DChannel *dchan, const BChannel *channel)
{
    return is_open(dchan, channel) && !channel->call && !channel->restarting;
}

static guint8 choose(DChannel *dchan, const ChannelWish *wish, guint8 *cause)
{
    BChannel *channel = bchans_find(dchan_bchans(dchan), wish->wanted);
    guint8 other;

    /* Whoever may take another one is not led to a reserved one. */
    if (channel && trunk_is_takeable(dchan, channel) &&
        (!wish->flexible || wish->help || !only_reserved_left_at(dchan)))
        return (guint8)wish->wanted;
    if (wish->wanted == 0 || wish->flexible) {
        *cause = CAUSE_NO_CIRCUIT;
        if ((other = any_free(dchan, wish->help)))
            return other;
        if (wish->wanted == 0)
            return 0;
    }
    if (!channel) {
        *cause = CAUSE_CHANNEL_DOES_NOT_EXIST;
        return 0;
    }
    if (!wish->flexible)
        *cause = CAUSE_CHANNEL_NOT_AVAILABLE;
    return is_open(dchan, channel) && settle_glare(dchan, (guint8)wish->wanted)
               ? (guint8)wish->wanted
               : 0;
}

guint8 trunk_choose(DChannel *dchan, const ChannelWish *wish, guint8 *cause)
{
    const TrunkGroup *group = isdn_find_group(dchan_isdn(dchan), dchan_trunk(dchan)->name);
    guint8 number = 0;

    *cause = CAUSE_NO_CIRCUIT;
    if (!group || wish->help || !limit_is_reached(group, TRUE))
        number = choose(dchan, wish, cause);

    if (number)
        bchans_find(dchan_bchans(dchan), number)->call = BCHAN_RESERVED;
    return number;
}

void trunk_unchoose(DChannel *dchan, guint8 number)
{
    bchans_find(dchan_bchans(dchan), number)->call = 0;
    service_channel_idle(dchan, number);
    trunk_offer(dchan);
    restart_channel_idle(dchan_restarter(dchan));
}

void trunk_blame(IsdnLeg *leg, ChannelReason reason)
{
    BChannel *channel = bchans_find(dchan_bchans(leg->dchan), leg->channel.number);

    if (channel && channel->call == leg->call_id)
        channel->blamed = reason;
}
