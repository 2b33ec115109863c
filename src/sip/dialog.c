/* Inside a dialog: offers and answers after the first, ACK, BYE, and its end. */
#include "sip_room.h"

#include "cause.h"
#include "log.h"
#include "transfers.h"

#include <string.h>

int dialog_family(const Settings *settings)
{
    return settings->media.other.ss_family ? AF_UNSPEC : settings->media.address.ss_family;
}

/* The family of the Internet that LEG's media are in: the far end's, or that of its signalling. */
static int media_family(const UaLeg *leg)
{
    return leg->theirs_known ? leg->theirs.family : leg->port->listen.ss_family;
}

/* What stands for the address of FAMILY behind a NAT; NULL: that address itself. */
static const struct sockaddr_storage *public_of(const MediaSettings *media, int family)
{
    if (media->public_address.ss_family == family)
        return &media->public_address;
    return media->public_other.ss_family == family ? &media->public_other : NULL;
}

gboolean dialog_rtp(const UaLeg *leg, struct sockaddr_storage *rtp)
{
    const struct sockaddr_storage *booked = leg->call ? call_local_rtp(leg->call) : NULL;
    const MediaSettings *media = &leg->settings->media;
    const struct sockaddr_storage *public;

    if (!booked || !booked->ss_family)
        return FALSE;
    *rtp = *booked;
    if (media->other.ss_family && media->other.ss_family == media_family(leg))
        *rtp = media->other;
    public = leg->outside && !leg->ua->is_behind ? public_of(media, rtp->ss_family) : NULL;
    if (public)
        *rtp = *public;
    address_set_port(rtp, address_port((const struct sockaddr *)booked));
    return TRUE;
}

gboolean dialog_describe_as(UaLeg *leg, const SdpChoice *choice, SdpDirection direction)
{
    struct sockaddr_storage rtp;
    SdpTerms terms = {&rtp, leg_law(leg), leg->settings->media.ptime_ms, digits_are_events(leg),
                      direction};

    if (!dialog_rtp(leg, &rtp))
        return FALSE;
    offer_write(&leg->ours, &terms, leg->theirs_known ? &leg->theirs : NULL, choice);
    return TRUE;
}

gboolean dialog_describe(UaLeg *leg, const SdpChoice *choice)
{
    return dialog_describe_as(leg, choice, leg->holding ? SDP_SENDONLY : SDP_SENDRECV);
}

SdpResult dialog_read(UaLeg *leg, sip_t const *sip, const char **why)
{
    gsize size;
    const char *text = sip_body_sdp(sip, &size);
    SdpSession session;
    SdpResult result;

    *why = "no session description";
    if (!text)
        return SDP_MALFORMED;
    result = offer_read(text, size, dialog_family(leg->settings), &session);
    if (result == SDP_OK) {
        digits_settle(leg, &session);
        leg->theirs = session;
        leg->theirs_known = TRUE;
        return SDP_OK;
    }
    g_strlcpy(leg->why, session.why, sizeof(leg->why));
    leg->foreign = session.foreign;
    *why = leg->why;
    return result;
}

