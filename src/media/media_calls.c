/* The call map's media actions: each one changes what the call wants of its port, and orders that.
 */
#include "cause.h"
#include "joined.h"
#include "log.h"
#include "media_private.h"

#define PT_PCMU 0
#define PT_PCMA 8
#define SAMPLES_PER_MS 8
#define DIGIT_MS 100 /* of a digit that nobody says the length of */

static PortOrders *booking_find(Media *media, const Call *call)
{
    return g_hash_table_lookup(media->bookings, GUINT_TO_POINTER(call_id(call)));
}

static SpanUse use_of(Bearer bearer)
{
    switch (bearer) {
    case BEARER_SPEECH:
    case BEARER_3K1_AUDIO:
    case BEARER_7K_AUDIO:
        return SPAN_USE_SPEECH;
    case BEARER_UNRESTRICTED:
    case BEARER_RESTRICTED:
    case BEARER_VIDEO:
        return SPAN_USE_DATA;
    }
    return SPAN_USE_SPEECH;
}

/* Takes over what the call now is: its channel, which a second attempt may have changed, and its
 * far end. */
static void booking_order(Media *media, PortOrders *orders, const Call *call)
{
    const MediaRemote *remote = call_remote(call);
    MediaCommand command = {.kind = COMMAND_ORDER};

    orders->partner = call_joined(call);
    orders->channel = orders->partner ? (Channel){0} : call_channel(call);
    orders->use = use_of(call_setup(call)->bearer);
    orders->has_remote = remote != NULL;
    if (remote)
        orders->remote = *remote;
    orders->digits_by_info = call_takes_info(call);
    orders->keypad = call_takes_keypad(call);
    command.orders = *orders;
    media_command(media, &command);
}

static gboolean refuse(Call *call, guint8 cause, const char *why)
{
    CallNews news = CALL_NEWS_INIT;

    news.cause = cause;
    g_strlcpy(news.detail, why, sizeof(news.detail));
    call_event(call, EVENT_MEDIA_NONE, &news);
    return FALSE;
}

static void booking_close(Media *media, guint32 call, PortOrders *orders)
{
    MediaCommand command = {.kind = COMMAND_CLOSE, .orders.call = call};

    media_command(media, &command);
    board_wipe_port(media->board, call);
    g_hash_table_remove(media->bookings, GUINT_TO_POINTER(call)); /* frees ORDERS */
}

static PortOrders *booking_new(Media *media, const Call *call, const PortPair *pair)
{
    const MediaSettings *settings = &media->settings->media;
    PortOrders *orders = g_new0(PortOrders, 1);
    MediaStats stats = {
        .call = call_id(call),
        .port = address_port((const struct sockaddr *)&pair->local),
    };
    PortSetup setup = {
        .call = call_id(call),
        .pair = *pair,
        .jitter_samples = settings->jitter_ms * SAMPLES_PER_MS,
        .timeout_samples = (guint64)(settings->rtp_timeout_us / 125),
        .dial = media->dial,
        .ringback = media->ringback,
        .busy = media->busy,
        .user = media,
        .silent = media_on_silent,
        .digit = media_on_digit,
    };
    MediaCommand command = {.kind = COMMAND_OPEN, .port = port_new(&setup)};

    orders->call = call_id(call);
    g_hash_table_insert(media->bookings, GUINT_TO_POINTER(call_id(call)), orders);
    board_add_port(media->board, &stats);
    media_command(media, &command);
    return orders;
}

static gboolean action_open(void *room, Call *call, const CallNews *news)
{
    Media *media = room;
    const MediaRemote *remote = call_remote(call);
    PortOrders *orders = booking_find(media, call);
    PortPair pair;

    if (remote && remote->payload_type != PT_PCMU && remote->payload_type != PT_PCMA)
        return refuse(call, CAUSE_BEARER_NOT_IMPLEMENTED, "media: payload type not served");
    if (!orders) {
        if (!port_pairs_book(media->pairs, &pair))
            return refuse(call, CAUSE_RESOURCE_UNAVAILABLE, "media: no RTP port pair");
        call_set_local_rtp(call, &pair.local);
        orders = booking_new(media, call, &pair);
    }
    booking_order(media, orders, call);
    return TRUE;
}

static gboolean action_update(void *room, Call *call, const CallNews *news)
{
    PortOrders *orders = booking_find(room, call);

    if (orders)
        booking_order(room, orders, call);
    return TRUE;
}

