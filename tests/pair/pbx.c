/* Two tieline-pbx processes, NETWORK and CPE, over CESoPSN on loopback: the tool against itself and
 * libpri. */
#include "pbx_audio.h"
#include "real_time.h"

#include <arpa/inet.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A story: two scripts, and how each process is to end. Without a script for the network side, one
 * process has both ends of two lines, spans 0 and 1, and 2 and 3. */
typedef struct Story {
    const char *name;
    const char *options; /* of both */
    const char *network, *cpe;
    int network_status, cpe_status;
    const char *second; /* d-role of a second span on either side; NULL: there is one */
    gboolean alone;     /* the others are over before it starts: it wants the processor in time */
    /* in what the CPE and the network side print on standard error; NULL: nothing is printed */
    const char *says, *network_says;
    /* filled when it runs */
    char *directory;
    int held[4];
    guint16 ports[4];
    GSubprocess *sides[2];
} Story;

/* Both ways a pattern of its own, and octets compared at each far end. */
static const char audio_network[] = "answer after 300ms\n"
                                    "expect SETUP to 100 from 200\n"
                                    "expect name \"Bob B\"\n"
                                    "expect CONNECT ACK\n"
                                    "play pattern 1\n"
                                    "record network.g711\n"
                                    "expect pattern 2 for 1s\n"
                                    "expect octets 16000\n"
                                    "expect DISCONNECT cause 16 within 10s\n"
                                    "expect RELEASE COMPLETE\n"
                                    "check channels idle\n";
static const char audio_cpe[] = "expect up within 10s\n"
                                "call 100 from 200 name \"Bob B\" as bob\n"
                                "expect PROCEEDING\n"
                                "call bob expect ALERTING within 4s\n"
                                "expect CONNECT within 4s\n"
                                "play pattern 2\n"
                                "record cpe.g711\n"
                                "expect pattern 1 for 1s\n"
                                "expect octets 20000\n"
                                "disconnect 16\n"
                                "expect RELEASE cause 16\n"
                                "expect idle\n"
                                "check channels idle\n";

/* Every way to answer, and every way to clear. */
static const char answers_network[] =
    "for 1XX busy\n"
    "for 2XX reject 21\n"
    "for 3XX alert progress 8 then answer after 300ms\n"
    "for 4XX progress 1 cause 31 then progress 8 after 100ms then disconnect 17 progress 8 after "
    "100ms\n"
    "for 5XX proceed then release 26 after 50ms\n"
    "for 6. setup-ack\n"
    "for 7XX early pattern 5 then answer after 300ms\n"
    "for 8XX silent\n"
    "for 9XX connect\n"
    "serve\n";
static const char answers_cpe[] = "timer T303 700ms\n"
                                  "timer T305 700ms\n"
                                  "timer T308 500ms\n"
                                  "expect up within 10s\n"
                                  "call 100 from 200\n"
                                  "expect PROCEEDING\n"
                                  "expect DISCONNECT cause 17 location 1 progress none\n"
                                  "expect RELEASE COMPLETE\n"
                                  "expect idle\n"
                                  "call 200\n"
                                  "expect RELEASE COMPLETE cause 21\n"
                                  "expect no DISCONNECT for 100ms\n"
                                  "expect idle\n"
                                  "call 300\n"
                                  "expect ALERTING progress 8\n"
                                  "expect CONNECT\n"
                                  "disconnect 16\n"
                                  "expect RELEASE\n"
                                  "expect idle\n"
                                  "call 400\n"
                                  "expect PROGRESS progress 1 cause 31\n"
                                  "expect PROGRESS progress 8\n"
                                  "expect DISCONNECT cause 17 progress 8\n"
                                  "expect idle\n"
                                  "call 500\n"
                                  "expect PROCEEDING\n"
                                  "expect RELEASE cause 26\n"
                                  "expect sent RELEASE COMPLETE\n"
                                  "expect idle\n"
                                  "call 6 overlap\n"
                                  "expect SETUP ACK\n"
                                  "digits 01\n"
                                  "expect sent INFORMATION to 0\n"
                                  "expect sent INFORMATION to 1\n"
                                  "release complete 31\n"
                                  "expect idle\n"
                                  "call 700\n"
                                  "expect PROGRESS progress 8\n"
                                  "expect pattern 5 for 200ms\n"
                                  "expect CONNECT\n"
                                  "expect octets 2000\n"
                                  "release 31\n"
                                  "expect RELEASE COMPLETE\n"
                                  "expect idle\n"
                                  "call 900 as nine\n"
                                  "expect CONNECT\n"
                                  "call 301 as three\n"
                                  "expect ALERTING\n"
                                  "call nine disconnect 31\n"
                                  "call nine expect RELEASE\n"
                                  "call three expect CONNECT\n"
                                  "call three release complete 41\n"
                                  "expect idle\n"
                                  "ignore RELEASE\n"
                                  "call 900\n"
                                  "expect CONNECT\n"
                                  "disconnect 16\n"
                                  "expect RELEASE\n"
                                  "expect idle within 40s\n"
                                  "heed all\n"
                                  "call 800\n"
                                  "expect idle within 4s\n"
                                  "check channels idle\n";

