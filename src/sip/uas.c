/* The called side: a phone's INVITE becomes a call, or goes on with one, or is cancelled. */
#include "sip_room.h"

#include "cause.h"
#include "emergency.h"
#include "log.h"
#include "number.h"
#include "pieces.h"
#include "transfers.h"

#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_util.h>
#include <string.h>

static void uas_expired(void *user)
{
    UaLeg *leg = user;
    CallNews news = CALL_NEWS_INIT;

    leg->expired = TRUE;
    news.cause = CAUSE_TIMER_EXPIRY;
    g_strlcpy(news.detail, "Expires", sizeof(news.detail));
    leg_event(leg, EVENT_SIP_EXPIRED, &news);
}

static void uas_watch_expiry(UaLeg *leg, sip_t const *sip)
{
    if (!sip->sip_expires || sip->sip_expires->ex_date)
        return;
    leg->expires = loop_timer_new(leg->ua->loop, uas_expired, leg);
    loop_timer_start(leg->ua->loop, leg->expires,
                     (gint64)MIN(sip->sip_expires->ex_delta, 86400ul) * G_USEC_PER_SEC);
}

/* Can this INVITE become a call? 0, or the status that says why not. WHY is left empty when the log
 * knows. */
static int uas_judge(Ua *ua, sip_t const *sip, CallSetup *setup, SdpSession *theirs, char *why,
                     gsize size)
{
    int status = sip->sip_contact ? ua_check_body(ua, sip) : 400;
    gsize sdp_size;
    const char *sdp = sip_body_sdp(sip, &sdp_size);

    if (status) {
        g_strlcpy(why, status == 400 ? "" : "body", size); /* the filter has told of the Contact */
        return status;
    }
    g_snprintf(why, size, "called '%s'",
               sip->sip_request->rq_url->url_user ? sip->sip_request->rq_url->url_user : "");
    switch (identity_called(sip, setup)) {
    case NUMBER_NOT_A_NUMBER:
        return 404;
    case NUMBER_TOO_SHORT:
    case NUMBER_TOO_LONG:
        return 484;
    case NUMBER_OK:
        break;
    }
    if (!sdp)
        return 0;
    switch (offer_read(sdp, sdp_size, dialog_family(ua->settings), theirs)) {
    case SDP_MALFORMED:
        ua_log_malformed(ua, "SDP", theirs->why);
        *why = '\0';
        return 400;
    case SDP_UNUSABLE:
        g_strlcpy(why, theirs->why, size);
        return 488;
    case SDP_OK:
        break;
    }
    return 0;
}

/* The channel is seized, unless the call was refused: its law decides what the answer will name,
 * and nothing else may be sent, not even in the moment before the answer. */
static void uas_choose(UaLeg *leg)
{
    CallNews news = CALL_NEWS_INIT;
    SdpChoice choice;

    if (!leg->call || !leg->theirs_known || !call_channel(leg->call).number)
        return;
    offer_choose(&leg->theirs, leg_law(leg), leg->settings->media.ptime_ms, &choice);
    if (leg_news_media(leg, &choice, &news))
        leg_event(leg, EVENT_SIP_MEDIA, &news);
}

/* What the INVITE says of its dialog; its offer goes into NEWS. */
static void uas_take_invite(UaLeg *leg, sip_t const *sip, const SdpSession *theirs, CallNews *news)
{
    gsize size;

    leg->trusted = call_origin(leg->call)->trusted;
    leg->reliable_only = sip_has_feature(sip->sip_require, "100rel") != 0;
    leg->reliable = leg->reliable_only || sip_has_feature(sip->sip_supported, "100rel");
    leg->refresh_by_invite = TRUE; /* until an Allow says otherwise */
    party_of_setup(call_asked(leg->call), &leg->heard_party);
    party_know_far(leg, sip->sip_from->a_url);
    session_asked(leg, sip);
    leg_note_request(leg, LADDER_IN, sip, sip_body_sdp(sip, &size) != NULL);
    leg_note_response(leg, LADDER_OUT, SIP_100_TRYING, NULL, FALSE);
    uas_watch_expiry(leg, sip);
    if (sip_body_sdp(sip, &size)) {
        SdpChoice choice;

        leg->theirs = *theirs;
        digits_settle(leg, &leg->theirs);
        leg->theirs_known = TRUE;
        leg->offer = OFFER_RECEIVED;
        offer_settle(&leg->theirs, leg->settings->media.ptime_ms,
                     &choice); /* the law of the channel is not known yet */
        leg_news_media(leg, &choice, news);
    }
    succession_join(leg, sip);
}

