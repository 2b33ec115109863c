/* HDLC against octets written by hand from Q.921, and against spandsp as an independent far end. */
#include "../../src/span/hdlc.h"

#include <spandsp.h>
#include <string.h>

typedef struct Heard {
    GPtrArray *frames; /* of GBytes */
    guint verdicts[4];
} Heard;

static void heard_take(void *user, HdlcVerdict verdict, const guint8 *frame, gsize length)
{
    Heard *self = user;

    self->verdicts[verdict]++;
    if (verdict == HDLC_GOOD)
        g_ptr_array_add(self->frames, g_bytes_new(frame, length));
    else
        g_assert_null(frame);
}

static void heard_init(Heard *self)
{
    memset(self->verdicts, 0, sizeof(self->verdicts));
    self->frames = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
}

static void heard_assert(Heard *self, guint index, const guint8 *frame, gsize length)
{
    gsize got_length;
    const guint8 *got;

    g_assert_cmpuint(index, <, self->frames->len);
    got = g_bytes_get_data(self->frames->pdata[index], &got_length);
    g_assert_cmpmem(got, got_length, frame, length);
}

/* Appends the bits of TEXT ("0111 1110", spaces are nothing) to LINE, first bit in 0x80. */
static void line_bits(GByteArray *line, guint *count, const char *text)
{
    for (; *text; text++) {
        if (*text == ' ')
            continue;
        if (*count % 8 == 0)
            g_byte_array_append(line, (const guint8 *)"", 1);
        if (*text == '1')
            line->data[*count / 8] |= (guint8)(0x80 >> *count % 8);
        (*count)++;
    }
}

/* One golden frame: its octets, and the line from opening to closing flag, bit by bit as Q.921 2
 * sends it: octets least significant bit first, a zero after five ones, FCS by Q.921 2.7. */
typedef struct Golden {
    const char *name;
    guint8 frame[4];
    gsize length;
    guint8 fcs[2];
    const char *line;
} Golden;

static const Golden goldens[] = {
    /* SABME, SAPI 0, TEI 0, P=1, a command of the user side (C/R 0): Q.921 table 5.
     *                        00       01       7F (stuffed) 64       54 */
    {"SABME of the user side",
     {0x00, 0x01, 0x7f},
     3,
     {0x64, 0x54},
     "01111110 00000000 10000000 11111 0 110 00100110 00101010 01111110"},
    /* The same of the network side, C/R 1. */
    {"SABME of the network side",
     {0x02, 0x01, 0x7f},
     3,
     {0xdc, 0xe1},
     "01111110 01000000 10000000 11111 0 110 00111011 10000111 01111110"},
    /* All ones: a zero after every fifth, the run goes over octet borders up to the FCS. */
    {"all ones",
     {0xff, 0xff, 0xff, 0xff},
     4,
     {0x47, 0x0f},
     "01111110 111110 111110 111110 111110 111110 111110 11 111 0 00010 11110000 01111110"},
};

static void test_fcs(void)
{
    static const char digits[] = "123456789";
    guint16 fcs = (guint16)~hdlc_fcs(HDLC_FCS_INIT, (const guint8 *)digits, 9);

    /* The check value of this CRC in the catalogues: 906E. */
    g_assert_cmphex(fcs, ==, 0x906e);
    for (gsize i = 0; i < G_N_ELEMENTS(goldens); i++) {
        const Golden *golden = &goldens[i];

        fcs = hdlc_fcs(HDLC_FCS_INIT, golden->frame, golden->length);
        g_assert_cmphex((guint8)~fcs, ==, golden->fcs[0]);
        g_assert_cmphex((guint8)(~fcs >> 8), ==, golden->fcs[1]);
        g_assert_cmphex(hdlc_fcs(fcs, golden->fcs, 2), ==, HDLC_FCS_GOOD);
    }
}

