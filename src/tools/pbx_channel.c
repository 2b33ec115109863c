/* Which call has which B channel: taken, given up, moved as the far end says. */
#include "log.h"
#include "pbx_call_private.h"
#include "pbx_group.h"

guint8 pbx_line_free_channel(const PbxLine *line)
{
    gboolean down = line->settings->side == SIDE_CPE;

    for (gint i = 1; i < 32; i++) {
        gint channel = down ? 32 - i : i;

        if (pbx_line_has_channel(line, channel) && !line->channels[channel])
            return (guint8)channel;
    }
    return 0;
}

void pbx_call_take_channel(PbxCall *call, guint8 channel)
{
    PbxLine *line = call->line;

    if (call->channel == channel)
        return;
    if (call->channel && line->channels[call->channel] == call) {
        line->channels[call->channel] = NULL;
        pbx_line_b_close(line, call->channel);
    }
    call->channel = channel;
    if (!channel)
        return;
    if (line->channels[channel]) /* glare: the network's call wins, ours will be refused */
        line->channels[channel]->channel = 0;
    line->channels[channel] = call;
}

void pbx_calls_block(PbxLine *line, guint8 channel, const guint8 *rx, guint8 *tx, gsize count)
{
    PbxCall *call = line->channels[channel & 31];
    g_autoptr(GError) error = NULL;

    if (call && !pbx_audio_block(call->audio, rx, tx, count, &error))
        call->calls->events.record_failed(call->calls->events.user, call, error->message);
}

void pbx_call_follow_channel(PbxCall *call, PbxLine *by, int encoded)
{
    PbxLine *line = pbx_line_meant(by, encoded);
    gint channel = encoded & 0xff;

    if (encoded == -1 || !line || !pbx_line_has_channel(line, channel) ||
        (call->line == line && call->channel == channel))
        return;
    if (line->channels[channel]) {
        log_warning("span %d: the far end moves call %u to channel %d, which is busy", line->index,
                    call->id, channel);
        return;
    }
    pbx_call_take_channel(call, 0);
    call->line = line;
    pbx_call_take_channel(call, (guint8)channel);
}

void pbx_call_retrieved(PbxCall *call, PbxLine *by, int channel)
{
    pbx_call_follow_channel(call, by, channel);
    if (call->channel)
        pbx_line_b_open(call->line, call->channel);
}

gint pbx_call_ring_channel(PbxCall *call, const pri_event_ring *ring, guint8 *chosen)
{
    PbxLine *line = call->line;
    gint wanted = ring->channel == -1 ? -1 : ring->channel & 0xff;
    gboolean any = wanted == -1 || wanted == 0xff;
    PbxCall *holder;

    *chosen = 0;
    if (!any && pbx_line_has_channel(line, wanted)) {
        holder = line->channels[wanted];
        /* Q.931 5.7: both sides took the channel at once, the network's call is the one that stays.
         */
        if (!holder || (line->settings->side == SIDE_CPE && !holder->incoming &&
                        holder->phase == PHASE_SETUP && !holder->alerting_us)) {
            *chosen = (guint8)wanted;
            return 0;
        }
    }
    if (!any && !ring->flexible)
        return pbx_line_has_channel(line, wanted) ? 44 : 82;
    *chosen = pbx_line_free_channel(line);
    return *chosen ? 0 : 34;
}
