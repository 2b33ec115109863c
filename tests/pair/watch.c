/* Primaries under watch, played by sockets: they answer, refuse, fall silent, return. */
#define NTA_OUTGOING_MAGIC_T void

#include "watch.h"
#include "phone.h"
#include "root.h"
#include "settings.h"
#include "sofia.h"

#include <sofia-sip/nta_tag.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MS ((gint64)1000)

typedef struct Scene {
    Loop *loop;
    nta_agent_t *agent;
    Resolve *resolve;
    Watch *watch;
    Phone *first, *second; /* the primaries */
    GArray *places;
    WatchSettings settings;
    GString *changes; /* "unknown>up up>suspect ..." of the first */
    guint silences;
} Scene;

static guint16 free_port(void)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(own);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(bind(fd, (struct sockaddr *)&own, sizeof(own)), ==, 0);
    getsockname(fd, (struct sockaddr *)&own, &size);
    close(fd);
    return ntohs(own.sin_port);
}

static void changed(void *user, const Watched *watched, PrimaryState before)
{
    Scene *scene = user;

    if (address_port((const struct sockaddr *)&watched_hop(watched)->address) !=
        phone_port(scene->first))
        return;
    g_string_append_printf(scene->changes, "%s%s>%s", scene->changes->len ? " " : "",
                           primary_state_name(before),
                           primary_state_name(watched_primary(watched)->state));
}

static void scene_open(Scene *scene)
{
    ResolveSettings resolve = {.wait_us = 100 * MS, .v4 = TRUE};
    guint16 port = free_port();
    g_autofree char *url = g_strdup_printf("sip:127.0.0.1:%u;transport=udp", port);
    g_autoptr(GError) error = NULL;

    *scene = (Scene){.changes = g_string_new(NULL)};
    scene->loop = sofia_loop_new(&error);
    g_assert_no_error(error);
    scene->agent = nta_agent_create(sofia_loop_root(scene->loop), URL_STRING_MAKE(url), NULL, NULL,
                                    NTATAG_UA(0), NTATAG_SIP_T1(20), TAG_END());
    g_assert_nonnull(scene->agent);
    scene->first = phone_new(scene->loop, "127.0.0.1", port);
    scene->second = phone_new(scene->loop, "127.0.0.1", port);
    g_assert_true(address_parse("127.0.0.1:9", &resolve.name_server));
    scene->resolve = resolve_new(scene->loop, &resolve, &error);
    g_assert_no_error(error);
    scene->places = g_array_new(FALSE, TRUE, sizeof(PrimaryPlace));
    scene->settings = (WatchSettings){
        .places = scene->places,
        .policy = {.check_us = 100 * MS,
                   .check_down_us = 40 * MS,
                   .patience_us = 80 * MS,
                   .down_after = 3,
                   .up_after = 3,
                   .up_time_us = 100 * MS},
        .own_host = "127.0.0.1",
        .user_agent = "tieline",
    };
}

static void scene_add(Scene *scene, Phone *phone)
{
    PrimaryPlace place = {.host = (char *)"127.0.0.1", .port = phone_port(phone)};

    g_array_append_val(scene->places, place);
}

static void scene_watch(Scene *scene)
{
    scene->watch =
        watch_new(scene->agent, scene->loop, scene->resolve, &scene->settings, changed, scene);
}

static void scene_close(Scene *scene)
{
    watch_free(scene->watch);
    resolve_free(scene->resolve);
    nta_agent_destroy(scene->agent);
    phone_free(scene->first);
    phone_free(scene->second);
    sofia_loop_free(scene->loop);
    g_array_unref(scene->places);
    g_string_free(scene->changes, TRUE);
}

/* PHONE answers the OPTIONS it hears with STATUS, COUNT of them; NULL: it hears and says nothing.
 */
static void options(Phone *phone, const char *status, guint count)
{
    while (count--) {
        phone_hear(phone, "OPTIONS");
        if (status)
            phone_reply(phone, "OPTIONS", status, "", NULL);
    }
}

static PrimaryState state_of(const Watched *watched)
{
    return watched_primary(watched)->state;
}

static Watched *nth(Scene *scene, guint index)
{
    Watched *watched = watch_choose(scene->watch);

    while (index-- && watched)
        watched = watch_choose_after(scene->watch, watched);
    return watched;
}

