/* The proxy's port: opens it, and hands each message to the entry or to the relay. */
#include "primaries.h"
#include "store.h"

#include <sofia-sip/nta_tag.h>
#include <sofia-sip/tport_tag.h>
#include <string.h>

#define SOCKET_BUFFER (1 << 22)

static int phones_heard(Phones *phones, nta_agent_t *agent, msg_t *msg, sip_t *sip)
{
    if (!sip)
        msg_destroy(msg);
    else if (sip->sip_status)
        relay_response(phones, msg, sip);
    else
        entry_request(phones, msg, sip);
    return 0;
}

gboolean phones_can_reach(Phones *phones, const Hop *hop)
{
    return hop->transport != TRANSPORT_TLS;
}

/* "sip:HOST:PORT;transport=udp": the public host with the listen address as maddr. */
static char *phones_name(Phones *phones, const char *transport)
{
    const SipSettings *sip = &phones->settings->sip;
    struct sockaddr_storage bare = sip->listen;
    guint16 port = address_port((const struct sockaddr *)&sip->listen);
    gboolean v6 = bare.ss_family == AF_INET6;
    char text[64];
    g_autofree char *address = NULL;

    address_set_port(&bare, 0);
    address_describe((struct sockaddr *)&bare, text, sizeof(text));
    address = v6 && *text != '[' ? g_strdup_printf("[%s]", text) : g_strdup(text);
    g_free(phones->host);
    phones->host = g_strdup(sip->public_host ? sip->public_host : address);
    if (sip->public_host)
        return g_strdup_printf("sip:%s:%u;transport=%s;maddr=%s", phones->host, port, transport,
                               address);
    return g_strdup_printf("sip:%s:%u;transport=%s", phones->host, port, transport);
}

static nta_agent_t *phones_create_agent(Phones *phones, const char *url)
{
    const SipSettings *sip = &phones->settings->sip;

    return nta_agent_create(
        sofia_loop_root(phones->loop), URL_STRING_MAKE(url), phones_heard, phones, NTATAG_UA(0),
        NTATAG_CANCEL_487(0), NTATAG_EXTRA_100(0), NTATAG_SERVER_RPORT(1), NTATAG_CLIENT_RPORT(1),
        NTATAG_TIMER_C(0), NTATAG_UDP_MTU(65535), NTATAG_USE_SRV(0), NTATAG_USE_NAPTR(0),
        NTATAG_SIP_T1(sip->t1_ms), NTATAG_SIP_T2(sip->t2_ms), NTATAG_SIP_T1X64(64 * sip->t1_ms),
        TPTAG_TOS((int)(sip->dscp << 2)), TPTAG_UDP_RMEM(SOCKET_BUFFER),
        TPTAG_UDP_WMEM(SOCKET_BUFFER), TAG_END());
}

/* Loop marks may change with a restart, the tokens in the route sets of standing dialogs may not. */
static void phones_keep_secret(Phones *phones)
{
    const char *kept = store_meta_get(phones->store, "phones-secret");
    g_autofree guchar *octets = NULL;
    g_autofree char *text = NULL;
    gsize size = 0;

    octets = kept ? g_base64_decode(kept, &size) : NULL;
    if (size == ORIGIN_KEY_SIZE) {
        memcpy(phones->secret.octets, octets, size);
        return;
    }
    origin_key_make(&phones->secret);
    text = g_base64_encode(phones->secret.octets, ORIGIN_KEY_SIZE);
    store_meta_put(phones->store, "phones-secret", text);
}

Phones *phones_new(const Settings *settings, Loop *loop, const PhonesGateway *gateway,
                   GError **error)
{
    Phones *phones;
    g_autofree char *url = NULL, *tcp = NULL;
    g_autoptr(Users) users = NULL;

    g_return_val_if_fail(sofia_loop_root(loop), NULL);
    phones = g_new0(Phones, 1);
    phones->settings = settings;
    phones->loop = loop;
    phones->gateway = *gateway;
    g_queue_init(&phones->forks);
    users = guard_load_users(settings, error);
    if (!users && settings->guard.users) {
        phones_free(phones);
        return NULL;
    }
    phones->guard = guard_new(settings, users);
    tcp = phones_name(phones, "tcp");
    url = phones_name(phones, "udp");
    if ((phones->agent = phones_create_agent(phones, url)) &&
        nta_agent_add_tport(phones->agent, URL_STRING_MAKE(tcp), TAG_END()) >= 0) {
        registration_open(phones);
        phones_keep_secret(phones);
        if (primaries_open(phones, error))
            return phones;
    } else {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                    "[sip] listen: %s: Sofia cannot open it", url);
    }
    phones_free(phones);
    return NULL;
}

void phones_free(Phones *phones)
{
    if (!phones)
        return;
    fork_drop_all(phones);
    primaries_close(phones);
    registration_close(phones);
    if (phones->agent)
        nta_agent_destroy(phones->agent);
    g_clear_pointer(&phones->guard, guard_free);
    g_free(phones->host);
    g_free(phones);
}

void phones_set_settings(Phones *phones, const Settings *settings)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Users) users = guard_load_users(settings, &error);

    if (error)
        log_error("phones: %s; the users known before stay", error->message);
    phones->settings = settings;
    registration_set_settings(phones);
    guard_set(phones->guard, settings, users);
    primaries_set_settings(phones);
}

void phones_each_primary(const Phones *phones, PhonesPrimaryFunc func, void *user)
{
    primaries_each(phones, func, user);
}

void phones_each_counter(const Phones *phones, CounterFunc func, void *user)
{
    func(user, "proxy transactions live", phones->forks.length);
#define PHONES_COUNTER_TELL(field, name) func(user, name, phones->counters.field);
    PHONES_COUNTERS(PHONES_COUNTER_TELL)
    registration_each_counter(phones, func, user);
#define GUARD_COUNTER_TELL(field, name) func(user, name, guard_counters(phones->guard)->field);
    GUARD_COUNTERS(GUARD_COUNTER_TELL)
    primaries_each_counter(phones, func, user);
}

guint phones_fork_count(const Phones *phones)
{
    return phones->forks.length;
}
