/* Reading Digest credentials: the grammar of RFC 7616 3.4, with what RFC 3261's phones make of it.
 */
#include "digest.h"

#include <string.h>

#define PARAMS_MAX 32

/* A value being read, and the names it has given so far. */
typedef struct Scan {
    const char *at;
    struct {
        const char *start;
        gsize length;
    } names[PARAMS_MAX];
    guint count;
} Scan;

/* Which of the fields was given; the response is kept as text until the algorithm is known. */
typedef struct Given {
    gboolean user, realm, nonce, uri, response, cnonce, nc, qop;
    char response_text[DIGEST_HEX_SIZE];
} Given;

static const char *const algorithm_names[] = {
#define ALGORITHM_NAME(id, name, octets, checksum) name,
    DIGEST_ALGORITHMS(ALGORITHM_NAME)};

const char *digest_algorithm_name(DigestAlgorithm algorithm)
{
    return algorithm_names[algorithm];
}

/* RFC 3261 25.1 token. */
static gboolean is_token_char(char c)
{
    return g_ascii_isalnum(c) || (c && strchr("-.!%*_+`'~", c));
}

/* A header folded over lines has its line ends still. */
static void skip_blanks(Scan *scan)
{
    scan->at += strspn(scan->at, " \t\r\n");
}

/* Reads a token to INTO, cut off for nobody: FALSE when it is empty or does not fit. */
static gboolean token_read(Scan *scan, char *into, gsize size)
{
    gsize length = 0;

    while (is_token_char(scan->at[length]))
        length++;
    if (length == 0 || length >= size)
        return FALSE;
    memcpy(into, scan->at, length);
    into[length] = '\0';
    scan->at += length;
    return TRUE;
}

/* Reads what stands between quotes, escapes undone. Control characters have no place there, escaped
 * or not: what they would do to a log or to a hash's colons is nobody's need. */
static gboolean quoted_read(Scan *scan, char *into, gsize size)
{
    gsize length = 0;

    scan->at++;
    while (*scan->at != '"') {
        if (*scan->at == '\\')
            scan->at++;
        if ((guchar)*scan->at < ' ' || *scan->at == 0x7f || length + 1 >= size)
            return FALSE;
        into[length++] = *scan->at++;
    }
    scan->at++;
    into[length] = '\0';
    return TRUE;
}

/* Phones quote what should be a token (qop, nc, algorithm) and the reverse: either is taken. */
static gboolean value_read(Scan *scan, char *into, gsize size)
{
    return *scan->at == '"' ? quoted_read(scan, into, size) : token_read(scan, into, size);
}

/* Notes the name that starts at START; FALSE when it stands there twice, or there are too many. */
static gboolean name_note(Scan *scan, const char *start, gsize length)
{
    for (guint i = 0; i < scan->count; i++) {
        if (scan->names[i].length == length &&
            g_ascii_strncasecmp(scan->names[i].start, start, length) == 0)
            return FALSE;
    }
    if (scan->count == PARAMS_MAX)
        return FALSE;
    scan->names[scan->count].start = start;
    scan->names[scan->count++].length = length;
    return TRUE;
}

static gboolean algorithm_read(Scan *scan, DigestCredentials *credentials)
{
    char text[32];

    if (!value_read(scan, text, sizeof(text)))
        return FALSE;
    credentials->algorithm_known = FALSE;
    for (DigestAlgorithm i = 0; i < DIGEST_ALGORITHM_COUNT; i++) {
        if (g_ascii_strcasecmp(text, algorithm_names[i]) == 0) {
            credentials->algorithm = i;
            credentials->algorithm_known = TRUE;
        }
    }
    return TRUE;
}

static gboolean qop_read(Scan *scan, DigestCredentials *credentials)
{
    char text[16];

    if (!value_read(scan, text, sizeof(text)))
        return FALSE;
    if (g_ascii_strcasecmp(text, "auth") == 0)
        credentials->qop = DIGEST_QOP_AUTH;
    else if (g_ascii_strcasecmp(text, "auth-int") == 0)
        credentials->qop = DIGEST_QOP_AUTH_INT;
    else
        return FALSE;
    return TRUE;
}

