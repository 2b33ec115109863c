/* Where requests go by name: SRV order, addresses that outlive their name server, numbers in the
 * DNS; and requests that come twice. */
#include "e164.h"
#include "hop_book.h"
#include "merge.h"
#include "srv.h"

#include "settings.h"

#include <string.h>

#define S ((gint64)G_USEC_PER_SEC)
#define START (1000 * S)

/* ---- SRV ---- */

/* Draws what the test says. */
static guint32 draw_as_told(void *user, guint32 limit)
{
    guint32 told = *(guint32 *)user;

    return MIN(told, limit);
}

static void test_srv_priority(void)
{
    SrvServer servers[] = {{20, 0, 1, NULL}, {10, 0, 2, NULL}, {30, 0, 3, NULL}, {10, 5, 4, NULL}};
    guint32 least = 0;

    srv_order(servers, G_N_ELEMENTS(servers), draw_as_told, &least);
    g_assert_cmpuint(servers[0].port, ==, 2); /* weight 0 and the smallest draw */
    g_assert_cmpuint(servers[1].port, ==, 4);
    g_assert_cmpuint(servers[2].port, ==, 1);
    g_assert_cmpuint(servers[3].port, ==, 3);
    srv_order(servers, 0, draw_as_told, &least);
}

static guint32 draw_really(void *user, guint32 limit)
{
    return (guint32)g_rand_double_range(user, 0, (double)limit + 1);
}

static void test_srv_weight(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(4);
    guint first = 0;

    for (guint i = 0; i < 4000; i++) {
        SrvServer servers[] = {{1, 30, 1, NULL}, {1, 10, 2, NULL}};

        srv_order(servers, 2, draw_really, rand);
        first += servers[0].port == 1;
    }
    g_assert_cmpuint(first, >, 2800);
    g_assert_cmpuint(first, <, 3200);
}

/* ---- names' addresses ---- */

static GArray *hops_of(const char *first, const char *second)
{
    GArray *hops = g_array_new(FALSE, TRUE, sizeof(NextHop));
    NextHop hop = {0};

    g_assert_true(address_parse(first, &hop.address));
    g_array_append_val(hops, hop);
    if (second) {
        g_assert_true(address_parse(second, &hop.address));
        g_array_append_val(hops, hop);
    }
    return hops;
}

static void test_book_outlives_time(void)
{
    HopBook *book = hop_book_new();
    g_autoptr(GArray) hops = hops_of("192.0.2.1:5060", "[2001:db8::1]:5070");
    const GArray *known;
    HopAge age;

    g_assert_null(hop_book_get(book, "pbx.example", START, &age));
    g_assert_cmpint(age, ==, HOPS_UNKNOWN);
    g_assert_true(hop_book_wants(book, "pbx.example", START));
    hop_book_put(book, "PBX.example", hops, 60, START);
    known = hop_book_get(book, "pbx.EXAMPLE", START + 59 * S, &age);
    g_assert_cmpint(age, ==, HOPS_FRESH);
    g_assert_cmpuint(known->len, ==, 2);
    g_assert_true(
        next_hop_equal(&g_array_index(known, NextHop, 1), &g_array_index(hops, NextHop, 1)));
    g_assert_false(
        next_hop_equal(&g_array_index(known, NextHop, 0), &g_array_index(hops, NextHop, 1)));
    g_assert_false(hop_book_wants(book, "pbx.example", START + 59 * S));

    /* The name server is gone as well, for a week. */
    g_assert_true(hop_book_wants(book, "pbx.example", START + 60 * S));
    hop_book_miss(book, "pbx.example", 5 * S, START + 60 * S);
    g_assert_false(hop_book_wants(book, "pbx.example", START + 64 * S));
    g_assert_true(hop_book_wants(book, "pbx.example", START + 65 * S));
    known = hop_book_get(book, "pbx.example", START + 604800 * S, &age);
    g_assert_cmpint(age, ==, HOPS_STALE);
    g_assert_cmpuint(known->len, ==, 2);
    g_assert_cmpuint(hop_book_misses(book), ==, 1);
    g_assert_cmpuint(hop_book_stale_uses(book), ==, 1);
    hop_book_free(book);
}

static void test_book_is_bounded(void)
{
    HopBook *book = hop_book_new();

    for (guint i = 0; i < 20000; i++) {
        g_autofree char *name = g_strdup_printf("n%u.example", i);

        hop_book_miss(book, name, 5 * S, START);
    }
    g_assert_false(hop_book_wants(book, "n19999.example", START));
    g_assert_true(hop_book_wants(book, "n0.example", START));
    hop_book_free(book);
}

