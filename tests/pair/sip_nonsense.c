/* What nobody should send: messages that cannot be understood, or come without end. */
#include "sip_story.h"

#include <malloc.h>
#include <string.h>
#include <unistd.h>

/* From here on to log_given() the log goes to a file. */
static int log_taken(int *file)
{
    int usual = dup(STDERR_FILENO);

    *file = g_file_open_tmp(NULL, NULL, NULL);
    g_assert_cmpint(*file, >=, 0);
    g_assert_cmpint(dup2(*file, STDERR_FILENO), ==, STDERR_FILENO);
    return usual;
}

static char *log_given(int usual, int file)
{
    char text[16384];
    ssize_t size = pread(file, text, sizeof(text) - 1, 0);

    dup2(usual, STDERR_FILENO);
    close(usual);
    close(file);
    g_assert_cmpint(size, >=, 0);
    return g_strndup(text, (gsize)size);
}

/* The whole message but its first line. */
#define HEADERS(without)                                                                           \
    "Via: SIP/2.0/UDP 127.0.0.1:5099;rport;branch=z9hG4bKm\r\nMax-Forwards: 70\r\n"                \
    "From: <sip:1@x>;tag=1\r\n" without "Call-ID: m\r\n"
#define TO "To: <sip:200@x>\r\n"
#define SDP_CASE(body) "Content-Type: application/sdp\r\nContent-Length: " body

/* One answer, one line, one count: whoever of us finds the fault. */
static void malformed_messages_are_told_once(void)
{
    static const struct {
        const char *line, *headers, *answer; /* answer NULL: none can be given */
    } cases[] = {
        {"OPTIONS %s SIP/2.0", HEADERS(TO) "CSeq: 1 OPTIONS\r\nSession-Expires: never\r\n\r\n",
         "SIP/2.0 400"},
        {"OPTIONS %s SIP/2.0", HEADERS("") "CSeq: 1 OPTIONS\r\n\r\n", "SIP/2.0 400"},
        {"OPTIONS %s SIP/2.0", HEADERS(TO) "CSeq: 1 INVITE\r\n\r\n", "SIP/2.0 400"},
        {"OPTIONS %s SIP/2.0", HEADERS(TO) "CSeq: 1 OPTIONS\r\nContent-Length: 9\r\n\r\nabc",
         "SIP/2.0 400"},
        {"OPTIONS %s SIP/2.0", HEADERS(TO) "CSeq: 1 OPTIONS\r\nContent-Length: 9\r\n\r\n",
         "SIP/2.0 400"},
        {"OPTIONS %s SIP/3.0", HEADERS(TO) "CSeq: 1 OPTIONS\r\n\r\n", "SIP/2.0 505"},
        {"OPTIONS %s SIP/7.0",
         "Via: SIP/7.0/UDP a.invalid:5099;branch=z9hG4bKm\r\nMax-Forwards: 70\r\n"
         "From: <sip:1@x>;tag=1\r\n" TO "Call-ID: m\r\nCSeq: 1 OPTIONS\r\n\r\n",
         "SIP/2.0 505"},
        {"OPTIONS %s; lr SIP/2.0", HEADERS(TO) "CSeq: 1 OPTIONS\r\n\r\n", "SIP/2.0 400"},
        {"OPTIONS <%s SIP/2.0", HEADERS(TO) "CSeq: 1 OPTIONS\r\n\r\n", "SIP/2.0 400"},
        {"INVITE %s SIP/2.0", HEADERS(TO) "CSeq: 1 INVITE\r\n\r\n", "SIP/2.0 400"},
        {"INVITE %s SIP/2.0", HEADERS(TO) "CSeq: 1 INVITE\r\nContact: <foo:x>\r\n\r\n",
         "SIP/2.0 400"},
        {"INVITE %s SIP/2.0",
         HEADERS(TO) "CSeq: 1 INVITE\r\nContact: <sip:1@127.0.0.1>\r\n" SDP_CASE(
             "5") "\r\n\r\nnonsense",
         "SIP/2.0 400 Bad Session Description"},
        {"OPTIONS %s SIP/2.0", HEADERS(TO) "CSeq: 1 OPTIONS\r\n", NULL}, /* no empty line */
        {"OPTIONS %s", HEADERS(TO) "CSeq: 1 OPTIONS\r\n\r\n", NULL},
        {"OPTIONS", HEADERS(TO) "CSeq: 1 OPTIONS\r\n\r\n", NULL},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(GStrv) parts = g_strsplit(cases[i].line, "%s", 2);
        g_autoptr(GString) text = g_string_new(parts[0]);
        g_autofree char *log = NULL, *port = NULL;
        g_auto(GStrv) lines = NULL;
        Story story;
        int usual, file;

        story_open(&story);
        port = g_strdup_printf("%u", phone_port(story.phone));
        if (parts[1])
            g_string_append_printf(text, "%s%s", story.uri, parts[1]);
        g_string_append_printf(text, "\r\n%s", cases[i].headers);
        g_string_replace(text, "5099", port, 1);
        g_test_message("%s", text->str);
        usual = log_taken(&file);
        phone_send_raw(story.phone, text->str, text->len);
        if (cases[i].answer)
            phone_hear(story.phone, cases[i].answer);
        else
            g_assert_true(phone_hears_nothing(story.phone, 30));
        loop_rest(story.loop, 10);
        log = log_given(usual, file);
        lines = g_strsplit(g_strchomp(log), "\n", -1);
        g_assert_cmpuint(g_strv_length(lines), ==, 1);
        g_assert_nonnull(strstr(lines[0], " sip: malformed "));
        g_assert_cmpuint(story_counter(&story, "messages malformed"), ==, 1);
        g_assert_cmpuint(story_counter(&story, "requests dropped"), ==, 0);
        story_close(&story);
    }
}

