/* A call from a trunk to a trunk: two calls of the map, each the other's SIP side, without SIP.
 *
 * The map joins one SIP and one ISDN leg. A call that enters and leaves by trunks is therefore two:
 * the first has come from the PBX and "calls" the second, which goes to the other trunk. What one
 * does to its SIP leg happens to the other as what comes from SIP: 180 as 180, an answer as an
 * answer, BYE as BYE, with its cause. RTP runs from port to port on this box, unless the spans join
 * the two channels themselves. A call that is transferred to a trunk becomes such a pair
 * (transfer.c).
 */
#include "transit.h"
#include "cause.h"
#include "log.h"

#define PTIME_MS 20

static Law law_of(const Call *call)
{
    const GPtrArray *spans = call->settings->spans;

    return spans && call->channel.span < spans->len
               ? ((const SpanSettings *)g_ptr_array_index(spans, call->channel.span))->law
               : LAW_ALAW;
}

/* The half whose channel's law both speak: the one the call came by; of two that were joined later,
 * the older one. */
static const Call *leader(const Call *call)
{
    if (!call->twin || call->twin->origin.kind == ORIGIN_TRANSIT)
        return call;
    return call->origin.kind == ORIGIN_TRANSIT || call->twin->id < call->id ? call->twin : call;
}

/* CALL's port is the other one's far end. */
void transit_news_media(const Call *call, CallNews *news)
{
    Law law = law_of(leader(call));

    if (!call->local_rtp.ss_family)
        return;
    news->has_remote = TRUE;
    news->remote = (MediaRemote){
        .rtp = call->local_rtp,
        .payload_type = law == LAW_ALAW ? 8 : 0,
        .law = law,
        .ptime_ms = PTIME_MS,
        .event_payload_type = -1,
        .send = TRUE,
        .receive = TRUE,
    };
}

/* Raises EVENT for the other half; nothing when that has parted. One who still talks to a
 * transferor hears nothing. */
static void tell(Call *call, CallEvent event, const char *word, const CallNews *news)
{
    Call *twin = call->twin;

    if (twin && twin->transit) {
        hall_note(call->hall, call->id, LADDER_SIP, LADDER_OUT, "%s to C%u", word, twin->id);
        hall_note(call->hall, twin->id, LADDER_SIP, LADDER_IN, "%s from C%u", word, call->id);
        call_event(twin, event, news);
    }
    transfer_told(call, event, news);
}

/* What the PBX of this half told in FROM is the other half's to hand on. */
static void user_info_pass(const CallNews *from, CallNews *news)
{
    if (from->is_isdn)
        news->user_info = from->user_info;
}

static void tell_cause(Call *call, CallEvent event, const char *word, const CallNews *from)
{
    CallNews news = CALL_NEWS_INIT;

    news.cause = call->kept.cause;
    news.location = call->kept.location;
    news.reason_trusted = news.cause != 0;
    user_info_pass(from, &news);
    tell(call, event, word, &news);
}

static void tell_media(Call *call, CallEvent event, const char *word, const CallNews *from)
{
    CallNews news = CALL_NEWS_INIT;

    transit_news_media(call, &news);
    user_info_pass(from, &news);
    tell(call, event, word, &news);
}

/* Whether a number is believed was settled where it came in. */
static void number_settle(Number *number, gboolean trusted)
{
    if (number->screening == SCREENING_USER_PASSED || trusted)
        number->screening = SCREENING_NETWORK;
}

/* Who is at CALL's ISDN end, for the other half; nobody when nothing was said of it. */
static void transit_news_party(const Call *call, CallNews *news)
{
    if (!call->has_isdn_party)
        return;
    news->has_party = TRUE;
    call_find_isdn_party(call, &news->party);
    number_settle(&news->party.number, call->trunk && call->trunk->trust_calling);
}

static void tell_answer(Call *call, const CallNews *from)
{
    CallNews news = CALL_NEWS_INIT;

    user_info_pass(from, &news);
    transit_news_media(call, &news);
    transit_news_party(call, &news);
    tell(call, EVENT_SIP_ANSWER, "answer", &news);
}

void transit_setup_settle(const Call *call, CallSetup *setup)
{
    number_settle(&setup->calling, call->origin.trusted);
}

static gboolean act_invite(void *room, Call *call, const CallNews *news)
{
    CallOrigin origin = {
        .kind = ORIGIN_TRANSIT, .trusted = TRUE, .emergency = call->origin.emergency};
    CallSetup setup = call->setup;
    CallNews media = CALL_NEWS_INIT;
    Call *other;

    (void)room;
    (void)news;
    g_strlcpy(origin.trunk, call->origin.trunk, sizeof(origin.trunk));
    transit_setup_settle(call, &setup);
    other = call_new(call->hall, &origin, &setup);
    if (!other) {
        media.cause = CAUSE_TEMPORARY_FAILURE;
        call_event(call, EVENT_SIP_REFUSED, &media);
        return FALSE;
    }
    other->transit = TRUE;
    other->through = call->through;
    other->twin = call;
    call->twin = other;
    log_info("C%u goes on as C%u to trunk %s", call->id, other->id, call->through->name);
    call_event(call, EVENT_SIP_TRYING, NULL);
    transit_news_media(call, &media);
    tell(call, EVENT_SIP_INVITE, "call", &media); /* OTHER may be gone now */
    return TRUE;
}

