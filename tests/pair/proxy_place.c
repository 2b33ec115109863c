/* Phones at the proxy's several places: each is spoken to from a place that can, and from the one
 * it spoke to. */
#include "proxy_story.h"

#include <string.h>

#define BOTH "[sip]\nalso-listen = [::1]:$P\n"

static void registers(Scene *scene, End *end, const char *user, const char *contact)
{
    ProxyParty *party = party_new(end, text_of(scene, "sip:127.0.0.1:%u", scene->port));

    party->own = text_of(scene, "<sip:%s@127.0.0.1>;tag=r", user);
    party->far = text_of(scene, "<%s>", at_proxy(scene, user));
    party->contact = contact;
    party_ask(party, "REGISTER", "", NULL);
    end_hear(end, "SIP/2.0 200");
}

static void asks(ProxyParty *from, const char *method, ProxyParty *to)
{
    Scene *scene = end_scene(to->end);
    const char *heard;

    party_ask(from, method, "", NULL);
    heard = end_hear(to->end, text_of(scene, "%s ", method));
    g_assert_cmpuint(value_count(scene, heard, "Route"), ==, 0);
    g_assert_null(strchr(values(scene, heard, "Via"), '(')); /* no names of ours */
    end_answer(to->end, heard, "200 OK", "", NULL);
    end_hear(from->end, "SIP/2.0 200");
}

static gboolean names_v6(const char *route)
{
    return strstr(route, "@[::1]:") != NULL;
}

/* FROM calls the phone TO, which has registered; both speak, and BY_CALLER says who hangs up. */
static void speak(Scene *scene, End *from, End *to, gboolean by_caller)
{
    ProxyParty *caller, *called, *rings;
    const char *heard;

    registers(scene, to, "205", text_of(scene, "<sip:205@%s>;expires=600", end_place(to)));
    /* A CANCEL goes the same way. */
    rings = party_new(from, at_proxy(scene, "205"));
    party_ask(rings, "INVITE", "", SDP);
    heard = end_hear(to, "INVITE sip:205@");
    end_answer(to, heard, "180 Ringing", "", NULL);
    end_hear(from, "SIP/2.0 180");
    party_cancel(rings, "");
    end_hear(from, "SIP/2.0 200");
    end_answer(to, end_hear(to, "CANCEL"), "200 OK", "", NULL);
    end_answer(to, heard, "487 Request Terminated", "", NULL);
    end_hear(to, "ACK");
    end_hear(from, "SIP/2.0 487");
    party_ack_refusal(rings);

    calls_up(scene, from, "205", to, &caller, &called);
    asks(caller, "INFO", called);
    asks(called, "INFO", caller);
    /* Each hears a place it can speak to itself. */
    g_assert_cmpint(names_v6(strtok(text_keep(scene, g_strdup(caller->routes)), "\r")), ==,
                    *end_place(from) == '[');
    g_assert_cmpint(names_v6(strtok(text_keep(scene, g_strdup(called->routes)), "\r")), ==,
                    *end_place(to) == '[');
    if (by_caller)
        asks(caller, "BYE", called);
    else
        asks(called, "BYE", caller);
}

static void v4_to_v6(gconstpointer by_caller)
{
    Scene scene;

    scene_open(&scene, BOTH);
    speak(&scene, scene.a, end_udp_to(&scene, "::1", "::1"), GPOINTER_TO_INT(by_caller));
    scene_close(&scene);
}

static void v6_to_v4(gconstpointer by_caller)
{
    Scene scene;

    scene_open(&scene, BOTH);
    speak(&scene, end_udp_to(&scene, "::1", "::1"), scene.b, GPOINTER_TO_INT(by_caller));
    scene_close(&scene);
}

static void v6_to_v6(void)
{
    Scene scene;

    scene_open(&scene, BOTH);
    speak(&scene, end_udp_to(&scene, "::1", "::1"), end_udp_to(&scene, "::1", "::1"), TRUE);
    scene_close(&scene);
}

/* A 200 again, when the transaction at the proxy is over: it goes back to the caller's place. */
static void late_success(void)
{
    Scene scene;
    End *v6;
    ProxyParty *call;
    const char *heard;

    scene_open(&scene, BOTH);
    v6 = end_udp_to(&scene, "::1", "::1");
    call = party_new(v6, at_proxy(&scene, "201"));
    party_ask(call, "INVITE", "", SDP);
    heard = end_hear(scene.b, "INVITE");
    end_answer(scene.b, heard, "200 OK", "", SDP);
    party_learn(call, end_hear(v6, "SIP/2.0 200"));
    scene_settle(&scene);
    end_answer_as(scene.b, "again", heard, "200 OK", "");
    g_assert_nonnull(strstr(end_hear(v6, "SIP/2.0 200"), "tag=again"));
    scene_close(&scene);
}

/* The NAT before it lets in what comes from the place it spoke to, and nothing else. */
static void behind_nat_at_a_second_place(void)
{
    Scene scene;
    End *phone;
    ProxyParty *caller, *called;
    const char *heard;

    scene_open(&scene, "[sip]\nalso-listen = 127.0.0.2:$P\n");
    phone = end_udp_to(&scene, "127.0.0.1", "127.0.0.2");
    registers(&scene, phone, "205", "<sip:205@192.0.2.77:5070>;expires=600");
    caller = party_new(scene.a, at_proxy(&scene, "205"));
    party_ask(caller, "INVITE", "", SDP);
    heard = end_hear(phone, "INVITE sip:205@192.0.2.77:5070");
    called = party_of(phone, heard);
    g_assert_nonnull(strstr(called->routes, "@127.0.0.2:"));
    end_answer(phone, heard, "200 OK", "Contact: <sip:205@192.0.2.77:5070>\r\n", SDP);
    party_learn(caller, end_hear(scene.a, "SIP/2.0 200"));
    party_ack(caller);
    end_hear(phone, "ACK");
    asks(called, "INFO", caller);
    asks(caller, "INFO", called);
    asks(caller, "BYE", called);
    /* What the store keeps says it as well. */
    scene_restart(&scene);
    caller = party_new(scene.a, at_proxy(&scene, "205"));
    party_ask(caller, "INVITE", "", SDP);
    end_answer(phone, end_hear(phone, "INVITE"), "486 Busy Here", "", NULL);
    end_hear(scene.a, "SIP/2.0 486");
    party_ack_refusal(caller);
    scene_close(&scene);
}

void proxy_place_stories(void)
{
    g_test_add_data_func("/proxy/place/v4-v6-caller", GINT_TO_POINTER(TRUE), v4_to_v6);
    g_test_add_data_func("/proxy/place/v4-v6-called", GINT_TO_POINTER(FALSE), v4_to_v6);
    g_test_add_data_func("/proxy/place/v6-v4-caller", GINT_TO_POINTER(TRUE), v6_to_v4);
    g_test_add_data_func("/proxy/place/v6-v4-called", GINT_TO_POINTER(FALSE), v6_to_v4);
    g_test_add_func("/proxy/place/v6-v6", v6_to_v6);
    g_test_add_func("/proxy/place/late", late_success);
    g_test_add_func("/proxy/place/second", behind_nat_at_a_second_place);
}
