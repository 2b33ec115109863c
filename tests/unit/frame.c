/* The frame tap against octets written by hand from Q.921 and Q.931: what passes, what is trimmed,
 * what it tells. */
#include "frame.h"
#include "hex_read.h"

#include <string.h>

static const char setup[] = "02 01 00 00 08 02 00 01 05 04 03 80 90 a3 18 03 a9 83 85 "
                            "6c 05 00 81 31 30 30 70 04 80 32 30 30 a1";

static FrameNews check(const char *frame, const char *expected)
{
    guint8 octets[2048], want[2048], clean[FRAME_MAX];
    FrameNews news;
    gsize length = frame_check(octets, hex_read(frame, octets), clean, &news);
    gsize want_length = hex_read(expected, want);

    g_assert_cmpmem(clean, length, want, want_length);
    return news;
}

static FrameNews passes(const char *frame)
{
    FrameNews news = check(frame, frame);

    g_assert_null(news.why);
    return news;
}

static void says(const FrameNews *news, const char *expected)
{
    char text[160];

    g_assert_cmpstr(frame_describe(news, text, sizeof text), ==, expected);
}

static void a_setup_tells_its_numbers_and_channel(void)
{
    FrameNews news = passes(setup);

    g_assert_cmpint(news.kind, ==, FRAME_MESSAGE);
    g_assert_cmpint(news.call, ==, 1);
    g_assert_cmpint(news.message, ==, MESSAGE_SETUP);
    g_assert_true(news.sending_complete);
    g_assert_true(news.exclusive);
    g_assert_cmpstr(news.called, ==, "200");
    g_assert_cmpstr(news.calling, ==, "100");
    says(&news, "SETUP 100→200 ch 5 complete");
}

static void a_disconnect_tells_what_libpri_hides(void)
{
    /* Cause: location 2 (public network, local user), 17; progress 8 and 1; flag: sent to the
     * originator. */
    FrameNews news = passes("02 01 04 06 08 02 80 07 45 08 02 82 91 1e 02 82 88 1e 02 80 81");

    g_assert_cmpint(news.call, ==, 0x8007);
    g_assert_cmpint(news.sequence, ==, 2);
    g_assert_cmpint(news.cause, ==, 17);
    g_assert_cmpint(news.location, ==, 2);
    g_assert_cmpuint(news.progress, ==, 1u << 8 | 1u << 1);
    says(&news, "DISCONNECT cause 17 progress 1 progress 8");
}

static void a_cause_with_octet_3a_is_read_behind_it(void)
{
    FrameNews news = passes("02 01 00 00 08 02 80 07 4d 08 03 00 80 90");

    g_assert_cmpint(news.cause, ==, 16);
    g_assert_cmpint(news.location, ==, 0);
}

static void layer_compatibility_is_seen(void)
{
    FrameNews news = passes("00 01 00 00 08 02 00 02 05 04 03 80 90 a3 7c 03 80 90 a3 7d 02 91 81");

    g_assert_true(news.has_llc);
    g_assert_true(news.has_hlc);
    g_assert_false(news.sending_complete);
}

static void information_tells_its_digits(void)
{
    FrameNews news = passes("00 01 00 00 08 02 00 02 7b 70 03 80 33 34");

    says(&news, "INFORMATION '34'");
}

static void status_tells_the_state(void)
{
    FrameNews news = passes("00 01 00 00 08 02 00 02 7d 08 02 81 9f 14 01 0a");

    g_assert_true(news.has_call_state);
    says(&news, "STATUS cause 31 state 10");
}

