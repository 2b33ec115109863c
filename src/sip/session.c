/* Session timers (RFC 4028): the refresh of dialogs, and the end of those nobody refreshes.
 *
 * NUA negotiates the interval and has a timer of its own, but its refresh repeats the last INVITE
 * with a body that may be outdated, and its end of a session is told only when the BYE is answered.
 * So both are done here, a little earlier. Should NUA's timer run all the same (it takes a peer for
 * one without timers that says "Require: timer" but not "Supported"), it sends an UPDATE without a
 * body: ua_create_nua() has told it to.
 *
 * A session that the peer has not agreed to does not expire (RFC 4028 7.2). Such a peer is asked
 * now and then, by OPTIONS, whether it is there: any answer but 408 and 481 says so. A refused
 * re-INVITE might end the call (RFC 5057 5.1, and NUA does it).
 */
#include "sip_room.h"

#include "cause.h"

#include <sofia-sip/sip_util.h>

/* What the interval leaves: the BYE goes out this long before the session would expire (RFC 4028
 * 10). */
static guint session_margin(guint interval_s)
{
    return MIN(32, interval_s / 3);
}

/* At two fifths: before NUA's own refresh at one half. */
static gint64 session_refresh_delay(const UaLeg *leg)
{
    return (gint64)leg->session_s * G_USEC_PER_SEC * 2 / 5;
}

static void session_send_refresh(UaLeg *leg)
{
    const char *contact = leg_contact(leg);

    leg->refreshing = TRUE;
    if (!leg->session_agreed) {
        leg_note(leg, LADDER_OUT, "OPTIONS");
        nua_options(leg->nh, TAG_END());
        return;
    }
    if (!leg->refresh_by_invite) {
        leg_note(leg, LADDER_OUT, "UPDATE");
        nua_update(leg->nh, SIPTAG_CONTACT_STR(contact), TAG_END());
        return;
    }
    leg->offer = OFFER_SENT;
    leg_note(leg, LADDER_OUT, "INVITE SDP");
    nua_invite(leg->nh, SIPTAG_CONTACT_STR(contact), SIPTAG_CONTENT_TYPE_STR("application/sdp"),
               SIPTAG_PAYLOAD_STR(leg->ours.body), TAG_END());
}

#define SESSION_AGAIN_US (2 * G_USEC_PER_SEC)

/* Not while another exchange of ours is open. */
static gboolean session_may_refresh(const UaLeg *leg)
{
    return leg->offer == OFFER_NONE && !leg->informing &&
           !(leg->digit_is_out && leg->session_agreed && leg->refresh_by_invite);
}

static void session_due(void *user)
{
    UaLeg *leg = user;
    gint64 left = leg->session_end_us - loop_now(leg->ua->loop);

    if (leg->closing || leg->terminated)
        return;
    if (!leg->session_agreed)
        left = session_refresh_delay(leg);
    if (left <= 0) {
        leg_lost(leg, "session timer", CAUSE_TIMER_EXPIRY, TRUE);
        return;
    }
    if (!leg->refreshing && session_may_refresh(leg))
        session_send_refresh(leg);
    else if (!leg->refreshing)
        left = MIN(left, SESSION_AGAIN_US);
    loop_timer_start(leg->ua->loop, leg->session, left);
}

/* What the far end says about timers, in a request or in a response. */
void session_asked(UaLeg *leg, sip_t const *message)
{
    sip_session_expires_t const *expires = message->sip_session_expires;
    const char *refresher = expires ? expires->x_refresher : NULL;

    leg->asked_s = expires ? (guint)MIN(expires->x_delta, (unsigned long)G_MAXINT) : 0;
    leg->asked_min_s = message->sip_min_se
                           ? (guint)MIN(message->sip_min_se->min_delta, (unsigned long)G_MAXINT)
                           : 0;
    /* "uas" in a request is us, "uac" in a response is us. */
    leg->asked_of_us =
        refresher && g_ascii_strcasecmp(refresher, message->sip_request ? "uas" : "uac") == 0;
    if (message->sip_supported)
        leg->hears_from = sip_has_feature(message->sip_supported, "from-change") != 0;
    if (message->sip_supported)
        leg->peer_timer = sip_has_feature(message->sip_supported, "timer") != 0;
    if (sip_has_feature(message->sip_require, "timer"))
        leg->peer_timer = TRUE;
    if (message->sip_allow)
        leg->refresh_by_invite = !sip_is_allowed(message->sip_allow, SIP_METHOD_UPDATE);
}

/* The interval both sides agreed on, as NUA reckons it. */
static guint session_interval(const UaLeg *leg)
{
    const SipSettings *sip = &leg->settings->sip;
    guint interval = leg->asked_s ? leg->asked_s : sip->session_expires_s;

    if (sip->session_expires_s)
        interval = MIN(interval, sip->session_expires_s);
    return interval ? MAX(interval, MAX(sip->min_se_s, leg->asked_min_s)) : 0;
}

