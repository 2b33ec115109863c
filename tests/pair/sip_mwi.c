/* Mailboxes: NOTIFYs of a voice-mail server, good and hostile ones; NOTIFYs of ours, asked for or
 * not; subscriptions from beginning to end. */
#include "sip_story.h"

#include <string.h>

#define SUMMARY "Content-Type: application/simple-message-summary\r\n"
#define EVENT "Event: message-summary\r\n"
#define ACTIVE EVENT "Subscription-State: active\r\n"

/* What the house on the other side of the treaty says. */
typedef struct Desk {
    gboolean closed;   /* nobody may notify */
    const char *known; /* the mailbox there is */
    MwiState state;    /* of it, for who subscribes */
    guint16 status;    /* for who subscribes */
    GString *heard;    /* "200: 2 new, 8 old\n" */
} Desk;

static gboolean desk_may_notify(void *user, const CallOrigin *origin)
{
    const Desk *desk = user;

    return !desk->closed && strcmp(origin->peer, "friend") == 0;
}

static guint16 desk_notified(void *user, const CallOrigin *origin, const char *mailbox,
                             const MwiState *state)
{
    Desk *desk = user;
    char text[64];

    (void)origin;
    if (strcmp(mailbox, desk->known) != 0)
        return 404;
    g_string_append_printf(desk->heard, "%s: %s\n", mailbox,
                           mwi_state_describe(state, text, sizeof text));
    return 200;
}

static guint16 desk_subscribed(void *user, const CallOrigin *origin, char mailbox[TAG_MAX],
                               MwiState *state)
{
    const Desk *desk = user;

    (void)origin;
    if (strcmp(mailbox, "alias") == 0)
        g_strlcpy(mailbox, "200", TAG_MAX);
    *state = desk->state;
    return desk->status;
}

static void mwi_open_with(Story *story, Desk *desk, const char *more)
{
    UaMwi ops = {desk, desk_may_notify, desk_notified, desk_subscribed};
    TrunkSettings *trunk;

    story_open_with(story, "127.0.0.1", more, 0);
    trunk = g_ptr_array_index(story->settings->trunks, 0);
    trunk->mwi = TRUNK_MWI_YES;
    ua_set_settings(story->ua, story->settings);
    *desk = (Desk){.known = "200", .status = 200, .heard = g_string_new(NULL)};
    ua_set_mwi(story->ua, &ops);
}

static void mwi_open(Story *story, Desk *desk)
{
    mwi_open_with(story, desk, "");
}

static void mwi_close(Story *story, Desk *desk)
{
    story_close(story);
    g_string_free(desk->heard, TRUE);
}

static void heard_is(Desk *desk, const char *wanted)
{
    g_assert_cmpstr(desk->heard->str, ==, wanted);
    g_string_truncate(desk->heard, 0);
}

/* ---- NOTIFYs that come --------------------------------------------------------------------------
 */

