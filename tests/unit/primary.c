/* A primary's health through losses, outages and flapping, on a clock that the test turns. */
#include "primary.h"
#include "handback.h"
#include "mode.h"

#define S ((gint64)G_USEC_PER_SEC)
#define START (1000 * S)

static const PrimaryPolicy policy = {
    .check_us = 10 * S,
    .check_down_us = 2 * S,
    .patience_us = 2 * S,
    .down_after = 3,
    .up_after = 3,
    .up_time_us = 10 * S,
};

static gboolean check(Primary *primary, PrimarySign sign, gint64 at)
{
    return primary_hear(primary, &policy, PRIMARY_BY_CHECK, sign, START + at);
}

static gboolean traffic(Primary *primary, PrimarySign sign, gint64 at)
{
    return primary_hear(primary, &policy, PRIMARY_BY_TRAFFIC, sign, START + at);
}

/* Three failures by FROM on; it is DOWN afterwards. */
static void lose(Primary *primary, gint64 from)
{
    for (guint i = 0; i < 3; i++)
        check(primary, PRIMARY_SILENT, from + i * S);
    g_assert_cmpint(primary->state, ==, PRIMARY_DOWN);
}

/* An answer every two seconds from FROM on; the second it is UP in, from FROM. */
static gint64 recover(Primary *primary, gint64 from)
{
    for (gint64 at = 0; at < 1000 * S; at += 2 * S) {
        if (check(primary, PRIMARY_ANSWERED, from + at))
            return at / S;
    }
    g_assert_not_reached();
}

static void test_first_answer(void)
{
    Primary primary = {0};

    g_assert_cmpint(primary_interval_us(&primary, &policy), ==, 2 * S);
    g_assert_true(check(&primary, PRIMARY_ANSWERED, 0));
    g_assert_cmpint(primary.state, ==, PRIMARY_UP);
    g_assert_cmpint(primary.since_us, ==, START);
    g_assert_false(check(&primary, PRIMARY_ANSWERED, S));
    g_assert_cmpint(primary_interval_us(&primary, &policy), ==, 10 * S);
}

static void test_never_there(void)
{
    Primary primary = {0};

    g_assert_true(check(&primary, PRIMARY_SILENT, 0));
    g_assert_cmpint(primary.state, ==, PRIMARY_SUSPECT);
    lose(&primary, S);
    g_assert_cmpuint(primary.outages, ==, 1);
}

static void test_one_loss_is_no_outage(void)
{
    Primary primary = {0};

    check(&primary, PRIMARY_ANSWERED, 0);
    for (guint i = 0; i < 10; i++) {
        g_assert_true(check(&primary, PRIMARY_SILENT, (10 + 4 * i) * S));
        g_assert_cmpint(primary.state, ==, PRIMARY_SUSPECT);
        g_assert_cmpint(primary_interval_us(&primary, &policy), ==, 2 * S);
        g_assert_true(check(&primary, PRIMARY_ANSWERED, (12 + 4 * i) * S));
        g_assert_cmpint(primary.state, ==, PRIMARY_UP);
    }
    g_assert_cmpuint(primary.outages, ==, 0);
}

static void test_loss_by_traffic(void)
{
    Primary primary = {0};

    g_assert_true(primary_is_usable(&primary));
    check(&primary, PRIMARY_ANSWERED, 0);
    g_assert_true(primary_is_usable(&primary));
    g_assert_true(traffic(&primary, PRIMARY_SILENT, S));
    g_assert_cmpint(primary.state, ==, PRIMARY_SUSPECT);
    /* The next call does not wait for what the last has waited for in vain; until it answers
     * something. */
    g_assert_false(primary_is_usable(&primary));
    check(&primary, PRIMARY_ANSWERED, S + 1);
    g_assert_cmpint(primary.state, ==, PRIMARY_SUSPECT);
    g_assert_true(primary_is_usable(&primary));
    traffic(&primary, PRIMARY_SILENT, 2 * S);
    g_assert_true(traffic(&primary, PRIMARY_SILENT, 3 * S));
    g_assert_cmpint(primary.state, ==, PRIMARY_DOWN);
    g_assert_cmpuint(primary.silent, ==, 3);
    g_assert_false(primary_is_usable(&primary));
}

