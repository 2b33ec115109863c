/* Two T1 spans that share a D channel (NFAS), and the change to its backup, against libpri's own
 * NFAS (pri_enslave) as the far end. */
#include "dchan.h"
#include "isdn_line.h"

#include <string.h>

#define NONE(side) "#nfas none\nside = " side "\nswitch-type = ni2\nrestart = no\n"
#define BACKUP(side) "#nfas backup\nside = " side "\nswitch-type = ni2\nrestart = no\n"
#define ON_SECOND(number) ((number) | 1 << 8 | 1 << 16)

static ChannelState channel_of(Stage *stage, guint8 span, guint8 number)
{
    return bchan_state(bchans_find(dchan_bchans(isdn_find_dchan(stage->isdn, span)), number));
}

static guint busy_on(Stage *stage, guint8 span)
{
    IsdnSpanStatus status;

    g_assert_true(isdn_span_status(stage->isdn, span, &status));
    return status.busy;
}

static const char *role_of(Stage *stage, guint8 span)
{
    IsdnSpanStatus status;

    g_assert_true(isdn_span_status(stage->isdn, span, &status));
    return status.d_role;
}

/* A phone's call that the far end has answered, on the first free channel. */
static void phone_talks(Stage *stage)
{
    stage_phone_calls(stage, "200");
    pri_answer(stage->far, stage->far_call, stage->far_channel, 0);
    stage_run(stage, 10);
}

/* --- channels --- */

static void every_span_is_hunted(void)
{
    Stage *stage = stage_new(NONE("network"), TRUE);

    for (guint i = 0; i < 23; i++)
        stage_phone_calls(stage, "200");
    g_assert_cmpuint(busy_on(stage, 1), ==, 0);
    g_assert_cmpint(stage->far_channel, ==, 23 | 1 << 16); /* interface 0, and says so */
    for (guint8 i = 1; i <= 24; i++) {
        stage_phone_calls(stage, "200");
        g_assert_cmpint(stage->far_channel, ==, ON_SECOND(i));
    }
    g_assert_cmpint(channel_of(stage, 1, 24), ==, CHANNEL_BUSY); /* no D channel is there */
    stage_forget(stage);
    stage_phone_calls(stage, "200");
    g_assert_nonnull(strstr(stage->trace->str, "CHANNEL.NONE"));
    stage_free(stage);
}

