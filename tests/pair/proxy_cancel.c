/* CANCEL (RFC 3261 9, 16.10): from the caller, to those called, by UDP and TCP. */
#include "proxy_story.h"

#include <string.h>

typedef struct Pair {
    Scene scene;
    End *caller, *called;
    ProxyParty *call;
    const char *invite;
} Pair;

/* Bits of the story's data: the caller is on TCP, the called phone is on TCP. */
#define UP_TCP 1
#define DOWN_TCP 2

static void pair_open(Pair *pair, gconstpointer how)
{
    guint bits = GPOINTER_TO_UINT(how);
    Scene *scene = &pair->scene;

    scene_open(scene, "");
    pair->caller = bits & UP_TCP ? end_tcp(scene) : scene->a;
    pair->called = bits & DOWN_TCP ? scene->t : scene->b;
    pair->call = party_new(pair->caller, at_proxy(scene, bits & DOWN_TCP ? "204" : "201"));
    party_ask(pair->call, "INVITE", "", SDP);
    pair->invite = end_hear(pair->called, "INVITE");
}

static void pair_end(Pair *pair)
{
    const char *heard;

    end_answer(pair->called, pair->invite, "487 Request Terminated", "", NULL);
    heard = end_hear(pair->called, "ACK");
    g_assert_cmpstr(value(&pair->scene, heard, "Via"), ==,
                    value(&pair->scene, pair->invite, "Via"));
    end_hear(pair->caller, "SIP/2.0 487");
    party_ack_refusal(pair->call);
    g_assert_true(end_quiet(pair->called, 30));
    g_assert_true(end_quiet(pair->caller, 1));
    scene_close(&pair->scene);
}

static void after_ringing(gconstpointer how)
{
    Pair pair;
    const char *cancel;

    pair_open(&pair, how);
    end_answer(pair.called, pair.invite, "180 Ringing", "", NULL);
    end_hear(pair.caller, "SIP/2.0 180");
    party_cancel(pair.call, "Reason: Q.850;cause=16\r\nReason: SIP;cause=200;text=\"x, y\"\r\n");
    g_assert_cmpstr(value(&pair.scene, end_hear(pair.caller, "SIP/2.0 200"), "CSeq"), ==,
                    "1 CANCEL");
    cancel = end_hear(pair.called, "CANCEL");
    g_assert_nonnull(strstr(values(&pair.scene, cancel, "Reason"), "Q.850;cause=16"));
    g_assert_cmpstr(value(&pair.scene, cancel, "Via"), ==, value(&pair.scene, pair.invite, "Via"));
    g_assert_cmpstr(strtok(text_keep(&pair.scene, g_strdup(cancel + strlen("CANCEL"))), "\r"), ==,
                    strtok(text_keep(&pair.scene, g_strdup(pair.invite + strlen("INVITE"))), "\r"));
    end_answer(pair.called, cancel, "200 OK", "", NULL);
    pair_end(&pair);
}

/* No provisional response yet: the CANCEL waits for one (9.1), even for the mere 100. */
static void before_any_response(gconstpointer how)
{
    Pair pair;
    const char *cancel;

    pair_open(&pair, how);
    party_cancel(pair.call, "");
    end_hear(pair.caller, "SIP/2.0 200");
    scene_rest(&pair.scene, 50);
    g_assert_cmpuint(end_count(pair.called, "CANCEL"), ==, 0);
    end_answer(pair.called, pair.invite, "100 Trying", "", NULL);
    cancel = end_hear(pair.called, "CANCEL");
    end_answer(pair.called, cancel, "200 OK", "", NULL);
    pair_end(&pair);
}

/* The phone's 200 is on its way: it reaches the caller, who hangs up by BYE. */
static void crossing(gconstpointer how)
{
    Pair pair;
    const char *heard;

    pair_open(&pair, how);
    end_answer(pair.called, pair.invite, "180 Ringing", "", NULL);
    end_hear(pair.caller, "SIP/2.0 180");
    party_cancel(pair.call, "");
    end_hear(pair.caller, "SIP/2.0 200");
    heard = end_hear(pair.called, "CANCEL");
    end_answer(pair.called, pair.invite, "200 OK", "", SDP);
    end_answer(pair.called, heard, "481 Too Late", "", NULL);
    party_learn(pair.call, end_hear(pair.caller, "SIP/2.0 200"));
    party_ack(pair.call);
    end_hear(pair.called, "ACK");
    party_ask(pair.call, "BYE", "", NULL);
    end_answer(pair.called, end_hear(pair.called, "BYE"), "200 OK", "", NULL);
    end_hear(pair.caller, "SIP/2.0 200");
    scene_close(&pair.scene);
}

