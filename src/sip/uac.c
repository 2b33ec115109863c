/* The calling side: a call becomes our INVITE, and its responses become events. */
#include "attempt.h"

#include "cause.h"
#include "log.h"
#include "pieces.h"

#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_util.h>
#include <string.h>

static gboolean uac_refuse(Call *call, guint8 cause, const char *why)
{
    CallNews news = CALL_NEWS_INIT;

    news.cause = cause;
    g_strlcpy(news.detail, why, sizeof(news.detail));
    call_event(call, EVENT_SIP_REFUSED, &news);
    return FALSE;
}

/* What INVITE is to say of who calls whom, and how the call has come. */
static void uac_write(UaLeg *leg, const UacInvite *invite, IdentityOut *who, const char *uri,
                      InviteText *text)
{
    *text = (InviteText){
        .uri = g_strdup(uri),
        .from = invite->series ? g_strdup_printf("%s;tag=%s", who->from, series_tag(invite->series))
                               : g_strdup(who->from),
        .to = g_strdup_printf("<%s>", uri),
        .pai = g_steal_pointer(&who->pai),
        .privacy = g_steal_pointer(&who->privacy),
        .require = invite->require ? g_strdup_printf("Require: %s", invite->require) : NULL,
        .referred_by = g_strdup(invite->referred_by),
        .replaces = g_strdup(invite->replaces),
        .extra = g_strdup(invite->extra),
        .more = extra_of_invite(leg, invite, uri),
    };
}

static UaLeg *uac_leg_new(UaPort *port, Call *call, nua_handle_t *nh, const UacInvite *invite,
                          gboolean beside)
{
    Ua *ua = port->ua;
    UaLeg *leg;

    if (!beside && !(invite->series && series_has_begun(invite->series)))
        leg_part(ua, call); /* of a target tried before */
    leg = beside ? leg_new_beside(ua, call, nh, FALSE) : leg_new(ua, call, nh, FALSE);
    leg->port = port;
    leg->peer = invite->peer;
    leg->trusted = leg->peer && leg->peer->trusted;
    leg->refresh_by_invite = TRUE; /* until an Allow says otherwise */
    if (invite->series) {
        leg->call_id = g_strdup(series_call_id(invite->series));
        series_join(invite->series, leg, invite->uri);
        return leg;
    }
    leg->call_id = g_uuid_string_random();
    g_hash_table_insert(ua->calling, leg->call_id, leg);
    return leg;
}

UaLeg *uac_begin(Ua *ua, Call *call, const UacInvite *invite, gboolean beside, guint8 *cause,
                 const char **why)
{
    g_autofree char *uri = identity_phone_uri(invite->uri, &invite->setup->called_subaddress);
    g_autofree char *to = g_strdup_printf("<%s>", uri ? uri : "");
    g_autofree char *from = NULL;
    const struct sockaddr_storage *rtp = call_local_rtp(call);
    UaLeg *leg = NULL, *after = invite->series && !beside ? call_sip_leg(call) : NULL;
    InviteText text;
    IdentityOut who;
    nua_handle_t *nh;
    UaPort *port;
    gboolean tcp, outside;

    *cause = uri ? CAUSE_RESOURCE_UNAVAILABLE : CAUSE_NO_ROUTE_TO_DESTINATION;
    *why = uri ? "no RTP port" : "the target's URI is none";
    if (!uri || !rtp || !rtp->ss_family)
        return NULL;
    port = ports_toward(ua, uri, &tcp);
    outside = ports_are_public_to_uri(ua->settings, uri);
    identity_write(invite->setup, call_trunk(call), invite->peer && invite->peer->trusted,
                   port_host(port, outside), &who);
    if (invite->series)
        from = g_strdup_printf("%s;tag=%s", who.from, series_tag(invite->series));
    nh = nua_handle(port->nua, NULL, NUTAG_URL(uri), SIPTAG_TO_STR(to),
                    SIPTAG_FROM_STR(from ? from : who.from), TAG_END());
    if (nh) {
        if (!invite->series || !series_has_begun(invite->series))
            after = NULL;
        leg = uac_leg_new(port, call, nh, invite, beside);
        leg->tcp = tcp;
        leg->outside = outside;
        dialog_describe(leg, NULL);
        party_of_setup(invite->setup, &leg->told_party);
        uac_write(leg, invite, &who, uri, &text);
        attempt_begin(leg, &text, after);
    }
    identity_out_clear(&who);
    *cause = CAUSE_TEMPORARY_FAILURE;
    *why = "NUA gives no handle";
    return leg;
}

