/* The control socket: what it refuses, what each command answers, and that no client holds up
 * another. */
#include "commands.h"
#include "ctl_daemon.h"
#include "desk.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* ---- a client of plain system calls ---- */

static int client_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
}

static void client_connect(const Fixture *fixture, int fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    g_strlcpy(address.sun_path, fixture->path, sizeof address.sun_path);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
}

static int client_open(const Fixture *fixture)
{
    int fd = client_socket();

    client_connect(fixture, fd);
    return fd;
}

static void client_send(int fd, const char *text, gsize length)
{
    g_assert_cmpint(send(fd, text, length, MSG_NOSIGNAL), ==, (gssize)length);
}

/* Lets the operator's loop turn for a moment. */
static void turn(void)
{
    if (!g_main_context_iteration(NULL, FALSE))
        g_usleep(200);
}

/* The next line of FD without its line feed; NULL when the connection ended. Fails after 5 s. */
static char *client_line(int fd)
{
    GString *line = g_string_new(NULL);
    gint64 patience = g_get_monotonic_time() + 5 * G_USEC_PER_SEC;

    for (;;) {
        char octet;
        gssize got = recv(fd, &octet, 1, 0);

        if (got == 1 && octet == '\n')
            return g_string_free(line, FALSE);
        if (got == 1) {
            g_string_append_c(line, octet);
        } else if (got == 0 || errno != EAGAIN) {
            g_assert_cmpuint(line->len, ==, 0);
            return g_string_free(line, TRUE);
        } else {
            turn();
        }
        g_assert_cmpint(g_get_monotonic_time(), <, patience);
    }
}

static void expect(int fd, const char *request, const char *answer)
{
    g_autofree char *line = NULL;

    client_send(fd, request, strlen(request));
    client_send(fd, "\n", 1);
    line = client_line(fd);
    g_assert_cmpstr(line, ==, answer);
}

/* ---- requests ---- */

typedef struct RequestCase {
    const char *name, *request, *answer;
} RequestCase;

#define NO(words) "{\"ok\":false,\"error\":\"" words "\"}"
#define YES(result) "{\"ok\":true,\"result\":" result "}"

