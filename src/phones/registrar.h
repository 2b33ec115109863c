/* The registrar: REGISTER requests answered (RFC 3261 10.3, RFC 3327, RFC 5626 6).
 *
 * It gets requests that have passed the entry: their source may register, and who they are is
 * known. Home thread: signalling.
 */
#pragma once

#include "location.h"
#include "store.h"

#include <sofia-sip/nta.h>
#include <sofia-sip/sip.h>

typedef struct Registrar Registrar;

/* What the registrar asks its room. */
typedef struct RegistrarRoom {
    nta_agent_t *agent;
    const char *host; /* of our URIs, for Warning headers */
    /* Does URL name this box: its address and port, or one of its domains? */
    gboolean (*is_ours)(void *user, url_t const *url);
    void *user;
} RegistrarRoom;

/* Where a REGISTER came from. */
typedef struct RegisterWay {
    const CallOrigin *origin;       /* with the authenticated user, or "" */
    struct sockaddr_storage source; /* of the transport */
    struct sockaddr_storage local;  /* our socket; family 0: not known */
    BindingTransport transport;
    gboolean believed;   /* a trusted peer, or a primary: it speaks for phones elsewhere */
    guint at_most_s;     /* how long is granted; 0: as set */
    nta_incoming_t *irq; /* the transaction, when there is one; NULL: made of MSG */
} RegisterWay;

/* ROOM is copied. All but SETTINGS (see registrar_set_settings()) must outlive the registrar; close
 * STORE before it is freed, so that whoever waits for a commit is answered. */
Registrar *registrar_new(const Settings *settings, Loop *loop, Location *location, Store *store,
                         const RegistrarRoom *room);
void registrar_free(Registrar *registrar);
void registrar_set_settings(Registrar *registrar, const Settings *settings);

/* Answers the REGISTER in MSG, which it takes unless WAY has its transaction, which it takes then.
 * A 200 is sent when what it promises is committed. */
void registrar_take(Registrar *registrar, msg_t *msg, sip_t *sip, const RegisterWay *way);

/* The contact headers of SIP as bindings, as registrar_take() reads them, for a primary's answer:
 * updated and granted are the caller's to set. NULL: there is none that could be called. */
GPtrArray *registrar_read_contacts(Registrar *registrar, sip_t const *sip, const RegisterWay *way);

void registrar_each_counter(const Registrar *registrar, CounterFunc func, void *user);
/* Answers that wait for the store. */
guint registrar_waiting(const Registrar *registrar);
