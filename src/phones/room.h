/* What the files of src/phones share: the proxy, a request on its way, its targets and branches. */
#pragma once

#define NTA_AGENT_MAGIC_T struct Phones
#define NTA_INCOMING_MAGIC_T struct Fork
#define NTA_OUTGOING_MAGIC_T struct Branch

#include "guard.h"
#include "log.h"
#include "message.h"
#include "phones.h"
#include "root.h"
#include "values.h"

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_stateless.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/tport.h>

/* What the box itself understands. */
#define PHONES_METHODS                                                                             \
    "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, PRACK, UPDATE, REFER, SUBSCRIBE, NOTIFY, "       \
    "MESSAGE, INFO"

typedef struct Fork Fork;
typedef struct Branch Branch;
typedef struct Primaries Primaries;       /* primaries.h */
typedef struct WatchTicket WatchTicket;   /* watch.h */
typedef struct NameWait NameWait;         /* names.c */
typedef struct MergeRequest MergeRequest; /* merge.h */

/* X-list of the room's counters: field, name. */
#define PHONES_COUNTERS(X)                                                                         \
    X(requests, "proxy requests in")                                                               \
    X(invites, "proxy INVITEs in")                                                                 \
    X(registers, "proxy REGISTERs in")                                                             \
    X(to_gateway, "proxy requests to the gateway")                                                 \
    X(branches, "proxy branches")                                                                  \
    X(redirected, "proxy redirections followed")                                                   \
    X(hunted, "proxy targets hunted on")                                                           \
    X(ring_timeouts, "proxy targets that did not answer")                                          \
    X(cancelled, "proxy requests cancelled")                                                       \
    X(loops, "proxy loops")                                                                        \
    X(refused, "proxy requests refused")                                                           \
    X(turned_away, "proxy requests over the limit")                                                \
    X(stray, "proxy messages without a transaction")
#define PHONES_COUNTER_FIELD(field, name) guint64 field;
typedef struct PhonesCounters {
    PHONES_COUNTERS(PHONES_COUNTER_FIELD)
} PhonesCounters;

struct Phones {
    const Settings *settings; /* borrowed, swapped by phones_set_settings() */
    Loop *loop;
    PhonesGateway gateway;
    su_home_t *home;
    struct ProxyPort *port;
    nta_agent_t *agent;  /* the port's */
    char *host;          /* of our URIs: the public host or the listen address, [] around IPv6 */
    char *gateway_url;   /* "sip:127.0.0.1:PORT;transport=udp" */
    OriginKey secret;    /* of loop marks and flow tokens */
    struct Store *store; /* registration.c's, these three */
    struct Location *location;
    struct Registrar *registrar;
    Primaries *primaries;
    Guard *guard;
    GQueue forks;     /* of Fork*, by their link: requests without a final response */
    GQueue ways_back; /* of WayBack*, way_back.c's, oldest first */
    PhonesCounters counters;
    LogLimit refused_limit, full_limit;
    gint64 refusals_since_us; /* the time in which REFUSALS have been remembered */
    guint refusals;
};

/* ---- hop.c: where messages come from and go to ------------------------------------------------
 */

typedef enum Transport { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS } Transport;

/* One end of a hop: an address and how it is spoken to. family 0: by the name in the URI. */
typedef struct Hop {
    Transport transport;
    struct sockaddr_storage address;
    struct sockaddr_storage local; /* our place it is spoken to from; family 0: any that can */
    gboolean flow; /* reached only the way it came from: a connection, a NAT's binding */
} Hop;

/* Where a dialog's later requests may go, beside the networks that we serve. */
typedef enum Leave {
    LEAVE_NONE,
    LEAVE_HOST, /* to the host of this side */
    LEAVE_OPEN, /* anywhere: this side speaks for others, or is known by name only */
} Leave;

