/* The settings: every mistake in its exact words, defaults, and print and parse as each other's
 * inverse. */
#include "rows.h"

#include "callmap.h"
#include "log.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* A file that uses every group. */
static const char full[] = "# a comment\n"
                           "[system]\n"
                           "control = /tmp/tieline\n"
                           "log-level = debug\n"
                           "grace = 500ms\n"
                           "\n"
                           "[sip]\n"
                           "listen = 192.0.2.10:5060\n"
                           "allow = 192.0.2.0/24, 2001:db8::/32,198.51.100.7\n"
                           "session-expires = 0\n"
                           "[span e1]\n"
                           "local = 127.0.0.1:4000\n"
                           "remote = 127.0.0.1:4001\n"
                           "[span t1]\n"
                           "type = t1\n"
                           "local = [::1]:4000\n"
                           "remote = [::1]:4001\n"
                           "packet = 5ms\n"
                           "clock = slave\n"
                           "[trunk pbx]\n"
                           "span = t1, e1\n"
                           "switch-type = NI2\n"
                           "country-code = 49\n"
                           "t310 = 10s\n"
                           "cause.21 = 603\n"
                           "cause.127=480\n"
                           "status.480 = 20\n"
                           "[route out]\n"
                           "from = 192.0.2.0/24, pbx, ::1\n"
                           "called = 2XX, 0.\n"
                           "strip = 1\n"
                           "prepend = 00\n"
                           "ton = national\n"
                           "to = trunk pbx, sip:{number}@192.0.2.20:5070;transport=udp\n"
                           "on-causes = 34, 3\n"
                           "transit = yes\n"
                           "[route in]\n"
                           "to = sip:100@pbx.example\n"
                           "[peer proxy]\n"
                           "network = 192.0.2.20\n"
                           "trusted = yes\n"
                           "[peer rest]\n"
                           "network = 192.0.2.0/24, 2001:db8::/32\n"
                           "[proxy]\n"
                           "tls-listen = 192.0.2.10:5061\n"
                           "tls-certificate = /etc/tieline/proxy.pem\n"
                           "tls-min = 1.3\n"
                           "[registrar]\n"
                           "store = none\n"
                           "max-contacts = 3\n"
                           "accept = outage\n"
                           "[phone 201]\n"
                           "contact = sip:201@192.0.2.31, "
                           "<sip:201@192.0.2.32:5070;transport=tcp>;q=0.25\n"
                           "aliases = reception, +49123201\n"
                           "busy = 202\n"
                           "no-answer = sip:voice@192.0.2.40\n"
                           "class = staff\n"
                           "instance = urn:uuid:0-1\n"
                           "[phone 202]\n"
                           "always = reception\n"
                           "[class staff]\n"
                           "networks = 192.0.2.0/24\n"
                           "deny = 29X\n"
                           "premium-numbers = 8.\n"
                           "calls = 2\n"
                           "max-duration = 90m\n"
                           "[class default]\n"
                           "international = yes\n"
                           "forward = no\n"
                           "[guard]\n"
                           "realm = Our House\n"
                           "users = /etc/tieline/users\n"
                           "algorithms = MD5\n"
                           "md5-networks = 192.0.2.0/28\n"
                           "auth-int = yes\n"
                           "nonce-lifetime = 90s\n"
                           "fail-limit = 0\n"
                           "[policy lobby]\n"
                           "from = 192.0.2.64/28, 2001:db8::/64\n"
                           "methods = INVITE, MESSAGE\n"
                           "to = here, trunks\n"
                           "action = allow\n"
                           "[policy rest]\n"
                           "action = challenge\n";

static char *settings_text(const Settings *settings, void (*print)(const Settings *, FILE *))
{
    char *text = NULL;
    gsize size = 0;
    FILE *out = open_memstream(&text, &size);

    print(settings, out);
    fclose(out);
    return text;
}

static void test_defaults(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Settings) settings = settings_parse("empty", "", &error);
    struct sockaddr_storage loopback;

    g_assert_no_error(error);
    g_assert_cmpstr(settings->file, ==, "empty");
    g_assert_cmpstr(settings->system.control, ==, "/run/tieline/control");
    g_assert_cmpint(settings->system.log_level, ==, LEVEL_INFO);
    g_assert_cmpint(settings->system.grace_us, ==, 30 * G_USEC_PER_SEC);
    g_assert_true(address_parse("127.0.0.1:5060", &loopback));
    g_assert_cmpmem(&settings->sip.listen, sizeof loopback, &loopback, sizeof loopback);
    g_assert_null(settings->sip.public_host);
    g_assert_cmpuint(settings->sip.t1_ms, ==, 500);
    g_assert_cmpuint(settings->sip.t2_ms, ==, 4000);
    g_assert_cmpuint(settings->sip.session_expires_s, ==, 1800);
    g_assert_cmpint(settings->sip.no_answer_us, ==, 180 * G_USEC_PER_SEC);
    address_set_port(&loopback, 0);
    g_assert_true(network_contains(settings->sip.allow, (struct sockaddr *)&loopback));
    g_assert_cmpmem(&settings->media.address, sizeof loopback, &loopback, sizeof loopback);
    g_assert_cmpuint(settings->media.port_first, ==, 16384);
    g_assert_cmpuint(settings->media.port_last, ==, 32767);
    g_assert_cmpuint(settings->media.ptime_ms, ==, 20);
    g_assert_cmpuint(settings->spans->len, ==, 0);
}

static void test_values(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Settings) settings = settings_parse("full", full, &error);
    const SpanSettings *e1, *t1;
    const TrunkSettings *trunk;
    const RouteSettings *route;
    const RouteTo *to;

    g_assert_no_error(error);
    e1 = g_ptr_array_index(settings->spans, 0);
    t1 = g_ptr_array_index(settings->spans, 1);
    g_assert_cmpint(e1->index, ==, 0);
    g_assert_cmpint(t1->index, ==, 1);
    g_assert_cmpint(e1->law, ==, LAW_ALAW);
    g_assert_cmpint(t1->law, ==, LAW_ULAW);
    g_assert_cmpint(e1->d_channel, ==, 16);
    g_assert_cmpint(t1->d_channel, ==, 24);
    g_assert_cmpint(t1->packet_ms, ==, 5);
    g_assert_cmpint(t1->clock, ==, SPAN_CLOCK_SLAVE);
    trunk = settings_find_trunk(settings, "pbx");
    g_assert_nonnull(trunk);
    g_assert_true(g_ptr_array_index(trunk->spans, 0) == t1);
    g_assert_true(g_ptr_array_index(trunk->spans, 1) == e1);
    g_assert_cmpint(trunk->switch_type, ==, SWITCH_NI2);
    g_assert_cmpint(trunk->t310_us, ==, 10 * G_USEC_PER_SEC);
    g_assert_cmpint(trunk->t301_us, ==, 180 * G_USEC_PER_SEC);
    g_assert_cmpint(trunk->cause_status[21], ==, 603);
    g_assert_cmpint(trunk->cause_status[127], ==, 480);
    g_assert_cmpint(trunk->cause_status[20], ==, CAUSE_OVERRIDE_NONE);
    g_assert_cmpint(trunk->status_cause[480], ==, 20);
    g_assert_cmpint(trunk->display_max, ==, 34);
    g_assert_null(settings_find_trunk(settings, "pb"));
    route = g_ptr_array_index(settings->routes, 0);
    g_assert_cmpuint(route->from_trunks->len, ==, 1);
    g_assert_cmpuint(route->from_networks->len, ==, 2);
    g_assert_cmpstr(g_ptr_array_index(route->called, 1), ==, "0.");
    g_assert_null(route->calling);
    g_assert_cmpint(route->ton, ==, TON_NATIONAL);
    g_assert_cmpint(route->npi, ==, -1);
    to = g_ptr_array_index(route->targets, 1);
    g_assert_null(to->trunk);
    g_assert_cmpstr(to->uri, ==, "sip:{number}@192.0.2.20:5070;transport=udp");
    g_assert_cmpint(g_array_index(route->on_causes, guint8, 1), ==, 3);
    route = g_ptr_array_index(settings->routes, 1);
    g_assert_null(route->from_trunks);
    g_assert_null(route->from_networks);
    g_assert_null(route->on_causes);
}

