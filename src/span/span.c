/* Chooses a span's back end and answers what all back ends answer alike. */
#include "backends.h"
#include "log.h"

guint span_slot_count(const SpanSettings *settings)
{
    switch (settings->type) {
    case SPAN_E1:
        return 31;
    case SPAN_T1:
        return 24;
    case SPAN_BRI:
        return 3;
    }
    g_return_val_if_reached(24);
}

gboolean span_has_b_channel(const SpanSettings *settings, guint8 channel)
{
    if (channel < 1 || channel > span_slot_count(settings) || channel == settings->d_channel)
        return FALSE;
    for (guint i = 0; settings->bchan && i < settings->bchan->len; i++)
        if (g_array_index(settings->bchan, guint16, i) == settings->first_channel + channel - 1)
            return TRUE;
    return settings->bchan == NULL;
}

static const SpanOps *backend_find(const SpanSettings *settings, GError **error)
{
    switch (settings->backend) {
    case BACKEND_CESOPSN:
        return &span_cesopsn_ops;
    case BACKEND_PAIR:
        return &span_pair_ops;
    case BACKEND_DAHDI:
#ifdef HAVE_DAHDI
        return &span_dahdi_ops;
#else
        break;
#endif
    }
    g_set_error(
        error, G_FILE_ERROR, G_FILE_ERROR_NOSYS,
        "[span %s] backend: dahdi is not built into this tieline: configure found no dahdi/user.h",
        settings->name);
    return NULL;
}

Span *span_open(const SpanSettings *settings, Loop *loop, const SpanEvents *events, GError **error)
{
    const SpanOps *ops;

    g_return_val_if_fail(settings && loop && events, NULL);
    if ((settings->d_channel < 1 && settings->d_role != D_NONE) ||
        settings->d_channel > span_slot_count(settings)) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "[span %s] d-channel: %u is no timeslot of it; 1-%u", settings->name,
                    settings->d_channel, span_slot_count(settings));
        return NULL;
    }
    ops = backend_find(settings, error);
    return ops ? ops->open(settings, loop, events, error) : NULL;
}

void span_close(Span *span)
{
    if (span)
        span->ops->close(span);
}

gboolean span_d_send(Span *span, const guint8 *frame, gsize length)
{
    g_return_val_if_fail(span && frame, FALSE);
    return span->ops->d_send(span, frame, length);
}

void span_b_open(Span *span, guint8 channel, SpanUse use)
{
    g_return_if_fail(span && span_has_b_channel(span->settings, channel));
    span->ops->b_open(span, channel, use);
}

void span_b_close(Span *span, guint8 channel)
{
    g_return_if_fail(span && span_has_b_channel(span->settings, channel));
    span->ops->b_close(span, channel);
}

gboolean span_b_bridge(Span *a, guint8 channel_a, Span *b, guint8 channel_b)
{
    g_return_val_if_fail(a && b, FALSE);
    if (a->ops != b->ops || !a->ops->b_monitor || a->settings->law != b->settings->law)
        return FALSE;
    if (a->ops->b_monitor(a, channel_a, b, channel_b) &&
        b->ops->b_monitor(b, channel_b, a, channel_a))
        return TRUE;
    span_b_part(a, channel_a, b, channel_b);
    return FALSE;
}

void span_b_part(Span *a, guint8 channel_a, Span *b, guint8 channel_b)
{
    g_return_if_fail(a && b && a->ops->b_monitor && b->ops->b_monitor);
    a->ops->b_monitor(a, channel_a, NULL, 0);
    b->ops->b_monitor(b, channel_b, NULL, 0);
}

gboolean span_loop(Span *span, gboolean on)
{
    g_return_val_if_fail(span, FALSE);
    return span->ops->loop && span->ops->loop(span, on);
}

guint8 span_idle_octet(const SpanSettings *settings)
{
    switch (settings->law) {
    case LAW_ALAW:
        return 0xd5; /* zero, even bits inverted: G.711 table 1a */
    case LAW_ULAW:
        return 0xff;
    }
    g_return_val_if_reached(0xff);
}

const char *span_alarms_describe(SpanAlarms alarms, char *buffer, gsize size)
{
    static const struct {
        SpanAlarms bit;
        const char *name;
    } names[] = {
        {SPAN_ALARM_RED, "RED"},
        {SPAN_ALARM_YELLOW, "YELLOW"},
        {SPAN_ALARM_BLUE, "BLUE"},
        {SPAN_ALARM_REMOTE_LOSS, "REMOTE_LOSS"},
    };

    g_strlcpy(buffer, alarms ? "" : "none", size);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (!(alarms & names[i].bit))
            continue;
        if (*buffer)
            g_strlcat(buffer, " ", size);
        g_strlcat(buffer, names[i].name, size);
    }
    return buffer;
}

void span_set_alarms(Span *span, SpanAlarms alarms)
{
    char before[64], after[64];

    if (alarms == span->alarms)
        return;
    log_notice("span %s: alarms %s, were %s", span->settings->name,
               span_alarms_describe(alarms, after, sizeof(after)),
               span_alarms_describe(span->alarms, before, sizeof(before)));
    span->alarms = alarms;
    if (span->events.alarm)
        span->events.alarm(span->events.user, alarms);
}
