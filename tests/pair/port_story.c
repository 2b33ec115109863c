/* What every story of the proxy's port begins with: certificates, a port, far ends in Python. */
#include "port_story.h"

#include "log.h"

#include <sofia-sip/msg.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_stateless.h>
#include <sofia-sip/sip_status.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_US (20 * G_USEC_PER_SEC)

struct Peer {
    Loop *loop;
    GPid pid;
    int in, out;
    LoopWatch *watch;
    GString *heard;
    gboolean late;
};

char *port_folder;

char *file_of(const char *name)
{
    return g_build_filename(port_folder, name, NULL);
}

void run(const char *format, ...)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *command = NULL, *said = NULL;
    const char *argv[] = {"/bin/sh", "-ec", NULL, NULL};
    int status = 0;
    va_list arguments;

    va_start(arguments, format);
    command = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    argv[2] = command;
    g_spawn_sync(port_folder, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &said,
                 &status, &error);
    g_assert_no_error(error);
    if (!g_spawn_check_wait_status(status, NULL))
        g_error("%s: %s", command, said);
}

/* NAME.pem: a certificate of its own with its key behind it, valid for DAYS. */
void make_certificate(const char *name, const char *kind, int days)
{
    run("openssl req -x509 -newkey %s -nodes -keyout %s.key -out %s.crt -days %d -subj /CN=%s",
        kind, name, name, days, name);
    run("umask 077; cat %s.crt %s.key > %s.pem", name, name, name);
}

/* root.crt signs middle.crt signs leaf.crt; chain.pem is what a server shows. */
void make_chain(void)
{
    run("openssl req -x509 -newkey " EC
        " -nodes -keyout root.key -out root.crt -days 9 -subj /CN=root");
    run("printf 'basicConstraints=critical,CA:TRUE\n' > ca.ext");
    run("openssl req -newkey " EC " -nodes -keyout middle.key -out middle.csr -subj /CN=middle");
    run("openssl x509 -req -in middle.csr -CA root.crt -CAkey root.key -CAcreateserial -days 9 "
        "-extfile ca.ext -out middle.crt");
    run("openssl req -newkey " EC " -nodes -keyout leaf.key -out leaf.csr -subj /CN=leaf");
    run("openssl x509 -req -in leaf.csr -CA middle.crt -CAkey middle.key -CAcreateserial -days 9 "
        "-out leaf.crt");
    run("cat leaf.crt middle.crt > chain.pem");
}

guint16 free_port(int type, const char *host)
{
    struct sockaddr_storage own;
    socklen_t size = sizeof(own);
    int fd;

    g_assert_true(address_parse(host, &own));
    fd = socket(own.ss_family, type | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&own, address_length(&own)), ==, 0);
    getsockname(fd, (struct sockaddr *)&own, &size);
    close(fd);
    return address_port((struct sockaddr *)&own);
}

static void story_received(void *user, nta_agent_t *agent, msg_t *msg, sip_t *sip)
{
    Story *story = user;

    if (!sip->sip_request) {
        msg_destroy(msg);
        return;
    }
    story->requests++;
    nta_msg_treply(agent, msg, SIP_200_OK, TAG_END());
}

static gboolean story_hears(void *user, sip_t const *sip, const struct sockaddr *source)
{
    return ((Story *)user)->hears;
}

Settings *settings_of(const char *format, ...)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    Settings *settings;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    settings = settings_parse("story", text, &error);
    g_assert_no_error(error);
    return settings;
}

ProxyPort *port_of(Story *story, Settings *settings, GError **error)
{
    ProxyPortRoom room = {story_received, story_hears, story};

    return proxyport_new(settings, story->loop, &room, error);
}

/* MORE: keys of [proxy], and below a line "[sip]" some of [sip]; "%CERT" in it stands for the file
 * one.pem, "%TLS" for a tls-listen. */
void story_open_at(Story *story, const char *host, const char *more)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) text = g_string_new(more);
    g_autofree char *certificate = file_of("one.pem"), *tls = NULL;
    g_auto(GStrv) parts = NULL;

    *story = (Story){.number = free_port(SOCK_STREAM, host),
                     .tls_number = free_port(SOCK_STREAM, host),
                     .told = g_string_new(NULL)};
    tls = g_strdup_printf("%s:%u", host, story->tls_number);
    g_string_replace(text, "%CERT", certificate, 0);
    g_string_replace(text, "%TLS", tls, 0);
    parts = g_strsplit(text->str, "[sip]\n", 2);
    story->settings = settings_of("[sip]\nlisten = %s:%u\nallow = 127.0.0.1, 127.0.0.3, ::1\n%s"
                                  "[proxy]\n%s",
                                  host, story->number, parts[0] && parts[1] ? parts[1] : "",
                                  parts[0] ? parts[0] : "");
    story->loop = sofia_loop_new(&error);
    g_assert_no_error(error);
    story->port = port_of(story, story->settings, &error);
    g_assert_no_error(error);
}

