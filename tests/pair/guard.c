/* The guard against a phone that shares nothing with it: tests/lib/digest_client.py, over UDP and
 * TCP.
 *
 * A registrar of a few lines stands behind a socket: it asks the guard, and answers 200 to what
 * passes.
 */
#include "guard.h"

#include "clock.h"
#include "log.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define REALM "pbx.example"
#define MESSAGE_MAX 65536

typedef struct Door {
    Settings *settings;
    Guard *guard;
    int udp, listener, connection; /* connection: -1 while none */
    guint16 port;
} Door;

static const struct sockaddr_in loopback = {
    .sin_family = AF_INET,
    .sin_addr.s_addr = G_BYTE_ORDER == G_LITTLE_ENDIAN ? 0x0100007f : 0x7f000001};

static char *users_text(void)
{
    GString *text = g_string_new(NULL);
    static const char *const names[] = {"201", "202"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        char md5[DIGEST_HEX_SIZE], sha256[DIGEST_HEX_SIZE];

        digest_hash_user(DIGEST_MD5, names[i], REALM, "secret", md5);
        digest_hash_user(DIGEST_SHA256, names[i], REALM, "secret", sha256);
        g_string_append_printf(text, "%s:" REALM ":%s:%s\n", names[i], md5, sha256);
    }
    return g_string_free(text, FALSE);
}

static void door_open(Door *door, gconstpointer guard)
{
    g_autofree char *users = users_text(), *text = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(Users) table = users_parse("users", users, strlen(users), REALM, &error);
    struct sockaddr_in address = loopback;
    socklen_t size = sizeof(address);

    g_assert_no_error(error);
    text = g_strdup_printf("[sip]\npublic-host = " REALM "\n[guard]\nusers = /nonexistent\n%s",
                           (const char *)guard);
    door->settings = settings_parse("test", text, &error);
    g_assert_no_error(error);
    door->guard = guard_new(door->settings, table);
    door->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(door->udp, (struct sockaddr *)&address, size), ==, 0);
    g_assert_cmpint(getsockname(door->udp, (struct sockaddr *)&address, &size), ==, 0);
    door->port = ntohs(address.sin_port);
    door->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(door->listener, (struct sockaddr *)&address, size), ==, 0);
    g_assert_cmpint(listen(door->listener, 4), ==, 0);
    door->connection = -1;
}

static void door_close(Door *door, gconstpointer guard)
{
    close(door->udp);
    close(door->listener);
    if (door->connection >= 0)
        close(door->connection);
    guard_free(door->guard);
    settings_free(door->settings);
}

/* The value of the first header NAME of HEAD, "" when there is none. */
static char *header_value(char **head, const char *name)
{
    for (guint i = 1; head[i]; i++) {
        gsize length = strlen(name);

        if (g_ascii_strncasecmp(head[i], name, length) == 0 && head[i][length] == ':')
            return g_strstrip(g_strdup(head[i] + length + 1));
    }
    return g_strdup("");
}

static void reply_add_copied(GString *reply, char **head)
{
    static const char *const names[] = {"Via", "From", "To", "Call-ID", "CSeq"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *value = header_value(head, names[i]);

        g_string_append_printf(reply, "%s: %s%s\r\n", names[i], value,
                               i == 2 && !strstr(value, ";tag=") ? ";tag=door" : "");
    }
}

/* 200, or what the guard says. */
static GString *answer_write(char **head, const GuardAnswer *answer)
{
    GString *reply = g_string_new(NULL);

    if (answer->status)
        g_string_printf(reply, "SIP/2.0 %d %s\r\n", answer->status, answer->phrase);
    else
        g_string_assign(reply, "SIP/2.0 200 OK\r\n");
    reply_add_copied(reply, head);
    for (guint i = 0; i < answer->challenge_count; i++)
        g_string_append_printf(reply, "%s-Authenticate: %s\r\n",
                               answer->status == 401 ? "WWW" : "Proxy", answer->challenges[i]);
    g_string_append(reply, "Content-Length: 0\r\n\r\n");
    return reply;
}

/* The user part of To. */
static char *aor_of(char **head)
{
    g_autofree char *to = header_value(head, "To");
    const char *user = strstr(to, "sip:") + 4;

    return g_strndup(user, strcspn(user, "@"));
}

