/* Parallel forks: who wins, what the losers hear, and which answer goes back (RFC 3261 16.7). */
#include "proxy_story.h"

#include <string.h>

typedef struct Fork2 {
    Scene scene;
    ProxyParty *call;
    const char *b, *c; /* the INVITEs */
} Fork2;

static void fork_open(Fork2 *fork)
{
    scene_open(&fork->scene, "");
    fork->call = party_new(fork->scene.a, at_proxy(&fork->scene, "200"));
    party_ask(fork->call, "INVITE", "", SDP);
    fork->b = end_hear(fork->scene.b, "INVITE sip:200@");
    fork->c = end_hear(fork->scene.c, "INVITE sip:200@");
}

static void first_answer_wins(void)
{
    Fork2 fork;
    Scene *scene = &fork.scene;
    const char *heard, *cancel;

    fork_open(&fork);
    g_assert_cmpstr(value(scene, fork.b, "Via"), !=, value(scene, fork.c, "Via"));
    end_answer(scene->b, fork.b, "180 Ringing", "", NULL);
    heard = end_hear(scene->a, "SIP/2.0 180");
    g_assert_nonnull(
        strstr(value(scene, heard, "To"), strchr(end_place(scene->b), ':') + 1)); /* its own tag */
    end_answer(scene->c, fork.c, "183 Session Progress", "", SDP);
    heard = end_hear(scene->a, "SIP/2.0 183");
    g_assert_nonnull(strstr(value(scene, heard, "To"), strchr(end_place(scene->c), ':') + 1));
    g_assert_cmpstr(body_of(heard), ==, SDP);
    end_answer(scene->b, fork.b, "200 OK", "", SDP);
    heard = end_hear(scene->a, "SIP/2.0 200");
    g_assert_cmpuint(value_count(scene, heard, "Record-Route"), ==, 1);
    party_learn(fork.call, heard);
    cancel = end_hear(scene->c, "CANCEL sip:200@");
    g_assert_nonnull(strstr(value(scene, cancel, "Reason"), "cause=200"));
    g_assert_cmpstr(value(scene, cancel, "Via"), ==, value(scene, fork.c, "Via"));
    g_assert_cmpuint(value_count(scene, cancel, "Via"), ==, 1);
    g_assert_cmpstr(value(scene, cancel, "CSeq"), ==, "1 CANCEL");
    end_answer(scene->c, cancel, "200 OK", "", NULL);
    end_answer(scene->c, fork.c, "487 Request Terminated", "", NULL);
    heard = end_hear(scene->c, "ACK");
    g_assert_cmpstr(value(scene, heard, "Via"), ==, value(scene, fork.c, "Via"));
    party_ack(fork.call);
    end_hear(scene->b, "ACK");
    g_assert_true(end_quiet(scene->a, 50));
    scene_close(scene);
}

/* Both answered at once: the caller hears both, each time (16.7 step 5). */
static void late_and_repeated_successes(void)
{
    Fork2 fork;
    Scene *scene = &fork.scene;
    const char *heard;

    fork_open(&fork);
    end_answer(scene->b, fork.b, "200 OK", "", SDP);
    end_hear(scene->a, "SIP/2.0 200");
    end_answer(scene->c, fork.c, "200 OK", "", SDP);
    heard = end_hear(scene->a, "SIP/2.0 200");
    g_assert_nonnull(strstr(value(scene, heard, "To"), strchr(end_place(scene->c), ':') + 1));
    g_assert_cmpuint(value_count(scene, heard, "Via"), ==, 1);
    for (guint i = 0; i < 3; i++) {
        end_answer(scene->b, fork.b, "200 OK", "", SDP);
        end_answer(scene->c, fork.c, "200 OK", "", SDP);
    }
    scene_rest(scene, 50);
    g_assert_cmpuint(end_count(scene->a, "SIP/2.0 200"), ==, 8);
    scene_settle(scene);
    end_answer(scene->b, fork.b, "200 OK", "", SDP);
    scene_rest(scene, 50);
    g_assert_cmpuint(end_count(scene->a, "SIP/2.0 200"), ==, 9);
    scene_close(scene);
}

