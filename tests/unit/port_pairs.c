/* Bookings of RTP port pairs: even and odd, in turn, given back, exhausted. */
#include "port_pairs.h"

#include <sys/socket.h>
#include <unistd.h>

#define FIRST 42100

static MediaSettings settings_of(const char *host, guint16 first, guint16 last)
{
    MediaSettings settings = {.port_first = first, .port_last = last, .dscp = 46};

    g_assert_true(address_parse(host, &settings.address));
    return settings;
}

static guint16 bound_port(int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);

    g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
    return address_port((const struct sockaddr *)&address);
}

static guint16 book(PortPairs *pairs, PortPair *pair)
{
    g_assert_true(port_pairs_book(pairs, pair));
    return address_port((const struct sockaddr *)&pair->local);
}

static void give_back(PortPairs *pairs, PortPair *pair)
{
    close(pair->rtp);
    close(pair->rtcp);
    port_pairs_release(pairs, address_port((const struct sockaddr *)&pair->local));
}

static void test_even_and_odd(void)
{
    MediaSettings settings = settings_of("127.0.0.1", FIRST, FIRST + 9);
    PortPairs *pairs = port_pairs_new(&settings);
    PortPair pair;
    int tos;
    socklen_t length = sizeof(tos);

    g_assert_cmpuint(book(pairs, &pair), ==, FIRST);
    g_assert_cmpuint(bound_port(pair.rtp), ==, FIRST);
    g_assert_cmpuint(bound_port(pair.rtcp), ==, FIRST + 1);
    g_assert_cmpint(getsockopt(pair.rtp, IPPROTO_IP, IP_TOS, &tos, &length), ==, 0);
    g_assert_cmpint(tos, ==, 46 << 2);
    g_assert_cmpuint(port_pairs_used(pairs), ==, 1);
    give_back(pairs, &pair);
    g_assert_cmpuint(port_pairs_used(pairs), ==, 0);
    port_pairs_free(pairs);
}

/* A port given back is the last one to be booked again. */
static void test_rotates(void)
{
    MediaSettings settings = settings_of("127.0.0.1", FIRST, FIRST + 9);
    PortPairs *pairs = port_pairs_new(&settings);
    PortPair pair;

    for (guint i = 0; i < 12; i++) {
        g_assert_cmpuint(book(pairs, &pair), ==, FIRST + 2 * (i % 5));
        give_back(pairs, &pair);
    }
    port_pairs_free(pairs);
}

static void test_exhausted(void)
{
    MediaSettings settings = settings_of("127.0.0.1", FIRST, FIRST + 5);
    PortPairs *pairs = port_pairs_new(&settings);
    PortPair pair[3], none;

    for (guint i = 0; i < 3; i++)
        book(pairs, &pair[i]);
    g_assert_false(port_pairs_book(pairs, &none));
    g_assert_cmpuint(port_pairs_used(pairs), ==, 3);
    give_back(pairs, &pair[1]);
    g_assert_cmpuint(book(pairs, &pair[1]), ==, FIRST + 2);
    for (guint i = 0; i < 3; i++)
        give_back(pairs, &pair[i]);
    port_pairs_free(pairs);
}

/* A pair of which another program holds the odd port is passed over, and its even port is let go.
 */
static void test_foreign_port(void)
{
    MediaSettings settings = settings_of("127.0.0.1", FIRST, FIRST + 5);
    struct sockaddr_storage taken = settings.address;
    PortPairs *pairs = port_pairs_new(&settings);
    int fd = socket(AF_INET, SOCK_DGRAM, 0), probe = socket(AF_INET, SOCK_DGRAM, 0);
    PortPair pair;

    address_set_port(&taken, FIRST + 1);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&taken, address_length(&taken)), ==, 0);
    g_assert_cmpuint(book(pairs, &pair), ==, FIRST + 2);
    address_set_port(&taken, FIRST);
    g_assert_cmpint(bind(probe, (struct sockaddr *)&taken, address_length(&taken)), ==, 0);
    give_back(pairs, &pair);
    close(fd);
    close(probe);
    port_pairs_free(pairs);
}

