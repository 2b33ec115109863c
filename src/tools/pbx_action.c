/* What a command does to one call: the libpri functions, and edits where libpri says it another
 * way. */
#include "pbx_call_private.h"
#include "pbx_group.h"

#include <gio/gio.h>
#include <string.h>

/* A cause for which libpri sends what it was asked for: DISCONNECT before clearing, else RELEASE.
 */
#define PLAIN_CAUSE 16
/* A cause for which libpri sends RELEASE COMPLETE at once. */
#define ABRUPT_CAUSE 81

static gboolean action_fail(GError **error, const char *why)
{
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, why);
    return FALSE;
}

static void edit_next(PbxCall *call, guint8 type, guint8 new_type, const PbxCommand *command)
{
    gint cause = command->cause, progress = command->progress == 8 && type != MESSAGE_DISCONNECT
                                                ? 0 /* libpri says that */
                                                : command->progress;
    PbxEdit edit = {
        .reference = call->reference,
        .to_originator = call->incoming,
        .type = type,
        .new_type = new_type,
        .cause = cause,
        .progress = progress,
        .extra = command->extra ? g_bytes_ref(command->extra) : NULL,
    };

    if (!cause && !new_type && !progress && !edit.extra)
        return;
    if (type == MESSAGE_DISCONNECT || type == MESSAGE_RELEASE)
        if (cause == PLAIN_CAUSE && !new_type && !progress && !edit.extra)
            return; /* libpri says just that */
    pbx_edits_add(&pbx_line_speaker(call->line)->edits, &edit);
}

/* ---- before the connection ------------------------------------------------------------------- */

static gboolean act_before(PbxCall *call, const PbxCommand *command, GError **error)
{
    struct pri *isdn = pbx_line_speaker(call->line)->isdn;
    int channel = pbx_line_encode(call->line, call->channel);

    if (!call->incoming)
        return action_fail(error, "that is for coming calls, and this one is ours");
    if (call->phase != PHASE_SETUP)
        return action_fail(error, "the call is past its set-up");
    switch ((int)command->verb) {
    case VERB_PROCEED:
        return pri_proceeding(isdn, call->isdn, channel, 0) == 0;
    case VERB_SETUP_ACK:
        return pri_setup_ack(isdn, call->isdn, channel, 0, 0) == 0;
    case VERB_ALERT:
        edit_next(call, MESSAGE_ALERTING, 0, command);
        return pri_acknowledge(isdn, call->isdn, channel, command->progress == 8) == 0;
    case VERB_PROGRESS:
        edit_next(call, MESSAGE_PROGRESS, 0, &(PbxCommand){.progress = command->progress});
        if (command->cause)
            return pri_progress_with_cause(isdn, call->isdn, channel, 1, command->cause) == 0;
        return pri_progress(isdn, call->isdn, channel, 1) == 0;
    case VERB_ANSWER:
        if ((command->calling || command->name) && !pbx_party_act(call, command))
            return FALSE;
        edit_next(call, MESSAGE_CONNECT, 0, command);
        if (pri_answer(isdn, call->isdn, channel, 0))
            return FALSE;
        pbx_call_connected(call);
        return TRUE;
    }
    return FALSE;
}

/* ---- clearing -------------------------------------------------------------------------------- */

static gboolean act_disconnect(PbxCall *call, const PbxCommand *command, GError **error)
{
    if (call->phase == PHASE_CLEARING)
        return action_fail(error, "the call is being cleared already");
    call->phase = PHASE_CLEARING;
    edit_next(call, MESSAGE_DISCONNECT, 0, command);
    pri_hangup(pbx_line_speaker(call->line)->isdn, call->isdn, PLAIN_CAUSE);
    return TRUE;
}

static gboolean act_release(PbxCall *call, const PbxCommand *command)
{
    if (call->phase == PHASE_CLEARING) { /* in answer to a DISCONNECT, or after ours */
        edit_next(call, MESSAGE_RELEASE, 0, command);
        call->cleared_by_peer = FALSE;
    } else { /* as the first clearing message: libpri thinks it is a DISCONNECT */
        edit_next(call, MESSAGE_DISCONNECT, MESSAGE_RELEASE, command);
    }
    call->phase = PHASE_CLEARING;
    pri_hangup(pbx_line_speaker(call->line)->isdn, call->isdn, PLAIN_CAUSE);
    return TRUE;
}

