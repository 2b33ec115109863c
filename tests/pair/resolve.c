/* Questions to a real name server (tests/lib/dns_server.py): found, not found, silent, gone. */
#include "resolve.h"
#include "name_server.h"
#include "phone.h"
#include "settings.h"
#include "sofia.h"

#include <string.h>

#define MS ((gint64)1000)
#define DAY (24 * 3600)

static const char zone_text[] =
    "_sip._udp.pbx.example 60 SRV 20 0 5072 two.pbx.example\n"
    "_sip._udp.pbx.example 60 SRV 10 0 5071 one.pbx.example\n"
    "_sip._tcp.pbx.example 60 SRV 10 0 5073 two.pbx.example\n"
    "one.pbx.example 60 A 192.0.2.1\n"
    "one.pbx.example 60 AAAA 2001:db8::1\n"
    "two.pbx.example 60 A 192.0.2.2\n"
    "plain.example 60 A 192.0.2.3\n"
    "alias.example 60 CNAME plain.example\n"
    "_sip._udp.none.example 60 SRV 0 0 0 .\n"
    "silent.example 0 SILENT\n"
    "_sip._udp.silent.example 0 SILENT\n"
    "broken.example 0 SERVFAIL\n"
    "_sip._udp.broken.example 0 SERVFAIL\n"
    "3.8.0.0.6.9.2.3.6.1.4.4.e164.example 60 NAPTR 100 10 \"u\" \"E2U+sip\" "
    "\"!^\\+441632(.*)$!sip:\\1@pbx.example!\" .\n"
    "1.4.4.e164.example 60 NAPTR 10 10 \"\" \"\" \"\" 3.8.0.0.6.9.2.3.6.1.4.4.e164.example\n"
    "2.4.4.e164.example 60 NAPTR 10 10 \"\" \"\" \"\" 2.4.4.e164.example\n"
    "9.4.4.e164.example 0 SILENT\n";

/* One story's scene: a name server and who asks it. */
typedef struct Scene {
    Loop *loop;
    Resolve *resolve;
    NameServer *server;
    guint answers;
    GString *answer; /* "192.0.2.1:5071 [2001:db8::1]:5071", "none", a URI */
} Scene;

static void scene_open(Scene *scene)
{
    ResolveSettings settings = {.wait_us = 300 * MS, .v4 = TRUE, .v6 = TRUE};
    g_autoptr(GError) error = NULL;

    *scene = (Scene){.answer = g_string_new(NULL)};
    scene->server = name_server_new(zone_text);
    scene->loop = sofia_loop_new(&error);
    g_assert_no_error(error);
    g_assert_true(address_parse("127.0.0.1", &settings.name_server));
    address_set_port(&settings.name_server, name_server_port(scene->server));
    scene->resolve = resolve_new(scene->loop, &settings, &error);
    g_assert_no_error(error);
}

static void scene_close(Scene *scene)
{
    resolve_free(scene->resolve);
    sofia_loop_free(scene->loop);
    name_server_free(scene->server);
    g_string_free(scene->answer, TRUE);
}

static void hops_heard(void *user, const GArray *hops)
{
    Scene *scene = user;
    char buffer[64];

    scene->answers++;
    g_string_assign(scene->answer, hops ? "" : "none");
    for (guint i = 0; hops && i < hops->len; i++)
        g_string_append_printf(
            scene->answer, "%s%s", i ? " " : "",
            address_describe((const struct sockaddr *)&g_array_index(hops, NextHop, i).address,
                             buffer, sizeof buffer));
}

static void uri_heard(void *user, const char *uri)
{
    Scene *scene = user;

    scene->answers++;
    g_string_assign(scene->answer, uri ? uri : "none");
}

/* Runs the loop until somebody was answered, at most three seconds. */
static void answer_is(Scene *scene, guint answers, const char *wanted)
{
    gint64 end = loop_now(scene->loop) + 3 * G_USEC_PER_SEC;

    while (scene->answers < answers && loop_now(scene->loop) < end)
        loop_rest(scene->loop, 5);
    g_assert_cmpuint(scene->answers, ==, answers);
    g_assert_cmpstr(scene->answer->str, ==, wanted);
}

static void asks(Scene *scene, const char *host, guint16 port, const char *wanted)
{
    guint answers = scene->answers + 1;

    resolve_hops(scene->resolve, host, port, FALSE, hops_heard, scene);
    answer_is(scene, answers, wanted);
}

/* Answered without a turn of the loop. */
static void knows(Scene *scene, const char *host, guint16 port, const char *wanted)
{
    guint answers = scene->answers + 1;

    g_assert_null(resolve_hops(scene->resolve, host, port, FALSE, hops_heard, scene));
    g_assert_cmpuint(scene->answers, ==, answers);
    g_assert_cmpstr(scene->answer->str, ==, wanted);
}

static void test_numeric(void)
{
    Scene scene;

    scene_open(&scene);
    knows(&scene, "192.0.2.9", 0, "192.0.2.9:5060");
    knows(&scene, "192.0.2.9", 5070, "192.0.2.9:5070");
    knows(&scene, "2001:db8::9", 0, "[2001:db8::9]:5060");
    knows(&scene, "[2001:db8::9]", 5070, "[2001:db8::9]:5070");
    scene_close(&scene);
}

