/* The phones' proxy: a transaction-stateful RFC 3261 proxy, registrar and location service on the public SIP port.
 *
 * It routes calls for the PBX to the gateway's own user agent, like to any other target. Sofia-SIP's NTA is spoken behind
 * this treaty. Home thread: signalling.
 */
#pragma once

#include "call.h"
#include "class.h"
#include "loop.h"
#include "origin.h"
#include "settings.h"

typedef struct Phones Phones;

/* The user part of the gateway's public URI: "sip:tieline-gateway@HOST:PORT" is the user agent's Contact. */
#define PHONES_GATEWAY_USER "tieline-gateway"

/* What the proxy knows of the gateway behind it. */
typedef struct PhonesGateway {
    struct sockaddr_storage address; /* where its user agent listens: UDP, this host */
    const OriginKey *key;            /* seals what it is told of a request's origin; borrowed */
    ClassBook *classes;              /* judges what phones may call; borrowed; NULL: nobody does */
    gboolean (*ready)(void *user);   /* could a trunk carry a call now? NULL: yes */
    gboolean (*draining)(void *user); /* are new calls refused, as we are about to leave? NULL: no */
    void (*arrived)(void *user, const char *aor); /* a phone has registered that was not there as AOR, or was off; NULL: nobody hears */
    void *user;
} PhonesGateway;

/* Opens the public SIP port ([sip] listen) and what else [proxy] names. NULL with ERROR, which names setting and address.
 * LOOP must be a sofia_loop; SETTINGS' [proxy] mode must not be off. GATEWAY is copied. */
Phones *phones_new(const Settings *settings, Loop *loop, const PhonesGateway *gateway, GError **error);
/* Closes the ports; transactions under way end without another message. */
void phones_free(Phones *phones);
/* What [guard] users holds, for phones_set_settings(): read in the thread that reloads, for a slow disk must not delay a call.
 * NULL without ERROR when SETTINGS names no users, with an ERROR fit for an operator when they cannot be read. Home thread: any. */
typedef struct Users Users;
Users *phones_read_users(const Settings *settings, GError **error);
/* New settings for new requests; SETTINGS must outlive the next call to this. USERS is the callee's; NULL where SETTINGS has some: those
 * known before stay. */
void phones_set_settings(Phones *phones, const Settings *settings, Users *users);

/* A primary proxy, as the operator sees it. Times are loop_now()'s; 0: never. */
typedef struct PhonesPrimary {
    const char *place;               /* as configured */
    struct sockaddr_storage address; /* where it was found */
    gboolean tcp;
    const char *state;               /* "unknown", "up", "suspect", "down" */
    gboolean used;                   /* requests go to it now */
    gint64 since_us, heard_us, missed_us;
    guint64 answered, refused, silent, outages;
} PhonesPrimary;

typedef void (*PhonesPrimaryFunc)(void *user, const PhonesPrimary *primary);
void phones_each_primary(const Phones *phones, PhonesPrimaryFunc func, void *user);

void phones_each_counter(const Phones *phones, CounterFunc func, void *user);
/* Requests that wait for their final response: for leak checks. */
guint phones_fork_count(const Phones *phones);

/* One contact of an address of record, as the operator sees it. Valid during the call only. */
typedef struct PhonesRegistration {
    const char *aor, *contact;
    const char *origin;    /* "registered", "learnt" (the primary accepted it), "static" (of the settings) */
    const char *transport; /* "udp", "tcp", "tls" */
    const char *agent, *user, *instance; /* NULL: not told */
    guint q;               /* thousandths */
    gboolean flow;         /* it is reached at source, not where its contact says */
    gint64 expires_s;      /* -1: never */
    struct sockaddr_storage source; /* family 0: static */
} PhonesRegistration;
typedef void (*PhonesRegistrationFunc)(void *user, const PhonesRegistration *registration);

/* The registrations of USER, an address of record or alias, or all when it is NULL. */
void phones_each_registration(const Phones *phones, const char *user, PhonesRegistrationFunc func, void *func_user);
/* Drops CONTACT of USER, or all that it has registered when CONTACT is NULL. How many. */
guint phones_drop_registration(Phones *phones, const char *user, const char *contact);

/* Is USER a phone of the settings, by name or alias, or registered? */
gboolean phones_has_user(const Phones *phones, const char *user);

/* Who was called as NAME, at ORIGIN's address, asks for something: user and class of ORIGIN are those of such a phone, "" where it has
 * none. */
void phones_know_called(const Phones *phones, const char *name, CallOrigin *origin);

/* Values of the house's own books, kept in [registrar] store until EXPIRES_US of the wall clock. VALUE NULL: forgotten. */
void phones_keep(Phones *phones, const char *kind, const char *key, const char *value, gint64 expires_us);
typedef void (*PhonesKeptFunc)(void *user, const char *key, const char *value, gint64 expires_us);
void phones_each_kept(const Phones *phones, const char *kind, PhonesKeptFunc func, void *user);
