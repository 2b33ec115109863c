/* The scripted phone: raw SIP text over UDP or TCP. */
#include "phone.h"

#include "clock.h"
#include "ua.h"

#include <arpa/inet.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A connection, and what has come by it of the next message. */
typedef struct Stream {
    Phone *phone;
    LoopWatch *watch;
    int fd;
    GString *text;
} Stream;

struct Phone {
    Loop *loop;
    LoopWatch *watch;
    int fd; /* of UDP; over TCP it takes connections, -1: no more */
    gboolean tcp;
    GPtrArray *streams; /* of Stream*, owned; the last one is spoken on */
    guint connections;
    struct sockaddr_storage from;
    char *address;
    guint16 port, ua_port;
    struct sockaddr_storage ua;
    GQueue heard;      /* of char* */
    GHashTable *seen;  /* texts already heard: retransmissions */
    char *current;     /* what phone_hear() gave last */
    GHashTable *asked; /* method -> the last request heard */
    guint count, dialogs, cseq, branch;
    char *call_id, *from_tag, *to_tag, *contact;
    guint invite_cseq;
    char *invite_branch, *invite_uri;
    gboolean waiting;
    char *sent; /* the last reply */
};

static void quit_loop(void *user)
{
    sofia_loop_quit(user);
}

void loop_rest(Loop *loop, guint ms)
{
    LoopTimer *timer = loop_timer_new(loop, quit_loop, loop);

    loop_timer_start(loop, timer, (gint64)ms * 1000);
    sofia_loop_run(loop);
    loop_timer_free(loop, timer);
}

static gint64 leaped_us;

static gint64 leaping_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000 + leaped_us;
}

void loop_begin_leaps(void)
{
    clock_set_source(leaping_now);
}

void loop_end_leaps(void)
{
    clock_set_source(NULL);
}

void loop_leap(Loop *loop, guint seconds)
{
    loop_rest(loop, 10);
    leaped_us += seconds * (gint64)G_USEC_PER_SEC;
    loop_rest(loop, 1);
}

static void phone_take(Phone *phone, const char *text)
{
    phone->count++;
    if (!g_hash_table_add(phone->seen, g_strdup(text)))
        return;
    g_queue_push_tail(&phone->heard, g_strdup(text));
    if (phone->waiting)
        sofia_loop_quit(phone->loop);
}

static void phone_readable(void *user, int fd, LoopReady ready)
{
    Phone *phone = user;
    char text[65536];
    socklen_t length = sizeof(phone->from);
    ssize_t size = recvfrom(fd, text, sizeof(text) - 1, MSG_DONTWAIT,
                            (struct sockaddr *)&phone->from, &length);

    if (size <= 0)
        return;
    text[size] = '\0';
    phone_take(phone, text);
}

static void stream_free(gpointer data)
{
    Stream *stream = data;

    loop_unwatch(stream->phone->loop, stream->watch);
    close(stream->fd);
    g_string_free(stream->text, TRUE);
    g_free(stream);
}

/* The octets of the first whole message in TEXT, 0: none. */
static gsize whole_message(const GString *text)
{
    const char *end = strstr(text->str, "\r\n\r\n");
    g_autofree char *length = end ? message_header(text->str, "Content-Length") : NULL;
    gsize size = end ? (gsize)(end + 4 - text->str) : 0;

    size += length ? g_ascii_strtoull(length, NULL, 10) : 0;
    return size <= text->len ? size : 0;
}

static void stream_readable(void *user, int fd, LoopReady ready)
{
    Stream *stream = user;
    Phone *phone = stream->phone;
    char text[65536];
    socklen_t length = sizeof(phone->from);
    ssize_t got = recv(fd, text, sizeof(text), MSG_DONTWAIT);
    gsize size;

    if (got <= 0) {
        g_ptr_array_remove(phone->streams, stream);
        return;
    }
    g_string_append_len(stream->text, text, got);
    getpeername(fd, (struct sockaddr *)&phone->from, &length);
    while ((size = whole_message(stream->text))) {
        g_autofree char *message = g_strndup(stream->text->str, size);

        g_string_erase(stream->text, 0, (gssize)size);
        phone_take(phone, message);
    }
}

static void phone_add_stream(Phone *phone, int fd)
{
    Stream *stream = g_new0(Stream, 1);

    stream->phone = phone;
    stream->fd = fd;
    stream->text = g_string_new(NULL);
    stream->watch = loop_watch(phone->loop, fd, LOOP_READABLE, stream_readable, stream);
    g_ptr_array_add(phone->streams, stream);
    phone->connections++;
}

