/* Lines that share a D channel (NFAS): whose D channel speaks for which B channels, and the change
 * from one D channel to the other.
 *
 * This is libpri's own NFAS, pri_enslave(): two controllers with their own layer 2 share their
 * calls, and a message takes its call to the controller that it came by. Which of them begins a
 * call is ours to say. libpri leaves a call with the controller that heard of it last, though that
 * one be dead: pbx_calls_follow() takes the answered ones along.
 */
#include "pbx_group.h"

#include "log.h"

#include <gio/gio.h>

#define PRIMARY_WAIT_US (3 * G_USEC_PER_SEC) /* so long the backup leaves the primary the start */

struct PbxGroup {
    GPtrArray *lines; /* of PbxLine*, borrowed; the one with the primary D channel first */
    PbxLine *backup;  /* NULL: none */
    PbxLine *active;
    PbxLine *wanted;   /* becomes active at the next turn; NULL: whichever stands */
    gboolean tell;     /* SERVICE says so, as it is our choice */
    gboolean was_up;   /* the active one has been up */
    LoopTimer *change; /* the next turn */
};

/* ---- which one is active --------------------------------------------------------------------- */

static gboolean line_stands(const PbxLine *line)
{
    return line && line->isdn && line->up && !(line->alarms & SPAN_ALARMS_SERVICE);
}

static void activate(PbxGroup *group, PbxLine *line, gboolean tell)
{
    if (group->active == line)
        return;
    group->active = line;
    group->was_up = TRUE;
    line->events.active(line->events.user, line);
    if (tell && pbx_line_has_service(line))
        pri_maintenance_service(line->isdn, line->settings->span.interface,
                                line->settings->span.d_channel, 0);
    pbx_line_settle(line);
}

static void change_due(void *user)
{
    PbxGroup *group = user;
    PbxLine *head = group->lines->pdata[0];
    PbxLine *other = group->active == head ? group->backup : head;

    if (line_stands(group->wanted))
        activate(group, group->wanted, group->tell);
    else if (!line_stands(group->active) && line_stands(other))
        activate(group, other, TRUE);
    group->wanted = NULL;
}

void pbx_group_look(PbxLine *line)
{
    PbxGroup *group = line->group;

    if (!group || !group->backup)
        return;
    group->was_up = group->was_up || line_stands(group->active);
    loop_timer_start(line->loop, group->change, group->was_up ? 0 : PRIMARY_WAIT_US);
}

gboolean pbx_group_service(PbxLine *by, int encoded, gboolean in)
{
    PbxLine *line = pbx_line_meant(by, encoded);
    PbxGroup *group = by->group;

    if (!group || !line || !line->isdn || (encoded & 0xff) != line->settings->span.d_channel)
        return FALSE;
    group->wanted = in ? line : line == group->backup ? group->lines->pdata[0] : group->backup;
    group->tell = !in;
    loop_timer_start(line->loop, group->change, 0);
    return TRUE;
}

gboolean pbx_group_switch(PbxLine *line, GError **error)
{
    if (!line->group || !line_stands(line)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "span %u has no D channel that stands",
                    line->index);
        return FALSE;
    }
    activate(line->group, line, TRUE);
    return TRUE;
}

/* ---- lines ----------------------------------------------------------------------------------- */

void pbx_group_join(PbxLine *head, PbxLine *line)
{
    PbxGroup *group = head->group;

    if (!group) {
        group = g_new0(PbxGroup, 1);
        group->lines = g_ptr_array_new();
        group->active = head;
        group->change = loop_timer_new(head->loop, change_due, group);
        g_ptr_array_add(group->lines, head);
        head->group = group;
    }
    g_ptr_array_add(group->lines, line);
    line->group = group;
    if (!line->isdn)
        return;
    group->backup = line;
    pri_enslave(head->isdn, line->isdn);
}

void pbx_group_free(PbxGroup *group)
{
    PbxLine *head = group->lines->pdata[0];

    loop_timer_free(head->loop, group->change);
    g_ptr_array_unref(group->lines);
    g_free(group);
}

PbxLine *pbx_line_speaker(const PbxLine *line)
{
    return line->group ? line->group->active : (PbxLine *)line;
}

gboolean pbx_line_is_kin(const PbxLine *line, const PbxLine *other)
{
    return line == other || (line->group && line->group == other->group);
}

gboolean pbx_line_is_grouped(const PbxLine *line)
{
    return line->group != NULL;
}

/* Q.931 4.5.13: without an identifier it is the interface of the D channel that says so. */
PbxLine *pbx_line_meant(PbxLine *by, int encoded)
{
    if (!by->group || encoded == -1 || !(encoded & 1 << 16))
        return by;
    for (guint i = 0; i < by->group->lines->len; i++) {
        PbxLine *line = by->group->lines->pdata[i];

        if (line->settings->span.interface == (encoded >> 8 & 0xff))
            return line;
    }
    log_warning("span %d: the far end names interface %d, which nobody has", by->index,
                encoded >> 8 & 0xff);
    return NULL;
}

int pbx_line_encode(const PbxLine *line, gint number)
{
    return line->group ? number | line->settings->span.interface << 8 | 1 << 16 : number;
}
