/* Redirections: the redirect server's and the phones' (RFC 3261 16.5, 16.7 step 4). */
#include "proxy_story.h"

#include <string.h>

/* T is too slow for a redirect server: it stands at D. */
#define SERVER "redirect = sip:$D\n"

static ProxyParty *begin(Scene *scene, const char *more, const char *user)
{
    ProxyParty *call;

    scene_open(scene, more);
    call = party_new(scene->a, at_proxy(scene, user));
    party_ask(call, "INVITE", "", SDP);
    return call;
}

static void is_refused(Scene *scene, ProxyParty *call, const char *status)
{
    end_hear(scene->a, text_of(scene, "SIP/2.0 %s", status));
    party_ack_refusal(call);
    scene_close(scene);
}

static void followed_in_order(void)
{
    Scene scene;
    const char *heard;

    begin(&scene, SERVER, "201");
    heard = end_hear(scene.d, "INVITE sip:201@");

    end_answer(scene.d, heard, "300 Multiple Choices",
               text_of(&scene,
                       "Contact: <sip:x@%s>;q=0.2, <sip:y@%s?Subject=no>;q=0.9\r\n"
                       "Contact: <sip:z@%s>;q=0.5\r\n",
                       end_place(scene.b), end_place(scene.c), end_place(scene.b)),
               NULL);
    end_hear(scene.d, "ACK");
    heard = end_hear(scene.c, "INVITE sip:y@");
    g_assert_null(strstr(strtok(text_keep(&scene, g_strdup(heard)), "\r"), "?"));
    end_answer(scene.c, heard, "486 Busy Here", "", NULL);
    end_hear(scene.c, "ACK");
    heard = end_hear(scene.b, "INVITE sip:z@");
    end_answer(scene.b, heard, "404 Not Found", "", NULL);
    end_hear(scene.b, "ACK");
    heard = end_hear(scene.b, "INVITE sip:x@");
    g_assert_cmpuint(end_count(scene.b, "INVITE sip:201"), ==, 0);
    end_answer(scene.b, heard, "200 OK", "", SDP);
    end_hear(scene.a, "SIP/2.0 200");
    g_assert_cmpuint(scene_counter(&scene, "proxy redirections followed"), ==, 1);
    scene_close(&scene);
}

/* Our own domain means our own users, where the server is not asked again. */
static void own_domain(void)
{
    Scene scene;
    ProxyParty *call = begin(&scene, SERVER "domains = pbx.example\n", "201");
    const char *heard = end_hear(scene.d, "INVITE");

    end_answer(scene.d, heard, "302 Moved Temporarily", "Contact: <sip:202@pbx.example>\r\n", NULL);
    end_hear(scene.d, "ACK");
    heard = end_hear(scene.c, "INVITE sip:202@127.0.0.1:");
    end_answer(scene.c, heard, "486 Busy Here", "", NULL);
    is_refused(&scene, call, "486");
}

/* "Go on": the server names who was called. */
static void same_user(void)
{
    Scene scene;
    ProxyParty *call = begin(&scene, SERVER, "201");
    const char *heard = end_hear(scene.d, "INVITE");

    end_answer(scene.d, heard, "302 Moved Temporarily",
               text_of(&scene, "Contact: <%s>\r\n", at_proxy(&scene, "201")), NULL);
    end_hear(scene.d, "ACK");
    heard = end_hear(scene.b, "INVITE sip:201@");
    end_answer(scene.b, heard, "486 Busy Here", "", NULL);
    is_refused(&scene, call, "486");
}

static void server_refuses(const char *status)
{
    Scene scene;
    ProxyParty *call = begin(&scene, SERVER, "201");
    const char *heard = end_hear(scene.d, "INVITE");

    end_answer(scene.d, heard, status, "Contact: <http://nowhere/>\r\n", NULL);
    end_hear(scene.d, "ACK");
    heard = end_hear(scene.b, "INVITE sip:201@");
    end_answer(scene.b, heard, "486 Busy Here", "", NULL);
    is_refused(&scene, call, "486");
}

/* It has no answer: the call goes where it would go without it, and ends as it would. */
static void no_answer_of_the_server(void)
{
    server_refuses("404 Not Found");
    server_refuses("500 Oops");
    server_refuses("407 Proxy Authentication Required");
    server_refuses("302 To Nowhere");
}

static void silent_server(void)
{
    Scene scene;
    ProxyParty *call = begin(&scene, SERVER, "201");
    const char *asked = end_hear(scene.d, "INVITE"), *heard;

    heard = end_hear(scene.b, "INVITE sip:201@");
    end_answer(scene.b, heard, "180 Ringing", "", NULL);
    end_hear(scene.a, "SIP/2.0 180");
    end_answer(scene.d, asked, "302 Moved", "Contact: <sip:202@pbx.example>\r\n", NULL);
    g_assert_true(end_quiet(scene.c, 50));
    end_answer(scene.b, heard, "486 Busy Here", "", NULL);
    is_refused(&scene, call, "486");
}

/* What the server leaves unsaid is not the phone's silence: it is busy, and its calls go where
 * those go. */