static void test_guard(void)
{
    g_autoptr(Settings) settings = settings_parse("full", full, NULL);
    g_autoptr(Settings) empty = settings_parse("empty", "", NULL);
    const GuardSettings *guard = &settings->guard;
    const PolicySettings *lobby = g_ptr_array_index(settings->policies, 0);
    const PolicySettings *rest = g_ptr_array_index(settings->policies, 1);

    g_assert_cmpstr(guard->realm, ==, "Our House");
    g_assert_cmpstr(guard->users, ==, "/etc/tieline/users");
    g_assert_cmpuint(guard->algorithms, ==, GUARD_MD5);
    g_assert_cmpuint(guard->md5_networks->len, ==, 1);
    g_assert_true(guard->auth_int);
    g_assert_cmpint(guard->nonce_lifetime_us, ==, 90 * G_USEC_PER_SEC);
    g_assert_cmpuint(guard->fail_limit, ==, 0);
    g_assert_cmpstr(lobby->name, ==, "lobby");
    g_assert_cmpuint(lobby->from->len, ==, 2);
    g_assert_cmpstr(g_ptr_array_index(lobby->methods, 1), ==, "MESSAGE");
    g_assert_cmpuint(lobby->to, ==, POLICY_TO_HERE | POLICY_TO_TRUNKS);
    g_assert_cmpint(lobby->action, ==, POLICY_ALLOW);
    g_assert_null(rest->from);
    g_assert_null(rest->methods);
    g_assert_cmpuint(rest->to, ==, POLICY_TO_ANY);
    g_assert_cmpint(rest->action, ==, POLICY_CHALLENGE);
    g_assert_null(empty->guard.users);
    g_assert_cmpuint(empty->guard.algorithms, ==, GUARD_SHA256 | GUARD_MD5);
    g_assert_null(empty->guard.md5_networks);
    g_assert_false(empty->guard.without_qop);
    g_assert_cmpuint(empty->guard.fail_limit, ==, 10);
}

