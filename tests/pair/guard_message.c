/* The guard behind Sofia's NTA: its challenges on the wire, a phone's credentials off it. */
#include "guard_message.h"

#include "clock.h"
#include "log.h"

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/su_wait.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define REALM "pbx.example"

typedef struct Room {
    su_root_t *root;
    nta_agent_t *agent;
    Settings *settings;
    Guard *guard;
} Room;

static Room room;

static Users *users_make(void)
{
    char md5[DIGEST_HEX_SIZE], sha256[DIGEST_HEX_SIZE];
    g_autofree char *text = NULL;

    digest_hash_user(DIGEST_MD5, "201", REALM, "secret", md5);
    digest_hash_user(DIGEST_SHA256, "201", REALM, "secret", sha256);
    text = g_strdup_printf("201:" REALM ":%s:%s\n", md5, sha256);
    return users_parse("users", text, strlen(text), REALM, NULL);
}

/* Every request is judged, and answered 200 when it passes. */
static int message_take(nta_agent_magic_t *magic, nta_agent_t *agent, msg_t *msg, sip_t *sip)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    gboolean registers = sip->sip_request && sip->sip_request->rq_method == sip_method_register;
    GuardRequest request = {.source = &msg_addr(msg)->su_sa,
                            .to = registers ? POLICY_TO_HERE : POLICY_TO_PHONES,
                            .proxy = !registers,
                            .now_us = clock_now_us()};
    GuardAnswer answer;
    nta_incoming_t *irq;

    if (!sip->sip_request || sip->sip_request->rq_method == sip_method_ack) {
        nta_msg_discard(agent, msg);
        return 0;
    }
    guard_read_message(home, sip, &request);
    request.in_dialog = sip->sip_request->rq_method == sip_method_bye;
    guard_judge(room.guard, &request, &answer);
    irq = nta_incoming_create(agent, NULL, msg, sip, TAG_END());
    if (answer.verdict == GUARD_PASS)
        nta_incoming_treply(irq, 200, "OK", TAG_END());
    else
        nta_incoming_mreply(irq, guard_response(irq, &answer));
    nta_incoming_destroy(irq);
    su_home_deinit(home);
    return 0;
}

static void room_open(const char *guard)
{
    g_autofree char *text =
        g_strdup_printf("[sip]\npublic-host = " REALM "\n[guard]\nusers = /nonexistent\n%s", guard);
    g_autoptr(GError) error = NULL;
    g_autoptr(Users) users = users_make();

    room.settings = settings_parse("test", text, &error);
    g_assert_no_error(error);
    room.guard = guard_new(room.settings, users);
    room.root = su_root_create(NULL);
    room.agent = nta_agent_create(room.root, URL_STRING_MAKE("sip:127.0.0.1:*"), message_take, NULL,
                                  NTATAG_UA(0), TAG_END());
    g_assert_nonnull(room.agent);
}

static void room_close(void)
{
    nta_agent_destroy(room.agent);
    su_root_destroy(room.root);
    guard_free(room.guard);
    settings_free(room.settings);
}

/* The phone's lines, joined by ", ". */
static char *phone_run(const char *words)
{
    g_autofree char *command =
        g_strdup_printf("python3 -B " TOP_SRCDIR
                        "/tests/lib/digest_client.py INVITE 127.0.0.1:%s --domain " REALM " %s",
                        nta_agent_contact(room.agent)->m_url->url_port, words);
    g_auto(GStrv) arguments = NULL;
    g_autoptr(GError) error = NULL;
    GString *out = g_string_new(NULL);
    char text[1024];
    int end, status;
    ssize_t got;
    GPid pid;

    g_assert_true(g_shell_parse_argv(command, NULL, &arguments, NULL));
    g_spawn_async_with_pipes(NULL, arguments, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
                             NULL, NULL, &pid, NULL, &end, NULL, &error);
    g_assert_no_error(error);
    while (waitpid(pid, &status, WNOHANG) == 0)
        su_root_step(room.root, 20);
    while ((got = read(end, text, sizeof(text))) > 0)
        g_string_append_len(out, text, got);
    close(end);
    g_string_truncate(out, out->len ? out->len - 1 : 0);
    g_string_replace(out, "\n", ", ", 0);
    return g_string_free(out, FALSE);
}

static void phones_pass_through_nta(void)
{
    static const struct {
        const char *guard, *words, *told;
    } cases[] = {
        {"", "", "INVITE 407 SHA-256,MD5, INVITE 200"},
        {"", "--tcp --algorithm MD5", "INVITE 407 SHA-256,MD5, INVITE 200"},
        {"md5-networks = 127.0.0.1\n", "--tcp", "INVITE 407 MD5, INVITE 200"},
        {"auth-int = yes\n", "--qop auth-int --body 'v=0\\r\\no=x\\r\\n'",
         "INVITE 407 SHA-256,MD5, INVITE 200"},
        {"", "--password guess", "INVITE 407 SHA-256,MD5, INVITE 407 SHA-256,MD5"},
        {"nonce-lifetime = 1s\n", "--times 2 --replay",
         "INVITE 407 SHA-256,MD5, INVITE 200, INVITE 407 SHA-256,MD5 stale"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *told = NULL;

        room_open(cases[i].guard);
        told = phone_run(cases[i].words);
        g_assert_cmpstr(told, ==, cases[i].told);
        room_close();
    }
}

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    log_open(LEVEL_ERROR, FALSE);
    su_init();
    g_test_add_func("/guard-message/phones-pass-through-nta", phones_pass_through_nta);
    status = g_test_run();
    su_deinit();
    return status;
}
