/* Routes: patterns, order, rewriting, alternatives, and what they do not allow. */
#include "route.h"
#include "fake_rooms.h"

#include <arpa/inet.h>
#include <string.h>

static void patterns_fit_digit_by_digit(void)
{
    static const struct {
        const char *pattern, *digits;
        PatternFit fit;
    } rows[] = {
        {"100", "100", PATTERN_YES},    {"100", "10", PATTERN_PARTIAL},
        {"100", "", PATTERN_PARTIAL},   {"100", "1000", PATTERN_NO},
        {"100", "200", PATTERN_NO},     {"1XX", "199", PATTERN_YES},
        {"1xx", "199", PATTERN_YES},    {"1XX", "1*9", PATTERN_NO},
        {"Z", "0", PATTERN_NO},         {"Z", "1", PATTERN_YES},
        {"N", "1", PATTERN_NO},         {"N", "2", PATTERN_YES},
        {"[1-3]X", "35", PATTERN_YES},  {"[1-3]X", "45", PATTERN_NO},
        {"[13-5]", "2", PATTERN_NO},    {"[13-5]", "1", PATTERN_YES},
        {"[13-5]", "4", PATTERN_YES},   {"[*#]1", "#1", PATTERN_YES},
        {"0.", "0", PATTERN_PARTIAL},   {"0.", "07", PATTERN_YES},
        {"0.", "0712345", PATTERN_YES}, {".", "", PATTERN_PARTIAL},
        {".", "+49", PATTERN_YES},      {"0!", "0", PATTERN_YES},
        {"!", "", PATTERN_YES},         {"0!", "", PATTERN_PARTIAL},
        {"+49.", "+497", PATTERN_YES},  {"+49.", "497", PATTERN_NO},
        {"X.", "+49", PATTERN_NO},      {"*21#", "*21#", PATTERN_YES},
        {"[1", "1", PATTERN_YES}, /* not well-formed, but harmless */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_test_message("%s against %s", rows[i].pattern, rows[i].digits);
        g_assert_cmpint(pattern_match(rows[i].pattern, rows[i].digits), ==, rows[i].fit);
    }
}

static void patterns_are_checked(void)
{
    static const char *const good[] = {"100",  "XZN", "xzn", "[1-5]", "[13-5]", "[*#]",
                                       "+49.", "0!",  ".",   "!",     "*21#"};
    static const char *const bad[] = {"",   "a",     "1.2",  "!1",  "[",     "[]",
                                      "[1", "[5-1]", "[1-",  "[a]", "1+",    "1 2",
                                      "]",  "[1-]",  "[-1]", "..",  "[*-9]", "{number}"};

    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(GError) error = NULL;

        pattern_check(good[i], &error);
        g_assert_no_error(error);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("'%s'", bad[i]);
        g_assert_false(pattern_check(bad[i], &error));
        g_assert_nonnull(strstr(error->message, "pattern '"));
    }
}

static RouteResult ask(const Settings *settings, OriginKind kind, const char *called,
                       gboolean complete, RouteMatch *match)
{
    CallOrigin origin = {.kind = kind};
    CallSetup setup = {.complete = complete};
    gboolean plus = *called == '+';

    if (kind == ORIGIN_PRI)
        g_strlcpy(origin.trunk, "pbx", sizeof(origin.trunk));
    g_strlcpy(setup.called.digits, called + plus, sizeof(setup.called.digits));
    setup.called.ton = plus ? TON_INTERNATIONAL : TON_UNKNOWN;
    return route_match(settings, &origin, &setup, 0, match);
}

