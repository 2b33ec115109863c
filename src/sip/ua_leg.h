/* The user agent and its legs, whole: only this room looks inside. */
#pragma once

#define NUA_MAGIC_T struct Ua
#define NUA_HMAGIC_T struct UaLeg

#include "connections.h"
#include "filter.h"
#include "log.h"
#include "offer.h"
#include "ua.h"

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>

/* The user part of our public URI where we stand behind the proxy, PHONES_GATEWAY_USER of phones.h.
 */
#define UA_PUBLIC_USER "tieline-gateway"

typedef struct UaLeg UaLeg;
typedef struct Referral Referral;
typedef struct Registration Registration;
typedef struct Succession Succession;
typedef struct Series Series;
typedef struct Attempt Attempt;
typedef struct Servers Servers;
typedef struct Mailboxes Mailboxes;

/* X-list of the room's counters: field, name. */
#define UA_COUNTERS(X)                                                                             \
    X(dropped, "requests dropped")                                                                 \
    X(malformed, "messages malformed")                                                             \
    X(invites_in, "INVITEs in")                                                                    \
    X(invites_out, "INVITEs out")                                                                  \
    X(refused, "INVITEs refused")                                                                  \
    X(options, "OPTIONS in")                                                                       \
    X(offers_refused, "offers refused")                                                            \
    X(lost, "dialogs lost")                                                                        \
    X(referrals, "transfers asked for")                                                            \
    X(referrals_refused, "transfers refused")                                                      \
    X(referrals_done, "transfers done")                                                            \
    X(replaced, "dialogs replaced")                                                               \
    X(challenged, "challenges answered")                                                          \
    X(credentials_refused, "credentials refused")                                                 \
    X(servers_down, "servers found down")                                                         \
    X(servers_failed, "servers that failed a call")                                               \
    X(failed_over, "calls that went to a server's next address")                                                         \
    X(registered, "registrations accepted")                                                       \
    X(registrations_failed, "registrations failed")                                               \
    X(notifies_in, "mailboxes notified")                                                          \
    X(notifies_refused, "mailbox NOTIFYs refused")                                                \
    X(notifies_out, "mailbox NOTIFYs out")                                                        \
    X(notifies_failed, "mailbox NOTIFYs failed")                                                  \
    X(subscriptions, "mailbox subscriptions")
#define UA_COUNTER_FIELD(field, name) guint64 field;
typedef struct UaCounters {
    UA_COUNTERS(UA_COUNTER_FIELD)
} UaCounters;

/* A port of ours: one address with UDP, and TCP where that is spoken, and a NUA of its own. What NUA sends it sends from where
 * it listens. */
typedef struct UaPort {
    Ua *ua;
    struct sockaddr_storage listen;
    char *host;       /* of our URIs there: the public host or the address, [] around IPv6 */
    char *contact[2]; /* "<sip:host:port>", and that with transport=tcp */
    char *local_host, *local_contact[2]; /* the same, without the public host */
    SourceFilter *filter;
    nua_t *nua;
    gboolean shut; /* NUA has shut down */
} UaPort;

struct Ua {
    const Settings *settings; /* borrowed, swapped by ua_set_settings() */
    Loop *loop;
    Hall *hall;
    ClassBook *classes; /* borrowed; NULL: none */
    gboolean (*ready)(void *user);
    void *ready_user;
    su_home_t *home;
    GPtrArray *ports;         /* of UaPort*, owned: [sip] listen, also-listen; one behind the proxy */
    Connections *connections; /* NULL behind the proxy */
    UaPort *port;             /* whose NUA reports at present ... */
    gboolean tcp;             /* ... of a message that came by TCP */
    nua_t *nua;               /* its NUA */
    gboolean is_behind; /* the proxy */
    UaBehind behind;
    GHashTable *far;      /* char* address -> uses: far ends of calls we made */
    sip_accept_t *accept; /* application/sdp */
    const char *host;     /* of the first port */
    GHashTable *legs;     /* set of UaLeg*, owned */
    GHashTable *calling;  /* Call-ID -> UaLeg* of the calls we made */
    Servers *servers;         /* owned: addresses of names */
    GPtrArray *health;        /* of Health*, owned: servers under watch */
    GPtrArray *registrations; /* of Registration*, owned: with other servers */
    Mailboxes *mailboxes;     /* messages that wait: who is told of them */
    GHashTable *successions; /* "Call-ID\nFrom tag" -> Succession*, owned */
    GQueue heard;         /* of what the parser met: 100 and early BYE for these */
    LoopTimer *heard_timer;
    UaCounters counters;
    LogLimit malformed_limit, refused_limit, referral_limit;
};

/* Realms to which credentials were given already: who asks again has refused them. */
#define ANSWERED_MAX 4
typedef struct Answered {
    char *realm[ANSWERED_MAX]; /* owned */
} Answered;

/* Where a leg's offer/answer stands (RFC 3264, RFC 3262 5, RFC 6337). */
typedef enum OfferState {
    OFFER_NONE,     /* settled, or nothing said yet */
    OFFER_RECEIVED, /* theirs waits for our answer */
    OFFER_SENT,     /* ours waits for their answer */
} OfferState;

/* What one branch of a fork began with its provisional response. */
typedef struct EarlyDialog {
    char *tag;      /* the phone's */
    gboolean ended; /* by a BYE of the phone's */
} EarlyDialog;

/* A SIP dialog of a call; home: the ua's legs. It outlives its call until NUA has finished the
 * dialog. */
