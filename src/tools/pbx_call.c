/* The calls of the PBX: their table, their channels, and what libpri tells of them. */
#include "pbx_call.h"

#include "pbx_call_private.h"
#include "pbx_group.h"
#include "pbx_line_private.h"
#include "pbx_report.h"

PbxCalls *pbx_calls_new(Loop *loop, const PbxCallsEvents *events)
{
    PbxCalls *calls = g_new0(PbxCalls, 1);

    *calls = (PbxCalls){
        .loop = loop,
        .events = *events,
        .live = g_ptr_array_new(),
        .behaviours = g_ptr_array_new_with_free_func((GDestroyNotify)pbx_behaviour_free),
    };
    return calls;
}

static void call_free(PbxCall *call)
{
    PbxLine *line = call->line;

    pbx_report_open("gone", FALSE);
    pbx_report_number("call", call->id);
    pbx_report_number("span", line->index);
    pbx_report_number("channel", call->channel);
    pbx_report_number("cause", call->cause);
    pbx_report_number("heard", (gint64)pbx_audio_heard(call->audio));
    pbx_report_number("sent", (gint64)pbx_audio_sent(call->audio));
    pbx_report_number("recorded", (gint64)pbx_audio_recorded(call->audio));
    pbx_report_close();
    pbx_call_take_channel(call, 0);
    g_ptr_array_remove(call->calls->live, call);
    loop_timer_free(call->calls->loop, call->timer);
    pbx_call_end_steps(call);
    pbx_audio_free(call->audio);
    g_free(call->called);
    g_free(call);
}

void pbx_calls_free(PbxCalls *calls)
{
    if (!calls)
        return;
    while (calls->live->len)
        call_free(calls->live->pdata[0]);
    g_ptr_array_unref(calls->live);
    g_ptr_array_unref(calls->behaviours);
    g_free(calls);
}

static void call_end_recording(PbxCall *call)
{
    PbxCalls *calls = call->calls;
    g_autoptr(GError) error = NULL;

    if (!pbx_audio_record_end(call->audio, &error))
        calls->events.record_failed(calls->events.user, call, error->message);
}

void pbx_calls_end_recordings(PbxCalls *calls)
{
    for (guint i = 0; i < calls->live->len; i++)
        call_end_recording(calls->live->pdata[i]);
}

void pbx_call_end(PbxCall *call)
{
    PbxCalls *calls = call->calls;

    call->isdn = NULL;
    call_end_recording(call);
    calls->events.gone(calls->events.user, call);
    call_free(call);
}

PbxCall *pbx_call_new(PbxCalls *calls, PbxLine *line, gboolean incoming)
{
    PbxCall *call = g_new0(PbxCall, 1);

    *call = (PbxCall){
        .id = ++calls->made,
        .calls = calls,
        .line = line,
        .incoming = incoming,
        .reference = -1,
        .audio = pbx_audio_new(line->settings->span.law),
        .setup_us = loop_now(calls->loop),
    };
    call->timer = loop_timer_new(calls->loop, pbx_call_timer, call);
    g_ptr_array_add(calls->live, call);
    calls->had_incoming = calls->had_incoming || incoming;
    return call;
}

/* ---- finding --------------------------------------------------------------------------------- */

PbxCall *pbx_calls_find(PbxCalls *calls, guint id)
{
    for (guint i = 0; i < calls->live->len; i++) {
        PbxCall *call = calls->live->pdata[i];

        if (call->id == id)
            return call;
    }
    return NULL;
}

static PbxCall *find_isdn(PbxCalls *calls, const q931_call *isdn)
{
    for (guint i = 0; isdn && i < calls->live->len; i++) {
        PbxCall *call = calls->live->pdata[i];

        if (call->isdn == isdn)
            return call;
    }
    return NULL;
}

static PbxCall *find_reference(PbxCalls *calls, const PbxLine *line, gint reference,
                               gboolean incoming)
{
    for (guint i = 0; i < calls->live->len; i++) {
        PbxCall *call = calls->live->pdata[i];

        if (pbx_line_is_kin(call->line, line) && call->reference == reference &&
            call->incoming == incoming)
            return call;
    }
    return NULL;
}

guint pbx_calls_count(const PbxCalls *calls)
{
    return calls->live->len;
}

PbxCall *pbx_calls_nth(const PbxCalls *calls, guint index)
{
    return calls->live->pdata[index];
}

