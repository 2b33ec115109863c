/* A call for help in the hall: the trunks it takes, the call that gives way to it, what is told of
 * it.
 *
 * It goes in two rounds. The first looks for a free channel on every trunk in order, after any
 * cause. The second visits again the trunks that were full: there the least valuable call is
 * cleared, and the channel it gives up is the caller's. So nobody is cleared while another trunk
 * has room.
 */
#include "call_private.h"
#include "cause.h"
#include "clock.h"
#include "log.h"
#include "number.h"

#include <arpa/inet.h>
#include <string.h>

/* ---- who is it ----------------------------------------------------------------------------------
 */

gboolean call_is_emergency(const Call *call)
{
    return call->origin.emergency;
}

gboolean call_is_drill(const Call *call)
{
    return call->drill;
}

gboolean call_is_callback(const Call *call)
{
    return call->callback;
}

static gboolean shelters(const Call *call)
{
    return (call->origin.emergency && !call->drill) || call->callback;
}

/* Joined to a call for help by a transfer, it carries that call's voice: what ends it ends both. */
gboolean call_is_sheltered(const Call *call)
{
    return shelters(call) || (call->twin && shelters(call->twin));
}

/* The host of ADDRESS, an IPv4-mapped one as IPv6 writes it. */
static const char *host_text(const struct sockaddr_storage *address, char *text, gsize size)
{
    const void *octets = address->ss_family == AF_INET6
                             ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                             : (const void *)&((const struct sockaddr_in *)address)->sin_addr;

    if ((address->ss_family != AF_INET && address->ss_family != AF_INET6) ||
        !inet_ntop(address->ss_family, octets, text, (socklen_t)size))
        g_strlcpy(text, "nowhere", size);
    return text;
}

/* Who calls, as the rate counts: one address, but each caller where a trusted peer stands between.
 */
static char *origin_source(const CallOrigin *origin)
{
    char text[INET6_ADDRSTRLEN];

    host_text(&origin->source, text, sizeof(text));
    if (*origin->user)
        return g_strdup_printf("%s user %s", text, origin->user);
    return origin->trusted ? g_strdup_printf("%s caller %s", text, origin->caller) : g_strdup(text);
}

static gboolean source_has_call(const Hall *hall, const char *source)
{
    for (GList *link = hall->calls.head; link; link = link->next) {
        const Call *call = link->data;
        g_autofree char *its = NULL;

        if (call->origin.kind != ORIGIN_SIP || !call->origin.emergency)
            continue;
        its = origin_source(&call->origin);
        if (strcmp(its, source) == 0)
            return TRUE;
    }
    return FALSE;
}

gboolean hall_rate_lets(Hall *hall, const CallOrigin *origin)
{
    g_autofree char *source = origin_source(origin);
    guint most = hall->settings->emergency.rate;
    guint count = emergency_rate_note(hall->rate, source, clock_now_us());
    gboolean lets = !most || count <= most || !source_has_call(hall, source);
    static LogLimit limit;

    if (!most || count <= most)
        return TRUE;
    hall_count(hall, COUNT_EMERGENCY_TOO_MANY);
    if (log_limit(&limit, 5, G_USEC_PER_SEC))
        log_warning("emergency: %u calls from %s within a minute, [emergency] rate is %u: %s",
                    count, source, most, lets ? "let through, it has no other one" : "refused");
    return lets;
}

/* ---- what is told of it -------------------------------------------------------------------------
 */

static void call_tell_emergency(Call *call, EmergencyStage stage)
{
    EmergencyNews news = {
        .stage = stage,
        .call = call->id,
        .origin = &call->origin,
        .dialled = call->dialled.digits,
        .told = call->setup.called.digits,
        .callback = call->elin ? call->elin : "",
        .trunk = call->trunk ? call->trunk->name : "",
        .keep_us = call->settings->emergency.callback_us,
        .hook = call->settings->emergency.hook,
        .drill = call->drill,
        .answered = call->answered,
        .cause = call->kept.cause,
    };

    if (call->hall->emergency)
        call->hall->emergency(call->hall->emergency_user, &news);
}

static const char *caller_text(const Call *call, char *text, gsize size)
{
    const CallOrigin *origin = &call->origin;
    char source[INET6_ADDRSTRLEN] = "";

    if (origin->kind == ORIGIN_SIP)
        host_text(&origin->source, source, sizeof(source));
    g_snprintf(text, size, "%s%s%s at %s",
               *call->asked.calling.digits ? call->asked.calling.digits
               : *origin->caller           ? origin->caller
                                           : "(no number)",
               *origin->user ? " user " : "", origin->user, *source ? source : origin->trunk);
    return text;
}

