/* Numbers that come in pieces: their digits, and when they are whole (RFC 4497 8.2.2, RFC 3578 2).
 */
#include "call_private.h"

#include <string.h>

gboolean call_is_open(const Call *call, const RouteMatch *match)
{
    return match->route->overlap == OVERLAP_SIP && match->open && !call->origin.emergency;
}

/* SETUP's match by the call's own route and target, with the number as its trunk is told. */
static gboolean call_seek_same(const Call *call, const CallSetup *setup, RouteMatch *match)
{
    if (route_match(call->settings, &call->origin, setup, call->alternative, match) !=
            ROUTE_FOUND ||
        match->route != call->route || match->target.trunk != call->trunk)
        return FALSE;
    route_dial(match, &match->setup.called);
    return TRUE;
}

/* Is LONGER the number SHORTER and more? */
static gboolean number_goes_on(const Number *shorter, const Number *longer)
{
    gsize length = strlen(shorter->digits);

    return shorter->ton == longer->ton && shorter->npi == longer->npi &&
           strncmp(shorter->digits, longer->digits, length) == 0 && longer->digits[length];
}

/* Nobody has said yet that the called party is reached. */
static gboolean call_is_dialling(const Call *call)
{
    return call->origin.kind == ORIGIN_SIP && !call->origin.emergency && call->trunk &&
           (call->sip == SIP_INVITED || call->sip == SIP_RINGING || call->sip == SIP_PROGRESSING);
}

gboolean call_may_grow(const Call *call)
{
    return !call->setup.complete;
}

CallGrowth call_growth(const Call *call, const Number *called)
{
    CallSetup setup = call->asked;
    RouteMatch match;

    if (!call_is_dialling(call) || !number_goes_on(&call->asked.called, called))
        return GROWTH_NONE;
    setup.called = *called;
    if (call_may_grow(call) && (call->isdn == ISDN_INITIATED || call->isdn == ISDN_OVERLAP_SENDING))
        return call_seek_same(call, &setup, &match) &&
                       number_goes_on(&call->setup.called, &match.setup.called)
                   ? GROWTH_DIGITS
                   : GROWTH_ANEW;
    if (!call_may_grow(call) && call->isdn != ISDN_DELIVERED && call->sip != SIP_PROGRESSING)
        return GROWTH_ANEW;
    return GROWTH_NONE;
}

/* The route that a caller's longer number takes is the one it took before: call_growth() has seen
 * to it. */
static void call_dial_on(Call *call)
{
    RouteMatch match;

    if (!call_seek_same(call, &call->asked, &match))
        return;
    call->setup.called = match.setup.called;
    call->setup.complete = !call_is_open(call, &match);
}

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
    if (call->origin.kind == ORIGIN_SIP)
        call_dial_on(call);
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
        call->digit_wait_us = route->t10_us;
    return result != ROUTE_FOUND || !call_goes_in_pieces(call, match);
}

gboolean call_goes_in_pieces(const Call *call, const RouteMatch *match)
{
    return call->origin.kind == ORIGIN_PRI && !call->asked.complete && !match->target.trunk &&
           match->open && match->route->overlap == OVERLAP_SIP &&
           strlen(call->asked.called.digits) >= match->route->min_digits;
}

gboolean call_is_out(const Call *call)
{
    return call->origin.kind == ORIGIN_PRI && call->sip != SIP_IDLE;
}
