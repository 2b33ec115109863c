/* Supplementary services between our isdn room and a true libpri far end: NOTIFY, HOLD and
 * RETRIEVE, rerouting, malicious call identification. */
#include "isdn_line.h"

#include "cause.h"

#include <string.h>

#define NETWORK "side = network\nrestart = no\n"
#define CPE "side = cpe\nrestart = no\n"

static void far_notifies(Stage *stage, int info)
{
    g_assert_cmpint(pri_notify(stage->far, stage->far_call, 1, info), ==, 0);
    stage_run(stage, 10);
}

/* ---- NOTIFY -----------------------------------------------------------------------------------
 */

static void a_user_is_suspended_and_resumed(void)
{
    static const char *const trunks[] = {NETWORK, CPE, NETWORK "switch-type = ni2\n",
                                         CPE "switch-type = qsig\n"};

    for (guint i = 0; i < G_N_ELEMENTS(trunks); i++) {
        Stage *stage = stage_phone_talks(trunks[i]);

        far_notifies(stage, PRI_NOTIFY_USER_SUSPENDED);
        far_notifies(stage, PRI_NOTIFY_USER_RESUMED);
        stage_sip(stage, "sip_hold sip_resume");
        stage_event(stage, EVENT_SIP_BYE, 16);
        stage_ends(stage);
        stage_free(stage);
    }
}

static void remote_hold_is_told_likewise(void)
{
    Stage *stage = stage_phone_talks(NETWORK);

    far_notifies(stage, PRI_NOTIFY_REMOTE_HOLD);
    far_notifies(stage, PRI_NOTIFY_REMOTE_HOLD);
    stage_sip(stage, "sip_hold sip_hold"); /* the leg knows that it has said so */
    far_notifies(stage, PRI_NOTIFY_REMOTE_RETRIEVAL);
    stage_sip(stage, "sip_resume");
    far_notifies(stage, PRI_NOTIFY_WAITING_CALL);
    stage_sip(stage, "");
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_ends(stage);
    stage_free(stage);
}

static void a_trunk_that_tells_nothing(void)
{
    Stage *stage = stage_phone_talks(NETWORK "notify-hold = none\n");

    far_notifies(stage, PRI_NOTIFY_USER_SUSPENDED);
    far_notifies(stage, PRI_NOTIFY_USER_RESUMED);
    stage_sip(stage, "");
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_ends(stage);
    stage_free(stage);
}

/* Nothing is said; what the phone hears stops, and goes on. */
static void a_trunk_that_tells_by_silence(void)
{
    Stage *stage = stage_phone_talks(NETWORK "notify-hold = silent\n");

    far_notifies(stage, PRI_NOTIFY_USER_RESUMED); /* of what never was */
    stage_sip(stage, "");
    far_notifies(stage, PRI_NOTIFY_USER_SUSPENDED);
    stage_sip(stage, "media_play");
    far_notifies(stage, PRI_NOTIFY_USER_RESUMED);
    stage_sip(stage, "media_through");
    far_notifies(stage, PRI_NOTIFY_REMOTE_HOLD);
    far_notifies(stage, PRI_NOTIFY_REMOTE_RETRIEVAL);
    far_notifies(stage, PRI_NOTIFY_REMOTE_RETRIEVAL);
    stage_sip(stage, "media_play media_through");
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_ends(stage);
    stage_free(stage);
}

/* The phone that was told is told again, whatever the trunk says meanwhile. */
static void settings_change_meanwhile(void)
{
    Stage *stage = stage_phone_talks(NETWORK);
    TrunkSettings *trunk = stage->settings->trunks->pdata[0];

    far_notifies(stage, PRI_NOTIFY_USER_SUSPENDED);
    stage_sip(stage, "sip_hold");
    trunk->notify_hold = HOLD_TOLD_BY_SILENCE;
    isdn_set_settings(stage->isdn, stage->settings);
    far_notifies(stage, PRI_NOTIFY_USER_RESUMED);
    stage_sip(stage, "sip_resume");
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_ends(stage);
    stage_free(stage);
}

