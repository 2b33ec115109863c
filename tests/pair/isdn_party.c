/* Who is at the other end, on every switch type and side: numbers and names in SETUP and CONNECT,
 * late names, another party inside the call. */
#include "isdn_line.h"

#include "cause.h"

#include <string.h>

typedef struct Line {
    const char *switch_type;
    gboolean t1;
    /* What a name goes by, where anybody hears it: in our SETUP, theirs, our CONNECT, theirs. */
    gboolean network_setup, network_heard, network_connect, network_connected;
    gboolean cpe_setup, cpe_heard, cpe_connect, cpe_connected;
    gboolean updates_number, updates_name; /* another party inside the call, both ways */
} Line;

/* EuroISDN: only the network sends Display. */
static const Line lines[] = {
    {"euroisdn", FALSE, 1, 0, 1, 0, 0, 1, 0, 1, TRUE, FALSE},
    {"ni2", TRUE, 1, 1, 1, 1, 1, 1, 1, 1, FALSE, FALSE},
    {"dms100", TRUE, 1, 1, 1, 1, 1, 1, 1, 1, FALSE, FALSE},
    {"5ess", TRUE, 1, 1, 1, 1, 1, 1, 1, 1, FALSE, FALSE},
    {"4ess", TRUE, 1, 1, 1, 1, 1, 1, 1, 1, FALSE, FALSE},
    {"qsig", FALSE, 1, 1, 1, 1, 1, 1, 1, 1, TRUE, TRUE},
};

static Stage *stage_on(const Line *line, gboolean network, const char *more)
{
    g_autofree char *trunk =
        g_strdup_printf("side = %s\nrestart = no\nswitch-type = %s\nconnected-updates = yes\n%s",
                        network ? "network" : "cpe", line->switch_type, more);

    return stage_new(trunk, line->t1);
}

static struct pri_party_connected_line party_line(const char *digits, const char *name)
{
    struct pri_party_connected_line party;

    memset(&party, 0, sizeof party);
    party.id.number.valid = 1;
    party.id.number.plan = PRI_UNKNOWN;
    party.id.number.presentation = PRES_ALLOWED_NETWORK_NUMBER;
    g_strlcpy(party.id.number.str, digits, sizeof party.id.number.str);
    if (name) {
        party.id.name.valid = 1;
        party.id.name.char_set = PRI_CHAR_SET_ISO8859_1;
        g_strlcpy(party.id.name.str, name, sizeof party.id.name.str);
    }
    return party;
}

static CallNews party_news(const char *digits, const char *name)
{
    CallNews news = CALL_NEWS_INIT;

    news.has_party = TRUE;
    news.party.number.screening = SCREENING_NETWORK;
    g_strlcpy(news.party.number.digits, digits, sizeof news.party.number.digits);
    g_strlcpy(news.party.name, name, sizeof news.party.name);
    return news;
}

static void far_party_is(Stage *stage, const char *digits, const char *name)
{
    g_assert_cmpstr(stage->far_party.number.str, ==, digits);
    g_assert_cmpstr(stage->far_party.name.valid ? stage->far_party.name.str : "", ==, name);
}

static void our_party_is(Stage *stage, const char *digits, const char *name)
{
    const Party *party = call_isdn_party(stage_call(stage));

    g_assert_nonnull(party);
    g_assert_cmpstr(party->number.digits, ==, digits);
    g_assert_cmpstr(party->name, ==, name);
}

