/* Calls that the PBX joins: at its word it leaves two of its calls, and their SIP ends talk to each other.
 *
 * Both stay calls of the map: SIP up, the ISDN leg being cleared and then at rest, and each the other's far end
 * (CALL.LEFT, CALL.PARTY). Their ports play to each other; no phone is told anything but who is there now. Home thread of
 * everything here: signalling.
 */
#pragma once

#include "call.h"

/* May CALL and OTHER become one? Both are answered, neither is a call for help, is being transferred, or is the other's own
 * half. FALSE with WHY, for people. Whether the trunk lets the PBX ask is for the caller to know. */
gboolean call_may_join(const Call *call, const Call *other, const char **why);
/* Joins them: CALL.JOINED for both, by which their ISDN legs are cleared with cause 16. Nothing when call_may_join() would not
 * have it. Either may be gone when this returns. */
void call_join(Call *call, Call *other);
/* The number of the call that CALL is joined to; 0: none. */
guint32 call_joined(const Call *call);
