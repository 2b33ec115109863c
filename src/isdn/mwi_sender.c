/* A trunk's mailboxes that are to be told to the PBX, and the one that is being told.
 *
 *      QSIG      SETUP (call independent) mwiActivate  ->
 *                <-  CONNECT result
 *                CONNECT ACKNOWLEDGE, RELEASE  ->
 *      EuroISDN  FACILITY (dummy reference) MWIActivate, MWIDeactivate, MWIIndicate  ->
 *
 * On QSIG the next one's turn comes when the connection is over, which is pace enough; on EuroISDN
 * after a while, so that calls have their part of the D channel. What a line that is down keeps
 * back waits, and the last state counts.
 */
#include "mwi_sender.h"

#include "bare.h"
#include "elements.h"
#include "log.h"

#include <string.h>

#define PACE_US (50 * G_TIME_SPAN_MILLISECOND)
#define LINE_AGAIN_US G_USEC_PER_SEC
/* A PBX that has nothing to say does not keep the others waiting. */
#define ANSWER_US (20 * G_USEC_PER_SEC)
#define TRIES 3

typedef struct Errand {
    Number served;
    MwiState state;
    guint tries;
} Errand;

struct MwiSender {
    Isdn *isdn;
    char *trunk;
    GQueue waiting; /* of Errand* */
    LoopTimer *timer;
    int invoke; /* the last identifier */
    /* The one that is being told on QSIG; NULL: none is. */
    Errand *errand;
    DChannel *dchan;
    q931_call *q931;
    int ref;
    gboolean answered; /* by a result or an error */
    gboolean heard;    /* the far end has sent a message at all */
    gboolean clearing;
    gint64 until_us;
    char last[NUMBER_MAX + 1]; /* told last on EuroISDN: whose an error is */
};

static void sender_run(void *user);

static MwiSender *sender_find(const Isdn *isdn, const char *trunk)
{
    for (guint i = 0; i < isdn->mwi_senders->len; i++) {
        MwiSender *sender = isdn->mwi_senders->pdata[i];

        if (strcmp(sender->trunk, trunk) == 0)
            return sender;
    }
    return NULL;
}

static MwiSender *sender_new(Isdn *isdn, const char *trunk)
{
    MwiSender *sender = g_new0(MwiSender, 1);

    sender->isdn = isdn;
    sender->trunk = g_strdup(trunk);
    g_queue_init(&sender->waiting);
    sender->timer = loop_timer_new(isdn->loop, sender_run, sender);
    g_ptr_array_add(isdn->mwi_senders, sender);
    return sender;
}

void mwi_sender_free(MwiSender *sender)
{
    if (sender->q931)
        pri_destroycall(dchan_pri(sender->dchan), sender->q931);
    loop_timer_free(sender->isdn->loop, sender->timer);
    g_queue_clear_full(&sender->waiting, g_free);
    g_free(sender->errand);
    g_free(sender->trunk);
    g_free(sender);
}

static const TrunkSettings *sender_trunk(const MwiSender *sender)
{
    const TrunkSettings *trunk = settings_find_trunk(sender->isdn->settings, sender->trunk);

    return trunk && trunk->mwi != TRUNK_MWI_NO ? trunk : NULL;
}

/* A controller whose line can carry a message now. */
static DChannel *sender_line(const MwiSender *sender, const TrunkSettings *trunk)
{
    for (guint i = 0; i < trunk->spans->len; i++) {
        const SpanSettings *span = trunk->spans->pdata[i];
        DChannel *dchan = isdn_find_dchan(sender->isdn, span->index);

        if (dchan && dchan_is_usable(dchan_head(dchan)))
            return dchan_head(dchan);
    }
    return NULL;
}

static void sender_wait(MwiSender *sender, gint64 us)
{
    loop_timer_start(sender->isdn->loop, sender->timer, us);
}

/* ---- what waits ---------------------------------------------------------------------------------
 */

static gint errand_is_other(gconstpointer errand, gconstpointer served)
{
    const Number *one = &((const Errand *)errand)->served, *other = served;

    return one->ton != other->ton || one->npi != other->npi ||
           strcmp(one->digits, other->digits) != 0;
}