/* After the answer it means nothing any more. */
static void too_late(gconstpointer how)
{
    Pair pair;

    pair_open(&pair, how);
    end_answer(pair.called, pair.invite, "200 OK", "", SDP);
    party_learn(pair.call, end_hear(pair.caller, "SIP/2.0 200"));
    party_ack(pair.call);
    end_hear(pair.called, "ACK");
    pair.call->far = text_of(&pair.scene, "<%s>", pair.call->invite_target);
    party_cancel(pair.call, "");
    end_hear(pair.caller, "SIP/2.0 ");
    g_assert_true(end_quiet(pair.called, 50));
    scene_close(&pair.scene);
}

/* Nobody answers the CANCEL: the caller is told after 64 * T1 that it has been taken back. */
static void unanswered(gconstpointer how)
{
    Pair pair;

    pair_open(&pair, how);
    end_answer(pair.called, pair.invite, "180 Ringing", "", NULL);
    end_hear(pair.caller, "SIP/2.0 180");
    party_cancel(pair.call, "");
    end_hear(pair.caller, "SIP/2.0 200");
    end_hear(pair.called, "CANCEL");
    end_hear(pair.caller, "SIP/2.0 487");
    party_ack_refusal(pair.call);
    scene_close(&pair.scene);
}

static void never_answered_at_all(gconstpointer how)
{
    Pair pair;

    pair_open(&pair, how);
    party_cancel(pair.call, "");
    end_hear(pair.caller, "SIP/2.0 200");
    end_hear(pair.caller, "SIP/2.0 487");
    party_ack_refusal(pair.call);
    g_assert_cmpuint(end_count(pair.called, "CANCEL"), ==, 0);
    scene_close(&pair.scene);
}

static void unknown(void)
{
    Scene scene;
    ProxyParty *call;

    scene_open(&scene, "");
    call = party_new(scene.a, at_proxy(&scene, "201"));
    call->invite_cseq = 1;
    call->invite_branch = "z9hG4bKnever";
    call->invite_target = call->target;
    party_cancel(call, "");
    end_hear(scene.a, "SIP/2.0 481");
    g_assert_true(end_quiet(scene.b, 20));
    scene_close(&scene);
}

/* Repeated INVITEs and CANCELs are one, whatever has been said meanwhile. */
static void repetitions(void)
{
    Pair pair;
    const char *cancel;
    guint before;

    pair_open(&pair, NULL);
    for (guint i = 0; i < 5; i++)
        end_send(pair.caller, pair.call->sent);
    end_answer(pair.called, pair.invite, "180 Ringing", "", NULL);
    end_hear(pair.caller, "SIP/2.0 180");
    before = end_count(pair.caller, "SIP/2.0 180");
    end_send(pair.caller, pair.call->sent);
    scene_rest(&pair.scene, 30);
    g_assert_cmpuint(end_count(pair.caller, "SIP/2.0 180"), ==, before + 1);
    party_cancel(pair.call, "");
    for (guint i = 0; i < 5; i++)
        end_send(pair.caller, pair.call->sent);
    end_hear(pair.caller, "SIP/2.0 200");
    cancel = end_hear(pair.called, "CANCEL");
    end_answer(pair.called, cancel, "200 OK", "", NULL);
    g_assert_cmpuint(phones_fork_count(pair.scene.phones), ==, 1);
    pair_end(&pair);
}

/* A copy of the INVITE that was under way while it was answered begins nothing. */
static void repeated_after_the_end(gconstpointer status)
{
    Pair pair;
    const char *invite;
    guint asked;

    pair_open(&pair, NULL);
    invite = pair.call->sent;
    end_answer(pair.called, pair.invite, status, "", NULL);
    end_hear(pair.caller, text_of(&pair.scene, "SIP/2.0 %.3s", (const char *)status));
    scene_rest(&pair.scene, 30);
    asked = end_count(pair.called, "INVITE");
    for (guint i = 0; i < 3; i++)
        end_send(pair.caller, invite);
    scene_rest(&pair.scene, 50);
    g_assert_cmpuint(end_count(pair.called, "INVITE"), ==, asked);
    g_assert_cmpuint(phones_fork_count(pair.scene.phones), ==, 0);
    scene_close(&pair.scene);
}

