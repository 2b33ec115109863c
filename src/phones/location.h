/* The location service: which bindings each address of record has, for how long, and which devices
 * are known.
 *
 * Time runs on the loop's steady clock; the wall clock is only what the store's rows carry over a
 * restart, so its steps expire nothing. Home thread: signalling.
 */
#pragma once

#include "binding.h"
#include "call.h" /* CounterFunc */
#include "settings.h"

typedef struct Location Location;

/* A device that the primary accepted. */
typedef struct Device {
    char *aor;
    char *instance; /* NULL: it told none */
    char *contact;
    char source[64]; /* its address, without port */
    gint64 seen_us;  /* loop_now(): accepted last */
} Device;

/* Who keeps what changes. Called at once, inside the change. Any may be NULL. */
typedef struct LocationJournal {
    void (*put)(void *user, const Binding *binding);
    void (*drop)(void *user, const Binding *binding);
    void (*put_device)(void *user, const Device *device);
    void (*drop_device)(void *user, const Device *device);
    void *user;
    GDestroyNotify destroy; /* of USER */
} LocationJournal;

typedef enum LocationResult {
    LOCATION_DONE,
    LOCATION_OUT_OF_ORDER, /* a contact has been updated by a later request of the same Call-ID (RFC
                              3261 10.3 step 7) */
    LOCATION_AOR_FULL,     /* [registrar] max-contacts */
    LOCATION_FULL,         /* [registrar] max-bindings */
} LocationResult;

/* SETTINGS must outlive the next location_set_settings(). WALL: microseconds since 1970; NULL:
 * clock_wall_us(). */
Location *location_new(Loop *loop, const Settings *settings, gint64 (*wall)(void));
void location_free(Location *location);
void location_set_journal(Location *location, const LocationJournal *journal);
void location_set_settings(Location *location, const Settings *settings);

/* FUNC hears that AOR has a binding that was not there, or that a phone which began anew has
 * registered. Inside the change. */
typedef void (*ArrivalFunc)(void *user, const char *aor);
void location_set_arrival(Location *location, ArrivalFunc func, void *user);

/* ---- who can be reached where ---- */

/* The address of record that USER means: itself, or the [phone] whose alias it is. Borrowed from
 * LOCATION or USER. */
const char *location_aor(const Location *location, const char *user);
/* Adds to OUT (of Binding*, of which it gets references: make it with binding_unref) what can be
 * reached now under USER, an address of record or an alias: registered, learnt and static ones, the
 * highest q first. How many they are. */
guint location_find(Location *location, const char *user, GPtrArray *out);

/* The binding of a flow from SOURCE's host that LIVES and stands for CONTACT now: the same contact,
 * or else the newest with the same user part, as a connection made anew has another port. NULL:
 * none. Looks at all, and compares texts of that host's alone. */
const Binding *location_find_flow(const Location *location, const char *contact,
                                  BindingTransport transport, const struct sockaddr_storage *source,
                                  gboolean (*lives)(void *user, const Binding *binding),
                                  void *user);

/* ---- what changes it ---- */

/* Registers BINDINGS (of Binding*, all of AOR; granted_s 0 removes), all of them or none. Their
 * updated_us is now. */
LocationResult location_register(Location *location, const char *aor, const GPtrArray *bindings);
/* "Contact: *": removes what AOR has registered. */
LocationResult location_clear(Location *location, const char *aor, const char *call_id,
                              guint32 cseq);
/* The primary accepted BINDING, which location takes (granted_s 0: it took it away): it is served
 * as long as the primary granted, and its device is known from now on. FALSE when there is no room.
 */
gboolean location_learn(Location *location, Binding *binding);
/* The operator's: drops CONTACT, or all of USER's registered and learnt ones when it is NULL. How
 * many. */
guint location_drop(Location *location, const char *user, const char *contact);

/* Has the primary accepted this device as AOR: with the same instance or the same contact, from the
 * same address, within [registrar] device-days? INSTANCE may be NULL. */
gboolean location_knows_device(const Location *location, const char *aor, const char *instance,
                               const char *contact, const struct sockaddr *source);

/* ---- over a restart ---- */

/* BINDING, which location takes, was kept until now; its times are the wall clock's. What is over
 * is dropped, what is known already stays. */
void location_restore(Location *location, Binding *binding, gint64 expires_wall_us,
                      gint64 updated_wall_us);
void location_restore_device(Location *location, const char *aor, const char *instance,
                             const char *contact, const char *source, gint64 seen_wall_us);
/* Tells the journal of everything, as after the loss of its file. */
void location_tell_all(const Location *location);
/* The wall clock at US of the loop's clock. */
gint64 location_wall(const Location *location, gint64 us);

/* ---- for people ---- */

/* Every binding of USER, or of all when it is NULL: addresses of record in no order, each one's
 * highest q first. */
typedef void (*BindingFunc)(void *user, const Binding *binding);
void location_each(const Location *location, const char *user, BindingFunc func, void *func_user);
/* Registered and learnt ones, in all and of AOR. */
guint location_count(const Location *location);
guint location_count_of(const Location *location, const char *aor);
void location_each_counter(const Location *location, CounterFunc func, void *user);
