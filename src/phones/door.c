/* The door: asks the guard about a request from outside, and answers in its name. */
#include "primaries.h"

#include "guard_message.h"

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

static void door_challenge(Inbound *in, const GuardAnswer *answer)
{
    nta_agent_t *agent = in->phones->agent;
    nta_incoming_t *irq;
    msg_t *response;

    if (entry_answers_once(in, answer->status)) {
        response = nta_msg_create(agent, 0);
        guard_put_challenges(response, answer);
        nta_msg_mreply(agent, response, sip_object(response), answer->status, answer->phrase,
                       in->msg, SIPTAG_TO(entry_answer_to(in)), TAG_END());
        return;
    }
    irq = entry_transaction(in);
    response = irq ? guard_response(irq, answer) : NULL;
    if (response)
        nta_incoming_mreply(irq, response);
    if (irq)
        nta_incoming_destroy(irq);
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
        .learnt = registers_vouch(in),
        .forwarded = sip->sip_via && sip->sip_via->v_next,
        .user = in->origin.user, /* of an earlier look at another target */
        .class_name = in->origin.class_name,
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
    /* Nobody had to show credentials: the primary has vouched for who it says it is. */
    if (answer->verdict == GUARD_PASS && request.learnt && !*answer->user)
        g_strlcpy(answer->user, url_user_text(home, sip->sip_from->a_url), sizeof(answer->user));
    if (answer->verdict != GUARD_PASS)
        return FALSE;
    g_strlcpy(in->origin.user, answer->user, sizeof(in->origin.user));
    g_strlcpy(in->origin.class_name, answer->class_name, sizeof(in->origin.class_name));
    guard_take_credentials(in->msg, in->sip, &request, answer);
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
        door_challenge(in, &answer);
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
