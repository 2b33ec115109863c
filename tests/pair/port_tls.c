/* The proxy's TLS port: versions, chains, a certificate that is replaced, connections used both
 * ways. */
#include "port_story.h"

#include "log.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/tport.h>
#include <string.h>
#include <unistd.h>

static void tls_is_1_2_or_later(void)
{
    Story story;
    Peer *peer;

    story_open(&story, WITH_TLS);
    peer = peer_new(&story);
    peer_does(peer, "refused TLSV1_ALERT_PROTOCOL_VERSION", "connect tls " V4 " %u 1.1",
              story.tls_number);
    peer_does(peer, "connected", "connect tls " V4 " %u 1.2", story.tls_number);
    peer_does(peer, OK, "options");
    peer_does(peer, "connected", "connect tls " V4 " %u 1.3", story.tls_number);
    peer_does(peer, OK, "options");
    peer_free(peer);
    story_close(&story);

    story_open(&story, WITH_TLS "tls-min = 1.3\n");
    peer = peer_new(&story);
    peer_does(peer, "refused TLSV1_ALERT_PROTOCOL_VERSION", "connect tls " V4 " %u 1.2",
              story.tls_number);
    peer_does(peer, "connected", "connect tls " V4 " %u 1.3", story.tls_number);
    peer_does(peer, OK, "options");
    peer_free(peer);
    story_close(&story);
}

static void the_chain_is_shown(void)
{
    g_autofree char *chain = file_of("chain.pem"), *key = file_of("leaf.key"),
                    *root = file_of("root.crt"), *more = NULL;
    Story story;
    Peer *peer;

    more = g_strdup_printf("tls-listen = %%TLS\ntls-certificate = %s\ntls-key = %s\n", chain, key);
    story_open(&story, more);
    peer = peer_new(&story);
    peer_does(peer, "connected", "connect tls " V4 " %u any %s", story.tls_number, root);
    peer_does(peer, "same", "shows %s", chain);
    peer_free(peer);
    story_close(&story);
}

static void files_copy(const char *from, const char *to)
{
    run("cp -p %s %s.new && mv %s.new %s", from, to, to, to);
}

static void a_new_certificate_cuts_nothing(void)
{
    g_autofree char *used = file_of("used.pem"), *one = file_of("one.pem"),
                    *two = file_of("two.pem"), *more = NULL;
    Story story;
    Peer *old, *new;

    files_copy("one.pem", "used.pem");
    more = g_strdup_printf("tls-listen = %%TLS\ntls-certificate = %s\n", used);
    story_open(&story, more);
    old = peer_new(&story);
    new = peer_new(&story);
    peer_does(old, "connected", "connect tls " V4 " %u", story.tls_number);
    peer_does(old, "same", "shows %s", one);
    files_copy("two.pem", "used.pem"); /* RSA in the place of an elliptic curve */
    peer_does(new, "connected", "connect tls " V4 " %u", story.tls_number);
    peer_does(new, "same", "shows %s", one); /* not before the reload */
    proxyport_set_settings(story.port, story.settings);
    peer_does(new, "connected", "connect tls " V4 " %u", story.tls_number);
    peer_does(new, "same", "shows %s", two);
    peer_does(new, "connected", "connect tls " V4 " %u 1.2", story.tls_number);
    peer_does(new, "same", "shows %s", two);
    peer_does(old, OK, "options");
    peer_does(new, OK, "options");
    /* What cannot be used leaves things as they are. */
    run("echo nonsense > used.pem");
    proxyport_set_settings(story.port, story.settings);
    peer_does(new, "connected", "connect tls " V4 " %u", story.tls_number);
    peer_does(new, "same", "shows %s", two);
    run("cat one.crt two.key > used.pem");
    proxyport_set_settings(story.port, story.settings);
    peer_does(new, "connected", "connect tls " V4 " %u", story.tls_number);
    peer_does(new, "same", "shows %s", two);
    run("rm used.pem");
    proxyport_set_settings(story.port, story.settings);
    peer_does(new, "connected", "connect tls " V4 " %u", story.tls_number);
    peer_does(new, "same", "shows %s", two);
    peer_does(old, OK, "options"); /* three contexts later */
    peer_does(old, "sent", "send \\r\\n\\r\\n");
    peer_does(old, "'\\r\\n'", "hear 5");
    peer_free(old);
    peer_free(new);
    story_close(&story);
}

