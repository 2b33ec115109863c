/* 3xx to calls from the PBX: whose are followed, where they may lead, and where that ends. */
#include "cause.h"
#include "fake_rooms.h"
#include "log.h"
#include "transfer.h"

#include <arpa/inet.h>
#include <string.h>

typedef struct Scene {
    Fake *fake;
    PeerSettings peer;
    Call *call;
    guint32 id;
    gboolean barred; /* by the class of who redirects */
    guint asked;
} Scene;

static gboolean class_says(void *user, const Call *call, const CallOrigin *by, TransferPlan *plan)
{
    Scene *scene = user;

    g_assert_true(plan->redirected);
    scene->asked++;
    return !scene->barred;
}

/* The PBX calls 100, for which a server is asked; all of 192.0.2.0/24 is the peer's. */
static void scene_open(Scene *scene, gboolean follow)
{
    Network network;

    *scene = (Scene){.fake = fake_new()};
    scene->peer = (PeerSettings){.name = (char *)"server", .follow = follow};
    scene->peer.networks = g_array_new(FALSE, FALSE, sizeof(Network));
    memset(&network, 0, sizeof(network));
    network.address.ss_family = AF_INET;
    inet_pton(AF_INET, "192.0.2.0", &((struct sockaddr_in *)&network.address)->sin_addr);
    network.prefix = 24;
    g_array_append_val(scene->peer.networks, network);
    g_ptr_array_add(scene->fake->settings->peers, &scene->peer);
    hall_set_transfer_check(scene->fake->hall, class_says, scene);
    scene->call = fake_call_from_pbx(scene->fake, "100", TRUE, &scene->id);
    g_assert_cmpstr(call_uri(scene->call), ==, "sip:100@192.0.2.1");
}

static void scene_close(Scene *scene)
{
    GArray *networks = scene->peer.networks;

    fake_free(scene->fake);
    g_array_unref(networks);
}

static gboolean offered(Scene *scene, const char *one, const char *other, const Number *number)
{
    const CallContact contacts[] = {{one, number}, {other, NULL}};
    CallOrigin by = {.kind = ORIGIN_SIP};

    return call_offer_redirects(scene->call, &by, contacts, other ? 2 : 1);
}

static void redirected(Scene *scene)
{
    fake_raise_cause(scene->fake, scene->id, EVENT_SIP_REDIRECTED, CAUSE_REDIRECTION);
}

static void gone(Scene *scene)
{
    fake_raise(scene->fake, scene->id, EVENT_ISDN_RELEASE, NULL);
    fake_assert_gone(scene->fake, scene->id);
    scene_close(scene);
}

static void a_redirect_is_followed(void)
{
    Scene scene;

    scene_open(&scene, TRUE);
    g_assert_true(offered(&scene, "sip:300@192.0.2.7", NULL, NULL));
    redirected(&scene);
    g_assert_cmpstr(call_uri(scene.call), ==, "sip:300@192.0.2.7");
    g_assert_cmpint(call_sip_state(scene.call), ==, SIP_CALLING);
    g_assert_cmpint(call_isdn_state(scene.call), ==, ISDN_INCOMING_PROCEEDING);
    says(scene.fake, scene.id,
         "isdn_proceeding media_open media_play sip_invite isdn_notify_diverting sip_invite");
    g_assert_cmpuint(scene.asked, ==, 1);
    fake_raise_status(scene.fake, scene.id, 486);
    says_last(scene.fake, scene.id, "media_busy isdn_disconnect_tone:17");
    gone(&scene);
}

/* The Contacts one after the other, then the caller hears of the last one's refusal. */
static void the_next_contact_is_tried(void)
{
    Scene scene;

    scene_open(&scene, TRUE);
    g_assert_true(offered(&scene, "sip:300@192.0.2.7", "sip:301@192.0.2.8", NULL));
    redirected(&scene);
    fake_raise_status(scene.fake, scene.id, 404);
    g_assert_cmpstr(call_uri(scene.call), ==, "sip:301@192.0.2.8");
    fake_raise_status(scene.fake, scene.id, 404);
    says_last(scene.fake, scene.id, "media_busy isdn_disconnect_tone:1");
    gone(&scene);
}

/* A failure like others: cause 23, no second INVITE. */
static void refused(Scene *scene)
{
    CallNews news = CALL_NEWS_INIT;

    news.status = 302;
    fake_raise(scene->fake, scene->id, EVENT_SIP_FAILURE, &news);
    says_last(scene->fake, scene->id, "media_busy isdn_disconnect_tone:23");
    gone(scene);
}

static void who_is_no_redirect_server_is_not_followed(void)
{
    Scene scene;

    scene_open(&scene, FALSE);
    g_assert_false(offered(&scene, "sip:300@192.0.2.7", NULL, NULL));
    refused(&scene);
}

static void a_strange_host_is_not_called(void)
{
    Scene scene;

    scene_open(&scene, TRUE);
    g_assert_false(offered(&scene, "sip:300@198.51.100.1", "sip:300@premium.example", NULL));
    refused(&scene);
}

/* RFC 3261 19.1.1: maddr, not the host, is where the request would be sent. */
static void a_maddr_leads_nowhere(void)
{
    Scene scene;

    scene_open(&scene, TRUE);
    g_assert_false(offered(&scene, "sip:300@192.0.2.7;maddr=198.51.100.66",
                           "sip:300@192.0.2.7;user=phone;MADDR=198.51.100.66", NULL));
    g_assert_false(offered(&scene, "sip:300@192.0.2.7;%6daddr=198.51.100.66",
                           "sip:192.0.2.7;maddr", NULL));
    g_assert_cmpuint(scene.asked, ==, 0);
    refused(&scene);
}

