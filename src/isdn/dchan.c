/* One D channel: its libpri controller and the frames that pass through the tap on their way.
 *
 * libpri takes one frame per pri_check_event() from our read call-back and gives back at most one
 * event, in a buffer it overwrites; so each event is copied and handled before the next frame.
 */
#include "dchan.h"
#include "additions.h"
#include "audit.h"
#include "controller.h"
#include "frame_memory.h"
#include "isdn_event.h"
#include "isdn_interface.h"
#include "isdn_leg.h"
#include "isdn_supplement.h"
#include "link.h"
#include "linkpoll.h"
#include "log.h"
#include "nfas.h"
#include "outgoing.h"
#include "restart.h"
#include "service.h"

#include <string.h>
#include <sys/time.h>

struct DChannel {
    Isdn *isdn;
    const SpanSettings *span;
    const TrunkSettings *trunk;
    struct pri *pri;
    BChannels bchans;
    Link *link;
    LinkPoll poll;
    Restarter *restarter;
    Audit *audit;
    DChannel *head;     /* the controller is its; NULL: ours */
    GPtrArray *members; /* of DChannel*: whom ours speaks for, too; borrowed */
    Nfas *nfas;         /* NULL: our own line carries what the controller says */
    GPtrArray *legs;
    LoopTimer *timer; /* libpri's next */
    GQueue waiting;   /* of GBytes*: frames that arrived while one was in hand */
    gboolean busy;    /* a frame or a timer is in hand */
    guint8 in_hand[FRAME_MAX];
    gsize in_hand_length;    /* 0: libpri has taken it */
    gboolean out_of_service; /* by the operator */
    Outgoing outgoing;
    Additions additions;
    FrameMemory seen[2]; /* by LadderWay */
    SpanAlarms alarms;
    guint64 frames_in, frames_out, frames_refused;
};

static DChannel *head_of(const DChannel *dchan)
{
    return dchan->head ? dchan->head : (DChannel *)dchan;
}

void dchan_send_line(DChannel *dchan, const guint8 *frame, gsize length)
{
    dchan->isdn->line.d_send(dchan->isdn->line.user, dchan->span->index, frame, length);
}

/* By whichever line it is to go. */
static void frame_send(DChannel *dchan, const guint8 *frame, gsize length)
{
    dchan->frames_out++;
    if (dchan->nfas)
        nfas_libpri_frame(dchan->nfas, frame, length);
    else
        dchan_send_line(dchan, frame, length);
}

/* What befalls the D channel befalls every span that it speaks for. */
static void each_link(DChannel *dchan, void (*func)(Link *link))
{
    func(dchan->link);
    for (guint i = 0; i < dchan->members->len; i++)
        func(((DChannel *)dchan->members->pdata[i])->link);
}

static gboolean dchan_is_network(const DChannel *dchan)
{
    return dchan->trunk->side == SIDE_NETWORK;
}

/* Information elements that N201 leaves no room for. */
static void count_left_out(DChannel *dchan, const FrameNews *news, guint count)
{
    static LogLimit limit;
    char text[160];

    dchan->isdn->counters[COUNT_ELEMENTS_LEFT_OUT] += count;
    if (count && log_limit(&limit, 5, 10 * G_USEC_PER_SEC))
        log_warning("span %s: no room for %u elements in %s", dchan->span->name, count,
                    frame_describe(news, text, sizeof text));
}

