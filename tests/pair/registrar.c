/* The registrar behind the proxy's port, against phones that say what the story says: RFC
 * 3261 10.3, RFC 3327, RFC 5626. */
#include "free_port.h"
#include "phone.h"
#include "phones.h"
#include "sofia.h"

#include <arpa/inet.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN "home.test"
#define INSTANCE "\"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>\""

#define TRUSTED "[peer edge]\nnetwork = 127.0.0.1\ntrusted = yes\n"

/* A box for many phones. */
static const char storm[] = "storm";

typedef struct Story {
    char *folder, *store;
    Settings *settings;
    Loop *loop;
    Phones *phones;
    Phone *phone;
    guint16 port;
    guint count; /* requests said */
} Story;

static gboolean is_ready(void *user)
{
    return TRUE;
}

static void proxy_start(Story *story)
{
    static OriginKey key;
    g_autoptr(GError) error = NULL;
    PhonesGateway gateway = {.key = &key, .ready = is_ready};

    story->phones = phones_new(story->settings, story->loop, &gateway, &error);
    g_assert_no_error(error);
}

static void story_open(Story *story, gconstpointer more)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;

    story->folder = g_dir_make_tmp("tieline-registrar-XXXXXX", NULL);
    story->store = g_build_filename(story->folder, "tieline.db", NULL);
    story->port = free_port();
    text = g_strdup_printf("[sip]\nlisten = 127.0.0.1:%u\n[proxy]\nmode = standby\n"
                           "domains = " DOMAIN "\n[policy lan]\naction = allow\n"
                           "[registrar]\nstore = %s\nmax-contacts = 4\n"
                           "max-bindings = %s\n%s",
                           story->port, story->store, more == storm ? "2000" : "6",
                           more && more != storm ? (const char *)more : "");
    story->settings = settings_parse("story", text, &error);
    g_assert_no_error(error);
    story->loop = sofia_loop_new(&error);
    g_assert_no_error(error);
    proxy_start(story);
    story->phone = phone_new(story->loop, "127.0.0.1", story->port);
}

static void story_close(Story *story, gconstpointer more)
{
    static const char *const ends[] = {"", "-wal", "-shm"};

    phone_free(story->phone);
    phones_free(story->phones);
    sofia_loop_free(story->loop);
    settings_free(story->settings);
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *path = g_strconcat(story->store, ends[i], NULL);

        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(story->folder), ==, 0);
    g_free(story->folder);
    g_free(story->store);
}

/* REGISTER of USER with HEADERS, each with its "\r\n"; CALL and CSEQ as given. */
static void say(Story *story, const char *user, const char *call, guint cseq, const char *headers)
{
    guint16 port = phone_port(story->phone);
    guint number = ++story->count;
    g_autofree char *text = g_strdup_printf(
        "REGISTER sip:" DOMAIN " SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK-r-%u-%u;rport\r\nMax-Forwards: 70\r\n"
        "From: <sip:%s@" DOMAIN ">;tag=f%u\r\nTo: <sip:%s@" DOMAIN ">\r\nCall-ID: %s\r\n"
        "CSeq: %u REGISTER\r\n%sContent-Length: 0\r\n\r\n",
        port, port, number, user, number, user, call, cseq, headers);

    phone_send_raw(story->phone, text, strlen(text));
}

/* The value of header NAME of all its lines, joined; Caller frees. */
static char *header_all(const char *message, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(message, "\r\n", -1);
    GString *all = g_string_new(NULL);
    gsize length = strlen(name);

    for (char **line = lines + 1; *line && **line; line++) {
        if (g_ascii_strncasecmp(*line, name, length) == 0 && (*line)[length] == ':')
            g_string_append_printf(all, "%s%s", all->len ? ", " : "",
                                   g_strstrip(*line + length + 1));
    }
    return g_string_free(all, FALSE);
}

static const char *asks(Story *story, const char *user, const char *call, guint cseq,
                        const char *headers, const char *status)
{
    g_autofree char *start = g_strdup_printf("SIP/2.0 %s", status);

    say(story, user, call, cseq, headers);
    return phone_hear(story->phone, start);
}

