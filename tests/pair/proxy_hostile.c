/* What no good neighbour does: registrations in circles, addresses that are not there, messages of
 * every size and shape, and a restart in the middle of it all. */
#include "proxy_story.h"

#include <string.h>

static void registers(Scene *scene, const char *user, const char *contacts)
{
    ProxyParty *party = party_new(scene->c, text_of(scene, "sip:127.0.0.1:%u", scene->port));

    party->own = text_of(scene, "<sip:%s@127.0.0.1>;tag=r", user);
    party->far = text_of(scene, "<%s>", at_proxy(scene, user));
    party->contact = contacts;
    party_ask(party, "REGISTER", "", NULL);
    end_hear(scene->c, "SIP/2.0 ");
}

/* RFC 5393 3.1: users that lead to one another, two by two. */
static void fork_bomb(void)
{
    static const char *const users[] = {"301", "302", "303"};
    Scene scene;
    ProxyParty *call;
    const char *heard;

    scene_open(&scene, "");
    for (guint i = 0; i < 3; i++)
        registers(&scene, users[i],
                  text_of(&scene, "<%s;a=%u>;expires=600, <%s;b=%u>;expires=600",
                          at_proxy(&scene, users[(i + 1) % 3]), i,
                          at_proxy(&scene, users[(i + 2) % 3]), i));
    call = party_new(scene.a, at_proxy(&scene, "301"));
    party_ask(call, "INVITE", "", SDP);
    heard = end_hear(scene.a, "SIP/2.0 4");
    g_test_message("%s", heard);
    party_ack_refusal(call);
    scene_settle(&scene);
    g_assert_cmpuint(scene_counter(&scene, "proxy branches"), <, 100);
    call = party_new(scene.a, at_proxy(&scene, "301"));
    party_ask(call, "MESSAGE", "", NULL);
    end_hear(scene.a, "SIP/2.0 4");
    scene_settle(&scene);
    g_assert_cmpuint(scene_counter(&scene, "proxy branches"), <, 300);
    scene_close(&scene);
}

/* The caller's Via says where it is not; every answer, the late ones too, comes where it is. */
static void late_answers_to(End *caller, const char *via)
{
    Scene *scene = end_scene(caller);
    const char *b, *c, *target = at_proxy(scene, "200");

    end_send(caller,
             text_of(scene,
                     "INVITE %s SIP/2.0\r\nVia: %s;branch=z9hG4bKnat;rport\r\n"
                     "From: <sip:1@x>;tag=1\r\nTo: <%s>\r\nCall-ID: nat\r\nCSeq: 1 INVITE\r\n"
                     "Contact: <sip:1@192.0.2.77>\r\nContent-Length: 0\r\n\r\n",
                     target, via, target));
    b = end_hear(scene->b, "INVITE");
    c = end_hear(scene->c, "INVITE");
    end_answer(scene->b, b, "200 OK", "", NULL);
    end_hear(caller, "SIP/2.0 200");
    end_answer(scene->c, c, "200 OK", "", NULL);
    end_hear(caller, "SIP/2.0 200");
    end_answer(scene->b, b, "200 OK", "X-Again: 1\r\n", NULL);
    end_hear(caller, "SIP/2.0 200");
    scene_settle(scene);
    end_answer(scene->c, c, "200 OK", "X-Again: 2\r\n", NULL);
    end_hear(caller, "SIP/2.0 200");
}

/* A callee has us send its second answer, or another's, to a place of its choice: the Via below ours
 * says another host or port than the caller's did. */
