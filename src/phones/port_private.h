/* What the files of the port share: the port itself, who is heard there, and its certificate. */
#pragma once

#define NTA_AGENT_MAGIC_T struct ProxyPort

#include "port.h"

#include "certificate.h"
#include "connections.h"
#include "filter.h"
#include "log.h"
#include "place.h"

#include <sofia-sip/nta.h>

/* X-list of the port's counters: field, name. */
#define PORT_COUNTERS(X)                                                                           \
    X(dropped, "proxy requests dropped")                                                           \
    X(malformed, "proxy messages malformed")
#define PORT_COUNTER_FIELD(field, name) guint64 field;
typedef struct PortCounters {
    PORT_COUNTERS(PORT_COUNTER_FIELD)
} PortCounters;

struct ProxyPort {
    const Settings *settings; /* borrowed, swapped by proxyport_set_settings() */
    Loop *loop;
    ProxyPortRoom room;
    GArray *places; /* of Place */
    SourceFilter *filter;
    GHashTable *admitted; /* char* host key -> uses */
    Connections *connections;
    Certificate *certificate; /* NULL: no TLS */
    LoopTimer *daily;         /* looks at its expiry */
    nta_agent_t *agent;
    PortCounters counters;
    LogLimit malformed_limit;
};

/* port_heard.c: whom the source filter lets speak. */
extern const FilterOps port_filter_ops;
/* Of USER, a port: may SOURCE send requests? */
gboolean port_filter_allows(void *user, const struct sockaddr *source);

/* port_certificate.c: opens what [proxy] tls-certificate names, and reads it anew. */
gboolean port_open_certificate(ProxyPort *port, GError **error);
void port_reload_certificate(ProxyPort *port);
/* Warns of its end when that is near, and again after a day. */
void port_tell_expiry(void *user);
