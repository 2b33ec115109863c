/* A call's plain questions and answers. */
#include "call_private.h"
#include "clock.h"

guint32 call_id(const Call *call)
{
    return call->id;
}

SipState call_sip_state(const Call *call)
{
    return call->sip;
}

IsdnState call_isdn_state(const Call *call)
{
    return call->isdn;
}

const CallOrigin *call_origin(const Call *call)
{
    return &call->origin;
}

const CallSetup *call_setup(const Call *call)
{
    return &call->setup;
}

const CallSetup *call_asked(const Call *call)
{
    return &call->asked;
}

const TrunkSettings *call_trunk(const Call *call)
{
    return call->trunk;
}

const TrunkSettings *call_through(const Call *call)
{
    return call->transit ? call->through : NULL;
}

guint32 call_twin(const Call *call)
{
    return call->twin ? call->twin->id : 0;
}

const char *call_uri(const Call *call)
{
    return call->uri;
}

const PeerSettings *call_peer(const Call *call)
{
    return call->peer;
}

Channel call_channel(const Call *call)
{
    return call->channel;
}

void call_set_channel(Call *call, Channel channel)
{
    call->channel = channel;
}

gboolean call_channel_refused(const Call *call, Channel channel)
{
    for (guint i = 0; i < call->refused_count; i++)
        if (call->refused[i].span == channel.span && call->refused[i].number == channel.number)
            return TRUE;
    return FALSE;
}

gboolean call_span_refused(const Call *call, guint8 span)
{
    return call->refused_spans[span / 64] >> span % 64 & 1;
}

void *call_sip_leg(const Call *call)
{
    return call->sip_leg;
}

void call_set_sip_leg(Call *call, void *leg)
{
    call->sip_leg = leg;
}

void *call_isdn_leg(const Call *call)
{
    return call->isdn_leg;
}

void call_set_isdn_leg(Call *call, void *leg)
{
    call->isdn_leg = leg;
}

const struct sockaddr_storage *call_local_rtp(const Call *call)
{
    return &call->local_rtp;
}

void call_set_local_rtp(Call *call, const struct sockaddr_storage *address)
{
    call->local_rtp = *address;
}

const MediaRemote *call_remote(const Call *call)
{
    return call->has_remote ? &call->remote : NULL;
}

gboolean call_takes_info(const Call *call)
{
    return call->peer &&
           (call->peer->dtmf == PEER_DIGITS_INFO || call->peer->dtmf == PEER_DIGITS_INFO_DTMF);
}

gboolean call_takes_keypad(const Call *call)
{
    return call->trunk && call->trunk->keypad && !call->joined;
}

gint64 call_age_us(const Call *call)
{
    return clock_now_us() - call->began_us;
}
