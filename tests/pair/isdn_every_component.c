/* Facility elements that lie: components of ROSE (Q.932 8.2, ECMA-165) with each octet wrong in
 * turn and each length, in the messages of a call that stands and of one that comes.
 *
 * libpri decodes them. Whatever it makes of them, the call stays where it was, and the link stands.
 */
#include "isdn_line.h"

#include <string.h>

#define NEW_CALL 0x0123 /* a reference of the far end's that nobody has used */

/* Sound ones, from the protocol profile on. */
static const char *const components[] = {
    /* ETSI: divertingLegInformation2 and 1, MCID's result, rerouting, begin of AOC, MWI indicate */
    "91 a1 12 02 01 01 02 01 0f 30 0a 02 01 01 0a 01 01 a1 02 80 00",
    "91 a1 18 02 01 02 06 07 04 00 82 71 01 01 12 0a 01 01 0a 01 01 80 03 31 32 33",
    "91 a2 06 02 01 03 02 01 03",
    "91 a1 20 02 01 04 02 01 0d 30 18 0a 01 01 30 09 30 07 80 05 31 32 33 34 35 02 01 01 30 05 04 "
    "03 80 90 a3",
    "91 a1 13 02 01 05 02 01 22 30 0b a1 09 30 03 02 01 07 82 02 01 80",
    "91 a1 15 02 01 06 02 02 01 50 30 0c 0a 01 01 80 03 31 32 33 82 02 01 05",
    /* QSIG: callingName, connectedName, callTransferComplete, divertingLegInformation2 */
    "9f aa 06 80 01 00 82 01 00 8b 01 00 a1 12 02 01 07 02 01 00 80 0a 42 65 6e 6a 61 6d 69 6e 20 "
    "31",
    "9f aa 06 80 01 00 82 01 00 8b 01 00 a1 0e 02 01 08 06 04 2b 0c 09 01 80 03 42 65 6e",
    "9f aa 06 80 01 00 82 01 00 8b 01 00 a1 19 02 01 09 02 01 0c 30 11 0a 01 00 80 09 80 03 31 32 "
    "33 0a 01 01 00 00 0a 01 00",
    "9f aa 06 80 01 00 82 01 00 8b 01 00 a1 1c 02 01 0a 02 01 15 30 14 02 01 01 0a 01 01 a1 0c a0 "
    "0a 80 08 31 32 33 34 35 36 37 38",
    /* NI-2: calling name */
    "9f 8b 01 00 a1 0f 02 01 0b 06 07 2a 86 48 ce 15 00 04 80 01 41",
    /* results, errors and rejects of what nobody asked for; nests, and lengths without an end */
    "91 a2 0b 02 01 0c 30 06 02 01 00 30 01 00",
    "91 a3 06 02 01 0d 02 01 03",
    "91 a4 06 02 01 0e 80 01 00",
    "91 a1 80 02 01 0f 02 01 00 30 80 30 80 30 80 00 00 00 00 00 00",
    "91 a1 84 ff ff ff ff 02 01 10 02 01 00",
    "91 a1 0a 02 01 11 06 05 ff ff ff ff ff",
    "91 a1 0c 02 08 7f ff ff ff ff ff ff ff 02 01 00",
    "91 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30",
};

typedef struct Octets {
    guint8 at[128];
    gsize length;
} Octets;

static Octets octets_of(const char *hex)
{
    Octets octets = {.length = 0};

    for (; *hex; hex += hex[2] ? 3 : 2)
        octets.at[octets.length++] =
            (guint8)(g_ascii_xdigit_value(hex[0]) << 4 | g_ascii_xdigit_value(hex[1]));
    return octets;
}

/* MESSAGE with %s in it, where the element goes. */
static void say(Stage *stage, int reference, const char *message, const Octets *octets)
{
    g_autoptr(GString) element = g_string_new(NULL);
    g_autoptr(GString) text = g_string_new(message);

    if (octets->length)
        g_string_printf(element, " 1c %02x", (guint)octets->length);
    for (gsize i = 0; i < octets->length; i++)
        g_string_append_printf(element, " %02x", octets->at[i]);
    g_string_replace(text, "%s", element->str, 0);
    stage_far_says(stage, reference, text->str);
    stage_forget(stage);
}

