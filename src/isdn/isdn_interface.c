/* What the far end says of the interface and its channels: RESTART, SERVICE. */
#include "isdn_interface.h"
#include "isdn_event.h"
#include "log.h"
#include "restart.h"
#include "service.h"

static void restart_calls(DChannel *dchan, guint8 number)
{
    g_autoptr(GArray) ids = isdn_leg_ids(dchan);

    for (guint i = 0; i < ids->len; i++) {
        guint32 id = g_array_index(ids, guint32, i);
        IsdnLeg *leg = isdn_leg_find_id(dchan, id);
        CallNews news = CALL_NEWS_INIT;

        if (!leg || leg->dchan != dchan || leg->channel.number != number)
            continue;
        news.cause = CAUSE_TEMPORARY_FAILURE;
        isdn_event_raise(leg, EVENT_ISDN_RESTART, &news);
        isdn_leg_drop(dchan, id);
    }
    restart_by_far_end(dchan_restarter(dchan), number);
}

static void restart_span(DChannel *dchan)
{
    log_notice("span %s: the far end restarts the interface", dchan_span(dchan)->name);
    for (guint8 i = 0; i < BCHAN_SLOTS; i++)
        if (bchans_find(dchan_bchans(dchan), i))
            restart_calls(dchan, i);
}

/* All of them (Q.931 4.5.25, class 7), or one: where it does not say which, that of the D channel.
 */
static void restart_interfaces(DChannel *head, const FrameNews *news)
{
    gboolean one = news && news->restart_class != 7;
    guint8 interface = dchan_span(dchan_carrier(head))->interface;

    if (one && news->has_interface)
        interface = news->interface;
    for (guint i = 0; i < dchan_group_size(head); i++) {
        DChannel *dchan = dchan_group_nth(head, i);

        if (!one || dchan_span(dchan)->interface == interface)
            restart_span(dchan);
    }
}

static void on_restart(DChannel *head, int channel, const FrameNews *news)
{
    DChannel *dchan = dchan_find_interface(head, channel);
    guint number = channel & 0xff;

    dchan_count(head, COUNT_RESTARTS_RECEIVED);
    if (channel == -1 || number == 0 || number == 0xff) {
        restart_interfaces(head, news);
        return;
    }
    if (!dchan)
        return;
    log_notice("span %s: the far end restarts channel %u", dchan_span(dchan)->name, number);
    restart_calls(dchan, (guint8)number);
}

void isdn_interface_service(DChannel *dchan, const FrameNews *news, gboolean in_service)
{
    if (!frame_is_service(news))
        return;
    dchan_count(dchan, COUNT_SERVICES_RECEIVED);
    for (guint j = 0; j < dchan_group_size(dchan); j++) {
        DChannel *span = dchan_group_nth(dchan, j);

        if (news->has_interface && news->interface != dchan_span(span)->interface)
            continue;
        for (guint i = 0; i < BCHAN_SLOTS; i++)
            service_heard(span, i, in_service);
    }
}

/* A far end that plays our own side brings one with each of its commands. */
static void warn_of_configuration(const DChannel *dchan, const char *text)
{
    static LogLimit limit;

    if (log_limit(&limit, 5, 10 * G_USEC_PER_SEC))
        log_warning("span %s: %s", dchan_span(dchan)->name, text);
}

gboolean isdn_interface_handle_event(DChannel *dchan, const pri_event *event, const FrameNews *news)
{
    DChannel *named;

    switch (event->e) {
    case PRI_EVENT_RESTART:
        on_restart(dchan, event->restart.channel, news);
        return TRUE;
    case PRI_EVENT_RESTART_ACK:
        if ((named = dchan_find_interface(dchan, event->restartack.channel)))
            restart_answered(dchan_restarter(named), event->restartack.channel & 0xff);
        return TRUE;
    case PRI_EVENT_SERVICE:
        dchan_count(dchan, COUNT_SERVICES_RECEIVED);
        if ((named = dchan_find_interface(dchan, event->service.channel)))
            service_heard(named, event->service.channel & 0xff, event->service.changestatus == 0);
        return TRUE;
    case PRI_EVENT_SERVICE_ACK:
        return TRUE;
    case PRI_EVENT_CONFIG_ERR:
        warn_of_configuration(dchan, event->err.err);
        return TRUE;
    default:
        return FALSE;
    }
}
