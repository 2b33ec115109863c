/* Supplementary services the far end tells of or asks for: NOTIFY, HOLD, RETRIEVE, and what libpri
 * reads out of Facility elements. */
#include "isdn_supplement.h"
#include "isdn_charge.h"
#include "isdn_event.h"
#include "isdn_join.h"
#include "isdn_setup.h"
#include "log.h"
#include "trunk.h"

#define ELEMENT_NOTIFICATION 0x27

/* ---- NOTIFY, Q.931 4.5.22 ---------------------------------------------------------------------
 */

static void on_suspended(IsdnLeg *leg, const CallNews *news)
{
    switch (dchan_trunk(leg->dchan)->notify_hold) {
    case HOLD_TOLD_REINVITE:
        leg->suspended = TRUE;
        isdn_event_raise(leg, EVENT_ISDN_SUSPENDED, news);
        break;
    case HOLD_TOLD_BY_SILENCE:
        leg->silenced = TRUE;
        isdn_event_raise(leg, EVENT_ISDN_SILENCED, news);
        break;
    case HOLD_TOLD_NOT:
        break;
    }
}

/* As it was told before, whatever the trunk says now. */
static void on_resumed(IsdnLeg *leg, const CallNews *news)
{
    gboolean silenced = leg->silenced, suspended = leg->suspended;
    guint32 id = leg->id;
    DChannel *dchan = leg->dchan;

    leg->silenced = leg->suspended = FALSE;
    if (silenced)
        isdn_event_raise(leg, EVENT_ISDN_SOUNDED, news);
    if (suspended && isdn_leg_find_id(dchan, id) == leg)
        isdn_event_raise(leg, EVENT_ISDN_RESUMED, news);
}

void isdn_supplement_notify(IsdnLeg *leg, int info, const FrameNews *frame)
{
    CallNews news = isdn_event_news(frame);

    if (!isdn_event_leg_speaks(leg))
        return;
    switch (info) {
    case PRI_NOTIFY_USER_SUSPENDED:
    case PRI_NOTIFY_REMOTE_HOLD:
        on_suspended(leg, &news);
        break;
    case PRI_NOTIFY_USER_RESUMED:
    case PRI_NOTIFY_REMOTE_RETRIEVAL:
        on_resumed(leg, &news);
        break;
    default: /* bearer changes, conferences, waiting calls: nothing on the SIP side to say it by */
        break;
    }
}

/* libpri keeps 0x7B to itself where no number comes with it. */
void isdn_supplement_read(DChannel *dchan, const FrameNews *frame)
{
    const guint8 *element = frame_find_element(frame, ELEMENT_NOTIFICATION, 0);
    IsdnLeg *leg = isdn_leg_find_call(dchan, frame->call);
    CallNews news = isdn_event_news(frame);
    guint8 info;

    isdn_join_read(dchan, frame);
    if (frame->message != MESSAGE_NOTIFY || !element || element[1] < 1 || !leg)
        return;
    info = element[2] & 0x7f;
    if (info == PRI_NOTIFY_CALL_DIVERTING || info == PRI_NOTIFY_DIVERSION_ACTIVATED)
        isdn_event_raise(leg, EVENT_ISDN_DIVERTING, &news);
}

/* ---- HOLD and RETRIEVE, Q.932 6.2 -------------------------------------------------------------
 */

void isdn_supplement_hold(IsdnLeg *leg, const FrameNews *frame)
{
    CallNews news = isdn_event_news(frame);

    if (leg->call)
        isdn_event_raise(leg, EVENT_ISDN_HOLD, &news);
    else
        pri_hold_rej(dchan_pri(leg->dchan), leg->q931, CAUSE_WRONG_CALL_STATE);
}

void isdn_supplement_retrieve(IsdnLeg *leg, const struct pri_event_retrieve *retrieve,
                              const FrameNews *frame)
{
    CallNews news = isdn_event_news(frame);
    guint wanted = retrieve->channel & 0xff;

    news.channel = wanted == 0xff ? 0 : (guint8)wanted;
    news.flexible = retrieve->flexible != 0;
    if (leg->call)
        isdn_event_raise(leg, EVENT_ISDN_RETRIEVE, &news);
    else
        pri_retrieve_rej(dchan_pri(leg->dchan), leg->q931, CAUSE_WRONG_CALL_STATE);
}

/* ---- call rerouting and deflection, EN 300 207-1 and ECMA-174 ---------------------------------
 */

