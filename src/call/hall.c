/* The hall's register: its rooms, its live calls, its counters. */
#include "call_private.h"
#include "clock.h"
#include "log.h"
#include "transit.h"

#define COUNTER_NAME(id, name) name,
static const char *const counter_names[] = {HALL_COUNTERS(COUNTER_NAME)};

Hall *hall_new(Loop *loop, const Settings *settings)
{
    Hall *hall = g_new0(Hall, 1);

    hall->loop = loop;
    hall->settings = settings;
    hall->traces = g_array_new(FALSE, FALSE, sizeof(TraceUser));
    hall->by_id = g_hash_table_new(NULL, NULL);
    hall->line = g_string_sized_new(256);
    hall->ladders = ladder_book_new();
    hall->rate = emergency_rate_new();
    g_queue_init(&hall->calls);
    return hall;
}

const CallOps *hall_sip_of(const Call *call)
{
    return call->transit ? &transit_ops : &call->hall->sip;
}

void hall_part_sip(Call *call)
{
    CallNews none = CALL_NEWS_INIT;

    transfer_forsake(call);
    call_tell_left(call, &none); /* where no rule has */
    room_part(hall_sip_of(call), call);
    call->sip_leg = NULL;
}

static void call_free(Call *call)
{
    Hall *hall = call->hall;

    call_unjoin(call);
    call_timers_free(call);
    call_end_service(call);
    call_end_redirects(call);
    g_queue_clear_full(&call->events, g_free);
    g_hash_table_remove(hall->by_id, GUINT_TO_POINTER(call->id));
    g_queue_unlink(&hall->calls, &call->link);
    g_free(call);
}

/* CALL is over: media lets go of it, then it is gone. */
void hall_drop_call(Call *call)
{
    Hall *hall = call->hall;

    if (call->media_touched)
        room_part(&hall->media, call);
    call_end_emergency(call);
    hall_count(hall, COUNT_CALLS_ENDED);
    call_free(call);
    if (g_queue_is_empty(&hall->calls) && hall->idle)
        hall->idle(hall->idle_user);
}

void hall_drop_calls(Hall *hall)
{
    hall->idle = NULL;
    hall->draining = TRUE;
    while (!g_queue_is_empty(&hall->calls)) {
        Call *call = g_queue_peek_head(&hall->calls);

        call_unjoin(call);
        if (call->sip != SIP_IDLE)
            hall_part_sip(call);
        if (call->isdn != ISDN_NULL)
            room_part(&hall->isdn, call);
        hall_drop_call(call);
    }
}

void hall_free(Hall *hall)
{
    if (!hall)
        return;
    hall_drop_calls(hall);
    ladder_book_free(hall->ladders);
    emergency_rate_free(hall->rate);
    g_string_free(hall->line, TRUE);
    g_hash_table_unref(hall->by_id);
    g_array_unref(hall->traces);
    g_free(hall);
}

void hall_set_settings(Hall *hall, const Settings *settings)
{
    hall->settings = settings;
}

void hall_set_sip(Hall *hall, const CallOps *ops)
{
    hall->sip = *ops;
}

void hall_set_isdn(Hall *hall, const CallOps *ops)
{
    hall->isdn = *ops;
}

void hall_set_media(Hall *hall, const CallOps *ops)
{
    hall->media = *ops;
}

void hall_add_trace(Hall *hall, CallTraceFunc func, void *user)
{
    TraceUser trace = {func, user};

    g_array_append_val(hall->traces, trace);
}

/* Refusals beyond the limit are logged once a second at most: they come when there is a storm. */
static gboolean hall_takes_calls(Hall *hall, gboolean sheltered)
{
    static LogLimit limit;

    if (sheltered)
        return TRUE;
    if (hall->draining) {
        hall_count(hall, COUNT_CALLS_DRAINED);
        return FALSE;
    }
    if (hall->calls.length < hall->settings->sip.max_calls)
        return TRUE;
    hall_count(hall, COUNT_CALLS_OVER_LIMIT);
    if (log_limit(&limit, 1, G_USEC_PER_SEC))
        log_warning("hall: %u calls, [sip] max-calls reached: new calls are refused",
                    hall->calls.length);
    return FALSE;
}

static guint32 hall_next_id(Hall *hall)
{
    do
        hall->last_id++;
    while (!hall->last_id || hall_find_call(hall, hall->last_id));
    return hall->last_id;
}

static void call_settle_origin(Call *call)
{
    const Settings *settings = call->settings;

    if (call->origin.kind == ORIGIN_TRANSIT)
        return;
    if (call->origin.kind == ORIGIN_PRI)
        call->trunk = lookup_trunk(settings, call->origin.trunk);
    else if (!(call->peer = lookup_peer(settings, call->origin.peer)))
        call->peer = lookup_peer_of(settings, (const struct sockaddr *)&call->origin.source);
}

/* What kind of call SETUP from ORIGIN is by its number; DIAL is what the trunk is told. Calls from
 * a trunk are the routes' to know: the PBX has seen to its own, and the exchange sends none. */
static EmergencyKind hall_recognize(const Hall *hall, const CallOrigin *origin,
                                    const CallSetup *setup, Number *dial)
{
    EmergencyKind kind = EMERGENCY_NONE;

    *dial = setup->called;
    if (origin->kind == ORIGIN_SIP)
        kind = emergency_recognize(hall->settings, &setup->called, dial);
    return kind == EMERGENCY_NONE && origin->emergency ? EMERGENCY_CALL : kind;
}

