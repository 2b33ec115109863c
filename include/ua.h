/* The gateway's SIP user agent on Sofia's NUA. Home thread: signalling. */
#pragma once

#include "call.h"
#include "class.h"
#include "loop.h"
#include "mwi.h"
#include "origin.h"
#include "sofia.h"

typedef struct Ua Ua;

/* Opens the public SIP ports. NULL with ERROR ("[sip] listen: 127.0.0.1:5060 (udp): Address already in use"; a wildcard
 * address without public-host, too). Requests from outside [sip] allow are dropped unanswered, those of a far end we called excepted.
 * READY (with USER) answers OPTIONS: TRUE 200, FALSE 503. LOOP must be a sofia_loop. */
Ua *ua_new(const Settings *settings, Loop *loop, Hall *hall, gboolean (*ready)(void *user), void *user,
           GError **error);
/* Where a user agent stands that is reached through the proxy only. */
typedef struct UaBehind {
    struct sockaddr_storage listen; /* its own address on this host */
    struct sockaddr_storage proxy;  /* what it sends goes there, and it hears nobody else */
    const OriginKey *key;           /* seals where requests came from; borrowed */
    /* Is NAME, the user part of a URI of ours, a phone's? Who is transferred there is sent to the proxy, whatever the routes
     * say of that number. NULL: nobody's is. */
    gboolean (*is_phone)(void *user, const char *name);
    /* Who was called as NAME asks for a transfer, from ORIGIN's address: fills in user and class. NULL: they stay as they are. */
    void (*know_called)(void *user, const char *name, CallOrigin *origin);
    void *user;
} UaBehind;

/* A free UDP port on the loopback of PROXY's family, for UaBehind.listen. FALSE with ERROR. */
gboolean ua_find_place(const struct sockaddr_storage *proxy, struct sockaddr_storage *place, GError **error);
/* As ua_new(), behind the proxy: its Contact is PHONES_GATEWAY_USER at the public address, which the proxy maps to it, and
 * it believes no INVITE without a sealed origin. BEHIND is copied. */
Ua *ua_new_behind(const Settings *settings, const UaBehind *behind, Loop *loop, Hall *hall, gboolean (*ready)(void *user),
                  void *user, GError **error);
/* Closes the port; legs must be gone or are dropped. Runs the loop until NUA has shut down (at most 1 s). */
void ua_free(Ua *ua);
void ua_set_settings(Ua *ua, const Settings *settings);
/* Calls to us are judged by CLASSES and counted there, from now on; borrowed until ua_free(). NULL, as at first: by nobody. */
void ua_set_classes(Ua *ua, ClassBook *classes);

/* What is known of mailboxes, for requests about them; asked in signalling, some within the parser: nothing may be sent there. */
typedef struct UaMwi {
    void *user;
    /* May ORIGIN tell of mailboxes at all? */
    gboolean (*may_notify)(void *user, const CallOrigin *origin);
    /* It says STATE of MAILBOX, a user part without escapes. The status that answers it: 200, 404 nobody's, 503 no room. */
    guint16 (*notified)(void *user, const CallOrigin *origin, const char *mailbox, const MwiState *state);
    /* ORIGIN wants to hear of MAILBOX, which may become its other name: 200 with its present STATE, 403 or 404. */
    guint16 (*subscribed)(void *user, const CallOrigin *origin, char mailbox[TAG_MAX], MwiState *state);
} UaMwi;
/* MWI is copied. Without it, or where no trunk has mwi set, NOTIFY and SUBSCRIBE find nobody. */
void ua_set_mwi(Ua *ua, const UaMwi *mwi);
/* STATE of MAILBOX to who has subscribed to it, and without a subscription to URI (NULL: nowhere), of PEER (NULL: none's), as
 * [sip] mwi-unsolicited says. Of states that follow each other faster than they are taken the last one is told. */
void ua_tell_mwi(Ua *ua, const char *mailbox, const MwiState *state, const char *uri, const PeerSettings *peer);

/* The same for who has just come: URI alone is told, where nobody has subscribed to MAILBOX or everybody is told. */
void ua_greet_mwi(Ua *ua, const char *mailbox, const MwiState *state, const char *uri);

/* The call-map actions that are sip's, to be handed to hall_set_sip(). */
CallOps ua_call_ops(Ua *ua);

/* A [peer] for the operator: its server, and our registration there. */
typedef enum UaRegistrationState { UA_UNREGISTERED, UA_REGISTERING, UA_REGISTERED, UA_REGISTER_FAILED } UaRegistrationState;
typedef struct UaPeer {
    const char *name, *server; /* borrowed; server is NULL where none is configured */
    UaRegistrationState registration;
    guint expires_s; /* as granted */
    int status;      /* of its last failure */
    gint64 since_us; /* when the registration came to its state; 0: there is none */
    const char *state; /* "up", "suspect", "down", "unknown"; NULL: it is not watched */
    gint64 state_since_us;
    guint64 answered, unanswered, refused; /* OPTIONS and calls; refused: by 503 */
    const char *addresses; /* of a server that is a name, or is out of use, and how each stands; NULL: nothing to tell */
} UaPeer;
typedef void (*UaPeerFunc)(void *user, const UaPeer *peer);
/* May calls go to PEER: is its server, in all its addresses, not found down? */
gboolean ua_peer_is_usable(const Ua *ua, const PeerSettings *peer);
/* Every [peer], in the order of the file. */
void ua_each_peer(const Ua *ua, UaPeerFunc func, void *user);

void ua_each_counter(const Ua *ua, CounterFunc func, void *user);
/* Dialogs and transactions of ours still alive: for leak checks. */
guint ua_leg_count(const Ua *ua);
