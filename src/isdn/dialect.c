/* Which switch types are of one family. */
#include "dialect.h"

gboolean dialect_is_american(SwitchType type)
{
    switch (type) {
    case SWITCH_NI2:
    case SWITCH_DMS100:
    case SWITCH_5ESS:
    case SWITCH_4ESS:
        return TRUE;
    case SWITCH_EUROISDN:
    case SWITCH_QSIG:
        return FALSE;
    }
    return FALSE;
}
