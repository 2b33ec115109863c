/* A request on its way to a primary, or from one: where it goes, what its answer means for us, and
 * the copy that comes by another way. */
#include "primaries_private.h"

#include <string.h>

static void primary_silent(void *user)
{
    Branch *branch = user;

    branch->fork->phones->primaries->taken_over++;
    branch_give_up(branch);
}

gboolean primaries_aim(Branch *branch)
{
    const Primaries *primaries = branch->fork->phones->primaries;
    Watched *watched = watch_choose(primaries->watch);
    const NextHop *hop;

    if (!watched)
        return FALSE;
    hop = watched_hop(watched);
    branch->target->hop =
        (Hop){.transport = hop->tcp ? TRANSPORT_TCP : TRANSPORT_UDP, .address = hop->address};
    branch->ticket = watch_begin(watched, primary_silent, branch);
    return TRUE;
}

gboolean primaries_add_path(const Fork *fork, msg_t *msg, sip_t *sip)
{
    guint16 port = address_port((const struct sockaddr *)&fork->settings->sip.listen);
    sip_path_t *path;

    if (sip->sip_request->rq_method != sip_method_register ||
        !sip_has_feature(sip->sip_supported, "path"))
        return TRUE;
    path = sip_path_format(msg_home(msg), "<sip:%s:%u;lr>", fork->phones->host, port);
    return path && msg_header_insert(msg, (msg_pub_t *)sip, (msg_header_t *)path) >= 0;
}

void primaries_heard(Branch *branch, int status, gboolean made_up)
{
    if (!branch->ticket)
        return;
    if (made_up)
        watch_broke(branch->ticket);
    else
        watch_heard(branch->ticket, (guint)status);
    if (status >= 200)
        g_clear_pointer(&branch->ticket, watch_end);
}

/* Targets that wait behind: phones that are registered here. */
static gboolean phones_wait(const Fork *fork)
{
    for (GList *at = fork->waiting.head; at; at = at->next) {
        if (((const Target *)at->data)->kind == TARGET_PHONE)
            return TRUE;
    }
    return FALSE;
}

gboolean primaries_decided(Fork *fork, const Branch *branch, int status, gboolean made_up)
{
    if (made_up)
        return FALSE;
    /* A phone has rung there: it would ring again here. */
    if (branch->rang)
        return TRUE;
    switch (status) {
    case 401:
    case 403:
    case 407:
        /* It does not know the PBX; a phone's own credentials are between the two of them. */
        return !fork->from_gateway;
    case 404:
    case 408:
    case 480:
        /* Not there, or no longer: it may be with us. Numbers of the PBX are the primary's to
         * refuse. */
        return !phones_wait(fork);
    case 500:
    case 502:
    case 503:
    case 504:
        return FALSE;
    default:
        return TRUE;
    }
}

/* ---- requests that come twice -----------------------------------------------------------------
 */

/* Could another copy of BRANCH's request come by another way? */
static gboolean branch_has_copies(const Branch *branch)
{
    const Fork *fork = branch->fork;

    return fork->invite && !fork->in_dialog && !fork->sip->sip_to->a_tag && fork->sip->sip_via &&
           (branch->target->kind == TARGET_GATEWAY || branch->target->kind == TARGET_PHONE);
}

static gboolean fork_is_primarys(const Fork *fork)
{
    return !fork->from_gateway && watch_knows(fork->phones->primaries->watch,
                                              (const struct sockaddr *)&fork->from.address);
}

gboolean primaries_first(Branch *branch)
{
    const Fork *fork = branch->fork;
    Primaries *primaries = fork->phones->primaries;
    const Target *target = branch->target;
    gboolean gateway = target->kind == TARGET_GATEWAY;
    sip_t const *sip = fork->sip;
    g_autofree char *to = NULL;
    MergeIdentity identity = {sip->sip_call_id->i_id,
                              sip->sip_from->a_tag ? sip->sip_from->a_tag : "",
                              (guint32)sip->sip_cseq->cs_seq, "INVITE", NULL};
    MergeRequest *request;
    Branch *first;
    gboolean copy;

    if (!branch_has_copies(branch))
        return TRUE;
    to = gateway ? g_strdup_printf("gateway %s",
                                   url_user_text(msg_home(fork->msg), sip->sip_request->rq_url))
                 : g_strdup_printf("phone %s", target->uri);
    identity.target = to;
    request = merge_meet(primaries->merge, &identity,
                         sip->sip_via->v_branch ? sip->sip_via->v_branch : "", branch,
                         loop_now(fork->phones->loop), &copy);
    if (!copy) {
        branch->merge = merge_owner(request) == branch ? request : NULL;
        return TRUE;
    }
    primaries->copies++;
    first = merge_owner(request);
    /* The primary has passed on what the caller gave up waiting for: the caller hears no answer by
     * that way. */
    if (first && first->fork->irq && fork->irq && !first->fork->cancelled &&
        fork_is_primarys(first->fork) && !fork_is_primarys(fork)) {
        log_info("phones: INVITE %s to %s goes on for the caller itself", identity.call_id, to);
        fork_move(first->fork, branch->fork);
        return FALSE;
    }
    log_info("phones: INVITE %s to %s came by another way already", identity.call_id, to);
    return FALSE;
}

void primaries_ended(Branch *branch, int status)
{
    Phones *phones = branch->fork->phones;
    gboolean keep = (status >= 200 && status < 300) || branch->fork->cancelled || status == 487;

    merge_end(phones->primaries->merge, g_steal_pointer(&branch->merge), keep,
              loop_now(phones->loop));
}