/* Turns the loop until the first primary is in STATE, at most three seconds. */
static void comes_to(Scene *scene, const Watched *watched, PrimaryState state)
{
    gint64 end = loop_now(scene->loop) + 3 * G_USEC_PER_SEC;

    while (state_of(watched) != state && loop_now(scene->loop) < end)
        loop_rest(scene->loop, 5);
    g_assert_cmpstr(primary_state_name(state_of(watched)), ==, primary_state_name(state));
}

static void test_answer(void)
{
    Scene scene;
    const char *heard;
    Watched *watched;

    scene_open(&scene);
    scene_add(&scene, scene.first);
    scene_watch(&scene);
    watched = nth(&scene, 0);
    g_assert_nonnull(watched);
    g_assert_cmpint(state_of(watched), ==, PRIMARY_UNKNOWN);
    heard = phone_hear(scene.first, "OPTIONS sip:127.0.0.1:");
    header_is(heard, "Max-Forwards", "70");
    header_begins(heard, "From", "<sip:127.0.0.1>;tag=");
    /* Somebody who knows no OPTIONS lives as well. */
    phone_reply(scene.first, "OPTIONS", "405 Method Not Allowed", "", NULL);
    comes_to(&scene, watched, PRIMARY_UP);
    options(scene.first, "200 OK", 2);
    g_assert_cmpstr(scene.changes->str, ==, "unknown>up");
    scene_close(&scene);
}

static void test_silence_and_return(void)
{
    Scene scene;
    Watched *watched;

    scene_open(&scene);
    scene_add(&scene, scene.first);
    scene_watch(&scene);
    watched = nth(&scene, 0);
    options(scene.first, "200 OK", 1);
    comes_to(&scene, watched, PRIMARY_UP);
    comes_to(&scene, watched, PRIMARY_DOWN);
    g_assert_null(watch_choose(scene.watch));
    phone_forget(scene.first);
    options(scene.first, "200 OK", 2);
    g_assert_cmpint(state_of(watched), ==, PRIMARY_DOWN);
    while (state_of(watched) == PRIMARY_DOWN)
        options(scene.first, "200 OK", 1);
    g_assert_true(watch_choose(scene.watch) == watched);
    g_assert_cmpstr(scene.changes->str, ==, "unknown>up up>suspect suspect>down down>up");
    scene_close(&scene);
}

/* 503 is no life; a port where nobody listens is silence at once. */
static void test_refusals(void)
{
    Scene scene;
    Watched *watched, *nobody = NULL;
    PrimaryPlace closed = {.host = (char *)"127.0.0.1", .port = free_port()};

    scene_open(&scene);
    scene_add(&scene, scene.first);
    g_array_append_val(scene.places, closed);
    scene_watch(&scene);
    watched = nth(&scene, 0);
    nobody = nth(&scene, 1);
    options(scene.first, "503 Service Unavailable", 3);
    comes_to(&scene, watched, PRIMARY_DOWN);
    g_assert_cmpuint(watched_primary(watched)->refused, ==, 3);
    comes_to(&scene, nobody, PRIMARY_DOWN);
    g_assert_cmpuint(watched_primary(nobody)->answered, ==, 0);
    scene_close(&scene);
}

static void request_silent(void *user)
{
    ((Scene *)user)->silences++;
}

/* The first request that it leaves unanswered is served without it, though it was UP a moment ago.
 */
static void test_traffic(void)
{
    Scene scene;
    Watched *watched;
    WatchTicket *ticket, *others[2];

    scene_open(&scene);
    scene.settings.policy.check_us = 600 * G_USEC_PER_SEC;
    scene.settings.policy.check_down_us = 600 * G_USEC_PER_SEC;
    scene_add(&scene, scene.first);
    scene_watch(&scene);
    watched = nth(&scene, 0);
    options(scene.first, "200 OK", 1);
    comes_to(&scene, watched, PRIMARY_UP);

    ticket = watch_begin(watched, request_silent, &scene);
    watch_heard(ticket, 100);
    loop_rest(scene.loop, 150);
    g_assert_cmpuint(scene.silences, ==, 0);
    watch_heard(ticket, 503);
    watch_end(ticket);
    comes_to(&scene, watched, PRIMARY_SUSPECT);
    options(scene.first, "200 OK", 1); /* asked at once what it has to say itself */
    comes_to(&scene, watched, PRIMARY_UP);

    ticket = watch_begin(watched, request_silent, &scene);
    loop_rest(scene.loop, 150);
    g_assert_cmpuint(scene.silences, ==, 1);
    g_assert_cmpint(state_of(watched), ==, PRIMARY_SUSPECT);
    watch_end(ticket);
    for (guint i = 0; i < 2; i++)
        others[i] = watch_begin(watched, request_silent, &scene);
    watch_broke(others[0]);
    loop_rest(scene.loop, 150);
    g_assert_cmpuint(scene.silences, ==, 2);
    g_assert_cmpint(state_of(watched), ==, PRIMARY_DOWN);
    for (guint i = 0; i < 2; i++)
        watch_end(others[i]);
    watch_end(NULL);
    scene_close(&scene);
}