/* RELEASE COMPLETE ends the call at once: libpri forgets it, and so do we. */
static gboolean act_complete(PbxCall *call, const PbxCommand *command)
{
    struct pri *isdn = pbx_line_speaker(call->line)->isdn;

    if (call->phase == PHASE_SETUP) {
        edit_next(call, MESSAGE_RELEASE_COMPLETE, 0, command);
        pri_hangup(isdn, call->isdn, ABRUPT_CAUSE);
    } else {
        guint8 type = call->cleared_by_peer ? MESSAGE_RELEASE : MESSAGE_DISCONNECT;

        edit_next(call, type, MESSAGE_RELEASE_COMPLETE, command);
        pri_hangup(isdn, call->isdn, PLAIN_CAUSE);
    }
    pri_destroycall(isdn, call->isdn);
    pbx_call_end(call);
    return TRUE;
}

void pbx_call_clear(PbxCall *call, gint cause)
{
    PbxCommand command = {.verb = call->responded ? VERB_DISCONNECT : VERB_COMPLETE,
                          .cause = cause};

    if (!call->isdn || (call->phase == PHASE_CLEARING && !call->cleared_by_peer))
        return;
    if (call->phase == PHASE_CLEARING)
        command.verb = VERB_RELEASE;
    pbx_call_end_steps(call);
    pbx_call_act(call, &command, NULL);
}

/* ---- audio, digits, raw ---------------------------------------------------------------------- */

static gboolean act_audio(PbxCall *call, const PbxCommand *command, GError **error)
{
    if (!call->channel)
        return action_fail(error, "the call has no channel yet");
    pbx_line_b_open(call->line, call->channel);
    switch ((int)command->verb) {
    case VERB_PLAY:
        return pbx_audio_play(call->audio, &command->source, command->file, error);
    case VERB_RECORD:
        return pbx_audio_record(call->audio, command->file, command->on, error);
    case VERB_ECHO:
        pbx_audio_echo(call->audio);
        return TRUE;
    case VERB_STOP:
        pbx_audio_rest(call->audio);
        return pbx_audio_record_end(call->audio, error);
    }
    return FALSE;
}

/* Octets that begin with the protocol discriminator are a whole message; else they are a message
 * type and its elements, and the header is the call's. */
static gboolean act_raw(PbxCall *call, const PbxCommand *command)
{
    g_autoptr(GBytes) whole = g_bytes_ref(command->octets);
    gsize length;
    const guint8 *octets = g_bytes_get_data(command->octets, &length);

    if (octets[0] != MESSAGE_PROTOCOL_Q931) {
        GByteArray *message = g_byte_array_new();
        guint8 header[4] = {MESSAGE_PROTOCOL_Q931, 2,
                            (guint8)((call->incoming ? 0x80 : 0) | ((call->reference >> 8) & 0x7f)),
                            (guint8)(call->reference & 0xff)};

        g_byte_array_append(message, header, sizeof header);
        g_byte_array_append(message, octets, (guint)length);
        g_bytes_unref(whole);
        whole = g_byte_array_free_to_bytes(message);
    }
    return pbx_line_send_message(call->line, call->isdn, call->incoming, whole);
}

/* INFORMATION with one digit and Sending complete, which libpri has for SETUP alone. */
static gboolean send_last_digit(PbxCall *call, char digit)
{
    const guint8 octets[] = {MESSAGE_INFORMATION, 0xa1, 0x70, 2, 0x80, (guint8)digit};
    g_autoptr(GBytes) bytes = g_bytes_new(octets, sizeof octets);
    PbxCommand command = {.verb = VERB_RAW, .octets = bytes};

    return act_raw(call, &command);
}

static gboolean act_digits(PbxCall *call, const PbxCommand *command)
{
    for (const char *digit = command->called; *digit; digit++) {
        if (command->on && !digit[1])
            return send_last_digit(call, *digit);
        if (pri_information(pbx_line_speaker(call->line)->isdn, call->isdn, *digit))
            return FALSE;
    }
    return TRUE;
}

static gboolean call_act(PbxCall *call, const PbxCommand *command, GError **error)
{
    switch (command->verb) {
    case VERB_PROCEED:
    case VERB_SETUP_ACK:
    case VERB_ALERT:
    case VERB_PROGRESS:
    case VERB_ANSWER:
        return act_before(call, command, error);
    case VERB_DISCONNECT:
        return act_disconnect(call, command, error);
    case VERB_RELEASE:
        return act_release(call, command);
    case VERB_COMPLETE:
        return act_complete(call, command);
    case VERB_REJECT:
        return call->responded ? act_disconnect(call, command, error) : act_complete(call, command);
    case VERB_DIGITS:
        return act_digits(call, command);
    case VERB_NOTIFY:
    case VERB_HOLD:
    case VERB_RETRIEVE:
    case VERB_REROUTE:
    case VERB_CHARGE:
    case VERB_MCID:
        return pbx_service_act(call, command);
    case VERB_PARTY:
        return pbx_party_act(call, command);
    case VERB_RAW:
        return act_raw(call, command);
    case VERB_PLAY:
    case VERB_RECORD:
    case VERB_ECHO:
    case VERB_STOP:
        return act_audio(call, command, error);
    case VERB_NOTHING:
    case VERB_JOIN:
    case VERB_NAME:
    case VERB_EXPECT:
    case VERB_BEHAVE:
    case VERB_CALL:
    case VERB_RATE:
    case VERB_RESTART:
    case VERB_MWI:
    case VERB_SERVICE:
    case VERB_RAW_FRAME:
    case VERB_IGNORE:
    case VERB_HEED:
    case VERB_LATE:
    case VERB_LINE:
    case VERB_DCHANNEL:
    case VERB_SWITCH:
    case VERB_TIMER:
    case VERB_CLEARING:
    case VERB_WAIT:
    case VERB_FORGET:
    case VERB_CHECK_IDLE:
    case VERB_SERVE:
    case VERB_QUIT:
        break;
    }
    return action_fail(error, "that is no command of a call");
}