/* Where MSG came from. */
void hop_of_message(Phones *phones, msg_t *msg, Hop *hop);
/* Where a request with this URI goes; FALSE when it is no SIP URI that can be reached. */
gboolean hop_of_url(const url_t *url, Hop *hop);
gboolean hop_equal(const Hop *one, const Hop *other);
/* Could a message be sent there now? Not over TLS without a connection of the far end's, nor by a
 * flow that has ended. */
gboolean phones_can_reach(Phones *phones, const Hop *hop);
/* The connection that the far end HOP has with us, or else our place that can speak to it, for
 * NTATAG_TPORT(); NULL: HOP goes by a name, or there is neither. */
tport_t *phones_connection(Phones *phones, const Hop *hop);
/* Is PORT one that we listen on? */
gboolean phones_has_port(const Phones *phones, guint16 port);
/* "sip:192.0.2.7:5060;transport=tcp" in HOME; for a hop by name NULL. */
const char *hop_url(su_home_t *home, const Hop *hop);
/* Is the host of URL this box: its address, its public host, a domain of [proxy]? And with the port
 * of one of our ports? */
gboolean url_is_ours(const Phones *phones, const url_t *url);
gboolean url_is_our_port(const Phones *phones, const url_t *url);
/* Is URL the gateway's public one? */
gboolean url_is_gateway(const Phones *phones, const url_t *url);
/* The user part of URL without escapes; "" when there is none. In HOME. */
const char *url_user_text(su_home_t *home, const url_t *url);
/* Our Record-Route in the dialog CALL_ID for the side that HOP is on: its user part is a token that
 * says that the dialog began here, for a flow which (RFC 5626 5.2), and else where it may lead. */
sip_record_route_t *hop_record_route(Phones *phones, su_home_t *home, const Hop *hop, Leave leave,
                                     const char *call_id);
/* Reads the user part of a Route of ours in the dialog CALL_ID; FALSE when it is no token of this
 * dialog. HOP: the flow, or the host of LEAVE, or with family 0 neither. */
gboolean hop_of_token(const Phones *phones, const char *token, const char *call_id, Hop *hop,
                      Leave *leave);

/* ---- loop.c: RFC 5393
 * ---------------------------------------------------------------------------- */

/* The mark of SIP as it came in, for the branch of what we send on. */
void loop_mark(const Phones *phones, sip_t const *sip, char mark[33]);
/* Has SIP been here before with the same mark? */
gboolean loop_found(const Phones *phones, sip_t const *sip, const char *mark);
/* A branch for one more copy of SIP, with MARK: its call and its topmost Via are sealed in. In
 * HOME.
 */
const char *loop_branch(const Phones *phones, su_home_t *home, const char *mark, sip_t const *sip);
/* Has the branch of RESPONSE been made by us, for this call, and does the Via below ours say what
 * it said then? */
gboolean loop_made_branch(const Phones *phones, sip_t const *response);

/* ---- entry.c: what a request must pass; where.c: where it goes
 * ------------------------------------ */

#define LEAVES_MAX 4

/* A request on its way in, and what the entry found out about it. */
typedef struct Inbound {
    Phones *phones;
    msg_t *msg; /* owned by the callee from entry on */
    sip_t *sip;
    Hop from;
    CallOrigin origin;
    gboolean from_gateway;
    gboolean in_dialog;   /* it came by a Route of ours, or with a tag in To */
    GuardAnswer *barred;  /* what keeps it from being served here when the primary is silent; NULL:
                             nothing; owned */
    gboolean want_number; /* its called number is asked for (ENUM) */
    gboolean instead;     /* it is judged for the case that the primary is silent */
    gboolean serve_here;  /* a REGISTER: to the registrar, when the primary is silent */
    guint at_most_s;      /* how long a registration is granted; 0: as set */
    nta_incoming_t
        *irq;        /* its transaction, when there is one already; MSG is somebody else's then */
    gboolean strict; /* the next place is a strict router, now in the Request-URI */
    gboolean forced; /* a flow token says where to */
    Hop forced_hop;
    Leave leave;               /* the tokens': where it may go besides */
    Hop leave_hop[LEAVES_MAX]; /* hosts */
    guint leave_count;
    char mark[33]; /* loop_mark() */
} Inbound;

