/* What the box itself says: OPTIONS to it, and the log at its start. */
#include "proxy_story.h"

#include "log.h"
#include "log_heard.h"

#include <string.h>

static gboolean yes(void *user)
{
    return TRUE;
}

static gboolean no(void *user)
{
    return FALSE;
}

/* Phones keep us for each other's calls, too: the trunks decide only where calls for help are all
 * that is served. */
static void options(void)
{
    static const struct {
        ProxyMode mode;
        gboolean ready, draining;
        const char *status;
    } cases[] = {
        {PROXY_STANDBY, TRUE, FALSE, "SIP/2.0 200"},
        {PROXY_STANDBY, FALSE, FALSE, "SIP/2.0 200"},
        {PROXY_STANDBY, TRUE, TRUE, "SIP/2.0 503"},
        {PROXY_OUTBOUND, FALSE, FALSE, "SIP/2.0 200"},
        {PROXY_OUTBOUND, TRUE, TRUE, "SIP/2.0 503"},
        {PROXY_EMERGENCY_ONLY, TRUE, FALSE, "SIP/2.0 200"},
        {PROXY_EMERGENCY_ONLY, FALSE, FALSE, "SIP/2.0 503"},
        {PROXY_EMERGENCY_ONLY, TRUE, TRUE, "SIP/2.0 503"},
    };
    Scene scene;

    scene_open(&scene, "");
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        ProxyParty *call = party_new(scene.a, text_of(&scene, "sip:127.0.0.1:%u", scene.port));

        scene.settings->proxy.mode = cases[i].mode;
        scene.place.ready = cases[i].ready ? yes : no;
        scene.place.draining = cases[i].draining ? yes : no;
        scene_restart(&scene);
        party_ask(call, "OPTIONS", "", NULL);
        end_hear(scene.a, cases[i].status);
    }
    scene_close(&scene);
}

/* RFC 3261 11.2: the box answers OPTIONS as a user agent would. */
static void required(void)
{
    Scene scene;
    ProxyParty *call;

    scene_open(&scene, "");
    call = party_new(scene.a, text_of(&scene, "sip:127.0.0.1:%u", scene.port));
    party_ask(call, "OPTIONS", "Require: teleport, gate\r\n", NULL);
    g_assert_cmpstr(value(&scene, end_hear(scene.a, "SIP/2.0 420"), "Unsupported"), ==,
                    "teleport, gate");
    scene_close(&scene);
}

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
    g_test_add_func("/proxy/box/options", options);
    g_test_add_func("/proxy/box/required", required);
    g_test_add_func("/proxy/box/no-class", no_class);
}
