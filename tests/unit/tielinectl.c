/* tielinectl against a daemon of paper rooms: its words, its tables, its exit statuses. */
#include "ctl_daemon.h"
#include "table.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <glib/gstdio.h>
#include <string.h>

/* How one run of tielinectl ended. */
typedef struct Ran {
    int status;
    char *out, *err;
    gboolean over;
} Ran;

static void ran_clear(Ran *ran)
{
    g_free(ran->out);
    g_free(ran->err);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ran, ran_clear)

static void on_end(GObject *source, GAsyncResult *result, gpointer user)
{
    Ran *ran = user;
    g_autoptr(GError) error = NULL;

    g_subprocess_communicate_utf8_finish(G_SUBPROCESS(source), result, &ran->out, &ran->err,
                                         &error);
    g_assert_no_error(error);
    ran->over = TRUE;
}

/* Runs tielinectl at SOCKET with LINE's words; "'" quotes. */
static void ctl_run(const char *socket, const char *line, Ran *ran)
{
    g_autofree char *command = g_strdup_printf("%s --socket %s %s", TIELINECTL, socket, line);
    g_auto(GStrv) words = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GSubprocess) process = NULL;

    g_assert_true(g_shell_parse_argv(command, NULL, &words, &error));
    process =
        g_subprocess_newv((const char *const *)words,
                          G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error);
    g_assert_no_error(error);
    g_subprocess_communicate_utf8_async(process, NULL, NULL, on_end, ran);
    while (!ran->over)
        g_main_context_iteration(NULL, TRUE);
    ran->status = g_subprocess_get_exit_status(process);
}

typedef struct ToolCase {
    const char *name, *line;
    int status;
    const char *out, *err;
} ToolCase;

