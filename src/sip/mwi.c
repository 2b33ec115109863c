/* NOTIFYs of mailboxes outside a dialog: those that come are answered, those that go are sent one
 * for each mailbox at a time.
 *
 * A NOTIFY that nobody has subscribed to (RFC 3842 does not know it, and every telephone takes it)
 * is a dialog of its own, which its Subscription-State ends at once.
 */
#include "mwi_room.h"

#include "log.h"

#include <string.h>

#define UNDER_WAY_MAX 32

/* One mailbox that URI is to be told of. */
typedef struct Telling {
    Ua *ua;
    char *mailbox, *uri;
    char peer[TAG_MAX]; /* whose credentials answer a challenge; "": nobody's */
    MwiState state;
    nua_handle_t *nh; /* NULL: it waits */
    gboolean changed; /* since it was sent */
    Answered answered;
} Telling;

static void telling_free(gpointer data)
{
    Telling *telling = data;

    g_clear_pointer(&telling->nh, nua_handle_destroy);
    challenge_forget(&telling->answered);
    g_free(telling->mailbox);
    g_free(telling->uri);
    g_free(telling);
}

/* ---- the room -----------------------------------------------------------------------------------
 */

void mwi_open(Ua *ua)
{
    Mailboxes *mailboxes = g_new0(Mailboxes, 1);

    mailboxes->accept = sip_accept_make(ua->home, MWI_BODY_TYPE);
    mailboxes->tellings = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, telling_free);
    mailboxes->subscriptions = g_hash_table_new_full(NULL, NULL, NULL, subscription_free);
    g_queue_init(&mailboxes->waiting);
    ua->mailboxes = mailboxes;
}

static gboolean settings_have_mwi(const Settings *settings)
{
    for (guint i = 0; i < settings->trunks->len; i++)
        if (((const TrunkSettings *)settings->trunks->pdata[i])->mwi != TRUNK_MWI_NO)
            return TRUE;
    return FALSE;
}

/* NUA refuses an event it does not know with 489, and a method with 405. Once told it keeps both:
 * where mwi has been taken out of the settings the requests are refused here. */
void mwi_use_settings(Ua *ua)
{
    Mailboxes *mailboxes = ua->mailboxes;
    gboolean on = settings_have_mwi(ua->settings);

    for (guint i = 0; on && !mailboxes->on && i < ua->ports->len; i++)
        nua_set_params(((UaPort *)g_ptr_array_index(ua->ports, i))->nua, NUTAG_ALLOW("SUBSCRIBE"),
                       NUTAG_ALLOW_EVENTS(MWI_EVENT), NUTAG_APPL_METHOD("SUBSCRIBE"), TAG_END());
    mailboxes->on = on;
}

void mwi_close(Ua *ua)
{
    g_queue_clear(&ua->mailboxes->waiting);
    g_hash_table_remove_all(ua->mailboxes->tellings);
    g_hash_table_remove_all(ua->mailboxes->subscriptions);
}

void mwi_free(Ua *ua)
{
    Mailboxes *mailboxes = g_steal_pointer(&ua->mailboxes);

    g_queue_clear(&mailboxes->waiting);
    g_hash_table_unref(mailboxes->tellings);
    g_hash_table_unref(mailboxes->subscriptions);
    g_free(mailboxes);
}

void ua_set_mwi(Ua *ua, const UaMwi *mwi)
{
    ua->mailboxes->ops = *mwi;
}

void mwi_user_of(url_t const *url, char user[TAG_MAX])
{
    g_autofree char *plain =
        url && url->url_user ? g_uri_unescape_string(url->url_user, NULL) : NULL;

    user[0] = '\0';
    if (plain)
        plain[strcspn(plain, ";")] = '\0'; /* parameters of a telephone number */
    if (plain && strcmp(plain, UA_PUBLIC_USER) != 0 && g_strlcpy(user, plain, TAG_MAX) >= TAG_MAX)
        user[0] = '\0';
}

char *mwi_uri(const UaPort *port, const char *mailbox)
{
    g_autofree char *user = g_uri_escape_string(mailbox, "+*!~'()&=$,", FALSE);

    return g_strdup_printf("<sip:%s@%s>", user, port->host);
}

/* ---- NOTIFYs that come --------------------------------------------------------------------------
 */

/* Is SIP a NOTIFY of ours to judge? */
static gboolean notify_is_ours(const Ua *ua, sip_t const *sip)
{
    return ua->mailboxes->on && ua->mailboxes->ops.may_notify &&
           sip->sip_request->rq_method == sip_method_notify && !sip->sip_to->a_tag;
}

