/* A transfer that a phone has asked for, by REFER or by BYE with Also: tried beside the call, told
 * by NOTIFY.
 *
 * The call stays with the transferor until its party on the PBX is answered elsewhere
 * (SIP.REPLACED), or until the transferor hangs up (SIP.MOVED). A SIP URI is tried by a leg of ours
 * beside the call's own, a number of the PBX by a call the hall seeks, and a second call of the
 * same phone is joined to the first without a message.
 */
#include "referral.h"

#include "cause.h"
#include "log.h"

#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_util.h>
#include <string.h>

const char *referral_phrase(guint16 status)
{
    const char *phrase = sip_status_phrase(status);

    return phrase ? phrase : "Failure";
}

/* ---- its life -----------------------------------------------------------------------------------
 */

Referral *referral_new(UaLeg *told, UaLeg *referrer)
{
    Referral *referral = g_new0(Referral, 1);

    if (told->referral) /* over; what it was to tell is told */
        referral_forget(told);
    referral->ua = told->ua;
    referral->told = told;
    referral->referrer = referrer;
    told->referral = referral;
    referrer->referring = referral;
    return referral;
}

static void referral_free(Referral *referral)
{
    referral->told->referral = NULL;
    if (referral->referrer)
        referral->referrer->referring = NULL;
    if (referral->tried)
        referral->tried->beside = NULL;
    loop_timer_free(referral->ua->loop, referral->patience);
    g_free(referral->event);
    g_free(referral);
}

/* Frees REFERRAL when nobody is to hear of it any more. */
void referral_settle(Referral *referral)
{
    UaLeg *told = referral->told;

    if (!referral->over || referral->notifies || referral->held)
        return;
    referral_free(referral);
    leg_settle(told);
}

void referral_notify(Referral *referral, guint16 status)
{
    gboolean final = status >= 200;
    g_autofree char *body = g_strdup_printf("SIP/2.0 %u %s\r\n", status, referral_phrase(status));

    if (!referral->notifies)
        return;
    leg_note(referral->told, LADDER_OUT, "NOTIFY %u", status);
    nua_notify(referral->told->nh, SIPTAG_EVENT_STR(referral->event),
               SIPTAG_CONTACT_STR(leg_contact(referral->told)),
               NUTAG_SUBSTATE(final ? nua_substate_terminated : nua_substate_active),
               SIPTAG_CONTENT_TYPE_STR("message/sipfrag;version=2.0"), SIPTAG_PAYLOAD_STR(body),
               TAG_END());
}

void referral_follow(UaLeg *leg, UaLeg *before)
{
    leg->beside = g_steal_pointer(&before->beside);
    leg->beside->tried = leg;
    if (call_sip_leg(leg->call) == before) /* the transferor has left: it is the call's */
        leg_take_over(leg);
}

/* The outcome is STATUS. REFERRAL may be gone afterwards. */
void referral_end(Referral *referral, guint16 status)
{
    if (referral->over)
        return;
    referral->over = TRUE;
    referral->status = status;
    if (status < 300)
        referral->ua->counters.referrals_done++;
    if (referral->referrer)
        referral->referrer->referring = NULL;
    referral->referrer = NULL;
    if (referral->tried)
        referral->tried->beside = NULL;
    referral->tried = NULL;
    if (referral->patience)
        loop_timer_stop(referral->ua->loop, referral->patience);
    referral_notify(referral, status);
    referral_settle(referral);
}

void referral_notified(UaLeg *leg, int status, tagi_t tags[])
{
    Referral *referral = leg->referral;
    int substate = nua_substate_terminated;

    if (status < 200)
        return;
    leg_note_response(leg, LADDER_IN, status, referral_phrase((guint16)status), "NOTIFY", FALSE);
    if (status == 401 || status == 407) { /* NUA would wait for credentials */
        nua_authenticate(leg->nh, TAG_END());
        return;
    }
    tl_gets(tags, NUTAG_SUBSTATE_REF(substate), TAG_END());
    if (!referral || (substate != nua_substate_terminated && status < 300))
        return;
    referral->notifies = FALSE;
    referral_settle(referral);
}

