/* Lists of addresses: commas, quotes, angle brackets, parameters (RFC 3261 25.1). */
#include "field_list.h"

#include <string.h>

/* The end of what begins at TEXT: the first of STOPS outside of quotes and, if BRACKETS, of <>. */
static const char *text_end(const char *text, const char *stops, gboolean brackets)
{
    gboolean quoted = FALSE, inside = FALSE;

    for (; *text; text++) {
        if (quoted) {
            if (*text == '\\' && text[1])
                text++;
            else if (*text == '"')
                quoted = FALSE;
        } else if (*text == '"') {
            quoted = TRUE;
        } else if (brackets && *text == '<') {
            inside = TRUE;
        } else if (brackets && *text == '>') {
            inside = FALSE;
        } else if (!inside && strchr(stops, *text)) {
            break;
        }
    }
    return text;
}

GPtrArray *field_split(const char *const *values)
{
    GPtrArray *items = g_ptr_array_new_with_free_func(g_free);

    for (; values && *values; values++) {
        const char *at = *values;

        while (*at && items->len < FIELD_ITEMS_MAX) {
            const char *end = text_end(at, ",", TRUE);
            char *item = g_strstrip(g_strndup(at, (gsize)(end - at)));

            if (*item)
                g_ptr_array_add(items, item);
            else
                g_free(item);
            at = *end ? end + 1 : end;
        }
    }
    return items;
}

/* Without the quotes around it. */
static char *value_read(const char *value)
{
    gsize size = strlen(value);

    if (size >= 2 && value[0] == '"' && value[size - 1] == '"')
        return g_strndup(value + 1, size - 2);
    return g_strdup(value);
}

char *field_param(const char *params, const char *name)
{
    gsize length = strlen(name);

    while (*params == ';') {
        const char *at = params + 1, *end = text_end(at, ";", FALSE);
        g_autofree char *whole = g_strndup(at, (gsize)(end - at));
        char *value = strchr(whole, '=');

        params = end;
        if (value)
            *value++ = '\0';
        g_strstrip(whole);
        if (strlen(whole) != length || g_ascii_strcasecmp(whole, name) != 0)
            continue;
        return value ? value_read(g_strstrip(value)) : g_strdup("");
    }
    return NULL;
}

static gboolean scheme_skip(const char **uri, const char *scheme)
{
    gsize length = strlen(scheme);

    if (g_ascii_strncasecmp(*uri, scheme, length) != 0)
        return FALSE;
    *uri += length;
    return TRUE;
}

/* Its parameters say something else, and a password is nobody's business here. */
static char *user_read(const char *text, gsize length)
{
    g_autofree char *user = g_strndup(text, length);

    user[strcspn(user, ";:")] = '\0';
    return *user ? g_uri_unescape_string(user, NULL) : NULL;
}

static void sip_uri_read(const char *uri, FieldAddress *address)
{
    gsize length = strcspn(uri, "?");
    const char *host = memchr(uri, '@', length);
    const char *params;

    if (host)
        address->user = user_read(uri, (gsize)(host - uri));
    host = host ? host + 1 : uri;
    length -= (gsize)(host - uri);
    params = memchr(host, ';', length);
    address->uri = params ? g_strndup(params, length - (gsize)(params - host)) : g_strdup("");
    address->headers = g_strdup(host[length] ? host + length + 1 : "");
    address->host = g_ascii_strdown(host, params ? (gssize)(params - host) : (gssize)length);
}

static void tel_uri_read(const char *uri, FieldAddress *address)
{
    gsize length = strcspn(uri, ";?");

    address->user = user_read(uri, length);
    address->host = g_strdup("");
    address->uri = g_strdup(uri + length);
    address->headers = g_strdup("");
}

static gboolean uri_read(const char *uri, FieldAddress *address)
{
    if (scheme_skip(&uri, "sip:") || scheme_skip(&uri, "sips:"))
        sip_uri_read(uri, address);
    else if (scheme_skip(&uri, "tel:"))
        tel_uri_read(uri, address);
    else
        return FALSE;
    return TRUE;
}

gboolean field_address_read(const char *item, FieldAddress *address)
{
    const char *open = text_end(item, "<", FALSE), *close;
    g_autofree char *uri = NULL;

    *address = (FieldAddress){0};
    if (*open) {
        close = strchr(open, '>');
        if (!close)
            return FALSE;
        uri = g_strndup(open + 1, (gsize)(close - open - 1));
        close++;
    } else { /* its parameters are the header field's (RFC 3261 20.10) */
        close = item + strcspn(item, ";");
        uri = g_strndup(item, (gsize)(close - item));
    }
    if (!uri_read(uri, address))
        return FALSE;
    address->params = g_strdup(close + strspn(close, " \t"));
    return TRUE;
}

void field_address_clear(FieldAddress *address)
{
    g_clear_pointer(&address->user, g_free);
    g_clear_pointer(&address->host, g_free);
    g_clear_pointer(&address->uri, g_free);
    g_clear_pointer(&address->headers, g_free);
    g_clear_pointer(&address->params, g_free);
}