static void first_route_that_fits_decides(void)
{
    Settings *settings = fake_settings_new();
    RouteMatch match;

    g_assert_cmpint(ask(settings, ORIGIN_SIP, "200", TRUE, &match), ==, ROUTE_FOUND);
    g_assert_cmpstr(match.route->name, ==, "to-pbx");
    g_assert_cmpstr(match.target.trunk->name, ==, "pbx");
    g_assert_cmpint(ask(settings, ORIGIN_PRI, "105", TRUE, &match), ==, ROUTE_FOUND);
    g_assert_cmpstr(match.target.uri, ==, "sip:105@192.0.2.1");
    g_assert_null(match.target.trunk);
    g_assert_cmpint(ask(settings, ORIGIN_SIP, "555", TRUE, &match), ==, ROUTE_NO_MATCH);
    g_assert_cmpuint(match.cause, ==, 3);
    g_assert_cmpint(ask(settings, ORIGIN_SIP, "20", TRUE, &match), ==, ROUTE_NO_MATCH);
    g_assert_cmpuint(match.cause, ==, 28);
    g_assert_cmpint(ask(settings, ORIGIN_PRI, "10", FALSE, &match), ==, ROUTE_INCOMPLETE);
    g_assert_cmpint(ask(settings, ORIGIN_PRI, "", FALSE, &match), ==, ROUTE_INCOMPLETE);
    g_assert_cmpint(ask(settings, ORIGIN_PRI, "55", FALSE, &match), ==, ROUTE_NO_MATCH);
    fake_settings_free(settings);
}

/* A longer number may still be meant while digits may come; when they are all there it cannot. */
static void earlier_route_waits_for_its_digits(void)
{
    Settings *settings = fake_settings_new();
    RouteMatch match;

    g_ptr_array_add(fake_route(settings, "outside")->called, g_strdup("1."));
    fake_route(settings, "outside")->transit = TRUE;
    g_assert_cmpint(ask(settings, ORIGIN_PRI, "12", FALSE, &match), ==, ROUTE_INCOMPLETE);
    g_assert_cmpint(ask(settings, ORIGIN_PRI, "12", TRUE, &match), ==, ROUTE_FOUND);
    g_assert_cmpstr(match.route->name, ==, "outside");
    fake_settings_free(settings);
}

static void alternatives_come_in_order(void)
{
    Settings *settings = fake_settings_new();
    CallOrigin origin = {.kind = ORIGIN_SIP};
    CallSetup setup = {.called = {.digits = "200"}, .complete = TRUE};
    RouteMatch match;

    g_assert_cmpint(route_match(settings, &origin, &setup, 1, &match), ==, ROUTE_FOUND);
    g_assert_cmpstr(match.target.trunk->name, ==, "spare");
    g_assert_cmpint(route_match(settings, &origin, &setup, 2, &match), ==, ROUTE_NO_MATCH);
    g_assert_cmpint(route_match(settings, &origin, &setup, G_MAXUINT, &match), ==, ROUTE_NO_MATCH);
    fake_settings_free(settings);
}

static void numbers_are_rewritten(void)
{
    static const struct {
        const char *called;
        guint strip;
        const char *prepend;
        int ton;
        RouteResult result;
        const char *digits;
        TypeOfNumber ton_out;
    } rows[] = {
        {"200", 0, NULL, -1, ROUTE_FOUND, "200", TON_UNKNOWN},
        {"200", 1, NULL, -1, ROUTE_FOUND, "00", TON_UNKNOWN},
        {"200", 1, "77", -1, ROUTE_FOUND, "7700", TON_UNKNOWN},
        {"200", 0, "+49", -1, ROUTE_FOUND, "49200", TON_INTERNATIONAL},
        {"200", 0, "1", TON_SUBSCRIBER, ROUTE_FOUND, "1200", TON_SUBSCRIBER},
        {"200", 9, NULL, -1, ROUTE_NO_MATCH, NULL, TON_UNKNOWN}, /* nothing is left */
        {"200", 9, "8", -1, ROUTE_FOUND, "8", TON_UNKNOWN},
        {"200", 0, "12345678901234567890123456789012", -1, ROUTE_NO_MATCH, NULL, TON_UNKNOWN},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Settings *settings = fake_settings_new();
        RouteSettings *route = fake_route(settings, "to-pbx");
        RouteMatch match;

        route->strip = rows[i].strip;
        route->prepend = (char *)rows[i].prepend;
        route->ton = rows[i].ton;
        route->international = TRUE;
        g_assert_cmpint(ask(settings, ORIGIN_SIP, rows[i].called, TRUE, &match), ==,
                        rows[i].result);
        if (rows[i].digits) {
            g_assert_cmpstr(match.setup.called.digits, ==, rows[i].digits);
            g_assert_cmpint(match.setup.called.ton, ==, rows[i].ton_out);
        } else {
            g_assert_cmpuint(match.cause, ==, 28);
        }
        fake_settings_free(settings);
    }
}

