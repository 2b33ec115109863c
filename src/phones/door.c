/* The door: asks the guard about a request from outside, and answers in its name. */
#include "room.h"

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

/* The values of the credentials in SIP that are for us as PROXY or as registrar; owned by HOME. */
static guint door_credentials(su_home_t *home, sip_t const *sip, gboolean proxy,
                              const char *values[GUARD_CREDENTIALS_MAX])
{
    msg_auth_t const *at = proxy ? sip->sip_proxy_authorization : sip->sip_authorization;
    guint count = 0;

    for (; at && count < GUARD_CREDENTIALS_MAX; at = at->au_next) {
        char text[2048];
        issize_t size = msg_header_field_e(text, sizeof(text), (msg_header_t const *)at, 0);

        if (size > 0 && (gsize)size < sizeof(text))
            values[count++] = su_strndup(home, text, (isize_t)size);
    }
    return count;
}

static void door_challenge(Inbound *in, const GuardAnswer *answer, gboolean proxy)
{
    nta_incoming_t *irq = nta_incoming_create(in->phones->agent, NULL, in->msg, in->sip, TAG_END());
    msg_t *response =
        irq ? nta_incoming_create_response(irq, answer->status, answer->phrase) : NULL;

    for (guint i = 0; response && i < answer->challenge_count; i++) {
        su_home_t *home = msg_home(response);
        msg_auth_t *header = proxy ? sip_proxy_authenticate_make(home, answer->challenges[i])
                                   : sip_www_authenticate_make(home, answer->challenges[i]);

        if (header)
            msg_header_insert(response, (msg_pub_t *)sip_object(response), (msg_header_t *)header);
    }
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

gboolean door_passes(Inbound *in, PolicyTarget to)
{
    sip_t const *sip = in->sip;
    su_home_t *home = msg_home(in->msg);
    const char *values[GUARD_CREDENTIALS_MAX];
    char uri[1024] = "";
    gboolean proxy = to != POLICY_TO_HERE;
    GuardAnswer answer;
    GuardRequest request = {
        .method = sip->sip_request->rq_method_name,
        .uri = uri,
        .source = (const struct sockaddr *)&in->from.address,
        .to = to,
        .proxy = proxy,
        .in_dialog = in->in_dialog,
        .emergency = in->origin.emergency,
        .trusted = in->origin.trusted,
        .forwarded = sip->sip_via && sip->sip_via->v_next,
        .credentials = values,
        .body = sip->sip_payload ? sip->sip_payload->pl_data : NULL,
        .body_size = sip->sip_payload ? sip->sip_payload->pl_len : 0,
        .now_us = loop_now(in->phones->loop),
    };

    if (in->from_gateway)
        return TRUE;
    url_e(uri, sizeof(uri), sip->sip_request->rq_url);
    uri[sizeof(uri) - 1] = '\0';
    request.credential_count = door_credentials(home, sip, proxy, values);
    guard_judge(in->phones->guard, &request, &answer);
    if (answer.verdict == GUARD_PASS && *answer.user &&
        sip->sip_request->rq_method == sip_method_register)
        guard_judge_register(in->phones->guard, &request, url_user_text(home, sip->sip_to->a_url),
                             &answer);
    switch (answer.verdict) {
    case GUARD_PASS:
        g_strlcpy(in->origin.user, answer.user, sizeof(in->origin.user));
        g_strlcpy(in->origin.class_name, answer.class_name, sizeof(in->origin.class_name));
        door_take_credentials(in);
        return TRUE;
    case GUARD_CHALLENGE:
        door_challenge(in, &answer, proxy);
        return FALSE;
    case GUARD_REFUSE:
        entry_refuse(in, answer.status, answer.phrase, NULL);
        return FALSE;
    case GUARD_DROP:
        msg_destroy(in->msg);
        return FALSE;
    }
    return FALSE;
}