typedef enum TargetKind {
    TARGET_DIRECT,   /* a URI as it stands */
    TARGET_PHONE,    /* a binding of ours */
    TARGET_GATEWAY,  /* our own user agent */
    TARGET_REDIRECT, /* a redirect server */
    TARGET_PRIMARY,  /* the primary proxy */
} TargetKind;

/* When a target's turn comes. */
typedef enum TargetWhen {
    WHEN_EVER,      /* after those of a higher q have failed, however they did */
    WHEN_BUSY,      /* after one was busy */
    WHEN_NO_ANSWER, /* after one did not answer, or could not be reached */
} TargetWhen;

/* One place a request may go to. */
typedef struct Target {
    TargetKind kind;
    TargetWhen when;
    char *uri;          /* the Request-URI */
    char *route;        /* value of the Route headers to put on, or NULL */
    char *next;         /* the URI whose name says where it is sent; NULL: ROUTE's, or its own */
    Hop hop;            /* family 0: by the URI's name */
    char *name;         /* the name that HOP's address is of; NULL: it was none */
    double q;           /* equal ones ring together */
    gint64 ring_us;     /* how long it may ring while others wait behind it; 0: until Timer C */
    gint64 patience_us; /* how long no response at all may come before the others are tried; 0:
                           until Timer B */
    guint depth;        /* redirections that led here */
} Target;

Target *target_new(TargetKind kind, const char *uri, double q);
/* Where SIP, the request for TARGET as it is sent, goes next, for NTA; in HOME. */
const char *target_next_url(su_home_t *home, const Target *target, sip_t const *sip);
void target_free(Target *target);

void entry_request(Phones *phones, msg_t *msg, sip_t *sip);
/* Answers IN, a request to the box itself. */
void entry_serve_box(Inbound *in);
/* help.c: sets IN->origin.emergency where IN asks for help; a service's URN becomes its number. */
void help_recognize(Inbound *in);

/* ---- door.c: the guard's question about a request from outside ------------------------------- */

/* What a request for TARGETS is for. */
PolicyTarget door_target(const GQueue *targets);
/* May IN pass? FALSE: it has been answered, or dropped, and IN->msg is gone. Then IN->origin knows
 * user and class. */
gboolean door_passes(Inbound *in, PolicyTarget to);
/* The same without an answer: what ANSWER says is kept for later. */
gboolean door_peeks(Inbound *in, PolicyTarget to, GuardAnswer *answer);

/* ---- refusal.c: what we answer ourselves ------------------------------------------------------
 */

/* IN's transaction, the callee's from now on; NULL: out of memory. Takes IN->msg. */
nta_incoming_t *entry_transaction(const Inbound *in);
/* Is IN answered with STATUS without a transaction, each time it comes? */
gboolean entry_answers_once(const Inbound *in, int status);
/* The To of such an answer, with a tag. */
sip_to_t *entry_answer_to(const Inbound *in);
/* Answers MSG by itself; takes it. WHY is for the log, NULL: nothing to tell. */
void entry_refuse(const Inbound *in, int status, const char *phrase, const char *why);

/* Fills TARGETS (of Target*, best first). 0, or the status to answer with; *phrase may be set. */
int where_to(Inbound *in, GQueue *targets, const char **phrase);
/* user.c: the same for USER, a user part of ours; with REDIRECT the redirect server is asked first.
 */
int where_user(Inbound *in, const char *user, const char *uri, gboolean redirect, GQueue *targets);
/* Our own user agent, for URI. */
Target *where_gateway(const Phones *phones, const char *uri);
/* Adds the targets that URL of a 3xx stands for (URI: the same as text); none when nothing could be
 * sent there. */
void where_redirected(Fork *fork, const url_t *url, const char *uri, GQueue *targets);

/* ---- fork.c: a request and its branches (RFC 3261 16.7); branch.c: one of them -----------------
 */

