/* A daemon of paper rooms with a real control socket and a real signalling thread, for the tests of
 * ctl. */
#pragma once

#include "ctl_rooms.h"

typedef struct Fixture {
    char *folder, *path;
    Settings *settings;
    MwiBook *mwi;
    Loop *loop; /* signalling, in a thread of its own */
    GThread *signalling;
    Ctl *ctl;
    CtlRooms rooms;
    guint drained, reloaded;
    const char *waiting; /* what a reload finds waiting for a restart */
    gboolean leaving;    /* undrain comes too late */
    GThread *drain_thread;
} Fixture;

/* The settings it runs on, but for [system] control. */
extern const char daemon_conf[];

void fixture_open(Fixture *fixture, gconstpointer data);
void fixture_close(Fixture *fixture, gconstpointer data);