static void notifies_are_judged(void)
{
    static const struct {
        const char *user, *extra, *body, *answer, *heard;
    } rows[] = {
        {"200", ACTIVE SUMMARY, "Messages-Waiting: yes\r\nVoice-Message: 2/8\r\n", "200",
         "200: 2 new, 8 old\n"},
        {"200", EVENT SUMMARY, "Messages-Waiting: no\r\n", "200", "200: none\n"},
        {"200", "o: message-summary\r\n" SUMMARY, "Messages-Waiting: no\r\n", "200", "200: none\n"},
        {"%32%30%30", ACTIVE SUMMARY, "Messages-Waiting: no\r\n", "200", "200: none\n"},
        {"200;phone-context=+49", ACTIVE SUMMARY, "Messages-Waiting: no\r\n", "200", "200: none\n"},
        /* whom it is for stands inside */
        {"voicemail", ACTIVE SUMMARY,
         "Messages-Waiting: yes\r\nMessage-Account: sip:200@example.com\r\n", "200",
         "200: waiting\n"},
        {"201", ACTIVE SUMMARY, "Messages-Waiting: yes\r\n", "404", ""},
        {"200", "Event: dialog\r\n" SUMMARY, "Messages-Waiting: yes\r\n", "489", ""},
        {"200", SUMMARY, "Messages-Waiting: yes\r\n", "489", ""},
        {"200", ACTIVE "Content-Type: text/plain\r\n", "Messages-Waiting: yes\r\n", "415", ""},
        {"200", ACTIVE "Content-Encoding: gzip\r\n" SUMMARY, "Messages-Waiting: yes\r\n", "415",
         ""},
        {"200", ACTIVE, "Messages-Waiting: yes\r\n", "415", ""},
        {"200", ACTIVE SUMMARY, NULL, "400", ""},
        {"200", ACTIVE SUMMARY, "Voice-Message: 2/8\r\n", "400", ""},
        {"200", ACTIVE SUMMARY, "Messages-Waiting: yes\r\nVoice-Message: 2/x\r\n", "400", ""},
    };
    Story story;
    Desk desk;

    mwi_open(&story, &desk);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *uri = g_strdup_printf("sip:%s@127.0.0.1:%u", rows[i].user, story.port);
        g_autofree char *start = g_strdup_printf("SIP/2.0 %s", rows[i].answer);
        g_autofree char *to = NULL;
        const char *heard;

        g_test_message("%s %s%s", rows[i].user, rows[i].extra, rows[i].body ? rows[i].body : "");
        desk.known = strcmp(rows[i].answer, "404") == 0 ? "999" : "200";
        phone_hang_up(story.phone);
        phone_request(story.phone, "NOTIFY", uri, rows[i].extra, rows[i].body);
        heard = phone_hear(story.phone, start);
        to = message_header(heard, "To");
        g_assert_nonnull(strstr(to, ";tag="));
        if (strcmp(rows[i].answer, "489") == 0)
            header_is(heard, "Allow-Events", "message-summary");
        if (strcmp(rows[i].answer, "415") == 0)
            header_is(heard, "Accept", "application/simple-message-summary");
        heard_is(&desk, rows[i].heard);
    }
    g_assert_cmpuint(story_counter(&story, "mailboxes notified"), ==, 6);
    mwi_close(&story, &desk);
}

/* A whole NOTIFY; BODY has 26 octets. Caller frees. */
static char *notify_raw(const Story *story, const char *call_id, const char *body)
{
    return g_strdup_printf(
        "NOTIFY %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%s\r\n"
        "From: <sip:vm@127.0.0.1>;tag=1\r\nTo: <%s>\r\nCall-ID: %s\r\n"
        "CSeq: 1 NOTIFY\r\nMax-Forwards: 70\r\n" ACTIVE SUMMARY "Content-Length: 26\r\n\r\n%s",
        story->uri, phone_port(story->phone), call_id, story->uri, call_id, body);
}

static void hostile_bodies_are_refused(void)
{
    g_autoptr(GString) body = g_string_new("Messages-Waiting: yes\r\n");
    g_autofree char *raw = NULL;
    Story story;
    Desk desk;

    mwi_open(&story, &desk);
    for (guint i = 0; i < 64; i++)
        g_string_append(body, "X-A: b\r\n");
    phone_request(story.phone, "NOTIFY", story.uri, ACTIVE SUMMARY, body->str);
    phone_hear(story.phone, "SIP/2.0 400");
    phone_hang_up(story.phone);
    g_string_append_printf(body, "X-A: %*s\r\n", 3000, "b");
    phone_request(story.phone, "NOTIFY", story.uri, ACTIVE SUMMARY, body->str);
    phone_hear(story.phone, "SIP/2.0 413");
    phone_hang_up(story.phone);
    raw = notify_raw(&story, "nul", "Messages-Waiting: yes\r\n@\r\n");
    *strchr(strstr(raw, "\r\n\r\n"), '@') = '\0';
    phone_send_raw(story.phone, raw, strlen(raw) + 3); /* what stands behind the NUL, too */
    phone_hear(story.phone, "SIP/2.0 400");
    heard_is(&desk, "");
    mwi_close(&story, &desk);
}

static void who_may_not_is_refused(void)
{
    Story story;
    Desk desk;

    mwi_open(&story, &desk);
    desk.closed = TRUE;
    phone_request(story.phone, "NOTIFY", story.uri, ACTIVE SUMMARY, "Messages-Waiting: yes\r\n");
    phone_hear(story.phone, "SIP/2.0 403");
    heard_is(&desk, "");
    g_assert_cmpuint(story_counter(&story, "mailbox NOTIFYs refused"), ==, 1);
    mwi_close(&story, &desk);
}