static gboolean act_ring(void *room, Call *call, const CallNews *news)
{
    CallNews ringing = CALL_NEWS_INIT;

    user_info_pass(news, &ringing);
    tell(call, EVENT_SIP_RINGING, "ringing", &ringing);
    return TRUE;
}

static gboolean act_forwarded(void *room, Call *call, const CallNews *news)
{
    tell(call, EVENT_SIP_FORWARDED, "diverting", NULL);
    return TRUE;
}

/* One PBX holds: the other one is told as if a phone had. */
static gboolean act_hold(void *room, Call *call, const CallNews *news)
{
    tell(call, EVENT_SIP_HELD, "hold", NULL);
    return TRUE;
}

/* No PBX hears what a call to another one costs. */
static gboolean act_charge(void *room, Call *call, const CallNews *news)
{
    return TRUE;
}

static gboolean act_resume(void *room, Call *call, const CallNews *news)
{
    tell(call, EVENT_SIP_RETRIEVED, "retrieval", NULL);
    return TRUE;
}

static gboolean act_ring_media(void *room, Call *call, const CallNews *news)
{
    tell_media(call, EVENT_SIP_RINGING_MEDIA, "ringing, in-band", news);
    return TRUE;
}

static gboolean act_progress(void *room, Call *call, const CallNews *news)
{
    tell_media(call, EVENT_SIP_PROGRESS, "progress, in-band", news);
    return TRUE;
}

static gboolean act_progress_plain(void *room, Call *call, const CallNews *news)
{
    tell(call, EVENT_SIP_TRYING, "progress", NULL);
    return TRUE;
}

static gboolean act_answer(void *room, Call *call, const CallNews *news)
{
    if (!call->twin) { /* nobody is there to be answered */
        call_event(call, EVENT_SIP_BYE, NULL);
        return TRUE;
    }
    if (call->twin->transit)
        tell_answer(call, news);
    else if (!transfer_answered(call))
        return TRUE;
    call_event(call, EVENT_SIP_ACK, NULL);
    return TRUE;
}

static gboolean act_party(void *room, Call *call, const CallNews *news)
{
    CallNews told = CALL_NEWS_INIT;

    transit_news_party(call, &told);
    if (told.has_party && call->twin && call->twin->transit)
        tell(call, EVENT_SIP_IDENTITY, "party", &told);
    return TRUE;
}

static gboolean act_reject(void *room, Call *call, const CallNews *news)
{
    CallNews failure = CALL_NEWS_INIT;

    failure.cause = call->kept.cause;
    failure.location = call->kept.location;
    failure.status = call_reject_status(call);
    failure.reason_trusted = failure.cause != 0;
    tell(call, EVENT_SIP_FAILURE, "refusal", &failure);
    return TRUE;
}

/* To another PBX it is a failure like others. */
static gboolean act_redirect(void *room, Call *call, const CallNews *news)
{
    CallNews failure = CALL_NEWS_INIT;

    failure.cause = CAUSE_REDIRECTION;
    failure.status = 302;
    failure.reason_trusted = TRUE;
    tell(call, EVENT_SIP_FAILURE, "redirection", &failure);
    return TRUE;
}

static gboolean act_withdraw(void *room, Call *call, const CallNews *news)
{
    return TRUE; /* no answer of ours ever waits */
}

static gboolean act_cancel(void *room, Call *call, const CallNews *news)
{
    CallNews ended = CALL_NEWS_INIT;

    tell_cause(call, EVENT_SIP_CANCEL, "cancel", news);
    ended.status = 487;
    call_event(call, EVENT_SIP_FAILURE, &ended);
    return TRUE;
}

static gboolean act_bye(void *room, Call *call, const CallNews *news)
{
    tell_cause(call, EVENT_SIP_BYE, "bye", news);
    call_event(call, EVENT_SIP_ENDED, NULL);
    return TRUE;
}

/* Keypad facility of one PBX's for the other; DTMF passes as sound. */
static gboolean act_digit(void *room, Call *call, const CallNews *news)
{
    CallNews digits = CALL_NEWS_INIT;

    g_strlcpy(digits.digits, news->digits, sizeof(digits.digits));
    tell(call, EVENT_SIP_DIGIT, "digits", &digits);
    return TRUE;
}

static void part(void *room, Call *call)
{
    transfer_parted(call);
    if (call->twin)
        call->twin->twin = NULL;
    call->twin = NULL;
}

const CallOps transit_ops = {
    .action =
        {
            [ACTION_SIP_INVITE] = act_invite,
            [ACTION_SIP_RING] = act_ring,
            [ACTION_SIP_RING_MEDIA] = act_ring_media,
            [ACTION_SIP_PROGRESS] = act_progress,
            [ACTION_SIP_PROGRESS_PLAIN] = act_progress_plain,
            [ACTION_SIP_FORWARDED] = act_forwarded,
            [ACTION_SIP_REDIRECT] = act_redirect,
            [ACTION_SIP_HOLD] = act_hold,
            [ACTION_SIP_RESUME] = act_resume,
            [ACTION_SIP_CHARGE] = act_charge,
            [ACTION_SIP_ANSWER] = act_answer,
            [ACTION_SIP_PARTY] = act_party,
            [ACTION_SIP_REJECT] = act_reject,
            [ACTION_SIP_WITHDRAW] = act_withdraw,
            [ACTION_SIP_CANCEL] = act_cancel,
            [ACTION_SIP_BYE] = act_bye,
            [ACTION_SIP_DIGIT] = act_digit,
        },
    .part = part,
};
