/* The operator's desk: the control socket, one JSON object a line each way.
 *
 * Request: {"command":"show calls", ...arguments}. Reply: {"ok":true, "result":...} or {"ok":false,"error":"..."}.
 * Home thread: operator (main). Commands that concern calls run in signalling by loop_post() and
 * their results cross back as values.
 */
#pragma once

#include "call.h"
#include "isdn.h"
#include "media.h"
#include "mwi.h"
#include "phones.h"
#include "ua.h"

#include <json-glib/json-glib.h>

typedef struct Ctl Ctl;

/* The rooms a command may ask; all but settings live in signalling. */
typedef struct CtlRooms {
    Loop *signalling;
    Hall *hall;
    Isdn *isdn;
    Ua *ua;
    Phones *phones; /* NULL: [proxy] mode off */
    Media *media;
    const MwiBook *mwi; /* NULL: there is none */
    const Settings *settings;
    /* Called in the operator thread. */
    void (*drain)(void *user);
    /* Takes new calls again; FALSE with ERROR when the daemon is on its way out. */
    gboolean (*undrain)(void *user, GError **error);
    /* WAITING: the names of settings that wait for a restart, or NULL; the caller frees it. */
    gboolean (*reload)(void *user, char **waiting, GError **error);
    void *user;
} CtlRooms;

/* Opens the control socket, mode 0660, replacing a dead one; NULL with ERROR ("[system] control: PATH: ..."). */
Ctl *ctl_new(const CtlRooms *rooms, GError **error);
void ctl_set_settings(Ctl *ctl, const Settings *settings);
/* Closes the socket, removes its file. */
void ctl_free(Ctl *ctl);