static void the_far_end_names_the_interface(void)
{
    Stage *stage = stage_new(NONE("cpe"), TRUE);

    stage_far_calls(stage, "150", ON_SECOND(24), TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_cmpint(call_channel(stage_call(stage)).span, ==, 1);
    g_assert_cmpint(call_channel(stage_call(stage)).number, ==, 24);
    g_assert_cmpint(channel_of(stage, 1, 24), ==, CHANNEL_BUSY);
    stage_wire(stage, "< SETUP 100→150 ch 24\n> CALL PROCEEDING ch 24\n< FACILITY\n");
    stage_far_calls(stage, "150", 3 | 5 << 8 | 1 << 16, TRUE, TRUE);
    stage_run(stage, 10);
    stage_wire(stage, "< SETUP 100→150 ch 3\n> RELEASE COMPLETE cause 82\n");
    /* The same number on either interface is two channels. */
    stage_far_calls(stage, "150", 1, TRUE, TRUE);
    stage_run(stage, 10);
    stage_far_calls(stage, "150", ON_SECOND(1), TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_cmpint(channel_of(stage, 0, 1), ==, CHANNEL_BUSY);
    g_assert_cmpint(channel_of(stage, 1, 1), ==, CHANNEL_BUSY);
    stage_free(stage);
}

static void channels_of_every_span_are_restarted(void)
{
    Stage *stage = stage_new("#nfas none\nside = network\nswitch-type = ni2\n", TRUE);

    g_assert_cmpuint(stage_counter(stage, "RESTARTs sent"), ==, 23 + 24);
    g_assert_cmpint(channel_of(stage, 1, 24), ==, CHANNEL_IDLE);
    phone_talks(stage); /* on 0/1 */
    stage_far_calls(stage, "150", ON_SECOND(1), TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 2);
    pri_destroycall(stage->far, stage->far_call);
    pri_reset(stage->far, ON_SECOND(1));
    stage_run(stage, 10);
    g_assert_cmpint(channel_of(stage, 1, 1), ==, CHANNEL_IDLE);
    g_assert_cmpint(channel_of(stage, 0, 1), ==, CHANNEL_BUSY);
    stage_free(stage);
}

/* The room is closed under calls of either span; the address sanitizer looks on. */
static void the_room_closes_in_any_order(void)
{
    Stage *stage =
        stage_new("#nfas none, first\nside = network\nswitch-type = ni2\nrestart = no\n", TRUE);

    phone_talks(stage);
    g_assert_cmpuint(busy_on(stage, 1), ==, 1);
    stage_far_calls(stage, "150", 7 | 1 << 16, TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_cmpuint(busy_on(stage, 0), ==, 1);
    stage_free(stage);
}

/* --- alarms --- */

static void an_alarm_is_its_own_spans_affair(void)
{
    Stage *stage = stage_new(NONE("network"), TRUE);

    phone_talks(stage); /* on 0/1 */
    stage_far_calls(stage, "150", ON_SECOND(7), TRUE, TRUE);
    stage_run(stage, 10);
    stage_phone_calls(stage, "200"); /* on 0/2, in set-up */
    pri_proceeding(stage->far, stage->far_call, stage->far_channel, 0);
    stage_run(stage, 10);
    stage_forget(stage);
    isdn_alarm_changed(stage->isdn, 1, SPAN_ALARM_RED);
    stage_run(stage, 10000);
    g_assert_cmpuint(busy_on(stage, 0), ==, 2);
    g_assert_cmpuint(busy_on(stage, 1), ==, 0);
    stage_wire(stage, "> DISCONNECT cause 27\n< RELEASE cause 27\n> RELEASE COMPLETE cause 27\n");
    isdn_alarm_changed(stage->isdn, 1, SPAN_ALARM_NONE);
    stage_run(stage, 3000);
    stage_far_calls(stage, "150", ON_SECOND(7), TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_cmpuint(busy_on(stage, 1), ==, 1);
    /* The one with the D channel is everybody's. */
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_RED);
    stage_run(stage, 10000);
    g_assert_cmpuint(busy_on(stage, 0), ==, 0);
    g_assert_cmpuint(busy_on(stage, 1), ==, 0);
    stage_free(stage);
}

/* The SETUP comes by the D channel's span, whatever has befallen the one it names. */
static void no_call_is_taken_on_a_dead_span(void)
{
    for (guint by_hand = FALSE; by_hand <= TRUE; by_hand++) {
        Stage *stage = stage_new(NONE("cpe"), TRUE);

        if (by_hand)
            dchan_set_service(isdn_find_dchan(stage->isdn, 1), FALSE);
        else
            isdn_alarm_changed(stage->isdn, 1, SPAN_ALARM_RED);
        stage_run(stage, 10);
        stage_far_calls(stage, "150", ON_SECOND(7), TRUE, TRUE);
        stage_run(stage, 10);
        stage_wire(stage, "< SETUP 100→150 ch 7\n> RELEASE COMPLETE cause 44\n");
        stage_far_calls(stage, "150", ON_SECOND(7), FALSE, TRUE);
        stage_run(stage, 10);
        g_assert_cmpuint(busy_on(stage, 0), ==, 1);
        g_assert_cmpuint(busy_on(stage, 1), ==, 0);
        stage_free(stage);
    }
}

static void the_far_end_moves_a_call_to_another_span(void)
{
    for (guint dead = FALSE; dead <= TRUE; dead++) {
        Stage *stage = stage_new(NONE("network") "channel = preferred\n", TRUE);

        stage_phone_calls(stage, "200"); /* on 0/1 */
        if (dead)
            isdn_alarm_changed(stage->isdn, 1, SPAN_ALARM_RED);
        pri_proceeding(stage->far, stage->far_call, ON_SECOND(5), 0);
        stage_run(stage, 10);
        g_assert_cmpuint(busy_on(stage, 1), ==, !dead);
        if (!dead)
            g_assert_cmpuint(busy_on(stage, 0), ==, 0);
        if (!dead)
            g_assert_cmpint(channel_of(stage, 1, 5), ==, CHANNEL_BUSY);
        stage_free(stage);
    }
}

/* Of the interface, class 6: 79 01 86 without a Channel identification means the carrier's. */
static void an_interface_is_restarted_alone(void)
{
    static const guint8 restart[] = {0x08, 0x02, 0x00, 0x00, 0x46, 0x79, 0x01, 0x86};
    Stage *stage = stage_new(NONE("network"), TRUE);

    phone_talks(stage); /* on 0/1 */
    stage_far_calls(stage, "150", ON_SECOND(7), TRUE, TRUE);
    stage_run(stage, 10);
    stage->instead = g_bytes_new(restart, sizeof restart);
    pri_reset(stage->far, ON_SECOND(9));
    stage_run(stage, 10);
    g_assert_cmpuint(busy_on(stage, 0), ==, 0);
    g_assert_cmpuint(busy_on(stage, 1), ==, 1);
    stage_free(stage);
}

static gboolean service_names_interface(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    static const guint8 zero[] = {0x18, 0x04, 0xe9, 0x80, 0x83, 0x83};

    if (outward && !(frame[2] & 1) && length > sizeof zero && frame[4] == 0x43 && frame[8] == 0x07)
        stage->hook_count += memcmp(frame + length - sizeof zero, zero, sizeof zero) == 0;
    return TRUE;
}

static void service_says_which_interface(void)
{
    Stage *stage = stage_new(NONE("network"), TRUE);

    stage->hook = service_names_interface;
    g_assert_true(isdn_busy_out(stage->isdn, 0, 3, FALSE, NULL));
    stage_run(stage, 10);
    g_assert_cmpint(stage->hook_count, ==, 1);
    stage_free(stage);
}

/* Channel identification of our acknowledgements, as hexadecimal; the far end, which asked for
 * none, does not see them. */
static gboolean note_acknowledgement(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    if (!outward || length < 9 || (frame[2] & 1) || (frame[8] != 0x4e && frame[8] != 0x0f))
        return TRUE;
    for (gsize i = 9; i + 1 < length; i += 2 + frame[i + 1])
        for (gsize j = i; frame[i] == 0x18 && j < i + 2 + frame[i + 1] && j < length; j++)
            g_string_append_printf(stage->sip, "%02x", frame[j]);
    return FALSE;
}

/* Q.931 4.5.13, 5.5.2: interface 0 by name, the other one, and the one whose D channel it is, which
 * needs no name. */
static void acknowledgements_name_the_interface_as_asked(void)
{
    static const struct {
        const char *asked, *said;
    } rows[] = {
        {"08 02 00 00 46 18 04 e9 80 83 85 79 01 80", "1804e9808385"},
        {"08 02 00 00 46 18 04 e9 81 83 85 79 01 80", "1804e9818385"},
        {"08 02 00 00 46 18 03 a9 83 85 79 01 80", "1803a98385"},
        {"43 02 00 00 07 01 01 c2 18 04 e9 80 83 85", "1804e9808385"},
        {"43 02 00 00 07 01 01 c2 18 04 e9 81 83 85", "1804e9818385"},
        {"43 02 00 00 07 01 01 c2 18 03 a9 83 85", "1803a98385"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        Stage *stage = stage_new(NONE("network"), TRUE);

        g_test_message("%s", rows[i].asked);
        stage->hook = note_acknowledgement;
        stage_far_says_octets(stage, rows[i].asked);
        g_assert_cmpstr(stage->sip->str, ==, rows[i].said);
        stage_free(stage);
    }
}

static gboolean no_answer_to_restart(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    (void)stage;
    return outward || length < 9 || (frame[2] & 1) || frame[8] != 0x4e;
}

static void one_restart_is_outstanding_on_a_group(void)
{
    Stage *stage = stage_new_dark("#nfas none\nside = network\nswitch-type = ni2\n", TRUE);

    stage->hook = no_answer_to_restart;
    stage_run(stage, 0);
    stage_far_wakes(stage);
    stage_run(stage, 3000);
    g_assert_cmpuint(stage_counter(stage, "RESTARTs sent"), ==, 1);
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_RED); /* everybody's */
    stage_run(stage, 10);
    g_assert_cmpuint(stage_counter(stage, "RESTARTs sent"), ==, 1);
    stage->hook = NULL;
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_NONE);
    stage_run(stage, 5000);
    g_assert_cmpuint(stage_counter(stage, "RESTARTs sent"), ==, 1 + 23 + 24);
    stage_free(stage);
}

/* --- the backup --- */

static void the_primary_is_active_first(void)
{
    Stage *stage = stage_new(BACKUP("network"), TRUE);

    g_assert_cmpstr(role_of(stage, 0), ==, "active");
    g_assert_cmpstr(role_of(stage, 1), ==, "standby");
    phone_talks(stage);
    g_assert_null(strstr(stage->wire->str, ">2 "));
    stage_free(stage);
}

/* With an alarm, or when nothing is heard any more. */
static void calls_outlive_the_active_d_channel(const char *trunk, gboolean alarm)
{
    Stage *stage = stage_new(trunk, TRUE);
    guint32 kept;

    phone_talks(stage);
    kept = call_id(stage_call(stage));
    stage_event(stage, EVENT_SIP_ACK, 0);
    stage_forget(stage);
    stage->cut = TRUE;
    if (alarm) {
        isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_RED);
        stage_run(stage, 10);
    } else {
        stage_run(stage, 16000);
    }
    g_assert_cmpstr(role_of(stage, 1), ==, "active");
    g_assert_cmpstr(role_of(stage, 0), ==, "down");
    g_assert_nonnull(strstr(stage->wire->str, ">2 SERVICE ch 24\n<2 SERVICE ACKNOWLEDGE ch 24\n"));
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 1);
    /* A new call, and the end of the old one, by the other way. */
    stage_forget(stage);
    stage_phone_calls(stage, "201");
    g_assert_nonnull(strstr(stage->wire->str, ">2 SETUP 100→201"));
    g_assert_cmpint(call_channel(hall_find_call(stage->hall, hall_last_call(stage->hall))).span, ==,
                    alarm ? 1 : 0);
    if (!alarm) { /* else T309 ends it: its own span is in alarm */
        CallNews news = CALL_NEWS_INIT;

        call_event(hall_find_call(stage->hall, kept), EVENT_SIP_BYE, &news);
        stage_run(stage, 20);
        g_assert_nonnull(strstr(stage->wire->str, ">2 DISCONNECT cause 16\n<2 RELEASE cause 16\n"
                                                  ">2 RELEASE COMPLETE cause 16\n"));
    } else {
        stage_run(stage, 7000);
        g_assert_null(hall_find_call(stage->hall, kept) &&
                              call_isdn_state(hall_find_call(stage->hall, kept)) == ISDN_ACTIVE
                          ? stage
                          : NULL);
    }
    stage_free(stage);
}

