/* The life of a port: its orders, its blocks, and how long the far end has been silent. */
#include "port_private.h"

#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define POLL_SAMPLES 80 /* the socket is looked at every 10 ms, or when samples run short */

guint32 random_word(void)
{
    guint32 word;

    /* Up to 256 octets getrandom() neither fails nor comes short, once the kernel is seeded. */
    while (getrandom(&word, sizeof(word), 0) != (gssize)sizeof(word))
        ;
    return word;
}

Port *port_new(const PortSetup *setup)
{
    Port *self = g_new0(Port, 1);

    self->setup = *setup;
    self->orders.call = setup->call;
    self->stats.call = setup->call;
    self->stats.port = address_port((const struct sockaddr *)&setup->pair.local);
    self->out.ssrc = random_word();
    self->out.timestamp = random_word();
    self->out.sequence = (guint16)random_word();
    self->out.talkspurt = TRUE;
    jitter_init(&self->jitter, self->law, setup->jitter_samples);
    port_digits_open(self);
    port_rtcp_open(self);
    return self;
}

static void pair_close(const PortPair *pair)
{
    close(pair->rtp);
    close(pair->rtcp);
    if (pair->other_rtp >= 0)
        close(pair->other_rtp);
    if (pair->other_rtcp >= 0)
        close(pair->other_rtcp);
}

int port_rtp_socket(const Port *self)
{
    const PortPair *pair = &self->setup.pair;
    gboolean other =
        pair->other_rtp >= 0 && self->rtp_source.agreed.ss_family == pair->other.ss_family;

    return other ? pair->other_rtp : pair->rtp;
}

int port_rtcp_socket(const Port *self)
{
    const PortPair *pair = &self->setup.pair;
    gboolean other =
        pair->other_rtcp >= 0 && self->rtp_source.agreed.ss_family == pair->other.ss_family;

    return other ? pair->other_rtcp : pair->rtcp;
}

void port_free(Port *self)
{
    if (!self)
        return;
    port_rtcp_bye(self);
    pair_close(&self->setup.pair);
    g_free(self);
}

const PortOrders *port_orders(const Port *self)
{
    return &self->orders;
}

Law port_law(const Port *self)
{
    return self->law;
}

guint16 port_number(const Port *self)
{
    return self->stats.port;
}

/* A hold, by direction or by c=0.0.0.0: the far end owes us nothing. */
static gboolean orders_held(const PortOrders *orders)
{
    return !orders->remote.send || !orders->remote.receive ||
           orders->remote.rtp.ss_family == AF_UNSPEC;
}

/* Is the call in a state in which silence means that the far end is gone? */
static gboolean orders_expect_rtp(const PortOrders *orders)
{
    return orders->to_phone && orders->to_channel && orders->has_remote && !orders_held(orders);
}

gboolean port_is_through(const Port *self)
{
    return orders_expect_rtp(&self->orders) && self->orders.tone == TONE_NONE;
}

gboolean port_speaks_with(const Port *self, const Port *other)
{
    const struct sockaddr_storage *far = &self->orders.remote.rtp;

    const struct sockaddr *own[] = {(const struct sockaddr *)&other->setup.pair.local,
                                    (const struct sockaddr *)&other->setup.pair.other};

    return far->ss_family && (address_equal((const struct sockaddr *)far, own[0]) ||
                              address_equal((const struct sockaddr *)far, own[1]));
}

static void port_start_tone(Port *self, Tone tone)
{
    switch (tone) {
    case TONE_NONE:
        break;
    case TONE_DIAL:
        tone_player_start(&self->tone, &self->setup.dial);
        break;
    case TONE_RINGBACK:
        tone_player_start(&self->tone, &self->setup.ringback);
        break;
    case TONE_BUSY:
        tone_player_start(&self->tone, &self->setup.busy);
        break;
    }
}

/* The address the far end named for RTCP, or the port after its RTP (RFC 3550 11). */
static struct sockaddr_storage remote_rtcp(const MediaRemote *remote)
{
    struct sockaddr_storage address = remote->rtcp;

