/* Digest credentials: the published examples, the grammar, and what a uri has to name. */
#include "digest.h"

#include <string.h>

/* ---- published examples ---- */

typedef struct Example {
    const char *name, *user, *realm, *password, *method, *body, *header;
} Example;

#define RFC7616                                                                                    \
    "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "       \
    "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "                        \
    "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, "                          \
    "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", "
#define BOB                                                                                        \
    "Digest username=\"bob\", realm=\"biloxi.com\", "                                              \
    "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"sip:bob@biloxi.com\", "
#define BOB_COUNT "nc=00000001, cnonce=\"0a4f113b\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""

static const Example examples[] = {
    {"RFC 2617 3.5", "Mufasa", "testrealm@host.com", "Circle Of Life", "GET", NULL,
     "Digest username=\"Mufasa\",\r\n realm=\"testrealm@host.com\",\r\n "
     "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\",\r\n uri=\"/dir/index.html\",\r\n qop=auth,\r\n "
     "nc=00000001,\r\n cnonce=\"0a4f113b\",\r\n response=\"6629fae49393a05397450978507c4ef1\",\r\n "
     "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""},
    {"RFC 2069 2.4, erratum 749", "Mufasa", "testrealm@host.com", "CircleOfLife", "GET", NULL,
     "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
     "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", "
     "response=\"1949323746fe6a43ef61f9606e7febea\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""},
    {"RFC 7616 3.9.1, MD5", "Mufasa", "http-auth@example.org", "Circle of Life", "GET", NULL,
     RFC7616 "algorithm=MD5, response=\"8ca523f5e9506fed4657c9700eebdbec\""},
    {"RFC 7616 3.9.1, SHA-256", "Mufasa", "http-auth@example.org", "Circle of Life", "GET", NULL,
     RFC7616 "algorithm=SHA-256, response="
             "\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\""},
    {"draft-smith-sipping-auth-examples-01 3.1", "bob", "biloxi.com", "zanzibar", "INVITE", NULL,
     BOB "response=\"bf57e4e0d0bffc0fbaedce64d59add5e\""},
    {"draft-smith-sipping-auth-examples-01 3.3", "bob", "biloxi.com", "zanzibar", "INVITE", NULL,
     BOB "qop=auth, algorithm=MD5, response=\"89eb0059246c02b2f6ee02c7961d5ea3\", " BOB_COUNT},
    {"draft-smith-sipping-auth-examples-01 3.5", "bob", "biloxi.com", "zanzibar", "INVITE",
     "v=0\r\no=bob 2890844526 2890844526 IN IP4 media.biloxi.com\r\ns=-\r\n"
     "c=IN IP4 media.biloxi.com\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
     "m=video 51372 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n"
     "m=video 53000 RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\n",
     BOB "qop=auth-int, algorithm=MD5, response=\"bdbeebb2da6adb6bca02599c2239e192\", " BOB_COUNT},
};

/* Is the response right when METHOD and BODY are these? */
static gboolean example_holds(const Example *example, const char *method, const char *password,
                              const char *body)
{
    DigestCredentials credentials;
    char ha1[DIGEST_HEX_SIZE];
    guint8 response[DIGEST_OCTETS_MAX];
    const char *why;

    g_assert_cmpint(digest_read(example->header, &credentials, &why), ==, DIGEST_READ);
    g_assert_cmpstr(credentials.user, ==, example->user);
    g_assert_cmpstr(credentials.realm, ==, example->realm);
    digest_hash_user(credentials.algorithm, example->user, example->realm, password, ha1);
    digest_compute(&credentials, ha1, method, body, body ? strlen(body) : 0, response);
    return digest_matches(&credentials, response);
}

static void published_examples_hold(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(examples); i++) {
        const Example *example = &examples[i];

        g_test_message("%s", example->name);
        g_assert_true(example_holds(example, example->method, example->password, example->body));
        g_assert_false(example_holds(example, "BYE", example->password, example->body));
        g_assert_false(example_holds(example, example->method, "guess", example->body));
        if (example->body)
            g_assert_false(example_holds(example, example->method, example->password, "v=0\r\n"));
    }
}

/* ---- the grammar ---- */

#define MUST "username=\"a\", realm=\"r\", nonce=\"n\", uri=\"sip:r\""
#define MD5 "response=\"0123456789abcdef0123456789ABCDEF\""
#define SHA "response=\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\""

static void forms_are_read(void)
{
    static const struct {
        const char *header;
        gboolean known;
        DigestAlgorithm algorithm;
        DigestQop qop;
    } cases[] = {
        {"Digest " MUST ", " MD5, TRUE, DIGEST_MD5, DIGEST_QOP_NONE},
        {"  digest\t" MUST "," MD5 " ", TRUE, DIGEST_MD5, DIGEST_QOP_NONE},
        {"Digest UserName = \"a\" ,Realm= \"r\", nonce =\"n\",\r\n\turi=\"sip:r\", " MD5, TRUE,
         DIGEST_MD5, DIGEST_QOP_NONE},
        {"Digest " MUST ", algorithm=md5, " MD5, TRUE, DIGEST_MD5, DIGEST_QOP_NONE},
        {"Digest " MUST ", algorithm=\"sha-256\", " SHA, TRUE, DIGEST_SHA256, DIGEST_QOP_NONE},
        {"Digest " MUST ", " MD5 ", qop=\"auth\", nc=\"00000001\", cnonce=\"c\"", TRUE, DIGEST_MD5,
         DIGEST_QOP_AUTH},
        {"Digest " MUST ", " MD5 ", qop=AUTH-INT, nc=0000000a, cnonce=\"\"", TRUE, DIGEST_MD5,
         DIGEST_QOP_AUTH_INT},
        {"Digest " MUST ", " MD5 ", cnonce=\"of nobody\", auth-param=x, other=\"y\"", TRUE,
         DIGEST_MD5, DIGEST_QOP_NONE},
        {"Digest " MUST ", algorithm=MD5-sess, " MD5, FALSE, DIGEST_MD5, DIGEST_QOP_NONE},
        {"Digest " MUST ", algorithm=SHA-256-sess, " SHA, FALSE, DIGEST_MD5, DIGEST_QOP_NONE},
        {"Digest " MUST ", algorithm=AKAv1-MD5, " MD5, FALSE, DIGEST_MD5, DIGEST_QOP_NONE},
        /* userhash is a token like any other parameter's */
        {"Digest " MUST ", userhash=false, " MD5, TRUE, DIGEST_MD5, DIGEST_QOP_NONE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        DigestCredentials credentials;
        const char *why;

        g_test_message("%s", cases[i].header);
        g_assert_cmpint(digest_read(cases[i].header, &credentials, &why), ==, DIGEST_READ);
        g_assert_null(why);
        g_assert_cmpint(credentials.algorithm_known, ==, cases[i].known);
        if (cases[i].known)
            g_assert_cmpint(credentials.algorithm, ==, cases[i].algorithm);
        g_assert_cmpint(credentials.qop, ==, cases[i].qop);
        g_assert_cmpstr(credentials.user, ==, "a");
        g_assert_cmpstr(credentials.uri, ==, "sip:r");
        if (cases[i].qop == DIGEST_QOP_NONE)
            g_assert_cmpstr(credentials.cnonce, ==, "");
    }
}

static void quotes_and_escapes_are_undone(void)
{
    DigestCredentials credentials;
    const char *why;

    g_assert_cmpint(digest_read("Digest username=\"a \\\"b\\\" \\\\c, realm=\\\"x\\\"\", "
                                "realm=\"r, s=t\", nonce=\"\", uri=\"sip:\\r\", " MD5,
                                &credentials, &why),
                    ==, DIGEST_READ);
    g_assert_cmpstr(credentials.user, ==, "a \"b\" \\c, realm=\"x\"");
    g_assert_cmpstr(credentials.realm, ==, "r, s=t");
    g_assert_cmpstr(credentials.nonce, ==, "");
    g_assert_cmpstr(credentials.uri, ==, "sip:r");
}

static void counts_are_eight_digits(void)
{
    DigestCredentials credentials;
    const char *why;

    g_assert_cmpint(digest_read("Digest " MUST ", " MD5 ", qop=auth, nc=fFfFfF01, cnonce=\"c\"",
                                &credentials, &why),
                    ==, DIGEST_READ);
    g_assert_cmphex(credentials.nc, ==, 0xffffff01);
    g_assert_cmpstr(credentials.nc_text, ==, "fFfFfF01"); /* hashed as it came */
}

static void malformed_credentials_are_none(void)
{
    static const char *const cases[] = {
        "Digest",
        "Digest ",
        "Digest ,",
        "Digest username",
        "Digest username=",
        "Digest username=\"a",
        "Digest username=\"a\\",
        "Digest =\"a\"",
        "Digest " MUST,
        "Digest " MUST ",",
        "Digest " MUST ",, " MD5,
        "Digest " MUST " " MD5,
        "Digest " MUST "; " MD5,
        "Digest " MUST ", " MD5 ", realm=\"s\"",
        "Digest " MUST ", " MD5 ", REALM=\"s\"",
        "Digest " MUST ", x=1, x=2, " MD5,
        "Digest realm=\"r\", nonce=\"n\", uri=\"sip:r\", " MD5,
        "Digest username=\"a\", nonce=\"n\", uri=\"sip:r\", " MD5,
        "Digest username=\"a\", realm=\"r\", uri=\"sip:r\", " MD5,
        "Digest username=\"a\", realm=\"r\", nonce=\"n\", " MD5,
        "Digest username*=UTF-8''a, realm=\"r\", nonce=\"n\", uri=\"sip:r\", " MD5,
        "Digest " MUST ", response=\"0123\"",
        "Digest " MUST ", response=\"g123456789abcdef0123456789abcdef\"",
        "Digest " MUST ", " SHA, /* of MD5, where none is named */
        "Digest " MUST ", algorithm=SHA-256, " MD5,
        "Digest " MUST ", algorithm=, " MD5,
        "Digest " MUST ", " MD5 ", qop=auth",
        "Digest " MUST ", " MD5 ", qop=auth, nc=00000001",
        "Digest " MUST ", " MD5 ", qop=auth, cnonce=\"c\"",
        "Digest " MUST ", " MD5 ", qop=other, nc=00000001, cnonce=\"c\"",
        "Digest " MUST ", " MD5 ", qop=auth, nc=1, cnonce=\"c\"",
        "Digest " MUST ", " MD5 ", qop=auth, nc=0000000g, cnonce=\"c\"",
        "Digest " MUST ", " MD5 ", qop=auth, nc=000000001, cnonce=\"c\"",
        "Digest username=\"a\nb\", realm=\"r\", nonce=\"n\", uri=\"sip:r\", " MD5,
        "Digest username=\"a\\\x01\", realm=\"r\", nonce=\"n\", uri=\"sip:r\", " MD5,
        "Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=sip:r, " MD5, /* no token */
    };
    DigestCredentials credentials;
    const char *why;

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i]);
        g_assert_cmpint(digest_read(cases[i], &credentials, &why), ==, DIGEST_MALFORMED);
        g_assert_nonnull(why);
    }
    g_assert_cmpint(digest_read("Basic YTpi", &credentials, &why), ==, DIGEST_OTHER);
    g_assert_cmpint(digest_read("Digestive " MUST ", " MD5, &credentials, &why), ==, DIGEST_OTHER);
    g_assert_cmpint(digest_read("", &credentials, &why), ==, DIGEST_OTHER);
}

