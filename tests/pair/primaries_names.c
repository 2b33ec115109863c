/* Names and numbers on the way of a call: asked for while it waits, a set time at most. */
#include "name_server.h"
#include "primaries_scene.h"

#include <string.h>

#define ZONE                                                                                       \
    "phone.example 60 A 127.0.0.1\n"                                                               \
    "silent.example 0 SILENT\n"                                                                    \
    "1.2.1.9.9.9.4.4.e164.example 60 NAPTR 1 1 \"u\" \"E2U+sip\" \"!^.*$!sip:ann@127.0.0.1:%u!\" " \
    ".\n"                                                                                          \
    "2.2.1.9.9.9.4.4.e164.example 0 SILENT\n"                                                      \
    "_sip._udp.primary.example 60 SRV 1 1 %u host.example\n"                                       \
    "host.example 60 A 127.0.0.2\n"

typedef struct NameScene {
    Scene scene;
    NameServer *server;
} NameScene;

/* LINES: more of [proxy]. The zone is written when the ports are known. */
static void names_open(NameScene *names, const char *lines)
{
    g_autofree char *all = NULL, *zone = NULL;

    names->server = name_server_new("");
    all = g_strdup_printf(
        "%sname-server = 127.0.0.1:%u\ndns-wait = 300ms\nenum = e164.example\n"
        "foreign = yes\n[phone 206]\ncontact = sip:206@phone.example:%s\n"
        "[phone 207]\ncontact = sip:207@silent.example:5060, sip:207@phone.example:%s\n"
        "[phone 208]\ncontact = sip:208@nobody.example\n"
        "[route abroad]\nfrom = 127.0.0.0/8\ncalled = +4499912X\nto = trunk pbx\n",
        lines, name_server_port(names->server), SCENE_CALLED_PORT, SCENE_CALLED_PORT);
    scene_open_up(&names->scene, all);
    zone = g_strdup_printf(ZONE, phone_port(names->scene.called), phone_port(names->scene.primary));
    name_server_write(names->server, zone);
}

static void names_close(NameScene *names)
{
    scene_close(&names->scene);
    name_server_free(names->server);
}

static void calls(Phone *phone, const char *uri)
{
    phone_hang_up(phone);
    phone_request(phone, "INVITE", uri, "", SDP);
}

static void test_phone_by_name(void)
{
    NameScene names;
    Scene *scene = &names.scene;

    names_open(&names, "mode = standby\n");
    calls(scene->caller, "sip:206@pbx.example");
    phone_hear(scene->called, "INVITE sip:206@phone.example:");
    answers(scene->called, "486 Busy Here");
    phone_hear(scene->caller, "SIP/2.0 486");
    /* Nobody knows the name. */
    calls(scene->caller, "sip:208@pbx.example");
    phone_hear(scene->caller, "SIP/2.0 480");
    /* The name server says nothing about one of two: the other rings. */
    calls(scene->caller, "sip:207@pbx.example");
    phone_hear(scene->called, "INVITE sip:207@phone.example:");
    answers(scene->called, "486 Busy Here");
    phone_hear(scene->caller, "SIP/2.0 486");
    names_close(&names);
}

static void test_cancelled_meanwhile(void)
{
    NameScene names;
    Scene *scene = &names.scene;

    names_open(&names, "mode = standby\n");
    calls(scene->caller, "sip:207@pbx.example");
    loop_rest(scene->loop, 50);
    phone_cancel(scene->caller, "");
    phone_hear(scene->caller, "SIP/2.0 200");
    phone_hear(scene->caller, "SIP/2.0 487");
    g_assert_true(phone_hears_nothing(scene->called, 400));
    names_close(&names);
}

/* and what is beside it: a number in the DNS, one that is not there, one of which nothing is
 * heard. */
static void test_numbers(void)
{
    NameScene names;
    Scene *scene = &names.scene;

    names_open(&names, "mode = standby\n");
    calls(scene->caller, "sip:+44999121@pbx.example");
    phone_hear(scene->called, "INVITE sip:ann@127.0.0.1:");
    answers(scene->called, "480 Temporarily Unavailable");
    /* Not there: the PBX's turn. */
    phone_hear(scene->gateway, "INVITE sip:+44999121@pbx.example");
    answers(scene->gateway, "486 Busy Here");
    phone_hear(scene->caller, "SIP/2.0 4");

    calls(scene->caller, "sip:+44-999-12.9@pbx.example");
    phone_hear(scene->gateway, "INVITE");
    answers(scene->gateway, "486 Busy Here");
    phone_hear(scene->caller, "SIP/2.0 486");

    calls(scene->caller, "sip:+44999122@pbx.example");
    phone_hear(scene->gateway, "INVITE sip:+44999122@pbx.example");
    answers(scene->gateway, "486 Busy Here");
    phone_hear(scene->caller, "SIP/2.0 486");

    /* No route knows this one, and no name server either. */
    calls(scene->caller, "sip:+441@pbx.example");
    phone_hear(scene->caller, "SIP/2.0 404");
    names_close(&names);
}

/* An address that refuses is asked after the name's other one by the next call. */
static void test_who_refused_is_asked_last(void)
{
    NameScene names;
    Scene *scene = &names.scene;
    g_autofree char *zone = NULL;
    Phone *second;

    names_open(&names, "mode = standby\n");
    second = phone_new(scene->loop, "127.0.0.1", scene->port);
    zone = g_strdup_printf("_sip._udp.nobody.example 60 SRV 1 1 %u host.example\n"
                           "_sip._udp.nobody.example 60 SRV 2 1 %u host.example\n"
                           "host.example 60 A 127.0.0.1\n",
                           phone_port(scene->called), phone_port(second));
    name_server_write(names.server, zone);
    calls(scene->caller, "sip:208@pbx.example");
    phone_hear(scene->called, "INVITE sip:208@nobody.example");
    answers(scene->called, "486 Busy Here"); /* the server is well */
    phone_hear(scene->caller, "SIP/2.0 486");
    calls(scene->caller, "sip:208@pbx.example");
    phone_hear(scene->called, "INVITE sip:208@nobody.example");
    answers(scene->called, "503 Service Unavailable");
    phone_hear(scene->caller, "SIP/2.0 5");
    calls(scene->caller, "sip:208@pbx.example");
    phone_hear(second, "INVITE sip:208@nobody.example");
    answers(second, "486 Busy Here");
    phone_hear(scene->caller, "SIP/2.0 486");
    phone_free(second);
    names_close(&names);
}

void name_stories(void)
{
    g_test_add_func("/primaries/names/refused", test_who_refused_is_asked_last);
    g_test_add_func("/primaries/names/phone", test_phone_by_name);
    g_test_add_func("/primaries/names/cancelled-meanwhile", test_cancelled_meanwhile);
    g_test_add_func("/primaries/names/numbers", test_numbers);
}