/* Phones are asked in the name that they know us by. */
static void test_realm(void)
{
    static const struct {
        const char *sip, *realm;
    } cases[] = {
        {"", "127.0.0.1"},
        {"listen = 192.0.2.10:5062\n", "192.0.2.10"},
        {"listen = [2001:db8::1]:5060\n[media]\naddress = ::1\n", "[2001:db8::1]"},
        {"public-host = pbx.example\n", "pbx.example"},
        {"public-host = [2001:db8::2]\n", "[2001:db8::2]"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat("[sip]\n", cases[i].sip, NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(Settings) settings = settings_parse("t", text, &error);

        g_assert_no_error(error);
        g_assert_cmpstr(settings->guard.realm, ==, cases[i].realm);
    }
}

static void test_peers(void)
{
    g_autoptr(Settings) settings = settings_parse("full", full, NULL);
    struct sockaddr_storage address;
    static const struct {
        const char *address, *peer;
    } cases[] = {
        {"192.0.2.20:5060", "proxy"}, {"192.0.2.21:5060", "rest"},
        {"192.0.3.1", NULL},          {"[2001:db8:1::5]:5060", "rest"},
        {"2001:db9::5", NULL},        {"[::ffff:192.0.2.20]:99", "proxy"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const PeerSettings *peer;

        g_assert_true(address_parse(cases[i].address, &address));
        peer = settings_peer_of(settings, (struct sockaddr *)&address);
        g_assert_cmpstr(peer ? peer->name : NULL, ==, cases[i].peer);
    }
    g_assert_true(settings_find_peer(settings, "proxy")->trusted);
    g_assert_false(settings_find_peer(settings, "rest")->trusted);
    g_assert_null(settings_find_peer(settings, "nobody"));
}

static void test_phones(void)
{
    g_autoptr(Settings) settings = settings_parse("full", full, NULL);
    const PhoneSettings *phone = settings_find_phone(settings, "+49123201");
    const PhoneContact *contact;

    g_assert_null(settings->registrar.store);
    g_assert_cmpuint(settings->registrar.min_expires_s, ==, 60);
    g_assert_cmpint(settings->registrar.accept, ==, REGISTRAR_OUTAGE);
    g_assert_nonnull(phone);
    g_assert_true(phone == settings_find_phone(settings, "201"));
    g_assert_null(settings_find_phone(settings, "49123201"));
    contact = g_ptr_array_index(phone->contacts, 0);
    g_assert_cmpstr(contact->uri, ==, "sip:201@192.0.2.31");
    g_assert_cmpuint(contact->q, ==, 1000);
    contact = g_ptr_array_index(phone->contacts, 1);
    g_assert_cmpstr(contact->uri, ==, "sip:201@192.0.2.32:5070;transport=tcp");
    g_assert_cmpuint(contact->q, ==, 250);
    g_assert_cmpint(phone->ring_time_us, ==, 20 * G_USEC_PER_SEC);
    g_assert_null(phone->always);
    g_assert_cmpstr(phone->busy, ==, "202");
    g_assert_cmpstr(phone->no_answer, ==, "sip:voice@192.0.2.40");
    g_assert_cmpstr(phone->class_name, ==, "staff");
    g_assert_cmpstr(phone->instance, ==, "urn:uuid:0-1");
    g_assert_cmpstr(settings_find_phone(settings, "202")->always, ==, "reception");
}

/* ---- mistakes, in their exact words ---- */

typedef struct MistakeCase {
    const char *name, *text, *words;
} MistakeCase;

#define SPAN_LINES "[span e1]\nlocal=127.0.0.1:4000\nremote=127.0.0.1:4001\n"
#define TRUNK_LINES SPAN_LINES "[trunk pbx]\nspan=e1\n" /* 5 lines */

static const MistakeCase mistakes[] = {
    {"no-such-span", SPAN_LINES "[trunk pbx]\nspan=e1, e2\n",
     "t:5: [trunk pbx] span: no [span e2] is configured; there is: e1"},
    {"no-span-at-all", "[trunk pbx]\nspan=e2\n",
     "t:2: [trunk pbx] span: no [span e2] is configured; there are: none"},
    {"span-twice", SPAN_LINES "[trunk pbx]\nspan=e1,e1\n",
     "t:5: [trunk pbx] span: e1 is named twice"},
    {"span-in-two-trunks", TRUNK_LINES "[trunk b]\nspan = e1\n",
     "t:7: [trunk b] span: e1 belongs to [trunk pbx] already"},
    {"trunk-without-span", "[trunk pbx]\nside = cpe\n",
     "t:1: [trunk pbx] span: is missing; allowed: a list of names of spans"},
    {"mwi-ni2", TRUNK_LINES "switch-type = ni2\nmwi = yes\n",
     "t:7: [trunk pbx] mwi: yes is not allowed where switch-type is ni2"},
    {"mwi-dms100", TRUNK_LINES "switch-type = dms100\nmwi = indicate\n",
     "t:7: [trunk pbx] mwi: indicate is not allowed where switch-type is dms100"},
    {"mwi-indicate-qsig", TRUNK_LINES "switch-type = qsig\nmwi = indicate\n",
     "t:7: [trunk pbx] mwi: indicate is not allowed where switch-type is qsig"},
    {"empty-span", "[trunk pbx]\nspan = ,\n",
     "t:2: [trunk pbx] span: a value is missing; allowed: a list of names of spans"},
    {"unknown-group", "[trunks]\n", "t:1: [trunks]: unknown group; allowed: [system] [sip] "},
    {"name-missing", "[span]\n", "t:1: [span]: a name is missing: [span NAME]"},
    {"name-too-many", "[sip  one]\n", "t:1: [sip one]: [sip] takes no name"},
    {"name-two-words", "[span a b]\n",
     "t:1: [span a b]: a name is one word of letters, digits, and - _ ."},
    {"name-address", SPAN_LINES "[trunk 10.0.0.1]\nspan=e1\n",
     "t:4: [trunk 10.0.0.1]: a trunk's name must not be an address"},
    {"name-long",
     "[peer aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n",
     "t:1: [peer aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]: a name "
     "has at most 63 characters"},
    {"unknown-key-near", "[sip]\nmaxcalls = 3\n",
     "t:2: [sip] maxcalls: unknown key; did you mean max-calls?"},
    {"unknown-key-far", "[peer a]\nnetwork=::1\nbandwidth = 3\n",
     "t:3: [peer a] bandwidth: unknown key; allowed: network, trusted, dtmf, diversion, "
     "server, user, password, realm, register, check, register-expires, charge, follow, mwi"},
    {"duplicate-key", "[sip]\ndscp = 3\n\ndscp = 4\n", "t:4: [sip] dscp: stands in line 2 already"},
    {"duplicate-group", "[sip]\n[media]\n[sip]\nnonsense = 1\n",
     "t:3: [sip]: this group stands in line 1 already"},
    {"duplicate-named", SPAN_LINES "[span   e1 ]\n",
     "t:4: [span e1]: this group stands in line 1 already"},
    {"no-group-yet", "dscp = 3\n[sip]\n", "t:1: dscp: stands before the first [group]"},
    {"no-line", "[sip]\nlisten\n",
     "t:2: \"listen\": neither \"key = value\" nor a [group] nor a # comment"},
    {"no-key", "[sip]\n= 3\n",
     "t:2: \"= 3\": neither \"key = value\" nor a [group] nor a # comment"},
    {"open-group", "[sip\n", "t:1: \"[sip\": a group's line is [name]"},
    {"escape", "[sip]\nuser-agent = a\\nb\n",
     "t:2: [sip] user-agent: \"a\\nb\" holds an unknown escape; allowed: \\\\, \\s, \\t"},
    {"control-character", "[sip]\nuser-agent = a\x01\n", "t:2: the line holds a control character"},
    {"not-utf8", "[sip]\nuser-agent = \xff\n", "t:2: the line is not UTF-8 text"},
    {"number", "[sip]\ndscp = 64\n", "t:2: [sip] dscp: \"64\" is not allowed; allowed: 0-63"},
    {"number-negative", "[sip]\nmax-calls = -1\n",
     "t:2: [sip] max-calls: \"-1\" is not allowed; allowed: 1-100000 calls"},
    {"number-empty", "[sip]\nmax-calls =\n",
     "t:2: [sip] max-calls: a value is missing; allowed: 1-100000 calls"},
    {"duration-unit", "[sip]\nt1 = 500\n",
     "t:2: [sip] t1: \"500\" is not allowed; allowed: 10ms to 10s, in ms, s, m or h"},
    {"duration-long", "[sip]\nt1 = 11s\n",
     "t:2: [sip] t1: \"11s\" is not allowed; allowed: 10ms to 10s, in ms, s, m or h"},
    {"duration-fine", "[sip]\nmin-se = 90500ms\n",
     "t:2: [sip] min-se: \"90500ms\" is not allowed; allowed: 90s to 1h, in whole s, m or h"},
    {"duration-huge", "[sip]\nt1 = 99999999999999999999h\n",
     "t:2: [sip] t1: \"99999999999999999999h\" is not allowed; allowed: 10ms to 10s, in ms, s, m "
     "or h"},
    {"choice", "[media]\nptime = 40ms\n",
     "t:2: [media] ptime: \"40ms\" is not allowed; allowed: 10ms, 20ms, 30ms"},
    {"packet", "[span a]\nbackend=pair\npacket = 3ms\n",
     "t:3: [span a] packet: \"3ms\" is not allowed; allowed: 1ms, 2ms, 5ms"},
    {"switch-type", TRUNK_LINES "switch-type = qsic\n",
     "t:6: [trunk pbx] switch-type: \"qsic\" is not allowed; allowed: euroisdn, ni2, dms100, "
     "5ess, 4ess, qsig"},
    {"flag", "[sip]\nrequire-100rel = maybe\n",
     "t:2: [sip] require-100rel: \"maybe\" is not allowed; allowed: yes, no"},
    {"digits", TRUNK_LINES "country-code = +49\n",
     "t:6: [trunk pbx] country-code: \"+49\" is not allowed; allowed: at most 3 of 0-9"},
    {"digits-star", "[route r]\nto=sip:a@b\nprepend = 12a\n",
     "t:3: [route r] prepend: \"12a\" is not allowed; allowed: at most 31 of 0-9*#"},
    {"path", "[system]\ncontrol = run/tieline\n",
     "t:2: [system] control: \"run/tieline\" is not allowed; allowed: an absolute path of at most "
     "107 octets"},
    {"host", "[sip]\npublic-host = 1.2.3.4:5060\n",
     "t:2: [sip] public-host: \"1.2.3.4:5060\" is not allowed; allowed: a host name or a numeric "
     "address, without a port"},
    {"product", "[sip]\nuser-agent = \"x\"\n",
     "t:2: [sip] user-agent: \"\"x\"\" is not allowed; allowed: 1-64 letters, digits, blanks and "
     "-.!%*_+`'~/()"},
    {"tones", "[media]\ntones = xx\n",
     "t:2: [media] tones: \"xx\" is not allowed; allowed: a country of libtonezone, like us, uk, "
     "de, fr"},
    {"endpoint-no-port", "[sip]\nlisten = 127.0.0.1\n",
     "t:2: [sip] listen: \"127.0.0.1\" is not allowed; allowed: a numeric address and port, like "
     "192.0.2.7:5060 or [2001:db8::7]:5060"},
    {"endpoint-name", "[sip]\nlisten = localhost:5060\n",
     "t:2: [sip] listen: \"localhost:5060\" is not allowed; allowed: a numeric address and port, "
     "like 192.0.2.7:5060 or [2001:db8::7]:5060"},
    {"address-port", "[media]\naddress = 127.0.0.1:99\n",
     "t:2: [media] address: \"127.0.0.1:99\" is not allowed; allowed: a numeric address, or one "
     "IPv4 and one IPv6 address"},
    {"network-host-bits", "[sip]\nallow = ::1, 10.0.0.1/8\n",
     "t:2: [sip] allow: \"10.0.0.1/8\" is not allowed; allowed: a list of addresses and networks, "
     "like 192.0.2.7, 10.0.0.0/8"},
    {"network-prefix", "[sip]\nallow = 10.0.0.0/33\n",
     "t:2: [sip] allow: \"10.0.0.0/33\" is not allowed; allowed: a list of addresses and "
     "networks, like 192.0.2.7, 10.0.0.0/8"},
    {"ports-odd", "[media]\nports = 16385-17000\n",
     "t:2: [media] ports: \"16385-17000\" is not allowed; allowed: FIRST-LAST of 1024-65535, "
     "FIRST even, at least one pair"},
    {"ports-few", "[media]\nports = 16384-16384\n",
     "t:2: [media] ports: \"16384-16384\" is not allowed; allowed: FIRST-LAST of 1024-65535, "
     "FIRST even, at least one pair"},
    {"cause-number", TRUNK_LINES "cause.128 = 480\n",
     "t:6: [trunk pbx] cause.128: unknown key; allowed: "},
    {"cause-status", TRUNK_LINES "cause.34 = 302\n",
     "t:6: [trunk pbx] cause.34: \"302\" is not allowed; allowed: 400-699"},
    {"status-cause", TRUNK_LINES "status.404 = 128\n",
     "t:6: [trunk pbx] status.404: \"128\" is not allowed; allowed: 1-127"},
    /* routes */
    {"to-missing", "[route r]\ncalled = 1\n",
     "t:1: [route r] to: is missing; allowed: a list of \"trunk NAME\" and sip: URIs, like "
     "sip:{number}@192.0.2.7:5060"},
    {"to-trunk", TRUNK_LINES "[route r]\nto = trunk pxb\n",
     "t:7: [route r] to: no [trunk pxb] is configured; there is: pbx"},
    {"to-word", TRUNK_LINES "[route r]\nto = pbx\n",
     "t:7: [route r] to: \"pbx\" is not allowed; allowed: a list of \"trunk NAME\" and sip: URIs, "
     "like sip:{number}@192.0.2.7:5060"},
    {"to-sips", "[route r]\nto = sips:1@h\n",
     "t:2: [route r] to: \"sips:1@h\": only sip: URIs can be called"},
    {"to-host", "[route r]\nto = sip:{number}@\n",
     "t:2: [route r] to: \"sip:{number}@\": it names no host"},
    {"to-number-place", "[route r]\nto = sip:1@{number}.example\n",
     "t:2: [route r] to: \"sip:1@{number}.example\": {number} belongs before the @"},
    {"to-braces", "[route r]\nto = sip:{num}@h\n",
     "t:2: [route r] to: \"sip:{num}@h\": it holds a character that has no place there"},
    {"to-port", "[route r]\nto = sip:1@h:70000\n",
     "t:2: [route r] to: \"sip:1@h:70000\": its port is none"},
    {"to-address", "[route r]\nto = sip:1@1.2.3\n",
     "t:2: [route r] to: \"sip:1@1.2.3\": its address is none"},
    {"from-trunk", TRUNK_LINES "[route r]\nto=sip:a@b\nfrom = pbx, pby\n",
     "t:8: [route r] from: no [trunk pby] is configured; there is: pbx"},
    {"from-network", TRUNK_LINES "[route r]\nto=sip:a@b\nfrom = 10.0.0/8\n",
     "t:8: [route r] from: \"10.0.0/8\" is not allowed; allowed: a list of names of trunks, "
     "addresses and networks"},
    {"on-causes-17", "[route r]\nto=sip:a@b\non-causes = 34, 17\n",
     "t:3: [route r] on-causes: \"17\" is not allowed; allowed: a list of Q.850 causes 1-127, but "
     "not 17"},
    {"pattern", "[route r]\nto=sip:a@b\ncalled = 2XX, 2[\n",
     "t:3: [route r] called: pattern '2[', place 3: no ']'"},
    /* combinations */
    {"t1-over-t2", "[sip]\nt1 = 5s\n", "t:2: [sip] t1: 5000ms is longer than t2, 4000ms"},
    {"expires-under-min", "[sip]\nsession-expires = 80s\n",
     "t:2: [sip] session-expires: 80s is shorter than min-se, 90s"},
    {"listen-everywhere", "[sip]\nlisten = 0.0.0.0:5060\n[media]\naddress=192.0.2.1\n",
     "t:1: [sip] public-host: is missing: [sip] listen is no address that a phone could call"},
    {"media-everywhere", "[sip]\nlisten = 0.0.0.0:5060\npublic-host=gw.example\n",
     "t: [media] address: has to be one that phones can send to, not every address"},
    {"ports-hold-sip", "[media]\nports = 5000-6000\n",
     "t:2: [media] ports: 5000-6000 holds the port of [sip] listen, 5060"},
    {"pseudowire-bare", "[span e1]\n",
     "t:1: [span e1] local: is missing: backend cesopsn needs it\n"
     "t:1: [span e1] remote: is missing: backend cesopsn needs it"},
    {"pseudowire-same", "[span e1]\nlocal=127.0.0.1:4000\nremote=127.0.0.1:4000\n",
     "t:3: [span e1] remote: is the same as local"},
    {"pseudowire-families", "[span e1]\nlocal=127.0.0.1:4000\nremote=[::1]:4000\n",
     "t:3: [span e1] remote: local and remote are not both IPv4 or both IPv6"},
    {"pseudowire-anywhere", "[span e1]\nlocal=127.0.0.1:4000\nremote=0.0.0.0:4000\n",
     "t:3: [span e1] remote: has to be one far end, not every address"},
    {"pseudowire-sip", "[span e1]\nlocal=0.0.0.0:5060\nremote=127.0.0.1:4000\n",
     "t:2: [span e1] local: is the port of [sip] listen, 5060"},
    {"pseudowire-rtp", "[span e1]\nlocal=127.0.0.1:20000\nremote=127.0.0.1:4000\n",
     "t:2: [span e1] local: port 20000 lies in [media] ports, 16384-32767"},
    {"pseudowire-twice", SPAN_LINES "[span e2]\nlocal=0.0.0.0:4000\nremote=127.0.0.1:4002\n",
     "t:5: [span e2] local: is the port of [span e1] local, 4000"},
    {"t1-d-channel", "[span e1]\nbackend=pair\nd-channel = 25\ntype = t1\n",
     "t:3: [span e1] d-channel: 25 is not allowed on T1; allowed: 1-24"},
    {"phone-class", "[phone 1]\nclass = none\n[class some]\n",
     "t:2: [phone 1] class: no [class none] is configured"},
    {"class-network-twice", "[class a]\nnetworks=10.0.0.0/8\n[class b]\nnetworks=::1,10.0.0.0/8\n",
     "t:4: [class b] networks: [class a] has the same network already"},
    {"class-pattern", "[class a]\ndeny = 0[\n",
     "t:2: [class a] deny: pattern '0[', place 3: no ']'"},
    {"class-calls", "[class a]\ncalls = many\n",
     "t:2: [class a] calls: \"many\" is not allowed; allowed: 0-100000 calls"},
    {"peer-checks-nobody", "[peer a]\nnetwork=10.0.0.0/8\ncheck=5s\n",
     "t:3: [peer a] check: watching needs server; set it, or check = 0"},
    {"peer-checks-often", "[peer a]\nnetwork=10.0.0.0/8\nserver=sip:h\ncheck=99ms\n",
     "t:4: [peer a] check: less than 100ms is too often"},
    {"peer-registers-nowhere", "[peer a]\nnetwork=10.0.0.0/8\nuser=gw\nregister=yes\n",
     "t:4: [peer a] register: registering needs server and user; set both, or register = no"},
    {"peer-server", "[peer a]\nnetwork=10.0.0.0/8\nuser=gw\nserver=sip:x@h\nregister=yes\n",
     "t:4: [peer a] server: a server is sip:HOST or sip:HOST:PORT"},
    {"peer-registers-behind",
     "[proxy]\nmode=standby\n[peer a]\nnetwork=10.0.0.0/8\nuser=gw\nserver=sip:h\nregister=yes\n",
     "t:7: [peer a] register: registering needs [proxy] mode = off"},
    {"peer-twice", "[peer a]\nnetwork=10.0.0.0/8\n[peer b]\nnetwork=::1,10.0.0.0/8\n",
     "t:4: [peer b] network: [peer a] has the same network already"},
    /* the proxy's port */
    {"also-listen-word", "[sip]\nalso-listen = 127.0.0.2\n",
     "t:2: [sip] also-listen: \"127.0.0.2\" is not allowed; allowed: a list of numeric addresses "
     "with ports, like 192.0.2.7:5060, [2001:db8::7]:5060"},
    {"also-listen-listen", "[sip]\nalso-listen = [::1]:5060, 127.0.0.1:5060\n",
     "t:2: [sip] also-listen: 5060 is the port of listen"},
    {"also-listen-twice", "[sip]\nalso-listen = [::1]:5070, [::1]:5070\n",
     "t:2: [sip] also-listen: 5070 is listed twice"},
    {"also-listen-wildcard", "[sip]\nalso-listen = [::]:5070\n",
     "t:2: [sip] also-listen: a wildcard address needs [sip] public-host"},
    {"also-listen-span",
     "[sip]\nalso-listen = 127.0.0.2:7000\n[span a]\nlocal=127.0.0.2:7000\nremote=127.0.0.3:1\n",
     "t:4: [span a] local: is the port of [sip] also-listen, 7000"},
    {"also-listen-rtp", "[sip]\nalso-listen = 127.0.0.1:20000\n[media]\nports = 16384-32767\n",
     "t:4: [media] ports: 16384-32767 holds the port of [sip] also-listen, 20000"},
    {"media-two-of-a-family", "[media]\naddress = 127.0.0.1, 127.0.0.2\n",
     "t:2: [media] address: \"127.0.0.1, 127.0.0.2\" is not allowed; allowed: a numeric address, "
     "or "
     "one IPv4 and one IPv6 address"},
    {"public-address-behind", "[media]\npublic-address = 192.0.2.1\n[proxy]\nmode = standby\n",
     "t:2: [media] public-address: needs [proxy] mode = off"},
    {"local-networks-wildcard",
     "[sip]\nlisten = 0.0.0.0:5060\npublic-host = a.example\nlocal-networks = 10.0.0.0/8\n"
     "[media]\naddress = 10.0.0.1\n",
     "t:4: [sip] local-networks: listen is every address: which is one that they could call?"},
    {"media-other-wildcard", "[media]\naddress = 127.0.0.1, ::\n",
     "t:2: [media] address: has to be one that phones can send to, not every address"},
    {"also-listen-moved", "[proxy]\nalso-listen = 127.0.0.2:5060\n",
     "t:2: [proxy] also-listen: belongs to [sip] now"},
    {"tcp-moved", "[proxy]\ntcp = no\n", "t:2: [proxy] tcp: belongs to [sip] now"},
    {"tls-listen-tcp", "[proxy]\ntls-listen = 127.0.0.1:5060\ntls-certificate = /a.pem\n",
     "t:2: [proxy] tls-listen: 5060 is the port of [sip] listen"},
    {"tls-listen-also",
     "[sip]\nalso-listen=[::1]:5061\n[proxy]\ntls-listen = [::1]:5061\ntls-certificate = /a.pem\n",
     "t:4: [proxy] tls-listen: 5061 is the port of [sip] also-listen"},
    {"tls-certificate-missing", "[proxy]\ntls-listen = 127.0.0.1:5061\n",
     "t:1: [proxy] tls-certificate: is missing: tls-listen needs it"},
    {"tls-certificate-relative", "[proxy]\ntls-certificate = a.pem\n",
     "t:2: [proxy] tls-certificate: \"a.pem\" is not allowed; allowed: an absolute path of a file"},
    {"tls-min", "[proxy]\ntls-min = 1.1\n",
     "t:2: [proxy] tls-min: \"1.1\" is not allowed; allowed: 1.2, 1.3"},
    /* the registrar and its phones */
    {"registrar-store", "[registrar]\nstore = tieline.db\n",
     "t:2: [registrar] store: \"tieline.db\" is not allowed; allowed: an absolute path, or none"},
    {"registrar-min-over-max", "[registrar]\nmax-expires = 30s\n",
     "t:1: [registrar] min-expires: 60s is longer than max-expires, 30s"},
    {"registrar-default", "[registrar]\ndefault-expires = 3h\n",
     "t:2: [registrar] default-expires: 10800s does not lie between min-expires and max-expires"},
    {"phone-contact-scheme", "[phone 1]\ncontact = tel:1\n",
     "t:2: [phone 1] contact: \"tel:1\": only sip: URIs can be called"},
    {"phone-contact-q", "[phone 1]\ncontact = <sip:1@h>;q=1.5\n",
     "t:2: [phone 1] contact: \"<sip:1@h>;q=1.5\" is not allowed; allowed: a list of sip: URIs, "
     "like sip:201@192.0.2.7:5060 or <sip:201@192.0.2.7>;q=0.5"},
    {"phone-alias", "[phone 1]\naliases = a b\n",
     "t:2: [phone 1] aliases: \"a b\" is not allowed; allowed: a list of user parts of letters, "
     "digits and -_.!~*'()&=+$?/#"},
    {"phone-alias-name", "[phone 1]\naliases = 2\n[phone 2]\n",
     "t:2: [phone 1] aliases: 2 is the name of [phone 2]"},
    {"phone-alias-twice", "[phone 1]\naliases = 3\n[phone 2]\naliases = 4,3\n",
     "t:4: [phone 2] aliases: 3 means [phone 1] already"},
    {"phone-forward", "[phone 1]\nbusy = a b\n",
     "t:2: [phone 1] busy: \"a b\" is not allowed; allowed: a user part or number of ours, or a "
     "sip: URI"},
    {"phone-forward-uri", "[phone 1]\nbusy = sip:@\n",
     "t:2: [phone 1] busy: \"sip:@\": it names no host"},
    {"phone-always-circle",
     "[phone 1]\nalways = 9\n[phone 2]\naliases=9\nalways = 3\n[phone 3]\nalways=1\n",
     "t:2: [phone 1] always: 9 leads back to this phone\n"
     "t:5: [phone 2] always: 3 leads back to this phone\n"
     "t:7: [phone 3] always: 1 leads back to this phone"},
    {"primary", "[proxy]\nprimary = 192.0.2.1:x\n",
     "t:2: [proxy] primary: \"192.0.2.1:x\" is not allowed; allowed: a list of HOST, HOST:PORT or "
     "HOST:PORT/tcp; HOST is a name or a numeric address, IPv6 in []"},
    {"primary-transport", "[proxy]\nprimary = pbx.example/sctp\n",
     "t:2: [proxy] primary: \"pbx.example/sctp\" is not allowed; allowed: a list of HOST, "
     "HOST:PORT or "
     "HOST:PORT/tcp; HOST is a name or a numeric address, IPv6 in []"},
    {"primary-missing", "[proxy]\nmode = outbound\n",
     "t:1: [proxy] primary: is missing: mode outbound passes requests on to it"},
    {"primary-ourselves", "[proxy]\nprimary = 127.0.0.1\n",
     "t:2: [proxy] primary: 127.0.0.1 is our own [sip] listen"},
    {"primary-check", "[proxy]\ncheck = 1s\n", "t:1: [proxy] check-down: is longer than check"},
    {"name-server", "[proxy]\nname-server = dns.example\n",
     "t:2: [proxy] name-server: \"dns.example\" is not allowed; allowed: a numeric address, with "
     "or without a "
     "port, like 192.0.2.53 or 127.0.0.1:5353"},
    {"enum", "[proxy]\nenum = 192.0.2.1\n",
     "t:2: [proxy] enum: \"192.0.2.1\" is not allowed; allowed: a domain name, like e164.arpa"},
    {"phone-instance", "[phone 1]\ninstance = uuid\n",
     "t:2: [phone 1] instance: \"uuid\" is not allowed; allowed: a URN as in +sip.instance, like "
     "urn:uuid:00000000-0000-1000-8000-000a95a0e128"},
    /* who may pass */
    {"realm-quote", "[guard]\nrealm = a\"b\n",
     "t:2: [guard] realm: \"a\"b\" is not allowed; allowed: 1-255 printable ASCII characters, but "
     "no "
     "quote and no backslash, and a colon only in a numeric IPv6 address in brackets"},
    {"realm-colon", "[guard]\nrealm = pbx.example:5060\n",
     "t:2: [guard] realm: \"pbx.example:5060\" is not allowed; allowed: 1-255 printable ASCII "
     "characters, but no quote and no backslash, and a colon only in a numeric IPv6 address in "
     "brackets"},
    {"users-relative", "[guard]\nusers = users\n",
     "t:2: [guard] users: \"users\" is not allowed; allowed: an absolute path of at most 1023 "
     "octets"},
    {"algorithms", "[guard]\nalgorithms = md5, sha-1\n",
     "t:2: [guard] algorithms: \"sha-1\" is not allowed; allowed: a list of sha-256, md5"},
    {"algorithms-none", "[guard]\nalgorithms = ,\n",
     "t:2: [guard] algorithms: a value is missing; allowed: a list of sha-256, md5"},
    {"policy-action", "[policy a]\n",
     "t:1: [policy a] action: is missing; allowed: challenge, allow, refuse"},
    {"policy-method", "[policy a]\naction = allow\nmethods = INVITE, CANCEL\n",
     "t:3: [policy a] methods: \"CANCEL\" is not allowed; allowed: a list of SIP methods in "
     "capitals, "
     "but not ACK and CANCEL"},
    {"policy-method-case", "[policy a]\naction = allow\nmethods = invite\n",
     "t:3: [policy a] methods: \"invite\" is not allowed; allowed: a list of SIP methods in "
     "capitals, "
     "but not ACK and CANCEL"},
    {"policy-to", "[policy a]\naction = allow\nto = phones, pbx\n",
     "t:3: [policy a] to: \"pbx\" is not allowed; allowed: a list of any, here, phones, trunks, "
     "primary, outside"},
    {"policy-without-users", "[policy a]\naction = challenge\n",
     "t:2: [policy a] action: challenge needs [guard] users"},
    /* all at once, in the order of lines, one complaint for one key */
    {"all-at-once",
     "[route r]\nto = trunk x\n[span e1]\nlocal = 1\nremote=127.0.0.1:9\n[sip]\nt1=x\nt2 = 1ms\n",
     "t:2: [route r] to: no [trunk x] is configured; there are: none\n"
     "t:4: [span e1] local: \"1\" is not allowed; allowed: a numeric address and port, like "
     "192.0.2.7:5060 or [2001:db8::7]:5060\n"
     "t:7: [sip] t1: \"x\" is not allowed; allowed: 10ms to 10s, in ms, s, m or h\n"
     "t:8: [sip] t2: \"1ms\" is not allowed; allowed: 10ms to 1m, in ms, s, m or h"},
};

static void test_mistake(gconstpointer data)
{
    const MistakeCase *row = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(Settings) settings = settings_parse("t", row->text, &error);
    gsize length = strlen(row->words);

    g_assert_null(settings);
    g_assert_error(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_PARSE);
    /* Words that end in ": " are followed by a long list. */
    if (row->words[length - 1] == ' ')
        g_assert_true(g_str_has_prefix(error->message, row->words));
    else
        g_assert_cmpstr(error->message, ==, row->words);
}

/* What the reader might take for a mistake and must not. */
static void test_legal(void)
{
    static const char *const texts[] = {
        "\xef\xbb\xbf[sip]\r\ndscp = 3\r\n",
        "[sip]",
        "[sip]\nuser-agent = my\\sgateway/1.0 (site 7)\n",
        "   [sip]   \n  dscp=3   \n\t# comment\n",
        "[media]\njitter = 200ms\nrtp-timeout = 0\n",
        SPAN_LINES "[trunk a]\nspan=e1\nswitch-type=ni2\n", /* NI-2 on E1 */
        "[sip]\npublic-host = [2001:db8::1]\n",
        "[sip]\npublic-host =\n",
        "[route r]\nto = sip:{number}@[::1]:5080\nfrom =\ncalled=\n",
        "[sip]\nrequire-100rel = TRUE\n",
        "[span a]\nbackend = pair\nlaw = ulaw\n",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Settings) settings = settings_parse("t", texts[i], &error);

        g_assert_no_error(error);
        g_assert_nonnull(settings);
    }
}

static void test_file(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "tieline-settings-XXXXXX", NULL);
    g_autofree char *expected = NULL;
    g_autoptr(Settings) settings = NULL;
    int fd = g_mkstemp(path);

    g_assert_cmpint(fd, >=, 0);
    g_close(fd, NULL);
    g_assert_true(g_file_set_contents(path, "[sip]\ndscp = 0\n\0", 16, NULL));
    settings = settings_load(path, &error);
    g_assert_null(settings);
    expected = g_strdup_printf("%s:3: the line is not UTF-8 text", path);
    g_assert_cmpstr(error->message, ==, expected);
    g_clear_error(&error);
    g_assert_true(g_file_set_contents(path, "[sip]\ndscp = 7\n", -1, NULL));
    settings = settings_load(path, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(settings->sip.dscp, ==, 7);
    g_assert_cmpstr(settings->file, ==, path);
    g_remove(path);
    g_clear_pointer(&settings, settings_free);
    settings = settings_load(path, &error);
    g_assert_null(settings);
    g_assert_true(g_str_has_prefix(error->message, path));
}

/* Any octets at all are answered, not crashed on. */
static void test_noise(void)
{
    gsize length = sizeof full - 1;

    for (guint round = 0; round < 2000; round++) {
        g_autofree char *text = g_memdup2(full, length + 1);
        g_autoptr(GError) error = NULL;
        g_autoptr(Settings) settings = NULL;

        for (guint i = 0; i < 1 + round % 8; i++)
            text[g_test_rand_int_range(0, (gint32)length)] = (char)g_test_rand_int_range(1, 256);
        settings = settings_parse("noise", text, &error);
        g_assert_true((settings == NULL) == (error != NULL));
    }
}

/* ---- print and parse ---- */

static void test_round_trip(void)
{
    g_autoptr(Settings) settings = settings_parse("full", full, NULL);
    g_autofree char *text = settings_text(settings, settings_print);
    g_autoptr(GError) error = NULL;
    g_autoptr(Settings) again = settings_parse("again", text, &error);
    g_autofree char *text_again = NULL;

    g_assert_no_error(error);
    text_again = settings_text(again, settings_print);
    g_assert_cmpstr(text, ==, text_again);
    g_assert_nonnull(strstr(text, "\n[trunk pbx]\nspan = t1, e1\nswitch-type = ni2\n"));
    g_assert_nonnull(strstr(text, "\ncause.21 = 603\ncause.127 = 480\nstatus.480 = 20\n"));
    g_assert_nonnull(
        strstr(text, "\nfrom = pbx, 192.0.2.0/24, ::1\ncalled = 2XX, 0.\ncalling =\n"));
    g_assert_nonnull(strstr(text, "\nt310 = 10s\n"));
    g_assert_nonnull(strstr(text, "\nt301 = 3m\n"));
    g_assert_nonnull(strstr(text, "\nallow = 192.0.2.0/24, 2001:db8::/32, 198.51.100.7\n"));
}

/* Every value of every choice, and both ends of every range, survives print and parse. */
static void test_round_trip_values(void)
{
    for (guint i = 0; i < setting_row_count; i++) {
        const SettingRow *row = &setting_rows[i];
        g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

        for (guint j = 0; row->choices && row->choices[j].name; j++)
            g_ptr_array_add(texts, g_strdup(row->choices[j].name));
        if (row->type == &type_number) {
            g_ptr_array_add(texts, g_strdup_printf("%d", (int)row->min));
            g_ptr_array_add(texts, g_strdup_printf("%d", (int)row->max));
        } else if (row->type == &type_duration) {
            g_ptr_array_add(texts, g_strdup_printf("%dms", (int)(row->min / 1000)));
            g_ptr_array_add(texts, g_strdup_printf("%dms", (int)(row->max / 1000)));
        }
        for (guint j = 0; j < texts->len; j++) {
            /* Read and printed by the row alone: some values are no good together. */
            g_autofree guint64 *group = g_malloc0(setting_groups[row->group].size);
            ValuePlace place = value_place(row, NULL, group, row->first);
            g_autoptr(GString) printed = g_string_new(NULL);
            g_autoptr(GString) again = g_string_new(NULL);
            g_autoptr(GError) error = NULL;

            row->type->parse(&place, g_ptr_array_index(texts, j), &error);
            g_assert_no_error(error);
            row->type->print(&place, printed);
            row->type->parse(&place, printed->str, &error);
            g_assert_no_error(error);
            row->type->print(&place, again);
            g_assert_cmpstr(printed->str, ==, again->str);
        }
    }
}

/* Primaries are read as places, and printed such that they are read alike. */
static void test_primaries(void)
{
    static const char *const text = "pbx.example, 192.0.2.1:5070, [2001:db8::1]:5060/tcp, ::1/tcp";
    g_autofree char *file = g_strdup_printf("[proxy]\nprimary = %s/udp\n",
                                            "pbx.example, 192.0.2.1:5070, "
                                            "[2001:db8::1]:5060/tcp, ::1/tcp, b.example:99");
    g_autoptr(Settings) settings = settings_parse("t", file, NULL);
    g_autoptr(GString) printed = g_string_new(NULL);
    const GArray *places;

    g_assert_nonnull(settings);
    places = settings->proxy.primaries;
    g_assert_cmpuint(places->len, ==, 5);
    for (guint i = 0; i < 4; i++) {
        g_autofree char *one = primary_place_describe(&g_array_index(places, PrimaryPlace, i));

        g_string_append_printf(printed, "%s%s", i ? ", " : "", one);
    }
    g_assert_cmpstr(printed->str, ==, text);
    g_assert_false(g_array_index(places, PrimaryPlace, 4).tcp);
}

/* The call map and the settings agree on how long its timers are, and how long they may be. */
static void test_timers(void)
{
    static const struct {
        CallTimerId id;
        const char *key;
    } timers[] = {
        {CALL_TIMER_T301, "t301"},           {CALL_TIMER_T302, "t302"},
        {CALL_TIMER_T304, "t304"},           {CALL_TIMER_T306, "t306"},
        {CALL_TIMER_T310, "t310"},           {CALL_TIMER_PROGRESS, "progress"},
        {CALL_TIMER_NO_ANSWER, "no-answer"}, {CALL_TIMER_INTERWORK, "interwork"},
    };
    guint found = 0;

    for (guint i = 0; i < setting_row_count; i++) {
        const SettingRow *row = &setting_rows[i];

        for (gsize j = 0; j < G_N_ELEMENTS(timers); j++) {
            const CallTimerRule *rule = callmap_timer(timers[j].id);
            gint64 length = 0;
            ValuePlace place = {.row = row, .field = &length};

            if (strcmp(row->key, timers[j].key) != 0 || row->type != &type_duration ||
                row->group == GROUP_ROUTE) /* where it stands for the trunk's */
                continue;
            found++;
            g_assert_true(row->type->parse(&place, row->standard, NULL));
            g_assert_cmpint(length, ==, rule->default_us);
            g_assert_cmpint(row->min, ==, rule->min_us);
            g_assert_cmpint(row->max, ==, rule->max_us);
        }
    }
    g_assert_cmpuint(found, ==, G_N_ELEMENTS(timers));
}

static void man_print(const Settings *settings, FILE *out)
{
    settings_print_man(out);
}

static void test_every_row_documented(void)
{
    g_autofree char *man = settings_text(NULL, man_print);

    for (guint i = 0; i < setting_row_count; i++) {
        const SettingRow *row = &setting_rows[i];
        g_autoptr(GString) entry = g_string_new(NULL);

        g_assert_nonnull(row->sentence);
        g_assert_true(g_str_has_suffix(row->sentence, "."));
        g_string_append_printf(entry, ".TP\n.B %s\n", row->key);
        g_string_replace(entry, "-", "\\-", 0);
        g_assert_nonnull(strstr(man, entry->str));
        /* No two rows of a group have one key, or share a field. */
        for (guint j = 0; j < i; j++) {
            if (setting_rows[j].group != row->group)
                continue;
            g_assert_cmpstr(setting_rows[j].key, !=, row->key);
            g_assert_cmpuint(setting_rows[j].offset, !=, row->offset);
        }
    }
}

/* doc/tieline.conf.5 is what the rows say today; `make update-docs` writes it anew. */
static void test_man_page(void)
{
    g_autofree char *man = settings_text(NULL, man_print);
    g_autofree char *path = g_build_filename(TOP_SRCDIR, "doc", "tieline.conf.5", NULL);
    g_autofree char *page = NULL;
    g_autoptr(GError) error = NULL;

    if (g_getenv("TIELINE_WRITE_MAN")) {
        g_assert_true(g_file_set_contents(path, man, -1, NULL));
        return;
    }
    g_file_get_contents(path, &page, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(page, ==, man);
}

static void test_samples(void)
{
    static const char *const names[] = {"backup-proxy.conf", "card.conf", "demo.conf",
                                        "pbx-trunk.conf", "emergency-only.conf"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(TOP_SRCDIR, "conf", names[i], NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(Settings) settings = settings_load(path, &error);

        g_assert_no_error(error);
        g_assert_cmpuint(settings->trunks->len, >, 0);
        g_assert_cmpuint(settings->routes->len, >, 0);
    }
}

/* ---- reload ---- */

typedef struct ReloadCase {
    const char *what, *line, *becomes, *waiting;
} ReloadCase;

static const ReloadCase reloads[] = {
    {"nothing", "grace = 500ms", "grace = 500ms", NULL},
    {"live", "log-level = debug", "log-level = error", NULL},
    {"new-calls", "t310 = 10s", "t310 = 20s", NULL},
    {"route-gone", "[route in]", "[route inside]", NULL},
    {"listen", "listen = 192.0.2.10:5060", "listen = 192.0.2.10:5062", "[sip] listen"},
    {"derived", "listen = 192.0.2.10", "listen = 192.0.2.11", "[sip] listen, [media] address"},
    {"span", "clock = slave", "clock = master", "[span t1] clock"},
    {"trunk", "span = t1, e1", "span = e1", "[trunk pbx] span"},
    {"span-added", "[peer rest]", "[span e9]\nbackend=pair\n[peer rest]", "[span e9] added"},
    {"span-before", "[span e1]", "[span e0]\nbackend=pair\n[span e1]", "[span e0] added"},
    {"trunk-added", "[peer rest]", "[trunk x]\nspan=e8\n[span e8]\nbackend=pair\n[peer rest]",
     "[span e8] added, [trunk x] added"},
    {"trunk-and-span", "status.480 = 20", "status.480 = 20\nside = cpe\n[span e2]\nbackend=pair",
     "[span e2] added, [trunk pbx] side"},
};

static char *reload_file(const char *text)
{
    g_autoptr(GError) error = NULL;
    char *path = NULL;
    int fd = g_file_open_tmp("tieline-settings-XXXXXX", &path, &error);

    g_assert_no_error(error);
    close(fd);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

/* What was opened stands where it stood, and as it was. */
static void assert_kept(const Settings *old, const Settings *new)
{
    for (guint i = 0; i < old->spans->len; i++) {
        const SpanSettings *was = g_ptr_array_index(old->spans, i);
        const SpanSettings *is = g_ptr_array_index(new->spans, i);

        g_assert_cmpstr(was->name, ==, is->name);
        g_assert_cmpuint(was->index, ==, is->index);
        g_assert_cmpint(was->type, ==, is->type);
        g_assert_cmpint(was->law, ==, is->law);
        g_assert_cmpint(was->clock, ==, is->clock);
        g_assert_cmpint(was->d_channel, ==, is->d_channel);
        g_assert_cmpmem(&was->local, sizeof was->local, &is->local, sizeof is->local);
    }
    for (guint i = old->spans->len; i < new->spans->len; i++)
        g_assert_cmpuint(((SpanSettings *)g_ptr_array_index(new->spans, i))->index, ==, i);
    for (guint i = 0; i < old->trunks->len; i++) {
        const TrunkSettings *was = g_ptr_array_index(old->trunks, i);
        const TrunkSettings *is = g_ptr_array_index(new->trunks, i);

        g_assert_cmpstr(was->name, ==, is->name);
        g_assert_cmpint(was->side, ==, is->side);
        g_assert_cmpuint(was->spans->len, ==, is->spans->len);
        for (guint j = 0; j < was->spans->len; j++) {
            guint place = ((SpanSettings *)g_ptr_array_index(was->spans, j))->index;

            g_assert_true(g_ptr_array_index(is->spans, j) == g_ptr_array_index(new->spans, place));
        }
    }
    g_assert_cmpmem(&old->sip.listen, sizeof old->sip.listen, &new->sip.listen,
                    sizeof new->sip.listen);
    g_assert_cmpmem(&old->media.address, sizeof old->media.address, &new->media.address,
                    sizeof new->media.address);
}

/* What waits is named, as often as the file is read. */
static void reload_and_compare(const Settings *old, const char *waiting)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *first = NULL, *second = NULL;
    g_autoptr(Settings) new = settings_reload(old, &first, &error);
    g_autoptr(Settings) again = NULL;

    g_assert_no_error(error);
    if (waiting)
        g_assert_cmpstr(first, ==, waiting);
    assert_kept(old, new);
    again = settings_reload(old, &second, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(second, ==, first);
    assert_kept(old, again);
}

static void test_reload(gconstpointer data)
{
    const ReloadCase *row = data;
    g_autoptr(GString) text = g_string_new(full);
    g_autofree char *path = reload_file(full);
    g_autoptr(GError) error = NULL;
    g_autoptr(Settings) old = settings_load(path, &error);
    g_autoptr(Settings) changed = NULL;

    g_assert_no_error(error);
    g_assert_cmpuint(g_string_replace(text, row->line, row->becomes, 1), ==, 1);
    g_assert_true(g_file_set_contents(path, text->str, -1, NULL));
    if (!row->waiting) {
        g_autofree char *waiting = NULL;
        g_autoptr(Settings) new = settings_reload(old, &waiting, &error);

        g_assert_no_error(error);
        g_assert_null(waiting);
    }
    reload_and_compare(old, row->waiting);
    /* And back: a house opened with the changed file reads the first one. */
    changed = settings_load(path, &error);
    g_assert_no_error(error);
    g_assert_true(g_file_set_contents(path, full, -1, NULL));
    reload_and_compare(changed, NULL);
    g_unlink(path);
}

static void test_reload_removed(void)
{
    g_autofree char *path = reload_file("[span a]\nbackend = pair\n[span b]\nbackend = pair\n"
                                        "[trunk a]\nspan = a\ncause.21 = 486\n"
                                        "[trunk b]\nspan = b\nside = cpe\n");
    g_autoptr(GError) error = NULL;
    g_autoptr(Settings) old = settings_load(path, &error);
    g_autoptr(Settings) new = NULL;
    g_autofree char *waiting = NULL;

    g_assert_no_error(error);
    g_assert_true(g_file_set_contents(
        path, "[span b]\nbackend = pair\n[trunk b]\nspan = b\nside = network\n", -1, NULL));
    new = settings_reload(old, &waiting, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(waiting, ==, "[span a] removed, [trunk a] removed, [trunk b] side");
    assert_kept(old, new);
    g_assert_cmpuint(settings_find_trunk(new, "a")->cause_status[21], ==, 486);
    g_unlink(path);
}

static void test_reload_mistaken(void)
{
    g_autofree char *path = reload_file(full);
    g_autoptr(Settings) old = settings_load(path, NULL);
    g_autoptr(GError) error = NULL;
    char *waiting = NULL;

    g_assert_true(g_file_set_contents(path, "[sip]\nlisten = here\n", -1, NULL));
    g_assert_null(settings_reload(old, &waiting, &error));
    g_assert_nonnull(strstr(error->message, ":2: [sip] listen: "));
    g_assert_null(waiting);
    g_unlink(path);
}

/* ---- addresses ---- */

static void test_addresses(void)
{
    static const struct {
        const char *text, *back;
        guint16 port;
    } good[] = {
        {"192.0.2.7:5060", "192.0.2.7:5060", 5060}, {"192.0.2.7", "192.0.2.7", 0},
        {"[::1]:5060", "[::1]:5060", 5060},         {"[::1]", "::1", 0},
        {"2001:DB8::1", "2001:db8::1", 0},          {"0.0.0.0:65535", "0.0.0.0:65535", 65535},
    };
    static const char *const bad[] = {
        "",          "localhost", "192.0.2.7:",  "192.0.2.7:0", "192.0.2.7:65536", "192.0.2.7:1x",
        "[::1",      "[::1]x",    "[192.0.2.7]", "192.0.2",     ":5060",           "[]:1",
        "1.2.3.4.5", "::1::",     " 192.0.2.7",  "192.0.2.7 ",  "[::1]:",          "192.0.2.256",
    };
    struct sockaddr_storage address;
    char buffer[64];

    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_assert_true(address_parse(good[i].text, &address));
        g_assert_cmpuint(address_port((struct sockaddr *)&address), ==, good[i].port);
        g_assert_cmpstr(address_describe((struct sockaddr *)&address, buffer, sizeof buffer), ==,
                        good[i].back);
        g_assert_cmpuint(address_length(&address), ==,
                         address.ss_family == AF_INET ? sizeof(struct sockaddr_in)
                                                      : sizeof(struct sockaddr_in6));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(address_parse(bad[i], &address));
}

/* Which of them are one address, and which one host. */
static void test_equal_addresses(void)
{
    static const struct {
        const char *one, *other;
        gboolean same_host, equal;
    } pairs[] = {
        {"192.0.2.7:5060", "192.0.2.7:5060", TRUE, TRUE},
        {"192.0.2.7:5060", "192.0.2.7:5061", TRUE, FALSE},
        {"192.0.2.7:5060", "192.0.2.8:5060", FALSE, FALSE},
        {"[2001:db8::1]:5060", "[2001:db8:0::1]:5060", TRUE, TRUE},
        {"[2001:db8::1]:5060", "[2001:db8::1]:5061", TRUE, FALSE},
        {"[2001:db8::1]:5060", "[2001:db8::2]:5060", FALSE, FALSE},
        {"[::ffff:192.0.2.7]:5060", "192.0.2.7:5060", FALSE, FALSE},
    };
    struct sockaddr_storage nobody = {0};

    for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
        struct sockaddr_storage one, other;

        g_assert_true(address_parse(pairs[i].one, &one));
        g_assert_true(address_parse(pairs[i].other, &other));
        g_assert_cmpint(
            address_same_host((const struct sockaddr *)&one, (const struct sockaddr *)&other), ==,
            pairs[i].same_host);
        g_assert_cmpint(
            address_equal((const struct sockaddr *)&one, (const struct sockaddr *)&other), ==,
            pairs[i].equal);
    }
    g_assert_false(
        address_equal((const struct sockaddr *)&nobody, (const struct sockaddr *)&nobody));
}

static void test_networks(void)
{
    static const struct {
        const char *network, *inside, *outside;
    } good[] = {
        {"10.0.0.0/8", "10.255.0.1", "11.0.0.0"},
        {"192.0.2.7", "192.0.2.7", "192.0.2.6"},
        {"0.0.0.0/0", "255.1.2.3", "::1"},
        {"192.0.2.128/25", "192.0.2.200", "192.0.2.127"},
        {"2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"},
        {"::/0", "::1", "127.0.0.1"},
        {"::1", "::1", "::2"},
    };
    static const char *const bad[] = {"",       "10.0.0.0/", "10.0.0.0/33",  "10.0.0.1/8",
                                      "::/129", "10/8",      "10.0.0.0/8/8", "10.0.0.0/-1",
                                      "host",   "::1/64"};
    struct sockaddr_storage address;
    Network network;

    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(GArray) networks = g_array_new(FALSE, TRUE, sizeof(Network));

        g_assert_true(network_parse(good[i].network, &network));
        g_array_append_val(networks, network);
        g_assert_true(address_parse(good[i].inside, &address));
        g_assert_true(network_contains(networks, (struct sockaddr *)&address));
        g_assert_true(address_parse(good[i].outside, &address));
        g_assert_false(network_contains(networks, (struct sockaddr *)&address));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(network_parse(bad[i], &network));
    memset(&address, 0, sizeof address);
    g_assert_false(network_contains(NULL, (struct sockaddr *)&address));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/settings/defaults", test_defaults);
    g_test_add_func("/settings/values", test_values);
    g_test_add_func("/settings/peers", test_peers);
    g_test_add_func("/settings/phones", test_phones);
    g_test_add_func("/settings/guard", test_guard);
    g_test_add_func("/settings/realm", test_realm);
    g_test_add_func("/settings/legal", test_legal);
    g_test_add_func("/settings/file", test_file);
    g_test_add_func("/settings/noise", test_noise);
    g_test_add_func("/settings/round-trip", test_round_trip);
    g_test_add_func("/settings/round-trip-values", test_round_trip_values);
    g_test_add_func("/settings/primaries", test_primaries);
    g_test_add_func("/settings/timers", test_timers);
    g_test_add_func("/settings/every-row-documented", test_every_row_documented);
    g_test_add_func("/settings/man-page", test_man_page);
    g_test_add_func("/settings/samples", test_samples);
    g_test_add_func("/settings/addresses", test_addresses);
    g_test_add_func("/settings/equal-addresses", test_equal_addresses);
    g_test_add_func("/settings/networks", test_networks);
    for (gsize i = 0; i < G_N_ELEMENTS(mistakes); i++) {
        g_autofree char *path = g_strdup_printf("/settings/mistake/%s", mistakes[i].name);

        g_test_add_data_func(path, &mistakes[i], test_mistake);
    }
    g_test_add_func("/settings/reload/removed", test_reload_removed);
    g_test_add_func("/settings/reload/mistaken", test_reload_mistaken);
    for (gsize i = 0; i < G_N_ELEMENTS(reloads); i++) {
        g_autofree char *path = g_strdup_printf("/settings/reload/%s", reloads[i].what);

        g_test_add_data_func(path, &reloads[i], test_reload);
    }
    return g_test_run();
}
