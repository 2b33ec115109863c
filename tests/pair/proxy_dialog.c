/* Requests inside a dialog: by the token in our Route, from both sides, through a restart. */
#include "proxy_story.h"

#include <string.h>

/* FROM asks, TO hears and answers. */
static const char *passes(ProxyParty *from, const char *method, End *to, const char *body)
{
    Scene *scene = end_scene(to);
    const char *heard;

    party_ask(from, method,
              "Event: refer\r\nSubscription-State: active\r\nRefer-To: <sip:9@x>\r\nRAck: 1 1 "
              "INVITE\r\n",
              body);
    heard = end_hear(to, text_of(scene, "%s ", method));
    g_assert_cmpstr(body_of(heard), ==, body ? body : "");
    g_assert_cmpuint(value_count(scene, heard, "Route"), ==, 0);
    g_assert_cmpuint(value_count(scene, heard, "Via"), ==, 2);
    end_answer(to, heard, "200 OK", "", body);
    g_assert_cmpstr(body_of(end_hear(from->end, "SIP/2.0 200")), ==, body ? body : "");
    if (strcmp(method, "INVITE") == 0) {
        party_ack(from);
        end_hear(to, "ACK");
    }
    return heard;
}

/* Everything that is said in a call, by both. */
static void talk(ProxyParty *caller, ProxyParty *called)
{
    static const char *const methods[] = {"INVITE", "UPDATE", "INFO",      "MESSAGE",
                                          "REFER",  "NOTIFY", "SUBSCRIBE", "OPTIONS"};

    for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
        passes(caller, methods[i], called->end, SDP);
        passes(called, methods[i], caller->end, SDP);
    }
}

static void ends(ProxyParty *by, ProxyParty *other)
{
    passes(by, "BYE", other->end, NULL);
    scene_close(end_scene(by->end));
}

static void by_udp(void)
{
    Scene scene;
    ProxyParty *caller, *called;

    scene_open(&scene, "");
    calls_up(&scene, scene.a, "201", scene.b, &caller, &called);
    talk(caller, called);
    ends(called, caller);
}

/* Each side has a Record-Route of its own transport first. */
static void udp_to_tcp(void)
{
    Scene scene;
    ProxyParty *caller, *called;

    scene_open(&scene, "");
    calls_up(&scene, scene.a, "204", scene.t, &caller, &called);
    g_assert_cmpuint(value_count(&scene, text_of(&scene, "x\r\n%s\r\n", caller->routes), "Route"),
                     ==, 2);
    g_assert_null(strstr(strtok(text_keep(&scene, g_strdup(caller->routes)), "\r"), "transport"));
    g_assert_nonnull(
        strstr(strtok(text_keep(&scene, g_strdup(called->routes)), "\r"), ";transport=tcp"));
    talk(caller, called);
    ends(caller, called);
}

static void tcp_to_udp(void)
{
    Scene scene;
    ProxyParty *caller, *called;

    scene_open(&scene, "");
    calls_up(&scene, end_tcp(&scene), "201", scene.b, &caller, &called);
    talk(caller, called);
    ends(called, caller);
}

/* The caller is behind a NAT: its Contact leads nowhere, the way it came does. */
static void behind_nat(void)
{
    Scene scene;
    ProxyParty *caller, *called;
    const char *heard;

    scene_open(&scene, "");
    caller = party_new(scene.a, at_proxy(&scene, "201"));
    caller->contact = "<sip:100@192.0.2.77:5070>";
    party_ask(caller, "INVITE", "", SDP);
    heard = end_hear(scene.b, "INVITE");
    g_assert_cmpstr(value(&scene, heard, "Contact"), ==, caller->contact);
    called = party_of(scene.b, heard);
    end_answer(scene.b, heard, "200 OK", "", SDP);
    party_learn(caller, end_hear(scene.a, "SIP/2.0 200"));
    party_ack(caller);
    end_hear(scene.b, "ACK");
    talk(caller, called);
    ends(called, caller);
}

