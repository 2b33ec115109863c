/* A leg's life: a SIP dialog that belongs to a call, and outlives it until NUA has finished with
 * it. */
#include "attempt.h"

#include "cause.h"
#include "log.h"
#include "pieces.h"
#include "transfers.h"

#include <stdarg.h>
#include <string.h>

UaLeg *leg_new(Ua *ua, Call *call, nua_handle_t *nh, gboolean uas)
{
    UaLeg *leg = leg_new_beside(ua, call, nh, uas);

    call_set_sip_leg(call, leg);
    return leg;
}

UaLeg *leg_new_beside(Ua *ua, Call *call, nua_handle_t *nh, gboolean uas)
{
    UaLeg *leg = g_new0(UaLeg, 1);
    struct sockaddr_storage source;

    leg->ua = ua;
    leg->settings = ua->settings;
    leg->call = call;
    leg->id = call ? call_id(call) : 0;
    leg->nh = nh;
    leg->uas = uas;
    leg->port = ua->port;
    leg->tcp = uas && ua->tcp;
    leg->outside = TRUE;
    if (uas) {
        origin_source(ua->nua, &source);
        leg->outside = !source.ss_family || ports_are_public_to(leg->settings, &source);
    }
    leg->peer = call ? call_peer(call) : NULL;
    leg->trusted = leg->peer && leg->peer->trusted;
    if (uas)
        origin_source(ua->nua, &leg->server);
    g_hash_table_add(ua->legs, leg);
    nua_handle_bind(nh, leg);
    return leg;
}

/* The set of legs calls this when LEG is removed from it. */
void leg_free(UaLeg *leg)
{
    referral_forget(leg);
    attempt_free(leg->attempt);
    succession_leave(leg);
    loop_timer_free(leg->ua->loop, leg->bye_due);
    loop_timer_free(leg->ua->loop, leg->expires);
    loop_timer_free(leg->ua->loop, leg->repeat);
    loop_timer_free(leg->ua->loop, leg->session);
    loop_timer_free(leg->ua->loop, leg->hold_again);
    g_free(leg->hold_before);
    loop_timer_free(leg->ua->loop, leg->inform_again);
    if (leg->series)
        series_leave(leg);
    else if (leg->call_id)
        g_hash_table_remove(leg->ua->calling, leg->call_id);
    g_free(leg->call_id);
    g_free(leg->own_tag);
    g_free(leg->answer_extra);
    challenge_forget(&leg->answered);
    g_free(leg->heard_from);
    g_free(leg->early_to);
    g_free(leg->early_route);
    g_free(leg->early_target);
    g_free(leg->taker);
    if (leg->digits)
        g_string_free(leg->digits, TRUE);
    if (leg->early)
        g_array_unref(leg->early);
    if (leg->far.ss_family)
        hearing_forget(leg->ua, &leg->far);
    if (leg->nh) {
        nua_handle_bind(leg->nh, NULL);
        nua_handle_destroy(leg->nh);
    }
    g_free(leg);
}

void leg_settle(UaLeg *leg)
{
    if (!leg->call && leg->terminated && !leg->referral)
        g_hash_table_remove(leg->ua->legs, leg);
}

void leg_leave(UaLeg *leg)
{
    if (leg->call && call_sip_leg(leg->call) == leg)
        call_set_sip_leg(leg->call, NULL);
    leg->call = NULL;
    loop_timer_free(leg->ua->loop, g_steal_pointer(&leg->expires));
    loop_timer_free(leg->ua->loop, g_steal_pointer(&leg->repeat));
    loop_timer_free(leg->ua->loop, g_steal_pointer(&leg->hold_again));
}

void leg_take_over(UaLeg *leg)
{
    UaLeg *before = call_sip_leg(leg->call);

    if (before && before != leg)
        leg_leave(before);
    call_set_sip_leg(leg->call, leg);
}