static void the_backup_takes_over_on_both_sides(void)
{
    for (guint alarm = FALSE; alarm <= TRUE; alarm++) {
        calls_outlive_the_active_d_channel(BACKUP("network"), alarm);
        calls_outlive_the_active_d_channel(BACKUP("cpe"), alarm);
    }
}

static void the_operator_switches_back(void)
{
    Stage *stage = stage_new(BACKUP("network"), TRUE);
    g_autoptr(GError) error = NULL;

    stage->cut = TRUE;
    stage_run(stage, 16000);
    g_assert_cmpstr(role_of(stage, 1), ==, "active");
    g_assert_false(isdn_switch_d(stage->isdn, 0, &error));
    stage->cut = FALSE;
    stage_run(stage, 12000);
    g_assert_cmpstr(role_of(stage, 0), ==, "standby"); /* nothing goes back by itself */
    stage_forget(stage);
    g_assert_true(isdn_switch_d(stage->isdn, 0, NULL));
    stage_run(stage, 20);
    stage_wire(stage, "> SERVICE ch 24\n< SERVICE ACKNOWLEDGE ch 24\n");
    phone_talks(stage);
    g_assert_nonnull(strstr(stage->wire->str, "> SETUP 100→200"));
    g_assert_null(strstr(stage->wire->str, ">2 "));
    stage_free(stage);
}