struct Fork {
    Phones *phones;
    GList link; /* in Phones.forks */
    const Settings *settings;
    nta_incoming_t *irq; /* ours until the final response is sent */
    msg_t *msg;          /* the request as the entry left it */
    sip_t *sip;
    Hop from;
    CallOrigin origin;
    gboolean from_gateway, in_dialog;
    gboolean invite;
    gboolean record_route;
    char mark[33];
    guint breadth;       /* RFC 5393 5.3.3 */
    GQueue waiting;      /* of Target*, best first */
    GPtrArray *tried;    /* of char*: URIs that need no second try */
    GPtrArray *branches; /* of Branch*, owned */
    msg_t *best;         /* of the final responses so far */
    msg_t *way_back;     /* what stands for MSG upstream since fork_move(); NULL: MSG */
    gboolean weak; /* it is ours, for somebody who could not be reached: any other is better */
    gboolean cancelled, answered, ended;
    gboolean stop;                 /* 2xx or 6xx: no more targets */
    gboolean was_busy, was_silent; /* what became of those tried */
    char *reason;                  /* value of the CANCEL's Reason; NULL: none */
    gboolean serve_here;           /* a REGISTER: to the registrar, when the primary is silent */
    GuardAnswer *barred;           /* the answer when the primary is silent; NULL: those who wait */
    guint depth;
    GPtrArray *names; /* of NameWait*: what it waits for before it goes on; NULL: nothing */
    gboolean asking;  /* inside names.c: answers that are known come at once */
    gboolean busy;    /* inside fork_go_on() */
};

struct Branch {
    Fork *fork; /* NULL: only its CANCEL has still to be answered */
    Target *target;
    nta_outgoing_t *orq;
    msg_t *request; /* as it was sent: what the CANCEL is made of */
    gboolean provisional, cancel_wanted, cancel_sent, timed_out, done;
    gboolean given_up;   /* silent: others are tried, but should it answer yet, it is heard */
    gboolean rang;       /* it had a response between 101 and 199 */
    MergeRequest *merge; /* while no copy of it may go the same way; NULL: any may */
    WatchTicket *ticket; /* to a primary: until its final response; NULL: to another */
    const char *cancel_reason;
    LoopTimer *timer;   /* ring time, Timer C, or the wait after CANCEL */
    gint64 timer_c_us;  /* when Timer C is due, loop_now() */
    gint64 ring_us;     /* when it has rung long enough; 0: never */
    gint64 patience_us; /* when it has been silent long enough; 0: never */
};

/* Begins to serve IN with TARGETS, which it takes, as it takes IN->msg. */
void fork_begin(Inbound *in, GQueue *targets);
/* A branch has news: RESPONSE is its message (owned by the caller), STATUS what it says or what its
 * end means. */
void fork_provisional(Fork *fork, Branch *branch, msg_t *response, sip_t const *sip);
void fork_final(Fork *fork, Branch *branch, int status, msg_t *response);
/* A target of FORK's cannot be reached. */
void fork_is_unreachable(Fork *fork);
/* Tries what waits, answers when nothing is left, goes when nobody has anything more to say. */
void fork_go_on(Fork *fork);
/* COPY, the request of FORK as the caller sent it straight to us, takes its place upstream: FORK's
 * answers go back by it, who passed the request on to FORK hears 482. */
void fork_move(Fork *fork, Fork *copy);
/* Nobody who waits is tried any more; and what was sent is taken back. */
void fork_drop_waiting(Fork *fork);
void fork_cancel_all(Fork *fork, const char *reason);
/* Ends every fork of PHONES without a message. */
void fork_drop_all(Phones *phones);

/* BRANCH has been silent for too long: the next targets' turn comes. */
void fork_pass_by(Fork *fork, Branch *branch);

/* Sends the request of FORK to TARGET, which it takes. NULL when that cannot be: *status says why.
 */
