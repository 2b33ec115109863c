/* Where a transfer shall lead: the URI of Refer-To or Also taken apart, and the dialog that
 * Replaces names. */
#include "sip_room.h"

#include "transfers.h"

#include <sofia-sip/sip_extra.h>
#include <sofia-sip/url.h>
#include <string.h>

/* The value of header NAME among LINES, as url_query_as_header_string() writes them. */
static char *line_value(char *const *lines, const char *name)
{
    gsize size = strlen(name);

    for (; *lines; lines++)
        if (g_ascii_strncasecmp(*lines, name, size) == 0 && (*lines)[size] == ':')
            return g_strstrip(g_strdup(*lines + size + 1));
    return NULL;
}

static void refer_to_read_headers(su_home_t *home, const char *query, ReferTo *to)
{
    const char *text = query ? url_query_as_header_string(home, query) : NULL;
    g_auto(GStrv) lines = g_strsplit_set(text ? text : "", "\r\n", -1);

    to->replaces = line_value(lines, "Replaces");
    to->require = line_value(lines, "Require");
}

static gboolean host_is_domain(const ProxySettings *proxy, const char *host)
{
    for (guint i = 0; proxy->domains && i < proxy->domains->len; i++)
        if (g_ascii_strcasecmp(proxy->domains->pdata[i], host) == 0)
            return TRUE;
    return FALSE;
}

/* A user that the proxy before us knows: only the proxy can say where. */
static gboolean url_is_phone(const Ua *ua, su_home_t *home, url_t const *url)
{
    char *name = url->url_user ? su_strdup(home, url->url_user) : NULL;

    if (!ua->is_behind || !ua->behind.is_phone || !name)
        return FALSE;
    url_unescape(name, name);
    return ua->behind.is_phone(ua->behind.user, name);
}

/* Host and port are those of our Contact, or of the socket; or it is a domain of the proxy. */
static gboolean url_is_ours(const Ua *ua, url_t const *url)
{
    guint16 port = url->url_port && *url->url_port ? (guint16)atoi(url->url_port) : 5060;

    if (!url->url_host)
        return FALSE;
    if (host_is_domain(&ua->settings->proxy, url->url_host))
        return TRUE;
    return ports_are_at(ua, url->url_host, port);
}

void refer_to_read(const Ua *ua, url_t const *url, ReferTo *to)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    char method[32] = "";
    url_t *copy;

    memset(to, 0, sizeof(*to));
    su_home_init(home);
    copy = url_hdup(home, url);
    to->is_sip = url->url_type == url_sip || url->url_type == url_sips || url->url_type == url_tel;
    to->ours = url->url_type == url_tel ||
               (to->is_sip && url_is_ours(ua, url) && !url_is_phone(ua, home, url));
    to->has_number = identity_number(url, &to->number);
    if (copy && copy->url_params && url_param(copy->url_params, "method", method, sizeof(method))) {
        to->method = g_strdup(method);
        copy->url_params = url_strip_param_string((char *)copy->url_params, "method");
        if (copy->url_params && !*copy->url_params)
            copy->url_params = NULL;
    }
    if (copy) {
        refer_to_read_headers(home, copy->url_headers, to);
        copy->url_headers = NULL;
        to->uri = g_strdup(url_as_string(home, copy));
    }
    su_home_deinit(home);
}

void refer_to_clear(ReferTo *to)
{
    g_clear_pointer(&to->uri, g_free);
    g_clear_pointer(&to->method, g_free);
    g_clear_pointer(&to->replaces, g_free);
    g_clear_pointer(&to->require, g_free);
}

UaLeg *replaces_find(Ua *ua, const char *value, gboolean *early_only)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    sip_replaces_t *replaces;
    nua_handle_t *nh = NULL;
    UaLeg *leg = NULL;

    su_home_init(home);
    replaces = sip_replaces_make(home, value);
    *early_only = replaces && replaces->rp_early_only;
    if (replaces && replaces->rp_call_id && replaces->rp_to_tag && replaces->rp_from_tag)
        nh = ports_handle_by_replaces(ua, replaces);
    if (nh) {
        leg = nua_handle_magic(nh);
        nua_handle_unref(nh);
    }
    su_home_deinit(home);
    return leg;
}
