/* Which free B channel of a trunk group a call gets.
 *
 * Places count through the group's spans in file order, 32 to a span; a rule is the order in which
 * they are looked at, and how far: to the first free one, or through a span or all of them to the
 * one that carried the fewest calls.
 */
#include "hunt.h"

static BChannel *place_find(Isdn *isdn, const TrunkSettings *trunk, guint place, Channel *channel)
{
    const SpanSettings *span = trunk->spans->pdata[place / BCHAN_SLOTS];
    DChannel *dchan = isdn_find_dchan(isdn, span->index);

    *channel = (Channel){span->index, place % BCHAN_SLOTS};
    if (!dchan || !dchan_is_usable(dchan))
        return NULL;
    return bchans_find(dchan_bchans(dchan), channel->number);
}

static guint count_places(const TrunkSettings *trunk)
{
    return trunk->spans->len * BCHAN_SLOTS;
}

/* The first place of the span after the one before CURSOR; the first of all at the beginning. */
static guint next_span(guint cursor)
{
    return (cursor + BCHAN_SLOTS - 1) / BCHAN_SLOTS * BCHAN_SLOTS;
}

static guint place_at(Hunting hunting, guint cursor, guint step, guint count)
{
    switch (hunting) {
    case HUNT_ASCENDING:
    case HUNT_LEAST_USED:
        return step;
    case HUNT_DESCENDING:
        return count - 1 - step;
    case HUNT_ROUND_ROBIN:
        return (cursor + step) % count;
    case HUNT_ROUND_ROBIN_SPANS:
        return (next_span(cursor) + step) % count;
    }
    return step;
}

/* Is the channel found before STEP the one, whatever follows? */
static gboolean is_settled(Hunting hunting, guint step)
{
    switch (hunting) {
    case HUNT_ASCENDING:
    case HUNT_DESCENDING:
    case HUNT_ROUND_ROBIN:
        return TRUE;
    case HUNT_LEAST_USED:
        return FALSE;
    case HUNT_ROUND_ROBIN_SPANS:
        return step % BCHAN_SLOTS == 0;
    }
    return TRUE;
}

BChannel *hunt_channel(Isdn *isdn, const TrunkSettings *trunk, guint *cursor, const Call *call,
                       Channel *channel, guint8 *cause)
{
    guint count = count_places(trunk), from = *cursor;
    BChannel *best = NULL;

    *cause = CAUSE_NETWORK_OUT_OF_ORDER;
    for (guint step = 0; step < count && !(best && is_settled(trunk->hunting, step)); step++) {
        Channel here;
        guint place = place_at(trunk->hunting, from, step, count);
        BChannel *found = place_find(isdn, trunk, place, &here);

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
        *cursor = place + 1;
    }
    return best;
}

guint hunt_count_free(Isdn *isdn, const TrunkSettings *trunk)
{
    guint count = 0;

    for (guint place = 0; place < count_places(trunk); place++) {
        Channel here;
        const BChannel *found = place_find(isdn, trunk, place, &here);

        count += found && bchan_is_free(found);
    }
    return count;
}