/* 0, or the status that refuses its body. */
static int body_judge(Ua *ua, sip_t const *sip, MwiBody *body)
{
    sip_payload_t const *payload = sip->sip_payload;
    sip_content_type_t const *type = sip->sip_content_type;
    const char *why;

    if ((type && type->c_type && g_ascii_strcasecmp(type->c_type, MWI_BODY_TYPE) != 0) ||
        (!type && payload && payload->pl_len) || sip->sip_content_encoding)
        return 415;
    if (payload && payload->pl_len > MWI_BODY_MAX)
        return 413;
    if (mwi_body_read(payload && payload->pl_data ? payload->pl_data : "",
                      payload && payload->pl_data ? payload->pl_len : 0, body, &why))
        return 0;
    ua_log_malformed(ua, "NOTIFY", why);
    return 400;
}

/* Whose mailbox it is: whom the request is for, and else what it says inside. */
static int mailbox_tell(Ua *ua, sip_t const *sip, const CallOrigin *origin, const MwiBody *body)
{
    UaMwi *ops = &ua->mailboxes->ops;
    char users[3][TAG_MAX];
    int status = 404;

    mwi_user_of(sip->sip_request->rq_url, users[0]);
    mwi_user_of(sip->sip_to->a_url, users[1]);
    g_strlcpy(users[2], body->account, TAG_MAX);
    for (guint i = 0; status == 404 && i < G_N_ELEMENTS(users); i++)
        if (users[i][0])
            status = ops->notified(ops->user, origin, users[i], &body->state);
    return status;
}

static int notify_judge(Ua *ua, msg_t *msg, sip_t const *sip)
{
    const struct sockaddr *source = &msg_addr(msg)->su_sa;
    UaMwi *ops = &ua->mailboxes->ops;
    CallOrigin origin;
    MwiBody body;
    int status;

    if (!sip->sip_event || !sip->sip_event->o_type ||
        strcmp(sip->sip_event->o_type, MWI_EVENT) != 0)
        return 489;
    if (!origin_of_request(ua, sip, source, &origin) || !ops->may_notify(ops->user, &origin))
        return 403;
    status = body_judge(ua, sip, &body);
    return status ? status : mailbox_tell(ua, sip, &origin, &body);
}

gboolean mwi_notified(UaPort *port, msg_t *msg, sip_t const *sip)
{
    Ua *ua = port->ua;
    char text[64];
    int status;

    if (!notify_is_ours(ua, sip))
        return FALSE;
    status = notify_judge(ua, msg, sip);
    if (status < 300)
        ua->counters.notifies_in++;
    else
        ua->counters.notifies_refused++;
    if (status >= 300 && log_limit(&ua->refused_limit, 10, 10 * G_USEC_PER_SEC))
        log_notice("sip: NOTIFY from %s refused with %d",
                   origin_describe(ua, sip, &msg_addr(msg)->su_sa, text, sizeof text), status);
    reply_send_with((const struct sockaddr *)&port->listen, msg, sip, status,
                    status == 489   ? "Allow-Events: " MWI_EVENT
                    : status == 415 ? "Accept: " MWI_BODY_TYPE
                                    : NULL);
    return TRUE;
}

/* ---- NOTIFYs that go ----------------------------------------------------------------------------
 */

static void telling_send(Telling *telling)
{
    Ua *ua = telling->ua;
    gboolean tcp;
    UaPort *port = ports_toward(ua, telling->uri, &tcp);
    g_autofree char *from = mwi_uri(port, telling->mailbox);
    g_autofree char *to = g_strdup_printf("<%s>", telling->uri);
    g_autofree char *account = g_strndup(from + 1, strlen(from) - 2);
    g_autofree char *body = mwi_body_write(&telling->state, account);

    telling->changed = FALSE;
    challenge_forget(&telling->answered);
    telling->nh = nua_handle(port->nua, NULL, NUTAG_URL(telling->uri), SIPTAG_TO_STR(to),
                             SIPTAG_FROM_STR(from), TAG_END());
    ua->mailboxes->under_way++;
    ua->counters.notifies_out++;
    if (telling->nh)
        nua_notify(telling->nh, NUTAG_NEWSUB(1), SIPTAG_EVENT_STR(MWI_EVENT),
                   SIPTAG_SUBSCRIPTION_STATE_STR("terminated"),
                   SIPTAG_CONTACT_STR(port_contact(
                       port, tcp, ports_are_public_to_uri(ua->settings, telling->uri))),
                   SIPTAG_CONTENT_TYPE_STR(MWI_BODY_TYPE), SIPTAG_PAYLOAD_STR(body), TAG_END());
}

static void tellings_pursue(Ua *ua)
{
    Mailboxes *mailboxes = ua->mailboxes;

    while (mailboxes->under_way < UNDER_WAY_MAX && !g_queue_is_empty(&mailboxes->waiting))
        telling_send(g_queue_pop_head(&mailboxes->waiting));
}

