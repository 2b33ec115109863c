/* Answers to digest challenges of others: Sofia's client side of the Digest scheme, with SHA-256.
 */
#define SOFIA_EXTEND_AUTH_CLIENT 1
#include "credentials.h"

#include "digest.h"

#include <sofia-sip/auth_client_plugin.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/su_string.h>
#include <sofia-sip/url.h>
#include <string.h>

/* What Sofia keeps of one realm on a handle. */
typedef struct DigestClient {
    auth_client_t client; /* user and password are in hex: Sofia parts them at colons */
    gboolean usable;      /* the rest is set */
    DigestAlgorithm algorithm;
    gboolean named; /* the challenge says which algorithm */
    DigestQop qop;
    char nonce[DIGEST_NONCE_SIZE];  /* with quotes and escapes, as it came */
    char opaque[DIGEST_NONCE_SIZE]; /* the same; "": none */
    char cnonce[33];
    guint32 count; /* of uses of the nonce */
} DigestClient;

/* A quoted string without quotes and escapes, or a token as it stands. FALSE when it does not fit.
 */
static gboolean unquote(const char *text, char *into, gsize size)
{
    gsize length = 0;

    if (*text != '"')
        return g_strlcpy(into, text, size) < size;
    for (text++; *text && *text != '"'; text++) {
        if (*text == '\\' && text[1])
            text++;
        if (length + 1 >= size)
            return FALSE;
        into[length++] = *text;
    }
    into[length] = '\0';
    return *text == '"';
}

static const char *param(msg_auth_t const *challenge, const char *name)
{
    return msg_params_find(challenge->au_params, name);
}

static gboolean algorithm_read(msg_auth_t const *challenge, DigestAlgorithm *algorithm)
{
    const char *given = param(challenge, "algorithm=");
    char name[32];

    *algorithm = DIGEST_MD5;
    if (!given)
        return TRUE;
    if (!unquote(given, name, sizeof(name)))
        return FALSE;
    for (guint i = 0; i < DIGEST_ALGORITHM_COUNT; i++) {
        if (g_ascii_strcasecmp(name, digest_algorithm_name(i)) == 0) {
            *algorithm = i;
            return TRUE;
        }
    }
    return FALSE;
}

/* auth where it is offered, else auth-int; FALSE when it is neither. */
static gboolean qop_read(msg_auth_t const *challenge, DigestQop *qop)
{
    const char *given = param(challenge, "qop=");
    g_auto(GStrv) words = NULL;
    char text[128];

    *qop = DIGEST_QOP_NONE;
    if (!given)
        return TRUE;
    if (!unquote(given, text, sizeof(text)))
        return FALSE;
    words = g_strsplit(text, ",", -1);
    for (guint i = 0; words[i]; i++) {
        g_strstrip(words[i]);
        if (g_ascii_strcasecmp(words[i], "auth") == 0)
            *qop = DIGEST_QOP_AUTH;
        else if (g_ascii_strcasecmp(words[i], "auth-int") == 0 && *qop == DIGEST_QOP_NONE)
            *qop = DIGEST_QOP_AUTH_INT;
    }
    return *qop != DIGEST_QOP_NONE;
}

/* Reads CHALLENGE into CLIENT; FALSE when it cannot be answered. */
static gboolean challenge_read(msg_auth_t const *challenge, DigestClient *client)
{
    const char *nonce = param(challenge, "nonce="), *opaque = param(challenge, "opaque=");
    char plain[DIGEST_NONCE_SIZE];

    if (!challenge->au_scheme || g_ascii_strcasecmp(challenge->au_scheme, "Digest") != 0 ||
        !credentials_realm(challenge) || !nonce || *nonce != '"' ||
        !unquote(nonce, plain, sizeof(plain)) || !algorithm_read(challenge, &client->algorithm) ||
        !qop_read(challenge, &client->qop))
        return FALSE;
    client->named = param(challenge, "algorithm=") != NULL;
    return g_strlcpy(client->nonce, nonce, sizeof(client->nonce)) < sizeof(client->nonce) &&
           g_strlcpy(client->opaque, opaque && *opaque == '"' ? opaque : "",
                     sizeof(client->opaque)) < sizeof(client->opaque);
}