/* ---- ENUM ---- */

static void domain_is(const char *number, const char *wanted)
{
    g_autofree char *domain = e164_domain(number, "e164.arpa");

    g_assert_cmpstr(domain, ==, wanted);
}

static void test_enum_domain(void)
{
    domain_is("+441632960083", "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa"); /* RFC 6116 3.2 */
    domain_is("441632960083", NULL);
    domain_is("+", NULL);
    domain_is("+44x", NULL);
    domain_is("+1234567890123456", NULL);
}

static void becomes(const char *regexp, const char *wanted)
{
    g_autofree char *result = e164_substitute(regexp, "+441632960083");

    g_assert_cmpstr(result, ==, wanted);
}

static void test_enum_regexp(void)
{
    becomes("!^.*$!sip:info@example.com!", "sip:info@example.com");
    becomes("!^\\+44(.*)$!sip:\\1@example.com!", "sip:1632960083@example.com");
    becomes("!^\\+44(16)(32)(.*)$!sip:\\3-\\2-\\1@example.com!", "sip:960083-32-16@example.com");
    becomes("/^(.*)$/sip:\\1@a\\/b/", "sip:+441632960083@a/b"); /* an escaped delimiter */
    becomes("!^\\+44([0-9]{4})!sip:\\1!i", "sip:1632");
    becomes("!^(\\+)([[:digit:]]+)$!sip:\\2@e!", "sip:441632960083@e");
    becomes("!^(\\+)(x)?.*$!sip:\\2a@e!", "sip:a@e"); /* a group that took no part */
    becomes("!^.*$!sip:a\\\\b!", "sip:a\\b");
    /* What is none, or does not fit. */
    becomes("", NULL);
    becomes("!", NULL);
    becomes("!^.*$!sip:a", NULL);
    becomes("!^.*$!sip:a!x", NULL);
    becomes("!^.*$!sip:a!ii", NULL);
    becomes("1^.*$1sip:a1", NULL);
    becomes("i^.*$isip:ai", NULL);
    becomes("!^\\+49.*$!sip:a!", NULL);
    becomes("!^.*$!sip:\\9@e!", NULL);
    becomes("!^.*$!sip:\\0@e!", NULL);
    becomes("!(!sip:a!", NULL);
    becomes("!!sip:a!", NULL);
    becomes("!(?R)!sip:a!", NULL);
    becomes("!(*ACCEPT)!sip:a!", NULL);
    becomes("!^\xff$!sip:a!", NULL);
    /* Written to stop us. */
    becomes("!^(((((((.*)*)*)*)*)*)*)*x$!sip:a!", NULL);
    becomes("!((((.{255}){255}){255}){255})!sip:a!", NULL);
}

static void test_enum_choice(void)
{
    static const EnumRecord records[] = {
        {100, 20, "u", "E2U+sip", "!^.*$!sip:third@example.com!", ""},
        {100, 10, "u", "E2U+email:mailto", "!^.*$!mailto:a@example.com!", ""},
        {100, 12, "U", "e2u+SIP", "!^.*$!sip:second@example.com!", ""},
        {90, 50, "u", "E2U+sip", "!^\\+49.*$!sip:first@example.com!", ""}, /* does not fit */
        {80, 1, "u", "E2U+sip", "!^.*$!http://example.com/!", ""},         /* no sip: */
        {70, 1, "s", "SIP+D2U", "", "_sip._udp.example.com"},              /* not ENUM's */
    };
    static const EnumRecord onward[] = {
        {100, 10, "", "", "", "other.example"},
        {100, 20, "u", "E2U+sip", "!^.*$!sip:a@example.com!", ""},
    };
    g_autofree char *uri = NULL, *domain = NULL, *none = NULL;

    g_assert_cmpint(e164_choose(records, G_N_ELEMENTS(records), "+441632960083", &uri), ==,
                    ENUM_URI);
    g_assert_cmpstr(uri, ==, "sip:second@example.com");
    g_assert_cmpint(e164_choose(onward, 2, "+441632960083", &domain), ==, ENUM_DOMAIN);
    g_assert_cmpstr(domain, ==, "other.example");
    g_assert_cmpint(e164_choose(records + 3, 3, "+441632960083", &none), ==, ENUM_NOTHING);
    g_assert_cmpint(e164_choose(NULL, 0, "+441632960083", &none), ==, ENUM_NOTHING);
}

