/* The proxy's port with real sockets: UDP, TCP, IPv6, who is heard, limits, keep-alives. */
#include "port_story.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void udp_and_tcp_share_a_port(void)
{
    Story story;
    Peer *udp, *tcp;

    story_open(&story, "");
    udp = peer_new(&story);
    tcp = peer_new(&story);
    peer_does(udp, "connected", "connect udp " V4 " %u", story.number);
    peer_does(udp, OK, "options");
    peer_does(tcp, "connected", "connect tcp " V4 " %u", story.number);
    peer_does(tcp, OK, "options");
    peer_does(tcp, OK, "options"); /* the same connection */
    g_assert_cmpuint(story.requests, ==, 3);
    g_assert_cmpuint(counter(&story, "proxy connections open"), ==, 1);
    peer_free(udp);
    peer_free(tcp);
    rest(&story, 50);
    g_assert_cmpuint(counter(&story, "proxy connections open"), ==, 0);
    story_close(&story);
}

static void tcp_can_be_left_out(void)
{
    Story story;
    Peer *peer;

    story_open(&story, "[sip]\ntcp = no\n");
    peer = peer_new(&story);
    peer_does(peer, "refused", "connect tcp " V4 " %u", story.number);
    peer_does(peer, "connected", "connect udp " V4 " %u", story.number);
    peer_does(peer, OK, "options");
    peer_free(peer);
    story_close(&story);
}

static void ipv6_and_more_addresses_are_served(void)
{
    g_autofree char *more = NULL, *certificate = file_of("one.pem");
    guint16 six = free_port(SOCK_STREAM, "::1"), other = free_port(SOCK_STREAM, "127.0.0.1");
    guint16 tls = free_port(SOCK_STREAM, "::1");
    struct sockaddr_storage own;
    Story story;
    Peer *peer;

    more = g_strdup_printf("tls-listen = [::1]:%u\ntls-certificate = %s\n"
                           "[sip]\nalso-listen = [::1]:%u, 127.0.0.1:%u\n",
                           tls, certificate, six, other);
    story_open(&story, more);
    peer = peer_new(&story);
    peer_does(peer, "connected", "connect udp ::1 ::1 %u", six);
    peer_does(peer, OK, "options");
    peer_does(peer, "connected", "connect tcp ::1 ::1 %u", six);
    peer_does(peer, OK, "options");
    peer_does(peer, "connected", "connect tls ::1 ::1 %u", tls);
    peer_does(peer, OK, "options");
    peer_does(peer, "connected", "connect tcp " V4 " %u", other);
    peer_does(peer, OK, "options");
    peer_does(peer, "connected", "connect udp " V4 " %u", other);
    peer_does(peer, OK, "options");
    g_assert_true(address_parse("::1", &own));
    address_set_port(&own, tls);
    g_assert_true(proxyport_is_own(story.port, "tls", (struct sockaddr *)&own));
    g_assert_false(proxyport_is_own(story.port, "tcp", (struct sockaddr *)&own));
    address_set_port(&own, six);
    g_assert_true(proxyport_is_own(story.port, "tcp", (struct sockaddr *)&own));
    peer_free(peer);
    story_close(&story);
}

static void a_taken_port_is_named(void)
{
    static const struct {
        int type;
        const char *name;
    } types[] = {{SOCK_DGRAM, "udp"}, {SOCK_STREAM, "tcp"}};
    Story story;

    story_open(&story, "");
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        guint16 number = free_port(types[i].type, "127.0.0.1");
        g_autofree char *wanted = g_strdup_printf(
            "[sip] also-listen: 127.0.0.1:%u (%s): Address already in use", number, types[i].name);
        g_autoptr(Settings) settings =
            settings_of("[sip]\nlisten = 127.0.0.1:%u\nalso-listen = 127.0.0.1:%u\n",
                        free_port(SOCK_STREAM, "127.0.0.1"), number);
        g_autoptr(GError) error = NULL;
        struct sockaddr_storage place;
        int fd = socket(AF_INET, types[i].type | SOCK_CLOEXEC, 0);

        g_assert_true(address_parse("127.0.0.1", &place));
        address_set_port(&place, number);
        g_assert_cmpint(bind(fd, (struct sockaddr *)&place, address_length(&place)), ==, 0);
        if (types[i].type == SOCK_STREAM)
            g_assert_cmpint(listen(fd, 1), ==, 0);
        g_assert_null(port_of(&story, settings, &error));
        g_assert_cmpstr(error->message, ==, wanted);
        close(fd);
    }
    story_close(&story);
}

