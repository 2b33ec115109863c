/* The Q.931 leg of one call: its life between libpri's call and the hall's, and its clearing.
 *
 * What libpri 1.6 does with pri_hangup() (hang-up fix on), by the state it is in:
 *
 *      SETUP received, nothing sent   only causes 1, 34, 44, 82, 88 send RELEASE COMPLETE and free
 * the call; any other sends nothing and keeps it for ever SETUP sent, no answer          the same
 * causes send RELEASE COMPLETE, 6, 7, 26 RELEASE, others DISCONNECT later, before CONNECT 81
 * RELEASE COMPLETE; 6, 7, 26 RELEASE; others DISCONNECT active                         DISCONNECT
 *      DISCONNECT received            RELEASE
 *      RELEASE received               RELEASE COMPLETE, freed
 *      RELEASE COMPLETE received      freed
 *
 * So each message is asked for with a cause that makes libpri send it, and the frame tap writes the
 * true cause over it where the two differ.
 */
#include "isdn_leg.h"
#include "isdn_setup.h"
#include "log.h"
#include "service.h"
#include "trunk.h"

#define HANGUP_DISCONNECTS PRI_CAUSE_NORMAL_CLEARING
#define HANGUP_REFUSES PRI_CAUSE_INCOMPATIBLE_DESTINATION

IsdnLeg *isdn_leg_new(DChannel *dchan, gboolean ours)
{
    static guint32 last_id;
    IsdnLeg *leg = g_new0(IsdnLeg, 1);

    leg->id = ++last_id;
    leg->dchan = dchan;
    leg->ours = ours;
    leg->channel.span = dchan_span(dchan)->index;
    g_ptr_array_add(dchan_legs(dchan), leg);
    return leg;
}

void isdn_leg_adopt(IsdnLeg *leg, q931_call *q931)
{
    int mode = 0;
    int value = pri_get_crv(dchan_pri(leg->dchan), q931, &mode);

    leg->q931 = q931;
    leg->ref = (value << 3 | mode) | (leg->ours ? FRAME_CALL_FLAG : 0);
    leg->epoch = dchan_epoch(leg->dchan);
    dchan_forget_call(leg->dchan, leg->ref);
}

void isdn_leg_join(IsdnLeg *leg, Call *call)
{
    leg->call = call;
    leg->call_id = call_id(call);
    call_set_isdn_leg(call, leg);
}

void isdn_leg_free(IsdnLeg *leg)
{
    g_ptr_array_remove(dchan_legs(leg->dchan), leg);
    if (leg->ref)
        dchan_forget_call(leg->dchan, leg->ref);
    g_free(leg);
}

IsdnLeg *isdn_leg_find(DChannel *dchan, const q931_call *q931)
{
    GPtrArray *legs = dchan_legs(dchan);

    for (guint i = 0; q931 && i < legs->len; i++) {
        IsdnLeg *leg = legs->pdata[i];

        if (leg->q931 == q931)
            return leg;
    }
    return NULL;
}

IsdnLeg *isdn_leg_find_call(const DChannel *dchan, int ref)
{
    GPtrArray *legs = dchan_legs(dchan);

    for (guint i = 0; i < legs->len; i++) {
        IsdnLeg *leg = legs->pdata[i];

        if (leg->q931 && leg->ref == ref)
            return leg;
    }
    return NULL;
}

IsdnLeg *isdn_leg_find_channel(DChannel *dchan, guint8 number)
{
    GPtrArray *legs = dchan_legs(dchan);
    const BChannel *channel = bchans_find(dchan_bchans(dchan), number);

    for (guint i = 0; channel && channel->call && i < legs->len; i++) {
        IsdnLeg *leg = legs->pdata[i];

        if (leg->call && leg->call_id == channel->call && leg->channel.number == number)
            return leg;
    }
    return NULL;
}

