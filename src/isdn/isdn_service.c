/* What the operator says of spans and channels: taken out of service for a check, or busied out,
 * and back. */
#include "isdn_leg.h"
#include "service.h"

static guint channels_held(DChannel *dchan)
{
    guint count = 0;

    for (guint i = 0; i < BCHAN_SLOTS; i++)
        count += dchan_bchans(dchan)->slot[i].call != 0;
    return count;
}

/* Calls that hold a channel, and those that have left theirs but are not cleared yet. Where the span
 * has the only D channel of several, theirs count as well. */
static guint calls_on(DChannel *dchan)
{
    const GPtrArray *legs = dchan_legs(dchan);
    gboolean all = dchan_head(dchan) == dchan && !dchan_nfas(dchan);
    guint count = channels_held(dchan);

    for (guint i = 1; all && i < dchan_group_size(dchan); i++)
        count += channels_held(dchan_group_nth(dchan, i));
    for (guint i = 0; i < legs->len; i++)
        count += ((const IsdnLeg *)legs->pdata[i])->call == NULL ||
                 ((const IsdnLeg *)legs->pdata[i])->channel.number == 0; /* held */
    return count;
}

gboolean isdn_take_out(Isdn *isdn, guint8 span, GError **error)
{
    DChannel *dchan = isdn_find_dchan(isdn, span);
    guint calls = dchan ? calls_on(dchan) : 0;

    if (calls > 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
                    "%u call%s on span %s: hang %s up, or drain first", calls,
                    calls == 1 ? " stands" : "s stand", dchan_span(dchan)->name,
                    calls == 1 ? "it" : "them");
        return FALSE;
    }
    if (dchan)
        dchan_set_service(dchan, FALSE);
    return TRUE;
}

void isdn_put_back(Isdn *isdn, guint8 span)
{
    DChannel *dchan = isdn_find_dchan(isdn, span);

    if (dchan)
        dchan_set_service(dchan, TRUE);
}

/* ---- busied out: calls finish first
 * --------------------------------------------------------------
 */

static void call_end(Call *call)
{
    CallNews news = CALL_NEWS_INIT;

    news.cause = CAUSE_TEMPORARY_FAILURE;
    g_strlcpy(news.detail, "its channel is busied out", sizeof news.detail);
    call_event(call, EVENT_OPERATOR_CLEAR, &news);
}

static void channel_busy_out(DChannel *dchan, guint8 number, guint8 how, gboolean force)
{
    BChannel *channel = bchans_find(dchan_bchans(dchan), number);
    Call *call = channel->call ? hall_find_call(dchan_isdn(dchan)->hall, channel->call) : NULL;

    channel->busied |= how;
    service_channel_idle(dchan, number);
    if (force && call && !call_is_sheltered(call))
        call_end(call);
}

static void channel_return(DChannel *dchan, guint8 number, guint8 how)
{
    BChannel *channel = bchans_find(dchan_bchans(dchan), number);

    if (!channel->busied)
        return;
    channel->busied &= (guint8)~how;
    if (!channel->busied)
        service_channel_back(dchan, number);
}

/* NULL with ERROR when no B channel NUMBER (0: any) is on SPAN. */
static DChannel *channels_of(Isdn *isdn, guint8 span, guint8 number, GError **error)
{
    DChannel *dchan = isdn_find_dchan(isdn, span);

    if (!dchan)
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "the span is in no trunk");
    else if (number && !bchans_find(dchan_bchans(dchan), number))
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "span %s has no B channel %u",
                    dchan_span(dchan)->name, number);
    else
        return dchan;
    return NULL;
}

gboolean isdn_busy_out(Isdn *isdn, guint8 span, guint8 number, gboolean force, GError **error)
{
    DChannel *dchan = channels_of(isdn, span, number, error);

    for (guint8 i = 0; dchan && i < BCHAN_SLOTS; i++)
        if (bchans_find(dchan_bchans(dchan), i) && (!number || i == number))
            channel_busy_out(dchan, i, number ? BUSIED_ALONE : BUSIED_WITH_SPAN, force);
    return dchan != NULL;
}

gboolean isdn_return(Isdn *isdn, guint8 span, guint8 number, GError **error)
{
    DChannel *dchan = channels_of(isdn, span, number, error);

    for (guint8 i = 0; dchan && i < BCHAN_SLOTS; i++)
        if (bchans_find(dchan_bchans(dchan), i) && (!number || i == number))
            channel_return(dchan, i, BUSIED_ALONE | BUSIED_WITH_SPAN);
    return dchan != NULL;
}