static void uas_begin(UaLeg *leg, sip_t const *sip, const SdpSession *theirs)
{
    CallNews news = CALL_NEWS_INIT;

    uas_take_invite(leg, sip, theirs, &news);
    call_event(leg->call, EVENT_SIP_INVITE, &news);
    uas_choose(leg);
}

/* RFC 4497 8.3.9: the number goes on, in another INVITE. This one gets no other answer any more. */
static void uas_send_incomplete(UaLeg *leg)
{
    leg->closing = TRUE;
    leg_note_response(leg, LADDER_OUT, SIP_484_ADDRESS_INCOMPLETE, NULL, FALSE);
    nua_respond(leg->nh, SIP_484_ADDRESS_INCOMPLETE, TAG_END());
}

/* The call of BEFORE goes on with what the INVITE SIP adds to its number. */
static void uas_go_on(UaLeg *before, nua_handle_t *nh, sip_t const *sip, const Number *called,
                      const SdpSession *theirs)
{
    Call *call = before->call;
    UaLeg *leg = leg_new_beside(before->ua, call, nh, TRUE);
    CallNews news = CALL_NEWS_INIT;

    g_strlcpy(news.digits, called->digits + strlen(call_asked(call)->called.digits),
              sizeof(news.digits));
    uas_send_incomplete(before);
    leg_take_over(leg);
    uas_take_invite(leg, sip, theirs, &news);
    call_event(call, EVENT_SIP_DIALLED, &news);
    uas_choose(leg);
}

/* RFC 3578 4, where the trunk takes numbers whole: the call is cleared, the longer number begins
 * another. */
static void uas_give_up(UaLeg *leg)
{
    CallNews news = CALL_NEWS_INIT;

    uas_send_incomplete(leg);
    news.cause = CAUSE_NORMAL_CALL_CLEARING;
    g_strlcpy(news.detail, "the number goes on", sizeof(news.detail));
    leg_event(leg, EVENT_SIP_CANCEL, &news);
}

/* Did the INVITE from ORIGIN come from whom BEFORE's did? Call-ID and From tag can be overheard. */
static gboolean uas_is_of(const UaLeg *before, const CallOrigin *origin)
{
    const CallOrigin *first = call_origin(before->call);

    return address_same_host((const struct sockaddr *)&first->source,
                             (const struct sockaddr *)&origin->source) &&
           strcmp(first->peer, origin->peer) == 0 && strcmp(first->user, origin->user) == 0 &&
           first->trusted == origin->trusted;
}

/* TRUE when the INVITE SIP was one of BEFORE's call, or refused; otherwise a call begins with it,
 * instead of BEFORE's.
 */
static gboolean uas_continues(UaLeg *before, nua_handle_t *nh, sip_t const *sip,
                              const CallOrigin *origin, const CallSetup *setup,
                              const SdpSession *theirs)
{
    CallGrowth growth = origin->emergency ? GROWTH_ANEW : call_growth(before->call, &setup->called);

    switch (growth) {
    case GROWTH_NONE:
        ua_refuse(before->ua, nh, SIP_485_AMBIGUOUS,
                  "the number does not go on from that of the INVITE before, or was whole");
        return TRUE;
    case GROWTH_ANEW:
        return FALSE;
    case GROWTH_DIGITS:
        if (service_judge_digits(before->ua, nh, call_origin(before->call), setup))
            uas_go_on(before, nh, sip, &setup->called, theirs);
        return TRUE;
    }
    return FALSE;
}

