/* Subscriptions to mailboxes (RFC 3842, RFC 6665): NUA keeps their dialogs and ends them in time,
 * here they are accepted and told.
 */
#include "mwi_room.h"

#include "log.h"

#include <string.h>

#define SUBSCRIPTIONS_MAX 4096
#define SUBSCRIPTIONS_PER_MAILBOX 16
/* RFC 3842 4.4 recommends hours or days; who is gone shall not be told for so long. */
#define EXPIRES_DEFAULT_S 3600
#define EXPIRES_LONGEST_S 86400

typedef struct Subscription {
    Ua *ua;
    UaPort *port; /* that it came by ... */
    gboolean tcp; /* ... over TCP */
    nua_handle_t *nh;
    char *mailbox;
    char *event; /* with its id, if any */
} Subscription;

void subscription_free(gpointer data)
{
    Subscription *subscription = data;

    nua_handle_destroy(subscription->nh);
    g_free(subscription->mailbox);
    g_free(subscription->event);
    g_free(subscription);
}

static void subscription_tell(Subscription *subscription, const MwiState *state)
{
    Ua *ua = subscription->ua;
    g_autofree char *uri = mwi_uri(subscription->port, subscription->mailbox);
    g_autofree char *account = g_strndup(uri + 1, strlen(uri) - 2);
    g_autofree char *body = mwi_body_write(state, account);

    ua->counters.notifies_out++;
    nua_notify(subscription->nh, SIPTAG_EVENT_STR(subscription->event),
               SIPTAG_CONTACT_STR(subscription->port->contact[subscription->tcp]),
               NUTAG_SUBSTATE(nua_substate_active), SIPTAG_CONTENT_TYPE_STR(MWI_BODY_TYPE),
               SIPTAG_PAYLOAD_STR(body), TAG_END());
}

guint subscriptions_tell(Ua *ua, const char *mailbox, const MwiState *state)
{
    GHashTableIter iter;
    gpointer value;
    guint count = 0;

    g_hash_table_iter_init(&iter, ua->mailboxes->subscriptions);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Subscription *subscription = value;

        if (strcmp(subscription->mailbox, mailbox) != 0)
            continue;
        subscription_tell(subscription, state);
        count++;
    }
    return count;
}

guint subscriptions_of(const Ua *ua, const char *mailbox)
{
    GHashTableIter iter;
    gpointer value;
    guint count = 0;

    g_hash_table_iter_init(&iter, ua->mailboxes->subscriptions);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        count += strcmp(((Subscription *)value)->mailbox, mailbox) == 0;
    return count;
}

/* May SIP become a subscription? 200 with its MAILBOX and STATE, or the status that refuses it. */
static int subscribe_judge(Ua *ua, sip_t const *sip, char mailbox[TAG_MAX], MwiState *state)
{
    Mailboxes *mailboxes = ua->mailboxes;
    struct sockaddr_storage source;
    CallOrigin origin;

    if (!mailboxes->on || !mailboxes->ops.subscribed)
        return 489;
    if (!sip->sip_contact)
        return 400;
    if (sip->sip_accept && nta_check_accept(NULL, sip, mailboxes->accept, NULL, TAG_END()))
        return 406;
    origin_source(ua->nua, &source);
    if (!origin_of_request(ua, sip, (const struct sockaddr *)&source, &origin))
        return 403;
    mwi_user_of(sip->sip_request->rq_url, mailbox);
    if (!mailbox[0])
        mwi_user_of(sip->sip_to->a_url, mailbox);
    if (!mailbox[0])
        return 404;
    if (g_hash_table_size(mailboxes->subscriptions) >= SUBSCRIPTIONS_MAX ||
        subscriptions_of(ua, mailbox) >= SUBSCRIPTIONS_PER_MAILBOX)
        return 503;
    return mailboxes->ops.subscribed(mailboxes->ops.user, &origin, mailbox, state);
}

static char *event_text(sip_t const *sip)
{
    const char *id = sip->sip_event->o_id;

    return id ? g_strdup_printf("%s;id=%s", MWI_EVENT, id) : g_strdup(MWI_EVENT);
}

void mwi_subscribed(Ua *ua, nua_handle_t *nh, sip_t const *sip)
{
    char mailbox[TAG_MAX] = "";
    MwiState state = {.counted = TRUE};
    int status = subscribe_judge(ua, sip, mailbox, &state);
    gulong expires = sip->sip_expires ? sip->sip_expires->ex_delta : EXPIRES_DEFAULT_S;
    g_autofree char *granted = g_strdup_printf("%lu", MIN(expires, (gulong)EXPIRES_LONGEST_S));
    Subscription *subscription;

    if (status != 200) {
        ua_refuse(ua, nh, status, sip_status_phrase(status), "SUBSCRIBE");
        return;
    }
    subscription = g_new0(Subscription, 1);
    subscription->ua = ua;
    subscription->port = ua->port;
    subscription->tcp = ua->tcp;
    subscription->nh = nh;
    subscription->mailbox = g_strdup(mailbox);
    subscription->event = event_text(sip);
    g_hash_table_insert(ua->mailboxes->subscriptions, nh, subscription);
    ua->counters.subscriptions++;
    nua_respond(nh, SIP_200_OK, NUTAG_WITH_THIS(ua->nua),
                SIPTAG_CONTACT_STR(ua->port->contact[ua->tcp]), SIPTAG_EXPIRES_STR(granted),
                TAG_END());
    subscription_tell(subscription, &state);
}

gboolean subscription_is(const Ua *ua, const nua_handle_t *nh)
{
    return g_hash_table_contains(ua->mailboxes->subscriptions, nh);
}

gboolean subscription_hears(Ua *ua, nua_handle_t *nh, nua_event_t event, int status, tagi_t tags[])
{
    int substate = nua_substate_active;

    if (!subscription_is(ua, nh))
        return FALSE;
    /* A refresh is answered by NUA, which sends its last NOTIFY again. */
    if (event != nua_r_notify || status < 200)
        return TRUE;
    tl_gets(tags, NUTAG_SUBSTATE_REF(substate), TAG_END());
    if (status >= 300 || substate == nua_substate_terminated)
        g_hash_table_remove(ua->mailboxes->subscriptions, nh);
    return TRUE;
}