static void mistakes_name_setting_and_place(void)
{
    static const struct {
        const char *keys, *wanted;
    } cases[] = {
        {"tls-certificate = %F/none.pem\n",
         "[proxy] tls-certificate: %F/none.pem: No such file or directory"},
        {"tls-certificate = %F/ca.ext\n",
         "[proxy] tls-certificate: %F/ca.ext: no certificate can be read from it (no start line)"},
        {"tls-certificate = %F/one.crt\n",
         "[proxy] tls-certificate: %F/one.crt: no key can be read from it ("},
        {"tls-certificate = %F/one.crt\ntls-key = %F/two.key\n",
         "[proxy] tls-key: %F/two.key: is not the key of the certificate"},
        {"tls-certificate = %F/one.crt\ntls-key = %F/none.key\n",
         "[proxy] tls-key: %F/none.key: No such file or directory"},
        {"tls-certificate = %F/one.crt\ntls-key = %F/locked.key\n",
         "[proxy] tls-key: %F/locked.key: no key can be read from it ("},
    };
    Story story;

    run("openssl pkey -in one.key -aes128 -passout pass:x -out locked.key");
    story_open(&story, "");
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GString) keys = g_string_new(cases[i].keys);
        g_autoptr(GString) wanted = g_string_new(cases[i].wanted);
        g_autoptr(Settings) settings = NULL;
        g_autoptr(GError) error = NULL;

        g_string_replace(keys, "%F", port_folder, 0);
        g_string_replace(wanted, "%F", port_folder, 0);
        settings = settings_of(
            "[sip]\nlisten = 127.0.0.1:%u\n[proxy]\ntls-listen = 127.0.0.1:%u\n%s",
            free_port(SOCK_STREAM, "127.0.0.1"), free_port(SOCK_STREAM, "127.0.0.1"), keys->str);
        g_assert_null(port_of(&story, settings, &error));
        g_test_message("%s", error->message);
        g_assert_true(g_str_has_prefix(error->message, wanted->str));
    }
    story_close(&story);
}

static int story_answered(nta_outgoing_magic_t *magic, nta_outgoing_t *request, sip_t const *sip)
{
    Story *story = (Story *)magic;

    g_string_append_printf(story->told, "%d ", nta_outgoing_status(request));
    if (nta_outgoing_status(request) >= 200)
        nta_outgoing_destroy(request);
    return 0;
}

static void a_phone_is_reached_by_its_own_connection(void)
{
    static const char *const transports[] = {"tcp", "tls"};
    Story story;

    story_open(&story, WITH_TLS);
    for (guint i = 0; i < G_N_ELEMENTS(transports); i++) {
        Peer *peer = peer_new(&story);
        g_autofree char *said = NULL, *line = NULL, *uri = NULL, *request = NULL;
        struct sockaddr_storage far;
        guint number = 0;
        nta_leg_t *leg;
        tport_t *connection;

        line = g_strdup_printf("connect %s " V4 " %u", transports[i],
                               i ? story.tls_number : story.number);
        peer_begin(peer, line);
        said = peer_end(peer);
        g_assert_cmpint(sscanf(said, "connected %u", &number), ==, 1);
        peer_does(peer, OK, "options");
        g_assert_true(address_parse("127.0.0.1", &far));
        address_set_port(&far, (guint16)number);
        connection = proxyport_connection(proxyport_agent(story.port), transports[i],
                                          (struct sockaddr *)&far);
        g_assert_nonnull(connection);
        g_assert_null(proxyport_connection(proxyport_agent(story.port), transports[!i],
                                           (struct sockaddr *)&far));
        uri = g_strdup_printf("sip:a@127.0.0.1:%u;transport=%s", number, transports[i]);
        leg = nta_leg_tcreate(proxyport_agent(story.port), NULL, NULL, NTATAG_NO_DIALOG(1),
                              TAG_END());
        peer_begin(peer, "answer");
        nta_outgoing_tcreate(leg, story_answered, (nta_outgoing_magic_t *)&story, NULL,
                             SIP_METHOD_OPTIONS, URL_STRING_MAKE(uri), SIPTAG_FROM_STR("<sip:box>"),
                             SIPTAG_TO_STR("<sip:a@x>"), NTATAG_TPORT(connection), TAG_END());
        request = peer_end(peer);
        g_assert_true(g_str_has_prefix(request, "OPTIONS sip:a@"));
        rest(&story, 100);
        g_assert_cmpstr(story.told->str, ==, "200 ");
        g_string_truncate(story.told, 0);
        nta_leg_destroy(leg);
        peer_free(peer);
        rest(&story, 50);
        g_assert_null(proxyport_connection(proxyport_agent(story.port), transports[i],
                                           (struct sockaddr *)&far));
    }
    story_close(&story);
}