static void phone_called_upon(void *user, int fd, LoopReady ready)
{
    int taken = accept(fd, NULL, NULL);

    if (taken >= 0)
        phone_add_stream(user, taken);
}

static void phone_connect(Phone *phone)
{
    struct sockaddr_storage own;
    int fd = socket(phone->ua.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_autofree char *bare = g_strdup(*phone->address == '[' ? phone->address + 1 : phone->address);

    bare[strcspn(bare, "]")] = '\0';
    g_assert_true(address_parse(bare, &own));
    g_assert_cmpint(bind(fd, (struct sockaddr *)&own, address_length(&own)), ==, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&phone->ua, address_length(&phone->ua)), ==, 0);
    phone_add_stream(phone, fd);
}

static Phone *phone_make(Loop *loop, const char *address, guint16 ua_port, gboolean tcp);

Phone *phone_new(Loop *loop, const char *address, guint16 ua_port)
{
    return phone_make(loop, address, ua_port, FALSE);
}

Phone *phone_new_tcp(Loop *loop, const char *address, guint16 ua_port)
{
    return phone_make(loop, address, ua_port, TRUE);
}

void phone_turn_to(Phone *phone, const char *address)
{
    g_assert_true(address_parse(address, &phone->ua));
    address_set_port(&phone->ua, phone->ua_port);
}

void phone_break(Phone *phone)
{
    g_ptr_array_set_size(phone->streams, 0);
}

void phone_close_door(Phone *phone)
{
    loop_unwatch(phone->loop, g_steal_pointer(&phone->watch));
    close(phone->fd);
    phone->fd = -1;
}

guint phone_connections(const Phone *phone)
{
    return phone->connections;
}

const struct sockaddr *phone_heard_from(const Phone *phone)
{
    return (const struct sockaddr *)&phone->from;
}

static Phone *phone_make(Loop *loop, const char *address, guint16 ua_port, gboolean tcp)
{
    Phone *phone = g_new0(Phone, 1);
    gboolean v6 = strchr(address, ':') != NULL;
    struct sockaddr_storage own;
    socklen_t size = sizeof(own);

    phone->loop = loop;
    phone->address = v6 ? g_strdup_printf("[%s]", address) : g_strdup(address);
    phone->ua_port = ua_port;
    g_assert_true(address_parse(v6 ? "::1" : "127.0.0.1", &phone->ua));
    address_set_port(&phone->ua, ua_port);
    g_assert_true(address_parse(address, &own));
    phone->tcp = tcp;
    phone->streams = g_ptr_array_new_with_free_func(stream_free);
    phone->fd = socket(own.ss_family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(phone->fd, (struct sockaddr *)&own, address_length(&own)), ==, 0);
    getsockname(phone->fd, (struct sockaddr *)&own, &size);
    phone->port = address_port((struct sockaddr *)&own);
    phone->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    phone->asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_queue_init(&phone->heard);
    if (tcp)
        g_assert_cmpint(listen(phone->fd, 5), ==, 0);
    phone->watch =
        loop_watch(loop, phone->fd, LOOP_READABLE, tcp ? phone_called_upon : phone_readable, phone);
    phone_hang_up(phone);
    return phone;
}

void phone_free(Phone *phone)
{
    if (phone->fd >= 0)
        phone_close_door(phone);
    g_ptr_array_unref(phone->streams);
    g_queue_clear_full(&phone->heard, g_free);
    g_hash_table_destroy(phone->seen);
    g_hash_table_destroy(phone->asked);
    g_free(phone->current);
    g_free(phone->address);
    g_free(phone->call_id);
    g_free(phone->from_tag);
    g_free(phone->to_tag);
    g_free(phone->contact);
    g_free(phone->invite_branch);
    g_free(phone->invite_uri);
    g_free(phone->sent);
    g_free(phone);
}

guint16 phone_port(const Phone *phone)
{
    return phone->port;
}

guint phone_heard_count(const Phone *phone)
{
    return phone->count;
}

void phone_hang_up(Phone *phone)
{
    phone->dialogs++;
    g_free(phone->call_id);
    g_free(phone->from_tag);
    phone->call_id = g_strdup_printf("call-%u-%u@%s", phone->port, phone->dialogs, phone->address);
    phone->from_tag = g_strdup_printf("phone%u", phone->dialogs);
    g_clear_pointer(&phone->to_tag, g_free);
    g_clear_pointer(&phone->contact, g_free);
    phone->cseq = 0;
}

