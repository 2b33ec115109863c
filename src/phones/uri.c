/* SIP URIs as text, compared part by part. */
#include "settings.h"

#include "uri.h"

#include <string.h>

/* The parts of a URI: slices of its text. */
typedef struct Slice {
    const char *at;
    gsize length;
} Slice;

typedef struct UriParts {
    gboolean secure;
    Slice user; /* at NULL: none */
    Slice host; /* without brackets */
    Slice port;
    Slice params; /* after the first ';' */
    Slice headers;
} UriParts;

static Slice slice_until(const char **at, const char *ends)
{
    Slice slice = {*at, strcspn(*at, ends)};

    *at += slice.length;
    return slice;
}

static gboolean uri_split(const char *uri, UriParts *parts)
{
    const char *at = uri, *sign;

    memset(parts, 0, sizeof(*parts));
    parts->secure = g_ascii_strncasecmp(uri, "sips:", 5) == 0;
    if (!parts->secure && g_ascii_strncasecmp(uri, "sip:", 4) != 0)
        return FALSE;
    at += parts->secure ? 5 : 4;
    /* A user part may hold ';' and '?', a host may not. */
    if ((sign = strchr(at, '@'))) {
        parts->user = (Slice){at, (gsize)(sign - at)};
        at = sign + 1;
    }
    if (*at == '[') {
        at++;
        parts->host = slice_until(&at, "]");
        at += *at == ']';
    } else {
        parts->host = slice_until(&at, ":;?");
    }
    if (*at == ':') {
        at++;
        parts->port = slice_until(&at, ";?");
    }
    if (*at == ';') {
        at++;
        parts->params = slice_until(&at, "?");
    }
    if (*at == '?')
        parts->headers = (Slice){at + 1, strlen(at + 1)};
    return parts->host.length > 0;
}

/* What needs no escape stands without it, all other escapes in capitals. Caller frees. */
static char *slice_plain(Slice slice)
{
    GString *plain = g_string_new(NULL);

    for (gsize i = 0; i < slice.length; i++) {
        const char *at = slice.at + i;
        int high = i + 2 < slice.length && *at == '%' ? g_ascii_xdigit_value(at[1]) : -1;
        int low = high >= 0 ? g_ascii_xdigit_value(at[2]) : -1;
        char octet;

        if (low < 0) {
            g_string_append_c(plain, *at);
            continue;
        }
        octet = (char)(high << 4 | low);
        if (g_ascii_isalnum(octet) || (octet && strchr("-_.!~*'()", octet)))
            g_string_append_c(plain, octet);
        else
            g_string_append_printf(plain, "%%%02X", (guint)(guchar)octet);
        i += 2;
    }
    return g_string_free(plain, FALSE);
}

static gboolean slice_same(Slice one, Slice other, gboolean exactly)
{
    g_autofree char *first = slice_plain(one), *second = slice_plain(other);

    return exactly ? strcmp(first, second) == 0 : g_ascii_strcasecmp(first, second) == 0;
}

static gboolean host_same(const UriParts *one, const UriParts *other)
{
    g_autofree char *first = g_strndup(one->host.at, one->host.length);
    g_autofree char *second = g_strndup(other->host.at, other->host.length);
    struct sockaddr_storage here, there;

    if (address_parse(first, &here) && address_parse(second, &there))
        return memcmp(&here, &there, sizeof(here)) == 0;
    return g_ascii_strcasecmp(first, second) == 0;
}

/* The next parameter of PARAMS, which begins behind it. FALSE: there is none. */
static gboolean param_next(Slice *params, Slice *name, Slice *value)
{
    const char *end, *sign;

    while (params->length && *params->at == ';') {
        params->at++;
        params->length--;
    }
    if (!params->length)
        return FALSE;
    end = memchr(params->at, ';', params->length);
    *name = (Slice){params->at, end ? (gsize)(end - params->at) : params->length};
    params->at += name->length;
    params->length -= name->length;
    sign = memchr(name->at, '=', name->length);
    *value = (Slice){sign ? sign + 1 : "", 0};
    if (sign) {
        value->length = name->length - (gsize)(sign + 1 - name->at);
        name->length = (gsize)(sign - name->at);
    }
    return TRUE;
}

static gboolean param_find(Slice params, Slice wanted, Slice *value)
{
    Slice name;

    while (param_next(&params, &name, value)) {
        if (slice_same(name, wanted, FALSE))
            return TRUE;
    }
    return FALSE;
}

/* These have to stand in both or in neither. */
static gboolean param_counts_alone(Slice name)
{
    static const char *const names[] = {"user", "ttl", "method", "maddr", "transport"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (slice_same(name, (Slice){names[i], strlen(names[i])}, FALSE))
            return TRUE;
    }
    return FALSE;
}

/* Has OTHER what ONE asks for? */
static gboolean params_fit(Slice one, Slice other)
{
    Slice name, value, theirs;

    while (param_next(&one, &name, &value)) {
        if (param_find(other, name, &theirs) ? !slice_same(value, theirs, FALSE)
                                             : param_counts_alone(name))
            return FALSE;
    }
    return TRUE;
}

gboolean uri_same(const char *one, const char *other)
{
    UriParts a, b;

    if (strcmp(one, other) == 0)
        return TRUE;
    if (!uri_split(one, &a) || !uri_split(other, &b))
        return FALSE;
    return a.secure == b.secure && !a.user.at == !b.user.at && slice_same(a.user, b.user, TRUE) &&
           host_same(&a, &b) && slice_same(a.port, b.port, TRUE) &&
           params_fit(a.params, b.params) && params_fit(b.params, a.params) &&
           slice_same(a.headers, b.headers, TRUE);
}

char *uri_param(const char *uri, const char *name)
{
    UriParts parts;
    Slice value;

    if (!uri_split(uri, &parts) || !param_find(parts.params, (Slice){name, strlen(name)}, &value))
        return NULL;
    return g_strndup(value.at, value.length);
}

gboolean uri_address(const char *uri, struct sockaddr_storage *address)
{
    UriParts parts;
    g_autofree char *host = NULL, *port = NULL;
    guint64 number = 0;

    if (!uri_split(uri, &parts))
        return FALSE;
    host = g_strndup(parts.host.at, parts.host.length);
    port = g_strndup(parts.port.at ? parts.port.at : "", parts.port.length);
    if (!address_parse(host, address) || address_port((struct sockaddr *)address))
        return FALSE;
    if (*port && !g_ascii_string_to_unsigned(port, 10, 1, G_MAXUINT16, &number, NULL))
        return FALSE;
    address_set_port(address, (guint16)number);
    return TRUE;
}

void uri_cut_user(char *user)
{
    gsize number = strspn(user, "+0123456789*#ABCDabcd-.()");

    if (number && user[number] == ';')
        user[number] = '\0';
}
