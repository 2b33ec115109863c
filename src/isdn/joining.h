/* Facility elements by which a PBX of North America wants two of its calls joined, as values and
 * back.
 *
 * Two B channel transfer (Telcordia GR-2865, operation 1.2.840.10005.0.8) on NI-2, 5ESS and 4ESS;
 * release link trunk on DMS-100. libpri asks for both and answers neither. For EuroISDN it does
 * both; there is one thing it does not tell. Pure functions over octets that have passed the frame
 * tap; home thread: any.
 */
#pragma once

#include "elements.h"
#include "settings.h"

typedef enum JoiningKind {
    JOINING_NONE,
    JOINING_ABILITY,  /* RLT: is it served? The answer names the call */
    JOINING_WANTED,   /* this call and another one */
    JOINING_IMPLICIT, /* EN 300 369-1 EctExecute: the call held and the active one, which it does
                         not name */
} JoiningKind;

typedef struct Joining {
    JoiningKind kind;
    gint32 invoke;
    guint32 other; /* JOINING_WANTED: a call reference as the PBX sends it; of RLT, the name of a
                      call */
    gboolean elsewhere; /* a D channel is named as well: the other call is not on this one's */
} Joining;

/* What FACILITY, whole, asks for on a trunk of TYPE. FALSE: nothing of this. */
gboolean joining_read(SwitchType type, const guint8 *facility, Joining *joining);

/* Each writes a whole Facility element to OUT, which has ELEMENT_ROOM octets. */

/* JOINING is granted; NAME is what RLT shall call the call, for JOINING_ABILITY alone. */
void joining_grant(SwitchType type, const Joining *joining, guint32 name, guint8 *out);
/* Why not, as both dialects have values for it. */
typedef enum JoiningRefusal {
    JOINING_NOT_ALLOWED,
    JOINING_NO_CALL,
    JOINING_NOT_NOW,
} JoiningRefusal;
void joining_refuse(SwitchType type, const Joining *joining, JoiningRefusal why, guint8 *out);