/* RESTART, octets of our own, malformed ones, a cut D channel, a pulled cable. */
static const char trouble_network[] = "always answer\n"
                                      "expect up within 10s\n"
                                      "expect alarm within 30s\n"
                                      "expect clear within 10s\n"
                                      "expect idle within 20s\n"
                                      "check channels idle\n";
static const char trouble_cpe[] = "expect up within 10s\n"
                                  "call 100 from 200 channel 5 exclusive\n"
                                  "expect CONNECT channel 5\n"
                                  "restart 5\n"
                                  "expect RESTART ACK channel 5\n"
                                  "expect idle\n"
                                  "call 101 channel 6\n"
                                  "expect CONNECT\n"
                                  "call 102 channel 7\n"
                                  "expect CONNECT\n"
                                  "restart all\n"
                                  "expect RESTART ACK\n"
                                  "expect idle\n"
                                  "call 103\n"
                                  "expect CONNECT\n"
                                  "raw 6e 27 01 f9\n"
                                  "expect sent NOTIFY notify 121\n"
                                  "raw 08 02 00 00 46 18 03 a9 83 89 79 01 80\n"
                                  "expect RESTART ACK channel 9\n"
                                  "raw 08 02 7f ff 75\n"
                                  "expect RELEASE COMPLETE cause 81\n"
                                  "raw 08 01 02 05 70 01 21\n"
                                  "raw 08 02 03 ff 05 04 03 80 90 a3 18 03 a9 83 99 70 01 21\n"
                                  "raw frame 00 01 01\n"
                                  "raw frame 00\n"
                                  "notify 0\n"
                                  "disconnect 16\n"
                                  "expect idle\n"
                                  "dchannel down\n"
                                  "wait 1500ms\n"
                                  "dchannel up\n"
                                  "call 104\n"
                                  "expect CONNECT within 8s\n"
                                  "line down\n"
                                  "wait 500ms\n"
                                  "line up\n"
                                  "expect clear within 3s\n"
                                  "disconnect 16\n"
                                  "expect idle within 8s\n";

/* DISCONNECT meets DISCONNECT; one channel is taken from both sides, and the network keeps it. */
static const char clash_network[] = "timer T303 700ms\n"
                                    "always proceed\n"
                                    "expect up within 10s\n"
                                    "expect SETUP to 1\n"
                                    "alert\n"
                                    "answer\n"
                                    "ignore DISCONNECT\n"
                                    "expect DISCONNECT\n"
                                    "disconnect 41\n"
                                    "heed all\n"
                                    "expect idle within 3s\n"
                                    "ignore SETUP\n"
                                    "expect SETUP to 2\n"
                                    "heed all\n"
                                    "call 99 channel 3 exclusive as mine\n"
                                    "expect CONNECT within 3s\n"
                                    "expect idle within 9s\n";
static const char clash_cpe[] = "timer T303 2s\n"
                                "for 99 answer\n"
                                "expect up within 10s\n"
                                "call 1\n"
                                "expect CONNECT\n"
                                "disconnect 16\n"
                                "expect DISCONNECT cause 41\n"
                                "expect idle within 3s\n"
                                "ignore SETUP once\n"
                                "call 2 channel 3 exclusive as lost\n"
                                "expect SETUP to 99\n"
                                "expect SETUP to 99 within 6s\n"
                                "as won\n"
                                "expect sent CONNECT\n"
                                "call lost expect RELEASE COMPLETE cause 44 within 9s\n"
                                "call won disconnect 16\n"
                                "expect RELEASE\n"
                                "expect idle within 5s\n";