static void test_send_golden(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(goldens); i++) {
        const Golden *golden = &goldens[i];
        g_autoptr(GByteArray) line = g_byte_array_new();
        HdlcSender *sender;
        guint8 got[32];
        guint count = 0, whole;

        line_bits(line, &count, golden->line);
        whole = line->len;
        sender = hdlc_sender_new();
        g_assert_true(hdlc_sender_queue(sender, golden->frame, golden->length));
        g_assert_cmpuint(hdlc_sender_fill(sender, got, whole), ==, 1);
        /* What the last octet has left already belongs to the next flag. */
        line_bits(line, &count, "01111110");
        g_assert_cmpmem(got, whole, line->data, whole);
        hdlc_sender_free(sender);
    }
}

static void test_idle_flags(void)
{
    HdlcSender *sender = hdlc_sender_new();
    guint8 got[40], flags[40];

    memset(flags, 0x7e, sizeof(flags));
    g_assert_cmpuint(hdlc_sender_fill(sender, got, sizeof(got)), ==, 0);
    g_assert_cmpmem(got, sizeof(got), flags, sizeof(flags));
    hdlc_sender_free(sender);
}

/* Every golden line at every one of the eight places in a timeslot octet. */
static void test_receive_golden(void)
{
    for (guint shift = 0; shift < 8; shift++) {
        g_autoptr(GByteArray) line = g_byte_array_new();
        HdlcReceiver receiver;
        Heard heard;
        guint count = 0, sent = 0;

        heard_init(&heard);
        hdlc_receiver_init(&receiver, heard_take, &heard);
        for (guint i = 0; i < shift; i++)
            line_bits(line, &count, i % 2 ? "0" : "1");
        for (gsize i = 0; i < G_N_ELEMENTS(goldens); i++)
            line_bits(line, &count, goldens[i].line);
        hdlc_receiver_take(&receiver, line->data, line->len);
        for (gsize i = 0; i < G_N_ELEMENTS(goldens); i++)
            heard_assert(&heard, sent++, goldens[i].frame, goldens[i].length);
        g_assert_cmpuint(heard.frames->len, ==, sent);
        g_assert_cmpuint(heard.verdicts[HDLC_BAD_FCS], ==, 0);
        g_ptr_array_unref(heard.frames);
    }
}

/* The line bits of TEXT give these verdicts. */
static void assert_verdicts(const char *text, guint good, guint bad, guint aborts, guint overlong)
{
    g_autoptr(GByteArray) line = g_byte_array_new();
    HdlcReceiver receiver;
    Heard heard;
    guint count = 0;

    heard_init(&heard);
    hdlc_receiver_init(&receiver, heard_take, &heard);
    line_bits(line, &count, text);
    hdlc_receiver_take(&receiver, line->data, line->len);
    g_assert_cmpuint(heard.verdicts[HDLC_GOOD], ==, good);
    g_assert_cmpuint(heard.verdicts[HDLC_BAD_FCS], ==, bad);
    g_assert_cmpuint(heard.verdicts[HDLC_ABORT], ==, aborts);
    g_assert_cmpuint(heard.verdicts[HDLC_OVERLONG], ==, overlong);
    g_ptr_array_unref(heard.frames);
}

#define FLAG "01111110"
#define SABME "00000000 10000000 111110110 00100110 00101010"

static void test_damage(void)
{
    assert_verdicts(FLAG SABME FLAG, 1, 0, 0, 0);
    /* one flag between two frames is both their flag; two flags may share a zero */
    assert_verdicts(FLAG SABME FLAG SABME FLAG, 2, 0, 0, 0);
    assert_verdicts(FLAG "1111110" SABME "011111101111110" SABME FLAG, 2, 0, 0, 0);
    /* a bit turned over, a bit lost, a bit too many */
    assert_verdicts(FLAG "00000001 10000000 111110110 00100110 00101010" FLAG, 0, 1, 0, 0);
    assert_verdicts(FLAG "0000000 10000000 111110110 00100110 00101010" FLAG, 0, 1, 0, 0);
    assert_verdicts(FLAG SABME "0" FLAG, 0, 1, 0, 0);
    /* seven ones end a frame, and the next flag begins anew; an idle line of ones is no abort */
    assert_verdicts(FLAG "00000000 10000000 1111111" FLAG SABME FLAG, 1, 0, 1, 0);
    assert_verdicts(FLAG "11111111 11111111 11111111" FLAG SABME FLAG, 1, 0, 0, 0);
    /* less than 32 bits between flags is no frame and no error */
    assert_verdicts(FLAG "00000000 10000000" FLAG, 0, 0, 0, 0);
    /* before the first flag there is nothing */
    assert_verdicts(SABME FLAG, 0, 0, 0, 0);
}