static const RequestCase requests[] = {
    {"ping", "{\"command\":\"ping\"}", YES("\"pong\"")},
    {"blanks", "  { \"command\" : \"ping\" }\r", YES("\"pong\"")},
    {"empty", "", NO("the request is no JSON object")},
    {"array", "[\"ping\"]", NO("the request is no JSON object")},
    {"string", "\"ping\"", NO("the request is no JSON object")},
    {"not-utf8", "{\"command\":\"\xff\"}", NO("the request is not UTF-8 text")},
    {"no-command", "{\"call\":1}", NO("\\\"command\\\" is missing, or no string")},
    {"command-number", "{\"command\":1}", NO("\\\"command\\\" is missing, or no string")},
    {"command-null", "{\"command\":null}", NO("\\\"command\\\" is missing, or no string")},
    {"unknown", "{\"command\":\"show money\"}", NO("unknown command \\\"show money\\\"")},
    {"extra", "{\"command\":\"ping\",\"loud\":true}", NO("ping: unknown argument \\\"loud\\\"")},
    {"missing", "{\"command\":\"hangup\"}", NO("hangup: call is missing")},
    {"kind", "{\"command\":\"hangup\",\"call\":\"41\"}",
     NO("hangup: call has to be a whole number")},
    {"kind-double", "{\"command\":\"hangup\",\"call\":41.5}",
     NO("hangup: call has to be a whole number")},
    {"kind-object", "{\"command\":\"hangup\",\"call\":{}}",
     NO("hangup: call has to be a whole number")},
    {"kind-text", "{\"command\":\"explain route\",\"from\":1,\"to\":\"2\"}",
     NO("explain route: from has to be a string")},
    {"range", "{\"command\":\"hangup\",\"call\":0}",
     NO("hangup: call is 0; allowed: 1-4294967295")},
    {"range-negative", "{\"command\":\"explain cause\",\"cause\":-1}",
     NO("explain cause: cause is -1; allowed: 1-127")},
    {"no-call", "{\"command\":\"hangup\",\"call\":40}", NO("there is no call 40")},
    {"no-ladder", "{\"command\":\"ladder\",\"call\":40}",
     NO("call 40 is unknown, or its ladder is forgotten")},
    {"ladder", "{\"command\":\"ladder\"}", YES("\"INVITE -->\\n          SETUP -->\\n\"")},
    {"explain-cause", "{\"command\":\"explain cause\",\"cause\":44}",
     YES("\"cause 44 at any\\nsecond line\\n\"")},
    {"explain-cause-trunk", "{\"command\":\"explain cause\",\"cause\":44,\"trunk\":\"pbx\"}",
     YES("\"cause 44 at pbx\\nsecond line\\n\"")},
    {"explain-no-trunk", "{\"command\":\"explain status\",\"status\":404,\"trunk\":\"p\"}",
     NO("no [trunk p] is configured")},
    {"explain-status", "{\"command\":\"explain status\",\"status\":404}",
     YES("\"status 404 at any\"")},
    {"route-from-trunk", "{\"command\":\"explain route\",\"from\":\"trunk pbx\",\"to\":\"100\"}",
     YES("\"PRI pbx to 100 from \"")},
    {"route-from-name",
     "{\"command\":\"explain route\",\"from\":\"pbx\",\"to\":\"100\",\"calling\":\"7\"}",
     YES("\"PRI pbx to 100 from 7\"")},
    {"route-from-peer", "{\"command\":\"explain route\",\"from\":\"192.0.2.7\",\"to\":\"200\"}",
     YES("\"nobody hears it: [sip] allow does not name this source; if it did:\\nSIP proxy to 200 "
         "from \"")},
    {"route-from-heard", "{\"command\":\"explain route\",\"from\":\"127.0.0.1\",\"to\":\"200\"}",
     YES("\"SIP  to 200 from \"")},
    {"route-from-nobody", "{\"command\":\"explain route\",\"from\":\"trunk x\",\"to\":\"1\"}",
     NO("no [trunk x] is configured")},
    {"route-to-word", "{\"command\":\"explain route\",\"from\":\"pbx\",\"to\":\"bob\"}",
     NO("\\\"bob\\\" is not a number")},
    {"selftest-none", "{\"command\":\"selftest result\"}",
     NO("no selftest has run since the start")},
    {"selftest-nothing", "{\"command\":\"selftest span\"}", NO("selftest span: span is missing")},
    {"selftest-no-span", "{\"command\":\"selftest span\",\"span\":\"e2\"}",
     NO("there is no span e2")},
    {"selftest-place-0", "{\"command\":\"selftest span\",\"span\":\"0\"}",
     NO("there is no span 0")},
    {"selftest-place-2", "{\"command\":\"selftest span\",\"span\":\"2\"}",
     NO("there is no span 2")},
    {"selftest-name", "{\"command\":\"selftest span\",\"span\":\"e1\"}",
     YES("{\"number\":1,\"span\":\"e1\",\"state\":\"running\"}")},
    {"selftest-place", "{\"command\":\"selftest span\",\"span\":\"1\"}",
     YES("{\"number\":1,\"span\":\"e1\",\"state\":\"running\"}")},
    {"show-routes", "{\"command\":\"show routes\"}",
     YES("[{\"route\":\"out\",\"from\":\"trunk pbx, "
         "192.0.2.0/24\",\"called\":\"2XX\",\"to\":\"trunk pbx, "
         "sip:a@b\"},{\"route\":\"in\",\"from\":\"anywhere\",\"called\":\"any\",\"to\":\"sip:{"
         "number}@192.0."
         "2.9\"}]")},
    {"show-calls", "{\"command\":\"show calls\"}",
     YES("[{\"call\":41,\"age_s\":65,\"sip\":\"UP\",\"isdn\":\"ACTIVE\",\"channel\":\"e1/"
         "5\",\"called\":\"200\","
         "\"name\":\"Eve?[2J\xef\xbf\xbd\",\"from\":\"sip 192.0.2.7:5060 "
         "(proxy)\",\"emergency\":false,\"to\":"
         "\"trunk "
         "pbx\",\"port\":16384,\"sent\":50,\"received\":0,\"lost\":0,\"late\":0,\"concealed\":0,"
         "\"slipped\":0,\"foreign\":0,\"malformed\":0,\"events\":0,\"jitter_us\":1250,\"depth_ms\":"
         "20,"
         "\"remote_loss_permille\":0},"
         "{\"call\":42,\"age_s\":65,\"sip\":\"CALLING\",\"isdn\":\"ACTIVE\",\"calling\":\"201\","
         "\"called\":"
         "\"100\",\"from\":\"trunk "
         "pbx\",\"emergency\":false,\"to\":\"sip:100@192.0.2.9\",\"cause\":17}]")},
    {"show-registrations", "{\"command\":\"show registrations\"}",
     YES("[{\"aor\":\"201\",\"contact\":\"sip:201@192.0.2.31:5060;x=\\\"?\\\"\",\"q\":0.5,"
         "\"expires_s\":65,\"origin\":\"registered\",\"source\":\"192.0.2.7:40000\","
         "\"transport\":\"tcp\",\"flow\":true,\"user\":\"ann\",\"agent\":\"Phone/1.0\"},"
         "{\"aor\":\"202\",\"contact\":\"sip:202@192.0.2.32\",\"q\":1.0,"
         "\"origin\":\"static\"}]")},
    {"show-primary", "{\"command\":\"show primary\"}",
     YES("[{\"primary\":\"pbx.example\",\"address\":\"192.0.2.5:5060\",\"transport\":\"udp\","
         "\"state\":\"up\",\"used\":true,\"since_s\":65,\"answered_s\":3,\"answered\":7,"
         "\"refused\":1,\"silent\":2,\"outages\":1}]")},
    {"show-peers", "{\"command\":\"show peers\"}",
     YES("[{\"peer\":\"phones\"},{\"peer\":\"carrier\",\"server\":\"sip:192.0.2.20\","
         "\"registration\":\"registered\",\"since_s\":65,\"expires_s\":1800,"
         "\"addresses\":\"192.0.2.20:5060 "
         "up\",\"state\":\"up\",\"state_s\":61,\"answered\":7,\"refused\":2,\"silent\":1},"
         "{\"peer\":\"other\",\"server\":\"sip:192.0.2.21\",\"registration\":\"failed\","
         "\"since_s\":3,\"status\":403}]")},
    {"show-mwi", "{\"command\":\"show mwi\"}",
     YES("[{\"mailbox\":\"200\",\"told_by\":\"pbx\",\"trunk\":\"pbx\",\"waiting\":true,"
         "\"messages\":\"2 new, 0 old\",\"since_s\":65},"
         "{\"mailbox\":\"300\",\"told_by\":\"sip\",\"trunk\":\"pbx\",\"waiting\":false,"
         "\"messages\":\"none\",\"since_s\":3}]")},
    {"show-registrations-one", "{\"command\":\"show registrations\",\"aor\":\"203\"}", YES("[]")},
    {"drop-registration", "{\"command\":\"drop registration\",\"aor\":\"201\"}",
     YES("{\"aor\":\"201\",\"dropped\":2}")},
    {"drop-registration-one",
     "{\"command\":\"drop registration\",\"aor\":\"201\",\"contact\":\"sip:201@192.0.2.31\"}",
     YES("{\"aor\":\"201\",\"dropped\":1}")},
    {"drop-registration-none",
     "{\"command\":\"drop registration\",\"aor\":\"203\",\"contact\":\"sip:a@b\"}",
     NO("203 has not registered sip:a@b")},
    {"drop-registration-nobody", "{\"command\":\"drop registration\"}",
     NO("drop registration: aor is missing")},
    {"show-counters", "{\"command\":\"show counters\"}",
     YES("[{\"room\":\"hall\",\"counter\":\"calls "
         "live\",\"value\":2},{\"room\":\"hall\",\"counter\":\"calls "
         "refused\",\"value\":9223372036854775807},{\"room\":\"sip\",\"counter\":\"legs "
         "live\",\"value\":2},"
         "{\"room\":\"sip\",\"counter\":\"invites\",\"value\":9},"
         "{\"room\":\"sip\",\"counter\":\"proxy requests "
         "in\",\"value\":3},{\"room\":\"isdn\",\"counter\":"
         "\"restarts\","
         "\"value\":2},{\"room\":\"media\",\"counter\":\"port pairs in use\",\"value\":1}]")},
};

