/* Computing Digest responses: the hashes of RFC 7616 3.4, and comparing without telling by time. */
#include "digest.h"

#include <string.h>

static const struct {
    guint octets;
    GChecksumType checksum;
} algorithms[] = {
#define ALGORITHM_HASH(id, name, octets, checksum) {octets, checksum},
    DIGEST_ALGORITHMS(ALGORITHM_HASH)};

guint digest_octets(DigestAlgorithm algorithm)
{
    return algorithms[algorithm].octets;
}

gboolean digest_hex_read(const char *text, guint8 *octets, gsize size)
{
    if (strlen(text) != 2 * size)
        return FALSE;
    for (gsize i = 0; i < size; i++) {
        int high = g_ascii_xdigit_value(text[2 * i]), low = g_ascii_xdigit_value(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return FALSE;
        octets[i] = (guint8)(high << 4 | low);
    }
    return TRUE;
}

void digest_hex_write(const guint8 *octets, gsize size, char *text)
{
    static const char digits[] = "0123456789abcdef";

    for (gsize i = 0; i < size; i++) {
        *text++ = digits[octets[i] >> 4];
        *text++ = digits[octets[i] & 15];
    }
    *text = '\0';
}

/* The hash of TEXTS with colons between, NULL behind the last; in hex. */
static void hash_texts(DigestAlgorithm algorithm, const char *const *texts,
                       char hex[DIGEST_HEX_SIZE])
{
    g_autoptr(GChecksum) sum = g_checksum_new(algorithms[algorithm].checksum);

    for (gsize i = 0; texts[i]; i++) {
        if (i)
            g_checksum_update(sum, (const guchar *)":", 1);
        g_checksum_update(sum, (const guchar *)texts[i], (gssize)strlen(texts[i]));
    }
    g_strlcpy(hex, g_checksum_get_string(sum), DIGEST_HEX_SIZE);
}

void digest_hash_user(DigestAlgorithm algorithm, const char *user, const char *realm,
                      const char *password, char ha1[DIGEST_HEX_SIZE])
{
    hash_texts(algorithm, (const char *const[]){user, realm, password, NULL}, ha1);
}

/* RFC 7616 3.4.3: A2. */
static void hash_request(const DigestCredentials *credentials, const char *method, const void *body,
                         gsize body_size, char ha2[DIGEST_HEX_SIZE])
{
    g_autofree char *hash = NULL;

    if (credentials->qop != DIGEST_QOP_AUTH_INT) {
        hash_texts(credentials->algorithm, (const char *const[]){method, credentials->uri, NULL},
                   ha2);
        return;
    }
    hash = g_compute_checksum_for_data(algorithms[credentials->algorithm].checksum,
                                       body ? body : (const guchar *)"", body_size);
    hash_texts(credentials->algorithm, (const char *const[]){method, credentials->uri, hash, NULL},
               ha2);
}

void digest_compute(const DigestCredentials *credentials, const char *ha1, const char *method,
                    const void *body, gsize body_size, guint8 response[DIGEST_OCTETS_MAX])
{
    char ha2[DIGEST_HEX_SIZE], hex[DIGEST_HEX_SIZE];
    const char *qop = credentials->qop == DIGEST_QOP_AUTH_INT ? "auth-int" : "auth";

    hash_request(credentials, method, body, body_size, ha2);
    if (credentials->qop == DIGEST_QOP_NONE)
        hash_texts(credentials->algorithm,
                   (const char *const[]){ha1, credentials->nonce, ha2, NULL}, hex);
    else
        hash_texts(credentials->algorithm,
                   (const char *const[]){ha1, credentials->nonce, credentials->nc_text,
                                         credentials->cnonce, qop, ha2, NULL},
                   hex);
    digest_hex_read(hex, response, digest_octets(credentials->algorithm));
}

gboolean digest_equal(const void *one, const void *other, gsize size)
{
    const volatile guint8 *a = one,
                          *b = other; /* volatile: the loop shall not learn to stop early */
    guint8 difference = 0;

    for (gsize i = 0; i < size; i++)
        difference |= a[i] ^ b[i];
    return difference == 0;
}

gboolean digest_matches(const DigestCredentials *credentials,
                        const guint8 response[DIGEST_OCTETS_MAX])
{
    return digest_equal(credentials->response, response, digest_octets(credentials->algorithm));
}

/* ---- what a uri names ---- */

/* Scheme, user part and host of a URI's text. */
typedef struct UriParts {
    const char *scheme, *user, *host;
    gsize scheme_length, user_length, host_length;
} UriParts;

static UriParts uri_split(const char *uri)
{
    UriParts parts = {.scheme = uri};
    const char *colon = strchr(uri, ':'), *end, *at;

    if (!colon)
        return parts;
    parts.scheme_length = (gsize)(colon - uri);
    /* A user part may hold ; and ? (RFC 3261 25.1): first look for the @. */
    at = strchr(colon, '@');
    if (at) {
        parts.user = colon + 1;
        parts.user_length = (gsize)(at - colon - 1);
    }
    parts.host = at ? at + 1 : colon + 1;
    end = *parts.host == '[' ? strchr(parts.host, ']') : NULL;
    parts.host_length = end ? (gsize)(end - parts.host) + 1 : strcspn(parts.host, ":;?");
    return parts;
}

/* Equal when %HH is undone; hosts and schemes have none, and differ in no case. */
static gboolean users_equal(const UriParts *one, const UriParts *other)
{
    g_autofree char *first = g_uri_unescape_segment(one->user, one->user + one->user_length, NULL);
    g_autofree char *second =
        g_uri_unescape_segment(other->user, other->user + other->user_length, NULL);

    return first && second && strcmp(first, second) == 0;
}

gboolean digest_uri_fits(const char *uri, const char *request_uri)
{
    UriParts one = uri_split(uri), other = uri_split(request_uri);

    if (!one.host || !other.host)
        return strcmp(uri, request_uri) == 0;
    if (one.scheme_length != other.scheme_length || one.host_length != other.host_length ||
        g_ascii_strncasecmp(one.scheme, other.scheme, one.scheme_length) != 0 ||
        g_ascii_strncasecmp(one.host, other.host, one.host_length) != 0)
        return FALSE;
    if (!one.user || !other.user)
        return !one.user && !other.user;
    return users_equal(&one, &other);
}
