/* What the stories of the proxy begin with: the proxy on a port of loopback, a gateway and phones
 * that are sockets, and the words they speak.
 *
 * An End knows nothing of SIP but how to copy headers, so nothing hides what is on the wire.
 * Whatever text a function gives lives as long as the scene.
 */
#pragma once

#include "loop.h"
#include "phones.h"

typedef struct End End;

typedef struct Scene {
    Loop *loop;
    Settings *settings;
    OriginKey key;
    PhonesGateway place; /* the gateway's */
    Phones *phones;
    guint16 port;
    char *folder; /* of files */
    GPtrArray *ends, *texts;
    /* The caller; who is called: 201 is B, 202 is C, 203 is D by UDP, 204 is T by TCP; the PBX. */
    End *a, *b, *c, *d, *t, *gateway;
} Scene;

/* MORE: more of the configuration, after [proxy] with mode, timer-c and redirect-hops to follow.
 * In it $A, $B, $C, $D and $T are the host and port of an end, $P is the proxy's port, $F is a folder, with a file "users"
 * that knows user 201 and its password "secret". */
void scene_open(Scene *scene, const char *more);
/* Fails the test when the proxy still has requests under way. */
void scene_close(Scene *scene);
/* The same, while calls stand: the daemon restarts with what its store has kept. */
void scene_restart(Scene *scene);
guint64 scene_counter(Scene *scene, const char *name);
/* Runs the loop. */
void scene_rest(Scene *scene, guint ms);
/* Waits until every request of the proxy's has ended. */
void scene_settle(Scene *scene);
/* "sip:USER@..." at the proxy. */
const char *at_proxy(Scene *scene, const char *user);
const char *text_of(Scene *scene, const char *format, ...) G_GNUC_PRINTF(2, 3);
char *text_keep(Scene *scene, char *text);

/* ---- ends ---- */

End *end_udp(Scene *scene, const char *address);
/* One that hears and speaks to nobody but the proxy's port at the address PROXY. */
End *end_udp_to(Scene *scene, const char *address, const char *proxy);
/* One that has connected to the proxy; one that waits for the proxy to connect. */
End *end_tcp(Scene *scene);
End *end_tcp_listener(Scene *scene);
/* Its socket is closed: a port that refuses, a connection that is gone. */
void end_close(End *end);
/* "127.0.0.1:40000" */
const char *end_place(const End *end);
void end_send(End *end, const char *text);
void end_send_octets(End *end, const void *octets, gsize size);
/* The next message heard, which must begin with START. Repeated ones are left out, and 100 unless
 * it is asked for. Fails the test after 4 s. */
const char *end_hear(End *end, const char *start);
/* Runs the loop for MS: was nothing heard (but repeated messages and 100)? */
gboolean end_quiet(End *end, guint ms);
/* Messages heard so far that begin with START, repeated ones included. */
guint end_count(const End *end, const char *start);
gboolean end_connected(const End *end);
gboolean end_is_stream(const End *end);
Scene *end_scene(const End *end);

/* ---- messages ---- */

/* Header NAME's first value, or NULL; all of its lines' values, joined by "|". */
const char *value(Scene *scene, const char *message, const char *name);
const char *values(Scene *scene, const char *message, const char *name);
guint value_count(Scene *scene, const char *message, const char *name);
const char *body_of(const char *message);

/* One party's view of a call, or of a request without one. */
typedef struct ProxyParty {
    End *end;
    const char *call_id, *own, *far; /* own, far: values of From and To as this party says them */
    const char *target;              /* the Request-URI */
    const char *routes;              /* header lines */
    guint cseq, invite_cseq;
    const char *branch, *invite_branch, *invite_target, *contact;
    const char *sent; /* the last request's text */
} ProxyParty;

/* END is about to ask TARGET for something. */
ProxyParty *party_new(End *end, const char *target);
/* END's view of a call that REQUEST began. */
ProxyParty *party_of(End *end, const char *request);
/* What a response says of the call: tag, Contact, route. */
void party_learn(ProxyParty *call, const char *response);
/* Sends a request. EXTRA: more header lines, each with "\r\n". BODY: text or NULL. */
void party_ask(ProxyParty *call, const char *method, const char *extra, const char *body);
/* ACK of a 2xx; of another final response; CANCEL. */
void party_ack(ProxyParty *call);
void party_ack_refusal(ProxyParty *call);
void party_cancel(ProxyParty *call, const char *extra);
/* END answers REQUEST. */
void end_answer(End *end, const char *request, const char *status, const char *extra,
                const char *body);
/* END answers REQUEST as another phone behind the same proxy would: with this tag. */
void end_answer_as(End *end, const char *tag, const char *request, const char *status,
                   const char *extra);

#define SDP                                                                                        \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                    \
    "m=audio 40000 RTP/AVP 8 0\r\n"

/* A calls USER and B answers; both views of the call. */
void calls_up(Scene *scene, End *from, const char *user, End *to, ProxyParty **caller, ProxyParty **called);

/* Stories of a file of their own. */
void proxy_forward_stories(void);
void proxy_loop_stories(void);
void proxy_fork_stories(void);
void proxy_hunt_stories(void);
void proxy_redirect_stories(void);
void proxy_cancel_stories(void);
void proxy_dialog_stories(void);
void proxy_flow_stories(void);
void proxy_guard_stories(void);
void proxy_flood_stories(void);
void proxy_hostile_stories(void);
void proxy_box_stories(void);
void proxy_place_stories(void);
void proxy_leave_stories(void);