/* It was suspended, and hangs up. */
static void a_suspended_user_clears(void)
{
    Stage *stage = stage_phone_talks(NETWORK);

    far_notifies(stage, PRI_NOTIFY_USER_SUSPENDED);
    stage_forget(stage);
    pri_hangup(stage->far, stage->far_call, 16);
    stage_run(stage, 10);
    stage_sip(stage, "media_close sip_bye");
    stage_event(stage, EVENT_SIP_ENDED, 0);
    stage_ends(stage);
    stage_free(stage);
}

static void a_diversion_is_told_before_the_answer(void)
{
    static const int infos[] = {PRI_NOTIFY_CALL_DIVERTING, PRI_NOTIFY_DIVERSION_ACTIVATED};

    for (guint i = 0; i < G_N_ELEMENTS(infos); i++) {
        Stage *stage = stage_new(NETWORK, FALSE);

        stage_phone_calls(stage, "200");
        pri_proceeding(stage->far, stage->far_call, 1, 0);
        stage_run(stage, 10);
        stage_forget(stage);
        far_notifies(stage, infos[i]);
        stage_sip(stage, "sip_forwarded");
        stage_stands(stage, SIP_INVITED, ISDN_OUTGOING_PROCEEDING);
        pri_answer(stage->far, stage->far_call, 1, 0);
        stage_run(stage, 10);
        stage_event(stage, EVENT_SIP_ACK, 0);
        stage_forget(stage);
        far_notifies(stage, infos[i]);
        stage_sip(stage, ""); /* too late */
        stage_event(stage, EVENT_SIP_BYE, 16);
        stage_ends(stage);
        stage_free(stage);
    }
}

static void a_phone_holds(const char *trunk, const char *held, const char *retrieved)
{
    Stage *stage = stage_phone_talks(trunk);

    stage_event(stage, EVENT_SIP_HELD, 0);
    stage_event(stage, EVENT_SIP_HELD, 0); /* once is enough */
    stage_wire(stage, held);
    stage_event(stage, EVENT_SIP_RETRIEVED, 0);
    stage_event(stage, EVENT_SIP_RETRIEVED, 0);
    stage_wire(stage, retrieved);
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_ends(stage);
    stage_free(stage);
}

static void a_hold_is_told_where_the_trunk_says_so(void)
{
    a_phone_holds(NETWORK, "", "");
    a_phone_holds(NETWORK "tell-hold = yes\n", "> NOTIFY\n", "> NOTIFY\n");
    a_phone_holds(NETWORK "tell-hold = yes\nswitch-type = qsig\n", "", ""); /* EuroISDN alone */
}

/* The one that held has left the call. */
static void who_takes_over_holds_no_more(void)
{
    Stage *stage = stage_phone_talks(NETWORK "tell-hold = yes\n");

    stage_event(stage, EVENT_SIP_HELD, 0);
    stage_forget(stage);
    stage_event(stage, EVENT_SIP_REPLACED, 0);
    stage_wire(stage, "> NOTIFY\n");
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_ends(stage);
    stage_free(stage);
}

/* ---- HOLD and RETRIEVE ------------------------------------------------------------------------
 */

#define HOLD NETWORK "hold = yes\n"

static void far_holds(Stage *stage)
{
    g_assert_cmpint(pri_hold(stage->far, stage->far_call), ==, 0);
    stage_run(stage, 10);
}

static void far_retrieves(Stage *stage, int channel)
{
    g_assert_cmpint(pri_retrieve(stage->far, stage->far_call, channel), ==, 0);
    stage_run(stage, 10);
}

static void hold_is_refused_unless_the_trunk_serves_it(void)
{
    Stage *stage = stage_phone_talks(NETWORK);

    far_holds(stage);
    stage_wire(stage, "< HOLD\n> HOLD REJECT cause 69\n");
    stage_sip(stage, "");
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_ends(stage);
    stage_free(stage);
}

