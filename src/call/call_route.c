/* The hall's own actions of routing: the first target, another channel, an alternative, more
 * digits. */
#include "call_private.h"
#include "cause.h"
#include "log.h"
#include "number.h"

#include <string.h>

/* Whoever tries numbers by the thousand must not fill the log with them. */
static void call_raise_none(Call *call, guint8 cause, const char *why)
{
    static LogLimit limit;
    CallNews news = CALL_NEWS_INIT;

    news.cause = cause;
    g_strlcpy(news.detail, why, sizeof(news.detail));
    if (*why && log_limit(&limit, 10, G_USEC_PER_SEC))
        log_notice("C%u not routed, cause %u: %s", call->id, cause, why);
    call_event(call, call_hears_busy_tone(call) ? EVENT_ROUTE_TREATED : EVENT_ROUTE_NONE, &news);
}

/* From SIP to SIP nothing of ours is joined: that is a proxy's work. */
static gboolean target_bridges(const Call *call, const RouteTarget *target)
{
    return call->origin.kind != ORIGIN_SIP || target->trunk;
}

void hall_set_peer_check(Hall *hall, gboolean (*usable)(void *user, const PeerSettings *peer),
                         void *user)
{
    hall->peer_usable = usable;
    hall->peer_usable_user = user;
}

/* A call for help has nothing to lose by a try. */
static gboolean target_lives(const Call *call, const RouteMatch *match)
{
    const Hall *hall = call->hall;

    return !match->target.peer || !hall->peer_usable || call->origin.emergency ||
           match->route->emergency || hall->peer_usable(hall->peer_usable_user, match->target.peer);
}

/* Matches from alternative *INDEX on, passing targets that cannot be bridged, or are down. */
static RouteResult call_seek(const Call *call, guint *index, RouteMatch *match)
{
    gboolean passed = FALSE, down = FALSE;
    RouteResult result;

    for (;; (*index)++) {
        gboolean bridges;

        result = route_match(call->settings, &call->origin, &call->asked, *index, match);
        bridges = result != ROUTE_FOUND || target_bridges(call, &match->target);
        if (result != ROUTE_FOUND || (bridges && target_lives(call, match)))
            break;
        passed |= !bridges;
        down |= bridges;
    }
    if (result == ROUTE_NO_MATCH && down) {
        match->cause = CAUSE_NETWORK_OUT_OF_ORDER;
        g_snprintf(match->why, sizeof(match->why), "route %s: its targets are down",
                   match->route ? match->route->name : "");
        return result;
    }
    if (result == ROUTE_NO_MATCH && passed) {
        match->cause = 79; /* service or option not implemented, unspecified */
        g_snprintf(match->why, sizeof(match->why),
                   "route %s: SIP to SIP: a call needs a trunk on one side",
                   match->route ? match->route->name : "");
    }
    return result;
}

void number_to_trunk_calling(const TrunkSettings *trunk, Number *calling)
{
    if (calling->ton == TON_INTERNATIONAL)
        number_to_trunk(trunk, calling);
}

/* A private plan is the trunk's only where its domain is known. */
static void number_settle_plan(const TrunkSettings *trunk, Number *number)
{
    if (number->npi == NPI_PRIVATE && !trunk->phone_context)
        number->npi = NPI_UNKNOWN;
}

/* All numbers of SETUP but the called one, as TRUNK says them. */
static void numbers_to_trunk(const TrunkSettings *trunk, gboolean from_sip, CallSetup *setup)
{
    Number *numbers[] = {&setup->calling, &setup->second_calling, &setup->diversions.first.number,
                         &setup->diversions.last.number};

    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
        number_to_trunk_calling(trunk, numbers[i]);
        if (from_sip)
            number_settle_plan(trunk, numbers[i]);
    }
}

static void call_forget_spans(Call *call)
{
    memset(call->refused_spans, 0, sizeof(call->refused_spans));
    call->span_retries = 0;
    call->span_kept = (KeptCause){.location = CAUSE_LOCATION_NONE};
}

void call_forget_target(Call *call)
{
    call->refused_count = 0;
    call_forget_cause(call);
    call_forget_spans(call);
}

void call_take_way(Call *call, gboolean transit)
{
    if (call->transit != transit && call->sip_leg) {
        room_part(hall_sip_of(call), call);
        call->sip_leg = NULL;
    }
    call->transit = transit;
}