/* Without a proxy there is nothing to ask. */
static void test_no_proxy(void)
{
    CtlScene scene = {0};
    g_autoptr(JsonObject) arguments = json_object_new();
    g_autoptr(GError) error = NULL;

    g_assert_null(command_show_registrations(&scene, arguments, &error));
    g_assert_cmpstr(error->message, ==, "phones do not register here: [proxy] mode is off");
    g_clear_error(&error);
    g_assert_null(command_show_primary(&scene, arguments, &error));
    g_assert_cmpstr(error->message, ==, "no primary is watched: [proxy] mode is off");
    g_clear_error(&error);
    g_assert_null(command_drop_registration(&scene, arguments, &error));
    g_assert_nonnull(error);
}

static void test_request(Fixture *fixture, gconstpointer data)
{
    const RequestCase *row = data;
    int fd = client_open(fixture);

    expect(fd, row->request, row->answer);
    expect(fd, "{\"command\":\"ping\"}", YES("\"pong\"")); /* the client is still welcome */
    close(fd);
}

/* The result of COMMAND as an array. */
static JsonArray *rows_of(Fixture *fixture, const char *command)
{
    g_autofree char *request = g_strdup_printf("{\"command\":\"%s\"}\n", command);
    g_autofree char *line = NULL;
    g_autoptr(JsonParser) parser = json_parser_new();
    int fd = client_open(fixture);

    client_send(fd, request, strlen(request));
    line = client_line(fd);
    close(fd);
    g_assert_true(json_parser_load_from_data(parser, line, -1, NULL));
    return json_array_ref(
        json_object_get_array_member(json_node_get_object(json_parser_get_root(parser)), "result"));
}