static void a_held_call_gives_up_its_channel_and_gets_one(void)
{
    static const struct {
        int asked;
        const char *wire;
        guint8 channel;
    } cases[] = {{0, "< RETRIEVE\n> RETRIEVE ACKNOWLEDGE ch 1\n", 1},
                 {7, "< RETRIEVE ch 7\n> RETRIEVE ACKNOWLEDGE ch 7\n", 7}};

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Stage *stage = stage_phone_talks(HOLD);

        far_holds(stage);
        stage_wire(stage, "< HOLD\n> HOLD ACKNOWLEDGE\n");
        stage_sip(stage, "media_update sip_hold");
        stage_stands(stage, SIP_UP, ISDN_HELD);
        g_assert_cmpint(stage_channel(stage, 1), ==, CHANNEL_IDLE);
        far_retrieves(stage, cases[i].asked);
        stage_wire(stage, cases[i].wire);
        stage_sip(stage, "media_update sip_resume");
        stage_stands(stage, SIP_UP, ISDN_ACTIVE);
        g_assert_cmpint(stage_channel(stage, cases[i].channel), ==, CHANNEL_BUSY);
        stage_event(stage, EVENT_SIP_BYE, 16);
        stage_ends(stage);
        stage_free(stage);
    }
}

/* All channels are taken meanwhile. */
static void there_is_no_channel_to_retrieve_on(void)
{
    Stage *stage = stage_phone_talks(HOLD);
    guint32 held = call_id(stage_call(stage));
    int reference = stage_reference(stage);

    far_holds(stage);
    for (guint i = 0; i < 30; i++)
        stage_phone_calls(stage, "201");
    stage_run(stage, 10);
    stage_forget(stage);
    stage->far_call = NULL;
    g_assert_cmpint(stage_channel(stage, 31), ==, CHANNEL_BUSY);
    stage_far_says(stage, reference, "31"); /* RETRIEVE */
    stage_run(stage, 10);
    g_assert_nonnull(strstr(stage->wire->str, "> RETRIEVE REJECT cause 34\n"));
    g_assert_cmpint(call_isdn_state(hall_find_call(stage->hall, held)), ==, ISDN_HELD);
    hall_clear_all(stage->hall, 16);
    stage_run(stage, 70000);
    stage_free(stage);
}

static void a_held_call_is_cleared_from_either_side(void)
{
    for (guint side = 0; side < 2; side++) {
        Stage *stage = stage_phone_talks(HOLD);

        far_holds(stage);
        stage_forget(stage);
        if (side == 0) {
            pri_hangup(stage->far, stage->far_call, 16);
            stage_run(stage, 10);
            stage_wire(stage, "< DISCONNECT cause 16\n> RELEASE cause 16\n"
                              "< RELEASE COMPLETE cause 16\n");
            stage_event(stage, EVENT_SIP_ENDED, 0);
        } else {
            stage_event(stage, EVENT_SIP_BYE, 16);
            stage_wire(stage, "> DISCONNECT cause 16\n< RELEASE cause 16\n"
                              "> RELEASE COMPLETE cause 16\n");
        }
        stage_is_quiet(stage);
        stage_free(stage);
    }
}

/* A held call counts: its span does not go out of service. */
static void a_held_call_keeps_its_span_in_service(void)
{
    Stage *stage = stage_phone_talks(HOLD);
    g_autoptr(GError) error = NULL;

    far_holds(stage);
    g_assert_false(isdn_take_out(stage->isdn, 0, &error));
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_ends(stage);
    stage_free(stage);
}