typedef void (*Said)(Stage *stage, int reference, const char *message, const Octets *octets);

/* Each octet wrong in turn, then each length. */
static void spoil(Stage *stage, int reference, const char *message, const char *component,
                  Said said)
{
    static const guint8 values[] = {0x00, 0x01, 0x30, 0x7f, 0x80, 0x84, 0xa1, 0xff};
    Octets sound = octets_of(component);

    for (gsize at = 0; at < sound.length; at++) {
        for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
            Octets wrong = sound;

            wrong.at[at] = values[i];
            said(stage, reference, message, &wrong);
        }
    }
    for (gsize length = 0; length <= sound.length; length++) {
        Octets cut = sound;

        cut.length = length;
        said(stage, reference, message, &cut);
    }
}

static void stands_as_before(Stage *stage, guint8 state)
{
    g_autofree char *expected =
        g_strdup_printf("< STATUS ENQUIRY\n> STATUS cause 30 state %u\n", state);

    stage_forget(stage);
    stage_far_says(stage, stage_reference(stage), "75");
    stage_wire(stage, expected);
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 1);
    g_assert_cmpuint(stage_kept(stage), ==, 1);
    g_assert_true(isdn_is_ready(stage->isdn));
}

static const struct {
    const char *name, *trunk;
    gboolean t1;
} lines[] = {
    {"euroisdn", "side = network\nrestart = no\n", FALSE},
    {"euroisdn-cpe", "side = cpe\nrestart = no\n", FALSE},
    {"ni2", "switch-type = ni2\nside = cpe\nrestart = no\n", TRUE},
    {"qsig", "switch-type = qsig\nside = network\nrestart = no\n", FALSE},
};

/* FACILITY in a call that stands, NOTIFY and INFORMATION with one. */
static void in_a_call(gconstpointer user)
{
    guint line = GPOINTER_TO_UINT(user);

    for (gsize i = 0; i < G_N_ELEMENTS(components); i++) {
        Stage *stage = stage_new(lines[line].trunk, lines[line].t1);

        g_test_message("%s", components[i]);
        stage_phone_calls(stage, "200");
        pri_answer(stage->far, stage->far_call, stage->far_channel & 0xff, 0);
        stage_run(stage, 10);
        stage_event(stage, EVENT_SIP_ACK, 0);
        spoil(stage, stage_reference(stage), "62%s", components[i], say);
        stands_as_before(stage, 10);
        spoil(stage, stage_reference(stage), "6e%s 27 01 f1", components[i], say);
        stands_as_before(stage, 10);
        stage_stands(stage, SIP_UP, ISDN_ACTIVE);
        stage_far_ends(stage);
        stage_free(stage);
    }
}

/* A SETUP is a call, with its component or without. */
static void say_setup(Stage *stage, int reference, const char *message, const Octets *octets)
{
    say(stage, reference, message, octets);
    if (stage_call(stage))
        stage_far_ends(stage);
    g_assert_cmpuint(stage_kept(stage), ==, 0);
}

static void in_a_setup(gconstpointer user)
{
    guint line = GPOINTER_TO_UINT(user);

    for (gsize i = 0; i < G_N_ELEMENTS(components); i += 3) {
        Stage *stage = stage_new(lines[line].trunk, lines[line].t1);

        g_test_message("%s", components[i]);
        spoil(stage, NEW_CALL, "05 04 03 80 90 a3 18 03 a9 83 83%s 70 04 80 31 35 30 a1",
              components[i], say_setup);
        g_assert_true(isdn_is_ready(stage->isdn));
        stage_is_quiet(stage);
        stage_free(stage);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *call = g_strdup_printf("/isdn/component/%s/call", lines[i].name);
        g_autofree char *setup = g_strdup_printf("/isdn/component/%s/setup", lines[i].name);

        g_test_add_data_func(call, GUINT_TO_POINTER(i), in_a_call);
        g_test_add_data_func(setup, GUINT_TO_POINTER(i), in_a_setup);
    }
    return g_test_run();
}
