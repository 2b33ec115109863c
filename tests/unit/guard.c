/* The guard's judgement of credentials: who passes, who is asked again, and what each of them
 * learns. */
#include "guard_bench.h"

#include "log.h"
#include "nonce.h"

#include <string.h>

static Bench *bench_usual(const char *groups)
{
    g_autofree char *users = bench_users();

    return bench_new(groups, users);
}

/* ---- challenges ---- */

static void sha256_is_offered_before_md5(void)
{
    g_autoptr(Bench) bench = bench_usual("");
    static const char *const algorithms[] = {"SHA-256", "MD5"};

    bench_challenge(bench);
    g_assert_cmpint(bench->answer.status, ==, 407);
    g_assert_cmpstr(bench->answer.phrase, ==, "Proxy Authentication Required");
    g_assert_cmpuint(bench->answer.challenge_count, ==, 2);
    for (guint i = 0; i < 2; i++) {
        g_autofree char *nonce = bench_nonce(bench, i ? DIGEST_MD5 : DIGEST_SHA256);
        g_autofree char *whole =
            g_strdup_printf("Digest realm=\"" REALM "\", nonce=\"%s\", algorithm=%s, qop=\"auth\"",
                            nonce, algorithms[i]);

        g_assert_cmpuint(strlen(nonce), ==, NONCE_SIZE - 1);
        g_assert_cmpstr(bench->answer.challenges[i], ==, whole);
    }
    bench_set_method(bench, "REGISTER", POLICY_TO_HERE);
    bench_challenge(bench);
    g_assert_cmpint(bench->answer.status, ==, 401);
    g_assert_cmpstr(bench->answer.phrase, ==, "Unauthorized");
    g_assert_cmpuint(guard_counters(bench->guard)->challenged, ==, 2);
}

static void old_phones_are_offered_md5_alone(void)
{
    g_autoptr(Bench) bench = bench_usual("[guard]\nmd5-networks = 192.0.2.0/28\n");

    bench_challenge(bench);
    g_assert_cmpuint(bench->answer.challenge_count, ==, 1);
    g_assert_nonnull(strstr(bench->answer.challenges[0], "algorithm=MD5,"));
    g_assert_cmpint(bench_answer(bench, PHONE(1, .algorithm = DIGEST_MD5)), ==, GUARD_PASS);
    bench_set_source(bench, "192.0.2.77:5060");
    bench_challenge(bench);
    g_assert_cmpuint(bench->answer.challenge_count, ==, 2);
}

static void what_was_not_offered_is_not_taken(void)
{
    g_autoptr(Bench) bench = bench_usual("[guard]\nalgorithms = sha-256\n");
    static const PhoneWays ways[] = {
        {.algorithm = DIGEST_SHA256},
        {.algorithm = DIGEST_SHA256, .qop = DIGEST_QOP_AUTH_INT, .nc = 1},
        {.algorithm = DIGEST_SHA256, .qop = DIGEST_QOP_AUTH, .nc = 1, .name = "SHA-256-sess"},
        {.algorithm = DIGEST_SHA256, .qop = DIGEST_QOP_AUTH, .nc = 1, .name = "SHA-512-256"},
    };

    bench_challenge(bench);
    g_assert_cmpuint(bench->answer.challenge_count, ==, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(ways); i++) {
        g_assert_cmpint(bench_answer(bench, &ways[i]), ==, GUARD_CHALLENGE);
        g_assert_cmpint(bench->answer.reason, ==, GUARD_REASON_UNSUPPORTED);
        g_assert_false(bench->answer.stale);
    }
    g_assert_cmpint(bench_answer(bench, PHONE(1, .algorithm = DIGEST_MD5)), ==, GUARD_CHALLENGE);
    g_assert_true(bench->answer.stale); /* there is no nonce for it */
    g_assert_cmpuint(guard_counters(bench->guard)->unsupported, ==, G_N_ELEMENTS(ways));
    g_assert_cmpuint(guard_counters(bench->guard)->wrong, ==, 0);
}

static void an_algorithm_that_a_user_lacks_is_not_offered(void)
{
    g_autofree char *users = bench_users();
    g_autofree char *more =
        g_strconcat(users, "203:" REALM ":00112233445566778899aabbccddeeff\n", NULL);
    g_autoptr(Bench) bench = bench_new("", more);

    bench_challenge(bench);
    g_assert_cmpuint(bench->answer.challenge_count, ==, 1);
    g_assert_nonnull(strstr(bench->answer.challenges[0], "algorithm=MD5,"));
}