static void test_enum_several_services(void)
{
    static const EnumRecord several = {1, 1, "u", "E2U+voice:tel+sip", "!^.*$!sips:a@b!", ""};
    static const EnumRecord old = {1, 1, "u", "sip+E2U", "!^.*$!sip:a@b!", ""};
    static const EnumRecord hostile = {1, 1, "u", "E2U+sip", "!^.*$!sip:a>@b!", ""};
    g_autofree char *uri = NULL, *none = NULL;

    g_assert_cmpint(e164_choose(&several, 1, "+1", &uri), ==, ENUM_URI);
    g_assert_cmpint(e164_choose(&old, 1, "+1", &none), ==, ENUM_NOTHING);
    g_assert_cmpint(e164_choose(&hostile, 1, "+1", &none), ==, ENUM_NOTHING);
}

/* ---- requests that come twice ---- */

static const MergeIdentity invite = {"c1@phone", "t1", 101, "INVITE", "gateway"};

static void test_merge_copy(void)
{
    Merge *merge = merge_new(32 * S);
    int owner = 0;
    gboolean copy;
    MergeRequest *first = merge_meet(merge, &invite, "z9hG4bK1", &owner, START, &copy);

    g_assert_false(copy);
    /* A retransmission is the same transaction. */
    g_assert_true(merge_meet(merge, &invite, "z9hG4bK1", NULL, START + S, &copy) == first);
    g_assert_false(copy);
    g_assert_true(merge_meet(merge, &invite, "z9hG4bK2", NULL, START + S, &copy) == first);
    g_assert_true(copy);
    g_assert_true(merge_owner(first) == &owner);
    /* Still so when the first is over, for as long as a copy may be under way. */
    merge_end(merge, first, TRUE, START + 100 * S);
    merge_end(merge, first, TRUE, START + 101 * S);
    merge_end(merge, NULL, TRUE, START);
    merge_meet(merge, &invite, "z9hG4bK3", NULL, START + 131 * S, &copy);
    g_assert_true(copy);
    g_assert_null(merge_owner(first));
    first = merge_meet(merge, &invite, "z9hG4bK3", &owner, START + 132 * S, &copy);
    g_assert_false(copy);
    /* One that failed may be tried again. */
    merge_end(merge, first, FALSE, START + 133 * S);
    merge_meet(merge, &invite, "z9hG4bK4", &owner, START + 134 * S, &copy);
    g_assert_false(copy);
    merge_free(merge);
}

static void test_merge_others(void)
{
    Merge *merge = merge_new(32 * S);
    MergeIdentity other = invite;
    gboolean copy;

    merge_meet(merge, &invite, "z9hG4bK1", NULL, START, &copy);
    other.cseq++; /* with credentials, or a further digit */
    merge_meet(merge, &other, "z9hG4bK2", NULL, START, &copy);
    g_assert_false(copy);
    other = invite;
    other.target = "202"; /* the primary forks to two of our phones */
    merge_meet(merge, &other, "z9hG4bK3", NULL, START, &copy);
    g_assert_false(copy);
    other = invite;
    other.from_tag = "t2";
    merge_meet(merge, &other, "z9hG4bK4", NULL, START, &copy);
    g_assert_false(copy);
    g_assert_cmpuint(merge_count(merge), ==, 4);
    merge_free(merge);
}

static void test_merge_forgets(void)
{
    Merge *merge = merge_new(32 * S);
    MergeIdentity many = invite;
    gboolean copy;

    for (many.cseq = 0; many.cseq < 10000; many.cseq++) {
        gint64 now = START + (gint64)many.cseq * S;

        merge_end(merge, merge_meet(merge, &many, "z9hG4bK", NULL, now, &copy), TRUE, now);
        g_assert_false(copy);
    }
    g_assert_cmpuint(merge_count(merge), <=, 33);
    merge_free(merge);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/srv/priority", test_srv_priority);
    g_test_add_func("/srv/weight", test_srv_weight);
    g_test_add_func("/hop-book/outlives-time", test_book_outlives_time);
    g_test_add_func("/hop-book/is-bounded", test_book_is_bounded);
    g_test_add_func("/enum/domain", test_enum_domain);
    g_test_add_func("/enum/regexp", test_enum_regexp);
    g_test_add_func("/enum/choice", test_enum_choice);
    g_test_add_func("/enum/several-services", test_enum_several_services);
    g_test_add_func("/merge/copy", test_merge_copy);
    g_test_add_func("/merge/others", test_merge_others);
    g_test_add_func("/merge/forgets", test_merge_forgets);
    return g_test_run();
}
