/* Targets: the places a request may go to. */
#include "room.h"

Target *target_new(TargetKind kind, const char *uri, double q)
{
    Target *target = g_new0(Target, 1);

    target->kind = kind;
    target->uri = g_strdup(uri);
    target->q = q;
    return target;
}

const char *target_next_url(su_home_t *home, const Target *target, sip_t const *sip)
{
    const char *url = hop_url(home, &target->hop);

    /* By a name, where Sofia would go by the Request-URI. */
    if (!url && target->next)
        url = su_strdup(home, target->next);
    if (!url && target->route && sip->sip_route)
        url = url_as_string(home, sip->sip_route->r_url);
    return url ? url : su_strdup(home, target->uri);
}

void target_free(Target *target)
{
    g_free(target->uri);
    g_free(target->route);
    g_free(target->next);
    g_free(target->name);
    g_free(target);
}
