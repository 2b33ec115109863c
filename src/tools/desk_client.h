/* Asking the daemon: one request over its control socket, one answer back.
 *
 * Home thread: main of tielinectl.
 */
#pragma once

#include <json-glib/json-glib.h>

/* How asking went. */
typedef enum Asked {
    ASKED_ANSWERED,    /* the result is there */
    ASKED_REFUSED,     /* the daemon answered with an error */
    ASKED_UNREACHABLE, /* there is no daemon, or it did not answer */
} Asked;

/* Sends REQUEST to the socket at PATH. On ASKED_ANSWERED *RESULT is the caller's, else *TROUBLE is,
 * in words. */
Asked desk_ask(const char *path, JsonObject *request, JsonNode **result, char **trouble);