static void test_show_spans(Fixture *fixture, gconstpointer data)
{
    g_autoptr(JsonArray) rows = rows_of(fixture, "show spans");
    JsonObject *row = json_array_get_object_element(rows, 0);

    g_assert_cmpuint(json_array_get_length(rows), ==, 1);
    g_assert_cmpstr(json_object_get_string_member(row, "span"), ==, "e1");
    g_assert_cmpstr(json_object_get_string_member(row, "alarms"), ==, "YELLOW");
    g_assert_cmpstr(json_object_get_string_member(row, "d_channel"), ==, "up");
    g_assert_cmpint(json_object_get_int_member(row, "lost"), ==, 3);
    g_assert_cmpint(json_object_get_int_member(row, "frames_in"), ==, 7);
}

static void test_show_channels(Fixture *fixture, gconstpointer data)
{
    g_autoptr(JsonArray) rows = rows_of(fixture, "show channels");
    JsonObject *busy = json_array_get_object_element(rows, 0);
    JsonObject *out = json_array_get_object_element(rows, 1);

    g_assert_cmpstr(json_object_get_string_member(busy, "channel"), ==, "e1/5");
    g_assert_cmpint(json_object_get_int_member(busy, "call"), ==, 41);
    g_assert_cmpint(json_object_get_int_member(busy, "jitter_us"), ==, 1250);
    g_assert_cmpstr(json_object_get_string_member(out, "state"), ==, "out of service");
    g_assert_cmpstr(json_object_get_string_member(out, "reason"), ==, "busied out");
    g_assert_cmpint(json_object_get_int_member(out, "since_s"), ==, 65);
    g_assert_false(json_object_has_member(busy, "reason"));
    g_assert_false(json_object_has_member(out, "call"));
    g_assert_false(json_object_has_member(out, "port"));
}

static void test_show_timers(Fixture *fixture, gconstpointer data)
{
    g_autoptr(JsonArray) rows = rows_of(fixture, "show timers");
    JsonObject *first = json_array_get_object_element(rows, 0);

    g_assert_cmpuint(json_array_get_length(rows), ==, 16);
    g_assert_cmpstr(json_object_get_string_member(first, "trunk"), ==, "pbx");
    g_assert_cmpint(json_object_get_int_member(first, "value_ms"), ==, 240000);
    g_assert_cmpint(json_object_get_int_member(first, "cause"), ==, 19);
}

/* ---- commands that change something ---- */

