/* A token proves that a dialog began here; it is no leave to go wherever its holder likes. */
#include "proxy_story.h"

#include <string.h>

#define OUTSIDE "127.0.0.9" /* of [sip] allow */
#define EDGE "127.0.0.4"
#define WITH_EDGE "[peer edge]\nnetwork = " EDGE "\ntrusted = yes\n"

static void asks(ProxyParty *from, const char *method, const char *target, const char *answer)
{
    from->target = target;
    party_ask(from, method, "", NULL);
    end_hear(from->end, answer);
    if (strcmp(method, "INVITE") == 0)
        party_ack(from);
}

static void passes(ProxyParty *from, End *to, const char *target)
{
    from->target = target;
    party_ask(from, "INFO", "", NULL);
    end_answer(to, end_hear(to, "INFO"), "200 OK", "", NULL);
    end_hear(from->end, "SIP/2.0 200");
}

static void leads_nowhere_else(void)
{
    static const char *const methods[] = {"INFO", "MESSAGE", "INVITE", "BYE"};
    Scene scene;
    End *outside;
    ProxyParty *caller, *called;
    const char *there, *routes;
    guint64 sent;

    scene_open(&scene, "");
    outside = end_udp(&scene, OUTSIDE);
    there = text_of(&scene, "sip:x@%s", end_place(outside));
    calls_up(&scene, scene.a, "201", scene.b, &caller, &called);
    sent = scene_counter(&scene, "proxy branches");
    for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
        asks(caller, methods[i], there, "SIP/2.0 403 Foreign Domain");
        asks(called, methods[i], there, "SIP/2.0 403 Foreign Domain");
        asks(caller, methods[i], "sip:x@elsewhere.example", "SIP/2.0 403 Foreign Domain");
    }
    /* By a route of somebody else's after ours, and without any transaction. */
    routes = caller->routes;
    caller->routes = text_of(&scene, "%sRoute: <sip:%s;lr>\r\n", routes, end_place(outside));
    asks(caller, "INFO", text_of(&scene, "sip:u@%s", end_place(scene.b)),
         "SIP/2.0 403 Foreign Domain");
    asks(caller, "INFO", at_proxy(&scene, "9000"), "SIP/2.0 403 Foreign Domain");
    party_ack(caller);
    caller->routes = routes;
    caller->target = there;
    party_ack(caller);
    g_assert_true(end_quiet(outside, 50));
    g_assert_cmpuint(scene_counter(&scene, "proxy branches"), ==, sent);
    passes(caller, scene.b, text_of(&scene, "sip:u@%s", end_place(scene.b)));
    scene_close(&scene);
}

/* A number is none's far end: who dials one there shows credentials as anywhere. */
static void no_numbers(void)
{
    Scene scene;
    ProxyParty *caller, *called;

    scene_open(&scene, "[guard]\nusers = $F/users\n");
    calls_up(&scene, scene.gateway, "201", scene.b, &caller, &called);
    asks(called, "INVITE", at_proxy(&scene, "9000"), "SIP/2.0 407");
    asks(called, "INVITE", "tel:9000", "SIP/2.0 407");
    passes(caller, scene.b, text_of(&scene, "sip:u@%s", end_place(scene.b)));
    scene_close(&scene);
}

/* A phone outside that a trusted peer has registered: its host, and no other. */
static void to_the_far_end(void)
{
    Scene scene;
    End *edge, *outside, *another;
    ProxyParty *caller, *called, *party;

    scene_open(&scene, WITH_EDGE);
    edge = end_udp(&scene, EDGE);
    outside = end_udp(&scene, OUTSIDE);
    another = end_udp(&scene, "127.0.0.10");
    party = party_new(edge, text_of(&scene, "sip:127.0.0.1:%u", scene.port));
    party->own = "<sip:207@127.0.0.1>;tag=r";
    party->far = text_of(&scene, "<%s>", at_proxy(&scene, "207"));
    party->contact = text_of(&scene, "<sip:207@%s>;expires=600", end_place(outside));
    party_ask(party, "REGISTER", "Via: SIP/2.0/UDP 127.0.0.9;branch=z9hG4bK-far\r\n", NULL);
    end_hear(edge, "SIP/2.0 200");
    calls_up(&scene, scene.a, "207", outside, &caller, &called);
    passes(caller, outside, caller->target);
    passes(called, scene.a, called->target);
    asks(caller, "INFO", text_of(&scene, "sip:x@%s", end_place(another)),
         "SIP/2.0 403 Foreign Domain");
    g_assert_true(end_quiet(another, 30));
    scene_close(&scene);
}

/* A trusted peer speaks for phones elsewhere. */
static void to_the_peers_phone(void)
{
    Scene scene;
    End *edge, *outside;
    ProxyParty *caller, *called;
    const char *heard;

    scene_open(&scene, WITH_EDGE);
    edge = end_udp(&scene, EDGE);
    outside = end_udp(&scene, OUTSIDE);
    caller = party_new(edge, at_proxy(&scene, "201"));
    caller->contact = text_of(&scene, "<sip:far@%s>", end_place(outside));
    party_ask(caller, "INVITE", "Via: SIP/2.0/UDP 127.0.0.9;branch=z9hG4bK-far\r\n", SDP);
    heard = end_hear(scene.b, "INVITE");
    g_assert_cmpuint(value_count(&scene, heard, "Record-Route"), ==, 1);
    called = party_of(scene.b, heard);
    end_answer(scene.b, heard, "200 OK", "", SDP);
    end_hear(edge, "SIP/2.0 200");
    passes(called, outside, called->target);
    scene_close(&scene);
}

void proxy_leave_stories(void)
{
    g_test_add_func("/proxy/leave/nowhere", leads_nowhere_else);
    g_test_add_func("/proxy/leave/numbers", no_numbers);
    g_test_add_func("/proxy/leave/far-end", to_the_far_end);
    g_test_add_func("/proxy/leave/peers-phone", to_the_peers_phone);
}
