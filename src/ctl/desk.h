/* The desk: the control socket and its clients, each with one request at a time.
 *
 * Private to src/ctl. Home thread: operator; a command with HOME_SIGNALLING runs in the thread of
 * CtlRooms.signalling.
 */
#pragma once

#include "request.h"

typedef struct Desk Desk;

/* What the desk holds itself to. */
#define DESK_REQUEST_MAX 8192 /* octets of a request line */
#define DESK_CLIENTS_MAX 32   /* at once; more are told so and closed */
#define DESK_PATIENCE_S 120   /* a client that neither sends nor reads this long is closed */

/* Opens the socket at PATH; TABLE must outlive the desk, SCENE is copied. NULL with ERROR. */
Desk *desk_new(const char *path, const CommandTable *table, const CtlScene *scene, GError **error);
void desk_set_settings(Desk *desk, const Settings *settings);
/* Closes the socket and every client; commands still under way find nobody. */
void desk_free(Desk *desk);
