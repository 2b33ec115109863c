/* Flows (RFC 5626): phones that are reached only the way they came, and Path (RFC 3327). */
#include "proxy_story.h"

#include <string.h>

/* END registers as USER with the Contact it likes. */
static const char *registers(Scene *scene, End *end, const char *user, const char *contact,
                             const char *extra)
{
    ProxyParty *party = party_new(end, text_of(scene, "sip:127.0.0.1:%u", scene->port));

    party->own = text_of(scene, "<sip:%s@127.0.0.1>;tag=r", user);
    party->far = text_of(scene, "<%s>", at_proxy(scene, user));
    party->contact = contact;
    party_ask(party, "REGISTER", extra, NULL);
    return end_hear(end, "SIP/2.0 200");
}

static ProxyParty *calls(Scene *scene, const char *user)
{
    ProxyParty *call = party_new(scene->a, at_proxy(scene, user));

    party_ask(call, "INVITE", "", SDP);
    return call;
}

/* Its Contact has the port it connected from, where nobody listens. */
static void called_by_its_connection(void)
{
    Scene scene;
    End *phone;
    ProxyParty *call;
    const char *heard;

    scene_open(&scene, "");
    phone = end_tcp(&scene);
    registers(&scene, phone, "205",
              text_of(&scene, "<sip:205@%s;transport=tcp>;expires=600", end_place(phone)), "");
    call = calls(&scene, "205");
    heard = end_hear(phone, "INVITE sip:205@");
    end_answer(phone, heard, "180 Ringing", "", NULL);
    end_hear(scene.a, "SIP/2.0 180");
    party_cancel(call, "");
    end_hear(scene.a, "SIP/2.0 200");
    end_answer(phone, end_hear(phone, "CANCEL"), "200 OK", "", NULL);
    end_answer(phone, heard, "487 Request Terminated", "", NULL);
    end_hear(phone, "ACK");
    end_hear(scene.a, "SIP/2.0 487");
    party_ack_refusal(call);
    scene_close(&scene);
}

/* Gone is gone: the caller hears it at once, not after Timer B. */
static void connection_gone(void)
{
    Scene scene;
    End *phone;
    ProxyParty *call;
    const char *heard;
    gint64 began;

    scene_open(&scene, "");
    phone = end_tcp(&scene);
    registers(&scene, phone, "205",
              text_of(&scene, "<sip:205@%s;transport=tcp>;expires=600", end_place(phone)), "");
    end_close(phone);
    scene_rest(&scene, 50);
    began = loop_now(scene.loop);
    call = calls(&scene, "205");
    heard = end_hear(scene.a, "SIP/2.0 4");
    if (!g_str_has_prefix(heard, "SIP/2.0 430"))
        g_assert_true(g_str_has_prefix(heard, "SIP/2.0 480"));
    g_assert_cmpint(loop_now(scene.loop) - began, <, G_USEC_PER_SEC);
    party_ack_refusal(call);
    scene_close(&scene);
}

/* It goes while the phone rings: the call ends, and nothing is left. */
static void connection_goes_in_a_call(void)
{
    Scene scene;
    End *phone;
    ProxyParty *call;
    const char *heard;

    scene_open(&scene, "timer-c = 1s\n");
    phone = end_tcp(&scene);
    registers(&scene, phone, "205",
              text_of(&scene, "<sip:205@%s;transport=tcp>;expires=600", end_place(phone)), "");
    call = calls(&scene, "205");
    heard = end_hear(phone, "INVITE");
    end_answer(phone, heard, "180 Ringing", "", NULL);
    end_hear(scene.a, "SIP/2.0 180");
    end_close(phone);
    end_hear(scene.a, "SIP/2.0 ");
    party_ack_refusal(call);
    scene_close(&scene);
}

/* An in-dialog request by a flow that has gone: 430 or 480, and no other way is tried. */
static void flow_of_a_dialog_gone(void)
{
    Scene scene;
    End *phone;
    ProxyParty *call;
    const char *heard;

    scene_open(&scene, "");
    phone = end_tcp(&scene);
    registers(&scene, phone, "205",
              text_of(&scene, "<sip:205@%s;transport=tcp>;expires=600", end_place(phone)), "");
    call = calls(&scene, "205");
    end_answer(phone, end_hear(phone, "INVITE"), "200 OK", "", SDP);
    party_learn(call, end_hear(scene.a, "SIP/2.0 200"));
    party_ack(call);
    end_hear(phone, "ACK");
    end_close(phone);
    scene_rest(&scene, 50);
    party_ask(call, "BYE", "", NULL);
    heard = end_hear(scene.a, "SIP/2.0 4");
    if (!g_str_has_prefix(heard, "SIP/2.0 430"))
        g_assert_true(g_str_has_prefix(heard, "SIP/2.0 480"));
    party_ack(call);
    scene_close(&scene);
}