static void contacts_are(const char *message, const char *wanted)
{
    g_autofree char *all = header_all(message, "Contact");

    g_assert_cmpstr(all, ==, wanted);
}

/* What a query tells. */
static void bound(Story *story, const char *user, const char *wanted)
{
    contacts_are(asks(story, user, "query", 1, "", "200"), wanted);
}

/* ---- RFC 3261 10.3 ---- */

static void test_register(Story *story, gconstpointer data)
{
    const char *heard;
    g_autofree char *date = NULL;

    heard = asks(story, "203", "c1", 1, "Contact: <sip:203@127.0.0.1:5070>\r\n", "200 OK");
    contacts_are(heard, "<sip:203@127.0.0.1:5070>;expires=3600");
    date = message_header(heard, "Date");
    g_assert_true(g_str_has_suffix(date, " GMT"));
    header_is(heard, "Supported", "path, outbound");
    header_is(heard, "Require", NULL);
    g_assert_nonnull(strstr(heard, ";tag="));
    heard = asks(story, "203", "c1", 2,
                 "Expires: 1800\r\nContact: <sip:203@127.0.0.1:5071>;q=0.5;expires=120, "
                 "<sip:203@127.0.0.1:5070>\r\n",
                 "200");
    contacts_are(heard, "<sip:203@127.0.0.1:5070>;expires=1800, "
                        "<sip:203@127.0.0.1:5071>;expires=120;q=0.500");
    heard = asks(story, "203", "c1", 3, "Contact: <sip:203@127.0.0.1:5070>;expires=0\r\n", "200");
    contacts_are(heard, "<sip:203@127.0.0.1:5071>;expires=120;q=0.500");
    heard = asks(story, "203", "c1", 4, "Contact: *\r\nExpires: 0\r\n", "200");
    contacts_are(heard, "");
    bound(story, "203", "");
}

typedef struct RefusalCase {
    const char *headers, *status, *name, *value; /* NAME, VALUE: a header of the answer */
} RefusalCase;

static void test_refused(Story *story, gconstpointer data)
{
    static const RefusalCase cases[] = {
        {"Contact: *\r\n", "400", NULL, NULL},
        {"Contact: *\r\nExpires: 1\r\n", "400", NULL, NULL},
        {"Contact: *, <sip:a@127.0.0.1>\r\nExpires: 0\r\n", "400", NULL, NULL},
        {"Contact: <sip:a@127.0.0.1>, *\r\nExpires: 0\r\n", "400", NULL, NULL},
        {"Contact: <sip:a@127.0.0.1>;expires=59\r\n", "423", "Min-Expires", "60"},
        {"Contact: <sip:a@127.0.0.1>;q=1.1\r\n", "400", NULL, NULL},
        {"Contact: <sip:a@127.0.0.1>;q=x\r\n", "400", NULL, NULL},
        {"Contact: <tel:+4912345>\r\n", "403", NULL, NULL},
        {"Contact: <mailto:a@b>\r\n", "403", NULL, NULL},
        {"Contact: <sip:a@0.0.0.0>\r\n", "403", NULL, NULL},
        {"Contact: <sip:a@224.0.1.75>\r\n", "403", NULL, NULL},
        {"Contact: <sip:a@" DOMAIN ">\r\n", "403", "Warning",
         "399 127.0.0.1 \"Contact Points To The Registrar\""},
        {"Contact: <sip:a@127.0.0.1>\r\nRequire: teleport\r\n", "420", "Unsupported", "teleport"},
        {"Contact: <sip:a@127.0.0.1>\r\nPath: <sip:127.0.0.9;lr>\r\n", "420", "Unsupported",
         "path"},
        {"Contact: <sip:a@127.0.0.1>\r\nSupported: path\r\nPath: <sip:127.0.0.9;lr>\r\n", "403",
         "Warning", "399 127.0.0.1 \"Path Not Allowed\""},
        {"Contact: <sip:a@127.0.0.1>;+sip.instance=" INSTANCE ";reg-id=0\r\n", "400", NULL, NULL},
        {"Contact: <sip:a@127.0.0.1>;+sip.instance=" INSTANCE ";reg-id=1, <sip:b@127.0.0.1>\r\n",
         "400", NULL, NULL},
        {"Contact: <sip:1@127.0.0.1>, <sip:2@127.0.0.1>, <sip:3@127.0.0.1>, <sip:4@127.0.0.1>, "
         "<sip:5@127.0.0.1>\r\n",
         "403 Too Many Contacts", NULL, NULL},
        /* all or nothing */
        {"Contact: <sip:a@127.0.0.1>, <tel:1>\r\n", "403", NULL, NULL},
    };
    g_autofree char *own = g_strdup_printf("Contact: <sip:a@127.0.0.1:%u>\r\n", story->port);

    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *heard;

        g_test_message("%s", cases[i].headers);
        heard = asks(story, "203", "c1", i + 1, cases[i].headers, cases[i].status);
        if (cases[i].name)
            header_is(heard, cases[i].name, cases[i].value);
        contacts_are(heard, "");
    }
    asks(story, "203", "c1", 100, own, "403");
    bound(story, "203", "");
}

