/* Numbers that come in pieces: their digits, and when they are whole (RFC 4497 8.2.2, RFC 3578 2).
 */
#include "call_private.h"

#include <string.h>

/* RFC 3578 2.2: 4 to 6 s. */
#define T10_US (5 * G_USEC_PER_SEC)

void call_collect_digits(Call *call, const CallNews *news)
{
    gsize used = strlen(call->asked.called.digits);

    for (const char *c = news->digits; *c; c++) {
        if (!g_ascii_isdigit(*c) && *c != '*' && *c != '#')
            call->digits_fault = "a digit that is none";
        else if (used == NUMBER_MAX)
            call->digits_fault = "too many digits";
        if (call->digits_fault)
            return;
        call->asked.called.digits[used++] = *c;
        call->asked.called.digits[used] = '\0';
    }
    call->asked.complete |= news->complete;
}

void call_take_stop_digit(Call *call)
{
    CallSetup before = call->asked;
    gsize length = strlen(before.called.digits);
    char last = length > 1 ? before.called.digits[length - 1] : '\0';
    RouteMatch match;

    if (before.complete || (last != '#' && last != '*'))
        return;
    before.called.digits[length - 1] = '\0';
    route_match(call->settings, &call->origin, &before, 0, &match);
    if (!match.route || match.route->stop_digit != last)
        return;
    call->asked = before;
    call->asked.complete = TRUE;
}

/* Does MATCH's route take the number, and wait for longer ones that begin like it? */
static gboolean route_collects(RouteResult result, const RouteMatch *match)
{
    if (!match->route || !match->open || result == ROUTE_INCOMPLETE || result == ROUTE_BARRED)
        return FALSE;
    return match->route->overlap == OVERLAP_COLLECT || match->route->overlap == OVERLAP_SIP;
}

gboolean call_awaits_digits(Call *call, RouteResult result, const RouteMatch *match)
{
    const RouteSettings *route = match->route;

    call->digit_wait_us = route ? route->t302_us : 0;
    if (call->asked.complete || call->origin.kind != ORIGIN_PRI || !route_collects(result, match))
        return FALSE;
    if (result == ROUTE_FOUND && strlen(call->asked.called.digits) >= route->min_digits)
        call->digit_wait_us = route->t10_us ? route->t10_us : T10_US;
    return TRUE;
}
