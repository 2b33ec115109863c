/* The B channels of one span: which call holds each, and why one is not to be used. */
#include "bchan.h"

void bchans_init(BChannels *channels, const SpanSettings *span)
{
    *channels = (BChannels){0};
    for (guint i = 1; i < BCHAN_SLOTS; i++)
        channels->slot[i].exists = span_has_b_channel(span, (guint8)i);
}

BChannel *bchans_find(BChannels *channels, guint number)
{
    if (number >= BCHAN_SLOTS || !channels->slot[number].exists)
        return NULL;
    return &channels->slot[number];
}

gboolean bchan_is_free(const BChannel *channel)
{
    return channel->exists && bchan_state(channel) == CHANNEL_IDLE;
}

ChannelState bchan_state(const BChannel *channel)
{
    if (channel->call)
        return CHANNEL_BUSY;
    if (channel->restarting)
        return CHANNEL_RESTARTING;
    if (channel->out_of_service || channel->far_service_out || channel->operator_out ||
        channel->busied)
        return CHANNEL_OUT_OF_SERVICE;
    return channel->aside ? CHANNEL_ASIDE : CHANNEL_IDLE;
}

ChannelReason bchan_reason(const BChannel *channel)
{
    if (channel->busied)
        return REASON_BUSIED_OUT;
    if (channel->operator_out)
        return REASON_TAKEN_OUT;
    if (channel->far_service_out)
        return REASON_FAR_END;
    if (channel->out_of_service)
        return REASON_UNRESTARTED;
    return channel->aside;
}

const char *channel_reason_name(ChannelReason reason)
{
#define CHANNEL_REASON_NAME(id, text) text,
    static const char *const names[] = {CHANNEL_REASONS(CHANNEL_REASON_NAME)};

    return names[reason];
}
