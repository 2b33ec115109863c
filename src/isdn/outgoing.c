/* libpri's messages put right on their way out: the causes it does not say.
 *
 * A message may wait behind layer 2's window, long after what asked for it; so what is to be
 * changed is kept by call reference. Layer 2 repeats from libpri's own buffer, in which a Cause is
 * changed: a repetition carries it as well.
 */
#include "outgoing.h"
#include "isdn_leg.h"

typedef struct CauseOverride {
    int call;
    guint8 message;
    guint8 cause;
} CauseOverride;

static void faults_forget(Outgoing *outgoing)
{
    for (guint i = 0; i < OUTGOING_FAULTS; i++)
        outgoing->faults[i] = FRAME_CALL_DUMMY;
}

void outgoing_init(Outgoing *outgoing)
{
    *outgoing = (Outgoing){.overrides = g_array_new(FALSE, FALSE, sizeof(CauseOverride))};
    faults_forget(outgoing);
}

void outgoing_clear(Outgoing *outgoing)
{
    g_clear_pointer(&outgoing->overrides, g_array_unref);
}

void outgoing_override(Outgoing *outgoing, int call, Q931Message message, guint8 cause)
{
    CauseOverride entry = {call, (guint8)message, cause};

    g_array_append_val(outgoing->overrides, entry);
}

void outgoing_forget(Outgoing *outgoing)
{
    g_array_set_size(outgoing->overrides, 0);
    faults_forget(outgoing);
}

/* TRUE when a message of CALL lacked what the frame tap took out; once for each. */
static gboolean fault_take(Outgoing *outgoing, int call)
{
    for (guint i = 0; i < OUTGOING_FAULTS; i++) {
        if (outgoing->faults[i] == call) {
            outgoing->faults[i] = FRAME_CALL_DUMMY;
            return TRUE;
        }
    }
    return FALSE;
}

void outgoing_heard(Outgoing *outgoing, const DChannel *dchan, const FrameNews *news)
{
    IsdnLeg *leg;

    fault_take(outgoing, news->call);
    if (news->mandatory_refused)
        outgoing->faults[outgoing->next_fault++ % OUTGOING_FAULTS] = news->call;
    if (news->message != MESSAGE_DISCONNECT || news->misplaced)
        return;
    /* From now on RELEASE is the answer to it, which need not come at once. */
    leg = isdn_leg_find_call(dchan, news->call);
    if (leg)
        leg->release_cause = news->mandatory_refused ? CAUSE_IE_CONTENTS : 0;
}

/* The cause kept for this very message; 0: none. */
static guint8 override_take(Outgoing *outgoing, int call, guint8 message)
{
    for (guint i = 0; i < outgoing->overrides->len; i++) {
        CauseOverride entry = g_array_index(outgoing->overrides, CauseOverride, i);

        if (entry.call != call || entry.message != message)
            continue;
        g_array_remove_index_fast(outgoing->overrides, i);
        return entry.cause;
    }
    return 0;
}

/* The Cause where libpri's is not what is wanted; 0: it is. */
static guint8 cause_wanted(Outgoing *outgoing, const IsdnLeg *leg, int call, const FrameNews *news)
{
    guint8 cause = override_take(outgoing, call, news->message);

    if (cause)
        return cause;
    /* Q.931 5.8.6.2: it was there, but of bad content. */
    if (news->cause == CAUSE_MANDATORY_IE_MISSING && fault_take(outgoing, call))
        return CAUSE_IE_CONTENTS;
    return leg && news->message == MESSAGE_RELEASE ? leg->release_cause : 0;
}

void outgoing_correct(Outgoing *outgoing, const DChannel *dchan, guint8 *frame, gsize length,
                      FrameNews *news)
{
    int call = news->call ^ FRAME_CALL_FLAG;
    guint8 cause;

    if (news->kind != FRAME_MESSAGE)
        return;
    isdn_leg_note_expiry(isdn_leg_find_call(dchan, call), news);
    cause = cause_wanted(outgoing, isdn_leg_find_call(dchan, call), call, news);
    if (cause && frame_set_cause(frame, length, cause))
        news->cause = cause;
}
