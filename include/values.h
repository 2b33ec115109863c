/* The small values that travel between rooms: numbers, names, causes, media descriptions, origins.
 *
 * Plain structs, copied whole; nothing in them is owned elsewhere. Home thread: any.
 */
#pragma once

#include <glib.h>
#include <netinet/in.h>

#define NUMBER_MAX 31    /* digits of a number, as many as libpri sends; longer ones are refused as 484 / cause 28 */
#define NAME_MAX_BYTES 82 /* Q.931 Display, network-dependent 34 or 82 octets */
#define URI_MAX 256
#define TAG_MAX 64       /* names of trunks, spans, routes and peers */

/* Q.931 4.5.8 octet 3, bits 7-5. */
typedef enum TypeOfNumber {
    TON_UNKNOWN = 0,
    TON_INTERNATIONAL = 1,
    TON_NATIONAL = 2,
    TON_NETWORK_SPECIFIC = 3,
    TON_SUBSCRIBER = 4,
    TON_ABBREVIATED = 6,
} TypeOfNumber;

/* Q.931 4.5.8 octet 3, bits 4-1. */
typedef enum NumberingPlan {
    NPI_UNKNOWN = 0,
    NPI_E164 = 1,
    NPI_PRIVATE = 9,
} NumberingPlan;

/* Q.931 4.5.10 octet 3a, bits 7-6. */
typedef enum Presentation {
    PRESENTATION_ALLOWED = 0,
    PRESENTATION_RESTRICTED = 1,
    PRESENTATION_UNAVAILABLE = 2,
} Presentation;

/* Q.931 4.5.10 octet 3a, bits 2-1. */
typedef enum Screening {
    SCREENING_USER_NOT_SCREENED = 0,
    SCREENING_USER_PASSED = 1,
    SCREENING_USER_FAILED = 2,
    SCREENING_NETWORK = 3,
} Screening;

/* A party number. digits: only 0-9 * #; empty: no number. */
typedef struct Number {
    char digits[NUMBER_MAX + 1];
    TypeOfNumber ton;
    NumberingPlan npi;
    Presentation presentation; /* calling and connected numbers only */
    Screening screening;       /* calling and connected numbers only */
} Number;

/* Who is at one end of a call, for the other end to be told: connected and late calling parties. Empty: nothing is known.
 * name: UTF-8, no control characters. */
typedef struct Party {
    Number number;
    char name[NAME_MAX_BYTES * 3 + 1];
    Presentation name_presentation;
} Party;

/* The law of a G.711 stream. */
typedef enum Law { LAW_ALAW, LAW_ULAW } Law;

/* Q.931 4.5.5 octet 3, information transfer capability. */
typedef enum Bearer {
    BEARER_SPEECH = 0x00,
    BEARER_UNRESTRICTED = 0x08,
    BEARER_RESTRICTED = 0x09,
    BEARER_3K1_AUDIO = 0x10,
    BEARER_7K_AUDIO = 0x11,
    BEARER_VIDEO = 0x18,
} Bearer;

/* User-to-user information: the protocol discriminator and what follows it, of whatever kind (Q.931 4.5.30; RFC 7434 9). */
#define USER_INFO_MAX 129
typedef struct UserInfo {
    guint8 length; /* 0: none; 1: a discriminator alone */
    guint8 octets[USER_INFO_MAX];
} UserInfo;

/* Q.931 4.5.8, 4.5.9 octet 3, bits 7-5. */
typedef enum SubaddressType {
    SUBADDRESS_NSAP = 0, /* octets begin with an AFI (ITU-T X.213) */
    SUBADDRESS_USER = 2, /* user specified */
} SubaddressType;
#define SUBADDRESS_MAX 20
typedef struct Subaddress {
    SubaddressType type;
    gboolean odd; /* user specified, BCD: an odd number of digits */
    guint8 length; /* 0: none */
    guint8 octets[SUBADDRESS_MAX];
} Subaddress;

/* Q.952, Q.931 4.6.7 octet 3b: why a call was diverted. */
typedef enum DiversionReason {
    DIVERSION_UNKNOWN = 0,
    DIVERSION_BUSY = 1,
    DIVERSION_NO_REPLY = 2,
    DIVERSION_OUT_OF_ORDER = 9,
    DIVERSION_DEFLECTION = 10,
    DIVERSION_UNCONDITIONAL = 15,
} DiversionReason;
/* Who diverted a call. number: presentation and screening count; no digits: not told, or withheld. */
typedef struct Diversion {
    Number number;
    DiversionReason reason;
} Diversion;
/* The way a call has come: ISDN tells of the first and the last diversion, and QSIG how many there were. */
typedef struct Diversions {
    guint count;     /* 0: the call comes straight */
    Diversion first; /* of two or more */
    Diversion last;
} Diversions;

/* Q.931 4.5.16 octet 4: high layer characteristics of ITU-T's coding. 0: not told */
#define HLC_TELEPHONY 0x01
#define HLC_FACSIMILE 0x04 /* group 2/3 */

