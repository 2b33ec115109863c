/* Our INVITEs of one call whose number goes out in pieces: one Call-ID and From tag, rising CSeq
 * (RFC 3578 3).
 *
 * The hall knows one SIP leg: that of the newest INVITE, until another is answered. What the others
 * hear is judged here: a failure counts when no INVITE is left and the number is whole, and then
 * the best of them; early media is that of the longest number; the first 200 takes the call, and
 * the rest is cancelled. An INVITE is not cancelled for the next one.
 *
 * NTA would take a request in the dialog of one for another's that has no To tag yet; so each has a
 * Call-ID of its own hash, as in succession.c. Which INVITE a message is of its CSeq tells, or in
 * other transactions and in a confirmed dialog the far end's tag.
 */
#include "sip_room.h"

#include "pieces.h"

#include <sofia-sip/msg_parser.h>
#include <string.h>

#define SERIES_MAX (NUMBER_MAX + 1)
#define TAGS_MAX 64  /* branches of forks; more are taken for the first INVITE's */
#define CSEQ_STEP 10 /* an INVITE that is challenged goes out again, with the next one */
#define SALT 0x85ebca6bu

typedef struct SeriesTag {
    char *tag; /* the far end's */
    guint place;
} SeriesTag;

struct Series {
    Ua *ua;
    char *call_id, *tag, *uri;
    UaLeg *legs[SERIES_MAX]; /* by place; NULL: gone */
    guint count;             /* INVITEs sent */
    GArray *tags;            /* of SeriesTag */
    gboolean whole, cancelled;
    gboolean has_media;
    guint media; /* whose is heard */
    CallNews best;
    guint rank; /* of it; 0: none failed yet */
};

static void tag_clear(gpointer data)
{
    g_free(((SeriesTag *)data)->tag);
}

Series *series_new(Ua *ua)
{
    Series *series = g_new0(Series, 1);

    series->ua = ua;
    series->call_id = g_uuid_string_random();
    series->tag = g_strdup_printf("%08x%08x", g_random_int(), g_random_int());
    series->tags = g_array_new(FALSE, FALSE, sizeof(SeriesTag));
    g_array_set_clear_func(series->tags, tag_clear);
    return series;
}

void series_drop(Series *series)
{
    g_array_unref(series->tags);
    g_free(series->call_id);
    g_free(series->tag);
    g_free(series->uri);
    g_free(series);
}

const char *series_call_id(const Series *series)
{
    return series->call_id;
}

const char *series_tag(const Series *series)
{
    return series->tag;
}

guint32 series_cseq(const UaLeg *leg)
{
    return leg->place * CSEQ_STEP + 1; /* NTA counts on from the one it is given */
}

gboolean series_may_repeat(const UaLeg *leg)
{
    return leg->place + 1 == leg->series->count && leg->series->count < SERIES_MAX;
}

gboolean series_has_begun(const Series *series)
{
    return series->count > 0;
}

gboolean series_has_sent(const Series *series, const char *uri)
{
    return g_strcmp0(series->uri, uri) == 0 || series->count == SERIES_MAX;
}

void series_join(Series *series, UaLeg *leg, const char *uri)
{
    leg->series = series;
    leg->place = series->count++;
    series->legs[leg->place] = leg;
    g_free(series->uri);
    series->uri = g_strdup(uri);
    g_hash_table_replace(series->ua->calling, leg->call_id, leg);
}

/* The table of calls knows one leg of them, and has its key from it. */
void series_leave(UaLeg *leg)
{
    Series *series = leg->series;
    UaLeg *other = NULL;

    if (!series)
        return;
    leg->series = NULL;
    series->legs[leg->place] = NULL;
    for (guint i = 0; i < series->count; i++)
        if (series->legs[i])
            other = series->legs[i];
    if (g_hash_table_lookup(series->ua->calling, leg->call_id) == leg)
        g_hash_table_remove(series->ua->calling, leg->call_id);
    if (other)
        g_hash_table_replace(series->ua->calling, other->call_id, other);
    else
        series_drop(series);
}

/* ---- which INVITE a message belongs to ---- */

static const SeriesTag *tag_find(const Series *series, const char *tag)
{
    for (guint i = 0; tag && i < series->tags->len; i++) {
        const SeriesTag *known = &g_array_index(series->tags, SeriesTag, i);

        if (g_ascii_strcasecmp(known->tag, tag) == 0)
            return known;
    }
    return NULL;
}

