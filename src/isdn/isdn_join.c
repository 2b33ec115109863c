/* Two calls of the PBX's become one here: who may ask, which calls are meant, and what is answered.
 */
#include "isdn_join.h"
#include "facility.h"
#include "frame_element.h"
#include "joined.h"
#include "joining.h"
#include "log.h"

/* ---- may it -----------------------------------------------------------------------------------
 */

static gboolean refused(const IsdnLeg *leg, const IsdnLeg *other, const char *why)
{
    static LogLimit limit;

    dchan_count(leg->dchan, COUNT_JOININGS_REFUSED);
    if (log_limit(&limit, 10, 10 * G_USEC_PER_SEC))
        log_notice("span %s: the PBX wants C%u joined to C%u, which is refused: %s",
                   dchan_span(leg->dchan)->name, leg->call_id, other ? other->call_id : 0, why);
    return FALSE;
}

/* Does the hall join LEG's call and OTHER's? */
static gboolean may_join(const IsdnLeg *leg, const IsdnLeg *other)
{
    const char *why = "one of them is being cleared";

    if (!leg->call || !other->call || leg->hanging_up || other->hanging_up || leg->disconnected ||
        other->disconnected)
        return refused(leg, other, why);
    if (!call_may_join(leg->call, other->call, &why))
        return refused(leg, other, why);
    return TRUE;
}

static void join(IsdnLeg *leg, const IsdnLeg *other)
{
    dchan_count(leg->dchan, COUNT_JOININGS);
    hall_note(dchan_isdn(leg->dchan)->hall, leg->call_id, LADDER_ISDN, LADDER_IN, "transfer to C%u",
              other->call_id);
    call_join(leg->call, other->call);
}

/* ---- EuroISDN: libpri knows the operations ----------------------------------------------------
 */

static gboolean is_implicit(const FrameNews *frame)
{
    const guint8 *facility;
    Joining joining;

    for (guint nth = 0; (facility = frame_find_element(frame, FRAME_ELEMENT_FACILITY, nth)); nth++)
        if (joining_read(SWITCH_EUROISDN, facility, &joining) && joining.kind == JOINING_IMPLICIT)
            return TRUE;
    return FALSE;
}

/* EctExecute names no second call, and on a trunk libpri takes any: nothing is joined unless there
 * is but one. */
static gboolean is_clear(const IsdnLeg *leg, const FrameNews *frame)
{
    const GPtrArray *legs = dchan_legs(leg->dchan);
    guint others = 0;

    if (!is_implicit(frame))
        return TRUE;
    for (guint i = 0; i < legs->len; i++)
        others += legs->pdata[i] != leg && ((const IsdnLeg *)legs->pdata[i])->call != NULL;
    return others == 1;
}

static gboolean is_granted(const IsdnLeg *leg, const IsdnLeg *one, const IsdnLeg *other,
                           const FrameNews *frame)
{
    if (!dchan_trunk(leg->dchan)->pbx_transfer)
        return refused(leg, NULL, "[trunk] pbx-transfer = no");
    if (!one || !other)
        return refused(leg, NULL, "one of them is not known");
    if (!is_clear(leg, frame))
        return refused(leg, NULL, "which one is meant is not clear");
    return may_join(one, other);
}

void isdn_join_asked(IsdnLeg *leg, const struct pri_subcmd_transfer *transfer,
                     const FrameNews *frame)
{
    IsdnLeg *one = isdn_leg_find(leg->dchan, transfer->call_1);
    IsdnLeg *other = isdn_leg_find(leg->dchan, transfer->call_2);
    gboolean granted = is_granted(leg, one, other, frame);

    /* EN 300 369-1 9.2: the result goes with the DISCONNECT. */
    pri_transfer_rsp(dchan_pri(leg->dchan), leg->q931, transfer->invoke_id, granted);
    dchan_rearm(leg->dchan);
    if (granted)
        join(one, other);
}

/* ---- North America: libpri knows what to ask, not what to answer ------------------------------
 */

/* Which call it means. We have given no D channel a name: who uses one means a call that is not
 * here, and whose reference may be another one's here. */
static IsdnLeg *other_of(const IsdnLeg *leg, const Joining *joining)
{
    if (dchan_trunk(leg->dchan)->switch_type == SWITCH_DMS100)
        return isdn_leg_find_id(leg->dchan, joining->other);
    if (joining->elsewhere)
        return NULL;
    return isdn_leg_find_call(leg->dchan, (int)(joining->other & 0xffff));
}

static void refuse(IsdnLeg *leg, const Joining *joining, JoiningRefusal why)
{
    guint8 element[ELEMENT_ROOM];

    joining_refuse(dchan_trunk(leg->dchan)->switch_type, joining, why, element);
    facility_send(leg, element);
}

static void on_wanted(IsdnLeg *leg, const Joining *joining)
{
    IsdnLeg *other = other_of(leg, joining);
    guint8 element[ELEMENT_ROOM];

    if (!dchan_trunk(leg->dchan)->pbx_transfer) {
        refused(leg, other, "[trunk] pbx-transfer = no");
        refuse(leg, joining, JOINING_NOT_ALLOWED);
    } else if (!other) {
        refused(leg, NULL, "the other one is not known");
        refuse(leg, joining, JOINING_NO_CALL);
    } else if (!may_join(leg, other)) {
        refuse(leg, joining, JOINING_NOT_NOW);
    } else {
        joining_grant(dchan_trunk(leg->dchan)->switch_type, joining, 0, element);
        facility_send(leg, element);
        join(leg, other);
    }
}

void isdn_join_read(DChannel *dchan, const FrameNews *frame)
{
    SwitchType type = dchan_trunk(dchan)->switch_type;
    const guint8 *facility;
    Joining joining;

    if (type == SWITCH_EUROISDN || type == SWITCH_QSIG ||
        (frame->message != MESSAGE_FACILITY && frame->message != MESSAGE_SETUP))
        return;
    for (guint nth = 0; (facility = frame_find_element(frame, FRAME_ELEMENT_FACILITY, nth));
         nth++) {
        IsdnLeg *leg = isdn_leg_find_call(dchan, frame->call);

        if (!leg || !joining_read(type, facility, &joining))
            continue;
        if (joining.kind == JOINING_ABILITY && frame->message == MESSAGE_SETUP) {
            leg->asks_ability = TRUE;
            leg->ability_invoke = joining.invoke;
        } else if (joining.kind == JOINING_WANTED && frame->message == MESSAGE_FACILITY)
            on_wanted(leg, &joining);
    }
}

/* The PBX may name the call in a transfer by what the answer says, and not before. */
void isdn_join_tell(IsdnLeg *leg)
{
    const Joining ability = {.kind = JOINING_ABILITY, .invoke = leg->ability_invoke};
    guint8 element[ELEMENT_ROOM];

    if (!leg->asks_ability || !dchan_trunk(leg->dchan)->pbx_transfer)
        return;
    joining_grant(SWITCH_DMS100, &ability, leg->id, element);
    dchan_add_element(leg->dchan, leg->ref, MESSAGE_CONNECT, FRAME_AFTER_SAME, element);
}