static void test_refusal(void)
{
    Primary primary = {0};

    g_assert_cmpint(primary_sign_of(503), ==, PRIMARY_REFUSED);
    g_assert_cmpint(primary_sign_of(404), ==, PRIMARY_ANSWERED);
    g_assert_cmpint(primary_sign_of(100), ==, PRIMARY_ANSWERED);
    check(&primary, PRIMARY_ANSWERED, 0);
    /* Hearsay: somebody behind it may have said 503. */
    for (guint i = 0; i < 20; i++)
        traffic(&primary, PRIMARY_REFUSED, i * S);
    g_assert_cmpint(primary.state, ==, PRIMARY_SUSPECT);
    g_assert_true(check(&primary, PRIMARY_ANSWERED, 20 * S));
    g_assert_cmpint(primary.state, ==, PRIMARY_UP);
    for (guint i = 0; i < 3; i++)
        check(&primary, PRIMARY_REFUSED, (30 + i) * S);
    g_assert_cmpint(primary.state, ==, PRIMARY_DOWN);
}

static void test_return_takes_time(void)
{
    Primary primary = {0};

    check(&primary, PRIMARY_ANSWERED, 0);
    lose(&primary, 10 * S);
    /* Three answers at once are not ten seconds. */
    for (guint i = 0; i < 3; i++)
        g_assert_false(check(&primary, PRIMARY_ANSWERED, 20 * S + i));
    g_assert_false(check(&primary, PRIMARY_ANSWERED, 29 * S));
    g_assert_true(check(&primary, PRIMARY_ANSWERED, 30 * S));
    g_assert_cmpint(primary.state, ==, PRIMARY_UP);
}

static void test_return_is_broken_off(void)
{
    Primary primary = {0};

    check(&primary, PRIMARY_ANSWERED, 0);
    lose(&primary, 10 * S);
    check(&primary, PRIMARY_ANSWERED, 20 * S);
    check(&primary, PRIMARY_ANSWERED, 25 * S);
    g_assert_false(check(&primary, PRIMARY_SILENT, 29 * S));
    g_assert_cmpuint(primary.outages, ==, 1);
    /* Ten seconds count from the first answer after it. */
    g_assert_cmpint(recover(&primary, 31 * S), ==, 10);
}

/* Gone for 8 s, there for 8 s, all day long: it never comes back, calls never hang on it. */
static void test_flapping_fast(void)
{
    Primary primary = {0};
    guint ups = 0;

    check(&primary, PRIMARY_ANSWERED, 0);
    for (gint64 at = S; at < 86400 * S; at += 2 * S) {
        gboolean gone = (at / S) % 16 < 8;

        if (check(&primary, gone ? PRIMARY_SILENT : PRIMARY_ANSWERED, at) &&
            primary.state == PRIMARY_UP)
            ups++;
    }
    g_assert_cmpuint(primary.outages, ==, 1);
    g_assert_cmpuint(ups, ==, 0);
}

/* Gone for 20 s, there for 20 s: the probation doubles until it is longer than what there is. */
static void test_flapping_slowly(void)
{
    Primary primary = {0};

    check(&primary, PRIMARY_ANSWERED, 0);
    for (gint64 at = S; at < 3600 * S; at += 2 * S)
        check(&primary, (at / S) % 40 < 20 ? PRIMARY_SILENT : PRIMARY_ANSWERED, at);
    g_assert_cmpint(primary.state, ==, PRIMARY_DOWN);
    g_assert_cmpuint(primary.outages, <, 5);
    g_assert_cmpuint(primary.relapses, >, 0);
    /* Whole again: it comes back, and after a quiet time it is forgiven. */
    check(&primary, PRIMARY_SILENT, 3600 * S);
    g_assert_cmpint(recover(&primary, 3602 * S), ==, primary_probation_us(&primary, &policy) / S);
    lose(&primary, 7200 * S);
    g_assert_cmpuint(primary.relapses, ==, 0);
}

/* It answers our checks and lets calls hang. */
static void test_half_up(void)
{
    Primary primary = {0};
    guint hung = 0;

    check(&primary, PRIMARY_ANSWERED, 0);
    for (gint64 at = S; at < 3600 * S; at += 2 * S) {
        check(&primary, PRIMARY_ANSWERED, at);
        if (primary.state != PRIMARY_DOWN) {
            traffic(&primary, PRIMARY_SILENT, at + 1);
            hung++;
        }
    }
    /* A call hangs on it thrice in each of its returns, which grow rare. */
    g_assert_cmpuint(hung, <=, 3 * primary.outages + 3);
    g_assert_cmpuint(primary.outages, <, 3600 / 100);
}

