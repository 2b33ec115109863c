/* The desk: the control socket and its clients, each with one request at a time.
 *
 * A client that does not read its answers is not read from either, so it holds up nobody and queues
 * nothing.
 */
#include "desk.h"

#include "door.h"
#include "listen.h"
#include "log.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <pthread.h>
#include <string.h>

/* What clients and jobs share with the desk, and what outlives it while any of them is under way.
 */
struct Desk {
    guint references;
    /* Held while a job changes threads. GLib's own lock would do, but ThreadSanitizer cannot see
     * it. */
    pthread_mutex_t handover;
    gint closed;   /* atomic: signalling asks before it touches a room */
    gint draining; /* atomic */
    const CommandTable *table;
    CtlScene scene;
    char *path;
    Door *door;
    GMainContext *context;
    GPtrArray *clients; /* of Client*; owns a reference each */
};

typedef struct Client {
    guint references;
    Desk *desk; /* reference */
    GSocketConnection *connection;
    GString *input; /* what came and is no whole line yet */
    gchar chunk[2048];
    GBytes *reply;    /* what is being written; NULL: nothing */
    gboolean closing; /* close after REPLY */
    char *who;        /* "uid 1000 pid 4711" */
} Client;

/* A request on its way through signalling. */
typedef struct Job {
    Client *client; /* reference */
    Request *request;
    CtlScene scene; /* a copy: the desk goes on changing its own */
    JsonNode *result;
    GError *error;
} Job;

static void client_read(Client *client);
static void client_serve(Client *client);

static void desk_unref(Desk *desk)
{
    if (--desk->references)
        return;
    pthread_mutex_destroy(&desk->handover);
    g_ptr_array_unref(desk->clients);
    g_main_context_unref(desk->context);
    g_free(desk->path);
    g_free(desk);
}

static Client *client_ref(Client *client)
{
    client->references++;
    return client;
}

static void client_unref(gpointer data)
{
    Client *client = data;

    if (--client->references)
        return;
    g_object_unref(client->connection);
    g_string_free(client->input, TRUE);
    g_clear_pointer(&client->reply, g_bytes_unref);
    g_free(client->who);
    desk_unref(client->desk);
    g_free(client);
}

/* Closes CLIENT's socket: whatever it waits for ends with an error. */
static void client_close(Client *client)
{
    g_socket_close(g_socket_connection_get_socket(client->connection), NULL);
    g_ptr_array_remove(client->desk->clients, client);
}

/* ---- answers ---- */

static void reply_written(GObject *source, GAsyncResult *result, gpointer user)
{
    Client *client = user;
    gboolean written =
        g_output_stream_write_all_finish(G_OUTPUT_STREAM(source), result, NULL, NULL);

    g_clear_pointer(&client->reply, g_bytes_unref);
    if (!written || client->closing)
        client_close(client);
    else
        client_serve(client);
    client_unref(client);
}

static void client_answer(Client *client, JsonNode *result, const GError *error)
{
    gconstpointer octets;
    gsize length;

    client->reply = reply_new(result, error);
    octets = g_bytes_get_data(client->reply, &length);
    g_output_stream_write_all_async(g_io_stream_get_output_stream(G_IO_STREAM(client->connection)),
                                    octets, length, G_PRIORITY_DEFAULT, NULL, reply_written,
                                    client_ref(client));
}

/* ---- requests ---- */

static void job_free(gpointer data)
{
    Job *job = data;

    client_unref(job->client);
    request_free(job->request);
    g_clear_pointer(&job->result, json_node_unref);
    g_clear_error(&job->error);
    g_free(job);
}

static gboolean job_answer(gpointer data)
{
    Job *job = data;

    Desk *desk = job->client->desk;

    pthread_mutex_lock(&desk->handover);
    pthread_mutex_unlock(&desk->handover);
    if (!g_atomic_int_get(&desk->closed))
        client_answer(job->client, g_steal_pointer(&job->result), job->error);
    return G_SOURCE_REMOVE;
}

/* In signalling. After desk_free() the rooms may be gone: the job only goes home. */
static void job_run(void *data)
{
    Job *job = data;
    Desk *desk = job->client->desk;

    if (!g_atomic_int_get(&desk->closed))
        job->result = job->request->command->run(&job->scene, job->request->arguments, &job->error);
}

/* In signalling, or where the loop is freed: either way the operator must get the job back. */
static void job_return(void *data)
{
    Job *job = data;
    Desk *desk = job->client->desk;
    GSource *source = g_idle_source_new();

    pthread_mutex_lock(&desk->handover);
    if (!job->result && !job->error)
        g_set_error(&job->error, G_IO_ERROR, G_IO_ERROR_CLOSED, "tielined is closing");
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, job_answer, job, job_free);
    g_source_attach(source, desk->context);
    pthread_mutex_unlock(&desk->handover);
    g_source_unref(source);
}