static void silent_server_and_busy_phone(void)
{
    Scene scene;
    ProxyParty *call = begin(
        &scene, SERVER "[phone 221]\ncontact = sip:221@$B\nbusy = 202\nno-answer = 204\n", "221");
    const char *heard;

    end_hear(scene.d, "INVITE");
    heard = end_hear(scene.b, "INVITE");
    end_answer(scene.b, heard, "486 Busy Here", "", NULL);
    heard = end_hear(scene.c, "INVITE sip:202@");
    end_answer(scene.c, heard, "486 Busy Here", "", NULL);
    end_hear(scene.a, "SIP/2.0 486");
    g_assert_cmpuint(end_count(scene.t, "INVITE"), ==, 0);
    party_ack_refusal(call);
    scene_close(&scene);
}

/* Of the server itself: nothing goes round. */
static void server_calls(void)
{
    Scene scene;
    ProxyParty *call;
    const char *heard;

    scene_open(&scene, SERVER);
    call = party_new(scene.d, at_proxy(&scene, "201"));
    party_ask(call, "INVITE", "", SDP);
    heard = end_hear(scene.b, "INVITE");
    end_answer(scene.b, heard, "486 Busy Here", "", NULL);
    end_hear(scene.d, "SIP/2.0 486");
    party_ack_refusal(call);
    scene_close(&scene);
}

/* A 3xx that leads to a 3xx, and so on. */
static void hop_limit(void)
{
    Scene scene;
    ProxyParty *call = begin(&scene, SERVER "follow = 127.0.0.0/8\nredirect-hops = 3\n", "201");
    const char *heard = end_hear(scene.d, "INVITE");

    end_answer(scene.d, heard, "302 Moved",
               text_of(&scene, "Contact: <sip:h1@%s>\r\n", end_place(scene.b)), NULL);
    for (guint i = 1; i <= 3; i++) {
        heard = end_hear(scene.b, text_of(&scene, "INVITE sip:h%u@", i));
        end_answer(scene.b, heard, "302 Moved",
                   text_of(&scene, "Contact: <sip:h%u@%s>\r\n", i + 1, end_place(scene.b)), NULL);
        end_hear(scene.b, "ACK");
    }
    g_assert_cmpstr(value(&scene, end_hear(scene.a, "SIP/2.0 302"), "Contact"), ==,
                    text_of(&scene, "<sip:h4@%s>", end_place(scene.b)));
    party_ack_refusal(call);
    scene_close(&scene);
}

static void circle(void)
{
    Scene scene;
    ProxyParty *call = begin(&scene, "follow = 127.0.0.0/8\n", "201");
    const char *heard = end_hear(scene.b, "INVITE");

    end_answer(scene.b, heard, "302 Moved",
               text_of(&scene, "Contact: <sip:202@%s>\r\n", end_place(scene.c)), NULL);
    heard = end_hear(scene.c, "INVITE");
    end_answer(scene.c, heard, "302 Moved",
               text_of(&scene, "Contact: <sip:201@%s>\r\n", end_place(scene.b)), NULL);
    is_refused(&scene, call, "302");
}

/* A phone's own is told to the caller, unless the settings say otherwise. */
static void phones_redirection(void)
{
    Scene scene;
    ProxyParty *call = begin(&scene, "", "201");
    const char *heard = end_hear(scene.b, "INVITE");
    const char *contact = text_of(&scene, "Contact: <sip:9@%s>;q=0.7\r\n", end_place(scene.c));

    end_answer(scene.b, heard, "302 Moved", contact, NULL);
    heard = end_hear(scene.a, "SIP/2.0 302");
    g_assert_cmpstr(value(&scene, heard, "Contact"), ==,
                    text_of(&scene, "<sip:9@%s>;q=0.7", end_place(scene.c)));
    party_ack_refusal(call);
    g_assert_true(end_quiet(scene.c, 20));
    scene_close(&scene);
}

/* Targets that nothing could be sent to. */
static void nonsense(void)
{
    static const char *const contacts[] = {
        "Contact: <http://x/>\r\n", "Contact: <sips:x@127.0.0.1>\r\n",
        "Contact: *\r\n",           "Contact: <tel:123>\r\n",
        "Contact: <sip:>\r\n",      "",
    };

    for (guint i = 0; i < G_N_ELEMENTS(contacts); i++) {
        Scene scene;
        ProxyParty *call = begin(&scene, SERVER "follow = 127.0.0.0/8\n", "201");
        const char *heard = end_hear(scene.d, "INVITE");

        end_answer(scene.d, heard, "302 Moved", *contacts[i] ? contacts[i] : "Contact: \r\n", NULL);
        heard = end_hear(scene.a, "SIP/2.0 ");
        while (g_str_has_prefix(heard, "SIP/2.0 100"))
            heard = end_hear(scene.a, "SIP/2.0 ");
        party_ack_refusal(call);
        scene_settle(&scene);
        scene_close(&scene);
    }
}

void proxy_redirect_stories(void)
{
    g_test_add_func("/proxy/redirect/order", followed_in_order);
    g_test_add_func("/proxy/redirect/own-domain", own_domain);
    g_test_add_func("/proxy/redirect/same-user", same_user);
    g_test_add_func("/proxy/redirect/refuses", no_answer_of_the_server);
    g_test_add_func("/proxy/redirect/silent", silent_server);
    g_test_add_func("/proxy/redirect/silent-then-busy", silent_server_and_busy_phone);
    g_test_add_func("/proxy/redirect/server-calls", server_calls);
    g_test_add_func("/proxy/redirect/hops", hop_limit);
    g_test_add_func("/proxy/redirect/circle", circle);
    g_test_add_func("/proxy/redirect/phone", phones_redirection);
    g_test_add_func("/proxy/redirect/nonsense", nonsense);
}