const char *credentials_realm(msg_auth_t const *challenge)
{
    const char *realm = param(challenge, "realm=");
    char plain[DIGEST_NAME_SIZE];

    return realm && *realm == '"' && unquote(realm, plain, sizeof(plain)) ? realm : NULL;
}

gboolean credentials_is_for(msg_auth_t const *challenge, const char *realm)
{
    const char *given = credentials_realm(challenge);
    char plain[DIGEST_NAME_SIZE];

    return given && unquote(given, plain, sizeof(plain)) && strcmp(plain, realm) == 0;
}

msg_auth_t const *credentials_next(msg_auth_t const *challenges)
{
    DigestClient client;

    while (challenges && !challenge_read(challenges, &client))
        challenges = challenges->au_next;
    return challenges;
}

static char *hex_of(const char *text)
{
    gsize size = strlen(text);
    char *hex = g_malloc(2 * size + 1);

    digest_hex_write((const guint8 *)text, size, hex);
    return hex;
}

static char *text_of(const char *hex)
{
    gsize size = strlen(hex) / 2;
    char *text = g_malloc0(size + 1);

    if (!digest_hex_read(hex, (guint8 *)text, size))
        *text = '\0';
    return text;
}

char *credentials_write(const char *realm, const char *user, const char *password)
{
    g_autofree char *user_hex = hex_of(user);
    g_autofree char *password_hex = hex_of(password);

    return g_strdup_printf("Digest:%s:%s:%s", realm, user_hex, password_hex);
}

/* Sofia's: 2 when a request that was refused is worth another try with what is known now, 1 when it
 * is not. A better algorithm is never given up again for a worse one, which the same response may
 * offer behind it. A nonce that is stale at its first use would be for ever. */
static int client_challenged(auth_client_t *ca, msg_auth_t const *challenge)
{
    DigestClient *client = (DigestClient *)ca;
    const char *stale = param(challenge, "stale=");
    DigestClient fresh;
    gboolean again;

    if (!challenge_read(challenge, &fresh) ||
        (client->usable && fresh.algorithm > client->algorithm))
        return 1;
    again = !client->usable || fresh.algorithm < client->algorithm;
    if (!again && strcmp(fresh.nonce, client->nonce) == 0)
        return 1;
    if (stale && client->count != 1) {
        char word[8];

        again |= unquote(stale, word, sizeof(word)) && g_ascii_strcasecmp(word, "true") == 0;
    }
    client->usable = TRUE;
    client->algorithm = fresh.algorithm;
    client->named = fresh.named;
    client->qop = fresh.qop;
    g_strlcpy(client->nonce, fresh.nonce, sizeof(client->nonce));
    g_strlcpy(client->opaque, fresh.opaque, sizeof(client->opaque));
    g_snprintf(client->cnonce, sizeof(client->cnonce), "%08x%08x%08x%08x", g_random_int(),
               g_random_int(), g_random_int(), g_random_int());
    client->count = 0;
    return again ? 2 : 1;
}

/* What is hashed, for the request METHOD URI. */
static void client_prepare(DigestClient *client, const char *uri, DigestCredentials *credentials)
{
    memset(credentials, 0, sizeof(*credentials));
    credentials->algorithm = client->algorithm;
    credentials->qop = client->qop;
    credentials->nc = ++client->count;
    unquote(client->client.ca_realm, credentials->realm, sizeof(credentials->realm));
    unquote(client->nonce, credentials->nonce, sizeof(credentials->nonce));
    g_strlcpy(credentials->uri, uri, sizeof(credentials->uri));
    g_strlcpy(credentials->cnonce, client->cnonce, sizeof(credentials->cnonce));
    g_snprintf(credentials->nc_text, sizeof(credentials->nc_text), "%08x", credentials->nc);
}