void uas_invited(Ua *ua, nua_handle_t *nh, sip_t const *sip)
{
    struct sockaddr_storage source;
    CallOrigin origin;
    CallSetup setup = {.bearer = BEARER_3K1_AUDIO, .complete = TRUE};
    SdpSession theirs;
    char why[96] = "";
    int status;
    gint64 max_us;
    UaLeg *leg, *before, *owner;
    Call *call;

    ua->counters.invites_in++;
    if (sip->sip_replaces) {
        replaces_invited(ua, nh, sip);
        return;
    }
    status = uas_judge(ua, sip, &setup, &theirs, why, sizeof(why));
    if (status == 488) {
        ua_refuse_offer(ua, nh, &theirs, *why ? why : NULL);
        return;
    }
    if (status) {
        ua_refuse(ua, nh, status,
                  status == 400 ? (sip->sip_contact ? "Bad Session Description" : "Bad Contact")
                                : status_phrase((guint16)status),
                  *why ? why : NULL);
        return;
    }
    origin_source(ua->nua, &source);
    if (!origin_of_request(ua, sip, (struct sockaddr *)&source, &origin)) {
        ua_refuse(ua, nh, SIP_403_FORBIDDEN, "it did not come by the proxy");
        return;
    }
    identity_claims(sip, &origin);
    /* Before anything could refuse it. */
    origin.emergency |= emergency_recognize(ua->settings, &setup.called, NULL) == EMERGENCY_CALL;
    identity_calling(sip, &origin, &setup);
    extra_read(sip, &setup);
    owner = succession_owner(ua, sip);
    if (owner && !uas_is_of(owner, &origin)) {
        ua_refuse(ua, nh, SIP_403_FORBIDDEN,
                  "its Call-ID and From tag are those of somebody else's call");
        return;
    }
    before = succession_find(ua, sip);
    if (before && uas_continues(before, nh, sip, &origin, &setup, &theirs))
        return;
    if (!service_judge(ua, nh, &origin, &setup, before != NULL, &max_us))
        return;
    if (before)
        uas_give_up(before);
    call = call_new(ua->hall, &origin, &setup);
    if (!call) {
        /* No Retry-After: it would bar the phone from us, emergency calls included (RFC 3261
         * 21.5.4). */
        ua_refuse(ua, nh, SIP_503_SERVICE_UNAVAILABLE, "draining or full");
        return;
    }
    leg = leg_new(ua, call, nh, TRUE);
    if (ua->classes)
        call_serve(call, ua->classes, max_us);
    uas_begin(leg, sip, &theirs);
}

void uas_cancelled(UaLeg *leg, sip_t const *sip)
{
    CallNews news = CALL_NEWS_INIT;
    /* The hall believes the call answered, but our 200 has not gone and never will: to it the phone
     * has hung up. */
    gboolean answered = leg->established || leg->answer_waits;

    leg_note_cause(leg, LADDER_IN, "CANCEL", leg_cause_in(sip));
    leg_note_response(leg, LADDER_OUT, SIP_200_OK, "CANCEL", FALSE);
    leg_note_response(leg, LADDER_OUT, SIP_487_REQUEST_TERMINATED, NULL, FALSE);
    if (leg->acked || !leg->uas) { /* of a re-INVITE: the call stays (RFC 3261 9.2, 14.2) */
        leg->offer = OFFER_NONE;
        leg->ack_due = FALSE;
        hold_pursue(leg);
        return;
    }
    leg->closing = TRUE;
    news.cause = CAUSE_NORMAL_CALL_CLEARING;
    leg_news_reason(leg, sip, &news);
    leg_event(leg, answered ? EVENT_SIP_BYE : EVENT_SIP_CANCEL, &news);
}