/* ERRAND goes (back) into the queue, unless a later state waits there already. Takes it. */
static void sender_queue(MwiSender *sender, Errand *errand)
{
    GList *before = g_queue_find_custom(&sender->waiting, &errand->served, errand_is_other);

    if (before)
        g_free(errand);
    else
        g_queue_push_tail(&sender->waiting, errand);
}

gboolean isdn_tell_mwi(Isdn *isdn, const char *trunk, const Number *served, const MwiState *state)
{
    MwiSender *sender = sender_find(isdn, trunk);
    Errand *errand;
    GList *before;

    if (!sender)
        sender = sender_new(isdn, trunk);
    if (!sender_trunk(sender) || !served->digits[0])
        return FALSE;
    before = g_queue_find_custom(&sender->waiting, served, errand_is_other);
    if (before) {
        ((Errand *)before->data)->state = *state;
        return TRUE;
    }
    if (sender->waiting.length >= MWI_WAITING_MAX)
        return FALSE;
    errand = g_new0(Errand, 1);
    errand->served = *served;
    errand->state = *state;
    g_queue_push_tail(&sender->waiting, errand);
    if (!sender->errand && sender->waiting.length == 1)
        sender_wait(sender, 0);
    return TRUE;
}

void isdn_set_mwi(Isdn *isdn, IsdnMwiFunc func, void *user)
{
    isdn->mwi_func = func;
    isdn->mwi_user = user;
}

/* ---- what it is told --------------------------------------------------------------------------
 */

static void component_fill(MwiSender *sender, const TrunkSettings *trunk, const Errand *errand,
                           MwiComponent *component)
{
    const MwiState *state = &errand->state;

    sender->invoke = sender->invoke % 0x7ffe + 1;
    *component = (MwiComponent){
        .kind = MWI_INVOKE,
        .dialect = trunk->switch_type == SWITCH_QSIG ? MWI_QSIG : MWI_ETSI,
        .operation = trunk->mwi == TRUNK_MWI_INDICATE ? MWI_INDICATE
                     : state->waiting                 ? MWI_ACTIVATE
                                                      : MWI_DEACTIVATE,
        .invoke = sender->invoke,
        .served = errand->served,
        .has_count = !state->waiting || (state->counted && state->fresh > 0),
        .count = (guint16)(state->waiting ? MIN(state->fresh, (guint32)G_MAXUINT16) : 0),
    };
}

/* FACILITY with the dummy call reference (Q.932 6.3.2); an indication names its user beside it. */
static gboolean mailbox_send(MwiSender *sender, DChannel *dchan, const MwiComponent *component)
{
    static const guint8 header[] = {0x08, 0x00, MESSAGE_FACILITY};
    guint8 message[ELEMENT_ROOM], facility[ELEMENT_ROOM];
    const Number *served = &component->served;
    gsize length = sizeof header, digits = strlen(served->digits);

    memcpy(message, header, sizeof header);
    mwi_component_write(component, facility);
    memcpy(message + length, facility, 2u + facility[1]);
    length += 2u + facility[1];
    if (component->operation == MWI_INDICATE) {
        message[length++] = 0x70;
        message[length++] = (guint8)(1 + digits);
        message[length++] = (guint8)(0x80 | served->ton << 4 | served->npi);
        memcpy(message + length, served->digits, digits);
        length += digits;
    }
    g_strlcpy(sender->last, served->digits, sizeof sender->last);
    return bare_send(dchan, message, length);
}

/* ---- a connection of its own --------------------------------------------------------------------
 */