static void channels_are_read_in_every_coding(void)
{
    /* Preferred, number 7. */
    FrameNews news = passes("00 01 00 00 08 02 00 02 02 18 03 a1 83 87");

    g_assert_cmpint(news.channel, ==, 7);
    g_assert_false(news.exclusive);
    /* Interface identifier 1 before it. */
    news = passes("00 01 00 00 08 02 00 02 02 18 04 e9 81 83 97");
    g_assert_cmpint(news.channel, ==, 23);
    /* Any channel. */
    news = passes("00 01 00 00 08 02 00 02 02 18 01 a3");
    g_assert_cmpint(news.channel, ==, 0);
    g_assert_true(news.has_channel);
    /* A slot map names no single channel. */
    news = passes("00 01 00 00 08 02 00 02 02 18 05 a9 93 00 00 20");
    g_assert_cmpint(news.channel, ==, 0);
    /* One number without its last bit 8: some switches send it so. */
    news = passes("00 01 00 00 08 02 00 02 02 18 03 a9 83 05");
    g_assert_cmpint(news.channel, ==, 5);
}

static void link_frames_pass_by_their_length(void)
{
    static const char *const good[] = {"00 01 7f",    "02 01 6f",    "00 01 73",
                                       "02 01 1f",    "02 01 53",    "00 01 01 02",
                                       "00 01 05 03", "00 01 09 00", "00 01 97 10 00 00 00 01"};
    static const char *const bad[] = {"",
                                      "00",
                                      "00 01",
                                      "00 01 7f 00",
                                      "00 01 01",
                                      "00 01 01 02 03",
                                      "00 01 0d 02",
                                      "00 01 03",
                                      "00 01 13 08",
                                      "00 01 af",
                                      "00 01 00",
                                      "01 01 7f",
                                      "00 00 7f",
                                      "fc ff 03 0f",
                                      "00 03 7f",
                                      "04 01 7f",
                                      "00 01 97 10 00 00 00 01 00"};

    for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_cmpint(passes(good[i]).kind, ==, FRAME_LINK);
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_cmpint(check(bad[i], "").kind, ==, FRAME_REFUSED);
    g_assert_true(passes("00 01 7f").establishes);
    g_assert_true(passes("00 01 73").resets);
    g_assert_false(passes("00 01 73").establishes);
}

/* The I frame stays, so that layer 2 acknowledges it. */
static void an_unusable_message_is_hollowed(void)
{
    static const char *const bad[] = {
        "00 01 02 04",                   /* nothing */
        "00 01 02 04 08 02",             /* cut in the call reference */
        "00 01 02 04 08 02 00 01",       /* no message type */
        "00 01 02 04 08 03 00 00 01 05", /* call reference of three octets */
        "00 01 02 04 08 12 00 01 05",    /* high nibble of its length */
        "00 01 02 04 09 02 00 01 05",    /* discriminator */
        "00 01 02 04 08 02 00 01 85",    /* extended type */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        FrameNews news = check(bad[i], "00 01 02 04");

        g_assert_cmpint(news.kind, ==, FRAME_HOLLOW);
        g_assert_cmpint(news.sequence, ==, 1);
        g_assert_nonnull(news.why);
    }
}

static void a_frame_longer_than_n201_is_hollowed(void)
{
    guint8 octets[2048] = {0x00, 0x01, 0x02, 0x04, 0x08, 0x02, 0x00, 0x01, 0x7b}, clean[FRAME_MAX];
    FrameNews news;

    memset(octets + 9, 0xa1, sizeof octets - 9);
    g_assert_cmpuint(frame_check(octets, FRAME_MAX - 1, clean, &news), ==, FRAME_MAX - 1);
    g_assert_cmpint(news.kind, ==, FRAME_MESSAGE);
    g_assert_cmpuint(frame_check(octets, FRAME_MAX + 1, clean, &news), ==, 4);
    g_assert_cmpint(news.kind, ==, FRAME_HOLLOW);
}

#define SETUP_HEAD "02 01 00 00 08 02 00 01 05 04 03 80 90 a3 "

