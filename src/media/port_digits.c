/* Digits of a port: RFC 4733 and DTMF on the channel, each made from the other.
 *
 * While a digit of the channel is told as events its sound is kept from the phone. Two blocks of
 * the detector, of 12.75 ms each, tell a digit; the first of them is enough to hush what may be
 * one, and what of it lies in the packet being filled is hushed too. So at most what went before
 * that block leaks: less than 13 ms, and with packets of 20 ms mostly nothing.
 */
#include "port_private.h"

#include <string.h>

#define SIGNALLED_MS 100                   /* a digit that signalling has told of, at least */
#define DETECTOR_BLOCK 102                 /* samples */
#define MUTE_BACK (DETECTOR_BLOCK * 3 / 2) /* a tone may have begun half a block before */
#define REST_MARGIN 160
#define VOLUME_MAX 63

/* ---- from the phone ----------------------------------------------------------------------------
 */

/* Can the channel hear the phone's digits now? Never where data, a tone of ours or a hold is. */
static gboolean port_takes_digits(const Port *self)
{
    const PortOrders *orders = &self->orders;

    return orders->use == SPAN_USE_SPEECH && orders->tone == TONE_NONE && orders->to_channel &&
           (!orders->has_remote || orders->remote.receive);
}

static void port_tell_digits(Port *self)
{
    char digit;

    while ((digit = digit_player_take(&self->digits.to_channel)))
        self->setup.digit(self->setup.user, self->setup.call, digit, SIGNALLED_MS, FALSE);
}

gboolean port_take_event(Port *self, const RtpPacket *packet)
{
    PortDigits *digits = &self->digits;
    gboolean good = event_reader_take(&digits->reader, packet, &digits->to_channel);

    self->stats.events++;
    if (!port_takes_digits(self))
        digit_player_clear(&digits->to_channel);
    else if (self->orders.keypad)
        port_tell_digits(self);
    return good;
}

void port_digits_fill(Port *self, guint8 *tx, gsize count)
{
    PortDigits *digits = &self->digits;

    event_reader_pass(&digits->reader, count, &digits->to_channel);
    if (!port_takes_digits(self))
        digit_player_clear(&digits->to_channel);
    /* The phone's own sound of the key lies in the jitter buffer still when its events have ended.
     */
    digits->to_channel.rest = self->setup.jitter_samples + REST_MARGIN;
    while (count > 0 && digit_player_is_busy(&digits->to_channel)) {
        gsize part = count;
        char digit = digit_player_step(&digits->to_channel, &part);

        dtmf_tone_play(&digits->channel_tone, digit, self->law, tx, part);
        tx += part;
        count -= part;
    }
}

/* ---- from the channel --------------------------------------------------------------------------
 */

static gboolean port_has_events(const Port *self)
{
    return self->orders.has_remote && self->orders.remote.event_payload_type >= 0;
}

gboolean port_hears_digits(const Port *self)
{
    return self->orders.use == SPAN_USE_SPEECH && port_target(self) &&
           (port_has_events(self) || self->orders.digits_by_info);
}

static void digits_report(void *user, int digit, int dbm0, int duration)
{
    Port *self = user;
    PortDigits *digits = &self->digits;
    char before = digits->heard;

    (void)duration;
    digits->heard = digit_event((char)digit) >= 0 ? (char)digit : 0;
    if (digits->heard)
        digits->heard_loud = (guint)CLAMP(-dbm0, 0, VOLUME_MAX);
    if (before && self->orders.digits_by_info)
        self->setup.digit(self->setup.user, self->setup.call, before,
                          (digits->clock - digits->heard_at) / SAMPLES_PER_MS, TRUE);
    digits->heard_at = digits->clock;
}

void port_digits_open(Port *self)
{
    dtmf_rx_init(&self->digits.detector, NULL, NULL);
    dtmf_rx_set_realtime_callback(&self->digits.detector, digits_report, self);
}

void port_digits_obey(Port *self)
{
    PortDigits *digits = &self->digits;

    if (port_hears_digits(self) || !(digits->heard || digits->detector.last_hit))
        return;
    /* What was heard last is not to be found again when somebody listens anew. */
    port_digits_open(self);
    digits->heard = 0;
}

/* The digit that is to be told the phone during the next COUNT samples of RX, which the detector
 * hears. */
static char port_next_source(Port *self, const guint8 *rx, gsize count)
{
    PortDigits *digits = &self->digits;
    gint16 linear[DIGITS_CHUNK];

    for (gsize i = 0; i < count; i++)
        linear[i] = law_decode(self->law, rx[i]);
    dtmf_rx(&digits->detector, linear, (int)count);
    digits->clock += (guint32)count;
    return self->orders.digits_by_info ? 0 : digits->heard;
}

/* One digit ends, another begins, at the sample that the packet being filled has reached. */
static void port_change_source(Port *self, char digit, guint volume)
{
    PortDigits *digits = &self->digits;
    guint32 now = self->out.timestamp + self->out.filled;

    if (digit == digits->source)
        return;
    event_writer_end(&digits->writer, now);
    digits->source = digit;
    if (!digit)
        return;
    while (digits->writer.ends > 0) /* all of them before the next one begins */
        port_send_event(self);
    event_writer_begin(&digits->writer, digit, volume, self->out.timestamp);
    digits->out++;
}

static void port_hush(Port *self, guint8 *clean, gsize count)
{
    guint8 silence = law_silence(self->law);

    if (!self->digits.hushed)
        port_hush_packet(self, MUTE_BACK);
    self->digits.hushed = TRUE;
    memset(clean, silence, count);
}

gsize port_digits_hear(Port *self, const guint8 *rx, guint8 *clean, gsize count)
{
    PortDigits *digits = &self->digits;
    gboolean ordered = digit_player_is_busy(&digits->to_phone);
    char digit = 0;

    count = MIN(count, DIGITS_CHUNK);
    if (ordered)
        digit = digit_player_step(&digits->to_phone, &count);
    if (!port_target(self)) { /* on hold nobody is told */
        port_change_source(self, 0, 0);
        memcpy(clean, rx, count);
        return count;
    }
    if (port_hears_digits(self)) {
        char heard = port_next_source(self, rx, count);

        digit = digit ? digit : heard;
    }
    if (port_has_events(self))
        port_change_source(self, digit, ordered ? 10 : digits->heard_loud);
    if (ordered && !port_has_events(self)) {
        dtmf_tone_play(&digits->phone_tone, digit, self->law, clean, count);
    } else if (ordered || digits->heard || (port_hears_digits(self) && digits->detector.last_hit)) {
        port_hush(self, clean, count);
        return count;
    } else {
        memcpy(clean, rx, count);
    }
    digits->hushed = FALSE;
    return count;
}

gboolean port_digits_are_busy(const Port *self)
{
    return digit_player_is_busy(&self->digits.to_phone) || self->digits.source ||
           self->digits.writer.ends > 0;
}

/* ---- by order of signalling --------------------------------------------------------------------
 */

void port_play_digits(Port *self, const char *text, guint ms, gboolean to_phone)
{
    PortDigits *digits = &self->digits;
    DigitPlayer *player = to_phone ? &digits->to_phone : &digits->to_channel;

    if (self->orders.use != SPAN_USE_SPEECH || (!to_phone && !port_takes_digits(self)) ||
        (to_phone && !port_target(self)))
        return;
    for (; *text; text++)
        if (digit_event(*text) >= 0)
            digit_player_add(player, g_ascii_toupper(*text), ms * SAMPLES_PER_MS);
}