static void decline_ends_everything(void)
{
    Fork2 fork;
    Scene *scene = &fork.scene;
    const char *cancel;

    fork_open(&fork);
    end_answer(scene->c, fork.c, "180 Ringing", "", NULL);
    end_hear(scene->a, "SIP/2.0 180");
    end_answer(scene->b, fork.b, "603 Decline", "", NULL);
    end_hear(scene->b, "ACK");
    cancel = end_hear(scene->c, "CANCEL");
    end_answer(scene->c, cancel, "200 OK", "", NULL);
    end_answer(scene->c, fork.c, "487 Request Terminated", "", NULL);
    end_hear(scene->c, "ACK");
    end_hear(scene->a, "SIP/2.0 603");
    party_ack_refusal(fork.call);
    scene_close(scene);
}

/* What B and C answer, and what A hears. */
static void best_is(const char *b, const char *c, const char *best)
{
    Fork2 fork;
    Scene *scene = &fork.scene;

    fork_open(&fork);
    end_answer(scene->b, fork.b, b, "Retry-After: 9\r\n", NULL);
    end_hear(scene->b, "ACK");
    g_assert_cmpuint(end_count(scene->a, "SIP/2.0 "), ==, 1); /* the 100 */
    end_answer(scene->c, fork.c, c, "Retry-After: 9\r\n", NULL);
    end_hear(scene->c, "ACK");
    g_assert_cmpstr(
        value(scene, end_hear(scene->a, text_of(scene, "SIP/2.0 %s", best)), "Retry-After"), ==,
        g_str_has_prefix(best, "503") ? NULL : "9");
    party_ack_refusal(fork.call);
    scene_close(scene);
}

static void best_answer(void)
{
    best_is("486 Busy Here", "302 Moved", "302");
    best_is("302 Moved", "486 Busy Here", "302");
    best_is("486 Busy Here", "401 Unauthorized", "401");
    best_is("500 Oops", "486 Busy Here", "486");
    best_is("503 Unavailable", "486 Busy Here", "486");
    best_is("486 Busy Here", "503 Unavailable", "486");
    best_is("408 Timeout", "486 Busy Here", "486");
    best_is("503 Unavailable", "500 Oops", "500");
    best_is("408 Timeout", "500 Oops", "500");
    best_is("503 Unavailable", "503 Unavailable", "503");
    best_is("404 Not Found", "484 Address Incomplete", "484");
    best_is("404 Not Found", "600 Busy Everywhere", "600");
}

static void challenges_go_back_together(void)
{
    Fork2 fork;
    Scene *scene = &fork.scene;
    const char *heard;

    fork_open(&fork);
    end_answer(scene->b, fork.b, "407 Proxy Authentication Required",
               "Proxy-Authenticate: Digest realm=\"b\", nonce=\"1\"\r\n"
               "Proxy-Authenticate: Digest realm=\"b\", nonce=\"2\", algorithm=SHA-256\r\n",
               NULL);
    end_hear(scene->b, "ACK");
    end_answer(scene->c, fork.c, "401 Unauthorized",
               "WWW-Authenticate: Digest realm=\"c\", nonce=\"3\"\r\n"
               "WWW-Authenticate: Digest realm=\"c\", nonce=\"4\", algorithm=SHA-256\r\n"
               "Proxy-Authenticate: Digest realm=\"c\", nonce=\"5\"\r\n",
               NULL);
    heard = end_hear(scene->a, "SIP/2.0 40");
    g_assert_cmpuint(value_count(scene, heard, "Proxy-Authenticate"), ==, 3);
    g_assert_cmpuint(value_count(scene, heard, "WWW-Authenticate"), ==, 2);
    party_ack_refusal(fork.call);
    scene_close(scene);
}

