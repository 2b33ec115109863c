/* Who serves a request: we ourselves, the primary with us behind it, or nobody.
 *
 * The modes of [proxy] as one table. Pure. Home thread: signalling.
 */
#pragma once

#include "settings.h"

/* What is asked for. */
typedef enum RequestKind {
    REQUEST_REGISTER,
    REQUEST_IN_DIALOG, /* it has a To tag, or a route of ours */
    REQUEST_PING,      /* OPTIONS to us ourselves */
    REQUEST_EMERGENCY, /* and what rings back the caller of one */
    REQUEST_OUT,       /* anything else that begins something */
} RequestKind;

/* Whom it comes from. */
typedef enum RequestSource {
    SOURCE_PHONE,
    SOURCE_GATEWAY, /* the PBX, by the gateway's user agent */
    SOURCE_PRIMARY,
} RequestSource;

typedef enum ModeVerdict {
    VERDICT_SERVE,  /* here */
    VERDICT_RELAY,  /* to the primary; here when it does not answer, or does not know whom it is for
                     */
    VERDICT_REFUSE, /* 503 without Retry-After: the phone tries its next proxy, at once */
} ModeVerdict;

typedef struct ModeQuestion {
    ProxyMode mode;
    RequestKind kind;
    RequestSource source;
    gboolean primary_lives;   /* one that is not DOWN is there */
    gboolean own_domain;      /* REQUEST_OUT: it is for an address of record in a domain of ours */
    gboolean register_always; /* REGISTER is accepted beside a living primary, too */
    gboolean hand_back;       /* REGISTER: this one's turn to go back has come */
} ModeQuestion;

ModeVerdict mode_judge(const ModeQuestion *question);