/* Sofia walks to the end of a list with each header: a datagram of 10,000 took it 0.4 s. */
static void a_message_of_too_many_headers_is_not_read(void)
{
    Story story;

    story_open(&story);
    for (guint count = 900; count <= 10000; count += 9100) {
        g_autoptr(GString) text = g_string_new(NULL);

        g_string_printf(text, "OPTIONS %s SIP/2.0\r\n" HEADERS(TO) "CSeq: 1 OPTIONS\r\n",
                        story.uri);
        g_string_replace(text, "5099", "1", 1);
        for (guint i = 0; i < count; i++)
            g_string_append(text, "a:b\r\n");
        g_string_append(text, "\r\n");
        phone_send_raw(story.phone, text->str, text->len);
        if (count == 900)
            phone_hear(story.phone, "SIP/2.0 200");
        else
            g_assert_true(phone_hears_nothing(story.phone, 50));
    }
    g_assert_cmpuint(story_counter(&story, "messages malformed"), ==, 1);
    story_close(&story);
}

/* A dialog whose requests of ours could go nowhere is not begun. */
static void targets_that_cannot_be_reached_are_refused(void)
{
    static const char *const headers[] = {
        "Contact: <foo:a@127.0.0.1>\r\n",
        "Contact: <tel:+4930123>\r\n",
        "Contact: <sip:a@12\x80.1>\r\n",
        "Contact: <sip:a@127.0.0.1:70000>\r\n",
        "Contact: <sip:a@127.0.0.1;transport=sctp>\r\n",
        "Contact: <sip:a@[::1]>\r\n",
        "Contact: <sip:a@b.example;maddr=[::1]>\r\n",
        "Contact: <sip:a@127.0.0.1;maddr=!>\r\n",
        "Record-Route: <foo:b>;lr\r\n",
        "Record-Route: <tel:1>, <sip:127.0.0.1;lr>\r\n",
    };

    for (guint i = 0; i < G_N_ELEMENTS(headers); i++) {
        Story story;

        story_open(&story);
        g_test_message("%s", headers[i]);
        phone_request(story.phone, "INVITE", story.uri, headers[i], SDP_BOTH);
        phone_hear(story.phone, "SIP/2.0 400");
        g_assert_cmpuint(story_counter(&story, "messages malformed"), ==, 1);
        story_events(&story, "");
        story_close(&story);
    }
}

/* INFO of a call that stands: digits that are none change nothing, and the call goes on. */
static void digits_of_no_use_do_no_harm(void)
{
    static const char *const types[] = {"application/dtmf-relay",
                                        "application/dtmf",
                                        "audio/telephone-event",
                                        "application/sdp",
                                        "/",
                                        "x"};
    static const char *const bodies[] = {
        "",
        "Signal=99999999999999999999\r\nDuration=-1\r\n",
        "Signal=\r\n",
        "Signal\r\n",
        "=\r\n=\r\n=",
        "Signal=5\nDuration=99999999999999999999999\n",
        "Signal=\xff\xfe\r\n",
        "\r\n\r\n\r\n",
        "v=0\r\n",
    };
    g_autofree char *digits = g_strnfill(30000, '5'), *junk = g_strnfill(30000, '=');
    Story story;

    story_open(&story);
    story_talk(&story);
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        for (gsize j = 0; j < G_N_ELEMENTS(bodies) + 2; j++) {
            const char *body = j < G_N_ELEMENTS(bodies)    ? bodies[j]
                               : j == G_N_ELEMENTS(bodies) ? digits
                                                           : junk;
            g_autofree char *header = g_strdup_printf("Content-Type: %s\r\n", types[i]);
            g_autofree char *status = NULL;
            const char *heard;

            g_test_message("%s %.30s", types[i], body);
            phone_request(story.phone, "INFO", NULL, header, body);
            heard = phone_hear(story.phone, "SIP/2.0 ");
            status = g_strndup(heard + strlen("SIP/2.0"), 5); /* " 200 " */
            g_assert_nonnull(strstr(" 200 400 413 415 ", status));
        }
    }
    loop_rest(story.loop, 15);
    g_free(hall_fake_events(story.hall)); /* a digit now and then */
    story_hang_up(&story);
    story_close(&story);
}

