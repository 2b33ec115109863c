/* Between the guard and Sofia: headers as text, challenges as headers. */
#include "guard_message.h"

#include "message.h"

#include <sofia-sip/msg_header.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/url.h>

/* sip_header_as_string() loses the end of credentials as long as SHA-256 makes them: they are put
 * together here. */
static const char *value_write(su_home_t *home, const msg_auth_t *auth)
{
    g_autofree char *params = g_strjoinv(", ", (char **)auth->au_params);

    return su_sprintf(home, "%s %s", auth->au_scheme ? auth->au_scheme : "", params);
}

/* Credentials of the other kind are for somebody else: a registrar behind us, a proxy before us. */
static void credentials_read(su_home_t *home, const msg_auth_t *first, GuardRequest *request)
{
    const char **values = su_zalloc(home, GUARD_CREDENTIALS_MAX * sizeof(*values));

    request->credentials = values;
    request->credential_count = 0;
    for (const msg_auth_t *at = first;
         at && values && request->credential_count < GUARD_CREDENTIALS_MAX; at = at->au_next) {
        const char *text = at->au_params ? value_write(home, at) : NULL;

        if (text)
            values[request->credential_count++] = text;
    }
}

void guard_read_message(su_home_t *home, const sip_t *sip, GuardRequest *request)
{
    const char *uri = url_as_string(home, sip->sip_request->rq_url);

    request->method = sip->sip_request->rq_method_name;
    request->uri = uri ? uri : "";
    request->body = sip->sip_payload ? sip->sip_payload->pl_data : NULL;
    request->body_size = sip->sip_payload ? sip->sip_payload->pl_len : 0;
    credentials_read(home, request->proxy ? sip->sip_proxy_authorization : sip->sip_authorization,
                     request);
}

void guard_take_credentials(msg_t *msg, sip_t *sip, const GuardRequest *request,
                            const GuardAnswer *answer)
{
    msg_auth_t *at = request->proxy ? sip->sip_proxy_authorization : sip->sip_authorization;
    int index = 0;

    for (; at && answer->used >= 0; at = at->au_next) {
        if (!at->au_params)
            continue; /* as in reading them */
        if (index++ == answer->used) {
            msg_header_remove(msg, (msg_pub_t *)sip, (msg_header_t *)at);
            return;
        }
    }
}

void guard_put_challenges(msg_t *response, const GuardAnswer *answer)
{
    for (guint i = 0; i < answer->challenge_count; i++) {
        su_home_t *home = msg_home(response);
        msg_auth_t *header = answer->status == 407
                                 ? sip_proxy_authenticate_make(home, answer->challenges[i])
                                 : sip_www_authenticate_make(home, answer->challenges[i]);

        if (header)
            msg_header_insert(response, (msg_pub_t *)sip_object(response), (msg_header_t *)header);
    }
}

msg_t *guard_response(nta_incoming_t *irq, const GuardAnswer *answer)
{
    msg_t *response = message_response(irq, answer->status, answer->phrase);

    if (response)
        guard_put_challenges(response, answer);
    return response;
}
