/* What has no transaction: ACK to a 2xx, and responses that nobody waits for any more. */
#include "room.h"

#include <stdlib.h>
#include <string.h>

/* Where the response SIP goes after us (RFC 3261 18.2.2, RFC 3581); FALSE where that is a name:
 * Sofia would ask the name server for it, and all signalling wait. What came to us got the address
 * it came from. */
static gboolean relay_way_back(sip_t const *sip, Hop *hop)
{
    sip_via_t const *via = sip->sip_via ? sip->sip_via->v_next : NULL;
    su_home_t home[1] = {SU_HOME_INIT(home)};
    const char *host, *transport;
    gboolean bare;
    url_t *url;

    memset(hop, 0, sizeof(*hop));
    if (!via)
        return FALSE;
    host = via->v_maddr ? via->v_maddr : via->v_received ? via->v_received : via->v_host;
    transport = sip_via_transport(via);
    bare = strchr(host, ':') && *host != '[';
    su_home_init(home);
    url = url_make(home, su_sprintf(home, bare ? "sip:[%s];transport=%s" : "sip:%s;transport=%s",
                                    host, transport ? transport : "udp"));
    if (!url || !hop_of_url(url, hop))
        memset(hop, 0, sizeof(*hop));
    else if (hop->address.ss_family)
        address_set_port(&hop->address, (guint16)strtoul(sip_via_port(via, (int[]){1}), NULL, 10));
    su_home_deinit(home);
    return hop->address.ss_family != 0;
}

void relay_send_back(Phones *phones, msg_t *msg, sip_t *sip)
{
    tport_t *tport;
    Hop hop;

    if (!relay_way_back(sip, &hop)) {
        phones->counters.stray++;
        msg_destroy(msg);
        return;
    }
    tport = phones_connection(phones, &hop);
    nta_msg_tsend(phones->agent, msg, NULL, TAG_IF(tport, NTATAG_TPORT(tport)),
                  TAG_END()); /* takes our Via off */
}

void relay_response(Phones *phones, msg_t *msg, sip_t *sip)
{
    phones->counters.stray++;
    /* Ours must be the top Via, and there must be somebody before us (RFC 3261 16.7 step 3): who
     * made the branch up, or the Via below it, would have us send to whomever it likes. A
     * provisional or a failure without a transaction would say nothing to a caller who has been
     * answered; a 2xx must get through, each time it comes. */
    if (!sip->sip_via || !sip->sip_via->v_next || !loop_made_branch(phones, sip) ||
        sip->sip_status->st_status / 100 != 2 || !sip->sip_cseq ||
        sip->sip_cseq->cs_method != sip_method_invite) {
        msg_destroy(msg);
        return;
    }
    way_back_turn(phones, msg);
    relay_send_back(phones, msg, sip);
}

void relay_ack(Inbound *in)
{
    Phones *phones = in->phones;
    sip_t *sip = in->sip;
    su_home_t *home = msg_home(in->msg);
    const char *route = NULL;
    GQueue targets = G_QUEUE_INIT;
    const char *phrase = NULL;
    Target *target;
    tport_t *tport;

    /* One to a refusal of ours that came too late for its transaction begins nothing. */
    if (!in->in_dialog || !sip->sip_to->a_tag || !message_count_down(in->msg, sip) ||
        where_to(in, &targets, &phrase) != 0 || !(target = g_queue_pop_head(&targets))) {
        phones->counters.stray++;
        msg_destroy(in->msg);
        return;
    }
    g_queue_clear_full(&targets, (GDestroyNotify)target_free);
    route = target_next_url(home, target, sip);
    tport = phones_connection(phones, &target->hop);
    if (phones_can_reach(phones, &target->hop))
        nta_msg_tsend(phones->agent, in->msg, URL_STRING_MAKE(route),
                      TAG_IF(tport, NTATAG_TPORT(tport)),
                      NTATAG_BRANCH_KEY(loop_branch(phones, home, in->mark, sip)), TAG_END());
    else
        msg_destroy(in->msg);
    target_free(target);
}
