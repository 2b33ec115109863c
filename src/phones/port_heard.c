/* Who is heard at the proxy's port: the networks of [sip] allow, those admitted, and who speaks
 * inside a dialog of ours. */
#include "port_private.h"

#include <string.h>

gboolean proxyport_allows(const ProxyPort *port, const struct sockaddr *address)
{
    g_autofree char *key = NULL;

    if (network_contains(port->settings->sip.allow, address))
        return TRUE;
    key = filter_host_key(address);
    return g_hash_table_contains(port->admitted, key);
}

gboolean port_filter_allows(void *user, const struct sockaddr *source)
{
    return proxyport_allows(user, source);
}

static gboolean port_filter_reads(void *user, const struct sockaddr *source)
{
    return ((ProxyPort *)user)->room.hears != NULL;
}

static gboolean port_filter_hears(void *user, sip_t const *sip, const struct sockaddr *source)
{
    const ProxyPort *port = user;

    return port->room.hears && port->room.hears(port->room.user, sip, source);
}

static void port_filter_dropped(void *user)
{
    ((ProxyPort *)user)->counters.dropped++;
}

static void port_filter_malformed(void *user, const char *what, const char *why)
{
    ProxyPort *port = user;

    port->counters.malformed++;
    if (log_limit(&port->malformed_limit, 1, 10 * G_USEC_PER_SEC))
        log_warning("phones: malformed %s: %s (%" G_GUINT64_FORMAT " such lines suppressed)", what,
                    why, port->malformed_limit.suppressed);
}

const FilterOps port_filter_ops = {
    .room = "phones",
    .allows = port_filter_allows,
    .reads = port_filter_reads,
    .hears = port_filter_hears,
    .dropped = port_filter_dropped,
    .malformed = port_filter_malformed,
};

void proxyport_admit(ProxyPort *port, const struct sockaddr *address)
{
    char *key = filter_host_key(address);
    guint uses = GPOINTER_TO_UINT(g_hash_table_lookup(port->admitted, key));

    g_hash_table_insert(port->admitted, key, GUINT_TO_POINTER(uses + 1));
}

void proxyport_forget(ProxyPort *port, const struct sockaddr *address)
{
    g_autofree char *key = filter_host_key(address);
    guint uses = GPOINTER_TO_UINT(g_hash_table_lookup(port->admitted, key));

    if (uses > 1)
        g_hash_table_insert(port->admitted, g_steal_pointer(&key), GUINT_TO_POINTER(uses - 1));
    else
        g_hash_table_remove(port->admitted, key);
}