/* The called phone has registered from behind one. */
static void called_behind_nat(void)
{
    Scene scene;
    ProxyParty *caller, *called, *registers;
    const char *heard;

    scene_open(&scene, "");
    registers = party_new(scene.c, text_of(&scene, "sip:127.0.0.1:%u", scene.port));
    registers->own = "<sip:205@127.0.0.1>;tag=r";
    registers->far = text_of(&scene, "<%s>", at_proxy(&scene, "205"));
    registers->contact = "<sip:205@192.0.2.77:5070>;expires=600";
    party_ask(registers, "REGISTER", "", NULL);
    end_hear(scene.c, "SIP/2.0 200");
    caller = party_new(scene.a, at_proxy(&scene, "205"));
    party_ask(caller, "INVITE", "", SDP);
    heard = end_hear(scene.c, "INVITE sip:205@192.0.2.77:5070");
    called = party_of(scene.c, heard);
    end_answer(scene.c, heard, "200 OK", "Contact: <sip:205@192.0.2.77:5070>\r\n", SDP);
    party_learn(caller, end_hear(scene.a, "SIP/2.0 200"));
    party_ack(caller);
    end_hear(scene.c, "ACK");
    talk(caller, called);
    ends(caller, called);
}

/* Who must be told reliably hears nothing that its callee tells otherwise: a PRACK to it would have
 * nowhere to go. */
static void plain_ringing_where_reliable_is_required(void)
{
    Scene scene;
    ProxyParty *caller;
    const char *heard, *invite;

    scene_open(&scene, "");
    caller = party_new(scene.a, at_proxy(&scene, "201"));
    party_ask(caller, "INVITE", "Require: 100rel\r\n", SDP);
    invite = end_hear(scene.b, "INVITE");
    end_answer(scene.b, invite, "180 Ringing", "", NULL);
    end_answer(scene.b, invite, "183 Session Progress", "", SDP);
    g_assert_true(end_quiet(scene.a, 100));
    end_answer(scene.b, invite, "180 Ringing", "Require: 100rel\r\nRSeq: 7\r\n", NULL);
    heard = end_hear(scene.a, "SIP/2.0 180");
    g_assert_cmpstr(value(&scene, heard, "RSeq"), ==, "7");
    end_answer(scene.b, invite, "200 OK", "", SDP);
    end_hear(scene.a, "SIP/2.0 200");
    scene_close(&scene);
}

/* PRACK and UPDATE before the answer, from both. */
static void early(void)
{
    Scene scene;
    ProxyParty *caller, *called;
    const char *invite, *heard;

    scene_open(&scene, "");
    caller = party_new(scene.a, at_proxy(&scene, "201"));
    party_ask(caller, "INVITE", "Require: 100rel\r\nSupported: 100rel\r\n", SDP);
    invite = end_hear(scene.b, "INVITE");
    called = party_of(scene.b, invite);
    for (guint i = 1; i <= 3; i++) {
        end_answer(scene.b, invite, "183 Session Progress",
                   text_of(&scene, "Require: 100rel\r\nRSeq: %u\r\n", i + 40), SDP);
        heard = end_hear(scene.a, "SIP/2.0 183");
        g_assert_cmpstr(value(&scene, heard, "RSeq"), ==, text_of(&scene, "%u", i + 40));
        g_assert_cmpuint(value_count(&scene, heard, "Require"), ==, 1);
        g_assert_cmpstr(body_of(heard), ==, SDP);
        if (i == 1)
            party_learn(caller, heard);
        passes(caller, "PRACK", scene.b, SDP);
    }
    passes(caller, "UPDATE", scene.b, SDP);
    passes(called, "UPDATE", scene.a, SDP);
    end_answer(scene.b, invite, "200 OK", "", SDP);
    end_hear(scene.a, "SIP/2.0 200");
    party_ack(caller);
    end_hear(scene.b, "ACK");
    ends(called, caller);
}

static void restart(void)
{
    Scene scene;
    ProxyParty *caller, *called;

    scene_open(&scene, "");
    calls_up(&scene, scene.a, "201", scene.b, &caller, &called);
    scene_restart(&scene);
    talk(caller, called);
    ends(caller, called);
}

static void restart_behind_nat(void)
{
    Scene scene;
    ProxyParty *caller, *called;
    const char *heard;

    scene_open(&scene, "");
    caller = party_new(scene.a, at_proxy(&scene, "201"));
    caller->contact = "<sip:100@192.0.2.77:5070>";
    party_ask(caller, "INVITE", "", SDP);
    heard = end_hear(scene.b, "INVITE");
    called = party_of(scene.b, heard);
    end_answer(scene.b, heard, "200 OK", "", SDP);
    party_learn(caller, end_hear(scene.a, "SIP/2.0 200"));
    scene_restart(&scene);
    /* Even what is repeated of the first transaction. */
    end_answer(scene.b, heard, "200 OK", "X-Again: yes\r\n", SDP);
    end_hear(scene.a, "SIP/2.0 200");
    party_ack(caller);
    end_hear(scene.b, "ACK");
    talk(caller, called);
    ends(called, caller);
}

