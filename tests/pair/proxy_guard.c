/* Who may: credentials, calls for help, and what the gateway is told of the caller. */
#include "proxy_story.h"

#include "digest.h"

#include <string.h>

#define GUARD "[guard]\nusers = $F/users\n"
#define HELP "[emergency]\nnumbers = 112\nservices = sos:112\n"

/* Header line for the CHALLENGE, the value of a Proxy- or WWW-Authenticate. */
static const char *authorization(Scene *scene, const char *name, const char *challenge,
                                 const char *method, const char *uri, const char *password)
{
    DigestCredentials credentials = {.algorithm = DIGEST_SHA256, .qop = DIGEST_QOP_AUTH};
    const char *nonce = strstr(challenge, "nonce=\"") + strlen("nonce=\"");
    char ha1[DIGEST_HEX_SIZE], hex[DIGEST_HEX_SIZE];
    guint8 response[DIGEST_OCTETS_MAX];

    g_strlcpy(credentials.nonce, nonce, strcspn(nonce, "\"") + 1);
    g_strlcpy(credentials.uri, uri, sizeof(credentials.uri));
    g_strlcpy(credentials.cnonce, "c", sizeof(credentials.cnonce));
    g_strlcpy(credentials.nc_text, "00000001", sizeof(credentials.nc_text));
    digest_hash_user(DIGEST_SHA256, "201", "127.0.0.1", password, ha1);
    digest_compute(&credentials, ha1, method, NULL, 0, response);
    digest_hex_write(response, sizeof(response), hex);
    return text_of(scene,
                   "%s: Digest username=\"201\", realm=\"127.0.0.1\", nonce=\"%s\", uri=\"%s\", "
                   "response=\"%s\", algorithm=SHA-256, qop=auth, nc=00000001, cnonce=\"c\"\r\n",
                   name, credentials.nonce, uri, hex);
}

/* What the sealed header of HEARD says. */
static void origin_of(Scene *scene, const char *heard, CallOrigin *origin)
{
    g_assert_cmpuint(value_count(scene, heard, ORIGIN_HEADER), ==, 1);
    g_assert_true(origin_unseal(&scene->key, value(scene, heard, ORIGIN_HEADER),
                                value(scene, heard, "Call-ID"), origin));
}

static const char other_credentials[] =
    "Proxy-Authorization: Digest username=\"201\", realm=\"elsewhere\", nonce=\"n\", uri=\"u\", "
    "response=\"0123456789abcdef0123456789abcdef\"\r\n";

/* A source that may be invented is sent one datagram for each of its own, not eleven. */
static void answered_once(void)
{
    Scene scene;
    ProxyParty *call;
    const char *heard, *tag, *targets[3];

    scene_open(&scene, GUARD);
    targets[0] = at_proxy(&scene, "9123");
    targets[1] = "urn:service:counseling";
    targets[2] = "sip:x@192.0.2.77";
    for (guint i = 0; i < G_N_ELEMENTS(targets); i++) {
        End *caller = end_udp(&scene, "127.0.0.1");

        call = party_new(caller, targets[i]);
        party_ask(call, "INVITE", "", SDP);
        heard = end_hear(caller, "SIP/2.0 4");
        if (!i)
            g_assert_true(g_str_has_prefix(heard, "SIP/2.0 407"));
        tag = strstr(value(&scene, heard, "To"), ";tag=");
        g_assert_nonnull(tag);
        scene_rest(&scene, 300); /* of T1 20 ms */
        g_assert_cmpuint(end_count(caller, "SIP/2.0"), ==, 1);
        end_send(caller, call->sent);
        scene_rest(&scene, 100);
        g_assert_cmpuint(end_count(caller, "SIP/2.0"), ==, 2);
        if (!i) { /* its nonce is new */
            heard = end_hear(caller, "SIP/2.0 407");
            g_assert_cmpstr(strstr(value(&scene, heard, "To"), ";tag="), ==, tag);
        }
        call->far = value(&scene, heard, "To");
        party_ack_refusal(call);
        g_assert_true(end_quiet(scene.gateway, 30));
        g_assert_cmpuint(end_count(caller, "SIP/2.0"), ==, 2);
    }
    scene_close(&scene);
}