static void request_run(Client *client, Request *request)
{
    Desk *desk = client->desk;
    g_autoptr(Request) owned = request;
    g_autoptr(GError) error = NULL;
    JsonNode *result;
    Job *job;

    if (request->command->changes) {
        g_autofree char *what = request_describe(request);

        log_notice("ctl: %s: %s", client->who, what);
    }
    if (request->command->home == HOME_OPERATOR) {
        result = request->command->run(&desk->scene, request->arguments, &error);
        client_answer(client, result, error);
        return;
    }
    job = g_new0(Job, 1);
    job->client = client_ref(client);
    job->request = g_steal_pointer(&owned);
    job->scene = desk->scene;
    loop_post(desk->scene.rooms.signalling, job_run, job, job_return);
}

static void line_serve(Client *client, gsize length)
{
    g_autoptr(GError) error = NULL;
    Request *request = request_parse(client->desk->table, client->input->str, length, &error);

    g_string_erase(client->input, 0, (gssize)length + 1);
    if (request)
        request_run(client, request);
    else
        client_answer(client, NULL, error);
}

/* Takes the next whole line, or reads on; nothing after desk_free(), which some reading or writing
 * may outlive. */
static void client_serve(Client *client)
{
    const char *feed = memchr(client->input->str, '\n', client->input->len);

    if (g_atomic_int_get(&client->desk->closed))
        return;
    if (feed && feed - client->input->str <= DESK_REQUEST_MAX) {
        line_serve(client, (gsize)(feed - client->input->str));
    } else if (client->input->len > DESK_REQUEST_MAX) {
        g_autoptr(GError) error = g_error_new(G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
                                              "a request has at most %d octets", DESK_REQUEST_MAX);

        client->closing = TRUE;
        client_answer(client, NULL, error);
    } else {
        client_read(client);
    }
}

static void chunk_read(GObject *source, GAsyncResult *result, gpointer user)
{
    Client *client = user;
    gssize length = g_input_stream_read_finish(G_INPUT_STREAM(source), result, NULL);

    if (length <= 0) {
        client_close(client);
    } else {
        g_string_append_len(client->input, client->chunk, length);
        client_serve(client);
    }
    client_unref(client);
}

static void client_read(Client *client)
{
    g_input_stream_read_async(g_io_stream_get_input_stream(G_IO_STREAM(client->connection)),
                              client->chunk, sizeof client->chunk, G_PRIORITY_DEFAULT, NULL,
                              chunk_read, client_ref(client));
}

/* ---- clients ---- */

static char *client_describe(GSocket *socket)
{
    g_autoptr(GCredentials) credentials = g_socket_get_credentials(socket, NULL);

    if (!credentials)
        return g_strdup("unknown user");
    return g_strdup_printf("uid %d pid %d", (int)g_credentials_get_unix_user(credentials, NULL),
                           (int)g_credentials_get_unix_pid(credentials, NULL));
}

static void client_arrived(gpointer user, GSocketConnection *connection)
{
    Desk *desk = user;
    Client *client = g_new0(Client, 1);

    client->references = 1;
    desk->references++;
    client->desk = desk;
    client->connection = g_object_ref(connection);
    client->input = g_string_new(NULL);
    client->who = client_describe(g_socket_connection_get_socket(connection));
    g_socket_set_timeout(g_socket_connection_get_socket(connection), DESK_PATIENCE_S);
    g_ptr_array_add(desk->clients, client);
    if (desk->clients->len > DESK_CLIENTS_MAX) {
        g_autoptr(GError) error = g_error_new(G_IO_ERROR, G_IO_ERROR_BUSY,
                                              "%d clients are connected already", DESK_CLIENTS_MAX);

        client->closing = TRUE;
        client_answer(client, NULL, error);
    } else {
        client_read(client);
    }
}

/* ---- the desk itself ---- */

Desk *desk_new(const char *path, const CommandTable *table, const CtlScene *scene, GError **error)
{
    g_autoptr(GSocket) socket = listen_unix(path, error);
    Desk *desk;

    if (!socket)
        return NULL;
    desk = g_new0(Desk, 1);
    desk->references = 1;
    pthread_mutex_init(&desk->handover, NULL);
    desk->table = table;
    desk->scene = *scene;
    desk->scene.draining = &desk->draining;
    desk->path = g_strdup(path);
    desk->context = g_main_context_ref_thread_default();
    desk->clients = g_ptr_array_new_with_free_func(client_unref);
    desk->door = door_new(socket, client_arrived, desk);
    return desk;
}

void desk_set_settings(Desk *desk, const Settings *settings)
{
    desk->scene.rooms.settings = settings;
}

void desk_free(Desk *desk)
{
    g_atomic_int_set(&desk->closed, TRUE);
    g_clear_pointer(&desk->door, door_free);
    listen_forget(desk->path);
    while (desk->clients->len)
        client_close(g_ptr_array_index(desk->clients, desk->clients->len - 1));
    desk_unref(desk);
}