static void test_order(void)
{
    Scene scene;
    Watched *first, *second;
    struct sockaddr_storage address;

    scene_open(&scene);
    scene_add(&scene, scene.first);
    scene_add(&scene, scene.first); /* twice the same is once */
    scene_add(&scene, scene.second);
    scene_watch(&scene);
    first = nth(&scene, 0);
    second = nth(&scene, 1);
    g_assert_nonnull(second);
    g_assert_null(watch_choose_after(scene.watch, second));
    g_assert_cmpuint(address_port((const struct sockaddr *)&watched_hop(second)->address), ==,
                     phone_port(scene.second));
    /* The second answers, the first has not yet. */
    options(scene.second, "200 OK", 1);
    comes_to(&scene, second, PRIMARY_UP);
    g_assert_true(watch_choose(scene.watch) == second);
    options(scene.first, "200 OK", 1);
    comes_to(&scene, first, PRIMARY_UP);
    g_assert_true(watch_choose(scene.watch) == first);
    address_parse("127.0.0.1:1", &address);
    g_assert_true(watch_knows(scene.watch, (struct sockaddr *)&address));
    address_parse("127.0.0.2:1", &address);
    g_assert_false(watch_knows(scene.watch, (struct sockaddr *)&address));
    scene_close(&scene);
}

/* A reload: what stays keeps its state, what goes is asked no more. */
static void test_reload(void)
{
    Scene scene;
    Watched *first;
    WatchTicket *ticket;

    scene_open(&scene);
    scene_add(&scene, scene.first);
    scene_watch(&scene);
    first = nth(&scene, 0);
    options(scene.first, "200 OK", 1);
    comes_to(&scene, first, PRIMARY_UP);
    scene_add(&scene, scene.second);
    watch_set_settings(scene.watch, &scene.settings);
    g_assert_true(watch_choose(scene.watch) == first);
    g_assert_cmpint(state_of(first), ==, PRIMARY_UP);
    options(scene.second, "200 OK", 1);
    ticket = watch_begin(first, request_silent, &scene);
    g_array_remove_index(scene.places, 0);
    watch_set_settings(scene.watch, &scene.settings);
    watch_heard(ticket, 200); /* to one that is a primary no more */
    watch_end(ticket);
    phone_forget(scene.first);
    g_assert_true(phone_hears_nothing(scene.first, 250));
    g_array_set_size(scene.places, 0);
    watch_set_settings(scene.watch, &scene.settings);
    g_assert_null(watch_choose(scene.watch));
    scene_close(&scene);
}

/* A name that nobody knows is no primary, and no obstacle. */
static void test_unknown_name(void)
{
    Scene scene;
    PrimaryPlace unknown = {.host = (char *)"pbx.invalid"};

    scene_open(&scene);
    g_array_append_val(scene.places, unknown);
    scene_add(&scene, scene.first);
    scene_watch(&scene);
    options(scene.first, "200 OK", 2);
    g_assert_cmpuint(watch_unresolved(scene.watch), ==, 1);
    g_assert_nonnull(watch_choose(scene.watch));
    scene_close(&scene);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    sofia_open();
    g_test_add_func("/watch/answer", test_answer);
    g_test_add_func("/watch/silence-and-return", test_silence_and_return);
    g_test_add_func("/watch/refusals", test_refusals);
    g_test_add_func("/watch/traffic", test_traffic);
    g_test_add_func("/watch/order", test_order);
    g_test_add_func("/watch/reload", test_reload);
    g_test_add_func("/watch/unknown-name", test_unknown_name);
    result = g_test_run();
    sofia_close();
    return result;
}