static void dialog_respond(UaLeg *leg, sip_t const *sip, gboolean sdp)
{
    leg_note_response(leg, LADDER_OUT, 200, "OK", sip->sip_request->rq_method_name, sdp);
    nua_respond(leg->nh, SIP_200_OK, NUTAG_WITH_THIS(leg->ua->nua),
                SIPTAG_CONTACT_STR(leg_contact(leg)),
                TAG_IF(sdp, SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                TAG_IF(sdp, SIPTAG_PAYLOAD_STR(leg->ours.body)), TAG_END());
    leg->ack_due = leg->ack_due || sip->sip_request->rq_method == sip_method_invite;
    if (sip->sip_request->rq_method == sip_method_update)
        session_settled(leg, NULL); /* that of a re-INVITE waits for the ACK */
}

static void dialog_refuse(UaLeg *leg, sip_t const *sip, int status, const char *phrase,
                          const char *why)
{
    leg->ua->counters.offers_refused++;
    leg_note_response(leg, LADDER_OUT, status, phrase, sip->sip_request->rq_method_name, FALSE);
    ua_refuse(leg->ua, leg->nh, status, phrase, why);
}

/* An offer now would cross another one (RFC 3311 5.2, RFC 3261 14.2): the status, or 0. */
static int dialog_glare(const UaLeg *leg)
{
    if (leg->offer == OFFER_SENT)
        return 491;
    return leg->offer == OFFER_RECEIVED ? 500 : 0;
}

/* FALSE when it was refused. */
static gboolean dialog_take_offer(UaLeg *leg, sip_t const *sip)
{
    CallNews news = CALL_NEWS_INIT;
    SdpSession before = leg->theirs;
    gboolean known = leg->theirs_known;
    SdpChoice choice;
    const char *why;

    switch (dialog_read(leg, sip, &why)) {
    case SDP_MALFORMED:
        ua_log_malformed(leg->ua, "SDP", why);
        dialog_refuse(leg, sip, 400, "Bad Session Description", NULL);
        return FALSE;
    case SDP_UNUSABLE:
        leg->ua->counters.offers_refused++;
        leg_note_response(leg, LADDER_OUT, SIP_488_NOT_ACCEPTABLE, sip->sip_request->rq_method_name,
                          FALSE);
        ua_refuse_session(leg->ua, leg->nh, leg->foreign ? 301 : 305, why);
        return FALSE;
    case SDP_OK:
        break;
    }
    offer_choose(&leg->theirs, leg_law(leg), leg->settings->media.ptime_ms, &choice);
    hold_apply(leg, &choice);
    if (!dialog_describe(leg, &choice)) {
        leg->theirs = before;
        leg->theirs_known = known;
        dialog_refuse(leg, sip, SIP_500_INTERNAL_SERVER_ERROR, "no RTP port");
        return FALSE;
    }
    dialog_respond(leg, sip, TRUE);
    hold_answered(leg, &choice);
    if (leg_news_media(leg, &choice, &news))
        leg_event(leg, EVENT_SIP_MEDIA, &news);
    if (leg->call)
        hold_heard(leg);
    return TRUE;
}

void dialog_offered(UaLeg *leg, sip_t const *sip)
{
    gboolean invite = sip->sip_request->rq_method == sip_method_invite;
    gsize size;
    gboolean sdp = sip_body_sdp(sip, &size) != NULL;
    int status = ua_check_body(leg->ua, sip);

    leg_note_request(leg, LADDER_IN, sip, sdp);
    if (!leg->call)
        dialog_refuse(leg, sip, 481, "Call Does Not Exist", "the call is ending");
    else if (status)
        dialog_refuse(leg, sip, status, status_phrase((guint16)status), "body");
    else if (invite || sdp)
        status = dialog_glare(leg);
    if (!leg->call || status) {
        if (status == 491)
            dialog_refuse(leg, sip, SIP_491_REQUEST_PENDING, "our offer is pending");
        else if (status == 500)
            dialog_refuse(leg, sip, 500, "Overlapping Requests", "their offer is pending");
        return;
    }
    session_asked(leg, sip);
    if (sdp) {
        if (!dialog_take_offer(leg, sip))
            return;
    } else if (!invite) {
        dialog_respond(leg, sip, FALSE);
    } else if (dialog_describe(leg, NULL)) {
        leg->offer = OFFER_SENT;
        dialog_respond(leg, sip, TRUE);
    } else {
        dialog_refuse(leg, sip, SIP_500_INTERNAL_SERVER_ERROR, "no RTP port");
        return;
    }
    party_hear_request(leg, sip);
}

/* The answer in an ACK. Without one a first call has no media; a later exchange leaves things as
 * they were. */
static void dialog_take_answer(UaLeg *leg, sip_t const *sip)
{
    CallNews news = CALL_NEWS_INIT;
    gboolean known = leg->theirs_known;
    SdpChoice choice;
    const char *why;

    leg->offer = OFFER_NONE;
    if (dialog_read(leg, sip, &why) == SDP_OK) {
        offer_settle(&leg->theirs, leg->settings->media.ptime_ms, &choice);
        hold_apply(leg, &choice);
        hold_answered(leg, &choice);
        if (leg_news_media(leg, &choice, &news))
            leg_event(leg, EVENT_SIP_MEDIA, &news);
        if (known && leg->call)
            hold_heard(leg);
        return;
    }
    log_notice("C%u sip: no usable answer to our offer: %s", leg->id, why);
    if (!known)
        leg_lost(leg, "no answer to our offer", CAUSE_BEARER_NOT_IMPLEMENTED, TRUE);
}

void dialog_acked(UaLeg *leg, sip_t const *sip)
{
    gboolean first = leg->uas && !leg->acked;
    gsize size;

    leg_note(leg, LADDER_IN, "ACK%s", sip_body_sdp(sip, &size) ? " SDP" : "");
    leg->ack_due = FALSE;
    if (first) {
        leg->acked = TRUE;
        if (!leg->replacing) /* otherwise the hall has gone on long since */
            leg_event(leg, EVENT_SIP_ACK, NULL);
    }
    if (leg->bye_waits) {
        leg->bye_waits = FALSE;
        if (leg->call)
            leg_bye(leg->ua, leg->call, NULL);
        else
            leg_say_bye(leg);
    }
    if (leg->closing)
        return;
    session_settled(leg, NULL);
    if (leg->offer == OFFER_SENT)
        dialog_take_answer(leg, sip);
    hold_pursue(leg);
    inform_try(leg);
    digits_pursue(leg);
}

void dialog_bye(UaLeg *leg, sip_t const *sip)
{
    CallNews news = CALL_NEWS_INIT;

    leg->closing = TRUE;
    leg_note_cause(leg, LADDER_IN, "BYE", leg_cause_in(sip));
    leg_note_response(leg, LADDER_OUT, 200, "OK", "BYE", FALSE);
    if (leg->uas && !leg->established)
        leg_note_response(leg, LADDER_OUT, SIP_487_REQUEST_TERMINATED, NULL, FALSE);
    news.cause = CAUSE_NORMAL_CALL_CLEARING;
    leg_news_reason(leg, sip, &news);
    extra_news(leg, sip, &news);
    if (!referral_leaves(leg, sip, &news))
        leg_event(leg, EVENT_SIP_BYE, &news);
}

void dialog_bye_answered(UaLeg *leg, int status, const char *phrase, sip_t const *sip)
{
    if (status < 200)
        return;
    if (sip)
        leg_note_response(leg, LADDER_IN, status, phrase, "BYE", FALSE);
    if (!leg->closing)
        leg_lost(leg, "NUA ended the dialog", CAUSE_TIMER_EXPIRY, FALSE);
    else if (!leg->ended)
        leg_event(leg, EVENT_SIP_ENDED, NULL);
    leg->ended = TRUE;
    if (status == 401 || status == 407) { /* NUA would wait for credentials */
        leg->terminated = TRUE;
        leg_settle(leg);
    }
}

void dialog_terminated(UaLeg *leg)
{
    gboolean pending =
        !leg->uas && !leg->established && !leg->failed; /* our INVITE, for the hall */

    if (leg->call && !leg->ended && call_sip_state(leg->call) == SIP_LEAVING)
        leg_event(leg, EVENT_SIP_ENDED, NULL);
    else if (!leg->closing || pending) /* otherwise the hall has been told why */
        leg_lost(leg, "the dialog is gone", CAUSE_TEMPORARY_FAILURE, FALSE);
    leg->terminated = TRUE;
    leg_settle(leg);
}

/* NUA gave up waiting: for the ACK to our 2xx, or for the PRACK to a reliable 18x. After an ACK it
 * sends a BYE of its own, whose answer nobody waits for. */
void dialog_failed(UaLeg *leg, int status, const char *phrase)
{
    CallNews news = CALL_NEWS_INIT;
    gboolean confirmed = leg->established && (leg->acked || !leg->uas);

    log_debug("C%u sip: %d %s", leg->id, status, phrase);
    if (leg->closing || (status != 408 && status != 504))
        return;
    if (confirmed) {
        leg_note(leg, LADDER_OUT, "BYE");
        leg_lost(leg, phrase, CAUSE_TIMER_EXPIRY, FALSE);
        return;
    }
    if (!leg->uas)
        return;
    leg->closing = TRUE;
    news.cause = CAUSE_TIMER_EXPIRY;
    g_strlcpy(news.detail, phrase, sizeof(news.detail));
    if (leg->replacing) {
        leg_note(leg, LADDER_OUT, "BYE");
        if (leg->call && call_sip_state(leg->call) != SIP_LEAVING)
            leg_event(leg, EVENT_SIP_LOST, &news);
    } else if (leg->established && !leg->acked) {
        leg_note(leg, LADDER_OUT, "BYE");
        leg_event(leg, EVENT_SIP_NO_ACK, &news);
    } else if (!leg->established) {
        leg_note_response(leg, LADDER_OUT, SIP_504_GATEWAY_TIME_OUT, NULL, FALSE);
        leg_event(leg, EVENT_SIP_LOST, &news);
    }
}

gint64 dialog_retry_us(const UaLeg *leg)
{
    /* RFC 3261 14.1: in steps of 10 ms; who made the Call-ID waits longer. */
    gint64 steps = leg->uas ? g_random_int_range(0, 200) : g_random_int_range(210, 400);

    return steps * 10 * 1000;
}
