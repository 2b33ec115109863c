/* Who is called, or registered with, asks for credentials: what we answer, how often, and when we
 * give up. */
#include "sip_story.h"

#include <string.h>

#define PASSWORD "se:c\"ret"

static const CallSetup plain = {.calling = {.digits = "555"}, .bearer = BEARER_SPEECH};
static const PeerSettings carrier = {
    .name = (char *)"carrier", .user = (char *)"gw", .password = (char *)PASSWORD};

/* NAME="value" or NAME=value of a list of parameters. Caller frees. */
static char *param(const char *header, const char *name)
{
    g_autofree char *pattern = g_strdup_printf("[ ,]%s=(\"[^\"]*\"|[^,]*)", name);
    g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    char *value;

    if (!g_regex_match(regex, header, 0, &match))
        return NULL;
    value = g_match_info_fetch(match, 1);
    if (*value == '"') {
        value[strlen(value) - 1] = '\0';
        memmove(value, value + 1, strlen(value));
    }
    return value;
}

static void param_is(const char *header, const char *name, const char *wanted)
{
    g_autofree char *value = param(header, name);

    g_assert_cmpstr(value, ==, wanted);
}

static char *hash(GChecksumType type, const char *format, ...) G_GNUC_PRINTF(2, 3);
static char *hash(GChecksumType type, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return g_compute_checksum_for_string(type, text, -1);
}

/* RFC 7616 3.4: HEADER of MESSAGE holds the right response. */
static void response_is_right(const char *message, const char *header, GChecksumType type,
                              const char *nonce, gboolean qop)
{
    g_autofree char *value = message_header(message, header);
    g_autofree char *method = g_strndup(message, strcspn(message, " "));
    g_autofree char *target =
        g_strndup(strchr(message, ' ') + 1, strcspn(strchr(message, ' ') + 1, " "));
    g_autofree char *ha1 = NULL, *ha2 = NULL, *whole = NULL, *nc = NULL, *cnonce = NULL;

    g_assert_nonnull(value);
    g_assert_true(g_str_has_prefix(value, "Digest username=\"gw\""));
    param_is(value, "realm", "there");
    param_is(value, "nonce", nonce);
    param_is(value, "uri", target);
    param_is(value, "opaque", "o/1");
    ha1 = hash(type, "gw:there:%s", PASSWORD);
    ha2 = hash(type, "%s:%s", method, target);
    nc = param(value, "nc");
    cnonce = param(value, "cnonce");
    if (qop) {
        param_is(value, "qop", "auth");
        g_assert_cmpuint(strlen(cnonce), >=, 16);
        whole = hash(type, "%s:%s:%s:%s:auth:%s", ha1, nonce, nc, cnonce, ha2);
    } else {
        g_assert_null(nc);
        whole = hash(type, "%s:%s:%s", ha1, nonce, ha2);
    }
    param_is(value, "response", whole);
}

static void nc_is(const char *message, const char *header, const char *wanted)
{
    g_autofree char *value = message_header(message, header);

    param_is(value, "nc", wanted);
}

#define SHA(nonce)                                                                                 \
    "WWW-Authenticate: Digest realm=\"there\", nonce=\"" nonce "\", qop=\"auth,auth-int\", "       \
    "algorithm=SHA-256, opaque=\"o/1\"\r\n"
#define MD5(nonce)                                                                                 \
    "WWW-Authenticate: Digest realm=\"there\", nonce=\"" nonce "\", qop=\"auth\", algorithm=MD5, " \
    "opaque=\"o/1\"\r\n"

static void call_failed(Story *story)
{
    hall_fake_end(story_call(story));
    story_settles(story);
    story_close(story);
}