/* Each repetition is answered alike; the house knows that it is none of news. */
static void repetitions_are_answered(void)
{
    g_autofree char *raw = NULL;
    guint heard;
    Story story;
    Desk desk;

    mwi_open(&story, &desk);
    raw = notify_raw(&story, "again", "Messages-Waiting: yes\r\n\r\n\r\n");
    phone_send_raw(story.phone, raw, strlen(raw));
    phone_hear(story.phone, "SIP/2.0 200");
    heard = phone_heard_count(story.phone);
    phone_send_raw(story.phone, raw, strlen(raw));
    loop_rest(story.loop, 30);
    g_assert_cmpuint(phone_heard_count(story.phone), ==, heard + 1);
    g_assert_true(phone_hears_nothing(story.phone, 0)); /* but what it has heard before */
    mwi_close(&story, &desk);
}

static void a_trunk_without_mwi_has_none(void)
{
    TrunkSettings *trunk;
    Story story;
    Desk desk;

    mwi_open(&story, &desk);
    trunk = g_ptr_array_index(story.settings->trunks, 0);
    trunk->mwi = TRUNK_MWI_NO;
    ua_set_settings(story.ua, story.settings);
    phone_request(story.phone, "NOTIFY", story.uri, ACTIVE SUMMARY, "Messages-Waiting: yes\r\n");
    phone_hear(story.phone, "SIP/2.0 481");
    phone_hang_up(story.phone);
    phone_request(story.phone, "SUBSCRIBE", story.uri, EVENT "Expires: 60\r\n", NULL);
    phone_hear(story.phone, "SIP/2.0 489");
    heard_is(&desk, "");
    mwi_close(&story, &desk);
}

static void notifies_come_over_tcp(void)
{
    Phone *phone;
    Story story;
    Desk desk;

    mwi_open_with(&story, &desk, "tcp = yes\n");
    phone = phone_new_tcp(story.loop, "127.0.0.1", story.port);
    phone_request(phone, "NOTIFY", story.uri, ACTIVE SUMMARY,
                  "Messages-Waiting: yes\r\nVoice-Message: 1/0\r\n");
    phone_hear(phone, "SIP/2.0 200");
    heard_is(&desk, "200: 1 new, 0 old\n");
    phone_hang_up(phone);
    phone_request(phone, "NOTIFY", story.uri, ACTIVE SUMMARY, "nonsense\r\n");
    phone_hear(phone, "SIP/2.0 400");
    phone_free(phone);
    mwi_close(&story, &desk);
}

/* ---- NOTIFYs of ours ----------------------------------------------------------------------------
 */

static void tell(Story *story, guint fresh, const PeerSettings *peer)
{
    g_autofree char *uri = g_strdup_printf("sip:200@127.0.0.1:%u", phone_port(story->phone));
    MwiState state = {.waiting = fresh > 0, .counted = TRUE, .fresh = fresh};

    ua_tell_mwi(story->ua, "200", &state, uri, peer);
}

static void body_says(const char *heard, const char *wanted)
{
    g_assert_nonnull(strstr(message_body(heard), wanted));
}

static void who_has_not_asked_is_told(void)
{
    const char *heard;
    Story story;
    Desk desk;

    mwi_open(&story, &desk);
    tell(&story, 3, NULL);
    heard = phone_hear(story.phone, "NOTIFY sip:200@127.0.0.1");
    header_is(heard, "Event", "message-summary");
    header_is(heard, "Subscription-State", "terminated");
    header_is(heard, "Content-Type", "application/simple-message-summary");
    body_says(heard, "Messages-Waiting: yes\r\nMessage-Account: sip:200@127.0.0.1\r\n"
                     "Voice-Message: 3/0 (0/0)\r\n");
    /* While it is unanswered, one NOTIFY more waits, and says the last word. */
    for (guint i = 0; i < 20; i++)
        tell(&story, i, NULL);
    tell(&story, 7, NULL);
    g_assert_true(phone_hears_nothing(story.phone, 10));
    phone_reply(story.phone, "NOTIFY", "200 OK", "", NULL);
    heard = phone_hear(story.phone, "NOTIFY sip:200@127.0.0.1");
    body_says(heard, "Voice-Message: 7/0");
    phone_reply(story.phone, "NOTIFY", "200 OK", "", NULL);
    g_assert_true(phone_hears_nothing(story.phone, 30));
    g_assert_cmpuint(story_counter(&story, "mailbox NOTIFYs out"), ==, 2);
    g_assert_cmpuint(story_counter(&story, "mailbox NOTIFYs failed"), ==, 0);
    mwi_close(&story, &desk);
}

