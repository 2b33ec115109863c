/* The guard's rules: who is asked at all, who is blocked, what a reload changes, what the log says.
 */
#include "guard_bench.h"
#include "guard_private.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static Bench *bench_usual(const char *groups)
{
    g_autofree char *users = bench_users();

    return bench_new(groups, users);
}

/* ---- who is asked ---- */

static void without_users_nobody_is_asked(void)
{
    g_autoptr(Bench) bench = bench_new("", NULL);
    static const char *const methods[] = {"REGISTER", "INVITE", "MESSAGE", "OPTIONS"};

    for (gsize i = 0; i < G_N_ELEMENTS(methods); i++) {
        bench_set_method(bench, methods[i], i ? POLICY_TO_PHONES : POLICY_TO_HERE);
        g_assert_cmpint(bench_judge(bench), ==, GUARD_PASS);
        g_assert_cmpstr(bench->answer.user, ==, "");
        bench_add_text(bench, "Digest nonsense"); /* nobody looks */
    }
}

static void with_users_all_but_some_are_asked(void)
{
    g_autoptr(Bench) bench = bench_usual("");
    static const struct {
        const char *method;
        PolicyTarget to;
        GuardVerdict verdict;
    } cases[] = {
        {"REGISTER", POLICY_TO_HERE, GUARD_CHALLENGE},
        {"REGISTER", POLICY_TO_PRIMARY, GUARD_PASS},
        {"INVITE", POLICY_TO_PHONES, GUARD_CHALLENGE},
        {"INVITE", POLICY_TO_TRUNKS, GUARD_CHALLENGE},
        {"MESSAGE", POLICY_TO_OUTSIDE, GUARD_CHALLENGE},
        {"REFER", POLICY_TO_TRUNKS, GUARD_CHALLENGE},
        {"SUBSCRIBE", POLICY_TO_HERE, GUARD_CHALLENGE},
        {"OPTIONS", POLICY_TO_PHONES, GUARD_CHALLENGE},
        {"OPTIONS", POLICY_TO_HERE, GUARD_PASS},
        {"ACK", POLICY_TO_PHONES, GUARD_PASS},
        {"CANCEL", POLICY_TO_TRUNKS, GUARD_PASS},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].method);
        bench_set_method(bench, cases[i].method, cases[i].to);
        g_assert_cmpint(bench_judge(bench), ==, cases[i].verdict);
    }
    bench_set_method(bench, "INVITE", POLICY_TO_TRUNKS);
    bench->request.in_dialog = TRUE;
    g_assert_cmpint(bench_judge(bench), ==, GUARD_PASS);
    bench->request.in_dialog = FALSE;
    bench->request.trusted = TRUE;
    g_assert_cmpint(bench_judge(bench), ==, GUARD_PASS);
    bench->request.trusted = FALSE;
    bench->request.learnt = TRUE;
    g_assert_cmpint(bench_judge(bench), ==, GUARD_PASS);
    bench->request.learnt = FALSE;
    g_assert_cmpint(bench_judge(bench), ==, GUARD_CHALLENGE);
    bench->request.emergency = TRUE;
    g_assert_cmpint(bench_judge(bench), ==, GUARD_PASS);
}

/* A policy outranks what would pass without one. */
static void a_policy_asks_even_friends(void)
{
    g_autoptr(Bench) bench = bench_usual("[policy all]\naction = challenge\n");

    bench->request.trusted = bench->request.learnt = TRUE;
    g_assert_cmpint(bench_judge(bench), ==, GUARD_CHALLENGE);
    bench_set_method(bench, "OPTIONS", POLICY_TO_HERE);
    g_assert_cmpint(bench_judge(bench), ==, GUARD_CHALLENGE);
}

