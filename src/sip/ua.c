/* The user agent's life: how it is made, and its end. */
#include "servers.h"

#include "cause.h"
#include "credentials.h"
#include "log.h"
#include "pieces.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

    g_return_val_if_fail(sofia_loop_root(loop), NULL);
    if (address_is_wildcard(&settings->sip.listen) && !settings->sip.public_host) {
        g_set_error(
            error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
            "[sip] listen: a wildcard address needs public-host: what else would phones call?");
        return NULL;
    }
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
    mwi_open(ua);
    ua->far = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    servers_open(ua);
    credentials_open();
    if (!ports_open(ua, error)) {
        ua_free(ua);
        return NULL;
    }
    register_open(ua);
    health_use_settings(ua);
    mwi_use_settings(ua);
    return ua;
}

void ua_free(Ua *ua)
{
    if (!ua)
        return;
    if (ua->nua) {
        GHashTableIter iter;
        gpointer leg;

        g_hash_table_iter_init(&iter, ua->legs);
        while (g_hash_table_iter_next(&iter, &leg, NULL)) {
            if (((UaLeg *)leg)->call)
                call_set_sip_leg(((UaLeg *)leg)->call, NULL);
        }
        register_close(ua);
        health_close(ua);
        mwi_close(ua);
        g_hash_table_remove_all(ua->legs); /* NUA sends their BYE, CANCEL or 480 */
    }
    ports_close(ua);
    if (ua->health)
        g_ptr_array_unref(ua->health);
    if (ua->registrations)
        g_ptr_array_unref(ua->registrations);
    g_hash_table_destroy(ua->legs);
    servers_close(ua);
    g_hash_table_destroy(ua->calling);
    succession_close(ua);
    mwi_free(ua);
    loop_timer_free(ua->loop, ua->heard_timer);
    g_queue_clear_full(&ua->heard, early_heard_free);
    g_hash_table_destroy(ua->far);
    su_home_unref(ua->home);
    g_free(ua);
}

void ua_set_settings(Ua *ua, const Settings *settings)
{
    ua->settings = settings;
    ports_use_settings(ua);
    register_use_settings(ua);
    health_use_settings(ua);
    mwi_use_settings(ua);
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
    if (ua->connections) {
        ConnectionCounts counts;

        connections_count(ua->connections, &counts);
        func(user, "connections open", counts.live);
        func(user, "connections accepted", counts.accepted);
        func(user, "connections of strangers", counts.strangers);
        func(user, "connections over the limit", counts.over_all + counts.over_source);
        func(user, "connections closed as silent", counts.silent);
    }
    if (ua->classes)
        class_each_counter(ua->classes, func, user);
}

guint ua_leg_count(const Ua *ua)
{
    return g_hash_table_size(ua->legs);
}
