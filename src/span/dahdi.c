/* A span of a T1, E1 or BRI card under the DAHDI driver: its life, its alarms, its return. */
#include "dahdi.h"

#define LOOK_EVERY_US G_USEC_PER_SEC

static void end_loop(DahdiSpan *self)
{
    if (self->looped)
        dahdi_loop_locally(self->number, FALSE);
    self->looped = FALSE;
}

static void detach(DahdiSpan *self)
{
    end_loop(self);
    loop_unwatch(self->loop, g_steal_pointer(&self->d_watch));
    for (guint slot = 1; slot <= SPAN_SLOTS_MAX; slot++) {
        DahdiChannel *channel = &self->channels[slot];

        dahdi_b_stop(channel);
        if (channel->fd >= 0)
            dahdi_calls()->close(channel->fd);
        channel->fd = -1;
    }
    if (self->d_fd >= 0)
        dahdi_calls()->close(self->d_fd);
    self->d_fd = -1;
    self->attached = FALSE;
}

static void complain(DahdiSpan *self, const GError *error)
{
    if (g_strcmp0(self->complaint, error->message) == 0)
        return;
    g_free(self->complaint);
    self->complaint = g_strdup(error->message);
    log_error("%s", error->message);
}

static void attach(DahdiSpan *self)
{
    g_autoptr(GError) error = NULL;

    if (!dahdi_attach(self, &error)) {
        detach(self);
        complain(self, error);
        return;
    }
    self->attached = TRUE;
    if (self->complaint)
        log_notice("span %s: the device is there again", self->base.settings->name);
    g_clear_pointer(&self->complaint, g_free);
    self->d_watch =
        loop_watch(self->loop, self->d_fd, LOOP_READABLE | LOOP_URGENT, dahdi_d_readable, self);
    for (guint slot = 1; slot <= SPAN_SLOTS_MAX; slot++) {
        if (self->channels[slot].wanted)
            dahdi_b_start(&self->channels[slot]);
    }
    dahdi_look(self);
}

void dahdi_lose(DahdiSpan *self, const char *why)
{
    if (!self->attached)
        return;
    detach(self);
    g_free(self->complaint);
    self->complaint = g_strdup(why);
    log_error("span %s: %s; it is looked for every second", self->base.settings->name, why);
    span_set_alarms(&self->base, SPAN_ALARM_RED);
}

void dahdi_look(DahdiSpan *self)
{
    SpanCounters *counters = &self->base.counters;
    DahdiSpanInfo info;

    if (!self->attached)
        return;
    if (!dahdi_span_info(self->d_fd, self->number, &info)) {
        dahdi_lose(self, "the driver knows the span no longer");
        return;
    }
    counters->bpv = info.bpv;
    counters->crc4 = info.crc4;
    counters->ebit = info.ebit;
    counters->fas = info.fas;
    counters->irq_misses = info.irq_misses;
    counters->timing = info.timing;
    span_set_alarms(&self->base, info.alarms);
}

void dahdi_take_event(DahdiSpan *self, DahdiEvent event)
{
    SpanCounters *counters = &self->base.counters;

    switch (event) {
    case DAHDI_ALARM_ON:
    case DAHDI_ALARM_OFF:
        dahdi_look(self);
        break;
    case DAHDI_HDLC_ABORT:
        counters->d_aborts++;
        break;
    case DAHDI_HDLC_OVERRUN:
        counters->d_overlong++;
        break;
    case DAHDI_HDLC_BAD_FCS:
        counters->d_bad_fcs++;
        break;
    case DAHDI_READ_LATE:
    case DAHDI_WRITE_LATE:
        counters->slips++;
        break;
    case DAHDI_GONE:
        dahdi_lose(self, "the device was taken away");
        break;
    case DAHDI_NO_EVENT:
    case DAHDI_FAX_TONE:
    case DAHDI_OTHER_EVENT:
        break;
    }
}

static void every_second(void *user)
{
    DahdiSpan *self = user;

    if (self->attached)
        dahdi_look(self);
    else
        attach(self);
    loop_timer_start(self->loop, self->timer, LOOK_EVERY_US);
}

static void b_open(Span *span, guint8 channel, SpanUse use)
{
    DahdiSpan *self = (DahdiSpan *)span;

    self->channels[channel].wanted = TRUE;
    self->channels[channel].use = use;
    if (self->attached)
        dahdi_b_start(&self->channels[channel]);
}

static void b_close(Span *span, guint8 channel)
{
    DahdiSpan *self = (DahdiSpan *)span;

    self->channels[channel].wanted = FALSE;
    dahdi_b_stop(&self->channels[channel]);
}

static gboolean b_monitor(Span *span, guint8 channel, Span *other, guint8 other_channel)
{
    DahdiChannel *self = &((DahdiSpan *)span)->channels[channel];

    if (!self->watch)
        return FALSE;
    if (!other)
        return dahdi_b_join(self, 0);
    return ((DahdiSpan *)other)->attached &&
           dahdi_b_join(self, other->settings->first_channel + other_channel - 1);
}

static gboolean loop_span(Span *span, gboolean on)
{
    DahdiSpan *self = (DahdiSpan *)span;

    if (!on)
        end_loop(self);
    else if (self->attached && !self->looped)
        self->looped = dahdi_loop_locally(self->number, TRUE);
    return self->looped;
}

static void close_span(Span *span)
{
    DahdiSpan *self = (DahdiSpan *)span;

    loop_timer_free(self->loop, self->timer);
    detach(self);
    g_free(self->complaint);
    g_free(self);
}

/* A device that is not there, or not as the settings say, is no reason not to serve the other
 * lines: it is told, and looked for. */
static Span *open_span(const SpanSettings *settings, Loop *loop, const SpanEvents *events,
                       GError **error)
{
    DahdiSpan *self = g_new0(DahdiSpan, 1);

    (void)error;
    self->base = (Span){
        .ops = &span_dahdi_ops,
        .settings = settings,
        .events = *events,
        .alarms = SPAN_ALARM_RED,
    };
    self->loop = loop;
    self->d_fd = -1;
    for (guint slot = 0; slot <= SPAN_SLOTS_MAX; slot++)
        self->channels[slot] = (DahdiChannel){.span = self, .timeslot = (guint8)slot, .fd = -1};
    self->timer = loop_timer_new(loop, every_second, self);
    attach(self);
    loop_timer_start(loop, self->timer, LOOK_EVERY_US);
    return &self->base;
}

const SpanOps span_dahdi_ops = {
    .name = "dahdi",
    .open = open_span,
    .close = close_span,
    .d_send = dahdi_d_send,
    .b_open = b_open,
    .b_close = b_close,
    .b_monitor = b_monitor,
    .loop = loop_span,
};