/* Its connection broke, it made another and registered again: the call goes on, by both. With the
 * same contact, and with the port of the new connection in it. */
static void call_outlives_the_connection(gconstpointer fixed)
{
    Scene scene;
    End *phone, *other;
    ProxyParty *call, *called;
    const char *heard, *contact;

    scene_open(&scene, "");
    phone = end_tcp(&scene);
    other = end_tcp(&scene);
    contact = fixed ? "<sip:x205@192.0.2.77;transport=tcp>"
                    : text_of(&scene, "<sip:x205@%s;transport=tcp>", end_place(phone));
    registers(&scene, phone, "205", text_of(&scene, "%s;expires=600", contact), "");
    registers(&scene, other, "206", "<sip:x206@192.0.2.77;transport=tcp>;expires=600", "");
    call = calls(&scene, "205");
    heard = end_hear(phone, "INVITE");
    called = party_of(phone, heard);
    called->contact = contact;
    end_answer(phone, heard, "200 OK", text_of(&scene, "Contact: %s\r\n", contact), SDP);
    party_learn(call, end_hear(scene.a, "SIP/2.0 200"));
    party_ack(call);
    end_hear(phone, "ACK");
    end_close(phone);
    scene_rest(&scene, 50);
    phone = end_tcp(&scene);
    if (!fixed)
        contact = text_of(&scene, "<sip:x205@%s;transport=tcp>", end_place(phone));
    registers(&scene, phone, "205", text_of(&scene, "%s;expires=600", contact), "");
    party_ask(call, "INFO", "", NULL);
    end_answer(phone, end_hear(phone, "INFO"), "200 OK", "", NULL);
    end_hear(scene.a, "SIP/2.0 200");
    called->end = phone;
    party_ask(called, "BYE", "", NULL);
    end_answer(scene.a, end_hear(scene.a, "BYE"), "200 OK", "", NULL);
    end_hear(phone, "SIP/2.0 200");
    g_assert_true(end_quiet(other, 30));
    scene_close(&scene);
}

/* Two connections from one address: each is its own flow. */
static void two_phones_of_one_address(void)
{
    Scene scene;
    End *one, *two;

    scene_open(&scene, "");
    one = end_tcp(&scene);
    two = end_tcp(&scene);
    registers(&scene, one, "205", "<sip:205@192.0.2.77;transport=tcp>;expires=600", "");
    registers(&scene, two, "206", "<sip:206@192.0.2.77;transport=tcp>;expires=600", "");
    calls(&scene, "206");
    end_answer(two, end_hear(two, "INVITE sip:206@"), "486 Busy Here", "", NULL);
    end_hear(scene.a, "SIP/2.0 486");
    calls(&scene, "205");
    end_answer(one, end_hear(one, "INVITE sip:205@"), "486 Busy Here", "", NULL);
    end_hear(scene.a, "SIP/2.0 486");
    scene_close(&scene);
}

static void path(void)
{
    Scene scene;
    const char *heard, *edge, *outer;

    scene_open(&scene, "[peer edge]\nnetwork = 127.0.0.1\ntrusted = yes\n");
    edge = text_of(&scene, "<sip:edge@%s;lr>", end_place(scene.d));
    outer = "<sip:outer.example;lr>";
    heard = registers(&scene, scene.c, "205", "<sip:205@192.0.2.77>;expires=600",
                      text_of(&scene, "Supported: path\r\nPath: %s\r\nPath: %s\r\n", edge, outer));
    g_assert_nonnull(strstr(values(&scene, heard, "Path"), edge));
    calls(&scene, "205");
    heard = end_hear(scene.d, "INVITE sip:205@192.0.2.77 SIP/2.0");
    g_assert_cmpstr(values(&scene, heard, "Route"), ==, text_of(&scene, "%s|%s", edge, outer));
    end_answer(scene.d, heard, "486 Busy Here", "", NULL);
    end_hear(scene.a, "SIP/2.0 486");
    scene_close(&scene);
}

/* Calls to it would go past its class, to whatever its Contact or its Path says: only who is
 * trusted speaks for a place other than its own. */
