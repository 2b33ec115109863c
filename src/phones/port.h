/* The proxy's port: Sofia's NTA agent on every address and transport that [proxy] names, with the
 * source filter before it. */
#pragma once

#include "call.h" /* CounterFunc */
#include "loop.h"
#include "settings.h"

#include <sofia-sip/sip.h>

struct nta_agent_s;
struct tport_s;

typedef struct Port Port;

/* What the room behind the port gets and decides. */
typedef struct PortRoom {
    /* A message that belongs to no transaction of ours; MSG is the callee's. */
    void (*received)(void *user, struct nta_agent_s *agent, msg_t *msg, sip_t *sip);
    /* SOURCE is neither in [sip] allow nor admitted: may the request SIP be heard all the same,
     * inside a dialog that went through us? NULL: never. Called in the parser: nothing may be sent
     * there. */
    gboolean (*hears)(void *user, sip_t const *sip, const struct sockaddr *source);
    void *user;
} PortRoom;

/* Opens [sip] listen and what [proxy] names beside it. NULL with ERROR ("[proxy] tls-certificate:
 * /a.pem: No such file or directory",
 * "[sip] listen: 127.0.0.1:5060 (tcp): Address already in use"). LOOP must be a sofia_loop. ROOM is
 * copied. Home thread of everything here: signalling. */
Port *port_new(const Settings *settings, Loop *loop, const PortRoom *room, GError **error);
/* Closes everything; no transaction of the agent may be left. */
void port_free(Port *port);
struct nta_agent_s *port_agent(const Port *port);
/* New limits and lists from now on; reads the certificate anew, and where that fails says so in the
 * log and keeps the old one. */
void port_set_settings(Port *port, const Settings *settings);

/* Sources that may send requests though [sip] allow does not hold them: the gateway behind us,
 * primaries. Counted: as many forgets as admits. Ports do not matter. */
void port_admit(Port *port, const struct sockaddr *address);
void port_forget(Port *port, const struct sockaddr *address);
/* Is ADDRESS in [sip] allow, or admitted? */
gboolean port_allows(const Port *port, const struct sockaddr *address);

/* The live connection ("tcp", "tls") with the far end ADDRESS, port included; NULL when there is
 * none. Borrowed: for NTATAG_TPORT() at once. Never makes one. */
struct tport_s *port_connection(struct nta_agent_s *agent, const char *transport,
                                const struct sockaddr *address);

/* Is ADDRESS with its port one we listen on by TRANSPORT ("udp", "tcp", "tls")? A wildcard is no
 * address. */
gboolean port_is_own(const Port *port, const char *transport, const struct sockaddr *address);

/* Is NUMBER the port of any place we listen on? */
gboolean port_has_number(const Port *port, guint16 number);
/* The first place, in the order of the file, with TRANSPORT and FAMILY (AF_INET, AF_INET6) that is
 * an address. FALSE when there is none. */
gboolean port_place(const Port *port, const char *transport, int family,
                    struct sockaddr_storage *place);

void port_each_counter(Port *port, CounterFunc func, void *user);