/* A token that is not ours, or of another call, is not believed. */
static void forged(void)
{
    Scene scene;
    ProxyParty *caller, *called, *other;
    g_autoptr(GString) routes = NULL;
    char *at;

    scene_open(&scene, "");
    calls_up(&scene, scene.a, "201", scene.b, &caller, &called);
    /* Somebody else borrows the route for a call of its own to a foreign place. */
    other = party_new(scene.c, text_of(&scene, "sip:x@%s", end_place(scene.d)));
    other->far = text_of(&scene, "<%s>;tag=foreign", other->target);
    other->routes = caller->routes;
    party_ask(other, "MESSAGE", "", NULL);
    end_hear(scene.c, "SIP/2.0 403");
    /* The right call, another token. */
    routes = g_string_new(caller->routes);
    at = strchr(routes->str, '@') - 1;
    *at = *at == '0' ? '1' : '0';
    other->routes = text_keep(&scene, g_strdup(routes->str));
    other->call_id = caller->call_id;
    party_ask(other, "MESSAGE", "", NULL);
    end_hear(scene.c, "SIP/2.0 403");
    /* Nor is a right one without a To tag inside a dialog. */
    other->routes = caller->routes;
    other->far = text_of(&scene, "<%s>", other->target);
    party_ask(other, "MESSAGE", "", NULL);
    end_hear(scene.c, "SIP/2.0 403");
    g_assert_true(end_quiet(scene.d, 30));
    ends(caller, called);
}

/* A flow that somebody made up leads nowhere. */
static void forged_flow(void)
{
    static const char *const tokens[] = {
        "",
        "0",
        "zz",
        "00138d7f000001000102030405060708",
        "00138d7f00000100010203040506070809",
        "0213c400000000000000000000000000000000000000010203040506070809101112131415",
        "%00%00",
        "000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
    };
    Scene scene;

    scene_open(&scene, "");
    for (guint i = 0; i < G_N_ELEMENTS(tokens); i++) {
        ProxyParty *other = party_new(scene.c, text_of(&scene, "sip:x@%s", end_place(scene.d)));

        other->far = text_of(&scene, "<%s>;tag=foreign", other->target);
        other->routes = text_of(&scene, "Route: <sip:%s%s127.0.0.1:%u;lr>\r\n", tokens[i],
                                *tokens[i] ? "@" : "", scene.port);
        party_ask(other, "BYE", "", NULL);
        end_hear(scene.c, "SIP/2.0 403");
    }
    g_assert_true(end_quiet(scene.d, 10));
    scene_close(&scene);
}

/* From a strict router (RFC 2543): our Route stands in the Request-URI. */
static void strict_route(void)
{
    Scene scene;
    ProxyParty *caller, *called;
    const char *heard, *target;

    scene_open(&scene, "");
    calls_up(&scene, scene.a, "204", scene.t, &caller, &called);
    target = caller->target;
    {
        g_auto(GStrv) lines = g_strsplit(caller->routes, "\r\n", -1);
        const char *own = strchr(lines[0], '<') + 1, *next = strchr(lines[1], '<') + 1;

        caller->target = text_keep(&scene, g_strndup(own, strcspn(own, ">")));
        caller->routes = text_of(&scene, "Route: <%.*s>\r\nRoute: <%s>\r\n",
                                 (int)strcspn(next, ">"), next, target);
    }
    party_ask(caller, "INFO", "", NULL);
    heard = end_hear(scene.t, text_of(&scene, "INFO %s SIP/2.0", target));
    g_assert_cmpuint(value_count(&scene, heard, "Route"), ==, 0);
    end_answer(scene.t, heard, "200 OK", "", NULL);
    end_hear(scene.a, "SIP/2.0 200");
    scene_close(&scene);
}