/* Each bad element is taken out, and the good one after it stays. */
static void a_malformed_element_is_taken_out(void)
{
    static const char *const bad[] = {
        "6c 04 00 31 30 30",       /* calling number: no octet ends the group */
        "70 04 00 32 30 30",       /* called number: no extension bit */
        "74 06 00 00 00 00 80 31", /* redirecting number: a group of more than three */
        "08 01 80",                /* cause: no value */
        "08 02 00 90",             /* cause: octet 3a, no value */
        "1e 01 80",                /* progress: no description */
        "1e 02 80 08",             /* progress: description not ended */
        "18 01 29",                /* channel: octet 3 not ended */
        "18 02 a9 83",             /* channel: no number */
        "18 04 a9 83 05 06",       /* channel: list not ended */
        "18 02 e9 01",             /* channel: interface identifier not ended */
        "04 01 80",                /* bearer capability: cut */
        "04 03 80 90 23",          /* bearer capability: octet 5 not ended */
        "1c 01 91",                /* facility: no component */
        "7d 01 91",                /* HLC: cut */
        "7d 04 91 81 81 81",       /* HLC: longer than it may be */
        "1e 03 80 81 88",          /* progress: the same */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *frame = g_strconcat(SETUP_HEAD, bad[i], " 7e 02 04 41", NULL);
        FrameNews news = check(frame, SETUP_HEAD "7e 02 04 41");

        g_assert_cmpint(news.kind, ==, FRAME_MESSAGE);
        g_assert_cmpuint(news.refused_elements, ==, 1);
        g_assert_nonnull(news.why);
    }
}

/* Q.931 4.5.1: what is empty is not there; 5.8.5.2: what came already is not seen again. */
static void what_is_empty_or_repeated_is_not_there(void)
{
    static const char *const nothing[] = {
        "6c 00", "18 00", "28 00",          "14 00", "9e 28 00", /* the shift goes, too */
        "70 00", "0a 00", "04 03 80 90 a2",                      /* a second bearer capability */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(nothing); i++) {
        g_autofree char *frame = g_strconcat(SETUP_HEAD, nothing[i], " 7e 02 04 41", NULL);
        FrameNews news = check(frame, SETUP_HEAD "7e 02 04 41");

        g_assert_cmpuint(news.refused_elements, ==, 0);
        g_assert_false(news.mandatory_refused);
        g_assert_null(news.why);
    }
    passes(SETUP_HEAD "1e 02 80 81 1e 02 80 88 28 01 41 28 01 42");
}

/* Q.931 5.8.6.2 against 5.8.7.2: whether the message can be used without what was taken out. */
static void a_mandatory_element_is_missed(void)
{
    static const struct {
        const char *frame;
        gboolean missed;
    } rows[] = {
        {"00 01 00 00 08 02 00 01 05 04 01 80", TRUE},                 /* SETUP: bearer cut */
        {"00 01 00 00 08 02 00 01 05 04 03 e0 90 a3", TRUE},           /* of another standard */
        {"00 01 00 00 08 02 00 01 05 04 03 80 90 a3 18 01 29", TRUE},  /* channel */
        {"00 01 00 00 08 02 00 01 05 04 03 80 90 a3 6c 01 00", FALSE}, /* calling number */
        {"00 01 00 00 08 02 80 01 45 08 01 80", TRUE},                 /* DISCONNECT: cause */
        {"00 01 00 00 08 02 80 01 45 08 7f 80", TRUE},                 /* past the frame */
        {"00 01 00 00 08 02 80 01 45 08 02 80 90 1e 01 80", FALSE},    /* progress */
        {"00 01 00 00 08 02 80 01 01 1e 01 80", FALSE},                /* ALERTING: progress */
        {"00 01 00 00 08 02 80 01 03 1e 01 80", TRUE},                 /* PROGRESS: progress */
        {"00 01 00 00 08 02 00 00 46 18 02 a9 83 79 01 80", TRUE},     /* RESTART: channel */
        {"00 01 00 00 08 02 80 01 7d 08 02 80 90 14 02 0a 0a", TRUE},  /* STATUS: call state */
        {"00 01 00 00 08 02 80 01 7d 08 02 80 90 14 01 0a 6c 01 00", FALSE} /* calling number */
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        guint8 octets[64], clean[FRAME_MAX];
        FrameNews news;

        frame_check(octets, hex_read(rows[i].frame, octets), clean, &news);
        g_test_message("%s", rows[i].frame);
        g_assert_cmpuint(news.refused_elements, ==, 1);
        g_assert_cmpint(news.mandatory_refused, ==, rows[i].missed);
    }
}

