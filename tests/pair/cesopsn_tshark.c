/* tshark as independent judge of our CESoPSN packets; skips where there is none. */
#include "cesopsn_end.h"
#include "loop_virtual.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <string.h>

#define MS 1000
#define LINKTYPE_RAW 101 /* IP without a link layer */

static void put_u16(GByteArray *out, guint value)
{
    guint8 octets[2] = {(guint8)(value >> 8), (guint8)value};

    g_byte_array_append(out, octets, 2);
}

static void put_host_u32(GByteArray *out, guint32 value)
{
    g_byte_array_append(out, (const guint8 *)&value, 4);
}

static GByteArray *pcap_new(void)
{
    static const guint16 version[2] = {2, 4};
    GByteArray *out = g_byte_array_new();

    put_host_u32(out, 0xa1b2c3d4);
    g_byte_array_append(out, (const guint8 *)version, 4);
    put_host_u32(out, 0);
    put_host_u32(out, 0);
    put_host_u32(out, 65535);
    put_host_u32(out, LINKTYPE_RAW);
    return out;
}

/* One packet a millisecond, from port FROM to port TO of 127.0.0.1. */
static void pcap_add(GByteArray *out, guint number, guint from, guint to, const guint8 *udp,
                     gsize length)
{
    static const guint8 addresses[8] = {127, 0, 0, 1, 127, 0, 0, 1};
    static const guint8 ip[8] = {0, 0, 0, 0, 64, 17, 0, 0};

    put_host_u32(out, 0);
    put_host_u32(out, number * 1000);
    put_host_u32(out, (guint32)length + 28);
    put_host_u32(out, (guint32)length + 28);
    put_u16(out, 0x45b8);
    put_u16(out, (guint)length + 28);
    g_byte_array_append(out, ip, sizeof(ip));
    g_byte_array_append(out, addresses, sizeof(addresses));
    put_u16(out, from);
    put_u16(out, to);
    put_u16(out, (guint)length + 8);
    put_u16(out, 0);
    g_byte_array_append(out, udp, (guint)length);
}

static guint16 port_of(const struct sockaddr_storage *address)
{
    return ntohs(((const struct sockaddr_in *)address)->sin_port);
}

/* A span's first 300 packets: deaf for the first 100, then with a far end. */
static void capture(const char *file, guint16 *far_port)
{
    g_autoptr(GByteArray) pcap = pcap_new();
    g_autoptr(GError) error = NULL;
    static const guint8 sabme[3] = {0x00, 0x01, 0x7f};
    Loop *loop = loop_virtual_new();
    guint8 packet[1500];
    gsize length;
    guint count = 0;
    Far far;
    End end;

    end_init(&end, "judged", end_free_port(), end_free_port());
    *far_port = port_of(&end.settings.remote);
    far_open(&far, *far_port, port_of(&end.settings.local), 248);
    end_open(&end, loop);
    end_b_open(&end, 2);
    g_assert_true(span_d_send(end.span, sabme, sizeof(sabme)));
    for (guint ms = 0; ms < 300; ms++) {
        if (ms >= 100)
            far_send(&far, (CesopsnControl){0}, 0x7e, 248);
        loop_virtual_advance(loop, 1 * MS);
        while ((length = far_take(&far, packet, sizeof(packet))))
            pcap_add(pcap, count++, port_of(&end.settings.local), *far_port, packet, length);
    }
    g_assert_cmpuint(count, ==, 300);
    g_file_set_contents(file, (const char *)pcap->data, pcap->len, &error);
    g_assert_no_error(error);
    far_close(&far);
    end_clear(&end);
    loop_virtual_free(loop);
}

/* What tshark says of FILE, a line a packet: sequence, L and M, R, FRG, LEN, payload length, expert
 * notes. */
static char *dissect(const char *tshark, const char *file, guint16 port)
{
    g_autofree char *decode = g_strdup_printf("udp.port==%u,pwcesopsn", port);
    const char *argv[] = {tshark, "-n",
                          "-r",   file,
                          "-d",   decode,
                          "-T",   "fields",
                          "-e",   "pwcesopsn.cw.seqno",
                          "-e",   "pwcesopsn.cw.lm",
                          "-e",   "pwcesopsn.cw.rbit",
                          "-e",   "pwcesopsn.cw.frag",
                          "-e",   "pwcesopsn.cw.length",
                          "-e",   "pwcesopsn.payload.len",
                          "-e",   "_ws.expert.message",
                          "-E",   "separator=;",
                          NULL};
    g_autoptr(GError) error = NULL;
    char *out = NULL;
    int status;

    g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out, NULL,
                 &status, &error);
    g_assert_no_error(error);
    g_assert_true(g_spawn_check_wait_status(status, NULL));
    return out;
}

static void assert_dissected(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint64 sequence = 0;

    g_assert_cmpuint(g_strv_length(lines), ==, 301); /* the last is empty */
    for (guint i = 0; i < 300; i++) {
        g_auto(GStrv) field = g_strsplit(lines[i], ";", -1);

        g_assert_cmpuint(g_strv_length(field), ==, 7);
        if (i > 0)
            g_assert_cmpuint(g_ascii_strtoull(field[0], NULL, 10), ==, (sequence + 1) & 0xffff);
        sequence = g_ascii_strtoull(field[0], NULL, 10);
        /* L 0 M 10 while RED, which ends 100 ms after the far end began; R as long as it is silent
         */
        if (i < 195 || i > 210)
            g_assert_cmpuint(g_ascii_strtoull(field[1], NULL, 0), ==, i < 200 ? 2 : 0);
        if (i < 100 || i > 105)
            g_assert_cmpuint(g_ascii_strtoull(field[2], NULL, 0), ==, i < 100 ? 1 : 0);
        g_assert_cmpuint(g_ascii_strtoull(field[3], NULL, 0), ==, 0);
        g_assert_cmpuint(g_ascii_strtoull(field[4], NULL, 0), ==, 0);
        g_assert_cmpuint(g_ascii_strtoull(field[5], NULL, 0), ==, 248);
        g_assert_cmpstr(field[6], ==, "");
    }
}

static void test_dissection(void)
{
    g_autofree char *tshark = g_find_program_in_path("tshark");
    g_autofree char *directory = NULL, *file = NULL, *text = NULL;
    guint16 port;

    if (!tshark) {
        g_test_skip("no tshark here");
        return;
    }
    directory = g_dir_make_tmp("tieline-cesopsn-XXXXXX", NULL);
    g_assert_nonnull(directory);
    file = g_build_filename(directory, "span.pcap", NULL);
    capture(file, &port);
    text = dissect(tshark, file, port);
    g_remove(file);
    g_rmdir(directory);
    assert_dissected(text);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cesopsn-tshark/dissection", test_dissection);
    return g_test_run();
}