/* The channel and the phone are joined in these directions from now on. */
static gboolean booking_join(Media *media, Call *call, gboolean to_phone, gboolean to_channel)
{
    PortOrders *orders = booking_find(media, call);

    if (!orders)
        return TRUE;
    orders->to_phone = to_phone;
    orders->to_channel = to_channel;
    if (to_channel)
        orders->tone = TONE_NONE;
    booking_order(media, orders, call);
    return TRUE;
}

static gboolean action_listen(void *room, Call *call, const CallNews *news)
{
    return booking_join(room, call, TRUE, FALSE);
}

static gboolean action_play(void *room, Call *call, const CallNews *news)
{
    return booking_join(room, call, FALSE, TRUE);
}

static gboolean action_through(void *room, Call *call, const CallNews *news)
{
    return booking_join(room, call, TRUE, TRUE);
}

/* The channel is the PBX's to clear; digits that it was to hear have nobody to hear them. */
static gboolean action_join(void *room, Call *call, const CallNews *news)
{
    return booking_join(room, call, TRUE, TRUE);
}

static gboolean booking_sound(Media *media, Call *call, Tone tone)
{
    PortOrders *orders = booking_find(media, call);

    if (!orders || !call_ringback_wanted(call))
        return TRUE;
    orders->tone = tone;
    booking_order(media, orders, call);
    return TRUE;
}

/* The trunk has been asked before: the hall wants dial tone only where it is wanted. */
static gboolean action_dial(void *room, Call *call, const CallNews *news)
{
    PortOrders *orders = booking_find(room, call);

    if (!orders)
        return TRUE;
    orders->tone = TONE_DIAL;
    booking_order(room, orders, call);
    return TRUE;
}

static gboolean action_ringback(void *room, Call *call, const CallNews *news)
{
    return booking_sound(room, call, TONE_RINGBACK);
}

static gboolean action_close(void *room, Call *call, const CallNews *news)
{
    PortOrders *orders = booking_find(room, call);
    struct sockaddr_storage none = {0};

    if (!orders)
        return TRUE;
    call_set_local_rtp(call, &none);
    booking_close(room, call_id(call), orders);
    return TRUE;
}

/* The phone has left: the channel hears the tone and nobody else anything. */
static gboolean action_busy(void *room, Call *call, const CallNews *news)
{
    PortOrders *orders = booking_find(room, call);

    if (!orders || !call_ringback_wanted(call))
        return action_close(room, call, news);
    orders->to_phone = orders->to_channel = FALSE;
    return booking_sound(room, call, TONE_BUSY);
}

static void booking_digits(Media *media, Call *call, const CallNews *news, gboolean to_phone)
{
    MediaCommand command = {.kind = COMMAND_DIGITS,
                            .orders.call = call_id(call),
                            .ms = news->digit_ms ? news->digit_ms : DIGIT_MS,
                            .to_phone = to_phone};

    if (!booking_find(media, call))
        return;
    g_strlcpy(command.digits, news->digits, sizeof(command.digits));
    media_command(media, &command);
}

static gboolean action_digit(void *room, Call *call, const CallNews *news)
{
    if (!call_takes_keypad(call))
        booking_digits(room, call, news, FALSE);
    return TRUE;
}

static gboolean action_signal(void *room, Call *call, const CallNews *news)
{
    if (!call_takes_info(call) && !call_twin(call))
        booking_digits(room, call, news, TRUE);
    return TRUE;
}

static void part(void *room, Call *call)
{
    PortOrders *orders = booking_find(room, call);

    if (!orders)
        return;
    log_warning("C%u media: the call ended with its port open", call_id(call));
    booking_close(room, call_id(call), orders);
}

CallOps media_call_ops(Media *media)
{
    CallOps ops = {.room = media, .part = part};

    ops.action[ACTION_MEDIA_OPEN] = action_open;
    ops.action[ACTION_MEDIA_UPDATE] = action_update;
    ops.action[ACTION_MEDIA_LISTEN] = action_listen;
    ops.action[ACTION_MEDIA_PLAY] = action_play;
    ops.action[ACTION_MEDIA_THROUGH] = action_through;
    ops.action[ACTION_MEDIA_DIAL] = action_dial;
    ops.action[ACTION_MEDIA_JOIN] = action_join;
    ops.action[ACTION_MEDIA_RINGBACK] = action_ringback;
    ops.action[ACTION_MEDIA_BUSY] = action_busy;
    ops.action[ACTION_MEDIA_HUSH] = action_close;
    ops.action[ACTION_MEDIA_CLOSE] = action_close;
    ops.action[ACTION_MEDIA_DIGIT] = action_digit;
    ops.action[ACTION_MEDIA_SIGNAL] = action_signal;
    return ops;
}