static const ToolCase cases[] = {
    {"ping", "ping", 0, "pong\n", ""},
    {"json", "--json ping", 0, "\"pong\"\n", ""},
    {"json-list", "--json show routes", 0,
     "[{\"route\":\"out\",\"from\":\"trunk pbx, 192.0.2.0/24\",\"called\":\"2XX\",\"to\":\"trunk "
     "pbx, "
     "sip:a@b\"},{\"route\":\"in\",\"from\":\"anywhere\",\"called\":\"any\",\"to\":\"sip:{number}@"
     "192.0.2."
     "9\"}]\n",
     ""},
    {"spans", "show spans", 0,
     "SPAN  TRUNK  ALARMS  D CHANNEL  FOR  CHANNELS  BUSY  BLOCKED  D IN  D OUT  REFUSED  PACKETS "
     "IN  "
     "LOST  LATE  SLIPS  TIMING\n"
     "e1    pbx    YELLOW  up         0 s        30     1        0     7      0        0        "
     "1000  "
     "   3     0      0  none\n",
     ""},
    {"channels", "show channels", 0,
     "CHANNEL  TRUNK  STATE           WHY           FOR  CALL  CALLS  SENT  RECEIVED  LOST  LATE  "
     "CONCEALED  SLIPPED  JITTER  DEPTH\n"
     "e1/5     pbx    busy                                 41      3    50         0     0     0  "
     "        0        0  1.2 ms  20 ms\n"
     "e1/6     pbx    out of service  busied out  1m 5s            0\n",
     ""},
    {"calls", "show calls", 0,
     "CALL    AGE  SIP      ISDN    CHANNEL  CALLING  CALLED  FROM                        TO\n"
     "  41  1m 5s  UP       ACTIVE  e1/5              200     sip 192.0.2.7:5060 (proxy)  trunk "
     "pbx\n"
     "  42  1m 5s  CALLING  ACTIVE           201      100     trunk pbx                   "
     "sip:100@192.0.2.9\n",
     ""},
    {"routes", "show routes", 0,
     "ROUTE  FROM                     CALLED  TO\n"
     "out    trunk pbx, 192.0.2.0/24  2XX     trunk pbx, sip:a@b\n"
     "in     anywhere                 any     sip:{number}@192.0.2.9\n",
     ""},
    {"counters", "show counters", 0,
     "ROOM   COUNTER                          VALUE\n"
     "hall   calls live                           2\n"
     "hall   calls refused      9223372036854775807\n"
     "sip    legs live                            2\n"
     "sip    invites                              9\n"
     "sip    proxy requests in                    3\n"
     "isdn   restarts                             2\n"
     "media  port pairs in use                    1\n",
     ""},
    {"registrations", "show registrations", 0,
     "AOR  CONTACT                          Q  EXPIRES  ORIGIN      SOURCE           BY   USER  "
     "AGENT\n"
     "201  sip:201@192.0.2.31:5060;x=\"?\"  0.5    1m 5s  registered  192.0.2.7:40000  tcp  ann   "
     "Phone/1.0\n"
     "202  sip:202@192.0.2.32               1           static\n",
     ""},
    {"primary", "show primary", 0,
     "PRIMARY      ADDRESS         BY   STATE    FOR  ANSWER  ANSWERED  REFUSED  SILENT  OUTAGES\n"
     "pbx.example  192.0.2.5:5060  udp  up     1m 5s     3 s         7        1       2        1\n",
     ""},
    {"peers", "show peers", 0,
     "PEER     SERVER          REGISTRATION    FOR  EXPIRES  STATUS  STATE    FOR  ANSWERED  REFUSED  SILENT  ADDRESSES\n"
     "phones\n"
     "carrier  sip:192.0.2.20  registered    1m 5s   30m 0s          up     1m 1s         7        2       1  192.0.2.20:5060 up\n"
     "other    sip:192.0.2.21  failed          3 s              403\n",
     ""},
    {"mwi", "show mwi", 0,
     "MAILBOX  TOLD BY  TRUNK  MESSAGES        FOR\n"
     "200      pbx      pbx    2 new, 0 old  1m 5s\n"
     "300      sip      pbx    none            3 s\n",
     ""},
    {"registrations-none", "show registrations 9", 0, "no registrations\n", ""},
    {"drop-registration", "drop registration 201", 0, "2 registration(s) of 201 dropped\n", ""},
    {"drop-registration-contact", "drop registration 201 sip:a@b", 0,
     "1 registration(s) of 201 dropped\n", ""},
    {"drop-registration-none", "drop registration 9", 1, "", "tielinectl: 9 has not registered\n"},
    {"drop-registration-short", "drop registration", 2, "",
     "tielinectl: usage: tielinectl drop registration AOR [CONTACT]\n"},
    {"ladder", "ladder", 0, "INVITE -->\n          SETUP -->\n", ""},
    {"ladder-last", "ladder last", 0, "INVITE -->\n          SETUP -->\n", ""},
    {"ladder-call", "ladder C41", 0, "INVITE -->\n          SETUP -->\n", ""},
    {"ladder-forgotten", "ladder 7", 1, "",
     "tielinectl: call 7 is unknown, or its ladder is forgotten\n"},
    {"hangup", "hangup C42 41", 0, "call 42 is being cleared with cause 41\n", ""},
    {"hangup-force", "hangup C42 force", 0, "call 42 is being cleared with cause 16\n", ""},
    {"hangup-force-cause", "hangup C42 41 force", 0, "call 42 is being cleared with cause 41\n",
     ""},
    {"hangup-word", "hangup C42 41 now", 2, "", "tielinectl: unexpected word \"now\"\n"},
    {"hangup-none", "hangup 9", 1, "", "tielinectl: there is no call 9\n"},
    {"hangup-last", "hangup last", 2, "", "tielinectl: \"last\" is not a call, like 42 or C42\n"},
    {"explain-cause", "explain cause 44", 0, "cause 44 at any\nsecond line\n", ""},
    {"explain-cause-trunk", "explain cause 44 pbx", 0, "cause 44 at pbx\nsecond line\n", ""},
    {"explain-cause-range", "explain cause 128", 1, "",
     "tielinectl: explain cause: cause is 128; allowed: 1-127\n"},
    {"explain-cause-word", "explain cause busy", 2, "", "tielinectl: \"busy\" is not a number\n"},
    {"explain-status", "explain status 486", 0, "status 486 at any\n", ""},
    {"explain-route", "explain route 192.0.2.7 200", 0,
     "nobody hears it: [sip] allow does not name this source; if it did:\nSIP proxy to 200 from "
     "\n",
     ""},
    {"explain-route-trunk", "explain route trunk pbx 100 7", 0, "PRI pbx to 100 from 7\n", ""},
    {"explain-route-quoted", "explain route 'trunk pbx' 100", 0, "PRI pbx to 100 from \n", ""},
    {"explain-route-short", "explain route trunk pbx", 2, "",
     "tielinectl: usage: tielinectl explain route FROM TO [CALLING]\n"},
    {"drain", "drain", 0, "draining: no new calls are taken\n", ""},
    {"reload", "reload", 0, "settings read\n", ""},
    {"no-command", "", 2, "", "tielinectl: a command is missing; try tielinectl --help\n"},
    {"no-such-command", "show money", 2, "",
     "tielinectl: unknown command; try tielinectl --help\n"},
    {"selftest-no-span", "selftest span e2", 1, "", "tielinectl: there is no span e2\n"},
    {"selftest-word", "selftest span", 2, "", "tielinectl: usage: tielinectl selftest span SPAN\n"},
    {"selftest-none", "selftest result", 1, "",
     "tielinectl: no selftest has run since the start\n"},
    {"too-many", "ping pong", 2, "", "tielinectl: unexpected word \"pong\"\n"},
    {"option", "--frob", 2, "", "tielinectl: Unknown option --frob\n"},
};

