/* Serial hunting: busy, no answer, error, silence, and the forwarding of a phone. */
#include "proxy_story.h"

#include <string.h>

/* A calls USER; the INVITE that END hears, with the call. */
static const char *begin(Scene *scene, const char *more, const char *user, End **who, ProxyParty **call)
{
    scene_open(scene, more);
    *call = party_new(scene->a, at_proxy(scene, user));
    party_ask(*call, "INVITE", "", SDP);
    return end_hear(*who, "INVITE");
}

static void busy_then_error_then_answer(void)
{
    Scene scene;
    ProxyParty *call;
    const char *heard = begin(&scene, "", "210", &scene.b, &call);

    end_answer(scene.b, heard, "486 Busy Here", "", NULL);
    end_hear(scene.b, "ACK");
    heard = end_hear(scene.c, "INVITE");
    end_answer(scene.c, heard, "500 Oops", "", NULL);
    end_hear(scene.c, "ACK");
    heard = end_hear(scene.d, "INVITE");
    end_answer(scene.d, heard, "180 Ringing", "", NULL);
    end_hear(scene.a, "SIP/2.0 180");
    end_answer(scene.d, heard, "200 OK", "", SDP);
    party_learn(call, end_hear(scene.a, "SIP/2.0 200"));
    party_ack(call);
    end_hear(scene.d, "ACK");
    g_assert_true(end_quiet(scene.a, 10));
    scene_close(&scene);
}

static void all_busy(void)
{
    Scene scene;
    ProxyParty *call;
    const char *heard = begin(&scene, "", "210", &scene.b, &call);

    end_answer(scene.b, heard, "486 Busy Here", "", NULL);
    end_answer(scene.c, end_hear(scene.c, "INVITE"), "486 Busy Here", "", NULL);
    end_answer(scene.d, end_hear(scene.d, "INVITE"), "486 Busy Here", "", NULL);
    end_hear(scene.a, "SIP/2.0 486");
    party_ack_refusal(call);
    scene_close(&scene);
}

/* Takes the CANCEL that END hears for INVITE. */
static void is_cancelled(End *end, const char *invite)
{
    const char *cancel = end_hear(end, "CANCEL");

    end_answer(end, cancel, "200 OK", "", NULL);
    end_answer(end, invite, "487 Request Terminated", "", NULL);
    end_hear(end, "ACK");
}

/* Nobody picks up: each rings for its time, and the caller's call was not taken back. */
static void nobody_answers(void)
{
    Scene scene;
    ProxyParty *call;
    const char *b = begin(&scene, "timer-c = 1s\n", "210", &scene.b, &call), *c, *d;

    end_answer(scene.b, b, "180 Ringing", "", NULL);
    end_hear(scene.a, "SIP/2.0 180");
    is_cancelled(scene.b, b);
    c = end_hear(scene.c, "INVITE");
    end_answer(scene.c, c, "180 Ringing", "", NULL);
    end_hear(scene.a, "SIP/2.0 180");
    is_cancelled(scene.c, c);
    d = end_hear(scene.d, "INVITE");
    end_answer(scene.d, d, "180 Ringing", "", NULL);
    end_hear(scene.a, "SIP/2.0 180");
    is_cancelled(scene.d, d); /* Timer C */
    end_hear(scene.a, "SIP/2.0 480");
    party_ack_refusal(call);
    scene_close(&scene);
}

/* It answers as its time ends: that is an answer, and the next is not called. */
static void answer_crosses_the_ring_time(void)
{
    Scene scene;
    ProxyParty *call;
    const char *b = begin(&scene, "", "210", &scene.b, &call), *cancel;

    end_answer(scene.b, b, "180 Ringing", "", NULL);
    end_hear(scene.a, "SIP/2.0 180");
    cancel = end_hear(scene.b, "CANCEL");
    end_answer(scene.b, b, "200 OK", "", SDP);
    end_hear(scene.a, "SIP/2.0 200");
    end_answer(scene.b, cancel, "200 OK", "", NULL);
    g_assert_true(end_quiet(scene.c, 50));
    scene_close(&scene);
}