/* Call-independent signalling (ECMA-165 7.3): libpri runs its states. */
static gboolean connection_open(MwiSender *sender, DChannel *dchan, const MwiComponent *component)
{
    struct pri *pri = dchan_pri(dchan);
    struct pri_sr *record = bare_record(&component->served);
    guint8 facility[ELEMENT_ROOM];

    sender->q931 = record ? pri_new_call(pri) : NULL;
    if (sender->q931) {
        sender->dchan = dchan;
        sender->ref = bare_reference(dchan, sender->q931);
        sender->answered = sender->heard = sender->clearing = FALSE;
        sender->until_us = loop_now(sender->isdn->loop) + ANSWER_US;
        mwi_component_write(component, facility);
        dchan_forget_call(dchan, sender->ref);
        dchan_add_element(dchan, sender->ref, MESSAGE_SETUP, FRAME_INSTEAD, facility);
        if (pri_setup(pri, sender->q931, record) != 0) {
            pri_destroycall(pri, sender->q931);
            sender->q931 = NULL;
        }
        dchan_rearm(dchan);
    }
    if (record)
        pri_sr_free(record);
    return sender->q931 != NULL;
}

static void connection_clear(MwiSender *sender)
{
    sender->clearing = TRUE;
    sender->until_us = loop_now(sender->isdn->loop) + ANSWER_US;
    pri_hangup(dchan_pri(sender->dchan), sender->q931, PRI_CAUSE_NORMAL_CLEARING);
    dchan_rearm(sender->dchan);
}

/* The connection is gone: what was not heard at the other end is told again. */
static void connection_over(MwiSender *sender, guint8 cause)
{
    Errand *errand = g_steal_pointer(&sender->errand);
    /* A line that is down is nobody's refusal. */
    gboolean again = !sender->answered && !sender->heard &&
                     (!dchan_is_linked(sender->dchan) || ++errand->tries < TRIES);

    sender->q931 = NULL;
    dchan_forget_call(sender->dchan, sender->ref);
    if (!sender->answered && !again) {
        dchan_count(sender->dchan, COUNT_MWI_REFUSED);
        log_warning("trunk %s: the PBX took no message waiting for %s (%s %u)", sender->trunk,
                    errand->served.digits, sender->heard ? "cause" : "no answer, cause", cause);
    }
    if (again)
        sender_queue(sender, errand);
    else
        g_free(errand);
    sender_wait(sender, again ? LINE_AGAIN_US : PACE_US);
}

/* ---- one after the other ------------------------------------------------------------------------
 */

/* The connection of the errand under way is due for a look: the line may be gone, or the PBX
 * silent.
 */
static void sender_look_after(MwiSender *sender)
{
    if (!dchan_is_linked(sender->dchan)) {
        pri_destroycall(dchan_pri(sender->dchan), sender->q931);
        sender->heard = FALSE;
        connection_over(sender, 0);
    } else if (sender->until_us <= loop_now(sender->isdn->loop)) {
        if (sender->clearing) {
            pri_destroycall(dchan_pri(sender->dchan), sender->q931);
            connection_over(sender, 0);
        } else {
            connection_clear(sender);
            sender_wait(sender, LINE_AGAIN_US);
        }
    } else {
        sender_wait(sender, LINE_AGAIN_US);
    }
}

static void sender_tell(MwiSender *sender, const TrunkSettings *trunk, DChannel *dchan)
{
    MwiComponent component;
    char text[64];

    sender->errand = g_queue_pop_head(&sender->waiting);
    component_fill(sender, trunk, sender->errand, &component);
    dchan_count(dchan, COUNT_MWI_TOLD);
    log_info("trunk %s: mailbox of %s is told: %s", sender->trunk, component.served.digits,
             mwi_state_describe(&sender->errand->state, text, sizeof text));
    if (component.dialect == MWI_QSIG && connection_open(sender, dchan, &component)) {
        sender_wait(sender, LINE_AGAIN_US);
        return;
    }
    if (component.dialect == MWI_ETSI && mailbox_send(sender, dchan, &component))
        g_free(sender->errand);
    else
        sender_queue(sender, sender->errand);
    sender->errand = NULL;
    sender_wait(sender, PACE_US);
}