static void test_case(Fixture *fixture, gconstpointer data)
{
    const ToolCase *row = data;
    g_auto(Ran) ran = {0};

    ctl_run(fixture->path, row->line, &ran);
    g_assert_cmpstr(ran.err, ==, row->err);
    g_assert_cmpstr(ran.out, ==, row->out);
    g_assert_cmpint(ran.status, ==, row->status);
}

static void test_version(Fixture *fixture, gconstpointer data)
{
    g_auto(Ran) ran = {0};

    ctl_run(fixture->path, "version", &ran);
    g_assert_true(g_str_has_prefix(ran.out, "tielined "));
    g_assert_true(g_str_has_suffix(ran.out, ", up 0 s, settings from test.conf\n"));
}

static void test_timers(Fixture *fixture, gconstpointer data)
{
    g_auto(Ran) ran = {0};

    ctl_run(fixture->path, "show timers", &ran);
    /* The paper call map has one rule only; the lengths are the trunk's own. */
    g_assert_cmpstr(ran.out, ==,
                    "TIMER  TRUNK  LENGTH  EVENT                               CAUSE  WHY\n"
                    "T301   pbx     240 s  TIMER.T301                             19  Q.931 9.2\n"
                    "T301   pbx      15 s  TIMER.T301                             19  Q.931 9.2\n"
                    "T301   pbx      20 s  TIMER.T301                             19  Q.931 9.2\n"
                    "T301   pbx      30 s  TIMER.T301                             19  Q.931 9.2\n"
                    "T301   pbx      60 s  TIMER.T301                             19  Q.931 9.2\n"
                    "T301   pbx     300 s  TIMER.T301                             19  Q.931 9.2\n"
                    "T301   pbx      20 s  TIMER.T301                             19  Q.931 9.2\n"
                    "T303   pbx       4 s  SETUP again, then ISDN.RELEASED\n"
                    "T305   pbx      30 s  RELEASE\n"
                    "T308   pbx       4 s  RELEASE again, then ISDN.RELEASED\n"
                    "T309   pbx       6 s  ISDN.LOST\n"
                    "T313   pbx       4 s  ISDN.UNACKNOWLEDGED\n"
                    "T316   pbx     120 s  RESTART again, then out of service\n"
                    "T301           180 s  TIMER.T301                             19  Q.931 9.2\n"
                    "T301             1 s  TIMER.T301                             19  Q.931 9.2\n"
                    "T301           128 s  TIMER.T301                             19  Q.931 9.2\n");
}

