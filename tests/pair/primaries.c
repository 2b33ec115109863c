/* The proxy between phones, the gateway and a primary, all of them sockets: who is asked, and what
 * happens when the primary is silent, refuses, or wakes up late. */
#include "primaries_scene.h"

#include "digest.h"
#include "sofia.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- standby ---- */

static void test_pbx_call_goes_to_the_primary(void)
{
    Scene scene;
    const char *heard;

    scene_open_up(&scene, "mode = standby\n");
    phone_request(scene.gateway, "INVITE", scene.user, "", SDP);
    heard = phone_hear(scene.primary, "INVITE sip:201@127.0.0.2:");
    header_begins(heard, "Record-Route", "<sip:");
    header_is(heard, "X-Tieline-Origin", NULL);
    answers(scene.primary, "180 Ringing");
    phone_hear(scene.gateway, "SIP/2.0 180");
    answers(scene.primary, "200 OK");
    phone_hear(scene.gateway, "SIP/2.0 200");
    g_assert_true(phone_hears_nothing(scene.called, 300));
    scene_close(&scene);
}

/* D-11: fail-over to the phone's own binding, one INVITE, one 180; the next call does not even
 * wait. */
static void test_silent_primary(void)
{
    Scene scene;

    scene_open_up(&scene, "mode = standby\n");
    phone_request(scene.gateway, "INVITE", scene.user, "", SDP);
    phone_hear(scene.primary, "INVITE");
    phone_hear(scene.called, "INVITE sip:201@127.0.0.1:");
    answers(scene.called, "180 Ringing");
    phone_hear(scene.gateway, "SIP/2.0 180");
    answers(scene.called, "200 OK");
    phone_hear(scene.gateway, "SIP/2.0 200");
    phone_ack(scene.gateway, NULL);
    phone_hear(scene.called, "ACK");
    primary_forget(&scene);

    phone_hang_up(scene.gateway);
    phone_request(scene.gateway, "INVITE", scene.user, "", SDP);
    phone_hear(scene.called, "INVITE");
    answers(scene.called, "486 Busy Here");
    phone_hear(scene.gateway, "SIP/2.0 486");
    g_assert_true(phone_hears_nothing(scene.primary, 50));
    scene_close(&scene);
}

/* One that wakes up late has its call taken back. */
static void test_late_primary(void)
{
    Scene scene;

    scene_open_up(&scene, "mode = standby\n");
    phone_request(scene.gateway, "INVITE", scene.user, "", SDP);
    phone_hear(scene.primary, "INVITE");
    phone_hear(scene.called, "INVITE");
    answers(scene.called, "180 Ringing");
    phone_hear(scene.gateway, "SIP/2.0 180");
    primary_forget(&scene);
    answers(scene.primary, "100 Trying");
    phone_hear(scene.primary, "CANCEL");
    phone_reply(scene.primary, "CANCEL", "200 OK", "", NULL);
    answers(scene.primary, "487 Request Terminated");
    phone_hear(scene.primary, "ACK");
    answers(scene.called, "200 OK");
    phone_hear(scene.gateway, "SIP/2.0 200");
    scene_close(&scene);
}

static void refused_by_primary(const char *status, const char *then)
{
    Scene scene;

    scene_open_up(&scene, "mode = standby\n");
    phone_request(scene.gateway, "INVITE", scene.user, "", SDP);
    phone_hear(scene.primary, "INVITE");
    answers(scene.primary, status);
    if (then) {
        phone_hear(scene.called, "INVITE");
        answers(scene.called, then);
    }
    {
        g_autofree char *wanted = g_strdup_printf("SIP/2.0 %.3s", then ? then : status);

        phone_hear(scene.gateway, wanted);
    }
    if (!then)
        g_assert_true(phone_hears_nothing(scene.called, 100));
    scene_close(&scene);
}

static void test_primary_that_refuses(void)
{
    refused_by_primary("503 Service Unavailable", "200 OK");
    refused_by_primary("500 Server Internal Error", "200 OK");
    refused_by_primary("404 Not Found", "200 OK");
    refused_by_primary("480 Temporarily Unavailable", "486 Busy Here");
    refused_by_primary("407 Proxy Authentication Required", "200 OK");
    refused_by_primary("486 Busy Here", NULL);
    refused_by_primary("603 Decline", NULL);
}