static int frame_from_libpri(struct pri *pri, void *buffer, int length_with_fcs)
{
    DChannel *dchan = pri_get_userdata(pri);
    gsize length = (gsize)length_with_fcs - 2;
    guint8 longer[FRAME_MAX];
    guint8 *frame = buffer;
    guint left_out = 0;
    FrameNews news;

    if (dchan->out_of_service && !dchan->nfas)
        return length_with_fcs; /* lost, as on a line that is down: layer 2 repeats */
    frame_read(frame, length, &news);
    outgoing_correct(&dchan->outgoing, dchan, frame, length, &news);
    if (news.kind == FRAME_MESSAGE)
        length = audit_compose(isdn_leg_find_call(dchan, news.call ^ FRAME_CALL_FLAG), frame,
                               length, &news);
    if (length <= sizeof longer) { /* libpri's own buffer ends with its frame */
        frame = memcpy(longer, frame, length);
        length = additions_compose(&dchan->additions, frame, length, &news, &left_out);
    }
    if (!frame_is_repeated(&dchan->seen[LADDER_OUT], &news, frame, length)) {
        news.call ^= FRAME_CALL_FLAG; /* libpri counts its own calls with the flag set */
        isdn_leg_note_message(dchan, LADDER_OUT, &news);
        count_left_out(dchan, &news, left_out);
    }
    linkpoll_sent(&dchan->poll, dchan_is_network(dchan), frame, length);
    frame_send(dchan, frame, length);
    return length_with_fcs;
}

/* The tail after the frame is all ones: libpri's searches for an extension bit end there at the
 * latest. */
static int frame_to_libpri(struct pri *pri, void *buffer, int size)
{
    DChannel *dchan = pri_get_userdata(pri);
    gsize length = dchan->in_hand_length;

    if (length == 0 || (gsize)size < length + 2)
        return 0;
    memset(buffer, 0xff, size);
    memcpy(buffer, dchan->in_hand, length);
    dchan->in_hand_length = 0;
    return (int)length + 2;
}

static void dchan_link_released(DChannel *dchan)
{
    outgoing_forget(&dchan->outgoing);
    additions_forget(&dchan->additions);
    each_link(dchan, link_released);
}

/* The link's events stay here, all others are the room's. NEWS is NULL for a timer's event. */
static void dchan_handle_event(DChannel *dchan, const pri_event *event, const FrameNews *news)
{
    switch (event->e) {
    case PRI_EVENT_DCHAN_UP:
    case PRI_EVENT_DCHAN_DOWN:
        /* A SERVICE for the whole interface looks just the same. */
        if (news && news->kind == FRAME_MESSAGE)
            isdn_interface_service(dchan, news, event->e == PRI_EVENT_DCHAN_UP);
        else if (event->e == PRI_EVENT_DCHAN_UP)
            each_link(dchan, link_established);
        else
            dchan_link_released(dchan);
        break;
    default:
        isdn_handle_event(dchan, event, news);
        break;
    }
}

static void dchan_run_timers(DChannel *dchan)
{
    pri_event *event;

    while ((event = pri_schedule_run(dchan->pri))) {
        pri_event copy = *event;

        dchan_handle_event(dchan, &copy, NULL);
    }
    isdn_legs_sweep(dchan);
}

static void count_refused(DChannel *dchan, const FrameNews *news)
{
    static LogLimit limit;

    if (news->kind == FRAME_REFUSED) {
        dchan->frames_refused++;
        dchan_count(dchan, COUNT_FRAMES_REFUSED);
    } else if (news->kind == FRAME_HOLLOW) {
        dchan->frames_refused++;
        dchan_count(dchan, COUNT_MESSAGES_REFUSED);
    }
    dchan->isdn->counters[COUNT_ELEMENTS_REFUSED] += news->refused_elements;
    if (log_limit(&limit, 5, 10 * G_USEC_PER_SEC))
        log_warning("span %s: malformed frame from the line: %s", dchan->span->name, news->why);
}

/* What Q.931 5.8.3.2 answers or lets be is no fault of the line. */
static void count_misplaced(DChannel *dchan, const FrameNews *news)
{
    static LogLimit limit;
    char text[160];

    dchan_count(dchan, COUNT_MESSAGES_MISPLACED);
    if (log_wants(LEVEL_INFO) && log_limit(&limit, 5, 10 * G_USEC_PER_SEC))
        log_info("span %s: call %u: %s", dchan->span->name, news->call & ~FRAME_CALL_FLAG,
                 frame_describe(news, text, sizeof text));
}

