/* The operator's desk opened: the control socket joined with the table of commands. */
#include "ctl.h"

#include "clock.h"
#include "commands.h"
#include "desk.h"

struct Ctl {
    Desk *desk;
};

Ctl *ctl_new(const CtlRooms *rooms, GError **error)
{
    CtlScene scene = {*rooms, rooms->settings, clock_now_us(), NULL};
    Desk *desk = desk_new(rooms->settings->system.control, &commands, &scene, error);
    Ctl *ctl;

    if (!desk) {
        g_prefix_error(error, "[system] control: ");
        return NULL;
    }
    ctl = g_new0(Ctl, 1);
    ctl->desk = desk;
    return ctl;
}

void ctl_set_settings(Ctl *ctl, const Settings *settings)
{
    desk_set_settings(ctl->desk, settings);
}

void ctl_free(Ctl *ctl)
{
    if (!ctl)
        return;
    desk_free(ctl->desk);
    g_free(ctl);
}