static char *log_of(void (*func)(void))
{
    g_autofree char *file = file_of("log");
    char *text = NULL;
    int kept = dup(STDERR_FILENO), fd = g_open(file, O_CREAT | O_TRUNC | O_WRONLY, 0600);

    dup2(fd, STDERR_FILENO);
    func();
    dup2(kept, STDERR_FILENO);
    close(fd);
    close(kept);
    g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
    return text;
}

static void story_of_old_certificate(void)
{
    g_autofree char *old = file_of("old.pem"), *more = NULL;
    Story story;

    more = g_strdup_printf("tls-listen = %%TLS\ntls-certificate = %s\n", old);
    story_open(&story, more);
    run("echo nonsense > old.pem");
    proxyport_set_settings(story.port, story.settings);
    story_close(&story);
}

static void what_goes_wrong_is_told(void)
{
    g_autofree char *log = NULL, *wanted = NULL;

    make_certificate("old", EC, 5);
    run("chmod 644 old.pem");
    log_open(LEVEL_NOTICE, TRUE);
    log = log_of(story_of_old_certificate);
    g_test_message("%s", log);
    wanted = g_strdup_printf("<4>[proxy] tls-certificate: %s/old.pem: expires on ", port_folder);
    g_assert_nonnull(strstr(log, wanted));
    g_assert_nonnull(strstr(log, "old.pem: everybody may read the key"));
    g_assert_nonnull(strstr(
        log,
        "old.pem: no certificate can be read from it (no start line); the old certificate stays"));
    g_assert_nonnull(strstr(log, "<5>phones: outgoing TLS needs a newer Sofia-SIP"));
    g_assert_nonnull(strstr(log, " (udp)\n"));
    g_assert_nonnull(strstr(log, " (tls)\n"));
}

/* Sofia's own would be TLS 1.0: it is not tried. */
static void no_tls_connection_is_made(void)
{
    guint16 number = free_port(SOCK_STREAM, "127.0.0.1");
    struct sockaddr_storage far;
    g_autofree char *uri = g_strdup_printf("sip:a@127.0.0.1:%u;transport=tls", number);
    gint64 end;
    Story story;
    nta_leg_t *leg;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_true(address_parse("127.0.0.1", &far));
    address_set_port(&far, number);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&far, address_length(&far)), ==, 0);
    g_assert_cmpint(listen(fd, 1), ==, 0);
    story_open(&story, WITH_TLS);
    g_assert_null(
        proxyport_connection(proxyport_agent(story.port), "tls", (struct sockaddr *)&far));
    leg = nta_leg_tcreate(proxyport_agent(story.port), NULL, NULL, NTATAG_NO_DIALOG(1), TAG_END());
    nta_outgoing_tcreate(leg, story_answered, (nta_outgoing_magic_t *)&story, NULL,
                         SIP_METHOD_OPTIONS, URL_STRING_MAKE(uri), SIPTAG_FROM_STR("<sip:box>"),
                         SIPTAG_TO_STR("<sip:a@x>"), TAG_END());
    end = loop_now(story.loop) + 5 * G_USEC_PER_SEC;
    while (!story.told->len && loop_now(story.loop) < end)
        rest(&story, 10);
    g_assert_cmpstr(story.told->str, ==, "503 ");
    nta_leg_destroy(leg);
    close(fd);
    story_close(&story);
}

void port_tls_stories(void)
{
    g_test_add_func("/port/tls/tls-is-1-2-or-later", tls_is_1_2_or_later);
    g_test_add_func("/port/tls/the-chain-is-shown", the_chain_is_shown);
    g_test_add_func("/port/tls/a-new-certificate-cuts-nothing", a_new_certificate_cuts_nothing);
    g_test_add_func("/port/tls/mistakes-name-setting-and-place", mistakes_name_setting_and_place);
    g_test_add_func("/port/tls/a-phone-is-reached-by-its-own-connection",
                    a_phone_is_reached_by_its_own_connection);
    g_test_add_func("/port/tls/no-tls-connection-is-made", no_tls_connection_is_made);
    g_test_add_func("/port/tls/what-goes-wrong-is-told", what_goes_wrong_is_told);
}
