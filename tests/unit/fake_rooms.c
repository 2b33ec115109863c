/* The rooms of fake_rooms.h. */
#include "fake_rooms.h"

#include <arpa/inet.h>
#include <string.h>

/* ---- settings -----------------------------------------------------------------------------------
 */

static TrunkSettings *trunk_new(const char *name)
{
    TrunkSettings *trunk = g_new0(TrunkSettings, 1);

    trunk->name = g_strdup(name);
    trunk->side = SIDE_NETWORK;
    trunk->ringback = CHOICE_AUTO;
    trunk->country_code = g_strdup("49");
    trunk->international_prefix = g_strdup("00");
    trunk->min_digits = 2;
    trunk->t301_us = 180 * G_USEC_PER_SEC;
    trunk->t302_us = 15 * G_USEC_PER_SEC;
    trunk->t310_us = 60 * G_USEC_PER_SEC;
    trunk->progress_us = 300 * G_USEC_PER_SEC;
    trunk->interwork_us = 20 * G_USEC_PER_SEC;
    return trunk;
}

static RouteSettings *route_new(Settings *settings, const char *name, const char *called)
{
    RouteSettings *route = g_new0(RouteSettings, 1);

    route->name = g_strdup(name);
    route->called = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(route->called, g_strdup(called));
    route->ton = route->npi = -1;
    route->tries = 32;
    route->t10_us = 5 * G_USEC_PER_SEC;
    route->targets = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(settings->routes, route);
    return route;
}

static void route_add_target(RouteSettings *route, const TrunkSettings *trunk, const char *uri)
{
    RouteTo *to = g_new0(RouteTo, 1);

    to->trunk = trunk;
    to->uri = (char *)uri;
    g_ptr_array_add(route->targets, to);
}

static NamedNumber *named_new(const char *name, const char *number)
{
    NamedNumber *one = g_new0(NamedNumber, 1);

    one->name = g_strdup(name);
    one->number = g_strdup(number);
    return one;
}

static void named_free(NamedNumber *one)
{
    g_free(one->name);
    g_free(one->number);
    g_free(one);
}

Settings *fake_settings_new(void)
{
    Settings *settings = g_new0(Settings, 1);
    TrunkSettings *pbx = trunk_new("pbx"), *spare = trunk_new("spare");
    RouteSettings *route;

    settings->sip.no_answer_us = 120 * G_USEC_PER_SEC;
    settings->sip.max_calls = 100;
    settings->sip.transfer = TRUE;
    settings->trunks = g_ptr_array_new();
    settings->routes = g_ptr_array_new();
    settings->peers = g_ptr_array_new();
    g_ptr_array_add(settings->trunks, pbx);
    g_ptr_array_add(settings->trunks, spare);

    settings->elins = g_ptr_array_new();
    settings->emergency.numbers = g_ptr_array_new();
    g_ptr_array_add(settings->emergency.numbers, named_new("112", NULL));
    g_ptr_array_add(settings->emergency.numbers, named_new("0112", "112"));
    settings->emergency.preempt = PREEMPT_NEWEST;
    settings->emergency.preempt_wait_us = G_USEC_PER_SEC;
    settings->emergency.callback_us = 30 * 60 * (gint64)G_USEC_PER_SEC;

    /* 2XX to the PBX, with a spare trunk behind. */
    route = route_new(settings, "to-pbx", "2XX");
    route_add_target(route, pbx, NULL);
    route_add_target(route, spare, NULL);
    /* 1XX to the phones, with a second server behind. */
    route = route_new(settings, "to-phones", "1XX");
    route_add_target(route, NULL, "sip:{number}@192.0.2.1");
    route_add_target(route, NULL, "sip:{number}@192.0.2.2");
    /* Anything dialled with 0 goes out, abroad not. */
    route = route_new(settings, "outside", "0.");
    route_add_target(route, pbx, NULL);
    return settings;
}

static void trunk_free(TrunkSettings *trunk)
{
    g_free(trunk->name);
    g_free(trunk->country_code);
    g_free(trunk->international_prefix);
    g_free(trunk);
}

static void route_free(RouteSettings *route)
{
    g_free(route->name);
    g_clear_pointer(&route->called, g_ptr_array_unref);
    g_clear_pointer(&route->targets, g_ptr_array_unref);
    g_clear_pointer(&route->on_causes, g_array_unref);
    g_free(route);
}

