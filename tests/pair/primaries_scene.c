/* What the stories of the proxy and its primary begin with. */
#include "primaries_scene.h"
#include "free_port.h"

#include "sofia.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The primary has its own address: whom a request comes from is known by it. */
void scene_open(Scene *scene, const char *proxy_lines)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL, *called_port = NULL;
    g_auto(GStrv) parts = NULL;
    PhonesGateway gateway = {0};

    *scene = (Scene){.port = free_port()};
    scene->loop = sofia_loop_new(&error);
    g_assert_no_error(error);
    scene->caller = phone_new(scene->loop, "127.0.0.1", scene->port);
    scene->called = phone_new(scene->loop, "127.0.0.1", scene->port);
    scene->gateway = phone_new(scene->loop, "127.0.0.1", scene->port);
    scene->primary = phone_new(scene->loop, "127.0.0.2", scene->port);
    text = g_strdup_printf(
        "[sip]\nlisten = 127.0.0.1:%u\nallow = 127.0.0.0/8\nt1 = 20ms\nt2 = 160ms\n"
        "[span e1]\nlocal = 127.0.0.1:2142\nremote = 127.0.0.1:2143\n[trunk pbx]\nspan = e1\n"
        "[route in]\nfrom = 127.0.0.0/8\ncalled = 9XXX\nto = trunk pbx\n"
        "[phone 201]\ncontact = sip:201@127.0.0.1:%u\n[registrar]\nstore = none\n%s"
        "[proxy]\nprimary = 127.0.0.2:%u\ndomains = pbx.example\ncheck = 1h\n%s"
        "%s%s",
        scene->port, phone_port(scene->called),
        strstr(proxy_lines, "accept = outage") ? "accept = outage\n" : "",
        phone_port(scene->primary), strstr(proxy_lines, "check-down") ? "" : "check-down = 1h\n",
        strstr(proxy_lines, "fail-over-after") ? "" : "fail-over-after = 200ms\n", proxy_lines);
    parts = g_strsplit(text, SCENE_CALLED_PORT, -1);
    called_port = g_strdup_printf("%u", phone_port(scene->called));
    g_free(text);
    text = g_strjoinv(called_port, parts);
    scene->settings = settings_parse("house", text, &error);
    g_assert_no_error(error);
    g_snprintf(scene->user, sizeof(scene->user), "sip:201@127.0.0.1:%u", scene->port);
    g_snprintf(scene->number, sizeof(scene->number), "sip:9123@127.0.0.1:%u", scene->port);
    origin_key_make(&scene->key);
    gateway.key = &scene->key;
    g_assert_true(address_parse("127.0.0.1", &gateway.address));
    address_set_port(&gateway.address, phone_port(scene->gateway));
    scene->phones = phones_new(scene->settings, scene->loop, &gateway, &error);
    g_assert_no_error(error);
}

/* The primary has answered a first OPTIONS. */
void scene_open_up(Scene *scene, const char *proxy_lines)
{
    scene_open(scene, proxy_lines);
    phone_hear(scene->primary, "OPTIONS");
    phone_reply(scene->primary, "OPTIONS", "200 OK", "", NULL);
    loop_rest(scene->loop, 20);
}

void scene_close(Scene *scene)
{
    phones_free(scene->phones);
    phone_free(scene->caller);
    phone_free(scene->called);
    phone_free(scene->gateway);
    phone_free(scene->primary);
    sofia_loop_free(scene->loop);
    settings_free(scene->settings);
}

void answers(Phone *phone, const char *status)
{
    phone_reply(phone, "INVITE", status, "", g_str_has_prefix(status, "200") ? SDP : NULL);
}

/* What the OPTIONS after a silence says: nothing. */
void primary_forget(Scene *scene)
{
    loop_rest(scene->loop, 30);
    phone_forget(scene->primary);
}