/* A phone that has rung at the primary does not ring again here. */
static void test_rung_is_rung(void)
{
    Scene scene;

    scene_open_up(&scene, "mode = standby\n");
    phone_request(scene.gateway, "INVITE", scene.user, "", SDP);
    phone_hear(scene.primary, "INVITE");
    answers(scene.primary, "180 Ringing");
    phone_hear(scene.gateway, "SIP/2.0 180");
    answers(scene.primary, "480 Temporarily Unavailable");
    phone_hear(scene.gateway, "SIP/2.0 480");
    g_assert_true(phone_hears_nothing(scene.called, 300));
    scene_close(&scene);
}

static void test_cancel_while_primary_is_silent(void)
{
    Scene scene;

    scene_open_up(&scene, "mode = standby\nfail-over-after = 10s\n");
    phone_request(scene.gateway, "INVITE", scene.user, "", SDP);
    phone_hear(scene.primary, "INVITE");
    phone_cancel(scene.gateway, "");
    phone_hear(scene.gateway, "SIP/2.0 200");
    answers(scene.primary, "100 Trying");
    primary_forget(&scene);
    answers(scene.primary, "487 Request Terminated");
    phone_hear(scene.gateway, "SIP/2.0 487");
    g_assert_true(phone_hears_nothing(scene.called, 100));
    scene_close(&scene);
}

/* Phones that come to a standby proxy have given up the primary, or never had one. */
static void test_phone_in_standby(void)
{
    Scene scene;

    scene_open_up(&scene, "mode = standby\n");
    phone_request(scene.caller, "INVITE", scene.user, "", SDP);
    phone_hear(scene.called, "INVITE");
    answers(scene.called, "486 Busy Here");
    phone_hear(scene.caller, "SIP/2.0 486");
    phone_hang_up(scene.caller);
    phone_request(scene.caller, "INVITE", scene.number, "", SDP);
    phone_hear(scene.gateway, "INVITE sip:9123@");
    answers(scene.gateway, "486 Busy Here");
    phone_hear(scene.caller, "SIP/2.0 486");
    g_assert_true(phone_hears_nothing(scene.primary, 50));
    scene_close(&scene);
}

/* What the primary sends here is never sent back to it. */
static void test_from_the_primary(void)
{
    static const char *const modes[] = {"mode = standby\n", "mode = outbound\n"};

    for (guint i = 0; i < G_N_ELEMENTS(modes); i++) {
        Scene scene;

        scene_open_up(&scene, modes[i]);
        phone_hang_up(scene.primary);
        phone_request(scene.primary, "INVITE", scene.number, "", SDP);
        phone_hear(scene.gateway, "INVITE sip:9123@");
        answers(scene.gateway, "486 Busy Here");
        phone_hear(scene.primary, "SIP/2.0 486");
        phone_hang_up(scene.primary);
        phone_request(scene.primary, "INVITE", scene.user, "", SDP);
        phone_hear(scene.called, "INVITE");
        answers(scene.called, "486 Busy Here");
        phone_hear(scene.primary, "SIP/2.0 486");
        scene_close(&scene);
    }
}

/* ---- outbound ---- */