/* Two phones ring, one has not said a word: each is taken back in its own time. */
static void of_a_fork(void)
{
    Scene scene;
    ProxyParty *call;
    const char *b, *c, *cancel;

    scene_open(&scene, "");
    call = party_new(scene.a, at_proxy(&scene, "200"));
    party_ask(call, "INVITE", "", SDP);
    b = end_hear(scene.b, "INVITE");
    c = end_hear(scene.c, "INVITE");
    end_answer(scene.b, b, "180 Ringing", "", NULL);
    end_hear(scene.a, "SIP/2.0 180");
    party_cancel(call, "");
    end_hear(scene.a, "SIP/2.0 200");
    cancel = end_hear(scene.b, "CANCEL");
    end_answer(scene.b, cancel, "200 OK", "", NULL);
    end_answer(scene.b, b, "487 Request Terminated", "", NULL);
    end_answer(scene.c, c, "180 Ringing", "", NULL);
    cancel = end_hear(scene.c, "CANCEL");
    g_assert_true(end_quiet(scene.a, 20)); /* neither that 180 nor half an end */
    end_answer(scene.c, cancel, "200 OK", "", NULL);
    end_answer(scene.c, c, "487 Request Terminated", "", NULL);
    end_hear(scene.a, "SIP/2.0 487");
    party_ack_refusal(call);
    scene_close(&scene);
}

/* What waits behind a phone is not tried any more, whatever that phone says. */
static void while_hunting(void)
{
    Scene scene;
    ProxyParty *call;
    const char *b, *cancel;

    scene_open(&scene, "");
    call = party_new(scene.a, at_proxy(&scene, "210"));
    party_ask(call, "INVITE", "", SDP);
    b = end_hear(scene.b, "INVITE");
    end_answer(scene.b, b, "180 Ringing", "", NULL);
    end_hear(scene.a, "SIP/2.0 180");
    party_cancel(call, "");
    end_hear(scene.a, "SIP/2.0 200");
    cancel = end_hear(scene.b, "CANCEL");
    end_answer(scene.b, cancel, "200 OK", "", NULL);
    end_answer(scene.b, b, "486 Busy Here", "", NULL);
    end_hear(scene.a, "SIP/2.0 486");
    party_ack_refusal(call);
    g_assert_true(end_quiet(scene.c, 50));
    scene_close(&scene);
}

/* The caller's connection is gone: the phone is not left ringing for ever, and nothing is kept. */
static void connection_gone(void)
{
    Pair pair;

    pair_open(&pair, GUINT_TO_POINTER(UP_TCP));
    end_answer(pair.called, pair.invite, "180 Ringing", "", NULL);
    end_hear(pair.caller, "SIP/2.0 180");
    end_close(pair.caller);
    scene_rest(&pair.scene, 30);
    end_answer(pair.called, pair.invite, "486 Busy Here", "", NULL);
    end_hear(pair.called, "ACK");
    scene_close(&pair.scene);
}

static void add(const char *name, GTestDataFunc func)
{
    static const char *const how[] = {"udp-udp", "tcp-udp", "udp-tcp", "tcp-tcp"};

    for (guint i = 0; i < G_N_ELEMENTS(how); i++) {
        g_autofree char *path = g_strdup_printf("/proxy/cancel/%s/%s", name, how[i]);

        g_test_add_data_func(path, GUINT_TO_POINTER(i), func);
    }
}

void proxy_cancel_stories(void)
{
    add("ringing", after_ringing);
    add("early", before_any_response);
    add("crossing", crossing);
    add("late", too_late);
    add("unanswered", unanswered);
    add("silent", never_answered_at_all);
    g_test_add_func("/proxy/cancel/unknown", unknown);
    g_test_add_func("/proxy/cancel/repetitions", repetitions);
    g_test_add_data_func("/proxy/cancel/repeated-200", "200 OK", repeated_after_the_end);
    g_test_add_data_func("/proxy/cancel/repeated-486", "486 Busy Here", repeated_after_the_end);
    g_test_add_func("/proxy/cancel/fork", of_a_fork);
    g_test_add_func("/proxy/cancel/hunting", while_hunting);
    g_test_add_func("/proxy/cancel/connection-gone", connection_gone);
}
