/* The INVITEs of one call whose number comes in pieces: one Call-ID, one From tag, rising CSeq (RFC
 * 3578 4).
 *
 * None has a To tag, so that NTA would take the second one for a request within the dialog of the
 * first. It tells dialogs apart by the hash of their Call-ID before it looks at anything else; so
 * every message of the second INVITE and its dialog gets another hash while it is parsed, and what
 * is copied from it keeps that. Which INVITE a message is of its CSeq tells, or RAck's; what names
 * neither is of the INVITE that carries the call.
 *
 * Anybody who has overheard Call-ID and tag can send such an INVITE. Until it is found to be the
 * caller's it is only remembered, for its retransmissions and its ACK, and has no say in whose CSeq
 * comes next.
 */
#include "sip_room.h"

#include "pieces.h"

#include <sofia-sip/msg_parser.h>
#include <string.h>

#define INVITES_MAX (NUMBER_MAX + 1) /* a digit each, at most */
#define STRAYS 8 /* of those that are refused so many are told from the dialog */
#define SALT 0x9e3779b1u

struct Succession {
    Ua *ua;
    char *key;
    guint32 cseq[INVITES_MAX]; /* of each INVITE of the call, the newest last */
    guint count;
    guint32 stray[STRAYS]; /* of those met that are none of it, or not yet; the oldest goes first */
    guint strays;          /* ever */
    guint present;         /* which of them carries the call */
    UaLeg *leg;            /* its leg; NULL: it has gone */
    guint legs;            /* that live */
    LoopTimer *rest;
};

static void succession_free(gpointer data)
{
    Succession *succession = data;

    loop_timer_free(succession->ua->loop, succession->rest);
    g_free(succession->key);
    g_free(succession);
}

void succession_open(Ua *ua)
{
    ua->successions = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, succession_free);
}

void succession_close(Ua *ua)
{
    g_clear_pointer(&ua->successions, g_hash_table_destroy);
}

static char *key_of(sip_t const *sip)
{
    if (!sip->sip_call_id || !sip->sip_from || !sip->sip_from->a_tag)
        return NULL;
    return g_strdup_printf("%s\n%s", sip->sip_call_id->i_id, sip->sip_from->a_tag);
}

static Succession *succession_lookup(const Ua *ua, sip_t const *sip)
{
    g_autofree char *key = g_hash_table_size(ua->successions) ? key_of(sip) : NULL;

    return key ? g_hash_table_lookup(ua->successions, key) : NULL;
}

static int succession_index(const Succession *succession, guint32 cseq)
{
    for (guint i = 0; i < succession->count; i++)
        if (succession->cseq[i] == cseq)
            return (int)i;
    return -1;
}

static gboolean succession_is_stray(const Succession *succession, guint32 cseq)
{
    for (guint i = 0; i < MIN(succession->strays, STRAYS); i++)
        if (succession->stray[i] == cseq)
            return TRUE;
    return FALSE;
}

/* May an INVITE of CSEQ be the next? */
static gboolean succession_is_next(const Succession *succession, guint32 cseq)
{
    return succession->count < INVITES_MAX && cseq > succession->cseq[succession->count - 1];
}

/* The CSeq of the INVITE that SIP, a request, is or belongs to. */
static guint32 succession_place(Succession *succession, sip_t const *sip)
{
    sip_method_t method = sip->sip_request->rq_method;
    guint32 present = succession->cseq[succession->present], cseq = sip->sip_cseq->cs_seq;

    if (method == sip_method_prack && sip->sip_rack)
        cseq = sip->sip_rack->ra_cseq;
    else if (method != sip_method_invite && method != sip_method_ack && method != sip_method_cancel)
        return present;
    if (succession_index(succession, cseq) >= 0 || succession_is_stray(succession, cseq))
        return cseq;
    if (method != sip_method_invite || (sip->sip_to && sip->sip_to->a_tag) ||
        !succession_is_next(succession, cseq))
        return present;
    succession->stray[succession->strays++ % STRAYS] = cseq;
    return cseq;
}

void succession_meet(Ua *ua, sip_t const *sip)
{
    Succession *succession;
    guint32 place;

    if (!sip->sip_request || !sip->sip_cseq || !(succession = succession_lookup(ua, sip)))
        return;
    place = succession_place(succession, sip);
    if (place != succession->cseq[0]) /* a message may be met twice */
        sip->sip_call_id->i_hash =
            ((guint32)msg_hash_string(sip->sip_call_id->i_id) ^ (place * SALT)) | 1;
}

static Succession *succession_new(UaLeg *leg, sip_t const *sip)
{
    Succession *succession;
    char *key = key_of(sip);

    if (!key)
        return NULL;
    succession = g_new0(Succession, 1);
    succession->ua = leg->ua;
    succession->key = key;
    succession->cseq[succession->count++] = sip->sip_cseq->cs_seq;
    g_hash_table_insert(leg->ua->successions, key, succession);
    return succession;
}

void succession_join(UaLeg *leg, sip_t const *sip)
{
    Succession *succession = succession_lookup(leg->ua, sip);
    guint32 cseq = sip->sip_cseq->cs_seq;

    if (!succession && !(succession = succession_new(leg, sip)))
        return;
    if (succession_index(succession, cseq) < 0) {
        if (!succession_is_next(succession, cseq)) /* a merged request, perhaps: it is on its own */
            return;
        succession->cseq[succession->count++] = cseq;
    }
    succession->present = (guint)succession_index(succession, cseq);
    succession->leg = leg;
    succession->legs++;
    leg->succession = succession;
}

static void succession_rests(void *user)
{
    Succession *succession = user;

    g_hash_table_remove(succession->ua->successions, succession->key);
}

/* The ACK of an INVITE that is over may come again, and the INVITE itself. */
void succession_leave(UaLeg *leg)
{
    Succession *succession = leg->succession;
    gint64 wait = (gint64)leg->settings->sip.t1_ms * 64 * 1000;

    if (!succession)
        return;
    leg->succession = NULL;
    if (succession->leg == leg)
        succession->leg = NULL;
    if (--succession->legs)
        return;
    if (succession->count == 1) {
        succession_rests(succession);
        return;
    }
    if (!succession->rest)
        succession->rest = loop_timer_new(succession->ua->loop, succession_rests, succession);
    loop_timer_start(succession->ua->loop, succession->rest, wait);
}

UaLeg *succession_owner(Ua *ua, sip_t const *sip)
{
    Succession *succession = succession_lookup(ua, sip);
    UaLeg *leg = succession ? succession->leg : NULL;

    return leg && leg->call ? leg : NULL;
}

UaLeg *succession_find(Ua *ua, sip_t const *sip)
{
    UaLeg *leg = succession_owner(ua, sip);
    guint32 cseq = sip->sip_cseq->cs_seq;

    if (!leg || succession_index(leg->succession, cseq) >= 0 ||
        !succession_is_next(leg->succession, cseq) || leg->established || leg->answer_waits ||
        leg->closing)
        return NULL;
    return leg;
}