/* As a route's target would: no name server is asked for it. */
static void a_peers_name_stands_for_its_server(void)
{
    Scene scene;

    scene_open(&scene, TRUE);
    g_assert_false(offered(&scene, "sip:300@server", "sip:server;transport=udp", NULL));
    scene.peer.server = (char *)"sip:192.0.2.20:5070";
    g_assert_true(offered(&scene, "sip:300@server:5099;user=phone", NULL, NULL));
    redirected(&scene);
    g_assert_cmpstr(call_uri(scene.call), ==, "sip:300@192.0.2.20:5070;user=phone");
    g_assert_true(call_peer(scene.call) == &scene.peer);
    g_assert_true(offered(&scene, "sip:server", NULL, NULL));
    redirected(&scene);
    g_assert_cmpstr(call_uri(scene.call), ==, "sip:192.0.2.20:5070");
    refused(&scene);
}

static void a_barred_class_leads_nowhere(void)
{
    Scene scene;

    scene_open(&scene, TRUE);
    scene.barred = TRUE;
    g_assert_false(offered(&scene, "sip:300@192.0.2.7", NULL, NULL));
    g_assert_cmpuint(scene.asked, ==, 1);
    refused(&scene);
}

/* Back to where it came from, or to where it has been. */
static void a_loop_ends(void)
{
    Scene scene;

    scene_open(&scene, TRUE);
    g_assert_false(offered(&scene, "sip:100@192.0.2.1", NULL, NULL));
    g_assert_true(offered(&scene, "sip:300@192.0.2.7", NULL, NULL));
    redirected(&scene);
    g_assert_true(offered(&scene, "sip:300@192.0.2.8", "sip:300@192.0.2.7", NULL));
    redirected(&scene);
    g_assert_cmpstr(call_uri(scene.call), ==, "sip:300@192.0.2.8");
    g_assert_false(offered(&scene, "sip:300@192.0.2.7", "sip:300@192.0.2.8", NULL));
    refused(&scene);
}

static void five_in_a_row_are_enough(void)
{
    Scene scene;

    scene_open(&scene, TRUE);
    for (guint i = 0; i < 5; i++) {
        g_autofree char *uri = g_strdup_printf("sip:30%u@192.0.2.7", i);

        g_assert_true(offered(&scene, uri, NULL, NULL));
        redirected(&scene);
    }
    g_assert_false(offered(&scene, "sip:309@192.0.2.7", NULL, NULL));
    refused(&scene);
}

/* A number at this gateway goes where the PBX's own call would: to another trunk only by a route
 * that allows it, and never to one for help. */
static void a_number_goes_where_the_party_may_call(void)
{
    Number number = {.digits = "0555"};
    Scene scene;

    scene_open(&scene, TRUE);
    g_assert_false(offered(&scene, "sip:0555@192.0.2.9", NULL, &number));
    fake_route(scene.fake->settings, "outside")->transit = TRUE;
    fake_route(scene.fake->settings, "outside")->emergency = TRUE;
    g_assert_false(offered(&scene, "sip:0555@192.0.2.9", NULL, &number));
    fake_route(scene.fake->settings, "outside")->emergency = FALSE;
    g_assert_true(offered(&scene, "sip:0555@192.0.2.9", NULL, &number));
    redirected(&scene);
    g_assert_cmpuint(hall_call_count(scene.fake->hall), ==, 2);
    g_assert_cmpuint(call_twin(scene.call), !=, 0);
    hall_clear_all(scene.fake->hall, 16);
    while (hall_call_count(scene.fake->hall)) {
        guint32 last = hall_last_call(scene.fake->hall);
        guint32 one = hall_find_call(scene.fake->hall, last) ? last : scene.id;

        fake_raise(scene.fake, one, EVENT_ISDN_RELEASED, NULL);
    }
    scene_close(&scene);
}

static void a_call_from_a_phone_is_not_led_on(void)
{
    Scene scene;
    Call *call;
    guint32 id;

    scene_open(&scene, TRUE);
    call = fake_call_from_phone(scene.fake, "200", &id);
    scene.call = call;
    g_assert_false(offered(&scene, "sip:300@192.0.2.7", NULL, NULL));
    fake_raise(scene.fake, id, EVENT_SIP_CANCEL, NULL);
    fake_raise(scene.fake, id, EVENT_ISDN_RELEASED, NULL);
    fake_raise_status(scene.fake, scene.id, 486);
    gone(&scene);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_open(LEVEL_ERROR, FALSE);
    g_test_add_func("/redirect/followed", a_redirect_is_followed);
    g_test_add_func("/redirect/next-contact", the_next_contact_is_tried);
    g_test_add_func("/redirect/no-redirect-server", who_is_no_redirect_server_is_not_followed);
    g_test_add_func("/redirect/strange-host", a_strange_host_is_not_called);
    g_test_add_func("/redirect/maddr", a_maddr_leads_nowhere);
    g_test_add_func("/redirect/peer-name", a_peers_name_stands_for_its_server);
    g_test_add_func("/redirect/barred-class", a_barred_class_leads_nowhere);
    g_test_add_func("/redirect/loop", a_loop_ends);
    g_test_add_func("/redirect/five-in-a-row", five_in_a_row_are_enough);
    g_test_add_func("/redirect/number", a_number_goes_where_the_party_may_call);
    g_test_add_func("/redirect/from-a-phone", a_call_from_a_phone_is_not_led_on);
    return g_test_run();
}