static void test_outbound(void)
{
    Scene scene;
    const char *heard;

    scene_open_up(&scene, "mode = outbound\n");
    phone_request(scene.caller, "INVITE", "sip:9123@pbx.example", "", SDP);
    heard = phone_hear(scene.primary, "INVITE sip:9123@pbx.example SIP/2.0");
    header_begins(heard, "Record-Route", "<sip:");
    /* Its challenge is the phone's business. */
    phone_reply(scene.primary, "INVITE", "407 Proxy Authentication Required",
                "Proxy-Authenticate: Digest realm=\"pbx.example\", nonce=\"1\"\r\n", NULL);
    heard = phone_hear(scene.caller, "SIP/2.0 407");
    header_begins(heard, "Proxy-Authenticate", "Digest realm=\"pbx.example\"");
    phone_hear(scene.primary, "ACK");
    phone_hang_up(scene.caller);
    phone_request(scene.caller, "INVITE", "sip:9123@pbx.example",
                  "Proxy-Authorization: Digest username=\"201\", realm=\"pbx.example\", "
                  "nonce=\"1\", uri=\"sip:9123@pbx.example\", response=\"0\"\r\n",
                  SDP);
    heard = phone_hear(scene.primary, "INVITE");
    header_begins(heard, "Proxy-Authorization", "Digest");
    /* A number that it refuses is refused: the PBX is not asked behind its back. */
    answers(scene.primary, "404 Not Found");
    phone_hear(scene.caller, "SIP/2.0 404");
    g_assert_true(phone_hears_nothing(scene.gateway, 100));
    /* Other domains are its business as well. */
    phone_hang_up(scene.caller);
    phone_request(scene.caller, "MESSAGE", "sip:a@example.com", "", NULL);
    phone_hear(scene.primary, "MESSAGE sip:a@example.com");
    phone_reply(scene.primary, "MESSAGE", "202 Accepted", "", NULL);
    phone_hear(scene.caller, "SIP/2.0 202");
    scene_close(&scene);
}

static void test_outbound_outage(void)
{
    Scene scene;

    scene_open_up(&scene, "mode = outbound\n");
    phone_request(scene.caller, "INVITE", "sip:9123@pbx.example", "", SDP);
    phone_hear(scene.primary, "INVITE");
    phone_hear(scene.gateway, "INVITE sip:9123@pbx.example");
    answers(scene.gateway, "486 Busy Here");
    phone_hear(scene.caller, "SIP/2.0 486");
    /* The gateway's own call of a phone. */
    primary_forget(&scene);
    phone_hang_up(scene.gateway);
    phone_request(scene.gateway, "INVITE", "sip:201@pbx.example", "", SDP);
    phone_hear(scene.called, "INVITE");
    answers(scene.called, "486 Busy Here");
    phone_hear(scene.gateway, "SIP/2.0 486");
    scene_close(&scene);
}

/* Who would have to show credentials here has to when the primary is silent, and not before. */
static void test_outbound_guarded(void)
{
    Scene scene;
    g_autofree char *users = NULL;
    g_autofree char *lines = NULL;
    const char *heard;
    int fd = g_file_open_tmp("tieline-users-XXXXXX", &users, NULL);

    close(fd);
    g_file_set_contents(users, "201:127.0.0.1:0123456789abcdef0123456789abcdef:\n", -1, NULL);
    lines = g_strdup_printf("mode = outbound\n[guard]\nusers = %s\n", users);
    scene_open_up(&scene, lines);
    phone_request(scene.caller, "INVITE", "sip:9123@pbx.example", "", SDP);
    phone_hear(scene.primary, "INVITE");
    answers(scene.primary, "486 Busy Here");
    phone_hear(scene.caller, "SIP/2.0 486");
    phone_hang_up(scene.caller);
    phone_request(scene.caller, "INVITE", "sip:9123@pbx.example", "", SDP);
    phone_hear(scene.primary, "INVITE");
    heard = phone_hear(scene.caller, "SIP/2.0 407");
    header_begins(heard, "Proxy-Authenticate", "Digest realm=");
    g_assert_true(phone_hears_nothing(scene.gateway, 50));
    scene_close(&scene);
    unlink(users);
}

/* Header line for the challenge of HEARD, by user 201 with SHA-256. */
static char *authorization(const char *heard, const char *method, const char *uri)
{
    g_autofree char *challenge = message_header(heard, "WWW-Authenticate");
    DigestCredentials credentials = {.algorithm = DIGEST_SHA256, .qop = DIGEST_QOP_AUTH};
    const char *nonce = strstr(challenge, "nonce=\"") + strlen("nonce=\"");
    char ha1[DIGEST_HEX_SIZE], hex[DIGEST_HEX_SIZE];
    guint8 response[DIGEST_OCTETS_MAX];

    g_strlcpy(credentials.nonce, nonce, strcspn(nonce, "\"") + 1);
    g_strlcpy(credentials.uri, uri, sizeof(credentials.uri));
    g_strlcpy(credentials.cnonce, "c", sizeof(credentials.cnonce));
    g_strlcpy(credentials.nc_text, "00000001", sizeof(credentials.nc_text));
    digest_hash_user(DIGEST_SHA256, "201", "127.0.0.1", "secret", ha1);
    digest_compute(&credentials, ha1, method, NULL, 0, response);
    digest_hex_write(response, sizeof(response), hex);
    return g_strdup_printf("Proxy-Authorization: Digest username=\"201\", realm=\"127.0.0.1\", "
                           "nonce=\"%s\", uri=\"%s\", response=\"%s\", algorithm=SHA-256, "
                           "qop=auth, nc=00000001, cnonce=\"c\"\r\n",
                           credentials.nonce, uri, hex);
}