/* ---- what is tried gets on ----------------------------------------------------------------------
 */

/* The transferor's dialog no longer carries the call; BYE is its far end's to send. */
static void referral_depart(Referral *referral)
{
    UaLeg *referrer = referral->referrer;

    if (!referrer || referral->moved)
        return;
    leg_leave(referrer);
    leg_say_bye_later(referrer);
}

/* The hall's news of the call it seeks. */
void referral_told(void *user, guint16 status, const CallNews *news)
{
    Referral *referral = user;

    if (status < 200) {
        referral_notify(referral, status);
        return;
    }
    referral->seeking = FALSE;
    referral->news = *news;
    if (status < 300)
        referral_depart(referral);
    referral_end(referral, status);
}

/* Who is there now: as the far end asserts, else whom we called. */
static gboolean referral_party(const Referral *referral, const UaLeg *tried, Party *party)
{
    *party = tried->heard_party;
    return *party->number.digits || *party->name || party_of_uri(referral->plan.uri, party);
}

/* The leg tried is answered while the transferor still holds the call. */
static void referral_succeed(Referral *referral)
{
    UaLeg *tried = referral->tried, *referrer = referral->referrer;
    Call *call = tried->call;
    CallNews news = CALL_NEWS_INIT;

    news.has_remote = TRUE;
    news.remote = tried->told;
    news.has_party = referral_party(referral, tried, &news.party);
    leg_take_over(tried);
    leg_say_bye_later(referrer);
    transfer_settle(call, &referral->plan);
    referral_end(referral, 200);
    call_event(call, EVENT_SIP_REPLACED, &news);
}

static void referral_fail(Referral *referral, UaLeg *tried, guint16 status, const CallNews *news)
{
    if (news)
        referral->news = *news;
    if (!referral->moved)
        leg_leave(tried);
    referral_end(referral, status >= 300 ? status : 500);
}

gboolean referral_hears(UaLeg *leg, CallEvent event, const CallNews *news)
{
    Referral *referral = leg->beside;
    gboolean moved = referral->moved;

    switch ((int)event) { /* the rest is the call's business alone */
    case EVENT_SIP_TRYING:
    case EVENT_SIP_FORWARDED:
    case EVENT_SIP_RINGING:
    case EVENT_SIP_RINGING_MEDIA:
    case EVENT_SIP_PROGRESS:
        referral->heard = event;
        referral->news = *news;
        if (news->status > 100)
            referral_notify(referral, news->status);
        break;
    case EVENT_SIP_ANSWER:
        if (moved)
            referral_end(referral, 200);
        else
            referral_succeed(referral);
        break;
    case EVENT_SIP_FAILURE:
    case EVENT_SIP_REDIRECTED:
        referral_fail(referral, leg, news->status, news);
        break;
    case EVENT_SIP_LOST:
    case EVENT_SIP_REFUSED:
        referral_fail(referral, leg, 500, news);
        break;
    case EVENT_SIP_BYE:
        referral_fail(referral, leg, 487, news);
        if (!moved) {
            leg->closing = TRUE;
            nua_cancel(leg->nh, TAG_END());
        }
        break;
    default:
        break;
    }
    return !moved;
}

/* RFC 5589 6.3.2: nobody answers; the 487 that comes is the outcome. */
static void referral_runs_out(void *user)
{
    Referral *referral = user;
    UaLeg *tried = referral->tried;

    if (!tried || referral->moved || tried->cancelled)
        return;
    tried->cancelled = TRUE;
    leg_note(tried, LADDER_OUT, "CANCEL");
    nua_cancel(tried->nh, TAG_END());
}

