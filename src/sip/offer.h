/* Session descriptions: theirs read into a value, ours written, and what the two have in common.
 *
 * Only what a G.711 gateway needs of RFC 4566 and RFC 3264, and strict about it: the text comes
 * from a network. Nothing here knows Sofia. Home thread: signalling.
 */
#pragma once

#include "values.h"

#define SDP_MEDIA_MAX 16
#define SDP_TEXT_MAX 2048

typedef enum SdpResult {
    SDP_OK,
    SDP_MALFORMED, /* 400: not a session description */
    SDP_UNUSABLE,  /* 488: no audio stream we can serve */
} SdpResult;

typedef enum SdpDirection { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE } SdpDirection;

/* An m= line, as an answer has to repeat it. */
typedef struct SdpLine {
    char type[16];
    char proto[24];
    char format[16]; /* the first one */
} SdpLine;

/* A session description of the far end. */
typedef struct SdpSession {
    guint count;
    SdpLine lines[SDP_MEDIA_MAX];
    guint audio;       /* index of the line we serve */
    guint8 formats[2]; /* payload types 0 and 8 in the far end's order */
    guint format_count;
    guint8 event_type;                 /* of telephone-event at 8000 Hz (RFC 4733); 0: none */
    SdpDirection direction;            /* as the far end sees it */
    gboolean held_by_address;          /* c=0.0.0.0, the hold of RFC 2543 */
    struct sockaddr_storage rtp, rtcp; /* family 0 when held by address */
    guint16 ptime_ms, maxptime_ms;     /* as it said; 0: nothing */
    int family;                        /* of its address, by which it may be held */
    gboolean foreign;                  /* SDP_UNUSABLE for the family of its address alone */
    char why[96];                      /* SDP_MALFORMED, SDP_UNUSABLE: for people */
} SdpSession;

/* What an exchange settles. */
typedef struct SdpChoice {
    guint8 payload_type; /* 0 PCMU, 8 PCMA */
    SdpDirection ours;   /* direction of our answer */
    MediaRemote remote;
} SdpChoice;

/* Our own description, as last written. */
typedef struct SdpLocal {
    guint64 id, version; /* of the o= line; version 0: nothing written yet */
    char body[SDP_TEXT_MAX];
    char text[SDP_TEXT_MAX]; /* without the o= line: tells whether something changed */
} SdpLocal;

/* Reads SIZE octets of TEXT. Addresses of another family than FAMILY (AF_INET, AF_INET6; AF_UNSPEC:
 * either) are unusable. SESSION is filled wholly for SDP_OK, with lines and why for SDP_UNUSABLE,
 * with why for SDP_MALFORMED. */
SdpResult offer_read(const char *text, gsize size, int family, SdpSession *session);

/* Has SESSION, which was SDP_UNUSABLE, audio at all? Then its format is what we cannot do. */
gboolean offer_has_audio(const SdpSession *session);

/* Our choice in answering SESSION: the payload type of LAW if it is offered, else the first one we
 * can. PTIME_MS is what we send when SESSION has no wish. */
void offer_choose(const SdpSession *session, Law law, guint ptime_ms, SdpChoice *choice);
/* What SESSION, the answer to our offer, settles: its first payload type. */
void offer_settle(const SdpSession *session, guint ptime_ms, SdpChoice *choice);

/* What our description says: where we receive, and how. */
typedef struct SdpTerms {
    const struct sockaddr_storage *rtp;
    Law law; /* goes first in an offer */
    guint ptime_ms;
    gboolean events;        /* an offer has telephone-event */
    SdpDirection direction; /* of an offer */
} SdpTerms;

/* Writes an answer by CHOICE to THEIRS; an offer of both laws when CHOICE is NULL (THEIRS, when not
 * NULL, then tells which m= lines to repeat). The version grows only when something changed. */
void offer_write(SdpLocal *local, const SdpTerms *terms, const SdpSession *theirs,
                 const SdpChoice *choice);

/* Do A and B describe the same far end? */
gboolean media_remote_equal(const MediaRemote *a, const MediaRemote *b);
