/* The house of sip_house.h. */
#include "sip_house.h"

#include "free_port.h"

#include <string.h>
#include <unistd.h>

static gboolean line_tells(House *house, const char *what)
{
    g_string_append_printf(house->line, "%s ", what);
    return TRUE;
}

static gboolean pbx_seize(void *room, Call *call, const CallNews *news)
{
    call_set_channel(call, (Channel){0, 7});
    return TRUE;
}

static gboolean pbx_nothing(void *room, Call *call, const CallNews *news)
{
    return TRUE;
}

#define PBX_HEARS(name, text, answer)                                                              \
    static gboolean pbx_##name(void *room, Call *call, const CallNews *news)                       \
    {                                                                                              \
        line_tells(room, text);                                                                    \
        if ((answer) != CALL_EVENT_COUNT)                                                          \
            call_event(call, answer, NULL);                                                        \
        return TRUE;                                                                               \
    }
PBX_HEARS(setup, "setup", CALL_EVENT_COUNT)
PBX_HEARS(proceeding, "proceeding", CALL_EVENT_COUNT)
PBX_HEARS(progress, "progress", CALL_EVENT_COUNT)
PBX_HEARS(alerting, "alerting", CALL_EVENT_COUNT)
PBX_HEARS(connect, "connect", EVENT_ISDN_CONNECT_ACK)
PBX_HEARS(connect_ack, "connect-ack", CALL_EVENT_COUNT)
PBX_HEARS(disconnect, "disconnect", EVENT_ISDN_RELEASE)
PBX_HEARS(release, "release", EVENT_ISDN_RELEASED)
PBX_HEARS(release_complete, "release-complete", CALL_EVENT_COUNT)

static gboolean media_open(void *room, Call *call, const CallNews *news)
{
    House *house = room;
    struct sockaddr_storage rtp = house->settings->media.address;

    house->ports++;
    address_set_port(&rtp, 30000);
    call_set_local_rtp(call, &rtp);
    return TRUE;
}

static gboolean media_close(void *room, Call *call, const CallNews *news)
{
    const struct sockaddr_storage none = {.ss_family = AF_UNSPEC};

    if (call_local_rtp(call)->ss_family == AF_UNSPEC)
        return TRUE;
    ((House *)room)->ports--;
    call_set_local_rtp(call, &none);
    return TRUE;
}

static CallOps pbx_ops(House *house)
{
    CallOps ops = {.room = house};

    for (guint i = ACTION_CHANNEL_SEIZE; i <= ACTION_ISDN_FORGET; i++)
        ops.action[i] = pbx_nothing;
    ops.action[ACTION_CHANNEL_SEIZE] = pbx_seize;
    ops.action[ACTION_ISDN_SETUP] = pbx_setup;
    ops.action[ACTION_ISDN_PROCEEDING] = pbx_proceeding;
    ops.action[ACTION_ISDN_PROGRESS] = pbx_progress;
    ops.action[ACTION_ISDN_ALERTING] = pbx_alerting;
    ops.action[ACTION_ISDN_ALERTING_MEDIA] = pbx_alerting;
    ops.action[ACTION_ISDN_CONNECT] = pbx_connect;
    ops.action[ACTION_ISDN_CONNECT_ACK] = pbx_connect_ack;
    ops.action[ACTION_ISDN_DISCONNECT] = pbx_disconnect;
    ops.action[ACTION_ISDN_DISCONNECT_TONE] = pbx_disconnect;
    ops.action[ACTION_ISDN_RELEASE] = pbx_release;
    ops.action[ACTION_ISDN_RELEASE_COMPLETE] = pbx_release_complete;
    return ops;
}

static CallOps media_ops(House *house)
{
    CallOps ops = {.room = house};

    for (guint i = ACTION_MEDIA_OPEN; i <= ACTION_MEDIA_CLOSE; i++)
        ops.action[i] = pbx_nothing;
    ops.action[ACTION_MEDIA_OPEN] = media_open;
    ops.action[ACTION_MEDIA_HUSH] = media_close;
    ops.action[ACTION_MEDIA_CLOSE] = media_close;
    return ops;
}

