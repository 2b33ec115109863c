/* Redirections: whose 3xx is followed here, and the targets it names (RFC 3261 16.5, 8.1.3.4). */
#include "allowance.h"

#include <stdlib.h>
#include <string.h>

/* Wider than what one user's forwarding takes of the scale of q. */
#define RANK_WIDTH 100

gboolean redirect_is_followed(const Fork *fork, const Target *target)
{
    const ProxySettings *proxy = &fork->settings->proxy;

    if (fork->depth >= proxy->redirect_hops)
        return FALSE;
    if (target->kind == TARGET_REDIRECT)
        return TRUE;
    return target->hop.address.ss_family && proxy->follow &&
           network_contains(proxy->follow, (const struct sockaddr *)&target->hop.address);
}

static gboolean fork_has_tried(const Fork *fork, const char *uri)
{
    for (guint i = 0; i < fork->tried->len; i++) {
        if (strcmp(fork->tried->pdata[i], uri) == 0)
            return TRUE;
    }
    return FALSE;
}

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

/* "sip:201@host;user=phone" without the headers a Contact may carry. */
static char *contact_uri(su_home_t *home, sip_contact_t const *contact)
{
    url_t url = *contact->m_url;

    url.url_headers = NULL;
    return url_as_string(home, &url);
}

void redirect_targets(Fork *fork, const Target *from, sip_t const *sip, GQueue *targets)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    GQueue contacts = G_QUEUE_INIT;
    int rank = 0, q = -1;

    su_home_init(home);
    for (sip_contact_t *contact = sip->sip_contact; contact; contact = contact->m_next)
        g_queue_insert_sorted(&contacts, contact, by_q, NULL);
    for (GList *at = contacts.head; at; at = at->next) {
        sip_contact_t const *contact = at->data;
        const char *uri = contact_uri(home, contact);
        GQueue found = G_QUEUE_INIT;

        if (contact_q(contact) != q) {
            q = contact_q(contact);
            rank++;
        }
        if (uri && !fork_has_tried(fork, uri))
            where_redirected(fork, contact->m_url, uri, &found);
        while (found.length) {
            Target *target = g_queue_pop_head(&found);

            target->q -= rank * RANK_WIDTH;
            target->depth = from->depth + 1;
            g_queue_push_tail(targets, target);
        }
    }
    g_queue_clear(&contacts);
    su_home_deinit(home);
}

gboolean redirect_strip(Fork *fork, const Target *from, msg_t *response)
{
    sip_t *sip = sip_object(response);
    sip_contact_t *contact = sip->sip_contact, *next;
    gboolean any = contact != NULL;

    for (; contact; contact = next) {
        next = contact->m_next;
        if (!allowance_permits_redirect(fork, from, contact->m_url))
            msg_header_remove(response, (msg_pub_t *)sip, (msg_header_t *)contact);
    }
    return !any || sip->sip_contact;
}