static gboolean nc_read(Scan *scan, DigestCredentials *credentials)
{
    guint8 octets[4];

    if (!value_read(scan, credentials->nc_text, sizeof(credentials->nc_text)) ||
        !digest_hex_read(credentials->nc_text, octets, sizeof(octets)))
        return FALSE;
    credentials->nc =
        (guint32)octets[0] << 24 | (guint32)octets[1] << 16 | (guint32)octets[2] << 8 | octets[3];
    return TRUE;
}

/* A parameter that is not ours to understand. */
static gboolean other_read(Scan *scan)
{
    char text[DIGEST_URI_SIZE];

    return value_read(scan, text, sizeof(text));
}

/* Reads the value of the parameter NAME. */
static gboolean param_read(Scan *scan, const char *name, DigestCredentials *credentials,
                           Given *given)
{
    const struct {
        const char *name;
        gboolean *given;
        char *into;
        gsize size;
    } texts[] = {
        {"username", &given->user, credentials->user, sizeof(credentials->user)},
        {"realm", &given->realm, credentials->realm, sizeof(credentials->realm)},
        {"nonce", &given->nonce, credentials->nonce, sizeof(credentials->nonce)},
        {"uri", &given->uri, credentials->uri, sizeof(credentials->uri)},
        {"cnonce", &given->cnonce, credentials->cnonce, sizeof(credentials->cnonce)},
        {"response", &given->response, given->response_text, sizeof(given->response_text)},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (g_ascii_strcasecmp(name, texts[i].name) == 0)
            return *texts[i].given = value_read(scan, texts[i].into, texts[i].size);
    }
    if (g_ascii_strcasecmp(name, "algorithm") == 0)
        return algorithm_read(scan, credentials);
    if (g_ascii_strcasecmp(name, "qop") == 0)
        return given->qop = qop_read(scan, credentials);
    if (g_ascii_strcasecmp(name, "nc") == 0)
        return given->nc = nc_read(scan, credentials);
    return other_read(scan);
}

/* name = value, with a comma behind it or the end. */
static const char *params_read(Scan *scan, DigestCredentials *credentials, Given *given)
{
    for (;;) {
        const char *start = scan->at;
        char name[32];

        if (!token_read(scan, name, sizeof(name)))
            return "a parameter has no name";
        if (!name_note(scan, start, strlen(name)))
            return "a parameter stands there twice";
        skip_blanks(scan);
        if (*scan->at++ != '=')
            return "a parameter has no value";
        skip_blanks(scan);
        if (!param_read(scan, name, credentials, given))
            return "a parameter's value is none";
        skip_blanks(scan);
        if (!*scan->at)
            return NULL;
        if (*scan->at++ != ',')
            return "something stands between parameters";
        skip_blanks(scan);
    }
}

/* What is missing, or does not belong together. */
static const char *whole_check(DigestCredentials *credentials, const Given *given)
{
    if (!given->user || !given->realm || !given->nonce || !given->uri || !given->response)
        return "username, realm, nonce, uri or response is missing";
    if (given->qop && (!given->cnonce || !given->nc))
        return "qop without cnonce or nc";
    if (!given->qop)
        credentials->cnonce[0] = '\0'; /* some send it all the same; it is in no hash then */
    if (credentials->algorithm_known &&
        !digest_hex_read(given->response_text, credentials->response,
                         digest_octets(credentials->algorithm)))
        return "the response is not as long as its algorithm makes it";
    return NULL;
}

DigestReading digest_read(const char *value, DigestCredentials *credentials, const char **why)
{
    Scan scan = {.at = value};
    Given given = {FALSE};
    char scheme[16];

    memset(credentials, 0, sizeof(*credentials));
    credentials->algorithm = DIGEST_MD5; /* where none is named: RFC 7616 3.4 */
    credentials->algorithm_known = TRUE;
    *why = NULL;
    if (strlen(value) > DIGEST_HEADER_MAX) {
        *why = "it is too long";
        return DIGEST_MALFORMED;
    }
    skip_blanks(&scan);
    if (!token_read(&scan, scheme, sizeof(scheme)) || g_ascii_strcasecmp(scheme, "Digest") != 0)
        return DIGEST_OTHER;
    skip_blanks(&scan);
    *why = params_read(&scan, credentials, &given);
    if (!*why)
        *why = whole_check(credentials, &given);
    return *why ? DIGEST_MALFORMED : DIGEST_READ;
}