static void test_hangup(Fixture *fixture, gconstpointer data)
{
    int fd = client_open(fixture);

    expect(fd, "{\"command\":\"hangup\",\"call\":42}", YES("{\"call\":42,\"cause\":16}"));
    g_assert_cmpuint(paper.cleared, ==, 42);
    g_assert_cmpuint(paper.cause, ==, 16);
    g_assert_true(paper.thread == fixture->signalling);
    expect(fd, "{\"command\":\"hangup\",\"call\":41,\"cause\":41}",
           YES("{\"call\":41,\"cause\":41}"));
    g_assert_cmpuint(paper.cause, ==, 41);

    /* A call for help is cleared by nobody's mistake. */
    paper.sheltered = 42;
    expect(fd, "{\"command\":\"hangup\",\"call\":42}",
           NO("call 42 is an emergency call: it is cleared with the word force alone"));
    g_assert_cmpuint(paper.cleared, ==, 41);
    expect(fd, "{\"command\":\"hangup\",\"call\":42,\"force\":\"yes\"}",
           YES("{\"call\":42,\"cause\":16}"));
    g_assert_cmpuint(paper.cleared, ==, 42);
    paper.sheltered = 0;
    close(fd);
}

static void test_busy_out(Fixture *fixture, gconstpointer data)
{
    int fd = client_open(fixture);

    expect(fd, "{\"command\":\"busy-out span\",\"span\":\"e1\"}",
           YES("\"span e1 busied out: calls there finish first\""));
    g_assert_cmpuint(paper.busied, ==, 1000);
    expect(fd, "{\"command\":\"busy-out channel\",\"channel\":\"e1/5\",\"force\":\"yes\"}",
           YES("\"channel e1/5 busied out: calls there finish first\""));
    g_assert_cmpuint(paper.busied, ==, 1105);
    expect(fd, "{\"command\":\"busy-out channel\",\"channel\":\"e1/16\"}",
           NO("span e1 has no B channel 16"));
    expect(fd, "{\"command\":\"busy-out channel\",\"channel\":\"e1\"}",
           NO("a channel is written SPAN/N, like e1/5, not \\\"e1\\\""));
    expect(fd, "{\"command\":\"busy-out channel\",\"channel\":\"e9/5\"}",
           NO("there is no span e9"));
    expect(fd, "{\"command\":\"return channel\",\"channel\":\"e1/5\"}",
           YES("\"channel e1/5 returned\""));
    g_assert_cmpuint(paper.busied, ==, 5);
    expect(fd, "{\"command\":\"return span\",\"span\":\"e1\"}", YES("\"span e1 returned\""));
    g_assert_cmpuint(paper.busied, ==, 0);
    expect(fd, "{\"command\":\"switch span\",\"span\":\"e1\"}",
           YES("\"span e1 has the active D channel\""));
    g_assert_cmpuint(paper.busied, ==, 7);
    close(fd);
}

static gboolean is_draining(int fd)
{
    g_autofree char *line = NULL;

    client_send(fd, "{\"command\":\"version\"}\n", 22);
    line = client_line(fd);
    g_assert_nonnull(strstr(line, "\"settings\":\"test.conf\""));
    return strstr(line, "\"draining\":true") != NULL;
}

static void test_drain(Fixture *fixture, gconstpointer data)
{
    int fd = client_open(fixture);

    g_assert_false(is_draining(fd));
    expect(fd, "{\"command\":\"drain\"}", YES("\"draining: no new calls are taken\""));
    g_assert_cmpuint(fixture->drained, ==, 1);
    g_assert_true(fixture->drain_thread == g_thread_self());
    g_assert_true(is_draining(fd));
    fixture->leaving = TRUE;
    expect(fd, "{\"command\":\"undrain\"}", NO("the daemon is stopping"));
    g_assert_true(is_draining(fd));
    fixture->leaving = FALSE;
    expect(fd, "{\"command\":\"undrain\"}", YES("\"new calls are taken\""));
    g_assert_cmpuint(fixture->drained, ==, 0);
    g_assert_false(is_draining(fd));
    close(fd);
}

static void test_reload(Fixture *fixture, gconstpointer data)
{
    int fd = client_open(fixture);

    expect(fd, "{\"command\":\"reload\"}", YES("\"settings read\""));
    expect(fd, "{\"command\":\"reload\"}", NO("tieline.conf:1: a\\ntieline.conf:2: b"));
    fixture->reloaded = 0;
    fixture->waiting = "[span e1] type, [span e1] law";
    expect(fd, "{\"command\":\"reload\"}",
           YES("\"settings read; these wait for a restart: [span e1] type, [span e1] law\""));
    close(fd);
}

/* ---- the socket ---- */

