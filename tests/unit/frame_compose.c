/* Information elements put into frames of libpri's: golden octets, room, and what waits by call and
 * message. */
#include "additions.h"
#include "hex_read.h"

#include <string.h>

#define SETUP "00 01 00 00 08 02 00 01 05 "
#define BEARER "04 03 80 90 a3 "
#define CHANNEL "18 03 a9 83 81 "
#define CALLING "6c 05 01 81 31 30 30 "
#define CALLED "70 04 81 32 30 30 "
#define FIRST "74 05 01 00 81 35 31 "
#define SECOND "74 05 01 00 8f 35 32 "
#define HLC "7d 02 91 81 "
#define UUI "7e 04 00 ff 00 01 "
#define COMPLETE "a1 "
#define CODESET6 "96 28 02 41 42 "
#define PASSING6 "9e 28 02 41 42 "

static void elements_go_where_their_identifiers_say(void)
{
    static const struct {
        const char *frame, *element;
        FramePlace place;
        const char *expected;
    } rows[] = {
        /* First, between, last. */
        {SETUP CHANNEL CALLED, BEARER, FRAME_AFTER_SAME, SETUP BEARER CHANNEL CALLED},
        {SETUP BEARER CALLED, CHANNEL, FRAME_AFTER_SAME, SETUP BEARER CHANNEL CALLED},
        {SETUP BEARER CHANNEL CALLED, UUI, FRAME_AFTER_SAME, SETUP BEARER CHANNEL CALLED UUI},
        {SETUP, UUI, FRAME_AFTER_SAME, SETUP UUI},
        /* Elements of one octet stand anywhere: ours goes behind all, theirs stay where they are.
         */
        {SETUP BEARER CALLED, COMPLETE, FRAME_AFTER_SAME, SETUP BEARER CALLED COMPLETE},
        {SETUP COMPLETE BEARER CALLED, HLC, FRAME_AFTER_SAME, SETUP COMPLETE BEARER CALLED HLC},
        {SETUP BEARER CALLED COMPLETE, HLC, FRAME_AFTER_SAME, SETUP BEARER CALLED HLC COMPLETE},
        /* Two of a kind: order is meaning. */
        {SETUP CALLED FIRST UUI, SECOND, FRAME_AFTER_SAME, SETUP CALLED FIRST SECOND UUI},
        {SETUP CALLED SECOND UUI, FIRST, FRAME_BEFORE_SAME, SETUP CALLED FIRST SECOND UUI},
        {SETUP CALLED FIRST SECOND UUI, FIRST, FRAME_INSTEAD, SETUP CALLED FIRST UUI},
        {SETUP CALLED UUI, FIRST, FRAME_INSTEAD, SETUP CALLED FIRST UUI},
        {SETUP CALLED UUI, "7e 01 04", FRAME_INSTEAD, SETUP CALLED "7e 01 04"},
        /* Never behind a shift that locks, nor between one that passes and its element. */
        {SETUP BEARER CODESET6, UUI, FRAME_AFTER_SAME, SETUP BEARER UUI CODESET6},
        {SETUP BEARER PASSING6 CALLED, HLC, FRAME_AFTER_SAME, SETUP BEARER PASSING6 CALLED HLC},
        {SETUP BEARER PASSING6 CALLED, CHANNEL, FRAME_AFTER_SAME,
         SETUP BEARER CHANNEL PASSING6 CALLED},
        {SETUP BEARER PASSING6 CALLED, "28 01 43", FRAME_INSTEAD,
         SETUP BEARER "28 01 43" PASSING6 CALLED},
        {SETUP BEARER CODESET6, COMPLETE, FRAME_AFTER_SAME, SETUP BEARER COMPLETE CODESET6},
        /* Progress of a DISCONNECT; call references of one octet and of none. */
        {"00 01 02 04 08 02 80 05 45 08 02 81 91 7e 02 04 41", "1e 02 81 88", FRAME_AFTER_SAME,
         "00 01 02 04 08 02 80 05 45 08 02 81 91 1e 02 81 88 7e 02 04 41"},
        {"00 01 02 04 08 01 85 45", "1e 02 81 88", FRAME_AFTER_SAME,
         "00 01 02 04 08 01 85 45 1e 02 81 88"},
        {"00 01 02 04 08 00 62", "1c 01 91", FRAME_AFTER_SAME, "00 01 02 04 08 00 62 1c 01 91"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        guint8 frame[FRAME_MAX], element[260], want[FRAME_MAX];
        gsize length = hex_read(rows[i].frame, frame);
        gsize want_length = hex_read(rows[i].expected, want);

        hex_read(rows[i].element, element);
        g_assert_true(frame_compose(frame, &length, element, rows[i].place));
        g_assert_cmpmem(frame, length, want, want_length);
    }
}

static void what_n201_has_no_room_for_is_left_out(void)
{
    guint8 frame[FRAME_MAX], before[FRAME_MAX], element[257] = {0x7e, 255};
    gsize header = hex_read(SETUP BEARER, frame), length = header;

    memcpy(before, frame, length);
    g_assert_false(frame_compose(frame, &length, element, FRAME_AFTER_SAME));
    g_assert_cmpmem(frame, length, before, header);
    element[1] = (guint8)(FRAME_MAX - header - 2); /* the last octet there is */
    g_assert_true(frame_compose(frame, &length, element, FRAME_AFTER_SAME));
    g_assert_cmpuint(length, ==, FRAME_MAX);
    memcpy(before, frame, length);
    g_assert_false(frame_compose(frame, &length, (guint8[]){0xa1}, FRAME_AFTER_SAME));
    g_assert_cmpmem(frame, length, before, FRAME_MAX);
    /* In another's place it counts without that one. */
    g_assert_true(frame_compose(frame, &length, element, FRAME_INSTEAD));
    g_assert_cmpmem(frame, length, before, FRAME_MAX);
    element[1]++;
    g_assert_false(frame_compose(frame, &length, element, FRAME_INSTEAD));
    g_assert_cmpmem(frame, length, before, FRAME_MAX);
}

static void a_frame_without_a_message_stays(void)
{
    static const char *const frames[] = {"00 01 01 02", "00 01 7f", "00 01 00 00 08 02 00"};
    guint8 frame[FRAME_MAX];

    for (gsize i = 0; i < G_N_ELEMENTS(frames); i++) {
        gsize count = hex_read(frames[i], frame), length = count;

        g_assert_false(frame_compose(frame, &length, (guint8[]){0xa1}, FRAME_AFTER_SAME));
        g_assert_cmpuint(length, ==, count);
    }
}

/* --- what waits --- */

/* What FRAME, of libpri's, leaves as. */
static void leaves(Additions *additions, const char *from_libpri, const char *expected)
{
    guint8 frame[FRAME_MAX], want[FRAME_MAX];
    gsize length = hex_read(from_libpri, frame);
    gsize want_length = hex_read(expected, want);
    guint left_out = 0;
    FrameNews news, again;

    frame_read(frame, length, &news);
    length = additions_compose(additions, frame, length, &news, &left_out);
    g_assert_cmpmem(frame, length, want, want_length);
    g_assert_cmpuint(left_out, ==, 0);
    frame_read(want, want_length, &again);
    g_assert_cmpuint(news.progress, ==, again.progress);
    g_assert_cmpint(news.message, ==, again.message);
}

static void waits(Additions *additions, int call, Q931Message message, const char *element)
{
    guint8 octets[260];

    hex_read(element, octets);
    additions_add(additions, call, message, FRAME_AFTER_SAME, octets);
}

/* N(S) N, call reference 1 as its originator sends it: libpri's number has the flag set. */
#define FRAME_OF(n, message) "00 01 " n " 00 08 02 00 01 " message " "
#define OURS (0x8000 | 1)

static void a_setup_and_its_repetition_carry_the_same(void)
{
    Additions additions;

    additions_init(&additions);
    waits(&additions, OURS, MESSAGE_SETUP, HLC);
    waits(&additions, OURS, MESSAGE_SETUP, UUI);
    waits(&additions, OURS, MESSAGE_CONNECT, UUI);
    leaves(&additions, FRAME_OF("00", "05") BEARER CALLED,
           FRAME_OF("00", "05") BEARER CALLED HLC UUI);
    leaves(&additions, FRAME_OF("00", "05") BEARER CALLED, /* by layer 2 */
           FRAME_OF("00", "05") BEARER CALLED HLC UUI);
    leaves(&additions, FRAME_OF("02", "05") BEARER CALLED, /* by T303 */
           FRAME_OF("02", "05") BEARER CALLED HLC UUI);
    /* Another call's, and the same call from the other side. */
    leaves(&additions, "00 01 04 00 08 02 00 02 05 " BEARER, "00 01 04 00 08 02 00 02 05 " BEARER);
    leaves(&additions, "00 01 06 00 08 02 80 01 05 " BEARER, "00 01 06 00 08 02 80 01 05 " BEARER);
    additions_forget_call(&additions, OURS);
    leaves(&additions, FRAME_OF("08", "05") BEARER CALLED, FRAME_OF("08", "05") BEARER CALLED);
    /* What has left comes the same from layer 2, whatever became of the call. */
    leaves(&additions, FRAME_OF("02", "05") BEARER CALLED,
           FRAME_OF("02", "05") BEARER CALLED HLC UUI);
    additions_clear(&additions);
}

static void a_call_that_is_over_may_still_say_so(void)
{
    Additions additions;

    additions_init(&additions);
    waits(&additions, OURS, MESSAGE_RELEASE_COMPLETE, UUI);
    waits(&additions, OURS, MESSAGE_DISCONNECT, UUI);
    additions_forget_call(&additions, OURS);
    leaves(&additions, FRAME_OF("00", "45") "08 02 81 90 ", FRAME_OF("00", "45") "08 02 81 90 ");
    leaves(&additions, FRAME_OF("02", "5a") "08 02 81 90 ",
           FRAME_OF("02", "5a") "08 02 81 90 " UUI);
    leaves(&additions, FRAME_OF("04", "5a") "08 02 81 90 ", FRAME_OF("04", "5a") "08 02 81 90 ");
    additions_clear(&additions);
}

static void each_facility_takes_its_own(void)
{
    Additions additions;

    additions_init(&additions);
    waits(&additions, OURS, MESSAGE_FACILITY, "1c 01 91");
    waits(&additions, OURS, MESSAGE_FACILITY, "28 01 41");
    additions_end_breath(&additions);
    waits(&additions, OURS, MESSAGE_FACILITY, "1c 01 92");
    additions_end_breath(&additions);
    leaves(&additions, FRAME_OF("00", "62"), FRAME_OF("00", "62") "1c 01 91 28 01 41");
    leaves(&additions, FRAME_OF("02", "62"), FRAME_OF("02", "62") "1c 01 92");
    leaves(&additions, FRAME_OF("04", "62"), FRAME_OF("04", "62"));
    leaves(&additions, FRAME_OF("00", "62"), FRAME_OF("00", "62") "1c 01 91 28 01 41");
    additions_clear(&additions);
}

static void a_link_that_fell_forgets(void)
{
    Additions additions;

    additions_init(&additions);
    waits(&additions, OURS, MESSAGE_SETUP, UUI);
    leaves(&additions, FRAME_OF("00", "05") BEARER, FRAME_OF("00", "05") BEARER UUI);
    leaves(&additions, "00 01 7f", "00 01 7f"); /* SABME: N(S) begins anew */
    waits(&additions, OURS, MESSAGE_SETUP, HLC);
    leaves(&additions, FRAME_OF("00", "05") BEARER, FRAME_OF("00", "05") BEARER HLC UUI);
    additions_forget(&additions);
    leaves(&additions, FRAME_OF("00", "05") BEARER, FRAME_OF("00", "05") BEARER);
    additions_clear(&additions);
}

static void the_bound_drops_the_oldest(void)
{
    Additions additions;

    additions_init(&additions);
    waits(&additions, OURS, MESSAGE_SETUP, HLC);
    for (int i = 2; i < ADDITIONS_MAX + 2; i++)
        waits(&additions, 0x8000 | i, MESSAGE_SETUP, UUI);
    leaves(&additions, FRAME_OF("00", "05") BEARER, FRAME_OF("00", "05") BEARER);
    leaves(&additions, "00 01 02 00 08 02 00 02 05 " BEARER,
           "00 01 02 00 08 02 00 02 05 " BEARER UUI);
    additions_clear(&additions);
}

static void what_found_no_room_is_counted(void)
{
    guint8 frame[FRAME_MAX], large[257] = {0x7e, 255}, small[] = {0x7d, 2, 0x91, 0x81};
    gsize length = hex_read(FRAME_OF("00", "05") BEARER, frame), before = length;
    Additions additions;
    guint left_out = 0;
    FrameNews news;

    additions_init(&additions);
    additions_add(&additions, OURS, MESSAGE_SETUP, FRAME_AFTER_SAME, large);
    additions_add(&additions, OURS, MESSAGE_SETUP, FRAME_AFTER_SAME, small);
    frame_read(frame, length, &news);
    length = additions_compose(&additions, frame, length, &news, &left_out);
    g_assert_cmpuint(left_out, ==, 1);
    g_assert_cmpuint(length, ==, before + sizeof small);
    g_assert_true(news.has_hlc);
    additions_clear(&additions);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/frame-compose/place", elements_go_where_their_identifiers_say);
    g_test_add_func("/frame-compose/room", what_n201_has_no_room_for_is_left_out);
    g_test_add_func("/frame-compose/no-message", a_frame_without_a_message_stays);
    g_test_add_func("/additions/setup", a_setup_and_its_repetition_carry_the_same);
    g_test_add_func("/additions/over", a_call_that_is_over_may_still_say_so);
    g_test_add_func("/additions/facility", each_facility_takes_its_own);
    g_test_add_func("/additions/link", a_link_that_fell_forgets);
    g_test_add_func("/additions/bound", the_bound_drops_the_oldest);
    g_test_add_func("/additions/room", what_found_no_room_is_counted);
    return g_test_run();
}