static void auth_int_protects_the_body(void)
{
    g_autoptr(Bench) bench = bench_usual("[guard]\nauth-int = yes\n");
    const PhoneWays ways = {.qop = DIGEST_QOP_AUTH_INT, .nc = 1};

    bench->request.body = "v=0\r\n";
    bench->request.body_size = 5;
    bench_challenge(bench);
    g_assert_nonnull(strstr(bench->answer.challenges[0], "qop=\"auth,auth-int\""));
    bench_strip(bench);
    bench_add(bench, &ways);
    bench->request.body = "v=1\r\n";
    g_assert_cmpint(bench_judge(bench), ==, GUARD_CHALLENGE);
    g_assert_cmpint(bench->answer.reason, ==, GUARD_REASON_WRONG);
    bench->request.body = "v=0\r\n";
    g_assert_cmpint(bench_judge(bench), ==, GUARD_PASS);
    g_assert_cmpint(bench_judge(bench), ==, GUARD_CHALLENGE); /* counted like auth */
    g_assert_cmpint(bench->answer.reason, ==, GUARD_REASON_REPLAYED);
    g_assert_cmpint(bench_answer(bench, PHONE(1)), ==, GUARD_PASS); /* auth is offered as before */
}

static void without_qop_by_setting_while_the_nonce_lives(void)
{
    g_autoptr(Bench) bench = bench_usual("[guard]\nwithout-qop = yes\n");
    const PhoneWays ways = {.algorithm = DIGEST_MD5};

    bench_challenge(bench);
    g_assert_cmpint(bench_answer(bench, &ways), ==, GUARD_PASS);
    g_assert_cmpint(bench_judge(bench), ==, GUARD_PASS);
    bench->request.now_us += 5 * MINUTE;
    g_assert_cmpint(bench_judge(bench), ==, GUARD_CHALLENGE);
    g_assert_true(bench->answer.stale);
}

/* ---- credentials ---- */

static void right_credentials_pass(void)
{
    g_autoptr(Bench) bench = bench_usual("");

    bench_challenge(bench);
    g_assert_cmpint(bench_answer(bench, PHONE(1)), ==, GUARD_PASS);
    g_assert_cmpstr(bench->answer.user, ==, "201");
    g_assert_cmpstr(bench->answer.class_name, ==, "");
    bench_challenge(bench);
    g_assert_cmpint(bench_answer(bench, PHONE(1, .user = "202", .algorithm = DIGEST_MD5)), ==,
                    GUARD_PASS);
    g_assert_cmpstr(bench->answer.user, ==, "202");
    g_assert_cmpstr(bench->answer.class_name, ==, "boss");
    g_assert_cmpuint(guard_counters(bench->guard)->passed, ==, 2);
}

/* Who does not exist is answered as who does and errs; the response that no password gives is not
 * his key, either. */
static void nobody_learns_who_exists(void)
{
    g_autoptr(Bench) bench = bench_usual("");
    GuardAnswer answers[2];

    for (guint i = 0; i < 2; i++) {
        bench_challenge(bench);
        g_assert_cmpint(
            bench_answer(bench, PHONE(1, .user = i ? "299" : "201", .password = "guess")), ==,
            GUARD_CHALLENGE);
        g_assert_cmpint(bench->answer.reason, ==, GUARD_REASON_WRONG);
        answers[i] = bench->answer;
        g_assert_cmpuint(guard_counters(bench->guard)->wrong, ==, i + 1);
    }
    for (guint i = 0; i < 2; i++) { /* all but the nonce is the same */
        char *one = answers[0].challenges[i], *other = answers[1].challenges[i];

        memset(strstr(one, "nonce=\"") + 7, 'x', NONCE_SIZE - 1);
        memset(strstr(other, "nonce=\"") + 7, 'x', NONCE_SIZE - 1);
    }
    g_assert_cmpmem(&answers[0], sizeof(answers[0]), &answers[1], sizeof(answers[1]));
}