/* Credentials of ours are asked about twice, for the primary and for who serves in its place: they
 * are good for both, and no business of the primary's. Those for its own nonce, in our realm, are.
 */
static void test_outbound_known_user(void)
{
    Scene scene;
    g_autofree char *users = NULL, *lines = NULL, *text = NULL, *shown = NULL, *both = NULL;
    static const char theirs[] = "Digest username=\"201\", realm=\"127.0.0.1\", nonce=\"theirs\", "
                                 "uri=\"sip:x\", response=\"0123456789abcdef0123456789abcdef\"";
    char ha1[DIGEST_HEX_SIZE], box[64];
    const char *heard;
    int fd = g_file_open_tmp("tieline-users-XXXXXX", &users, NULL);

    close(fd);
    digest_hash_user(DIGEST_SHA256, "201", "127.0.0.1", "secret", ha1);
    text = g_strdup_printf("201:127.0.0.1::%s\n", ha1);
    g_assert_true(g_file_set_contents(users, text, -1, NULL));
    lines = g_strdup_printf("mode = outbound\n[guard]\nusers = %s\n", users);
    scene_open_up(&scene, lines);
    g_snprintf(box, sizeof(box), "sip:127.0.0.1:%u", scene.port);
    phone_request(scene.caller, "SUBSCRIBE", box, "", NULL);
    heard = phone_hear(scene.caller, "SIP/2.0 401");
    shown = authorization(heard, "INVITE", "sip:9123@pbx.example");
    both = g_strdup_printf("Proxy-Authorization: %s\r\n%s", theirs, shown);
    phone_hang_up(scene.caller);
    phone_request(scene.caller, "INVITE", "sip:9123@pbx.example", both, SDP);
    heard = phone_hear(scene.primary, "INVITE");
    header_begins(heard, "Proxy-Authorization", theirs);
    g_assert_null(strstr(heard, "nc=00000001"));
    phone_hear(scene.gateway, "INVITE");
    answers(scene.gateway, "200 OK");
    phone_hear(scene.caller, "SIP/2.0 200");
    scene_close(&scene);
    unlink(users);
}

/* ---- registrations ---- */

/* The caller registers as 205 at the primary's domain, through us; EXTRA: more header lines. */
static void registers(Scene *scene, const char *extra)
{
    g_autofree char *lines = g_strdup_printf(
        "From: <sip:205@pbx.example>;tag=r\r\nTo: <sip:205@pbx.example>\r\nExpires: 600\r\n"
        "Contact: <sip:205@127.0.0.1:%u>\r\n%s",
        phone_port(scene->caller), extra);

    phone_request(scene->caller, "REGISTER", "sip:pbx.example", lines, NULL);
}

/* What the phone is granted: the expires of its contact. */
static guint granted(const char *response)
{
    g_autofree char *contact = message_header(response, "Contact");
    const char *expires = contact ? strstr(contact, ";expires=") : NULL;

    return expires ? (guint)strtoul(expires + strlen(";expires="), NULL, 10) : 0;
}

/* Its answer gives our Path back, and lists what another device of the same user registered. */
static void primary_accepts(Scene *scene)
{
    g_autofree char *contact = g_strdup_printf("Contact: <sip:205@127.0.0.1:%u>;expires=300, "
                                               "<sip:205@192.0.2.9:5060>;expires=300\r\n"
                                               "Contact: <tel:+49205>, <sip:205@0.0.0.0>\r\n"
                                               "Path: <sip:127.0.0.1:%u;lr>\r\n",
                                               phone_port(scene->caller), scene->port);

    phone_reply(scene->primary, "REGISTER", "200 OK", contact, NULL);
}