/* Silence ends with the ring time, too; a closed port at once. */
static void silent_then_refused(void)
{
    Scene scene;
    ProxyParty *call;
    const char *d;

    scene_open(&scene, "");
    end_close(scene.c);
    call = party_new(scene.a, at_proxy(&scene, "210"));
    party_ask(call, "INVITE", "", SDP);
    end_hear(scene.b, "INVITE");
    d = end_hear(scene.d, "INVITE");
    /* Should it wake up yet, nobody waits for it. */
    end_answer(scene.d, d, "486 Busy Here", "", NULL);
    end_hear(scene.a, "SIP/2.0 486");
    party_ack_refusal(call);
    scene_close(&scene);
}

/* Timer B, where there is nobody else. */
static void silent_alone(void)
{
    Scene scene;
    ProxyParty *call;

    begin(&scene, "", "201", &scene.b, &call);
    end_hear(scene.a, "SIP/2.0 408");
    party_ack_refusal(call);
    g_assert_cmpuint(end_count(scene.b, "INVITE"), >=, 5);
    scene_close(&scene);
}

/* Timer C begins anew with each provisional response but 100. */
static void timer_c(void)
{
    Scene scene;
    ProxyParty *call;
    const char *b = begin(&scene, "timer-c = 1s\n", "201", &scene.b, &call);

    end_answer(scene.b, b, "180 Ringing", "", NULL);
    scene_rest(&scene, 700);
    end_answer(scene.b, b, "180 Ringing", "", NULL);
    scene_rest(&scene, 700);
    g_assert_cmpuint(end_count(scene.b, "CANCEL"), ==, 0);
    end_answer(scene.b, b, "100 Trying", "", NULL);
    end_hear(scene.b, "CANCEL");
    end_hear(scene.a, "SIP/2.0 180");
    /* No 487 comes: 64 * T1. */
    end_hear(scene.a, "SIP/2.0 4");
    party_ack_refusal(call);
    scene_close(&scene);
}

#define FORWARDS                                                                                   \
    "[phone 221]\ncontact = sip:221@$B\nring-time = 300ms\nbusy = 202\nno-answer = 203\n"          \
    "[phone 222]\nalways = 202\n[phone 223]\nno-answer = 203\n"                                    \
    "[phone 224]\nalways = sip:elsewhere@$D\n"

static void forward_busy(void)
{
    Scene scene;
    ProxyParty *call;
    const char *heard = begin(&scene, FORWARDS, "221", &scene.b, &call);

    end_answer(scene.b, heard, "486 Busy Here", "", NULL);
    heard = end_hear(scene.c, "INVITE sip:202@");
    g_assert_true(end_quiet(scene.d, 20));
    end_answer(scene.c, heard, "404 Not Found", "", NULL);
    end_hear(scene.a, "SIP/2.0 486"); /* the first of equals */
    party_ack_refusal(call);
    scene_close(&scene);
}

static void forward_no_answer(void)
{
    Scene scene;
    ProxyParty *call;
    const char *heard = begin(&scene, FORWARDS, "221", &scene.b, &call);

    end_answer(scene.b, heard, "180 Ringing", "", NULL);
    end_hear(scene.a, "SIP/2.0 180");
    is_cancelled(scene.b, heard);
    heard = end_hear(scene.d, "INVITE sip:203@");
    end_answer(scene.d, heard, "200 OK", "", SDP);
    end_hear(scene.a, "SIP/2.0 200");
    g_assert_true(end_quiet(scene.c, 20));
    scene_close(&scene);
}

/* Another failure is neither. */
static void forward_neither(void)
{
    Scene scene;
    ProxyParty *call;
    const char *heard = begin(&scene, FORWARDS, "221", &scene.b, &call);

    end_answer(scene.b, heard, "488 Not Acceptable Here", "", NULL);
    end_hear(scene.a, "SIP/2.0 488");
    party_ack_refusal(call);
    g_assert_true(end_quiet(scene.c, 20));
    g_assert_true(end_quiet(scene.d, 1));
    scene_close(&scene);
}