static void test_expiry_limits(Story *story, gconstpointer data)
{
    contacts_are(asks(story, "203", "c1", 1, "Contact: <sip:a@127.0.0.1>;expires=99999\r\n", "200"),
                 "<sip:a@127.0.0.1>;expires=7200");
    contacts_are(
        asks(story, "203", "c1", 2, "Contact: <sip:a@127.0.0.1>;expires=99999999999999\r\n", "200"),
        "<sip:a@127.0.0.1>;expires=7200");
    /* What is malformed counts as not said. */
    contacts_are(asks(story, "203", "c1", 3, "Contact: <sip:a@127.0.0.1>;expires=soon\r\n", "200"),
                 "<sip:a@127.0.0.1>;expires=3600");
    /* Unregistering is never too short. */
    contacts_are(asks(story, "203", "c1", 4, "Contact: <sip:a@127.0.0.1>\r\nExpires: 0\r\n", "200"),
                 "");
}

static void test_order(Story *story, gconstpointer data)
{
    const char *a = "Contact: <sip:a@127.0.0.1>\r\n";

    asks(story, "203", "c1", 5, a, "200");
    asks(story, "203", "c1", 4, a, "500");
    asks(story, "203", "c1", 4, "Contact: *\r\nExpires: 0\r\n", "500");
    asks(story, "203", "c1", 5, "Contact: <sip:a@127.0.0.1>;expires=90\r\n", "500");
    asks(story, "203", "c1", 5, a, "200"); /* the same once more: its answer was lost */
    asks(story, "203", "c2", 1, "Contact: <sip:a@127.0.0.1>;expires=90\r\n", "200");
    bound(story, "203", "<sip:a@127.0.0.1>;expires=90");
}

/* A retransmission gets the same answer again, also while the store has not committed yet. */
static void test_retransmitted(Story *story, gconstpointer data)
{
    g_autofree char *first = NULL;
    guint heard = phone_heard_count(story->phone);

    say(story, "203", "c1", 1, "Contact: <sip:a@127.0.0.1>\r\n");
    story->count--;
    say(story, "203", "c1", 1, "Contact: <sip:a@127.0.0.1>\r\n");
    first = g_strdup(phone_hear(story->phone, "SIP/2.0 200"));
    story->count--;
    say(story, "203", "c1", 1, "Contact: <sip:a@127.0.0.1>\r\n");
    loop_rest(story->loop, 100);
    g_assert_cmpuint(phone_heard_count(story->phone) - heard, ==, 2);
    bound(story, "203", "<sip:a@127.0.0.1>;expires=3600");
}