static void calls_205(Scene *scene)
{
    phone_hang_up(scene->gateway);
    phone_request(scene->gateway, "INVITE", "sip:205@pbx.example", "", SDP);
}

/* B's registration goes by us to the primary; when that is gone, we know B, and B may come back
 * without a password that we have. */
static void test_learns(void)
{
    Scene scene;
    const char *heard;
    g_autofree char *users = NULL;
    g_autofree char *lines = NULL;
    int fd = g_file_open_tmp("tieline-users-XXXXXX", &users, NULL);

    close(fd);
    g_file_set_contents(users, "201:127.0.0.1:0123456789abcdef0123456789abcdef:\n", -1, NULL);
    lines = g_strdup_printf("mode = outbound\n[guard]\nusers = %s\n", users);
    scene_open_up(&scene, lines);
    registers(&scene, "Supported: path\r\n");
    heard = phone_hear(scene.primary, "REGISTER sip:pbx.example SIP/2.0");
    header_begins(heard, "Path", "<sip:127.0.0.1:");
    primary_accepts(&scene);
    heard = phone_hear(scene.caller, "SIP/2.0 200");
    g_assert_cmpuint(granted(heard), ==, 300);

    /* The primary calls B by our Path. */
    {
        g_autofree char *uri = g_strdup_printf("sip:205@127.0.0.1:%u", phone_port(scene.caller));
        g_autofree char *route = g_strdup_printf("Route: <sip:127.0.0.1:%u;lr>\r\n", scene.port);

        phone_hang_up(scene.primary);
        phone_request(scene.primary, "INVITE", uri, route, SDP);
        phone_hear(scene.caller, "INVITE sip:205@127.0.0.1:");
        answers(scene.caller, "486 Busy Here");
        phone_hear(scene.primary, "SIP/2.0 486");
    }

    /* It is gone: the PBX's call finds B, after the silence and then at once. */
    calls_205(&scene);
    phone_hear(scene.primary, "INVITE");
    phone_hear(scene.caller, "INVITE sip:205@127.0.0.1:");
    answers(scene.caller, "486 Busy Here");
    phone_hear(scene.gateway, "SIP/2.0 486");
    primary_forget(&scene);

    phone_hang_up(scene.caller);
    registers(&scene, "");
    heard = phone_hear(scene.caller, "SIP/2.0 200");
    g_assert_cmpuint(granted(heard), ==, 180);
    g_assert_true(phone_hears_nothing(scene.primary, 50));
    /* Nobody else may in its place. */
    phone_hang_up(scene.called);
    phone_request(scene.called, "REGISTER", "sip:pbx.example",
                  "From: <sip:205@pbx.example>;tag=x\r\nTo: <sip:205@pbx.example>\r\n"
                  "Contact: <sip:205@127.0.0.9:5066>\r\n",
                  NULL);
    phone_hear(scene.called, "SIP/2.0 401");
    /* And B calls out: it is registered. */
    phone_hang_up(scene.caller);
    phone_request(scene.caller, "INVITE", "sip:9123@pbx.example",
                  "From: <sip:205@pbx.example>;tag=c\r\n", SDP);
    phone_hear(scene.gateway, "INVITE sip:9123@pbx.example");
    answers(scene.gateway, "486 Busy Here");
    phone_hear(scene.caller, "SIP/2.0 486");
    scene_close(&scene);
    unlink(users);
}

/* The first REGISTER that the primary leaves unanswered is answered here. */
static void test_register_taken_over(void)
{
    Scene scene;
    const char *heard;

    scene_open_up(&scene, "mode = outbound\n");
    registers(&scene, "");
    phone_hear(scene.primary, "REGISTER");
    heard = phone_hear(scene.caller, "SIP/2.0 200");
    g_assert_cmpuint(granted(heard), ==, 180);
    primary_forget(&scene);
    calls_205(&scene);
    phone_hear(scene.caller, "INVITE");
    answers(scene.caller, "486 Busy Here");
    phone_hear(scene.gateway, "SIP/2.0 486");
    scene_close(&scene);
}

