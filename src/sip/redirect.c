/* 3xx: the Contacts of one that we receive, for the hall to judge; and the one we send where the
 * PBX has asked for its call to go elsewhere. */
#include "referral.h"

#include "cause.h"

#include <string.h>

#define CONTACTS_MAX 16

/* In thousandths (RFC 3261 20.10). */
static int contact_q(sip_contact_t const *contact)
{
    double q = contact->m_q ? g_ascii_strtod(contact->m_q, NULL) : 1.0;

    return (int)(CLAMP(q, 0.0, 1.0) * 1000 + 0.5);
}

static gint by_q(gconstpointer one, gconstpointer other, gpointer user)
{
    return contact_q(other) > contact_q(one) ? 1 : -1; /* equal ones in the order of the answer */
}

/* Whose word the Contacts are: who sent the response; behind the proxy, which all of them come
 * from, whom we called. */
static void redirect_source(const UaLeg *leg, CallOrigin *by)
{
    struct sockaddr_storage source;

    origin_source(leg->ua->nua, &source);
    origin_read(leg->settings, (const struct sockaddr *)&source, by);
    if (leg->ua->is_behind)
        referral_know_called(leg, by);
}

gboolean redirect_offered(UaLeg *leg, int status, sip_t const *sip)
{
    GQueue contacts = G_QUEUE_INIT;
    ReferTo to[CONTACTS_MAX];
    CallContact told[CONTACTS_MAX];
    CallOrigin by;
    guint count = 0;
    gboolean followed = FALSE;

    if (!leg->call || leg->beside || !sip || status >= 400 || status == 304 || status == 380)
        return FALSE;
    for (sip_contact_t *contact = sip->sip_contact; contact; contact = contact->m_next) {
        g_queue_insert_sorted(&contacts, contact, by_q, NULL);
        if (contacts.length > CONTACTS_MAX) /* the worst: whoever answers says how many there are */
            g_queue_pop_tail(&contacts);
    }
    for (GList *at = contacts.head; at; at = at->next) {
        const sip_contact_t *contact = at->data;

        refer_to_read(leg->ua, contact->m_url, &to[count]);
        if (to[count].is_sip && to[count].uri && !to[count].method) {
            told[count].uri = to[count].uri;
            told[count].number =
                to[count].ours && to[count].has_number == NUMBER_OK ? &to[count].number : NULL;
            count++;
        } else {
            refer_to_clear(&to[count]);
        }
    }
    g_queue_clear(&contacts);
    redirect_source(leg, &by);
    followed = count && call_offer_redirects(leg->call, &by, told, count);
    for (guint i = 0; i < count; i++)
        refer_to_clear(&to[i]);
    return followed;
}

/* RFC 5806 9.1. */
static const char *reason_word(guint8 reason)
{
    switch (reason) {
    case 1:
        return "user-busy";
    case 2:
        return "no-answer";
    case 9:
        return "unavailable";
    case 3:
    case 10:
        return "deflection";
    case 15:
        return "unconditional";
    default:
        return "unknown";
    }
}

/* "<sip:USER@host:port;user=phone>", where calls to this gateway go. Caller frees. */
static char *contact_here(const UaLeg *leg, const char *user)
{
    const char *contact = leg_contact(leg), *at = strchr(contact, '@');
    const char *place = at ? at + 1 : contact + strlen("<sip:");

    return g_strdup_printf("<sip:%s@%.*s;user=phone>", user, (int)strcspn(place, ">"), place);
}

gboolean redirect_send(void *room, Call *call, const CallNews *news)
{
    UaLeg *leg = call_sip_leg(call);
    g_autofree char *contact = NULL, *diversion = NULL;
    g_autofree char *to = NULL, *from = NULL;

    if (!leg || leg->closing)
        return TRUE;
    to = identity_user(call_trunk(call), &news->redirect);
    from = identity_user(call_trunk(call), &call_asked(call)->called);
    contact = contact_here(leg, to);
    diversion =
        g_strdup_printf("Diversion: <sip:%s@%s;user=phone>;reason=%s;counter=1;privacy=%s", from,
                        leg_host(leg), reason_word(news->redirect_reason),
                        news->redirect.presentation == PRESENTATION_RESTRICTED ? "full" : "off");
    leg->closing = TRUE;
    leg->answer_waits = FALSE;
    leg_note(leg, LADDER_OUT, "302 Moved Temporarily %s", to);
    nua_respond(leg->nh, SIP_302_MOVED_TEMPORARILY, SIPTAG_CONTACT_STR(contact),
                SIPTAG_HEADER_STR(diversion), TAG_END());
    return TRUE;
}
