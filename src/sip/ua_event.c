/* What NUA tells: each event to the leg or the file it is for; what belongs to no call is answered
 * here. */
#include "sip_room.h"

#include "cause.h"
#include "transfers.h"

#include <string.h>

const char *sip_body_sdp(sip_t const *sip, gsize *size)
{
    sip_payload_t const *payload = sip ? sip->sip_payload : NULL;
    sip_content_type_t const *type = sip ? sip->sip_content_type : NULL;

    if (!payload || !payload->pl_data || !payload->pl_len || !type || !type->c_type ||
        g_ascii_strcasecmp(type->c_type, "application/sdp") != 0)
        return NULL;
    *size = payload->pl_len;
    return payload->pl_data;
}

int ua_check_body(Ua *ua, sip_t const *sip)
{
    gsize size;
    sip_content_disposition_t const *disposition = sip->sip_content_disposition;
    gboolean optional = disposition && disposition->cd_optional;

    if (sip->sip_payload && sip->sip_payload->pl_len && !optional &&
        (!sip_body_sdp(sip, &size) || sip->sip_content_encoding))
        return 415;
    if (nta_check_accept(NULL, sip, ua->accept, NULL, TAG_END()))
        return 406;
    return 0;
}

void ua_log_malformed(Ua *ua, const char *what, const char *why)
{
    ua->counters.malformed++;
    if (log_limit(&ua->malformed_limit, 1, 10 * G_USEC_PER_SEC))
        log_warning("sip: malformed %s: %s (%" G_GUINT64_FORMAT " such lines suppressed)", what,
                    why, ua->malformed_limit.suppressed);
}

/* RFC 3261 20.43. */
static void refuse(Ua *ua, nua_handle_t *nh, int status, const char *phrase, const char *why,
                   guint code)
{
    const char *words = code == 301   ? "Incompatible network address formats"
                        : code == 305 ? "Incompatible media format"
                                      : "Media type not available";
    g_autofree char *warning = g_strdup_printf("%u %s \"%s\"", code, ua->port->host, words);
    gboolean overlap = status == 500 && strcmp(phrase, "Overlapping Requests") == 0;
    g_autofree char *later = g_strdup_printf("%d", g_random_int_range(0, 11));

    ua->counters.refused++;
    if (why && log_limit(&ua->refused_limit, 10, 10 * G_USEC_PER_SEC))
        log_notice("sip: request refused with %d %s: %s", status, phrase, why);
    nua_respond(nh, status, phrase, NUTAG_WITH_THIS(ua->nua),
                TAG_IF(status == 415 || status == 406, SIPTAG_ACCEPT(ua->accept)),
                TAG_IF(status == 488, SIPTAG_WARNING_STR(warning)),
                TAG_IF(overlap, SIPTAG_RETRY_AFTER_STR(later)), TAG_END());
    if (!nua_handle_magic(nh))
        nua_handle_destroy(nh);
}

void ua_refuse(Ua *ua, nua_handle_t *nh, int status, const char *phrase, const char *why)
{
    refuse(ua, nh, status, phrase, why, 305);
}

void ua_refuse_session(Ua *ua, nua_handle_t *nh, guint code, const char *why)
{
    refuse(ua, nh, SIP_488_NOT_ACCEPTABLE, why, code);
}

void ua_refuse_offer(Ua *ua, nua_handle_t *nh, const SdpSession *offer, const char *why)
{
    ua_refuse_session(ua, nh, offer->foreign ? 301 : offer_has_audio(offer) ? 305 : 304, why);
}

/* Outside a dialog it asks whether a call could be made now; inside one, whether the dialog lives.
 */
static void ua_asked_options(Ua *ua, nua_handle_t *nh)
{
    gboolean ready = nua_handle_magic(nh) ||
                     (!hall_is_draining(ua->hall) && (!ua->ready || ua->ready(ua->ready_user)));

    ua->counters.options++;
    if (ready)
        nua_respond(nh, SIP_200_OK, NUTAG_WITH_THIS(ua->nua), TAG_END());
    else
        nua_respond(nh, SIP_503_SERVICE_UNAVAILABLE, NUTAG_WITH_THIS(ua->nua), TAG_END());
    if (!nua_handle_magic(nh))
        nua_handle_destroy(nh);
}