void session_settled(UaLeg *leg, sip_t const *response)
{
    Loop *loop = leg->ua->loop;

    if (response)
        session_asked(leg, response);
    leg->refreshing = FALSE;
    leg->session_s = session_interval(leg);
    if (!leg->session_s || leg->closing) {
        if (leg->session)
            loop_timer_stop(loop, leg->session);
        return;
    }
    leg->session_agreed = response ? leg->asked_s != 0 : leg->peer_timer;
    /* Who answers leaves the refresh to who asked, unless told otherwise. */
    leg->we_refresh = !leg->peer_timer || leg->asked_of_us ||
                      (response && !(leg->asked_s && response->sip_session_expires->x_refresher));
    leg->session_end_us =
        loop_now(loop) + (gint64)(leg->session_s - session_margin(leg->session_s)) * G_USEC_PER_SEC;
    if (!leg->session)
        leg->session = loop_timer_new(loop, session_due, leg);
    loop_timer_start(loop, leg->session,
                     leg->we_refresh ? session_refresh_delay(leg)
                                     : leg->session_end_us - loop_now(loop));
}

/* 200 with the answer to the offer of our refresh. */
static void session_take_answer(UaLeg *leg, sip_t const *sip)
{
    CallNews news = CALL_NEWS_INIT;
    SdpChoice choice;
    const char *why;

    leg->offer = OFFER_NONE;
    if (dialog_read(leg, sip, &why) != SDP_OK)
        return;
    offer_settle(&leg->theirs, leg->settings->media.ptime_ms, &choice);
    hold_apply(leg, &choice);
    if (leg_news_media(leg, &choice, &news))
        leg_event(leg, EVENT_SIP_MEDIA, &news);
}

/* NUA keeps a challenged request until it is given credentials, and no later one, BYE least of all,
 * passes it: we have none to give. */
void session_give_up_challenge(UaLeg *leg, int status)
{
    if (status == 401 || status == 407)
        nua_authenticate(leg->nh, TAG_END());
}

/* The leg whose NUA handle has the call of SIP; NULL: none. */
static UaLeg *session_leg(Ua *ua, sip_t const *sip)
{
    nua_handle_t *nh =
        sip->sip_call_id ? ports_handle_by_call_id(ua, sip->sip_call_id->i_id) : NULL;
    UaLeg *leg = nh ? nua_handle_magic(nh) : NULL;

    if (nh)
        nua_handle_unref(nh);
    return leg && g_hash_table_contains(ua->legs, leg) ? leg : NULL;
}

void session_spare_challenge(Ua *ua, msg_t *msg, sip_t *sip)
{
    const UaLeg *leg = session_leg(ua, sip);

    if (!leg || (leg->peer && leg->peer->user && leg->peer->password))
        return;
    while (sip->sip_www_authenticate)
        msg_header_remove(msg, (msg_pub_t *)sip, (msg_header_t *)sip->sip_www_authenticate);
    while (sip->sip_proxy_authenticate)
        msg_header_remove(msg, (msg_pub_t *)sip, (msg_header_t *)sip->sip_proxy_authenticate);
}

void session_spare_refusal(Ua *ua, msg_t *msg, sip_t *sip)
{
    const UaLeg *leg;

    if (!inform_alarms_nua(sip->sip_status->st_status))
        return;
    leg = session_leg(ua, sip);
    if (leg && leg->established)
        inform_hide_status(msg, sip->sip_status);
}

void session_refreshed(UaLeg *leg, int status, const char *phrase, sip_t const *sip,
                       gboolean by_invite)
{
    if (status < 200 || leg->closing || status == NO_CREDENTIALS)
        return;
    inform_true_status(&status, &phrase);
    if (sip)
        leg_note_response(leg, LADDER_IN, status, phrase, by_invite ? "INVITE" : "UPDATE",
                          sip->sip_payload != NULL);
    if (by_invite && sip)
        leg_note(leg, LADDER_OUT, "ACK");
    leg->refreshing = FALSE;
    if (status < 300 && sip && leg->established && !leg->inform_early) {
        session_settled(leg, sip);
        if (by_invite)
            session_take_answer(leg, sip);
    }
    if (leg->informing) {
        inform_answered(leg, status, sip, by_invite);
        hold_pursue(leg);
        return;
    }
    if (status < 300 && sip) {
        hold_pursue(leg);
        inform_try(leg);
        return;
    }
    leg->offer = OFFER_NONE;
    session_give_up_challenge(leg, status);
    if (status == 408 || status == 481 || !sip) {
        /* NUA lets the dialog go at 408 and 481 */
        leg_lost(leg, "the refresh of the session failed", CAUSE_TIMER_EXPIRY,
                 status != 408 && status != 481);
    } else if (!leg->session_agreed) {
        hold_pursue(leg);
        return; /* it is there, and that was the question */
    } else if (!by_invite && (status == 405 || status == 501)) {
        leg->refresh_by_invite = TRUE;
        session_send_refresh(leg);
    } else if (status == 491) {
        /* RFC 3261 14.1; the due time then starts the timer again */
        loop_timer_start(leg->ua->loop, leg->session,
                         g_random_int_range(2100, 4000) * G_GINT64_CONSTANT(1000));
        hold_pursue(leg);
    } else {
        hold_pursue(leg);
    }
}

void session_probed(UaLeg *leg, int status, const char *phrase, sip_t const *sip)
{
    if (status < 200 || leg->closing || status == NO_CREDENTIALS)
        return;
    leg->refreshing = FALSE;
    if (sip)
        leg_note_response(leg, LADDER_IN, status, phrase, "OPTIONS", FALSE);
    session_give_up_challenge(leg, status);
    if (status == 408 || status == 481 || !sip)
        leg_lost(leg, "the far end is gone", CAUSE_TIMER_EXPIRY, TRUE);
    else
        hold_pursue(leg);
}