/* PHONE registers as USER, and hears for how long. */
static guint registers_as(Phone *phone, const char *user)
{
    g_autofree char *lines = g_strdup_printf(
        "From: <sip:%s@pbx.example>;tag=r\r\nTo: <sip:%s@pbx.example>\r\nExpires: 600\r\n"
        "Contact: <sip:%s@127.0.0.1:%u>\r\n",
        user, user, user, phone_port(phone));

    phone_hang_up(phone);
    phone_request(phone, "REGISTER", "sip:pbx.example", lines, NULL);
    return granted(phone_hear(phone, "SIP/2.0 200"));
}

static void state_take(void *user, const PhonesPrimary *primary)
{
    *(gboolean *)user = strcmp(primary->state, "up") == 0 && primary->used;
}

static gboolean is_up(const Scene *scene)
{
    gboolean up = FALSE;

    phones_each_primary(scene->phones, state_take, &up);
    return up;
}

/* The primary is back: of two phones that have registered here meanwhile one goes back at once, the
 * other when its turn has come; both are served all the time. */
static void test_handed_back(void)
{
    Scene scene;
    guint life;

    scene_open(&scene, "mode = outbound\ncheck-down = 100ms\nup-after = 2\nup-time = 100ms\n"
                       "down-after = 1\nhandback-rate = 1\n");
    loop_rest(scene.loop, 300); /* nobody answers */
    phone_forget(scene.primary);
    g_assert_cmpuint(registers_as(scene.caller, "205"), ==, 180);
    g_assert_cmpuint(registers_as(scene.called, "206"), ==, 180);

    /* It answers again, for as long as it takes. */
    phone_forget(scene.primary);
    while (!is_up(&scene)) {
        phone_hear(scene.primary, "OPTIONS");
        phone_reply(scene.primary, "OPTIONS", "200 OK", "", NULL);
        loop_rest(scene.loop, 30);
    }
    phone_forget(scene.primary);

    registers(&scene, "");
    phone_hear(scene.primary, "REGISTER");
    primary_accepts(&scene);
    g_assert_cmpuint(granted(phone_hear(scene.caller, "SIP/2.0 200")), ==, 300);
    life = registers_as(scene.called, "206");
    g_assert_cmpuint(life, >=, 15);
    g_assert_cmpuint(life, <=, 180);
    g_assert_true(phone_hears_nothing(scene.primary, 20));
    /* Who is the primary's again asks it as often as he likes. */
    phone_hang_up(scene.caller);
    registers(&scene, "");
    phone_hear(scene.primary, "REGISTER");
    primary_accepts(&scene);
    phone_hear(scene.caller, "SIP/2.0 200");
    scene_close(&scene);
}

/* It refuses, and that is its word; nothing is learnt. */
static void test_register_refused(void)
{
    Scene scene;

    scene_open_up(&scene, "mode = outbound\n");
    registers(&scene, "");
    phone_hear(scene.primary, "REGISTER");
    phone_reply(scene.primary, "REGISTER", "403 Forbidden", "", NULL);
    phone_hear(scene.caller, "SIP/2.0 403");
    calls_205(&scene);
    phone_hear(scene.primary, "INVITE");
    answers(scene.primary, "404 Not Found");
    phone_hear(scene.gateway, "SIP/2.0 404");
    scene_close(&scene);
}

/* Standby: beside a living primary or not, as [registrar] accept says. */
static void test_register_in_standby(void)
{
    Scene scene;
    const char *heard;

    scene_open_up(&scene, "mode = standby\n");
    registers(&scene, "");
    heard = phone_hear(scene.caller, "SIP/2.0 200");
    g_assert_cmpuint(granted(heard), ==, 600);
    scene_close(&scene);

    scene_open_up(&scene, "mode = standby\nfail-over-after = 200ms\n# accept = outage\n");
    registers(&scene, "");
    heard = phone_hear(scene.caller, "SIP/2.0 503");
    header_is(heard, "Retry-After", NULL);
    calls_205(&scene); /* it goes unanswered */
    phone_hear(scene.primary, "INVITE");
    loop_rest(scene.loop, 250);
    phone_forget(scene.gateway);
    phone_forget(scene.primary);
    phone_hang_up(scene.caller);
    registers(&scene, "");
    heard = phone_hear(scene.caller, "SIP/2.0 200");
    g_assert_cmpuint(granted(heard), ==, 180);
    scene_close(&scene);
}