gboolean pbx_call_act(PbxCall *call, const PbxCommand *command, GError **error)
{
    PbxLine *line = call->line;
    gboolean done;

    if (!call->isdn)
        return action_fail(error, "libpri does not know the call");
    done = call_act(call, command, error);
    pbx_line_settle(line);
    if (!done && error && !*error)
        action_fail(error, "libpri refuses it in this state of the call");
    return done;
}

/* ---- making ---------------------------------------------------------------------------------- */

/* '+' stands for an international number (Q.931 type 1, E.164). */
static const char *number_plan(const char *digits, int *plan)
{
    *plan = digits[0] == '+' ? PRI_INTERNATIONAL_ISDN : PRI_UNKNOWN;
    return digits[0] == '+' ? digits + 1 : digits;
}

static struct pri_sr *request_new(PbxLine *line, const PbxCommand *command, guint8 channel)
{
    struct pri_sr *request = pri_sr_new();
    int plan;
    const char *called = number_plan(command->called, &plan);
    gboolean data = command->bearer >= 0 && command->bearer != BEARER_SPEECH &&
                    command->bearer != BEARER_3K1_AUDIO;
    int layer1 = line->settings->span.law == LAW_ALAW ? PRI_LAYER_1_ALAW : PRI_LAYER_1_ULAW;

    pri_sr_set_called(request, (char *)called, plan, !command->overlap);
    pri_sr_set_channel(request, pbx_line_encode(line, channel), command->exclusive, 0);
    pri_sr_set_bearer(request, command->bearer < 0 ? PRI_TRANS_CAP_SPEECH : command->bearer,
                      data ? -1 : layer1);
    if (command->calling || command->name) {
        const char *calling = number_plan(command->calling ? command->calling : "", &plan);

        pri_sr_set_caller(request, command->calling ? (char *)calling : NULL, command->name, plan,
                          command->restricted ? PRES_PROHIB_USER_NUMBER_NOT_SCREENED
                                              : PRES_ALLOWED_USER_NUMBER_NOT_SCREENED);
    }
    return request;
}

PbxCall *pbx_call_make(PbxCalls *calls, PbxLine *line, const PbxCommand *command, GError **error)
{
    guint8 channel = command->channel ? (guint8)command->channel : pbx_line_free_channel(line);
    PbxLine *speaker = pbx_line_speaker(line);
    struct pri_sr *request;
    PbxCall *call;
    int failed;

    if (!channel || !pbx_line_has_channel(line, channel)) {
        action_fail(error, channel ? "the span has no such B channel" : "all channels are busy");
        return NULL;
    }
    call = pbx_call_new(calls, line, FALSE);
    call->isdn = pri_new_call(speaker->isdn);
    request = request_new(line, command, channel);
    if (!line->channels[channel]) /* else the far end has to refuse it: that may be the test */
        pbx_call_take_channel(call, channel);
    call->load = command->verb == VERB_RATE;
    calls->making = call;
    call->reference = call->isdn ? pbx_line_reference(line, call->isdn) : -1;
    pbx_edits_forget(&speaker->edits, call->reference, FALSE);
    edit_next(call, MESSAGE_SETUP, 0, &(PbxCommand){.extra = command->extra});
    if (command->follows)
        pri_display_options_send(speaker->isdn, PRI_DISPLAY_OPTION_BLOCK);
    failed = !call->isdn || pri_setup(speaker->isdn, call->isdn, request);
    pri_display_options_send(speaker->isdn, 0);
    calls->making = NULL;
    pri_sr_free(request);
    pbx_line_settle(line);
    if (failed) {
        action_fail(error, "libpri cannot send the SETUP");
        pbx_call_end(call);
        return NULL;
    }
    return call;
}