static void test_mode(Fixture *fixture, gconstpointer data)
{
    GStatBuf status;

    g_assert_cmpint(g_stat(fixture->path, &status), ==, 0);
    g_assert_true(S_ISSOCK(status.st_mode));
    g_assert_cmpint(status.st_mode & 07777, ==, 0660);
}

/* A request that comes octet by octet, and three that come at once. */
static void test_pieces(Fixture *fixture, gconstpointer data)
{
    static const char request[] = "{\"command\":\"ladder\",\"call\":9}\n";
    static const char three[] =
        "{\"command\":\"ping\"}\n{\"command\":\"ladder\"}\n{\"command\":\"ping\"}\n{";
    int fd = client_open(fixture);
    g_autofree char *line = NULL;

    for (gsize i = 0; i < sizeof request - 1; i++) {
        client_send(fd, request + i, 1);
        turn();
    }
    line = client_line(fd);
    g_assert_true(g_str_has_prefix(line, "{\"ok\":false"));
    client_send(fd, three, sizeof three - 1);
    for (guint i = 0; i < 3; i++) {
        g_autofree char *answer = client_line(fd);

        /* In the order of asking, although one went through signalling. */
        g_assert_true((i == 1) == (strstr(answer, "INVITE") != NULL));
    }
    close(fd);
}

static void test_too_long(Fixture *fixture, gconstpointer data)
{
    g_autofree char *flood = g_strnfill(DESK_REQUEST_MAX + 4000, ' ');
    g_autofree char *line = NULL;
    int fd = client_open(fixture), other = client_open(fixture);

    client_send(fd, flood, DESK_REQUEST_MAX + 4000);
    line = client_line(fd);
    g_assert_cmpstr(line, ==, NO("a request has at most 8192 octets"));
    g_clear_pointer(&line, g_free);
    line = client_line(fd);
    g_assert_null(line); /* closed */
    expect(other, "{\"command\":\"ping\"}", YES("\"pong\""));
    close(fd);
    close(other);
}

/* The longest request there may be, and one as deep as it can be. */
static void test_longest(Fixture *fixture, gconstpointer data)
{
    g_autofree char *blanks = g_strnfill(DESK_REQUEST_MAX - 18, ' ');
    g_autofree char *longest = g_strconcat("{\"command\":\"ping\"}", blanks, NULL);
    g_autofree char *deep = g_strnfill(DESK_REQUEST_MAX, '[');
    g_autofree char *line = NULL;
    int fd = client_open(fixture);

    g_assert_cmpuint(strlen(longest), ==, DESK_REQUEST_MAX);
    expect(fd, longest, YES("\"pong\""));
    client_send(fd, deep, DESK_REQUEST_MAX);
    client_send(fd, "\n", 1);
    line = client_line(fd);
    g_assert_true(g_str_has_prefix(line, "{\"ok\":false,\"error\":\"the request is no JSON"));
    close(fd);
}

/* A client that asks and asks and never reads: it is not read from any more, and others do not
 * notice. */
static void test_slow_client(Fixture *fixture, gconstpointer data)
{
    static const char request[] = "{\"command\":\"show calls\"}\n";
    int slow = client_open(fixture), other;
    guint unread = 0;
    gsize sent = 0;

    paper_calls = 2000;    /* half a megabyte an answer */
    while (unread < 200) { /* until the daemon takes no more for 40 ms */
        gssize length = send(slow, request, sizeof request - 1, MSG_NOSIGNAL);

        unread = length > 0 ? 0 : unread + 1;
        sent += length > 0 ? (gsize)length : 0;
        turn();
        g_assert_cmpuint(sent, <, 16 * 1024 * 1024);
    }
    other = client_open(fixture);
    for (guint i = 0; i < 20; i++)
        expect(other, "{\"command\":\"ping\"}", YES("\"pong\""));
    close(other);
    close(slow);
}

static gboolean place_becomes_free(Fixture *fixture)
{
    gint64 patience = g_get_monotonic_time() + 5 * G_USEC_PER_SEC;

    while (g_get_monotonic_time() < patience) {
        int fd = client_open(fixture);
        g_autofree char *line = NULL;

        client_send(fd, "{\"command\":\"ping\"}\n", 19);
        line = client_line(fd);
        close(fd);
        if (g_strcmp0(line, YES("\"pong\"")) == 0)
            return TRUE;
        turn();
    }
    return FALSE;
}