/* It waits for the end, and its exit status is the line's. */
static void test_selftest(Fixture *fixture, gconstpointer data)
{
    const char *table = "span e1: 2 of 2 channels good, 2 slips, looped by the card\n"
                        "CHANNEL  RESULT  OCTETS  ERRORS    DELAY\n"
                        "e1/1     good     23000       0  20.1 ms\n"
                        "e1/2     good     23000       0  20.1 ms\n";
    g_auto(Ran) ran = {0}, again = {0}, json = {0};

    ctl_run(fixture->path, "selftest span e1", &ran);
    g_assert_cmpstr(ran.out, ==, table);
    g_assert_cmpstr(ran.err, ==, "");
    g_assert_cmpint(ran.status, ==, 0);
    ctl_run(fixture->path, "selftest result", &again);
    g_assert_cmpstr(again.out, ==, table);
    g_assert_cmpint(again.status, ==, 0);
    ctl_run(fixture->path, "--json selftest span 1", &json);
    g_assert_true(g_str_has_prefix(json.out, "{\"number\":2,\"span\":\"e1\",\"state\":\"over\","));
    g_assert_cmpint(json.status, ==, 0);
}

static void test_selftest_bad(Fixture *fixture, gconstpointer data)
{
    g_auto(Ran) ran = {0}, json = {0};

    paper.selftest_bad = TRUE;
    ctl_run(fixture->path, "selftest span e1", &ran);
    g_assert_cmpstr(
        ran.out, ==,
        "span e1: 0 of 2 channels good, 2 slips, loop expected from outside: a plug, or "
        "the far end's\n"
        "CHANNEL  RESULT                     HEARD  OCTETS  ERRORS    DELAY\n"
        "e1/1     nothing came back                      0       0\n"
        "e1/2     another channel came back  e1/3    23000       7  20.1 ms\n");
    g_assert_cmpint(ran.status, ==, 1);
    ctl_run(fixture->path, "--json selftest result", &json);
    g_assert_cmpint(json.status, ==, 1);
}

static void test_selftest_refused(Fixture *fixture, gconstpointer data)
{
    g_auto(Ran) ran = {0}, running = {0};

    paper.standing = 3;
    ctl_run(fixture->path, "selftest span e1", &ran);
    g_assert_cmpstr(ran.err, ==, "tielinectl: 3 calls stand on span e1\n");
    g_assert_cmpint(ran.status, ==, 1);
    paper.selftest = (SelftestReport){.number = 1, .running = TRUE};
    paper.selftest_asks = 5;
    ctl_run(fixture->path, "selftest result", &running);
    g_assert_cmpstr(running.out, ==, "span e1: the selftest is running\n");
    g_assert_cmpint(running.status, ==, 1);
}

/* Somebody else's result is not ours. */
static void test_selftest_overtaken(Fixture *fixture, gconstpointer data)
{
    g_auto(Ran) ran = {0};

    paper.selftest_overtaken = TRUE;
    ctl_run(fixture->path, "selftest span e1", &ran);
    g_assert_cmpstr(ran.err, ==,
                    "tielinectl: another selftest was begun before this one was asked for\n");
    g_assert_cmpstr(ran.out, ==, "");
    g_assert_cmpint(ran.status, ==, 1);
}

static void test_nothing_there(Fixture *fixture, gconstpointer data)
{
    g_auto(Ran) ran = {0};

    paper_calls = 0;
    ctl_run(fixture->path, "show calls", &ran);
    g_assert_cmpstr(ran.out, ==, "no calls\n");
    g_assert_cmpint(ran.status, ==, 0);
}

