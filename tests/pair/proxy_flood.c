/* Floods: what is kept for strangers, silent targets and strays has a bound, and help is not
 * refused. */
#include "proxy_story.h"

#include <string.h>

/* Raw, as the parties' own bookkeeping would cost more than the proxy's. */
static void asks(Scene *scene, const char *method, const char *target, guint number)
{
    g_autofree char *text = g_strdup_printf(
        "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKf%u\r\nFrom: <sip:1@x>;tag=1\r\n"
        "To: <%s>\r\nCall-ID: flood%u\r\nCSeq: 1 %s\r\nContact: <sip:1@%s>\r\n"
        "Content-Length: 0\r\n\r\n",
        method, target, end_place(scene->a), number, target, number, method, end_place(scene->a));

    end_send(scene->a, text);
    if (number % 10 == 9)
        scene_rest(scene, 1);
}

static void silent_targets(void)
{
    Scene scene;
    ProxyParty *call, *caller, *called;
    const char *heard;

    scene_open(&scene, "max-transactions = 50\n[emergency]\nnumbers = 112\n");
    calls_up(&scene, scene.c, "203", scene.d, &caller, &called);
    for (guint i = 0; i < 20000 && end_count(scene.a, "SIP/2.0 503") < 1000; i++)
        asks(&scene, i % 2 ? "INVITE" : "MESSAGE", at_proxy(&scene, "201"), i);
    g_assert_cmpuint(phones_fork_count(scene.phones), <=, 50);
    g_assert_cmpuint(scene_counter(&scene, "proxy requests over the limit"), >=, 1000);
    /* Help, what stands, and what the gateway says go on. */
    for (guint i = 30000; phones_fork_count(scene.phones) < 50; i++) {
        asks(&scene, "INVITE", at_proxy(&scene, "201"), i);
        scene_rest(&scene, 1);
    }
    call = party_new(scene.c, at_proxy(&scene, "112"));
    party_ask(call, "INVITE", "", SDP);
    heard = end_hear(scene.gateway, "INVITE");
    end_answer(scene.gateway, heard, "486 Busy Here", "", NULL);
    end_hear(scene.c, "SIP/2.0 486");
    party_ack_refusal(call);
    party_ask(caller, "BYE", "", NULL);
    end_answer(scene.d, end_hear(scene.d, "BYE"), "200 OK", "", NULL);
    end_hear(scene.c, "SIP/2.0 200");
    /* And when it is over, so do others. */
    scene_settle(&scene);
    call = party_new(scene.c, at_proxy(&scene, "203"));
    party_ask(call, "INVITE", "", SDP);
    end_answer(scene.d, end_hear(scene.d, "INVITE"), "486 Busy Here", "", NULL);
    end_hear(scene.c, "SIP/2.0 486");
    party_ack_refusal(call);
    scene_close(&scene);
}

/* Who is refused is answered, however often. */
static void refused(gconstpointer more)
{
    gboolean guarded = strstr(more, "users") != NULL;
    Scene scene;

    scene_open(&scene, more);
    for (guint i = 0; i < 1000; i++) {
        const char *heard;

        asks(&scene, "INVITE", at_proxy(&scene, "nobody"), i);
        heard = end_hear(scene.a, text_of(&scene, "SIP/2.0 %s", guarded ? "407" : "404"));
        g_assert_cmpuint(value_count(&scene, heard, "Proxy-Authenticate") > 0, ==, guarded);
    }
    g_assert_cmpuint(phones_fork_count(scene.phones), ==, 0);
    scene_close(&scene);
}

/* Ten thousand messages that belong to nothing. */
static void strays(void)
{
    Scene scene;
    const char *proxy;
    guint heard;

    scene_open(&scene, "");
    proxy = text_of(&scene, "127.0.0.1:%u", scene.port);
    for (guint i = 0; i < 10000; i++) {
        g_autofree char *text = NULL;
        static const char *const methods[] = {"INVITE", "BYE", "ACK", "CANCEL"};
        const char *method = methods[i / 4 % 4];

        if (i % 4 < 2)
            text =
                g_strdup_printf("SIP/2.0 %u Any\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%u\r\n"
                                "Via: SIP/2.0/UDP %s;branch=z9hG4bKx\r\nFrom: <sip:1@x>;tag=1\r\n"
                                "To: <sip:2@x>;tag=2\r\nCall-ID: stray%u\r\nCSeq: 1 %s\r\n"
                                "Content-Length: 0\r\n\r\n",
                                100 + i % 600, proxy, i, end_place(scene.d), i, method);
        else
            text =
                g_strdup_printf("%s sip:201@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%u\r\n"
                                "From: <sip:1@x>;tag=1\r\nTo: <sip:2@x>;tag=2\r\n"
                                "Call-ID: stray%u\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
                                i % 4 == 2 ? "ACK" : "CANCEL", proxy, end_place(scene.a), i, i,
                                i % 4 == 2 ? "ACK" : "CANCEL");
        end_send(scene.a, text);
        for (guint k = 0; i % 20 == 19 && k < 5; k++) /* so that none is lost on the way */
            end_hear(scene.a, "SIP/2.0 481");
    }
    scene_rest(&scene, 50);
    heard = end_count(scene.a, "");
    g_assert_cmpuint(heard, ==, 2500); /* 481 to each CANCEL */
    g_assert_cmpuint(end_count(scene.a, "SIP/2.0 481"), ==, heard);
    g_assert_cmpuint(end_count(scene.b, "") + end_count(scene.d, ""), ==, 0);
    g_assert_cmpuint(phones_fork_count(scene.phones), ==, 0);
    scene_close(&scene);
}

void proxy_flood_stories(void)
{
    g_test_add_func("/proxy/flood/silent", silent_targets);
    g_test_add_data_func("/proxy/flood/refused", "max-transactions = 50\n", refused);
    g_test_add_data_func("/proxy/flood/challenged",
                         "max-transactions = 50\n[guard]\nusers = $F/users\n", refused);
    g_test_add_func("/proxy/flood/strays", strays);
}
