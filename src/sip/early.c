/* Calls of ours before their answer: what the parser meets of them and NUA does not tell. */
#include "attempt.h"

#include "cause.h"
#include "pieces.h"

#include <string.h>

typedef enum HeardWhat { HEARD_TRYING, HEARD_BYE, HEARD_BRANCH_BYE } HeardWhat;

typedef struct Heard {
    char *call_id;
    guint place; /* of the INVITE, where the call has several */
    HeardWhat what;
} Heard;

void early_heard_free(gpointer data)
{
    Heard *heard = data;

    g_free(heard->call_id);
    g_free(heard);
}

/* The parser must not raise events: what it has met becomes one at the loop's next turn, when the
 * transaction has seen it too. */
static void early_note_heard(UaLeg *leg, HeardWhat what)
{
    Heard *heard = g_new(Heard, 1);

    *heard = (Heard){g_strdup(leg->call_id), leg->place, what};
    g_queue_push_tail(&leg->ua->heard, heard);
    loop_timer_start(leg->ua->loop, leg->ua->heard_timer, 0);
}

/* The leg of the call SIP belongs to, while its INVITE is unanswered. */
static UaLeg *pending_leg(Ua *ua, sip_t const *sip)
{
    UaLeg *leg = series_pick(g_hash_table_lookup(ua->calling, sip->sip_call_id->i_id), sip);

    return leg && !leg->established ? leg : NULL;
}

void early_note_trying(Ua *ua, sip_t const *sip)
{
    UaLeg *leg = pending_leg(ua, sip);

    if (leg)
        early_note_heard(leg, HEARD_TRYING);
}

/* More branches of a fork than this are not told apart. */
#define EARLY_MAX 16

static EarlyDialog *early_find(const UaLeg *leg, const char *tag)
{
    for (guint i = 0; tag && leg->early && i < leg->early->len; i++) {
        EarlyDialog *early = &g_array_index(leg->early, EarlyDialog, i);

        if (strcmp(early->tag, tag) == 0)
            return early;
    }
    return NULL;
}

static void early_clear(gpointer data)
{
    g_free(((EarlyDialog *)data)->tag);
}

void early_note_ringing(Ua *ua, sip_t const *sip)
{
    UaLeg *leg = pending_leg(ua, sip);
    const char *tag = sip->sip_to ? sip->sip_to->a_tag : NULL;
    EarlyDialog early = {0};

    if (!leg || !tag || !sip->sip_from || !sip->sip_from->a_tag || early_find(leg, tag))
        return;
    if (!leg->early) {
        leg->early = g_array_new(FALSE, FALSE, sizeof(EarlyDialog));
        g_array_set_clear_func(leg->early, early_clear);
        leg->own_tag = g_strdup(sip->sip_from->a_tag);
    }
    if (leg->early->len == EARLY_MAX)
        return;
    early.tag = g_strdup(tag);
    g_array_append_val(leg->early, early);
}

static gboolean early_is_over(const UaLeg *leg)
{
    for (guint i = 0; i < leg->early->len; i++)
        if (!g_array_index(leg->early, EarlyDialog, i).ended)
            return FALSE;
    return TRUE;
}

int early_note_bye(Ua *ua, sip_t const *sip)
{
    UaLeg *leg = pending_leg(ua, sip);
    EarlyDialog *early;

    if (!leg)
        return 0;
    early = sip->sip_from ? early_find(leg, sip->sip_from->a_tag) : NULL;
    if (!early || !sip->sip_to || g_strcmp0(sip->sip_to->a_tag, leg->own_tag) != 0)
        return 481;
    if (!early->ended) {
        early->ended = TRUE;
        early_note_heard(leg, early_is_over(leg) ? HEARD_BYE : HEARD_BRANCH_BYE);
    }
    return 200;
}

/* A request that would begin a call has no To tag, whatever Call-ID it borrows. */
gboolean early_is_spoken_to(Ua *ua, sip_t const *sip, const struct sockaddr *source)
{
    UaLeg *leg = sip->sip_call_id && sip->sip_cseq
                     ? series_pick(g_hash_table_lookup(ua->calling, sip->sip_call_id->i_id), sip)
                     : NULL;

    return leg && leg->far.ss_family && sip->sip_to && sip->sip_to->a_tag &&
           address_same_host((const struct sockaddr *)&leg->far, source);
}

static void early_tell(UaLeg *leg, HeardWhat what)
{
    CallNews news = CALL_NEWS_INIT;

    if (what != HEARD_TRYING) {
        leg_note(leg, LADDER_IN, "BYE");
        leg_note_response(leg, LADDER_OUT, SIP_200_OK, "BYE", FALSE);
    }
    if (leg->established || leg->closing || what == HEARD_BRANCH_BYE)
        return;
    if (what == HEARD_TRYING) {
        attempt_heard(leg, 100);
        news.status = 100;
        leg_note_response(leg, LADDER_IN, SIP_100_TRYING, NULL, FALSE);
        leg_event(leg, EVENT_SIP_TRYING, &news);
    } else if (!leg->cancelled) {
        news.cause = CAUSE_NORMAL_CALL_CLEARING;
        leg_event(leg, EVENT_SIP_BYE, &news);
    }
}

void early_tell_heard(void *user)
{
    Ua *ua = user;
    Heard *heard;

    while ((heard = g_queue_pop_head(&ua->heard))) {
        UaLeg *leg = series_at(g_hash_table_lookup(ua->calling, heard->call_id), heard->place);

        if (leg)
            early_tell(leg, heard->what);
        early_heard_free(heard);
    }
}
