/* What the PBX says a call costs (advice of charge): the last word, kept for who asks. */
#include "call_private.h"

void call_note_rates(Call *call, const char *rates)
{
    g_strlcpy(call->rates, rates, sizeof(call->rates));
}

const char *call_rates(const Call *call)
{
    return call->rates;
}

void call_note_charge(Call *call, const CallCharge *charge)
{
    call->charge = *charge;
}

const CallCharge *call_charge(const Call *call)
{
    return &call->charge;
}