/* Hung up by hand before its time, a call is not answered any more, though it is not over yet. */
static const char by_hand_network[] = "timer T305 700ms\n"
                                      "always alert then answer after 300ms\n"
                                      "expect SETUP within 15s\n"
                                      "disconnect 17\n"
                                      "expect sent RELEASE\n"
                                      "expect idle\n";
static const char by_hand_cpe[] = "ignore DISCONNECT once\n"
                                  "call 100\n"
                                  "expect DISCONNECT cause 17\n"
                                  "expect RELEASE\n"
                                  "expect no CONNECT for 100ms\n"
                                  "expect idle\n";

static const char load_network[] = "always answer\nserve\n";
static const char load_cpe[] = "expect up within 10s\n"
                               "rate 40 for 60 calls talk 100ms\n"
                               "check channels idle\n";

/* NI2 and QSIG carry names in facilities. */
static const char name_network[] = "always answer after 100ms\n"
                                   "expect SETUP from 200 within 15s\n"
                                   "expect name \"Bob Builder\"\n"
                                   "expect CONNECT ACK\n"
                                   "call 300 from 400 name \"Net Side\"\n"
                                   "expect CONNECT\n"
                                   "disconnect 16\n"
                                   "expect idle\n";
static const char name_cpe[] = "always answer\n"
                               "call 100 from 200 name \"Bob Builder\"\n"
                               "expect CONNECT\n"
                               "expect SETUP from 400\n"
                               "expect name \"Net Side\"\n"
                               "call 1 disconnect 16\n"
                               "expect idle\n";

/* A call for one span goes out there or nowhere: not on span 2, which has room. */
#define FIVE_CALLS                                                                                 \
    "call 100 on 0\n"                                                                              \
    "call 100 on 0\n"                                                                              \
    "call 100 on 0\n"                                                                              \
    "call 100 on 0\n"                                                                              \
    "call 100 on 0\n"
static const char full_span[] =
    "always proceed only\n"
    "expect up within 10s\n" FIVE_CALLS FIVE_CALLS FIVE_CALLS FIVE_CALLS "call 100 on 0\n"
    "call 100 on 0\n"
    "call 100 on 0\n"
    "call 200 on 2\n"
    "call 300 on 0\n";

/* RESTART of channel 9 on one span leaves channel 9 of another alone. */
static const char raw_on_span[] = "always proceed only\n"
                                  "expect up within 10s\n"
                                  "call 100 channel 9 exclusive on 0\n"
                                  "expect PROCEEDING\n"
                                  "raw 08 02 00 00 46 18 03 a9 83 89 79 01 80 on 2\n"
                                  "expect RESTART ACK channel 9\n"
                                  "call 2 answer\n"
                                  "call 1 expect CONNECT\n"
                                  "call 1 raw 6e 27 01 f9 on 0\n"
                                  "expect sent NOTIFY notify 121\n"
                                  "call 1 raw 6e 27 01 f9 on 2\n";

/* A D channel for two spans: a call on the second one, on its last timeslot, cleared by RESTART. */
static const char shared_network[] = "always answer\n"
                                     "expect SETUP channel 24 interface 1 within 15s\n"
                                     "expect RESTART channel 24 interface 1 within 15s\n"
                                     "expect SETUP channel 23 interface 1\n"
                                     "expect SETUP channel 23 interface 0\n"
                                     "expect RESTART interface 1\n"
                                     "expect DISCONNECT\n"
                                     "expect idle\n";
static const char shared_cpe[] = "expect up within 10s\n"
                                 "call 100 channel 24 exclusive on 1\n"
                                 "expect CONNECT channel 24 interface 1\n"
                                 "play pattern 1\n"
                                 "restart 24 on 1\n"
                                 "expect RESTART ACK channel 24 interface 1\n"
                                 "expect idle\n"
                                 "call 101 channel 23 on 1\n"
                                 "expect CONNECT\n"
                                 "call 102 channel 23 on 0\n"
                                 "expect CONNECT\n"
                                 "restart all on 1\n"
                                 "expect RESTART ACK interface 1\n"
                                 "disconnect 16\n"
                                 "expect RELEASE\n"
                                 "check channels idle\n";