static void test_length_limits(void)
{
    guint8 frame[HDLC_FRAME_MAX + 8], octets[2 * HDLC_FRAME_MAX];
    HdlcSender *sender = hdlc_sender_new();
    HdlcReceiver receiver;
    Heard heard;

    heard_init(&heard);
    hdlc_receiver_init(&receiver, heard_take, &heard);
    memset(frame, 0x55, sizeof(frame));
    g_assert_false(hdlc_sender_queue(sender, frame, 0));
    g_assert_false(hdlc_sender_queue(sender, frame, HDLC_FRAME_MAX + 1));
    g_assert_true(hdlc_sender_queue(sender, frame, HDLC_FRAME_MAX));
    hdlc_sender_fill(sender, octets, sizeof(octets));
    hdlc_receiver_take(&receiver, octets, sizeof(octets));
    heard_assert(&heard, 0, frame, HDLC_FRAME_MAX);

    /* One octet more, made by hand: 0x55 needs no stuffing and its bits read alike by a shift. */
    octets[0] = 0x7e;
    memset(octets + 1, 0xaa, HDLC_FRAME_MAX + 3);
    octets[HDLC_FRAME_MAX + 4] = 0x7e;
    hdlc_receiver_take(&receiver, octets, HDLC_FRAME_MAX + 5);
    g_assert_cmpuint(heard.verdicts[HDLC_OVERLONG], ==, 1);
    g_assert_cmpuint(heard.verdicts[HDLC_BAD_FCS], ==, 0);
    g_assert_cmpuint(heard.frames->len, ==, 1);
    hdlc_sender_free(sender);
    g_ptr_array_unref(heard.frames);
}

static void test_queue_limit(void)
{
    HdlcSender *sender = hdlc_sender_new();
    const guint8 frame[3] = {0x00, 0x01, 0x7f};
    guint8 octets[7 * HDLC_QUEUE_FRAMES + 8];
    guint ended;

    for (guint i = 0; i < HDLC_QUEUE_FRAMES; i++)
        g_assert_true(hdlc_sender_queue(sender, frame, sizeof(frame)));
    g_assert_false(hdlc_sender_queue(sender, frame, sizeof(frame)));
    ended = hdlc_sender_fill(sender, octets, sizeof(octets));
    g_assert_cmpuint(ended, ==, HDLC_QUEUE_FRAMES);
    g_assert_true(hdlc_sender_queue(sender, frame, sizeof(frame)));
    hdlc_sender_free(sender);
}

/* Random frames, back to back, keep at most one flag and their stuffing apart. */
static void test_full_rate(void)
{
    HdlcSender *sender = hdlc_sender_new();
    HdlcReceiver receiver;
    Heard heard;
    gsize octets_sent = 0, frame_octets = 0;
    guint queued = 0;
    guint8 frame[260], octets[8];

    heard_init(&heard);
    hdlc_receiver_init(&receiver, heard_take, &heard);
    for (guint i = 0; i < sizeof(frame); i++)
        frame[i] = (guint8)(i * 37 & 0x7b); /* no five ones in a row */
    while (queued < 500) {
        while (queued < 500 && hdlc_sender_queue(sender, frame, sizeof(frame)))
            queued++;
        hdlc_sender_fill(sender, octets, sizeof(octets));
        hdlc_receiver_take(&receiver, octets, sizeof(octets));
        octets_sent += sizeof(octets);
    }
    frame_octets = (gsize)heard.frames->len * sizeof(frame);
    g_assert_cmpuint(heard.frames->len, >, 400);
    /* 260 octets of 263: FCS and one flag */
    g_assert_cmpfloat((double)frame_octets / (double)octets_sent, >, 0.98);
    g_assert_cmpuint(heard.verdicts[HDLC_BAD_FCS], ==, 0);
    hdlc_sender_free(sender);
    g_ptr_array_unref(heard.frames);
}

