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

        if (!leg || leg->channel.number != number)
            continue;
        news.cause = CAUSE_TEMPORARY_FAILURE;
        isdn_event_raise(leg, EVENT_ISDN_RESTART, &news);
        isdn_leg_drop(dchan, id);
    }
    restart_by_far_end(dchan_restarter(dchan), number);
}

static void on_restart(DChannel *dchan, int channel)
{
    guint number = channel & 0xff;

    dchan_count(dchan, COUNT_RESTARTS_RECEIVED);
    if (channel != -1 && number != 0 && number != 0xff) {
        log_notice("span %s: the far end restarts channel %u", dchan_span(dchan)->name, number);
        restart_calls(dchan, (guint8)number);
        return;
    }
    log_notice("span %s: the far end restarts the interface", dchan_span(dchan)->name);
    for (guint8 i = 0; i < BCHAN_SLOTS; i++)
        if (bchans_find(dchan_bchans(dchan), i))
            restart_calls(dchan, i);
}

void isdn_interface_service(DChannel *dchan, const FrameNews *news, gboolean in_service)
{
    if (!frame_is_service(news))
        return;
    dchan_count(dchan, COUNT_SERVICES_RECEIVED);
    for (guint i = 0; i < BCHAN_SLOTS; i++)
        service_heard(dchan, i, in_service);
}

/* A far end that plays our own side brings one with each of its commands. */
static void warn_of_configuration(const DChannel *dchan, const char *text)
{
    static LogLimit limit;

    if (log_limit(&limit, 5, 10 * G_USEC_PER_SEC))
        log_warning("span %s: %s", dchan_span(dchan)->name, text);
}

gboolean isdn_interface_handle_event(DChannel *dchan, const pri_event *event)
{
    switch (event->e) {
    case PRI_EVENT_RESTART:
        on_restart(dchan, event->restart.channel);
        return TRUE;
    case PRI_EVENT_RESTART_ACK:
        restart_answered(dchan_restarter(dchan), event->restartack.channel & 0xff);
        return TRUE;
    case PRI_EVENT_SERVICE:
        dchan_count(dchan, COUNT_SERVICES_RECEIVED);
        service_heard(dchan, event->service.channel & 0xff, event->service.changestatus == 0);
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
