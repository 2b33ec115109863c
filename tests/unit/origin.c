/* Who is believed, and what a Reason says: small readings at SIP's border. */
#include "sip_room.h"

#include "cause.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static Settings *settings_of_peers(void)
{
    g_autoptr(GError) error = NULL;
    Settings *settings =
        settings_parse("test",
                       "[span e1]\nlocal = 127.0.0.1:2142\nremote = 127.0.0.1:2143\n"
                       "[trunk pbx]\nspan = e1\n"
                       "[peer proxy]\nnetwork = 192.0.2.0/24\ntrusted = yes\n"
                       "[peer phones]\nnetwork = 2001:db8::/32, 198.51.100.0/24\n",
                       &error);

    g_assert_no_error(error);
    return settings;
}

static void origin_names_the_peer(void)
{
    static const struct {
        const char *source, *peer;
        gboolean trusted;
    } cases[] = {{"192.0.2.9:5060", "proxy", TRUE},
                 {"[2001:db8::7]:5062", "phones", FALSE},
                 {"198.51.100.1:5060", "phones", FALSE},
                 {"203.0.113.1:5060", "", FALSE}};
    g_autoptr(Settings) settings = settings_of_peers();

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        struct sockaddr_storage source;
        CallOrigin origin;
        char text[64];

        g_assert_true(address_parse(cases[i].source, &source));
        origin_read(settings, (struct sockaddr *)&source, &origin);
        g_assert_cmpint(origin.kind, ==, ORIGIN_SIP);
        g_assert_cmpstr(origin.peer, ==, cases[i].peer);
        g_assert_cmpint(origin.trusted, ==, cases[i].trusted);
        g_assert_cmpstr(address_describe((struct sockaddr *)&origin.source, text, sizeof(text)), ==,
                        cases[i].source);
    }
}

static void a_reason_is_written_with_its_location(void)
{
    ReasonText text;

    reason_write(17, CAUSE_LOCATION_NONE, &text);
    g_assert_cmpstr(text.text, ==, "Q.850;cause=17;text=\"User busy\"");
    reason_write(21, 0, &text);
    g_assert_cmpstr(text.text, ==, "Q.850;cause=21;text=\"Call rejected\";location=U");
    reason_write(0, 0, &text);
    g_assert_cmpstr(text.text, ==, "");
    reason_write(128, 0, &text);
    g_assert_cmpstr(text.text, ==, "");
    for (guint cause = 1; cause < 128; cause++) {
        reason_write((guint8)cause, 10, &text);
        g_assert_true(g_str_has_suffix(text.text, "\";location=BI"));
    }
}

static void a_location_is_read_back(void)
{
    for (gint8 location = 0; location < 16; location++) {
        const char *token = cause_location_token(location);

        g_assert_nonnull(token);
        g_assert_cmpint(reason_location(token), ==, location);
    }
    g_assert_cmpint(reason_location("lpn"), ==, 1);
    g_assert_cmpint(reason_location("nowhere"), ==, CAUSE_LOCATION_NONE);
    g_assert_cmpint(reason_location(NULL), ==, CAUSE_LOCATION_NONE);
}

static void only_causes_1_to_127_are_read(void)
{
    static const struct {
        const char *text;
        guint8 cause;
    } cases[] = {{"1", 1},   {"127", 127}, {"16", 16}, {"0", 0},   {"128", 0},
                 {"-1", 0},  {"", 0},      {"16x", 0}, {"1e1", 0}, {"99999999999999999999", 0},
                 {" 16", 0}, {NULL, 0}};

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        g_assert_cmpuint(reason_cause(cases[i].text), ==, cases[i].cause);
}

static void a_uri_becomes_a_phone_uri(void)
{
    static const struct {
        const char *uri, *result;
    } cases[] = {
        {"sip:100@192.0.2.1", "sip:100@192.0.2.1;user=phone"},
        {"sip:+4971@192.0.2.1:5070", "sip:+4971@192.0.2.1:5070;user=phone"},
        {"sip:100@192.0.2.1;user=phone", "sip:100@192.0.2.1;user=phone"},
        {"sip:100@192.0.2.1;user=ip", "sip:100@192.0.2.1;user=ip"},
        {"sip:100@h;transport=udp", "sip:100@h;transport=udp;user=phone"},
        {"sip:ann@192.0.2.1", "sip:ann@192.0.2.1"},
        {"sip:192.0.2.1", "sip:192.0.2.1"},
        {"mailto:ann@x", NULL},
        {"", NULL},
        {"sip:", NULL},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Subaddress none = {0};
        g_autofree char *result = identity_phone_uri(cases[i].uri, &none);

        g_assert_cmpstr(result, ==, cases[i].result);
    }
}

/* connect() to the broadcast address fails at once, on any machine: EACCES. */
static int connect_to_broadcast(int type, guint16 port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_BROADCAST)};
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    int result = connect(fd, (struct sockaddr *)&address, sizeof(address));
    int why = result ? errno : 0;

    close(fd);
    return why;
}

/* Sofia's resolver goes round for ever when the connect() of its only server fails. */
static void a_name_server_out_of_reach_is_connected(void)
{
    guint64 before = resolver_unreachable();

    g_assert_cmpint(connect_to_broadcast(SOCK_DGRAM, 80), ==, EACCES);
    g_assert_cmpint(connect_to_broadcast(SOCK_STREAM, 53), !=, 0);
    g_assert_cmpuint(resolver_unreachable(), ==, before);
    g_assert_cmpint(connect_to_broadcast(SOCK_DGRAM, 53), ==, 0);
    g_assert_cmpuint(resolver_unreachable(), ==, before + 1);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    sofia_open();
    g_test_add_func("/origin/origin-names-the-peer", origin_names_the_peer);
    g_test_add_func("/origin/a-reason-is-written-with-its-location",
                    a_reason_is_written_with_its_location);
    g_test_add_func("/origin/a-location-is-read-back", a_location_is_read_back);
    g_test_add_func("/origin/only-causes-1-to-127-are-read", only_causes_1_to_127_are_read);
    g_test_add_func("/origin/a-name-server-out-of-reach-is-connected",
                    a_name_server_out_of_reach_is_connected);
    g_test_add_func("/origin/a-uri-becomes-a-phone-uri", a_uri_becomes_a_phone_uri);
    result = g_test_run();
    sofia_close();
    return result;
}
