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

void target_free(Target *target)
{
    g_free(target->uri);
    g_free(target->route);
    g_free(target);
}