static guint place_of_tag(const Series *series, const char *tag)
{
    const SeriesTag *known = tag_find(series, tag);

    return known ? known->place : 0;
}

static void tag_note(Series *series, const char *tag, guint place)
{
    SeriesTag known = {.place = place};

    if (!tag || series->tags->len == TAGS_MAX || tag_find(series, tag))
        return;
    known.tag = g_strdup(tag);
    g_array_append_val(series->tags, known);
}

/* In a confirmed dialog the CSeq counts on, into those of the next INVITEs. */
static gboolean tag_is_confirmed(const Series *series, const char *tag)
{
    const SeriesTag *known = tag_find(series, tag);

    return known && series->legs[known->place] && series->legs[known->place]->established;
}

static guint series_place(const Series *series, sip_t const *sip)
{
    sip_method_t method = sip->sip_cseq->cs_method;
    guint32 cseq = sip->sip_cseq->cs_seq;
    const char *tag = sip->sip_to ? sip->sip_to->a_tag : NULL;

    if (sip->sip_request)
        return place_of_tag(series, sip->sip_from ? sip->sip_from->a_tag : NULL);
    if ((method == sip_method_invite || method == sip_method_cancel) && cseq &&
        (cseq - 1) / CSEQ_STEP < series->count && !tag_is_confirmed(series, tag))
        return (cseq - 1) / CSEQ_STEP;
    return place_of_tag(series, tag);
}

static Series *series_of(const Ua *ua, sip_t const *sip)
{
    UaLeg *leg = sip->sip_call_id && sip->sip_cseq
                     ? g_hash_table_lookup(ua->calling, sip->sip_call_id->i_id)
                     : NULL;

    return leg ? leg->series : NULL;
}

/* A message may be met twice: from the text alone. */
static guint32 salted(const char *call_id, guint place)
{
    guint32 hash = (guint32)msg_hash_string(call_id);

    return place ? (hash ^ (place * SALT)) | 1 : hash;
}

void series_meet(Ua *ua, sip_t const *sip)
{
    Series *series = series_of(ua, sip);
    guint place;

    if (!series)
        return;
    place = series_place(series, sip);
    if (sip->sip_status && sip->sip_cseq->cs_method == sip_method_invite && sip->sip_to)
        tag_note(series, sip->sip_to->a_tag, place);
    sip->sip_call_id->i_hash = salted(sip->sip_call_id->i_id, place);
}

UaLeg *series_pick(UaLeg *leg, sip_t const *sip)
{
    return leg && leg->series ? leg->series->legs[series_place(leg->series, sip)] : leg;
}

UaLeg *series_at(UaLeg *leg, guint place)
{
    return leg && leg->series ? leg->series->legs[place] : leg;
}

sip_call_id_t *series_header(su_home_t *home, const UaLeg *leg)
{
    sip_call_id_t *header = sip_call_id_make(home, leg->call_id);

    if (header)
        header->i_hash = salted(leg->call_id, leg->place);
    return header;
}

/* ---- what they hear ---- */

static gboolean leg_is_pending(const UaLeg *leg)
{
    return leg && leg->call && !leg->established && !leg->failed && !leg->terminated;
}

/* The newest INVITE without a final response but NOT; NULL: none. */
static UaLeg *series_pending(const Series *series, const UaLeg * not )
{
    for (guint i = series->count; i-- > 0;)
        if (series->legs[i] != not &&leg_is_pending(series->legs[i]))
            return series->legs[i];
    return NULL;
}

static void leg_cancel(UaLeg *leg)
{
    ReasonText reason;

    if (leg->cancelled || !leg->heard)
        return;
    leg_reason(leg, &reason);
    leg->cancelled = TRUE;
    leg_note(leg, LADDER_OUT, "CANCEL");
    nua_cancel(leg->nh, TAG_IF(*reason.text, SIPTAG_REASON_STR(reason.text)), TAG_END());
}

void series_abandon(Series *series, const UaLeg *leg)
{
    for (guint i = 0; i < series->count; i++) {
        UaLeg *other = series->legs[i];

        if (!other || other == leg || !other->call)
            continue;
        if (leg_is_pending(other))
            leg_cancel(other);
        leg_leave(other);
        leg_settle(other);
    }
}

/* RFC 3261 16.7 step 6; 484 says least, and of two alike the longer number's says more. */
static guint rank_of(const CallNews *news)
{
    guint class = news->status / 100;

    if (class == 6)
        return 100;
    return 10 * (6 - MIN(class, 5)) + (news->status != 484);
}