/* D-23, in the phone's own words: the tries that the slow primary passes on after all. */
static void test_copy_by_a_slow_primary(void)
{
    Scene scene;
    const char *heard;
    g_autofree char *copy = NULL, *rest = NULL;

    scene_open_up(&scene, "mode = standby\n");
    phone_request(scene.caller, "INVITE", scene.number, "", SDP);
    heard = phone_hear(scene.gateway, "INVITE sip:9123@");
    /* As it left the phone, behind the primary's Via. */
    rest = g_strdup(strstr(heard, "From:"));
    g_assert_nonnull(strstr(rest, "CSeq: 1 INVITE"));
    copy = g_strdup_printf(
        "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2:%u;branch=z9hG4bK-copy\r\n"
        "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK-try\r\nMax-Forwards: 69\r\n%s",
        scene.number, phone_port(scene.primary), phone_port(scene.caller), rest);
    phone_send_raw(scene.primary, copy, strlen(copy));
    phone_hear(scene.primary, "SIP/2.0 482");
    answers(scene.gateway, "180 Ringing");
    phone_hear(scene.caller, "SIP/2.0 180");
    answers(scene.gateway, "200 OK");
    phone_hear(scene.caller, "SIP/2.0 200");
    g_assert_true(phone_hears_nothing(scene.gateway, 100));
    scene_close(&scene);
}

/* The other way round: the primary's copy is here already when the phone gives it up and comes by
 * itself. The phone hears what becomes of its call, the PBX of one. */
static void test_copy_by_the_phone(void)
{
    Scene scene;
    const char *heard;
    g_autofree char *copy = NULL, *line = NULL, *routes = NULL, *tag = NULL, *ringing = NULL;
    guint count;

    scene_open_up(&scene, "mode = standby\n");
    /* What the phone has sent to the primary. */
    line = g_strdup_printf(
        "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2:%u;branch=z9hG4bK-slow\r\n"
        "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK-try\r\n"
        "Record-Route: <sip:127.0.0.2:%u;lr>\r\nMax-Forwards: 69\r\n"
        "From: \"Phone\" <sip:100@127.0.0.1>;tag=p\r\nTo: <sip:200@127.0.0.1>\r\nCall-ID: "
        "slow@phone\r\n"
        "CSeq: 1 INVITE\r\nContact: <sip:100@127.0.0.1:%u>\r\nContent-Length: 0\r\n\r\n",
        scene.number, phone_port(scene.primary), phone_port(scene.caller),
        phone_port(scene.primary), phone_port(scene.caller));
    phone_send_raw(scene.primary, line, strlen(line));
    phone_hear(scene.gateway, "INVITE sip:9123@");
    answers(scene.gateway, "180 Ringing");
    phone_hear(scene.primary, "SIP/2.0 180");

    copy = g_strdup_printf(
        "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK-backup\r\nMax-Forwards: "
        "70\r\n"
        "From: \"Phone\" <sip:100@127.0.0.1>;tag=p\r\nTo: <sip:200@127.0.0.1>\r\nCall-ID: "
        "slow@phone\r\n"
        "CSeq: 1 INVITE\r\nContact: <sip:100@127.0.0.1:%u>\r\nContent-Length: 0\r\n\r\n",
        scene.number, phone_port(scene.caller), phone_port(scene.caller));
    phone_send_raw(scene.caller, copy, strlen(copy));
    phone_hear(scene.primary, "SIP/2.0 482");
    ringing = g_strdup(phone_last_sent(scene.gateway));
    heard = phone_hear(scene.caller, "SIP/2.0 180");
    /* The dialog of who rings, which is there to be spoken in. */
    tag = message_header(ringing, "To");
    header_is(heard, "To", tag);
    g_assert_nonnull(strstr(heard, "branch=z9hG4bK-backup"));
    g_assert_null(strstr(heard, "127.0.0.2"));
    routes = g_strdup_printf("Record-Route: <sip:127.0.0.1:%u;lr>, <sip:127.0.0.2:%u;lr>\r\n",
                             scene.port, phone_port(scene.primary));
    phone_reply(scene.gateway, "INVITE", "200 OK", routes, SDP);
    heard = phone_hear(scene.caller, "SIP/2.0 200");
    header_begins(heard, "Via", "SIP/2.0/UDP 127.0.0.1:");
    g_assert_nonnull(strstr(heard, "branch=z9hG4bK-backup"));
    g_assert_null(strstr(heard, "127.0.0.2"));
    g_assert_nonnull(strstr(heard, "Record-Route:"));
    g_assert_true(phone_hears_nothing(scene.gateway, 50));
    /* Again, as its ACK was lost: by the same way, when nobody remembers the first any more. */
    phone_forget(scene.primary);
    count = phone_heard_count(scene.caller);
    phone_reply(scene.gateway, "INVITE", "200 OK", routes, SDP);
    g_assert_true(phone_hears_nothing(scene.primary, 50));
    g_assert_cmpuint(phone_heard_count(scene.caller), ==, count + 1);
    scene_close(&scene);
}

