/* The proxy between callers, phones and the gateway, all of them sockets: message by message. */
#include "proxy_story.h"

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    proxy_forward_stories();
    proxy_loop_stories();
    proxy_fork_stories();
    proxy_hunt_stories();
    proxy_redirect_stories();
    proxy_cancel_stories();
    proxy_dialog_stories();
    proxy_flow_stories();
    proxy_guard_stories();
    proxy_flood_stories();
    proxy_hostile_stories();
    proxy_box_stories();
    proxy_place_stories();
    proxy_leave_stories();
    return g_test_run();
}
