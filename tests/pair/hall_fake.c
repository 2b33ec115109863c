/* The hall of the sip room's stories: call.h without rules. */
#include "hall_fake.h"
#include "joined.h"
#include "transfer.h"

#include <stdarg.h>
#include <string.h>

struct Hall {
    const Settings *settings;
    CallOps sip;
    GPtrArray *calls;
    GString *events, *ladder, *offered;
    guint32 ids;
    gboolean draining;
    CallNews news;
};

struct Call {
    Hall *hall;
    guint32 id;
    SipState state;
    CallOrigin origin;
    CallSetup setup;
    const TrunkSettings *trunk;
    const PeerSettings *peer;
    char uri[URI_MAX];
    Channel channel;
    void *sip_leg;
    struct sockaddr_storage rtp;
    Party isdn_party;
    gboolean has_isdn_party;
    guint8 cause;
    gint8 location;
    guint16 status;
    CallCharge charge;
};

Hall *hall_new(Loop *loop, const Settings *settings)
{
    Hall *hall = g_new0(Hall, 1);

    hall->settings = settings;
    hall->calls = g_ptr_array_new_with_free_func(g_free);
    hall->events = g_string_new(NULL);
    hall->ladder = g_string_new(NULL);
    hall->offered = g_string_new(NULL);
    return hall;
}

void hall_free(Hall *hall)
{
    g_ptr_array_unref(hall->calls);
    g_string_free(hall->events, TRUE);
    g_string_free(hall->ladder, TRUE);
    g_string_free(hall->offered, TRUE);
    g_free(hall);
}

void hall_set_sip(Hall *hall, const CallOps *ops)
{
    hall->sip = *ops;
}

void hall_set_draining(Hall *hall, gboolean draining)
{
    hall->draining = draining;
}

gboolean hall_is_draining(const Hall *hall)
{
    return hall->draining;
}

Call *call_new(Hall *hall, const CallOrigin *origin, const CallSetup *setup)
{
    Call *call;

    if (hall->draining)
        return NULL;
    call = g_new0(Call, 1);
    call->hall = hall;
    call->id = ++hall->ids;
    call->origin = *origin;
    call->setup = *setup;
    call->location = CAUSE_LOCATION_NONE;
    call->rtp = hall->settings->media.address;
    address_set_port(&call->rtp, 30000);
    g_ptr_array_add(hall->calls, call);
    return call;
}

Call *hall_fake_call_to(Hall *hall, const char *uri, const CallSetup *setup,
                        const TrunkSettings *trunk, const PeerSettings *peer)
{
    CallOrigin origin = {.kind = ORIGIN_PRI};
    Call *call = call_new(hall, &origin, setup);

    g_strlcpy(call->uri, uri, sizeof(call->uri));
    call->trunk = trunk;
    call->peer = peer;
    return call;
}

void call_event(Call *call, CallEvent event, const CallNews *news)
{
    static const CallNews none = CALL_NEWS_INIT;
    Hall *hall = call->hall;

    hall->news = news ? *news : none;
    g_string_append_printf(hall->events, "%s%s", hall->events->len ? " " : "",
                           call_event_name(event));
    if (hall->news.cause)
        g_string_append_printf(hall->events, "/%u", hall->news.cause);
    if (event == EVENT_SIP_FAILURE)
        g_string_append_printf(hall->events, "/%u", hall->news.status);
    if (hall->news.has_remote)
        g_string_append(hall->events, hall->news.remote.send ? "+media" : "+held");
}

const char *call_event_name(CallEvent event)
{
    static const char *const names[] = {
#define FAKE_NAME(id, name, text) [EVENT_##id] = name,
        CALL_EVENTS(FAKE_NAME)};

    return names[event] + (g_str_has_prefix(names[event], "SIP.") ? 4 : 0);
}

char *hall_fake_events(Hall *hall)
{
    char *text = g_strdup(hall->events->str);

    g_string_truncate(hall->events, 0);
    return text;
}

const char *hall_fake_ladder(const Hall *hall)
{
    return hall->ladder->str;
}

Call *hall_fake_last(Hall *hall)
{
    return hall->calls->len ? g_ptr_array_index(hall->calls, hall->calls->len - 1) : NULL;
}

const CallNews *hall_fake_news(const Hall *hall)
{
    return &hall->news;
}

gboolean hall_fake_act(Call *call, CallAction action)
{
    CallNews none = CALL_NEWS_INIT;

    return call->hall->sip.action[action](call->hall->sip.room, call, &none);
}

gboolean hall_fake_act_news(Call *call, CallAction action, const CallNews *news)
{
    return call->hall->sip.action[action](call->hall->sip.room, call, news);
}

void hall_fake_set_state(Call *call, SipState state)
{
    call->state = state;
}

void hall_fake_set_cause(Call *call, guint8 cause, gint8 location, guint16 status)
{
    call->cause = cause;
    call->location = location;
    call->status = status;
}