Branch *branch_new(Fork *fork, Target *target, guint breadth, int *status);
/* Takes back what was sent: CANCEL, as soon as a provisional response has come. REASON: value of a
 * Reason header, or NULL. */
void branch_cancel(Branch *branch, const char *reason);
/* It has been silent for too long: whoever waits behind it is tried. */
void branch_give_up(Branch *branch);
void branch_free(Branch *branch);

/* answer.c: a final response of our own; what is kept as the best one so far; what is sent, as
 * the final one; and where it goes once the fork was moved. Each takes the RESPONSE it is given. */
msg_t *fork_make_response(Fork *fork, int status);
void fork_keep_best(Fork *fork, msg_t *response);
void fork_keep_unreached(Fork *fork);
void fork_answer(Fork *fork, msg_t *response);
/* Is TARGET where the callee is, not one who is asked about it? Must provisional responses be
 * reliable? */
gboolean target_is_called(const Target *target);
gboolean fork_requires_100rel(const Fork *fork);
/* RESPONSE stays the caller's. */
void fork_lead_back(Fork *fork, msg_t *response);

/* best.c: which of two final responses goes back (RFC 3261 16.7 6). Takes both, gives back one. */
msg_t *best_of(msg_t *one, msg_t *other);

/* ---- relay.c: what has no transaction ----------------------------------------------------------
 */

/* An ACK to a 2xx: on to where its dialog goes. Takes IN->msg. */
void relay_ack(Inbound *in);
/* Sends the response MSG, which it takes, by the Via below ours; only to an address, never to a
 * name. */
void relay_send_back(Phones *phones, msg_t *msg, sip_t *sip);
/* A response nobody waits for: on by its Via (RFC 3261 16.11, late and repeated 2xx). Takes MSG. */
void relay_response(Phones *phones, msg_t *msg, sip_t *sip);

/* ---- way_back.c: answers after fork_move() ------------------------------------------------------
 */

/* RESPONSE, without our Via, goes by REQUEST's Vias, which came FROM there; of Record-Routes ours
 * alone stays. */
void way_back_lead(Phones *phones, msg_t *request, const Hop *from, msg_t *response);
/* Later repetitions of RESPONSE, a 2xx of FORK's with our Via, go FORK's way back. */
void way_back_note(const Fork *fork, sip_t const *response);
/* RESPONSE, with our Via, may be such a one. */
void way_back_turn(Phones *phones, msg_t *response);
/* Whom FORK was moved to hears what the callees said last. */
void way_back_tell_ringing(Fork *fork);
void way_back_drop_all(Phones *phones);

/* redirect.c: the targets a 3xx names; those already tried or pointing home in a circle are left
 * out. */
void redirect_targets(Fork *fork, const Target *from, sip_t const *sip, GQueue *targets);
/* Takes the targets that may not be called out of RESPONSE, a 3xx of FROM's, before it is followed
 * or handed on. FALSE when none is left. */
gboolean redirect_strip(Fork *fork, const Target *from, msg_t *response);
/* Are 3xx answers of TARGET followed here, or told to the caller? */
gboolean redirect_is_followed(const Fork *fork, const Target *target);

/* ---- registration.c: the registrar, its location service and its store -------------------------
 */

struct Binding;
struct RegisterWay;

void registration_open(Phones *phones);
void registration_close(Phones *phones);
void registration_set_settings(Phones *phones);
void registration_each_counter(const Phones *phones, CounterFunc func, void *user);
/* Answers a REGISTER that may be. Takes IN->msg. */
void registration_take(Inbound *in);
/* Where IN came from, as registrar.h wants it; borrows IN. */
void registration_way(const Inbound *in, struct RegisterWay *way);
/* HOP, the flow to the far end CONTACT of a dialog, has ended: the one that the phone has
 * registered by since, if there is such. */
void registration_find_flow(Phones *phones, const char *contact, Hop *hop);
/* The target that BINDING stands for, with its own q; NULL when it cannot be reached now. */
Target *registration_target(Phones *phones, const struct Binding *binding);