gboolean hall_calls_for_help(const Hall *hall, const Number *number)
{
    return emergency_recognize(hall->settings, number, NULL) == EMERGENCY_CALL;
}

static gboolean hall_lets_in(Hall *hall, const CallOrigin *origin, const CallSetup *setup,
                             EmergencyKind kind)
{
    gboolean callback =
        origin->kind == ORIGIN_PRI && hall_expects_callback(hall, origin->trunk, setup);

    if (kind != EMERGENCY_NONE && origin->kind == ORIGIN_SIP && !hall_rate_lets(hall, origin))
        return FALSE;
    return hall_takes_calls(hall, kind == EMERGENCY_CALL || callback);
}

Call *call_new(Hall *hall, const CallOrigin *origin, const CallSetup *setup)
{
    EmergencyKind kind;
    Number dial;
    Call *call;

    g_return_val_if_fail(hall && origin && setup, NULL);
    kind = hall_recognize(hall, origin, setup, &dial);
    if (!hall_lets_in(hall, origin, setup, kind))
        return NULL;
    call = g_new0(Call, 1);
    call->hall = hall;
    call->settings = hall->settings;
    call->id = hall_next_id(hall);
    call->origin = *origin;
    call->origin.emergency = kind != EMERGENCY_NONE;
    call->drill = kind == EMERGENCY_DRILL;
    call->dialled = setup->called;
    call->help = dial;
    call->asked = call->setup = *setup;
    if (kind != EMERGENCY_NONE)
        call->asked.called = call->setup.called = dial; /* what the routes are asked for */
    call->sip = SIP_IDLE;
    call->isdn = ISDN_NULL;
    call->kept.location = CAUSE_LOCATION_NONE;
    call->began_us = clock_now_us();
    call->link.data = call;
    g_queue_init(&call->events);
    call_timers_init(call);
    call_settle_origin(call);
    g_queue_push_tail_link(&hall->calls, &call->link);
    g_hash_table_insert(hall->by_id, GUINT_TO_POINTER(call->id), call);
    hall_count(hall, origin->kind == ORIGIN_SIP   ? COUNT_CALLS_FROM_SIP
                     : origin->kind == ORIGIN_PRI ? COUNT_CALLS_FROM_ISDN
                                                  : COUNT_CALLS_TRANSIT);
    ladder_begin(hall->ladders, call);
    return call;
}

void hall_each_call(Hall *hall, CallFunc func, void *user)
{
    for (GList *link = hall->calls.head; link; link = link->next)
        func(user, link->data);
}

Call *hall_find_call(Hall *hall, guint32 id)
{
    return g_hash_table_lookup(hall->by_id, GUINT_TO_POINTER(id));
}

guint hall_call_count(const Hall *hall)
{
    return hall->calls.length;
}

guint32 hall_last_call(const Hall *hall)
{
    return hall->last_id;
}

void hall_each_counter(const Hall *hall, CounterFunc func, void *user)
{
    func(user, "calls live", hall->calls.length);
    for (guint i = 0; i < HALL_COUNTER_COUNT; i++)
        func(user, counter_names[i], hall->counters[i]);
}

void hall_set_draining(Hall *hall, gboolean draining)
{
    hall->draining = draining;
}

gboolean hall_is_draining(const Hall *hall)
{
    return hall->draining;
}

/* By id: a call may end, and with it its link, while the next one is being told. */
static void hall_clear(Hall *hall, guint8 cause, gboolean sheltered_too)
{
    g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint32));
    CallNews news = CALL_NEWS_INIT;

    news.cause = cause;
    for (GList *link = hall->calls.head; link; link = link->next)
        if (sheltered_too || !call_is_sheltered(link->data))
            g_array_append_val(ids, ((Call *)link->data)->id);
    for (guint i = 0; i < ids->len; i++) {
        Call *call = hall_find_call(hall, g_array_index(ids, guint32, i));

        if (call)
            call_event(call, EVENT_OPERATOR_CLEAR, &news);
    }
}

void hall_clear_all(Hall *hall, guint8 cause)
{
    hall_clear(hall, cause, TRUE);
}

void hall_clear_ordinary(Hall *hall, guint8 cause)
{
    hall_clear(hall, cause, FALSE);
}

guint hall_sheltered_count(const Hall *hall)
{
    guint count = 0;

    for (GList *link = hall->calls.head; link; link = link->next) {
        const Call *call = link->data;

        /* One that is being cleared already is nothing to wait for. */
        count += call_is_sheltered(call) &&
                 callmap_find(call->sip, call->isdn, EVENT_OPERATOR_CLEAR)->kind == RULE_LIVE;
    }
    return count;
}

void hall_set_emergency_func(Hall *hall, EmergencyFunc func, void *user)
{
    hall->emergency = func;
    hall->emergency_user = user;
}

void hall_set_callback_finder(Hall *hall, CallbackFinder func, void *user)
{
    hall->callback = func;
    hall->callback_user = user;
}

void hall_set_idle_func(Hall *hall, LoopFunc func, void *user)
{
    hall->idle = func;
    hall->idle_user = user;
}