void hall_fake_end(Call *call)
{
    call->hall->sip.part(call->hall->sip.room, call);
    g_ptr_array_remove(call->hall->calls, call);
}

void hall_note(Hall *hall, guint32 call, LadderSide side, LadderWay way, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    g_string_append_c(hall->ladder, way == LADDER_IN ? '>' : '<');
    g_string_append_vprintf(hall->ladder, format, arguments);
    g_string_append_c(hall->ladder, '\n');
    va_end(arguments);
}

guint32 call_id(const Call *call)
{
    return call->id;
}

gboolean call_has_next_target(const Call *call)
{
    return FALSE;
}

SipState call_sip_state(const Call *call)
{
    return call->state;
}

const CallOrigin *call_origin(const Call *call)
{
    return &call->origin;
}

gboolean call_is_emergency(const Call *call)
{
    return call_origin(call)->emergency;
}

gboolean call_is_sheltered(const Call *call)
{
    return call_is_emergency(call);
}

const CallSetup *call_asked(const Call *call)
{
    return &call->setup;
}

const Party *call_isdn_party(const Call *call)
{
    return call->has_isdn_party ? &call->isdn_party : NULL;
}

void call_find_isdn_party(const Call *call, Party *party)
{
    *party = call->isdn_party;
}

void hall_fake_set_isdn_party(Call *call, const Party *party)
{
    call->has_isdn_party = TRUE;
    call->isdn_party = *party;
}

const CallSetup *call_setup(const Call *call)
{
    return &call->setup;
}

const TrunkSettings *call_trunk(const Call *call)
{
    return call->trunk;
}

gboolean call_is_callback(const Call *call)
{
    return FALSE;
}

const char *call_uri(const Call *call)
{
    return call->uri;
}

guint32 call_joined(const Call *call)
{
    return 0;
}

gboolean call_takes_info(const Call *call)
{
    const PeerSettings *peer = call_peer(call);

    return peer && (peer->dtmf == PEER_DIGITS_INFO || peer->dtmf == PEER_DIGITS_INFO_DTMF);
}

const PeerSettings *call_peer(const Call *call)
{
    return call->peer;
}

Channel call_channel(const Call *call)
{
    return call->channel;
}

void call_set_channel(Call *call, Channel channel)
{
    call->channel = channel;
}

void *call_sip_leg(const Call *call)
{
    return call->sip_leg;
}

void call_set_sip_leg(Call *call, void *leg)
{
    call->sip_leg = leg;
}

const struct sockaddr_storage *call_local_rtp(const Call *call)
{
    return &call->rtp;
}

void call_set_local_rtp(Call *call, const struct sockaddr_storage *address)
{
    call->rtp = *address;
}

guint8 call_cause(const Call *call)
{
    return call->cause;
}

gint8 call_cause_location(const Call *call)
{
    return call->location;
}

guint16 call_reject_status(const Call *call)
{
    return call->status;
}

IsdnState call_isdn_state(const Call *call)
{
    return ISDN_NULL;
}

Call *hall_find_call(Hall *hall, guint32 id)
{
    return NULL;
}

/* ---- transfers: this hall allows none; sip_transfer.c tells of those, with the real one ---- */

void hall_fake_set_charge(Call *call, const CallCharge *charge)
{
    call->charge = *charge;
}

const CallCharge *call_charge(const Call *call)
{
    return &call->charge;
}

gboolean call_offer_redirects(Call *call, const CallOrigin *by, const CallContact *contacts,
                              guint count)
{
    GString *offered = call->hall->offered;

    g_string_truncate(offered, 0);
    for (guint i = 0; i < count; i++)
        g_string_append_printf(offered, "%s%s%s", i ? " " : "", contacts[i].uri,
                               contacts[i].number ? " ours" : "");
    return call->peer && call->peer->follow;
}

const char *hall_fake_offered(const Hall *hall)
{
    return hall->offered->str;
}

gboolean transfer_plan(const Call *call, const CallOrigin *by, const Number *called,
                       const char *uri, TransferPlan *plan)
{
    *plan = (TransferPlan){.status = 603};
    return FALSE;
}

gboolean transfer_allowed(const Call *call, const CallOrigin *by, TransferWay way,
                          TransferPlan *plan)
{
    *plan = (TransferPlan){.status = 603};
    return FALSE;
}

gboolean transfer_joinable(const Call *one, const Call *other)
{
    return FALSE;
}

gboolean transfer_seek(Call *call, const TransferPlan *plan, TransferFunc func, void *user)
{
    g_assert_not_reached();
}

void transfer_adopt(Call *call, Call *consulted, TransferFunc func, void *user)
{
    g_assert_not_reached();
}

void transfer_move(Call *call)
{
    g_assert_not_reached();
}

void transfer_forsake(Call *call)
{
    g_assert_not_reached();
}

void transfer_hush(Call *call)
{
    g_assert_not_reached();
}

void transfer_join(Call *one, Call *other)
{
    g_assert_not_reached();
}

void transfer_settle(Call *call, const TransferPlan *plan)
{
    g_assert_not_reached();
}