static void house_trace(void *user, const CallTrace *trace)
{
    if (trace->rule->kind > RULE_LATE)
        g_string_append_printf(((House *)user)->errors, "%s\n", trace->line);
}

static void house_settings(House *house, guint16 port, const char *more)
{
    g_autofree char *text = g_strdup_printf(
        "[sip]\nlisten = 127.0.0.1:%u\nallow = 127.0.0.1\n"
        "[span e1]\nlocal = 127.0.0.1:2142\nremote = 127.0.0.1:2143\n[trunk pbx]\nspan = e1\n"
        "[route in]\nfrom = 127.0.0.1\ncalled = 2XX\nto = trunk pbx\n"
        "[route out]\nfrom = pbx\ncalled = 1XX\n"
        "to = sip:{number}@127.0.0.1:%u, sip:{number}@127.0.0.1:%u\n"
        "[peer phones]\nnetwork = 127.0.0.1\ntrusted = yes\n%s",
        port, phone_port(house->phone), phone_port(house->second), more);
    g_autoptr(GError) error = NULL;

    house->settings = settings_parse("house", text, &error);
    g_assert_no_error(error);
    house->settings->sip.t1_ms = 20;
    house->settings->sip.t2_ms = 160;
}

/* Behind the proxy it listens at another port than the public one. */
static Ua *house_ua(House *house, guint16 port, gboolean behind, GError **error)
{
    UaBehind place = {.key = &house->key};

    if (!behind)
        return ua_new(house->settings, house->loop, house->hall, NULL, NULL, error);
    origin_key_make(&house->key);
    g_assert_true(address_parse("127.0.0.1", &place.listen));
    place.proxy = place.listen;
    address_set_port(&place.listen, port);
    address_set_port(&place.proxy, phone_port(house->phone));
    address_set_port(&house->settings->sip.listen, phone_port(house->phone));
    return ua_new_behind(house->settings, &place, house->loop, house->hall, NULL, NULL, error);
}

void house_open(House *house)
{
    house_open_with(house, "", FALSE);
}

void house_open_with(House *house, const char *more, gboolean behind)
{
    guint16 port = free_port();
    g_autoptr(GError) error = NULL;
    CallOps ops;

    *house = (House){.line = g_string_new(NULL), .errors = g_string_new(NULL)};
    callmap_open(&error);
    g_assert_no_error(error);
    house->loop = sofia_loop_new(&error);
    g_assert_no_error(error);
    house->phone = phone_new(house->loop, "127.0.0.1", port);
    house->second = phone_new(house->loop, "127.0.0.1", port);
    house_settings(house, port, more);
    g_snprintf(house->uri, sizeof(house->uri), "sip:200@127.0.0.1:%u", port);
    house->hall = hall_new(house->loop, house->settings);
    hall_add_trace(house->hall, house_trace, house);
    house->ua = house_ua(house, port, behind, &error);
    g_assert_no_error(error);
    ops = ua_call_ops(house->ua);
    hall_set_sip(house->hall, &ops);
    ops = pbx_ops(house);
    hall_set_isdn(house->hall, &ops);
    ops = media_ops(house);
    hall_set_media(house->hall, &ops);
}

/* The call is over on every side, and no rule was missing. */
void house_rests(House *house)
{
    gint64 end = loop_now(house->loop) + 3 * G_USEC_PER_SEC;

    while ((hall_call_count(house->hall) || ua_leg_count(house->ua)) && loop_now(house->loop) < end)
        loop_rest(house->loop, 5);
    g_assert_cmpuint(hall_call_count(house->hall), ==, 0);
    g_assert_cmpuint(ua_leg_count(house->ua), ==, 0);
    g_assert_cmpuint(house->ports, ==, 0);
    g_assert_cmpstr(house->errors->str, ==, "");
}

void house_abandon(House *house)
{
    phone_free(house->phone);
    phone_free(house->second);
    ua_free(house->ua);
    hall_free(house->hall);
    sofia_loop_free(house->loop);
    settings_free(house->settings);
    g_string_free(house->line, TRUE);
    g_string_free(house->errors, TRUE);
}

void house_close(House *house)
{
    house_rests(house);
    house_abandon(house);
}