/* The primary that was given up sends the call back to us, where it is under way: it rings once. */
static void test_copy_of_what_was_given_up(void)
{
    Scene scene;
    const char *heard;
    g_autofree char *copy = NULL, *line = NULL;

    scene_open_up(&scene, "mode = outbound\n");
    phone_request(scene.caller, "INVITE", "sip:9123@pbx.example", "", SDP);
    heard = phone_hear(scene.primary, "INVITE sip:9123@pbx.example");
    line = g_strdup_printf("INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2:%u;branch=z9hG4bK-back",
                           scene.number, phone_port(scene.primary));
    copy = g_strconcat(line, strstr(heard, "\r\n"), NULL);
    phone_hear(scene.gateway, "INVITE sip:9123@pbx.example");
    primary_forget(&scene);
    phone_send_raw(scene.primary, copy, strlen(copy));
    phone_hear(scene.primary, "SIP/2.0 482");
    answers(scene.gateway, "486 Busy Here");
    phone_hear(scene.caller, "SIP/2.0 486");
    scene_close(&scene);
}

/* ---- emergency-only ---- */

static void test_emergency_only(void)
{
    Scene scene;
    const char *heard;

    scene_open(&scene, "mode = emergency-only\n");
    phone_request(scene.caller, "INVITE", scene.user, "", SDP);
    heard = phone_hear(scene.caller, "SIP/2.0 503");
    header_is(heard, "Retry-After", NULL);
    g_assert_true(phone_hears_nothing(scene.called, 50));
    scene_close(&scene);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    sofia_open();
    g_test_add_func("/primaries/pbx-call", test_pbx_call_goes_to_the_primary);
    g_test_add_func("/primaries/silent", test_silent_primary);
    g_test_add_func("/primaries/late", test_late_primary);
    g_test_add_func("/primaries/refusals", test_primary_that_refuses);
    g_test_add_func("/primaries/rung-is-rung", test_rung_is_rung);
    g_test_add_func("/primaries/cancel", test_cancel_while_primary_is_silent);
    g_test_add_func("/primaries/phone-in-standby", test_phone_in_standby);
    g_test_add_func("/primaries/from-the-primary", test_from_the_primary);
    g_test_add_func("/primaries/outbound", test_outbound);
    g_test_add_func("/primaries/outbound-outage", test_outbound_outage);
    g_test_add_func("/primaries/outbound-guarded", test_outbound_guarded);
    g_test_add_func("/primaries/outbound-known-user", test_outbound_known_user);
    g_test_add_func("/primaries/learns", test_learns);
    g_test_add_func("/primaries/register-taken-over", test_register_taken_over);
    g_test_add_func("/primaries/handed-back", test_handed_back);
    g_test_add_func("/primaries/register-refused", test_register_refused);
    g_test_add_func("/primaries/register-in-standby", test_register_in_standby);
    g_test_add_func("/primaries/copy-by-a-slow-primary", test_copy_by_a_slow_primary);
    g_test_add_func("/primaries/copy-by-the-phone", test_copy_by_the_phone);
    g_test_add_func("/primaries/copy-of-what-was-given-up", test_copy_of_what_was_given_up);
    g_test_add_func("/primaries/emergency-only", test_emergency_only);
    name_stories();
    result = g_test_run();
    sofia_close();
    return result;
}