static void take_from_spandsp(void *user, const guint8 *frame, int length, int ok)
{
    if (length >= 0) /* else a status of its receiver */
        heard_take(user, ok ? HDLC_GOOD : HDLC_BAD_FCS, ok ? frame : NULL, (gsize)length);
}

static gsize random_frame(GRand *random, guint8 *frame)
{
    gsize length = (gsize)g_rand_int_range(random, 3, 265);

    for (gsize i = 0; i < length; i++)
        frame[i] = g_rand_int_range(random, 0, 4) ? (guint8)g_rand_int(random) : 0xff;
    return length;
}

static void test_spandsp_hears_us(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(86);
    HdlcSender *sender = hdlc_sender_new();
    hdlc_rx_state_t *far_end;
    Heard heard;

    heard_init(&heard);
    far_end = hdlc_rx_init(NULL, FALSE, TRUE, 1, take_from_spandsp, &heard);
    for (guint i = 0; i < 500; i++) {
        guint8 frame[265], octets[330];
        gsize length = random_frame(random, frame);

        g_assert_true(hdlc_sender_queue(sender, frame, length));
        hdlc_sender_fill(sender, octets, sizeof(octets));
        hdlc_rx_put(far_end, octets, sizeof(octets));
        heard_assert(&heard, i, frame, length);
    }
    g_assert_cmpuint(heard.verdicts[HDLC_BAD_FCS], ==, 0);
    hdlc_rx_free(far_end);
    hdlc_sender_free(sender);
    g_ptr_array_unref(heard.frames);
}

static void ignore_underflow(void *user)
{
    (void)user;
}

static void test_we_hear_spandsp(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(87);
    HdlcReceiver receiver;
    hdlc_tx_state_t *far_end = hdlc_tx_init(NULL, FALSE, 1, FALSE, ignore_underflow, NULL);
    Heard heard;
    guint8 octets[330];

    heard_init(&heard);
    hdlc_receiver_init(&receiver, heard_take, &heard);
    hdlc_tx_flags(far_end, 8);
    hdlc_receiver_take(&receiver, octets, (gsize)hdlc_tx_get(far_end, octets, 8));
    for (guint i = 0; i < 500; i++) {
        guint8 frame[265];
        gsize length = random_frame(random, frame);

        g_assert_cmpint(hdlc_tx_frame(far_end, frame, length), ==, 0);
        hdlc_receiver_take(&receiver, octets, (gsize)hdlc_tx_get(far_end, octets, sizeof(octets)));
        heard_assert(&heard, i, frame, length);
    }
    g_assert_cmpuint(heard.verdicts[HDLC_BAD_FCS], ==, 0);
    hdlc_tx_free(far_end);
    g_ptr_array_unref(heard.frames);
}

/* Whatever a line carries, the receiver stands, and rarely believes it (2^-16). */
static void test_noise(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(88);
    HdlcReceiver receiver;
    Heard heard;

    heard_init(&heard);
    hdlc_receiver_init(&receiver, heard_take, &heard);
    for (guint i = 0; i < 200000; i++) {
        guint8 octet = (guint8)g_rand_int(random);

        hdlc_receiver_take(&receiver, &octet, 1);
    }
    g_assert_cmpuint(heard.verdicts[HDLC_BAD_FCS] + heard.verdicts[HDLC_ABORT], >, 1000);
    g_assert_cmpuint(heard.verdicts[HDLC_GOOD], <, 5);
    g_ptr_array_unref(heard.frames);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hdlc/fcs", test_fcs);
    g_test_add_func("/hdlc/send-golden", test_send_golden);
    g_test_add_func("/hdlc/idle-flags", test_idle_flags);
    g_test_add_func("/hdlc/receive-golden", test_receive_golden);
    g_test_add_func("/hdlc/damage", test_damage);
    g_test_add_func("/hdlc/length-limits", test_length_limits);
    g_test_add_func("/hdlc/queue-limit", test_queue_limit);
    g_test_add_func("/hdlc/full-rate", test_full_rate);
    g_test_add_func("/hdlc/spandsp-hears-us", test_spandsp_hears_us);
    g_test_add_func("/hdlc/we-hear-spandsp", test_we_hear_spandsp);
    g_test_add_func("/hdlc/noise", test_noise);
    return g_test_run();
}