static void the_far_end_switches(void)
{
    Stage *stage = stage_new(BACKUP("cpe"), TRUE);

    pri_maintenance_service(stage->second, 1, 24, 0);
    stage_run(stage, 20);
    g_assert_cmpstr(role_of(stage, 1), ==, "active");
    g_assert_cmpstr(role_of(stage, 0), ==, "standby");
    phone_talks(stage);
    g_assert_nonnull(strstr(stage->wire->str, ">2 SETUP 100→200"));
    stage_free(stage);
}

/* SERVICE for a D channel that was lost with its acknowledgement is not said by the other one: the
 * far end would turn to the dead one. */
static void nothing_good_is_said_of_the_dead(void)
{
    Stage *stage = stage_new(BACKUP("network"), TRUE);

    g_assert_true(isdn_switch_d(stage->isdn, 1, NULL));
    stage_run(stage, 20);
    stage->cut = TRUE;
    g_assert_true(isdn_switch_d(stage->isdn, 0, NULL));
    stage_run(stage, 20);
    stage_forget(stage);
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_RED);
    stage_run(stage, 20);
    g_assert_cmpstr(role_of(stage, 1), ==, "active");
    stage_wire(stage, ">2 SERVICE ch 24\n<2 SERVICE ACKNOWLEDGE ch 24\n");
    stage_free(stage);
}

