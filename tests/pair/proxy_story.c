/* The scene of the proxy's stories: the proxy, the gateway's place, and the ends around it. */
#include "proxy_story.h"
#include "free_port.h"

#include "digest.h"
#include "sofia.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 4000

struct End {
    Scene *scene;
    int fd, listener; /* -1: none */
    LoopWatch *watch, *listener_watch;
    gboolean stream;
    char *address, *place;
    struct sockaddr_storage proxy; /* where it speaks to */
    GString *inward;               /* of a stream */
    GPtrArray *all;                /* of char*: every message */
    GHashTable *seen;              /* of char* in ALL */
    GQueue heard;                  /* of char* in ALL, not asked for yet */
    gboolean waiting;
};

/* ---- the scene --------------------------------------------------------------------------------
 */

static void quit_loop(void *user)
{
    sofia_loop_quit(user);
}

void scene_rest(Scene *scene, guint ms)
{
    LoopTimer *timer = loop_timer_new(scene->loop, quit_loop, scene->loop);

    loop_timer_start(scene->loop, timer, (gint64)ms * 1000);
    sofia_loop_run(scene->loop);
    loop_timer_free(scene->loop, timer);
}

char *text_keep(Scene *scene, char *text)
{
    g_ptr_array_add(scene->texts, text);
    return text;
}

const char *text_of(Scene *scene, const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return text_keep(scene, text);
}

const char *at_proxy(Scene *scene, const char *user)
{
    return text_of(scene, "sip:%s@127.0.0.1:%u", user, scene->port);
}

static void replace_place(GString *text, const char *mark, const End *end)
{
    g_string_replace(text, mark, end->place, 0);
}

static void scene_read_settings(Scene *scene, const char *more)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_auto(GStrv) parts = g_strsplit(more, "[sip]\n", 2);
    gboolean both = *more && parts[1];
    g_autoptr(GError) error = NULL;

    g_string_printf(
        text,
        "[sip]\nlisten = 127.0.0.1:%u\nallow = 127.0.0.0/29, ::1\nt1 = 20ms\nt2 = 160ms\n%s"
        "[span e1]\nlocal = 127.0.0.1:2142\nremote = 127.0.0.1:2143\n"
        "[trunk pbx]\nspan = e1\n"
        "[route in]\nfrom = 127.0.0.0/8\ncalled = 9XXX\nto = trunk pbx\n"
        "[registrar]\nstore = $F/store.db\n"
        "[phone 201]\ncontact = sip:201@$B\n[phone 202]\ncontact = sip:202@$C\n"
        "[phone 203]\ncontact = sip:203@$D\n"
        "[phone 204]\ncontact = sip:204@$T;transport=tcp\n"
        "[phone 200]\ncontact = sip:200@$B, sip:200@$C\n"
        "[phone 210]\nring-time = 300ms\n"
        "contact = <sip:210@$B>;q=1.0, <sip:210@$C>;q=0.5, <sip:210@$D>;q=0.1\n"
        "[proxy]\nmode = standby\n%s",
        scene->port, both ? parts[1] : "", *more ? parts[0] : "");
    replace_place(text, "$A", scene->a);
    replace_place(text, "$B", scene->b);
    replace_place(text, "$C", scene->c);
    replace_place(text, "$D", scene->d);
    replace_place(text, "$T", scene->t);
    g_string_replace(text, "$F", scene->folder, 0);
    g_string_replace(text, "$P", text_of(scene, "%u", scene->port), 0);
    scene->settings = settings_parse("scene", text->str, &error);
    g_assert_no_error(error);
}