static void forward_always(void)
{
    Scene scene;
    ProxyParty *call;
    const char *heard = begin(&scene, FORWARDS, "222", &scene.c, &call);

    end_answer(scene.c, heard, "486 Busy Here", "", NULL);
    end_hear(scene.a, "SIP/2.0 486");
    party_ack_refusal(call);
    call = party_new(scene.a, at_proxy(&scene, "223")); /* nobody is there at all */
    party_ask(call, "INVITE", "", SDP);
    heard = end_hear(scene.d, "INVITE sip:203@");
    end_answer(scene.d, heard, "486 Busy Here", "", NULL);
    end_hear(scene.d, "ACK");
    end_hear(scene.a, "SIP/2.0 486");
    party_ack_refusal(call);
    call = party_new(scene.a, at_proxy(&scene, "224"));
    party_ask(call, "INVITE", "", SDP);
    heard = end_hear(scene.d, "INVITE sip:elsewhere@");
    end_answer(scene.d, heard, "486 Busy Here", "", NULL);
    end_hear(scene.a, "SIP/2.0 486");
    party_ack_refusal(call);
    scene_close(&scene);
}

/* Answers no SIP element should give: the call goes on or ends, and nothing is left. */
static void garbage_for_an_answer(void)
{
    static const char *const garbage[] = {
        "SIP/2.0 486",
        "SIP/2.0 200 OK\r\n\r\n",
        "SIP/2.0 999 What\r\nVia: \r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "\r\n\r\n\r\n",
        "SIP/2.0 100000 Trying\r\nCSeq: 1 INVITE\r\n\r\n",
        "\x01\x02\x03\xff",
    };
    Scene scene;
    ProxyParty *call;
    const char *heard = begin(&scene, "", "210", &scene.b, &call), *via;

    for (guint i = 0; i < G_N_ELEMENTS(garbage); i++)
        end_send(scene.b, garbage[i]);
    /* With the right transaction, and not much else that is right. */
    via = value(&scene, heard, "Via");
    end_send(scene.b, text_of(&scene, "SIP/2.0 200 OK\r\nVia: %s\r\nCSeq: x INVITE\r\n\r\n", via));
    end_send(scene.b, text_of(&scene, "SIP/2.0 180 R\r\nVia: %s\r\nCSeq: 1 INVITE\r\n\r\n", via));
    end_send(scene.b, text_of(&scene,
                              "SIP/2.0 042 R\r\nVia: %s\r\nCSeq: 1 INVITE\r\nFrom: a\r\n"
                              "To: b\r\nCall-ID: c\r\n\r\n",
                              via));
    heard = end_hear(scene.c, "INVITE"); /* after the ring time of who has said nothing */
    /* It has lost the caller's Via. */
    end_send(scene.c,
             text_of(&scene,
                     "SIP/2.0 200 OK\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=x\r\nCall-ID: %s\r\n"
                     "CSeq: 1 INVITE\r\nContact: <sip:x@y>\r\nContent-Length: 0\r\n\r\n",
                     value(&scene, heard, "Via"), value(&scene, heard, "From"),
                     value(&scene, heard, "To"), value(&scene, heard, "Call-ID")));
    heard = end_hear(scene.d, "INVITE");
    end_answer(scene.d, heard, "699 Never", "", NULL);
    end_hear(scene.a, "SIP/2.0 699");
    party_ack_refusal(call);
    g_assert_cmpuint(end_count(scene.a, "SIP/2.0 2"), ==, 0);
    scene_close(&scene);
}

void proxy_hunt_stories(void)
{
    g_test_add_func("/proxy/hunt/on", busy_then_error_then_answer);
    g_test_add_func("/proxy/hunt/all-busy", all_busy);
    g_test_add_func("/proxy/hunt/no-answer", nobody_answers);
    g_test_add_func("/proxy/hunt/crossing", answer_crosses_the_ring_time);
    g_test_add_func("/proxy/hunt/silent", silent_then_refused);
    g_test_add_func("/proxy/hunt/timer-b", silent_alone);
    g_test_add_func("/proxy/hunt/timer-c", timer_c);
    g_test_add_func("/proxy/hunt/forward-busy", forward_busy);
    g_test_add_func("/proxy/hunt/forward-no-answer", forward_no_answer);
    g_test_add_func("/proxy/hunt/forward-neither", forward_neither);
    g_test_add_func("/proxy/hunt/forward-always", forward_always);
    g_test_add_func("/proxy/hunt/garbage", garbage_for_an_answer);
}
