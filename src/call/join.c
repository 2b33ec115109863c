/* Two calls that the PBX leaves become one: each is the other's far end from then on. */
#include "call_private.h"
#include "cause.h"
#include "joined.h"
#include "log.h"

static gboolean call_stands(const Call *call)
{
    return call->sip == SIP_UP &&
           callmap_find(call->sip, call->isdn, EVENT_CALL_JOINED)->kind == RULE_LIVE;
}

/* A call from trunk to trunk talks to its other half; any other half belongs to a transfer. */
static gboolean call_is_settled(const Call *call)
{
    return call->transit ? call->twin && call->twin->transit : !call->twin;
}

/* The far end of CALL by way of its SIP side is OTHER's, through whatever calls were joined before:
 * a ring without anybody in it would be left. */
static gboolean calls_are_one(const Call *call, const Call *other)
{
    for (const Call *at = call; at; at = at->twin ? at->twin->joined : NULL)
        if (at == other || at->twin == other)
            return TRUE;
    return FALSE;
}

gboolean call_may_join(const Call *call, const Call *other, const char **why)
{
    const Call *both[] = {call, other};

    *why = "it is one call";
    if (calls_are_one(call, other))
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(both); i++) {
        *why = "one of them is not answered";
        if (!call_stands(both[i]))
            return FALSE;
        *why = "one of them is a call for help";
        if (call_is_sheltered(both[i]) || call_is_emergency(both[i]))
            return FALSE;
        *why = "one of them is being transferred";
        if (!call_is_settled(both[i]))
            return FALSE;
    }
    return TRUE;
}

/* Who is at CALL's SIP end by all that is known. */
static void sip_party_find(const Call *call, Party *party)
{
    *party = (Party){0};
    if (call->has_sip_party) {
        *party = call->sip_party;
        return;
    }
    if (call->origin.kind == ORIGIN_PRI) {
        party->number = call->setup.called;
        party->number.presentation = PRESENTATION_ALLOWED;
        party->number.screening = SCREENING_NETWORK; /* we have called it ourselves */
        return;
    }
    party->number = call->asked.calling;
    g_strlcpy(party->name, call->asked.name, sizeof(party->name));
    party->name_presentation = call->asked.name_presentation;
}

/* RFC 4497 9.2.2: what a caller only says of itself is told as far as the trunk would have told it.
 */
static void party_settle(const Call *call, Party *party)
{
    if (party->number.screening != SCREENING_NETWORK && call->trunk &&
        call->trunk->identity != IDENTITY_FROM)
        party->number = (Number){.presentation = PRESENTATION_UNAVAILABLE};
}

static void news_party(const Call *call, CallNews *news)
{
    sip_party_find(call, &news->party);
    party_settle(call, &news->party);
    news->has_party = *news->party.number.digits || *news->party.name ||
                      news->party.number.presentation == PRESENTATION_RESTRICTED;
}

static void raise_joined(Call *call)
{
    CallNews news = CALL_NEWS_INIT;

    news_party(call->joined, &news);
    g_snprintf(news.detail, sizeof(news.detail), "with C%u", call->joined->id);
    call->has_isdn_party = FALSE; /* it was the PBX's word */
    call_event(call, EVENT_CALL_JOINED, &news);
}

void call_join(Call *call, Call *other)
{
    const char *why;

    if (!call_may_join(call, other, &why))
        return;
    call->joined = other;
    other->joined = call;
    hall_count(call->hall, COUNT_CALLS_JOINED);
    log_info("C%u and C%u are joined, and the PBX leaves them", call->id, other->id);
    raise_joined(call);
    if (other->joined)
        raise_joined(other);
}

guint32 call_joined(const Call *call)
{
    return call->joined ? call->joined->id : 0;
}

void call_unjoin(Call *call)
{
    if (call->joined)
        call->joined->joined = NULL;
    call->joined = NULL;
}

void call_tell_left(Call *call, const CallNews *from)
{
    Call *other = call->joined;
    CallNews news = CALL_NEWS_INIT;

    if (!other)
        return;
    call_unjoin(call);
    news.cause = call->kept.cause ? call->kept.cause : CAUSE_NORMAL_CALL_CLEARING;
    news.location = call->kept.location;
    news.reason_trusted = TRUE;
    news.user_info = from->user_info;
    g_snprintf(news.detail, sizeof(news.detail), "C%u has left", call->id);
    call_event(other, EVENT_CALL_LEFT, &news);
}

void call_tell_party(Call *call)
{
    CallNews news = CALL_NEWS_INIT;

    if (!call->joined)
        return;
    news_party(call, &news);
    if (news.has_party)
        call_event(call->joined, EVENT_CALL_PARTY, &news);
}
