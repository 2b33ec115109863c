/* Requests of ours inside a dialog, for what the call has to tell its far end: one at a time, when
 * the dialog allows it.
 *
 * Whoever has something to tell makes it due; what is told is what holds when the request goes out,
 * so that of two changes in a row only the last is heard. It goes out when nothing else of ours is
 * under way and no offer waits for its answer; in an early dialog of our INVITE as UPDATE alone,
 * which without a description may be sent there at any time (RFC 3311 5.1), and not to one branch
 * of a fork. A request that crosses the far end's is tried again (RFC 3261 14.1), a few times. One
 * that fails leaves the call as it is, but for 408 and 481, which end the dialog (RFC 5057 5.1).
 */
#include "sip_room.h"

#include "cause.h"
#include "pieces.h"

#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_util.h>


/* How the far end can hear WHAT: UPDATE where it allows that, else re-INVITE where the settings
 * want it. */
static gboolean inform_finds_way(const UaLeg *leg, gboolean *by_invite)
{
    *by_invite = leg->refresh_by_invite;
    switch (leg->settings->sip.identity_update) {
    case IDENTITY_UPDATE_NO:
        return FALSE;
    case IDENTITY_UPDATE_ONLY:
        return !*by_invite;
    case IDENTITY_UPDATE_INVITE:
        return TRUE;
    }
    return FALSE;
}

/* All of ROUTE as one header's value; caller frees. */
static char *route_text(su_home_t *home, const sip_route_t *route)
{
    GString *text = g_string_new(NULL);

    for (; route; route = route->r_next)
        g_string_append_printf(text, "%s%s", text->len ? ", " : "",
                               sip_header_as_string(home, (sip_header_t const *)route));
    return g_string_free(text, FALSE);
}

void inform_learn_early(UaLeg *leg, sip_t const *sip, gboolean reliable)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    sip_route_t *route;

    g_clear_pointer(&leg->early_to, g_free);
    g_clear_pointer(&leg->early_route, g_free);
    g_clear_pointer(&leg->early_target, g_free);
    leg->early_dialog = leg->early_dialog || reliable;
    if (leg->early_dialog || !sip->sip_to->a_tag || !sip->sip_contact)
        return;
    su_home_init(home);
    route = sip_route_reverse(home, sip->sip_record_route); /* RFC 3261 12.1.2 */
    leg->early_to = g_strdup(sip_header_as_string(home, (sip_header_t *)sip->sip_to));
    leg->early_target = g_strdup(url_as_string(home, sip->sip_contact->m_url));
    if (route)
        leg->early_route = route_text(home, route);
    su_home_deinit(home);
}

/* Early dialog of our INVITE: one branch, and its provisional response has said where it is. */
static gboolean inform_is_early(const UaLeg *leg)
{
    return !leg->uas && !leg->established && leg->early && leg->early->len == 1 &&
           (leg->early_dialog || (leg->early_to && leg->early_target));
}

static gboolean inform_may_begin(const UaLeg *leg, gboolean by_invite)
{
    if (!leg->call || leg->closing || leg->terminated || leg->cancelled || leg->beside)
        return FALSE;
    if (leg->informing || leg->refreshing || leg->hold_asking || leg->ack_due)
        return FALSE;
    if (inform_is_early(leg))
        return !by_invite;
    if (by_invite && leg->digit_is_out)
        return FALSE;
    return leg->established && (leg->acked || !leg->uas) && leg->offer == OFFER_NONE;
}

static void inform_send(UaLeg *leg, gboolean by_invite, const IdentityOut *who)
{
    const char *contact = leg_contact(leg);
    gboolean from = leg->hears_from && who->from;
    gboolean early = !leg->established && !leg->early_dialog;

    leg->informing = TRUE;
    leg->inform_early = !leg->established;
    if (by_invite) {
        leg->offer = OFFER_SENT;
        leg_note(leg, LADDER_OUT, "INVITE SDP");
        nua_invite(leg->nh, SIPTAG_CONTACT_STR(contact), TAG_IF(from, SIPTAG_FROM_STR(who->from)),
                   TAG_IF(who->pai, SIPTAG_P_ASSERTED_IDENTITY_STR(who->pai)),
                   TAG_IF(who->privacy, SIPTAG_PRIVACY_STR(who->privacy)),
                   SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(leg->ours.body),
                   TAG_END());
        return;
    }
    leg_note(leg, LADDER_OUT, "UPDATE");
    if (leg->inform_early) /* without an answer NUA would give the call up for its own UPDATE */
        nua_method(leg->nh, NUTAG_METHOD("UPDATE"), SIPTAG_CONTACT_STR(contact),
                   TAG_IF(from, SIPTAG_FROM_STR(who->from)),
                   TAG_IF(early, SIPTAG_TO_STR(leg->early_to)),
                   TAG_IF(early, NUTAG_URL(leg->early_target)),
                   TAG_IF(early && leg->early_route, SIPTAG_ROUTE_STR(leg->early_route)),
                   TAG_IF(who->pai, SIPTAG_P_ASSERTED_IDENTITY_STR(who->pai)),
                   TAG_IF(who->privacy, SIPTAG_PRIVACY_STR(who->privacy)), TAG_END());
    else
        nua_update(leg->nh, SIPTAG_CONTACT_STR(contact), TAG_IF(from, SIPTAG_FROM_STR(who->from)),
                   TAG_IF(who->pai, SIPTAG_P_ASSERTED_IDENTITY_STR(who->pai)),
                   TAG_IF(who->privacy, SIPTAG_PRIVACY_STR(who->privacy)), TAG_END());
}

