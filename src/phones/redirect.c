/* Redirections: whose 3xx is followed here, and the targets it names (RFC 3261 16.5, 8.1.3.4). */
#include "room.h"

#include <stdlib.h>
#include <string.h>

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

static double contact_q(sip_contact_t const *contact)
{
    double q = contact->m_q ? g_ascii_strtod(contact->m_q, NULL) : 1.0;

    return CLAMP(q, 0.0, 1.0);
}

static gint by_q(gconstpointer one, gconstpointer other, gpointer user)
{
    double first = ((const Target *)one)->q, second = ((const Target *)other)->q;

    return first < second ? 1 : first > second ? -1 : 0;
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
    guint depth = from->depth + 1;

    su_home_init(home);
    for (sip_contact_t const *contact = sip->sip_contact; contact; contact = contact->m_next) {
        const char *uri = contact_uri(home, contact);
        Target *target;

        if (!uri || fork_has_tried(fork, uri) ||
            !(target = where_redirected(fork, contact->m_url, uri)))
            continue;
        target->q = contact_q(contact);
        target->depth = depth;
        g_queue_insert_sorted(targets, target, by_q, NULL);
    }
    su_home_deinit(home);
}