static void hold_before_the_answer_is_refused(void)
{
    Stage *stage = stage_new(HOLD, FALSE);

    stage_phone_calls(stage, "200");
    pri_proceeding(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_forget(stage);
    far_holds(stage);
    stage_wire(stage, "< HOLD\n> HOLD REJECT cause 101\n");
    stage_stands(stage, SIP_INVITED, ISDN_OUTGOING_PROCEEDING);
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage_ends(stage);
    stage_free(stage);
}

static void a_link_that_falls_takes_the_held_call_after_t309(void)
{
    Stage *stage = stage_phone_talks(HOLD);

    far_holds(stage);
    stage->cut = TRUE;
    isdn_alarm_changed(stage->isdn, 0, SPAN_ALARM_RED);
    stage_run(stage, 7000);
    stage_event(stage, EVENT_SIP_ENDED, 0);
    g_assert_null(stage_call(stage));
    stage_free(stage);
}

/* ---- rerouting --------------------------------------------------------------------------------
 */

static void far_reroutes(Stage *stage, const char *number)
{
    struct pri_party_redirecting deflection;

    memset(&deflection, 0, sizeof deflection);
    deflection.to.number.valid = deflection.from.number.valid = 1;
    deflection.to.number.plan = deflection.from.number.plan = PRI_UNKNOWN;
    g_strlcpy(deflection.to.number.str, number, sizeof deflection.to.number.str);
    g_strlcpy(deflection.from.number.str, "200", sizeof deflection.from.number.str);
    deflection.orig_called = deflection.from;
    deflection.count = 1;
    deflection.reason = deflection.orig_reason = PRI_REDIR_FORWARD_ON_BUSY;
    g_assert_cmpint(pri_reroute_call(stage->far, stage->far_call, NULL, &deflection, 2), ==, 0);
    stage_run(stage, 10);
}

static Stage *far_rings(const char *trunk)
{
    Stage *stage = stage_new(trunk, FALSE);

    stage_phone_calls(stage, "200");
    pri_acknowledge(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    stage_forget(stage);
    return stage;
}

static void a_call_is_rerouted(void)
{
    static const char *const trunks[] = {NETWORK, CPE, NETWORK "switch-type = qsig\n"};

    for (guint i = 0; i < G_N_ELEMENTS(trunks); i++) {
        Stage *stage = far_rings(trunks[i]);

        far_reroutes(stage, "250");
        stage_sip(stage, "media_close sip_redirect media_hush");
        g_assert_nonnull(strstr(stage->wire->str, "> DISCONNECT cause 16\n"));
        g_assert_nonnull(strstr(stage->trace->str, "ISDN.REROUTED"));
        g_assert_cmpuint(stage_counter(stage, "calls rerouted"), ==, 1);
        stage_is_quiet(stage);
        stage_free(stage);
    }
}

static void rerouting_is_refused_and_the_call_goes_on(void)
{
    Stage *stage = far_rings(NETWORK "rerouting = no\n");

    far_reroutes(stage, "250");
    stage_sip(stage, "");
    stage_wire(stage, "< FACILITY\n> FACILITY\n");
    stage_stands(stage, SIP_RINGING, ISDN_DELIVERED);
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage_ends(stage);
    stage_free(stage);
}

/* After the answer there is nobody to send away; and a number that is none leads nowhere. */
static void rerouting_comes_too_late_or_says_nothing(void)
{
    Stage *stage = stage_phone_talks(NETWORK);

    far_reroutes(stage, "250");
    stage_wire(stage, "< FACILITY\n> FACILITY\n");
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_ends(stage);
    stage_free(stage);

    stage = far_rings(NETWORK);
    far_reroutes(stage, "25A");
    stage_wire(stage, "< FACILITY\n> FACILITY\n");
    stage_stands(stage, SIP_RINGING, ISDN_DELIVERED);
    stage_event(stage, EVENT_SIP_CANCEL, 16);
    stage_ends(stage);
    stage_free(stage);
}

/* ---- malicious call identification ------------------------------------------------------------
 */

static void a_malicious_call_is_identified(void)
{
    Stage *stage = stage_phone_talks(NETWORK);
    g_autofree char *ladder = NULL;

    g_assert_cmpint(pri_mcid_req_send(stage->far, stage->far_call), ==, 0);
    stage_run(stage, 10);
    stage_wire(stage, "< FACILITY\n> FACILITY\n");
    g_assert_cmpuint(stage_counter(stage, "malicious calls identified"), ==, 1);
    ladder = hall_ladder(stage->hall, 0);
    g_assert_nonnull(strstr(ladder, "malicious call identification"));
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_ends(stage);
    stage_free(stage);
}

/* ---- advice of charge -------------------------------------------------------------------------
 */

static void far_charges(Stage *stage, gboolean end, gboolean money, int amount)
{
    struct pri_subcmd_aoc_d during;
    struct pri_subcmd_aoc_e whole;

    memset(&during, 0, sizeof during);
    memset(&whole, 0, sizeof whole);
    during.charge = whole.charge = money ? PRI_AOC_DE_CHARGE_CURRENCY : PRI_AOC_DE_CHARGE_UNITS;
    if (money) {
        during.recorded.money.amount.cost = amount;
        during.recorded.money.amount.multiplier = PRI_AOC_MULTIPLIER_HUNDREDTH;
        g_strlcpy(during.recorded.money.currency, "EUR", sizeof during.recorded.money.currency);
        whole.recorded.money = during.recorded.money;
    } else {
        during.recorded.unit.num_items = 1;
        during.recorded.unit.item[0].number = amount;
        during.recorded.unit.item[0].type = -1;
        whole.recorded.unit = during.recorded.unit;
    }
    g_assert_cmpint(end ? pri_aoc_e_send(stage->far, stage->far_call, &whole)
                        : pri_aoc_d_send(stage->far, stage->far_call, &during),
                    ==, 0);
    stage_run(stage, 10);
}

static void charge_is(Stage *stage, const char *wanted)
{
    char text[64];

    g_assert_cmpstr(charge_describe(call_charge(stage_call(stage)), text, sizeof text), ==, wanted);
}

static void far_tells_rates(Stage *stage)
{
    struct pri_subcmd_aoc_s rates;
    struct pri_aoc_duration *minute = &rates.item[0].rate.duration;

    memset(&rates, 0, sizeof rates);
    rates.num_items = 4;
    rates.item[0].chargeable = PRI_AOC_CHARGED_ITEM_BASIC_COMMUNICATION;
    rates.item[0].rate_type = PRI_AOC_RATE_TYPE_DURATION;
    minute->amount = (struct pri_aoc_amount){12, PRI_AOC_MULTIPLIER_HUNDREDTH};
    minute->time = (struct pri_aoc_time){1, PRI_AOC_TIME_SCALE_MINUTE};
    g_strlcpy(minute->currency, "E<U>R", sizeof minute->currency);
    rates.item[1].chargeable = PRI_AOC_CHARGED_ITEM_CALL_ATTEMPT;
    rates.item[1].rate_type = PRI_AOC_RATE_TYPE_FLAT;
    rates.item[1].rate.flat.amount = (struct pri_aoc_amount){5, PRI_AOC_MULTIPLIER_TENTH};
    g_strlcpy(rates.item[1].rate.flat.currency, "EUR", sizeof rates.item[1].rate.flat.currency);
    rates.item[2].chargeable = PRI_AOC_CHARGED_ITEM_CALL_SETUP;
    rates.item[2].rate_type = PRI_AOC_RATE_TYPE_FREE;
    rates.item[3].chargeable = PRI_AOC_CHARGED_ITEM_SUPPLEMENTARY_SERVICE;
    rates.item[3].rate_type = PRI_AOC_RATE_TYPE_SPECIAL_CODE;
    rates.item[3].rate.special = 7;
    g_assert_cmpint(pri_aoc_s_send(stage->far, stage->far_call, &rates), ==, 0);
    stage_run(stage, 10);
}

static void rates_are_told(void)
{
    static const char wanted[] =
        "communication 0.120 EUR per min, attempt 0.500 EUR, set-up free, service 7";
    Stage *stage = stage_phone_talks(NETWORK);
    g_autofree char *ladder = NULL;

    g_assert_cmpstr(call_rates(stage_call(stage)), ==, "");
    far_tells_rates(stage);
    g_assert_cmpstr(call_rates(stage_call(stage)), ==, wanted);
    stage_sip(stage, ""); /* no charge yet */
    ladder = hall_ladder(stage->hall, 0);
    g_assert_nonnull(strstr(ladder, "rates communication 0.120 EUR"));
    stage_event(stage, EVENT_SIP_BYE, 16);
    stage_ends(stage);
    stage_free(stage);
}

static void a_call_is_charged(void)
{
    Stage *stage = stage_phone_talks(NETWORK);
    g_autofree char *ladder = NULL;

    charge_is(stage, "");
    far_charges(stage, FALSE, FALSE, 12);
    charge_is(stage, "12 units so far");
    far_charges(stage, FALSE, TRUE, 120);
    charge_is(stage, "1.200 EUR so far");
    stage_sip(stage, "sip_charge sip_charge");
    far_charges(stage, TRUE, TRUE, 340); /* with the DISCONNECT */
    pri_hangup(stage->far, stage->far_call, 16);
    stage_run(stage, 10);
    charge_is(stage, "3.400 EUR");
    stage_sip(stage, "sip_charge media_close sip_bye");
    ladder = hall_ladder(stage->hall, 0);
    g_assert_nonnull(strstr(ladder, "charge 3.400 EUR"));
    stage_event(stage, EVENT_SIP_ENDED, 0);
    stage_ends(stage);
    stage_free(stage);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/isdn-supplement/suspended", a_user_is_suspended_and_resumed);
    g_test_add_func("/isdn-supplement/remote-hold", remote_hold_is_told_likewise);
    g_test_add_func("/isdn-supplement/untold", a_trunk_that_tells_nothing);
    g_test_add_func("/isdn-supplement/by-silence", a_trunk_that_tells_by_silence);
    g_test_add_func("/isdn-supplement/settings-change", settings_change_meanwhile);
    g_test_add_func("/isdn-supplement/suspended-clears", a_suspended_user_clears);
    g_test_add_func("/isdn-supplement/diverting", a_diversion_is_told_before_the_answer);
    g_test_add_func("/isdn-supplement/phone-holds", a_hold_is_told_where_the_trunk_says_so);
    g_test_add_func("/isdn-supplement/holder-leaves", who_takes_over_holds_no_more);
    g_test_add_func("/isdn-supplement/hold-refused", hold_is_refused_unless_the_trunk_serves_it);
    g_test_add_func("/isdn-supplement/hold-and-retrieve",
                    a_held_call_gives_up_its_channel_and_gets_one);
    g_test_add_func("/isdn-supplement/no-channel", there_is_no_channel_to_retrieve_on);
    g_test_add_func("/isdn-supplement/held-cleared", a_held_call_is_cleared_from_either_side);
    g_test_add_func("/isdn-supplement/held-counts", a_held_call_keeps_its_span_in_service);
    g_test_add_func("/isdn-supplement/hold-too-early", hold_before_the_answer_is_refused);
    g_test_add_func("/isdn-supplement/held-lost", a_link_that_falls_takes_the_held_call_after_t309);
    g_test_add_func("/isdn-supplement/rerouted", a_call_is_rerouted);
    g_test_add_func("/isdn-supplement/rerouting-refused",
                    rerouting_is_refused_and_the_call_goes_on);
    g_test_add_func("/isdn-supplement/rerouting-late", rerouting_comes_too_late_or_says_nothing);
    g_test_add_func("/isdn-supplement/mcid", a_malicious_call_is_identified);
    g_test_add_func("/isdn-supplement/charged", a_call_is_charged);
    g_test_add_func("/isdn-supplement/rates", rates_are_told);
    return g_test_run();
}