/* A phone calls, the far end answers as 301, Berta, and becomes 302, Bodo. */
static void a_phone_calls(const Line *line, gboolean network)
{
    gboolean setup = network ? line->network_setup : line->cpe_setup;
    gboolean connected = network ? line->network_connected : line->cpe_connected;
    struct pri_party_connected_line party = party_line("301", "Berta");
    Stage *stage = stage_on(line, network, "");

    stage_phone_calls(stage, "200");
    pri_proceeding(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    /* NI-2's network sends it in Display as well as behind SETUP. */
    g_assert_cmpint(strstr(stage->far_told->str, "'Anna'") != NULL, ==, setup);
    pri_connected_line_update(stage->far, stage->far_call, &party);
    pri_answer(stage->far, stage->far_call, 1, 0);
    stage_run(stage, 10);
    our_party_is(stage, "301", connected ? "Berta" : "");
    stage_event(stage, EVENT_SIP_ACK, 0);
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    g_string_truncate(stage->trace, 0);
    party = party_line("302", "Bodo");
    pri_connected_line_update(stage->far, stage->far_call, &party);
    stage_run(stage, 10);
    if (line->updates_number)
        our_party_is(stage, "302", line->updates_name ? "Bodo" : connected ? "Berta" : "");
    g_assert_cmpint(strstr(stage->trace->str, "ISDN.PARTY") != NULL, ==, line->updates_number);
    stage_ends(stage);
    stage_free(stage);
}

/* The far end calls, the phone answers as 201, Carl, and becomes 202, Cleo. */
static void the_far_end_calls(const Line *line, gboolean network)
{
    gboolean heard = network ? line->network_heard : line->cpe_heard;
    gboolean connect = network ? line->network_connect : line->cpe_connect;
    Stage *stage = stage_on(line, network, "");
    CallNews news = party_news("201", "Carl");

    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_cmpstr(call_asked(stage_call(stage))->name, ==, heard ? "Berta" : "");
    call_event(stage_call(stage), EVENT_SIP_RINGING, NULL);
    stage_run(stage, 10);
    call_event(stage_call(stage), EVENT_SIP_ANSWER, &news);
    stage_run(stage, 10);
    far_party_is(stage, "201", connect ? "Carl" : "");
    stage_stands(stage, SIP_UP, ISDN_ACTIVE);
    news = party_news("202", "Cleo");
    stage_forget(stage);
    call_event(stage_call(stage), EVENT_SIP_IDENTITY, &news);
    stage_run(stage, 10);
    if (line->updates_number)
        far_party_is(stage, "202", line->updates_name ? "Cleo" : connect ? "Carl" : "");
    g_assert_cmpint(strstr(stage->wire->str, "> FACILITY") != NULL, ==, line->updates_number);
    stage_ends(stage);
    stage_free(stage);
}

static void names_and_numbers(gconstpointer data)
{
    for (guint network = 0; network <= 1; network++) {
        a_phone_calls(data, network);
        the_far_end_calls(data, network);
    }
}

/* ---- settings and presentation --------------------------------------------------------------- */

static void nothing_is_told_where_settings_forbid(void)
{
    static const struct {
        const char *settings, *digits, *name;
    } cases[] = {{"identity = none\n", "", "Carl"},
                 {"send-display = no\n", "201", ""},
                 {"identity = none\nsend-display = no\n", "", ""}};

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Stage *stage = stage_on(&lines[5], FALSE, cases[i].settings);
        CallNews news = party_news("201", "Carl");

        stage_far_calls(stage, "150", 3, TRUE, TRUE);
        stage_run(stage, 10);
        call_event(stage_call(stage), EVENT_SIP_ANSWER, &news);
        stage_run(stage, 10);
        far_party_is(stage, cases[i].digits, cases[i].name);
        stage_ends(stage);
        stage_free(stage);
    }
}

/* RFC 4497 9.2.3: what a CPE claims of a connected number is never more than "not screened". */
static void screening_is_by_role(void)
{
    for (guint network = 0; network <= 1; network++) {
        Stage *stage = stage_on(&lines[0], network, "");
        CallNews news = party_news("201", "");

        news.party.number.presentation = PRESENTATION_RESTRICTED;
        stage_far_calls(stage, "150", 3, TRUE, TRUE);
        stage_run(stage, 10);
        call_event(stage_call(stage), EVENT_SIP_ANSWER, &news);
        stage_run(stage, 10);
        g_assert_cmpint(stage->far_party.number.presentation, ==, network ? 0x23 : 0x20);
        stage_ends(stage);
        stage_free(stage);
    }
}