static void contact_of_another(void)
{
    static const char *const vias[] = {
        "", "Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK-invented\r\n",
        "Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK-1\r\nVia: SIP/2.0/UDP "
        "10.0.0.8;branch=z9hG4bK-2\r\n"};
    Scene scene;
    End *other;
    ProxyParty *call, *party;

    scene_open(&scene, "");
    other = end_udp(&scene, "127.0.0.3");
    for (guint i = 0; i < G_N_ELEMENTS(vias); i++) {
        registers(&scene, scene.c, "205",
                  text_of(&scene, "<sip:0900123@%s>;expires=600", end_place(other)), vias[i]);
        call = calls(&scene, "205");
        end_answer(scene.c, end_hear(scene.c, "INVITE sip:0900123@"), "486 Busy Here", "", NULL);
        end_hear(scene.c, "ACK");
        end_hear(scene.a, "SIP/2.0 486");
        party_ack_refusal(call);
    }
    party = party_new(scene.c, text_of(&scene, "sip:127.0.0.1:%u", scene.port));
    party->own = "<sip:206@127.0.0.1>;tag=r";
    party->far = text_of(&scene, "<%s>", at_proxy(&scene, "206"));
    party_ask(party, "REGISTER",
              text_of(&scene, "Supported: path\r\nPath: <sip:%s;lr>\r\n", end_place(other)), NULL);
    end_hear(scene.c, "SIP/2.0 403 Path Not Allowed");
    call = calls(&scene, "206");
    end_hear(scene.a, "SIP/2.0 404");
    party_ack_refusal(call);
    g_assert_true(end_quiet(other, 50));
    scene_close(&scene);
}

/* Nor when its connection has gone, on purpose. */
static void contact_of_another_without_its_connection(void)
{
    Scene scene;
    End *other, *phone;
    ProxyParty *call;

    scene_open(&scene, "");
    other = end_udp(&scene, "127.0.0.3");
    phone = end_tcp(&scene);
    registers(&scene, phone, "205",
              text_of(&scene, "<sip:0900123@%s>;expires=600", end_place(other)), "");
    end_close(phone);
    scene_rest(&scene, 50);
    call = calls(&scene, "205");
    end_hear(scene.a, "SIP/2.0 4");
    party_ack_refusal(call);
    g_assert_true(end_quiet(other, 50));
    scene_close(&scene);
}

/* TLS to others is none that Sofia could do well: nobody hears even a knock. */
static void no_outgoing_tls(void)
{
    static const char *const uris[] = {"sips:205@%s", "sip:205@%s;transport=tls"};
    Scene scene;

    for (guint i = 0; i < G_N_ELEMENTS(uris); i++) {
        ProxyParty *call, *called;
        g_auto(GStrv) parts = g_strsplit(uris[i], "%s", 2);
        const char *uri;

        scene_open(&scene, "foreign = yes\n");
        uri = text_of(&scene, "%s%s%s", parts[0], end_place(scene.t), parts[1]);
        /* As a foreign URI, as a binding, as the Contact of a dialog. */
        call = party_new(scene.a, uri);
        party_ask(call, "INVITE", "", SDP);
        end_hear(scene.a, "SIP/2.0 4");
        party_ack_refusal(call);
        registers(&scene, scene.a, "205", text_of(&scene, "<%s>;expires=600", uri), "");
        call = calls(&scene, "205");
        end_hear(scene.a, "SIP/2.0 4");
        party_ack_refusal(call);
        calls_up(&scene, scene.a, "201", scene.b, &call, &called);
        call->target = uri;
        party_ask(call, "INFO", "", NULL);
        end_hear(scene.a, "SIP/2.0 4");
        party_ack(call);
        scene_rest(&scene, 30);
        g_assert_false(end_connected(scene.t));
        scene_close(&scene);
    }
}

void proxy_flow_stories(void)
{
    g_test_add_func("/proxy/flow/called", called_by_its_connection);
    g_test_add_func("/proxy/flow/gone", connection_gone);
    g_test_add_func("/proxy/flow/goes", connection_goes_in_a_call);
    g_test_add_func("/proxy/flow/dialog-gone", flow_of_a_dialog_gone);
    g_test_add_data_func("/proxy/flow/anew", NULL, call_outlives_the_connection);
    g_test_add_data_func("/proxy/flow/anew-fixed", "fixed", call_outlives_the_connection);
    g_test_add_func("/proxy/flow/two", two_phones_of_one_address);
    g_test_add_func("/proxy/flow/path", path);
    g_test_add_func("/proxy/flow/another", contact_of_another);
    g_test_add_func("/proxy/flow/another-gone", contact_of_another_without_its_connection);
    g_test_add_func("/proxy/flow/no-tls", no_outgoing_tls);
}