/* Events of a dialog that belongs to a leg. The first tag of nua_i_state tells the call state. */
/* A request inside LEG's dialog, or its caller's CANCEL. */
static void ua_leg_asked(UaLeg *leg, nua_event_t event, int status, char const *phrase,
                         sip_t const *sip, tagi_t tags[])
{
    gboolean open = status < 200 && sip; /* NUA has not answered it */

    switch ((int)event) { /* Sofia's enum: what is not named here needs nothing from us */
    case nua_i_invite:
    case nua_i_update:
        if (open)
            dialog_offered(leg, sip);
        break;
    case nua_i_prack:
        if (open)
            uas_pracked(leg, sip);
        break;
    case nua_i_ack:
        if (sip)
            dialog_acked(leg, sip);
        break;
    case nua_i_cancel:
        uas_cancelled(leg, sip);
        break;
    case nua_i_bye:
        dialog_bye(leg, sip);
        break;
    case nua_i_error:
        dialog_failed(leg, status, phrase);
        break;
    case nua_i_refer:
        if (open)
            referral_asked(leg->ua, leg->nh, leg, sip, tags);
        break;
    case nua_i_subscribe:
        if (open)
            ua_refuse(leg->ua, leg->nh, SIP_489_BAD_EVENT, "SUBSCRIBE inside a call");
        break;
    case nua_i_info:
        if (open)
            digits_asked(leg, sip);
        break;
    default:
        break;
    }
}

/* A response to a request of ours for LEG. */
static void ua_leg_answered(UaLeg *leg, nua_event_t event, int status, char const *phrase,
                            sip_t const *sip, tagi_t tags[])
{
    switch ((int)event) {
    case nua_r_notify:
        referral_notified(leg, status, tags);
        break;
    case nua_r_invite:
        uac_responded(leg, status, phrase, sip);
        break;
    case nua_r_update:
    case nua_r_method: /* an early UPDATE */
        session_refreshed(leg, status, phrase, sip, FALSE);
        break;
    case nua_r_options:
        session_probed(leg, status, phrase, sip);
        break;
    case nua_r_info:
        digits_answered(leg, status, phrase, sip);
        break;
    case nua_r_bye:
        dialog_bye_answered(leg, status, phrase, sip);
        break;
    case nua_r_cancel:
    case nua_r_prack:
        if (status >= 200 && sip)
            leg_note_response(leg, LADDER_IN, status, phrase,
                              event == nua_r_cancel ? "CANCEL" : "PRACK", FALSE);
        if (event == nua_r_prack)
            session_give_up_challenge(leg, status);
        break;
    default:
        break;
    }
}

static void ua_leg_event(UaLeg *leg, nua_event_t event, int status, char const *phrase,
                         sip_t const *sip, tagi_t tags[])
{
    int state = nua_callstate_init;
    struct sockaddr_storage source;

    /* A response that NTA made up (Timer B, no transport) came from nowhere: it is no message. */
    origin_source(leg->ua->nua, &source);
    if (!source.ss_family)
        sip = NULL;
    if (sip && sip->sip_status && sip->sip_cseq->cs_method == sip_method_invite && !leg->uas &&
        !leg->established)
        leg->server = source;
    if ((status == 401 || status == 407) && sip && sip->sip_status &&
        challenge_met(leg, status, phrase, sip))
        return;
    if (event == nua_i_state) {
        tl_gets(tags, NUTAG_CALLSTATE_REF(state), TAG_END());
        if (state == nua_callstate_terminated)
            dialog_terminated(leg);
    } else if (event < nua_r_set_params) {
        ua_leg_asked(leg, event, status, phrase, sip, tags);
    } else {
        ua_leg_answered(leg, event, status, phrase, sip, tags);
    }
}

void ua_event(nua_event_t event, int status, char const *phrase, nua_t *nua, Ua *ua,
              nua_handle_t *nh, UaLeg *leg, sip_t const *sip, tagi_t tags[])
{
    UaPort *port = ports_present(ua, nua, sip);

    if (port && event == nua_r_shutdown) {
        port->shut = port->shut || status >= 200;
        return;
    }
    if (!port || !nh || register_hears(ua, nh, event, status, phrase, sip) ||
        health_hears(ua, nh, event, status) || mwi_hears(ua, nh, event, status, sip, tags))
        return;
    if (event == nua_i_options && status < 200)
        ua_asked_options(ua, nh);
    else if (event == nua_i_subscribe && status < 200 && sip && !leg)
        mwi_subscribed(ua, nh, sip);
    else if (leg)
        ua_leg_event(leg, event, status, phrase, sip, tags);
    else if (event == nua_i_invite && status < 200 && sip)
        uas_invited(ua, nh, sip);
    else if (event == nua_i_info && status < 200)
        ua_refuse(ua, nh, SIP_481_NO_TRANSACTION, "INFO outside a dialog");
    else if (event == nua_i_refer && status < 200 && sip)
        referral_asked(ua, nh, NULL, sip, tags);
    else if (event != nua_i_state && event != nua_i_active && event != nua_i_terminated)
        nua_handle_destroy(nh); /* whatever NUA answered by itself */
}