static void a_stale_nonce_is_told_so(void)
{
    g_autoptr(Bench) bench = bench_usual("[guard]\nnonce-lifetime = 1m\n");
    g_autoptr(Bench) other = bench_usual("");
    g_autofree char *foreign = NULL;

    bench_challenge(bench);
    bench->request.now_us += MINUTE - 1;
    g_assert_cmpint(bench_answer(bench, PHONE(1)), ==, GUARD_PASS);
    bench_strip(bench);
    bench_judge(bench);
    bench->request.now_us += MINUTE;
    for (guint i = 0; i < 2; i++) { /* no word about the password */
        g_assert_cmpint(bench_answer(bench, PHONE(1, .password = i ? "guess" : "secret")), ==,
                        GUARD_CHALLENGE);
        g_assert_true(bench->answer.stale);
        g_assert_nonnull(strstr(bench->answer.challenges[0], "stale=true"));
        g_assert_nonnull(strstr(bench->answer.challenges[1], "stale=true"));
        bench->request.now_us += MINUTE;
    }
    g_assert_cmpint(bench_answer(bench, PHONE(1)), ==, GUARD_CHALLENGE);
    g_assert_cmpint(bench_answer(bench, PHONE(1)), ==, GUARD_PASS); /* with the one just given */
    bench_challenge(other);
    foreign = bench_nonce(other, DIGEST_SHA256); /* of before the last restart */
    g_assert_cmpint(bench_answer(bench, PHONE(1, .nonce = foreign)), ==, GUARD_CHALLENGE);
    g_assert_true(bench->answer.stale);
    g_assert_cmpuint(guard_counters(bench->guard)->stale, ==, 4);
    g_assert_cmpuint(guard_counters(bench->guard)->wrong, ==, 0);
}

static void a_nonce_is_good_where_it_was_given(void)
{
    g_autoptr(Bench) bench = bench_usual("");
    g_autofree char *nonce = NULL;

    bench_set_source(bench, "[2001:db8::1]:5060");
    bench_challenge(bench);
    nonce = bench_nonce(bench, DIGEST_SHA256);
    bench_set_source(bench, "[2001:db8:0:1::1]:5060");
    g_assert_cmpint(bench_answer(bench, PHONE(1, .nonce = nonce)), ==, GUARD_CHALLENGE);
    g_assert_true(bench->answer.stale);
    bench_set_source(bench, "[2001:db8::2]:7777"); /* same /64: a phone that changes its address */
    g_assert_cmpint(bench_answer(bench, PHONE(1, .nonce = nonce)), ==, GUARD_PASS);
    nonce[0] = nonce[0] == '0' ? '1' : '0';
    g_assert_cmpint(bench_answer(bench, PHONE(2, .nonce = nonce)), ==, GUARD_CHALLENGE);
}

/* RFC 8760's order would be worth nothing if SHA-256's nonce would do with MD5. */
static void a_nonce_is_good_with_its_algorithm(void)
{
    g_autoptr(Bench) bench = bench_usual("");
    g_autofree char *nonce = NULL;

    bench_challenge(bench);
    nonce = bench_nonce(bench, DIGEST_SHA256);
    g_assert_cmpint(bench_answer(bench, PHONE(1, .algorithm = DIGEST_MD5, .nonce = nonce)), ==,
                    GUARD_CHALLENGE);
    g_assert_true(bench->answer.stale);
}

static void a_count_is_good_once(void)
{
    g_autoptr(Bench) bench = bench_usual("");
    g_autofree char *nonce = NULL;

    bench_challenge(bench);
    nonce = bench_nonce(bench, DIGEST_SHA256);
    /* A wrong response uses up no count: nobody can burn another's. */
    g_assert_cmpint(bench_answer(bench, PHONE(1, .nonce = nonce, .password = "guess")), ==,
                    GUARD_CHALLENGE);
    g_assert_cmpint(bench_answer(bench, PHONE(1, .nonce = nonce)), ==, GUARD_PASS);
    g_assert_cmpint(bench_answer(bench, PHONE(3, .nonce = nonce)), ==, GUARD_PASS);
    g_assert_cmpint(bench_answer(bench, PHONE(2, .nonce = nonce)), ==, GUARD_PASS);
    g_assert_cmpint(bench_answer(bench, PHONE(2, .nonce = nonce)), ==, GUARD_CHALLENGE);
    g_assert_cmpint(bench->answer.reason, ==, GUARD_REASON_REPLAYED);
    g_assert_true(bench->answer.stale); /* a phone that lost its count goes on by itself */
    g_assert_cmpstr(bench->answer.user, ==, "");
    g_assert_cmpint(bench_answer(bench, PHONE(0, .nonce = nonce)), ==, GUARD_CHALLENGE);
    g_assert_cmpuint(guard_counters(bench->guard)->replayed, ==, 2);
}