/* The line with the primary D channel is cut: an answered call on the other one ends by the backup,
 * and a new one goes out there; the script chooses the primary again. */
static const char backup_network[] = "always answer\n"
                                     "expect SETUP channel 5 interface 1 within 15s\n"
                                     "expect alarm on 0 within 15s\n"
                                     "expect SERVICE channel 24\n"
                                     "expect DISCONNECT cause 16\n"
                                     "expect SETUP channel 6 interface 1\n"
                                     "expect clear on 0\n"
                                     "expect SERVICE channel 24 within 15s\n"
                                     "expect SETUP channel 7 interface 1\n"
                                     "expect DISCONNECT\n"
                                     "expect DISCONNECT\n"
                                     "expect idle\n";
static const char backup_cpe[] = "expect up within 10s\n"
                                 "call 100 channel 5 exclusive on 1\n"
                                 "expect CONNECT\n"
                                 "line down on 0\n"
                                 "expect SERVICE ACK channel 24\n"
                                 "disconnect 16\n"
                                 "expect RELEASE\n"
                                 "call 101 channel 6 exclusive on 1\n"
                                 "expect CONNECT\n"
                                 "line up on 0\n"
                                 "expect up within 10s\n"
                                 "switch on 0\n"
                                 "expect SERVICE ACK channel 24\n"
                                 "call 102 channel 7 exclusive on 1\n"
                                 "expect CONNECT\n"
                                 "disconnect 16\n"
                                 "call 2 disconnect 16\n"
                                 "expect idle\n"
                                 "check channels idle\n";

static Story stories[] = {
    {"every-answer-and-every-clearing", "", answers_network, answers_cpe},
    {"restart-raw-octets-and-a-pulled-cable", "", trouble_network, trouble_cpe},
    {"collisions-and-glare", "", clash_network, clash_cpe},
    {"a-load-is-answered", "", load_network, load_cpe},
    {"names-on-ni2", "--type t1 --switchtype ni2", name_network, name_cpe},
    {"names-on-qsig", "--switchtype qsig", name_network, name_cpe},
    {"a-missed-message-fails", "", "for 1XX busy\nserve\n",
     "call 100\nexpect ALERTING within 500ms\nquit\n", .cpe_status = 1,
     .says = "cpe.pbx:2: expect ALERTING within 500ms: it did not come; what came: CALL "
             "PROCEEDING, DISCONNECT cause 17"},
    {"an-unwanted-message-fails", "", "for 1XX busy\nserve\n",
     "call 100\nexpect no DISCONNECT for 1s\nquit\n", .cpe_status = 1,
     .says = "cpe.pbx:2: expect no DISCONNECT for 1s: it came"},
    {"a-wrong-cause-fails", "", "for 1XX busy\nserve\n",
     "call 100\nexpect DISCONNECT cause 16 within 500ms\nquit\n", .cpe_status = 1,
     .says = "cpe.pbx:2: expect DISCONNECT cause 16 within 500ms: it did not come"},
    {"a-wrong-octet-fails", "", "always answer then play pattern 1\nserve\n",
     "call 100\nexpect CONNECT\nexpect pattern 2 for 500ms\nquit\n", .cpe_status = 1,
     .says = "cpe.pbx:3: expect pattern 2 for 500ms: what was heard is nowhere in the pattern"},
    {"a-busy-channel-fails", "", "always answer\nserve\n",
     "call 100\nexpect CONNECT\ncheck channels idle\nquit\n", .cpe_status = 1,
     .says = "cpe.pbx:3: check channels idle: 1 calls are alive"},
    {"a-call-hung-up-by-hand-takes-no-further-step", "", by_hand_network, by_hand_cpe},
    {"a-step-that-cannot-be-done-fails", "", "for 2XX answer then play missing.raw again\nserve\n",
     "call 200\nexpect CONNECT\ndisconnect 16\nexpect idle\ncall 201\nexpect CONNECT\nquit\n",
     .network_status = 1, .network_says = "network.pbx:1: play missing.raw again: call 1: "},
    {"a-recording-on-a-full-disk-fails", "", "always answer then record /dev/full\nserve\n",
     "call 200\nexpect CONNECT\nexpect octets 800\ndisconnect 16\nexpect idle\n",
     .network_status = 1, .network_says = "network.pbx: record: call 1: /dev/full: "},
    {"a-full-disk-fails-the-last-recording", "", "always answer\nserve\n",
     "call 200\nexpect CONNECT\nrecord /dev/full\nexpect octets 800\nquit now\n", .cpe_status = 1,
     .says = "cpe.pbx: record: call 1: /dev/full: "},
    {"a-full-span-fails", "--type t1", NULL, full_span, .cpe_status = 1,
     .says = "cpe.pbx:27: call 300 on 0: all channels of span 0 are busy"},
    {"a-span-that-is-down-fails", "", NULL, "expect up within 10s\nline down on 2\ncall 1 on 2\n",
     .cpe_status = 3,
     .says = "cpe.pbx:3: call 1 on 2: span 2 is down: its D channel does not come up"},
    {"raw-octets-go-out-on-their-span", "", NULL, raw_on_span, .cpe_status = 1,
     .says = "cpe.pbx:11: call 1 raw 6e 27 01 f9 on 2: that call is on span 0"},
    {"a-d-channel-for-two-spans", "--type t1 --switchtype ni2", shared_network, shared_cpe,
     .second = "none"},
    {"a-backup-d-channel", "--type t1 --switchtype ni2", backup_network, backup_cpe,
     .second = "backup"},
    {"a-backup-d-channel-on-4ess", "--type t1 --switchtype 4ess", backup_network, backup_cpe,
     .second = "backup"},
    {"audio-is-exact-both-ways", "--buffer 32", audio_network, audio_cpe, .alone = TRUE},
    {"audio-is-exact-on-t1", "--buffer 32 --type t1", audio_network, audio_cpe, .alone = TRUE},
};