/* RFC 4475: no torture message may crash or leak; what becomes a call is cancelled by its end. */
static void torture_does_no_harm(void)
{
    g_autoptr(GDir) dir = g_dir_open(CORPUS, 0, NULL);
    const char *name;
    Story story;

    if (!dir) {
        g_test_skip("the RFC 4475 messages are not there: " CORPUS);
        return;
    }
    story_open(&story);
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(CORPUS, name, NULL);
        g_autofree char *text = NULL;
        gsize size;
        Call *call;

        g_assert_true(g_file_get_contents(path, &text, &size, NULL));
        phone_send_raw(story.phone, text, size);
        loop_rest(story.loop, 10);
        while ((call = hall_fake_last(story.hall))) {
            hall_fake_set_cause(call, 31, CAUSE_LOCATION_NONE, 480);
            if (call_sip_leg(call))
                hall_fake_act(call, ACTION_SIP_REJECT);
            hall_fake_end(call);
        }
    }
    story_settles(&story);
    phone_request(story.phone, "OPTIONS", story.uri, "", NULL);
    while (!g_str_has_prefix(phone_hear(story.phone, "SIP/2.0"), "SIP/2.0 200"))
        continue;
    g_free(hall_fake_events(story.hall));
    story_close(&story);
}

/* An allowed phone gone mad: nothing it sends stops us or stays with us. */
static void noise_does_no_harm(void)
{
    static const char *const methods[] = {"INVITE", "INVITE",  "INVITE", "ACK",   "BYE",
                                          "CANCEL", "OPTIONS", "PRACK",  "UPDATE"};
    GRand *rand = g_rand_new_with_seed(4475);
    Story story;
    Call *call;

    story_open(&story);
    for (int round = 0; round < 1500; round++) {
        const char *method = methods[g_rand_int_range(rand, 0, G_N_ELEMENTS(methods))];
        g_autofree char *text = g_strdup_printf(
            "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKn%d\r\nMax-Forwards: "
            "70\r\n"
            "From: <sip:1@x>;tag=a%d\r\nTo: <sip:200@x>\r\nCall-ID: n%d\r\nCSeq: 1 %s\r\n"
            "Contact: <sip:1@127.0.0.1:%u>\r\nSupported: 100rel,timer\r\nSession-Expires: 100\r\n"
            "RAck: 1 1 INVITE\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
            method, story.uri, phone_port(story.phone), round, round / 3, round / 3, method,
            phone_port(story.phone), (int)strlen(SDP_BOTH), SDP_BOTH);

        for (int i = g_rand_int_range(rand, 0, 4); i > 0; i--)
            text[g_rand_int_range(rand, 0, (gint)strlen(text))] =
                (char)g_rand_int_range(rand, 1, 256);
        phone_send_raw(story.phone, text, strlen(text));
        if (round % 8 == 0)
            loop_rest(story.loop, 2);
        if (round % 50)
            continue;
        while ((call = hall_fake_last(story.hall))) {
            hall_fake_set_cause(call, 31, CAUSE_LOCATION_NONE, 480);
            if (call_sip_leg(call) && round % 100)
                hall_fake_act(call, ACTION_SIP_REJECT);
            hall_fake_end(call);
        }
    }
    loop_rest(story.loop, 50);
    while ((call = hall_fake_last(story.hall)))
        hall_fake_end(call);
    g_rand_free(rand);
    story_settles(&story);
    g_free(hall_fake_events(story.hall));
    story_close(&story);
}

/* What is allocated now, by whichever allocator counts it. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static gsize allocated_now(void)
{
    if (__sanitizer_get_current_allocated_bytes)
        return __sanitizer_get_current_allocated_bytes();
    return mallinfo2().uordblks;
}

/* Takes the answers that have come, and acknowledges what is to be. */
static void answers_take(int fd, const struct sockaddr_in *to)
{
    char answer[65536];
    ssize_t size;

    while ((size = recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT)) > 0) {
        g_autoptr(GString) ack = g_string_new("ACK sip:200@127.0.0.1 SIP/2.0\r\n");
        g_auto(GStrv) lines = NULL;

        answer[size] = '\0';
        if (g_str_has_prefix(answer, "SIP/2.0 1") || !strstr(answer, "CSeq: 1 INVITE"))
            continue;
        lines = g_strsplit(answer, "\r\n", -1);
        for (char **line = lines; **line; line++)
            if (g_str_has_prefix(*line, "Via:") || g_str_has_prefix(*line, "From:") ||
                g_str_has_prefix(*line, "To:") || g_str_has_prefix(*line, "Call-ID:"))
                g_string_append_printf(ack, "%s\r\n", *line);
        g_string_append(ack, "CSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n");
        sendto(fd, ack->str, ack->len, 0, (const struct sockaddr *)to, sizeof(*to));
    }
}

