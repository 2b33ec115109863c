/* Calls for help on a full line, with a true libpri far end: who gives way and when, what stays
 * reserved, whose channel it becomes. */
#include "isdn_line.h"

#include "cause.h"

#include <string.h>

#define NETWORK "side = network\nrestart = no\n"
#define HELP "[emergency]\nnumbers = 112\ntrunks = pbx\n"
#define CHANNELS 23 /* of a T1 */

/* A phone calls, the far end answers. */
static guint32 talk(Stage *stage)
{
    stage_phone_calls(stage, "200");
    pri_answer(stage->far, stage->far_call, stage->far_channel & 0xff, 1);
    stage_run(stage, 10);
    call_event(hall_find_call(stage->hall, hall_last_call(stage->hall)), EVENT_SIP_ACK, NULL);
    return hall_last_call(stage->hall);
}

/* A line whose channels carry ordinary calls, all but FREE of them; *LAST is the newest. */
static Stage *stage_full(const char *more, guint free, guint32 *last)
{
    g_autofree char *trunk = g_strconcat(NETWORK, HELP, more, NULL);
    Stage *stage = stage_new(trunk, TRUE);

    for (guint i = 0; i < CHANNELS - free; i++)
        *last = talk(stage);
    stage_forget(stage);
    return stage;
}

static void raise_at(Stage *stage, guint32 id, CallEvent event)
{
    call_event(hall_find_call(stage->hall, id), event, NULL);
    stage_run(stage, 10);
}

static guint32 call_for_help(Stage *stage)
{
    stage_phone_calls(stage, "112");
    return hall_last_call(stage->hall);
}

/* D-04 on the wire: DISCONNECT 8, RELEASE, RELEASE COMPLETE, and only then SETUP, on that channel.
 */
static void setup_follows_release_complete(void)
{
    guint32 victim, help;
    Stage *stage = stage_full("", 0, &victim);

    help = call_for_help(stage);
    stage_wire(stage, "> DISCONNECT cause 8\n"
                      "< RELEASE cause 8\n"
                      "> RELEASE COMPLETE cause 8\n"
                      "> SETUP 100→112 ch 23 complete\n");
    g_assert_cmpuint(call_channel(hall_find_call(stage->hall, help)).number, ==, 23);
    g_assert_cmpint(stage_channel(stage, 23), ==, CHANNEL_BUSY);
    g_assert_cmpint(call_isdn_state(hall_find_call(stage->hall, help)), ==, ISDN_INITIATED);
    raise_at(stage, victim, EVENT_SIP_ENDED);
    g_assert_null(hall_find_call(stage->hall, victim));
    stage_free(stage);
}

/* A far end that says nothing costs a second; the late RELEASE frees its own channel as ever. */
static void silent_far_end_costs_a_second(void)
{
    guint32 victim, help;
    Stage *stage = stage_full("", 0, &victim);

    stage->far_deaf = TRUE;
    help = call_for_help(stage);
    stage_wire(stage, "> DISCONNECT cause 8\n");
    stage_run(stage, 900);
    stage_wire(stage, "");
    stage->far_deaf = FALSE;
    stage_run(stage, 150);
    stage_wire(stage, "> DISCONNECT cause 8\n"
                      "< RELEASE cause 8\n"
                      "> RELEASE COMPLETE cause 8\n"
                      "> SETUP 100→112 ch 22 complete\n");
    g_assert_cmpuint(call_channel(hall_find_call(stage->hall, help)).number, ==, 22);
    g_assert_cmpint(stage_channel(stage, 23), ==, CHANNEL_BUSY);
    /* T305, then RELEASE of ours: the first one's channel is free in the end. */
    stage_run(stage, 31000);
    g_assert_cmpint(stage_channel(stage, 23), ==, CHANNEL_IDLE);
    stage_free(stage);
}

static void caller_leaves_and_channel_is_free(void)
{
    guint32 victim, help;
    Stage *stage = stage_full("", 0, &victim);

    stage->far_deaf = TRUE;
    help = call_for_help(stage);
    call_event(hall_find_call(stage->hall, help), EVENT_SIP_CANCEL, NULL);
    g_assert_null(hall_find_call(stage->hall, help));
    stage->far_deaf = FALSE;
    stage_run(stage, 31000);
    g_assert_cmpint(stage_channel(stage, 23), ==, CHANNEL_IDLE);
    stage_free(stage);
}