static void test_patience(void)
{
    Primary primary = {0};

    g_assert_cmpint(primary_patience_us(&primary, &policy, START, START + S), ==, S);
    check(&primary, PRIMARY_ANSWERED, 0);
    /* Silent to this one, and to everybody. */
    g_assert_cmpint(primary_patience_us(&primary, &policy, START + S, START + 3 * S), ==, 0);
    /* It answered another one meanwhile. */
    check(&primary, PRIMARY_ANSWERED, 2 * S);
    g_assert_cmpint(primary_patience_us(&primary, &policy, START + S, START + 3 * S), ==, S);
    /* But not for ever. */
    check(&primary, PRIMARY_ANSWERED, 8 * S);
    g_assert_cmpint(primary_patience_us(&primary, &policy, START + S, START + 9 * S), ==, 0);
    /* A suspect gets no extension. */
    check(&primary, PRIMARY_SILENT, 9 * S);
    g_assert_cmpint(primary_patience_us(&primary, &policy, START + 7 * S, START + 9 * S), ==, 0);
}

static void test_handback_rate(void)
{
    Handback handback = {0};
    guint admitted = 0, life_sum = 0;

    for (gint64 at = 0; at < 10 * S; at += S / 100)
        admitted += handback_admits(&handback, 20, START + at);
    g_assert_cmpuint(admitted, >=, 200);
    g_assert_cmpuint(admitted, <=, 221);
    g_assert_cmpuint(handback.handed, ==, admitted);
    g_assert_cmpuint(handback.held, ==, 1000 - admitted);
    for (guint i = 0; i < 1000; i++) {
        guint life;

        handback.held = i;
        life = handback_life_s(&handback, 20, 1000, 3600);
        g_assert_cmpuint(life, >=, 15);
        g_assert_cmpuint(life, <=, 65);
        life_sum += life;
    }
    g_assert_cmpuint(life_sum / 1000, >=, 35);
    g_assert_cmpuint(life_sum / 1000, <=, 45);
    g_assert_cmpuint(handback_life_s(&handback, 20, 1000, 10), ==, 10);
    for (guint i = 0; i < 1000; i++)
        g_assert_true(handback_admits(&handback, 0, START));
}

typedef struct ModeRow {
    ModeQuestion question;
    ModeVerdict verdict;
    const char *story;
} ModeRow;

static const ModeRow mode_rows[] = {
    {{PROXY_STANDBY, REQUEST_REGISTER, SOURCE_PHONE, .primary_lives = TRUE, .register_always = TRUE,
      .hand_back = TRUE},
     VERDICT_SERVE,
     "registered at both"},
    {{PROXY_STANDBY, REQUEST_REGISTER, SOURCE_PHONE, .primary_lives = TRUE, .hand_back = TRUE},
     VERDICT_REFUSE,
     "go back to the primary"},
    {{PROXY_STANDBY, REQUEST_REGISTER, SOURCE_PHONE, .primary_lives = TRUE},
     VERDICT_SERVE,
     "not yet"},
    {{PROXY_STANDBY, REQUEST_REGISTER, SOURCE_PHONE}, VERDICT_SERVE, "the primary is gone"},
    {{PROXY_STANDBY, REQUEST_OUT, SOURCE_PHONE, .primary_lives = TRUE, .own_domain = TRUE},
     VERDICT_SERVE,
     "a phone that comes here is served here"},
    {{PROXY_STANDBY, REQUEST_OUT, SOURCE_GATEWAY, .primary_lives = TRUE, .own_domain = TRUE},
     VERDICT_RELAY,
     "the primary knows its phones"},
    {{PROXY_STANDBY, REQUEST_OUT, SOURCE_GATEWAY, .own_domain = TRUE},
     VERDICT_SERVE,
     "else our bindings"},
    {{PROXY_STANDBY, REQUEST_OUT, SOURCE_PRIMARY, .primary_lives = TRUE, .own_domain = TRUE},
     VERDICT_SERVE,
     "never back to it"},
    {{PROXY_OUTBOUND, REQUEST_REGISTER, SOURCE_PHONE, .primary_lives = TRUE, .hand_back = TRUE},
     VERDICT_RELAY,
     "the primary registers"},
    {{PROXY_OUTBOUND, REQUEST_REGISTER, SOURCE_PHONE, .primary_lives = TRUE},
     VERDICT_SERVE,
     "held back a while"},
    {{PROXY_OUTBOUND, REQUEST_REGISTER, SOURCE_PHONE}, VERDICT_SERVE, "outage"},
    {{PROXY_OUTBOUND, REQUEST_OUT, SOURCE_PHONE, .primary_lives = TRUE},
     VERDICT_RELAY,
     "every call of a phone"},
    {{PROXY_OUTBOUND, REQUEST_OUT, SOURCE_PRIMARY, .primary_lives = TRUE, .own_domain = TRUE},
     VERDICT_SERVE,
     "to a phone or the gateway"},
    {{PROXY_OUTBOUND, REQUEST_OUT, SOURCE_GATEWAY, .primary_lives = TRUE},
     VERDICT_SERVE,
     "a route's SIP target"},
    {{PROXY_OUTBOUND, REQUEST_EMERGENCY, SOURCE_PHONE, .primary_lives = TRUE},
     VERDICT_SERVE,
     "112 waits for nobody"},
    {{PROXY_OUTBOUND, REQUEST_IN_DIALOG, SOURCE_PHONE, .primary_lives = TRUE},
     VERDICT_SERVE,
     "its route decides"},
    {{PROXY_EMERGENCY_ONLY, REQUEST_OUT, SOURCE_PHONE}, VERDICT_REFUSE, "try another proxy"},
    {{PROXY_EMERGENCY_ONLY, REQUEST_REGISTER, SOURCE_PHONE}, VERDICT_REFUSE, "nobody registers"},
    {{PROXY_EMERGENCY_ONLY, REQUEST_OUT, SOURCE_GATEWAY},
     VERDICT_SERVE,
     "the answering point calls back"},
    {{PROXY_EMERGENCY_ONLY, REQUEST_PING, SOURCE_PHONE}, VERDICT_SERVE, "OPTIONS"},
    {{PROXY_EMERGENCY_ONLY, REQUEST_EMERGENCY, SOURCE_PHONE}, VERDICT_SERVE, "112"},
    {{PROXY_EMERGENCY_ONLY, REQUEST_EMERGENCY, SOURCE_GATEWAY}, VERDICT_SERVE, "the call back"},
    {{PROXY_EMERGENCY_ONLY, REQUEST_IN_DIALOG, SOURCE_PHONE}, VERDICT_SERVE, "BYE"},
};