/* All but the DANCEs, which NUA refuses by itself. */
static guint64 requests_in(Story *story)
{
    return story_counter(story, "INVITEs in") + story_counter(story, "OPTIONS in");
}

/* Sends COUNT requests that are refused or answered without a call, and waits until nothing of them
 * is left in a transaction. The socket keeps nothing of them, as a Phone would. */
static void refused_by_hundreds(Story *story, int fd, guint count)
{
    static const struct {
        const char *method, *user, *body;
    } kinds[] = {{"OPTIONS", "200", ""},        /* 200 */
                 {"INVITE", "200", SDP_G729},   /* 488 */
                 {"INVITE", "ann", SDP_BOTH},   /* 404 */
                 {"INVITE", "200", "nonsense"}, /* 400 */
                 {"DANCE", "200", ""}};         /* 501 */
    static guint sent;
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = g_htons(story->port),
                             .sin_addr.s_addr = g_htonl(INADDR_LOOPBACK)};
    guint64 before = requests_in(story);

    for (guint i = 0; i < count; i++, sent++) {
        const char *method = kinds[i % G_N_ELEMENTS(kinds)].method;
        const char *body = kinds[i % G_N_ELEMENTS(kinds)].body;
        g_autofree char *text = g_strdup_printf(
            "%s sip:%s@127.0.0.1:%u SIP/2.0\r\n"
            "Via: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bKr%u\r\nMax-Forwards: 70\r\n"
            "From: <sip:1@x>;tag=r%u\r\nTo: <sip:200@x>\r\nCall-ID: r%u\r\nCSeq: 1 %s\r\n"
            "Contact: <sip:1@127.0.0.1>\r\n%sContent-Length: %u\r\n\r\n%s",
            method, kinds[i % G_N_ELEMENTS(kinds)].user, story->port, sent, sent, sent, method,
            *body ? "Content-Type: application/sdp\r\n" : "", (guint)strlen(body), body);

        g_assert_cmpint(sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof(to)), >,
                        0);
        if (i % 50 != 49)
            continue;
        for (guint turns = 0; turns < 3000 && requests_in(story) < before + i * 4 / 5; turns++) {
            loop_rest(story->loop, 1);
            answers_take(fd, &to);
        }
    }
    for (guint i = 0; i < 3; i++) { /* T4, 64*T1 */
        loop_rest(story->loop, 50);
        answers_take(fd, &to);
        loop_leap(story->loop, 10);
    }
    loop_rest(story->loop, 50);
}

/* Nobody who is refused leaves anything behind, however often he comes. */
static void refused_requests_leave_nothing(void)
{
    guint64 refused, options;
    Story story;
    gsize before, after;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    loop_begin_leaps();
    story_open(&story);
    refused_by_hundreds(&story, fd, 1000); /* tables and pools grow */
    before = allocated_now();
    refused = story_counter(&story, "INVITEs refused");
    options = story_counter(&story, "OPTIONS in");
    refused_by_hundreds(&story, fd, 4000);
    after = allocated_now();
    g_test_message("%" G_GSIZE_FORMAT " octets before, %" G_GSIZE_FORMAT " after", before, after);
    g_assert_cmpuint(story_counter(&story, "INVITEs refused") - refused, ==, 2400);
    g_assert_cmpuint(story_counter(&story, "OPTIONS in") - options, ==, 800);
    g_assert_cmpuint(after, <, before + 100 * 1024); /* a handle is 2.7 kB */
    close(fd);
    story_close(&story);
    loop_end_leaps();
}

void nonsense_stories(void)
{
    g_test_add_func("/sip/nonsense/malformed-messages-are-told-once",
                    malformed_messages_are_told_once);
    g_test_add_func("/sip/nonsense/too-many-headers", a_message_of_too_many_headers_is_not_read);
    g_test_add_func("/sip/nonsense/targets-that-cannot-be-reached-are-refused",
                    targets_that_cannot_be_reached_are_refused);
    g_test_add_func("/sip/nonsense/digits-of-no-use", digits_of_no_use_do_no_harm);
    g_test_add_func("/sip/nonsense/torture-does-no-harm", torture_does_no_harm);
    g_test_add_func("/sip/nonsense/noise-does-no-harm", noise_does_no_harm);
    g_test_add_func("/sip/nonsense/refused-requests-leave-nothing", refused_requests_leave_nothing);
}
