/* Forwarding (RFC 3261 16.6): what is changed in a request on its way, and what is not. */
#include "proxy_story.h"

#include <string.h>

#define STRANGE                                                                                    \
    "X-First: 1;a=\"b, c\"\r\nX-Second: two\r\nX-First: 3\r\nDiversion: "                          \
    "<sip:9@x>;reason=unknown\r\n"                                                                 \
    "Subject: =?utf-8?q?caf=c3=a9?=\r\nAccept-Contact: *;audio\r\nP-Asserted-Identity: "           \
    "<sip:1@x>\r\nP-Asserted-Identity: <tel:+431>\r\n"

static void invite_is_changed_where_it_must(void)
{
    Scene scene;
    ProxyParty *call;
    const char *heard, *first_via;

    scene_open(&scene, "");
    call = party_new(scene.a, at_proxy(&scene, "201"));
    party_ask(call, "INVITE", STRANGE "Max-Forwards: 7\r\n", SDP);
    heard = end_hear(scene.b, "INVITE sip:201@127.0.0.1:");
    g_assert_cmpstr(value(&scene, heard, "Max-Forwards"), ==, "6");
    g_assert_cmpuint(value_count(&scene, heard, "Max-Forwards"), ==, 1);
    g_assert_cmpuint(value_count(&scene, heard, "Via"), ==, 2);
    first_via = value(&scene, heard, "Via");
    g_assert_true(
        g_str_has_prefix(first_via, text_of(&scene, "SIP/2.0/UDP 127.0.0.1:%u;", scene.port)));
    g_assert_nonnull(strstr(first_via, "branch=z9hG4bK"));
    g_assert_nonnull(strstr(values(&scene, heard, "Via"), call->branch));
    g_assert_true(g_str_has_prefix(value(&scene, heard, "Record-Route"), "<sip:"));
    g_assert_nonnull(strstr(value(&scene, heard, "Record-Route"),
                            text_of(&scene, "@127.0.0.1:%u;lr>", scene.port)));
    g_assert_cmpuint(value_count(&scene, heard, "Record-Route"), ==, 1);
    g_assert_cmpstr(body_of(heard), ==, SDP);
    g_assert_cmpstr(value(&scene, heard, "From"), ==, call->own);
    g_assert_cmpstr(value(&scene, heard, "To"), ==, call->far);
    g_assert_cmpstr(value(&scene, heard, "Contact"), ==, call->contact);
    g_assert_cmpstr(values(&scene, heard, "X-First"), ==, "1;a=\"b, c\"|3");
    g_assert_cmpstr(value(&scene, heard, "X-Second"), ==, "two");
    g_assert_cmpstr(value(&scene, heard, "Diversion"), ==, "<sip:9@x>;reason=unknown");
    g_assert_cmpstr(value(&scene, heard, "Subject"), ==, "=?utf-8?q?caf=c3=a9?=");
    g_assert_cmpstr(values(&scene, heard, "P-Asserted-Identity"), ==, "<sip:1@x>|<tel:+431>");
    end_hear(scene.a, "SIP/2.0 100");
    end_answer(scene.b, heard, "486 Busy Here", "X-Why: because\r\n", NULL);
    end_hear(scene.b, "ACK");
    heard = end_hear(scene.a, "SIP/2.0 486");
    g_assert_cmpstr(value(&scene, heard, "X-Why"), ==, "because");
    g_assert_cmpuint(value_count(&scene, heard, "Via"), ==, 1);
    party_ack_refusal(call);
    g_assert_true(end_quiet(scene.b, 50)); /* hop by hop */
    scene_close(&scene);
}

static const char *const methods[] = {"MESSAGE", "OPTIONS", "INFO",  "SUBSCRIBE", "NOTIFY",
                                      "REFER",   "UPDATE",  "PRACK", "PUBLISH",   "WHATEVER"};

/* Every method goes the same way, with whatever body. */
static void any_method(void)
{
    static const char body[] = "--=\r\nContent-Type: text/plain\r\n\r\n\r\n\n a \t\r\n--=--\r\n  ";
    Scene scene;

    scene_open(&scene, "");
    for (guint i = 0; i < G_N_ELEMENTS(methods); i++) {
        ProxyParty *call = party_new(scene.a, at_proxy(&scene, "201"));
        const char *heard;

        party_ask(
            call, methods[i],
            "Content-Type: multipart/mixed;boundary=\"=\"\r\nEvent: refer\r\nRAck: 1 1 INVITE\r\n"
            "Refer-To: <sip:9@x>\r\nSubscription-State: active\r\n",
            body);
        heard = end_hear(scene.b, text_of(&scene, "%s sip:201@", methods[i]));
        g_assert_cmpstr(body_of(heard), ==, body);
        g_assert_cmpstr(value(&scene, heard, "Content-Type"), ==, "multipart/mixed;boundary=\"=\"");
        g_assert_cmpstr(value(&scene, heard, "Content-Length"), ==,
                        text_of(&scene, "%zu", strlen(body)));
        end_answer(scene.b, heard, "299 Fine", "", body);
        heard = end_hear(scene.a, "SIP/2.0 299");
        g_assert_cmpstr(body_of(heard), ==, body);
    }
    scene_close(&scene);
}