void leg_say_bye(UaLeg *leg)
{
    if (leg->closing || leg->terminated)
        return;
    leg->closing = TRUE;
    leg_note(leg, LADDER_OUT, "BYE");
    nua_bye(leg->nh, TAG_END());
}

static void leg_bye_is_due(void *user)
{
    leg_say_bye(user);
}

/* RFC 5589 6.1: BYE is the transferor's to send. As long as a transaction may take it is waited
 * for. */
void leg_say_bye_later(UaLeg *leg)
{
    if (leg->closing || leg->terminated)
        return;
    if (!leg->bye_due)
        leg->bye_due = loop_timer_new(leg->ua->loop, leg_bye_is_due, leg);
    loop_timer_start(leg->ua->loop, leg->bye_due, (gint64)leg->settings->sip.t1_ms * 64 * 1000);
}

/* The hall lets go. What the call map did not end (a rule without a message) is ended here. */
void leg_part(void *room, Call *call)
{
    UaLeg *leg = call_sip_leg(call);

    if (!leg)
        return;
    referral_forsake(leg);
    if (leg->series)
        series_abandon(leg->series, leg);
    leg_leave(leg);
    if (attempt_is_unsent(leg))
        leg->terminated = TRUE;
    if (!leg->closing && !leg->terminated) {
        leg->closing = TRUE;
        if (leg->uas && !leg->established)
            nua_respond(leg->nh, SIP_500_INTERNAL_SERVER_ERROR, TAG_END());
        else if (!leg->cancelled || leg->established) /* a CANCEL while our INVITE is pending */
            nua_bye(leg->nh, TAG_END());
    }
    leg_settle(leg);
}

void leg_note(UaLeg *leg, LadderWay way, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    hall_note(leg->ua->hall, leg->id, LADDER_SIP, way, "%s", text);
}

void leg_note_request(UaLeg *leg, LadderWay way, sip_t const *sip, gboolean sdp)
{
    sip_request_t const *request = sip->sip_request;
    gboolean initial = request->rq_method == sip_method_invite && !sip->sip_to->a_tag;

    leg_note(leg, way, "%s%s%s%s", request->rq_method_name, initial ? " " : "",
             initial && request->rq_url->url_user ? request->rq_url->url_user : "",
             sdp ? " SDP" : "");
}

void leg_note_response(UaLeg *leg, LadderWay way, int status, const char *phrase,
                       const char *method, gboolean sdp)
{
    gboolean invite = !method || strcmp(method, "INVITE") == 0;

    leg_note(leg, way, "%d %s%s%s%s%s", status, phrase, invite ? "" : " (", invite ? "" : method,
             invite ? "" : ")", sdp ? " SDP" : "");
}

void leg_note_cause(UaLeg *leg, LadderWay way, const char *what, guint8 cause)
{
    if (cause)
        leg_note(leg, way, "%s cause %u", what, cause);
    else
        leg_note(leg, way, "%s", what);
}

static sip_reason_t const *reason_find(sip_t const *sip)
{
    for (sip_reason_t const *reason = sip ? sip->sip_reason : NULL; reason;
         reason = reason->re_next) {
        if (reason->re_protocol && g_ascii_strcasecmp(reason->re_protocol, "Q.850") == 0 &&
            reason_cause(reason->re_cause))
            return reason;
    }
    return NULL;
}

guint8 leg_cause_in(sip_t const *sip)
{
    sip_reason_t const *reason = reason_find(sip);

    return reason ? reason_cause(reason->re_cause) : 0;
}

void leg_event(UaLeg *leg, CallEvent event, const CallNews *news)
{
    if (leg->beside && referral_hears(leg, event, news))
        return;
    if (leg->series && series_hears(leg, event, news))
        return;
    if (leg->call)
        call_event(leg->call, event, news);
}

/* RFC 4028 10 and RFC 3326 2 have a session that expired told as 408; the rest is Q.850's. */
static void lost_reason(guint8 cause, ReasonText *reason)
{
    if (cause == CAUSE_TIMER_EXPIRY)
        g_strlcpy(reason->text, "SIP;cause=408;text=\"Session timeout\"", sizeof(reason->text));
    else
        reason_write(cause, CAUSE_LOCATION_NONE, reason);
}