static void answers_to_others(void)
{
    Scene scene;
    const char *b, *c, *port;
    ProxyParty *call;

    scene_open(&scene, "");
    port = strchr(end_place(scene.a), ':') + 1;
    call = party_new(scene.a, at_proxy(&scene, "200"));
    party_ask(call, "INVITE", "", SDP);
    b = end_hear(scene.b, "INVITE");
    c = end_hear(scene.c, "INVITE");
    end_answer(scene.b, b, "200 OK", "", NULL);
    end_hear(scene.a, "SIP/2.0 200");
    for (guint i = 0; i < 2; i++) { /* C's first, then repeated ones */
        for (guint j = 0; j < 2; j++) {
            const char *before = j ? "rport=" : ":", *behind = j ? "" : ";";
            g_autofree char *was = g_strconcat(before, port, behind, NULL);
            g_autofree char *is =
                g_strconcat(before, strchr(end_place(scene.d), ':') + 1, behind, NULL);
            g_auto(GStrv) parts = g_strsplit(c, was, -1);
            g_autofree char *turned = g_strjoinv(is, parts);

            g_assert_cmpuint(g_strv_length(parts), >, 1);
            end_answer(scene.c, turned, "200 OK", "", NULL);
            parts = (g_strfreev(parts), g_strsplit(b, was, -1));
            g_free(turned);
            turned = g_strjoinv(is, parts);
            end_answer(scene.b, turned, "200 OK", "", NULL);
        }
        g_assert_true(end_quiet(scene.d, 50));
        scene_settle(&scene);
    }
    end_answer(scene.b, b, "200 OK", "X-Again: 1\r\n", NULL);
    end_hear(scene.a, "SIP/2.0 200");
    scene_close(&scene);
}

static void late_answers(void)
{
    Scene scene;

    scene_open(&scene, "");
    late_answers_to(scene.a, "SIP/2.0/UDP 192.0.2.77:5060");
    scene_close(&scene);
    scene_open(&scene, "");
    late_answers_to(end_tcp(&scene), "SIP/2.0/TCP 192.0.2.77:5060");
    scene_close(&scene);
}

/* Short names of headers, a folded line, an old CSeq, spaces where they may be. */
static void other_spelling(void)
{
    Scene scene;
    const char *heard, *target;

    scene_open(&scene, "");
    target = at_proxy(&scene, "201");
    end_send(scene.a,
             text_of(&scene,
                     "INVITE %s SIP/2.0\r\nv: SIP / 2.0 / UDP %s;branch=z9hG4bKshort;rport\r\n"
                     "f: <sip:1@x>;tag=1\r\nt: <%s>\r\ni: short\r\nCSEQ:   0001   INVITE\r\n"
                     "X-Folded: one\r\n  two\r\nm: <sip:1@%s>\r\nk: timer\r\nc: application/x\r\n"
                     "MAX-FORWARDS:9\r\nl: 3\r\n\r\nabc",
                     target, end_place(scene.a), target, end_place(scene.a)));
    heard = end_hear(scene.b, "INVITE");
    g_assert_cmpstr(body_of(heard), ==, "abc");
    g_assert_cmpstr(value(&scene, heard, "Max-Forwards"), ==, "8");
    g_assert_nonnull(strstr(value(&scene, heard, "X-Folded"), "one"));
    end_answer(scene.b, heard, "486 Busy Here", "", NULL);
    end_hear(scene.a, "SIP/2.0 486");
    scene_close(&scene);
}

/* Bodies as large as a datagram takes, and larger than a stream may bring. */
static void sizes(void)
{
    g_autofree char *body = g_strnfill(50000, 'b'), *huge = g_strnfill(70000, 'h');
    Scene scene;
    ProxyParty *call;
    const char *heard;
    End *tcp;

    scene_open(&scene, "");
    call = party_new(scene.a, at_proxy(&scene, "204"));
    party_ask(call, "MESSAGE", "", body);
    heard = end_hear(scene.t, "MESSAGE");
    g_assert_cmpstr(body_of(heard), ==, body);
    end_answer(scene.t, heard, "200 OK", "", body);
    g_assert_cmpstr(body_of(end_hear(scene.a, "SIP/2.0 200")), ==, body);
    tcp = end_tcp(&scene);
    call = party_new(tcp, at_proxy(&scene, "201"));
    party_ask(call, "MESSAGE", "", body);
    heard = end_hear(scene.b, "MESSAGE");
    g_assert_cmpstr(body_of(heard), ==, body);
    end_answer(scene.b, heard, "200 OK", "", NULL);
    end_hear(tcp, "SIP/2.0 200");
    party_ask(call, "MESSAGE", "", huge);
    g_assert_true(end_quiet(scene.b, 100));
    scene_close(&scene);
}

/* The daemon restarts under calls in every state; nobody hears a word, and a late answer still
 * finds its way. */