/* Layer 2 sends again what it thinks lost; libpri drops it by its number. */
static void count_repeated(DChannel *dchan, const FrameNews *news)
{
    char text[160];

    dchan_count(dchan, COUNT_MESSAGES_REPEATED);
    if (log_wants(LEVEL_DEBUG))
        log_debug("span %s: call %u: %s, repeated by layer 2", dchan->span->name,
                  news->call & ~FRAME_CALL_FLAG, frame_describe(news, text, sizeof text));
}

static FrameCall call_known(const DChannel *dchan, int call)
{
    const IsdnLeg *leg = isdn_leg_find_call(dchan, call);

    if (!leg)
        return (FrameCall){.known = CALL_UNKNOWN};
    return (FrameCall){
        .known = (call & FRAME_CALL_FLAG) ? CALL_OURS : CALL_THEIRS,
        .initiated = leg->ours && !leg->acknowledged && !leg->proceeding,
        .proceeding = leg->proceeding,
        .disconnected = leg->disconnected,
        .clearing = leg->hanging_up,
    };
}

/* A checked message: what layer 2 repeats, what is out of place, and what is new. TRUE when libpri
 * sees it as it came, for the first time. */
static gboolean message_sort(DChannel *dchan, FrameNews *news)
{
    gsize length = dchan->in_hand_length;
    gboolean again = frame_is_repeated(&dchan->seen[LADDER_IN], news, dchan->in_hand, length);
    FrameCall call = call_known(dchan, news->call);

    if (again)
        count_repeated(dchan, news);
    if (news->discriminator != 0x08 && !service_is_spoken(dchan))
        dchan->in_hand_length = frame_hollow(news, "SERVICE, which this switch type has not");
    else
        dchan->in_hand_length = frame_adapt(dchan->in_hand, length, &call, news);
    if (again)
        return FALSE;
    if (news->misplaced)
        count_misplaced(dchan, news);
    if (news->status_cause)
        outgoing_override(&dchan->outgoing, news->call, MESSAGE_STATUS, news->status_cause);
    outgoing_heard(&dchan->outgoing, dchan, news);
    if (news->kind == FRAME_MESSAGE)
        isdn_leg_note_message(dchan, LADDER_IN, news);
    return news->kind == FRAME_MESSAGE && !news->misplaced;
}

static void dchan_handle_frame(DChannel *dchan, const guint8 *frame, gsize length)
{
    FrameNews news;
    pri_event *event;
    gboolean fresh = FALSE;

    dchan->frames_in++;
    dchan->in_hand_length = frame_check(frame, length, dchan->in_hand, &news);
    if (news.why)
        count_refused(dchan, &news);
    if (news.kind == FRAME_REFUSED)
        return;
    linkpoll_received(&dchan->poll, dchan_is_network(dchan), dchan->in_hand, dchan->in_hand_length);
    each_link(dchan, link_heard);
    if (news.kind == FRAME_MESSAGE)
        fresh = message_sort(dchan, &news);
    else if (news.resets)
        memset(&dchan->seen[LADDER_IN], 0, sizeof dchan->seen[LADDER_IN]);
    news.octets = dchan->in_hand;
    news.length = dchan->in_hand_length;
    event = pri_check_event(dchan->pri);
    if (event) {
        pri_event copy = *event;

        dchan_handle_event(dchan, &copy, &news);
    }
    /* libpri tells nobody when the far end repeats SABME on a link that is up. */
    if (news.establishes && !event && link_carries(dchan->link))
        each_link(dchan, link_established);
    if (fresh)
        isdn_supplement_read(dchan, &news);
    if (news.kind == FRAME_MESSAGE)
        isdn_leg_check_call(dchan, &news);
}

void dchan_ask_link(DChannel *member)
{
    DChannel *dchan = head_of(member);
    guint8 frame[LINKPOLL_LENGTH];

    linkpoll_ask(&dchan->poll, dchan_is_network(dchan), frame);
    frame_send(dchan, frame, sizeof frame);
}