void leg_lost(UaLeg *leg, const char *why, guint8 cause, gboolean bye)
{
    CallNews news = CALL_NEWS_INIT;
    ReasonText reason;

    if (bye && !leg->closing) {
        leg->closing = TRUE;
        lost_reason(cause, &reason);
        leg_note_cause(leg, LADDER_OUT, "BYE", cause);
        nua_bye(leg->nh, SIPTAG_REASON_STR(reason.text), TAG_END());
    }
    if (!leg->call)
        return;
    leg->closing = leg->ended = TRUE;
    leg->ua->counters.lost++;
    news.cause = cause;
    g_strlcpy(news.detail, why, sizeof(news.detail));
    leg_event(leg, EVENT_SIP_LOST, &news);
}

Law leg_law(const UaLeg *leg)
{
    const Settings *settings = leg->settings;
    Channel channel = leg->call ? call_channel(leg->call) : (Channel){0};
    const TrunkSettings *trunk = leg->call ? call_trunk(leg->call) : NULL;

    if (channel.number && channel.span < settings->spans->len)
        return ((SpanSettings *)g_ptr_array_index(settings->spans, channel.span))->law;
    if (trunk && trunk->spans && trunk->spans->len)
        return ((SpanSettings *)g_ptr_array_index(trunk->spans, 0))->law;
    return LAW_ALAW;
}

gboolean leg_news_media(UaLeg *leg, const SdpChoice *choice, CallNews *news)
{
    if (media_remote_equal(&leg->told, &choice->remote))
        return FALSE;
    leg->told = choice->remote;
    news->has_remote = TRUE;
    news->remote = choice->remote;
    return TRUE;
}

void leg_reason(const UaLeg *leg, ReasonText *text)
{
    text->text[0] = '\0';
    if (leg->call)
        reason_write(call_cause(leg->call), call_cause_location(leg->call), text);
}

void leg_news_reason(const UaLeg *leg, sip_t const *sip, CallNews *news)
{
    sip_reason_t const *reason = leg->trusted ? reason_find(sip) : NULL;

    if (!reason)
        return;
    news->cause = reason_cause(reason->re_cause);
    news->location = reason_location(msg_params_find(reason->re_params, "location="));
    news->reason_trusted = TRUE;
}

gboolean leg_bye(void *room, Call *call, const CallNews *news)
{
    UaLeg *leg = call_sip_leg(call);
    g_autofree char *extra = NULL, *charge = NULL;
    ReasonText reason;

    if (!leg || leg->terminated) {
        call_event(call, EVENT_SIP_ENDED, NULL);
        return TRUE;
    }
    referral_forsake(leg);
    if (leg->closing) /* NUA has sent one of its own, its answer is on the way */
        return TRUE;
    if (leg->replacing && !leg->acked) { /* RFC 3261 15 */
        leg->bye_waits = TRUE;
        return TRUE;
    }
    if (leg->uas && !leg->established) /* nothing to end yet but the INVITE */
        return uas_reject(room, call, news);
    leg_reason(leg, &reason);
    leg->closing = TRUE;
    extra = extra_user_info(leg, news);
    charge = charge_of_bye(leg);
    leg_note_cause(leg, LADDER_OUT, "BYE", leg->call ? call_cause(leg->call) : 0);
    nua_bye(leg->nh, TAG_IF(*reason.text, SIPTAG_REASON_STR(reason.text)),
            TAG_IF(extra, SIPTAG_HEADER_STR(extra)),
            TAG_IF(charge, SIPTAG_CONTENT_TYPE_STR("application/vnd.etsi.aoc+xml")),
            TAG_IF(charge, SIPTAG_PAYLOAD_STR(charge)), TAG_END());
    return TRUE;
}
