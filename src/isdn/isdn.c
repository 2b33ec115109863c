/* The room's door: opens D channels and trunk groups, hands frames and alarms in, tells their
 * state. */
#include "isdn_action.h"
#include "isdn_leg.h"
#include "mwi_sender.h"
#include "nfas.h"
#include "trunk.h"

static void start_all(void *user)
{
    Isdn *isdn = user;

    for (guint i = 0; i < isdn->dchans->len; i++)
        dchan_start(isdn->dchans->pdata[i]);
}

DChannel *isdn_find_dchan(const Isdn *isdn, guint8 span)
{
    for (guint i = 0; i < isdn->dchans->len; i++)
        if (dchan_span(isdn->dchans->pdata[i])->index == span)
            return isdn->dchans->pdata[i];
    return NULL;
}

TrunkGroup *isdn_find_group(const Isdn *isdn, const char *name)
{
    for (guint i = 0; i < isdn->groups->len; i++)
        if (g_str_equal(trunk_settings(isdn->groups->pdata[i])->name, name))
            return isdn->groups->pdata[i];
    return NULL;
}

/* Spans that share a D channel: one of them speaks for all, and may have a second line for that. */
static void group_join(Isdn *isdn, const TrunkSettings *trunk)
{
    DChannel *head = NULL, *backup = NULL;

    for (guint i = 0; i < trunk->spans->len; i++) {
        const SpanSettings *span = trunk->spans->pdata[i];

        if (span->d_role == D_OWN)
            head = isdn_find_dchan(isdn, span->index);
        else if (span->d_role == D_BACKUP)
            backup = isdn_find_dchan(isdn, span->index);
    }
    for (guint i = 0; head && i < trunk->spans->len; i++) {
        const SpanSettings *span = trunk->spans->pdata[i];

        if (span->d_role != D_OWN)
            dchan_set_head(isdn_find_dchan(isdn, span->index), head);
    }
    if (head && backup)
        g_ptr_array_add(isdn->nfas, nfas_new(head, backup));
}

gboolean isdn_switch_d(Isdn *isdn, guint8 span, GError **error)
{
    DChannel *dchan = isdn_find_dchan(isdn, span);

    if (dchan && dchan_nfas(dchan))
        return nfas_switch(dchan_nfas(dchan), dchan, error);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                "the span has none of two D channels of a trunk");
    return FALSE;
}

static gboolean group_add(Isdn *isdn, const TrunkSettings *trunk, GError **error)
{
    g_ptr_array_add(isdn->groups, trunk_new(isdn, trunk));
    for (guint i = 0; i < trunk->spans->len; i++) {
        const SpanSettings *span = trunk->spans->pdata[i];

        if (isdn_find_dchan(isdn, span->index)) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                        "[trunk %s] spans: %s belongs to another trunk already", trunk->name,
                        span->name);
            return FALSE;
        }
        g_ptr_array_add(isdn->dchans, dchan_new(isdn, span, trunk));
    }
    group_join(isdn, trunk);
    return TRUE;
}

Isdn *isdn_new(const Settings *settings, Loop *loop, Hall *hall, const IsdnLine *line,
               GError **error)
{
    Isdn *isdn = g_new0(Isdn, 1);

    isdn->loop = loop;
    isdn->hall = hall;
    isdn->settings = settings;
    isdn->line = *line;
    isdn->dchans = g_ptr_array_new_with_free_func((GDestroyNotify)dchan_free);
    isdn->nfas = g_ptr_array_new_with_free_func((GDestroyNotify)nfas_free);
    isdn->groups = g_ptr_array_new_with_free_func((GDestroyNotify)trunk_free);
    isdn->mwi_senders = g_ptr_array_new_with_free_func((GDestroyNotify)mwi_sender_free);
    isdn->start = loop_timer_new(loop, start_all, isdn);
    for (guint i = 0; i < settings->trunks->len; i++) {
        if (!group_add(isdn, settings->trunks->pdata[i], error)) {
            isdn_free(isdn);
            return NULL;
        }
    }
    loop_timer_start(loop, isdn->start, 0);
    return isdn;
}