Call *house_call(House *house)
{
    gint64 end = loop_now(house->loop) + G_USEC_PER_SEC;

    while (!hall_call_count(house->hall) && loop_now(house->loop) < end)
        loop_rest(house->loop, 5);
    Call *call = hall_find_call(house->hall, hall_last_call(house->hall));
    g_assert_nonnull(call);
    return call;
}

void pbx_says(House *house, CallEvent event, guint8 cause)
{
    CallNews news = CALL_NEWS_INIT;

    news.cause = cause;
    news.reason_trusted = cause != 0;
    call_event(house_call(house), event, &news);
}

void pbx_says_of(House *house, guint32 id, CallEvent event, guint8 cause)
{
    CallNews news = CALL_NEWS_INIT;
    Call *call = hall_find_call(house->hall, id);

    g_assert_nonnull(call);
    news.cause = cause;
    news.reason_trusted = cause != 0;
    call_event(call, event, &news);
}

void call_stands(House *house, guint32 id, SipState sip, IsdnState isdn)
{
    const Call *call;

    loop_rest(house->loop, 10);
    call = hall_find_call(house->hall, id);
    g_assert_nonnull(call);
    g_assert_cmpstr(sip_state_name(call_sip_state(call)), ==, sip_state_name(sip));
    g_assert_cmpstr(isdn_state_name(call_isdn_state(call)), ==, isdn_state_name(isdn));
}

guint16 call_media_port(House *house, guint32 id)
{
    const MediaRemote *remote = call_remote(hall_find_call(house->hall, id));

    g_assert_nonnull(remote);
    return address_port((const struct sockaddr *)&remote->rtp);
}

void phone_is_talked_to(House *house)
{
    pbx_calls(house);
    phone_hear(house->phone, "INVITE sip:100@");
    phone_reply(house->phone, "INVITE", "200 OK", "", SDP);
    phone_hear(house->phone, "ACK");
    call_stands(house, hall_last_call(house->hall), SIP_UP, ISDN_ACTIVE);
}

void phone_talks(House *house, Phone *phone)
{
    guint32 before = hall_last_call(house->hall);

    phone_hang_up(phone);
    phone_request(phone, "INVITE", house->uri, "", SDP);
    while (hall_last_call(house->hall) == before)
        loop_rest(house->loop, 2);
    pbx_says_of(house, before + 1, EVENT_ISDN_CONNECT, 0);
    phone_hear(phone, "SIP/2.0 200");
    phone_ack(phone, NULL);
    call_stands(house, before + 1, SIP_UP, ISDN_ACTIVE);
}

void phone_refers(House *house, const char *target, const char *extra)
{
    g_autofree char *headers = g_strdup_printf("Refer-To: <%s>\r\n%s", target, extra);

    phone_request(house->phone, "REFER", NULL, headers, NULL);
    phone_hear(house->phone, "SIP/2.0 202");
}

void phone_is_notified(Phone *phone, const char *status, gboolean final)
{
    const char *heard = phone_hear(phone, "NOTIFY");
    g_autofree char *body = g_strdup_printf("SIP/2.0 %s", status);

    if (!g_str_has_prefix(message_body(heard), body))
        g_error("NOTIFY of %s awaited, heard:\n%s", status, heard);
    header_begins(heard, "Event", "refer");
    header_begins(heard, "Content-Type", "message/sipfrag");
    header_begins(heard, "Subscription-State",
                  final ? "terminated;reason=noresource" : "active;expires=");
    phone_reply(phone, "NOTIFY", "200 OK", "", NULL);
}

void pbx_calls(House *house)
{
    CallOrigin origin = {.kind = ORIGIN_PRI};
    CallSetup setup = {.called.digits = "100",
                       .calling = {.digits = "200", .screening = SCREENING_NETWORK},
                       .bearer = BEARER_SPEECH,
                       .complete = TRUE};
    Call *call;

    g_strlcpy(origin.trunk, "pbx", sizeof(origin.trunk));
    call = call_new(house->hall, &origin, &setup);
    g_assert_nonnull(call);
    call_set_channel(call, (Channel){0, 3});
    call_event(call, EVENT_ISDN_SETUP, NULL);
}

void phone_calls(House *house)
{
    phone_hang_up(house->phone);
    phone_request(house->phone, "INVITE", house->uri, "", SDP);
    house_call(house);
}
