/* The way back of an INVITE that came again from the caller itself while its first copy was under
 * way: the answers go by the new one, each repetition of the 2xx too. */
#include "room.h"

#include <string.h>

/* What a repeated 2xx is told by after its fork has gone: ours for 64 * T1. */
typedef struct WayBack {
    char *branch; /* of our Via, in what was sent to the callee */
    msg_t *request;
    Hop from;
    gint64 until_us;
} WayBack;

static void way_back_free(gpointer data)
{
    WayBack *way = data;

    g_free(way->branch);
    msg_destroy(way->request);
    g_free(way);
}

void way_back_lead(Phones *phones, msg_t *request, const Hop *from, msg_t *response)
{
    sip_t *sip = sip_object(response);
    sip_t const *caller = sip_object(request);
    sip_record_route_t *own;

    if (sip->sip_via)
        msg_header_remove_all(response, (msg_pub_t *)sip, (msg_header_t *)sip->sip_via);
    msg_header_add_dup(response, (msg_pub_t *)sip, (msg_header_t const *)caller->sip_via);
    if (!sip->sip_record_route)
        return;
    /* Of Record-Routes ours alone: the others stand on the way that was given up. */
    msg_header_remove_all(response, (msg_pub_t *)sip, (msg_header_t *)sip->sip_record_route);
    own = hop_record_route(phones, msg_home(response), from, LEAVE_NONE, sip->sip_call_id->i_id);
    if (own)
        msg_header_insert(response, (msg_pub_t *)sip, (msg_header_t *)own);
}

static void way_back_forget(Phones *phones, gboolean all)
{
    WayBack *oldest;

    while ((oldest = g_queue_peek_head(&phones->ways_back)) &&
           (all || oldest->until_us <= loop_now(phones->loop) ||
            phones->ways_back.length > phones->settings->proxy.max_transactions))
        way_back_free(g_queue_pop_head(&phones->ways_back));
}

void way_back_note(const Fork *fork, sip_t const *response)
{
    Phones *phones = fork->phones;
    WayBack *way;

    if (!fork->way_back || !response->sip_via || !response->sip_via->v_branch)
        return;
    way = g_new0(WayBack, 1);
    way->branch = g_strdup(response->sip_via->v_branch);
    way->request = msg_ref_create(fork->way_back);
    way->from = fork->from;
    way->until_us = loop_now(phones->loop) + (gint64)phones->settings->sip.t1_ms * 64 * 1000;
    g_queue_push_tail(&phones->ways_back, way);
    way_back_forget(phones, FALSE);
}

void way_back_turn(Phones *phones, msg_t *response)
{
    sip_t *sip = sip_object(response);
    sip_via_t *own;

    way_back_forget(phones, FALSE);
    for (GList *at = phones->ways_back.head; at; at = at->next) {
        const WayBack *way = at->data;

        if (strcmp(way->branch, sip->sip_via->v_branch) != 0)
            continue;
        own = sip_via_dup(msg_home(response), sip->sip_via);
        way_back_lead(phones, way->request, &way->from, response);
        if (own) { /* to be taken off by who sends it on */
            own->v_next = NULL;
            msg_header_insert(response, (msg_pub_t *)sip, (msg_header_t *)own);
        }
        return;
    }
}

/* What the callee said last, as its early dialog is the one to join. */
static msg_t *ringing_of(const Branch *branch)
{
    msg_t *last =
        branch->rang && !branch->done && branch->orq ? nta_outgoing_getresponse(branch->orq) : NULL;
    sip_t const *said = last ? sip_object(last) : NULL;
    msg_t *copy = NULL;

    if (said && said->sip_status->st_status > 100 && said->sip_status->st_status < 200 &&
        said->sip_to && said->sip_to->a_tag)
        copy = msg_copy(last);
    if (last)
        msg_destroy(last);
    return copy;
}

void way_back_tell_ringing(Fork *fork)
{
    for (guint i = 0; i < fork->branches->len; i++) {
        msg_t *msg = ringing_of(fork->branches->pdata[i]);
        sip_t *sip = msg ? sip_object(msg) : NULL;

        if (!msg)
            continue;
        /* Its PRACK may have gone by the other way: it says now what it said, and asks for nothing.
         */
        while (sip->sip_require)
            msg_header_remove(msg, (msg_pub_t *)sip, (msg_header_t *)sip->sip_require);
        if (sip->sip_rseq)
            msg_header_remove(msg, (msg_pub_t *)sip, (msg_header_t *)sip->sip_rseq);
        way_back_lead(fork->phones, fork->way_back, &fork->from, msg);
        nta_incoming_mreply(fork->irq, msg);
    }
}

void way_back_drop_all(Phones *phones)
{
    way_back_forget(phones, TRUE);
}