/* Another proxy stands behind us: our Route goes, its own stays and leads there. */
static void next_route(void)
{
    static const char *const hosts[] = {"", ";maddr=127.0.0.1"};

    for (guint i = 0; i < G_N_ELEMENTS(hosts); i++) {
        Scene scene;
        ProxyParty *caller, *called;
        const char *heard, *next;

        scene_open(&scene, "");
        calls_up(&scene, scene.a, "201", scene.b, &caller, &called);
        next = text_of(&scene, "<sip:p@%s%s%s;lr>", i ? "proxy.invalid" : "127.0.0.1",
                       strchr(end_place(scene.c), ':'), hosts[i]);
        caller->routes = text_of(&scene, "%sRoute: %s\r\n", caller->routes, next);
        party_ask(caller, "INFO", "", NULL);
        heard = end_hear(scene.c, text_of(&scene, "INFO %s SIP/2.0", caller->target));
        g_assert_cmpstr(values(&scene, heard, "Route"), ==, next);
        end_answer(scene.c, heard, "200 OK", "", NULL);
        end_hear(scene.a, "SIP/2.0 200");
        /* And without a transaction. */
        party_ack(caller);
        heard = end_hear(scene.c, "ACK");
        g_assert_cmpstr(values(&scene, heard, "Route"), ==, next);
        /* CANCEL follows its INVITE. */
        party_ask(caller, "INVITE", "", SDP);
        heard = end_hear(scene.c, "INVITE");
        end_answer(scene.c, heard, "180 Ringing", "", NULL);
        end_hear(scene.a, "SIP/2.0 180");
        party_cancel(caller, "");
        end_hear(scene.a, "SIP/2.0 200");
        end_answer(scene.c, end_hear(scene.c, "CANCEL"), "200 OK", "", NULL);
        end_answer(scene.c, heard, "487 Request Terminated", "", NULL);
        end_hear(scene.c, "ACK");
        end_hear(scene.a, "SIP/2.0 487");
        scene_close(&scene);
    }
}

/* The next one is a strict router (RFC 3261 16.6 step 6): it finds itself in the Request-URI, and
 * the target at the end of the route. */
static void strict_next_route(void)
{
    Scene scene;
    ProxyParty *caller, *called;
    const char *heard, *own;

    scene_open(&scene, "");
    calls_up(&scene, scene.a, "201", scene.b, &caller, &called);
    own = caller->routes;
    caller->routes =
        text_of(&scene, "%sRoute: <sip:p@%s>, <sip:last.example;lr>\r\n", own, end_place(scene.c));
    party_ask(caller, "INFO", "", NULL);
    heard = end_hear(scene.c, text_of(&scene, "INFO sip:p@%s SIP/2.0", end_place(scene.c)));
    g_assert_cmpstr(values(&scene, heard, "Route"), ==,
                    text_of(&scene, "<sip:last.example;lr>|<%s>", caller->target));
    end_answer(scene.c, heard, "200 OK", "", NULL);
    end_hear(scene.a, "SIP/2.0 200");
    party_ack(caller);
    heard = end_hear(scene.c, text_of(&scene, "ACK sip:p@%s SIP/2.0", end_place(scene.c)));
    g_assert_cmpuint(value_count(&scene, heard, "Route"), ==, 2);
    scene_close(&scene);
}

/* It has a name that the DNS does not know: that is no reason to go past it. */
static void next_route_by_name(void)
{
    Scene scene;
    ProxyParty *caller, *called;

    scene_open(&scene, "");
    calls_up(&scene, scene.a, "201", scene.b, &caller, &called);
    caller->routes = text_of(&scene, "%sRoute: <sip:proxy.invalid;lr>\r\n", caller->routes);
    party_ask(caller, "INFO", "", NULL);
    party_ack(caller);
    g_assert_true(end_quiet(scene.b, 100));
    scene_close(&scene);
}

/* The gateway's calls: its Contact is a public URI of ours. */
static void with_the_gateway(void)
{
    Scene scene;
    ProxyParty *caller, *called;
    const char *heard;

    scene_open(&scene, "");
    caller = party_new(scene.a, at_proxy(&scene, "9123"));
    party_ask(caller, "INVITE", "", SDP);
    heard = end_hear(scene.gateway, "INVITE sip:9123@");
    called = party_of(scene.gateway, heard);
    end_answer(scene.gateway, heard, "200 OK",
               text_of(&scene, "Contact: <%s>\r\n", at_proxy(&scene, PHONES_GATEWAY_USER)), SDP);
    party_learn(caller, end_hear(scene.a, "SIP/2.0 200"));
    party_ack(caller);
    end_hear(scene.gateway, text_of(&scene, "ACK sip:%s@", PHONES_GATEWAY_USER));
    talk(caller, called);
    /* A phone that forgets the route finds it all the same: the URI is ours. */
    caller->routes = "";
    passes(caller, "INFO", scene.gateway, NULL);
    passes(called, "BYE", scene.a, NULL);
    /* Its own calls of phones. */
    calls_up(&scene, scene.gateway, "201", scene.b, &caller, &called);
    talk(caller, called);
    passes(called, "BYE", scene.gateway, NULL);
    scene_close(&scene);
}