/* Octets that are no text. */
static void body_of_octets(void)
{
    Scene scene;
    g_autoptr(GString) text = g_string_new(NULL);
    const char *heard;

    scene_open(&scene, "");
    g_string_printf(text,
                    "MESSAGE %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKoctets\r\n"
                    "From: <sip:1@x>;tag=1\r\nTo: <sip:201@x>\r\nCall-ID: octets\r\n"
                    "CSeq: 1 MESSAGE\r\nContent-Type: application/x\r\nContent-Length: 256\r\n\r\n",
                    at_proxy(&scene, "201"), end_place(scene.a));
    for (guint i = 0; i < 256; i++)
        g_string_append_c(text, (char)(255 - i));
    end_send_octets(scene.a, text->str, text->len);
    heard = end_hear(scene.b, "MESSAGE");
    g_assert_cmpstr(value(&scene, heard, "Max-Forwards"), ==, "70");
    g_assert_cmpint(memcmp(body_of(heard), text->str + text->len - 256, 256), ==, 0);
    end_answer(scene.b, heard, "200 OK", "", NULL);
    end_hear(scene.a, "SIP/2.0 200");
    scene_close(&scene);
}

static void max_forwards(void)
{
    Scene scene;
    ProxyParty *call;
    const char *heard;

    scene_open(&scene, "");
    call = party_new(scene.a, at_proxy(&scene, "201"));
    party_ask(call, "INVITE", "Max-Forwards: 0\r\n", SDP);
    end_hear(scene.a, "SIP/2.0 483");
    party_ack_refusal(call);
    call = party_new(scene.a, at_proxy(&scene, "201"));
    party_ask(call, "MESSAGE", "Max-Forwards: 0\r\n", NULL);
    end_hear(scene.a, "SIP/2.0 483");
    call = party_new(scene.a, text_of(&scene, "sip:127.0.0.1:%u", scene.port));
    party_ask(call, "OPTIONS", "Max-Forwards: 0\r\n", NULL);
    heard = end_hear(scene.a, "SIP/2.0 200");
    g_assert_nonnull(strstr(value(&scene, heard, "Allow"), "INVITE"));
    /* By a phone that has us for its outbound proxy, too. */
    call = party_new(scene.a, text_of(&scene, "sip:127.0.0.1:%u", scene.port));
    call->routes = text_of(&scene, "Route: <sip:127.0.0.1:%u;lr>\r\n", scene.port);
    party_ask(call, "OPTIONS", "Max-Forwards: 0\r\n", NULL);
    end_hear(scene.a, "SIP/2.0 200");
    call = party_new(scene.a, at_proxy(&scene, "201"));
    party_ask(call, "MESSAGE", "Max-Forwards: 1\r\n", NULL);
    heard = end_hear(scene.b, "MESSAGE");
    g_assert_cmpstr(value(&scene, heard, "Max-Forwards"), ==, "0");
    end_answer(scene.b, heard, "200 OK", "", NULL);
    end_hear(scene.a, "SIP/2.0 200");
    scene_close(&scene);
}

static void refusals(void)
{
    static const struct {
        const char *uri, *extra, *status;
    } cases[] = {
        {"sip:nobody@127.0.0.1:%u", "", "SIP/2.0 404"},
        {"http://127.0.0.1:%u/", "", "SIP/2.0 416"},
        {"sip:201@127.0.0.1:%u", "Proxy-Require: privacy, foo\r\n", "SIP/2.0 420"},
        {"sip:201@192.0.2.1:%u", "", "SIP/2.0 403"},
        {"urn:service:unknown.%u", "", "SIP/2.0 404"},
    };
    Scene scene;

    scene_open(&scene, "");
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) parts = g_strsplit(cases[i].uri, "%u", 2);
        ProxyParty *call = party_new(scene.a, text_of(&scene, "%s%u%s", parts[0], scene.port, parts[1]));
        const char *heard;

        party_ask(call, "INVITE", cases[i].extra, SDP);
        heard = end_hear(scene.a, cases[i].status);
        if (*cases[i].extra)
            g_assert_cmpstr(values(&scene, heard, "Unsupported"), ==, "privacy, foo");
        g_assert_nonnull(strstr(value(&scene, heard, "To"), ";tag="));
        party_ack_refusal(call);
    }
    g_assert_true(end_quiet(scene.b, 20));
    scene_close(&scene);
}

/* RFC 4320: late silence is no 408 to what is no INVITE, and nothing but 100 comes before its end.
 */
static void silence_to_a_message(void)
{
    Scene scene;
    ProxyParty *call;
    const char *heard;

    scene_open(&scene, "");
    call = party_new(scene.a, at_proxy(&scene, "201"));
    party_ask(call, "MESSAGE", "", NULL);
    heard = end_hear(scene.b, "MESSAGE");
    end_answer(scene.b, heard, "180 Ringing", "", NULL);
    scene_rest(&scene, 1500); /* 64 * T1 and more */
    g_assert_cmpuint(phones_fork_count(scene.phones), ==, 0);
    g_assert_true(end_quiet(scene.a, 50));
    scene_close(&scene);
}

/* A phone whose port is closed has no patience coming. */
static void refused_by_the_host(void)
{
    Scene scene;
    ProxyParty *call;
    gint64 began;

    scene_open(&scene, "");
    end_close(scene.b);
    began = loop_now(scene.loop);
    call = party_new(scene.a, at_proxy(&scene, "201"));
    party_ask(call, "INVITE", "", SDP);
    end_hear(scene.a, "SIP/2.0 480");
    g_assert_cmpint(loop_now(scene.loop) - began, <, G_USEC_PER_SEC); /* Timer B is 1.28 s */
    party_ack_refusal(call);
    scene_close(&scene);
}

void proxy_forward_stories(void)
{
    g_test_add_func("/proxy/forward/invite", invite_is_changed_where_it_must);
    g_test_add_func("/proxy/forward/any-method", any_method);
    g_test_add_func("/proxy/forward/octets", body_of_octets);
    g_test_add_func("/proxy/forward/max-forwards", max_forwards);
    g_test_add_func("/proxy/forward/refusals", refusals);
    g_test_add_func("/proxy/forward/silence", silence_to_a_message);
    g_test_add_func("/proxy/forward/refused-by-host", refused_by_the_host);
}
