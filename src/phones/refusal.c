/* Refusals and challenges: what we answer ourselves, to who may be anybody. */
#include "primaries.h"

#include <string.h>

#define TAG_DIGITS 16

nta_incoming_t *entry_transaction(const Inbound *in)
{
    return in->irq ? in->irq
                   : nta_incoming_create(in->phones->agent, NULL, in->msg, in->sip, TAG_END());
}

/* A transaction lives on for 64 * T1 after its answer, and costs whom we refuse nothing. */
static gboolean entry_may_remember(Phones *phones)
{
    const Settings *settings = phones->settings;
    gint64 now = loop_now(phones->loop);

    if (now - phones->refusals_since_us > (gint64)settings->sip.t1_ms * 64 * 1000) {
        phones->refusals_since_us = now;
        phones->refusals = 0;
    }
    return phones->refusals++ < settings->proxy.max_transactions;
}

/* Would our answer be repeated until an ACK comes, to a source that anybody may have invented? One
 * datagram in is one out (RFC 3261 26.3.2.4). Inside a dialog a transaction is needed to meet the
 * ACK, which would be passed on; but not where its way is barred as well. */
static gboolean source_is_doubtful(const Inbound *in, int status)
{
    return in->from.transport == TRANSPORT_UDP && !*in->origin.user && !in->origin.trusted &&
           !in->from_gateway && !primaries_sent(in) && (!in->in_dialog || status == 403);
}

gboolean entry_answers_once(const Inbound *in, int status)
{
    return !in->irq && (source_is_doubtful(in, status) || !entry_may_remember(in->phones));
}

/* Of one request always the same, for repetitions are answered alike. */
static char *answer_tag(const Inbound *in)
{
    g_autoptr(GHmac) hmac =
        g_hmac_new(G_CHECKSUM_SHA256, in->phones->secret.octets, ORIGIN_KEY_SIZE);
    sip_t const *sip = in->sip;
    const char *parts[] = {sip->sip_call_id->i_id, sip->sip_from->a_tag,
                           sip->sip_via && sip->sip_via->v_branch ? sip->sip_via->v_branch
                                                                  : "answer"};
    g_autofree char *number = g_strdup_printf("%u", sip->sip_cseq->cs_seq);

    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        g_hmac_update(hmac, (const guchar *)(parts[i] ? parts[i] : ""),
                      parts[i] ? (gssize)strlen(parts[i]) + 1 : 1);
    g_hmac_update(hmac, (const guchar *)number, -1);
    return g_strndup(g_hmac_get_string(hmac), TAG_DIGITS);
}

sip_to_t *entry_answer_to(const Inbound *in)
{
    su_home_t *home = msg_home(in->msg);
    sip_to_t *to = sip_to_dup(home, in->sip->sip_to);
    g_autofree char *tag = answer_tag(in);

    if (to && !to->a_tag)
        sip_to_tag(home, to, tag);
    return to;
}

void entry_refuse(const Inbound *in, int status, const char *phrase, const char *why)
{
    Phones *phones = in->phones;
    nta_incoming_t *irq;
    char text[64];

    phones->counters.refused++;
    if (why && log_limit(&phones->refused_limit, 10, 10 * G_USEC_PER_SEC))
        log_notice("phones: %.32s from %s refused with %d: %s",
                   in->sip->sip_request->rq_method_name,
                   address_describe((const struct sockaddr *)&in->from.address, text, sizeof(text)),
                   status, why);
    if (!phrase)
        phrase = sip_status_phrase(status);
    if (entry_answers_once(in, status)) {
        nta_msg_treply(phones->agent, in->msg, status, phrase, SIPTAG_TO(entry_answer_to(in)),
                       TAG_END());
        return;
    }
    /* With a transaction, so that its ACK is met and its repetitions are answered alike. */
    irq = entry_transaction(in);
    if (irq) {
        nta_incoming_treply(irq, status, phrase, TAG_END());
        nta_incoming_destroy(irq);
    }
}
