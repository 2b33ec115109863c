/* Which servers our requests go to: see servers.c. Private to src/sip; home thread: signalling. */
#pragma once

#include "resolve.h"
#include "sip_room.h"

/* Where the host of a URI is, as it says. */
typedef struct Server {
    char host[256]; /* a name, or a numeric address */
    guint16 port;   /* 0: none is named */
    gboolean tcp;
} Server;

void servers_open(Ua *ua);
void servers_close(Ua *ua);

/* The server of URI, its maddr where it has one. FALSE: it has none. */
gboolean server_read(const char *uri, Server *server);
/* Is there anybody to ask for names? Not behind the proxy, which does so. */
gboolean servers_can_ask(const Ua *ua);
/* As resolve_hops(). */
ResolveQuery *servers_ask(Ua *ua, const Server *server, ResolveHopsFunc func, void *user);
/* Puts SERVER's HOPS (of NextHop) in the order they are to be tried now. Returns how many of them
 * may be: who is busy stands behind those, for calls that go all the same. */
guint servers_order(const Ua *ua, const Server *server, GArray *hops);
/* HOP of SERVER has answered a request. */
void servers_answered(Ua *ua, const Server *server, const NextHop *hop);
/* HOP of SERVER has not: silence, or SIP, which is 503. */
void servers_failed(Ua *ua, const Server *server, const NextHop *hop, sip_t const *sip);
/* The addresses of the server at URI, and how each stands: "192.0.2.1:5060 up, 192.0.2.2:5060 tried
 * last for 12 s". NULL: none are known, or there is nothing to tell of the only one. Caller frees.
 */
char *servers_describe(const Ua *ua, const char *uri);
/* HOP as a URI. Caller frees. */
char *server_hop_uri(const NextHop *hop);
/* What PORT's NUA is told to send from here to servers_unaim() goes to HOP. */
void servers_aim(UaPort *port, const NextHop *hop);
void servers_unaim(UaPort *port);

/* health.c: what a call came to at HOP of SERVER, if that is watched. STATUS 0: silence. */
void health_note_call(Ua *ua, const Server *server, const NextHop *hop, int status);
gboolean health_is_down(const Ua *ua, const Server *server, const NextHop *hop);
/* "up", "suspect" ...; NULL: it is not watched. */
const char *health_state(const Ua *ua, const Server *server, const NextHop *hop);