/* A value of LENGTH octets in the parameter NAME; the others are right. */
static DigestReading read_long(const char *name, gsize length)
{
    static const char *const names[] = {"username", "realm", "nonce", "uri", "cnonce"};
    g_autofree char *filling = g_strnfill(length, 'x');
    g_autoptr(GString) header = g_string_new("Digest qop=auth, nc=00000001, " MD5);
    DigestCredentials credentials;
    const char *why;

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        g_string_append_printf(header, ", %s=\"%s\"", names[i],
                               strcmp(names[i], name) == 0 ? filling : "a");
    return digest_read(header->str, &credentials, &why);
}

static void lengths_have_limits(void)
{
    static const struct {
        const char *name;
        gsize size;
    } cases[] = {{"username", DIGEST_NAME_SIZE},
                 {"realm", DIGEST_NAME_SIZE},
                 {"nonce", DIGEST_NONCE_SIZE},
                 {"uri", DIGEST_URI_SIZE},
                 {"cnonce", DIGEST_CNONCE_SIZE}};
    g_autofree char *blanks = g_strnfill(DIGEST_HEADER_MAX, ' ');
    g_autofree char *header = g_strconcat("Digest " MUST ", " MD5, blanks, NULL);
    g_autoptr(GString) many = g_string_new("Digest " MUST ", " MD5);
    DigestCredentials credentials;
    const char *why;

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_assert_cmpint(read_long(cases[i].name, cases[i].size - 1), ==, DIGEST_READ);
        g_assert_cmpint(read_long(cases[i].name, cases[i].size), ==, DIGEST_MALFORMED);
    }
    g_assert_cmpint(digest_read(header, &credentials, &why), ==, DIGEST_MALFORMED);
    for (guint i = 0; i < 27; i++) /* with the five above 32 */
        g_string_append_printf(many, ", p%u=1", i);
    g_assert_cmpint(digest_read(many->str, &credentials, &why), ==, DIGEST_READ);
    g_string_append(many, ", last=1");
    g_assert_cmpint(digest_read(many->str, &credentials, &why), ==, DIGEST_MALFORMED);
}

