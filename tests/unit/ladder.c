/* The ladder shows both sides and the map between them, aligned, within 132 columns. */
#include "fake_rooms.h"
#include "log.h"

#include <string.h>

static char *ladder_body(Hall *hall, guint32 call)
{
    g_autofree char *ladder = hall_ladder(hall, call);
    char *body = ladder ? strchr(ladder, '\n') : NULL;

    return body ? g_strdup(body + 1) : NULL;
}

static void story_tell(Fake *fake, guint32 *id)
{
    fake_call_from_phone(fake, "200", id);
    hall_note(fake->hall, *id, LADDER_SIP, LADDER_IN, "INVITE %s", "sip:200@gw");
    hall_note(fake->hall, *id, LADDER_ISDN, LADDER_OUT, "SETUP 200");
    loop_virtual_advance(fake->loop, 1234567);
    hall_note(fake->hall, *id, LADDER_ISDN, LADDER_IN, "CONNECT");
    fake_raise(fake, *id, EVENT_ISDN_CONNECT, NULL);
    hall_note(fake->hall, *id, LADDER_SIP, LADDER_OUT, "200 OK");
    fake_raise_cause(fake, *id, EVENT_ISDN_RELEASED, 16);
    fake_raise(fake, *id, EVENT_SIP_BYE, NULL);
}

/* clang-format off */
static const char drawn[] =
    "  seconds SIP                                | call map                                         | Q.931\n"
    "    0.000                                    | SIP.INVITE ->(INVITED,NULL): route_call          |\n"
    "    0.000                                    | ROUTE.TRUNK ->(INVITED,INITIATED): channel_seize |\n"
    "                                             |    media_open isdn_setup                         |\n"
    "    0.000 INVITE sip:200@gw ---------------> |                                                  |\n"
    "    0.000                                    |                                                  | SETUP 200 ----------------------->\n"
    "    1.234                                    |                                                  | <------------------------- CONNECT\n"
    "    1.234                                    | ISDN.CONNECT ->(ANSWERED,ACTIVE):                |\n"
    "                                             |    isdn_connect_ack media_through sip_answer     |\n"
    "    1.234 <-------------------------- 200 OK |                                                  |\n"
    "    1.234                                    | ISDN.RELEASED ->(PARTING,NULL): note_cause       |\n"
    "                                             |    media_close sip_withdraw channel_free cause=16|\n"
    "    1.234                                    | SIP.BYE ->(IDLE,NULL)                            |\n";
/* clang-format on */

static void ladder_is_drawn(void)
{
    Fake *fake = fake_new();
    g_autofree char *body = NULL, *whole = NULL;
    guint32 id;

    story_tell(fake, &id);
    body = ladder_body(fake->hall, id);
    g_assert_cmpstr(body, ==, drawn);
    whole = hall_ladder(fake->hall, 0);
    g_assert_true(g_str_has_prefix(whole, "C1 from SIP: 101 to 200, began 2"));
    fake_free(fake);
}

/* Whatever comes from the network, each line keeps to its columns and its line. */
static void ladder_keeps_its_shape(void)
{
    Fake *fake = fake_new();
    g_autofree char *body = NULL;
    g_auto(GStrv) lines = NULL;
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    hall_note(fake->hall, id, LADDER_SIP, LADDER_IN, "%s",
              "INVITE\r\nX: \x1b[2J\xff\xfe of a hundred characters, "
              "which is much longer than the column that it has to go in");
    hall_note(fake->hall, id, LADDER_ISDN, LADDER_IN, "%s",
              "SETUP M\xc3\xbcller, and much too long for its column as well");
    body = ladder_body(fake->hall, id);
    lines = g_strsplit(body, "\n", -1);
    for (guint i = 0; lines[i]; i++) {
        g_assert_true(g_utf8_validate(lines[i], -1, NULL));
        g_assert_cmpint(g_utf8_strlen(lines[i], -1), <=, 132);
        for (const char *c = lines[i]; *c; c++)
            g_assert_false(g_ascii_iscntrl(*c));
        if (*lines[i] && i) {
            const char *bar = g_utf8_offset_to_pointer(lines[i], 45);

            g_assert_cmpint(*bar, ==, '|');
        }
    }
    fake_free(fake);
}

/* What does not fit on the arrow stands below it: nothing of a message is lost but noise. */
static void long_messages_are_wrapped(void)
{
    Fake *fake = fake_new();
    g_autofree char *body = NULL;
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    hall_note(fake->hall, id, LADDER_SIP, LADDER_OUT, "503 Service Unavailable (UPDATE) cause 41");
    hall_note(fake->hall, id, LADDER_ISDN, LADDER_IN,
              "SETUP 49301234567890→49401234567890 ch 17 complete");
    body = hall_ladder(fake->hall, id);
    g_assert_nonnull(strstr(body, "    0.000 < 503 Service Unavailable (UPDATE) |"));
    g_assert_nonnull(strstr(body, "\n                                    cause 41 |"));
    g_assert_nonnull(strstr(body, " 49301234567890→49401234567890 ch\n"));
    fake_free(fake);
}

static void ladders_of_ended_calls_are_kept_for_a_while(void)
{
    Fake *fake = fake_new();
    guint32 first, id = 0;
    g_autofree char *kept = NULL, *gone = NULL, *last = NULL, *unknown = NULL;

    story_tell(fake, &first);
    fake_assert_gone(fake, first);
    hall_note(fake->hall, first, LADDER_SIP, LADDER_OUT, "200 OK (BYE)");
    kept = hall_ladder(fake->hall, first);
    g_assert_nonnull(strstr(kept, "200 OK (BYE)"));
    for (guint i = 0; i < 200; i++)
        story_tell(fake, &id);
    gone = hall_ladder(fake->hall, first);
    last = hall_ladder(fake->hall, 2);
    unknown = hall_ladder(fake->hall, 99999);
    g_assert_null(gone);
    g_assert_nonnull(last);
    g_assert_null(unknown);
    hall_note(fake->hall, first, LADDER_SIP, LADDER_OUT,
              "nobody reads it"); /* and nothing breaks */
    fake_free(fake);
}

static void flood_does_not_fill_the_memory(void)
{
    Fake *fake = fake_new();
    g_autofree char *ladder = NULL;
    guint32 id;

    fake_call_from_phone(fake, "200", &id);
    for (guint i = 0; i < 2000; i++)
        hall_note(fake->hall, id, LADDER_SIP, LADDER_IN, "UPDATE %u", i);
    ladder = hall_ladder(fake->hall, id);
    g_assert_nonnull(strstr(ladder, "1502 further rows were not kept\n"));
    fake_free(fake);
}

static void no_call_no_ladder(void)
{
    Fake *fake = fake_new();

    g_assert_null(hall_ladder(fake->hall, 0));
    fake_free(fake);
}

#define CASE(name) g_test_add_func("/ladder/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_open(LEVEL_ERROR, FALSE);
    CASE(ladder_is_drawn);
    CASE(ladder_keeps_its_shape);
    CASE(long_messages_are_wrapped);
    CASE(ladders_of_ended_calls_are_kept_for_a_while);
    CASE(flood_does_not_fill_the_memory);
    CASE(no_call_no_ladder);
    return g_test_run();
}