/* ---- running them all at once ---------------------------------------------------------------- */

static const char *tool(void)
{
    const char *path = g_getenv("TIELINE_PBX");

    return path ? path : "./tieline-pbx";
}

static guint16 free_port(int *held)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;

    *held = socket(AF_INET, SOCK_DGRAM, 0);
    g_assert_cmpint(bind(*held, (struct sockaddr *)&address, length), ==, 0);
    g_assert_cmpint(getsockname(*held, (struct sockaddr *)&address, &length), ==, 0);
    return ntohs(address.sin_port);
}

/* A test that fails leaves nobody behind. Where octets are compared, a busy machine's other work
 * has to wait (as far as we may ask for that). */
static void side_setup(gpointer data)
{
    const Story *story = data;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (story->alone)
        real_time_ask();
}

/* The spans of one side, as options. */
static char *side_spans(const Story *story, gboolean network)
{
    const guint16 *port = story->ports;
    const char *clock = network ? "master" : "slave";

    if (story->second)
        return g_strdup_printf(
            "--side %s --clock %s --span local=127.0.0.1:%u,remote=127.0.0.1:%u "
            "--span local=127.0.0.1:%u,remote=127.0.0.1:%u,d-role=%s,interface=1",
            network ? "network" : "cpe", clock, port[!network], port[network], port[2 + !network],
            port[2 + network], story->second);
    if (story->network)
        return g_strdup_printf("--side %s --clock %s --local 127.0.0.1:%u --remote 127.0.0.1:%u",
                               network ? "network" : "cpe", clock, port[!network], port[network]);
    return g_strdup_printf(
        "--span local=127.0.0.1:%u,remote=127.0.0.1:%u,side=network,clock=master "
        "--span local=127.0.0.1:%u,remote=127.0.0.1:%u "
        "--span local=127.0.0.1:%u,remote=127.0.0.1:%u,side=network,clock=master "
        "--span local=127.0.0.1:%u,remote=127.0.0.1:%u",
        port[0], port[1], port[1], port[0], port[2], port[3], port[3], port[2]);
}