/* The one line an operator looks for. */
void call_begin_emergency(Call *call)
{
    char caller[192];

    if (call->emergency_told || call->origin.kind == ORIGIN_TRANSIT)
        return;
    call->emergency_told = TRUE;
    hall_count(call->hall, call->drill ? COUNT_EMERGENCY_DRILLS : COUNT_CALLS_EMERGENCY);
    log_warning("emergency: %s C%u from %s to %s, call-back number %s",
                call->drill ? "drill" : "call", call->id, caller_text(call, caller, sizeof(caller)),
                call->dialled.digits, call->elin ? call->elin : "none");
    call_tell_emergency(call, EMERGENCY_BEGINS);
}

void call_end_emergency(Call *call)
{
    if (!call->emergency_told)
        return;
    if (call->drill && call->answered)
        log_notice("emergency: drill C%u passed: trunk %s, answered, call-back number %s", call->id,
                   call->trunk ? call->trunk->name : "none", call->elin ? call->elin : "none");
    else if (call->drill)
        log_warning("emergency: drill C%u failed: trunk %s, not answered, cause %u, %s", call->id,
                    call->trunk ? call->trunk->name : "none", call->kept.cause,
                    cause_name(call->kept.cause));
    call_tell_emergency(call, EMERGENCY_ENDS);
}

void call_sent_emergency(Call *call)
{
    if (call->emergency_told)
        call_tell_emergency(call, EMERGENCY_SENT);
}

/* ---- the way ------------------------------------------------------------------------------------
 */

/* The number of the place goes out as ours, screened by us, even where the caller would hide. */
void call_identify_emergency(Call *call, const TrunkSettings *trunk)
{
    const char *number;
    Number read;

    if (call->origin.kind != ORIGIN_SIP || !call->origin.emergency)
        return;
    number = emergency_callback_number(call->settings, &call->origin, trunk ? trunk->name : NULL);
    call->elin = number;
    if (!number || number_from_user(number, &read) != NUMBER_OK)
        return;
    read.presentation = PRESENTATION_ALLOWED;
    read.screening = SCREENING_NETWORK;
    call->setup.calling = read;
}

/* The I-th of [emergency] trunks becomes the call's. */
static void call_take_trunk(Call *call, guint i)
{
    const TrunkSettings *trunk = call->settings->emergency.trunks->pdata[i];

    call->route = NULL;
    call->alternative = i;
    call->trunk = trunk;
    call->uri[0] = '\0';
    call->setup = call->asked;
    call->setup.called = call->help;
    call_forget_target(call);
    call_identify_emergency(call, trunk);
    number_to_trunk_calling(trunk, &call->setup.calling);
}

gboolean call_route_emergency(Call *call)
{
    const GPtrArray *trunks = call->settings->emergency.trunks;

    if (call->origin.kind != ORIGIN_SIP || !call->origin.emergency || !trunks || !trunks->len)
        return FALSE;
    call->listed = TRUE;
    call_take_trunk(call, 0);
    call_begin_emergency(call);
    call_event(call, EVENT_ROUTE_TRUNK, NULL);
    return TRUE;
}

static const char *victim_text(const Call *victim, char *text, gsize size)
{
    g_snprintf(text, size, "C%u (%s to %s)", victim->id,
               *victim->asked.calling.digits ? victim->asked.calling.digits : "no number",
               victim->asked.called.digits);
    return text;
}

/* The newest call on CALL's trunk whose channel may be had: the map says who can be cleared. */
static Call *victim_find(const Call *call)
{
    for (GList *link = call->hall->calls.tail; link && call->trunk; link = link->prev) {
        Call *victim = link->data;

        if (victim != call && victim->channel.number && !call_is_sheltered(victim) &&
            victim->trunk && strcmp(victim->trunk->name, call->trunk->name) == 0 &&
            !call_span_refused(call, victim->channel.span) &&
            !call_channel_refused(call, victim->channel) &&
            callmap_find(victim->sip, victim->isdn, EVENT_CALL_PREEMPTED)->kind == RULE_LIVE)
            return victim;
    }
    return NULL;
}

/* May CALL clear others? A drill only tells what it would do. */
static gboolean call_may_preempt(const Call *call)
{
    const EmergencySettings *emergency = &call->settings->emergency;
    const Call *victim;
    char text[96];

    if (!call->origin.emergency || emergency->preempt == PREEMPT_NO)
        return FALSE;
    if (!call->drill || emergency->drill_preempt)
        return TRUE;
    victim = victim_find(call);
    log_notice("emergency: drill C%u: trunk %s is full, %s%s", call->id, call->trunk->name,
               victim ? victim_text(victim, text, sizeof(text)) : "nobody", " would give way");
    return FALSE;
}

