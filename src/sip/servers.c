/* The servers that our requests go to: the addresses of their names, and which of these are out of
 * use for a while (RFC 3263 4.3).
 *
 * NTA would ask the name server by itself, choose anew for each request, and leave a server aside
 * for ten minutes. So it is told the address as its default proxy, for as long as it takes to make
 * that one request: NUA does what it is told in order, and nothing from the network comes between.
 * The Request-URI keeps the name, there is no Route, and what follows in the dialog goes its own
 * way.
 */
#include "servers.h"

#include "graylist.h"
#include "log.h"

#include <sofia-sip/nta_tag.h>
#include <sofia-sip/url.h>
#include <string.h>

#define GRAY_MAX 1024

struct Servers {
    Resolve *resolve; /* NULL: names are left to NTA */
    Graylist *gray;
};

static gboolean listens_on(const SipSettings *sip, sa_family_t family)
{
    if (sip->listen.ss_family == family)
        return TRUE;
    for (guint i = 0; sip->also_listen && i < sip->also_listen->len; i++)
        if (g_array_index(sip->also_listen, struct sockaddr_storage, i).ss_family == family)
            return TRUE;
    return FALSE;
}

void servers_open(Ua *ua)
{
    const Settings *settings = ua->settings;
    ResolveSettings resolve = {
        .name_server = settings->proxy.name_server,
        .wait_us = settings->proxy.dns_wait_us,
        .v4 = listens_on(&settings->sip, AF_INET),
        .v6 = listens_on(&settings->sip, AF_INET6),
    };
    g_autoptr(GError) error = NULL;

    ua->servers = g_new0(Servers, 1);
    ua->servers->gray = graylist_new(GRAY_MAX);
    if (ua->is_behind)
        return;
    ua->servers->resolve = resolve_new(ua->loop, &resolve, &error);
    if (!ua->servers->resolve)
        log_warning("sip: names of servers cannot be asked for: %s", error->message);
}

void servers_close(Ua *ua)
{
    if (!ua->servers)
        return;
    resolve_free(ua->servers->resolve);
    graylist_free(ua->servers->gray);
    g_clear_pointer(&ua->servers, g_free);
}

gboolean server_read(const char *uri, Server *server)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    guint64 port = 0;
    url_t *url;
    char value[sizeof(server->host)];

    *server = (Server){.port = 0};
    su_home_init(home);
    url = url_make(home, uri);
    if (url && url->url_host && strlen(url->url_host) < sizeof(server->host)) {
        g_strlcpy(server->host, url->url_host, sizeof(server->host));
        if (url_param(url->url_params, "maddr", value, sizeof(value)) > 1)
            g_strlcpy(server->host, value, sizeof(server->host));
        server->tcp = url_param(url->url_params, "transport", value, sizeof(value)) > 1 &&
                      g_ascii_strcasecmp(value, "tcp") == 0;
        if (url->url_port && *url->url_port)
            g_ascii_string_to_unsigned(url->url_port, 10, 1, G_MAXUINT16, &port, NULL);
        server->port = (guint16)port;
    }
    su_home_deinit(home);
    return *server->host;
}

ResolveQuery *servers_ask(Ua *ua, const Server *server, ResolveHopsFunc func, void *user)
{
    return resolve_hops(ua->servers->resolve, server->host, server->port, server->tcp, func, user);
}

gboolean servers_can_ask(const Ua *ua)
{
    return ua->servers->resolve != NULL;
}

/* Those of the first COUNT that the watch has found down go behind the others of these. */
static void hops_put_down_last(const Ua *ua, const Server *server, GArray *hops, guint count)
{
    for (guint i = 0, left = count; left > 0; left--) {
        NextHop hop = g_array_index(hops, NextHop, i);

        if (health_is_down(ua, server, &hop)) {
            g_array_remove_index(hops, i);
            g_array_insert_val(hops, count - 1, hop);
        } else {
            i++;
        }
    }
}

guint servers_order(const Ua *ua, const Server *server, GArray *hops)
{
    guint usable = graylist_order(ua->servers->gray, server->host, hops, loop_now(ua->loop));

    hops_put_down_last(ua, server, hops, usable);
    return usable;
}

