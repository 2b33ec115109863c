/* The user agent's life: its port, its name, NUA as we want it, its end. */
#include "servers.h"

#include "cause.h"
#include "credentials.h"
#include "log.h"

#include <errno.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/tport_tag.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SHUTDOWN_LIMIT_US (1 * G_USEC_PER_SEC)
#define SOCKET_BUFFER (1 << 20)
/* A subscription outlives the longest ringing: what it is to tell ends it. */
#define REFERRAL_EXPIRES_S (2 * 3600)

static gboolean port_is_free(const struct sockaddr_storage *address, GError **error)
{
    char text[64];
    int fd = socket(address->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    gboolean bound =
        fd >= 0 && bind(fd, (const struct sockaddr *)address, address_length(address)) == 0;

    if (!bound)
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                    "[sip] listen: %s: %s",
                    address_describe((const struct sockaddr *)address, text, sizeof(text)),
                    g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return bound;
}

const struct sockaddr_storage *ua_listen(const Ua *ua)
{
    return ua->is_behind ? &ua->behind.listen : &ua->settings->sip.listen;
}

/* ADDRESS without its port as a URI's host; caller frees. */
static char *address_host(const struct sockaddr_storage *address)
{
    struct sockaddr_storage bare = *address;
    char text[64];

    address_set_port(&bare, 0);
    address_describe((struct sockaddr *)&bare, text, sizeof(text));
    return bare.ss_family == AF_INET6 && *text != '[' ? g_strdup_printf("[%s]", text)
                                                      : g_strdup(text);
}

/* host and Contact of our URIs, and the URI NUA binds: the public host with the listen address as
 * maddr. */
static char *ua_name(Ua *ua)
{
    const SipSettings *sip = &ua->settings->sip;
    guint16 port = address_port((const struct sockaddr *)&sip->listen);
    g_autofree char *address = address_host(&sip->listen);

    ua->host = g_strdup(sip->public_host ? sip->public_host : address);
    if (ua->is_behind) {
        g_autofree char *inside = address_host(&ua->behind.listen);

        ua->contact = g_strdup_printf("<sip:%s@%s:%u>", UA_PUBLIC_USER, ua->host, port);
        return g_strdup_printf("sip:%s:%u;transport=udp", inside,
                               address_port((const struct sockaddr *)&ua->behind.listen));
    }
    ua->contact = g_strdup_printf("<sip:%s:%u>", ua->host, port);
    if (sip->public_host)
        return g_strdup_printf("sip:%s:%u;transport=udp;maddr=%s", ua->host, port, address);
    /* A wildcard needs a public host: ua_new() has seen to it. */
    return g_strdup_printf("sip:%s:%u;transport=udp", ua->host, port);
}

/* The proxy as NUA's outbound proxy; NULL where there is none. Caller frees. */
static char *ua_proxy(const Ua *ua)
{
    g_autofree char *host = ua->is_behind ? address_host(&ua->behind.proxy) : NULL;

    return host ? g_strdup_printf("sip:%s:%u;transport=udp", host,
                                  address_port((const struct sockaddr *)&ua->behind.proxy))
                : NULL;
}

static nua_t *ua_create_nua(Ua *ua, const char *url)
{
    const SipSettings *sip = &ua->settings->sip;
    g_autofree char *proxy = ua_proxy(ua);

    return nua_create(
        sofia_loop_root(ua->loop), ua_event, ua, NUTAG_URL(url), TAG_IF(proxy, NUTAG_PROXY(proxy)),
        NTATAG_MCLASS(filter_mclass(ua->filter)),
        /* Everything that decides something is ours: no automatic answers, no soa, no redirection.
         */
        NUTAG_MEDIA_ENABLE(0), NUTAG_AUTOANSWER(0), NUTAG_AUTOALERT(0), NUTAG_AUTO302(0),
        NUTAG_AUTO305(0), NUTAG_MAX_RETRY_AFTER(0), NUTAG_ENABLEINVITE(1), NUTAG_AUTOACK(1),
        NUTAG_EARLY_MEDIA(1), NUTAG_DETECT_NETWORK_UPDATES(0), NUTAG_ENABLEMESSAGE(0),
        NUTAG_APPL_METHOD("INVITE, OPTIONS, PRACK, UPDATE, REFER, INFO"),
        SIPTAG_ALLOW_STR("INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, REFER, NOTIFY, INFO"),
        SIPTAG_SUPPORTED_STR("timer, 100rel, replaces, norefersub, tdialog, uui, from-change"),
        NUTAG_REFER_EXPIRES(REFERRAL_EXPIRES_S), SIPTAG_USER_AGENT_STR(sip->user_agent),
        NUTAG_SESSION_TIMER(sip->session_expires_s), NUTAG_MIN_SE(sip->min_se_s),
        NUTAG_UPDATE_REFRESH(1), NTATAG_SIP_T1(sip->t1_ms), NTATAG_SIP_T2(sip->t2_ms),
        NTATAG_SIP_T1X64(64 * sip->t1_ms), NTATAG_UDP_MTU(65535), NTATAG_SERVER_RPORT(1),
        NTATAG_USE_NAPTR(0), NTATAG_GRAYLIST(0), TPTAG_TOS((int)(sip->dscp << 2)),
        TPTAG_UDP_RMEM(SOCKET_BUFFER), TPTAG_UDP_WMEM(SOCKET_BUFFER), TPTAG_STUN_SERVER(1),
        TAG_END());
}

Ua *ua_new(const Settings *settings, Loop *loop, Hall *hall, gboolean (*ready)(void *user),
           void *user, GError **error)
{
    return ua_new_behind(settings, NULL, loop, hall, ready, user, error);
}

gboolean ua_find_place(const struct sockaddr_storage *proxy, struct sockaddr_storage *place,
                       GError **error)
{
    int fd = socket(proxy->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    socklen_t size = sizeof(*place);
    gboolean found;

    address_parse(proxy->ss_family == AF_INET6 ? "::1" : "127.0.0.1", place);
    found = fd >= 0 && bind(fd, (struct sockaddr *)place, address_length(place)) == 0 &&
            getsockname(fd, (struct sockaddr *)place, &size) == 0;
    if (!found)
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
                    "no port for the gateway behind the proxy: %s", g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return found;
}

Ua *ua_new_behind(const Settings *settings, const UaBehind *behind, Loop *loop, Hall *hall,
                  gboolean (*ready)(void *user), void *user, GError **error)
{
    Ua *ua;
    g_autofree char *url = NULL;

    g_return_val_if_fail(sofia_loop_root(loop), NULL);
    if (address_is_wildcard(&settings->sip.listen) && !settings->sip.public_host) {
        g_set_error(
            error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
            "[sip] listen: a wildcard address needs public-host: what else would phones call?");
        return NULL;
    }
    if (!port_is_free(behind ? &behind->listen : &settings->sip.listen, error))
        return NULL;
    ua = g_new0(Ua, 1);
    ua->is_behind = behind != NULL;
    if (behind)
        ua->behind = *behind;
    ua->settings = settings;
    ua->loop = loop;
    ua->hall = hall;
    ua->ready = ready;
    ua->ready_user = user;
    ua->home = su_home_create();
    ua->accept = sip_accept_make(ua->home, "application/sdp");
    ua->legs = g_hash_table_new_full(NULL, NULL, (GDestroyNotify)leg_free, NULL);
    ua->calling = g_hash_table_new(g_str_hash, g_str_equal);
    ua->heard_timer = loop_timer_new(loop, early_tell_heard, ua);
    succession_open(ua);
    hearing_open(ua);
    servers_open(ua);
    credentials_open();
    url = ua_name(ua);
    ua->nua = ua_create_nua(ua, url);
    if (ua->nua) {
        register_open(ua);
        health_use_settings(ua);
        return ua;
    }
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "[sip] listen: %s: Sofia cannot open it",
                url);
    ua_free(ua);
    return NULL;
}

void ua_free(Ua *ua)
{
    if (!ua)
        return;
    if (ua->nua) {
        gint64 end = loop_now(ua->loop) + SHUTDOWN_LIMIT_US;
        GHashTableIter iter;
        gpointer leg;

        g_hash_table_iter_init(&iter, ua->legs);
        while (g_hash_table_iter_next(&iter, &leg, NULL)) {
            if (((UaLeg *)leg)->call)
                call_set_sip_leg(((UaLeg *)leg)->call, NULL);
        }
        register_close(ua);
        health_close(ua);
        g_hash_table_remove_all(ua->legs); /* NUA sends their BYE, CANCEL or 480 */
        nua_shutdown(ua->nua);
        while (!ua->shut && loop_now(ua->loop) < end)
            sofia_loop_step(ua->loop, 10);
        if (ua->shut)
            nua_destroy(ua->nua);
        else /* it would assert; the process is ending */
            log_warning("sip: NUA did not shut down in time");
    }
    if (ua->health)
        g_ptr_array_unref(ua->health);
    if (ua->registrations)
        g_ptr_array_unref(ua->registrations);
    g_hash_table_destroy(ua->legs);
    servers_close(ua);
    g_hash_table_destroy(ua->calling);
    succession_close(ua);
    loop_timer_free(ua->loop, ua->heard_timer);
    g_queue_clear_full(&ua->heard, early_heard_free);
    hearing_close(ua);
    su_home_unref(ua->home);
    g_free(ua->host);
    g_free(ua->contact);
    g_free(ua);
}

void ua_set_settings(Ua *ua, const Settings *settings)
{
    ua->settings = settings;
    nua_set_params(ua->nua, SIPTAG_USER_AGENT_STR(settings->sip.user_agent),
                   NUTAG_SESSION_TIMER(settings->sip.session_expires_s),
                   NUTAG_MIN_SE(settings->sip.min_se_s), TAG_END());
    register_use_settings(ua);
    health_use_settings(ua);
}

void ua_set_classes(Ua *ua, ClassBook *classes)
{
    ua->classes = classes;
}

CallOps ua_call_ops(Ua *ua)
{
    CallOps ops = {.room = ua, .part = leg_part};

    ops.action[ACTION_SIP_INVITE] = uac_invite;
    ops.action[ACTION_SIP_DIAL] = uac_dial;
    ops.action[ACTION_SIP_DIALLED_ALL] = uac_dialled_all;
    ops.action[ACTION_SIP_RING] = uas_ring;
    ops.action[ACTION_SIP_RING_MEDIA] = uas_ring_media;
    ops.action[ACTION_SIP_PROGRESS] = uas_progress;
    ops.action[ACTION_SIP_PROGRESS_PLAIN] = uas_progress_plain;
    ops.action[ACTION_SIP_FORWARDED] = uas_forwarded;
    ops.action[ACTION_SIP_REDIRECT] = redirect_send;
    ops.action[ACTION_SIP_HOLD] = hold_begin;
    ops.action[ACTION_SIP_RESUME] = hold_end;
    ops.action[ACTION_SIP_CHARGE] = charge_send;
    ops.action[ACTION_SIP_ANSWER] = uas_answer;
    ops.action[ACTION_SIP_PARTY] = inform_act;
    ops.action[ACTION_SIP_REJECT] = uas_reject;
    ops.action[ACTION_SIP_WITHDRAW] = uas_withdraw;
    ops.action[ACTION_SIP_CANCEL] = uac_cancel;
    ops.action[ACTION_SIP_BYE] = leg_bye;
    ops.action[ACTION_SIP_DIGIT] = digits_send;
    return ops;
}

void ua_each_counter(const Ua *ua, CounterFunc func, void *user)
{
#define UA_COUNTER_TELL(field, name) func(user, name, ua->counters.field);
    UA_COUNTERS(UA_COUNTER_TELL)
    func(user, "name servers unreachable", resolver_unreachable());
    if (ua->classes)
        class_each_counter(ua->classes, func, user);
}

guint ua_leg_count(const Ua *ua)
{
    return g_hash_table_size(ua->legs);
}