static void test_unreachable(Fixture *fixture, gconstpointer data)
{
    g_auto(Ran) ran = {0};

    ctl_run("/nonexistent/control", "ping", &ran);
    g_assert_cmpstr(ran.err, ==,
                    "tielinectl: tielined is not reachable: /nonexistent/control: Could not "
                    "connect: No such file or directory\n");
    g_assert_cmpint(ran.status, ==, 3);
}

/* A daemon that closes the door instead of answering. */
static gboolean on_silent_client(GSocketService *service, GSocketConnection *connection,
                                 GObject *source, gpointer user)
{
    g_io_stream_close(G_IO_STREAM(connection), NULL, NULL);
    return TRUE;
}

static void test_no_answer(Fixture *fixture, gconstpointer data)
{
    g_autofree char *path = g_build_filename(fixture->folder, "silent", NULL);
    g_autoptr(GSocketService) service = g_socket_service_new();
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
    g_auto(Ran) ran = {0};

    g_assert_true(g_socket_listener_add_address(G_SOCKET_LISTENER(service), address,
                                                G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT,
                                                NULL, NULL, NULL));
    g_signal_connect(service, "incoming", G_CALLBACK(on_silent_client), NULL);
    ctl_run(path, "ping", &ran);
    g_assert_cmpint(ran.status, ==, 3);
    g_assert_cmpstr(ran.out, ==, "");
    g_socket_service_stop(service);
    g_socket_listener_close(G_SOCKET_LISTENER(service));
    g_assert_cmpint(g_unlink(path), ==, 0);
}

/* On a terminal what is not well stands out, and what a hostile name holds does not reach it. */
static void test_colour(void)
{
    static const Column columns[] = {
        {"NAME", "name", COLUMN_TEXT, NULL},
        {"STATE", "state", COLUMN_TEXT, "up"},
        {"AGE", "age", COLUMN_SECONDS, NULL},
        {NULL},
    };
    g_autoptr(JsonNode) node =
        json_from_string("[{\"name\":\"a\\u001b[2J\\u009b\",\"state\":\"up\",\"age\":90061},"
                         "{\"name\":\"\\u6f22\",\"state\":\"down\",\"age\":7384},"
                         "{\"name\":null,\"state\":true,\"age\":[]}]",
                         NULL);
    g_autofree char *text = NULL;
    gsize size;
    FILE *out = open_memstream(&text, &size);

    table_print(out, columns, json_node_get_array(node), TRUE);
    fclose(out);
    g_assert_cmpstr(text, ==,
                    "\033[1mNAME\033[0m    \033[1mSTATE\033[0m    \033[1mAGE\033[0m\n"
                    "a?[2J?  up     1d 1h\n"
                    "\xe6\xbc\xa2      \033[31mdown\033[0m   2h 3m\n"
                    "        \033[31myes\033[0m\n");
}

#define ADD(path, data, func) g_test_add(path, Fixture, data, fixture_open, func, fixture_close)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/tielinectl/%s", cases[i].name);

        ADD(path, &cases[i], test_case);
    }
    g_test_add_func("/tielinectl/colour", test_colour);
    ADD("/tielinectl/version", NULL, test_version);
    ADD("/tielinectl/timers", NULL, test_timers);
    ADD("/tielinectl/selftest/good", NULL, test_selftest);
    ADD("/tielinectl/selftest/bad", NULL, test_selftest_bad);
    ADD("/tielinectl/selftest/refused", NULL, test_selftest_refused);
    ADD("/tielinectl/selftest/overtaken", NULL, test_selftest_overtaken);
    ADD("/tielinectl/nothing-there", NULL, test_nothing_there);
    ADD("/tielinectl/unreachable", NULL, test_unreachable);
    ADD("/tielinectl/no-answer", NULL, test_no_answer);
    return g_test_run();
}