/* For how long Retry-After in SIP is heeded; 0: it says nothing. */
static gint64 retry_after_us(const Ua *ua, sip_t const *sip)
{
    sip_retry_after_t const *after = sip ? sip->sip_retry_after : NULL;
    gint64 most_us = ua->settings->sip.retry_after_us;

    return after ? MIN((gint64)MIN(after->af_delta, G_MAXINT32) * G_USEC_PER_SEC, most_us) : 0;
}

void servers_answered(Ua *ua, const Server *server, const NextHop *hop)
{
    g_autofree char *key = graylist_key(server->host, hop);

    if (graylist_shade(ua->servers->gray, key, loop_now(ua->loop), NULL) != GRAY_NOT)
        log_notice("sip: server %s answers again", key);
    graylist_forget(ua->servers->gray, key);
    health_note_call(ua, server, hop, 200);
}

void servers_failed(Ua *ua, const Server *server, const NextHop *hop, sip_t const *sip)
{
    g_autofree char *key = graylist_key(server->host, hop);
    gint64 now = loop_now(ua->loop), busy_us = retry_after_us(ua, sip);
    gint64 gray_us = busy_us ? busy_us : ua->settings->sip.graylist_us;

    ua->counters.servers_failed++;
    if (gray_us && graylist_shade(ua->servers->gray, key, now, NULL) == GRAY_NOT)
        log_warning("sip: server %s: %s, %s for %" G_GINT64_FORMAT " s", key,
                    sip ? "503" : "no answer", busy_us ? "out of use" : "tried after others",
                    gray_us / G_USEC_PER_SEC);
    graylist_note(ua->servers->gray, key, busy_us ? GRAY_BUSY : GRAY_FAILED, now + gray_us, now);
    health_note_call(ua, server, hop, sip ? 503 : 0);
}

static void hop_describe(const Ua *ua, const Server *server, const NextHop *hop, GString *text)
{
    g_autofree char *key = graylist_key(server->host, hop);
    gint64 now = loop_now(ua->loop), until;
    GrayShade shade = graylist_shade(ua->servers->gray, key, now, &until);
    const char *state = health_state(ua, server, hop);
    char address[64];

    g_string_append_printf(
        text, "%s%s%s%s", text->len ? ", " : "",
        address_describe((const struct sockaddr *)&hop->address, address, sizeof(address)),
        state ? " " : "", state ? state : "");
    if (shade != GRAY_NOT)
        g_string_append_printf(text, " %s for %" G_GINT64_FORMAT " s",
                               shade == GRAY_BUSY ? "out of use" : "tried last",
                               (until - now + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
}

char *servers_describe(const Ua *ua, const char *uri)
{
    GString *text = g_string_new(NULL);
    g_autoptr(GArray) hops = NULL;
    struct sockaddr_storage address;
    Server server;

    if (uri && ua->servers->resolve && server_read(uri, &server))
        hops = resolve_known(ua->servers->resolve, server.host, server.port, server.tcp);
    for (guint i = 0; hops && i < hops->len; i++)
        hop_describe(ua, &server, &g_array_index(hops, NextHop, i), text);
    if (!text->len || (address_parse(server.host, &address) && !strstr(text->str, " for "))) {
        g_string_free(text, TRUE);
        return NULL;
    }
    return g_string_free(text, FALSE);
}

char *server_hop_uri(const NextHop *hop)
{
    char address[64];

    return g_strdup_printf(
        "sip:%s;transport=%s",
        address_describe((const struct sockaddr *)&hop->address, address, sizeof(address)),
        hop->tcp ? "tcp" : "udp");
}

void servers_aim(UaPort *port, const NextHop *hop)
{
    g_autofree char *uri = server_hop_uri(hop);

    nua_set_params(port->nua, NTATAG_DEFAULT_PROXY(uri), TAG_END());
}

void servers_unaim(UaPort *port)
{
    nua_set_params(port->nua, NTATAG_DEFAULT_PROXY(NULL), TAG_END());
}
