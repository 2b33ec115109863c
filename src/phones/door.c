/* The door: asks the guard about a request from outside, and answers in its name. */
#include "primaries.h"

#include "guard_message.h"

#include <string.h>

PolicyTarget door_target(const GQueue *targets)
{
    const Target *first = targets->head ? targets->head->data : NULL;

    if (!first)
        return POLICY_TO_PHONES; /* who is unknown here is asked for credentials like the known */
    switch (first->kind) {
    case TARGET_PHONE:
    case TARGET_REDIRECT:
        return POLICY_TO_PHONES;
    case TARGET_GATEWAY:
        return POLICY_TO_TRUNKS;
    case TARGET_PRIMARY:
        return POLICY_TO_PRIMARY;
    case TARGET_DIRECT:
        return POLICY_TO_OUTSIDE;
    }
    return POLICY_TO_OUTSIDE;
}

msg_t *door_response(nta_incoming_t *irq, const GuardAnswer *answer, gboolean proxy)
{
    msg_t *response = nta_incoming_create_response(irq, answer->status, answer->phrase);

    for (guint i = 0; response && i < answer->challenge_count; i++) {
        su_home_t *home = msg_home(response);
        msg_auth_t *header = proxy ? sip_proxy_authenticate_make(home, answer->challenges[i])
                                   : sip_www_authenticate_make(home, answer->challenges[i]);

        if (header)
            msg_header_insert(response, (msg_pub_t *)sip_object(response), (msg_header_t *)header);
    }
    return response;
}

static void door_challenge(Inbound *in, const GuardAnswer *answer, gboolean proxy)
{
    nta_incoming_t *irq = entry_transaction(in);
    msg_t *response = irq ? door_response(irq, answer, proxy) : NULL;

    if (response)
        nta_incoming_mreply(irq, response);
    if (irq)
        nta_incoming_destroy(irq);
}

/* What was shown to us is nobody else's business (RFC 3261 22.3). */
static void door_take_credentials(Inbound *in)
{
    const char *realm = in->phones->settings->guard.realm;
    g_autofree char *quoted = g_strdup_printf("\"%s\"", realm);
    msg_auth_t *at = in->sip->sip_proxy_authorization, *next;

    for (; at; at = next) {
        const char *value = msg_params_find(at->au_params, "realm=");

        next = at->au_next;
        if (value && (strcmp(value, quoted) == 0 || strcmp(value, realm) == 0))
            msg_header_remove(in->msg, (msg_pub_t *)in->sip, (msg_header_t *)at);
    }
}

gboolean door_peeks(Inbound *in, PolicyTarget to, GuardAnswer *answer)
{
    sip_t const *sip = in->sip;
    su_home_t *home = msg_home(in->msg);
    GuardRequest request = {
        .source = (const struct sockaddr *)&in->from.address,
        .to = to,
        .proxy = to != POLICY_TO_HERE,
        .in_dialog = in->in_dialog,
        .emergency = in->origin.emergency,
        .trusted = in->origin.trusted || primaries_sent(in),
        .forwarded = sip->sip_via && sip->sip_via->v_next,
        .now_us = loop_now(in->phones->loop),
    };

    if (in->from_gateway)
        return TRUE;
    guard_read_message(home, sip, &request);
    guard_judge(in->phones->guard, &request, answer);
    if (answer->verdict == GUARD_PASS && *answer->user &&
        sip->sip_request->rq_method == sip_method_register)
        guard_judge_register(in->phones->guard, &request, url_user_text(home, sip->sip_to->a_url),
                             answer);
    if (answer->verdict == GUARD_CHALLENGE && answer->reason == GUARD_REASON_NO_CREDENTIALS &&
        registers_vouch(in)) {
        answer->verdict = GUARD_PASS;
        g_strlcpy(answer->user, url_user_text(home, sip->sip_from->a_url), sizeof(answer->user));
    }
    if (answer->verdict != GUARD_PASS)
        return FALSE;
    g_strlcpy(in->origin.user, answer->user, sizeof(in->origin.user));
    g_strlcpy(in->origin.class_name, answer->class_name, sizeof(in->origin.class_name));
    door_take_credentials(in);
    return TRUE;
}

gboolean door_passes(Inbound *in, PolicyTarget to)
{
    GuardAnswer answer;

    if (door_peeks(in, to, &answer))
        return TRUE;
    switch (answer.verdict) {
    case GUARD_PASS:
        return TRUE;
    case GUARD_CHALLENGE:
        door_challenge(in, &answer, to != POLICY_TO_HERE);
        return FALSE;
    case GUARD_REFUSE:
        entry_refuse(in, answer.status, answer.phrase, NULL);
        return FALSE;
    case GUARD_DROP:
        if (in->irq)
            nta_incoming_destroy(in->irq);
        else
            msg_destroy(in->msg);
        return FALSE;
    }
    return FALSE;
}