static void telling_over(Telling *telling, int status)
{
    Ua *ua = telling->ua;

    ua->mailboxes->under_way--;
    if (status >= 300) {
        ua->counters.notifies_failed++;
        if (log_limit(&ua->refused_limit, 10, 10 * G_USEC_PER_SEC))
            log_notice("sip: %s is not told of the mailbox %s: %d", telling->uri, telling->mailbox,
                       status);
    }
    g_clear_pointer(&telling->nh, nua_handle_destroy);
    if (telling->changed)
        g_queue_push_tail(&ua->mailboxes->waiting, telling);
    else
        g_hash_table_remove(ua->mailboxes->tellings, telling->mailbox);
    tellings_pursue(ua);
}

static Telling *telling_find(const Ua *ua, const nua_handle_t *nh)
{
    GHashTableIter iter;
    gpointer value;

    g_hash_table_iter_init(&iter, ua->mailboxes->tellings);
    while (ua->mailboxes->under_way && g_hash_table_iter_next(&iter, NULL, &value))
        if (((Telling *)value)->nh == nh)
            return value;
    return NULL;
}

/* A request in the dialog of a subscription, or of a NOTIFY of ours: what NUA leaves to us would
 * wait for its answer as long as the dialog lives. A refresh NUA answers. */
static gboolean request_answer(Ua *ua, nua_handle_t *nh, nua_event_t event, int status)
{
    int answer = 403;

    if (status >= 200 || (!subscription_is(ua, nh) && !telling_find(ua, nh)))
        return FALSE;
    switch ((int)event) { /* Sofia's enum */
    case nua_i_options:
        answer = 200;
        break;
    case nua_i_subscribe:
        answer = 489;
        break;
    case nua_i_invite:
    case nua_i_refer:
    case nua_i_info:
    case nua_i_update:
    case nua_i_prack:
        break;
    default:
        return FALSE;
    }
    nua_respond(nh, answer, sip_status_phrase(answer), NUTAG_WITH_THIS(ua->nua), TAG_END());
    return TRUE;
}

gboolean mwi_hears(Ua *ua, nua_handle_t *nh, nua_event_t event, int status, sip_t const *sip,
                   tagi_t tags[])
{
    Telling *telling;
    struct sockaddr_storage source;

    if (request_answer(ua, nh, event, status))
        return TRUE;
    if (subscription_hears(ua, nh, event, status, tags))
        return TRUE;
    telling = telling_find(ua, nh);
    if (!telling || event != nua_r_notify || status < 200)
        return telling != NULL;
    origin_source(ua->nua, &source);
    if ((status == 401 || status == 407) && sip && source.ss_family &&
        challenge_answer(ua, nh, settings_find_peer(ua->settings, telling->peer),
                         &telling->answered, sip))
        return TRUE;
    telling_over(telling, status);
    return TRUE;
}

static void tell_unsolicited(Ua *ua, const char *mailbox, const MwiState *state, const char *uri,
                             const PeerSettings *peer)
{
    Telling *telling = g_hash_table_lookup(ua->mailboxes->tellings, mailbox);

    if (!telling) {
        telling = g_new0(Telling, 1);
        telling->ua = ua;
        telling->mailbox = g_strdup(mailbox);
        g_hash_table_insert(ua->mailboxes->tellings, telling->mailbox, telling);
        g_queue_push_tail(&ua->mailboxes->waiting, telling);
    }
    g_free(telling->uri);
    telling->uri = g_strdup(uri);
    g_strlcpy(telling->peer, peer ? peer->name : "", sizeof telling->peer);
    telling->state = *state;
    telling->changed = TRUE;
    tellings_pursue(ua);
}

static gboolean peer_is_told(const PeerSettings *peer)
{
    return !peer || peer->mwi == PEER_MWI_NOTIFY || peer->mwi == PEER_MWI_BOTH;
}

/* Is MAILBOX, to which SUBSCRIBED have subscribed, told of to who has not? */
static gboolean rest_is_told(const Ua *ua, guint subscribed)
{
    switch (ua->settings->sip.mwi_unsolicited) {
    case MWI_UNSOLICITED_NO:
        return FALSE;
    case MWI_UNSOLICITED_REST:
        return subscribed == 0;
    case MWI_UNSOLICITED_ALWAYS:
        return TRUE;
    }
    return FALSE;
}

void ua_tell_mwi(Ua *ua, const char *mailbox, const MwiState *state, const char *uri,
                 const PeerSettings *peer)
{
    guint told = subscriptions_tell(ua, mailbox, state);

    if (uri && peer_is_told(peer) && rest_is_told(ua, told))
        tell_unsolicited(ua, mailbox, state, uri, peer);
}

void ua_greet_mwi(Ua *ua, const char *mailbox, const MwiState *state, const char *uri)
{
    if (rest_is_told(ua, subscriptions_of(ua, mailbox)))
        tell_unsolicited(ua, mailbox, state, uri, NULL);
}