static void test_many_clients(Fixture *fixture, gconstpointer data)
{
    int fds[DESK_CLIENTS_MAX + 1];
    g_autofree char *line = NULL;

    for (guint i = 0; i < DESK_CLIENTS_MAX; i++) {
        fds[i] = client_open(fixture);
        expect(fds[i], "{\"command\":\"ping\"}", YES("\"pong\""));
    }
    fds[DESK_CLIENTS_MAX] = client_open(fixture);
    line = client_line(fds[DESK_CLIENTS_MAX]);
    g_assert_cmpstr(line, ==, NO("32 clients are connected already"));
    /* All at once, the answers crossing between threads. */
    for (guint i = 0; i < DESK_CLIENTS_MAX; i++)
        client_send(fds[i], "{\"command\":\"ladder\"}\n", 21);
    for (guint i = 0; i < DESK_CLIENTS_MAX; i++) {
        g_autofree char *ladder = client_line(fds[i]);

        g_assert_nonnull(strstr(ladder, "INVITE"));
    }
    for (guint i = 0; i <= DESK_CLIENTS_MAX; i++)
        close(fds[i]);
    /* Their places are free again, as soon as the desk has seen them go. */
    g_assert_true(place_becomes_free(fixture));
}

/* A process without descriptors: one client at a time is served from the spare one, and nobody is
 * asked again and again. */
static void test_no_descriptors(Fixture *fixture, gconstpointer data)
{
    int first = client_open(fixture), second = client_socket(), count = 0;
    int taken[100];
    struct rlimit limit, low;

    getrlimit(RLIMIT_NOFILE, &limit);
    low = (struct rlimit){G_N_ELEMENTS(taken), limit.rlim_max};
    setrlimit(RLIMIT_NOFILE, &low);
    expect(first, "{\"command\":\"ping\"}", YES("\"pong\""));
    while ((taken[count] = open("/dev/null", O_RDONLY)) >= 0)
        count++;
    g_assert_cmpint(errno, ==, EMFILE);
    client_connect(fixture, second);
    expect(second, "{\"command\":\"ping\"}", YES("\"pong\""));
    while (count)
        close(taken[--count]);
    setrlimit(RLIMIT_NOFILE, &limit);
    close(first);
    close(second);
    for (guint i = 0; i < 50; i++)
        turn();
    first = client_open(fixture);
    expect(first, "{\"command\":\"ping\"}", YES("\"pong\""));
    close(first);
}

/* Clients that leave in the middle of everything, and a desk that closes over them. */
static void test_leaving(Fixture *fixture, gconstpointer data)
{
    int fd;
    g_autofree char *line = NULL;

    for (guint i = 0; i < 300; i++) {
        fd = client_open(fixture);
        client_send(fd, "{\"command\":\"show calls\"}\n{\"comm", 5 + (i * 7) % 27);
        for (guint j = 0; j < i % 5; j++)
            turn();
        close(fd);
    }
    fd = client_open(fixture);
    expect(fd, "{\"command\":\"ping\"}", YES("\"pong\""));
    client_send(fd, "{\"command\":\"ladder\"}\n", 21);
    turn();
    g_clear_pointer(&fixture->ctl, ctl_free);
    line = client_line(fd);
    g_free(g_steal_pointer(&line)); /* the answer, or the end of the connection */
    close(fd);
}

/* One at a time, and none while calls stand on the span. */
static void test_selftest(Fixture *fixture, gconstpointer data)
{
    const char *begin = "{\"command\":\"selftest span\",\"span\":\"e1\"}";
    const char *ask = "{\"command\":\"selftest result\"}";
    g_autoptr(JsonArray) rows = NULL;
    int fd = client_open(fixture);

    paper.standing = 3;
    expect(fd, begin, NO("3 calls stand on span e1"));
    expect(fd, ask, NO("no selftest has run since the start"));
    paper.standing = 0;
    paper.selftest_bad = TRUE;
    expect(fd, begin, YES("{\"number\":1,\"span\":\"e1\",\"state\":\"running\"}"));
    g_assert_cmpuint(paper.taken_out, ==, 1);
    rows = rows_of(fixture, "show spans");
    g_assert_cmpstr(
        json_object_get_string_member(json_array_get_object_element(rows, 0), "d_channel"), ==,
        "out of service");
    expect(fd, begin, NO("a selftest of span e1 is running"));
    g_assert_cmpuint(paper.taken_out, ==, 1);
    expect(fd, ask, YES("{\"number\":1,\"span\":\"e1\",\"state\":\"running\"}"));
    expect(fd, ask,
           YES("{\"number\":1,\"span\":\"e1\",\"state\":\"over\",\"loop\":\"outside\",\"good\":0,"
               "\"slips\":2,\"channels\":[{\"channel\":\"e1/1\",\"result\":\"nothing came back\","
               "\"octets\":0,\"errors\":0},{\"channel\":\"e1/2\",\"result\":\"another channel came "
               "back\",\"heard\":\"e1/3\",\"octets\":23000,\"errors\":7,\"delay_us\":20125}]}"));
    expect(fd, begin, YES("{\"number\":2,\"span\":\"e1\",\"state\":\"running\"}"));
    close(fd);
}