void dchan_rearm(DChannel *member)
{
    DChannel *dchan = head_of(member);
    struct timeval now, *next;

    additions_end_breath(&dchan->additions);
    if (!dchan->pri || dchan->busy)
        return;
    next = pri_schedule_next(dchan->pri);
    if (!next) {
        loop_timer_stop(dchan->isdn->loop, dchan->timer);
        return;
    }
    gettimeofday(&now, NULL);
    gint64 wait_us = (next->tv_sec - now.tv_sec) * G_USEC_PER_SEC + next->tv_usec - now.tv_usec;
    loop_timer_start(dchan->isdn->loop, dchan->timer, MAX(wait_us, 0));
}

static void dchan_handle_waiting(DChannel *dchan)
{
    if (dchan->busy)
        return;
    dchan->busy = TRUE;
    do {
        g_autoptr(GBytes) bytes = g_queue_pop_head(&dchan->waiting);
        gsize length;

        if (bytes) {
            const guint8 *frame = g_bytes_get_data(bytes, &length);

            dchan_handle_frame(dchan, frame, length);
        }
        dchan_run_timers(dchan);
    } while (!g_queue_is_empty(&dchan->waiting));
    dchan->busy = FALSE;
    dchan_rearm(dchan);
}

static void timer_expired(void *user)
{
    dchan_handle_waiting(user);
}

void dchan_receive(DChannel *dchan, const guint8 *frame, gsize length)
{
    if (!dchan->pri || (dchan->out_of_service && !dchan->nfas))
        return;
    g_queue_push_tail(&dchan->waiting, g_bytes_new(frame, length));
    dchan_handle_waiting(dchan);
}

void dchan_line_frame(DChannel *dchan, const guint8 *frame, gsize length)
{
    if (dchan->nfas)
        nfas_line_frame(dchan->nfas, dchan, frame, length);
    else
        dchan_receive(dchan, frame, length);
}

void dchan_set_head(DChannel *dchan, DChannel *head)
{
    dchan->head = head;
    g_ptr_array_add(head->members, dchan);
}

DChannel *dchan_head(DChannel *dchan)
{
    return head_of(dchan);
}

guint dchan_group_size(const DChannel *head)
{
    return 1 + head->members->len;
}

DChannel *dchan_group_nth(DChannel *head, guint i)
{
    return i == 0 ? head : head->members->pdata[i - 1];
}

DChannel *dchan_find_interface(DChannel *head, int encoded)
{
    if (encoded == -1 || !(encoded & 1 << 16))
        return head;
    for (guint i = 0; i < dchan_group_size(head); i++)
        if (dchan_group_nth(head, i)->span->interface == (encoded >> 8 & 0xff))
            return dchan_group_nth(head, i);
    return NULL;
}

int dchan_encode(const DChannel *dchan, guint8 number)
{
    if (head_of(dchan)->members->len == 0)
        return number;
    return number | dchan->span->interface << 8 | 1 << 16;
}

void dchan_set_nfas(DChannel *dchan, Nfas *nfas)
{
    dchan->nfas = nfas;
}

Nfas *dchan_nfas(const DChannel *dchan)
{
    return dchan->nfas;
}

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
    dchan->timer = loop_timer_new(isdn->loop, timer_expired, dchan);
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
    dchan->pri =
        controller_new(dchan->span, dchan->trunk, frame_to_libpri, frame_from_libpri, dchan);
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
    outgoing_override(&head_of(dchan)->outgoing, call, message, cause);
}

void dchan_add_element(DChannel *dchan, int call, Q931Message message, FramePlace place,
                       const guint8 *element)
{
    additions_add(&head_of(dchan)->additions, call, message, place, element);
}

void dchan_forget_call(DChannel *dchan, int call)
{
    additions_forget_call(&head_of(dchan)->additions, call);
}

Isdn *dchan_isdn(const DChannel *dchan)
{
    return dchan->isdn;
}

struct pri *dchan_pri(const DChannel *dchan)
{
    return head_of(dchan)->pri;
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

GPtrArray *dchan_legs(const DChannel *dchan)
{
    return head_of(dchan)->legs;
}

gboolean dchan_is_usable(const DChannel *dchan)
{
    return head_of(dchan)->pri && link_state(dchan->link) == DCHAN_UP;
}

gboolean dchan_is_linked(const DChannel *dchan)
{
    return head_of(dchan)->pri && link_carries(dchan->link);
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