/* Ranges that begin odd or end even use only whole pairs; an empty one has none. */
static void test_crooked_ranges(void)
{
    MediaSettings settings = settings_of("127.0.0.1", FIRST + 1, FIRST + 4);
    PortPairs *pairs = port_pairs_new(&settings);
    PortPair pair, none;

    g_assert_cmpuint(book(pairs, &pair), ==, FIRST + 2);
    g_assert_false(port_pairs_book(pairs, &none));
    give_back(pairs, &pair);
    port_pairs_free(pairs);

    settings = settings_of("127.0.0.1", FIRST, FIRST);
    pairs = port_pairs_new(&settings);
    g_assert_false(port_pairs_book(pairs, &none));
    port_pairs_free(pairs);
}

static void test_ipv6(void)
{
    MediaSettings settings = settings_of("::1", FIRST, FIRST + 9);
    PortPairs *pairs = port_pairs_new(&settings);
    int fd = socket(AF_INET6, SOCK_DGRAM, 0), class;
    socklen_t length = sizeof(class);
    PortPair pair;

    if (fd < 0 || bind(fd, (struct sockaddr *)&settings.address, sizeof(struct sockaddr_in6)) < 0) {
        g_test_skip("this machine has no ::1");
    } else {
        g_assert_cmpuint(book(pairs, &pair), ==, FIRST);
        g_assert_cmpint(pair.local.ss_family, ==, AF_INET6);
        g_assert_cmpint(getsockopt(pair.rtp, IPPROTO_IPV6, IPV6_TCLASS, &class, &length), ==, 0);
        g_assert_cmpint(class, ==, 46 << 2);
        give_back(pairs, &pair);
    }
    if (fd >= 0)
        close(fd);
    port_pairs_free(pairs);
}

/* One port of both families; where one is taken, both are passed over. */
static void test_both_families(void)
{
    MediaSettings settings = settings_of("127.0.0.1", FIRST, FIRST + 9);
    struct sockaddr_in6 own = {
        .sin6_family = AF_INET6, .sin6_addr = in6addr_loopback, .sin6_port = htons(FIRST + 1)};
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    PortPairs *pairs;
    PortPair pair;

    g_assert_true(address_parse("::1", &settings.other));
    pairs = port_pairs_new(&settings);
    if (fd < 0 || bind(fd, (struct sockaddr *)&own, sizeof(own)) < 0) {
        g_test_skip("this machine has no ::1");
    } else {
        g_assert_true(port_pairs_check(pairs, NULL));
        g_assert_cmpuint(book(pairs, &pair), ==, FIRST + 2);
        g_assert_cmpint(pair.local.ss_family, ==, AF_INET);
        g_assert_cmpint(pair.other.ss_family, ==, AF_INET6);
        g_assert_cmpuint(address_port((const struct sockaddr *)&pair.other), ==, FIRST + 2);
        close(pair.other_rtp);
        close(pair.other_rtcp);
        give_back(pairs, &pair);
    }
    if (fd >= 0)
        close(fd);
    port_pairs_free(pairs);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/port-pairs/an-even-and-the-next-odd-port", test_even_and_odd);
    g_test_add_func("/port-pairs/a-port-just-used-rests", test_rotates);
    g_test_add_func("/port-pairs/exhausted", test_exhausted);
    g_test_add_func("/port-pairs/another-programs-port-is-passed-over", test_foreign_port);
    g_test_add_func("/port-pairs/crooked-ranges", test_crooked_ranges);
    g_test_add_func("/port-pairs/ipv6", test_ipv6);
    g_test_add_func("/port-pairs/both-families", test_both_families);
    return g_test_run();
}