/* A call ends of its own accord while we wait for another's channel: that one it is. */
static void first_free_channel_is_taken(void)
{
    guint32 victim, help;
    Stage *stage = stage_full("", 0, &victim);

    stage->far_deaf = TRUE;
    help = call_for_help(stage);
    stage_forget(stage);
    /* The oldest one, on channel 1, is hung up by its phone. */
    stage->far_deaf = FALSE;
    call_event(stage_call(stage), EVENT_SIP_BYE, NULL);
    stage_run(stage, 10);
    stage_wire(stage, "> DISCONNECT cause 16\n"
                      "< RELEASE cause 16\n"
                      "> RELEASE COMPLETE cause 16\n"
                      "> SETUP 100→112 ch 1 complete\n");
    g_assert_cmpuint(call_channel(hall_find_call(stage->hall, help)).number, ==, 1);
    stage_free(stage);
}

/* Ordinary calls leave the last two alone, ours and those the far end leaves the choice of; what
 * it asks for by number is its own; the call for help clears nobody. */
static void reserved_channels_are_for_help(void)
{
    guint32 last;
    Stage *stage = stage_full("reserved-channels = 2\n", 2, &last);

    g_assert_cmpuint(hall_call_count(stage->hall), ==, CHANNELS - 2);
    stage_phone_calls(stage, "200");
    g_assert_cmpuint(stage->reject_status, ==, 503);
    stage_wire(stage, "");
    stage_far_calls(stage, "100", 0, FALSE, TRUE);
    stage_run(stage, 10);
    stage_wire(stage, "< SETUP 100→100 complete\n> RELEASE COMPLETE cause 34\n");
    call_for_help(stage);
    stage_wire(stage, "> SETUP 100→112 ch 22 complete\n");
    stage_far_calls(stage, "100", 23, TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_cmpint(stage_channel(stage, 23), ==, CHANNEL_BUSY);
    g_assert_cmpuint(hall_call_count(stage->hall), ==, CHANNELS);
    stage_free(stage);
}

static gboolean finder(void *user, const char *trunk, const CallSetup *setup, char *uri, gsize size)
{
    if (!g_str_equal(setup->called.digits, "155"))
        return FALSE;
    g_strlcpy(uri, "sip:201@127.0.0.1:5062", size);
    return TRUE;
}

/* Whoever answers a call for help may take a reserved channel, too. */
static void call_back_takes_a_reserved_channel(void)
{
    guint32 last;
    Stage *stage = stage_full("reserved-channels = 1\n", 1, &last);

    hall_set_callback_finder(stage->hall, finder, NULL);
    stage_far_calls(stage, "155", 0, FALSE, TRUE);
    stage_run(stage, 10);
    g_assert_cmpint(stage_channel(stage, 23), ==, CHANNEL_BUSY);
    g_assert_cmpstr(call_uri(hall_find_call(stage->hall, hall_last_call(stage->hall))), ==,
                    "sip:201@127.0.0.1:5062");
    stage_free(stage);
}

/* The number of the place goes out whatever the trunk says of identities. */
static void place_is_shown(void)
{
    Stage *stage = stage_new(NETWORK "identity = none\n" HELP "callback-number = 5550\n", TRUE);

    stage_phone_calls(stage, "112");
    stage_wire(stage, "> SETUP 5550→112 ch 1 complete\n");
    stage_phone_calls(stage, "200");
    stage_wire(stage, "> SETUP →200 ch 2 complete\n");
    stage_free(stage);
}

#define STORY(name) g_test_add_func("/isdn/emergency/" #name, name)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    STORY(setup_follows_release_complete);
    STORY(silent_far_end_costs_a_second);
    STORY(caller_leaves_and_channel_is_free);
    STORY(first_free_channel_is_taken);
    STORY(reserved_channels_are_for_help);
    STORY(call_back_takes_a_reserved_channel);
    STORY(place_is_shown);
    return g_test_run();
}