/* A request that is no INVITE: the first success, and nothing of the others. */
static void message_to_two(void)
{
    Scene scene;
    ProxyParty *call;
    const char *b, *c;

    scene_open(&scene, "");
    call = party_new(scene.a, at_proxy(&scene, "200"));
    party_ask(call, "MESSAGE", "", NULL);
    b = end_hear(scene.b, "MESSAGE");
    c = end_hear(scene.c, "MESSAGE");
    end_answer(scene.b, b, "404 Not Found", "", NULL);
    end_answer(scene.c, c, "200 OK", "", NULL);
    end_hear(scene.a, "SIP/2.0 200");
    scene_settle(&scene);
    call = party_new(scene.a, at_proxy(&scene, "200"));
    party_ask(call, "MESSAGE", "", NULL);
    b = end_hear(scene.b, "MESSAGE");
    c = end_hear(scene.c, "MESSAGE");
    end_answer(scene.b, b, "200 OK", "", NULL);
    end_hear(scene.a, "SIP/2.0 200");
    end_answer(scene.c, c, "202 OK", "", NULL);
    g_assert_true(end_quiet(scene.a, 50));
    g_assert_true(end_quiet(scene.c, 1));
    scene_close(&scene);
}

/* Who says nothing to the CANCEL is given up after 64 * T1; what a phone says when the call is
 * over reaches nobody but when it is a 2xx. */
static void loser_that_says_nothing(void)
{
    Fork2 fork;
    Scene *scene = &fork.scene;

    fork_open(&fork);
    end_answer(scene->c, fork.c, "180 Ringing", "", NULL);
    end_hear(scene->a, "SIP/2.0 180");
    end_answer(scene->b, fork.b, "200 OK", "", SDP);
    end_hear(scene->a, "SIP/2.0 200");
    end_hear(scene->c, "CANCEL");
    end_answer(scene->c, fork.c, "183 Session Progress", "", NULL);
    scene_settle(scene);
    end_answer(scene->c, fork.c, "180 Ringing", "", NULL);
    end_answer(scene->c, fork.c, "487 Request Terminated", "", NULL);
    g_assert_true(end_quiet(scene->a, 50));
    end_answer(scene->c, fork.c, "200 OK", "", SDP);
    end_hear(scene->a, "SIP/2.0 200");
    scene_close(scene);
}

/* What the gateway says of a mailbox is for every place of its user at once, and for nobody to whom
 * calls are forwarded; of others' NOTIFYs that is not so. */
static void lamps_everywhere(void)
{
    static const char lamp[] = "Event: message-summary\r\nSubscription-State: terminated\r\n";
    const char *b, *c;
    ProxyParty *news;
    Scene scene;

    scene_open(&scene, "[phone 220]\ncontact = <sip:220@$B>;q=0.9, <sip:220@$C>;q=0.1\n"
                       "always = 203\nbusy = 203\nno-answer = 203\n");
    news = party_new(scene.gateway, at_proxy(&scene, "220"));
    party_ask(news, "NOTIFY", lamp, "Messages-Waiting: yes\r\n");
    b = end_hear(scene.b, "NOTIFY sip:220@");
    c = end_hear(scene.c, "NOTIFY sip:220@");
    g_assert_cmpstr(body_of(c), ==, "Messages-Waiting: yes\r\n");
    end_answer(scene.b, b, "489 Bad Event", "", NULL);
    end_answer(scene.c, c, "200 OK", "", NULL);
    end_hear(scene.gateway, "SIP/2.0 200");
    g_assert_true(end_quiet(scene.d, 50));
    news = party_new(scene.a, at_proxy(&scene, "220"));
    party_ask(news, "NOTIFY", lamp, "Messages-Waiting: yes\r\n");
    end_answer(scene.d, end_hear(scene.d, "NOTIFY sip:203@"), "200 OK", "", NULL);
    end_hear(scene.a, "SIP/2.0 200");
    g_assert_true(end_quiet(scene.b, 30));
    scene_close(&scene);
}

void proxy_fork_stories(void)
{
    g_test_add_func("/proxy/fork/first-wins", first_answer_wins);
    g_test_add_func("/proxy/fork/late-2xx", late_and_repeated_successes);
    g_test_add_func("/proxy/fork/6xx", decline_ends_everything);
    g_test_add_func("/proxy/fork/best", best_answer);
    g_test_add_func("/proxy/fork/challenges", challenges_go_back_together);
    g_test_add_func("/proxy/fork/message", message_to_two);
    g_test_add_func("/proxy/fork/lamps", lamps_everywhere);
    g_test_add_func("/proxy/fork/silent-loser", loser_that_says_nothing);
}