static void test_modes(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(mode_rows); i++) {
        if (mode_judge(&mode_rows[i].question) != mode_rows[i].verdict)
            g_error("mode row %u, \"%s\": %d", i, mode_rows[i].story,
                    mode_judge(&mode_rows[i].question));
    }
}

/* Emergency calls and what belongs to a call are served in every mode, whatever else is so. */
static void test_always_served(void)
{
    for (guint bits = 0; bits < 4 * 3 * 16; bits++) {
        ModeQuestion question = {
            .mode = (ProxyMode)(bits % 4),
            .source = (RequestSource)(bits / 4 % 3),
            .primary_lives = bits / 12 & 1,
            .own_domain = bits / 24 & 1,
            .register_always = bits / 48 & 1,
            .hand_back = bits / 96 & 1,
        };

        question.kind = REQUEST_EMERGENCY;
        g_assert_cmpint(mode_judge(&question), ==, VERDICT_SERVE);
        question.kind = REQUEST_IN_DIALOG;
        g_assert_cmpint(mode_judge(&question), ==, VERDICT_SERVE);
        question.kind = REQUEST_PING;
        g_assert_cmpint(mode_judge(&question), ==, VERDICT_SERVE);
        question.kind = REQUEST_OUT;
        question.primary_lives = FALSE;
        if (question.mode != PROXY_EMERGENCY_ONLY)
            g_assert_cmpint(mode_judge(&question), ==, VERDICT_SERVE);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/primary/first-answer", test_first_answer);
    g_test_add_func("/primary/never-there", test_never_there);
    g_test_add_func("/primary/one-loss-is-no-outage", test_one_loss_is_no_outage);
    g_test_add_func("/primary/loss-by-traffic", test_loss_by_traffic);
    g_test_add_func("/primary/refusal", test_refusal);
    g_test_add_func("/primary/return-takes-time", test_return_takes_time);
    g_test_add_func("/primary/return-is-broken-off", test_return_is_broken_off);
    g_test_add_func("/primary/flapping-fast", test_flapping_fast);
    g_test_add_func("/primary/flapping-slowly", test_flapping_slowly);
    g_test_add_func("/primary/half-up", test_half_up);
    g_test_add_func("/primary/patience", test_patience);
    g_test_add_func("/handback/rate", test_handback_rate);
    g_test_add_func("/mode/rows", test_modes);
    g_test_add_func("/mode/always-served", test_always_served);
    return g_test_run();
}