void phone_send_raw(Phone *phone, const void *octets, gsize size)
{
    if (phone->tcp) {
        const Stream *stream;

        if (!phone->streams->len)
            phone_connect(phone);
        stream = g_ptr_array_index(phone->streams, phone->streams->len - 1);
        g_assert_cmpint(send(stream->fd, octets, size, MSG_NOSIGNAL), ==, (gssize)size);
        return;
    }
    g_assert_cmpint(sendto(phone->fd, octets, size, 0, (struct sockaddr *)&phone->ua,
                           address_length(&phone->ua)),
                    ==, (gssize)size);
}

static void phone_send(Phone *phone, const char *method, guint cseq, const char *branch,
                       const char *uri, const char *extra, const char *body)
{
    g_autofree char *from = strstr(extra, "From:")
                                ? g_strdup("")
                                : g_strdup_printf("From: \"Phone\" <sip:100@%s>;tag=%s\r\n",
                                                  phone->address, phone->from_tag);
    g_autofree char *contact =
        strstr(extra, "Contact:")
            ? g_strdup("")
            : g_strdup_printf("Contact: <sip:100@%s:%u%s>\r\n", phone->address, phone->port,
                              phone->tcp ? ";transport=tcp" : "");
    g_autofree char *to =
        g_str_has_prefix(extra, "To:") || strstr(extra, "\nTo:")
            ? g_strdup("")
            : g_strdup_printf("To: <sip:200@127.0.0.1>%s%s\r\n", phone->to_tag ? ";tag=" : "",
                              phone->to_tag ? phone->to_tag : "");
    g_autofree char *text = g_strdup_printf(
        "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s:%u;branch=%s;rport\r\nMax-Forwards: 70\r\n"
        "%s%sCall-ID: %s\r\nCSeq: %u %s\r\n"
        "%s%s%sContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
        method, uri, phone->tcp ? "TCP" : "UDP", phone->address, phone->port, branch, from, to,
        phone->call_id, cseq, method, contact, extra,
        body && !strstr(extra, "Content-Type") ? "Content-Type: application/sdp\r\n" : "",
        body ? strlen(body) : 0, body ? body : "");

    phone_send_raw(phone, text, strlen(text));
}

void phone_request(Phone *phone, const char *method, const char *uri, const char *extra,
                   const char *body)
{
    g_autofree char *branch = g_strdup_printf("z9hG4bK-%u-%u", phone->port, ++phone->branch);
    const char *target = uri ? uri : phone->contact;

    phone->cseq++;
    if (strcmp(method, "INVITE") == 0) {
        phone->invite_cseq = phone->cseq;
        g_free(phone->invite_branch);
        phone->invite_branch = g_strdup(branch);
        g_free(phone->invite_uri);
        phone->invite_uri = g_strdup(target);
    }
    phone_send(phone, method, phone->cseq, branch, target, extra, body);
}

void phone_ack(Phone *phone, const char *body)
{
    g_autofree char *branch = g_strdup_printf("z9hG4bK-%u-%u", phone->port, ++phone->branch);

    phone_send(phone, "ACK", phone->invite_cseq, branch, phone->contact, "", body);
}

void phone_cancel(Phone *phone, const char *extra)
{
    g_autofree char *tag = g_steal_pointer(&phone->to_tag);

    phone_send(phone, "CANCEL", phone->invite_cseq, phone->invite_branch, phone->invite_uri, extra,
               NULL);
    phone->to_tag = g_steal_pointer(&tag);
}

char *message_header(const char *message, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(message, "\r\n", -1);
    gsize length = strlen(name);

    for (char **line = lines + 1; *line && **line; line++) {
        if (g_ascii_strncasecmp(*line, name, length) == 0 && (*line)[length] == ':')
            return g_strdup(g_strstrip(*line + length + 1));
    }
    return NULL;
}

void header_is(const char *message, const char *name, const char *wanted)
{
    g_autofree char *value = message_header(message, name);

    g_assert_cmpstr(value, ==, wanted);
}

void header_begins(const char *message, const char *name, const char *wanted)
{
    g_autofree char *value = message_header(message, name);

    g_assert_nonnull(value);
    if (!g_str_has_prefix(value, wanted))
        g_error("%s: '%s' does not begin with '%s'", name, value, wanted);
}

const char *message_body(const char *message)
{
    const char *end = strstr(message, "\r\n\r\n");

    return end ? end + 4 : "";
}

static char *between(const char *text, const char *before, const char *ends)
{
    const char *start = text ? strstr(text, before) : NULL;

    if (!start)
        return NULL;
    start += strlen(before);
    return g_strndup(start, strcspn(start, ends));
}

