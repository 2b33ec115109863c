/* What a request waits for before its targets are tried: the addresses of names, and the URI of a
 * number (ENUM). */
#include "names.h"

#include "allowance.h"
#include "graylist.h"
#include "primaries.h"
#include "resolve.h"

#include <stdlib.h>
#include <string.h>

/* Before what the house itself knows, behind a primary. */
#define ENUM_Q 1500.0

/* One answer that a fork waits for. */
struct NameWait {
    Fork *fork;
    Target *target; /* whose address is asked for; NULL: the number */
    ResolveQuery *query;
};

static void wait_free(gpointer data)
{
    NameWait *wait = data;

    resolve_cancel(wait->query);
    g_free(wait);
}

static NameWait *wait_new(Fork *fork, Target *target)
{
    NameWait *wait = g_new0(NameWait, 1);

    wait->fork = fork;
    wait->target = target;
    if (!fork->names)
        fork->names = g_ptr_array_new_with_free_func(wait_free);
    g_ptr_array_add(fork->names, wait);
    return wait;
}

/* WAIT has its answer; the last one sets its fork going, unless that has asked just now. */
static void wait_end(NameWait *wait)
{
    Fork *fork = wait->fork;

    wait->query = NULL;
    g_ptr_array_remove_fast(fork->names, wait);
    if (fork->names->len == 0 && !fork->asking)
        fork_go_on(fork);
}

void names_forget(Fork *fork)
{
    g_clear_pointer(&fork->names, g_ptr_array_unref);
}

/* ---- addresses --------------------------------------------------------------------------------
 */

/* The first of HOPS that has not failed of late. */
static void target_choose(const Fork *fork, Target *target, const GArray *hops)
{
    g_autoptr(GArray) order = g_array_sized_new(FALSE, TRUE, sizeof(NextHop), hops->len);

    g_array_append_vals(order, hops->data, hops->len);
    graylist_order(primaries_graylist(fork->phones), target->name, order,
                   loop_now(fork->phones->loop));
    target->hop.address = g_array_index(order, NextHop, 0).address;
}

void names_note(const Branch *branch, int status, gboolean answered)
{
    Phones *phones = branch->fork->phones;
    const Target *target = branch->target;
    NextHop hop = {.address = target->hop.address, .tcp = target->hop.transport == TRANSPORT_TCP};
    gint64 now = loop_now(phones->loop);
    g_autofree char *key = target->name ? graylist_key(target->name, &hop) : NULL;

    if (!key)
        return;
    if (status == 503 || (!answered && !branch->provisional))
        graylist_note(primaries_graylist(phones), key, GRAY_FAILED,
                      now + phones->settings->sip.graylist_us, now);
    else
        graylist_forget(primaries_graylist(phones), key);
}

static void target_found(void *user, const GArray *hops)
{
    NameWait *wait = user;
    Fork *fork = wait->fork;

    if (hops) {
        target_choose(fork, wait->target, hops);
    } else {
        g_clear_pointer(&wait->target->name, g_free);
        g_queue_remove(&fork->waiting, wait->target);
        target_free(wait->target);
        fork_is_unreachable(fork);
    }
    wait_end(wait);
}

/* The URL whose host says where TARGET is sent. */
static url_t *target_url(su_home_t *home, const Target *target)
{
    sip_route_t *route = target->route ? sip_route_make(home, target->route) : NULL;

    return route ? route->r_url : url_make(home, target->next ? target->next : target->uri);
}

static guint16 port_of(const url_t *url)
{
    unsigned long port = url->url_port && *url->url_port ? strtoul(url->url_port, NULL, 10) : 0;

    return port <= G_MAXUINT16 ? (guint16)port : 0;
}

static void target_ask(Fork *fork, Target *target)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    url_t *url;
    NameWait *wait = wait_new(fork, target);
    ResolveQuery *query;
    char maddr[256];

    su_home_init(home);
    url = target_url(home, target);
    if (url && url->url_params && url_param(url->url_params, "maddr", maddr, sizeof(maddr)) > 1)
        url->url_host = maddr;
    g_free(target->name);
    target->name = g_strdup(url ? url->url_host : "");
    query = resolve_hops(primaries_resolver(fork->phones), target->name, url ? port_of(url) : 0,
                         target->hop.transport == TRANSPORT_TCP, target_found, wait);
    if (query) /* else WAIT is no more */
        wait->query = query;
    su_home_deinit(home);
}

gboolean names_ask(Fork *fork, guint count)
{
    g_autoptr(GPtrArray) nameless = g_ptr_array_new();
    GList *at = fork->waiting.head;

    if (fork->names && fork->names->len) /* asked already, the answers are under way */
        return TRUE;
    for (guint i = 0; i < count && at; i++, at = at->next) {
        Target *target = at->data;

        /* A primary's address is the watch's to say; of TLS a connection must be there already. */
        if (!target->hop.address.ss_family && target->kind != TARGET_PRIMARY &&
            target->hop.transport != TRANSPORT_TLS)
            g_ptr_array_add(nameless, target);
    }
    fork->asking = TRUE;
    for (guint i = 0; i < nameless->len; i++)
        target_ask(fork, g_ptr_array_index(nameless, i));
    fork->asking = FALSE;
    return fork->names && fork->names->len;
}

/* ---- numbers ----------------------------------------------------------------------------------
 */

/* "+441632960083" without visual separators, or NULL; in HOME. */
static const char *called_number(su_home_t *home, sip_t const *sip)
{
    const char *user = url_user_text(home, sip->sip_request->rq_url);
    char *number = su_strdup(home, user), *to = number;

    for (const char *from = user; *from; from++) {
        if (!strchr("-.()", *from))
            *to++ = *from;
    }
    *to = '\0';
    return *number == '+' && number[1] && strspn(number + 1, "0123456789") == strlen(number + 1)
               ? number
               : NULL;
}

gboolean names_want_number(const Inbound *in)
{
    const url_t *url = in->sip->sip_request->rq_url;

    return in->phones->settings->proxy.enum_suffix && !in->in_dialog && !in->origin.emergency &&
           in->sip->sip_request->rq_method == sip_method_invite &&
           called_number(msg_home(in->msg), in->sip) &&
           (url->url_type == url_tel || url_is_ours(in->phones, url) ||
            primaries_has_host(in->phones, url));
}

static void number_found(void *user, const char *uri)
{
    NameWait *wait = user;
    Fork *fork = wait->fork;
    GQueue found = G_QUEUE_INIT;
    su_home_t home[1] = {SU_HOME_INIT(home)};
    url_t *url;

    su_home_init(home);
    url = uri ? url_make(home, uri) : NULL;
    if (url && allowance_permits_place(fork, url))
        where_redirected(fork, url, uri, &found);
    if (url)
        log_info("phones: ENUM says %s", uri);
    while (found.length) {
        Target *target = g_queue_pop_tail(&found);

        target->q += ENUM_Q;
        g_queue_push_head(&fork->waiting, target);
    }
    su_home_deinit(home);
    wait_end(wait);
}

gboolean names_ask_number(Fork *fork)
{
    su_home_t *home = msg_home(fork->msg);
    NameWait *wait = wait_new(fork, NULL);
    ResolveQuery *query;

    fork->asking = TRUE;
    query = resolve_number(primaries_resolver(fork->phones), called_number(home, fork->sip),
                           fork->settings->proxy.enum_suffix, number_found, wait);
    if (query)
        wait->query = query;
    fork->asking = FALSE;
    return fork->names && fork->names->len;
}
