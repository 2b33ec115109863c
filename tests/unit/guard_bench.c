/* A guard to ask, and a phone that answers its challenges: see guard_bench.h. */
#include "guard_bench.h"

#include <glib/gstdio.h>
#include <string.h>

static char *user_line(const char *name, const char *class_name)
{
    char md5[DIGEST_HEX_SIZE], sha256[DIGEST_HEX_SIZE];

    digest_hash_user(DIGEST_MD5, name, REALM, "secret", md5);
    digest_hash_user(DIGEST_SHA256, name, REALM, "secret", sha256);
    return g_strdup_printf("%s:" REALM ":%s:%s:%s\n", name, md5, sha256, class_name);
}

char *bench_users(void)
{
    g_autofree char *one = user_line("201", ""), *other = user_line("202", "boss");

    return g_strconcat(one, other, NULL);
}

Bench *bench_new(const char *groups, const char *users)
{
    Bench *bench = g_new0(Bench, 1);
    g_autofree char *text = g_strdup_printf("[sip]\npublic-host = " REALM "\n%s%s%s", groups,
                                            strstr(groups, "[guard]") ? "" : "[guard]\n",
                                            users ? "users = /nonexistent/users\n" : "");
    g_autoptr(GError) error = NULL;
    g_autoptr(Users) table = NULL;

    bench->settings = settings_parse("test", text, &error);
    g_assert_no_error(error);
    if (users)
        table = users_parse("users", users, strlen(users), bench->settings->guard.realm, &error);
    g_assert_no_error(error);
    bench->guard = guard_new(bench->settings, table);
    bench->credentials = g_ptr_array_new_with_free_func(g_free);
    bench->request.method = "INVITE";
    bench->request.uri = "sip:300@" REALM;
    bench->request.to = POLICY_TO_PHONES;
    bench->request.proxy = TRUE;
    bench->request.now_us = 1000 * MINUTE;
    bench_set_source(bench, "192.0.2.7:5062");
    return bench;
}

void bench_free(Bench *bench)
{
    if (!bench)
        return;
    guard_free(bench->guard);
    settings_free(bench->settings);
    g_ptr_array_unref(bench->credentials);
    g_free(bench);
}

GuardVerdict bench_judge(Bench *bench)
{
    bench->request.source = (const struct sockaddr *)&bench->source;
    bench->request.credentials = (const char *const *)bench->credentials->pdata;
    bench->request.credential_count = bench->credentials->len;
    return guard_judge(bench->guard, &bench->request, &bench->answer);
}

void bench_set_source(Bench *bench, const char *source)
{
    g_assert_true(address_parse(source, &bench->source));
}

void bench_set_method(Bench *bench, const char *method, PolicyTarget to)
{
    bench->request.method = method;
    bench->request.to = to;
    bench->request.proxy = to != POLICY_TO_HERE;
}

void bench_strip(Bench *bench)
{
    g_ptr_array_set_size(bench->credentials, 0);
}

void bench_add_text(Bench *bench, const char *text)
{
    g_ptr_array_add(bench->credentials, g_strdup(text));
}

char *bench_nonce(const Bench *bench, DigestAlgorithm algorithm)
{
    g_autofree char *name = g_strdup_printf("algorithm=%s,", digest_algorithm_name(algorithm));

    for (guint i = 0; i < bench->answer.challenge_count; i++) {
        const char *challenge = bench->answer.challenges[i];
        const char *nonce = strstr(challenge, "nonce=\"") + strlen("nonce=\"");

        if (strstr(challenge, name))
            return g_strndup(nonce, strcspn(nonce, "\""));
    }
    return g_strdup("none");
}

void bench_add(Bench *bench, const PhoneWays *ways)
{
    static const char *const qops[] = {"", "auth", "auth-int"};
    const char *user = ways->user ? ways->user : "201", *realm = bench->settings->guard.realm;
    g_autofree char *nonce =
        ways->nonce ? g_strdup(ways->nonce) : bench_nonce(bench, ways->algorithm);
    DigestCredentials credentials = {.algorithm = ways->algorithm, .qop = ways->qop};
    char ha1[DIGEST_HEX_SIZE], hex[DIGEST_HEX_SIZE];
    guint8 response[DIGEST_OCTETS_MAX];
    GString *text = g_string_new(NULL);

    g_strlcpy(credentials.nonce, nonce, sizeof(credentials.nonce));
    g_strlcpy(credentials.uri, ways->uri ? ways->uri : bench->request.uri, sizeof(credentials.uri));
    g_strlcpy(credentials.cnonce, "c", sizeof(credentials.cnonce));
    g_snprintf(credentials.nc_text, sizeof(credentials.nc_text), "%08x", ways->nc);
    digest_hash_user(ways->algorithm, user, realm, ways->password ? ways->password : "secret", ha1);
    digest_compute(&credentials, ha1, bench->request.method, bench->request.body,
                   bench->request.body_size, response);
    digest_hex_write(response, digest_octets(ways->algorithm), hex);
    g_string_printf(text,
                    "Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", "
                    "algorithm=%s, response=\"%s\"",
                    user, realm, nonce, credentials.uri,
                    ways->name ? ways->name : digest_algorithm_name(ways->algorithm), hex);
    if (ways->qop != DIGEST_QOP_NONE)
        g_string_append_printf(text, ", qop=%s, nc=%08x, cnonce=\"c\"", qops[ways->qop], ways->nc);
    g_ptr_array_add(bench->credentials, g_string_free(text, FALSE));
}

GuardVerdict bench_answer(Bench *bench, const PhoneWays *ways)
{
    bench_strip(bench);
    bench_add(bench, ways);
    return bench_judge(bench);
}

void bench_challenge(Bench *bench)
{
    bench_strip(bench);
    g_assert_cmpint(bench_judge(bench), ==, GUARD_CHALLENGE);
    g_assert_cmpint(bench->answer.reason, ==, GUARD_REASON_NO_CREDENTIALS);
    g_assert_false(bench->answer.stale);
}