void call_preempt(Call *call)
{
    Call *victim = victim_find(call);
    CallNews news = CALL_NEWS_INIT;
    char text[96];

    if (!victim) {
        news.cause = CAUSE_NO_CIRCUIT;
        g_strlcpy(news.detail, "nobody is left to give way", sizeof(news.detail));
        call_event(call, EVENT_CHANNEL_NONE, &news);
        return;
    }
    hall_count(call->hall, COUNT_PREEMPTED);
    log_warning("emergency: %s gives way to C%u on trunk %s",
                victim_text(victim, text, sizeof(text)), call->id, call->trunk->name);
    news.cause = CAUSE_PREEMPTION;
    g_strlcpy(news.detail, "gives way to a call for help", sizeof(news.detail));
    call_event(victim, EVENT_CALL_PREEMPTED, &news);
}

void call_note_full(Call *call, guint8 cause)
{
    if (call->origin.emergency && !call->second_round && cause == CAUSE_NO_CIRCUIT &&
        call->alternative < 64)
        call->full |= G_GUINT64_CONSTANT(1) << call->alternative;
}

/* Target I, which was full, becomes the call's again. */
static gboolean call_retake(Call *call, guint i)
{
    if (call->listed) {
        call_take_trunk(call, i);
        return TRUE;
    }
    if (call->origin.kind == ORIGIN_TRANSIT) {
        call_forget_target(call);
        return TRUE;
    }
    return call_retake_route(call, i);
}

gboolean call_next_emergency(Call *call)
{
    const GPtrArray *trunks = call->settings->emergency.trunks;

    if (call->listed && !call->second_round && call->alternative + 1 < trunks->len) {
        hall_count(call->hall, COUNT_ALTERNATIVES);
        log_notice("emergency: C%u, cause %u: trunk %s is tried", call->id, call->kept.cause,
                   ((const TrunkSettings *)trunks->pdata[call->alternative + 1])->name);
        call_take_trunk(call, call->alternative + 1);
        call_event(call, EVENT_ROUTE_TRUNK, NULL);
        return TRUE;
    }
    call->second_round = TRUE;
    for (guint i = 0; call->full; i++) {
        guint64 bit = G_GUINT64_CONSTANT(1) << i;
        KeptCause kept = call->kept;

        if (!(call->full & bit))
            continue;
        call->full &= ~bit;
        if (!call_retake(call, i))
            continue;
        if (call_may_preempt(call)) {
            call_event(call, EVENT_ROUTE_PREEMPT, NULL);
            return TRUE;
        }
        call->kept = kept;
    }
    return FALSE;
}

gboolean call_emergency_may_continue(const Call *call)
{
    const GPtrArray *trunks = call->settings->emergency.trunks;

    if (!call->origin.emergency)
        return FALSE;
    if (call->listed && !call->second_round && call->alternative + 1 < trunks->len)
        return TRUE;
    return call->full && call->settings->emergency.preempt != PREEMPT_NO &&
           (!call->drill || call->settings->emergency.drill_preempt);
}

/* ---- the call back ------------------------------------------------------------------------------
 */

/* Does the answering point call back, and whom? */
static gboolean callback_find(Hall *hall, const char *trunk, const CallSetup *setup, char *uri)
{
    return hall->callback && hall->callback(hall->callback_user, trunk, setup, uri, URI_MAX);
}

gboolean hall_expects_callback(Hall *hall, const char *trunk, const CallSetup *setup)
{
    char uri[URI_MAX];

    return callback_find(hall, trunk, setup, uri);
}

gboolean call_route_callback(Call *call)
{
    char uri[URI_MAX];

    if (call->origin.kind != ORIGIN_PRI || call->callback_tried ||
        !callback_find(call->hall, call->origin.trunk, &call->asked, uri))
        return FALSE;
    call->callback = call->callback_tried = TRUE;
    call->setup = call->asked;
    call->has_remote = FALSE;
    call_forget_target(call);
    g_strlcpy(call->uri, uri, sizeof(call->uri));
    hall_count(call->hall, COUNT_EMERGENCY_CALLBACKS);
    log_warning("emergency: C%u from trunk %s to %s calls back, it goes to %s", call->id,
                call->origin.trunk, call->asked.called.digits, uri);
    call_event(call, EVENT_ROUTE_PEER, NULL);
    return TRUE;
}
