/* The UDP socket of a CESoPSN span: its addresses, its marking, its refusals. */
#include "cesopsn_solo.h"

#include "config.h"

#include <netinet/ip.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void test_foreign(void)
{
    guint64 in;
    Far stranger;
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_SLAVE);
    solo_up(&solo);
    far_open(&stranger, end_free_port(), ntohs(solo.far.span.sin_port), E1_PAYLOAD);
    stranger.sequence = (guint16)(solo.far.sequence + 3);
    in = solo.end.span->counters.packets_in;
    for (guint i = 0; i < 300; i++)
        far_send(&stranger, (CesopsnControl){.invalid = TRUE}, 0, 0);
    loop_virtual_advance(solo.loop, 100 * MS);
    g_assert_cmpuint(solo.end.span->counters.foreign, ==, 300);
    g_assert_cmpuint(solo.end.span->counters.packets_in - in, ==, 100);
    g_assert_cmpuint(solo.end.span->alarms, ==, SPAN_ALARM_NONE);
    g_assert_cmpuint(solo.end.span->counters.duplicate, ==, 0);
    far_close(&stranger);
    solo_clear(&solo);
}

/* Packets leave with the DSCP of the settings: 46 in the upper six bits of the TOS octet. */
static void test_dscp(void)
{
    guint8 packet[1500];
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec vector = {packet, sizeof(packet)};
    struct msghdr message = {.msg_iov = &vector,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    struct cmsghdr *header;
    int yes = 1;
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_MASTER);
    g_assert_cmpint(setsockopt(solo.far.fd, IPPROTO_IP, IP_RECVTOS, &yes, sizeof(yes)), ==, 0);
    end_open(&solo.end, solo.loop);
    loop_virtual_advance(solo.loop, 1 * MS);
    g_assert_cmpint(recvmsg(solo.far.fd, &message, 0), ==, 4 + E1_PAYLOAD);
    header = CMSG_FIRSTHDR(&message);
    g_assert_nonnull(header);
    g_assert_cmpint(header->cmsg_type, ==, IP_TOS);
    g_assert_cmphex(*CMSG_DATA(header), ==, 46 << 2);
    solo_clear(&solo);
}

/* A far end that is not there answers with ICMP port unreachable: the span does not mind. */
static void test_nobody_there(void)
{
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_SLAVE);
    far_close(&solo.far);
    end_open(&solo.end, solo.loop);
    loop_virtual_advance(solo.loop, SECOND);
    g_assert_cmpuint(solo.end.span->counters.packets_out, ==, 1000);
    g_assert_cmpuint(end_last_alarms(&solo.end), ==, SPAN_ALARM_RED);
    far_open(&solo.far, ntohs(((struct sockaddr_in *)&solo.end.settings.remote)->sin_port),
             ntohs(solo.far.span.sin_port), E1_PAYLOAD);
    solo_start(&solo);
    g_assert_true(loop_virtual_wait(solo.loop, 400 * MS, end_is_quiet, &solo.end));
    solo_clear(&solo);
}

static void test_ipv6(void)
{
    struct sockaddr_in6 here = {.sin6_family = AF_INET6,
                                .sin6_port = htons(end_free_port()),
                                .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    struct sockaddr_in6 there = here;
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    gboolean has_v6 = fd >= 0 && bind(fd, (struct sockaddr *)&here, sizeof(here)) == 0;
    Loop *loop;
    End a, b;

    if (fd >= 0)
        close(fd);
    if (!has_v6) {
        g_test_skip("no IPv6 loopback here");
        return;
    }
    there.sin6_port = htons(end_free_port());
    loop = loop_virtual_new();
    end_init(&a, "a", 1, 1);
    end_init(&b, "b", 1, 1);
    b.settings.clock = SPAN_CLOCK_SLAVE;
    memcpy(&a.settings.local, &here, sizeof(here));
    memcpy(&a.settings.remote, &there, sizeof(there));
    b.settings.local = a.settings.remote;
    b.settings.remote = a.settings.local;
    end_open(&a, loop);
    end_open(&b, loop);
    g_assert_true(loop_virtual_wait(loop, 400 * MS, end_is_quiet, &a));
    g_assert_true(loop_virtual_wait(loop, 400 * MS, end_is_quiet, &b));
    g_assert_cmpuint(a.span->counters.foreign, ==, 0);
    end_clear(&a);
    end_clear(&b);
    loop_virtual_free(loop);
}

static void assert_refused(const SpanSettings *settings, Loop *loop, const char *message)
{
    g_autoptr(GError) error = NULL;
    SpanEvents events = {0};

    g_assert_null(span_open(settings, loop, &events, &error));
    g_assert_nonnull(error);
    g_assert_cmpstr(error->message, ==, message);
}

static void test_refusals(void)
{
    g_autofree char *in_use = NULL;
    SpanSettings settings;
    Solo solo;

    solo_init(&solo, SPAN_CLOCK_MASTER);
    end_open(&solo.end, solo.loop);
    settings = solo.end.settings;
    settings.name = (char *)"e1";
    in_use = g_strdup_printf("[span e1] local: 127.0.0.1:%u: Address already in use",
                             ntohs(((struct sockaddr_in *)&settings.local)->sin_port));
    assert_refused(&settings, solo.loop, in_use);
    end_close(&solo.end);
    settings.packet_ms = 3;
    assert_refused(&settings, solo.loop, "[span e1] packet: 3; 1, 2 or 5");
    settings.packet_ms = 1;
    settings.buffer_packets = 1;
    assert_refused(&settings, solo.loop, "[span e1] buffer-packets: 1; 2-32");
    settings.buffer_packets = 4;
    settings.d_channel = 32;
    assert_refused(&settings, solo.loop, "[span e1] d-channel: 32 is no timeslot of it; 1-31");
    settings.d_channel = 16;
    ((struct sockaddr_in *)&settings.remote)->sin_port = 0;
    assert_refused(&settings, solo.loop, "[span e1] remote: a port is needed");
    settings.remote.ss_family = AF_UNSPEC;
    assert_refused(&settings, solo.loop, "[span e1] remote: an address and port are needed");
#ifndef HAVE_DAHDI
    settings.backend = BACKEND_DAHDI;
    assert_refused(&settings, solo.loop,
                   "[span e1] backend: dahdi is not built into this tieline: configure found no "
                   "dahdi/user.h");
#endif
    solo_clear(&solo);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cesopsn-socket/foreign", test_foreign);
    g_test_add_func("/cesopsn-socket/refusals", test_refusals);
    g_test_add_func("/cesopsn-socket/dscp", test_dscp);
    g_test_add_func("/cesopsn-socket/nobody-there", test_nobody_there);
    g_test_add_func("/cesopsn-socket/ipv6", test_ipv6);
    return g_test_run();
}