static void who_does_not_answer_is_given_up(void)
{
    Story story;
    Desk desk;
    gint64 end;

    mwi_open(&story, &desk);
    tell(&story, 1, NULL);
    phone_hear(story.phone, "NOTIFY ");
    end = loop_now(story.loop) + 3 * G_USEC_PER_SEC;
    while (!story_counter(&story, "mailbox NOTIFYs failed") && loop_now(story.loop) < end)
        loop_rest(story.loop, 20);
    g_assert_cmpuint(story_counter(&story, "mailbox NOTIFYs failed"), ==, 1);
    phone_forget(story.phone);
    tell(&story, 2, NULL);
    body_says(phone_hear(story.phone, "NOTIFY "), "Voice-Message: 2/0");
    phone_reply(story.phone, "NOTIFY", "481 Subscription Does Not Exist", "", NULL);
    loop_rest(story.loop, 30);
    g_assert_cmpuint(story_counter(&story, "mailbox NOTIFYs failed"), ==, 2);
    mwi_close(&story, &desk);
}

static void settings_say_who_is_told(void)
{
    PeerSettings peer = {.name = (char *)"friend"};
    Story story;
    Desk desk;

    mwi_open(&story, &desk);
    tell(&story, 1, &peer); /* mwi = no */
    peer.mwi = PEER_MWI_ACCEPT;
    tell(&story, 2, &peer);
    g_assert_true(phone_hears_nothing(story.phone, 30));
    peer.mwi = PEER_MWI_NOTIFY;
    tell(&story, 3, &peer);
    phone_hear(story.phone, "NOTIFY ");
    phone_reply(story.phone, "NOTIFY", "200 OK", "", NULL);
    loop_rest(story.loop, 20);
    story.settings->sip.mwi_unsolicited = MWI_UNSOLICITED_NO;
    tell(&story, 4, &peer);
    g_assert_true(phone_hears_nothing(story.phone, 30));
    mwi_close(&story, &desk);
}

static void challenges_are_answered(void)
{
    PeerSettings *peer;
    const char *heard;
    Story story;
    Desk desk;

    mwi_open(&story, &desk);
    peer = g_ptr_array_index(story.settings->peers, 0);
    peer->mwi = PEER_MWI_BOTH;
    peer->user = g_strdup("gw");
    peer->password = g_strdup("word");
    tell(&story, 1, peer);
    phone_hear(story.phone, "NOTIFY ");
    phone_reply(story.phone, "NOTIFY", "401 Unauthorized",
                "WWW-Authenticate: Digest realm=\"vm\", nonce=\"n\"\r\n", NULL);
    heard = phone_hear(story.phone, "NOTIFY ");
    header_begins(heard, "Authorization", "Digest username=\"gw\"");
    body_says(heard, "Voice-Message: 1/0");
    /* once: who asks again has refused them */
    phone_reply(story.phone, "NOTIFY", "401 Unauthorized",
                "WWW-Authenticate: Digest realm=\"vm\", nonce=\"m\"\r\n", NULL);
    g_assert_true(phone_hears_nothing(story.phone, 50));
    g_assert_cmpuint(story_counter(&story, "mailbox NOTIFYs failed"), ==, 1);
    mwi_close(&story, &desk);
}

/* ---- subscriptions ------------------------------------------------------------------------------
 */