/* ---- late names ------------------------------------------------------------------------------ */

/* NI-2, and the far end's name is in no Display. */
static Stage *late_stage(const char *settings)
{
    Stage *stage = stage_on(&lines[1], FALSE, settings);

    pri_display_options_send(stage->far, PRI_DISPLAY_OPTION_BLOCK);
    return stage;
}

static void a_name_that_follows_is_waited_for(void)
{
    Stage *stage = late_stage("");

    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_nonnull(
        strstr(stage->trace->str, "ISDN.SETUP_UNNAMED (IDLE,NULL)->(IDLE,AWAITING_NAME)"));
    g_assert_nonnull(strstr(stage->trace->str, "ISDN.PARTY (IDLE,AWAITING_NAME)"));
    stage_stands(stage, SIP_CALLING, ISDN_INCOMING_PROCEEDING);
    g_assert_cmpstr(call_setup(stage_call(stage))->name, ==, "Berta");
    stage_ends(stage);
    stage_free(stage);
}

static void without_a_wait_it_is_told_later(void)
{
    Stage *stage = late_stage("name-wait = 0\n");

    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 10);
    g_assert_null(strstr(stage->trace->str, "AWAITING_NAME"));
    g_assert_nonnull(strstr(stage->trace->str, "ISDN.PARTY (CALLING,INCOMING_PROCEEDING)"));
    g_assert_nonnull(strstr(stage->sip->str, "sip_party"));
    g_assert_cmpstr(call_setup(stage_call(stage))->name, ==, "");
    our_party_is(stage, "100", "Berta");
    stage_ends(stage);
    stage_free(stage);
}

/* The FACILITY is lost on the line. */
static gboolean no_facility(Stage *stage, gboolean outward, guint8 *frame, gsize length)
{
    return outward || length < 9 || (frame[2] & 1) || frame[4] != 8 || frame[8] != 0x62;
}

static void a_name_that_never_comes_is_not_waited_for_long(void)
{
    Stage *stage = late_stage("name-wait = 300ms\n");

    stage->hook = no_facility;
    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 250);
    stage_stands(stage, SIP_IDLE, ISDN_AWAITING_NAME);
    stage_run(stage, 100);
    stage_stands(stage, SIP_CALLING, ISDN_INCOMING_PROCEEDING);
    g_assert_nonnull(strstr(stage->trace->str, "TIMER.NAME (IDLE,AWAITING_NAME)"));
    stage->hook = NULL;
    stage_ends(stage);
    stage_free(stage);
}

static void a_call_is_cleared_while_its_name_is_awaited(void)
{
    Stage *stage = late_stage("");

    stage->hook = no_facility;
    stage_far_calls(stage, "150", 3, TRUE, TRUE);
    stage_run(stage, 50);
    stage_stands(stage, SIP_IDLE, ISDN_AWAITING_NAME);
    stage_event(stage, EVENT_OPERATOR_CLEAR, CAUSE_NORMAL_CALL_CLEARING);
    stage->hook = NULL; /* layer 2 brings it now, too late */
    stage_run(stage, 3000);
    stage_is_quiet(stage);
    stage_free(stage);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autofree char *path = g_strdup_printf("/isdn/party/%s", lines[i].switch_type);

        g_test_add_data_func(path, &lines[i], names_and_numbers);
    }
    g_test_add_func("/isdn/party/settings", nothing_is_told_where_settings_forbid);
    g_test_add_func("/isdn/party/screening", screening_is_by_role);
    g_test_add_func("/isdn/party/late/waited-for", a_name_that_follows_is_waited_for);
    g_test_add_func("/isdn/party/late/told-later", without_a_wait_it_is_told_later);
    g_test_add_func("/isdn/party/late/never", a_name_that_never_comes_is_not_waited_for_long);
    g_test_add_func("/isdn/party/late/cleared", a_call_is_cleared_while_its_name_is_awaited);
    return g_test_run();
}