    if (address.ss_family == AF_UNSPEC && remote->rtp.ss_family != AF_UNSPEC) {
        address = remote->rtp;
        address_set_port(&address,
                         (guint16)(address_port((const struct sockaddr *)&remote->rtp) + 1));
    }
    return address;
}

void port_obey(Port *self, const PortOrders *orders, Law law)
{
    PortOrders before = self->orders;

    self->orders = *orders;
    if (law != self->law) {
        self->law = law;
        jitter_init(&self->jitter, law, self->setup.jitter_samples);
    }
    if (orders->has_remote) {
        struct sockaddr_storage rtcp = remote_rtcp(&orders->remote);

        source_agree(&self->rtp_source, &orders->remote.rtp);
        source_agree(&self->rtcp_source, &rtcp);
    }
    if (orders->tone != before.tone)
        port_start_tone(self, orders->tone);
    port_digits_obey(self);
    if (!orders_expect_rtp(&before)) {
        self->quiet = 0;
        self->told_silent = FALSE;
    }
}

const struct sockaddr_storage *port_target(const Port *self)
{
    if (!self->orders.to_phone || !self->orders.has_remote || !self->orders.remote.send)
        return NULL;
    return source_target(&self->rtp_source);
}

static void port_watch_silence(Port *self, gsize count)
{
    self->quiet += count;
    if (self->setup.timeout_samples == 0 || self->quiet < self->setup.timeout_samples ||
        self->told_silent || !orders_expect_rtp(&self->orders))
        return;
    self->told_silent = TRUE;
    self->setup.silent(self->setup.user, self->setup.call);
}

/* What the channel hears. The jitter buffer is played in any case, so that it is in step when it is
 * wanted. */
static void port_fill(Port *self, guint8 *tx, gsize count)
{
    jitter_play(&self->jitter, tx, count);
    if (self->orders.tone != TONE_NONE)
        tone_player_play(&self->tone, self->law, tx, count);
    else if (!self->orders.to_channel || (self->orders.has_remote && !self->orders.remote.receive))
        memset(tx, law_silence(self->law), count);
    port_digits_fill(self, tx, count);
}

/* What the phone hears, digits apart. */
static void port_pass(Port *self, const guint8 *rx, gsize count)
{
    while (count > 0) {
        guint8 clean[DIGITS_CHUNK];
        gsize part = port_digits_hear(self, rx, clean, count);

        port_send(self, clean, part);
        rx += part;
        count -= part;
    }
}

void port_block(Port *self, const guint8 *rx, guint8 *tx, gsize count)
{
    self->since_poll += (guint)count;
    if (self->since_poll >= POLL_SAMPLES ||
        (self->jitter.running && !jitter_is_ready(&self->jitter, count)))
        port_receive(self);
    port_fill(self, tx, count);
    if (port_hears_digits(self) || port_digits_are_busy(self))
        port_pass(self, rx, count);
    else
        port_send(self, rx, count);
    port_rtcp_tick(self, count);
    port_watch_silence(self, count);
}

static void port_ignore(Port *self, const PortDatagram *datagram)
{
}

void port_drain(Port *self)
{
    port_read_socket(self, port_rtp_socket(self), port_ignore);
    port_read_socket(self, port_rtcp_socket(self), port_ignore);
    jitter_restart(&self->jitter);
}

void port_stats(const Port *self, MediaStats *stats)
{
    *stats = self->stats;
    stats->lost = reception_lost_total(&self->reception);
    stats->late = self->jitter.stats.late;
    stats->digits_in = self->digits.to_channel.taken;
    stats->digits_out = self->digits.out;
    stats->concealed = self->jitter.stats.concealed;
    stats->slipped = self->jitter.stats.slipped;
    stats->jitter_us = reception_jitter(&self->reception) * 125;
    stats->depth_ms = jitter_depth(&self->jitter) / SAMPLES_PER_MS;
}