void inform_try(UaLeg *leg)
{
    gboolean by_invite;
    IdentityOut who;

    if (!leg->inform_due || leg->inform_waits)
        return;
    if (!inform_finds_way(leg, &by_invite)) {
        leg->inform_due = leg->inform_due && !leg->established; /* an answer may yet allow more */
        return;
    }
    if (!inform_may_begin(leg, by_invite))
        return;
    leg->inform_due = FALSE;
    if (!party_is_news(leg))
        return;
    if (party_write(leg, &who))
        inform_send(leg, by_invite, &who);
    identity_out_clear(&who);
}

void inform_party(UaLeg *leg)
{
    leg->inform_due = TRUE;
    leg->inform_tries = 0; /* where one waits to be sent again, it will tell this */
    inform_try(leg);
}

static void inform_once_more(void *user)
{
    UaLeg *leg = user;

    leg->inform_waits = FALSE;
    inform_try(leg);
}

static void inform_try_later(UaLeg *leg)
{
    if (++leg->inform_tries >= DIALOG_TRIES)
        return;
    leg->told_party = (Party){0}; /* it has not been heard */
    leg->inform_due = leg->inform_waits = TRUE;
    if (!leg->inform_again)
        leg->inform_again = loop_timer_new(leg->ua->loop, inform_once_more, leg);
    loop_timer_start(leg->ua->loop, leg->inform_again, dialog_retry_us(leg));
}

void inform_answered(UaLeg *leg, int status, sip_t const *sip, gboolean by_invite)
{
    gboolean early = leg->inform_early;

    leg->informing = leg->inform_early = FALSE;
    if (by_invite)
        leg->offer = OFFER_NONE;
    if (status >= 300)
        session_give_up_challenge(leg, status);
    if (status == 491)
        inform_try_later(leg);
    else if (!early && (status == 408 || status == 481))
        leg_lost(leg, "the far end knows nothing of the dialog", CAUSE_TIMER_EXPIRY, FALSE);
    else if (!by_invite && (status == 405 || status == 501)) {
        leg->refresh_by_invite = leg->inform_due = TRUE;
        leg->told_party = (Party){0};
    }
    inform_try(leg);
}

gboolean inform_act(void *room, Call *call, const CallNews *news)
{
    UaLeg *leg = call_sip_leg(call);

    if (leg)
        inform_party(leg);
    return TRUE;
}

/* ---- what NUA need not know
 * -----------------------------------------------------------------------
 */

/* RFC 5057 5.1 leaves it to us what a 5xx or an unknown 6xx to a request inside the dialog means;
 * NUA always takes it for the end. In an early dialog no refusal ends the INVITE. It leaves the
 * dialog alone after a 4xx that it does not know. */
#define SPARED 499

gboolean inform_alarms_nua(int status)
{
    return status == 600 || (status >= 500 && status < 600 && status != 502);
}

void inform_hide_status(msg_t *msg, sip_status_t *status)
{
    status->st_phrase = su_sprintf(msg_home(msg), "%d %s", status->st_status,
                                   status->st_phrase ? status->st_phrase : "");
    status->st_status = SPARED;
}

void inform_spare_dialog(Ua *ua, msg_t *msg, sip_t *sip)
{
    sip_status_t *status = sip->sip_status;
    const UaLeg *leg =
        sip->sip_call_id
            ? series_pick(g_hash_table_lookup(ua->calling, sip->sip_call_id->i_id), sip)
            : NULL;

    /* NUA would bind itself to this branch, and another one may yet answer. */
    if (leg && !leg->established && !leg->early_dialog && sip->sip_to)
        sip->sip_to->a_tag = NULL;

    if (leg && leg->inform_early
            ? status->st_status < 300 || status->st_status == 401 || status->st_status == 407
            : !inform_alarms_nua(status->st_status))
        return;
    inform_hide_status(msg, status);
}

void inform_true_status(int *status, const char **phrase)
{
    char *rest;
    guint64 told;

    if (*status != SPARED || !*phrase)
        return;
    told = g_ascii_strtoull(*phrase, &rest, 10);
    if (told < 300 || told > 699 || *rest != ' ') /* it was a true 499 */
        return;
    *status = (int)told;
    *phrase = rest + 1;
}
