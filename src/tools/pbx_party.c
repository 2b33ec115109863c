/* Who is at the PBX's end of a call, as a command says: the connected party, and another one later.
 */
#include "pbx_call_private.h"
#include "pbx_group.h"

#include <string.h>

/* Before CONNECT libpri only keeps it; after it, it says so where the switch type has words for it.
 */
gboolean pbx_party_act(PbxCall *call, const PbxCommand *command)
{
    struct pri_party_connected_line party;
    struct pri_party_id *id = &party.id;
    const char *digits = command->calling;

    memset(&party, 0, sizeof party);
    if (digits) {
        id->number.valid = 1;
        id->number.plan = digits[0] == '+' ? PRI_INTERNATIONAL_ISDN : PRI_UNKNOWN;
        id->number.presentation = command->restricted ? PRES_PROHIB_USER_NUMBER_NOT_SCREENED
                                                      : PRES_ALLOWED_USER_NUMBER_NOT_SCREENED;
        g_strlcpy(id->number.str, digits[0] == '+' ? digits + 1 : digits, sizeof id->number.str);
    }
    if (command->name) {
        id->name.valid = 1;
        id->name.presentation = command->restricted ? PRI_PRES_RESTRICTED : PRI_PRES_ALLOWED;
        id->name.char_set = PRI_CHAR_SET_ISO8859_1;
        g_strlcpy(id->name.str, command->name, sizeof id->name.str);
    }
    return pri_connected_line_update(pbx_line_speaker(call->line)->isdn, call->isdn, &party) == 0;
}
