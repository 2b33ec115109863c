/* BYE of a phone that names where its call goes on: by the Also header of old Cisco phones, or by a
 * REFER before it. */
#include "referral.h"

#include "cause.h"
#include "joined.h"
#include "log.h"

#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_util.h>
#include <string.h>

/* Where BYE's Also leads, as far as it may: the status that says why not, or 0. */
static int also_judge(UaLeg *leg, sip_t const *sip, ReferTo *to, TransferPlan *plan,
                      const char **why)
{
    struct sockaddr_storage source;
    CallOrigin by;

    origin_source(leg->ua->nua, &source);
    *why = "its source may not call us";
    if (!referral_source(leg->ua, leg, sip, (struct sockaddr *)&source, &by))
        return 403;
    *why = "its scheme or method";
    if (!to->is_sip || (to->method && g_ascii_strcasecmp(to->method, "INVITE") != 0))
        return 603;
    if (referral_plan(leg, &by, to, plan))
        return 0;
    *why = plan->why;
    return plan->status;
}

static gboolean also_try(UaLeg *leg, ReferTo *to, sip_t const *sip, CallNews *news)
{
    const char *requested = referral_header(sip, "Requested-By");
    g_autofree char *extra = requested ? g_strdup_printf("Requested-By: %s", requested) : NULL;
    TransferPlan plan;
    const char *why;
    int status = also_judge(leg, sip, to, &plan, &why);
    Referral *referral;

    leg->ua->counters.referrals++;
    if (referral_is_barred(leg, &why)) { /* and ends as by any BYE */
        referral_tell_refused(leg->ua, sip, "BYE with Also", 403, why);
        return FALSE;
    }
    if (status) {
        referral_tell_refused(leg->ua, sip, "BYE with Also", status, why);
        news->cause = status_to_cause(call_trunk(leg->call), (guint16)status, FALSE);
        return FALSE;
    }
    referral = referral_new(leg, leg);
    referral->plan = plan;
    referral->held = TRUE;
    referral_try(referral, to, sip, extra);
    referral->held = FALSE;
    if (!referral->over)
        return TRUE;
    news->cause = referral->news.cause
                      ? referral->news.cause
                      : status_to_cause(call_trunk(leg->call), referral->status, FALSE);
    referral_settle(referral);
    return FALSE;
}

gboolean referral_leaves(UaLeg *leg, sip_t const *sip, CallNews *news)
{
    const char *also = referral_header(sip, "Also");

    if (!referral_leg_is_up(leg) || call_joined(leg->call))
        return FALSE;
    if (!leg->referring && also) {
        su_home_t home[1] = {SU_HOME_INIT(home)};
        sip_refer_to_t *parsed;
        gboolean tried = FALSE;
        ReferTo to;

        su_home_init(home);
        parsed = sip_refer_to_make(home, also);
        if (parsed) {
            refer_to_read(leg->ua, parsed->r_url, &to);
            tried = also_try(leg, &to, sip, news);
            refer_to_clear(&to);
        }
        su_home_deinit(home);
        if (!tried)
            return FALSE;
    }
    if (!leg->referring)
        return FALSE;
    referral_move(leg->referring, leg);
    return TRUE;
}