static void an_element_past_the_frame_is_cut_off(void)
{
    FrameNews news = check(SETUP_HEAD "6c 05 00 81 31", SETUP_HEAD);

    g_assert_cmpuint(news.refused_elements, ==, 1);
    check(SETUP_HEAD "6c", SETUP_HEAD);
    check(SETUP_HEAD "9e 6c 7f 00", SETUP_HEAD);
}

static void code_sets_have_their_own_elements(void)
{
    /* Locked to code set 5, 0x70 is no called number any more; a shift of one element ends after
     * it. */
    FrameNews news = passes(SETUP_HEAD "95 70 01 00");

    g_assert_cmpstr(news.called, ==, "");
    news = passes(SETUP_HEAD "9e 70 01 00 70 02 80 39");
    g_assert_cmpstr(news.called, ==, "9");
    check(SETUP_HEAD "95 70 00 71 01 00", SETUP_HEAD "95 71 01 00");
}

/* Without its broken channel it would restart the whole interface. */
static void a_restart_with_a_broken_channel_keeps_nothing(void)
{
    passes("00 01 00 00 08 02 00 00 46 18 03 a9 83 85 79 01 80");
    check("00 01 00 00 08 02 00 00 46 18 02 a9 83 79 01 80", "00 01 00 00 08 02 00 00 46");
}

static FrameNews adapt_call(const char *frame, const FrameCall *call, const char *expected)
{
    guint8 octets[2048], want[2048], clean[FRAME_MAX];
    FrameNews news;
    gsize length = frame_check(octets, hex_read(frame, octets), clean, &news);
    gsize want_length = hex_read(expected, want);

    g_assert_cmpint(news.kind, ==, FRAME_MESSAGE);
    length = frame_adapt(clean, length, call, &news);
    g_assert_cmpmem(clean, length, want, want_length);
    g_assert_null(news.why); /* it is sound all the same */
    g_assert_true((news.misplaced != NULL) == !g_str_equal(frame, expected));
    return news;
}

static FrameNews adapt(const char *frame, FrameCallKnown known, const char *expected)
{
    FrameCall call = {.known = known, .initiated = known == CALL_OURS};

    return adapt_call(frame, &call, expected);
}

static void misplaced_messages_become_what_libpri_can_answer(void)
{
    static const char notify[] = "00 01 00 00 08 02 00 05 6e 27 01 f9";
    static const char connect[] = "00 01 00 00 08 02 00 05 07";
    static const char enquiry[] = "00 01 00 00 08 02 00 05 75";
    static const char empty[] = "00 01 00 00";

    /* Q.931 5.8.3.2 a: to be answered with RELEASE COMPLETE 81. */
    adapt(notify, CALL_UNKNOWN, enquiry);
    adapt(notify, CALL_THEIRS, notify);
    /* c: no action. */
    adapt("00 01 00 00 08 02 00 05 5a", CALL_UNKNOWN, empty);
    adapt("00 01 00 00 08 02 00 05 7d 08 02 81 9f 14 01 00", CALL_UNKNOWN, empty);
    /* The calling side cannot connect: to be answered with STATUS 101. */
    adapt(connect, CALL_THEIRS, "00 01 00 00 08 02 00 05 0d");
    adapt("00 01 00 00 08 02 80 05 07", CALL_OURS, "00 01 00 00 08 02 80 05 07");
    /* d, e, f: SETUP with the flag, of a live call, of the global or dummy call reference. */
    adapt("00 01 00 00 08 02 80 05 05", CALL_UNKNOWN, empty);
    adapt(setup, CALL_THEIRS, "02 01 00 00");
    adapt("00 01 00 00 08 02 00 00 7d 08 02 81 9f 14 01 00", CALL_UNKNOWN, empty);
    g_assert_cmpuint(
        adapt("00 01 00 00 08 02 00 00 05 a1", CALL_UNKNOWN, "00 01 00 00 08 02 00 00 20")
            .status_cause,
        ==, 81);
    adapt("00 01 00 00 08 00 05", CALL_UNKNOWN, empty);
    g_assert_cmpint(adapt(setup, CALL_UNKNOWN, setup).kind, ==, FRAME_MESSAGE);
    FrameNews news = adapt("00 01 00 00 08 02 80 05 5a 08 02 81 90", CALL_UNKNOWN, empty);
    says(&news, "RELEASE COMPLETE cause 16 (misplaced: unknown call reference)");
}