static void challenged(void)
{
    Scene scene;
    ProxyParty *call;
    CallOrigin origin;
    const char *heard, *shown;

    scene_open(&scene, GUARD);
    call = party_new(scene.a, at_proxy(&scene, "9123"));
    party_ask(call, "INVITE", "", SDP);
    heard = end_hear(scene.a, "SIP/2.0 407");
    party_ack_refusal(call);
    g_assert_true(end_quiet(scene.gateway, 20));
    shown = authorization(&scene, "Proxy-Authorization", value(&scene, heard, "Proxy-Authenticate"),
                          "INVITE", call->target, "secret");
    party_ask(call, "INVITE", text_of(&scene, "%s%s", other_credentials, shown), SDP);
    heard = end_hear(scene.gateway, "INVITE sip:9123@");
    g_assert_cmpuint(value_count(&scene, heard, "Proxy-Authorization"), ==, 1);
    g_assert_nonnull(strstr(value(&scene, heard, "Proxy-Authorization"), "elsewhere"));
    origin_of(&scene, heard, &origin);
    g_assert_cmpstr(origin.user, ==, "201");
    g_assert_false(origin.emergency);
    g_assert_cmpuint(address_port((struct sockaddr *)&origin.source), ==,
                     strtoul(strchr(end_place(scene.a), ':') + 1, NULL, 10));
    end_answer(scene.gateway, heard, "486 Busy Here", "", NULL);
    end_hear(scene.a, "SIP/2.0 486");
    party_ack_refusal(call);
    scene_close(&scene);
}

/* The same word for a phone that is here, one that is not, and a wrong password. */
static void same_for_all(void)
{
    static const char *const users[] = {"201", "nobody", "9123"};
    Scene scene;
    ProxyParty *call;
    const char *heard, *shown;

    scene_open(&scene, GUARD);
    for (guint i = 0; i < G_N_ELEMENTS(users); i++) {
        call = party_new(scene.a, at_proxy(&scene, users[i]));
        party_ask(call, "INVITE", "", SDP);
        heard = end_hear(scene.a, "SIP/2.0 407");
        party_ack_refusal(call);
        shown =
            authorization(&scene, "Proxy-Authorization", value(&scene, heard, "Proxy-Authenticate"),
                          "INVITE", call->target, "x");
        party_ask(call, "INVITE", shown, SDP);
        end_hear(scene.a, "SIP/2.0 407");
        party_ack_refusal(call);
    }
    g_assert_true(end_quiet(scene.b, 10));
    scene_close(&scene);
}

static void registers(Scene *scene, End *end, ProxyParty **call, const char *uri, const char *user,
                      const char *extra)
{
    *call = party_new(end, uri);
    (*call)->own = "<sip:201@127.0.0.1>;tag=r";
    (*call)->far = text_of(scene, "<sip:%s@127.0.0.1:%u>", user, scene->port);
    party_ask(*call, "REGISTER", extra, NULL);
}

/* Whatever makes another request pass does not make a REGISTER pass. */
static void nobody_registers_without(void)
{
    Scene scene;
    ProxyParty *call;
    const char *box, *heard, *routes;

    scene_open(&scene, GUARD HELP "[policy calls]\nmethods = INVITE\naction = allow\n");
    box = text_of(&scene, "sip:127.0.0.1:%u", scene.port);
    registers(&scene, scene.a, &call, box, "201", "");
    end_hear(scene.a, "SIP/2.0 401");
    /* As if it asked for help. */
    registers(&scene, scene.a, &call, at_proxy(&scene, "112"), "201", "");
    end_hear(scene.a, "SIP/2.0 401");
    registers(&scene, scene.a, &call, "urn:service:sos", "201", "");
    end_hear(scene.a, "SIP/2.0 4");
    /* As if it were the gateway's call. */
    registers(&scene, scene.a, &call, at_proxy(&scene, PHONES_GATEWAY_USER), "201", "");
    end_hear(scene.a, "SIP/2.0 401");
    call->far = text_of(&scene, "%s;tag=x", call->far);
    party_ask(call, "REGISTER", "", NULL);
    end_hear(scene.a, "SIP/2.0 401");
    /* As if it were part of a call of its own. */
    call = party_new(scene.a, at_proxy(&scene, "202"));
    party_ask(call, "INVITE", "", SDP);
    heard = end_hear(scene.c, "INVITE");
    end_answer(scene.c, heard, "200 OK", "", SDP);
    heard = end_hear(scene.a, "SIP/2.0 200");
    party_learn(call, heard);
    party_ack(call);
    routes = call->routes;
    call->target = box;
    call->routes = routes;
    call->far = text_of(&scene, "<sip:201@127.0.0.1:%u>;tag=x", scene.port);
    party_ask(call, "REGISTER", "", NULL);
    end_hear(scene.a, "SIP/2.0 401");
    call->target = at_proxy(&scene, "201");
    party_ask(call, "REGISTER", "", NULL);
    end_hear(scene.a, "SIP/2.0 401");
    scene_close(&scene);
}

