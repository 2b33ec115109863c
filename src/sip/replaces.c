/* INVITE with Replaces: another phone takes a call over from the dialog it names (RFC 3891). */
#include "referral.h"

#include "cause.h"
#include "joined.h"
#include "log.h"

#include <sofia-sip/sip_extra.h>
#include <string.h>

static gboolean call_may_be_taken(const UaLeg *leg)
{
    IsdnState isdn = call_isdn_state(leg->call);
    gboolean talks = isdn == ISDN_ACTIVE || isdn == ISDN_CONNECT_REQUEST || call_joined(leg->call);
    SipState sip = call_sip_state(leg->call);

    if (leg->established)
        return sip == SIP_UP && talks;
    return (sip == SIP_PROCEEDING || sip == SIP_ALERTED || sip == SIP_EARLY) &&
           (talks || isdn == ISDN_INCOMING_PROCEEDING || isdn == ISDN_RECEIVED);
}

/* RFC 3891 3: may LEG be replaced? 0, or the status. */
static int replaces_judge(sip_t const *sip, const UaLeg *leg, gboolean early_only,
                          const CallOrigin *by, const char **why, TransferPlan *plan)
{
    *why = "Replaces, or another header";
    if (sip->sip_error) /* the parser keeps a second one, as what it cannot read, there */
        return 400;
    *why = "it names no dialog of ours";
    if (!leg)
        return 481;
    *why = "the dialog it names has ended";
    if (!leg->call || leg->closing)
        return 603;
    if (!call_joined(leg->call) && referral_is_barred(leg, why))
        return 403;
    *why = "the dialog it names is early and theirs";
    if (!leg->established && leg->uas)
        return 481;
    *why = "the dialog it names is confirmed";
    if (leg->established && early_only)
        return 486;
    *why = "the dialog it names is being tried for a transfer";
    if (leg->beside && call_sip_leg(leg->call) != leg)
        return 481;
    *why = "the dialog it names awaits its ACK";
    if (leg->established && leg->uas && !leg->acked)
        return 500;
    *why = plan->why;
    if (!transfer_allowed(leg->call, by, TRANSFER_TAKE_OVER, plan))
        return plan->status;
    *why = "the call cannot be taken over now";
    return call_may_be_taken(leg) ? 0 : 481;
}

static int replaces_read_offer(Ua *ua, sip_t const *sip, SdpSession *theirs, char *why, gsize size)
{
    int status = sip->sip_contact ? ua_check_body(ua, sip) : 400;
    gsize sdp_size;
    const char *sdp = sip_body_sdp(sip, &sdp_size);

    g_strlcpy(why, status == 400 ? "Contact" : "body", size);
    if (status || !sdp)
        return status;
    switch (offer_read(sdp, sdp_size, dialog_family(ua->settings), theirs)) {
    case SDP_MALFORMED:
        ua_log_malformed(ua, "SDP", theirs->why);
        g_strlcpy(why, theirs->why, size);
        return 400;
    case SDP_UNUSABLE:
        g_strlcpy(why, theirs->why, size);
        return 488;
    case SDP_OK:
        break;
    }
    return 0;
}

/* What the replaced dialog hears: BYE, or CANCEL where it was ringing. */
static void replaced_goes(UaLeg *leg)
{
    if (leg->established) {
        leg_say_bye(leg);
        return;
    }
    leg->closing = leg->cancelled = TRUE;
    leg_note(leg, LADDER_OUT, "CANCEL");
    nua_cancel(leg->nh, TAG_END());
}

