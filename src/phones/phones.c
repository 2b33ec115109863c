/* The proxy's port: opens it, and hands each message to the entry or to the relay. */
#include "port.h"
#include "primaries.h"
#include "store.h"

#include <string.h>

static void phones_heard(void *user, nta_agent_t *agent, msg_t *msg, sip_t *sip)
{
    Phones *phones = user;

    if (sip->sip_status)
        relay_response(phones, msg, sip);
    else
        entry_request(phones, msg, sip);
}

tport_t *phones_connection(Phones *phones, const Hop *hop)
{
    static const char *const names[] = {
        [TRANSPORT_UDP] = "udp", [TRANSPORT_TCP] = "tcp", [TRANSPORT_TLS] = "tls"};

    const struct sockaddr *address = (const struct sockaddr *)&hop->address;
    tport_t *connection = NULL;

    if (!hop->address.ss_family)
        return NULL;
    if (hop->transport != TRANSPORT_UDP)
        connection = proxyport_connection(phones->agent, names[hop->transport], address);
    /* No connection of ours by TLS, nor one where only theirs will do. */
    if (connection || hop->transport == TRANSPORT_TLS ||
        (hop->transport == TRANSPORT_TCP && hop->flow))
        return connection;
    return proxyport_speaker(phones->agent, names[hop->transport], address, &hop->local);
}

gboolean phones_can_reach(Phones *phones, const Hop *hop)
{
    switch (hop->transport) {
    case TRANSPORT_UDP:
    case TRANSPORT_TCP:
        return !hop->address.ss_family || phones_connection(phones, hop);
    case TRANSPORT_TLS:
        return phones_connection(phones, hop) != NULL;
    }
    return FALSE;
}

/* A stranger is heard as a primary, or inside a dialog that went through us: its route holds the
 * token that we sealed for it. */
static gboolean phones_hears(void *user, sip_t const *sip, const struct sockaddr *source)
{
    const Phones *phones = user;
    const url_t *url = sip->sip_route ? sip->sip_route->r_url : NULL;
    Leave leave;
    Hop hop;

    if (primaries_know(phones, source))
        return TRUE;
    return url && url_is_ours(phones, url) && sip->sip_call_id &&
           hop_of_token(phones, url->url_user, sip->sip_call_id->i_id, &hop, &leave);
}

/* The public host, or the listen address as in a URI. */
static char *phones_name(const SipSettings *sip)
{
    struct sockaddr_storage bare = sip->listen;
    char text[64];

    if (sip->public_host)
        return g_strdup(sip->public_host);
    address_set_port(&bare, 0);
    address_describe((struct sockaddr *)&bare, text, sizeof(text));
    return bare.ss_family == AF_INET6 && *text != '[' ? g_strdup_printf("[%s]", text)
                                                      : g_strdup(text);
}

static gboolean phones_open_port(Phones *phones, GError **error)
{
    ProxyPortRoom room = {phones_heard, phones_hears, phones};

    phones->port = proxyport_new(phones->settings, phones->loop, &room, error);
    if (!phones->port)
        return FALSE;
    proxyport_admit(phones->port, (const struct sockaddr *)&phones->gateway.address);
    phones->agent = proxyport_agent(phones->port);
    return TRUE;
}

/* Loop marks may change with a restart, the tokens in the route sets of standing dialogs may not.
 */
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

/* A class bars what it does not allow; who has none is barred by nothing but routes. */
static void phones_tell_classes(const Settings *settings)
{
    if (!settings->guard.users)
        return;
    for (guint i = 0; i < settings->classes->len; i++) {
        const ClassSettings *class = settings->classes->pdata[i];

        if (strcmp(class->name, "default") == 0)
            return;
    }
    log_warning("phones: no [class default]: premium and international numbers are barred by "
                "routes only");
}

Phones *phones_new(const Settings *settings, Loop *loop, const PhonesGateway *gateway,
                   GError **error)
{
    Phones *phones;
    g_autoptr(Users) users = NULL;

    g_return_val_if_fail(sofia_loop_root(loop), NULL);
    phones = g_new0(Phones, 1);
    phones->settings = settings;
    phones->loop = loop;
    phones->gateway = *gateway;
    g_queue_init(&phones->forks);
    g_queue_init(&phones->ways_back);
    users = guard_load_users(settings, error);
    if (!users && settings->guard.users) {
        phones_free(phones);
        return NULL;
    }
    phones_tell_classes(settings);
    phones->guard = guard_new(settings, users);
    phones->host = phones_name(&settings->sip);
    if (phones_open_port(phones, error)) {
        registration_open(phones);
        phones_keep_secret(phones);
        if (primaries_open(phones, error))
            return phones;
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
    g_clear_pointer(&phones->port, proxyport_free);
    g_clear_pointer(&phones->guard, guard_free);
    g_free(phones->host);
    g_free(phones);
}

Users *phones_read_users(const Settings *settings, GError **error)
{
    return settings->proxy.mode == PROXY_OFF ? NULL : guard_load_users(settings, error);
}

void phones_set_settings(Phones *phones, const Settings *settings, Users *users)
{
    phones->settings = settings;
    proxyport_set_settings(phones->port, settings);
    registration_set_settings(phones);
    guard_set(phones->guard, settings, users);
    primaries_set_settings(phones);
    if (users)
        users_unref(users);
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
    proxyport_each_counter(phones->port, func, user);
}

guint phones_fork_count(const Phones *phones)
{
    return phones->forks.length;
}

void phones_keep(Phones *phones, const char *kind, const char *key, const char *value,
                 gint64 expires_us)
{
    if (value)
        store_put(phones->store, kind, key, value, expires_us);
    else
        store_drop(phones->store, kind, key);
}

void phones_each_kept(const Phones *phones, const char *kind, PhonesKeptFunc func, void *user)
{
    store_each(phones->store, kind, func, user);
}