IsdnLeg *isdn_leg_find_id(const DChannel *dchan, guint32 id)
{
    GPtrArray *legs = dchan_legs(dchan);

    for (guint i = 0; i < legs->len; i++) {
        IsdnLeg *leg = legs->pdata[i];

        if (leg->id == id)
            return leg;
    }
    return NULL;
}

GArray *isdn_leg_ids(const DChannel *dchan)
{
    GPtrArray *legs = dchan_legs(dchan);
    GArray *ids = g_array_sized_new(FALSE, FALSE, sizeof(guint32), legs->len);

    for (guint i = 0; i < legs->len; i++)
        g_array_append_val(ids, ((IsdnLeg *)legs->pdata[i])->id);
    return ids;
}

/* Causes that pri_hangup() sends by another message than DISCONNECT in some state. */
static gboolean cause_misleads_hangup(guint8 cause)
{
    static const guint8 causes[] = {1, 6, 7, 26, 34, 44, 81, 82, 88};

    for (gsize i = 0; i < G_N_ELEMENTS(causes); i++)
        if (causes[i] == cause)
            return TRUE;
    return FALSE;
}

static void leg_hang_up(IsdnLeg *leg, int cause)
{
    leg->hanging_up = TRUE;
    pri_hangup(dchan_pri(leg->dchan), leg->q931, cause);
    dchan_rearm(leg->dchan);
}

void isdn_leg_disconnect(IsdnLeg *leg, guint8 cause)
{
    leg->release_cause = cause; /* Q.931 5.3.3: RELEASE after T305 repeats it, libpri says 16 */
    if (cause_misleads_hangup(cause)) {
        dchan_override_cause(leg->dchan, leg->ref, MESSAGE_DISCONNECT, cause);
        cause = HANGUP_DISCONNECTS;
    }
    leg_hang_up(leg, cause);
}

void isdn_leg_release(IsdnLeg *leg, guint8 cause)
{
    leg_hang_up(leg, cause);
}

void isdn_leg_release_complete(IsdnLeg *leg, guint8 cause)
{
    if (cause != HANGUP_REFUSES && !leg->answer_due) {
        dchan_override_cause(leg->dchan, leg->ref, MESSAGE_RELEASE_COMPLETE, cause);
        cause = HANGUP_REFUSES;
    }
    leg_hang_up(leg, leg->answer_cause ? leg->answer_cause : cause);
    leg->answer_due = FALSE;
    leg->q931 = NULL;
}

void isdn_leg_destroy(IsdnLeg *leg)
{
    if (leg->q931)
        pri_destroycall(dchan_pri(leg->dchan), leg->q931);
    leg->q931 = NULL;
    leg->answer_due = FALSE;
    leg->repeat_waits = FALSE;
}

void isdn_leg_drop(DChannel *dchan, guint32 id)
{
    IsdnLeg *leg = isdn_leg_find_id(dchan, id);

    if (!leg)
        return;
    isdn_leg_destroy(leg);
    if (!leg->call)
        isdn_leg_free(leg);
}

void isdn_leg_clear(IsdnLeg *leg, guint8 cause)
{
    if (!leg->q931 || (leg->hanging_up && !leg->answer_due))
        return;
    if (leg->answer_due || (!leg->ours && !leg->responded))
        isdn_leg_release_complete(leg, cause);
    else if (leg->disconnected)
        isdn_leg_release(leg, cause);
    else
        isdn_leg_disconnect(leg, cause);
}

void isdn_leg_part(IsdnLeg *leg)
{
    leg->call = NULL;
    leg->repeat_waits = FALSE;
    isdn_leg_clear(leg, CAUSE_NORMAL_CALL_CLEARING);
    if (!leg->q931)
        isdn_leg_free(leg);
}

void isdn_leg_abandon(IsdnLeg *leg, CallEvent event, guint8 cause, const char *detail)
{
    CallNews news = CALL_NEWS_INIT;
    Call *call = leg->call;

    news.cause = cause;
    g_strlcpy(news.detail, detail, sizeof news.detail);
    call_set_isdn_leg(call, NULL);
    leg->call = NULL;
    if (!leg->q931)
        isdn_leg_free(leg);
    call_event(call, event, &news);
}

