/* REFER: what is asked for is judged, answered, and begun. */
#include "referral.h"

#include "cause.h"
#include "log.h"

#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_util.h>
#include <string.h>

/* RFC 4538: the dialog of ours that a REFER outside of it names. Its tags are told from the
 * sender's side. */
static UaLeg *target_dialog(Ua *ua, sip_t const *sip)
{
    const char *value = referral_header(sip, "Target-Dialog");
    g_auto(GStrv) parts = g_strsplit(value ? value : "", ";", -1);
    const char *local = NULL, *remote = NULL;
    g_autofree char *replaces = NULL;
    gboolean early_only;

    for (guint i = 0; parts[i]; i++) {
        g_strstrip(parts[i]);
        if (i && g_ascii_strncasecmp(parts[i], "local-tag=", 10) == 0)
            local = parts[i] + 10;
        else if (i && g_ascii_strncasecmp(parts[i], "remote-tag=", 11) == 0)
            remote = parts[i] + 11;
    }
    if (!local || !remote)
        return NULL;
    replaces = g_strdup_printf("%s;to-tag=%s;from-tag=%s", parts[0], remote, local);
    return replaces_find(ua, replaces, &early_only);
}

/* What is asked, and of whom. */
typedef struct Asked {
    UaLeg *leg;   /* whose call it is */
    UaLeg *other; /* the dialog of ours that Replaces names; NULL: none */
    gboolean early_only;
    gboolean silent; /* RFC 4488: no subscription */
    guint16 outcome; /* is known before anything is tried; 0: is not */
    ReferTo to;
    TransferPlan plan;
    const char *why;
} Asked;

/* RFC 5057 5.1: as the answer to a request in a dialog these end it. As what a NOTIFY tells they
 * say the same. */
static gboolean status_ends_dialog(int status)
{
    return status == 404 || status == 410 || status == 414 || status == 416 || status == 484;
}

static int refer_judge_target(Asked *asked, const CallOrigin *by)
{
    ReferTo *to = &asked->to;

    if (!to->is_sip) {
        asked->why = "Refer-To's scheme";
        return 603;
    }
    if (to->method && g_ascii_strcasecmp(to->method, "INVITE") != 0) {
        asked->why = "Refer-To's method";
        return 603;
    }
    if (asked->other || (to->replaces && to->ours)) {
        if (asked->other == asked->leg) {
            asked->why = "Replaces names the dialog itself";
            return 400;
        }
        if (transfer_allowed(asked->leg->call, by, TRANSFER_JOIN, &asked->plan))
            return 0;
    } else if (referral_plan(asked->leg, by, to, &asked->plan)) {
        return 0;
    }
    asked->why = asked->plan.why;
    if (!status_ends_dialog(asked->plan.status))
        return asked->plan.status;
    asked->outcome = asked->plan.status;
    return 0;
}

/* May this be tried? 0, or the status that says why not. */
static int refer_judge(Ua *ua, sip_t const *sip, const struct sockaddr *source, Asked *asked)
{
    sip_refer_to_t const *refer_to = sip->sip_refer_to;
    CallOrigin by;

    asked->why = "its source may not call us";
    if (!referral_source(ua, asked->leg, sip, source, &by))
        return 403;
    asked->why = "it belongs to no call";
    if (!asked->leg)
        return 403;
    if (referral_is_barred(asked->leg, &asked->why))
        return 403;
    asked->why = "Refer-To";
    if (!refer_to ||
        sip->sip_error) /* the parser keeps a second one, as what it cannot read, there */
        return 400;
    asked->why = "the call is not up";
    if (!referral_leg_is_up(asked->leg) || asked->leg->closing)
        return 603;
    asked->why = "another transfer is pending";
    if (asked->leg->referring)
        return 491;
    refer_to_read(ua, refer_to->r_url, &asked->to);
    if (asked->to.replaces)
        asked->other = replaces_find(ua, asked->to.replaces, &asked->early_only);
    if (asked->other && referral_is_barred(asked->other, &asked->why))
        return 403;
    return refer_judge_target(asked, &by);
}

/* Both dialogs are the transferor's: its two calls become one, or its consultation, which rings, is
 * taken over. */
