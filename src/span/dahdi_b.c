/* The B channels of a DAHDI span: a block read, a block written, by the line's clock. */
#include "dahdi.h"

#include <errno.h>
#include <string.h>

#define BUFFERS 4     /* of a block each way beside the cushion's: fewer leave no slack */
#define BLOCK_MAX 160 /* 20 ms */
#define BLOCKS_AT_ONCE 4

static guint block_octets(const DahdiSpan *self)
{
    return self->base.settings->block_ms * 8;
}

/* The driver hears 2100 Hz itself and stops cancelling; for the rest of the call we leave it so. */
static void stop_cancelling(DahdiChannel *channel)
{
    if (!channel->cancelling)
        return;
    channel->cancelling = FALSE;
    dahdi_cancel_echo(channel->fd, 0);
    log_info("span %s channel %u: a fax or modem tone, echo cancelling is off",
             channel->span->base.settings->name, channel->timeslot);
}

static void b_take_events(DahdiChannel *channel)
{
    DahdiEvent event;

    while (channel->watch && (event = dahdi_next_event(channel->fd)) != DAHDI_NO_EVENT) {
        if (event == DAHDI_FAX_TONE)
            stop_cancelling(channel);
        else
            dahdi_take_event(channel->span, event); /* may close the channel */
    }
}

static void b_write(DahdiChannel *channel, const guint8 *octets, gsize count)
{
    ssize_t sent = dahdi_calls()->write(channel->fd, octets, count);

    if (sent < 0 && errno == DAHDI_EVENT_WAITS) {
        b_take_events(channel);
        if (!channel->watch)
            return;
        sent = dahdi_calls()->write(channel->fd, octets, count);
    }
    /* The buffers are full: the line's clock had stopped for us, and this block is too much. */
    if (sent != (ssize_t)count)
        channel->span->base.counters.slips++;
}

/* FALSE when there is nothing more to read. */
static gboolean b_block(DahdiChannel *channel)
{
    DahdiSpan *self = channel->span;
    guint8 rx[BLOCK_MAX], tx[BLOCK_MAX];
    ssize_t size = dahdi_calls()->read(channel->fd, rx, block_octets(self));

    if (size < 0 && errno == DAHDI_EVENT_WAITS) {
        b_take_events(channel);
        return channel->watch != NULL;
    }
    if (size < 0 && errno == ENODEV)
        dahdi_lose(self, "the device was taken away");
    if (size <= 0)
        return FALSE;
    memset(tx, span_idle_octet(self->base.settings), (gsize)size);
    self->base.events.b_block(self->base.events.user, channel->timeslot, rx, tx, (gsize)size);
    if (channel->watch) /* it may have been closed */
        b_write(channel, tx, (gsize)size);
    return channel->watch != NULL;
}

static void b_readable(void *user, int fd, LoopReady ready)
{
    DahdiChannel *channel = user;

    (void)fd;
    if (ready & (LOOP_URGENT | LOOP_BROKEN))
        b_take_events(channel);
    for (guint i = 0; i < BLOCKS_AT_ONCE && channel->watch && b_block(channel); i++)
        ;
    if (channel->watch && (ready & LOOP_BROKEN) && !(ready & (LOOP_READABLE | LOOP_URGENT)))
        dahdi_lose(channel->span, "the device was taken away");
}

static void b_cancel_echo(DahdiChannel *channel)
{
    DahdiSpan *self = channel->span;
    guint taps = self->base.settings->echo_cancel_ms * 8;

    channel->cancelling =
        channel->use == SPAN_USE_SPEECH && taps > 0 && dahdi_cancel_echo(channel->fd, taps);
    if (channel->use == SPAN_USE_SPEECH && taps > 0 && !channel->cancelling &&
        log_limit(&self->echo_limit, 1, G_GINT64_CONSTANT(3600) * G_USEC_PER_SEC))
        log_warning(
            "[span %s] echo-cancel: channel %u has no canceller: give it one by echocanceller= "
            "in /etc/dahdi/system.conf, or set echo-cancel = 0",
            self->base.settings->name, channel->timeslot);
}

static void b_shape(DahdiChannel *channel)
{
    /* AUDIOMODE 0 drops canceller, gains and conference at once. */
    dahdi_set_audio(channel->fd, channel->use == SPAN_USE_SPEECH);
    b_cancel_echo(channel);
}

gboolean dahdi_b_join(DahdiChannel *channel, guint number)
{
    if (!dahdi_bridge(channel->fd, number))
        return FALSE;
    if (number && channel->cancelling) {
        channel->cancelling = FALSE;
        dahdi_cancel_echo(channel->fd, 0);
    } else if (!number && !channel->cancelling) {
        b_cancel_echo(channel);
    }
    return TRUE;
}

/* Written at the start, in as many writes as the driver's buffers need: so late may we come. */
static void b_cushion(DahdiChannel *channel)
{
    guint8 idle[BLOCK_MAX];
    guint block = block_octets(channel->span);

    memset(idle, span_idle_octet(channel->span->base.settings), sizeof idle);
    for (guint left = channel->span->base.settings->cushion_ms * 8; left > 0 && channel->watch;) {
        guint part = MIN(left, block);

        b_write(channel, idle, part);
        left -= part;
    }
}

void dahdi_b_start(DahdiChannel *channel)
{
    DahdiSpan *self = channel->span;
    guint block = block_octets(self);

    if (channel->watch || channel->fd < 0)
        return;
    b_shape(channel);
    dahdi_set_buffers(channel->fd, BUFFERS + self->base.settings->cushion_ms * 8 / block, block);
    dahdi_report_buffers(channel->fd);
    dahdi_flush(channel->fd);
    channel->watch =
        loop_watch(self->loop, channel->fd, LOOP_READABLE | LOOP_URGENT, b_readable, channel);
    b_cushion(channel);
}

void dahdi_b_stop(DahdiChannel *channel)
{
    if (!channel->watch)
        return;
    loop_unwatch(channel->span->loop, g_steal_pointer(&channel->watch));
    channel->cancelling = FALSE;
    dahdi_bridge(channel->fd, 0);
    dahdi_cancel_echo(channel->fd, 0);
    dahdi_flush(channel->fd);
}