void fake_settings_free(Settings *settings)
{
    g_ptr_array_foreach(settings->trunks, (GFunc)(void (*)(void))trunk_free, NULL);
    g_ptr_array_foreach(settings->routes, (GFunc)(void (*)(void))route_free, NULL);
    g_ptr_array_unref(settings->trunks);
    g_ptr_array_unref(settings->routes);
    g_ptr_array_unref(settings->peers);
    g_ptr_array_foreach(settings->emergency.numbers, (GFunc)(void (*)(void))named_free, NULL);
    g_ptr_array_unref(settings->emergency.numbers);
    g_clear_pointer(&settings->emergency.trunks, g_ptr_array_unref);
    g_ptr_array_unref(settings->elins);
    g_free(settings);
}

TrunkSettings *fake_trunk(const Settings *settings, const char *name)
{
    for (guint i = 0; i < settings->trunks->len; i++) {
        TrunkSettings *trunk = settings->trunks->pdata[i];

        if (strcmp(trunk->name, name) == 0)
            return trunk;
    }
    g_error("no trunk %s", name);
}

RouteSettings *fake_route(const Settings *settings, const char *name)
{
    for (guint i = 0; i < settings->routes->len; i++) {
        RouteSettings *route = settings->routes->pdata[i];

        if (strcmp(route->name, name) == 0)
            return route;
    }
    g_error("no route %s", name);
}

/* ---- rooms --------------------------------------------------------------------------------------
 */

FakeCall *fake_of(Fake *fake, guint32 id)
{
    FakeCall *call = g_hash_table_lookup(fake->calls, GUINT_TO_POINTER(id));

    if (!call) {
        call = g_new0(FakeCall, 1);
        call->messages = g_string_new(NULL);
        g_hash_table_insert(fake->calls, GUINT_TO_POINTER(id), call);
    }
    return call;
}

static void fake_call_free(gpointer data)
{
    FakeCall *call = data;

    g_string_free(call->messages, TRUE);
    g_free(call);
}

static gboolean fake_refuses(Fake *fake, const Legs *legs, CallAction action)
{
    if (legs_refusal(legs, action) == CALL_EVENT_COUNT)
        return FALSE;
    return (fake->refuse >> action & 1) ||
           g_rand_int_range(fake->dice, 0, 1000) < (gint)fake->refuse_permille;
}

static void fake_say(Fake *fake, FakeCall *mine, Call *call, CallAction action)
{
    if (fake->quiet)
        return;
    g_string_append_printf(mine->messages, "%s%s", mine->messages->len ? " " : "",
                           call_action_name(action));
    if (action == ACTION_SIP_REJECT)
        g_string_append_printf(mine->messages, ":%u", call_reject_status(call));
    if (action == ACTION_ISDN_DISCONNECT || action == ACTION_ISDN_DISCONNECT_TONE ||
        action == ACTION_ISDN_RELEASE_COMPLETE || action == ACTION_SIP_CANCEL ||
        action == ACTION_SIP_BYE)
        g_string_append_printf(mine->messages, ":%u", call_cause(call));
}

/* ---- a line that has an end --------------------------------------------------------------------
 */

typedef struct Place {
    const TrunkSettings *trunk;
    guint busy;
    guint32 taken; /* a bit a channel */
} Place;

static void place_count(void *user, const Call *call)
{
    Place *place = user;

    if (call_trunk(call) != place->trunk || !call_channel(call).number)
        return;
    place->busy++;
    place->taken |= 1u << call_channel(call).number;
}

/* A channel of CALL's trunk that no call has; 0: it is full. */
static guint8 line_find(Fake *fake, const Call *call)
{
    Place place = {.trunk = call_trunk(call)};

    hall_each_call(fake->hall, place_count, &place);
    for (guint8 number = 1; number <= fake->capacity; number++)
        if (!(place.taken & 1u << number))
            return number;
    return 0;
}

static gboolean line_is_full(Fake *fake, const Call *call, CallAction action)
{
    return fake->capacity && !call_channel(call).number &&
           (action == ACTION_CHANNEL_SEIZE || action == ACTION_CHANNEL_RETAKE) &&
           !line_find(fake, call);
}

static void line_serve(Fake *fake, guint i)
{
    guint32 id = g_array_index(fake->claims, guint32, i);
    Call *call = hall_find_call(fake->hall, id);

    g_array_remove_index(fake->claims, i);
    call_set_channel(call, (Channel){0, line_find(fake, call)});
    legs_raise(&fake_of(fake, id)->legs, EVENT_CHANNEL_FREE);
    call_event(call, EVENT_CHANNEL_FREE, NULL);
}