static void test_whose(Story *story, gconstpointer data)
{
    g_autofree char *foreign = g_strdup_printf(
        "REGISTER sip:" DOMAIN " SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK-foreign\r\nMax-Forwards: 70\r\n"
        "From: <sip:203@evil.test>;tag=f\r\nTo: <sip:203@evil.test>\r\nCall-ID: x\r\n"
        "CSeq: 1 REGISTER\r\nContact: <sip:203@127.0.0.1>\r\nContent-Length: 0\r\n\r\n",
        phone_port(story->phone));

    phone_send_raw(story->phone, foreign, strlen(foreign));
    phone_hear(story->phone, "SIP/2.0 404");
    asks(story, "%00", "c1", 1, "Contact: <sip:a@127.0.0.1>\r\n", "404");
    asks(story, "a%0db", "c1", 1, "Contact: <sip:a@127.0.0.1>\r\n", "404");
    asks(story, "a%ff", "c1", 1, "Contact: <sip:a@127.0.0.1>\r\n", "404");
    /* An alias is the phone itself; an escape is what it stands for. */
    asks(story, "re%63eption", "c1", 1, "Contact: <sip:a@127.0.0.1>\r\n", "200");
    bound(story, "201", "<sip:a@127.0.0.1>;expires=3600");
}

static void test_one_device(Story *story, gconstpointer data)
{
    asks(story, "202", "c1", 1, "Contact: <sip:a@127.0.0.1>\r\n", "403");
    asks(story, "202", "c1", 2, "Contact: <sip:a@127.0.0.1>;+sip.instance=\"<urn:uuid:2>\"\r\n",
         "403");
    asks(story, "202", "c1", 3, "Contact: <sip:a@127.0.0.1>;+sip.instance=\"<urn:uuid:1>\"\r\n",
         "200");
}

static void test_full(Story *story, gconstpointer data)
{
    const char *three = "Contact: <sip:1@127.0.0.1>, <sip:2@127.0.0.1>, <sip:3@127.0.0.1>\r\n";

    asks(story, "203", "c1", 1, three, "200");
    asks(story, "204", "c2", 1, three, "200");
    header_is(asks(story, "205", "c3", 1, "Contact: <sip:1@127.0.0.1>\r\n", "503"), "Retry-After",
              "60");
    asks(story, "203", "c1", 2, three, "200");
    asks(story, "203", "c1", 3, "Contact: <sip:1@127.0.0.1>;expires=0\r\n", "200");
    asks(story, "205", "c3", 2, "Contact: <sip:1@127.0.0.1>\r\n", "200");
}

/* ---- RFC 3327, RFC 5626 ---- */

static void test_path(Story *story, gconstpointer data)
{
    const char *heard = asks(story, "203", "c1", 1,
                             "Contact: <sip:203@198.51.100.1>\r\nSupported: path\r\n"
                             "Path: <sip:near@127.0.0.8;lr>\r\nPath: <sip:127.0.0.9;lr>\r\n",
                             "200");
    g_autofree char *all = header_all(heard, "Path");

    g_assert_cmpstr(all, ==, "<sip:near@127.0.0.8;lr>, <sip:127.0.0.9;lr>");
}

