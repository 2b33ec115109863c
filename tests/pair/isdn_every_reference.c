/* Every message with a call reference that is none of its own: the dummy, the global one, one of
 * another length, a live call's with the wrong flag (Q.931 5.8.3). */
#include "isdn_line.h"

#include <string.h>

#define LINE "side = network\nrestart = no\nchannel = preferred\n"

/* Type and elements, each of which would do something where it belongs. */
static const char *const messages[] = {
    "05 04 03 80 90 a3 18 03 a9 83 83 70 04 80 31 35 30 a1", /* SETUP */
    "02 18 03 a9 83 81",                                     /* CALL PROCEEDING */
    "01 18 03 a9 83 81",                                     /* ALERTING */
    "03 1e 02 81 88",                                        /* PROGRESS */
    "07 18 03 a9 83 81",                                     /* CONNECT */
    "0d 18 03 a9 83 81",                                     /* SETUP ACKNOWLEDGE */
    "0f",                                                    /* CONNECT ACKNOWLEDGE */
    "45 08 02 81 90",                                        /* DISCONNECT */
    "4d 08 02 81 90",                                        /* RELEASE */
    "5a 08 02 81 90",                                        /* RELEASE COMPLETE */
    "62 1c 09 91 a1 06 02 01 01 02 01 7f",                   /* FACILITY */
    "64 1c 09 91 a1 06 02 01 01 02 01 7f",                   /* REGISTER */
    "6e 27 01 f1",                                           /* NOTIFY */
    "7b 70 02 80 35",                                        /* INFORMATION */
    "75",                                                    /* STATUS ENQUIRY */
    "7d 08 02 81 9e 14 01 0a",                               /* STATUS */
    "7d 08 02 81 9e 14 01 00",                               /* STATUS of no call */
    "24",                                                    /* HOLD */
    "31 18 03 a9 83 81",                                     /* RETRIEVE */
    "20 7e 03 04 31 32",                                     /* USER INFORMATION */
    "3f",                                                    /* no message at all */
    "46 18 03 a9 83 81 79 01 80",                            /* RESTART */
    "4e 18 03 a9 83 81 79 01 80",                            /* RESTART ACKNOWLEDGE */
};

static guint8 type_of(const char *message)
{
    return (guint8)(g_ascii_xdigit_value(message[0]) << 4 | g_ascii_xdigit_value(message[1]));
}

/* The last thing we sent since the last time; "" when nothing. */
static char *answer_heard(const Stage *stage)
{
    const char *sent = g_strrstr(stage->wire->str, "> ");

    return sent ? g_strndup(sent + 2, strcspn(sent + 2, "\n")) : g_strdup("");
}

/* A call that is up hears nothing of it. */
static void says_beside_a_call(Stage *stage, const char *head, const char *message,
                               const char *expected)
{
    g_autofree char *octets = g_strdup_printf("%s %s", head, message);
    g_autofree char *heard = NULL;

    g_test_message("%s", octets);
    stage_forget(stage);
    stage_far_says_octets(stage, octets);
    heard = answer_heard(stage);
    g_assert_cmpstr(heard, ==, expected);
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 1);
    g_assert_cmpuint(stage_kept(stage), ==, 1);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    g_assert_true(isdn_is_ready(stage->isdn));
}

/* No reference, one longer than ours, a longer one than there may be, octets that mean nothing. */
static void one_of_no_use_is_ignored(void)
{
    static const char *const heads[] = {
        "08 00",                                              /* the dummy */
        "08 03 80 00 01",                                     /* 5.8.3.1 */
        "08 0f 80 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d", /* 5.8.3.1 */
        "08 12 80 01",
        "08 82 80 01",
        "08 f0", /* 4.3: bits 5-8 are 0 */
        "09 02 80 01",
        "00 02 80 01",
        "ff 02 80 01", /* 5.8.1: another protocol */
    };
    Stage *stage = stage_phone_talks(LINE);

    for (gsize i = 0; i < G_N_ELEMENTS(heads); i++)
        for (gsize j = 0; j < G_N_ELEMENTS(messages); j++)
            says_beside_a_call(stage, heads[i], messages[j], "");
    stage_far_ends(stage);
    stage_free(stage);
}

