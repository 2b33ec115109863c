/* The command about mailboxes: who has told what of which. In signalling. */
#include "commands.h"

static void mailbox_tell(void *user, const MwiEntry *entry)
{
    JsonObject *row = answer_row(user);
    char text[64];

    answer_text(row, "mailbox", entry->mailbox);
    answer_text(row, "told_by", entry->side == MWI_BY_PBX ? "pbx" : "sip");
    answer_text(row, "trunk", entry->trunk);
    json_object_set_boolean_member(row, "waiting", entry->state.waiting);
    answer_text(row, "messages", mwi_state_describe(&entry->state, text, sizeof text));
    answer_count(row, "since_s",
                 (guint64)MAX(g_get_real_time() - entry->since_us, 0) / G_USEC_PER_SEC);
}

COMMAND(command_show_mwi)
{
    JsonArray *rows = json_array_new();

    if (scene->rooms.mwi)
        mwi_book_each(scene->rooms.mwi, mailbox_tell, rows);
    return answer_array(rows);
}
