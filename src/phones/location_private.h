/* What the files of the location service share.
 */
#pragma once

#include "location.h"

#define REPEAT_US (32 * G_USEC_PER_SEC) /* 64 times T1: so long one request may be repeated */

/* One address of record: what is registered or learnt for it, and its devices. */
typedef struct Aor {
    char *name;
    GPtrArray *bindings; /* of Binding*, the highest q first, then the newest */
    GPtrArray *devices;  /* of Device*, the newest last */
} Aor;

typedef struct LocationCounters {
    guint64 registered, refreshed, removed, expired, learnt, restored, refused;
} LocationCounters;

struct Location {
    Loop *loop;
    const Settings *settings;
    gint64 (*wall)(void);
    gint64 wall_offset_us; /* of the wall clock from the loop's, when last looked */
    LocationJournal journal;
    ArrivalFunc arrival; /* NULL: nobody hears */
    void *arrival_user;
    GHashTable *aors;    /* char* name -> Aor* */
    GHashTable *statics; /* char* name -> GPtrArray of Binding* */
    GHashTable *aliases; /* char* user -> char* name */
    guint count;         /* of bindings in aors */
    guint devices;
    LoopTimer *sweep;
    LocationCounters counters;
};

Aor *location_find_aor(const Location *location, const char *name);
Aor *location_make_aor(Location *location, const char *name);
/* Frees AOR when it holds nothing. */
void location_tidy_aor(Location *location, Aor *aor);

/* Of two Binding**: the highest q first, then the newest. */
gint location_order(gconstpointer one, gconstpointer other);
void journal_put(const Location *location, const Binding *binding);
void journal_drop(const Location *location, const Binding *binding);

/* location_device.c */
void device_free(gpointer device);
void location_learn_device(Location *location, const Binding *binding);
/* Forgets what of AOR is older than [registrar] device-days. */
void location_sweep_devices(Location *location, Aor *aor);