static gboolean acknowledges_the_second(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    static const guint8 fifth[] = {0x18, 0x04, 0xe9, 0x81, 0x83, 0x85};

    if (outward && length > 9 + sizeof fifth && !(frame[2] & 1) && frame[8] == 0x4e)
        stage->hook_count += memcmp(frame + 9, fifth, sizeof fifth) == 0;
    return TRUE;
}

/* A channel without an interface is on the span whose D channel says so; the answer goes by the
 * other D channel. */
static void an_answer_by_the_other_d_channel_names_the_interface(void)
{
    Stage *stage = stage_new(BACKUP("network"), TRUE);

    stage->hook = acknowledges_the_second;
    pri_reset(stage->second, 5);
    stage_run(stage, 20);
    g_assert_nonnull(strstr(stage->wire->str, "<2 RESTART ch 5\n> RESTART ACKNOWLEDGE ch 5\n"));
    g_assert_cmpint(stage->hook_count, ==, 1);
    stage_free(stage);
}

static void without_both_t309_runs(void)
{
    Stage *stage = stage_new(BACKUP("network"), TRUE);

    phone_talks(stage);
    stage->cut = stage->cut_second = TRUE;
    stage_run(stage, 16000);
    g_assert_cmpuint(hall_call_count(stage->hall), ==, 1);
    stage_run(stage, 7000);
    g_assert_cmpuint(busy_on(stage, 0), ==, 0);
    g_assert_false(isdn_is_ready(stage->isdn));
    stage->cut_second = FALSE; /* the backup alone comes back */
    stage_run(stage, 10000);
    g_assert_true(isdn_is_ready(stage->isdn));
    g_assert_cmpstr(role_of(stage, 1), ==, "active");
    stage_free(stage);
}

/* A far end that begins anew on the active link: whatever was on its way is lost. */
static void the_active_link_is_established_anew(void)
{
    static const guint8 sabme[] = {0x00, 0x01, 0x7f};
    Stage *stage = stage_new(BACKUP("network"), TRUE);
    guint epochs[2];

    for (guint8 i = 0; i < 2; i++)
        epochs[i] = dchan_epoch(isdn_find_dchan(stage->isdn, i));
    isdn_frame_received(stage->isdn, 0, sabme, sizeof sabme);
    stage_run(stage, 10);
    for (guint8 i = 0; i < 2; i++)
        g_assert_cmpuint(dchan_epoch(isdn_find_dchan(stage->isdn, i)), ==, epochs[i] + 1);
    stage_free(stage);
}

static void a_link_that_is_down_waits_for_its_turn(void)
{
    Stage *stage = stage_new(BACKUP("cpe"), TRUE);

    stage->cut_second = TRUE;
    stage_run(stage, 16000);
    g_assert_cmpstr(role_of(stage, 1), ==, "down");
    stage_forget(stage);
    pri_maintenance_service(stage->far, 1, 24, 0);
    stage_run(stage, 20);
    stage_wire(stage, "< SERVICE ch 24\n> SERVICE ACKNOWLEDGE ch 24\n");
    g_assert_cmpstr(role_of(stage, 0), ==, "active");
    stage->cut_second = FALSE;
    stage_run(stage, 12000);
    g_assert_cmpstr(role_of(stage, 1), ==, "active");
    stage_free(stage);
}

/* The far end may call by the backup while we still wait for the primary. A channel without an
 * interface is on the span whose D channel says so. */
