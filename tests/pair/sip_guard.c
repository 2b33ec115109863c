/* What must not become a call: strangers, nonsense, methods and bodies we do not take; and OPTIONS.
 */
#include "sip_story.h"

#include <malloc.h>
#include <string.h>
#include <unistd.h>

static void refusals_have_their_status(void)
{
    static const struct {
        const char *user, *headers, *body, *status;
    } cases[] = {
        {"sip:ann@", "", SDP_BOTH, "SIP/2.0 404"},
        {"sip:2%0000@", "", SDP_BOTH, "SIP/2.0 404"},
        {"sip:", "", SDP_BOTH, "SIP/2.0 404"},
        {"sip:+@", "", SDP_BOTH, "SIP/2.0 484"},
        {"sip:123456789012345678901234567890123@", "", SDP_BOTH, "SIP/2.0 484"},
        {"sip:200@", "", "v=0\r\nnonsense\r\n", "SIP/2.0 400 Bad Session Description"},
        {"sip:200@", "", SDP_G729, "SIP/2.0 488"},
        {"sip:200@", "", SDP_HEAD "c=IN IP4 127.0.0.1\r\nm=audio 0 RTP/AVP 0\r\n", "SIP/2.0 488"},
        {"sip:200@", "Content-Type: text/plain\r\n", "hello", "SIP/2.0 415"},
        {"sip:200@", "Content-Encoding: gzip\r\n", SDP_BOTH, "SIP/2.0 415"},
        {"sip:200@", "Accept: text/plain\r\n", SDP_BOTH, "SIP/2.0 406"},
        {"sip:200@", "Require: teleport\r\n", SDP_BOTH, "SIP/2.0 420"},
        {"mailto:200@", "", SDP_BOTH, "SIP/2.0 416"},
    };

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *uri = NULL;
        Story story;
        const char *heard;

        story_open(&story);
        uri = g_strdup_printf("%s127.0.0.1:%u", cases[i].user, story.port);
        g_test_message("%s %s %s", cases[i].user, cases[i].headers, cases[i].status);
        phone_request(story.phone, "INVITE", uri, cases[i].headers, cases[i].body);
        heard = phone_hear(story.phone, cases[i].status);
        header_is(heard, "Retry-After", NULL);
        if (strstr(cases[i].status, "415"))
            header_is(heard, "Accept", "application/sdp");
        if (strstr(cases[i].status, "420"))
            header_is(heard, "Unsupported", "teleport");
        story_events(&story, "");
        story_close(&story);
    }
}

static void tel_uris_are_taken(void)
{
    Story story;

    story_open(&story);
    phone_request(story.phone, "INVITE", "tel:+49-7131-555;phone-context=x", "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    g_assert_cmpstr(call_setup(story_call(&story))->called.digits, ==, "497131555");
    g_assert_cmpint(call_setup(story_call(&story))->called.ton, ==, TON_INTERNATIONAL);
    phone_cancel(story.phone, "");
    story_events(&story, "CANCEL/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

static void draining_answers_503_without_retry_after(void)
{
    Story story;

    story_open(&story);
    hall_set_draining(story.hall, TRUE);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    header_is(phone_hear(story.phone, "SIP/2.0 503"), "Retry-After", NULL);
    story_close(&story);
}

static void other_methods_are_refused(void)
{
    static const struct {
        const char *method, *status;
    } cases[] = {{"REGISTER", "SIP/2.0 405"}, {"SUBSCRIBE", "SIP/2.0 405"},
                 {"MESSAGE", "SIP/2.0 405"},  {"REFER", "SIP/2.0 405"},
                 {"INFO", "SIP/2.0 405"},     {"DANCE", "SIP/2.0 501"},
                 {"BYE", "SIP/2.0 481"},      {"UPDATE", "SIP/2.0 481"},
                 {"PRACK", "SIP/2.0 481"},    {"CANCEL", "SIP/2.0 481"}};
    Story story;

    story_open(&story);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i].method);
        phone_hang_up(story.phone);
        phone_request(story.phone, cases[i].method, story.uri, "", NULL);
        phone_hear(story.phone, cases[i].status);
    }
    story_close(&story);
}