static void call_take_target(Call *call, const RouteMatch *match, guint alternative)
{
    call->route = match->route;
    call->tries++;
    call->alternative = alternative;
    call->setup = match->setup;
    call->origin.emergency |= match->route->emergency;
    call_forget_cause(call);
    call_forget_spans(call);
    if (call->origin.kind == ORIGIN_PRI) /* another one's SIP side is what it is (transfer.c) */
        call_take_way(call, match->target.trunk != NULL);
    if (match->target.trunk) {
        *(call->origin.kind == ORIGIN_PRI ? &call->through : &call->trunk) = match->target.trunk;
        if (call->origin.kind == ORIGIN_SIP)
            call->setup.complete = !call_is_open(call, match);
        route_dial(match, &call->setup.called);
        if (!call->transit)
            call_identify_emergency(call, call->trunk);
        numbers_to_trunk(match->target.trunk, call->origin.kind == ORIGIN_SIP, &call->setup);
        if (call->origin.kind == ORIGIN_SIP && match->route->npi < 0)
            number_settle_plan(match->target.trunk, &call->setup.called);
        call->uri[0] = '\0';
    } else {
        call->peer = match->target.peer;
        if (!call_is_out(call))
            call->has_remote = FALSE;
        g_strlcpy(call->uri, match->target.uri, sizeof(call->uri));
    }
    if (call->origin.emergency)
        call_begin_emergency(call);
}

static void call_raise_target(Call *call)
{
    call_event(call, call->origin.kind == ORIGIN_PRI ? EVENT_ROUTE_PEER : EVENT_ROUTE_TRUNK, NULL);
}

/* RFC 4497 8.3.1: a number shorter than the route or the trunk dials is 484. Emergency numbers are
 * short everywhere. */
static gboolean number_suffices(const Call *call, const RouteMatch *match)
{
    if (match->route->emergency || call->origin.emergency)
        return TRUE;
    return strlen(call->asked.called.digits) >= match->route->min_digits &&
           (!match->target.trunk ||
            strlen(match->setup.called.digits) >= match->target.trunk->min_digits);
}

/* The next alternative from *INDEX on that takes the number. */
static gboolean call_seek_on(const Call *call, guint *index, RouteMatch *match)
{
    while (call_seek(call, index, match) == ROUTE_FOUND) {
        if (number_suffices(call, match))
            return TRUE;
        (*index)++;
    }
    return FALSE;
}

void call_route(Call *call, const CallNews *news)
{
    guint alternative = 0;
    RouteMatch match;
    RouteResult result;

    if (call->origin.kind == ORIGIN_TRANSIT) { /* the first half has matched the routes */
        call->trunk = call->through;
        call_raise_target(call);
        return;
    }
    if (call->origin.kind == ORIGIN_SIP)
        call->asked.complete = TRUE; /* an INVITE's Request-URI is the whole number */
    if (call->digits_fault) {
        call_raise_none(call, CAUSE_INVALID_NUMBER_FORMAT, call->digits_fault);
        return;
    }
    if (call_route_emergency(call) || call_route_callback(call))
        return;
    call_take_stop_digit(call);
    result = call_seek(call, &alternative, &match);
    if (call_awaits_digits(call, result, &match)) {
        call_ask_digits(call);
        return;
    }
    switch (result) {
    case ROUTE_FOUND:
        if (!number_suffices(call, &match)) {
            call_raise_none(call, CAUSE_INVALID_NUMBER_FORMAT,
                            "the number is shorter than min-digits of the route or its trunk");
            return;
        }
        if (call_is_out(call) && match.target.trunk) {
            call_raise_none(call, CAUSE_INVALID_NUMBER_FORMAT,
                            "a number that has been sent to SIP is a trunk's");
            return;
        }
        call_take_target(call, &match, alternative);
        if (call_goes_in_pieces(call, &match))
            call_event(call, EVENT_ROUTE_OVERLAP, NULL);
        else
            call_raise_target(call);
        return;
    case ROUTE_INCOMPLETE:
        call_ask_digits(call);
        return;
    case ROUTE_BARRED:
        hall_count(call->hall, COUNT_CALLS_BARRED);
        call_raise_none(call, match.cause, match.why);
        return;
    case ROUTE_NO_MATCH:
        hall_count(call->hall, COUNT_CALLS_NO_ROUTE);
        call_raise_none(call, match.cause, match.why);
        return;
    }
}

/* Another channel of the same trunk: only where the PBX itself has refused the one before. */
static gboolean call_may_change_channel(const Call *call, guint8 cause)
{
    return call->origin.kind != ORIGIN_PRI && cause_blames_channel(cause) &&
           call->channel_retries < CALL_CHANNEL_RETRIES;
}

/* Does CAUSE ask for another span? After a call for help, all but busy does: the same exchange says
 * that again. */
static gboolean cause_asks_for_span(const Call *call, guint8 cause)
{
    return cause_blames_span(cause) || (call->listed && cause != CAUSE_USER_BUSY);
}

/* One that calls for help goes every way. */
static gboolean call_has_tries(const Call *call)
{
    return call->listed || call->origin.emergency || !call->route ||
           call->tries < call->route->tries;
}

/* Another span of the same trunk, where the far end of this one refused the call itself. Each span
 * once. */
static gboolean call_may_change_span(const Call *call, guint8 cause)
{
    const GPtrArray *spans = call->trunk ? call->trunk->spans : NULL;

    if (call->origin.kind == ORIGIN_PRI || !cause_asks_for_span(call, cause) || !spans ||
        call->span_retries + 1 >= spans->len || !call_has_tries(call))
        return FALSE;
    for (guint i = 0; i < spans->len; i++) {
        const SpanSettings *span = spans->pdata[i];
        gboolean present = call->channel.number && call->channel.span == span->index;

        if (!present && !call_span_refused(call, span->index))
            return TRUE;
    }
    return FALSE;
}