static void calling_number_is_rewritten_if_there_is_one(void)
{
    Settings *settings = fake_settings_new();
    RouteSettings *route = fake_route(settings, "to-pbx");
    CallOrigin origin = {.kind = ORIGIN_SIP};
    CallSetup setup = {.called = {.digits = "200"}, .calling = {.digits = "101"}, .complete = TRUE};
    RouteMatch match;

    route->calling_prepend = (char *)"+497131";
    route_match(settings, &origin, &setup, 0, &match);
    g_assert_cmpstr(match.setup.calling.digits, ==, "497131101");
    g_assert_cmpint(match.setup.calling.ton, ==, TON_INTERNATIONAL);
    setup.calling.digits[0] = '\0';
    route_match(settings, &origin, &setup, 0, &match);
    g_assert_cmpstr(match.setup.calling.digits, ==, "");
    fake_settings_free(settings);
}

static void calls_abroad_are_barred(void)
{
    static const struct {
        const char *called;
        guint strip;
        const char *prepend;
        RouteResult result;
    } rows[] = {
        {"00331234", 0, NULL, ROUTE_BARRED},  {"07131991", 0, NULL, ROUTE_FOUND},
        {"0331234", 1, "00", ROUTE_BARRED}, /* it becomes one */
        {"0331234", 1, "+", ROUTE_BARRED},    {"0497131", 1, "+", ROUTE_FOUND},
        {"000331234", 1, NULL, ROUTE_BARRED}, {"+331234", 0, "0", ROUTE_BARRED}, /* it was one */
        {"+497131", 0, NULL, ROUTE_FOUND},    {"+331234", 0, NULL, ROUTE_BARRED},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Settings *settings = fake_settings_new();
        RouteSettings *route = fake_route(settings, "outside");
        RouteMatch match;

        g_ptr_array_add(route->called, g_strdup("+."));
        route->strip = rows[i].strip;
        route->prepend = (char *)rows[i].prepend;
        g_test_message("%s", rows[i].called);
        g_assert_cmpint(ask(settings, ORIGIN_SIP, rows[i].called, TRUE, &match), ==,
                        rows[i].result);
        if (rows[i].result == ROUTE_BARRED) {
            g_assert_cmpuint(match.cause, ==, 21);
            g_assert_nonnull(strstr(match.why, "international"));
        }
        route->international = TRUE;
        g_assert_cmpint(ask(settings, ORIGIN_SIP, rows[i].called, TRUE, &match), ==, ROUTE_FOUND);
        fake_settings_free(settings);
    }
}