static GString *message_judge(Door *door, const char *text, gsize head_size, gsize body_size)
{
    g_autofree char *whole = g_strndup(text, head_size), *aor = NULL, *credentials = NULL;
    g_auto(GStrv) head = g_strsplit(whole, "\r\n", -1);
    g_auto(GStrv) words = g_strsplit(head[0], " ", 3);
    gboolean registers = strcmp(words[0], "REGISTER") == 0;
    GuardRequest request = {.method = words[0],
                            .uri = words[1],
                            .source = (const struct sockaddr *)&loopback,
                            .to = registers ? POLICY_TO_HERE : POLICY_TO_PHONES,
                            .proxy = !registers,
                            .body = text + head_size + 4,
                            .body_size = body_size,
                            .now_us = clock_now_us()};
    GuardAnswer answer;

    credentials = header_value(head, registers ? "Authorization" : "Proxy-Authorization");
    request.credentials = (const char *const *)&credentials;
    request.credential_count = *credentials ? 1 : 0;
    aor = aor_of(head);
    request.in_dialog = strcmp(words[0], "BYE") == 0;
    if (guard_judge(door->guard, &request, &answer) == GUARD_PASS && registers)
        guard_judge_register(door->guard, &request, aor, &answer);
    if (answer.verdict == GUARD_DROP || strcmp(words[0], "ACK") == 0)
        return NULL;
    return answer_write(head, &answer);
}

/* Judges the message at the beginning of TEXT; its size, 0 when it is not whole yet. */
static gsize message_take(Door *door, const char *text, gsize size, GString **reply)
{
    const char *end = g_strstr_len(text, (gssize)size, "\r\n\r\n");
    const char *length = g_strstr_len(text, (gssize)size, "Content-Length:");
    gsize body = length ? (gsize)g_ascii_strtoull(length + 15, NULL, 10) : 0;

    if (!end || (gsize)(end - text) + 4 + body > size)
        return 0;
    *reply = message_judge(door, text, (gsize)(end - text), body);
    return (gsize)(end - text) + 4 + body;
}

static void udp_serve(Door *door)
{
    static char text[MESSAGE_MAX];
    struct sockaddr_in from;
    socklen_t size = sizeof(from);
    ssize_t got = recvfrom(door->udp, text, sizeof(text) - 1, 0, (struct sockaddr *)&from, &size);
    g_autoptr(GString) reply = NULL;

    if (got <= 0)
        return;
    text[got] = '\0';
    message_take(door, text, (gsize)got, &reply);
    if (reply)
        sendto(door->udp, reply->str, reply->len, 0, (struct sockaddr *)&from, size);
}

static void tcp_serve(Door *door, GString *pending)
{
    char text[4096];
    ssize_t got = recv(door->connection, text, sizeof(text), 0);
    gsize taken;

    if (got <= 0) {
        close(door->connection);
        door->connection = -1;
        g_string_truncate(pending, 0);
        return;
    }
    g_string_append_len(pending, text, got);
    do {
        g_autoptr(GString) reply = NULL;

        taken = message_take(door, pending->str, pending->len, &reply);
        if (reply)
            g_assert_cmpint(send(door->connection, reply->str, reply->len, MSG_NOSIGNAL), ==,
                            (gssize)reply->len);
        g_string_erase(pending, 0, (gssize)taken);
    } while (taken);
}

static void door_serve(Door *door, GString *pending)
{
    struct pollfd fds[] = {
        {door->udp, POLLIN, 0}, {door->listener, POLLIN, 0}, {door->connection, POLLIN, 0}};

    if (poll(fds, G_N_ELEMENTS(fds), 50) <= 0)
        return;
    if (fds[0].revents)
        udp_serve(door);
    if (fds[2].revents)
        tcp_serve(door, pending);
    else if (fds[1].revents && door->connection < 0)
        door->connection = accept(door->listener, NULL, NULL);
}

