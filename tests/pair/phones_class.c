/* Classes of service at the proxy: what a phone dials, and what a 3xx to its call names. */
#include "free_port.h"
#include "phone.h"
#include "phones.h"
#include "sofia.h"

#include <string.h>
#include <unistd.h>

#define SDP                                                                                        \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                    \
    "m=audio 40000 RTP/AVP 8 0\r\n"

typedef struct Scene {
    Settings *settings;
    Loop *loop;
    ClassBook *classes;
    OriginKey key;
    Phones *phones;
    Phone *caller, *called, *gateway;
    guint16 port;
} Scene;

/* The caller calls from 127.0.0.3, the phone 201 stands at 127.0.0.2. */
static void scene_open(Scene *scene, const char *classes)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    PhonesGateway gateway = {0};

    *scene = (Scene){.port = free_port()};
    scene->loop = sofia_loop_new(&error);
    g_assert_no_error(error);
    scene->caller = phone_new(scene->loop, "127.0.0.3", scene->port);
    scene->called = phone_new(scene->loop, "127.0.0.2", scene->port);
    scene->gateway = phone_new(scene->loop, "127.0.0.1", scene->port);
    text =
        g_strdup_printf("[sip]\nlisten = 127.0.0.1:%u\nallow = 127.0.0.0/8\nt1 = 20ms\nt2 = 160ms\n"
                        "[span e1]\nbackend = pair\n[trunk pbx]\nspan = e1\n"
                        "[route help]\ncalled = 112\nto = trunk pbx\nemergency = yes\n"
                        "[route in]\ncalled = X.\nto = trunk pbx\n"
                        "[phone 201]\ncontact = sip:201@127.0.0.2:%u\n[registrar]\nstore = none\n"
                        "[proxy]\nmode = standby\nfollow = 127.0.0.0/8\n%s",
                        scene->port, phone_port(scene->called), classes);
    scene->settings = settings_parse("scene", text, &error);
    g_assert_no_error(error);
    scene->classes = class_book_new(scene->loop, scene->settings);
    origin_key_make(&scene->key);
    gateway.key = &scene->key;
    gateway.classes = scene->classes;
    g_assert_true(address_parse("127.0.0.1", &gateway.address));
    address_set_port(&gateway.address, phone_port(scene->gateway));
    scene->phones = phones_new(scene->settings, scene->loop, &gateway, &error);
    g_assert_no_error(error);
}

static void scene_close(Scene *scene)
{
    phones_free(scene->phones);
    phone_free(scene->caller);
    phone_free(scene->called);
    phone_free(scene->gateway);
    class_book_free(scene->classes);
    sofia_loop_free(scene->loop);
    settings_free(scene->settings);
}

static void dials(Scene *scene, const char *number)
{
    g_autofree char *uri = g_strdup_printf("sip:%s@127.0.0.1:%u", number, scene->port);

    phone_hang_up(scene->caller);
    phone_request(scene->caller, "INVITE", uri, "", SDP);
}

static void what_may_not_be_dialled_goes_nowhere(void)
{
    Scene scene;

    scene_open(&scene, "[class default]\nallow = 2XX, 9XXX\ndeny = 99XX\n");
    dials(&scene, "9900");
    phone_hear(scene.caller, "SIP/2.0 403 Number Not Allowed");
    dials(&scene, "8000");
    phone_hear(scene.caller, "SIP/2.0 403 Number Not Allowed");
    g_assert_true(phone_hears_nothing(scene.gateway, 50));
    dials(&scene, "9100");
    phone_hear(scene.gateway, "INVITE");
    dials(&scene, "112"); /* in no list, but nobody asks */
    phone_hear(scene.gateway, "INVITE sip:112@");
    scene_close(&scene);
}

/* 127.0.0.2 has a class of its own; the caller's is without a bound. */
static void a_redirection_is_judged_by_the_phone_that_makes_it(void)
{
    g_autofree char *contact = NULL;
    Scene scene;

    scene_open(&scene, "[class desk]\nnetworks = 127.0.0.2\npremium-numbers = 9XXX\n");
    contact = g_strdup_printf("Contact: <sip:9100@127.0.0.1:%u>\r\n", scene.port);
    dials(&scene, "201");
    phone_hear(scene.called, "INVITE sip:201@");
    phone_reply(scene.called, "INVITE", "302 Moved Temporarily", contact, NULL);
    phone_hear(scene.caller, "SIP/2.0 403");
    g_assert_true(phone_hears_nothing(scene.gateway, 50));
    scene_close(&scene);
}

static void a_redirection_is_judged_for_the_caller(void)
{
    g_autofree char *contact = NULL, *good = NULL;
    Scene scene;

    scene_open(&scene, "[class guest]\nnetworks = 127.0.0.3\ndeny = 91XX\n");
    contact = g_strdup_printf("Contact: <sip:9100@127.0.0.1:%u>\r\n", scene.port);
    good = g_strdup_printf("Contact: <sip:9200@127.0.0.1:%u>\r\n", scene.port);
    dials(&scene, "201");
    phone_hear(scene.called, "INVITE sip:201@");
    phone_reply(scene.called, "INVITE", "302 Moved Temporarily", contact, NULL);
    phone_hear(scene.caller, "SIP/2.0 403");
    g_assert_true(phone_hears_nothing(scene.gateway, 50));
    dials(&scene, "201");
    phone_hear(scene.called, "INVITE sip:201@");
    phone_reply(scene.called, "INVITE", "302 Moved Temporarily", good, NULL);
    phone_hear(scene.gateway, "INVITE sip:9200@");
    scene_close(&scene);
}

static void a_phone_may_be_kept_from_forwarding(void)
{
    g_autofree char *contact = NULL;
    Scene scene;

    scene_open(&scene, "[class desk]\nnetworks = 127.0.0.2\nforward = no\n");
    contact = g_strdup_printf("Contact: <sip:9100@127.0.0.1:%u>\r\n", scene.port);
    dials(&scene, "201");
    phone_hear(scene.called, "INVITE sip:201@");
    phone_reply(scene.called, "INVITE", "302 Moved Temporarily", contact, NULL);
    phone_hear(scene.caller, "SIP/2.0 403");
    g_assert_true(phone_hears_nothing(scene.gateway, 50));
    scene_close(&scene);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    sofia_open();
    g_test_add_func("/phones-class/what-may-not-be-dialled-goes-nowhere",
                    what_may_not_be_dialled_goes_nowhere);
    g_test_add_func("/phones-class/a-redirection-is-judged-by-the-phone-that-makes-it",
                    a_redirection_is_judged_by_the_phone_that_makes_it);
    g_test_add_func("/phones-class/a-redirection-is-judged-for-the-caller",
                    a_redirection_is_judged_for_the_caller);
    g_test_add_func("/phones-class/a-phone-may-be-kept-from-forwarding",
                    a_phone_may_be_kept_from_forwarding);
    result = g_test_run();
    sofia_close();
    return result;
}