/* User 201, by SHA-256 alone. */
static void scene_write_users(Scene *scene)
{
    char ha1[DIGEST_HEX_SIZE];

    digest_hash_user(DIGEST_SHA256, "201", "127.0.0.1", "secret", ha1);
    g_assert_true(g_file_set_contents_full(text_of(scene, "%s/users", scene->folder),
                                           text_of(scene, "201:127.0.0.1::%s\n", ha1), -1,
                                           G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void scene_begin(Scene *scene)
{
    g_autoptr(GError) error = NULL;

    scene->phones = phones_new(scene->settings, scene->loop, &scene->place, &error);
    g_assert_no_error(error);
}

void scene_open(Scene *scene, const char *more)
{
    g_autoptr(GError) error = NULL;

    *scene = (Scene){.port = free_port(),
                     .ends = g_ptr_array_new(),
                     .texts = g_ptr_array_new_with_free_func(g_free)};
    scene->folder = g_dir_make_tmp("tieline-proxy-XXXXXX", &error);
    g_assert_no_error(error);
    scene->loop = sofia_loop_new(&error);
    g_assert_no_error(error);
    scene->a = end_udp(scene, "127.0.0.1");
    scene->b = end_udp(scene, "127.0.0.1");
    scene->c = end_udp(scene, "127.0.0.1");
    scene->d = end_udp(scene, "127.0.0.1");
    scene->gateway = end_udp(scene, "127.0.0.1");
    scene->t = end_tcp_listener(scene);
    scene_read_settings(scene, more);
    scene_write_users(scene);
    origin_key_make(&scene->key);
    scene->place.key = &scene->key;
    g_assert_true(address_parse(scene->gateway->place, &scene->place.address));
    scene_begin(scene);
}

void scene_restart(Scene *scene)
{
    phones_free(scene->phones);
    scene_begin(scene);
}

void scene_settle(Scene *scene)
{
    for (guint i = 0; i < 300 && phones_fork_count(scene->phones); i++)
        scene_rest(scene, 10);
    g_assert_cmpuint(phones_fork_count(scene->phones), ==, 0);
}

static void end_free(End *end)
{
    end_close(end);
    g_string_free(end->inward, TRUE);
    g_hash_table_destroy(end->seen);
    g_ptr_array_unref(end->all);
    g_queue_clear(&end->heard);
    g_free(end->address);
    g_free(end->place);
    g_free(end);
}

void scene_close(Scene *scene)
{
    static const char *const files[] = {"store.db", "store.db-wal", "store.db-shm", "users"};

    scene_settle(scene);
    phones_free(scene->phones);
    for (guint i = 0; i < scene->ends->len; i++)
        end_free(scene->ends->pdata[i]);
    g_ptr_array_unref(scene->ends);
    sofia_loop_free(scene->loop);
    settings_free(scene->settings);
    for (guint i = 0; i < G_N_ELEMENTS(files); i++)
        g_unlink(text_of(scene, "%s/%s", scene->folder, files[i]));
    g_rmdir(scene->folder);
    g_free(scene->folder);
    g_ptr_array_unref(scene->texts);
}

typedef struct CounterWanted {
    const char *name;
    guint64 value;
} CounterWanted;

static void counter_match(void *user, const char *name, guint64 value)
{
    CounterWanted *wanted = user;

    if (strcmp(name, wanted->name) == 0)
        wanted->value = value;
}

guint64 scene_counter(Scene *scene, const char *name)
{
    CounterWanted wanted = {name, G_MAXUINT64};

    phones_each_counter(scene->phones, counter_match, &wanted);
    g_assert_cmpuint(wanted.value, !=, G_MAXUINT64);
    return wanted.value;
}

/* ---- ends -------------------------------------------------------------------------------------
 */

static void end_take(End *end, const char *octets, gsize size)
{
    /* A NUL octet of a body would end the text. */
    char *text = g_malloc(size + 1);

    memcpy(text, octets, size);
    text[size] = '\0';
    g_ptr_array_add(end->all, text);
    if (g_hash_table_add(end->seen, text))
        g_queue_push_tail(&end->heard, text);
    if (end->waiting)
        sofia_loop_quit(end->scene->loop);
}

/* Takes whole messages off the stream. */
static void end_split(End *end)
{
    const char *head_end, *length;
    gsize size;

    while (g_str_has_prefix(end->inward->str, "\r\n"))
        g_string_erase(end->inward, 0, 2);
    while ((head_end = strstr(end->inward->str, "\r\n\r\n"))) {
        length = strstr(end->inward->str, "\r\nContent-Length:");
        g_assert_true(length && length < head_end);
        size = (gsize)(head_end - end->inward->str) + 4 +
               strtoul(length + strlen("\r\nContent-Length:"), NULL, 10);
        if (end->inward->len < size)
            return;
        end_take(end, end->inward->str, size);
        g_string_erase(end->inward, 0, (gssize)size);
    }
}

static void end_readable(void *user, int fd, LoopReady ready)
{
    End *end = user;
    static char text[65536];
    ssize_t size = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

    if (!end->stream) {
        if (size > 0)
            end_take(end, text, (gsize)size);
        return;
    }
    if (size <= 0) {
        loop_unwatch(end->scene->loop, g_steal_pointer(&end->watch));
        close(end->fd);
        end->fd = -1;
        return;
    }
    g_string_append_len(end->inward, text, size);
    end_split(end);
}

static void end_watch(End *end, int fd)
{
    end->fd = fd;
    end->watch = loop_watch(end->scene->loop, fd, LOOP_READABLE, end_readable, end);
}

static void end_acceptable(void *user, int fd, LoopReady ready)
{
    End *end = user;
    int connection = accept(fd, NULL, NULL);

    g_assert_cmpint(connection, >=, 0);
    if (end->watch) { /* the newest is the one */
        loop_unwatch(end->scene->loop, g_steal_pointer(&end->watch));
        close(end->fd);
    }
    end_watch(end, connection);
}

static End *end_new(Scene *scene, const char *address, int fd)
{
    End *end = g_new0(End, 1);
    struct sockaddr_storage own;
    socklen_t size = sizeof(own);

    end->scene = scene;
    end->fd = end->listener = -1;
    end->address = g_strdup(address);
    getsockname(fd, (struct sockaddr *)&own, &size);
    end->place = g_strdup_printf(own.ss_family == AF_INET6 ? "[%s]:%u" : "%s:%u", address,
                                 address_port((struct sockaddr *)&own));
    g_assert_true(address_parse("127.0.0.1", &end->proxy));
    address_set_port(&end->proxy, scene->port);
    end->inward = g_string_new(NULL);
    end->all = g_ptr_array_new_with_free_func(g_free);
    end->seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_queue_init(&end->heard);
    g_ptr_array_add(scene->ends, end);
    return end;
}

static int socket_at(const char *address, int type)
{
    struct sockaddr_storage own;
    int fd;

    g_assert_true(address_parse(address, &own));
    fd = socket(own.ss_family, type | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(fd, (struct sockaddr *)&own, address_length(&own)), ==, 0);
    return fd;
}

End *end_udp(Scene *scene, const char *address)
{
    int fd = socket_at(address, SOCK_DGRAM);
    End *end = end_new(scene, address, fd);

    end_watch(end, fd);
    return end;
}

End *end_udp_to(Scene *scene, const char *address, const char *proxy)
{
    End *end = end_udp(scene, address);

    g_assert_true(address_parse(proxy, &end->proxy));
    address_set_port(&end->proxy, scene->port);
    g_assert_cmpint(connect(end->fd, (struct sockaddr *)&end->proxy, address_length(&end->proxy)),
                    ==, 0);
    return end;
}

End *end_tcp(Scene *scene)
{
    int fd = socket_at("127.0.0.1", SOCK_STREAM);
    struct sockaddr_storage proxy;
    End *end;

    g_assert_true(address_parse("127.0.0.1", &proxy));
    address_set_port(&proxy, scene->port);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&proxy, address_length(&proxy)), ==, 0);
    end = end_new(scene, "127.0.0.1", fd);
    end->stream = TRUE;
    end_watch(end, fd);
    return end;
}

End *end_tcp_listener(Scene *scene)
{
    int fd = socket_at("127.0.0.1", SOCK_STREAM);
    End *end = end_new(scene, "127.0.0.1", fd);

    g_assert_cmpint(listen(fd, 5), ==, 0);
    end->stream = TRUE;
    end->listener = fd;
    end->listener_watch = loop_watch(scene->loop, fd, LOOP_READABLE, end_acceptable, end);
    return end;
}

void end_close(End *end)
{
    if (end->watch)
        loop_unwatch(end->scene->loop, g_steal_pointer(&end->watch));
    if (end->listener_watch)
        loop_unwatch(end->scene->loop, g_steal_pointer(&end->listener_watch));
    if (end->fd >= 0)
        close(end->fd);
    if (end->listener >= 0)
        close(end->listener);
    end->fd = end->listener = -1;
}

gboolean end_connected(const End *end)
{
    return end->fd >= 0;
}

const char *end_place(const End *end)
{
    return end->place;
}

void end_send_octets(End *end, const void *octets, gsize size)
{
    const struct sockaddr_storage *proxy = &end->proxy;

    if (end->stream)
        g_assert_cmpint(send(end->fd, octets, size, MSG_NOSIGNAL), ==, (gssize)size);
    else
        g_assert_cmpint(
            sendto(end->fd, octets, size, 0, (struct sockaddr *)proxy, address_length(proxy)), ==,
            (gssize)size);
}

void end_send(End *end, const char *text)
{
    end_send_octets(end, text, strlen(text));
}

static gboolean end_wait(End *end)
{
    LoopTimer *timer = loop_timer_new(end->scene->loop, quit_loop, end->scene->loop);
    gint64 until = loop_now(end->scene->loop) + PATIENCE_MS * 1000;

    end->waiting = TRUE;
    loop_timer_start(end->scene->loop, timer, PATIENCE_MS * 1000);
    while (g_queue_is_empty(&end->heard) && loop_now(end->scene->loop) < until)
        sofia_loop_run(end->scene->loop);
    loop_timer_free(end->scene->loop, timer);
    end->waiting = FALSE;
    return !g_queue_is_empty(&end->heard);
}

const char *end_hear(End *end, const char *start)
{
    const char *text;

    while (end_wait(end)) {
        text = g_queue_pop_head(&end->heard);
        if (g_str_has_prefix(text, start))
            return text;
        if (!g_str_has_prefix(text, "SIP/2.0 100"))
            g_error("'%s' awaited at %s, heard:\n%s", start, end->place, text);
    }
    g_error("'%s' awaited at %s, nothing heard", start, end->place);
}

gboolean end_quiet(End *end, guint ms)
{
    scene_rest(end->scene, ms);
    for (GList *at = end->heard.head; at; at = at->next) {
        if (!g_str_has_prefix(at->data, "SIP/2.0 100")) {
            g_test_message("%s heard: %s", end->place, (const char *)at->data);
            return FALSE;
        }
    }
    return TRUE;
}

guint end_count(const End *end, const char *start)
{
    guint count = 0;

    for (guint i = 0; i < end->all->len; i++)
        count += g_str_has_prefix(end->all->pdata[i], start);
    return count;
}

Scene *end_scene(const End *end)
{
    return end->scene;
}

gboolean end_is_stream(const End *end)
{
    return end->stream;
}