static void test_names(void)
{
    Scene scene;

    scene_open(&scene);
    asks(&scene, "pbx.example", 0, "192.0.2.1:5071 [2001:db8::1]:5071 192.0.2.2:5072");
    knows(&scene, "PBX.example", 0, "192.0.2.1:5071 [2001:db8::1]:5071 192.0.2.2:5072");
    /* A port: the name is asked for as it stands (RFC 3263 4.2). */
    asks(&scene, "one.pbx.example", 5080, "192.0.2.1:5080 [2001:db8::1]:5080");
    asks(&scene, "plain.example", 0, "192.0.2.3:5060");
    asks(&scene, "alias.example", 5060, "192.0.2.3:5060");
    g_assert_nonnull(resolve_hops(scene.resolve, "pbx.example", 0, TRUE, hops_heard, &scene));
    answer_is(&scene, scene.answers + 1, "192.0.2.2:5073");
    scene_close(&scene);
}

static void test_nobody(void)
{
    Scene scene;
    ResolveCounters counters;

    scene_open(&scene);
    asks(&scene, "nobody.example", 0, "none");
    knows(&scene, "nobody.example", 0, "none"); /* and is not asked for again at once */
    asks(&scene, "none.example", 0, "none");    /* says itself that it has no SIP */
    asks(&scene, "broken.example", 0, "none");
    knows(&scene, "bad..name", 0, "none");
    knows(&scene, "bad name", 0, "none");
    knows(&scene, "", 0, "none");
    resolve_count(scene.resolve, &counters);
    g_assert_cmpuint(counters.misses, >=, 3);
    scene_close(&scene);
}

/* Nobody waits for a name server that says nothing, but the first, and that one not long. */
static void test_silence(void)
{
    Scene scene;
    ResolveQuery *query;
    ResolveCounters counters;

    scene_open(&scene);
    asks(&scene, "silent.example", 0, "none");
    knows(&scene, "silent.example", 0, "none");
    resolve_count(scene.resolve, &counters);
    g_assert_cmpuint(counters.hurried, ==, 2);
    /* One who does not wait any more. */
    query = resolve_hops(scene.resolve, "silent.example", 5060, FALSE, hops_heard, &scene);
    g_assert_nonnull(query);
    resolve_cancel(query);
    resolve_cancel(NULL);
    loop_rest(scene.loop, 400);
    g_assert_cmpuint(scene.answers, ==, 2);
    /* One who waits still when all is closed. */
    resolve_hops(scene.resolve, "silent.example", 5061, FALSE, hops_heard, &scene);
    scene_close(&scene);
}

/* The name server is gone with the primary: what it said last still serves, a day later and more.
 */
static void test_gone(void)
{
    Scene scene;
    ResolveCounters counters;

    scene_open(&scene);
    asks(&scene, "plain.example", 5060, "192.0.2.3:5060");
    name_server_stop(scene.server);
    loop_leap(scene.loop, DAY);
    for (guint i = 0; i < 3; i++) {
        knows(&scene, "plain.example", 5060, "192.0.2.3:5060");
        loop_leap(scene.loop, DAY);
    }
    resolve_count(scene.resolve, &counters);
    g_assert_cmpuint(counters.stale, >=, 3);
    g_assert_cmpuint(counters.misses, >=, 1);

    /* It comes back, and says something new. */
    name_server_write(scene.server, "plain.example 60 A 192.0.2.33\n");
    name_server_start(scene.server);
    loop_leap(scene.loop, 60);
    knows(&scene, "plain.example", 5060, "192.0.2.3:5060");
    for (guint i = 0; i < 600 && strcmp(scene.answer->str, "192.0.2.33:5060") != 0; i++) {
        resolve_hops(scene.resolve, "plain.example", 5060, FALSE, hops_heard, &scene);
        loop_rest(scene.loop, 10);
    }
    g_assert_cmpstr(scene.answer->str, ==, "192.0.2.33:5060");
    scene_close(&scene);
}

static void asks_number(Scene *scene, const char *number, const char *wanted)
{
    guint answers = scene->answers + 1;

    resolve_number(scene->resolve, number, "e164.example", uri_heard, scene);
    answer_is(scene, answers, wanted);
}

static void test_numbers(void)
{
    Scene scene;
    ResolveCounters counters;

    scene_open(&scene);
    asks_number(&scene, "+441632960083", "sip:960083@pbx.example");
    asks_number(&scene, "+441", "none"); /* leads on to a record that does not fit */
    asks_number(&scene, "+442", "none"); /* leads on to itself */
    asks_number(&scene, "+443", "none");
    asks_number(&scene, "443", "none");
    asks_number(&scene, "+449", "none"); /* silence */
    resolve_count(scene.resolve, &counters);
    g_assert_cmpuint(counters.number_hits, ==, 1);
    /* Now the name server is known to be silent. */
    g_assert_null(
        resolve_number(scene.resolve, "+441632960083", "e164.example", uri_heard, &scene));
    g_assert_cmpstr(scene.answer->str, ==, "none");
    scene_close(&scene);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    sofia_open();
    loop_begin_leaps();
    g_test_add_func("/resolve/numeric", test_numeric);
    g_test_add_func("/resolve/names", test_names);
    g_test_add_func("/resolve/nobody", test_nobody);
    g_test_add_func("/resolve/silence", test_silence);
    g_test_add_func("/resolve/gone", test_gone);
    g_test_add_func("/resolve/numbers", test_numbers);
    result = g_test_run();
    sofia_close();
    return result;
}