/* A call from the PBX to a SIP URI (a carrier's, perhaps) is barred by the country of its trunk. */
static void calls_abroad_are_barred_toward_sip_too(void)
{
    static const struct {
        const char *called;
        guint strip;
        const char *prepend;
        RouteResult result;
    } rows[] = {
        {"100", 0, NULL, ROUTE_FOUND},       {"+331234", 0, NULL, ROUTE_BARRED},
        {"+497131", 0, NULL, ROUTE_FOUND},   {"00331234", 0, NULL, ROUTE_BARRED},
        {"00331234", 2, NULL, ROUTE_BARRED}, /* it was one */
        {"9331234", 1, "+", ROUTE_BARRED},   /* it becomes one */
        {"9331234", 1, "00", ROUTE_BARRED},  {"9497131", 1, "+", ROUTE_FOUND},
        {"00331234", 8, "100", ROUTE_FOUND}, /* nothing of it is left */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Settings *settings = fake_settings_new();
        RouteSettings *route = fake_route(settings, "to-phones");
        CallOrigin origin = {.kind = ORIGIN_PRI, .trunk = "pbx"};
        CallSetup setup = {.complete = TRUE};
        gboolean plus = *rows[i].called == '+';
        g_autofree char *told = NULL;
        RouteMatch match;

        g_ptr_array_set_size(route->called, 0);
        g_ptr_array_add(route->called, g_strdup("+."));
        g_ptr_array_add(route->called, g_strdup("."));
        g_ptr_array_set_size(fake_route(settings, "to-pbx")->called, 0); /* takes no number */
        route->strip = rows[i].strip;
        route->prepend = (char *)rows[i].prepend;
        g_strlcpy(setup.called.digits, rows[i].called + plus, sizeof(setup.called.digits));
        setup.called.ton = plus ? TON_INTERNATIONAL : TON_UNKNOWN;
        g_test_message("%s", rows[i].called);
        g_assert_cmpint(route_match(settings, &origin, &setup, 0, &match), ==, rows[i].result);
        told = route_explain(settings, &origin, &setup);
        if (rows[i].result == ROUTE_BARRED) {
            g_assert_cmpuint(match.cause, ==, 21);
            g_assert_nonnull(strstr(told, "barred with cause 21: route to-phones: the number "
                                          "leaves the country of trunk pbx"));
        } else {
            g_assert_null(strstr(told, "barred"));
        }
        route->international = TRUE;
        g_assert_cmpint(route_match(settings, &origin, &setup, 0, &match), ==, ROUTE_FOUND);
        fake_settings_free(settings);
    }
}

static void transit_is_barred(void)
{
    Settings *settings = fake_settings_new();
    RouteMatch match;

    g_assert_cmpint(ask(settings, ORIGIN_SIP, "100", TRUE, &match), ==, ROUTE_BARRED);
    g_assert_cmpuint(match.cause, ==, 57);
    g_assert_cmpint(ask(settings, ORIGIN_PRI, "200", TRUE, &match), ==, ROUTE_BARRED);
    g_assert_cmpuint(match.cause, ==, 57);
    fake_route(settings, "to-pbx")->transit = TRUE;
    g_assert_cmpint(ask(settings, ORIGIN_PRI, "200", TRUE, &match), ==, ROUTE_FOUND);
    fake_settings_free(settings);
}

static void network_add(GArray *networks, const char *address, guint prefix)
{
    Network network = {.prefix = prefix};
    struct sockaddr_in *four = (struct sockaddr_in *)&network.address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&network.address;

    if (inet_pton(AF_INET, address, &four->sin_addr) == 1)
        four->sin_family = AF_INET;
    else if (inet_pton(AF_INET6, address, &six->sin6_addr) == 1)
        six->sin6_family = AF_INET6;
    g_array_append_val(networks, network);
}

static void address_set(struct sockaddr_storage *address, const char *text)
{
    g_autoptr(GArray) one = g_array_new(FALSE, TRUE, sizeof(Network));

    network_add(one, text, 0);
    *address = g_array_index(one, Network, 0).address;
}