gboolean uac_invite(void *room, Call *call, const CallNews *news)
{
    UacInvite invite = {.uri = call_uri(call), .setup = call_setup(call), .peer = call_peer(call)};
    const char *why;
    guint8 cause;

    /* RFC 3578 3.1: its number may go on, in further INVITEs */
    if (call_isdn_state(call) == ISDN_OVERLAP_RECEIVING)
        invite.series = series_new(room);
    if (uac_begin(room, call, &invite, FALSE, &cause, &why))
        return TRUE;
    if (invite.series)
        series_drop(invite.series);
    return uac_refuse(call, cause, why);
}

/* An INVITE that cannot be made is one less: those that are out may yet be answered. */
gboolean uac_dial(void *room, Call *call, const CallNews *news)
{
    UaLeg *leg = call_sip_leg(call), *next;
    UacInvite invite = {.uri = call_uri(call), .setup = call_setup(call), .peer = call_peer(call)};
    const char *why;
    guint8 cause;

    if (!leg || !leg->series || series_has_sent(leg->series, invite.uri))
        return TRUE;
    invite.series = leg->series;
    next = uac_begin(room, call, &invite, FALSE, &cause, &why);
    if (!next)
        log_notice("C%u sip: the number does not go on: %s", call_id(call), why);
    if (next && leg->failed) {
        leg_leave(leg);
        leg_settle(leg);
    }
    return TRUE;
}

gboolean uac_dialled_all(void *room, Call *call, const CallNews *news)
{
    UaLeg *leg = call_sip_leg(call);

    if (leg && leg->series)
        series_end(leg->series, call);
    return TRUE;
}

gboolean uac_cancel(void *room, Call *call, const CallNews *news)
{
    UaLeg *leg = call_sip_leg(call);
    ReasonText reason;

    if (!leg)
        return TRUE;
    if (leg->series) {
        series_cancel(leg->series, call);
        return TRUE;
    }
    leg_reason(leg, &reason);
    leg->cancelled = TRUE;
    if (attempt_is_unsent(leg)) {
        CallNews none = CALL_NEWS_INIT;

        leg->closing = leg->failed = leg->terminated = TRUE;
        none.status = 487;
        call_event(call, EVENT_SIP_FAILURE, &none);
        return TRUE;
    }
    leg_note_cause(leg, LADDER_OUT, "CANCEL", call_cause(call));
    nua_cancel(leg->nh, TAG_IF(*reason.text, SIPTAG_REASON_STR(reason.text)), TAG_END());
    return TRUE;
}

/* The far end of our call may speak to us though its network may not call us. */
static void uac_learn_far(UaLeg *leg)
{
    if (leg->far.ss_family)
        return;
    origin_source(leg->ua->nua, &leg->far);
    if (leg->far.ss_family)
        hearing_admit(leg->ua, &leg->far);
}

static void uac_acknowledge(UaLeg *leg, sip_t const *sip)
{
    sip_rack_t rack[1];

    sip_rack_init(rack);
    rack->ra_response = sip->sip_rseq->rs_response;
    rack->ra_cseq = sip->sip_cseq->cs_seq;
    rack->ra_method = sip->sip_cseq->cs_method;
    rack->ra_method_name = sip->sip_cseq->cs_method_name;
    leg_note(leg, LADDER_OUT, "PRACK");
    nua_prack(leg->nh, SIPTAG_RACK(rack), TAG_END());
}

static void uac_progressed(UaLeg *leg, int status, sip_t const *sip)
{
    gboolean reliable = sip->sip_rseq && sip_has_feature(sip->sip_require, "100rel");
    CallNews news = CALL_NEWS_INIT;
    CallEvent event = status == 180   ? EVENT_SIP_RINGING
                      : status == 181 ? EVENT_SIP_FORWARDED
                                      : EVENT_SIP_TRYING;
    gboolean first = !leg->theirs_known;
    const char *why = NULL;
    gsize size;

    news.status = (guint16)status;
    party_hear(leg, sip, &news);
    /* A description in an 18x without SDP 100rel may only repeat what the 200 will say (RFC
     * 3261 13.2.1). */
    if (sip_body_sdp(sip, &size) && (first || leg->offer == OFFER_SENT)) {
        SdpChoice choice;

        if (dialog_read(leg, sip, &why) == SDP_OK) {
            offer_settle(&leg->theirs, leg->settings->media.ptime_ms, &choice);
            leg_news_media(leg, &choice, &news);
            if (reliable)
                leg->offer = OFFER_NONE;
            event = status == 180 ? EVENT_SIP_RINGING_MEDIA : EVENT_SIP_PROGRESS;
        } else {
            log_notice("C%u sip: description in %d ignored: %s", leg->id, status, why);
        }
    }
    if (status == 180)
        extra_news(leg, sip, &news);
    if (reliable && !leg->closing)
        uac_acknowledge(leg, sip);
    leg_event(leg, event, &news);
    if (sip->sip_allow)
        leg->refresh_by_invite = !sip_is_allowed(sip->sip_allow, SIP_METHOD_UPDATE);
    inform_learn_early(leg, sip, reliable);
    inform_try(leg);
}