struct UaLeg {
    Ua *ua;
    const Settings *settings; /* in force when the call began */
    Call *call;               /* borrowed; NULL once parted */
    guint32 id;               /* the call's, for the ladder */
    nua_handle_t *nh;         /* owned */
    UaPort *port;             /* which its dialog goes by; borrowed */
    gboolean tcp;             /* ... over TCP */
    gboolean outside;         /* the far end is told our public addresses */
    gboolean uas;
    gboolean trusted; /* Reason is believed */

    Party heard_party;   /* who is at the far end, as it said last */
    char *heard_from;    /* the user part of its From (To, in responses); owned */
    gboolean hears_from; /* it knows that From may change (RFC 4916) */

    /* inform.c */
    Party told_party; /* who is at the ISDN end, as it was told last */
    gboolean inform_due;   /* who is at the ISDN end is to be told */
    gboolean informing;    /* the request that tells it is out */
    gboolean inform_early; /* ... and went out before the dialog was confirmed */
    gboolean inform_waits; /* it is to go out again */
    guint inform_tries;
    LoopTimer *inform_again;
    /* The early dialog of our INVITE, which NUA makes of a reliable response alone; header values and a URI, or NULL. */
    char *early_to, *early_route, *early_target;
    gboolean early_dialog; /* NUA has made it */

    gboolean established; /* 2xx of the first INVITE sent or received */
    gboolean acked;       /* UAS: ACK to it received */
    gboolean cancelled;   /* UAC: CANCEL sent */
    gboolean failed;      /* UAC: a final response other than 2xx was told */
    gboolean closing;     /* a message that ends the dialog was sent or received */
    gboolean ended;       /* the hall knows of the dialog's end */
    gboolean terminated;  /* NUA has let the dialog go */

    SdpSession theirs; /* their last description */
    gboolean theirs_known;
    gboolean foreign; /* ... was so for the family of its address */
    char why[96]; /* the last description that could not be used, for people */
    OfferState offer;
    SdpLocal ours;    /* our last description */
    MediaRemote told; /* what the hall knows of their media */

    /* Holds (hold.c) */
    gboolean held;        /* the far end holds: the hall was told */
    gboolean holding;     /* the PBX's party holds, our descriptions say so */
    gboolean hold_said;   /* ... and the far end knows */
    gboolean hold_asking; /* our re-INVITE about it is open ... */
    gboolean hold_asked;  /* ... and says this */
    gboolean hold_waits;  /* until another try */
    guint hold_tries;     /* that crossed one of theirs */
    LoopTimer *hold_again;
    SdpLocal *hold_before; /* our description before that re-INVITE; owned */
    gboolean ack_due;      /* to our 2xx to a re-INVITE */

    /* UAS */
    gboolean reliable;             /* INVITE had 100rel in Supported or Require */
    gboolean reliable_only;        /* ... in Require */
    gboolean answer_sent_reliably; /* SDP went in a reliable 18x: later responses carry none */
    guint unpracked;               /* reliable 18x sent, not yet acknowledged */
    gboolean answer_waits;         /* 200 is due as soon as the PRACK has come */
    char *answer_extra;            /* header lines of it; NULL: none */
    gboolean expired;              /* the INVITE's Expires ran out: 487 */
    LoopTimer *expires;
    int told_status;     /* the last reliable provisional response */
    gboolean told_media; /* it was to carry a description */
    LoopTimer *repeat;   /* and is due again */

    CallOrigin *taker;  /* who took the call over by this dialog; NULL: nobody; owned */
    gboolean replacing; /* its INVITE replaced another dialog: the hall knows it as answered */
    gboolean bye_waits; /* ... and BYE is due as soon as the ACK has come */

    const PeerSettings *peer; /* the far end's, of settings; NULL: none */
    Answered answered;        /* realms whose challenges were answered */
    struct sockaddr_storage server; /* where its INVITE, or the answer to ours, came from */
    Succession *succession; /* the INVITEs of the call it came by; shared by their legs */

    /* UAC */
    Attempt *attempt;  /* owned: where its INVITE goes (attempt.c) */
    Series *series;    /* our INVITEs of one call, of which this is one (series.c); NULL: it is alone */
    guint place;       /* which of them */
    gboolean heard;    /* a provisional response came to it */
    char *call_id;               /* key in the ua's calling */
    char *own_tag;               /* of our INVITE; NULL before a provisional response */
    GArray *early;               /* of EarlyDialog, until the answer */
    struct sockaddr_storage far; /* let through the source filter while the leg lives */

    /* Transfers (referral.c): of these at most one is set on a leg whose dialog carries a call. */
    Referral *referral;  /* owned: its NOTIFYs go in this dialog */
    Referral *referring; /* of the call in this dialog, until its outcome is known */
    Referral *beside;    /* this leg is its INVITE */
    LoopTimer *bye_due;  /* the call has left this dialog: BYE, should the far end send none */

    /* RFC 4028 */
    LoopTimer *session;
    guint session_s;      /* 0: none */
    guint asked_s;        /* Session-Expires of the last request received, 0: none */
    guint asked_min_s;    /* its Min-SE */
    gboolean asked_of_us; /* refresher=uas in it */
    gboolean peer_timer;  /* the peer supports RFC 4028 */
    gboolean we_refresh;
    gboolean refreshing;        /* our refresh request is out */
    gboolean refresh_by_invite; /* the peer refused UPDATE, or does not allow it */
    gboolean session_agreed;    /* the peer knows of the interval: it expires */
    gint64 session_end_us;      /* BYE is due then, where it was agreed */

    /* INFO with digits (digits.c) */
    GString *digits; /* that wait to be sent; NULL: none ever did */
    guint16 digit_ms;
    gboolean digit_is_out;
    gboolean charge_due; /* to be told what the call costs (charge.c) */
};