static void credentials_are_for_one_target(void)
{
    g_autoptr(Bench) bench = bench_usual("[guard]\ncheck-uri = yes\n");
    g_autoptr(Bench) usual = bench_usual("");
    g_autofree char *nonce = NULL;

    bench_challenge(usual);
    g_assert_cmpint(bench_answer(usual, PHONE(1, .uri = "sip:192.0.2.1:5060")), ==, GUARD_PASS);
    bench_challenge(bench);
    nonce = bench_nonce(bench, DIGEST_SHA256);
    g_assert_cmpint(bench_answer(bench, PHONE(1, .nonce = nonce, .uri = "sip:0900@" REALM)), ==,
                    GUARD_CHALLENGE);
    g_assert_cmpint(bench->answer.reason, ==, GUARD_REASON_FOREIGN_URI);
    g_assert_cmpuint(guard_counters(bench->guard)->foreign_uri, ==, 1);
    bench->request.forwarded = TRUE; /* the proxy before us may have rewritten it */
    g_assert_cmpint(bench_answer(bench, PHONE(1, .nonce = nonce, .uri = "sip:0900@" REALM)), ==,
                    GUARD_PASS);
}

/* S-3.3: every proxy on the way finds its own among the credentials. */
static void ours_are_found_among_others(void)
{
    static const char *const others[] = {
        "Basic MjAxOnNlY3JldA==",
        "Digest username=\"201\", realm=\"primary.example\", nonce=\"n\", uri=\"sip:x\", "
        "response=\"00112233445566778899aabbccddeeff\"",
        "Digest username=\"201\", realm=\"" REALM "\", nonce=\"of the primary, same realm\", "
        "uri=\"sip:x\", response=\"00112233445566778899aabbccddeeff\"",
        "Digest username=\"201",
    };
    g_autoptr(Bench) bench = bench_usual("");

    for (guint place = 0; place <= G_N_ELEMENTS(others); place++) {
        bench_challenge(bench);
        bench_strip(bench);
        for (guint i = 0; i <= G_N_ELEMENTS(others); i++) {
            if (i == place)
                bench_add(bench, PHONE(1));
            else
                bench_add_text(bench, others[i < place ? i : i - 1]);
        }
        g_assert_cmpint(bench_judge(bench), ==, GUARD_PASS);
        g_assert_cmpstr(bench->answer.user, ==, "201");
    }
    bench_strip(bench);
    for (guint i = 0; i < 2; i++)
        bench_add_text(bench, others[i]);
    g_assert_cmpint(bench_judge(bench), ==, GUARD_CHALLENGE);
    g_assert_cmpint(bench->answer.reason, ==, GUARD_REASON_NO_CREDENTIALS);
    bench_add_text(bench, others[2]);
    g_assert_cmpint(bench_judge(bench), ==, GUARD_CHALLENGE);
    g_assert_true(bench->answer.stale);
}

static void malformed_credentials_are_refused(void)
{
    g_autoptr(Bench) bench = bench_usual("");

    bench_add_text(bench, "Digest username=\"201\", realm=\"" REALM "\"");
    g_assert_cmpint(bench_judge(bench), ==, GUARD_REFUSE);
    g_assert_cmpint(bench->answer.status, ==, 400);
    g_assert_cmpint(bench->answer.reason, ==, GUARD_REASON_MALFORMED);
    g_assert_cmpuint(guard_counters(bench->guard)->malformed, ==, 1);
    bench_strip(bench);
    for (guint i = 0; i < GUARD_CREDENTIALS_MAX; i++)
        bench_add_text(bench, "Basic MjAxOnNlY3JldA==");
    bench_add_text(bench, "Digest nonsense"); /* nobody looks so far */
    g_assert_cmpint(bench_judge(bench), ==, GUARD_CHALLENGE);
}

/* One request, two targets: the count is used once, who it is stays known, a policy may still
 * refuse. */