/* 2xx; NUA has sent the ACK. */
static void uac_answered(UaLeg *leg, sip_t const *sip)
{
    CallNews news = CALL_NEWS_INIT;
    const char *why = NULL;
    gsize size;
    SdpResult read = SDP_OK;

    leg->established = TRUE;
    leg_note(leg, LADDER_OUT, "ACK");
    if (sip_body_sdp(sip, &size) || !leg->theirs_known)
        read = dialog_read(leg, sip, &why);
    leg->offer = OFFER_NONE;
    if (!leg->call || read != SDP_OK) {
        leg->closing = TRUE;
        leg_note(leg, LADDER_OUT, "BYE");
        nua_bye(leg->nh, TAG_IF(read != SDP_OK, SIPTAG_REASON_STR("SIP;cause=488")), TAG_END());
        news.status = 488;
        g_strlcpy(news.detail, why ? why : "", sizeof(news.detail));
        leg_event(leg, EVENT_SIP_FAILURE, &news);
        return;
    }
    SdpChoice choice;

    offer_settle(&leg->theirs, leg->settings->media.ptime_ms, &choice);
    leg_news_media(leg, &choice, &news);
    news.status = 200;
    party_hear(leg, sip, &news);
    extra_news(leg, sip, &news);
    session_settled(leg, sip);
    party_know_far(leg, sip->sip_to->a_url);
    leg_event(leg, EVENT_SIP_ANSWER, &news);
    inform_try(leg);
}

static void uac_failed(UaLeg *leg, int status, const char *phrase, sip_t const *sip)
{
    CallNews news = CALL_NEWS_INIT;

    leg->closing = leg->failed = TRUE;
    news.status = status < 700 ? (guint16)status : 500;
    news.own_timer = sip == NULL;
    g_strlcpy(news.detail, phrase, sizeof(news.detail));
    for (sip_warning_t const *w = sip ? sip->sip_warning : NULL; w; w = w->w_next) {
        if (w->w_code == 304 || w->w_code == 305)
            news.warning_bearer = TRUE;
    }
    leg_news_reason(leg, sip, &news);
    if (sip)
        leg_note(leg, LADDER_OUT, "ACK");
    if (attempt_goes_on(leg, status, sip))
        return;
    if (redirect_offered(leg, status, sip)) {
        news.cause = CAUSE_REDIRECTION;
        leg_event(leg, EVENT_SIP_REDIRECTED, &news);
    } else {
        leg_event(leg, EVENT_SIP_FAILURE, &news);
    }
    if (status == 401 || status == 407) { /* NUA would wait for credentials */
        leg->terminated = TRUE;
        leg_settle(leg);
    }
}

static void note_refusal(UaLeg *leg, int status, const char *phrase, sip_t const *sip)
{
    g_autofree char *told = g_strdup_printf("%d %s", status, phrase);

    leg_note_cause(leg, LADDER_IN, told, leg_cause_in(sip));
}

void uac_responded(UaLeg *leg, int status, const char *phrase, sip_t const *sip)
{
    gsize size;

    inform_true_status(&status, &phrase);
    if (leg->hold_asking) {
        hold_responded(leg, status, phrase, sip);
        inform_try(leg);
        digits_pursue(leg);
        return;
    }
    if (leg->refreshing || leg->established) {
        session_refreshed(leg, status, phrase, sip, TRUE);
        digits_pursue(leg);
        return;
    }
    /* NUA has sent it anew after 422: not for who has left. */
    if (sip && status < 200 && sip->sip_status->st_status >= 300 && leg->cancelled) {
        nua_cancel(leg->nh, TAG_END());
        return;
    }
    if (sip) {
        uac_learn_far(leg);
        if (status < 300)
            attempt_heard(leg, status);
        if (status < 300)
            leg_note_response(leg, LADDER_IN, status, phrase, NULL,
                              sip_body_sdp(sip, &size) != NULL);
        else
            note_refusal(leg, status, phrase, sip);
    }
    if (status < 200 && sip)
        uac_progressed(leg, status, sip);
    else if (status >= 200 && status < 300 && sip)
        uac_answered(leg, sip);
    else if (status >= 300)
        uac_failed(leg, status, phrase, sip);
}
