/* Loops, spirals and the breadth of forks (RFC 5393). */
#include "proxy_story.h"

#include <string.h>

/* END sends HEARD on to TARGET as a proxy of its own would. */
static void sends_on(End *end, const char *heard, const char *target)
{
    Scene *scene = end_scene(end);
    const char *rest = strstr(heard, "\r\n") + 2;

    end_send(end, text_of(scene, "%.*s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKon%u\r\n%s",
                          (int)strcspn(heard, " "), heard, target, end_place(end),
                          end_count(end, ""), rest));
}

static void loop_is_ended(void)
{
    Scene scene;
    ProxyParty *call;
    const char *heard;

    scene_open(&scene, "");
    call = party_new(scene.a, at_proxy(&scene, "201"));
    party_ask(call, "INVITE", "", SDP);
    heard = end_hear(scene.b, "INVITE");
    sends_on(scene.b, heard, at_proxy(&scene, "201"));
    end_hear(scene.b, "SIP/2.0 482");
    end_answer(scene.b, heard, "482 Loop Detected", "", NULL);
    end_hear(scene.b, "ACK");
    end_hear(scene.a, "SIP/2.0 482");
    party_ack_refusal(call);
    g_assert_cmpuint(scene_counter(&scene, "proxy loops"), ==, 1);
    /* Other methods as well. */
    call = party_new(scene.a, at_proxy(&scene, "201"));
    party_ask(call, "MESSAGE", "", NULL);
    heard = end_hear(scene.b, "MESSAGE");
    sends_on(scene.b, heard, at_proxy(&scene, "201"));
    end_hear(scene.b, "SIP/2.0 482");
    end_answer(scene.b, heard, "482 Loop Detected", "", NULL);
    end_hear(scene.a, "SIP/2.0 482");
    scene_close(&scene);
}

/* CONTACT: the caller's; one that leads nowhere makes two Record-Routes of each passage. */
static void spiral_passes(gconstpointer contact)
{
    Scene scene;
    ProxyParty *call;
    ProxyParty *called;
    const char *first, *heard, *again;

    scene_open(&scene, "");
    call = party_new(scene.a, at_proxy(&scene, "201"));
    if (contact)
        call->contact = contact;
    party_ask(call, "INVITE", "", SDP);
    first = end_hear(scene.b, "INVITE");
    sends_on(scene.b, first, at_proxy(&scene, "202"));
    heard = end_hear(scene.c, "INVITE sip:202@");
    g_assert_cmpuint(value_count(&scene, heard, "Via"), ==, 4);
    g_assert_cmpuint(value_count(&scene, heard, "Record-Route"), ==, contact ? 3 : 2);
    called = party_of(scene.c, heard);
    g_assert_cmpstr(value(&scene, heard, "Max-Forwards"), ==, "68");
    end_answer(scene.c, heard, "200 OK", "", SDP);
    heard = end_hear(scene.b, "SIP/2.0 200");
    /* What the second proxy does with it: its own Via off. */
    again = strstr(heard, "Via: SIP/2.0/UDP 127.0.0.1:");
    g_assert_nonnull(again);
    end_send(scene.b,
             text_of(&scene, "%.*s%s", (int)(again - heard), heard, strstr(again, "\r\n") + 2));
    party_learn(call, end_hear(scene.a, "SIP/2.0 200"));
    /* Both of our places in the route are left at once. */
    party_ack(call);
    heard = end_hear(scene.c, "ACK");
    g_assert_cmpuint(value_count(&scene, heard, "Route"), ==, 0);
    party_ask(call, "BYE", "", NULL);
    heard = end_hear(scene.c, "BYE");
    g_assert_cmpuint(value_count(&scene, heard, "Route"), ==, 0);
    end_answer(scene.c, heard, "200 OK", "", NULL);
    end_hear(scene.a, "SIP/2.0 200");
    party_ask(called, "INFO", "", NULL);
    heard = end_hear(scene.a, "INFO");
    g_assert_cmpuint(value_count(&scene, heard, "Via"), ==, 2);
    end_answer(scene.a, heard, "200 OK", "", NULL);
    end_hear(scene.c, "SIP/2.0 200");
    scene_close(&scene);
}

static void breadth(const char *user, const char *told, const char *each)
{
    Scene scene;
    ProxyParty *call;
    const char *heard;

    scene_open(&scene, "");
    call = party_new(scene.a, at_proxy(&scene, user));
    party_ask(call, "INVITE", told, SDP);
    heard = end_hear(scene.b, "INVITE");
    g_assert_cmpstr(values(&scene, heard, "Max-Breadth"), ==, each);
    end_answer(scene.b, heard, "603 Decline", "", NULL);
    if (strcmp(user, "200") == 0) {
        heard = end_hear(scene.c, "INVITE");
        g_assert_cmpstr(values(&scene, heard, "Max-Breadth"), ==, each);
        end_answer(scene.c, heard, "603 Decline", "", NULL);
    }
    end_hear(scene.a, "SIP/2.0 603");
    party_ack_refusal(call);
    scene_close(&scene);
}

static void breadth_is_handed_down(void)
{
    breadth("201", "", "60");
    breadth("201", "Max-Breadth: 7\r\n", "7");
    breadth("201", "Max-Breadth: 1\r\n", "1");
    breadth("201", "Max-Breadth: 61\r\n", "60");
    breadth("201", "Max-Breadth: 99999999999999999999999\r\n", "60");
    breadth("201", "Max-Breadth: many\r\n", "60");
    breadth("200", "", "30");
    breadth("200", "Max-Breadth: 2\r\n", "1");
    breadth("200", "Max-Breadth: 9\r\n", "4");
}

/* One at once where one is all that may be: the two phones ring in turn. */
static void breadth_of_one(void)
{
    Scene scene;
    ProxyParty *call;
    const char *heard;

    scene_open(&scene, "");
    call = party_new(scene.a, at_proxy(&scene, "200"));
    party_ask(call, "INVITE", "Max-Breadth: 1\r\n", SDP);
    heard = end_hear(scene.b, "INVITE");
    g_assert_cmpstr(value(&scene, heard, "Max-Breadth"), ==, "1");
    g_assert_true(end_quiet(scene.c, 50));
    end_answer(scene.b, heard, "486 Busy Here", "", NULL);
    heard = end_hear(scene.c, "INVITE");
    g_assert_cmpstr(value(&scene, heard, "Max-Breadth"), ==, "1");
    end_answer(scene.c, heard, "486 Busy Here", "", NULL);
    end_hear(scene.a, "SIP/2.0 486");
    party_ack_refusal(call);
    /* And none. */
    call = party_new(scene.a, at_proxy(&scene, "201"));
    party_ask(call, "INVITE", "Max-Breadth: 0\r\n", SDP);
    heard = end_hear(scene.a, "SIP/2.0 440");
    g_assert_true(g_str_has_prefix(heard, "SIP/2.0 440 Max-Breadth Exceeded"));
    party_ack_refusal(call);
    scene_close(&scene);
}

void proxy_loop_stories(void)
{
    g_test_add_func("/proxy/loop/ended", loop_is_ended);
    g_test_add_data_func("/proxy/loop/spiral", NULL, spiral_passes);
    g_test_add_data_func("/proxy/loop/spiral-nat", "<sip:100@192.0.2.77>", spiral_passes);
    g_test_add_func("/proxy/loop/breadth", breadth_is_handed_down);
    g_test_add_func("/proxy/loop/breadth-of-one", breadth_of_one);
}