/* 200 with our answer, or with our offer where theirs comes in the ACK. FALSE without a port. */
static gboolean replacing_answer(UaLeg *leg, CallNews *news)
{
    SdpChoice choice;
    IdentityOut who;

    if (leg->theirs_known)
        offer_choose(&leg->theirs, leg_law(leg), leg->settings->media.ptime_ms, &choice);
    if (!dialog_describe(leg, leg->theirs_known ? &choice : NULL))
        return FALSE;
    leg->offer = leg->theirs_known ? OFFER_NONE : OFFER_SENT;
    leg->established = TRUE;
    if (leg->theirs_known)
        leg_news_media(leg, &choice, news);
    leg_note_response(leg, LADDER_OUT, SIP_200_OK, NULL, TRUE);
    party_write_known(leg, &who);
    nua_respond(leg->nh, SIP_200_OK, SIPTAG_CONTACT_STR(leg_contact(leg)),
                TAG_IF(who.pai, SIPTAG_P_ASSERTED_IDENTITY_STR(who.pai)),
                TAG_IF(who.privacy, SIPTAG_PRIVACY_STR(who.privacy)),
                SIPTAG_CONTENT_TYPE_STR("application/sdp"), SIPTAG_PAYLOAD_STR(leg->ours.body),
                TAG_END());
    identity_out_clear(&who);
    return TRUE;
}

static void replaces_take(Ua *ua, nua_handle_t *nh, sip_t const *sip, UaLeg *before,
                          const CallOrigin *by, const SdpSession *theirs)
{
    Call *call = before->call;
    UaLeg *leg = leg_new_beside(ua, call, nh, TRUE), *beside = before;
    TransferPlan plan = {.peer =
                             settings_peer_of(ua->settings, (const struct sockaddr *)&by->source)};
    CallNews news = CALL_NEWS_INIT;
    CallSetup setup = {0};
    gsize size;

    leg->replacing = TRUE;
    leg->taker = g_memdup2(by, sizeof(*by));
    leg->peer = plan.peer; /* the credentials of whoever was replaced are not for this one */
    leg->trusted = by->trusted;
    identity_calling(sip, by, &setup);
    party_of_setup(&setup, &leg->heard_party);
    party_know_far(leg, sip->sip_from->a_url);
    news.has_party = *setup.calling.digits || *setup.name;
    news.party = leg->heard_party;
    leg->refresh_by_invite = TRUE; /* until an Allow says otherwise */
    session_asked(leg, sip);
    leg->theirs_known = sip_body_sdp(sip, &size) != NULL;
    if (leg->theirs_known)
        leg->theirs = *theirs;
    digits_settle(leg, &leg->theirs);
    leg_note(leg, LADDER_IN, "INVITE Replaces%s", leg->theirs_known ? " SDP" : "");
    if (!replacing_answer(leg, &news)) {
        leg->call = NULL;
        leg->closing = leg->terminated = TRUE;
        nua_respond(nh, SIP_500_INTERNAL_SERVER_ERROR, TAG_END());
        leg_settle(leg);
        return;
    }
    ua->counters.replaced++;
    referral_forsake(before);
    if (beside->beside) /* a target that rang, picked up by another phone */
        referral_hears(beside, EVENT_SIP_ANSWER, &news);
    leg_take_over(leg);
    replaced_goes(before);
    g_snprintf(plan.uri, sizeof(plan.uri), "%s", call_uri(call));
    transfer_settle(call, &plan);
    call_event(call, EVENT_SIP_REPLACED, &news);
}

void replaces_invited(Ua *ua, nua_handle_t *nh, sip_t const *sip)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    struct sockaddr_storage source;
    gboolean early_only = FALSE;
    const char *why = NULL, *value;
    char fault[96] = "";
    SdpSession theirs;
    TransferPlan plan;
    CallOrigin by;
    UaLeg *before;
    int status;

    origin_source(ua->nua, &source);
    su_home_init(home);
    value = sip_header_as_string(home, (sip_header_t const *)sip->sip_replaces);
    before = value ? replaces_find(ua, value, &early_only) : NULL;
    su_home_deinit(home);
    if (referral_source(ua, NULL, sip, (struct sockaddr *)&source, &by)) {
        status = replaces_judge(sip, before, early_only, &by, &why, &plan);
    } else {
        status = 403;
        why = "its source may not call us";
    }
    if (!status) {
        status = replaces_read_offer(ua, sip, &theirs, fault, sizeof(fault));
        why = fault;
    }
    if (!status) {
        replaces_take(ua, nh, sip, before, &by, &theirs);
        return;
    }
    referral_tell_refused(ua, sip, "INVITE with Replaces", status, why);
    ua_refuse(ua, nh, status, status == 500 ? "Overlapping Requests" : sip_status_phrase(status),
              NULL);
}