static void the_first_policy_decides(void)
{
    g_autoptr(Bench) bench =
        bench_usual("[policy scanners]\nfrom = 203.0.113.0/24\naction = refuse\n"
                    "[policy lobby]\nfrom = 192.0.2.0/28\nmethods = INVITE\n"
                    "to = phones, here\naction = allow\n"
                    "[policy probes]\nmethods = OPTIONS\naction = challenge\n"
                    "[policy out]\nto = outside\naction = refuse\n"
                    "[policy rest]\nto = any\naction = allow\n");
    static const struct {
        const char *source, *method;
        PolicyTarget to;
        GuardVerdict verdict;
    } cases[] = {
        {"203.0.113.5:5060", "INVITE", POLICY_TO_PHONES, GUARD_REFUSE},
        {"203.0.113.5:5060", "REGISTER", POLICY_TO_HERE, GUARD_REFUSE},
        {"192.0.2.7:5060", "INVITE", POLICY_TO_PHONES, GUARD_PASS},
        {"192.0.2.7:5060", "INVITE", POLICY_TO_OUTSIDE, GUARD_REFUSE},
        {"192.0.2.7:5060", "OPTIONS", POLICY_TO_HERE, GUARD_CHALLENGE},
        {"192.0.2.70:5060", "INVITE", POLICY_TO_TRUNKS, GUARD_PASS},
        {"[2001:db8::1]:5060", "MESSAGE", POLICY_TO_OUTSIDE, GUARD_REFUSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s %s", cases[i].source, cases[i].method);
        bench_set_source(bench, cases[i].source);
        bench_set_method(bench, cases[i].method, cases[i].to);
        g_assert_cmpint(bench_judge(bench), ==, cases[i].verdict);
        if (cases[i].verdict != GUARD_REFUSE)
            continue;
        g_assert_cmpint(bench->answer.status, ==, 403);
        g_assert_cmpint(bench->answer.reason, ==, GUARD_REASON_POLICY);
    }
    g_assert_cmpuint(guard_counters(bench->guard)->refused, ==, 4);
    bench_set_source(bench, "203.0.113.5:5060");
    bench->request.emergency = TRUE;
    g_assert_cmpint(bench_judge(bench), ==, GUARD_PASS);
    bench->request.emergency = FALSE;
    bench->request.in_dialog = TRUE;
    g_assert_cmpint(bench_judge(bench), ==, GUARD_PASS);
}

/* Allowed and emergency requests are known by credentials that are right, and none the worse for
 * wrong ones. */
static void who_need_not_may(void)
{
    g_autoptr(Bench) bench = bench_usual("");

    for (guint i = 0; i < 2; i++) {
        bench_challenge(bench);
        bench->request.emergency = i == 0;
        bench->request.trusted = i == 1;
        g_assert_cmpint(bench_answer(bench, PHONE(1, .password = "guess")), ==, GUARD_PASS);
        g_assert_cmpstr(bench->answer.user, ==, "");
        bench->request.emergency = bench->request.trusted = FALSE;
        bench_challenge(bench);
        bench->request.emergency = i == 0;
        bench->request.trusted = i == 1;
        g_assert_cmpint(bench_answer(bench, PHONE(1, .user = "202")), ==, GUARD_PASS);
        g_assert_cmpstr(bench->answer.user, ==, "202");
        g_assert_cmpint(bench_judge(bench), ==, GUARD_PASS); /* sent twice: still let through */
        g_assert_cmpstr(bench->answer.user, ==, "");
        bench->request.emergency = bench->request.trusted = FALSE;
    }
    g_assert_cmpuint(guard_counters(bench->guard)->wrong, ==, 0);
    g_assert_cmpuint(guard_counters(bench->guard)->replayed, ==, 0);
}

/* ---- blocks ---- */

static void guess(Bench *bench, const char *user, guint times)
{
    for (guint i = 0; i < times; i++) {
        bench_challenge(bench);
        g_assert_cmpint(bench_answer(bench, PHONE(1, .user = user, .password = "guess")), ==,
                        GUARD_CHALLENGE);
    }
}

/* Does USER with the right password pass? */
static GuardVerdict try_right(Bench *bench, const char *user)
{
    bench_challenge(bench);
    return bench_answer(bench, PHONE(1, .user = user));
}

static void who_guesses_is_not_heard(void)
{
    g_autoptr(Bench) bench = bench_usual("");

    guess(bench, "201", 9);
    g_assert_cmpint(try_right(bench, "201"), ==, GUARD_PASS);
    guess(bench, "201", 10); /* it had done well: counted anew */
    g_assert_cmpuint(guard_counters(bench->guard)->blocks, ==, 1);
    g_assert_cmpint(try_right(bench, "201"), ==, GUARD_DROP);
    g_assert_cmpint(bench->answer.status, ==, 0);
    g_assert_cmpint(try_right(bench, "202"), ==,
                    GUARD_PASS); /* another phone behind the same NAT */
    bench->request.emergency = TRUE;
    g_assert_cmpint(bench_answer(bench, PHONE(9, .user = "201")), ==, GUARD_PASS);
    bench->request.emergency = FALSE;
    bench_set_source(bench, "192.0.2.8:5060");
    g_assert_cmpint(try_right(bench, "201"), ==, GUARD_PASS); /* himself, from his desk */
    bench_set_source(bench, "192.0.2.7:5062");
    bench->request.now_us += MINUTE;
    g_assert_cmpint(try_right(bench, "201"), ==, GUARD_PASS);
    g_assert_cmpuint(guard_counters(bench->guard)->dropped, ==, 1);
}

/* A scanner has a list of names: then the place as a whole is blocked, and no further. */
static void a_scanners_place_is_blocked(void)
{
    g_autoptr(Bench) bench = bench_usual("");

    for (guint i = 0; i < 100; i++) {
        g_autofree char *user = g_strdup_printf("%u", 1000 + i);

        bench_set_source(bench, i % 2 ? "[2001:db8::1]:5060" : "[2001:db8::2]:5060");
        guess(bench, user, 1);
    }
    bench_strip(bench);
    g_assert_cmpint(bench_judge(bench), ==, GUARD_DROP); /* no challenge, either */
    bench->request.emergency = TRUE;
    g_assert_cmpint(bench_judge(bench), ==, GUARD_PASS);
    bench->request.emergency = FALSE;
    bench->request.in_dialog = TRUE;
    g_assert_cmpint(bench_judge(bench), ==, GUARD_PASS);
    bench->request.in_dialog = FALSE;
    bench_set_source(bench, "[2001:db8:0:1::1]:5060");
    bench_challenge(bench);
    bench_set_source(bench, "[2001:db8::3]:5060");
    bench_strip(bench);
    g_assert_cmpint(bench_judge(bench), ==, GUARD_DROP);
    bench->request.now_us += MINUTE;
    bench_challenge(bench);
    g_assert_cmpuint(guard_counters(bench->guard)->blocks, ==, 1);
}

static void no_limit_no_block(void)
{
    g_autoptr(Bench) bench = bench_usual("[guard]\nfail-limit = 0\n");

    guess(bench, "201", 1000);
    g_assert_cmpint(try_right(bench, "201"), ==, GUARD_PASS);
    g_assert_cmpuint(guard_counters(bench->guard)->blocks, ==, 0);
}

/* Without a nonce that was given to them nobody is blocked: not even by who forges a source. */
static void a_forged_source_blocks_nobody(void)
{
    g_autoptr(Bench) bench = bench_usual("");
    g_autofree char *nonce = NULL;

    bench_set_source(bench, "203.0.113.9:5060");
    bench_challenge(bench);
    nonce = bench_nonce(bench, DIGEST_SHA256);
    bench_set_source(bench, "192.0.2.7:5062");
    for (guint i = 0; i < 1000; i++)
        g_assert_cmpint(bench_answer(bench, PHONE(i, .nonce = nonce, .password = "guess")), ==,
                        GUARD_CHALLENGE);
    g_assert_cmpint(try_right(bench, "201"), ==, GUARD_PASS);
    g_assert_cmpuint(guard_counters(bench->guard)->wrong, ==, 0);
}

/* ---- reload ---- */

static void a_reload_brings_other_users(void)
{
    g_autoptr(Bench) bench = bench_usual("");
    g_autofree char *users = bench_users(), *nonce = NULL;
    g_autoptr(Users) fewer = users_parse("users", users, strcspn(users, "\n"), REALM, NULL);
    g_autoptr(Settings) none = settings_parse("test", "[sip]\npublic-host = other.example\n", NULL);

    bench_challenge(bench);
    nonce = bench_nonce(bench, DIGEST_SHA256);
    guard_set(bench->guard, bench->settings, fewer);
    g_assert_cmpint(bench_answer(bench, PHONE(1, .nonce = nonce)), ==, GUARD_PASS);
    g_assert_cmpint(try_right(bench, "202"), ==, GUARD_CHALLENGE);
    g_assert_cmpint(bench->answer.reason, ==, GUARD_REASON_WRONG);
    guard_set(bench->guard, bench->settings, NULL); /* they could not be read */
    g_assert_cmpint(try_right(bench, "201"), ==, GUARD_PASS);
    g_assert_cmpstr(bench->answer.user, ==, "201");
    guard_set(bench->guard, none, NULL); /* there are none any more */
    bench_strip(bench);
    g_assert_cmpint(bench_judge(bench), ==, GUARD_PASS);
    guard_set(bench->guard, bench->settings, NULL);
}

/* A table outlives its guard for who holds it, and a guard its table. */
static void users_are_counted(void)
{
    g_autofree char *text = bench_users();
    Users *users = users_parse("users", text, strlen(text), REALM, NULL);
    g_autoptr(Bench) bench = bench_usual("");

    guard_set(bench->guard, bench->settings, users);
    users_unref(users);
    g_assert_cmpint(try_right(bench, "202"), ==, GUARD_PASS);
}

static void users_that_cannot_be_are_an_error(void)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "tieline-guard-users", NULL);
    g_autofree char *text = g_strdup_printf("[sip]\npublic-host = " REALM "\n[guard]\nusers = %s\n"
                                            "algorithms = sha-256\n",
                                            path);
    g_autoptr(Settings) settings = settings_parse("test", text, NULL);
    g_autoptr(Settings) none = settings_parse("test", "", NULL);
    g_autoptr(GError) missing = NULL;
    g_autoptr(GError) lacking = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *told = g_strdup_printf(
        "%s: there is no algorithm of [guard] algorithms that every user has a hash of", path);

    g_unlink(path);
    g_assert_null(guard_load_users(none, &error));
    g_assert_no_error(error);
    g_assert_null(guard_load_users(settings, &missing));
    g_assert_nonnull(missing);
    g_assert_true(g_file_set_contents_full(path, "201:" REALM ":00112233445566778899aabbccddeeff\n",
                                           -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_assert_null(guard_load_users(settings, &lacking));
    g_assert_cmpstr(lacking->message, ==, told);
    g_unlink(path);
}

/* ---- the log ---- */

static void lines_have_one_form(void)
{
    g_autoptr(Bench) bench = bench_usual("");
    static const struct {
        GuardReason reason;
        const char *source, *method, *user;
        guint64 suppressed;
        const char *line;
    } cases[] = {
        {GUARD_REASON_WRONG, "203.0.113.7:5060", "REGISTER", "201", 0,
         "guard: wrong-credentials from 203.0.113.7 port 5060: REGISTER, user \"201\""},
        {GUARD_REASON_POLICY, "[2001:db8::7]:5061", "INVITE", "", 0,
         "guard: refused-by-policy from 2001:db8::7 port 5061: INVITE"},
        {GUARD_REASON_REPLAYED, "[::ffff:203.0.113.7]:1", "INVITE", "a", 7,
         "guard: replayed-nonce from 203.0.113.7 port 1: INVITE, user \"a\" (7 such lines "
         "suppressed)"},
        {GUARD_REASON_BLOCKED, "203.0.113.7:5060", "AMETHODTHATISLONGERTHANANYSHOULDBE", "", 0,
         "guard: blocked from 203.0.113.7 port 5060: AMETHODTHATISLONGERTHANANYSHOULD"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *line = NULL;

        bench_set_source(bench, cases[i].source);
        bench->request.source = (const struct sockaddr *)&bench->source;
        bench->request.method = cases[i].method;
        line = guard_line(cases[i].reason, &bench->request, cases[i].user, cases[i].suppressed);
        g_assert_cmpstr(line, ==, cases[i].line);
    }
}

/* What the log gets while FUNCTION runs. */
static char *log_of(void (*function)(Bench *), Bench *bench)
{
    g_autofree char *path = NULL;
    char *text = NULL;
    int file = g_file_open_tmp("tieline-guard-XXXXXX", &path, NULL), was = dup(STDERR_FILENO);

    log_open(LEVEL_INFO, TRUE);
    dup2(file, STDERR_FILENO);
    function(bench);
    dup2(was, STDERR_FILENO);
    log_open(LEVEL_ERROR, FALSE);
    close(was);
    close(file);
    g_file_get_contents(path, &text, NULL, NULL);
    g_unlink(path);
    return text;
}

static void misbehave(Bench *bench)
{
    bench_challenge(bench);                                   /* no line */
    g_assert_cmpint(try_right(bench, "201"), ==, GUARD_PASS); /* no line */
    g_assert_cmpint(bench_judge(bench), ==, GUARD_CHALLENGE); /* replayed */
    guess(bench, "a\\\"; x from 192.0.2.1 port 1: y", 10);    /* ten lines, one block */
    bench_strip(bench);
    bench_add_text(bench, "Digest nonsense");
    g_assert_cmpint(bench_judge(bench), ==, GUARD_REFUSE);
    bench_set_method(bench, "REGISTER", POLICY_TO_HERE);
    g_assert_cmpint(try_right(bench, "201"), ==, GUARD_PASS);
    guard_judge_register(bench->guard, &bench->request, "202", &bench->answer);
}

static void each_misdeed_is_one_line(void)
{
    g_autoptr(Bench) bench = bench_usual("");
    g_autofree char *text = log_of(misbehave, bench);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    static const char from[] = " from 192.0.2.7 port 5062: ";
    GuardReason reasons[] = {GUARD_REASON_REPLAYED,  GUARD_REASON_WRONG,     GUARD_REASON_WRONG,
                             GUARD_REASON_WRONG,     GUARD_REASON_WRONG,     GUARD_REASON_WRONG,
                             GUARD_REASON_WRONG,     GUARD_REASON_WRONG,     GUARD_REASON_WRONG,
                             GUARD_REASON_WRONG,     GUARD_REASON_WRONG,     GUARD_REASON_BLOCKED,
                             GUARD_REASON_MALFORMED, GUARD_REASON_FOREIGN_TO};

    g_assert_cmpuint(g_strv_length(lines), ==, G_N_ELEMENTS(reasons) + 1);
    for (gsize i = 0; i < G_N_ELEMENTS(reasons); i++) {
        g_autofree char *begin =
            g_strconcat("<4>guard: ", guard_reason_word(reasons[i]), from, NULL);

        g_assert_true(g_str_has_prefix(lines[i], begin));
    }
}

static void guess_at_length(Bench *bench)
{
    for (guint i = 0; i < 1000; i++) {
        g_autofree char *source = g_strdup_printf("198.51.%u.%u:5060", i / 250, i % 250 + 1);

        bench_set_source(bench, source);
        guess(bench, "201", 1);
    }
}

static void a_flood_is_no_flood_of_lines(void)
{
    g_autoptr(Bench) bench = bench_usual("");
    g_autofree char *text = log_of(guess_at_length, bench);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    g_assert_cmpuint(g_strv_length(lines), <=, 1 + 2 * 20); /* were it to take over 10 s */
    g_assert_cmpuint(guard_counters(bench->guard)->wrong, ==, 1000);
}

/* The filter sees each misdeed's address and is led astray by no user's name. */
static void fail2ban_reads_the_lines(void)
{
    g_autofree char *program = g_find_program_in_path("fail2ban-regex");
    g_autofree char *filter =
        g_build_filename(TOP_SRCDIR, "contrib/fail2ban/filter.d/tieline.conf", NULL);
    g_autoptr(Bench) bench = bench_usual("");
    g_autofree char *text = log_of(misbehave, bench), *path = NULL, *out = NULL;
    g_autoptr(GString) log = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    int status, file;

    if (!program) {
        g_test_skip("no fail2ban-regex");
        return;
    }
    for (guint i = 0; lines[i] && *lines[i];
         i++) /* as journalctl shows them, as a file holds them */
        g_string_append_printf(log,
                               "2026-11-26 10:00:%02u gateway tielined[42]: %s\n"
                               "2026-11-26 10:00:%02u.000042 warning %s\n",
                               i, lines[i] + strlen("<4>"), i, lines[i] + strlen("<4>"));
    g_string_append(log, "2026-11-26 10:01:00 gateway tielined[42]: sip: INVITE from 192.0.2.1 "
                         "dropped: guard: wrong-credentials from 192.0.2.1 port 1: x\n"
                         "2026-11-26 10:01:00.000042 warning sip: tielined[42]: guard: "
                         "wrong-credentials from 192.0.2.1 port 1: x\n");
    file = g_file_open_tmp("tieline-f2b-XXXXXX", &path, NULL);
    close(file);
    g_file_set_contents(path, log->str, -1, NULL);
    {
        const char *const arguments[] = {program, "-o", "ip", path, filter, NULL};

        g_assert_true(g_spawn_sync(NULL, (char **)arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL,
                                   &out, NULL, &status, NULL));
    }
    g_unlink(path);
    g_assert_cmpint(status, ==, 0);
    {
        g_auto(GStrv) found = g_strsplit(g_strstrip(out), "\n", -1);

        g_assert_cmpuint(g_strv_length(found), ==, 2 * 14);
        for (guint i = 0; found[i]; i++)
            g_assert_cmpstr(found[i], ==, "192.0.2.7");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_open(LEVEL_ERROR, FALSE);
#define CASE(name, function) g_test_add_func("/guard-policy/" name, function)
    CASE("without-users-nobody-is-asked", without_users_nobody_is_asked);
    CASE("with-users-all-but-some-are-asked", with_users_all_but_some_are_asked);
    CASE("a-policy-asks-even-friends", a_policy_asks_even_friends);
    CASE("the-first-policy-decides", the_first_policy_decides);
    CASE("who-need-not-may", who_need_not_may);
    CASE("who-guesses-is-not-heard", who_guesses_is_not_heard);
    CASE("a-scanners-place-is-blocked", a_scanners_place_is_blocked);
    CASE("no-limit-no-block", no_limit_no_block);
    CASE("a-forged-source-blocks-nobody", a_forged_source_blocks_nobody);
    CASE("a-reload-brings-other-users", a_reload_brings_other_users);
    CASE("users-are-counted", users_are_counted);
    CASE("users-that-cannot-be-are-an-error", users_that_cannot_be_are_an_error);
    CASE("lines-have-one-form", lines_have_one_form);
    CASE("each-misdeed-is-one-line", each_misdeed_is_one_line);
    CASE("a-flood-is-no-flood-of-lines", a_flood_is_no_flood_of_lines);
    CASE("fail2ban-reads-the-lines", fail2ban_reads_the_lines);
    return g_test_run();
}