/* SUBSCRIBE begins a dialog of its own, and its NOTIFYs find the way back. */
static void subscription(void)
{
    Scene scene;
    ProxyParty *caller, *called;
    const char *heard;

    scene_open(&scene, "");
    caller = party_new(scene.a, at_proxy(&scene, "204"));
    party_ask(caller, "SUBSCRIBE", "Event: dialog\r\n", NULL);
    heard = end_hear(scene.t, "SUBSCRIBE");
    called = party_of(scene.t, heard);
    end_answer(scene.t, heard, "202 Accepted", "", NULL);
    party_learn(caller, end_hear(scene.a, "SIP/2.0 202"));
    passes(called, "NOTIFY", scene.a, "<dialog-info/>");
    passes(caller, "SUBSCRIBE", scene.t, NULL);
    scene_close(&scene);
}

/* ACKs and responses of nobody. */
static void strays(void)
{
    Scene scene;
    ProxyParty *stray;
    static const char *const statuses[] = {"200 OK", "180 Ringing", "486 Busy Here", "200 OK"};

    scene_open(&scene, "");
    stray = party_new(scene.a, at_proxy(&scene, "201"));
    stray->invite_cseq = 1;
    party_ack(stray);
    stray->far = text_of(&scene, "%s;tag=x", stray->far);
    party_ack(stray);
    for (guint i = 0; i < G_N_ELEMENTS(statuses); i++) {
        /* Its way would lead to D, and we never sent what it answers. */
        end_send(
            scene.a,
            text_of(&scene,
                    "SIP/2.0 %s\r\n%sVia: SIP/2.0/UDP %s;branch=z9hG4bKvictim\r\n"
                    "From: <sip:1@x>;tag=1\r\nTo: <sip:2@x>;tag=2\r\nCall-ID: stray%u\r\n"
                    "CSeq: 1 INVITE\r\nContact: <sip:x@y>\r\nContent-Length: 0\r\n\r\n",
                    statuses[i],
                    i == 3
                        ? "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKother\r\n"
                        : text_of(&scene, "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%s\r\n",
                                  scene.port, "0011223344556677.00112233445566778899aabbccddeeff"),
                    end_place(scene.d), i));
    }
    g_assert_true(end_quiet(scene.a, 50));
    g_assert_true(end_quiet(scene.b, 1));
    g_assert_true(end_quiet(scene.d, 1));
    scene_close(&scene);
}

/* The next INVITE of CALL, with more of its number; as the gateway hears it. */
static const char *dials(ProxyParty *call, const char *number)
{
    Scene *scene = end_scene(call->end);

    call->target = at_proxy(scene, number);
    call->far = text_of(scene, "<%s>", call->target);
    party_ask(call, "INVITE", "", SDP);
    return end_hear(scene->gateway, text_of(scene, "INVITE sip:%s@", number));
}

/* RFC 3578 4: a number that comes in pieces is one call of several INVITEs, with one Call-ID and
 * one From tag. None is a copy of another; each is answered by itself. */