static void registers_with(void)
{
    Scene scene;
    ProxyParty *call;
    const char *heard, *box;

    scene_open(&scene, GUARD);
    box = text_of(&scene, "sip:127.0.0.1:%u", scene.port);
    registers(&scene, scene.c, &call, box, "201", "");
    heard = end_hear(scene.c, "SIP/2.0 401");
    registers(&scene, scene.c, &call, box, "201",
              authorization(&scene, "Authorization", value(&scene, heard, "WWW-Authenticate"),
                            "REGISTER", box, "secret"));
    end_hear(scene.c, "SIP/2.0 200");
    scene_close(&scene);
}

/* Calls for help pass without credentials, whatever else is asked, also where nothing else does. */
static void help(gconstpointer more)
{
    static const char *const uris[] = {"sip:112@127.0.0.1:%u", "tel:112;phone-context=x.%u",
                                       "sip:112@192.0.2.9;x=%u", "urn:service:sos",
                                       "URN:Service:SOS.fire"};
    Scene scene;

    scene_open(&scene, more);
    for (guint i = 0; i < G_N_ELEMENTS(uris); i++) {
        g_auto(GStrv) parts = g_strsplit(uris[i], "%u", 2);
        ProxyParty *call =
            party_new(scene.a, parts[1] ? text_of(&scene, "%s%u%s", parts[0], scene.port, parts[1])
                                        : uris[i]);
        CallOrigin origin;
        const char *heard;

        party_ask(call, "INVITE", "", SDP);
        heard = end_hear(scene.gateway, "INVITE ");
        g_assert_nonnull(strstr(strtok(text_keep(&scene, g_strdup(heard)), "\r"), ":112"));
        origin_of(&scene, heard, &origin);
        g_assert_true(origin.emergency);
        g_assert_cmpstr(origin.user, ==, "");
        end_answer(scene.gateway, heard, "180 Ringing", "", NULL);
        end_hear(scene.a, "SIP/2.0 180");
        end_answer(scene.gateway, heard, "486 Busy Here", "", NULL);
        end_hear(scene.gateway, "ACK");
        end_hear(scene.a, "SIP/2.0 486");
        party_ack_refusal(call);
    }
    scene_close(&scene);
}

/* What only looks like a call for help: another method, an INVITE that takes a call over. */
static void no_help(void)
{
    static const struct {
        const char *method, *uri, *extra;
    } cases[] = {
        {"INVITE", "sip:112@127.0.0.1:%u", "Replaces: a@b;to-tag=1;from-tag=2\r\n"},
        {"INVITE", "urn:service:sos", "replaces: a@b;to-tag=1;from-tag=2\r\n"},
        {"INVITE", "sip:112@127.0.0.1:%u", "Join: a@b;to-tag=1;from-tag=2\r\n"},
        {"MESSAGE", "sip:112@127.0.0.1:%u", ""},
        {"REFER", "sip:112@127.0.0.1:%u", "Refer-To: <sip:9123@127.0.0.1>\r\n"},
        {"SUBSCRIBE", "tel:112;phone-context=x.%u", "Event: dialog\r\n"},
        {"MESSAGE", "urn:service:sos", ""},
    };
    Scene scene;

    scene_open(&scene, GUARD HELP);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) parts = g_strsplit(cases[i].uri, "%u", 2);
        const char *uri =
            parts[1] ? text_of(&scene, "%s%u%s", parts[0], scene.port, parts[1]) : cases[i].uri;
        ProxyParty *call = party_new(scene.a, uri);

        party_ask(call, cases[i].method, cases[i].extra, SDP);
        end_hear(scene.a, "SIP/2.0 4");
        if (*cases[i].method == 'I')
            party_ack_refusal(call);
        g_assert_true(end_quiet(scene.gateway, 20));
    }
    scene_close(&scene);
}