/* Every beginning of a header, and every header with one octet changed, is read or refused. */
static void nonsense_is_survived(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(examples); i++) {
        gsize length = strlen(examples[i].header);

        for (gsize at = 0; at < length; at++) {
            g_autofree char *cut = g_strndup(examples[i].header, at);
            DigestCredentials credentials;
            const char *why;

            digest_read(cut, &credentials, &why);
            for (guint octet = 1; octet < 256; octet += 7) {
                g_autofree char *changed = g_strdup(examples[i].header);

                changed[at] = (char)octet;
                digest_read(changed, &credentials, &why);
                g_assert_cmpuint(strlen(credentials.user), <, DIGEST_NAME_SIZE);
            }
        }
    }
}

/* ---- what a uri names ---- */

static void uris_name_the_request(void)
{
    static const struct {
        const char *uri, *request;
        gboolean fits;
    } cases[] = {
        {"sip:pbx.example", "sip:pbx.example", TRUE},
        {"sip:pbx.example", "SIP:PBX.example:5060;transport=tcp", TRUE},
        {"sip:201@pbx.example:5062", "sip:201@pbx.example", TRUE},
        {"sip:%32%301@pbx.example;user=phone", "sip:201@pbx.example", TRUE},
        {"sip:201;x=1@pbx.example", "sip:201;x=1@pbx.example", TRUE},
        {"sip:[2001:db8::1]", "sip:[2001:DB8::1]:5060", TRUE},
        {"tel:+491234", "tel:+491234;phone-context=x", TRUE},
        {"urn:service:sos", "urn:service:sos", TRUE},
        {"sip:201@pbx.example", "sip:202@pbx.example", FALSE},
        {"sip:201@pbx.example", "sip:201@other.example", FALSE},
        {"sip:201@pbx.example", "sips:201@pbx.example", FALSE},
        {"sip:pbx.example", "sip:201@pbx.example", FALSE},
        {"sip:A@pbx.example", "sip:a@pbx.example", FALSE},
        {"sip:[2001:db8::1]", "sip:[2001:db8::2]", FALSE},
        {"sip:%00@pbx.example", "sip:%00@pbx.example", FALSE},
        {"", "sip:pbx.example", FALSE},
        {"/dir", "/dir", TRUE},
        {"sip:", "sip:pbx.example", FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s for %s", cases[i].uri, cases[i].request);
        g_assert_cmpint(digest_uri_fits(cases[i].uri, cases[i].request), ==, cases[i].fits);
        g_assert_cmpint(digest_uri_fits(cases[i].request, cases[i].uri), ==, cases[i].fits);
    }
}

static void equal_is_of_every_octet(void)
{
    guint8 one[32] = {0}, other[32] = {0};

    g_assert_true(digest_equal(one, other, sizeof(one)));
    for (gsize i = 0; i < sizeof(one); i++) {
        other[i] = 0x80;
        g_assert_false(digest_equal(one, other, sizeof(one)));
        other[i] = 0;
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/digest/published-examples-hold", published_examples_hold);
    g_test_add_func("/digest/forms-are-read", forms_are_read);
    g_test_add_func("/digest/quotes-and-escapes-are-undone", quotes_and_escapes_are_undone);
    g_test_add_func("/digest/counts-are-eight-digits", counts_are_eight_digits);
    g_test_add_func("/digest/malformed-credentials-are-none", malformed_credentials_are_none);
    g_test_add_func("/digest/lengths-have-limits", lengths_have_limits);
    g_test_add_func("/digest/nonsense-is-survived", nonsense_is_survived);
    g_test_add_func("/digest/uris-name-the-request", uris_name_the_request);
    g_test_add_func("/digest/equal-is-of-every-octet", equal_is_of_every_octet);
    return g_test_run();
}
