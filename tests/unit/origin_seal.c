/* The sealed origin: what travels from the proxy to the gateway's user agent, and what is not
 * believed. */
#include "origin.h"

#include <string.h>

static CallOrigin origin_of(const char *address, const char *user)
{
    CallOrigin origin = {.kind = ORIGIN_SIP};

    g_assert_true(address_parse(address, &origin.source));
    g_strlcpy(origin.user, user, sizeof(origin.user));
    return origin;
}

static void it_says_what_was_sealed(void)
{
    static const struct {
        const char *address, *peer, *user, *class_name;
        gboolean trusted, emergency;
    } cases[] = {
        {"192.0.2.7:5060", "", "", "", FALSE, FALSE},
        {"[2001:db8::7]:65535", "proxy", "201", "staff", TRUE, FALSE},
        {"192.0.2.7:1", "-", "-", "-", FALSE, TRUE},
        {"192.0.2.7:5060", "a b", "é\"\\;,\r\n%", "\t", TRUE, TRUE},
    };
    OriginKey key;

    origin_key_make(&key);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        CallOrigin origin = origin_of(cases[i].address, cases[i].user), read;
        char text[ORIGIN_TEXT_MAX], address[64];

        g_strlcpy(origin.peer, cases[i].peer, sizeof(origin.peer));
        g_strlcpy(origin.class_name, cases[i].class_name, sizeof(origin.class_name));
        origin.trusted = cases[i].trusted;
        origin.emergency = cases[i].emergency;
        origin_seal(&key, &origin, "call", text);
        g_assert_null(strpbrk(text, "\r\n\t"));
        g_assert_true(origin_unseal(&key, text, "call", &read));
        address_describe((struct sockaddr *)&read.source, address, sizeof(address));
        g_assert_cmpstr(address, ==, cases[i].address);
        g_assert_cmpint(read.kind, ==, ORIGIN_SIP);
        g_assert_cmpstr(read.peer, ==, cases[i].peer);
        g_assert_cmpstr(read.user, ==, cases[i].user);
        g_assert_cmpstr(read.class_name, ==, cases[i].class_name);
        g_assert_cmpint(read.trusted, ==, cases[i].trusted);
        g_assert_cmpint(read.emergency, ==, cases[i].emergency);
    }
}

/* The longest names, every octet of them escaped, leave room for the seal. */
static void the_longest_names(void)
{
    CallOrigin origin = origin_of("[2001:db8:1111:2222:3333:4444:5555:6666]:65535", ""), read;
    char text[ORIGIN_TEXT_MAX];
    OriginKey key;

    origin_key_make(&key);
    memset(origin.user, ' ', TAG_MAX - 1);
    memset(origin.peer, '%', TAG_MAX - 1);
    memset(origin.class_name, '"', TAG_MAX - 1);
    origin.trusted = origin.emergency = TRUE;
    origin_seal(&key, &origin, "call", text);
    g_assert_true(origin_unseal(&key, text, "call", &read));
    g_assert_cmpstr(read.user, ==, origin.user);
    g_assert_cmpstr(read.peer, ==, origin.peer);
    g_assert_cmpstr(read.class_name, ==, origin.class_name);
}

/* One octet changed, anywhere: nothing is read, and the caller's value stays. */
static void it_is_whole_or_nothing(void)
{
    CallOrigin origin = origin_of("192.0.2.7:5060", "201"), read = {.user = "untouched"};
    char text[ORIGIN_TEXT_MAX];
    OriginKey key, other;
    gsize length;

    origin_key_make(&key);
    origin_key_make(&other);
    g_assert_cmpint(memcmp(&key, &other, sizeof(key)), !=, 0);
    origin_seal(&key, &origin, "call", text);
    g_assert_false(origin_unseal(&other, text, "call", &read));
    g_assert_false(origin_unseal(&key, text, "Call", &read));
    g_assert_false(origin_unseal(&key, text, "call ", &read));
    g_assert_false(origin_unseal(&key, text, "", &read));
    length = strlen(text);
    for (gsize i = 0; i < length; i++) {
        char kept = text[i];

        text[i] = kept == '0' ? '1' : '0';
        g_assert_false(origin_unseal(&key, text, "call", &read));
        text[i] = kept;
        text[i] = '\0';
        g_assert_false(origin_unseal(&key, text, "call", &read));
        text[i] = kept;
    }
    g_assert_cmpstr(read.user, ==, "untouched");
    g_assert_true(origin_unseal(&key, text, "call", &read));
}

static void nonsense(void)
{
    static const char *const texts[] = {
        "",
        " ",
        "      ",
        "192.0.2.7:5060 - - - -",
        "0000000000000000000000000000000000000000000000000000000000000000",
        " 0000000000000000000000000000000000000000000000000000000000000000",
        "192.0.2.7:5060 - root - t "
        "0000000000000000000000000000000000000000000000000000000000000000",
    };
    CallOrigin read = {.user = "untouched"};
    OriginKey key;

    origin_key_make(&key);
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_assert_false(origin_unseal(&key, texts[i], "call", &read));
    g_assert_cmpstr(read.user, ==, "untouched");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/origin-seal/says", it_says_what_was_sealed);
    g_test_add_func("/origin-seal/longest", the_longest_names);
    g_test_add_func("/origin-seal/whole", it_is_whole_or_nothing);
    g_test_add_func("/origin-seal/nonsense", nonsense);
    return g_test_run();
}