/* A value in quotes; control characters have no place in it. */
static void quoted_append(GString *text, const char *value)
{
    g_string_append_c(text, '"');
    for (; *value; value++) {
        if (strchr("\"\\", *value))
            g_string_append_c(text, '\\');
        if ((guchar)*value >= ' ')
            g_string_append_c(text, *value);
    }
    g_string_append_c(text, '"');
}

static char *client_write(const DigestClient *client, const DigestCredentials *credentials,
                          const char *user, const char *response)
{
    GString *text = g_string_new("Digest username=");

    quoted_append(text, user);
    g_string_append_printf(text, ", realm=%s, nonce=%s, uri=\"%s\", response=\"%s\"",
                           client->client.ca_realm, client->nonce, credentials->uri, response);
    if (client->named)
        g_string_append_printf(text, ", algorithm=%s", digest_algorithm_name(client->algorithm));
    if (client->qop != DIGEST_QOP_NONE)
        g_string_append_printf(text, ", cnonce=\"%s\", qop=%s, nc=%s", credentials->cnonce,
                               client->qop == DIGEST_QOP_AUTH ? "auth" : "auth-int",
                               credentials->nc_text);
    if (*client->opaque)
        g_string_append_printf(text, ", opaque=%s", client->opaque);
    return g_string_free(text, FALSE);
}

static int client_authorize(auth_client_t *ca, su_home_t *home, char const *method,
                            url_t const *url, msg_payload_t const *body, msg_header_t **header)
{
    DigestClient *client = (DigestClient *)ca;
    g_autofree char *user = ca->ca_user ? text_of(ca->ca_user) : NULL;
    g_autofree char *password = ca->ca_pass ? text_of(ca->ca_pass) : NULL;
    g_autofree char *value = NULL;
    char *uri = url_as_string(home, url);
    DigestCredentials credentials;
    char ha1[DIGEST_HEX_SIZE], hex[DIGEST_HEX_SIZE];
    guint8 response[DIGEST_OCTETS_MAX];

    *header = NULL;
    if (!client->usable || !user || !password || !uri || strlen(uri) >= sizeof(credentials.uri))
        return -1;
    client_prepare(client, uri, &credentials);
    digest_hash_user(client->algorithm, user, credentials.realm, password, ha1);
    digest_compute(&credentials, ha1, method, body ? body->pl_data : NULL, body ? body->pl_len : 0,
                   response);
    digest_hex_write(response, digest_octets(client->algorithm), hex);
    value = client_write(client, &credentials, user, hex);
    *header = msg_header_make(home, ca->ca_credential_class, value);
    return *header ? 0 : -1;
}

static int client_clear(auth_client_t *ca)
{
    ca->ca_clear = 1;
    return 1;
}

void credentials_open(void)
{
    static const auth_client_plugin_t plugin = {
        .auc_plugin_size = sizeof(plugin),
        .auc_size = sizeof(DigestClient),
        .auc_name = "Digest",
        .auc_challenge = client_challenged,
        .auc_authorize = client_authorize,
        .auc_clear = client_clear,
        .auc_save_credentials = auth_client_save_credentials,
        .auc_copy_credentials = auth_client_copy_credentials,
    };

    static const auth_client_plugin_t nobody = {
        .auc_plugin_size = sizeof(nobody),
        .auc_size = sizeof(auth_client_t),
        .auc_name = "-",
        .auc_authorize = client_authorize,
    };

    /* It takes the first place whose name is another one: that of Sofia's own Digest only when
     * that is called otherwise. A Sofia that compares rightly takes these two as well. */
    auc_register_plugin(&nobody);
    auc_register_plugin(&plugin);
}