static void strangers_are_not_heard(void)
{
    Story story;
    Peer *peer;

    story_open(&story, WITH_TLS);
    peer = peer_new(&story);
    peer_does(peer, "connected", "connect udp 127.0.0.2 127.0.0.1 %u", story.number);
    peer_does(peer, "None", "request OPTIONS");
    peer_does(peer, "silence", "hear 0.1");
    g_assert_cmpuint(counter(&story, "proxy requests dropped"), ==, 1);
    peer_does(peer, "closed", "knock tcp 127.0.0.2 127.0.0.1 %u", story.number);
    peer_does(peer, "closed", "knock tls 127.0.0.2 127.0.0.1 %u", story.tls_number);
    g_assert_cmpuint(counter(&story, "proxy connections of strangers"), ==, 2);
    g_assert_cmpuint(story.requests, ==, 0);
    peer_free(peer);
    story_close(&story);
}

static void who_is_admitted_is_heard(void)
{
    struct sockaddr_storage address;
    Story story;
    Peer *peer;

    story_open(&story, "");
    peer = peer_new(&story);
    g_assert_true(address_parse("127.0.0.2:1", &address));
    proxyport_admit(story.port, (struct sockaddr *)&address);
    proxyport_admit(story.port, (struct sockaddr *)&address);
    proxyport_forget(story.port, (struct sockaddr *)&address);
    peer_does(peer, "connected", "connect udp 127.0.0.2 127.0.0.1 %u", story.number);
    peer_does(peer, OK, "options");
    proxyport_forget(story.port, (struct sockaddr *)&address);
    peer_does(peer, "None", "request OPTIONS");
    peer_does(peer, "silence", "hear 0.1");
    story.hears = TRUE; /* the room knows its dialog */
    peer_does(peer, OK, "options");
    peer_free(peer);
    story_close(&story);
}

static void settings_are_followed_live(void)
{
    g_autoptr(Settings) fresh = NULL;
    Story story;
    Peer *peer, *second;

    story_open(&story, "");
    peer = peer_new(&story);
    fresh = settings_of("[sip]\nlisten = 127.0.0.1:%u\nallow = 127.0.0.0/8\n"
                        "max-connections = 1\n",
                        story.number);
    proxyport_set_settings(story.port, fresh);
    peer_does(peer, "connected", "connect udp 127.0.0.2 127.0.0.1 %u", story.number);
    peer_does(peer, OK, "options");
    peer_does(peer, "connected", "connect tcp 127.0.0.2 127.0.0.1 %u", story.number);
    peer_does(peer, OK, "options");
    second = peer_new(&story);
    peer_does(second, "closed", "knock tcp " V4 " %u", story.number);
    peer_free(second);
    peer_free(peer);
    story_close(&story);
}

static void connections_are_limited(void)
{
    Story story;
    Peer *peers[4];

    story_open(&story, "[sip]\nmax-connections = 3\nmax-connections-per-source = 2\n");
    for (guint i = 0; i < G_N_ELEMENTS(peers); i++)
        peers[i] = peer_new(&story);
    for (guint i = 0; i < 2; i++) {
        peer_does(peers[i], "connected", "connect tcp " V4 " %u", story.number);
        peer_does(peers[i], OK, "options");
    }
    peer_does(peers[2], "closed", "knock tcp " V4 " %u", story.number); /* its source has two */
    peer_does(peers[2], "connected", "connect tcp 127.0.0.3 127.0.0.1 %u", story.number);
    peer_does(peers[2], OK, "options");
    peer_does(peers[3], "closed", "knock tcp 127.0.0.3 127.0.0.1 %u",
              story.number); /* there are three */
    g_assert_cmpuint(counter(&story, "proxy connections over the limit"), ==, 2);
    peer_does(peers[0], OK, "options");
    peer_does(peers[0], "closed", "close");
    rest(&story, 50);
    peer_does(peers[3], "connected", "connect tcp 127.0.0.3 127.0.0.1 %u", story.number);
    peer_does(peers[3], OK, "options"); /* there is room again */
    for (guint i = 0; i < G_N_ELEMENTS(peers); i++)
        peer_free(peers[i]);
    story_close(&story);
}

static void keep_alives_are_answered(void)
{
    Story story;
    Peer *udp, *tcp, *tls;

    story_open(&story, WITH_TLS);
    udp = peer_new(&story);
    tcp = peer_new(&story);
    tls = peer_new(&story);
    peer_does(udp, "connected", "connect udp " V4 " %u", story.number);
    peer_does(udp, "sent", "send \\r\\n\\r\\n");
    peer_does(udp, "sent", "send \\r\\n");
    peer_does(udp, "silence", "hear 0.1");
    peer_does(udp, OK, "options");
    peer_does(tcp, "connected", "connect tcp " V4 " %u", story.number);
    peer_does(tls, "connected", "connect tls " V4 " %u", story.tls_number);
    for (guint i = 0; i < 2; i++) { /* before and between messages */
        peer_does(tcp, "sent", "send \\r\\n\\r\\n");
        peer_does(tcp, "'\\r\\n'", "hear 5");
        peer_does(tcp, OK, "options");
        peer_does(tls, "sent", "send \\r\\n\\r\\n");
        peer_does(tls, "'\\r\\n'", "hear 5");
        peer_does(tls, OK, "options");
    }
    peer_does(tcp, "sent", "send \\r\\n"); /* a pong */
    peer_does(tcp, "silence", "hear 0.1");
    peer_does(tls, "sent", "send \\r\\n");
    peer_does(tls, "silence", "hear 0.1");
    peer_does(tls, OK, "options");
    g_assert_cmpuint(counter(&story, "proxy messages malformed"), ==, 0);
    peer_free(udp);
    peer_free(tcp);
    peer_free(tls);
    story_close(&story);
}