void story_open(Story *story, const char *more)
{
    story_open_at(story, "127.0.0.1", more);
}

void story_close(Story *story)
{
    proxyport_free(story->port);
    sofia_loop_free(story->loop);
    settings_free(story->settings);
    g_string_free(story->told, TRUE);
}

static void rest_over(void *user)
{
    sofia_loop_quit(user);
}

void rest(Story *story, guint ms)
{
    LoopTimer *timer = loop_timer_new(story->loop, rest_over, story->loop);

    loop_timer_start(story->loop, timer, ms * 1000);
    sofia_loop_run(story->loop);
    loop_timer_free(story->loop, timer);
}

static void counter_match(void *user, const char *name, guint64 value)
{
    struct {
        const char *name;
        guint64 value;
    } *wanted = user;

    if (strcmp(name, wanted->name) == 0)
        wanted->value = value;
}

guint64 counter(Story *story, const char *name)
{
    struct {
        const char *name;
        guint64 value;
    } wanted = {name, G_MAXUINT64};

    proxyport_each_counter(story->port, counter_match, &wanted);
    g_assert_cmpuint(wanted.value, !=, G_MAXUINT64);
    return wanted.value;
}

static void peer_speaks(void *user, int fd, LoopReady ready)
{
    Peer *peer = user;
    char text[4096];
    gssize got = read(fd, text, sizeof(text));

    if (got > 0)
        g_string_append_len(peer->heard, text, got);
    if (got <= 0 || strchr(peer->heard->str, '\n'))
        sofia_loop_quit(peer->loop);
}

static void peer_is_late(void *user)
{
    Peer *peer = user;

    peer->late = TRUE;
    sofia_loop_quit(peer->loop);
}

Peer *peer_new(Story *story)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *script = g_build_filename(TOP_SRCDIR, "tests", "lib", "sip_peer.py", NULL);
    const char *argv[] = {"python3", script, NULL};
    Peer *peer = g_new0(Peer, 1);

    peer->loop = story->loop;
    peer->heard = g_string_new(NULL);
    g_spawn_async_with_pipes(NULL, (char **)argv, NULL,
                             G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                             &peer->pid, &peer->in, &peer->out, NULL, &error);
    g_assert_no_error(error);
    peer->watch = loop_watch(peer->loop, peer->out, LOOP_READABLE, peer_speaks, peer);
    return peer;
}

void peer_free(Peer *peer)
{
    int status;

    loop_unwatch(peer->loop, peer->watch);
    close(peer->in);
    close(peer->out);
    waitpid(peer->pid, &status, 0);
    g_string_free(peer->heard, TRUE);
    g_free(peer);
}

/* Has PEER begin with LINE. */
void peer_begin(Peer *peer, const char *line)
{
    g_autofree char *text = g_strconcat(line, "\n", NULL);

    g_assert_cmpint(write(peer->in, text, strlen(text)), ==, (gssize)strlen(text));
}

/* What it answers; caller frees. */
char *peer_end(Peer *peer)
{
    LoopTimer *timer = loop_timer_new(peer->loop, peer_is_late, peer);
    char *end, *said;

    loop_timer_start(peer->loop, timer, PATIENCE_US);
    while (!peer->late && !strchr(peer->heard->str, '\n'))
        sofia_loop_run(peer->loop);
    loop_timer_free(peer->loop, timer);
    end = strchr(peer->heard->str, '\n');
    if (!end)
        g_error("the peer says nothing");
    said = g_strndup(peer->heard->str, (gsize)(end - peer->heard->str));
    g_string_erase(peer->heard, 0, end - peer->heard->str + 1);
    return said;
}

/* Has PEER do LINE, which it must answer with something that begins with WANTED. */
void peer_does(Peer *peer, const char *wanted, const char *format, ...)
{
    g_autofree char *line = NULL, *said = NULL;
    va_list arguments;

    va_start(arguments, format);
    line = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    peer_begin(peer, line);
    said = peer_end(peer);
    g_test_message("%s: %s", line, said);
    if (!g_str_has_prefix(said, wanted))
        g_error("%s: \"%s\", wanted \"%s\"", line, said, wanted);
}