static void a_call_is_challenged_all_along(void)
{
    Story story;
    const char *heard;
    g_autofree char *first = NULL, *second = NULL, *cseq = NULL, *again = NULL;

    story_open(&story);
    story_call_out(&story, story.phone, &plain, &carrier);
    heard = phone_last_heard(story.phone);
    first = message_header(heard, "Call-ID");
    cseq = message_header(heard, "CSeq");
    header_is(heard, "Authorization", NULL);
    phone_reply(story.phone, "INVITE", "401 Unauthorized", SHA("n1") MD5("n2"), NULL);
    phone_hear(story.phone, "ACK");
    heard = phone_hear(story.phone, "INVITE sip:100@");
    second = message_header(heard, "Call-ID");
    again = message_header(heard, "CSeq");
    g_assert_cmpstr(first, ==, second);
    g_assert_cmpint(atoi(again), ==, atoi(cseq) + 1);
    g_assert_nonnull(strstr(message_body(heard), "m=audio"));
    response_is_right(heard, "Authorization", G_CHECKSUM_SHA256, "n1", TRUE);
    phone_reply(story.phone, "INVITE", "200 OK", "", SDP_BOTH);
    heard = phone_hear(story.phone, "ACK sip:100@");
    header_begins(heard, "Authorization", "Digest ");
    story_events(&story, "ANSWER+media");
    g_assert_cmpstr(hall_fake_ladder(story.hall), ==,
                    "<INVITE 100 SDP\n>401 Unauthorized\n<ACK\n<INVITE SDP\n>200 OK SDP\n<ACK\n");

    /* The nonce is used on, and given up when it is stale. */
    g_assert_true(hall_fake_act(story_call(&story), ACTION_SIP_BYE));
    heard = phone_hear(story.phone, "BYE");
    response_is_right(heard, "Authorization", G_CHECKSUM_SHA256, "n1", TRUE);
    phone_reply(story.phone, "BYE", "401 Unauthorized",
                "WWW-Authenticate: Digest realm=\"there\", nonce=\"n3\", qop=\"auth\", "
                "algorithm=SHA-256, opaque=\"o/1\", stale=TRUE\r\n",
                NULL);
    heard = phone_hear(story.phone, "BYE");
    response_is_right(heard, "Authorization", G_CHECKSUM_SHA256, "n3", TRUE);
    nc_is(heard, "Authorization", "00000001");
    phone_reply(story.phone, "BYE", "200 OK", "", NULL);
    story_events(&story, "ENDED");
    g_assert_cmpuint(story_counter(&story, "challenges answered"), ==, 1);
    call_failed(&story);
}

/* Only BYE is asked for credentials. */
static void a_bye_is_challenged(void)
{
    Story story;
    const char *heard;

    story_open(&story);
    story_call_out(&story, story.phone, &plain, &carrier);
    phone_reply(story.phone, "INVITE", "200 OK", "", SDP_BOTH);
    phone_hear(story.phone, "ACK sip:100@");
    story_events(&story, "ANSWER+media");
    g_assert_true(hall_fake_act(story_call(&story), ACTION_SIP_BYE));
    heard = phone_hear(story.phone, "BYE");
    phone_reply(story.phone, "BYE", "407 Proxy Authentication Required",
                "Proxy-Authenticate: Digest realm=\"there\", nonce=\"p\", opaque=\"o/1\"\r\n",
                NULL);
    heard = phone_hear(story.phone, "BYE");
    response_is_right(heard, "Proxy-Authorization", G_CHECKSUM_MD5, "p", FALSE);
    phone_reply(story.phone, "BYE", "200 OK", "", NULL);
    story_events(&story, "ENDED");
    call_failed(&story);
}

/* Its Contact is another host's, who is no peer, and would like to see what we answer. */
static void a_bye_elsewhere_is_not_answered_for(void)
{
    Story story;
    Phone *stranger;
    g_autofree char *contact = NULL;

    story_open(&story);
    stranger = phone_new(story.loop, "127.0.0.2", story.port);
    contact = g_strdup_printf("Contact: <sip:100@127.0.0.2:%u>\r\n", phone_port(stranger));
    story_call_out(&story, story.phone, &plain, &carrier);
    phone_reply(story.phone, "INVITE", "200 OK", contact, SDP_BOTH);
    phone_hear(stranger, "ACK sip:100@");
    story_events(&story, "ANSWER+media");
    g_assert_true(hall_fake_act(story_call(&story), ACTION_SIP_BYE));
    phone_hear(stranger, "BYE");
    phone_reply(stranger, "BYE", "407 Proxy Authentication Required",
                "Proxy-Authenticate: Digest realm=\"there\", nonce=\"p\", opaque=\"o/1\"\r\n",
                NULL);
    story_events(&story, "ENDED");
    g_assert_true(phone_hears_nothing(stranger, 50));
    g_assert_cmpuint(story_counter(&story, "challenges answered"), ==, 0);
    phone_free(stranger);
    call_failed(&story);
}