PbxCall *pbx_calls_newest(const PbxCalls *calls)
{
    for (guint i = calls->live->len; i > 0; i--) {
        PbxCall *call = calls->live->pdata[i - 1];

        if (!call->load)
            return call;
    }
    return NULL;
}

gboolean pbx_calls_had_incoming(const PbxCalls *calls)
{
    return calls->had_incoming;
}

void pbx_call_connected(PbxCall *call)
{
    PbxCalls *calls = call->calls;

    if (call->phase != PHASE_SETUP)
        return;
    call->phase = PHASE_CONNECTED;
    call->connect_us = loop_now(calls->loop);
    pbx_audio_connected(call->audio);
    if (call->channel && !call->load)
        pbx_line_b_open(call->line, call->channel);
    calls->events.connected(calls->events.user, call);
}

/* ---- news from the line ---------------------------------------------------------------------- */

PbxCall *pbx_calls_message(PbxCalls *calls, PbxLine *line, const PbxSeen *seen)
{
    const PbxMessage *message = &seen->message;
    /* The flag tells which side made the reference: on what we hear, ours come back flagged. */
    gboolean incoming = seen->sent == message->to_originator;
    PbxCall *call;

    if (message->type == MESSAGE_RESTART)
        calls->restart_class = message->restart;
    if (message->protocol != MESSAGE_PROTOCOL_Q931 || message->reference <= 0)
        return NULL;
    call = find_reference(calls, line, message->reference, incoming);
    if (!call && message->type == MESSAGE_SETUP && !seen->again) {
        if (seen->sent) {
            call = calls->making;
        } else if (!seen->ignored && !seen->fault) {
            call = pbx_call_new(calls, line, TRUE);
            pbx_edits_forget(&line->edits, message->reference, TRUE);
        }
        if (call)
            call->reference = message->reference;
    }
    if (!call)
        return NULL;
    if (seen->sent)
        call->responded = TRUE;
    if (message->cause > 0 && !call->cause &&
        (message->type == MESSAGE_DISCONNECT || message->type == MESSAGE_RELEASE ||
         message->type == MESSAGE_RELEASE_COMPLETE))
        call->cause = message->cause;
    if (!seen->sent && message->type == MESSAGE_ALERTING && !call->alerting_us)
        call->alerting_us = loop_now(calls->loop);
    return call;
}

static void ring_received(PbxCalls *calls, PbxLine *line, const pri_event_ring *ring)
{
    PbxCall *call = find_reference(calls, line, ring->cref & 0x7fff, TRUE);
    g_autofree char *name = g_strdup(ring->callingname);
    guint8 channel;
    gint refusal;

    if (!call) {
        call = pbx_call_new(calls, line, TRUE);
        call->reference = ring->cref & 0x7fff;
    }
    call->isdn = ring->call;
    g_free(call->called);
    call->called = g_strdup(ring->callednum);
    call->line = pbx_line_meant(line, ring->channel);
    if (!call->line) { /* no such interface */
        call->line = line;
        pbx_call_clear(call, 82);
        return;
    }
    refusal = pbx_call_ring_channel(call, ring, &channel);
    if (refusal) {
        pbx_call_clear(call, refusal);
        return;
    }
    pbx_call_take_channel(call, channel);
    pbx_call_behave(call, ring->callednum);
    if (name[0])
        calls->events.named(calls->events.user, call, name);
}

static void subcommands_received(PbxCall *call, const struct pri_subcommands *commands)
{
    for (int i = 0; commands && i < commands->counter_subcmd && i < PRI_MAX_SUBCOMMANDS; i++) {
        const struct pri_subcommand *command = &commands->subcmd[i];

        if (command->cmd == PRI_SUBCMD_CONNECTED_LINE && command->u.connected_line.id.name.valid &&
            command->u.connected_line.id.name.str[0])
            call->calls->events.named(call->calls->events.user, call,
                                      command->u.connected_line.id.name.str);
    }
}

static void hangup_received(PbxCalls *calls, const pri_event_hangup *hangup)
{
    PbxCall *call = find_isdn(calls, hangup->call);
    gint cause = hangup->cause > 0 ? hangup->cause : 16;

    if (!call)
        return;
    if (!call->cause)
        call->cause = cause;
    if (hangup->e == PRI_EVENT_HANGUP_REQ) {
        call->phase = PHASE_CLEARING;
        call->cleared_by_peer = TRUE;
        pbx_call_end_steps(call);
        loop_timer_start(calls->loop, call->timer, calls->clearing_us);
        return;
    }
    if (hangup->e == PRI_EVENT_HANGUP)
        pri_hangup(pbx_line_speaker(call->line)->isdn, call->isdn, cause);
    pbx_call_end(call);
}

