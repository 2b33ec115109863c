/* Whoever asks for a transfer: where the request came from, whether it may be, and where it leads.
 */
#include "referral.h"

#include "joined.h"
#include "log.h"

#include <sofia-sip/sip_util.h>

void referral_know_called(const UaLeg *leg, CallOrigin *by)
{
    const Ua *ua = leg->ua;
    su_home_t home[1] = {SU_HOME_INIT(home)};
    url_t *url;
    char *name;

    su_home_init(home);
    url = url_make(home, call_uri(leg->call));
    if (url && url->url_user && ua->behind.know_called) {
        name = su_strdup(home, url->url_user);
        url_unescape(name, name);
        ua->behind.know_called(ua->behind.user, name, by);
    }
    su_home_deinit(home);
}

/* Behind the proxy a request in a dialog says where it came from, but of the guard's questions none
 * was asked: who began the dialog is who asks. */
static void source_in_dialog(const UaLeg *leg, CallOrigin *by)
{
    if (leg->taker)
        *by = *leg->taker;
    else if (leg->uas && leg->call && call_origin(leg->call)->kind == ORIGIN_SIP)
        *by = *call_origin(leg->call);
    else if (!leg->uas && leg->call)
        referral_know_called(leg, by);
}

/* No transfer is a call for help: what the call was, or the Request-URI says, opens no door. */
gboolean referral_source(Ua *ua, const UaLeg *leg, sip_t const *sip, const struct sockaddr *source,
                         CallOrigin *by)
{
    if (ua->is_behind) {
        gboolean sealed = origin_of_request(ua, sip, source, by);

        if (!sealed && !sip->sip_to->a_tag)
            return FALSE;
        if (!sealed)
            origin_read(ua->settings, source, by);
        if (leg && sip->sip_to->a_tag)
            source_in_dialog(leg, by);
        by->emergency = FALSE;
        return TRUE;
    }
    origin_read(ua->settings, source, by);
    return network_contains(ua->settings->sip.allow, source);
}

/* What no route takes may be a phone's name: the proxy before us knows. */
gboolean referral_plan(const UaLeg *leg, const CallOrigin *by, const ReferTo *to,
                       TransferPlan *plan)
{
    const Number *number = to->ours && to->has_number == NUMBER_OK ? &to->number : NULL;

    if (!to->ours)
        return transfer_plan(leg->call, by, NULL, to->uri, plan);
    if (number && transfer_plan(leg->call, by, number, to->uri, plan))
        return TRUE;
    if (leg->ua->is_behind && (!number || plan->status == 404))
        return transfer_plan(leg->call, by, NULL, to->uri, plan);
    if (!number) {
        *plan = (TransferPlan){.status = 404};
        g_strlcpy(plan->why, "no number of ours", sizeof(plan->why));
    }
    return FALSE;
}

/* Whoever dialled for help had to show no credentials, and the place stays reachable. */
gboolean referral_is_barred(const UaLeg *leg, const char **why)
{
    if (leg->call && call_joined(leg->call)) {
        *why = "the PBX has transferred the call, and has left it";
        return TRUE;
    }
    if (!leg->call || !(call_is_sheltered(leg->call) || call_is_emergency(leg->call)))
        return FALSE;
    *why = "a call for help goes nowhere else";
    return TRUE;
}

gboolean referral_leg_is_up(const UaLeg *leg)
{
    return leg->call && leg->established && (leg->acked || !leg->uas) &&
           call_sip_state(leg->call) == SIP_UP;
}

void referral_tell_refused_from(Ua *ua, sip_t const *sip, const struct sockaddr *source,
                                const char *method, int status, const char *why)
{
    char text[64];

    ua->counters.referrals_refused++;
    if (log_limit(&ua->referral_limit, 10, 10 * G_USEC_PER_SEC))
        log_warning("sip: %s from %s refused with %d: %s (%" G_GUINT64_FORMAT
                    " such lines suppressed)",
                    method, origin_describe(ua, sip, source, text, sizeof(text)), status, why,
                    ua->referral_limit.suppressed);
}

void referral_tell_refused(Ua *ua, sip_t const *sip, const char *method, int status,
                           const char *why)
{
    struct sockaddr_storage source;

    origin_source(ua->nua, &source);
    referral_tell_refused_from(ua, sip, (struct sockaddr *)&source, method, status, why);
}
