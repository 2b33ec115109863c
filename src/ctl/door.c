/* The door of the control socket: a descriptor is kept in reserve, so that whoever comes to see why
 * there are none left is let in.
 *
 * GSocketService would try to accept again at once, for ever, and log each failure.
 */
#include "door.h"

#include "log.h"

#include <fcntl.h>
#include <unistd.h>

#define PAUSE_MS 1000

struct Door {
    GSocket *socket;
    DoorFunc arrived;
    gpointer user;
    GSource *source; /* of the socket, or of the pause */
    int spare;       /* a descriptor kept for one client; -1: in use */
    LogLimit limit;
};

static void door_open(Door *door);

static gboolean pause_over(gpointer user)
{
    door_open(user);
    return G_SOURCE_REMOVE;
}

static void door_watch(Door *door, GSource *source, GSourceFunc func)
{
    if (door->source) {
        g_source_destroy(door->source);
        g_source_unref(door->source);
    }
    door->source = source;
    g_source_set_callback(source, func, door, NULL);
    g_source_attach(source, g_main_context_get_thread_default());
}

static void spare_take(Door *door)
{
    if (door->spare < 0)
        door->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* The spare descriptor becomes the client's; without one, a pause. */
static void door_stuck(Door *door, const GError *error)
{
    if (log_limit(&door->limit, 1, 60 * G_USEC_PER_SEC))
        log_error("ctl: a client cannot be let in: %s", error->message);
    if (door->spare >= 0) {
        close(door->spare);
        door->spare = -1;
    } else {
        door_watch(door, g_timeout_source_new(PAUSE_MS), pause_over);
    }
}

static gboolean door_knocked(GSocket *socket, GIOCondition condition, gpointer user)
{
    Door *door = user;
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocket) client = NULL;
    g_autoptr(GSocketConnection) connection = NULL;

    (void)condition;
    client = g_socket_accept(socket, NULL, &error);
    if (client) {
        connection = g_socket_connection_factory_create_connection(client);
        door->arrived(door->user, connection);
        spare_take(door);
    } else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
        door_stuck(door, error);
    }
    return G_SOURCE_CONTINUE;
}

static void door_open(Door *door)
{
    spare_take(door);
    /* A socket source calls a GSocketSourceFunc, whatever its callback's type says. */
    door_watch(door, g_socket_create_source(door->socket, G_IO_IN, NULL),
               (GSourceFunc)(void (*)(void))door_knocked);
}

Door *door_new(GSocket *socket, DoorFunc arrived, gpointer user)
{
    Door *door = g_new0(Door, 1);

    door->socket = g_object_ref(socket);
    door->arrived = arrived;
    door->user = user;
    door->spare = -1;
    g_socket_set_blocking(socket, FALSE);
    door_open(door);
    return door;
}

void door_free(Door *door)
{
    g_source_destroy(door->source);
    g_source_unref(door->source);
    g_socket_close(door->socket, NULL);
    g_object_unref(door->socket);
    if (door->spare >= 0)
        close(door->spare);
    g_free(door);
}