static void restart_is_for_the_global_call_reference(void)
{
    static const char restart[] = "00 01 00 00 08 02 00 00 46 18 03 a9 83 85 79 01 80";
    static const char answer[] = "00 01 00 00 08 02 80 00 4e 18 03 a9 83 85 79 01 80";

    adapt(restart, CALL_UNKNOWN, restart);
    adapt(answer, CALL_UNKNOWN, answer);
    adapt("00 01 00 00 08 02 80 00 46 79 01 87", CALL_UNKNOWN, "00 01 00 00");
    /* Of a call: STATUS 101, or RELEASE COMPLETE 81 where there is none. */
    adapt("00 01 00 00 08 02 00 05 46 79 01 87", CALL_THEIRS, "00 01 00 00 08 02 00 05 0d");
    adapt("00 01 00 00 08 02 80 05 46 79 01 87", CALL_OURS, "00 01 00 00 08 02 80 05 0f");
    adapt("00 01 00 00 08 02 00 05 4e 79 01 87", CALL_UNKNOWN, "00 01 00 00 08 02 00 05 75");
    adapt("00 01 00 00 43 02 00 00 07 01 01 c0 18 03 a9 83 85", CALL_UNKNOWN,
          "00 01 00 00 43 02 00 00 07 01 01 c0 18 03 a9 83 85");
}

/* Q.931 5.8.4: to be answered with STATUS 101, and to change nothing. */
static void messages_of_another_state_change_nothing(void)
{
    static const char acknowledge[] = "00 01 00 00 08 02 00 05 0f";
    static const char proceeding[] = "00 01 00 00 08 02 80 05 02";
    static const char disconnect[] = "00 01 00 00 08 02 80 05 45 08 02 81 90";
    static const char status_101[] = "00 01 00 00 08 02 80 05 0d";
    FrameCall call = {.known = CALL_THEIRS};

    adapt_call(acknowledge, &call, acknowledge);
    call.clearing = TRUE; /* it crossed our DISCONNECT: libpri would stop T305 */
    adapt_call(acknowledge, &call, "00 01 00 00 08 02 00 05 0d");
    call = (FrameCall){.known = CALL_OURS, .initiated = TRUE};
    adapt_call(proceeding, &call, proceeding);
    call.initiated = FALSE;
    adapt_call(proceeding, &call, proceeding);
    call.proceeding = TRUE;
    adapt_call(proceeding, &call, status_101);
    adapt_call(disconnect, &call, disconnect);
    call.clearing = TRUE;
    adapt_call(disconnect, &call, disconnect);
    call.disconnected = TRUE;
    adapt_call(disconnect, &call, status_101);
}

static void a_cause_is_overwritten_where_it_stands(void)
{
    guint8 frame[64], want[64];
    gsize length = hex_read("00 01 00 00 08 02 80 01 5a 08 02 81 d8", frame);

    g_assert_true(frame_set_cause(frame, length, 65));
    g_assert_cmpmem(frame, length, want, hex_read("00 01 00 00 08 02 80 01 5a 08 02 81 c1", want));
    length = hex_read("00 01 00 00 08 02 80 01 5a 08 03 01 80 d8", frame);
    g_assert_true(frame_set_cause(frame, length, 65));
    g_assert_cmpint(frame[length - 1], ==, 0xc1);
    length = hex_read("00 01 00 00 08 02 80 01 5a", frame);
    g_assert_false(frame_set_cause(frame, length, 65));
}