static void test_outbound(Story *story, gconstpointer data)
{
    const char *heard;

    heard = asks(story, "203", "c1", 1,
                 "Supported: outbound\r\nContact: <sip:a@127.0.0.1:1111>;reg-id=1;"
                 "+sip.instance=" INSTANCE "\r\n",
                 "200");
    header_is(heard, "Require", "outbound");
    contacts_are(heard, "<sip:a@127.0.0.1:1111>;expires=3600;+sip.instance=" INSTANCE ";reg-id=1");
    asks(story, "203", "c1", 2,
         "Supported: outbound\r\nContact: <sip:a@127.0.0.1:2222>;reg-id=2;"
         "+sip.instance=" INSTANCE "\r\n",
         "200");
    /* Rebooted: another Call-ID, another port, the same flow. */
    heard = asks(story, "203", "c2", 1,
                 "Supported: outbound\r\nContact: <sip:a@127.0.0.1:3333>;reg-id=1;"
                 "+sip.instance=" INSTANCE "\r\n",
                 "200");
    contacts_are(heard, "<sip:a@127.0.0.1:3333>;expires=3600;+sip.instance=" INSTANCE
                        ";reg-id=1, <sip:a@127.0.0.1:2222>;expires=3600;"
                        "+sip.instance=" INSTANCE ";reg-id=2");
    /* Through a proxy that keeps no flow. */
    asks(story, "203", "c1", 4,
         "Via: SIP/2.0/UDP 127.0.0.7;branch=z9hG4bK-far\r\nSupported: outbound\r\n"
         "Contact: <sip:a@127.0.0.1:4444>;reg-id=3;+sip.instance=" INSTANCE "\r\n",
         "439");
    heard = asks(story, "203", "c1", 5,
                 "Via: SIP/2.0/UDP 127.0.0.7;branch=z9hG4bK-far2\r\nSupported: outbound, path\r\n"
                 "Path: <sip:127.0.0.1:9;lr;ob>\r\n"
                 "Contact: <sip:a@127.0.0.1:4444>;reg-id=3;+sip.instance=" INSTANCE "\r\n",
                 "200");
    header_is(heard, "Require", "outbound");
}

/* ---- what a registration is good for ---- */

static void invite(Story *story, Phone *caller, const char *user)
{
    g_autofree char *uri = g_strdup_printf("sip:%s@127.0.0.1:%u", user, story->port);

    phone_hang_up(caller);
    phone_request(caller, "INVITE", uri, "", NULL);
}

static void reaches(Story *story, Phone *caller, const char *user, const char *start)
{
    invite(story, caller, user);
    phone_hear(story->phone, start);
    phone_reply(story->phone, "INVITE", "486 Busy Here", "", NULL);
    phone_hear(caller, "SIP/2.0 486");
    phone_hear(story->phone, "ACK");
    loop_rest(story->loop, 50);
    phone_forget(story->phone);
    phone_forget(caller);
}

/* Calls go to the contact; behind a NAT to where it spoke from. Both outlive a restart. */
static void test_reached(Story *story, gconstpointer data)
{
    Phone *caller = phone_new(story->loop, "127.0.0.2", story->port);
    g_autofree char *contact =
        g_strdup_printf("Contact: <sip:here@127.0.0.1:%u;x=1>\r\n", phone_port(story->phone));

    asks(story, "203", "c1", 1, contact, "200");
    asks(story, "204", "c2", 1, "Contact: <sip:nat@192.168.1.20:5060>\r\n", "200");
    asks(story, "206", "c3", 1, "Contact: <sip:name@phone.invalid>\r\n", "200");
    for (guint i = 0; i < 2; i++) {
        g_autofree char *here =
            g_strdup_printf("INVITE sip:here@127.0.0.1:%u;x=1 SIP", phone_port(story->phone));

        reaches(story, caller, "203", here);
        reaches(story, caller, "204", "INVITE sip:nat@192.168.1.20:5060 SIP");
        reaches(story, caller, "206", "INVITE sip:name@phone.invalid SIP");
        phones_free(story->phones);
        proxy_start(story);
    }
    asks(story, "203", "c1", 2, "Contact: *\r\nExpires: 0\r\n", "200");
    invite(story, caller, "203");
    phone_hear(caller, "SIP/2.0 404");
    phone_free(caller);
}

static void registration_add(void *user, const PhonesRegistration *registration)
{
    g_string_append_printf(user, "%s %s %s %s %d; ", registration->aor, registration->contact,
                           registration->origin, registration->transport, registration->flow);
}

/* ---- a phone on a connection ---- */

