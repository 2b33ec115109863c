/* What the files of the house share: the house itself, and how it is left. */
#pragma once

#include "house.h"

#include "call.h"
#include "ctl.h"
#include "emergency.h"
#include "isdn.h"
#include "media.h"
#include "phones.h"
#include "ua.h"

#include <pthread.h>

typedef enum HouseStage {
    HOUSE_SERVING,
    HOUSE_LEAVING,  /* no new calls, live ones may finish */
    HOUSE_CLEARING, /* live calls are being cleared */
} HouseStage;

struct House {
    GPtrArray *settings; /* of Settings*: opened with the first, the last is in force, calls may
                            still read any */
    HouseStage stage;
    GMainLoop *operator_loop;
    guint grace_source, linger_source;
    Ctl *ctl;
    GPtrArray *hooks_running; /* of HookRun*, owned by their own call-backs */
    GQueue hooks_waiting;     /* of HookRun* */

    GThread *signalling_thread;
    Loop *signalling;
    Hall *hall;
    ClassBook *classes;
    Isdn *isdn;
    Ua *ua;
    Phones *phones; /* NULL: [proxy] mode off */
    OriginKey key;  /* seals what phones tells the user agent */
    Media *media;
    ElinBook *elin_book;           /* whom calls back are for; of signalling */
    const Settings *elin_settings; /* in force there */

    MwiBook *mwi_book;             /* messages that wait; of signalling */
    const Settings *mwi_settings;  /* in force there */
    GHashTable *mwi_arrivals;      /* set of char*: who has registered and is to be told soon */
    LoopTimer *mwi_timer;

    /* The signalling thread tells the operator how opening went. */
    pthread_mutex_t lock; /* not a GMutex, which ThreadSanitizer cannot see into */
    pthread_cond_t opened;
    gboolean answered;
    GError *trouble;
};

static inline Settings *house_settings(const House *house)
{
    return house->settings->pdata[house->settings->len - 1];
}

/* house_leave.c: SIGTERM and SIGINT; the operator's drain and undrain. Home thread: operator. */
gboolean house_on_terminate(gpointer user);
void house_drain(void *user);
gboolean house_undrain(void *user, GError **error);
/* The last call has ended. Home thread: signalling. */
void house_tell_idle(void *user);

/* house_emergency.c. Home thread: signalling, the hall open. */
void house_emergency_open(House *house, const Settings *settings);
/* What was kept over the restart; the proxy is open, if there is one. */
void house_emergency_load(House *house);
void house_emergency_set_settings(House *house, const Settings *settings);
void house_emergency_close(House *house);
/* house_mwi.c. Home thread: signalling, all rooms open. */
void house_mwi_open(House *house, const Settings *settings);
/* A phone has registered as AOR. */
void house_mwi_arrived(void *user, const char *aor);
void house_mwi_set_settings(House *house, const Settings *settings);
void house_mwi_close(House *house);
/* Home thread: operator. */
void house_hooks_open(House *house);
void house_hooks_close(House *house);