static guint8 reason_of(int reason)
{
    return reason == PRI_REDIR_DEFLECTION ? 10 : (guint8)(reason & 15);
}

static void rerouting_answer(IsdnLeg *leg, int invoke, enum PRI_REROUTING_RSP_CODE code)
{
    pri_rerouting_rsp(dchan_pri(leg->dchan), leg->q931, invoke, code);
}

/* Before the answer the caller can go elsewhere itself; later there is nobody to send away. */
static void on_rerouting(IsdnLeg *leg, const struct pri_rerouting_data *data)
{
    const struct pri_party_number *to = &data->deflection.to.number;
    CallNews news = CALL_NEWS_INIT;

    if (!leg->call || !leg->ours || leg->connected || leg->hanging_up || leg->disconnected ||
        call_is_emergency(leg->call)) {
        rerouting_answer(leg, data->invoke_id, PRI_REROUTING_RSP_NOT_ALLOWED);
        return;
    }
    isdn_setup_read_plan(to->plan, &news.redirect);
    if (!to->valid || !to->str[0] ||
        !digits_copy(to->str, news.redirect.digits, sizeof news.redirect.digits)) {
        rerouting_answer(leg, data->invoke_id, PRI_REROUTING_RSP_INVALID_NUMBER);
        return;
    }
    news.redirect.presentation =
        isdn_setup_read_presentation(data->deflection.from.number.presentation);
    news.redirect_reason = reason_of(data->deflection.reason);
    news.cause = CAUSE_NORMAL_CALL_CLEARING;
    news.reason_trusted = TRUE;
    g_snprintf(news.detail, sizeof news.detail, "to %s", news.redirect.digits);
    rerouting_answer(leg, data->invoke_id, PRI_REROUTING_RSP_OK_CLEAR);
    dchan_count(leg->dchan, COUNT_REROUTINGS);
    isdn_event_raise(leg, EVENT_ISDN_REROUTED, &news);
}

/* ---- malicious call identification, EN 300 130-1 ----------------------------------------------
 */

/* What libpri knows of a party, or else what the call was made with. */
static const char *party_text(const struct pri_party_id *party, const Number *asked)
{
    if (party->number.str[0])
        return party->number.str;
    return asked && asked->digits[0] ? asked->digits : "no number";
}

/* libpri has answered it: what counts is that somebody reads of it. */
static void on_mcid(IsdnLeg *leg, const struct pri_subcmd_mcid_req *request)
{
    const CallSetup *asked = leg->call ? call_setup(leg->call) : NULL;

    dchan_count(leg->dchan, COUNT_MCID);
    log_warning("span %s: C%u: malicious call identification is asked for: %s called %s",
                dchan_span(leg->dchan)->name, leg->call_id,
                party_text(&request->originator, asked ? &asked->calling : NULL),
                party_text(&request->answerer, asked ? &asked->called : NULL));
    if (leg->call_id)
        hall_note(dchan_isdn(leg->dchan)->hall, leg->call_id, LADDER_ISDN, LADDER_IN,
                  "malicious call identification");
}

/* ---- subcommands ------------------------------------------------------------------------------
 */

static void subcommand(IsdnLeg *leg, const struct pri_subcommand *command, const FrameNews *frame)
{
    if (isdn_charge_told(leg, command))
        return;
    switch (command->cmd) {
    case PRI_SUBCMD_TRANSFER_CALL:
        isdn_join_asked(leg, &command->u.transfer, frame);
        break;
    case PRI_SUBCMD_REROUTING:
        on_rerouting(leg, &command->u.rerouting);
        break;
    case PRI_SUBCMD_MCID_REQ:
        on_mcid(leg, &command->u.mcid_req);
        break;
    default: /* others' business, or nobody's */
        break;
    }
}

void isdn_supplement_subcommands(DChannel *dchan, guint32 id,
                                 const struct pri_subcommands *commands, const FrameNews *frame)
{
    struct pri_subcommands copy;
    IsdnLeg *leg;

    if (!commands || commands->counter_subcmd <= 0)
        return;
    copy = *commands; /* an answer to one may write over the next */
    for (int i = 0; i < MIN(copy.counter_subcmd, PRI_MAX_SUBCOMMANDS); i++) {
        leg = isdn_leg_find_id(dchan, id);
        if (leg && leg->q931)
            subcommand(leg, &copy.subcmd[i], frame);
    }
}