/* What SIP, a REFER or a BYE, hands on to our INVITE. */
static void referral_invite(Referral *referral, const ReferTo *to, sip_t const *sip,
                            const char *extra)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    UacInvite invite = {.uri = referral->plan.uri,
                        .setup = &referral->plan.setup,
                        .peer = referral->plan.peer,
                        .replaces = to->replaces,
                        .require = to->require,
                        .extra = extra};
    Call *call = referral->referrer->call;
    const char *why;
    guint8 cause;

    su_home_init(home);
    if (sip->sip_referred_by)
        invite.referred_by = sip_header_as_string(home, (sip_header_t const *)sip->sip_referred_by);
    referral->tried = uac_begin(referral->ua, call, &invite, TRUE, &cause, &why);
    su_home_deinit(home);
    if (!referral->tried) {
        referral->news.cause = cause;
        log_notice("C%u sip: transfer fails: %s", call_id(call), why);
        referral_end(referral, cause_to_status(NULL, cause, CAUSE_LOCATION_NONE));
        return;
    }
    referral->tried->beside = referral;
    referral->patience = loop_timer_new(referral->ua->loop, referral_runs_out, referral);
    loop_timer_start(referral->ua->loop, referral->patience,
                     referral->ua->settings->sip.no_answer_us);
}

/* REFERRAL may be over, and gone, afterwards. */
void referral_try(Referral *referral, const ReferTo *to, sip_t const *sip, const char *extra)
{
    if (referral->plan.way == TRANSFER_TO_URI) {
        referral_invite(referral, to, sip, extra);
        return;
    }
    referral->seeking = TRUE;
    if (!transfer_seek(referral->referrer->call, &referral->plan, referral_told, referral)) {
        referral->seeking = FALSE;
        referral->news.cause = CAUSE_TEMPORARY_FAILURE;
        referral_end(referral, 503);
    }
}

void referral_forsake(UaLeg *leg)
{
    Referral *referral = leg->referring;
    UaLeg *tried = referral ? referral->tried : NULL;

    if (!referral)
        return;
    if (referral->seeking)
        transfer_forsake(leg->call);
    referral->seeking = FALSE;
    if (tried) {
        tried->beside = NULL;
        leg_leave(tried);
        if (!tried->closing && !tried->terminated) {
            tried->closing = TRUE;
            leg_note(tried, LADDER_OUT, "CANCEL");
            nua_cancel(tried->nh, TAG_END());
        }
        referral->tried = NULL;
    }
    referral_end(referral, 487);
}

void referral_forget(UaLeg *leg)
{
    if (leg->referring && leg->call)
        referral_forsake(leg);
    if (leg->referring) { /* the call has been moved: it goes on by itself */
        leg->referring->referrer = NULL;
        leg->referring = NULL;
    }
    if (leg->beside)
        leg->beside->tried = NULL;
    leg->beside = NULL;
    if (leg->referral) {
        Call *call = leg->referral->seeking ? hall_find_call(leg->ua->hall, leg->id) : NULL;

        if (call)
            transfer_hush(call);
        referral_free(leg->referral);
    }
}

/* ---- the transferor hangs up --------------------------------------------------------------------
 */

/* The call's SIP leg is our INVITE from now on; what it has heard so far the call hears now. */
void referral_move(Referral *referral, UaLeg *leg)
{
    Call *call = leg->call;
    CallNews nobody = CALL_NEWS_INIT;
    CallEvent heard = referral->heard;
    CallNews news = referral->news;

    referral->moved = TRUE;
    if (referral->seeking) {
        leg_leave(leg);
        transfer_move(call);
        return;
    }
    leg_take_over(referral->tried);
    transfer_settle(call, &referral->plan);
    nobody.has_party = referral_party(referral, referral->tried, &nobody.party);
    nobody.has_remote = TRUE;
    nobody.remote.event_payload_type = -1;
    call_event(call, EVENT_SIP_MOVED, &nobody);
    if (heard != EVENT_SIP_INVITE) /* nothing heard */
        call_event(call, heard, &news);
}

/* ---- what is told and asked of it ---- */

const char *referral_header(sip_t const *sip, const char *name)
{
    for (sip_unknown_t const *at = sip ? sip->sip_unknown : NULL; at; at = at->un_next)
        if (at->un_name && g_ascii_strcasecmp(at->un_name, name) == 0)
            return at->un_value;
    return NULL;
}