/* The route's own list, or by default 34 38 41 42 47, and 102 when nobody answered at all or 504
 * said it. A trunk whose channels are all refused counts as full. A 4xx or 6xx of a phone is its
 * definite answer, whatever cause it maps to. */
static gboolean call_may_try_on(const Call *call, const KeptCause *kept)
{
    guint8 cause = cause_blames_channel(kept->cause) ? CAUSE_NO_CIRCUIT : kept->cause;

    if (!call->route || !call_has_tries(call))
        return FALSE;
    if (call->route->on_causes)
        return cause_allows_alternative(call->route, cause);
    if (cause == CAUSE_TIMER_EXPIRY)
        return kept->own_timer || kept->status == 504;
    return kept->status / 100 != 4 && kept->status / 100 != 6 &&
           cause_allows_alternative(call->route, cause);
}

static void call_try_trunk_again(Call *call, HallCounter counter)
{
    hall_count(call->hall, counter);
    call_forget_cause(call);
    call_raise_target(call);
}

/* Nobody answers a call back where it came from: the routes decide, from their first target on. */
static void call_route_rest(Call *call)
{
    KeptCause kept = call->kept;
    guint alternative = 0;
    RouteMatch match;

    if (kept.cause != CAUSE_USER_BUSY && call_seek_on(call, &alternative, &match)) {
        log_notice("C%u cause %u: nobody to be called back, route %s is tried", call->id,
                   kept.cause, match.route->name);
        call_take_target(call, &match, alternative);
        call_raise_target(call);
        return;
    }
    call_raise_none(call, kept.cause, "");
}

void call_route_next(Call *call)
{
    guint alternative = call->alternative + 1;
    guint8 cause = call->kept.cause;
    RouteMatch match;

    if (call_may_change_channel(call, cause)) {
        call->channel_retries++;
        call_try_trunk_again(call, COUNT_CHANNEL_RETRIES);
        return;
    }
    if (call_redirect_next(call))
        return;
    if (event_is_isdn(call->kept.from) && call_may_change_span(call, cause)) {
        log_info("C%u cause %u: tries another span of trunk %s", call->id, cause,
                 call->trunk->name);
        call->span_retries++;
        call->tries++;
        call->span_kept = call->kept;
        call_try_trunk_again(call, COUNT_SPAN_RETRIES);
        return;
    }
    if (!call->second_round && call_may_try_on(call, &call->kept) &&
        call_seek_on(call, &alternative, &match)) {
        hall_count(call->hall, COUNT_ALTERNATIVES);
        log_info("C%u cause %u: tries alternative %u of route %s", call->id, cause, alternative,
                 match.route->name);
        call->refused_count = 0;
        call_take_target(call, &match, alternative);
        call_raise_target(call);
        return;
    }
    if (call->callback && !call->route) {
        /* The phone that called is not there: whom the routes name may be. */
        call_route_rest(call);
        return;
    }
    if (call_next_emergency(call))
        return;
    call_raise_none(call, call->kept.cause, "");
}

gboolean call_has_next_target(const Call *call)
{
    const IsdnStates offered = 1u << ISDN_INCOMING_PROCEEDING | 1u << ISDN_RECEIVED;
    KeptCause silence = {.cause = status_to_cause(call->trunk, 408, FALSE),
                         .location = CAUSE_LOCATION_NONE,
                         .status = 408,
                         .own_timer = TRUE};
    guint alternative = call->alternative + 1;
    RouteMatch match;

    if (call->origin.kind != ORIGIN_PRI || call->sip != SIP_CALLING || call->transit ||
        !(offered & 1u << call->isdn))
        return FALSE;
    return call_redirect_waits(call) || (!call->second_round && call_may_try_on(call, &silence) &&
                                         call_seek_on(call, &alternative, &match));
}

gboolean call_retake_route(Call *call, guint i)
{
    RouteMatch match;

    if (call_seek(call, &i, &match) != ROUTE_FOUND || !match.target.trunk)
        return FALSE;
    call->refused_count = 0;
    call_take_target(call, &match, i);
    return TRUE;
}

gboolean call_may_continue(const Call *call, guint8 cause)
{
    const SipStates open = 1u << SIP_INVITED | 1u << SIP_RINGING;
    KeptCause kept = {.cause = cause, .location = CAUSE_LOCATION_NONE};
    guint alternative = call->alternative + 1;
    RouteMatch match;

    if (call->origin.kind == ORIGIN_PRI || !(open & 1u << call->sip) ||
        call->isdn == ISDN_DELIVERED)
        return FALSE;
    if (call_may_change_channel(call, cause) || call_may_change_span(call, cause) ||
        call_emergency_may_continue(call))
        return TRUE;
    return !call->second_round && call_may_try_on(call, &kept) &&
           call_seek_on(call, &alternative, &match);
}