static void sender_run(void *user)
{
    MwiSender *sender = user;
    const TrunkSettings *trunk = sender_trunk(sender);
    DChannel *dchan = trunk ? sender_line(sender, trunk) : NULL;

    if (sender->errand)
        sender_look_after(sender);
    else if (!trunk)
        g_queue_clear_full(&sender->waiting, g_free); /* nobody is to be told any more */
    else if (dchan && sender->waiting.length)
        sender_tell(sender, trunk, dchan);
    else if (sender->waiting.length)
        sender_wait(sender, LINE_AGAIN_US);
}

/* ---- what comes back ----------------------------------------------------------------------------
 */

static MwiSender *sender_of_call(const DChannel *dchan, int call)
{
    const GPtrArray *senders = dchan_isdn(dchan)->mwi_senders;

    for (guint i = 0; i < senders->len; i++) {
        MwiSender *sender = senders->pdata[i];

        if (sender->q931 && sender->dchan == dchan && sender->ref == call)
            return sender;
    }
    return NULL;
}

void mwi_sender_know_call(const DChannel *dchan, int call, FrameCall *known)
{
    const MwiSender *sender = sender_of_call(dchan, call);

    if (sender)
        *known = (FrameCall){
            .known = CALL_OURS, .initiated = !sender->heard, .clearing = sender->clearing};
}

/* The error by the names of both standards' tables, as a number: few say the same by it. */
static void refusal_log(DChannel *dchan, MwiSender *sender, const char *served,
                        const MwiComponent *component)
{
    dchan_count(dchan, COUNT_MWI_REFUSED);
    log_warning("trunk %s: the PBX refuses message waiting for %s: %s %d", sender->trunk, served,
                component->kind == MWI_ERROR ? "error" : "reject, invoke",
                component->kind == MWI_ERROR ? component->error : component->invoke);
}

void mwi_sender_answered(DChannel *dchan, int call, const MwiComponent *component)
{
    MwiSender *sender = call == FRAME_CALL_DUMMY
                            ? sender_find(dchan_isdn(dchan), dchan_trunk(dchan)->name)
                            : sender_of_call(dchan, call);

    if (!sender)
        return;
    sender->answered = TRUE;
    if (component->kind == MWI_ERROR || component->kind == MWI_REJECT)
        refusal_log(dchan, sender,
                    call != FRAME_CALL_DUMMY              ? sender->errand->served.digits
                    : component->invoke == sender->invoke ? sender->last
                                                          : "somebody",
                    component);
}

static MwiSender *sender_of_q931(const DChannel *dchan, const q931_call *q931)
{
    const GPtrArray *senders = dchan_isdn(dchan)->mwi_senders;

    for (guint i = 0; q931 && i < senders->len; i++) {
        MwiSender *sender = senders->pdata[i];

        if (sender->q931 == q931 && sender->dchan == dchan)
            return sender;
    }
    return NULL;
}

void mwi_sender_event(DChannel *dchan, q931_call *q931, int e, const FrameNews *frame)
{
    MwiSender *sender = sender_of_q931(dchan, q931);
    guint8 cause = frame ? frame->cause : 0;

    if (!sender)
        return;
    sender->heard |= frame != NULL;
    switch (e) {
    case PRI_EVENT_ANSWER:
        pri_connect_ack(dchan_pri(dchan), q931, 0);
        connection_clear(sender);
        break;
    case PRI_EVENT_HANGUP_REQ:
        connection_clear(sender);
        break;
    case PRI_EVENT_HANGUP:
        pri_hangup(dchan_pri(dchan), q931, PRI_CAUSE_NORMAL_CLEARING);
        connection_over(sender, cause);
        break;
    case PRI_EVENT_HANGUP_ACK:
        connection_over(sender, cause);
        break;
    default: /* the connection goes on */
        break;
    }
}

void mwi_sender_sweep(DChannel *dchan)
{
    const GPtrArray *senders = dchan_isdn(dchan)->mwi_senders;

    for (guint i = 0; i < senders->len; i++) {
        MwiSender *sender = senders->pdata[i];

        if (sender->q931 && sender->dchan == dchan &&
            pri_get_crv(dchan_pri(dchan), sender->q931, NULL) < 0)
            connection_over(sender, 0);
    }
}
