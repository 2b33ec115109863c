/* Whom the user agent hears, and who may connect: who may call us, and the far ends of our calls
 * inside those calls. */
#include "sip_room.h"

#include "pieces.h"
#include "transfers.h"

#include <sofia-sip/msg_header.h>

static gboolean hearing_allows(void *user, const struct sockaddr *source)
{
    const Ua *ua = ((UaPort *)user)->ua;

    if (ua->is_behind)
        return address_same_host((const struct sockaddr *)&ua->behind.proxy, source);
    return network_contains(ua->settings->sip.allow, source) || register_admits(ua, source);
}

/* What comes from a far end is judged when its headers are known. */
static gboolean hearing_reads(void *user, const struct sockaddr *source)
{
    Ua *ua = ((UaPort *)user)->ua;
    g_autofree char *key = NULL;

    if (health_admits(ua, source))
        return TRUE;
    if (g_hash_table_size(ua->far) == 0)
        return FALSE;
    key = filter_host_key(source);
    return g_hash_table_contains(ua->far, key);
}

gboolean hearing_connects(void *user, const struct sockaddr *source)
{
    UaPort any = {.ua = user};

    return hearing_allows(&any, source) || hearing_reads(&any, source);
}

static gboolean hearing_hears(void *user, sip_t const *sip, const struct sockaddr *source)
{
    Ua *ua = ((UaPort *)user)->ua;

    return early_is_spoken_to(ua, sip, source) || health_reads(ua, source, sip);
}

/* Two messages about calls of ours that NUA does not handle without a leak: 100, which it tells of
 * but never frees, and a BYE in an early dialog, which the called side must not send (RFC 3261 15).
 * The first passes, the second is answered here and made garbage. And a REFER that is refused, to
 * which NUA would send a NOTIFY first. And a refused UPDATE or re-INVITE,
 * after which NUA would send a BYE. */
static void hearing_tell(UaPort *port, msg_t *msg, sip_t *sip)
{
    Ua *ua = port->ua;
    int status;

    if (sip->sip_status && (sip->sip_status->st_status == 401 || sip->sip_status->st_status == 407))
        session_spare_challenge(ua, msg, sip);
    if (sip->sip_status && sip->sip_cseq->cs_method == sip_method_invite) {
        if (sip->sip_status->st_status == 100)
            early_note_trying(ua, sip);
        else if (sip->sip_status->st_status < 200)
            early_note_ringing(ua, sip);
        else
            session_spare_refusal(ua, msg, sip);
    } else if (sip->sip_status && sip->sip_cseq->cs_method == sip_method_update) {
        inform_spare_dialog(ua, msg, sip);
    } else if (sip->sip_request && sip->sip_request->rq_method == sip_method_bye &&
               (status = early_note_bye(ua, sip)) != 0) {
        reply_send((const struct sockaddr *)&port->listen, msg, sip, status);
        msg_header_remove(msg, (msg_pub_t *)sip, (msg_header_t *)sip->sip_request);
    } else if (sip->sip_request && sip->sip_request->rq_method == sip_method_refer &&
               (status = referral_met(ua, sip, &msg_addr(msg)->su_sa)) != 0) {
        reply_send((const struct sockaddr *)&port->listen, msg, sip, status);
        msg_header_remove(msg, (msg_pub_t *)sip, (msg_header_t *)sip->sip_request);
    }
}

/* NUA knows no URN and would say 416; whom a service does not lead to is 404 (RFC 5031 4.2). */
static void service_refuse(UaPort *port, msg_t *msg, sip_t *sip)
{
    Ua *ua = port->ua;
    char text[64];

    if (sip->sip_request->rq_method != sip_method_ack) {
        ua->counters.refused++;
        if (log_limit(&ua->refused_limit, 5, G_USEC_PER_SEC))
            log_notice("sip: %s from %s refused with 404: [emergency] services has no such service",
                       sip->sip_request->rq_method_name,
                       origin_describe(ua, sip, &msg_addr(msg)->su_sa, text, sizeof(text)));
        reply_send((const struct sockaddr *)&port->listen, msg, sip, 404);
    }
    msg_header_remove(msg, (msg_pub_t *)sip, (msg_header_t *)sip->sip_request);
}

/* NUA takes it for a REFER all the same. */
static gboolean refer_is_malformed(const sip_t *sip)
{
    return sip->sip_request && sip->sip_request->rq_method == sip_method_refer && sip->sip_error &&
           sip->sip_via && sip->sip_from && sip->sip_to && sip->sip_call_id && sip->sip_cseq;
}

static const char *hearing_met(void *user, msg_t *msg, sip_t *sip, const char *why)
{
    UaPort *port = user;
    const char *bad;

    succession_meet(port->ua, sip);
    series_meet(port->ua, sip);
    if (sip->sip_request && !why &&
        !identity_settle_service(msg_home(msg), sip->sip_request, port->ua)) {
        service_refuse(port, msg, sip);
        return NULL;
    }
    bad = target_settle(port, msg, sip);
    if (sip->sip_status || (!why && !bad) || refer_is_malformed(sip))
        hearing_tell(port, msg, sip);
    return bad;
}

/* NUA would have a NOTIFY that it knows no subscription for wait for us in a dialog. */
static void hearing_whole(void *user, msg_t *msg, sip_t *sip)
{
    if (mwi_notified(user, msg, sip))
        msg_header_remove(msg, (msg_pub_t *)sip, (msg_header_t *)sip->sip_request);
}

static void hearing_dropped(void *user)
{
    ((UaPort *)user)->ua->counters.dropped++;
}

static void hearing_malformed(void *user, const char *what, const char *why)
{
    ua_log_malformed(((UaPort *)user)->ua, what, why);
}

static const FilterOps hearing_ops = {
    .room = "sip",
    .allows = hearing_allows,
    .reads = hearing_reads,
    .hears = hearing_hears,
    .met = hearing_met,
    .whole = hearing_whole,
    .dropped = hearing_dropped,
    .malformed = hearing_malformed,
};

void hearing_open(UaPort *port)
{
    port->filter = filter_new(&hearing_ops, port);
}

void hearing_close(UaPort *port)
{
    g_clear_pointer(&port->filter, filter_free);
}

void hearing_admit(Ua *ua, const struct sockaddr_storage *address)
{
    char *key = filter_host_key((const struct sockaddr *)address);
    guint uses = GPOINTER_TO_UINT(g_hash_table_lookup(ua->far, key));

    g_hash_table_insert(ua->far, key, GUINT_TO_POINTER(uses + 1));
}

void hearing_forget(Ua *ua, const struct sockaddr_storage *address)
{
    g_autofree char *key = filter_host_key((const struct sockaddr *)address);
    guint uses = GPOINTER_TO_UINT(g_hash_table_lookup(ua->far, key));

    if (uses > 1)
        g_hash_table_insert(ua->far, g_steal_pointer(&key), GUINT_TO_POINTER(uses - 1));
    else
        g_hash_table_remove(ua->far, key);
}