void isdn_leg_move(IsdnLeg *leg, DChannel *dchan, guint8 number)
{
    BChannel *old = bchans_find(dchan_bchans(leg->dchan), leg->channel.number);
    BChannel *new = bchans_find(dchan_bchans(dchan), number);

    if (old && old->call == leg->call_id) {
        old->call = 0;
        service_channel_idle(leg->dchan, leg->channel.number);
    }
    new->call = leg->call_id;
    new->incoming = FALSE;
    new->calls++;
    leg->dchan = dchan;
    leg->channel = (Channel){dchan_span(dchan)->index, number};
    call_set_channel(leg->call, leg->channel);
    trunk_offer(dchan);
}

void isdn_leg_move_back(IsdnLeg *leg)
{
    trunk_release(dchan_isdn(leg->dchan), leg->channel, leg->call_id);
    leg->channel.number = leg->named;
    call_set_channel(leg->call, leg->channel);
}

void isdn_leg_note_message(DChannel *dchan, LadderWay way, const FrameNews *news)
{
    IsdnLeg *leg = isdn_leg_find_call(dchan, news->call);
    char text[160];

    frame_describe(news, text, sizeof text);
    log_debug("span %s: %s %s", dchan_span(dchan)->name, way == LADDER_IN ? "<-" : "->", text);
    if (!leg)
        return;
    if (way == LADDER_OUT && news->message == MESSAGE_RELEASE)
        leg->releases++;
    if (leg->call_id)
        hall_note(dchan_isdn(dchan)->hall, leg->call_id, LADDER_ISDN, way, "%s", text);
}

void isdn_leg_note_expiry(IsdnLeg *leg, const FrameNews *news)
{
    if (!leg || leg->ours || leg->hanging_up || leg->disconnected || !leg->call ||
        news->message != MESSAGE_DISCONNECT || call_isdn_state(leg->call) != ISDN_CONNECT_REQUEST)
        return;
    leg->expired = leg->hanging_up = TRUE;
    leg->release_cause = CAUSE_TIMER_EXPIRY;
    dchan_override_cause(leg->dchan, leg->ref, MESSAGE_DISCONNECT, CAUSE_TIMER_EXPIRY);
}

static void leg_tell_expiry(IsdnLeg *leg)
{
    CallNews news = CALL_NEWS_INIT;

    leg->expired = FALSE;
    news.cause = CAUSE_TIMER_EXPIRY;
    g_strlcpy(news.detail, "T313", sizeof news.detail);
    if (leg->call)
        call_event(leg->call, EVENT_ISDN_UNACKNOWLEDGED, &news);
}

/* libpri has freed the call of LEG by itself. */
static void leg_vanished(IsdnLeg *leg, guint8 cause)
{
    CallNews news = CALL_NEWS_INIT;

    leg->q931 = NULL;
    leg->answer_due = FALSE;
    if (!leg->call) {
        isdn_leg_free(leg);
        return;
    }
    news.cause = cause ? cause : CAUSE_TEMPORARY_FAILURE;
    g_strlcpy(news.detail, "cleared without an event", sizeof news.detail);
    call_event(leg->call, EVENT_ISDN_RELEASED, &news);
}

static gboolean leg_is_gone(const IsdnLeg *leg)
{
    return leg->q931 && pri_get_crv(dchan_pri(leg->dchan), leg->q931, NULL) < 0;
}

/* libpri answers a DISCONNECT that crossed ours by itself and tells nobody. */
static void leg_crossed(IsdnLeg *leg, guint8 cause)
{
    CallNews news = CALL_NEWS_INIT;

    leg->disconnected = TRUE;
    news.cause = cause;
    if (leg->call)
        call_event(leg->call, EVENT_ISDN_DISCONNECT, &news);
}