static void test_socket_in_use(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *words =
        g_strdup_printf("[system] control: %s: another tielined answers there", fixture->path);
    Ctl *second = ctl_new(&fixture->rooms, &error);

    g_assert_null(second);
    g_assert_cmpstr(error->message, ==, words);
    g_assert_true(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
}

/* A file left behind by a daemon that died is replaced; what is no socket is not. */
static void test_socket_dead(Fixture *fixture, gconstpointer data)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_autoptr(GError) error = NULL;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    g_clear_pointer(&fixture->ctl, ctl_free);
    g_strlcpy(address.sun_path, fixture->path, sizeof address.sun_path);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    close(fd);
    fixture->ctl = ctl_new(&fixture->rooms, &error);
    g_assert_no_error(error);
    fd = client_open(fixture);
    expect(fd, "{\"command\":\"ping\"}", YES("\"pong\""));
    close(fd);

    g_clear_pointer(&fixture->ctl, ctl_free);
    g_assert_true(g_file_set_contents(fixture->path, "precious", -1, NULL));
    fixture->ctl = ctl_new(&fixture->rooms, &error);
    g_assert_null(fixture->ctl);
    g_assert_nonnull(strstr(error->message, "is there and is no socket"));
    g_assert_true(g_file_test(fixture->path, G_FILE_TEST_IS_REGULAR));
    g_unlink(fixture->path);
}

static void test_no_folder(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    CtlRooms rooms = fixture->rooms;
    g_autoptr(Settings) settings =
        settings_parse("t", "[system]\ncontrol=/nonexistent/folder/control\n", NULL);

    rooms.settings = settings;
    g_assert_null(ctl_new(&rooms, &error));
    g_assert_cmpstr(error->message, ==,
                    "[system] control: /nonexistent/folder/control: No such file or directory");
}

#define ADD(path, data, func) g_test_add(path, Fixture, data, fixture_open, func, fixture_close)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ctl/no-proxy", test_no_proxy);
    for (gsize i = 0; i < G_N_ELEMENTS(requests); i++) {
        g_autofree char *path = g_strdup_printf("/ctl/request/%s", requests[i].name);

        ADD(path, &requests[i], test_request);
    }
    ADD("/ctl/show/spans", NULL, test_show_spans);
    ADD("/ctl/show/channels", NULL, test_show_channels);
    ADD("/ctl/show/timers", NULL, test_show_timers);
    ADD("/ctl/hangup", NULL, test_hangup);
    ADD("/ctl/busy-out", NULL, test_busy_out);
    ADD("/ctl/selftest", NULL, test_selftest);
    ADD("/ctl/drain", NULL, test_drain);
    ADD("/ctl/reload", NULL, test_reload);
    ADD("/ctl/socket/mode", NULL, test_mode);
    ADD("/ctl/socket/pieces", NULL, test_pieces);
    ADD("/ctl/socket/too-long", NULL, test_too_long);
    ADD("/ctl/socket/longest", NULL, test_longest);
    ADD("/ctl/socket/slow-client", NULL, test_slow_client);
    ADD("/ctl/socket/many-clients", NULL, test_many_clients);
    ADD("/ctl/socket/no-descriptors", NULL, test_no_descriptors);
    ADD("/ctl/socket/leaving", NULL, test_leaving);
    ADD("/ctl/socket/in-use", NULL, test_socket_in_use);
    ADD("/ctl/socket/dead", NULL, test_socket_dead);
    ADD("/ctl/socket/no-folder", NULL, test_no_folder);
    return g_test_run();
}