static void restart_in_the_middle(void)
{
    Scene scene;
    ProxyParty *call;
    const char *heard;

    scene_open(&scene, "redirect = sip:$D\n");
    call = party_new(scene.a, at_proxy(&scene, "201"));
    party_ask(call, "INVITE", "", SDP);
    heard = end_hear(scene.d, "INVITE"); /* as the redirect server */
    end_answer(scene.d, heard, "302 Moved",
               text_of(&scene, "Contact: <sip:1@%s>;q=0.9, <sip:2@%s>;q=0.9, <sip:3@%s>\r\n",
                       end_place(scene.b), end_place(scene.c), end_place(scene.gateway)),
               NULL);
    end_hear(scene.d, "ACK");
    heard = end_hear(scene.gateway, "INVITE");
    end_answer(scene.gateway, heard, "486 Busy Here", "", NULL);
    heard = end_hear(scene.b, "INVITE");
    end_hear(scene.c, "INVITE");
    end_answer(scene.b, heard, "180 Ringing", "", NULL);
    end_hear(scene.a, "SIP/2.0 180");
    party_cancel(call, "");
    end_hear(scene.a, "SIP/2.0 200");
    end_hear(scene.b, "CANCEL");
    call = party_new(end_tcp(&scene), at_proxy(&scene, "204"));
    party_ask(call, "MESSAGE", "", SDP);
    end_hear(scene.t, "MESSAGE");
    g_assert_cmpuint(phones_fork_count(scene.phones), ==, 2);
    scene_restart(&scene);
    g_assert_cmpuint(phones_fork_count(scene.phones), ==, 0);
    end_answer(scene.b, heard, "200 OK", "", SDP);
    end_hear(scene.a, "SIP/2.0 200");
    scene_close(&scene);
}

/* Two phones that answer with each other's tags and Call-IDs, twice, and out of turn. */
static void confused_phones(void)
{
    Scene scene;
    ProxyParty *call;
    const char *b, *c;

    scene_open(&scene, "");
    call = party_new(scene.a, at_proxy(&scene, "200"));
    party_ask(call, "INVITE", "", SDP);
    b = end_hear(scene.b, "INVITE");
    c = end_hear(scene.c, "INVITE");
    end_answer(scene.b, c, "180 Ringing", "", NULL); /* in C's name, from B's place */
    end_answer(scene.b, b, "486 Busy Here", "", NULL);
    end_answer(scene.b, b, "200 OK", "", NULL);
    end_answer(scene.b, b, "603 Decline", "", NULL);
    end_answer(scene.b, b, "100 Trying", "", NULL);
    end_answer_as(scene.c, "one", c, "200 OK", "");
    end_answer_as(scene.c, "two", c, "200 OK", "");
    end_answer_as(scene.c, "three", c, "486 Busy Here", "");
    end_hear(scene.a, "SIP/2.0 ");
    scene_settle(&scene);
    g_assert_cmpuint(end_count(scene.a, "SIP/2.0 200"), >=, 2);
    g_assert_cmpuint(end_count(scene.a, "SIP/2.0 4") + end_count(scene.a, "SIP/2.0 6"), ==, 0);
    scene_close(&scene);
}

/* A reload changes what new requests do while old ones go on. */
static void reload(void)
{
    Scene scene;
    ProxyParty *call;
    const char *heard;

    scene_open(&scene, "");
    call = party_new(scene.a, at_proxy(&scene, "210"));
    party_ask(call, "INVITE", "", SDP);
    heard = end_hear(scene.b, "INVITE");
    phones_set_settings(scene.phones, scene.settings, NULL);
    end_answer(scene.b, heard, "486 Busy Here", "", NULL);
    end_answer(scene.c, end_hear(scene.c, "INVITE"), "200 OK", "", NULL);
    end_hear(scene.a, "SIP/2.0 200");
    scene_close(&scene);
}

void proxy_hostile_stories(void)
{
    g_test_add_func("/proxy/hostile/fork-bomb", fork_bomb);
    g_test_add_func("/proxy/hostile/late-answers", late_answers);
    g_test_add_func("/proxy/hostile/answers-to-others", answers_to_others);
    g_test_add_func("/proxy/hostile/spelling", other_spelling);
    g_test_add_func("/proxy/hostile/sizes", sizes);
    g_test_add_func("/proxy/hostile/restart", restart_in_the_middle);
    g_test_add_func("/proxy/hostile/confused", confused_phones);
    g_test_add_func("/proxy/hostile/reload", reload);
}
