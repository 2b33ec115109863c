/* The proxy's port: Sofia's NTA agent on every address and transport that the settings name, with the
 * source filter before it. */
#pragma once

#include "call.h" /* CounterFunc */
#include "loop.h"
#include "settings.h"

#include <sofia-sip/sip.h>

struct nta_agent_s;
struct tport_s;

typedef struct ProxyPort ProxyPort;

/* What the room behind the port gets and decides. */
typedef struct ProxyPortRoom {
    /* A message that belongs to no transaction of ours; MSG is the callee's. */
    void (*received)(void *user, struct nta_agent_s *agent, msg_t *msg, sip_t *sip);
    /* SOURCE is neither in [sip] allow nor admitted: may the request SIP be heard all the same,
     * inside a dialog that went through us? NULL: never. Called in the parser: nothing may be sent
     * there. */
    gboolean (*hears)(void *user, sip_t const *sip, const struct sockaddr *source);
    void *user;
} ProxyPortRoom;

/* Opens what [sip] names, and [proxy] tls-listen. NULL with ERROR ("[proxy] tls-certificate:
 * /a.pem: No such file or directory",
 * "[sip] listen: 127.0.0.1:5060 (tcp): Address already in use"). LOOP must be a sofia_loop. ROOM is
 * copied. Home thread of everything here: signalling. */
ProxyPort *proxyport_new(const Settings *settings, Loop *loop, const ProxyPortRoom *room,
                         GError **error);
/* Closes everything; no transaction of the agent may be left. */
void proxyport_free(ProxyPort *port);
struct nta_agent_s *proxyport_agent(const ProxyPort *port);
/* New limits and lists from now on; reads the certificate anew, and where that fails says so in the
 * log and keeps the old one. */
void proxyport_set_settings(ProxyPort *port, const Settings *settings);

/* Sources that may send requests though [sip] allow does not hold them: the gateway behind us,
 * primaries. Counted: as many forgets as admits. Ports do not matter. */
void proxyport_admit(ProxyPort *port, const struct sockaddr *address);
void proxyport_forget(ProxyPort *port, const struct sockaddr *address);
/* Is ADDRESS in [sip] allow, or admitted? */
gboolean proxyport_allows(const ProxyPort *port, const struct sockaddr *address);

/* The live connection ("tcp", "tls") with the far end ADDRESS, port included; NULL when there is
 * none. Borrowed: for NTATAG_TPORT() at once. Never makes one. */
struct tport_s *proxyport_connection(struct nta_agent_s *agent, const char *transport,
                                     const struct sockaddr *address);
/* Our place ("udp", "tcp") that can speak to the far end ADDRESS: the one at LOCAL where there is
 * such (NULL or family 0: none is wanted), else the first of its protocol of the Internet; NULL
 * when there is none. Borrowed: for NTATAG_TPORT() at once. Sofia by itself takes the first of any.
 */
struct tport_s *proxyport_speaker(struct nta_agent_s *agent, const char *transport,
                                  const struct sockaddr *address,
                                  const struct sockaddr_storage *local);

/* Is ADDRESS with its port one we listen on by TRANSPORT ("udp", "tcp", "tls")? A wildcard is no
 * address. */
gboolean proxyport_is_own(const ProxyPort *port, const char *transport,
                          const struct sockaddr *address);

/* Is NUMBER the port of any place we listen on? */
gboolean proxyport_has_number(const ProxyPort *port, guint16 number);
/* The first place, in the order of the file, with TRANSPORT and FAMILY (AF_INET, AF_INET6) that is
 * an address. FALSE when there is none. */
gboolean proxyport_place(const ProxyPort *port, const char *transport, int family,
                         struct sockaddr_storage *place);

void proxyport_each_counter(ProxyPort *port, CounterFunc func, void *user);