/* What a call asks for: filled by the leg that received it, rewritten by the route. */
typedef struct CallSetup {
    Number called;
    /* From SIP: screening NETWORK when a trusted peer asserted it (P-Asserted-Identity), USER_NOT_SCREENED when it is only
     * what From says; the trunk's identity setting tells which of them the PBX may see. */
    Number calling;
    char name[NAME_MAX_BYTES * 3 + 1]; /* calling name, UTF-8, no control characters */
    Presentation name_presentation;
    Bearer bearer;
    gboolean complete; /* sending complete: no more digits will come */
    /* Q.931 4.5.23 of a SETUP received: 1 the call is not end-to-end ISDN, 3 its origin is not ISDN; 0: neither is told. */
    guint8 progress;
    guint8 hlc;        /* of a SETUP received: HLC_TELEPHONY, HLC_FACSIMILE, another, or 0 */
    Number second_calling; /* From's, where the calling number is another one that was asserted; no digits: none */
    Subaddress called_subaddress, calling_subaddress;
    Diversions diversions;
    UserInfo user_info;
} CallSetup;

/* Where a call came from, and how far it is believed. */
typedef enum OriginKind {
    ORIGIN_SIP,
    ORIGIN_PRI,
    ORIGIN_TRANSIT, /* the second half of a call from a trunk to a trunk */
} OriginKind;

typedef struct CallOrigin {
    OriginKind kind;
    struct sockaddr_storage source; /* ORIGIN_SIP: the transport's source address and port */
    char peer[TAG_MAX];             /* ORIGIN_SIP: the [peer] whose network matched, or "" */
    char trunk[TAG_MAX];            /* ORIGIN_PRI, ORIGIN_TRANSIT: the trunk group it came by */
    char user[TAG_MAX];             /* the authenticated user, or "" */
    char class_name[TAG_MAX];       /* the [class] that its user or its phone names, or "" */
    gboolean trusted;               /* its identity headers and Reason are believed */
    gboolean emergency;
    /* ORIGIN_SIP: what the INVITE says of the caller, whoever that is; for calls for help alone. */
    char caller[TAG_MAX];           /* the user part of From, or "" */
    char asserted[NUMBER_MAX + 2];  /* the number in P-Asserted-Identity, or "" */
    char contact[URI_MAX];          /* the URI of Contact, or "" */
} CallOrigin;

/* A B channel: SPAN counts the configured spans from 0, CHANNEL is the timeslot 1-31 (0: none). */
typedef struct Channel {
    guint8 span;
    guint8 number;
} Channel;

/* The far end of a call's RTP, as the last offer/answer exchange left it. */
typedef struct MediaRemote {
    struct sockaddr_storage rtp; /* ss_family 0: none known yet, or c=0.0.0.0 */
    struct sockaddr_storage rtcp;
    guint8 payload_type; /* 0 PCMU, 8 PCMA */
    Law law;
    guint16 ptime_ms; /* 10, 20 or 30, as the far end wants to receive */
    gint8 event_payload_type; /* telephone-event, -1: not negotiated */
    gboolean send;    /* we may send to it: false on hold */
    gboolean receive; /* we play what it sends */
} MediaRemote;

/* What a call costs, as the PBX says (advice of charge, EN 300 182-1). */
typedef enum ChargeKind { CHARGE_NONE, CHARGE_FREE, CHARGE_UNITS, CHARGE_CURRENCY } ChargeKind;
typedef struct CallCharge {
    ChargeKind kind;
    gboolean final;    /* of the whole call; else what it has cost so far */
    guint64 amount;    /* units, or thousandths of the currency */
    char currency[11]; /* letters, as the PBX names it */
} CallCharge;

#define CAUSE_LOCATION_NONE (-1)

/* What an event carries. A field that says nothing is 0 (or FALSE, or ""), location is -1. */
typedef struct CallNews {
    guint8 cause;         /* Q.850 1-127 */
    gint8 location;       /* Q.850 location 0-15, or CAUSE_LOCATION_NONE */
    guint16 status;       /* SIP status of a final response */
    gboolean own_timer;   /* SIP.FAILURE: no response came, the status is of our own stack's making */
    guint8 warning_bearer; /* a 488/606 carried warn-code 304 or 305: cause 65 */
    guint8 progress;      /* Q.931 progress description received */
    gboolean reason_trusted; /* cause came in a Reason header of a trusted hop, or from Q.931 */
    gboolean complete;    /* INFORMATION: sending complete */
    char digits[NUMBER_MAX + 1]; /* INFORMATION; digits dialled in a call */
    guint16 digit_ms;     /* how long each of these lasts; 0: not said */
    gboolean is_isdn;     /* the event is a Q.931 message: what it carries is the PBX's */
    UserInfo user_info;   /* only in a call whose set-up had some (RFC 7434 8) */
    Number redirect;      /* ISDN.REROUTED: where to */
    guint8 redirect_reason; /* ... and why: Q.952's value, 0 unknown, 1 busy, 2 no reply, 10 deflection, 15 unconditional */
    guint8 channel;       /* ISDN.RETRIEVE: the channel that is asked for; 0: any */
    gboolean flexible;    /* ... another one will do */
    gboolean has_remote;
    MediaRemote remote;
    gboolean has_party;   /* who is at the end that the event comes from */
    Party party;
    char detail[96];      /* for people: why, in the log and the ladder */
} CallNews;

#define CALL_NEWS_INIT { .location = CAUSE_LOCATION_NONE }