static void series_note_failure(Series *series, const CallNews *news)
{
    guint rank = rank_of(news);

    if (rank < series->rank)
        return;
    series->best = *news;
    series->rank = rank;
}

static gboolean series_waits(const Series *series, const Call *call)
{
    return !series->whole && !series->cancelled &&
           call_isdn_state(call) == ISDN_OVERLAP_RECEIVING &&
           call_sip_state(call) != SIP_ABANDONED && call_sip_state(call) != SIP_CANCELLING;
}

static gboolean series_failed(UaLeg *leg, const CallNews *news)
{
    Series *series = leg->series;
    UaLeg *left = series_pending(series, leg);
    Call *call = leg->call;

    leg->failed = leg->closing = TRUE;
    series_note_failure(series, news);
    if (left) {
        if (call_sip_leg(call) == leg)
            leg_take_over(left);
        else
            leg_leave(leg);
        return TRUE;
    }
    if (!series_waits(series, call))
        call_event(call, EVENT_SIP_FAILURE, &series->best);
    else if (call_sip_state(call) == SIP_CALLING) /* nothing is left that could be cancelled */
        call_event(call, EVENT_SIP_TRYING, NULL);
    return TRUE;
}

/* RFC 3578 3.3: the media of the INVITE with more digits. */
static gboolean series_progressed(UaLeg *leg, CallEvent event)
{
    Series *series = leg->series;
    gboolean media = event == EVENT_SIP_RINGING_MEDIA || event == EVENT_SIP_PROGRESS;

    leg->heard = TRUE;
    if (series->cancelled)
        leg_cancel(leg);
    if (media && series->has_media && leg->place < series->media) {
        if (event == EVENT_SIP_RINGING_MEDIA)
            call_event(leg->call, EVENT_SIP_RINGING, NULL);
        return TRUE;
    }
    if (media) {
        series->has_media = TRUE;
        series->media = leg->place;
    }
    return FALSE;
}

/* RFC 3578 3.4: the rest is cancelled. */
static gboolean series_won(UaLeg *leg)
{
    leg_take_over(leg);
    series_abandon(leg->series, leg);
    return FALSE;
}

gboolean series_hears(UaLeg *leg, CallEvent event, const CallNews *news)
{
    CallNews failure = news ? *news : (CallNews)CALL_NEWS_INIT;

    if (!leg->call) { /* it goes home alone */
        leg->heard = TRUE;
        leg_cancel(leg);
        return TRUE;
    }
    switch ((int)event) { /* the rest is of a dialog that carries the call */
    case EVENT_SIP_TRYING:
    case EVENT_SIP_FORWARDED:
    case EVENT_SIP_RINGING:
    case EVENT_SIP_RINGING_MEDIA:
    case EVENT_SIP_PROGRESS:
        return series_progressed(leg, event);
    case EVENT_SIP_ANSWER:
        return series_won(leg);
    case EVENT_SIP_LOST:
    case EVENT_SIP_REFUSED:
        if (leg->established)
            return FALSE;
        failure.status = 500;
        return series_failed(leg, &failure);
    case EVENT_SIP_REDIRECTED: /* followed when it is all that is left of a whole number */
        if (!series_pending(leg->series, leg) && !series_waits(leg->series, leg->call))
            return FALSE;
        return series_failed(leg, &failure);
    case EVENT_SIP_FAILURE:
        return series_failed(leg, &failure);
    case EVENT_SIP_MEDIA:
        return !leg->established && series_pending(leg->series, leg) &&
               leg->place < leg->series->media;
    case EVENT_SIP_BYE: /* its INVITE will have its answer all the same */
        return !leg->established && series_pending(leg->series, leg) != NULL;
    default:
        return FALSE;
    }
}

void series_end(Series *series, Call *call)
{
    series->whole = TRUE;
    if (!series_pending(series, NULL) && series->rank)
        call_event(call, EVENT_SIP_FAILURE, &series->best);
}

void series_cancel(Series *series, Call *call)
{
    CallNews news = CALL_NEWS_INIT;

    series->cancelled = TRUE;
    for (guint i = 0; i < series->count; i++)
        if (leg_is_pending(series->legs[i]))
            leg_cancel(series->legs[i]);
    if (series_pending(series, NULL))
        return;
    news.status = 487;
    call_event(call, EVENT_SIP_FAILURE, series->rank ? &series->best : &news);
}
