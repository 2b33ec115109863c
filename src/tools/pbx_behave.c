/* How coming calls are answered: the steps a script gave, taken one after another. */
#include "pbx_call_private.h"

#include <string.h>

void pbx_behaviour_free(PbxBehaviour *behaviour)
{
    g_free(behaviour->pattern);
    g_ptr_array_unref(behaviour->steps);
    g_free(behaviour);
}

void pbx_calls_behave(PbxCalls *calls, const PbxCommand *command)
{
    PbxBehaviour *behaviour = g_new0(PbxBehaviour, 1);

    behaviour->pattern = g_strdup(command->pattern);
    behaviour->steps = g_ptr_array_ref(command->steps);
    for (guint i = 0; i < calls->behaviours->len; i++) {
        PbxBehaviour *old = calls->behaviours->pdata[i];

        if (g_strcmp0(old->pattern, behaviour->pattern) == 0) {
            g_ptr_array_remove_index(calls->behaviours, i);
            break;
        }
    }
    g_ptr_array_insert(calls->behaviours, 0, behaviour);
}

void pbx_calls_set_clearing(PbxCalls *calls, gint64 delay_us)
{
    calls->clearing_us = delay_us;
}

/* A pattern outranks "any", a later one an earlier one. */
static const PbxBehaviour *behaviour_for(const PbxCalls *calls, const char *called)
{
    const PbxBehaviour *any = NULL;

    for (guint i = 0; i < calls->behaviours->len; i++) {
        const PbxBehaviour *behaviour = calls->behaviours->pdata[i];

        if (!behaviour->pattern)
            any = behaviour;
        else if (pbx_number_matches(behaviour->pattern, called))
            return behaviour;
    }
    return any;
}

void pbx_call_end_steps(PbxCall *call)
{
    g_clear_pointer(&call->steps, g_ptr_array_unref);
}

static void steps_continue(PbxCall *call)
{
    PbxCalls *calls = call->calls;

    if (call->step >= call->steps->len) {
        pbx_call_end_steps(call);
        return;
    }
    loop_timer_start(calls->loop, call->timer,
                     ((PbxCommand *)call->steps->pdata[call->step])->after_us);
}

/* Takes steps until one has to wait. CALL may be gone afterwards. */
static void steps_take(PbxCall *call)
{
    PbxCalls *calls = call->calls;
    guint id = call->id;

    while (call->steps && call->step < call->steps->len) {
        g_autoptr(GPtrArray) steps = g_ptr_array_ref(call->steps);
        const PbxCommand *step = steps->pdata[call->step++];
        g_autoptr(GError) error = NULL;
        gboolean done = pbx_call_act(call, step, &error);

        call = pbx_calls_find(calls, id);
        if (!call)
            return;
        if (!done) {
            calls->events.step_failed(calls->events.user, call, step, error->message);
            pbx_call_end_steps(call);
            return;
        }
        if (call->steps && call->step < call->steps->len &&
            ((PbxCommand *)call->steps->pdata[call->step])->after_us)
            break;
    }
    if (call->steps)
        steps_continue(call);
}

void pbx_call_behave(PbxCall *call, const char *called)
{
    const PbxBehaviour *behaviour = behaviour_for(call->calls, called);

    if (!behaviour) { /* nothing said: the call is taken in, and commands decide */
        PbxCommand proceed = {.verb = VERB_PROCEED};

        pbx_call_act(call, &proceed, NULL);
        return;
    }
    if (!behaviour->steps->len)
        return;
    call->steps = g_ptr_array_ref(behaviour->steps);
    call->step = 0;
    if (((PbxCommand *)call->steps->pdata[0])->after_us)
        steps_continue(call);
    else
        steps_take(call);
}

void pbx_call_timer(void *user)
{
    PbxCall *call = user;

    if (call->phase == PHASE_CLEARING && call->cleared_by_peer) {
        PbxCommand release = {.verb = VERB_RELEASE, .cause = call->cause > 0 ? call->cause : 16};

        pbx_call_act(call, &release, NULL);
    } else if (call->steps) {
        steps_take(call);
    }
}
