/* The challenges: one for each algorithm offered, SHA-256 before MD5 (RFC 8760 2.4). */
#include "guard_private.h"

void guard_challenge(Guard *guard, const GuardRequest *request, const char *place,
                     GuardAnswer *answer)
{
    const char *realm = users_realm(guard->users);
    const char *qop = guard->settings->guard.auth_int ? "auth,auth-int" : "auth";
    guint offers = guard_offers(guard, request->source);

    answer->challenge_count = 0;
    for (DigestAlgorithm i = 0; i < DIGEST_ALGORITHM_COUNT; i++) {
        NonceUse use = {realm, i, place};
        char nonce[NONCE_SIZE];

        if (!(offers & 1u << i))
            continue;
        nonce_make(guard->nonces, &use, request->now_us, nonce);
        g_snprintf(answer->challenges[answer->challenge_count++], GUARD_CHALLENGE_SIZE,
                   "Digest realm=\"%s\", nonce=\"%s\", %salgorithm=%s, qop=\"%s\"", realm, nonce,
                   answer->stale ? "stale=true, " : "", digest_algorithm_name(i), qop);
    }
}