static void the_message_that_makes_a_link_active_is_heard(const guint8 *setup, gsize length)
{
    Stage *stage = stage_new(BACKUP("network"), TRUE);

    stage->cut = stage->cut_second = TRUE;
    stage_run(stage, 23000);
    stage->cut_second = FALSE;
    for (guint i = 0; i < 100 && g_str_equal(role_of(stage, 1), "down"); i++)
        stage_run(stage, 100);
    g_assert_cmpstr(role_of(stage, 1), ==, "standby");
    stage->cut_second = TRUE; /* the far end knows nothing of this call */
    isdn_frame_received(stage->isdn, 1, setup, length);
    stage_run(stage, 10);
    g_assert_cmpstr(role_of(stage, 1), ==, "active");
    g_assert_cmpint(channel_of(stage, 1, 5), ==, CHANNEL_BUSY);
    stage_free(stage);
}

static void the_first_message_is_heard(void)
{
    static const guint8 named[] = {0x00, 0x01, 0x00, 0x00, 0x08, 0x02, 0x00, 0x05, 0x05,
                                   0x04, 0x03, 0x80, 0x90, 0xa2, 0x18, 0x04, 0xe9, 0x81,
                                   0x83, 0x85, 0x70, 0x04, 0x80, '1',  '5',  '0'};
    static const guint8 implicit[] = {0x00, 0x01, 0x00, 0x00, 0x08, 0x02, 0x00, 0x05, 0x05,
                                      0x04, 0x03, 0x80, 0x90, 0xa2, 0x18, 0x03, 0xa9, 0x83,
                                      0x85, 0x70, 0x04, 0x80, '1',  '5',  '0'};

    the_message_that_makes_a_link_active_is_heard(named, sizeof named);
    the_message_that_makes_a_link_active_is_heard(implicit, sizeof implicit);
}

static void a_short_alarm_of_both_costs_no_call(void)
{
    Stage *stage = stage_new(BACKUP("network"), TRUE);

    stage->cut_second = TRUE;
    stage_run(stage, 16000);
    stage_phone_calls(stage, "200"); /* in set-up */
    pri_proceeding(stage->far, stage->far_call, stage->far_channel, 0);
    stage_run(stage, 10);
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_RED);
    stage_run(stage, 400);
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_NONE);
    stage_run(stage, 2000);
    g_assert_cmpuint(busy_on(stage, 0), ==, 1);
    g_assert_cmpstr(role_of(stage, 0), ==, "active");
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_RED);
    stage_run(stage, 600);
    g_assert_cmpuint(busy_on(stage, 0), ==, 0);
    g_assert_cmpstr(role_of(stage, 0), ==, "down");
    stage_free(stage);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/isdn/nfas/hunting", every_span_is_hunted);
    g_test_add_func("/isdn/nfas/interface", the_far_end_names_the_interface);
    g_test_add_func("/isdn/nfas/restart", channels_of_every_span_are_restarted);
    g_test_add_func("/isdn/nfas/alarms", an_alarm_is_its_own_spans_affair);
    g_test_add_func("/isdn/nfas/dead-span", no_call_is_taken_on_a_dead_span);
    g_test_add_func("/isdn/nfas/anew", the_active_link_is_established_anew);
    g_test_add_func("/isdn/nfas/waits", a_link_that_is_down_waits_for_its_turn);
    g_test_add_func("/isdn/nfas/first-message", the_first_message_is_heard);
    g_test_add_func("/isdn/nfas/close", the_room_closes_in_any_order);
    g_test_add_func("/isdn/nfas/moved", the_far_end_moves_a_call_to_another_span);
    g_test_add_func("/isdn/nfas/one-interface", an_interface_is_restarted_alone);
    g_test_add_func("/isdn/nfas/service", service_says_which_interface);
    g_test_add_func("/isdn/nfas/acknowledgements", acknowledgements_name_the_interface_as_asked);
    g_test_add_func("/isdn/nfas/one-restart", one_restart_is_outstanding_on_a_group);
    g_test_add_func("/isdn/nfas/short-alarm", a_short_alarm_of_both_costs_no_call);
    g_test_add_func("/isdn/nfas/primary", the_primary_is_active_first);
    g_test_add_func("/isdn/nfas/backup", the_backup_takes_over_on_both_sides);
    g_test_add_func("/isdn/nfas/back", the_operator_switches_back);
    g_test_add_func("/isdn/nfas/far-end", the_far_end_switches);
    g_test_add_func("/isdn/nfas/dead", nothing_good_is_said_of_the_dead);
    g_test_add_func("/isdn/nfas/answer", an_answer_by_the_other_d_channel_names_the_interface);
    g_test_add_func("/isdn/nfas/both", without_both_t309_runs);
    return g_test_run();
}