static gboolean line_knows_claim(Fake *fake, guint32 id)
{
    for (guint i = 0; i < fake->claims->len; i++)
        if (g_array_index(fake->claims, guint32, i) == id)
            return TRUE;
    return FALSE;
}

/* A channel has become free: whoever waits longest for one of its trunk gets it. Nobody keeps a
 * claim longer than it waits. */
static void line_offer(Fake *fake)
{
    for (guint i = 0; i < fake->claims->len; i++) {
        guint32 id = g_array_index(fake->claims, guint32, i);
        Call *call = hall_find_call(fake->hall, id);

        if (!call || !fake_of(fake, id)->legs.claim)
            g_error("C%u waits no more, but its claim is still there", id);
        if (line_find(fake, call)) {
            line_serve(fake, i);
            return;
        }
    }
}

static void line_note_claim(Fake *fake, const Call *call, gboolean waits)
{
    guint32 id = call_id(call);

    for (guint i = 0; i < fake->claims->len; i++)
        if (g_array_index(fake->claims, guint32, i) == id)
            g_array_remove_index(fake->claims, i--);
    if (waits)
        g_array_append_val(fake->claims, id);
}

static gboolean fake_act(Fake *fake, Call *call, CallAction action)
{
    FakeCall *mine = fake_of(fake, call_id(call));
    gboolean full = line_is_full(fake, call, action);
    gboolean room = fake->capacity && action == ACTION_CHANNEL_CLAIM && line_find(fake, call);
    const char *wrong;

    if (full || room || fake_refuses(fake, &mine->legs, action)) {
        CallNews news = CALL_NEWS_INIT;
        CallEvent refusal = legs_refusal(&mine->legs, action);

        news.cause = full ? 34 : fake->refuse_cause;
        if (room)
            call_set_channel(call, (Channel){0, line_find(fake, call)});
        legs_raise(&mine->legs, refusal);
        call_event(call, refusal, &news);
        return FALSE;
    }
    if (action == ACTION_CHANNEL_RETAKE) {
        call_set_channel(call, fake->capacity ? (Channel){0, line_find(fake, call)}
                                              : fake->next_channel);
    } else if (action == ACTION_CHANNEL_SEIZE && fake->capacity) {
        if (!call_channel(call).number)
            call_set_channel(call, (Channel){0, line_find(fake, call)});
    } else if (action == ACTION_CHANNEL_SEIZE) {
        Channel channel = fake->next_channel;

        while (call_span_refused(call, channel.span))
            channel.span++;
        while (call_channel_refused(call, channel))
            channel.number++;
        call_set_channel(call, channel);
    }
    fake_say(fake, mine, call, action);
    wrong = legs_act(&mine->legs, action);
    if (wrong)
        g_error("C%u %s: %s", call_id(call), call_action_name(action), wrong);
    if (action == ACTION_CHANNEL_CLAIM || action == ACTION_CHANNEL_UNCLAIM)
        line_note_claim(fake, call, action == ACTION_CHANNEL_CLAIM);
    if (action == ACTION_CHANNEL_FREE) {
        call_set_channel(call, (Channel){0});
        if (fake->capacity)
            line_offer(fake);
    }
    return TRUE;
}