static void origins_choose_the_route(void)
{
    static const struct {
        const char *source;
        gboolean serves;
    } rows[] = {{"10.1.2.3", TRUE},     {"10.255.255.255", TRUE},  {"11.0.0.1", FALSE},
                {"192.0.2.127", TRUE},  {"192.0.2.128", FALSE},    {"2001:db8::7", TRUE},
                {"2001:db9::7", FALSE}, {"::ffff:10.1.2.3", TRUE}, {"::ffff:11.1.2.3", FALSE},
                {"::a01:203", FALSE}};
    Settings *settings = fake_settings_new();
    RouteSettings *route = fake_route(settings, "to-pbx");
    CallSetup setup = {.called = {.digits = "200"}, .complete = TRUE};
    RouteMatch match;

    route->from_networks = g_array_new(FALSE, TRUE, sizeof(Network));
    network_add(route->from_networks, "10.0.0.0", 8);
    network_add(route->from_networks, "192.0.2.0", 25);
    network_add(route->from_networks, "2001:db8::", 32);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        CallOrigin origin = {.kind = ORIGIN_SIP};

        address_set(&origin.source, rows[i].source);
        g_test_message("%s", rows[i].source);
        g_assert_cmpint(route_match(settings, &origin, &setup, 0, &match) == ROUTE_FOUND, ==,
                        rows[i].serves);
    }
    /* A route for networks is none for trunks, and the reverse. */
    route->transit = TRUE;
    g_assert_cmpint(ask(settings, ORIGIN_PRI, "200", TRUE, &match), ==, ROUTE_NO_MATCH);
    route->from_trunks = g_ptr_array_new();
    g_ptr_array_add(route->from_trunks, fake_trunk(settings, "spare"));
    g_assert_cmpint(ask(settings, ORIGIN_PRI, "200", TRUE, &match), ==, ROUTE_NO_MATCH);
    g_ptr_array_add(route->from_trunks, fake_trunk(settings, "pbx"));
    g_assert_cmpint(ask(settings, ORIGIN_PRI, "200", TRUE, &match), ==, ROUTE_FOUND);
    g_array_unref(route->from_networks);
    g_ptr_array_unref(route->from_trunks);
    route->from_networks = NULL;
    fake_settings_free(settings);
}

static void calling_patterns_must_fit(void)
{
    Settings *settings = fake_settings_new();
    RouteSettings *route = fake_route(settings, "to-pbx");
    CallOrigin origin = {.kind = ORIGIN_SIP};
    CallSetup setup = {.called = {.digits = "200"}, .calling = {.digits = "101"}, .complete = TRUE};
    RouteMatch match;

    route->calling = g_ptr_array_new();
    g_ptr_array_add(route->calling, (gpointer) "3XX");
    g_assert_cmpint(route_match(settings, &origin, &setup, 0, &match), ==, ROUTE_NO_MATCH);
    g_ptr_array_add(route->calling, (gpointer) "10X");
    g_assert_cmpint(route_match(settings, &origin, &setup, 0, &match), ==, ROUTE_FOUND);
    g_ptr_array_unref(route->calling);
    route->calling = NULL;
    fake_settings_free(settings);
}