/* Subscribes anew, and has heard the first NOTIFY, whose body says WANTED. */
static void subscribe(Story *story, const char *user, const char *more, const char *wanted)
{
    g_autofree char *uri = g_strdup_printf("sip:%s@127.0.0.1:%u", user, story->port);
    const char *heard;

    phone_hang_up(story->phone);
    phone_request(story->phone, "SUBSCRIBE", uri, more, NULL);
    heard = phone_hear(story->phone, "SIP/2.0 200");
    heard = phone_hear(story->phone, "NOTIFY sip:");
    header_begins(heard, "Event", "message-summary");
    body_says(heard, wanted);
    phone_reply(story->phone, "NOTIFY", "200 OK", "", NULL);
    loop_rest(story->loop, 20);
}

static void a_subscription_from_beginning_to_end(void)
{
    const char *heard;
    Story story;
    Desk desk;

    mwi_open(&story, &desk);
    desk.state = (MwiState){TRUE, TRUE, 2, 1, 0, 0};
    phone_request(story.phone, "SUBSCRIBE", story.uri,
                  EVENT "Expires: 600\r\nAccept: application/simple-message-summary\r\n", NULL);
    heard = phone_hear(story.phone, "SIP/2.0 200");
    header_is(heard, "Expires", "600");
    heard = phone_hear(story.phone, "NOTIFY sip:");
    header_begins(heard, "Subscription-State", "active");
    body_says(heard, "Voice-Message: 2/1");
    phone_reply(story.phone, "NOTIFY", "200 OK", "", NULL);
    loop_rest(story.loop, 20);
    /* a change; nothing outside the dialog */
    tell(&story, 3, NULL);
    heard = phone_hear(story.phone, "NOTIFY sip:");
    header_begins(heard, "Subscription-State", "active");
    body_says(heard, "Voice-Message: 3/0");
    phone_reply(story.phone, "NOTIFY", "200 OK", "", NULL);
    g_assert_true(phone_hears_nothing(story.phone, 30));
    /* a refresh tells the state again */
    phone_request(story.phone, "SUBSCRIBE", NULL, EVENT "Expires: 300\r\n", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    body_says(phone_hear(story.phone, "NOTIFY sip:"), "Voice-Message: 3/0");
    phone_reply(story.phone, "NOTIFY", "200 OK", "", NULL);
    loop_rest(story.loop, 20);
    /* the end */
    phone_request(story.phone, "SUBSCRIBE", NULL, EVENT "Expires: 0\r\n", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    header_begins(phone_hear(story.phone, "NOTIFY sip:"), "Subscription-State", "terminated");
    phone_reply(story.phone, "NOTIFY", "200 OK", "", NULL);
    loop_rest(story.loop, 20);
    /* from now on it is one who has not asked */
    tell(&story, 4, NULL);
    header_is(phone_hear(story.phone, "NOTIFY sip:200@"), "Subscription-State", "terminated");
    phone_reply(story.phone, "NOTIFY", "200 OK", "", NULL);
    loop_rest(story.loop, 20);
    mwi_close(&story, &desk);
}

static void a_fetch_ends_at_once(void)
{
    const char *heard;
    Story story;
    Desk desk;

    mwi_open(&story, &desk);
    phone_request(story.phone, "SUBSCRIBE", story.uri, EVENT "Expires: 0\r\n", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    heard = phone_hear(story.phone, "NOTIFY sip:");
    header_begins(heard, "Subscription-State", "terminated");
    body_says(heard, "Messages-Waiting: no");
    phone_reply(story.phone, "NOTIFY", "200 OK", "", NULL);
    loop_rest(story.loop, 20);
    story.settings->sip.mwi_unsolicited = MWI_UNSOLICITED_NO;
    tell(&story, 1, NULL);
    g_assert_true(phone_hears_nothing(story.phone, 30));
    mwi_close(&story, &desk);
}

static void a_subscription_runs_out(void)
{
    const char *heard;
    Story story;
    Desk desk;

    mwi_open(&story, &desk);
    subscribe(&story, "200", EVENT "Expires: 60\r\n", "Messages-Waiting: no");
    loop_begin_leaps();
    loop_leap(story.loop, 70);
    loop_rest(story.loop, 50);
    loop_end_leaps();
    heard = phone_hear(story.phone, "NOTIFY sip:");
    header_begins(heard, "Subscription-State", "terminated");
    phone_reply(story.phone, "NOTIFY", "200 OK", "", NULL);
    loop_rest(story.loop, 20);
    story.settings->sip.mwi_unsolicited = MWI_UNSOLICITED_NO;
    tell(&story, 1, NULL);
    g_assert_true(phone_hears_nothing(story.phone, 30));
    mwi_close(&story, &desk);
}

/* Who is gone says so, or nothing. */
static void a_subscriber_is_gone(void)
{
    Story story;
    Desk desk;

    mwi_open(&story, &desk);
    story.settings->sip.mwi_unsolicited = MWI_UNSOLICITED_NO;
    subscribe(&story, "200", EVENT "Expires: 60\r\n", "Messages-Waiting: no");
    tell(&story, 1, NULL);
    phone_hear(story.phone, "NOTIFY sip:");
    phone_reply(story.phone, "NOTIFY", "481 Subscription Does Not Exist", "", NULL);
    loop_rest(story.loop, 30);
    tell(&story, 2, NULL);
    g_assert_true(phone_hears_nothing(story.phone, 30));
    subscribe(&story, "200", EVENT "Expires: 60\r\n", "Messages-Waiting: no");
    tell(&story, 3, NULL);
    loop_rest(story.loop, 1500); /* 64*T1 */
    phone_forget(story.phone);
    tell(&story, 4, NULL);
    g_assert_true(phone_hears_nothing(story.phone, 30));
    mwi_close(&story, &desk);
}

static void subscriptions_are_judged(void)
{
    static const struct {
        const char *user, *extra;
        guint16 status;
        const char *answer;
    } rows[] = {
        {"200", EVENT, 403, "403"},
        {"200", EVENT, 404, "404"},
        {"200", "Event: presence\r\n", 200, "489"},
        {"200", "", 200, "489"},
        {"200", EVENT "Accept: text/plain\r\n", 200, "406"},
    };
    Story story;
    Desk desk;

    mwi_open(&story, &desk);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *uri = g_strdup_printf("sip:%s%s127.0.0.1:%u", rows[i].user,
                                               *rows[i].user ? "@" : "", story.port);
        g_autofree char *start = g_strdup_printf("SIP/2.0 %s", rows[i].answer);

        desk.status = rows[i].status;
        phone_hang_up(story.phone);
        phone_request(story.phone, "SUBSCRIBE", uri, rows[i].extra, NULL);
        phone_hear(story.phone, start);
    }
    g_assert_true(phone_hears_nothing(story.phone, 30));
    mwi_close(&story, &desk);
}

static void a_mailbox_has_so_many_subscribers(void)
{
    Story story;
    Desk desk;

    mwi_open(&story, &desk);
    for (guint i = 0; i < 16; i++)
        subscribe(&story, i % 2 ? "alias" : "200", EVENT "Expires: 60\r\n", "Messages-Waiting: no");
    phone_hang_up(story.phone);
    phone_request(story.phone, "SUBSCRIBE", story.uri, EVENT "Expires: 60\r\n", NULL);
    phone_hear(story.phone, "SIP/2.0 503");
    subscribe(&story, "300", EVENT "Expires: 60\r\n", "Messages-Waiting: no");
    tell(&story, 1, NULL);
    for (guint i = 0; i < 16; i++) {
        phone_hear(story.phone, "NOTIFY ");
        phone_reply(story.phone, "NOTIFY", "200 OK", "", NULL);
    }
    g_assert_true(phone_hears_nothing(story.phone, 30));
    mwi_close(&story, &desk);
}

static void an_event_has_an_id(void)
{
    const char *heard;
    Story story;
    Desk desk;

    mwi_open(&story, &desk);
    phone_request(story.phone, "SUBSCRIBE", story.uri,
                  "Event: message-summary;id=7\r\nExpires: 60\r\n", NULL);
    phone_hear(story.phone, "SIP/2.0 200");
    heard = phone_hear(story.phone, "NOTIFY sip:");
    header_is(heard, "Event", "message-summary;id=7");
    phone_reply(story.phone, "NOTIFY", "200 OK", "", NULL);
    loop_rest(story.loop, 20);
    tell(&story, 1, NULL);
    heard = phone_hear(story.phone, "NOTIFY sip:");
    header_is(heard, "Event", "message-summary;id=7");
    phone_reply(story.phone, "NOTIFY", "200 OK", "", NULL);
    loop_rest(story.loop, 20);
    mwi_close(&story, &desk);
}

/* The subscription stands, and is told of a change. */
static void subscription_stands(Story *story, guint fresh)
{
    g_autofree char *wanted = g_strdup_printf("Voice-Message: %u/0", fresh);
    const char *heard;

    tell(story, fresh, NULL);
    heard = phone_hear(story->phone, "NOTIFY sip:");
    header_begins(heard, "Subscription-State", "active");
    body_says(heard, wanted);
    phone_reply(story->phone, "NOTIFY", "200 OK", "", NULL);
    loop_rest(story->loop, 20);
}

/* Each would leave a transaction behind that nobody ends. */
static void a_second_one_in_its_dialog_is_refused(void)
{
    Story story;
    Desk desk;

    mwi_open(&story, &desk);
    subscribe(&story, "200", EVENT "Expires: 600\r\n", "Messages-Waiting: no");
    for (guint i = 1; i < 4; i++) {
        g_autofree char *extra = g_strdup_printf("Event: message-summary;id=%u\r\n", i);

        phone_request(story.phone, "SUBSCRIBE", NULL, extra, NULL);
        phone_hear(story.phone, "SIP/2.0 489");
        subscription_stands(&story, i);
    }
    mwi_close(&story, &desk);
}

static void it_carries_no_call(void)
{
    static const struct {
        const char *method, *extra, *body, *answer;
    } rows[] = {{"INVITE", "", SDP_BOTH, "SIP/2.0 403"},
                {"UPDATE", "", NULL, "SIP/2.0 "},
                {"INFO", "", NULL, "SIP/2.0 "},
                {"REFER", "Refer-To: <sip:300@127.0.0.1>\r\n", NULL, "SIP/2.0 403"},
                {"OPTIONS", "", NULL, "SIP/2.0 200"},
                {"BYE", "", NULL, "SIP/2.0 "}};
    Story story;
    Desk desk;

    mwi_open(&story, &desk);
    subscribe(&story, "200", EVENT "Expires: 600\r\n", "Messages-Waiting: no");
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        phone_request(story.phone, rows[i].method, NULL, rows[i].extra, rows[i].body);
        phone_hear(story.phone, rows[i].answer);
        if (strcmp(rows[i].method, "INVITE") == 0)
            phone_ack(story.phone, NULL);
        subscription_stands(&story, i + 1);
    }
    mwi_close(&story, &desk);
}

void mwi_stories(void)
{
    g_test_add_func("/sip/mwi/in/judged", notifies_are_judged);
    g_test_add_func("/sip/mwi/in/hostile", hostile_bodies_are_refused);
    g_test_add_func("/sip/mwi/in/forbidden", who_may_not_is_refused);
    g_test_add_func("/sip/mwi/in/again", repetitions_are_answered);
    g_test_add_func("/sip/mwi/in/off", a_trunk_without_mwi_has_none);
    g_test_add_func("/sip/mwi/in/tcp", notifies_come_over_tcp);
    g_test_add_func("/sip/mwi/out/told", who_has_not_asked_is_told);
    g_test_add_func("/sip/mwi/out/silent", who_does_not_answer_is_given_up);
    g_test_add_func("/sip/mwi/out/settings", settings_say_who_is_told);
    g_test_add_func("/sip/mwi/out/challenge", challenges_are_answered);
    g_test_add_func("/sip/mwi/subscription/whole", a_subscription_from_beginning_to_end);
    g_test_add_func("/sip/mwi/subscription/fetch", a_fetch_ends_at_once);
    g_test_add_func("/sip/mwi/subscription/expires", a_subscription_runs_out);
    g_test_add_func("/sip/mwi/subscription/gone", a_subscriber_is_gone);
    g_test_add_func("/sip/mwi/subscription/judged", subscriptions_are_judged);
    g_test_add_func("/sip/mwi/subscription/many", a_mailbox_has_so_many_subscribers);
    g_test_add_func("/sip/mwi/subscription/id", an_event_has_an_id);
    g_test_add_func("/sip/mwi/second-in-dialog", a_second_one_in_its_dialog_is_refused);
    g_test_add_func("/sip/mwi/no-call", it_carries_no_call);
}