/* Runs the phone with METHOD and the options WORDS; what it prints, its lines joined by ", ". */
static char *phone_run(Door *door, const char *method, const char *words)
{
    g_autofree char *command =
        g_strdup_printf("python3 -B " TOP_SRCDIR
                        "/tests/lib/digest_client.py %s 127.0.0.1:%u --domain " REALM " %s",
                        method, door->port, words);
    g_autoptr(GString) pending = g_string_new(NULL);
    g_auto(GStrv) arguments = NULL;
    g_autoptr(GError) error = NULL;
    GString *out = g_string_new(NULL);
    char text[1024];
    int pipe_end, status;
    ssize_t got;
    GPid pid;

    g_assert_true(g_shell_parse_argv(command, NULL, &arguments, &error));
    g_spawn_async_with_pipes(NULL, arguments, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD,
                             NULL, NULL, &pid, NULL, &pipe_end, NULL, &error);
    g_assert_no_error(error);
    while (waitpid(pid, &status, WNOHANG) == 0)
        door_serve(door, pending);
    while ((got = read(pipe_end, text, sizeof(text))) > 0)
        g_string_append_len(out, text, got);
    close(pipe_end);
    if (out->len)
        g_string_truncate(out, out->len - 1);
    g_string_replace(out, "\n", ", ", 0);
    return g_string_free(out, FALSE);
}

typedef struct Story {
    const char *name, *guard, *method, *words, *told;
} Story;

#define BOTH "SHA-256,MD5"
static const Story stories[] = {
    {"sha256-over-udp", "", "REGISTER", "", "REGISTER 401 " BOTH ", REGISTER 200"},
    {"md5-over-udp", "", "REGISTER", "--algorithm MD5", "REGISTER 401 " BOTH ", REGISTER 200"},
    {"sha256-over-tcp", "", "REGISTER", "--tcp", "REGISTER 401 " BOTH ", REGISTER 200"},
    {"md5-over-tcp", "", "INVITE", "--tcp --algorithm MD5 --uri sip:300@" REALM,
     "INVITE 407 " BOTH ", INVITE 200"},
    {"body-is-protected", "auth-int = yes", "INVITE",
     "--qop auth-int --uri sip:300@" REALM " --body 'v=0\\r\\n'",
     "INVITE 407 " BOTH ", INVITE 200"},
    {"old-network-gets-md5", "md5-networks = 127.0.0.0/8", "REGISTER", "",
     "REGISTER 401 MD5, REGISTER 200"},
    {"phone-of-rfc2069", "without-qop = yes", "REGISTER", "--qop none --times 2",
     "REGISTER 401 " BOTH ", REGISTER 200, REGISTER 200"},
    {"phone-of-rfc2069-is-not-wanted", "", "REGISTER", "--qop none",
     "REGISTER 401 " BOTH ", REGISTER 401 " BOTH},
    {"one-nonce-many-counts", "", "REGISTER", "--times 4",
     "REGISTER 401 " BOTH ", REGISTER 200, REGISTER 200, REGISTER 200, REGISTER 200"},
    {"replay", "", "INVITE", "--times 2 --replay --uri sip:300@" REALM,
     "INVITE 407 " BOTH ", INVITE 200, INVITE 407 " BOTH " stale"},
    {"wrong-password", "", "REGISTER", "--password guess",
     "REGISTER 401 " BOTH ", REGISTER 401 " BOTH},
    {"unknown-user", "", "REGISTER", "--user 299", "REGISTER 401 " BOTH ", REGISTER 401 " BOTH},
    {"foreign-to", "", "REGISTER", "--aor 202", "REGISTER 401 " BOTH ", REGISTER 403"},
};

static void story_play(Door *door, gconstpointer data)
{
    const Story *story = NULL;
    const char *name = strrchr(g_test_get_path(), '/') + 1;
    g_autofree char *told = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(stories); i++) {
        if (strcmp(stories[i].name, name) == 0)
            story = &stories[i];
    }
    told = phone_run(door, story->method, story->words);
    g_assert_cmpstr(told, ==, story->told);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    log_open(LEVEL_ERROR, FALSE);
    for (gsize i = 0; i < G_N_ELEMENTS(stories); i++) {
        g_autofree char *path = g_strconcat("/pair-guard/", stories[i].name, NULL);

        g_test_add(path, Door, stories[i].guard, door_open, story_play, door_close);
    }
    return g_test_run();
}
