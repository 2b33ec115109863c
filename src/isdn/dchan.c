/* A D channel's life: its parts, its settings, its alarms, and what is told of it. */
#include "controller.h"
#include "dchan_private.h"
#include "isdn_leg.h"
#include "log.h"
#include "service.h"

DChannel *dchan_new(Isdn *isdn, const SpanSettings *span, const TrunkSettings *trunk)
{
    DChannel *dchan = g_new0(DChannel, 1);

    dchan->isdn = isdn;
    dchan->span = span;
    dchan->trunk = trunk;
    bchans_init(&dchan->bchans, span);
    dchan->legs = g_ptr_array_new();
    dchan->members = g_ptr_array_new();
    outgoing_init(&dchan->outgoing);
    additions_init(&dchan->additions);
    dchan->timer = loop_timer_new(isdn->loop, dchan_timer_expired, dchan);
    g_queue_init(&dchan->waiting);
    dchan->link = link_new(dchan);
    dchan->restarter = restarter_new(dchan);
    dchan->audit = audit_new(dchan);
    return dchan;
}

void dchan_free(DChannel *dchan)
{
    if (!dchan->head)
        isdn_legs_free(dchan);
    audit_free(dchan->audit);
    restarter_free(dchan->restarter);
    link_free(dchan->link);
    loop_timer_free(dchan->isdn->loop, dchan->timer);
    g_queue_clear_full(&dchan->waiting, (GDestroyNotify)g_bytes_unref);
    if (dchan->pri)
        controller_retire(dchan->pri);
    g_ptr_array_unref(dchan->legs);
    g_ptr_array_unref(dchan->members);
    outgoing_clear(&dchan->outgoing);
    additions_clear(&dchan->additions);
    g_free(dchan);
}

void dchan_start(DChannel *dchan)
{
    if (dchan->head)
        return;
    dchan->pri = controller_new(dchan->span, dchan->trunk, dchan_frame_to_libpri,
                                dchan_frame_from_libpri, dchan);
    if (!dchan->pri)
        log_error("span %s: libpri makes no controller", dchan->span->name);
    else if (dchan->nfas)
        nfas_start(dchan->nfas);
    dchan_rearm(dchan);
}

void dchan_set_settings(DChannel *dchan, const SpanSettings *span, const TrunkSettings *trunk)
{
    dchan->span = span;
    dchan->trunk = trunk;
    audit_settings_changed(dchan->audit);
    if (dchan->pri) {
        controller_set_timers(dchan->pri, trunk);
        controller_set_services(dchan->pri, trunk);
    }
}

/* Nothing passes on the span's own line: the other D channel's may carry on, or nothing does. */
static void line_judge(DChannel *dchan)
{
    gboolean barred = (dchan->alarms & SPAN_ALARMS_SERVICE) != 0 || dchan->out_of_service;

    if (dchan->nfas)
        nfas_line_barred(dchan->nfas, dchan, barred);
    for (guint i = 0; !dchan->nfas && i < dchan->members->len; i++)
        link_set_mute(((DChannel *)dchan->members->pdata[i])->link, barred);
}

void dchan_set_alarms(DChannel *dchan, SpanAlarms alarms)
{
    dchan->alarms = alarms;
    line_judge(dchan);
    link_set_alarms(dchan->link, alarms);
    dchan_rearm(dchan);
}

void dchan_set_service(DChannel *dchan, gboolean in)
{
    if (dchan->out_of_service == !in)
        return;
    for (guint i = 0; i < BCHAN_SLOTS; i++) {
        dchan->bchans.slot[i].operator_out = !in;
        service_note(dchan, i);
    }
    dchan->out_of_service = !in;
    line_judge(dchan);
    link_set_service(dchan->link, in);
    dchan_rearm(dchan);
}

void dchan_override_cause(DChannel *dchan, int call, Q931Message message, guint8 cause)
{
    outgoing_override(&dchan_head_of(dchan)->outgoing, call, message, cause);
}

void dchan_add_element(DChannel *dchan, int call, Q931Message message, FramePlace place,
                       const guint8 *element)
{
    additions_add(&dchan_head_of(dchan)->additions, call, message, place, element);
}

void dchan_forget_call(DChannel *dchan, int call)
{
    additions_forget_call(&dchan_head_of(dchan)->additions, call);
}

Isdn *dchan_isdn(const DChannel *dchan)
{
    return dchan->isdn;
}

struct pri *dchan_pri(const DChannel *dchan)
{
    return dchan_head_of(dchan)->pri;
}

const SpanSettings *dchan_span(const DChannel *dchan)
{
    return dchan->span;
}

const TrunkSettings *dchan_trunk(const DChannel *dchan)
{
    return dchan->trunk;
}

BChannels *dchan_bchans(DChannel *dchan)
{
    return &dchan->bchans;
}

Restarter *dchan_restarter(const DChannel *dchan)
{
    return dchan->restarter;
}

Audit *dchan_audit(const DChannel *dchan)
{
    return dchan->audit;
}

GPtrArray *dchan_legs(const DChannel *dchan)
{
    return dchan_head_of(dchan)->legs;
}

gboolean dchan_is_usable(const DChannel *dchan)
{
    return dchan_head_of(dchan)->pri && link_state(dchan->link) == DCHAN_UP;
}

gboolean dchan_is_linked(const DChannel *dchan)
{
    return dchan_head_of(dchan)->pri && link_carries(dchan->link);
}

guint dchan_epoch(const DChannel *dchan)
{
    return link_epoch(dchan->link);
}

void dchan_count(DChannel *dchan, IsdnCounter counter)
{
    dchan->isdn->counters[counter]++;
}

void dchan_status(const DChannel *dchan, IsdnSpanStatus *status)
{
    *status = (IsdnSpanStatus){
        .span = dchan->span->index,
        .trunk = dchan->trunk->name,
        .out_of_service = dchan->out_of_service,
        .d_role = dchan->nfas   ? nfas_word(dchan->nfas, dchan)
                  : dchan->head ? "none"
                                : NULL,
        .frames_in = dchan->frames_in,
        .frames_out = dchan->frames_out,
        .frames_refused = dchan->frames_refused,
    };
    link_status(dchan->link, status);
    for (guint i = 0; i < BCHAN_SLOTS; i++) {
        const BChannel *channel = &dchan->bchans.slot[i];

        if (!channel->exists)
            continue;
        status->channels++;
        status->busy += channel->call != 0;
        status->busied_out |= (channel->busied & BUSIED_WITH_SPAN) != 0;
        status->blocked +=
            bchan_state(channel) == CHANNEL_ASIDE || bchan_state(channel) == CHANNEL_OUT_OF_SERVICE;
    }
}