static void restart_received(PbxCalls *calls, PbxLine *line, int encoded)
{
    gint channel = encoded == -1 ? 0 : encoded & 0xff;
    PbxLine *meant = pbx_line_meant(line, encoded);

    if (meant && calls->restart_class != RESTART_ALL)
        pbx_calls_restart(calls, meant, pbx_line_has_channel(meant, channel) ? (guint8)channel : 0);
    for (guint i = calls->live->len; calls->restart_class == RESTART_ALL && i > 0; i--) {
        PbxCall *call = i <= calls->live->len ? calls->live->pdata[i - 1] : NULL;

        if (call && pbx_line_is_kin(call->line, line))
            pbx_calls_restart(calls, call->line, 0);
    }
}

void pbx_calls_restart(PbxCalls *calls, PbxLine *line, guint8 channel)
{
    for (guint i = calls->live->len; i > 0; i--) {
        PbxCall *call = calls->live->pdata[i - 1];

        if (call->line != line || (channel && call->channel != channel))
            continue;
        if (call->isdn)
            pri_destroycall(pbx_line_speaker(line)->isdn, call->isdn);
        pbx_call_end(call);
    }
}

void pbx_calls_event(PbxCalls *calls, PbxLine *line, pri_event *event)
{
    PbxCall *call;

    switch (event->e) {
    case PRI_EVENT_RING:
        ring_received(calls, line, &event->ring);
        break;
    case PRI_EVENT_SETUP_ACK:
        if ((call = find_isdn(calls, event->setup_ack.call)))
            pbx_call_follow_channel(call, line, event->setup_ack.channel);
        break;
    case PRI_EVENT_PROCEEDING:
    case PRI_EVENT_PROGRESS:
        if ((call = find_isdn(calls, event->proceeding.call)))
            pbx_call_follow_channel(call, line, event->proceeding.channel);
        break;
    case PRI_EVENT_RINGING:
        if ((call = find_isdn(calls, event->ringing.call)))
            pbx_call_follow_channel(call, line, event->ringing.channel);
        break;
    case PRI_EVENT_ANSWER:
        if ((call = find_isdn(calls, event->answer.call))) {
            pbx_call_follow_channel(call, line, event->answer.channel);
            pbx_call_connected(call);
            subcommands_received(call, event->answer.subcmds);
        }
        break;
    case PRI_EVENT_FACILITY:
        if ((call = find_isdn(calls, event->facility.call)))
            subcommands_received(call, event->facility.subcmds);
        break;
    case PRI_EVENT_HOLD_ACK:
        if ((call = find_isdn(calls, event->hold_ack.call)))
            pbx_call_take_channel(call, 0);
        break;
    case PRI_EVENT_RETRIEVE_ACK:
        if ((call = find_isdn(calls, event->retrieve_ack.call)))
            pbx_call_retrieved(call, line, event->retrieve_ack.channel);
        break;
    case PRI_EVENT_HANGUP_REQ:
    case PRI_EVENT_HANGUP:
    case PRI_EVENT_HANGUP_ACK:
        hangup_received(calls, &event->hangup);
        break;
    case PRI_EVENT_RESTART:
        restart_received(calls, line, event->restart.channel);
        break;
    default: /* libpri's list, not ours: the wire report has already told the message */
        break;
    }
}

void pbx_calls_follow(PbxCalls *calls, PbxLine *line)
{
    for (guint i = calls->live->len; i > 0; i--) {
        const PbxCall *call = calls->live->pdata[i - 1];

        if (call->isdn && call->phase == PHASE_CONNECTED && pbx_line_is_kin(call->line, line))
            pbx_tap_attach(line, call->reference, !call->incoming);
    }
}

void pbx_calls_settled(PbxCalls *calls, PbxLine *line)
{
    for (guint i = calls->live->len; i > 0; i--) {
        PbxCall *call = calls->live->pdata[i - 1];

        if (pbx_line_is_kin(call->line, line) && !call->isdn && call != calls->making)
            pbx_call_end(call);
    }
}