/* It would ring a phone for a call that is over. */
static void an_invite_that_is_cancelled_is_not_sent_again(void)
{
    Story story;

    story_open(&story);
    story_call_out(&story, story.phone, &plain, &carrier);
    phone_reply(story.phone, "INVITE", "100 Trying", "", NULL);
    story_events(&story, "TRYING");
    g_assert_true(hall_fake_act(story_call(&story), ACTION_SIP_CANCEL));
    phone_hear(story.phone, "CANCEL");
    phone_reply(story.phone, "INVITE", "401 Unauthorized", SHA("n1"), NULL);
    phone_hear(story.phone, "ACK");
    phone_reply(story.phone, "CANCEL", "200 OK", "", NULL);
    g_assert_true(phone_hears_nothing(story.phone, 50));
    story_events(&story, "FAILURE/401");
    call_failed(&story);
}

/* The server refuses what it was given: one try, one failure. */
static void credentials_are_refused_once(void)
{
    static const struct {
        const char *answers[3];
        guint tries;
    } cases[] = {
        {{MD5("n1"), MD5("n2")}, 2},
        {{MD5("n1"), MD5("n1")}, 2},
        /* stale at its first use */
        {{MD5("n1"), "WWW-Authenticate: Digest realm=\"there\", nonce=\"n2\", stale=true\r\n"}, 2},
        /* what we do not do, or what is no challenge */
        {{"WWW-Authenticate: Digest realm=\"there\", nonce=\"n\", algorithm=SHA-512-256\r\n"}, 1},
        {{"WWW-Authenticate: Digest realm=\"there\", nonce=\"n\", qop=\"other\"\r\n"}, 1},
        {{"WWW-Authenticate: Digest realm=\"there\"\r\n"}, 1},
        {{"WWW-Authenticate: Digest realm=there, nonce=\"n\"\r\n"}, 1},
        {{"WWW-Authenticate: Basic realm=\"there\"\r\n"}, 1},
        {{""}, 1},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        Story story;

        story_open(&story);
        story_call_out(&story, story.phone, &plain, &carrier);
        for (guint j = 0; j < cases[i].tries; j++) {
            if (j)
                phone_hear(story.phone, "INVITE sip:100@");
            phone_reply(story.phone, "INVITE", "401 Unauthorized", cases[i].answers[j], NULL);
            phone_hear(story.phone, "ACK");
        }
        story_events(&story, "FAILURE/401");
        g_assert_true(phone_hears_nothing(story.phone, 50));
        g_assert_cmpuint(story_counter(&story, "credentials refused"), ==, cases[i].tries - 1);
        call_failed(&story);
    }
}

static void without_credentials_a_challenge_is_final(void)
{
    static const PeerSettings poor = {.name = (char *)"carrier", .user = (char *)"gw"};
    const PeerSettings *peers[] = {NULL, &poor};

    for (gsize i = 0; i < G_N_ELEMENTS(peers); i++) {
        Story story;

        story_open(&story);
        story_call_out(&story, story.phone, &plain, peers[i]);
        phone_reply(story.phone, "INVITE", "401 Unauthorized", MD5("n"), NULL);
        phone_hear(story.phone, "ACK");
        story_events(&story, "FAILURE/401");
        call_failed(&story);
    }
}