static GSubprocess *side_start(const Story *story, gboolean network)
{
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
    const char *side = network ? "network" : "cpe";
    g_autofree char *path = g_canonicalize_filename(tool(), NULL);
    g_autofree char *spans = side_spans(story, network);
    g_autofree char *line = g_strdup_printf("%s --packet 5 %s --timeout 90s -s %s.pbx %s", path,
                                            spans, side, story->options);
    g_auto(GStrv) words = g_strsplit(g_strchomp(line), " ", -1);
    g_autofree char *script = g_strdup_printf("%s/%s.pbx", story->directory, side);
    g_autofree char *json = g_strdup_printf("%s/%s.json", story->directory, side);
    g_autofree char *errors = g_strdup_printf("%s/%s.err", story->directory, side);
    g_autoptr(GError) error = NULL;
    GSubprocess *process;

    g_assert_true(g_file_set_contents(script, network ? story->network : story->cpe, -1, NULL));
    g_subprocess_launcher_set_cwd(launcher, story->directory);
    g_subprocess_launcher_set_stdout_file_path(launcher, json);
    g_subprocess_launcher_set_stderr_file_path(launcher, errors);
    g_subprocess_launcher_set_child_setup(launcher, side_setup, (gpointer)story, NULL);
    process = g_subprocess_launcher_spawnv(launcher, (const char *const *)words, &error);
    g_assert_no_error(error);
    return process;
}

/* All ports are held before the first is let go, so that no two stories get the same. */
static void story_ports(Story *story)
{
    for (int i = 0; i < 4; i++)
        story->ports[i] = free_port(&story->held[i]);
}

static void story_start(Story *story)
{
    story->directory = g_dir_make_tmp("tieline-pbx-XXXXXX", NULL);
    g_assert_nonnull(story->directory);
    for (int i = 0; i < 4; i++)
        close(story->held[i]);
    if (story->network)
        story->sides[0] = side_start(story, TRUE);
    story->sides[1] = side_start(story, FALSE);
}

static char *text_of(const Story *story, const char *name)
{
    g_autofree char *path = g_build_filename(story->directory, name, NULL);
    char *text = NULL;

    g_file_get_contents(path, &text, NULL, NULL);
    return text ? text : g_strdup("");
}

static void directory_remove(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;

    while (directory && (name = g_dir_read_name(directory))) {
        g_autofree char *file = g_build_filename(path, name, NULL);

        g_unlink(file);
    }
    g_rmdir(path);
}

/* The recording of one side holds the pattern of the other from its first octet to the recording's
 * end, whole. */
static void recording_is_exact(const Story *story, const char *name, guint32 seed, gsize least)
{
    guint8 idle = strstr(story->options, "t1") ? 0xff : 0xd5;
    g_autofree char *path = g_build_filename(story->directory, name, NULL);
    g_autofree guint8 *octets = NULL;
    gsize length, start = 0;
    PbxPattern pattern;
    guint8 first[16];

    g_assert_true(g_file_get_contents(path, (char **)&octets, &length, NULL));
    pbx_pattern_start(&pattern, seed);
    for (gsize i = 0; i < sizeof first; i++)
        first[i] = pbx_pattern_next(&pattern);
    while (start + sizeof first <= length && memcmp(octets + start, first, sizeof first) != 0) {
        g_assert_cmphex(octets[start], ==, idle); /* nothing but idle before it */
        start++;
    }
    g_assert_cmpuint(length - start, >=, least);
    pbx_pattern_start(&pattern, seed);
    for (gsize i = start; i < length; i++) {
        guint8 wanted = pbx_pattern_next(&pattern);

        if (octets[i] == wanted)
            continue;
        /* The far end stops playing when it clears: idle octets to the end, nothing else. */
        for (; i < length; i++)
            g_assert_cmphex(octets[i], ==, idle);
    }
}

static int side_status(GSubprocess *side)
{
    if (!side)
        return 0;
    g_subprocess_wait(side, NULL, NULL);
    return g_subprocess_get_if_exited(side) ? g_subprocess_get_exit_status(side) : -1;
}

static void assert_says(const char *errors, const char *wanted)
{
    if (wanted)
        g_assert_nonnull(strstr(errors, wanted));
    else
        g_assert_cmpstr(errors, ==, "");
}