/* Nobody is turned away for an extension we lack, and nobody behind us hears of it. */
static void help_with_extension(void)
{
    Scene scene;
    ProxyParty *call;
    const char *heard;

    scene_open(&scene, GUARD HELP);
    call = party_new(scene.a, at_proxy(&scene, "112"));
    party_ask(call, "INVITE", "Proxy-Require: foo, bar\r\nProxy-Require: more\r\n", SDP);
    heard = end_hear(scene.gateway, "INVITE sip:112@");
    g_assert_cmpuint(value_count(&scene, heard, "Proxy-Require"), ==, 0);
    end_answer(scene.gateway, heard, "486 Busy Here", "", NULL);
    end_hear(scene.gateway, "ACK");
    end_hear(scene.a, "SIP/2.0 486");
    party_ack_refusal(call);
    scene_close(&scene);
}

/* Other services are none of ours. */
static void other_services(void)
{
    static const char *const uris[] = {"urn:service:counseling", "urn:service:sosx", "urn:x",
                                       "urn:service:"};
    Scene scene;

    scene_open(&scene, HELP);
    for (guint i = 0; i < G_N_ELEMENTS(uris); i++) {
        ProxyParty *call = party_new(scene.a, uris[i]);

        party_ask(call, "INVITE", "", SDP);
        end_hear(scene.a, "SIP/2.0 404");
        party_ack_refusal(call);
    }
    scene_close(&scene);
}

/* What others say of the origin is taken off, for the gateway and for phones. */
static void told_origin(void)
{
    Scene scene;
    ProxyParty *call;
    CallOrigin origin = {.kind = ORIGIN_SIP, .trusted = TRUE, .emergency = TRUE, .user = "root"};
    const char *heard, *forged;
    char text[ORIGIN_TEXT_MAX];

    scene_open(&scene, "");
    call = party_new(scene.a, at_proxy(&scene, "9123"));
    g_assert_true(address_parse("192.0.2.1:5060", &origin.source));
    origin_seal(&scene.key, &origin, call->call_id, text);
    forged = text_of(&scene, "x-tieline-ORIGIN: %s\r\nX-Tieline-Origin : %s\r\n%s: \r\n", text,
                     text, ORIGIN_HEADER);
    party_ask(call, "INVITE", forged, SDP);
    heard = end_hear(scene.gateway, "INVITE");
    origin_of(&scene, heard, &origin);
    g_assert_cmpstr(origin.user, ==, "");
    g_assert_false(origin.trusted);
    g_assert_false(origin.emergency);
    end_answer(scene.gateway, heard, "486 Busy Here", "", NULL);
    end_hear(scene.gateway, "ACK");
    end_hear(scene.a, "SIP/2.0 486");
    party_ack_refusal(call);
    call = party_new(scene.a, at_proxy(&scene, "201"));
    party_ask(call, "MESSAGE", forged, NULL);
    heard = end_hear(scene.b, "MESSAGE");
    g_assert_cmpuint(value_count(&scene, heard, ORIGIN_HEADER), ==, 0);
    g_assert_null(strstr(heard, "192.0.2.1"));
    end_answer(scene.b, heard, "200 OK", "", NULL);
    end_hear(scene.a, "SIP/2.0 200");
    /* The gateway's own never leaves the box. */
    call = party_new(scene.gateway, at_proxy(&scene, "201"));
    party_ask(call, "MESSAGE", forged, NULL);
    heard = end_hear(scene.b, "MESSAGE");
    g_assert_cmpuint(value_count(&scene, heard, ORIGIN_HEADER), ==, 0);
    end_answer(scene.b, heard, "200 OK", "", NULL);
    end_hear(scene.gateway, "SIP/2.0 200");
    scene_close(&scene);
}

void proxy_guard_stories(void)
{
    g_test_add_func("/proxy/guard/once", answered_once);
    g_test_add_func("/proxy/guard/challenge", challenged);
    g_test_add_func("/proxy/guard/same-for-all", same_for_all);
    g_test_add_func("/proxy/guard/register", nobody_registers_without);
    g_test_add_func("/proxy/guard/registers", registers_with);
    g_test_add_data_func("/proxy/guard/help", GUARD HELP, help);
    g_test_add_data_func("/proxy/guard/help-alone", GUARD HELP "[policy none]\naction = refuse\n",
                         help);
    g_test_add_data_func("/proxy/guard/help-without-services",
                         GUARD "[emergency]\nnumbers = 11[0], 112\n", help);
    g_test_add_func("/proxy/guard/no-help", no_help);
    g_test_add_func("/proxy/guard/help-with-extension", help_with_extension);
    g_test_add_func("/proxy/guard/services", other_services);
    g_test_add_func("/proxy/guard/origin", told_origin);
}