static int stream_open(const Story *story)
{
    struct sockaddr_in far = {.sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                              .sin_port = htons(story->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(connect(fd, (struct sockaddr *)&far, sizeof(far)), ==, 0);
    return fd;
}

/* Runs the loop until FD has said something that begins with START; Caller frees. */
static char *stream_hear(Story *story, int fd, const char *start)
{
    char text[8192];
    gssize size = -1;

    for (guint i = 0; i < 300 && size < 0; i++) {
        loop_rest(story->loop, 10);
        size = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
    }
    g_assert_cmpint(size, >, 0);
    text[size] = '\0';
    if (!g_str_has_prefix(text, start))
        g_error("'%s' awaited, heard:\n%s", start, text);
    return g_strdup(text);
}

/* Where nobody listens but on the connection it made itself, a phone is called on that. */
static void test_connection(Story *story, gconstpointer data)
{
    static const char text[] =
        "REGISTER sip:" DOMAIN " SIP/2.0\r\n"
        "Via: SIP/2.0/TCP 10.9.9.9:5060;branch=z9hG4bK-t;rport\r\nMax-Forwards: 70\r\n"
        "From: <sip:203@" DOMAIN ">;tag=f\r\nTo: <sip:203@" DOMAIN ">\r\nCall-ID: tcp\r\n"
        "CSeq: 1 REGISTER\r\nContact: <sip:203@10.9.9.9:5060;transport=tcp>\r\n"
        "Content-Length: 0\r\n\r\n";
    g_autoptr(GString) told = g_string_new(NULL);
    g_autofree char *answer = NULL, *call = NULL;
    int fd = stream_open(story);

    g_assert_cmpint(send(fd, text, sizeof(text) - 1, 0), ==, sizeof(text) - 1);
    answer = stream_hear(story, fd, "SIP/2.0 200");
    phones_each_registration(story->phones, "203", registration_add, told);
    g_assert_cmpstr(told->str, ==, "203 sip:203@10.9.9.9:5060;transport=tcp registered tcp 1; ");
    invite(story, story->phone, "203");
    call = stream_hear(story, fd, "INVITE sip:203@10.9.9.9:5060;transport=tcp SIP/2.0");
    phone_hear(story->phone, "SIP/2.0 100");
    phone_cancel(story->phone, "");
    phone_hear(story->phone, "SIP/2.0 200");
    close(fd);
    loop_rest(story->loop, 50);
    phone_forget(story->phone);
}

static void test_operator(Story *story, gconstpointer data)
{
    g_autoptr(GString) text = g_string_new(NULL);

    asks(story, "201", "c1", 1, "Contact: <sip:a@127.0.0.1>, <sip:b@192.0.2.1>\r\n", "200");
    phones_each_registration(story->phones, "reception", registration_add, text);
    g_assert_cmpstr(text->str, ==,
                    "201 sip:a@127.0.0.1 registered udp 0; 201 sip:b@192.0.2.1 registered udp 1; "
                    "201 sip:201@192.0.2.31 static udp 0; ");
    g_assert_cmpuint(phones_drop_registration(story->phones, "201", "sip:a@127.0.0.1"), ==, 1);
    bound(story, "201", "<sip:b@192.0.2.1>;expires=3600");
    g_assert_cmpuint(phones_drop_registration(story->phones, "201", NULL), ==, 1);
    bound(story, "201", "");
}

/* ---- the store ---- */

static guint rows_of(const char *path, const char *where)
{
    g_autofree char *query = g_strconcat("SELECT count(*) FROM bindings WHERE ", where, NULL);
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    guint count;

    g_assert_cmpint(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_prepare_v2(db, query, -1, &statement, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_step(statement), ==, SQLITE_ROW);
    count = (guint)sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return count;
}

/* When the 200 is heard the row is there, for anybody who reads the file. */
static void test_committed(Story *story, gconstpointer data)
{
    for (guint i = 1; i < 20; i++) {
        g_autofree char *contact = g_strdup_printf("Contact: <sip:a@127.0.0.1>;q=0.%u\r\n", i % 10);
        g_autofree char *where = g_strdup_printf("aor = '203' AND cseq = %u AND q = %u "
                                                 "AND source LIKE '127.0.0.1:%%'",
                                                 i, i % 10 * 100);

        asks(story, "203", "c1", i, contact, "200");
        g_assert_cmpuint(rows_of(story->store, where), ==, 1);
    }
    asks(story, "203", "c1", 50, "Contact: <sip:a@127.0.0.1>;expires=0\r\n", "200");
    g_assert_cmpuint(rows_of(story->store, "1"), ==, 0);
}

/* A locked file costs nobody the answer. */
static void test_locked(Story *story, gconstpointer data)
{
    sqlite3 *db = NULL;

    g_assert_cmpint(sqlite3_open(story->store, &db), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
    asks(story, "203", "c1", 1, "Contact: <sip:a@127.0.0.1>\r\n", "200");
    asks(story, "203", "c1", 2, "Contact: <sip:b@127.0.0.1>\r\n", "200");
    sqlite3_close(db);
    for (guint i = 0; i < 100 && rows_of(story->store, "1") < 2; i++)
        loop_rest(story->loop, 50);
    g_assert_cmpuint(rows_of(story->store, "aor = '203'"), ==, 2);
}

static void test_closed_while_waiting(Story *story, gconstpointer data)
{
    say(story, "203", "c1", 1, "Contact: <sip:a@127.0.0.1>\r\n");
    loop_rest(story->loop, 5); /* heard, not yet committed */
    phones_free(story->phones);
    proxy_start(story);
    phone_hear(story->phone, "SIP/2.0 200");
    bound(story, "203", "<sip:a@127.0.0.1>;expires=3600");
}

/* A thousand phones after a power failure: all are answered. */
static void test_storm(Story *story, gconstpointer data)
{
    gint64 begun = g_get_monotonic_time(), spent;
    guint heard = phone_heard_count(story->phone), patience;

    for (guint i = 0; i < 1000; i++) {
        g_autofree char *user = g_strdup_printf("%u", 1000 + i);
        g_autofree char *contact = g_strdup_printf("Contact: <sip:%s@127.0.0.1:5070>\r\n", user);

        say(story, user, user, 1, contact);
        /* One socket has no room for a thousand answers: a hundred are under way at a time. */
        for (patience = 0;
             i % 100 == 99 && patience < 1000 && phone_heard_count(story->phone) - heard <= i;
             patience++)
            loop_rest(story->loop, 5);
    }
    spent = g_get_monotonic_time() - begun;
    g_assert_cmpuint(phone_heard_count(story->phone) - heard, ==, 1000);
    g_assert_cmpuint(rows_of(story->store, "1"), ==, 1000);
    g_test_message("1000 registrations kept in %d ms", (int)spent / 1000);
    begun = g_get_monotonic_time();
    phones_free(story->phones);
    spent = g_get_monotonic_time();
    proxy_start(story);
    g_test_message("closed in %d ms, open again in %d ms", (int)(spent - begun) / 1000,
                   (int)(g_get_monotonic_time() - spent) / 1000);
    phone_forget(story->phone);
    bound(story, "1999", "<sip:1999@127.0.0.1:5070>;expires=3600");
}

#define PHONES                                                                                     \
    "[phone 201]\naliases = reception\ncontact = sip:201@192.0.2.31\n"                             \
    "[phone 202]\ninstance = urn:uuid:1\n"
#define ADD(name, test, more)                                                                      \
    g_test_add("/registrar/" name, Story, more, story_open, test, story_close)

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    sofia_open();
    ADD("register", test_register, NULL);
    ADD("refused", test_refused, NULL);
    ADD("expiry-limits", test_expiry_limits, NULL);
    ADD("order", test_order, NULL);
    ADD("retransmitted", test_retransmitted, NULL);
    ADD("whose", test_whose, PHONES);
    ADD("one-device", test_one_device, PHONES);
    ADD("full", test_full, NULL);
    ADD("path", test_path, TRUSTED);
    ADD("outbound", test_outbound, TRUSTED);
    ADD("reached", test_reached, NULL);
    ADD("connection", test_connection, NULL);
    ADD("operator", test_operator, PHONES);
    ADD("committed", test_committed, NULL);
    ADD("locked", test_locked, NULL);
    ADD("closed-while-waiting", test_closed_while_waiting, NULL);
    ADD("storm", test_storm, storm);
    result = g_test_run();
    sofia_close();
    return result;
}