void isdn_leg_check_call(DChannel *dchan, const FrameNews *news)
{
    IsdnLeg *leg = isdn_leg_find_call(dchan, news->call);

    if (!leg)
        return;
    if (leg_is_gone(leg))
        leg_vanished(leg, news->cause);
    else if (news->message == MESSAGE_DISCONNECT && leg->hanging_up && !leg->disconnected)
        leg_crossed(leg, news->cause);
}

void isdn_legs_sweep(DChannel *dchan)
{
    g_autoptr(GArray) ids = NULL;

    if (dchan_legs(dchan)->len == 0)
        return;
    ids = isdn_leg_ids(dchan);
    for (guint i = 0; i < ids->len; i++) {
        IsdnLeg *leg = isdn_leg_find_id(dchan, g_array_index(ids, guint32, i));

        if (leg && leg_is_gone(leg))
            leg_vanished(leg, 0);
        else if (leg && leg->expired)
            leg_tell_expiry(leg);
    }
}

static gboolean leg_is_active(const IsdnLeg *leg)
{
    return leg->connected && !leg->hanging_up && !leg->disconnected;
}

/* The far end may still hold the channel for this call: RESTART sorts that out when it is back. */
static void leg_lose(IsdnLeg *leg)
{
    DChannel *dchan = leg->dchan;
    BChannel *channel = bchans_find(dchan_bchans(dchan), leg->channel.number);
    CallNews news = CALL_NEWS_INIT;
    guint32 id = leg->id;

    if (channel && channel->call == leg->call_id)
        channel->restart_wanted = dchan_trunk(dchan)->restart;
    if (leg->call) {
        dchan_count(dchan, COUNT_CALLS_LOST);
        news.cause = CAUSE_DESTINATION_OUT_OF_ORDER;
        call_event(leg->call, EVENT_ISDN_LOST, &news);
    }
    isdn_leg_drop(dchan, id);
}

/* Its channel is gone, and the far end can be told so. A call of ours that it has not answered is
 * tried elsewhere instead: what the far end says of it is answered with cause 81. */
static gboolean leg_is_stranded(const IsdnLeg *leg)
{
    return leg->call && !leg->hanging_up && !leg->disconnected && (!leg->ours || leg->connected) &&
           dchan_is_spoken_for(leg->dchan);
}

static void leg_strand(IsdnLeg *leg)
{
    CallNews news = CALL_NEWS_INIT;

    dchan_count(leg->dchan, COUNT_CALLS_LOST);
    news.cause = CAUSE_DESTINATION_OUT_OF_ORDER;
    g_strlcpy(news.detail, "its span is lost", sizeof news.detail);
    call_event(leg->call, EVENT_ISDN_STRANDED, &news);
}

guint isdn_legs_lost(DChannel *dchan, gboolean active_too)
{
    g_autoptr(GArray) ids = isdn_leg_ids(dchan);
    guint lost = 0;

    for (guint i = 0; i < ids->len; i++) {
        IsdnLeg *leg = isdn_leg_find_id(dchan, g_array_index(ids, guint32, i));

        if (!leg || leg->dchan != dchan || (!active_too && leg_is_active(leg)))
            continue;
        if (leg_is_stranded(leg))
            leg_strand(leg);
        else
            leg_lose(leg);
        lost++;
    }
    return lost;
}

void isdn_legs_repeat_setups(DChannel *dchan)
{
    g_autoptr(GArray) ids = isdn_leg_ids(dchan);

    for (guint i = 0; i < ids->len; i++) {
        IsdnLeg *leg = isdn_leg_find_id(dchan, g_array_index(ids, guint32, i));

        if (leg && leg->dchan == dchan && leg->repeat_waits)
            isdn_setup_repeat(leg);
    }
}

void isdn_legs_free(DChannel *dchan)
{
    while (dchan_legs(dchan)->len > 0) {
        IsdnLeg *leg = dchan_legs(dchan)->pdata[0];

        if (leg->call)
            call_set_isdn_leg(leg->call, NULL);
        isdn_leg_destroy(leg);
        isdn_leg_free(leg);
    }
}