static void methods_in_a_dialog_leave_it_alone(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    phone_request(story.phone, "INFO", NULL, "", NULL);
    phone_hear(story.phone, "SIP/2.0 405");
    phone_request(story.phone, "OPTIONS", NULL, "", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    phone_request(story.phone, "REFER", NULL, "Refer-To: <sip:1@x>\r\n", NULL);
    phone_hear(story.phone, "SIP/2.0 405");
    story_events(&story, "");
    phone_request(story.phone, "BYE", NULL, "", NULL);
    story_events(&story, "BYE/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

static void options_tell_readiness(void)
{
    Story story;
    const char *heard;

    story_open(&story);
    phone_request(story.phone, "OPTIONS", story.uri, "", NULL);
    heard = phone_hear(story.phone, "SIP/2.0 200");
    header_is(heard, "Accept", "application/sdp");
    header_is(heard, "Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE");
    story.ready = FALSE;
    phone_hang_up(story.phone);
    phone_request(story.phone, "OPTIONS", story.uri, "", NULL);
    header_is(phone_hear(story.phone, "SIP/2.0 503"), "Retry-After", NULL);
    story.ready = TRUE;
    hall_set_draining(story.hall, TRUE);
    phone_hang_up(story.phone);
    phone_request(story.phone, "OPTIONS", story.uri, "", NULL);
    header_is(phone_hear(story.phone, "SIP/2.0 503"), "Retry-After", NULL);
    story_close(&story);
}

/* Inside a dialog it asks for the dialog, which lives on while we drain. */
static void options_in_a_dialog_tell_that_it_lives(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    story.ready = FALSE;
    hall_set_draining(story.hall, TRUE);
    phone_request(story.phone, "OPTIONS", NULL, "", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    phone_request(story.phone, "BYE", NULL, "", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    story_events(&story, "BYE/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

/* 127.0.0.2 is not in [sip] allow: nothing leaves, whatever it sends. */
static void a_stranger_gets_nothing(void)
{
    static const char stun[] = "\0\1\0\0\x21\x12\xa4\x42"
                               "abcdefghijkl";
    static const char *const texts[] = {
        "INVITE sip:200@127.0.0.1 SIP/2.0\r\n", /* not even whole */
        "INVITE sip:200@127.0.0.1 SIP/9.0\r\nVia: x\r\n\r\n",
        "nonsense\r\n\r\n",
        "\r\n\r\n",
    };
    Story story;
    Phone *stranger;

    story_open(&story);
    stranger = phone_new(story.loop, "127.0.0.2", story.port);
    phone_request(stranger, "INVITE", story.uri, "", SDP_BOTH);
    phone_request(stranger, "INVITE", story.uri, "Require: teleport\r\n", SDP_BOTH);
    phone_request(stranger, "OPTIONS", story.uri, "", NULL);
    phone_request(stranger, "DANCE", story.uri, "", NULL);
    phone_request(stranger, "BYE", story.uri, "", NULL);
    phone_request(stranger, "OPTIONS", story.uri, "CSeq: broken\r\n", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        phone_send_raw(stranger, texts[i], strlen(texts[i]));
    phone_send_raw(stranger, stun, sizeof(stun) - 1);
    g_assert_true(phone_hears_nothing(stranger, 100));
    g_assert_cmpuint(phone_heard_count(stranger), ==, 0);
    g_assert_cmpuint(story_counter(&story, "requests dropped"), >=, 9);
    story_events(&story, "");
    phone_send_raw(story.phone, stun, sizeof(stun) - 1); /* STUN is not for friends either */
    g_assert_true(phone_hears_nothing(story.phone, 20));
    phone_free(stranger);
    story_close(&story);
}

/* 127.0.0.3 may not call us; but we call it, and then it may speak in that call, and of nothing
 * else. */
static void the_far_end_of_our_call_is_heard(void)
{
    static const char cut[] = "INVITE sip:200@127.0.0.1 SIP/2.0\r\n"
                              "Via: SIP/2.0/UDP 127.0.0.3;branch=z9hG4bKcut\r\n"
                              "From: <sip:1@x>;tag=1\r\nTo: <sip:200@x>\r\nCall-ID: cut\r\n"
                              "CSeq: 1 INVITE\r\nContact: <sip:1@127.0.0.3>\r\n";
    CallSetup setup = {.bearer = BEARER_SPEECH};
    g_autofree char *own = NULL, *borrowed = NULL;
    Story story;
    Phone *far, *other;
    guint64 dropped;

    story_open(&story);
    far = phone_new(story.loop, "127.0.0.3", story.port);
    phone_request(far, "OPTIONS", story.uri, "", NULL);
    g_assert_true(phone_hears_nothing(far, 20));
    phone_hang_up(far);
    story_call_out(&story, far, &setup, NULL);
    phone_reply(far, "INVITE", "200 OK", "", SDP_BOTH);
    story_events(&story, "ANSWER+media");
    phone_hear(far, "ACK");
    dropped = story_counter(&story, "requests dropped");
    other = phone_new(story.loop, "127.0.0.3", story.port); /* the same host, other calls */
    phone_request(other, "INVITE", story.uri, "", SDP_BOTH);
    phone_hang_up(other);
    phone_request(other, "OPTIONS", story.uri, "", NULL);
    phone_request(other, "OPTIONS", story.uri, "CSeq: broken\r\n", NULL);
    phone_request(other, "DANCE", story.uri, "", NULL);
    phone_send_raw(other, cut, sizeof(cut) - 1); /* its headers do not end */
    own = message_header(phone_last_heard(far), "Call-ID");
    borrowed = g_strdup_printf(
        "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.3:%u;branch=z9hG4bKb\r\n"
        "From: <sip:1@x>;tag=1\r\nTo: <sip:200@x>\r\nCall-ID: %s\r\nCSeq: 9 INVITE\r\n"
        "Contact: <sip:1@127.0.0.3>\r\nContent-Length: 0\r\n\r\n",
        story.uri, phone_port(other), own);
    phone_send_raw(other, borrowed, strlen(borrowed)); /* a new call by our call's name */
    g_assert_true(phone_hears_nothing(other, 50));
    g_assert_cmpuint(phone_heard_count(other), ==, 0);
    g_assert_cmpuint(story_counter(&story, "requests dropped") - dropped, ==, 6);
    story_events(&story, "");
    phone_free(other);
    phone_request(far, "OPTIONS", NULL, "", NULL);
    phone_hear(far, "SIP/2.0 200");
    phone_request(far, "BYE", NULL, "", NULL);
    phone_hear(far, "SIP/2.0 200");
    story_events(&story, "BYE/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    phone_hang_up(far);
    phone_request(far, "OPTIONS", story.uri, "", NULL);
    g_assert_true(phone_hears_nothing(far, 20));
    phone_free(far);
    story_close(&story);
}

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
        {"OPTIONS %s SIP/3.0", HEADERS(TO) "CSeq: 1 OPTIONS\r\n\r\n", "SIP/2.0 505"},
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

/* A dialog whose requests of ours could go nowhere is not begun. */
static void targets_that_cannot_be_reached_are_refused(void)
{
    static const char *const headers[] = {
        "Contact: <foo:a@127.0.0.1>\r\n",
        "Contact: <tel:+4930123>\r\n",
        "Contact: <sip:a@12\x80.1>\r\n",
        "Contact: <sip:a@127.0.0.1:70000>\r\n",
        "Contact: <sip:a@127.0.0.1;transport=tcp>\r\n",
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

static void settings_are_followed_live(void)
{
    Story story;
    Phone *late;

    story_open(&story);
    late = phone_new(story.loop, "127.0.0.2", story.port);
    phone_request(late, "OPTIONS", story.uri, "", NULL);
    g_assert_true(phone_hears_nothing(late, 20));
    Network network;
    g_assert_true(network_parse("127.0.0.0/8", &network));
    g_array_append_val(story.settings->sip.allow, network);
    ua_set_settings(story.ua, story.settings);
    phone_request(late, "OPTIONS", story.uri, "", NULL);
    phone_hear(late, "SIP/2.0 200");
    phone_free(late);
    story_close(&story);
}

#define SDP_V6 SDP_HEAD "c=IN IP6 ::1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"

static void ipv6_is_spoken(void)
{
    g_autofree char *contact = NULL;
    Story story;
    const char *heard;

    story_open_at(&story, "::1");
    contact = g_strdup_printf("<sip:[::1]:%u>", story.port);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_V6);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_ANSWER);
    heard = phone_hear(story.phone, "SIP/2.0 200");
    header_is(heard, "Contact", contact);
    g_assert_nonnull(strstr(message_body(heard), "c=IN IP6 ::1\r\n"));
    phone_ack(story.phone, NULL);
    phone_request(story.phone, "BYE", NULL, "", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    story_events(&story, "ACK BYE/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    g_array_set_size(story.settings->sip.allow, 0);
    phone_hang_up(story.phone);
    phone_request(story.phone, "OPTIONS", story.uri, "", NULL);
    g_assert_true(phone_hears_nothing(story.phone, 20));
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

static void a_wildcard_needs_a_public_host(void)
{
    g_autoptr(GError) error = NULL;
    Story story;

    story_open(&story);
    ua_free(story.ua);
    g_assert_true(address_parse("0.0.0.0", &story.settings->sip.listen));
    address_set_port(&story.settings->sip.listen, story.port);
    story.ua = ua_new(story.settings, story.loop, story.hall, NULL, NULL, &error);
    g_assert_null(story.ua);
    g_assert_nonnull(strstr(error->message, "public-host"));
    g_clear_error(&error);
    g_free(story.settings->sip.public_host);
    story.settings->sip.public_host = g_strdup("127.0.0.1");
    story.ua = ua_new(story.settings, story.loop, story.hall, NULL, NULL, &error);
    g_assert_no_error(error);
    phone_request(story.phone, "OPTIONS", story.uri, "", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    story_close(&story);
}

static void a_taken_port_is_named(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *wanted = NULL;
    Story story;
    Ua *second;

    story_open(&story);
    wanted = g_strdup_printf("[sip] listen: 127.0.0.1:%u: Address already in use", story.port);
    second = ua_new(story.settings, story.loop, story.hall, NULL, NULL, &error);
    g_assert_null(second);
    g_assert_cmpstr(error->message, ==, wanted);
    story_close(&story);
}

static void closing_ends_the_calls(void)
{
    Story story;

    story_open(&story);
    story_talk(&story);
    ua_free(story.ua);
    phone_hear(story.phone, "BYE");
    hall_fake_end(story_call(&story));
    phone_free(story.phone);
    hall_free(story.hall);
    sofia_loop_free(story.loop);
    settings_free(story.settings);
}

static void the_public_host_is_what_phones_see(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *wanted = NULL;
    CallSetup setup = {.calling = {.digits = "555"}, .bearer = BEARER_SPEECH};
    Story story;
    CallOps ops;
    const char *heard;

    story_open(&story);
    ua_free(story.ua);
    g_free(story.settings->sip.public_host);
    story.settings->sip.public_host = g_strdup("gw.example.com");
    story.ua = ua_new(story.settings, story.loop, story.hall, NULL, NULL, &error);
    g_assert_no_error(error);
    ops = ua_call_ops(story.ua);
    hall_set_sip(story.hall, &ops);
    wanted = g_strdup_printf("<sip:gw.example.com:%u>", story.port);
    phone_request(story.phone, "INVITE", story.uri, "", SDP_BOTH);
    story_events(&story, "INVITE+media");
    hall_fake_act(story_call(&story), ACTION_SIP_RING);
    heard = phone_hear(story.phone, "SIP/2.0 180");
    header_is(heard, "Contact", wanted);
    phone_cancel(story.phone, "");
    story_events(&story, "CANCEL/16");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    phone_hear(story.phone, "SIP/2.0 200");
    phone_hear(story.phone, "SIP/2.0 487");
    story_call_out(&story, story.phone, &setup, NULL);
    heard = phone_last_heard(story.phone);
    header_is(heard, "Contact", wanted);
    header_begins(heard, "Via", "SIP/2.0/UDP gw.example.com:");
    header_begins(heard, "From", "<sip:555@gw.example.com;user=phone>");
    phone_reply(story.phone, "INVITE", "486 Busy Here", "", NULL);
    story_events(&story, "FAILURE/486");
    hall_fake_end(story_call(&story));
    story_settles(&story);
    story_close(&story);
}

void guard_stories(void)
{
    g_test_add_func("/sip/guard/refusals-have-their-status", refusals_have_their_status);
    g_test_add_func("/sip/guard/tel-uris-are-taken", tel_uris_are_taken);
    g_test_add_func("/sip/guard/draining-answers-503-without-retry-after",
                    draining_answers_503_without_retry_after);
    g_test_add_func("/sip/guard/other-methods-are-refused", other_methods_are_refused);
    g_test_add_func("/sip/guard/methods-in-a-dialog-leave-it-alone",
                    methods_in_a_dialog_leave_it_alone);
    g_test_add_func("/sip/guard/options-tell-readiness", options_tell_readiness);
    g_test_add_func("/sip/guard/options-in-a-dialog-tell-that-it-lives",
                    options_in_a_dialog_tell_that_it_lives);
    g_test_add_func("/sip/guard/a-stranger-gets-nothing", a_stranger_gets_nothing);
    g_test_add_func("/sip/guard/the-far-end-of-our-call-is-heard",
                    the_far_end_of_our_call_is_heard);
    g_test_add_func("/sip/guard/malformed-messages-are-told-once",
                    malformed_messages_are_told_once);
    g_test_add_func("/sip/guard/targets-that-cannot-be-reached-are-refused",
                    targets_that_cannot_be_reached_are_refused);
    g_test_add_func("/sip/guard/torture-does-no-harm", torture_does_no_harm);
    g_test_add_func("/sip/guard/settings-are-followed-live", settings_are_followed_live);
    g_test_add_func("/sip/guard/ipv6-is-spoken", ipv6_is_spoken);
    g_test_add_func("/sip/guard/noise-does-no-harm", noise_does_no_harm);
    g_test_add_func("/sip/guard/refused-requests-leave-nothing", refused_requests_leave_nothing);
    g_test_add_func("/sip/guard/a-wildcard-needs-a-public-host", a_wildcard_needs_a_public_host);
    g_test_add_func("/sip/guard/a-taken-port-is-named", a_taken_port_is_named);
    g_test_add_func("/sip/guard/closing-ends-the-calls", closing_ends_the_calls);
    g_test_add_func("/sip/guard/the-public-host-is-what-phones-see",
                    the_public_host_is_what_phones_see);
}