void isdn_free(Isdn *isdn)
{
    loop_timer_free(isdn->loop, isdn->start);
    /* Calls first: one on a span may need another span's controller. */
    for (guint i = 0; i < isdn->dchans->len; i++)
        isdn_legs_free(isdn->dchans->pdata[i]);
    g_ptr_array_unref(isdn->mwi_senders);
    g_ptr_array_unref(isdn->nfas);
    g_ptr_array_unref(isdn->dchans);
    g_ptr_array_unref(isdn->groups);
    g_free(isdn);
}

/* The trunk of the same name, if it still holds a span of the same name. */
static void dchan_refresh(DChannel *dchan, const Settings *settings)
{
    const TrunkSettings *trunk = settings_find_trunk(settings, dchan_trunk(dchan)->name);

    for (guint i = 0; trunk && i < trunk->spans->len; i++) {
        const SpanSettings *span = trunk->spans->pdata[i];

        if (g_str_equal(span->name, dchan_span(dchan)->name))
            dchan_set_settings(dchan, span, trunk);
    }
}

void isdn_set_settings(Isdn *isdn, const Settings *settings)
{
    for (guint i = 0; i < isdn->dchans->len; i++)
        dchan_refresh(isdn->dchans->pdata[i], settings);
    for (guint i = 0; i < isdn->groups->len; i++) {
        TrunkGroup *group = isdn->groups->pdata[i];
        const TrunkSettings *trunk = settings_find_trunk(settings, trunk_settings(group)->name);

        if (trunk)
            trunk_set_settings(group, trunk);
    }
    isdn->settings = settings;
}

CallOps isdn_call_ops(Isdn *isdn)
{
    return isdn_actions(isdn);
}

void isdn_frame_received(Isdn *isdn, guint8 span, const guint8 *frame, gsize length)
{
    DChannel *dchan = isdn_find_dchan(isdn, span);

    if (dchan)
        dchan_line_frame(dchan, frame, length);
}

void isdn_alarm_changed(Isdn *isdn, guint8 span, SpanAlarms alarms)
{
    DChannel *dchan = isdn_find_dchan(isdn, span);

    if (dchan)
        dchan_set_alarms(dchan, alarms);
}

gboolean isdn_is_ready(const Isdn *isdn)
{
    for (guint i = 0; i < isdn->dchans->len; i++)
        if (dchan_is_usable(isdn->dchans->pdata[i]))
            return TRUE;
    return FALSE;
}

gboolean isdn_span_status(const Isdn *isdn, guint8 span, IsdnSpanStatus *status)
{
    const DChannel *dchan = isdn_find_dchan(isdn, span);

    if (dchan)
        dchan_status(dchan, status);
    return dchan != NULL;
}

static void each_channel_of(DChannel *dchan, ChannelFunc func, void *user)
{
    for (guint8 i = 0; i < BCHAN_SLOTS; i++) {
        const BChannel *channel = bchans_find(dchan_bchans(dchan), i);
        ChannelStatus status;

        if (!channel)
            continue;
        status = (ChannelStatus){
            .channel = {dchan_span(dchan)->index, i},
            .trunk = dchan_trunk(dchan)->name,
            .state = bchan_state(channel),
            .reason = channel->reason,
            .since_us = channel->since_us,
            .call = channel->call,
            .calls = channel->calls,
        };
        func(user, &status);
    }
}

void isdn_each_channel(const Isdn *isdn, ChannelFunc func, void *user)
{
    for (guint i = 0; i < isdn->dchans->len; i++)
        each_channel_of(isdn->dchans->pdata[i], func, user);
}

void isdn_each_counter(const Isdn *isdn, CounterFunc func, void *user)
{
#define ISDN_COUNTER_NAME(id, name) name,
    static const char *const names[] = {ISDN_COUNTERS(ISDN_COUNTER_NAME)};

    for (guint i = 0; i < ISDN_COUNTER_COUNT; i++)
        func(user, names[i], isdn->counters[i]);
}
