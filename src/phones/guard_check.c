/* Checking credentials: which of a request's are ours, and are they right?
 *
 * A user that does not exist costs the same work and gets the same answer as one who does and whose
 * password is wrong: in either case a hash is made that nobody's password gives, and then one of
 * the two is used.
 */
#include "guard_private.h"

#include <string.h>

guint guard_offers(const Guard *guard, const struct sockaddr *source)
{
    guint md5 = 1u << DIGEST_MD5 & guard->algorithms;

    if (md5 && guard->settings->guard.md5_networks &&
        network_contains(guard->settings->guard.md5_networks, source))
        return md5;
    return guard->algorithms;
}

/* The credentials of a request that are for us. A primary may have our realm: among several, those
 * whose nonce is good count. */
typedef struct Choice {
    gboolean ours, malformed;
    guint index; /* among the request's */
    DigestCredentials credentials;
    NonceState state;
    NonceId id;
} Choice;

static NonceUse nonce_use(const Guard *guard, const DigestCredentials *credentials,
                          const char *place)
{
    return (NonceUse){users_realm(guard->users), credentials->algorithm, place};
}

static void choice_consider(Guard *guard, const GuardRequest *request, guint index,
                            const char *place, Choice *choice)
{
    DigestCredentials credentials;
    NonceUse use;
    const char *why;

    switch (digest_read(request->credentials[index], &credentials, &why)) {
    case DIGEST_OTHER:
        return;
    case DIGEST_MALFORMED:
        choice->malformed = TRUE;
        return;
    case DIGEST_READ:
        break;
    }
    if (strcmp(credentials.realm, users_realm(guard->users)) != 0)
        return;
    use = nonce_use(guard, &credentials, place);
    choice->state =
        nonce_check(guard->nonces, credentials.nonce, &use, request->now_us, &choice->id);
    choice->ours = TRUE;
    choice->index = index;
    choice->credentials = credentials;
}

static void choice_make(Guard *guard, const GuardRequest *request, const char *place,
                        Choice *choice)
{
    memset(choice, 0, sizeof(*choice));
    for (guint i = 0; i < MIN(request->credential_count, GUARD_CREDENTIALS_MAX); i++) {
        choice_consider(guard, request, i, place, choice);
        if (choice->ours && choice->state == NONCE_GOOD)
            return;
    }
}

/* Is this a way of answering that we offered? */
static gboolean was_offered(const Guard *guard, const GuardRequest *request,
                            const DigestCredentials *credentials)
{
    const GuardSettings *settings = &guard->settings->guard;

    if (!(guard_offers(guard, request->source) & 1u << credentials->algorithm))
        return FALSE; /* not since the reload */
    switch (credentials->qop) {
    case DIGEST_QOP_NONE:
        return settings->without_qop;
    case DIGEST_QOP_AUTH:
        return TRUE;
    case DIGEST_QOP_AUTH_INT:
        return settings->auth_int;
    }
    return FALSE;
}

/* An HA1 that no password has. */
static void hash_invent(const Guard *guard, const DigestCredentials *credentials,
                        char ha1[DIGEST_HEX_SIZE])
{
    g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, guard->key, sizeof(guard->key));

    g_hmac_update(hmac, (const guchar *)credentials->user, (gssize)strlen(credentials->user) + 1);
    g_strlcpy(ha1, g_hmac_get_string(hmac), 2 * digest_octets(credentials->algorithm) + 1);
}

/* The user whose password made the response, or NULL. */
static const User *response_check(const Guard *guard, const GuardRequest *request,
                                  const DigestCredentials *credentials)
{
    const User *user = users_find(guard->users, credentials->user);
    gboolean known = user && user->has[credentials->algorithm];
    char invented[DIGEST_HEX_SIZE];
    guint8 response[DIGEST_OCTETS_MAX];
    gboolean right;

    hash_invent(guard, credentials, invented);
    digest_compute(credentials, known ? user->ha1[credentials->algorithm] : invented,
                   request->method, request->body, request->body_size, response);
    right = digest_matches(credentials, response);
    return right && known ? user : NULL;
}

static GuardReason count_check(Guard *guard, const GuardRequest *request, const Choice *choice)
{
    if (choice->credentials.qop == DIGEST_QOP_NONE)
        return GUARD_REASON_NONE; /* there is no count: the nonce's life is all that ends it */
    switch (nonce_count(guard->nonces, &choice->id, choice->credentials.nc, request->now_us)) {
    case NONCE_GOOD:
        return GUARD_REASON_NONE;
    case NONCE_REPLAYED:
        return GUARD_REASON_REPLAYED;
    case NONCE_FOREIGN:
    case NONCE_STALE:
        return GUARD_REASON_STALE;
    }
    return GUARD_REASON_STALE;
}

static GuardReason choice_check(Guard *guard, const GuardRequest *request, const Choice *choice,
                                GuardFinding *finding)
{
    const DigestCredentials *credentials = &choice->credentials;

    if (!credentials->algorithm_known)
        return GUARD_REASON_UNSUPPORTED;
    /* Right or wrong, the phone shall try the next one: no word about the password for nonces that
     * cost nothing. So it goes for the nonce of a primary that has our realm, too. */
    if (choice->state != NONCE_GOOD)
        return GUARD_REASON_STALE;
    if (!was_offered(guard, request, credentials))
        return GUARD_REASON_UNSUPPORTED;
    if (guard->settings->guard.check_uri && !request->forwarded &&
        !digest_uri_fits(credentials->uri, request->uri))
        return GUARD_REASON_FOREIGN_URI;
    finding->found = response_check(guard, request, credentials);
    return finding->found ? count_check(guard, request, choice) : GUARD_REASON_WRONG;
}

void guard_check(Guard *guard, const GuardRequest *request, const char *place,
                 GuardFinding *finding)
{
    char key[GUARD_KEY_SIZE];
    Choice choice;

    finding->user[0] = '\0';
    finding->found = NULL;
    finding->reason = GUARD_REASON_NO_CREDENTIALS;
    if (!guard->users)
        return;
    choice_make(guard, request, place, &choice);
    if (!choice.ours) {
        if (choice.malformed)
            finding->reason = GUARD_REASON_MALFORMED;
        return;
    }
    g_strlcpy(finding->user, choice.credentials.user, sizeof(finding->user));
    finding->used = choice.index;
    guard_key(place, finding->user, key);
    if (backoff_blocks(guard->backoff, key, request->now_us)) {
        finding->reason = GUARD_REASON_BACKOFF;
        return;
    }
    finding->reason = choice_check(guard, request, &choice, finding);
    if (finding->reason != GUARD_REASON_NONE)
        finding->found = NULL; /* a replayed response was right once */
}

gboolean guard_knows(const Guard *guard, const char *name, char class_name[TAG_MAX])
{
    const User *user = guard->users ? users_find(guard->users, name) : NULL;

    g_strlcpy(class_name, user ? user->class_name : "", TAG_MAX);
    return user != NULL;
}