static void number_in_pieces(void)
{
    Scene scene;
    ProxyParty *caller, *called, first;
    const char *short_one, *middle, *whole, *heard;

    scene_open(&scene, "[route pieces]\nfrom = 127.0.0.0/8\ncalled = 8.\nto = trunk pbx\n");
    caller = party_new(scene.a, at_proxy(&scene, "8"));
    short_one = dials(caller, "81");
    end_answer(scene.gateway, short_one, "484 Address Incomplete", "", NULL);
    end_hear(scene.gateway, "ACK sip:81@");
    end_hear(scene.a, "SIP/2.0 484");
    party_ack_refusal(caller);
    middle = dials(caller, "812");
    end_answer(scene.gateway, middle, "100 Trying", "", NULL);
    first = *caller;
    whole = dials(caller, "8123"); /* while the one before is under way */
    g_assert_cmpstr(value(&scene, whole, "Call-ID"), ==, value(&scene, middle, "Call-ID"));
    g_assert_cmpstr(value(&scene, whole, "From"), ==, value(&scene, middle, "From"));
    g_assert_cmpstr(value(&scene, whole, "Via"), !=, value(&scene, middle, "Via"));
    g_assert_cmpstr(value(&scene, middle, "Via"), !=, value(&scene, short_one, "Via"));
    g_assert_cmpstr(value(&scene, whole, "CSeq"), ==, "3 INVITE");
    end_answer(scene.gateway, middle, "484 Address Incomplete", "", NULL);
    heard = end_hear(scene.gateway, "ACK sip:812@");
    g_assert_cmpstr(value(&scene, heard, "CSeq"), ==, "2 ACK");
    heard = end_hear(scene.a, "SIP/2.0 484");
    g_assert_cmpstr(value(&scene, heard, "CSeq"), ==, "2 INVITE");
    g_assert_nonnull(strstr(value(&scene, heard, "Via"), first.invite_branch));
    party_ack_refusal(&first);
    called = party_of(scene.gateway, whole);
    end_answer(scene.gateway, whole, "200 OK",
               text_of(&scene, "Contact: <%s>\r\n", at_proxy(&scene, PHONES_GATEWAY_USER)), SDP);
    heard = end_hear(scene.a, "SIP/2.0 200");
    g_assert_cmpstr(value(&scene, heard, "CSeq"), ==, "3 INVITE");
    party_learn(caller, heard);
    party_ack(caller);
    end_hear(scene.gateway, text_of(&scene, "ACK sip:%s@", PHONES_GATEWAY_USER));
    passes(called, "BYE", scene.a, NULL);
    g_assert_cmpuint(scene_counter(&scene, "proxy loops"), ==, 0);
    scene_close(&scene);
}

/* The same on a route that says how long its numbers are: what begins like one of them is 484, what
 * does not is 404. */
static void number_that_is_short(void)
{
    Scene scene;
    ProxyParty *caller;

    scene_open(&scene, "");
    for (guint i = 1; i < 4; i++) {
        caller = party_new(scene.a, at_proxy(&scene, text_of(&scene, "%.*s", (int)i, "912")));
        party_ask(caller, "INVITE", "", SDP);
        end_hear(scene.a, "SIP/2.0 484");
        party_ack_refusal(caller);
    }
    caller = party_new(scene.a, at_proxy(&scene, "71"));
    party_ask(caller, "INVITE", "", SDP);
    end_hear(scene.a, "SIP/2.0 404");
    party_ack_refusal(caller);
    caller = party_new(scene.gateway, at_proxy(&scene, "91")); /* never goes back there */
    party_ask(caller, "INVITE", "", SDP);
    end_hear(scene.gateway, "SIP/2.0 404");
    party_ack_refusal(caller);
    g_assert_true(end_quiet(scene.gateway, 30));
    scene_close(&scene);
}

void proxy_dialog_stories(void)
{
    g_test_add_func("/proxy/dialog/plain-ringing", plain_ringing_where_reliable_is_required);
    g_test_add_func("/proxy/dialog/udp", by_udp);
    g_test_add_func("/proxy/dialog/udp-tcp", udp_to_tcp);
    g_test_add_func("/proxy/dialog/tcp-udp", tcp_to_udp);
    g_test_add_func("/proxy/dialog/nat", behind_nat);
    g_test_add_func("/proxy/dialog/nat-called", called_behind_nat);
    g_test_add_func("/proxy/dialog/early", early);
    g_test_add_func("/proxy/dialog/restart", restart);
    g_test_add_func("/proxy/dialog/restart-nat", restart_behind_nat);
    g_test_add_func("/proxy/dialog/forged", forged);
    g_test_add_func("/proxy/dialog/forged-flow", forged_flow);
    g_test_add_func("/proxy/dialog/strict-route", strict_route);
    g_test_add_func("/proxy/dialog/next-route", next_route);
    g_test_add_func("/proxy/dialog/strict-next-route", strict_next_route);
    g_test_add_func("/proxy/dialog/next-route-by-name", next_route_by_name);
    g_test_add_func("/proxy/dialog/gateway", with_the_gateway);
    g_test_add_func("/proxy/dialog/number-in-pieces", number_in_pieces);
    g_test_add_func("/proxy/dialog/number-that-is-short", number_that_is_short);
    g_test_add_func("/proxy/dialog/subscription", subscription);
    g_test_add_func("/proxy/dialog/strays", strays);
}