static void story_test(gconstpointer data)
{
    Story *story = (Story *)data;
    g_autofree char *network = NULL;
    g_autofree char *cpe = NULL;
    int statuses[2];

    if (story->alone)
        story_start(story);
    statuses[1] = side_status(story->sides[1]);
    if (story->network && strstr(story->network, "serve")) /* it serves until it is told to go */
        g_subprocess_send_signal(story->sides[0], SIGTERM);
    statuses[0] = side_status(story->sides[0]);
    network = text_of(story, "network.err");
    cpe = text_of(story, "cpe.err");
    if (statuses[0] != story->network_status || statuses[1] != story->cpe_status)
        g_test_message("network: %d %s; cpe: %d %s", statuses[0], network, statuses[1], cpe);
    g_assert_cmpint(statuses[0], ==, story->network_status);
    g_assert_cmpint(statuses[1], ==, story->cpe_status);
    assert_says(network, story->network_says);
    assert_says(cpe, story->says);
    if (story->network == audio_network) {
        recording_is_exact(story, "network.g711", 2, 12000);
        recording_is_exact(story, "cpe.g711", 1, 12000);
    }
    g_clear_object(&story->sides[0]);
    g_clear_object(&story->sides[1]);
    directory_remove(story->directory);
    g_clear_pointer(&story->directory, g_free);
}

/* ---- without a far end ----------------------------------------------------------------------- */

static int tool_run(const char *options, const char *input, char **errors)
{
    g_autofree char *line = g_strdup_printf("%s %s", tool(), options);
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    g_autoptr(GError) error = NULL;
    g_autoptr(GSubprocess) process =
        g_subprocess_newv((const char *const *)words,
                          G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE |
                              G_SUBPROCESS_FLAGS_STDERR_PIPE,
                          &error);

    g_assert_no_error(error);
    g_assert_true(g_subprocess_communicate_utf8(process, input, NULL, NULL, errors, &error));
    g_assert_true(g_subprocess_get_if_exited(process));
    return g_subprocess_get_exit_status(process);
}

static void a_bad_script_is_usage(void)
{
    g_autofree char *errors = NULL;
    g_autofree char *option = NULL;

    g_assert_cmpint(tool_run("--local 127.0.0.1:0", "", &option), ==, 2);
    g_assert_cmpstr(option, ==, "tieline-pbx: --local: ADDRESS:PORT, not \"127.0.0.1:0\"\n");
    g_assert_cmpint(tool_run("-s /nonexistent.pbx", "", &errors), ==, 2);
    g_assert_nonnull(strstr(errors, "/nonexistent.pbx"));
}

static void a_bad_command_on_stdin_is_usage(void)
{
    int held[2];
    guint16 ports[2] = {free_port(&held[0]), free_port(&held[1])};
    g_autofree char *options =
        g_strdup_printf("--local 127.0.0.1:%u --remote 127.0.0.1:%u", ports[0], ports[1]);
    g_autofree char *errors = NULL;

    close(held[0]);
    g_assert_cmpint(tool_run(options, "wait 10ms\ndance\n", &errors), ==, 2);
    g_assert_cmpstr(errors, ==, "tieline-pbx: stdin:2: no command is called \"dance\"\n");
    close(held[1]);
}

static void a_silent_line_is_trouble(void)
{
    int held[2];
    guint16 ports[2] = {free_port(&held[0]), free_port(&held[1])};
    g_autofree char *options =
        g_strdup_printf("--local 127.0.0.1:%u --remote 127.0.0.1:%u", ports[0], ports[1]);
    g_autofree char *errors = NULL;
    g_autofree char *taken = NULL;

    /* The port is held by this test: the span cannot be opened. */
    g_assert_cmpint(tool_run(options, "", &taken), ==, 3);
    close(held[0]);
    g_assert_cmpint(tool_run(options, "expect up within 300ms\n", &errors), ==, 3);
    g_assert_cmpstr(errors, ==,
                    "tieline-pbx: stdin:1: expect up within 300ms: the D channel is not up\n");
    close(held[1]);
}

/* Runs INPUT, whose first command is the shortest wait, and ends the tool by a signal once that is
 * done; standard input stays open. */