/* Whoever asks with another realm than the peer's hears nothing, and the peer's own is answered. */
static void one_realm_is_answered(void)
{
    PeerSettings fixed = carrier;
    const char *heard;
    Story story;

    fixed.realm = (char *)"there";
    story_open(&story);
    story_call_out(&story, story.phone, &plain, &fixed);
    phone_reply(story.phone, "INVITE", "401 Unauthorized",
                "WWW-Authenticate: Digest realm=\"elsewhere\", nonce=\"e\", qop=\"auth\"\r\n",
                NULL);
    phone_hear(story.phone, "ACK");
    story_events(&story, "FAILURE/401");
    g_assert_true(phone_hears_nothing(story.phone, 50));
    call_failed(&story);

    story_open(&story);
    story_call_out(&story, story.phone, &plain, &fixed);
    phone_reply(story.phone, "INVITE", "401 Unauthorized", SHA("n1"), NULL);
    phone_hear(story.phone, "ACK");
    heard = phone_hear(story.phone, "INVITE sip:100@");
    response_is_right(heard, "Authorization", G_CHECKSUM_SHA256, "n1", TRUE);
    phone_reply(story.phone, "INVITE", "486 Busy Here", "", NULL);
    phone_hear(story.phone, "ACK");
    story_events(&story, "FAILURE/486");
    call_failed(&story);
}

/* A proxy on the way and the far end both ask. */
static void two_realms_are_answered(void)
{
    Story story;
    const char *heard;

    story_open(&story);
    story_call_out(&story, story.phone, &plain, &carrier);
    phone_reply(story.phone, "INVITE", "407 Proxy Authentication Required",
                "Proxy-Authenticate: Digest realm=\"way\", nonce=\"w\", qop=\"auth\"\r\n", NULL);
    phone_hear(story.phone, "ACK");
    heard = phone_hear(story.phone, "INVITE sip:100@");
    header_begins(heard, "Proxy-Authorization", "Digest ");
    phone_reply(story.phone, "INVITE", "401 Unauthorized", MD5("n"), NULL);
    phone_hear(story.phone, "ACK");
    heard = phone_hear(story.phone, "INVITE sip:100@");
    header_begins(heard, "Proxy-Authorization", "Digest ");
    response_is_right(heard, "Authorization", G_CHECKSUM_MD5, "n", TRUE);
    phone_reply(story.phone, "INVITE", "486 Busy Here", "", NULL);
    phone_hear(story.phone, "ACK");
    story_events(&story, "FAILURE/486");
    call_failed(&story);
}

/* ---- registrations ---- */

static void peer_told(void *user, const UaPeer *peer)
{
    if (strcmp(peer->name, "friend") == 0)
        *(UaPeer *)user = *peer;
}

static void registration_is(Story *story, UaRegistrationState state, int status)
{
    gint64 end = loop_now(story->loop) + 3 * G_USEC_PER_SEC;
    UaPeer peer = {0};

    do {
        loop_rest(story->loop, 5);
        ua_each_peer(story->ua, peer_told, &peer);
    } while (peer.registration != state && loop_now(story->loop) < end);
    g_assert_cmpint(peer.registration, ==, state);
    g_assert_cmpint(peer.status, ==, status);
}

/* The only peer registers with the phone from now on. */
static void story_registers(Story *story, gboolean on)
{
    PeerSettings *peer = g_ptr_array_index(story->settings->peers, 0);

    g_free(peer->server);
    g_free(peer->user);
    g_free(peer->password);
    peer->server = g_strdup_printf("sip:127.0.0.1:%u", phone_port(story->phone));
    peer->user = g_strdup("gw");
    peer->password = g_strdup(PASSWORD);
    peer->registers = on;
    peer->register_expires_s = 600;
    ua_set_settings(story->ua, story->settings);
}