/* 5.8.3.2 d, e */
static void the_global_one_is_for_restart(void)
{
    Stage *stage = stage_phone_talks(LINE);

    for (guint flag = 0; flag <= 1; flag++) {
        for (gsize i = 0; i < G_N_ELEMENTS(messages); i++) {
            guint8 type = type_of(messages[i]);
            gboolean restarts = type == 0x46 || type == 0x4e;

            if (type == 0x46 && !flag)
                continue; /* that is what it is for */
            says_beside_a_call(stage, flag ? "08 02 80 00" : "08 02 00 00", messages[i],
                               restarts || type == 0x7d ? "" : "STATUS cause 81 state 0");
        }
    }
    stage_far_ends(stage);
    stage_free(stage);
}

/* A call of ours has the flag in what the far end says of it; without it, it is another call. */
static void a_wrong_flag_is_another_call(void)
{
    Stage *stage = stage_phone_talks(LINE);
    int reference = stage_reference(stage) ^ 0x8000;
    g_autofree char *head =
        g_strdup_printf("08 02 %02x %02x", reference >> 8 & 0xff, reference & 0xff);

    for (gsize i = 1; i < G_N_ELEMENTS(messages); i++) {
        guint8 type = type_of(messages[i]);
        const char *expected = "RELEASE COMPLETE cause 81";

        if (type == 0x5a || g_str_has_suffix(messages[i], "14 01 00"))
            expected = "";
        else if (type == 0x7d)
            expected = "RELEASE COMPLETE cause 101";
        else if (type == 0x64)
            continue; /* begins a call, which libpri refuses */
        says_beside_a_call(stage, head, messages[i], expected);
    }
    stage_far_ends(stage);
    stage_free(stage);
}

/* One octet does for 127 calls (4.3): no PRI uses it, and none may suffer by it. */
static void a_short_one_is_another_call(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(messages); i++) {
        for (guint value = 0; value < 256; value += 127) {
            g_autofree char *octets = g_strdup_printf("08 01 %02x %s", value, messages[i]);
            Stage *stage;

            if (value == 0 && type_of(messages[i]) == 0x46)
                continue; /* of the global one, in short */
            stage = stage_phone_talks(LINE);
            g_test_message("%s", octets);

            stage_far_says_octets(stage, octets);
            stage_stands(stage, SIP_UP, ISDN_ACTIVE);
            stage_far_ends(stage);
            g_assert_cmpuint(stage_kept(stage), ==, 0);
            stage_free(stage);
        }
    }
}

/* 5.8.3.2 c: a SETUP of a call that stands is ignored, whatever it says. */
static void a_reference_in_use_begins_no_call(void)
{
    for (const StateRow *state = stage_states; state->name; state++) {
        Stage *stage;

        if (state->number == 8 || state->number == 12)
            continue; /* not on this line */
        stage = stage_new(LINE, FALSE);
        state->enter(stage);
        stage_forget(stage);
        stage_far_says(stage, stage_reference(stage), messages[0]);
        g_test_message("%s", state->name);
        g_assert_null(strstr(stage->wire->str, "> "));
        g_assert_cmpuint(hall_call_count(stage->hall), ==, 1);
        g_assert_cmpuint(stage_kept(stage), ==, 1);
        stage_far_ends(stage);
        stage_free(stage);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/isdn/reference/useless", one_of_no_use_is_ignored);
    g_test_add_func("/isdn/reference/global", the_global_one_is_for_restart);
    g_test_add_func("/isdn/reference/flag", a_wrong_flag_is_another_call);
    g_test_add_func("/isdn/reference/short", a_short_one_is_another_call);
    g_test_add_func("/isdn/reference/in-use", a_reference_in_use_begins_no_call);
    return g_test_run();
}