static void messages_have_their_names(void)
{
    g_assert_cmpstr(frame_message_name(0x08, 0x4e), ==, "RESTART ACKNOWLEDGE");
    g_assert_cmpstr(frame_message_name(0x03, 0x0f), ==, "SERVICE");
    g_assert_cmpstr(frame_message_name(0x43, 0x0f), ==, "SERVICE ACKNOWLEDGE");
    g_assert_null(frame_message_name(0x08, 0x3f));
}

/* Every cut and every single-octet change of a full SETUP: what passes must be sound once more. */
static void what_passed_once_passes_again(void)
{
    guint8 octets[256], clean[FRAME_MAX], again[FRAME_MAX];
    gsize length = hex_read(setup, octets);
    FrameNews news;

    for (gsize at = 0; at < length; at++) {
        guint8 kept = octets[at];

        for (guint value = 0; value < 256; value++) {
            gsize first;

            octets[at] = (guint8)value;
            first = frame_check(octets, length, clean, &news);
            if (news.kind == FRAME_REFUSED || news.kind == FRAME_HOLLOW)
                continue;
            g_assert_cmpmem(clean, first, again, frame_check(clean, first, again, &news));
            g_assert_cmpuint(news.refused_elements, ==, 0);
        }
        octets[at] = kept;
        frame_check(octets, at, clean, &news);
    }
}

static void an_element_is_found_by_its_place(void)
{
    static const char two[] = "00 01 02 04 08 02 00 05 05 04 03 80 90 a3 74 04 21 81 83 31 "
                              "74 04 21 80 8f 32 96 74 01 99 7e 02 04 41";
    guint8 octets[64];
    FrameNews news = passes(two);

    g_assert_null(frame_find_element(&news, 0x74, 0)); /* its octets are nobody's yet */
    g_assert_null(frame_find_element(NULL, 0x74, 0));
    news.length = hex_read(two, octets);
    news.octets = octets;
    g_assert_true(frame_find_element(&news, 0x74, 0) == octets + 14);
    g_assert_true(frame_find_element(&news, 0x74, 1) == octets + 20);
    g_assert_null(frame_find_element(&news, 0x74, 2)); /* codeset 6 */
    g_assert_null(frame_find_element(&news, 0x7e, 0));
    g_assert_null(frame_find_element(&news, 0x6c, 0));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/frame/find-element", an_element_is_found_by_its_place);
    g_test_add_func("/frame/setup", a_setup_tells_its_numbers_and_channel);
    g_test_add_func("/frame/disconnect", a_disconnect_tells_what_libpri_hides);
    g_test_add_func("/frame/cause-3a", a_cause_with_octet_3a_is_read_behind_it);
    g_test_add_func("/frame/compatibility", layer_compatibility_is_seen);
    g_test_add_func("/frame/information", information_tells_its_digits);
    g_test_add_func("/frame/status", status_tells_the_state);
    g_test_add_func("/frame/channels", channels_are_read_in_every_coding);
    g_test_add_func("/frame/link", link_frames_pass_by_their_length);
    g_test_add_func("/frame/unusable", an_unusable_message_is_hollowed);
    g_test_add_func("/frame/too-long", a_frame_longer_than_n201_is_hollowed);
    g_test_add_func("/frame/malformed-element", a_malformed_element_is_taken_out);
    g_test_add_func("/frame/nothing", what_is_empty_or_repeated_is_not_there);
    g_test_add_func("/frame/mandatory", a_mandatory_element_is_missed);
    g_test_add_func("/frame/past-the-end", an_element_past_the_frame_is_cut_off);
    g_test_add_func("/frame/code-sets", code_sets_have_their_own_elements);
    g_test_add_func("/frame/broken-restart", a_restart_with_a_broken_channel_keeps_nothing);
    g_test_add_func("/frame/misplaced", misplaced_messages_become_what_libpri_can_answer);
    g_test_add_func("/frame/restart", restart_is_for_the_global_call_reference);
    g_test_add_func("/frame/misfit", messages_of_another_state_change_nothing);
    g_test_add_func("/frame/set-cause", a_cause_is_overwritten_where_it_stands);
    g_test_add_func("/frame/names", messages_have_their_names);
    g_test_add_func("/frame/again", what_passed_once_passes_again);
    return g_test_run();
}