static void we_register_and_leave(void)
{
    g_autofree char *contact = NULL, *aor = NULL, *told = NULL;
    Story story;
    const char *heard;

    story_open(&story);
    story_registers(&story, TRUE);
    heard = phone_hear(story.phone, "REGISTER sip:127.0.0.1");
    contact = g_strdup_printf("<sip:gw@127.0.0.1:%u>", story.port);
    aor = g_strdup_printf("<sip:gw@127.0.0.1:%u>", phone_port(story.phone));
    header_begins(heard, "Contact", contact);
    header_begins(heard, "To", aor);
    header_is(heard, "Expires", "600");
    registration_is(&story, UA_REGISTERING, 0);
    phone_reply(story.phone, "REGISTER", "401 Unauthorized", SHA("n1") MD5("n2"), NULL);
    heard = phone_hear(story.phone, "REGISTER");
    response_is_right(heard, "Authorization", G_CHECKSUM_SHA256, "n1", TRUE);
    told = g_strdup_printf("Contact: %s;expires=300\r\n", contact);
    phone_reply(story.phone, "REGISTER", "200 OK", told, NULL);
    registration_is(&story, UA_REGISTERED, 0);
    g_assert_cmpuint(story_counter(&story, "registrations accepted"), ==, 1);
    story_registers(&story, FALSE);
    heard = phone_hear(story.phone, "REGISTER");
    header_begins(heard, "Authorization", "Digest ");
    g_assert_nonnull(strstr(heard, "xpires: 0"));
    phone_reply(story.phone, "REGISTER", "200 OK", "", NULL);
    story_close(&story);
}

static void registering_is_tried_again(void)
{
    Story story;

    story_open(&story);
    story_registers(&story, TRUE);
    phone_hear(story.phone, "REGISTER");
    phone_reply(story.phone, "REGISTER", "503 Service Unavailable", "Retry-After: 1\r\n", NULL);
    registration_is(&story, UA_REGISTER_FAILED, 503);
    phone_hear(story.phone, "REGISTER"); /* a second later */
    phone_reply(story.phone, "REGISTER", "401 Unauthorized", MD5("n1"), NULL);
    phone_hear(story.phone, "REGISTER");
    phone_reply(story.phone, "REGISTER", "401 Unauthorized", MD5("n2"), NULL);
    registration_is(&story, UA_REGISTER_FAILED, 401);
    g_assert_true(phone_hears_nothing(story.phone, 100));
    g_assert_cmpuint(story_counter(&story, "registrations failed"), ==, 2);
    story_close(&story);
}

/* Whose registration we are may call us, whatever allow says. */
static void the_registrar_may_call(void)
{
    Story story;
    Network nowhere;

    story_open(&story);
    g_assert_true(network_parse("192.0.2.0/24", &nowhere));
    g_array_set_size(story.settings->sip.allow, 0);
    g_array_append_val(story.settings->sip.allow, nowhere);
    phone_request(story.phone, "OPTIONS", story.uri, "", NULL);
    g_assert_true(phone_hears_nothing(story.phone, 50));
    story_registers(&story, TRUE);
    phone_hear(story.phone, "REGISTER");
    phone_reply(story.phone, "REGISTER", "200 OK", "", NULL);
    registration_is(&story, UA_REGISTERED, 0);
    phone_hang_up(story.phone);
    phone_request(story.phone, "OPTIONS", story.uri, "", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    story_close(&story);
}

void challenge_stories(void)
{
    g_test_add_func("/sip/challenge/cancelled", an_invite_that_is_cancelled_is_not_sent_again);
    g_test_add_func("/sip/challenge/a-call-all-along", a_call_is_challenged_all_along);
    g_test_add_func("/sip/challenge/bye", a_bye_is_challenged);
    g_test_add_func("/sip/challenge/bye-elsewhere", a_bye_elsewhere_is_not_answered_for);
    g_test_add_func("/sip/challenge/refused-once", credentials_are_refused_once);
    g_test_add_func("/sip/challenge/none", without_credentials_a_challenge_is_final);
    g_test_add_func("/sip/challenge/one-realm", one_realm_is_answered);
    g_test_add_func("/sip/challenge/two-realms", two_realms_are_answered);
    g_test_add_func("/sip/register/and-leave", we_register_and_leave);
    g_test_add_func("/sip/register/again", registering_is_tried_again);
    g_test_add_func("/sip/register/may-call", the_registrar_may_call);
}
