/* The frames of a D channel on their way through the tap, to libpri and from it.
 *
 * libpri takes one frame per pri_check_event() from our read call-back and gives back at most one
 * event, in a buffer it overwrites; so each event is copied and handled before the next frame.
 */
#include "dchan_private.h"
#include "facility.h"
#include "isdn_event.h"
#include "isdn_interface.h"
#include "isdn_leg.h"
#include "isdn_supplement.h"
#include "log.h"
#include "mwi_sender.h"
#include "service.h"

#include <string.h>
#include <sys/time.h>

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

/* The interface whose identifier libpri leaves out of the message of NEWS: -1 when none is to be
 * said. A channel without one is on the span of whichever D channel carries it. Of its own messages
 * libpri's SERVICE leaves out 0. Its acknowledgements of RESTART and SERVICE repeat what came, and
 * that may have come by the other D channel. */
static int interface_left_out(DChannel *dchan, const FrameNews *news)
{
    gboolean maintenance = news->discriminator != 0x08;
    const DChannel *carrier = dchan_carrier(dchan);

    if (news->kind != FRAME_MESSAGE || !news->has_channel || news->has_interface ||
        !dchan->members->len)
        return -1;
    if (maintenance && frame_is_service(news))
        return 0;
    if ((maintenance || news->message == MESSAGE_RESTART_ACKNOWLEDGE) && dchan->nfas &&
        nfas_active(dchan->nfas) != carrier)
        return carrier->span->interface;
    return -1;
}

/* Names it. FRAME has room for FRAME_MAX octets. */
static gsize frame_name_interface(DChannel *dchan, guint8 *frame, gsize length,
                                  const FrameNews *news)
{
    int interface = interface_left_out(dchan, news);
    gsize at = 4 + 3 + (frame[5] & 0x0f);

    if (interface < 0 || length >= FRAME_MAX)
        return length;
    while (at + 2 < length && frame[at] != 0x18)
        at += frame[at] & 0x80 ? 1 : 2 + frame[at + 1];
    if (at + 3 > length)
        return length;
    memmove(frame + at + 4, frame + at + 3, length - at - 3);
    frame[at + 1]++;
    frame[at + 2] |= 0x40;
    frame[at + 3] = (guint8)(0x80 | interface);
    return length + 1;
}

int dchan_frame_from_libpri(struct pri *pri, void *buffer, int length_with_fcs)
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
    if (news.kind == FRAME_MESSAGE)
        length = facility_compose(frame, length, &news);
    if (length <= sizeof longer) { /* libpri's own buffer ends with its frame */
        frame = memcpy(longer, frame, length);
        length = frame_name_interface(dchan, frame, length, &news);
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
int dchan_frame_to_libpri(struct pri *pri, void *buffer, int size)
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
    mwi_sender_sweep(dchan);
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
    FrameCall other = {.known = CALL_UNKNOWN};

    if (!leg) {
        mwi_sender_know_call(dchan, call, &other);
        return other;
    }
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

    news->octets = dchan->in_hand;
    news->length = length;
    if (again)
        count_repeated(dchan, news);
    if (!again && mwi_reader_hears(dchan, &dchan->visits, &call, news)) {
        dchan->in_hand_length = frame_hollow(news, NULL);
        news->misplaced = NULL;
    } else if (news->discriminator != 0x08 && !service_is_spoken(dchan))
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
    if (news->kind == FRAME_MESSAGE) {
        isdn_leg_note_message(dchan, LADDER_IN, news);
        if (audit_heard(isdn_leg_find_call(dchan, news->call), news))
            dchan->in_hand_length = frame_hollow(news, "no answer to STATUS ENQUIRY");
    }
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
    if (news.kind == FRAME_MESSAGE) {
        isdn_leg_check_call(dchan, &news);
        mwi_sender_sweep(dchan);
    }
}

void dchan_ask_link(DChannel *member)
{
    DChannel *dchan = dchan_head_of(member);
    guint8 frame[LINKPOLL_LENGTH];

    linkpoll_ask(&dchan->poll, dchan_is_network(dchan), frame);
    frame_send(dchan, frame, sizeof frame);
}

void dchan_rearm(DChannel *member)
{
    DChannel *dchan = dchan_head_of(member);
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

void dchan_timer_expired(void *user)
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
