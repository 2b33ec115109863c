/* What the box itself says: the log at its start. */
#include "proxy_story.h"

#include "log.h"
#include "log_heard.h"

#include <string.h>

static const char *begun_with;
static void begin(void)
{
    Scene scene;

    scene_open(&scene, begun_with);
    scene_close(&scene);
}

#define USERS "[guard]\nusers = $F/users\n"
#define WARNING                                                                                    \
    "<4>phones: no [class default]: premium and international numbers are barred by routes only\n"

/* Users, and nothing that bars them. */
static void no_class(void)
{
    static const struct {
        const char *more;
        gboolean told;
    } cases[] = {
        {"", FALSE},
        {USERS, TRUE},
        {USERS "[class office]\ninternational = yes\n", TRUE},
        {USERS "[class default]\n", FALSE},
    };

    log_open(LEVEL_NOTICE, TRUE);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *log = NULL;

        begun_with = cases[i].more;
        log = log_heard(begin);
        g_assert_true(!strstr(log, WARNING) == !cases[i].told);
    }
    log_open(LEVEL_ERROR, FALSE);
}

void proxy_box_stories(void)
{
    g_test_add_func("/proxy/box/no-class", no_class);
}