static void uris_are_filled(void)
{
    Settings *settings = fake_settings_new();
    RouteSettings *route = fake_route(settings, "to-phones");
    RouteTo *to = route->targets->pdata[0];
    PeerSettings peer = {.name = (char *)"proxy"}, other = {.name = (char *)"lab"};
    g_autofree char *endless = g_strnfill(URI_MAX, '1');
    RouteMatch match;

    peer.networks = g_array_new(FALSE, TRUE, sizeof(Network));
    network_add(peer.networks, "192.0.2.0", 24);
    g_ptr_array_add(settings->peers, &peer);
    g_ptr_array_add(settings->peers, &other);
    g_assert_cmpint(ask(settings, ORIGIN_PRI, "100", TRUE, &match), ==, ROUTE_FOUND);
    g_assert_true(match.target.peer == &peer);

    to->uri = (char *)"sip:{number}@lab:5070;transport=udp";
    g_ptr_array_add(route->called, g_strdup("*X#"));
    g_ptr_array_add(route->called, g_strdup("+49."));
    ask(settings, ORIGIN_PRI, "*1#", TRUE, &match);
    g_assert_cmpstr(match.target.uri, ==, "sip:*1%23@lab:5070;transport=udp");
    g_assert_true(match.target.peer == &other);
    ask(settings, ORIGIN_PRI, "+497131", TRUE, &match);
    g_assert_cmpstr(match.target.uri, ==, "sip:+497131@lab:5070;transport=udp");
    other.server = (char *)"sip:192.0.9.1:5080;transport=tcp";
    to->uri = (char *)"sip:{number}@lab";
    ask(settings, ORIGIN_PRI, "100", TRUE, &match);
    g_assert_cmpstr(match.target.uri, ==, "sip:100@192.0.9.1:5080;transport=tcp");
    g_assert_true(match.target.peer == &other);
    to->uri = (char *)"sip:{number}@[2001:db8::1]:5060";
    ask(settings, ORIGIN_PRI, "100", TRUE, &match);
    g_assert_null(match.target.peer);
    to->uri = endless;
    g_assert_cmpint(ask(settings, ORIGIN_PRI, "100", TRUE, &match), ==, ROUTE_NO_MATCH);
    g_array_unref(peer.networks);
    fake_settings_free(settings);
}

static void routes_are_explained(void)
{
    Settings *settings = fake_settings_new();
    CallOrigin phone = {.kind = ORIGIN_SIP};
    CallSetup setup = {.called = {.digits = "200"}, .calling = {.digits = "101"}, .complete = TRUE};
    g_autofree char *found = route_explain(settings, &phone, &setup);
    g_autofree char *barred = NULL, *none = NULL, *abroad = NULL, *planned = NULL;

    g_assert_nonnull(strstr(found, "route: to-pbx\n"));
    g_assert_nonnull(strstr(found, "target 1: trunk pbx\n"));
    g_assert_nonnull(strstr(found, "target 2: trunk spare\n"));
    g_assert_nonnull(strstr(found, "the PBX is told: called '200' (unknown/unknown)"));
    g_strlcpy(setup.called.digits, "100", sizeof(setup.called.digits));
    barred = route_explain(settings, &phone, &setup);
    g_assert_nonnull(strstr(barred, "barred with cause 57: route to-phones: SIP to SIP"));
    g_strlcpy(setup.called.digits, "555", sizeof(setup.called.digits));
    none = route_explain(settings, &phone, &setup);
    g_assert_nonnull(strstr(none, "no route, cause 3: no route fits"));
    g_strlcpy(setup.called.digits, "0033", sizeof(setup.called.digits));
    abroad = route_explain(settings, &phone, &setup);
    g_assert_nonnull(strstr(abroad, "barred with cause 21"));
    g_strlcpy(setup.called.digits, "200", sizeof(setup.called.digits));
    fake_trunk(settings, "pbx")->called_ton = TON_NATIONAL;
    fake_route(settings, "to-pbx")->npi = NPI_PRIVATE;
    planned = route_explain(settings, &phone, &setup);
    g_assert_nonnull(strstr(planned, "the PBX is told: called '200' (national/private)"));
    fake_settings_free(settings);
}

#define CASE(name) g_test_add_func("/route/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    CASE(patterns_fit_digit_by_digit);
    CASE(patterns_are_checked);
    CASE(first_route_that_fits_decides);
    CASE(earlier_route_waits_for_its_digits);
    CASE(alternatives_come_in_order);
    CASE(numbers_are_rewritten);
    CASE(calling_number_is_rewritten_if_there_is_one);
    CASE(calls_abroad_are_barred);
    CASE(calls_abroad_are_barred_toward_sip_too);
    CASE(transit_is_barred);
    CASE(origins_choose_the_route);
    CASE(calling_patterns_must_fit);
    CASE(uris_are_filled);
    CASE(routes_are_explained);
    return g_test_run();
}