static void silent_connections_are_closed(void)
{
    Story story;
    Peer *mute, *half, *told, *tls, *alive;

    story_open(&story, WITH_TLS "[sip]\nidle = 1s\n");
    mute = peer_new(&story);
    half = peer_new(&story);
    told = peer_new(&story);
    tls = peer_new(&story);
    alive = peer_new(&story);
    peer_does(mute, "connected", "connect tcp " V4 " %u", story.number);
    peer_does(half, "connected", "connect tls " V4 " %u", story.tls_number);
    peer_does(half, "sent", "send OPTIONS sip:x SIP/2.0\\r\\n");
    peer_does(told, "connected", "connect tcp " V4 " %u", story.number);
    peer_does(told, OK, "options");
    peer_does(tls, "connected", "connect tls " V4 " %u", story.tls_number);
    peer_does(tls, OK, "options");
    peer_does(alive, "connected", "connect tls " V4 " %u", story.tls_number);
    for (guint i = 0; i < 8; i++) {
        peer_does(alive, "sent", "send \\r\\n\\r\\n");
        peer_does(alive, "'\\r\\n'", "hear 5");
        rest(&story, 300);
    }
    peer_does(mute, "closed", "hear 5");
    peer_does(half, "closed", "hear 5");
    peer_does(told, "closed", "hear 5");
    peer_does(tls, "closed", "hear 5");
    peer_does(alive, OK, "options");
    g_assert_cmpuint(counter(&story, "proxy connections open"), ==, 1);
    peer_free(mute);
    peer_free(half);
    peer_free(told);
    peer_free(tls);
    peer_free(alive);
    story_close(&story);
}

static void what_is_no_sip_ends_a_stream(void)
{
    Story story;
    Peer *peer;

    story_open(&story, "");
    peer = peer_new(&story);
    peer_does(peer, "connected", "connect tcp " V4 " %u", story.number);
    peer_does(peer, OK, "options");
    peer_does(peer, "sent", "send GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n");
    peer_does(peer, "silence", "hear 0.1");
    peer_does(peer, "sent", "send and more of it"); /* which Sofia does not read */
    peer_does(peer, "closed", "hear 20");
    peer_free(peer);
    story_close(&story);
}

/* Who cannot be taken is turned away, and the port is not worn out by asking. */
static void without_descriptors_nobody_waits(void)
{
    struct rlimit kept, few;
    int taken[256];
    guint count = 0;
    Story story;
    Peer *peer;

    story_open(&story, "");
    peer = peer_new(&story);
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &kept), ==, 0);
    few = (struct rlimit){G_N_ELEMENTS(taken), kept.rlim_max};
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &few), ==, 0);
    while ((taken[count] = dup(STDIN_FILENO)) >= 0)
        count++;
    peer_does(peer, "closed", "knock tcp " V4 " %u", story.number);
    while (count)
        close(taken[--count]);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &kept), ==, 0);
    peer_does(peer, "connected", "connect tcp " V4 " %u", story.number);
    peer_does(peer, OK, "options");
    peer_free(peer);
    story_close(&story);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    port_folder = g_dir_make_tmp("port-XXXXXX", NULL);
    g_assert_nonnull(port_folder);
    make_certificate("one", EC, 365);
    make_certificate("two", "rsa:2048", 365);
    make_chain();
    sofia_open();
    g_test_add_func("/port/udp-and-tcp-share-a-port", udp_and_tcp_share_a_port);
    g_test_add_func("/port/tcp-can-be-left-out", tcp_can_be_left_out);
    g_test_add_func("/port/ipv6-and-more-addresses-are-served", ipv6_and_more_addresses_are_served);
    g_test_add_func("/port/a-taken-port-is-named", a_taken_port_is_named);
    g_test_add_func("/port/strangers-are-not-heard", strangers_are_not_heard);
    g_test_add_func("/port/who-is-admitted-is-heard", who_is_admitted_is_heard);
    g_test_add_func("/port/settings-are-followed-live", settings_are_followed_live);
    g_test_add_func("/port/connections-are-limited", connections_are_limited);
    g_test_add_func("/port/keep-alives-are-answered", keep_alives_are_answered);
    g_test_add_func("/port/silent-connections-are-closed", silent_connections_are_closed);
    g_test_add_func("/port/what-is-no-sip-ends-a-stream", what_is_no_sip_ends_a_stream);
    g_test_add_func("/port/without-descriptors-nobody-waits", without_descriptors_nobody_waits);
    port_tls_stories();
    result = g_test_run();
    sofia_close();
    run("rm -r %s", port_folder);
    g_free(port_folder);
    return result;
}