static int tool_interrupt(const char *options, const char *input, char **errors)
{
    g_autofree char *line = g_strdup_printf("%s %s", tool(), options);
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    g_autoptr(GSubprocess) process =
        g_subprocess_newv((const char *const *)words,
                          G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE |
                              G_SUBPROCESS_FLAGS_STDERR_PIPE,
                          NULL);
    g_autoptr(GDataInputStream) reports = NULL;
    g_autoptr(GDataInputStream) complaints = NULL;
    gboolean begun = FALSE;

    g_assert_nonnull(process);
    reports = g_data_input_stream_new(g_subprocess_get_stdout_pipe(process));
    complaints = g_data_input_stream_new(g_subprocess_get_stderr_pipe(process));
    g_assert_true(g_output_stream_write_all(g_subprocess_get_stdin_pipe(process), input,
                                            strlen(input), NULL, NULL, NULL));
    while (!begun) {
        g_autofree char *report = g_data_input_stream_read_line(reports, NULL, NULL, NULL);

        g_assert_nonnull(report);
        begun = strstr(report, "\"text\":\"wait 1ms\"") != NULL;
    }
    g_subprocess_send_signal(process, SIGTERM);
    g_subprocess_wait(process, NULL, NULL);
    *errors = g_data_input_stream_read_line(complaints, NULL, NULL, NULL);
    g_assert_true(g_subprocess_get_if_exited(process));
    return g_subprocess_get_exit_status(process);
}

static void a_signal_is_no_success(void)
{
    static const struct {
        const char *command;
        int status;
        const char *says;
    } rows[] = {
        {"wait 30s", 1, "tieline-pbx: stdin:2: wait 30s: ended by a signal"},
        {"expect SETUP within 30s", 1,
         "tieline-pbx: stdin:2: expect SETUP within 30s: ended by a signal"},
        {"rate 5", 1, "tieline-pbx: stdin:2: rate 5: ended by a signal"},
        {"serve", 0, NULL},
        {"# nothing is left to do", 0, NULL},
    };
    int held[2];
    guint16 ports[2] = {free_port(&held[0]), free_port(&held[1])};
    g_autofree char *options =
        g_strdup_printf("--local 127.0.0.1:%u --remote 127.0.0.1:%u", ports[0], ports[1]);

    close(held[0]);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *input = g_strdup_printf("wait 1ms\n%s\n", rows[i].command);
        g_autofree char *errors = NULL;

        g_assert_cmpint(tool_interrupt(options, input, &errors), ==, rows[i].status);
        g_assert_cmpstr(errors, ==, rows[i].says);
    }
    close(held[1]);
}

static void a_span_that_is_not_there_is_named(void)
{
    static const char *const commands[] = {"raw 08 02 00 00 46 79 01 87", "raw frame 00 01 01",
                                           "call 100", "rate 5", "restart all"};
    int held[2];
    guint16 ports[2] = {free_port(&held[0]), free_port(&held[1])};
    g_autofree char *options =
        g_strdup_printf("--local 127.0.0.1:%u --remote 127.0.0.1:%u", ports[0], ports[1]);

    close(held[0]);
    for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_autofree char *input = g_strdup_printf("%s on 9\n", commands[i]);
        g_autofree char *wanted =
            g_strdup_printf("tieline-pbx: stdin:1: %s on 9: there is no span 9\n", commands[i]);
        g_autofree char *errors = NULL;

        g_assert_cmpint(tool_run(options, input, &errors), ==, 1);
        g_assert_cmpstr(errors, ==, wanted);
    }
    close(held[1]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    if (!g_file_test(tool(), G_FILE_TEST_IS_EXECUTABLE)) {
        g_printerr("%s is not there: run this in the build directory\n", tool());
        return 77;
    }
    g_test_add_func("/pbx/tool/bad-script-is-usage", a_bad_script_is_usage);
    g_test_add_func("/pbx/tool/bad-command-on-stdin-is-usage", a_bad_command_on_stdin_is_usage);
    g_test_add_func("/pbx/tool/silent-line-is-trouble", a_silent_line_is_trouble);
    g_test_add_func("/pbx/tool/signal-is-no-success", a_signal_is_no_success);
    g_test_add_func("/pbx/tool/span-that-is-not-there-is-named", a_span_that_is_not_there_is_named);
    for (gsize i = 0; i < G_N_ELEMENTS(stories); i++) {
        g_autofree char *path = g_strdup_printf("/pbx/pair/%s", stories[i].name);

        g_test_add_data_func(path, &stories[i], story_test);
    }
    /* They mostly wait, so they wait at the same time. */
    for (gsize i = 0; i < G_N_ELEMENTS(stories); i++)
        story_ports(&stories[i]);
    for (gsize i = 0; i < G_N_ELEMENTS(stories); i++)
        if (!stories[i].alone)
            story_start(&stories[i]);
    return g_test_run();
}
