/* The door of the control socket: lets clients in one by one, and stays quiet when the process has
 * no file descriptor for them.
 *
 * Home thread: that of the main context it was made in.
 */
#pragma once

#include <gio/gio.h>

typedef struct Door Door;

/* A client has come; CONNECTION is borrowed. */
typedef void (*DoorFunc)(gpointer user, GSocketConnection *connection);

/* Watches the listening SOCKET, of which it takes a reference. */
Door *door_new(GSocket *socket, DoorFunc arrived, gpointer user);
/* Closes the socket. */
void door_free(Door *door);