static void refer_join(Referral *referral, const Asked *asked)
{
    UaLeg *leg = asked->leg, *other = asked->other;
    Call *call = leg->call, *second = other ? other->call : NULL;
    SipStates early = 1u << SIP_INVITED | 1u << SIP_RINGING | 1u << SIP_PROGRESSING;

    if (!other || !second || other->closing) {
        referral_end(referral, other ? 603 : 481);
    } else if (referral_leg_is_up(other) && !asked->early_only && transfer_joinable(call, second)) {
        referral_forsake(other);
        leg_leave(leg);
        leg_leave(other);
        leg_say_bye(other);
        leg_say_bye_later(leg);
        referral_end(referral, 200);
        transfer_join(call, second);
    } else if (other->uas && !other->established && early & 1u << call_sip_state(second)) {
        leg_leave(other);
        other->closing = TRUE;
        leg_note_response(other, LADDER_OUT, SIP_487_REQUEST_TERMINATED, NULL, FALSE);
        nua_respond(other->nh, SIP_487_REQUEST_TERMINATED, TAG_END());
        referral->seeking = TRUE;
        transfer_adopt(call, second, referral_told, referral);
    } else {
        referral_end(referral, referral_leg_is_up(other) && asked->early_only ? 486 : 481);
    }
}

static char *refer_event(tagi_t tags[])
{
    sip_event_t const *event = NULL;

    tl_gets(tags, NUTAG_REFER_EVENT_REF(event), TAG_END());
    if (event && event->o_id)
        return g_strdup_printf("refer;id=%s", event->o_id);
    return g_strdup("refer");
}

static void refer_accept(Ua *ua, nua_handle_t *nh, UaLeg *told, sip_t const *sip, Asked *asked,
                         tagi_t tags[])
{
    gboolean bare = !told;
    Referral *referral;

    if (bare) { /* a dialog of its own */
        told = leg_new_beside(ua, NULL, nh, TRUE);
        told->id = asked->leg->id;
        told->terminated = told->closing = TRUE;
    }
    referral = referral_new(told, asked->leg);
    referral->plan = asked->plan;
    referral->event = refer_event(tags);
    referral->notifies = !asked->silent;
    leg_note_response(told, LADDER_OUT, SIP_202_ACCEPTED, "REFER", FALSE);
    nua_respond(nh, SIP_202_ACCEPTED, NUTAG_WITH_THIS(ua->nua),
                SIPTAG_CONTACT_STR(leg_contact(told)),
                TAG_IF(asked->silent, SIPTAG_HEADER_STR("Refer-Sub: false")), TAG_END());
    if (asked->outcome) {
        referral_tell_refused(ua, sip, "REFER", asked->outcome, asked->why);
        referral_end(referral, asked->outcome);
        return;
    }
    if (asked->other || (asked->to.replaces && asked->to.ours)) {
        refer_join(referral, asked);
        return;
    }
    if (!bare) /* in a dialog of its own NUA has told it */
        referral_notify(referral, 100);
    referral_try(referral, &asked->to, sip, NULL);
}

void referral_asked(Ua *ua, nua_handle_t *nh, UaLeg *leg, sip_t const *sip, tagi_t tags[])
{
    sip_refer_sub_t const *sub = sip_refer_sub(sip);
    Asked asked = {.leg = leg ? leg : target_dialog(ua, sip),
                   .silent =
                       sub && sub->rs_value && g_ascii_strcasecmp(sub->rs_value, "false") == 0};
    struct sockaddr_storage source;
    int status;

    origin_source(ua->nua, &source);
    status = refer_judge(ua, sip, (struct sockaddr *)&source, &asked);
    ua->counters.referrals++;
    if (asked.leg)
        leg_note(asked.leg, LADDER_IN, "REFER %s",
                 asked.to.replaces ? "Replaces"
                 : asked.to.uri    ? asked.to.uri
                                   : "");
    if (!status) {
        refer_accept(ua, nh, leg, sip, &asked, tags);
    } else {
        referral_tell_refused(ua, sip, "REFER", status, asked.why);
        if (leg)
            leg_note_response(leg, LADDER_OUT, status, referral_phrase((guint16)status), "REFER",
                              FALSE);
        ua_refuse(ua, nh, status, referral_phrase((guint16)status), NULL);
    }
    refer_to_clear(&asked.to);
}

/* A REFER outside every dialog would get NUA's own NOTIFY, whatever we answer; one in a dialog that
 * is none, a 481 that nobody hears of. */
int referral_met(Ua *ua, sip_t const *sip, const struct sockaddr *source)
{
    Asked asked = {0};
    int status = 0;

    if (sip->sip_to->a_tag) {
        nua_handle_t *nh = ports_handle_by_call_id(ua, sip->sip_call_id->i_id);

        if (nh)
            nua_handle_unref(nh);
        else
            referral_tell_refused_from(ua, sip, source, "REFER", 481, "its dialog is none of ours");
        return 0;
    }
    asked.leg = target_dialog(ua, sip);
    status = refer_judge(ua, sip, source, &asked);
    if (!status && !sip->sip_contact) {
        status = 400;
        asked.why = "Contact is missing";
    }
    if (status) {
        ua->counters.referrals++;
        referral_tell_refused_from(ua, sip, source, "REFER", status, asked.why);
    }
    refer_to_clear(&asked.to);
    return status;
}
