/* Which requests need credentials: the first policy that matches, else the rule of the house. */
#include "guard_private.h"

#include <string.h>

static gboolean policy_matches(const PolicySettings *policy, const GuardRequest *request)
{
    gboolean method = !policy->methods;

    for (guint i = 0; policy->methods && i < policy->methods->len; i++)
        method = method || strcmp(g_ptr_array_index(policy->methods, i), request->method) == 0;
    return method && policy->to & request->to &&
           (!policy->from || network_contains(policy->from, request->source));
}

/* Without a policy: an OPTIONS to us asks whether we live, which every phone and primary may know;
 * what goes to the primary is the primary's to judge. */
static PolicyAction rule_decide(const Guard *guard, const GuardRequest *request)
{
    if (!guard->users || request->trusted || request->learnt || request->to == POLICY_TO_PRIMARY ||
        (request->to == POLICY_TO_HERE && strcmp(request->method, "OPTIONS") == 0))
        return POLICY_ALLOW;
    return POLICY_CHALLENGE;
}

PolicyAction guard_decide(const Guard *guard, const GuardRequest *request)
{
    const GPtrArray *policies = guard->settings->policies;

    for (guint i = 0; i < policies->len; i++) {
        const PolicySettings *policy = g_ptr_array_index(policies, i);

        if (policy_matches(policy, request))
            return policy->action;
    }
    return rule_decide(guard, request);
}
