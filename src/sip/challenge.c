/* Challenges to requests of ours (RFC 3261 22.2): the credentials of the far end's [peer]. */
#include "attempt.h"

#include "credentials.h"
#include "log.h"

#include <string.h>

static gboolean answered_has(const Answered *answered, const char *realm)
{
    for (guint i = 0; i < ANSWERED_MAX; i++) {
        if (answered->realm[i] && strcmp(answered->realm[i], realm) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean answered_add(Answered *answered, const char *realm)
{
    for (guint i = 0; i < ANSWERED_MAX; i++) {
        if (!answered->realm[i]) {
            answered->realm[i] = g_strdup(realm);
            return TRUE;
        }
    }
    return FALSE;
}

void challenge_forget(Answered *answered)
{
    for (guint i = 0; i < ANSWERED_MAX; i++)
        g_clear_pointer(&answered->realm[i], g_free);
}

/* Is one of CHALLENGES for another realm than PEER's only one? NUA answers all of them or none. */
static gboolean challenges_stray(msg_auth_t const *challenges, const PeerSettings *peer)
{
    while (peer->realm && (challenges = credentials_next(challenges))) {
        if (!credentials_is_for(challenges, peer->realm))
            return TRUE;
        challenges = challenges->au_next;
    }
    return FALSE;
}

/* Tags for NUA of the realms in CHALLENGES that have not had our credentials yet. FALSE when one
 * has. */
static gboolean tags_add(GPtrArray *texts, msg_auth_t const *challenges, const PeerSettings *peer,
                         Answered *answered)
{
    Answered before = *answered;
    msg_auth_t const *one = challenges;

    while ((one = credentials_next(one))) {
        const char *realm = credentials_realm(one);

        if (answered_has(&before, realm))
            return FALSE;
        if (!answered_has(answered, realm) && answered_add(answered, realm))
            g_ptr_array_add(texts, credentials_write(realm, peer->user, peer->password));
        one = one->au_next;
    }
    return TRUE;
}

gboolean challenge_answer(Ua *ua, nua_handle_t *nh, const PeerSettings *peer, Answered *answered,
                          sip_t const *sip)
{
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    tagi_t tags[2 * ANSWERED_MAX + 1] = {{TAG_END()}};

    if (!peer || !peer->user || !peer->password ||
        challenges_stray(sip->sip_www_authenticate, peer) ||
        challenges_stray(sip->sip_proxy_authenticate, peer))
        return FALSE;
    if (!tags_add(texts, sip->sip_www_authenticate, peer, answered) ||
        !tags_add(texts, sip->sip_proxy_authenticate, peer, answered)) {
        ua->counters.credentials_refused++;
        if (log_limit(&ua->refused_limit, 10, 10 * G_USEC_PER_SEC))
            log_warning("peer %s: our credentials are refused", peer->name);
        return FALSE;
    }
    if (!texts->len)
        return FALSE;
    for (guint i = 0; i < texts->len; i++) {
        tags[i] = (tagi_t){NUTAG_AUTH(texts->pdata[i])};
        tags[i + 1] = (tagi_t){TAG_END()};
    }
    ua->counters.challenged++;
    nua_authenticate(nh, TAG_NEXT(tags));
    return TRUE;
}

/* In a dialog requests go to the far end's Contact, which may be anybody's: our credentials are for
 * the peer. */
static gboolean comes_from_peer(const UaLeg *leg)
{
    struct sockaddr_storage source;

    if (!leg->peer)
        return FALSE;
    origin_source(leg->ua->nua, &source);
    return address_same_host((const struct sockaddr *)&source,
                             (const struct sockaddr *)&leg->server) ||
           network_contains(leg->peer->networks, (const struct sockaddr *)&source);
}

gboolean challenge_met(UaLeg *leg, int status, const char *phrase, sip_t const *sip)
{
    const char *method = sip->sip_cseq->cs_method_name;
    gboolean invite = sip->sip_cseq->cs_method == sip_method_invite, answered;

    if (!comes_from_peer(leg))
        return FALSE;
    if (invite && !leg->established && leg->cancelled) /* the next one would not be */
        return FALSE;
    if (invite) {
        attempt_heard(leg, status);
        attempt_aim(leg);
    }
    answered = challenge_answer(leg->ua, leg->nh, leg->peer, &leg->answered, sip);
    if (invite)
        attempt_unaim(leg);
    if (!answered)
        return FALSE;
    leg_note_response(leg, LADDER_IN, status, phrase, method, FALSE);
    if (invite)
        leg_note(leg, LADDER_OUT, "ACK");
    leg_note(leg, LADDER_OUT, "%s%s", method, invite ? " SDP" : "");
    return TRUE;
}
