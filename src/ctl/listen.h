/* The control socket's file: made with its mode, a dead one replaced, a live one respected.
 *
 * Private to src/ctl. Home thread: operator.
 */
#pragma once

#include <gio/gio.h>

/* A listening Unix stream socket at PATH, mode 0660. NULL with ERROR. */
GSocket *listen_unix(const char *path, GError **error);
/* Removes the socket's file. */
void listen_forget(const char *path);