static void a_second_look_knows_the_user(void)
{
    g_autoptr(Bench) bench = bench_usual("[policy out]\nto = outside\naction = refuse\n");

    bench_challenge(bench);
    bench_strip(bench);
    bench_add_text(bench, "Basic MjAxOnNlY3JldA==");
    bench_add(bench, PHONE(1, .user = "202"));
    g_assert_cmpint(bench_judge(bench), ==, GUARD_PASS);
    g_assert_cmpint(bench->answer.used, ==, 1);
    bench->request.user = "202";
    bench->request.class_name = "boss";
    bench->request.to = POLICY_TO_TRUNKS;
    g_assert_cmpint(bench_judge(bench), ==, GUARD_PASS);
    g_assert_cmpstr(bench->answer.user, ==, "202");
    g_assert_cmpstr(bench->answer.class_name, ==, "boss");
    g_assert_cmpint(bench->answer.used, ==, -1);
    bench->request.to = POLICY_TO_OUTSIDE;
    g_assert_cmpint(bench_judge(bench), ==, GUARD_REFUSE);
    bench->request.user = "";
    bench->request.to = POLICY_TO_TRUNKS;
    g_assert_cmpint(bench_judge(bench), ==, GUARD_CHALLENGE);
    g_assert_cmpint(bench->answer.reason, ==, GUARD_REASON_REPLAYED);
    g_assert_cmpint(bench->answer.used, ==, -1);
}

static void a_phone_registers_for_itself(void)
{
    g_autoptr(Bench) bench = bench_usual("");

    bench_set_method(bench, "REGISTER", POLICY_TO_HERE);
    bench->request.uri = "sip:" REALM;
    bench_challenge(bench);
    g_assert_cmpint(bench_answer(bench, PHONE(1)), ==, GUARD_PASS);
    g_assert_cmpint(guard_judge_register(bench->guard, &bench->request, "201", &bench->answer), ==,
                    GUARD_PASS);
    g_assert_cmpint(guard_judge_register(bench->guard, &bench->request, "202", &bench->answer), ==,
                    GUARD_REFUSE);
    g_assert_cmpint(bench->answer.status, ==, 403);
    g_assert_cmpint(bench->answer.reason, ==, GUARD_REASON_FOREIGN_TO);
    g_assert_cmpstr(bench->answer.user, ==, "");
    g_assert_cmpuint(guard_counters(bench->guard)->foreign_to, ==, 1);
    bench_challenge(bench);
    g_assert_cmpint(bench_answer(bench, PHONE(1)), ==, GUARD_PASS);
    g_assert_cmpint(guard_judge_register(bench->guard, &bench->request, NULL, &bench->answer), ==,
                    GUARD_REFUSE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_open(LEVEL_ERROR, FALSE); /* the lines have their own tests */
#define CASE(name, function) g_test_add_func("/guard/" name, function)
    CASE("sha256-is-offered-before-md5", sha256_is_offered_before_md5);
    CASE("old-phones-are-offered-md5-alone", old_phones_are_offered_md5_alone);
    CASE("what-was-not-offered-is-not-taken", what_was_not_offered_is_not_taken);
    CASE("an-algorithm-that-a-user-lacks-is-not-offered",
         an_algorithm_that_a_user_lacks_is_not_offered);
    CASE("auth-int-protects-the-body", auth_int_protects_the_body);
    CASE("without-qop-by-setting-while-the-nonce-lives",
         without_qop_by_setting_while_the_nonce_lives);
    CASE("right-credentials-pass", right_credentials_pass);
    CASE("nobody-learns-who-exists", nobody_learns_who_exists);
    CASE("a-stale-nonce-is-told-so", a_stale_nonce_is_told_so);
    CASE("a-nonce-is-good-where-it-was-given", a_nonce_is_good_where_it_was_given);
    CASE("a-nonce-is-good-with-its-algorithm", a_nonce_is_good_with_its_algorithm);
    CASE("a-count-is-good-once", a_count_is_good_once);
    CASE("credentials-are-for-one-target", credentials_are_for_one_target);
    CASE("ours-are-found-among-others", ours_are_found_among_others);
    CASE("malformed-credentials-are-refused", malformed_credentials_are_refused);
    CASE("a-second-look-knows-the-user", a_second_look_knows_the_user);
    CASE("a-phone-registers-for-itself", a_phone_registers_for_itself);
    return g_test_run();
}
