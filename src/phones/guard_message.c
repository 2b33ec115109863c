/* Between the guard and Sofia: headers as text, challenges as headers. */
#include "guard_message.h"

#include <sofia-sip/nta_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_tagarg.h>
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

int guard_reply(nta_incoming_t *irq, const GuardAnswer *answer, tag_type_t tag, tag_value_t value,
                ...)
{
    gboolean www = answer->status == 401;
    const char *first = answer->challenge_count > 0 ? answer->challenges[0] : NULL;
    const char *second = answer->challenge_count > 1 ? answer->challenges[1] : NULL;
    ta_list tags;
    int result;

    G_STATIC_ASSERT(DIGEST_ALGORITHM_COUNT == 2);
    ta_start(tags, tag, value);
    result = nta_incoming_treply(irq, answer->status, answer->phrase,
                                 TAG_IF(www && first, SIPTAG_WWW_AUTHENTICATE_STR(first)),
                                 TAG_IF(www && second, SIPTAG_WWW_AUTHENTICATE_STR(second)),
                                 TAG_IF(!www && first, SIPTAG_PROXY_AUTHENTICATE_STR(first)),
                                 TAG_IF(!www && second, SIPTAG_PROXY_AUTHENTICATE_STR(second)),
                                 ta_tags(tags));
    (void)ta_end(tags);
    return result;
}