/* One function an action: the treaty does not tell a room which of its actions is meant. */
#define FAKE_ACTION(id, name, text)                                                                \
    static gboolean act_##id(void *room, Call *call, const CallNews *news)                         \
    {                                                                                              \
        g_assert_nonnull(news);                                                                    \
        return fake_act(room, call, ACTION_##id);                                                  \
    }
CALL_ACTIONS(FAKE_ACTION)

static void part_sip(void *room, Call *call)
{
    FakeCall *mine = fake_of(room, call_id(call));
    const char *wrong = legs_part_sip(&mine->legs, mine->event);

    if (wrong)
        g_error("C%u %s", call_id(call), wrong);
    mine->sip_parts++;
}

static void part_isdn(void *room, Call *call)
{
    FakeCall *mine = fake_of(room, call_id(call));
    const char *wrong = legs_part_isdn(&mine->legs);

    if (wrong)
        g_error("C%u %s", call_id(call), wrong);
    mine->isdn_parts++;
}

static void part_media(void *room, Call *call)
{
    FakeCall *mine = fake_of(room, call_id(call));

    g_assert_cmpint(call_sip_state(call), ==, SIP_IDLE);
    g_assert_cmpint(call_isdn_state(call), ==, ISDN_NULL);
    mine->media_parts++;
}

static void fake_hand_in(Fake *fake)
{
    static const CallActionFunc all[CALL_ACTION_COUNT] = {
#define FAKE_ROW(id, name, text) [ACTION_##id] = act_##id,
        CALL_ACTIONS(FAKE_ROW)};
    CallOps sip = {.room = fake, .part = part_sip};
    CallOps isdn = {.room = fake, .part = part_isdn};
    CallOps media = {.room = fake, .part = part_media};

    for (guint action = 1; action < CALL_ACTION_COUNT; action++) {
        const char *name = call_action_name(action);

        if (g_str_has_prefix(name, "sip_"))
            sip.action[action] = all[action];
        else if (g_str_has_prefix(name, "isdn_") || g_str_has_prefix(name, "channel_"))
            isdn.action[action] = all[action];
        else if (g_str_has_prefix(name, "media_"))
            media.action[action] = all[action];
    }
    hall_set_sip(fake->hall, &sip);
    hall_set_isdn(fake->hall, &isdn);
    hall_set_media(fake->hall, &media);
}

/* What the hall does between two calls by itself. */
static void fake_trace_joined(FakeCall *mine, const CallTrace *trace)
{
    if (trace->event == EVENT_CALL_JOINED || trace->event == EVENT_CALL_LEFT)
        legs_raise(&mine->legs, trace->event);
    for (guint i = 0; i < CALL_RULE_ACTIONS; i++)
        if (trace->rule->actions[i] == ACTION_TELL_LEFT)
            legs_act(&mine->legs, ACTION_TELL_LEFT);
}

static void fake_trace(void *user, const CallTrace *trace)
{
    Fake *fake = user;
    FakeCall *mine = fake_of(fake, trace->call);

    mine->event = trace->event;
    fake_trace_joined(mine, trace);
    if (trace->rule->kind > RULE_LATE)
        g_error("%s: %s", trace->line, trace->rule->why);
    if (!fake->quiet)
        g_string_append_printf(fake->lines, "%s\n", strchr(trace->line, ' ') + 1);
}

static void fake_idle(void *user)
{
    ((Fake *)user)->idle++;
}

Fake *fake_new(void)
{
    Fake *fake = g_new0(Fake, 1);

    g_assert_true(callmap_open(NULL));
    fake->loop = loop_virtual_new();
    fake->settings = fake_settings_new();
    fake->hall = hall_new(fake->loop, fake->settings);
    fake->calls = g_hash_table_new_full(NULL, NULL, NULL, fake_call_free);
    fake->lines = g_string_new(NULL);
    fake->dice = g_rand_new_with_seed(1);
    fake->claims = g_array_new(FALSE, FALSE, sizeof(guint32));
    fake->next_channel = (Channel){0, 1};
    fake_hand_in(fake);
    hall_add_trace(fake->hall, fake_trace, fake);
    hall_set_idle_func(fake->hall, fake_idle, fake);
    return fake;
}

/* Stories may stop before their call ends: nobody judges last words any more. */
void fake_free(Fake *fake)
{
    CallOps none = {0};

    if (fake->hall) {
        hall_set_sip(fake->hall, &none);
        hall_set_isdn(fake->hall, &none);
        hall_set_media(fake->hall, &none);
    }
    hall_free(fake->hall);
    g_hash_table_unref(fake->calls);
    g_string_free(fake->lines, TRUE);
    g_rand_free(fake->dice);
    g_array_unref(fake->claims);
    fake_settings_free(fake->settings);
    loop_virtual_free(fake->loop);
    g_free(fake);
}

/* ---- calls --------------------------------------------------------------------------------------
 */

static Call *fake_begin_at(Fake *fake, const CallOrigin *origin, const CallSetup *setup,
                           CallEvent event, guint32 *id)
{
    Call *call = call_new(fake->hall, origin, setup);

    if (!call)
        return NULL;
    *id = call_id(call);
    if (origin->kind == ORIGIN_PRI)
        call_set_channel(call, (Channel){0, fake->capacity ? line_find(fake, call) : 7});
    legs_raise(&fake_of(fake, *id)->legs, event);
    call_event(call, event, NULL);
    return hall_find_call(fake->hall, *id);
}

static Call *fake_begin(Fake *fake, OriginKind kind, const CallSetup *setup, CallEvent event,
                        guint32 *id)
{
    CallOrigin origin = {.kind = kind};

    if (kind == ORIGIN_PRI)
        g_strlcpy(origin.trunk, "pbx", sizeof(origin.trunk));
    origin.source.ss_family = AF_INET;
    return fake_begin_at(fake, &origin, setup, event, id);
}

Call *fake_call_from(Fake *fake, const CallOrigin *origin, const char *called, guint32 *id)
{
    CallSetup setup = {.bearer = BEARER_3K1_AUDIO};

    g_strlcpy(setup.called.digits, called, sizeof(setup.called.digits));
    g_strlcpy(setup.calling.digits, origin->caller, sizeof(setup.calling.digits));
    return fake_begin_at(fake, origin, &setup, EVENT_SIP_INVITE, id);
}

Call *fake_call_from_phone(Fake *fake, const char *called, guint32 *id)
{
    CallSetup setup = {.bearer = BEARER_3K1_AUDIO};

    g_strlcpy(setup.called.digits, called, sizeof(setup.called.digits));
    g_strlcpy(setup.calling.digits, "101", sizeof(setup.calling.digits));
    return fake_begin(fake, ORIGIN_SIP, &setup, EVENT_SIP_INVITE, id);
}

Call *fake_call_from_pbx(Fake *fake, const char *called, gboolean complete, guint32 *id)
{
    CallSetup setup = {
        .bearer = BEARER_SPEECH, .complete = complete, .progress = fake->progress};

    g_strlcpy(setup.called.digits, called, sizeof(setup.called.digits));
    g_strlcpy(setup.calling.digits, "201", sizeof(setup.calling.digits));
    return fake_begin(fake, ORIGIN_PRI, &setup, EVENT_ISDN_SETUP, id);
}

void fake_raise(Fake *fake, guint32 id, CallEvent event, const CallNews *news)
{
    Call *call = hall_find_call(fake->hall, id);
    FakeCall *mine = fake_of(fake, id);
    const char *wrong;

    if (!call)
        g_error("C%u has ended, %s comes too late", id, call_event_name(event));
    if (legs_can(&mine->legs, call_sip_state(call), call_isdn_state(call), event) == FIT_NO)
        g_error("C%u %s cannot be raised now", id, call_event_name(event));
    if (event == EVENT_CHANNEL_FREE) { /* as line_serve() does: what is given is claimed no more */
        line_note_claim(fake, call, FALSE);
        if (fake->capacity)
            call_set_channel(call, (Channel){0, line_find(fake, call)});
    }
    legs_raise(&mine->legs, event);
    call_event(call, event, news);
    if (!(call = hall_find_call(fake->hall, id)))
        return;
    /* The SIP side of a call from trunk to trunk is another call, not our phone. */
    wrong = call_through(call)
                ? legs_agree_isdn(&mine->legs, call_isdn_state(call))
                : legs_agree(&mine->legs, call_sip_state(call), call_isdn_state(call));
    if (wrong)
        g_error("C%u after %s: %s", id, call_event_name(event), wrong);
}

void fake_raise_cause(Fake *fake, guint32 id, CallEvent event, guint8 cause)
{
    CallNews news = CALL_NEWS_INIT;

    news.cause = cause;
    fake_raise(fake, id, event, &news);
}

void fake_raise_status(Fake *fake, guint32 id, guint16 status)
{
    CallNews news = CALL_NEWS_INIT;

    news.status = status;
    fake_raise(fake, id, EVENT_SIP_FAILURE, &news);
}

char *fake_take_lines(Fake *fake)
{
    char *lines = g_strdup(fake->lines->str);

    g_string_set_size(fake->lines, 0);
    return lines;
}

void tells(Fake *fake, const char *expected)
{
    g_autofree char *told = fake_take_lines(fake);

    g_assert_cmpstr(told, ==, expected);
}

void says(Fake *fake, guint32 id, const char *expected)
{
    g_assert_cmpstr(fake_of(fake, id)->messages->str, ==, expected);
}

void says_last(Fake *fake, guint32 id, const char *expected)
{
    const GString *said = fake_of(fake, id)->messages;
    gsize tail = MIN(strlen(expected), said->len);

    g_assert_cmpstr(said->str + said->len - tail, ==, expected);
}

void fake_assert_gone(Fake *fake, guint32 id)
{
    FakeCall *mine = fake_of(fake, id);

    g_assert_null(hall_find_call(fake->hall, id));
    g_assert_cmpint(mine->legs.phone, ==, PHONE_NONE);
    g_assert_cmpint(mine->legs.pbx, ==, PBX_NONE);
    g_assert_false(mine->legs.channel);
    g_assert_false(mine->legs.claim);
    g_assert_false(line_knows_claim(fake, id));
    g_assert_false(mine->legs.media);
    g_assert_false(mine->legs.tone);
    g_assert_cmpuint(mine->media_parts, <=, 1);
}
