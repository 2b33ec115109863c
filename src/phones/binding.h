/* A binding: one place where an address of record can be reached, and how it came to be known.
 *
 * A value that never changes once it is made: what is new is another binding. Home thread:
 * signalling.
 */
#pragma once

#include "values.h"

typedef enum BindingOrigin {
    BINDING_REGISTERED, /* with us */
    BINDING_LEARNT,     /* the primary accepted it, through us */
    BINDING_STATIC,     /* a [phone] of the settings */
} BindingOrigin;

/* In the order of room.h's Transport. */
typedef enum BindingTransport { BINDING_UDP, BINDING_TCP, BINDING_TLS } BindingTransport;

typedef struct Binding {
    gint references;
    BindingOrigin origin;
    char *aor;         /* the user part of the address of record */
    char *contact;     /* the URI that was registered */
    guint q;           /* thousandths, 0-1000 */
    guint granted_s;   /* how long it was granted; 0 in a request: to be removed */
    gint64 expires_us; /* loop_now(); G_MAXINT64: never */
    gint64 updated_us; /* loop_now() */
    char *call_id;
    guint32 cseq;
    char *instance; /* of +sip.instance, without <>; NULL: none */
    guint reg_id;   /* RFC 5626; 0: none */
    char **path;    /* RFC 3327: values for Route headers, first hop first; NULL: none */
    char *agent;    /* User-Agent; NULL: none told */
    char *user;     /* who authenticated; NULL: nobody */
    struct sockaddr_storage source; /* where it came from; family 0: static */
    struct sockaddr_storage local;  /* our socket it came to; family 0: not known */
    BindingTransport transport;     /* that it came by */
    gboolean flow; /* it is reached at source, by transport: a NAT or a connection lies between */
} Binding;

Binding *binding_new(BindingOrigin origin, const char *aor, const char *contact);
/* A copy with one reference, and yet to be given away. */
Binding *binding_copy(const Binding *binding);
Binding *binding_ref(const Binding *binding);
void binding_unref(Binding *binding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Binding, binding_unref)

/* Do both stand for one binding (RFC 3261 10.3, RFC 5626 6)? */
gboolean binding_same(const Binding *one, const Binding *other);
const char *binding_origin_name(BindingOrigin origin);
const char *binding_transport_name(BindingTransport transport);
gboolean binding_origin_parse(const char *name, BindingOrigin *origin);
gboolean binding_transport_parse(const char *name, BindingTransport *transport);