/* What the phone needs to go on: the far tag and the far contact. */
static void phone_learn(Phone *phone, const char *message)
{
    gboolean response = g_str_has_prefix(message, "SIP/2.0");
    g_autofree char *far = message_header(message, response ? "To" : "From");
    g_autofree char *contact = message_header(message, "Contact");
    g_autofree char *call_id = message_header(message, "Call-ID");
    g_autofree char *cseq = message_header(message, "CSeq");
    char *tag = between(far, ";tag=", ";");
    char *uri = between(contact, "<", ">");

    if (response && cseq && !strstr(cseq, "INVITE")) {
        g_free(tag);
        g_free(uri);
        return;
    }
    if (tag) {
        g_free(phone->to_tag);
        phone->to_tag = tag;
    }
    if (uri) {
        g_free(phone->contact);
        phone->contact = uri;
    }
    if (!response) {
        g_free(phone->call_id);
        phone->call_id = g_steal_pointer(&call_id);
        g_hash_table_replace(phone->asked, g_strndup(message, strcspn(message, " ")),
                             g_strdup(message));
    }
}

static gboolean phone_wait(Phone *phone, guint ms)
{
    LoopTimer *timer = loop_timer_new(phone->loop, quit_loop, phone->loop);

    phone->waiting = TRUE;
    loop_timer_start(phone->loop, timer, (gint64)ms * 1000);
    if (g_queue_is_empty(&phone->heard))
        sofia_loop_run(phone->loop);
    loop_timer_free(phone->loop, timer);
    phone->waiting = FALSE;
    return !g_queue_is_empty(&phone->heard);
}

const char *phone_hear(Phone *phone, const char *start)
{
    while (phone_wait(phone, 3000)) {
        g_free(phone->current);
        phone->current = g_queue_pop_head(&phone->heard);
        phone_learn(phone, phone->current);
        if (g_str_has_prefix(phone->current, start))
            return phone->current;
        if (g_str_has_prefix(phone->current, "SIP/2.0 100") ||
            g_str_has_prefix(phone->current, "ACK"))
            continue;
        g_error("'%s' awaited, heard:\n%s", start, phone->current);
    }
    g_error("'%s' awaited, nothing heard", start);
}

void phone_forget(Phone *phone)
{
    g_queue_clear_full(&phone->heard, g_free);
}

gboolean phone_hears_nothing(Phone *phone, guint ms)
{
    loop_rest(phone->loop, ms);
    return g_queue_is_empty(&phone->heard);
}

void phone_reply(Phone *phone, const char *method, const char *status, const char *extra,
                 const char *body)
{
    const char *asked = g_hash_table_lookup(phone->asked, method);
    g_auto(GStrv) lines = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    g_assert_nonnull(asked);
    lines = g_strsplit(asked, "\r\n", -1);
    g_string_printf(text, "SIP/2.0 %s\r\n", status);
    for (char **line = lines + 1; *line && **line; line++) {
        if (g_str_has_prefix(*line, "Via:") || g_str_has_prefix(*line, "From:") ||
            g_str_has_prefix(*line, "Call-ID:") || g_str_has_prefix(*line, "CSeq:"))
            g_string_append_printf(text, "%s\r\n", *line);
        else if (g_str_has_prefix(*line, "To:"))
            g_string_append_printf(text, "%s%s%s\r\n", *line, strstr(*line, ";tag=") ? "" : ";tag=",
                                   strstr(*line, ";tag=") ? "" : phone->from_tag);
    }
    if (!strstr(extra, "Contact:"))
        g_string_append_printf(text, "Contact: <sip:100@%s:%u%s>\r\n", phone->address, phone->port,
                               phone->tcp ? ";transport=tcp" : "");
    g_string_append_printf(text, "%s%s", extra, body ? "Content-Type: application/sdp\r\n" : "");
    g_string_append_printf(text, "Content-Length: %" G_GSIZE_FORMAT "\r\n\r\n%s",
                           body ? strlen(body) : 0, body ? body : "");
    phone_send_raw(phone, text->str, text->len);
    g_free(phone->sent);
    phone->sent = g_strdup(text->str);
}

char *phone_dialog(const Phone *phone, const char *before_far, const char *before_own)
{
    return g_strconcat(phone->call_id, before_far, phone->to_tag, before_own, phone->from_tag,
                       NULL);
}

const char *phone_last_heard(const Phone *phone)
{
    return phone->current;
}

const char *phone_last_sent(const Phone *phone)
{
    return phone->sent;
}
